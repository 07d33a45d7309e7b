"""TrainingPlayer and DigitPad of the chapter "Training a CNN": by mouse and by keyboard."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
from sitekit import settle, tab_to

from cnnlib.blocks import Sequential
from cnnlib.layers import Conv2D, Dense, Flatten, MaxPool2D, ReLU
from cnnlib.widgets import DigitPad

PAGE = "book/4_training/4_training.html"


@pytest.fixture
def chapter(page, site):
    page.goto(f"{site}/{PAGE}")
    settle(page)
    return page


def state(page, name):
    models = json.loads(page.locator("#cnnbook-state").text_content())["models"]
    return models[name]["state"]


def as_python(page):
    """The page's network in cnnlib: the weights that the page itself carries."""
    weights = np.frombuffer(base64.b64decode(state(page, "DigitPad")["weights"]), "<f4")
    rng = np.random.default_rng(0)
    model = Sequential(
        Conv2D(1, 8, 5, rng=rng), MaxPool2D(2), ReLU(), Conv2D(8, 16, 5, rng=rng), MaxPool2D(2),
        ReLU(), Flatten(), Dense(256, 10, rng=rng),
    )  # fmt: skip
    for array in model.params.values():
        array[...], weights = weights[: array.size].reshape(array.shape), weights[array.size :]
    assert weights.size == 0
    return DigitPad(model)


def percents(place):
    return place.locator(".cnn-odds b").all_inner_texts()


def expected(pad):
    return [f"{100 * p:.1f} %" for p in pad.output]


def test_examples_are_read_and_a_digit_is_drawn_by_keyboard(chapter):
    place = chapter.locator("[data-model=DigitPad]")
    pad = as_python(chapter)
    right = 0
    for digit in map(str, range(10)):
        place.get_by_label("Example").select_option(digit)
        pad.strokes = pad.examples[digit]
        assert percents(place) == expected(pad)
        right += int(pad.output.argmax()) == int(digit)
    assert right >= 8
    place.get_by_role("button", name="Clear").focus()
    chapter.keyboard.press("Enter")
    tab_to(place, "", role="application")
    for key in ["Shift+ArrowUp"] * 3 + ["Space"] + ["Shift+ArrowDown"] * 6 + ["Space"]:
        chapter.keyboard.press(key)
    pad.strokes = [[50 - 36 + 12 * k, 50, int(k == 0)] for k in range(7)]
    assert percents(place) == expected(pad)
    assert "The network says 1 " in place.locator(".cnn-line").inner_text()


def test_a_digit_is_drawn_by_mouse(chapter):
    place = chapter.locator("[data-model=DigitPad]")
    place.get_by_role("button", name="Clear").click()
    area = place.get_by_role("application")
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    line = [(0.2, 0.25), (0.2, 0.72), (0.5, 0.55), (0.85, 0.45)]
    points = [(box["x"] + c * box["width"], box["y"] + r * box["height"]) for r, c in line]
    chapter.mouse.move(*points[0])
    chapter.mouse.down()
    for point in points[1:]:
        chapter.mouse.move(*point, steps=8)
    chapter.mouse.up()
    assert "The network says 7 " in place.locator(".cnn-line").inner_text()
    place.get_by_role("button", name="Undo").click()
    assert "No ink" in place.locator(".cnn-line").inner_text()


def test_the_run_is_played_by_keyboard(chapter):
    place = chapter.locator("[data-model=TrainingPlayer]")
    recording = state(chapter, "TrainingPlayer")["recording"]
    line = place.locator(".cnn-line")
    assert line.inner_text().startswith("Step 0 of 1533")
    place.get_by_role("slider").focus()
    chapter.keyboard.press("End")
    assert line.inner_text().startswith("Step 1533 of 1533")
    last = np.frombuffer(base64.b64decode(recording["answers"]), "<u2").reshape(-1, 12, 10)[-1]
    assert percents(place) == [f"{100 * p / 65535:.1f} %" for p in last[0].astype(float)]
    wrong = last.argmax(axis=1) != recording["labels"]
    assert place.locator(".cnn-wrong").count() == wrong.sum()
    place.get_by_role("radio", name="Image 1:").focus()
    chapter.keyboard.press("ArrowRight")
    assert "Image 2:" in line.inner_text()


def test_what_was_trained_weighs_at_most_200_kilobytes(chapter):
    """The state of all widgets of the page, as it is shipped: weights, recording, and the rest."""
    shipped = chapter.locator("#cnnbook-state").text_content()
    assert state(chapter, "DigitPad")["weights"] in shipped
    assert state(chapter, "TrainingPlayer")["recording"]["answers"] in shipped
    assert len(shipped.encode()) <= 200_000


def test_no_link_brings_another_recording(page, site):
    page.goto(f'{site}/{PAGE}?TrainingPlayer={{"step":-1}}')
    settle(page)
    place = page.locator("[data-model=TrainingPlayer]")
    assert "this is the figure as it was built" in place.inner_text()
