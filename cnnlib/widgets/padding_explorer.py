"""PaddingExplorer: which pixels the windows use, how often, and what stands in the padding."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnlib.functional import conv2d_backward, output_size
from cnnlib.widgets._base import Choice, Whole, Widget, bundle, convolution_in_words, styles

NUMPY_MODE = {"zeros": "constant"}
"""What np.pad calls a mode, where it has another name for it."""


class PaddingExplorer(Widget):
    """Count the windows that use each pixel: uses[u, v] = #{(x, y) : (x−1)s < u ≤ (x−1)s + f, …}.

    Parameters
    ----------
    rows, columns : int
        n_H and n_W, 1 to 8. The pixel in row 3, column 2 has the value 32.
    kernel_size : int
        f, 1 to 7.
    stride : int
        s, 1 to 4.
    padding : int
        p, 0 to 4: rows and columns added on each of the four sides.
    mode : str
        What they hold: "zeros", or what ``np.pad`` puts there in its modes "edge", "reflect",
        "symmetric" and "wrap".
    show : str
        "uses" or "values": what the cells of the image show first.
    step : int
        The output whose window is shown, counted row by row from 0; beyond the last, the last.

    Raises
    ------
    TraitError
        If a value is outside these limits, now or when it is assigned later.

    Notes
    -----
    A window larger than the padded image is a state the widget explains in words; ``uses`` raises
    there.

    Examples
    --------
    >>> explorer = PaddingExplorer(3, 3, padding=1)
    >>> explorer
    PaddingExplorer(3×3 image, 3×3 kernel, stride 1, padding 1 → 3×3, zeros)
    >>> explorer.uses
    array([[1, 2, 3, 2, 1],
           [2, 4, 6, 4, 2],
           [3, 6, 9, 6, 3],
           [2, 4, 6, 4, 2],
           [1, 2, 3, 2, 1]])
    >>> explorer.mode = "edge"
    >>> explorer.padded[:2]
    array([[11, 11, 12, 13, 13],
           [11, 11, 12, 13, 13]])
    """

    _esm = bundle("padding_explorer")
    _css = styles("padding_explorer")

    rows = Choice(*range(1, 9)).tag(sync=True)
    columns = Choice(*range(1, 9)).tag(sync=True)
    kernel_size = Choice(*range(1, 8)).tag(sync=True)
    stride = Choice(1, 2, 3, 4).tag(sync=True)
    padding = Choice(0, 1, 2, 3, 4).tag(sync=True)
    mode = Choice("zeros", "edge", "reflect", "symmetric", "wrap").tag(sync=True)
    show = Choice("uses", "values").tag(sync=True)
    step = Whole().tag(sync=True)

    def __init__(
        self,
        rows: int = 6,
        columns: int = 6,
        *,
        kernel_size: int = 3,
        stride: int = 1,
        padding: int = 0,
        mode: str = "zeros",
        show: str = "uses",
        step: int = 0,
        **kwargs: Any,
    ) -> None:
        """See the class."""
        super().__init__(
            rows=rows,
            columns=columns,
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            mode=mode,
            show=show,
            step=step,
            **kwargs,
        )

    @property
    def image(self) -> NDArray[np.int64]:
        """The image, (n_H, n_W); each number names its row and its column."""
        return 10 * np.arange(1, self.rows + 1)[:, np.newaxis] + np.arange(1, self.columns + 1)

    @property
    def padded(self) -> NDArray[np.int64]:
        """``np.pad`` of the image, (n_H + 2p, n_W + 2p)."""
        mode: Any = NUMPY_MODE.get(self.mode, self.mode)
        return np.pad(self.image, self.padding, mode=mode)

    @property
    def uses(self) -> NDArray[np.int64]:
        """How many windows hold each pixel of the padded image, (n_H + 2p, n_W + 2p).

        It is the gradient of the sum of all outputs of a filter of ones: each output adds 1 to
        every pixel that it reads.
        """
        f, s = self.kernel_size, self.stride
        A = np.zeros((1, *self.padded.shape, 1))
        n_H, n_W = (output_size(n, f, s) for n in self.padded.shape)
        dA, _, _ = conv2d_backward(np.ones((1, n_H, n_W, 1)), A, np.ones((f, f, 1, 1)), stride=s)
        return dA[0, :, :, 0].astype(np.int64)

    def describe(self) -> str:
        """Sizes of the image, the window and the output, and what the padding holds."""
        shape = (self.rows, self.columns)
        sizes = convolution_in_words(shape, self.kernel_size, self.stride, self.padding)
        return f"{sizes}, {self.mode}" if self.padding else sizes
