"""The static widget host: a small book with boxes, links and a broken widget, in a browser."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from conftest import serve, watch
from sitekit import EXTENSION, build, settle

pytestmark = pytest.mark.xdist_group("host")  # they share one small book
WORDS = "cannot be shown; this is the figure as it was built"


@pytest.fixture(scope="module")
def small_book(tmp_path_factory) -> Path:
    """The built book of tests/site/fixture with widgets that live: the folder of its pages."""
    folder = tmp_path_factory.mktemp("alive")
    result = build(folder, "alive.md")
    assert result.returncode == 0, result.stderr
    return folder / "html"


@pytest.fixture(scope="module")
def book(small_book):
    server, url = serve(small_book)
    yield f"{url}/alive.html"
    server.shutdown()
    server.server_close()


@pytest.fixture
def alive(browser, book):
    """Open the small book, as it is or with a query; its one broken widget is the only fault."""
    context = browser.new_context()
    page = context.new_page()
    faults = watch(page)

    def visit(query=""):
        page.goto(book + query)
        settle(page)
        return page

    yield visit
    context.close()
    assert faults, "the browser did not notice the broken widget: does watch() work?"
    assert all("its chain came off" in fault for fault in faults), faults


def texts(page, name):
    return page.locator(f"[data-model={name}] button:first-of-type").all_inner_texts()


def test_boxes_and_links_live_without_a_kernel(alive):
    page = alive()
    # jslink starts from the source: the right counter, made with 5, shows the left one's 2
    assert texts(page, "HBox") == ["count 2", "count 2"]
    assert texts(page, "Counter") == ["count 2"]
    page.locator("[data-model=HBox] button", has_text="count").nth(1).click()
    assert texts(page, "HBox") == ["count 3", "count 3"]
    assert texts(page, "Counter") == ["count 3"], "a second view of one model shows the same"
    page.locator("[data-model=Counter] button").first.click()
    assert texts(page, "HBox") == ["count 4", "count 4"]


def test_boxes_and_widgets_have_the_layout_that_python_gave_it(alive):
    box = alive().locator("[data-model=HBox] > div")
    assert box.evaluate("el => getComputedStyle(el).borderTopWidth") == "3px"
    assert box.evaluate("el => getComputedStyle(el).display") == "flex"
    late = box.page.locator("[data-model=Late] > div")
    assert late.evaluate("el => getComputedStyle(el).maxWidth") == "321px"


def test_a_directional_link_goes_one_way(alive):
    page = alive()
    source, target = (page.get_by_role("button", name=word) for word in ("source", "target"))
    source.click()
    assert texts(page, "VBox") == ["source 1", "target 1"]
    target.click()
    assert texts(page, "VBox") == ["source 1", "target 2"]


def test_the_function_form_and_initialize(alive):
    page = alive()
    assert page.locator("[data-model=Late]").inner_text() == "late, but here"
    page.locator("[data-model=Counter] button", has_text="link").click()
    link = page.locator("[data-link]").first.get_attribute("data-link")
    state = page.evaluate("link => decodeURIComponent(link)", link)
    assert '"starts":1' in state
    assert '"starts":2' not in state, "two views of one model call initialize() once"


def test_a_broken_widget_says_so_and_leaves_the_others_alive(alive):
    page = alive()
    place = page.locator("[data-model=Broken]")
    assert "could not start: its chain came off" in place.inner_text()
    assert "Broken(<b>)" in place.inner_text(), "the notebook's own words stay, as text"
    page.get_by_role("button", name="source").click()
    assert texts(page, "VBox") == ["source 1", "target 1"]


def test_a_link_carries_what_differs_and_brings_it_back(alive):
    page = alive()
    page.get_by_role("button", name="target").click(click_count=3)
    page.locator("[data-model=Counter] button").first.click()
    page.locator("[data-model=Counter] button", has_text="link").click()
    link = page.locator("[data-link]").get_attribute("data-link")
    assert link.endswith("#Counter")
    assert "rows" not in link, "what did not change is not in the link"
    page.goto(link)
    settle(page)
    assert texts(page, "HBox") == ["count 3", "count 3"]
    assert texts(page, "VBox") == ["source 0", "target 3"]
    assert WORDS not in page.content()


def test_every_kind_of_value_comes_through_a_link(alive):
    page = alive('?Counter={"value":-7,"word":"häufig – 3×3","rows":[[0.5,-1],[2,3],[4,5]]}')
    assert texts(page, "Counter") == ["häufig – 3×3 -7"]
    rows = page.locator("[data-model=Counter] [data-rows]").get_attribute("data-rows")
    assert json.loads(rows) == [[0.5, -1], [2, 3], [4, 5]]
    layers = [{"kind": "conv", "n": 3, "bn": True}, {"kind": "pool"}]
    page = alive(f"?Counter={quote(json.dumps({'layers': layers}))}")
    shown = page.locator("[data-model=Counter] [data-layers]").get_attribute("data-layers")
    assert json.loads(shown) == layers


BAD = {
    "no JSON": "{value:",
    "empty": "",
    "a number": "7",
    "null": "null",
    "a list": "[1]",
    "an unknown trait": '{"nonsense":1}',
    "a prototype": '{"__proto__":{"value":1}}',
    "a method": '{"constructor":1}',
    "a word for a number": '{"value":"9"}',
    "a list for a number": '{"value":[9]}',
    "infinity": '{"value":1e999}',
    "a number for a list": '{"rows":1}',
    "rows of unequal length": '{"rows":[[1,2],[3]]}',
    "a word in the rows": '{"rows":[[1,"x"]]}',
    "too many rows": '{"rows":[' + ",".join(["[1]"] * 1025) + "]}",
    "a list for a dict": '{"layers":[["conv"]]}',
    "a word for a dict": '{"layers":["conv"]}',
    "null for a dict": '{"layers":[null]}',
    "a dict in a dict": '{"layers":[{"kind":{"f":1}}]}',
    "a dict for a row": '{"rows":[{"f":1}]}',
    "markup in a dict": '{"layers":[{"kind":"<b>"}]}',
    "markup": '{"word":"<img src=x onerror=alert(1)>"}',
    "an address": '{"word":"//elsewhere.example"}',
    "what validate() refuses": '{"value":13}',
    "what render() cannot draw": '{"value":99}',
}


def test_a_bad_link_shows_the_figure_as_built_and_says_so(alive):
    taken = []
    for why, text in BAD.items():
        page = alive(f"?Counter={quote(text)}")
        said = WORDS in page.locator("[data-model=Counter]").inner_text()
        page.get_by_role("button", name="source").click()
        others_live = texts(page, "VBox")[0] == "source 1"
        if not (said and others_live and texts(page, "Counter") == ["count 2"]):
            taken.append(why)
    assert not taken


def test_a_link_for_something_else_is_none_of_our_business(alive):
    page = alive("?highlight=counter&Nothing=%7B&%E0%A4%A=1")
    assert texts(page, "Counter") == ["count 2"]
    assert WORDS not in page.content()


def test_leaving_the_page_cleans_up_but_the_back_button_finds_it_alive(alive):
    page = alive()
    leave = "persisted => dispatchEvent(new PageTransitionEvent('pagehide', { persisted }))"
    page.evaluate(leave, True)
    assert page.evaluate("window.cleaned") is None
    page.evaluate(leave, False)
    assert page.evaluate("window.cleaned") == 5, "one clean-up for each view"


def test_without_javascript_there_are_words(browser, book):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(book)
    place = page.locator("[data-model=Counter]")
    assert "Counter(" in place.inner_text()
    assert "an interactive figure; it needs JavaScript" in place.inner_text()
    context.close()


# ---- the build half ---------------------------------------------------------------------------


def test_each_program_is_stored_once_and_nothing_of_the_kernel_leaks(small_book):
    stored = [path.name for path in (small_book / "_static" / "widgets").iterdir()]
    kinds = sorted(re.sub(r"-[0-9a-f]{10}\.", ".", name) for name in stored)
    assert kinds == ["Broken.js", "Counter.css", "Counter.js", "Late.js"]
    html = (small_book / "alive.html").read_text()
    assert not re.search(r"\b[0-9a-f]{32}\b", html), "a model id, different in every build"
    assert "IPY_MODEL" not in html
    assert "cdn" not in html.lower()
    assert "require" not in html


def test_what_a_cell_printed_in_pieces_is_one_text(small_book):
    html = re.sub(r"<[^>]+>", "", (small_book / "alive.html").read_text())
    assert "first line\nsecond line\n" in html
    assert "an error's line" in html.replace("&#39;", "'")


def fake_page(**states):
    """A myst-nb environment with one page whose notebook left these widget models."""
    from myst_nb.sphinx_ import NbMetadataCollector

    env = SimpleNamespace()
    body = json.dumps({"state": states})
    NbMetadataCollector.add_js_file(env, "page", "ipywidgets_state", None, {"body": body})
    return env


def test_myst_nb_still_keeps_the_state_where_we_read_it(monkeypatch):
    monkeypatch.syspath_prepend(str(EXTENSION))
    import widget_host
    from myst_nb.core import config, render
    from myst_nb.sphinx_ import NbMetadataCollector, SelectMimeType

    moved = "myst-nb has changed: see class Widgets and Placeholders in book/_ext/widget_host.py"
    parameters = list(inspect.signature(NbMetadataCollector.get_js_files).parameters)
    assert parameters == ["env", "docname"], moved
    writer = inspect.getsource(render.NbElementRenderer.render_nb_finalise)
    assert '"ipywidgets_state"' in writer, moved
    assert '"body": sanitize_script_content(json.dumps(' in writer, moved
    assert "ipywidgets_js" in config.NbParserConfig.__dataclass_fields__, moved
    assert widget_host.Placeholders.default_priority < SelectMimeType.default_priority, moved
    assert widget_host.VIEW == render.WIDGET_VIEW_MIMETYPE, moved
    model = {"model_module": "anywidget", "model_name": "AnyModel", "state": {"_esm": "0", "n": 1}}
    state, complaints = widget_host.Widgets(fake_page(a1=model), "page").page_state()
    assert state["models"]["Any"]["state"] == {"n": 1}, moved
    assert complaints == []


def test_the_same_notebook_gives_the_same_bytes(monkeypatch):
    monkeypatch.syspath_prepend(str(EXTENSION))
    import widget_host

    def text(*ids):
        one, two, box, layout = ids
        any_model = {"model_module": "anywidget", "model_name": "AnyModel"}
        controls = {"model_module": "@jupyter-widgets/controls", "model_name": "HBoxModel"}
        children = [f"IPY_MODEL_{one}", f"IPY_MODEL_{two}"]
        env = fake_page(
            **{
                layout: {
                    "model_module": "@jupyter-widgets/base",
                    "model_name": "LayoutModel",
                    "state": {"_x": 1, "grid_gap": "1px", "width": None},
                },
                one: any_model | {"state": {"_esm": "0", "_anywidget_id": "a.b.Tile"}},
                two: any_model | {"state": {"_esm": "0", "_anywidget_id": "a.b.Tile"}},
                box: controls | {"state": {"children": children, "layout": f"IPY_MODEL_{layout}"}},
            }
        )
        return json.dumps(widget_host.Widgets(env, "page").page_state())

    first, second = text("a0", "b0", "c0", "d0"), text("z9", "y9", "x9", "w9")
    assert first == second
    assert json.loads(first)[0]["models"]["HBox"] == {
        "box": "row",
        "style": {"grid-gap": "1px"},
        "children": ["Tile", "Tile-2"],
    }


def test_what_cannot_be_carried_is_named(monkeypatch):
    monkeypatch.syspath_prepend(str(EXTENSION))
    import widget_host

    controls = {"model_module": "@jupyter-widgets/controls"}
    env = fake_page(
        a1={
            "model_module": "anywidget",
            "model_name": "AnyModel",
            "state": {"_esm": "0", "loss": [1, float("nan")], "fine": 1},
            "buffers": [{"path": ["pixels"], "data": "", "encoding": "base64"}],
        },
        b1=controls | {"model_name": "HBoxModel", "state": {"children": ["IPY_MODEL_a1"]}},
        c1=controls
        | {
            "model_name": "LinkModel",
            "state": {"source": ["IPY_MODEL_a1", "fine"], "target": ["IPY_MODEL_b1", "box_style"]},
        },
    )
    _, complaints = widget_host.Widgets(env, "page").page_state()
    assert complaints == [
        "Any has binary traits (pixels): use lists or a data URL",
        "Any has a number in loss that JSON does not know: nan or inf",
        "a jslink joins HBox.box_style, which has no front end here",
    ]


def test_two_widgets_of_one_name_keep_their_own_programs(monkeypatch):
    monkeypatch.syspath_prepend(str(EXTENSION))
    import widget_host

    one = {"model_module": "anywidget", "model_name": "AnyModel"}
    states = [{"_esm": program, "_anywidget_id": "x.Twin"} for program in ("1", "2", "1")]
    env = fake_page(**{f"a{i}": one | {"state": state} for i, state in enumerate(states)})
    assert widget_host.Widgets(env, "page").programs() == {("Twin", "1", ""), ("Twin", "2", "")}


def test_script_json_cannot_end_its_script(monkeypatch):
    monkeypatch.syspath_prepend(str(EXTENSION))
    import widget_host

    value = {"text": "</script><!--<script>", "é": "σ"}
    text = widget_host.script_json(value)
    assert "</" not in text
    assert "<!--" not in text
    assert json.loads(text) == value


def test_host_js_stays_small():
    import gzip

    size = len(gzip.compress((Path(EXTENSION) / "static" / "host.js").read_bytes(), 9))
    assert size <= 3200, f"host.js is {size} bytes gzip, with its comments"
