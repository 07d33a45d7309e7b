"""The formulas of chapter 2.2 "Convolution on volumes", each against brute force from 1.

| formula | test |
| --- | --- |
| conv(A, K)[x, y] = Σ K[i, j, k] A[x+i−1, y+j−1, k] | test_one_filter_gives_one_map |
| conv(A, K) = Σ conv(A[·, ·, k], K[·, ·, k]) | test_the_sum_over_the_channels |
| p = (f−1)/2 keeps the size, for odd f only | test_the_padding_that_keeps_the_size |
| n_C = number of filters; W: (f, f, n_C_prev, n_C), W[·, ·, ·, n] = K(n) | test_many_filters |
| Z[t, x, y, n] = b[n] + Σ W[i, j, k, n] Ã[t, (x−1)s + i, (y−1)s + j, k]; n_H, n_W | test_in_full |
| conv(αA + βB, W) = α conv(A, W) + β conv(B, W) | test_linear_in_the_volume |
| A[·, ·, k] = g for all k ⟹ conv(A, K) = conv(g, Σ K[·, ·, k]) | test_a_grey_picture |
| Z[x, y, n] = b[n] + Σ W[k, n] A[x, y, k] | test_one_by_one |
| Y = 0.299 R + 0.587 G + 0.114 B | test_luma |
| a depthwise convolution, then 1×1 with ones, is conv(A, K) | test_depthwise |
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import cnnlib as cnn
from cnnlib import data

CASES = [(1, 1, 0), (2, 1, 0), (3, 1, 1), (3, 2, 0), (3, 4, 2), (5, 2, 2)]  # f, s, p


def upto(n):
    return range(1, n + 1)


def integers(*shape):
    return np.random.default_rng(sum(shape)).integers(-4, 5, shape).astype(float)


def at(a, *place):
    """Return an entry of a, counted from 1; 0 outside, which is the padding."""
    inside = all(1 <= q <= n for q, n in zip(place, a.shape, strict=True))
    return a[tuple(q - 1 for q in place)] if inside else 0.0


def brute(A, K):
    """The valid convolution of a volume with one filter, both counted from 1."""
    (n_H, n_W, n_C), f = A.shape, K.shape[0]
    Z = np.zeros((n_H - f + 1, n_W - f + 1))
    for x, y in product(upto(n_H - f + 1), upto(n_W - f + 1)):
        Z[x - 1, y - 1] = sum(
            at(K, i, j, k) * at(A, x + i - 1, y + j - 1, k)
            for i, j, k in product(upto(f), upto(f), upto(n_C))
        )
    return Z


@pytest.mark.parametrize("f", [1, 2, 3])
@pytest.mark.parametrize("n_C", [1, 3, 5])
def test_one_filter_gives_one_map(f, n_C):
    A, K = integers(5, 6, n_C), integers(f, f, n_C)
    Z = cnn.correlate2d(A, K)
    assert Z.shape == (5 - f + 1, 6 - f + 1)  # no channel is left
    np.testing.assert_array_equal(Z, brute(A, K))


def test_the_sum_over_the_channels():
    A, K = integers(6, 5, 4), integers(3, 3, 4)
    apart = [brute(A[:, :, [k]], K[:, :, [k]]) for k in range(4)]
    np.testing.assert_array_equal(cnn.correlate2d(A, K), sum(apart))


@pytest.mark.parametrize("f", range(1, 9))
def test_the_padding_that_keeps_the_size(f):
    for n in range(1, 12):
        fits = [p for p in range(8) if f <= n + 2 * p]
        keeps = [p for p in fits if len(range(0, n + 2 * p - f + 1)) == n]
        assert keeps == ([(f - 1) // 2] if f % 2 else [])
        assert keeps == [p for p in fits if cnn.output_size(n, f, padding=p) == n]


def test_many_filters():
    A, W = integers(5, 6, 3), integers(3, 3, 3, 4)
    Z = cnn.conv2d([A], W)[0]
    assert Z.shape[2] == 4
    for n in range(4):
        np.testing.assert_array_equal(Z[:, :, n], brute(A, W[..., n]))
    W_2 = integers(2, 2, 4, 5)  # a second layer: 5 maps, not 4 · 5
    assert cnn.conv2d([Z], W_2)[0].shape == (2, 3, 5)


@pytest.mark.parametrize(("f", "s", "p"), CASES)
def test_in_full(f, s, p):
    A, W, b = integers(2, 7, 6, 3), integers(f, f, 3, 4), integers(4)
    Z = cnn.conv2d(A, W, b, stride=s, padding=p)
    n_H, n_W = ((n + 2 * p - f) // s + 1 for n in (7, 6))
    assert Z.shape == (2, n_H, n_W, 4)
    for t, x, y, n in product(upto(2), upto(n_H), upto(n_W), upto(4)):
        expected = at(b, n) + sum(
            # Ã is A moved by p rows and columns
            at(W, i, j, k, n) * at(A, t, (x - 1) * s + i - p, (y - 1) * s + j - p, k)
            for i, j, k in product(upto(f), upto(f), upto(3))
        )
        assert at(Z, t, x, y, n) == expected


@pytest.mark.parametrize(("f", "s", "p"), CASES)
def test_linear_in_the_volume(f, s, p):
    A, B, W = integers(1, 7, 6, 3), integers(1, 6, 7, 3).transpose(0, 2, 1, 3), integers(f, f, 3, 2)
    mixed = cnn.conv2d(2 * A - 3 * B, W, stride=s, padding=p)
    apart = [cnn.conv2d(X, W, stride=s, padding=p) for X in (A, B)]
    np.testing.assert_array_equal(mixed, 2 * apart[0] - 3 * apart[1])


def test_a_grey_picture():
    g, K = integers(6, 5), integers(3, 3, 4)
    volume = np.stack([g] * 4, axis=2)
    expected = brute(g[:, :, None], K.sum(axis=2, keepdims=True))
    np.testing.assert_array_equal(cnn.correlate2d(volume, K), expected)


def test_one_by_one():
    A, W, b = integers(2, 4, 5, 3), integers(1, 1, 3, 6), integers(6)
    Z = cnn.conv2d(A, W, b)
    for t, x, y, n in product(upto(2), upto(4), upto(5), upto(6)):
        expected = at(b, n) + sum(at(W, 1, 1, k, n) * at(A, t, x, y, k) for k in upto(3))
        assert at(Z, t, x, y, n) == expected
    np.testing.assert_array_equal(Z.reshape(-1, 6), cnn.dense(A.reshape(-1, 3), W[0, 0], b))


def test_luma():
    """BT.601, and within one grey level what Pillow makes of a colour photograph."""
    from PIL import Image

    I = data.photograph(64, colour=True)
    W = np.array([0.299, 0.587, 0.114]).reshape(1, 1, 3, 1)
    Y = cnn.conv2d(I[None], W)[0, :, :, 0]
    pillow = np.asarray(Image.fromarray(I).convert("L"), float)  # "L" is BT.601, rounded
    assert np.abs(Y - pillow).max() <= 1


def test_depthwise():
    A, K = integers(6, 5, 4), integers(3, 3, 4)
    maps = np.stack([brute(A[:, :, [k]], K[:, :, [k]]) for k in range(4)], axis=2)
    summed = cnn.conv2d([maps], np.ones((1, 1, 4, 1)))[0, :, :, 0]
    np.testing.assert_array_equal(summed, brute(A, K))
