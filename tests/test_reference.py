"""The reference of the book (book/api): all that is public is on one of its pages, once.

tests/site/test_reference_pages.py looks for the same names on the built pages.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections import Counter
from dataclasses import is_dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import cnnlib

PAGES = Path(__file__).parents[1] / "book" / "api"
# their parts import much, or are the readers' own
NOT_LISTED = {"cnnlib.exercises"}


def public(module: ModuleType) -> list[str]:
    """The full names of what a module offers; modules among it are looked into."""
    assert hasattr(module, "__all__"), f"{module.__name__} does not say what is public: __all__"
    names = []
    for name in module.__all__:
        thing = getattr(module, name)
        names += public(thing) if isinstance(thing, ModuleType) else [f"{module.__name__}.{name}"]
    return names


def everything() -> list[str]:
    """All that is public, under the name by which it is imported."""
    parts = [f"cnnlib.{part.name}" for part in pkgutil.iter_modules(cnnlib.__path__)]
    parts = [name for name in parts if "._" not in name and name not in NOT_LISTED]
    return [name for part in parts for name in public(importlib.import_module(part))]


def listed() -> list[str]:
    """What the pages of the reference name."""
    names = []
    for page in sorted(PAGES.glob("*.md")):
        module = ""
        for part in re.split(r"^(?=\.\. )", page.read_text(encoding="utf8"), flags=re.M):
            directive = re.match(r"\.\. (?:auto|py:)(\w+):: ([\w.]+)((?:\n {10,}\w+)*)", part)
            if directive is None:
                continue
            kind, name, more = directive.groups()
            if kind != "module":
                names += [f"{module}.{each}" for each in (name, *more.split())]
                continue
            module = name
            if ":no-members:" not in part:  # then Sphinx lists all of them
                names += public(importlib.import_module(module))
    return names


def test_all_that_is_public_is_in_the_reference_once():
    expected, found = Counter(everything()), Counter(listed())
    assert not expected - found, "name it on a page of book/api (a line `.. autofunction:: …`)"
    assert not found - expected, "book/api names what is not public, or something twice"


def test_cnnlib_itself_offers_what_functional_does():
    again = set(cnnlib.__all__) - {"__version__", "filters", "functional"}
    assert again == set(cnnlib.functional.__all__)


def test_the_first_line_about_a_property_has_no_colon():
    """Napoleon takes what stands before it for the property's type, and the book does not build."""
    for full in everything():
        module, _, name = full.rpartition(".")
        thing = getattr(importlib.import_module(module), name)
        for own, value in vars(thing).items() if isinstance(thing, type) else ():
            if isinstance(value, property) and not own.startswith("_"):
                first = (value.__doc__ or "").strip().split("\n")[0]
                assert ": " not in first, f"{full}.{own}: {first}"
                assert "|" not in re.sub(r"``.*?``", "", first), f"{full}.{own}: |…| is markup"


SECTION = re.compile(r"^([A-Z]\w+)\n-{3,}$", re.M)
# tools of ours, whose result is their definition: there is no paper to name
WITHOUT_SOURCE = re.compile(
    r"cnnlib\.(plots|widgets)\.|cnnlib\.data\.augment\.Step|cnnlib\.gradcheck\.GradientError"
    r"|cnnlib\.layers\.(Layer|Flatten|Identity)|cnnlib\.optim\.constant|cnnlib\.saving\.load"
    r"|cnnlib\.train\.(predict|evaluate|confusion_matrix|track|History)"
)


def things() -> dict[str, Any]:
    """Every public function and class by its full name."""
    found = {}
    for full in everything():
        module, _, name = full.rpartition(".")
        thing = getattr(importlib.import_module(module), name)
        if inspect.isfunction(thing) or inspect.isclass(thing):
            found[full] = thing
    return found


def lacking(full: str, thing: Any) -> list[str]:
    """What the docstring of a public function or class does not say."""
    parts = SECTION.split(inspect.getdoc(thing) or "")
    said = dict(zip(parts[1::2], parts[2::2], strict=True))
    is_record = inspect.isclass(thing) and (issubclass(thing, tuple) or is_dataclass(thing))
    taken = {} if full.endswith("Error") else inspect.signature(thing).parameters
    names = [
        n for n, p in taken.items() if p.kind is not p.VAR_KEYWORD and n not in ("self", "args")
    ]
    text = said.get("Attributes" if is_record else "Parameters", "")
    lacks = [n for n in names if not re.search(rf"^(\*?\w+, )*\*?{n}\b", text, re.M)]
    if is_record or full.endswith("Error"):
        return lacks
    if ">>>" not in said.get("Examples", "") and "See `" not in said.get("Examples", ""):
        lacks.append("a doctest")
    if names and "Raises" not in said:
        lacks.append("Raises")
    if not said.keys() & {"References", "Source"} and not WITHOUT_SOURCE.match(full):
        lacks.append("References or Source")
    returns = inspect.isclass(thing) or inspect.signature(thing).return_annotation == "None"
    if not returns and "Returns" not in said:
        lacks.append("Returns")
    return lacks


def test_a_docstring_says_what_goes_in_what_comes_out_what_goes_wrong_and_who_says_so():
    assert {full: lacks for full, t in things().items() if (lacks := lacking(full, t))} == {}


def test_every_exception_above_is_one():
    assert {full for full in things() if WITHOUT_SOURCE.match(full)} > {"cnnlib.layers.Flatten"}


@pytest.mark.parametrize(
    ("docstring", "lacks"),
    [
        ("", ["x", "a doctest", "Raises", "References or Source", "Returns"]),
        (
            "Parameters\n---\nx : int\n\nRaises\n---\nA\n",
            ["a doctest", "References or Source", "Returns"],
        ),
        (
            "Parameters\n---\nxs\nReturns\n---\nSource\n---\nRaises\n---\nExamples\n---\n>>> 1",
            ["x"],
        ),
    ],
)
def test_what_is_missing_is_found(docstring, lacks):
    def function(x: int) -> int:
        return x

    function.__doc__ = docstring
    assert lacking("cnnlib.functional.function", function) == lacks
