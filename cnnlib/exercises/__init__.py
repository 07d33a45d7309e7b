"""The checks behind the book's exercises: `check_…` says what is right, or names the mistake.

Each section has a module; what they share is `FunctionCheck` and `AnswerCheck`. A check takes what
a student has written and returns a `Verdict`: it shows itself in a notebook, and ``assert`` accepts
it. It raises nothing, waits for nothing longer than two seconds (before Python 3.12 on the main
thread only, if a loop catches everything), and changes nothing.
"""

from cnnlib.exercises import architectures, definition, filters, foundations, training
from cnnlib.exercises._check import AnswerCheck, FunctionCheck, Suspect
from cnnlib.exercises._verdict import Verdict
from cnnlib.exercises.architectures import *  # noqa: F403
from cnnlib.exercises.definition import *  # noqa: F403
from cnnlib.exercises.filters import *  # noqa: F403
from cnnlib.exercises.foundations import *  # noqa: F403
from cnnlib.exercises.training import *  # noqa: F403

__all__ = [
    "AnswerCheck",
    "FunctionCheck",
    "Suspect",
    "Verdict",
    *architectures.__all__,
    *definition.__all__,
    *filters.__all__,
    *foundations.__all__,
    *training.__all__,
]
