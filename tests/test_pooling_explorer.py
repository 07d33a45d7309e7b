"""The PoolingExplorer in Python, and in a real browser, by mouse and by keyboard."""

from __future__ import annotations

import numpy as np
import pytest
import traitlets
from test_widget_views import (  # noqa: F401 (the last three are fixtures)
    FOCUSED,
    OWN,
    address,
    cell,
    change,
    choose,
    get,
    harness,
    marked,
    mount,
    press,
    said,
    tab,
)

import cnnlib as cnn
from cnnlib.widgets import PoolingExplorer

DIGITS = [[1, 3, 2, 0, 4], [4, 4, 1, 5, 4], [0, 4, 2, 2, 1], [6, 1, 3, 8, 8]]


# ---- in Python ----------------------------------------------------------------------------------


def test_output_and_gradient_are_cnnlibs():
    explorer = PoolingExplorer(DIGITS, 3, stride=1, padding=1, upstream=np.arange(20).reshape(4, 5))
    A = np.array(DIGITS, float).reshape(1, 4, 5, 1)
    dZ = np.arange(20.0).reshape(1, 4, 5, 1)
    np.testing.assert_array_equal(explorer.output, cnn.max_pool2d(A, 3, 1, 1)[0, :, :, 0])
    np.testing.assert_array_equal(
        explorer.gradient, cnn.max_pool2d_backward(dZ, A, 3, 1, 1)[0, :, :, 0]
    )
    explorer.kind = "average"
    for counted in (True, False):
        explorer.count_padding = counted
        expected = cnn.avg_pool2d(A, 3, 1, 1, count_padding=counted)
        np.testing.assert_array_equal(explorer.output, expected[0, :, :, 0])
        expected = cnn.avg_pool2d_backward(dZ, A, 3, 1, 1, count_padding=counted)
        np.testing.assert_array_equal(explorer.gradient, expected[0, :, :, 0])


def test_a_gradient_of_another_shape_is_counted_anew():
    explorer = PoolingExplorer(DIGITS, upstream=[[7]])
    assert explorer.output.tolist() == [[4, 5], [6, 8]]
    assert explorer.gradient.tolist() == [
        [0, 0, 0, 0, 0], [1, 0, 0, 2, 0], [0, 0, 0, 0, 0], [3, 0, 0, 4, 0],
    ]  # fmt: skip


def test_words():
    assert repr(PoolingExplorer()) == (
        "PoolingExplorer(max, 6×6 image, 2×2 window, stride 2, padding 0 → 3×3)"
    )
    assert PoolingExplorer(kernel_size=3).stride == PoolingExplorer(kernel_size=4).stride == 3
    misfit = PoolingExplorer(padding=2)
    assert repr(misfit).endswith("padding 2 → does not fit)")
    for what in ("output", "gradient"):
        with pytest.raises(ValueError, match="use padding ≤ 1"):
            getattr(misfit, what)


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        ("image must have at most 8 rows and columns, not 9×1", {"image": np.zeros((9, 1))}),
        ("kernel_size must be 1, 2, 3 or 4, not 5", {"kernel_size": 5}),
        ("stride must be 1, 2 or 3, not 0", {"stride": 0}),
        ("padding must be 0, 1 or 2, not 3", {"padding": 3}),
        ("kind must be 'max' or 'average', not 'mean'", {"kind": "mean"}),
        ("backward must be False or True, not 1", {"backward": 1}),
        ("upstream must hold finite numbers, not nan", {"upstream": [[np.nan]]}),
    ],
)
def test_bad_values(words, arguments):
    with pytest.raises(traitlets.TraitError, match=f"^PoolingExplorer: {words}"):
        PoolingExplorer(**arguments)


# ---- in the browser -----------------------------------------------------------------------------


LOOK = """(root) => Object.fromEntries([...root.querySelectorAll("[role=grid]")]
  .filter((grid) => grid.offsetParent).map((grid) => [grid.ariaLabel,
    [...grid.children].map((row) => [...row.children].map((cell) => cell.textContent))]))"""


def shown(root):
    """The matrices of the page; −∞ and what does not count are infinite and NaN."""
    read = {"−∞": -np.inf, "·": np.nan}
    return {
        name: np.array([[read.get(t) or float(t.replace("−", "-")) for t in row] for row in rows])
        for name, rows in root.evaluate(LOOK).items()
    }


@pytest.mark.parametrize("kind", ["max", "average"])
def test_the_page_shows_cnnlibs_numbers(harness, kind):  # noqa: F811
    rng = np.random.default_rng(3)
    widget = PoolingExplorer(rng.integers(-5, 6, (7, 6)), kind=kind)
    root = mount(harness, widget)
    tried = 0
    for f in (1, 2, 3, 4):
        for s in (1, 2, 3):
            for p in range(min(f, 3)):
                for counted in (True, False) if kind == "average" else (True,):
                    settings = {
                        "kernel_size": f, "stride": s, "padding": p, "count_padding": counted,
                    }  # fmt: skip
                    for name, value in settings.items():
                        setattr(widget, name, value)
                    widget.upstream = rng.integers(-9, 10, widget.output.shape)
                    change(harness, **settings, upstream=widget.upstream, backward=False)
                    grids = shown(root)
                    np.testing.assert_allclose(grids["Output"], widget.output, rtol=5e-3, atol=5e-3)
                    padding = -np.inf if kind == "max" else 0 if counted else np.nan
                    padded = cnn.pad2d(np.zeros((7, 6)), p, 1.0) == 1
                    assert np.array_equal(
                        grids["Image"][padded], np.full(padded.sum(), padding), equal_nan=True
                    )
                    change(harness, backward=True)
                    grids = shown(root)
                    np.testing.assert_array_equal(grids["Gradient at the output"], widget.upstream)
                    np.testing.assert_allclose(
                        grids["Gradient at the image"], widget.gradient, rtol=5e-3, atol=5e-3
                    )
                    tried += 1
    assert tried >= 27


def test_the_winner_and_its_ties(harness):  # noqa: F811
    root = mount(harness, PoolingExplorer(DIGITS, step=0))
    assert marked(root, "Image", "cnn-tap") == [[1, 0]]
    assert marked(root, "Image", "cnn-tie") == [[1, 1]]
    assert said(root) == (
        "Output row 1, column 1: max(1, 3, 4, 4) = 4 "
        "A tie of 2: the first of them, row by row, is the winner: row 2, column 1."
    )
    assert cell(root, "Image", 1, 1).get_attribute("aria-label").endswith("ties with the winner")
    change(harness, backward=True)
    assert said(root) == (
        "Output row 1, column 1 sends back 1. All of it goes to the winner, the pixel in "
        "row 2, column 1. What ties with it gets nothing."
    )
    assert marked(root, "Gradient at the image", "cnn-tap") == [[1, 0]]


def test_the_words_of_an_average(harness):  # noqa: F811
    root = mount(harness, PoolingExplorer(DIGITS, padding=1, kind="average"))
    assert said(root) == (
        "Output row 1, column 1: (1 + 0 + 0 + 0) / 4 = 0.25 3 zeros of the padding counted."
    )
    change(harness, backward=True)
    assert said(root) == (
        "Output row 1, column 1 sends back 1. Its pixel gets 1/4 = 0.25 "
        "The padding takes the rest: 3 shares of 4."
    )
    change(harness, count_padding=False, backward=False)
    assert said(root).endswith("(1) / 1 = 1 3 zeros of the padding not counted.")


def test_overlapping_windows_add_up(harness):  # noqa: F811
    root = mount(harness, PoolingExplorer(DIGITS, stride=1, backward=True))
    cell(root, "Gradient at the image", 1, 3).hover()
    assert marked(root, "Gradient at the output", "cnn-used") == [[0, 2], [0, 3], [1, 2], [1, 3]]
    assert said(root).endswith("has the gradient 22. 3 + 4 + 7 + 8 = 22")
    cell(root, "Image", 0, 0).hover()
    assert said(root).endswith("has the gradient 0. It is in 1 window and wins none.")
    assert marked(root, "Gradient at the output", "cnn-used") == []  # though a window holds it


def test_dropped_pixels(harness):  # noqa: F811
    root = mount(harness, PoolingExplorer(DIGITS))
    assert marked(root, "Image", "cnn-never") == [[r, 4] for r in range(4)]
    words = said(root, ".cnn-lost")
    assert words == "Never reached: column 5 of the image (4 pixels, crossed out)."
    cell(root, "Image", 0, 4).hover()
    assert "no window reaches it" in said(root)


def test_what_does_not_fit_is_said(harness):  # noqa: F811
    root = mount(harness, PoolingExplorer(DIGITS, padding=2))
    assert "would hold no pixel" in said(root, ".cnn-warning")
    assert root.get_by_role("grid", name="Output").count() == 0
    change(harness, kernel_size=3)
    assert said(root, ".cnn-warning") == ""
    change(harness, image=[[1]], padding=0)
    assert "n + 2p − f = 1 + 0 − 3 = −2" in said(root, ".cnn-warning")


STOPS = [
    *["Image", "Image size", "Pooling", "Direction", "Window size f", "Stride s", "Padding p"],
    *["Count the padding", "Undo", "Reset", "Image", "Gradient at the image"],
    *["Gradient at the output", "Step back", "Play", "Step forward", "Output"],
]


def test_keyboard_alone(harness):  # noqa: F811
    """Every control is one stop of Tab; from there, everything can be done."""
    mount(harness, PoolingExplorer(DIGITS, kind="average", backward=True))
    stop = [-1]

    def go(name, nth=0):
        goal = [k for k, known in enumerate(STOPS) if known == name][nth]
        while stop[0] != goal:
            forward = goal > stop[0]
            press(harness, "Tab" if forward else "Shift+Tab")
            stop[0] += 1 if forward else -1
            assert harness.evaluate(FOCUSED) == STOPS[stop[0]]

    go("Image", 1)
    press(harness, "ArrowDown", "7", "Enter")
    assert get(harness, "image")[1][0] == 7
    go("Gradient at the output")
    press(harness, "ArrowRight", "-", "4", "Enter")
    assert get(harness, "upstream") == [[1, -4], [3, 4]]
    assert get(harness, "step") == 1
    go("Step forward")
    press(harness, "Enter")
    assert get(harness, "step") == 2
    go("Undo")
    press(harness, "Space")
    assert get(harness, "upstream") == []
    go("Count the padding")
    press(harness, "Space")
    assert get(harness, "count_padding") is False
    for name, trait, value in [
        ("Padding p", "padding", 1),
        ("Stride s", "stride", 3),
        ("Window size f", "kernel_size", 3),
    ]:
        go(name)
        press(harness, "ArrowRight")
        assert get(harness, trait) == value
    go("Direction")
    press(harness, "ArrowLeft")
    assert get(harness, "backward") is False
    go("Pooling")
    press(harness, "ArrowLeft")
    assert get(harness, "kind") == "max"
    go("Image size")
    press(harness, "End")
    assert len(get(harness, "image")) == 8


def test_pointing_moves_nothing(harness):  # noqa: F811
    image = np.random.default_rng(5).normal(size=(5, 6)) * 10.0 ** np.arange(-3, 3)
    root = mount(harness, PoolingExplorer(image, 3, stride=1, padding=1))
    where = """(root) => [...root.querySelectorAll(".cnn-cell")].map((cell) => {
        const { x, y } = cell.getBoundingClientRect();
        return [x, y];
    })"""
    for backward, name in [(False, "Output"), (True, "Gradient at the output")]:
        change(harness, backward=backward)
        for width in (1280, 390):
            harness.set_viewport_size({"width": width, "height": 1800})
            cell(root, "Image", 2, 2).focus()
            still = root.evaluate(where)
            for r, c in [(0, 0), (2, 3), (4, 5)]:
                cell(root, name, r, c).hover()
                assert root.evaluate(where) == still
                cell(root, "Image", r, c).hover()
                assert root.evaluate(where) == still
    harness.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.parametrize(
    "bad",
    [
        {"image": [[1e9]]},
        {"image": [[0] * 9]},
        {"kind": "mean"},
        {"kernel_size": 0},
        {"stride": 2.5},
        {"padding": 3},
        {"count_padding": 1},
        {"backward": "yes"},
        {"upstream": [[1], [2, 3]]},
        {"step": -1},
    ],
)
def test_a_link_may_ask_only_for_what_the_traits_take(harness, bad):  # noqa: F811
    widget = PoolingExplorer()
    names = [*widget.trait_names(sync=True)]
    names = [name for name in names if not name.startswith("_") and name not in OWN]
    good = {name: getattr(widget, name) for name in names}
    valid = harness.evaluate(
        """async ([esm, states]) => {
            const url = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
            const { validate } = (await import(url)).default;
            return states.map(validate);
        }""",
        [widget._esm, [good, {**good, "upstream": [[1.5]]}, {**good, **bad}]],
    )
    assert valid == [True, True, False]
