"""The book's citations in words, for a reader whose Jupyter does not know MyST.

Sphinx reads {cite:t}`edges-canny1986` and the directive {bibliography}; the notebooks that run in
the browser say "Canny [1986]" and list the works, formatted by the library that Sphinx uses, too.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from pybtex.database import BibliographyData, Entry, parse_file
from pybtex.plugin import find_plugin
from pybtex.richtext import Text

WORKS = Path(__file__).parents[1] / "book" / "references.bib"
CITED = re.compile(r"\{cite:([tp])\}`([^`]+)`")
CODE = re.compile(r"\{py:\w+\}(`[^`<]*?) *(?:<[^`>]*>)?`")  # {py:func}`shown <target>`
LIST = re.compile(r"^```\{bibliography\}.*?^```$", re.MULTILINE | re.DOTALL)


def in_words(sources: list[str]) -> list[str]:
    """The Markdown cells of one notebook, with its citations and its bibliography in words."""
    found = CITED.findall("\n".join(sources))
    works = {key: None for _, keys in found for key in named(keys)}
    told = [LIST.sub(lambda _: listed(list(works)), CITED.sub(cited, text)) for text in sources]
    return [CODE.sub(r"\1`", text) for text in told]


@cache
def bibliography() -> BibliographyData:
    return parse_file(WORKS)


def named(keys: str) -> list[str]:
    """The works' names without the prefix that tells one chapter's list from another's."""
    return [key.strip().rpartition("-")[2] for key in keys.split(",")]


def cited(match: re.Match[str]) -> str:
    entries = [bibliography().entries[key] for key in named(match[2])]
    if match[1] == "t":
        return ", ".join(f"{authors(entry)} [{entry.fields['year']}]" for entry in entries)
    return "[" + "; ".join(f"{authors(entry)}, {entry.fields['year']}" for entry in entries) + "]"


def authors(entry: Entry) -> str:
    people = entry.persons.get("author") or entry.persons["editor"]
    names = [
        str(Text.from_latex(" ".join(person.prelast_names + person.last_names)))
        for person in people
    ]
    if len(names) > 2:
        return f"{names[0]} et al."
    return " and ".join(names)


def listed(keys: list[str]) -> str:
    style = find_plugin("pybtex.style.formatting", "plain")()
    works = style.format_bibliography(bibliography(), keys)
    words = find_plugin("pybtex.backends", "markdown")()
    return "\n".join(f"- {work.text.render(words)}" for work in works)
