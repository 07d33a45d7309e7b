"""The formulas of appendix C, each against brute force; its totals: tests/test_published_counts.py.

| formula | test |
| --- | --- |
| n, weights f² (n_C_prev/g) n_C, parameters, multiply-adds n² · weights | test_the_ledger |
| a convolution in g groups is one with zeros | test_groups_are_blocks |
| b[i] = a[i] / (k + α Σ a[j]²)^β | test_local_response_normalisation |
| 2 · 9 C² against 25 C², 3 · 9 C² against 49 C²; fields 5 and 7 | test_stacks |
| two 3×3 kernels reach 17 of 25 dimensions | test_seventeen_dimensions |
| table 2 of VGG: 133, 133, 134, 138, 144 million | test_table_2 |
| √(2 / (9 n_C)) against 0.01, from conv10 to conv2 of B: 1.7·10⁴ | test_he_on_vgg |
| 1/9 + 1/n_C: depthwise and 1×1 | test_depthwise |
"""

from __future__ import annotations

from itertools import product
from math import prod, sqrt

import numpy as np
import pytest

import cnnlib as cnn
from cnnlib.blocks import Sequential
from cnnlib.layers import Conv2D
from cnnlib.receptive import receptive_field

RNG = np.random.default_rng


@pytest.mark.parametrize(
    ("n", "f", "s", "p", "n_C_prev", "n_C", "g"),
    [(7, 3, 1, 1, 2, 4, 1), (9, 3, 2, 0, 4, 6, 2), (6, 6, 1, 0, 3, 5, 1), (5, 3, 1, 1, 4, 4, 4)],
)
def test_the_ledger(n, f, s, p, n_C_prev, n_C, g):
    """Count the products of the loops, and the different weights that are in them."""
    weights, products = set(), 0
    places = [x for x in range(n + 2 * p) if x % s == 0 and x + f <= n + 2 * p]
    taps = [places, places, range(n_C), range(f), range(f), range(n_C_prev)]
    for _x, _y, c, i, j, k in product(*taps):
        if c // (n_C // g) == k // (n_C_prev // g):  # of the same group
            products += 1
            weights.add((i, j, k, c))
    assert len(places) == (n + 2 * p - f) // s + 1
    assert len(weights) == f * f * (n_C_prev // g) * n_C
    assert products == len(places) ** 2 * len(weights)
    if g == 1:
        layer = Conv2D(n_C_prev, n_C, f, s, p, rng=RNG(0))
        assert layer.multiply_adds((n, n, n_C_prev)) == products
        assert sum(x.size for x in layer.params.values()) == len(weights) + n_C


def test_groups_are_blocks():
    rng = RNG(1)
    A, W = rng.normal(size=(2, 6, 7, 4)), rng.normal(size=(3, 3, 4, 6))
    blocks = np.zeros(W.shape)
    for g in (0, 1):
        k, c = slice(2 * g, 2 * g + 2), slice(3 * g, 3 * g + 3)
        blocks[:, :, k, c] = W[:, :, k, c]
    parts = [
        cnn.conv2d(A[..., 2 * g : 2 * g + 2], W[:, :, 2 * g : 2 * g + 2, 3 * g : 3 * g + 3])
        for g in (0, 1)
    ]
    assert np.allclose(np.concatenate(parts, axis=-1), cnn.conv2d(A, blocks))
    torch = pytest.importorskip("torch")
    grouped = np.concatenate([W[:, :, :2, :3], W[:, :, 2:, 3:]], axis=-1)
    theirs = torch.nn.functional.conv2d(
        torch.tensor(A.transpose(0, 3, 1, 2)), torch.tensor(grouped.transpose(3, 2, 0, 1)), groups=2
    )
    assert np.allclose(theirs.numpy().transpose(0, 2, 3, 1), cnn.conv2d(A, blocks))


def test_local_response_normalisation():
    """PyTorch divides α by the number of channels in the sum, 5."""
    torch = pytest.importorskip("torch")
    a = 100 * np.abs(RNG(2).normal(size=9))
    b = [
        a[i] / (2 + 1e-4 * sum(a[j] ** 2 for j in range(9) if abs(j - i) <= 2)) ** 0.75
        for i in range(9)
    ]
    layer = torch.nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
    assert np.allclose(layer(torch.tensor(a).reshape(1, 9, 1, 1)).ravel(), b)


@pytest.mark.parametrize(("times", "f"), [(2, 5), (3, 7), (5, 11)])
def test_stacks(times, f):
    C = 4
    stack = [Conv2D(C, C, 3, padding=1, bias=False, rng=RNG(0)) for _ in range(times)]
    one = Conv2D(C, C, f, padding=f // 2, bias=False, rng=RNG(0))
    assert receptive_field(Sequential(*stack), (20, 20, C)) == (f, f)
    assert sum(layer.params["W"].size for layer in stack) == times * 9 * C**2
    assert one.params["W"].size == f**2 * C**2
    work = sum(layer.multiply_adds((20, 20, C)) for layer in stack)
    assert work * f**2 == one.multiply_adds((20, 20, C)) * times * 9


def test_seventeen_dimensions():
    """The derivatives of the merged kernel, exactly: it is linear in each of the two kernels."""
    K1, K2 = RNG(3).normal(size=(2, 3, 3))

    def merged(K1, K2):
        both = np.zeros((5, 5))
        for i, j in np.ndindex(3, 3):
            both[i : i + 3, j : j + 3] += K2[i, j] * K1
        return both

    units = np.eye(9).reshape(9, 3, 3)
    columns = [merged(e, K2).ravel() for e in units] + [merged(K1, e).ravel() for e in units]
    assert np.linalg.matrix_rank(columns) == 17


def test_table_2():
    """Simonyan and Zisserman, arXiv 1409.1556, tables 1 and 2."""
    wide = (64, 128, 256, 512, 512)
    filters = {
        "A": [(3,), (3,), (3, 3), (3, 3), (3, 3)],
        "B": [(3, 3)] * 5,
        "C": [(3, 3), (3, 3), *[(3, 3, 1)] * 3],
        "D": [(3, 3), (3, 3), *[(3, 3, 3)] * 3],
        "E": [(3, 3), (3, 3), *[(3, 3, 3, 3)] * 3],
    }
    fc = [(7 * 7 * 512, 4096), (4096, 4096), (4096, 1000)]
    for name, millions in {"A": 133, "B": 133, "C": 134, "D": 138, "E": 144}.items():
        count, n_C_prev = sum(a * b + b for a, b in fc), 3
        for n_C, stage in zip(wide, filters[name], strict=True):
            for f in stage:
                count, n_C_prev = count + f * f * n_C_prev * n_C + n_C, n_C
        assert round(count / 1e6) == millions


def test_he_on_vgg():
    """He et al., arXiv 1502.01852, section 2.2: 1/(5.9 × 4.2² × 2.9² × 2.1⁴) = 1/(1.7 × 10⁴)."""
    filters = [64, 128, 128, 256, 256, 512, 512, 512, 512]
    assert round(prod(sqrt(2 / (9 * n_C)) / 0.01 for n_C in filters), -3) == 17_000
    rounded = [round(sqrt(2 / (9 * n_C)), 3) for n_C in (64, 128, 256, 512)]
    assert rounded == [0.059, 0.042, 0.029, 0.021]


def test_depthwise():
    for n_C in (64, 512):
        assert np.isclose((9 * n_C + n_C**2) / (9 * n_C**2), 1 / 9 + 1 / n_C)
