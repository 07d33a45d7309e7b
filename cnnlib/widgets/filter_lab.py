"""FilterLab: any small kernel on a real photograph, at once, down to the numbers of one pixel."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import traitlets as t
from numpy.typing import ArrayLike, NDArray

from cnnlib import data, filters
from cnnlib.functional import correlate2d
from cnnlib.widgets._base import (
    Checked,
    Choice,
    Matrix,
    Place,
    Presets,
    Widget,
    bundle,
    convolution_in_words,
    styles,
)

LARGEST = 512
_PREFIX = "data:image/png;base64,"


def to_url(image: ArrayLike) -> str:
    """Encode grey levels as a PNG in a data URL; say what is wrong with anything else."""
    from PIL import Image  # only this widget needs Pillow

    pixels = np.asarray(image)
    if pixels.dtype != np.uint8 or pixels.ndim != 2:
        raise ValueError(
            "must be a 2-D array of uint8 grey levels, "
            f"not {pixels.ndim}-D {pixels.dtype.name} (scale to 0 … 255, then .astype(np.uint8))"
        )
    if not 1 <= min(pixels.shape) <= max(pixels.shape) <= LARGEST:
        shape = "×".join(map(str, pixels.shape))
        raise ValueError(f"must have 1 to {LARGEST} rows and columns, not {shape}")
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format="PNG", optimize=True)
    return _PREFIX + base64.b64encode(file.getvalue()).decode("ascii")


def from_url(url: str) -> NDArray[np.uint8]:
    """Decode what ``to_url`` made."""
    from PIL import Image

    with Image.open(io.BytesIO(base64.b64decode(url.removeprefix(_PREFIX)))) as picture:
        return np.array(picture, dtype=np.uint8)


class Photo(Checked):
    """A grey 8-bit PNG as a data URL."""

    def check(self, value: Any) -> str:
        """Return the URL, encoded anew: what reaches the page is a grey PNG and nothing else."""
        try:
            return to_url(from_url(value))
        except (AttributeError, OSError, ValueError):
            reason = f"must be a grey 8-bit PNG as a data URL, not {value!r:.40}"
            raise ValueError(f"{reason}; assign an array to image instead") from None


class FilterLab(Widget):
    """Filter a photograph with a small kernel and see the result at once.

    Parameters
    ----------
    image : (n_H, n_W) uint8
        Grey levels 0 … 255, at most 512 on each side; default: ``cnnlib.data.photograph()``.
    kernel : (f, f)
        f is 1, 3 or 5, entries from −1000 to 1000; default: the vertical-edge filter.
    stride : int
        1, 2 or 3.
    padding : int
        0, 1, 2 or 3: rows and columns of zeros on each of the four sides.
    display : str
        How the result is coloured: "signed" (blue below 0, orange above), "grey" (0 … 255, the
        rest cut off), "absolute" (the sign left out), or "auto": grey if the kernel's entries sum
        to 1, so that it keeps the brightness, else signed.
    point : (row, column)
        The output pixel under the magnifier, from 0; default: the middle. One outside the output
        shows the nearest.

    Raises
    ------
    TraitError
        If a value is outside these limits, now or when it is assigned later.

    Examples
    --------
    >>> lab = FilterLab(stride=2)
    >>> lab
    FilterLab(256×256 image, 3×3 kernel, stride 2, padding 0 → 127×127)
    >>> lab.output.shape
    (127, 127)
    """

    _esm = bundle("filter_lab")
    _css = styles("filter_lab")

    photo = Photo().tag(sync=True)
    kernel = Matrix(5, sizes=(1, 3, 5)).tag(sync=True)
    stride = Choice(1, 2, 3).tag(sync=True)
    padding = Choice(0, 1, 2, 3).tag(sync=True)
    display = Choice("auto", "signed", "grey", "absolute").tag(sync=True)
    point = Place().tag(sync=True)
    presets = Presets(read_only=True).tag(sync=True)

    def __init__(
        self,
        image: ArrayLike | None = None,
        kernel: ArrayLike | None = None,
        *,
        stride: int = 1,
        padding: int = 0,
        display: str = "auto",
        point: tuple[int, int] | None = None,
        **kwargs: Any,
    ) -> None:
        """See the class."""
        pixels = data.photograph() if image is None else image
        self.photo, self.stride = (
            self._encode(pixels),
            stride,
        )  # checked, before the middle is taken
        middle = [n // (2 * stride) for n in np.shape(pixels)]
        super().__init__(
            kernel=filters.VEF if kernel is None else kernel,
            padding=padding,
            display=display,
            point=middle if point is None else point,
            **kwargs,
        )

    @property
    def image(self) -> NDArray[np.uint8]:
        """The photograph, decoded; assign a new array to show another one."""
        return from_url(self.photo)

    @image.setter
    def image(self, pixels: ArrayLike) -> None:
        self.photo = self._encode(pixels)

    def _encode(self, pixels: ArrayLike) -> str:
        try:
            return to_url(pixels)
        except ValueError as error:
            raise t.TraitError(f"FilterLab: image {error}") from None

    @property
    def output(self) -> NDArray[np.float64]:
        """``cnnlib.correlate2d(image, kernel, stride, padding)`` of what is shown now."""
        image = self.image.astype(np.float64)
        return correlate2d(image, np.array(self.kernel), self.stride, self.padding)

    def describe(self) -> str:
        """Sizes of the image, the kernel and the output."""
        return convolution_in_words(self.image.shape, len(self.kernel), self.stride, self.padding)
