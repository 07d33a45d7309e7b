"""Every formula that book/4_training/3_backpropagation displays, against brute force.

Each test's docstring has the formula. The oracle is the derivative itself: central differences of
J = Σ dZ·Z with the forward pass written as loops, in float64. `correlate` is the definition.
"""

from __future__ import annotations

import functools
import itertools

import numpy as np
import pytest
from oracles import conv2d as conv2d_loops

import cnnlib as cnn
from cnnlib.gradcheck import numerical_gradient

SETTINGS = [
    (f, s, p, n)
    for f, s, p, n in itertools.product(range(1, 6), range(1, 5), range(3), (1, 3, 6))
    if f <= n + 2 * p
]


def one_to(n):
    return range(1, n + 1)


@functools.cache
def case(f, s, p, n):
    """A with n rows and n + 1 columns, K, dZ, Ã, and dA and dK by differences of the forward."""
    rng = np.random.default_rng([f, s, p, n])
    A, K = rng.normal(size=(n, n + 1)), rng.normal(size=(f, f))

    def forward(A, K):
        return correlate(np.pad(A, p), K)[::s, ::s]

    dZ = rng.normal(size=forward(A, K).shape)
    dA = numerical_gradient(lambda A: float(np.sum(dZ * forward(A, K))), A, 1e-2)
    dK = numerical_gradient(lambda K: float(np.sum(dZ * forward(A, K))), K, 1e-2)
    return A, K, dZ, np.pad(A, p), dA, dK


def dilated(dZ, s):
    """D[(x−1)s+1, (y−1)s+1] = dZ[x, y], and 0 everywhere else."""
    D = np.zeros([(n - 1) * s + 1 for n in dZ.shape])
    for x, y in itertools.product(*map(one_to, dZ.shape)):
        D[(x - 1) * s, (y - 1) * s] = dZ[x - 1, y - 1]
    return D


def correlate(I, K):
    """conv(I, K)[x, y] = Σ K[i, j] · I[x+i−1, y+j−1], with a K that need not be square."""
    shape = [n - k + 1 for n, k in zip(I.shape, K.shape, strict=True)]
    Z = np.zeros(shape)
    for x, y in np.ndindex(*shape):
        Z[x, y] = np.sum(K * I[x : x + K.shape[0], y : y + K.shape[1]])
    return Z


def test_the_chain_rule_of_a_layer():
    """dx[i] = Σ_k dz[k] · ∂z[k]/∂x[i], and J = Σ dz·z has the gradient dz at z."""
    rng = np.random.default_rng(0)
    x, dz, M = rng.normal(size=4), rng.normal(size=3), rng.normal(size=(3, 4))

    def layer(x):
        return np.tanh(M @ x)

    rows = [numerical_gradient(lambda x, k=k: float(layer(x)[k]), x, 1e-5) for k in range(3)]
    by_rule = sum(dz[k] * rows[k] for k in range(3))
    differences = numerical_gradient(lambda x: float(np.sum(dz * layer(x))), x, 1e-5)
    np.testing.assert_allclose(by_rule, differences, rtol=0, atol=1e-8)
    at_z = numerical_gradient(lambda z: float(np.sum(dz * z)), layer(x), 1e-2)
    np.testing.assert_allclose(at_z, dz, rtol=0, atol=1e-12)


def test_dense():
    """dA = dZ·Wᵀ, dW = Aᵀ·dZ, db = Σ_e dZ[e]."""
    rng = np.random.default_rng(1)
    A, W, b, dZ = (rng.normal(size=n) for n in ((5, 4), (4, 3), 3, (5, 3)))

    def J(A, W, b):
        total = 0.0
        for e, j in np.ndindex(5, 3):
            total += dZ[e, j] * (sum(A[e, i] * W[i, j] for i in range(4)) + b[j])
        return total

    for found, slope in (
        (dZ @ W.T, numerical_gradient(lambda X: J(X, W, b), A, 1e-2)),
        (A.T @ dZ, numerical_gradient(lambda X: J(A, X, b), W, 1e-2)),
        (dZ.sum(axis=0), numerical_gradient(lambda X: J(A, W, X), b, 1e-2)),
    ):
        np.testing.assert_allclose(found, slope, rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh"])
def test_activation(name):
    """dZ = dA ⊙ ψ′(Z)."""
    rng = np.random.default_rng(2)
    Z, dA = rng.normal(size=(2, 6, 7))
    psi = {"relu": lambda z: max(z, 0.0), "sigmoid": lambda z: 1 / (1 + np.exp(-z))}
    one = psi.get(name, np.tanh)
    slope = [(one(z + 1e-6) - one(z - 1e-6)) / 2e-6 for z in Z.flat]
    found = getattr(cnn, f"{name}_backward")(dA, Z)
    np.testing.assert_allclose(found, dA * np.reshape(slope, Z.shape), rtol=0, atol=1e-8)


@pytest.mark.parametrize(("f", "s"), [(2, 2), (3, 1), (3, 2)])
def test_pooling(f, s):
    """Max: dA[u, v] = Σ dZ over the windows that it wins; average: Σ dZ / f² over its windows."""
    rng = np.random.default_rng(3)
    A = rng.normal(size=(7, 8))
    n_H, n_W = (7 - f) // s + 1, (8 - f) // s + 1
    dZ = rng.normal(size=(n_H, n_W))
    by_max, by_average = np.zeros(A.shape), np.zeros(A.shape)
    for u, v, x, y in itertools.product(one_to(7), one_to(8), one_to(n_H), one_to(n_W)):
        if 0 <= u - (x - 1) * s - 1 < f and 0 <= v - (y - 1) * s - 1 < f:
            window = A[(x - 1) * s : (x - 1) * s + f, (y - 1) * s : (y - 1) * s + f]
            by_average[u - 1, v - 1] += dZ[x - 1, y - 1] / f**2
            by_max[u - 1, v - 1] += dZ[x - 1, y - 1] * (A[u - 1, v - 1] == window.max())
    arguments = dZ[None, :, :, None], A[None, :, :, None], f, s
    found = cnn.max_pool2d_backward(*arguments)[0, :, :, 0]
    np.testing.assert_allclose(found, by_max, rtol=0, atol=1e-12)
    found = cnn.avg_pool2d_backward(*arguments)[0, :, :, 0]
    np.testing.assert_allclose(found, by_average, rtol=0, atol=1e-12)


def test_on_a_line():
    """z1 = k1·a1 + k2·a2, …: dk and da as displayed; Z = T·a ⟹ da = Tᵀ·dZ."""
    rng = np.random.default_rng(4)
    a1, a2, a3, a4 = a = rng.normal(size=4)
    k1, k2 = k = rng.normal(size=2)
    dz1, dz2, dz3 = dZ = rng.normal(size=3)

    def J(a, k):
        lines = [k[0] * a[0] + k[1] * a[1], k[0] * a[1] + k[1] * a[2], k[0] * a[2] + k[1] * a[3]]
        return float(dZ @ lines)

    dk = [dz1 * a1 + dz2 * a2 + dz3 * a3, dz1 * a2 + dz2 * a3 + dz3 * a4]
    da = [k1 * dz1, k2 * dz1 + k1 * dz2, k2 * dz2 + k1 * dz3, k2 * dz3]
    np.testing.assert_allclose(dk, numerical_gradient(lambda k: J(a, k), k, 1e-2), atol=1e-12)
    np.testing.assert_allclose(da, numerical_gradient(lambda a: J(a, k), a, 1e-2), atol=1e-12)
    T = np.array([[k1, k2, 0, 0], [0, k1, k2, 0], [0, 0, k1, k2]])
    np.testing.assert_allclose(T.T @ dZ, da, atol=1e-12)


@pytest.mark.parametrize(("f", "s", "p", "n"), SETTINGS)
def test_the_sums(f, s, p, n):
    """dK[i,j] = Σ dZ[x,y]·Ã[(x−1)s+i, (y−1)s+j]; dÃ[u,v] = Σ K[i,j]·dZ[x,y], (x−1)s+i = u, …"""
    A, K, dZ, padded, dA, dK = case(f, s, p, n)
    by_sum_K, by_sum_A = np.zeros(K.shape), np.zeros(padded.shape)
    outputs, taps = map(one_to, dZ.shape), itertools.product(one_to(f), one_to(f))
    for (x, y), (i, j) in itertools.product(itertools.product(*outputs), taps):
        u, v = (x - 1) * s + i, (y - 1) * s + j
        by_sum_K[i - 1, j - 1] += dZ[x - 1, y - 1] * padded[u - 1, v - 1]
        by_sum_A[u - 1, v - 1] += K[i - 1, j - 1] * dZ[x - 1, y - 1]
    np.testing.assert_allclose(by_sum_K, dK, rtol=0, atol=1e-8)
    inside = by_sum_A[p : p + A.shape[0], p : p + A.shape[1]]
    np.testing.assert_allclose(inside, dA, rtol=0, atol=1e-8)


@pytest.mark.parametrize(("f", "s", "p", "n"), SETTINGS)
def test_as_convolutions(f, s, p, n):
    """dK = conv(Ã, D), its first f×f; dÃ = conv(E, K flipped); E has (n+2p−f) mod s zeros more."""
    A, K, dZ, padded, dA, dK = case(f, s, p, n)
    D = dilated(dZ, s)
    np.testing.assert_allclose(correlate(padded, D)[:f, :f], dK, rtol=0, atol=1e-8)
    more = [(size - f) % s for size in padded.shape]
    E = np.pad(D, [(f - 1, f - 1 + extra) for extra in more])
    by_conv = correlate(E, K[::-1, ::-1])
    assert by_conv.shape == padded.shape
    inside = by_conv[p : p + A.shape[0], p : p + A.shape[1]]
    np.testing.assert_allclose(inside, dA, rtol=0, atol=1e-8)


@pytest.mark.parametrize(("f", "s", "p"), [*itertools.product((1, 2, 3), (1, 2, 3), (0, 1))])
def test_channels_and_batch(f, s, p):
    """dW = Σ_{e,x,y} dZ·Ã, db = Σ_{e,x,y} dZ, dÃ = Σ_n Σ W·dZ; s = 1: padding f−1−p, swapped."""
    rng = np.random.default_rng([f, s, p])
    A, W, b = rng.normal(size=(2, 4, 5, 2)), rng.normal(size=(f, f, 2, 3)), rng.normal(size=3)
    dZ = rng.normal(size=conv2d_loops(A, W, b, s, p).shape)

    def J(A, W, b):
        return float(np.sum(dZ * conv2d_loops(A, W, b, s, p)))

    padded = np.pad(A, [(0, 0), (p, p), (p, p), (0, 0)])
    d_padded, dW, db = np.zeros(padded.shape), np.zeros(W.shape), np.zeros(3)
    for e, x, y, n in np.ndindex(dZ.shape):
        db[n] += dZ[e, x, y, n]
        for i, j, k in np.ndindex(f, f, 2):
            dW[i, j, k, n] += dZ[e, x, y, n] * padded[e, x * s + i, y * s + j, k]
            d_padded[e, x * s + i, y * s + j, k] += W[i, j, k, n] * dZ[e, x, y, n]
    dA = d_padded[:, p : p + 4, p : p + 5]
    for found, library in zip((dA, dW, db), cnn.conv2d_backward(dZ, A, W, s, p), strict=True):
        np.testing.assert_allclose(found, library, rtol=0, atol=1e-8)
    slope = numerical_gradient(lambda W: J(A, W, b), W, 1e-2)
    np.testing.assert_allclose(dW, slope, rtol=0, atol=1e-8)
    slope = numerical_gradient(lambda b: J(A, W, b), b, 1e-2)
    np.testing.assert_allclose(db, slope, rtol=0, atol=1e-8)
    if s == 1 and p <= f - 1:
        by_conv = cnn.conv2d(dZ, W[::-1, ::-1].swapaxes(2, 3), padding=f - 1 - p)
        np.testing.assert_allclose(by_conv, dA, rtol=0, atol=1e-8)


def test_the_adjoint_identity():
    """⟨dZ, T·V⟩ = ⟨Tᵀ·dZ, V⟩, also with the matrix T written out."""
    rng = np.random.default_rng(5)
    W = rng.normal(size=(2, 2, 2, 3))
    V = rng.normal(size=(1, 4, 5, 2))

    def forward(V):
        return conv2d_loops(V, W, None, 2, 1)

    dZ = rng.normal(size=forward(V).shape)
    T = np.array([forward(e.reshape(V.shape)).ravel() for e in np.eye(V.size)]).T
    dV = cnn.conv2d_backward(dZ, V, W, 2, 1)[0]
    np.testing.assert_allclose(T.T @ dZ.ravel(), dV.ravel(), rtol=0, atol=1e-12)
    assert np.sum(dZ * forward(V)) == pytest.approx(np.sum(dV * V), abs=1e-12)


def test_the_energy_of_the_edges():
    """J = ½ Σ Z² ⟹ dZ = Z."""
    rng = np.random.default_rng(6)
    A, K = rng.normal(size=(5, 6)), rng.normal(size=(3, 3))
    Z = cnn.correlate2d(A, K)
    dA = cnn.conv2d_backward(Z[None, :, :, None], A[None, :, :, None], K[:, :, None, None])[0]
    slope = numerical_gradient(lambda A: float(np.sum(cnn.correlate2d(A, K) ** 2) / 2), A, 1e-3)
    np.testing.assert_allclose(dA[0, :, :, 0], slope, rtol=0, atol=1e-8)


def test_layer_after_layer():
    """da[l−1] = (∂a[l]/∂a[l−1])ᵀ·da[l]: the product of the transposes, the last layer first."""
    rng = np.random.default_rng(7)
    first, second = rng.normal(size=(4, 5)), rng.normal(size=(3, 4))
    x, dz = rng.normal(size=5), rng.normal(size=3)
    back = first.T @ ((1 - np.tanh(first @ x) ** 2) * (second.T @ dz))
    slope = numerical_gradient(lambda x: float(dz @ second @ np.tanh(first @ x)), x, 1e-5)
    np.testing.assert_allclose(back, slope, rtol=0, atol=1e-8)


def test_the_gradient_of_the_cross_entropy():
    """dz[e, j] = 1/m (softmax(z[e])[j] − [j = y[e]])."""
    rng = np.random.default_rng(8)
    Z, y = rng.normal(size=(4, 3)), np.array([0, 2, 1, 2])
    found = np.empty(Z.shape)
    for e, j in np.ndindex(Z.shape):
        found[e, j] = (np.exp(Z[e, j]) / np.exp(Z[e]).sum() - (j == y[e])) / 4

    def J(Z):
        return float(np.mean([np.log(np.exp(z).sum()) - z[c] for z, c in zip(Z, y, strict=True)]))

    np.testing.assert_allclose(found, numerical_gradient(J, Z, 1e-5), rtol=0, atol=1e-8)
    np.testing.assert_allclose(found, cnn.cross_entropy_backward(Z, y), rtol=0, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_error_of_a_central_difference(dtype):
    """|(J(x+ε) − J(x−ε))/2ε − J′| ≲ ε²/6·|J‴| + u/ε·|J|; least near ε = ∛(3u|J|/|J‴|)."""
    u = np.finfo(dtype).eps / 2
    steps = 10.0 ** np.arange(-9 if dtype == np.float64 else -5, 0, 0.25)
    points = np.linspace(0.5, 1.5, 41)
    errors = np.zeros((len(points), len(steps)))
    for (k, x), (i, eps) in itertools.product(enumerate(points), enumerate(steps)):
        high, low = dtype(x + eps), dtype(x - eps)  # J = exp: all its derivatives are J
        slope = (np.exp(high) - np.exp(low)) / (high - low)
        errors[k, i] = abs(float(slope) / np.exp(x) - 1)
        assert errors[k, i] <= 2 * (eps**2 / 6 + 3 * u / eps)
    best = steps[np.argmin(np.median(errors, axis=0))]
    assert np.cbrt(3 * u) / 10 < best < 10 * np.cbrt(3 * u)
