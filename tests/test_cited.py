"""Citations in words: tools/cited.py, for the notebooks that run in the browser."""

from __future__ import annotations

import re

import nbformat
import pytest
from cited import bibliography, in_words
from notebooks import notebooks

RUN = [path for path in notebooks() if path.name != "index.ipynb"]


def test_citations_and_the_list():
    told = in_words(
        [
            "As {cite:t}`a-canny1986` and {cite:t}`a-sobel1968` say {cite:p}`b-lecun1998gradient`.",
            "{py:func}`cnn.pad <cnnlib.functional.pad>` and {py:func}`pool2d`",
            "```{bibliography}\n:keyprefix: edges-\n```\nNext",
        ]
    )
    assert told[0] == "As Canny [1986] and Sobel and Feldman [1968] say [LeCun et al., 1998]."
    assert told[1] == "`cnn.pad` and `pool2d`"
    works = told[2].splitlines()
    assert works[0].startswith("- John Canny")  # in the order of the names
    assert sum(line.startswith("- ") for line in works) == 3
    assert works[-1] == "Next"


def test_a_work_that_is_not_there_is_named():
    with pytest.raises(KeyError, match="nobody2020"):
        in_words(["{cite:t}`edges-nobody2020`"])


@pytest.mark.parametrize("path", RUN, ids=lambda path: path.stem)
def test_no_markup_of_sphinx_is_left(path):
    cells = nbformat.read(path, as_version=4).cells
    told = "\n".join(in_words([cell.source for cell in cells if cell.cell_type == "markdown"]))
    assert not re.search(r"\{[a-z]+(:[a-z]+)?\}`|```\{|:::", told)


def test_every_work_can_be_told():
    keys = ",".join(bibliography().entries)
    (told,) = in_words([f"{{cite:t}}`{keys}`"])
    assert told.count("[") == len(bibliography().entries)
