"""The formulas of appendix B "How a convolution is computed fast", each against brute force.

| formula | test |
| --- | --- |
| m n_H n_W n_C · f² n_C_prev multiplications | test_count_of_the_definition |
| place(x, y) = x d_H + y d_W; windows have the strides d_H, d_W, d_H, d_W | test_strides |
| Z = P F; P is n_H n_W f² / (n_H_prev n_W_prev) times as large, f² if padded to fit | test_im2col |
| multiplications for each number that travels, im2col and in cache | test_travel |
| r outputs share a row: (f + (r−1)s)/f as many multiplications | test_neighbours |
| rows of P end with 1, the last row of F is b; tiles below each other are P | test_tiles |
| dF = Pᵀ dZ, dP = dZ Fᵀ, added up at its pixels (col2im) | test_backward |
| m₁ … m₄, z₁ = m₁ + m₂ + m₃, z₂ = m₂ − m₃ − m₄ | test_four_products |
| z = Cᵀ[(G k) ⊙ (Bᵀ d)], Z = Cᵀ[(G K Gᵀ) ⊙ (Bᵀ D B)]C; (o + f − 1)² for o² f² | test_winograd |
| M_ab = [Bᵀ D B]_ab [G K Gᵀ]_ab, summed over channels before C | test_winograd_layer |
| ẑ = conj(k̂) â for Σ k_i a_{x+i}; without conj k is flipped; no wrap for x ≤ N − f | test_theorem |
| (N/2) log₂ N complex multiplications; 2N²[T log₂ N + …] for a layer | test_count_of_the_fft |
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

import cnnlib as cnn
from cnnlib import _convolution

B = np.array([[1, 0, 0, 0], [0, 1, -1, 1], [-1, 1, 1, 0], [0, 0, 0, -1]])
G = np.array([[2, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 2]]) / 2
C = np.array([[1, 0], [1, 1], [1, -1], [0, -1]])


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def patches(A, f, s):
    """P and its shape by loops: a row for each window, image by image."""
    m, n_H_prev, n_W_prev, _ = A.shape
    n_H, n_W = (n_H_prev - f) // s + 1, (n_W_prev - f) // s + 1
    rows = [
        A[e, x * s : x * s + f, y * s : y * s + f].ravel()
        for e, x, y in product(range(m), range(n_H), range(n_W))
    ]
    return np.array(rows), (m, n_H, n_W)


def test_count_of_the_definition():
    for m, n, n_C_prev, f, n_C, s in [(1, 5, 1, 3, 1, 1), (2, 6, 3, 2, 4, 2), (1, 7, 2, 3, 2, 3)]:
        n_out, count = (n - f) // s + 1, 0
        for _ in product(range(m), *[range(n_out)] * 2, range(n_C), *[range(f)] * 2):
            count += n_C_prev
        assert count == m * n_out * n_out * n_C * f * f * n_C_prev
        shape = cnn.conv2d(np.ones((m, n, n, n_C_prev)), np.ones((f, f, n_C_prev, n_C)), stride=s)
        assert count == shape.size * f * f * n_C_prev


def test_strides():
    a = np.arange(42, dtype=np.float32).reshape(6, 7)
    d_H, d_W = a.strides
    flat = a.tobytes()
    for s in (1, 2, 3):
        windows = np.lib.stride_tricks.sliding_window_view(a, (3, 3))[::s, ::s]
        assert windows.strides == (s * d_H, s * d_W, d_H, d_W)
        for index in np.ndindex(windows.shape):
            x, y, i, j = index
            place = (x * s + i) * d_H + (y * s + j) * d_W
            assert place == sum(k * d for k, d in zip(index, windows.strides, strict=True))
            (number,) = np.frombuffer(flat, np.float32, 1, place)
            assert windows[index] == number == a[x * s + i, y * s + j]


@pytest.mark.parametrize(("s", "p"), [(1, 0), (1, 1), (2, 1), (3, 0)])
def test_im2col(rng, s, p):
    A = rng.integers(-9, 10, size=(2, 7, 9, 3)).astype(float)
    W = rng.integers(-9, 10, size=(3, 3, 3, 4)).astype(float)
    P, shape = patches(np.pad(A, [(0, 0), (p, p), (p, p), (0, 0)]), 3, s)
    Z = (P @ W.reshape(-1, 4)).reshape(*shape, 4)
    np.testing.assert_array_equal(Z, cnn.conv2d(A, W, stride=s, padding=p))
    assert Fraction(P.size, A.size) == Fraction(shape[1] * shape[2] * 9, 7 * 9)
    assert (P.size == 9 * A.size) == (s == 1 and p == 1)


def test_travel():
    """Numbers counted as lengths of arrays, for images so large that borders do not matter."""
    m, n, f = 1, 10_000, 3
    for n_C_prev, n_C in [(1, 16), (64, 64), (3, 8)]:
        image, Z = m * n * n * n_C_prev, m * (n - f + 1) ** 2 * n_C
        P, work = m * (n - f + 1) ** 2 * f * f * n_C_prev, Z * f * f * n_C_prev
        one = f * f * n_C_prev * n_C
        im2col = one / (n_C_prev + 2 * f * f * n_C_prev + n_C)
        assert work / (image + 2 * P + Z) == pytest.approx(im2col, rel=1e-3)
        assert work / (image + Z) == pytest.approx(one / (n_C_prev + n_C), rel=1e-3)


@pytest.mark.parametrize("s", [1, 2])
def test_neighbours(rng, s):
    f, n_C_prev, n_C = 3, 2, 4
    W, b = rng.normal(size=(f, f, n_C_prev, n_C)), rng.normal(size=n_C)
    for r in (1, 2, 5):
        wide = _convolution.widen(W, b, r, s)
        width = f + (r - 1) * s
        needed = (f * f * n_C_prev) * n_C * r
        assert Fraction((len(wide) - 1) * wide.shape[1], needed) == Fraction(width, f)
        A = rng.normal(size=(1, f, width, n_C_prev))
        outputs = np.append(A.ravel(), 1) @ wide
        np.testing.assert_allclose(outputs, cnn.conv2d(A, W, b, stride=s).ravel(), atol=1e-12)


def test_tiles(rng, monkeypatch):
    A, shape = rng.normal(size=(3, 6, 7, 2)), (3, 3, 2, 4)
    grid = _convolution.Grid(0, 0, 4, 5, 1)
    P, _ = patches(A, 3, 1)
    for size in (1, 1000, 3000, 100_000):  # a patch, some of a row, rows, whole images
        monkeypatch.setattr(_convolution, "TILE_BYTES", size)
        found = [(part, tile.copy()) for part, tile in _convolution.tiles(A, shape, 1, grid)]
        rows = np.concatenate([tile for _, tile in found])
        np.testing.assert_array_equal(rows[:, :-1], P)
        assert (rows[:, -1] == 1).all()
        assert [part.start for part, _ in found[1:]] == [part.stop for part, _ in found[:-1]]


@pytest.mark.parametrize("s", [1, 2, 3])
def test_backward(rng, s):
    A, W = rng.normal(size=(2, 7, 8, 3)), rng.normal(size=(3, 3, 3, 4))
    P, (m, n_H, n_W) = patches(A, 3, s)
    dZ = rng.normal(size=(m, n_H, n_W, 4))
    rows, F = dZ.reshape(-1, 4), W.reshape(-1, 4)
    dA, dW, _ = cnn.conv2d_backward(dZ, A, W, stride=s)
    np.testing.assert_allclose((P.T @ rows).reshape(W.shape), dW, atol=1e-12)
    pixels, _ = patches(np.arange(A.size).reshape(A.shape), 3, s)  # whose copy each entry is
    found = np.zeros(A.size)
    np.add.at(found, pixels, rows @ F.T)
    np.testing.assert_allclose(found.reshape(A.shape), dA, atol=1e-12)


def test_four_products():
    """On the unit vectors: both sides are linear in d and in k."""
    for d, k in product(np.eye(4, dtype=int), np.eye(3, dtype=int)):
        half = Fraction(1, 2)
        m1, m4 = (d[0] - d[2]) * k[0], (d[1] - d[3]) * k[2]
        m2 = (d[1] + d[2]) * (k[0] + k[1] + k[2]) * half
        m3 = (d[2] - d[1]) * (k[0] - k[1] + k[2]) * half
        assert m1 + m2 + m3 == d[:3] @ k
        assert m2 - m3 - m4 == d[1:] @ k
        np.testing.assert_array_equal(C.T @ ((G @ k) * (B.T @ d)), [d[:3] @ k, d[1:] @ k])


def test_winograd():
    for D, K in product(np.eye(16), np.eye(9)):
        D, K = D.reshape(4, 4), K.reshape(3, 3)
        products = (G @ K @ G.T) * (B.T @ D @ B)
        np.testing.assert_array_equal(C.T @ products @ C, cnn.correlate2d(D, K))
    assert products.size == (2 + 3 - 1) ** 2 == 16
    assert 2**2 * 3**2 == 36


def test_winograd_layer(rng):
    A, W = rng.normal(size=(1, 4, 4, 3)), rng.normal(size=(3, 3, 3, 2))
    D = np.stack([B.T @ A[0, :, :, k] @ B for k in range(3)], axis=-1)
    K = np.stack([[G @ W[:, :, k, n] @ G.T for n in range(2)] for k in range(3)])
    M = np.empty((4, 4, 2))
    for a, b in np.ndindex(4, 4):
        M[a, b] = D[a, b] @ K[:, :, a, b]
    Z = np.stack([C.T @ M[:, :, n] @ C for n in range(2)], axis=-1)
    np.testing.assert_allclose(Z, cnn.conv2d(A, W)[0], atol=1e-12)


def test_theorem(rng):
    N, f = 12, 5
    a, k = rng.normal(size=N), np.append(rng.normal(size=f), np.zeros(N - f))
    omega = np.exp(-2j * np.pi / N)
    a_hat, k_hat = (
        [sum(omega ** (u * x) * v[x] for x in range(N)) for u in range(N)] for v in (a, k)
    )
    np.testing.assert_allclose(np.fft.fft(a), a_hat, atol=1e-12)
    z = [sum(k[i] * a[(x + i) % N] for i in range(N)) for x in range(N)]
    np.testing.assert_allclose(np.fft.ifft(np.conj(k_hat) * a_hat).real, z, atol=1e-12)
    np.testing.assert_allclose(z[: N - f + 1], np.correlate(a, k[:f], "valid"), atol=1e-12)
    turned = [sum(k[i] * a[(x - i) % N] for i in range(N)) for x in range(N)]
    np.testing.assert_allclose(np.fft.ifft(np.multiply(k_hat, a_hat)).real, turned, atol=1e-12)
    np.testing.assert_allclose(np.conj(k_hat), np.fft.fft(k[-np.arange(N)]), atol=1e-12)


def fft(a):
    """The transform by halves, and how many complex multiplications it took."""
    N = len(a)
    if N == 1:
        return a, 0
    (even, n_even), (odd, n_odd) = fft(a[::2]), fft(a[1::2])
    twisted = np.exp(-2j * np.pi * np.arange(N // 2) / N) * odd
    return np.concatenate([even + twisted, even - twisted]), n_even + n_odd + N // 2


def test_count_of_the_fft(rng):
    for levels in (1, 3, 6):
        N = 2**levels
        a = rng.normal(size=(N, N)).astype(complex)
        found, count = fft(a[0])
        np.testing.assert_allclose(found, np.fft.fft(a[0]), atol=1e-12)
        assert count == N // 2 * levels
        # rows and columns; half for real numbers; four real ones for each
        assert 2 * N * count // 2 * 4 == 2 * N**2 * levels
    # a layer: transforms of images, filters and outputs, then N²/2 frequencies
    m, n_C_prev, n_C = 2, 3, 5
    transforms = m * n_C_prev + n_C_prev * n_C + m * n_C
    frequencies = m * n_C_prev * n_C * 4 * N**2 // 2
    assert transforms * 2 * N**2 * levels + frequencies == 2 * N**2 * (
        transforms * levels + m * n_C_prev * n_C
    )
