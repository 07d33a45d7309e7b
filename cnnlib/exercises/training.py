"""The checks of section 4, Training: gradients by hand and in code, a step, the data, the curves.

Each check lists the mistakes that it can name; book/exercises/4_training.ipynb asks the questions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from itertools import permutations
from typing import Any

import numpy as np
import numpy.typing as npt

from cnnlib.data import digits
from cnnlib.exercises._check import AnswerCheck, Case, FunctionCheck, Suspect
from cnnlib.functional import (
    conv2d,
    conv2d_backward,
    cross_entropy,
    cross_entropy_backward,
    max_pool2d_backward,
    softmax,
)

__all__ = [
    "BACKWARDS",
    "check_conv_backward",
    "check_diagnosis",
    "check_guilty",
    "check_logit_gradient",
    "check_momentum_step",
    "check_one_step",
    "check_pool_backward",
    "check_prepare",
    "learning_curves",
]

Array = npt.NDArray[Any]
Gradients = tuple[Array, Array, Array]


# 1 a step by hand ------------------------------------------------------------------------------
def _step(k: list[float], v: list[float]) -> tuple[Array, Array]:
    return np.array(k), np.array(v)


check_one_step = AnswerCheck(
    "step",
    right=_step([0.9, -0.9], [1.2, 3, -1.8]),
    mistakes=[
        (
            _step([1.1, -1.1], [0.8, 3, -2.2]),
            "uphill",
            "subtract the gradient, do not add it (and it begins with o − y, not with y − o)",
        ),
        (
            _step([0.7, -0.7], [1.6, 3, -1.4]),
            "sign of y",
            "y is −1, so o − y = o + 1: you have taken o + y for the error",
        ),
        (
            _step([1.2, -0.3], [1.2, 3, -1.8]),
            "gate forgotten",
            "ReLU stopped the −1 on its way forward, so it stops its gradient on the way back",
        ),
        (
            _step([1.8, 1.8], [1.8, 2.6, -1.2]),
            "ReLU forgotten",
            "o is made of r, not of z, and r has no negative number",
        ),
        (_step([1.2, 3, -1.8], [0.9, -0.9]), "order of the pair", "k comes first, then v"),
        (
            _step([1.0, -0.88], [1.2, 3, -1.8]),
            "new weights used",
            "dk was computed with the new v: all gradients belong to the old parameters, so "
            "compute them all before you change one",
        ),
        (
            _step([0, 0], [3, 3, 0]),
            "learning rate forgotten",
            "the step is η times the gradient",
        ),
        (_step([1, -1], [-2, 0, -2]), "gradient only", "these are dk and dv: now take the step"),
        (
            _step([1.1, -1.1], [1.2, 3, -1.8]),
            "dk with the wrong sign or reversed",
            "dk₁ = dz₁a₁ + dz₂a₂ + dz₃a₃ and dk₂ = dz₁a₂ + dz₂a₃ + dz₃a₄, with dz = (o − y)·v "
            "where the gate is open and 0 where it is closed. Subtract η times it, and do not flip",
        ),
        (_step([0.9, -0.9], [1, 3, -2]), "v not moved", "v is a parameter as well"),
        (_step([1, -1], [1.2, 3, -1.8]), "k not moved", "k is a parameter as well"),
        (
            _step([0.8, -0.8], [1.4, 3, -1.6]),
            "factor 2",
            "the 2 of the square's derivative takes the ½ of the loss away",
        ),
    ],
    praise="forward, backward, and one step",
    parts=("k", "v"),
)


# 2 the gradient at the logits ------------------------------------------------------------------
def _logits(rng: np.random.Generator) -> Iterator[Case]:
    """(Z, y): logits and right classes."""
    yield np.array([[0.0, 0.0]]), np.array([1])
    yield np.array([[1.0, 3.0]]), np.array([0])
    yield np.array([[0.0, 1.0, 2.0], [2.0, 0.0, 0.0]]), np.array([2, 1])
    yield np.array([[1000.0, 1001.0], [1000.0, -1000.0], [0.0, 1.0]]), np.array([0, 0, 1])
    yield np.array([[-1000.0, -1001.0], [1.0, -1000.0]]), np.array([0, 0])
    yield rng.normal(size=(3, 4)), np.array([0, 3, 3])
    yield rng.normal(size=(5, 3)) + rng.normal(size=(5, 1)), rng.integers(0, 3, 5)


def _right_class(Z: Array, y: Array) -> Array:
    return np.eye(Z.shape[1])[y]


def _shifted_softmax(Z: Array, largest: Any) -> Array:
    e = np.exp(Z - largest)
    probabilities: Array = e / e.sum(axis=1, keepdims=True)
    return probabilities


def _shifted(Z: Array, y: Array, by: Any) -> Array:
    return (_shifted_softmax(Z, by) - _right_class(Z, y)) / len(Z)


check_logit_gradient = FunctionCheck(
    "logit_gradient(Z, y)",
    right=cross_entropy_backward,
    cases=_logits,
    without=("cross_entropy_backward",),
    suspects=[
        Suspect(
            "sum for mean",
            "the cost is the mean over the m examples: divide by m = len(Z)",
            lambda Z, y: cross_entropy_backward(Z, y) * len(Z),
        ),
        Suspect(
            "mean over all entries",
            "you divide by the number of entries of Z: the mean is over the m examples only",
            lambda Z, y: cross_entropy_backward(Z, y) / Z.shape[1],
        ),
        Suspect(
            "wrong axis",
            "your probabilities add up to 1 down each column: softmax is taken over the classes "
            "of each example, along axis 1",
            lambda Z, y: (softmax(Z.T).T - _right_class(Z, y)) / len(Z),
        ),
        Suspect(
            "wrong axis",
            "your probabilities add up to 1 over the whole batch: softmax is taken over the "
            "classes of each example, along axis 1 (with keepdims=True)",
            lambda Z, y: (softmax(Z.reshape(1, -1)).reshape(Z.shape) - _right_class(Z, y)) / len(Z),
        ),
        Suspect(
            "right class forgotten",
            "this is the softmax: subtract 1 at the right class of each example",
            lambda Z, y: softmax(Z) / len(Z),
        ),
        Suspect(
            "wrong sign",
            "what is predicted less what is right, not the other way round",
            lambda Z, y: -cross_entropy_backward(Z, y),
        ),
        Suspect(
            "at the probabilities",
            "−1/p is the derivative with respect to the probability: the way on to the logits "
            "leads through the softmax",
            lambda Z, y: np.where(_right_class(Z, y) > 0, -1 / softmax(Z) / len(Z), 0.0),
        ),
        Suspect(
            "softmax twice",
            "the softmax is taken of what is a softmax already",
            lambda Z, y: (softmax(softmax(Z)) - _right_class(Z, y)) / len(Z),
        ),
        Suspect(
            "overflow",
            "exp(1000) is infinite in the computer, and ∞/∞ is nan: subtract from each row its "
            "maximum first, which does not change the softmax",
            lambda Z, y: _shifted(Z, y, 0.0),
        ),
        Suspect(
            "mean subtracted",
            "you subtract from each row its mean, and a logit far above it still overflows: "
            "subtract the maximum, and no exponent is above 0",
            lambda Z, y: _shifted(Z, y, Z.mean(axis=1, keepdims=True)),
        ),
        Suspect(
            "maximum of the batch",
            "you subtract the largest logit of the whole batch, and a row far below it becomes "
            "0/0: subtract from each row its own maximum",
            lambda Z, y: _shifted(Z, y, Z.max()),
        ),
        Suspect(
            "maximum with 0",
            "what you subtract is never below 0, and a row of large negative logits becomes 0/0: "
            "subtract the maximum of the row, whatever its sign",
            lambda Z, y: _shifted(Z, y, Z.max(axis=1, keepdims=True, initial=0)),
        ),
        Suspect(
            "absolute values",
            "you subtract the largest |z|, and a row whose other logits are far below that becomes "
            "0/0: subtract the maximum of the row, with its sign",
            lambda Z, y: _shifted(Z, y, np.abs(Z).max(axis=1, keepdims=True)),
        ),
        Suspect(
            "all columns",
            "P[:, y] -= 1 takes whole columns: one entry of each row is P[np.arange(m), y]",
            lambda Z, y: (softmax(Z) - np.isin(np.arange(Z.shape[1]), y)) / len(Z),
        ),
        Suspect(
            "other classes forgotten",
            "the gradient is 0 except at the right class: but every logit is in the denominator "
            "of the softmax, so each gets its p",
            lambda Z, y: cross_entropy_backward(Z, y) * _right_class(Z, y),
        ),
        Suspect(
            "1 subtracted everywhere",
            "[c = y] is 1 at the right class only: subtract 1 there, and nothing elsewhere",
            lambda Z, y: (softmax(Z) - 1) / len(Z),
        ),
    ],
)


# 3 max pooling with ties -----------------------------------------------------------------------
def _pooled(rng: np.random.Generator) -> Iterator[Case]:
    """(dZ, A, f, s): upstream gradient, images, window and stride."""
    for dZ, A, s in [
        ([[7.5]], [[1, 2], [4, 3]], 2),  # A of integers: its zeros_like cannot hold 7.5
        ([[7.0]], [[1.0, 2], [4, 3]], 2),
        ([[7.0]], [[1.0, 5], [5, 3]], 2),
        ([[7.0]], [[5.0, 5], [5, 5]], 2),
        ([[7.0]], [[0.0, 0], [0, 0]], 2),
        ([[1.0, 10]], [[1.0, 2, 0, 4], [0, 2, 4, 4]], 2),
        ([[1.0, 10, 100]], [[1.0, 9, 1, 2], [3, 1, 1, 0]], 1),
    ]:
        yield np.array(dZ)[None, :, :, None], np.array(A)[None, :, :, None], 2, s
    two = np.array([[[1.0, 8], [2, 7]], [[4, 6], [3, 5]]])  # rows, columns, channels
    yield np.array([[[[1.0, 10.0]]]]), two[None], 2, 2
    yield np.array([1.0, 10.0]).reshape(2, 1, 1, 1), two.transpose(2, 0, 1)[..., None], 2, 2
    for shape, f, s in [
        ((1, 3, 5, 1), 2, 2),  # a row and a column are left over
        ((1, 4, 4, 1), 2, 1),
        ((1, 5, 8, 1), 2, 3),
        ((2, 4, 6, 1), 2, 2),
        ((2, 6, 8, 3), 3, 1),
    ]:
        n_H, n_W = ((n - f) // s + 1 for n in shape[1:3])
        A = rng.integers(-4, 0, shape) * 1.0  # few values: many ties, and no positive number
        yield rng.integers(1, 9, (shape[0], n_H, n_W, shape[3])) / 2, A, f, s


Pooling = Callable[[Array, Array, int, int], Array]


def _layer(backward: Pooling) -> Pooling:
    """Make the backward of a layer from that of one channel of one image."""

    def of_layer(dZ: Array, A: Array, f: int, s: int) -> Array:
        dA = np.zeros(A.shape)
        for e, c in np.ndindex(len(A), A.shape[3]):
            dA[e, :, :, c] = backward(dZ[e, :, :, c], A[e, :, :, c], f, s)
        return dA

    return of_layer


def _first(window: Array) -> Array:
    """1 at the first maximum in raster order, else 0."""
    first = np.zeros(window.shape)
    first.flat[window.argmax()] = 1.0
    return first


def _all(window: Array) -> Array:
    return np.where(window == window.max(), 1.0, 0.0)


def _routed(
    share: Callable[[Array], Array],
    jump: Callable[[int, int], int] = lambda f, s: s,
    add: bool = True,
) -> Pooling:
    """Make the backward of a pooling in which each window gives `share` of dZ to its pixels."""

    @_layer
    def backward(dZ: Array, A: Array, f: int, s: int) -> Array:
        dA, t = np.zeros(A.shape), jump(f, s)
        for x, y in np.ndindex(dZ.shape):
            under = np.s_[x * t : x * t + f, y * t : y * t + f]
            dA[under] = dZ[x, y] * share(A[under]) + (dA[under] if add else 0.0)
        return dA

    return backward


@_layer
def _winner_only(dZ: Array, A: Array, f: int, s: int) -> Array:
    dA = np.zeros(A.shape)
    for x, y in np.ndindex(dZ.shape):
        under = np.s_[x * s : x * s + f, y * s : y * s + f]
        dA[under] = np.where(_first(A[under]) > 0, dZ[x, y], dA[under])
    return dA


def _above_zero(window: Array) -> Array:
    """1 at the first maximum, which is looked for from 0 on."""
    first = _first(window)
    if window.max() <= 0:
        first[:] = 0.0
        first[0, 0] = 1.0
    return first


def _as_far_as_windows(dZ: Array, A: Array, f: int, s: int) -> Array:
    n_H, n_W = ((n - 1) * s + f for n in dZ.shape[1:3])
    return _routed(_first)(dZ, A, f, s)[:, :n_H, :n_W]


def _rows_for_columns(dZ: Array, A: Array, f: int, s: int) -> Array:
    n_H, n_W = dZ.shape[1:3]
    if n_W < n_H:
        raise IndexError("there are fewer columns than rows")
    return _routed(_first)(dZ * (np.arange(n_W) < n_H)[:, None], A, f, s)


def _equal_to(largest: Callable[[Array], Array]) -> Pooling:
    """Send dZ to the pixels that are as large as the largest of more than their window."""

    def backward(dZ: Array, A: Array, f: int, s: int) -> Array:
        dA, wins = np.zeros(A.shape), largest(A) == A
        for e, x, y, c in np.ndindex(dZ.shape):
            under = np.s_[e, x * s : x * s + f, y * s : y * s + f, c]
            dA[under] += dZ[e, x, y, c] * wins[under]
        return dA

    return backward


def _by_all(together: str) -> Pooling:
    """Look for one winner in all channels together, or in all images together."""

    def backward(dZ: Array, A: Array, f: int, s: int) -> Array:
        dA, everything = np.zeros(A.shape), slice(None)
        for e, x, y, c in np.ndindex(dZ.shape):
            images = everything if together == "images" else slice(e, e + 1)
            channels = everything if together == "channels" else slice(c, c + 1)
            under = np.s_[images, x * s : x * s + f, y * s : y * s + f, channels]
            dA[under] += dZ[e, x, y, c] * _first(A[under])
        return dA

    return backward


check_pool_backward = FunctionCheck(
    "pool_backward(dZ, A, f, s)",
    right=lambda dZ, A, f, s: max_pool2d_backward(dZ, A, f, s, 0),
    cases=_pooled,
    without=("max_pool2d_backward",),
    suspects=[
        Suspect(
            "ties routed twice",
            "each pixel that ties for the maximum gets all of dZ, so more flows back than came: "
            "give it to the first one only (argmax finds it)",
            _routed(_all),
        ),
        Suspect(
            "ties shared",
            "you share dZ among the pixels that tie. That is a subgradient too, but the rule "
            "asked for, and that of the library, gives all of it to the first",
            _routed(lambda window: _all(window) / _all(window).sum()),
        ),
        Suspect(
            "last of the ties",
            "of the pixels that tie, the last one gets dZ: the rule asks for the first (> keeps "
            "it, >= takes the next)",
            _routed(lambda window: _first(window[::-1, ::-1])[::-1, ::-1]),
        ),
        Suspect(
            "ties by columns",
            "you look for the first maximum column by column: the rule goes row by row",
            _routed(lambda window: _first(window.T).T),
        ),
        Suspect(
            "overwritten",
            "where windows overlap, a window writes over what an earlier one has sent back: add "
            "it up with +=",
            _routed(_first, add=False),
        ),
        Suspect(
            "overwritten",
            "a pixel that wins in several windows keeps only what the last one sent: add it up "
            "with +=",
            _winner_only,
        ),
        Suspect(
            "stride forgotten",
            "your windows begin at (x, y): that of dZ[e, x, y, c] begins at (x·s, y·s)",
            _routed(_first, jump=lambda f, s: 1),
        ),
        Suspect(
            "stride f assumed",
            "your windows lie side by side: that of dZ[e, x, y, c] begins at (x·s, y·s), and s "
            "need not be f",
            _routed(_first, jump=lambda f, s: f),
        ),
        Suspect(
            "average",
            "you share dZ equally in the window: that is average pooling",
            _routed(lambda window: np.full(window.shape, 1 / window.size)),
        ),
        Suspect(
            "value sent back",
            "you multiply by the pixel: the derivative of the maximum by the winner is 1",
            _routed(lambda window: _first(window) * window),
        ),
        Suspect(
            "maximum of the image",
            "you compare with the maximum of the whole image: each window has its own",
            _equal_to(lambda A: A.max(axis=(1, 2), keepdims=True)),
        ),
        Suspect(
            "maximum of the image",
            "you compare with the maximum of all of A: each window has its own",
            _equal_to(np.max),
        ),
        Suspect(
            "channels not separate",
            "you look for one winner in all channels together: each channel is pooled by itself, "
            "so the window of dZ[e, x, y, c] is A[e, x·s : x·s + f, y·s : y·s + f, c]",
            _by_all("channels"),
        ),
        Suspect(
            "images not separate",
            "you look for one winner in all images together: each image is pooled by itself, so "
            "the window of dZ[e, x, y, c] is A[e, x·s : x·s + f, y·s : y·s + f, c]",
            _by_all("images"),
        ),
        Suspect(
            "maximum starts at 0",
            "a window of negative numbers has a maximum as well: begin with its first pixel, or "
            "with −∞, not with 0",
            _routed(_above_zero),
        ),
        Suspect(
            "row and column swapped",
            "the winner's row and column have changed places: argmax counts row by row, so "
            "divmod(k, f) is (row, column)",
            _routed(lambda window: _first(window).T),
        ),
        Suspect(
            "square assumed",
            "the number of rows is used for the columns as well: dZ has its own width",
            _rows_for_columns,
        ),
        Suspect(
            "left-over pixels lost",
            "dA ends where the last window ends: the pixels that no window reaches have the "
            "gradient 0, but they are there",
            _as_far_as_windows,
        ),
    ],
)


# 4 convolution backward ------------------------------------------------------------------------
def _layers(rng: np.random.Generator) -> Iterator[Case]:
    """(dZ, A, W, s, p) of a convolution layer; A is (m, n_H, n_W, n_C_prev)."""
    dZ, A, W = (np.array(number).reshape(1, 1, 1, 1) for number in (2.5, 1, 3.0))
    yield dZ, A, W, 1, 0  # A of integers: its zeros_like cannot hold 7.5
    yield 2 * dZ, 2.0 * A, W, 1, 0
    for shape, f, n, s, p in [
        ((1, 2, 3, 1), 2, 1, 1, 0),
        ((1, 3, 3, 1), 1, 1, 2, 0),
        ((2, 3, 3, 1), 2, 1, 1, 0),
        ((1, 3, 3, 1), 3, 1, 1, 1),
        ((1, 4, 4, 1), 2, 1, 3, 1),  # neither overlap nor pixels left over
        ((2, 5, 4, 2), 3, 2, 2, 1),
        ((2, 4, 6, 1), 3, 3, 2, 0),
        ((3, 5, 7, 2), 3, 2, 2, 1),
        ((2, 6, 7, 2), 2, 3, 3, 2),
    ]:
        A = rng.integers(-3, 4, shape) * 1.0
        n_H, n_W = ((size + 2 * p - f) // s + 1 for size in shape[1:3])
        W = (
            rng.normal(size=(f, f, shape[3], n))
            if n > 1
            else rng.integers(1, 6, (f, f, 1, 1)) + 0.0
        )
        yield rng.integers(1, 9, (shape[0], n_H, n_W, n)) * 1.0, A, W, s, p


def _padded(A: Array, p: int) -> Array:
    return np.pad(A, ((0, 0), (p, p), (p, p), (0, 0)))


def _windows_at(dZ: Array, A: Array, W: Array, p: int) -> Gradients:
    """Take windows that begin at (x, y), whatever the stride."""
    m, n_H, n_W, n = dZ.shape
    f = len(W)
    wide = np.zeros((m, A.shape[1] + 2 * p - f + 1, A.shape[2] + 2 * p - f + 1, n))
    wide[:, :n_H, :n_W] = dZ
    return conv2d_backward(wide, A, W, 1, p)


def _overwriting(dZ: Array, A: Array, W: Array, s: int, p: int) -> Gradients:
    f, d_padded = len(W), np.zeros(_padded(A, p).shape)
    for e, x, y, n in np.ndindex(dZ.shape):
        d_padded[e, x * s : x * s + f, y * s : y * s + f] = dZ[e, x, y, n] * W[..., n]
    _, dW, db = conv2d_backward(dZ, A, W, s, p)
    return d_padded[:, p : p + A.shape[1], p : p + A.shape[2]], dW, db


def _cut_at_minus_p(dZ: Array, A: Array, W: Array, s: int, p: int) -> Gradients:
    dA, dW, db = conv2d_backward(dZ, A, W, s, p)
    return (dA if p else dA[:, 0:0, 0:0]), dW, db


def _without_padding(dZ: Array, A: Array, W: Array, s: int, p: int) -> Gradients:
    if p:
        raise ValueError("a window that leaves the image is smaller than the kernel")
    return conv2d_backward(dZ, A, W, s, p)


def _dA_undilated(dZ: Array, A: Array, W: Array, s: int, p: int) -> Array:
    """Convolve dZ, as it is, with the flipped filters."""
    q = len(W) - 1 - p
    if q < 0:
        raise ValueError("a padding cannot be negative")
    around = np.pad(dZ, ((0, 0), (q, q), (q, q), (0, 0)))
    return conv2d(around, W[::-1, ::-1].swapaxes(2, 3))


def _dW_undilated(dZ: Array, A: Array, W: Array, s: int, p: int) -> Array:
    """Convolve the padded images with dZ, as it is."""
    images, kernels = _padded(A, p).transpose(3, 1, 2, 0), dZ.transpose(1, 2, 0, 3)
    return conv2d(images, kernels).transpose(1, 2, 0, 3)


def _left_over_lost(dZ: Array, A: Array, W: Array, s: int, p: int) -> Gradients:
    dA, dW, db = conv2d_backward(dZ, A, W, s, p)
    n_H, n_W = ((n - 1) * s + len(W) - 2 * p for n in dZ.shape[1:3])
    return dA[:, :n_H, :n_W], dW, db


def _dA_as_far_as_windows(dZ: Array, A: Array, W: Array, s: int, p: int) -> Array:
    n_H, n_W = ((n - 1) * s + len(W) - p for n in dZ.shape[1:3])
    return conv2d_backward(dZ, A, W, s, p)[0][:, :n_H, :n_W]


def _dW_of_last_place(dZ: Array, A: Array, W: Array, s: int, p: int) -> Array:
    last = np.zeros_like(dZ)
    last[-1, -1, -1] = dZ[-1, -1, -1]
    return conv2d_backward(last, A, W, s, p)[1]


def _cut_at_one_side(dZ: Array, A: Array, W: Array, s: int, p: int) -> Array:
    wide = conv2d_backward(dZ, _padded(A, p), W, s, 0)[0]
    return wide[:, : A.shape[1], : A.shape[2]]


def _height_for_width(dZ: Array, A: Array, W: Array, s: int, p: int) -> Gradients:
    n_H, n_W = dZ.shape[1:3]
    if n_W < n_H:
        raise IndexError("there are fewer columns than rows")
    known = dZ * (np.arange(n_W) < n_H)[:, None]
    return conv2d_backward(known, A, W, s, p)


def _change(**parts: Callable[..., Array]) -> Callable[..., Gradients]:
    """Make a backward in which some of dA, dW, db are wrong."""

    def backward(dZ: Array, A: Array, W: Array, s: int, p: int) -> Gradients:
        right = dict(zip(("dA", "dW", "db"), conv2d_backward(dZ, A, W, s, p), strict=True))
        right |= {name: part(dZ, A, W, s, p) for name, part in parts.items()}
        return right["dA"], right["dW"], right["db"]

    return backward


def _dW_of_last(dZ: Array, A: Array, W: Array, s: int, p: int) -> Array:
    return conv2d_backward(dZ[-1:], A[-1:], W, s, p)[1]


def _in_places(places: tuple[int, ...]) -> Callable[..., tuple[Array, ...]]:
    return lambda *arguments: tuple(conv2d_backward(*arguments)[k] for k in places)


LAST_IMAGE = "gradient not summed over the batch"
LAST_IMAGE_HINT = (
    "is that of the last image alone: every image uses the same weights, so add up what all of "
    "them send (+=, or make the zeros before the loop over the images)"
)
DILATE = (
    "with a stride the outputs are s pixels apart: before you convolve with dZ, put s − 1 zeros "
    "between its entries"
)
NOT_AVERAGED = (
    "you divide by the number of images: the 1/m of the mean is in dZ already, from the cost; a "
    "layer only adds up"
)

check_conv_backward = FunctionCheck(
    "conv_backward(dZ, A, W, s, p)",
    right=lambda dZ, A, W, s, p: conv2d_backward(dZ, A, W, s, p),
    cases=_layers,
    parts=("dA", "dW", "db"),
    without=("conv2d_backward", "conv2d_backward_params"),
    suspects=[
        Suspect(
            "stride forgotten",
            "your windows begin at (x, y): that of dZ[:, x, y] begins at (x·s, y·s)",
            lambda dZ, A, W, s, p: _windows_at(dZ, A, W, p),
        ),
        Suspect(
            "stride forgotten",
            "in dA your windows begin at (x, y): that of dZ[:, x, y] begins at (x·s, y·s)",
            _change(dA=lambda dZ, A, W, s, p: _windows_at(dZ, A, W, p)[0]),
        ),
        Suspect(
            "stride forgotten",
            "in dW your windows begin at (x, y): that of dZ[:, x, y] begins at (x·s, y·s)",
            _change(dW=lambda dZ, A, W, s, p: _windows_at(dZ, A, W, p)[1]),
        ),
        Suspect("dilation forgotten", DILATE, _change(dA=_dA_undilated)),
        Suspect("dilation forgotten", DILATE, _change(dW=_dW_undilated)),
        Suspect("dilation forgotten", DILATE, _change(dA=_dA_undilated, dW=_dW_undilated)),
        Suspect(LAST_IMAGE, f"dW {LAST_IMAGE_HINT}", _change(dW=_dW_of_last)),
        Suspect(
            LAST_IMAGE,
            f"db {LAST_IMAGE_HINT}",
            _change(db=lambda dZ, *_: dZ[-1].sum(axis=(0, 1))),
        ),
        Suspect(
            LAST_IMAGE,
            f"each of dW and db {LAST_IMAGE_HINT}",
            _change(dW=_dW_of_last, db=lambda dZ, *_: dZ[-1].sum(axis=(0, 1))),
        ),
        Suspect(
            LAST_IMAGE,
            "db has a row for each image: all images use the same bias, so add up over axis 0 too",
            _change(db=lambda dZ, *_: dZ.sum(axis=(1, 2))),
        ),
        Suspect(
            "mean over the batch",
            NOT_AVERAGED,
            _change(
                dW=lambda dZ, A, W, s, p: conv2d_backward(dZ, A, W, s, p)[1] / len(A),
                db=lambda dZ, A, *_: dZ.sum(axis=(0, 1, 2)) / len(A),
            ),
        ),
        Suspect(
            "mean over the batch",
            NOT_AVERAGED,
            _change(dW=lambda dZ, A, W, s, p: conv2d_backward(dZ, A, W, s, p)[1] / len(A)),
        ),
        Suspect(
            "mean for sum",
            "db is a mean: the bias is added to every output, so the gradients of all outputs "
            "are added up",
            _change(db=lambda dZ, *_: dZ.mean(axis=(0, 1, 2))),
        ),
        Suspect(
            "wrong axis",
            "db has the wrong shape: there is one bias for each filter, so add up over images, "
            "rows and columns, axis=(0, 1, 2)",
            _change(db=lambda dZ, *_: dZ.sum(axis=(0, 1, 2), keepdims=True)),
        ),
        Suspect(
            "wrong axis",
            "db is added up over images only: there is one bias for each filter, so add up over "
            "rows and columns too, axis=(0, 1, 2)",
            _change(db=lambda dZ, *_: dZ.sum(axis=0)),
        ),
        Suspect(
            "overwritten",
            "where windows overlap (and for the second filter), dA keeps only what was sent "
            "last: add it up with +=",
            _overwriting,
        ),
        Suspect(
            "overwritten",
            "dW keeps only what the last window sent: add it up with +=",
            _change(dW=_dW_of_last_place),
        ),
        Suspect(
            "padding not cut off",
            "dA still has its border of p: it must have the shape of A",
            _change(dA=lambda dZ, A, W, s, p: conv2d_backward(dZ, _padded(A, p), W, s, 0)[0]),
        ),
        Suspect(
            "cut on one side only",
            "dA has the shape of A, but is moved by p: the border is on all sides, so cut with "
            "[p : p + n_H]",
            _change(dA=_cut_at_one_side),
        ),
        Suspect(
            "everything cut off",
            "with p = 0 the slice [p:-p] is [0:0], which is empty: cut with [p : p + n_H]",
            _cut_at_minus_p,
        ),
        Suspect(
            "padding forgotten",
            "the windows lie on the padded image: pad A first, and send back into an array of "
            "the padded size",
            _without_padding,
        ),
        Suspect(
            "flipped kernel",
            "with loops over the outputs dA takes the kernel as it is: the flip belongs to the "
            "other way of writing it, as a convolution over dZ",
            _change(dA=lambda dZ, A, W, s, p: conv2d_backward(dZ, A, W[::-1, ::-1], s, p)[0]),
        ),
        Suspect(
            "left-over pixels lost",
            "dA ends where the last window ends: the pixels that no window reaches have the "
            "gradient 0, but they are there",
            _left_over_lost,
        ),
        Suspect(
            "left-over pixels lost",
            "dA ends where the last window ends: the pixels that no window reaches have the "
            "gradient 0, but they are there",
            _change(dA=_dA_as_far_as_windows),
        ),
        Suspect(
            "square assumed",
            "the height is used for the width as well: an image has its own n_W",
            _height_for_width,
        ),
        *(
            Suspect("order of the results", "return dA, dW, db, in this order", _in_places(places))
            for places in permutations(range(3))
            if places != (0, 1, 2)
        ),
    ],
)


# 5 find the bug ----------------------------------------------------------------------------------
def _ada(dZ: Array, A: Array, W: Array, s: int, p: int) -> Gradients:
    return conv2d_backward(dZ, A, W, s, p)


def _ben(dZ: Array, A: Array, W: Array, s: int, p: int) -> Gradients:
    return conv2d_backward(dZ[:, ::-1], A, W, s, p)


def _cleo(dZ: Array, A: Array, W: Array, s: int, p: int) -> Gradients:
    return _change(
        dA=lambda dZ, A, W, s, p: conv2d_backward(dZ, A, W.swapaxes(0, 1), s, p)[0],
    )(dZ, A, W, s, p)


def _dan(dZ: Array, A: Array, W: Array, s: int, p: int) -> Gradients:
    dZ, A, W = dZ.astype(np.float32), A.astype(np.float32), W.astype(np.float32)
    return conv2d_backward(dZ, A, W, s, p)


def _eve(dZ: Array, A: Array, W: Array, s: int, p: int) -> Gradients:
    dA, dW, db = conv2d_backward(dZ, A, W, s, p)
    left = [(n + 2 * p - len(W)) % s for n in A.shape[1:3]]
    return np.roll(dA, left, axis=(1, 2)), dW, db


def _finn(dZ: Array, A: Array, W: Array, s: int, p: int) -> Gradients:
    dA, dW, db = conv2d_backward(dZ, A, W, s, p)
    return dA, dW / len(A), db / len(A)


# the backward of a convolution layer, as six people wrote it: some are right
BACKWARDS: dict[str, Callable[[Array, Array, Array, int, int], Gradients]] = {
    "Ada": _ada,
    "Ben": _ben,
    "Cleo": _cleo,
    "Dan": _dan,
    "Eve": _eve,
    "Finn": _finn,
}
_GUILTY = frozenset({"Ben", "Cleo", "Eve", "Finn"})

check_guilty = AnswerCheck(
    "guilty",
    right=_GUILTY,
    blank=frozenset(),
    mistakes=[
        (
            _GUILTY - {"Ben"},
            "ones as dZ",
            "one mistake is left. It mixes up entries of dZ; is your dZ random?",
        ),
        (
            _GUILTY - {"Cleo"},
            "symmetric kernel",
            "one mistake is left. It mixes up entries of W; is your kernel its own transpose?",
        ),
        (
            _GUILTY - {"Eve"},
            "sizes that divide",
            "one mistake is left. It needs pixels that no window reaches; choose a stride and a "
            "size that leave some over",
        ),
        (_GUILTY - {"Finn"}, "one image", "one mistake is left. Take a batch of several images"),
        (
            _GUILTY | {"Dan"},
            "too strict",
            "one is accused whose errors are as small as float32 can make them: how large is the "
            "error, compared with the gradient?",
        ),
        (
            frozenset(BACKWARDS),
            "everybody",
            "some are right. How large is your ε, and is the cost that you differentiate the sum "
            "of dZ·Z, with the same dZ?",
        ),
        (frozenset({"Ada", "Dan"}), "the innocent", "these are the right ones; name the others"),
    ],
    praise="two are right, and one of them counts in float32",
)


# 6 momentum --------------------------------------------------------------------------------------
def _speeds(rng: np.random.Generator) -> Iterator[Case]:
    """(theta, v, g, eta, mu): parameters, speed, gradient, learning rate, momentum."""
    yield np.array([1.0]), np.array([2.0]), np.array([4.0]), 0.5, 0.25
    yield np.array([1.0, 2.0]), np.zeros(2), np.array([3.0, -1.0]), 0.1, 0.9
    yield np.array([1.0, 2.0]), np.array([-1.0, 1.0]), np.zeros(2), 0.1, 0.5
    yield rng.normal(size=(2, 3)), rng.normal(size=(2, 3)), rng.normal(size=(2, 3)), 0.2, 0.8
    theta, v, g = rng.normal(size=(3, 4, 3))
    yield theta, v, g, 0.05, 0.9


check_momentum_step = FunctionCheck(
    "momentum_step(theta, v, g, eta, mu)",
    right=lambda theta, v, g, eta, mu: (theta - eta * (mu * v + g), mu * v + g),
    cases=_speeds,
    parts=("theta", "v"),
    suspects=[
        Suspect(
            "old speed used",
            "theta moves by the old v: renew v first, then move by the new one",
            lambda theta, v, g, eta, mu: (theta - eta * v, mu * v + g),
        ),
        Suspect(
            "speed not returned",
            "v comes back as it was: the next step needs the new one",
            lambda theta, v, g, eta, mu: (theta - eta * (mu * v + g), v),
        ),
        Suspect(
            "no momentum",
            "this is plain SGD: theta must move by v, not by g",
            lambda theta, v, g, eta, mu: (theta - eta * g, mu * v + g),
        ),
        Suspect(
            "speed forgotten",
            "the new v is g alone: keep mu times the old one",
            lambda theta, v, g, eta, mu: (theta - eta * g, g),
        ),
        Suspect(
            "Nesterov",
            "this is Nesterov's momentum, which looks ahead, d = g + μ·v: here d = v",
            lambda theta, v, g, eta, mu: (theta - eta * (g + mu * (mu * v + g)), mu * v + g),
        ),
        Suspect(
            "running mean",
            "with (1 − μ)·g this is the running mean that Adam keeps: momentum adds g in full",
            lambda theta, v, g, eta, mu: (
                theta - eta * (mu * v + (1 - mu) * g),
                mu * v + (1 - mu) * g,
            ),
        ),
        Suspect(
            "learning rate inside v",
            "your v holds η·g. Some books do it so, but the formula of the task has η outside",
            lambda theta, v, g, eta, mu: (theta - (mu * v + eta * g), mu * v + eta * g),
        ),
        Suspect(
            "learning rate inside v",
            "your v holds −η·g, and is added. Some books do it so, but the formula of the task "
            "has η outside, and a minus",
            lambda theta, v, g, eta, mu: (theta + mu * v - eta * g, mu * v - eta * g),
        ),
        Suspect(
            "minus inside v",
            "your v holds −g, and is added. Some books do it so, but the formula of the task has "
            "the minus in the second line",
            lambda theta, v, g, eta, mu: (theta + eta * (mu * v - g), mu * v - g),
        ),
        Suspect(
            "uphill",
            "v holds −g, and you subtract it: that is a plus, and the cost rises",
            lambda theta, v, g, eta, mu: (theta - eta * (mu * v - g), mu * v - g),
        ),
        Suspect(
            "sign of the momentum",
            "you subtract mu·v from g: momentum keeps going, so the old speed is added",
            lambda theta, v, g, eta, mu: (theta - eta * (g - mu * v), g - mu * v),
        ),
        Suspect(
            "mu at the gradient",
            "mu belongs to the old v, which fades; g comes in full",
            lambda theta, v, g, eta, mu: (theta - eta * (v + mu * g), v + mu * g),
        ),
        Suspect(
            "mu at the gradient",
            "mu belongs to the old v alone, which fades; g comes in full",
            lambda theta, v, g, eta, mu: (theta - eta * mu * (v + g), mu * (v + g)),
        ),
        Suspect(
            "uphill",
            "theta moves with the gradient, and the cost rises: subtract",
            lambda theta, v, g, eta, mu: (theta + eta * (mu * v + g), mu * v + g),
        ),
        Suspect(
            "learning rate forgotten",
            "the step is eta times v",
            lambda theta, v, g, eta, mu: (theta - (mu * v + g), mu * v + g),
        ),
        Suspect(
            "order of the results",
            "return theta first, then v",
            lambda theta, v, g, eta, mu: (mu * v + g, theta - eta * (mu * v + g)),
        ),
    ],
)


# 8 split, then augment ---------------------------------------------------------------------------
def _sets(rng: np.random.Generator) -> Iterator[Case]:
    """(X, y, share, order): images, classes, the dev set's share, a random order."""
    X = np.array([[[0.0, 1.0]], [[2.0, 4.0]], [[6.0, 5.0]], [[9.0, 5.0]]])
    yield X, np.array([0, 1, 0, 1]), 0.5, np.array([2, 3, 0, 1])
    yield X, np.array([1, 0, 0, 1]), 0.5, np.array([2, 1, 3, 0])  # by chance, one class only
    y = np.array([7, 7, 3, 3, 3, 3, 7, 3, 12])  # the dev set gets none of class 12
    yield np.arange(18.0).reshape(9, 1, 2), y, 0.4, np.array([4, 8, 1, 3, 6, 0, 7, 2, 5])
    for counts, share, size in [
        ((4, 4), 0.25, (2, 3)),
        ((8, 4, 6), 0.25, (3, 2)),
        ((9, 5), 0.5, (2, 4)),
    ]:
        y = rng.permutation(np.repeat(np.arange(len(counts)), counts))
        X = rng.integers(0, 100, (len(y), *size)) * 1.0
        yield X, y, share, rng.permutation(len(y))


def _chosen(
    y: Array, share: float, order: Array, whole: Callable[[float], float] = np.floor
) -> tuple[Array, Array]:
    """Positions of the train and the dev set, each class by itself."""
    members = [order[y[order] == c] for c in np.unique(y)]
    dev = np.concatenate([group[: int(whole(share * len(group)))] for group in members])
    return np.setdiff1d(order, dev), dev


def _parted(members: Iterable[Array], share: float) -> tuple[Array, Array]:
    """Positions of the train and the dev set, class by class."""
    parts = [np.split(group, [int(share * len(group))]) for group in members]
    dev, train = (np.concatenate(part) for part in zip(*parts, strict=True))
    return train, dev


def _mirrored(X: Array) -> Array:
    return np.concatenate([X, X[:, :, ::-1]])


Sets = tuple[Array, Array, Array, Array]


def _sets_from(X: Array, y: Array, train: Array, dev: Array) -> Sets:
    mean = X[train].mean()
    return _mirrored(X[train] - mean), np.tile(y[train], 2), X[dev] - mean, y[dev]


def _prepare(X: Array, y: Array, share: float, order: Array) -> Sets:
    return _sets_from(X, y, *_chosen(y, share, order))


def _in_any_order(sets: Sets) -> Sets:
    """Sort the images of each set, so that their order does not count."""
    X, y, X_dev, y_dev = sets
    return (*_sorted(X, y), *_sorted(X_dev, y_dev))


def _sorted(X: Array, y: Array) -> tuple[Array, Array]:
    """The images with their labels, or, if these do not fit, each alone."""
    if not X.ndim or y.shape != X.shape[:1]:
        return _alone(X), _alone(y)
    order = _order(y, X)
    return X[order], y[order]


def _order(*columns: Array) -> Array:
    """The order by the last of these arrays; where that leaves a choice, by those before."""
    tables = (a.reshape(len(a), math.prod(a.shape[1:])) for a in columns)
    return np.lexsort([key for table in tables for key in table.T])


def _alone(X: Array) -> Array:
    return X[_order(X)] if X.size and X.ndim else X


def _augmented_first(X: Array, y: Array, share: float, order: Array) -> Sets:
    X, y = _mirrored(X), np.tile(y, 2)
    train, dev = _chosen(y, share, np.concatenate([order, order + len(order)]))
    mean = X[train].mean()
    return X[train] - mean, y[train], X[dev] - mean, y[dev]


def _all_mirrored(X: Array, y: Array, share: float, order: Array) -> Sets:
    train, dev = _chosen(y, share, order)
    X_train = np.concatenate([X[train], X[:, :, ::-1]])
    mean = X_train.mean()
    return X_train - mean, np.concatenate([y[train], y]), X[dev] - mean, y[dev]


def _without_classes(X: Array, y: Array, share: float, order: Array) -> Sets:
    count = int(share * len(order))
    return _sets_from(X, y, order[count:], order[:count])


def _moved(sets: Sets, train: Any, dev: Any) -> Sets:
    X, y, X_dev, y_dev = sets
    return X + train, y, X_dev + dev, y_dev


def _mean_of_all(X: Array, y: Array, share: float, order: Array) -> Sets:
    mean = X[_chosen(y, share, order)[0]].mean()
    return _moved(_prepare(X, y, share, order), mean - X.mean(), mean - X.mean())


def _own_means(X: Array, y: Array, share: float, order: Array) -> Sets:
    sets = _prepare(X, y, share, order)
    return _moved(sets, 0.0, -sets[2].mean())


def _mean_per_pixel(X: Array, y: Array, share: float, order: Array, mirror_first: bool) -> Sets:
    train, dev = _chosen(y, share, order)
    mean = (_mirrored(X[train]) if mirror_first else X[train]).mean(axis=0)
    X_train = _mirrored(X[train]) - mean if mirror_first else _mirrored(X[train] - mean)
    return X_train, np.tile(y[train], 2), X[dev] - mean, y[dev]


def _replaced(X: Array, y: Array, share: float, order: Array) -> Sets:
    X_train, y_train, X_dev, y_dev = _prepare(X, y, share, order)
    half = len(y_train) // 2
    return X_train[half:], y_train[half:], X_dev, y_dev


def _upside_down(X: Array, y: Array, share: float, order: Array) -> Sets:
    X_train, y_train, X_dev, y_dev = _prepare(X, y, share, order)
    half = X_train[: len(y_train) // 2]
    return np.concatenate([half, half[:, ::-1]]), y_train, X_dev, y_dev


def _labels_once(X: Array, y: Array, share: float, order: Array) -> Sets:
    X_train, y_train, X_dev, y_dev = _prepare(X, y, share, order)
    return X_train, y_train[: len(y_train) // 2], X_dev, y_dev


def _half_a_turn(X: Array, y: Array, share: float, order: Array) -> Sets:
    X_train, y_train, X_dev, y_dev = _prepare(X, y, share, order)
    half = X_train[: len(y_train) // 2]
    return np.concatenate([half, half[:, ::-1, ::-1]]), y_train, X_dev, y_dev


def _labels_in_pairs(X: Array, y: Array, share: float, order: Array) -> Sets:
    members = (order[y[order] == c] for c in np.unique(y))  # the images stand class by class
    train, dev = _parted(members, share)
    X_train, _, X_dev, y_dev = _sets_from(X, y, train, dev)
    return X_train, np.repeat(y[train], 2), X_dev, y_dev


def _not_augmented(X: Array, y: Array, share: float, order: Array) -> Sets:
    X_train, y_train, X_dev, y_dev = _prepare(X, y, share, order)
    half = len(y_train) // 2
    return X_train[:half], y_train[:half], X_dev, y_dev


def _not_centred(X: Array, y: Array, share: float, order: Array) -> Sets:
    mean = X[_chosen(y, share, order)[0]].mean()
    return _moved(_prepare(X, y, share, order), mean, mean)


def _classes_out_of_order(X: Array, y: Array, share: float, order: Array) -> Sets:
    return _sets_from(X, y, *_parted((order[y == c] for c in np.unique(y)), share))


def _classes_below(X: Array, y: Array, share: float, order: Array, end: int) -> Sets:
    """Take the classes to be 0, 1, 2, …, and pass over the others."""
    return _sets_from(X, y, *_parted((order[y[order] == c] for c in range(end)), share))


def _in_order(sets: Sets, *places: int) -> tuple[Array, ...]:
    return tuple(sets[k] for k in places)


def _dev_mirrored(X: Array, y: Array, share: float, order: Array) -> Sets:
    X_train, y_train, X_dev, y_dev = _prepare(X, y, share, order)
    return X_train, y_train, _mirrored(X_dev), np.tile(y_dev, 2)


BEFORE = "augmentation before the split"
PER_PIXEL = "mean over the wrong axis"

check_prepare = FunctionCheck(
    "prepare(X, y, share, order)",
    right=_prepare,
    cases=_sets,
    view=_in_any_order,
    parts=("X_train", "y_train", "X_dev", "y_dev"),
    suspects=[
        Suspect(
            BEFORE,
            "a picture and its mirror image may part, so that the train set holds mirror images "
            "of dev pictures: split first, and mirror the train set only",
            _augmented_first,
        ),
        Suspect(
            BEFORE,
            "the train set holds the mirror images of the dev pictures, too: mirror only what is "
            "in the train set",
            _all_mirrored,
        ),
        Suspect(
            "dev set augmented",
            "the dev set stands for what will be met later: leave its pictures as they are",
            _dev_mirrored,
        ),
        Suspect(
            "not stratified",
            "you take the first of all images, whatever their class: take the share of each "
            "class by itself",
            _without_classes,
        ),
        Suspect(
            "mean of everything",
            "the mean that you subtract knows the dev set: take it from the train set only",
            _mean_of_all,
        ),
        Suspect(
            "two means",
            "you subtract from the dev set its own mean: both sets get the same treatment, with "
            "the mean of the train set",
            _own_means,
        ),
        Suspect(
            "dev set forgotten",
            "the mean is subtracted from the train set only: the network must meet the dev "
            "pictures on the same scale",
            lambda X, y, share, order: _moved(
                _prepare(X, y, share, order), 0.0, X[_chosen(y, share, order)[0]].mean()
            ),
        ),
        Suspect(
            PER_PIXEL,
            "with axis=0 each pixel gets a mean of its own: one number is asked for, the mean of "
            "all pixels of the train set",
            lambda X, y, share, order: _mean_per_pixel(X, y, share, order, False),
        ),
        Suspect(
            PER_PIXEL,
            "with axis=0 each pixel gets a mean of its own: one number is asked for, the mean of "
            "all pixels of the train set",
            lambda X, y, share, order: _mean_per_pixel(X, y, share, order, True),
        ),
        Suspect(
            "order ignored",
            "you take the first images of each class as they stand: take them in the order given",
            lambda X, y, share, order: _prepare(X, y, share, np.arange(len(y))),
        ),
        Suspect(
            "order and classes mixed up",
            "order[y == c] asks for the class at place k, not for that of image order[k]: "
            "the classes in the given order are y[order]",
            _classes_out_of_order,
        ),
        Suspect(
            "not rounded down",
            "⌊ ⌋ rounds down: int() or // does, round() and ceil() do not",
            lambda X, y, share, order: _sets_from(X, y, *_chosen(y, share, order, np.round)),
        ),
        Suspect(
            "not rounded down",
            "⌊ ⌋ rounds down: int() or // does, round() and ceil() do not",
            lambda X, y, share, order: _sets_from(X, y, *_chosen(y, share, order, np.ceil)),
        ),
        Suspect(
            "not rounded down",
            "you take at least one image of each class: ⌊ ⌋ may be 0, and then the dev set gets "
            "none of that class",
            lambda X, y, share, order: _sets_from(
                X, y, *_chosen(y, share, order, lambda k: max(1, k))
            ),
        ),
        Suspect(
            "classes assumed",
            "the classes are what stands in y, and need not be 0, 1, 2, …: np.unique(y) has them",
            lambda X, y, share, order: _classes_below(X, y, share, order, len(np.unique(y))),
        ),
        Suspect(
            "classes assumed",
            "the classes are what stands in y, and need not be 0, …, 9: np.unique(y) has them",
            lambda X, y, share, order: _classes_below(X, y, share, order, 10),
        ),
        Suspect(
            "sets swapped",
            "the share is that of the dev set, and the rest is for training",
            lambda X, y, share, order: _sets_from(X, y, *_chosen(y, share, order)[::-1]),
        ),
        Suspect(
            "not centred",
            "the pixels are as they were: step 3 subtracts the train set's mean from both sets",
            _not_centred,
        ),
        Suspect(
            "not augmented",
            "the train set lacks the mirror images",
            _not_augmented,
        ),
        Suspect(
            "dev set in the train set",
            "the images of the dev set are trained on as well: the sets have none in common",
            lambda X, y, share, order: (
                *_sets_from(X, y, order, order)[:2],
                *_mean_of_all(X, y, share, order)[2:],
            ),
        ),
        Suspect(
            "originals lost",
            "the train set holds the mirror images only: keep the originals beside them",
            _replaced,
        ),
        Suspect(
            "upside down",
            "you mirror upside down: left and right change places along axis 2",
            _upside_down,
        ),
        Suspect(
            "upside down",
            "you turn the pictures by 180°: only left and right change places, along axis 2",
            _half_a_turn,
        ),
        Suspect(
            "labels out of step",
            "np.repeat writes each label twice in a row; the mirror images stand behind all the "
            "others, so write the whole row of labels twice",
            _labels_in_pairs,
        ),
        Suspect(
            "order of the results",
            "return X_train, y_train, X_dev, y_dev, in this order",
            lambda *arguments: _in_order(_prepare(*arguments), 2, 3, 0, 1),
        ),
        Suspect(
            "order of the results",
            "return X_train, y_train, X_dev, y_dev, in this order",
            lambda *arguments: _in_order(_prepare(*arguments), 0, 2, 1, 3),
        ),
        Suspect(
            "labels not repeated",
            "there are twice as many pictures to train on, but the labels are there once",
            _labels_once,
        ),
    ],
)


# 9 read the curves -----------------------------------------------------------------------------
def _curve(
    train: tuple[Array, Array], dev: tuple[Array, Array], eta: float, steps: int
) -> tuple[Array, Array]:
    """Costs of a softmax layer, trained with all images at each step, ten times on the way."""
    W = np.zeros((train[0].shape[1], 10))
    costs = []
    for step in range(steps + 1):
        Z = train[0] @ W
        if step % (steps // 10) == 0:
            costs.append((cross_entropy(Z, train[1]), cross_entropy(dev[0] @ W, dev[1])))
        W = W - eta * train[0].T @ cross_entropy_backward(Z, train[1])
    return np.array([c[0] for c in costs]), np.array([c[1] for c in costs])


def learning_curves() -> dict[str, tuple[Array, Array]]:
    """Train six times on the small digits; return the costs (train, dev) of each.

    A layer of ten logits, float64, all images at each step, so that the numbers are the same on
    every machine. What differs is for the reader to find out.
    """
    X, y = digits()
    X = X.reshape(len(X), -1) / 16
    T, D = (X[:600], y[:600]), (X[600:900], y[600:900])
    chance = np.random.default_rng(0).permutation(600)
    noisy = X[:40] + 0.01 * np.random.default_rng(1).normal(size=(40, 64))
    return {
        "A": _curve(T, D, 0.005, 100),
        "B": _curve((X[:40], y[:40]), D, 4.0, 400),
        "C": _curve(T, D, 0.5, 100),
        "D": _curve((T[0], T[1][chance]), D, 0.5, 100),
        "E": _curve(T, D, 12.0, 10),
        "F": _curve((X[:40], y[:40]), (noisy, y[:40]), 4.0, 400),
    }


_DIAGNOSES = ("rate too small", "over-fits", "healthy", "labels shuffled", "rate too large", "leak")
_READ = {
    "rate too small": "it falls, evenly, and has hardly moved: nothing is wrong but the pace",
    "over-fits": "the train cost goes to 0 while the dev cost rises again",
    "healthy": "both fall, and stay close together",
    "labels shuffled": "a little is learned by heart, and the dev cost never gets below log 10",
    "rate too large": "the cost jumps up and down, and is far above log 10 on the way",
    "leak": "the dev images are nearly train images, so the dev row would be nearly the train row, "
    "down to 0 at the end. Compare the two rows",
}


def _diagnosis(answers: tuple[str, ...]) -> tuple[str, str] | None:
    for run, answer, right in zip("ABCDEF", answers, _DIAGNOSES, strict=True):
        if answer not in _READ:
            return "unknown word", f"{run}: choose one of {', '.join(sorted(_READ))}"
        if answer != right:
            return (
                f"{answer} for {right}",
                f"look at {run} again. {answer!r} would mean: {_READ[answer]}",
            )
    return None


check_diagnosis = AnswerCheck(
    "diagnosis", rule=_diagnosis, like=("",) * 6, praise="you can read a training"
)
