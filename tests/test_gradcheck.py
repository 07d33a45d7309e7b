"""gradcheck: it passes what is right, catches what is wrong, and says what it could not compare."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from cnnlib import functional as F
from cnnlib.blocks import Sequential
from cnnlib.gradcheck import (
    GradientError,
    check_adjoint,
    check_gradients,
    numerical_gradient,
)
from cnnlib.layers import Conv2D, Dense, Dropout, Layer, MaxPool2D, ReLU, Tanh

RNG = np.random.default_rng


# ---- numerical_gradient --------------------------------------------------------------------


def test_the_gradient_of_a_polynomial_by_hand():
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    x.flags.writeable = False
    gradient = numerical_gradient(lambda x: float(x[0, 0] ** 3 + x[0, 1] * x[1, 1]), x)
    assert_allclose(gradient, [[3.0, 4.0], [0.0, 2.0]], atol=1e-8)


def test_integers_are_numbers_too():
    assert_allclose(numerical_gradient(lambda x: float(x @ x), [1, 2, 3]), [2, 4, 6], atol=1e-8)
    assert numerical_gradient(lambda x: float(x**2), 3).shape == ()


def test_a_larger_step_is_worse_where_there_is_curvature():
    errors = [
        abs(numerical_gradient(lambda x: float(np.exp(x)), 1.0, eps) - np.e)
        for eps in (1e-1, 1e-2, 1e-3)
    ]
    assert_allclose(np.diff(np.log10(errors)), [-2, -2], atol=0.01)  # the error is of order ε²


# ---- check_gradients -----------------------------------------------------------------------


class Wrong(Dense):
    """A fully connected layer with one mistake in its backward."""

    mistake = staticmethod(lambda dA, grads: dA)

    def backward(self, dZ):
        dA, grads = super().backward(dZ), {k: g.copy() for k, g in self.grads.items()}
        dA = self.mistake(dA, grads)
        self._grads = grads
        return dA


def flipped(dA, grads):
    grads["W"] = grads["W"][:, ::-1]
    return dA


def halved(dA, grads):
    grads["W"] /= 2
    return dA


def negative(dA, grads):
    return -dA


def one_entry(dA, grads):
    dA[1, 2] *= 1.0001
    return dA


def no_bias(dA, grads):
    grads["b"][:] = 0
    return dA


def missing(dA, grads):
    del grads["b"]
    return dA


def other_shape(dA, grads):
    grads["W"] = grads["W"].T
    return dA


def not_a_number(dA, grads):
    dA[0, 0] = np.nan
    return dA


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (flipped, r"Dense\(3, 2\)|W\["),
        (halved, r"∂J/∂W\[\d, \d\] is .* 6 of 6 entries of W are wrong"),
        (negative, r"∂J/∂A\[\d, \d\] is .* 12 of 12 entries"),
        (one_entry, r"∂J/∂A\[1, 2\] is .* 1 of 12 entries"),
        (no_bias, r"∂J/∂b\[\d\] is 0"),
        (missing, r"the gradient of b is missing"),
        (other_shape, r"the gradient of W has shape \(2, 3\), but W has \(3, 2\)"),
        (not_a_number, r"∂J/∂A\[0, 0\] is nan"),
    ],
)
def test_each_mistake_is_caught(mistake, message):
    layer = Wrong(3, 2, rng=RNG(0))
    A = RNG(1).standard_normal((4, 3))
    check_gradients(layer, A, RNG(2))
    layer.mistake = mistake
    with pytest.raises(GradientError, match=message):
        check_gradients(layer, A, RNG(2))


def test_a_backward_that_mixes_up_positions_is_caught_by_a_random_dZ_only():
    class FlippedTanh(Tanh):
        def backward(self, dZ):
            return super().backward(np.asarray(dZ)[:, ::-1])

    layer, A = FlippedTanh(), RNG(0).standard_normal((2, 3))
    with pytest.raises(GradientError):
        check_gradients(layer, A, RNG(1))
    layer.forward(A, training=True)
    dA = layer.backward(np.ones((2, 3)))
    assert_allclose(dA, numerical_gradient(lambda A: float(np.tanh(A).sum()), A), atol=1e-8)


def test_the_layer_is_not_changed():
    layer = Sequential(Dense(3, 4, rng=RNG(0)), Dropout(0.5, RNG(1)), Dense(4, 2, rng=RNG(0)))
    before = copy.deepcopy(layer)
    A = RNG(2).standard_normal((2, 3)).astype(np.float32)
    A.flags.writeable = False
    check_gradients(layer, A, RNG(3))
    for key, W in layer.params.items():
        assert W.dtype == np.float32
        assert_array_equal(W, before.params[key])
    assert not layer.grads
    assert_array_equal(layer.forward(A, training=True), before.forward(A, training=True))


def test_kinks_are_counted_and_not_compared():
    A = np.array([[0.0, 1.0, -1.0, 0.0, 2.0]])
    comparison = check_gradients(ReLU(), A, RNG(0))["A"]
    assert (comparison.entries, comparison.kinks) == (3, 2)
    tie = np.array([[1.0, 1.0], [0.0, -1.0]]).reshape(1, 2, 2, 1)
    comparison = check_gradients(MaxPool2D(2), tie, RNG(0))["A"]
    assert (comparison.entries, comparison.kinks) == (2, 2)


def test_a_kink_near_by_does_no_harm():
    """The step of the difference would reach over it; the second look does not."""
    A = np.array([[3e-7, -3e-7, 1.0]])
    comparison = check_gradients(ReLU(), A, RNG(0))["A"]
    assert (comparison.entries, comparison.kinks) == (3, 0)


def test_curvature_is_not_a_kink():
    class Steep(Layer):
        def forward(self, A, training=False):
            return self._remember(np.exp(5 * np.asarray(A)), A, training=training)

        def backward(self, dZ):
            (A,) = self._recall(dZ)
            return 5 * np.exp(5 * A) * dZ

    comparison = check_gradients(Steep(), np.linspace(-1, 1, 6)[np.newaxis], RNG(0))["A"]
    assert comparison.kinks == 0
    assert comparison.error < 1e-6


def test_nothing_but_kinks_is_said():
    with pytest.raises(ValueError, match="kinks at all 4 entries of A"):
        check_gradients(ReLU(), np.zeros((1, 4)), RNG(0))


def test_the_tolerance_is_yours():
    layer, A = Wrong(3, 2, rng=RNG(0)), RNG(1).standard_normal((4, 3))
    layer.mistake = one_entry
    found = check_gradients(layer, A, RNG(2), tolerance=1e-3)
    assert 1e-6 < found["A"].error < 1e-4


# ---- check_adjoint -------------------------------------------------------------------------


def test_a_convolution_and_its_backward_are_adjoint_to_rounding():
    A, W = RNG(0).standard_normal((2, 9, 8, 3)), RNG(1).standard_normal((3, 3, 3, 4))
    error = check_adjoint(
        lambda A: F.conv2d(A, W, None, 2, 1),
        lambda dZ: F.conv2d_backward(dZ, A, W, 2, 1)[0],
        A,
        RNG(2),
        eps=1.0,
        tolerance=1e-14,
    )
    assert error < 1e-14


def test_a_whole_network_and_its_backward_are_adjoint():
    model = Sequential(Conv2D(2, 3, 3, rng=RNG(0)), Tanh(), MaxPool2D(2), ReLU())
    A = RNG(1).standard_normal((2, 8, 7, 2))
    A.flags.writeable = False
    check_adjoint(lambda A: model.forward(A, training=True), model.backward, A, RNG(2))


@pytest.mark.parametrize(
    "backward",
    [
        lambda dZ, W: dZ @ W,
        lambda dZ, W: -dZ @ W.T,
        lambda dZ, W: dZ[:, ::-1] @ W.T,
        lambda dZ, W: dZ @ W.T * np.nan,
    ],
    ids=["not transposed", "negative", "flipped", "NaN"],
)
def test_what_is_not_adjoint_is_caught(backward):
    A, W = RNG(0).standard_normal((4, 3)), RNG(1).standard_normal((3, 3))
    check_adjoint(lambda A: A @ W, lambda dZ: dZ @ W.T, A, RNG(2))
    with pytest.raises(GradientError, match="backward is not the transpose"):
        check_adjoint(lambda A: A @ W, lambda dZ: backward(dZ, W), A, RNG(2))


def test_a_gradient_of_another_shape_is_caught():
    with pytest.raises(GradientError, match=r"dA has shape \(1,\), but A has \(2, 3\)"):
        check_adjoint(lambda A: A, lambda dZ: np.ones(1), np.ones((2, 3)), RNG(0))


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: numerical_gradient(np.sum, [1.0], 0), ValueError, "eps is 0"),
        (lambda: numerical_gradient(np.sum, [1.0], "small"), TypeError, "eps is 'small'"),
        (lambda: numerical_gradient(np.sum, ["a"]), TypeError, "must hold real numbers"),
        (lambda: check_gradients(ReLU(), [[1j]], RNG(0)), TypeError, "must hold real numbers"),
        (lambda: check_gradients(ReLU(), [[1.0]], 0), TypeError, "rng is of type int"),
        (lambda: check_adjoint(abs, abs, [1.0], None), TypeError, "rng is of type NoneType"),
    ],
)
def test_bad_input_gets_a_clear_error(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
