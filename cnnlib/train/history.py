"""What happened in a training."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cnnlib.train.evaluation import Score


@dataclass(repr=False)
class History:
    """The scores of a training, epoch by epoch, and how it ended.

    Attributes
    ----------
    train : list of Score
        One for each whole epoch: means over its batches, each measured just before the step that
        it caused, in training mode and augmented. So they are on average half an epoch older than
        those of `dev`, and with dropout or augmentation worse: a dev curve may well lie above.
    dev : list of Score
        At the end of each epoch; empty without a dev set.
    best_epoch : int
        The epoch, counted from 1, with the lowest dev loss: the model has the weights of its end.
        0 without a dev set: then it has the last weights.
    stopped : str
        Why it ended before all epochs were done; "" if it did not.

    Examples
    --------
    >>> history = History([Score(2.3, 0.1), Score(0.5, 0.85)], [Score(1, 0.7), Score(0.6, 0.8)], 2)
    >>> history
    History(2 epochs, best 2: train loss 0.50, accuracy 0.85; dev loss 0.60, accuracy 0.80)
    >>> [score.accuracy for score in history.dev]
    [0.7, 0.8]
    """

    train: list[Score] = field(default_factory=list)
    dev: list[Score] = field(default_factory=list)
    best_epoch: int = 0
    stopped: str = ""

    def plot(self) -> Any:
        """Return a Figure of the loss and the accuracy of both sets over the epochs."""
        from cnnlib import plots  # here, so that one can train without matplotlib

        return plots.show_history(self)

    def __repr__(self) -> str:
        """Return the scores of the best epoch: rounded, as the last digits differ by machine."""
        n, i = len(self.train), self.best_epoch - 1  # without a best one, −1: the last
        parts = [f"{n} epoch{'' if n == 1 else 's'}"]
        parts += [f"best {self.best_epoch}"] if self.best_epoch else []
        parts += [self.stopped] if self.stopped else []
        sets = [("train", self.train), ("dev", self.dev)]
        scores = "; ".join(_words(name, scores[i]) for name, scores in sets if scores)
        return f"History({', '.join(parts)}{': ' * bool(scores)}{scores})"


def _words(name: str, score: Score) -> str:
    right = "" if score.accuracy is None else f", accuracy {score.accuracy:.2f}"
    return f"{name} loss {score.loss:.2f}{right}"
