"""Edit and run on this page: a chapter's cells, Python in the page, widgets that it makes.

Figures: pytest -s tests/site/test_cells_on_page.py
"""

from __future__ import annotations

import json
import re
import time

import numpy as np
import pytest
from axe import colours, violations
from conftest import DRAWN, ROOT, needs_application, watch
from sitekit import settle
from test_site import DESK, LIGHTEN, PHONE

import cnnlib as cnn
from cnnlib import filters

pytestmark = pytest.mark.xdist_group("cells")  # Pyodide is dear
HTML = ROOT / "_build" / "html"
CHAPTER = "book/1_filters/1_edges.html"
SECONDS = 90_000
ENDED = "Python came to an end, and begins afresh with the next run"


@pytest.fixture(autouse=True, scope="module")
def built():
    needs_application(HTML / "lite")


@pytest.fixture
def chapter(page, site, request):
    page.goto(f"{site}/{getattr(request, 'param', CHAPTER)}")
    settle(page)
    return page


def begin(page):
    page.get_by_role("button", name="Edit and run on this page").click()
    page.get_by_role("button", name="Run all cells").wait_for()


def wait(page, words="Ready."):
    said = page.locator(".run-here-page [role=status]").get_by_text(words)
    said.wait_for(timeout=SECONDS)


@pytest.fixture(scope="module")
def shared(browser, site):
    """A chapter whose cells run, for the tests that can do with another's Python: it takes seconds
    to start.
    """
    page = browser.new_page(viewport=DESK, service_workers="block")
    page.faults = watch(page)
    page.route("**/mathjax.js*", lambda r: r.fulfill(body=DRAWN, content_type="text/javascript"))
    page.goto(f"{site}/{CHAPTER}")
    settle(page)
    begin(page)
    yield page
    page.close()


@pytest.fixture
def running(shared):
    """That chapter, as built."""
    for undo in shared.get_by_role("button", name="Undo my changes").all():
        if undo.is_visible():
            undo.click()
    yield shared
    assert shared.faults == []


def cell(page, number):
    return page.locator(".cell:has(.here-tools)").nth(number - 1)


def write(page, place, source):
    code = place.get_by_role("textbox", name="Code of cell")
    code.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(source)
    assert code.inner_text().strip() == source.strip()


def run(page, place, words="Ready."):
    place.get_by_role("button", name=re.compile("^Run cell")).click()
    wait(page, words)
    return place.locator(".cell_output").inner_text()


def test_nothing_of_it_comes_before_it_is_asked_for(page, site):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{site}/{CHAPTER}")
    settle(page)
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if "here" in url or "/lite/" in url]


# the second one has folded cells
@pytest.mark.parametrize(
    "chapter", [CHAPTER, "book/appendices/a_activations.html"], indirect=True, ids=["1.1", "A"]
)
def test_the_chapter_runs_and_prints_what_it_printed(chapter):
    places = 'document.querySelectorAll(".cell:has(.cell_input) > .cell_output")'
    texts = f"""() => [...{places}].map(
      (place) => [...place.querySelectorAll(".output pre")].map((pre) => pre.textContent.trim()))"""
    pictures = f"""() => [...{places}].flatMap(
      (place) => [...place.querySelectorAll("img")].map((image) => [image.alt, image.width]))"""
    printed, drawn = chapter.evaluate(texts), chapter.evaluate(pictures)
    start = time.perf_counter()
    begin(chapter)
    first = cell(chapter, 1)
    first.get_by_role("button", name="Run cell 1", exact=True).click()
    first.get_by_text(re.compile(r"ran in \d")).wait_for(timeout=SECONDS)
    print(f"\nclick to first executed cell on the page: {time.perf_counter() - start:.1f} s")
    wait(chapter)
    chapter.get_by_role("button", name="Run all cells").click()
    chapter.get_by_text("Running cell").wait_for()
    wait(chapter)
    print(f"the whole chapter: {time.perf_counter() - start:.1f} s")
    assert chapter.evaluate(texts) == printed
    again = chapter.evaluate(pictures)
    assert [alt for alt, _ in again] == [alt for alt, _ in drawn]
    for (alt, was), (_, now) in zip(drawn, again, strict=True):
        assert abs(was - now) <= 2, f"{alt}: {was} px wide, now {now}"
    assert len(printed) > 20
    assert len(drawn) > 3


def test_a_cell_is_edited_by_keyboard_and_what_it_needs_runs_first(running):
    place = cell(running, 2)
    code = place.get_by_role("textbox", name="Code of cell")
    built = code.inner_text()
    place.evaluate("(cell) => cell.append(' ')")  # the theme looks again, a moment later
    running.wait_for_timeout(1000)
    cell(running, 1).get_by_role("button", name=re.compile("^Run cell")).focus()
    for _ in range(8):
        running.keyboard.press("Tab")
        if code.evaluate("(code) => document.activeElement === code"):
            break
    else:
        pytest.fail("Tab does not come to the code")
    running.keyboard.press("Control+End")
    # Enter keeps the indentation and adds to it after a colon; "/" is no short cut to the search
    running.keyboard.type("\nfor k in range(2):\nprint(k / 2 + 40)")
    running.keyboard.press("Shift+Enter")
    wait(running)
    assert "n_H, n_W = (6, 6)\n40.0\n40.5" in place.locator(".cell_output").inner_text()
    assert "ran in" in cell(running, 1).inner_text(), "the set-up cell ran first"
    mine = code.inner_text()
    place.locator(".copybtn").dispatch_event("click")  # it takes no <br> for a line's end
    assert code.locator("br").count() == 0
    assert code.inner_text() == mine
    place.get_by_role("button", name="Undo my changes").click()
    assert code.inner_text().strip() == built.strip()
    assert "changed since it ran" in place.inner_text()
    place.get_by_role("button", name="Bring my changes back").click()
    assert code.inner_text() == mine
    place.get_by_role("button", name="Undo my changes").click()
    assert code.inner_text().strip() == built.strip()


def test_lines_keep_their_depth_in_a_cell_that_is_written_afresh(running):
    place = cell(running, 2)
    place.get_by_role("textbox", name="Code of cell").click()
    running.keyboard.press("Control+a")
    running.keyboard.type("def f(n):\nfor i in range(n):\nprint(i)\nprint(i * i)")
    code = place.get_by_role("textbox", name="Code of cell").inner_text()
    assert code.rstrip() == (
        "def f(n):\n    for i in range(n):\n        print(i)\n        print(i * i)"
    )


def test_what_was_edited_or_failed_runs_again(chapter):
    begin(chapter)
    first, second, third = (cell(chapter, n) for n in (1, 2, 3))
    write(chapter, second, "x = 5")
    write(chapter, third, "print(x + 1)")
    assert run(chapter, third) == "6\n"
    write(chapter, second, "x = 7")
    assert run(chapter, third) == "8\n", "the edited cell above it ran first"
    write(chapter, second, "x = 1 / 0")
    assert "ZeroDivisionError" in run(chapter, second, "An error stopped it")
    run(chapter, third, "An error stopped it")
    assert "stopped with an error" in second.inner_text(), "it is tried again"
    write(chapter, second, "x = 9")
    assert run(chapter, third) == "10\n"
    write(chapter, third, "for i in range(2):\n        a = 1\n    b = 2")
    assert "IndentationError" in run(chapter, third, "An error stopped it")
    write(chapter, third, "print(x + 2)")
    write(chapter, second, "print('x' in globals())\nx = 9")
    assert run(chapter, third) == "11\n"
    assert "True" in second.locator(".cell_output").inner_text(), "Python was not lost"
    write(chapter, first, "print('once more')")
    chapter.get_by_role("button", name="Run all cells").click()
    first.locator(".cell_output").get_by_text("once more").wait_for()
    # Python can be had afresh at any time
    wait(chapter, "An error stopped it")
    chapter.get_by_role("button", name="Stop").click()
    write(chapter, second, "print('x' in globals())")
    assert run(chapter, second) == "False\n"


def test_a_file_that_does_not_come_is_said_and_the_next_run_tries_again(chapter):
    half = {"body": "throw new Error('it broke off')", "content_type": "text/javascript"}
    chapter.route("**/here.js*", lambda route: route.fulfill(**half))
    for _ in range(2):
        chapter.get_by_role("button", name="Edit and run on this page").click()
        chapter.wait_for_function(
            "document.querySelector('.run-here-page button:enabled')?.nextSibling"
        )
    assert chapter.locator(".run-here-page").inner_text().count("could not start") == 1
    chapter.unroute("**/here.js*")
    begin(chapter)
    write(chapter, cell(chapter, 1), "print(6 * 7)")
    chapter.route("**/pyodide.asm.wasm", lambda route: route.abort())
    cell(chapter, 1).get_by_role("button", name=re.compile("^Run cell")).click()
    wait(chapter, "Python could not start")
    chapter.unroute("**/pyodide.asm.wasm")
    assert run(chapter, cell(chapter, 1)) == "42\n"


def test_changes_are_kept_in_the_browser_until_they_are_undone(chapter):
    begin(chapter)
    built = cell(chapter, 2).get_by_role("textbox").inner_text()
    write(chapter, cell(chapter, 2), "print('mine')\nprint(1 < 2)")

    def again():
        chapter.reload()
        settle(chapter)
        begin(chapter)
        return cell(chapter, 2), chapter.locator(".run-here-page [role=status]")

    place, status = again()
    assert place.get_by_role("textbox").inner_text() == "print('mine')\nprint(1 < 2)"
    assert status.inner_text().endswith("Your changes from last time are there.")
    place.get_by_role("button", name="Undo my changes").click()
    place, status = again()
    assert place.get_by_role("textbox").inner_text() == built
    assert "last time" not in status.inner_text()
    # whatever is there already
    kept = f"cnn-book/edits{chapter.evaluate('location.pathname')}"
    for text in ("[", "null", json.dumps({built: 5})):
        chapter.evaluate("([name, text]) => localStorage.setItem(name, text)", [kept, text])
        place, _ = again()
        assert place.get_by_role("textbox").inner_text() == built
        write(chapter, place, "1")
        place, status = again()
        assert place.get_by_role("textbox").inner_text() == "1"
    # the book has another text by now
    lost = json.dumps({"print(1)": "print('mine')", "print(2)": "2"})
    chapter.evaluate("([name, text]) => localStorage.setItem(name, text)", [kept, lost])
    place, _ = again()
    old = chapter.get_by_text("Your changes of cells that the book has changed since")
    old.click()
    chapter.get_by_text("print('mine')", exact=True).wait_for()
    chapter.get_by_role("button", name="Forget it").last.click()
    chapter.get_by_role("button", name="Forget it").click()
    assert old.count() == 0
    again()
    assert old.count() == 0
    place = cell(chapter, 2)
    status = chapter.locator(".run-here-page [role=status]")
    chapter.evaluate("() => { Storage.prototype.setItem = () => { throw new Error('full'); }; }")
    write(chapter, place, "2")
    assert "does not keep your changes" in status.inner_text()


def test_errors_are_shown_and_an_endless_loop_can_be_stopped(running):
    place = cell(running, 2)
    write(running, place, "print('before')\nnp.zeros(3) @ np.zeros(2)")
    said = run(running, place, "An error stopped it")
    assert said.startswith("before")
    assert "ValueError" in said
    assert "\x1b" not in said

    write(running, place, "for i in range(100):\n    print('line', i)\nwhile True:\n    pass")
    place.get_by_role("button", name=re.compile("^Run cell")).click()
    place.locator(".cell_output").get_by_text("line 99").wait_for()
    running.get_by_role("button", name="Stop").click()
    wait(running, "Stopped. Python begins afresh")
    assert "stopped before its end" in place.inner_text()
    assert "line 99" in place.locator(".cell_output:not(.here-old)").inner_text()
    write(running, place, "6 * 7")
    assert run(running, place).strip() == "42"

    write(running, place, "import os\nos._exit(1)")
    run(running, place, ENDED)
    write(running, place, "6 * 7")
    assert run(running, place).strip() == "42"
    running.faults.remove("page error: Program terminated with exit(1)")


def test_a_flood_of_output_leaves_the_page_alive(running):
    place = cell(running, 1)
    write(running, place, "print('x' * 1_000_000)\nfor i in range(30_000):\n    print(i)")
    said = run(running, place)
    assert said.endswith("29999\n")
    assert len(said) < 60_000
    write(running, place, "print('10 %', end='')\nprint('\\r20 %')\nprint('a\\r\\n')\nprint('b')")
    assert run(running, place) == "20 %\na\r\n\nb\n"
    write(running, place, "while True:\n    print(1)")
    slow = running.context.new_cdp_session(running)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": 6})  # of the page, not of Python
    try:
        place.get_by_role("button", name="Run cell").click()
        place.get_by_text("1\n1\n1").wait_for()
        running.wait_for_timeout(2000)
        start = time.perf_counter()
        running.get_by_role("button", name="Stop").click()
        wait(running, "Stopped")
        took = time.perf_counter() - start
    finally:
        slow.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    print(f"\na flood is stopped in {took:.1f} s by a page six times as slow")
    assert took < 20


def test_widgets_are_joined_to_python_both_ways(running):
    place = cell(running, 2)
    write(running, place, "explorer = ConvolutionExplorer()\nexplorer")
    run(running, place)
    kernel = place.get_by_role("grid", name="Kernel", exact=True)
    kernel.get_by_role("gridcell").first.click()
    running.keyboard.type("7")
    running.keyboard.press("Enter")

    tell = cell(running, 3)
    write(
        running,
        tell,
        "import json\n"
        "print(json.dumps([explorer.image, explorer.kernel, explorer.output.tolist()]))\n"
        "explorer.kernel = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]",
    )
    image, seen, output = json.loads(run(running, tell))
    expected = filters.VEF.copy()
    expected[0, 0] = 7
    np.testing.assert_array_equal(seen, expected)
    np.testing.assert_array_equal(output, cnn.correlate2d(np.array(image), expected))
    running.wait_for_function(
        "(grid) => grid.querySelectorAll('[role=gridcell]')[8].innerText === '9'",
        arg=kernel.element_handle(),
    )

    both = cell(running, 4)
    write(
        running,
        both,
        "import ipywidgets\nleft, right = ConvolutionExplorer(), ConvolutionExplorer()\n"
        'ipywidgets.jslink((left, "step"), (right, "step"))\nipywidgets.HBox([left, right])',
    )
    run(running, both)
    running.wait_for_function(
        "(place) => place.querySelectorAll('[aria-label=\"Step forward\"]').length === 2",
        arg=both.element_handle(),
    )
    both.get_by_role("button", name="Step forward").first.click()
    steps = both.get_by_role("slider", name="Output")
    assert [step.input_value() for step in steps.all()] == ["1", "1"]

    write(running, tell, "print(left.step, right.step)")
    assert run(running, tell) == "1 1\n", "Python hears of the linked one, too"

    running.get_by_role("button", name="Stop").click()
    assert "Python was stopped" in place.inner_text()
    assert "Python was stopped" not in tell.inner_text()
    # the old widget leaves the next Python alone, while it starts and when it is there
    write(running, tell, "print('afresh')")
    tell.get_by_role("button", name=re.compile("^Run cell")).click()
    while "Ready." not in (said := running.locator(".run-here-page [role=status]").inner_text()):
        assert "could not start" not in said
        left = both.get_by_role("button", name="Step forward").first
        if left.is_enabled():
            left.click()
        running.wait_for_timeout(100)
    assert tell.locator(".cell_output").inner_text() == "afresh\n"


def test_what_goes_wrong_when_a_widget_changes_is_shown_under_it(running):
    place, other = cell(running, 2), cell(running, 3)
    write(
        running,
        place,
        "explorer = ConvolutionExplorer()\n"
        "explorer.observe(lambda change: {}[change.new], 'step')\n"
        "explorer",
    )
    run(running, place)
    write(running, other, "'another cell has run since'")
    run(running, other)
    for step in (1, 2):
        place.get_by_role("button", name="Step forward").click()
        place.locator(".error").get_by_text(f"KeyError: {step}").wait_for()
    assert other.locator(".cell_output").inner_text().strip() == "'another cell has run since'"
    assert place.locator(".error").count() == 1, "only the last one's"


def test_what_a_widgets_change_prints_stands_under_it(running):
    place, other = cell(running, 2), cell(running, 3)
    write(
        running,
        place,
        "from IPython.display import clear_output\n"
        "def tell(change):\n"
        "    if change.new == 3:\n"
        "        clear_output(wait=True)\n"
        "    print('step', change.new)\n"
        "explorer = ConvolutionExplorer()\n"
        "explorer.observe(tell, 'step')\n"
        "explorer",
    )
    run(running, place)
    write(running, other, "'another cell has run since'")
    run(running, other)
    for said in ("step 1", "step 1\nstep 2", "step 3"):  # the third begins anew
        place.get_by_role("button", name="Step forward").click()
        place.locator(".here-change").get_by_text(said, exact=True).wait_for()
    assert place.locator(".here-change").count() == 1
    assert other.locator(".cell_output").inner_text().strip() == "'another cell has run since'"
    assert place.get_by_role("button", name="Step forward").is_visible(), (
        "the widget is still there"
    )

    write(
        running,
        place,
        "import os\nexplorer = ConvolutionExplorer()\n"
        "explorer.observe(lambda change: os._exit(1), 'step')\nexplorer",
    )
    run(running, place)
    place.get_by_role("button", name="Step forward").click()
    wait(running, ENDED)
    assert running.get_by_role("button", name="Stop").is_disabled()
    write(running, place, "6 * 7")
    assert run(running, place).strip() == "42"
    assert place.locator(".here-change").count() == 0, "the cell says so, not the widget"


def test_pictures_of_another_kind_and_size_and_what_brings_a_script(running):
    place = cell(running, 2)
    write(
        running,
        place,
        "import io\nfrom PIL import Image as Pillow\n"
        "from IPython.display import HTML, Image, Math\n"
        "jpeg = io.BytesIO()\nPillow.new('RGB', (40, 30)).save(jpeg, 'jpeg')\n"
        "display(Image(jpeg.getvalue(), width=80), Math('x^2'))\n"
        "HTML('<p id=\"animated\"></p><script>animated.textContent = 6 * 7</script>')",
    )
    run(running, place)
    assert place.locator("img").evaluate("(image) => [image.naturalWidth, image.width]") == [40, 80]
    assert "x^2" in place.locator(".cell_output").inner_text()
    assert place.locator("#animated").inner_text() == "42"


def test_a_package_that_does_not_come_is_not_called_unknown(chapter):
    begin(chapter)
    place = cell(chapter, 2)
    chapter.context.route("**/matplotlib-*.whl", lambda route: route.abort())
    write(chapter, place, "import matplotlib")
    cell(chapter, 1).get_by_role("textbox", name="Code of cell").click()
    write(chapter, cell(chapter, 1), "1")
    said = run(chapter, place, "An error stopped it")
    assert "matplotlib did not come. Is there a network?" in said
    chapter.context.unroute("**/matplotlib-*.whl")
    assert run(chapter, place) == ""


def test_a_display_is_updated_in_its_place(running):
    place, other = cell(running, 2), cell(running, 3)
    write(
        running,
        place,
        "first, second = (display(n, display_id=True) for n in (1, 2))\nfirst.update('one')",
    )
    assert run(running, place).split() == ["'one'", "2"]
    write(running, other, "second.update('two')\ndisplay('nowhere', display_id='x', update=True);")
    assert run(running, other) == ""
    assert place.locator(".cell_output").inner_text().split() == ["'one'", "'two'"]


def test_input_says_what_it_cannot(running):
    place = cell(running, 2)
    write(running, place, "name = input('Who? ')")
    said = run(running, place, "An error stopped it")
    assert "StdinNotImplementedError: a cell on this page cannot ask" in said
    write(running, place, "exit()")
    assert "Stop, above, ends it" in run(running, place)


def test_a_bar_shows_how_far_it_is(running):
    place = cell(running, 2)
    write(running, place, "from tqdm.auto import tqdm\nsum(tqdm([20, 21, 1]))")
    said = run(running, place)
    assert "100%" in said
    assert said.strip().endswith("42")
    bar = place.get_by_role("progressbar")
    assert bar.evaluate("({ value, max }) => [value, max]") == [3, 3]
    write(running, place, "bar = tqdm(total=2)\nbar.reset(total=8)\nbar.update(2)\nbar.refresh();")
    run(running, place)
    assert bar.evaluate("({ value, max }) => [value, max]") == [2, 8]


def test_it_can_be_read_by_all_and_fits_a_phone(chapter):
    chapter.emulate_media(color_scheme="light", reduced_motion="reduce")
    begin(chapter)
    place = cell(chapter, 2)
    write(chapter, place, "print('x' * 300)\n1 / 0")
    run(chapter, place, "An error stopped it")
    for size in (PHONE, DESK):
        chapter.set_viewport_size(size)
        chapter.wait_for_function("width => innerWidth === width", arg=size["width"])
        chapter.wait_for_timeout(1000)  # the theme looks at what scrolls a moment later
        assert chapter.evaluate("document.documentElement.scrollWidth") <= size["width"]
    chapter.evaluate(LIGHTEN)
    assert violations(chapter) == []
    assert colours(chapter) == []
    chapter.emulate_media(color_scheme="dark", reduced_motion="reduce")
    chapter.wait_for_selector("html[data-theme=dark]", state="attached")
    assert colours(chapter) == []


def test_where_it_is_and_where_not():
    pages = {path: path.read_text(encoding="utf8") for path in (HTML / "book").rglob("*.html")}
    offered = {path for path, html in pages.items() if 'class="run-here-page"' in html}
    could = {path for path, html in pages.items() if 'class="run-here-button"' in html}
    # in an exercise the page has the solution
    assert offered == {path for path in could if path.parent.name != "exercises"}
    assert len(offered) >= 14
