"""The formulas of appendix F "Training beyond one core", each against brute force.

| formula | test |
| --- | --- |
| ∇J_B = Σ (m_w/m) ∇J_{S_w}; the plain mean only for equal shards | test_mean_of_shards |
| θ ← θ − η g is the mean of the workers' own steps (SGD, momentum; not Adam) | test_mean_of_steps |
| μ = Σ (m_w/m) μ_w, σ² = Σ (m_w/m)(σ_w² + μ_w²) − μ² | test_statistics_of_shards |
| θ_{t+1} = θ_t − c θ_{t−τ} goes to 0 exactly for 0 < c < 2 sin(π/(4τ + 2)) | test_delay |
| 2(W − 1) βP/W bytes from each worker of a ring | test_ring |
| T_W = T_1/W + 2(W − 1)(βP/(Wv) + ℓ); two workers pay while βP < v T_1/2 | test_time_of_a_step |
| multiply-adds for each weight and image: n_H n_W in CONV, 1 in FC | test_work_per_weight |
| k steps of η and one of kη on the union are apart by O(η²) | test_linear_scaling |
"""

from __future__ import annotations

import numpy as np
import pytest

import cnnlib as cnn
from cnnlib.layers import Conv2D, Dense
from cnnlib.optim import SGD, Adam, Momentum


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def gradient(theta, X, y):
    return X.T @ cnn.cross_entropy_backward(X @ theta, y)


def test_mean_of_shards(rng):
    theta, X, y = rng.normal(size=(5, 3)), rng.normal(size=(12, 5)), rng.integers(3, size=12)
    each = sum(gradient(theta, X[e : e + 1], y[e : e + 1]) for e in range(12)) / 12
    for cuts, equal in (([4, 8], True), ([1, 5], False)):
        S = list(zip(np.split(X, cuts), np.split(y, cuts), strict=True))
        weighted = sum(len(b) / 12 * gradient(theta, a, b) for a, b in S)
        plain = sum(gradient(theta, a, b) for a, b in S) / 3
        np.testing.assert_allclose(weighted, each, rtol=0, atol=1e-14)
        assert np.allclose(plain, each) == equal


@pytest.mark.parametrize(
    ("rule", "same"), [(SGD(0.1), True), (Momentum(0.1), True), (Adam(0.1), False)], ids=repr
)
def test_mean_of_steps(rng, rule, same):
    made = type(rule)
    own, theta = [made(0.1), made(0.1)], {"w": np.ones(3)}
    copies = [{"w": np.ones(3)}, {"w": np.ones(3)}]
    for g in rng.normal(size=(4, 2, 3)):
        rule.step(theta, {"w": g.mean(axis=0)})
        for worker, copy, part in zip(own, copies, g, strict=True):
            worker.step(copy, {"w": part})
        average = (copies[0]["w"] + copies[1]["w"]) / 2
        for copy in copies:
            copy["w"][...] = average
    assert np.allclose(average, theta["w"], rtol=0, atol=1e-12) == same


def test_statistics_of_shards(rng):
    values = rng.normal(3, 2, size=20)
    shards = np.split(values, [3, 11])
    shares = [len(S) / 20 for S in shards]
    mean = sum(values) / 20
    variance = sum((v - mean) ** 2 for v in values) / 20
    mu = sum(c * S.mean() for c, S in zip(shares, shards, strict=True))
    squares = sum(c * (S.var() + S.mean() ** 2) for c, S in zip(shares, shards, strict=True))
    assert mu == pytest.approx(mean, abs=1e-12)
    assert squares - mu**2 == pytest.approx(variance, abs=1e-12)


@pytest.mark.parametrize("tau", range(6))
def test_delay(tau):
    """By the largest root of r^(τ+1) − r^τ + c = 0."""
    limit = 2 * np.sin(np.pi / (4 * tau + 2))
    for c in limit * np.array([0.01, 0.5, 0.99, 1.01, 1.5, 3]):
        roots = np.roots([1, -1, *[0] * (tau - 1), c] if tau else [1, c - 1])
        assert (abs(roots).max() < 1) == (c < limit)
    assert limit == pytest.approx(np.pi / (2 * tau + 1), rel=0.6)  # π/(2τ + 1) for many


def ring(arrays):
    """Each worker's list of pieces; counts what worker 0 sends."""
    W, sent = len(arrays), 0
    have = [np.array_split(a.copy(), W) for a in arrays]
    for turn in range(W - 1):
        moving = [(w, (w - turn) % W, have[w][(w - turn) % W].copy()) for w in range(W)]
        for w, piece, values in moving:
            have[(w + 1) % W][piece] += values
        sent += moving[0][2].nbytes
    for turn in range(W - 1):
        moving = [(w, (w + 1 - turn) % W, have[w][(w + 1 - turn) % W].copy()) for w in range(W)]
        for w, piece, values in moving:
            have[(w + 1) % W][piece][...] = values
        sent += moving[0][2].nbytes
    return [np.concatenate(pieces) for pieces in have], sent


@pytest.mark.parametrize("W", [1, 2, 3, 7])
def test_ring(rng, W):
    P = 420  # divisible by all of them
    arrays = rng.integers(-9, 10, size=(W, P)).astype(np.float32)
    sums, sent = ring(arrays)
    for found in sums:
        np.testing.assert_array_equal(found, arrays.sum(axis=0))
    assert sent == 2 * (W - 1) * 4 * P / W
    assert sent < 2 * 4 * P


def test_time_of_a_step():
    T_1, v, beta, P = 0.2, 1e8, 4, 1_000_000

    def T(W, P=P, delay=0.0):
        """Message after message, as the ring sends them."""
        return T_1 / W + sum(beta * P / W / v + delay for _ in range(2 * (W - 1)))

    for W in (1, 2, 8):
        formula = T_1 / W + 2 * (W - 1) * (beta * P / (W * v) + 1e-3)
        assert T(W, delay=1e-3) == pytest.approx(formula)
    edge = v * T_1 / 2 / beta
    assert T(2, P=0.99 * edge) < T_1 < T(2, P=1.01 * edge)


def test_work_per_weight(rng):
    conv, fc = Conv2D(3, 8, 5, rng=rng), Dense(60, 10, rng=rng)
    n_H, n_W, _ = conv.output_shape((12, 9, 3))
    assert conv.multiply_adds((12, 9, 3)) == n_H * n_W * conv.params["W"].size
    assert fc.multiply_adds((60,)) == fc.params["W"].size


def test_linear_scaling(rng):
    X, y = rng.normal(size=(4, 16, 5)), rng.integers(3, size=(4, 16))
    start, k = rng.normal(size=(5, 3)), 4

    def apart(rate):
        small = start.copy()
        for a, b in zip(X, y, strict=True):
            small = small - rate * gradient(small, a, b)
        large = start - k * rate * gradient(start, X.reshape(-1, 5), y.ravel())
        return np.linalg.norm(small - large)

    rates = [1e-2, 1e-3, 1e-4]
    found = [apart(rate) / rate**2 for rate in rates]
    np.testing.assert_allclose(found, found[-1], rtol=0.05)
