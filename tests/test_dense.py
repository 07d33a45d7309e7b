"""Dense: a hand-computed case, the loops, PyTorch, and what the mathematics says."""

from __future__ import annotations

import numpy as np
import oracles_layers as oracles
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import cnnlib as cnn
from cnnlib import functional as F

SIZES = [(4, 3, 5), (1, 3, 5), (4, 1, 5), (4, 3, 1), (1, 1, 1), (2, 40, 30)]  # m, n_prev, n
few = settings(max_examples=40)
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def case(m, n_prev, n, dtype=np.float64, seed=0):
    """A, W, b and a random upstream gradient dZ: small integers, so that sums are exact."""
    rng = np.random.default_rng(seed)
    arrays = [rng.integers(-9, 10, s).astype(dtype) for s in [(m, n_prev), (n_prev, n), n, (m, n)]]
    for x in arrays:
        x.flags.writeable = False  # in every test: no function may change its arguments
    return arrays


cases = st.builds(
    case, *[st.integers(1, 5)] * 3, dtype=st.just(np.float64), seed=st.integers(0, 2**32 - 1)
)


class TestByHand:
    A = np.array([[1.0, 2, 3], [0, 1, 0]])
    W = np.array([[1.0, 0], [0, 1], [2, -1]])
    b = np.array([10.0, 20])
    dZ = np.array([[1.0, 10], [100, 0]])
    Z = np.array([[1 + 6 + 10, 2 - 3 + 20], [10, 1 + 20]])
    gradients = (
        np.array([[1, 10, 2 - 10], [100, 0, 200]]),
        np.array([[1, 10], [2 + 100, 20], [3, 30]]),
        np.array([101, 10]),
    )

    def test_the_loops(self):
        assert_array_equal(oracles.dense(self.A, self.W, self.b), self.Z)
        for got, want in zip(
            oracles.dense_backward(self.dZ, self.A, self.W), self.gradients, strict=True
        ):
            assert_array_equal(got, want)

    def test_dense(self):
        assert_array_equal(F.dense(self.A, self.W, self.b), self.Z)
        assert_array_equal(F.dense(self.A, self.W), self.Z - self.b)

    def test_dense_backward(self):
        for got, want in zip(
            F.dense_backward(self.dZ, self.A, self.W), self.gradients, strict=True
        ):
            assert_array_equal(got, want)


@pytest.mark.parametrize("size", SIZES, ids=str)
@both_dtypes
def test_equals_the_loops(size, dtype):
    A, W, b, dZ = case(*size, dtype)
    Z = F.dense(A, W, b)
    assert Z.dtype == dtype
    assert_array_equal(Z, oracles.dense(A, W, b))
    gradients = F.dense_backward(dZ, A, W)
    for got, want, of in zip(gradients, oracles.dense_backward(dZ, A, W), (A, W, b), strict=True):
        assert got.dtype == dtype
        assert got.shape == of.shape
        assert_array_equal(got, want)


@pytest.mark.parametrize("size", SIZES, ids=str)
@both_dtypes
def test_torch(size, dtype):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    A, W, b, dZ = (rng.standard_normal(x.shape).astype(dtype) for x in case(*size))
    inputs = [torch.tensor(x, requires_grad=True) for x in (A, W, b)]
    Z = torch.nn.functional.linear(inputs[0], inputs[1].T, inputs[2])
    tolerance = {"rtol": 0, "atol": 100 * np.finfo(dtype).eps}
    assert_allclose(F.dense(A, W, b), Z.detach().numpy(), **tolerance)
    theirs = torch.autograd.grad(Z, inputs, torch.tensor(dZ))
    for got, want in zip(F.dense_backward(dZ, A, W), theirs, strict=True):
        assert_allclose(got, want.numpy(), **tolerance)


@few
@given(cases)
def test_is_the_adjoint(arrays):
    """⟨u, J v⟩ = ⟨Jᵀ u, v⟩: dense is linear in each argument, so J v is dense of v itself."""
    A, W, b, u = arrays
    dA, dW, db = F.dense_backward(u, A, W)
    assert (u * F.dense(A, W)).sum() == (dA * A).sum() == (dW * W).sum()
    assert (u * F.dense(np.zeros(A.shape), W, b)).sum() == (db * b).sum()


@few
@given(cases)
def test_finite_differences(arrays):
    A, W, b, dZ = arrays
    results = F.dense_backward(dZ, A, W)
    for k, gradient in enumerate(results):

        def J(X, k=k):
            inputs = [A, W, b]
            inputs[k] = X
            return (dZ * F.dense(*inputs)).sum()

        want = oracles.numerical_gradient(J, (A, W, b)[k], h=0.5)  # linear: any step is exact
        assert_array_equal(gradient, want)


@few
@given(cases)
def test_is_a_convolution_with_a_kernel_as_large_as_the_image(arrays):
    A, W, b, dZ = arrays
    images, filters = A[:, None, :, None], W[None, :, None, :]
    assert_array_equal(F.dense(A, W, b), cnn.conv2d(images, filters, b)[:, 0, 0])
    gradients = cnn.conv2d_backward(dZ[:, None, None, :], images, filters)
    for got, want in zip(F.dense_backward(dZ, A, W), gradients, strict=True):
        assert_array_equal(got, want.reshape(got.shape))


@few
@given(cases)
def test_examples_do_not_see_each_other(arrays):
    A, W, b, _ = arrays
    assert_array_equal(F.dense(A, W, b)[-1:], F.dense(A[-1:], W, b))


class TestArguments:
    def test_dtypes(self):
        A, W, b, dZ = case(4, 3, 5)
        for a, w, c in [("f4", "f4", "f4"), ("f4", "f8", "f4"), ("f4", "f4", "f8")]:
            assert F.dense(A.astype(a), W.astype(w), b.astype(c)).dtype == max(a, w, c)
            gradients = F.dense_backward(dZ.astype(c), A.astype(a), W.astype(w))
            assert {x.dtype for x in gradients} == {np.dtype(max(a, w, c))}
        assert F.dense(A.astype("f2"), W.astype("f2")).dtype == np.float32
        pixels = np.full((1, 2), 200, np.uint8)
        assert_array_equal(F.dense(pixels, np.ones((2, 1), np.int8)), [[400.0]])

    def test_memory_layouts(self):
        A, W, b, dZ = case(4, 3, 5)
        for lay_out in (np.asfortranarray, lambda x: x.repeat(2, 0)[::2], np.ndarray.tolist):
            assert_array_equal(F.dense(lay_out(A), lay_out(W), lay_out(b)), F.dense(A, W, b))
            results = F.dense_backward(lay_out(dZ), lay_out(A), lay_out(W))
            for got, want in zip(results, F.dense_backward(dZ, A, W), strict=True):
                assert_array_equal(got, want)
