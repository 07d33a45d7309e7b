"""Compare what a student returns with what is right, and say in words what differs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

LARGEST = 1_000_000  # entries: what is larger is wrong, and is not copied
TOLERANCE = 1e-5  # of the largest number: float32 is good enough; whole numbers are exact
DIGITS = 30  # of an integer: what has more is wrong, and is not written


class Unlike(Exception):
    """A result that cannot be compared at all; its text goes on after "your function"."""


def read(value: Any, like: Any) -> Any:
    """Return a plain copy of a result, as the kind of thing that `like` is; else raise Unlike.

    Lists are as good as arrays, and NumPy's numbers as good as Python's.
    """
    if value is None or value is ...:
        if value is ...:
            raise Unlike("returns `...`: it is not written yet")
        raise Unlike("returns None: it is not written yet, or its `return` is missing")
    if isinstance(like, np.ndarray):
        return _array(value, like)
    if isinstance(like, tuple):
        several = isinstance(value, np.ndarray) and value.ndim > 0
        if not (several or isinstance(value, tuple | list)):
            raise Unlike(f"returns {_a(value)}, but {len(like)} results are asked for")
        if len(value) != len(like):
            results = "one result" if len(value) == 1 else f"{len(value)} results"
            raise Unlike(f"returns {results}, but {len(like)} are asked for")
        return tuple(read(v, part) for v, part in zip(value, like, strict=True))
    if isinstance(like, set | frozenset):
        return _set(value, like)
    if isinstance(like, bool | str):
        kind = type(like)
        value = _alone(value)
        if isinstance(value, np.bool_ if kind is bool else str):
            value = kind(value)
        if type(value) is not kind:
            asked = "True or False" if kind is bool else "a string"
            raise Unlike(f"returns {_a(value)}, but {asked} is asked for")
        return value
    return _number(value, whole=isinstance(like, int))


def _a(value: Any) -> str:
    """Name the kind of a thing, without running any code of it."""
    kind = type(value).__name__
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if kind in ("generator", "map", "filter", "zip", "range"):
        return f"a {kind} object (put list(…) around it)"
    if kind in ("function", "builtin_function_or_method", "method", "type"):
        return f"a {kind} (call it, with parentheses)"
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _number(value: Any, whole: bool) -> int | float:
    value = _alone(value)
    if isinstance(value, bool | np.bool_) or not isinstance(
        value, int | float | np.integer | np.floating
    ):
        raise Unlike(f"returns {_a(value)}, but one number is asked for")
    _short(value)
    return int(value) if whole and isinstance(value, int | np.integer) else float(value)


def _alone(value: Any) -> Any:
    """The number that an array of one number holds."""
    return value.reshape(-1)[0] if isinstance(value, np.ndarray) and value.size == 1 else value


def _short(value: Any) -> None:
    if isinstance(value, int) and abs(value) >= 10**DIGITS:
        raise Unlike(f"returns a number of more than {DIGITS} digits")


def _array(value: Any, like: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if not isinstance(value, np.ndarray | np.generic | list | tuple | int | float):
        raise Unlike(f"returns {_a(value)}, but an array of shape {like.shape} is asked for")
    try:
        array = np.asarray(value)
    except ValueError:
        raise Unlike("returns rows of different lengths, which make no array") from None
    if array.size > LARGEST:
        raise Unlike(f"returns an array of shape {array.shape}, but {like.shape} is asked for")
    if array.dtype.kind not in "biuf":
        raise Unlike(
            f"returns an array of dtype {array.dtype}, but real numbers are asked for "
            f"(shape {like.shape})"
        )
    return np.array(array.astype(np.float64) if array.dtype.kind in "bf" else array)


def _set(value: Any, like: Any) -> frozenset[Any]:
    if isinstance(value, str) and any(isinstance(entry, str) for entry in like):
        raise Unlike('returns one string, but a list of them is asked for, as in ["a", "b"]')
    if not isinstance(value, set | frozenset | list | tuple | np.ndarray):
        raise Unlike(f"returns {_a(value)}, but a list is asked for")
    if len(value) > LARGEST:
        raise Unlike(f"returns {len(value)} entries, which is too many")
    return frozenset(_hashable(entry) for entry in value)


def _hashable(entry: Any) -> Any:
    if isinstance(entry, np.ndarray):
        entry = entry.tolist()
    if isinstance(entry, list | tuple):
        return tuple(_hashable(part) for part in entry)
    if isinstance(entry, np.generic):
        entry = entry.item()
    if not isinstance(entry, int | float | str | bool | type(None)):
        raise Unlike(f"returns a list that holds {_a(entry)}")
    _short(entry)
    return entry


def same(a: Any, b: Any) -> bool:
    """Whether two results that `read` has read are equal, but for rounding."""
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.shape == b.shape and _close(a, b)
    if isinstance(a, int | float) and isinstance(b, int | float):
        if isinstance(a, bool) != isinstance(b, bool):
            return False
        whole = isinstance(a, int) and isinstance(b, int)
        return a == b if whole else type(a) is type(b) and _close(np.array(a), np.array(b))
    return type(a) is type(b) and bool(a == b)


def _close(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> bool:
    return bool(np.all(close(a, b)))


def close(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Where two arrays of one shape are equal, but for rounding; `b` is the right one."""
    return np.asarray(np.isclose(a, b, rtol=0, atol=_tolerance(b), equal_nan=True))


def _tolerance(right: np.ndarray[Any, Any]) -> float:
    if right.dtype.kind in "biu":
        return 1e-6  # counts
    finite = right[np.isfinite(right)]
    return TOLERANCE * (float(np.abs(finite).max()) if finite.size else 1.0) + 1e-12


def difference(got: Any, right: Any, parts: Sequence[str] = ()) -> str:
    """Say how a wrong result differs; it goes on after "your function"."""
    if isinstance(right, tuple):
        names = parts or [f"number {n}" for n in range(1, len(right) + 1)]
        triples = zip(names, got, right, strict=True)
        wrong = [(part, g, r) for part, g, r in triples if not same(g, r)]
        first, one, other = wrong[0]
        text = difference(one, other).replace("returns the right", "has the right", 1)
        text = text.replace("returns", "is", 1)
        if len(wrong) == 1:
            return f"returns {len(right)} results, and {first} is wrong: it {text}"
        which = f"{', '.join(part for part, _, _ in wrong[:-1])} and {wrong[-1][0]}"
        return f"returns {len(right)} results, and {which} are wrong: {first} {text}"
    if isinstance(right, frozenset | set):
        missing, extra = sorted(right - got, key=repr), sorted(got - right, key=repr)
        words = [f"does not find {missing[0]}"] if missing else []
        return " and ".join([*words, *([f"finds {extra[0]}, which is wrong"] if extra else [])])
    if not isinstance(right, np.ndarray):
        if isinstance(right, int) and isinstance(got, float):
            if got == right:
                return f"returns {got}, a float, but an int is asked for: use // instead of /"
            return f"returns {got:.6g}, but {right} is right"
        return f"returns {got!r}, but {right!r} is right"
    if got.shape != right.shape:
        return f"returns an array of shape {got.shape}, but {right.shape} is right"
    return _wrong_numbers(got, right)


def _wrong_numbers(got: np.ndarray[Any, Any], right: np.ndarray[Any, Any]) -> str:
    lost = int(np.sum(np.isnan(got) & ~np.isnan(right)))
    if lost:
        return f"returns nan in {lost} of {got.size} places"
    if got.dtype.kind in "iu" and np.array_equal(got, np.trunc(right)):
        return (
            "cuts off all fractions: its result array holds integers (was it made with "
            "np.zeros_like of an integer array, or with dtype=int?)"
        )
    wrong = int(np.sum(~close(got, right)))
    text = f"returns the right shape {got.shape}, but {wrong} of {got.size} numbers are wrong"
    if got.ndim > 1 and got.shape == got.T.shape and same(got, right.T):
        return text + ": it is transposed"
    return text


def multiple(got: list[Any], right: list[Any]) -> str:
    """Say that all results are the same multiple of what is right, if they are; else "".

    All cases together: a single number is always some multiple of the right one.
    """
    for one, other in zip(got, right, strict=True):
        if not (isinstance(one, np.ndarray) and isinstance(other, np.ndarray)):
            return ""
        if one.shape != other.shape:
            return ""
    ours, theirs = (np.concatenate([np.ravel(a) + 0.0 for a in arrays]) for arrays in (got, right))
    nonzero = np.abs(theirs) > TOLERANCE
    if np.sum(nonzero) < 2:
        return ""
    factor = float(np.median(ours[nonzero] / theirs[nonzero]))
    if factor in (0.0, 1.0) or not same(ours, factor * theirs):
        return ""
    if factor == -1:
        return ": each has the wrong sign"
    return f": in every case all are {factor:.6g} times what is right"
