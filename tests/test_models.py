"""models: the published counts and shapes, and that each of them learns."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from cnnlib import functional as F
from cnnlib import models
from cnnlib.blocks import Residual
from cnnlib.layers import AvgPool2D, Conv2D, Dense, MaxPool2D, ReLU, Tanh

RNG = np.random.default_rng

MODELS = {
    "lenet5": (lambda rng: models.lenet5(rng=rng), (28, 28, 1), (10,)),
    "small_cnn": (lambda rng: models.small_cnn(rng=rng), (28, 28, 1), (10,)),
    "small_cnn, other sizes": (
        lambda rng: models.small_cnn((9, 14, 3), 4, rng=rng),
        (9, 14, 3),
        (4,),
    ),
    "resnet, option A": (lambda rng: models.resnet(8, 1, 5, rng=rng), (12, 10, 1), (5,)),
    "resnet, option B": (
        lambda rng: models.resnet(8, shortcut=models.project_shortcut, rng=rng),
        (8, 12, 3),
        (10,),
    ),
    "plain": (lambda rng: models.plain(8, rng=rng), (8, 8, 3), (10,)),
    "inception_block": (
        lambda rng: models.inception_block(6, 4, (3, 5), (2, 3), 2, rng=rng),
        (5, 7, 6),
        (5, 7, 14),
    ),
}
every_model = pytest.mark.parametrize("name", MODELS)


@every_model
def test_shapes_there_and_back(name):
    build, shape, output = MODELS[name]
    model, A = build(RNG(0)), RNG(1).standard_normal((3, *shape)).astype(np.float32)
    Z = model.forward(A, training=True)
    assert model.output_shape(shape) == Z.shape[1:] == output
    assert model.backward(Z).shape == A.shape
    assert {x.dtype for x in (Z, *model.params.values(), *model.grads.values())} == {
        np.dtype(np.float32)
    }
    assert list(model.grads) == list(model.params)
    assert all(gradient.any() for key, gradient in model.grads.items() if key.endswith("W"))


@every_model
def test_same_seed_same_weights(name):
    build = MODELS[name][0]
    first, second, other = build(RNG(3)), build(RNG(3)), build(RNG(4))
    for key, W in first.params.items():
        assert_array_equal(W, second.params[key])
        assert key.endswith(("b", "gamma", "beta")) or not np.array_equal(W, other.params[key])


@every_model
def test_it_learns(name):
    """Steepest descent on one batch: the cost falls."""
    build, shape, output = MODELS[name]
    model, rng = build(RNG(0)), RNG(1)
    A = rng.standard_normal((8, *shape)).astype(np.float32)
    y = rng.integers(0, output[-1], 8)
    costs = []
    for _ in range(12):
        Z = model.forward(A, training=True)
        logits = Z.reshape(8, -1, output[-1]).mean(1)
        costs.append(F.cross_entropy(logits, y))
        dlogits = F.cross_entropy_backward(logits, y)
        share = Z[0].size // output[-1]
        dZ = np.repeat(dlogits[:, np.newaxis] / share, share, 1).reshape(Z.shape)
        model.backward_params(dZ)
        grads = model.grads
        for key, W in model.params.items():
            W -= 0.05 * grads[key]
    assert costs[-1] < 0.9 * costs[0]


def count(model):
    return sum(array.size for array in model.params.values())


def test_lenet5_is_that_of_the_textbooks():
    model = models.lenet5(rng=RNG(0))
    assert count(model) == 61_706
    layers = [156, 2_416, 48_120, 10_164, 850]  # (5·5·1)·6 + 6, (5·5·6)·16 + 16, 400·120 + 120, …
    assert [count(layer) for layer in model if layer.params] == layers
    # 28·28·6 · 25 + 10·10·16 · 150 + 400·120 + 120·84 + 84·10
    assert model.multiply_adds((28, 28, 1)) == 416_520
    assert [type(layer) for layer in model[:3]] == [Conv2D, Tanh, AvgPool2D]
    assert model[:6].output_shape((28, 28, 1)) == (5, 5, 16)


def test_small_cnn_by_hand():
    model = models.small_cnn(rng=RNG(0))
    # (3·3·1)·16 + 16 + (3·3·16)·32 + 32 + (7·7·32)·10 + 10
    assert count(model) == 160 + 4_640 + 15_690
    assert model.multiply_adds((28, 28, 1)) == 28 * 28 * 16 * 9 + 14 * 14 * 32 * 144 + 1568 * 10
    kinds = [type(layer) for layer in model]
    assert kinds[:3] == kinds[3:6] == [Conv2D, MaxPool2D, ReLU]


@pytest.mark.parametrize(
    ("depth", "parameters", "published"),
    [(20, 269_722, 0.27), (32, 464_154, 0.46), (44, 658_586, 0.66), (56, 853_018, 0.85)],
)
def test_resnet_has_the_published_counts(depth, parameters, published):
    """He et al., arXiv 1512.03385, table 6, in millions."""
    model, plain = models.resnet(depth, rng=RNG(0)), models.plain(depth, rng=RNG(0))
    assert count(model) == count(plain) == parameters
    assert round(parameters / 1e6, 2) == published
    learning = [part for part in model.walk() if isinstance(part, Conv2D | Dense)]
    assert len(learning) == depth
    assert sum(isinstance(part, Residual) for part in model.walk()) == (depth - 2) // 2
    assert not any(isinstance(part, Residual) for part in plain.walk())


def test_resnet_20_by_hand():
    model = models.resnet(20, rng=RNG(0))
    full = (
        32 * 32 * 16 * 9 * 16
    )  # each of the next two stages: a quarter of the pixels, 2·2 filters
    first, second, third = 6 * full, full // 2 + 5 * full, full // 2 + 5 * full
    assert model.multiply_adds((32, 32, 3)) == 32 * 32 * 16 * 27 + first + second + third + 640
    assert model[:-2].output_shape((32, 32, 3)) == (8, 8, 64)


def test_option_b_learns_its_two_shortcuts():
    a, b = (
        models.resnet(20, shortcut=shortcut, rng=RNG(0))
        for shortcut in (models.pad_shortcut, models.project_shortcut)
    )
    # 16·32 + 32·64 weights, and γ and β of 32 and 64 channels
    assert count(b) - count(a) == 512 + 2_048 + 2 * (32 + 64)


def test_plain_and_residual_networks_begin_with_the_same_weights():
    model, plain = models.resnet(14, rng=RNG(7)), models.plain(14, rng=RNG(7))
    for ours, theirs in zip(model.params.values(), plain.params.values(), strict=True):
        assert_array_equal(ours, theirs)


def test_pad_shortcut_is_option_a():
    A = RNG(0).standard_normal((1, 4, 6, 2))
    Z = models.pad_shortcut(2, 4, 2, RNG(0)).forward(A)
    assert_array_equal(Z[..., :2], A[:, ::2, ::2])
    assert not Z[..., 2:].any()


def test_inception_3a_has_the_published_cost():
    """Szegedy et al., arXiv 1409.4842, table 1: 159 K parameters and 128 M operations."""
    block = models.inception_block(192, 64, (96, 128), (16, 32), 32, rng=RNG(0))
    weights = sum(array.size for key, array in block.params.items() if key.endswith("W"))
    assert weights // 1024 == 159
    assert count(block) == weights + 64 + 96 + 128 + 16 + 32 + 32
    assert block.multiply_adds((28, 28, 192)) // 1_000_000 == 128
    assert block.output_shape((28, 28, 192)) == (28, 28, 256)


def test_lenet5_computes_what_torch_computes():
    torch = pytest.importorskip("torch")
    nn, ours = torch.nn, models.lenet5(rng=RNG(0))
    theirs = nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2)),
    )
    with torch.no_grad():
        for W, other in zip(ours.params.values(), theirs.parameters(), strict=False):
            other.copy_(torch.tensor(W.transpose(3, 2, 0, 1) if W.ndim == 4 else W))
    A = RNG(1).standard_normal((2, 28, 28, 1)).astype(np.float32)
    expected = theirs(torch.tensor(A.transpose(0, 3, 1, 2))).detach().numpy()
    assert_allclose(ours[:6].forward(A), expected.transpose(0, 2, 3, 1), atol=1e-5)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: models.resnet(18, rng=RNG(0)), ValueError, "resnet: depth is 18.* use 14 or 20"),
        (lambda: models.plain(21, rng=RNG(0)), ValueError, "plain: depth is 21.* use 20 or 26"),
        (lambda: models.resnet(2, rng=RNG(0)), ValueError, "depth is 2"),
        (lambda: models.resnet(8.0, rng=RNG(0)), TypeError, "depth is 8.0"),
        (lambda: models.lenet5(rng=0), TypeError, "default_rng"),
        (lambda: models.small_cnn((28, 28), rng=RNG(0)), ValueError, "an image is"),
        (lambda: models.small_cnn((3, 3, 1), rng=RNG(0)), ValueError, "does not fit"),
        (lambda: models.small_cnn(classes=0, rng=RNG(0)), ValueError, "out_features is 0"),
        (
            lambda: models.pad_shortcut(4, 2, 1, RNG(0)),
            ValueError,
            "n is -2",
        ),
    ],
)
def test_bad_input_gets_a_clear_error(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
