"""The same network in PyTorch, with the same weights: what cnnlib is measured against."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from cnnlib import layers
from cnnlib.blocks import Sequential


def twin(model: Sequential, input_shape: tuple[int, int, int]) -> nn.Sequential:
    """Build the PyTorch network of a cnnlib one: channels first, else number for number the same.

    `input_shape` is that of one image, (n_H, n_W, n_C).
    """
    shape, modules = input_shape, []
    order = None  # where each of cnnlib's flattened features stands in PyTorch's order
    for layer in model:
        modules.append(_module(layer, order))
        if isinstance(layer, layers.Flatten):
            order = np.arange(np.prod(shape)).reshape(shape).transpose(2, 0, 1).ravel()
        elif isinstance(layer, layers.Dense):
            order = None
        shape = layer.output_shape(shape)
    return nn.Sequential(*modules)


def _module(layer: layers.Layer, order: np.ndarray | None) -> nn.Module:
    match layer:
        case layers.Conv2D():
            f, s, p = layer.kernel_size, layer.stride, layer.padding
            conv = nn.Conv2d(layer.in_channels, layer.out_channels, f, s, p)
            return _with(conv, layer.params["W"].transpose(3, 2, 0, 1), layer.params["b"])
        case layers.Dense():
            W = layer.params["W"]
            W = W if order is None else W[order]
            return _with(nn.Linear(*W.shape), W.T, layer.params["b"])
        case layers.MaxPool2D():
            return nn.MaxPool2d(layer.kernel_size, layer.stride, layer.padding)
        case layers.AvgPool2D():
            return nn.AvgPool2d(layer.kernel_size, layer.stride, layer.padding)
        case layers.ReLU():
            return nn.ReLU()
        case layers.Tanh():
            return nn.Tanh()
        case layers.Flatten():
            return nn.Flatten()
    raise NotImplementedError(f"no twin of {layer!r}")


def _with(module: nn.Module, weight: np.ndarray, bias: np.ndarray) -> nn.Module:
    with torch.no_grad():
        module.weight.copy_(torch.from_numpy(np.ascontiguousarray(weight)))
        module.bias.copy_(torch.from_numpy(bias.copy()))
    return module
