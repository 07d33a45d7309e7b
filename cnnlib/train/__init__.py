"""The learning algorithm of section 4: batch by batch, the cost is carried back and made smaller.

`fit` trains, `evaluate` and `predict` use what was learned, a `History` tells how it went, a
`Recorder` keeps what a network was on its way, and `track` shows how many of several trainings are
done.
"""

from cnnlib.train.evaluation import (
    CROSS_ENTROPY,
    Loss,
    Score,
    confusion_matrix,
    evaluate,
    predict,
)
from cnnlib.train.fitting import fit
from cnnlib.train.history import History
from cnnlib.train.progress import track
from cnnlib.train.recording import Recorder

__all__ = [
    "CROSS_ENTROPY",
    "History",
    "Loss",
    "Recorder",
    "Score",
    "confusion_matrix",
    "evaluate",
    "fit",
    "predict",
    "track",
]
