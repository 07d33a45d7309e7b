"""The published counts of the ArchitectureBuilder's networks, three times over.

Each network is counted by the page (architecture.js, held to the code below in
tests/test_architecture.py), by cnnlib's own layers, and here: by the publication's figure, by hand,
and by the same network in PyTorch.
"""

from __future__ import annotations

import numpy as np
import pytest

from cnnlib import models
from cnnlib.widgets import ArchitectureBuilder
from cnnlib.widgets import _architecture as architecture

RNG = np.random.default_rng

# parameters, multiply-adds; the multiply-adds of the first four are those of torchvision's table of
# models, in 10⁹: AlexNet 0.71, VGG-16 15.47, ResNet-18 1.81
COUNTS = {
    "LeNet-5": (61_706, 416_520),
    "AlexNet": (61_100_840, 714_188_480),
    "VGG-16": (138_357_544, 15_470_264_320),
    "ResNet-18": (11_689_512, 1_814_073_344),
    "Inception 3a": (163_696, 128_049_152),
}


@pytest.mark.parametrize("name", COUNTS)
def test_cnnlib_counts_what_is_published(name, no_weights):
    builder = ArchitectureBuilder(name)
    summary = builder.network(RNG(0)).summary(tuple(builder.input_shape))
    assert (summary.parameters, summary.multiply_adds) == COUNTS[name]
    source = architecture.PRESETS[name]["source"]
    if name != "Inception 3a":  # its table counts weights in K, see below
        published = {"ResNet-18": "11,689,512"}.get(name, f"{summary.parameters:,}")
        assert published in source


def test_every_preset_is_counted():
    assert set(COUNTS) == {name for name, p in architecture.PRESETS.items() if p["layers"]}


def test_lenet5_is_the_model_of_cnnlib():
    """cnnlib's has the 28×28 image with padding 2; the counts are those of 32×32 without."""
    model = models.lenet5(rng=RNG(0)).summary((28, 28, 1))
    assert (model.parameters, model.multiply_adds) == COUNTS["LeNet-5"]
    # (5·5·1)·6 + 6, (5·5·6)·16 + 16, 400·120 + 120, 120·84 + 84, 84·10 + 10
    assert model.parameters == 156 + 2_416 + 48_120 + 10_164 + 850


def test_lecuns_own_lenet5_has_60000():
    """LeCun et al. 1998, section II.B and table I: C3 sees 3, 4 or 6 of the six maps."""
    sees = [3] * 6 + [4] * 9 + [6]
    C1, S2, S4 = 6 * (25 + 1), 6 * 2, 16 * 2
    C3 = sum(25 * maps + 1 for maps in sees)
    C5, F6 = 120 * (400 + 1), 84 * (120 + 1)
    assert (C1, S2, C3, S4, C5, F6) == (156, 12, 1_516, 32, 48_120, 10_164)  # the paper's own
    assert C1 + S2 + C3 + S4 + C5 + F6 == 60_000  # the outputs are fixed radial basis functions


def test_the_two_towers_of_alexnet():
    """Krizhevsky et al. 2012, figure 2: layers 2, 4 and 5 see half of the maps."""
    filters = [(11, 3, 96), (5, 48, 256), (3, 256, 384), (3, 192, 384), (3, 192, 256)]
    convolutions = sum(f * f * seen * n + n for f, seen, n in filters)
    dense = sum(a * b + b for a, b in [(6 * 6 * 256, 4096), (4096, 4096), (4096, 1000)])
    assert convolutions + dense == 60_965_224
    assert "60,965,224" in architecture.PRESETS["AlexNet"]["source"]
    torch = pytest.importorskip("torch")
    towers = [
        torch.nn.Conv2d(3, 96, 11),
        torch.nn.Conv2d(96, 256, 5, groups=2),
        torch.nn.Conv2d(256, 384, 3),
        torch.nn.Conv2d(384, 384, 3, groups=2),
        torch.nn.Conv2d(384, 256, 3, groups=2),
    ]
    assert sum(x.numel() for layer in towers for x in layer.parameters()) == convolutions


def test_vgg16_has_138_million():
    """Simonyan and Zisserman, table 2, row D: 138 million."""
    assert round(COUNTS["VGG-16"][0] / 1e6) == 138


def test_resnet18_has_1_8_billion_multiply_adds():
    """He et al., table 1: 1.8·10⁹."""
    assert round(COUNTS["ResNet-18"][1] / 1e9, 1) == 1.8


def test_inception_3a_with_and_without_the_reduction(no_weights):
    """Szegedy et al., table 1: 159 K weights and 128 M operations; the table's K is 1024."""
    builder = ArchitectureBuilder("Inception 3a")
    network = builder.network(RNG(0))
    weights = sum(x.size for name, x in network.params.items() if name.endswith("W"))
    assert weights // 1024 == 159
    assert COUNTS["Inception 3a"][1] // 1_000_000 == 128
    assert network.output_shape((28, 28, 192)) == (28, 28, 256)
    builder.layers = [{**builder.layers[0], "reduce": False}]
    plain = builder.network(RNG(0))
    assert plain.output_shape((28, 28, 192)) == (28, 28, 256)
    by_hand = 28 * 28 * 192 * (64 + 9 * 128 + 25 * 32 + 32)
    assert plain.multiply_adds((28, 28, 192)) == by_hand == 308_281_344


def in_torch(nn, layers, image):
    """The same network, built of PyTorch's own layers from its description alone."""
    psi = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "none": nn.Identity}
    n_C = image[2]
    parts = []

    def conv(n_C_prev, n, f, s=1, p=0, **more):
        return nn.Conv2d(n_C_prev, n, f, s, p, **more)

    class Residual(nn.Module):
        def __init__(self, n_C_prev, n, s):
            super().__init__()
            self.body = nn.Sequential(
                *(conv(n_C_prev, n, 3, s, 1, bias=False), nn.BatchNorm2d(n), nn.ReLU()),
                *(conv(n, n, 3, 1, 1, bias=False), nn.BatchNorm2d(n)),
            )
            project = [conv(n_C_prev, n, 1, s, bias=False), nn.BatchNorm2d(n)]
            self.shortcut = nn.Sequential(*(project if (s, n) != (1, n_C_prev) else []))

        def forward(self, x):
            return (self.body(x) + self.shortcut(x)).relu()

    class Inception(nn.Module):
        def __init__(self, n_C_prev, c1, r3, c3, r5, c5, pool):
            super().__init__()
            self.branches = nn.ModuleList(
                [
                    conv(n_C_prev, c1, 1),
                    nn.Sequential(conv(n_C_prev, r3, 1), nn.ReLU(), conv(r3, c3, 3, p=1)),
                    nn.Sequential(conv(n_C_prev, r5, 1), nn.ReLU(), conv(r5, c5, 5, p=2)),
                    nn.Sequential(nn.MaxPool2d(3, 1, 1), conv(n_C_prev, pool, 1)),
                ]
            )

        def forward(self, x):
            torch = pytest.importorskip("torch")
            return torch.cat([branch(x).relu() for branch in self.branches], 1)

    flat = False
    for layer in layers:
        kind, f, s, p = (layer.get(key) for key in ("kind", "f", "s", "p"))
        if kind == "conv":
            parts.append(conv(n_C, layer["n_C"], f, s, p, bias=not layer["bn"]))
            n_C = layer["n_C"]
            parts += [nn.BatchNorm2d(n_C)] * layer["bn"] + [psi[layer["psi"]]()]
        elif kind in ("maxpool", "avgpool"):
            parts.append((nn.MaxPool2d if kind == "maxpool" else nn.AvgPool2d)(f, s, p))
        elif kind == "gap":
            parts.append(nn.AdaptiveAvgPool2d(1))
        elif kind == "residual":
            parts.append(Residual(n_C, layer["n_C"], s))
            n_C = layer["n_C"]
        elif kind == "inception":
            sizes = (layer[key] for key in ("c1", "r3", "c3", "r5", "c5", "pool"))
            parts.append(Inception(n_C, *sizes))
        else:
            parts += [] if flat else [nn.Flatten()]
            parts += [nn.LazyLinear(layer["n"]), psi[layer["psi"]]()]
            flat = True
    return nn.Sequential(*parts)


@pytest.mark.parametrize("name", COUNTS)
def test_torch_counts_the_same(name, no_weights):
    """On PyTorch's meta device nothing is computed, but every shape is."""
    torch = pytest.importorskip("torch")
    preset = architecture.PRESETS[name]
    n_H, n_W, n_C = preset["input_shape"]
    products = []

    def count(layer, args, output):
        if isinstance(layer, torch.nn.Conv2d | torch.nn.Linear):
            products.append(output.numel() * layer.weight[0].numel())

    with torch.device("meta"):
        network = in_torch(torch.nn, preset["layers"], preset["input_shape"]).eval()
        image = torch.empty(1, n_C, n_H, n_W)
        network(image)  # the lazy layers learn their sizes
        for layer in network.modules():
            layer.register_forward_hook(count)
        output = network(image)
    parameters = sum(x.numel() for x in network.parameters())
    assert (parameters, sum(products)) == COUNTS[name]
    ours = ArchitectureBuilder(name).network(RNG(0)).output_shape((n_H, n_W, n_C))
    shape = tuple(output.shape[1:])
    assert ours == (shape if len(shape) == 1 else (*shape[1:], shape[0]))
