"""Losses: how far the network's answers are from what they should be, as one number.

Each is the cost J of a batch, the mean of the losses of its examples, and is returned as a Python
float, which mixes with float32 arrays without making them float64.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cnnlib import _checks as check
from cnnlib._checks import Array
from cnnlib.functional.activations import log_softmax, softmax

__all__ = [
    "cross_entropy",
    "cross_entropy_backward",
    "mean_squared_error",
    "mean_squared_error_backward",
]


def cross_entropy(logits: npt.ArrayLike, y: npt.ArrayLike) -> float:
    """Compare the probabilities that logits stand for with the classes that are right.

    The equation, for a batch of m examples::

        J = −1/m Σ_i log softmax(logits[i])[y[i]]

    Logits are what the last layer returns, before any softmax: here it is done together with the
    logarithm, so that no probability is rounded to 0 first.

    Parameters
    ----------
    logits : array (m, n)
        One row for each example, one column for each class.
    y : array of integers (m,)
        The right classes, from 0 to n − 1.

    Returns
    -------
    float
        J, from 0 (certain and right) to ∞; log n for a guess.

    Raises
    ------
    TypeError
        `logits` is not of real numbers or y not of integers.
    ValueError
        `logits` is empty, not finite or of the wrong shape; y has another length or a class that
        does not exist.

    References
    ----------
    Bishop, *Pattern recognition and machine learning*, 2006, equation 4.108.

    Examples
    --------
    >>> round(cross_entropy([[0, 0], [0, 0]], y=[0, 1]), 4)  # log 2
    0.6931
    >>> cross_entropy([[1000, -1000]], y=[1])
    2000.0
    """
    logits, y = _arguments("cross_entropy", logits, y)
    return float(-log_softmax(logits)[np.arange(len(y)), y].mean(dtype=np.float64))


def cross_entropy_backward(logits: npt.ArrayLike, y: npt.ArrayLike) -> Array:
    """Return the gradient of the cross-entropy at the logits: what is predicted less what is right.

    The equation, with 1 where j is the right class of example i and 0 elsewhere::

        dlogits[i, j] = 1/m (softmax(logits[i])[j] − 1{j = y[i]})

    Parameters
    ----------
    logits : array (m, n)
        One row for each example, one column for each class.
    y : array of integers (m,)
        The right classes, from 0 to n − 1.

    Returns
    -------
    array (m, n)
        dlogits; each row sums to 0.

    Raises
    ------
    TypeError, ValueError
        As `cross_entropy`.

    References
    ----------
    Bishop, *Pattern recognition and machine learning*, 2006, equation 4.109.

    Examples
    --------
    >>> cross_entropy_backward([[0, 0], [0, 0]], y=[0, 1])
    array([[-0.25,  0.25],
           [ 0.25, -0.25]])
    """
    logits, y = _arguments("cross_entropy_backward", logits, y)
    dlogits = softmax(logits)
    dlogits[np.arange(len(y)), y] -= 1
    dlogits /= len(y)
    return dlogits


def mean_squared_error(prediction: npt.ArrayLike, target: npt.ArrayLike) -> float:
    """Average the squares of all differences.

    The equation, over all N entries (so over examples *and* outputs, as in PyTorch)::

        J = 1/N Σ (prediction − target)²

    Parameters
    ----------
    prediction : array of any shape
    target : array of the same shape
        Nothing is broadcast: (m, 1) against (m,) would compare each with every other.

    Returns
    -------
    float
        J, from 0 to ∞.

    Raises
    ------
    TypeError
        An array is not of real numbers.
    ValueError
        An array is empty or not finite, or the shapes differ.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, 2016, section 5.1.4.

    Examples
    --------
    >>> mean_squared_error([[1, 2], [3, 4]], target=[[1, 2], [3, 6]])
    1.0
    """
    error = _difference("mean_squared_error", prediction, target)
    return float(np.square(error, dtype=np.float64).mean())


def mean_squared_error_backward(prediction: npt.ArrayLike, target: npt.ArrayLike) -> Array:
    """Return the gradient of the mean squared error at the prediction.

    The equation::

        dprediction = 2/N (prediction − target)

    Parameters
    ----------
    prediction : array of any shape
    target : array of the same shape

    Returns
    -------
    array of the shape of prediction
        dprediction. (That of the target is its negative.)

    Raises
    ------
    TypeError, ValueError
        As `mean_squared_error`.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, 2016, section 5.1.4.

    Examples
    --------
    >>> mean_squared_error_backward([[1, 2], [3, 4]], target=[[1, 2], [3, 6]])
    array([[ 0.,  0.],
           [ 0., -1.]])
    """
    error = _difference("mean_squared_error_backward", prediction, target)
    return error * (2 / error.size)


def _arguments(
    call: str, logits: npt.ArrayLike, y: npt.ArrayLike
) -> tuple[Array, npt.NDArray[np.intp]]:
    """Check the arguments of both cross-entropy functions."""
    logits = check.array(call, "logits", logits, "m n")
    return logits, check.classes(call, y, *logits.shape)


def _difference(call: str, prediction: npt.ArrayLike, target: npt.ArrayLike) -> Array:
    """Check the arguments of both squared-error functions, and subtract them."""
    prediction = check.any_shape(call, "prediction", prediction)
    target = check.any_shape(call, "target", target, prediction.shape)
    check.finite(call, "prediction", prediction)
    check.finite(call, "target", target)
    prediction, target = check.one_dtype(prediction, target)
    return prediction - target
