"""AugmentationLab: each augmentation on real pictures, and the question whether its label holds."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets as t
from numpy.typing import ArrayLike, NDArray

from cnnlib import data
from cnnlib.data import augment, colour, geometry
from cnnlib.widgets._base import Choice, Whole, Widget, bundle, styles
from cnnlib.widgets._labels import VERDICTS

LARGEST, MOST = 128, 12
STRENGTHS: dict[str, tuple[float, ...]] = {
    "shift": (0, 1, 2, 3, 4, 6, 8, 10),
    "crop": (1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4),
    "rotate": (0, 5, 10, 20, 30, 45, 60, 90, 180),
    "flip": (0, 0.25, 0.5, 0.75, 1),
    "upside down": (0, 0.25, 0.5, 0.75, 1),
    "noise": (0, 0.05, 0.1, 0.2, 0.3, 0.5, 1),
    "brightness": (0, 0.1, 0.2, 0.3, 0.5, 0.75, 1),
    "contrast": (0, 0.1, 0.2, 0.3, 0.5, 0.75, 1),
    "saturation": (0, 0.1, 0.2, 0.3, 0.5, 0.75, 1),
    "hue": (0, 0.02, 0.05, 0.1, 0.2, 0.33, 0.5),
}
"""What the slider offers of each; the first does nothing."""

_USUAL = {"shift": 2, "crop": 2, "rotate": 2, "flip": 2, "upside down": 2}


def step_of(kind: str, strength: float) -> augment.Step:
    """Return the step of ``cnnlib.data.augment`` that a kind and a strength stand for."""
    if kind == "upside down":
        return augment.flip(strength, upside_down=True)
    if kind in ("brightness", "contrast", "saturation", "hue"):
        return augment.colour_jitter(**{kind: strength})
    step: augment.Step = getattr(augment, kind)(strength)
    return step


def uniforms(seed: int, n: int) -> NDArray[np.float64]:
    """Return n numbers from 0 to 1, those that the page computes from this seed (mulberry32)."""
    low = np.uint64(2**32 - 1)
    s = (np.uint64(seed) + np.uint64(0x6D2B79F5) * np.arange(1, n + 1, dtype=np.uint64)) & low
    t = (s ^ (s >> np.uint64(15))) * (s | np.uint64(1)) & low
    t = (t + ((t ^ (t >> np.uint64(7))) * (t | np.uint64(61)) & low)) & low ^ t
    u: NDArray[np.float64] = (t ^ (t >> np.uint64(14))) / 2.0**32
    return u


class AugmentationLab(Widget):
    """Change real pictures as augmentation does, and decide whether the label still holds.

    Parameters
    ----------
    images : up to 12 uint8 arrays, optional
        (n_H, n_W), (n_H, n_W, 1) or, in colour, (n_H, n_W, 3), at most 128 on each side; by
        default two digits, two clothes, and the photograph in colour.
    labels : as many texts
        What each picture shows.
    picture : int
        Which one is shown, from 0; beyond the last, the last.
    kind : str
        "shift", "crop", "rotate", "flip" (left to right), "upside down", "noise", "brightness",
        "contrast", "saturation" or "hue"; the last two need colours.
    strength : float, optional
        Of the step of ``cnnlib.data.augment``, one of ``STRENGTHS[kind]``.
    seed : int
        Another seed, another draw.
    answer : "", "yes" or "no"
        Whether the reader would keep the label; the book answers after that.

    Raises
    ------
    ValueError
        The images or labels are none, or the strength is not offered.
    TraitError
        Another value is outside its limits, now or when it is assigned later.

    Examples
    --------
    >>> lab = AugmentationLab(kind="rotate", strength=180, seed=3)
    >>> lab
    AugmentationLab(the digit 6, rotate(180))
    >>> lab.output.shape
    (28, 28, 1)
    """

    _esm = bundle("augmentation_lab")
    _css = styles("augmentation_lab")

    pictures: t.List[dict[str, Any]] = t.List(read_only=True).tag(sync=True)
    levels = t.Dict(read_only=True).tag(sync=True)
    verdicts = t.Dict(read_only=True).tag(sync=True)
    picture = Whole().tag(sync=True)
    kind = Choice(*STRENGTHS).tag(sync=True)
    level = Whole().tag(sync=True)
    seed = Whole().tag(sync=True)
    answer = Choice("", "yes", "no").tag(sync=True)

    def __init__(
        self,
        images: Sequence[ArrayLike] | None = None,
        labels: Sequence[str] = (),
        *,
        picture: int = 0,
        kind: str = "rotate",
        strength: float | None = None,
        seed: int = 0,
        answer: str = "",
        **kwargs: Any,
    ) -> None:
        """See the class."""
        self.kind = kind  # checked, before its strengths are looked up
        if strength is not None and strength not in STRENGTHS[kind]:
            offered = ", ".join(f"{s:g}" for s in STRENGTHS[kind])
            raise ValueError(f"AugmentationLab: strength of {kind} is one of {offered}")
        level = _USUAL.get(kind, 3) if strength is None else STRENGTHS[kind].index(strength)
        shown = _examples() if images is None else _checked(images, labels)
        self.set_trait("pictures", [_packed(*pair) for pair in shown])
        names = {k: [[s, repr(step_of(k, s))] for s in all_] for k, all_ in STRENGTHS.items()}
        self.set_trait("levels", names)
        self.set_trait("verdicts", VERDICTS if images is None else {})
        super().__init__(picture=picture, level=level, seed=seed, answer=answer, **kwargs)

    @property
    def strength(self) -> float:
        """Of the step that is shown now."""
        offered = STRENGTHS[self.kind]
        level: int = self.level
        return offered[min(level, len(offered) - 1)]

    @property
    def image(self) -> NDArray[np.uint8]:
        """The picture before the change, (n_H, n_W, n_C)."""
        shown = self.pictures[min(self.picture, len(self.pictures) - 1)]
        pixels = np.frombuffer(base64.b64decode(shown["pixels"]), np.uint8)
        return pixels.reshape(shown["rows"], shown["columns"], shown["channels"])

    @property
    def step(self) -> augment.Step:
        """The step of ``cnnlib.data.augment`` that draws such changes, ready for ``fit``."""
        return step_of(self.kind, self.strength)

    @property
    def amounts(self) -> list[float]:
        """What the step does this time, as numbers."""
        return drawn(self.kind, self.strength, self.seed, *self.image.shape[:2])

    @property
    def output(self) -> NDArray[np.uint8]:
        """The changed picture, by ``cnnlib.data.geometry`` or ``cnnlib.data.colour``."""
        return changed(self.image, self.kind, self.amounts)

    def describe(self) -> str:
        """Which picture, and the step as code."""
        shown = self.pictures[min(self.picture, len(self.pictures) - 1)]
        return f"{shown['label']}, {self.step}"


def drawn(kind: str, strength: float, seed: int, rows: int, columns: int) -> list[float]:
    """Return the amounts of one draw, as the page does."""
    u = uniforms(seed, 3)

    def whole(u: float, low: float, high: float) -> int:
        return int(low + np.floor(u * (high - low + 1)))

    if kind == "shift":
        return [whole(u[0], -strength, strength), whole(u[1], -strength, strength)]
    if kind == "crop":
        scale = strength + u[0] * (1 - strength)
        h, w = (max(1, int(np.floor(scale * n + 0.5))) for n in (rows, columns))
        return [whole(u[1], 0, rows - h), whole(u[2], 0, columns - w), h, w]
    if kind == "noise":
        return [strength, seed]
    if kind in ("flip", "upside down"):
        return [int(u[0] < strength)]
    return [strength * (2 * float(u[0]) - 1) + (kind not in ("rotate", "hue"))]


def changed(image: NDArray[np.uint8], kind: str, amounts: Sequence[float]) -> NDArray[np.uint8]:
    """Return one picture (n_H, n_W, n_C), changed by given amounts."""
    X = image[np.newaxis]
    if kind in ("flip", "upside down"):
        return np.flip(image, 1 if kind == "flip" else 0) if amounts[0] else image
    if kind == "noise":
        u = uniforms(int(amounts[1]), 2 * image.size)
        normal = np.sqrt(-2 * np.log1p(-u[::2])) * np.cos(2 * np.pi * u[1::2])
        x = colour.as_unit(X) + amounts[0] * normal.reshape(X.shape)
        noisy: NDArray[np.uint8] = colour.like(X, x)[0]
        return noisy
    module = geometry if kind in ("shift", "crop", "rotate") else colour
    result: NDArray[np.uint8] = getattr(module, kind)(X, *amounts)[0]
    return result


def _examples() -> list[tuple[NDArray[np.uint8], str]]:
    """Return the pictures that the book shows, with what they show."""
    digits, clothes = data.mnist().X, data.fashion_mnist().train
    found = [(digits[k], f"the digit {k}") for k in (6, 8)]
    for label in (7, 0):
        first = int(np.flatnonzero(clothes.y == label)[0])
        found.append((clothes.X[first], f"a {data.FASHION_CLASSES[label]}"))
    found.append((data.photograph(64, colour=True), "an orange suit"))
    return found


def _checked(
    images: Sequence[ArrayLike], labels: Sequence[str]
) -> list[tuple[NDArray[np.uint8], str]]:
    """Return pictures with three axes and their labels, or say what is wrong."""
    found = []
    for image in images:
        I = np.asarray(image)
        I = I[..., np.newaxis] if I.ndim == 2 else I
        if I.dtype != np.uint8 or I.ndim != 3 or I.shape[2] not in (1, 3):
            raise ValueError(
                f"AugmentationLab: each image must be uint8 (n_H, n_W), or with 1 or 3 channels, "
                f"not of shape {I.shape} and dtype {I.dtype.name}"
            )
        if not 1 <= min(I.shape) <= max(I.shape) <= LARGEST:
            raise ValueError(
                f"AugmentationLab: an image has at most {LARGEST} rows and columns and at least "
                f"one, not {I.shape[0]}×{I.shape[1]}"
            )
        found.append(I)
    if not 1 <= len(found) <= MOST or len(labels) != len(found):
        raise ValueError(
            f"AugmentationLab: {len(found)} images and {len(labels)} labels: give 1 to {MOST} "
            f"images and one label for each"
        )
    return list(zip(found, map(str, labels), strict=True))


def _packed(image: NDArray[np.uint8], label: str) -> dict[str, Any]:
    sizes = dict(zip(("rows", "columns", "channels"), image.shape, strict=True))
    pixels = base64.b64encode(np.ascontiguousarray(image).tobytes()).decode("ascii")
    return {**sizes, "label": label, "pixels": pixels}
