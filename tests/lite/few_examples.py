"""In the browser's Python: stands in for Hypothesis, which is compiled and has no wheel for it.

A property is tried with a few examples, the same ones on every run. To look for a counterexample
and to make it small is the business of `make unit`.
"""

from __future__ import annotations

import functools
import inspect
import sys
from types import ModuleType, SimpleNamespace

import numpy as np

EXAMPLES = 3


class Unsuitable(Exception):
    """assume() was told something false: this example is left out."""


class Strategy:
    def __init__(self, draw):
        self.draw = draw  # rng → a value


def integers(low, high):
    return Strategy(lambda rng: int(rng.integers(low, high, endpoint=True, dtype=np.int64)))


def floats(low, high):
    return Strategy(lambda rng: float(rng.uniform(low, high)))


def sampled_from(values):
    return Strategy(lambda rng: values[rng.integers(len(values))])


def builds(make, *parts, **named):
    return Strategy(
        lambda rng: make(
            *(part.draw(rng) for part in parts),
            **{name: part.draw(rng) for name, part in named.items()},
        )
    )


def lists(part, *, min_size, max_size):
    size = integers(min_size, max_size)
    return Strategy(lambda rng: [part.draw(rng) for _ in range(size.draw(rng))])


def array_shapes(*, min_dims, max_dims, max_side):
    return lists(integers(1, max_side), min_size=min_dims, max_size=max_dims)


def arrays(dtype, shape, *, elements):
    def draw(rng):
        size = tuple(shape.draw(rng))
        numbers = [elements.draw(rng) for _ in range(int(np.prod(size)))]
        return np.array(numbers, dtype).reshape(size)

    return Strategy(draw)


def composite(make):
    return lambda *args, **kwargs: Strategy(
        lambda rng: make(lambda part: part.draw(rng), *args, **kwargs)
    )


STRATEGIES = {
    "integers": integers,
    "floats": floats,
    "booleans": lambda: sampled_from([False, True]),
    "just": lambda value: Strategy(lambda rng: value),
    "sampled_from": sampled_from,
    "permutations": lambda values: Strategy(lambda rng: rng.permutation(values).tolist()),
    "one_of": lambda *parts: Strategy(lambda rng: sampled_from(parts).draw(rng).draw(rng)),
    "tuples": lambda *parts: builds(lambda *values: values, *parts),
    "lists": lists,
    "builds": builds,
    "composite": composite,
}


def given(*parts, **named):
    def decorate(test):
        signature = inspect.signature(test)
        names = list(signature.parameters)  # as in Hypothesis, the last ones are drawn
        drawn = dict(zip(names[len(names) - len(parts) :], parts, strict=True)) | named

        @functools.wraps(test)
        def run(*args, **kwargs):
            rng, done = np.random.default_rng(0), 0
            while done < EXAMPLES:
                try:
                    test(*args, **kwargs, **{n: part.draw(rng) for n, part in drawn.items()})
                except Unsuitable:
                    continue
                done += 1

        left = [p for name, p in signature.parameters.items() if name not in drawn]
        run.__signature__ = signature.replace(parameters=left)  # pytest's fixtures and cases
        return run

    return decorate


def assume(suitable):
    if not suitable:
        raise Unsuitable


class Settings:
    """settings(…) and its profiles: the number of examples is said above."""

    register_profile = load_profile = staticmethod(lambda *args, **how: None)

    def __init__(self, **how):
        pass

    def __call__(self, test):
        return test


def install():
    """Let tests import this as hypothesis."""
    numpy = SimpleNamespace(arrays=arrays, array_shapes=array_shapes)
    strategies = SimpleNamespace(**STRATEGIES)
    whole = SimpleNamespace(given=given, assume=assume, settings=Settings, strategies=strategies)
    for name, names in {
        "hypothesis": whole,
        "hypothesis.strategies": strategies,
        "hypothesis.extra": SimpleNamespace(numpy=numpy),
        "hypothesis.extra.numpy": numpy,
    }.items():
        module = sys.modules[name] = ModuleType(name)
        vars(module).update(vars(names))
