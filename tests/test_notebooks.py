"""What every stored notebook must be, so that nbval's comparison means something."""

from __future__ import annotations

import copy
import re
import sys
from pathlib import Path

import nbformat
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from notebooks import normalise, notebooks  # noqa: E402

NOTEBOOKS = notebooks()
NO_CHAPTERS = {ROOT / "book", ROOT / "book" / "exercises"}  # test_exercise_notebooks.py has those
CHAPTERS = [p for p in NOTEBOOKS if p.parent not in NO_CHAPTERS]
SET_UP_LINES, CELL_LINES = 8, 15


def name(path):
    return str(path.relative_to(ROOT / "book"))


def source_lines(cell) -> int:
    """Lines a reader must read: not the blank ones."""
    return sum(bool(line.strip()) for line in cell.source.splitlines())


every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
every_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=name)


def named(cell) -> str:
    """The id, which JupyterLab does not show, and the first line, which it does."""
    return f"cell {cell.id}, {cell.source.splitlines()[0]!r}"


def code_cells(path):
    return [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]


def test_there_are_notebooks():
    assert len(CHAPTERS) >= 2
    assert all(re.fullmatch(r"\d_\w+|appendices", p.parent.name) for p in CHAPTERS)


def test_every_chapter_has_citation_keys_of_its_own():
    """Two pages with the same keys are a "duplicate citation", which Sphinx reports anywhere."""
    prefixes = []
    for path in CHAPTERS:
        text = "\n".join(c.source for c in nbformat.read(path, as_version=4).cells)
        (prefix,) = re.findall(r"^:keyprefix: (\S+-)$", text, re.M)
        cited = re.findall(r"\{cite:\w+\}`([^`]+)`", text)
        assert cited
        assert all(key.strip().startswith(prefix) for keys in cited for key in keys.split(",")), (
            cited
        )
        prefixes.append(prefix)
    assert len(set(prefixes)) == len(prefixes), prefixes


@every_notebook
def test_is_valid_and_normalised(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert normalise(copy.deepcopy(notebook)) == notebook, "run `make notebooks`"
    assert len({c.id for c in notebook.cells}) == len(notebook.cells), "cell ids repeat"


@every_notebook
def test_was_executed_from_top_to_bottom(path):
    """A cell without a count is never compared by nbval: each must have its own, 1..n."""
    counts = [c.execution_count for c in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1)), "run `make notebooks`"


@every_notebook
def test_prints_nothing_that_changes_from_run_to_run(path):
    for cell in code_cells(path):
        for output in cell.outputs:
            assert output.output_type != "error", named(cell)
            assert output.get("name") != "stderr", f"{named(cell)} writes to stderr"
            text = output.get("text", "") + str(output.get("data", {}).get("text/plain", ""))
            assert not re.search(r" at 0x[0-9a-f]+|\d\.\d{9,}", text), f"{named(cell)}: {text}"


@every_notebook
def test_every_picture_has_a_text(path):
    for cell in code_cells(path):
        draws = any("<Figure" in str(o.get("data", {})) for o in cell.outputs)
        alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
        assert not draws or len(alt.split()) >= 6, f"{named(cell)}: mystnb: image: alt is missing"


@every_chapter
def test_cells_are_short(path):
    first, *others = code_cells(path)
    assert source_lines(first) <= SET_UP_LINES, "the set-up cell is too long"
    for cell in others:
        if "remove-input" in cell.metadata.get("tags", []):
            continue  # nobody reads it: a quick question
        assert source_lines(cell) <= CELL_LINES, f"{named(cell)} has {source_lines(cell)} lines"


@every_chapter
def test_has_the_anatomy_of_a_chapter(path):
    cells = nbformat.read(path, as_version=4).cells
    text = "\n".join(c.source for c in cells if c.cell_type == "markdown")
    assert cells[0].source.startswith("# ")
    for heading in ("What you will do", "What you will learn", "What you need"):
        assert heading in text, heading
    headings = re.findall(r"^## (.+)$", text, re.M)
    own = [] if path.parent.name == "appendices" else ["Reading the article"]
    for heading in (*own, "Exercises", "Summary", "Further reading"):
        assert heading in headings, f"{heading} is not among {headings}"
    assert "<details>" in text, "nothing to predict"
    assert any("assert " in c.source for c in code_cells(path)), "nothing is checked"


# axe takes a heading that is only a formula for an empty one, and so do those who listen to it
HEADS = re.compile(r"^\s*\|(.+)\|[ ]*\n\s*\|[-:| ]+\|[ ]*$", re.M)
FORMULA = re.compile(r"(?<!\\)\$[^$]+\$|\{math\}`[^`]+`")


def headings(text: str) -> list[str]:
    """What the heads of Markdown's tables say in words."""
    cells = [cell for head in HEADS.findall(text) for cell in re.split(r"(?<!\\)\|", head)]
    return [FORMULA.sub("", cell).strip(" *_") for cell in cells]


def test_every_column_is_named_in_words():
    texts = {p: p.read_text(encoding="utf8") for p in sorted((ROOT / "book").rglob("*.md"))}
    for path in NOTEBOOKS:
        cells = nbformat.read(path, as_version=4).cells
        texts[path] = "\n\n".join(c.source for c in cells if c.cell_type == "markdown")
    found = {name(path): headings(text) for path, text in texts.items()}
    assert sum(map(len, found.values())) > 50
    assert [path for path, heads in found.items() if not all(heads)] == []
    assert headings("| a | $b$ |\n| --- | --: |\n") == ["a", ""]


def test_every_work_is_listed_once():
    """Merges lose braces and repeat works; Sphinx would name no line."""
    text = (ROOT / "book" / "references.bib").read_text("utf-8")
    works = re.split(r"^(?=@)", text, flags=re.M)[1:]  # before the first there are comments
    keys = [re.match(r"@\w+\{([^,]+),", work)[1] for work in works]
    assert sorted(keys) == sorted(set(keys))
    assert [work for work in works if work.count("{") != work.count("}")] == []


def test_the_table_of_contents_has_every_notebook():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    listed = [toc["root"]] + [entry["file"] for part in toc["parts"] for entry in part["chapters"]]
    on_disk = [str(p.relative_to(ROOT).with_suffix("")) for p in NOTEBOOKS]
    assert sorted(f for f in listed if (ROOT / f"{f}.ipynb").exists()) == sorted(on_disk)


def test_the_recap_leads_to_every_chapter():
    recap = ROOT / "book" / "recap.ipynb"
    cells = nbformat.read(recap, as_version=4).cells
    text = "\n".join(c.source for c in cells if c.cell_type == "markdown")
    proved = text[text.index("## The map") : text.index("## The size theorem")]
    chapters = [p for p in map(name, CHAPTERS) if re.match(r"\d_", p)]
    assert [p for p in chapters if f"]({p})" not in proved] == []
    for path, heading in re.findall(r"\]\((\w+/\w+\.ipynb)#([^)]+)\)", text):
        source = (ROOT / "book" / path).read_text("utf-8")
        titles = re.findall(r'"#+ (.+?)(?:\\n)?"', source)
        assert heading in [slug(title) for title in titles], f"{path}#{heading}"


def slug(title):
    """The anchor of a heading, as GitHub and MyST make it."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
