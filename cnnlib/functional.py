"""Pure functions, each beside its equation: arrays go in, new arrays come out.

Channels come last, as in the article: images `A : (m, n_H_prev, n_W_prev, n_C_prev)`, filters
`W : (f_H, f_W, n_C_prev, n_C)`, bias `b : (n_C,)`. Each function first unpacks its arguments to the
article's letters; what it refuses there is in `_checks`. Formulas count from 1, as the article
does; code counts from 0.

Numbers: float32 stays float32 and float64 stays float64 (the two together give float64). Integers,
such as an 8-bit image, are computed with as float64, and float16 as float32. NaN, ±inf and empty
arrays are refused. No argument is ever changed, and no result shares memory with one.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt

from cnnlib import _checks as check
from cnnlib._checks import Array
from cnnlib._tiles import cut, tiles

__all__ = ["conv2d", "conv2d_backward", "correlate2d", "output_size", "pad2d"]


def output_size(n: int, kernel_size: int, stride: int = 1, padding: int = 0) -> int:
    """Count the positions of a window along one axis of an image.

    The equation::

        ⌊(n + 2p − f) / s⌋ + 1

    Parameters
    ----------
    n : int ≥ 1
        Pixels along the axis.
    kernel_size : int ≥ 1
        f, the size of the window.
    stride : int ≥ 1
        s, the step from one position to the next.
    padding : int ≥ 0
        p, the pixels added at each end.

    Returns
    -------
    int
        The number of positions, at least 1.

    Raises
    ------
    TypeError
        An argument is not an integer.
    ValueError
        An argument is too small, or the window does not fit: f > n + 2p.

    References
    ----------
    Dumoulin and Visin, *A guide to convolution arithmetic for deep learning*, arXiv 1603.07285,
    relationship 6.

    Examples
    --------
    >>> output_size(6, 3)
    4
    >>> output_size(7, 3, stride=2, padding=1)
    4
    """
    n = check.integer("output_size", "n", n, 1)
    f = check.integer("output_size", "kernel_size", kernel_size, 1)
    s = check.integer("output_size", "stride", stride, 1)
    p = check.integer("output_size", "padding", padding, 0)
    check.fit("output_size", f"a kernel of size {f}", f"an image of size {n}", n, f, p)
    return (n + 2 * p - f) // s + 1


def pad2d(A: npt.ArrayLike, padding: int, value: float = 0.0) -> Array:
    """Surround an image with p rows and columns on each of its four sides.

    The equation::

        Ã[x + p, y + p] = A[x, y], and `value` everywhere else

    Parameters
    ----------
    A : array (m, n_H, n_W, n_C), (n_H, n_W, n_C) or (n_H, n_W)
        A batch, a volume or a grey image. It may hold NaN and ±inf: nothing is summed here.
    padding : int ≥ 0
        p.
    value : float
        What the new pixels hold: zero, or −∞ before a maximum is taken.

    Returns
    -------
    array (m, n_H + 2p, n_W + 2p, n_C), or without the axes that A does not have

    Raises
    ------
    TypeError
        p is not an integer, or A or `value` is not of real numbers.
    ValueError
        p is negative, or A is empty or has another number of axes.

    References
    ----------
    Dumoulin and Visin, arXiv 1603.07285, section 2.2.

    Examples
    --------
    >>> pad2d([[1, 2], [3, 4]], 1)
    array([[0., 0., 0., 0.],
           [0., 1., 2., 0.],
           [0., 3., 4., 0.],
           [0., 0., 0., 0.]])
    """
    A = check.numbers("pad2d", "A", A, "m n_H n_W n_C", "n_H n_W n_C", "n_H n_W")
    p = check.integer("pad2d", "padding", padding, 0)
    value = check.number("pad2d", "value", value)
    if A.ndim == 2:
        return pad2d(A[:, :, np.newaxis], p, value)[:, :, 0]
    n_H, n_W = A.shape[-3:-1]
    return cut(A, -p, -p, n_H + 2 * p, n_W + 2 * p, value)


def conv2d(
    A: npt.ArrayLike,
    W: npt.ArrayLike,
    b: npt.ArrayLike | None = None,
    stride: int = 1,
    padding: int = 0,
) -> Array:
    """Slide every filter over every image: the convolution of a CNN, a cross-correlation.

    The equation, for each image, with Ã the image padded with zeros::

        Z[x, y, n] = Σ_{i,j,k} W[i, j, k, n] · Ã[(x−1)s + i, (y−1)s + j, k]  +  b[n]
                     i = 1..f_H, j = 1..f_W, k = 1..n_C_prev

    Parameters
    ----------
    A : array (m, n_H_prev, n_W_prev, n_C_prev)
        The images.
    W : array (f_H, f_W, n_C_prev, n_C)
        The filters. They are not flipped.
    b : array (n_C,), optional
        The bias, added once to each output.
    stride : int ≥ 1
        s. The last rows and columns that a whole step does not reach are not used.
    padding : int ≥ 0
        p, rows and columns of zeros on each side.

    Returns
    -------
    array (m, n_H, n_W, n_C)
        Z, with n_H = ⌊(n_H_prev + 2p − f_H)/s⌋ + 1 and n_W likewise.

    Raises
    ------
    TypeError
        s or p is not an integer, or an array is not of real numbers.
    ValueError
        s < 1 or p < 0; an array is empty, not finite or of the wrong shape; the filters do not fit.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, 2016, equation 9.8; with padding: Dumoulin
    and Visin, arXiv 1603.07285, section 2.4.

    Examples
    --------
    >>> A = np.arange(16.0).reshape(1, 4, 4, 1)
    >>> W = np.ones((3, 3, 1, 1))
    >>> conv2d(A, W, b=[0.5])[0, :, :, 0]
    array([[45.5, 54.5],
           [81.5, 90.5]])
    """
    A, W, s, p = _arguments("conv2d", A, W, stride, padding)
    if b is not None:
        b = check.array("conv2d", "b", b, "n_C", n_C=W.shape[3])
        A, W, b = check.one_dtype(A, W, b)
    Z = _correlate(_padded(A, p), W, s)
    if b is not None:
        Z += b
    return Z


def conv2d_backward(
    dZ: npt.ArrayLike, A: npt.ArrayLike, W: npt.ArrayLike, stride: int = 1, padding: int = 0
) -> tuple[Array, Array, Array]:
    """Turn the gradient at the output of `conv2d` into those at its inputs.

    The equations, where dX stands for ∂J/∂X and x, y run over the output positions::

        dÃ[u, v, k]    = Σ_{images' own x,y,i,j,n : (x−1)s+i = u, (y−1)s+j = v} dZ[x, y, n] · W[i, j, k, n]
        dW[i, j, k, n] = Σ_{images,x,y} dZ[x, y, n] · Ã[(x−1)s + i, (y−1)s + j, k]
        db[n]          = Σ_{images,x,y} dZ[x, y, n]

    """
    A, W, s, p = _arguments("conv2d_backward", A, W, stride, padding)
    m, n_H_prev, n_W_prev, _ = A.shape
    f_H, f_W, _, n_C = W.shape
    n_H, n_W = (n_H_prev + 2 * p - f_H) // s + 1, (n_W_prev + 2 * p - f_W) // s + 1
    dZ = check.array(
        "conv2d_backward", "dZ", dZ, "m n_H n_W n_C", m=m, n_H=n_H, n_W=n_W, n_C=n_C
    )
    dZ, A, W = check.one_dtype(dZ, A, W)
    dA = _input_gradient(dZ, W, n_H_prev, n_W_prev, s, p)
    dW = _kernel_gradient(dZ, _padded(A, p), f_H, f_W, s)
    db = np.ones(m * n_H * n_W, dZ.dtype) @ dZ.reshape(-1, n_C)  # quicker than dZ.sum((0, 1, 2))
    return dA, dW, db


def correlate2d(
    I: npt.ArrayLike, K: npt.ArrayLike, stride: int = 1, padding: int = 0
) -> Array:
    """Slide one filter over one image.
    """
    s = check.integer("correlate2d", "stride", stride, 1)
    p = check.integer("correlate2d", "padding", padding, 0)
    I = check.array("correlate2d", "I", I, "n_H n_W", "n_H n_W n_C")
    if I.ndim == 2:
        K = check.array("correlate2d", "K", K, "f_H f_W")
        I, K = I[:, :, np.newaxis], K[:, :, np.newaxis]
    else:
        K = check.array("correlate2d", "K", K, "f_H f_W n_C", n_C=I.shape[2])
    check.fit2d("correlate2d", I.shape[:2], K.shape[:2], p)
    I, K = check.one_dtype(I, K)
    return _correlate(_padded(I[np.newaxis], p), K[..., np.newaxis], s)[0, :, :, 0]


def _arguments(
    call: str, A: npt.ArrayLike, W: npt.ArrayLike, stride: int, padding: int
) -> tuple[Array, Array, int, int]:
    """Check what conv2d and its backward have in common, and give it the article's letters."""
    s = check.integer(call, "stride", stride, 1)
    p = check.integer(call, "padding", padding, 0)
    A = check.array(call, "A", A, "m n_H_prev n_W_prev n_C_prev")
    W = check.array(call, "W", W, "f_H f_W n_C_prev n_C", n_C_prev=A.shape[3])
    check.fit2d(call, A.shape[1:3], W.shape[:2], p)
    A, W = check.one_dtype(A, W)
    return A, W, s, p


def _padded(A: Array, p: int) -> Array:
    """Return Ã, or A itself if nothing is to be added."""
    return pad2d(A, p) if p else A


def _correlate(A_pad: Array, W: Array, s: int) -> Array:
    """Z of conv2d before the bias: each row of patches times the filters as columns."""
    f_H, f_W, _, n_C = W.shape
    m, n_H_pad, n_W_pad, _ = A_pad.shape
    n_H, n_W = (n_H_pad - f_H) // s + 1, (n_W_pad - f_W) // s + 1
    Z = np.empty((m * n_H * n_W, n_C), W.dtype)
    filters = W.reshape(-1, n_C)
    for rows, patches in tiles(A_pad, f_H, f_W, s):
        np.matmul(patches, filters, out=Z[rows])
    return Z.reshape(m, n_H, n_W, n_C)


def _kernel_gradient(dZ: Array, A_pad: Array, f_H: int, f_W: int, s: int) -> Array:
    """dW: the patches of the forward pass, transposed, times the gradient of their outputs."""
    n_C_prev, n_C = A_pad.shape[3], dZ.shape[3]
    dZ = dZ.reshape(-1, n_C)
    dW = np.zeros((f_H * f_W * n_C_prev, n_C), dZ.dtype)
    for rows, patches in tiles(A_pad, f_H, f_W, s):
        dW += patches.T @ dZ[rows]
    return dW.reshape(f_H, f_W, n_C_prev, n_C)


def _input_gradient(dZ: Array, W: Array, n_H: int, n_W: int, s: int, p: int) -> Array:
    """dA: a convolution proper, with the filters flipped.

    Pixel u = (t, i) of Ã, that is u = t·s + i with i < s, is used by tap i + r·s at position t − r.
    So dÃ[t·s + i] = Σ_r W[i + r·s] · dZ[t − r]: every s-th pixel is an ordinary convolution, with
    stride 1, of dZ with every s-th tap.
    """
    m = dZ.shape[0]
    dA = np.zeros((m, n_H, n_W, W.shape[2]), dZ.dtype)
    for x, y in product(range(min(s, n_H)), range(min(s, n_W))):
        (t_H, i), (t_W, j) = divmod(x + p, s), divmod(y + p, s)
        part, taps = dA[:, x::s, y::s], W[i::s, j::s]
        r_H, r_W = taps.shape[:2]
        if r_H and r_W:  # with s > f there are pixels that no window sees
            flipped = taps[::-1, ::-1].swapaxes(2, 3)
            rows, columns = part.shape[1] + r_H - 1, part.shape[2] + r_W - 1
            part[...] = _correlate(cut(dZ, t_H - r_H + 1, t_W - r_W + 1, rows, columns), flipped, 1)
    return dA
