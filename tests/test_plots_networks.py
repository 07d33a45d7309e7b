"""The pictures of networks: every number, image and shape is where it belongs."""

from __future__ import annotations

import io

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from cnnlib import plots
from cnnlib.data import FASHION_CLASSES, fashion_mnist
from cnnlib.layers import Dense, Flatten, ReLU
from cnnlib.models import lenet5, resnet, small_cnn
from cnnlib.train import History, Score

X, y = fashion_mnist().train
HISTORY = History([Score(2.0, 0.1), Score(0.5, 0.8)], [Score(1.0, 0.7), Score(0.6, 0.75)], 2)


def make_rng():
    return np.random.default_rng(0)


def canvas(fig):
    """What a grid shows, pixel by pixel, as red, green and blue from 0 to 1."""
    return np.asarray(fig.axes[0].images[0].get_array())


def tiles(fig, n_H, n_W, columns, m, zoom, title=0, wide=0):
    """The pictures of a grid again, cut out of the canvas by its rule."""
    found = []
    w, h = max(n_W * zoom + 2, wide) + 6, n_H * zoom + 2 + 6 + title
    for i in range(m):
        top, left = i // columns * h + title, i % columns * w + (w - 6 - n_W * zoom - 2) // 2
        found.append(canvas(fig)[top + 1 :: zoom, left + 1 :: zoom][:n_H, :n_W])
    return found


def texts(fig):
    return [text.get_text() for ax in fig.axes for text in ax.texts]


# ---- grids -----------------------------------------------------------------------------------
def test_a_grid_shows_every_image_where_it_is_on_one_scale():
    fig = plots.show_grid(X[:7], columns=3, zoom=2)
    for image, shown in zip(X[:7], tiles(fig, 28, 28, 3, 7, 2), strict=True):
        np.testing.assert_allclose(shown[..., 0], image[..., 0] / 255, atol=1 / 127)
    faint = np.stack([np.eye(3), np.eye(3) / 2])  # floats: the brightest of all is white
    bright, dim = tiles(plots.show_grid(faint, columns=2, zoom=3), 3, 3, 2, 2, 3)
    assert (bright[0, 0, 0], round(float(dim[0, 0, 0]), 1)) == (1.0, 0.5)


def test_a_grid_in_colour():
    rng = make_rng()
    colour = rng.integers(0, 256, (4, 5, 6, 3), dtype=np.uint8)
    for values in (colour, colour / 255):
        fig = plots.show_grid(values, columns=2, zoom=3)
        for image, shown in zip(colour, tiles(fig, 5, 6, 2, 4, 3), strict=True):
            np.testing.assert_allclose(shown, image / 255, atol=1e-6)


def test_each_title_stands_above_its_image():
    names = [FASHION_CLASSES[label] for label in y[:12]]
    fig = plots.show_grid(X[:12], names)
    assert texts(fig) == names
    height, width = canvas(fig).shape[:2]
    assert width <= 680
    places = [text.get_position() for text in fig.axes[0].texts]
    rows = sorted({row for _, row in places})
    assert len(rows) == 2
    assert all(0 < column < width and 0 < row < height for column, row in places)
    assert [row for _, row in places] == [rows[0]] * 10 + [rows[1]] * 2
    fig.canvas.draw()  # no two titles overlap
    boxes = [text.get_window_extent() for text in fig.axes[0].texts]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_filters_are_signed_and_numbered():
    W = np.zeros((3, 3, 1, 4), np.float32)
    W[0, 2, 0, 1], W[2, 1, 0, 3] = 2.0, -2.0
    fig = plots.show_filters(W, zoom=4)
    assert texts(fig) == ["0", "1", "2", "3"]
    shown = tiles(fig, 3, 3, 4, 4, 4, title=15)
    assert to_hex(shown[1][0, 2]) == "#c8570c"
    assert to_hex(shown[3][2, 1]) == "#2066a8"
    assert to_hex(shown[0][0, 0]) == "#ffffff"


def test_a_filter_of_several_channels_is_a_column():
    W = np.zeros((3, 3, 2, 5), np.float32)
    W[0, 1, 1, 3] = 1.0
    shown = tiles(plots.show_filters(W, zoom=4), 3, 3, 5, 10, 4)
    assert [i for i, tile in enumerate(shown) if to_hex(tile[0, 1]) == "#c8570c"] == [5 + 3]


def test_feature_maps_are_those_of_the_channels():
    A = np.zeros((6, 5, 3), np.float32)
    A[4, 2, 1] = 3.0
    shown = tiles(plots.show_feature_maps(A, zoom=9), 6, 5, 3, 3, 9, title=15)
    assert [tile[4, 2, 0] for tile in shown] == [0.0, 1.0, 0.0]
    A[0, 0, 0] = -3.0  # then zero is white
    shown = tiles(plots.show_feature_maps(A, zoom=9), 6, 5, 3, 3, 9, title=15)
    assert to_hex(shown[0][0, 0]) == "#2066a8"
    assert to_hex(shown[2][3, 3]) == "#ffffff"


# ---- confusion -------------------------------------------------------------------------------
def test_a_confusion_matrix_shows_its_counts_right_in_blue_wrong_in_orange():
    fig = plots.show_confusion(np.array([[6, 2, 0], [0, 4, 0], [0, 0, 0]]), ["cat", "dog", "bird"])
    (ax,) = fig.axes
    shown = {(int(t.get_position()[1]), int(t.get_position()[0])): t.get_text() for t in ax.texts}
    assert shown == {(0, 0): "6", (0, 1): "2", (1, 1): "4"}
    colours = np.asarray(ax.images[0].get_array())
    assert to_hex(colours[1, 1]) == "#2066a8"  # all dogs
    assert to_hex(colours[0, 2]) == to_hex(colours[2, 2]) == "#ffffff"
    (right, wrong) = colours[0, 0], colours[0, 1]
    assert right[2] > right[0]
    assert wrong[0] > wrong[2]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["cat", "dog", "bird"]
    assert (ax.get_ylabel(), ax.get_xlabel(), ax.get_title()) == (
        "is",
        "taken for",
        "10 of 12 right",
    )


# ---- history ---------------------------------------------------------------------------------
def test_a_history_has_both_curves_over_epochs_from_1_and_marks_the_best():
    loss, accuracy = plots.show_history(HISTORY).axes
    assert (loss.get_ylabel(), accuracy.get_ylabel()) == ("loss", "accuracy")
    for ax, name in ((loss, "loss"), (accuracy, "accuracy")):
        train, dev, best = ax.lines
        assert (train.get_label(), dev.get_label()) == ("train", "dev")
        for line, scores in ((train, HISTORY.train), (dev, HISTORY.dev)):
            np.testing.assert_array_equal(
                line.get_xydata(), [[i, getattr(s, name)] for i, s in enumerate(scores, 1)]
            )
        assert list(best.get_xdata()) == [2, 2]
    assert len(plots.show_history(History([Score(1.0)])).axes) == 1
    with pytest.raises(ValueError, match="no whole epoch"):
        plots.show_history(History())


# ---- networks --------------------------------------------------------------------------------
def labels(fig):
    """The shape under each box, and its layers."""
    ax, found = fig.axes[0], []
    for text in ax.texts:
        if text.get_weight() == "bold":
            found.append((text.get_text(), []))
        else:
            found[-1][1].append(text.get_text())
    return found


def test_a_network_is_drawn_from_its_shapes():
    assert labels(plots.show_network(small_cnn(rng=make_rng()), (28, 28, 1))) == [
        ("28×28×1", ["input"]),
        ("28×28×16", ["Conv2D 3×3"]),
        ("14×14×16", ["MaxPool2D 2×2", "ReLU"]),
        ("14×14×32", ["Conv2D 3×3"]),
        ("7×7×32", ["MaxPool2D 2×2", "ReLU"]),
        ("1568", ["Flatten"]),
        ("10", ["Dense"]),
    ]
    drawn = labels(plots.show_network(resnet(14, rng=make_rng()), (32, 32, 3)))
    assert drawn[2] == ("16×16×32", ["Sequential ×2"])


def extents(fig):
    """Height, thickness and lean of each box, from the corners of its faces."""
    found = []
    for front, top, _ in zip(*[iter(fig.axes[0].patches)] * 3, strict=True):
        (x0, y0), (x1, _), (_, y1) = front.get_xy()[:3]
        found.append((y1 - y0, x1 - x0, top.get_xy()[3][0] - x0))
    return np.array(found)


def test_boxes_are_to_scale():
    sizes = extents(plots.show_network(lenet5(rng=make_rng()), (28, 28, 1)))
    maps = sizes[:5]  # 28, 28, 14, 10, 5 pixels of 1, 6, 6, 16, 16 channels
    np.testing.assert_allclose(maps[:, 0] / maps[0, 0], [1, 1, 14 / 28, 10 / 28, 5 / 28])
    np.testing.assert_allclose(maps[:, 2] / maps[0, 2], [1, 1, 14 / 28, 10 / 28, 5 / 28])
    np.testing.assert_allclose(maps[:, 1] / maps[0, 1], [1, 6**0.5, 6**0.5, 4, 4])
    vectors = sizes[5:, 0]  # 400, 120, 84, 10
    np.testing.assert_allclose((vectors / vectors[-1]) ** 3, [40, 12, 8.4, 1])
    tall = extents(plots.show_network([ReLU()], (20, 40, 3)))
    assert tall[0, 2] / tall[0, 0] == pytest.approx(2 * 0.42)


@pytest.mark.parametrize("more", range(0, 12, 3))
def test_no_two_labels_overlap_and_nothing_is_wider_than_the_column(more):
    rng = make_rng()
    layers = [*lenet5(rng=rng), *(Dense(10 - k, 9 - k, rng=rng) for k in range(min(more, 9)))]
    fig = plots.show_network(layers, (28, 28, 1))
    assert fig.get_figwidth() * fig.dpi <= 680.5
    fig.canvas.draw()
    ax = fig.axes[0]
    boxes = [text.get_window_extent() for text in ax.texts]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    inside = fig.bbox.padded(1)
    assert all(inside.contains(*corner) for box in boxes for corner in (box.min, box.max))
    corners = np.concatenate([ax.transData.transform(p.get_xy()) for p in ax.patches])
    assert (corners >= -1).all()
    assert (corners <= [*(fig.bbox.size + 1)]).all()


# ---- all -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "draw",
    [
        lambda: plots.show_grid(X[:40]),
        lambda: plots.show_filters(small_cnn(rng=make_rng()).params["3.W"]),
        lambda: plots.show_feature_maps(np.ones((14, 14, 32))),
        lambda: plots.show_confusion(np.arange(100).reshape(10, 10), FASHION_CLASSES),
        lambda: plots.show_history(HISTORY),
        lambda: plots.show_network(lenet5(rng=make_rng()), (28, 28, 1)),
    ],
)
def test_a_figure_is_closed_white_small_and_no_wider_than_the_text(draw):
    fig = draw()
    assert plt.get_fignums() == []
    assert to_hex(fig.get_facecolor()) == "#ffffff"
    assert fig.get_figwidth() * fig.dpi <= 680.5
    file = io.BytesIO()
    fig.savefig(file, format="png", bbox_inches="tight", dpi=fig.dpi)
    assert len(file.getvalue()) <= 60 * 1024


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: plots.show_grid(X[0, 0, :, 0]), "expected images"),
        (lambda: plots.show_grid(np.zeros((2, 3, 3, 2))), r"got shape \(2, 3, 3, 2\)"),
        (lambda: plots.show_grid(X[:0]), r"got shape \(0, 28, 28, 1\)"),
        (lambda: plots.show_grid(np.zeros((2, 3, 3), complex)), "complex128"),
        (lambda: plots.show_grid(X[:3], ["a"]), "1 titles for 3 images"),
        (lambda: plots.show_filters(np.zeros((3, 3))), "filters are"),
        (lambda: plots.show_feature_maps(np.zeros((1, 3, 3, 3))), "maps of one image"),
        (lambda: plots.show_confusion(np.zeros((2, 3), int)), r"got shape \(2, 3\)"),
        (lambda: plots.show_confusion(np.zeros((2, 2))), "dtype float64"),
        (lambda: plots.show_confusion(np.eye(2, dtype=int), ["a"]), "1 names for 2 classes"),
        (lambda: plots.show_network([Flatten()], (4, 4)), r"shape \(4, 4\)"),
    ],
)
def test_what_cannot_be_drawn_is_said(draw, words):
    with pytest.raises(ValueError, match=words):
        draw()
