"""The formulas displayed in section 4.4, "Training a CNN", each against brute force.

J = −(1/m) Σ log(1/C) = log C → test_equal_logits_cost_log_C
‖∇J‖ = √Σ (∂J/∂w)² → test_recording.test_gradient_norms_by_brute_force
accuracy = Σ N_jj / Σ N_jk, recall_j = N_jj / Σ_k N_jk → test_accuracy_and_recall_count_images
mean and s of n seeds → test_mean_and_spread_of_seeds
se = √(p̂ (1 − p̂) / m) → test_standard_error_is_the_spread_of_all_outcomes
centre of mass at 14, longer side 20 → test_handwriting
only the last bias gets a gradient from zeros → test_zeros_stay_zeros
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from cnnlib import functional as F
from cnnlib import init
from cnnlib.blocks import Sequential
from cnnlib.layers import Conv2D, Dense, Flatten, MaxPool2D, ReLU
from cnnlib.train import confusion_matrix


@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_equal_logits_cost_log_C(classes):
    """Whatever the labels and whatever the common logit."""
    rng = np.random.default_rng(classes)
    y = rng.integers(0, classes, 17)
    Z = np.full((17, classes), rng.normal())
    by_loops = -sum(math.log(1 / classes) for _ in y) / len(y)
    assert F.cross_entropy(Z, y) == pytest.approx(by_loops, abs=1e-12)
    assert by_loops == pytest.approx(math.log(classes), abs=1e-12)


def test_accuracy_and_recall_count_images():
    rng = np.random.default_rng(0)
    y, found = rng.integers(0, 4, 200), rng.integers(0, 4, 200)
    N = confusion_matrix(y, found, 4)
    right = sum(int(a == b) for a, b in zip(y, found, strict=True))
    assert np.trace(N) / N.sum() == right / 200
    for j in range(4):
        members = [b for a, b in zip(y, found, strict=True) if a == j]
        assert N[j, j] / N[j].sum() == members.count(j) / len(members)


def test_mean_and_spread_of_seeds():
    a = [0.91, 0.89, 0.93]
    mean = sum(a) / 3
    s = math.sqrt(sum((x - mean) ** 2 for x in a) / 2)
    assert np.mean(a) == pytest.approx(mean)
    assert np.std(a, ddof=1) == pytest.approx(s)


@pytest.mark.parametrize("p", [0.5, 0.9, 0.975])
def test_standard_error_is_the_spread_of_all_outcomes(p):
    """Every way in which m = 8 images may be right or wrong, with its probability."""
    m, mean, square = 8, 0.0, 0.0
    for outcome in itertools.product((0, 1), repeat=m):
        weight = math.prod(p if right else 1 - p for right in outcome)
        mean += weight * sum(outcome) / m
        square += weight * (sum(outcome) / m) ** 2
    assert mean == pytest.approx(p)
    assert math.sqrt(square - mean**2) == pytest.approx(math.sqrt(p * (1 - p) / m))


def test_zeros_stay_zeros():
    """All parameters 0: only the bias of the last layer has a gradient."""
    rng = np.random.default_rng(0)
    how = {"rng": rng, "init": init.zeros}
    net = Sequential(Conv2D(1, 2, 3, **how), MaxPool2D(2), ReLU(), Flatten(), Dense(18, 3, **how))
    Z = net.forward(rng.random((6, 8, 8, 1), dtype=np.float32), training=True)
    net.backward_params(F.cross_entropy_backward(Z, np.array([0, 0, 0, 1, 1, 2])))
    assert [name for name, g in net.grads.items() if np.any(g)] == ["4.b"]
