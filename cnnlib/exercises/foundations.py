"""The checks of section 3, Foundations: counts, receptive fields, one matrix, equivariance.

Each check lists the mistakes that it can name; book/exercises/3_foundations.ipynb asks the
questions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from cnnlib.exercises._check import AnswerCheck, Case, FunctionCheck, Suspect
from cnnlib.functional import avg_pool2d, max_pool2d, output_size, relu

__all__ = [
    "check_design",
    "check_matrix",
    "check_moved_and_different",
    "check_multiply_adds",
    "check_order_matters",
    "check_parameters",
    "check_parameters_by_hand",
    "check_receptive_field",
]

Array = npt.NDArray[Any]
Layer = tuple[Any, ...]


# 1 and 2 counts by hand --------------------------------------------------------------------------
# 32×32×3, CONV 3×3×6, POOL, CONV 3×3×16, POOL, FC 120, FC 84, FC 10: 30, 15, 13, 6; 576 numbers
_FC = [577 * 120, 121 * 84, 85 * 10]
check_parameters_by_hand = AnswerCheck(
    "parameters_by_hand",
    right=np.array([28 * 6, 55 * 16, *_FC]),
    mistakes=[
        (
            np.array([27 * 6, 54 * 16, 576 * 120, 120 * 84, 84 * 10]),
            "bias forgotten",
            "each filter, and each neuron of FC, has a bias as well",
        ),
        (
            np.array([10 * 6, 10 * 16, *_FC]),
            "channels forgotten",
            "a filter spans all channels of its input: it has 3·3·n_C weights",
        ),
        (
            np.array([30 * 6, 60 * 16, *_FC]),
            "a bias for each channel",
            "a filter has one bias, however many channels it spans",
        ),
        (
            np.array([28 * 6, 55 * 16, 785 * 120, *_FC[1:]]),
            "ceil for floor",
            "13 pixels hold 6 windows of 2×2 that do not overlap; the last row and column are "
            "dropped",
        ),
        (
            np.array([28 * 6, 55 * 16, 1025 * 120, *_FC[1:]]),
            "same assumed",
            "without padding, 3×3 makes each side 2 smaller",
        ),
        (
            np.array([28 * 6, 55 * 16, 17 * 120, *_FC[1:]]),
            "only the channels flattened",
            "FC takes every number of the 6×6×16, not one for each channel",
        ),
        (
            np.array([28 * 6, 28 * 16, *_FC]),
            "colours for channels",
            "the second CONV sees the 6 maps of the first, no colours any more",
        ),
        (
            np.array([28 * 6, 55 * 16, 2705 * 120, *_FC[1:]]),
            "last POOL forgotten",
            "the second POOL makes 6×6 of 13×13 before FC takes the numbers",
        ),
    ],
    praise="85 in 100 of them are in one layer",
)
check_multiply_adds = AnswerCheck(
    "multiply_adds",
    right=np.array([30 * 30 * 6 * 27, 13 * 13 * 16 * 54, 576 * 120, 120 * 84, 84 * 10]),
    mistakes=[
        (
            np.array([28 * 6, 55 * 16, *_FC]),
            "parameters counted",
            "a weight of CONV is used at every position of its filter: multiply by n_H·n_W",
        ),
        (
            np.array([30 * 30 * 6 * 9, 13 * 13 * 16 * 9, 576 * 120, 120 * 84, 84 * 10]),
            "channels forgotten",
            "one output of CONV is a sum over all channels: 3·3·n_C products",
        ),
        (
            np.array([32 * 32 * 6 * 27, 15 * 15 * 16 * 54, 576 * 120, 120 * 84, 84 * 10]),
            "input size taken",
            "there are as many positions as outputs, and not as many as pixels",
        ),
        (
            np.array([15 * 15 * 6 * 27, 6 * 6 * 16 * 54, 576 * 120, 120 * 84, 84 * 10]),
            "size after pooling taken",
            "POOL looks at outputs that CONV has computed: it comes too late to save work",
        ),
        (
            np.array([30 * 30 * 6 * 28, 13 * 13 * 16 * 55, 577 * 120, 121 * 84, 85 * 10]),
            "bias counted",
            "adding a bias is no multiplication: the book does not count it",
        ),
        (
            np.array([30 * 30 * 27, 13 * 13 * 54, 576 * 120, 120 * 84, 84 * 10]),
            "filters forgotten",
            "that is the work of one filter: there are 6, and then 16",
        ),
        (
            2 * np.array([30 * 30 * 6 * 27, 13 * 13 * 16 * 54, 576 * 120, 120 * 84, 84 * 10]),
            "counted twice",
            "a multiplication and the addition that follows count as one multiply-add",
        ),
    ],
    praise="CONV has 1 % of the parameters and 78 % of the work",
)


# 3 parameters of any chain -----------------------------------------------------------------------
_CHAINS: list[tuple[list[Layer], tuple[int, int, int]]] = [
    ([("FC", 2)], (1, 1, 3)),
    ([("CONV", 1, 1, 0, 2)], (2, 2, 3)),
    ([("CONV", 3, 1, 0, 2)], (5, 5, 3)),
    ([("POOL", 2, 2, 0), ("FC", 3)], (4, 6, 2)),
    ([("POOL", 2, 2, 0), ("FC", 3)], (5, 5, 2)),
    ([("FC", 4), ("FC", 3)], (2, 3, 2)),
    ([("CONV", 3, 2, 1, 4), ("FC", 5)], (8, 6, 3)),
    ([("CONV", 3, 1, 1, 4), ("POOL", 3, 2, 1), ("CONV", 3, 2, 0, 6), ("FC", 7)], (16, 13, 3)),
    (
        [("CONV", 5, 1, 2, 6), ("POOL", 2, 2, 0), ("CONV", 5, 1, 0, 16), ("POOL", 2, 2, 0)]
        + [("FC", 120), ("FC", 84), ("FC", 10)],
        (28, 28, 1),
    ),
]


def _chains(rng: np.random.Generator) -> Iterator[Case]:
    yield from ((list(layers), shape) for layers, shape in _CHAINS)
    for _ in range(3):
        n_C, m_C, n = (int(k) for k in rng.integers(2, 9, 3))
        layers = [("CONV", 3, 1, 1, n_C), ("POOL", 2, 2, 0), ("CONV", 3, 2, 1, m_C), ("FC", n)]
        shape = (int(rng.integers(15, 40)), 2 * int(rng.integers(8, 20)) + 1, 3)
        yield [*layers, ("FC", 10)], shape


def _parameters(
    layers: Sequence[Layer],
    shape: Sequence[int],
    conv: Callable[[int, int, int], int] = lambda f, before, n_C: (f * f * before + 1) * n_C,
    dense: Callable[[int, int], int] = lambda before, n: (before + 1) * n,
    flat: Callable[[int, int, int], int] = lambda n_H, n_W, n_C: n_H * n_W * n_C,
    size: Callable[[int, int, int, int], int] = output_size,
    pool_weights: int = 0,
    behind: Callable[[int], int] = lambda n: 1,
) -> int:
    """Count the parameters of a chain; the options are what may be done otherwise."""
    n_H, n_W, n_C = shape
    total = 0
    for kind, *numbers in layers:
        if kind == "FC":
            (n,) = numbers
            total += dense(flat(n_H, n_W, n_C), n)
            n_H, n_W, n_C = behind(n_H), behind(n_W), n
            continue
        f, s, p = numbers[:3]
        n_H, n_W = size(n_H, f, s, p), size(n_W, f, s, p)
        if kind == "CONV":
            total += conv(f, n_C, numbers[3])
            n_C = numbers[3]
        else:
            total += pool_weights * f * f * n_C
    return total


def _same_channels(layers: Sequence[Layer], shape: Sequence[int]) -> int:
    """Take the image's channels for those of every volume."""
    n_H, n_W, n_C = shape
    total = 0
    for layer in layers:
        total += _parameters([layer], (n_H, n_W, n_C))
        if layer[0] == "FC":
            n_H, n_W, n_C = 1, 1, layer[1]
        else:
            f, s, p = layer[1:4]
            n_H, n_W = output_size(n_H, f, s, p), output_size(n_W, f, s, p)
    return total


def _ceil(n: int, f: int, s: int, p: int) -> int:
    return -(-(n + 2 * p - f) // s) + 1


check_parameters = FunctionCheck(
    "parameters(layers, shape)",
    right=_parameters,
    cases=_chains,
    without=("summary", "Sequential"),
    suspects=[
        Suspect(
            "bias forgotten",
            "each filter and each neuron has a bias as well",
            lambda layers, shape: _parameters(
                layers, shape, lambda f, before, n_C: f * f * before * n_C, lambda b, n: b * n
            ),
        ),
        Suspect(
            "bias of CONV forgotten",
            "each filter has a bias, just as each neuron of FC",
            lambda layers, shape: _parameters(
                layers, shape, lambda f, before, n_C: f * f * before * n_C
            ),
        ),
        Suspect(
            "bias of FC forgotten",
            "each neuron of FC has a bias, just as each filter",
            lambda layers, shape: _parameters(layers, shape, dense=lambda before, n: before * n),
        ),
        Suspect(
            "a bias for each channel",
            "a filter has one bias, however many channels it spans",
            lambda layers, shape: _parameters(
                layers, shape, lambda f, before, n_C: (f * f + 1) * before * n_C
            ),
        ),
        Suspect(
            "one bias for a layer",
            "each filter and each neuron has a bias of its own: n_C of them, not one",
            lambda layers, shape: _parameters(
                layers, shape, lambda f, b, n_C: f * f * b * n_C + 1, lambda b, n: b * n + 1
            ),
        ),
        Suspect(
            "channels forgotten",
            "a filter spans all channels of its input: it has f·f·n_C weights",
            lambda layers, shape: _parameters(
                layers, shape, lambda f, before, n_C: (f * f + 1) * n_C
            ),
        ),
        Suspect(
            "only the channels flattened",
            "FC takes every number of the volume, n_H·n_W·n_C, not one for each channel",
            lambda layers, shape: _parameters(layers, shape, flat=lambda n_H, n_W, n_C: n_C),
        ),
        Suspect(
            "POOL counted",
            "a pooling layer has nothing to learn: 0 parameters",
            lambda layers, shape: _parameters(layers, shape, pool_weights=1),
        ),
        Suspect(
            "ceil for floor",
            "a window that does not fit is dropped: ⌊(n + 2p − f)/s⌋ + 1",
            lambda layers, shape: _parameters(layers, shape, size=_ceil),
        ),
        Suspect(
            "volume kept behind FC",
            "FC makes n numbers in all: behind it n_H and n_W are 1",
            lambda layers, shape: _parameters(layers, shape, behind=lambda n: n),
        ),
        Suspect(
            "POOL passed over",
            "POOL has no parameters, but it makes n_H and n_W smaller for the layers behind it",
            lambda layers, shape: _parameters([la for la in layers if la[0] != "POOL"], shape),
        ),
        Suspect(
            "channels not passed on",
            "behind CONV there are as many channels as it has filters",
            _same_channels,
        ),
        Suspect(
            "channels of the output",
            "a filter spans the channels of its input: count its weights before n_C changes",
            lambda layers, shape: _parameters(
                layers, shape, lambda f, before, n_C: (f * f * n_C + 1) * n_C
            ),
        ),
        Suspect(
            "padding forgotten",
            "CONV and POOL have a padding: n + 2p",
            lambda layers, shape: _parameters(
                layers, shape, size=lambda n, f, s, p: (n - f) // s + 1
            ),
        ),
        Suspect(
            "+1 forgotten",
            "there is one position more than steps: ⌊(n + 2p − f)/s⌋ + 1",
            lambda layers, shape: _parameters(
                layers, shape, size=lambda n, f, s, p: (n + 2 * p - f) // s
            ),
        ),
        Suspect(
            "padding on one side",
            "p is the padding on each of two sides: n + 2p",
            lambda layers, shape: _parameters(
                layers, shape, size=lambda n, f, s, p: (n + p - f) // s + 1
            ),
        ),
        Suspect(
            "sizes stay as they are",
            "CONV and POOL change n_H and n_W, and FC takes what is left of them",
            lambda layers, shape: _parameters(layers, shape, size=lambda n, f, s, p: n),
        ),
        Suspect(
            "stride forgotten",
            "with stride s there are about s times fewer positions along each side",
            lambda layers, shape: _parameters(
                layers, shape, size=lambda n, f, s, p: n + 2 * p - f + 1
            ),
        ),
        Suspect(
            "square assumed",
            "an image has its own n_W: its size must be followed beside that of n_H",
            lambda layers, shape: _parameters(layers, (shape[0], shape[0], shape[2])),
        ),
    ],
)


# 4 the receptive field ---------------------------------------------------------------------------
def _stacks(rng: np.random.Generator) -> Iterator[Case]:
    yield ([(3, 1)],)
    yield ([(3, 2)],)
    yield ([(3, 1), (3, 1)],)
    yield ([(2, 2), (3, 1)],)
    yield ([(3, 2), (3, 2)],)
    yield ([(5, 1), (2, 2), (5, 1), (2, 2)],)
    yield ([(7, 2), (3, 2), (3, 1), (3, 1), (3, 1), (3, 1)],)
    for _ in range(3):
        yield ([(int(f), int(s)) for f, s in rng.integers(1, 5, (6, 2))],)


def _field(
    layers: Sequence[tuple[int, int]], r: int = 1, jump: int = 1, grow: int = 1, early: bool = False
) -> int:
    for f, s in layers:
        if early:
            jump *= s
        r += (f - grow) * jump
        if not early:
            jump *= s
    return r


def _added_jumps(layers: Sequence[tuple[int, int]]) -> int:
    r, jump = 1, 1
    for f, s in layers:
        r, jump = r + (f - 1) * jump, jump + s - 1
    return r


def _last_stride_only(layers: Sequence[tuple[int, int]]) -> int:
    """Take the stride of the layer before for the product of all."""
    r, before = 1, 1
    for f, s in layers:
        r, before = r + (f - 1) * before, s
    return r


check_receptive_field = FunctionCheck(
    "receptive_field(layers)",
    right=_field,
    cases=_stacks,
    suspects=[
        Suspect(
            "strides forgotten",
            "after a stride, neighbours are more than one pixel of the image apart: keep the jump, "
            "the product of the strides so far",
            lambda layers: _field([(f, 1) for f, _ in layers]),
        ),
        Suspect(
            "own stride counted",
            "a layer's stride moves its outputs apart, not the inputs that it reads: multiply the "
            "jump after the layer has added (f − 1)·jump",
            lambda layers: _field(layers, early=True),
        ),
        Suspect(
            "strides added",
            "strides multiply: after two layers of stride 2, neighbours are 4 pixels apart",
            _added_jumps,
        ),
        Suspect(
            "only the last stride",
            "all strides before a layer count, not only that of the layer before it",
            _last_stride_only,
        ),
        Suspect(
            "f for f − 1",
            "windows overlap: a layer adds f − 1 steps to what one of its inputs sees, not f",
            lambda layers: _field(layers, grow=0),
        ),
        Suspect(
            "starts at 0",
            "a pixel sees itself: before the first layer the field is 1",
            lambda layers: _field(layers, r=0),
        ),
        Suspect(
            "sizes multiplied",
            "two 3×3 filters in a row see 5×5, not 9×9: fields grow by a sum",
            lambda layers: int(np.prod([f for f, _ in layers])),
        ),
        Suspect(
            "from the last layer on",
            "the jump grows from the image on: begin with the first layer",
            lambda layers: _field(layers[::-1]),
        ),
    ],
)


# 5 a design --------------------------------------------------------------------------------------
def _design(layers: Array) -> tuple[str, str] | None:
    if layers.ndim != 2 or layers.shape[1] != 2 or len(layers) == 0:
        return "shape", "write a list of pairs (f, s), one for each layer"
    if layers.min() < 1:
        return "no layer", "f and s are 1 or more"
    if not np.array_equal(layers, np.round(layers)):
        return "not whole", "f and s count pixels, so they are whole numbers"
    if layers[:, 0].max() > 3 or layers[:, 1].max() > 2:
        return "not allowed", "no filter larger than 3×3, and no stride larger than 2"
    if len(layers) > 30:
        return "too long", f"these are {len(layers)} layers: far fewer will do"
    r = _field([(int(f), int(s)) for f, s in layers])
    if r != 31:
        return "another field", f"its receptive field is {r}, not 31"
    if len(layers) > 4:
        return "too long", f"its receptive field is 31, but it takes {len(layers)} layers"
    return None


check_design = AnswerCheck(
    "design", rule=_design, like=np.zeros((4, 2), int), praise="no shorter chain sees 31 pixels"
)


# 6 the matrix ------------------------------------------------------------------------------------
def _filters(rng: np.random.Generator) -> Iterator[Case]:
    yield np.array([[7.0]]), 2
    yield np.array([[1.0, 2.0], [3.0, 4.0]]), 3
    yield np.array([[1.0, 2.0], [3.0, 4.0]]), 4
    yield rng.integers(1, 10, (3, 3)) * 1.0, 3
    yield rng.integers(1, 10, (3, 3)) * 1.0, 5
    yield rng.normal(size=(3, 3)), 6


def _matrix(K: Array, n: int, width: int | None = None) -> Array:
    """The matrix; `width` is what a line of the image is taken to hold."""
    f = len(K)
    n_out = n - f + 1
    M = np.zeros((n_out * n_out, n * n))
    for x, y, i, j in np.ndindex(n_out, n_out, f, f):
        M[x * n_out + y, (x + i) * (width or n) + y + j] += K[i, j]
    return M


def _columns_first(K: Array, n: int) -> Array:
    """Count the image's pixels down its columns; the results along rows."""
    order = np.arange(n * n).reshape(n, n).T.ravel()
    return _matrix(K, n)[:, order]


def _columns_first_below(K: Array, n: int) -> Array:
    """Count the results down their columns, the pixels along rows."""
    n_out = n - len(K) + 1
    order = np.arange(n_out * n_out).reshape(n_out, n_out).T.ravel()
    return _matrix(K, n)[order]


def _circulant(K: Array, n: int) -> Array:
    """One row, pushed on by one cell a row: at the end of a line it runs over."""
    first = _matrix(K, n)[0]
    return np.stack([np.roll(first, k) for k in range((n - len(K) + 1) ** 2)])


check_matrix = FunctionCheck(
    "matrix(K, n)",
    right=_matrix,
    cases=_filters,
    suspects=[
        Suspect(
            "transposed",
            "a row belongs to an output and a column to a pixel: M is (n_out², n²)",
            lambda K, n: _matrix(K, n).T,
        ),
        Suspect(
            "flipped kernel",
            "the rows hold the filter turned by 180°: the book lays K on the image as it is",
            lambda K, n: _matrix(K[::-1, ::-1], n),
        ),
        Suspect(
            "kernel transposed",
            "K[j, i] lies where K[i, j] belongs; or pixels and results are both counted down the "
            "columns, but line after line means pixel (u, v) is number u·n + v",
            lambda K, n: _matrix(K.T, n),
        ),
        Suspect(
            "n_out for n",
            "a line of the image has n pixels, a line of the result n_out: pixel (u, v) is column "
            "u·n + v, output (x, y) is row x·n_out + y",
            lambda K, n: _matrix(K, n, width=n - len(K) + 1),
        ),
        Suspect(
            "columns first",
            "the pixels are counted down the columns, but the book (and NumPy) counts along the "
            "rows",
            _columns_first,
        ),
        Suspect(
            "columns first",
            "the results are counted down the columns: output (x, y) is row x·n_out + y",
            _columns_first_below,
        ),
        Suspect(
            "window does not move",
            "every row is the same window: K[i, j] lies on the pixel (x + i, y + j)",
            lambda K, n: np.tile(_matrix(K, n)[0], ((n - len(K) + 1) ** 2, 1)),
        ),
        Suspect(
            "runs over the edge",
            "each row is the one above it moved by one cell, also at the end of a line: there the "
            "window must jump to the next line of the image, by f cells",
            _circulant,
        ),
        Suspect(
            "one line only",
            "only the first line of windows is there: x must run as well as y",
            lambda K, n: _first_line(K, n),
        ),
    ],
)


def _first_line(K: Array, n: int) -> Array:
    M = _matrix(K, n)
    M[n - len(K) + 1 :] = 0
    return M


# 7 moved, and different --------------------------------------------------------------------------
def _moved(I: Array) -> tuple[str, str] | None:
    if I.ndim != 2 or I.shape[0] % 2 or I.shape[1] % 2 or min(I.shape) < 2:
        return "shape", f"an image with an even number of rows and columns; this has {I.shape}"
    if np.any(I[:, -1]):
        return "falls off", "its last column is not 0, so something is lost when it moves"
    if not np.any(I):
        return "blank", "nothing can be seen to move in it"
    pools = [max_pool2d(image[None, :, :, None], 2)[0, :, :, 0] for image in (I, np.roll(I, 1, 1))]
    before, after = (pool.astype(float) for pool in pools)
    if np.array_equal(before, after):
        return "stays", "its pooled result stays as it was"
    if np.array_equal(np.pad(before, ((0, 0), (1, 0)))[:, :-1], after):
        return "moves along", "its pooled result has moved by one place: nothing is broken"
    return None


check_moved_and_different = AnswerCheck(
    "image",
    rule=_moved,
    like=np.zeros((4, 4)),
    praise="one pixel to the right, and its pooled result neither stays nor moves along",
)


# 8 pooling first ---------------------------------------------------------------------------------
def _order(window: Array) -> tuple[str, str] | None:
    if window.shape != (2, 2):
        return "shape", f"the window is 2×2; this has shape {window.shape}"
    A = window.astype(float)[None, :, :, None]
    if not np.array_equal(avg_pool2d(relu(A), 2), relu(avg_pool2d(A, 2))):
        return None
    if window.min() >= 0:
        return "none negative", "where no number is negative ReLU changes nothing"
    return "none positive", "where no number is positive both ways give 0"


check_order_matters = AnswerCheck(
    "window",
    rule=_order,
    like=np.zeros((2, 2)),
    praise="average pooling and ReLU do not change places",
)
