"""What all layers have in common: names for their arrays, and a memory of one forward pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from textwrap import indent
from typing import Any, NamedTuple, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from cnnlib import _checks as check
from cnnlib._checks import Array
from cnnlib.init import Shape
from cnnlib.layers._arrays import Arrays

Path: TypeAlias = Sequence[tuple[str, "Layer"]]


class Window(NamedTuple):
    """What one output of a layer sees of its input: f_H × f_W pixels, with stride s, padding p.

    Attributes
    ----------
    f_H, f_W, s, p : int
        One pixel, if nothing is given.
    """

    f_H: int = 1
    f_W: int = 1
    s: int = 1
    p: int = 0


class Layer:
    """One step of a network: a function, its parameters, and the chain rule back through it.

    A layer of your own writes `forward` and `backward`; if it changes shapes it writes
    `output_shape` too. `forward` ends with ``return self._remember(Z, ..., training=training)``,
    `backward` begins with ``... = self._recall(dZ)`` and gives gradients to `_set_grads`.

    Attributes
    ----------
    params, grads, state : dict name → array
        What is learned; ∂J/∂ of each of them since the last `backward`, with the same shapes; and
        what is kept but not learned (the running statistics of a `BatchNorm2D`). A name means the
        same array for the life of the layer: `layer.params["W"] = 0` and `layer.params["W"] -= …`
        write into it, so an optimiser may hold it. In a block the names are paths: "0.W",
        "3.body.0.W".

    Notes
    -----
    What `forward` and `backward` return is yours: no later call writes to it. (`Identity`,
    `Flatten`, and in inference `Dropout`, hand their argument on without copying it.) In training a
    layer remembers arrays that it was given, or that it returned, not copies: leave those unchanged
    until `backward`, which forgets them.

    Examples
    --------
    >>> class Square(Layer):
    ...     def forward(self, A, training=False):
    ...         return self._remember(A**2, A, training=training)
    ...
    ...     def backward(self, dZ):
    ...         (A,) = self._recall(dZ)
    ...         return 2 * A * dZ
    >>> layer = Square()
    >>> layer.forward(np.array([3.0]), training=True), layer.backward([1.0])
    (array([9.]), array([6.]))
    """

    makes_array = True  # False if forward hands its argument on: then it takes no memory

    def __init__(self, **params: Array | None) -> None:
        self._params = {name: array for name, array in params.items() if array is not None}
        self._grads: dict[str, Array] = {}
        self._state: dict[str, Array] = {}
        self._memory: tuple[tuple[int, ...], tuple[Any, ...]] | None = None

    def forward(self, A: npt.ArrayLike, training: bool = False) -> Array:
        """Compute the output for a batch A. In training, also remember what backward will need."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def backward(self, dZ: npt.ArrayLike) -> Array:
        """Fill `grads`, and return dA = ∂J/∂A for the A of the last forward, given dZ = ∂J/∂Z.

        Raises
        ------
        RuntimeError
            There was no `forward(A, training=True)` since the last backward.
        ValueError
            dZ has not the shape of the output.
        """
        raise NotImplementedError(f"{type(self).__name__} has no backward")

    def backward_params(self, dZ: npt.ArrayLike) -> None:
        """Fill `grads` as backward does, without computing dA where that saves work.

        The images have no use for a gradient, so this is how a training step goes back through a
        whole network.
        """
        self.backward(dZ)

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape of the output for an input of this shape, both without the batch axis.

        Raises
        ------
        ValueError
            The layer does not take that shape.
        """
        return shape

    def window(self, shape: Shape) -> Window:
        """Return the window through which one output sees the input: one pixel, if nothing else."""
        return Window()

    def multiply_adds(self, shape: Shape) -> int:
        """Count the products that are summed up for one example of this shape.

        Counted are those of convolutions and fully connected layers, as papers do; the bias, the
        activations, pooling and normalisation are not.
        """
        total = 0
        for path in self.paths():
            seen = shape
            for _, layer in path:
                total += layer.multiply_adds(seen)
                seen = layer.output_shape(seen)
        return total

    def paths(self) -> Sequence[Path]:
        """Return the ways from the input to the output, each a series of named layers."""
        return ()

    def children(self) -> dict[str, Layer]:
        """Return the layers that this one is built of, by name."""
        return {name: layer for path in self.paths() for name, layer in path}

    def walk(self) -> Iterator[Layer]:
        """Go through this layer and all that it is built of."""
        yield self
        for child in self.children().values():
            yield from child.walk()

    def astype(self, dtype: npt.DTypeLike) -> Self:
        """Return a copy that computes in float32 or float64, and remembers no pass.

        Raises
        ------
        TypeError
            It is another dtype.
        """
        dtype = check.floats(repr(self), dtype)
        other = deepcopy(self)
        for layer in other.walk():
            layer._params = {name: x.astype(dtype) for name, x in layer._params.items()}
            layer._state = {name: x.astype(dtype) for name, x in layer._state.items()}
            layer._grads, layer._memory = {}, None
        return other

    @property
    def params(self) -> Arrays:
        """What is learned, by name."""
        return Arrays(self._arrays("_params"))

    @property
    def grads(self) -> Arrays:
        """∂J/∂ of what is learned, by the same names; empty before the first backward."""
        return Arrays(self._arrays("_grads"))

    @property
    def state(self) -> Arrays:
        """What is kept from batch to batch but not learned, by name."""
        return Arrays(self._arrays("_state"))

    def _arrays(self, kind: str) -> dict[str, Array]:
        """Collect own arrays and those of the children, with the path as name."""
        found: dict[str, Array] = dict(getattr(self, kind))
        for name, child in self.children().items():
            found |= {f"{name}.{key}": array for key, array in child._arrays(kind).items()}
        return found

    def _remember(self, Z: Array, *memory: Any, training: bool) -> Array:
        """Keep the shape of Z and what backward needs, or in inference nothing; return Z."""
        self._memory = (Z.shape, memory) if training else None
        return Z

    def _recall(self, dZ: npt.ArrayLike) -> tuple[Any, ...]:
        """Return what was remembered, and forget it."""
        if self._memory is None:
            raise RuntimeError(
                f"{self!r}: backward has no forward pass to go back through: call "
                f"forward(A, training=True) before each backward"
            )
        shape, memory = self._memory
        if np.shape(dZ) != shape:
            raise ValueError(
                f"{self!r}: dZ has shape {np.shape(dZ)}, but the output of forward had {shape}: "
                f"give the gradient of the cost with respect to that output"
            )
        self._memory = None
        return memory

    def _set_grads(self, **grads: Array) -> None:
        """Keep the gradients of the parameters that there are, each in its parameter's dtype."""
        for name, W in self._params.items():
            self._grads[name] = grads[name].astype(W.dtype, copy=False)

    def __repr__(self) -> str:
        lines = [f"{name}: {layer!r}" for name, layer in self.children().items()]
        inside = "\n" + indent("\n".join(lines), "  ") + "\n" if lines else ""
        return f"{type(self).__name__}({inside})"
