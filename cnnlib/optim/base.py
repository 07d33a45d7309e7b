"""What all optimizers have in common: the update itself, and what is remembered between steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import ClassVar

import numpy as np

from cnnlib import _checks as check
from cnnlib._checks import Array
from cnnlib.optim.schedules import Schedule, constant, positive_rate


class Optimizer:
    """One rule by which parameters move against their gradients.

    The equation, for every parameter θ with the gradient g at step t = 0, 1, 2, …::

        θ ← (1 − η(t)·λ)·θ − η(t)·d

    The direction d is what the rules differ in: an optimizer of your own writes `direction`, and
    lists in `remembers` what that keeps from step to step. λ pulls every parameter a little towards
    zero, whatever the rule. (That is *decoupled* weight decay. The penalty λ/2·‖θ‖² on the cost,
    which PyTorch's optimizers but AdamW have under this name, is the same for `SGD`; with momentum
    μ the pull of a penalty λ adds up to that of a decay λ/(1 − μ).)

    Parameters
    ----------
    learning_rate : float > 0, or function step → rate
        η.
    weight_decay : float ≥ 0
        λ.

    Attributes
    ----------
    steps : int
        How many steps it has taken.

    Raises
    ------
    TypeError
        The rate is neither a number nor a function, or λ is not a number.
    ValueError
        The rate is not above 0, λ is below 0, or one of them is not finite.

    References
    ----------
    Loshchilov and Hutter, *Decoupled weight decay regularization*, arXiv 1711.05101, equation 1
    (whose λ is our η·λ) and proposition 1; Goodfellow, Bengio and Courville, *Deep Learning*, 2016,
    section 7.1.1.

    Examples
    --------
    >>> class Sign(Optimizer):
    ...     def direction(self, g, memory):
    ...         return np.sign(g)
    >>> params = {"w": np.array([1.0, 2.0])}
    >>> Sign(0.5).step(params, {"w": np.array([0.001, -1000.0])})
    >>> params["w"]
    array([0.5, 2.5])
    """

    remembers: ClassVar[tuple[str, ...]] = ()  # arrays kept for every parameter; zeros at first

    def __init__(self, learning_rate: float | Schedule, weight_decay: float = 0.0) -> None:
        call = type(self).__name__
        self.weight_decay = check.within(
            call, "weight_decay", weight_decay, 0, inf, "[)", "it pulls parameters towards zero"
        )
        if not callable(learning_rate):
            learning_rate = positive_rate(call, "learning_rate", learning_rate)
        self.learning_rate = learning_rate
        self.schedule = learning_rate if callable(learning_rate) else constant(learning_rate)
        self.steps = 0
        self._memory: dict[str, tuple[Array, list[Array]]] = {}  # name → θ, what is kept for it

    def direction(self, g: Array, memory: Sequence[Array]) -> Array:
        """Return d for the gradient g, and bring what is remembered up to date, in place."""
        raise NotImplementedError(f"{type(self).__name__} has no direction")

    def step(self, params: Mapping[str, Array], grads: Mapping[str, Array]) -> None:
        """Change every parameter, in place; the gradients are only read.

        Parameters
        ----------
        params, grads : name → array
            `layer.params` and `layer.grads` after a backward pass. They may hold more gradients
            than parameters: a parameter that is left out is not changed.

        Raises
        ------
        TypeError
            A parameter is not a float array that can be written to.
        ValueError
            A gradient is missing or has another shape than its parameter; the optimizer has worked
            on other arrays of that name; the schedule gives no rate ≥ 0. Nothing was changed.
        """
        call = f"{type(self).__name__}.step"
        why = "it scales a step against the gradient"
        rate = check.within(call, "the learning rate", self.schedule(self.steps), 0, inf, "[)", why)
        for name, theta in params.items():
            self._look(call, name, theta, grads.get(name))
        # only Python's floats multiply arrays here: one of NumPy's would make float64 of float32
        for name, theta in params.items():
            if name not in self._memory:
                self._memory[name] = theta, [np.zeros_like(theta) for _ in self.remembers]
            d = self.direction(grads[name], self._memory[name][1])
            if self.weight_decay:
                theta *= 1.0 - rate * self.weight_decay
            theta -= rate * d
        self.steps += 1

    def _look(self, call: str, name: str, theta: Array, g: Array | None) -> None:
        """Raise if θ cannot take a step along −g."""
        if not isinstance(theta, np.ndarray) or theta.dtype.kind != "f":
            kind = getattr(theta, "dtype", type(theta).__name__)
            raise TypeError(
                f"{call}: parameter {name} is {kind}, but it is changed a little at every step: "
                f"use an array of float32 or float64"
            )
        if not theta.flags.writeable:
            raise TypeError(
                f"{call}: parameter {name} is read-only, but it is changed in place: use a copy"
            )
        if g is None or np.shape(g) != theta.shape:
            has = "is missing" if g is None else f"has shape {np.shape(g)}"
            raise ValueError(
                f"{call}: the gradient of {name} {has}, but {name} has shape {theta.shape}: give "
                f"the grads of the same model, after its backward"
            )
        if name in self._memory and self._memory[name][0] is not theta:
            raise ValueError(
                f"{call}: {name} is another array than at the last step, and what is remembered of "
                f"the one does not suit the other: make a new optimizer for every model"
            )

    def __repr__(self) -> str:
        rate = self.learning_rate
        shown = getattr(rate, "__name__", "schedule") if callable(rate) else f"{rate:g}"
        decay = f", weight_decay={self.weight_decay:g}" if self.weight_decay else ""
        return f"{type(self).__name__}({shown}{decay})"
