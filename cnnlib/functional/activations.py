"""Activation functions ψ, each with its derivative.

A `*_backward` takes the gradient dA at the output and the *input* Z of the forward pass, and
returns dZ. The first four work on each entry by itself, whatever the shape: a NaN cannot spread and
is let through. In a softmax the entries of a row depend on each other: NaN and ±∞ are refused.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cnnlib import _checks as check
from cnnlib._checks import Array, one_dtype

__all__ = [
    "leaky_relu",
    "leaky_relu_backward",
    "log_softmax",
    "log_softmax_backward",
    "relu",
    "relu_backward",
    "sigmoid",
    "sigmoid_backward",
    "softmax",
    "softmax_backward",
    "tanh",
    "tanh_backward",
]


def relu(Z: npt.ArrayLike) -> Array:
    """Keep what is positive, and set the rest to zero.

    The equation::

        ψ(z) = max(0, z)

    Parameters
    ----------
    Z : array of any shape

    Returns
    -------
    array of the shape of Z
        From 0 to ∞.

    Raises
    ------
    TypeError
        Z is not of real numbers.
    ValueError
        Z is empty.

    References
    ----------
    Nair and Hinton, *Rectified linear units improve restricted Boltzmann machines*, 2010; Glorot,
    Bordes and Bengio, *Deep sparse rectifier neural networks*, 2011.

    Examples
    --------
    >>> relu([-2, 0, 3])
    array([0., 0., 3.])
    """
    return np.maximum(check.any_shape("relu", "Z", Z), 0)


def relu_backward(dA: npt.ArrayLike, Z: npt.ArrayLike) -> Array:
    """Let the gradient pass where the input was positive.

    The equation::

        dZ = dA · ψ′(Z),    ψ′(z) = 1 for z > 0, else 0

    At the kink, z = 0, there is no derivative; 0 is used, as in PyTorch.

    Parameters
    ----------
    dA : array of the shape of Z
        The gradient at the output.
    Z : array of any shape
        The input of the forward pass.

    Returns
    -------
    array of the shape of Z
        dZ.

    Raises
    ------
    TypeError
        An array is not of real numbers.
    ValueError
        An array is empty, or the shapes differ.

    References
    ----------
    Glorot, Bordes and Bengio, *Deep sparse rectifier neural networks*, 2011, section 3.1.

    Examples
    --------
    >>> relu_backward([10, 20, 30], Z=[-2, 0, 3])
    array([ 0.,  0., 30.])
    """
    dA, Z = _both("relu_backward", dA, Z)
    return dA * (Z > 0)


def leaky_relu(Z: npt.ArrayLike, slope: float = 0.01) -> Array:
    """Keep what is positive, and make the rest small.

    The equation, with 0 ≤ α ≤ 1::

        ψ(z) = max(αz, z)

    Parameters
    ----------
    Z : array of any shape
    slope : float from 0 to 1
        α.

    Returns
    -------
    array of the shape of Z

    Raises
    ------
    TypeError
        Z is not of real numbers, or α is not one.
    ValueError
        Z is empty, or α is not from 0 to 1.

    References
    ----------
    Maas, Hannun and Ng, *Rectifier nonlinearities improve neural network acoustic models*, 2013,
    section 2.

    Examples
    --------
    >>> leaky_relu([-2, 0, 3], slope=0.1)
    array([-0.2,  0. ,  3. ])
    """
    Z = check.any_shape("leaky_relu", "Z", Z)
    return np.maximum(_slope("leaky_relu", slope) * Z, Z)


def leaky_relu_backward(dA: npt.ArrayLike, Z: npt.ArrayLike, slope: float = 0.01) -> Array:
    """Let the gradient pass where the input was positive, and a little of it elsewhere.

    The equation::

        dZ = dA · ψ′(Z),    ψ′(z) = 1 for z > 0, else α

    At the kink, z = 0, there is no derivative; α is used, as in PyTorch.

    Parameters
    ----------
    dA : array of the shape of Z
        The gradient at the output.
    Z : array of any shape
        The input of the forward pass.
    slope : float from 0 to 1
        α.

    Returns
    -------
    array of the shape of Z
        dZ.

    Raises
    ------
    TypeError
        An array is not of real numbers, or α is not one.
    ValueError
        An array is empty, the shapes differ, or α is not from 0 to 1.

    References
    ----------
    Maas, Hannun and Ng, *Rectifier nonlinearities improve neural network acoustic models*, 2013,
    section 2.

    Examples
    --------
    >>> leaky_relu_backward([10, 20, 30], Z=[-2, 0, 3], slope=0.5)
    array([ 5., 10., 30.])
    """
    dA, Z = _both("leaky_relu_backward", dA, Z)
    alpha = dA.dtype.type(_slope("leaky_relu_backward", slope))
    dZ: Array = dA * np.maximum(Z > 0, alpha)
    return dZ


def sigmoid(Z: npt.ArrayLike) -> Array:
    """Squash every number into the interval from 0 to 1.

    The equation::

        ψ(z) = 1 / (1 + e^−z)

    Parameters
    ----------
    Z : array of any shape

    Returns
    -------
    array of the shape of Z
        From 0 to 1.

    Raises
    ------
    TypeError
        Z is not of real numbers.
    ValueError
        Z is empty.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, 2016, section 3.10.

    Examples
    --------
    >>> sigmoid([-1000, 0, 1000])
    array([0. , 0.5, 1. ])
    """
    Z = check.any_shape("sigmoid", "Z", Z)
    with np.errstate(over="ignore"):  # e^1000 is ∞ here, and 1/∞ is 0
        A: Array = 1 / (1 + np.exp(-Z))
    return A


def sigmoid_backward(dA: npt.ArrayLike, Z: npt.ArrayLike) -> Array:
    """Multiply the gradient by the slope of the sigmoid, at most ¼.

    The equation::

        dZ = dA · ψ′(Z),    ψ′(z) = ψ(z) ψ(−z) = e^−|z| / (1 + e^−|z|)²

    Parameters
    ----------
    dA : array of the shape of Z
        The gradient at the output.
    Z : array of any shape
        The input of the forward pass.

    Returns
    -------
    array of the shape of Z
        dZ.

    Raises
    ------
    TypeError
        An array is not of real numbers.
    ValueError
        An array is empty, or the shapes differ.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, 2016, section 3.10.

    Examples
    --------
    >>> sigmoid_backward([4, 4], Z=[0, 1000])
    array([1., 0.])
    """
    dA, Z = _both("sigmoid_backward", dA, Z)
    e = np.exp(-np.abs(Z))
    dZ: Array = dA * e / (1 + e) ** 2
    return dZ


def tanh(Z: npt.ArrayLike) -> Array:
    """Squash every number into the interval from −1 to 1.

    The equation::

        ψ(z) = (e^z − e^−z) / (e^z + e^−z)

    Parameters
    ----------
    Z : array of any shape

    Returns
    -------
    array of the shape of Z
        From −1 to 1.

    Raises
    ------
    TypeError
        Z is not of real numbers.
    ValueError
        Z is empty.

    References
    ----------
    LeCun, Bottou, Orr and Müller, *Efficient backprop*, 1998, section 4.4.

    Examples
    --------
    >>> tanh([-1000, 0, 1000])
    array([-1.,  0.,  1.])
    """
    return np.tanh(check.any_shape("tanh", "Z", Z))


def tanh_backward(dA: npt.ArrayLike, Z: npt.ArrayLike, *, A: npt.ArrayLike | None = None) -> Array:
    """Multiply the gradient by the slope of the hyperbolic tangent, at most 1.

    The equation::

        dZ = dA · ψ′(Z),    ψ′(z) = 1 − ψ(z)²

    Parameters
    ----------
    dA : array of the shape of Z
        The gradient at the output.
    Z : array of any shape
        The input of the forward pass.
    A : array of the shape of Z, optional
        What `tanh` returned for Z, which saves computing it again.

    Returns
    -------
    array of the shape of Z
        dZ.

    Raises
    ------
    TypeError
        An array is not of real numbers.
    ValueError
        An array is empty, or the shapes differ.

    References
    ----------
    LeCun, Bottou, Orr and Müller, *Efficient backprop*, 1998, section 4.4.

    Examples
    --------
    >>> tanh_backward([4, 4], Z=[0, 1000])
    array([4., 0.])
    """
    dA, Z = _both("tanh_backward", dA, Z)
    A = np.tanh(Z) if A is None else check.any_shape("tanh_backward", "A", A, Z.shape)
    dZ: Array = dA * (1 - A**2)
    return dZ


def softmax(Z: npt.ArrayLike) -> Array:
    """Turn each row of numbers into probabilities: positive, and 1 in sum.

    The equation, along the last axis::

        ψ(z)_i = e^z_i / Σ_j e^z_j

    The largest z_j is taken from all of them first, which changes nothing but cannot overflow.

    Parameters
    ----------
    Z : array (…, n)

    Returns
    -------
    array (…, n)
        From 0 to 1.

    Raises
    ------
    TypeError
        Z is not of real numbers.
    ValueError
        Z is empty, not finite, or a single number.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, 2016, equation 6.29.

    Examples
    --------
    >>> softmax([[0, 0], [1000, -1000]])
    array([[0.5, 0.5],
           [1. , 0. ]])
    """
    return _softmax(check.rows("softmax", "Z", Z))


def softmax_backward(dA: npt.ArrayLike, Z: npt.ArrayLike) -> Array:
    """Turn the gradient at the probabilities into that at the numbers they were made of.

    The equation, where A = ψ(Z), for each row::

        dZ_i = A_i · (dA_i − Σ_j dA_j A_j)

    Parameters
    ----------
    dA : array (…, n)
        The gradient at the output.
    Z : array (…, n)
        The input of the forward pass.

    Returns
    -------
    array (…, n)
        dZ; each row sums to 0.

    Raises
    ------
    TypeError
        An array is not of real numbers.
    ValueError
        An array is empty, not finite or a single number, or the shapes differ.

    References
    ----------
    Bridle, *Probabilistic interpretation of feedforward classification network outputs*, 1990; the
    derivative ∂A_i/∂z_j = A_i (δ_ij − A_j) is Bishop, *Pattern recognition and machine learning*,
    2006, equation 4.106.

    Examples
    --------
    >>> softmax_backward([[4, 0]], Z=[[0, 0]])
    array([[ 1., -1.]])
    """
    dA, Z = _both_rows("softmax_backward", dA, Z)
    A = _softmax(Z)
    dZ: Array = A * (dA - (dA * A).sum(axis=-1, keepdims=True))
    return dZ


def log_softmax(Z: npt.ArrayLike) -> Array:
    """Take the logarithm of the softmax, without the detour that makes log 0.

    The equation, along the last axis::

        ψ(z)_i = z_i − log Σ_j e^z_j

    Parameters
    ----------
    Z : array (…, n)

    Returns
    -------
    array (…, n)
        From −∞ to 0.

    Raises
    ------
    TypeError
        Z is not of real numbers.
    ValueError
        Z is empty, not finite, or a single number.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, 2016, equation 6.30.

    Examples
    --------
    >>> log_softmax([[1000, -1000]])
    array([[    0., -2000.]])
    """
    Z = _below_largest(check.rows("log_softmax", "Z", Z))
    A: Array = Z - np.log(np.exp(Z).sum(axis=-1, keepdims=True))
    return A


def log_softmax_backward(dA: npt.ArrayLike, Z: npt.ArrayLike) -> Array:
    """Turn the gradient at the logarithms into that at the numbers they were made of.

    The equation, for each row::

        dZ_i = dA_i − softmax(Z)_i · Σ_j dA_j

    Parameters
    ----------
    dA : array (…, n)
        The gradient at the output.
    Z : array (…, n)
        The input of the forward pass.

    Returns
    -------
    array (…, n)
        dZ; each row sums to 0.

    Raises
    ------
    TypeError
        An array is not of real numbers.
    ValueError
        An array is empty, not finite or a single number, or the shapes differ.

    References
    ----------
    The derivative of Goodfellow, Bengio and Courville, *Deep Learning*, 2016, equation 6.30.

    Examples
    --------
    >>> log_softmax_backward([[4, 0]], Z=[[0, 0]])
    array([[ 2., -2.]])
    """
    dA, Z = _both_rows("log_softmax_backward", dA, Z)
    dZ: Array = dA - _softmax(Z) * dA.sum(axis=-1, keepdims=True)
    return dZ


def _slope(call: str, slope: float) -> float:
    """Check the slope of leaky_relu and its backward."""
    why = "what is negative must become smaller and keep its sign"
    return check.within(call, "slope", slope, 0.0, 1.0, "[]", why)


def _both(call: str, dA: npt.ArrayLike, Z: npt.ArrayLike) -> list[Array]:
    """Check the arguments of a backward pass that works on each entry by itself."""
    Z = check.any_shape(call, "Z", Z)
    return one_dtype(check.any_shape(call, "dA", dA, Z.shape), Z)


def _both_rows(call: str, dA: npt.ArrayLike, Z: npt.ArrayLike) -> list[Array]:
    """Check the arguments of a backward pass that works on rows."""
    Z = check.rows(call, "Z", Z)
    return one_dtype(check.rows(call, "dA", dA, Z.shape), Z)


def _softmax(Z: Array) -> Array:
    """Return softmax, of an argument that is known to be good."""
    e = np.exp(_below_largest(Z))
    A: Array = e / e.sum(axis=-1, keepdims=True)
    return A


def _below_largest(Z: Array) -> Array:
    """Subtract the largest number of each row. What is too far below it to be held becomes −∞."""
    with np.errstate(over="ignore"):
        below: Array = Z - Z.max(axis=-1, keepdims=True)
    return below
