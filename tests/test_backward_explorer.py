"""The BackwardExplorer: its gradients in Python, and driven in a browser as a reader drives it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from test_widget_views import (  # the fixtures and the eyes of the other widgets
    address,  # noqa: F401
    cell,
    get,
    harness,  # noqa: F401
    marked,
    mount,
    numbers,
    said,
    tab,  # noqa: F401
)
from traitlets import TraitError

import cnnlib as cnn
from cnnlib.widgets import BackwardExplorer

AT_IMAGE, AT_KERNEL = "Gradient at the image", "Gradient at the kernel"
SLOPES = [f"Numerical g{name[1:]}" for name in (AT_IMAGE, AT_KERNEL)]
UPSTREAM = "Gradient at the output"


@pytest.mark.parametrize(("f", "s", "p"), [*itertools.product((1, 2, 3), (1, 2, 3), (0, 1, 2))])
def test_gradients_are_conv2d_backward(f, s, p):
    rng = np.random.default_rng(f)
    A, K = rng.normal(size=(5, 6)), rng.normal(size=(f, f))
    dZ = rng.normal(size=cnn.correlate2d(A, K, s, p).shape)
    explorer = BackwardExplorer(A, K, stride=s, padding=p, upstream=dZ)
    dA, dW, _ = cnn.conv2d_backward(
        dZ[None, :, :, None], A[None, :, :, None], K[:, :, None, None], s, p
    )
    np.testing.assert_array_equal(explorer.gradients[0], dA[0, :, :, 0])
    np.testing.assert_array_equal(explorer.gradients[1], dW[:, :, 0, 0])


def test_an_upstream_of_another_shape_counts_the_outputs():
    explorer = BackwardExplorer(np.eye(3), [[1]], upstream=[[5, 5]])
    np.testing.assert_array_equal(explorer.gradients[0], np.arange(1, 10).reshape(3, 3))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("kernel", [[1, 2]], "as many rows as columns, not 1×2"),
        ("kernel", np.ones((4, 4)), "at most 3 rows"),
        ("image", np.ones((7, 2)), "at most 6 rows"),
        ("view", "dW", "'scatter', 'dK' or 'dA'"),
        ("stride", 0, "1, 2 or 3"),
    ],
)
def test_what_is_refused(name, value, words):
    explorer = BackwardExplorer()
    with pytest.raises(TraitError, match=words):
        setattr(explorer, name, value)


@pytest.mark.parametrize("view", ["scatter", "dK", "dA"])
@pytest.mark.parametrize(("f", "s", "p"), [(2, 1, 0), (3, 2, 1), (2, 3, 2)])
def test_at_the_last_step_all_agree(harness, view, f, s, p):  # noqa: F811
    """What is shown at the end is cnnlib's gradient, and so is the numerical one beside it."""
    rng = np.random.default_rng(f)
    A, K = rng.integers(-9, 10, (4, 6)), rng.integers(-3, 4, (f, f))
    dZ = rng.integers(-5, 6, cnn.correlate2d(A, K, s, p).shape)
    widget = BackwardExplorer(A, K, stride=s, padding=p, upstream=dZ, view=view, step=99)
    root = mount(harness, widget)
    dA, dK = widget.gradients
    for gradient, name, slope, other in zip(
        (dA, dK), (AT_IMAGE, AT_KERNEL), SLOPES, ("dK", "dA"), strict=True
    ):
        if view == other:
            assert not root.get_by_role("grid", name=name, exact=True).is_visible()
            continue
        shown = numbers(root, name)
        inside = shown[p:-p, p:-p] if p and name == AT_IMAGE else shown
        np.testing.assert_array_equal(inside, gradient)
        np.testing.assert_allclose(numbers(root, slope), gradient, atol=0.005)
    if view == "scatter":
        count = dA.size + dK.size
        assert f"{count} of {count} entries agree" in said(root)


def test_step_by_step_by_keyboard(harness):  # noqa: F811
    """dZ is edited, the steps are taken, an entry of dK is asked: no mouse."""
    root = mount(harness, BackwardExplorer([[1, 2, 3], [4, 5, 6]], [[1, 0], [0, -1]]))
    cell(root, UPSTREAM, 0, 0).focus()
    for key in ("ArrowRight", "1", "0", "Enter"):
        harness.keyboard.press(key)
    assert get(harness, "upstream") == [[1, 10]]
    assert get(harness, "step") == 1
    np.testing.assert_array_equal(numbers(root, AT_KERNEL), [[21, 32], [54, 65]])
    root.get_by_role("slider").focus()
    harness.keyboard.press("ArrowLeft")
    np.testing.assert_array_equal(numbers(root, AT_KERNEL), [[1, 2], [4, 5]])
    cell(root, AT_KERNEL, 0, 1).focus()
    words = said(root)
    assert words.startswith("dK, row 1, column 2: from 2 outputs")
    assert "1·2 + 10·3 = 32" in words
    assert marked(root, UPSTREAM, "cnn-used") == [[0, 0], [0, 1]]
    harness.keyboard.press("Control+z")
    assert get(harness, "upstream") == []


def test_flipped_and_dilated_entries_are_the_readers_too(harness):  # noqa: F811
    """A weight edited in the flipped kernel; a gradient between zeros, which cannot be edited."""
    root = mount(harness, BackwardExplorer(stride=2, view="dA"))
    cell(root, "Kernel", 0, 0).focus()
    harness.keyboard.press("7")
    harness.keyboard.press("Enter")
    assert get(harness, "kernel") == [[2, -1], [1, 7]]
    cell(root, UPSTREAM, 2, 2).focus()
    harness.keyboard.press("7")
    assert "A zero that stands" in said(root, ".cnn-note")
    cell(root, UPSTREAM, 3, 1).focus()
    harness.keyboard.press("8")
    harness.keyboard.press("Enter")
    assert get(harness, "upstream") == [[1, 2], [8, 4]]


@pytest.mark.parametrize(
    ("f", "s", "lies"),
    [
        (1, 1, "dZ, with"),
        (1, 2, "dZ, its entries 2 apart, with"),
        (2, 1, "dZ with 1 zero around it, with"),
        (3, 3, "dZ, its entries 3 apart, with 2 zeros around it, with"),
    ],
)
def test_where_the_flipped_kernel_lies_is_one_sentence(harness, f, s, lies):  # noqa: F811
    widget = BackwardExplorer(np.ones((4, 4)), np.ones((f, f)), stride=s, view="dA", step=0)
    root = mount(harness, widget)
    assert f"The flipped kernel lies on {lies} its corner in row 1, column 1." in said(root)


@pytest.mark.parametrize(
    ("bad", "good"),
    [
        ({"stride": 4}, {"stride": 3}),
        ({"kernel": [[1, 2]]}, {"kernel": [[1]]}),
        ({"view": "dW"}, {"view": "dK"}),
        ({"upstream": [[1], [2, 3]]}, {"upstream": [[1]]}),
        ({"step": -1}, {"step": 99}),
    ],
)
def test_links(harness, bad, good):  # noqa: F811
    widget = BackwardExplorer()
    mount(harness, widget)
    state = {name: getattr(widget, name) for name in [*good, *widget.trait_names(sync=True)]}
    state = {k: v for k, v in state.items() if isinstance(v, list | int | str) and k[0] != "_"}
    script = """async ([esm, state]) => {
        const url = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
        return (await import(url)).default.validate(state); }"""
    assert harness.evaluate(script, [widget._esm, {**state, **good}])
    assert not harness.evaluate(script, [widget._esm, {**state, **bad}])
