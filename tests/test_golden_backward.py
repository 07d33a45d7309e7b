"""Golden vectors: the gradients that backward.js computes in a real browser are cnnlib's."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import ROOT, serve

import cnnlib as cnn

WIDGETS = ROOT / "cnnlib" / "widgets"


@pytest.fixture(scope="module")
def backward(browser):
    """Calls of backward.js as it stands, an ES module: backward("scatter", [arguments, …])."""
    server, url = serve(WIDGETS)
    page = browser.new_page()
    page.goto(f"{url}/backward.js")

    def call_each(name, cases):
        script = """async ([url, name, cases]) => {
            const backward = await import(url);
            return cases.map((args) => backward[name](...args));
        }"""
        return page.evaluate(script, [f"{url}/backward.js", name, cases])

    yield call_each
    page.close()
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def cases():
    """[dZ, A, K, how]: images that are not square, rows left over, strides beyond the kernel."""
    rng, found, left_over, gaps = np.random.default_rng(0), [], 0, 0
    while len(found) < 300:
        n_H, n_W = (int(n) for n in rng.integers(1, 7, 2))
        f, s, p = (int(rng.integers(*limits)) for limits in ((1, 4), (1, 4), (0, 3)))
        if f > min(n_H, n_W) + 2 * p:
            continue
        A, K = rng.normal(size=(n_H, n_W)), rng.normal(size=(f, f))
        dZ = rng.normal(size=cnn.correlate2d(A, K, s, p).shape)
        left_over += (n_H + 2 * p - f) % s > 0
        gaps += s > f
        found.append([dZ.tolist(), A.tolist(), K.tolist(), {"s": s, "p": p}])
    assert min(left_over, gaps) > 30
    return found


def library(dZ, A, K, how):
    """dA without the padding, and dK."""
    dZ, A = (np.array(X)[None, :, :, None] for X in (dZ, A))
    W = np.array(K)[:, :, None, None]
    dA, dW, _ = cnn.conv2d_backward(dZ, A, W, how["s"], how["p"])
    return dA[0, :, :, 0], dW[:, :, 0, 0]


def inner(dA, A, p):
    return np.array(dA)[p : p + len(A), p : p + len(A[0])]


@pytest.mark.parametrize("name", ["scatter", "asConvolutions"])
def test_both_ways_are_cnnlibs(backward, cases, name):
    for case, found in zip(cases, backward(name, cases), strict=True):
        dA, dK = library(*case)
        padding = case[3]["p"]
        assert np.shape(found["dA"]) == tuple(n + 2 * padding for n in dA.shape)
        np.testing.assert_allclose(inner(found["dA"], case[1], padding), dA, rtol=0, atol=1e-13)
        np.testing.assert_allclose(found["dK"], dK, rtol=0, atol=1e-13)


def test_the_first_outputs_only(backward, cases):
    """After k outputs: the gradients for a dZ whose later entries are zero."""
    rng = np.random.default_rng(1)
    counts = [int(rng.integers(0, np.size(case[0]) + 1)) for case in cases]
    queries = [[*case, count] for case, count in zip(cases, counts, strict=True)]
    for (dZ, A, K, how), count, found in zip(
        cases, counts, backward("scatter", queries), strict=True
    ):
        early = np.array(dZ)
        early.reshape(-1)[count:] = 0
        dA, dK = library(early, A, K, how)
        np.testing.assert_allclose(inner(found["dA"], A, how["p"]), dA, rtol=0, atol=1e-13)
        np.testing.assert_allclose(found["dK"], dK, rtol=0, atol=1e-13)


def test_the_numerical_gradient(backward, cases):
    """J = Σ dZ·Z, and central differences of it, exact but for rounding."""
    for case, J in zip(cases, backward("cost", cases), strict=True):
        dZ, A, K, how = case
        Z = cnn.correlate2d(A, K, how["s"], how["p"])
        assert pytest.approx(np.sum(np.array(dZ) * Z), abs=1e-12) == J
    queries = [[*case, 1e-3] for case in cases]
    for case, found in zip(cases, backward("differences", queries), strict=True):
        dA, dK = library(*case)
        np.testing.assert_allclose(found["dA"], dA, rtol=0, atol=1e-10)
        np.testing.assert_allclose(found["dK"], dK, rtol=0, atol=1e-10)


def test_dilation_and_its_surroundings(backward):
    dilated, plain = backward("dilate", [[[[1, 2], [3, 4]], 3], [[[1, 2]], 1]])
    assert dilated == [[1, 0, 0, 2], [0] * 4, [0] * 4, [3, 0, 0, 4]]
    assert plain == [[1, 2]]
    # f = 2, a padded image of 3×4, s = 2: a row is left over, no column
    (around,) = backward("surrounded", [[[[5, 6]], 2, 3, 4, 2]])
    assert around == [[0] * 5, [0, 5, 0, 6, 0], [0] * 5, [0] * 5]
    assert backward("flipped", [[[[1, 2], [3, 4]]]]) == [[[4, 3], [2, 1]]]
