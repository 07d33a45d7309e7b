"""layers: each against PyTorch, finite differences, and what the mathematics says of it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from cnnlib import functional as F
from cnnlib import init
from cnnlib._memory import keep_freed_memory
from cnnlib.gradcheck import check_gradients
from cnnlib.layers import (
    AvgPool2D,
    BatchNorm2D,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    Identity,
    Layer,
    LeakyReLU,
    MaxPool2D,
    PadChannels,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
)

RNG = np.random.default_rng

# repr → (how to make the layer in a dtype, shape of a batch); n_H ≠ n_W, n_C ≠ n_C_prev throughout
LAYERS = {
    "Conv2D(3, 4, kernel_size=3, stride=1, padding=1)": (
        lambda dtype: Conv2D(3, 4, 3, padding=1, rng=RNG(0), dtype=dtype),
        (2, 5, 6, 3),
    ),
    "Conv2D(2, 3, kernel_size=2, stride=3, padding=0, bias=False)": (
        lambda dtype: Conv2D(2, 3, 2, stride=3, bias=False, rng=RNG(0), dtype=dtype),
        (2, 7, 9, 2),
    ),
    "Conv2D(1, 2, kernel_size=5, stride=2, padding=2)": (
        lambda dtype: Conv2D(1, 2, 5, stride=2, padding=2, rng=RNG(0), dtype=dtype),
        (1, 6, 7, 1),
    ),
    "MaxPool2D(2, stride=2, padding=0)": (lambda dtype: MaxPool2D(2), (2, 5, 6, 3)),
    "MaxPool2D(3, stride=2, padding=1)": (lambda dtype: MaxPool2D(3, 2, 1), (2, 5, 6, 3)),
    "AvgPool2D(2, stride=2, padding=0)": (lambda dtype: AvgPool2D(2), (2, 5, 6, 3)),
    "AvgPool2D(3, stride=1, padding=1)": (lambda dtype: AvgPool2D(3, 1, 1), (2, 5, 6, 3)),
    "AvgPool2D(3, stride=2, padding=1, count_padding=False)": (
        lambda dtype: AvgPool2D(3, 2, 1, count_padding=False),
        (2, 5, 6, 3),
    ),
    "GlobalAvgPool2D()": (lambda dtype: GlobalAvgPool2D(), (2, 5, 6, 3)),
    "Dense(5, 3)": (lambda dtype: Dense(5, 3, rng=RNG(0), dtype=dtype), (4, 5)),
    "Dense(5, 3, bias=False)": (
        lambda dtype: Dense(5, 3, bias=False, rng=RNG(0), dtype=dtype),
        (4, 5),
    ),
    "Flatten()": (lambda dtype: Flatten(), (2, 3, 4, 5)),
    "Identity()": (lambda dtype: Identity(), (2, 3, 4, 5)),
    "PadChannels(2)": (lambda dtype: PadChannels(2), (2, 3, 4, 5)),
    "ReLU()": (lambda dtype: ReLU(), (2, 3, 4, 5)),
    "LeakyReLU(0.1)": (lambda dtype: LeakyReLU(0.1), (2, 3, 4, 5)),
    "Sigmoid()": (lambda dtype: Sigmoid(), (2, 3, 4, 5)),
    "Tanh()": (lambda dtype: Tanh(), (2, 3, 4, 5)),
    "Softmax()": (lambda dtype: Softmax(), (4, 5)),
    "BatchNorm2D(3)": (lambda dtype: BatchNorm2D(3, dtype=dtype), (4, 2, 5, 3)),
    "Dropout(0.4)": (lambda dtype: Dropout(0.4, RNG(0)), (2, 3, 4, 5)),
}
HANDS_ON = ("Flatten()", "Identity()")
every_layer = pytest.mark.parametrize("name", LAYERS)
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def case(name, dtype=np.float64):
    """A layer, a batch for it, and a random gradient at its output; both arrays are read-only."""
    make, shape = LAYERS[name]
    layer, rng = make(dtype), RNG(1)
    A = rng.standard_normal(shape).astype(dtype)
    dZ = rng.standard_normal(layer.output_shape(shape[1:])).astype(dtype)
    dZ = np.stack([dZ * (i + 1) for i in range(shape[0])])
    for x in (A, dZ):
        x.flags.writeable = False  # in every test: a layer may not change what it is given
    return layer, A, dZ


# ---- what holds for all of them ------------------------------------------------------------


def test_every_layer_is_in_the_table():
    import cnnlib.layers

    classes = {getattr(cnnlib.layers, name) for name in cnnlib.layers.__all__}
    classes = {c for c in classes if isinstance(c, type) and issubclass(c, Layer)} - {Layer}
    assert {type(make(np.float32)) for make, _ in LAYERS.values()} == classes
    assert all(c.__mro__[1] is Layer for c in classes), "one step of inheritance"


@every_layer
def test_repr(name):
    assert repr(case(name)[0]) == name


@every_layer
def test_output_shape(name):
    layer, A, dZ = case(name)
    Z = layer.forward(A)
    assert Z.shape == (len(A), *layer.output_shape(A.shape[1:])) == dZ.shape


@every_layer
def test_gradients_are_those_of_the_forward(name):
    layer, A, _ = case(name)
    found = check_gradients(layer, A, RNG(2))
    assert list(found) == ["A", *layer.params]
    assert max(comparison.error for comparison in found.values()) < 1e-6
    assert not any(comparison.kinks for comparison in found.values())


@every_layer
@both_dtypes
def test_dtype_is_kept_all_the_way(name, dtype):
    layer, A, dZ = case(name, dtype)
    results = [layer.forward(A), layer.forward(A, training=True), layer.backward(dZ)]
    results += [*layer.params.values(), *layer.grads.values(), *layer.state.values()]
    assert {x.dtype for x in results} == {np.dtype(dtype)}
    assert list(layer.grads) == list(layer.params)
    assert all(layer.grads[key].shape == W.shape for key, W in layer.params.items())


@every_layer
def test_float64_images_do_not_change_the_dtype_of_what_is_learned(name):
    layer, A, dZ = case(name, np.float32)
    layer.forward(A.astype(np.float64), training=True)
    layer.backward(dZ.astype(np.float64))
    assert {x.dtype for x in (*layer.params.values(), *layer.state.values())} <= {
        np.dtype(np.float32)
    }
    assert {x.dtype for x in layer.grads.values()} <= {np.dtype(np.float32)}


@every_layer
def test_results_are_yours(name):
    """No later pass writes to what an earlier one returned."""
    layer, A, dZ = case(name)
    other, dOther = A + 1, dZ * 2
    results = [layer.forward(A), layer.forward(A, training=True), layer.backward(dZ)]
    results += layer.grads.values()
    copies = [x.copy() for x in results]
    layer.forward(other, training=True)
    layer.backward(dOther)
    layer.forward(other)
    for x, copy in zip(results, copies, strict=True):
        assert_array_equal(x, copy)
    for x in results[:3]:
        shares = np.shares_memory(x, A) or np.shares_memory(x, dZ)
        assert not shares or name in HANDS_ON or (name.startswith("Dropout") and x is results[0])


@every_layer
def test_backward_needs_a_forward_in_training_each_time(name):
    layer, A, dZ = case(name)
    error = pytest.raises(RuntimeError, match=r"call forward\(A, training=True\) before each")
    with error:
        layer.backward(dZ)
    layer.forward(A)
    with error:
        layer.backward(dZ)
    layer.forward(A, training=True)
    layer.backward(dZ)
    with error:
        layer.backward(dZ)
    layer.forward(A, training=True)
    layer.forward(A)  # inference in between forgets, so that nothing is kept that is not needed
    with error:
        layer.backward_params(dZ)
    assert layer._memory is None


@every_layer
def test_a_gradient_of_a_wrong_shape_is_refused_and_nothing_is_lost(name):
    layer, A, dZ = case(name)
    layer.forward(A, training=True)
    for wrong in (dZ[:1] if len(dZ) > 1 else dZ[..., :1], dZ[..., np.newaxis], 1.0):
        with pytest.raises(ValueError, match="but the output of forward had") as caught:
            layer.backward(wrong)
        assert str(caught.value).startswith(name)
    assert layer.backward(dZ).shape == A.shape


@every_layer
def test_backward_params_fills_the_same_grads(name):
    layer, A, dZ = case(name)
    layer.forward(A, training=True)
    layer.backward(dZ)
    expected = dict(layer.grads)
    layer = case(name)[0]
    layer.forward(A, training=True)
    assert layer.backward_params(dZ) is None
    assert layer.grads.keys() == expected.keys()
    for key, gradient in expected.items():
        assert_array_equal(layer.grads[key], gradient)


@every_layer
def test_inference_is_the_same_as_training(name):
    layer, A, _ = case(name)
    same = np.array_equal(layer.forward(A), layer.forward(A, training=True))
    assert same == (not name.startswith(("BatchNorm2D", "Dropout")))


@every_layer
def test_astype_makes_another_layer(name):
    layer, A, dZ = case(name, np.float64)
    layer.forward(A, training=True)
    other = layer.astype(np.float32)
    assert repr(other) == name
    assert other._memory is None
    for ours, theirs in ((layer.params, other.params), (layer.state, other.state)):
        for key in ours:
            assert theirs[key].dtype == np.float32
            assert_array_equal(theirs[key], ours[key].astype(np.float32))
            assert not np.shares_memory(ours[key], theirs[key])
    layer.backward(dZ)  # the layer itself still remembers


def test_params_are_written_to_in_place():
    """However it is written: an optimiser that holds the array sees it."""
    layer = Dense(3, 2, rng=RNG(0))
    W, b = layer.params["W"], layer.params["b"]
    layer.params["W"][...] = 1
    layer.params["W"] -= 3
    assert_array_equal(W, np.full((3, 2), -2))
    layer.params["W"] = np.arange(6.0).reshape(3, 2)
    layer.params.update({"b": [7, 8]})
    assert_array_equal(layer.forward(np.ones((1, 3))), [[6 + 7, 9 + 8]])
    assert layer.params["W"] is W
    assert layer.params["b"] is b
    assert W.dtype == np.float32
    layer.params["b"] = 0
    assert not b.any()
    with pytest.raises(ValueError, match=r"'W' has shape \(2, 3\), but the array has \(3, 2\)"):
        layer.params["W"] = np.zeros((2, 3))
    with pytest.raises(ValueError, match=r"'W' has shape \(2,\)"):  # nothing is broadcast
        layer.params["W"] = np.zeros(2)
    with pytest.raises(KeyError, match=r"no array 'w' to write into: use one of \['W', 'b'\]"):
        layer.params["w"] = 0
    with pytest.raises(AttributeError):
        layer.params = {}


# ---- against PyTorch -----------------------------------------------------------------------


def turned(x):
    """Channels second, as PyTorch wants them."""
    return np.ascontiguousarray(np.moveaxis(x, -1, 1)) if x.ndim == 4 else x


def torch_of(torch, layer, dtype):
    """The same layer of PyTorch, with the same parameters."""
    nn = torch.nn
    match layer:
        case Conv2D():
            other = nn.Conv2d(
                layer.in_channels,
                layer.out_channels,
                layer.kernel_size,
                layer.stride,
                layer.padding,
                bias="b" in layer.params,
            )
            W = layer.params["W"].transpose(3, 2, 0, 1)
        case Dense():
            other = nn.Linear(layer.in_features, layer.out_features, bias="b" in layer.params)
            W = layer.params["W"].T
        case MaxPool2D():
            return nn.MaxPool2d(layer.kernel_size, layer.stride, layer.padding)
        case AvgPool2D():
            return nn.AvgPool2d(
                layer.kernel_size,
                layer.stride,
                layer.padding,
                count_include_pad=layer.count_padding,
            )
        case GlobalAvgPool2D():
            return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        case BatchNorm2D():
            other = nn.BatchNorm2d(layer.channels, layer.eps, layer.momentum)
            W = layer.params["gamma"]
        case LeakyReLU():
            return nn.LeakyReLU(layer.slope)
        case Softmax():
            return nn.Softmax(-1)
        case _:
            same = {ReLU: nn.ReLU, Sigmoid: nn.Sigmoid, Tanh: nn.Tanh, Identity: nn.Identity}
            return same[type(layer)]()
    other = other.to(dtype)
    with torch.no_grad():
        other.weight.copy_(torch.tensor(W.copy()))
        if other.bias is not None:
            other.bias.copy_(torch.tensor(layer.params.get("b", layer.params.get("beta"))))
    return other


# PyTorch's flatten has another order, its dropout other random numbers, and PadChannels it has not
NOT_OF_TORCH = ("Flatten()", "PadChannels(2)", "Dropout(0.4)")


@pytest.mark.parametrize("name", [name for name in LAYERS if name not in NOT_OF_TORCH])
@both_dtypes
def test_torch(name, dtype):
    torch = pytest.importorskip("torch")
    layer, A, dZ = case(name, dtype)
    rng = RNG(3)
    for key in ("b", "gamma", "beta"):  # they begin at 0 or 1, where a mistake may not show
        if key in layer.params:
            layer.params[key][...] = rng.standard_normal(layer.params[key].shape)
    other = torch_of(torch, layer, getattr(torch, np.dtype(dtype).name))
    close = {"rtol": 1e-12, "atol": 1e-12} if dtype is np.float64 else {"rtol": 2e-5, "atol": 2e-5}

    A_torch = torch.tensor(turned(A), requires_grad=True)
    Z_torch = other(A_torch)
    Z_torch.backward(torch.tensor(turned(dZ)))
    assert_allclose(turned(layer.forward(A, training=True)), Z_torch.detach().numpy(), **close)
    assert_allclose(turned(layer.backward(dZ)), A_torch.grad.numpy(), **close)
    if layer.params:
        dW, *db = layer.grads.values()
        order = {4: (3, 2, 0, 1), 2: (1, 0), 1: (0,)}[dW.ndim]
        assert_allclose(dW.transpose(order), other.weight.grad.numpy(), **close)
        if db:
            assert_allclose(db[0], other.bias.grad.numpy(), **close)


@both_dtypes
@pytest.mark.parametrize("shape", [(4, 3, 5, 6), (8, 6)], ids=["images", "vectors"])
def test_batch_norm_running_statistics_are_those_of_torch(dtype, shape):
    torch = pytest.importorskip("torch")
    layer = BatchNorm2D(6, momentum=0.3, dtype=dtype)
    kind = torch.nn.BatchNorm2d if len(shape) == 4 else torch.nn.BatchNorm1d
    other = kind(6, momentum=0.3).to(getattr(torch, np.dtype(dtype).name))
    rng = RNG(0)
    for _ in range(4):
        A = rng.normal(2.0, 3.0, shape).astype(dtype)
        layer.forward(A, training=True)
        other(torch.tensor(turned(A)))
    for key, array in layer.state.items():
        assert_allclose(array, getattr(other, key).numpy(), rtol=1e-5)
    other.eval()
    A = rng.normal(2.0, 3.0, shape).astype(dtype)
    with torch.no_grad():
        expected = other(torch.tensor(turned(A))).numpy()
    assert_allclose(turned(layer.forward(A)), expected, rtol=1e-4, atol=1e-5)
    state = {key: array.copy() for key, array in layer.state.items()}
    layer.forward(A)
    for key, array in layer.state.items():  # inference looks at them only
        assert_array_equal(array, state[key])


# ---- what the mathematics says -------------------------------------------------------------


def test_1x1_convolution_is_dense_per_pixel():
    conv, dense = Conv2D(5, 7, 1, rng=RNG(0)), Dense(5, 7, rng=RNG(1))
    dense.params["W"][...] = conv.params["W"][0, 0]
    dense.params["b"][...] = conv.params["b"][...] = RNG(2).standard_normal(7)
    A = RNG(3).standard_normal((2, 3, 4, 5)).astype(np.float32)
    dZ = RNG(4).standard_normal((2, 3, 4, 7)).astype(np.float32)
    Z = dense.forward(A.reshape(-1, 5), training=True)
    assert_allclose(conv.forward(A, training=True).reshape(-1, 7), Z, rtol=1e-5, atol=1e-6)
    dA = dense.backward(dZ.reshape(-1, 7))
    assert_allclose(conv.backward(dZ).reshape(-1, 5), dA, rtol=1e-5, atol=1e-6)
    assert_allclose(conv.grads["W"][0, 0], dense.grads["W"], rtol=1e-4, atol=1e-5)


def test_dense_behind_flatten_is_a_convolution_as_large_as_the_image():
    conv, dense = Conv2D(3, 7, 4, rng=RNG(0)), Dense(4 * 4 * 3, 7, rng=RNG(1))
    dense.params["W"][...] = conv.params["W"].reshape(-1, 7)
    A = RNG(3).standard_normal((2, 4, 4, 3)).astype(np.float32)
    Z = dense.forward(Flatten().forward(A))
    assert_allclose(conv.forward(A)[:, 0, 0], Z, rtol=1e-4, atol=1e-5)


def test_flatten_keeps_the_order_of_numpy():
    A = np.arange(24.0).reshape(1, 2, 3, 4)
    assert_array_equal(Flatten().forward(A), [np.arange(24.0)])


def test_global_average_is_an_average_over_a_window_as_large_as_the_image():
    A = RNG(0).standard_normal((2, 4, 4, 3))
    assert_allclose(GlobalAvgPool2D().forward(A), AvgPool2D(4).forward(A)[:, 0, 0])


def test_average_with_a_window_of_one_takes_every_second_pixel():
    A = RNG(0).standard_normal((2, 5, 6, 3))
    assert_array_equal(AvgPool2D(1, stride=2).forward(A), A[:, ::2, ::2])


def test_dropout_keeps_the_mean_and_passes_gradients_where_numbers_passed():
    layer, A = Dropout(0.3, RNG(0)), np.ones((1, 100_000), np.float32)
    Z = layer.forward(A, training=True)
    assert set(np.unique(Z)) == {np.float32(0), np.float32(1 / 0.7)}
    assert abs((Z == 0).mean() - 0.3) < 0.01
    assert abs(Z.mean() - 1) < 0.01
    assert_array_equal(layer.backward(A), Z)
    assert (layer.forward(A, training=True) != Z).any(), "each pass draws a new mask"
    assert layer.forward(A) is A
    assert_array_equal(Dropout(0.3, RNG(0)).forward(A, training=True), Z)


def test_same_seed_same_weights_in_both_dtypes():
    single, again, other = (Conv2D(3, 8, 3, rng=RNG(s)) for s in (5, 5, 6))
    double = Conv2D(3, 8, 3, rng=RNG(5), dtype=np.float64)
    assert_array_equal(single.params["W"], again.params["W"])
    assert_array_equal(single.params["W"], double.params["W"].astype(np.float32))
    assert (single.params["W"] != other.params["W"]).all()
    rng = RNG(5)
    first, second = Dense(3, 4, rng=rng), Dense(3, 4, rng=rng)
    assert (first.params["W"] != second.params["W"]).all(), "a generator goes on"


@pytest.mark.parametrize(
    ("function", "variance"),
    [
        (init.he_normal, 2 / 200),
        (init.he_uniform, 2 / 200),
        (init.glorot_normal, 2 / (200 + 1600)),
        (init.glorot_uniform, 2 / (200 + 1600)),
    ],
)
@pytest.mark.parametrize("shape", [(5, 5, 8, 64), (200, 1600)])
def test_initialisers_have_the_variance_of_the_papers(function, variance, shape):
    assert init.fans(shape) == (200, 1600)
    W = function(shape, RNG(0))
    assert W.dtype == np.float32
    assert abs(W.var() / variance - 1) < 0.05
    assert abs(W.mean()) < 4 * np.sqrt(variance / W.size)
    assert function(shape, RNG(0), np.float64).dtype == np.float64


def test_he_keeps_the_size_of_what_passes_through_many_relus():
    A, rng = RNG(0).standard_normal((64, 300)), RNG(1)
    for _ in range(20):
        A = F.relu(Dense(300, 300, rng=rng, dtype=np.float64).forward(A))
    assert 0.2 < np.mean(A**2) < 5


# ---- bad input -----------------------------------------------------------------------------

ONE = np.ones((1, 4, 4, 3))
BAD = {
    "a seed for a generator": (lambda: Conv2D(1, 1, 1, rng=0), TypeError, "default_rng"),
    "no generator": (lambda: Dense(1, 1, rng=None), TypeError, "Dense: rng is of type NoneType"),
    "the old generator": (
        lambda: Dropout(0.5, np.random.RandomState(0)),
        TypeError,
        r"Dropout: rng is of type RandomState, .* use np.random.default_rng\(seed\)",
    ),
    "a slope above 1": (lambda: LeakyReLU(2), ValueError, r"slope is 2.* use a number in \[0, 1\]"),
    "weights of integers": (
        lambda: init.he_normal((3, 3), RNG(0), np.int64),
        TypeError,
        "dtype is int64",
    ),
    "weights from nothing": (
        lambda: init.zeros((3, 0), RNG(0)),
        ValueError,
        "an axis of shape is 0",
    ),
    "a seed for weights": (lambda: init.he_uniform((3, 3), 0), TypeError, "he_uniform: rng is of"),
    "one grey image": (
        lambda: Conv2D(1, 1, 1, rng=RNG(0)).output_shape((8, 8)),
        ValueError,
        r"use X\[np.newaxis\] for a single image, X\[..., np.newaxis\] for grey ones",
    ),
    "channels first": (
        lambda: Conv2D(3, 1, 1, rng=RNG(0)).forward(ONE.transpose(0, 3, 1, 2)),
        ValueError,
        r"channels come last here: use X.transpose\(0, 2, 3, 1\)",
    ),
    "another number of channels": (
        lambda: Conv2D(2, 1, 1, rng=RNG(0)).forward(ONE),
        ValueError,
        r"Conv2D\(2, 1.*one example has shape \(4, 4, 3\), .* give it 2 channels",
    ),
    "no channels": (lambda: Conv2D(0, 1, 1, rng=RNG(0)), ValueError, "in_channels is 0"),
    "half a filter": (lambda: Conv2D(1, 1.5, 1, rng=RNG(0)), TypeError, "out_channels is 1.5"),
    "a pair": (lambda: Conv2D(1, 1, (3, 3), rng=RNG(0)), TypeError, r"kernel_size is \(3, 3\)"),
    "stride 0": (lambda: Conv2D(1, 1, 1, stride=0, rng=RNG(0)), ValueError, "stride is 0"),
    "padding −1": (lambda: Conv2D(1, 1, 1, padding=-1, rng=RNG(0)), ValueError, "padding is -1"),
    "half precision": (
        lambda: Dense(1, 1, rng=RNG(0), dtype=np.float16),
        TypeError,
        "dtype is float16, but parameters are real numbers",
    ),
    "astype int": (
        lambda: Dense(1, 1, rng=RNG(0)).astype(np.int64),
        TypeError,
        "dtype is int64",
    ),
    "a bad initialiser": (
        lambda: Dense(2, 3, rng=RNG(0), init=lambda shape, rng, dtype: np.ones(3)),
        ValueError,
        r"init returned an array of shape \(3,\), but the weights have \(2, 3\)",
    ),
    "fans of a vector": (lambda: init.fans((3,)), ValueError, "not the shape of a weight array"),
    "a window in the padding": (
        lambda: MaxPool2D(2, padding=2),
        ValueError,
        "MaxPool2D: padding is 2, but windows of size 2 would then lie in the padding alone",
    ),
    "pooling stride 0": (lambda: AvgPool2D(2, stride=0), ValueError, "AvgPool2D: stride is 0"),
    "rate 1": (lambda: Dropout(1.0, RNG(0)), ValueError, "rate is 1.0"),
    "rate −0.1": (lambda: Dropout(-0.1, RNG(0)), ValueError, "rate is -0.1"),
    "rate NaN": (lambda: Dropout(float("nan"), RNG(0)), ValueError, "rate is nan"),
    "rate in words": (lambda: Dropout("half", RNG(0)), TypeError, "rate is 'half'"),
    "momentum 2": (lambda: BatchNorm2D(3, momentum=2), ValueError, "momentum is 2"),
    "eps 0": (lambda: BatchNorm2D(3, eps=0), ValueError, "eps is 0"),
    "one value a channel": (
        lambda: BatchNorm2D(3).forward(np.ones((1, 1, 1, 3)), training=True),
        ValueError,
        "variance",
    ),
    "channels of batch norm": (
        lambda: BatchNorm2D(4).forward(ONE),
        ValueError,
        r"BatchNorm2D\(4\): one example has shape \(4, 4, 3\), but it must be \(n_H, n_W, 4\)",
    ),
    "images into Dense": (
        lambda: Dense(48, 2, rng=RNG(0)).forward(ONE),
        ValueError,
        r"Dense\(48, 2\): one example has shape \(4, 4, 3\), but it must be \(48,\): "
        r"put Flatten\(\) before it",
    ),
    "a wrong length for Dense": (
        lambda: Dense(3, 2, rng=RNG(0)).forward(np.ones((1, 5))),
        ValueError,
        r"use Dense\(5, 2, …\)",
    ),
    "vectors into a convolution": (
        lambda: Conv2D(3, 2, 3, rng=RNG(0)).output_shape((48,)),
        ValueError,
        r"one example has shape \(48,\), but it must be \(n_H, n_W, 3\): give it images",
    ),
    "channels of a convolution": (
        lambda: Conv2D(1, 2, 3, rng=RNG(0)).output_shape((4, 4, 3)),
        ValueError,
        r"it must be \(n_H, n_W, 1\): give it 1 channels",
    ),
    "channels of a batch": (
        lambda: Conv2D(1, 2, 3, rng=RNG(0)).forward(ONE),
        ValueError,
        "1 channel",
    ),
    "a large filter": (
        lambda: Conv2D(3, 2, 5, rng=RNG(0)).output_shape((4, 4, 3)),
        ValueError,
        "a 5×5 kernel does not fit a 4×4 image",
    ),
    "a large window": (lambda: MaxPool2D(5).output_shape((4, 4, 3)), ValueError, "does not fit"),
    "not a number": (lambda: Conv2D(3, 2, 3, rng=RNG(0)).forward(ONE * np.nan), ValueError, "nan"),
    "no images": (lambda: Flatten().forward(np.ones((0, 4, 4, 3))), ValueError, "it is empty"),
    "words": (lambda: Flatten().forward([["a"]]), TypeError, "dtype"),
    "fewer channels": (lambda: PadChannels(-1), ValueError, "n is -1"),
    "a steep slope": (lambda: LeakyReLU("steep"), TypeError, "slope is 'steep'"),
    "a base layer": (lambda: Layer().forward(ONE), NotImplementedError, "Layer has no forward"),
    "no backward": (lambda: Layer().backward(ONE), NotImplementedError, "Layer has no backward"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_gets_a_clear_error(what):
    call, kind, message = BAD[what]
    with pytest.raises(kind, match=message) as caught:
        call()
    assert type(caught.value) is kind


def test_plain_lists_and_bytes_are_images_too():
    layer, image = Conv2D(1, 2, 3, rng=RNG(0)), RNG(1).integers(0, 256, (1, 5, 5, 1), np.uint8)
    Z = layer.forward(image.astype(np.float64))
    assert_array_equal(layer.forward(image), Z)
    assert_array_equal(layer.forward(image.tolist()), Z)
    assert_array_equal(layer.forward(np.asfortranarray(image)), Z)


# ---- time ----------------------------------------------------------------------------------


def test_who_says_how_memory_is_kept_is_listened_to(monkeypatch):
    for name in ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_"):
        monkeypatch.setenv(name, "131072")
        assert not keep_freed_memory()
        monkeypatch.delenv(name)
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.malloc.trim_threshold=131072")
    assert not keep_freed_memory()
    monkeypatch.delenv("GLIBC_TUNABLES")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not keep_freed_memory()


def test_another_c_library_is_left_alone(monkeypatch):
    class Musl:
        def __init__(self, name):
            pass

    monkeypatch.setattr("ctypes.CDLL", Musl)
    assert not keep_freed_memory()


STEPS = """
import resource
import numpy as np
from cnnlib._memory import keep_freed_memory
from cnnlib.models import small_cnn

keep_freed_memory()  # as cnnlib.train.fit does
rng = np.random.default_rng(0)
model = small_cnn(rng=rng)
A = rng.standard_normal((64, 28, 28, 1)).astype(np.float32)
dZ = rng.standard_normal((64, 10)).astype(np.float32)
faults = []
for step in range(16):
    faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
    model.forward(A, training=True)
    model.backward_params(dZ)
    grads = model.grads
    for name, W in model.params.items():
        W -= 1e-6 * grads[name]
print((faults[-1] - faults[5]) / 10)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="getrusage counts other things elsewhere")
def test_a_training_step_does_not_ask_the_system_for_memory():
    import platform

    if platform.libc_ver()[0] != "glibc":
        pytest.skip("another C library than that of cnnlib._memory")
    run = subprocess.run([sys.executable, "-c", STEPS], capture_output=True, text=True, check=True)
    assert float(run.stdout) < 50
