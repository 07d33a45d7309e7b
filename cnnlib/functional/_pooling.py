"""How pooling is computed quickly: one tap of all windows at a time, a band of rows at a time.

Along one axis, tap k of window x is the pixel xs + k − p. So tap k of *all* windows is a slice of
the image with step s, and a loop over the f taps does for every window at once what the definition
does for each. A tap in the padding is no pixel: it is left out. What is written and at once read
again is kept as small as the processor's cache, by going through the images in bands.

`pooling` has the equations and checks the arguments; here they are known to be good.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from cnnlib._checks import Array

Winners: TypeAlias = npt.NDArray[np.unsignedinteger[Any]]

BAND_BYTES = 1024 * 1024  # small enough for a cache, large enough not to wait for Python


class Tap(NamedTuple):
    """One tap along one axis: windows[i] sees pixels[i]."""

    windows: slice
    pixels: slice


class Band(NamedTuple):
    """Some rows of windows of some images, and the taps of these windows."""

    images: slice
    windows: slice
    rows: list[Tap]  # their windows are counted from the first of the band
    columns: list[Tap]


def bands(A: Array, shape: tuple[int, ...], f: int, s: int, p: int) -> Iterator[Band]:
    """Cut the windows of A, which make an output of that shape, into bands."""
    n_H_prev, n_W_prev = A.shape[1:3]
    m, n_H, n_W, _ = shape
    per_band = max(1, BAND_BYTES // A[0, 0].nbytes)  # rows
    images, rows = max(1, per_band // n_H), min(n_H, per_band)  # several images, or a part of one
    columns = _taps(n_W_prev, f, s, p, 0, n_W)
    for image, x in product(range(0, m, images), range(0, n_H, rows)):
        last = min(x + rows, n_H)
        taps = _taps(n_H_prev, f, s, p, x, last)
        yield Band(slice(image, image + images), slice(x, last), taps, columns)


def _taps(n_prev: int, f: int, s: int, p: int, first: int, last: int) -> list[Tap]:
    """Find the pixels under each tap of the windows first ≤ x < last on an axis of n_prev pixels.

    A tap has only those windows (counted from `first`) for which it lies in the image.
    """
    taps = []
    for k in range(f):
        low = max(first, -((k - p) // s))  # the least x with xs + k − p ≥ 0
        high = max(low, min(last, (n_prev - 1 + p - k) // s + 1))
        pixel = low * s + k - p
        pixels = slice(pixel, pixel + (high - low) * s, s)
        taps.append(Tap(slice(low - first, high - first), pixels))
    return taps


def combine(ufunc: np.ufunc, nothing: float, A: Array, band: Band, Z: Array) -> None:
    """Write into a band of Z the sum or the maximum of each window: down its columns, then across.

    `nothing` is that of no pixel at all: 0 for a sum, −∞ for a maximum.
    """
    Z_band = Z[band.images, band.windows]
    row = np.empty((*Z_band.shape[:2], *A.shape[2:]), A.dtype)
    _combine_axis(ufunc, nothing, A[band.images], 1, band.rows, row)
    _combine_axis(ufunc, nothing, row, 2, band.columns, Z_band)


def _combine_axis(
    ufunc: np.ufunc, nothing: float, X: Array, axis: int, taps: list[Tap], out: Array
) -> None:
    """Combine the taps along one axis of X."""
    before = (slice(None),) * axis
    whole = [tap for tap in taps if tap.windows == slice(0, out.shape[axis])]
    if len(whole) > 1:  # two taps that all windows have save filling `out`
        ufunc(X[*before, whole[0].pixels], X[*before, whole[1].pixels], out=out)
        taps = [tap for tap in taps if tap not in whole[:2]]
    else:
        out.fill(nothing)
    for windows, pixels in taps:
        part = out[*before, windows]
        ufunc(part, X[*before, pixels], out=part)


def find(A: Array, Z: Array, band: Band, winners: Winners) -> None:
    """Count into a band of `winners` the taps before the first that equals the maximum Z."""
    Z_band, count = Z[band.images, band.windows], winners[band.images, band.windows]
    seeking = np.ones(Z_band.shape, bool)
    count.fill(0)
    *taps, _ = product(band.rows, band.columns)  # who has not won before the last tap wins there
    for (x, u), (y, v) in taps:
        seeking[:, x, y] &= A[band.images, u, v] != Z_band[:, x, y]
        count += seeking.view(np.uint8)  # True is 1


def route_apart(dZ: Array, winners: Winners, A: Array, f: int, s: int, p: int) -> Array:
    """Return dA where no two windows share a pixel, s ≥ f: each tap of all windows is written."""
    n_H, n_W = dZ.shape[1:3]
    every_pixel = s == f and p == 0 and A.shape[1:3] == (n_H * f, n_W * f)
    dA = (np.empty if every_pixel else np.zeros)(A.shape, dZ.dtype)
    for band in bands(A, dZ.shape, f, s, p):
        dZ_band, winner = dZ[band.images, band.windows], winners[band.images, band.windows]
        for k, ((x, u), (y, v)) in enumerate(product(band.rows, band.columns)):
            won = winner[:, x, y] == k
            np.multiply(dZ_band[:, x, y], won, out=dA[band.images, u, v])
    return dA


def route_overlapping(dZ: Array, winners: Winners, A: Array, f: int, s: int, p: int) -> Array:
    """Return dA where several windows may have the same winner, whose gradients are added."""
    _, n_H, n_W, n_C = dZ.shape
    n_W_prev = A.shape[2]
    dA = np.zeros(A.shape, dZ.dtype)
    x, y, k = np.ogrid[:n_H, :n_W, :n_C]
    i, j = np.divmod(np.arange(f * f), f)
    corner = ((x * s - p) * n_W_prev + (y * s - p)) * n_C + k  # flat index in one image
    step = (i * n_W_prev + j) * n_C  # from there to each tap
    for dA_image, dZ_image, winner in zip(dA, dZ, winners, strict=True):
        index = step.take(winner)
        index += corner
        np.add.at(dA_image.reshape(-1), index.reshape(-1), dZ_image.reshape(-1))
    return dA


def spread(dZ: Array, A: Array, f: int, s: int, p: int) -> Array:
    """Return dA where each pixel gets the dZ of every window that it is in: `combine` reversed."""
    dA = np.zeros(A.shape, dZ.dtype)
    if s >= f:  # that is one at most
        columns = _taps(A.shape[2], f, s, p, 0, dZ.shape[2])
        for (x, u), (y, v) in product(_taps(A.shape[1], f, s, p, 0, dZ.shape[1]), columns):
            _pixels(dA)[:, u, v] = _pixels(dZ)[:, x, y]
        return dA
    for band in bands(A, dZ.shape, f, s, p):
        dZ_band = dZ[band.images, band.windows]
        row = np.zeros((*dZ_band.shape[:2], *A.shape[2:]), dZ.dtype)
        for y, v in band.columns:
            row[:, :, v] += dZ_band[:, :, y]
        for x, u in band.rows:
            dA[band.images, u] += row[:, x]
    return dA


def _pixels(A: Array) -> npt.NDArray[np.void]:
    """Look at all channels of a pixel as one item, which is copied in one go."""
    return A.view(np.dtype((np.void, A.shape[-1] * A.itemsize)))[..., 0]
