"""Every notebook that has a button runs to its end in the browser's Python and prints the same.

`make lite`, and so CI, leaves out the slow ones; `make lite-all` (LITE_ALL=1) runs all of them, for
many minutes, and once a week. pytest -s tells the seconds.
"""

from __future__ import annotations

import json
import os
import sys

import nbformat
import pytest
from browser_python import ROOT, python

sys.path.insert(0, str(ROOT / "book" / "_ext"))
sys.path.insert(0, str(ROOT / "tools"))

from exercise_pages import without_marks
from notebooks import BOOK, notebooks
from run_in_browser import NOT_HERE

SEEN = ("text/plain", "text/html", "text/latex", "image/svg+xml")
# they train, or compute for more than a quarter of a minute there
SLOW = {"3_foundations/2_network", "3_foundations/3_why", "appendices/b_fast"}
SLOW |= {f"4_training/{n}" for n in ("1_data", "2_algorithm", "3_backpropagation", "4_training")}
SLOW |= {"5_architectures/1_residual", "5_architectures/2_inception", "exercises/5_architectures"}
# cells that print what is not there, and say so: the repository's measurements
NOT_THERE = {"appendices/b_fast": {"measured-table", "measured-picture", "measured-summary"}}


def name(path) -> str:
    return str(path.relative_to(BOOK).with_suffix(""))


# the root of the book, index, has no button
RUN = [path for path in notebooks() if name(path) != "index"]
RUN = [path for path in RUN if f"book/{name(path)}" not in NOT_HERE]
if not os.environ.get("LITE_ALL"):
    RUN = [path for path in RUN if name(path) not in SLOW]


def texts(outputs) -> list:
    """What strict nbval compares: streams whole, texts of results; no pictures, no widgets."""
    told: list = []
    for output in outputs:
        kind = output["output_type"]
        if kind == "stream":
            if told and told[-1][0] == output["name"]:
                told[-1][1] += output["text"]
            else:
                told.append([output["name"], output["text"]])
        elif kind == "error":
            told.append(["error", output["ename"].split("'")[-2].split(".")[-1], output["evalue"]])
        else:
            data = {mime: output["data"][mime] for mime in SEEN if mime in output["data"]}
            if data:
                told.append([kind, data])
    return told


@pytest.mark.parametrize("path", RUN, ids=name)
def test_it_prints_what_is_stored(path):
    cells = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
    sources = [without_marks(cell.source) for cell in cells]
    given = {"sources": sources, "environment": {"TQDM_DISABLE": "1"}}  # as where they are stored
    told = json.loads(python("cells", json.dumps(given), seconds=900))
    seconds = [cell["seconds"] for cell in told]
    slowest = cells[seconds.index(max(seconds))].id
    print(f"\n{name(path)}: {sum(seconds):.0f} s, {max(seconds):.0f} of them in {slowest}")
    wrong = [
        (cell.id, texts(cell.outputs), texts(found["outputs"]))
        for cell, found in zip(cells, told, strict=False)
        if texts(cell.outputs) != texts(found["outputs"])
        and cell.id not in NOT_THERE.get(name(path), ())
    ]
    assert not wrong, "\n".join(
        f"{i}\n  stored {stored}\n  here   {here}" for i, stored, here in wrong
    )
    assert len(told) == len(cells)
