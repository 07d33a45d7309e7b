"""Pooling: each window of each channel becomes one number, its maximum or its average.

Windows are f × f; they may overlap (s < f) or leave gaps (s > f), and the last rows and columns
that no whole step reaches are not used. There is nothing to learn. How this is made quick is in
`_pooling`.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from cnnlib import _checks as check
from cnnlib._checks import Array
from cnnlib.functional._pooling import (
    Winners,
    bands,
    combine,
    find,
    route_apart,
    route_overlapping,
    spread,
)

__all__ = [
    "avg_pool2d",
    "avg_pool2d_backward",
    "max_pool2d",
    "max_pool2d_backward",
    "max_pool2d_with_winners",
]

Shape: TypeAlias = tuple[int, int, int, int]


def max_pool2d(
    A: npt.ArrayLike, kernel_size: int, stride: int | None = None, padding: int = 0
) -> Array:
    """Take the largest number of each window, channel by channel.

    The equation, with Ã the image padded with −∞::

        Z[x, y, k] = max_{i,j} Ã[(x−1)s + i, (y−1)s + j, k]        i, j = 1..f

    Parameters
    ----------
    A : array (m, n_H_prev, n_W_prev, n_C)
        The images.
    kernel_size : int ≥ 1
        f.
    stride : int ≥ 1, optional
        s; f if not given, so that the windows lie side by side.
    padding : int ≥ 0
        p < f, for a window that lies in the padding alone would have no maximum.

    Returns
    -------
    array (m, n_H, n_W, n_C)
        Z, with n_H = ⌊(n_H_prev + 2p − f)/s⌋ + 1 and n_W likewise.

    Raises
    ------
    TypeError
        f, s or p is not an integer, or A is not of real numbers.
    ValueError
        f < 1, s < 1, p < 0 or p ≥ f; the window does not fit; A is empty or of the wrong shape; a
        window has a NaN or the maximum ±∞. (A single −∞ cannot spread: beside a number it loses.)

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, 2016, section 9.3; the size of Z: Dumoulin
    and Visin, arXiv 1603.07285, chapter 3.

    Examples
    --------
    >>> A = np.array([[1, 3, 2, 0], [4, 2, 1, 5]]).reshape(1, 2, 4, 1)
    >>> max_pool2d(A, 2)[0, :, :, 0]
    array([[4., 5.]])
    >>> max_pool2d(A, 2, stride=1)[0, :, :, 0]
    array([[4., 3., 5.]])
    """
    A, f, s, p, shape = _arguments("max_pool2d", A, kernel_size, stride, padding)
    Z = np.empty(shape, A.dtype)
    for band in bands(A, shape, f, s, p):
        combine(np.maximum, -np.inf, A, band, Z)
    _finite("max_pool2d", A, Z)
    return Z


def max_pool2d_with_winners(
    A: npt.ArrayLike, kernel_size: int, stride: int | None = None, padding: int = 0
) -> tuple[Array, Winners]:
    """Take the largest number of each window, and say which tap of the window it is.

    The equation, beside that of `max_pool2d`, with both the tap (i, j) and the number of it
    counted from 0, row by row::

        winner[x, y, k] = the least i·f + j with Ã[xs + i, ys + j, k] = Z[x, y, k]

    So where several pixels tie, the first one wins. It is what `max_pool2d_backward` needs.

    Parameters
    ----------
    A, kernel_size, stride, padding
        As in `max_pool2d`.

    Returns
    -------
    Z : array (m, n_H, n_W, n_C)
        What `max_pool2d` returns.
    winners : array of unsigned integers (m, n_H, n_W, n_C)
        Each from 0 to f² − 1; one byte each up to f = 16.

    Raises
    ------
    TypeError, ValueError
        As `max_pool2d`.

    References
    ----------
    Zeiler and Fergus, *Visualizing and understanding convolutional networks*, arXiv 1311.2901,
    section 2.1, where the winners are called switches.

    Examples
    --------
    >>> A = np.array([[1, 3, 2, 0], [4, 2, 1, 5]]).reshape(1, 2, 4, 1)
    >>> Z, winners = max_pool2d_with_winners(A, 2)
    >>> winners[0, :, :, 0]
    array([[2, 3]], dtype=uint8)
    """
    call = "max_pool2d_with_winners"
    A, f, s, p, shape = _arguments(call, A, kernel_size, stride, padding)
    return _max_and_winners(call, A, f, s, p, shape)


def max_pool2d_backward(
    dZ: npt.ArrayLike,
    A: npt.ArrayLike,
    kernel_size: int,
    stride: int | None = None,
    padding: int = 0,
    *,
    winners: npt.ArrayLike | None = None,
) -> Array:
    """Give each pixel the gradients of the windows whose maximum it was.

    The equation, where dX stands for ∂J/∂X::

        dA[u, v, k] = Σ dZ[x, y, k]    over the x, y whose window has its winner at (u, v)

    Where pixels tie for the maximum it has no derivative; the first one, row by row, is then the
    winner and gets the whole gradient, as in PyTorch.

    Parameters
    ----------
    dZ : array (m, n_H, n_W, n_C)
        The gradient at the output.
    A, kernel_size, stride, padding
        What `max_pool2d` was called with.
    winners : array of integers (m, n_H, n_W, n_C), optional
        What `max_pool2d_with_winners` returned for these arguments, which saves finding it again.

    Returns
    -------
    array (m, n_H_prev, n_W_prev, n_C)
        dA.

    Raises
    ------
    TypeError, ValueError
        As `max_pool2d`; dZ is not finite or not of the shape of the output; `winners` is not of
        that shape or not of integers from 0 to f² − 1.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, 2016, section 9.3; the first winner:
    PyTorch's `max_pool2d`.

    Examples
    --------
    >>> A = np.array([[1, 3, 2, 0], [4, 2, 1, 5]]).reshape(1, 2, 4, 1)
    >>> dZ = np.array([[10, 20]]).reshape(1, 1, 2, 1)
    >>> max_pool2d_backward(dZ, A, 2)[0, :, :, 0]
    array([[ 0.,  0.,  0.,  0.],
           [10.,  0.,  0., 20.]])
    """
    call = "max_pool2d_backward"
    A, f, s, p, shape = _arguments(call, A, kernel_size, stride, padding)
    dZ = _gradient(call, dZ, A, shape)
    if winners is None:
        _, winners = _max_and_winners(call, A, f, s, p, shape)
    else:
        winners = _winners(call, winners, A, f, s, p, shape)
    route = route_overlapping if s < f else route_apart
    return route(dZ, winners, A, f, s, p)


def avg_pool2d(
    A: npt.ArrayLike,
    kernel_size: int,
    stride: int | None = None,
    padding: int = 0,
    *,
    count_padding: bool = True,
) -> Array:
    """Take the average of each window, channel by channel.

    The equation, with Ã the image padded with zeros::

        Z[x, y, k] = 1/c[x, y] · Σ_{i,j} Ã[(x−1)s + i, (y−1)s + j, k]        i, j = 1..f

    where c = f², or, if the padding does not count, the number of pixels in the window.

    Parameters
    ----------
    A : array (m, n_H_prev, n_W_prev, n_C)
        The images.
    kernel_size : int ≥ 1
        f.
    stride : int ≥ 1, optional
        s; f if not given, so that the windows lie side by side.
    padding : int ≥ 0
        p < f, for a window that lies in the padding alone would be an average of no pixel.
    count_padding : bool
        Whether the zeros of the padding are averaged too (True, as in PyTorch), which darkens the
        border, or only the pixels (False).

    Returns
    -------
    array (m, n_H, n_W, n_C)
        Z, with n_H = ⌊(n_H_prev + 2p − f)/s⌋ + 1 and n_W likewise.

    Raises
    ------
    TypeError
        f, s or p is not an integer, count_padding is no bool, or A is not of real numbers.
    ValueError
        f < 1, s < 1, p < 0 or p ≥ f; the window does not fit; A is empty or of the wrong shape; a
        window has a NaN or ±∞.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner, *Gradient-based learning applied to document recognition*,
    1998, section II.B; the size of Z: Dumoulin and Visin, arXiv 1603.07285, chapter 3.

    Examples
    --------
    >>> A = np.array([[1, 3, 2, 0], [4, 2, 1, 5]]).reshape(1, 2, 4, 1)
    >>> avg_pool2d(A, 2)[0, :, :, 0]
    array([[2.5, 2. ]])
    >>> avg_pool2d(A, 2, padding=1, count_padding=False)[0, :, :, 0]
    array([[1. , 2.5, 0. ],
           [4. , 1.5, 5. ]])
    """
    A, f, s, p, shape = _arguments("avg_pool2d", A, kernel_size, stride, padding)
    c = _counts("avg_pool2d", A, f, s, p, shape, count_padding)
    Z = np.empty(shape, A.dtype)
    with np.errstate(invalid="ignore"):  # ∞ − ∞ has its own error below
        for band in bands(A, shape, f, s, p):
            combine(np.add, 0.0, A, band, Z)
    _finite("avg_pool2d", A, Z)
    Z /= c
    return Z


def avg_pool2d_backward(
    dZ: npt.ArrayLike,
    A: npt.ArrayLike,
    kernel_size: int,
    stride: int | None = None,
    padding: int = 0,
    *,
    count_padding: bool = True,
) -> Array:
    """Give each pixel its share of the gradients of all windows that it is in.

    The equation, where dX stands for ∂J/∂X and c is that of `avg_pool2d`::

        dA[u, v, k] = Σ dZ[x, y, k] / c[x, y]    over the x, y whose window contains (u, v)

    Parameters
    ----------
    dZ : array (m, n_H, n_W, n_C)
        The gradient at the output.
    A, kernel_size, stride, padding, count_padding
        What `avg_pool2d` was called with. Only the shape and the dtype of A matter.

    Returns
    -------
    array (m, n_H_prev, n_W_prev, n_C)
        dA.

    Raises
    ------
    TypeError, ValueError
        As `avg_pool2d`; dZ is not finite or not of the shape of the output.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner, 1998, section II.B: a sum with equal weights, and each term
    gets the gradient of the sum times its weight.

    Examples
    --------
    >>> A, dZ = np.zeros((1, 2, 4, 1)), np.array([[4, 8]]).reshape(1, 1, 2, 1)
    >>> avg_pool2d_backward(dZ, A, 2)[0, :, :, 0]
    array([[1., 1., 2., 2.],
           [1., 1., 2., 2.]])
    """
    call = "avg_pool2d_backward"
    A, f, s, p, shape = _arguments(call, A, kernel_size, stride, padding)
    dZ = _gradient(call, dZ, A, shape)
    return spread(dZ / _counts(call, A, f, s, p, shape, count_padding), A, f, s, p)


def _arguments(
    call: str, A: npt.ArrayLike, kernel_size: int, stride: int | None, padding: int
) -> tuple[Array, int, int, int, Shape]:
    """Check what all have in common, and give it its letters; the shape is that of Z."""
    A = check.numbers(call, "A", A, "m n_H_prev n_W_prev n_C")
    f = check.integer(call, "kernel_size", kernel_size, 1)
    s = f if stride is None else check.integer(call, "stride", stride, 1)
    p = check.integer(call, "padding", padding, 0)
    if p >= f:
        raise ValueError(
            f"{call}: padding is {p}, but a window of size {f} in the corner would then have no "
            f"pixel, and there is nothing to pool: use padding ≤ {f - 1} or a larger kernel_size"
        )
    m, n_H_prev, n_W_prev, n_C = A.shape
    check.fit2d(call, (n_H_prev, n_W_prev), (f, f), p)
    n_H, n_W = (n_H_prev + 2 * p - f) // s + 1, (n_W_prev + 2 * p - f) // s + 1
    return A, f, s, p, (m, n_H, n_W, n_C)


def _gradient(call: str, dZ: npt.ArrayLike, A: Array, shape: Shape) -> Array:
    """Check dZ, and give it the dtype that holds both dZ and A."""
    letters = "m n_H n_W n_C"
    dZ = check.array(call, "dZ", dZ, letters, **dict(zip(letters.split(), shape, strict=True)))
    return dZ.astype(np.result_type(dZ, A), copy=False)


def _winners(
    call: str, winners: npt.ArrayLike, A: Array, f: int, s: int, p: int, shape: Shape
) -> Winners:
    """Check winners that come from outside."""
    w = check.as_it_is(winners)
    if w.dtype.kind not in "iu":
        raise TypeError(
            f"{call}: winners has dtype {w.dtype}, but it numbers the taps of a window: "
            f"use what max_pool2d_with_winners returned"
        )
    if w.shape != shape or w.min() < 0 or w.max() >= f * f:
        found = f"shape {w.shape}" + (f" and values {w.min()} to {w.max()}" if w.size else "")
        raise ValueError(
            f"{call}: winners has {found}, but the output has shape {shape} and a window "
            f"has taps 0 to {f * f - 1}: use what max_pool2d_with_winners returned for the same A, "
            f"kernel_size, stride and padding"
        )
    for axis, tap in ((1, np.floor_divide), (2, np.remainder)):
        n_prev = A.shape[axis]
        for x in range(shape[axis]):
            first = x * s - p
            if 0 <= first <= n_prev - f:  # the window lies in the image
                continue
            k = tap(w.take(x, axis), f)
            if k.min() < -first or k.max() >= n_prev - first:
                raise ValueError(
                    f"{call}: winners has a tap in the padding, which never wins: use what "
                    f"max_pool2d_with_winners returned for the same A, kernel_size, stride and "
                    f"padding"
                )
    return w


def _max_and_winners(
    call: str, A: Array, f: int, s: int, p: int, shape: Shape
) -> tuple[Array, Winners]:
    """Z and winners of max_pool2d_with_winners, of arguments that are known to be good."""
    Z = np.empty(shape, A.dtype)
    winners = np.empty(shape, np.min_scalar_type(f * f - 1))
    for band in bands(A, shape, f, s, p):
        combine(np.maximum, -np.inf, A, band, Z)
        find(A, Z, band, winners)
    _finite(call, A, Z)
    return Z, winners


def _finite(call: str, A: Array, Z: Array) -> None:
    """Raise if a NaN or ±∞ of A came through to Z, which is the smaller one to look at."""
    if not math.isfinite(np.vdot(Z, Z)):  # as in check.finite
        check.finite(call, "A", A)


def _counts(
    call: str, A: Array, f: int, s: int, p: int, shape: Shape, count_padding: bool
) -> Array | int:
    """c of avg_pool2d: a number, or an array (n_H, n_W, 1)."""
    if not isinstance(count_padding, bool | np.bool):
        raise TypeError(
            f"{call}: count_padding is {count_padding!r}, but it is a question: use True or False"
        )
    if count_padding or p == 0:
        return f * f

    def pixels(n_prev: int, n: int) -> Array:
        first = np.arange(n) * s - p
        return np.minimum(first + f, n_prev) - np.maximum(first, 0)

    c = np.outer(pixels(A.shape[1], shape[1]), pixels(A.shape[2], shape[2]))
    return c[:, :, np.newaxis].astype(A.dtype)
