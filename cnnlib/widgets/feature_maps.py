"""FeatureMaps: all maps of a small trained network, down to the sum behind one of their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import traitlets as t
from numpy.typing import ArrayLike, NDArray

from cnnlib.functional import pad2d, softmax
from cnnlib.layers import Flatten, Layer, MaxPool2D
from cnnlib.receptive import follow, start
from cnnlib.widgets._base import Checked, Place, Whole, Widget, bundle, finite, styles
from cnnlib.widgets._network import class_names, described, packed, packed_weights, shapes

MOST_IMAGES = 24


class Unit(NamedTuple):
    """One number of one map, and what it is computed from.

    Attributes
    ----------
    layer : str
        What made it; "the image" for a pixel.
    place : (row, column, channel)
    value : float
    field : ((row, row), (column, column))
        The first and the last pixel of the image that it depends on, along each axis; beyond the
        edge of the image lies padding.
    window : (f_H, f_W, n_C_prev), or None for a pixel
        What it is computed from: for CONV and FC all channels, else its own. Of a vector
        (1, 1, n_prev).
    weights : like window, or None
        The filter, of CONV and FC.
    bias : float, or None
    """

    layer: str
    place: tuple[int, ...]
    value: float
    field: tuple[tuple[int, int], ...]
    window: NDArray[Any] | None = None
    weights: NDArray[Any] | None = None
    bias: float | None = None


class Strokes(Checked):
    """What was painted: (row, column, grey level) of the middle of each 3×3 block, in order."""

    default_value: list[list[int]] = []  # noqa: RUF012

    def default(self, obj: Any = None) -> list[list[int]]:
        """Return a new list each time: widgets share nothing."""
        return []

    def check(self, value: Any) -> list[list[int]]:
        """Return a list of [row, column, level]."""
        if np.size(value) == 0:
            return []
        array = finite(value, 2)
        whole = np.array_equal(array, array.astype(int)) and array.min() >= 0
        if array.shape[1] != 3 or not whole or array[:, 2].max() > 255 or len(array) > 1000:
            raise ValueError("must be at most 1000 of (row, column, grey level from 0 to 255)")
        strokes: list[list[int]] = array.astype(int).tolist()
        return strokes


class FeatureMaps(Widget):
    """Show what each layer of a network makes of an image, and how each number comes about.

    Parameters
    ----------
    model : Sequential
        Of Conv2D, ReLU, Tanh, MaxPool2D, AvgPool2D, Flatten and Dense, up to 20,000 parameters;
        it ends with one logit for each class. The weights are those at this moment.
    images : (m, n_H, n_W) or (m, n_H, n_W, 1) uint8
        Up to 24 grey images; the network sees them divided by 255.
    labels : (m,) integers, optional
        Their classes.
    classes : sequence of str, optional
        The names of the classes; default: "0", "1", …
    image : int
        Which one is shown, from 0.
    layer : int
        The layer of the chosen unit: 0 is the image, and the maps of layer l are
        ``model[:l].forward(…)``.
    channel : int
        Its channel, from 0.
    point : (row, column)
        Its place in the map, from 0; default: the middle. What is outside shows the nearest.

    Raises
    ------
    TypeError, ValueError
        A layer is of another kind; the model is too large or does not take the images.
    TraitError
        If a value is outside its limits, now or when it is assigned later.

    Examples
    --------
    >>> from cnnlib.blocks import Sequential
    >>> from cnnlib.layers import Conv2D, Dense, Flatten
    >>> rng = np.random.default_rng(0)
    >>> model = Sequential(Conv2D(1, 2, 3, rng=rng), Flatten(), Dense(8, 3, rng=rng))
    >>> maps = FeatureMaps(model, np.zeros((1, 4, 4), np.uint8), channel=1, point=(0, 1))
    >>> maps
    FeatureMaps(1 image 4×4, 47 parameters, 3 classes)
    >>> maps.output
    array([0.33333334, 0.33333334, 0.33333334], dtype=float32)
    >>> maps.unit.field
    ((0, 2), (1, 3))
    """

    _esm = bundle("feature_maps")
    _css = styles("feature_maps")

    layers: t.List[Any] = t.List(read_only=True).tag(sync=True)
    weights = t.Unicode(read_only=True).tag(sync=True)
    pixels = t.Unicode(read_only=True).tag(sync=True)
    shape: t.List[Any] = t.List(read_only=True).tag(sync=True)
    labels: t.List[Any] = t.List(read_only=True).tag(sync=True)
    classes: t.List[Any] = t.List(read_only=True).tag(sync=True)
    image = Whole().tag(sync=True)
    layer = Whole().tag(sync=True)
    channel = Whole().tag(sync=True)
    point = Place().tag(sync=True)
    strokes = Strokes().tag(sync=True)

    def __init__(
        self,
        model: Layer,
        images: ArrayLike,
        labels: Sequence[int] | NDArray[Any] | None = None,
        classes: Sequence[str] | None = None,
        *,
        image: int = 0,
        layer: int = 1,
        channel: int = 0,
        point: tuple[int, int] | None = None,
        **kwargs: Any,
    ) -> None:
        """See the class."""
        self.images = _images(images)
        self.model = model.astype(np.float32)  # a copy: more training changes nothing here
        _, n_H, n_W = self.images.shape
        self.set_trait("layers", list(described("FeatureMaps", self.model)))
        self._shapes = shapes("FeatureMaps", self.model, (n_H, n_W, 1))
        (n,) = self._shapes[-1]
        names = class_names("FeatureMaps", classes, n)
        known = [] if labels is None else np.asarray(labels).tolist()
        if known and (len(known) != len(self.images) or not all(k in range(n) for k in known)):
            raise ValueError(f"FeatureMaps: labels must be one class 0 … {n - 1} for each image")
        self.set_trait("weights", packed_weights(self.model))
        self.set_trait("pixels", packed(self.images))
        self.set_trait("shape", [n_H, n_W])
        self.set_trait("labels", known)
        self.set_trait("classes", names)
        middle = [k // 2 for k in self._shapes[min(layer, len(self._shapes) - 1)][:2]]
        super().__init__(
            image=image,
            layer=layer,
            channel=channel,
            point=(middle if len(middle) == 2 else (0, 0)) if point is None else point,
            **kwargs,
        )

    @property
    def input(self) -> NDArray[np.float32]:
        """What the network sees now, image and strokes, (1, n_H, n_W, 1), from 0 to 1."""
        pixels = self.images[min(self.image, len(self.images) - 1)].copy()
        for r, c, level in self.strokes:
            pixels[max(0, r - 1) : r + 2, max(0, c - 1) : c + 2] = level
        A: NDArray[np.float32] = pixels[np.newaxis, :, :, np.newaxis] / np.float32(255)
        return A

    @property
    def output(self) -> NDArray[Any]:
        """The probabilities of the classes, softmax of the model's logits for what is shown now."""
        probabilities: NDArray[Any] = softmax(self.model.forward(self.input))[0]
        return probabilities

    @property
    def unit(self) -> Unit:
        """The chosen unit, its value, what it is computed from, and what it sees of the image."""
        # Flatten hands on: what it is given has the places of the maps
        parts = list(self.model.children().values())[: self.layer]
        while parts and isinstance(parts[-1], Flatten):
            parts.pop()
        A, before, seen = self.input, self.input, start("FeatureMaps", (*self.shape, 1))
        for part in parts:
            A, before, seen = part.forward(A), A, follow(part, seen)
        maps = A[0] if A.ndim == 4 else A[0, np.newaxis, np.newaxis]
        sizes = zip((*self.point, self.channel), maps.shape, strict=True)
        place = tuple(min(k, size - 1) for k, size in sizes)
        spans = zip(seen.fields, place[:2], strict=True)
        field = tuple((a.first + i * a.jump, a.last + i * a.jump) for a, i in spans)
        unit = Unit(repr(parts[-1]) if parts else "the image", place, float(maps[place]), field)
        return _computed_from(unit, parts[-1], before) if parts else unit

    def describe(self) -> str:
        """How many images of which size, parameters and classes."""
        m, n_H, n_W = self.images.shape
        size = sum(array.size for array in self.model.params.values())
        images = f"{m} image{'s' * (m > 1)} {n_H}×{n_W}"
        return f"{images}, {size:,} parameters, {len(self.classes)} classes"


def _images(images: ArrayLike) -> NDArray[np.uint8]:
    """Return (m, n_H, n_W) uint8, or say what is wrong."""
    X = np.asarray(images)
    X = X[..., 0] if X.ndim == 4 and X.shape[3] == 1 else X
    if X.dtype != np.uint8 or X.ndim != 3 or not X.size:
        raise ValueError(
            f"FeatureMaps: images must be grey uint8 levels (m, n_H, n_W) or (m, n_H, n_W, 1), "
            f"not of shape {X.shape} and dtype {X.dtype.name}"
        )
    if len(X) > MOST_IMAGES:
        raise ValueError(f"FeatureMaps: at most {MOST_IMAGES} images, not {len(X)}: images[:10]")
    return X.copy()


def _computed_from(unit: Unit, layer: Layer, A: NDArray[Any]) -> Unit:
    """Add the window, the weights and the bias of a unit that a layer makes of A."""
    if A.ndim == 2:  # a vector is an image of one pixel
        A = A[:, np.newaxis, np.newaxis]
    y, x, n = unit.place
    f_H, f_W, s, p = layer.window(A.shape[1:])
    padded = pad2d(A, p, -np.inf if isinstance(layer, MaxPool2D) else 0.0)[0]
    window = padded[y * s : y * s + f_H, x * s : x * s + f_W]
    if "W" not in layer.params:
        return unit._replace(window=window[:, :, n : n + 1])
    bias = float(layer.params["b"][n]) if "b" in layer.params else 0.0
    weights = layer.params["W"][..., n].reshape(window.shape)
    return unit._replace(window=window, weights=weights, bias=bias)
