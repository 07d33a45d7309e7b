"""_convolution: what its three ideas promise. That its results are right, test_functional says."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from test_functional import case, every_geometry, geometries

import cnnlib as cnn
from cnnlib import _convolution


def everything(A, W, b, dZ, s, p):
    return cnn.conv2d(A, W, b, s, p), *cnn.conv2d_backward(dZ, A, W, s, p)


@pytest.mark.parametrize("r", [1, 2, 3, 5, 16])
@every_geometry
def test_any_number_of_neighbours_gives_the_same(geometry, r, monkeypatch):
    """Also one that does not divide n_W, and one that is larger."""

    def neighbours(shape, grid):
        return r, grid._replace(n_W=-(-grid.n_W // r) * r)

    arguments = *case(geometry), *geometry[-2:]
    expected = everything(*arguments)
    monkeypatch.setattr(_convolution, "neighbours", neighbours)
    for got, want in zip(everything(*arguments), expected, strict=True):
        assert got.flags.c_contiguous
        assert_array_equal(got, want)


@given(st.integers(1, 9), st.integers(1, 40), st.integers(1, 600), st.integers(1, 5))
def test_neighbours_make_better_products_without_much_waste(f, n_C, n_W, s):
    r, wide = _convolution.neighbours((f, f, 3, n_C), _convolution.Grid(0, 0, 5, n_W, s))
    assert wide == (0, 0, 5, wide.n_W, s)
    assert wide.n_W % r == 0
    assert 0 <= wide.n_W - n_W < r
    assert r == 1 or r * n_C <= 32
    assert f + (r - 1) * s <= 4 * f
    if wide.n_W > n_W:
        assert n_C <= 8


@given(geometries(), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_narrow_is_the_adjoint_of_widen(geometry, r, seed):
    *_, f_H, f_W, n_C, s, _ = geometry
    shape = (f_H, f_W, geometry[3], n_C)
    rng = np.random.default_rng(seed)
    W, b = rng.integers(-9, 10, shape).astype(float), rng.integers(-9, 10, n_C).astype(float)
    filters = _convolution.widen(W, b, r, s)
    gradient = rng.integers(-9, 10, filters.shape).astype(float)
    dW, db = _convolution.narrow(gradient, shape, r, s)
    assert dW.shape == shape
    assert np.vdot(gradient, filters) == np.vdot(dW, W) + np.vdot(db, b)


def test_a_wide_filter_by_hand():
    W = np.array([[1.0, 2.0], [3.0, 4.0]])[:, :, np.newaxis, np.newaxis]
    filters = _convolution.widen(W, np.array([7.0]), 2, 1)
    first, second = filters[:-1].reshape(2, 3, 2).transpose(2, 0, 1)
    assert_array_equal(first, [[1, 2, 0], [3, 4, 0]])
    assert_array_equal(second, [[0, 1, 2], [0, 3, 4]])
    assert_array_equal(filters[-1], [7, 7])


@given(st.integers(1, 1000), st.integers(-1, 1000))
def test_evenly(n, most):
    size = _convolution.evenly(n, most)
    parts = -(-n // size)
    assert 1 <= size <= max(1, most)
    assert parts == -(-n // max(1, most))  # as few as possible
    assert size - n / parts < 1  # and none much smaller than the others


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@every_geometry
def test_a_number_that_is_not_finite_is_refused_where_a_window_sees_it(geometry, value):
    """Wherever it is; and with a weight of 0 too."""
    *_, s, p = geometry
    A, W, b, dZ = (x.copy() for x in case(geometry))
    W[..., 0] = 0
    ones = np.ones_like(W)
    seen, *_ = cnn.conv2d_backward(np.ones_like(dZ), A, ones, s, p)
    for index in [tuple(i) for i in np.random.default_rng(0).integers(A.shape, size=(20, 4))]:
        old, A[index] = A[index], value
        if seen[index]:
            entry = rf"A\[{', '.join(map(str, index))}\] is {value}"
            with pytest.raises(ValueError, match=rf"conv2d: {entry}"):
                cnn.conv2d(A, W, b, s, p)
            with pytest.raises(ValueError, match=rf"conv2d_backward: {entry}"):
                cnn.conv2d_backward(dZ, A, W, s, p)
        else:  # it may pass, but never spread
            with contextlib.suppress(ValueError):
                assert np.isfinite(cnn.conv2d(A, W, b, s, p)).all()
        A[index] = old
    for index in [tuple(i) for i in np.random.default_rng(1).integers(dZ.shape, size=(20, 4))]:
        old, dZ[index] = dZ[index], value
        entry = rf"dZ\[{', '.join(map(str, index))}\] is {value}"
        with pytest.raises(ValueError, match=rf"conv2d_backward_params: {entry}"):
            cnn.conv2d_backward_params(dZ, A, W, s, p)
        dZ[index] = old


@pytest.mark.filterwarnings("ignore:overflow")
def test_a_result_that_overflows_is_returned():
    A, W = np.full((1, 3, 3, 1), 1e200), np.full((2, 2, 1, 1), 1e200)
    assert np.isinf(cnn.conv2d(A, W)).all()
