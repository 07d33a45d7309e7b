"""The checks of section 2, Definition: sizes, padding, stride, volumes, pooling.

Each check lists the mistakes that it can name; book/exercises/2_definition.ipynb asks the
questions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from cnnlib.exercises._check import AnswerCheck, Case, FunctionCheck, Suspect
from cnnlib.functional import avg_pool2d, conv2d, max_pool2d, relu

__all__ = [
    "check_conv2d",
    "check_find_all",
    "check_input_row",
    "check_max_pool",
    "check_one_by_one",
    "check_pad",
    "check_size",
    "check_size_drill",
    "check_uses",
    "size_drill",
]

Array = npt.NDArray[Any]


# 1, 4 sizes ------------------------------------------------------------------------------------
def _size(n: int, f: int, s: int, p: int) -> int:
    return (n + 2 * p - f) // s + 1


# what people compute instead: (name, hint, formula)
SIZES: list[tuple[str, str, Callable[[int, int, int, int], int]]] = [
    (
        "ceil for floor",
        "you round up: a window that does not fit any more is left out, so round down",
        lambda n, f, s, p: -(-(n + 2 * p - f) // s) + 1,
    ),
    (
        "+1 forgotten",
        "(n + 2p − f)/s is the number of steps; there is one position more than steps",
        lambda n, f, s, p: (n + 2 * p - f) // s,
    ),
    (
        "+1 inside the fraction",
        "the 1 stands outside the fraction: it is not divided by s",
        lambda n, f, s, p: (n + 2 * p - f + 1) // s,
    ),
    (
        "parentheses forgotten",
        "/ and // come before + and −: write (n + 2 * p - f) // s",
        lambda n, f, s, p: n + 2 * p - f // s + 1,
    ),
    (
        "padding once",
        "the padding is at both ends, so it counts twice: n + 2p",
        lambda n, f, s, p: (n + p - f) // s + 1,
    ),
    (
        "padding forgotten",
        "the padding makes the image larger: n + 2p",
        lambda n, f, s, p: (n - f) // s + 1,
    ),
    (
        "stride forgotten",
        "the window moves by s pixels at a time: divide by s",
        lambda n, f, s, p: n + 2 * p - f + 1,
    ),
    (
        "rounded",
        "you round to the nearest integer: a half position is none, so round down",
        lambda n, f, s, p: round((n + 2 * p - f) / s) + 1,
    ),
    (
        "same assumed",
        "the result has the size of the image only if s = 1 and p = (f − 1)/2",
        lambda n, f, s, p: n,
    ),
]


def size_drill(seed: int) -> tuple[Array, AnswerCheck]:
    """Draw eight questions (n, f, s, p), and the check of the eight sizes. Another seed: others."""
    rng = np.random.default_rng(seed)
    questions: list[tuple[int, int, int, int]] = []
    while len(questions) < 8:
        n, f, s, p = (int(rng.integers(*ends)) for ends in ((8, 40), (2, 8), (1, 5), (0, 4)))
        leftover = (n + 2 * p - f) % s
        if len(questions) % 2 == (leftover > 0) and p < f:  # every second one leaves pixels over
            questions.append((n, f, s, p))
    right = np.array([_size(*question) for question in questions])
    mistakes = [(np.array([g(*q) for q in questions]), name, hint) for name, hint, g in SIZES]
    fractions = np.array([(n + 2 * p - f) / s + 1 for n, f, s, p in questions])
    mistakes.append((fractions, "a fraction", "there is no part of a position: round down"))
    drill = AnswerCheck("sizes", right=right, mistakes=mistakes, praise="eight of eight")
    return np.array(questions), drill


check_size_drill = size_drill(0)[1]


def _sizes(rng: np.random.Generator) -> Iterator[Case]:
    yield 3, 3, 1, 0
    yield 4, 2, 2, 0
    yield 5, 2, 2, 0  # a pixel is left over
    yield 4, 3, 1, 1
    yield 6, 3, 2, 1
    yield 7, 3, 3, 0
    yield 32, 5, 2, 1
    yield 3, 5, 1, 1  # only with its padding
    yield 11, 2, 3, 0  # windows that do not touch
    yield 4, 1, 1, 2  # windows in the padding only
    for _ in range(8):
        n, f = int(rng.integers(8, 300)), int(rng.integers(1, 8))
        yield n, f, int(rng.integers(1, 6)), int(rng.integers(0, 4))


check_size = FunctionCheck(
    "size(n, f, s, p)",
    right=_size,
    cases=_sizes,
    without=("output_size",),
    suspects=[
        *(Suspect(name, hint, rule) for name, hint, rule in SIZES),
        Suspect(
            "a float",
            "the numbers are right, but a count is an int: divide with // instead of /",
            lambda n, f, s, p: float(_size(n, f, s, p)),
        ),
        Suspect(
            "a fraction",
            "there is no part of a position: round down, with //",
            lambda n, f, s, p: (n + 2 * p - f) / s + 1,
        ),
    ],
)


# 2 find all (p, s) -------------------------------------------------------------------------------
def _pairs(size: Callable[[int, int, int, int], float]) -> set[tuple[int, int]]:
    both = ((p, s) for p in range(7) for s in range(1, 28))
    return {(p, s) for p, s in both if size(30, 3, s, p) == 10}


check_find_all = AnswerCheck(
    "pairs",
    right=_pairs(_size),
    mistakes=[
        ({(s, p) for p, s in _pairs(_size)}, "pairs turned", "p comes first and s second"),
        (
            _pairs(lambda n, f, s, p: (n + 2 * p - f) / s + 1),
            "must divide",
            "s need not divide n + 2p − f: what is left over is dropped",
        ),
        *((_pairs(rule), name, hint) for name, hint, rule in SIZES if _pairs(rule)),
    ],
    praise="and there are no others with p ≤ 6",
)


# 3 how often each row is used -----------------------------------------------------------------
def _uses(n: int, f: int, s: int, p: int) -> Array:
    count = np.zeros(n + 2 * p, dtype=int)
    for x in range(_size(n, f, s, p)):
        count[x * s : x * s + f] += 1
    return count[p : p + n]


check_uses = AnswerCheck(
    "uses",
    right=_uses(6, 3, 2, 1),
    mistakes=[
        (
            _uses(6, 3, 2, 0),
            "padding forgotten",
            "the first window begins in the padding",
        ),
        (_uses(6, 3, 1, 1), "stride forgotten", "the window moves by two rows at a time"),
        (_uses(6, 3, 1, 0), "neither", "here s = 2 and p = 1"),
        (_uses(8, 3, 2, 0), "padding counted", "only the six rows of the image are asked for"),
        (
            _uses(8, 3, 2, 0)[:6],
            "padding counted",
            "your first row is the padding: begin with the image's (and count from above)",
        ),
        (
            _uses(7, 3, 2, 1)[:6],
            "ceil for floor",
            "a fourth window would reach beyond the padding below: it is left out",
        ),
    ],
    praise="the rows under two windows lie between the others",
)


# 5 the row under a weight ---------------------------------------------------------------------
def _places(rng: np.random.Generator) -> Iterator[Case]:
    yield 0, 0, 1, 0
    yield 1, 0, 1, 0
    yield 1, 0, 2, 0
    yield 1, 1, 2, 0
    yield 1, 1, 2, 1
    yield 0, 0, 2, 1  # in the padding
    for _ in range(6):
        yield tuple(int(v) for v in rng.integers((2, 0, 1, 0), (9, 5, 4, 4)))


check_input_row = FunctionCheck(
    "input_row(x, i, s, p)",
    right=lambda x, i, s, p: x * s + i - p,
    cases=_places,
    suspects=[
        Suspect(
            "stride forgotten in the index",
            "result x belongs to the window that begins at x·s, not at x",
            lambda x, i, s, p: x + i - p,
        ),
        Suspect(
            "padding forgotten",
            "row 0 of the padded image is row −p of the image",
            lambda x, i, s, p: x * s + i,
        ),
        Suspect(
            "padding added",
            "the padding comes before the image: take p away",
            lambda x, i, s, p: x * s + i + p,
        ),
        Suspect(
            "stride times the weight",
            "the weights lie on neighbouring rows: only x is multiplied by s",
            lambda x, i, s, p: (x + i) * s - p,
        ),
        Suspect(
            "stride times the padding",
            "the padding is counted in pixels: only x is multiplied by s",
            lambda x, i, s, p: (x - p) * s + i,
        ),
        Suspect(
            "weight forgotten",
            "that is where the window begins: weight i lies i rows further down",
            lambda x, i, s, p: x * s - p,
        ),
        Suspect(
            "counted from 1",
            "here everything is counted from 0, so no 1 is taken away",
            lambda x, i, s, p: (x - 1) * s + i - p,
        ),
        Suspect(
            "kernel flipped",
            "weight i lies i rows below the beginning of the window, not above it",
            lambda x, i, s, p: x * s - i - p,
        ),
    ],
)


# 6 pad ------------------------------------------------------------------------------------------
def _to_pad(rng: np.random.Generator) -> Iterator[Case]:
    yield np.array([[5.0]]), 1
    yield np.array([[1.0, 2.0]]), 0
    yield np.array([[1.0, 2.0], [3.0, 4.0]]), 1
    yield np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), 2
    yield rng.integers(1, 10, (3, 4)) * 1.0, 3
    yield rng.normal(size=(4, 3)), 2


def _mode(mode: str) -> Callable[[Array, int], Array]:
    return lambda I, p: np.pad(I, p, mode=mode)  # type: ignore[call-overload]


def _to_minus_p(I: Array, p: int) -> Array:
    Z = np.zeros((I.shape[0] + 2 * p, I.shape[1] + 2 * p))
    Z[p:-p, p:-p] = I
    return Z


check_pad = FunctionCheck(
    "pad(I, p)",
    right=lambda I, p: np.pad(I, p),
    cases=_to_pad,
    without=("pad", "pad2d"),
    suspects=[
        Suspect(
            "padding on one side",
            "the zeros are only above and on the left: put p on all four sides",
            lambda I, p: np.pad(I, ((p, 0), (p, 0))),
        ),
        Suspect(
            "padding on one side",
            "the zeros are only below and on the right: put p on all four sides",
            lambda I, p: np.pad(I, ((0, p), (0, p))),
        ),
        Suspect(
            "image in the corner",
            "the size is right, but the image lies in the upper left corner: it begins at (p, p)",
            lambda I, p: np.pad(I, ((0, 2 * p), (0, 2 * p))),
        ),
        Suspect(
            "rows only",
            "there are zeros above and below, but none on the left and on the right",
            lambda I, p: np.pad(I, ((p, p), (0, 0))),
        ),
        Suspect(
            "columns only",
            "there are zeros on the left and on the right, but none above and below",
            lambda I, p: np.pad(I, ((0, 0), (p, p))),
        ),
        Suspect(
            "always one",
            "there is one row or column on each side, whatever p is",
            lambda I, p: np.pad(I, 1),
        ),
        Suspect(
            "twice as many",
            "p pixels come on each side, 2p on both together: you put 2p on each",
            lambda I, p: np.pad(I, 2 * p),
        ),
        Suspect(
            "edge repeated",
            "the border repeats the image's edge: here it holds zeros",
            _mode("edge"),
        ),
        Suspect(
            "ones for zeros",
            "the border holds ones: here it holds zeros",
            lambda I, p: np.pad(I, p, constant_values=1),
        ),
        Suspect(
            "−p is 0 for p = 0",
            "Z[p:-p] is empty for p = 0, because -0 is 0: write Z[p : p + n_H, p : p + n_W]",
            _to_minus_p,
        ),
        Suspect(
            "unfilled",
            "the image is missing: copy it into the middle, Z[p : p + n_H, p : p + n_W] = I",
            lambda I, p: np.zeros((I.shape[0] + 2 * p, I.shape[1] + 2 * p)),
        ),
    ],
)


# 7 a 1×1 convolution ---------------------------------------------------------------------------
_MIX = np.array([[1 / 3, 1], [1 / 3, -1], [1 / 3, 0]])  # (n_C_prev, n_C): grey, red − green
check_one_by_one = AnswerCheck(
    "W",
    right=_MIX.reshape(1, 1, 3, 2),
    mistakes=[
        (_MIX, "a matrix", "the four axes are (f, f, n_C_prev, n_C) = (1, 1, 3, 2)"),
        (_MIX.T, "a matrix", "the four axes are (f, f, n_C_prev, n_C) = (1, 1, 3, 2)"),
        (
            _MIX.T.reshape(1, 1, 2, 3),
            "axes swapped",
            "the channels of the image come before those of the result",
        ),
        (
            _MIX.T.reshape(1, 1, 3, 2),
            "reshaped for transposed",
            "reshape does not swap axes: the weights of one result must stand in one column",
        ),
        (
            _MIX[:, ::-1].reshape(1, 1, 3, 2),
            "maps swapped",
            "grey is the first map, red − green the second",
        ),
        (
            (_MIX * [[3, 1]]).reshape(1, 1, 3, 2),
            "sum for mean",
            "the first map is the mean of the three channels, and yours is their sum",
        ),
        *(
            (
                np.round(_MIX, digits).reshape(1, 1, 3, 2),
                "rounded",
                "write 1 / 3, which Python computes, and no rounded decimals",
            )
            for digits in (1, 2, 3, 4)
        ),
        (
            (_MIX * [[1, -1]]).reshape(1, 1, 3, 2),
            "wrong sign",
            "the second map is red minus green: 1 for red, −1 for green",
        ),
    ],
    praise="a 1×1 convolution mixes channels and leaves the pixels where they are",
)


# 8 conv2d ---------------------------------------------------------------------------------------
def _volumes(rng: np.random.Generator) -> Iterator[Case]:
    """(A, W, b, s, p), the smallest first; with a stride, with padding, then with both."""
    yield np.array([2.0]).reshape(1, 1, 1, 1), np.array([3.0]).reshape(1, 1, 1, 1), np.ones(1), 1, 0
    integers = np.arange(4).reshape(1, 2, 2, 1)
    yield integers, np.full((1, 1, 1, 1), 0.5), np.ones(1), 1, 0
    shapes = [
        ((1, 2, 2, 1), (2, 2, 1, 1), 1, 0),
        ((1, 2, 3, 1), (2, 2, 1, 1), 1, 0),
        ((1, 1, 2, 2), (1, 1, 2, 1), 1, 0),
        ((1, 1, 2, 1), (1, 1, 1, 2), 1, 0),
        ((2, 1, 2, 1), (1, 1, 1, 1), 1, 0),
        ((1, 3, 3, 1), (1, 1, 1, 1), 2, 0),
        ((1, 2, 2, 1), (1, 1, 1, 1), 1, 1),
        ((1, 3, 4, 1), (2, 3, 1, 1), 1, 0),
        ((1, 4, 3, 1), (3, 3, 1, 1), 1, 1),
        ((1, 4, 4, 1), (3, 3, 1, 1), 2, 0),
        ((2, 5, 4, 2), (2, 3, 2, 3), 2, 1),
        ((2, 8, 7, 3), (3, 3, 3, 2), 3, 2),
    ]
    for A, W, s, p in shapes:
        b = rng.integers(1, 4, W[3]) * 1.0
        yield (
            rng.integers(-4, 5, A) * 1.0,
            rng.choice([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0], W),
            b,
            s,
            p,
        )
    yield rng.normal(size=(2, 7, 9, 3)), rng.normal(size=(3, 3, 3, 4)), rng.normal(size=4), 2, 1


def _taps(W: Array) -> int:
    return int(np.prod(W.shape[:3]))


def _at_x(A: Array, W: Array, b: Array, s: int, p: int) -> Array:
    """As many positions as with the stride, but one pixel apart."""
    rows, columns = conv2d(A, W, b, s, p).shape[1:3]
    return conv2d(A, W, b, 1, p)[:, :rows, :columns]


def _padded(A: Array, before: int, after: int) -> Array:
    return np.pad(A, ((0, 0), (before, after), (before, after), (0, 0)))


def _ceil(A: Array, W: Array, b: Array, s: int, p: int) -> Array:
    more = [-(n + 2 * p - f) % s for n, f in zip(A.shape[1:3], W.shape[:2], strict=True)]
    wider = np.pad(A, ((0, 0), (p, p + more[0]), (p, p + more[1]), (0, 0)))
    return conv2d(wider, W, b, s)


def _first_image(A: Array, W: Array, b: Array, s: int, p: int) -> Array:
    Z = np.zeros_like(conv2d(A, W, b, s, p))
    Z[0] = conv2d(A[:1], W, b, s, p)[0]
    return Z


def _unsummed(A: Array, W: Array, b: Array, s: int, p: int) -> Array:
    """Only the last channel stays: each overwrites the one before it."""
    return conv2d(A[..., -1:], W[:, :, -1:], b, s, p)


def _one_side(A: Array, f: int, s: int, p: int, Z: Array) -> Array:
    """Keep as many columns as there are rows; where there are more rows, the index runs out."""
    rows, columns = _size(A.shape[1], f, s, p), Z.shape[2]
    if rows > columns:
        raise IndexError
    return Z[:, :, :rows]


def _square_image(A: Array, W: Array, b: Array, s: int, p: int) -> Array:
    return _one_side(A, W.shape[1], s, p, conv2d(A, W, b, s, p))


def _square_filter(A: Array, W: Array, b: Array, s: int, p: int) -> Array:
    if W.shape[0] != W.shape[1]:
        raise ValueError
    return conv2d(A, W, b, s, p)


def _all_square(A: Array, W: Array, b: Array, s: int, p: int) -> Array:
    return _one_side(A, len(W), s, p, _square_filter(A, W, b, s, p))


_FORMULA = "the definition has W[i, j, k, n] · A[t, xs + i, ys + j, k]"
check_conv2d = FunctionCheck(
    "conv2d(A, W, b, s, p)",
    right=conv2d,
    cases=_volumes,
    without=("conv2d", "correlate2d", "convolve2d", "convolve"),
    suspects=[
        Suspect(
            "stride forgotten in the index",
            "there are as many results as with the stride, but their windows begin at x, not "
            "at x·s",
            _at_x,
        ),
        Suspect(
            "bias once per tap",
            "sum(a·W + b) adds the bias once for each product: add it once to each result, "
            "outside the sum",
            lambda A, W, b, s, p: conv2d(A, W, b * _taps(W), s, p),
        ),
        Suspect(
            "flipped kernel",
            "your result is that of the filters turned by 180°, a convolution in the strict "
            "sense; the book asks for a correlation",
            lambda A, W, b, s, p: conv2d(A, W[::-1, ::-1], b, s, p),
        ),
        Suspect(
            "bias forgotten",
            "the bias of each filter is added to each of its results",
            lambda A, W, b, s, p: conv2d(A, W, None, s, p),
        ),
        Suspect(
            "padding ignored",
            "p has no effect: put p rows and columns of zeros around each image first",
            lambda A, W, b, s, p: conv2d(A, W, b, s, 0),
        ),
        Suspect(
            "stride ignored",
            "s has no effect: every s-th position is computed",
            lambda A, W, b, s, p: conv2d(A, W, b, 1, p),
        ),
        Suspect(
            "stride on rows only",
            "the stride holds for columns as well as for rows",
            lambda A, W, b, s, p: conv2d(A, W, b, 1, p)[:, ::s],
        ),
        Suspect(
            "padding on one side",
            "the zeros are only above and on the left: put p on all four sides",
            lambda A, W, b, s, p: conv2d(_padded(A, p, 0), W, b, s),
        ),
        Suspect(
            "padding on one side",
            "all zeros are below and on the right: put p on each of the four sides",
            lambda A, W, b, s, p: conv2d(_padded(A, 0, 2 * p), W, b, s),
        ),
        Suspect(
            "channels not summed",
            "only one channel reaches the result: the sum runs over i, j and k",
            _unsummed,
        ),
        Suspect(
            "channels not summed",
            "only the first channel reaches the result: the sum runs over i, j and k",
            lambda A, W, b, s, p: conv2d(A[..., :1], W[:, :, :1], b, s, p),
        ),
        Suspect(
            "mean over the channels",
            "the channels are summed, not averaged",
            lambda A, W, b, s, p: conv2d(A, W / W.shape[2], b, s, p),
        ),
        Suspect(
            "H and W swapped",
            f"the filters lie transposed on the image: {_FORMULA}",
            lambda A, W, b, s, p: conv2d(A, W.transpose(1, 0, 2, 3), b, s, p),
        ),
        Suspect(
            "H and W swapped",
            "the result is transposed: x counts rows and is its second axis",
            lambda A, W, b, s, p: conv2d(A, W, b, s, p).transpose(0, 2, 1, 3),
        ),
        Suspect(
            "channels first",
            "the result is (m, n_C, n_H, n_W): this book has the channels last",
            lambda A, W, b, s, p: conv2d(A, W, b, s, p).transpose(0, 3, 1, 2),
        ),
        Suspect(
            "ceil for floor",
            "a window that does not fit any more is left out: round the size down",
            _ceil,
        ),
        Suspect(
            "same assumed",
            "the padding is (f − 1)/2 whatever p is: use the p that is given",
            lambda A, W, b, s, p: conv2d(A, W, b, s, (W.shape[0] - 1) // 2),
        ),
        Suspect(
            "first image only",
            "only the first image of the batch is computed",
            _first_image,
        ),
        Suspect(
            "first filter only",
            "each result n has its own filter W[:, :, :, n]: yours all use the first",
            lambda A, W, b, s, p: conv2d(A, W[..., :1] + 0 * W, b, s, p),
        ),
        Suspect(
            "one bias for all",
            "each filter n has its own bias b[n]: yours all use the first",
            lambda A, W, b, s, p: conv2d(A, W, b[0] + 0 * b, s, p),
        ),
        Suspect(
            "padded twice",
            "n_H and n_W are the lengths before the padding; with those of the padded images, "
            "2p is added twice",
            lambda A, W, b, s, p: conv2d(_padded(A, p, p), W, b, s, p),
        ),
        Suspect(
            "padding missing in the size",
            "the images are padded, but the result has room only for n − f + 1 positions (for "
            "s = 1): n + 2p − f",
            lambda A, W, b, s, p: conv2d(_padded(A, p, 0)[:, : -p or None, : -p or None], W, b, s),
        ),
        Suspect(
            "square assumed",
            "the height is used for the width as well: an image has its own n_W",
            _square_image,
        ),
        Suspect(
            "square assumed",
            "the height is used for the width as well: an image has its own n_W, and the filters "
            "have their own f_W",
            _all_square,
        ),
        Suspect(
            "square assumed",
            "the filters' height is used for their width as well: they have their own f_W",
            _square_filter,
        ),
        Suspect(
            "square assumed",
            "the rows are counted with the filters' width: their number is "
            "⌊(n_H + 2p − f_H)/s⌋ + 1, with f_H",
            lambda A, W, b, s, p: conv2d(A, W, b, s, p)[:, : _size(A.shape[1], W.shape[1], s, p)],
        ),
        Suspect(
            "activation inside",
            "negative results are set to 0: the activation is a layer of its own",
            lambda A, W, b, s, p: relu(conv2d(A, W, b, s, p)),
        ),
    ],
)


# 9 max pooling ----------------------------------------------------------------------------------
def _maps(rng: np.random.Generator) -> Iterator[Case]:
    """(A, f, s, p), with negative numbers, so that a border of zeros would win."""
    yield np.array([[-2.0, -1.0], [-4.0, -3.0]]).reshape(1, 2, 2, 1), 2, 2, 0
    for shape, f, s, p in [
        ((1, 2, 3, 1), 2, 1, 0),
        ((1, 4, 4, 1), 2, 2, 0),
        ((1, 2, 2, 2), 2, 2, 0),
        ((1, 5, 5, 1), 2, 2, 0),  # a row and a column are left over
        ((1, 4, 5, 1), 2, 3, 0),
        ((1, 3, 3, 1), 3, 1, 1),
        ((2, 6, 7, 2), 3, 2, 1),
    ]:
        yield -rng.integers(1, 30, shape) * 1.0, f, s, p
    yield -1e6 * np.arange(1, 10).reshape(1, 3, 3, 1), 3, 2, 1
    yield rng.normal(size=(2, 7, 8, 3)), 3, 2, 1


def _pool_at_x(A: Array, f: int, s: int, p: int) -> Array:
    rows, columns = max_pool2d(A, f, s, p).shape[1:3]
    return max_pool2d(A, f, 1, p)[:, :rows, :columns]


def _pool_ceil(A: Array, f: int, s: int, p: int) -> Array:
    more = [-(n + 2 * p - f) % s for n in A.shape[1:3]]
    borders = ((0, 0), (p, p + more[0]), (p, p + more[1]), (0, 0))
    lowest = A.min() - 1
    return max_pool2d(np.pad(A, borders, constant_values=lowest), f, s)


def _at_least(low: float) -> Callable[[Array, int, int, int], Array]:
    """Pool with a border, or a start, of this number."""
    return lambda A, f, s, p: np.maximum(max_pool2d(A, f, s, p), low)


def _over(Z: Array, axes: tuple[int, ...]) -> Array:
    """Put the maximum over some axes into every place along them."""
    return np.broadcast_to(Z.max(axis=axes, keepdims=True), Z.shape).copy()


check_max_pool = FunctionCheck(
    "max_pool(A, f, s, p)",
    right=max_pool2d,
    cases=_maps,
    without=("max_pool2d", "max_pool2d_with_winners"),
    suspects=[
        Suspect(
            "zeros for −∞",
            "a 0 of the border wins over negative pixels: pad with −∞, which never wins",
            lambda A, f, s, p: max_pool2d(_padded(A, p, p), f, s),
        ),
        Suspect(
            "starts at 0",
            "the largest number found so far starts at 0, so negative numbers never win: start "
            "at −∞",
            lambda A, f, s, p: np.maximum(max_pool2d(A, f, s, p), 0),
        ),
        *(
            Suspect(
                "a number for −∞",
                "a number of yours wins over pixels below it: −np.inf never does",
                _at_least(low),
            )
            for low in (-100.0, -255.0, -256.0, -999.0, -1e3, -9999.0, -1e4, -99999.0, -1e5)
        ),
        Suspect(
            "stride forgotten in the index",
            "there are as many results as with the stride, but their windows begin at x, not "
            "at x·s",
            _pool_at_x,
        ),
        Suspect(
            "stride = f assumed",
            "the windows lie side by side whatever s is: use the stride that is given",
            lambda A, f, s, p: max_pool2d(A, f, f, p),
        ),
        Suspect(
            "stride ignored",
            "s has no effect: every s-th position is computed",
            lambda A, f, s, p: max_pool2d(A, f, 1, p),
        ),
        Suspect(
            "square assumed",
            "the height is used for the width as well: an image has its own n_W",
            lambda A, f, s, p: _one_side(A, f, s, p, max_pool2d(A, f, s, p)),
        ),
        Suspect(
            "average",
            "that is the average of each window: the largest number is asked for",
            lambda A, f, s, p: avg_pool2d(A, f, s, p),
        ),
        Suspect(
            "across channels",
            "the maximum is taken over the channels too: each channel is pooled alone",
            lambda A, f, s, p: max_pool2d(A, f, s, p).max(axis=3, keepdims=True),
        ),
        Suspect(
            "across channels",
            "each channel holds the maximum over all channels: each is pooled alone",
            lambda A, f, s, p: (
                max_pool2d(A, f, s, p).max(axis=3, keepdims=True) + np.zeros(A.shape[3])
            ),
        ),
        Suspect(
            "across images",
            "the maximum is taken over the batch too: each image is pooled alone",
            lambda A, f, s, p: _over(max_pool2d(A, f, s, p), (0,)),
        ),
        Suspect(
            "across channels",
            "one number stands for all channels, and all images: the maximum runs over the axes "
            "(1, 2) only",
            lambda A, f, s, p: _over(max_pool2d(A, f, s, p), (0, 3)),
        ),
        Suspect(
            "padding ignored",
            "p has no effect: put p rows and columns of −∞ around each image first",
            lambda A, f, s, p: max_pool2d(A, f, s, 0),
        ),
        Suspect(
            "ceil for floor",
            "a window that does not fit any more is left out: round the size down",
            _pool_ceil,
        ),
        Suspect(
            "minimum",
            "that is the smallest number of each window",
            lambda A, f, s, p: -max_pool2d(-A, f, s, p),
        ),
        Suspect(
            "first image only",
            "only the first image of the batch is computed",
            lambda A, f, s, p: np.concatenate(
                [max_pool2d(A[:1], f, s, p), 0 * max_pool2d(A, f, s, p)[1:]]
            ),
        ),
    ],
)
