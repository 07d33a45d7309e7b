"""Recorder: it measures what it says, when it says, and leaves the training alone."""

from __future__ import annotations

import numpy as np
import pytest

from cnnlib import functional as F
from cnnlib.blocks import Sequential
from cnnlib.layers import BatchNorm2D, Conv2D, Dense, Dropout, Flatten, ReLU
from cnnlib.optim import SGD
from cnnlib.train import Recorder, evaluate, fit


def network(seed=0):
    rng = np.random.default_rng(seed)
    return Sequential(
        Conv2D(1, 3, 3, rng=rng), BatchNorm2D(3), ReLU(), Flatten(), Dropout(0.5, rng=rng),
        Dense(48, 3, rng=rng),
    )  # fmt: skip


def examples():
    rng = np.random.default_rng(1)
    return rng.random((30, 6, 6, 1), dtype=np.float32), np.arange(30) % 3


def train(after_step=None, model=None, epochs=5):
    X, y = examples()
    model = network() if model is None else model
    rng = np.random.default_rng(2)
    fit(model, (X, y), optimizer=SGD(0.1), epochs=epochs, rng=rng, batch_size=8,
        after_step=after_step, progress=False)  # fmt: skip
    return model


def test_a_recorded_training_is_the_same_training():
    X, y = examples()
    model = network()
    recorder = Recorder(model, (X[:9], y[:9]), (X[9:], y[9:]), X[:2], every=4)
    train(recorder, model)
    plain = train()
    for name, W in plain.params.items():
        np.testing.assert_array_equal(model.params[name], W)
    for name, W in plain.state.items():
        np.testing.assert_array_equal(model.state[name], W)
    assert recorder.steps == [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 19, 20]


def test_the_records_are_what_the_network_was():
    X, y = examples()
    model = network()
    recorder = Recorder(model, (X[:9], y[:9]), (X[9:], y[9:]), X[:2])
    train(recorder, model, epochs=2)
    assert recorder.steps[-1] == 8
    assert recorder.train[-1] == evaluate(model, (X[:9], y[:9]))
    assert recorder.dev[-1] == evaluate(model, (X[9:], y[9:]))
    np.testing.assert_allclose(recorder.answers[-1], F.softmax(model.forward(X[:2])), rtol=1e-6)
    for name, W in recorder.params[-1].items():
        np.testing.assert_array_equal(W, model.params[name])
    count = len(recorder.steps)
    recorder.record()  # the same step: replaced
    assert len(recorder.steps) == len(recorder.answers) == count


def test_gradient_norms_by_brute_force():
    """‖∇J‖ of each layer from central differences of the cost, entry by entry."""
    rng = np.random.default_rng(3)
    X, y = rng.random((4, 3, 3, 1)), np.array([0, 1, 1, 0])
    model = Sequential(
        Conv2D(1, 2, 2, rng=rng, dtype=np.float64),
        Flatten(),
        Dense(8, 2, rng=rng, dtype=np.float64),
    )
    recorder = Recorder(model, (X, y), (X, y))
    h, squares = 1e-6, {"0": 0.0, "2": 0.0}
    for name, W in model.params.items():
        for index in np.ndindex(W.shape):
            kept, costs = W[index], []
            for x in (kept + h, kept - h):
                W[index] = x
                costs.append(F.cross_entropy(model.forward(X), y))
            W[index] = kept
            squares[name[0]] += ((costs[0] - costs[1]) / (2 * h)) ** 2
    for layer, norm in recorder.gradient_norms[0].items():
        assert norm == pytest.approx(np.sqrt(squares[layer]), rel=1e-6)


def test_what_fit_refuses():
    X, y = examples()
    rng = np.random.default_rng(0)
    with pytest.raises(TypeError, match=r"fit: after_step is 3: use a function"):
        fit(network(), (X, y), optimizer=SGD(0.1), epochs=1, rng=rng, after_step=3)
