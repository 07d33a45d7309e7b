"""The block of GoogLeNet."""

from __future__ import annotations

import numpy as np

from cnnlib.blocks import Concat, Sequential
from cnnlib.layers import Conv2D, Layer, MaxPool2D, ReLU


def inception_block(
    in_channels: int,
    conv1: int,
    conv3: tuple[int, int],
    conv5: tuple[int, int],
    pool: int,
    *,
    rng: np.random.Generator,
) -> Concat:
    """Build the four branches of GoogLeNet's block, side by side on the channels.

    1×1; 1×1 then 3×3; 1×1 then 5×5; 3×3 max-pooling then 1×1. The 1×1 convolutions in front make
    the expensive ones see fewer channels. Each convolution is followed by ReLU and keeps n_H × n_W.

    Parameters
    ----------
    in_channels : int ≥ 1
    conv1 : int ≥ 1
        Filters of the 1×1 branch.
    conv3, conv5 : (int, int), each ≥ 1
        Filters of the 1×1 reduction, and of the 3×3 (5×5) convolution behind it.
    pool : int ≥ 1
        Filters of the 1×1 convolution behind the pooling.
    rng : np.random.Generator

    Returns
    -------
    Concat
        From (n_H, n_W, in_channels) to (n_H, n_W, conv1 + conv3[1] + conv5[1] + pool).

    Raises
    ------
    TypeError, ValueError
        A size is not an integer ≥ 1, or rng is not a generator.

    References
    ----------
    Szegedy et al., *Going deeper with convolutions*, arXiv 1409.4842, figure 2(b) and table 1.

    Examples
    --------
    Block 3a of the table, from 192 to 256 channels; the paper gives 128 M operations.

    >>> block = inception_block(192, 64, (96, 128), (16, 32), 32, rng=np.random.default_rng(0))
    >>> block.output_shape((28, 28, 192)), block.multiply_adds((28, 28, 192))
    ((28, 28, 256), 128049152)
    """

    def convolution(n_C_prev: int, n_C: int, f: int) -> list[Layer]:
        return [Conv2D(n_C_prev, n_C, f, padding=(f - 1) // 2, rng=rng), ReLU()]

    (reduce3, n3), (reduce5, n5) = conv3, conv5
    return Concat(
        Sequential(*convolution(in_channels, conv1, 1)),
        Sequential(*convolution(in_channels, reduce3, 1), *convolution(reduce3, n3, 3)),
        Sequential(*convolution(in_channels, reduce5, 1), *convolution(reduce5, n5, 5)),
        Sequential(MaxPool2D(3, stride=1, padding=1), *convolution(in_channels, pool, 1)),
    )
