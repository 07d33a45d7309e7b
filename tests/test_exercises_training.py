"""What the exercises of section 4 state, held to the definition; the checks: test_exercises.py."""

from __future__ import annotations

import numpy as np
import pytest

import cnnlib as cnn
from cnnlib import exercises as ex
from cnnlib.gradcheck import numerical_gradient
from cnnlib.optim import SGD, Momentum

REVERSED = "dk with the wrong sign or reversed"  # for these numbers the two are one


def test_the_step_by_hand():
    a, y, k, v = np.array([3.0, 1, 2, 0]), -1, np.array([1.0, -1]), np.array([1.0, 3, -2])

    def loss(k, v):
        r = [max(0, k[0] * a[x] + k[1] * a[x + 1]) for x in range(3)]
        return 0.5 * (np.dot(v, r) - y) ** 2

    dk = numerical_gradient(lambda k: loss(k, v), k)
    dv = numerical_gradient(lambda v: loss(k, v), v)
    assert ex.check_one_step((k - 0.1 * dk, v - 0.1 * dv))
    assert ex.check_one_step((k + 0.1 * dk, v + 0.1 * dv)).mistake == "uphill"
    assert ex.check_one_step((k - 0.1 * -dk, v - 0.1 * dv)).mistake == REVERSED
    assert ex.check_one_step((k - 0.1 * dk[::-1], v - 0.1 * dv)).mistake == REVERSED
    # the derivatives are (o − y) times what no y is in; here o = −2
    other_sign = (-2 + y) / (-2 - y)
    step = k - 0.1 * other_sign * dk, v - 0.1 * other_sign * dv
    assert ex.check_one_step(step).mistake == "sign of y"
    later = numerical_gradient(lambda k: loss(k, v - 0.1 * dv), k, 1e-6)
    # with the new v the error would be new as well; who makes the mistake keeps the old error
    error, error_later = -1.0, np.dot(v - 0.1 * dv, [2, 0, 2]) - y
    mixed = later * error / error_later
    assert ex.check_one_step((k - 0.1 * mixed, v - 0.1 * dv)).mistake == "new weights used"


def found_guilty(*, m=3, size=(6, 7), s=2, p=1, ones=False, symmetric=False, tolerance=1e-4):
    """Whom a gradient check accuses, careful or careless."""
    rng = np.random.default_rng(0)
    A, W, b = rng.normal(size=(m, *size, 2)), rng.normal(size=(3, 3, 2, 2)), rng.normal(size=2)
    W = W + W.swapaxes(0, 1) if symmetric else W
    dZ = rng.normal(size=cnn.conv2d(A, W, b, s, p).shape)
    dZ = np.ones_like(dZ) if ones else dZ
    slopes = [
        numerical_gradient(lambda x: np.sum(dZ * cnn.conv2d(x, W, b, s, p)), A, 1e-3),
        numerical_gradient(lambda x: np.sum(dZ * cnn.conv2d(A, x, b, s, p)), W, 1e-3),
        numerical_gradient(lambda x: np.sum(dZ * cnn.conv2d(A, W, x, s, p)), b, 1e-3),
    ]
    return {
        name
        for name, backward in ex.BACKWARDS.items()
        for found, slope in zip(backward(dZ, A, W, s, p), slopes, strict=True)
        if abs(found - slope).max() > tolerance * abs(slope).max()
    }


@pytest.mark.parametrize(
    ("careless", "named"),
    [
        ({}, None),
        ({"ones": True}, "ones as dZ"),
        ({"symmetric": True}, "symmetric kernel"),
        ({"size": (5, 7)}, "sizes that divide"),
        ({"s": 1}, "sizes that divide"),
        ({"m": 1}, "one image"),
        ({"tolerance": 1e-9}, "too strict"),
    ],
)
def test_who_is_wrong_and_which_careless_check_misses_whom(careless, named):
    verdict = ex.check_guilty(found_guilty(**careless))
    assert verdict.passed == (named is None)
    assert verdict.mistake == named


@pytest.mark.parametrize("rule", [SGD(0.3), Momentum(0.3)])
def test_the_biases_of_the_last_layer_keep_their_sum(rule):
    rng = np.random.default_rng(1)
    A, y = rng.normal(size=(6, 4)), rng.integers(0, 5, 6)
    params = {"W": rng.normal(size=(4, 5)), "b": rng.normal(size=5)}
    before, at_first = params["b"].sum(), params["b"].copy()
    for _ in range(20):
        dZ = cnn.cross_entropy_backward(A @ params["W"] + params["b"], y)
        assert np.allclose(dZ.sum(axis=1), 0)
        rule.step(params, {"W": A.T @ dZ, "b": dZ.sum(axis=0)})
    assert np.isclose(params["b"].sum(), before)
    assert abs(params["b"] - at_first).max() > 0.1


def test_before_batch_norm_a_bias_does_nothing_and_the_gradient_is_perpendicular():
    rng = np.random.default_rng(2)
    A, w, dY = rng.normal(size=(30, 4)), rng.normal(size=(4, 1)), rng.normal(size=(30, 1))

    def J(w, b=0.0):
        return np.sum(dY * cnn.batch_norm(A @ w + b, [1.5], [0.3], eps=1e-12)[0])

    assert np.isclose(J(w), J(w, b=7.0))
    assert np.isclose(J(w), J(3 * w))
    dw = numerical_gradient(J, w)
    assert np.linalg.norm(dw) > 0.1
    assert abs(np.sum(w * dw)) < 1e-6
    step = w - 0.2 * dw
    assert np.isclose(np.sum(step**2), np.sum(w**2) + 0.04 * np.sum(dw**2))


def test_the_curves_show_what_their_diagnoses_say():
    curves = ex.learning_curves()
    A, B, C, D, E, F = (curves[name] for name in "ABCDEF")
    nothing = np.log(10)
    assert all(np.isclose(cost[0], nothing) for run in curves.values() for cost in run)
    assert (np.diff(A[0]) < 0).all()  # rate too small
    assert A[0][-1] > nothing - 0.2
    assert B[0][-1] < 0.01  # over-fits
    assert (np.diff(B[1][1:]) > 0).all()
    assert (np.diff(C) < 0).all()  # healthy
    assert D[0][-1] < nothing < D[1][1:].min()  # labels shuffled
    assert np.median(E) > 2 * nothing  # rate too large
    assert np.allclose(F[0], B[0])  # leak
    assert abs(F[1] - F[0]).max() < 0.01


def test_the_printed_costs_are_far_from_where_rounding_turns():
    costs = np.concatenate([np.ravel(run) for run in ex.learning_curves().values()])
    assert abs((100 * costs) % 1 - 0.5).min() > 1e-6
