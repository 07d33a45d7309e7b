"""The companion library of the book: the mathematics of convolutional neural networks in NumPy.

`import cnnlib` loads NumPy and nothing else; `cnnlib.plots`, `cnnlib.data` and `cnnlib.widgets` are
imported by name where they are used, because they need more.
"""

from cnnlib import filters, functional
from cnnlib.functional import *  # noqa: F403

__version__ = "0.1.0"

__all__ = ["__version__", "filters", "functional", *functional.__all__]
