"""The one look of all pictures: colours, sizes, and what every figure is made with."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

#: negative blue, zero white, positive orange; an odd number of colours, so that 0 is pure white,
#: and few of them, so that the map of a noisy photograph is still a small file
SIGNED = LinearSegmentedColormap.from_list("signed", ["#2066a8", "#ffffff", "#c8570c"], N=63)
#: 0 black, the largest value white; 128 steps look like 256, and a photograph takes a third less
GREY = LinearSegmentedColormap.from_list("grey", ["#000000", "#ffffff"], N=128)
#: the window, and whatever else is selected
ACCENT = "#00796b"

DPI, WIDTH, GAP, TITLE = 100, 680, 28, 24  # the column, the gaps and a title, in pixels
LOOK: Any = {
    "font.family": "DejaVu Sans",  # matplotlib brings this font along: the same look everywhere
    "font.size": 9.5,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
Matrix = npt.NDArray[Any]


def figure(width: float, height: float) -> Figure:
    """Return an empty, closed figure.

    Parameters
    ----------
    width, height : float > 0
        Screen pixels.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        A size is not positive and finite.

    Examples
    --------
    >>> figure(340, 200).get_size_inches()
    array([3.4, 2. ])
    """
    fig = plt.figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor="white")
    plt.close(fig)
    return fig


def ink(rgb: Matrix) -> npt.NDArray[np.str_]:
    """Black or white, whichever contrasts more with the colour (relative luminance, WCAG 2)."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)[..., :3]
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    return np.where((luminance + 0.05) ** 2 > 0.05 * 1.05, "black", "white")
