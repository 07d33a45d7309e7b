"""Residual networks, and plain ones to compare them with."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from cnnlib import _checks as check
from cnnlib.blocks import Residual, Sequential
from cnnlib.layers import (
    AvgPool2D,
    BatchNorm2D,
    Conv2D,
    Dense,
    GlobalAvgPool2D,
    Identity,
    Layer,
    PadChannels,
    ReLU,
)

Shortcut: TypeAlias = Callable[[int, int, int, np.random.Generator], Layer]


def pad_shortcut(
    in_channels: int, out_channels: int, stride: int, rng: np.random.Generator
) -> Layer:
    """Build a fixed shortcut, option A of He et al.: every s-th pixel, and new channels of zeros.

    Parameters
    ----------
    in_channels, out_channels, stride : int ≥ 1
        What the body does to the shape.
    rng : np.random.Generator
        Not used: nothing is learned.

    Returns
    -------
    Layer
        From (n_H, n_W, in_channels) to (⌈n_H/s⌉, ⌈n_W/s⌉, out_channels).

    Raises
    ------
    TypeError, ValueError
        A size is not an integer ≥ 1, or rng is not a generator.

    References
    ----------
    He et al., arXiv 1512.03385, section 4.1.

    Examples
    --------
    >>> pad_shortcut(16, 32, 2, np.random.default_rng(0)).output_shape((32, 32, 16))
    (16, 16, 32)
    """
    if (in_channels, stride) == (out_channels, 1):
        return Identity()
    return Sequential(AvgPool2D(1, stride=stride), PadChannels(out_channels - in_channels))


def project_shortcut(
    in_channels: int, out_channels: int, stride: int, rng: np.random.Generator
) -> Layer:
    """Build a learned shortcut where the shape changes, option B of He et al.: a 1×1 convolution.

    Parameters
    ----------
    in_channels, out_channels, stride : int ≥ 1
        What the body does to the shape.
    rng : np.random.Generator

    Returns
    -------
    Layer
        From (n_H, n_W, in_channels) to (⌈n_H/s⌉, ⌈n_W/s⌉, out_channels).

    Raises
    ------
    TypeError, ValueError
        A size is not an integer ≥ 1, or rng is not a generator.

    References
    ----------
    He et al., arXiv 1512.03385, equation 2 and section 4.1.

    Examples
    --------
    >>> project_shortcut(16, 32, 2, np.random.default_rng(0)).output_shape((32, 32, 16))
    (16, 16, 32)
    """
    if (in_channels, stride) == (out_channels, 1):
        return Identity()
    return Sequential(
        Conv2D(in_channels, out_channels, 1, stride, bias=False, rng=rng), BatchNorm2D(out_channels)
    )


def residual_block(
    in_channels: int,
    out_channels: int,
    stride: int = 1,
    shortcut: Shortcut = pad_shortcut,
    *,
    rng: np.random.Generator,
) -> Sequential:
    """Build two 3×3 convolutions with a shortcut around them: a = ReLU(body(x) + shortcut(x)).

    Parameters
    ----------
    in_channels, out_channels : int ≥ 1
    stride : int ≥ 1
        Of the first convolution.
    shortcut : function (in_channels, out_channels, stride, rng) → Layer
        `pad_shortcut`, `project_shortcut` or your own.
    rng : np.random.Generator

    Returns
    -------
    Sequential
        From (n_H, n_W, in_channels) to (⌈n_H/s⌉, ⌈n_W/s⌉, out_channels).

    Raises
    ------
    TypeError, ValueError
        A size is not an integer ≥ 1, or rng is not a generator.

    References
    ----------
    He et al., arXiv 1512.03385, figure 2, with batch normalisation after each convolution
    (section 3.4).

    Examples
    --------
    >>> residual_block(16, 32, stride=2, rng=np.random.default_rng(0)).output_shape((32, 32, 16))
    (16, 16, 32)
    """
    body = _two_convolutions(in_channels, out_channels, stride, rng)
    return Sequential(Residual(body, shortcut(in_channels, out_channels, stride, rng)), ReLU())


def resnet(
    depth: int,
    input_channels: int = 3,
    classes: int = 10,
    shortcut: Shortcut = pad_shortcut,
    *,
    rng: np.random.Generator,
) -> Sequential:
    """Build the ResNet of 6n + 2 layers that He et al. train on CIFAR-10.

    A 3×3 convolution; three stages of n residual blocks with 16, 32 and 64 filters, on n_H×n_W
    pixels, a half and a quarter of that each way; global average pooling; a fully connected layer.

    Parameters
    ----------
    depth : int
        6n + 2 with n ≥ 1: 8, 14, 20, 32, 44, 56, 110, …
    input_channels, classes : int ≥ 1
    shortcut : function (in_channels, out_channels, stride, rng) → Layer
        `pad_shortcut` (the paper's choice here, nothing to learn) or `project_shortcut`.
    rng : np.random.Generator

    Returns
    -------
    Sequential
        From (n_H, n_W, input_channels), 32×32 in the paper, to (classes,).

    Raises
    ------
    TypeError, ValueError
        depth is not an integer, or not 6n + 2.

    References
    ----------
    He et al., *Deep residual learning for image recognition*, arXiv 1512.03385, section 4.2; its
    table 6 has 0.27 M parameters for 20 layers.

    Examples
    --------
    >>> resnet(20, rng=np.random.default_rng(0)).summary((32, 32, 3)).parameters
    269722
    """

    def block(n_C_prev: int, n_C: int, stride: int) -> Layer:
        return residual_block(n_C_prev, n_C, stride, shortcut, rng=rng)

    return _stages("resnet", depth, input_channels, classes, block, rng)


def plain(
    depth: int, input_channels: int = 3, classes: int = 10, *, rng: np.random.Generator
) -> Sequential:
    """Build the same network as `resnet(depth)` without the shortcuts.

    Its parameters are as many, and with the same rng they are the same.

    Parameters
    ----------
    depth, input_channels, classes, rng
        As for `resnet`.

    Returns
    -------
    Sequential
        From (n_H, n_W, input_channels) to (classes,).

    Raises
    ------
    TypeError, ValueError
        A size is not an integer ≥ 1, or rng is not a generator.

    References
    ----------
    He et al., arXiv 1512.03385, section 4.2 and figure 6.

    Examples
    --------
    >>> plain(20, rng=np.random.default_rng(0)).summary((32, 32, 3)).parameters
    269722
    """

    def block(n_C_prev: int, n_C: int, stride: int) -> Layer:
        return Sequential(_two_convolutions(n_C_prev, n_C, stride, rng), ReLU())

    return _stages("plain", depth, input_channels, classes, block, rng)


def _two_convolutions(n_C_prev: int, n_C: int, s: int, rng: np.random.Generator) -> Sequential:
    """The body F of a residual block."""
    return Sequential(
        Conv2D(n_C_prev, n_C, 3, stride=s, padding=1, bias=False, rng=rng),
        BatchNorm2D(n_C),
        ReLU(),
        Conv2D(n_C, n_C, 3, padding=1, bias=False, rng=rng),
        BatchNorm2D(n_C),
    )


def _stages(
    call: str,
    depth: int,
    input_channels: int,
    classes: int,
    block: Callable[[int, int, int], Layer],
    rng: np.random.Generator,
) -> Sequential:
    """The frame that plain and residual networks share."""
    n, rest = divmod(check.integer(call, "depth", depth, 8) - 2, 6)
    if rest:
        raise ValueError(
            f"{call}: depth is {depth}, but it must be 6n + 2 (three stages of n blocks of two "
            f"convolutions, one convolution before, one dense layer after): use {6 * n + 2} or "
            f"{6 * n + 8}"
        )
    first = [Conv2D(input_channels, 16, 3, padding=1, bias=False, rng=rng), BatchNorm2D(16), ReLU()]
    stages = [
        *(block(16, 16, 1) for _ in range(n)),
        *(block(16 if i == 0 else 32, 32, 2 if i == 0 else 1) for i in range(n)),
        *(block(32 if i == 0 else 64, 64, 2 if i == 0 else 1) for i in range(n)),
    ]
    return Sequential(*first, *stages, GlobalAvgPool2D(), Dense(64, classes, rng=rng))
