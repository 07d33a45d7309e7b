"""The fully connected layer: every output sees every input."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cnnlib import _checks as check
from cnnlib._checks import Array

__all__ = ["dense", "dense_backward"]


def dense(A: npt.ArrayLike, W: npt.ArrayLike, b: npt.ArrayLike | None = None) -> Array:
    """Multiply each example by a matrix of weights and add a bias.

    The equation, for each example::

        Z[j] = Σ_l A[l] · W[l, j]  +  b[j]        or, for all of them,  Z = A W + b

    The article's w_{j,l}, the weight from input l to output j, is W[l, j] here.

    Parameters
    ----------
    A : array (m, n_prev)
        The examples, one a row.
    W : array (n_prev, n)
        The weights.
    b : array (n,), optional
        The bias.

    Returns
    -------
    array (m, n)
        Z.

    Raises
    ------
    TypeError
        An array is not of real numbers.
    ValueError
        An array is empty, not finite or of the wrong shape.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, 2016, section 6.1.

    Examples
    --------
    >>> dense([[1, 2, 3]], W=[[1, 0], [0, 1], [2, -1]], b=[10, 20])
    array([[17., 19.]])
    """
    A, W = _arguments("dense", A, W)
    if b is None:
        return A @ W
    b = check.array("dense", "b", b, "n", n=W.shape[1])
    A, W, b = check.one_dtype(A, W, b)
    Z = A @ W
    Z += b
    return Z


def dense_backward(
    dZ: npt.ArrayLike, A: npt.ArrayLike, W: npt.ArrayLike
) -> tuple[Array, Array, Array]:
    """Turn the gradient at the output of `dense` into those at its inputs.

    The equations, where dX stands for ∂J/∂X::

        dA = dZ Wᵀ        dW = Aᵀ dZ        db[j] = Σ_{examples} dZ[j]

    Parameters
    ----------
    dZ : array (m, n)
        The gradient at the output.
    A : array (m, n_prev)
        The examples of the forward pass.
    W : array (n_prev, n)
        The weights.

    Returns
    -------
    dA, dW, db : arrays (m, n_prev), (n_prev, n), (n,)

    Raises
    ------
    TypeError
        An array is not of real numbers.
    ValueError
        An array is empty, not finite or of the wrong shape.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, 2016, algorithm 6.4.

    Examples
    --------
    >>> dA, dW, db = dense_backward([[1, 10]], A=[[1, 2, 3]], W=[[1, 0], [0, 1], [2, -1]])
    >>> dA
    array([[ 1., 10., -8.]])
    >>> dW
    array([[ 1., 10.],
           [ 2., 20.],
           [ 3., 30.]])
    >>> db
    array([ 1., 10.])
    """
    A, W = _arguments("dense_backward", A, W)
    dZ = check.array("dense_backward", "dZ", dZ, "m n", m=A.shape[0], n=W.shape[1])
    dZ, A, W = check.one_dtype(dZ, A, W)
    db = np.ones(len(dZ), dZ.dtype) @ dZ  # quicker than dZ.sum(axis=0)
    return dZ @ W.T, A.T @ dZ, db


def _arguments(call: str, A: npt.ArrayLike, W: npt.ArrayLike) -> list[Array]:
    """Check what both functions have in common."""
    A = check.array(call, "A", A, "m n_prev")
    W = check.array(call, "W", W, "n_prev n", n_prev=A.shape[1])
    return check.one_dtype(A, W)
