"""The photograph: its bytes, its smaller copies, its errors."""

from __future__ import annotations

import hashlib
import sys

import numpy as np
import pytest

from cnnlib.data import photograph


def test_the_photograph_is_the_one_that_the_book_was_written_with():
    I = photograph()
    assert (I.shape, I.dtype) == ((256, 256), np.uint8)
    assert hashlib.sha256(I.tobytes()).hexdigest().startswith("8a8eeb05ca1f889b")


def test_the_photograph_in_colour_is_the_one_that_the_book_was_written_with():
    I = photograph(colour=True)
    assert (I.shape, I.dtype) == ((256, 256, 3), np.uint8)
    assert hashlib.sha256(I.tobytes()).hexdigest().startswith("c1d6af4fe3f1a68e")
    red, green, blue = np.moveaxis(I[200:240, 60:90].astype(int), 2, 0)  # her suit is orange
    assert red.mean() > green.mean() > blue.mean()


def test_row_0_is_the_sky_and_the_coat_is_below_left():
    I = photograph()
    assert I[:20, 200:].mean() > 150
    assert I[180:220, 10:50].mean() < 50


def test_it_cannot_be_changed():
    for size in (256, 64):
        for colour in (False, True):
            with pytest.raises(ValueError, match="read-only"):
                photograph(size, colour=colour)[0, 0] = 0


def test_a_smaller_one_is_the_mean_of_blocks():
    I, small = photograph().astype(float), photograph(32)
    assert small.shape == (32, 32)
    assert abs(small[5, 7] - I[40:48, 56:64].mean()) <= 0.5
    I, small = photograph(colour=True).astype(float), photograph(32, colour=True)
    assert small.shape == (32, 32, 3)
    assert np.all(np.abs(small[5, 7] - I[40:48, 56:64].mean(axis=(0, 1))) <= 0.5)


@pytest.mark.parametrize("size", [0, -64, 100, 512, 64.0, "64", True])
def test_a_size_that_does_not_divide_is_said(size):
    with pytest.raises(ValueError, match=r"divisor of 256.*use 256, 128"):
        photograph(size)


def test_without_pillow_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ModuleNotFoundError, match="pip install pillow"):
        photograph()
