"""The VolumeConvolution of the chapter "Convolution on volumes", by keyboard alone."""

from __future__ import annotations

import numpy as np
import pytest
from sitekit import follow, settle, tab_to

from cnnlib.widgets import VolumeConvolution

PAGE = "book/2_definition/2_volumes.html"


class Stepper:
    """What a reader sees of the widget, found by its roles and names."""

    def __init__(self, page):
        self.page = page
        self.place = page.locator("[data-model=VolumeConvolution]")

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def tab_to(self, name, key="Tab"):
        tab_to(self.place, name, key)

    def maps(self):
        """What the maps hold, (n_H, n_W, n_C)."""
        texts = self.place.locator(".cnn-maps [role=grid]:visible").evaluate_all(
            """(grids) => grids.map((grid) => [...grid.children].map((row) =>
                [...row.children].map((cell) => cell.textContent.replace("−", "-"))))"""
        )
        return np.moveaxis(np.array(texts), 0, 2)

    def text(self, part):
        return " ".join(self.place.locator(part).inner_text().split())


@pytest.fixture
def stepper(page, site):
    page.goto(f"{site}/{PAGE}")
    settle(page)
    return Stepper(page)


def test_predict_step_and_change(stepper):
    stepper.tab_to("The volume has ")
    stepper.press("6", "Enter")
    assert stepper.text(".cnn-verdict").startswith("No, not 6. That is 2 · 3: every filter on")
    shown = [stepper.maps()[0, 0, 0]]
    for _ in range(2):  # Step forward has the focus: red, green, blue
        stepper.press("ArrowRight")
        shown.append(stepper.maps()[0, 0, 0])
    assert shown == ["30", "60", "60"]
    assert "30 + 30 + 0 + 0 = 60, the number of map 1" in stepper.text(".cnn-line")
    stepper.press("ArrowRight", "ArrowRight")  # the second filter: red and green cancel
    assert "Channels so far: 30 + (−30) = 0" in stepper.text(".cnn-line")
    stepper.press("End")
    np.testing.assert_array_equal(stepper.maps().astype(float), VolumeConvolution().output)

    stepper.tab_to("Padding p", "Shift+Tab")
    stepper.press("ArrowRight")
    stepper.tab_to("Filter on channel 3")
    stepper.press("Control+Home", "5", "Enter")
    stepper.tab_to("Step forward")
    stepper.press("End")
    widget = VolumeConvolution(padding=1)
    weights = np.array(widget.weights)
    weights[0, 0, 2, 1] = 5  # step 53 of the padded volume is still of filter 2
    widget.weights = weights
    np.testing.assert_array_equal(stepper.maps().astype(float), widget.output)


UNSHOWABLE = [
    '{"stride":0}',
    '{"padding":3}',
    '{"bias":[1,2,3]}',
    '{"volume":[[[1,2]]]}',
    '{"weights":[[[[1],[1],[1]]]]}',
    '{"weights":[]}',
    '{"step":0.5}',
]


def test_a_link_that_it_cannot_show(page, site):
    for state in UNSHOWABLE:
        follow(page, f"{site}/{PAGE}?VolumeConvolution={state}")
        stepper = Stepper(page)
        assert "this is the figure as it was built" in stepper.place.inner_text(), state
        assert "2 filters, 3×3×3 each" in stepper.text(".cnn-question")


def test_a_link_that_it_can(page, site):
    page.goto(f'{site}/{PAGE}?VolumeConvolution={{"predict":false,"step":53,"stride":2}}')
    settle(page)
    expected = VolumeConvolution(stride=2).output
    np.testing.assert_array_equal(Stepper(page).maps().astype(float), expected)
