"""AugmentationLab of the chapter "Preparing the data", driven by keyboard alone."""

from __future__ import annotations

import numpy as np
import pytest
from sitekit import settle, tab_to

from cnnlib.widgets import AugmentationLab

PAGE = "book/4_training/1_data.html"


@pytest.fixture
def place(page, site):
    page.goto(f"{site}/{PAGE}")
    settle(page)
    return page.locator("[data-model=AugmentationLab]")


def test_a_reader_with_a_keyboard(page, place):
    """A 6 at rotate(180): what is shown is cnnlib's, and the book answers after the reader."""
    tab_to(place, "Strength")
    page.keyboard.press("End")
    tab_to(place, "Another one")
    page.keyboard.press("Enter")
    widget = AugmentationLab(kind="rotate", strength=180, seed=1)
    canvas = place.locator("canvas").nth(1)
    rgba = canvas.evaluate(
        "(canvas) => [...canvas.getContext('2d').getImageData(0, 0, 28, 28).data]"
    )
    pixels = np.reshape(rgba, (28, 28, 4))[..., :1]
    assert np.abs(pixels - widget.output.astype(int)).max() <= 1
    assert "rotate(180)" in place.locator(".cnn-line").inner_text()
    assert "Look at the two ends" in place.locator(".cnn-verdict").inner_text()
    tab_to(place, "yes")
    page.keyboard.press("Space")
    words = place.locator(".cnn-verdict").inner_text()
    assert words.startswith("The book says no. A 6 turned by 180° is a 9.")


def test_a_link_that_it_cannot_show(page, site):
    page.goto(f'{site}/{PAGE}?AugmentationLab={{"kind":"melt"}}')
    settle(page)
    place = page.locator("[data-model=AugmentationLab]")
    assert "this is the figure as it was built" in place.inner_text()
