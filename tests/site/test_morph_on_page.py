"""The ConnectivityMorph of the built chapter 3.3, driven as a reader does, by keyboard only."""

from __future__ import annotations

import numpy as np
import pytest
from sitekit import settle, tab_to

from cnnlib.widgets import ConnectivityMorph


@pytest.fixture
def morph(page, site):
    page.goto(f"{site}/book/3_foundations/3_why.html")
    settle(page)
    return page.locator("[data-model=ConnectivityMorph]").first


def shown(morph):
    texts = morph.get_by_role("grid").evaluate(
        "(grid) => [...grid.children].map((row) => [...row.children].map((c) => c.textContent))"
    )
    return [[int(text or 0) for text in row] for row in texts]


def test_it_starts_dense(morph):
    assert shown(morph) == ConnectivityMorph("dense").matrix.tolist()


def test_by_keyboard_alone(page, morph):
    tab_to(morph, "Layer")
    page.keyboard.press("ArrowRight")
    assert shown(morph) == ConnectivityMorph("local").matrix.tolist()
    page.keyboard.press("ArrowRight")
    tab_to(morph, "Padding p")
    page.keyboard.press("ArrowRight")
    M = ConnectivityMorph("convolution", padding=1).matrix
    assert shown(morph) == M.tolist()
    tab_to(morph, "", role="gridcell")
    page.keyboard.press("ArrowDown")
    line = " ".join(morph.locator(".cnn-line").inner_text().split())
    assert line.startswith("convolution, output 2: z2 = w4·a1 + w5·a2 + w6·a3 + w7·a5")
    row = morph.locator(".cnn-counts .cnn-now td").all_inner_texts()
    assert row == [str(n) for n in (np.count_nonzero(M), 9, np.count_nonzero(M == 0))]


def test_a_link_is_checked(page, site):
    """A state that no widget has is refused; the figure stays as it was built."""
    page.goto(f'{site}/book/3_foundations/3_why.html?ConnectivityMorph={{"size":[9,9]}}')
    settle(page)
    morph = page.locator("[data-model=ConnectivityMorph]").first
    assert shown(morph) == ConnectivityMorph("dense").matrix.tolist()
    assert "this is the figure as it was built" in morph.inner_text()
