"""The checks of section 1, Filter processing: windows, signs, flips, and a filter that is learned.

Each check lists the mistakes that it can name; book/exercises/1_filters.ipynb asks the questions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from cnnlib import filters
from cnnlib.exercises._check import AnswerCheck, Case, FunctionCheck, Suspect
from cnnlib.exercises._compare import TOLERANCE
from cnnlib.functional import correlate2d

__all__ = [
    "DIGITS_OF_E",
    "check_blur_then_vef",
    "check_by_hand",
    "check_correlate",
    "check_diagonal",
    "check_learning_step",
    "check_revealing_image",
    "check_silent_image",
    "check_take_apart",
    "check_unchanged_by_flip",
]

Array = npt.NDArray[Any]

# 2.71828 18284 59045 23536 02874 71352 66249: a 6×6 image without any pattern
DIGITS_OF_E = np.array([int(d) for d in "271828182845904523536028747135266249"]).reshape(6, 6)

FLIPPED = (
    "flipped kernel",
    "your result is that of the filter turned by 180°, a convolution in the strict sense; "
    "the book asks for a correlation, which lays K on the image as it is",
)


# 1 by hand -----------------------------------------------------------------------------------
_VEF = filters.VEF
check_by_hand = AnswerCheck(
    "Z",
    right=correlate2d(DIGITS_OF_E, _VEF),
    mistakes=[
        (-correlate2d(DIGITS_OF_E, _VEF), "wrong sign", "VEF adds the left, subtracts the right"),
        (correlate2d(DIGITS_OF_E, filters.HEF), "HEF for VEF", "you compared above with below"),
        (correlate2d(DIGITS_OF_E, _VEF, padding=1), "padded", "no window may leave the image: 4×4"),
        (
            correlate2d(DIGITS_OF_E, _VEF / 9),
            "mean for sum",
            "add up the nine products and do not divide",
        ),
        (correlate2d(DIGITS_OF_E, _VEF).T, "transposed", "rows and columns have changed places"),
    ],
    praise="36 digits, 16 windows",
)


# 2 an image on which VEF is silent ---------------------------------------------------------------
def _silent(I: Array) -> tuple[str, str] | None:
    if I.ndim != 2 or min(I.shape) < 3:
        return "shape", f"an image is a table of at least 3×3 numbers; this has shape {I.shape}"
    rounding = TOLERANCE * np.abs(I).max()  # 0.6 + 0.2 is not quite 0.8
    if np.any(np.abs(correlate2d(I, filters.VEF)) > rounding):
        return "not silent", "VEF gives something other than 0 on it"
    if np.ptp(I) == 0:
        return "blank", "VEF gives 0 on it, but there is no edge in it at all"
    if not np.any(np.diff(I, axis=1)):
        return "no vertical edge", "VEF gives 0 on it, but all of its edges are horizontal"
    if not np.any(np.abs(correlate2d(I, filters.HEF)) > rounding):
        return "HEF silent too", "VEF gives 0 on it, and HEF does too; it should respond"
    return None


check_silent_image = AnswerCheck(
    "silent", rule=_silent, like=np.zeros((6, 6)), praise="VEF sees none of its vertical edges"
)


# 3 a filter for diagonal edges -------------------------------------------------------------------
def _diagonal(K: Array) -> tuple[str, str] | None:
    if K.shape != (3, 3):
        return "shape", f"the filter must be 3×3; this has shape {K.shape}"
    upper = np.triu(np.full((3, 3), 10.0), 1)  # the window in the middle of the edge
    rounding = TOLERANCE * np.abs(K).max()  # decimals, perhaps in float32
    if abs(K.sum()) > rounding:
        return "sum not 0", f"its weights add up to {K.sum():g}, so it responds to a blank wall"
    found, other = float(np.sum(K * upper)), float(np.sum(K * upper[:, ::-1]))
    if abs(found) <= rounding:
        return "the other diagonal", "it gives 0 on the very edge that it should find"
    if found < 0:
        return "wrong sign", "it is negative where the upper right is the bright side"
    if abs(other) > rounding:
        return (
            "both diagonals",
            "it also responds in the middle of an edge along the other diagonal",
        )
    return None


check_diagonal = AnswerCheck(
    "K_diagonal",
    rule=_diagonal,
    like=np.zeros((3, 3)),
    praise="it finds one diagonal and ignores the other",
)


# 4 correlate -------------------------------------------------------------------------------------
def _images(rng: np.random.Generator) -> Iterator[Case]:
    """Images and filters, integers first."""
    yield np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[5.0, 0.0], [6.0, 0.0]])
    yield np.array([[0.5, 1.5], [2.5, 3.5]]), np.array([[1, 0], [2, 0]])  # a filter of integers
    for image, kernel in [((3, 3), (2, 2)), ((3, 4), (2, 2)), ((5, 4), (3, 3)), ((4, 6), (3, 2))]:
        yield rng.integers(0, 10, image) * 1.0, rng.integers(-3, 4, kernel) + 0.0
    wide = np.array([[1.0, -2.0, 3.0], [2.0, 1.0, -1.0]])
    yield np.arange(20.0).reshape(4, 5) % 7, wide
    yield rng.integers(0, 10, (4, 5)), np.full((3, 3), 1 / 9)  # an image of integers
    yield rng.normal(size=(7, 6)), rng.normal(size=(3, 3))
    yield rng.normal(size=(6, 9)), rng.normal(size=(5, 4))


def _sweep(I: Array, K: Array, rows: int, columns: int) -> Array:
    """Correlate at this many positions only."""
    return correlate2d(I, K)[:rows, :columns]


def _last_product(I: Array, K: Array) -> Array:
    last: Array = I[K.shape[0] - 1 :, K.shape[1] - 1 :]
    return last * float(K[-1, -1])


def _square_only(I: Array, K: Array) -> Array:
    """Take the height for the width, too."""
    n, f = len(I), len(K)
    Z = np.zeros((n - f + 1, n - f + 1))
    for x, y in np.ndindex(Z.shape):
        Z[x, y] = np.sum(I[x : x + f, y : y + f] * K)
    return Z


def _square_filter(I: Array, K: Array) -> Array:
    """Take the filter's height for its width, too."""
    f = len(K)
    Z = np.zeros((I.shape[0] - f + 1, I.shape[1] - f + 1))
    for x, y in np.ndindex(Z.shape):
        Z[x, y] = np.sum(I[x : x + f, y : y + f] * K)
    return Z


def _square_by_weight(I: Array, K: Array, n_W: int) -> Array:
    """Take the filter's height for its width, weight by weight: a wide filter is cut off."""
    f = len(K)
    Z = np.zeros((len(I) - f + 1, n_W - f + 1))
    for x, y, i, j in np.ndindex(*Z.shape, f, f):
        Z[x, y] += K[i, j] * I[x + i, y + j]
    return Z


def _begun(Z: Array, rows: int, columns: int | None) -> Array:
    """Keep the first results; the others are still 0."""
    begun = np.zeros_like(Z)
    begun[:rows, :columns] = Z[:rows, :columns]
    return begun


def _jumping(I: Array, K: Array) -> Array:
    """Lay the windows side by side, as pooling does."""
    return correlate2d(I, K)[:: K.shape[0], :: K.shape[1]]


check_correlate = FunctionCheck(
    "correlate(I, K)",
    right=correlate2d,
    cases=_images,
    without=("correlate2d", "conv2d", "convolve2d", "convolve"),
    suspects=[
        Suspect(*FLIPPED, lambda I, K: correlate2d(I, K[::-1, ::-1])),
        Suspect(
            "last position forgotten",
            "a window of f fits n − f + 1 times, not n − f times",
            lambda I, K: _sweep(I, K, len(I) - len(K), I.shape[1] - K.shape[1]),
        ),
        Suspect(
            "sum forgotten",
            "each result holds only the last of its products: add them up with += (or np.sum)",
            _last_product,
        ),
        Suspect(
            "mean for sum",
            "each result is divided by the number of weights: add up, and do not divide",
            lambda I, K: correlate2d(I, K) / K.size,
        ),
        Suspect(
            "counted from 1",
            "I[x + i - 1, y + j - 1] is right where x, y, i, j count from 1; range counts from 0, "
            "and index −1 is the last row: write I[x + i, y + j]",
            lambda I, K: correlate2d(np.roll(I, (1, 1), (0, 1)), K),
        ),
        Suspect(
            "sum goes on",
            "the sum runs on from window to window: start it from 0 for each",
            lambda I, K: np.cumsum(correlate2d(I, K)).reshape(correlate2d(I, K).shape),
        ),
        Suspect(
            "returned too early",
            "only the first result is computed: move `return` out of the loops",
            lambda I, K: _begun(correlate2d(I, K), 1, 1),
        ),
        Suspect(
            "returned too early",
            "only the first row is computed: move `return` out of the outer loop",
            lambda I, K: _begun(correlate2d(I, K), 1, None),
        ),
        Suspect(
            "kernel transposed",
            "K[j, i] lies where K[i, j] belongs: i counts rows in the filter and in the image",
            lambda I, K: correlate2d(I, K.T),
        ),
        Suspect(
            "result transposed",
            "Z[y, x] holds what belongs into Z[x, y]: x counts the rows, from the top",
            lambda I, K: correlate2d(I, K).T,
        ),
        Suspect(
            "square assumed",
            "the height is used for the width as well: an image has its own n_W = I.shape[1], "
            "and so has a filter",
            _square_only,
        ),
        Suspect(
            "square assumed",
            "the filter's height is used for its width as well: f_H, f_W = K.shape",
            _square_filter,
        ),
        Suspect(
            "square assumed",
            "the height is used for the width as well: an image has its own n_W = I.shape[1], "
            "and so has a filter",
            lambda I, K: _square_by_weight(I, K, len(I)),
        ),
        Suspect(
            "square assumed",
            "the filter's height is used for its width as well: f_H, f_W = K.shape",
            lambda I, K: _square_by_weight(I, K, I.shape[1]),
        ),
        Suspect(
            "square assumed",
            "of a filter that is wider than high the last columns are left out: j runs over its "
            "width, f_H, f_W = K.shape",
            lambda I, K: correlate2d(I, K[:, : len(K)])[:, : I.shape[1] - K.shape[1] + 1],
        ),
        Suspect(
            "kernel mirrored",
            "K is mirrored in one direction: lay it on the image as it is",
            lambda I, K: correlate2d(I, K[:, ::-1]),
        ),
        Suspect(
            "kernel mirrored",
            "K is mirrored in one direction: lay it on the image as it is",
            lambda I, K: correlate2d(I, K[::-1]),
        ),
        Suspect(
            "window jumps",
            "the window moves on by its own size: here it moves by one pixel",
            _jumping,
        ),
        Suspect(
            "fractions cut off",
            "the result is made as an array of integers (np.zeros_like of an integer image?): "
            "make it with np.zeros(shape)",
            lambda I, K: np.trunc(correlate2d(I, K)) if I.dtype.kind == "i" else correlate2d(I, K),
        ),
        Suspect(
            "fractions cut off",
            "each product is cut to an integer before it is added: make Z with np.zeros(shape)",
            lambda I, K: (
                np.zeros_like(correlate2d(I, K)) if I.dtype.kind == "i" else correlate2d(I, K)
            ),
        ),
        Suspect(
            "same assumed",
            "the result is as large as the image: no window may leave the image here, so it is "
            "(n_H − f_H + 1, n_W − f_W + 1)",
            lambda I, K: _same(I, K),
        ),
    ],
)


def _same(I: Array, K: Array) -> Array:
    """Correlate with zeros around, so that the result is as large as the image."""
    top, left = (K.shape[0] - 1) // 2, (K.shape[1] - 1) // 2
    bottom, right = K.shape[0] - 1 - top, K.shape[1] - 1 - left
    return correlate2d(np.pad(I, ((top, bottom), (left, right))), K)


# 5 when flipping changes nothing ---------------------------------------------------------------
def _filters(rng: np.random.Generator) -> Iterator[Case]:
    yield (np.array([[2.0]]),)
    yield (np.array([[1.0, 2.0]]),)
    yield (np.array([[1.0], [2.0]]),)
    yield (np.array([[1.0, 2.0], [2.0, 1.0]]),)
    yield (np.array([[1.0, 2.0], [1.0, 2.0]]),)  # the same upside down
    yield (np.array([[1.0, 1.0], [2.0, 2.0]]),)  # the same left to right
    yield (np.array([[1.0, 2.0], [2.0, 3.0]]),)  # the same transposed
    yield (np.array([[1.0, 2.0], [3.0, 1.0]]),)  # only its diagonal
    yield (filters.LAPLACIAN,)
    yield (filters.VEF,)  # −1 times itself
    yield (np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 4.0], [3.0, 2.0, 1.0]]),)
    yield (np.array([[1.0, 2.0, 1.0], [0.0, 5.0, 3.0], [1.0, 2.0, 1.0]]),)  # only its corners
    yield (np.array([[1.0, 2.0, 1.0], [3.0, 5.0, 3.0], [1.0, 2.0, 1.0]]),)  # but not a quarter turn
    yield (np.array([[1.0, 2.0, 1.0], [3.0, 5.0, 3.0], [1.0, 4.0, 1.0]]),)  # all but one column
    inner = np.ones((4, 4))
    inner[1:3, 1:3] = [[2.0, 3.0], [4.0, 5.0]]
    yield (inner,)  # only its border
    K = rng.integers(0, 9, (3, 4)) * 1.0
    yield (K,)
    yield (K + K[::-1, ::-1],)


def _unchanged(K: Array) -> bool:
    return np.array_equal(K, K[::-1, ::-1])


check_unchanged_by_flip = FunctionCheck(
    "unchanged_by_flip(K)",
    right=_unchanged,
    cases=_filters,
    suspects=[
        Suspect(
            "rows only",
            "you mirror the filter upside down; the flip is a half turn, in both directions",
            lambda K: np.array_equal(K, K[::-1]),
        ),
        Suspect(
            "columns only",
            "you mirror the filter left to right; the flip is a half turn, in both directions",
            lambda K: np.array_equal(K, K[:, ::-1]),
        ),
        Suspect(
            "both mirrors asked",
            "you ask that each mirror alone changes nothing; it is enough that both together do",
            lambda K: np.array_equal(K, K[::-1]) and np.array_equal(K, K[:, ::-1]),
        ),
        Suspect(
            "transposed",
            "K.T is the mirror at the diagonal; the flip is a half turn, K[::-1, ::-1]",
            lambda K: np.array_equal(K, K.T),
        ),
        Suspect(
            "quarter turn",
            "np.rot90(K) is a quarter turn; the flip is a half turn, K[::-1, ::-1]",
            lambda K: np.array_equal(K, np.rot90(K)),
        ),
        Suspect(
            "sums compared",
            "the flip never changes the sum of the weights: compare weight by weight",
            lambda K: True,
        ),
        Suspect(
            "any for all",
            "one weight that stays is not enough: every one must (np.all, not np.any)",
            lambda K: bool(np.any(K[::-1, ::-1] == K)),
        ),
        Suspect(
            "up to the sign",
            "−1 times the filter is another filter: VEF's result changes its sign",
            lambda K: np.array_equal(K, K[::-1, ::-1]) or np.array_equal(K, -K[::-1, ::-1]),
        ),
    ],
)


# 6 take a filter apart ---------------------------------------------------------------------------
def _separable(rng: np.random.Generator) -> Iterator[Case]:
    for u, v in [
        ([2.0], [3.0]),
        ([1.0, 2.0], [1.0, 3.0]),
        ([2.0, 1.0], [2.0, 4.0]),
        ([1.0, 1.0, 1.0], [1.0, 0.0, -1.0]),
        ([1.0, 2.0, 1.0], [1.0, 0.0, -1.0]),
        ([0.0, 1.0], [1.0, 2.0]),  # a zero in the corner
        ([2.0, 1.0], [1.0, 0.0]),  # in the last corner
        ([1.0, 2.0], [0.0, -3.0]),  # no weight above 0
        ([1.0, 0.0, 2.0], [2.0, 3.0, 0.0]),  # a zero in the middle
        ([0.0, 2.0, 1.0], [0.0, 3.0]),
    ]:
        yield (np.outer(u, v),)
    yield (np.outer(rng.normal(size=3), rng.normal(size=5)),)


def _apart(K: Array) -> tuple[Array, Array]:
    i, j = np.unravel_index(np.abs(K).argmax(), K.shape)
    return K[:, j].copy(), K[i] / K[i, j]


def _product(parts: tuple[Array, Array]) -> Array:
    column, row = parts
    return np.outer(column, row)


def _corner(K: Array) -> tuple[Array, Array]:
    if K[0, 0] == 0:
        return np.zeros(len(K)), np.full(K.shape[1], np.nan)
    return K[:, 0].copy(), K[0] / K[0, 0]


def _at(K: Array, place: tuple[Any, ...]) -> tuple[Array, Array]:
    """Take the row and the column that meet in a place, whatever stands there."""
    i, j = place
    return K[:, j].copy(), K[i] / K[i, j]


def _without_sign(K: Array) -> tuple[Array, Array]:
    column, row = _apart(K)
    return column * np.sign(K.flat[np.abs(K).argmax()]), row


check_take_apart = FunctionCheck(
    "take_apart(K)",
    right=_apart,
    cases=_separable,
    view=_product,
    suspects=[
        Suspect(
            "not divided",
            "a column and a row of K each hold the common weight, so it counts twice: divide one "
            "of them by it",
            lambda K: (K[:, 0].copy(), K[0].copy()),
        ),
        Suspect(
            "divided twice",
            "divide the column or the row by the common weight, but not both",
            lambda K: (K[:, 0] / K[0, 0], K[0] / K[0, 0]),
        ),
        Suspect(
            "row first",
            "return the column, and then the row",
            lambda K: _apart(K)[::-1],
        ),
        Suspect(
            "zero in the corner",
            "K[0, 0] may be 0, and then nothing can be divided by it: take a row and a column "
            "that meet in a weight that is not 0, for instance the largest",
            _corner,
        ),
        Suspect(
            "zero in the corner",
            "K[0, 0] may be 0, and then its row and its column say nothing: take a row and a "
            "column that meet in a weight that is not 0, for instance the largest",
            lambda K: (K[:, 0].copy(), K[0] / (K[0, 0] if K[0, 0] else 1.0)),
        ),
        Suspect(
            "zero in the corner",
            "K[-1, -1] may be 0 as well: look for a weight that is not 0, for instance the largest "
            "without its sign",
            lambda K: _at(K, (-1, -1)),
        ),
        Suspect(
            "zero in the middle",
            "the weight in the middle may be 0, as that of VEF is: look for one that is not",
            lambda K: _at(K, (len(K) // 2, K.shape[1] // 2)),
        ),
        Suspect(
            "sign forgotten",
            "the largest weight may be 0, where all others are negative: look for the largest "
            "np.abs(K), or for any weight that is not 0",
            lambda K: _at(K, np.unravel_index(K.argmax(), K.shape)),
        ),
        Suspect(
            "sign forgotten",
            "divide by the common weight with its sign: without it, column times row is −K where "
            "that weight is negative",
            _without_sign,
        ),
        Suspect(
            "sums",
            "the sums of the rows and of the columns have the right proportions, but their "
            "product is too large: divide by the sum of all weights (which may be 0)",
            lambda K: (K.sum(axis=1), K.sum(axis=0)),
        ),
        Suspect(
            "sum of 0",
            "the weights of VEF add up to 0: nothing can be divided by that",
            lambda K: (K.sum(axis=1), K.sum(axis=0) / K.sum()),
        ),
        Suspect(
            "singular value forgotten",
            "the singular vectors have length 1: multiply one of them by the singular value",
            lambda K: (np.linalg.svd(K)[0][:, 0], np.linalg.svd(K)[2][0]),
        ),
    ],
)


# 7 two filters in a row are one ----------------------------------------------------------------
_BOX = filters.box(3) * 9
_THREE = "3·VEF is the matrix product of the two; the one filter must see more than 3×3 pixels"
check_blur_then_vef = AnswerCheck(
    "both",
    right=np.outer([1, 2, 3, 2, 1], [1, 1, 0, -1, -1]) * 1.0,
    mistakes=[
        (filters.VEF * _BOX, "product", "multiplying weight by weight is no filter after a filter"),
        (filters.VEF + _BOX, "sum", "the sum adds two results: it does not apply one to the other"),
        (_BOX @ filters.VEF, "matrix product", _THREE),
        (
            -np.outer([1, 2, 3, 2, 1], [1, 1, 0, -1, -1]) * 1.0,
            "wrong sign",
            "VEF is used as it is, without a flip: the left is positive",
        ),
        (
            np.outer([1, 1, 0, -1, -1], [1, 2, 3, 2, 1]) * 1.0,
            "transposed",
            "VEF compares left with right: the 1 and −1 stand side by side",
        ),
        (
            np.outer([1, 2, 3, 2, 1], [1, 1, 0, -1, -1]) / 9,
            "mean for sum",
            "the box of this exercise has weights of 1, not of 1/9",
        ),
    ],
    praise="two filters of 3×3 in a row are one of 5×5",
)


# 8 an image that reveals the filter ------------------------------------------------------------
def _revealing(I: Array) -> tuple[str, str] | None:
    if I.shape != (5, 5):
        return "shape", f"the image must be 5×5; this has shape {I.shape}"
    windows = np.lib.stride_tricks.sliding_window_view(I, (3, 3)).reshape(9, 9)
    rank = int(np.linalg.matrix_rank(windows))
    if rank < 9:
        return (
            f"rank {rank}",
            f"its nine windows have rank {rank}: that is too few equations for nine weights",
        )
    if np.count_nonzero(I) > 1:
        return "too much light", "it works, but a single pixel that is not 0 is enough"
    return None


check_revealing_image = AnswerCheck(
    "revealing",
    rule=_revealing,
    like=np.zeros((5, 5)),
    praise="each window shows one weight, the last first",
)


# 9 one step of gradient descent ------------------------------------------------------------------
def _lessons(rng: np.random.Generator) -> Iterator[Case]:
    """(I, Y, K, eta): image, target, filter, learning rate."""
    yield np.array([[2.0]]), np.array([[6.0]]), np.array([[1.0]]), 0.5
    yield np.array([[1.0, 2.0]]), np.array([[4.0]]), np.array([[1.0, 0.0]]), 1.0
    yield np.array([[1, 2]]), np.array([[4]]), np.array([[1, 0]]), 0.25  # all of integers
    for image, kernel in [((3, 3), (2, 2)), ((4, 5), (2, 2)), ((6, 5), (3, 3)), ((5, 7), (2, 3))]:
        I = rng.integers(-3, 4, image) * 1.0
        Y = correlate2d(I, rng.integers(-3, 4, kernel))
        yield I, Y, rng.integers(-3, 4, kernel) * 1.0, 0.1
    I = rng.normal(size=(6, 7))
    yield I, rng.normal(size=(4, 5)), rng.normal(size=(3, 3)), 0.3


def _gradient(I: Array, Y: Array, K: Array) -> Array:
    return correlate2d(I, correlate2d(I, K) - Y) / Y.size


check_learning_step = FunctionCheck(
    "learning_step(I, Y, K, eta)",
    right=lambda I, Y, K, eta: K - eta * _gradient(I, Y, K),
    cases=_lessons,
    suspects=[
        Suspect(
            "uphill",
            "you add the gradient, which makes the loss larger: subtract it (or the error is "
            "target minus result, and should be result minus target)",
            lambda I, Y, K, eta: K + eta * _gradient(I, Y, K),
        ),
        Suspect(
            "N forgotten",
            "the loss is a mean over the N outputs: divide the gradient by N = Y.size",
            lambda I, Y, K, eta: K - eta * _gradient(I, Y, K) * Y.size,
        ),
        Suspect(
            "factor 2",
            "the loss has 1/(2N), so the 2 of the square's derivative goes away",
            lambda I, Y, K, eta: K - 2 * eta * _gradient(I, Y, K),
        ),
        Suspect(
            "factor 1/2",
            "the 2 of the square's derivative takes the 1/2 of the loss away: divide by N only",
            lambda I, Y, K, eta: K - eta * _gradient(I, Y, K) / 2,
        ),
        Suspect(
            "learning rate forgotten",
            "the step is eta times the gradient",
            lambda I, Y, K, eta: K - _gradient(I, Y, K),
        ),
        Suspect(
            "gradient only",
            "you return the gradient (times eta): return the new filter, K minus that",
            lambda I, Y, K, eta: eta * _gradient(I, Y, K),
        ),
        Suspect(
            "gradient only",
            "you return the gradient: return the new filter, K − eta · gradient",
            lambda I, Y, K, eta: _gradient(I, Y, K),
        ),
        Suspect(
            "gradient flipped",
            "the gradient is the correlation of the image with the error; yours is turned by 180°",
            lambda I, Y, K, eta: K - eta * _gradient(I, Y, K)[::-1, ::-1],
        ),
        Suspect(
            "divided by the weights",
            "you divide by the number of weights: N is the number of outputs, Y.size",
            lambda I, Y, K, eta: K - eta * _gradient(I, Y, K) * Y.size / K.size,
        ),
        Suspect(
            "divided by the pixels",
            "you divide by the number of pixels: N is the number of outputs, Y.size",
            lambda I, Y, K, eta: K - eta * _gradient(I, Y, K) * Y.size / I.size,
        ),
        Suspect(
            "divided by the rows",
            "len(Y) is only the number of Y's rows: N is the number of all outputs, Y.size",
            lambda I, Y, K, eta: K - eta * _gradient(I, Y, K) * Y.size / len(Y),
        ),
        Suspect(
            "target as error",
            "the error is result minus target: you use the target alone, as if K were 0",
            lambda I, Y, K, eta: K + eta * correlate2d(I, Y) / Y.size,
        ),
    ],
)
