"""DescentExplorer: five update rules go downhill on a surface over two parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnnlib.optim import SGD, Adam, Momentum, Nesterov, Optimizer, RMSProp
from cnnlib.widgets._base import Checked, Choice, Matrix, Whole, Widget, bundle, finite, styles

BOUNDS = (4, 3)
STEPS, FAR, EXAMPLES = 120, 1000, 64

Point = NDArray[np.float64]


def bowl(x: float, y: float) -> tuple[float, float, float]:
    """Return J = (x² + 10y²)/2 and its two derivatives: ten times as steep in y as in x."""
    return (x * x + 10 * (y * y)) / 2, x, 10 * y


def saddle(x: float, y: float) -> tuple[float, float, float]:
    """Return J = x²/2 + (y²/4 − 1)² and its derivatives: a saddle at 0 between two minima."""
    r = y * y / 4 - 1
    return x * x / 2 + r * r, x, r * y


def valley(x: float, y: float) -> tuple[float, float, float]:
    """Return J = (x − 2)²/16 + 2(y + 1 − x²/4)² and its derivatives: a valley with a bend."""
    r = y + 1 - x * x / 4
    return (x - 2) * (x - 2) / 16 + 2 * (r * r), (x - 2) / 8 - 2 * x * r, 4 * r


SURFACES: dict[str, Callable[[float, float], tuple[float, float, float]]] = {
    "bowl": bowl,
    "saddle": saddle,
    "valley": valley,
}


def shuffled(seed: int, epoch: int) -> list[int]:
    """Return the examples in the order of one epoch, as the page shuffles them: by mulberry32."""
    a, order, mask = seed * 65536 + epoch & 0xFFFFFFFF, list(range(EXAMPLES)), 0xFFFFFFFF
    for i in range(EXAMPLES - 1, 0, -1):
        a = a + 0x6D2B79F5 & mask
        t = (a ^ a >> 15) * (a | 1) & mask
        t ^= t + (t ^ t >> 7) * (t | 61) & mask
        j = ((t ^ t >> 14) & mask) % (i + 1)
        order[i], order[j] = order[j], order[i]
    return order


class Rate(Checked):
    """A learning rate, above 0 and at most 10."""

    default_value = 0.05

    def check(self, value: Any) -> float:
        """Return ``value`` as a ``float``."""
        rate = float(finite([value], 1)[0])
        if not 0 < rate <= 10:
            raise ValueError(f"must be above 0 and at most 10, not {value!r}")
        return rate


class Speed(Checked):
    """The part μ of the speed that is kept: one of a few."""

    default_value = 0.9
    values = (0.0, 0.5, 0.8, 0.9, 0.99)

    def check(self, value: Any) -> float:
        """Return the member of ``values`` that equals ``value``."""
        speed = float(finite([value], 1)[0])
        if speed not in self.values:
            raise ValueError(f"must be one of {', '.join(map(str, self.values))}, not {value!r}")
        return speed


class Start(Checked):
    """Two parameters inside the picture."""

    def default(self, obj: Any = None) -> list[float]:
        """Return a new list each time."""
        return [-3.0, 2.0]

    def check(self, value: Any) -> list[float]:
        """Return ``[x, y]``."""
        point = finite(value, 1)
        if point.shape != (2,) or np.any(np.abs(point) > BOUNDS):
            raise ValueError(f"must be x from −4 to 4 and y from −3 to 3, not {value!r:.40}")
        pair: list[float] = point.tolist()
        return pair


class DescentExplorer(Widget):
    """Watch SGD, momentum, Nesterov, RMSProp or Adam go down a surface, step by step.

    The cost is a mean over 64 examples. Each example's loss is the surface, tilted a little in a
    direction of its own; the tilts add up to zero. So a small batch sees another slope than all
    examples do: the rule is given ``∇J_B = ∇J + mean tilt of the batch``.

    Parameters
    ----------
    surface : "bowl", "saddle" or "valley"
        The cost J(x, y); see `bowl`, `saddle`, `valley` of this module. Its least value is 0.
    rule : "SGD", "Momentum", "Nesterov", "RMSProp" or "Adam"
        A class of ``cnnlib.optim``, with its own settings but for:
    rate : float
        The learning rate η, above 0 and at most 10.
    momentum : float
        μ of Momentum and Nesterov: 0, 0.5, 0.8, 0.9 or 0.99.
    batch_size : int
        64 (all examples), 16, 4 or 1.
    seed : int
        How the examples are shuffled at each epoch.
    start : (x, y)
        From −4 to 4 and from −3 to 3.
    step : int
        Which of the points is shown, from 0; one beyond the last shows the last.

    Raises
    ------
    TraitError
        If a value is outside these limits, now or when it is assigned later.

    Examples
    --------
    >>> explorer = DescentExplorer(rate=0.1, start=(2, 1))
    >>> explorer
    DescentExplorer(bowl, SGD, learning rate 0.1, batches of 64)
    >>> explorer.path[:3].round(2).tolist()  # y ← y − 0.1·10y is 0 at once
    [[2.0, 1.0], [1.8, 0.0], [1.62, 0.0]]
    """

    _esm = bundle("descent_explorer")
    _css = styles("plots", "descent_explorer")

    surface = Choice(*SURFACES).tag(sync=True)
    rule = Choice("SGD", "Momentum", "Nesterov", "RMSProp", "Adam").tag(sync=True)
    rate = Rate().tag(sync=True)
    momentum = Speed().tag(sync=True)
    batch_size = Choice(64, 16, 4, 1).tag(sync=True)
    seed = Whole().tag(sync=True)
    start = Start().tag(sync=True)
    step = Whole().tag(sync=True)
    tilts = Matrix(EXAMPLES, read_only=True).tag(sync=True)

    def __init__(
        self,
        surface: str = "bowl",
        rule: str = "SGD",
        *,
        rate: float = 0.05,
        start: ArrayLike | None = None,
        **kwargs: Any,
    ) -> None:
        """See the class."""
        half = (2 * np.random.default_rng(0).standard_normal((EXAMPLES // 2, 2))).round(3)
        self.set_trait("tilts", np.concatenate([half, -half]))
        super().__init__(
            surface=surface,
            rule=rule,
            rate=rate,
            start=[-3.0, 2.0] if start is None else start,
            **kwargs,
        )

    def tilt(self, t: int) -> Point:
        """Return what the batch of step t (from 0) adds to the gradient of J."""
        size, per_epoch = self.batch_size, EXAMPLES // self.batch_size
        if size == EXAMPLES:
            return np.zeros(2)
        first = t % per_epoch * size
        batch = shuffled(self.seed, t // per_epoch)[first : first + size]
        return np.array([sum(self.tilts[i][k] for i in batch) / size for k in (0, 1)])

    @property
    def optimizer(self) -> Optimizer:
        """A new optimizer of ``cnnlib.optim``, as it is chosen now."""
        if self.rule in ("Momentum", "Nesterov"):
            kind = Momentum if self.rule == "Momentum" else Nesterov
            return kind(self.rate, momentum=self.momentum)
        others: dict[str, type[SGD | RMSProp | Adam]] = {
            "SGD": SGD,
            "RMSProp": RMSProp,
            "Adam": Adam,
        }
        return others[self.rule](self.rate)

    @property
    def path(self) -> Point:
        """All points, (steps + 1, 2), as ``cnnlib.optim`` makes them; it ends beyond ±1000."""
        optimizer, theta = self.optimizer, np.array(self.start)
        points = [theta.copy()]
        while len(points) <= STEPS and np.abs(theta).max() <= FAR:
            _, *slope = SURFACES[self.surface](*theta.tolist())
            g = np.array(slope) + self.tilt(len(points) - 1)
            optimizer.step({"theta": theta}, {"theta": g})
            points.append(theta.copy())
        return np.array(points)

    @property
    def costs(self) -> Point:
        """J at every point of the path."""
        return np.array([SURFACES[self.surface](x, y)[0] for x, y in self.path.tolist()])

    def describe(self) -> str:
        """The surface, the rule, and its settings."""
        rate = f"learning rate {self.rate:g}"
        return f"{self.surface}, {self.rule}, {rate}, batches of {self.batch_size}"
