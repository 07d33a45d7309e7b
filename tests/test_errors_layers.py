"""Bad input to pooling, dense, activations, losses and normalisation: one clear error for each.

As in test_errors.py: each row is a call and what its message must say.
"""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from cnnlib import functional as F

A = np.ones((2, 6, 5, 3))
dZ = np.ones((2, 3, 2, 3))
row = np.ones((4, 3))
W = np.ones((3, 5))
ones3, ones5 = np.ones(3), np.ones(5)
Z = np.arange(12.0).reshape(4, 3)
winners = np.ones(dZ.shape, int)
y = np.array([0, 1, 2, 0])
rng = np.random.default_rng(0)

# name of the argument → a call of every function that has it, and its least value
COUNTS = {
    f"{function.__name__} {name}": (call, least)
    for function, before in [
        (F.max_pool2d, (A,)),
        (F.max_pool2d_with_winners, (A,)),
        (F.avg_pool2d, (A,)),
        (F.max_pool2d_backward, (dZ, A)),
        (F.avg_pool2d_backward, (dZ, A)),
    ]
    for name, call, least in [
        ("kernel_size", lambda v, f=function, b=before: f(*b, v, 2), 1),
        ("stride", lambda v, f=function, b=before: f(*b, 2, v), 1),
        ("padding", lambda v, f=function, b=before: f(*b, 2, 2, v), 0),
    ]
}

# name of the argument → a call of every function that has it, and a good value: these refuse NaN …
FINITE = {
    "max_pool2d A": (lambda x: F.max_pool2d(x, 2), A),
    "max_pool2d_with_winners A": (lambda x: F.max_pool2d_with_winners(x, 2), A),
    "max_pool2d_backward dZ": (lambda x: F.max_pool2d_backward(x, A, 2), dZ),
    "max_pool2d_backward A": (lambda x: F.max_pool2d_backward(dZ, x, 2), A),
    "avg_pool2d A": (lambda x: F.avg_pool2d(x, 2), A),
    "avg_pool2d_backward dZ": (lambda x: F.avg_pool2d_backward(x, A, 2), dZ),
    "dense A": (lambda x: F.dense(x, W, ones5), row),
    "dense W": (lambda x: F.dense(row, x, ones5), W),
    "dense b": (lambda x: F.dense(row, W, x), ones5),
    "dense_backward dZ": (lambda x: F.dense_backward(x, row, W), np.ones((4, 5))),
    "dense_backward A": (lambda x: F.dense_backward(np.ones((4, 5)), x, W), row),
    "dense_backward W": (lambda x: F.dense_backward(np.ones((4, 5)), row, x), W),
    "batch_norm Z": (lambda x: F.batch_norm(x, ones3, ones3), Z),
    "batch_norm gamma": (lambda x: F.batch_norm(Z, x, ones3), ones3),
    "batch_norm beta": (lambda x: F.batch_norm(Z, ones3, x), ones3),
    "batch_norm mean": (lambda x: F.batch_norm(Z, ones3, ones3, x, ones3), ones3),
    "batch_norm variance": (lambda x: F.batch_norm(Z, ones3, ones3, ones3, x), ones3),
    "batch_norm_backward Z": (lambda x: F.batch_norm_backward(Z, x, ones3), Z),
    "batch_norm_backward gamma": (lambda x: F.batch_norm_backward(Z, Z, x), ones3),
    "batch_norm_backward mean": (lambda x: F.batch_norm_backward(Z, Z, ones3, x, ones3), ones3),
    "batch_norm_backward variance": (
        lambda x: F.batch_norm_backward(Z, Z, ones3, ones3, x),
        ones3,
    ),
    "cross_entropy logits": (lambda x: F.cross_entropy(x, y), row),
    "cross_entropy_backward logits": (lambda x: F.cross_entropy_backward(x, y), row),
}
# … these too, and take any shape, or that of another argument
FINITE_ANY_SHAPE = {
    "batch_norm_backward dY": (lambda x: F.batch_norm_backward(x, Z, ones3), Z),
    "softmax Z": (F.softmax, row),
    "softmax_backward dA": (lambda x: F.softmax_backward(x, row), row),
    "softmax_backward Z": (lambda x: F.softmax_backward(row, x), row),
    "log_softmax Z": (F.log_softmax, row),
    "log_softmax_backward dA": (lambda x: F.log_softmax_backward(x, row), row),
    "log_softmax_backward Z": (lambda x: F.log_softmax_backward(row, x), row),
    "mean_squared_error prediction": (lambda x: F.mean_squared_error(x, row), row),
    "mean_squared_error target": (lambda x: F.mean_squared_error(row, x), row),
    "mean_squared_error_backward prediction": (
        lambda x: F.mean_squared_error_backward(x, row),
        row,
    ),
    "mean_squared_error_backward target": (lambda x: F.mean_squared_error_backward(row, x), row),
}
# … and these let NaN through
ANY_SHAPE = FINITE_ANY_SHAPE | {
    "relu Z": (F.relu, row),
    "relu_backward dA": (lambda x: F.relu_backward(x, row), row),
    "relu_backward Z": (lambda x: F.relu_backward(row, x), row),
    "leaky_relu Z": (F.leaky_relu, row),
    "leaky_relu_backward dA": (lambda x: F.leaky_relu_backward(x, row), row),
    "leaky_relu_backward Z": (lambda x: F.leaky_relu_backward(row, x), row),
    "sigmoid Z": (F.sigmoid, row),
    "sigmoid_backward dA": (lambda x: F.sigmoid_backward(x, row), row),
    "sigmoid_backward Z": (lambda x: F.sigmoid_backward(row, x), row),
    "tanh Z": (F.tanh, row),
    "tanh_backward dA": (lambda x: F.tanh_backward(x, row), row),
    "tanh_backward Z": (lambda x: F.tanh_backward(row, x), row),
    "dropout A": (lambda x: F.dropout(x, 0.5, rng), row),
    "dropout_backward dD": (lambda x: F.dropout_backward(x, row), row),
    "dropout_backward mask": (lambda x: F.dropout_backward(row, x), row),
}
SHAPED = FINITE | {"avg_pool2d_backward A": (lambda x: F.avg_pool2d_backward(dZ, x, 2), A)}
ARRAYS = SHAPED | ANY_SHAPE
OPTIONAL = {"dense b", *(name for name in ARRAYS if name.split()[1] in ("mean", "variance"))}
every_count = pytest.mark.parametrize("argument", COUNTS)


def message(kind, call, *arguments):
    with pytest.raises(kind) as caught:
        call(*arguments)
    assert caught.type is kind
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return str(caught.value)


@every_count
@pytest.mark.parametrize("value", [1.0, np.float64(2), "1", True, np.False_, (1, 1)], ids=repr)
def test_not_an_integer(argument, value):
    call, least = COUNTS[argument]
    text = message(TypeError, call, value)
    assert text.startswith("{}: {} is ".format(*argument.split()))
    assert f"of type {type(value).__name__}" in text
    assert text.endswith(f"use an int ≥ {least}")


@every_count
@pytest.mark.parametrize("below", [1, 100])
def test_too_small(argument, below):
    call, least = COUNTS[argument]
    text = message(ValueError, call, least - below)
    assert text.startswith("{}: {} is {}, but ".format(*argument.split(), least - below))
    assert text.endswith(f"use an int ≥ {least}")


@pytest.mark.parametrize("argument", ARRAYS)
@pytest.mark.parametrize("dtype", ["object", "complex128", "bool", "U5", "M8[s]"])
def test_not_real_numbers(argument, dtype):
    call, good = ARRAYS[argument]
    text = message(TypeError, call, good.astype("i8").astype(dtype))
    assert text.startswith("{}: {} has dtype ".format(*argument.split()))
    assert "but it must hold real numbers" in text


@pytest.mark.parametrize("argument", ARRAYS)
@pytest.mark.parametrize("value", [None, "image", {"a": 1}, Decimal(1)], ids=repr)
def test_not_an_array(argument, value):
    value = [None] if argument in OPTIONAL and value is None else value
    text = message(TypeError, ARRAYS[argument][0], value)
    assert text.startswith("{}: {} has dtype ".format(*argument.split()))


@pytest.mark.parametrize("argument", ARRAYS)
def test_rows_of_different_length(argument):
    text = message(ValueError, ARRAYS[argument][0], [[1, 2], [3]])
    assert text.startswith("{}: {} cannot be made an array, its rows".format(*argument.split()))


@pytest.mark.parametrize("argument", FINITE | FINITE_ANY_SHAPE)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_not_finite(argument, value, dtype):
    call, good = ARRAYS[argument]
    function, name = argument.split()
    bad = good.astype(dtype)
    index = (1, 0, 1, 2) if bad.ndim == 4 else tuple(n - 1 for n in bad.shape)
    bad[index] = value
    if value == -np.inf and name == "A" and "max" in function:
        bad[1, :2, :2, 2] = value  # beside a number −∞ is not the maximum; here it is
        index = (1, 0, 0, 2)
    text = message(ValueError, call, bad)
    assert text.startswith(f"{function}: {name}[{', '.join(map(str, index))}] is {value} (not fin")


@pytest.mark.parametrize("function", [F.avg_pool2d, F.max_pool2d])
def test_opposite_infinities_in_a_window(function):
    bad = A.copy()
    bad[0, 0, 0, 0], bad[0, 0, 1, 0] = np.inf, -np.inf
    assert "A[0, 0, 0, 0] is inf (not finite: 2 of" in message(ValueError, function, bad, 2)


@pytest.mark.parametrize("argument", SHAPED)
def test_wrong_number_of_axes(argument):
    call, good = ARRAYS[argument]
    for wrong in (np.float64(1), good[None, None, None], good[0]):
        text = message(ValueError, call, wrong)
        start = "{}: {} has shape {}, but it must be (".format(*argument.split(), wrong.shape)
        assert text.startswith(start)


@pytest.mark.parametrize("argument", ARRAYS)
def test_empty(argument):
    call, good = ARRAYS[argument]
    for axis in range(good.ndim):
        empty = np.delete(good, slice(None), axis)
        text = message(ValueError, call, empty)
        start = "{}: {} has shape {}, it is empty".format(*argument.split(), empty.shape)
        assert text.startswith(start)


@pytest.mark.parametrize(
    "argument", [name for name in ANY_SHAPE if "backward" in name or "squared" in name]
)
def test_other_shape_than_the_other_argument(argument):
    call, good = ARRAYS[argument]
    for other in (good[:-1], good[:, :1], good[0], good.T):
        assert "nothing is broadcast" in message(ValueError, call, other)


# call → the whole message
WHOLE_MESSAGES = {
    "a window larger than the image": (
        lambda: F.max_pool2d(A, 7),
        "max_pool2d: a 7×7 kernel does not fit a 6×5 image with padding 0 (n + 2p − f = −2): "
        "use padding ≥ 1 or a smaller kernel",
    ),
    "the same for the average, backward": (
        lambda: F.avg_pool2d_backward(dZ, A, 9, padding=1),
        "avg_pool2d_backward: a 9×9 kernel does not fit a 6×5 image with padding 1 "
        "(n + 2p − f = −2): use padding ≥ 2 or a smaller kernel",
    ),
    "a window without a pixel": (
        lambda: F.max_pool2d(A, 2, padding=2),
        "max_pool2d: padding is 2, but a window of size 2 in the corner would then have no pixel, "
        "and there is nothing to pool: use padding ≤ 1 or a larger kernel_size",
    ),
    "stride 0": (
        lambda: F.avg_pool2d(A, 2, stride=0),
        "avg_pool2d: stride is 0, but a window that does not move has no next position: "
        "use an int ≥ 1",
    ),
    "a grey image for a batch": (
        lambda: F.max_pool2d(A[0, :, :, 0], 2),
        "max_pool2d: A has shape (6, 5), but it must be (m, n_H_prev, n_W_prev, n_C): "
        "add the missing axes with np.newaxis, or take out those too many",
    ),
    "an empty batch": (
        lambda: F.avg_pool2d(A[:0], 2),
        "avg_pool2d: A has shape (0, 6, 5, 3), it is empty, so there is nothing to compute: "
        "every axis of (m, n_H_prev, n_W_prev, n_C) needs a length ≥ 1",
    ),
    "dZ of another stride": (
        lambda: F.max_pool2d_backward(dZ, A, 2, 1),
        "max_pool2d_backward: dZ has shape (2, 3, 2, 3), that is n_H = 3, but the other arguments "
        "have n_H = 5: dZ must be (2, 5, 4, 3)",
    ),
    "winners of another stride": (
        lambda: F.max_pool2d_backward(np.ones((2, 5, 4, 3)), A, 2, 1, winners=winners),
        "max_pool2d_backward: winners has shape (2, 3, 2, 3) and values 1 to 1, but the output has "
        "shape (2, 5, 4, 3) and a window has taps 0 to 3: use what max_pool2d_with_winners "
        "returned for the same A, kernel_size, stride and padding",
    ),
    "winners of another kernel": (
        lambda: F.max_pool2d_backward(dZ, A, 2, winners=4 * winners),
        "max_pool2d_backward: winners has shape (2, 3, 2, 3) and values 4 to 4, but the output has "
        "shape (2, 3, 2, 3) and a window has taps 0 to 3: use what max_pool2d_with_winners "
        "returned for the same A, kernel_size, stride and padding",
    ),
    "negative winners": (
        lambda: F.max_pool2d_backward(dZ, A, 2, winners=-winners),
        "max_pool2d_backward: winners has shape (2, 3, 2, 3) and values -1 to -1, but the output "
        "has shape (2, 3, 2, 3) and a window has taps 0 to 3: use what max_pool2d_with_winners "
        "returned for the same A, kernel_size, stride and padding",
    ),
    "no winners": (
        lambda: F.max_pool2d_backward(dZ, A, 2, winners=winners[:0]),
        "max_pool2d_backward: winners has shape (0, 3, 2, 3), but the output has shape "
        "(2, 3, 2, 3) and a window has taps 0 to 3: use what max_pool2d_with_winners returned for "
        "the same A, kernel_size, stride and padding",
    ),
    "weights for other inputs": (
        lambda: F.dense(row, W.T),
        "dense: W has shape (5, 3), that is n_prev = 5, but the other arguments have n_prev = 3: "
        "W must be (3, n)",
    ),
    "a bias for other outputs": (
        lambda: F.dense(row, W, ones3),
        "dense: b has shape (3,), that is n = 3, but the other arguments have n = 5: b must be "
        "(5,)",
    ),
    "an image for a vector": (
        lambda: F.dense(A, W),
        "dense: A has shape (2, 6, 5, 3), but it must be (m, n_prev): "
        "add the missing axes with np.newaxis, or take out those too many",
    ),
    "dZ of other weights": (
        lambda: F.dense_backward(row, row, W),
        "dense_backward: dZ has shape (4, 3), that is n = 3, but the other arguments have n = 5: "
        "dZ must be (4, 5)",
    ),
    "broadcasting": (
        lambda: F.mean_squared_error(np.ones((4, 1)), np.ones(4)),
        "mean_squared_error: target has shape (4,), but the other argument has shape (4, 1), and "
        "nothing is broadcast: give both the same shape",
    ),
    "an empty array": (
        lambda: F.relu([]),
        "relu: Z has shape (0,), it is empty, so there is nothing to compute: "
        "every axis needs a length ≥ 1",
    ),
    "a softmax of one number": (
        lambda: F.softmax(3),
        "softmax: Z is the single number 3.0, but numbers along an axis are compared: "
        "use an array (…, n)",
    ),
    "a slope that turns the sign": (
        lambda: F.leaky_relu(row, -0.5),
        "leaky_relu: slope is -0.5, but what is negative must become smaller and keep its sign: "
        "use a number in [0, 1]",
    ),
    "the same backward": (
        lambda: F.leaky_relu_backward(row, row, np.nan),
        "leaky_relu_backward: slope is nan, but what is negative must become smaller and keep its "
        "sign: use a number in [0, 1]",
    ),
    "nothing kept": (
        lambda: F.dropout(row, 1, rng),
        "dropout: rate is 1, but it is the share that is dropped, and something has to stay: "
        "use a number in [0, 1)",
    ),
    "a percentage": (
        lambda: F.dropout(row, 50.0, rng),
        "dropout: rate is 50.0, but it is the share that is dropped, and something has to stay: "
        "use a number in [0, 1)",
    ),
    "no epsilon": (
        lambda: F.batch_norm(Z, ones3, ones3, eps=0),
        "batch_norm: eps is 0, but it keeps a constant channel from being divided by 0: "
        "use a number in (0, ∞)",
    ),
    "endless epsilon": (
        lambda: F.batch_norm_backward(Z, Z, ones3, eps=np.inf),
        "batch_norm_backward: eps is inf, but it keeps a constant channel from being divided by 0: "
        "use a number in (0, ∞)",
    ),
    "one number a channel": (
        lambda: F.batch_norm(Z[:1], ones3, ones3),
        "batch_norm: Z has shape (1, 3), one number for each channel, and one number has no "
        "variance: use a larger batch, or give mean and variance",
    ),
    "half of the statistics": (
        lambda: F.batch_norm(Z, ones3, ones3, variance=ones3),
        "batch_norm: mean is not given, but only its partner is: give both mean and variance "
        "(inference) or none of them (training)",
    ),
    "the other half": (
        lambda: F.batch_norm_backward(Z, Z, ones3, mean=ones3),
        "batch_norm_backward: variance is not given, but only its partner is: give both mean and "
        "variance (inference) or none of them (training)",
    ),
    "a negative variance": (
        lambda: F.batch_norm(Z, ones3, ones3, ones3, [1, -2, 1]),
        "batch_norm: variance[1] is -2.0, but a mean of squares is not negative: use what "
        "batch_norm returned, or an average of that",
    ),
    "gamma of other channels": (
        lambda: F.batch_norm(Z, ones5, ones3),
        "batch_norm: gamma has shape (5,), that is n_C = 5, but the other arguments have n_C = 3: "
        "gamma must be (3,)",
    ),
    "a class too many": (
        lambda: F.cross_entropy(row, [0, 1, 3, 9]),
        "cross_entropy: y[2] is 3 (out of range: 2 of 4 labels), but logits has 3 columns: "
        "number the classes from 0 to 2",
    ),
    "a negative class": (
        lambda: F.cross_entropy_backward(row, [0, 1, 2, -1]),
        "cross_entropy_backward: y[3] is -1 (out of range: 1 of 4 labels), but logits has 3 "
        "columns: number the classes from 0 to 2",
    ),
    "a class too large for an int": (
        lambda: F.cross_entropy(row, np.full(4, 2**64 - 1, np.uint64)),
        "cross_entropy: y[0] is 18446744073709551615 (out of range: 4 of 4 labels), but logits "
        "has 3 columns: number the classes from 0 to 2",
    ),
    "too few classes": (
        lambda: F.cross_entropy(row, [0, 1]),
        "cross_entropy: y has shape (2,), but logits has 4 rows, so it must be (4,): "
        "one label a row",
    ),
    "one-hot classes": (
        lambda: F.cross_entropy(row, np.eye(3, dtype=int)[y]),
        "cross_entropy: y has shape (4, 3), but logits has 4 rows, so it must be (4,): "
        "if y is one-hot, use y.argmax(axis=1)",
    ),
}


@pytest.mark.parametrize(("call", "text"), WHOLE_MESSAGES.values(), ids=WHOLE_MESSAGES)
def test_whole_message(call, text):
    assert message(ValueError, call) == text


TYPES = {
    "float classes": (
        lambda: F.cross_entropy(row, y.astype(float)),
        "cross_entropy: y has dtype float64, but it names the class of each row: "
        "use integers from 0 to 2",
    ),
    "boolean classes": (
        lambda: F.cross_entropy_backward(row, y > 0),
        "cross_entropy_backward: y has dtype bool, but it names the class of each row: "
        "use integers from 0 to 2",
    ),
    "no classes": (
        lambda: F.cross_entropy(row, None),
        "cross_entropy: y has dtype object, but it names the class of each row: "
        "use integers from 0 to 2",
    ),
    "ragged classes": (
        lambda: F.cross_entropy(row, [[0], [1, 2]]),
        "cross_entropy: y has dtype object, but it names the class of each row: "
        "use integers from 0 to 2",
    ),
    "float winners": (
        lambda: F.max_pool2d_backward(dZ, A, 2, winners=winners / 1),
        "max_pool2d_backward: winners has dtype float64, but it numbers the taps of a window: "
        "use what max_pool2d_with_winners returned",
    ),
    "ragged winners": (
        lambda: F.max_pool2d_backward(dZ, A, 2, winners=[[0], [1, 2]]),
        "max_pool2d_backward: winners has dtype object, but it numbers the taps of a window: "
        "use what max_pool2d_with_winners returned",
    ),
    "a count for a question": (
        lambda: F.avg_pool2d(A, 2, count_padding=1),
        "avg_pool2d: count_padding is 1, but it is a question: use True or False",
    ),
    "a seed for a generator": (
        lambda: F.dropout(row, 0.5, 0),
        "dropout: rng is of type int, but the same seed must give the same numbers: "
        "use np.random.default_rng(seed)",
    ),
    "the old kind of generator": (
        lambda: F.dropout(row, 0.5, np.random.RandomState(0)),
        "dropout: rng is of type RandomState, but the same seed must give the same numbers: "
        "use np.random.default_rng(seed)",
    ),
    "a word for a rate": (
        lambda: F.dropout(row, "half", rng),
        "dropout: rate is 'half' of type str, but it must be one real number: use an int or a "
        "float",
    ),
    "a slope for each entry": (
        lambda: F.leaky_relu(row, [0.1]),
        "leaky_relu: slope is [0.1] of type list, but it must be one real number: use an int or a "
        "float",
    ),
}


@pytest.mark.parametrize(("call", "text"), TYPES.values(), ids=TYPES)
def test_whole_message_of_a_type(call, text):
    assert message(TypeError, call) == text


def test_the_good_arguments_of_this_file_are_good():
    """Else every row above might fail for another reason than its own."""
    for call, good in ARRAYS.values():
        call(good)
    for call, least in COUNTS.values():
        call(2 if least else 0)
    F.max_pool2d_backward(dZ, A, 2, winners=winners)
    F.cross_entropy(row, y)
    F.dropout(row, 0.5, rng)
