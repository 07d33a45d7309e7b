"""FeatureMaps of the chapter "A whole network", driven by keyboard alone."""

from __future__ import annotations

import base64
import json
import re

import numpy as np
import pytest
from sitekit import settle, tab_to

from cnnlib.blocks import Sequential
from cnnlib.layers import Conv2D, Dense, Flatten, MaxPool2D, ReLU
from cnnlib.widgets import FeatureMaps

PAGE = "book/3_foundations/2_network.html"


@pytest.fixture
def chapter(page, site):
    page.goto(f"{site}/{PAGE}")
    settle(page)
    return page


def as_python(page, **traits):
    """The page's network in cnnlib: the weights and images that the page itself carries."""
    state = json.loads(page.locator("#cnnbook-state").text_content())["models"]["FeatureMaps"][
        "state"
    ]
    weights = np.frombuffer(base64.b64decode(state["weights"]), "<f4")
    pixels = np.frombuffer(base64.b64decode(state["pixels"]), np.uint8)
    rng = np.random.default_rng(0)
    model = Sequential(
        Conv2D(1, 8, 5, rng=rng), ReLU(), MaxPool2D(2), Conv2D(8, 16, 3, rng=rng), ReLU(),
        MaxPool2D(2), Flatten(), Dense(400, 10, rng=rng),
    )  # fmt: skip
    for array in model.params.values():
        array[...], weights = weights[: array.size].reshape(array.shape), weights[array.size :]
    assert weights.size == 0
    images = pixels.reshape(-1, *state["shape"])
    return FeatureMaps(model, images, state["labels"], state["classes"], **traits)


def percents(place):
    return place.locator(".cnn-bars b").all_inner_texts()


def line(place):
    return " ".join(place.locator(".cnn-line").inner_text().split())


def test_a_reader_with_a_keyboard(chapter):
    place = chapter.locator("[data-model=FeatureMaps]")
    focused = "document.activeElement.ariaLabel ?? ''"
    tab_to(place, "")  # the widget's first stop, the test images
    assert chapter.evaluate(focused).startswith("10: Ankle boot")
    widget = as_python(chapter, image=9)
    assert percents(place) == [f"{100 * p:.1f} %" for p in widget.output]
    chapter.keyboard.press("ArrowRight")  # goes round
    widget.image = 0
    assert percents(place) == [f"{100 * p:.1f} %" for p in widget.output]

    chapter.keyboard.press("Tab")
    for _ in range(2):  # the pen: erase
        chapter.keyboard.press("ArrowRight")
    tab_to(place, "The image")
    for _ in range(3):
        chapter.keyboard.press("ArrowUp")
        chapter.keyboard.press("Space")
    r, c = map(int, re.match(r"Pixel row (\d+), column (\d+): 0 ", line(place)).groups())
    widget.strokes = [[r - 1 + up, c - 1, 0] for up in (2, 1, 0)]
    assert percents(place) == [f"{100 * p:.1f} %" for p in widget.output]

    tab_to(place, "4 Conv2D")
    for key in ("PageDown", "PageDown", "ArrowLeft", "ArrowDown"):
        chapter.keyboard.press(key)
    words = line(place)
    n, r, c = map(
        int, re.match(r"4 Conv2D 3×3, map (\d+), row (\d+), column (\d+):", words).groups()
    )
    widget.layer, widget.point, widget.channel = 4, (r - 1, c - 1), n - 1
    unit = widget.unit
    value = float(re.search(r"once.*?[=≈] (−?[\d.]+)", words)[1].replace("−", "-"))
    assert value == pytest.approx(unit.value, abs=2e-3)
    sums = [float(t.replace("−", "-")) for t in place.locator(".cnn-slices span").all_inner_texts()]
    expected = (unit.window * unit.weights).sum(axis=(0, 1))
    np.testing.assert_allclose(sums, expected, atol=6e-3 + 5e-3 * np.abs(expected).max())
    assert "Receptive field in the image: 10×10 pixels" in words


def test_a_link_that_it_cannot_show(page, site):
    page.goto(f'{site}/{PAGE}?FeatureMaps={{"strokes":[[0,0,999]]}}')
    settle(page)
    place = page.locator("[data-model=FeatureMaps]")
    assert "this is the figure as it was built" in place.inner_text()
