"""Patches of an image as the rows of a matrix, a tile at a time.

A convolution is a matrix product once every window of the image is written as a row (*im2col*:
Chellapilla, Puri and Simard, "High performance convolutional neural networks for document
processing", 2006, section 3.1). Written for all windows at once, that matrix is f² times as large
as the image, and memory sets the pace. So only as many rows are made as fit in the processor's
cache; they are used, and the next ones are written over them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from cnnlib._checks import Array

TILE_BYTES = 512 * 1024  # half of a usual second-level cache: the other half is for W and Z


def tiles(A_pad: Array, f_H: int, f_W: int, s: int) -> Iterator[tuple[slice, Array]]:
    """Yield (rows, patches) until every output position has had its patch.

    Output positions are counted image by image, row by row: (i·n_H + x)·n_W + y. `patches` has one
    row of f_H·f_W·n_C_prev numbers, in the order of W's axes (i, j, k), for each of the positions
    `rows`. Use it before you ask for the next one, which overwrites it.
    """
    n_C_prev = A_pad.shape[3]
    if f_H == f_W == s == 1:  # every pixel is its own patch: nothing to copy
        yield slice(None), A_pad.reshape(-1, n_C_prev)
        return
    windows = sliding_window_view(A_pad, (f_H, f_W), axis=(1, 2))[:, ::s, ::s]
    windows = windows.transpose(0, 1, 2, 4, 5, 3)  # (m, n_H, n_W, f_H, f_W, n_C_prev)
    m, n_H, n_W = windows.shape[:3]

    per_tile = max(1, TILE_BYTES // (f_H * f_W * n_C_prev * A_pad.itemsize))
    images = min(m, max(1, per_tile // (n_H * n_W)))  # whole images if they fit,
    rows = min(n_H, max(1, per_tile // n_W))  # else whole rows of one image,
    columns = min(n_W, per_tile)  # else a piece of one row
    buffer = np.empty(images * rows * columns * f_H * f_W * n_C_prev, A_pad.dtype)
    # NumPy pays for each run of neighbours that it copies. In a patch a run has f_W·n_C_prev
    # numbers; along a row of the image it has n_W, which is more when the channels are few.
    planar = n_C_prev == 1 or (n_C_prev <= 4 and s == 1)

    start = 0
    for i, x, y in product(range(0, m, images), range(0, n_H, rows), range(0, n_W, columns)):
        block = windows[i : i + images, x : x + rows, y : y + columns]
        patches = _copy_planar(block, buffer) if planar else _copy(block, buffer)
        stop = start + len(patches)
        yield slice(start, stop), patches
        start = stop


def _copy(block: Array, buffer: Array) -> Array:
    """Copy a block of windows into the buffer, patch after patch: (positions, taps)."""
    copy = buffer[: block.size].reshape(block.shape)
    copy[...] = block
    return copy.reshape(-1, np.prod(block.shape[3:], dtype=int))


def _copy_planar(block: Array, buffer: Array) -> Array:
    """Copy a block of windows into the buffer, tap after tap, and return it transposed."""
    taps_first = block.transpose(3, 4, 5, 0, 1, 2)
    return _copy(taps_first, buffer).T
