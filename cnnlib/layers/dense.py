"""FC, the layer of section 3.3, and the layers that only hand things on."""

from __future__ import annotations

from math import prod

import numpy as np
import numpy.typing as npt

from cnnlib import _checks as check
from cnnlib import functional as F
from cnnlib._checks import Array
from cnnlib.init import Initialiser, Shape, he_normal
from cnnlib.layers._arguments import image, misfit, weights
from cnnlib.layers.base import Layer


class Dense(Layer):
    """Connect every input with every output, the fully connected layer: Z = A·W + b.

    It learns n_prev·n weights and n biases. Give it vectors: put `Flatten()` or `GlobalAvgPool2D()`
    between images and it.

    Parameters
    ----------
    in_features, out_features : int ≥ 1
        n_prev and n; the article's n_{l−1} and n_l.
    bias : bool
        Whether there is a b.
    rng : np.random.Generator
        Where the first weights come from.
    init : function (shape, rng, dtype) → array
        One of `cnnlib.init`. Biases begin at zero.
    dtype : float32 or float64
        Of the parameters.

    Attributes
    ----------
    params["W"] : (n_prev, n)
        The article's w_{j,l}, from l to j, is W[l, j].
    params["b"] : (n,)

    Raises
    ------
    TypeError, ValueError
        As `Conv2D`. `forward` and `backward` raise what `cnnlib.functional.dense` and
        `dense_backward` do.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, 2016, algorithms 6.3 and 6.4.

    Examples
    --------
    >>> layer = Dense(400, 120, rng=np.random.default_rng(0))
    >>> layer
    Dense(400, 120)
    >>> layer.forward(np.zeros((10, 400), np.float32)).shape
    (10, 120)
    >>> sum(array.size for array in layer.params.values())  # 400·120 + 120
    48120
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        rng: np.random.Generator,
        init: Initialiser = he_normal,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        self.in_features = n_prev = check.integer("Dense", "in_features", in_features, 1)
        self.out_features = n = check.integer("Dense", "out_features", out_features, 1)
        super().__init__(
            W=weights("Dense", (n_prev, n), rng, init, dtype),
            b=np.zeros(n, dtype) if bias else None,
        )

    def forward(self, A: npt.ArrayLike, training: bool = False) -> Array:
        """Return Z : (m, n) for A : (m, n_prev)."""
        self.output_shape(np.shape(A)[1:])
        Z = F.dense(A, self.params["W"], self.params.get("b"))
        return self._remember(Z, A, training=training)

    def backward(self, dZ: npt.ArrayLike) -> Array:
        """Return dA : (m, n_prev) for dZ : (m, n); fill `grads`."""
        (A,) = self._recall(dZ)
        dA, dW, db = F.dense_backward(dZ, A, self.params["W"])
        self._set_grads(W=dW, b=db)
        return dA

    def output_shape(self, shape: Shape) -> Shape:
        """Return (n,) for (n_prev,)."""
        if shape == (self.in_features,):
            return (self.out_features,)
        fix = f"use Dense({prod(shape)}, {self.out_features}, …)"
        if len(shape) > 1:
            fix = f"put Flatten() before it and {fix}, or put GlobalAvgPool2D() before it"
        raise misfit(self, shape, f"({self.in_features},)", fix)

    def multiply_adds(self, shape: Shape) -> int:
        """Count n outputs, each a sum of n_prev products."""
        self.output_shape(shape)
        return self.in_features * self.out_features

    def __repr__(self) -> str:
        bias = "" if "b" in self.params else ", bias=False"
        return f"Dense({self.in_features}, {self.out_features}{bias})"


class Flatten(Layer):
    """Lay the entries of each example in a row: (m, n_H, n_W, n_C) becomes (m, n_H·n_W·n_C).

    Row by row, pixel by pixel, and within a pixel channel by channel. The numbers are not copied.

    Raises
    ------
    TypeError, ValueError
        A does not hold real numbers, is empty, or has no axis after that of the batch.

    Examples
    --------
    >>> Flatten().forward([[[[1.0, 2.0], [3.0, 4.0]]]])
    array([[1., 2., 3., 4.]])
    """

    makes_array = False

    def forward(self, A: npt.ArrayLike, training: bool = False) -> Array:
        """Return Z : (m, n_H·n_W·n_C) for A : (m, n_H, n_W, n_C)."""
        A = check.numbers("Flatten", "A", A, "m n_H n_W n_C", "m n_H n_C", "m n")
        return self._remember(A.reshape(len(A), -1), A.shape, training=training)

    def backward(self, dZ: npt.ArrayLike) -> Array:
        """Return dA: dZ in the shape of A."""
        (shape,) = self._recall(dZ)
        return np.asarray(dZ).reshape(shape)

    def output_shape(self, shape: Shape) -> Shape:
        """Return (n_H·n_W·n_C,) for (n_H, n_W, n_C)."""
        return (prod(shape),)


class Identity(Layer):
    """Hand on what comes: the shortcut of a residual block. Nothing is copied.

    Examples
    --------
    >>> Identity().forward([1.0, 2.0])
    array([1., 2.])
    """

    makes_array = False

    def forward(self, A: npt.ArrayLike, training: bool = False) -> Array:
        """Return A."""
        A = np.asarray(A)
        return self._remember(A, training=training)

    def backward(self, dZ: npt.ArrayLike) -> Array:
        """Return dZ."""
        self._recall(dZ)
        return np.asarray(dZ)


class PadChannels(Layer):
    """Add channels that are zero: the part of a fixed shortcut that makes n_C_prev grow to n_C.

    Parameters
    ----------
    n : int ≥ 0
        How many channels are added, behind the others.

    Raises
    ------
    TypeError, ValueError
        n is not an integer ≥ 0; A does not hold real numbers, is empty or of another shape.

    References
    ----------
    He et al., *Deep residual learning for image recognition*, arXiv 1512.03385, section 4.1,
    option A.

    Examples
    --------
    >>> PadChannels(2).forward(np.ones((1, 1, 1, 3)))
    array([[[[1., 1., 1., 0., 0.]]]])
    """

    def __init__(self, n: int) -> None:
        super().__init__()
        self.n = check.integer("PadChannels", "n", n, 0)

    def forward(self, A: npt.ArrayLike, training: bool = False) -> Array:
        """Return Z : (m, n_H, n_W, n_C + n) for A : (m, n_H, n_W, n_C)."""
        A = check.numbers("PadChannels", "A", A, "m n_H n_W n_C")
        return self._remember(np.pad(A, [(0, 0)] * 3 + [(0, self.n)]), training=training)

    def backward(self, dZ: npt.ArrayLike) -> Array:
        """Return dA: dZ without the channels that were added."""
        self._recall(dZ)
        dZ = np.asarray(dZ)
        return dZ[..., : dZ.shape[3] - self.n].copy()

    def output_shape(self, shape: Shape) -> Shape:
        """Return (n_H, n_W, n_C + n) for (n_H, n_W, n_C)."""
        n_H, n_W, n_C = image(self, shape)
        return n_H, n_W, n_C + self.n

    def __repr__(self) -> str:
        return f"PadChannels({self.n})"
