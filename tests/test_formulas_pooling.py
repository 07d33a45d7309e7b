"""Every formula that book/2_definition/3_pooling displays, against brute force or the library.

Each test's docstring has the formula; `pool` below is the definition, with the padding in place.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import cnnlib as cnn
from cnnlib.layers import Conv2D

GEOMETRIES = [
    (n, f, s, p)
    for n, f, s, p in itertools.product(range(1, 9), range(1, 5), range(1, 5), range(3))
    if p < f <= n + 2 * p
]


def batch(A):
    return np.asarray(A, float)[np.newaxis, :, :, np.newaxis]


def windows(A, f, s, p, value):
    """(x, y, pixels) of every window, x and y counted from 1, as in the formulas."""
    padded = np.pad(np.asarray(A, float), p, constant_values=value)
    x = 1
    while (x - 1) * s + f <= padded.shape[0]:
        y = 1
        while (y - 1) * s + f <= padded.shape[1]:
            taps = itertools.product(range(1, f + 1), repeat=2)
            yield x, y, [padded[(x - 1) * s + i - 1, (y - 1) * s + j - 1] for i, j in taps]
            y += 1
        x += 1


def image(rng, n):
    """n rows and n + 3 columns, with ties."""
    return rng.integers(-4, 4, (n, n + 3)).astype(float)


@pytest.mark.parametrize(("n", "f", "s", "p"), GEOMETRIES)
def test_max_pooling_and_its_size(n, f, s, p):
    """maxpool(A)[x, y] = max Ã[(x−1)s+i, (y−1)s+j], Ã = −∞ outside; ⌊(n + 2p − f)/s⌋ + 1 rows."""
    A = image(np.random.default_rng(n), n)
    Z = cnn.max_pool2d(batch(A), f, s, p)[0, :, :, 0]
    found = {(x, y): max(pixels) for x, y, pixels in windows(A, f, s, p, -np.inf)}
    assert {(x + 1, y + 1): z for (x, y), z in np.ndenumerate(Z)} == found
    assert max(x for x, _ in found) == (n + 2 * p - f) // s + 1
    assert max(y for _, y in found) == (n + 3 + 2 * p - f) // s + 1


@pytest.mark.parametrize(("n", "f", "s", "p"), GEOMETRIES)
def test_average_pooling(n, f, s, p):
    """avgpool(A)[x, y] = 1/c Σ Ã[(x−1)s+i, (y−1)s+j]; c = f², or the pixels in the window."""
    A = image(np.random.default_rng(n), n)
    inside = [np.isfinite(pixels).sum() for *_, pixels in windows(A, f, s, p, np.nan)]
    sums = [sum(pixels) for *_, pixels in windows(A, f, s, p, 0.0)]
    for counted, c in [(True, f * f), (False, np.array(inside))]:
        Z = cnn.avg_pool2d(batch(A), f, s, p, count_padding=counted)
        np.testing.assert_allclose(Z.ravel(), np.array(sums) / c, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("n", "f", "s", "p"), GEOMETRIES[::3])
def test_backward_of_the_average(n, f, s, p):
    """dA[u, v] = Σ dZ[x, y]/c[x, y] over the windows that hold (u, v): by differences, and exactly.

    Average pooling is linear, so the derivative by a pixel is the output for that pixel alone.
    """
    rng = np.random.default_rng(n)
    A = rng.normal(size=(n, n + 3))
    for counted in (True, False):
        dZ = rng.normal(size=cnn.avg_pool2d(batch(A), f, s, p).shape)
        dA = cnn.avg_pool2d_backward(dZ, batch(A), f, s, p, count_padding=counted)[0, :, :, 0]
        for u, v in np.ndindex(A.shape):
            one = np.zeros_like(A)
            one[u, v] = 1
            Z = cnn.avg_pool2d(batch(one), f, s, p, count_padding=counted)
            assert dA[u, v] == pytest.approx(np.sum(dZ * Z), abs=1e-12)


@pytest.mark.parametrize(("n", "f", "s", "p"), GEOMETRIES[::3])
def test_backward_of_the_maximum(n, f, s, p):
    """dA[u, v] = Σ dZ[x, y] over the windows that (u, v) wins: one-sided differences, no ties."""
    rng = np.random.default_rng(n)
    A = rng.permutation(n * (n + 3)).reshape(n, n + 3).astype(float)  # all different
    Z = cnn.max_pool2d(batch(A), f, s, p)
    dZ = rng.normal(size=Z.shape)
    dA = cnn.max_pool2d_backward(dZ, batch(A), f, s, p)[0, :, :, 0]
    for u, v in np.ndindex(A.shape):
        raised = A.copy()
        raised[u, v] += 0.25  # less than any gap: exact
        change = (cnn.max_pool2d(batch(raised), f, s, p) - Z) / 0.25
        assert dA[u, v] == pytest.approx(np.sum(dZ * change), abs=1e-12)


def test_slope_at_a_tie():
    """lim (max(w + t·d) − max(w))/t = max of d over the tied pixels; differences give 1/2 each."""
    rng = np.random.default_rng(0)
    for _ in range(200):
        w = rng.integers(0, 3, 4).astype(float)
        d = rng.normal(size=4)
        tied = w == w.max()
        t = 1e-6  # less than any gap divided by any |d|
        assert (np.max(w + t * d) - w.max()) / t == pytest.approx(d[tied].max(), abs=1e-6)
        for q in np.flatnonzero(tied):
            e = t * np.eye(4)[q]
            half = 1 if tied.sum() == 1 else 0.5
            assert (np.max(w + e) - np.max(w - e)) / (2 * t) == pytest.approx(half, abs=1e-6)


def test_subgradients_are_parts_that_add_up_to_one():
    """max(v) ≥ max(w) + g·(v − w) for all v: so for parts ≥ 0 of the tied; not for 1/2 each."""
    rng = np.random.default_rng(1)
    w, v = np.array([5.0, 5, 5, 2]), rng.normal(5, 3, (2000, 4))
    for _ in range(20):
        g = np.append(rng.dirichlet(np.ones(3)), 0)
        assert np.all(v.max(axis=1) >= 5 + (v - w) @ g - 1e-12)
    assert np.any(v.max(axis=1) < 5 + (v - w) @ [0.5, 0.5, 0.5, 0])


@pytest.mark.parametrize("area", [1, 2, 3, 4])
def test_windows_with_one_maximum(area):
    """(z + 1)^(f²) − z^(f²) windows of digits have the maximum z."""
    counts = np.zeros(10, int)
    for window in itertools.product(range(10), repeat=area):
        counts[max(window)] += 1
    assert counts.tolist() == [(z + 1) ** area - z**area for z in range(10)]


@pytest.mark.parametrize("pool", [cnn.max_pool2d, cnn.avg_pool2d])
@pytest.mark.parametrize(("f", "s"), [(1, 1), (2, 2), (3, 2), (2, 3), (4, 1)])
def test_shift_by_one_stride(pool, f, s):
    """pool(T_s A) = T_1 pool(A), away from the border; and not for smaller shifts."""
    A = np.random.default_rng(2).normal(size=(1, 24, 9, 2))
    Z, shifted = pool(A, f, s), pool(A[:, s:], f, s)
    rows = shifted.shape[1]
    np.testing.assert_array_equal(shifted, Z[:, 1 : 1 + rows])
    if s > 1:
        part = pool(A[:, 1:], f, s)
        assert not np.allclose(part[:, : rows - 1], Z[:, :-1][:, : rows - 1])


@pytest.mark.parametrize("s", [2, 3, 4, 7])
def test_the_false_period(s):
    """cos(2π s n/T) = cos(2π (s/T − k) n); k nearest: no slower wave has these samples."""
    n = np.arange(200)
    for T in (2.5, 3, 5, 6, 9.7):
        k = np.round(s / T)
        samples = np.cos(2 * np.pi * s * n / T)
        np.testing.assert_allclose(samples, np.cos(2 * np.pi * (s / T - k) * n), atol=1e-9)
        assert abs(s / T - k) <= 0.5


@pytest.mark.parametrize("f", [1, 2, 3, 4, 5])
def test_what_averaging_leaves_of_a_wave(f):
    """|sin(πf/T) / (f sin(π/T))|: the height of the average of f neighbours of a wave."""
    for T in (2.5, 3, 4, 5, 6.5, 40):
        phases = np.linspace(0, 2 * np.pi, 4001)
        average = np.mean([np.cos(phases + 2 * np.pi * q / T) for q in range(f)], axis=0)
        factor = abs(np.sin(np.pi * f / T) / (f * np.sin(np.pi / T)))
        assert average.max() == pytest.approx(factor, abs=1e-5)


@pytest.mark.parametrize("s", [1, 2, 3])
def test_average_pooling_is_a_convolution(s):
    """avgpool(A) = conv(A, W) with W[i, j, k, n] = [k = n]/f²."""
    rng = np.random.default_rng(3)
    for f, n_C, p in [(1, 1, 0), (2, 3, 0), (3, 2, 1)]:
        A = rng.normal(size=(2, 7, 9, n_C))
        W = np.zeros((f, f, n_C, n_C))
        for k in range(n_C):
            W[:, :, k, k] = 1 / f**2
        np.testing.assert_allclose(
            cnn.avg_pool2d(A, f, s, p), cnn.conv2d(A, W, stride=s, padding=p), atol=1e-12
        )


def test_the_maximum_is_not_linear():
    """max(a + b) ≠ max(a) + max(b) in general; ≤ always; max(c·a) = c·max(a) for c ≥ 0 only."""
    a, b = np.random.default_rng(4).normal(size=(2, 1000, 4))
    left, right = (a + b).max(axis=1), a.max(axis=1) + b.max(axis=1)
    assert np.all(left <= right)
    assert 0.5 < np.mean(left < right - 1e-9) < 1
    assert np.array_equal((3 * a).max(axis=1), 3 * a.max(axis=1))
    assert np.array_equal((-a).max(axis=1), -a.min(axis=1))


def test_parameters_of_a_convolution_with_stride():
    """f²·n_C·n_C + n_C."""
    for f, n_C in [(2, 16), (3, 5)]:
        layer = Conv2D(n_C, n_C, kernel_size=f, stride=2, rng=np.random.default_rng(5))
        assert sum(array.size for array in layer.params.values()) == f * f * n_C * n_C + n_C


def test_relu_and_maximum_change_places():
    """max relu(a) = relu(max a)."""
    A = np.random.default_rng(6).normal(size=(2, 6, 8, 3))
    pooled = cnn.relu(cnn.max_pool2d(A, 2))
    np.testing.assert_array_equal(cnn.max_pool2d(cnn.relu(A), 2), pooled)
