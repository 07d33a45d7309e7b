"""Progress: which of the book's quick questions the reader has answered."""

from __future__ import annotations

import json
import re
from html import escape
from pathlib import Path
from typing import Any

from cnnlib.widgets._base import Checked, Widget, bundle, styles

Chapter = dict[str, Any]
_ASKED = re.compile(r'^QuickQuestion\(\s*"([^"]+)"', re.M)
_PAGE = re.compile(r"\d_\w+/\d_\w+")
# in the browser's Python, where the book has no folder: tools/lite.py puts it there
_KNOWN = Path(__file__).with_name("chapters.json")


class Chapters(Checked):
    """The chapters with questions, each with its title, its page and its questions' names."""

    def check(self, value: Any) -> list[Chapter]:
        """Return them as they are."""
        for chapter in value:
            if not isinstance(chapter, dict) or chapter.keys() != {"title", "page", "questions"}:
                raise ValueError(f"must hold title, page and questions, not {chapter!r}")
            if not _PAGE.fullmatch(chapter["page"]):  # a link will be made from it
                raise ValueError(f"must have pages like 1_filters/1_edges, not {chapter['page']!r}")
        names = [name for chapter in value for name in chapter["questions"]]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"must name each question once, not {', '.join(twice)} again")
        return list(value)


class Count(Checked):
    """None, or an integer ≥ 0."""

    def check(self, value: Any) -> int | None:
        """Return it."""
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise ValueError(f"must be None or an integer, not {value!r}")
        return value


def chapters(folder: str | Path) -> list[Chapter]:
    """Find the chapters of a book that ask quick questions, in reading order.

    Parameters
    ----------
    folder : str or Path
        The folder of the book: its chapters are ``<n>_<section>/<k>_<name>.ipynb``.

    Returns
    -------
    list of dict
        ``title`` with the chapter's number, ``page`` without ``.ipynb``, ``questions`` by name.
    """
    found = []
    for path in sorted(Path(folder).glob("[0-9]_*/[0-9]_*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        sources = ["".join(cell["source"]) for cell in cells]
        code = [s for s, cell in zip(sources, cells, strict=True) if cell["cell_type"] == "code"]
        questions = [name for source in code for name in _ASKED.findall(source)]
        if questions:
            title = sources[0].partition("\n")[0].removeprefix("# ")
            number = f"{path.parent.name[0]}.{path.name[0]}"
            page = path.relative_to(folder).with_suffix("").as_posix()
            found.append({"title": f"{number} {title}", "page": page, "questions": questions})
    return found


class Progress(Widget):
    """Show which quick questions of the book were answered, and which at the first try.

    What it shows is kept in the reader's browser; the notebook and its kernel learn only how many
    there are.

    Parameters
    ----------
    chapters : list of dict
        The chapters with the names of their questions, from ``Progress.of``.

    Raises
    ------
    TraitError
        If a chapter is not of this form or a question is named twice.

    Examples
    --------
    >>> chapter = {"title": "1.1 Edges", "page": "1_filters/1_edges", "questions": ["edges-wall"]}
    >>> Progress([chapter])
    Progress(1 question in 1 chapter)
    """

    _esm = bundle("progress")
    _css = styles("progress")

    chapters = Chapters(read_only=True).tag(sync=True)
    answered = Count(None, allow_none=True).tag(sync=True)

    def __init__(self, chapters: list[Chapter], **kwargs: Any) -> None:
        """See the class."""
        self.set_trait("chapters", chapters)  # first: the page's copy is made from it
        super().__init__(**kwargs)

    @classmethod
    def of(cls, folder: str | Path) -> Progress:
        """Make it for the notebooks that are in the folder of a book."""
        found = chapters(folder)
        if not found and _KNOWN.exists():
            found = json.loads(_KNOWN.read_text(encoding="utf-8"))
        return cls(found)

    def describe(self) -> str:
        """How many questions and chapters."""

        def count(number: int, noun: str) -> str:
            return f"{number} {noun}{'s' * (number != 1)}"

        questions = sum(len(chapter["questions"]) for chapter in self.chapters)
        return f"{count(questions, 'question')} in {count(len(self.chapters), 'chapter')}"

    def static(self) -> str:
        """The chapters with links to their questions, for pages without JavaScript."""
        rows = ""
        for chapter in self.chapters:
            page, number = f"{chapter['page']}.html", chapter["title"].partition(" ")[0]
            links = " ".join(
                f'<a href="{page}#{anchor(k)}" aria-label="{number}, question {k + 1}">{k + 1}</a>'
                for k in range(len(chapter["questions"]))
            )
            rows += f'<li><a href="{page}">{escape(chapter["title"])}</a> <span>{links}</span></li>'
        return f'<div class="cnn cnn-progress"><ul class="cnn-progress-list">{rows}</ul></div>'


def anchor(k: int) -> str:
    """The place of the k-th question on its page, counted from 0: the host names them so."""
    return "QuickQuestion" if k == 0 else f"QuickQuestion-{k + 1}"
