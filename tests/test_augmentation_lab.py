"""AugmentationLab by keyboard alone: what it shows is cnnlib's, and it asks before it answers."""

from __future__ import annotations

import numpy as np
import pytest
from test_widget_views import address, change, get, harness, mount, press, said, tab  # noqa: F401

from cnnlib.widgets import AugmentationLab


def shown(root, nth):
    """The grey or coloured bytes of a canvas: 0 the original, 1 this draw, 2 and 3 the ends."""
    width, height, rgba = (
        root.locator("canvas")
        .nth(nth)
        .evaluate(
            """(canvas) => {
        const { width, height } = canvas;
        return [width, height, [...canvas.getContext("2d").getImageData(0, 0, width, height).data]];
    }"""
        )
    )
    return np.reshape(rgba, (height, width, 4))[..., :3]


@pytest.mark.parametrize(
    ("kind", "picture"),
    [("rotate", 0), ("shift", 2), ("crop", 3), ("noise", 1), ("hue", 4), ("flip", 3)],
)
def test_the_page_shows_what_cnnlib_computes(harness, kind, picture):  # noqa: F811
    widget = AugmentationLab(kind=kind, picture=picture, seed=5)
    root = mount(harness, widget)
    np.testing.assert_array_equal(shown(root, 0) - widget.image.astype(int), 0)
    assert np.abs(shown(root, 1) - widget.output.astype(int)).max() <= 1
    assert said(root).startswith(repr(widget.step))


def test_a_reader_with_a_keyboard(harness):  # noqa: F811
    widget = AugmentationLab()
    root = mount(harness, widget)
    press(harness, "Tab", "Tab", "ArrowDown")  # the picture, the change: from rotate to flip
    assert [get(harness, k) for k in ("kind", "level")] == ["flip", 3]
    press(harness, "ArrowUp", "Tab", "End")  # back to rotate; the strength
    widget.set_state({"level": get(harness, "level")})
    assert repr(widget.step) == "rotate(180)"
    assert said(root).startswith("rotate(180) This draw: turned by")
    before = shown(root, 1)
    press(harness, "Tab", "Enter")  # another one
    assert get(harness, "seed") == 1
    assert np.abs(before - shown(root, 1)).max() > 50
    np.testing.assert_array_equal(shown(root, 2), shown(root, 3))  # −180° is 180°
    assert said(root, ".cnn-verdict").startswith("Look at the two ends")
    press(harness, "Tab", "Tab", "Tab", "Space")  # Undo, Reset, yes
    assert get(harness, "answer") == "yes"
    assert said(root, ".cnn-verdict").startswith("The book says no. A 6 turned by 180° is a 9.")
    press(harness, "ArrowRight")
    assert said(root, ".cnn-verdict").startswith("So says the book: no.")
    change(harness, level=2)
    assert said(root, ".cnn-verdict").startswith("The book says yes.")
    press(harness, "Control+z", "Control+z")
    assert get(harness, "answer") == "yes"
    for message in harness.evaluate("last.model.log"):
        widget.set_state(message)  # what the page sends is what the traits take


@pytest.mark.parametrize(
    ("strength", "words"),
    [
        (30, "The book says yes. People slant"),
        (45, "So says the book: no. At 90°"),
        (90, "So says the book: no. At 90° it is an 8 as nobody writes it."),
        (180, "So says the book: no. At 90°"),  # which it draws, too
    ],
)
def test_an_8_on_its_side_is_judged_as_a_6_is(harness, strength, words):  # noqa: F811
    widget = AugmentationLab(kind="rotate", picture=1, strength=strength, answer="no")
    found = said(mount(harness, widget), ".cnn-verdict")
    assert found.startswith(words)
    assert ("Upside down, at 180°, an 8 is an 8 again" in found) == (strength > 30)


def test_what_it_cannot_change(harness):  # noqa: F811
    root = mount(harness, AugmentationLab(kind="saturation"))
    assert "A grey picture has no saturation to change" in said(root, ".cnn-warning")
    assert root.locator(".cnn-judgement").is_hidden()
    own = np.zeros((5, 9), np.uint8)
    root = mount(harness, AugmentationLab([own], ["a <b>night</b>"], kind="shift", answer="yes"))
    assert shown(root, 1).shape == (5, 9, 3)
    assert "Only you know" in said(root, ".cnn-verdict")
    assert "a <b>night</b>" in root.inner_text()
