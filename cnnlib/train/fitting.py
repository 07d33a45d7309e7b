"""Training: batch by batch, forward, backward, and a step against the gradient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import TypeAlias

import numpy as np

from cnnlib import _checks as check
from cnnlib._checks import Array
from cnnlib._memory import keep_freed_memory
from cnnlib.layers import Layer
from cnnlib.optim import Optimizer
from cnnlib.train.evaluation import (
    BATCH,
    CROSS_ENTROPY,
    Data,
    Loss,
    Mean,
    Score,
    cost,
    dtype,
    functions,
    pair,
    pieces,
    score,
)
from cnnlib.train.faults import first_fault
from cnnlib.train.history import History
from cnnlib.train.progress import Bar

Augment: TypeAlias = Callable[[Array, np.random.Generator], Array]
AfterStep: TypeAlias = Callable[[], object]


def fit(
    model: Layer,
    train: Data,
    dev: Data | None = None,
    *,
    optimizer: Optimizer,
    epochs: int,
    rng: np.random.Generator,
    batch_size: int = 64,
    loss: Loss = CROSS_ENTROPY,
    augment: Augment | None = None,
    patience: int | None = None,
    after_step: AfterStep | None = None,
    progress: bool = True,
) -> History:
    """Train a network: make the cost smaller, batch by batch, for some epochs.

    The algorithm, where θ are all parameters and J_B is the mean loss of a batch B::

        for each epoch: shuffle the examples, cut them into batches; for each batch B
            forward propagation      Z = model(X_B)    J_B = loss(Z, y_B)
            backward propagation     ∇J_B
            update                   θ := G(θ)         for SGD: θ − η·∇J_B

    With a dev set, the weights of the epoch with the lowest dev loss are kept, and at the end the
    model has them. Ctrl-C (in a notebook: stop) ends the training in the same way. Without a dev
    set, or before the end of the first epoch, the model keeps its last weights. Another `fit` with
    the same optimizer goes on from there.

    Parameters
    ----------
    model : Layer
        Its parameters are changed.
    train, dev : pairs (X, y)
        X : float array (m, …), best from 0 to 1. 8-bit images are refused: X / np.float32(255) is
        to stand where it can be read. Batches are computed with in the dtype of the parameters, so
        float32 stays float32. y : class numbers (m,), or what the loss compares outputs with.
    optimizer : Optimizer
        One of `cnnlib.optim`; it has the learning rate.
    epochs : int ≥ 1
    rng : np.random.Generator
        Shuffles the examples at every epoch, and is given to `augment`. The same seed makes the
        same training.
    batch_size : int ≥ 1
        The last batch of an epoch has what is left over.
    loss : pair of functions
        J(Z, y) of a batch, and its gradient with respect to Z. For regression:
        (F.mean_squared_error, F.mean_squared_error_backward).
    augment : function (X, rng) → X, optional
        Changes each batch of the train set, for instance a step of `cnnlib.data.augment`.
    patience : int ≥ 1, optional
        Stop when that many epochs in a row had no lower dev loss than one before them.
    after_step : function () → anything, optional
        Called after each step, for instance a `Recorder`. What it changes in the model stays.
    progress : bool
        Whether to show a bar, in a console or a notebook.

    Returns
    -------
    History
        The scores of every whole epoch.

    Raises
    ------
    TypeError, ValueError
        An argument is of another type or out of its range, the examples do not suit the model or
        the loss, or `patience` is given without a dev set.
    FloatingPointError
        A number became NaN or infinite; the message names the first layer in which one did.

    Notes
    -----
    On Linux, `fit` tells the C library to keep up to 1 GiB of the memory that arrays let go, for
    the next ones: asking the system for it anew is half of the time of a step. The process keeps
    that setting. If an environment variable ``MALLOC_…`` or ``GLIBC_TUNABLES`` is set, it is left.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, 2016, algorithms 8.1 (training) and 7.1
    (early stopping).

    Examples
    --------
    >>> from cnnlib.data import digits
    >>> from cnnlib.models import small_cnn
    >>> from cnnlib.optim import Adam
    >>> X, y = digits()
    >>> X, rng = X / np.float32(16), np.random.default_rng(0)
    >>> model = small_cnn((8, 8, 1), rng=rng)
    >>> train, dev = (X[:1500], y[:1500]), (X[1500:], y[1500:])
    >>> history = fit(model, train, dev, optimizer=Adam(0.01), epochs=4, rng=rng, progress=False)
    >>> len(history.dev), history.dev[-1].accuracy > 0.9
    (4, True)
    """
    training = _Training(model, loss, optimizer, augment, rng, batch_size, after_step)
    X, y = pair("fit", "train", model, train)
    held_out = None if dev is None else pair("fit", "dev", model, dev)
    training.validate()
    epochs = check.integer("fit", "epochs", epochs, 1)
    if patience is not None and check.integer("fit", "patience", patience, 1) and dev is None:
        raise ValueError(
            f"fit: patience is {patience}, but without a dev set there is no dev loss to watch: "
            f"use dev=(X_dev, y_dev)"
        )

    keep_freed_memory()
    history, best = History(), _Best(model)
    bar = Bar(epochs * training.batches(len(X)), progress)
    try:
        for epoch in range(1, epochs + 1):
            history.train.append(training.epoch(X, y, f"epoch {epoch}", bar))
            if held_out is None:
                continue
            history.dev.append(training.measure(*held_out, f"epoch {epoch}, on the dev set"))
            bar.tell(f"epoch {epoch}, dev: {history.dev[-1]}")
            best.compare(epoch, history.dev[-1].loss)
            if patience is not None and epoch - best.epoch >= patience:
                history.stopped = f"no lower dev loss for {patience} epochs"
                break
    except KeyboardInterrupt:
        history.stopped = f"interrupted in epoch {epoch}"
        if held_out is not None:
            del history.train[len(history.dev) :]  # whole epochs only
    finally:
        best.restore()
        bar.close()
    history.best_epoch = best.epoch
    return history


@dataclass
class _Training:
    """How one training is done."""

    model: Layer
    loss: Loss
    optimizer: Optimizer
    augment: Augment | None
    rng: np.random.Generator
    batch_size: int
    after_step: AfterStep | None
    taken: int = 0  # steps

    def validate(self) -> None:
        """Raise if something is not what `fit` says."""
        check.integer("fit", "batch_size", self.batch_size, 1)
        check.generator("fit", self.rng)
        functions("fit", self.loss)
        if not isinstance(self.optimizer, Optimizer):
            raise TypeError(
                f"fit: optimizer is {self.optimizer!r}, but it must know its learning rate and "
                f"remember its steps: use one of cnnlib.optim, for example Adam(0.001)"
            )
        if self.augment is not None and not callable(self.augment):
            raise TypeError(
                f"fit: augment is {self.augment!r}: use a function (X, rng) -> X, for example "
                f"cnnlib.data.augment.shift(2)"
            )
        if self.after_step is not None and not callable(self.after_step):
            raise TypeError(
                f"fit: after_step is {self.after_step!r}: use a function without arguments, or a "
                f"cnnlib.train.Recorder"
            )
        if not self.model.params:
            raise ValueError(
                f"fit: {self.model!r} has no parameters, so there is nothing to learn: "
                f"use a model with Conv2D or Dense layers"
            )

    def batches(self, m: int) -> int:
        """Count the batches of an epoch."""
        return -(-m // self.batch_size)

    def step(self, A: Array, y: Array) -> tuple[float, Array]:
        """Forward, backward, update: the algorithm for one batch."""
        Z = self.model.forward(A, training=True)
        J = cost(self.loss, Z, y)
        self.model.backward_params(self.loss[1](Z, y))
        self.optimizer.step(self.model.params, self.model.grads)
        self.taken += 1
        if self.after_step is not None:
            self.after_step()
        return J, Z

    def augmented(self, A: Array) -> Array:
        """Return what `augment` makes of a batch."""
        if self.augment is None:
            return A
        Z = check.as_it_is(self.augment(A, self.rng))
        if Z.dtype.kind != "f" or Z.ndim == 0 or len(Z) != len(A):
            raise TypeError(
                f"fit: augment made {Z.dtype}{Z.shape} of {A.dtype}{A.shape}, but each image has "
                f"its label: return as many images, of floating-point numbers"
            )
        return Z

    @np.errstate(over="ignore", invalid="ignore")  # `explain` has the better words
    def epoch(self, X: Array, y: Array, name: str, bar: Bar) -> Score:
        """Learn once from every example, in random order."""
        mean, order, kind = Mean(), self.rng.permutation(len(X)), dtype(self.model)
        for n, rows in enumerate(pieces(len(X), self.batch_size), 1):
            B = order[rows]
            A = self.augmented(X[B]).astype(kind, copy=False)
            try:
                J, Z = self.step(A, y[B])
            except (ValueError, FloatingPointError):
                self.explain(A, f"{name}, batch {n}", training=True)
                raise
            mean.add(J, Z, y[B])
            bar.tell(f"{name}: {mean.score()}", 1)
        if not all(np.isfinite(W).all() for W in self.model.params.values()):
            self.explain(A, f"{name}, after its last batch", training=True)
        return mean.score()

    @np.errstate(over="ignore", invalid="ignore")
    def measure(self, X: Array, y: Array, name: str) -> Score:
        """Evaluate, and explain if that cannot be done."""
        try:
            return score(self.model, X, y, self.loss)
        except (ValueError, FloatingPointError):
            for rows in pieces(len(X), BATCH):
                self.explain(X[rows].astype(dtype(self.model)), name, training=False)
            raise

    def explain(self, A: Array, when: str, training: bool) -> None:
        """Raise the error that names the layer, if NaN or infinity is what went wrong."""
        if fault := first_fault(self.model, A, training):
            rate = self.optimizer.schedule(self.optimizer.steps)
            advice = f"Use a smaller learning rate (it is {rate:g}), and images from 0 to 1"
            if not self.taken:
                advice = "No step was taken yet: look at the first weights, and at the images"
            raise FloatingPointError(
                f"fit: the numbers ran away in {when}, first {fault}. {advice}"
            ) from None


class _Best:
    """The weights, and what else a model keeps, at the epoch with the lowest dev loss so far."""

    def __init__(self, model: Layer) -> None:
        self.arrays = [*model.params.values(), *model.state.values()]
        self.epoch, self.loss, self.copies = 0, inf, list[Array]()

    def compare(self, epoch: int, loss: float) -> None:
        """Copy the weights if this loss is lower."""
        if loss < self.loss:
            copies = [array.copy() for array in self.arrays]
            self.epoch, self.loss, self.copies = epoch, loss, copies

    def restore(self) -> None:
        """Give the copies back to the model, if there are any."""
        for array, copy in zip(self.arrays, self.copies, strict=False):
            array[...] = copy
