"""Patches of an image as the rows of a matrix, a tile at a time.

A convolution is a matrix product once every window of the image is written as a row (*im2col*:
Chellapilla, Puri and Simard, "High performance convolutional neural networks for document
processing", 2006, section 3.1). Written for all windows at once that matrix is f² times as large as
the image, and fetching it from memory takes longer than multiplying it. So only as many rows are
made as fit in the processor's cache; they are used, and the next ones are written over them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from cnnlib._checks import Array

TILE_BYTES = 512 * 1024  # half of a usual second-level cache; W and the results share the rest


def tiles(A_pad: Array, f_H: int, f_W: int, s: int) -> Iterator[tuple[slice, Array]]:
    """Yield (rows, patches) until every output position has had its patch.

    Output positions are counted image by image and row by row: (image·n_H + x)·n_W + y. `patches`
    has one row of f_H·f_W·n_C_prev numbers, in the order of W's axes (i, j, k), for each of the
    positions in the slice `rows`. Use it before you ask for the next: that overwrites it.
    """
    n_C_prev = A_pad.shape[3]
    if f_H == f_W == s == 1:  # each pixel is its own patch, and there is nothing to copy
        yield slice(None), A_pad.reshape(-1, n_C_prev)
        return
    windows = sliding_window_view(A_pad, (f_H, f_W), axis=(1, 2))[:, ::s, ::s]
    windows = windows.transpose(0, 1, 2, 4, 5, 3)  # (m, n_H, n_W, f_H, f_W, n_C_prev)
    m, n_H, n_W = windows.shape[:3]
    taps = f_H * f_W * n_C_prev

    per_tile = max(1, TILE_BYTES // (taps * A_pad.itemsize))
    images = min(m, max(1, per_tile // (n_H * n_W)))  # whole images if they fit,
    rows = min(n_H, max(1, per_tile // n_W))  # else whole rows of one image,
    columns = min(n_W, per_tile)  # else a piece of one row
    buffer = np.empty(images * rows * columns * taps, A_pad.dtype)
    # NumPy pays for every run of neighbours that it copies. A run is f_W·n_C_prev numbers long
    # within a patch and n_W numbers long from patch to patch: with few channels, the longer one.
    copy = _copy_tap_by_tap if n_C_prev == 1 or (n_C_prev <= 4 and s == 1) else _copy_patches

    start = 0
    for image, x, y in product(range(0, m, images), range(0, n_H, rows), range(0, n_W, columns)):
        block = windows[image : image + images, x : x + rows, y : y + columns]
        stop = start + prod(block.shape[:3])
        yield slice(start, stop), copy(block, buffer)
        start = stop


def _copy_patches(block: Array, buffer: Array) -> Array:
    """Write a block of windows into the buffer patch after patch: (positions, taps)."""
    patches = buffer[: block.size].reshape(block.shape)
    patches[...] = block
    return patches.reshape(prod(block.shape[:3]), -1)


def _copy_tap_by_tap(block: Array, buffer: Array) -> Array:
    """Write it as (taps, positions) and return the transpose, which the product reads as well."""
    return _copy_patches(block.transpose(3, 4, 5, 0, 1, 2), buffer).T


def cut(A: Array, top: int, left: int, n_H: int, n_W: int, value: float = 0.0) -> Array:
    """Cut n_H rows and n_W columns out of an A that goes on with `value` on all four sides.

    The cut begins at row `top` and column `left`, which may be negative: that is padding.
    """
    inside = A[..., max(top, 0) : max(top + n_H, 0), max(left, 0) : max(left + n_W, 0), :]
    shape = (*A.shape[:-3], n_H, n_W, A.shape[-1])
    piece = np.zeros(shape, A.dtype) if value == 0.0 else np.full(shape, value, A.dtype)
    x, y = max(-top, 0), max(-left, 0)
    piece[..., x : x + inside.shape[-3], y : y + inside.shape[-2], :] = inside
    return piece
