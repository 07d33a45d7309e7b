"""What layers ask of their arguments, beside what `cnnlib._checks` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cnnlib import _checks as check
from cnnlib._checks import Array
from cnnlib.init import Initialiser, Shape

if TYPE_CHECKING:
    from cnnlib.layers.base import Layer


def weights(
    layer: str,
    shape: Shape,
    rng: np.random.Generator,
    init: Initialiser,
    dtype: npt.DTypeLike,
) -> Array:
    """Return the first weights of a layer, after a look at what was asked for."""
    check.floats(layer, dtype)
    check.generator(layer, rng)
    W = np.array(init(shape, rng, dtype), dtype)
    if W.shape != shape:
        raise ValueError(
            f"{layer}: init returned an array of shape {W.shape}, but the weights have {shape}: "
            f"use a function f(shape, rng, dtype) like those of cnnlib.init"
        )
    return W


def misfit(layer: Layer, shape: Shape, needed: str, fix: str) -> ValueError:
    """Return the error for an input of a wrong shape (without the batch axis)."""
    return ValueError(f"{layer!r}: one example has shape {shape}, but it must be {needed}: {fix}")


def image(layer: Layer, shape: Shape, n_C: int | None = None) -> tuple[int, int, int]:
    """Return shape if it is that of an image, with n_C channels if that is given."""
    if len(shape) == 3 and n_C in (None, shape[2]):
        n_H, n_W, n_C_prev = shape
        return n_H, n_W, n_C_prev
    if len(shape) == 2:
        fix = "use X[np.newaxis] for a single image, X[..., np.newaxis] for grey ones"
    elif len(shape) != 3:
        fix = "give it images, not yet flattened"
    elif shape[0] == n_C:
        fix = "channels come last here: use X.transpose(0, 2, 3, 1)"
    else:
        fix = f"give it {n_C} channels"
    raise misfit(layer, shape, f"(n_H, n_W, {n_C or 'n_C'})", fix)
