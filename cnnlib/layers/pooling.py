"""POOL, the layer of section 3.2: windows are summed up by one number, channel by channel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cnnlib import _checks as check
from cnnlib import functional as F
from cnnlib._checks import Array
from cnnlib.init import Shape
from cnnlib.layers._arguments import image
from cnnlib.layers.base import Layer, Window


class MaxPool2D(Layer):
    """Keep the largest entry of every f×f window. Nothing is learned.

    Parameters
    ----------
    kernel_size : int ≥ 1
        f.
    stride : int ≥ 1, optional
        s; f if not given, so that the windows lie side by side.
    padding : int ≥ 0
        p < f. The padding is −∞, so it never wins.

    Raises
    ------
    TypeError, ValueError
        A size is not an integer or out of its range. `forward` and `backward` raise what
        `cnnlib.functional.max_pool2d` and `max_pool2d_backward` do, where the equations are too.

    References
    ----------
    Ranzato, Huang, Boureau and LeCun, *Unsupervised learning of invariant feature hierarchies with
    applications to object recognition*, CVPR 2007, section 2.

    Examples
    --------
    >>> A = np.arange(16.0).reshape(1, 4, 4, 1)
    >>> MaxPool2D(2).forward(A)[0, :, :, 0]
    array([[ 5.,  7.],
           [13., 15.]])
    """

    def __init__(self, kernel_size: int, stride: int | None = None, padding: int = 0) -> None:
        super().__init__()
        self.kernel_size, self.stride, self.padding = _sizes(self, kernel_size, stride, padding)

    def forward(self, A: npt.ArrayLike, training: bool = False) -> Array:
        """Return Z : (m, n_H, n_W, n_C) for A : (m, n_H_prev, n_W_prev, n_C)."""
        f, s, p = self.kernel_size, self.stride, self.padding
        if not training:
            return self._remember(F.max_pool2d(A, f, s, p), training=False)
        Z, winners = F.max_pool2d_with_winners(A, f, s, p)
        return self._remember(Z, A, winners, training=True)

    def backward(self, dZ: npt.ArrayLike) -> Array:
        """Return dA: each entry of dZ goes to the entry of A that was the largest."""
        A, winners = self._recall(dZ)
        f, s, p = self.kernel_size, self.stride, self.padding
        return F.max_pool2d_backward(dZ, A, f, s, p, winners=winners)

    def output_shape(self, shape: Shape) -> Shape:
        """Return (n_H, n_W, n_C) for (n_H_prev, n_W_prev, n_C)."""
        return _pooled(self, shape, self.window(shape))

    def window(self, shape: Shape) -> Window:
        """Return the f×f window with its stride and padding."""
        return Window(self.kernel_size, self.kernel_size, self.stride, self.padding)

    def __repr__(self) -> str:
        return f"MaxPool2D({self.kernel_size}, stride={self.stride}, padding={self.padding})"


class AvgPool2D(Layer):
    """Take the mean of every f×f window. Nothing is learned.

    Parameters
    ----------
    kernel_size : int ≥ 1
        f.
    stride : int ≥ 1, optional
        s; f if not given. With f = 1 the layer takes every s-th pixel.
    padding : int ≥ 0
        p < f.
    count_padding : bool
        Whether the zeros of the padding count: if so, the sum is always divided by f².

    Raises
    ------
    TypeError, ValueError
        As `MaxPool2D`, with `avg_pool2d`.

    References
    ----------
    LeCun et al., *Gradient-based learning applied to document recognition*, 1998, section II.A
    (there with a learned factor and bias for each channel).

    Examples
    --------
    >>> A = np.arange(16.0).reshape(1, 4, 4, 1)
    >>> AvgPool2D(2).forward(A)[0, :, :, 0]
    array([[ 2.5,  4.5],
           [10.5, 12.5]])
    """

    def __init__(
        self,
        kernel_size: int,
        stride: int | None = None,
        padding: int = 0,
        *,
        count_padding: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride, self.padding = _sizes(self, kernel_size, stride, padding)
        self.count_padding = count_padding

    def forward(self, A: npt.ArrayLike, training: bool = False) -> Array:
        """Return Z : (m, n_H, n_W, n_C) for A : (m, n_H_prev, n_W_prev, n_C)."""
        f, s, p = self.kernel_size, self.stride, self.padding
        Z = F.avg_pool2d(A, f, s, p, count_padding=self.count_padding)
        return self._remember(Z, A, training=training)

    def backward(self, dZ: npt.ArrayLike) -> Array:
        """Return dA: each entry of dZ is shared out evenly over its window."""
        (A,) = self._recall(dZ)
        f, s, p = self.kernel_size, self.stride, self.padding
        return F.avg_pool2d_backward(dZ, A, f, s, p, count_padding=self.count_padding)

    def output_shape(self, shape: Shape) -> Shape:
        """Return (n_H, n_W, n_C) for (n_H_prev, n_W_prev, n_C)."""
        return _pooled(self, shape, self.window(shape))

    def window(self, shape: Shape) -> Window:
        """Return the f×f window with its stride and padding."""
        return Window(self.kernel_size, self.kernel_size, self.stride, self.padding)

    def __repr__(self) -> str:
        counted = "" if self.count_padding else ", count_padding=False"
        return (
            f"AvgPool2D({self.kernel_size}, stride={self.stride}, padding={self.padding}{counted})"
        )


class GlobalAvgPool2D(Layer):
    """Take the mean of each channel: one number for each of them, whatever the size of the image.

    The equation::

        z[k] = 1/(n_H·n_W) · Σ_{x,y} A[x, y, k]

    Raises
    ------
    TypeError, ValueError
        An array is not of real numbers, empty, not finite or of another shape.

    References
    ----------
    Lin, Chen and Yan, *Network in network*, arXiv 1312.4400, section 3.2.

    Examples
    --------
    >>> GlobalAvgPool2D().forward(np.ones((10, 7, 5, 64))).shape
    (10, 64)
    """

    def forward(self, A: npt.ArrayLike, training: bool = False) -> Array:
        """Return Z : (m, n_C) for A : (m, n_H, n_W, n_C)."""
        A = check.array("GlobalAvgPool2D", "A", A, "m n_H n_W n_C")
        return self._remember(A.mean((1, 2)), A.shape, training=training)

    def backward(self, dZ: npt.ArrayLike) -> Array:
        """Return dA: each entry of dZ is shared out evenly over its channel."""
        (shape,) = self._recall(dZ)
        _, n_H, n_W, _ = shape
        dZ = check.array("GlobalAvgPool2D", "dZ", dZ, "m n_C")
        return np.broadcast_to(dZ[:, np.newaxis, np.newaxis] / (n_H * n_W), shape).copy()

    def output_shape(self, shape: Shape) -> Shape:
        """Return (n_C,) for (n_H, n_W, n_C)."""
        return image(self, shape)[2:]

    def window(self, shape: Shape) -> Window:
        """Return a window as large as the image."""
        n_H, n_W, _ = image(self, shape)
        return Window(n_H, n_W)


def _sizes(
    layer: Layer, kernel_size: int, stride: int | None, padding: int
) -> tuple[int, int, int]:
    """Return f, s, p after a look at them."""
    call = type(layer).__name__
    f = check.integer(call, "kernel_size", kernel_size, 1)
    s = f if stride is None else check.integer(call, "stride", stride, 1)
    p = check.integer(call, "padding", padding, 0)
    if p >= f:
        raise ValueError(
            f"{call}: padding is {p}, but windows of size {f} would then lie in the padding alone, "
            f"where there is nothing to pool: use padding < {f}"
        )
    return f, s, p


def _pooled(layer: Layer, shape: Shape, window: Window) -> Shape:
    """Return the shape after pooling."""
    n_H, n_W, n_C = image(layer, shape)
    f, _, s, p = window
    check.fit2d(repr(layer), (n_H, n_W), (f, f), p)
    return F.output_size(n_H, f, s, p), F.output_size(n_W, f, s, p), n_C
