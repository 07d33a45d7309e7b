"""The formulas of chapter 3.3 "Why it works", each against brute force that counts from 1.

| formula | test |
| --- | --- |
| column i of M is conv(e_i, K);  z = M a | test_matrix |
| M[(x, y), (u, v)] = K[u + p − (x−1)s, v + p − (y−1)s] | test_entries |
| s = 1: M depends on u − x and v − y only (doubly block Toeplitz) | test_doubly_blocked |
| weights and multiply-adds of dense, local, convolution | test_counts |
| ∂J/∂a = Mᵀ ∂J/∂z;  ∂J/∂K_t = Σ over its cells of ∂J/∂z_o · a_i | test_gradients |
| conv(T a, K) = T conv(a, K) inside the image, multiples of s only | test_equivariance |
| r ← r + (f − 1) j;  j ← j s | test_receptive_field |
| 1 + 2n; the jump after three strides of 2 is 8 | test_exercises |
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import cnnlib as cnn
from cnnlib.blocks import Sequential
from cnnlib.layers import AvgPool2D, Conv2D, Dense
from cnnlib.receptive import receptive_field

CASES = [(3, 1, 0), (3, 1, 1), (2, 2, 0), (3, 2, 1), (2, 3, 1), (1, 1, 0)]  # f, s, p
cases = pytest.mark.parametrize(("f", "s", "p"), CASES)
n_H, n_W = 5, 6


def upto(n):
    return range(1, n + 1)


def integers(*shape):
    return np.random.default_rng(sum(shape)).integers(-4, 5, shape).astype(float)


def conv(A, K, s, p):
    """Slide K over a batch of grey images (m, n_H, n_W)."""
    return cnn.conv2d(A[..., np.newaxis], K[:, :, np.newaxis, np.newaxis], None, s, p)[..., 0]


def matrix(K, s, p):
    """Column i is what the layer makes of the image that is 1 at pixel i."""
    columns = [conv(e.reshape(1, n_H, n_W), K, s, p).ravel() for e in np.eye(n_H * n_W)]
    return np.stack(columns, axis=1)


@cases
def test_matrix(f, s, p):
    K, a = integers(f, f), integers(n_H, n_W)
    np.testing.assert_array_equal(matrix(K, s, p) @ a.ravel(), conv(a[np.newaxis], K, s, p).ravel())


@cases
def test_entries(f, s, p):
    K = integers(f, f)
    outs = [cnn.output_size(n, f, s, p) for n in (n_H, n_W)]
    M = matrix(K, s, p).reshape(*outs, n_H, n_W)
    for x, y, u, v in product(*map(upto, M.shape)):
        i, j = u + p - (x - 1) * s, v + p - (y - 1) * s
        entry = K[i - 1, j - 1] if i in upto(f) and j in upto(f) else 0
        assert M[x - 1, y - 1, u - 1, v - 1] == entry


@pytest.mark.parametrize(("f", "p"), [(3, 0), (3, 1), (2, 1)])
def test_doubly_blocked(f, p):
    M = matrix(integers(f, f), 1, p).reshape(-1, n_W + 2 * p - f + 1, n_H, n_W)
    seen = {}
    for (x, y, u, v), entry in np.ndenumerate(M):
        assert seen.setdefault((u - x, v - y), entry) == entry
    strided = matrix(1 + np.arange(9.0).reshape(3, 3), 2, 0)
    assert (strided[1:, 1:] != strided[:-1, :-1]).any()  # stride 2: not a Toeplitz matrix


@pytest.mark.parametrize(("f", "n_C_prev", "n_C"), [(1, 1, 1), (3, 2, 3), (2, 3, 2)])
def test_counts(f, n_C_prev, n_C):
    rng = np.random.default_rng(0)
    W = np.arange(1.0, f * f * n_C_prev * n_C + 1).reshape(f, f, n_C_prev, n_C)
    n = n_H * n_W * n_C_prev
    M = cnn.conv2d(np.eye(n).reshape(n, n_H, n_W, n_C_prev), W).reshape(n, -1).T
    outputs = (n_H - f + 1) * (n_W - f + 1) * n_C
    assert M.size == n * outputs == Dense(n, outputs, rng=rng).params["W"].size
    assert np.count_nonzero(M) == f * f * n_C_prev * outputs
    assert len(np.unique(M[M > 0])) == f * f * n_C_prev * n_C
    layer = Conv2D(n_C_prev, n_C, f, rng=rng)
    assert layer.multiply_adds((n_H, n_W, n_C_prev)) == np.count_nonzero(M)
    assert layer.params["W"].size == len(np.unique(M[M > 0]))


@cases
def test_gradients(f, s, p):
    """Of J = Σ dz · z, whose gradient at z is dz: by differences, exact because J is linear."""
    K, a = integers(f, f), integers(n_H, n_W)
    M, taps = matrix(K, s, p), matrix(1 + np.arange(f * f).reshape(f, f), s, p)
    dz = integers(len(M))

    def cost(a, K):
        return dz @ conv(a[np.newaxis], K, s, p).ravel()

    by_a = [cost(a + e.reshape(a.shape), K) - cost(a, K) for e in np.eye(a.size)]
    by_K = [cost(a, K + e.reshape(K.shape)) - cost(a, K) for e in np.eye(K.size)]
    np.testing.assert_array_equal(M.T @ dz, by_a)
    cells = np.outer(dz, a)
    np.testing.assert_array_equal([cells[taps == t].sum() for t in upto(f * f)], by_K)
    shape = [cnn.output_size(n, f, s, p) for n in (n_H, n_W)]
    dA, dW, _ = cnn.conv2d_backward(
        dz.reshape(1, *shape, 1), a.reshape(1, n_H, n_W, 1), K.reshape(f, f, 1, 1), s, p
    )
    np.testing.assert_array_equal(dA.ravel(), by_a)
    np.testing.assert_array_equal(dW.ravel(), by_K)


@pytest.mark.parametrize("s", [1, 2, 3])
def test_equivariance(s):
    K, wide = integers(3, 3), integers(12, 30)
    for d in range(7):
        a, moved = wide[:, 8:26], wide[:, 8 - d : 26 - d]  # (T a)[x, y] = a[x, y − d]
        z, z_moved = (conv(image[np.newaxis], K, s, 0)[0] for image in (a, moved))
        along = [np.array_equal(z_moved[:, k:], z[:, : z.shape[1] - k]) for k in range(4)]
        assert along == [k * s == d for k in range(4)]
    padded = [conv(image[np.newaxis], K, 1, 1)[0] for image in (wide[:, 8:26], wide[:, 7:25])]
    differ = (padded[1][:, 1:] != padded[0][:, :-1]).any(axis=0)
    assert np.flatnonzero(differ).tolist() == [0, 16]  # only at the two borders


@pytest.mark.parametrize(
    "windows",
    [
        [(3, 1)], [(3, 1)] * 3, [(3, 1), (2, 2), (3, 1)], [(5, 2), (3, 1)],
        [(3, 1), (2, 2), (3, 1), (2, 2), (3, 1)], [(1, 1), (3, 3), (2, 1)],
    ],
)  # fmt: skip
def test_receptive_field(windows):
    """The recursion, against the footprint of the gradient of one output."""
    rng, r, j = np.random.default_rng(0), 1, 1
    layers = []
    for f, s in windows:
        r, j = r + (f - 1) * j, j * s
        conv = Conv2D(1, 1, f, s, rng=rng, dtype=np.float64)
        conv.params["W"][...] = 1 + rng.random(conv.params["W"].shape)
        layers.append(AvgPool2D(f, s) if (f, s) == (2, 2) else conv)
    net = Sequential(*layers)
    Z = net.forward(np.ones((1, 40, 41, 1)), training=True)
    dZ = np.zeros(Z.shape)
    dZ[0, Z.shape[1] // 2, Z.shape[2] // 2] = 1
    seen = net.backward(dZ)[0, :, :, 0] > 0
    assert (seen.any(axis=1).sum(), seen.any(axis=0).sum()) == (r, r)
    assert receptive_field(net, (40, 41, 1)) == (r, r)


def test_exercises():
    rng = np.random.default_rng(0)
    same = [Conv2D(1, 1, 3, rng=rng) for _ in range(15)]
    assert receptive_field(Sequential(*same), (40, 40, 1)) == (31, 31)
    ones = [np.ones(3, int)]
    for _ in range(2):
        ones.append(np.convolve(ones[-1], np.ones(3, int)))
    assert ones[-1].tolist() == [1, 3, 6, 7, 6, 3, 1]
    assert 224 * 224 * 3 * 222 * 222 * 64 == 474_791_804_928
    assert 27 * 222 * 222 * 64 == 85_162_752
