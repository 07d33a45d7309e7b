"""Augmentation: other pictures of the same thing, drawn anew for every batch of training.

Each function here takes a strength and returns a step, a function ``(X, rng) -> X`` that changes
every image of a batch by its own random amount. Steps are composed by functions, and ``fit`` takes
one as it is::

    augment = compose(shift(2), rotate(10), noise(0.05))
    fit(…, augment=augment, rng=rng)

`X : (m, n_H, n_W, n_C)` is uint8 (0..255) or float32 / float64 (0..1); shape, dtype and range are
kept, and `X` itself is never changed. A step of strength zero is the identity. Labels are not seen
here, so choose only what keeps them: a flipped 2 is no 2, a 6 turned by 180° is a 9. Augment the
train set only, after splitting, and before the mean is subtracted.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cnnlib._checks import Array, integer
from cnnlib.data import _checks as check
from cnnlib.data import colour, geometry

__all__ = ["Step", "colour_jitter", "compose", "crop", "flip", "noise", "rotate", "shift"]

Change = Callable[[Array, np.random.Generator], Array]


class Step:
    """A named function ``(X, rng) -> X``: what the functions of this module return.

    Parameters
    ----------
    name : str
        How it shows itself.
    change : function (X, rng) → X, or None
        What is done to a batch; None stands for no change.

    Raises
    ------
    TypeError, ValueError
        When it is called: X is not a batch of images, or rng is not a generator.

    Examples
    --------
    >>> invert = Step("invert", lambda X, rng: 1 - X)
    >>> invert(np.full((1, 1, 1, 1), 0.25), np.random.default_rng(0)).item()
    0.75
    """

    def __init__(self, name: str, change: Change | None) -> None:
        """Name a change of a batch; None stands for no change."""
        self.name, self.change = name, change

    def __call__(self, X: Array, rng: np.random.Generator) -> Array:
        """Return a new batch, every image changed by its own draw from `rng`."""
        X = check.images(self.name, X)
        check.generator(self.name, rng)
        return X.copy() if self.change is None else self.change(X, rng)

    def __repr__(self) -> str:
        """Return the call that made it."""
        return self.name


def compose(*steps: Change) -> Step:
    """Return the step that applies `steps` from left to right; without any, the identity.

    Any function ``(X, rng) -> X`` is a step. The result depends on the order: noise before a
    rotation is smoothed by it, noise after it is not.

    Parameters
    ----------
    *steps : functions (X, rng) → X

    Returns
    -------
    Step

    Raises
    ------
    TypeError
        A step is not a function.

    References
    ----------
    Krizhevsky, Sutskever and Hinton, *ImageNet classification with deep convolutional neural
    networks*, 2012, section 4.1.

    Examples
    --------
    >>> import numpy as np
    >>> from cnnlib.data import digits
    >>> from cnnlib.data.augment import compose, flip, noise, shift
    >>> step = compose(shift(2), flip(), noise(0.05))
    >>> step
    compose(shift(2), flip(0.5), noise(0.05))
    >>> X = digits().X[:32] / np.float32(16)
    >>> A = step(X, np.random.default_rng(0))
    >>> A.shape, A.dtype.name, bool(A.min() >= 0), bool(A.max() <= 1)
    ((32, 8, 8, 1), 'float32', True, True)
    """
    for step in steps:
        if not callable(step):
            raise TypeError(
                f"compose: {step!r} is not a step: use functions (X, rng) -> X, such as shift(2)"
            )

    def change(X: Array, rng: np.random.Generator) -> Array:
        for step in steps:
            X = step(X, rng)
        return X

    names = (repr(s) if isinstance(s, Step) else getattr(s, "__name__", "step") for s in steps)
    return Step(f"compose({', '.join(names)})", change if steps else None)


def shift(pixels: int) -> Step:
    """Move each image by a whole number of pixels from ``−pixels`` to ``pixels``, down and right.

    What comes into view is black. Zero-padding an image and cutting out a random window of its
    old size, as residual networks are trained, is this.

    Parameters
    ----------
    pixels : int ≥ 0
        The most that an image moves along each axis.

    Returns
    -------
    Step

    Raises
    ------
    TypeError, ValueError
        `pixels` is not an integer ≥ 0.

    References
    ----------
    He et al., *Deep residual learning for image recognition*, arXiv 1512.03385, section 4.2.

    Examples
    --------
    >>> X = np.array([[[[0.25], [0.75]]]])
    >>> shift(1)(X, np.random.default_rng(9))[0, :, :, 0]
    array([[0.  , 0.25]])
    """
    p = integer("shift", "pixels", pixels, 0)

    def change(X: Array, rng: np.random.Generator) -> Array:
        down, right = rng.integers(-p, p, size=(2, len(X)), endpoint=True)
        return geometry.shift(X, down, right)

    return Step(f"shift({p})", change if p else None)


def crop(smallest: float, padding: int = 0) -> Step:
    """Cut out a random window and stretch it to the size of the image: a closer look.

    Parameters
    ----------
    smallest : float
        The side of the window is drawn from `smallest` to 1 times that of the image, in (0, 1];
        height and width shrink alike. 1 with padding 0 is the identity.
    padding : int
        Black pixels added on the four sides first, so that the window may reach over the border.

    Returns
    -------
    Step

    Raises
    ------
    TypeError, ValueError
        `smallest` is not in (0, 1], or `padding` is not an integer ≥ 0.

    References
    ----------
    Szegedy et al., *Going deeper with convolutions*, arXiv 1409.4842, section 6.

    Examples
    --------
    >>> crop(0.8)(np.ones((2, 28, 28, 1)), np.random.default_rng(0)).shape
    (2, 28, 28, 1)
    """
    if check.fraction("crop", "smallest", smallest) == 0:
        raise ValueError("crop: smallest is 0, an empty window: use a number in (0, 1]")
    p = integer("crop", "padding", padding, 0)

    def change(X: Array, rng: np.random.Generator) -> Array:
        m, n_H, n_W, _ = X.shape
        scale = rng.uniform(smallest, 1, m)
        h = np.rint(scale * n_H).astype(int).clip(1)
        w = np.rint(scale * n_W).astype(int).clip(1)
        top = rng.integers(0, n_H + 2 * p - h, endpoint=True)
        left = rng.integers(0, n_W + 2 * p - w, endpoint=True)
        X = np.pad(X, ((0, 0), (p, p), (p, p), (0, 0)))
        return geometry.crop(X, top, left, h, w, size=(n_H, n_W))

    return Step(f"crop({smallest:g}, padding={p})", change if smallest < 1 or p else None)


def rotate(degrees: float) -> Step:
    """Turn each image about its centre by an angle from ``−degrees`` to ``degrees``, up to 180.

    The corners that come into view are black.

    Parameters
    ----------
    degrees : float from 0 to 180

    Returns
    -------
    Step

    Raises
    ------
    TypeError, ValueError
        `degrees` is not such a number.

    References
    ----------
    Simard, Steinkraus and Platt, *Best practices for convolutional neural networks applied to
    visual document analysis*, 2003, section 2.

    Examples
    --------
    >>> rotate(10)
    rotate(10)
    """
    most = check.fraction("rotate", "degrees", degrees, high=180)

    def change(X: Array, rng: np.random.Generator) -> Array:
        return geometry.rotate(X, rng.uniform(-most, most, len(X)))

    return Step(f"rotate({degrees:g})", change if most else None)


def flip(probability: float = 0.5, *, upside_down: bool = False) -> Step:
    """Mirror each image with this probability, left to right or upside down; 1 mirrors all.

    Parameters
    ----------
    probability : float from 0 to 1
    upside_down : bool
        Whether top and bottom change places, and not left and right.

    Returns
    -------
    Step

    Raises
    ------
    TypeError, ValueError
        `probability` is not such a number.

    References
    ----------
    Krizhevsky, Sutskever and Hinton, *ImageNet classification with deep convolutional neural
    networks*, 2012, section 4.1.

    Examples
    --------
    >>> flip(1)(np.array([[[[0.25], [0.75]]]]), np.random.default_rng(0))[0, :, :, 0]
    array([[0.75, 0.25]])
    """
    often = check.fraction("flip", "probability", probability)
    axis = 1 if upside_down else 2

    def change(X: Array, rng: np.random.Generator) -> Array:
        mirrored = rng.random(len(X)) < often
        return np.where(mirrored[:, None, None, None], np.flip(X, axis), X)

    name = f"flip({probability:g}{', upside_down=True' if upside_down else ''})"
    return Step(name, change if often else None)


def noise(sigma: float) -> Step:
    """Add to each number its own normal deviate, with standard deviation `sigma`, and clip.

    `sigma` is a fraction of the full range, 0 to 1: for uint8, 0.1 is 25.5 grey levels.

    Parameters
    ----------
    sigma : float from 0 to 1

    Returns
    -------
    Step

    Raises
    ------
    TypeError, ValueError
        `sigma` is not such a number.

    References
    ----------
    Sietsma and Dow, *Creating artificial neural networks that generalize*, Neural Networks 4, 1991.

    Examples
    --------
    >>> noise(0.1)(np.full((1, 1, 2, 1), 0.5), np.random.default_rng(0))[0, :, :, 0].round(2)
    array([[0.61, 0.36]])
    """
    strength = check.fraction("noise", "sigma", sigma)

    def change(X: Array, rng: np.random.Generator) -> Array:
        deviates = rng.standard_normal(X.shape, dtype=np.float32)
        return colour.like(X, colour.as_unit(X) + np.float32(strength) * deviates)

    return Step(f"noise({sigma:g})", change if strength else None)


def colour_jitter(
    brightness: float = 0.0, contrast: float = 0.0, saturation: float = 0.0, hue: float = 0.0
) -> Step:
    """Change the light and the colours of each image, in the order of the parameters.

    Parameters
    ----------
    brightness, contrast, saturation : float
        The factor of each image is drawn from 1 − strength to 1 + strength; strength is 0 to 1.
        `cnnlib.data.colour` says what the factors do.
    hue : float
        The colour circle is turned by ``−hue`` to ``hue`` full turns; 0 to 0.5.
        Saturation and hue need three channels; leave them 0 for grey images.

    Returns
    -------
    Step

    Raises
    ------
    TypeError, ValueError
        A strength is not a number of its range.

    References
    ----------
    Howard, *Some improvements on deep convolutional neural network based image classification*,
    arXiv 1312.5402, section 2.

    Examples
    --------
    >>> colour_jitter(brightness=0.2, hue=0.1)
    colour_jitter(brightness=0.2, hue=0.1)
    """
    factors = {"brightness": brightness, "contrast": contrast, "saturation": saturation}
    strengths = {name: check.fraction("colour_jitter", name, s) for name, s in factors.items()}
    strengths["hue"] = check.fraction("colour_jitter", "hue", hue, high=0.5)
    used = {name: strength for name, strength in strengths.items() if strength}

    def change(X: Array, rng: np.random.Generator) -> Array:
        for name, strength in used.items():
            draws = rng.uniform(-strength, strength, len(X))
            X = getattr(colour, name)(X, draws if name == "hue" else 1 + draws)
        return X

    text = ", ".join(f"{name}={strength:g}" for name, strength in used.items())
    return Step(f"colour_jitter({text})", change if used else None)
