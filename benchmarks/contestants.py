"""The contestants of `convolution.py`: each library's way to do the same convolution.

A contestant is a function (shape, dtype) → tasks, by name: calls without arguments that do the work
and return the result. Names say the pass and, where a library has several ways to the same result,
the way: "forward", "forward channels-last". The results of all contestants are compared.

Run as a process, this file is one contestant: `python contestants.py torch`, then for every line of
JSON that comes in one that goes out (see `race.py`).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Shape(NamedTuple):
    """m images of n_H×n_W×n_C_prev, and n_C filters of f×f."""

    m: int
    n_H: int
    n_W: int
    n_C_prev: int
    f: int
    n_C: int
    s: int = 1
    p: int = 0

    def output(self) -> tuple[int, int, int, int]:
        f, s, p = self.f, self.s, self.p
        return self.m, (self.n_H + 2 * p - f) // s + 1, (self.n_W + 2 * p - f) // s + 1, self.n_C

    def __str__(self) -> str:
        images, filters = f"{self.m}×{self.n_H}×{self.n_W}×{self.n_C_prev}", f"{self.f}×{self.f}"
        stride, padding = f" s{self.s}" * (self.s > 1), f" p{self.p}" * (self.p > 0)
        return f"{images} → {filters}×{self.n_C}{stride}{padding}"


Task = Callable[[], object]


def arrays(shape: Shape, dtype: str) -> list[np.ndarray]:
    """A, W, b and the gradient dZ: in every process the same."""
    rng = np.random.default_rng(0)
    m, n_H, n_W, n_C_prev, f, n_C = shape[:6]
    sizes = (m, n_H, n_W, n_C_prev), (f, f, n_C_prev, n_C), (n_C,), shape.output()
    A, W, b, dZ = (rng.standard_normal(size).astype(dtype) for size in sizes)
    return [A, W / np.sqrt(f * f * n_C_prev).astype(dtype), b, dZ]


def cnnlib(shape: Shape, dtype: str) -> dict[str, Task]:
    import cnnlib as cnn

    (A, W, b, dZ), s, p = arrays(shape, dtype), shape.s, shape.p
    return {
        "forward": lambda: cnn.conv2d(A, W, b, s, p),
        "backward": lambda: cnn.conv2d_backward(dZ, A, W, s, p),
    }


def matmul(shape: Shape, dtype: str) -> dict[str, Task]:
    """The matrix product that the convolution is, with the patches already made."""
    A, W, _, _ = arrays(shape, dtype)
    f, s, p = shape.f, shape.s, shape.p
    padded = np.pad(A, ((0, 0), (p, p), (p, p), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (f, f), axis=(1, 2))[:, ::s, ::s]
    patches = windows.transpose(0, 1, 2, 4, 5, 3).reshape(-1, W[..., 0].size)
    filters, Z = W.reshape(-1, shape.n_C), np.empty(shape.output(), dtype)
    rows = Z.reshape(-1, shape.n_C)
    return {"forward without bias": lambda: np.matmul(patches, filters, out=rows)}


def torch(shape: Shape, dtype: str) -> dict[str, Task]:
    """Both memory layouts; the arguments are in the layout already, and the results stay in it."""
    import torch
    from torch.nn.functional import conv2d

    torch.set_num_threads(1)
    how, tasks = {"stride": shape.s, "padding": shape.p}, {}
    for name, layout in {
        "": torch.contiguous_format,
        " channels-last": torch.channels_last,
    }.items():
        A, W, dZ = (
            torch.from_numpy(x.transpose(order).copy()).contiguous(memory_format=layout)
            for x, order in zip(
                [arrays(shape, dtype)[n] for n in (0, 1, 3)],
                [(0, 3, 1, 2), (3, 2, 0, 1), (0, 3, 1, 2)],
                strict=True,
            )
        )
        inputs = [x.requires_grad_() for x in (A, W, torch.from_numpy(arrays(shape, dtype)[2]))]
        Z = conv2d(*inputs, **how)

        def forward(inputs: list = inputs) -> np.ndarray:
            with torch.no_grad():
                return conv2d(*inputs, **how).numpy().transpose(0, 2, 3, 1)

        def backward(Z: object = Z, inputs: list = inputs, dZ: object = dZ) -> list[np.ndarray]:
            dA, dW, db = torch.autograd.grad(Z, inputs, dZ, retain_graph=True)
            return [dA.numpy().transpose(0, 2, 3, 1), dW.numpy().transpose(2, 3, 1, 0), db.numpy()]

        tasks |= {"forward" + name: forward, "backward" + name: backward}
    return tasks


def scipy(shape: Shape, dtype: str) -> dict[str, Task]:
    """One image, one filter at a time: the ways of SciPy that give the valid positions."""
    from scipy import signal

    A, W, b, _ = arrays(shape, dtype)
    if shape.m > 1 or shape.s > 1 or shape.p:
        return {}

    def by(method: str) -> Task:
        def forward() -> np.ndarray:
            filters = (W[..., n] for n in range(shape.n_C))
            each = [signal.correlate(A[0], K, "valid", method)[..., 0] for K in filters]
            return np.stack(each, axis=-1)[np.newaxis] + b

        return forward

    return {"forward direct": by("direct"), "forward by FFT": by("fft")}


def numpy_ml(shape: Shape, dtype: str) -> dict[str, Task]:
    import collections

    collections.Hashable = collections.abc.Hashable  # where numpy-ml 0.1.2 looks for it
    from numpy_ml.neural_nets.layers import Conv2D

    (A, W, b, dZ), f = arrays(shape, dtype), shape.f
    layer = Conv2D(shape.n_C, (f, f), pad=shape.p, stride=shape.s)
    layer.forward(A)  # the parameters get their shapes
    layer.parameters = {"W": W, "b": b.reshape(1, 1, 1, -1)}

    def forward() -> np.ndarray:
        return layer.forward(A, retain_derived=False)

    def backward() -> list[np.ndarray]:
        layer.gradients = {"W": np.zeros_like(W), "b": np.zeros((1, 1, 1, shape.n_C), dtype)}
        dA = layer.backward(dZ)
        return [dA, layer.gradients["W"], layer.gradients["b"].reshape(-1)]

    return {"forward": forward, "backward": backward}


CONTESTANTS = {
    "cnnlib": cnnlib,
    "matrix product": matmul,
    "PyTorch": torch,
    "SciPy": scipy,
    "numpy-ml": numpy_ml,
}


def work(contestant: str) -> None:
    """Answer each line: prepare a shape, or do a task again and again for some milliseconds."""
    tasks: dict[str, Task] = {}
    for line in sys.stdin:
        order = json.loads(line)
        if "shape" in order:
            tasks = {}  # before the new arrays are made
            tasks = CONTESTANTS[contestant](Shape(*order["shape"]), order["dtype"])
            results = {}
            for name, task in tasks.items():
                task()  # the first call is not typical
                path = f"{order['folder']}/{contestant} {name}.npz"
                got = task()
                np.savez(path, *(got if isinstance(got, list | tuple) else [got]))
                results[name] = path
            print(json.dumps(results), flush=True)
            continue
        task, times, spent = tasks[order["task"]], [], 0.0
        while spent < order["seconds"]:
            start = time.process_time()
            task()
            times.append(time.process_time() - start)
            spent += times[-1]
        print(json.dumps(times), flush=True)


if __name__ == "__main__":
    work(sys.argv[1])
