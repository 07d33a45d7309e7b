"""blocks: composition of layers, against PyTorch, finite differences, and what they claim."""

from __future__ import annotations

import traceback

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from cnnlib import init
from cnnlib.blocks import Concat, Residual, Sequential
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
    MaxPool2D,
    ReLU,
    Tanh,
)

RNG = np.random.default_rng


def small(dtype=np.float64):
    rng = RNG(0)
    return Sequential(
        Conv2D(2, 3, 3, rng=rng, dtype=dtype),
        MaxPool2D(2),
        ReLU(),
        Flatten(),
        Dense(12, 4, rng=rng, dtype=dtype),
    )


def projected(dtype=np.float64):
    rng = RNG(0)
    body = Sequential(
        Conv2D(2, 3, 3, stride=2, padding=1, rng=rng, dtype=dtype),
        BatchNorm2D(3, dtype=dtype),
        Tanh(),
        Conv2D(3, 3, 3, padding=1, rng=rng, dtype=dtype),
    )
    return Residual(body, Conv2D(2, 3, 1, stride=2, bias=False, rng=rng, dtype=dtype))


def branches(dtype=np.float64):
    rng = RNG(0)
    return Concat(
        Conv2D(2, 1, 1, rng=rng, dtype=dtype),
        Sequential(
            Conv2D(2, 2, 1, rng=rng, dtype=dtype),
            Tanh(),
            Conv2D(2, 3, 3, padding=1, rng=rng, dtype=dtype),
        ),
        Identity(),
        AvgPool2D(3, stride=1, padding=1),
    )


# name → (builder, shape of a batch)
BLOCKS = {
    "Sequential": (small, (2, 6, 7, 2)),
    "Residual": (projected, (3, 4, 5, 2)),
    "Residual around nothing": (lambda dtype=None: Residual(Identity()), (2, 3, 4, 2)),
    "Concat": (branches, (2, 4, 5, 2)),
    "blocks in blocks": (
        lambda dtype=np.float64: Sequential(
            Residual(Sequential(Residual(Tanh()), AvgPool2D(1))),
            branches(dtype),
            GlobalAvgPool2D(),
            Dense(8, 2, rng=RNG(1), dtype=dtype),
        ),
        (2, 4, 5, 2),
    ),
    "with random numbers": (
        lambda dtype=np.float64: Sequential(
            Flatten(), Dropout(0.5, RNG(3)), Dense(6, 4, rng=RNG(2), dtype=dtype)
        ),
        (3, 1, 2, 3),
    ),
    "empty": (lambda dtype=None: Sequential(), (2, 3)),
}
every_block = pytest.mark.parametrize("name", BLOCKS)


def case(name, dtype=np.float64):
    make, shape = BLOCKS[name]
    block, rng = make(dtype), RNG(1)
    A = rng.standard_normal(shape).astype(dtype)
    dZ = rng.standard_normal((shape[0], *block.output_shape(shape[1:]))).astype(dtype)
    A.flags.writeable = dZ.flags.writeable = False
    return block, A, dZ


@every_block
def test_gradients_are_those_of_the_forward(name):
    block, A, _ = case(name)
    found = check_gradients(block, A, RNG(2))
    assert list(found) == ["A", *block.params]
    assert max(comparison.error for comparison in found.values()) < 1e-6


@every_block
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_and_shapes(name, dtype):
    block, A, dZ = case(name, dtype)
    Z, dA = block.forward(A, training=True), block.backward(dZ)
    assert Z.shape == dZ.shape
    assert dA.shape == A.shape
    assert {x.dtype for x in (Z, dA, *block.grads.values())} == {np.dtype(dtype)}
    assert list(block.grads) == list(block.params)


@every_block
def test_backward_params_fills_the_same_grads(name):
    block, A, dZ = case(name)
    block.forward(A, training=True)
    block.backward(dZ)
    other, _, _ = case(name)
    other.forward(A, training=True)
    other.backward_params(dZ)
    assert list(block.grads) == list(other.grads)
    for key, gradient in block.grads.items():
        assert_array_equal(other.grads[key], gradient)


@pytest.mark.parametrize("name", [name for name in BLOCKS if name != "empty"])
def test_backward_needs_a_forward_in_training(name):
    block, A, dZ = case(name)
    block.forward(A)
    with pytest.raises(RuntimeError, match=r"call forward\(A, training=True\)"):
        block.backward(dZ)


# ---- Sequential ----------------------------------------------------------------------------


def test_backward_params_stops_at_the_first_layer_that_learns(monkeypatch):
    """The images have no use for a gradient: the first convolution does not compute it."""
    images, model = AvgPool2D(1), small()
    model = Sequential(images, *model)
    A, dZ = RNG(1).standard_normal((2, 6, 7, 2)), RNG(2).standard_normal((2, 4))
    model.forward(A, training=True)

    def never(self, dZ):
        raise AssertionError(f"{self!r} computed dA")

    monkeypatch.setattr(images, "backward", lambda dZ: never(images, dZ))
    monkeypatch.setattr(model[1], "backward", lambda dZ: never(model[1], dZ))
    model.backward_params(dZ)
    assert list(model.grads) == ["1.W", "1.b", "5.W", "5.b"]


def test_torch():
    torch = pytest.importorskip("torch")
    nn, rng = torch.nn, RNG(0)
    model = Sequential(
        Conv2D(3, 4, 3, padding=1, rng=rng),
        BatchNorm2D(4),
        ReLU(),
        Residual(Conv2D(4, 4, 3, padding=1, rng=rng)),
        ReLU(),
        Concat(Conv2D(4, 2, 1, rng=rng), MaxPool2D(3, stride=1, padding=1)),
        GlobalAvgPool2D(),
        Dense(6, 5, rng=rng),
    )

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.norm = nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4)
            self.body, self.one = nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 2, 1)
            self.pool, self.last = nn.MaxPool2d(3, 1, 1), nn.Linear(6, 5)

        def forward(self, A):
            A = self.norm(self.first(A)).relu()
            A = (self.body(A) + A).relu()
            return self.last(torch.cat([self.one(A), self.pool(A)], 1).mean((2, 3)))

    net = Net()
    with torch.no_grad():
        for ours, theirs in zip(model.params.values(), net.parameters(), strict=True):
            axes = {4: (3, 2, 0, 1), 2: (1, 0), 1: (0,)}[ours.ndim]
            theirs.copy_(torch.tensor(ours.transpose(axes).copy()))
    A, dZ = (rng.standard_normal(shape).astype(np.float32) for shape in ((4, 6, 7, 3), (4, 5)))
    A_torch = torch.tensor(A.transpose(0, 3, 1, 2).copy(), requires_grad=True)
    Z_torch = net(A_torch)
    Z_torch.backward(torch.tensor(dZ))
    assert_allclose(model.forward(A, training=True), Z_torch.detach().numpy(), atol=1e-5)
    dA = model.backward(dZ)
    assert_allclose(dA, A_torch.grad.numpy().transpose(0, 2, 3, 1), atol=1e-5)
    for (key, ours), theirs in zip(model.grads.items(), net.parameters(), strict=True):
        axes = {4: (3, 2, 0, 1), 2: (1, 0), 1: (0,)}[ours.ndim]
        assert_allclose(ours.transpose(axes), theirs.grad.numpy(), atol=1e-5, err_msg=key)


def test_a_sequential_is_like_a_tuple():
    model = small()
    assert len(model) == 5
    assert list(model) == [model[i] for i in range(5)]
    assert model[-1] is list(model)[4]
    head = model[:3]
    assert isinstance(head, Sequential)
    assert list(head) == list(model)[:3]
    A = RNG(0).standard_normal((1, 6, 7, 2))
    assert_array_equal(Sequential(*model[3:]).forward(head.forward(A)), model.forward(A))


def test_params_are_the_arrays_of_the_layers():
    model = small()
    assert list(model.params) == ["0.W", "0.b", "4.W", "4.b"]
    assert model.params["0.W"] is model[0].params["W"]
    model.params["4.W"][...] = 0
    model.params["4.b"][...] = 7
    assert_array_equal(model.forward(np.ones((1, 6, 7, 2))), [[7.0] * 4])
    model.params["4.W"] += 1  # 4.W of the dict is the array of the layer, so that is what changes
    assert_array_equal(model[4].params["W"], np.ones((12, 4)))
    with pytest.raises(KeyError, match="no array 'W' to write into"):
        model.params["W"] = 0


def test_same_seed_same_weights():
    first, second = small(), small()
    for key, W in first.params.items():
        assert_array_equal(W, second.params[key])


def test_repr():
    model = Sequential(Residual(Dense(2, 2, rng=RNG(0))), Concat(ReLU(), Sequential(Tanh())))
    assert repr(model) == (
        "Sequential(\n"
        "  0: Residual(\n"
        "    body: Dense(2, 2)\n"
        "    shortcut: Identity()\n"
        "  )\n"
        "  1: Concat(\n"
        "    0: ReLU()\n"
        "    1: Sequential(\n"
        "      0: Tanh()\n"
        "    )\n"
        "  )\n"
        ")"
    )
    assert repr(Sequential()) == "Sequential()"


def test_children():
    model = Sequential(Residual(ReLU()), Tanh())
    assert list(model.children()) == ["0", "1"]
    assert list(model[0].children()) == ["body", "shortcut"]
    assert [type(layer).__name__ for layer in model.walk()] == [
        "Sequential",
        "Residual",
        "ReLU",
        "Identity",
        "Tanh",
    ]


# ---- Residual and Concat -------------------------------------------------------------------


def test_a_residual_with_a_zero_body_is_the_identity():
    A = RNG(0).standard_normal((2, 5, 4, 3)).astype(np.float32)
    dZ = RNG(1).standard_normal(A.shape).astype(np.float32)
    block = Residual(Conv2D(3, 3, 3, padding=1, rng=RNG(0), init=init.zeros))
    assert_array_equal(block.forward(A, training=True), A)
    assert_array_equal(block.backward(dZ), dZ)
    assert block.grads["body.W"].any(), "and still it learns"


def test_then_relu_is_the_identity_for_what_is_not_negative():
    """The article's claim needs ψ = ReLU and a ≥ 0."""
    block = Sequential(Residual(Conv2D(3, 3, 3, padding=1, rng=RNG(0), init=init.zeros)), ReLU())
    A = RNG(0).standard_normal((1, 4, 4, 3))
    assert (block.forward(A) != A).any()
    assert_array_equal(block.forward(abs(A)), abs(A))


def test_the_gradient_reaches_the_input_of_a_residual_through_the_shortcut():
    deep = Sequential(
        *(Residual(Conv2D(2, 2, 3, padding=1, rng=RNG(0), init=init.zeros)) for _ in range(30))
    )
    A, dZ = np.ones((1, 4, 4, 2)), RNG(1).standard_normal((1, 4, 4, 2))
    deep.forward(A, training=True)
    assert_array_equal(deep.backward(dZ), dZ)


def test_concat_lays_channels_side_by_side_in_order():
    A = RNG(0).standard_normal((2, 4, 5, 3))
    block = Concat(Identity(), ReLU(), AvgPool2D(3, 1, 1))
    Z = block.forward(A)
    assert_array_equal(Z[..., :3], A)
    assert_array_equal(Z[..., 3:6], np.maximum(A, 0))
    assert_array_equal(Z[..., 6:], AvgPool2D(3, 1, 1).forward(A))


def test_concat_takes_vectors():
    block = Concat(Identity(), Dense(3, 2, rng=RNG(0)))
    assert block.forward(np.ones((4, 3))).shape == (4, 5)
    assert block.output_shape((3,)) == (5,)


# ---- bad input -----------------------------------------------------------------------------


def conv(n_C_prev, n_C, f=1, **how):
    return Conv2D(n_C_prev, n_C, f, rng=RNG(0), **how)


ONE = np.ones((1, 8, 6, 2))
same = ReLU()
BAD = {
    "a function": (lambda: Sequential(np.tanh), TypeError, "argument 0 is tanh, which is not a L"),
    "a class": (lambda: Sequential(Tanh(), ReLU), TypeError, r"write ReLU\(\), not ReLU"),
    "a list": (lambda: Sequential([ReLU()]), TypeError, r"which is not a Layer: e\.g\. ReLU\(\)"),
    "a body that is none": (lambda: Residual(None), TypeError, "Residual: argument 0 is None"),
    "a layer twice": (lambda: Sequential(same, same), ValueError, r"ReLU\(\) occurs twice"),
    "a layer twice, deep": (
        lambda: Concat(Sequential(same), Residual(same)),
        ValueError,
        "make two of them",
    ),
    "no branch": (lambda: Concat(), ValueError, "it was given no branch"),
    "fewer channels": (
        lambda: Residual(conv(2, 3)).forward(ONE),
        ValueError,
        r"the body gives \(8, 6, 3\) and the shortcut gives \(8, 6, 2\) for one example, but only "
        r"equal shapes can be added: use a shortcut that gives the body's shape, e\.g\. "
        r"Conv2D\(2, 3, kernel_size=1, stride=1, rng=rng\)",
    ),
    "one channel is not broadcast": (
        lambda: Residual(conv(2, 1)).forward(ONE),
        ValueError,
        r"the body gives \(8, 6, 1\)",
    ),
    "stride in the body only": (
        lambda: Residual(conv(2, 4, 3, stride=2, padding=1)).output_shape((8, 6, 2)),
        ValueError,
        r"Conv2D\(2, 4, kernel_size=1, stride=2, rng=rng\)",
    ),
    "no padding in the body": (
        lambda: Residual(conv(2, 2, 3)).output_shape((8, 6, 2)),
        ValueError,
        r"or a body with padding = \(kernel_size − 1\)/2",
    ),
    "vectors and images": (
        lambda: Residual(GlobalAvgPool2D()).forward(ONE),
        ValueError,
        r"the body gives \(2,\) and the shortcut gives \(8, 6, 2\)",
    ),
    "branches of other sizes": (
        lambda: Concat(Identity(), conv(2, 5, 3)).forward(ONE),
        ValueError,
        r"branch 0 gives \(8, 6, 2\) and branch 1 gives \(6, 4, 5\)",
    ),
    "branches of other sizes, asked": (
        lambda: Concat(Identity(), ReLU(), AvgPool2D(2)).output_shape((8, 6, 2)),
        ValueError,
        r"branch 2 gives \(4, 3, 2\) for one example, but only the channels",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_gets_a_clear_error(what):
    call, kind, message = BAD[what]
    with pytest.raises(kind, match=message):
        call()


@pytest.mark.parametrize("method", ["forward", "output_shape", "backward", "backward_params"])
def test_an_error_says_where_in_the_model_it_was(method):
    model = Sequential(Flatten(), Residual(Sequential(Tanh(), Dense(4, 2, rng=RNG(0)))))
    argument = (8,) if method == "output_shape" else np.ones((1, 8))
    if "backward" in method:
        model = Sequential(
            Dense(8, 8, rng=RNG(0)), Concat(Sequential(Tanh(), Dense(8, 8, rng=RNG(0))))
        )
        model.forward(argument, training=True)
        model[1].branches[0][1].forward(argument)  # forgets
    with pytest.raises((ValueError, RuntimeError)) as caught:
        getattr(model, method)(argument)
    text = "".join(traceback.format_exception_only(caught.value)).rstrip()
    place = "in 0 of Concat" if "backward" in method else "in body of Residual"
    assert text.count("\nin ") == 3
    assert "\nin 1 of Sequential: Dense(" in text
    assert text.endswith(f"\n{place}: Sequential\nin 1 of Sequential: {place.split()[-1]}")


def test_a_layer_of_your_own():
    """What the docstring of Layer promises."""

    class Double(Layer):
        def forward(self, A, training=False):
            return self._remember(2 * np.asarray(A), training=training)

        def backward(self, dZ):
            self._recall(dZ)
            return 2 * dZ

    model = Sequential(Double(), Dense(3, 2, rng=RNG(0)))
    check_gradients(model, RNG(1).standard_normal((2, 3)), RNG(2))
    assert model.output_shape((3,)) == (2,)
    assert repr(model[0]) == "Double()"
