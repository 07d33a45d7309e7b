"""Every quick question of the book: well formed, and right by brute force.

Each question has a check of its own here, which knows nothing of how the chapter computed the
answer: `NUMBERS` finds the number from the question's words alone, for every variant; `TEXTS` makes
an experiment and returns what the right answer, and no other one, must say.
"""

from __future__ import annotations

import ast
import math
import re
from functools import cache

import nbformat
import numpy as np
import pytest
import yaml
from conftest import ROOT

import cnnlib as cnn
from cnnlib import data, filters
from cnnlib.blocks import Concat, Residual, Sequential
from cnnlib.layers import Conv2D, Dense, Flatten, Identity, MaxPool2D, ReLU
from cnnlib.models import inception_block
from cnnlib.optim import SGD, Momentum
from cnnlib.widgets import Progress, QuickQuestion
from cnnlib.widgets.quick_question import words

RNG = np.random.default_rng
HIDDEN = {"jupyter": {"source_hidden": True}, "tags": ["remove-input"]}


@cache
def asked():
    """(chapter, cell, question) of all questions, in reading order.

    A question's cell must need nothing but the set-up cell of its chapter.
    """
    found = []
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    files = [entry["file"] for part in toc["parts"] for entry in part["chapters"]]
    for path in (ROOT / f"{file}.ipynb" for file in files if re.search(r"/\d_\w+/\d_", file)):
        cells = nbformat.read(path, as_version=4).cells
        names: dict = {}
        exec(next(cell.source for cell in cells if cell.id == "setup"), names)
        for cell in cells:
            if cell.cell_type == "code" and re.search(r"^QuickQuestion\(", cell.source, re.M):
                *before, last = ast.parse(cell.source).body
                exec(compile(ast.Module(before, []), cell.id, "exec"), names)
                question = eval(compile(ast.Expression(last.value), cell.id, "eval"), names)
                found.append((path, cell, question))
    return found


def by_name():
    return {question.name: question for _, _, question in asked()}


def variants(question):
    for k in range(len(question.variants)):
        question.variant = k
        yield question.question, question.right


# ---- their form ---------------------------------------------------------------------------------


def test_there_are_enough_of_them():
    names = [question.name for _, _, question in asked()]
    assert len(names) == len(set(names)) >= 32
    assert sum(len(question.variants) > 1 for _, _, question in asked()) >= 8
    chapters = [path for path, _, _ in asked()]
    assert {chapters.count(path) for path in set(chapters)} <= {2, 3, 4}
    everywhere = sorted((ROOT / "book").glob("[1-9]_*/[1-9]_*.ipynb"))
    assert sorted(set(chapters)) == everywhere, "a chapter without a question"


def test_progress_knows_all_of_them():
    progress = Progress.of(ROOT / "book")
    names = [name for chapter in progress.chapters for name in chapter["questions"]]
    assert names == [question.name for _, _, question in asked()]


def test_each_has_the_prefix_of_its_chapter_and_a_hidden_cell():
    for path, cell, question in asked():
        prefix = re.search(r":keyprefix: (\S+-)", path.read_text())[1]
        assert question.name.startswith(prefix), question.name
        assert cell.metadata == HIDDEN, f"{question.name}: its source would tell the answer"
        (output,) = cell.outputs
        assert output["data"]["text/plain"] == repr(question)
        assert output["data"]["text/html"] == question.static(), f"{question.name}: make notebooks"


def test_all_are_short_and_every_answer_has_its_reason():
    for _, _, question in asked():
        for text, right in variants(question):
            reasons = question.answers
            assert list(reasons).count(right) == 1
            assert "?" in text, text
            assert len(text) <= 280, text
            assert len(reasons) >= (2 if question.number else 3)
            assert len(set(reasons.values())) >= len(reasons) - question.number, question.name
            for answer, reason in reasons.items():
                assert len(reason.split()) >= 4, (question.name, reason)
                assert len(reason) <= 200, (question.name, len(reason), reason)
                assert reason[-1] in ".?", (question.name, reason)
                assert len(answer) <= 80, answer
            assert not re.search(r"\d-\d|[(\s]-\d", text + "".join(reasons.values())), (
                "a minus is −"
            )


# ---- numbers, from the question's words ---------------------------------------------------------


def numbers(text):
    """All numbers of a text; a letter's index is none."""
    plain = re.sub(r"\*[^*]*_[^*]*\*|`[^`]*`", "", text)
    found = re.findall(r"−?\d+(?:\.\d+)?", plain)
    return [float(n) if "." in n else int(n) for n in (n.replace("−", "-") for n in found)]


def windows(n, f, s=1):
    return [range(x, x + f) for x in range(0, n, s) if x + f <= n]


def edges_size(text):
    n_H, n_W, f, _ = numbers(text)
    return len(windows(n_H, f)) * len(windows(n_W, f))


def edges_brighter(text):
    *K, c = numbers(text)
    K, I = np.reshape(K, (3, 3)), RNG(0).integers(0, 9, (6, 7))
    (more,) = np.unique(cnn.correlate2d(I + c, K) - cnn.correlate2d(I, K))
    return more


def learned_gradient(text):
    pixels, errors = np.reshape(numbers(text), (2, 4))

    def loss(k):
        return np.mean((errors + k * pixels) ** 2) / 2

    return loss(0.5) - loss(-0.5)  # exact: a polynomial of degree 2


def learned_step(text):
    k, g, eta = numbers(text)
    params = {"k": np.array([float(k)])}
    SGD(eta).step(params, {"k": np.array([float(g)])})
    return params["k"][0]


def padding_corner(text):
    n, _, f, p, s = numbers(text)
    side = sum(p in window for window in windows(n + 2 * p, f, s))
    return side * side


def padding_size(text):
    n, f, p, s = numbers(text)
    return len(windows(n + 2 * p, f, s))


def padding_unread(text):
    n, f, s = numbers(text)
    return n - len({u for window in windows(n, f, s) for u in window})


def padding_first(text):
    f, s, p, x, _ = numbers(text)
    lit = np.zeros((60, f))
    for u in range(60):
        lit[:] = 0
        lit[u] = 1
        if cnn.correlate2d(lit, np.ones((f, f)), s, p)[x - 1].any():
            return u + 1
    raise AssertionError(text)


def volumes_maps(text):
    first, second = numbers(text)
    A = np.zeros((1, 5, 5, 3))
    for n_C in (first, second):
        A = cnn.conv2d(A, np.zeros((3, 3, A.shape[3], n_C)), padding=1)
    return A.shape[3]


def parameters(layer):
    return sum(array.size for array in layer.params.values())


def volumes_weights(text):
    _, _, n_C_prev, n_C, f, _ = numbers(text)
    return parameters(Conv2D(n_C_prev, n_C, f, rng=RNG(0)))


def pooling_value(text):
    *pixels, f, s, x, y = numbers(text)
    A = np.reshape(pixels, (1, 4, 4, 1))
    return cnn.max_pool2d(A, f, s)[0, x - 1, y - 1, 0]


def layer_bias(text):
    f, _, n_C_prev, b = numbers(text)
    window, K = RNG(0).integers(-4, 5, (2, f, f, n_C_prev))
    return np.sum(window * K + b) - (np.sum(window * K) + b)


def layer_parameters(text):
    _, _, n_C_prev, n_C, f, _, _ = numbers(text)
    return parameters(Conv2D(n_C_prev, n_C, f, rng=RNG(0)))


def seen(layers, n=200):
    """How many pixels of a row the first output of some (f, s) depends on, by sets of pixels."""
    fields = [{u} for u in range(n)]
    for f, s in layers:
        fields = [
            set().union(*(fields[u] for u in window)) for window in windows(len(fields), f, s)
        ]
    return len(fields[0])


def network_field(text):
    found = re.findall(r"(CONV|POOL) (\d)×", text)
    return seen((int(f), 2 if kind == "POOL" else 1) for kind, f in found)


def network_dense(text):
    n, _, n_C, units = numbers(text)
    flat = Flatten().forward(np.zeros((1, n, n, n_C)))
    return parameters(Dense(flat.shape[1], units, rng=RNG(0)))


def why_layers(text):
    f, _, s, n = numbers(text)
    return next(L for L in range(1, 99) if seen([(f, s)] * L) >= n)


def algorithm_gradient(text):
    *exponentials, _, y, c = numbers(text)
    z, h = np.log([exponentials]), 1e-5
    up, down = (cnn.cross_entropy(z + sign * h * np.eye(3)[c], [y]) for sign in (1, -1))
    return round((up - down) / (2 * h), 6)


def algorithm_steps(text):
    m, size, epochs = numbers(text)
    return sum(1 for _ in range(epochs) for _ in range(0, m, size))


def algorithm_momentum(text):
    theta, v, g, mu, eta = numbers(text)
    params = {
        "k": np.array([theta + eta * float(v)])
    }  # from there a first gradient v leads to theta
    optimizer = Momentum(eta, mu)
    for gradient in (v, g):
        optimizer.step(params, {"k": np.array([float(gradient)])})
    return params["k"][0]


def backprop_weight(text):
    a, dz = (np.array(numbers(part)) for part in re.findall(r"\(([^)]*)\)", text))

    def cost(k):
        return dz @ (k[0] * a[:-1] + k[1] * a[1:])

    return cost((2, 3.5)) - cost((2, 2.5))


def training_error(text):
    percent, m = numbers(text)[:2]
    p, k = percent / 100, np.arange(m + 1)
    logs = [math.lgamma(m + 1) - math.lgamma(j + 1) - math.lgamma(m - j + 1) for j in range(m + 1)]
    chance = np.exp(logs + k * np.log(p) + (m - k) * np.log(1 - p))
    return round(100 * math.sqrt(chance @ (k / m - p) ** 2), 2)


def residual_block(text):
    z, a = numbers(text)
    body = Dense(1, 1, rng=RNG(0))
    body.params["W"][...], body.params["b"][...] = 0, z
    return Sequential(Residual(body), ReLU()).forward(np.array([[float(a)]]))[0, 0]


def residual_shortcut(text):
    _, _, n_C, _, _, n_C_prev = numbers(text)[:6]
    return parameters(Conv2D(n_C_prev, n_C, 1, stride=2, bias=False, rng=RNG(0)))


def inception_channels(text):
    before, _, _, c1, _, _, r3, _, _, c3, _, _, r5, _, _, c5, _, _, pool = numbers(text)
    block = inception_block(before, c1, (r3, c3), (r5, c5), pool, rng=RNG(0))
    return block.output_shape((4, 4, before))[2]


def inception_work(text):
    _, _, n_C_prev, r, f, _, n_C = numbers(text)
    first, second = Conv2D(n_C_prev, r, 1, rng=RNG(0)), Conv2D(r, n_C, f, rng=RNG(0))
    second.padding = (f - 1) // 2
    return first.params["W"].size + second.params["W"].size  # each weight once at each place


NUMBERS = {
    "edges-size": edges_size,
    "edges-brighter": edges_brighter,
    "learned-gradient": learned_gradient,
    "learned-step": learned_step,
    "padding-corner": padding_corner,
    "padding-size": padding_size,
    "padding-unread": padding_unread,
    "padding-first": padding_first,
    "volumes-maps": volumes_maps,
    "volumes-weights": volumes_weights,
    "pooling-value": pooling_value,
    "layer-bias": layer_bias,
    "layer-parameters": layer_parameters,
    "network-field": network_field,
    "network-dense": network_dense,
    "why-layers": why_layers,
    "algorithm-gradient": algorithm_gradient,
    "algorithm-steps": algorithm_steps,
    "algorithm-momentum": algorithm_momentum,
    "backprop-weight": backprop_weight,
    "training-error": training_error,
    "residual-block": residual_block,
    "residual-shortcut": residual_shortcut,
    "inception-channels": inception_channels,
    "inception-work": inception_work,
}


@pytest.mark.parametrize("name", NUMBERS)
def test_every_variant_is_right_by_brute_force(name):
    question = by_name()[name]
    assert question.number
    for text, right in variants(question):
        assert words(round(float(NUMBERS[name](text)), 9)) == right, text


# ---- texts, by an experiment --------------------------------------------------------------------


def edges_sign():
    rising = np.array([[0, 0, 10, 10]] * 4)
    assert (
        cnn.correlate2d(rising, filters.VEF).min() < 0 < cnn.correlate2d(-rising, filters.VEF).max()
    )
    for other in (np.zeros((4, 4)), np.full((4, 4), 9), rising.T, rising.T[::-1]):
        assert not cnn.correlate2d(other, filters.VEF).any()
    return "brighter on the right than on the left"


def learned_rank():
    P = np.full((50, 9), 7.0)  # the windows of a grey picture
    assert (np.linalg.matrix_rank(P), 998 * 998) == (1, 996_004)
    K = RNG(0).normal(size=9)
    assert (P @ K / 7)[0] == pytest.approx(K.sum())
    return "sum"


def volumes_one_map():
    shape = cnn.conv2d(np.zeros((1, 32, 32, 3)), np.zeros((3, 3, 3, 1))).shape
    return "×".join(map(str, shape[1:]))


def volumes_one_by_one():
    """It commutes with any shuffling of the pixels, so it sees no neighbours; the rest it can."""
    A, W = RNG(0).normal(size=(1, 1, 12, 3)), RNG(1).normal(size=(1, 1, 3, 8))
    order = RNG(2).permutation(12)
    np.testing.assert_allclose(cnn.conv2d(A, W)[:, :, order], cnn.conv2d(A[:, :, order], W))
    swap = np.eye(3)[::-1].reshape(1, 1, 3, 3)
    np.testing.assert_array_equal(cnn.conv2d(A, swap), A[..., ::-1])
    return "edge"


def pooling_gradient():
    A = np.reshape([3.0, 8, 5, 1], (1, 2, 2, 1))
    dA = cnn.max_pool2d_backward(np.full((1, 1, 1, 1), 4.0), A, 2)
    return f"max: {', '.join(f'{g:g}' for g in dA.ravel())}"


def pooling_shift():
    photo = data.photograph()[None, :, :, None] / 255
    before, after = (cnn.max_pool2d(photo[:, :, d : d + 252], 2) for d in (1, 0))
    assert 0.1 < np.mean(before != after) < 0.95
    assert np.mean(before[:, :, :-1] != after[:, :, 1:]) > 0.5
    two = cnn.max_pool2d(photo[:, :, 2:254], 2), cnn.max_pool2d(photo[:, :, :252], 2)
    np.testing.assert_array_equal(two[0][:, :, :-1], two[1][:, :, 1:])
    return "Some of its numbers change, others stay"


def layer_linear():
    rng = RNG(0)
    net = Sequential(*(Conv2D(a, b, 3, rng=rng, dtype=float) for a, b in [(1, 4), (4, 3), (3, 1)]))
    for array in net.params.values():
        array += 0.1
    I = rng.normal(size=(1, 7, 7, 1))
    zero = net.forward(0 * I)
    np.testing.assert_allclose(net.forward(I) + net.forward(-I), 2 * zero)
    column = [net.forward(e.reshape(I.shape)) - zero for e in np.eye(49)]  # one filter of 7×7
    np.testing.assert_allclose(np.sum(np.ravel(column) * I.ravel()) + zero, net.forward(I))
    return "No more than one CONV layer"


def network_double():
    layer = Sequential(Conv2D(8, 8, 3, padding=1, rng=RNG(0)))
    small, large = (layer.summary((n, n, 8)) for n in (16, 32))
    work = [sum(row.multiply_adds or 0 for row in table.rows) for table in (small, large)]
    assert (large.parameters, work[1]) == (small.parameters, 4 * work[0])
    return "As many weights, four times the work"


def why_sharing():
    """One row, f = 3: the products of the two layers, and the weights that are stored."""
    cells = [(x, u) for x, window in enumerate(windows(8, 3)) for u in window]
    local, shared = {(x, u - x) for x, u in cells}, {u - x for x, u in cells}
    assert (len(cells), len(local), len(shared)) == (18, 18, 3)
    return "The parameters only"


def why_moved():
    A = RNG(0).normal(size=(1, 12, 13, 1))
    layers = {
        "CONV 3×3, *s* = 1": Conv2D(1, 1, 3, rng=RNG(1), dtype=float),
        "CONV 3×3, *s* = 2": Conv2D(1, 1, 3, stride=2, rng=RNG(1), dtype=float),
        "POOL 2×2, *s* = 2": MaxPool2D(2),
    }
    (name,) = (
        name
        for name, layer in layers.items()
        if np.allclose(layer.forward(A[:, :, 1:])[:, :, :-1], layer.forward(A[:, :, :-1])[:, :, 1:])
    )
    return name


def data_chosen():
    """50 networks of nearly the same worth, 1,000 times: the best one's dev figure flatters."""
    worth = RNG(0).normal(0.9, 0.005, (1000, 50))
    dev, test = (RNG(k).binomial(1000, worth) / 1000 for k in (1, 2))
    best = np.arange(1000), dev.argmax(axis=1)
    assert 0.9 < test[best].mean() < dev[best].mean() - 0.005
    return "Somewhat less"


def data_order():
    """Three copies of each of 500 things: who has a copy on the other side?"""
    things = np.repeat(np.arange(500), 3)
    mixed = RNG(0).permutation(things)
    assert np.isin(mixed[:300], mixed[300:]).mean() > 0.9
    split = RNG(0).permutation(500)
    assert not np.isin(split[:100], np.repeat(split[100:], 3)).any()
    return "Split, then augment the train set"


def data_flip():
    """The half turn at least can be measured: most turned 6s are nearest to a 9."""
    X, y = data.mnist()
    sixes, rest = X[y == 6][:50, ::-1, ::-1], np.isin(y, [6, 9])
    known, labels = X[rest].reshape(rest.sum(), -1).astype(float), y[rest]
    nearest = [labels[np.sum((known - six.ravel()) ** 2, axis=1).argmin()] for six in sixes]
    assert np.mean(np.array(nearest) == 9) > 0.5
    return "cats and dogs"


def backprop_relu():
    dZ = cnn.relu_backward(np.array([3.0, -4, 0]), np.array([-1.0, 2, 5]))
    return f"({', '.join(words(float(g)) for g in dZ)})"


def backprop_shape():
    A, W = np.zeros((32, 14, 14, 6)), np.zeros((5, 5, 6, 16))
    dA, dW, _ = cnn.conv2d_backward(cnn.conv2d(A, W), A, W)
    assert dA.shape == A.shape
    return "×".join(map(str, dW.shape))


def training_first_cost():
    knows_nothing = cnn.cross_entropy(np.zeros((7, 100)), np.arange(7))
    assert knows_nothing == pytest.approx(4.6, abs=0.01)
    assert cnn.cross_entropy(np.zeros((7, 2)), np.arange(7) % 2) == pytest.approx(0.7, abs=0.01)
    assert cnn.cross_entropy(10 * RNG(0).normal(size=(99, 100)), np.arange(99)) > 2 * knows_nothing
    for seed in range(5):  # the labels are the input, or only two of the hundred occur
        body = Dense(100, 32, rng=RNG(seed)), ReLU(), Dense(32, 100, rng=RNG(seed + 9))
        logits = Sequential(*body).forward(np.eye(100))
        assert cnn.cross_entropy(logits, np.arange(100)) > 4.6
        assert cnn.cross_entropy(logits, np.arange(100) % 2) > 4.4
    return "Something is wrong"


def training_seeds():
    error = math.sqrt(0.97 * 0.03 / 1000)
    assert error > 0.971 - 0.968
    assert 0.005 < error < 0.006
    return "Nothing yet"


def residual_degradation():
    """A block that hands on what it gets exists: so the deeper network can do no less."""
    conv = Conv2D(2, 2, 3, padding=1, rng=RNG(0), dtype=float)
    conv.params["W"][...] = 0
    conv.params["W"][1, 1] = np.eye(2)
    a = RNG(1).random((1, 5, 5, 2))
    np.testing.assert_array_equal(Sequential(conv, ReLU()).forward(a), a)
    return "Degradation"


def inception_fit():
    sizes = {
        (f, s, p): cnn.output_size(28, f, s, p) for f, s, p in [(3, 1, 1), (2, 2, 0), (3, 1, 0)]
    }
    (fits,) = (key for key, size in sizes.items() if size == 28)
    assert list(sizes.values()) == [28, 14, 26]
    return "{0}×{0}, *s* = {1}, *p* = {2}".format(*fits)


def inception_gradient():
    block = Concat(Identity(), Identity())
    block.forward(np.zeros((1, 1, 1, 2)), training=True)
    dA = block.backward(np.array([1.0, 2, 10, 20]).reshape(1, 1, 1, 4))
    np.testing.assert_array_equal(dA.ravel(), [1 + 10, 2 + 20])
    return "It is split by channels; what comes back is added up"


TEXTS = {
    "edges-sign": edges_sign,
    "learned-rank": learned_rank,
    "volumes-one-map": volumes_one_map,
    "volumes-one-by-one": volumes_one_by_one,
    "pooling-gradient": pooling_gradient,
    "pooling-shift": pooling_shift,
    "layer-linear": layer_linear,
    "network-double": network_double,
    "why-sharing": why_sharing,
    "why-moved": why_moved,
    "data-chosen": data_chosen,
    "data-order": data_order,
    "data-flip": data_flip,
    "backprop-relu": backprop_relu,
    "backprop-shape": backprop_shape,
    "training-first-cost": training_first_cost,
    "training-seeds": training_seeds,
    "residual-degradation": residual_degradation,
    "inception-fit": inception_fit,
    "inception-gradient": inception_gradient,
}


@pytest.mark.parametrize("name", TEXTS)
def test_an_experiment_gives_the_right_answer_and_no_other(name):
    question, expected = by_name()[name], TEXTS[name]()
    said = rf"(?<![\w×]){re.escape(expected)}"
    assert [answer for answer in question.answers if re.search(said, answer)] == [question.right]


def test_every_question_is_checked():
    assert sorted([*NUMBERS, *TEXTS]) == sorted(by_name())
    assert all(isinstance(question, QuickQuestion) for question in by_name().values())
