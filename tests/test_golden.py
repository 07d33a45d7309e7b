"""Golden vectors: what maths.js computes in a real browser is what cnnlib computes."""

from __future__ import annotations

import json

import numpy as np
import pytest
from conftest import ROOT, serve

import cnnlib as cnn
from cnnlib import plots
from cnnlib.blocks import Sequential
from cnnlib.layers import AvgPool2D, Conv2D, Dense, Flatten, MaxPool2D, ReLU, Tanh
from cnnlib.receptive import follow, start
from cnnlib.widgets import FeatureMaps, PaddingExplorer

WIDGETS = ROOT / "cnnlib" / "widgets"


@pytest.fixture(scope="module")
def maths(browser):
    """Calls of maths.js, or of another module, as it stands: maths("pad2d", [arguments, …])."""
    server, url = serve(WIDGETS)
    page = browser.new_page()
    page.goto(f"{url}/maths.js")

    def call_each(name, cases, module="maths"):
        script = """async ([url, name, cases]) => {
            const maths = await import(url);
            return cases.map((args) => maths[name](...args));
        }"""
        return page.evaluate(script, [f"{url}/{module}.js", name, cases])

    yield call_each
    page.close()
    server.shutdown()
    server.server_close()


def geometries(rng, count):
    """Random (n, f, s, p), kernels that do not fit among them."""
    n = rng.integers(1, 15, count)
    f, s, p = rng.integers(1, 8, count), rng.integers(1, 6, count), rng.integers(0, 5, count)
    return np.stack([n, f, s, p], axis=1).tolist()


def test_output_size(maths):
    cases = geometries(np.random.default_rng(0), 500)

    def expected(n, f, s, p):
        try:
            return cnn.output_size(n, f, s, p)
        except ValueError:
            return 0  # the page says in words that it does not fit

    sizes = [expected(*case) for case in cases]
    assert maths("outputSize", cases) == sizes
    assert 25 < sizes.count(0) < 475


def test_pad2d(maths):
    rng = np.random.default_rng(1)
    cases = [
        [
            rng.normal(size=rng.integers(1, 6, 2)).tolist(),
            int(rng.integers(0, 4)),
            float(rng.normal()),
        ]
        for _ in range(50)
    ]
    for case, padded in zip(cases, maths("pad2d", cases), strict=True):
        np.testing.assert_array_equal(padded, cnn.pad2d(*case))


@pytest.mark.parametrize("integers", [True, False])
def test_correlate2d(maths, integers):
    """Integers exactly, floats to rounding; images and kernels that are not square among them."""
    rng = np.random.default_rng(2)
    cases = []
    for n, f, s, p in geometries(rng, 400):
        m, g = int(rng.integers(1, 15)), int(rng.integers(1, 8))
        if f > n + 2 * p or g > m + 2 * p:
            continue
        image, kernel = rng.normal(size=(n, m)), rng.normal(size=(f, g))
        if integers:
            image, kernel = (100 * image).astype(int), (100 * kernel).astype(int)
        cases.append([image.tolist(), kernel.tolist(), s, p])
    assert len(cases) > 150
    for case, result in zip(cases, maths("correlate2d", cases), strict=True):
        expected = cnn.correlate2d(np.array(case[0], float), np.array(case[1], float), *case[2:])
        assert np.shape(result) == expected.shape
        if integers:
            np.testing.assert_array_equal(result, expected)
        else:
            np.testing.assert_allclose(result, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("integers", [True, False])
def test_a_volume_is_convolved_channel_by_channel(maths, integers):
    """Parts of each filter and channel; their sums and the bias are conv2d: integers exactly."""
    rng = np.random.default_rng(6)
    cases, biases = [], []
    for n, f, s, p in geometries(rng, 150):
        m, C, filters = (int(k) for k in rng.integers([1, 1, 1], [8, 5, 5]))
        if f > min(n, m) + 2 * p:
            continue
        arrays = [rng.normal(size=size) for size in [(n, m, C), (f, f, C, filters), filters]]
        A, W, b = ((100 * a).astype(int) if integers else a for a in arrays)
        cases.append([A.tolist(), W.tolist(), s, p])
        biases.append(b.tolist())
    assert len(cases) > 40
    parts = maths("channelParts", cases, "volume")
    maps = maths("addChannels", list(zip(parts, biases, strict=True)), "volume")
    tolerance = {"rtol": 0, "atol": 0 if integers else 1e-12}
    for case, b, part, Z in zip(cases, biases, parts, maps, strict=True):
        A, W = (np.array(a, float) for a in case[:2])
        alone = [
            [cnn.correlate2d(A[..., k], W[..., k, n], *case[2:]) for k in range(A.shape[2])]
            for n in range(W.shape[3])
        ]
        np.testing.assert_allclose(part, alone, **tolerance)
        expected = cnn.conv2d(A[None], W, np.array(b, float), *case[2:])[0]
        np.testing.assert_allclose(np.moveaxis(Z, 0, 2), expected, **tolerance)


def test_steps_go_through_position_filter_channel(maths):
    rows, columns, filters, channels = 2, 3, 2, 4
    order = [
        {"x": x, "y": y, "n": n, "k": k}
        for x, y, n, k in np.ndindex(rows, columns, filters, channels)
    ]
    steps = [[step, columns, filters, channels] for step in range(len(order))]
    assert maths("placeOf", steps, "volume") == order
    back = maths("stepOf", [[place, columns, filters, channels] for place in order], "volume")
    assert back == list(range(len(order)))


def test_filters_are_refitted_around_their_middles(maths):
    W = np.random.default_rng(7).integers(-9, 10, (3, 3, 2, 2))
    middle, same, more = maths(
        "refit", [[W.tolist(), f, n] for f, n in [(1, 2), (3, 1), (3, 4)]], "volume"
    )
    np.testing.assert_array_equal(middle, W[1:2, 1:2])
    np.testing.assert_array_equal(same, W[..., :1])
    np.testing.assert_array_equal(np.array(more)[..., :2], W)
    assert set(np.ravel(np.array(more)[..., 2:])) == {-1, 0, 1}


def test_the_verdict_on_a_number_of_maps(maths):
    def say(answer, channels, filters):
        return maths("verdict", [[answer, channels, filters]], "volume")[0]

    assert say(2, 3, 2).startswith("Yes. One filter spans all 3 channels")
    assert "2 filters, 2 maps" in say(2, 3, 2)
    assert say(6, 3, 2).startswith("No, not 6. That is 2 · 3: every filter on every channel")
    assert "That is the number of channels." in say(3, 3, 2)
    assert "That is for one filter; there are 2." in say(1, 3, 2)
    for channels in range(1, 5):
        for filters in range(1, 5):
            right = [n for n in range(20) if say(n, channels, filters).startswith("Yes")]
            assert right == [filters]


def test_shapes_of_nested_lists(maths):
    for shape in [(1,), (2, 3), (3, 1, 4), (3, 3, 2, 4)]:
        assert maths("shapeOf", [[np.zeros(shape).tolist()]], "volume") == [list(shape)]
    bad = [[], [[1, 2], [3]], [[1], 2], [[["a"]]], [1001], [None], "ab"]
    assert maths("shapeOf", [[A] for A in bad], "volume") == [None] * len(bad)


def test_usage_counts_the_windows(maths):
    cases = [c for c in geometries(np.random.default_rng(3), 200) if c[1] <= c[0] + 2 * c[3]]
    for (n, f, s, p), counts in zip(cases, maths("usage", cases), strict=True):
        brute = np.zeros(n + 2 * p, int)
        for y in range(cnn.output_size(n, f, s, p)):
            brute[y * s : y * s + f] += 1
        assert counts == brute.tolist()
    queries = [[q, n, f, s, p] for n, f, s, p in cases[:40] for q in range(n + 2 * p)]
    for (q, n, f, s, p), (first, last) in zip(queries, maths("users", queries), strict=True):
        holding = [y for y in range(cnn.output_size(n, f, s, p)) if y * s <= q < y * s + f]
        assert list(range(first, last + 1)) == holding


def test_colours_are_those_of_the_plots(maths):
    ends = maths("signed", [[-3, 3], [0, 3], [3, 3]])
    np.testing.assert_allclose(
        ends, 255 * np.asarray(plots.SIGNED([0.0, 0.5, 1.0]))[:, :3], atol=0.5
    )
    x = np.random.default_rng(4).uniform(-2, 2, 200)
    expected = np.stack(
        [np.interp(x, [-1, 0, 1], channel) for channel in np.transpose(ends)], axis=1
    )
    np.testing.assert_allclose(maths("signed", [[v, 1] for v in x.tolist()]), expected, atol=0.5)
    assert maths("signed", [[0, 0]]) == [[255, 255, 255]]
    assert maths("grey", [[level] for level in range(256)]) == [[level] * 3 for level in range(256)]


def test_text_on_every_colour_has_contrast(maths):
    colours = maths("signed", [[x / 100, 1] for x in range(-100, 101)]) + maths(
        "grey", [[level] for level in range(256)]
    )
    inks = maths("ink", [[colour] for colour in colours])

    def luminance(rgb):
        c = np.array(rgb) / 255
        return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) @ [
            0.2126,
            0.7152,
            0.0722,
        ]

    for colour, text in zip(colours, inks, strict=True):
        low, high = sorted([luminance(colour), {"#000": 0.0, "#fff": 1.0}[text]])
        assert (high + 0.05) / (low + 0.05) >= 4.5


def test_numbers_are_written_and_read(maths):
    written = {
        0: "0", 3: "3", -1: "−1", 0.5: "0.5", 1 / 9: "0.111", -1 / 9: "−0.111", 0.0029690: "0.003",
        26.6667: "26.67", 1234.5: "1235", 255: "255", 25e6: "2.5e7", -3e-7: "−3e−7",
    }  # fmt: skip
    assert maths("format", [[x] for x in written]) == list(written.values())
    read = {
        "3": 3,
        " -1 ": -1,
        "−1": -1,
        "0,5": 0.5,
        ".5": 0.5,
        "1/9": 1 / 9,
        "-1/4": -0.25,
        "1e2": 100,
    }
    assert maths("parse", [[text] for text in read]) == list(read.values())
    refused = [
        "",
        "  ",
        "abc",
        "1/0",
        "5000",
        "-1e9",
        "0x10",
        "1 2",
        "Infinity",
        "NaN",
        "--1",
        "1/2/3",
    ]
    assert all(maths("refusal", [[text] for text in refused]))
    assert not any(maths("refusal", [[text] for text in read]))
    # what is written can be read again
    values = np.round(np.random.default_rng(5).normal(size=100) * 50, 1).tolist()
    assert maths("parse", [[text] for text in maths("format", [[x] for x in values])]) == values


def test_kernels_are_resized_around_their_middle(maths):
    kernel = np.arange(1.0, 10).reshape(3, 3)
    smaller, larger, back = maths("resizeKernel", [[kernel.tolist(), f] for f in (1, 5, 3)])
    assert smaller == [[5]]
    np.testing.assert_array_equal(larger, np.pad(kernel, 1))
    np.testing.assert_array_equal(back, kernel)


def test_ranges_in_words(maths):
    words = {
        (): "",
        (6,): "6",
        (5, 6): "5 and 6",
        (1, 2, 3, 6): "1–3 and 6",
        (1, 3, 5, 6, 7): "1, 3 and 5–7",
    }
    assert maths("ranges", [[list(numbers)] for numbers in words]) == list(words.values())


def test_the_limit_is_one_number(maths):
    from cnnlib.widgets import _base

    assert not maths("refusal", [[str(_base.LIMIT)]])[0]
    assert maths("refusal", [[str(_base.LIMIT + 1)]])[0]
    assert json.dumps(_base.LIMIT) in (WIDGETS / "maths.js").read_text(encoding="utf-8")


def test_what_stands_in_the_padding_is_np_pad(maths):
    """Any p, also one larger than the image: there np.pad goes on to and fro."""
    rng = np.random.default_rng(6)
    modes = {"zeros": "constant", **{m: m for m in ("edge", "reflect", "symmetric", "wrap")}}
    cases = [
        [rng.integers(-99, 100, rng.integers(1, 9, 2)).tolist(), p, mode]
        for mode in modes
        for p in range(8)
        for _ in range(6)
    ]
    for (image, p, mode), padded in zip(cases, maths("padWith", cases, "padding"), strict=True):
        np.testing.assert_array_equal(padded, np.pad(image, p, mode=modes[mode]))
    image = PaddingExplorer(8, 7).image.tolist()
    assert maths("numbered", [[8, 7]], "padding") == [image]


def test_the_usage_map_is_a_count_and_a_gradient(maths):
    """Brute force, and ∂(sum of all outputs)/∂(padded image) for a kernel of ones."""
    rng = np.random.default_rng(7)
    cases = [
        [int(rng.integers(1, 13)), *case]
        for case in geometries(rng, 250)
        if case[1] <= case[0] + 2 * case[3]
    ]
    cases = [case for case in cases if case[2] <= case[0] + 2 * case[4]]
    assert len(cases) > 100
    for (m, n, f, s, p), uses in zip(cases, maths("usageMap", cases, "usage"), strict=True):
        rows, columns = cnn.output_size(m, f, s, p), cnn.output_size(n, f, s, p)
        brute = np.zeros((m + 2 * p, n + 2 * p), int)
        for y, x in np.ndindex(rows, columns):
            brute[y * s : y * s + f, x * s : x * s + f] += 1
        np.testing.assert_array_equal(uses, brute)
        dZ, A, W = np.ones((1, rows, columns, 1)), np.zeros((1, m, n, 1)), np.ones((f, f, 1, 1))
        dA, _, _ = cnn.conv2d_backward(dZ, A, W, s, p)
        np.testing.assert_array_equal(np.array(uses)[p : p + m, p : p + n], dA[0, :, :, 0])
        if max(m, n) <= 8 and f <= 7 and s <= 4 and p <= 4:
            explorer = PaddingExplorer(m, n, kernel_size=f, stride=s, padding=p)
            np.testing.assert_array_equal(explorer.uses, brute)


# ---- network.js ---------------------------------------------------------------------------------


def networks():
    """Small models with padding, strides, leftover pixels and a hidden layer, and their inputs."""
    rng = np.random.default_rng(6)
    one = Sequential(
        Conv2D(1, 4, 5, rng=rng), ReLU(), MaxPool2D(2), Conv2D(4, 6, 3, rng=rng), ReLU(),
        MaxPool2D(2), Flatten(), Dense(24, 5, rng=rng),
    )  # fmt: skip
    two = Sequential(
        Conv2D(1, 3, 3, stride=2, padding=2, rng=rng), Tanh(), AvgPool2D(3, stride=2, padding=1),
        Conv2D(3, 2, 2, padding=1, bias=False, rng=rng), MaxPool2D(2, stride=1, padding=1),
        Flatten(), Dense(60, 7, rng=rng), ReLU(), Dense(7, 3, rng=rng),
    )  # fmt: skip
    for model, shape in [(one, (17, 16)), (two, (11, 9))]:
        for name, array in model.params.items():
            if name.endswith("b"):
                array[...] = rng.normal(size=array.shape)
        yield model, rng.integers(0, 256, (2, *shape), dtype=np.uint8)


RUN_NETWORK = """async ([url, states]) => {
    const N = await import(url);
    return states.map((state) => {
        const weights = N.unpack(state.weights, Float32Array);
        const net = N.build(state.layers, weights, [...state.shape, 1]);
        const pixels = N.unpack(state.pixels, Uint8Array);
        const [rows, columns] = state.shape;
        const image = Array.from({ length: rows }, (_, r) =>
            Array.from({ length: columns }, (_, c) => pixels[r * columns + c] / 255));
        const outputs = N.forward(net, image);
        const parts = net.map((layer, l) => layer.kind === "flatten" ? [] : outputs[l + 1].flatMap(
            (rows, n) => rows.flatMap((row, y) => row.map((_, x) => [
                [y, x, n], N.partsOf(layer, outputs[l], y, x, n), layer.b?.[n] ?? 0]))));
        const fields = net.map(({ shape }, l) => [0, 1].map((axis) =>
            Array.from({ length: shape[axis] }, (_, i) => N.field(net, 0, l + 1, axis, i))));
        return { outputs, parts, fields, p: N.softmax(outputs.at(-1).flat(2)) };
    });
}"""


def test_the_forward_pass_of_a_network(browser):
    """Every map of every layer, the logits and the probabilities; float32 and float64."""
    server, url = serve(WIDGETS)
    page = browser.new_page()
    page.goto(f"{url}/network.js")
    made = [(model, FeatureMaps(model, images)) for model, images in networks()]
    states = [
        {name: getattr(widget, name) for name in ("layers", "weights", "pixels", "shape")}
        for _, widget in made
    ]
    results = page.evaluate(RUN_NETWORK, [f"{url}/network.js", states])
    page.close()
    server.shutdown()
    server.server_close()
    compared = 0
    for (model, widget), result in zip(made, results, strict=True):
        exact, exact_input = model.astype(np.float64), widget.images[:1, :, :, None] / 255
        seen = start("test", (*widget.shape, 1))
        for n, layer in enumerate(model, 1):
            maps = np.array(result["outputs"][n])  # channels first
            A = exact[:n].forward(exact_input)[0]
            single = model[:n].forward(widget.input)[0]
            found = np.moveaxis(maps, 0, 2)
            np.testing.assert_allclose(found, A.reshape(found.shape), rtol=1e-9, atol=1e-9)
            single = single.reshape(found.shape)
            np.testing.assert_allclose(found, single, rtol=0, atol=1e-4 * np.abs(single).max())
            compared += maps.size
            seen = follow(layer, seen)
            if not isinstance(layer, Flatten):
                for axis, spans in enumerate(result["fields"][n - 1]):
                    a = seen.fields[axis]
                    assert spans == [
                        [a.first + i * a.jump, a.last + i * a.jump] for i in range(len(spans))
                    ]
            for (y, x, k), parts, bias in result["parts"][n - 1]:
                if "W" in layer.params:
                    sums = [np.sum(np.multiply(p["patch"], p["weights"])) for p in parts]
                    np.testing.assert_allclose([p["sum"] for p in parts], sums, atol=1e-12)
                    np.testing.assert_allclose(np.sum(sums) + bias, maps[k, y, x], atol=1e-9)
        np.testing.assert_allclose(result["p"], widget.output, rtol=1e-4)
    assert compared > 2000
