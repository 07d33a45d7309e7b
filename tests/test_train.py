"""Training: it learns, keeps the best, ends cleanly, and says where the numbers ran away."""

from __future__ import annotations

import inspect
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from cnnlib import functional as F
from cnnlib.blocks import Residual, Sequential
from cnnlib.data import digits, fashion_mnist
from cnnlib.layers import (
    BatchNorm2D,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Identity,
    Layer,
    MaxPool2D,
    ReLU,
)
from cnnlib.models import small_cnn
from cnnlib.optim import SGD, Adam, Momentum, cosine, step_decay
from cnnlib.train import (
    CROSS_ENTROPY,
    History,
    Score,
    confusion_matrix,
    evaluate,
    fit,
    predict,
    track,
)

MSE = F.mean_squared_error, F.mean_squared_error_backward
X, y = digits()
X = X / np.float32(16)
for array in (X, y):
    array.setflags(write=False)  # nothing in training may change its arguments
TRAIN, DEV = (X[:120], y[:120]), (X[120:180], y[120:180])


def make_rng(seed=0):
    return np.random.default_rng(seed)


def tiny(seed=0, dtype=np.float32):
    """A CNN for 8×8 digits that trains in milliseconds."""
    rng = make_rng(seed)
    return Sequential(
        Conv2D(1, 4, 3, padding=1, rng=rng, dtype=dtype),
        MaxPool2D(2),
        ReLU(),
        Flatten(),
        Dense(64, 10, rng=rng, dtype=dtype),
    )


def settings(**other):
    return {"optimizer": Adam(0.01), "epochs": 2, "rng": make_rng(), "batch_size": 32} | other


def weights(model):
    return {name: array.copy() for name, array in {**model.params, **model.state}.items()}


def assert_same(a, b):
    assert a.keys() == b.keys()
    for name in a:
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)


class Spy(Layer):
    """Hands on what comes, and notes it."""

    def __init__(self, act=lambda A, training: None):
        super().__init__()
        self.seen, self.act = [], act

    def forward(self, A, training=False):
        self.seen.append((A.dtype, A.shape, training))
        self.act(A, training)
        return self._remember(np.asarray(A), training=training)

    def backward(self, dZ):
        self._recall(dZ)
        self.seen.append((dZ.dtype, dZ.shape, "backward"))
        return dZ


class CtrlC:
    """A step of augmentation during which a person presses Ctrl-C, the n-th time it is called."""

    def __init__(self, n):
        self.left = n

    def __call__(self, X, rng):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt
        return X


# ---- it learns -------------------------------------------------------------------------------
def test_the_loss_falls_and_unseen_digits_are_recognised():
    model = small_cnn((8, 8, 1), rng=make_rng())
    history = fit(
        model,
        (X[:1000], y[:1000]),
        (X[1000:], y[1000:]),
        **settings(epochs=4, optimizer=Adam(0.005)),
    )
    losses = [score.loss for score in history.train]
    assert losses == sorted(losses, reverse=True)
    assert history.dev[-1].accuracy > 0.9
    assert evaluate(model, (X[1000:], y[1000:])) == history.dev[history.best_epoch - 1]


@pytest.mark.parametrize("optimizer", [SGD(0.1), Momentum(0.05), Adam(0.01)], ids=repr)
def test_20_images_are_learned_by_heart(optimizer):
    model, few = small_cnn((8, 8, 1), rng=make_rng()), (X[:20], y[:20])
    fit(model, few, **settings(optimizer=optimizer, epochs=60, batch_size=10))
    assert evaluate(model, few).accuracy == 1.0
    assert evaluate(model, few).loss < 0.05


def test_the_average_of_its_square_is_learned_too():
    """Regression: no classes, so no accuracy."""
    target = X.mean(axis=(1, 2))
    model = Sequential(Flatten(), Dense(64, 1, rng=make_rng()))
    history = fit(
        model,
        (X, target),
        (X[:50], target[:50]),
        **settings(loss=MSE, optimizer=Adam(0.003), epochs=10),
    )
    assert history.dev[-1].loss < 0.1 * history.dev[0].loss
    assert history.train[-1].accuracy is None
    assert evaluate(model, (X, target), loss=MSE).accuracy is None


# ---- it is the algorithm ---------------------------------------------------------------------
def test_fit_is_the_loop_that_the_docstring_says():
    one, other = tiny(), tiny()
    history = fit(one, TRAIN, **settings())
    optimizer, rng = Adam(0.01), make_rng()
    for epoch in range(2):
        order, losses = rng.permutation(120), []
        for B in (order[:32], order[32:64], order[64:96], order[96:]):
            Z = other.forward(TRAIN[0][B], training=True)
            losses += [F.cross_entropy(Z, TRAIN[1][B])] * len(B)
            other.backward(F.cross_entropy_backward(Z, TRAIN[1][B]))
            optimizer.step(other.params, other.grads)
        assert history.train[epoch].loss == pytest.approx(np.mean(losses))
    assert_same(weights(one), weights(other))


def test_training_is_pytorchs():
    torch = pytest.importorskip("torch")
    nn = torch.nn
    model = tiny(dtype=np.float64)
    twin = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.MaxPool2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(64, 10)
    ).double()
    order = np.arange(64).reshape(4, 4, 4).transpose(2, 0, 1).ravel()  # channels first
    W = {name: torch.tensor(array) for name, array in model.params.items()}
    with torch.no_grad():
        twin[0].weight.copy_(W["0.W"].permute(3, 2, 0, 1))
        twin[4].weight.copy_(W["4.W"][order].T)
        twin[0].bias.zero_()
        twin[4].bias.zero_()
    batches = []
    history = fit(
        model, TRAIN, DEV, **settings(augment=lambda A, rng: batches.append(A) or A, epochs=3)
    )
    optimizer, labels = (
        torch.optim.Adam(twin.parameters(), 0.01),
        dict(zip(map(bytes, X), y, strict=True)),
    )
    for A in batches:
        optimizer.zero_grad()
        classes = torch.tensor([labels[bytes(a)] for a in A])
        Z = twin(torch.tensor(A.transpose(0, 3, 1, 2), dtype=torch.float64))
        nn.functional.cross_entropy(Z, classes).backward()
        optimizer.step()
    theirs = twin[4].weight.detach().numpy().T
    np.testing.assert_allclose(model.params["4.W"][order], theirs, rtol=1e-8, atol=1e-10)
    with torch.no_grad():
        Z = twin(torch.tensor(DEV[0].transpose(0, 3, 1, 2), dtype=torch.float64))
        loss = nn.functional.cross_entropy(Z, torch.tensor(DEV[1])).item()
    assert history.dev[-1].loss == pytest.approx(loss)


def test_each_example_comes_once_an_epoch_with_its_own_target_in_another_order():
    seen = []

    def loss(Z, y):
        seen.append((Z[:, 0].copy(), y.copy()))
        return F.mean_squared_error(Z, y[:, None].astype(Z.dtype))

    def gradient(Z, y):
        return np.zeros_like(Z)

    numbers = np.arange(50.0, dtype=np.float32)
    model = Sequential(Dense(1, 1, rng=make_rng()))
    model.params["0.W"][...] = 1
    fit(
        model,
        (numbers[:, None], 2 * numbers),
        **settings(loss=(loss, gradient), batch_size=16),
    )
    assert [len(y) for _, y in seen] == [16, 16, 16, 2] * 2
    first, second = (np.concatenate([Z for Z, _ in part]) for part in (seen[:4], seen[4:]))
    np.testing.assert_array_equal(np.sort(first), numbers)
    np.testing.assert_array_equal(np.sort(second), numbers)
    assert (first != second).any()
    assert (first != numbers).any()
    for Z, target in seen:
        np.testing.assert_array_equal(2 * Z, target)


def test_only_the_train_set_is_augmented_and_only_it_trains():
    spy, rng, calls = Spy(), make_rng(), []

    def augment(A, given):
        assert given is rng
        calls.append(len(A))
        return A + 1

    model = Sequential(spy, *tiny())
    fit(model, TRAIN, DEV, **settings(rng=rng, augment=augment, epochs=1))
    assert calls == [32, 32, 32, 24]
    forward = [(shape[0], training) for _, shape, training in spy.seen if training != "backward"]
    assert forward == [(32, True)] * 3 + [(24, True), (60, False)]


def test_the_first_layer_is_not_asked_for_the_gradient_of_the_images():
    spy = Spy()
    fit(Sequential(spy, *tiny()), TRAIN, **settings(epochs=1))
    assert not [entry for entry in spy.seen if entry[2] == "backward"]


# ---- digits ----------------------------------------------------------------------------------
def with_chance(seed):
    rng = make_rng(seed)
    return Sequential(*tiny(seed)[:4], Dropout(0.3, rng), BatchNorm2D(64), Dense(64, 10, rng=rng))


def test_the_same_seed_gives_the_same_digits():
    def run(seed):
        def augment(A, rng):
            return A + rng.random(A.shape, dtype=np.float32)

        model = with_chance(seed)
        return fit(model, TRAIN, DEV, **settings(rng=make_rng(seed), augment=augment)), model

    (a, model_a), (b, model_b), (c, _) = run(1), run(1), run(2)
    assert a == b
    assert a != c
    assert_same(weights(model_a), weights(model_b))


IN_A_PROCESS = """
import sys
import numpy as np
from cnnlib.data import digits
from cnnlib.models import small_cnn
from cnnlib.optim import Adam
from cnnlib.saving import save
from cnnlib.train import fit
X, y = digits()
rng = np.random.default_rng(0)
model = small_cnn((8, 8, 1), rng=rng).astype(sys.argv[2])
train, dev = (X[:640] / 16, y[:640]), (X[640:896] / 16, y[640:896])
fit(model, train, dev, optimizer=Adam(0.003), epochs=2, rng=rng, progress=False)
save(sys.argv[1], model)
"""


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-4), ("float64", 1e-12)])
def test_the_same_seed_in_another_process_and_with_two_threads(tmp_path, dtype, tolerance):
    """To the bit with as many threads; else to rounding, which 20 steps of Adam make larger."""

    def run(name, threads):
        path = tmp_path / name
        env = os.environ | {f"{lib}_NUM_THREADS": threads for lib in ("OPENBLAS", "OMP", "MKL")}
        command = [sys.executable, "-W", "error", "-c", IN_A_PROCESS, str(path), dtype]
        subprocess.run(command, env=env, check=True)
        with np.load(path) as file:
            return dict(file)

    one, again, two = run("one", "1"), run("again", "1"), run("two", "2")
    assert_same(one, again)
    for name, W in one.items():
        np.testing.assert_allclose(two[name], W, rtol=0, atol=tolerance * abs(W).max())


def test_training_twice_is_training_for_longer():
    one, other = tiny(), tiny()
    fit(one, TRAIN, **settings(epochs=3))
    parts = settings(epochs=1)
    for _ in range(3):
        fit(other, TRAIN, **parts)
    assert_same(weights(one), weights(other))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("images", [np.float16, np.float32, np.float64])
def test_everything_has_the_dtype_of_the_parameters(dtype, images):
    spies = [Spy(), Spy(), Spy()]
    conv, *middle, dense = tiny(dtype=dtype)
    model = Sequential(conv, spies[0], *middle, spies[1], dense, spies[2])
    optimizer = Adam(np.float64(0.01), weight_decay=np.float64(0.01))
    fit(
        model,
        (X[:64].astype(images), y[:64]),
        (X[64:96].astype(images), y[64:96]),
        **settings(optimizer=optimizer),
    )
    assert {seen[0] for spy in spies for seen in spy.seen} == {np.dtype(dtype)}
    assert {array.dtype for array in model.params.values()} == {np.dtype(dtype)}
    assert {array.dtype for array in model.grads.values()} == {np.dtype(dtype)}
    assert predict(model, X[:3].astype(images)).dtype == dtype


# ---- the best is kept ------------------------------------------------------------------------
def ruin(after):
    """An optimizer that learns for so many steps, and then destroys."""
    return SGD(lambda t: 0.2 if t < after else 3.0)


def test_the_weights_of_the_lowest_dev_loss_are_kept():
    snapshots = []

    def note(A, training):
        if not training:
            snapshots.append(weights(model))

    conv, *others = tiny()
    model = Sequential(conv, Spy(note), BatchNorm2D(4), *others)
    history = fit(model, TRAIN, DEV, **settings(optimizer=ruin(12), epochs=6))
    losses = [score.loss for score in history.dev]
    assert history.best_epoch == 1 + int(np.argmin(losses))
    assert history.best_epoch < 6
    assert_same(weights(model), snapshots[history.best_epoch - 1])  # running statistics too
    assert evaluate(model, DEV) == history.dev[history.best_epoch - 1]


def test_training_stops_when_the_dev_loss_has_not_been_lower_for_some_epochs():
    def run(patience):
        return fit(tiny(), TRAIN, DEV, **settings(optimizer=ruin(12), epochs=9, patience=patience))

    for patience in (1, 3):
        history = run(patience)
        assert len(history.train) == len(history.dev) == history.best_epoch + patience
        assert history.stopped == f"no lower dev loss for {patience} epochs"
    assert run(None).stopped == ""
    assert len(run(None).dev) == 9


def test_without_a_dev_set_the_last_weights_stay():
    model, other = tiny(), tiny()
    history = fit(model, TRAIN, **settings(optimizer=ruin(4), epochs=3))
    fit(other, TRAIN, TRAIN, **settings(optimizer=ruin(4), epochs=3))
    assert history.dev == []
    assert history.best_epoch == 0
    assert evaluate(model, TRAIN).loss > evaluate(other, TRAIN).loss


# ---- Ctrl-C ----------------------------------------------------------------------------------
def test_ctrl_c_keeps_the_best_weights_so_far():
    model, other = tiny(), tiny()
    history = fit(model, TRAIN, DEV, **settings(augment=CtrlC(4 + 4 + 2), epochs=5))
    expected = fit(other, TRAIN, DEV, **settings(epochs=2))
    assert_same(weights(model), weights(other))
    assert history == History(expected.train, expected.dev, 2, "interrupted in epoch 3")


def test_ctrl_c_without_a_dev_set_keeps_every_step_so_far():
    model, other = tiny(), tiny()
    history = fit(model, TRAIN, **settings(augment=CtrlC(4 + 3)))
    expected = fit(other, TRAIN, **settings(epochs=1))
    assert history == History(expected.train, [], 0, "interrupted in epoch 2")
    rng = make_rng()
    order = [rng.permutation(120) for _ in range(2)][1]
    assert evaluate(model, TRAIN).loss != evaluate(other, TRAIN).loss
    # two more steps, on the batches of that order
    again, optimizer, seen = tiny(), Adam(0.01), []
    fit(again, TRAIN, **settings(optimizer=optimizer, epochs=1))
    for B in (order[:32], order[32:64]):
        Z = again.forward(TRAIN[0][B], training=True)
        again.backward_params(F.cross_entropy_backward(Z, TRAIN[1][B]))
        optimizer.step(again.params, again.grads)
    assert_same(weights(model), weights(again))
    assert seen == []


def test_ctrl_c_in_the_first_epoch():
    model = tiny()
    before = weights(model)
    history = fit(model, TRAIN, DEV, **settings(augment=CtrlC(3)))
    assert history == History([], [], 0, "interrupted in epoch 1")
    assert any((before[name] != model.params[name]).any() for name in before)
    assert repr(history) == "History(0 epochs, interrupted in epoch 1)"


@pytest.mark.skipif(sys.platform == "emscripten", reason="a browser's Python gets no signals")
def test_the_signal_of_ctrl_c():
    def press(X, rng):
        signal.raise_signal(signal.SIGINT)
        return X

    # what runs in the background of a shell ignores the signal
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        history = fit(tiny(), TRAIN, **settings(augment=press))
    finally:
        signal.signal(signal.SIGINT, before)
    assert history.stopped == "interrupted in epoch 1"


@pytest.mark.parametrize("training", [True, False])
def test_ctrl_c_within_a_batch_and_while_the_dev_set_is_measured(training):
    left = [6 if training else 2]

    def press(A, t):
        left[0] -= t == training
        if t == training and left[0] == 0:
            raise KeyboardInterrupt

    model, other = Sequential(*tiny(), Spy(press)), Sequential(*tiny(), Identity())
    history = fit(model, TRAIN, DEV, **settings(epochs=5))
    fit(other, TRAIN, DEV, **settings(epochs=1))
    assert_same(weights(model), weights(other))
    assert (len(history.train), len(history.dev), history.best_epoch) == (1, 1, 1)
    assert history.stopped == "interrupted in epoch 2"
    fit(model, TRAIN, DEV, **settings())  # and it can be gone on with


# ---- NaN -------------------------------------------------------------------------------------
def spoil(layer, name):
    def act(A, training):
        if training:
            layer.params[name].flat[0] = np.nan

    return Spy(act)


def test_a_learning_rate_that_is_too_large_is_named():
    with pytest.raises(FloatingPointError) as caught:
        fit(tiny(), TRAIN, DEV, **settings(optimizer=SGD(1e39), epochs=3))
    message = str(caught.value)
    assert (
        "fit: the numbers ran away in epoch 1, batch 2, first in layer 0, Conv2D(1, 4," in message
    )
    assert "Use a smaller learning rate (it is 1e+39)" in message
    assert caught.value.__suppress_context__  # one error


def test_the_first_layer_at_fault_is_named():
    big = np.float32(3e38)

    def conv():
        return Conv2D(1, 1, 1, rng=make_rng())

    def grow(*layers):
        model = Sequential(*layers, Flatten(), Dense(64, 10, rng=make_rng()))
        for W in model.params.values():
            W[...] = 1
        return model

    inner = Sequential(Identity(), conv())
    model = grow(conv(), Residual(inner), conv())
    model.params["1.body.1.W"][...] = big
    with pytest.raises(
        FloatingPointError, match=r"in layer 1\.body\.1, Conv2D.*: infinity in its o"
    ):
        fit(model, (2 * X[:64], y[:64]), **settings())
    model = grow(conv(), Residual(conv()), conv())  # each way is finite, the sum is not
    with pytest.raises(FloatingPointError, match="in layer 1, Residual: infinity in its output"):
        fit(model, (np.full_like(X[:64], 2e38), y[:64]), **settings())
    model = grow(conv(), conv())
    model.params["1.b"][...] = np.nan
    with pytest.raises(
        FloatingPointError, match=r"layer 1, Conv2D.*: NaN in its b. No step was taken yet"
    ):
        fit(model, TRAIN, **settings())


def test_a_fault_in_the_very_last_step_is_found():
    model = tiny()
    with pytest.raises(FloatingPointError, match="epoch 1, after its last batch, first in layer 0"):
        fit(model, TRAIN, **settings(optimizer=SGD(lambda t: 0.1 if t < 3 else 1e39), epochs=1))


def test_images_that_are_not_finite_after_augmentation():
    def augment(A, rng):
        A[0, 3, 3] = np.nan
        return A

    with pytest.raises(
        FloatingPointError, match="batch 1, first in the images, after augmentation"
    ):
        fit(tiny(), TRAIN, **settings(augment=augment))


def test_a_fault_on_the_dev_set():
    huge = np.full_like(DEV[0], 3e38)
    with pytest.raises(
        FloatingPointError, match="epoch 1, on the dev set, first in layer 0, Conv2D"
    ):
        fit(tiny(), TRAIN, (huge, DEV[1]), **settings())


def test_running_statistics_that_overflow():
    model = Sequential(BatchNorm2D(1), *tiny())
    model.state["0.running_var"][...] = np.inf
    with pytest.raises(FloatingPointError, match=r"BatchNorm2D\(1\): NaN in its running_var"):
        fit(model, TRAIN, DEV, **settings())


def test_a_loss_function_that_gives_nan():
    def loss(Z, y):
        return np.nan

    with pytest.raises(
        FloatingPointError, match="the loss of finite outputs is nan: look at the l"
    ):
        fit(tiny(), TRAIN, **settings(loss=(loss, CROSS_ENTROPY[1])))


def test_after_a_fault_the_model_has_its_best_weights_and_its_chance_is_as_it_was():
    model, other = tiny(), tiny()
    optimizer = SGD(lambda t: 0.1 if t < 8 else 1e30)
    with pytest.raises(FloatingPointError):
        fit(model, TRAIN, DEV, **settings(optimizer=optimizer, epochs=5))
    fit(other, TRAIN, DEV, **settings(optimizer=SGD(0.1), epochs=2))
    assert_same(weights(model), weights(other))
    # to find the fault takes another forward pass, but of a copy
    rng = make_rng()
    model = Sequential(Dropout(0.5, rng), *tiny())
    model.params["5.b"][...] = np.nan
    with pytest.raises(FloatingPointError, match="layer 5, Dense"):
        fit(model, TRAIN, **settings())
    expected = make_rng()
    Dropout(0.5, expected).forward(TRAIN[0][:32], training=True)
    assert rng.random() == expected.random()


def test_another_error_is_not_called_a_fault_of_the_numbers():
    def augment(A, rng):
        return A[:, :5]

    with pytest.raises(ValueError, match="Dense"):
        fit(tiny(), TRAIN, **settings(augment=augment))

    def loss(Z, y):
        raise ValueError("something else")

    with pytest.raises(ValueError, match="something else"):
        fit(tiny(), TRAIN, **settings(loss=(loss, loss)))


# ---- the recipe of a chapter -----------------------------------------------------------------
def test_the_recipe_for_the_clothes_that_ship():
    """The one of small_cnn's docstring; three seeds have 88.2, 89.0 and 89.6 %."""
    recipe = inspect.getdoc(small_cnn)
    assert "12 epochs in batches of 32" in recipe
    assert "``Adam(cosine(0.003, steps=12 * 63))``" in recipe
    train, test = ((X / np.float32(255), y) for X, y in fashion_mnist())
    rng = make_rng()
    model = small_cnn(rng=rng)
    optimizer = Adam(cosine(0.003, steps=12 * 63))
    fit(model, train, optimizer=optimizer, epochs=12, batch_size=32, rng=rng, progress=False)
    assert optimizer.steps == 12 * 63
    assert evaluate(model, test).accuracy > 0.87


# ---- evaluate and predict --------------------------------------------------------------------
def test_predict_is_forward_whatever_the_batch_size():
    model = tiny(dtype=np.float64)
    whole = model.forward(X[:70].astype(np.float64))
    for size in (1, 7, 64, 70, 1000):
        np.testing.assert_allclose(predict(model, X[:70], batch_size=size), whole, atol=1e-12)


def test_evaluate_by_hand():
    model = Sequential(Dense(3, 3, rng=make_rng(), dtype=np.float64))
    model.params["0.W"][...] = np.eye(3)
    logits, classes = np.log([[0.5, 0.25, 0.25], [0.1, 0.2, 0.7], [0.1, 0.6, 0.3]]), [0, 2, 0]
    for size in (1, 2, 3):
        score = evaluate(model, (logits, classes), batch_size=size)
        assert score.loss == pytest.approx(-np.log(0.5 * 0.7 * 0.1) / 3)
        assert score.accuracy == pytest.approx(2 / 3)
    assert type(score.loss) is type(score.accuracy) is float


def test_evaluate_is_inference_and_changes_nothing():
    model = with_chance(0)
    fit(model, TRAIN, **settings(epochs=1))
    before = weights(model)
    assert evaluate(model, DEV) == evaluate(model, DEV)
    assert_same(before, weights(model))
    spy = Spy()
    evaluate(Sequential(spy, model), DEV)
    assert not any(training for _, _, training in spy.seen)


def test_a_confusion_matrix_by_hand():
    M = confusion_matrix(np.uint8([2, 0, 0, 1, 0]), [2, 0, 2, 0, 2], 4)
    np.testing.assert_array_equal(M, [[1, 0, 2, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]])
    assert confusion_matrix(np.full(300, 200, np.uint8), np.full(300, 150), 201)[200, 150] == 300


# ---- History ---------------------------------------------------------------------------------
def test_repr():
    train, dev = [Score(2.3456, 0.1), Score(0.4567, 0.855)], [Score(1.0, 0.7), Score(1.23, 0.6)]
    assert repr(History(train, dev, 1)) == (
        "History(2 epochs, best 1: train loss 2.35, accuracy 0.10; dev loss 1.00, accuracy 0.70)"
    )
    assert repr(History(train[:1])) == "History(1 epoch: train loss 2.35, accuracy 0.10)"
    assert repr(History([Score(2.0)], [], 0, "interrupted in epoch 2")) == (
        "History(1 epoch, interrupted in epoch 2: train loss 2.00)"
    )
    assert repr(train[1]) == "Score(loss 0.457, accuracy 85.5 %)"
    assert str(train[1]) == "loss 0.457, accuracy 85.5 %"
    assert repr(Score(1234.5)) == "Score(loss 1.23e+03)"


def test_a_history_draws_itself():
    history = History([Score(2.0, 0.1), Score(0.5, 0.8)], [Score(1.0, 0.7), Score(0.6, 0.75)], 2)
    fig = history.plot()
    loss, accuracy = fig.axes
    np.testing.assert_allclose(loss.lines[0].get_xydata(), [[1, 2.0], [2, 0.5]])
    np.testing.assert_allclose(accuracy.lines[1].get_xydata(), [[1, 0.7], [2, 0.75]])


# ---- the bar ---------------------------------------------------------------------------------
SCRIPT = """
import numpy as np
from cnnlib.layers import Dense
from cnnlib.optim import SGD
from cnnlib.train import fit
rng = np.random.default_rng(0)
X, y = rng.random((6, 3)), rng.integers(0, 2, 6)
model = Dense(3, 2, rng=rng)
fit(model, (X, y), (X, y), optimizer=SGD(0.1), epochs=2, rng=rng, batch_size=2, progress=PROGRESS)
"""


def in_a_terminal(script) -> str:
    """Run a script whose stderr is a terminal; returns what is on that."""
    pty, termios = pytest.importorskip("pty"), pytest.importorskip("termios")
    mine, its = pty.openpty()
    termios.tcsetwinsize(its, (24, 200))
    command = [sys.executable, "-W", "error", "-c", script]
    with subprocess.Popen(command, stderr=its, stdout=its) as process:
        os.close(its)
        text = b""
        while True:
            try:
                more = os.read(mine, 4096)
            except OSError:  # Linux says so when the other end is closed
                break
            if not more:
                break
            text += more
    os.close(mine)
    assert process.returncode == 0, text.decode()
    return text.decode()


@pytest.fixture
def bars(monkeypatch):
    """Also where somebody has switched them off, as `make` does for the notebooks."""
    monkeypatch.delenv("TQDM_DISABLE", raising=False)


@pytest.mark.usefixtures("bars")
def test_a_terminal_shows_a_bar_if_it_is_wanted():
    text = in_a_terminal(SCRIPT.replace("PROGRESS", "True"))
    assert "6/6" in text
    assert "epoch 1, dev: loss " in text
    assert "epoch 2, dev: loss " in text
    assert in_a_terminal(SCRIPT.replace("PROGRESS", "False")) == ""


def test_elsewhere_there_is_silence(capfd):
    fit(tiny(), TRAIN, DEV, **settings(progress=True))
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("bars")
def test_a_notebook_shows_a_bar_and_writes_no_stderr(tmp_path, monkeypatch):
    import nbformat
    import own_sockets  # noqa: F401
    from nbclient import NotebookClient

    def outputs():
        cells = [nbformat.v4.new_code_cell(SCRIPT.replace("PROGRESS", "True") + "None")]
        notebook = nbformat.v4.new_notebook(cells=cells)
        client = NotebookClient(notebook, timeout=60, resources={"metadata": {"path": tmp_path}})
        return client.execute().cells[0].outputs

    (bar,) = outputs()
    assert "application/vnd.jupyter.widget-view+json" in bar.data
    assert "0/6" in bar.data["text/plain"]
    monkeypatch.setenv("TQDM_DISABLE", "1")
    assert outputs() == []


def test_several_trainings_share_one_bar(monkeypatch):
    bars = []

    class Seen:
        def __init__(self, total, unit):
            bars.append(self)
            self.total, self.unit, self.done, self.open = total, unit, 0, True

        def set_postfix_str(self, text, refresh):
            assert text == ""

        def update(self, n):
            self.done += n

        def close(self):
            self.open = False

    monkeypatch.setattr("cnnlib.train.progress._tqdm", Seen)
    for i, kind in enumerate(track(kind for kind in "abc")):
        assert (kind, bars[0].done, bars[0].open) == ("abc"[i], i, True)
    (bar,) = bars
    assert (bar.total, bar.unit, bar.done, bar.open) == (3, "run", 3, False)
    with pytest.raises(ZeroDivisionError):
        [1 // 0 for _ in track(range(2))]
    assert (bars[1].done, bars[1].open) == (0, False)  # it shows where it stopped
    with pytest.raises(TypeError, match="not iterable"):
        next(track(3))


def test_training_needs_neither_tqdm_nor_matplotlib():
    code = (
        "import sys\n"
        "sys.modules['tqdm'] = sys.modules['tqdm.auto'] = sys.modules['matplotlib'] = None\n"
    )
    assert in_a_terminal(code + SCRIPT.replace("PROGRESS", "True")) == ""


def test_importing_does_not_touch_the_allocator():
    code = (
        "import ctypes\n"
        "def refuse(*args): raise AssertionError('a library was called while importing')\n"
        "import numpy\n"
        "ctypes.CDLL = refuse\n"
        "import cnnlib.train, cnnlib.models, cnnlib.layers\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# ---- what is refused -------------------------------------------------------------------------
def dense():
    return Sequential(Flatten(), Dense(64, 10, rng=make_rng()))


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"train": X}, TypeError, r"fit: train is of type ndarray, .* use a pair \(X, y\)"),
        ({"train": (X,)}, TypeError, r"fit: train is of type tuple"),
        ({"train": (X[:9], y[:8])}, ValueError, r"9 examples and targets of shape \(8,\)"),
        ({"train": (X[:9], 3)}, ValueError, r"9 examples and targets of shape \(\)"),
        (
            {"train": (np.zeros((9, 8, 8, 1), np.uint8) + 200, y[:9])},
            TypeError,
            r"X of train has dtype uint8, .* use X of train / np.float32\(200\)",
        ),
        ({"train": (np.zeros((9, 8, 8, 1), bool), y[:9])}, TypeError, "X of train has dtype bool"),
        ({"train": (np.zeros((9, 8, 8, 1), complex), y[:9])}, TypeError, "dtype complex128"),
        ({"train": (np.full((9, 8, 8, 1), None), y[:9])}, TypeError, "dtype object"),
        ({"train": (X[0, 0, 0], y[:1])}, ValueError, r"X of train has shape \(1,\)"),
        ({"train": (X[:0], y[:0])}, ValueError, r"X of train has shape \(0, 8, 8, 1\)"),
        ({"train": (X[:9] * np.nan, y[:9])}, ValueError, r"X of train\[0, 0, 0, 0\] is nan"),
        ({"train": (X[:9, :7], y[:9])}, ValueError, r"Dense\(64, 10\): one example has shape \(56"),
        ({"train": (X[:9], y[:9] + 5)}, ValueError, "classes from 5 to 13, but the model has 10 o"),
        ({"train": (X[:9], y[:9] - 1)}, ValueError, "classes from -1 to 7"),
        ({"train": (X[:9], y[:9] / 1)}, TypeError, "y has dtype float64"),
        ({"train": (X[:9], np.eye(10, dtype=int)[:9])}, ValueError, "one-hot"),
        ({"dev": X}, TypeError, "fit: dev is of type ndarray"),
        ({"dev": (X[:9], y[:8])}, ValueError, "fit: dev has 9 examples"),
        ({"dev": (X[:9] + np.inf, y[:9])}, ValueError, "X of dev"),
        ({"optimizer": "adam"}, TypeError, "optimizer is 'adam', .* for example Adam"),
        ({"optimizer": Adam}, TypeError, "optimizer is <class"),
        ({"epochs": 0}, ValueError, "epochs is 0"),
        ({"epochs": 1.5}, TypeError, "epochs is 1.5"),
        ({"batch_size": 0}, ValueError, "batch_size is 0"),
        ({"batch_size": "all"}, TypeError, "batch_size is 'all'"),
        ({"rng": 0}, TypeError, r"fit: rng is .*int.*np.random.default_rng"),
        ({"rng": np.random}, TypeError, "fit: rng is .*module"),
        ({"augment": 3}, TypeError, "augment is 3"),
        ({"augment": lambda X, rng: None}, TypeError, r"augment made object\(\) of float"),
        ({"augment": lambda X, rng: X[1:]}, TypeError, "each image has its label"),
        ({"augment": lambda X, rng: X > 0}, TypeError, "augment made bool"),
        ({"train": ([[1.0, 2.0], [3.0]], y[:2])}, TypeError, "X of train has dtype object"),
        ({"loss": F.cross_entropy}, TypeError, "loss is <function cross_entropy .* a pair"),
        ({"loss": "mse"}, TypeError, "loss is 'mse'"),
        ({"patience": 0, "dev": DEV}, ValueError, "patience is 0"),
        ({"patience": 3}, ValueError, "patience is 3, but without a dev set"),
        ({"model": None}, TypeError, "model is NoneType"),
        ({"model": Sequential}, TypeError, "model is type"),
        ({"model": Sequential(Flatten())}, ValueError, "nothing to learn"),
    ],
)
def test_bad_inputs(change, error, words):
    arguments = {"model": dense(), "train": TRAIN, "dev": None, **settings()} | change
    before = weights(arguments["model"]) if isinstance(arguments["model"], Layer) else {}
    with pytest.raises(error, match=words):
        fit(**arguments)
    if before:
        assert_same(before, weights(arguments["model"]))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: predict(dense(), X[:0]), ValueError, r"predict: X has shape \(0, 8, 8, 1\)"),
        (lambda: predict(dense(), X[:3] > 0), TypeError, "predict: X has dtype bool"),
        (lambda: predict(dense(), X[:3], batch_size=0), ValueError, "predict: batch_size is 0"),
        (lambda: predict(dense(), X[:3] + np.inf), ValueError, "predict: X"),
        (lambda: evaluate(dense(), X), TypeError, "evaluate: data is of type ndarray"),
        (lambda: evaluate(dense(), (X, y), batch_size=1.0), TypeError, "evaluate: batch_size is"),
        (lambda: evaluate(dense(), (X, y), loss=3), TypeError, "evaluate: loss is 3"),
        (lambda: evaluate(dense(), (X[:9], y)), ValueError, "9 examples and targets"),
        (lambda: confusion_matrix([0.0], [0], 2), TypeError, "y has dtype float64"),
        (lambda: confusion_matrix([0], [[0]], 2), TypeError, r"predicted .* shape \(1, 1\)"),
        (lambda: confusion_matrix([0], [0, 1], 2), TypeError, r"predicted .* shape \(2,\)"),
        (lambda: confusion_matrix([0], [2], 2), ValueError, "predicted goes from 2 to 2"),
        (lambda: confusion_matrix([-1], [1], 2), ValueError, "y goes from -1"),
        (lambda: confusion_matrix([0], [0], 0), ValueError, "classes is 0"),
    ],
)
def test_bad_inputs_to_evaluate_and_predict(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_step_decay_is_by_steps_of_batches():
    optimizer = SGD(step_decay(0.1, every=4, factor=0.5))
    fit(tiny(), TRAIN, **settings(optimizer=optimizer, epochs=3))
    assert optimizer.steps == 12
    assert optimizer.schedule(optimizer.steps) == pytest.approx(0.0125)
