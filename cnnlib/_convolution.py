"""How a convolution is computed quickly: one matrix product after another, on patches of the image.

A convolution is a matrix product once every window of the image is written as a row (*im2col*:
Chellapilla, Puri and Simard, "High performance convolutional neural networks for document
processing", 2006, section 3.1). Written for all windows at once that matrix is f² times as large as
the image, and fetching it from memory takes longer than multiplying it. So only as many rows are
made as fit in the processor's cache; they are used, and the next ones are written over them.

Three ideas make it quick in NumPy, for every size, stride and padding alike:

*Runs.* The f_W·n_C_prev numbers that a window takes from one row of the image lie side by side.
Declared as one item of that many bytes they are copied in one go, twice as quickly as by numbers.

*Neighbours.* For few filters a product takes longer to fetch its rows than to multiply them. So r
outputs side by side share a row, that of one wider window, and r·n_C filters are slid over it: the
n_C filters, and again s pixels further right, and so on, with zeros where they do not reach.
32 images 28×28×1 with 6 filters of 5×5: 0.6 ms with r = 1, 0.25 ms with r = 4.

*One.* Every row ends with a 1, so that the bias is one more weight of a filter, and db one more row
of dW. Adding the bias to a finished Z takes up to 15 % longer.

`functional` has the equations and checks the arguments; here they are known to be good.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from cnnlib._checks import Array

TILE_BYTES = 768 * 1024  # about a core's second-level cache: half or twice as much costs 5 %

FilterShape: TypeAlias = tuple[int, int, int, int]  # (f_H, f_W, n_C_prev, n_C)


class Grid(NamedTuple):
    """Where the windows lie: n_H×n_W of them, the first at pixel (top, left), the next s further.

    They may reach beyond the image: there every pixel is zero.
    """

    top: int
    left: int
    n_H: int
    n_W: int
    s: int


def correlate(A: Array, W: Array, b: Array | float, grid: Grid) -> Array:
    """Z of conv2d at these windows: the patches as rows times the filters as columns."""
    r, wide = neighbours(W.shape, grid)
    filters = widen(W, b, r, grid.s)
    Z = np.empty((len(A), wide.n_H, wide.n_W, W.shape[3]), W.dtype)
    rows = Z.reshape(-1, filters.shape[1])
    for part, patches in tiles(A, W.shape, r, wide):
        np.matmul(patches, filters, out=rows[part])
    return cut(Z, 0, 0, grid.n_H, grid.n_W)


def parameter_gradients(dZ: Array, A: Array, shape: FilterShape, grid: Grid) -> tuple[Array, Array]:
    """dW and db: the same patches as columns times the gradients of their outputs as rows."""
    r, wide = neighbours(shape, grid)
    rows = cut(dZ, 0, 0, wide.n_H, wide.n_W).reshape(-1, r * shape[3])
    gradient: Any = 0.0
    for part, patches in tiles(A, shape, r, wide):
        gradient += patches.T @ rows[part]
    return narrow(gradient, shape, r, grid.s)


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
        rows, columns = len(range(x, n_H, s)), len(range(y, n_W, s))
        grid = Grid(t_H - r_H + 1, t_W - r_W + 1, rows, columns, 1)
        return correlate(dZ, taps[::-1, ::-1].swapaxes(2, 3), 0.0, grid)

    if s == 1:
        return np.asarray(every_sth(0, 0))
    dA = np.empty((len(dZ), n_H, n_W, W.shape[2]), dZ.dtype)
    for x, y in product(range(min(s, n_H)), range(min(s, n_W))):
        dA[:, x::s, y::s] = every_sth(x, y)
    return dA


def neighbours(shape: FilterShape, grid: Grid) -> tuple[int, Grid]:
    """Choose r, how many outputs side by side share a patch, and the grid that is computed.

    With more, the product has more columns, up to 32, which BLAS does better; but the share of
    zeros in them rises too, with the width of the patch: that stays at four windows or fewer. If no
    divisor of n_W will do, the grid is a little wider: to cut that off again costs less than a
    product with 8 columns or fewer.
    """
    (_, f_W, _, n_C), n_W = shape, grid.n_W
    most = max(1, min(32 // n_C, 1 + 3 * f_W // grid.s))
    r = max(r for r in range(1, most + 1) if n_W % r == 0)
    if r * n_C <= 8:
        r = evenly(n_W, most)
    return r, grid._replace(n_W=-(-n_W // r) * r)


def widen(W: Array, b: Array | float, r: int, s: int) -> Array:
    """Write the filters as columns, r times beside each other, each time s pixels further right.

    Returns (f_H·width·n_C_prev + 1, r·n_C); the last row is the bias.
    """
    f_H, f_W, n_C_prev, n_C = W.shape
    width = f_W + (r - 1) * s
    filters = np.zeros((f_H * width * n_C_prev + 1, r * n_C), W.dtype)
    taps = filters[:-1].reshape(f_H, width, n_C_prev, r, n_C)
    for t in range(r):
        taps[:, t * s : t * s + f_W, :, t] = W
    filters[-1].reshape(r, n_C)[...] = b
    return filters


def narrow(gradient: Array, shape: FilterShape, r: int, s: int) -> tuple[Array, Array]:
    """Carry the gradient of `widen`'s result back to W and b: the r copies of an entry add up."""
    f_H, f_W, n_C_prev, n_C = shape
    taps = gradient[:-1].reshape(f_H, -1, n_C_prev, r, n_C)
    dW = np.zeros(shape, gradient.dtype)
    for t in range(r):
        dW += taps[:, t * s : t * s + f_W, :, t]
    return dW, gradient[-1].reshape(r, n_C).sum(axis=0)


def tiles(A: Array, shape: FilterShape, r: int, grid: Grid) -> Iterator[tuple[slice, Array]]:
    """Yield (part, patches) until every r outputs side by side have had their patch.

    These are counted image by image and row by row; `part` says which ones have their patches in
    the rows of `patches`: f_H·width·n_C_prev numbers in the order of `widen`'s columns, and a 1.
    Use them before you ask for the next: that overwrites them.
    """
    top, left, n_H, n_W, s = grid
    f_H, f_W, n_C_prev, _ = shape
    n_R = n_W // r
    run = np.dtype((np.void, (f_W + (r - 1) * s) * n_C_prev * A.itemsize))
    row = f_H * run.itemsize + A.itemsize  # bytes
    images, rows, columns = share(len(A), n_H, n_R, TILE_BYTES // row)
    buffer = np.empty((images * rows * columns, row // A.itemsize), A.dtype)
    buffer[:, -1] = 1.0
    buffer_runs = np.ndarray((len(buffer), f_H), run, buffer, strides=(row, run.itemsize))

    stop = 0
    for image in range(0, len(A), images):
        A_pad = cut(A[image : image + images], top, left, (n_H - 1) * s + f_H, (n_W - 1) * s + f_W)
        d_m, d_H, d_W, _ = A_pad.strides
        size, strides = (len(A_pad), n_H, n_R, f_H), (d_m, s * d_H, r * s * d_W, d_H)
        runs = np.ndarray(size, run, A_pad, strides=strides)
        for x, y in product(range(0, n_H, rows), range(0, n_R, columns)):
            block = runs[:, x : x + rows, y : y + columns]
            start, stop = stop, stop + block.size // f_H
            buffer_runs[: stop - start].reshape(block.shape)[...] = block
            yield slice(start, stop), buffer[: stop - start]


def share(m: int, n_H: int, n_W: int, most: int) -> tuple[int, int, int]:
    """Say how many images, rows and columns of patches a tile has, about `most` patches in all.

    It is whole images if they fit, else whole rows of one image, else a piece of one row.
    """
    return evenly(m, most // (n_H * n_W)), evenly(n_H, most // n_W), evenly(n_W, most)


def evenly(n: int, most: int) -> int:
    """Return the size of the parts when n is cut into as few as possible of at most `most`.

    All are about equal: a small last one would take nearly as long as a full one.
    """
    parts = -(-n // max(1, most))
    return -(-n // parts)


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
