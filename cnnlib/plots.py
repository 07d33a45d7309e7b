"""Arrays in, figure out: the few pictures that the book draws, all with one look.

Every function returns a matplotlib ``Figure`` that is already closed, so that a notebook shows it
once, as the last expression of a cell. The background is white in light and in dark mode, because
black and white are data here. Sizes are in screen pixels of the page: nothing is wider than its
text column, and a pixel of a photograph is a whole number of screen pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

__all__ = ["ACCENT", "GREY", "SIGNED", "curves", "figure", "show_images", "show_matrix"]

#: negative blue, zero white, positive orange; an odd number of colours, so that 0 is pure white
SIGNED = LinearSegmentedColormap.from_list("signed", ["#2066a8", "#ffffff", "#c8570c"], N=255)
#: black to white
GREY = LinearSegmentedColormap.from_list("grey", ["#000000", "#ffffff"], N=256)
#: the window, and whatever else is selected
ACCENT = "#00796b"

_DPI = 100
_WIDTH = 720  # the text column of the page, in pixels
_GAP = 28
_LOOK: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # the font that comes with matplotlib: the same everywhere
    "font.size": 9.5,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "axes.prop_cycle": plt.cycler(color=["#00796b", "#c8570c", "#2066a8", "#6b4c9a", "#595959"]),
    "lines.linewidth": 1.8,
    "legend.frameon": False,
}

Matrix = npt.NDArray[Any]


def figure(width: float, height: float) -> Figure:
    """Return an empty figure of `width` × `height` screen pixels, in the book's look."""
    fig = plt.figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI, facecolor="white")
    plt.close(fig)
    return fig


def show_images(
    images: Matrix | Sequence[Matrix],
    titles: str | Sequence[str] = (),
    *,
    signed: bool | None = None,
    limit: float | None = None,
    zoom: int | None = None,
) -> Figure:
    """Show one image, or several side by side, each pixel `zoom` × `zoom` screen pixels.

    Parameters
    ----------
    images : one or a sequence of arrays (n_H, n_W)
    titles : one line for each image
    signed : True for blue–white–orange, False for grey; by default an image that has a negative
        entry is signed. Signed images in one figure share the limits ±`limit`; a grey uint8 image
        runs from 0 to 255, another grey image from 0 to `limit`.
    limit : the largest absolute value by default: over all signed images, or of each grey one
    zoom : by default the largest that lets all images stand in the text column
    """
    panels, names = _listed(images, titles)
    room = _WIDTH - _GAP * (len(panels) - 1)
    zoom = zoom or max(1, min(300 // panels[0].shape[0], room // sum(p.shape[1] for p in panels)))
    fig, axes = _row([(p.shape[0] * zoom, p.shape[1] * zoom) for p in panels], names)
    for ax, panel, (cmap, low, high) in zip(axes, panels, _scales(panels, signed, limit)):
        ax.imshow(panel, cmap=cmap, vmin=low, vmax=high, interpolation="nearest")
    return fig


def show_matrix(
    matrices: Matrix | Sequence[Matrix],
    titles: str | Sequence[str] = (),
    *,
    signed: bool | Sequence[bool] | None = None,
    limit: float | None = None,
    windows: Mapping[int, tuple[int, int, int, int]] | None = None,
    cell: int = 34,
    fmt: str = "{:g}",
) -> Figure:
    """Show one matrix, or several side by side, as square cells with their numbers.

    Parameters
    ----------
    matrices : one or a sequence of arrays (n_H, n_W)
    titles : one line for each matrix
    signed, limit : the colours, as in `show_images`; `signed` may differ from matrix to matrix
    windows : {which matrix: (row, column, height, width)} to frame, all counted from 0
    cell : side of a cell in screen pixels
    fmt : how a number is written
    """
    panels, names = _listed(matrices, titles)
    cell = min(cell, (_WIDTH - _GAP * (len(panels) - 1)) // sum(p.shape[1] for p in panels))
    fig, axes = _row([(p.shape[0] * cell, p.shape[1] * cell) for p in panels], names)
    for n, (ax, panel) in enumerate(zip(axes, panels)):
        cmap, low, high = _scales(panels, signed, limit)[n]
        colours = cmap((panel - low) / ((high - low) or 1))
        ax.imshow(colours, interpolation="nearest")
        n_H, n_W = panel.shape
        ax.vlines(np.arange(n_W + 1) - 0.5, -0.5, n_H - 0.5, colors="#8a8a8a", linewidths=0.6)
        ax.hlines(np.arange(n_H + 1) - 0.5, -0.5, n_W - 0.5, colors="#8a8a8a", linewidths=0.6)
        for (x, y), value in np.ndenumerate(panel):
            text = fmt.format(value + 0.0).replace("-", "−")
            ax.text(y, x, text, ha="center", va="center", color=_ink(colours[x, y]), fontsize=9.5)
        if windows and n in windows:
            x, y, h, w = windows[n]
            ax.add_patch(
                Rectangle((y - 0.5, x - 0.5), w, h, fill=False, lw=3, ec=ACCENT, clip_on=False)
            )
    return fig


def curves(
    lines: Mapping[str, npt.ArrayLike],
    *,
    x: npt.ArrayLike | None = None,
    xlabel: str = "step",
    ylabel: str = "loss",
    xlog: bool = False,
    ylog: bool = False,
    marker: str = "",
) -> Figure:
    """Draw named curves over `x` (by default 0, 1, 2, …) in one plot."""
    with plt.rc_context(_LOOK):
        fig = figure(560, 300)
        ax = fig.add_subplot()
        for style, (name, values) in zip(["-", "--", "-.", ":", "-"] * len(lines), lines.items()):
            y = np.asarray(values)
            ax.plot(np.arange(len(y)) if x is None else x, y, style, label=name, marker=marker)
        ax.set(xlabel=xlabel, ylabel=ylabel, xscale="log" if xlog else "linear")
        ax.set_yscale("log" if ylog else "linear")
        if len(lines) > 1:
            ax.legend()
        fig.tight_layout()
    return fig


def _listed(arrays: Matrix | Sequence[Matrix], titles: str | Sequence[str]) -> Any:
    """Make lists of one or several arrays and of their titles, with the arrays checked."""
    panels = [np.asarray(a) for a in ([arrays] if isinstance(arrays, np.ndarray) else arrays)]
    names = [titles] if isinstance(titles, str) else list(titles)
    shapes = [p.shape for p in panels]
    if not panels or any(len(shape) != 2 or 0 in shape for shape in shapes):
        raise ValueError(f"plots: expected non-empty 2-D arrays (n_H, n_W); got shapes {shapes}")
    if names and len(names) != len(panels):
        raise ValueError(f"plots: {len(names)} titles for {len(panels)} arrays: give one for each")
    return panels, names


def _scales(
    panels: Sequence[Matrix], signed: bool | Sequence[bool] | None, limit: float | None
) -> list[tuple[Colormap, float, float]]:
    """Choose the colour map and the limits of each panel."""
    if signed is None:
        kinds = [bool((p < 0).any()) for p in panels]
    else:
        kinds = [signed] * len(panels) if isinstance(signed, bool) else list(signed)
    shared = max([float(np.abs(p).max()) for p, kind in zip(panels, kinds) if kind], default=0.0)
    scales: list[tuple[Colormap, float, float]] = []
    for panel, kind in zip(panels, kinds):
        if kind:
            top = limit or shared or 1.0
            scales.append((SIGNED, -top, top))
        else:
            whole = 255.0 if panel.dtype == np.uint8 else float(panel.max()) or 1.0
            scales.append((GREY, 0.0, limit or whole))
    return scales


def _row(sizes: Sequence[tuple[int, int]], titles: Sequence[str]) -> tuple[Figure, list[Axes]]:
    """Place frames of the given (height, width) in pixels side by side, centred, titles above."""
    height = max(h for h, _ in sizes) + 24
    width = sum(w for _, w in sizes) + _GAP * (len(sizes) - 1)
    fig, axes, left = figure(width, height), [], 0
    for n, (h, w) in enumerate(sizes):
        bottom = (height - 24 - h) // 2
        place = (left / width, bottom / height, w / width, h / height)
        axes.append(cast(Axes, fig.add_axes(place, xticks=[], yticks=[], frame_on=False)))
        if titles:
            axes[-1].set_title(titles[n], fontsize=10, family="DejaVu Sans")
        left += w + _GAP
    return fig, axes


def _ink(colour: Sequence[float]) -> str:
    """Black or white, whichever contrasts more with `colour` (WCAG 2, relative luminance)."""
    rgb = np.asarray(colour[:3])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ [0.2126, 0.7152, 0.0722])
    return "black" if (luminance + 0.05) ** 2 > 0.05 * 1.05 else "white"
