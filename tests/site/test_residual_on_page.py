"""The ResidualExplorer of the built chapter 5.1, driven as a reader does, by keyboard only."""

from __future__ import annotations

import pytest
from sitekit import settle, tab_to

from cnnlib.widgets import ResidualExplorer

PAGE = "book/5_architectures/1_residual.html"


@pytest.fixture
def explorer(page, site):
    page.goto(f"{site}/{PAGE}")
    settle(page)
    return page.locator("[data-model=ResidualExplorer]").first


def told(explorer):
    return " ".join(explorer.locator(".cnn-line").inner_text().split())


def test_by_keyboard_alone(page, explorer):
    """The gradient that vanished comes back with the skip; the numbers are the widget's."""
    assert "skip off, 30 layers, g = 0.5, ReLU" in repr(ResidualExplorer(depth=30))
    assert told(explorer).startswith("Skip off, layer 0 of 30.")
    assert "e−" in told(explorer).split("‖∂J/∂a‖")[1]  # less than a ten-thousandth
    tab_to(explorer, "")
    page.keyboard.press("ArrowRight")
    words = told(explorer)
    assert words.startswith("Skip on, layer 0 of 30.")
    shown = float(words.split("‖∂J/∂a‖ = ")[1].split(";")[0])
    expected = ResidualExplorer(skip=True, depth=30).norms[1][0]
    assert shown == pytest.approx(expected, rel=0.05)


def test_a_link_is_checked(page, site):
    """A state that no widget has is refused; the figure stays as it was built."""
    page.goto(f'{site}/{PAGE}?ResidualExplorer={{"depth":31}}')
    settle(page)
    explorer = page.locator("[data-model=ResidualExplorer]").first
    assert told(explorer).startswith("Skip off, layer 0 of 30.")
    assert "this is the figure as it was built" in explorer.inner_text()
