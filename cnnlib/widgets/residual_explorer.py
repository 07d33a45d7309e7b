"""ResidualExplorer: what a deep chain of layers does to a signal and its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets as t
from numpy.typing import NDArray

from cnnlib.blocks import Residual, Sequential
from cnnlib.layers import Dense, Identity, Layer, ReLU, Tanh
from cnnlib.widgets._base import Choice, Whole, Widget, bundle, styles
from cnnlib.widgets._network import packed

UNITS, DEEPEST = 16, 30
GAINS = {"0.25": 0.25, "0.5": 0.5, "1": 1.0, "√2": 2**0.5, "2": 2.0}
PSI: dict[str, type[Layer]] = {"ReLU": ReLU, "tanh": Tanh, "none": Identity}


class ResidualExplorer(Widget):
    """Follow a signal forwards and its gradient backwards through equal layers.

    a[l] = ψ(W a[l−1]), or with the skip connection on ψ(W a[l−1] + a[l−1]); 16 units, the entries
    of W drawn from N(0, g²/16). The picture shows ‖a[l]‖ and ‖∂J/∂a[l]‖ at every layer.

    Parameters
    ----------
    skip : bool
        Whether the input of each layer is added.
    depth : int
        5, 10, 20 or 30 layers.
    gain : str
        g: "0.25", "0.5", "1", "√2" (He's initialisation for ReLU) or "2".
    activation : str
        ψ: "ReLU", "tanh" or "none".
    layer : int
        The layer whose norms are told, from 0, the input; beyond the last, the last.
    seed : int
        Of the weights, of a[0] and of the gradient at the end.

    Raises
    ------
    TraitError
        If a value is outside these limits, now or when it is assigned later.

    Examples
    --------
    >>> explorer = ResidualExplorer(depth=30)
    >>> explorer
    ResidualExplorer(skip off, 30 layers, g = 0.5, ReLU)
    >>> signal, gradient = explorer.norms
    >>> bool(gradient[0] < 1e-6 * gradient[-1])
    True
    """

    _esm = bundle("residual_explorer")
    _css = styles("plots")

    skip = Choice(False, True).tag(sync=True)
    depth = Choice(5, 10, 20, 30).tag(sync=True)
    gain = Choice(*GAINS).tag(sync=True)
    activation = Choice(*PSI).tag(sync=True)
    layer = Whole().tag(sync=True)
    units = t.Int(UNITS, read_only=True).tag(sync=True)
    numbers = t.Unicode(read_only=True).tag(sync=True)

    def __init__(
        self,
        *,
        skip: bool = False,
        depth: int = 20,
        gain: str = "0.5",
        activation: str = "ReLU",
        layer: int = 0,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        """See the class."""
        rng = np.random.default_rng(seed)
        self._numbers = rng.standard_normal((2 + DEEPEST * UNITS, UNITS)).astype(np.float32)
        self._numbers[0] = abs(self._numbers[0])  # as if a ReLU had made it
        self.set_trait("numbers", packed(self._numbers.astype("<f4")))
        super().__init__(
            skip=skip, depth=depth, gain=gain, activation=activation, layer=layer, **kwargs
        )

    @property
    def norms(self) -> NDArray[np.float64]:
        """The norms of signal and gradient, (2, depth + 1), computed with cnnlib's layers."""
        start, end, *rows = self._numbers.astype(np.float64)
        scaled = np.array(rows).reshape(DEEPEST, UNITS, UNITS) * GAINS[self.gain] / UNITS**0.5
        chain = [self._one(W) for W in scaled[: self.depth]]
        signal, gradient = [start[np.newaxis]], [end[np.newaxis]]
        for layer in chain:
            signal.append(layer.forward(signal[-1], training=True))
        for layer in reversed(chain):
            gradient.append(layer.backward(gradient[-1]))
        norms: NDArray[np.float64] = np.linalg.norm([signal, gradient[::-1]], axis=(2, 3))
        return norms

    def _one(self, W: NDArray[np.float64]) -> Layer:
        """One layer of the chain."""
        rng = np.random.default_rng(0)  # its draws are replaced
        dense = Dense(UNITS, UNITS, rng=rng, dtype=np.float64)
        dense.params["W"] = W
        return Sequential(Residual(dense) if self.skip else dense, PSI[self.activation]())

    def describe(self) -> str:
        """The chain."""
        skip = "on" if self.skip else "off"
        return f"skip {skip}, {self.depth} layers, g = {self.gain}, {self.activation}"
