"""The pages that Sphinx makes from docstrings: nothing forgotten, nothing garbled."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

sys.path.insert(0, str(Path(__file__).parents[1]))
from test_reference import everything

pytestmark = pytest.mark.xdist_group("reference")  # the pages are read once


@pytest.fixture(scope="module")
def entries(site_folder) -> dict[str, BeautifulSoup]:
    """Full name → what the reference says about it."""
    found = {}
    for page in sorted((site_folder / "book" / "api").glob("*.html")):
        soup = BeautifulSoup(page.read_text(encoding="utf8"), "html.parser")
        found |= {head["id"]: head.parent for head in soup.select("dl.py > dt.sig[id]")}
    return found


def test_all_that_is_public_is_on_a_built_page(entries):
    assert sorted(set(everything()) - entries.keys()) == []


def test_each_entry_says_something(entries):
    mute = [name for name, entry in entries.items() if len(entry.dd.get_text(strip=True)) < 5]
    assert mute == []


def test_no_markup_is_left_over(entries):
    marks = ("`", ":param", ":obj:", "---", " object at 0x", "<function", "Built-in")
    for name, entry in entries.items():
        text = " ".join(entry.find_all(string=lambda words: not words.find_parent("pre")))
        assert not [mark for mark in marks if mark in text], name


def test_equations_and_examples_stand_as_they_are_written(entries):
    conv2d = entries["cnnlib.functional.conv2d"]
    equation, example = conv2d.find_all("pre")
    assert "Z[x, y, n] = Σ_{i,j,k} W[i, j, k, n] · Ã[(x−1)s + i, (y−1)s + j, k]" in equation.text
    assert example.text.startswith(">>> ")
    parameters = conv2d.select_one("dl.field-list ul").text
    assert "stride (int ≥ 1) – s. The last rows and columns" in parameters
