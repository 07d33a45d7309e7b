"""The pictures: right colours, readable numbers, closed figures, small files."""

from __future__ import annotations

import io

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb

from cnnlib import plots
from cnnlib.data import photograph

I = np.array([[10, 10, 10, 0, 0, 0]] * 6)
Z = np.array([[0.0, 30, -15]] * 2)


def png(fig) -> bytes:
    """What a notebook stores: the same call as IPython's."""
    file = io.BytesIO()
    fig.savefig(file, format="png", bbox_inches="tight", dpi=fig.dpi)
    return file.getvalue()


def colours(fig, n=0):
    """The colours of panel n, entry by entry."""
    rgb = np.asarray(fig.axes[n].images[0].get_array())
    return [[to_hex(c) for c in row] for row in rgb]


def luminance(colour) -> float:
    rgb = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]


def test_the_signed_map_has_the_colours_of_the_widgets():
    assert [to_hex(plots.SIGNED(x)) for x in (0.0, 0.5, 1.0)] == ["#2066a8", "#ffffff", "#c8570c"]


def test_zero_is_white_and_the_limits_are_symmetric():
    assert colours(plots.show_images(Z, signed=True, limit=30.0))[0][0] == "#ffffff"
    assert colours(plots.show_matrix(Z))[0][:2] == ["#ffffff", "#c8570c"]
    # −15 is half-way to blue: it must not get the last colour
    assert colours(plots.show_matrix(Z))[0][2] != "#2066a8"
    assert colours(plots.show_matrix(-Z))[0][1] == "#2066a8"


def test_signed_images_share_one_scale_but_matrices_do_not():
    assert colours(plots.show_images([Z, Z / 10]), 1)[0][1] != "#c8570c"
    assert colours(plots.show_matrix([Z, Z / 10]), 1)[0][1] == "#c8570c"


def test_a_grey_uint8_image_keeps_its_scale_and_another_is_stretched():
    dark = np.full((2, 2), 51, dtype=np.uint8)
    # 51 of 255, to the nearest of 128 steps
    assert to_rgb(colours(plots.show_images(dark))[0][0])[0] == pytest.approx(0.2, abs=1 / 128)
    assert colours(plots.show_images(dark.astype(float)))[0][0] == "#ffffff"
    assert colours(plots.show_matrix(I))[0][::3] == ["#ffffff", "#000000"]
    # |−128| does not fit an int8: the limits must not come from what it wraps to
    low, high = colours(plots.show_images(np.array([[-128, 100]], dtype=np.int8)))[0]
    assert low == "#2066a8"
    assert high != "#c8570c"


def test_a_matrix_shows_each_number_where_it_is():
    fig = plots.show_matrix(np.array([[1, -2, 0.5], [4, 5, 6]]))
    texts = {t.get_position(): t.get_text() for t in fig.axes[0].texts}
    assert texts[(1, 0)] == "−2"
    assert texts[(2, 0)] == "0.5"
    assert texts[(0, 1)] == "4"


@pytest.mark.parametrize("values", [[[-0.35, 0.333]], np.full((2, 12), -30), [[-1.25e-5] * 9]])
def test_every_number_stands_inside_its_cell(values):
    fig = plots.show_matrix(np.array(values))
    fig.canvas.draw()
    ax = fig.axes[0]
    cell = ax.get_window_extent().width / len(values[0])
    assert all(text.get_window_extent().width < cell for text in ax.texts)


def test_zero_has_no_sign():
    assert [t.get_text() for t in plots.show_matrix(np.array([[-0.0, 0]])).axes[0].texts] == [
        "0"
    ] * 2


@pytest.mark.parametrize("signed", [True, False])
def test_every_number_can_be_read(signed):
    values = np.linspace(-1 if signed else 0, 1, 41).reshape(1, -1)
    fig = plots.show_matrix(values, signed=signed)
    for text, back in zip(fig.axes[0].texts, colours(fig)[0], strict=True):
        light, dark = sorted([luminance(text.get_color()), luminance(back)], reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_the_window_frames_what_it_says():
    fig = plots.show_matrix([I, Z], windows={0: (1, 2, 3, 4)})
    (frame,) = fig.axes[0].patches
    assert (frame.get_xy(), frame.get_width(), frame.get_height()) == ((1.5, 0.5), 4, 3)
    assert not fig.axes[1].patches


def test_a_pixel_is_a_whole_number_of_screen_pixels():
    fig = plots.show_images([photograph(32), photograph(64)], ["a", "b"])
    widths = [ax.get_window_extent().width for ax in fig.axes]
    assert widths == pytest.approx([32 * 4, 64 * 4])


def test_nothing_is_wider_than_the_text_column():
    wide = np.zeros((2, 60))
    for fig in (plots.show_images([photograph()] * 2), plots.show_matrix([wide, wide])):
        assert fig.get_figwidth() * fig.dpi <= 680


def test_curves_draws_each_line_with_its_name():
    fig = plots.curves({"a": [3, 2, 1], "b": [1, 1, 1]}, [1, 10, 100], xscale="log", ylabel="L")
    ax = fig.axes[0]
    assert [line.get_label() for line in ax.lines] == ["a", "b"]
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), [[1, 3], [10, 2], [100, 1]])
    assert (ax.get_xscale(), ax.get_ylabel()) == ("log", "L")
    assert ax.lines[0].get_linestyle() != ax.lines[1].get_linestyle()


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plots.show_images(photograph(), "a title"),
        lambda: plots.show_matrix([I, Z], ["I", "Z"]),
        lambda: plots.curves({"loss": [1, 2]}),
    ],
)
def test_a_figure_is_closed_white_and_small(draw):
    fig = draw()
    assert plt.get_fignums() == []
    assert to_hex(fig.get_facecolor()) == "#ffffff"
    assert len(png(fig)) <= 60 * 1024


def test_the_arrays_are_not_changed():
    before = Z.copy()
    plots.show_images(Z)
    plots.show_matrix(Z)
    np.testing.assert_array_equal(Z, before)


@pytest.mark.parametrize("bad", [np.zeros(3), np.zeros((2, 2, 3)), np.zeros((0, 3)), []])
def test_what_is_not_a_matrix_is_said(bad):
    with pytest.raises(ValueError, match="2-D arrays"):
        plots.show_images(bad)


def test_a_title_for_each():
    with pytest.raises(ValueError, match="1 titles for 2 arrays"):
        plots.show_matrix([I, Z], ["only one"])


def test_a_matrix_may_be_a_list_of_its_rows():
    (ax,) = plots.show_matrix([[1, 2, 3], [4, 5, 6]]).axes
    assert [text.get_text() for text in ax.texts] == list("123456")
    assert len(plots.show_matrix([[[1, 2]], [[3]]]).axes) == 2
    with pytest.raises(ValueError, match=r"got shapes \[\(2,\), \(1,\)\]"):
        plots.show_matrix([[1, 2], [3]])
