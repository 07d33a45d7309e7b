"""Pooling: hand-computed cases, the loops, PyTorch, and what the mathematics says.

Numbers are small integers: maxima and sums are then exact, and ties are common, which is what the
rule of the first winner needs.
"""

from __future__ import annotations

import numpy as np
import oracles_layers as oracles
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import cnnlib as cnn
from cnnlib import functional as F
from cnnlib.functional import _pooling

# m, n_H, n_W, n_C, f, s, p
GEOMETRIES = {
    "usual": (2, 6, 8, 3, 2, 2, 0),
    "one image": (1, 6, 4, 3, 2, 2, 0),
    "one channel": (3, 6, 8, 1, 2, 2, 0),
    "leftover pixels": (2, 7, 9, 2, 2, 2, 0),
    "leftover rows only": (2, 7, 8, 2, 2, 2, 0),
    "overlapping": (2, 7, 9, 2, 3, 2, 0),
    "overlapping, padded": (2, 7, 8, 2, 3, 2, 1),
    "overlapping, padded, leftover": (2, 8, 8, 2, 3, 2, 1),
    "stride 1, padded": (2, 5, 6, 2, 3, 1, 1),
    "stride > kernel": (2, 9, 8, 2, 2, 3, 0),
    "stride > kernel, padded": (2, 9, 8, 2, 2, 3, 1),
    "side by side, padded": (2, 6, 6, 2, 3, 3, 1),  # as many outputs as without padding
    "side by side, padded 1": (2, 4, 5, 2, 2, 2, 1),
    "1×1": (2, 4, 5, 2, 1, 1, 0),
    "1×1, stride 2": (2, 4, 5, 2, 1, 2, 0),
    "the whole image": (2, 4, 4, 3, 4, 4, 0),
    "larger than the image": (2, 2, 3, 2, 4, 1, 2),
    "stride > image": (2, 3, 3, 2, 2, 7, 1),
    "one pixel": (1, 1, 1, 1, 1, 1, 0),
}
BEYOND_TORCH = {  # p > f/2
    "padding f − 1": (2, 4, 5, 2, 3, 1, 2),
    "padding f − 1, side by side": (2, 5, 3, 2, 4, 4, 3),
    "one pixel in much padding": (1, 1, 1, 2, 5, 2, 4),
}
every_geometry = pytest.mark.parametrize(
    "geometry", (GEOMETRIES | BEYOND_TORCH).values(), ids=GEOMETRIES | BEYOND_TORCH
)
few = settings(max_examples=40)
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
both_counts = pytest.mark.parametrize("count_padding", [True, False])


def case(geometry, dtype=np.float64, seed=0):
    """A, a random upstream gradient dZ, and f, s, p."""
    m, n_H, n_W, n_C, f, s, p = geometry
    rng = np.random.default_rng(seed)
    A = rng.integers(-4, 5, (m, n_H, n_W, n_C)).astype(dtype)
    dZ = rng.integers(-9, 10, oracles.pooled_shape(A, f, s, p)).astype(dtype)
    for x in (A, dZ):
        x.flags.writeable = False  # in every test: no function may change its arguments
    return A, dZ, f, s, p


@st.composite
def cases(draw, padded=True):
    """A, dZ, f, s, p of any geometry that fits."""
    m, n_C, f, s = (draw(st.integers(1, high)) for high in (2, 2, 4, 5))
    p = draw(st.integers(0, f - 1)) if padded else 0
    n_H, n_W = (draw(st.integers(max(1, f - 2 * p), 6)) for _ in range(2))
    return case((m, n_H, n_W, n_C, f, s, p), seed=draw(st.integers(0, 2**32 - 1)))


@pytest.fixture(params=[1, 300, 2**20], ids="{} bytes a band".format)
def any_band(request, monkeypatch):
    """Small images in many bands, as large ones are computed."""
    monkeypatch.setattr(_pooling, "BAND_BYTES", request.param)


class TestOracles:
    """The loops themselves, held to what was computed by hand."""

    A = np.array([[1.0, 3, 2], [4, 2, 5], [4, 0, 1]])[None, :, :, None]

    def test_max(self):
        Z, winners = oracles.max_pool2d(self.A, 2, 1, 0)
        assert_array_equal(Z[0, :, :, 0], [[4, 5], [4, 5]])
        assert_array_equal(winners[0, :, :, 0], [[2, 3], [0, 1]])

    def test_max_with_stride_and_padding(self):
        Z, winners = oracles.max_pool2d(-self.A, 2, 2, 1)  # zeros would win here, −∞ does not
        assert_array_equal(Z[0, :, :, 0], [[-1, -2], [-4, 0]])
        assert_array_equal(winners[0, :, :, 0], [[3, 3], [1, 2]])

    def test_max_backward(self):
        dZ = np.array([[1.0, 20], [300, 4000]])[None, :, :, None]
        dA = oracles.max_pool2d_backward(dZ, self.A, 2, 1, 0)
        assert_array_equal(dA[0, :, :, 0], [[0, 0, 0], [301, 0, 4020], [0, 0, 0]])

    def test_avg(self):
        assert_array_equal(oracles.avg_pool2d(self.A, 2, 1, 0)[0, :, :, 0], [[2.5, 3], [2.5, 2]])
        assert_array_equal(oracles.avg_pool2d(self.A, 2, 2, 1)[0, :, :, 0], [[0.25, 1.25], [2, 2]])
        assert_array_equal(
            oracles.avg_pool2d(self.A, 2, 2, 1, False)[0, :, :, 0], [[1, 2.5], [4, 2]]
        )

    def test_avg_backward(self):
        dZ = np.array([[4.0, 40], [400, 4000]])[None, :, :, None]
        dA = oracles.avg_pool2d_backward(dZ, self.A, 2, 1, 0)
        assert_array_equal(dA[0, :, :, 0], [[1, 11, 10], [101, 1111, 1010], [100, 1100, 1000]])
        dA = oracles.avg_pool2d_backward(dZ, self.A, 2, 2, 1, False)
        assert_array_equal(dA[0, :, :, 0], [[4, 20, 20], [200, 1000, 1000], [200, 1000, 1000]])


class TestMaxPool:
    def test_by_hand(self):
        A = TestOracles.A
        assert_array_equal(F.max_pool2d(A, 2, 1)[0, :, :, 0], [[4, 5], [4, 5]])
        assert_array_equal(F.max_pool2d(A, 2)[0, :, :, 0], [[4]])  # stride 2; a row is not used
        assert_array_equal(F.max_pool2d(-A, 2, padding=1)[0, :, :, 0], [[-1, -2], [-4, 0]])

    @every_geometry
    @both_dtypes
    def test_equals_the_loops(self, geometry, dtype):
        A, _, f, s, p = case(geometry, dtype)
        Z = F.max_pool2d(A, f, s, p)
        assert Z.dtype == dtype
        assert Z.flags.c_contiguous
        want, want_winners = oracles.max_pool2d(A, f, s, p)
        assert_array_equal(Z, want)
        Z_again, winners = F.max_pool2d_with_winners(A, f, s, p)
        assert_array_equal(Z_again, want)
        assert_array_equal(winners, want_winners)
        assert winners.dtype == np.uint8

    @given(cases())
    def test_equals_the_loops_everywhere(self, drawn):
        A, _, f, s, p = drawn
        Z, winners = F.max_pool2d_with_winners(A, f, s, p)
        want, want_winners = oracles.max_pool2d(A, f, s, p)
        assert_array_equal(Z, want)
        assert_array_equal(F.max_pool2d(A, f, s, p), want)
        assert_array_equal(winners, want_winners)

    @every_geometry
    @pytest.mark.usefixtures("any_band")
    def test_bands(self, geometry):
        A, _, f, s, p = case(geometry)
        Z, winners = F.max_pool2d_with_winners(A, f, s, p)
        want, want_winners = oracles.max_pool2d(A, f, s, p)
        assert_array_equal(Z, want)
        assert_array_equal(winners, want_winners)

    @few
    @given(cases())
    def test_padding_is_minus_infinity(self, drawn):
        A, _, f, s, p = drawn
        padded = np.pad(A, ((0, 0), (p, p), (p, p), (0, 0)), constant_values=-np.inf)
        assert_array_equal(F.max_pool2d(A, f, s, p), F.max_pool2d(padded, f, s))
        Z, winners = F.max_pool2d_with_winners(padded, f, s)
        assert_array_equal(winners, F.max_pool2d_with_winners(A, f, s, p)[1])
        assert np.isfinite(Z).all()

    @few
    @given(cases())
    def test_stride_keeps_every_sth_position(self, drawn):
        A, _, f, s, p = drawn
        assert_array_equal(F.max_pool2d(A, f, s, p), F.max_pool2d(A, f, 1, p)[:, ::s, ::s])

    @few
    @given(cases())
    def test_commutes_with_increasing_functions(self, drawn):
        A, _, f, s, p = drawn
        Z = F.max_pool2d(A, f, s, p)
        assert_array_equal(F.max_pool2d(3 * A - 7, f, s, p), 3 * Z - 7)
        assert_array_equal(F.max_pool2d(F.relu(A), f, s, p), F.relu(Z))  # so pool first: less work

    @few
    @given(cases())
    def test_channels_and_images_do_not_see_each_other(self, drawn):
        A, _, f, s, p = drawn
        one = F.max_pool2d(A[-1:, :, :, -1:], f, s, p)
        assert_array_equal(F.max_pool2d(A, f, s, p)[-1:, :, :, -1:], one)

    @few
    @given(cases())
    def test_rows_and_columns_are_alike(self, drawn):
        A, _, f, s, p = drawn
        turned = F.max_pool2d(A.swapaxes(1, 2), f, s, p).swapaxes(1, 2)
        assert_array_equal(F.max_pool2d(A, f, s, p), turned)

    @few
    @given(cases())
    def test_is_no_less_than_the_average(self, drawn):
        A, _, f, s, p = drawn
        average = F.avg_pool2d(A, f, s, p, count_padding=False)
        assert (F.max_pool2d(A, f, s, p) >= average - 1e-12).all()

    @few
    @given(st.integers(0, 2**32 - 1))
    def test_two_in_a_row(self, seed):
        A, *_ = case((2, 9, 14, 2, 1, 1, 0), seed=seed)
        assert_array_equal(F.max_pool2d(F.max_pool2d(A, 2), 2), F.max_pool2d(A, 4))
        assert_array_equal(F.max_pool2d(F.max_pool2d(A, 3, 1), 3, 1), F.max_pool2d(A, 5, 1))

    @few
    @given(cases(padded=False), st.integers(0, 2), st.integers(0, 2))
    def test_is_equivariant_to_shifts_by_the_stride(self, drawn, down, right):
        A, _, f, s, _ = drawn
        A = cnn.pad2d(A, 12)
        shifted = np.roll(A, (down * s, right * s), axis=(1, 2))
        Z, Z_shifted = F.max_pool2d(A, f, s), F.max_pool2d(shifted, f, s)
        n_H, n_W = Z.shape[1:3]
        assert_array_equal(Z_shifted[:, down:, right:], Z[:, : n_H - down, : n_W - right])

    def test_pixels_that_no_window_sees(self):
        A = np.zeros((1, 5, 5, 1))
        A[:, 4], A[:, :, 4] = np.nan, np.inf
        assert_array_equal(F.max_pool2d(A, 2), np.zeros((1, 2, 2, 1)))

    def test_many_taps(self):
        A, dZ, f, s, p = case((1, 40, 38, 2, 17, 9, 3))
        _, winners = F.max_pool2d_with_winners(A, f, s, p)
        assert winners.dtype == np.uint16  # 17² − 1 = 288 does not fit a byte
        assert_array_equal(winners, oracles.max_pool2d(A, f, s, p)[1])
        want = oracles.max_pool2d_backward(dZ, A, f, s, p)
        assert_array_equal(F.max_pool2d_backward(dZ, A, f, s, p, winners=winners), want)
        assert F.max_pool2d_with_winners(A, 16)[1].dtype == np.uint8


class TestTies:
    """Where pixels tie for the maximum, the first one row by row gets the whole gradient."""

    def gradient(self, window):
        A = np.array(window, float)[None, :, :, None]
        return F.max_pool2d_backward([[[[1]]]], A, len(window))[0, :, :, 0]

    def test_by_hand(self):
        assert_array_equal(self.gradient([[7, 7], [7, 7]]), [[1, 0], [0, 0]])
        assert_array_equal(self.gradient([[1, 2], [2, 1]]), [[0, 1], [0, 0]])  # rows come first
        assert_array_equal(self.gradient([[1, 2], [2, 2]]), [[0, 1], [0, 0]])
        assert_array_equal(self.gradient([[1, 1], [2, 2]]), [[0, 0], [1, 0]])
        assert_array_equal(self.gradient([[-0.0, 0.0], [0, 0]]), [[1, 0], [0, 0]])
        middle = [[0, 0, 1], [1, 0, 0], [0, 1, 1]]
        assert_array_equal(self.gradient(middle), [[0, 0, 1], [0, 0, 0], [0, 0, 0]])

    def test_of_a_constant_image(self):
        A = np.full((1, 5, 5, 1), -3.0)
        dA = F.max_pool2d_backward(np.ones((1, 3, 3, 1)), A, 3, 2, 1)[0, :, :, 0]
        first = [0, 1, 3]  # of the pixels −1 0 1 | 1 2 3 | 3 4 5
        assert_array_equal(dA[np.ix_(first, first)], np.ones((3, 3)))
        assert dA.sum() == 9

    @pytest.mark.parametrize("geometry", GEOMETRIES.values(), ids=GEOMETRIES)
    def test_torch_has_the_same_winners(self, geometry):
        torch = pytest.importorskip("torch")
        A, dZ, f, s, p = case(geometry)
        A = np.abs(A) // 3  # nothing but zeros and ones
        images = torch.tensor(A.transpose(0, 3, 1, 2).copy(), requires_grad=True)
        Z, index = torch.nn.functional.max_pool2d(images, f, s, p, return_indices=True)
        u, v = np.divmod(index.numpy().transpose(0, 2, 3, 1), A.shape[2])
        x, y = np.ogrid[: Z.shape[2], : Z.shape[3]]
        i, j = u - (x * s - p)[:, :, None], v - (y * s - p)[:, :, None]
        assert_array_equal(F.max_pool2d_with_winners(A, f, s, p)[1], i * f + j)
        (dA,) = torch.autograd.grad(Z, images, torch.tensor(dZ.transpose(0, 3, 1, 2).copy()))
        assert_array_equal(F.max_pool2d_backward(dZ, A, f, s, p), dA.permute(0, 2, 3, 1).numpy())


class TestMaxPoolBackward:
    def test_by_hand(self):
        A, dZ = TestOracles.A, np.array([[1.0, 20], [300, 4000]])[None, :, :, None]
        dA = F.max_pool2d_backward(dZ, A, 2, 1)
        assert_array_equal(dA[0, :, :, 0], [[0, 0, 0], [301, 0, 4020], [0, 0, 0]])
        dA = F.max_pool2d_backward(dZ, -A, 2, padding=1)
        assert_array_equal(dA[0, :, :, 0], [[1, 0, 20], [300, 0, 0], [0, 4000, 0]])

    @every_geometry
    @both_dtypes
    def test_equals_the_loops(self, geometry, dtype):
        A, dZ, f, s, p = case(geometry, dtype)
        dA = F.max_pool2d_backward(dZ, A, f, s, p)
        assert dA.dtype == dtype
        assert_array_equal(dA, oracles.max_pool2d_backward(dZ, A, f, s, p))

    @given(cases())
    def test_equals_the_loops_everywhere(self, drawn):
        A, dZ, f, s, p = drawn
        want = oracles.max_pool2d_backward(dZ, A, f, s, p)
        assert_array_equal(F.max_pool2d_backward(dZ, A, f, s, p), want)
        _, winners = F.max_pool2d_with_winners(A, f, s, p)
        winners.flags.writeable = False
        assert_array_equal(F.max_pool2d_backward(dZ, A, f, s, p, winners=winners), want)

    @every_geometry
    @pytest.mark.usefixtures("any_band")
    def test_bands(self, geometry):
        A, dZ, f, s, p = case(geometry)
        want = oracles.max_pool2d_backward(dZ, A, f, s, p)
        assert_array_equal(F.max_pool2d_backward(dZ, A, f, s, p), want)

    @few
    @given(cases())
    def test_nothing_is_lost(self, drawn):
        A, dZ, f, s, p = drawn
        dA = F.max_pool2d_backward(dZ, A, f, s, p)
        assert_array_equal(dA.sum((1, 2)), dZ.sum((1, 2)))

    @few
    @given(cases())
    def test_is_linear_in_the_gradient(self, drawn):
        A, dZ, f, s, p = drawn
        other = dZ[:, ::-1, ::-1] ** 2
        dA = F.max_pool2d_backward(2 * dZ - other, A, f, s, p)
        twice, minus = (F.max_pool2d_backward(x, A, f, s, p) for x in (2 * dZ, -other))
        assert_array_equal(dA, twice + minus)

    @few
    @given(cases())
    def test_finite_differences(self, drawn):
        A, dZ, f, s, p = drawn
        rng = np.random.default_rng(0)
        A = rng.permutation(A.size).reshape(A.shape) / 1.0  # no ties, so no kinks nearby
        got = F.max_pool2d_backward(dZ, A, f, s, p)
        want = oracles.numerical_gradient(
            lambda X: (dZ * F.max_pool2d(X, f, s, p)).sum(), A, h=0.25
        )  # piecewise linear: a large step is exact as long as the order stays
        assert_array_equal(got, want)

    @few
    @given(cases())
    def test_is_the_adjoint_of_picking_the_winners(self, drawn):
        A, dZ, f, s, p = drawn
        _, winners = F.max_pool2d_with_winners(A, f, s, p)
        V = np.random.default_rng(0).integers(-9, 10, A.shape).astype(float)
        picked = np.zeros(dZ.shape)
        for output, taps in oracles.windows(A, f, s, p):
            picked[output] = V[dict(taps)[winners[output]]]
        assert (dZ * picked).sum() == (F.max_pool2d_backward(dZ, A, f, s, p) * V).sum()

    @pytest.mark.parametrize("s", [1, 2])
    @pytest.mark.parametrize("tap", [0, 3])
    def test_a_winner_in_the_padding_is_refused(self, s, tap):
        """It would be counted to a pixel at the other end of the image."""
        A = np.arange(9.0).reshape(1, 3, 3, 1) + tap
        Z, winners = F.max_pool2d_with_winners(A, 2, s, 1)
        winners[...] = tap
        if (tap, s) == (3, 2):  # the lower right of each window is a pixel
            assert F.max_pool2d_backward(Z, A, 2, s, 1, winners=winners).sum() == Z.sum()
            return
        with pytest.raises(ValueError, match="a tap in the padding, which never wins"):
            F.max_pool2d_backward(Z, A, 2, s, 1, winners=winners)

    def test_winners_make_the_images_superfluous(self):
        A, dZ, f, s, p = case(GEOMETRIES["overlapping, padded"])
        _, winners = F.max_pool2d_with_winners(A, f, s, p)
        want = F.max_pool2d_backward(dZ, A, f, s, p)
        nothing = np.full(A.shape, np.nan)
        assert_array_equal(F.max_pool2d_backward(dZ, nothing, f, s, p, winners=winners), want)
        whole = winners.astype(np.int64).tolist()
        assert_array_equal(F.max_pool2d_backward(dZ, nothing, f, s, p, winners=whole), want)


class TestAvgPool:
    def test_by_hand(self):
        A = TestOracles.A
        assert_array_equal(F.avg_pool2d(A, 2, 1)[0, :, :, 0], [[2.5, 3], [2.5, 2]])
        assert_array_equal(F.avg_pool2d(A, 2)[0, :, :, 0], [[2.5]])
        counted = F.avg_pool2d(A, 2, padding=1)[0, :, :, 0]
        assert_array_equal(counted, [[0.25, 1.25], [2, 2]])
        not_counted = F.avg_pool2d(A, 2, padding=1, count_padding=False)[0, :, :, 0]
        assert_array_equal(not_counted, [[1, 2.5], [4, 2]])

    @every_geometry
    @both_dtypes
    @both_counts
    def test_equals_the_loops(self, geometry, dtype, count_padding):
        A, _, f, s, p = case(geometry, dtype)
        Z = F.avg_pool2d(A, f, s, p, count_padding=count_padding)
        assert Z.dtype == dtype
        assert Z.flags.c_contiguous
        assert_array_equal(Z, oracles.avg_pool2d(A, f, s, p, count_padding).astype(dtype))

    @given(cases(), st.booleans())
    def test_equals_the_loops_everywhere(self, drawn, count_padding):
        A, _, f, s, p = drawn
        Z = F.avg_pool2d(A, f, s, p, count_padding=count_padding)
        assert_array_equal(Z, oracles.avg_pool2d(A, f, s, p, count_padding))

    @every_geometry
    @pytest.mark.usefixtures("any_band")
    def test_bands(self, geometry):
        A, dZ, f, s, p = case(geometry)
        assert_array_equal(F.avg_pool2d(A, f, s, p), oracles.avg_pool2d(A, f, s, p))
        dA = F.avg_pool2d_backward(dZ, A, f, s, p, count_padding=False)
        assert_allclose(dA, oracles.avg_pool2d_backward(dZ, A, f, s, p, False), atol=1e-12)

    @few
    @given(cases())
    def test_is_a_convolution_of_each_channel(self, drawn):
        A, _, f, s, p = drawn
        n_C = A.shape[3]
        W = np.zeros((f, f, n_C, n_C))
        W[:, :, range(n_C), range(n_C)] = 1
        assert_array_equal(F.avg_pool2d(A, f, s, p) * f**2, cnn.conv2d(A, W, None, s, p))

    @few
    @given(cases())
    def test_a_constant_image_stays_constant(self, drawn):
        A, _, f, s, p = drawn
        Z = F.avg_pool2d(np.full(A.shape, 5.0), f, s, p, count_padding=False)
        assert_array_equal(Z, np.full(Z.shape, 5.0))
        assert (F.avg_pool2d(np.full(A.shape, 5.0), f, s, p) <= 5).all()

    def test_the_whole_image(self):
        A, *_ = case((3, 7, 7, 5, 7, 7, 0))
        assert_allclose(F.avg_pool2d(A, 7)[:, 0, 0], A.mean((1, 2)), rtol=1e-15, atol=1e-15)


class TestAvgPoolBackward:
    def test_by_hand(self):
        A, dZ = TestOracles.A, np.array([[4.0, 40], [400, 4000]])[None, :, :, None]
        dA = F.avg_pool2d_backward(dZ, A, 2, 1)
        assert_array_equal(dA[0, :, :, 0], [[1, 11, 10], [101, 1111, 1010], [100, 1100, 1000]])
        dA = F.avg_pool2d_backward(dZ, A, 2, padding=1, count_padding=False)
        assert_array_equal(dA[0, :, :, 0], [[4, 20, 20], [200, 1000, 1000], [200, 1000, 1000]])

    @every_geometry
    @both_dtypes
    @both_counts
    def test_equals_the_loops(self, geometry, dtype, count_padding):
        A, dZ, f, s, p = case(geometry, dtype)
        dA = F.avg_pool2d_backward(dZ, A, f, s, p, count_padding=count_padding)
        assert dA.dtype == dtype
        want = oracles.avg_pool2d_backward(dZ, A, f, s, p, count_padding)
        assert_allclose(dA, want, atol=30 * np.finfo(dtype).eps)

    @few
    @given(cases(), st.booleans())
    def test_is_the_adjoint(self, drawn, count_padding):
        """⟨u, P v⟩ = ⟨Pᵀ u, v⟩."""
        V, u, f, s, p = drawn
        PV = F.avg_pool2d(V, f, s, p, count_padding=count_padding)
        PTu = F.avg_pool2d_backward(u, V, f, s, p, count_padding=count_padding)
        assert_allclose((u * PV).sum(), (PTu * V).sum(), atol=1e-10)

    @few
    @given(cases())
    def test_nothing_is_lost_but_what_the_padding_gets(self, drawn):
        A, dZ, f, s, p = drawn
        dA = F.avg_pool2d_backward(dZ, A, f, s, p, count_padding=False)
        assert_allclose(dA.sum((1, 2)), dZ.sum((1, 2)), atol=1e-11)

    @few
    @given(cases(), st.booleans())
    def test_finite_differences(self, drawn, count_padding):
        A, dZ, f, s, p = drawn

        def J(X):
            return (dZ * F.avg_pool2d(X, f, s, p, count_padding=count_padding)).sum()

        dA = F.avg_pool2d_backward(dZ, A, f, s, p, count_padding=count_padding)
        assert_allclose(dA, oracles.numerical_gradient(J, A, h=0.5), atol=1e-10)


@pytest.mark.parametrize("geometry", GEOMETRIES.values(), ids=GEOMETRIES)
@both_dtypes
def test_torch(geometry, dtype):
    torch = pytest.importorskip("torch")
    T = torch.nn.functional
    _, _, f, s, p = case(geometry)
    m, n_H, n_W, n_C, *_ = geometry
    rng = np.random.default_rng(1)
    A = rng.standard_normal((m, n_H, n_W, n_C)).astype(dtype)
    images = torch.tensor(A.transpose(0, 3, 1, 2).copy(), requires_grad=True)

    def same(ours, theirs):
        assert ours.dtype == dtype
        assert_allclose(
            ours, theirs.detach().permute(0, 2, 3, 1).numpy(), rtol=0, atol=20 * np.finfo(dtype).eps
        )

    for function, backward, theirs, how in [
        (F.max_pool2d, F.max_pool2d_backward, T.max_pool2d(images, f, s, p), {}),
        *(
            (
                F.avg_pool2d,
                F.avg_pool2d_backward,
                T.avg_pool2d(images, f, s, p, count_include_pad=count),
                {"count_padding": count},
            )
            for count in (True, False)
        ),
    ]:
        Z = function(A, f, s, p, **how)
        same(Z, theirs)
        dZ = rng.standard_normal(Z.shape).astype(dtype)
        upstream = torch.tensor(dZ.transpose(0, 3, 1, 2).copy())
        (dA,) = torch.autograd.grad(theirs, images, upstream)
        same(backward(dZ, A, f, s, p, **how), dA)


class TestArguments:
    FORWARD = (F.max_pool2d, F.avg_pool2d)
    BACKWARD = (F.max_pool2d_backward, F.avg_pool2d_backward)

    @pytest.mark.parametrize("function", [*FORWARD, F.max_pool2d_with_winners])
    @pytest.mark.parametrize(
        ("given_dtype", "result"),
        [("float16", "f4"), ("float32", "f4"), ("float64", "f8"), ("uint8", "f8"), ("int64", "f8")],
    )
    def test_dtypes(self, function, given_dtype, result):
        Z = function(np.full((1, 4, 4, 2), 200, given_dtype), 2)
        Z = Z[0] if isinstance(Z, tuple) else Z
        assert Z.dtype == result
        assert_array_equal(Z, np.full((1, 2, 2, 2), 200))  # four times 200 does not fit a byte

    @pytest.mark.parametrize("function", BACKWARD)
    def test_dtypes_of_the_gradient(self, function):
        A, dZ = np.ones((1, 4, 4, 2)), np.ones((1, 2, 2, 2))
        for a, b in [("f4", "f4"), ("f4", "f8"), ("f8", "f4"), ("f8", "f8")]:
            assert function(dZ.astype(a), A.astype(b), 2).dtype == max(a, b)
        assert function(dZ.astype("i4"), A.astype("f4"), 2).dtype == "f8"

    @pytest.mark.parametrize(
        "lay_out",
        [
            np.asfortranarray,
            lambda x: np.repeat(x, 2, axis=2)[:, :, ::2],
            lambda x: x[::-1, ::-1, ::-1, ::-1].copy()[::-1, ::-1, ::-1, ::-1],
            lambda x: x.swapaxes(1, 3).copy().swapaxes(1, 3),
            np.ndarray.tolist,
        ],
        ids=["Fortran", "slice", "negative strides", "channels first", "lists"],
    )
    def test_memory_layouts(self, lay_out):
        A, dZ, f, s, p = case(GEOMETRIES["overlapping, padded"])
        for function in self.FORWARD:
            assert_array_equal(function(lay_out(A), f, s, p), function(A, f, s, p))
        for function in self.BACKWARD:
            want = function(dZ, A, f, s, p)
            assert_array_equal(function(lay_out(dZ), lay_out(A), f, s, p), want)

    def test_results_are_new_arrays(self):
        A, dZ, *_ = case(GEOMETRIES["1×1"])
        for result in (
            F.max_pool2d(A, 1),
            F.avg_pool2d(A, 1),
            F.max_pool2d_backward(dZ, A, 1),
            F.avg_pool2d_backward(dZ, A, 1),
        ):
            assert not np.shares_memory(result, A)
            assert not np.shares_memory(result, dZ)
            assert result.flags.writeable

    def test_stride_is_the_kernel_size_unless_given(self):
        A, *_ = case((1, 7, 8, 2, 3, 3, 1))
        for function in self.FORWARD:
            assert_array_equal(function(A, 3), function(A, 3, 3))
            assert_array_equal(function(A, 3, None, 1), function(A, 3, 3, 1))

    @pytest.mark.parametrize("value", [1e300, 1e-300, 5e-324])
    def test_huge_and_tiny_numbers(self, value):
        A = value * np.arange(1, 17).reshape(1, 4, 4, 1)
        assert_array_equal(F.max_pool2d(A, 2)[0, :, :, 0], value * np.array([[6, 8], [14, 16]]))
        if value != 5e-324:
            assert_allclose(F.avg_pool2d(A, 2) / value, F.avg_pool2d(A / value, 2))
