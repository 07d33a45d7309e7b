"""The reference: pages of `book/api` that Sphinx writes from the docstrings of cnnlib."""

from __future__ import annotations

import re
import sys

# "s. The step": the letter of an equation, which reStructuredText takes for a list that begins at s
LETTER = re.compile(r"^(\s*)([A-Za-z]\.(?:\s|$))")
CONSTANT = re.compile(r"(?<==)_?[A-Z]+\b")


def keep_letters(app, what, name, thing, options, lines):
    lines[:] = [LETTER.sub(r"\1\\\2", line) for line in lines]


def show_numbers(app, what, name, thing, options, signature, annotation):
    """For a default like BATCH write its number; of what takes anything, the text says more."""
    if signature == "(*args, **kwargs)":
        return "", annotation

    def value(match):
        found = getattr(sys.modules[thing.__module__], match[0], None)
        return str(found) if isinstance(found, int | float) else match[0]

    return (signature and CONSTANT.sub(value, signature)), annotation


def setup(app):
    app.setup_extension("sphinx.ext.autodoc")
    app.setup_extension("sphinx.ext.napoleon")
    app.connect("autodoc-process-docstring", keep_letters, priority=400)  # before napoleon
    app.connect("autodoc-process-signature", show_numbers)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
