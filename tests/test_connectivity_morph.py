"""The ConnectivityMorph: its matrix is cnnlib's, in Python and in a browser, by mouse and keys.

| formula | test |
| --- | --- |
| column i of M = conv2d of the image that is 1 at input i, else 0 | test_a_matrix_of_unit_images |
| the same in connections.js, and the counts | test_golden_matrices, test_golden_counts |
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import traitlets
from conftest import ROOT, serve
from test_widget_views import (  # noqa: F401 (the last three are fixtures)
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
)  # fmt: skip

import cnnlib as cnn
from cnnlib.widgets import ConnectivityMorph

KINDS = ("dense", "local", "convolution")
SIZES = [(1, n) for n in range(3, 9)] + [(3, 3), (3, 4), (3, 5), (4, 3), (4, 4)]
CASES = list(product(SIZES, (1, 2, 3), (1, 2, 3), (0, 1)))


def morph(kind, size, f, s, p):
    return ConnectivityMorph(kind, size, kernel_size=f, stride=s, padding=p)


# ---- in Python ----------------------------------------------------------------------------------


def test_a_matrix_of_unit_images():
    """M a, with any kernel's entries put in, is the convolution of a; by loops, too."""
    rng = np.random.default_rng(0)
    for size, f, s, p in CASES:
        M = morph("convolution", size, f, s, p).matrix
        f_H, p_H = (1, 0) if size[0] == 1 else (f, p)
        kernel, a = rng.integers(-5, 6, (f_H, f)), rng.integers(-5, 6, size)
        padded = np.pad(a, ((p_H, p_H), (p, p)))
        n_H, n_W = ((n - k) // s + 1 for n, k in zip(padded.shape, kernel.shape, strict=True))
        Z = [
            np.sum(padded[x * s : x * s + f_H, y * s : y * s + f] * kernel)
            for x, y in np.ndindex(n_H, n_W)
        ]
        entries = np.concatenate([[0], kernel.ravel()])[M]
        np.testing.assert_array_equal(entries @ a.ravel(), Z)


def test_dense_and_local():
    for size, f, s, p in CASES:
        dense, local, shared = (morph(kind, size, f, s, p).matrix for kind in KINDS)
        assert dense.ravel().tolist() == list(range(1, dense.size + 1))
        np.testing.assert_array_equal(local > 0, shared > 0)
        assert local[local > 0].tolist() == list(range(1, np.count_nonzero(local) + 1))


def test_words():
    assert repr(ConnectivityMorph()) == (
        "ConnectivityMorph(dense, 4×4 input, f = 3, s = 1, p = 0: 64 connections, 64 weights)"
    )
    assert repr(ConnectivityMorph("local")).endswith("36 connections, 36 weights)")
    assert repr(ConnectivityMorph("convolution")).endswith("36 connections, 9 weights)")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"kind": "sparse"}, "kind must be 'dense', 'local' or 'convolution', not 'sparse'"),
        ({"size": (2, 4)}, "size must be 1, 3 or 4 rows of 3 to 8 columns, .* not 2×4"),
        ({"size": (4, 5)}, "size must be .* at most 16 inputs, not 4×5"),
        ({"size": (1, 9)}, "size must be .* not 1×9"),
        ({"size": 4}, "size must be a number of rows and one of columns, not 4"),
        ({"size": (4.0, 4)}, "size must be a number of rows"),
        ({"kernel_size": 4}, "kernel_size must be 1, 2 or 3, not 4"),
        ({"padding": 2}, "padding must be 0 or 1, not 2"),
        ({"unit": -1}, "unit must be an integer ≥ 0, not -1"),
    ],
)
def test_what_it_refuses(arguments, words):
    with pytest.raises(traitlets.TraitError, match=f"^ConnectivityMorph: {words}"):
        ConnectivityMorph(**arguments)


# ---- golden vectors -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def connections(browser):
    """Calls of connections.js as it stands, an ES module."""
    server, url = serve(ROOT / "cnnlib" / "widgets")
    page = browser.new_page()
    page.goto(f"{url}/connections.js")

    def call_each(name, cases):
        script = """async ([url, name, cases]) => {
            const module = await import(url);
            return cases.map((args) => module[name](...args));
        }"""
        return page.evaluate(script, [f"{url}/connections.js", name, cases])

    yield call_each
    page.close()
    server.shutdown()
    server.server_close()


def test_golden_matrices(connections):
    joined = connections("taps", [list(case) for case in CASES])
    for case, taps in zip(CASES, joined, strict=True):
        assert taps == morph("convolution", *case).taps.tolist(), case
    for kind in KINDS:
        numbered = connections("weightNumbers", [[kind, taps] for taps in joined])
        for case, numbers in zip(CASES, numbered, strict=True):
            assert numbers == morph(kind, *case).matrix.tolist(), (kind, case)


def test_golden_counts(connections):
    matrices = [morph(kind, *case).matrix for case in CASES for kind in KINDS]
    for M, counted in zip(
        matrices, connections("counts", [[m.tolist()] for m in matrices]), strict=True
    ):
        assert counted == {
            "connections": np.count_nonzero(M),
            "weights": len(np.unique(M[M > 0])),
            "zeros": np.count_nonzero(M == 0),
        }


def test_colours_of_a_kernel_are_told_apart(connections):
    colours = np.array(connections("weightColour", [[n] for n in range(1, 577)]))
    assert colours.min() >= 0
    assert colours.max() <= 255
    apart = np.abs(colours[:9, np.newaxis] - colours[:9]).max(axis=2)
    assert apart[~np.eye(9, dtype=bool)].min() >= 30


# ---- in a browser -------------------------------------------------------------------------------


def shown(root):
    """The matrix on the page: 0 where a cell is blank."""
    texts = root.get_by_role("grid").evaluate(
        "(grid) => [...grid.children].map((row) => [...row.children].map((c) => c.textContent))"
    )
    return [[int(text or 0) for text in row] for row in texts]


def ledger(root):
    rows = root.locator(".cnn-counts tbody tr").all()
    return [[int(td) for td in row.locator("td").all_inner_texts()] for row in rows]


def drawn(root):
    """How many edges are seen, by the colour of their line."""
    strokes = root.locator(".cnn-edge:not(.cnn-none)").evaluate_all(
        "(lines) => lines.map((line) => line.style.stroke)"
    )
    return len(strokes), len(set(strokes))


def test_the_page_shows_pythons_matrix(harness):  # noqa: F811
    widget = ConnectivityMorph()
    root = mount(harness, widget)
    for kind, size, f, s, p in [
        ("dense", [4, 4], 3, 1, 0),
        ("local", [4, 4], 3, 1, 0),
        ("convolution", [4, 4], 3, 1, 0),
        ("convolution", [1, 7], 3, 2, 1),
        ("local", [3, 3], 2, 1, 1),
        ("convolution", [3, 4], 3, 3, 1),
    ]:
        change(harness, kind=kind, size=size, kernel_size=f, stride=s, padding=p)
        expected = morph(kind, size, f, s, p).matrix
        assert shown(root) == expected.tolist()
        all_kinds = [morph(k, size, f, s, p).matrix for k in KINDS]
        assert ledger(root) == [
            [np.count_nonzero(M), len(np.unique(M[M > 0])), np.count_nonzero(M == 0)]
            for M in all_kinds
        ]
        number, colours = drawn(root)
        assert number == np.count_nonzero(expected)
        if kind == "convolution":
            assert colours == len(np.unique(expected[expected > 0]))
        assert root.locator(".cnn-out").count() == len(expected)


def test_keyboard_alone(harness):  # noqa: F811
    root = mount(harness, ConnectivityMorph())
    press(harness, "Tab", "ArrowRight", "ArrowRight")  # the radio buttons of the layer
    assert get(harness, "kind") == "convolution"
    root.get_by_role("slider").focus()
    press(harness, "ArrowLeft")
    assert get(harness, "kind") == "local"
    for _ in range(9):
        press(harness, "Tab")
        if harness.evaluate("document.activeElement.role") == "gridcell":
            break
    press(harness, "ArrowDown", "ArrowRight")
    assert get(harness, "unit") == 1
    assert said(root) == (
        "locally connected, output 2: z2 = w10·a2 + w11·a3 + w12·a4 + w13·a6 + w14·a7 + w15·a8 + "
        "w16·a10 + w17·a11 + w18·a12 Weight 10 leads from input 2 to output 2; "
        "no other output uses it."
    )
    press(harness, "Home")
    assert "Input 1 is not connected with output 2: this cell is always 0." in said(root)
    press(harness, "Control+z")
    assert get(harness, "kind") == "convolution"
    press(harness, "ArrowRight")
    assert said(root).endswith("Weight 1 leads from input 2 to output 2; the outputs 1–4 share it.")
    assert marked(root, "Matrix: a row for each output, a column for each input", "cnn-tap") == [
        [1, 1]
    ]


def test_pointing_lights_both(harness):  # noqa: F811
    root = mount(harness, ConnectivityMorph("convolution"))
    grid = "Matrix: a row for each output, a column for each input"
    cell(root, grid, 3, 15).hover()
    assert root.locator(".cnn-edge.cnn-lit").count() == 8
    assert root.locator(".cnn-edge.cnn-this").count() == 1
    assert root.locator(".cnn-in.cnn-on text").all_text_contents() == (
        ["6", "7", "8", "10", "11", "12", "14", "15", "16"]
    )
    root.locator(".cnn-in").nth(5).hover()  # the input at row 2, column 2: used by all four
    assert said(root) == "Input 6 is used by 4 outputs: 1–4."
    assert root.locator(".cnn-edge.cnn-lit").count() == 4
    assert root.locator(".cnn-out.cnn-on").count() == 4
    frame = root.locator(".cnn-frame").get_attribute("style")
    assert frame == "--r: 0; --c: 5; --h: 4; --w: 1"
    root.locator(".cnn-out").nth(2).click()
    assert get(harness, "unit") == 2
    harness.mouse.move(0, 0)
    assert said(root).startswith("convolution, output 3: z3 = w1·a5 + w2·a6 + w3·a7 + w4·a9")


def test_an_output_that_sees_only_padding(harness):  # noqa: F811
    root = mount(harness, ConnectivityMorph("convolution", (3, 3), kernel_size=1, padding=1))
    assert said(root) == "convolution, output 1: z1 = 0: its window lies in the padding alone"


def test_sizes_and_undo(harness):  # noqa: F811
    root = mount(harness, ConnectivityMorph(unit=3))
    root.get_by_role("combobox", name="Input").select_option("row of 8")
    choose(root, "Stride s", 3)
    choose(root, "Kernel size f", 2)
    choose(root, "Padding p", 1)
    assert shown(root) == morph("dense", (1, 8), 2, 3, 1).matrix.tolist()
    assert "output 3" in said(root)  # there are three: beyond the last, the last
    root.get_by_role("button", name="Reset").click()
    assert shown(root) == ConnectivityMorph().matrix.tolist()
    root.get_by_role("button", name="Undo").click()
    assert get(harness, "padding") == 1


def test_it_plays_from_dense_to_convolution(harness):  # noqa: F811
    root = mount(harness, ConnectivityMorph())
    root.get_by_role("button", name="Play").click()
    harness.wait_for_function("last.model.get('kind') === 'convolution'")
    root.get_by_role("button", name="Play").wait_for()
    assert drawn(root) == (36, 9)


def test_it_does_not_move_where_motion_is_reduced(browser, address):  # noqa: F811
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(address)
    root = mount(page, ConnectivityMorph())
    for selector in (".cnn-edge", ".cnn-cell"):
        node = root.locator(selector).first
        assert node.evaluate("(node) => getComputedStyle(node).transitionDuration") == "0s"
    root.get_by_role("button", name="Step forward").click()
    assert get(page, "kind") == "local"
    context.close()


def test_it_answers_at_once(harness):  # noqa: F811
    """The largest matrix, all of it changed: well within what feels immediate."""
    mount(harness, ConnectivityMorph("dense", (4, 4), kernel_size=1, padding=1))
    spent = harness.evaluate(
        """async () => {
            const start = performance.now();
            for (let k = 0; k < 10; k++) {
                last.model.set("kind", ["local", "convolution", "dense"][k % 3]);
                await Promise.resolve();
            }
            return (performance.now() - start) / 10;
        }"""
    )
    assert spent < 100


def test_cnnlib_agrees_on_the_counts():
    """A convolution's weights are those of cnnlib's layer; dense ones those of its FC layer."""
    from cnnlib.layers import Conv2D, Dense

    rng = np.random.default_rng(0)
    M = ConnectivityMorph("convolution").matrix
    assert len(np.unique(M[M > 0])) == Conv2D(1, 1, 3, rng=rng).params["W"].size
    assert np.count_nonzero(M) == Conv2D(1, 1, 3, rng=rng).multiply_adds((4, 4, 1))
    assert M.size == Dense(16, 4, rng=rng).params["W"].size
    assert cnn.output_size(4, 3) ** 2 == len(M)
