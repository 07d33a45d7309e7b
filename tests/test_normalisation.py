"""Batch normalisation and dropout: by hand, loops, PyTorch, and what the mathematics says."""

from __future__ import annotations

import numpy as np
import oracles_layers as oracles
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from cnnlib import functional as F

few = settings(max_examples=40)
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
SHAPES = [(4, 5, 3, 2), (1, 4, 6, 3), (5, 1, 1, 2), (2, 1), (7, 3), (3, 8, 8, 16)]
shapes = pytest.mark.parametrize("shape", SHAPES, ids=str)
EPS = 1e-5


def case(shape, dtype=np.float64, seed=0):
    """Z, γ, β, a random upstream gradient dY, and a mean and variance that are not those of Z."""
    rng = np.random.default_rng(seed)
    n_C = shape[-1]
    draw = rng.standard_normal
    arrays = [3 * draw(shape) + 2, draw(n_C), draw(n_C), draw(shape), draw(n_C), draw(n_C) ** 2]
    arrays = [x.astype(dtype) for x in arrays]
    for x in arrays:
        x.flags.writeable = False  # in every test: no function may change its arguments
    return arrays


cases = st.builds(
    case,
    st.one_of(
        st.tuples(st.integers(2, 5), st.integers(1, 3)),
        st.tuples(*[st.integers(1, 3)] * 2, st.integers(2, 3), st.integers(1, 3)),
    ),
    dtype=st.just(np.float64),
    seed=st.integers(0, 2**32 - 1),
)


def on_channels(Z):
    """All axes but the last."""
    return tuple(range(Z.ndim - 1))


class TestBatchNormByHand:
    Z = np.array([[1.0, 10], [3, 50]])  # means 2 and 30, variances 1 and 400
    gamma, beta = np.array([1.0, 2]), np.array([0.0, 5])

    def test_the_loops(self):
        Y, mean, variance = oracles.batch_norm(self.Z, self.gamma, self.beta, 0.0)
        assert_array_equal(Y, [[-1, 3], [1, 7]])
        assert_array_equal(mean, [2, 30])
        assert_array_equal(variance, [1, 400])

    def test_batch_norm(self):
        Y, mean, variance = F.batch_norm(self.Z, self.gamma, self.beta, eps=1e-300)
        assert_array_equal(Y, [[-1, 3], [1, 7]])
        assert_array_equal(mean, [2, 30])
        assert_array_equal(variance, [1, 400])
        Y, *_ = F.batch_norm(self.Z, self.gamma, self.beta, eps=3.0)  # √(1 + 3) = 2
        assert_array_equal(Y[:, 0], [-0.5, 0.5])

    def test_given_statistics(self):
        Y, mean, variance = F.batch_norm(self.Z, self.gamma, self.beta, [1, 0], [4, 25], 1e-300)
        assert_array_equal(Y, [[0, 10 / 5 * 2 + 5], [1, 50 / 5 * 2 + 5]])
        assert_array_equal(mean, [1, 0])
        assert_array_equal(variance, [4, 25])

    def test_backward(self):
        # Z: −1, 0, 1 about its mean, σ² = 2/3; dβ = 9, dγ = (−3 + 5)·√1.5, Ẑ = √1.5·(−1, 0, 1)
        Z, dY = np.array([[1.0], [2], [3]]), np.array([[3.0], [1], [5]])
        dZ, dgamma, dbeta = F.batch_norm_backward(dY, Z, [2], eps=1e-300)
        assert_array_equal(dbeta, [9])
        assert_allclose(dgamma, [2 * 1.5**0.5], rtol=1e-15)
        # 2√1.5 · (dY − 3 − Ẑ·2√1.5/3) = 2√1.5 · (0 + 1, −2, 2 − 1)
        assert_allclose(dZ[:, 0], 2 * 1.5**0.5 * np.array([1, -2, 1]), rtol=1e-14)

    def test_backward_with_given_statistics(self):
        Z, dY = np.array([[1.0], [2], [3]]), np.array([[3.0], [1], [5]])
        dZ, dgamma, dbeta = F.batch_norm_backward(dY, Z, [2], [1], [4], eps=1e-300)
        assert_array_equal(dZ[:, 0], [3, 1, 5])  # γ/σ = 1
        assert_array_equal(dgamma, [0 * 3 + 0.5 * 1 + 1 * 5])
        assert_array_equal(dbeta, [9])


class TestBatchNorm:
    @shapes
    @both_dtypes
    @pytest.mark.parametrize("training", [True, False])
    def test_torch(self, shape, dtype, training):
        torch = pytest.importorskip("torch")
        Z, gamma, beta, dY, mean, variance = case(shape, dtype)
        given_statistics = () if training else (mean, variance)
        inputs = [torch.tensor(x, requires_grad=True) for x in (Z, gamma, beta)]
        running = [torch.tensor(x) for x in (mean, variance)]
        theirs = torch.nn.functional.batch_norm(
            inputs[0].movedim(-1, 1), *running, *inputs[1:], training=training, momentum=1.0
        ).movedim(1, -1)
        Y, mean_out, variance_out = F.batch_norm(Z, gamma, beta, *given_statistics)
        tolerance = {"rtol": 1e-12, "atol": 1e-12}
        if dtype == np.float32:
            tolerance = {"rtol": 1e-4, "atol": 1e-5}
        assert Y.dtype == mean_out.dtype == variance_out.dtype == dtype
        assert_allclose(Y, theirs.detach().numpy(), **tolerance)
        assert_allclose(mean_out, running[0].numpy(), **tolerance)
        N = Z.size // Z.shape[-1]
        unbiased = variance_out * (N / (N - 1)) if training else variance_out
        assert_allclose(unbiased, running[1].numpy(), **tolerance)
        gradients = torch.autograd.grad(theirs, inputs, torch.tensor(dY))
        results = F.batch_norm_backward(dY, Z, gamma, *given_statistics)
        for got, want in zip(results, gradients, strict=True):
            assert got.dtype == dtype
            assert_allclose(got, want.numpy(), **tolerance)

    @few
    @given(cases)
    def test_equals_the_loops(self, drawn):
        Z, gamma, beta, *_ = drawn
        results = F.batch_norm(Z, gamma, beta)
        for got, want in zip(results, oracles.batch_norm(Z, gamma, beta, EPS), strict=True):
            assert_allclose(got, want, rtol=1e-9, atol=1e-11)

    @few
    @given(cases, st.booleans())
    def test_finite_differences(self, drawn, training):
        Z, gamma, beta, dY, mean, variance = drawn
        extra = (None, None, 0.5) if training else (mean, variance, 0.5)
        results = F.batch_norm_backward(dY, Z, gamma, *extra)
        for k, gradient in enumerate(results):

            def J(X, k=k):
                inputs = [Z, gamma, beta]
                inputs[k] = X
                return (dY * F.batch_norm(*inputs, *extra)[0]).sum()

            want = oracles.numerical_gradient(J, (Z, gamma, beta)[k])
            assert_allclose(gradient, want, atol=1e-7)

    @few
    @given(cases)
    def test_gives_mean_beta_and_deviation_gamma(self, drawn):
        Z, gamma, beta, *_ = drawn
        Y, _, variance = F.batch_norm(Z, gamma, beta)
        assert_allclose(Y.mean(on_channels(Z)), beta, atol=1e-12)
        shrunk = np.sqrt(variance / (variance + EPS))
        assert_allclose(Y.std(on_channels(Z)), np.abs(gamma) * shrunk, atol=1e-12)

    @few
    @given(cases)
    def test_forgets_shift_and_scale(self, drawn):
        Z, gamma, beta, *_ = drawn
        Y, mean, variance = F.batch_norm(Z, gamma, beta)
        other, *_ = F.batch_norm(5 * Z - 3, gamma, beta, eps=25 * EPS)
        assert_allclose(other, Y, atol=1e-9)
        again, *_ = F.batch_norm(Z, gamma, beta, mean, variance)  # its own statistics, given
        assert_allclose(again, Y, atol=1e-9)

    @few
    @given(cases)
    def test_gradient_does_not_push_along_shift_and_scale(self, drawn):
        Z, gamma, _, dY, *_ = drawn
        dZ, *_ = F.batch_norm_backward(dY, Z, gamma, eps=1e-30)
        N = Z.size / Z.shape[-1]
        scale = 1e-10 * (1 + np.abs(dZ).sum(on_channels(Z))) * N
        assert (np.abs(dZ.sum(on_channels(Z))) < scale).all()
        assert (np.abs((dZ * (Z - Z.mean(on_channels(Z)))).sum(on_channels(Z))) < scale).all()

    @few
    @given(cases, st.booleans())
    def test_backward_is_linear(self, drawn, training):
        Z, gamma, _, u, mean, variance = drawn
        extra = () if training else (mean, variance)
        v = u[::-1] ** 2
        both = F.batch_norm_backward(2 * u - v, Z, gamma, *extra)
        one, two = (F.batch_norm_backward(x, Z, gamma, *extra) for x in (u, v))
        for k in range(3):
            assert_allclose(both[k], 2 * one[k] - two[k], rtol=1e-6, atol=1e-8)

    def test_channels_do_not_see_each_other(self):
        Z, gamma, beta, *_ = case((4, 5, 3, 2))
        Y, *_ = F.batch_norm(Z, gamma, beta)
        one, *_ = F.batch_norm(Z[..., :1], gamma[:1], beta[:1])
        assert_allclose(Y[..., :1], one, rtol=1e-12)

    @both_dtypes
    def test_a_constant_channel_becomes_beta(self, dtype):
        for value in (0, 7, 0.1, 1e6):
            Z = np.full((8, 5, 5, 2), value, dtype)
            Y, mean, variance = F.batch_norm(Z, [2, 3], [4, 5])
            assert_allclose(Y, np.broadcast_to([4, 5], Y.shape), atol=1e-3)
            assert_allclose(mean, value, rtol=1e-6)
            assert (variance >= 0).all()

    def test_a_large_mean_costs_no_digits(self):
        Z = np.random.default_rng(0).standard_normal((64, 14, 14, 4)) + 10_000
        Z = Z.astype(np.float32)
        exact, mean, variance = F.batch_norm(Z.astype(np.float64), np.ones(4), np.zeros(4))
        Y, mean32, variance32 = F.batch_norm(Z, np.ones(4, "f4"), np.zeros(4, "f4"))
        assert Y.dtype == np.float32
        assert_allclose(Y, exact, atol=1e-4)
        assert_allclose(mean32, mean, rtol=1e-7)
        assert_allclose(variance32, variance, rtol=1e-5)

    @pytest.mark.parametrize("scale", [1e-30, 1e-3, 1e15])
    def test_huge_and_tiny_numbers(self, scale):
        Z, gamma, beta, dY, *_ = case((4, 5, 3, 2))
        Y, *_ = F.batch_norm(scale * Z, gamma, beta, eps=scale**2 * EPS)
        assert_allclose(Y, F.batch_norm(Z, gamma, beta)[0], atol=1e-12)
        dZ, *_ = F.batch_norm_backward(dY, scale * Z, gamma, eps=scale**2 * EPS)
        assert_allclose(scale * dZ, F.batch_norm_backward(dY, Z, gamma)[0], atol=1e-12)

    def test_dtypes_memory_and_new_arrays(self):
        Z, gamma, beta, dY, mean, variance = case((4, 5, 3, 2))
        want = F.batch_norm(Z, gamma, beta)
        want_back = F.batch_norm_backward(dY, Z, gamma)
        for lay_out in (np.asfortranarray, lambda x: x.repeat(2, 0)[::2], np.ndarray.tolist):
            for got, this in zip(F.batch_norm(*map(lay_out, (Z, gamma, beta))), want, strict=True):
                assert_allclose(got, this, atol=1e-14)
            results = F.batch_norm_backward(*map(lay_out, (dY, Z, gamma)))
            for got, this in zip(results, want_back, strict=True):
                assert_allclose(got, this, atol=1e-13)
        Y, *_ = F.batch_norm(Z.astype("f4"), gamma, beta)
        assert Y.dtype == np.float64
        Y, mean_out, variance_out = F.batch_norm(Z, gamma, beta, mean, variance)
        for result in (Y, mean_out, variance_out):
            assert not any(np.shares_memory(result, x) for x in (Z, gamma, beta, mean, variance))


class TestDropout:
    def test_by_hand(self):
        class Drawn(np.random.Generator):
            def random(self, size, dtype):
                return np.array([0.1, 0.25, 0.3, 0.9], dtype).reshape(size)

        A = np.array([[1.0, 2], [3, 4]])
        D, mask = F.dropout(A, 0.25, Drawn(np.random.PCG64()))
        assert_allclose(mask, np.array([[0, 4], [4, 4]]) / 3, rtol=1e-15)
        assert_allclose(D, np.array([[0, 8], [12, 16]]) / 3, rtol=1e-15)
        assert_allclose(F.dropout_backward([[3, 3], [3, 3]], mask), [[0, 4], [4, 4]], rtol=1e-15)

    @both_dtypes
    @pytest.mark.parametrize("rate", [0, 0.1, 0.5, 0.9])
    def test_keeps_the_expected_value(self, dtype, rate):
        A = np.full((200, 500), 3, dtype)
        D, mask = F.dropout(A, rate, np.random.default_rng(0))
        assert D.dtype == mask.dtype == dtype
        kept = 1 / (1 - rate)
        assert set(np.unique(mask).tolist()) <= {0.0, float(dtype(kept))}
        assert np.mean(mask == 0) == pytest.approx(rate, abs=0.005)
        assert D.mean(dtype=float) == pytest.approx(3, abs=0.05)
        assert_array_equal(D, A * mask)

    def test_rate_0_changes_nothing(self):
        A = np.arange(6.0).reshape(2, 3)
        D, mask = F.dropout(A, 0, np.random.default_rng(0))
        assert_array_equal(D, A)
        assert_array_equal(mask, 1)
        assert not np.shares_memory(D, A)

    def test_the_seed_decides(self):
        A = np.ones((50, 50))
        first, again, other = (F.dropout(A, 0.5, np.random.default_rng(s))[1] for s in (0, 0, 1))
        assert_array_equal(first, again)
        assert (first != other).any()
        single = F.dropout(A.astype("f4"), 0.5, np.random.default_rng(0))[1]
        assert_array_equal(single, first)
        rng = np.random.default_rng(0)
        assert (F.dropout(A, 0.5, rng)[1] != F.dropout(A, 0.5, rng)[1]).any()

    @few
    @given(st.integers(0, 2**32 - 1), st.floats(0, 0.95))
    def test_is_its_own_adjoint(self, seed, rate):
        rng = np.random.default_rng(seed)
        A, u = rng.standard_normal((2, 3, 4))
        A.flags.writeable = u.flags.writeable = False
        D, mask = F.dropout(A, rate, rng)
        assert_allclose((u * D).sum(), (F.dropout_backward(u, mask) * A).sum(), atol=1e-12)
        want = oracles.numerical_gradient(lambda X: (u * X * mask).sum(), A, h=0.5)
        assert_allclose(F.dropout_backward(u, mask), want, atol=1e-12)

    def test_torch_scales_alike(self):
        torch = pytest.importorskip("torch")
        A = np.ones(1000)
        theirs = torch.nn.functional.dropout(torch.tensor(A), 0.2).numpy()
        ours, _ = F.dropout(A, 0.2, np.random.default_rng(0))
        assert_array_equal(np.unique(ours), np.unique(theirs))

    def test_dtypes_and_memory_layouts(self):
        A = np.asfortranarray(np.arange(12.0).reshape(3, 4))
        A.flags.writeable = False
        D, mask = F.dropout(A, 0.5, np.random.default_rng(0))
        again, _ = F.dropout(A.tolist(), 0.5, np.random.default_rng(0))
        assert_array_equal(D, again)
        assert F.dropout_backward(A.astype("f4"), mask.astype("f4")).dtype == np.float32
        assert F.dropout_backward(A.astype("f4"), mask).dtype == np.float64
        assert F.dropout(np.array([200], "u1"), 0.5, np.random.default_rng(0))[0][0] in (0, 400)
        D, _ = F.dropout(np.array([np.nan] * 50), 0.5, np.random.default_rng(0))
        assert np.isnan(D).all()  # what is not a number is not hidden
