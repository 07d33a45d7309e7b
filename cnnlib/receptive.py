"""Which pixels of the image a value deep in the network depends on."""

from __future__ import annotations

from typing import NamedTuple

from cnnlib import _checks as check
from cnnlib.init import Shape
from cnnlib.layers import Dense, Layer

__all__ = ["receptive_field"]


class Field(NamedTuple):
    """Which pixels of the image the first of a row of values depends on, along one axis.

    Value number i depends on the pixels from `first + i·jump` to `last + i·jump`; those outside of
    the image are padding.
    """

    first: int = 0
    last: int = 0
    jump: int = 1

    @property
    def size(self) -> int:
        """The receptive field r, in pixels."""
        return self.last - self.first + 1

    def seen_through(self, f: int, s: int = 1, p: int = 0) -> Field:
        """Return the field of what a window of size f, stride s and padding p makes of the values.

        So r grows by (f − 1)·jump, and the jump is multiplied by s.
        """
        first, last, jump = self
        return Field(first - p * jump, last + (f - 1 - p) * jump, jump * s)


class Seen(NamedTuple):
    """What is known of a batch on its way through the network."""

    shape: Shape
    fields: tuple[Field, ...]  # along n_H and n_W; of vectors, none
    grid: Shape  # n_H and n_W, which Flatten hides


def receptive_field(layer: Layer, input_shape: Shape) -> Shape:
    """Return the size of the region of the image that one output of a layer or block depends on.

    The recursion, from layer to layer along each axis, with jump = 1 and r = 1 at the image::

        r := r + (f − 1)·jump       jump := jump·s

    Where ways through a block meet again, r is the size of the region that they see together. At
    the border part of the region is padding; r may be larger than the image.

    Parameters
    ----------
    layer : Layer
    input_shape : (n_H, n_W, n_C)
        Without the batch axis.

    Returns
    -------
    (r_H, r_W), or () for an input without n_H and n_W

    Raises
    ------
    TypeError, ValueError
        The shape is not one, or the layer does not take that shape.

    References
    ----------
    Araujo, Norris and Sim, *Computing receptive fields of convolutional neural networks*, Distill,
    2019, equations 2 and 3.

    Examples
    --------
    >>> import numpy as np
    >>> from cnnlib.blocks import Sequential
    >>> from cnnlib.layers import Conv2D, MaxPool2D
    >>> rng = np.random.default_rng(0)
    >>> layers = Conv2D(1, 4, 3, rng=rng), MaxPool2D(2), Conv2D(4, 4, 3, rng=rng)
    >>> receptive_field(Sequential(*layers), (28, 28, 1))  # 3, then 3 + 1·1, then 4 + 2·2
    (8, 8)
    """
    return tuple(
        field.size for field in follow(layer, start("receptive_field", input_shape)).fields
    )


def start(call: str, input_shape: Shape) -> Seen:
    """Check a shape, and say what is known of the image itself."""
    axes = input_shape if isinstance(input_shape, tuple | list) else ()
    shape = tuple(check.integer(call, "an axis of input_shape", n, 1) for n in axes)
    if len(shape) not in (1, 3):
        raise ValueError(
            f"{call}: input_shape is {input_shape!r}, but one example is an image (n_H, n_W, n_C) "
            f"or a vector (n,): leave out the batch axis, and give a grey image its channel axis"
        )
    return Seen(shape, tuple(Field() for _ in shape[:-1]), shape[:-1])


def follow(layer: Layer, seen: Seen) -> Seen:
    """Follow a batch through a layer or block."""
    ends = []
    for path in layer.paths():
        end = seen
        for _, part in path:
            end = follow(part, end)
        ends.append(end)
    shape = layer.output_shape(seen.shape)
    if ends:  # where ways meet again, their regions are put together
        return Seen(shape, tuple(map(_union, *(end.fields for end in ends))), ends[0].grid)
    f_H, f_W, s, p = layer.window(seen.shape)
    if isinstance(layer, Dense) and seen.grid:  # it sees all of what was flattened
        f_H, f_W = seen.grid
    axes = list(zip(seen.fields, seen.grid, (f_H, f_W), strict=False))
    fields = tuple(field.seen_through(f, s, p) for field, _, f in axes)
    return Seen(shape, fields, tuple((n + 2 * p - f) // s + 1 for _, n, f in axes))


def _union(*fields: Field) -> Field:
    """Return the region that several ways to the same value see together."""
    firsts, lasts, jumps = zip(*fields, strict=True)
    return Field(min(firsts), max(lasts), max(jumps))
