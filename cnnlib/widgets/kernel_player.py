"""KernelPlayer: play back how a kernel was learned, step by step."""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets as t
from numpy.typing import ArrayLike, NDArray

from cnnlib.widgets._base import Checked, Matrix, Rows, Whole, Widget, bundle, finite, styles

LONGEST = 2000


class Kernels(Checked):
    """Recorded kernels, (steps, f, f)."""

    def check(self, value: Any) -> list[Rows]:
        """Return nested lists of floats."""
        array = finite(value, 3)
        if len(array) > LONGEST:
            raise ValueError(f"must hold at most {LONGEST} steps, not {len(array)}: record fewer")
        if array.shape[1] != array.shape[2] or array.shape[1] > 7:
            raise ValueError(f"must be square, at most 7×7, not of shape {array.shape}")
        steps: list[Rows] = array.tolist()
        return steps


class Losses(Checked):
    """One number for each recorded kernel, or none at all."""

    def check(self, value: Any) -> list[float]:
        """Return a list of floats."""
        losses: list[float] = [] if len(value) == 0 else finite(value, 1).tolist()
        return losses


class Steps(Checked):
    """The number of the step of each recorded kernel, or none at all."""

    def check(self, value: Any) -> list[int]:
        """Return a list of ints."""
        if np.size(value) == 0:
            return []
        array = np.asarray(value)
        if array.ndim != 1 or array.dtype.kind not in "iu":
            raise ValueError(f"must be a row of integers, not {value!r:.40}")
        if array.min() < 0 or np.any(array[1:] <= array[:-1]):
            raise ValueError(f"must grow from an integer ≥ 0, not {value!r:.40}")
        numbers: list[int] = array.tolist()
        return numbers


class KernelPlayer(Widget):
    """Play back the kernels that gradient descent went through, beside the loss and the target.

    Parameters
    ----------
    kernels : (n, f, f)
        The kernel before the first step, after the first, and so on; n ≤ 2000, f ≤ 7.
    losses : (n,), optional
        The loss of each of these kernels.
    target : (f, f), optional
        The kernel ``K*`` that should be found; its largest error ``max |K − K*|`` is shown.
    step : int
        Which of the kernels is shown, from 0; one beyond the last shows the last.
    steps : (n,), optional
        After how many steps each kernel was recorded, if not after 0, 1, 2, …: 0, 1, 2, 4, 8, …
        for instance. The page then speaks of these; the curves keep one place for each kernel.

    Raises
    ------
    TraitError
        If a value is outside these limits or the arrays do not belong together.

    Examples
    --------
    >>> player = KernelPlayer([[[0.0]], [[0.5]], [[0.75]]], losses=[1, 0.25, 0.0625], target=[[1]])
    >>> player
    KernelPlayer(3 kernels 1×1, losses, target)
    >>> player.step = 1
    >>> player.kernel
    array([[0.5]])
    >>> player.error
    0.5
    """

    _esm = bundle("kernel_player")
    _css = styles("plots")

    kernels = Kernels(read_only=True).tag(sync=True)
    losses = Losses(read_only=True).tag(sync=True)
    target = Matrix(7, limit=np.inf, optional=True, read_only=True).tag(sync=True)
    step = Whole().tag(sync=True)
    steps = Steps(read_only=True).tag(sync=True)

    def __init__(
        self,
        kernels: ArrayLike,
        losses: ArrayLike | None = None,
        target: ArrayLike | None = None,
        *,
        step: int = 0,
        steps: ArrayLike | None = None,
        **kwargs: Any,
    ) -> None:
        """See the class."""
        self.load(kernels, losses, target, steps)  # first: the page's copy is made from it
        super().__init__(step=step, **kwargs)

    def load(
        self,
        kernels: ArrayLike,
        losses: ArrayLike | None = None,
        target: ArrayLike | None = None,
        steps: ArrayLike | None = None,
    ) -> None:
        """Show another recording; all of it changes at once, so that it always belongs together."""
        try:
            count, size = np.shape(kernels)[0], np.shape(kernels)[1:]
        except (IndexError, ValueError):
            count, size = None, None  # the trait below says what is wrong
        for name, given in (("losses", losses), ("steps", steps)):
            if count and given is not None and np.shape(given) != (count,):
                wanted = f"one for each of the {count} kernels"
                raise t.TraitError(f"KernelPlayer: {name} must be {wanted}, not {np.shape(given)}")
        if count and target is not None and np.shape(target) != size:
            raise t.TraitError(
                f"KernelPlayer: target must have the kernels' shape {size}, not {np.shape(target)}"
            )
        with self.hold_sync():
            self.set_trait("kernels", kernels)
            self.set_trait("losses", () if losses is None else losses)
            self.set_trait("target", () if target is None else target)
            self.set_trait("steps", () if steps is None else steps)

    @property
    def kernel(self) -> NDArray[np.float64]:
        """The kernel at the step that is shown."""
        return np.array(self.kernels[min(self.step, len(self.kernels) - 1)])

    @property
    def error(self) -> float | None:
        """``max |K − K*|`` at the step that is shown; None without a target."""
        return float(np.abs(self.kernel - self.target).max()) if self.target else None

    def describe(self) -> str:
        """How many kernels, their size, and what came with them."""
        f = len(self.kernels[0])
        extras = [name for name in ("losses", "target") if getattr(self, name)]
        return ", ".join([f"{len(self.kernels)} kernels {f}×{f}", *extras])
