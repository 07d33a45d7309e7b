"""The formulas displayed in section 3.2, "A whole network", each against brute force.

a[l] = g[l](a[l−1]) → test_a_network_is_a_composition
n_H/2 · n_W/2 · 2n_C = n_H n_W n_C / 2 → test_half_the_sides_twice_the_channels
n_H = ⌊(n_H_prev + 2p − f)/s⌋ + 1 → test_the_size_counts_positions
parameters = f² n_C_prev n_C + n_C → test_parameters_are_the_entries_of_the_arrays
multiply-adds = n_H n_W n_C · f² n_C_prev → test_multiply_adds_are_the_products_of_the_loops
multiply-adds = weights · n_H n_W → the same
memory = 4 n_H n_W n_C bytes → test_memory_is_that_of_the_arrays
r ← r + (f − 1) j,  j ← j s → test_the_field_is_what_changes_the_unit
60,000, 61,706, 340,908 of LeNet-5 → test_the_counts_of_lenet5
ψ(max z) = max ψ(z) → test_max_pooling_and_a_rising_psi_commute
"""

from __future__ import annotations

import numpy as np
import pytest

import cnnlib as cnn
from cnnlib.blocks import Sequential
from cnnlib.layers import AvgPool2D, Conv2D, Dense, Flatten, MaxPool2D, ReLU, Tanh
from cnnlib.models import lenet5

GEOMETRIES = [(7, 9, 3, 2, 3, 1, 0), (8, 6, 5, 3, 4, 2, 2), (9, 9, 2, 1, 2, 3, 1)]
SMALL = "n_H, n_W, f, n_C_prev, n_C, s, p"


def conv(f, n_C_prev, n_C, s, p):
    rng = np.random.default_rng(f)
    layer = Conv2D(n_C_prev, n_C, f, s, p, rng=rng)
    layer.params["b"][...] = rng.normal(size=n_C)
    return layer


def test_a_network_is_a_composition():
    """a[l] = g[l](a[l−1]), and a[l] is what comes out of model[:l]."""
    model = lenet5(rng=np.random.default_rng(0))
    a = np.random.default_rng(1).random((2, 28, 28, 1), dtype=np.float32)
    first = a
    for l, g in enumerate(model):
        np.testing.assert_array_equal(a, model[:l].forward(first))
        a = g.forward(a)
    np.testing.assert_array_equal(a, model.forward(first))


@pytest.mark.parametrize(("n_H", "n_W", "n_C", "f"), [(8, 8, 2, 3), (4, 12, 3, 5)])
def test_half_the_sides_twice_the_channels(n_H, n_W, n_C, f):
    """Half the numbers, the same multiply-adds, four times the weights."""
    before, after = (conv(f, c, c, 1, (f - 1) // 2) for c in (n_C, 2 * n_C))
    large, small = np.zeros((n_H, n_W, n_C)), np.zeros((n_H // 2, n_W // 2, 2 * n_C))
    assert small.size == large.size / 2
    assert products(before, large) == products(after, small)
    assert after.params["W"].size == 4 * before.params["W"].size


@pytest.mark.parametrize(SMALL, GEOMETRIES)
def test_the_size_counts_positions(n_H, n_W, f, n_C_prev, n_C, s, p):
    """n_H = ⌊(n_H_prev + 2p − f)/s⌋ + 1: the number of places at which the window fits."""
    shape = conv(f, n_C_prev, n_C, s, p).output_shape((n_H, n_W, n_C_prev))
    for n, found in zip((n_H, n_W), shape, strict=False):
        assert found == len([x for x in range(0, n + 2 * p, s) if x + f <= n + 2 * p])
        assert found == (n + 2 * p - f) // s + 1
    assert shape[2] == n_C


@pytest.mark.parametrize(SMALL, GEOMETRIES)
def test_parameters_are_the_entries_of_the_arrays(n_H, n_W, f, n_C_prev, n_C, s, p):
    """Parameters = f² n_C_prev n_C + n_C."""
    layer = conv(f, n_C_prev, n_C, s, p)
    entries = sum(1 for array in layer.params.values() for _ in np.nditer(array))
    row = Sequential(layer).summary((n_H, n_W, n_C_prev)).rows[1]
    assert row.parameters == entries == f * f * n_C_prev * n_C + n_C


def products(layer, a_prev):
    """Compute a CONV layer by loops, and count the multiplications."""
    s, p = layer.stride, layer.padding
    W, b = layer.params["W"], layer.params["b"]
    padded = np.pad(a_prev, ((p, p), (p, p), (0, 0)))
    Z, count = np.zeros(layer.output_shape(a_prev.shape)), 0
    for x, y, n in np.ndindex(Z.shape):
        for i, j, k in np.ndindex(W.shape[:3]):
            Z[x, y, n] += padded[x * s + i, y * s + j, k] * W[i, j, k, n]
            count += 1
        Z[x, y, n] += b[n]
    np.testing.assert_allclose(Z, layer.forward(a_prev[np.newaxis])[0], atol=1e-5)
    return count


@pytest.mark.parametrize(SMALL, GEOMETRIES)
def test_multiply_adds_are_the_products_of_the_loops(n_H, n_W, f, n_C_prev, n_C, s, p):
    """multiply-adds = n_H n_W n_C · f² n_C_prev = weights · n_H n_W."""
    layer = conv(f, n_C_prev, n_C, s, p)
    a_prev = np.random.default_rng(0).normal(size=(n_H, n_W, n_C_prev)).astype(np.float32)
    rows, columns, _ = layer.output_shape(a_prev.shape)
    count = products(layer, a_prev)
    assert count == rows * columns * n_C * f * f * n_C_prev
    assert count == layer.params["W"].size * rows * columns
    assert count == Sequential(layer).summary(a_prev.shape).rows[1].multiply_adds


def test_memory_is_that_of_the_arrays():
    """memory = 4 n_H n_W n_C bytes, for the image and for what each layer makes of it."""
    model = lenet5(rng=np.random.default_rng(0))
    A, total = np.zeros((1, 28, 28, 1), np.float32), 28 * 28 * 4
    for layer, row in zip(model, model.summary((28, 28, 1)).rows[1:], strict=True):
        A = layer.forward(A)
        assert row.memory in (A.nbytes, 0)
        assert (row.memory == 0) == isinstance(layer, Flatten)
        assert A.nbytes == 4 * np.prod(A.shape[1:])
        total += row.memory
    assert total == model.summary((28, 28, 1)).memory


@pytest.mark.parametrize(
    "windows",
    [
        [("conv", 5, 1), ("pool", 2, 2), ("conv", 3, 1), ("pool", 2, 2)],
        [("conv", 3, 2), ("conv", 3, 1), ("pool", 3, 1)],
        [("pool", 2, 3), ("conv", 4, 1)],
        [("conv", 3, 1)] * 3,
    ],
)
def test_the_field_is_what_changes_the_unit(windows):
    """r ← r + (f − 1) j, j ← j s: the extent, and the way from one unit to the next."""
    layers, (r, jump) = [], (1, 1)
    for kind, f, s in windows:
        layer = (
            Conv2D(1, 1, f, s, rng=np.random.default_rng(0)) if kind == "conv" else AvgPool2D(f, s)
        )
        for name, W in layer.params.items():
            W[...] = 1 if name == "W" else 0
        layers.append(layer)
        r, jump = r + (f - 1) * jump, jump * s
    model = Sequential(*layers).astype(np.float64)
    image = np.zeros((1, 34, 34, 1))
    before = model.forward(image)[0, :, :, 0]
    seen = []
    for unit in (0, 1):
        changed = [
            k
            for k in range(34)
            if model.forward(_bright(image, k))[0, unit, 0, 0] != before[unit, 0]
        ]
        seen.append((changed[0], changed[-1]))
    assert seen[0] == (0, r - 1)
    assert seen[1] == (jump, jump + r - 1)
    # with a step longer than the window, some pixels between are not seen: r is an extent
    assert model.summary((34, 34, 1)).rows[-1].field == (r, r)


def _bright(image, row):
    other = image.copy()
    other[:, row] = 1
    return other


def test_the_counts_of_lenet5():
    """LeCun et al. 1998, section II.B and table I; and the variant with all of C3."""
    seen = [[(k + i) % 6 for i in range(n)] for n in (3, 4) for k in range(6)]
    seen += [[0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5], list(range(6))]
    assert len({tuple(sorted(maps)) for maps in seen}) == 16  # no two filters see the same
    assert [sum(k in maps for maps in seen) for k in range(6)] == [10] * 6
    C3 = sum(25 * len(maps) + 1 for maps in seen)
    assert C3 == 1516
    learned = 26 * 6 + 2 * 6 + C3 + 2 * 16 + 401 * 120 + 121 * 84
    assert learned == 60_000
    uses = 26 * 6 * 28**2 + 5 * 6 * 14**2 + C3 * 10**2 + 5 * 16 * 5**2 + 401 * 120 + 121 * 84
    assert uses + 84 * 10 == 340_908
    model = lenet5(rng=np.random.default_rng(0))
    arrays = sum(array.size for array in model.params.values())
    assert arrays == 61_706 == learned + (2416 - C3) - 44 + 850


@pytest.mark.parametrize("psi", [ReLU(), Tanh()])
def test_max_pooling_and_a_rising_psi_commute(psi):
    """max ψ(z) = ψ(max z); for the mean it does not hold."""
    Z = np.random.default_rng(0).normal(size=(3, 6, 8, 2))
    for pool, same in [(MaxPool2D(2), True), (MaxPool2D(3, 2), True), (AvgPool2D(2), False)]:
        one, two = (Sequential(*both).forward(Z) for both in ((psi, pool), (pool, psi)))
        assert np.array_equal(one, two) == same


def test_the_exercises():
    """Three 3×3 layers see 7×7 with 27 n_C² weights; the others are checked on the page."""
    rng, c = np.random.default_rng(0), 5
    three = Sequential(*(Conv2D(c, c, 3, bias=False, rng=rng) for _ in range(3)))
    one = Sequential(Conv2D(c, c, 7, bias=False, rng=rng))
    for model, weights in [(three, 27 * c * c), (one, 49 * c * c)]:
        summary = model.summary((20, 20, c))
        assert summary.rows[-1].field == (7, 7)
        assert summary.parameters == weights
        assert summary.rows[-1].shape == (14, 14, c)
    assert Dense(256, 120, rng=rng).params["W"].size + 120 == 30_840
    assert cnn.softmax(np.zeros((1, 3)))[0].round(2).tolist() == [0.33] * 3
