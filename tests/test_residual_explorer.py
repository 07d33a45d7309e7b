"""The ResidualExplorer: its norms held to cnnlib's, and driven by keyboard in a browser."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
from conftest import ROOT, serve
from test_widget_views import address, get, harness, mount, said, tab  # noqa: F401
from traitlets import TraitError

from cnnlib.widgets import ResidualExplorer
from cnnlib.widgets.residual_explorer import GAINS, PSI

WIDGETS = ROOT / "cnnlib" / "widgets"
SETTINGS = [*itertools.product((False, True), (5, 30), GAINS, PSI)]


def settings(skip, depth, gain, activation):
    return {"skip": skip, "depth": depth, "gain": gain, "activation": activation}


def by_hand(widget):
    """The recurrence of the docstring, with nothing of cnnlib's."""
    a, d, *rows = widget._numbers.astype(float)
    W = np.array(rows).reshape(-1, 16, 16) * GAINS[widget.gain] / 4
    psi, slope = {
        "ReLU": (lambda z: np.maximum(0, z), lambda z: (z > 0) * 1.0),
        "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
        "none": (lambda z: z, lambda z: 1.0),
    }[widget.activation]
    signal, slopes = [np.linalg.norm(a)], []
    for k in range(widget.depth):
        z = a @ W[k] + widget.skip * a
        a = psi(z)
        slopes.append(slope(z))
        signal.append(np.linalg.norm(a))
    gradient = [np.linalg.norm(d)]
    for k in reversed(range(widget.depth)):
        d = (W[k] + widget.skip * np.eye(16)) @ (slopes[k] * d)
        gradient.append(np.linalg.norm(d))
    return [signal, gradient[::-1]]


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_norms(setting):
    widget = ResidualExplorer(**settings(*setting), seed=1)
    np.testing.assert_allclose(widget.norms, by_hand(widget), rtol=1e-10)


def test_golden_vectors(browser):
    """What residual.js computes in a real browser is what cnnlib computes."""
    server, url = serve(WIDGETS)
    page = browser.new_page()
    page.goto(f"{url}/residual.js")
    found = page.evaluate(
        """async ([url, numbers, cases]) => {
            const { chainNorms, gainOf, GAINS, PSI_NAMES } = await import(url);
            const norms = ([skip, depth, gain, psi]) =>
                chainNorms(numbers, 16, depth, gainOf(gain), psi, skip);
            return { norms: cases.map(norms), GAINS, PSI_NAMES };
        }""",
        [f"{url}/residual.js", ResidualExplorer()._numbers.ravel().tolist(), SETTINGS],
    )
    page.close()
    server.shutdown()
    server.server_close()
    assert (found["GAINS"], found["PSI_NAMES"]) == (list(GAINS), list(PSI))
    for setting, norms in zip(SETTINGS, found["norms"], strict=True):
        expected = ResidualExplorer(**settings(*setting)).norms
        np.testing.assert_allclose([norms["signal"], norms["gradient"]], expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("depth", 7, "5, 10, 20 or 30"),
        ("gain", 0.5, "'0.25', '0.5'"),
        ("activation", "relu", "'ReLU', 'tanh' or 'none'"),
        ("skip", 1, "False or True"),
        ("layer", -1, "an integer ≥ 0"),
    ],
)
def test_what_is_refused(name, value, words):
    with pytest.raises(TraitError, match=words):
        setattr(ResidualExplorer(), name, value)


def told(root):
    """‖a‖ and ‖∂J/∂a‖ of the line."""
    found = re.findall(r"‖ = ([\d.]+)(?:e(−?\d+))?;", said(root))
    return [float(f"{x}e{(power or '0').replace('−', '-')}") for x, power in found]


def test_by_keyboard(harness):  # noqa: F811
    """Skip on, a deeper chain, the last layer: no mouse; every number is cnnlib's."""
    root = mount(harness, ResidualExplorer(depth=20))
    signal, gradient = ResidualExplorer(depth=20).norms
    np.testing.assert_allclose(told(root), [signal[0], gradient[0]], rtol=0.05)
    root.get_by_role("radio", name="off", exact=True).focus()
    harness.keyboard.press("ArrowRight")
    assert get(harness, "skip") is True
    root.get_by_role("radio", name="20", exact=True).focus()
    harness.keyboard.press("ArrowRight")
    root.get_by_role("slider").focus()
    harness.keyboard.press("End")
    assert get(harness, "layer") == 30
    signal, gradient = ResidualExplorer(skip=True, depth=30).norms
    np.testing.assert_allclose(told(root), [signal[-1], gradient[-1]], rtol=0.05)
    assert said(root).startswith("Skip on, layer 30 of 30.")
    curves = root.locator(".cnn-curve.cnn-marked").evaluate_all(
        "(paths) => paths.map((path) => path.getAttribute('d').split('L').length)"
    )
    assert curves == [31, 31]
    harness.keyboard.press("Control+z")
    assert get(harness, "depth") == 20


@pytest.mark.parametrize(
    "bad", [{"gain": "3"}, {"depth": 6}, {"skip": 1}, {"activation": "exp"}, {"layer": -1}]
)
def test_links(harness, bad):  # noqa: F811
    widget = ResidualExplorer()
    mount(harness, widget)
    state = {**settings(True, 30, "√2", "tanh"), "layer": 99}
    script = """async ([esm, state]) => {
        const url = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
        return (await import(url)).default.validate(state); }"""
    assert harness.evaluate(script, [widget._esm, state])
    assert not harness.evaluate(script, [widget._esm, {**state, **bad}])
