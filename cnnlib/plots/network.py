"""The picture of a whole network: what each layer makes of an image, drawn as boxes."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from math import sqrt
from typing import NamedTuple, Protocol

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from cnnlib.plots.look import ACCENT, LOOK, WIDTH, figure

Shape = tuple[int, ...]

_TALLEST, _LEAN = 130.0, 0.42  # pixels; how far n_W goes back
_LETTER, _LINE = 6.6, 15.0  # pixels of a text
_TINTS = {  # the front, the top and the side of a box, and its edges
    "image": ("#ececec", "#f7f7f7", "#cfcfcf", "#6b6b6b"),
    "maps": ("#cfe5e2", "#e7f2f1", "#9fcac5", ACCENT),
    "vector": ("#d3e0ee", "#e9f0f7", "#a6c2dd", "#2066a8"),
}


class _Layer(Protocol):
    def output_shape(self, shape: Shape) -> Shape: ...


class _Box(NamedTuple):
    """One array on its way through the network, and its size in pixels."""

    shape: Shape
    layers: list[str]
    kind: str
    height: float
    thick: float
    back: float  # along x and along y, for the eye looks from the upper right

    @property
    def width(self) -> float:
        return self.thick + self.back


def show_network(layers: Iterable[_Layer], input_shape: Shape) -> Figure:
    """Draw every array that an image becomes on its way through a network.

    A box is as high as n_H, goes back as far as n_W and is as thick as n_C, each relative to the
    other boxes; n_C as its root, and the length of a vector as its cube root, because they grow too
    fast to be drawn. Under each box: its shape, and the layers that made it. Layers that leave the
    shape as it is share a box.

    Parameters
    ----------
    layers : Sequential, or any layers in their order
        Of blocks, the outcome is drawn.
    input_shape : (n_H, n_W, n_C) or (n,)
        Of one example.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        A layer does not take the shape that reaches it.

    Examples
    --------
    >>> class Halve:
    ...     def output_shape(self, shape):
    ...         return (*[n // 2 for n in shape[:2]], shape[2])
    >>> fig = show_network([Halve()], (8, 8, 1))
    >>> len(fig.axes)
    1
    """
    boxes = _boxes(layers, tuple(input_shape))
    texts = [["×".join(map(str, box.shape)), *box.layers] for box in boxes]
    longest = [_LETTER * max(map(len, text)) + 10 for text in texts]
    upright = sum(map(max, zip(longest, [b.width for b in boxes], strict=True))) > WIDTH
    if upright:  # too many to stand side by side: their texts are turned
        longest = [_LINE * len(text) + 6 for text in texts]
    slots = [max(box.width + 12, text) for box, text in zip(boxes, longest, strict=True)]
    squeeze = min(1.0, WIDTH / sum(slots))
    floor = 8 + (_LETTER * max(len(t) for text in texts for t in text) if upright else 0)
    floor += 0 if upright else _LINE * max(map(len, texts))
    high = squeeze * max(box.height + box.back for box in boxes)
    width, height = squeeze * sum(slots), floor + high + 8
    fig = figure(width, height)
    ax = fig.add_axes((0, 0, 1, 1), frameon=False, xticks=[], yticks=[])
    ax.set(xlim=(0, width), ylim=(0, height))
    middle = 0.0
    for box, text, slot in zip(boxes, texts, slots, strict=True):
        middle += squeeze * slot / 2
        lift = (high - squeeze * (box.height + box.back)) / 2  # all boxes have one axis
        _draw(ax, box, middle - squeeze * box.width / 2, floor + lift, squeeze)
        for i, line in enumerate(text):
            away = _LINE * squeeze * (i - (len(text) - 1) / 2) if upright else 0
            ax.text(
                middle + away,
                floor - 5 - (0 if upright else _LINE * i),
                line,
                rotation=90 * upright,
                weight="normal" if i else "bold",
                color="#4a4a4a" if i else "black",
                ha="center",
                va="top",
                size=8.2 * max(squeeze, 0.7) if upright else 8.2,
                family=LOOK["font.family"],
            )
        middle += squeeze * slot / 2
    return fig


def _boxes(layers: Iterable[_Layer], input_shape: Shape) -> list[_Box]:
    """Follow the shape through the layers."""
    steps: list[tuple[Shape, str]] = [(input_shape, "input")]
    for layer in layers:
        steps.append((tuple(layer.output_shape(steps[-1][0])), _name(layer)))
    grouped = [
        (shape, [name for _, name in group])
        for shape, group in groupby(steps, lambda step: step[0])
    ]
    largest = max([max(shape[:2]) for shape, _ in grouped if len(shape) == 3], default=1)
    longest = max([shape[0] for shape, _ in grouped if len(shape) == 1], default=1)
    scale, stretch = _TALLEST / largest, min(12.0, _TALLEST / longest ** (1 / 3))
    boxes = []
    for i, (shape, names) in enumerate(grouped):
        names = [f"{n}{f' ×{k}' * (k > 1)}" for n, k in _counted(names)]
        if len(shape) == 3:
            n_H, n_W, n_C = shape
            kind = "maps" if i else "image"
            sizes = max(scale * n_H, 3.0), 3.5 * sqrt(n_C), max(_LEAN * scale * n_W, 2.0)
        elif len(shape) == 1:
            kind, sizes = "vector", (stretch * shape[0] ** (1 / 3), 6.0, 3.0)
        else:
            raise ValueError(
                f"plots: {names[-1]} gives the shape {shape}, but what can be drawn is an image "
                f"(n_H, n_W, n_C) or a vector (n,)"
            )
        boxes.append(_Box(shape, names, kind, *sizes))
    return boxes


def _name(layer: _Layer) -> str:
    """Name a layer and its window: Conv2D 3×3."""
    f = getattr(layer, "kernel_size", None)
    return f"{type(layer).__name__}{f' {f}×{f}' if f else ''}"


def _counted(names: list[str]) -> list[tuple[str, int]]:
    """Return each run of equal names once, with its length."""
    return [(name, len(list(group))) for name, group in groupby(names)]


def _draw(ax: Axes, box: _Box, x: float, y: float, squeeze: float) -> None:
    """Draw the three faces of a box that are seen; (x, y) is its lower left corner in front."""
    h, t, b = (squeeze * size for size in (box.height, box.thick, box.back))
    front, top, side, edge = _TINTS[box.kind]
    faces = {
        front: [(x, y), (x + t, y), (x + t, y + h), (x, y + h)],
        top: [(x, y + h), (x + t, y + h), (x + t + b, y + h + b), (x + b, y + h + b)],
        side: [(x + t, y), (x + t + b, y + b), (x + t + b, y + h + b), (x + t, y + h)],
    }
    for colour, corners in faces.items():
        ax.add_patch(Polygon(corners, facecolor=colour, edgecolor=edge, lw=0.9, joinstyle="round"))
