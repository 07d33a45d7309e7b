"""A drawing brought into the form of MNIST's digits: 20 pixels at most, its mass in the middle."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

__all__ = ["as_mnist"]

_SIDE, _BOX = 28, 20


def as_mnist(ink: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Scale and centre a drawing of a digit as those of MNIST are.

    The smallest rectangle that holds all ink is scaled, keeping its proportions, until its longer
    side has 20 pixels: each new pixel is the mean of the ink on its area. Then it is placed on
    28×28 pixels, so that its centre of mass comes as near to row and column 14 (counted from 0) as
    whole pixels allow, as in MNIST; but never over the edge.

    Parameters
    ----------
    ink : (n_H, n_W) array
        ≥ 0; 0 is paper.

    Returns
    -------
    (28, 28) array of float64
        In the units of `ink`; all 0 if there is none.

    Raises
    ------
    ValueError
        If `ink` is not a grey picture of finite numbers ≥ 0.

    Source
    ------
    Y. LeCun, C. Cortes and C. J. C. Burges, *The MNIST database of handwritten digits*: "size
    normalized to fit in a 20x20 pixel box while preserving their aspect ratio", then centred "by
    computing the center of mass of the pixels". How they interpolated is not said: means over areas
    are this book's choice.

    Examples
    --------
    >>> ink = np.zeros((100, 100))
    >>> ink[10:50, 70:74] = 1
    >>> digit = as_mnist(ink)
    >>> rows, columns = np.nonzero(digit)
    >>> rows.min().item(), rows.max().item(), columns.min().item(), columns.max().item()
    (5, 24, 14, 15)
    """
    A = np.asarray(ink)
    good = A.ndim == 2 and A.size > 0 and A.dtype.kind in "uifb"
    if not good or not np.isfinite(A).all() or A.min() < 0:
        raise ValueError(
            f"as_mnist: expected a grey picture (n_H, n_W) of finite numbers ≥ 0, 0 for paper; got "
            f"shape {A.shape} and dtype {A.dtype.name}: of a photograph of dark ink, use 255 - I"
        )
    A = A.astype(np.float64)
    digit = np.zeros((_SIDE, _SIDE))
    if not A.any():
        return digit
    rows, columns = np.flatnonzero(A.any(axis=1)), np.flatnonzero(A.any(axis=0))
    A = A[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    longest = max(A.shape)
    height, width = (max(1, math.floor(_BOX * n / longest + 0.5)) for n in A.shape)
    A = _means(A.shape[0], height) @ A @ _means(A.shape[1], width).T
    top, left = _start(A.sum(axis=1)), _start(A.sum(axis=0))
    digit[top : top + height, left : left + width] = A
    return digit


def _means(n: int, size: int) -> npt.NDArray[np.float64]:
    """Return the (size, n) matrix that turns n pixels into the means over `size` equal parts."""
    edges = np.arange(size + 1) * n / size
    first = np.maximum(edges[:-1, np.newaxis], np.arange(n))
    last = np.minimum(edges[1:, np.newaxis], np.arange(1, n + 1))
    means: npt.NDArray[np.float64] = np.maximum(0, last - first) * size / n
    return means


def _start(mass: npt.NDArray[np.float64]) -> int:
    """Return where these pixels begin, so that their mean is as near to 14 as can be, or 14.5."""
    mean = float(mass @ np.arange(len(mass)) / mass.sum())
    return min(max(math.floor(_SIDE / 2 + 0.5 + 1e-9 - mean), 0), _SIDE - len(mass))
