"""The optimizers: each is its direction d, beside the equation."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np

from cnnlib import _checks as check
from cnnlib._checks import Array
from cnnlib.optim.base import Optimizer
from cnnlib.optim.schedules import Schedule


class SGD(Optimizer):
    """Gradient descent, stochastic because each batch is a random part of the examples: d = g.

    Parameters
    ----------
    learning_rate, weight_decay
        As for `Optimizer`.

    Raises
    ------
    TypeError, ValueError
        A number is of another type or out of its range; and what `Optimizer.step` raises.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, 2016, algorithm 8.1.

    Examples
    --------
    >>> params = {"w": np.array([1.0, 2.0])}
    >>> SGD(0.1).step(params, {"w": np.array([10.0, -10.0])})
    >>> params["w"]
    array([0., 3.])
    """

    def direction(self, g: Array, memory: Sequence[Array]) -> Array:
        """Return g."""
        return g


class Momentum(Optimizer):
    """Gradient descent that keeps its speed: slow in a narrow valley's width, fast along it.

    The equations, with v = 0 at first::

        v ← μ·v + g        d = v

    Parameters
    ----------
    learning_rate, weight_decay
        As for `Optimizer`.
    momentum : float in [0, 1)
        μ. A steady gradient moves θ 1/(1 − μ) times as far as with `SGD`.

    Raises
    ------
    TypeError, ValueError
        A number is of another type or out of its range; and what `Optimizer.step` raises.

    References
    ----------
    Polyak, *Some methods of speeding up the convergence of iteration methods*, 1964; Goodfellow,
    Bengio and Courville, *Deep Learning*, 2016, algorithm 8.2, where η is inside of v. The two
    differ only when η changes.

    Examples
    --------
    >>> params, optimizer = {"w": np.array([0.0])}, Momentum(1.0, momentum=0.5)
    >>> for _ in range(3):
    ...     optimizer.step(params, {"w": np.array([-1.0])})
    >>> params["w"]  # 1 + 1.5 + 1.75
    array([4.25])
    """

    remembers = ("v",)

    def __init__(
        self,
        learning_rate: float | Schedule,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(learning_rate, weight_decay)
        self.momentum = check.within(
            type(self).__name__,
            "momentum",
            momentum,
            0,
            1,
            "[)",
            "it is the part of the speed that is kept",
        )

    def direction(self, g: Array, memory: Sequence[Array]) -> Array:
        """Return v."""
        (v,) = memory
        v *= self.momentum
        v += g
        return v


class Nesterov(Momentum):
    """Momentum with a look ahead: the gradient counts where the speed is about to carry θ.

    The equations, with v = 0 at first::

        v ← μ·v + g        d = g + μ·v

    Parameters
    ----------
    learning_rate, momentum, weight_decay
        As for `Momentum`.

    Raises
    ------
    TypeError, ValueError
        A number is of another type or out of its range; and what `Optimizer.step` raises.

    References
    ----------
    Nesterov, *A method of solving a convex programming problem with convergence rate O(1/k²)*,
    1983; in this form, where the parameters are those looked at: Bengio, Boulanger-Lewandowski and
    Pascanu, *Advances in optimizing recurrent networks*, arXiv 1212.0901, section 3.5.

    Examples
    --------
    >>> params, optimizer = {"w": np.array([0.0])}, Nesterov(1.0, momentum=0.5)
    >>> for _ in range(2):
    ...     optimizer.step(params, {"w": np.array([-1.0])})
    >>> params["w"]  # (1 + 0.5·1) + (1 + 0.5·1.5)
    array([3.25])
    """

    def direction(self, g: Array, memory: Sequence[Array]) -> Array:
        """Return g + μ·v."""
        d: Array = g + self.momentum * super().direction(g, memory)
        return d


class RMSProp(Optimizer):
    """Divide each gradient by its usual size, so that the scale of a gradient no longer counts.

    The equations, entry by entry, with v = 0 at first::

        v ← β·v + (1 − β)·g²        d = g / (√v + ε)

    Parameters
    ----------
    learning_rate, weight_decay
        As for `Optimizer`.
    beta : float in [0, 1)
        β: the size is averaged over about 1/(1 − β) steps.
    eps : float > 0
        ε, so that a parameter without gradients is not divided by zero.

    Raises
    ------
    TypeError, ValueError
        A number is of another type or out of its range; and what `Optimizer.step` raises.

    References
    ----------
    Tieleman and Hinton, *Lecture 6.5: RMSProp*, COURSERA, 2012; Goodfellow, Bengio and Courville,
    *Deep Learning*, 2016, algorithm 8.5 (there with ε under the root).

    Examples
    --------
    >>> params = {"w": np.array([0.0, 0.0])}
    >>> RMSProp(0.1, beta=0.75).step(params, {"w": np.array([0.001, -1000.0])})
    >>> params["w"].round(4)  # ∓ 0.1 / √0.25
    array([-0.2,  0.2])
    """

    remembers = ("v",)

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        beta: float = 0.9,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(learning_rate, weight_decay)
        self.beta = check.within(
            "RMSProp", "beta", beta, 0, 1, "[)", "it weights the past in an average"
        )
        self.eps = check.within(
            "RMSProp", "eps", eps, 0, inf, "()", "it keeps a gradient from being divided by zero"
        )

    def direction(self, g: Array, memory: Sequence[Array]) -> Array:
        """Return g over its usual size."""
        (v,) = memory
        v *= self.beta
        v += (1 - self.beta) * np.square(g)
        d: Array = g / (np.sqrt(v) + self.eps)
        return d


class Adam(Optimizer):
    """Momentum and `RMSProp` together, both corrected for having begun at zero.

    The equations, entry by entry, with m = v = 0 at first and the first step as t = 1::

        m ← β₁·m + (1 − β₁)·g        m̂ = m / (1 − β₁ᵗ)
        v ← β₂·v + (1 − β₂)·g²       v̂ = v / (1 − β₂ᵗ)        d = m̂ / (√v̂ + ε)

    So the first step moves every parameter by η, whatever the size of its gradient. With weight
    decay this is AdamW.

    Parameters
    ----------
    learning_rate, weight_decay
        As for `Optimizer`.
    beta1, beta2 : float in [0, 1)
        β₁ and β₂: gradients are averaged over about 1/(1 − β₁) steps, squares over 1/(1 − β₂).
    eps : float > 0
        ε.

    Raises
    ------
    TypeError, ValueError
        A number is of another type or out of its range; and what `Optimizer.step` raises.

    References
    ----------
    Kingma and Ba, *Adam: a method for stochastic optimization*, arXiv 1412.6980, algorithm 1.

    Examples
    --------
    >>> params = {"w": np.array([0.0, 0.0])}
    >>> Adam(0.1).step(params, {"w": np.array([0.001, -1000.0])})
    >>> params["w"].round(4)
    array([-0.1,  0.1])
    """

    remembers = ("m", "v")

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(learning_rate, weight_decay)
        self.beta1 = check.within(
            "Adam", "beta1", beta1, 0, 1, "[)", "it weights the past in an average"
        )
        self.beta2 = check.within(
            "Adam", "beta2", beta2, 0, 1, "[)", "it weights the past in an average"
        )
        self.eps = check.within(
            "Adam", "eps", eps, 0, inf, "()", "it keeps a gradient from being divided by zero"
        )

    def direction(self, g: Array, memory: Sequence[Array]) -> Array:
        """Return m̂ over the root of v̂."""
        (m, v), t = memory, self.steps + 1
        m *= self.beta1
        m += (1 - self.beta1) * g
        v *= self.beta2
        v += (1 - self.beta2) * np.square(g)
        m_hat, v_hat = m / (1 - self.beta1**t), v / (1 - self.beta2**t)
        d: Array = m_hat / (np.sqrt(v_hat) + self.eps)
        return d
