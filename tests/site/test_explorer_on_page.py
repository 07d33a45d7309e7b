"""The ConvolutionExplorer of the built landing page, driven as a reader drives it."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import ROOT
from sitekit import follow, settle, tab_to

import cnnlib as cnn
from cnnlib import filters

# the 6×6 example: bright on the left, dark on the right
IMAGE = np.array([[10, 10, 10, 0, 0, 0]] * 6)


class Explorer:
    """What a reader sees of the widget, found by its roles and names."""

    def __init__(self, page, name="ConvolutionExplorer"):
        self.page = page
        self.place = page.locator(f"[data-model={name}]").first

    def grid(self, name):
        return self.place.get_by_role("grid", name=name, exact=True)

    def numbers(self, name):
        rows = self.grid(name).get_by_role("row").all()
        texts = [row.get_by_role("gridcell").all_inner_texts() for row in rows]
        return np.array([[float(text.replace("−", "-")) for text in row] for row in texts])

    def cell(self, name, row, column):
        return self.grid(name).get_by_role("row").nth(row).get_by_role("gridcell").nth(column)

    def choose(self, name, value):
        group = self.place.get_by_role("group", name=name, exact=True)
        group.get_by_role("radio", name=str(value), exact=True).check()

    def reveal(self):
        """The landing page asks for a prediction first."""
        self.place.get_by_label("Hide the outputs still to come").uncheck()

    def shows(self, image, kernel, stride=1, padding=0):
        """The output on the page is cnnlib's."""
        expected = cnn.correlate2d(
            np.asarray(image, float), np.asarray(kernel, float), stride, padding
        )
        np.testing.assert_array_equal(self.numbers("Kernel"), kernel)
        np.testing.assert_array_equal(self.numbers("Output"), expected)


@pytest.fixture
def explorer(page, site):
    page.goto(f"{site}/book/index.html")
    settle(page)
    explorer = Explorer(page)
    explorer.reveal()
    return explorer


def test_it_starts_with_the_example(explorer):
    explorer.shows(IMAGE, filters.VEF)


def test_by_mouse(explorer):
    explorer.cell("Image", 1, 4).click()
    explorer.cell("Image", 1, 4).click()
    explorer.page.keyboard.type("7")
    explorer.page.keyboard.press("Enter")
    image = IMAGE.copy()
    image[1, 4] = 7
    explorer.shows(image, filters.VEF)
    explorer.choose("Padding p", 2)
    explorer.choose("Stride s", 2)
    explorer.shows(image, filters.VEF, stride=2, padding=2)
    explorer.cell("Output", 1, 2).hover()
    products = explorer.numbers("Products of the window and the kernel")
    output = cnn.correlate2d(image.astype(float), filters.VEF, 2, 2)
    assert products.sum() == output[1, 2]


def test_by_keyboard_alone(explorer):
    page = explorer.page
    tab_to(explorer.place, "Image", role="gridcell")
    page.keyboard.press("Control+Home")
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    page.keyboard.type("-3")
    page.keyboard.press("Enter")
    image = IMAGE.copy()
    image[1, 2] = -3
    explorer.shows(image, filters.VEF)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('[role=grid]').ariaLabel") == "Kernel"
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    kernel = filters.VEF.copy()
    kernel[0, 0] = 2
    explorer.shows(image, kernel)
    page.keyboard.press("Control+z")
    explorer.shows(image, filters.VEF)


def test_a_copied_link_brings_back_what_was_seen(explorer):
    page = explorer.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    explorer.cell("Kernel", 1, 1).click()
    page.keyboard.type("4")
    page.keyboard.press("Enter")
    explorer.choose("Padding p", 1)
    explorer.place.get_by_role("button", name="Step forward").click()
    explorer.place.get_by_role("button", name="Copy link").click()
    page.wait_for_function("() => document.body.innerText.includes('clipboard')")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.endswith("#ConvolutionExplorer")

    follow(page, link)
    kernel = filters.VEF.copy()
    kernel[1, 1] = 4
    again = Explorer(page)
    again.shows(IMAGE, kernel, padding=1)
    assert again.place.get_by_role("slider", name="Output").input_value() == "1"
    again.place.get_by_role("button", name="Reset").click()  # back to the book's own figure
    again.shows(IMAGE, filters.VEF)


UNSHOWABLE = [
    '{"kernel":[[1,2],[3,4]]}',
    '{"stride":0}',
    '{"stride":2.5}',
    '{"padding":-1}',
    '{"padding":500}',
    '{"image":[]}',
    '{"image":[[1e9,0],[0,0]]}',
    '{"kernel":[[1,2,3]]}',
    '{"step":-1}',
    '{"step":0.5}',
    "{",
]


def test_a_link_that_no_widget_can_show(page, site):
    for state in UNSHOWABLE:
        follow(page, f"{site}/book/index.html?ConvolutionExplorer={state}")
        explorer = Explorer(page)
        explorer.reveal()
        explorer.shows(IMAGE, filters.VEF)
        assert "this is the figure as it was built" in explorer.place.inner_text(), state


def test_explorers_in_a_box_step_together(page, site):
    """jslink on the static page: the chapter shows two filters on one image."""
    page.goto(f"{site}/book/1_filters/1_edges.html")
    settle(page)
    box = page.locator("[data-model=HBox]")
    counts = box.locator(".cnn-count")
    first = counts.first.inner_text()
    box.get_by_role("button", name="Step forward").nth(1).click()
    page.wait_for_function(
        "([el, text]) => el.textContent !== text", arg=[counts.first.element_handle(), first]
    )
    assert counts.first.inner_text() == counts.nth(1).inner_text()


def test_the_page_states_what_python_computed():
    """The notebook's words for the widget stand in its place until the program is there."""
    html = (ROOT / "_build" / "html" / "book" / "index.html").read_text(encoding="utf8")
    assert "ConvolutionExplorer(6×6 image, 3×3 kernel, stride 1, padding 0 → 4×4)" in html
