"""How weights begin: at random, at a scale that depends on the layer.

At random, because two filters that begin equal get equal gradients and stay equal for ever. At the
right scale, because each layer multiplies the variance of what passes through it by about
fan_in · Var(W): with many layers anything but a factor near 1 dies out or explodes.

Every function here is `f(shape, rng, dtype=np.float32)`, and any function like it can be given to a
layer: `Conv2D(3, 16, 3, rng=rng, init=glorot_uniform)`. The last axis of a weight array counts
outputs, the one before it inputs, and the axes before those are the window.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod, sqrt
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from cnnlib import _checks as check
from cnnlib._checks import Array

__all__ = ["fans", "glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "zeros"]

Shape: TypeAlias = tuple[int, ...]
Initialiser: TypeAlias = Callable[[Shape, np.random.Generator, npt.DTypeLike], Array]


def fans(shape: Shape) -> tuple[int, int]:
    """Count what a weight array connects: inputs of one output, and outputs of one input.

    The equations::

        fan_in = f·f·n_C_prev      fan_out = f·f·n_C

    Parameters
    ----------
    shape : (f_H, f_W, n_C_prev, n_C) or (n_prev, n)
        The shape of W in a convolution or in a fully connected layer (where f is 1).

    Returns
    -------
    fan_in, fan_out : int

    Raises
    ------
    TypeError, ValueError
        The shape has fewer than two axes, or an axis is not an integer ≥ 1.

    References
    ----------
    He et al., *Delving deep into rectifiers*, arXiv 1502.01852, section 2.2 (n_l and n̂_l).

    Examples
    --------
    >>> fans((3, 3, 16, 32))
    (144, 288)
    """
    if not isinstance(shape, tuple | list) or len(shape) < 2:
        raise ValueError(
            f"fans: {shape} is not the shape of a weight array: it needs at least the two axes "
            f"(inputs, outputs)"
        )
    *window, n_prev, n = (check.integer("fans", "an axis of shape", n, 1) for n in shape)
    return prod(window) * n_prev, prod(window) * n


def he_normal(shape: Shape, rng: np.random.Generator, dtype: npt.DTypeLike = np.float32) -> Array:
    """Draw weights that keep the variance forward through ReLU.

    The equation::

        W ~ N(0, 2 / fan_in)

    The 2 makes up for the half of the values that ReLU sets to zero.

    Parameters
    ----------
    shape : (f_H, f_W, n_C_prev, n_C) or (n_prev, n)
    rng : np.random.Generator
        Where the numbers come from. Float32 and float64 get the same ones, but for rounding.
    dtype : float32 or float64

    Returns
    -------
    array of that shape

    Raises
    ------
    TypeError, ValueError
        As `fans`; rng is not a generator, or dtype is another one.

    References
    ----------
    He et al., arXiv 1502.01852, equation 10.

    Examples
    --------
    >>> W = he_normal((5, 5, 8, 100), np.random.default_rng(0))
    >>> round(float(W.var() * 5 * 5 * 8), 1)
    2.0
    """
    fan_in, _ = fans(shape)
    return _normal("he_normal", shape, sqrt(2 / fan_in), rng, dtype)


def he_uniform(shape: Shape, rng: np.random.Generator, dtype: npt.DTypeLike = np.float32) -> Array:
    """Draw weights as `he_normal`, but uniformly.

    The equation::

        W ~ U(−a, a),  a = √(6 / fan_in)

    The variance a²/3 is the same.

    Parameters
    ----------
    shape, rng, dtype
        As for `he_normal`.

    Returns
    -------
    array of that shape

    Raises
    ------
    TypeError, ValueError
        As `he_normal`.

    References
    ----------
    He et al., arXiv 1502.01852, equation 10.

    Examples
    --------
    >>> W = he_uniform((3, 3, 6, 100), np.random.default_rng(0))
    >>> float(abs(W).max()) <= 1 / 3  # √(6 / 54)
    True
    """
    fan_in, _ = fans(shape)
    return _uniform("he_uniform", shape, sqrt(6 / fan_in), rng, dtype)


def glorot_normal(
    shape: Shape, rng: np.random.Generator, dtype: npt.DTypeLike = np.float32
) -> Array:
    """Draw weights that keep the variance forward and backward where the activation is near linear.

    The equation, for tanh and its kind::

        W ~ N(0, 2 / (fan_in + fan_out))

    Parameters
    ----------
    shape, rng, dtype
        As for `he_normal`.

    Returns
    -------
    array of that shape

    Raises
    ------
    TypeError, ValueError
        As `he_normal`.

    References
    ----------
    Glorot and Bengio, *Understanding the difficulty of training deep feedforward neural networks*,
    AISTATS 2010, equation 12.

    Examples
    --------
    >>> W = glorot_normal((200, 300), np.random.default_rng(0))
    >>> round(float(W.var() * (200 + 300)), 1)
    2.0
    """
    return _normal("glorot_normal", shape, sqrt(2 / sum(fans(shape))), rng, dtype)


def glorot_uniform(
    shape: Shape, rng: np.random.Generator, dtype: npt.DTypeLike = np.float32
) -> Array:
    """Draw weights as `glorot_normal`, but uniformly.

    The equation::

        W ~ U(−a, a),  a = √(6 / (fan_in + fan_out))

    Parameters
    ----------
    shape, rng, dtype
        As for `he_normal`.

    Returns
    -------
    array of that shape

    Raises
    ------
    TypeError, ValueError
        As `he_normal`.

    References
    ----------
    Glorot and Bengio, AISTATS 2010, equation 16.

    Examples
    --------
    >>> W = glorot_uniform((200, 400), np.random.default_rng(0))
    >>> float(abs(W).max()) <= 0.1  # √(6 / 600)
    True
    """
    return _uniform("glorot_uniform", shape, sqrt(6 / sum(fans(shape))), rng, dtype)


def zeros(shape: Shape, rng: np.random.Generator, dtype: npt.DTypeLike = np.float32) -> Array:
    """Return weights that are all zero, for the body of a residual block and for showing symmetry.

    Parameters
    ----------
    shape, rng, dtype
        As for `he_normal`, but no number is drawn.

    Returns
    -------
    array of that shape

    Raises
    ------
    TypeError, ValueError
        As `fans`; dtype is another one.

    References
    ----------
    Goyal et al., *Accurate, large minibatch SGD*, arXiv 1706.02677, section 5.1 (the last γ of each
    residual block).

    Examples
    --------
    >>> zeros((2, 1), np.random.default_rng(0))
    array([[0.],
           [0.]], dtype=float32)
    """
    fans(shape)
    return np.zeros(shape, check.floats("zeros", dtype))


# Drawn in float64 and rounded, so that a seed means the same weights in both dtypes. The scale is a
# Python float: a NumPy one would make float64 of a float32 array.
def _normal(
    call: str, shape: Shape, scale: float, rng: np.random.Generator, dtype: npt.DTypeLike
) -> Array:
    W = scale * check.generator(call, rng).standard_normal(shape)
    return W.astype(check.floats(call, dtype))


def _uniform(
    call: str, shape: Shape, limit: float, rng: np.random.Generator, dtype: npt.DTypeLike
) -> Array:
    W = check.generator(call, rng).uniform(-limit, limit, shape)
    return W.astype(check.floats(call, dtype))
