"""The DescentExplorer in a real browser: its words are cnnlib's numbers, by mouse and by keys."""

from __future__ import annotations

import re

import numpy as np
import pytest
from test_widget_views import (  # noqa: F401 (the last three are fixtures)
    address,
    change,
    choose,
    get,
    harness,
    mount,
    number,
    press,
    said,
    tab,
)

from cnnlib.widgets import DescentExplorer


def pairs(text):
    """Every (x, y) of a line."""
    found = re.findall(r"\((−?[\d.e−]+), (−?[\d.e−]+)\)", text)
    return np.array([[number(x), number(y)] for x, y in found])


@pytest.mark.parametrize("rule", ["SGD", "Momentum", "Nesterov", "RMSProp", "Adam"])
def test_the_line_says_the_update_with_its_numbers(harness, rule):  # noqa: F811
    widget = DescentExplorer("valley", rule, rate=0.02, batch_size=4, seed=5)
    root = mount(harness, widget)
    assert said(root).startswith("Start: θ = (−3, 2), J = ")
    for step in (1, 2, 40):
        change(harness, step=step)
        words = said(root)
        before, after = widget.path[step - 1 : step + 1]
        update = pairs(words.split("θ ← θ − η·d = ")[1])
        np.testing.assert_allclose(update[0], before, atol=6e-4)
        np.testing.assert_allclose(update[0] - 0.02 * update[1], update[2], atol=2e-3)
        np.testing.assert_allclose(update[2], after, atol=6e-4)
        costs = [number(n) for n in re.findall(r"J \w+ from ([\d.]+) to ([\d.]+)\.", words)[0]]
        np.testing.assert_allclose(costs, widget.costs[step - 1 : step + 1], atol=6e-4)


def test_by_keyboard_alone(harness):  # noqa: F811
    mount(harness, DescentExplorer())
    press(harness, "Tab", "ArrowDown", "Tab", "ArrowDown")  # surface, rule
    assert (get(harness, "surface"), get(harness, "rule")) == ("saddle", "Momentum")
    press(harness, "Tab", "ArrowRight")
    assert get(harness, "rate") == 0.07
    press(harness, "Tab", "ArrowRight", "Tab", "Enter")  # batch size, shuffle anew
    assert (get(harness, "batch_size"), get(harness, "seed")) == (16, 1)
    press(harness, "Tab", "ArrowLeft", "Tab", "Tab", "Tab")  # momentum, Undo, Reset, the picture
    assert get(harness, "momentum") == 0.8
    press(harness, "ArrowRight", "Shift+ArrowDown")
    assert get(harness, "start") == [-2.9, 1]
    press(harness, *["Shift+ArrowUp"] * 5)
    assert get(harness, "start") == [-2.9, 3]  # the edge holds
    press(harness, "Control+z")
    assert get(harness, "start") == [-2.9, 2]
    press(harness, "Tab", "Tab", "Tab", "ArrowRight", "ArrowRight")
    assert get(harness, "step") == 2
    explorer = DescentExplorer()
    for message in harness.evaluate("last.model.log"):
        explorer.set_state(message)  # what the page sends is what the traits take
    assert repr(explorer) == "DescentExplorer(saddle, Momentum, learning rate 0.07, batches of 16)"


def test_the_start_is_chosen_with_the_pointer(harness):  # noqa: F811
    root = mount(harness, DescentExplorer(step=9))
    box = root.locator(".cnn-surface canvas").bounding_box()
    harness.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    harness.mouse.down()
    harness.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 6, steps=3)
    harness.mouse.up()
    np.testing.assert_allclose(get(harness, "start"), [2, 2], atol=0.03)
    assert get(harness, "step") == 0
    root.get_by_role("button", name="Undo").click()
    assert get(harness, "start") == [-3, 2]  # one drag is one step


def test_divergence_is_said(harness):  # noqa: F811
    widget = DescentExplorer(rate=0.3)
    root = mount(harness, widget)
    words = said(root, ".cnn-warning")
    assert words.startswith(f"It diverges: after step {len(widget.path) - 1}, θ = (")
    assert "multiplies y by 1 − 10η = −2, whose size is above 1" in words
    change(harness, rate=0.15)
    assert said(root, ".cnn-warning") == ""
    change(harness, surface="valley", rate=1, rule="Momentum")
    assert said(root, ".cnn-warning").endswith("Use a smaller learning rate.")
    choose(root, "Momentum μ", "0")
    assert "diverges" in said(root, ".cnn-warning")
