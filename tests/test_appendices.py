"""The appendices that are lists: in order, and in the library's own words."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import cnnlib
from cnnlib import layers, receptive
from cnnlib.optim import SGD

APPENDICES = Path(__file__).parents[1] / "book" / "appendices"


def terms() -> list[str]:
    text = (APPENDICES / "e_glossary.md").read_text(encoding="utf-8")
    (entries,) = re.findall(r"```\{glossary\}\n(.*)```", text, re.S)
    return re.findall(r"(?m)^(\S.*)$", entries)


def test_the_glossary_is_in_order_and_refers_to_what_it_has():
    found = terms()
    assert found == sorted(set(found), key=str.casefold)
    text = (APPENDICES / "e_glossary.md").read_text(encoding="utf-8")
    referred = re.findall(r"See ([\w -]+)\.", text)
    assert referred
    assert set(referred) <= set(found)


def test_the_notation_uses_names_that_the_library_has():
    text = (APPENDICES / "d_notation.md").read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| ")]
    third = " ".join(row[2] for row in rows if len(row) == 3)
    words = {
        w for code in re.findall(r"`([^`]+)`", third) for w in re.findall(r"[a-z]\w{2,}", code)
    }
    assert len(words) > 10
    parts = [layers.Conv2D, layers.Dense, layers.MaxPool2D, SGD]
    known = {name for part in parts for name in inspect.signature(part).parameters}
    known |= {*cnnlib.__all__, *receptive.__all__, "params", "cnnlib"}
    assert words <= known, words - known
