"""Two functions that do in training something else than in inference."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from cnnlib import _checks as check
from cnnlib._checks import Array

__all__ = ["batch_norm", "batch_norm_backward", "dropout", "dropout_backward"]


def batch_norm(
    Z: npt.ArrayLike,
    gamma: npt.ArrayLike,
    beta: npt.ArrayLike,
    mean: npt.ArrayLike | None = None,
    variance: npt.ArrayLike | None = None,
    eps: float = 1e-5,
) -> tuple[Array, Array, Array]:
    """Give each channel the mean β and the standard deviation γ.

    The equation, for each channel, over the N = m·n_H·n_W numbers that it has in the batch::

        μ = 1/N Σ Z        σ² = 1/N Σ (Z − μ)²        Y = γ (Z − μ) / √(σ² + ε) + β

    In training μ and σ² are those of the batch. In inference they are given, so that the result of
    an image does not depend on the others.

    Parameters
    ----------
    Z : array (m, n_H, n_W, n_C) or (m, n_C)
        A batch.
    gamma, beta : arrays (n_C,)
        γ and β.
    mean, variance : arrays (n_C,), optional
        μ and σ² ≥ 0; if not given, those of the batch.
    eps : float > 0
        ε, which keeps a constant channel from being divided by 0.

    Returns
    -------
    Y : array of the shape of Z
    mean, variance : arrays (n_C,)
        μ and σ² (divided by N, not by N − 1), for a running average.

    Raises
    ------
    TypeError
        An array is not of real numbers, or ε is not one.
    ValueError
        An array is empty, not finite or of the wrong shape; only one of μ and σ² is given; σ² < 0;
        ε ≤ 0; N = 1, where the batch has no variance.

    References
    ----------
    Ioffe and Szegedy, *Batch normalization*, arXiv 1502.03167, algorithms 1 and 2.

    Examples
    --------
    >>> Y, mean, variance = batch_norm([[1, 10], [3, 50]], gamma=[1, 2], beta=[0, 5])
    >>> Y.round(3)
    array([[-1.,  3.],
           [ 1.,  7.]])
    >>> mean, variance
    (array([ 2., 30.]), array([  1., 400.]))
    """
    call = "batch_norm"
    Z, gamma, mean, variance, eps = _arguments(call, Z, gamma, mean, variance, eps)
    beta = check.array(call, "beta", beta, "n_C", n_C=Z.shape[-1])
    Z, gamma, beta = check.one_dtype(Z, gamma, beta)
    Y, mean, variance = _centred(Z, mean, variance)
    Y *= _along(gamma / np.sqrt(variance + eps), Y)
    Y += _along(beta, Y)
    return Y.reshape(Z.shape), mean, variance


def batch_norm_backward(
    dY: npt.ArrayLike,
    Z: npt.ArrayLike,
    gamma: npt.ArrayLike,
    mean: npt.ArrayLike | None = None,
    variance: npt.ArrayLike | None = None,
    eps: float = 1e-5,
) -> tuple[Array, Array, Array]:
    """Turn the gradient at the output of `batch_norm` into those at Z, γ and β.

    The equations, for each channel, where Ẑ = (Z − μ) / √(σ² + ε) and dX stands for ∂J/∂X::

        dβ = Σ dY        dγ = Σ dY Ẑ
        dZ = γ / √(σ² + ε) · (dY − dβ/N − Ẑ dγ/N)

    The last two terms are the way through μ and σ² of the batch. Where μ and σ² were given to the
    forward pass, they are constants and the two terms are absent.

    Parameters
    ----------
    dY : array of the shape of Z
        The gradient at the output.
    Z, gamma, mean, variance, eps
        What `batch_norm` was called with: in training, without μ and σ².

    Returns
    -------
    dZ : array of the shape of Z
    dgamma, dbeta : arrays (n_C,)

    Raises
    ------
    TypeError, ValueError
        As `batch_norm`; dY is not finite or not of the shape of Z.

    References
    ----------
    Ioffe and Szegedy, *Batch normalization*, arXiv 1502.03167, section 3, simplified.

    Examples
    --------
    >>> dZ, dgamma, dbeta = batch_norm_backward([[3], [1], [5]], Z=[[1], [2], [3]], gamma=[1])
    >>> dZ.round(3) + 0.0
    array([[ 1.225],
           [-2.449],
           [ 1.225]])
    >>> dgamma.round(3), dbeta
    (array([2.449]), array([9.]))
    """
    call = "batch_norm_backward"
    Z, gamma, given_mean, given_variance, eps = _arguments(call, Z, gamma, mean, variance, eps)
    dY, Z, gamma = check.one_dtype(check.rows(call, "dY", dY, Z.shape), Z, gamma)
    centred, _, variance = _centred(Z, given_mean, given_variance)
    N, n_C = Z.size // Z.shape[-1], Z.shape[-1]
    dY = dY.reshape(centred.shape)
    scale = 1 / np.sqrt(variance + eps)
    dbeta = _total(dY, n_C)
    dgamma = scale * _total_of_products(dY, centred, n_C)
    if given_mean is not None:
        dZ = dY * _along(gamma * scale, dY)
    else:
        dZ = centred
        dZ *= _along(-scale * dgamma / N, dZ)  # −Ẑ dγ/N
        dZ += dY
        dZ -= _along(dbeta / N, dZ)
        dZ *= _along(gamma * scale, dZ)
    return dZ.reshape(Z.shape), dgamma, dbeta


def dropout(A: npt.ArrayLike, rate: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Set a random part of the entries to zero, and enlarge the others to make up for it.

    The equation, with r = 0 with the probability `rate`, else 1, drawn for each entry::

        mask = r / (1 − rate)        D = A · mask

    The expected value of each entry of D is that of A: nothing is to be done in inference (this is
    called *inverted* dropout).

    Parameters
    ----------
    A : array of any shape
    rate : float
        From 0, which drops nothing, to below 1. It is the share that is *dropped*, as in PyTorch.
    rng : numpy.random.Generator
        Where the random numbers come from. For the same seed float32 and float64 drop the same
        entries.

    Returns
    -------
    D, mask : arrays of the shape of A

    Raises
    ------
    TypeError
        A is not of real numbers, `rate` is not one, or `rng` is not a generator.
    ValueError
        A is empty, or `rate` is not in [0, 1).

    References
    ----------
    Srivastava et al., *Dropout: a simple way to prevent neural networks from overfitting*, 2014,
    section 4; the scaling in training, section 10.

    Examples
    --------
    >>> D, mask = dropout([1, 2, 3, 4], 0.5, np.random.default_rng(0))
    >>> D
    array([2., 4., 6., 0.])
    >>> mask
    array([2., 2., 2., 0.])
    """
    A = check.any_shape("dropout", "A", A)
    why = "it is the share that is dropped, and something has to stay"
    rate = check.within("dropout", "rate", rate, 0.0, 1.0, "[)", why)
    rng = check.generator("dropout", rng)
    keep = rng.random(A.shape, np.float32) >= rate
    mask = np.multiply(keep, 1 / (1 - rate), dtype=A.dtype)
    return A * mask, mask


def dropout_backward(dD: npt.ArrayLike, mask: npt.ArrayLike) -> Array:
    """Let the gradient pass where the entry was kept.

    The equation::

        dA = dD · mask

    Parameters
    ----------
    dD : array of the shape of mask
        The gradient at the output.
    mask : array of any shape
        What `dropout` returned.

    Returns
    -------
    array of the shape of mask
        dA.

    Raises
    ------
    TypeError
        An array is not of real numbers.
    ValueError
        An array is empty, or the shapes differ.

    References
    ----------
    Srivastava et al., *Dropout*, 2014, section 5.1.

    Examples
    --------
    >>> dropout_backward([1, 1, 1], mask=[2, 0, 2])
    array([2., 0., 2.])
    """
    mask = check.any_shape("dropout_backward", "mask", mask)
    dD, mask = check.one_dtype(check.any_shape("dropout_backward", "dD", dD, mask.shape), mask)
    return dD * mask


def _arguments(
    call: str,
    Z: npt.ArrayLike,
    gamma: npt.ArrayLike,
    mean: npt.ArrayLike | None,
    variance: npt.ArrayLike | None,
    eps: float,
) -> tuple[Array, Array, Array | None, Array | None, float]:
    """Check what batch_norm and its backward have in common."""
    Z = check.array(call, "Z", Z, "m n_H n_W n_C", "m n_C")
    n_C = Z.shape[-1]
    gamma = check.array(call, "gamma", gamma, "n_C", n_C=n_C)
    why = "it keeps a constant channel from being divided by 0"
    eps = check.within(call, "eps", eps, 0.0, math.inf, "()", why)
    if mean is None and variance is None:
        if Z.size == n_C:
            raise ValueError(
                f"{call}: Z has shape {Z.shape}, one number for each channel, and one number has "
                f"no variance: use a larger batch, or give mean and variance"
            )
        return Z, gamma, None, None, eps
    if mean is None or variance is None:
        lacking = "mean" if mean is None else "variance"
        raise ValueError(
            f"{call}: {lacking} is not given, but only its partner is: give both mean and "
            f"variance (inference) or none of them (training)"
        )
    mean = check.array(call, "mean", mean, "n_C", n_C=n_C)
    variance = check.array(call, "variance", variance, "n_C", n_C=n_C)
    if variance.min() < 0:
        raise ValueError(
            f"{call}: variance[{variance.argmin()}] is {variance.min()}, but a mean of squares is "
            f"not negative: use what batch_norm returned, or an average of that"
        )
    Z, gamma, mean, variance = check.one_dtype(Z, gamma, mean, variance)
    return Z, gamma, mean, variance, eps


def _centred(Z: Array, mean: Array | None, variance: Array | None) -> tuple[Array, Array, Array]:
    """Return Z − μ, and μ and σ²: those that are given, or those of Z.

    Z − μ is a matrix whose rows are rows of pixels, n_W·n_C numbers long: NumPy pays for each run
    of numbers to which it does the same, and the n_C numbers of one pixel are a short run.
    """
    n_C = Z.shape[-1]
    N = Z.size // n_C
    X = Z.reshape(-1, n_C if Z.ndim == 2 else Z.shape[2] * n_C)
    if mean is not None and variance is not None:
        return X - _along(mean, X), mean.copy(), variance.copy()
    mean = _total(X, n_C) / N
    centred = X - _along(mean, X)
    rest = _total(centred, n_C) / N  # what rounding left of a large mean
    centred -= _along(rest, X)
    return centred, mean + rest, _total_of_products(centred, centred, n_C) / N


def _along(v: Array, X: Array) -> Array:
    """Repeat the numbers v of the n_C channels for each pixel in a row of X."""
    return np.tile(v, X.shape[1] // len(v))


def _total(X: Array, n_C: int) -> Array:
    """Sum X for each channel; a product with ones is quicker than X.sum(axis=0)."""
    total: Array = (np.ones(len(X), X.dtype) @ X).reshape(-1, n_C).sum(axis=0)
    return total


def _total_of_products(X: Array, Y: Array, n_C: int) -> Array:
    """Sum X · Y for each channel."""
    total: Array = np.einsum("ik,ik->k", X, Y).reshape(-1, n_C).sum(axis=0)
    return total
