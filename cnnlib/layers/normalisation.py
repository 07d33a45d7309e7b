"""Two layers that do in training something else than in inference."""

from __future__ import annotations

from math import inf

import numpy as np
import numpy.typing as npt

from cnnlib import _checks as check
from cnnlib import functional as F
from cnnlib._checks import Array
from cnnlib.init import Shape
from cnnlib.layers._arguments import misfit
from cnnlib.layers.base import Layer


class BatchNorm2D(Layer):
    """Give each channel mean β and standard deviation γ, over the images and pixels of a batch.

    In training the statistics are those of the batch, and a running average of them is kept; in
    inference that average is used, so that an image's result does not depend on the others. It
    takes vectors (m, n) too, and then normalises each of the n over the batch.

    Parameters
    ----------
    channels : int ≥ 1
        n_C.
    momentum : float in [0, 1]
        The weight of the newest batch in the running averages (PyTorch's convention; elsewhere it
        is that of the past).
    eps : float > 0
        ε, added to the variance so that a constant channel can be divided by its root.
    dtype : float32 or float64
        Of parameters and state.

    Attributes
    ----------
    params["gamma"], params["beta"] : (n_C,)
        γ begins at 1 and β at 0.
    state["running_mean"], state["running_var"] : (n_C,)
        They begin at 0 and 1. The variance is averaged as the unbiased estimate (divided by N − 1),
        although the batch is normalised with the biased one (divided by N), as in PyTorch.

    Raises
    ------
    TypeError, ValueError
        A number is of another type or out of its range; `forward` in training gets one value for
        each channel only; else what `cnnlib.functional.batch_norm` and its backward raise.

    References
    ----------
    Ioffe and Szegedy, *Batch normalization*, arXiv 1502.03167, algorithms 1 and 2, section 3.2.

    Examples
    --------
    >>> A = np.random.default_rng(0).normal(5.0, 3.0, (16, 8, 8, 4))
    >>> Z = BatchNorm2D(4).forward(A, training=True)
    >>> bool(np.allclose(Z.mean((0, 1, 2)), 0.0)), bool(np.allclose(Z.std((0, 1, 2)), 1.0))
    (True, True)
    """

    def __init__(
        self,
        channels: int,
        momentum: float = 0.1,
        eps: float = 1e-5,
        *,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        n_C = check.integer("BatchNorm2D", "channels", channels, 1)
        dtype = check.floats("BatchNorm2D", dtype)
        super().__init__(gamma=np.ones(n_C, dtype), beta=np.zeros(n_C, dtype))
        self.channels = n_C
        why = "it weights the newest batch in an average"
        self.momentum = check.within("BatchNorm2D", "momentum", momentum, 0, 1, "[]", why)
        why = "it keeps a constant channel from being divided by 0"
        self.eps = check.within("BatchNorm2D", "eps", eps, 0, inf, "()", why)
        self._state = {"running_mean": np.zeros(n_C, dtype), "running_var": np.ones(n_C, dtype)}

    def forward(self, A: npt.ArrayLike, training: bool = False) -> Array:
        """Return Z, with the shape of A : (m, n_H, n_W, n_C) or (m, n_C)."""
        self.output_shape(np.shape(A)[1:])
        gamma, beta = self.params["gamma"], self.params["beta"]
        running_mean, running_var = self._state.values()
        if not training:
            Z, _, _ = F.batch_norm(A, gamma, beta, running_mean, running_var, self.eps)
            return self._remember(Z, training=False)
        Z, mean, variance = F.batch_norm(A, gamma, beta, eps=self.eps)
        N = np.size(A) // self.channels
        running_mean += self.momentum * (mean - running_mean)
        running_var += self.momentum * (variance * (N / (N - 1)) - running_var)
        return self._remember(Z, A, training=True)

    def backward(self, dZ: npt.ArrayLike) -> Array:
        """Return dA, with the shape of A: also through the mean and the variance of the batch."""
        (A,) = self._recall(dZ)
        dA, dgamma, dbeta = F.batch_norm_backward(dZ, A, self.params["gamma"], eps=self.eps)
        self._set_grads(gamma=dgamma, beta=dbeta)
        return dA

    def output_shape(self, shape: Shape) -> Shape:
        """Return the same shape, if its last axis has n_C channels."""
        if len(shape) in (1, 3) and shape[-1] == self.channels:
            return shape
        fix = "make the layer for as many channels as there are"
        raise misfit(self, shape, f"(n_H, n_W, {self.channels}) or ({self.channels},)", fix)

    def __repr__(self) -> str:
        return f"BatchNorm2D({self.channels})"


class Dropout(Layer):
    """Set a random part of the entries to zero in training; do nothing in inference.

    What is kept is divided by 1 − rate (*inverted* dropout), so that the expected value of every
    entry is what it is without the layer.

    Parameters
    ----------
    rate : float in [0, 1)
        The probability that an entry is dropped.
    rng : np.random.Generator
        Where the masks come from; each forward in training draws a new one.

    Raises
    ------
    TypeError, ValueError
        rng is not a generator, or rate is out of its range. Else what `cnnlib.functional.dropout`
        raises.

    References
    ----------
    Srivastava et al., *Dropout: a simple way to prevent neural networks from overfitting*, JMLR 15,
    2014, section 4; the scaling in training: section 10.

    Examples
    --------
    >>> layer = Dropout(0.5, np.random.default_rng(0))
    >>> layer.forward(np.ones((1, 6)), training=True)
    array([[2., 2., 2., 0., 0., 0.]])
    >>> layer.forward(np.ones((1, 6)))
    array([[1., 1., 1., 1., 1., 1.]])
    """

    def __init__(self, rate: float, rng: np.random.Generator) -> None:
        super().__init__()
        why = "it is the share that is dropped, and something has to stay"
        self.rate = check.within("Dropout", "rate", rate, 0, 1, "[)", why)
        self.rng = check.generator("Dropout", rng)

    def forward(self, A: npt.ArrayLike, training: bool = False) -> Array:
        """Return Z, with the shape of A: any."""
        if not training:
            return self._remember(np.asarray(A), training=False)
        Z, mask = F.dropout(A, self.rate, self.rng)
        return self._remember(Z, mask, training=True)

    def backward(self, dZ: npt.ArrayLike) -> Array:
        """Return dA: the gradient passes where the entry did."""
        (mask,) = self._recall(dZ)
        return F.dropout_backward(dZ, mask)

    def __repr__(self) -> str:
        return f"Dropout({self.rate})"
