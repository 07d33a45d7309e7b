"""Activations: values known by hand, PyTorch, finite differences, and what the mathematics says."""

from __future__ import annotations

import math

import numpy as np
import oracles_layers as oracles
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_allclose, assert_array_equal

from cnnlib import functional as F

# name → forward, backward, the same in PyTorch
ELEMENTWISE = {
    "relu": (F.relu, F.relu_backward, lambda torch: torch.relu),
    "leaky_relu": (F.leaky_relu, F.leaky_relu_backward, lambda torch: torch.nn.LeakyReLU(0.01)),
    "sigmoid": (F.sigmoid, F.sigmoid_backward, lambda torch: torch.sigmoid),
    "tanh": (F.tanh, F.tanh_backward, lambda torch: torch.tanh),
}
BY_ROW = {
    "softmax": (F.softmax, F.softmax_backward, lambda torch: torch.nn.Softmax(-1)),
    "log_softmax": (F.log_softmax, F.log_softmax_backward, lambda torch: torch.nn.LogSoftmax(-1)),
}
ALL = ELEMENTWISE | BY_ROW
each = pytest.mark.parametrize(("forward", "backward", "of_torch"), ALL.values(), ids=ALL)
each_elementwise = pytest.mark.parametrize(
    ("forward", "backward", "of_torch"), ELEMENTWISE.values(), ids=ELEMENTWISE
)
each_by_row = pytest.mark.parametrize(
    ("forward", "backward", "of_torch"), BY_ROW.values(), ids=BY_ROW
)
few = settings(max_examples=40)
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
SHAPES = [(3, 4), (1, 5), (2, 1), (2, 3, 5, 4), (7,)]

some_numbers = arrays(
    np.float64, array_shapes(min_dims=1, max_dims=3, max_side=4), elements=st.floats(-30, 30)
)


def random(shape, dtype=np.float64, seed=0, scale=3.0):
    x = (scale * np.random.default_rng(seed).standard_normal(shape)).astype(dtype)
    x.flags.writeable = False  # in every test: no function may change its arguments
    return x


class TestByHand:
    Z = np.array([-2.0, 0, 3])
    dA = np.array([10.0, 20, 30])

    def test_relu(self):
        assert_array_equal(F.relu(self.Z), [0, 0, 3])
        assert_array_equal(F.relu_backward(self.dA, self.Z), [0, 0, 30])  # 0 at the kink

    def test_leaky_relu(self):
        assert_array_equal(F.leaky_relu(self.Z, 0.25), [-0.5, 0, 3])
        assert_array_equal(F.leaky_relu_backward(self.dA, self.Z, 0.25), [2.5, 5, 30])
        assert_array_equal(F.leaky_relu(self.Z), [-0.02, 0, 3])

    def test_leaky_relu_at_the_ends_of_its_slope(self):
        assert_array_equal(F.leaky_relu(self.Z, 0), F.relu(self.Z))
        assert_array_equal(F.leaky_relu_backward(self.dA, self.Z, 0), [0, 0, 30])
        assert_array_equal(F.leaky_relu(self.Z, 1), self.Z)
        assert_array_equal(F.leaky_relu_backward(self.dA, self.Z, 1), self.dA)

    def test_sigmoid(self):
        Z = [-math.log(3), 0, math.log(4)]  # 1/(1 + 3), 1/2, 1/(1 + 1/4)
        assert_allclose(F.sigmoid(Z), [0.25, 0.5, 0.8], rtol=1e-15)
        assert_allclose(F.sigmoid_backward([16, 4, 100], Z), [3, 1, 16], rtol=1e-15)

    def test_tanh(self):
        Z = [-math.log(2), 0, math.log(3)]  # (½ − 2)/(½ + 2), 0, (3 − ⅓)/(3 + ⅓)
        assert_allclose(F.tanh(Z), [-0.6, 0, 0.8], rtol=1e-15)
        assert_allclose(F.tanh_backward([100, 1, 100], Z), [64, 1, 36], rtol=1e-15)
        assert_array_equal(F.tanh_backward([100, 1, 100], Z, A=[0.5, 0, 1]), [75, 1, 0])
        with pytest.raises(ValueError, match=r"tanh_backward: A has shape \(2,\)"):
            F.tanh_backward([100, 1, 100], Z, A=[0.5, 0])

    def test_softmax(self):
        Z = np.log([[1.0, 2, 5], [1, 1, 2]])
        A = np.array([[0.125, 0.25, 0.625], [0.25, 0.25, 0.5]])
        assert_allclose([oracles.softmax(row) for row in Z], A, rtol=1e-15)
        assert_allclose(F.softmax(Z), A, rtol=1e-15)
        # row 1: Σ dA·A = 1, so A·(dA − 1); row 2: Σ dA·A = 4
        dZ = F.softmax_backward([[8, 0, 0], [0, 0, 8]], Z)
        assert_allclose(dZ, [[0.875, -0.25, -0.625], [-1, -1, 2]], rtol=1e-14)

    def test_log_softmax(self):
        Z = np.log([[1.0, 2, 5]])
        assert_allclose(F.log_softmax(Z), np.log([[0.125, 0.25, 0.625]]), rtol=1e-14)
        dZ = F.log_softmax_backward([[8, 0, 0]], Z)
        assert_allclose(dZ, [[8 - 1, -2, -5]], rtol=1e-14)


@each
@both_dtypes
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_torch(forward, backward, of_torch, dtype, shape):
    torch = pytest.importorskip("torch")
    Z, dA = random(shape, dtype), random(shape, dtype, seed=1)
    inputs = torch.tensor(Z, requires_grad=True)
    theirs = of_torch(torch)(inputs)
    (dZ,) = torch.autograd.grad(theirs, inputs, torch.tensor(dA))
    ours = forward(Z)
    assert ours.dtype == backward(dA, Z).dtype == dtype
    tolerance = {"rtol": 20 * np.finfo(dtype).eps, "atol": 20 * np.finfo(dtype).eps}
    assert_allclose(ours, theirs.detach().numpy(), **tolerance)
    assert_allclose(backward(dA, Z), dZ.numpy(), **tolerance)


@each
@both_dtypes
def test_torch_at_the_kink(forward, backward, of_torch, dtype):
    torch = pytest.importorskip("torch")
    Z = np.array([[0.0, -0.0, 0.0]], dtype)
    inputs = torch.tensor(Z, requires_grad=True)
    theirs = of_torch(torch)(inputs)
    (dZ,) = torch.autograd.grad(theirs, inputs, torch.tensor([[1, 2, 4]], dtype=inputs.dtype))
    assert_allclose(forward(Z), theirs.detach().numpy(), rtol=1e-6)
    assert_allclose(backward(np.array([[1, 2, 4]], dtype), Z), dZ.numpy(), rtol=1e-6, atol=1e-7)


@each
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_finite_differences(forward, backward, of_torch, shape):
    Z, dA = random(shape), random(shape, seed=1)
    assert np.abs(Z).min() > 1e-3  # clear of the kinks of relu and leaky relu
    want = oracles.numerical_gradient(lambda X: (dA * forward(X)).sum(), Z)
    assert_allclose(backward(dA, Z), want, atol=1e-8)


@each
@few
@given(Z=some_numbers, seed=st.integers(0, 2**32 - 1))
def test_the_backward_pass_is_linear(forward, backward, of_torch, Z, seed):
    u, v = random(Z.shape, seed=seed), random(Z.shape, seed=seed + 1)
    both = 2 * backward(u, Z) - 3 * backward(v, Z)
    assert_allclose(backward(2 * u - 3 * v, Z), both, atol=1e-12)


@each_elementwise
@few
@given(Z=some_numbers)
def test_is_increasing_and_works_on_each_entry_by_itself(forward, backward, of_torch, Z):
    flat = np.sort(Z.ravel())
    assert (np.diff(forward(flat)) >= 0).all()
    assert (backward(np.ones(flat.shape), flat) >= 0).all()
    assert_allclose(forward(Z).ravel(), forward(Z.ravel()), rtol=1e-15)
    assert_allclose(forward(Z[..., ::-1])[..., ::-1], forward(Z), rtol=1e-14)


@each_elementwise
def test_single_numbers_and_lists(forward, backward, of_torch):
    assert np.shape(forward(2)) == ()
    assert forward(2) == forward([2.0])[0]
    assert np.shape(backward(1, 2)) == ()
    assert forward([[1, 2]]).dtype == np.float64


@each_elementwise
@both_dtypes
def test_huge_and_tiny_numbers(forward, backward, of_torch, dtype):
    """No overflow, no warning (pytest makes them errors), and the right limits."""
    huge = np.finfo(dtype).max
    Z = np.array([-huge, -1000, -100, -1e-30, 0, 1e-30, 100, 1000, huge], dtype)
    A, dZ = forward(Z), backward(np.ones(Z.shape, dtype), Z)
    assert np.isfinite(A).all()
    assert np.isfinite(dZ).all()
    limits = {"relu": (0, huge, 0, 1), "sigmoid": (0, 1, 0, 0), "tanh": (-1, 1, 0, 0)}
    if forward.__name__ in limits:
        low, high, slope_low, slope_high = limits[forward.__name__]
        assert (A[0], A[-1], dZ[0], dZ[-1]) == tuple(map(dtype, (low, high, slope_low, slope_high)))


def test_small_values_of_the_sigmoid_keep_their_digits():
    Z = np.array([-700.0, -40, -5])
    assert_allclose(F.sigmoid(Z), [math.exp(z) / (1 + math.exp(z)) for z in Z], rtol=1e-14)
    for Z in ([-700.0, -40], [700, 40]):  # σ(z)σ(−z), where 1 − σ(z) would be 0
        assert_allclose(F.sigmoid_backward([1, 1], Z), np.exp([-700.0, -40]), rtol=1e-14)


@few
@given(some_numbers)
def test_sigmoid_and_tanh_are_related(Z):
    assert_allclose(F.tanh(Z), 2 * F.sigmoid(2 * Z) - 1, atol=1e-15)
    assert_allclose(F.sigmoid(-Z), 1 - F.sigmoid(Z), atol=1e-15)
    assert_array_equal(F.tanh(-Z), -F.tanh(Z))


@each_elementwise
def test_what_is_not_finite_stays_where_it_is(forward, backward, of_torch):
    A = forward([1.0, np.nan, -1])
    assert_array_equal(np.isnan(A), [False, True, False])
    A = backward([1.0, np.nan, 1], [1.0, 1, -1])
    assert_array_equal(np.isnan(A), [False, True, False])
    limits = {"relu": (0, np.inf), "leaky_relu": (-np.inf, np.inf), "sigmoid": (0, 1)}
    assert tuple(forward([-np.inf, np.inf])) == limits.get(forward.__name__, (-1, 1))


class TestSoftmax:
    @few
    @given(some_numbers)
    def test_is_a_distribution(self, Z):
        A = F.softmax(Z)
        assert (A >= 0).all()
        assert_allclose(A.sum(-1), 1, rtol=1e-14)
        assert_allclose(
            A.reshape(-1, A.shape[-1]), list(map(oracles.softmax, _rows(Z))), rtol=1e-13
        )
        assert_allclose(np.exp(F.log_softmax(Z)), A, rtol=1e-13)

    @few
    @given(some_numbers, st.integers(-(10**6), 10**6))
    def test_a_constant_changes_nothing(self, Z, constant):
        Z = np.round(Z)  # whole numbers: adding is exact
        assert_array_equal(F.softmax(Z + constant), F.softmax(Z))
        assert_array_equal(F.log_softmax(Z + constant), F.log_softmax(Z))

    @few
    @given(some_numbers, st.integers(0, 2**32 - 1))
    def test_gradients_of_a_row_sum_to_zero(self, Z, seed):
        dA = random(Z.shape, seed=seed)
        assert_allclose(F.softmax_backward(dA, Z).sum(-1), 0, atol=1e-13)
        assert_allclose(F.log_softmax_backward(dA, Z).sum(-1), 0, atol=1e-13)

    @few
    @given(some_numbers, st.integers(0, 2**32 - 1))
    def test_jacobian_is_symmetric(self, Z, seed):
        u, v = random(Z.shape, seed=seed), random(Z.shape, seed=seed + 1)
        one = (u * F.softmax_backward(v, Z)).sum()
        assert_allclose(one, (v * F.softmax_backward(u, Z)).sum(), atol=1e-12)

    def test_two_classes_are_a_sigmoid(self):
        z = random(20)
        assert_allclose(F.softmax(np.stack([z, 0 * z], 1))[:, 0], F.sigmoid(z), rtol=1e-14)

    @both_dtypes
    def test_huge_and_tiny_numbers(self, dtype):
        huge = np.finfo(dtype).max
        Z = np.array([[1000, -1000, 1000], [huge, -huge, 0], [1e-30, 0, -1e-30]], dtype)
        A = np.array([[0.5, 0, 0.5], [1, 0, 0], [1 / 3, 1 / 3, 1 / 3]])
        assert_allclose(F.softmax(Z), A, rtol=1e-6)
        assert_allclose(F.log_softmax(Z)[0], [-math.log(2), -2000 - math.log(2), -math.log(2)])
        assert_array_equal(F.log_softmax(Z)[1], np.array([0, -np.inf, -huge], dtype))
        assert_allclose(F.softmax_backward(np.eye(3, dtype=dtype), Z)[1], 0)

    def test_one_class(self):
        assert_array_equal(F.softmax([[5], [-7]]), [[1], [1]])
        assert_array_equal(F.softmax_backward([[5], [-7]], [[1], [2]]), [[0], [0]])


def _rows(Z):
    return Z.reshape(-1, Z.shape[-1])


@each
def test_dtypes_and_memory_layouts(forward, backward, of_torch):
    Z, dA = random((4, 6, 5)), random((4, 6, 5), seed=1)
    for lay_out in (np.asfortranarray, lambda x: x.repeat(2, 1)[:, ::2], np.ndarray.tolist):
        assert_allclose(forward(lay_out(Z)), forward(Z), rtol=1e-14)
        assert_allclose(backward(lay_out(dA), lay_out(Z)), backward(dA, Z), rtol=1e-13)
    for a, z in [("f4", "f4"), ("f4", "f8"), ("f8", "f4")]:
        assert backward(dA.astype(a), Z.astype(z)).dtype == max(a, z)
    assert forward(Z.astype("f2")).dtype == np.float32
    assert forward(np.array([[200, 100]], np.uint8)).dtype == np.float64
    assert not np.shares_memory(forward(np.abs(Z)), Z)
