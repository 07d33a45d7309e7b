"""One step of training in each library: forward, loss, backward and Adam, for 64 images 28×28×1.

All begin with the same weights and must arrive at the same loss after ten steps.
"""

from __future__ import annotations

import numpy as np
from race import Task

BATCH, WARM = 64, 10


def start(name: str):
    from cnnlib import models

    rng = np.random.default_rng(0)
    model = getattr(models, name)(rng=rng)
    return model, rng.random((BATCH, 28, 28, 1), dtype=np.float32), rng.integers(0, 10, BATCH)


def after_ten(step: Task) -> dict[str, Task]:
    for _ in range(WARM):
        step()
    return {"step": step}


def cnnlib(name: str) -> dict[str, Task]:
    from cnnlib import _memory
    from cnnlib import functional as F
    from cnnlib.optim import Adam

    _memory.keep_freed_memory()  # as fit does
    model, X, y = start(name)
    adam = Adam(0.001)

    def step() -> float:
        """What fit does for each batch."""
        Z = model.forward(X, training=True)
        J = F.cross_entropy(Z, y)
        model.backward_params(F.cross_entropy_backward(Z, y))
        adam.step(model.params, model.grads)
        return J

    return after_ten(step)


def torch(name: str, layout: str = "contiguous_format") -> dict[str, Task]:
    import torch
    from torch import nn
    from twin import twin

    torch.set_num_threads(1)
    model, X, y = start(name)
    how = {"memory_format": getattr(torch, layout)}
    network = twin(model, (28, 28, 1)).to(**how)
    A = torch.from_numpy(X).permute(0, 3, 1, 2).clone().contiguous(**how)
    classes, loss = torch.from_numpy(y), nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(network.parameters(), 0.001)

    def step() -> float:
        optimizer.zero_grad()
        J = loss(network(A), classes)
        J.backward()
        optimizer.step()
        return float(J.detach())

    return after_ten(step)


def torch_channels_last(name: str) -> dict[str, Task]:
    return torch(name, layout="channels_last")
