"""Golden vectors of pen.js: the drawing and its 28×28 picture are those of cnnlib."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import ROOT, serve

from cnnlib.data import as_mnist
from cnnlib.widgets.digit_pad import EXAMPLES, drawn


@pytest.fixture(scope="module")
def pen(browser):
    """Calls of pen.js as it stands: pen("asMnist", [arguments, …])."""
    server, url = serve(ROOT / "cnnlib" / "widgets")
    page = browser.new_page()
    page.goto(f"{url}/pen.js")

    def call_each(name, cases):
        script = """async ([url, name, cases]) => {
            const pen = await import(url);
            return cases.map((args) => pen[name](...args));
        }"""
        return page.evaluate(script, [f"{url}/pen.js", name, cases])

    yield call_each
    page.close()
    server.shutdown()
    server.server_close()


def scribbles(count):
    rng = np.random.default_rng(0)
    for _ in range(count):
        n = int(rng.integers(1, 9))
        points = np.concatenate([rng.integers(0, 100, (n, 2)), rng.integers(0, 2, (n, 1))], axis=1)
        yield points.tolist()


def test_drawn(pen):
    cases = [[points, 100, 5] for points in [*scribbles(20), *EXAMPLES.values()]]
    cases += [[points, 100, 0.8] for points in scribbles(5)]
    for case, ink in zip(cases, pen("drawn", cases), strict=True):
        np.testing.assert_allclose(ink, drawn(*case), rtol=0, atol=1e-9)
        assert np.max(ink) > 0
    assert not np.any(pen("drawn", [[[], 100, 5]]))


def test_as_mnist(pen):
    """Drawings, noise, single pixels, lines one pixel wide, pictures smaller than 20, no ink."""
    rng = np.random.default_rng(1)
    pictures = [drawn(points) for points in [*scribbles(20), *EXAMPLES.values()]]
    for shape in [(3, 7), (1, 1), (20, 20), (40, 33), (1, 60), (57, 1)]:
        pictures.append(rng.random(shape) + 0.01)
        pictures.append(np.pad(rng.random(shape) + 0.01, ((2, 9), (7, 0))))
    pictures.append(np.zeros((5, 5)))
    for picture, found in zip(
        pictures, pen("asMnist", [[p.tolist()] for p in pictures]), strict=True
    ):
        np.testing.assert_allclose(found, as_mnist(picture), rtol=0, atol=1e-9)
