"""Split first: examples to learn from, to choose with, and to be measured on once at the end."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cnnlib.data import _checks as check
from cnnlib.data.labelled import Labelled

__all__ = ["Split", "train_dev_test_split"]


class Split(NamedTuple):
    """Three disjoint sets of images: ``(X, y), (X_dev, y_dev), (X_test, y_test) = split``.

    Attributes
    ----------
    train, dev, test : Labelled
    """

    train: Labelled
    dev: Labelled
    test: Labelled


def train_dev_test_split(
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    dev: float = 0.1,
    test: float = 0.1,
    *,
    rng: np.random.Generator,
) -> Split:
    """Split images into a train, a dev and a test set, each with the classes in their proportions.

    Of the n_c images of class c, the dev set gets ⌊dev·n_c⌋ or one more, the test set ⌊test·n_c⌋
    or one more, the train set likewise what is left: every count is within 1 of the exact one.
    What one class rounds away the next gives back, so the totals stay as close. Each image is in
    exactly one of the three; each set is in random order.

    That holds for positions in `X`. If a picture occurs twice in it, the two may part: remove
    doubles before you split, and augment after it, the train set only.

    Parameters
    ----------
    X : (m, …) array
        The images.
    y : (m,) array of int
        Their classes.
    dev, test : float
        Fractions of the whole, ≥ 0, together < 1; 0 leaves that set empty.
    rng : np.random.Generator
        The same state gives the same split.

    Returns
    -------
    Split
        ``train``, ``dev`` and ``test``, each a pair ``(X, y)``, copies with the dtypes kept.

    Raises
    ------
    ValueError
        If the fractions leave nothing to train on, if X and y differ in length, or if a set that
        was asked for would get less than one image of some class.

    Source
    ------
    I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, 2016, section 5.3.

    Examples
    --------
    >>> import numpy as np
    >>> from cnnlib.data import digits, train_dev_test_split
    >>> train, dev, test = train_dev_test_split(*digits(), rng=np.random.default_rng(0))
    >>> test
    Labelled(X: (179, 8, 8, 1) uint8, y: (179,) int64)
    >>> len(train.y), len(dev.y), len(test.y)
    (1438, 180, 179)
    >>> np.bincount(test.y).tolist()
    [18, 18, 18, 18, 18, 18, 18, 18, 17, 18]
    """
    X, y = _pair(X, y)
    shares = _shares(dev, test)
    check.generator("train_dev_test_split", rng)
    parts: tuple[list[npt.NDArray[np.intp]], ...] = ([], [], [])
    owed = np.zeros(3)
    for label in np.unique(y):
        members = rng.permutation(np.flatnonzero(y == label))
        counts = _counts(int(label), len(members), shares, owed)
        for part, piece in zip(parts, np.split(members, np.cumsum(counts)[:-1]), strict=True):
            part.append(piece)
    chosen = [rng.permutation(np.concatenate(part)) for part in parts]
    return Split(*(Labelled(X[i], y[i]) for i in chosen))


def _counts(
    label: int, n: int, shares: npt.NDArray[np.float64], owed: npt.NDArray[np.float64]
) -> npt.NDArray[np.intp]:
    """How many of n images each set gets: the exact share rounded down, or up by the most owed.

    `owed`, what rounding has kept from each set so far, is carried on from class to class.
    """
    exact = np.round(n * shares, 9)  # fractions are not exact in binary: 49 · (1 / 49) < 1
    for name, share, count in zip(Split._fields, shares, exact, strict=True):
        if share > 0 and count < 1:
            raise ValueError(
                f"train_dev_test_split: class {label} has {n} images, and {share:g} of them for "
                f"the {name} set is less than one: ask for at least {math.ceil(1000 / n) / 1000:g}"
            )
    counts = np.floor(exact).astype(np.intp)
    owed += exact - counts
    for _ in range(n - int(counts.sum())):
        i = int(np.argmax(np.where(counts < exact, owed, -np.inf)))
        counts[i] += 1
        owed[i] -= 1
    return counts


def _shares(dev: float, test: float) -> npt.NDArray[np.float64]:
    dev = check.fraction("train_dev_test_split", "dev", dev)
    test = check.fraction("train_dev_test_split", "test", test)
    train = round(1 - dev - test, 9)
    if train <= 0:
        raise ValueError(
            f"train_dev_test_split: dev {dev:g} and test {test:g} leave nothing to train on: "
            f"use fractions that add up to less than 1"
        )
    return np.array([train, dev, test])


def _pair(X: npt.ArrayLike, y: npt.ArrayLike) -> Labelled:
    X, y = np.asarray(X), np.asarray(y)
    if y.ndim != 1 or y.dtype.kind not in "iu":
        raise ValueError(
            f"train_dev_test_split: y has shape {y.shape} and dtype {y.dtype}, but it must be one "
            f"integer class per image, shape (m,): from one-hot rows, use y.argmax(axis=1)"
        )
    if X.ndim == 0 or len(X) != len(y) or len(y) == 0:
        raise ValueError(
            f"train_dev_test_split: X has shape {X.shape} and y has shape {y.shape}, but there "
            f"must be one label for each image, and at least one image"
        )
    return Labelled(X, y)
