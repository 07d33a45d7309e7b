"""The reference of the book (book/api): all that is public is on one of its pages, once.

tests/site/test_reference_pages.py looks for the same names on the built pages.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections import Counter
from pathlib import Path
from types import ModuleType

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
