"""How parameters follow their gradients: the article's θ := G(θ), once for every batch.

An optimizer sees names, parameters and gradients, and nothing of the network that they are from.
Its learning rate is a number, or a schedule: a function step → rate.
"""

from cnnlib.optim.base import Optimizer
from cnnlib.optim.rules import SGD, Adam, Momentum, Nesterov, RMSProp
from cnnlib.optim.schedules import Schedule, constant, cosine, step_decay, warm_up

__all__ = [
    "SGD",
    "Adam",
    "Momentum",
    "Nesterov",
    "Optimizer",
    "RMSProp",
    "Schedule",
    "constant",
    "cosine",
    "step_decay",
    "warm_up",
]
