"""Layers: each is a function of `cnnlib.functional` with its parameters and what backward needs.

`forward(A, training=False)` computes the output; `backward(dZ)` goes back through the last forward
in training, returns dA and fills `grads`. See `Layer` for what all of them have in common.
"""

from cnnlib.layers.activations import LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from cnnlib.layers.base import Layer, Path, Window
from cnnlib.layers.convolution import Conv2D
from cnnlib.layers.dense import Dense, Flatten, Identity, PadChannels
from cnnlib.layers.normalisation import BatchNorm2D, Dropout
from cnnlib.layers.pooling import AvgPool2D, GlobalAvgPool2D, MaxPool2D

__all__ = [
    "AvgPool2D",
    "BatchNorm2D",
    "Conv2D",
    "Dense",
    "Dropout",
    "Flatten",
    "GlobalAvgPool2D",
    "Identity",
    "Layer",
    "LeakyReLU",
    "MaxPool2D",
    "PadChannels",
    "Path",
    "ReLU",
    "Sigmoid",
    "Softmax",
    "Tanh",
    "Window",
]
