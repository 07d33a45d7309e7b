"""The exercises on the site: the same notebooks as for a class, without nbgrader's marks.

`### BEGIN SOLUTION` and its like stand in the source for `make student`; a reader who unfolds a
solution sees the solution. The empty answer before it, ``Z = ...``, goes too.
"""

from __future__ import annotations

import json
import re

MARK = re.compile(r"^\s*### (?:BEGIN|END) (?:SOLUTION|HIDDEN TESTS)\s*$", re.M)
EMPTY_ANSWER = re.compile(r"^\w+ = \.\.\.\n(?=### BEGIN SOLUTION$)", re.M)


def without_marks(source: str) -> str:
    """Return the source of a cell without nbgrader's marks and the lines that they take."""
    source = EMPTY_ANSWER.sub("", source)
    return re.sub(MARK.pattern + r"\n?", "", source, flags=re.M).rstrip("\n")


def read(app, docname, content):
    if "/exercises/" not in docname or not content[0].lstrip().startswith("{"):
        return
    notebook = json.loads(content[0])
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["source"] = without_marks("".join(cell["source"]))
    content[0] = json.dumps(notebook)


def setup(app):
    app.connect("source-read", read)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
