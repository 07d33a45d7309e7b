"""The InceptionDesigner of the chapter "Inception", driven as a reader drives it."""

from __future__ import annotations

import numpy as np
import pytest
from sitekit import follow, settle

from cnnlib.widgets import InceptionDesigner

PAGE = "book/5_architectures/2_inception.html"


@pytest.fixture
def designer(page, site):
    page.goto(f"{site}/{PAGE}")
    settle(page)
    return page.locator("[data-model=InceptionDesigner]")


def block(place):
    """Channels, parameters and multiply-adds as the page shows them."""
    row = place.get_by_role("row").nth(1)
    return [int(text.replace(",", "")) for text in row.get_by_role("cell").all_inner_texts()]


def expected(**state):
    widget = InceptionDesigner("3a", **state)
    shape = tuple(widget.input_shape)
    n_C = widget.network(np.random.default_rng(0)).output_shape(shape)[2]
    return [n_C, widget.summary.parameters, widget.summary.multiply_adds]


def test_the_tasks_of_the_chapter(designer):
    """3×3 is the most expensive without reductions; r = 130 before 5×5; half the work."""
    assert block(designer) == expected() == [256, 163_696, 128_049_152]
    reductions = designer.get_by_label("1×1 reductions before 3×3 and 5×5")
    reductions.uncheck()
    assert block(designer) == expected(reduce=False)
    reductions.check()
    card = designer.get_by_role("group", name="5×5 branch")
    products = []
    for r in (130, 131):
        card.get_by_label("1×1 before 5×5").fill(str(r))
        words = card.locator(".cnn-design-counts").inner_text()
        products.append(int(words.split("\n")[1].split()[0].replace(",", "")))
    assert products[0] <= 101_154_816 < products[1]
    card.get_by_label("1×1 before 5×5").fill("16")
    for label, n in (("1×1 filters", 128), ("1×1 before 3×3", 40), ("3×3 filters", 64)):
        designer.get_by_label(label).fill(str(n))
    found = block(designer)
    assert found == expected(widths=[128, 40, 64, 16, 32, 32])
    assert found[0] == 256
    assert found[2] < 128_049_152 / 2


def test_by_keyboard_and_by_link(designer, site):
    page = designer.page
    designer.get_by_role("checkbox", name="5×5 branch").focus()
    page.keyboard.press("Space")
    on = [True, True, False, True]
    assert block(designer) == expected(on=on)
    follow(page, f'{site}/{PAGE}?InceptionDesigner={{"on":[true,true,false,true]}}')
    assert block(designer) == expected(on=on)
    follow(page, f'{site}/{PAGE}?InceptionDesigner={{"on":[false,false,false,false]}}')
    assert block(designer) == expected()
    assert "this is the figure as it was built" in designer.inner_text()
