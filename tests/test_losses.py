"""Losses: values known by hand, the loops, PyTorch, and what the mathematics says."""

from __future__ import annotations

import math

import numpy as np
import oracles_layers as oracles
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from cnnlib import functional as F

few = settings(max_examples=40)
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
sizes = pytest.mark.parametrize("size", [(4, 3), (1, 5), (6, 1), (1, 1), (64, 10)], ids=str)


def case(m, n, dtype=np.float64, seed=0):
    """Logits, classes, and numbers to compare with logits."""
    rng = np.random.default_rng(seed)
    logits = (3 * rng.standard_normal((m, n))).astype(dtype)
    y = rng.integers(0, n, m)
    target = rng.standard_normal((m, n)).astype(dtype)
    for x in (logits, y, target):
        x.flags.writeable = False  # in every test: no function may change its arguments
    return logits, y, target


cases = st.builds(
    case,
    st.integers(1, 5),
    st.integers(1, 5),
    dtype=st.just(np.float64),
    seed=st.integers(0, 2**32 - 1),
)


class TestByHand:
    logits = np.log([[1.0, 2, 5], [1, 1, 2]])  # softmax: 1/8 1/4 5/8 and 1/4 1/4 1/2
    y = np.array([2, 0])
    J = (math.log(8 / 5) + math.log(4)) / 2
    dlogits = np.array([[0.125, 0.25, 0.625 - 1], [0.25 - 1, 0.25, 0.5]]) / 2

    def test_the_loops(self):
        assert oracles.cross_entropy(self.logits, self.y) == pytest.approx(self.J, rel=1e-15)

    def test_cross_entropy(self):
        assert F.cross_entropy(self.logits, self.y) == pytest.approx(self.J, rel=1e-15)
        assert_allclose(F.cross_entropy_backward(self.logits, self.y), self.dlogits, rtol=1e-14)

    def test_mean_squared_error(self):
        prediction, target = [[1, 2], [3, 4]], [[1, 2], [3, 8]]
        assert F.mean_squared_error(prediction, target) == 16 / 4
        assert_array_equal(
            F.mean_squared_error_backward(prediction, target), [[0, 0], [0, -4 * 2 / 4]]
        )


@sizes
@both_dtypes
def test_torch(size, dtype):
    torch = pytest.importorskip("torch")
    T = torch.nn.functional
    logits, y, target = case(*size, dtype)
    inputs = torch.tensor(logits, requires_grad=True)
    for J, gradient, theirs in [
        (
            F.cross_entropy(logits, y),
            F.cross_entropy_backward(logits, y),
            T.cross_entropy(inputs, torch.tensor(y)),
        ),
        (
            F.mean_squared_error(logits, target),
            F.mean_squared_error_backward(logits, target),
            T.mse_loss(inputs, torch.tensor(target)),
        ),
    ]:
        assert type(J) is float
        assert pytest.approx(theirs.item(), rel=1e-5 if dtype == np.float32 else 1e-13) == J
        (dlogits,) = torch.autograd.grad(theirs, inputs)
        assert gradient.dtype == dtype
        assert_allclose(gradient, dlogits.numpy(), rtol=0, atol=5 * np.finfo(dtype).eps)


@few
@given(cases)
def test_the_loops(drawn):
    logits, y, _ = drawn
    assert F.cross_entropy(logits, y) == pytest.approx(oracles.cross_entropy(logits, y), abs=1e-14)


@few
@given(cases)
def test_finite_differences(drawn):
    logits, y, target = drawn
    want = oracles.numerical_gradient(lambda X: F.cross_entropy(X, y), logits, h=1e-5)
    assert_allclose(F.cross_entropy_backward(logits, y), want, atol=1e-9)
    want = oracles.numerical_gradient(lambda X: F.mean_squared_error(X, target), logits, h=1e-3)
    assert_allclose(F.mean_squared_error_backward(logits, target), want, atol=1e-9)


@few
@given(cases)
def test_are_means_over_the_batch(drawn):
    logits, y, target = drawn
    each = [F.cross_entropy(logits[i : i + 1], y[i : i + 1]) for i in range(len(y))]
    assert F.cross_entropy(logits, y) == pytest.approx(np.mean(each), rel=1e-12)
    twice = np.concatenate([logits, logits])
    same = F.cross_entropy(twice, np.concatenate([y, y]))
    assert same == pytest.approx(F.cross_entropy(logits, y), rel=1e-12)
    same = F.mean_squared_error(twice, np.concatenate([target, target]))
    assert same == pytest.approx(F.mean_squared_error(logits, target), rel=1e-12)


class TestCrossEntropy:
    def test_of_a_guess_is_the_logarithm_of_the_number_of_classes(self):
        assert F.cross_entropy(np.zeros((5, 10)), np.arange(5)) == pytest.approx(math.log(10))

    @few
    @given(cases)
    def test_is_minus_the_log_softmax_of_the_right_class(self, drawn):
        logits, y, _ = drawn
        J = F.cross_entropy(logits, y)
        assert J >= 0
        right = np.zeros(logits.shape)
        right[range(len(y)), y] = 1
        assert pytest.approx(-(right * F.log_softmax(logits)).sum() / len(y), rel=1e-12) == J
        chain = F.log_softmax_backward(-right / len(y), logits)
        assert_allclose(F.cross_entropy_backward(logits, y), chain, atol=1e-15)

    @few
    @given(cases)
    def test_gradients_of_an_example_sum_to_zero(self, drawn):
        logits, y, _ = drawn
        dlogits = F.cross_entropy_backward(logits, y)
        assert_allclose(dlogits.sum(1), 0, atol=1e-15)
        assert (dlogits[range(len(y)), y] <= 0).all()

    @few
    @given(cases)
    def test_a_step_against_the_gradient_makes_it_smaller(self, drawn):
        logits, y, _ = drawn
        better = logits - 1e-3 * F.cross_entropy_backward(logits, y)
        assert F.cross_entropy(better, y) <= F.cross_entropy(logits, y)

    @both_dtypes
    def test_huge_logits(self, dtype):
        logits = np.array([[1e4, 0, -1e4]], dtype)
        assert F.cross_entropy(logits, [0]) == 0
        assert F.cross_entropy(logits, [1]) == 1e4
        assert F.cross_entropy(logits, [2]) == 2e4
        assert_array_equal(F.cross_entropy_backward(logits, [2]), [[1, 0, -1]])
        huge = np.array([[np.finfo(dtype).max, 0, -np.finfo(dtype).max]], dtype)
        assert F.cross_entropy(huge, [1]) == np.finfo(dtype).max
        assert F.cross_entropy(huge, [2]) == np.inf  # beyond what a number can hold
        assert_array_equal(F.cross_entropy_backward(huge, [2]), [[1, 0, -1]])

    @pytest.mark.parametrize("kind", ["u1", "i1", "i8", "u8"])
    def test_kinds_of_labels(self, kind):
        logits, y, _ = case(4, 3)
        assert F.cross_entropy(logits, y.astype(kind)) == F.cross_entropy(logits, y)
        assert F.cross_entropy(logits, y.tolist()) == F.cross_entropy(logits, y)
        many = np.zeros((1, 200))
        assert F.cross_entropy(many, np.array([199], "u1")) == pytest.approx(math.log(200))

    def test_a_batch_of_many_keeps_its_digits(self):
        logits = np.zeros((100_000, 2), np.float32)
        assert F.cross_entropy(logits, np.zeros(len(logits), int)) == float(np.log(np.float32(2)))


class TestMeanSquaredError:
    @few
    @given(cases)
    def test_is_symmetric_and_not_negative(self, drawn):
        prediction, _, target = drawn
        J = F.mean_squared_error(prediction, target)
        assert J >= 0
        assert F.mean_squared_error(target, prediction) == J
        assert F.mean_squared_error(target, target) == 0
        ours = F.mean_squared_error_backward(prediction, target)
        assert_array_equal(F.mean_squared_error_backward(target, prediction), -ours)

    def test_any_shape(self):
        assert F.mean_squared_error(3, 1) == 4
        assert F.mean_squared_error_backward(3, 1) == 4
        x = np.arange(24.0).reshape(2, 3, 4)
        assert F.mean_squared_error(x, x + 2) == 4
        assert F.mean_squared_error_backward(x, x + 2).shape == x.shape

    def test_squares_that_float32_cannot_hold(self):
        assert F.mean_squared_error(np.float32([1e30]), np.float32([0])) == pytest.approx(1e60)
        assert F.mean_squared_error(np.float32([1e-30]), np.float32([0])) == pytest.approx(1e-60)


def test_dtypes_and_memory_layouts():
    logits, y, target = case(6, 4)
    for lay_out in (np.asfortranarray, lambda x: x.repeat(2, 1)[:, ::2], np.ndarray.tolist):
        assert F.cross_entropy(lay_out(logits), y) == F.cross_entropy(logits, y)
        want = F.cross_entropy_backward(logits, y)
        assert_array_equal(F.cross_entropy_backward(lay_out(logits), y[::-1][::-1]), want)
        J = F.mean_squared_error(lay_out(logits), lay_out(target))
        assert pytest.approx(F.mean_squared_error(logits, target), rel=1e-14) == J
    assert F.cross_entropy_backward(logits.astype("f2"), y).dtype == np.float32
    assert F.cross_entropy_backward(np.eye(3, dtype=np.uint8), [0, 1, 2]).dtype == np.float64
    for a, b in [("f4", "f4"), ("f4", "f8"), ("f8", "f4")]:
        gradient = F.mean_squared_error_backward(logits.astype(a), target.astype(b))
        assert gradient.dtype == max(a, b)
    # an 8-bit image: 3 − 5 is not 254
    pixels = np.array([3], np.uint8), np.array([5], np.uint8)
    assert F.mean_squared_error(*pixels) == 4
