"""ArchitectureBuilder: a network is built, and its ledger, drawing and code follow."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets as t

from cnnlib import data
from cnnlib.widgets._base import Checked, Whole, Widget, bundle, styles
from cnnlib.widgets.filter_lab import Photo, to_url

if TYPE_CHECKING:
    from cnnlib.blocks import Sequential
    from cnnlib.summary import Summary

from cnnlib.widgets import _architecture as architecture


class Shape(Checked):
    """(n_H, n_W, n_C) of the image."""

    def default(self, obj: Any = None) -> list[int]:
        """Return the image of LeNet-5."""
        return [32, 32, 1]

    def check(self, value: Any) -> list[int]:
        """Return ``[n_H, n_W, n_C]``."""
        if not isinstance(value, list | tuple | np.ndarray) or np.shape(value) != (3,):
            raise ValueError(f"must be (n_H, n_W, n_C), not {value!r:.40}")
        rules = architecture.IMAGE.items()
        try:
            pairs = zip(rules, value, strict=True)
            return [int(architecture.entry(name, n, rule)) for (name, rule), n in pairs]
        except ValueError as error:
            raise ValueError(f"is refused: {error}") from None


class Layers(Checked):
    """The layers, as dicts."""

    def default(self, obj: Any = None) -> list[architecture.Description]:
        """Return a new list each time: widgets share nothing."""
        return []

    def check(self, value: Any) -> list[architecture.Description]:
        """Return new dicts with all their entries."""
        if not isinstance(value, list | tuple):
            raise ValueError(f"must be a list of dicts, not {value!r:.40}")
        if len(value) > architecture.MOST:
            raise ValueError(f"must be at most {architecture.MOST}, not {len(value)}")
        layers = []
        for i, layer in enumerate(value):
            try:
                layers.append(architecture.described(layer))
            except ValueError as error:
                raise ValueError(f"[{i}] {error}") from None
        return layers


class Unit(Checked):
    """A row and a column from 0, or nothing: the middle."""

    def default(self, obj: Any = None) -> list[int]:
        """Return the middle."""
        return []

    def check(self, value: Any) -> list[int]:
        """Return ``[row, column]`` or ``[]``."""
        array = np.asarray(value)
        if array.shape == (0,):
            return []
        if array.shape != (2,) or array.dtype.kind not in "iu" or array.min() < 0:
            raise ValueError(f"must be a row and a column, integers ≥ 0, or [], not {value!r:.40}")
        place: list[int] = array.tolist()
        return place


class Networks(t.TraitType[Any, Any]):
    """The networks of the menu."""

    def default(self, obj: Any = None) -> dict[str, Any]:
        """Name → input_shape, layers, source."""
        return deepcopy(architecture.PRESETS)


class ArchitectureBuilder(Widget):
    """Build a network layer by layer; see its shapes, counts, receptive fields, and its code.

    The ledger counts as ``cnnlib.summary`` does: parameters with biases; multiply-adds of
    convolutions and FC for one image, without biases, activations, pooling and normalisation;
    memory in float32 as one image takes it in training.

    Parameters
    ----------
    preset : str, optional
        "LeNet-5" (if neither this nor layers is given), "AlexNet", "VGG-16", "ResNet-18",
        "Inception 3a" or "an image alone".
    layers : list of dict, optional
        Each has a kind and, where they differ from the default, its entries:
        conv (n_C, f, s, p, psi, bn), maxpool and avgpool (f, s, p), gap, fc (n, psi), residual
        (n_C, s, shortcut), inception (c1, r3, c3, r5, c5, pool, reduce). At most 40.
    input_shape : (n_H, n_W, n_C), optional
        Of the image; at most 384×384×2048.
    row : int
        The row that is selected: 0 is the image, 1 the first layer. One beyond the last is the
        last.
    unit : (row, column), optional
        The unit of that layer whose receptive field is shown, from 0; default: the middle.

    Raises
    ------
    TraitError
        If a value is outside these limits. A layer that does not fit is no error here: the page
        says why and what would, and ``network`` raises cnnlib's.

    Examples
    --------
    >>> builder = ArchitectureBuilder(
    ...     layers=[{"kind": "conv", "n_C": 8}, {"kind": "maxpool"}, {"kind": "fc", "n": 10}],
    ...     input_shape=(28, 28, 1),
    ... )
    >>> builder
    ArchitectureBuilder(28×28×1, 3 layers)
    >>> builder.summary.parameters  # (3·3·1)·8 + 8 and (13·13·8)·10 + 10
    13610
    """

    _esm = bundle("architecture_builder")
    _css = styles("architecture_builder")

    input_shape = Shape().tag(sync=True)
    layers = Layers().tag(sync=True)
    row = Whole().tag(sync=True)
    unit = Unit().tag(sync=True)
    photo = Photo(read_only=True).tag(sync=True)
    presets = Networks(read_only=True).tag(sync=True)

    def __init__(
        self,
        preset: str | None = None,
        layers: list[dict[str, Any]] | None = None,
        input_shape: tuple[int, int, int] | None = None,
        *,
        row: int = 3,
        unit: tuple[int, int] | tuple[()] = (),
        **kwargs: Any,
    ) -> None:
        """See the class."""
        if preset is not None and preset not in architecture.PRESETS:
            known = ", ".join(map(repr, architecture.PRESETS))
            raise t.TraitError(
                f"ArchitectureBuilder: preset must be one of {known}, not {preset!r}"
            )
        if preset is not None and layers is not None:
            raise t.TraitError("ArchitectureBuilder: give a preset or layers, not both")
        chosen = architecture.PRESETS[preset or "LeNet-5"]
        if layers is not None:
            chosen = {"layers": layers, "input_shape": chosen["input_shape"]}
        self.set_trait("photo", to_url(data.photograph(128)))
        super().__init__(
            layers=chosen["layers"],
            input_shape=chosen["input_shape"] if input_shape is None else input_shape,
            row=row,
            unit=unit,
            **kwargs,
        )

    def network(self, rng: np.random.Generator) -> Sequential:
        """Build what is shown of cnnlib's layers.

        Raises
        ------
        ValueError
            A layer does not fit.
        """
        return architecture.build(self.input_shape, self.layers, rng)

    @property
    def summary(self) -> Summary:
        """``network(rng).summary(input_shape)``; the weights are zeros, which is quicker."""
        from cnnlib.init import zeros

        rng = np.random.default_rng(0)
        model = architecture.build(self.input_shape, self.layers, rng, zeros)
        return model.summary(tuple(self.input_shape))

    def describe(self) -> str:
        """The image and how many layers, under the name of the preset if it is one."""
        known = architecture.PRESETS.items()
        now = (self.input_shape, self.layers)
        names = [f"{name}: " for name, p in known if (p["input_shape"], p["layers"]) == now]
        image = "×".join(map(str, self.input_shape))
        many = f"{len(self.layers)} layer{'' if len(self.layers) == 1 else 's'}"
        return f"{''.join(names)}{image}, {many}"
