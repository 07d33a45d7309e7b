"""QuickQuestion and Progress: what makes a question, and both of them in a real browser."""

from __future__ import annotations

import json

import nbformat
import numpy as np
import pytest
import traitlets
from test_widget_views import (  # noqa: F401 (the last three are fixtures)
    a_question,
    address,
    change,
    get,
    harness,
    mount,
    press,
    product,
    said,
    tab,
)

from cnnlib.widgets import Progress, QuickQuestion
from cnnlib.widgets.progress import chapters
from cnnlib.widgets.quick_question import marked, words

WHY = "This is the reason."
ASK = ("doc-x", "What is it now?")
WRONG = {"b": WHY, "c": WHY}
STORE = "cnn-book/question/"


# ---- in Python ----------------------------------------------------------------------------------


def test_numbers_stand_in_order_and_texts_as_chance_has_it():
    ask = QuickQuestion(*ASK, (np.int64(5), WHY), {9: "Nine is wrong.", -1: WHY, 2.5: WHY})
    assert list(ask.answers) == ["−1", "2.5", "5", "9"]
    assert (ask.right, ask.answers["9"]) == ("5", "Nine is wrong.")
    orders = set()
    for k in range(12):
        ask = QuickQuestion(f"doc-{k}", "What is it?", ("a", WHY), WRONG)
        again = QuickQuestion(f"doc-{k}", "What is it?", ("a", WHY), WRONG)
        assert list(ask.answers) == list(again.answers)
        assert ask.right == "a"
        orders.add(tuple(ask.answers))
    assert len(orders) > 3, "the right one must not always stand in one place"


def test_variants_are_different_and_the_same_in_every_run():
    ask = QuickQuestion("doc-sum", product, number=True, count=8)
    assert ask.variants == QuickQuestion("doc-sum", product, number=True, count=8).variants
    assert len({variant["question"] for variant in ask.variants}) == 8
    for k in range(8):
        ask.variant = k
        a, b = (int(word) for word in ask.question.rstrip("?").split() if word.isdigit())
        assert int(ask.right) == a * b != a + b
    assert json.dumps(ask.variants)  # no number of NumPy's


def test_a_variant_whose_mistake_gives_the_right_answer_is_left_out():
    def square(rng):
        n = int(rng.integers(0, 4))
        return f"How much is {n}²?", (n * n, WHY), {2 * n: WHY}

    ask = QuickQuestion("doc-square", square, number=True, count=2)
    assert sorted(v["question"] for v in ask.variants) == ["How much is 1²?", "How much is 3²?"]
    with pytest.raises(traitlets.TraitError, match="must make 3 different variants, not 2"):
        QuickQuestion("doc-square", square, number=True, count=3)


def test_letters_and_code_are_marked_and_all_else_is_text():
    assert (
        marked("*n_H* < `a*b` & <b>")
        == "<var>n<sub>H</sub></var> &lt; <code>a*b</code> &amp; &lt;b&gt;"
    )
    assert words(12345) == "12,345"
    assert words(1024) == "1024"
    assert words(-0.25) == "−0.25"


BAD = {
    "name must be like edges-wall": lambda: QuickQuestion("x", "What is it?", ("a", WHY), WRONG),
    "3 to 5 answers, not 2": lambda: QuickQuestion(*ASK, ("a", WHY), {"b": WHY}),
    "3 to 5 answers, not 6": lambda: QuickQuestion(*ASK, (0, WHY), dict.fromkeys(range(1, 6), WHY)),
    "one answer 'a', not a wrong": lambda: QuickQuestion(*ASK, ("a", WHY), {**WRONG, "a": WHY}),
    "reasons in words, not 'No.'": lambda: QuickQuestion(*ASK, ("a", WHY), {"b": WHY, "c": "No."}),
    "between two signs each": lambda: QuickQuestion(*ASK, ("a", "Because *n is odd."), WRONG),
    r"`code` between two": lambda: QuickQuestion(*ASK, ("a", "Because $n$ is odd."), WRONG),
    "a right number and at least": lambda: QuickQuestion(*ASK, ("a", WHY), WRONG, number=True),
    "right=.answer, reason. and": lambda: QuickQuestion(*ASK),
    "from the function alone": lambda: QuickQuestion("doc-x", product, (1, WHY)),
    "count of 2 to 8 variants": lambda: QuickQuestion("doc-x", product, number=True, count=9),
    "texts or numbers, not None": lambda: QuickQuestion(*ASK, (None, WHY), WRONG),
    "look different": lambda: QuickQuestion(*ASK, ("1", WHY), {1: WHY, 2: WHY}),
    "tried must be None or": lambda: QuickQuestion(*ASK, ("a", WHY), WRONG, tried=[1]),
    "doc-a again": lambda: Progress(
        [{"title": "1.1 A", "page": "1_a/1_a", "questions": ["doc-a", "doc-a"]}]
    ),
    "pages like 1_filters/1_edges": lambda: Progress(
        [{"title": "1.1 A", "page": "javascript:alert(1)", "questions": []}]
    ),
}


@pytest.mark.parametrize("message", BAD)
def test_a_bad_question_is_refused(message):
    with pytest.raises(traitlets.TraitError, match=message):
        BAD[message]()


def test_the_static_form_has_it_all_and_the_answer_folded():
    html = a_question().static()
    before, folded = html.split("<details")
    assert "<strong>" not in before
    assert before.count("<li>") == 3
    for text in ("<strong>a</strong>: It is the first.", "<b>b</b>: It is", "<b>c</b>: It is"):
        assert text in folded
    data = a_question()._repr_mimebundle_()[0]
    assert data["text/html"] == html
    assert data["text/plain"] == "QuickQuestion(doc-letter, 3 answers)"


def test_chapters_are_found_in_notebooks(tmp_path):
    """Two of the questions in one chapter, none in another; text is no question."""
    new = nbformat.v4
    ask = 'QuickQuestion(\n    "{}", "What is it?"\n)'
    cells = [new.new_markdown_cell('# Edges\n\nQuickQuestion("no-no")')]
    cells += [new.new_code_cell(ask.format(name)) for name in ("edges-b", "edges-a")]
    for page, some in [("1_filters/1_edges", cells), ("1_filters/2_more", cells[:1])]:
        path = tmp_path / f"{page}.ipynb"
        path.parent.mkdir(exist_ok=True)
        nbformat.write(new.new_notebook(cells=some), path)
    found = [
        {"title": "1.1 Edges", "page": "1_filters/1_edges", "questions": ["edges-b", "edges-a"]}
    ]
    assert chapters(tmp_path) == found
    progress = Progress.of(tmp_path)
    assert repr(progress) == "Progress(2 questions in 1 chapter)"
    assert 'href="1_filters/1_edges.html#QuickQuestion-2"' in progress.static()


# ---- in the browser -----------------------------------------------------------------------------


@pytest.fixture
def page(harness):  # noqa: F811
    """The harness with nothing remembered, before and after."""
    harness.evaluate("localStorage.clear()")
    yield harness
    harness.evaluate("localStorage.clear()")


def stored(page, name):
    return page.evaluate("(key) => JSON.parse(localStorage.getItem(key))", STORE + name)


def verdict(root):
    return said(root, ".cnn-quiz-verdict")


def test_wrong_then_right_by_mouse(page):
    root = mount(page, a_question())
    top = root.locator(".cnn-quiz-row").bounding_box()["y"]
    assert not root.locator("details").is_visible()
    root.get_by_role("button", name="Check").click()
    assert verdict(root) == "Choose an answer first."
    assert stored(page, "doc-letter") is None
    root.get_by_role("radio", name="b", exact=True).check()
    assert verdict(root) == "Choose an answer first.", "nothing is told before it is asked for"
    root.get_by_role("button", name="Check").click()
    assert verdict(root) == "✗ Not quite. It is the second n."
    assert root.locator(".cnn-quiz-verdict var").inner_text() == "n"
    assert not root.locator("details").is_visible()
    root.get_by_role("radio", name="a", exact=True).check()
    root.get_by_role("button", name="Check").click()
    assert verdict(root) == "✓ Right. It is the first."
    assert get(page, "tried") == ["b", "a"]
    assert stored(page, "doc-letter") == {"first": False, "right": True}
    assert "right, not at the first try" in said(root, ".cnn-quiz-mark")
    assert root.locator(".cnn-quiz-row").bounding_box()["y"] == top, "what is above has moved"
    root.locator("summary").click()
    assert root.locator("details li").all_inner_texts() == [
        f"{letter}: {a_question().answers[letter].replace('*', '')}"
        for letter in a_question().answers
        if letter != "a"
    ]


def test_a_number_by_keyboard_alone_and_another_one(page):
    ask = QuickQuestion("doc-sum", product, number=True, otherwise="It is a product.", count=3)
    root = mount(page, ask)
    (a, b), right = map(int, ask.question[12:-1].split(" × ")), int(ask.right)
    press(page, "Tab")
    for text, expected in [
        ("x", "Type a number first."),
        ("1e999", "Type a number first."),
        ("−12", "✗ Not quite. It is a product."),
        (f"{a + b}.0", "✗ Not quite. This is the sum."),
        (f"{right:,}", "✓ Right. So many rows of so many."),
    ]:
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.insert_text(text)
        press(page, "Enter")
        assert verdict(root) == expected
    assert get(page, "tried") == ["-12", str(a + b), str(right)]
    press(page, "Tab", "Tab", "Enter")
    assert root.get_by_role("textbox").evaluate("(node) => node === document.activeElement")
    assert root.get_by_role("textbox").input_value() == verdict(root) == ""
    ask.variant = 1
    assert said(root, "legend") == ask.question
    for _ in range(2):
        root.get_by_role("button", name="Another one").click()
    ask.variant = 0
    assert said(root, "legend") == ask.question, "after the last one comes the first"


def test_giving_up_counts_as_an_answer(page):
    root = mount(page, a_question())
    assert not root.get_by_role("button", name="Tell me").is_visible()
    root.get_by_role("radio", name="c", exact=True).check()
    press(page, "Enter")
    root.get_by_role("button", name="Tell me").click()
    assert verdict(root) == "The answer: a. It is the first."
    assert root.locator("input[value=a]").is_checked()
    assert stored(page, "doc-letter") == {"first": False, "right": False}


def test_python_and_two_views_see_one_question(page):
    mount(page, a_question(), views=2)
    one, two = page.locator(".cnn").all()
    one.get_by_role("radio", name="b", exact=True).check()
    assert not two.get_by_role("radio", name="b", exact=True).is_checked()
    one.get_by_role("button", name="Check").click()
    assert verdict(one) == verdict(two)
    change(page, tried=["a"])
    assert verdict(two).startswith("✓ Right.")
    assert get(page, "tried") == ["a"]


ILL = ["{", "null", "7", '"x"', "[]", '{"first":1,"right":true}', '{"first":true}', ""]
BLOCKED = """() => Object.defineProperty(window, "localStorage", {
  configurable: true, get() { throw new DOMException("no", "SecurityError"); } })"""
FULL = """() => { Storage.prototype.setItem = () => {
  throw new DOMException("full", "QuotaExceededError"); } }"""


@pytest.mark.parametrize("how", [BLOCKED, FULL], ids=["blocked", "full"])
def test_without_storage_all_else_works(page, how):
    page.evaluate(how)
    root = mount(page, a_question())
    root.get_by_role("radio", name="a", exact=True).check()
    root.get_by_role("button", name="Check").click()
    assert verdict(root).startswith("✓ Right.")
    assert "right at the first try" in said(root, ".cnn-quiz-mark")
    chapter = {"title": "1.1 A", "page": "1_a/1_a", "questions": ["doc-letter"]}
    root = mount(page, Progress([chapter]))
    assert said(root, ".cnn-progress-line").startswith("0 of 1 questions answered")
    root.get_by_role("button", name="Forget it all").click(force=True)
    page.reload()  # the browser is itself again, for who comes next


def test_what_somebody_else_stored_is_no_progress(page):
    for text in ILL:
        page.evaluate(
            "([key, text]) => localStorage.setItem(key, text)", [STORE + "doc-letter", text]
        )
        root = mount(page, a_question())
        assert said(root, ".cnn-quiz-mark") == "", text
    root.get_by_role("radio", name="a", exact=True).check()
    root.get_by_role("button", name="Check").click()
    assert stored(page, "doc-letter") == {"first": True, "right": True}


def test_progress_counts_links_forgets_and_undoes(page):
    names = ["doc-a", "doc-b", "doc-c", "doc-d"]
    first = {"title": "1.1 A & <b>", "page": "1_a/1_a", "questions": names[:1]}
    second = {"title": "1.2 B", "page": "1_a/2_b", "questions": names[1:]}
    page.evaluate(
        """(prefix) => {
          const put = (name, first, right) =>
            localStorage.setItem(prefix + name, JSON.stringify({ first, right }));
          put("doc-b", true, true); put("doc-c", false, true); put("doc-d", false, false);
          put("doc-gone", true, true); localStorage.setItem("theme", "dark");
        }""",
        STORE,
    )
    root = mount(page, Progress([first, second]), share="() => ''")
    line = "3 of 4 questions answered, 1 right at the first try."
    assert said(root, ".cnn-progress-line") == line
    assert get(page, "answered") == 3
    marks = root.locator(".cnn-progress-mark")
    assert marks.evaluate_all("(all) => all.map((a) => a.getAttribute('href'))") == [
        "1_a/1_a.html#QuickQuestion",
        *(f"1_a/2_b.html#QuickQuestion{k}" for k in ("", "-2", "-3")),
    ]
    names = [" ".join(mark.split()) for mark in marks.all_text_contents()]
    assert names == [
        "11.1, question 1: not answered yet",
        "✓1.2, question 1: right at the first try",
        "✓1.2, question 2: right, not at the first try",
        "–1.2, question 3: not right yet",
    ]
    assert root.get_by_role("link", name="1.1 A & <b>", exact=True).count() == 1
    root.get_by_role("button", name="Forget it all").click()
    assert said(root, ".cnn-progress-line").startswith("0 of 4 questions answered, 0 right")
    assert page.evaluate("Object.keys(localStorage)") == ["theme"]
    root.get_by_role("button", name="Undo").click()
    assert said(root, ".cnn-progress-line") == line
    assert len(page.evaluate("Object.keys(localStorage)")) == 5
    page.evaluate("localStorage.clear()")
    page.evaluate("dispatchEvent(new StorageEvent('storage'))")  # another tab has done it
    assert said(root, ".cnn-progress-line").startswith("0 of 4")
    root = mount(page, Progress([{**second, "questions": ["doc-letter"]}]))
    assert root.get_by_role("link").count() == 0, "only the page knows addresses"
    asked = mount(page, a_question())
    asked.get_by_role("radio", name="a", exact=True).check()
    asked.get_by_role("button", name="Check").click()
    root = page.locator(".cnn-progress").last
    assert said(root, ".cnn-progress-line").startswith("1 of 1 questions answered, 1 right")
