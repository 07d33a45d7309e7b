"""The InceptionDesigner: inception.js against cnnlib's Concat, and driven in a real browser."""

from __future__ import annotations

import numpy as np
import pytest
import traitlets
from conftest import ROOT, serve
from test_widget_views import (  # noqa: F401 (the last three are fixtures)
    address,
    change,
    get,
    harness,
    mount,
    press,
    said,
    tab,
)

from cnnlib.blocks import Sequential
from cnnlib.widgets import InceptionDesigner
from cnnlib.widgets.inception_designer import PRESETS

RNG = np.random.default_rng
WIDGETS = ROOT / "cnnlib" / "widgets"
ON = [True] * 4


@pytest.fixture(scope="module")
def js(browser):
    """Calls of inception.js as it stands: js("design", [arguments, …])."""
    server, url = serve(WIDGETS)
    page = browser.new_page()
    page.goto(f"{url}/inception.js")

    def call_each(name, cases):
        script = """async ([url, name, cases]) => {
            const module = await import(url);
            return cases.map((args) => module[name](...args));
        }"""
        return page.evaluate(script, [f"{url}/inception.js", name, cases])

    yield call_each
    page.close()
    server.shutdown()
    server.server_close()


def blocks(count):
    rng = RNG(0)
    for _ in range(count):
        image = [int(n) for n in rng.integers(1, 12, 3)]
        widths = [int(n) for n in rng.integers(1, 20, 6)]
        on = [bool(n) for n in rng.integers(0, 2, 4)]
        yield [image, widths, bool(rng.integers(2)), on if any(on) else ON]


def counts(network, shape):
    summary = Sequential(network).summary(tuple(shape))
    n_C = network.output_shape(tuple(shape))[2]
    return {
        "channels": n_C,
        "parameters": summary.parameters,
        "multiplyAdds": summary.multiply_adds,
    }


def test_the_design_is_cnnlibs_summary(js):
    cases = list(blocks(120))
    for (image, widths, reduce, on), ours in zip(cases, js("design", cases), strict=True):
        designer = InceptionDesigner("3a", widths, tuple(image), reduce=reduce, on=on)
        assert ours["total"] == counts(designer.network(RNG(0)), image)
        assert designer.describe().endswith(f"×{ours['total']['channels']}")
        designer.on = ON
        for branch, way in zip(ours["branches"], designer.network(RNG(0)).branches, strict=True):
            expected = counts(way, image)
            assert {key: branch[key] for key in expected} == expected
            shape, shapes = tuple(image), []
            for layer in way:
                shape = layer.output_shape(shape)
                shapes.append(list(shape))
            assert [part["shape"] for part in branch["parts"]] == shapes


def test_the_published_block(js):
    """Szegedy et al., table 1: 3a has 256 channels and 128 M, 3b 480 and 304 M."""
    for name, channels, millions in [("3a", 256, 128), ("3b", 480, 304)]:
        preset = PRESETS[name]
        case = [preset["input_shape"], preset["widths"], True, ON]
        (found,) = js("design", [case])
        assert found["total"]["channels"] == channels
        assert found["total"]["multiplyAdds"] // 10**6 == millions
        assert InceptionDesigner(name).summary.multiply_adds == found["total"]["multiplyAdds"]


def test_the_largest_reduction_that_saves(js):
    rng = RNG(1)
    cases = [[int(rng.integers(1, 40)), f, int(rng.integers(1, 40))] for f in (3, 5) * 50]
    for (before, f, n_C), most in zip(cases, js("largestSaving", cases), strict=True):
        saves = [before * r + f * f * r * n_C < f * f * before * n_C for r in range(1, before + 2)]
        assert sum(saves) == most


def test_python():
    designer = InceptionDesigner()
    assert repr(designer) == "InceptionDesigner(3a: 28×28×192 → 28×28×256)"
    assert designer.network(RNG(0)).forward(np.ones((1, 4, 4, 192))).shape == (1, 4, 4, 256)
    designer.on = [True, False, False, True]
    assert repr(designer) == "InceptionDesigner(28×28×192 → 28×28×96)"
    assert designer.summary.multiply_adds == 28 * 28 * 192 * (64 + 32)
    designer.presets.clear()
    assert InceptionDesigner().presets == PRESETS


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"preset": "4a"}, "preset must be one of '3a', '3b', 'a small one', not '4a'"),
        ({"widths": [1, 2, 3]}, r"widths must be \(c1, r3, c3, r5, c5, pool\), not \[1, 2, 3\]"),
        ({"widths": [0, 2, 3, 4, 5, 6]}, "widths is refused: c1 must be an integer from 1 to 1024"),
        ({"widths": [1, 2, 3, 4.5, 5, 6]}, "widths is refused: r5 must be an integer"),
        ({"on": [False] * 4}, "on must be four bools, at least one of them True"),
        ({"on": [1, 0, 1, 1]}, "on must be four bools"),
        ({"input_shape": (28, 28)}, r"input_shape must be \(n_H, n_W, n_C\)"),
        ({"reduce": 1}, "reduce must be True or False, not 1"),
        ({"branch": -1}, "branch must be an integer ≥ 0, not -1"),
    ],
)
def test_bad_values_get_one_clear_error(arguments, words):
    with pytest.raises(traitlets.TraitError, match=f"^InceptionDesigner: {words}"):
        InceptionDesigner(**arguments)


# ---- on the page --------------------------------------------------------------------------------


def sums(root):
    """The table: this block, 3a, their quotient."""
    return [
        row.get_by_role("cell").all_inner_texts()
        for row in root.get_by_role("row").all()[1:]
    ]  # fmt: skip


def shown(block):
    found = counts(block.network(RNG(0)), block.input_shape)
    return [f"{n:,}" for n in found.values()]


def test_the_page_shows_cnnlibs_numbers(harness):  # noqa: F811
    root = mount(harness, InceptionDesigner("3b"))
    assert sums(root)[:2] == [shown(InceptionDesigner("3b")), shown(InceptionDesigner("3a"))]
    root.get_by_role("combobox").select_option("3a")
    assert sums(root)[2] == ["100 %"] * 3
    words = said(root)
    assert words.startswith(
        "3×3 branch: 192·96 + 3²·96·128 products at each of 28·28 places, "
        "101,154,816 multiply-adds."
    )
    assert "Without the reduction 173,408,256: 58 % of the work, and 96 of 192 numbers" in words
    root.get_by_label("1×1 reductions").uncheck()
    assert sums(root)[0] == ["256", "393,472", "308,281,344"]
    assert not root.get_by_label("1×1 before 3×3").is_visible()
    assert root.get_by_role("img").get_attribute("aria-label") == (
        "256 channels side by side: 64 of 1×1, 128 of 3×3, 32 of 5×5, 32 of pool"
    )


def test_a_reduction_that_costs_more(harness):  # noqa: F811
    root = mount(harness, InceptionDesigner("3a", [64, 164, 128, 16, 32, 32]))
    assert "costs more" not in said(root)
    change(harness, widths=[64, 165, 128, 16, 32, 32])
    assert said(root).endswith("Here the reduction costs more than it saves; it saves up to 164.")


def test_keyboard_alone(harness):  # noqa: F811
    root = mount(harness, InceptionDesigner())
    root.get_by_label("3×3 filters").focus()
    press(harness, "Control+a", "6", "4")
    assert get(harness, "widths") == [64, 96, 64, 16, 32, 32]
    press(harness, "Tab", "Space")  # the next: the switch of the 5×5 branch
    assert get(harness, "on") == [True, True, False, True]
    assert get(harness, "branch") == 2
    expected = InceptionDesigner("3a", get(harness, "widths"), on=get(harness, "on"))
    assert sums(root)[0] == shown(expected)
    assert "It is off now." in said(root)
    press(harness, "Control+z")
    assert get(harness, "on") == ON
    root.get_by_label("3×3 filters").focus()
    press(harness, "Control+a", "0")
    assert "must be an integer from 1 to 1024" in said(root, ".cnn-note")
    press(harness, "Tab")
    assert root.get_by_label("3×3 filters").input_value() == "64"


def test_the_last_branch_stays(harness):  # noqa: F811
    root = mount(harness, InceptionDesigner(on=[False, False, True, False]))
    switch = root.get_by_role("checkbox", name="5×5 branch")
    switch.click()
    assert switch.is_checked()
    assert said(root, ".cnn-note") == "At least one branch stays on."
    assert get(harness, "on") == [False, False, True, False]
