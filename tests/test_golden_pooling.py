"""Golden vectors: what pooling.js computes in a real browser is what cnnlib computes."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import ROOT, serve

import cnnlib as cnn

WIDGETS = ROOT / "cnnlib" / "widgets"


@pytest.fixture(scope="module")
def pooling(browser):
    """Calls of pooling.js as it stands, an ES module: pooling("pool2d", [arguments, …])."""
    server, url = serve(WIDGETS)
    page = browser.new_page()
    page.goto(f"{url}/pooling.js")

    def call_each(name, cases):
        script = """async ([url, name, cases]) => {
            const pooling = await import(url);
            return cases.map((args) => pooling[name](...args));
        }"""
        return page.evaluate(script, [f"{url}/pooling.js", name, cases])

    yield call_each
    page.close()
    server.shutdown()
    server.server_close()


def images(rng, count, integers):
    """Images that are not square, with many ties where they are integers, and how to pool them."""
    cases = []
    while len(cases) < count:
        n_H, n_W = rng.integers(1, 9, 2)
        f, s = (int(k) for k in rng.integers(1, 5, 2))
        p = int(rng.integers(0, f))
        if f > min(n_H, n_W) + 2 * p:
            continue
        A = rng.integers(-3, 3, (n_H, n_W)) if integers else rng.normal(size=(n_H, n_W))
        kind, counted = ("max", "average")[rng.integers(2)], bool(rng.integers(2))
        how = {"kind": kind, "f": f, "s": s, "p": p, "counted": counted}
        cases.append([A.astype(float).tolist(), how])
    return cases


def library(A, how):
    """Z and the function that gives dA, by cnnlib."""
    A = np.array(A)[np.newaxis, :, :, np.newaxis]
    settings = how["f"], how["s"], how["p"]
    more = {"count_padding": how["counted"]} if how["kind"] == "average" else {}
    forward, backward = {
        "max": (cnn.max_pool2d, cnn.max_pool2d_backward),
        "average": (cnn.avg_pool2d, cnn.avg_pool2d_backward),
    }[how["kind"]]
    Z = forward(A, *settings, **more)

    def gradient(dZ):
        dZ = np.asarray(dZ, float)[np.newaxis, :, :, np.newaxis]
        return backward(dZ, A, *settings, **more)[0, :, :, 0]

    return Z[0, :, :, 0], gradient


@pytest.mark.parametrize("integers", [True, False])
def test_forward(pooling, integers):
    cases = images(np.random.default_rng(0), 300, integers)
    for case, Z in zip(cases, pooling("pool2d", cases), strict=True):
        expected, _ = library(*case)
        assert np.shape(Z) == expected.shape
        np.testing.assert_allclose(Z, expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("integers", [True, False])
def test_backward(pooling, integers):
    """Ties, overlapping windows and gaps; the gradient at the output is random, never ones."""
    rng = np.random.default_rng(1)
    cases = images(rng, 300, integers)
    upstream = [rng.normal(size=library(*case)[0].shape) for case in cases]
    queries = [[dZ.tolist(), *case] for dZ, case in zip(upstream, cases, strict=True)]
    for case, dZ, dA in zip(cases, upstream, pooling("poolBackward", queries), strict=True):
        np.testing.assert_allclose(dA, library(*case)[1](dZ), rtol=0, atol=1e-13)


def test_ties_and_the_winner(pooling):
    """All pixels that have the maximum; the first is where cnnlib sends the gradient."""
    most = 0
    for A, how in images(np.random.default_rng(2), 60, True):
        how["kind"] = "max"
        Z, gradient = library(A, how)
        places = [[y, x] for y in range(Z.shape[0]) for x in range(Z.shape[1])]
        tied = pooling("tied", [[A, y, x, how] for y, x in places])
        for (y, x), ties in zip(places, tied, strict=True):
            top, left = y * how["s"] - how["p"], x * how["s"] - how["p"]
            window = [
                [r, c]
                for r in range(max(0, top), min(len(A), top + how["f"]))
                for c in range(max(0, left), min(len(A[0]), left + how["f"]))
            ]
            assert ties == [[r, c] for r, c in window if A[r][c] == Z[y, x]]
            dZ = np.zeros_like(Z)
            dZ[y, x] = 1
            assert np.argwhere(gradient(dZ)).tolist() == [ties[0]]
            most = max(most, len(ties))
    assert most > 3


def test_what_does_not_fit_is_what_cnnlib_refuses(pooling):
    cases = [
        [n_H, n_W, f, p]
        for n_H in (1, 2, 5)
        for n_W in (1, 3)
        for f in (1, 2, 3, 4)
        for p in (0, 1, 2, 3)
    ]
    fits = 0
    for (n_H, n_W, f, p), words in zip(cases, pooling("poolMisfit", cases), strict=True):
        try:
            cnn.max_pool2d(np.zeros((1, n_H, n_W, 1)), f, 1, p)
        except ValueError:
            assert words
        else:
            assert words == ""
            fits += 1
    assert 0 < fits < len(cases)


def test_the_gradient_at_the_output(pooling):
    given = [[5, 6]]
    asked = [[given, 1, 2], [given, 2, 2], [[], 1, 3]]
    assert pooling("upstreamOf", asked) == [given, [[1, 2], [3, 4]], [[1, 2, 3]]]
