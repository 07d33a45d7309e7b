"""Networks that a chapter can train: LeNet-5, and the book's working example."""

from __future__ import annotations

import numpy as np

from cnnlib.blocks import Sequential
from cnnlib.init import Shape, glorot_uniform
from cnnlib.layers import AvgPool2D, Conv2D, Dense, Flatten, MaxPool2D, ReLU, Tanh


def lenet5(*, rng: np.random.Generator) -> Sequential:
    """Build LeNet-5 for grey images of 28×28 and ten classes: 61,706 parameters.

    LeCun's 32×32 image is the 28×28 one with a border of 2, here the padding of the first layer. As
    in most code that bears the name, and unlike the paper: C3 sees all six maps of S2 (the paper
    picks some), pooling has no weights, tanh is not scaled, and the ten outputs are logits for
    `cross_entropy` (the paper has radial basis functions). With its own variants the paper counts
    60,000.

    Parameters
    ----------
    rng : np.random.Generator

    Returns
    -------
    Sequential
        From (28, 28, 1) to (10,).

    Raises
    ------
    TypeError
        rng is not a generator.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner, *Gradient-based learning applied to document recognition*,
    Proceedings of the IEEE, 1998, section II.B and figure 2.

    Examples
    --------
    >>> lenet5(rng=np.random.default_rng(0)).summary((28, 28, 1)).parameters
    61706
    """
    return Sequential(
        Conv2D(1, 6, kernel_size=5, padding=2, rng=rng, init=glorot_uniform),  # C1: 6@28×28
        Tanh(),
        AvgPool2D(2),  # S2: 6@14×14
        Conv2D(6, 16, kernel_size=5, rng=rng, init=glorot_uniform),  # C3: 16@10×10
        Tanh(),
        AvgPool2D(2),  # S4: 16@5×5
        Flatten(),
        Dense(400, 120, rng=rng, init=glorot_uniform),  # C5
        Tanh(),
        Dense(120, 84, rng=rng, init=glorot_uniform),  # F6
        Tanh(),
        Dense(84, 10, rng=rng, init=glorot_uniform),
    )


def small_cnn(
    input_shape: Shape = (28, 28, 1), classes: int = 10, *, rng: np.random.Generator
) -> Sequential:
    """Build the book's working example: twice CONV, POOL, ReLU with 16 and 32 filters, then FC.

    Pooling comes before ReLU: the largest of the ReLUs is the ReLU of the largest, and that way
    there are four times fewer of them to compute.

    Two recipes for clothes, with `rng` for the weights and for `fit`, and images divided by 255:

    - The part of Fashion-MNIST that ships, 2,000 images: 12 epochs in batches of 32 with
      ``Adam(cosine(0.003, steps=12 * 63))`` take about 6 seconds, and 88 to 90 % of the 500 test
      images are right.
    - All 60,000 images: 2 epochs in batches of 64 with ``Adam(cosine(0.005, steps=2 * 938))`` take
      about half a minute, and 90 % of the 10,000 test images are right.

    Parameters
    ----------
    input_shape : (n_H, n_W, n_C)
        Of one image, at least 4×4.
    classes : int ≥ 1
        How many logits come out.
    rng : np.random.Generator

    Returns
    -------
    Sequential
        From `input_shape` to (classes,).

    Raises
    ------
    TypeError, ValueError
        A size is not an integer or too small.

    References
    ----------
    The order CONV, POOL, CONV, POOL, FC is LeNet-5's: see `lenet5`.

    Examples
    --------
    >>> small_cnn(rng=np.random.default_rng(0)).summary((28, 28, 1)).parameters
    20490
    """
    if len(input_shape) != 3:
        raise ValueError(
            f"small_cnn: input_shape is {input_shape}, but an image is (n_H, n_W, n_C): a grey one "
            f"has n_C = 1"
        )
    features = Sequential(
        Conv2D(input_shape[-1], 16, kernel_size=3, padding=1, rng=rng),
        MaxPool2D(2),
        ReLU(),
        Conv2D(16, 32, kernel_size=3, padding=1, rng=rng),
        MaxPool2D(2),
        ReLU(),
        Flatten(),
    )
    (n,) = features.output_shape(tuple(input_shape))
    return Sequential(*features, Dense(n, classes, rng=rng))
