"""Changing the light and the colours of pictures, by given amounts; `augment` draws them.

Each function takes a batch ``X : (m, n_H, n_W, n_C)`` of uint8 (0..255) or float32 / float64
(0..1) and its amount, one number for all images or one for each of the m. It returns a new array
of the same dtype: what would leave the range is clipped, and for uint8 rounded.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cnnlib._checks import Array
from cnnlib.data import _checks as check

__all__ = ["brightness", "contrast", "hue", "saturation"]

#: how bright red, green and blue look: Rec. ITU-R BT.601
_LUMA = (0.299, 0.587, 0.114)


def brightness(X: Array, factor: npt.ArrayLike) -> Array:
    """Multiply the light: X' = factor · X. Factor 0 is black, 1 the picture, 2 twice the light.

    Parameters
    ----------
    X : array (m, n_H, n_W, n_C)
        Images, uint8 or float32 / float64 from 0 to 1.
    factor : float ≥ 0, or m of them

    Returns
    -------
    array of the shape and dtype of X

    Raises
    ------
    TypeError, ValueError
        X is not a batch of images, or a factor is not a number ≥ 0.

    References
    ----------
    As in torchvision and Pillow: Haeberli and Voorhies, *Image processing by interpolation and
    extrapolation*, IRIS Universe 28, 1994.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([10, 100, 200], np.uint8).reshape(1, 1, 3, 1)
    >>> brightness(X, 2).ravel()
    array([ 20, 200, 255], dtype=uint8)
    """
    X = check.images("brightness", X)
    return like(X, _factor("brightness", factor, X) * as_unit(X))


def contrast(X: Array, factor: npt.ArrayLike) -> Array:
    """Stretch about the mean grey μ of each image: X' = factor · X + (1 − factor) · μ.

    Factor 0 leaves only μ, 1 is the picture; μ is the mean luma of a colour image.

    Parameters
    ----------
    X : array (m, n_H, n_W, n_C)
        Images, uint8 or float32 / float64 from 0 to 1.
    factor : float ≥ 0, or m of them

    Returns
    -------
    array of the shape and dtype of X

    Raises
    ------
    TypeError, ValueError
        X is not a batch of images, or a factor is not a number ≥ 0.

    References
    ----------
    Haeberli and Voorhies, 1994, as for `brightness`.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([50, 100, 150], np.uint8).reshape(1, 1, 3, 1)
    >>> contrast(X, 0.5).ravel(), contrast(X, 2).ravel()
    (array([ 75, 100, 125], dtype=uint8), array([  0, 100, 200], dtype=uint8))
    """
    X = check.images("contrast", X)
    x, f = as_unit(X), _factor("contrast", factor, X)
    grey = _luma(x) if x.shape[3] == 3 else x
    return like(X, f * x + (1 - f) * grey.mean(axis=(1, 2, 3), keepdims=True))


def saturation(X: Array, factor: npt.ArrayLike) -> Array:
    """Mix with the grey picture: X' = factor · X + (1 − factor) · Y, Y the luma of each pixel.

    Factor 0 is a grey picture, 1 the picture, 2 twice as colourful. Needs three channels.

    Parameters
    ----------
    X : array (m, n_H, n_W, n_C)
        Images, uint8 or float32 / float64 from 0 to 1.
    factor : float ≥ 0, or m of them

    Returns
    -------
    array of the shape and dtype of X

    Raises
    ------
    TypeError, ValueError
        X is not a batch of images, or a factor is not a number ≥ 0.

    References
    ----------
    Haeberli and Voorhies, 1994, as for `brightness`; the luma is that of Rec. ITU-R BT.601.

    Examples
    --------
    >>> import numpy as np
    >>> red = np.array([255, 0, 0], np.uint8).reshape(1, 1, 1, 3)
    >>> saturation(red, 0).ravel()
    array([76, 76, 76], dtype=uint8)
    """
    X = _three_channels("saturation", X)
    x, f = as_unit(X), _factor("saturation", factor, X)
    return like(X, f * x + (1 - f) * _luma(x))


def hue(X: Array, turns: npt.ArrayLike) -> Array:
    """Turn the colour circle: 1/3 makes red green, green blue, blue red; 1 is the full circle.

    With V the largest and c the largest minus the smallest of a pixel's three numbers, and its
    hue h, the place on the circle in sixths of a turn (red 0, green 2, blue 4), the pixel becomes

    X'_k = V − c · clip(min(q, 4 − q), 0, 1),   q = (k + h + 6 · turns) mod 6

    with k = 5, 3, 1 for red, green, blue. V and c stay, so nothing is clipped, and grey (c = 0)
    stays grey. Needs three channels.

    Parameters
    ----------
    X : array (m, n_H, n_W, n_C)
        Images, uint8 or float32 / float64 from 0 to 1.
    turns : float, or m of them
        Full turns of the circle.

    Returns
    -------
    array of the shape and dtype of X

    Raises
    ------
    TypeError, ValueError
        X is not a batch of images in colour, or a turn is not finite.

    Source
    ------
    A. R. Smith, *Color gamut transform pairs*, SIGGRAPH 1978 (the HSV model).

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([200, 100, 0], np.uint8).reshape(1, 1, 1, 3)
    >>> hue(X, 1 / 3).ravel()
    array([  0, 200, 100], dtype=uint8)
    """
    X = _three_channels("hue", X)
    x = as_unit(X)
    R, G, B = np.moveaxis(x, -1, 0)
    V = x.max(axis=-1)
    c = V - x.min(axis=-1)
    of_red, of_green = R == V, G == V
    from_peak = np.where(of_red, G - B, np.where(of_green, B - R, R - G)) / np.where(c > 0, c, 1)
    h = np.where(of_red, 0, np.where(of_green, 2, 4)).astype(x.dtype) + from_peak
    turned = h + 6 * _amount("hue", "turns", turns, X)[..., 0]
    # the remainder of a tiny negative number may round up to 6: there, too, clip gives 0
    q = (np.array([5, 3, 1], x.dtype) + turned[..., np.newaxis]) % 6
    return like(X, V[..., np.newaxis] - c[..., np.newaxis] * np.minimum(q, 4 - q).clip(0, 1))


def as_unit(X: Array) -> Array:
    """Return images as floats in 0..1; float32 and float64 stay what they are."""
    return X.astype(np.float32) / np.float32(255) if X.dtype == np.uint8 else X


def like(X: Array, x: Array) -> Array:
    """Return floats in about 0..1, clipped, in the dtype of the images `X` that they came from."""
    x = x.clip(0, 1)
    return np.rint(255 * x).astype(np.uint8) if X.dtype == np.uint8 else x.astype(X.dtype)


def _luma(x: Array) -> Array:
    Y: Array = x @ np.array(_LUMA, x.dtype)
    return Y[..., np.newaxis]


def _factor(call: str, factor: npt.ArrayLike, X: Array) -> Array:
    f = _amount(call, "factor", factor, X)
    if f.min() < 0:
        raise ValueError(f"{call}: factor is {factor!r}: use numbers ≥ 0; 1 changes nothing")
    return f


def _amount(call: str, name: str, value: npt.ArrayLike, X: Array) -> Array:
    """Return one number per image, shaped to multiply the batch, in the dtype of `as_unit`."""
    dtype = np.float64 if X.dtype == np.float64 else np.float32
    return check.each(call, name, value, len(X)).astype(dtype).reshape(-1, 1, 1, 1)


def _three_channels(call: str, X: Array) -> Array:
    X = check.images(call, X)
    if X.shape[3] != 3:
        raise ValueError(
            f"{call}: X has shape {X.shape}, but colour needs 3 channels (red, green, blue): a "
            f"grey picture has no {call} to change"
        )
    return X
