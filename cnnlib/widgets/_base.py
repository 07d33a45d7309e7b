"""What the widgets share: one ES module, a stable name, and traits that say no clearly."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets as t
from numpy.typing import NDArray

from cnnlib.filters import PRESETS
from cnnlib.functional import output_size

LIMIT = 1000
"""Largest absolute value of a pixel or a kernel entry; maths.js has the same limit for typing."""

Rows = list[list[float]]

_FOLDER = Path(__file__).parent
_IMPORT = re.compile(r'(?m)^import \{[^}]*\} from "\./(\w+)\.js";\n')
# whole lines of comment, then indentation: no script has a string that runs over a line
_COMMENT = re.compile(r"(?ms)^[ \t]*/\*.*?\*/[ \t]*\n|^[ \t]*//[^\n]*\n")
_MARGIN = re.compile(r"(?m)^[ \t]+|^\n")
# a declaration at the top level of a shared module, up to the next line that starts at its margin
_DECLARATION = re.compile(r"(?m)^(?:const|(?:async )?function) (\w+)\b.*\n(?:[ \t})\]].*\n)*")


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def bundle(name: str) -> str:
    """Return ``<name>.js`` with the modules it imports as one module, which is what hosts load.

    The sources are ES modules as they stand. A name that two of them define is a syntax error
    here, so nothing is overridden silently. What a shared module declares and this widget does not
    use is left out.
    """
    sources: dict[str, str] = {}

    def visit(module: str) -> None:
        source = _read(f"{module}.js")
        for imported in _IMPORT.findall(source):
            if imported not in sources:
                visit(imported)
        sources[module] = _IMPORT.sub("", source)

    visit(name)
    *shared, own = (_COMMENT.sub("", source) for source in sources.values())
    code = _used(re.sub(r"(?m)^export ", "", "\n".join([*shared, ""])), own)
    return _MARGIN.sub("", f"{code}\n{own}")


def _used(shared: str, own: str) -> str:
    """Drop the declarations of ``shared`` that are named nowhere else, again until none is."""
    named = Counter(re.findall(r"\w+", shared + own))

    def keep(found: re.Match[str]) -> str:
        inside = len(re.findall(rf"\b{found[1]}\b", found[0]))
        return found[0] if named[found[1]] > inside else ""

    rest = _DECLARATION.sub(keep, shared)
    return shared if rest == shared else _used(rest, own)


def styles(*names: str) -> str:
    """Return ``core.css`` and the widget's own style sheet, if it has one."""
    css = "\n".join(_read(f"{name}.css") for name in ("core", *names))
    return _MARGIN.sub("", _COMMENT.sub("", css))


def to_rows(array: NDArray[Any]) -> Rows:
    """Nested lists of floats: what a trait holds and what the page receives."""
    rows: Rows = np.asarray(array, dtype=np.float64).tolist()
    return rows


def listed(words: Iterable[str]) -> str:
    """Join words: "a, b or c"."""
    *most, last = words
    return f"{', '.join(most)} or {last}"


class Checked(t.TraitType[Any, Any]):
    """A trait whose ``check`` returns the clean value or raises ``ValueError`` with the reason."""

    def check(self, value: Any) -> Any:
        """Return the clean value; raise ``ValueError("must be …, not …")`` for a bad one."""
        raise NotImplementedError

    def validate(self, obj: Any, value: Any) -> Any:
        """Put the widget's and the trait's name before the reason."""
        try:
            return self.check(value)
        except ValueError as error:
            raise t.TraitError(f"{type(obj).__name__}: {self.name} {error}") from None


class Choice(Checked):
    """One of a few values, e.g. a stride of 1, 2 or 3."""

    def __init__(self, *values: bool | int | str, **kwargs: Any) -> None:
        super().__init__(values[0], **kwargs)
        self.values = values

    def check(self, value: Any) -> bool | int | str:
        """Return the member of ``values`` that equals ``value``; True is not 1, as 2.0 is not 2."""
        plain = value.item() if isinstance(value, np.generic) else value
        for known in self.values:
            if type(plain) is type(known) and plain == known:
                return known
        raise ValueError(f"must be {listed(map(repr, self.values))}, not {value!r}")


class Whole(Checked):
    """An integer ≥ 0."""

    default_value = 0

    def check(self, value: Any) -> int:
        """Return ``value`` as an ``int``."""
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 0:
            raise ValueError(f"must be an integer ≥ 0, not {value!r}")
        return int(value)


class Place(Checked):
    """A row and a column, counted from 0."""

    def check(self, value: Any) -> list[int]:
        """Return ``[row, column]``."""
        array = np.asarray(value)
        if array.shape != (2,) or array.dtype.kind not in "iu" or array.min() < 0:
            raise ValueError(f"must be a row and a column, integers ≥ 0, not {value!r}")
        place: list[int] = array.tolist()
        return place


class Presets(t.TraitType[Any, Any]):
    """The kernels of the preset menus: those of ``cnnlib.filters.PRESETS``."""

    def default(self, obj: Any = None) -> dict[str, Rows]:
        """Name → rows, for the page."""
        return {name: to_rows(kernel) for name, kernel in PRESETS.items()}


class Matrix(Checked):
    """Rows of finite numbers, at most ``largest`` on each side and none beyond ±``limit``."""

    def __init__(
        self,
        largest: int,
        *,
        sizes: tuple[int, ...] = (),
        limit: float = LIMIT,
        optional: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.largest, self.sizes, self.limit, self.optional = largest, sizes, limit, optional

    def default(self, obj: Any = None) -> Rows:
        """Return a new list each time: widgets share nothing."""
        return [] if self.optional else [[0.0]]

    def check(self, value: Any) -> Rows:
        """Return a new list of lists of floats."""
        if self.optional and np.size(value) == 0:
            return []
        array = finite(value, 2)
        shape = "×".join(map(str, array.shape))
        if self.sizes and (array.shape[0] != array.shape[1] or array.shape[0] not in self.sizes):
            allowed = listed(f"{n}×{n}" for n in self.sizes)
            raise ValueError(f"must be {allowed} (odd: it has a middle), not {shape}")
        if max(array.shape) > self.largest:
            raise ValueError(f"must have at most {self.largest} rows and columns, not {shape}")
        beyond = array[np.abs(array) > self.limit]
        if beyond.size:
            raise ValueError(f"must hold numbers from −{LIMIT} to {LIMIT}, not {beyond[0]:g}")
        return to_rows(array)


def finite(value: Any, axes: int) -> NDArray[np.float64]:
    """Return ``value`` as a float64 array with so many axes, or say why it is none."""
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError("must have rows of equal length") from None
    if array.dtype.kind not in "iuf":
        raise ValueError(f"must hold real numbers, not {value!r:.40} ({array.dtype.name})")
    if array.ndim != axes or not array.size:
        raise ValueError(f"must be {axes}-D with at least one entry, not of shape {array.shape}")
    array = array.astype(np.float64)
    bad = array[~np.isfinite(array)]
    if bad.size:
        raise ValueError(f"must hold finite numbers, not {bad[0]}")
    return array


class Widget(anywidget.AnyWidget):
    """Base of every widget: its ``repr`` is ``Name(describe())``, the same on every run."""

    def __init__(self, **kwargs: Any) -> None:
        """Refuse arguments that are no traits."""
        unknown = sorted(kwargs.keys() - self.trait_names())
        if unknown:
            raise TypeError(f"{type(self).__name__}: unknown argument {', '.join(unknown)}")
        super().__init__(**kwargs)

    def describe(self) -> str:
        """What the widget shows, in a few words."""
        raise NotImplementedError

    def static(self) -> str:
        """HTML that says the same without a script, where there is more to say than the repr."""
        return ""

    def __repr__(self) -> str:
        """Leave out addresses and model ids: notebooks are compared with what they printed."""
        return f"{type(self).__name__}({self.describe()})"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """What a notebook keeps of the widget: its view, its repr, its static form."""
        shown: tuple[dict[str, Any], dict[str, Any]] | None = super()._repr_mimebundle_(**kwargs)
        if shown and self.static():
            shown[0]["text/html"] = self.static()
        return shown


def convolution_in_words(shape: tuple[int, int], f: int, stride: int, padding: int) -> str:
    """Sizes that fit a ``repr``: 6×6 image, 3×3 kernel, stride 1, padding 0 → 4×4."""
    settings = f"{shape[0]}×{shape[1]} image, {f}×{f} kernel, stride {stride}, padding {padding}"
    if f > min(shape) + 2 * padding:
        return f"{settings} → does not fit"
    rows, columns = (output_size(n, f, stride, padding) for n in shape)
    return f"{settings} → {rows}×{columns}"
