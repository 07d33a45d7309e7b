"""Which classes a network takes for which."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from cnnlib.plots.look import LOOK, SIGNED, TITLE, WIDTH, figure, ink


def show_confusion(counts: npt.ArrayLike, names: Sequence[object] | None = None) -> Figure:
    """Show a confusion matrix: what is right is blue, what is wrong is orange.

    The strength of a colour is the part of its row, so of all examples of one class.

    Parameters
    ----------
    counts : array of integers (n, n)
        `counts[j, k]` examples of class j were taken for class k: see
        `cnnlib.train.confusion_matrix`.
    names : n texts, optional
        Of the classes; by default their numbers.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        `counts` is no square matrix of integers, or the names are not one for each class.

    Examples
    --------
    >>> fig = show_confusion([[8, 2], [1, 9]], ["cat", "dog"])
    >>> fig.axes[0].get_title()
    '17 of 20 right'
    """
    M = np.asarray(counts)
    if M.ndim != 2 or M.shape[0] != M.shape[1] or M.size == 0 or M.dtype.kind not in "ui":
        raise ValueError(
            f"plots: a confusion matrix holds counts (n, n); got shape {M.shape}, dtype {M.dtype}"
        )
    n = len(M)
    classes = [str(name) for name in (range(n) if names is None else names)]
    if len(classes) != n:
        raise ValueError(f"plots: {len(classes)} names for {n} classes: give one for each")
    margin = 30 + 6 * max(map(len, classes))
    cell = min(44, (WIDTH - margin) // n)
    size = min(9.0, 0.72 * (cell - 4) / (0.62 * len(str(M.max()))))
    width, height = margin + n * cell + 4, n * cell + TITLE + margin
    fig = figure(width, height)
    part = M / np.maximum(M.sum(axis=1, keepdims=True), 1)
    rgba = SIGNED((np.where(np.eye(n, dtype=bool), -part, part) + 1) / 2)
    with plt.rc_context(LOOK):
        ax = fig.add_axes((margin / width, margin / height, n * cell / width, n * cell / height))
        ax.imshow(rgba, interpolation="nearest")
        for (j, k), colour in np.ndenumerate(ink(rgba)):
            if M[j, k]:
                ax.text(k, j, str(M[j, k]), color=colour, size=size, ha="center", va="center")
        ax.hlines(np.arange(n + 1) - 0.5, -0.5, n - 0.5, colors="#d0d0d0", lw=0.6)
        ax.vlines(np.arange(n + 1) - 0.5, -0.5, n - 0.5, colors="#d0d0d0", lw=0.6)
        ax.spines[:].set_visible(False)
        ax.set_xticks(range(n), classes, size=8.5)
        ax.set_yticks(range(n), classes, size=8.5)
        ax.tick_params(length=0)
        if max(map(len, classes)) * 6.5 > cell:
            ax.tick_params("x", rotation=90)
        ax.set(xlabel="taken for", ylabel="is", title=f"{np.trace(M)} of {M.sum()} right")
    return fig
