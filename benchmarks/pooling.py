"""The same pooling in each library: function (kind, m, n_H, …) → tasks, by their names."""

from __future__ import annotations

import numpy as np
from convolution import output_shape
from race import Task


def arrays(m: int, n_H: int, n_W: int, n_C: int, f: int, s: int, p: int) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    shapes = (m, n_H, n_W, n_C), output_shape(m, n_H, n_W, f, n_C, s, p)
    return [rng.standard_normal(shape).astype("float32") for shape in shapes]


def cnnlib(kind: str, *case) -> dict[str, Task]:
    from cnnlib import layers

    (A, dZ), how = arrays(*case), case[4:]
    layer = {"max": layers.MaxPool2D, "avg": layers.AvgPool2D}[kind](*how)

    def both() -> list[np.ndarray]:
        Z = layer.forward(A, training=True)
        return [Z, layer.backward(dZ)]

    return {"forward": lambda: layer.forward(A), "forward and backward": both}


def torch(kind: str, *case, layout: str = "contiguous_format") -> dict[str, Task]:
    import torch
    from torch.nn import functional

    torch.set_num_threads(1)
    pool = {"max": functional.max_pool2d, "avg": functional.avg_pool2d}[kind]
    A, dZ = (
        torch.from_numpy(x)
        .permute(0, 3, 1, 2)
        .clone()
        .contiguous(memory_format=getattr(torch, layout))
        for x in arrays(*case)
    )
    A.requires_grad_()

    def forward() -> np.ndarray:
        with torch.no_grad():
            return pool(A, *case[4:]).numpy().transpose(0, 2, 3, 1)

    def both() -> list[np.ndarray]:
        Z = pool(A, *case[4:])
        (dA,) = torch.autograd.grad(Z, A, dZ)
        return [x.numpy().transpose(0, 2, 3, 1) for x in (Z.detach(), dA)]

    return {"forward": forward, "forward and backward": both}


def torch_channels_last(kind: str, *case) -> dict[str, Task]:
    return torch(kind, *case, layout="channels_last")
