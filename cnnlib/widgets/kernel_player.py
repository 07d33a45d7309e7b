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


class KernelPlayer(Widget):
    """Play back the kernels that gradient descent went through, beside the loss and the target.

    Parameters
    ----------
    kernels : (steps, f, f)
        The kernel before the first step, after the first, and so on; at most 2000, f ≤ 7.
    losses : (steps,), optional
        The loss of each of these kernels.
    target : (f, f), optional
        The kernel K* that should be found; its largest error max |K − K*| is shown.
    step : int
        The step that is shown, from 0; one beyond the last shows the last.

    Raises
    ------
    TraitError
        If a value is outside these limits or the three do not belong together.

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
    _css = styles("kernel_player")

    kernels = Kernels(read_only=True).tag(sync=True)
    losses = Losses(read_only=True).tag(sync=True)
    target = Matrix(7, limit=np.inf, optional=True, read_only=True).tag(sync=True)
    step = Whole().tag(sync=True)

    def __init__(
        self,
        kernels: ArrayLike,
        losses: ArrayLike | None = None,
        target: ArrayLike | None = None,
        *,
        step: int = 0,
        **kwargs: Any,
    ) -> None:
        """See the class."""
        self.load(kernels, losses, target)  # first: the page's copy is made from it
        super().__init__(step=step, **kwargs)

    def load(
        self, kernels: ArrayLike, losses: ArrayLike | None = None, target: ArrayLike | None = None
    ) -> None:
        """Show another recording; all three change at once, so that they always belong together."""
        try:
            steps, size = np.shape(kernels)[0], np.shape(kernels)[1:]
        except (IndexError, ValueError):
            steps, size = None, None  # the trait below says what is wrong
        if steps and losses is not None and np.shape(losses) != (steps,):
            wanted = f"one for each of the {steps} kernels"
            raise t.TraitError(f"KernelPlayer: losses must be {wanted}, not {np.shape(losses)}")
        if steps and target is not None and np.shape(target) != size:
            raise t.TraitError(
                f"KernelPlayer: target must have the kernels' shape {size}, not {np.shape(target)}"
            )
        with self.hold_sync():
            self.set_trait("kernels", kernels)
            self.set_trait("losses", () if losses is None else losses)
            self.set_trait("target", () if target is None else target)

    @property
    def kernel(self) -> NDArray[np.float64]:
        """The kernel at the step that is shown."""
        return np.array(self.kernels[min(self.step, len(self.kernels) - 1)])

    @property
    def error(self) -> float | None:
        """max |K − K*| at the step that is shown; None without a target."""
        return float(np.abs(self.kernel - self.target).max()) if self.target else None

    def describe(self) -> str:
        """How many kernels, their size, and what came with them."""
        f = len(self.kernels[0])
        extras = [name for name in ("losses", "target") if getattr(self, name)]
        return ", ".join([f"{len(self.kernels)} kernels {f}×{f}", *extras])
