"""The DescentExplorer of the chapter "The learning algorithm", driven as a reader drives it."""

from __future__ import annotations

import numpy as np
import pytest
from sitekit import follow, settle

from cnnlib.widgets import DescentExplorer

PAGE = "book/4_training/2_algorithm.html"


@pytest.fixture
def chapter(page, site):
    page.goto(f"{site}/{PAGE}")
    settle(page)
    return page


def place(page):
    return page.locator("[data-model=DescentExplorer]")


def said(page, which=".cnn-line"):
    return " ".join(place(page).locator(which).inner_text().split())


def ends_at(page):
    """The θ of the last step, as the page says it."""
    place(page).get_by_role("slider", name="Step").press("End")
    x, y = said(page).split(" = (")[-1].split(")")[0].replace("−", "-").split(", ")
    return float(x), float(y)


def test_the_chapters_four_questions(chapter):
    at = place(chapter)
    np.testing.assert_allclose(
        ends_at(chapter), DescentExplorer("valley", rate=0.05).path[-1], atol=6e-4
    )
    at.get_by_label("Rule").select_option("Momentum")
    expected = DescentExplorer("valley", "Momentum", rate=0.05)
    np.testing.assert_allclose(ends_at(chapter), expected.path[-1], atol=6e-4)
    at.get_by_label("Rule").select_option("SGD")
    at.get_by_label("Surface").select_option("bowl")
    slider = at.get_by_label("Learning rate")
    for _ in range(2):
        slider.press("ArrowRight")  # 0.05, 0.07, 0.1
    at.get_by_role("button", name="Step forward").click()
    assert said(chapter).startswith("Step 1: gradient g = (−3, 20); d = g.")
    assert "= (−2.7, 0)." in said(chapter)
    for _ in range(3):
        slider.press("ArrowRight")  # 0.15, 0.2, 0.3
    assert "It diverges" in said(chapter, ".cnn-warning")


def test_a_link_that_no_explorer_can_show(chapter, site):
    for state in ('{"rate":0}', '{"rule":"AdamW"}', '{"start":[9,0]}', '{"momentum":2}'):
        follow(chapter, f"{site}/{PAGE}?DescentExplorer={state}")
        assert said(chapter).startswith("Start: θ = (−3, 2), J = ")
        assert "this is the figure as it was built" in place(chapter).inner_text()
