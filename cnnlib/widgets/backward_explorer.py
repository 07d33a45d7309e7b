"""BackwardExplorer: how the gradients of a convolution form, and that differences agree."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnnlib import functional as F
from cnnlib.widgets._base import (
    Choice,
    Matrix,
    Rows,
    Whole,
    Widget,
    bundle,
    convolution_in_words,
    styles,
)

IMAGE = [[(3 * r * r + 7 * c + r * c) % 10 for c in range(4)] for r in range(4)]
KERNEL = [[2, -1], [1, 3]]


class Kernel(Matrix):
    """A square kernel, 1×1 to 3×3; 2×2 is allowed: here nothing needs a middle."""

    def check(self, value: Any) -> Rows:
        """Return a new list of lists of floats."""
        rows = super().check(value)
        if len(rows) != len(rows[0]):
            raise ValueError(f"must have as many rows as columns, not {len(rows)}×{len(rows[0])}")
        return rows


class BackwardExplorer(Widget):
    """Carry dZ back through Z[x, y] = Σ K[i, j]·Ã[x·s + i, y·s + j]: dA and dK, three ways.

    Parameters
    ----------
    image : (n_H, n_W)
        A, 1 to 6 pixels on each side, values from −1000 to 1000; default: mixed digits, 4×4.
    kernel : (f, f)
        K, f = 1, 2 or 3; default: [[2, −1], [1, 3]].
    stride : int
        s: 1, 2 or 3.
    padding : int
        p: 0, 1 or 2 rows and columns of zeros on each side.
    upstream : (rows, columns) of the output, optional
        dZ, the gradient at the output. If it has another shape than the output: 1, 2, 3, … row
        by row, so that each number says which output it comes from.
    view : "scatter", "dK" or "dA"
        Output by output, or one of the two gradients as a convolution, entry by entry.
    step : int
        The output, or the entry, that is shown, counted row by row from 0; beyond the last, the
        last.

    Raises
    ------
    TraitError
        If a value is outside these limits, now or when it is assigned later.

    Notes
    -----
    ``image``, ``kernel`` and ``upstream`` are lists of lists; assign a new one to change an entry.
    A kernel that does not fit is a state the widget explains in words; ``output`` and ``gradients``
    raise there.

    Examples
    --------
    >>> explorer = BackwardExplorer([[1, 2, 3], [4, 5, 6]], [[1, 0], [0, -1]], upstream=[[1, 10]])
    >>> explorer
    BackwardExplorer(2×3 image, 2×2 kernel, stride 1, padding 0 → 1×2)
    >>> dA, dK = explorer.gradients
    >>> dA
    array([[  1.,  10.,   0.],
           [  0.,  -1., -10.]])
    >>> dK
    array([[21., 32.],
           [54., 65.]])
    """

    _esm = bundle("backward_explorer")
    _css = styles("backward_explorer")

    image = Matrix(6).tag(sync=True)
    kernel = Kernel(3).tag(sync=True)
    stride = Choice(1, 2, 3).tag(sync=True)
    padding = Choice(0, 1, 2).tag(sync=True)
    upstream = Matrix(10, optional=True).tag(sync=True)
    view = Choice("scatter", "dK", "dA").tag(sync=True)
    step = Whole().tag(sync=True)

    def __init__(
        self,
        image: ArrayLike | None = None,
        kernel: ArrayLike | None = None,
        *,
        stride: int = 1,
        padding: int = 0,
        upstream: ArrayLike | None = None,
        view: str = "scatter",
        step: int = 0,
        **kwargs: Any,
    ) -> None:
        """See the class."""
        super().__init__(
            image=IMAGE if image is None else image,
            kernel=KERNEL if kernel is None else kernel,
            stride=stride,
            padding=padding,
            upstream=[] if upstream is None else upstream,
            view=view,
            step=step,
            **kwargs,
        )

    @property
    def output(self) -> NDArray[np.float64]:
        """Z, ``cnnlib.correlate2d`` of what is shown now."""
        return F.correlate2d(self.image, self.kernel, self.stride, self.padding)

    @property
    def gradients(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """dA and dK, ``cnnlib.conv2d_backward`` of what is shown now."""
        shape = self.output.shape
        dZ = np.array(self.upstream)
        if dZ.shape != shape:
            dZ = np.arange(1.0, 1 + np.prod(shape)).reshape(shape)
        A, W = np.array(self.image)[None, :, :, None], np.array(self.kernel)[:, :, None, None]
        dA, dW, _ = F.conv2d_backward(dZ[None, :, :, None], A, W, self.stride, self.padding)
        return dA[0, :, :, 0], dW[:, :, 0, 0]

    def describe(self) -> str:
        """Sizes of the image, the kernel and the output."""
        shape = (len(self.image), len(self.image[0]))
        return convolution_in_words(shape, len(self.kernel), self.stride, self.padding)
