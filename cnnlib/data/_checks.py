"""What loaders, splits and augmentation ask of their arguments; each error names the call."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cnnlib._checks import Array, generator, number

__all__ = ["each", "fraction", "generator", "images", "whole"]


def fraction(call: str, name: str, value: object, low: float = 0.0, high: float = 1.0) -> float:
    """Return `value` as a float in [low, high]."""
    x = number(call, name, value)
    if not low <= x <= high:
        raise ValueError(f"{call}: {name} is {value}: use a number from {low:g} to {high:g}")
    return x


def images(call: str, X: object) -> Array:
    """Return `X` if it is a batch of images that augmentation can change and keep in range."""
    if not isinstance(X, np.ndarray) or X.dtype not in (np.uint8, np.float32, np.float64):
        kind = f"an array of {X.dtype}" if isinstance(X, np.ndarray) else type(X).__name__
        raise TypeError(
            f"{call}: X is {kind}, but images are an array of uint8 (0..255) or of float32 or "
            f"float64 (0..1): convert it, for example with X.astype(np.float32)"
        )
    if X.ndim != 4 or X.size == 0:
        raise ValueError(
            f"{call}: X has shape {X.shape}, but it must be (m, n_H, n_W, n_C) with at least one "
            f"image: use X[None] for one colour image, X[..., None] for grey ones"
        )
    if X.dtype != np.uint8:
        low, high = float(X.min()), float(X.max())
        if not (low >= 0 and high <= 1):  # written so that NaN is refused too
            raise ValueError(
                f"{call}: X is {X.dtype} from {low:g} to {high:g}, but float images go from 0 "
                f"(black) to 1 (full): divide by 255 first, and standardise after augmenting"
            )
    return X


def each(call: str, name: str, value: npt.ArrayLike, m: int) -> npt.NDArray[np.float64]:
    """Return one finite number per image, (m,), from one number for all or from m of them."""
    x = np.asarray(value)
    if x.dtype.kind not in "iuf" or x.shape not in ((), (m,)) or not np.isfinite(x).all():
        raise ValueError(
            f"{call}: {name} is {value!r}, but it must be one finite number for all images or one "
            f"for each of the {m}"
        )
    return np.broadcast_to(x.astype(np.float64), (m,))


def whole(call: str, name: str, value: npt.ArrayLike, m: int) -> npt.NDArray[np.int64]:
    """Return one whole number per image, (m,)."""
    x = each(call, name, value, m)
    if (x != np.rint(x)).any():
        raise ValueError(f"{call}: {name} is {value!r}, but it counts pixels: use whole numbers")
    return x.astype(np.int64)
