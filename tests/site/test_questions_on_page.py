"""The quick questions of chapter 1.1 as a reader meets them: wrong, right, another one, again."""

from __future__ import annotations

import re

import pytest
from conftest import watch
from sitekit import settle, tab_to

PAGE = "book/1_filters/1_edges.html"
SIGN = "VEF gives −30 at some place."
BRIGHTER = "A filter has the rows"


def question(page, words):
    return page.locator("form.cnn-quiz", has=page.locator("legend", has_text=words))


@pytest.fixture
def chapter(page, site):
    page.goto(f"{site}/{PAGE}")
    settle(page)
    return page


def verdict(place):
    return place.locator(".cnn-quiz-verdict").inner_text()


def height(place):
    """How far the buttons are below the top of the question."""
    return place.locator(".cnn-quiz-row").evaluate("(row) => row.offsetTop")


def answer(place, text):
    place.get_by_role("radio", name=text).check()
    place.get_by_role("button", name="Check").click()
    return verdict(place)


def test_wrong_right_and_remembered(chapter):
    place = question(chapter, SIGN)
    before = height(place)
    assert answer(place, "There is no edge.").startswith("✗ Not quite. No edge would be 0.")
    assert answer(place, "brighter on the right").startswith("✓ Right. VEF is left minus right.")
    assert height(place) == before, "what is above the judgement has moved"
    assert "right, not at the first try" in place.inner_text()
    chapter.reload()
    settle(chapter)
    place = question(chapter, SIGN)
    assert "right, not at the first try" in place.inner_text()
    assert verdict(place) == ""
    assert place.get_by_role("radio", checked=True).count() == 0
    others = chapter.locator(".cnn-quiz-mark")
    assert [text != "" for text in others.all_inner_texts()].count(True) == 1


def test_by_keyboard_alone(chapter):
    """A number that is wrong, the right one by brute force, and another one."""
    place = question(chapter, BRIGHTER)
    seen = set()
    for _ in range(2):
        asked = place.locator("legend").inner_text()
        *K, c = (int(n.replace("−", "-")) for n in re.findall(r"−?\d+", asked))
        seen.add(asked)
        if len(seen) == 1:
            tab_to(place, BRIGHTER)
        chapter.keyboard.type("999")
        chapter.keyboard.press("Enter")
        assert verdict(place).startswith("✗ Not quite.")
        chapter.keyboard.press("ControlOrMeta+a")
        chapter.keyboard.type(str(c * sum(K)))
        chapter.keyboard.press("Enter")
        assert verdict(place).startswith("✓ Right."), (asked, c * sum(K))
        for _ in range(2):
            chapter.keyboard.press("Tab")
        chapter.keyboard.press("Enter")  # another one, and the focus goes to its field
    assert len(seen) == 2


def test_the_recap_counts_links_forgets_and_undoes(chapter, site):
    answer(question(chapter, SIGN), "brighter on the right")
    chapter.goto(f"{site}/book/recap.html")
    settle(chapter)
    place = chapter.locator("[data-model=Progress]")
    line = place.locator(".cnn-progress-line")
    assert re.match(r"1 of \d\d questions answered, 1 right at the first try", line.inner_text())
    place.get_by_role("button", name="Forget it all").click()
    assert line.inner_text().startswith("0 of")
    place.get_by_role("button", name="Undo").click()
    place.get_by_role("link", name="1.1, question 2: right at the first try").click()
    chapter.wait_for_url("**/1_edges.html#*")
    settle(chapter)
    place = chapter.locator(f"#{chapter.url.partition('#')[2]}")
    assert SIGN in place.inner_text()
    assert "right at the first try" in place.inner_text()


def test_with_storage_blocked(browser, site):
    """A browser that refuses to keep anything: no error, and all works but the memory."""
    context = browser.new_context()
    context.add_init_script(
        """for (const name of ["localStorage", "sessionStorage"])
          Object.defineProperty(window, name, {
            get() { throw new DOMException("no", "SecurityError"); } });
        """
    )
    page = context.new_page()
    faults = watch(page)
    page.goto(f"{site}/{PAGE}")
    settle(page)
    place = question(page, SIGN)
    assert answer(place, "brighter on the right").startswith("✓ Right.")
    assert "right at the first try" in place.inner_text()
    context.close()
    # the theme itself wants to keep its colours; what is ours is silent
    assert [f for f in faults if "widgets/" in f or "host.js" in f or "off-host" in f] == []


def test_without_javascript_the_answer_is_folded(browser, site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/{PAGE}")
    place = page.locator(".cnn-quiz", has_text=SIGN)
    assert place.locator(".cnn-quiz-answers li").count() == 4
    assert not place.get_by_text("VEF is left minus right.").is_visible()
    place.locator("summary").click()
    assert place.get_by_text("VEF is left minus right.").is_visible()
    context.close()
