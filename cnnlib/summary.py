"""The table of a network: shapes, parameters, multiply-adds, receptive fields, memory."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from math import log10, prod
from typing import NamedTuple

from cnnlib.init import Shape
from cnnlib.layers import Layer
from cnnlib.receptive import Seen, follow, start

__all__ = ["Row", "Summary"]

HEAD = ("layer", "output", "parameters", "multiply-adds", "receptive field", "memory")
UNITS = (10, "KiB"), (20, "MiB"), (30, "GiB"), (60, "EiB")


class Row(NamedTuple):
    """One line of the table.

    Attributes
    ----------
    depth : int
        In how many blocks the layer is.
    layer : str
        Its place in its block, and what it is.
    shape : tuple of int
        Of its output for one example.
    parameters, multiply_adds : int or None
        A block leaves the counting to the rows of its parts: None.
    field : (r_H, r_W) or ()
        The receptive field of one output.
    memory : int
        How many bytes the layer makes for one example: 0 if it only hands them on.
    """

    depth: int
    layer: str
    shape: Shape
    parameters: int | None
    multiply_adds: int | None
    field: Shape
    memory: int

    def cells(self) -> tuple[str, ...]:
        """Return the texts of the line."""
        counts = ("" if n is None else f"{n:,}" for n in (self.parameters, self.multiply_adds))
        hands_on = self.parameters is None and not self.memory
        memory = "" if hands_on else _bytes(self.memory)
        return self.layer, _times(self.shape), *counts, _times(self.field), memory


class Summary:
    """The table of a network for one input shape; `model.summary(input_shape)` makes it.

    Parameters
    ----------
    layer : Layer
        A layer or a block; what a block is built of is shown below it, indented.
    input_shape : (n_H, n_W, n_C) or (n,)
        The shape of one example, without the batch axis.

    Attributes
    ----------
    rows : list of Row
        First that of the input, then those of the layers.
    parameters : int
        What is learned, in all.
    multiply_adds : int
        For one example forward, in all. Backward takes about twice as many again.
    memory : int
        Bytes that one example takes in training, in all: the input and what each layer makes of it,
        kept until backward, in the dtype of the parameters.

    Raises
    ------
    TypeError, ValueError
        The shape is not one, or a layer does not take the shape that reaches it.

    References
    ----------
    Multiply-adds as counted by He et al., arXiv 1512.03385, table 1.

    Examples
    --------
    >>> import numpy as np
    >>> from cnnlib.blocks import Sequential
    >>> from cnnlib.layers import Dense, Flatten, MaxPool2D
    >>> model = Sequential(MaxPool2D(2), Flatten(), Dense(9, 2, rng=np.random.default_rng(0)))
    >>> model.summary((6, 6, 1))
    layer                                 output  parameters  multiply-adds  receptive field  memory
    ------------------------------------------------------------------------------------------------
    input                                  6×6×1                                         1×1   144 B
    0  MaxPool2D(2, stride=2, padding=0)   3×3×1           0              0              2×2    36 B
    1  Flatten()                               9           0              0              2×2     0 B
    2  Dense(9, 2)                             2          20             18              6×6     8 B
    ------------------------------------------------------------------------------------------------
    total                                                 20             18                    188 B
    """

    def __init__(self, layer: Layer, input_shape: Shape) -> None:
        seen = start("summary", input_shape)
        itemsize = next((array.itemsize for array in layer.params.values()), 4)
        image = prod(seen.shape) * itemsize
        field = tuple(field.size for field in seen.fields)
        self.rows = [Row(0, "input", seen.shape, None, None, field, image)]
        self.rows += _rows(layer, seen, itemsize)
        self.parameters = sum(row.parameters or 0 for row in self.rows)
        self.multiply_adds = sum(row.multiply_adds or 0 for row in self.rows)
        self.memory = sum(row.memory for row in self.rows)

    def _lines(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Yield the depth and the texts of each line under the head."""
        for row in self.rows:
            yield row.depth, row.cells()
        counts = f"{self.parameters:,}", f"{self.multiply_adds:,}"
        yield 0, ("total", "", *counts, "", _bytes(self.memory))

    def __str__(self) -> str:
        table = [HEAD, *(("  " * depth + text, *rest) for depth, (text, *rest) in self._lines())]
        first, *others = (max(map(len, column)) for column in zip(*table, strict=True))
        head, *body, total = (
            "  ".join([text.ljust(first), *map(str.rjust, rest, others)]) for text, *rest in table
        )
        rule = "-" * len(head)
        return "\n".join([head, rule, *body, rule, total])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        right = 'style="text-align: right"'
        head = "".join(f'<th scope="col" {right if i else ""}>{x}</th>' for i, x in enumerate(HEAD))
        body = ""
        for depth, (text, *rest) in self._lines():
            left = f"text-align: left; font-weight: normal; padding-left: {0.5 + 1.5 * depth}em"
            cells = "".join(f"<td {right}>{cell}</td>" for cell in rest)
            body += f'<tr><th scope="row" style="{left}">{escape(text)}</th>{cells}</tr>\n'
        table = f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>"
        return f'<div style="overflow-x: auto" tabindex="0">{table}</div>'


def _rows(layer: Layer, seen: Seen, itemsize: int, name: str = "", depth: int = 0) -> Iterator[Row]:
    """Yield the row of a layer or block, and below it those of its parts."""
    after, children = follow(layer, seen), layer.children()
    is_the_table = children and not name and not layer.makes_array  # the model itself
    if not is_the_table:
        what = type(layer).__name__ if children else repr(layer)
        yield Row(
            depth,
            f"{name}  {what}" if name else what,
            after.shape,
            None if children else sum(array.size for array in layer.params.values()),
            None if children else layer.multiply_adds(seen.shape),
            tuple(field.size for field in after.fields),
            prod(after.shape) * itemsize if layer.makes_array else 0,
        )
        depth += 1
    width = max(map(len, children), default=0)
    for path in layer.paths():
        here = seen
        for key, part in path:
            yield from _rows(part, here, itemsize, key.ljust(width), depth)
            here = follow(part, here)


def _times(shape: Shape) -> str:
    """Write a shape as 28×28×3."""
    return "×".join(map(str, shape))


def _bytes(n: int) -> str:
    """Write an amount of memory with three digits: 18.4 KiB."""
    if n < 1024:
        return f"{n} B"
    size, unit = next((n / 2**k, unit) for k, unit in UNITS if n < 1000 * 2**k)
    return f"{size:.{max(0, 2 - int(log10(size)))}f} {unit}"
