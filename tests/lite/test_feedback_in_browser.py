"""What a reader meets while working there: a check's answer, its time limit, a progress bar."""

from __future__ import annotations

import pytest
from browser_python import outputs_of

SET_UP = """
import numpy as np

from cnnlib import exercises, models, optim, train


def correlate(I, K, flip=1):
    K = K[::flip, ::flip]
    f_H, f_W = K.shape
    Z = np.zeros((I.shape[0] - f_H + 1, I.shape[1] - f_W + 1))
    for x, y in np.ndindex(Z.shape):
        Z[x, y] = np.sum(K * I[x : x + f_H, y : y + f_W])
    return Z


def endless(I, K):
    while True:
        I = I + K.size


def one_line(I, K):
    while True: pass


def deaf(I, K):
    def step():
        try:
            return sum(range(100))
        except BaseException:
            return 0

    while True:
        try:
            step()
        except:
            pass
"""
FIT = """
rng = np.random.default_rng(0)
X, y = rng.random((64, 28, 28, 1), np.float32), rng.integers(10, size=64)
history = train.fit(
    models.small_cnn(rng=rng), (X, y), optimizer=optim.Adam(), epochs=2, batch_size=32, rng=rng
)
"""
CELLS = {
    "set-up": SET_UP,
    "right": "exercises.check_correlate(correlate)",
    "turned": "exercises.check_correlate(lambda I, K: correlate(I, K, -1))",
    "endless": "exercises.check_correlate(endless)",
    "one line": "exercises.check_correlate(one_line)",
    "deaf": "exercises.check_correlate(deaf)",
    "right again": "exercises.check_correlate(correlate)",
    "fit": FIT,
}


@pytest.fixture(scope="module")
def outputs():
    return outputs_of(CELLS)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("right", "✓ correlate: right in all 10 cases."),
        ("turned", "✗ flipped kernel: your result is that of the filter turned by 180°"),
        ("endless", "✗ correlate did not end within 2 seconds: is there a loop"),
        ("one line", "✗ correlate did not end within 2 seconds: is there a loop"),
        ("deaf", "✗ correlate did not end within 2 seconds: is there a loop"),
        ("right again", "✓ correlate: right in all 10 cases."),
    ],
)
def test_a_check_answers(outputs, cell, said):
    (result,) = outputs[cell]
    assert result["output_type"] == "execute_result"
    assert said in result["data"]["text/plain"]
    assert 'class="verdict"' in result["data"]["text/html"]


def test_fit_shows_its_progress(outputs):
    (bar,) = outputs["fit"]
    assert "application/vnd.jupyter.widget-view+json" in bar["data"]
