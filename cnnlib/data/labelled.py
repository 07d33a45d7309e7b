"""Images with their labels: the pair that every loader returns, and how the shipped ones are read.

The files are `.npz` as NumPy writes them, but packed with bzip2, which zipfile and so `np.load`
unpack by themselves: a tenth smaller than NumPy's own packing, and the same bytes on every machine.
"""

from __future__ import annotations

import functools
from importlib import resources
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["Labelled", "bundled", "labelled"]


class Labelled(NamedTuple):
    """Images and their classes, in the same order: ``X, y = digits()``.

    Attributes
    ----------
    X : (m, n_H, n_W, n_C) array
        The images, channels last.
    y : (m,) array of int
        The class of each image, counted from 0.
    """

    X: npt.NDArray[Any]
    y: npt.NDArray[Any]

    def __repr__(self) -> str:
        """Return shapes and dtypes; 7,840,000 pixels would tell less."""
        X, y = self
        return f"Labelled(X: {X.shape} {X.dtype}, y: {y.shape} {y.dtype})"


def labelled(images: npt.NDArray[np.uint8], classes: npt.NDArray[np.uint8]) -> Labelled:
    """Return grey images (m, n_H, n_W) with a channel axis, and intp classes; both read-only.

    Labels are stored as bytes, but a byte overflows as soon as one computes an index with it. NumPy
    counts and indexes with intp: int64, or int32 in the browser.
    """
    X, y = images[..., np.newaxis], classes.astype(np.intp)
    for array in (X, y):
        array.setflags(write=False)
    return Labelled(X, y)


@functools.cache
def bundled(name: str) -> dict[str, npt.NDArray[np.uint8]]:
    """Return the arrays of a shipped file. It is read once; the arrays are read-only."""
    with (resources.files(__package__) / name).open("rb") as file, np.load(file) as npz:
        arrays = {key: npz[key] for key in npz.files}
    for array in arrays.values():
        array.setflags(write=False)
    return arrays
