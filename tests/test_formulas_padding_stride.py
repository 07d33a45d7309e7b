"""The formulas of chapter 2.1 "Padding and stride", each against brute force.

Brute force here is the window itself, put down in every place (`starts`), in plain Python; nothing
in it rounds or divides. Formulas count from 1, as the chapter does.

| formula | test |
| --- | --- |
| c_u = min(u, n−f+1) − max(1, u−f+1) + 1 | test_uses_along_one_side |
| U[u, v] = c_u c_v | test_the_counts_multiply |
| U = ∂(sum of all results)/∂I for a filter of ones | test_uses_are_a_gradient |
| Ĩ[u, v] = I[u−p, v−p] inside, else 0 | test_padded_image |
| c_1 = p+1, c_2 = p+2 for p ≤ f−2;  c_u = f for p ≥ f−1 | test_border_uses |
| blank image c, box filter: c · (places on the image)/f² | test_dark_frame |
| Z_x = x, read off a blank column | test_row_number |
| conv(I, K)[x, y] = Σ K[i, j] Ĩ[(x−1)s+i, (y−1)s+j] | test_convolution |
| conv_s(I, K)[x, y] = conv_1(I, K)[(x−1)s+1, (y−1)s+1] | test_stride_thins_out |
| n_out = ⌊(n+2p−f)/s⌋ + 1 if f ≤ n+2p, else none | test_size_theorem |
| (x−1)s + f ≤ n+2p ⇔ x−1 ≤ (n+2p−f)/s | test_the_step_of_the_proof |
| r = (n+2p−f) mod s;  unread = r + (n_out−1) max(0, s−f) | test_dropped |
| valid n−f+1, same n, full n+f−1 | test_valid_same_full |
| same with a stride: ⌊(n−1)/s⌋ + 1 = ⌈n/s⌉ | test_same_with_a_stride |
| even f has no same;  n−1 is odd for even n: r = 1 at s = 2 | test_where_same_ends |
| first, middle, last row of result x | test_rows_that_a_result_reads |
| results that read row u: ⌈(q−f)/s⌉ … ⌊(q−1)/s⌋ | test_results_that_read_a_row |
| wrap and full: Σ conv = Σ K · Σ I | test_sum_of_all_results |
| wrap alone shifts along | test_only_wrap_shifts_along |
| n+2p−f is not the size for any s ≥ 1 of (6, 3, 0) | test_no_stride_zero |
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

import cnnlib as cnn
from cnnlib import filters

SMALL = list(product(range(1, 11), range(1, 8), range(1, 6), range(5)))  # n, f, s, p
FITS = [case for case in SMALL if case[1] <= case[0] + 2 * case[3]]
MODES = ["constant", "edge", "reflect", "symmetric", "wrap"]


def starts(n, f, s, p):
    """First padded pixels of all windows, counted from 1: step by step, until one sticks out."""
    found, first = [], 1
    while first + f - 1 <= n + 2 * p:
        found.append(first)
        first += s
    return found


def counts(n, f, s, p):
    """How many windows hold each padded pixel 1 … n + 2p, as a list."""
    return [sum(u in range(a, a + f) for a in starts(n, f, s, p)) for u in range(1, n + 2 * p + 1)]


def integers(*shape):
    return np.random.default_rng(sum(shape)).integers(-9, 10, shape)


def conv(I, K, s, p):
    """The window cut out of the image that goes on with zeros, multiplied and summed."""
    n_H, n_W, f = *I.shape, len(K)

    def pixel(u, v):
        return int(I[u - 1, v - 1]) if 1 <= u <= n_H and 1 <= v <= n_W else 0

    return [
        [
            sum(int(K[i, j]) * pixel(a + i - p, b + j - p) for i in range(f) for j in range(f))
            for b in starts(n_W, f, s, p)
        ]
        for a in starts(n_H, f, s, p)
    ]


def test_uses_along_one_side():
    for n, f in product(range(1, 12), range(1, 12)):
        if f <= n:
            formula = [min(u, n - f + 1) - max(1, u - f + 1) + 1 for u in range(1, n + 1)]
            assert formula == counts(n, f, 1, 0)


@pytest.mark.parametrize(("rows", "columns"), [(6, 6), (4, 9), (7, 5)])
def test_the_counts_multiply(rows, columns):
    for f, s, p in product(range(1, 5), range(1, 4), range(3)):
        U = np.zeros((rows + 2 * p, columns + 2 * p), int)
        for a, b in product(starts(rows, f, s, p), starts(columns, f, s, p)):
            for i, j in product(range(f), range(f)):
                U[a + i - 1, b + j - 1] += 1
        np.testing.assert_array_equal(U, np.outer(counts(rows, f, s, p), counts(columns, f, s, p)))


def test_uses_are_a_gradient():
    """Finite differences of the sum of all results, and conv2d_backward."""
    for n, f, s, p in FITS[::7]:
        I, ones = np.zeros((n, n)), np.ones((f, f))
        dZ = np.ones((1, *cnn.correlate2d(I, ones, s, p).shape, 1))
        dA, _, _ = cnn.conv2d_backward(dZ, I[None, :, :, None], ones[..., None, None], s, p)
        c = counts(n, f, s, p)[p : p + n]
        np.testing.assert_array_equal(dA[0, :, :, 0], np.outer(c, c))
        u, v = n // 2, 0
        I[u, v] = 1
        assert cnn.correlate2d(I, ones, s, p).sum() == c[u] * c[v]


def test_padded_image():
    for (rows, columns), p in product([(1, 1), (4, 5), (6, 2)], range(4)):
        I = integers(rows, columns)
        padded = cnn.pad2d(I, p)
        assert padded.shape == (rows + 2 * p, columns + 2 * p)
        for u, v in product(range(1, rows + 2 * p + 1), range(1, columns + 2 * p + 1)):
            inside = p < u <= p + rows and p < v <= p + columns
            assert padded[u - 1, v - 1] == (I[u - p - 1, v - p - 1] if inside else 0)


def test_border_uses():
    for n, f, p in product(range(2, 14), range(1, 10), range(12)):
        c = counts(n, f, 1, p)[p : p + n]
        if n > f and p <= f - 2:
            assert c[:2] == [p + 1, p + 2]
        if p >= f - 1:
            assert set(c) == {f}
        if n > f:
            assert (min(c) == max(c)) == (p >= f - 1)
    # n > f is needed: one window that is the whole image uses all of it alike
    assert counts(5, 5, 1, 0) == [1] * 5


def test_dark_frame():
    for n, f, p in product(range(3, 8), (3, 5), range(3)):
        if f > n + 2 * p:
            continue
        blurred = cnn.correlate2d(np.full((n, n), 90.0), filters.box(f), padding=p)
        on_image = [sum(p < a + i <= p + n for i in range(f)) for a in starts(n, f, 1, p)]
        np.testing.assert_allclose(blurred, 90 * np.outer(on_image, on_image) / f**2)
    assert 90 * 4 / 9 == 40


@pytest.mark.parametrize("n", range(1, 9))
def test_row_number(n):
    ruler = np.array([[1.0]] * n + [[0.0]] * (n - 1))
    for mode in MODES:
        column = np.pad(np.ones((n, 1)), ((n - 1, n - 1), (0, 0)), mode=mode)
        expected = range(1, n + 1) if mode == "constant" else [n] * n
        assert cnn.correlate2d(column, ruler)[:, 0].tolist() == list(expected)


def test_convolution():
    for f, s, p in product(range(1, 6), range(1, 5), range(4)):
        I, K = integers(5, 7), integers(f, f)
        if f <= 5 + 2 * p:
            Z = conv(I, K, s, p)
            np.testing.assert_array_equal(cnn.correlate2d(I, K, s, p), Z)
            batch, W = I[None, :, :, None], K[:, :, None, None]
            np.testing.assert_array_equal(cnn.conv2d(batch, W, None, s, p)[0, :, :, 0], Z)
            padded = cnn.pad2d(I, p)
            for (x, row), y in product(enumerate(Z, 1), range(1, len(Z[0]) + 1)):
                terms = (
                    K[i - 1, j - 1] * padded[(x - 1) * s + i - 1, (y - 1) * s + j - 1]
                    for i in range(1, f + 1)
                    for j in range(1, f + 1)
                )
                assert sum(terms) == row[y - 1]


def test_stride_thins_out():
    for f, s, p in product((1, 2, 3, 5), range(1, 6), range(4)):
        I, K = integers(8, 9), integers(f, f)
        every = np.array(conv(I, K, 1, p))
        np.testing.assert_array_equal(conv(I, K, s, p), every[::s, ::s])


def test_size_theorem():
    for n, f, s, p in SMALL:
        brute = len(starts(n, f, s, p))
        if f <= n + 2 * p:
            assert (
                brute == math.floor(Fraction(n + 2 * p - f, s)) + 1 == cnn.output_size(n, f, s, p)
            )
        else:
            assert brute == 0
            with pytest.raises(ValueError, match="does not fit"):
                cnn.output_size(n, f, s, p)
    # the chapter's example: the formula alone, and with int() in place of the floor
    assert ((2 - 5) // 4 + 1, int((2 - 5) / 4) + 1) == (0, 1)


def test_the_step_of_the_proof():
    for n, f, s, p in SMALL:
        for x in range(1, 15):
            allowed = (x - 1) * s + f <= n + 2 * p
            assert allowed == (x - 1 <= Fraction(n + 2 * p - f, s))
            assert allowed == (x <= len(starts(n, f, s, p)))


def test_dropped():
    for n, f, s, p in FITS:
        c = counts(n, f, s, p)
        r = (n + 2 * p - f) % s
        assert c.count(0) == r + (len(starts(n, f, s, p)) - 1) * max(0, s - f)
        assert not any(c[n + 2 * p - r :])


def test_valid_same_full():
    for n, f in product(range(1, 12), range(1, 8)):
        if f <= n:
            assert len(starts(n, f, 1, 0)) == n - f + 1
        if f % 2:
            assert len(starts(n, f, 1, (f - 1) // 2)) == n
        assert len(starts(n, f, 1, f - 1)) == n + f - 1
        # full: every place in which the window and the image overlap, and no other
        ends = [(a, a + f - 1) for a in starts(n, f, 1, f - 1)]
        assert all(a <= f - 1 + n and b >= f for a, b in ends)


def test_same_with_a_stride():
    for n, f, s in product(range(1, 30), (1, 3, 5, 7), range(1, 7)):
        size = len(starts(n, f, s, (f - 1) // 2))
        assert size == (n - 1) // s + 1 == math.ceil(Fraction(n, s))
        assert (size == n) == (n == 1 or s == 1)


def test_where_same_ends():
    for n, f, p in product(range(1, 12), (2, 4, 6), range(8)):
        assert len(starts(n, f, 1, p)) != n
    for n, f in product(range(2, 30, 2), (1, 3, 5, 7)):
        p = (f - 1) // 2
        c = counts(n, f, 2, p)
        assert (n + 2 * p - f) % 2 == 1
        assert c[-1] == 0 < c[0]  # read on one side only
    # n = 6, f = 3, s = 2 keeps its size with p = 4 alone, and then reads 75 % zeros
    assert [p for p in range(20) if len(starts(6, 3, 2, p)) == 6] == [4]
    own = sum(counts(6, 3, 2, 4)[4:10])
    assert own**2 / 18**2 == 0.25


def test_rows_that_a_result_reads():
    for n, f, s, p in FITS:
        for x, a in enumerate(starts(n, f, s, p), 1):
            rows = [u - p for u in range(a, a + f)]
            assert rows[0] == (x - 1) * s + 1 - p
            assert rows[-1] == (x - 1) * s + f - p
            if f % 2:
                assert rows[f // 2] == (x - 1) * s + Fraction(f + 1, 2) - p
            assert rows[0] == ((x - 1) * s - p) + 1  # Python's x * s − p, counted from 0


def test_results_that_read_a_row():
    for n, f, s, p in FITS:
        windows = starts(n, f, s, p)
        for u in range(1, n + 1):
            q = u + p
            first = max(0, math.ceil(Fraction(q - f, s))) + 1
            last = min(len(windows) - 1, math.floor(Fraction(q - 1, s))) + 1
            brute = [x for x, a in enumerate(windows, 1) if a <= q < a + f]
            assert list(range(first, last + 1)) == brute
            assert max(0, last - first + 1) == counts(n, f, s, p)[q - 1]


def test_sum_of_all_results():
    for n_H, n_W, f in product((3, 5), (4, 6), (1, 3)):
        I, K = integers(n_H, n_W), integers(f, f)
        wrapped = np.pad(I, (f - 1) // 2, mode="wrap")
        assert np.sum(conv(wrapped, K, 1, 0)) == I.sum() * K.sum()
        assert np.sum(conv(I, K, 1, f - 1)) == I.sum() * K.sum()


def test_only_wrap_shifts_along():
    I = integers(6, 6)

    def result(image, mode):
        return np.array(conv(np.pad(image, 1, mode=mode), filters.SOBEL_X, 1, 0))

    for mode in MODES:
        moved = np.array_equal(result(np.roll(I, 1, 1), mode), np.roll(result(I, mode), 1, 1))
        assert moved == (mode == "wrap")


def test_no_stride_zero():
    assert all(len(starts(6, 3, s, 0)) != 3 for s in range(1, 10))
    assert len(starts(6, 3, 1, 0)) == 4
    with pytest.raises(ValueError, match="stride is 0"):
        cnn.output_size(6, 3, stride=0)
