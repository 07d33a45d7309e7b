"""The formulas displayed in section 4.2, "The learning algorithm", each against brute force.

L = −log p_y,  p_c = e^z_c / Σ e^z_k → test_the_loss_of_one_example
J = 1/m Σ L → test_the_cost_is_the_mean_of_the_losses
∂L/∂z_c = p_c − [c = y] → test_the_gradient_at_the_logits
θ := θ − η ∇J → test_a_small_step_lowers_the_cost_by_the_squared_gradient
J_B = 1/|B| Σ L, and the mean of ∇J_B is ∇J → test_the_batches_of_an_epoch_average_to_the_gradient
N ⌈m/|B|⌉ steps → test_the_number_of_steps
E‖∇J_B − ∇J‖² = 1/|B| E‖∇L_i − ∇J‖² → test_a_batch_is_as_far_from_the_gradient_as_its_size_says
E z² = n Var(W) mean(a²), ReLU keeps half → test_the_mean_square_of_a_layer
the power (n Var(W)/2)^L → test_the_power_of_twenty_layers
Var W = 2/fan_in, fan_in = f² n_C_prev → test_he_draws_with_two_over_fan_in
SGD, Momentum, Adam → test_the_rules_entry_by_entry
v → 1/(1 − μ); the first step of Adam is η → test_the_limits_of_momentum_and_adam
equal weights stay equal → test_equal_filters_stay_equal
sum = |B| · mean → test_the_gradient_of_the_sum
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import cnnlib as cnn
from cnnlib import init
from cnnlib.blocks import Sequential
from cnnlib.gradcheck import numerical_gradient
from cnnlib.layers import Conv2D, Dense, Flatten, MaxPool2D, ReLU
from cnnlib.optim import SGD, Adam, Momentum
from cnnlib.train import fit

RNG = np.random.default_rng(0)
Z, Y = RNG.normal(size=(7, 4)), RNG.integers(0, 4, 7)


def loss(z, y):
    """−log of the probability of the right class, with plain floats."""
    powers = [math.exp(x) for x in z]
    return -math.log(powers[y] / sum(powers))


def test_the_loss_of_one_example():
    for z, y in zip(Z, Y, strict=True):
        assert cnn.cross_entropy(z[None], [y]) == pytest.approx(loss(z, y), rel=1e-12)
        assert -math.log(cnn.softmax(z[None])[0, y]) == pytest.approx(loss(z, y), rel=1e-12)


def test_the_cost_is_the_mean_of_the_losses():
    mean = sum(loss(z, y) for z, y in zip(Z, Y, strict=True)) / 7
    assert cnn.cross_entropy(Z, Y) == pytest.approx(mean, rel=1e-12)


def test_the_gradient_at_the_logits():
    for z, y in zip(Z, Y, strict=True):
        p = np.exp(z) / np.exp(z).sum()
        expected = [p[c] - (c == y) for c in range(4)]
        np.testing.assert_allclose(
            cnn.cross_entropy_backward(z[None], [y])[0], expected, rtol=1e-12
        )
        slopes = numerical_gradient(lambda t, y=y: loss(t, y), z.copy())
        np.testing.assert_allclose(slopes, expected, atol=1e-8)


def network(rng):
    layers = (
        Conv2D(1, 3, 3, padding=1, rng=rng), MaxPool2D(2), ReLU(), Flatten(), Dense(12, 4, rng=rng),
    )  # fmt: skip
    return Sequential(*layers).astype(np.float64)


def gradient(model, X, y):
    J = cnn.cross_entropy(A := model.forward(X, training=True), y)
    model.backward(cnn.cross_entropy_backward(A, y))
    return J, np.concatenate([g.ravel() for g in model.grads.values()])


def test_a_small_step_lowers_the_cost_by_the_squared_gradient():
    """J(θ − η∇J) = J(θ) − η‖∇J‖² + O(η²)."""
    model, X = network(np.random.default_rng(1)), RNG.normal(size=(8, 4, 4, 1))
    y = RNG.integers(0, 4, 8)
    before, g = gradient(model, X, y)
    eta = 1e-6
    SGD(eta).step(model.params, model.grads)
    after, _ = gradient(model, X, y)
    assert (before - after) / eta == pytest.approx(g @ g, rel=1e-3)


def test_the_batches_of_an_epoch_average_to_the_gradient():
    model, X = network(np.random.default_rng(1)), RNG.normal(size=(12, 4, 4, 1))
    y = RNG.integers(0, 4, 12)
    order = RNG.permutation(12)
    parts = [gradient(model, X[B], y[B]) for B in (order[:4], order[4:8], order[8:])]
    J, g = gradient(model, X, y)
    assert np.mean([part[0] for part in parts]) == pytest.approx(J, rel=1e-12)
    np.testing.assert_allclose(np.mean([p[1] for p in parts], axis=0), g, atol=1e-14)


def test_the_number_of_steps():
    for m, B, N in [(1200, 64, 5), (7, 3, 2), (6, 3, 4), (5, 8, 3)]:
        optimizer, rng = SGD(0.1), np.random.default_rng(0)
        model, X = network(rng), rng.normal(size=(m, 4, 4, 1))
        how = {"optimizer": optimizer, "epochs": N, "batch_size": B, "rng": rng, "progress": False}
        fit(model, (X, rng.integers(0, 4, m)), **how)
        counted = sum(1 for _ in range(N) for _ in range(0, m, B))
        assert optimizer.steps == N * math.ceil(m / B) == counted


def test_a_batch_is_as_far_from_the_gradient_as_its_size_says():
    """Exactly: over every batch of 1, 2 and 3 that can be drawn from five examples."""
    each = RNG.normal(size=(5, 3))  # the gradients of the losses
    mean = each.mean(axis=0)
    alone = np.mean([np.sum((g - mean) ** 2) for g in each])
    for B in (1, 2, 3):
        drawn = [each[list(rows)].mean(axis=0) for rows in itertools.product(range(5), repeat=B)]
        far = np.mean([np.sum((g - mean) ** 2) for g in drawn])
        assert far == pytest.approx(alone / B, rel=1e-12)


def test_the_mean_square_of_a_layer():
    """Exactly: over every W of ±σ, for which z is as often above 0 as below."""
    a, sigma = RNG.normal(size=6), 0.7
    z = np.array([sigma * np.dot(w, a) for w in itertools.product((-1, 1), repeat=6)])
    expected = 6 * sigma**2 * np.mean(a**2)
    assert np.mean(z**2) == pytest.approx(expected, rel=1e-12)
    assert np.mean(np.maximum(0, z) ** 2) == pytest.approx(expected / 2, rel=1e-12)


@pytest.mark.parametrize("c", [1, 2, 4])
def test_the_power_of_twenty_layers(c):
    rng, n = np.random.default_rng(c), 512
    a = rng.standard_normal((50, n))
    first = np.mean(a**2)
    for _ in range(20):
        a = np.maximum(0, a @ rng.normal(0, np.sqrt(c / n), (n, n)))
    assert np.mean(a**2) / first == pytest.approx((c / 2) ** 20, rel=0.9)


def test_he_draws_with_two_over_fan_in():
    for f, n_C_prev in [(3, 32), (5, 24), (1, 200)]:
        inputs = sum(1 for _ in np.ndindex(f, f, n_C_prev))  # of one output
        W = init.he_normal((f, f, n_C_prev, 100), np.random.default_rng(0))
        assert W.var() * inputs == pytest.approx(2, rel=0.05)
        assert abs(W.mean()) < 0.05 * W.std()


def test_the_rules_entry_by_entry():
    mu, b1, b2, eps, eta = 0.9, 0.9, 0.999, 1e-8, 0.1
    gs = RNG.normal(size=(25, 3))
    rules = {SGD: [], Momentum: [], Adam: []}
    for k in range(3):  # each entry on its own, with plain floats
        theta, v = dict.fromkeys(rules, 1.0), 0.0
        m = s = 0.0
        for t, g in enumerate(gs[:, k].tolist(), 1):
            theta[SGD] -= eta * g
            v = mu * v + g
            theta[Momentum] -= eta * v
            m, s = b1 * m + (1 - b1) * g, b2 * s + (1 - b2) * g * g
            theta[Adam] -= eta * (m / (1 - b1**t)) / (math.sqrt(s / (1 - b2**t)) + eps)
        for rule, ends in rules.items():
            ends.append(theta[rule])
    for rule, ends in rules.items():
        params, optimizer = {"w": np.ones(3)}, rule(eta)
        for g in gs:
            optimizer.step(params, {"w": g})
        np.testing.assert_allclose(params["w"], ends, rtol=1e-10)


def test_the_limits_of_momentum_and_adam():
    for mu in (0.5, 0.9):
        params, optimizer = {"w": np.zeros(1)}, Momentum(1.0, momentum=mu)
        for _ in range(300):
            before = params["w"].copy()
            optimizer.step(params, {"w": np.array([-1.0])})
        assert (params["w"] - before).item() == pytest.approx(1 / (1 - mu), rel=1e-9)
    for g in (1000.0, 0.001, -3.0):
        params = {"w": np.zeros(1)}
        Adam(0.1).step(params, {"w": np.array([g])})
        assert params["w"].item() == pytest.approx(-0.1 * np.sign(g), rel=1e-4)


def test_equal_filters_stay_equal():
    """Whatever the data; and with zeros only the last bias moves."""
    rng = np.random.default_rng(2)
    X, y = rng.random((40, 4, 4, 1)), rng.integers(0, 4, 40)
    for value in (0.05, 0.0):
        model = network(rng)
        for name, array in model.params.items():
            array[...] = value if name.endswith("W") else 0
        start = {name: array.copy() for name, array in model.params.items()}
        how = {"optimizer": SGD(0.1), "epochs": 5, "batch_size": 8, "progress": False}
        fit(model, (X, y), rng=rng, **how)
        assert np.ptp(model.params["0.W"], axis=-1).max() < 1e-9
        moved = {n for n, a in model.params.items() if not np.allclose(a, start[n], atol=1e-12)}
        assert moved == ({"4.b"} if value == 0 else set(start))


def test_the_gradient_of_the_sum():
    total = numerical_gradient(
        lambda t: sum(loss(z, y) for z, y in zip(t, Y, strict=True)), Z.copy()
    )
    np.testing.assert_allclose(total, len(Z) * cnn.cross_entropy_backward(Z, Y), atol=1e-7)
