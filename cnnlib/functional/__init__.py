"""Pure functions, each beside its equation: arrays go in, new arrays come out.

`from cnnlib import functional as F` has them all; each file is one noun.
"""

from cnnlib.functional.activations import (
    leaky_relu,
    leaky_relu_backward,
    log_softmax,
    log_softmax_backward,
    relu,
    relu_backward,
    sigmoid,
    sigmoid_backward,
    softmax,
    softmax_backward,
    tanh,
    tanh_backward,
)
from cnnlib.functional.convolution import (
    conv2d,
    conv2d_backward,
    conv2d_backward_params,
    correlate2d,
    output_size,
    pad2d,
)
from cnnlib.functional.dense import (
    dense,
    dense_backward,
)
from cnnlib.functional.losses import (
    cross_entropy,
    cross_entropy_backward,
    mean_squared_error,
    mean_squared_error_backward,
)
from cnnlib.functional.normalisation import (
    batch_norm,
    batch_norm_backward,
    dropout,
    dropout_backward,
)
from cnnlib.functional.pooling import (
    avg_pool2d,
    avg_pool2d_backward,
    max_pool2d,
    max_pool2d_backward,
    max_pool2d_with_winners,
)

__all__ = [
    "avg_pool2d",
    "avg_pool2d_backward",
    "batch_norm",
    "batch_norm_backward",
    "conv2d",
    "conv2d_backward",
    "conv2d_backward_params",
    "correlate2d",
    "cross_entropy",
    "cross_entropy_backward",
    "dense",
    "dense_backward",
    "dropout",
    "dropout_backward",
    "leaky_relu",
    "leaky_relu_backward",
    "log_softmax",
    "log_softmax_backward",
    "max_pool2d",
    "max_pool2d_backward",
    "max_pool2d_with_winners",
    "mean_squared_error",
    "mean_squared_error_backward",
    "output_size",
    "pad2d",
    "relu",
    "relu_backward",
    "sigmoid",
    "sigmoid_backward",
    "softmax",
    "softmax_backward",
    "tanh",
    "tanh_backward",
]
