"""PoolingExplorer: what max and average pooling keep of each window, and where gradients go."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnnlib import functional as F
from cnnlib.widgets._base import Choice, Matrix, Whole, Widget, bundle, styles

EXAMPLE = [[(3 * r * r + 7 * c + r * c) % 10 for c in range(6)] for r in range(6)]
"""Mixed digits, with a tie in one window."""


class PoolingExplorer(Widget):
    """Pool a small image, one channel: Z[x, y] = max or average of Ã[x·s + i, y·s + j].

    Parameters
    ----------
    image : (n_H, n_W)
        1 to 8 pixels on each side, values from −1000 to 1000; default: mixed digits, 6×6.
    kernel_size : int
        f: 1, 2, 3 or 4.
    stride : int, optional
        s: 1, 2 or 3; f if not given (3 for f = 4).
    padding : int
        p: 0, 1 or 2; −∞ for the maximum, zeros for the average.
    kind : "max" or "average"
        What becomes of a window.
    count_padding : bool
        Whether an average counts the zeros of the padding.
    backward : bool
        Show where the gradient at the output goes.
    upstream : (rows, columns) of the output, optional
        dZ, the gradient at the output. If it has another shape than the output: 1, 2, 3, … row
        by row, so that each number says which window it comes from.
    step : int
        The output cell that is shown, counted row by row from 0; beyond the last, the last.

    Raises
    ------
    TraitError
        If a value is outside these limits, now or when it is assigned later.

    Notes
    -----
    ``image`` and ``upstream`` are lists of lists; assign a new one to change an entry. A window
    that does not fit, or padding p ≥ f, is a state the widget explains in words; ``output`` and
    ``gradient`` raise there.

    Examples
    --------
    >>> explorer = PoolingExplorer([[1, 3, 2, 0], [4, 2, 1, 5]], upstream=[[10, 20]])
    >>> explorer
    PoolingExplorer(max, 2×4 image, 2×2 window, stride 2, padding 0 → 1×2)
    >>> explorer.output
    array([[4., 5.]])
    >>> explorer.gradient
    array([[ 0.,  0.,  0.,  0.],
           [10.,  0.,  0., 20.]])
    """

    _esm = bundle("pooling_explorer")
    _css = styles("pooling_explorer")

    image = Matrix(8).tag(sync=True)
    kernel_size = Choice(1, 2, 3, 4).tag(sync=True)
    stride = Choice(1, 2, 3).tag(sync=True)
    padding = Choice(0, 1, 2).tag(sync=True)
    kind = Choice("max", "average").tag(sync=True)
    count_padding = Choice(False, True).tag(sync=True)
    backward = Choice(False, True).tag(sync=True)
    upstream = Matrix(12, optional=True).tag(sync=True)
    step = Whole().tag(sync=True)

    def __init__(
        self,
        image: ArrayLike | None = None,
        kernel_size: int = 2,
        *,
        stride: int | None = None,
        padding: int = 0,
        kind: str = "max",
        count_padding: bool = True,
        backward: bool = False,
        upstream: ArrayLike | None = None,
        step: int = 0,
        **kwargs: Any,
    ) -> None:
        """See the class."""
        if stride is None:
            stride = 3 if kernel_size == 4 else kernel_size
        super().__init__(
            image=EXAMPLE if image is None else image,
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            kind=kind,
            count_padding=count_padding,
            backward=backward,
            upstream=[] if upstream is None else upstream,
            step=step,
            **kwargs,
        )

    @property
    def output(self) -> NDArray[np.float64]:
        """``cnnlib.max_pool2d`` or ``cnnlib.avg_pool2d`` of what is shown now."""
        A, (f, s, p) = self._arguments()
        if self.kind == "max":
            return F.max_pool2d(A, f, s, p)[0, :, :, 0]
        return F.avg_pool2d(A, f, s, p, count_padding=self.count_padding)[0, :, :, 0]

    @property
    def gradient(self) -> NDArray[np.float64]:
        """``cnnlib.max_pool2d_backward`` or ``cnnlib.avg_pool2d_backward`` of what is shown now."""
        A, (f, s, p) = self._arguments()
        shape = self.output.shape
        dZ = np.array(self.upstream)
        if dZ.shape != shape:
            dZ = np.arange(1.0, 1 + np.prod(shape)).reshape(shape)
        dZ = dZ[np.newaxis, :, :, np.newaxis]
        if self.kind == "max":
            return F.max_pool2d_backward(dZ, A, f, s, p)[0, :, :, 0]
        counted = self.count_padding
        return F.avg_pool2d_backward(dZ, A, f, s, p, count_padding=counted)[0, :, :, 0]

    def _arguments(self) -> tuple[NDArray[np.float64], tuple[int, int, int]]:
        """A with its four axes, and f, s, p."""
        A = np.array(self.image)[np.newaxis, :, :, np.newaxis]
        return A, (self.kernel_size, self.stride, self.padding)

    def describe(self) -> str:
        """Kind, sizes of the image, the window and the output."""
        rows, columns = len(self.image), len(self.image[0])
        f, s, p = self.kernel_size, self.stride, self.padding
        words = f"{self.kind}, {rows}×{columns} image, {f}×{f} window, stride {s}, padding {p}"
        if p >= f or f > min(rows, columns) + 2 * p:
            return f"{words} → does not fit"
        return f"{words} → {'×'.join(map(str, self.output.shape))}"
