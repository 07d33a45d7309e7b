"""The formulas displayed in section 5.2, "Inception", each against brute force.

Z[x, y] = (Z(1)[x, y], …, Z(B)[x, y]),  n_C = Σ n_C(b) → test_each_place_holds_the_branches_in_order
n + 2p − f + 1 = n ⟺ p = (f − 1)/2 → test_the_size_stays_only_for_half_of_f_minus_one
n_H n_W (n_C_prev r + f² r n_C), r/(f² n_C) + r/n_C_prev → test_the_cost_of_a_reduction
128,049,152 and 308,281,344 of block 3a → test_block_3a; tests/test_published_counts.py
K[i, j, c, n] = Σ U[c, q] V[i, j, q, n], rank ≤ r → test_a_reduction_is_a_kernel_of_low_rank
UᵀΔ = 0: the output stays, also with ReLU → the same
dZ = (dZ(1), …, dZ(B)),  dA = Σ dA(b) → test_split_and_sum
Σ_k Z W = Σ_b Σ_k Z(b) W(b) → test_a_1x1_behind_a_concatenation_is_a_sum
"""

from __future__ import annotations

import numpy as np
import pytest

import cnnlib as cnn
from cnnlib.blocks import Concat, Sequential
from cnnlib.gradcheck import numerical_gradient
from cnnlib.layers import Conv2D, MaxPool2D, ReLU
from cnnlib.models import inception_block

RNG = np.random.default_rng


def correlate(A, W, p):
    """CONV with s = 1 by loops, without bias; and how many products it took."""
    f, _, _, n_C = W.shape
    padded = np.pad(A, ((p, p), (p, p), (0, 0)))
    Z = np.zeros((A.shape[0] + 2 * p - f + 1, A.shape[1] + 2 * p - f + 1, n_C))
    count = 0
    for x, y, n in np.ndindex(Z.shape):
        for i, j, k in np.ndindex(W.shape[:3]):
            Z[x, y, n] += padded[x + i, y + j, k] * W[i, j, k, n]
            count += 1
    return Z, count


def pool(A, f, p):
    """Max pooling with s = 1 by loops; what is outside of the image is not looked at."""
    n_H, n_W, n_C = A.shape
    Z = np.zeros((n_H + 2 * p - f + 1, n_W + 2 * p - f + 1, n_C))
    for x, y, k in np.ndindex(Z.shape):
        rows = range(max(0, x - p), min(n_H, x - p + f))
        columns = range(max(0, y - p), min(n_W, y - p + f))
        Z[x, y, k] = max(A[i, j, k] for i in rows for j in columns)
    return Z


def test_each_place_holds_the_branches_in_order():
    """Z[x, y] = (Z(1)[x, y], …, Z(4)[x, y]), each branch by loops."""
    block = inception_block(3, 2, (2, 4), (1, 3), 2, rng=RNG(0)).astype(np.float64)
    A = RNG(1).normal(size=(5, 6, 3))

    def conv(A, layer, p=0):
        W, b = layer.params["W"], layer.params["b"]
        b[...] = RNG(W.size).normal(size=b.size)
        return np.maximum(0, correlate(A, W, p)[0] + b)

    (c1, _), (r3, _, c3, _), (r5, _, c5, _), (_, proj, _) = block.branches
    ends = conv(A, c1), conv(conv(A, r3), c3, 1), conv(conv(A, r5), c5, 2)
    ends = *ends, conv(pool(A, 3, 1), proj)
    Z = block.forward(A[np.newaxis])[0]
    assert Z.shape == (5, 6, sum(end.shape[2] for end in ends))
    for x, y in np.ndindex(5, 6):
        there = [number for end in ends for number in end[x, y]]
        np.testing.assert_allclose(Z[x, y], there, atol=1e-12)


@pytest.mark.parametrize("f", range(1, 8))
@pytest.mark.parametrize("n", [7, 28])
def test_the_size_stays_only_for_half_of_f_minus_one(n, f):
    """n + 2p − f + 1 = n ⟺ p = (f − 1)/2, counted as places of the window."""
    stays = [p for p in range(9) if sum(x + f <= n + 2 * p for x in range(n + 2 * p)) == n]
    assert stays == ([(f - 1) // 2] if f % 2 else [])


@pytest.mark.parametrize(("f", "n_C_prev", "r", "n_C"), [(3, 6, 2, 4), (5, 4, 3, 2)])
def test_the_cost_of_a_reduction(f, n_C_prev, r, n_C):
    """n_H n_W (n_C_prev r + f² r n_C), and the quotient r/(f² n_C) + r/n_C_prev."""
    n_H, n_W = 5, 6
    A, U = np.ones((n_H, n_W, n_C_prev)), np.ones((1, 1, n_C_prev, r))
    middle, first = correlate(A, U, 0)
    _, second = correlate(middle, np.ones((f, f, r, n_C)), f // 2)
    _, direct = correlate(A, np.ones((f, f, n_C_prev, n_C)), f // 2)
    assert first + second == n_H * n_W * (n_C_prev * r + f * f * r * n_C)
    assert (first + second) / direct == pytest.approx(r / (f * f * n_C) + r / n_C_prev)
    rng = RNG(0)
    way = Sequential(
        Conv2D(n_C_prev, r, 1, rng=rng), ReLU(), Conv2D(r, n_C, f, padding=f // 2, rng=rng)
    )
    assert way.summary((n_H, n_W, n_C_prev)).multiply_adds == first + second


def test_block_3a():
    """58 % and 10 % of the work are left in its branches, 42 % in all."""
    places = 28 * 28
    with_it = [192 * 64, 192 * 96 + 9 * 96 * 128, 192 * 16 + 25 * 16 * 32, 192 * 32]
    without = [192 * 64, 9 * 192 * 128, 25 * 192 * 32, 192 * 32]
    assert places * sum(with_it) == 128_049_152
    assert places * sum(without) == 308_281_344
    parts = [f"{a / b:.0%}" for a, b in zip(with_it, without, strict=True)]
    assert parts == ["100%", "58%", "10%", "100%"]
    assert f"{sum(with_it) / sum(without):.0%}" == "42%"


@pytest.mark.parametrize("r", [1, 2, 3])
def test_a_reduction_is_a_kernel_of_low_rank(r):
    """K = Σ U V: one 3×3 convolution of rank ≤ r; what U is blind to changes nothing."""
    rng = RNG(r)
    n_C_prev, n_C = 5, 4
    U, V = rng.normal(size=(1, 1, n_C_prev, r)), rng.normal(size=(3, 3, r, n_C))
    K = np.einsum("cq,ijqn->ijcn", U[0, 0], V)
    A = rng.normal(size=(5, 6, n_C_prev))
    middle, _ = correlate(A, U, 0)
    np.testing.assert_allclose(correlate(middle, V, 1)[0], correlate(A, K, 1)[0], atol=1e-12)
    assert np.linalg.matrix_rank(K.transpose(2, 0, 1, 3).reshape(n_C_prev, -1)) == r
    blind = np.eye(n_C_prev) - U[0, 0] @ np.linalg.pinv(U[0, 0])
    changed = A + rng.normal(size=A.shape) @ blind
    assert np.abs(changed - A).max() > 0.1
    for a in (A, changed):
        Z, _ = correlate(np.maximum(0, correlate(a, U, 0)[0]), V, 1)
        expected, _ = correlate(np.maximum(0, middle), V, 1)
        np.testing.assert_allclose(Z, expected, atol=1e-12)


def test_split_and_sum():
    """dA = Σ dA(b), each from its own part of dZ: against differences, pixel by pixel."""
    rng = RNG(0)
    block = Concat(
        Conv2D(2, 3, 1, rng=rng),
        Sequential(Conv2D(2, 2, 3, padding=1, rng=rng), ReLU()),
        MaxPool2D(3, 1, 1),
    ).astype(np.float64)
    A = rng.normal(size=(2, 4, 5, 2))
    dZ = rng.normal(size=(2, 4, 5, 7))
    assert block.forward(A, training=True).shape == dZ.shape
    dA, total = block.backward(dZ), np.zeros_like(A)
    first = 0
    for branch in block.branches:
        n_C = branch.forward(A, training=True).shape[3]
        part = dZ[..., first : first + n_C]
        first += n_C
        alone = branch.backward(part)

        def J(a, branch=branch, part=part):
            return float(np.sum(part * branch.forward(a)))

        np.testing.assert_allclose(alone, numerical_gradient(J, A), atol=1e-7)
        total += alone
    np.testing.assert_allclose(dA, total, atol=1e-14)
    numerical = numerical_gradient(lambda a: float(np.sum(dZ * block.forward(a))), A)
    np.testing.assert_allclose(dA, numerical, atol=1e-7)


def test_a_1x1_behind_a_concatenation_is_a_sum():
    """Σ_k Z[x, y, k] W[k, n] = Σ_b Σ_k Z(b)[x, y, k] W(b)[k, n], with the library's conv2d."""
    rng = RNG(0)
    parts = [rng.normal(size=(2, 3, 4, n_C)) for n_C in (2, 1, 3)]
    W = rng.normal(size=(1, 1, 6, 5))
    whole = cnn.conv2d(np.concatenate(parts, -1), W)
    pieces = np.split(W, [2, 3], axis=2)
    each = [cnn.conv2d(z, w) for z, w in zip(parts, pieces, strict=True)]
    np.testing.assert_allclose(whole, sum(each), atol=1e-12)
    by_loops, _ = correlate(np.concatenate(parts, -1)[0], W, 0)
    np.testing.assert_allclose(whole[0], by_loops, atol=1e-12)


def test_the_exercises():
    """3b: 304 M; 165 is the first reduction that costs; the naïve block grows by 224."""
    b3 = inception_block(256, 128, (128, 192), (32, 96), 64, rng=RNG(0))
    assert b3.output_shape((28, 28, 256)) == (28, 28, 480)
    assert b3.multiply_adds((28, 28, 256)) == 304_267_264
    costs = [192 * r + 9 * r * 128 > 9 * 192 * 128 for r in range(192)]
    assert costs.index(True) == 165
    assert 64 + 128 + 32 + 192 == 192 + 224
    widened, late = (9 * 16 * c + 9 * c * 32 for c in (32, 16))
    assert (widened, late, 25 * 16 * 32) == (13_824, 6_912, 12_800)
