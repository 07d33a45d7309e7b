"""The button "Run in the browser": one chapter, live, in a real Chromium.

That every chapter runs to its end there is shown by tests/lite, which needs no browser. Figures:
pytest -s tests/site/test_run_in_browser.py
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import sys
import time
from statistics import median

import numpy as np
import pytest
from axe import colours, violations
from bs4 import BeautifulSoup
from conftest import ROOT, needs_application, watch
from playwright.sync_api import TimeoutError
from sitekit import settle
from test_site import PHONE

sys.path.insert(0, str(ROOT / "book" / "_ext"))

from run_in_browser import MINUTES, NOT_HERE

HTML = ROOT / "_build" / "html"
LITE = HTML / "lite"
CHAPTER = "book/1_filters/1_edges.html"
WINDOW = {"width": 1280, "height": 1000}
EXECUTED = r"""(n) => /\[\d+\]/.test(
  document.querySelectorAll(".jp-CodeCell")[n]?.querySelector(".jp-InputArea-prompt").innerText)"""


@pytest.fixture(autouse=True)
def built():
    needs_application(LITE)


def run_below(page, code):
    """Put a new cell below the chosen one and run it (JupyterLab has only those in sight)."""
    cell = page.locator(".jp-CodeCell.jp-mod-active")
    prompt = cell.locator(".jp-InputArea-prompt")
    # a key too early is typed somewhere else: each waits for what the one before it does
    page.keyboard.press("Escape")
    page.locator(".jp-Notebook.jp-mod-commandMode").wait_for()
    page.keyboard.press("b")
    prompt.filter(has_text="[ ]").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_function(
        "document.activeElement.matches('.jp-CodeCell.jp-mod-active .cm-content')"
    )
    page.keyboard.insert_text(code)
    assert cell.locator(".cm-content").inner_text().split() == code.split()
    page.keyboard.press("Control+Enter")
    prompt.filter(has_text=re.compile(r"\[\d+\]")).wait_for(timeout=90_000)
    return cell


def click_and_run(context, site):
    """From the chapter's page to the first executed cell: seconds, the page, what came."""
    page = context.new_page()
    faults = watch(page)
    page.goto(f"{site}/{CHAPTER}")
    settle(page)
    came, first = [], []
    page.on("response", lambda answer: came.append((answer, bool(first))))
    start = time.perf_counter()
    page.get_by_role("link", name="Run in the browser").click()
    cell = page.locator(".jp-CodeCell").first
    cell.wait_for(timeout=60_000)
    page.get_by_text(re.compile("Pyodide")).first.wait_for(timeout=60_000)
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    page.wait_for_function(EXECUTED, arg=0, timeout=120_000)
    return time.perf_counter() - start, page, came, faults


def name_of(worker):
    return worker.url.rpartition("/")[2]


@pytest.mark.alone
def test_click_then_python_and_widgets_both_ways(readers_browser, site_folder, project):
    """Under a path, and the second time without a network."""
    project.folder.symlink_to(site_folder)
    site = project.url
    context = readers_browser.new_context(viewport=WINDOW, color_scheme="dark")
    _, page, came, faults = click_and_run(context, site)
    assert page.locator("body").get_attribute("data-jp-theme-light") == "false"
    assert [name_of(worker) for worker in page.workers] == ["early_python.js"], "and no second one"
    # what the first cell itself imports
    lazy = re.compile(
        r"/(?:matplotlib|fonttools|pillow|contourpy|kiwisolver|pyparsing|python_dateutil|pytz|cycler"
        r"|cnnlib|anywidget|ipywidgets|jupyterlab_widgets|widgetsnbextension|psygnal|tqdm"
        r"|typing_extensions)[-_][^/]*\.whl"
    )
    bodies = {a.url: a for a, _ in came if a.url.startswith("http") and a.ok}
    before = sum(len(gzip.compress(a.body(), 6)) for u, a in bodies.items() if not lazy.search(u))

    make = (
        "from cnnlib.widgets import ConvolutionExplorer\nexplorer = ConvolutionExplorer()\nexplorer"
    )
    cell = run_below(page, make)
    kernel = page.get_by_role("grid", name="Kernel", exact=True)
    try:
        kernel.wait_for(timeout=60_000)
    except TimeoutError:
        pytest.fail(f"no widget, but: {cell.inner_text()}")
    kernel.get_by_role("gridcell").first.click()
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    page.locator(".jp-CodeCell.jp-mod-active .cm-content").click()
    tell = "import json\nprint(json.dumps([explorer.kernel, explorer.output.tolist()]))"
    # (the prompt has its number before the output has its text)
    text = run_below(page, tell).locator(".jp-OutputArea-output pre")
    said = text.filter(has_text=re.compile(r"]]\s*$"))
    seen, output = json.loads(said.inner_text())
    assert seen[0][0] == 7, "Python sees what the reader typed"
    assert np.asarray(output).shape == (4, 4)
    run_below(page, "explorer.kernel = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]")
    page.wait_for_function(
        "(grid) => grid.querySelectorAll('[role=gridcell]')[8].innerText === '9'",
        arg=kernel.element_handle(),
    )

    # the change stays in the browser; its reader can take it along or give it up
    page.keyboard.press("Control+s")
    page.wait_for_timeout(1500)
    copies = context.new_page()
    copies.goto(f"{site}/lite/copies.html")
    copies.get_by_role("link", name="1_filters/1_edges.ipynb").wait_for()
    with copies.expect_download() as download:
        copies.get_by_role("button", name="Download my copy").click()
    assert "explorer.kernel = [[1, 2, 3]" in download.value.path().read_text()
    copies.on("dialog", lambda dialog: dialog.accept())
    copies.get_by_role("button", name="Start afresh").click()
    copies.get_by_text("No notebook has been changed").wait_for()
    page.close()

    project.network = "down"
    _, page, _, more = click_and_run(context, site)
    assert "ConvolutionExplorer()" not in page.locator(".jp-CodeCell").nth(1).inner_text()
    assert [name_of(worker) for worker in page.workers] == ["early_python.js"]
    page.keyboard.press("Escape")
    page.keyboard.press("0")
    page.keyboard.press("0")
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    cell = run_below(page, "print(__name__)")
    cell.get_by_text("__main__", exact=True).wait_for()
    (worker,) = page.workers
    assert name_of(worker) != "early_python.js", "the first one is gone"
    context.close()
    print(f"\n{before / 1e6:.1f} MB gzip before the first cell")
    assert not [f for f in faults + more if "off-host" in f or "page error" in f]
    assert before <= 18_000_000


@pytest.mark.alone
def test_the_first_cell_has_run_soon_after_the_click(readers_browser, site):
    """Seconds (the median) from the click, the first time and the second, on a machine at rest.

    8 s are aimed at the second time; two more are for a machine that is slower than ours.
    """
    cold, warm = [], []
    while not cold or ((median(cold) > 12 or median(warm) > 10) and len(cold) < 5):
        context = readers_browser.new_context(viewport=WINDOW)
        for times in (cold, warm):
            seconds, page, *_ = click_and_run(context, site)
            times.append(seconds)
            page.close()
        context.close()
    print(f"\nclick to first cell: cold {np.round(cold, 1)} s, warm {np.round(warm, 1)} s")
    assert median(cold) <= 12
    assert median(warm) <= 10


@pytest.fixture
def context(browser):
    context = browser.new_context(viewport=WINDOW, service_workers="block")
    yield context
    context.close()


def test_a_wheels_name_holds_its_contents_hash(site_folder):
    folder = site_folder / "lite" / "static" / "pyodide"
    lock = json.loads((folder / "pyodide-lock.json").read_text())
    names = {wheel.name for wheel in folder.glob("*.whl")}
    assert names == {package["file_name"] for package in lock["packages"].values()}
    for name in names:
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        assert f"-0{digest[:10]}-" in name
    script = (site_folder / "offline.js").read_text()
    hashed = re.compile(re.search(r"HASHED = /(.+)/;", script)[1])
    assert all(map(hashed.search, names)), "the keeper asks for none of them again"


def test_what_does_not_come_is_asked_for_once_more_and_then_said(context, site):
    """Pyodide itself would wait for ever."""
    asked = []

    def answer(route):
        asked.append(route.request.url)
        route.abort() if len(asked) != 2 else route.continue_()

    context.route("**/pyodide.asm.wasm", answer)
    click_and_run(context, site)
    assert len(asked) == 2
    page = context.new_page()
    page.goto(f"{site}/lite/notebooks/index.html?path=1_filters/1_edges.ipynb")
    said = page.get_by_role("alert").filter(has_text="Python could not start")
    said.get_by_text("pyodide.asm.wasm did not come. Reload the page to try again.").wait_for()
    assert len(asked) == 4
    assert colours(page) == []


def test_python_that_dies_is_said_and_does_not_run_for_ever(context, site):
    _, page, *_ = click_and_run(context, site)
    page.locator(".jp-CodeCell").nth(1).locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("import os\nos._exit(1)")
    page.keyboard.press("Control+Enter")
    said = page.get_by_role("alert").filter(has_text="Python came to an end")
    said.get_by_text("Save, then restart the kernel.").wait_for()


def test_without_its_head_start_python_starts_when_it_is_asked_for(context, site):
    context.route("**/early_python.js", lambda route: None)  # no answer, ever
    _, page, *_ = click_and_run(context, site)
    (worker,) = page.workers
    assert name_of(worker) != "early_python.js"


def test_a_link_leads_to_another_notebook(context, site):
    page = context.new_page()
    page.goto(f"{site}/lite/notebooks/index.html?path=1_filters/1_edges.ipynb")
    # (JupyterLab gives the link its address a moment after its words)
    link = page.locator("a[href*='/files/']").get_by_text("A filter that is learned", exact=True)
    link.wait_for(timeout=60_000)
    with context.expect_page() as opened:
        link.click()
    opened.value.get_by_role("heading", name="A filter that is learned").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_copies(page, site, scheme):
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{site}/lite/copies.html")
    page.get_by_text("No notebook has been changed in this browser.").wait_for()
    page.set_viewport_size(PHONE)
    assert violations(page) == []
    assert colours(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


OWN = """async () => {
  const asked = indexedDB.open(`JupyterLite Storage - ${location.pathname.replace(/[^/]*$/, "")}`);
  asked.onupgradeneeded = () => asked.result.createObjectStore("files");
  await new Promise((resolve) => (asked.onsuccess = resolve));
  const change = asked.result.transaction("files", "readwrite");
  const file = { type: "notebook", name: "mine.ipynb", path: "1_filters/mine.ipynb", content: {} };
  change.objectStore("files").put(file, file.path);
  await new Promise((resolve) => (change.oncomplete = resolve));
  asked.result.close();
}"""


def test_a_notebook_of_the_readers_own_is_deleted_only_with_the_right_question(browser, site):
    page = browser.new_context(service_workers="block").new_page()  # (a HEAD that finds nothing)
    page.goto(f"{site}/lite/copies.html")
    page.evaluate(OWN)
    page.reload()
    questions = []
    page.on("dialog", lambda dialog: (questions.append(dialog.message), dialog.accept()))
    page.get_by_role("button", name="Start afresh").click()
    page.get_by_text("1_filters/mine.ipynb is deleted.").wait_for()
    assert questions == ["Delete 1_filters/mine.ipynb? It is yours alone: nothing takes its place."]
    page.context.close()


def test_every_chapter_has_its_button_and_its_notebook():
    buttons = 0
    for path in sorted((HTML / "book").rglob("*.html")):
        link = BeautifulSoup(path.read_text(encoding="utf8"), "html.parser").select_one(
            ".run-here-button"
        )
        if link is not None:
            address, _, name = link["href"].partition("?path=")
            assert (path.parent / address).resolve() == LITE / "notebooks" / "index.html"
            notebook = json.loads((LITE / "files" / name).read_text(encoding="utf8"))
            assert not any(cell.get("outputs") for cell in notebook["cells"])
            assert "BEGIN SOLUTION" not in str(notebook)
            buttons += 1
    assert buttons == len(list((LITE / "files").rglob("*.ipynb"))) >= 14


def test_every_link_between_notebooks_has_its_notebook():
    links = 0
    for path in sorted((LITE / "files").rglob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf8"))["cells"]:
            text = "".join(cell["source"]) if cell["cell_type"] == "markdown" else ""
            for address in re.findall(r"\]\(([^):#\s]+)(?:#[^)]*)?\)", text):
                assert (path.parent / address).is_file(), f"{path.name}: {address}"
                links += 1
    assert links > 100


@pytest.mark.parametrize(("page", "minutes"), MINUTES.items())
def test_a_page_that_trains_for_long_says_so(page, minutes):
    soup = BeautifulSoup((HTML / f"{page}.html").read_text(encoding="utf8"), "html.parser")
    (place,) = soup.select(".run-here:has(.run-here-button)")
    assert f"about {minutes} minutes" in place.get_text()


@pytest.mark.parametrize(("page", "why"), NOT_HERE.items())
def test_a_page_that_cannot_run_says_why(page, why):
    soup = BeautifulSoup((HTML / f"{page}.html").read_text(encoding="utf8"), "html.parser")
    (place,) = soup.select(".run-here")
    assert place.find_previous_sibling().name == "h1"
    assert place.get_text() == f"This page does not run in the browser: {why}."
    assert place.find("a") is None


def test_the_site_stays_small():
    sizes = [path.stat().st_size for path in HTML.rglob("*") if path.is_file()]
    print(f"\nthe site has {sum(sizes) / 1e6:.0f} MB in {len(sizes)} files")
    assert sum(sizes) <= 90_000_000
