"""What blocks do with their parts: look at them once, and say where among them an error was."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from cnnlib.layers import Layer

P = ParamSpec("P")
Result = TypeVar("Result")


def parts(block: Layer, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """Return the layers of a block if they are layers, and each of them only once."""
    call, seen = type(block).__name__, set[int]()
    for i, layer in enumerate(layers):
        if not isinstance(layer, Layer):
            name = getattr(layer, "__name__", repr(layer))
            fix = f"write {name}(), not {name}" if isinstance(layer, type) else "e.g. ReLU()"
            raise TypeError(f"{call}: argument {i} is {name}, which is not a Layer: {fix}")
        for part in layer.walk():
            if id(part) in seen:
                raise ValueError(
                    f"{call}: {part!r} occurs twice, but a layer remembers one forward pass only: "
                    f"make two of them"
                )
            seen.add(id(part))
    return layers


def at(
    block: Layer, name: str, method: Callable[P, Result], *args: P.args, **kwargs: P.kwargs
) -> Result:
    """Call a method of one of the block's layers; on an error that passes, note where it was."""
    try:
        return method(*args, **kwargs)
    except (TypeError, ValueError, RuntimeError) as error:
        layer = block.children()[name]
        what = type(layer).__name__ if layer.children() else repr(layer)
        error.add_note(f"in {name} of {type(block).__name__}: {what}")
        raise
