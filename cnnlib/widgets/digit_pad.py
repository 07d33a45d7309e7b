"""DigitPad: draw a digit, and a small trained network answers in the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets as t
from numpy.typing import ArrayLike, NDArray

from cnnlib.data import as_mnist
from cnnlib.functional import softmax
from cnnlib.layers import Layer
from cnnlib.widgets._base import Checked, Whole, Widget, bundle, finite, styles
from cnnlib.widgets._network import class_names, described, packed_weights, shapes

SIZE, RADIUS, MOST = 100, 5, 1000


class Points(Checked):
    """What the pen went through: (row, column, 1 if it was lifted before), in order."""

    def default(self, obj: Any = None) -> list[list[int]]:
        """Return a new list each time: widgets share nothing."""
        return []

    def check(self, value: Any) -> list[list[int]]:
        """Return a list of [row, column, begins]."""
        if np.size(value) == 0:
            return []
        array = finite(value, 2)
        whole = np.array_equal(array, array.astype(int)) and array.min() >= 0
        if array.shape[1] != 3 or not whole or array[:, :2].max() >= SIZE or array[:, 2].max() > 1:
            raise ValueError(
                f"must be points (row, column, begins) of integers, from 0 to {SIZE - 1}, and 1 "
                f"where a line begins, else 0"
            )
        if len(array) > MOST:
            raise ValueError(f"must be at most {MOST} points, not {len(array)}")
        points: list[list[int]] = array.astype(int).tolist()
        return points


def drawn(strokes: ArrayLike, size: int = SIZE, radius: float = RADIUS) -> NDArray[np.float64]:
    """Return the ink of a drawing with a round pen, from 0 to 1.

    A pixel at distance d from the nearest line has ``min(1, max(0, radius + 1/2 − d))``.

    Parameters
    ----------
    strokes : (n, 3) integers
        Row, column, and 1 where a line begins: the others go on from the point before.
    size : int
        Rows and columns of the result.
    radius : float

    Returns
    -------
    (size, size) array of float64

    Examples
    --------
    >>> drawn([(1, 0, 1), (1, 2, 0)], size=4, radius=0.5)
    array([[0., 0., 0., 0.],
           [1., 1., 1., 0.],
           [0., 0., 0., 0.],
           [0., 0., 0., 0.]])
    """
    ink = np.zeros((size, size))
    y, x = np.mgrid[:size, :size]
    r, c = 0.0, 0.0
    for k, (row, column, begins) in enumerate(np.asarray(strokes, dtype=float).reshape(-1, 3)):
        if begins or k == 0:
            r, c = row, column
        dr, dc = row - r, column - c
        along = ((y - r) * dr + (x - c) * dc) / (dr * dr + dc * dc or 1)
        along = np.clip(along, 0, 1)
        distance = np.hypot(y - r - along * dr, x - c - along * dc)
        ink = np.maximum(ink, np.clip(radius + 0.5 - distance, 0, 1))
        r, c = row, column
    return ink


class DigitPad(Widget):
    """Draw a digit with mouse, finger or keyboard; the network answers.

    The drawing is scaled and centred by `cnnlib.data.as_mnist`, as the digits of the training set
    were.

    Parameters
    ----------
    model : Sequential
        From (28, 28, 1) to one logit for each class: Conv2D, ReLU, Tanh, MaxPool2D, AvgPool2D,
        Flatten and Dense, up to 20,000 parameters. The weights are those at this moment.
    strokes : (n, 3) integers, or the name of an example
        The points that the pen goes through on 100×100: row, column, and 1 where it was lifted
        before. Examples: "0", …, "9", and two that are drawn another way.
    classes : sequence of str, optional
        Their names; default: "0", "1", …
    layer : int
        Which layer's maps are shown, from 1; default: the first activation, else the first layer.

    Raises
    ------
    TypeError, ValueError
        A layer is of another kind; the model is too large or does not take 28×28 grey images.
    TraitError
        If the points are outside their limits.

    Examples
    --------
    >>> from cnnlib.blocks import Sequential
    >>> from cnnlib.layers import Conv2D, Dense, Flatten, ReLU
    >>> rng = np.random.default_rng(0)
    >>> conv = Conv2D(1, 2, 5, stride=3, rng=rng)
    >>> pad = DigitPad(Sequential(conv, ReLU(), Flatten(), Dense(128, 10, rng=rng)), "3")
    >>> pad
    DigitPad(1,342 parameters, 10 classes)
    >>> pad.ink.shape, pad.input.shape, pad.output.shape
    ((100, 100), (1, 28, 28, 1), (10,))
    """

    _esm = bundle("digit_pad")
    _css = styles("odds", "digit_pad")

    layers: t.List[Any] = t.List(read_only=True).tag(sync=True)
    weights = t.Unicode(read_only=True).tag(sync=True)
    classes: t.List[Any] = t.List(read_only=True).tag(sync=True)
    examples: t.Dict[Any, Any] = t.Dict(read_only=True).tag(sync=True)
    strokes = Points().tag(sync=True)
    layer = Whole().tag(sync=True)

    def __init__(
        self,
        model: Layer,
        strokes: ArrayLike | str = (),
        classes: Sequence[str] | None = None,
        *,
        layer: int | None = None,
        **kwargs: Any,
    ) -> None:
        """See the class."""
        self.model = model.astype(np.float32)  # a copy: more training changes nothing here
        self.set_trait("layers", list(described("DigitPad", self.model)))
        (n,) = shapes("DigitPad", self.model, (28, 28, 1))[-1]
        self.set_trait("weights", packed_weights(self.model))
        self.set_trait("classes", class_names("DigitPad", classes, n))
        self.set_trait("examples", EXAMPLES)
        if isinstance(strokes, str):
            if strokes not in EXAMPLES:
                raise ValueError(f"DigitPad: no example {strokes!r}: there are {list(EXAMPLES)}")
            strokes = EXAMPLES[strokes]
        if layer is None:
            kinds = [found["kind"] for found in self.layers]
            layer = next((k for k, kind in enumerate(kinds, 1) if kind in ("relu", "tanh")), 1)
        super().__init__(strokes=strokes, layer=layer, **kwargs)

    @property
    def ink(self) -> NDArray[np.float64]:
        """The drawing, (100, 100), from 0 to 1."""
        return drawn(self.strokes)

    @property
    def input(self) -> NDArray[np.float32]:
        """What the network sees, (1, 28, 28, 1), from 0 to 1."""
        return as_mnist(self.ink)[np.newaxis, :, :, np.newaxis].astype(np.float32)

    @property
    def output(self) -> NDArray[Any]:
        """The probabilities of the classes."""
        probabilities: NDArray[Any] = softmax(self.model.forward(self.input))[0]
        return probabilities

    def describe(self) -> str:
        """Return the numbers of parameters and of classes."""
        size = sum(array.size for array in self.model.params.values())
        return f"{size:,} parameters, {len(self.classes)} classes"


def _line(*points: tuple[float, float]) -> list[list[int]]:
    """Return the points of one stroke, (row, column)."""
    return [[round(r), round(c), int(k == 0)] for k, (r, c) in enumerate(points)]


def _arc(
    row: float, column: float, height: float, width: float, start: float, end: float
) -> list[tuple[float, float]]:
    """Return points of an ellipse; angles in degrees, 0 to the right, 90 up."""
    steps = max(2, round(abs(end - start) / 15))
    angles = np.radians(np.linspace(start, end, steps + 1))
    return [(row - height * np.sin(a), column + width * np.cos(a)) for a in angles]


EXAMPLES = {
    "0": _line(*_arc(50, 50, 34, 22, 90, 450)),
    "1": _line((18, 54), (82, 48)),
    "2": _line(*_arc(34, 50, 17, 19, 160, -40), (82, 30), (82, 72)),
    "3": _line(*_arc(33, 47, 16, 18, 150, -80), *_arc(66, 47, 18, 21, 80, -150)),
    "4": _line((18, 38), (54, 32), (54, 72)) + _line((20, 66), (84, 60)),
    "5": _line((20, 68), (20, 38), (46, 36), *_arc(62, 46, 19, 21, 110, -150)),
    "6": _line((17, 58), (40, 36), *_arc(65, 50, 17, 16, 165, 525)),
    "7": _line((22, 30), (22, 70), (50, 56), (84, 44)),
    "8": _line(*_arc(34, 50, 16, 15, -90, 270), *_arc(67, 50, 17, 18, 90, -270)),
    "9": _line(*_arc(35, 48, 16, 16, 20, 380), (84, 58)),
    "7, crossed": _line((22, 30), (22, 70), (50, 56), (84, 44)) + _line((50, 38), (50, 70)),
    "2, small and in a corner": _line(*_arc(16, 20, 7, 8, 160, -40), (36, 12), (36, 29)),
}
