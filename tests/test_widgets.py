"""The widgets in Python: what they compute, what they refuse, and that all are built alike."""

from __future__ import annotations

import base64
import gzip
import re

import ipywidgets
import numpy as np
import pytest
import traitlets
from conftest import ROOT

import cnnlib as cnn
from cnnlib import data, filters, widgets
from cnnlib.blocks import Sequential
from cnnlib.layers import AvgPool2D, Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sigmoid
from cnnlib.optim import SGD
from cnnlib.train import Recorder, fit
from cnnlib.widgets import (
    ArchitectureBuilder,
    AugmentationLab,
    BackwardExplorer,
    ConnectivityMorph,
    ConvolutionExplorer,
    DescentExplorer,
    DigitPad,
    FeatureMaps,
    FilterLab,
    InceptionDesigner,
    KernelPlayer,
    PaddingExplorer,
    PoolingExplorer,
    Progress,
    QuickQuestion,
    ResidualExplorer,
    TrainingPlayer,
    VolumeConvolution,
    _base,
)
from cnnlib.widgets.digit_pad import drawn

FOLDER = ROOT / "cnnlib" / "widgets"
SOURCES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.js"))}
SHARED = {  # what each shared module may import
    "maths": set(),
    "core": set(),
    "controls": {"core", "maths"},
    "matrix": {"core", "maths"},
    "connections": {"maths"},
    "convolution": {"core", "controls", "maths"},
    "plots": {"core", "maths"},
    "padding": {"maths"},
    "usage": {"maths"},
    "pooling": {"maths"},
    "backward": {"maths"},
    "volume": {"maths"},
    "network": {"maths", "pooling"},
    "odds": {"core", "controls"},
    "pen": {"maths"},
    "architecture": {"maths"},
    "augmentation": {"maths"},
    "network_drawing": {"core"},
    "residual": set(),
    "descent": set(),
    "inception": {"architecture"},
    "memory": set(),
}
NAMES = [name for name in SOURCES if name not in SHARED]
EXPORT = re.compile(r"^export (?:async )?(?:const|function) (\w+)", re.M)
RUN = [[[0.0]], [[0.5]], [[0.75]]]
CHAPTER = {"title": "1.1 Edges", "page": "1_filters/1_edges", "questions": ["doc-a", "doc-b"]}


def add(rng):
    """Variants of a quick question."""
    a, b = map(int, rng.integers(2, 10, 2))
    wrong = {a * b: "This is a product.", a + b + 1: "One too many."}
    return f"How much is {a} + {b}?", (a + b, "It is the sum."), wrong


def small_network():
    """A model from 12×12 to 3 classes, and three images for it."""
    rng = np.random.default_rng(0)
    model = Sequential(
        Conv2D(1, 4, 3, padding=1, rng=rng), ReLU(), MaxPool2D(2), Conv2D(4, 6, 3, rng=rng),
        ReLU(), AvgPool2D(2), Flatten(), Dense(24, 3, rng=rng),
    )  # fmt: skip
    return model, rng.integers(0, 256, (3, 12, 12), dtype=np.uint8)


def digit_network():
    """A model from 28×28 to 10 classes, not trained."""
    rng = np.random.default_rng(0)
    return Sequential(
        Conv2D(1, 4, 5, rng=rng), ReLU(), MaxPool2D(4), Flatten(), Dense(144, 10, rng=rng)
    )


def recorded():
    """A short training on noise, recorded, and the labels of its images."""
    model, images = small_network()
    X, y = images[..., np.newaxis] / np.float32(255), np.array([0, 2, 1])
    recorder = Recorder(model, (X, y), (X, y), X)
    rng = np.random.default_rng(1)
    fit(model, (X, y), optimizer=SGD(0.05), epochs=12, rng=rng, batch_size=3,
        after_step=recorder, progress=False)  # fmt: skip
    return recorder, y


# Of every widget: how one is made, and a trait that may become 2.
SAMPLES = {
    "ConnectivityMorph": (ConnectivityMorph, "unit"),
    "ArchitectureBuilder": (ArchitectureBuilder, "row"),
    "BackwardExplorer": (BackwardExplorer, "step"),
    "AugmentationLab": (lambda: AugmentationLab(strength=0), "level"),
    "ConvolutionExplorer": (ConvolutionExplorer, "step"),
    "DescentExplorer": (DescentExplorer, "step"),
    "DigitPad": (lambda: DigitPad(digit_network(), layer=1), "layer"),
    "FeatureMaps": (lambda: FeatureMaps(*small_network()), "image"),
    "FilterLab": (FilterLab, "stride"),
    "InceptionDesigner": (InceptionDesigner, "branch"),
    "KernelPlayer": (lambda: KernelPlayer(RUN, [1, 0.5, 0.25], [[1]]), "step"),
    "PaddingExplorer": (PaddingExplorer, "stride"),
    "PoolingExplorer": (PoolingExplorer, "step"),
    "Progress": (lambda: Progress([CHAPTER]), "answered"),
    "QuickQuestion": (lambda: QuickQuestion("doc-sum", add), "variant"),
    "ResidualExplorer": (ResidualExplorer, "layer"),
    "TrainingPlayer": (lambda: TrainingPlayer(*recorded()), "step"),
    "VolumeConvolution": (VolumeConvolution, "stride"),
}


def sample(name):
    return SAMPLES[name][0]()


def test_every_widget_has_a_sample():
    assert set(SAMPLES) == set(widgets.__all__)


# ---- what they compute --------------------------------------------------------------------------


@pytest.mark.parametrize("padding", [0, 1, 2, 3])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("f", [1, 3, 5])
def test_output_is_correlate2d(f, stride, padding):
    rng = np.random.default_rng(f)
    image, kernel = rng.normal(size=(7, 9)), rng.normal(size=(f, f))
    explorer = ConvolutionExplorer(image, kernel, stride=stride, padding=padding)
    expected = cnn.correlate2d(image, kernel, stride, padding)
    np.testing.assert_array_equal(explorer.output, expected)
    photo = rng.integers(0, 256, (20, 30), dtype=np.uint8)
    lab = FilterLab(photo, kernel, stride=stride, padding=padding)
    np.testing.assert_array_equal(lab.image, photo)
    np.testing.assert_array_equal(lab.output, cnn.correlate2d(photo, kernel, stride, padding))


@pytest.mark.parametrize("padding", [0, 1, 2])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("f", [1, 3])
def test_output_of_a_volume_is_conv2d(f, stride, padding):
    rng = np.random.default_rng(f)
    A, W, b = rng.normal(size=(5, 7, 4)), rng.normal(size=(f, f, 4, 3)), rng.normal(size=3)
    widget = VolumeConvolution(A, W, b, stride=stride, padding=padding)
    np.testing.assert_array_equal(widget.output, cnn.conv2d(A[None], W, b, stride, padding)[0])
    with widget.hold_trait_notifications():  # another number of filters
        widget.weights, widget.bias = W[..., :1], b[:1]
    np.testing.assert_array_equal(
        widget.output, cnn.conv2d(A[None], W[..., :1], b[:1], stride, padding)[0]
    )


def test_digit_pad_answers_what_the_model_answers():
    model = digit_network()
    pad = DigitPad(model, "4")
    expected = data.as_mnist(drawn(pad.strokes))
    np.testing.assert_array_equal(pad.input[0, :, :, 0], expected.astype(np.float32))
    logits = model.forward(pad.input)
    np.testing.assert_allclose(pad.output, cnn.softmax(logits)[0], rtol=1e-6)
    assert repr(pad) == "DigitPad(1,554 parameters, 10 classes)"
    model.params["0.W"][...] = 0  # more training changes nothing in the widget
    np.testing.assert_allclose(pad.output, cnn.softmax(logits)[0], rtol=1e-6)
    pad.strokes = []
    assert not pad.ink.any()


@pytest.mark.parametrize("strokes", [[[0, 0]], [[0, 100, 0]], [[0, 0, 2]], [[0, 0.5, 0]]])
def test_digit_pad_refuses_other_points(strokes):
    with pytest.raises(traitlets.TraitError, match=r"DigitPad: strokes must be points"):
        DigitPad(digit_network(), strokes)


def test_digit_pad_refuses_too_many_points_and_unknown_examples():
    with pytest.raises(traitlets.TraitError, match="at most 1000 points, not 1001"):
        DigitPad(digit_network(), [[0, 0, 0]] * 1001)
    with pytest.raises(ValueError, match="no example 'ten'"):
        DigitPad(digit_network(), "ten")


def test_training_player_plays_what_was_recorded():
    recorder, y = recorded()
    player = TrainingPlayer(recorder, y, step=3, image=1)
    assert repr(player) == "TrainingPlayer(11 records, steps 0 to 12, 3 images)"
    np.testing.assert_array_equal(player.filters, recorder.params[3]["0.W"])
    np.testing.assert_array_equal(player.output, recorder.answers[3][1])
    found = player.recording
    assert found["steps"] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12]
    np.testing.assert_allclose(found["cost"][0], [s.loss for s in recorder.train], rtol=1e-3)
    assert found["layers"] == ["1 Conv2D", "4 Conv2D", "8 Dense"]
    levels = np.frombuffer(base64.b64decode(found["filters"]), np.int8).reshape(11, 4, 3, 3)
    W = np.stack([params["0.W"][:, :, 0] for params in recorder.params])
    limit = np.abs(W).max()
    np.testing.assert_allclose(np.moveaxis(levels, 1, 3) / 127, W / limit, atol=0.5 / 127 + 1e-6)


def test_training_player_trains_on():
    recorder, y = recorded()
    with pytest.raises(ValueError, match="does not know how to train"):
        TrainingPlayer(recorder, y).train_on(1)

    def resume(epochs):
        for _ in range(epochs):
            recorder()

    player = TrainingPlayer(recorder, y, resume=resume)
    player.train_on(5)
    assert player.recording["steps"][-1] == 17
    assert player.step == len(player.recording["steps"]) - 1


def test_training_player_really_trains_on():
    """As a reader would: a network, `fit` with the recorder, and one more epoch of 5 steps."""
    model, images = small_network()
    X, y = np.tile(images[..., np.newaxis] / np.float32(255), (5, 1, 1, 1)), np.tile([0, 2, 1], 5)
    recorder = Recorder(model, (X, y), (X, y), X[:3])
    how = {"optimizer": SGD(0.05), "rng": np.random.default_rng(1), "batch_size": 3}
    how |= {"after_step": recorder, "progress": False}
    fit(model, (X, y), epochs=2, **how)
    player = TrainingPlayer(
        recorder, y[:3], resume=lambda epochs: fit(model, (X, y), epochs=epochs, **how)
    )
    before = {name: W.copy() for name, W in model.params.items()}
    steps = player.recording["steps"]
    player.train_on(1)
    assert steps[-1] == 10
    assert player.recording["steps"] == [*steps, 12, 14, 15]
    assert player.step == len(steps) + 2  # the last record is shown
    for name, W in model.params.items():
        assert not np.array_equal(W, before[name])
        np.testing.assert_array_equal(recorder.params[-1][name], W)
    np.testing.assert_array_equal(player.filters, model.params["0.W"])
    np.testing.assert_allclose(player.output, cnn.softmax(model.forward(X[:3]))[0], rtol=1e-5)


def test_training_player_refuses_other_recordings():
    recorder, y = recorded()
    with pytest.raises(TypeError, match=r"recorder is 3: use cnnlib\.train\.Recorder"):
        TrainingPlayer(3, y)
    with pytest.raises(ValueError, match="labels must be one class 0 … 2 of 3 images"):
        TrainingPlayer(recorder, [0, 1, 3])
    model = Sequential(Flatten(), Dense(144, 3, rng=np.random.default_rng(0)))
    X = np.zeros((3, 12, 12, 1), np.float32)
    with pytest.raises(ValueError, match="first layer's weights have shape"):
        TrainingPlayer(Recorder(model, (X, y), (X, y), X), y)


def test_output_follows_every_change():
    explorer = ConvolutionExplorer()
    explorer.image = np.eye(6)
    explorer.stride = np.int64(3)
    np.testing.assert_array_equal(explorer.output, cnn.correlate2d(np.eye(6), filters.VEF, 3, 0))


def test_what_does_not_fit_is_a_state_and_output_says_why():
    explorer = ConvolutionExplorer([[1, 2, 3, 4]] * 4, np.ones((5, 5)))
    assert repr(explorer) == (
        "ConvolutionExplorer(4×4 image, 5×5 kernel, stride 1, padding 0 → does not fit)"
    )
    with pytest.raises(ValueError, match="5×5 kernel does not fit"):
        _ = explorer.output
    explorer.padding = 1
    assert explorer.output.shape == (2, 2)
    volume = VolumeConvolution(np.ones((2, 4, 3)))
    assert repr(volume) == (
        "VolumeConvolution(2×4×3 volume, 2 filters 3×3×3, stride 1, padding 0 → does not fit)"
    )


def test_padding_explorer_counts_and_pads():
    explorer = PaddingExplorer(7, 5, kernel_size=4, stride=3, padding=2, mode="reflect")
    brute = np.zeros((11, 9), int)
    for y in range(3):
        for x in range(2):
            brute[3 * y : 3 * y + 4, 3 * x : 3 * x + 4] += 1
    np.testing.assert_array_equal(explorer.uses, brute)
    np.testing.assert_array_equal(explorer.padded, np.pad(explorer.image, 2, mode="reflect"))
    assert explorer.image[2, 1] == 32
    misfit = PaddingExplorer(3, 8, kernel_size=7)
    assert repr(misfit).endswith("→ does not fit)")
    with pytest.raises(ValueError, match="does not fit"):
        _ = misfit.uses


def test_player():
    player = KernelPlayer(RUN, target=[[1]], step=7)
    assert player.kernel == [[0.75]]
    assert player.error == 0.25
    player.load(np.zeros((2, 3, 3)))
    assert (player.error, player.losses, player.target) == (None, [], [])
    assert repr(player) == "KernelPlayer(2 kernels 3×3)"
    player.load(RUN, steps=np.array([0, 10, 1000]))
    assert player.steps == [0, 10, 1000]
    player.load(RUN)
    assert player.steps == []


def test_feature_maps_are_the_models():
    model, images = small_network()
    maps = FeatureMaps(model, images, [0, 1, 2], ["a", "b", "c"], image=1)
    A = images[1:2, :, :, None] / np.float32(255)
    np.testing.assert_array_equal(maps.output, cnn.softmax(model.forward(A))[0])
    for n in range(len(model) + 1):
        made = model[:n].forward(A)
        maps.layer = n
        for y, x, c in [(0, 0, 0), (1, 1, 1), (99, 99, 99)]:
            maps.point, maps.channel = (y, x), c
            unit = maps.unit
            if isinstance(model[n - 1], Flatten) and n:
                continue
            place = unit.place if made.ndim == 4 else unit.place[2:]
            assert unit.value == made[0][place]
            if unit.weights is not None:
                z = np.sum(unit.window * unit.weights) + unit.bias
                assert z == pytest.approx(unit.value, abs=1e-5)
            elif n and isinstance(model[n - 1], MaxPool2D):
                assert unit.value == unit.window.max()
    assert repr(maps) == "FeatureMaps(3 images 12×12, 337 parameters, 3 classes)"
    weights = model.params["0.W"]
    weights[...] = 0  # more training changes nothing in the widget
    assert maps.output.std() > 0


@pytest.mark.parametrize("layer", [1, 3, 4, 6, 8])
def test_the_field_of_a_unit_is_what_changes_it(layer):
    """∂unit/∂pixel ≠ 0 inside the field only, by changing each pixel in turn."""
    model, images = small_network()
    model = model.astype(np.float64)
    maps = FeatureMaps(model, images, layer=layer, point=(1, 1))
    (top, bottom), (left, right) = maps.unit.field
    A = maps.input.astype(np.float64)
    # with tanh-free, positive weights nothing is cut off and no pixel is hidden by a maximum
    for name, array in model.params.items():
        array[...] = np.abs(array) if name.endswith("W") else 0
    A[...] = np.linspace(0.2, 0.8, A.size).reshape(A.shape)
    place = (0, *(np.minimum((1, 1), 0) if layer == 8 else (1, 1)), 0)
    value = model[:layer].forward(A)
    before = value[0, 0] if value.ndim == 2 else value[place]
    moved = np.zeros((12, 12), bool)
    for r, c in np.ndindex(12, 12):
        B = A.copy()
        B[0, r, c, 0] += 5
        after = model[:layer].forward(B)
        moved[r, c] = (after[0, 0] if after.ndim == 2 else after[place]) != before
    rows, columns = np.flatnonzero(moved.any(1)), np.flatnonzero(moved.any(0))
    assert (rows[0], rows[-1]) == (max(0, top), min(11, bottom))
    assert (columns[0], columns[-1]) == (max(0, left), min(11, right))


def test_the_window_of_a_padded_maximum_holds_what_cannot_win():
    """−∞ around max pooling, zeros around the others."""
    rng = np.random.default_rng(0)
    for layer, edge in [(MaxPool2D(2, padding=1), -np.inf), (AvgPool2D(2, padding=1), 0.0)]:
        model = Sequential(layer, Flatten(), Dense(9, 2, rng=rng))
        unit = FeatureMaps(model, np.full((1, 4, 4), 51, np.uint8), layer=1, point=(0, 0)).unit
        assert unit.window[:, :, 0].tolist() == [[edge, edge], [edge, np.float32(0.2)]]
        assert unit.field == ((-1, 0), (-1, 0))


def test_strokes_are_painted_on_the_image():
    model, images = small_network()
    maps = FeatureMaps(model, images, strokes=[(0, 0, 255), (5, 5, 0), (11, 11, 7)])
    expected = images[0].copy()
    expected[:2, :2], expected[4:7, 4:7], expected[10:, 10:] = 255, 0, 7
    np.testing.assert_array_equal(maps.input[0, :, :, 0], expected / np.float32(255))
    np.testing.assert_array_equal(maps.images, images)  # the images themselves are kept


def test_feature_maps_say_what_they_cannot_show():
    model, images = small_network()
    rng = np.random.default_rng(0)
    bad = {
        "layer 1 is Sigmoid": (Sequential(Flatten(), Sigmoid(), Dense(144, 3, rng=rng)), images),
        "count_padding=False": (
            Sequential(
                AvgPool2D(2, padding=1, count_padding=False), Flatten(), Dense(49, 3, rng=rng)
            ),
            images,
        ),
        "29,603 parameters": (
            Sequential(Flatten(), Dense(144, 200, rng=rng), Dense(200, 3, rng=rng)), images[:1]
        ),
        "must end with Dense": (model[:3], images),
        "at most 24 images, not 25": (model, np.zeros((25, 12, 12), np.uint8)),
        "must be grey uint8": (model, images / 255),
        "one class 0 … 2 for each image": (model, images, [0, 1]),
        "one class 0 … 2 for each of them": (model, images, [0, 1, 3]),
        "2 class names for 3 outputs": (model, images, None, ["a", "b"]),
    }  # fmt: skip
    for words, arguments in bad.items():
        with pytest.raises((TypeError, ValueError), match="FeatureMaps: ") as caught:
            FeatureMaps(*arguments)
        assert words.replace("each of them", "each image") in str(caught.value)
    maps = FeatureMaps(model, images)
    for strokes in ([[0, 0]], [[0, 0, 256]], [[-1, 0, 0]], [[0.5, 0, 0]], [[0, 0, 0]] * 1001):
        with pytest.raises(traitlets.TraitError, match="strokes must be at most 1000 of"):
            maps.strokes = strokes
    with pytest.raises(traitlets.TraitError, match="image must be an integer ≥ 0"):
        maps.image = -1


@pytest.mark.parametrize("name", SAMPLES)
def test_they_are_ordinary_ipywidgets(name):
    """observe, link and HBox; and what the page sends back is what Python has."""
    first, second = sample(name), sample(name)
    trait = SAMPLES[name][1]
    seen = []
    first.observe(lambda change: seen.append(change.new), trait)
    traitlets.link((first, trait), (second, trait))
    ipywidgets.HBox([first, second])
    first.set_state({trait: 2})  # as the page does
    assert seen == [2]
    assert getattr(second, trait) == 2


def test_instances_share_nothing():
    first, second = ConvolutionExplorer(), ConvolutionExplorer()
    first.image[0][0] = 99.0
    first.presets.clear()
    assert second.image[0][0] == ConvolutionExplorer().image[0][0] == 10
    assert second.presets.keys() == filters.PRESETS.keys()


# ---- what they refuse ---------------------------------------------------------------------------

BAD = {
    "stride must be 1, 2 or 3, not 0": {"stride": 0},
    "stride must be 1, 2 or 3, not True": {"stride": True},
    "stride must be 1, 2 or 3, not 2.0": {"stride": 2.0},
    "stride must be 1, 2 or 3, not '1'": {"stride": "1"},
    "padding must be 0, 1, 2 or 3, not -1": {"padding": -1},
    "padding must be 0, 1, 2 or 3, not None": {"padding": None},
    "kernel must be 1×1, 3×3 or 5×5 (odd: it has a middle), not 2×2": {"kernel": [[1, 2], [3, 4]]},
    "kernel must be 1×1, 3×3 or 5×5 (odd: it has a middle), not 1×3": {"kernel": [[1, 2, 3]]},
    "kernel must have rows of equal length": {"kernel": [[1, 2, 3], [4, 5]]},
    "kernel must hold real numbers, not [['a']] (str32)": {"kernel": [["a"]]},
    "kernel must hold real numbers, not [[True]] (bool)": {"kernel": [[True]]},
    "kernel must hold real numbers, not [[1j]] (complex128)": {"kernel": [[1j]]},
    "kernel must hold finite numbers, not nan": {"kernel": [[float("nan")]]},
    "kernel must hold finite numbers, not inf": {"kernel": [[float("inf")]]},
    "kernel must hold numbers from −1000 to 1000, not 1e+06": {"kernel": [[10**6]]},
    "kernel must be 2-D with at least one entry, not of shape (3,)": {"kernel": [1, 2, 3]},
    "kernel must be 2-D with at least one entry, not of shape (0,)": {"kernel": []},
    "kernel must be 2-D with at least one entry, not of shape ()": {"kernel": 3},
}  # fmt: skip


@pytest.mark.parametrize("cls", [ConvolutionExplorer, FilterLab])
@pytest.mark.parametrize(("words", "arguments"), BAD.items())
def test_bad_values_get_one_clear_error(cls, words, arguments):
    expected = f"^{re.escape(f'{cls.__name__}: {words}')}$"
    with pytest.raises(traitlets.TraitError, match=expected):
        cls(**arguments)
    widget = cls(padding=1)
    before = widget.get_state()
    ((name, value),) = arguments.items()
    with pytest.raises(traitlets.TraitError, match=expected):
        setattr(widget, name, value)
    assert widget.get_state() == before  # nothing is lost


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: ConvolutionExplorer(np.zeros((11, 4))),
            "ConvolutionExplorer: image must have at most 10",
        ),
        (
            lambda: ConvolutionExplorer(step=-1),
            "ConvolutionExplorer: step must be an integer ≥ 0, not -1",
        ),
        (
            lambda: ConvolutionExplorer(step=1.5),
            "ConvolutionExplorer: step must be an integer ≥ 0, not 1.5",
        ),
        (
            lambda: ConvolutionExplorer(predict=1),
            "ConvolutionExplorer: predict must be False or True, not 1",
        ),
        (
            lambda: FilterLab(np.zeros((4, 4))),
            "FilterLab: image must be a 2-D array of uint8 .* float64",
        ),
        (
            lambda: FilterLab(np.zeros((4, 4, 3), np.uint8)),
            "FilterLab: image must .* not 3-D uint8",
        ),
        (
            lambda: FilterLab(np.zeros((513, 4), np.uint8)),
            "FilterLab: image must have 1 to 512 .* 513×4",
        ),
        (
            lambda: FilterLab(np.zeros((0, 4), np.uint8)),
            "FilterLab: image must have 1 to 512 .* 0×4",
        ),
        (lambda: FilterLab(display="hot"), "FilterLab: display must be 'auto', .* not 'hot'"),
        (lambda: FilterLab(point=[1]), "FilterLab: point must be a row and a column, integers ≥ 0"),
        (
            lambda: FilterLab(point=[1, -1]),
            "FilterLab: point must be a row and a column, integers ≥ 0",
        ),
        (lambda: PaddingExplorer(9, 4), "PaddingExplorer: rows must be 1, 2, .* or 8, not 9"),
        (
            lambda: PaddingExplorer(kernel_size=0),
            "PaddingExplorer: kernel_size must be 1, .* not 0",
        ),
        (lambda: PaddingExplorer(stride=0), "PaddingExplorer: stride must be 1, .* or 4, not 0"),
        (lambda: PaddingExplorer(padding=-1), "PaddingExplorer: padding must be 0, .* not -1"),
        (lambda: PaddingExplorer(mode="mirror"), "PaddingExplorer: mode must be 'zeros', 'edge', "),
        (lambda: KernelPlayer([]), "KernelPlayer: kernels must be 3-D with at least one entry"),
        (lambda: KernelPlayer(3), "KernelPlayer: kernels must be 3-D with at least one entry"),
        (lambda: KernelPlayer([[[1, 2]]]), "KernelPlayer: kernels must be square, at most 7×7"),
        (
            lambda: KernelPlayer(np.zeros((2001, 1, 1))),
            "KernelPlayer: kernels must hold at most 2000 steps",
        ),
        (
            lambda: KernelPlayer([[[np.nan]]]),
            "KernelPlayer: kernels must hold finite numbers, not nan",
        ),
        (
            lambda: KernelPlayer(RUN, [1, 2]),
            "KernelPlayer: losses must be one for each of the 3 kernels",
        ),
        (
            lambda: KernelPlayer(RUN, steps=[0, 1]),
            "KernelPlayer: steps must be one for each of the 3 kernels",
        ),
        (lambda: KernelPlayer(RUN, steps=[0, 2, 2]), "KernelPlayer: steps must grow"),
        (lambda: KernelPlayer(RUN, steps=[-1, 0, 1]), "KernelPlayer: steps must grow"),
        (lambda: KernelPlayer(RUN, steps=[0, 0.5, 1]), "KernelPlayer: steps must be a row of int"),
        (
            lambda: VolumeConvolution(np.zeros((8, 4, 3))),
            r"VolumeConvolution: volume must have a shape of \(1|2.*\), not \(8, 4, 3\)",
        ),
        (
            lambda: VolumeConvolution(np.zeros((4, 4))),
            r"VolumeConvolution: volume must be 3-D .* not of shape \(4, 4\)",
        ),
        (
            lambda: VolumeConvolution(np.full((4, 4, 3), 1001)),
            "VolumeConvolution: volume must hold numbers from −1000 to 1000, not 1001",
        ),
        (
            lambda: VolumeConvolution(weights=np.zeros((3, 3, 3))),
            "VolumeConvolution: weights must be 4-D",
        ),
        (
            lambda: VolumeConvolution(weights=np.zeros((3, 1, 3, 2))),
            "VolumeConvolution: weights must be square, not 3×1",
        ),
        (
            lambda: VolumeConvolution(np.zeros((4, 4, 2))),
            "VolumeConvolution: weights must span the volume's 2 channels, not 3",
        ),
        (
            lambda: setattr(VolumeConvolution(), "volume", np.zeros((4, 4, 2))),
            "VolumeConvolution: weights must span the volume's 2 channels, not 3",
        ),
        (
            lambda: VolumeConvolution(bias=[1.0]),
            "VolumeConvolution: bias must have one number for each of the 2 filters, not 1",
        ),
        (
            lambda: VolumeConvolution(padding=3),
            "VolumeConvolution: padding must be 0, 1 or 2, not 3",
        ),
        (
            lambda: KernelPlayer(RUN, target=filters.VEF),
            r"KernelPlayer: target must have .* \(1, 1\)",
        ),
    ],
)
def test_other_bad_values(make, words):
    with pytest.raises(traitlets.TraitError, match=f"^{words}"):
        make()


def test_a_photo_is_a_grey_png():
    lab = FilterLab(np.zeros((2, 2), np.uint8))
    for bad in ["", "data:image/png;base64,AAAA", "javascript:alert(1)", None]:
        with pytest.raises(traitlets.TraitError, match="FilterLab: photo must be a grey 8-bit PNG"):
            lab.photo = bad
    np.testing.assert_array_equal(lab.image, np.zeros((2, 2)))


@pytest.mark.parametrize("cls", [ConvolutionExplorer, FilterLab, PaddingExplorer])
def test_unknown_arguments_are_refused(cls):
    with pytest.raises(TypeError, match=f"{cls.__name__}: unknown argument strides"):
        cls(strides=2)


def test_what_is_computed_from_is_fixed():
    for widget, name in [(ConvolutionExplorer(), "presets"), (sample("KernelPlayer"), "kernels")]:
        with pytest.raises(traitlets.TraitError, match="read-only"):
            setattr(widget, name, None)


# ---- that all are built alike -------------------------------------------------------------------


def test_every_script_has_its_class_and_every_class_its_script():
    classes = {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in cnn.widgets.__all__}
    assert classes == set(NAMES)
    for name in NAMES:
        assert (FOLDER / f"{name}.py").exists()


@pytest.mark.parametrize("name", SOURCES)
def test_a_script_imports_only_what_is_shared(name):
    source = SOURCES[name]
    body = re.sub(r"(?s)//[^\n]*|/\*.*?\*/", "", _base._IMPORT.sub("", source))
    assert not re.search(r"(?m)^\s*import\b|\bimport\s*\(", body)  # in Python code it may be
    for names, module in re.findall(r'^import \{([^}]*)\} from "\./(\w+)\.js";$', source, re.M):
        assert module in SHARED.get(name, SHARED.keys())
        exported = {*EXPORT.findall(SOURCES[module]), "NEGATIVE", "ZERO", "POSITIVE"}
        imported = re.findall(r"\w+", names)
        assert set(imported) <= exported
        assert [word for word in imported if not re.search(rf"\b{word}\b", body)] == []
    if name in NAMES:
        (export,) = re.findall(r"^export .*$", body, re.M)
        assert export in ("export default { render };", "export default { render, validate };")


@pytest.mark.parametrize("name", SOURCES)
def test_scripts_do_nothing_that_a_page_forbids(name):
    """No fixed ids, no data as markup, no other host, nothing global; h() alone makes elements."""
    forbidden = (
        r"\bid[=:]|\.id\b|getElementById|innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|"
        r"https?://(?!www\.w3\.org/2000/svg)|fetch\(|window\.\w|globalThis|"
        r"prefers-color-scheme|\.js$"
    )
    forbidden += "" if name == "memory" else "|localStorage|sessionStorage|indexedDB|cookie"
    assert re.findall(forbidden, _base._IMPORT.sub("", SOURCES[name])) == []
    makers = re.findall(r"document\.createElement\w*", SOURCES[name])
    # h() has two namespaces; decode() draws on a canvas that is never shown
    assert len(makers) == {"core": 2, "plots": 1}.get(name, 0)
    for line in SOURCES[name].splitlines():
        assert line.count("`") % 2 == 0, "bundle() would unindent a string that runs over lines"


def test_nothing_shared_is_unused():
    everything = "\n".join(SOURCES.values())
    for name in (name for module in SHARED for name in EXPORT.findall(SOURCES[module])):
        assert len(re.findall(rf"\b{name}\b", everything)) > 1, name


@pytest.mark.parametrize("name", SAMPLES)
def test_the_bundle_is_one_module_and_light(name):
    widget = sample(name)
    assert not re.search(r"^import |^export (?!default)", widget._esm, re.M)
    assert len(re.findall(r"^export default \{ render(, validate)? \};$", widget._esm, re.M)) == 1
    weight = len(gzip.compress((widget._esm + widget._css).encode(), mtime=0))
    # the builder draws, counts, explains and writes code: four programs in one
    most = {"ArchitectureBuilder": 18_500, "BackwardExplorer": 14_700, "QuickQuestion": 8_000}
    most = most.get(name, 14_000)
    assert weight <= most, f"{weight} bytes gzip"


def test_a_bundle_has_every_module_once_and_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr(_base, "_FOLDER", tmp_path)
    own = (
        'import { b } from "./b.js";\nimport {\n  a,\n} from "./a.js";\nexport default { a, b };\n'
    )
    (tmp_path / "a.js").write_text("// one\nexport const a = 1;\n")
    (tmp_path / "b.js").write_text(
        'import { a } from "./a.js";\n\n/** two */\nexport function b() {\n  return a; // kept\n}\n'
    )
    (tmp_path / "c.js").write_text(own)
    assert _base.bundle("c") == (
        "const a = 1;\nfunction b() {\nreturn a; // kept\n}\nexport default { a, b };\n"
    )


def test_a_bundle_leaves_out_what_is_not_used(tmp_path, monkeypatch):
    """Also what only the left-out things use; a name in a comment is no use."""
    monkeypatch.setattr(_base, "_FOLDER", tmp_path)
    (tmp_path / "a.js").write_text(
        "const kept = 1;\nconst gone = {\n  x: [\n    1,\n  ],\n};\n\n"
        "// idle\nexport function idle() {\n  return gone;\n}\nexport const used = () =>\n  kept;\n"
        "export const [one, two] = [1, 2];\n"
    )
    (tmp_path / "c.js").write_text('import { used } from "./a.js";\n\nexport default { used };\n')
    assert _base.bundle("c") == (
        "const kept = 1;\nconst used = () =>\nkept;\n"
        "const [one, two] = [1, 2];\nexport default { used };\n"
    )


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.css")), ids=lambda path: path.name)
def test_styles_stay_inside_the_widget(path):
    """Every rule starts at .cnn…; themes are those of the page, not of the system."""
    css = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)
    assert "prefers-color-scheme" not in css
    assert not re.search(r"https?:|@import|url\(|#[\w-]+\s*\{", css)
    for selector in re.findall(r"(?:^|\})\s*([^{}@]+)\{", css):
        for part in re.sub(r"\([^)]*\)", "", selector).split(","):
            assert ".cnn" in part or "theme" in part, part


def test_a_widgets_styles_reach_no_other_widget():
    """Two of them on one page: each rule has a class that no other style sheet speaks of."""
    rules: dict[str, list[set[str]]] = {}
    for path in FOLDER.glob("*.css"):
        css = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)
        parts = [
            part
            for selector in re.findall(r"(?:^|[{}])\s*([^{}@]+)\{", css)
            for part in re.split(r",(?![^(]*\))", selector)
        ]
        rules[path.stem] = [set(re.findall(r"\.(cnn[\w-]*)", part)) for part in parts]
    for name in rules.keys() - {"core", "plots", "odds"}:
        others = {"cnn"}.union(*(c for other in rules for c in rules[other] if other != name))
        assert [classes for classes in rules[name] if classes <= others] == [], name


@pytest.mark.parametrize("name", SAMPLES)
def test_repr_is_stable(name):
    first, second = sample(name), sample(name)
    assert repr(first) == repr(second)
    assert "0x" not in repr(first)
    bundle = first._repr_mimebundle_()[0]
    assert bundle["text/plain"] == repr(first)


def test_defaults_are_the_examples_of_the_book():
    assert repr(ConvolutionExplorer()) == (
        "ConvolutionExplorer(6×6 image, 3×3 kernel, stride 1, padding 0 → 4×4)"
    )
    assert ConvolutionExplorer().output.tolist() == [[0, 30, 30, 0]] * 4
    lab = FilterLab()
    np.testing.assert_array_equal(lab.image, data.photograph())
    np.testing.assert_array_equal(lab.kernel, filters.VEF)
    assert len(lab.photo) < 64 * 1024
