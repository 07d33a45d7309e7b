"""What a network was on its way: measured now and then, always on the same examples."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import numpy.typing as npt

from cnnlib import _checks as check
from cnnlib import functional as F
from cnnlib._checks import Array
from cnnlib.layers import Layer
from cnnlib.train.evaluation import CROSS_ENTROPY, Data, Loss, Score, pair, predict, score


class Recorder:
    """Keep what a classifier is before the first step and after some of the next ones.

    Hand it to `fit` as `after_step`. It measures on examples that stay the same, in inference mode,
    so its curves are not those of `History`, and the network is not changed by it. It records after
    steps 0, 1, 2, …, 8, and then at distances that grow with the number of steps.

    Parameters
    ----------
    model : Layer
        The one that `fit` trains.
    train, dev : pairs (X, y)
        The examples to measure on; a few hundred will do: all of them are computed each time.
    images : float array (m, …), optional
        Examples whose probabilities are kept.
    every : int ≥ 1, optional
        Record after each multiple of it too: the batches of an epoch, for instance.
    loss : pair of functions
        As for `fit`.

    Attributes
    ----------
    steps : list of int
        After how many steps each record was made.
    train, dev : list of Score
        Of each record, on those examples.
    gradient_norms : list of dict
        ‖∇J‖ of the cost on `train` by the parameters of each layer; the names are those in
        ``model.children()``.
    params : list of dict
        A copy of all parameters.
    answers : list of arrays (m, n)
        The probabilities of the classes for each of `images`.

    Raises
    ------
    TypeError, ValueError
        The model does not take these examples, or `every` is no count.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, 2016, section 11.5: what to watch.

    Examples
    --------
    >>> from cnnlib.data import digits
    >>> from cnnlib.layers import Dense, Flatten
    >>> from cnnlib.blocks import Sequential
    >>> from cnnlib.optim import SGD
    >>> from cnnlib.train import fit
    >>> X, y = digits()
    >>> X, rng = X / np.float32(16), np.random.default_rng(0)
    >>> model = Sequential(Flatten(), Dense(64, 10, rng=rng))
    >>> recorder = Recorder(model, (X[:200], y[:200]), (X[1500:], y[1500:]), X[:5])
    >>> history = fit(model, (X[:1500], y[:1500]), optimizer=SGD(0.1), epochs=1, rng=rng,
    ...               after_step=recorder, progress=False)
    >>> recorder
    Recorder(15 records, steps 0 to 22)
    >>> recorder.train[-1].loss < recorder.train[0].loss
    True
    >>> list(recorder.gradient_norms[0]), recorder.answers[0].shape
    (['1'], (5, 10))
    """

    def __init__(
        self,
        model: Layer,
        train: Data,
        dev: Data,
        images: npt.ArrayLike | None = None,
        *,
        every: int | None = None,
        loss: Loss = CROSS_ENTROPY,
    ) -> None:
        self.model, self._loss = model, loss
        self._train = pair("Recorder", "train", model, train)
        self._dev = pair("Recorder", "dev", model, dev)
        self.images = self._train[0][:1] if images is None else np.asarray(images)
        self._every = None if every is None else check.integer("Recorder", "every", every, 1)
        self.step, self._due = 0, 0
        self.steps: list[int] = []
        self.train: list[Score] = []
        self.dev: list[Score] = []
        self.gradient_norms: list[dict[str, float]] = []
        self.params: list[dict[str, Array]] = []
        self.answers: list[Array] = []
        self.record()

    def __call__(self) -> None:
        """Count a step, and record if it is time."""
        self.step += 1
        if self.step >= self._due or (self._every and self.step % self._every == 0):
            self.record()

    def record(self) -> None:
        """Record now; what was recorded after the same step is replaced."""
        kept = (
            self.steps, self.train, self.dev, self.gradient_norms, self.params, self.answers,
        )  # fmt: skip
        if self.steps and self.steps[-1] == self.step:
            for records in kept:
                records.pop()
        model = deepcopy(self.model)  # running statistics and random numbers stay as they are
        self.steps.append(self.step)
        self.train.append(score(model, *self._train, self._loss))
        self.dev.append(score(model, *self._dev, self._loss))
        self.answers.append(F.softmax(predict(model, self.images)))
        self.params.append({name: W.copy() for name, W in model.params.items()})
        self.gradient_norms.append(self._norms(model))
        self._due = self.step + 1 + self.step // 8

    def _norms(self, model: Layer) -> dict[str, float]:
        """Return ‖∇J‖ for each layer that has parameters."""
        X, y = self._train
        kind = next(iter(model.params.values())).dtype
        Z = model.forward(X.astype(kind, copy=False), training=True)
        model.backward_params(self._loss[1](Z, y))
        squares: dict[str, float] = {}
        for name, gradient in model.grads.items():
            layer = name.split(".")[0]
            squares[layer] = squares.get(layer, 0.0) + float(np.sum(np.square(gradient)))
        return {layer: float(np.sqrt(total)) for layer, total in squares.items()}

    def __repr__(self) -> str:
        """Return how many records, and from when to when."""
        return f"Recorder({len(self.steps)} records, steps {self.steps[0]} to {self.steps[-1]})"
