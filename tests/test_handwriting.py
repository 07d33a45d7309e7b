"""as_mnist: a drawing becomes a picture like those that MNIST has."""

from __future__ import annotations

import numpy as np
import pytest

from cnnlib.data import as_mnist, mnist
from cnnlib.widgets.digit_pad import EXAMPLES, drawn


def box(A):
    rows, columns = np.nonzero(A)
    return rows.min(), rows.max(), columns.min(), columns.max()


def middle(A):
    return np.array([(A.sum(axis=1 - k) * np.arange(28)).sum() / A.sum() for k in (0, 1)])


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_drawing_fills_20_pixels_and_its_mass_is_in_the_middle(name):
    digit = as_mnist(drawn(EXAMPLES[name]))
    top, bottom, left, right = box(digit)
    assert max(bottom - top, right - left) + 1 == 20
    assert np.all(np.abs(middle(digit) - 14) <= 0.5 + 1e-9)
    assert digit.min() >= 0
    assert digit.max() <= 1 + 1e-12


def test_that_is_what_mnist_has():
    """What the function promises is true of the data: box, centre, and it leaves them alone."""
    X, _ = mnist()
    for image in X[:200, :, :, 0].astype(float):
        assert np.all(np.abs(middle(image) - 14) <= 0.51)
        np.testing.assert_allclose(as_mnist(image), image, atol=1e-9)


def test_place_and_size_do_not_matter():
    ink = np.zeros((100, 100))
    ink[20:60, 10:30] = np.random.default_rng(0).random((40, 20)) + 0.1
    expected = as_mnist(ink)
    np.testing.assert_allclose(as_mnist(np.roll(ink, (25, 50), (0, 1))), expected, atol=1e-12)
    larger = ink.repeat(3, axis=0).repeat(3, axis=1)
    np.testing.assert_allclose(as_mnist(larger), expected, atol=1e-12)
    np.testing.assert_allclose(as_mnist(7 * ink), 7 * expected, atol=1e-12)


def test_means_by_hand():
    """30 rows on 20: the first new row holds one and a half of them."""
    ink = np.arange(1.0, 31.0)[:, np.newaxis] * np.ones(30)
    digit = as_mnist(ink)
    top, _, left, _ = box(digit)
    assert digit[top, left] == pytest.approx((1 + 2 / 2) / 1.5)
    assert digit[top + 1, left] == pytest.approx((2 / 2 + 3) / 1.5)
    assert digit.sum() == pytest.approx(ink.sum() * (20 / 30) ** 2)


def test_the_edge_is_never_crossed():
    """All mass on one side: centred it would hang over."""
    ink = np.full((20, 20), 1e-6)
    ink[:, 0] = 1
    assert box(as_mnist(ink)) == (5, 24, 8, 27)


@pytest.mark.parametrize(
    "ink", [np.zeros(3), -np.ones((2, 2)), [[np.nan]], np.zeros((2, 2), complex)]
)
def test_it_refuses_what_is_no_picture(ink):
    with pytest.raises(ValueError, match=r"as_mnist: expected a grey picture .* 255 - I"):
        as_mnist(ink)


def test_no_ink():
    assert not as_mnist(np.zeros((9, 9), np.uint8)).any()
