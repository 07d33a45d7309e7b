"""Arrays in, figure out: the few pictures that the book draws, all with one look.

A ``Figure`` is closed before it is returned, so that a notebook shows it once, as the last
expression of a cell. The background is white in dark mode too, because here black and white are
data. Sizes are screen pixels of the page: nothing is wider than its text column, and a pixel of a
photograph is a whole number of screen pixels.
"""

from cnnlib.plots.confusion import show_confusion
from cnnlib.plots.grids import show_feature_maps, show_filters, show_grid
from cnnlib.plots.images import show_images, show_matrix
from cnnlib.plots.lines import curves, show_history
from cnnlib.plots.look import ACCENT, GREY, SIGNED, figure
from cnnlib.plots.network import show_network

__all__ = [
    "ACCENT",
    "GREY",
    "SIGNED",
    "curves",
    "figure",
    "show_confusion",
    "show_feature_maps",
    "show_filters",
    "show_grid",
    "show_history",
    "show_images",
    "show_matrix",
    "show_network",
]
