"""The formulas of appendix A, each against brute force that counts from 1 as it does.

| formula | test |
| --- | --- |
| (A W₁ + b₁) W₂ + b₂ = A (W₁ W₂) + (b₁ W₂ + b₂), of rank ≤ k | test_two_layers_are_one |
| h = (max(0, x₁ + x₂), max(0, x₁ + x₂ − 1)), y = h₁ − 2 h₂ | test_exclusive_or |
| σ′ = σ (1 − σ) ≤ ¼, tanh′ = 1 − tanh² ≤ 1, ReLU′, leaky ReLU′ | test_slopes |
| tanh z = 2 σ(2z) − 1; σ′(z) ≈ e^−z for large z | test_relatives_and_tails |
| differences at the corner: ½ and (1 + α)/2 | test_the_corner |
| dW[i, j] = a[i] dz[j]: one sign for each j where all a > 0 | test_one_sign_for_each_unit |
| p[i] = e^z[i] / Σ e^z[k];  ∂p[i]/∂z[j] = p[i] ([i = j] − p[j]) | test_softmax_and_its_matrix |
| dz[j] = p[j] (dp[j] − Σ dp[i] p[i]) | test_softmax_backward |
| with two classes p₁ = σ(z₁ − z₂) | test_two_classes |
| a shift changes nothing; after −max the sum is from 1 to n | test_shift |
| log p[i] = z[i] − c − log Σ e^(z[k] − c) | test_log_softmax |
| dz = p − y, for q in place of y too; of a mean, divided by m | test_what_is_predicted_less… |
| squared error: 2 (a − y) a (1 − a); cross-entropy: a − y | test_squared_error_and_entropy |
| Z[e, j] = Σ A[e, i] W[i, j] + b[j], and its dW, db, dA | test_fully_connected |
| the network: dZ₂ = (p − y)/m, dA₁ = dZ₂ W₂ᵀ, dZ₁ = dA₁ (1 − A₁²) | test_the_network |
| softplus′ = σ;  (z σ)′ = σ + z σ (1 − σ) | test_softplus_and_silu |
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from itertools import product
from math import cosh, exp, log, tanh

import numpy as np
import pytest

import cnnlib as cnn
from cnnlib.gradcheck import numerical_gradient

PLACES = [-30.0, -5.0, -1.3, -0.2, 0.4, 1.0, 3.0, 12.0]


def upto(n):
    return range(1, n + 1)


def random(*shape):
    return np.random.default_rng(sum(shape)).normal(size=shape)


def sigma(z):
    return 1 / (1 + exp(-z))


def derivative(f, z, h=1e-5):
    """Central differences with the error of h² taken out (Richardson)."""
    slopes = [(f(z + e) - f(z - e)) / (2 * e) for e in (h, 2 * h)]
    return (4 * slopes[0] - slopes[1]) / 3


@pytest.mark.parametrize("k", [1, 2, 5])
def test_two_layers_are_one(k):
    A, W1, b1, W2, b2 = random(6, 4), random(4, k), random(k), random(k, 3), random(3)
    two = cnn.dense(cnn.dense(A, W1, b1), W2, b2)
    for e, j in product(upto(6), upto(3)):
        total = b2[j - 1]
        for c in upto(k):
            inner = b1[c - 1] + sum(A[e - 1, i - 1] * W1[i - 1, c - 1] for i in upto(4))
            total += inner * W2[c - 1, j - 1]
        assert np.isclose(two[e - 1, j - 1], total)
    assert np.allclose(two, cnn.dense(A, W1 @ W2, b1 @ W2 + b2))
    assert np.linalg.matrix_rank(W1 @ W2) == min(k, 3)


def test_exclusive_or():
    for x1, x2 in product((0, 1), repeat=2):
        h1, h2 = max(0, x1 + x2), max(0, x1 + x2 - 1)
        assert h1 - 2 * h2 == (x1 != x2)
    cases = np.array([[x1, x2, 1] for x1, x2 in product((0, 1), repeat=2)])
    fitted = np.linalg.lstsq(cases, np.array([0, 1, 1, 0]), rcond=None)[0]
    assert np.allclose(cases @ fitted, 1 / 2)


@pytest.mark.parametrize("z", PLACES)
def test_slopes(z):
    alpha = 0.1
    one = np.ones(1)
    for f, by_formula, most, library in [
        (sigma, sigma(z) * (1 - sigma(z)), 1 / 4, cnn.sigmoid_backward(one, [z])),
        (tanh, 1 - tanh(z) ** 2, 1, cnn.tanh_backward(one, [z])),
        (lambda z: max(0.0, z), 1.0 if z > 0 else 0.0, 1, cnn.relu_backward(one, [z])),
        (
            lambda z: max(alpha * z, z),
            1.0 if z > 0 else alpha,
            1,
            cnn.leaky_relu_backward(one, [z], alpha),
        ),
    ]:
        assert abs(by_formula - derivative(f, z)) <= 1e-8
        assert abs(by_formula - library[0]) <= 1e-12
        assert by_formula <= most
    assert np.isclose(1 - tanh(z) ** 2, 1 / cosh(z) ** 2, atol=1e-12)


def test_relatives_and_tails():
    for z in PLACES:
        assert np.isclose(tanh(z), 2 * sigma(2 * z) - 1)
    assert np.isclose(cnn.sigmoid_backward([1.0], [10.0])[0], exp(-10), rtol=1e-4)
    assert np.isclose(sigma(log(3)), 3 / 4)
    assert np.isclose(tanh(log(3)), 4 / 5)


def test_the_corner():
    h = 2.0**-20  # exact
    for alpha in (0.0, 0.125, 0.5):
        sides = cnn.leaky_relu([h, -h], alpha)
        assert (sides[0] - sides[1]) / (2 * h) == (1 + alpha) / 2
    assert cnn.relu_backward([1.0], [0.0]) == 0


def test_one_sign_for_each_unit():
    dz = random(1, 5)
    dW = cnn.dense_backward(dz, cnn.sigmoid(random(1, 7)), random(7, 5))[1]
    assert np.array_equal(np.sign(dW), np.repeat(np.sign(dz), 7, axis=0))


def test_softmax_and_its_matrix():
    z = random(5)
    p = [exp(z[i - 1]) / sum(exp(z[k - 1]) for k in upto(5)) for i in upto(5)]
    assert np.allclose(p, cnn.softmax(z))
    for i, j in product(upto(5), repeat=2):
        entry = p[i - 1] * ((i == j) - p[j - 1])
        unit = np.eye(5)[j - 1]
        slope = derivative(lambda t, i=i, unit=unit: cnn.softmax(z + t * unit)[i - 1], 0.0)
        assert abs(entry - slope) <= 1e-8
    sixteenths = [[3, -2, -1], [-2, 4, -2], [-1, -2, 3]]  # e^z = (1, 2, 1)
    p = np.array([1, 2, 1]) / 4
    assert np.array_equal(16 * (np.diag(p) - np.outer(p, p)), sixteenths)


def test_softmax_backward():
    z, dp = random(5), random(5)[::-1]
    p = cnn.softmax(z)
    by_formula = [p[j] * (dp[j] - sum(dp[i] * p[i] for i in range(5))) for j in range(5)]
    by_matrix = [sum(dp[i] * p[i] * ((i == j) - p[j]) for i in range(5)) for j in range(5)]
    assert np.allclose(by_formula, by_matrix)
    assert np.allclose(by_formula, cnn.softmax_backward(dp, z))


def test_two_classes():
    for z1, z2 in [(3.0, 1.0), (-2.0, 0.5), (0.0, 0.0)]:
        assert np.isclose(cnn.softmax([z1, z2])[0], sigma(z1 - z2))


def test_shift():
    z = random(6) * 5
    for c in (-700.0, 3.0, 700.0):
        assert np.allclose(cnn.softmax(z - c), cnn.softmax(z), rtol=1e-9)
    total = sum(exp(v - max(z)) for v in z)
    assert 1 <= total <= 6
    assert np.allclose(cnn.softmax([1000.0, 1000 + log(3)]), [1 / 4, 3 / 4])


@pytest.mark.parametrize("z", [[0.0, -800.0], [1.0, 2.0, 3.0], [1000.0, 0.0, 999.0]])
def test_log_softmax(z):
    """With 500 digits nothing overflows and nothing underflows."""
    with localcontext(prec=500):
        powers = [Decimal(v).exp() for v in z]
        exact = [float((power / sum(powers)).ln()) for power in powers]
    by_formula = [v - max(z) - log(sum(exp(k - max(z)) for k in z)) for v in z]
    assert np.allclose(by_formula, exact, rtol=1e-14, atol=1e-300)
    assert np.allclose(cnn.log_softmax(z), exact, rtol=1e-14, atol=1e-300)


def test_what_is_predicted_less_what_is_right():
    Z, y = random(4, 3), np.array([2, 0, 1, 1])

    def cost(Z):
        total = 0.0
        for z, label in zip(Z, y, strict=True):
            total -= log(exp(z[label]) / sum(exp(v) for v in z))
        return total / 4

    found = (cnn.softmax(Z) - np.eye(3)[y]) / 4
    assert np.allclose(found, numerical_gradient(cost, Z), atol=1e-8)
    assert np.allclose(found, cnn.cross_entropy_backward(Z, y))
    q = np.array([0.2, 0.5, 0.3])
    loss = lambda z: -sum(q[i] * log(exp(z[i]) / sum(map(exp, z))) for i in range(3))  # noqa: E731
    assert np.allclose(cnn.softmax(Z[0]) - q, numerical_gradient(loss, Z[0]), atol=1e-8)


@pytest.mark.parametrize("z", [-10.0, -1.0, 0.0, 2.0])
@pytest.mark.parametrize("y", [0, 1])
def test_squared_error_and_entropy(z, y):
    a = sigma(z)
    assert abs(derivative(lambda z: (sigma(z) - y) ** 2, z) - 2 * (a - y) * a * (1 - a)) <= 1e-8
    entropy = lambda z: -y * log(sigma(z)) - (1 - y) * log(sigma(-z))  # noqa: E731
    assert abs(derivative(entropy, z) - (a - y)) <= 1e-8


def test_fully_connected():
    A, W, b, dZ = random(5, 4), random(4, 3), random(3), random(5, 3)
    Z, (dA, dW, db) = cnn.dense(A, W, b), cnn.dense_backward(dZ, A, W)
    for e, i, j in product(upto(5), upto(4), upto(3)):
        terms = [A[e - 1, k - 1] * W[k - 1, j - 1] for k in upto(4)]
        assert np.isclose(Z[e - 1, j - 1], sum(terms) + b[j - 1])
        by_examples = [A[k - 1, i - 1] * dZ[k - 1, j - 1] for k in upto(5)]
        assert np.isclose(dW[i - 1, j - 1], sum(by_examples))
        assert np.isclose(db[j - 1], sum(dZ[k - 1, j - 1] for k in upto(5)))
        by_outputs = [dZ[e - 1, k - 1] * W[i - 1, k - 1] for k in upto(3)]
        assert np.isclose(dA[e - 1, i - 1], sum(by_outputs))


def test_the_network():
    X, y = random(6, 4), np.array([0, 2, 1, 1, 0, 2])
    W1, b1, W2, b2 = random(4, 5), random(5), random(5, 3), random(3)

    def cost(W1, b1, W2, b2):
        return cnn.cross_entropy(cnn.dense(np.tanh(cnn.dense(X, W1, b1)), W2, b2), y)

    A1 = np.tanh(X @ W1 + b1)
    dZ2 = (cnn.softmax(A1 @ W2 + b2) - np.eye(3)[y]) / 6
    dZ1 = dZ2 @ W2.T * (1 - A1**2)
    theta = [W1, b1, W2, b2]
    for k, found in enumerate([X.T @ dZ1, dZ1.sum(axis=0), A1.T @ dZ2, dZ2.sum(axis=0)]):
        J = lambda x, k=k: cost(*theta[:k], x, *theta[k + 1 :])  # noqa: E731
        assert np.allclose(found, numerical_gradient(J, theta[k]), atol=1e-8)


@pytest.mark.parametrize("z", [-5.0, -1.28, 0.0, 0.7, 5.0])
def test_softplus_and_silu(z):
    s = sigma(z)
    assert abs(derivative(lambda z: log(1 + exp(z)), z) - s) <= 1e-8
    assert abs(derivative(lambda z: z * sigma(z), z) - (s + z * s * (1 - s))) <= 1e-8
