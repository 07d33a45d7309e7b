"""VolumeConvolution: one filter spans all channels, and its partial sums add up to one map."""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets as t
from numpy.typing import ArrayLike, NDArray

from cnnlib.filters import HEF, VEF
from cnnlib.functional import conv2d, output_size
from cnnlib.widgets._base import LIMIT, Checked, Choice, Whole, Widget, bundle, finite, styles

SIDE, CHANNELS, FILTERS = 7, 4, 4
"""Largest volume and largest number of filters; volume.js has the same numbers."""

Nested = list[Any]

EXAMPLE = np.zeros((5, 5, 3))
EXAMPLE[:, :2, 0] = 10
EXAMPLE[:, 2:, 1] = 10
EXAMPLE[2:, :, 2] = 4
EXAMPLE.flags.writeable = False
"""Red on the left, green on the right, and a little blue below."""

DETECTORS = np.stack(
    [np.stack([VEF, -VEF, 0 * VEF], axis=2), np.stack([VEF, VEF, HEF], axis=2)], axis=3
)
DETECTORS.flags.writeable = False
"""(3, 3, 3, 2): an edge of red against green; edges of any channel, added up."""


class Numbers(Checked):
    """An array of finite numbers, each side of it one of the sizes that are allowed there."""

    def __init__(self, default: ArrayLike, *sizes: tuple[int, ...], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.example, self.sizes = np.asarray(default), sizes

    def default(self, obj: Any = None) -> Nested:
        """Return a new list each time: widgets share nothing."""
        return self.check(self.example)

    def check(self, value: Any) -> Nested:
        """Return nested lists of floats."""
        array = finite(value, len(self.sizes))
        if any(n not in allowed for n, allowed in zip(array.shape, self.sizes, strict=True)):
            listed = ", ".join("|".join(map(str, allowed)) for allowed in self.sizes)
            raise ValueError(f"must have a shape of ({listed}), not {array.shape}")
        beyond = array[np.abs(array) > LIMIT]
        if beyond.size:
            raise ValueError(f"must hold numbers from −{LIMIT} to {LIMIT}, not {beyond[0]:g}")
        nested: Nested = array.tolist()
        return nested


def _upto(n: int) -> tuple[int, ...]:
    return tuple(range(1, n + 1))


class VolumeConvolution(Widget):
    """Step filters over a volume: Z[x, y, n] = Σ W[i, j, k, n] · Ã[x·s + i, y·s + j, k] + b[n].

    The sum is over i, j and k, and the channels k are added before one's eyes.

    Parameters
    ----------
    volume : (n_H, n_W, n_C_prev)
        1 to 7 rows and columns, 1 to 4 channels; default: red beside green, some blue below.
    weights : (f, f, n_C_prev, n_C)
        f is 1 or 3; 1 to 4 filters; default: two edge detectors for the default volume. Must be
        given with a volume that has not three channels.
    bias : (n_C,), optional
        One number for each filter, added once per output; default: zeros.
    stride : int
        1, 2 or 3.
    padding : int
        0, 1 or 2: rows and columns of zeros on each of the four sides of every channel.
    step : int
        What is shown: step = (position · n_C + filter) · n_C_prev + channel, all counted from 0,
        the positions row by row. Beyond the last, the last.
    predict : bool
        Ask first how many maps will come out.

    Raises
    ------
    TraitError
        If a value is outside these limits or the arrays do not belong together, now or when it is
        assigned later.

    Notes
    -----
    Arrays that change their sizes together are assigned together, in
    ``with widget.hold_trait_notifications():``.

    Examples
    --------
    >>> widget = VolumeConvolution()
    >>> widget
    VolumeConvolution(5×5×3 volume, 2 filters 3×3×3, stride 1, padding 0 → 3×3×2)
    >>> widget.output[..., 0]
    array([[60., 60.,  0.],
           [60., 60.,  0.],
           [60., 60.,  0.]])
    """

    _esm = bundle("volume_convolution")
    _css = styles("volume_convolution")

    volume = Numbers(EXAMPLE, _upto(SIDE), _upto(SIDE), _upto(CHANNELS)).tag(sync=True)
    weights = Numbers(DETECTORS, (1, 3), (1, 3), _upto(CHANNELS), _upto(FILTERS)).tag(sync=True)
    bias = Numbers([0, 0], _upto(FILTERS)).tag(sync=True)
    stride = Choice(1, 2, 3).tag(sync=True)
    padding = Choice(0, 1, 2).tag(sync=True)
    step = Whole().tag(sync=True)
    predict = Choice(False, True).tag(sync=True)

    def __init__(
        self,
        volume: ArrayLike | None = None,
        weights: ArrayLike | None = None,
        bias: ArrayLike | None = None,
        *,
        stride: int = 1,
        padding: int = 0,
        step: int = 0,
        predict: bool = False,
        **kwargs: Any,
    ) -> None:
        """See the class."""
        weights = DETECTORS if weights is None else weights
        if bias is None:
            bias = np.zeros(np.shape(weights)[-1]) if np.ndim(weights) == 4 else [0.0]
        super().__init__(
            volume=EXAMPLE if volume is None else volume,
            weights=weights,
            bias=bias,
            stride=stride,
            padding=padding,
            step=step,
            predict=predict,
            **kwargs,
        )

    @t.validate("volume", "weights", "bias")
    def _belongs(self, proposal: Any) -> Any:
        """A filter spans all channels of the volume, and has one bias."""
        arrays = {name: getattr(self, name) for name in ("volume", "weights", "bias")}
        arrays[proposal.trait.name] = proposal.value
        channels = np.shape(arrays["volume"])[2]
        f_H, f_W, spanned, count = np.shape(arrays["weights"])
        name = type(self).__name__
        if f_H != f_W:
            raise t.TraitError(f"{name}: weights must be square, not {f_H}×{f_W}")
        if spanned != channels:
            raise t.TraitError(
                f"{name}: weights must span the volume's {channels} channels, not {spanned}: "
                f"their shape is (f, f, n_C_prev, n_C)"
            )
        if len(arrays["bias"]) != count:
            raise t.TraitError(
                f"{name}: bias must have one number for each of the {count} filters, "
                f"not {len(arrays['bias'])}"
            )
        return proposal.value

    @property
    def output(self) -> NDArray[np.float64]:
        """``cnnlib.conv2d`` of what is shown now, (n_H, n_W, n_C), one map for each filter."""
        A, W, b = np.array(self.volume)[None], np.array(self.weights), np.array(self.bias)
        Z: NDArray[np.float64] = conv2d(A, W, b, self.stride, self.padding)[0]
        return Z

    def describe(self) -> str:
        """Sizes of the volume, the filters and the output."""
        (rows, columns, channels), (f, _, _, n) = np.shape(self.volume), np.shape(self.weights)
        settings = (
            f"{rows}×{columns}×{channels} volume, {n} filter{'s' * (n > 1)} {f}×{f}×{channels}, "
            f"stride {self.stride}, padding {self.padding}"
        )
        if f > min(rows, columns) + 2 * self.padding:
            return f"{settings} → does not fit"
        sizes = [output_size(side, f, self.stride, self.padding) for side in (rows, columns)]
        return f"{settings} → {sizes[0]}×{sizes[1]}×{n}"
