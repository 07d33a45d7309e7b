"""Pure functions, each beside its equation: arrays go in, new arrays come out.

Channels come last, as in the article: images `A : (m, n_H_prev, n_W_prev, n_C_prev)`, filters
`W : (f_H, f_W, n_C_prev, n_C)`, bias `b : (n_C,)`. Each function first unpacks its arguments to the
article's letters (what it refuses there is in `_checks`) and then computes what its equation says
(how that is made quick is in `_convolution`). Formulas count from 1, as the article does; code
counts from 0.

Numbers: float32 stays float32 and float64 stays float64 (the two together give float64). Integers,
such as an 8-bit image, are computed with as float64, and float16 as float32. NaN, ±inf and empty
arrays are refused. No argument is ever changed, and no result shares memory with one.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from cnnlib import _checks as check
from cnnlib._checks import Array
from cnnlib._convolution import Grid, correlate, input_gradient, pad, parameter_gradients

__all__ = [
    "conv2d",
    "conv2d_backward",
    "conv2d_backward_params",
    "correlate2d",
    "output_size",
    "pad2d",
]


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
    return pad(A, p, value) if p else A.copy()


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
        A pixel that no window reaches may be NaN or ±inf.

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
    with np.errstate(invalid="ignore"):  # ∞ − ∞: an error of our own says more than a warning
        Z = correlate(A, W, 0.0 if b is None else b, _grid(A, W, s, p))
    one_channel = Z.reshape(-1, Z.shape[3])[:, 0]
    few = A.size <= 8 * one_channel.size  # then it is quicker to look at all of A
    _refuse_what_spread("conv2d", A if few else one_channel, A=A)
    return Z


def conv2d_backward(
    dZ: npt.ArrayLike, A: npt.ArrayLike, W: npt.ArrayLike, stride: int = 1, padding: int = 0
) -> tuple[Array, Array, Array]:
    """Carry the gradient of a cost J from the output of `conv2d` back to its three inputs.

    The equations, where dX is written for ∂J/∂X::

        dÃ[u, v, k]    = Σ W[i, j, k, n] · dZ[x, y, n]   over n and all i, j, x, y with
                                                         (x−1)s + i = u and (y−1)s + j = v
        dW[i, j, k, n] = Σ dZ[x, y, n] · Ã[(x−1)s + i, (y−1)s + j, k]   over images, x, y
        db[n]          = Σ dZ[x, y, n]                                  over images, x, y

    and dA is dÃ without the padding. For s = 1 the first is a convolution: dZ, surrounded by f − 1
    zeros, with the filters flipped, summed over n. A pixel that no window used has the gradient 0.

    Parameters
    ----------
    dZ : array (m, n_H, n_W, n_C)
        The gradient at the output.
    A : array (m, n_H_prev, n_W_prev, n_C_prev)
        The images that `conv2d` was given.
    W : array (f_H, f_W, n_C_prev, n_C)
        The filters that `conv2d` was given.
    stride : int ≥ 1
        s, as it was given to `conv2d`.
    padding : int ≥ 0
        p, as it was given to `conv2d`.

    Returns
    -------
    dA : array (m, n_H_prev, n_W_prev, n_C_prev)
    dW : array (f_H, f_W, n_C_prev, n_C)
    db : array (n_C,)
        Each has the shape of what it is the gradient of. They are sums over the batch; a mean is
        a matter of the cost J, whose dZ then holds the 1/m.

    Raises
    ------
    TypeError, ValueError
        As `conv2d`, and a ValueError if dZ has not the shape that `conv2d` returns.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, 2016, equations 9.11 to 9.13.

    Examples
    --------
    >>> A = np.arange(9.0).reshape(1, 3, 3, 1)
    >>> W = np.array([1.0, 2.0, 3.0, 4.0]).reshape(2, 2, 1, 1)
    >>> dZ = np.zeros((1, 2, 2, 1))
    >>> dZ[0, 0, 1, 0] = 1.0  # only the upper right output matters to J
    >>> dA, dW, db = conv2d_backward(dZ, A, W)
    >>> dA[0, :, :, 0]  # so the pixels under its window matter by their weights,
    array([[0., 1., 2.],
           [0., 3., 4.],
           [0., 0., 0.]])
    >>> dW[:, :, 0, 0], db  # and the weights by the pixels that they met
    (array([[1., 2.],
           [4., 5.]]), array([1.]))
    """
    dZ, A, W, s, p = _backward_arguments("conv2d_backward", dZ, A, W, stride, padding)
    dW, db = _parameter_gradients("conv2d_backward", dZ, A, W, s, p)
    n_H_prev, n_W_prev = A.shape[1:3]
    return input_gradient(dZ, W, n_H_prev, n_W_prev, s, p), dW, db


def conv2d_backward_params(
    dZ: npt.ArrayLike, A: npt.ArrayLike, W: npt.ArrayLike, stride: int = 1, padding: int = 0
) -> tuple[Array, Array]:
    """Return dW and db of `conv2d_backward` without dA, which a first layer has no use for.

    The equations are those of `conv2d_backward`.

    Parameters
    ----------
    dZ, A, W, stride, padding
        As for `conv2d_backward`. Of W only the shape matters.

    Returns
    -------
    dW : array (f_H, f_W, n_C_prev, n_C)
    db : array (n_C,)

    Raises
    ------
    TypeError, ValueError
        As `conv2d_backward`.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, 2016, equation 9.11.

    Examples
    --------
    >>> A = np.arange(9.0).reshape(1, 3, 3, 1)
    >>> dW, db = conv2d_backward_params(np.ones((1, 2, 2, 1)), A, np.zeros((2, 2, 1, 1)))
    >>> dW[:, :, 0, 0], db
    (array([[ 8., 12.],
           [20., 24.]]), array([4.]))
    """
    dZ, A, W, s, p = _backward_arguments("conv2d_backward_params", dZ, A, W, stride, padding)
    return _parameter_gradients("conv2d_backward_params", dZ, A, W, s, p)


def correlate2d(I: npt.ArrayLike, K: npt.ArrayLike, stride: int = 1, padding: int = 0) -> Array:
    """Slide one filter over one grey image or one volume.

    The equation, with Ĩ the image padded with zeros (and without k for a grey one)::

        conv(I, K)[x, y] = Σ_{i,j,k} K[i, j, k] · Ĩ[(x−1)s + i, (y−1)s + j, k]

    Signal processing calls this the cross-correlation, and keeps the word convolution for the same
    with K flipped in both directions (`scipy.signal.convolve2d`).

    Parameters
    ----------
    I : array (n_H, n_W) or (n_H, n_W, n_C)
        One image.
    K : array (f_H, f_W) or (f_H, f_W, n_C)
        One filter, with as many axes as the image. It is not flipped.
    stride : int ≥ 1
        s.
    padding : int ≥ 0
        p, rows and columns of zeros on each side.

    Returns
    -------
    array (⌊(n_H + 2p − f_H)/s⌋ + 1, ⌊(n_W + 2p − f_W)/s⌋ + 1)
        For a volume too: the channels are summed.

    Raises
    ------
    TypeError, ValueError
        As `conv2d`.

    References
    ----------
    Mebsout, "Convolutional Neural Networks' mathematics", 2020, sections 1 and 2, with the sums and
    the size as in Dumoulin and Visin, arXiv 1603.07285, sections 1.1 and 2.4.

    Examples
    --------
    >>> I = [[10, 10, 10, 0, 0, 0]] * 6
    >>> VEF = [[1, 0, -1]] * 3
    >>> correlate2d(I, VEF)
    array([[ 0., 30., 30.,  0.],
           [ 0., 30., 30.,  0.],
           [ 0., 30., 30.,  0.],
           [ 0., 30., 30.,  0.]])
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
    A, W = I[np.newaxis], K[..., np.newaxis]
    return correlate(A, W, 0.0, _grid(A, W, s, p))[0, :, :, 0]


def _arguments(
    call: str, A: npt.ArrayLike, W: npt.ArrayLike, stride: int, padding: int
) -> tuple[Array, Array, int, int]:
    """Check what conv2d and its backward have in common, and give it the article's letters.

    Whether A is finite is left to `_refuse_what_spread`.
    """
    s = check.integer(call, "stride", stride, 1)
    p = check.integer(call, "padding", padding, 0)
    A = check.numbers(call, "A", A, "m n_H_prev n_W_prev n_C_prev")
    W = check.array(call, "W", W, "f_H f_W n_C_prev n_C", n_C_prev=A.shape[3])
    check.fit2d(call, A.shape[1:3], W.shape[:2], p)
    A, W = check.one_dtype(A, W)
    return A, W, s, p


def _backward_arguments(
    call: str, dZ: npt.ArrayLike, A: npt.ArrayLike, W: npt.ArrayLike, stride: int, padding: int
) -> tuple[Array, Array, Array, int, int]:
    """Do as `_arguments`, and check that dZ has the shape of Z."""
    A, W, s, p = _arguments(call, A, W, stride, padding)
    _, _, n_H, n_W, _ = _grid(A, W, s, p)
    m, n_C = len(A), W.shape[3]
    dZ = check.numbers(call, "dZ", dZ, "m n_H n_W n_C", m=m, n_H=n_H, n_W=n_W, n_C=n_C)
    dZ, A, W = check.one_dtype(dZ, A, W)
    return dZ, A, W, s, p


def _grid(A: Array, W: Array, s: int, p: int) -> Grid:
    """Place the windows of conv2d: the first begins p rows above and p columns left of A."""
    n_H, n_W = (n + 2 * p - f for n, f in zip(A.shape[1:3], W.shape[:2], strict=True))
    return Grid(-p, -p, n_H // s + 1, n_W // s + 1, s)


def _parameter_gradients(
    call: str, dZ: Array, A: Array, W: Array, s: int, p: int
) -> tuple[Array, Array]:
    """Return dW and db, once it is sure that dZ and A are finite."""
    with np.errstate(invalid="ignore"):
        dW, db = parameter_gradients(dZ, A, W.shape, _grid(A, W, s, p))
    _refuse_what_spread(call, dW, dZ=dZ, A=A)
    return dW, db


def _refuse_what_spread(call: str, result: Array, **arguments: Array) -> None:
    """Raise if NaN or ±inf has spread from one of the arguments to a result.

    A number that is not finite makes every sum not finite that it is in: 0·∞ is NaN. It is in one
    sum of each filter, so one channel of Z tells of all A, and dW of A and dZ. To look there takes
    2 % of the time of a 1×1 convolution; to look at all of A takes 13 %.
    """
    if not math.isfinite(np.vdot(result, result)):  # huge numbers come here too, and pass
        for name, x in arguments.items():
            check.finite(call, name, x)
