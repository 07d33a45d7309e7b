"""What a network answers, and how good its answers are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import isfinite
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from cnnlib import _checks as check
from cnnlib import functional as F
from cnnlib._checks import Array
from cnnlib.layers import Layer

Data: TypeAlias = tuple[npt.ArrayLike, npt.ArrayLike]

#: two functions of a batch's outputs and targets: the cost J, and its gradient at the outputs
Loss: TypeAlias = tuple[Callable[[Array, Array], float], Callable[[Array, Array], Array]]

CROSS_ENTROPY: Loss = (F.cross_entropy, F.cross_entropy_backward)

BATCH = 128  # images that go through the network at once: their maps still fit a cache


class Score(NamedTuple):
    """How good a network's answers are.

    Attributes
    ----------
    loss : float
        The mean loss of the examples.
    accuracy : float from 0 to 1, or None
        The part of the examples whose largest output is that of the right class; None where the
        targets are no classes.
    """

    loss: float
    accuracy: float | None = None

    def __str__(self) -> str:
        right = "" if self.accuracy is None else f", accuracy {100 * self.accuracy:.1f} %"
        return f"loss {self.loss:.3g}{right}"

    def __repr__(self) -> str:
        return f"Score({self})"


def predict(model: Layer, X: npt.ArrayLike, *, batch_size: int = BATCH) -> Array:
    """Return the outputs of a network for many examples, a batch at a time.

    Parameters
    ----------
    model : Layer
    X : float array (m, …)
        The examples. They are computed with in the dtype of the model's parameters.
    batch_size : int ≥ 1
        How many are computed at once. But for rounding, the result does not depend on it.

    Returns
    -------
    array (m, …)
        Of a classifier, the logits (m, n): `predict(…).argmax(axis=1)` are the classes.

    Raises
    ------
    TypeError, ValueError
        X does not hold floating-point numbers, is empty, not finite, or not what the model takes.

    Examples
    --------
    >>> from cnnlib.layers import Dense
    >>> predict(Dense(3, 2, rng=np.random.default_rng(0)), np.zeros((10, 3))).shape
    (10, 2)
    """
    X = examples("predict", "X", model, X)
    size = check.integer("predict", "batch_size", batch_size, 1)
    return np.concatenate(
        [model.forward(X[rows].astype(dtype(model), copy=False)) for rows in pieces(len(X), size)]
    )


def evaluate(
    model: Layer, data: Data, *, loss: Loss = CROSS_ENTROPY, batch_size: int = BATCH
) -> Score:
    """Return the mean loss of a network on examples that it is not trained with, and its accuracy.

    Parameters
    ----------
    model : Layer
    data : pair (X, y)
        X : float array (m, …), and y : class numbers (m,) or whatever targets the loss compares
        the outputs with.
    loss : pair of functions
        `loss[0](outputs, y)` is the cost of a batch, a mean over its examples.
    batch_size : int ≥ 1

    Returns
    -------
    Score
        loss and accuracy.

    Raises
    ------
    TypeError, ValueError
        As `predict`; X and y differ in length; y names a class that the model does not have.

    Examples
    --------
    >>> from cnnlib.layers import Dense
    >>> model = Dense(4, 4, rng=np.random.default_rng(0))
    >>> model.params["W"][...] = 10 * np.eye(4)
    >>> evaluate(model, (np.eye(4), np.array([0, 1, 2, 0])))
    Score(loss 2.5, accuracy 75.0 %)
    """
    X, y = pair("evaluate", "data", model, data)
    functions("evaluate", loss)
    return score(model, X, y, loss, check.integer("evaluate", "batch_size", batch_size, 1))


def confusion_matrix(y: npt.ArrayLike, predicted: npt.ArrayLike, classes: int) -> Array:
    """Count which classes are taken for which.

    Parameters
    ----------
    y, predicted : arrays of integers (m,)
        The right classes and those that were found, from 0 to classes − 1.
    classes : int ≥ 1
        n.

    Returns
    -------
    array of integers (n, n)
        Entry [j, k] counts the examples of class j that were taken for class k; so what is right
        is on the diagonal, and each row sums to the examples of its class.

    Raises
    ------
    TypeError, ValueError
        An argument is not of integers, out of range, or y and `predicted` differ in length.

    Examples
    --------
    >>> confusion_matrix([0, 0, 1, 2], predicted=[0, 1, 1, 2], classes=3)
    array([[1, 1, 0],
           [0, 1, 0],
           [0, 0, 1]])
    """
    n = check.integer("confusion_matrix", "classes", classes, 1)
    j, k = np.asarray(y), np.asarray(predicted)
    for name, found in (("y", j), ("predicted", k)):
        if found.dtype.kind not in "iu" or found.shape != (len(np.atleast_1d(j)),):
            raise TypeError(
                f"confusion_matrix: {name} has dtype {found.dtype} and shape {found.shape}, but "
                f"both are the numbers of classes (m,): use logits.argmax(axis=1)"
            )
        if found.size and not (found.min() >= 0 and found.max() < n):
            raise ValueError(
                f"confusion_matrix: {name} goes from {found.min()} to {found.max()}, but {n} "
                f"classes are numbered from 0 to {n - 1}"
            )
    return np.bincount(n * j.astype(np.intp) + k.astype(np.intp), minlength=n * n).reshape(n, n)


def score(model: Layer, X: Array, y: Array, loss: Loss, batch_size: int = BATCH) -> Score:
    """Do what evaluate does, with arguments that are known to be good."""
    mean = Mean()
    for rows in pieces(len(X), batch_size):
        Z = model.forward(X[rows].astype(dtype(model), copy=False))
        mean.add(cost(loss, Z, y[rows]), Z, y[rows])
    return mean.score()


def cost(loss: Loss, Z: Array, y: Array) -> float:
    """Return the cost J of a batch as a Python float."""
    J = float(loss[0](Z, y))
    if not isfinite(J):
        raise FloatingPointError(f"the loss of finite outputs is {J}: look at the loss function")
    return J


class Mean:
    """The score of all batches so far, each weighted by its length."""

    def __init__(self) -> None:
        self.m, self.loss, self.right, self.classes = 0, 0.0, 0, False

    def add(self, J: float, Z: Array, y: Array) -> None:
        """Count a batch with cost J, outputs Z and targets y."""
        self.m += len(y)
        self.loss += J * len(y)
        self.classes = classifies(Z.shape[1:], y)
        if self.classes:
            self.right += int(np.count_nonzero(Z.argmax(axis=1) == y))

    def score(self) -> Score:
        """Return the means."""
        return Score(self.loss / self.m, self.right / self.m if self.classes else None)


def classifies(output_shape: tuple[int, ...], y: Array) -> bool:
    """Say whether y are the numbers of classes, and the outputs one number for each class."""
    return y.ndim == 1 and y.dtype.kind in "iu" and len(output_shape) == 1


def pieces(m: int, size: int) -> Iterator[slice]:
    """Yield slices of `size` that cover range(m); the last may be shorter."""
    return (slice(start, start + size) for start in range(0, m, size))


def dtype(model: Layer) -> np.dtype[np.generic]:
    """Return the dtype of the model's parameters; float32 if it has none."""
    return next((W.dtype for W in model.params.values()), np.dtype(np.float32))


def examples(call: str, name: str, model: Layer, X: npt.ArrayLike) -> Array:
    """Return X if it is a batch that the model takes. Nothing is copied."""
    if not isinstance(model, Layer):
        raise TypeError(f"{call}: model is {type(model).__name__}: use a layer, e.g. Sequential(…)")
    X = check.as_it_is(X)
    if X.dtype.kind in "iu":
        top = 1 if X.size == 0 else max(int(X.max()), 1)
        raise TypeError(
            f"{call}: {name} has dtype {X.dtype}, but a network learns best from numbers around "
            f"0 to 1, and what full scale is only you know: use {name} / np.float32({top})"
        )
    if X.dtype.kind != "f":
        raise TypeError(f"{call}: {name} has dtype {X.dtype}: use an array of float32 or float64")
    if X.ndim < 2 or X.size == 0:
        raise ValueError(
            f"{call}: {name} has shape {X.shape}, but it must hold one example or more, "
            f"(m, n_H, n_W, n_C) or (m, n): use {name}[None] for a single one"
        )
    check.finite(call, name, X)
    model.output_shape(X.shape[1:])
    return X


def pair(call: str, name: str, model: Layer, data: Data) -> tuple[Array, Array]:
    """Return X and y if the model can be trained or measured with them."""
    if not isinstance(data, tuple | list) or len(data) != 2:
        raise TypeError(
            f"{call}: {name} is of type {type(data).__name__}, but examples come with their "
            f"targets: use a pair (X, y)"
        )
    X, y = examples(call, f"X of {name}", model, data[0]), np.asarray(data[1])
    if y.ndim == 0 or len(y) != len(X):
        raise ValueError(
            f"{call}: {name} has {len(X)} examples and targets of shape {y.shape}: "
            f"give one target for each example"
        )
    outputs = model.output_shape(X.shape[1:])
    if classifies(outputs, y) and not (y.min() >= 0 and y.max() < outputs[0]):
        raise ValueError(
            f"{call}: y of {name} has classes from {y.min()} to {y.max()}, but the model has "
            f"{outputs[0]} outputs: number the classes from 0, and give the last layer as many "
            f"outputs as there are classes"
        )
    return X, y


def functions(call: str, loss: Loss) -> None:
    """Raise if a loss is not the two functions that it takes to train."""
    if not (isinstance(loss, tuple | list) and len(loss) == 2 and all(map(callable, loss))):
        raise TypeError(
            f"{call}: loss is {loss!r}, but it must be a pair, the cost and its gradient: "
            f"for example (F.cross_entropy, F.cross_entropy_backward)"
        )
