"""summary: the table to the letter, and receptive fields against measured footprints."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cnnlib import models
from cnnlib.blocks import Concat, Residual, Sequential
from cnnlib.layers import (
    AvgPool2D,
    BatchNorm2D,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    Identity,
    MaxPool2D,
    PadChannels,
    ReLU,
    Tanh,
)
from cnnlib.receptive import Field, receptive_field
from cnnlib.summary import Summary

RNG = np.random.default_rng


def ones(shape, rng, dtype=np.float32):
    return np.ones(shape, dtype)


def conv(n_C_prev, n_C, f=1, **how):
    """All weights positive, so that no path through the network cancels another."""
    return Conv2D(n_C_prev, n_C, f, rng=RNG(0), init=ones, **how)


def network():
    return Sequential(
        Conv2D(1, 4, 3, padding=1, bias=False, rng=RNG(0)),
        BatchNorm2D(4),
        MaxPool2D(2),
        Residual(Sequential(Conv2D(4, 4, 3, padding=1, rng=RNG(0)), ReLU())),
        Concat(Conv2D(4, 2, 1, rng=RNG(0)), AvgPool2D(3, stride=1, padding=1)),
        Flatten(),
        Dropout(0.5, RNG(0)),
        Dense(150, 10, rng=RNG(0)),
    )


TABLE = """\
layer                                                             output  parameters  multiply-adds  receptive field    memory
------------------------------------------------------------------------------------------------------------------------------
input                                                            10×11×1                                         1×1     440 B
0  Conv2D(1, 4, kernel_size=3, stride=1, padding=1, bias=False)  10×11×4          36          3,960              3×3  1.72 KiB
1  BatchNorm2D(4)                                                10×11×4           8              0              3×3  1.72 KiB
2  MaxPool2D(2, stride=2, padding=0)                               5×5×4           0              0              4×4     400 B
3  Residual                                                        5×5×4                                         8×8     400 B
  body      Sequential                                             5×5×4                                         8×8
    0  Conv2D(4, 4, kernel_size=3, stride=1, padding=1)            5×5×4         148          3,600              8×8     400 B
    1  ReLU()                                                      5×5×4           0              0              8×8     400 B
  shortcut  Identity()                                             5×5×4           0              0              4×4       0 B
4  Concat                                                          5×5×6                                       12×12     600 B
  0  Conv2D(4, 2, kernel_size=1, stride=1, padding=0)              5×5×2          10            200              8×8     200 B
  1  AvgPool2D(3, stride=1, padding=1)                             5×5×4           0              0            12×12     400 B
5  Flatten()                                                         150           0              0            12×12       0 B
6  Dropout(0.5)                                                      150           0              0            12×12     600 B
7  Dense(150, 10)                                                     10       1,510          1,500            20×20      40 B
------------------------------------------------------------------------------------------------------------------------------
total                                                                          1,712          9,260                   7.23 KiB"""  # noqa: E501


def test_the_table():
    summary = network().summary((10, 11, 1))
    assert [line.rstrip() for line in str(summary).splitlines()] == TABLE.splitlines()
    assert repr(summary) == str(summary)
    assert len({len(line) for line in str(summary).splitlines()}) == 1


def test_the_table_in_a_notebook():
    summary = network().summary((10, 11, 1))
    table = ET.fromstring(summary._repr_html_())
    head, *rows = ([cell.text or "" for cell in row] for row in table.iter("tr"))
    assert head == ["layer", "output", "parameters", "multiply-adds", "receptive field", "memory"]
    for row, line in zip(rows, [x for x in TABLE.splitlines()[1:] if "---" not in x], strict=True):
        assert " ".join(row).split() == line.split()
    assert [th.get("scope") for th in table.iter("th")] == ["col"] * 6 + ["row"] * len(rows)
    assert "padding-left: 3.5em" in summary._repr_html_(), "blocks in blocks are indented"


def test_names_are_text_not_html():
    class Odd(Identity):
        def __repr__(self):
            return "<b>&"

    table = Sequential(Odd()).summary((2,))._repr_html_()
    assert "<b>" not in table
    assert "&lt;b&gt;&amp;" in table


def test_rows_and_totals():
    model = network()
    summary = model.summary((10, 11, 1))
    assert [row.depth for row in summary.rows] == [0, 0, 0, 0, 0, 1, 2, 2, 1, 0, 1, 1, 0, 0, 0]
    assert summary.parameters == sum(row.parameters or 0 for row in summary.rows) == 1_712
    assert summary.multiply_adds == sum(row.multiply_adds or 0 for row in summary.rows)
    assert summary.multiply_adds == model.multiply_adds((10, 11, 1))
    assert summary.memory == sum(row.memory for row in summary.rows) == 4 * 1_850


def test_multiply_adds_are_counted_by_the_loops():
    """Each output of a convolution is a sum of f·f·n_C_prev products."""
    layer, n = Conv2D(3, 5, 3, stride=2, padding=1, rng=RNG(0)), 0
    n_H, n_W, n_C = layer.output_shape((7, 6, 3))
    for _ in np.ndindex(n_H, n_W, n_C, 3, 3, 3):
        n += 1
    assert layer.multiply_adds((7, 6, 3)) == n
    assert Dense(7, 6, rng=RNG(0)).multiply_adds((7,)) == 42


def test_memory_is_what_training_keeps():
    """Float64 takes twice as much."""
    single = network().summary((10, 11, 1))
    double = network().astype(np.float64).summary((10, 11, 1))
    assert double.memory == 2 * single.memory
    assert str(single).endswith("7.23 KiB")
    assert str(double).endswith("14.5 KiB")


def test_vectors_have_no_receptive_field():
    model = Sequential(Dense(784, 30, rng=RNG(0)), Tanh(), Dense(30, 10, rng=RNG(0)))
    summary = model.summary((784,))
    assert (summary.parameters, summary.multiply_adds) == (23_860, 23_820)
    assert [row.field for row in summary.rows] == [()] * 4


def test_a_block_alone():
    lines = str(Summary(Residual(ReLU()), (4, 4, 2))).splitlines()
    assert [line.split()[0] for line in lines[2:-2]] == ["input", "Residual", "body", "shortcut"]
    assert str(Summary(ReLU(), (3,))).splitlines()[3].startswith("ReLU()")


def test_large_models():
    summary = models.resnet(56, rng=RNG(0)).summary((32, 32, 3))
    assert summary.parameters == 853_018
    assert "853,018" in str(summary)
    assert "MiB" in str(summary).splitlines()[-1]


# ---- receptive fields ----------------------------------------------------------------------


def footprint(model, shape, position):
    """Which pixels change an output, found by changing each of them; the network is monotone.

    Each image of one large batch is the same but for one pixel that is raised above all others.
    """
    n_H, n_W, _ = shape
    A = np.broadcast_to(RNG(0).uniform(1, 2, shape), (n_H * n_W + 1, *shape)).copy()
    for image, (u, v) in enumerate(np.ndindex(n_H, n_W)):
        A[image, u, v] += 1000.0
    Z = model.astype(np.float64).forward(A)[(slice(None), *position)]
    *raised, base = Z.reshape(len(A), -1).sum(1)
    seen = np.argwhere((np.array(raised) > base * (1 + 1e-9)).reshape(n_H, n_W))  # not by rounding
    return tuple(int(n) for n in np.ptp(seen, axis=0) + 1)


# name → (model, shape of the image, an output that sees no border, receptive field by hand)
FIELDS = {
    "pixel": (Sequential(ReLU(), conv(1, 2), Tanh()), (5, 6, 1), (2, 2), (1, 1)),
    "3×3 twice": (Sequential(conv(1, 2, 3), conv(2, 1, 3)), (9, 8, 1), (1, 1), (5, 5)),
    "stride then 3×3": (
        Sequential(conv(1, 1, 3, stride=2), conv(1, 1, 3)),
        (11, 12, 1),
        (1, 1),
        (7, 7),
    ),
    "pooling": (
        Sequential(conv(1, 1, 3), MaxPool2D(2), conv(1, 1, 3)),
        (12, 11, 1),
        (1, 1),
        (8, 8),
    ),
    "residual": (
        Sequential(Residual(Sequential(conv(1, 1, 3, padding=1), conv(1, 1, 3, padding=1)))),
        (9, 9, 1),
        (4, 4),
        (5, 5),
    ),
    "the shortcut sees more": (
        Sequential(Residual(conv(1, 1), conv(1, 1, 5, padding=2))),
        (9, 9, 1),
        (4, 4),
        (5, 5),
    ),
    "branches that see different pixels": (  # together more than each of them
        Sequential(Concat(conv(1, 1, 2, stride=3), conv(1, 1, 2, stride=3, padding=1))),
        (8, 11, 1),
        (1, 1),
        (3, 3),
    ),
    "resnet stage": (
        Sequential(
            Residual(
                Sequential(conv(1, 2, 3, stride=2, padding=1), conv(2, 2, 3, padding=1)),
                Sequential(AvgPool2D(1, stride=2), PadChannels(1)),
            )
        ),
        (15, 16, 1),
        (3, 3),
        (7, 7),
    ),
    "dense sees all": (
        Sequential(conv(1, 2, 3), MaxPool2D(2), Flatten(), Dense(24, 2, rng=RNG(0), init=ones)),
        (8, 10, 1),
        (),
        (8, 10),
    ),
    "global average": (
        Sequential(conv(1, 2, 3), GlobalAvgPool2D(), Dense(2, 2, rng=RNG(0), init=ones)),
        (6, 7, 1),
        (),
        (6, 7),
    ),
}


@pytest.mark.parametrize("name", FIELDS)
def test_receptive_field_by_hand_and_measured(name):
    model, shape, position, expected = FIELDS[name]
    assert receptive_field(model, shape) == expected
    assert footprint(model, shape, position) == expected


def test_leftover_pixels_are_not_seen():
    """Pooling drops the last row of 7, so the whole network sees 6 of them."""
    model = Sequential(MaxPool2D(2), Flatten(), Dense(9, 1, rng=RNG(0), init=ones))
    assert receptive_field(model, (7, 7, 1)) == (6, 6)
    assert footprint(model, (7, 7, 1), ()) == (6, 6)


def test_the_field_knows_where_it_begins():
    first = Field().seen_through(3, s=1, p=1)
    assert first == Field(-1, 1, 1)
    assert first.seen_through(2, s=2) == Field(-1, 2, 2)
    assert first.seen_through(2, s=2).size == 4


@st.composite
def windows(draw):
    f = draw(st.integers(1, 4))
    return f, draw(st.integers(1, 3)), draw(st.integers(0, f - 1)), draw(st.integers(0, 2))


@given(st.lists(windows(), min_size=1, max_size=4))
def test_receptive_field_is_the_measured_footprint(layers):
    kinds = (conv_layer, MaxPool2D, AvgPool2D)
    model = Sequential(*(kinds[kind](f, s, p) for f, s, p, kind in layers))
    field = Field()
    for f, s, p, _ in layers:
        field = field.seen_through(f, s, p)
    x = -(field.first // field.jump)  # the first output that does not see the border
    n = x * field.jump + field.last + 2  # the last pixel that it sees, and one more
    assume(n <= 40)
    assert footprint(model, (n, n, 1), (x, x)) == receptive_field(model, (n, n, 1))


def conv_layer(f, s, p):
    return conv(1, 1, f, stride=s, padding=p)


# ---- bad input -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "kind", "message"),
    [
        ((28, 28), ValueError, r"summary: input_shape is \(28, 28\), but one example is an image"),
        ((8, 28, 28, 1), ValueError, "leave out the batch axis"),
        ((), ValueError, r"input_shape is \(\)"),
        (28, ValueError, "input_shape is 28, but"),
        ((28, 28, 0), ValueError, "an axis of input_shape is 0"),
        ((28.0, 28, 1), TypeError, "an axis of input_shape is 28.0"),
        ((28, 28, 3), ValueError, r"it must be \(n_H, n_W, 1\)"),
        ((12, 12, 1), ValueError, r"one example has shape \(16,\), but it must be \(400,\)"),
        ((6, 6, 1), ValueError, "does not fit"),
    ],
)
def test_bad_input_gets_a_clear_error(shape, kind, message):
    with pytest.raises(kind, match=message):
        models.lenet5(rng=RNG(0)).summary(shape)
