"""Images as pixels, and matrices as numbers, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from cnnlib.plots.look import ACCENT, GAP, GREY, SIGNED, TITLE, WIDTH, Matrix, figure, ink


def show_images(
    images: Matrix | Sequence[Matrix],
    titles: str | Sequence[str] = "",
    *,
    signed: bool | Sequence[bool] | None = None,
    limit: float | None = None,
    zoom: int | None = None,
) -> Figure:
    """Show one image, or several side by side, each pixel `zoom` × `zoom` screen pixels.

    Parameters
    ----------
    images : array (n_H, n_W), or a sequence of them
    titles : str, or one for each
    signed : bool, or one for each, optional
        True for blue–white–orange, False for grey; by default an image with a negative entry is
        signed.
    limit : float, optional
        What gets the last colour. By default the largest absolute value of all signed images
        together; 255 for a grey uint8 image; the largest value of any other grey image.
    zoom : int, optional
        By default the largest that lets the images stand in the text column.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        An image is empty or has not two axes, or the titles are not one for each.

    Examples
    --------
    >>> fig = show_images([np.eye(8), -np.eye(8)], ["I", "−I"])
    >>> [ax.get_title() for ax in fig.axes]
    ['I', '−I']
    """
    panels = _listed(images)
    room = (WIDTH - GAP * (len(panels) - 1)) // sum(p.shape[1] for p in panels)
    zoom = zoom or max(1, min(300 // max(p.shape[0] for p in panels), room))
    return _row(panels, titles, signed, limit, zoom, shared=True)


def show_matrix(
    matrices: Matrix | Sequence[Matrix],
    titles: str | Sequence[str] = "",
    *,
    signed: bool | Sequence[bool] | None = None,
    limit: float | None = None,
    windows: Mapping[int, tuple[int, int, int, int]] | None = None,
) -> Figure:
    """Show one matrix, or several side by side, as square cells with their numbers.

    Parameters
    ----------
    matrices : array (n_H, n_W) or list of its rows, or a sequence of matrices
    titles, signed, limit
        As for `show_images`, but each matrix has its own largest value: the numbers can be read.
    windows : dict number of a matrix → (row, column, height, width), optional
        Frames, counted from 0.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        As `show_images`.

    Examples
    --------
    >>> fig = show_matrix(np.array([[1, -2]]), "K", windows={0: (0, 1, 1, 1)})
    >>> [text.get_text() for text in fig.axes[0].texts]
    ['1', '−2']
    """
    panels = _listed(matrices)
    room = (WIDTH - GAP * (len(panels) - 1)) // sum(p.shape[1] for p in panels)
    texts = [[[f"{v + 0.0:.3g}".replace("-", "−") for v in row] for row in p] for p in panels]
    longest = max(len(text) for matrix in texts for row in matrix for text in row)
    cell = min(max(34, 9 * longest), room)
    size = min(10, (cell - 4) / longest / 0.94)  # points; a character is about 0.65 em
    fig = _row(panels, titles, signed, limit, cell, shared=False)
    for n, (ax, panel) in enumerate(zip(fig.axes, panels, strict=True)):
        n_H, n_W = panel.shape
        ax.vlines(np.arange(n_W + 1) - 0.5, -0.5, n_H - 0.5, colors="#8a8a8a", lw=0.6)
        ax.hlines(np.arange(n_H + 1) - 0.5, -0.5, n_W - 0.5, colors="#8a8a8a", lw=0.6)
        for (x, y), colour in np.ndenumerate(ink(np.asarray(ax.images[0].get_array()))):
            ax.text(y, x, texts[n][x][y], color=colour, size=size, ha="center", va="center")
        if windows and n in windows:
            x, y, h, w = windows[n]
            ax.add_patch(Rectangle((y - 0.5, x - 0.5), w, h, fill=False, lw=3, ec=ACCENT))
    return fig


def _listed(arrays: Matrix | Sequence[Matrix]) -> list[Matrix]:
    panels = [np.asarray(a) for a in ([arrays] if isinstance(arrays, np.ndarray) else arrays)]
    rows = not isinstance(arrays, np.ndarray) and len({p.shape for p in panels}) == 1
    if rows and panels[0].ndim == 1:
        panels = [np.array(panels)]
    if not panels or any(p.ndim != 2 or p.size == 0 for p in panels):
        shapes = [p.shape for p in panels]
        raise ValueError(f"plots: expected non-empty 2-D arrays (n_H, n_W); got shapes {shapes}")
    return panels


def _row(
    panels: list[Matrix], titles: Any, signed: Any, limit: Any, zoom: int, shared: bool
) -> Figure:
    """Place the panels side by side, in colour, `zoom` screen pixels an entry, titles above."""
    names = [titles] * len(panels) if titles == "" else np.atleast_1d(titles).tolist()
    if len(names) != len(panels):
        raise ValueError(f"plots: {len(names)} titles for {len(panels)} arrays: give one for each")
    kinds = np.atleast_1d([(p < 0).any() for p in panels] if signed is None else signed)
    kinds = np.repeat(kinds, len(panels)) if kinds.size == 1 else kinds
    tops = [np.abs(p.astype(float)).max() for p in panels]
    top = max([t for t, kind in zip(tops, kinds, strict=True) if kind], default=0)
    height = max(p.shape[0] for p in panels) * zoom + TITLE
    width = sum(p.shape[1] for p in panels) * zoom + GAP * (len(panels) - 1)
    fig, left = figure(width, height), 0
    for panel, name, kind, own in zip(panels, names, kinds, tops, strict=True):
        h, w = panel.shape[0] * zoom, panel.shape[1] * zoom
        place = (left / width, (height - TITLE - h) / 2 / height, w / width, h / height)
        ax: Axes = fig.add_axes(place, xticks=[], yticks=[])
        ax.spines[:].set(color="#8a8a8a", linewidth=0.6)
        ax.set_title(name, fontsize=10, family="DejaVu Sans")
        grey = 255 if panel.dtype == np.uint8 else own
        most = limit or (grey if not kind else top if shared else own) or 1
        shade = (panel / most + 1) / 2 if kind else panel / most
        ax.imshow((SIGNED if kind else GREY)(shade), interpolation="nearest")
        left += w + GAP
    return fig
