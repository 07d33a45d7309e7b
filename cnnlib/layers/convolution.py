"""CONV, the layer of section 3: a bank of filters that is slid over the image."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cnnlib import _checks as check
from cnnlib import functional as F
from cnnlib._checks import Array
from cnnlib.init import Initialiser, Shape, he_normal
from cnnlib.layers._arguments import image, weights
from cnnlib.layers.base import Layer, Window


class Conv2D(Layer):
    """Convolve every image with n_C filters of size f×f: Z = conv(A, W) + b.

    It learns (f·f·n_C_prev)·n_C weights and n_C biases. There is no activation in it: put `ReLU()`
    or another one behind it.

    Parameters
    ----------
    in_channels, out_channels : int ≥ 1
        n_C_prev and n_C.
    kernel_size : int ≥ 1
        f.
    stride : int ≥ 1
        s.
    padding : int ≥ 0
        p; (f − 1)/2 keeps the size of the image if s = 1 and f is odd.
    bias : bool
        Whether there is a b. Before a `BatchNorm2D` it has no effect.
    rng : np.random.Generator
        Where the first weights come from.
    init : function (shape, rng, dtype) → array
        One of `cnnlib.init`. Biases begin at zero.
    dtype : float32 or float64
        Of the parameters.

    Attributes
    ----------
    params["W"] : (f, f, n_C_prev, n_C)
    params["b"] : (n_C,)

    Raises
    ------
    TypeError, ValueError
        A size is not an integer or too small; rng is not a generator; dtype is another one.
        `forward` and `backward` raise what `cnnlib.functional.conv2d` and its backward do.

    References
    ----------
    LeCun et al., *Gradient-based learning applied to document recognition*, Proceedings of the
    IEEE, 1998, section II.A. The equations are those of `cnnlib.functional.conv2d`.

    Examples
    --------
    >>> layer = Conv2D(3, 16, kernel_size=3, padding=1, rng=np.random.default_rng(0))
    >>> layer
    Conv2D(3, 16, kernel_size=3, stride=1, padding=1)
    >>> layer.forward(np.zeros((10, 32, 32, 3), np.float32)).shape
    (10, 32, 32, 16)
    >>> sum(array.size for array in layer.params.values())  # (3·3·3)·16 + 16
    448
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        padding: int = 0,
        bias: bool = True,
        *,
        rng: np.random.Generator,
        init: Initialiser = he_normal,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        self.in_channels = n_C_prev = check.integer("Conv2D", "in_channels", in_channels, 1)
        self.out_channels = n_C = check.integer("Conv2D", "out_channels", out_channels, 1)
        self.kernel_size = f = check.integer("Conv2D", "kernel_size", kernel_size, 1)
        self.stride = check.integer("Conv2D", "stride", stride, 1)
        self.padding = check.integer("Conv2D", "padding", padding, 0)
        super().__init__(
            W=weights("Conv2D", (f, f, n_C_prev, n_C), rng, init, dtype),
            b=np.zeros(n_C, dtype) if bias else None,
        )

    def forward(self, A: npt.ArrayLike, training: bool = False) -> Array:
        """Return Z : (m, n_H, n_W, n_C) for A : (m, n_H_prev, n_W_prev, n_C_prev)."""
        W, b = self.params["W"], self.params.get("b")
        if np.ndim(A) == 4:  # here the image is at fault, not the filters
            image(self, np.shape(A)[1:], self.in_channels)
        Z = F.conv2d(A, W, b, self.stride, self.padding)
        return self._remember(Z, A, training=training)

    def backward(self, dZ: npt.ArrayLike) -> Array:
        """Return dA, with the shape of A, for dZ with the shape of Z; fill `grads`."""
        (A,) = self._recall(dZ)
        dA, dW, db = F.conv2d_backward(dZ, A, self.params["W"], self.stride, self.padding)
        self._set_grads(W=dW, b=db)
        return dA

    def backward_params(self, dZ: npt.ArrayLike) -> None:
        """Fill `grads` only: a third of the work of forward and backward is not done."""
        (A,) = self._recall(dZ)
        dW, db = F.conv2d_backward_params(dZ, A, self.params["W"], self.stride, self.padding)
        self._set_grads(W=dW, b=db)

    def output_shape(self, shape: Shape) -> Shape:
        """Return (n_H, n_W, n_C) for (n_H_prev, n_W_prev, n_C_prev)."""
        f, s, p = self.kernel_size, self.stride, self.padding
        n_H, n_W, _ = image(self, shape, self.in_channels)
        check.fit2d(repr(self), (n_H, n_W), (f, f), p)
        return F.output_size(n_H, f, s, p), F.output_size(n_W, f, s, p), self.out_channels

    def window(self, shape: Shape) -> Window:
        """Return the f×f window with its stride and padding."""
        return Window(self.kernel_size, self.kernel_size, self.stride, self.padding)

    def multiply_adds(self, shape: Shape) -> int:
        """Count n_H·n_W·n_C outputs, each a sum of f·f·n_C_prev products."""
        n_H, n_W, n_C = self.output_shape(shape)
        return n_H * n_W * n_C * self.kernel_size**2 * self.in_channels

    def __repr__(self) -> str:
        return (
            f"Conv2D({self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
            f"stride={self.stride}, padding={self.padding}"
            f"{'' if 'b' in self.params else ', bias=False'})"
        )
