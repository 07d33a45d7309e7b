"""Bad input gets one clear error: what was wrong, what was received, why, and the fix.

Each row is a call and what its message must say. That the message opens with the name of the
function, and that no argument is changed on the way, is asked of all of them.
"""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

import cnnlib as cnn
from cnnlib import filters

A = np.ones((2, 6, 5, 3))
W = np.ones((3, 3, 3, 4))
b = np.ones(4)
dZ = np.ones((2, 4, 3, 4))
I = np.ones((6, 5))
K = np.ones((3, 3))


NOT_INTEGERS = {
    "float": (1.0, "is 1.0 of type float"),
    "float64": (np.float64(2), "of type float64"),
    "str": ("1", "is '1' of type str"),
    "True": (True, "is True of type bool"),
    "False": (np.False_, "of type bool"),
    "None": (None, "is None of type NoneType"),
    "pair": ((1, 1), "is (1, 1) of type tuple"),
    "array": (np.array([1]), "of type ndarray"),
}

# name of the argument → a call of every function that has it, and its least value
COUNTS = {
    "output_size n": (lambda v: cnn.output_size(v, 3), 1),
    "output_size kernel_size": (lambda v: cnn.output_size(6, v), 1),
    "output_size stride": (lambda v: cnn.output_size(6, 3, v), 1),
    "output_size padding": (lambda v: cnn.output_size(6, 3, 1, v), 0),
    "pad2d padding": (lambda v: cnn.pad2d(A, v), 0),
    "conv2d stride": (lambda v: cnn.conv2d(A, W, b, v), 1),
    "conv2d padding": (lambda v: cnn.conv2d(A, W, b, 1, v), 0),
    "conv2d_backward stride": (lambda v: cnn.conv2d_backward(dZ, A, W, v), 1),
    "conv2d_backward padding": (lambda v: cnn.conv2d_backward(dZ, A, W, 1, v), 0),
    "conv2d_backward_params stride": (lambda v: cnn.conv2d_backward_params(dZ, A, W, v), 1),
    "conv2d_backward_params padding": (lambda v: cnn.conv2d_backward_params(dZ, A, W, 1, v), 0),
    "correlate2d stride": (lambda v: cnn.correlate2d(I, K, v), 1),
    "correlate2d padding": (lambda v: cnn.correlate2d(I, K, 1, v), 0),
    "box kernel_size": (lambda v: filters.box(v), 1),
    "gaussian kernel_size": (lambda v: filters.gaussian(v, 1.0), 1),
}

# name of the argument → a call of every function that has it, and a good value
ARRAYS = {
    "pad2d A": (lambda x: cnn.pad2d(x, 1), A),
    "conv2d A": (lambda x: cnn.conv2d(x, W, b), A),
    "conv2d W": (lambda x: cnn.conv2d(A, x, b), W),
    "conv2d b": (lambda x: cnn.conv2d(A, W, x), b),
    "conv2d_backward dZ": (lambda x: cnn.conv2d_backward(x, A, W), dZ),
    "conv2d_backward A": (lambda x: cnn.conv2d_backward(dZ, x, W), A),
    "conv2d_backward W": (lambda x: cnn.conv2d_backward(dZ, A, x), W),
    "conv2d_backward_params dZ": (lambda x: cnn.conv2d_backward_params(x, A, W), dZ),
    "conv2d_backward_params A": (lambda x: cnn.conv2d_backward_params(dZ, x, W), A),
    "conv2d_backward_params W": (lambda x: cnn.conv2d_backward_params(dZ, A, x), W),
    "correlate2d I": (lambda x: cnn.correlate2d(x, K), I),
    "correlate2d K": (lambda x: cnn.correlate2d(I, x), K),
}
every_count = pytest.mark.parametrize("argument", COUNTS)
every_array = pytest.mark.parametrize("argument", ARRAYS)


def message(kind, call, *arguments):
    with pytest.raises(kind) as caught:
        call(*arguments)
    assert caught.type is kind
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return str(caught.value)


@every_count
@pytest.mark.parametrize(("value", "received"), NOT_INTEGERS.values(), ids=NOT_INTEGERS)
def test_not_an_integer(argument, value, received):
    call, least = COUNTS[argument]
    text = message(TypeError, call, value)
    assert text.startswith("{}: {} is ".format(*argument.split()))
    assert received in text
    assert text.endswith(f"use an int ≥ {least}")


@every_count
@pytest.mark.parametrize("below", [1, 2, 100])
def test_too_small(argument, below):
    call, least = COUNTS[argument]
    value = least - below
    text = message(ValueError, call, value)
    assert text.startswith("{}: {} is {}, but ".format(*argument.split(), value))
    assert text.endswith(f"use an int ≥ {least}")


@every_array
@pytest.mark.parametrize("dtype", ["object", "complex64", "complex128", "bool", "U5", "M8[s]"])
def test_not_real_numbers(argument, dtype):
    call, good = ARRAYS[argument]
    bad = good.astype("i8").astype(dtype)
    text = message(TypeError, call, bad)
    function, name = argument.split()
    assert text.startswith(
        f"{function}: {name} has dtype {bad.dtype}, but it must hold real numbers"
    )
    assert text.endswith(f"convert it first, for instance with {name}.astype(np.float64)")


@every_array
@pytest.mark.parametrize("value", [None, "image", {"a": 1}, {1, 2}, Decimal(1)], ids=repr)
def test_not_an_array(argument, value):
    value = [None] if argument == "conv2d b" and value is None else value  # b=None is no bias
    text = message(TypeError, ARRAYS[argument][0], value)
    assert text.startswith("{}: {} has dtype ".format(*argument.split()))


@every_array
def test_rows_of_different_length(argument):
    text = message(ValueError, ARRAYS[argument][0], [[1, 2], [3]])
    assert text.startswith("{}: {} cannot be made an array, its rows".format(*argument.split()))
    assert text.endswith("give nested lists of equal lengths")


@pytest.mark.parametrize("argument", [name for name in ARRAYS if name != "pad2d A"])  # sums nothing
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_not_finite(argument, value, dtype):
    call, good = ARRAYS[argument]
    bad = good.astype(dtype)
    last = tuple(n - 1 for n in good.shape)
    bad[last] = value
    text = message(ValueError, call, bad)
    function, name = argument.split()
    index = ", ".join(map(str, last))
    entry = f"{function}: {name}[{index}] is {value} (not finite: 1 of {good.size} entries)"
    assert text.startswith(entry)
    assert text.endswith("find where it comes from, or replace it with np.nan_to_num")


@every_array
def test_wrong_number_of_axes(argument):
    call, good = ARRAYS[argument]
    function, name = argument.split()
    for wrong in (np.float64(1), good[None, None]):
        text = message(ValueError, call, wrong)
        assert text.startswith(f"{function}: {name} has shape {wrong.shape}, but it must be (")
        assert text.endswith("add the missing axes with np.newaxis, or take out those too many")


@every_array
def test_empty(argument):
    call, good = ARRAYS[argument]
    function, name = argument.split()
    for axis in range(good.ndim):
        empty = np.delete(good, slice(None), axis)
        text = message(ValueError, call, empty)
        assert text.startswith(f"{function}: {name} has shape {empty.shape}, it is empty")
        assert text.endswith("needs a length ≥ 1")


# what only some functions can get wrong: call → the whole message
WHOLE_MESSAGES = {
    "a kernel larger than the image": (
        lambda: cnn.conv2d(A[:, :3, :3], np.ones((5, 5, 3, 1))),
        "conv2d: a 5×5 kernel does not fit a 3×3 image with padding 0 (n + 2p − f = −2): "
        "use padding ≥ 1 or a smaller kernel",
    ),
    "the same in the backward pass": (
        lambda: cnn.conv2d_backward(dZ, A[:, :3, :3], np.ones((5, 5, 3, 1))),
        "conv2d_backward: a 5×5 kernel does not fit a 3×3 image with padding 0 (n + 2p − f = −2): "
        "use padding ≥ 1 or a smaller kernel",
    ),
    "one axis only, with some padding": (
        lambda: cnn.correlate2d(I, np.ones((3, 12)), padding=1),
        "correlate2d: a 3×12 kernel does not fit a 6×5 image with padding 1 (n + 2p − f = −5): "
        "use padding ≥ 4 or a smaller kernel",
    ),
    "the other axis": (
        lambda: cnn.correlate2d(I, np.ones((9, 5))),
        "correlate2d: a 9×5 kernel does not fit a 6×5 image with padding 0 (n + 2p − f = −3): "
        "use padding ≥ 2 or a smaller kernel",
    ),
    "a number of pixels": (
        lambda: cnn.output_size(3, 5),
        "output_size: a kernel of size 5 does not fit an image of size 3 with padding 0 "
        "(n + 2p − f = −2): use padding ≥ 1 or a smaller kernel",
    ),
    "channels": (
        lambda: cnn.conv2d(A, W[:, :, :1]),
        "conv2d: W has shape (3, 3, 1, 4), that is n_C_prev = 1, but the other arguments have "
        "n_C_prev = 3: W must be (f_H, f_W, 3, n_C)",
    ),
    "channels of a volume": (
        lambda: cnn.correlate2d(A[0], np.ones((3, 3, 2))),
        "correlate2d: K has shape (3, 3, 2), that is n_C = 2, but the other arguments have "
        "n_C = 3: K must be (f_H, f_W, 3)",
    ),
    "a flat filter on a volume": (
        lambda: cnn.correlate2d(A[0], K),
        "correlate2d: K has shape (3, 3), but it must be (f_H, f_W, 3): "
        "add the missing axes with np.newaxis, or take out those too many",
    ),
    "a deep filter on a grey image": (
        lambda: cnn.correlate2d(I, W[..., 0]),
        "correlate2d: K has shape (3, 3, 3), but it must be (f_H, f_W): "
        "add the missing axes with np.newaxis, or take out those too many",
    ),
    "a bias for another number of filters": (
        lambda: cnn.conv2d(A, W, b[:3]),
        "conv2d: b has shape (3,), that is n_C = 3, but the other arguments have n_C = 4: "
        "b must be (4,)",
    ),
    "a bias in a row": (
        lambda: cnn.conv2d(A, W, b[None]),
        "conv2d: b has shape (1, 4), but it must be (4,): "
        "add the missing axes with np.newaxis, or take out those too many",
    ),
    "dZ of another stride": (
        lambda: cnn.conv2d_backward(dZ, A, W, stride=2),
        "conv2d_backward: dZ has shape (2, 4, 3, 4), that is n_H = 4, but the other arguments "
        "have n_H = 2: dZ must be (2, 2, 2, 4)",
    ),
    "dZ of another batch": (
        lambda: cnn.conv2d_backward(dZ[:1], A, W),
        "conv2d_backward: dZ has shape (1, 4, 3, 4), that is m = 1, but the other arguments "
        "have m = 2: dZ must be (2, 4, 3, 4)",
    ),
    "dZ of other filters": (
        lambda: cnn.conv2d_backward(dZ[..., :3], A, W),
        "conv2d_backward: dZ has shape (2, 4, 3, 3), that is n_C = 3, but the other arguments "
        "have n_C = 4: dZ must be (2, 4, 3, 4)",
    ),
    "a grey image for a batch": (
        lambda: cnn.conv2d(I, W),
        "conv2d: A has shape (6, 5), but it must be (m, n_H_prev, n_W_prev, "
        "n_C_prev): add the missing axes with np.newaxis, or take out those too many",
    ),
    "an empty batch": (
        lambda: cnn.conv2d(A[:0], W),
        "conv2d: A has shape (0, 6, 5, 3), it is empty, so there is nothing to compute: "
        "every axis of (m, n_H_prev, n_W_prev, n_C_prev) needs a length ≥ 1",
    ),
    "stride 0": (
        lambda: cnn.conv2d(A, W, stride=0),
        "conv2d: stride is 0, but a window that does not move has no next position: use an int ≥ 1",
    ),
    "negative padding": (
        lambda: cnn.conv2d(A, W, padding=-1),
        "conv2d: padding is -1, but it is a count: use an int ≥ 0",
    ),
    "an even Gaussian": (
        lambda: filters.gaussian(4, 1.0),
        "gaussian: kernel_size is 4, but the peak has to lie on a pixel: use an odd size",
    ),
    "a Gaussian without width": (
        lambda: filters.gaussian(3, 0),
        "gaussian: sigma is 0.0, but it is the width of the bell in pixels: "
        "use a finite number > 0",
    ),
}


@pytest.mark.parametrize(("call", "text"), WHOLE_MESSAGES.values(), ids=WHOLE_MESSAGES)
def test_whole_message(call, text):
    assert message(ValueError, call) == text


@pytest.mark.parametrize("value", ["0", None, True, 1j, [0.0]])
def test_not_a_number(value):
    for call in (lambda: cnn.pad2d(A, 1, value), lambda: filters.gaussian(3, value)):
        assert message(TypeError, call).endswith("use an int or a float")


@pytest.mark.parametrize("sigma", [-1.0, np.nan, np.inf, -np.inf])
def test_sigma(sigma):
    assert f"gaussian: sigma is {sigma}" in message(ValueError, filters.gaussian, 3, sigma)


def test_the_good_arguments_of_this_file_are_good():
    """Else every row above might fail for another reason than its own."""
    for call, good in ARRAYS.values():
        call(good)
    for call, least in COUNTS.values():
        call(max(least, 3) if call is COUNTS["output_size n"][0] else least)
