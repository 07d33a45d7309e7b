"""Learning rates that change: functions step → rate, where the steps are counted from 0.

Any function of that kind will do. One step is taken for every batch, so an epoch of m examples has
⌈m / batch_size⌉ of them.
"""

from __future__ import annotations

from collections.abc import Callable
from math import cos, inf, pi
from typing import TypeAlias

from cnnlib import _checks as check

__all__ = ["Schedule", "constant", "cosine", "step_decay", "warm_up"]

Schedule: TypeAlias = Callable[[int], float]


def constant(rate: float) -> Schedule:
    """Return the schedule that never changes: η(t) = rate. A number means the same.

    Parameters
    ----------
    rate : float > 0

    Returns
    -------
    function step → rate

    Raises
    ------
    TypeError, ValueError
        The rate is not a number, or not above 0 and finite.

    Examples
    --------
    >>> constant(0.1)(1000)
    0.1
    """
    rate = positive_rate("constant", "rate", rate)

    def schedule(step: int) -> float:
        return rate

    return _named("constant", schedule)


def step_decay(rate: float, every: int, factor: float = 0.1) -> Schedule:
    """Return the schedule that falls in stairs.

    The equation::

        η(t) = rate · factor^⌊t / every⌋

    Parameters
    ----------
    rate : float > 0
        At step 0.
    every : int ≥ 1
        Steps on one stair. An epoch of m examples has ⌈m / batch_size⌉ steps.
    factor : float > 0

    Returns
    -------
    function step → rate

    Raises
    ------
    TypeError, ValueError
        An argument is of another type or out of its range.

    References
    ----------
    He et al., *Deep residual learning for image recognition*, arXiv 1512.03385, section 4.2: from
    0.1 by a factor of 0.1 at steps 32,000 and 48,000.

    Examples
    --------
    >>> rate = step_decay(0.1, every=10, factor=0.5)
    >>> rate(0), rate(9), rate(10), rate(20)
    (0.1, 0.1, 0.05, 0.025)
    """
    rate = positive_rate("step_decay", "rate", rate)
    every = check.integer("step_decay", "every", every, 1)
    factor = check.within(
        "step_decay", "factor", factor, 0, inf, "()", "the rate is multiplied by it"
    )

    def schedule(step: int) -> float:
        return float(rate * factor ** (step // every))

    return _named("step_decay", schedule)


def cosine(rate: float, steps: int, final: float = 0.0) -> Schedule:
    """Return the schedule that falls along half a cosine, and then stays.

    The equation::

        η(t) = final + (rate − final)·(1 + cos(π·t / steps)) / 2        t ≤ steps

    Parameters
    ----------
    rate : float > 0
        At step 0.
    steps : int ≥ 1
        When `final` is reached: epochs·⌈m / batch_size⌉ for a training of m examples.
    final : float ≥ 0

    Returns
    -------
    function step → rate

    Raises
    ------
    TypeError, ValueError
        An argument is of another type or out of its range.

    References
    ----------
    Loshchilov and Hutter, *SGDR: stochastic gradient descent with warm restarts*, arXiv 1608.03983,
    equation 5, without restarts.

    Examples
    --------
    >>> rate = cosine(0.1, steps=100)
    >>> [round(rate(t), 3) for t in (0, 25, 50, 75, 100, 101)]
    [0.1, 0.085, 0.05, 0.015, 0.0, 0.0]
    """
    rate = positive_rate("cosine", "rate", rate)
    steps = check.integer("cosine", "steps", steps, 1)
    final = check.within("cosine", "final", final, 0, inf, "[)", "it is a rate too")

    def schedule(step: int) -> float:
        return final + (rate - final) * (1 + cos(pi * min(step / steps, 1))) / 2

    return _named("cosine", schedule)


def warm_up(steps: int, then: float | Schedule) -> Schedule:
    """Return the schedule that rises in a straight line to another one, which begins after it.

    The equation::

        η(t) = (t + 1)/steps · then(0)   if t < steps,   else then(t − steps)

    Large first steps with weights that mean nothing yet can do lasting harm; Adam's averages too
    are of few gradients at first.

    Parameters
    ----------
    steps : int ≥ 1
    then : float > 0, or function step → rate

    Returns
    -------
    function step → rate

    Raises
    ------
    TypeError, ValueError
        An argument is of another type or out of its range.

    References
    ----------
    Goyal et al., *Accurate, large minibatch SGD: training ImageNet in 1 hour*, arXiv 1706.02677,
    section 2.2.

    Examples
    --------
    >>> rate = warm_up(4, then=0.1)
    >>> [round(rate(t), 3) for t in range(6)]
    [0.025, 0.05, 0.075, 0.1, 0.1, 0.1]
    """
    steps = check.integer("warm_up", "steps", steps, 1)
    after = then if callable(then) else constant(then)

    def schedule(step: int) -> float:
        return after(0) * (step + 1) / steps if step < steps else after(step - steps)

    return _named("warm_up", schedule)


def positive_rate(call: str, name: str, value: object) -> float:
    """Return a learning rate, as a Python float, if it is a number above 0."""
    return check.within(call, name, value, 0, inf, "()", "it scales a step against the gradient")


def _named(name: str, schedule: Schedule) -> Schedule:
    """Give a schedule the name under which an optimizer shows it."""
    schedule.__name__ = name
    return schedule
