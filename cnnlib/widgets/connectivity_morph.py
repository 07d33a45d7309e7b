"""ConnectivityMorph: the same layer as dense, locally connected and convolution."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnlib.functional import conv2d
from cnnlib.widgets._base import Checked, Choice, Whole, Widget, bundle, styles

LARGEST = 16  # inputs: the matrix has a column for each


class Size(Checked):
    """Rows and columns of the input: a row of 3 to 8, or 3 or 4 rows, 16 inputs at most."""

    default_value = (4, 4)

    def default(self, obj: Any = None) -> list[int]:
        """Return a new list each time."""
        return list(self.default_value)

    def check(self, value: Any) -> list[int]:
        """Return ``[rows, columns]``."""
        array = np.asarray(value)
        if array.shape != (2,) or array.dtype.kind not in "iu":
            raise ValueError(f"must be a number of rows and one of columns, not {value!r}")
        rows, columns = array.tolist()
        if rows not in (1, 3, 4) or not 3 <= columns <= 8 or rows * columns > LARGEST:
            raise ValueError(
                f"must be 1, 3 or 4 rows of 3 to 8 columns, at most {LARGEST} inputs, "
                f"not {rows}×{columns}"
            )
        return [rows, columns]


class ConnectivityMorph(Widget):
    """Show which inputs each output of a layer is connected with, and by which weight.

    One layer with one channel, z = M a, as a picture of its connections and as its matrix M. Dense:
    every cell has a weight of its own. Locally connected: only the inputs in the window of the
    output. Convolution: the same, with the same f² weights for all outputs.

    Parameters
    ----------
    kind : str
        "dense", "local" or "convolution".
    size : (rows, columns)
        Of the input: 1, 3 or 4 rows, 3 to 8 columns, at most 16 inputs. With one row, the kernel is
        1×f and the padding is at both ends only.
    kernel_size, stride : int
        f and s: 1, 2 or 3.
    padding : int
        p: 0 or 1.
    unit : int
        The output that is explained, counted row by row from 0; beyond the last, the last.

    Raises
    ------
    TraitError
        If a value is outside these limits, now or when it is assigned later.

    Examples
    --------
    >>> morph = ConnectivityMorph("convolution", (1, 4), kernel_size=2)
    >>> morph
    ConnectivityMorph(convolution, 1×4 input, f = 2, s = 1, p = 0: 6 connections, 2 weights)
    >>> morph.matrix
    array([[1, 2, 0, 0],
           [0, 1, 2, 0],
           [0, 0, 1, 2]])
    """

    _esm = bundle("connectivity_morph")
    _css = styles("connectivity_morph")

    kind = Choice("dense", "local", "convolution").tag(sync=True)
    size = Size().tag(sync=True)
    kernel_size = Choice(1, 2, 3).tag(sync=True)
    stride = Choice(1, 2, 3).tag(sync=True)
    padding = Choice(0, 1).tag(sync=True)
    unit = Whole().tag(sync=True)

    def __init__(
        self,
        kind: str = "dense",
        size: tuple[int, int] = (4, 4),
        *,
        kernel_size: int = 3,
        stride: int = 1,
        padding: int = 0,
        unit: int = 0,
        **kwargs: Any,
    ) -> None:
        """See the class."""
        super().__init__(
            kind=kind,
            size=size,
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            unit=unit,
            **kwargs,
        )

    @property
    def taps(self) -> NDArray[np.int64]:
        """Outputs × inputs, the tap of the kernel that joins them (from 1; 0 for none).

        Column i is the convolution of the image that is 1 at input i and 0 elsewhere, with a kernel
        that holds the numbers of its own taps.
        """
        n_H, n_W = self.size
        f, p = self.kernel_size, self.padding
        f_H, p_H = (1, 0) if n_H == 1 else (f, p)
        units = np.eye(n_H * n_W).reshape(-1, n_H, n_W, 1)
        padded = np.pad(units, ((0, 0), (p_H, p_H), (p, p), (0, 0)))
        numbered = np.arange(1.0, f_H * f + 1).reshape(f_H, f, 1, 1)
        columns = conv2d(padded, numbered, stride=self.stride).reshape(n_H * n_W, -1)
        return columns.T.astype(np.int64)

    @property
    def matrix(self) -> NDArray[np.int64]:
        """Outputs × inputs, the number of the weight in each cell, 0 where there is none."""
        taps = self.taps
        if self.kind == "convolution":
            return taps
        own = np.ones(taps.shape, bool) if self.kind == "dense" else taps > 0
        numbers = np.zeros_like(taps)
        numbers[own] = np.arange(1, own.sum() + 1)
        return numbers

    def describe(self) -> str:
        """The layer, and its counts."""
        matrix = self.matrix
        rows, columns = self.size
        layer = f"{self.kind}, {rows}×{columns} input, f = {self.kernel_size}"
        weights = len(np.unique(matrix[matrix > 0]))
        return (
            f"{layer}, s = {self.stride}, p = {self.padding}: "
            f"{np.count_nonzero(matrix)} connections, {weights} weights"
        )
