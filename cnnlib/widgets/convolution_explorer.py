"""ConvolutionExplorer: the window, the products and the sum, on an image small enough to read."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnnlib import filters
from cnnlib.functional import correlate2d
from cnnlib.widgets._base import (
    Choice,
    Matrix,
    Presets,
    Whole,
    Widget,
    bundle,
    convolution_in_words,
    styles,
)

EXAMPLE = [[10, 10, 10, 0, 0, 0]] * 6
"""The 6×6 example of section 1: bright on the left, dark on the right."""


class ConvolutionExplorer(Widget):
    """Slide a kernel over a small image: output[x, y] = Σ K[i, j] · Ĩ[x·s + i, y·s + j].

    Parameters
    ----------
    image : (n_H, n_W)
        1 to 10 pixels on each side, values from −1000 to 1000; default: the 6×6 example.
    kernel : (f, f)
        f is 1, 3 or 5, entries from −1000 to 1000; default: the vertical-edge filter.
    stride : int
        1, 2 or 3.
    padding : int
        0, 1, 2 or 3: rows and columns of zeros on each of the four sides.
    step : int
        The output cell that is shown, counted row by row from 0; beyond the last, the last.
    predict : bool
        Show "?" instead of the outputs after the current step, to be predicted first.

    Raises
    ------
    TraitError
        If a value is outside these limits, now or when it is assigned later.

    Notes
    -----
    ``image`` and ``kernel`` are lists of lists; assign a new one to change an entry
    (``explorer.image = …``). A kernel larger than the padded image is a state the widget
    explains in words; ``output`` raises there.

    Examples
    --------
    >>> explorer = ConvolutionExplorer(stride=2)
    >>> explorer
    ConvolutionExplorer(6×6 image, 3×3 kernel, stride 2, padding 0 → 2×2)
    >>> explorer.output
    array([[ 0., 30.],
           [ 0., 30.]])
    """

    _esm = bundle("convolution_explorer")
    _css = styles()

    image = Matrix(10).tag(sync=True)
    kernel = Matrix(5, sizes=(1, 3, 5)).tag(sync=True)
    stride = Choice(1, 2, 3).tag(sync=True)
    padding = Choice(0, 1, 2, 3).tag(sync=True)
    step = Whole().tag(sync=True)
    predict = Choice(False, True).tag(sync=True)
    presets = Presets(read_only=True).tag(sync=True)

    def __init__(
        self,
        image: ArrayLike | None = None,
        kernel: ArrayLike | None = None,
        *,
        stride: int = 1,
        padding: int = 0,
        step: int = 0,
        predict: bool = False,
        **kwargs: Any,
    ) -> None:
        """See the class."""
        super().__init__(
            image=EXAMPLE if image is None else image,
            kernel=filters.VEF if kernel is None else kernel,
            stride=stride,
            padding=padding,
            step=step,
            predict=predict,
            **kwargs,
        )

    @property
    def output(self) -> NDArray[np.float64]:
        """``cnnlib.correlate2d(image, kernel, stride, padding)`` of what is shown now."""
        image, kernel = np.array(self.image), np.array(self.kernel)
        return correlate2d(image, kernel, self.stride, self.padding)

    def describe(self) -> str:
        """Sizes of the image, the kernel and the output."""
        return convolution_in_words(
            (len(self.image), len(self.image[0])), len(self.kernel), self.stride, self.padding
        )
