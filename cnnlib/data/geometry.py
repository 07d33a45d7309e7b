"""Moving, cutting and turning pictures, by given amounts; `augment` draws the amounts at random.

Each function takes a batch ``X : (m, n_H, n_W, n_C)`` of uint8 (0..255) or float32 / float64
(0..1) and its amounts, one number for all images or one for each of the m. It returns a new array
of the same dtype, in the same range.

Turning and stretching interpolate bilinearly, with Pillow, one plane at a time: for a batch of 64
that takes as long as the same in vectorised NumPy, without being ours to keep right, and SciPy,
no faster, is heavy in a browser. Pillow computes in float32: a float64 image is exact to 1e-7.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cnnlib._checks import Array, integer
from cnnlib.data import _checks as check

__all__ = ["crop", "rotate", "shift"]


def shift(X: Array, down: npt.ArrayLike, right: npt.ArrayLike) -> Array:
    """Move each image by whole pixels; what comes into view is black (0).

    The equation::

        X'[i, j] = X[i − down, j − right]

    Parameters
    ----------
    X : array (m, n_H, n_W, n_C)
        Images, uint8 or float32 / float64 from 0 to 1.
    down, right : int, or m of them
        Pixels; negative ones go up and left.

    Returns
    -------
    array of the shape and dtype of X

    Raises
    ------
    TypeError, ValueError
        X is not a batch of images, or an amount is not a whole number.

    References
    ----------
    Gonzalez and Woods, *Digital Image Processing*, 3rd edition, 2008, section 2.6.5.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.arange(1, 7, dtype=np.uint8).reshape(1, 2, 3, 1)
    >>> shift(X, down=0, right=1)[0, :, :, 0]
    array([[0, 1, 2],
           [0, 4, 5]], dtype=uint8)
    """
    X = check.images("shift", X)
    m, n_H, n_W, _ = X.shape
    # an image moved by more than its size is gone, just as one moved by its size
    downs = check.whole("shift", "down", down, m).clip(-n_H, n_H).tolist()
    rights = check.whole("shift", "right", right, m).clip(-n_W, n_W).tolist()
    out = np.zeros_like(X)
    # two slices per image: twice as fast as gathering all the pixels with one index array
    for n, (y, x) in enumerate(zip(downs, rights, strict=True)):
        seen = X[n, max(-y, 0) : n_H - max(y, 0), max(-x, 0) : n_W - max(x, 0)]
        out[n, max(y, 0) : n_H - max(-y, 0), max(x, 0) : n_W - max(-x, 0)] = seen
    return out


def crop(
    X: Array,
    top: npt.ArrayLike,
    left: npt.ArrayLike,
    height: npt.ArrayLike,
    width: npt.ArrayLike,
    size: tuple[int, int] | None = None,
) -> Array:
    """Cut a window out of each image and stretch it to `size`, by default to the image's own.

    The window of image n is ``X[n, top : top + height, left : left + width]``, in whole pixels;
    one that has the size already is copied as it is.

    Parameters
    ----------
    X : array (m, n_H, n_W, n_C)
        Images, uint8 or float32 / float64 from 0 to 1.
    top, left, height, width : int, or m of them
        The window, in whole pixels; it is a part of the image.
    size : (rows, columns), optional
        Of the result; the image's own if not given.

    Returns
    -------
    array (m, rows, columns, n_C) of the dtype of X

    Raises
    ------
    TypeError, ValueError
        X is not a batch of images, or a window is not a part of its image.
    ModuleNotFoundError
        Pillow is not installed, and something is to be stretched.

    References
    ----------
    Bilinear interpolation: Gonzalez and Woods, *Digital Image Processing*, 3rd edition, 2008,
    section 2.4.4.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.arange(1, 7, dtype=np.uint8).reshape(1, 2, 3, 1)
    >>> crop(X, top=0, left=1, height=2, width=2, size=(2, 2))[0, :, :, 0]
    array([[2, 3],
           [5, 6]], dtype=uint8)
    """
    X = check.images("crop", X)
    m, n_H, n_W, n_C = X.shape
    y, x, h, w = sides = [
        check.whole("crop", name, value, m)
        for name, value in (("top", top), ("left", left), ("height", height), ("width", width))
    ]
    inside = (y >= 0) & (x >= 0) & (h >= 1) & (w >= 1) & (y + h <= n_H) & (x + w <= n_W)
    if not inside.all():
        n = int(np.argmin(inside))
        raise ValueError(
            f"crop: the window of image {n} has rows {y[n]} to {y[n] + h[n]} and columns {x[n]} to "
            f"{x[n] + w[n]}, but must be a part of the {n_H}×{n_W} image, 1×1 at least"
        )
    rows, columns = (integer("crop", "size", side, 1) for side in size or (n_H, n_W))
    out = np.empty((m, rows, columns, n_C), X.dtype)
    for n, (i, j, i_n, j_n) in enumerate(np.stack(sides, axis=1).tolist()):
        window = X[n, i : i + i_n, j : j + j_n]
        same = (i_n, j_n) == (rows, columns)
        out[n] = window if same else _interpolated("crop", window, "resize", (columns, rows))
    return out


def rotate(X: Array, degrees: npt.ArrayLike) -> Array:
    """Turn each image about its centre, counter-clockwise; what comes into view is black (0).

    Parameters
    ----------
    X : array (m, n_H, n_W, n_C)
        Images, uint8 or float32 / float64 from 0 to 1.
    degrees : float, or m of them
        The angle.

    Returns
    -------
    array of the shape and dtype of X

    Raises
    ------
    TypeError, ValueError
        X is not a batch of images, or an angle is not finite.
    ModuleNotFoundError
        Pillow is not installed.

    References
    ----------
    Gonzalez and Woods, *Digital Image Processing*, 3rd edition, 2008, sections 2.4.4 and 2.6.5.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[9, 1], [0, 0]], np.uint8).reshape(1, 2, 2, 1)
    >>> rotate(X, 90)[0, :, :, 0]
    array([[1, 0],
           [9, 0]], dtype=uint8)
    """
    X = check.images("rotate", X)
    angles = check.each("rotate", "degrees", degrees, len(X)) % 360
    out = X.copy()
    for n in np.flatnonzero(angles):
        out[n] = _interpolated("rotate", X[n], "rotate", float(angles[n]))
    return out


def _interpolated(call: str, image: Array, method: str, amount: Any) -> Array:
    """Apply a method of Pillow's images to each channel of one image (n_H, n_W, n_C)."""
    try:
        from PIL import Image
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            f"{call}: interpolating needs Pillow, which is not installed: "
            f"pip install pillow (or install cnnlib with its extra: cnnlib[book])"
        ) from None
    known = np.uint8 if image.dtype == np.uint8 else np.float32
    planes = [
        getattr(Image.fromarray(plane), method)(amount, Image.Resampling.BILINEAR)
        for plane in np.ascontiguousarray(np.moveaxis(image, -1, 0), dtype=known)
    ]
    return np.stack([np.asarray(plane) for plane in planes], axis=-1)
