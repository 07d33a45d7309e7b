"""The same convolution in each library: function (m, n_H, …, dtype) → tasks, by their names."""

from __future__ import annotations

import numpy as np
from race import Task


def output_shape(
    m: int, n_H: int, n_W: int, f: int, n_C: int, s: int, p: int
) -> tuple[int, int, int, int]:
    return m, (n_H + 2 * p - f) // s + 1, (n_W + 2 * p - f) // s + 1, n_C


def arrays(
    m: int, n_H: int, n_W: int, n_C_prev: int, f: int, n_C: int, s: int, p: int, dtype: str
) -> list[np.ndarray]:
    """A, W, b and the gradient dZ: in every process the same."""
    rng = np.random.default_rng(0)
    Z_shape = output_shape(m, n_H, n_W, f, n_C, s, p)
    shapes = (m, n_H, n_W, n_C_prev), (f, f, n_C_prev, n_C), (n_C,), Z_shape
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def tasks(dtype: str, forward: Task, backward: Task) -> dict[str, Task]:
    """In float64 forward only: not every shape and layout has a backward in PyTorch there."""
    return (
        {"forward": forward, "backward": backward} if dtype == "float32" else {"forward": forward}
    )


def cnnlib(*case) -> dict[str, Task]:
    import cnnlib as cnn

    (A, W, b, dZ), (s, p, dtype) = arrays(*case), case[6:]

    def forward() -> np.ndarray:
        return cnn.conv2d(A, W, b, s, p)

    def backward() -> tuple[np.ndarray, ...]:
        return cnn.conv2d_backward(dZ, A, W, s, p)

    return tasks(dtype, forward, backward)


def matmul(*case) -> dict[str, Task]:
    """The matrix product that the convolution is, when all patches are made already; no bias."""
    (A, W, _, dZ), (f, n_C, s, p) = arrays(*case), case[4:8]
    padded = np.pad(A, ((0, 0), (p, p), (p, p), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (f, f), axis=(1, 2))[:, ::s, ::s]
    patches = windows.transpose(0, 1, 2, 4, 5, 3).reshape(-1, W[..., 0].size)
    filters, Z = W.reshape(-1, n_C), np.empty((dZ.size // n_C, n_C), dZ.dtype)
    return {"product": lambda: np.matmul(patches, filters, out=Z)}


def torch(*case, layout: str = "contiguous_format") -> dict[str, Task]:
    """What is given is in the layout already, and what comes out stays in it."""
    import torch
    from torch.nn.functional import conv2d

    torch.set_num_threads(1)
    channels_first, last = (0, 3, 1, 2), {"memory_format": getattr(torch, layout)}
    A, W, b, dZ = (torch.from_numpy(x) for x in arrays(*case))
    A, dZ = (x.permute(channels_first).clone().contiguous(**last) for x in (A, dZ))
    W = W.permute(3, 2, 0, 1).clone().contiguous(**last)
    A, W, b = (x.requires_grad_() for x in (A, W, b))
    s, p, dtype = case[6:]
    Z = conv2d(A, W, b, s, p)

    def forward() -> np.ndarray:
        with torch.no_grad():
            return conv2d(A, W, b, s, p).numpy().transpose(0, 2, 3, 1)

    def backward() -> list[np.ndarray]:
        dA, dW, db = torch.autograd.grad(Z, (A, W, b), dZ, retain_graph=True)
        return [dA.numpy().transpose(0, 2, 3, 1), dW.numpy().transpose(2, 3, 1, 0), db.numpy()]

    return tasks(dtype, forward, backward)


def torch_channels_last(*case) -> dict[str, Task]:
    return torch(*case, layout="channels_last")


def scipy(*case, method: str = "direct") -> dict[str, Task]:
    """One image, one filter at a time; SciPy has no stride, no batch, no padding."""
    from scipy import signal

    A, W, b, _ = arrays(*case)
    m, n_C, s, p = case[0], *case[5:8]
    if (m, s, p) != (1, 1, 0):
        return {}

    def forward() -> np.ndarray:
        each = [signal.correlate(A[0], W[..., n], "valid", method)[..., 0] for n in range(n_C)]
        return np.stack(each, axis=-1)[np.newaxis] + b

    return {"forward": forward}


def scipy_fft(*case) -> dict[str, Task]:
    return scipy(*case, method="fft")


def numpy_ml(*case) -> dict[str, Task]:
    import collections

    collections.Hashable = collections.abc.Hashable  # where numpy-ml 0.1.2 looks for it
    from numpy_ml.neural_nets.layers import Conv2D

    (A, W, b, dZ), (f, n_C, s, p, dtype) = arrays(*case), case[4:]
    layer = Conv2D(n_C, (f, f), pad=p, stride=s)
    layer.forward(A)  # the parameters get their shapes
    layer.parameters = {"W": W, "b": b.reshape(1, 1, 1, -1)}

    def forward() -> np.ndarray:
        return layer.forward(A, retain_derived=False)

    def backward() -> list[np.ndarray]:
        layer.gradients = {"W": np.zeros_like(W), "b": np.zeros((1, 1, 1, n_C), dtype)}
        dA = layer.backward(dZ)
        return [dA, layer.gradients["W"], layer.gradients["b"].reshape(-1)]

    return tasks(dtype, forward, backward)
