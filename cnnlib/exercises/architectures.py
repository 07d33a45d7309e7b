"""The checks of section 5, Architectures: the block with the skip, its gradient, counts, costs.

Each check lists the mistakes that it can name; book/exercises/5_architectures.ipynb asks the
questions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from cnnlib.exercises._check import AnswerCheck, Case, FunctionCheck, Suspect

__all__ = [
    "check_grows_by_five",
    "check_inception_cost",
    "check_reductions",
    "check_residual",
    "check_residual_backward",
    "check_resnet18_stages",
]

Array = npt.NDArray[Any]


# 1 a block of zeros ------------------------------------------------------------------------------
def _grows(a: Array) -> tuple[str, str] | None:
    if a.shape != (3,):
        return "shape", f"three numbers are asked for; this has shape {a.shape}"
    grown = float(np.maximum(a, 0).sum() - a.sum())
    if grown == 0:
        return "unchanged", "the block gives it back unchanged: no number in it is negative"
    if np.all(a < 0):
        return "nothing left", "nothing of it is left: at least one number must come out unchanged"
    if not np.isclose(grown, 5):
        return "another sum", f"the sum grows by {grown:g}, not by 5"
    return None


check_grows_by_five = AnswerCheck(
    "a", rule=_grows, like=np.zeros(3), praise="all weights are 0, and still it is no identity"
)


# 2 and 3 the block and its gradient --------------------------------------------------------------
def _blocks(rng: np.random.Generator) -> Iterator[Case]:
    """Inputs, weights and biases: small integers first. No number meets the kink of ReLU."""
    crafted: list[tuple[Any, ...]] = [
        ([2], [[3]], [1], [[-1]], [6]),  # the body gives −1, the sum 1
        ([2], [[3]], [-1], [[1]], [-8]),  # the sum is negative
        ([2, -1], [[1, 2], [0, 1]], [-3, 5], [[1, 3], [2, -1]], [1, -2]),
    ]
    for case in crafted:
        yield tuple(np.array(x, float) for x in case)
    for n in (2, 3, 3, 4):
        W1, W2 = rng.normal(size=(2, n, n))
        a, b1, b2 = rng.normal(size=(3, n))
        yield a, W1, b1, W2, b2


def _relu(z: Array) -> Array:
    return np.maximum(z, 0)


def _residual(a: Array, W1: Array, b1: Array, W2: Array, b2: Array) -> Array:
    return _relu(W2 @ _relu(W1 @ a + b1) + b2 + a)


def _body(a: Array, W1: Array, b1: Array, W2: Array, b2: Array) -> Array:
    return W2 @ _relu(W1 @ a + b1) + b2


check_residual = FunctionCheck(
    "residual(a, W1, b1, W2, b2)",
    right=_residual,
    cases=_blocks,
    without=("Residual",),
    suspects=[
        Suspect(
            "skip forgotten",
            "this is a plain stack of two layers: the input a is added before the last ψ",
            lambda *args: _relu(_body(*args)),
        ),
        Suspect(
            "ψ before the addition",
            "you apply ψ to the body and add a afterwards; the article adds first: ψ(z + a)",
            lambda a, *rest: _relu(_body(a, *rest)) + a,
        ),
        Suspect(
            "last ψ forgotten",
            "behind the addition there is a ψ as well",
            lambda a, *rest: _body(a, *rest) + a,
        ),
        Suspect(
            "ψ inside forgotten",
            "between the two layers there is a ψ: without it they are one layer",
            lambda a, W1, b1, W2, b2: _relu(W2 @ (W1 @ a + b1) + b2 + a),
        ),
        Suspect(
            "skip from the middle",
            "you add what the first layer gives; the skip starts before the first layer, at a",
            lambda a, W1, b1, W2, b2: _relu(W2 @ _relu(W1 @ a + b1) + b2 + _relu(W1 @ a + b1)),
        ),
        Suspect(
            "skip from the middle",
            "you add z of the first layer; the skip starts before the first layer, at a",
            lambda a, W1, b1, W2, b2: _relu(W2 @ _relu(W1 @ a + b1) + b2 + W1 @ a + b1),
        ),
        Suspect(
            "added twice",
            "you add a behind the first layer as well: the skip leads over both layers, once",
            lambda a, W1, b1, W2, b2: _relu(W2 @ _relu(W1 @ a + b1 + a) + b2 + a),
        ),
        Suspect(
            "W transposed",
            "row i of W belongs to neuron i: z = W a + b",
            lambda a, W1, b1, W2, b2: _residual(a, W1.T, b1, W2.T, b2),
        ),
        Suspect(
            "bias forgotten",
            "each layer has its bias: z = W a + b",
            lambda a, W1, b1, W2, b2: _residual(a, W1, 0 * b1, W2, 0 * b2),
        ),
        Suspect(
            "bias forgotten",
            "the second layer has its bias, too: b2 is part of the sum",
            lambda a, W1, b1, W2, b2: _residual(a, W1, b1, W2, 0 * b2),
        ),
        Suspect(
            "ψ twice",
            "you apply ψ to the body and to the sum: the article has ψ(z + a), with z as it is",
            lambda a, *rest: _relu(_relu(_body(a, *rest)) + a),
        ),
        Suspect(
            "concatenated",
            "you put the two side by side, as Inception does; ResNet adds them",
            lambda a, *rest: _relu(np.concatenate([_body(a, *rest), a])),
        ),
    ],
)


def _gradients(rng: np.random.Generator) -> Iterator[Case]:
    upstream = [[1.0], [1.0], [1.0, -2.0]]
    for k, case in enumerate(_blocks(rng)):
        n = len(case[0])
        yield (np.array(upstream[k]) if k < len(upstream) else rng.normal(size=n), *case)


def _backward(
    da_out: Array,
    a: Array,
    W1: Array,
    b1: Array,
    W2: Array,
    b2: Array,
    *,
    skip: float = 1.0,
    outer: bool = True,
    inner: bool = True,
) -> Array:
    """The gradient at a; the options leave out the skip's part or a ψ′."""
    z1 = W1 @ a + b1
    z2 = W2 @ _relu(z1) + b2
    dz = da_out * (z2 + a > 0) if outer else da_out
    dz1 = W2.T @ dz * (z1 > 0) if inner else W2.T @ dz
    da: Array = skip * dz + W1.T @ dz1
    return da


def _mask_of_the_body(da_out: Array, a: Array, W1: Array, b1: Array, W2: Array, b2: Array) -> Array:
    z1 = W1 @ a + b1
    dz = da_out * (W2 @ _relu(z1) + b2 > 0)
    da: Array = dz + W1.T @ (W2.T @ dz * (z1 > 0))
    return da


def _mask_at_the_end(da_out: Array, a: Array, W1: Array, b1: Array, W2: Array, b2: Array) -> Array:
    z1 = W1 @ a + b1
    dz = da_out * (W2 @ _relu(z1) + b2 + a > 0)
    da: Array = dz + W1.T @ W2.T @ dz * (z1 > 0)
    return da


def _layers_in_forward_order(
    da_out: Array, a: Array, W1: Array, b1: Array, W2: Array, b2: Array
) -> Array:
    z1 = W1 @ a + b1
    dz = da_out * (W2 @ _relu(z1) + b2 + a > 0)
    da: Array = dz + W2.T @ (W1.T @ dz * (z1 > 0))
    return da


def _untransposed(da_out: Array, a: Array, W1: Array, b1: Array, W2: Array, b2: Array) -> Array:
    z1 = W1 @ a + b1
    dz = da_out * (W2 @ _relu(z1) + b2 + a > 0)
    da: Array = dz + W1 @ (W2 @ dz * (z1 > 0))
    return da


check_residual_backward = FunctionCheck(
    "residual_backward(da_out, a, W1, b1, W2, b2)",
    right=_backward,
    cases=_gradients,
    without=("Residual", "numerical_gradient"),
    suspects=[
        Suspect(
            "skip's part forgotten",
            "a goes two ways, so two gradients come back to it, and they add up",
            lambda *args: _backward(*args, skip=0),
        ),
        Suspect(
            "only the skip",
            "a goes through the body as well: that part of the gradient is missing",
            lambda da_out, a, *rest: da_out * (_body(a, *rest) + a > 0),
        ),
        Suspect(
            "skip around the last ψ",
            "the skip's part goes through the last ψ too, for the addition stands before it: "
            "multiply by ψ′ first",
            lambda da_out, *rest: da_out + _backward(da_out, *rest, skip=0),
        ),
        Suspect(
            "last ψ′ forgotten",
            "the gradient that arrives must first go through the last ψ: where z + a ≤ 0 it is 0",
            lambda *args: _backward(*args, outer=False),
        ),
        Suspect(
            "inner ψ′ forgotten",
            "between the two layers there is a ψ: where its argument is negative nothing passes",
            lambda *args: _backward(*args, inner=False),
        ),
        Suspect(
            "ψ′ at the wrong place",
            "the last ψ acts on z + a, not on z alone: ask where the sum is positive",
            _mask_of_the_body,
        ),
        Suspect(
            "inner ψ′ too late",
            "the inner ψ′ acts before W1ᵀ. Python reads W1.T @ W2.T @ dz * mask from the left, so "
            "the mask comes last: put W2.T @ dz * mask in parentheses",
            _mask_at_the_end,
        ),
        Suspect(
            "bias forgotten",
            "whether a ψ lets pass depends on the biases as well: z = W a + b",
            lambda da_out, a, W1, b1, W2, b2: _backward(da_out, a, W1, 0 * b1, W2, 0 * b2),
        ),
        Suspect(
            "order of the layers",
            "backwards the second layer comes first: W2ᵀ, then ψ′, then W1ᵀ",
            _layers_in_forward_order,
        ),
        Suspect(
            "W not transposed",
            "backwards a gradient meets Wᵀ: neuron i gave its number to row i of W",
            _untransposed,
        ),
    ],
)


# 4 the four stages of ResNet-18 ------------------------------------------------------------------
def _stages(
    norm: int = 2,
    bias: int = 0,
    shortcut: bool = True,
    shortcut_norm: int = 2,
    everywhere: bool = False,
    widened: bool = False,
) -> Array:
    """Parameters of the stages; `norm`: what batch normalisation learns for each channel."""
    counts = []
    for before, n_C in [(64, 64), (64, 128), (128, 256), (256, 512)]:
        first = n_C if widened else before
        weights = 9 * first * n_C + 3 * 9 * n_C * n_C + 4 * (norm + bias) * n_C
        if everywhere or (before != n_C and shortcut):
            weights += before * n_C + (shortcut_norm + bias) * n_C
        counts.append(weights)
    return np.array(counts)


check_resnet18_stages = AnswerCheck(
    "stages",
    right=_stages(),
    mistakes=[
        (
            _stages(norm=0, shortcut_norm=0),
            "batch normalisation forgotten",
            "it learns a γ and a β for each channel, behind each convolution (W_s too)",
        ),
        (
            _stages(bias=1),
            "bias counted",
            "a convolution in front of batch normalisation has no bias: β does its work",
        ),
        (
            _stages(shortcut=False),
            "W_s forgotten",
            "where the number of channels changes, the skip has a learned 1×1 convolution",
        ),
        (
            _stages(shortcut_norm=0),
            "batch normalisation of W_s forgotten",
            "behind W_s there is a batch normalisation as well",
        ),
        (
            _stages(norm=1, shortcut_norm=1),
            "γ without β",
            "batch normalisation learns two numbers for each channel, γ and β; there is no bias",
        ),
        (
            _stages(widened=True),
            "all alike",
            "the first convolution of stages 2, 3 and 4 spans the channels of the stage before: "
            "half as many",
        ),
        (
            _stages(everywhere=True),
            "W_s in stage 1",
            "stage 1 has 64 channels before and after, so its skips learn nothing",
        ),
        (
            _stages(norm=4, shortcut_norm=4),
            "running means counted",
            "the running mean and variance are measured, not learned",
        ),
    ],
    praise="with 9,536 in front and 513,000 behind them they are the 11,689,512 of ResNet-18",
)


# 5 what a block costs ----------------------------------------------------------------------------
def _volumes(rng: np.random.Generator) -> Iterator[Case]:
    yield 1, 1, 1, (1, (1, 1), (1, 1), 1)
    yield 2, 3, 4, (3, (2, 5), (1, 2), 2)
    yield 28, 28, 192, (64, (96, 128), (16, 32), 32)
    yield 28, 28, 256, (128, (128, 192), (32, 96), 64)
    for _ in range(3):
        n_H, n_W, n_C, a, b, c, d, e, g = (int(k) for k in rng.integers(3, 40, 9))
        yield n_H, n_W, n_C, (a, (b, c), (d, e), g)


Widths = tuple[int, tuple[int, int], tuple[int, int], int]


def _convolutions(n_C: int, widths: Widths) -> list[tuple[int, int, int]]:
    """The convolutions of a block, (f, channels in, channels out)."""
    n1, (r3, n3), (r5, n5), n_pool = widths
    behind = [(3, r3, n3), (5, r5, n5), (1, n_C, n_pool)]
    return [(1, n_C, n1), (1, n_C, r3), (1, n_C, r5), *behind]


def _cost(
    n_H: int, n_W: int, chain: list[tuple[int, int, int]], bias: int = 1, bias_work: int = 0
) -> tuple[int, int]:
    parameters = sum((f * f * c + bias) * n for f, c, n in chain)
    return parameters, n_H * n_W * sum((f * f * c + bias_work) * n for f, c, n in chain)


def _inception_cost(n_H: int, n_W: int, n_C: int, widths: Widths) -> tuple[int, int]:
    return _cost(n_H, n_W, _convolutions(n_C, widths))


def _unreduced(n_H: int, n_W: int, n_C: int, widths: Widths) -> tuple[int, int]:
    n1, (_, n3), (_, n5), n_pool = widths
    return _cost(n_H, n_W, [(1, n_C, n1), (3, n_C, n3), (5, n_C, n5), (1, n_C, n_pool)])


check_inception_cost = FunctionCheck(
    "inception_cost(n_H, n_W, n_C, widths)",
    right=_inception_cost,
    cases=_volumes,
    without=("inception_block", "summary", "multiply_adds"),
    suspects=[
        Suspect(
            "behind the pooling forgotten",
            "the pooling branch has a 1×1 convolution as well, on all n_C channels",
            lambda n_H, n_W, n_C, widths: _cost(n_H, n_W, _convolutions(n_C, widths)[:-1]),
        ),
        Suspect(
            "1×1 branch forgotten",
            "the first branch is a 1×1 convolution with n_1 filters, and nothing else",
            lambda n_H, n_W, n_C, widths: _cost(n_H, n_W, _convolutions(n_C, widths)[1:]),
        ),
        Suspect(
            "behind the pooling",
            "pooling keeps the number of channels, so the 1×1 behind it spans all n_C",
            lambda n_H, n_W, n_C, widths: _cost(
                n_H, n_W, [*_convolutions(n_C, widths)[:-1], (1, widths[3], widths[3])]
            ),
        ),
        Suspect(
            "multiplications and additions counted",
            "a multiply-add is one: a product that is added up",
            lambda *args: (_inception_cost(*args)[0], 2 * _inception_cost(*args)[1]),
        ),
        Suspect(
            "reductions not counted",
            "the 1×1 convolutions in front have parameters and work of their own",
            lambda n_H, n_W, n_C, widths: _cost(
                n_H, n_W, [c for k, c in enumerate(_convolutions(n_C, widths)) if k not in (1, 2)]
            ),
        ),
        Suspect(
            "reductions not used",
            "the 3×3 and the 5×5 see what the reduction in front of them gives, not all n_C",
            _unreduced,
        ),
        Suspect(
            "bias forgotten",
            "each filter has a bias, and it is a parameter",
            lambda n_H, n_W, n_C, widths: _cost(n_H, n_W, _convolutions(n_C, widths), bias=0),
        ),
        Suspect(
            "bias counted as work",
            "adding a bias is no multiplication: the book does not count it",
            lambda n_H, n_W, n_C, widths: _cost(n_H, n_W, _convolutions(n_C, widths), 1, 1),
        ),
        Suspect(
            "f for f²",
            "a filter is f×f: it has f² weights for each channel",
            lambda *args: _rooted(*args),
        ),
        Suspect(
            "places forgotten",
            "each weight works at every one of the n_H·n_W places",
            lambda n_H, n_W, n_C, widths: _cost(1, 1, _convolutions(n_C, widths)),
        ),
        Suspect(
            "order swapped",
            "the two counts have changed places: parameters first, then multiply-adds",
            lambda *args: _inception_cost(*args)[::-1],
        ),
    ],
)


def _rooted(n_H: int, n_W: int, n_C: int, widths: Widths) -> tuple[int, int]:
    chain = _convolutions(n_C, widths)
    parameters = sum((f * c + 1) * n for f, c, n in chain)
    return parameters, n_H * n_W * sum(f * c * n for f, c, n in chain)


# 6 a budget --------------------------------------------------------------------------------------
def _reductions(pair: Array) -> tuple[str, str] | None:
    if pair.shape != (2,):
        return "shape", f"two numbers are asked for, r_3 and r_5; this has shape {pair.shape}"
    if not np.array_equal(pair, np.round(pair)):
        return "not whole", "a layer has a whole number of filters: round down, r_5 first"
    if abs(pair).max() > 10_000:
        return "too much work", "that is more filters than any budget allows"
    r3, r5 = (int(r) for r in pair)
    if r3 != 4 * r5 or r5 < 1:
        return "not 4 to 1", f"r_3 must be 4 times r_5; here they are {r3} and {r5}"
    _, work = _inception_cost(28, 28, 192, (64, (r3, 128), (r5, 32), 32))
    if work > 90_000_000:
        return "too much work", f"with r_5 = {r5} the block takes {work:,} multiply-adds"
    _, more = _inception_cost(28, 28, 192, (64, (r3 + 4, 128), (r5 + 1, 32), 32))
    if more <= 90_000_000:
        return "not the largest", f"r_5 = {r5} is within the budget, but r_5 = {r5 + 1} is too"
    return None


check_reductions = AnswerCheck(
    "reductions", rule=_reductions, like=np.zeros(2, int), praise="70 % of the work of 3a"
)
