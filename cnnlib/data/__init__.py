"""Real images, ready to learn from: photographs, digits, clothes; splits and augmentation.

What ships with the book needs no download; README.md in this folder names the source and the
licence of every file. ``import cnnlib.data`` needs NumPy alone: Pillow, which reads the photograph
and interpolates, and pooch, which downloads, are imported when they are first used.
"""

from __future__ import annotations

from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

from cnnlib.data import augment, colour, geometry
from cnnlib.data.digits import digits, mnist
from cnnlib.data.fashion import FASHION_CLASSES, Fashion, fashion_mnist
from cnnlib.data.handwriting import as_mnist
from cnnlib.data.labelled import Labelled
from cnnlib.data.split import Split, train_dev_test_split

__all__ = [
    "FASHION_CLASSES",
    "Fashion",
    "Labelled",
    "Split",
    "as_mnist",
    "augment",
    "colour",
    "digits",
    "fashion_mnist",
    "geometry",
    "mnist",
    "photograph",
    "train_dev_test_split",
]

_SIDE = 256  # pixels on each side of the photographs


def photograph(size: int = _SIDE, *, colour: bool = False) -> npt.NDArray[np.uint8]:
    """Return the book's grey photograph, or the one in colour.

    The grey one shows a man with a camera on a tripod, grass and a far skyline; the one in colour
    an astronaut in an orange suit, a flag of red and white stripes, and a model of a spacecraft.

    Parameters
    ----------
    size : int
        Rows and columns of the result. A divisor of 256: each pixel of a smaller picture is the
        rounded mean of a square block of the full one, in each channel.
    colour : bool
        Whether to return the photograph that has three channels: red, green, blue.

    Returns
    -------
    I : (size, size) array of uint8, or (size, size, 3) in colour
        The amount of light, from 0 (black) to 255 (white). Row 0 is the top row. The array is
        read-only, so that no cell can change it for the cells below.

    Raises
    ------
    ValueError
        If `size` is not a divisor of 256.
    ModuleNotFoundError
        If Pillow is not installed.

    Source
    ------
    ``camera.png`` of scikit-image 0.26.0, photographed by Lav Varshney, CC0 1.0 (public domain
    dedication), and ``astronaut.png``, Eileen Collins photographed by NASA, public domain; each
    2×2 block of their 512×512 pixels averaged and rounded.

    Examples
    --------
    >>> from cnnlib.data import photograph
    >>> I = photograph()
    >>> I.shape, I.dtype.name, int(I.min()), int(I.max())
    ((256, 256), 'uint8', 2, 255)
    >>> photograph(64).shape, photograph(64, colour=True).shape
    ((64, 64), (64, 64, 3))
    """
    known = isinstance(size, int | np.integer) and not isinstance(size, bool)
    if not known or size < 1 or _SIDE % size:
        raise ValueError(
            f"photograph: size must be a divisor of {_SIDE}, because each pixel is the mean of a "
            f"square block; got {size!r}: use 256, 128, 64, 32, …"
        )
    Image = _pillow()
    name = "astronaut.png" if colour else "camera.png"
    with (resources.files(__name__) / name).open("rb") as file, Image.open(file) as picture:
        I: npt.NDArray[np.uint8] = np.array(picture, dtype=np.uint8)
    block = _SIDE // size
    if block > 1:
        means = I.reshape(size, block, size, block, *I.shape[2:]).mean(axis=(1, 3))
        I = np.rint(means).astype(np.uint8)
    I.setflags(write=False)
    return I


def _pillow() -> Any:
    try:
        from PIL import Image
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "photograph: reading a picture needs Pillow, which is not installed: "
            "pip install pillow (or install cnnlib with its extra: cnnlib[book])"
        ) from None
    return Image
