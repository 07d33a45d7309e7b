"""The ArchitectureBuilder of the chapter "A whole network", driven as a reader drives it."""

from __future__ import annotations

import pytest
from sitekit import settle

from cnnlib.widgets import ArchitectureBuilder

PAGE = "book/3_foundations/2_network.html"


@pytest.fixture
def builder(page, site):
    page.goto(f"{site}/{PAGE}")
    settle(page)
    return page.locator("[data-model^=ArchitectureBuilder]").first


def total(place):
    """Parameters and multiply-adds under the ledger."""
    return place.locator("tfoot td").all_inner_texts()[1:3]


def expected(widget):
    summary = widget.summary
    return [f"{summary.parameters:,}", f"{summary.multiply_adds:,}"]


def test_it_shows_cnnlibs_counts_and_follows_a_change(builder):
    layers = ArchitectureBuilder().layers
    assert total(builder) == expected(ArchitectureBuilder())
    builder.get_by_role("button", name="1 CONV 5×5, 6").click()
    builder.get_by_label("filters n_C").fill("12")
    layers[0]["n_C"] = 12
    assert total(builder) == expected(ArchitectureBuilder(layers=layers))
    builder.page.keyboard.press("Control+z")
    builder.page.keyboard.press("Control+z")
    assert total(builder) == expected(ArchitectureBuilder())
    builder.locator("select").first.select_option("ResNet-18")
    assert total(builder) == ["11,689,512", "1,814,073,344"]


def test_a_link_brings_the_network_back(builder):
    page = builder.page
    page.evaluate("() => { navigator.clipboard.writeText = async (t) => { window.copied = t; }; }")
    builder.locator("select").first.select_option("Inception 3a")
    builder.get_by_label("1×1 reduction").select_option("no")
    builder.get_by_role("button", name="Copy link").click()
    page.goto(page.evaluate("window.copied"))
    settle(page)
    assert total(builder) == ["393,472", "308,281,344"]
    assert "cannot be shown" not in builder.inner_text()
    builder.get_by_role("button", name="Reset").click()
    assert total(builder) == expected(ArchitectureBuilder())
    page.goto(page.url.replace("inception", "deception"))
    settle(page)
    assert "The settings in this link cannot be shown" in builder.inner_text()


def test_by_keyboard(builder):
    page = builder.page
    builder.get_by_role("button", name="3 CONV 5×5, 16").focus()
    page.keyboard.press("Delete")
    page.keyboard.press("End")
    page.keyboard.press("Alt+ArrowUp")
    layers = ArchitectureBuilder().layers
    layers = [*layers[:2], *layers[3:5], layers[6], layers[5]]
    assert total(builder) == expected(ArchitectureBuilder(layers=layers))
