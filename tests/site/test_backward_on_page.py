"""The BackwardExplorers of the chapter "Back-propagation", driven as a reader drives them."""

from __future__ import annotations

import numpy as np
import pytest
from sitekit import follow, settle
from test_pooling_on_page import Explorer

from cnnlib.widgets import BackwardExplorer

PAGE = "book/4_training/3_backpropagation.html"
AT_IMAGE, AT_KERNEL, UPSTREAM = (
    f"Gradient at the {where}" for where in ("image", "kernel", "output")
)
PI = [[3, 1, 4], [1, 5, 9], [2, 6, 5]]


class Backward(Explorer):
    def __init__(self, page, which=0):
        super().__init__(page, which)
        names = "[data-model=BackwardExplorer], [data-model^=BackwardExplorer-]"
        self.place = page.locator(names).nth(which)


@pytest.fixture
def chapter(page, site):
    page.goto(f"{site}/{PAGE}")
    settle(page)
    return page


def test_the_prediction_of_the_chapter(chapter):
    """After the last output: 13 19, 13 15 and 2 −1 0, 1 7 −2, 0 2 6, and differences agree."""
    explorer = Backward(chapter)
    explorer.cell(UPSTREAM, 1, 1).click()
    dA, dK = BackwardExplorer(PI, upstream=[[1, 0], [0, 2]]).gradients
    assert dK.tolist() == [[13, 19], [13, 15]]
    for name, gradient in ((AT_IMAGE, dA), (AT_KERNEL, dK)):
        np.testing.assert_array_equal(explorer.numbers(name), gradient)
        np.testing.assert_array_equal(explorer.numbers(f"Numerical g{name[1:]}"), gradient)
    assert "13 of 13 entries agree" in explorer.place.locator(".cnn-line").inner_text()


def test_by_keyboard_alone_with_a_stride(chapter):
    """The second explorer: dA as a convolution; a gradient is edited and the stride changed."""
    explorer, keys = Backward(chapter, 1), chapter.keyboard
    explorer.tab_to("Stride s")
    keys.press("ArrowRight")
    explorer.tab_to(UPSTREAM)
    keys.press("Control+Home")
    for key in ("ArrowDown", "ArrowRight", "-", "7", "Enter"):
        keys.press(key)
    explorer.tab_to("Step")
    keys.press("End")
    expected = BackwardExplorer(stride=3, padding=1, upstream=[[-7, 2], [3, 4]])
    np.testing.assert_array_equal(explorer.numbers(AT_IMAGE)[1:5, 1:5], expected.gradients[0])
    assert not explorer.place.get_by_role("grid", name=AT_KERNEL, exact=True).is_visible()


def test_a_link_that_no_explorer_can_show(chapter, site):
    for state in ('{"stride":4}', '{"view":"dW"}', '{"kernel":[[1,2]]}'):
        follow(chapter, f"{site}/{PAGE}?BackwardExplorer={state}")
        explorer = Backward(chapter)
        np.testing.assert_array_equal(explorer.numbers(UPSTREAM), [[1, 0], [0, 2]])
        assert "this is the figure as it was built" in explorer.place.inner_text()
