"""How a convolution is computed quickly: one matrix product after another, on patches of the image.

A convolution is a matrix product once every window of the image is written as a row (*im2col*:
Chellapilla, Puri and Simard, "High performance convolutional neural networks for document
processing", 2006). Written for all windows at once that matrix is f² times as large as
the image, and fetching it from memory takes longer than multiplying it. So only as many rows are
made as fit in the processor's cache; they are used, and the next ones are written over them.

`functional` has the equations and checks the arguments; here they are known to be good.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from cnnlib._checks import Array

TILE_BYTES = 512 * 1024  # what a core's second-level cache holds: twice or half costs little


def correlate(A_pad: Array, W: Array, s: int) -> Array:
    """Z of conv2d before the bias: the patches as rows times the filters as columns."""
    f_H, f_W, _, n_C = W.shape
    m, n_H_pad, n_W_pad, _ = A_pad.shape
    n_H, n_W = (n_H_pad - f_H) // s + 1, (n_W_pad - f_W) // s + 1
    Z = np.empty((m * n_H * n_W, n_C), W.dtype)
    filters = W.reshape(-1, n_C)
    for rows, patches in tiles(A_pad, f_H, f_W, s):
        np.matmul(patches, filters, out=Z[rows])
    return Z.reshape(m, n_H, n_W, n_C)


def parameter_gradients(dZ: Array, A_pad: Array, f_H: int, f_W: int, s: int) -> tuple[Array, Array]:
    """dW, the same patches as columns times the gradients of their outputs as rows; and db."""
    n_C_prev, n_C = A_pad.shape[3], dZ.shape[3]
    dZ = dZ.reshape(-1, n_C)
    dW = np.zeros((f_H * f_W * n_C_prev, n_C), dZ.dtype)
    for rows, patches in tiles(A_pad, f_H, f_W, s):
        dW += patches.T @ dZ[rows]
    db = np.ones(len(dZ), dZ.dtype) @ dZ  # several times quicker than dZ.sum(axis=0)
    return dW.reshape(f_H, f_W, n_C_prev, n_C), db


def input_gradient(dZ: Array, W: Array, n_H: int, n_W: int, s: int, p: int) -> Array:
    """dA: convolutions of dZ with the filters flipped, one for each remainder of a pixel by s.

    Along one axis, pixel u = t·s + i of Ã (0 ≤ i < s) is under tap i in window t, under tap i + s
    in window t − 1, under tap i + 2s in window t − 2, and so on:

        dÃ[t·s + i] = Σ_r dZ[t − r] · W[i + r·s]

    The pixels with the same i thus see every s-th tap, at stride 1; and because t − r falls as r
    rises, the taps are flipped. (Shi et al., "Is the deconvolution layer the same as a
    convolutional layer?", arXiv 1609.07009, on the same split of a transposed convolution.)
    """

    def every_sth(x: int, y: int) -> Array | float:
        """Gradient of the pixels (x, y), (x + s, y), (x, y + s), … of A."""
        (t_H, i), (t_W, j) = divmod(x + p, s), divmod(y + p, s)
        taps = W[i::s, j::s]
        r_H, r_W = taps.shape[:2]
        if r_H == 0 or r_W == 0:  # s > f: no window reaches these pixels
            return 0.0
        rows, columns = len(range(x, n_H, s)) + r_H - 1, len(range(y, n_W, s)) + r_W - 1
        windows = cut(dZ, t_H - r_H + 1, t_W - r_W + 1, rows, columns)
        return correlate(windows, taps[::-1, ::-1].swapaxes(2, 3), 1)

    if s == 1:
        return np.asarray(every_sth(0, 0))
    dA = np.empty((len(dZ), n_H, n_W, W.shape[2]), dZ.dtype)
    for x, y in product(range(min(s, n_H)), range(min(s, n_W))):
        dA[:, x::s, y::s] = every_sth(x, y)
    return dA


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
    copy = copy_tap_by_tap if n_C_prev == 1 or (n_C_prev <= 4 and s == 1) else copy_patches

    start = 0
    for image, x, y in product(range(0, m, images), range(0, n_H, rows), range(0, n_W, columns)):
        block = windows[image : image + images, x : x + rows, y : y + columns]
        stop = start + prod(block.shape[:3])
        yield slice(start, stop), copy(block, buffer)
        start = stop


def copy_patches(block: Array, buffer: Array) -> Array:
    """Write a block of windows into the buffer patch after patch: (positions, taps)."""
    patches = buffer[: block.size].reshape(block.shape)
    patches[...] = block
    return patches.reshape(prod(block.shape[:3]), -1)


def copy_tap_by_tap(block: Array, buffer: Array) -> Array:
    """Write it as (taps, positions) and return the transpose: a product can read either."""
    return copy_patches(block.transpose(3, 4, 5, 0, 1, 2), buffer).T


def cut(A: Array, top: int, left: int, n_H: int, n_W: int, value: float = 0.0) -> Array:
    """Cut n_H rows and n_W columns out of an A that goes on with `value` on all four sides.

    The cut begins at row `top` and column `left`; where those are negative, it pads. If it takes
    exactly A, no copy is made.
    """
    if (top, left, n_H, n_W) == (0, 0, *A.shape[-3:-1]):
        return A
    inside = A[..., max(top, 0) : max(top + n_H, 0), max(left, 0) : max(left + n_W, 0), :]
    shape = (*A.shape[:-3], n_H, n_W, A.shape[-1])
    piece = np.zeros(shape, A.dtype) if value == 0.0 else np.full(shape, value, A.dtype)
    x, y = max(-top, 0), max(-left, 0)
    piece[..., x : x + inside.shape[-3], y : y + inside.shape[-2], :] = inside
    return piece


def pad(A: Array, p: int, value: float = 0.0) -> Array:
    """Return Ã; it is A itself if p = 0."""
    n_H, n_W = A.shape[-3:-1]
    return cut(A, -p, -p, n_H + 2 * p, n_W + 2 * p, value)
