"""What a check says: one line, the smallest failing case, and the name of the mistake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import zip_longest
from typing import Any

import numpy as np

from cnnlib.exercises._compare import same

GREEN, RED = "#2e7d32", "#c62828"
ENTRIES = 100  # of an array with more only the corners are shown


@dataclass(eq=False)
class Verdict:
    """The answer of a check: true if all is right.

    Its text is the `message`, one line, and the `details`: the smallest failing case. `mistake` is
    the short name of the mistake, or None. Nothing is raised; in a test cell ``assert check_x(f)``
    does, and because `assert` itself would say nothing, a verdict that is false prints its text
    when it is asked for its truth before it has been shown.
    """

    passed: bool
    message: str
    mistake: str | None = None
    details: str = ""
    _shown: bool = field(default=False, repr=False)

    def __str__(self) -> str:
        sign = "✓" if self.passed else "✗"
        return f"{sign} {self.message}" + (f"\n\n{self.details}" if self.details else "")

    def __repr__(self) -> str:
        self._shown = True
        return str(self)

    def _repr_html_(self) -> str:
        """For notebooks: whatever a student's code has put into the text is escaped."""
        self._shown = True
        sign, colour = ("✓", GREEN) if self.passed else ("✗", RED)
        details = f"<pre>{escape(self.details)}</pre>" if self.details else ""
        return (
            f'<div class="verdict" style="border-left: 4px solid {colour}; padding-left: 1em">'
            f"<p>{sign} {escape(self.message)}</p>{details}</div>"
        )

    def __bool__(self) -> bool:
        if not self.passed and not self._shown:
            self._shown = True
            print(self)
        return self.passed


def value_text(value: Any) -> str:
    """Write a number, an array, or several of them; an array keeps its rows aligned."""
    if isinstance(value, np.ndarray):
        return _array_text(value)
    if isinstance(value, tuple | list):
        inner = ", ".join(value_text(v) for v in value)
        return f"({inner})" if isinstance(value, tuple) else f"[{inner}]"
    if isinstance(value, set | frozenset):
        return "{" + ", ".join(value_text(v) for v in sorted(value, key=repr)) + "}"
    if isinstance(value, float | np.floating):
        return f"{float(value):.6g}"
    text = repr(value)
    return text if len(text) <= 200 else text[:200] + " …"


def _array_text(array: np.ndarray[Any, Any]) -> str:
    with np.errstate(all="ignore"):
        rounded = np.round(array, 4) if array.dtype.kind == "f" else array
        whole = array.dtype.kind == "f" and bool(np.all(np.abs(array) < 1e9))
        if whole and np.array_equal(rounded, np.trunc(rounded)):
            rounded = rounded.astype(np.int64)
    text = np.array2string(
        rounded, precision=4, suppress_small=True, threshold=ENTRIES, edgeitems=2, max_line_width=76
    )
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip())


def _thin(value: Any) -> tuple[str, Any]:
    """Leave out axes of length 1 until two are left: ("[0, :, :, 0]", the matrix)."""
    if not isinstance(value, np.ndarray) or value.ndim < 3:
        return "", value
    index = [slice(None) if length != 1 else 0 for length in value.shape]
    for axis in (2, 1, 0, 3):  # of an image (m, n_H, n_W, n_C) keep rows and columns
        if sum(isinstance(i, slice) for i in index) < 2 and axis < value.ndim:
            index[axis] = slice(None)
    text = ", ".join(":" if isinstance(i, slice) else "0" for i in index)
    return (f"[{text}]" if 0 in index else ""), value[tuple(index)]


def named(name: str, value: Any) -> str:
    """Write ``name = value``, an array's further rows below its first."""
    suffix, thin = _thin(value)
    first, *rest = value_text(thin).splitlines()
    head = f"{name}{suffix} = "
    if isinstance(thin, np.ndarray) and thin.ndim > 2:
        return "\n".join([f"{name}{suffix}, of shape {thin.shape}:", first, *rest])
    return "\n".join([head + first, *(" " * len(head) + line for line in rest)])


def arguments(letters: Sequence[str], values: Sequence[Any]) -> str:
    """Write the arguments of a call: arrays one below the other, then the numbers in one line."""
    pairs = list(zip(letters, values, strict=True))
    small = [(name, v) for name, v in pairs if not isinstance(v, np.ndarray | list)]
    large = [named(name, v) for name, v in pairs if isinstance(v, np.ndarray | list)]
    numbers = ", ".join(f"{name} = {value_text(v)}" for name, v in small)
    return "\n".join([*large, *([numbers] if numbers else [])])


def part_names(count: int, parts: Sequence[str]) -> Sequence[str]:
    """Name the parts of a result of several: "dA", "dW", or "result 1" without names."""
    return parts or [f"result {n}" for n in range(1, count + 1)]


def several(head: str, value: Any, parts: Sequence[str] = ()) -> str:
    """Write ``head = value``; of several arrays each by itself, ``head part = array``."""
    if not _of_arrays(value):
        return named(head, value)
    pairs = zip(part_names(len(value), parts), value, strict=True)
    return "\n".join(named(f"{head} {part}", v) for part, v in pairs)


def side_by_side(yours: Any, right: Any, parts: Sequence[str] = ()) -> str:
    """Write two results in two columns; of several arrays only those that differ, one by one."""
    if not _of_arrays(right):
        return _columns("yours", yours, "right", right)
    triples = zip(part_names(len(right), parts), yours, right, strict=True)
    return "\n\n".join(
        _columns(f"your {part}", one, f"right {part}", other)
        for part, one, other in triples
        if not same(one, other)
    )


def _of_arrays(value: Any) -> bool:
    return isinstance(value, tuple) and any(isinstance(v, np.ndarray) for v in value)


def _columns(head: str, yours: Any, other_head: str, right: Any) -> str:
    """Write two values in two columns, or one below the other if they are wide."""
    columns = []
    for title, value in ((head, yours), (other_head, right)):
        suffix, thin = _thin(value)
        columns.append([title + suffix, *value_text(thin).splitlines()])
    width = max(map(len, columns[0]))
    if width + max(map(len, columns[1])) > 72:
        return named(head, yours) + "\n" + named(other_head, right)
    lines = zip_longest(*columns, fillvalue="")
    return "\n".join(f"{left:<{width}}   {other}".rstrip() for left, other in lines)
