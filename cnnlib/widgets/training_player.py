"""TrainingPlayer: play back a real training: curves, filters, gradients and answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import traitlets as t
from numpy.typing import ArrayLike, NDArray

from cnnlib.train import Recorder
from cnnlib.widgets._base import Whole, Widget, bundle, styles
from cnnlib.widgets._network import class_names, packed

MOST_IMAGES, MOST_RECORDS, MOST_FILTERS = 24, 300, 64


class TrainingPlayer(Widget):
    """Play back what a `cnnlib.train.Recorder` has kept of a training.

    Parameters
    ----------
    recorder : Recorder
        Of a network whose first layer with parameters is a Conv2D on grey images; it shows what was
        recorded until now, at most 300 records.
    labels : (m,) integers
        The classes of the recorder's images, at most 24.
    classes : sequence of str, optional
        Their names; default: "0", "1", …
    resume : function epochs → anything, optional
        Trains on, with the recorder as `after_step`: for `train_on`.
    step : int
        Which record is shown, from 0; one beyond the last shows the last.
    image : int
        Which image's probabilities are shown, from 0.
    layer : int
        Which layer's gradient is drawn thick, from 0.

    Raises
    ------
    TypeError, ValueError
        The recording is of another network, too long, or the labels do not belong to it.
    TraitError
        If a number is no integer ≥ 0.

    Examples
    --------
    >>> from cnnlib.blocks import Sequential
    >>> from cnnlib.layers import Conv2D, Dense, Flatten
    >>> from cnnlib.optim import SGD
    >>> from cnnlib.train import fit
    >>> rng = np.random.default_rng(0)
    >>> model = Sequential(Conv2D(1, 2, 3, rng=rng), Flatten(), Dense(8, 2, rng=rng))
    >>> X, y = rng.random((20, 4, 4, 1)), np.arange(20) % 2
    >>> recorder = Recorder(model, (X, y), (X, y), X[:3])
    >>> player = TrainingPlayer(recorder, y[:3], resume=lambda epochs: fit(
    ...     model, (X, y), optimizer=SGD(0.1), epochs=epochs, rng=rng, after_step=recorder))
    >>> player.train_on(2)
    >>> player
    TrainingPlayer(3 records, steps 0 to 2, 3 images)
    >>> player.output.shape
    (2,)
    """

    _esm = bundle("training_player")
    _css = styles("plots", "odds", "training_player")

    recording: t.Dict[Any, Any] = t.Dict(read_only=True).tag(sync=True)
    step = Whole().tag(sync=True)
    image = Whole().tag(sync=True)
    layer = Whole().tag(sync=True)

    def __init__(
        self,
        recorder: Recorder,
        labels: ArrayLike,
        classes: Sequence[str] | None = None,
        *,
        resume: Callable[[int], object] | None = None,
        step: int = 0,
        image: int = 0,
        layer: int = 0,
        **kwargs: Any,
    ) -> None:
        """See the class."""
        if not isinstance(recorder, Recorder):
            raise TypeError(f"TrainingPlayer: recorder is {recorder!r}: use cnnlib.train.Recorder")
        self.recorder, self.resume = recorder, resume
        m, n = recorder.answers[0].shape
        self._classes = class_names("TrainingPlayer", classes, n)
        self._labels = np.asarray(labels)
        known = self._labels.dtype.kind in "iu" and self._labels.shape == (m,)
        if not known or not all(k in range(n) for k in self._labels.tolist()):
            raise ValueError(f"TrainingPlayer: labels must be one class 0 … {n - 1} of {m} images")
        if m > MOST_IMAGES:
            raise ValueError(f"TrainingPlayer: at most {MOST_IMAGES} images, not {m}: images[:10]")
        self.set_trait("recording", self._packed())
        super().__init__(step=step, image=image, layer=layer, **kwargs)

    def train_on(self, epochs: int) -> None:
        """Go on with the training, and show what was recorded; the last record is shown."""
        if self.resume is None:
            raise ValueError(
                "TrainingPlayer: it does not know how to train: give it "
                "resume=lambda epochs: fit(…, epochs=epochs, after_step=recorder)"
            )
        self.resume(epochs)
        self.recorder.record()
        with self.hold_sync():
            self.set_trait("recording", self._packed())
            self.step = len(self.recorder.steps) - 1

    @property
    def filters(self) -> NDArray[Any]:
        """The filters of the first layer at the record that is shown, (f, f, 1, n_C)."""
        W: NDArray[Any] = self.recorder.params[self._shown][self._first()]
        return W

    @property
    def output(self) -> NDArray[Any]:
        """The probabilities that the network gave the chosen image at that record."""
        answers = self.recorder.answers[self._shown]
        probabilities: NDArray[Any] = answers[min(self.image, len(answers) - 1)]
        return probabilities

    @property
    def _shown(self) -> int:
        shown: int = min(self.step, len(self.recorder.steps) - 1)
        return shown

    def _first(self) -> str:
        """Return the name of the first layer's weights, or say why they cannot be shown."""
        name, W = next(iter(self.recorder.params[0].items()))
        if W.ndim != 4 or W.shape[2] != 1 or W.shape[3] > MOST_FILTERS:
            raise ValueError(
                f"TrainingPlayer: the first layer's weights have shape {W.shape}, but it shows "
                f"filters (f, f, 1, n_C) on grey images, at most {MOST_FILTERS}"
            )
        return name

    def _packed(self) -> dict[str, Any]:
        """Return the recording in the few bytes that a page can carry."""
        kept, name = self.recorder, self._first()
        if len(kept.steps) > MOST_RECORDS:
            raise ValueError(f"TrainingPlayer: {len(kept.steps)} records, at most {MOST_RECORDS}")
        W = np.stack([params[name] for params in kept.params])[:, :, :, 0]
        levels = np.rint(W * (127 / (np.abs(W).max() or 1))).astype(np.int8)
        grey = np.rint(255 * np.clip(kept.images[..., 0], 0, 1)).astype(np.uint8)
        parts = self.recorder.model.children()
        titles = {key: f"{int(key) + 1} {type(part).__name__}" for key, part in parts.items()}
        named = list(kept.gradient_norms[0])
        return {
            "steps": list(kept.steps),
            "cost": [_short(s.loss for s in kept.train), _short(s.loss for s in kept.dev)],
            "accuracy": [
                _short(s.accuracy or 0.0 for s in kept.train),
                _short(s.accuracy or 0.0 for s in kept.dev),
            ],
            "layers": [titles.get(key, key) for key in named],
            "norms": [_short(norms[key] for norms in kept.gradient_norms) for key in named],
            "filters": packed(np.ascontiguousarray(np.moveaxis(levels, 3, 1))),
            "filter_shape": [W.shape[3], *W.shape[1:3]],
            "answers": packed(np.rint(65535 * np.stack(kept.answers)).astype("<u2")),
            "images": packed(grey),
            "size": list(grey.shape[1:]),
            "labels": self._labels.tolist(),
            "classes": self._classes,
        }

    def describe(self) -> str:
        """How many records, from when to when, and how many images."""
        steps = self.recorder.steps
        m = len(self._labels)
        many = f"{m} image{'s' * (m > 1)}"
        return f"{len(steps)} records, steps {steps[0]} to {steps[-1]}, {many}"


def _short(numbers: Any) -> list[float]:
    """Return floats of four digits: more cannot be seen in a curve."""
    return [float(f"{x:.4g}") for x in numbers]
