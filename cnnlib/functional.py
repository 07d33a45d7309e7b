"""Pure functions, each beside its equation: what goes in comes out changed, and nothing else is.

Arrays have the channels last, as in the article: images `A : (m, n_H_prev, n_W_prev, n_C_prev)`,
filters `W : (f_H, f_W, n_C_prev, n_C)`, bias `b : (n_C,)`. The first lines of each function unpack
its arguments to the article's letters; what those lines refuse is in `_checks`.

Numbers: float32 stays float32 and float64 stays float64 (together they make float64); integers,
such as an 8-bit image, are computed with as float64, and float16 as float32. No argument is ever
changed.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cnnlib import _checks as check
from cnnlib._checks import Array
from cnnlib._tiles import tiles

__all__ = ["conv2d", "conv2d_backward", "correlate2d", "output_size", "pad2d"]


def output_size(n: int, kernel_size: int, stride: int = 1, padding: int = 0) -> int:
    n, f = check.integer("output_size", "n", n, 1), check.integer("output_size", "kernel_size", kernel_size, 1)
    s, p = check.integer("output_size", "stride", stride, 1), check.integer("output_size", "padding", padding, 0)
    check.fits("output_size", (n,), (f,), p)
    return (n + 2 * p - f) // s + 1


def pad2d(A: npt.ArrayLike, padding: int, value: float = 0.0) -> Array:
    A = check.array("pad2d", "A", A, ("n_H n_W", "n_H n_W n_C", "m n_H n_W n_C"))
    p = check.integer("pad2d", "padding", padding, 0)
    return _pad(A, p, value)


def conv2d(A: npt.ArrayLike, W: npt.ArrayLike, b: npt.ArrayLike | None = None, stride: int = 1, padding: int = 0) -> Array:
    s, p = check.integer("conv2d", "stride", stride, 1), check.integer("conv2d", "padding", padding, 0)
    A, W = check.images("conv2d", A, W, p)
    if b is not None:
        b = check.bias("conv2d", b, W.shape[3])
    return _correlate(_pad(A, p), W, s, b)


def conv2d_backward(dZ: npt.ArrayLike, A: npt.ArrayLike, W: npt.ArrayLike, stride: int = 1, padding: int = 0) -> tuple[Array, Array, Array]:
    raise NotImplementedError


def correlate2d(I: npt.ArrayLike, K: npt.ArrayLike, stride: int = 1, padding: int = 0) -> Array:
    s, p = check.integer("correlate2d", "stride", stride, 1), check.integer("correlate2d", "padding", padding, 0)
    I = check.array("correlate2d", "I", I, ("n_H n_W", "n_H n_W n_C"))
    K = check.array("correlate2d", "K", K, ("f_H f_W", "f_H f_W n_C"))
    if I.ndim == 2: 
        I, K = I[..., None], K[..., None]
    return _correlate(_pad(I[None], p), K[..., None], s, None)[0, :, :, 0]


def _pad(A, p, value=0.0):
    if p == 0:
        return A
    axis = max(A.ndim - 3, 0)
    pads = [(0, 0)] * A.ndim
    pads[axis] = pads[axis + 1] = (p, p)
    return np.pad(A, pads, constant_values=value)


def _correlate(A_pad, W, s, b):
    f_H, f_W, _, n_C = W.shape
    m, H, W_, _ = A_pad.shape
    n_H, n_W = (H - f_H) // s + 1, (W_ - f_W) // s + 1
    Z = np.empty((m * n_H * n_W, n_C), np.result_type(A_pad, W))
    W2 = W.reshape(-1, n_C)
    for rows, patches in tiles(A_pad, f_H, f_W, s):
        np.matmul(patches, W2, out=Z[rows])
        if b is not None:
            Z[rows] += b
    return Z.reshape(m, n_H, n_W, n_C)
