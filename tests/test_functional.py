"""functional: hand-computed cases, the loops, SciPy, PyTorch, and what the mathematics says.

Numbers are small integers wherever that is possible: then every sum is exact in float32 and in
float64, whatever its order, and results are compared with == instead of a tolerance.
"""

from __future__ import annotations

import tracemalloc
from itertools import product

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import cnnlib as cnn
from cnnlib import _convolution, filters
from cnnlib import functional as F

# m, n_H, n_W, n_C_prev, f_H, f_W, n_C, s, p
GEOMETRIES = {
    "plain": (2, 6, 7, 3, 3, 3, 4, 1, 0),
    "same": (2, 5, 7, 2, 3, 3, 3, 1, 1),
    "one image": (1, 6, 5, 3, 3, 3, 2, 1, 1),
    "grey": (3, 6, 8, 1, 3, 3, 2, 1, 0),
    "grey, stride 2": (2, 7, 8, 1, 3, 3, 5, 2, 1),
    "many channels": (2, 6, 5, 7, 3, 3, 3, 1, 1),
    "many channels, stride 2": (2, 7, 5, 6, 3, 3, 2, 2, 1),
    "leftover pixels": (2, 8, 9, 2, 3, 3, 3, 4, 0),
    "stride > kernel": (2, 9, 8, 2, 2, 2, 3, 3, 1),
    "stride > kernel, 1×1": (2, 9, 8, 2, 1, 1, 3, 4, 0),
    "1×1": (2, 4, 5, 3, 1, 1, 4, 1, 0),
    "1×1, padded": (2, 4, 5, 3, 1, 1, 4, 1, 1),
    "kernel as large as the image": (2, 4, 5, 2, 4, 5, 3, 1, 0),
    "wide kernel": (2, 6, 7, 2, 1, 4, 3, 2, 1),
    "tall kernel": (2, 6, 7, 2, 5, 2, 3, 1, 2),
    "even kernel": (2, 6, 7, 2, 4, 4, 3, 2, 1),
    "padding = f − 1": (1, 4, 5, 2, 3, 3, 2, 1, 2),
    "padding > f − 1": (2, 4, 3, 2, 2, 3, 2, 1, 4),
    "padding > f − 1, stride 3": (2, 4, 3, 2, 2, 3, 2, 3, 4),
    "larger kernel than image": (1, 2, 3, 2, 5, 5, 2, 1, 2),
    "stride > image": (1, 3, 3, 2, 2, 2, 2, 7, 1),
    "one pixel": (1, 1, 1, 1, 1, 1, 1, 1, 0),
}
every_geometry = pytest.mark.parametrize("geometry", GEOMETRIES.values(), ids=GEOMETRIES)


def whole_numbers(rng, *shape, dtype=np.float64):
    return rng.integers(-9, 10, shape).astype(dtype)


def case(geometry, dtype=np.float64, seed=0):
    """A, W, b and a random upstream gradient dZ of a geometry."""
    m, n_H, n_W, n_C_prev, f_H, f_W, n_C, s, p = geometry
    rng = np.random.default_rng(seed)
    A = whole_numbers(rng, m, n_H, n_W, n_C_prev, dtype=dtype)
    W = whole_numbers(rng, f_H, f_W, n_C_prev, n_C, dtype=dtype)
    b = whole_numbers(rng, n_C, dtype=dtype)
    rows, columns = oracles.positions(n_H, f_H, s, p), oracles.positions(n_W, f_W, s, p)
    dZ = whole_numbers(rng, m, len(rows), len(columns), n_C, dtype=dtype)
    for x in (A, W, b, dZ):
        x.flags.writeable = False  # in every test: no function may change its arguments
    return A, W, b, dZ


@st.composite
def geometries(draw):
    """Any geometry that fits."""
    m, n_C_prev, n_C = (draw(st.integers(1, 3)) for _ in range(3))
    f_H, f_W, s = draw(st.integers(1, 4)), draw(st.integers(1, 4)), draw(st.integers(1, 5))
    p = draw(st.integers(0, 4))
    n_H, n_W = (draw(st.integers(max(1, f - 2 * p), 7)) for f in (f_H, f_W))
    return m, n_H, n_W, n_C_prev, f_H, f_W, n_C, s, p


@st.composite
def cases(draw):
    geometry = draw(geometries())
    return *case(geometry, seed=draw(st.integers(0, 2**32 - 1))), *geometry[-2:]


class TestOraclesByHand:
    """The loops are tested too, on numbers worked out on paper."""

    I = np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]])
    K = np.array([[1.0, 2], [3, 4]])

    def conv(self, s, p):
        return oracles.conv2d(self.I[None, :, :, None], self.K[:, :, None, None], [100.0], s, p)

    def test_positions(self):
        assert oracles.positions(6, 3, 1, 0) == [0, 1, 2, 3]
        assert oracles.positions(6, 3, 2, 0) == [0, 2]  # pixel 5 is never reached
        assert oracles.positions(3, 3, 2, 1) == [-1, 1]
        assert oracles.positions(2, 3, 1, 0) == []

    def test_conv2d(self):
        # 1·1 + 2·2 + 4·3 + 5·4 = 37, and so on
        assert_array_equal(self.conv(1, 0)[0, :, :, 0], [[137, 147], [167, 177]])

    def test_conv2d_with_stride_and_padding(self):
        # corners of the padded image: 1·4, then 2·3 + 3·4; 4·2 + 7·4, then 5 + 6·2 + 8·3 + 9·4
        assert_array_equal(self.conv(2, 1)[0, :, :, 0], [[104, 118], [136, 177]])

    def test_conv2d_backward(self):
        A, W = self.I[None, :, :, None], self.K[:, :, None, None]
        dZ = np.array([[1.0, 0], [0, 10]])[None, :, :, None]
        dA, dW, db = oracles.conv2d_backward(dZ, A, W, 1, 0)
        assert_array_equal(dA[0, :, :, 0], [[1, 2, 0], [3, 4 + 10, 20], [0, 30, 40]])
        assert_array_equal(dW[:, :, 0, 0], [[1 + 50, 2 + 60], [4 + 80, 5 + 90]])
        assert_array_equal(db, [11])


class TestOutputSize:
    def test_counts_positions(self):
        for n, f, s, p in product(range(1, 10), range(1, 8), range(1, 6), range(5)):
            expected = len(oracles.positions(n, f, s, p))
            if expected:
                assert cnn.output_size(n, f, s, p) == expected
            else:
                with pytest.raises(ValueError, match="does not fit"):
                    cnn.output_size(n, f, s, p)

    def test_is_an_int_whatever_kind_of_integer_comes_in(self):
        size = cnn.output_size(np.uint8(200), np.int64(3), np.int8(1), np.uint16(100))
        assert type(size) is int
        assert size == 398

    @given(geometries())
    def test_is_the_size_of_conv2d(self, geometry):
        m, n_H, n_W, _, f_H, f_W, n_C, s, p = geometry
        A, W, b, _ = case(geometry)
        shape = (m, cnn.output_size(n_H, f_H, s, p), cnn.output_size(n_W, f_W, s, p), n_C)
        assert cnn.conv2d(A, W, b, s, p).shape == shape


class TestPad2d:
    def test_batch_volume_and_grey_image(self):
        A = np.arange(2 * 3 * 4 * 5.0).reshape(2, 3, 4, 5)
        padded = cnn.pad2d(A, 2)
        assert padded.shape == (2, 7, 8, 5)
        assert_array_equal(padded, np.pad(A, ((0, 0), (2, 2), (2, 2), (0, 0))))
        assert_array_equal(cnn.pad2d(A[1], 2), padded[1])
        assert_array_equal(cnn.pad2d(A[1, :, :, 3], 2), padded[1, :, :, 3])

    def test_value(self):
        padded = cnn.pad2d(np.float32([[1, 2]]), 1, value=-np.inf)
        assert padded.dtype == np.float32
        assert_array_equal(padded, np.pad(np.float32([[1, 2]]), 1, constant_values=-np.inf))

    def test_result_is_a_copy_even_without_padding(self):
        A = np.ones((1, 2, 2, 1))
        cnn.pad2d(A, 0)[:] = 7
        assert_array_equal(A, 1)

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("float16", "float32"),
            ("float32", "float32"),
            ("uint8", "float64"),
            ("int64", "float64"),
        ],
    )
    def test_dtypes(self, before, after):
        assert cnn.pad2d(np.ones((2, 2), before), 1).dtype == np.dtype(after)

    def test_numbers_that_are_not_finite_pass(self):
        padded = cnn.pad2d([[np.nan, np.inf]], 1)
        assert_array_equal(padded[1], [0, np.nan, np.inf, 0])


class TestConv2d:
    def test_by_hand(self):
        A = np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]])[None, :, :, None]
        W = np.array([[1.0, 2], [3, 4]])[:, :, None, None]
        assert_array_equal(cnn.conv2d(A, W, [100])[0, :, :, 0], [[137, 147], [167, 177]])
        assert_array_equal(
            cnn.conv2d(A, W, [100], stride=2, padding=1)[0, :, :, 0], [[104, 118], [136, 177]]
        )

    def test_two_channels_two_filters_by_hand(self):
        A = np.array([[[1.0, 10], [2, 20]], [[3, 30], [4, 40]]])[None]  # (1, 2, 2, 2)
        W = np.zeros((2, 2, 2, 2))
        W[0, 0, 0, 0] = 1  # filter 1: the upper left pixel of channel 1 …
        W[1, 0, 1, 0] = 1  # … plus the lower left one of channel 2
        W[:, :, :, 1] = 1  # filter 2: the sum of everything
        assert_array_equal(cnn.conv2d(A, W, [0.5, -0.5]), [[[[31.5, 109.5]]]])

    @every_geometry
    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_equals_the_loops(self, geometry, dtype):
        *_, s, p = geometry
        A, W, b, _ = case(geometry, dtype)
        Z = cnn.conv2d(A, W, b, s, p)
        assert Z.dtype == dtype
        assert Z.flags.c_contiguous
        assert_array_equal(Z, oracles.conv2d(A, W, b, s, p))
        assert_array_equal(cnn.conv2d(A, W, stride=s, padding=p), oracles.conv2d(A, W, None, s, p))

    @given(cases())
    def test_equals_the_loops_everywhere(self, drawn):
        A, W, b, _, s, p = drawn
        assert_array_equal(cnn.conv2d(A, W, b, s, p), oracles.conv2d(A, W, b, s, p))

    @given(cases(), st.integers(-9, 9), st.integers(-9, 9))
    def test_is_linear_in_the_images_and_in_the_filters(self, drawn, alpha, beta):
        A, W, _, _, s, p = drawn
        B, V = A[::-1, ::-1], W[:, :, ::-1]
        Z = alpha * cnn.conv2d(A, W, None, s, p) + beta * cnn.conv2d(B, W, None, s, p)
        assert_array_equal(cnn.conv2d(alpha * A + beta * B, W, None, s, p), Z)
        Z = alpha * cnn.conv2d(A, W, None, s, p) + beta * cnn.conv2d(A, V, None, s, p)
        assert_array_equal(cnn.conv2d(A, alpha * W + beta * V, None, s, p), Z)

    @given(cases(), st.integers(0, 3), st.integers(0, 3))
    def test_is_shift_equivariant_away_from_the_borders(self, drawn, down, right):
        A, W, b, *_ = drawn
        f_H, f_W = W.shape[:2]
        A = cnn.pad2d(A, 8)  # room to move in, and to keep clear of the border
        shifted = np.roll(A, (down, right), axis=(1, 2))
        Z, Z_shifted = cnn.conv2d(A, W, b), cnn.conv2d(shifted, W, b)
        n_H, n_W = Z.shape[1:3]
        inner = Z_shifted[:, down:, right:]
        assert_array_equal(inner, Z[:, : n_H - down, : n_W - right])
        assert f_H <= 8
        assert f_W <= 8

    @given(cases())
    def test_stride_keeps_every_sth_position(self, drawn):
        A, W, b, _, s, p = drawn
        assert_array_equal(cnn.conv2d(A, W, b, s, p), cnn.conv2d(A, W, b, 1, p)[:, ::s, ::s])

    @given(cases())
    def test_padding_is_a_valid_convolution_of_the_padded_image(self, drawn):
        A, W, b, _, s, p = drawn
        assert_array_equal(cnn.conv2d(A, W, b, s, p), cnn.conv2d(cnn.pad2d(A, p), W, b, s))

    @given(cases())
    def test_channels_are_filtered_one_by_one_and_summed(self, drawn):
        A, W, _, _, s, p = drawn
        each = [
            cnn.conv2d(A[..., k : k + 1], W[:, :, k : k + 1], None, s, p) for k in range(A.shape[3])
        ]
        assert_array_equal(cnn.conv2d(A, W, None, s, p), sum(each))

    @given(cases())
    def test_filters_and_images_do_not_see_each_other(self, drawn):
        A, W, b, _, s, p = drawn
        one = cnn.conv2d(A[-1:], W[..., -1:], b[-1:], s, p)
        assert_array_equal(cnn.conv2d(A, W, b, s, p)[-1:, :, :, -1:], one)

    @given(cases())
    def test_bias_is_added_once(self, drawn):
        A, W, b, _, s, p = drawn
        difference = cnn.conv2d(A, W, b, s, p) - cnn.conv2d(A, W, None, s, p)
        assert_array_equal(difference, np.broadcast_to(b, difference.shape))

    def test_1x1_is_a_dense_layer_at_every_pixel(self):
        A, W, b, _ = case(GEOMETRIES["1×1"])
        assert_array_equal(cnn.conv2d(A, W, b), A @ W[0, 0] + b)

    def test_kernel_as_large_as_the_image_is_a_dense_layer(self):
        A, W, b, _ = case(GEOMETRIES["kernel as large as the image"])
        dense = A.reshape(len(A), -1) @ W.reshape(-1, W.shape[3]) + b
        assert_array_equal(cnn.conv2d(A, W, b)[:, 0, 0], dense)

    @given(cases())
    def test_an_impulse_gives_the_flipped_filters(self, drawn):
        _, W, *_ = drawn
        f_H, f_W, n_C_prev, _ = W.shape
        for k in range(n_C_prev):
            A = np.zeros((1, 2 * f_H - 1, 2 * f_W - 1, n_C_prev))
            A[0, f_H - 1, f_W - 1, k] = 1
            assert_array_equal(cnn.conv2d(A, W)[0], W[::-1, ::-1, k])

    @given(st.integers(0, 2**32 - 1))
    def test_two_filters_after_each_other_are_one(self, seed):
        rng = np.random.default_rng(seed)
        I, K, L = (whole_numbers(rng, *size) for size in [(9, 8), (3, 2), (2, 4)])
        both = cnn.correlate2d(K, L[::-1, ::-1], padding=4)[3:-3, 1:-1]  # K ∗ L, in full
        assert both.shape == (3 + 2 - 1, 2 + 4 - 1)
        assert_array_equal(cnn.correlate2d(cnn.correlate2d(I, K), L), cnn.correlate2d(I, both))


class TestConv2dBackward:
    def test_by_hand(self):
        A = np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]])[None, :, :, None]
        W = np.array([[1.0, 2], [3, 4]])[:, :, None, None]
        dZ = np.array([[1.0, 0], [0, 10]])[None, :, :, None]
        dA, dW, db = cnn.conv2d_backward(dZ, A, W)
        assert_array_equal(dA[0, :, :, 0], [[1, 2, 0], [3, 14, 20], [0, 30, 40]])
        assert_array_equal(dW[:, :, 0, 0], [[51, 62], [84, 95]])
        assert_array_equal(db, [11])

    @every_geometry
    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_equals_the_loops(self, geometry, dtype):
        *_, s, p = geometry
        A, W, b, dZ = case(geometry, dtype)
        results = cnn.conv2d_backward(dZ, A, W, s, p)
        for got, want, of in zip(
            results, oracles.conv2d_backward(dZ, A, W, s, p), (A, W, b), strict=True
        ):
            assert got.dtype == dtype
            assert got.shape == of.shape
            assert_array_equal(got, want)

    @given(cases())
    def test_equals_the_loops_everywhere(self, drawn):
        A, W, _, dZ, s, p = drawn
        results = cnn.conv2d_backward(dZ, A, W, s, p)
        for got, want in zip(results, oracles.conv2d_backward(dZ, A, W, s, p), strict=True):
            assert_array_equal(got, want)

    @given(cases())
    def test_parameters_alone(self, drawn):
        A, W, _, dZ, s, p = drawn
        _, dW, db = cnn.conv2d_backward(dZ, A, W, s, p)
        only_dW, only_db = cnn.conv2d_backward_params(dZ, A, W, s, p)
        assert_array_equal(only_dW, dW)
        assert_array_equal(only_db, db)

    @given(cases())
    def test_is_the_adjoint(self, drawn):
        """⟨u, J v⟩ = ⟨Jᵀ u, v⟩: conv2d is linear in each argument, so J v is conv2d of v itself."""
        A, W, b, u, s, p = drawn
        dA, dW, db = cnn.conv2d_backward(u, A, W, s, p)
        Ju = np.vdot(u, cnn.conv2d(A, W, None, s, p))
        assert np.vdot(dA, A) == Ju
        assert np.vdot(dW, W) == Ju
        assert np.vdot(db, b) == np.vdot(u, np.broadcast_to(b, u.shape))

    @every_geometry
    def test_finite_differences(self, geometry):
        """J(θ) = ⟨u, Z(θ)⟩ with a random u, each entry of A, W and b moved by ±h."""
        *_, s, p = geometry
        A, W, b, u = (x.copy() for x in case(geometry))
        analytic = cnn.conv2d_backward(u, A, W, s, p)
        h = 0.5  # Z is linear in each entry, so the central difference is exact for any h
        for theta, gradient in zip((A, W, b), analytic, strict=True):
            for index in np.random.default_rng(1).permutation(theta.size)[:40]:
                old = theta.flat[index]
                theta.flat[index] = old + h
                above = np.vdot(u, cnn.conv2d(A, W, b, s, p))
                theta.flat[index] = old - h
                below = np.vdot(u, cnn.conv2d(A, W, b, s, p))
                theta.flat[index] = old
                assert (above - below) / (2 * h) == gradient.flat[index]

    def test_unseen_pixels_have_no_gradient(self):
        A, W, _, dZ = case(GEOMETRIES["stride > kernel, 1×1"])
        dA, *_ = cnn.conv2d_backward(np.ones_like(dZ), A, np.ones_like(W), stride=4)
        seen = np.zeros((9, 8), bool)
        seen[::4, ::4] = True
        assert_array_equal(dA[0, :, :, 0] != 0, seen)


class TestCorrelate2d:
    def test_the_example_of_the_article(self):
        """Bright left half, dark right half: VEF answers 3·10 in the two middle columns."""
        I = np.array([[10, 10, 10, 0, 0, 0]] * 6)
        edge = np.array([[0, 30, 30, 0]] * 4)
        assert_array_equal(cnn.correlate2d(I, filters.VEF), edge)
        assert_array_equal(cnn.correlate2d(I[:, ::-1], filters.VEF), -edge)
        assert_array_equal(cnn.correlate2d(I, filters.HEF), np.zeros((4, 4)))
        assert_array_equal(cnn.correlate2d(I.T, filters.HEF), edge.T)

    def test_six_by_six_by_hand(self):
        I = [
            [3, 0, 1, 2, 7, 4],
            [1, 5, 8, 9, 3, 1],
            [2, 7, 2, 5, 1, 3],
            [0, 1, 3, 1, 7, 8],
            [4, 2, 1, 6, 2, 8],
            [2, 4, 5, 2, 3, 9],
        ]
        # each entry is the sum of a column of three minus that of the column two to its right
        expected = [[-5, -4, 0, 8], [-10, -2, 2, 3], [0, -2, -4, -7], [-3, -2, -3, -16]]
        assert_array_equal(cnn.correlate2d(I, filters.VEF), expected)

    @given(cases())
    def test_is_one_filter_of_conv2d(self, drawn):
        A, W, _, _, s, p = drawn
        Z = cnn.conv2d(A, W, None, s, p)
        assert_array_equal(cnn.correlate2d(A[0], W[..., 0], s, p), Z[0, :, :, 0])
        grey = cnn.conv2d(A[..., :1], W[:, :, :1], None, s, p)
        assert_array_equal(cnn.correlate2d(A[0, :, :, 0], W[:, :, 0, 0], s, p), grey[0, :, :, 0])

    @given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 4), st.integers(0, 3))
    def test_scipy(self, seed, f_H, f_W, p):
        signal = pytest.importorskip("scipy.signal")
        rng = np.random.default_rng(seed)
        I, K = whole_numbers(rng, 6, 5), whole_numbers(rng, f_H, f_W)
        valid = signal.correlate2d(np.pad(I, p), K, mode="valid")
        assert_array_equal(cnn.correlate2d(I, K, padding=p), valid)
        flipped = signal.convolve2d(np.pad(I, p), K, mode="valid")
        assert_array_equal(cnn.correlate2d(I, K[::-1, ::-1], padding=p), flipped)

    def test_scipy_same(self):
        signal = pytest.importorskip("scipy.signal")
        rng = np.random.default_rng(0)
        I, K = rng.normal(size=(8, 11)), rng.normal(size=(5, 5))
        same = signal.correlate2d(I, K, mode="same")
        assert_allclose(cnn.correlate2d(I, K, padding=2), same, atol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@every_geometry
def test_torch(geometry, dtype):
    torch = pytest.importorskip("torch")
    *_, s, p = geometry
    A, W, b, dZ = case(geometry, dtype)

    def tensor(x, order):
        return torch.tensor(np.ascontiguousarray(x.transpose(order)), requires_grad=True)

    inputs = tensor(A, (0, 3, 1, 2)), tensor(W, (3, 2, 0, 1)), tensor(b, (0,))
    Z = torch.nn.functional.conv2d(*inputs, stride=s, padding=p)
    dA, dW, db = torch.autograd.grad(Z, inputs, tensor(dZ, (0, 3, 1, 2)))

    assert_array_equal(cnn.conv2d(A, W, b, s, p), Z.detach().numpy().transpose(0, 2, 3, 1))
    results = cnn.conv2d_backward(dZ, A, W, s, p)
    assert_array_equal(results[0], dA.numpy().transpose(0, 2, 3, 1))
    assert_array_equal(results[1], dW.numpy().transpose(2, 3, 1, 0))
    assert_array_equal(results[2], db.numpy())


class TestTiles:
    """The result does not depend on how many patches fit in a tile."""

    @pytest.mark.parametrize("patches", [1, 3, 7, 20, 64, 1000])
    @every_geometry
    def test_any_tile(self, geometry, patches, monkeypatch):
        *_, s, p = geometry
        A, W, b, dZ = case(geometry)
        whole = cnn.conv2d(A, W, b, s, p), *cnn.conv2d_backward(dZ, A, W, s, p)
        taps = W[..., 0].size
        monkeypatch.setattr(_convolution, "TILE_BYTES", patches * taps * 8)
        tiled = cnn.conv2d(A, W, b, s, p), *cnn.conv2d_backward(dZ, A, W, s, p)
        for got, want in zip(tiled, whole, strict=True):
            assert_array_equal(got, want)

    def test_a_patch_larger_than_a_tile(self, monkeypatch):
        monkeypatch.setattr(_convolution, "TILE_BYTES", 1)
        A, W, b, _ = case(GEOMETRIES["plain"])
        assert_array_equal(cnn.conv2d(A, W, b), oracles.conv2d(A, W, b))

    @pytest.mark.parametrize("size", [(4, 64, 64), (1, 256, 256), (1, 3, 9000)])
    def test_memory_beyond_the_result_is_the_padded_copy_and_a_tile(self, size):
        """In the last case a single row of positions has more patches than fit in a tile."""
        m, n_H, n_W = size
        A, W = np.ones((*size, 8), np.float32), np.ones((3, 3, 8, 4), np.float32)
        cnn.conv2d(A, W, padding=1)
        tracemalloc.start()
        Z = cnn.conv2d(A, W, padding=1)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak <= Z.nbytes + m * (n_H + 2) * (n_W + 2) * 8 * 4 + 2**20


class TestNumbers:
    """What comes in as float32 goes out as float32; nothing overflows, nothing is changed."""

    def test_accuracy_on_real_numbers(self):
        rng = np.random.default_rng(0)
        A, W, b = rng.normal(size=(2, 9, 8, 5)), rng.normal(size=(3, 3, 5, 4)), rng.normal(size=4)
        Z = oracles.conv2d(A, W, b, 2, 1)
        assert_allclose(cnn.conv2d(A, W, b, 2, 1), Z, atol=1e-13)
        A32, W32, b32 = (x.astype(np.float32) for x in (A, W, b))
        assert_allclose(cnn.conv2d(A32, W32, b32, 2, 1), Z, atol=2e-5)

    @pytest.mark.parametrize(
        ("of_A", "of_W", "of_Z"),
        [
            ("float32", "float32", "float32"),
            ("float64", "float64", "float64"),
            ("float32", "float64", "float64"),
            ("float16", "float16", "float32"),
            ("float16", "float64", "float64"),
            ("uint8", "int8", "float64"),
            ("uint8", "float32", "float64"),
            (">f4", "float32", "float32"),
        ],
    )
    def test_dtypes(self, of_A, of_W, of_Z):
        A, W, b, dZ = case(GEOMETRIES["plain"])
        A, W = np.abs(A).astype(of_A), W.astype(of_W)
        Z = cnn.conv2d(A, W, b.astype(of_W))
        assert Z.dtype == np.dtype(of_Z)
        assert_array_equal(Z, oracles.conv2d(A.astype(float), W.astype(float), b))
        for gradient in cnn.conv2d_backward(dZ.astype(of_Z), A, W):
            assert gradient.dtype == np.dtype(of_Z)
        assert cnn.correlate2d(A[0], W[..., 0]).dtype == np.dtype(of_Z)

    def test_a_float64_bias_makes_the_result_float64(self):
        A, W, b, _ = case(GEOMETRIES["plain"], np.float32)
        assert cnn.conv2d(A, W, b.astype(np.float64)).dtype == np.float64

    def test_eight_bit_images_do_not_overflow(self):
        I = np.full((5, 5), 255, np.uint8)
        assert_array_equal(cnn.correlate2d(I, np.ones((3, 3), np.uint8)), 9 * 255.0)
        assert_array_equal(cnn.correlate2d(I, -np.ones((3, 3), np.int8)), -9 * 255.0)
        assert cnn.pad2d(I, 1).max() == 255

    def test_huge_but_finite_numbers_are_not_refused(self):
        A = np.full((1, 2, 2, 1), 1e200)  # its square is not finite
        assert_allclose(cnn.conv2d(A, np.full((2, 2, 1, 1), 1e-200)), 4)

    def test_lists_and_integers_of_numpy(self):
        A, W, b, dZ = case(GEOMETRIES["grey, stride 2"])
        Z = cnn.conv2d(A.tolist(), W.tolist(), b.tolist(), np.int64(2), np.uint8(1))
        assert_array_equal(Z, cnn.conv2d(A, W, b, 2, 1))
        listed = cnn.conv2d_backward(dZ.tolist(), A.tolist(), W.tolist(), np.int8(2), np.int32(1))
        for got, want in zip(listed, cnn.conv2d_backward(dZ, A, W, 2, 1), strict=True):
            assert_array_equal(got, want)

    @every_geometry
    @pytest.mark.parametrize(
        "layout",
        [
            np.asfortranarray,
            lambda x: np.repeat(x, 2, axis=-1)[..., ::2],
            lambda x: np.ascontiguousarray(x[::-1])[::-1],
            lambda x: np.ascontiguousarray(x.T).T,
        ],
        ids=["Fortran", "every second", "backwards", "transposed"],
    )
    def test_memory_layout_does_not_matter(self, geometry, layout):
        *_, s, p = geometry
        A, W, b, dZ = case(geometry)
        Z, gradients = cnn.conv2d(A, W, b, s, p), cnn.conv2d_backward(dZ, A, W, s, p)
        A, W, b, dZ = (layout(x) for x in (A, W, b, dZ))
        assert_array_equal(cnn.conv2d(A, W, b, s, p), Z)
        for got, want in zip(cnn.conv2d_backward(dZ, A, W, s, p), gradients, strict=True):
            assert_array_equal(got, want)

    @every_geometry
    def test_results_share_no_memory_with_the_arguments(self, geometry):
        *_, s, p = geometry
        A, W, b, dZ = case(geometry)
        results = [
            cnn.conv2d(A, W, b, s, p),
            *cnn.conv2d_backward(dZ, A, W, s, p),
            cnn.pad2d(A, 0),
            cnn.correlate2d(A[0], W[..., 0], s, p),
        ]
        for result in results:
            assert result.flags.writeable
            assert not any(np.shares_memory(result, x) for x in (A, W, b, dZ))


def test_cnnlib_has_what_functional_has():
    for name in F.__all__:
        assert getattr(cnn, name) is getattr(F, name)
        assert name in cnn.__all__
