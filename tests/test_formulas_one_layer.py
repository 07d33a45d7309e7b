"""The formulas of chapter 3.1 "One layer", each against brute force that counts from 1 as it does.

| formula | test |
| --- | --- |
| Z[x, y, n] = Σ K[i, j, k] ã[(x−1)s + i, (y−1)s + j, k] + b[n];  a = ψ(Z) | test_conv |
| Σ (K ã + b) = Σ K ã + f·f·n_C_prev·b | test_the_bias_in_the_sum |
| K[u, v, k, n] = Σ K1[u−i+1, v−j+1, k, c] K2[i, j, c, n];  b = b2 + Σ K2 b1 | test_two_layers… |
| g(I) + g(−I) = 2 g(0);  max(0, z) + max(0, −z) = |z| | test_affine_and_absolute |
| a[x, y, k] = φ(ã[(x−1)s + i, (y−1)s + j, k]) | test_pool |
| z[j] = Σ w[j, i] a[i] + b[j] | test_fc |
| place i = ((x−1) n_W + (y−1)) n_C + k | test_flatten |
| FC = CONV with a window as large as the input; 1×1 CONV = FC at each pixel | test_fc_is… |
| n_H = ⌊(n_H_prev + 2p − f)/s⌋ + 1 | test_size |
| (f·f·n_C_prev)·n_C + n_C, 0, n_prev·n + n | test_parameters |
| multiply-adds n_H·n_W·(f·f·n_C_prev)·n_C and n_prev·n | test_multiply_adds |
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import cnnlib as cnn
from cnnlib import filters
from cnnlib.layers import AvgPool2D, Conv2D, Dense, Flatten, MaxPool2D

CASES = [(1, 1, 0), (3, 1, 0), (3, 2, 1), (2, 3, 0), (4, 2, 2), (5, 1, 1)]  # f, s, p


def upto(n):
    return range(1, n + 1)


def integers(*shape):
    return np.random.default_rng(sum(shape)).integers(-4, 5, shape).astype(float)


def at(a, *place):
    """Return an entry of a, counted from 1; 0 outside, which is the padding."""
    inside = all(1 <= q <= n for q, n in zip(place, a.shape, strict=True))
    return a[tuple(q - 1 for q in place)] if inside else 0.0


def places(n, f, s, p):
    """All x whose window, from (x−1)s + 1, fits the padded side: by trying."""
    return [x for x in upto(n + 2 * p) if (x - 1) * s + f <= n + 2 * p]


@pytest.mark.parametrize(("f", "s", "p"), CASES)
def test_conv(f, s, p):
    a, K, b = integers(6, 8, 2), integers(f, f, 2, 3), integers(3)
    Z = cnn.conv2d(a[np.newaxis], K, b, s, p)[0]
    assert Z.shape == (len(places(6, f, s, p)), len(places(8, f, s, p)), 3)
    for x, y, n in product(*map(upto, Z.shape)):
        window = product(upto(f), upto(f), upto(2))
        total = sum(
            at(K, i, j, k, n) * at(a, (x - 1) * s + i - p, (y - 1) * s + j - p, k)
            for i, j, k in window
        )
        assert Z[x - 1, y - 1, n - 1] == total + b[n - 1]
        assert cnn.relu(Z)[x - 1, y - 1, n - 1] == max(0, total + b[n - 1])


@pytest.mark.parametrize(("f", "n_C"), [(1, 1), (3, 1), (3, 3), (5, 6)])
def test_the_bias_in_the_sum(f, n_C):
    K, a, b = integers(f, f, n_C), integers(f, f, n_C)[::-1], 7.0
    wrong = sum(K[place] * a[place] + b for place in np.ndindex(K.shape))
    right = cnn.conv2d(a[np.newaxis], K[..., np.newaxis], [b]).item()
    assert wrong - right == (f * f * n_C - 1) * b


@pytest.mark.parametrize(("f1", "f2"), [(3, 3), (1, 3), (2, 4), (5, 2)])
def test_two_layers_are_one(f1, f2):
    A, b1, b2 = integers(2, 9, 8, 2), integers(4), integers(3)
    K1, K2 = integers(f1, f1, 2, 4), integers(f2, f2, 4, 3)
    f = f1 + f2 - 1
    K = np.zeros((f, f, 2, 3))
    for u, v, k, n in product(*map(upto, K.shape)):
        K[u - 1, v - 1, k - 1, n - 1] = sum(
            at(K1, u - i + 1, v - j + 1, k, c) * at(K2, i, j, c, n)
            for c, i, j in product(upto(4), upto(f2), upto(f2))
        )
    b = b2 + np.einsum("ijcn,c->n", K2, b1)
    two = cnn.conv2d(cnn.conv2d(A, K1, b1), K2, b2)
    np.testing.assert_array_equal(cnn.conv2d(A, K, b), two)
    # all padding in the first layer: still one layer. Padding in between: not at the border.
    first = cnn.conv2d(cnn.conv2d(A, K1, b1, padding=2), K2, b2)
    np.testing.assert_array_equal(cnn.conv2d(A, K, b, padding=2), first)
    between = cnn.conv2d(cnn.conv2d(A, K1, b1, padding=1), K2, b2, padding=1)
    assert (between != first).any()
    np.testing.assert_array_equal(between[:, 1:-1, 1:-1], first[:, 1:-1, 1:-1])


def test_affine_and_absolute():
    I, K, b = integers(1, 6, 7, 1), integers(3, 3, 1, 2), integers(2)
    both = cnn.conv2d(I, K, b) + cnn.conv2d(-I, K, b)
    np.testing.assert_array_equal(both, 2 * cnn.conv2d(0 * I, K, b))
    Z = cnn.correlate2d(I[0, :, :, 0], filters.VEF)
    np.testing.assert_array_equal(cnn.relu(Z) + cnn.relu(-Z), abs(Z))


@pytest.mark.parametrize(("f", "s"), [(2, 2), (3, 2), (2, 3)])
def test_pool(f, s):
    a = integers(5, 8, 3)
    largest, mean = MaxPool2D(f, s).forward([a])[0], AvgPool2D(f, s).forward([a])[0]
    assert largest.shape == (len(places(5, f, s, 0)), len(places(8, f, s, 0)), 3)
    for x, y, k in product(*map(upto, largest.shape)):
        offsets = product(upto(f), upto(f))
        window = [at(a, (x - 1) * s + i, (y - 1) * s + j, k) for i, j in offsets]
        assert largest[x - 1, y - 1, k - 1] == max(window)
        assert mean[x - 1, y - 1, k - 1] == pytest.approx(sum(window) / f**2)


def test_fc():
    a, w, b = integers(5), integers(3, 5), integers(3)
    z = [sum(w[j, i] * a[i] for i in range(5)) + b[j] for j in range(3)]
    np.testing.assert_array_equal(cnn.dense([a], w.T, b), [z])


def test_flatten():
    a = integers(3, 4, 2)
    (row,) = Flatten().forward([a])
    for x, y, k in product(*map(upto, a.shape)):
        assert at(row, ((x - 1) * 4 + (y - 1)) * 2 + k) == at(a, x, y, k)


def test_fc_is_a_convolution():
    A, W, b = integers(2, 4, 5, 3), integers(60, 7), integers(7)
    fc = cnn.dense(Flatten().forward(A), W, b)
    np.testing.assert_array_equal(cnn.conv2d(A, W.reshape(4, 5, 3, 7), b)[:, 0, 0], fc)
    Z = cnn.conv2d(A, W[:3].reshape(1, 1, 3, 7), b)
    for place in np.ndindex(Z.shape[:3]):
        np.testing.assert_array_equal(Z[place], cnn.dense([A[place]], W[:3], b)[0])
    large = integers(1, 6, 8, 3)  # the FC layer at every place of a larger image
    Z = cnn.conv2d(large, W.reshape(4, 5, 3, 7), b)[0]
    assert Z.shape == (3, 4, 7)
    for x, y in np.ndindex(3, 4):
        cut = large[:, x : x + 4, y : y + 5].reshape(1, -1)
        np.testing.assert_array_equal(Z[x, y], cnn.dense(cut, W, b)[0])


@pytest.mark.parametrize(("f", "s", "p"), CASES)
def test_size(f, s, p):
    for n in range(1, 12):
        if f <= n + 2 * p:
            assert cnn.output_size(n, f, s, p) == len(places(n, f, s, p))


@pytest.mark.parametrize(("f", "n_C_prev", "n_C"), [(1, 3, 5), (3, 3, 8), (5, 6, 16)])
def test_parameters(f, n_C_prev, n_C):
    rng = np.random.default_rng(0)

    def count(layer):
        return sum(array.size for array in layer.params.values())

    assert count(Conv2D(n_C_prev, n_C, f, rng=rng)) == (f * f * n_C_prev) * n_C + n_C
    assert count(Dense(n_C_prev, n_C, rng=rng)) == n_C_prev * n_C + n_C
    assert count(MaxPool2D(2)) == count(AvgPool2D(2)) == 0


@pytest.mark.parametrize(("f", "s", "p"), CASES)
def test_multiply_adds(f, s, p):
    rng = np.random.default_rng(0)
    x, y = places(6, f, s, p), places(8, f, s, p)
    products = sum(1 for _ in product(x, y, range(4), range(f), range(f), range(3)))
    layer = Conv2D(3, 4, f, s, p, rng=rng)
    assert layer.multiply_adds((6, 8, 3)) == products
    assert products == len(x) * len(y) * layer.params["W"].size  # each weight, at each position
    assert Dense(6, 4, rng=rng).multiply_adds((6,)) == 6 * 4
