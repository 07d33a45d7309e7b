"""Layers in series: the chain rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import overload

import numpy as np
import numpy.typing as npt

from cnnlib._checks import Array
from cnnlib.blocks._parts import at, parts
from cnnlib.init import Shape
from cnnlib.layers import Layer, Path
from cnnlib.summary import Summary


class Sequential(Layer):
    """Apply layers one after the other; backward is the chain rule, in the opposite order.

    Parameters
    ----------
    *layers : Layer
        In the order of the forward pass. With none, the block is the identity. `len(model)`,
        `model[2]` and `for layer in model` work as with a tuple; `model[:4]` is a Sequential of the
        same layers, to look at what comes out in the middle.

    Raises
    ------
    TypeError
        An argument is not a Layer.
    ValueError
        The same layer object is given twice: each remembers one forward pass only. What a layer
        raises in a pass has a note that says where in the model it is.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, 2016, algorithms 6.3 and 6.4.

    Examples
    --------
    >>> from cnnlib.layers import Dense, ReLU
    >>> rng = np.random.default_rng(0)
    >>> model = Sequential(Dense(3, 4, rng=rng), ReLU(), Dense(4, 2, rng=rng))
    >>> model
    Sequential(
      0: Dense(3, 4)
      1: ReLU()
      2: Dense(4, 2)
    )
    >>> list(model.params)
    ['0.W', '0.b', '2.W', '2.b']
    """

    makes_array = False  # its last layer may

    def __init__(self, *layers: Layer) -> None:
        super().__init__()
        self.layers = parts(self, layers)

    def forward(self, A: npt.ArrayLike, training: bool = False) -> Array:
        """Return the output of the last layer for a batch A that the first one takes."""
        A = np.asarray(A)
        for name, layer in self.children().items():
            A = at(self, name, layer.forward, A, training)
        return A

    def backward(self, dZ: npt.ArrayLike) -> Array:
        """Return dA, with the shape of A, for dZ with the shape of the output; fill all `grads`."""
        return self._back(dZ, 0)

    def backward_params(self, dZ: npt.ArrayLike) -> None:
        """Fill `grads`, and stop at the first layer that has any."""
        learning = (i for i, layer in enumerate(self.layers) if layer.params)
        first = next(learning, len(self))
        dZ = self._back(dZ, first + 1)
        for layer in self.layers[first : first + 1]:
            at(self, str(first), layer.backward_params, dZ)

    def _back(self, dZ: npt.ArrayLike, first: int) -> Array:
        """Apply the chain rule from the last layer down to number `first`."""
        dZ = np.asarray(dZ)
        for i, layer in reversed(list(enumerate(self.layers))[first:]):
            dZ = at(self, str(i), layer.backward, dZ)
        return dZ

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape of the last output."""
        for name, layer in self.children().items():
            shape = at(self, name, layer.output_shape, shape)
        return shape

    def summary(self, input_shape: Shape) -> Summary:
        """Return the table of shapes, parameters, multiply-adds, receptive fields and memory.

        Parameters
        ----------
        input_shape : (n_H, n_W, n_C) or (n,)
            The shape of one example, without the batch axis.

        Examples
        --------
        See `cnnlib.summary.Summary`.
        """
        return Summary(self, input_shape)

    def paths(self) -> list[Path]:
        """Return the one way through: all layers in series."""
        return [[(str(i), layer) for i, layer in enumerate(self.layers)]]

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)

    @overload
    def __getitem__(self, i: int) -> Layer: ...
    @overload
    def __getitem__(self, i: slice) -> Sequential: ...
    def __getitem__(self, i: int | slice) -> Layer:
        return Sequential(*self.layers[i]) if isinstance(i, slice) else self.layers[i]
