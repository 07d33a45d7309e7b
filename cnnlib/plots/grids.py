"""Many small pictures in rows and columns: examples, filters, feature maps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from cnnlib.plots.look import GREY, LOOK, SIGNED, WIDTH, Matrix, figure

_FRAME = (0.54, 0.54, 0.54)
_SPACE, _LINE, _LETTER = 6, 15, 5.6  # between pictures; height of a title, width of its letters


def show_grid(
    images: npt.ArrayLike,
    titles: Sequence[object] | None = None,
    *,
    columns: int | None = None,
    signed: bool | None = None,
    limit: float | None = None,
    zoom: int | None = None,
) -> Figure:
    """Show many images of one size, row by row, on one scale, so that they can be compared.

    Parameters
    ----------
    images : array (m, n_H, n_W), (m, n_H, n_W, 1) or, in colour, (m, n_H, n_W, 3)
        Colours are uint8, or floats from 0 to 1.
    titles : m texts or numbers, optional
        What stands above each image.
    columns : int, optional
        How many stand in a row; by default as many as fit.
    signed : bool, optional
        True for blue–white–orange, False for grey; by default signed if an entry is negative.
    limit : float, optional
        What gets the last colour: by default the largest absolute value if signed, 255 for uint8,
        else the largest value.
    zoom : int, optional
        Screen pixels of one pixel, along each side; by default an image is about 60 wide.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        The images are no such array, or the titles are not one for each.

    Examples
    --------
    >>> fig = show_grid(np.eye(3)[:, np.newaxis], ["a", "b", "c"])
    >>> [text.get_text() for text in fig.axes[0].texts]
    ['a', 'b', 'c']
    """
    X = _batch(images)
    m, n_H, n_W, _ = X.shape
    names = [] if titles is None else [str(title) for title in titles]
    if titles is not None and len(names) != m:
        raise ValueError(f"plots: {len(names)} titles for {m} images: give one for each")
    wide = int(_LETTER * max(map(len, names), default=0))  # a column is as wide as its titles
    room = (WIDTH + _SPACE) // columns - _SPACE if columns else 60
    zoom = zoom or max(1, min(room, 150) // n_W)
    w, h = max(n_W * zoom + 2, wide) + _SPACE, n_H * zoom + 2 + _SPACE + _LINE * bool(names)
    columns = min(m, columns or max(1, (WIDTH + _SPACE) // w))
    rows = -(-m // columns)

    canvas = np.ones((rows * h - _SPACE, columns * w - _SPACE, 3), np.float32)
    fig = figure(canvas.shape[1], canvas.shape[0])
    ax = fig.add_axes((0, 0, 1, 1), frameon=False, xticks=[], yticks=[])
    for i, picture in enumerate(_colours(X, signed, limit)):
        bottom, left = (i // columns + 1) * h - _SPACE, i % columns * w
        left += (w - _SPACE - n_W * zoom - 2) // 2  # a narrow picture stands under its title
        frame = canvas[bottom - n_H * zoom - 2 : bottom, left : left + n_W * zoom + 2]
        frame[...] = _FRAME
        frame[1:-1, 1:-1] = picture.repeat(zoom, axis=0).repeat(zoom, axis=1)
        if names:
            x, y = left + n_W * zoom / 2 + 0.5, bottom - n_H * zoom - 5
            style = {"size": 7.5, "family": LOOK["font.family"], "ha": "center", "va": "bottom"}
            ax.text(x, y, names[i], **style)
    ax.imshow(canvas, interpolation="nearest", aspect="auto")
    return fig


def show_filters(W: npt.ArrayLike, *, zoom: int | None = None) -> Figure:
    """Show the filters of a convolution, positive orange and negative blue.

    Parameters
    ----------
    W : array (f_H, f_W, n_C_prev, n_C)
        With one channel, the filters stand one after the other under their numbers. With more,
        each filter is a column, and each row shows what it does with one channel.
    zoom : int, optional
        As for `show_grid`.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        W has not four axes.

    Examples
    --------
    >>> fig = show_filters(np.ones((3, 3, 1, 6)))
    >>> len(fig.axes[0].texts)
    6
    """
    W = np.asarray(W)
    if W.ndim != 4:
        raise ValueError(f"plots: W has shape {W.shape}, but filters are (f_H, f_W, n_C_prev, n_C)")
    f_H, f_W, n_C_prev, n_C = W.shape
    each = W.transpose(2, 3, 0, 1).reshape(-1, f_H, f_W)
    if n_C_prev == 1:
        return show_grid(each, range(n_C), signed=True, zoom=zoom)
    if zoom is None:
        zoom = max(1, min(9, ((WIDTH + _SPACE) // n_C - _SPACE - 2) // f_W))
    return show_grid(each, columns=n_C, signed=True, zoom=zoom)


def show_feature_maps(A: npt.ArrayLike, *, zoom: int | None = None) -> Figure:
    """Show what a layer makes of one image: a map for each channel, under its number.

    Parameters
    ----------
    A : array (n_H, n_W, n_C)
        For instance `model[:2].forward(X[:1])[0]`.
    zoom : int, optional
        As for `show_grid`.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        A has not three axes.

    Examples
    --------
    >>> fig = show_feature_maps(np.ones((8, 8, 5)))
    >>> len(fig.axes[0].texts)
    5
    """
    A = np.asarray(A)
    if A.ndim != 3:
        raise ValueError(
            f"plots: A has shape {A.shape}, but the maps of one image are (n_H, n_W, n_C)"
        )
    return show_grid(A.transpose(2, 0, 1), range(A.shape[2]), zoom=zoom)


def _batch(images: npt.ArrayLike) -> Matrix:
    """Return the images with a channel axis."""
    X = np.asarray(images)
    X = X[..., np.newaxis] if X.ndim == 3 else X
    if X.ndim != 4 or X.shape[3] not in (1, 3) or X.size == 0 or X.dtype.kind not in "uifb":
        raise ValueError(
            f"plots: expected images (m, n_H, n_W), (m, n_H, n_W, 1) or (m, n_H, n_W, 3) of "
            f"numbers; got shape {np.shape(images)} and dtype {X.dtype}"
        )
    return X


def _colours(X: Matrix, signed: bool | None, limit: float | None) -> Matrix:
    """Return red, green and blue from 0 to 1: (m, n_H, n_W, 3)."""
    values = X.astype(np.float64)
    if X.shape[3] == 3:
        return (values / (255 if X.dtype == np.uint8 else 1)).clip(0, 1)
    signed = bool((values < 0).any()) if signed is None else signed
    most = limit or (255 if X.dtype == np.uint8 and not signed else np.abs(values).max()) or 1.0
    shade = values[..., 0] / most
    rgba: Matrix = SIGNED((shade + 1) / 2) if signed else GREY(shade)
    return rgba[..., :3]
