"""InceptionDesigner: the branches of an inception block, and what they cost."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets as t

from cnnlib.widgets import _architecture as architecture
from cnnlib.widgets._base import Checked, Choice, Whole, Widget, bundle, styles
from cnnlib.widgets.architecture_builder import Shape

if TYPE_CHECKING:
    from cnnlib.blocks import Concat
    from cnnlib.summary import Summary

NAMES = ("c1", "r3", "c3", "r5", "c5", "pool")

#: name → what the menu sets; 3a and 3b are rows of table 1 of Szegedy et al., arXiv 1409.4842
PRESETS: dict[str, dict[str, Any]] = {
    "3a": {"input_shape": [28, 28, 192], "widths": [64, 96, 128, 16, 32, 32], "reduce": True},
    "3b": {"input_shape": [28, 28, 256], "widths": [128, 128, 192, 32, 96, 64], "reduce": True},
    "a small one": {"input_shape": [7, 7, 16], "widths": [8, 8, 16, 4, 8, 8], "reduce": True},
}


class Widths(Checked):
    """Six numbers of filters."""

    def default(self, obj: Any = None) -> list[int]:
        """Return those of 3a."""
        return list(PRESETS["3a"]["widths"])

    def check(self, value: Any) -> list[int]:
        """Return six ints from 1 to 1024."""
        if not isinstance(value, list | tuple | np.ndarray) or np.shape(value) != (6,):
            raise ValueError(f"must be ({', '.join(NAMES)}), not {value!r:.60}")
        rules = architecture.RULES["inception"]
        pairs = zip(NAMES, value, strict=True)
        try:
            return [int(architecture.entry(name, n, rules[name])) for name, n in pairs]
        except ValueError as error:
            raise ValueError(f"is refused: {error}") from None


class Switches(Checked):
    """Which of the four branches are on."""

    def default(self, obj: Any = None) -> list[bool]:
        """Return all of them."""
        return [True] * 4

    def check(self, value: Any) -> list[bool]:
        """Return four bools, at least one of them True."""
        array = np.asarray(value)
        if array.shape != (4,) or array.dtype.kind != "b" or not array.any():
            raise ValueError(f"must be four bools, at least one of them True, not {value!r:.60}")
        switches: list[bool] = array.tolist()
        return switches


class Blocks(t.TraitType[Any, Any]):
    """The blocks of the menu."""

    def default(self, obj: Any = None) -> dict[str, Any]:
        """Name → input_shape, widths, reduce."""
        return deepcopy(PRESETS)


class InceptionDesigner(Widget):
    """Choose the branches of an inception block; see its channels, parameters and multiply-adds.

    The page counts as ``cnnlib.summary`` does, and compares with GoogLeNet's block 3a.

    Parameters
    ----------
    preset : str
        "3a" or "3b" of GoogLeNet, or "a small one".
    widths : six integers from 1 to 1024, optional
        Filters: 1×1; 1×1 before 3×3, 3×3; 1×1 before 5×5, 5×5; 1×1 after the pooling.
    input_shape : (n_H, n_W, n_C), optional
        At most 384×384×2048.
    reduce : bool
        Whether there are 1×1 convolutions before 3×3 and 5×5.
    on : four bools
        Which branches there are: 1×1, 3×3, 5×5, pooling; at least one.
    branch : int
        The branch that the line explains, from 0; beyond the last, the last.

    Raises
    ------
    TraitError
        If a value is outside these limits, now or when it is assigned later.

    Examples
    --------
    >>> designer = InceptionDesigner("3a")
    >>> designer
    InceptionDesigner(3a: 28×28×192 → 28×28×256)
    >>> designer.summary.multiply_adds
    128049152
    >>> designer.reduce = False
    >>> designer.summary.multiply_adds
    308281344
    """

    _esm = bundle("inception_designer")
    _css = styles("inception_designer")

    input_shape = Shape().tag(sync=True)
    widths = Widths().tag(sync=True)
    reduce = Choice(True, False).tag(sync=True)
    on = Switches().tag(sync=True)
    branch = Whole().tag(sync=True)
    presets = Blocks(read_only=True).tag(sync=True)

    def __init__(
        self,
        preset: str = "3a",
        widths: list[int] | None = None,
        input_shape: tuple[int, int, int] | None = None,
        *,
        reduce: bool = True,
        on: list[bool] | None = None,
        branch: int = 1,
        **kwargs: Any,
    ) -> None:
        """See the class."""
        if preset not in PRESETS:
            known = ", ".join(map(repr, PRESETS))
            raise t.TraitError(f"InceptionDesigner: preset must be one of {known}, not {preset!r}")
        chosen = PRESETS[preset]
        super().__init__(
            widths=chosen["widths"] if widths is None else widths,
            input_shape=chosen["input_shape"] if input_shape is None else input_shape,
            reduce=reduce,
            on=[True] * 4 if on is None else on,
            branch=branch,
            **kwargs,
        )

    def network(self, rng: np.random.Generator) -> Concat:
        """Build the block that is shown of cnnlib's layers."""
        from cnnlib.blocks import Concat

        entries = dict(zip(NAMES, self.widths, strict=True))
        layer = architecture.described({"kind": "inception", **entries, "reduce": self.reduce})
        (block,) = architecture.build(self.input_shape, [layer], rng)
        branches = [way[0][1] for way in block.paths()]
        return Concat(*(one for one, on in zip(branches, self.on, strict=True) if on))

    @property
    def summary(self) -> Summary:
        """The table of ``network(rng)`` for ``input_shape``."""
        from cnnlib.blocks import Sequential

        block = self.network(np.random.default_rng(0))
        return Sequential(block).summary(tuple(self.input_shape))

    def describe(self) -> str:
        """The input and the output, under the name of the preset if it is one."""
        now = {"input_shape": self.input_shape, "widths": self.widths, "reduce": self.reduce}
        names = [f"{name}: " for name, p in PRESETS.items() if p == now and all(self.on)]
        c1, _, c3, _, c5, pool = self.widths
        n_C = sum(n for n, on in zip((c1, c3, c5, pool), self.on, strict=True) if on)
        n_H, n_W, n_C_prev = self.input_shape
        return f"{''.join(names)}{n_H}×{n_W}×{n_C_prev} → {n_H}×{n_W}×{n_C}"
