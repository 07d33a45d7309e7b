"""The PoolingExplorers of the chapter "Pooling", driven as a reader drives them."""

from __future__ import annotations

import numpy as np
import pytest
from sitekit import follow, settle, tab_to

from cnnlib.widgets import PoolingExplorer

PAGE = "book/2_definition/3_pooling.html"
PI = [[3, 1, 4, 1, 5], [9, 2, 6, 5, 3], [5, 8, 9, 7, 9], [3, 2, 3, 8, 4]]
OUTPUT, AT_IMAGE = "Output", "Gradient at the image"


class Explorer:
    """What a reader sees of a widget, found by its roles and names."""

    def __init__(self, page, which=0):
        self.page = page
        self.place = page.locator("[data-model=PoolingExplorer], [data-model^=PoolingExplorer-]")
        self.place = self.place.nth(which)

    def cell(self, name, row, column):
        grid = self.place.get_by_role("grid", name=name, exact=True)
        return grid.get_by_role("row").nth(row).get_by_role("gridcell").nth(column)

    def numbers(self, name):
        rows = self.place.get_by_role("grid", name=name, exact=True).get_by_role("row").all()
        texts = [row.get_by_role("gridcell").all_inner_texts() for row in rows]
        return np.array([[float(text.replace("−", "-")) for text in row] for row in texts])

    def choose(self, name, value):
        group = self.place.get_by_role("group", name=name, exact=True)
        group.get_by_role("radio", name=str(value), exact=True).check()

    def tab_to(self, name):
        tab_to(self.place, name)


@pytest.fixture
def chapter(page, site):
    page.goto(f"{site}/{PAGE}")
    settle(page)
    return page


def test_forward_as_the_chapter_asks(chapter):
    """A 5×5 image has pixels that no window reaches; max and average are cnnlib's."""
    explorer = Explorer(chapter)
    np.testing.assert_array_equal(explorer.numbers(OUTPUT), PoolingExplorer().output)
    explorer.choose("Pooling", "average")
    expected = PoolingExplorer(kind="average").output
    np.testing.assert_allclose(explorer.numbers(OUTPUT), expected, atol=0.005)
    explorer.place.get_by_label("Image size").select_option("5")
    lost = explorer.place.locator(".cnn-lost").inner_text()
    assert lost == "Never reached: row 5; column 5 of the image (9 pixels, crossed out)."
    explorer.choose("Padding p", 2)
    warning = explorer.place.locator(".cnn-warning").inner_text()
    assert "would hold no pixel" in warning


def test_the_nines_of_pi(chapter):
    """The prediction of the chapter: 5, 16 and 0; and 9.1 takes over."""
    explorer = Explorer(chapter, 1)
    expected = PoolingExplorer(PI, 3, stride=1, backward=True)
    dA = explorer.numbers(AT_IMAGE)
    np.testing.assert_array_equal(dA, expected.gradient)
    assert [dA[1, 0], dA[2, 2], dA[2, 4]] == [5, 16, 0]
    explorer.cell("Image", 2, 4).click()
    chapter.keyboard.type("9.1")
    chapter.keyboard.press("Enter")
    image = np.array(PI, float)
    image[2, 4] = 9.1
    expected.image = image
    dA = explorer.numbers(AT_IMAGE)
    np.testing.assert_array_equal(dA, expected.gradient)
    assert dA[2, 4] == 9
    explorer.choose("Pooling", "average")
    expected.kind = "average"
    np.testing.assert_allclose(explorer.numbers(AT_IMAGE), expected.gradient, atol=0.006)


def test_by_keyboard_alone(chapter):
    explorer, keys = Explorer(chapter, 1), chapter.keyboard
    explorer.tab_to("Stride s")
    keys.press("ArrowRight")
    explorer.tab_to("Image")
    keys.press("Control+Home")
    for key in ("ArrowRight", "9", "9", "Enter"):
        keys.press(key)
    explorer.tab_to("Gradient at the output")
    keys.press("Control+Home")
    for key in ("ArrowRight", "-", "7", "Enter"):
        keys.press(key)
    image = np.array(PI, float)
    image[0, 1] = 99
    expected = PoolingExplorer(image, 3, stride=2, upstream=[[1, -7]])
    np.testing.assert_array_equal(explorer.numbers(AT_IMAGE), expected.gradient)
    words = " ".join(explorer.place.locator(".cnn-line").inner_text().split())
    assert words.startswith("Output row 1, column 2 sends back −7. All of it goes to the winner")
    keys.press("Control+z")
    assert explorer.numbers("Gradient at the output").tolist() == [[1, 2]]


def test_a_link_that_no_explorer_can_show(chapter, site):
    for state in ('{"stride":0}', '{"kind":"mean"}', '{"upstream":[[1],[2,3]]}', '{"padding":3}'):
        follow(chapter, f"{site}/{PAGE}?PoolingExplorer={state}")
        explorer = Explorer(chapter)
        np.testing.assert_array_equal(explorer.numbers(OUTPUT), PoolingExplorer().output)
        assert "this is the figure as it was built" in explorer.place.inner_text()
