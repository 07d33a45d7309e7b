"""What the public functions ask of their arguments, in one place.

Every check raises one error that says what was wrong, what was received, why, and the fix. The
first argument of each is the name of the public function, so that the message names the call that
the reader wrote. Nothing here computes; nothing behind these checks checks again.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def integer(call: str, name: str, value: object, minimum: int) -> int:
    """Return `value` as an int if it is an integer ≥ minimum; True and 1.0 are not integers."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(
            f"{call}: {name} is {value!r} of type {type(value).__name__}, "
            f"but it counts pixels: use an integer ≥ {minimum}"
        )
    if value < minimum:
        raise ValueError(f"{call}: {name} is {value}: use an integer ≥ {minimum}")
    return int(value)


def array(call: str, name: str, value: npt.ArrayLike, axes: str | tuple[str, ...]) -> Array:
    """Return `value` as a float array, C-contiguous, with one of the given lists of axes.

    float32 and float64 stay what they are. Integers (an 8-bit image, say) become float64, before
    anything is added, so that nothing overflows; float16 becomes float32.
    """
    x = _numbers(call, name, value)
    options = (axes,) if isinstance(axes, str) else axes
    if x.ndim not in {len(option.split()) for option in options}:
        expected = " or ".join("(" + ", ".join(option.split()) + ")" for option in options)
        raise ValueError(
            f"{call}: {name} has {x.ndim} axes, shape {x.shape}, "
            f"but it must be {expected}: reshape it or add the missing axes"
        )
    if x.size == 0:
        raise ValueError(
            f"{call}: {name} is empty, shape {x.shape}: every axis needs a length of at least 1"
        )
    return np.ascontiguousarray(x)


def _numbers(call: str, name: str, value: npt.ArrayLike) -> Array:
    """Return `value` as an array of float32 or float64."""
    try:
        x = np.asarray(value)
    except ValueError as error:
        raise ValueError(
            f"{call}: {name} cannot be made an array ({error}): give rows of equal length"
        ) from None
    if x.dtype.kind in "iu":
        return x.astype(np.float64)
    if x.dtype == np.float16:
        return x.astype(np.float32)
    if x.dtype not in (np.float32, np.float64):
        raise TypeError(
            f"{call}: {name} has dtype {x.dtype}, "
            f"but only real numbers can be computed with: use {name}.astype(np.float64)"
        )
    return x


def finite(call: str, name: str, x: Array) -> None:
    """Raise if NaN or ±inf is in `x`: one of them would spread to every window that touches it."""
    flat = x.reshape(-1)
    # One dot product costs a tenth of np.isfinite(x).all(). It is finite only if every entry is;
    # that a huge finite entry overflows when squared is why the exact test has the last word.
    if math.isfinite(np.dot(flat, flat)) or np.isfinite(flat).all():
        return
    bad = np.argwhere(~np.isfinite(x))
    first = tuple(int(i) for i in bad[0])
    raise ValueError(
        f"{call}: {name} has {len(bad)} entries that are not finite, the first {x[first]} at index "
        f"{first}: they would spread to every output that sees them; "
        f"replace them (np.nan_to_num) or find where they come from"
    )


def fits(call: str, n: tuple[int, ...], f: tuple[int, ...], p: int) -> None:
    """Raise if a kernel f has no position in an image n with padding p."""
    room = [n_ + 2 * p - f_ for n_, f_ in zip(n, f, strict=True)]
    if min(room) < 0:
        kernel, image = ("×".join(map(str, sizes)) for sizes in (f, n))
        raise ValueError(
            f"{call}: a {kernel} kernel does not fit a {image} image with padding {p} "
            f"(n + 2p − f = −{-min(room)}): "
            f"use padding ≥ {p + (1 - min(room)) // 2} or a smaller kernel"
        )
