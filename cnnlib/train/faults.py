"""Where a training went wrong: the first layer in which a number stopped being finite."""

from __future__ import annotations

from copy import deepcopy

import numpy as np

from cnnlib._checks import Array
from cnnlib.layers import Layer


def first_fault(model: Layer, A: Array, training: bool) -> str | None:
    """Say in which layer a forward pass of the batch A meets its first NaN or infinity.

    None if there is no such layer. The pass is that of a copy: running statistics and generators of
    random numbers stay as they are.
    """
    if not np.isfinite(A).all():
        return f"in the images, after augmentation: {_kind(A)}"
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        try:
            return _search(deepcopy(model), A, training, ())
        except (TypeError, ValueError):  # something else is wrong, and has its own error
            return None


def _search(layer: Layer, A: Array, training: bool, place: tuple[str, ...]) -> str | None:
    """Look at the parts in the order in which they compute, then at the layer as a whole."""
    for path in layer.paths():
        Z = A
        for name, part in path:
            if fault := _search(part, Z, training, (*place, name)):
                return fault
            Z = part.forward(Z, training)
    what = type(layer).__name__ if layer.children() else repr(layer)
    where = f"in layer {'.'.join(place)}, {what}" if place else f"in {what}"
    arrays = {} if layer.children() else {**layer.params, **layer.state}
    for name, W in arrays.items():
        if not np.isfinite(W).all():
            return f"{where}: {_kind(W)} in its {name}"
    Z = layer.forward(A, training)
    return None if np.isfinite(Z).all() else f"{where}: {_kind(Z)} in its output"


def _kind(x: Array) -> str:
    return "NaN" if np.isnan(x).any() else "infinity"
