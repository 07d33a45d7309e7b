"""Curves: what falls, what rises, and what it was compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from cnnlib.plots.look import ACCENT, LOOK, figure


def curves(
    lines: Mapping[str, npt.ArrayLike],
    x: npt.ArrayLike | None = None,
    *,
    xlabel: str = "step",
    ylabel: str = "loss",
    xscale: str = "linear",
    yscale: str = "linear",
) -> Figure:
    """Draw named curves in one plot.

    Parameters
    ----------
    lines : dict name → array (n,)
        The first four can be told apart, by their dashes too.
    x : array (n,), optional
        What they are drawn over; 0, 1, 2, … if not given.
    xlabel, ylabel : str
    xscale, yscale : "linear" or "log"

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        A curve and `x` differ in length.

    Examples
    --------
    >>> fig = curves({"loss": [4, 2, 1]})
    >>> fig.axes[0].lines[0].get_ydata()
    array([4, 2, 1])
    """
    colours = [ACCENT, "#c8570c", "#2066a8", "#6b4c9a"]
    with plt.rc_context(LOOK):
        ax = (fig := figure(560, 300)).add_subplot()
        for n, (name, values) in enumerate(lines.items()):
            over = np.arange(len(np.asarray(values))) if x is None else x
            dash = ["-", "--", "-.", ":"][n % 4]  # told apart without colour too
            ax.plot(over, np.asarray(values), dash, color=colours[n % 4], lw=1.8, label=name)
        ax.set(xlabel=xlabel, ylabel=ylabel, xscale=xscale, yscale=yscale)
        ax.grid(color="#e4e4e4")
        if len(lines) > 1:
            ax.legend(frameon=False)
        fig.tight_layout()
    return fig


class _Score(Protocol):
    @property
    def loss(self) -> float: ...
    @property
    def accuracy(self) -> float | None: ...


class _History(Protocol):
    @property
    def train(self) -> Sequence[_Score]: ...
    @property
    def dev(self) -> Sequence[_Score]: ...
    @property
    def best_epoch(self) -> int: ...


def show_history(history: _History) -> Figure:
    """Draw how a training went: the loss, and if there is one the accuracy, over the epochs.

    Parameters
    ----------
    history : cnnlib.train.History
        What `fit` returned. A dotted line marks the epoch whose weights were kept.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        The history has no whole epoch.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> scores = [SimpleNamespace(loss=2.0, accuracy=0.1), SimpleNamespace(loss=0.5, accuracy=0.8)]
    >>> fig = show_history(SimpleNamespace(train=scores, dev=[], best_epoch=0))
    >>> [ax.get_ylabel() for ax in fig.axes]
    ['loss', 'accuracy']
    """
    parts = {name: s for name, s in (("train", history.train), ("dev", history.dev)) if s}
    if not parts:
        raise ValueError("plots: the history has no whole epoch, so there is nothing to draw")
    measured = ["loss"] + ["accuracy"] * (history.train[0].accuracy is not None)
    with plt.rc_context(LOOK):
        fig = figure(340 * len(measured), 270)
        for i, name in enumerate(measured, 1):
            ax = fig.add_subplot(1, len(measured), i)
            for (part, scores), dash, colour in zip(
                parts.items(), ("-", "--"), (ACCENT, "#c8570c"), strict=False
            ):
                values = [getattr(score, name) for score in scores]
                epochs = range(1, len(values) + 1)
                ax.plot(epochs, values, dash, color=colour, lw=1.8, label=part, marker=".")
            if history.best_epoch:
                ax.axvline(history.best_epoch, color="#6b6b6b", lw=1, ls=":")
            ax.set(xlabel="epoch", ylabel=name)
            ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
            ax.grid(color="#e4e4e4")
            if len(parts) > 1:
                ax.legend(frameon=False)
        fig.tight_layout()
    return fig
