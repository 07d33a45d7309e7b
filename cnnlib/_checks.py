"""What the public functions ask of their arguments, in one place.

Each check raises one error that says what was wrong, what was received, why, and the fix. Its first
argument is the name of the public function, so that the message names the call that was written.
An argument is checked once, where it enters; nothing behind this boundary checks again.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]  # in cnnlib: of float32 or of float64


def integer(call: str, name: str, value: object, minimum: int) -> int:
    """Return `value` as an int ≥ minimum. True, 1.0 and "1" are not integers here."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(
            f"{call}: {name} is {value!r} of type {type(value).__name__}, but it is a count: "
            f"use an int ≥ {minimum}"
        )
    if value < minimum:
        stuck = "a window that does not move has no next position"
        why = stuck if name == "stride" else "it is a count"
        raise ValueError(f"{call}: {name} is {value}, but {why}: use an int ≥ {minimum}")
    return int(value)


def array(call: str, name: str, value: npt.ArrayLike, *forms: str, **known: int) -> Array:
    """Return `value` as a finite, C-contiguous float array that has one of the given forms.

    A form lists the letters of the axes, "m n_H n_W n_C"; `known` gives the lengths that the other
    arguments have already fixed.
    """
    x = numbers(call, name, value, *forms, **known)
    finite(call, name, x)
    return x


def numbers(call: str, name: str, value: npt.ArrayLike, *forms: str, **known: int) -> Array:
    """Do as `array` does, but let NaN and ±inf pass."""
    x = _floats(call, name, value)
    form = next((form for form in forms if len(form.split()) == x.ndim), None)
    if form is None:
        raise ValueError(
            f"{call}: {name} has shape {x.shape}, but it must be {_shapes(forms, known)}: "
            f"add the missing axes with np.newaxis, or take out those too many"
        )
    if x.size == 0:
        raise ValueError(
            f"{call}: {name} has shape {x.shape}, it is empty, so there is nothing to compute: "
            f"every axis of {_shapes(forms, known)} needs a length ≥ 1"
        )
    for letter, length in zip(form.split(), x.shape, strict=True):
        if length != known.get(letter, length):
            raise ValueError(
                f"{call}: {name} has shape {x.shape}, that is {letter} = {length}, but the other "
                f"arguments have {letter} = {known[letter]}: {name} must be {_shapes(forms, known)}"
            )
    return np.ascontiguousarray(x)


def _shapes(forms: Sequence[str], known: dict[str, int]) -> str:
    """Write forms as shapes, with the lengths that are known: (n_H, n_W) or (n_H, n_W, 3)."""
    shapes = []
    for form in forms:
        sizes = [str(known.get(letter, letter)) for letter in form.split()]
        shapes.append(f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})")
    return " or ".join(shapes)


def _floats(call: str, name: str, value: npt.ArrayLike) -> Array:
    """Return `value` as an array of float32 or float64."""
    try:
        x = np.asarray(value)
    except ValueError:
        raise ValueError(
            f"{call}: {name} cannot be made an array, its rows differ in length: "
            f"give nested lists of equal lengths"
        ) from None
    if x.dtype.kind in "iu":  # before anything is added, so that an 8-bit image cannot overflow
        return x.astype(np.float64)
    if x.dtype == np.float16:
        return x.astype(np.float32)
    if x.dtype.type not in (np.float32, np.float64):
        raise TypeError(
            f"{call}: {name} has dtype {x.dtype}, but it must hold real numbers (integers, float32 "
            f"or float64): convert it first, for instance with {name}.astype(np.float64)"
        )
    return x.astype(x.dtype.type, copy=False)  # in the byte order of this machine


def finite(call: str, name: str, x: Array) -> None:
    """Raise if NaN or ±inf is in `x`: each would spread to every output whose window it is in."""
    flat = x.reshape(-1)
    # A sum of squares is finite only if every entry is, and one product of vectors (vdot, for dot
    # warns) is far quicker than np.isfinite. But the squares of huge numbers overflow too: if it is
    # not finite, look closer.
    if math.isfinite(np.vdot(flat, flat)) or np.isfinite(flat).all():
        return
    wrong = np.argwhere(~np.isfinite(x))
    first = tuple(wrong[0].tolist())
    raise ValueError(
        f"{call}: {name}[{', '.join(map(str, first))}] is {x[first]} (not finite: {len(wrong)} of "
        f"{x.size} entries), which would spread to every output that it is summed into: "
        f"find where it comes from, or replace it with np.nan_to_num"
    )


def number(call: str, name: str, value: object) -> float:
    """Return `value` as a float if it is one real number."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(
            f"{call}: {name} is {value!r} of type {type(value).__name__}, but it must be one real "
            f"number: use an int or a float"
        )
    return float(value)


def fit(call: str, kernel: str, image: str, n: int, f: int, p: int) -> None:
    """Raise if a kernel of size f has no position in an image of size n with padding p."""
    room = n + 2 * p - f
    if room < 0:
        raise ValueError(
            f"{call}: {kernel} does not fit {image} with padding {p} (n + 2p − f = −{-room}): "
            f"use padding ≥ {p + (1 - room) // 2} or a smaller kernel"
        )


def fit2d(call: str, image: tuple[int, int], kernel: tuple[int, int], p: int) -> None:
    """Raise if a kernel (f_H, f_W) has no position in an image (n_H, n_W) with padding p."""
    n, f = min(zip(image, kernel, strict=True), key=lambda sizes: sizes[0] - sizes[1])
    if f > n + 2 * p:
        fit(call, f"a {kernel[0]}×{kernel[1]} kernel", f"a {image[0]}×{image[1]} image", n, f, p)


def one_dtype(*arrays: Array) -> list[Array]:
    """Return the arrays in the one dtype that holds them all: float64 if any of them is."""
    dtype = np.result_type(*arrays)
    return [x.astype(dtype, copy=False) for x in arrays]


def any_shape(
    call: str, name: str, value: npt.ArrayLike, shape: tuple[int, ...] | None = None
) -> Array:
    """Return `value` as a float array of any shape, or of the given one. NaN and ±inf may pass."""
    x = _floats(call, name, value)
    if x.size == 0:
        raise ValueError(
            f"{call}: {name} has shape {x.shape}, it is empty, so there is nothing to compute: "
            f"every axis needs a length ≥ 1"
        )
    if shape is not None and x.shape != shape:
        raise ValueError(
            f"{call}: {name} has shape {x.shape}, but the other argument has shape {shape}, and "
            f"nothing is broadcast: give both the same shape"
        )
    return x


def rows(call: str, name: str, value: npt.ArrayLike, shape: tuple[int, ...] | None = None) -> Array:
    """Return `value` as a finite float array with at least one axis."""
    x = any_shape(call, name, value, shape)
    if x.ndim == 0:
        raise ValueError(
            f"{call}: {name} is the single number {x}, but numbers along an axis are compared: "
            f"use an array (…, n)"
        )
    x = np.ascontiguousarray(x)
    finite(call, name, x)
    return x


def within(
    call: str, name: str, value: object, low: float, high: float, ends: str, why: str
) -> float:
    """Return `value` as a float between two numbers; `ends` says which belong: "[]", "(]", …"""
    x = number(call, name, value)
    above = operator.ge if ends[0] == "[" else operator.gt
    below = operator.le if ends[1] == "]" else operator.lt
    if not (above(x, low) and below(x, high)):
        interval = f"{ends[0]}{low:g}, {high:g}{ends[1]}".replace("inf", "∞")
        raise ValueError(f"{call}: {name} is {value}, but {why}: use a number in {interval}")
    return x


def as_it_is(value: npt.ArrayLike) -> npt.NDArray[Any]:
    """Return `value` as an array of whatever dtype; rows of different lengths as an object."""
    try:
        return np.asarray(value)
    except ValueError:
        return np.asarray(None)


def classes(call: str, y: npt.ArrayLike, m: int, n: int) -> npt.NDArray[np.intp]:
    """Return `y` as the m labels of m rows of n logits."""
    labels = as_it_is(y)
    if labels.dtype.kind not in "iu":
        raise TypeError(
            f"{call}: y has dtype {labels.dtype}, but it names the class of each row: "
            f"use integers from 0 to {n - 1}"
        )
    if labels.shape != (m,):
        fix = "if y is one-hot, use y.argmax(axis=1)" if labels.ndim == 2 else "one label a row"
        raise ValueError(
            f"{call}: y has shape {labels.shape}, but logits has {m} rows, so it must be ({m},): "
            f"{fix}"
        )
    wrong = np.flatnonzero((labels < 0) | (labels >= n))
    if wrong.size:
        raise ValueError(
            f"{call}: y[{wrong[0]}] is {labels[wrong[0]]} (out of range: {wrong.size} of {m} "
            f"labels), but logits has {n} columns: number the classes from 0 to {n - 1}"
        )
    return labels.astype(np.intp, copy=False)


def generator(call: str, rng: object) -> np.random.Generator:
    """Return `rng` if it is NumPy's generator: randomness has no other way in."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"{call}: rng is of type {type(rng).__name__}, but the same seed must give the same "
            f"numbers: use np.random.default_rng(seed)"
        )
    return rng


def floats(call: str, dtype: npt.DTypeLike) -> npt.DTypeLike:
    """Return dtype if parameters can have it."""
    if np.dtype(dtype) not in (np.float32, np.float64):
        raise TypeError(
            f"{call}: dtype is {np.dtype(dtype)}, but parameters are real numbers: "
            f"use np.float32 or np.float64"
        )
    return dtype
