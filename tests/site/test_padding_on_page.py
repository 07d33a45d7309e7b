"""The PaddingExplorers of the chapter "Padding and stride", driven as a reader drives them."""

from __future__ import annotations

import numpy as np
import pytest
from sitekit import follow, settle, tab_to

from cnnlib.widgets import PaddingExplorer

PAGE = "book/2_definition/1_padding_stride.html"
IMAGE, OUTPUT = "Padded image", "Output: padding that each window reads"


class Explorer:
    """What a reader sees of a widget, found by its roles and names."""

    def __init__(self, page, which=0):
        self.page = page
        self.place = page.locator("[data-model=PaddingExplorer], [data-model^=PaddingExplorer-]")
        self.place = self.place.nth(which)

    def numbers(self, name=IMAGE):
        rows = self.place.get_by_role("grid", name=name, exact=True).get_by_role("row").all()
        texts = [row.get_by_role("gridcell").all_inner_texts() for row in rows]
        return np.array(texts, dtype=int)

    def choose(self, name, value):
        group = self.place.get_by_role("group", name=name, exact=True)
        group.get_by_role("radio", name=str(value), exact=True).check()

    def line(self):
        return " ".join(self.place.locator(".cnn-line").inner_text().split())

    def tab_to(self, name):
        tab_to(self.place, name)


@pytest.fixture
def chapter(page, site):
    page.goto(f"{site}/{PAGE}")
    settle(page)
    return page


def test_the_bullets_of_the_chapter(chapter):
    """p = 0, 1, 2: the corner 1, 4, 9; with f = 5 it takes p = 4, and that is full."""
    explorer = Explorer(chapter)
    for p, corner in enumerate([1, 4, 9]):
        explorer.choose("Padding p", p)
        expected = PaddingExplorer(6, 6, padding=p).uses
        np.testing.assert_array_equal(explorer.numbers(), expected)
        assert expected[p, p] == corner
    assert "64 windows of 3·3: 576 reads, 252 of padding" in explorer.place.inner_text()
    explorer.choose("Kernel size f", 5)
    explorer.choose("Padding p", 4)
    assert "Uses of the image's pixels: 25 each." in explorer.place.inner_text()
    assert "full" in explorer.place.inner_text()
    explorer.choose("Padding p", 0)
    explorer.choose("Kernel size f", 3)
    explorer.place.get_by_label("Rows").select_option("1")
    words = explorer.place.locator(".cnn-warning").inner_text()
    assert "Use padding 1 or more" in words
    explorer.choose("Padding p", 1)
    assert explorer.numbers(OUTPUT).shape == (1, 6)


def test_what_is_dropped_is_hatched_and_named(chapter):
    explorer = Explorer(chapter, 1)
    assert explorer.place.locator(".cnn-hatched").count() == 15
    assert "Never reached: row 8; column 8 of the image (15 pixels, hatched)." in (
        explorer.place.inner_text()
    )
    explorer.choose("Padding p", 1)
    assert explorer.place.locator(".cnn-hatched").count() == 0
    uses = explorer.numbers()
    np.testing.assert_array_equal(uses, PaddingExplorer(8, 8, stride=2, padding=1).uses)
    assert not uses[-1].any()
    assert uses[0].any()


def test_by_keyboard_alone(chapter):
    explorer, keys = Explorer(chapter), chapter.keyboard
    explorer.tab_to("Pad with")
    keys.press("r")  # reflect
    assert explorer.numbers()[0, :3].tolist() == [22, 21, 22]
    explorer.tab_to("Stride s")
    keys.press("ArrowRight")
    explorer.tab_to(IMAGE)
    keys.press("Control+Home")
    assert explorer.line() == (
        "This pixel of the padding (a copy of row 2, column 2, value 22) is used by "
        "1 of the 9 outputs: row 1, column 1."
    )
    explorer.tab_to(OUTPUT)
    keys.press("Control+Home")
    keys.press("ArrowDown")
    assert explorer.line() == (
        "Output row 2, column 1 reads 9 numbers: 6 pixels of the image (rows 2–4, columns 1–2) "
        "and 3 of the padding."
    )
    explorer.tab_to("Play")
    keys.press("ArrowRight")
    assert explorer.line().startswith("Output row 2, column 2 reads 9 numbers: 9 pixels")


def test_a_link_that_no_explorer_can_show(chapter, site):
    for state in ('{"stride":0}', '{"rows":9}', '{"mode":"mirror"}', '{"padding":1.5}'):
        follow(chapter, f"{site}/{PAGE}?PaddingExplorer={state}")
        explorer = Explorer(chapter)
        np.testing.assert_array_equal(explorer.numbers(), PaddingExplorer(padding=1).uses)
        assert "this is the figure as it was built" in explorer.place.inner_text()
