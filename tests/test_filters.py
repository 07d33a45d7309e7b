"""filters: what each of them is for, as a statement about images."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from cnnlib import correlate2d, filters

CONSTANTS = {name: getattr(filters, name) for name in filters.__all__ if name.isupper()}
PRESETS = CONSTANTS.pop("PRESETS")
EDGES_X = ["VEF", "PREWITT_X", "SOBEL_X", "SCHARR_X"]
EDGES_Y = ["HEF", "PREWITT_Y", "SOBEL_Y", "SCHARR_Y"]
every_constant = pytest.mark.parametrize("name", CONSTANTS)

rows, columns = np.mgrid[0.0:9, 0.0:9]


def test_the_matrices_of_the_article():
    assert_array_equal(filters.VEF, [[1, 0, -1], [1, 0, -1], [1, 0, -1]])
    assert_array_equal(filters.HEF, [[1, 1, 1], [0, 0, 0], [-1, -1, -1]])


def test_the_others_entry_by_entry():
    assert_array_equal(filters.PREWITT_X, filters.VEF)
    assert_array_equal(filters.PREWITT_Y, filters.HEF)
    assert_array_equal(filters.SOBEL_X, [[1, 0, -1], [2, 0, -2], [1, 0, -1]])
    assert_array_equal(filters.SOBEL_Y, [[1, 2, 1], [0, 0, 0], [-1, -2, -1]])
    assert_array_equal(filters.SCHARR_X, [[3, 0, -3], [10, 0, -10], [3, 0, -3]])
    assert_array_equal(filters.SCHARR_Y, [[3, 10, 3], [0, 0, 0], [-3, -10, -3]])
    assert_array_equal(filters.LAPLACIAN, [[0, 1, 0], [1, -4, 1], [0, 1, 0]])
    assert_array_equal(filters.LAPLACIAN_8, [[1, 1, 1], [1, -8, 1], [1, 1, 1]])
    assert_array_equal(filters.SHARPEN, [[0, -1, 0], [-1, 5, -1], [0, -1, 0]])
    assert_array_equal(filters.EMBOSS, [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]])
    assert_array_equal(filters.IDENTITY, [[0, 0, 0], [0, 1, 0], [0, 0, 0]])


@every_constant
def test_constants_cannot_be_changed(name):
    kernel = CONSTANTS[name]
    assert kernel.shape == (3, 3)
    assert kernel.dtype == np.float64
    assert kernel.flags.c_contiguous
    with pytest.raises(ValueError, match="read-only"):
        kernel[0, 0] = 7
    assert kernel.base is None  # nor through what they are a view of


@pytest.mark.parametrize("name", EDGES_X + EDGES_Y)
def test_edge_filters_have_the_sign_of_the_article(name):
    """Positive where the left (the top) is brighter, zero on the other edges and on flat grey."""
    kernel = CONSTANTS[name]
    left_brighter = np.where(columns < 4, 10.0, 0.0)
    across, along = (left_brighter, left_brighter.T)
    if name in EDGES_Y:
        across, along = along, across
    step = kernel[kernel > 0].sum() * 10
    assert set(np.unique(correlate2d(across, kernel))) == {0.0, step}
    assert set(np.unique(correlate2d(-across, kernel))) == {-step, 0.0}
    assert_array_equal(correlate2d(along, kernel), 0)
    assert_array_equal(correlate2d(np.full((5, 5), 3.0), kernel), 0)


@pytest.mark.parametrize("name", EDGES_X)
def test_edge_filters_are_a_blur_times_a_difference(name):
    kernel = CONSTANTS[name]
    assert_array_equal(kernel, np.outer(kernel[:, 0], [1, 0, -1]))
    assert_array_equal(CONSTANTS[EDGES_Y[EDGES_X.index(name)]], kernel.T)


def test_scharr_finds_the_direction_of_an_edge_better_than_sobel_better_than_prewitt():
    def worst_error(X, Y):
        """Largest error in degrees over waves of four pixels or more, in any direction."""
        errors = []
        for angle in np.deg2rad(np.arange(1, 45)):
            for wavelength in (4.0, 6.0, 9.0):
                phase = np.cos(angle) * (columns - 4) + np.sin(angle) * (rows - 4)
                wave = np.sin(2 * np.pi * phase / wavelength)
                gradient = correlate2d(wave, X)[3, 3], correlate2d(wave, Y)[3, 3]
                errors.append(abs(np.arctan2(-gradient[1], -gradient[0]) - angle))
        return np.rad2deg(max(errors))

    prewitt = worst_error(filters.PREWITT_X, filters.PREWITT_Y)
    sobel = worst_error(filters.SOBEL_X, filters.SOBEL_Y)
    scharr = worst_error(filters.SCHARR_X, filters.SCHARR_Y)
    assert scharr < sobel / 2 < prewitt / 2


@pytest.mark.parametrize(("name", "second"), [("LAPLACIAN", 1), ("LAPLACIAN_8", 3)])
def test_laplacian_of_a_paraboloid(name, second):
    """∇²(x² + y²) = 4 everywhere; the second form is three times that, as its scale is."""
    assert_array_equal(correlate2d(rows**2 + columns**2, CONSTANTS[name]), 4 * second)
    assert_array_equal(correlate2d(3 * rows - 2 * columns + 5, CONSTANTS[name]), 0)


def test_laplacian_is_negative_on_a_bright_point():
    point = np.zeros((3, 3))
    point[1, 1] = 1
    assert correlate2d(point, filters.LAPLACIAN).item() == -4
    assert correlate2d(point, filters.LAPLACIAN_8).item() == -8


def test_identity_and_sharpen():
    I = np.random.default_rng(0).integers(0, 256, (6, 7)).astype(float)
    assert_array_equal(correlate2d(I, filters.IDENTITY, padding=1), I)
    laplacian = correlate2d(I, filters.LAPLACIAN, padding=1)
    assert_array_equal(correlate2d(I, filters.SHARPEN, padding=1), I - laplacian)


def test_emboss_is_lit_from_the_upper_left():
    square = np.zeros((9, 9))
    square[3:6, 3:6] = 100
    relief = correlate2d(square, filters.EMBOSS, padding=1)
    assert relief[3, 3] > 100 > relief[5, 5]
    assert_array_equal(correlate2d(np.full((5, 5), 9.0), filters.EMBOSS), 9)  # flat stays as it is


@given(st.integers(1, 9))
def test_box_is_the_mean(f):
    kernel = filters.box(f)
    assert kernel.shape == (f, f)
    I = np.random.default_rng(f).normal(size=(f, f))
    assert_allclose(correlate2d(I, kernel), I.mean(), atol=1e-15)


@given(st.integers(0, 6), st.floats(1e-300, 1e300))
def test_gaussian(half, sigma):
    f = 2 * half + 1
    G = filters.gaussian(f, sigma)
    assert G.shape == (f, f)
    assert_allclose(G.sum(), 1)
    assert_array_equal(G, G.T)
    assert_array_equal(G, G[::-1, ::-1])
    assert G.max() == G[half, half]
    assert (np.diff(G[half, half:]) <= 0).all()
    assert np.linalg.matrix_rank(G) == 1  # separable


def test_gaussian_by_the_formula():
    e = np.exp(-0.5)
    g = np.array([e, 1, e]) / (1 + 2 * e)
    assert_allclose(filters.gaussian(3, 1), np.outer(g, g))
    assert_allclose(filters.gaussian(5, 2.0)[2, 2] / filters.gaussian(5, 2.0)[2, 4], np.exp(0.5))


def test_gaussian_limits():
    assert_array_equal(filters.gaussian(3, 1e-320), filters.IDENTITY)
    assert_allclose(filters.gaussian(5, 1e9), filters.box(5))


def test_gaussian_is_scipys():
    ndimage = pytest.importorskip("scipy.ndimage")
    point = np.zeros((9, 9))
    point[4, 4] = 1
    expected = ndimage.gaussian_filter(point, 1.3, truncate=4 / 1.3)
    assert_allclose(filters.gaussian(9, 1.3), expected, atol=1e-15)


def test_gaussian_is_two_passes():
    I = np.random.default_rng(0).normal(size=(9, 8))
    G = filters.gaussian(5, 1.1)
    g = G[2:3] / G[2].sum()
    assert_allclose(correlate2d(correlate2d(I, g.T), g), correlate2d(I, G), atol=1e-14)


def test_presets():
    """Each has a name of its own and numbers of its own, so that a menu can name a kernel."""
    assert all(kernel.shape in {(3, 3), (5, 5)} for kernel in PRESETS.values())
    assert not any(kernel.flags.writeable for kernel in PRESETS.values())
    assert len({kernel.tobytes() for kernel in PRESETS.values()}) == len(PRESETS)
    shown = {kernel.tobytes() for kernel in PRESETS.values()}
    assert all(kernel.tobytes() in shown for kernel in CONSTANTS.values())
