"""What a page must know of a small network that it computes with: layers and packed weights."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnlib.layers import AvgPool2D, Conv2D, Dense, Flatten, Layer, MaxPool2D, ReLU, Tanh

MOST_PARAMETERS, MOST_CHANNELS = 20_000, 128
_KINDS = {Conv2D: "conv", Dense: "dense", ReLU: "relu", Tanh: "tanh"}
_KINDS |= {MaxPool2D: "max", AvgPool2D: "avg"}


def described(call: str, model: Layer) -> Iterator[dict[str, Any]]:
    """Yield what the page must know of each layer, or say which one cannot be shown."""
    size = sum(array.size for array in model.params.values())
    if size > MOST_PARAMETERS:
        raise ValueError(
            f"{call}: the model has {size:,} parameters, and the page would have to carry "
            f"them: at most {MOST_PARAMETERS:,}"
        )
    for name, layer in model.children().items():
        kind = "flatten" if isinstance(layer, Flatten) else _KINDS.get(type(layer))
        if kind is None or not getattr(layer, "count_padding", True):
            known = "Conv2D, ReLU, Tanh, MaxPool2D, AvgPool2D, Flatten and Dense"
            raise TypeError(f"{call}: layer {name} is {layer!r}, but it can show {known}")
        found: dict[str, Any] = {"kind": kind, "title": type(layer).__name__}
        if kind in ("conv", "max", "avg"):
            window = layer.window(())
            f, _, s, p = window
            found |= {"f": f, "s": s, "p": p, "title": f"{found['title']} {f}×{f}"}
        if "W" in layer.params:
            found["n"] = layer.params["W"].shape[-1]
        yield found


def shapes(call: str, model: Layer, shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Follow the shape through the layers; say what cannot be shown."""
    found = [shape]
    for layer in model.children().values():
        found.append(layer.output_shape(found[-1]))
    if len(found[-1]) != 1:
        raise ValueError(f"{call}: the model must end with Dense, not with {found[-1]}")
    if max(shape[-1] for shape in found if len(shape) == 3) > MOST_CHANNELS:
        raise ValueError(f"{call}: at most {MOST_CHANNELS} maps in a layer can be shown")
    return found


def packed_weights(model: Layer) -> str:
    """Return W and b of each layer in order; a layer without b gets zeros."""
    arrays = [np.empty(0)]
    for layer in model.children().values():
        if "W" in layer.params:
            W = layer.params["W"]
            arrays += [W.ravel(), layer.params.get("b", np.zeros(W.shape[-1], W.dtype))]
    return packed(np.concatenate(arrays).astype("<f4"))


def class_names(call: str, names: Any, n: int) -> list[str]:
    """Return the names of n classes, by default their numbers."""
    known = [str(k) for k in range(n)] if names is None else [str(name) for name in names]
    if len(known) != n:
        raise ValueError(f"{call}: {len(known)} class names for {n} outputs of the model")
    return known


def packed(array: NDArray[Any]) -> str:
    """Return the bytes of an array as text."""
    return base64.b64encode(array.tobytes()).decode("ascii")
