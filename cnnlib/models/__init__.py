"""Networks of the literature, built from layers and blocks; their tables are `model.summary(…)`."""

from cnnlib.models.inception import inception_block
from cnnlib.models.residual import (
    pad_shortcut,
    plain,
    project_shortcut,
    residual_block,
    resnet,
)
from cnnlib.models.small import lenet5, small_cnn

__all__ = [
    "inception_block",
    "lenet5",
    "pad_shortcut",
    "plain",
    "project_shortcut",
    "residual_block",
    "resnet",
    "small_cnn",
]
