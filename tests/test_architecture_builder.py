"""The ArchitectureBuilder in Python, and in a real browser, by mouse and by keyboard alone."""

from __future__ import annotations

import re

import numpy as np
import pytest
import traitlets
from test_widget_views import (  # noqa: F401 (the last three are fixtures)
    address,
    change,
    get,
    harness,
    mount,
    press,
    said,
    tab,
)

from cnnlib.receptive import follow, receptive_field, start
from cnnlib.widgets import ArchitectureBuilder
from cnnlib.widgets import _architecture as architecture

RNG = np.random.default_rng
SMALL = [
    {"kind": "conv", "n_C": 8, "f": 5, "s": 2},
    {"kind": "maxpool"},
    {"kind": "conv", "n_C": 4, "p": 1},
    {"kind": "fc", "n": 3},
]


# ---- in Python ----------------------------------------------------------------------------------


def test_the_network_is_cnnlibs():
    builder = ArchitectureBuilder(layers=SMALL, input_shape=(20, 26, 3))
    assert repr(builder) == "ArchitectureBuilder(20×26×3, 4 layers)"
    assert (
        repr(ArchitectureBuilder("VGG-16")) == "ArchitectureBuilder(VGG-16: 224×224×3, 21 layers)"
    )
    network = builder.network(RNG(0))
    assert network.forward(np.zeros((2, 20, 26, 3))).shape == (2, 3)
    # (5·5·3)·8 + 8, (3·3·8)·4 + 4, (4·5·4)·3 + 3
    assert builder.summary.parameters == 608 + 292 + 243
    assert str(builder.summary) == str(network.summary((20, 26, 3)))


def test_what_does_not_fit_is_a_state_and_network_says_why():
    builder = ArchitectureBuilder(layers=[*SMALL[:3], {"kind": "maxpool", "f": 9}, SMALL[3]])
    builder.input_shape = (16, 16, 1)
    with pytest.raises(ValueError, match="9×9 kernel does not fit a 3×3 image") as error:
        builder.network(RNG(0))
    assert error.value.__notes__ == ["in layers[3]: maxpool"]
    builder.layers = [SMALL[3], SMALL[0]]
    with pytest.raises(ValueError, match=r"takes an image \(n_H, n_W, n_C\), not a vector of 3"):
        builder.network(RNG(0))
    builder.layers = [{"kind": "residual", "n_C": 4}]
    with pytest.raises(ValueError, match="use shortcut='projection'"):
        builder.network(RNG(0))


def test_instances_share_nothing():
    first, second = ArchitectureBuilder(), ArchitectureBuilder()
    first.layers[0]["f"] = 99
    first.presets.clear()
    assert second.layers[0]["f"] == ArchitectureBuilder().layers[0]["f"] == 5
    assert second.presets == architecture.PRESETS


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"preset": "LeNet"}, "preset must be one of 'LeNet-5', .*, not 'LeNet'"),
        ({"preset": "VGG-16", "layers": []}, "give a preset or layers, not both"),
        ({"layers": "conv"}, "layers must be a list of dicts, not 'conv'"),
        ({"layers": ["conv"]}, r"layers \[0\] must be a dict with a kind, one of 'conv', .*'conv'"),
        ({"layers": [{"f": 3}]}, r"layers \[0\] must be a dict with a kind"),
        ({"layers": [{"kind": "dense"}]}, r"layers \[0\] must be a dict with a kind, .*'dense'"),
        ({"layers": [{"kind": ["conv"]}]}, r"layers \[0\] must be a dict with a kind"),
        (
            {"layers": [SMALL[0], {"kind": "conv", "filters": 3}]},
            r"layers \[1\] \(conv\) has no 'filters': it has n_C, f, s, p, psi, bn",
        ),
        ({"layers": [{"kind": "gap", "f": 2}]}, r"layers \[0\] \(gap\) has no 'f': it has nothing"),
        (
            {"layers": [{"kind": "conv", "f": 0}]},
            r"layers \[0\] \(conv\) f must be an integer from 1 to 11, not 0",
        ),
        (
            {"layers": [{"kind": "conv", "s": 1.0}]},
            r"layers \[0\] \(conv\) s must be an integer .*, not 1.0",
        ),
        (
            {"layers": [{"kind": "conv", "s": True}]},
            r"layers \[0\] \(conv\) s must be an integer .*, not True",
        ),
        (
            {"layers": [{"kind": "conv", "bn": 1}]},
            r"layers \[0\] \(conv\) bn must be False or True, not 1",
        ),
        (
            {"layers": [{"kind": "fc", "psi": "elu"}]},
            r"layers \[0\] \(fc\) psi must be 'none' or .*, not 'elu'",
        ),
        ({"layers": [{"kind": "gap"}] * 41}, "layers must be at most 40, not 41"),
        ({"input_shape": (28, 28)}, r"input_shape must be \(n_H, n_W, n_C\), not \(28, 28\)"),
        ({"input_shape": (28, 500, 1)}, "input_shape is refused: n_W must be .* 384, not 500"),
        ({"row": -1}, "row must be an integer ≥ 0, not -1"),
        ({"unit": (1,)}, "unit must be a row and a column"),
        ({"unit": (1, -1)}, "unit must be a row and a column"),
    ],
)
def test_bad_values_get_one_clear_error(arguments, words):
    with pytest.raises(traitlets.TraitError, match=f"^ArchitectureBuilder: {words}"):
        ArchitectureBuilder(**arguments)
    if "preset" not in arguments:
        builder = ArchitectureBuilder()
        before = builder.get_state()
        with pytest.raises(traitlets.TraitError, match=words):
            builder.set_trait(*next(iter(arguments.items())))
        assert builder.get_state() == before


# ---- on the page --------------------------------------------------------------------------------

LEDGER = """(root) => [...root.querySelectorAll(".cnn-ledger tr")]
  .filter((tr) => !tr.matches(".cnn-open, .cnn-fault"))
  .map((tr) => [...tr.children].map((cell) => cell.innerText.trim()))"""
FOCUS = """() => {
  const node = document.activeElement;
  return node.ariaLabel ?? node.closest("label")?.innerText.split("\\n")[0] ?? node.innerText;
}"""


def go(page, name, backwards=False):
    """Press Tab until what has this name has the focus."""
    for _ in range(60):
        if page.evaluate(FOCUS).split("\n")[0] == name:
            return
        press(page, "Shift+Tab" if backwards else "Tab")
    raise AssertionError(f"Tab does not come to {name}")


@pytest.mark.parametrize("name", architecture.PRESETS)
def test_the_page_shows_cnnlibs_numbers(harness, name, no_weights):  # noqa: F811
    builder = ArchitectureBuilder(name)
    root = mount(harness, builder)
    network = builder.network(RNG(0))
    summary = network.summary(tuple(builder.input_shape))
    head, *rows, total = root.evaluate(LEDGER)
    assert head == [
        *("layer", "output", "parameters", "multiply-adds", "receptive field", "memory")
    ]
    assert len(rows) == len(builder.layers) + 1
    assert total[2:4] == [f"{summary.parameters:,}", f"{summary.multiply_adds:,}"]
    assert summary.memory >= 2**20 or total[5].endswith("KiB")
    shape = network.output_shape(tuple(builder.input_shape))
    assert rows[-1][1] == "×".join(map(str, shape))
    seen = follow(network, start("test", tuple(builder.input_shape)))
    field = "×".join(map(str, receptive_field(network, tuple(builder.input_shape))))
    assert rows[-1][4].split() == [field, "jump", str(seen.fields[0].jump)]
    whole = root.get_by_role("img").get_attribute("aria-label")
    assert whole.count("×".join(map(str, shape))) >= 1
    assert root.locator(".cnn-box").count() == len(rows)
    assert root.locator("select").first.input_value() == name
    assert said(root, ".cnn-source >> nth=0") == architecture.PRESETS[name]["source"]


def test_keyboard_alone_builds_a_network(harness):  # noqa: F811
    """From an image to a classifier; every step is undone with Ctrl+Z."""
    root = mount(harness, ArchitectureBuilder("an image alone"))
    page = harness
    go(page, "n_C")
    press(page, "Control+a", "1")
    assert get(page, "input_shape") == [32, 32, 1]
    go(page, "Add CONV")
    press(page, "Enter")
    assert page.evaluate(FOCUS) == "Add CONV"  # it moved below the new row, and kept the focus
    go(page, "filters n_C", backwards=True)
    press(page, "Control+a", "8")
    go(page, "size f")
    press(page, "ArrowUp", "ArrowUp")
    go(page, "ψ")
    press(page, "ArrowDown")
    go(page, "Add max-pool")
    press(page, "Enter")
    go(page, "Add FC")
    press(page, "Space")
    conv = {"kind": "conv", "n_C": 8, "f": 5, "s": 1, "p": 1, "psi": "tanh", "bn": False}
    pool, fc = {"kind": "maxpool", "f": 2, "s": 2, "p": 0}, {"kind": "fc", "n": 10, "psi": "none"}
    assert get(page, "layers") == [conv, pool, fc]
    assert get(page, "row") == 3
    builder = ArchitectureBuilder(layers=get(page, "layers"), input_shape=get(page, "input_shape"))
    assert root.evaluate(LEDGER)[-1][2] == f"{builder.summary.parameters:,}"
    go(page, "3 FC 10", backwards=True)
    press(page, "ArrowUp", "Alt+ArrowDown")  # the pooling goes below FC, where it cannot be
    assert [layer["kind"] for layer in get(page, "layers")] == ["conv", "fc", "maxpool"]
    assert page.evaluate(FOCUS).startswith("3 max-pool")
    assert "Row 3 does not fit. It needs an image n_H×n_W×n_C" in said(root, ".cnn-fault")
    press(page, "Alt+ArrowUp", "Home")
    assert page.evaluate(FOCUS) == "0 image"
    press(page, "Delete")
    assert said(root, ".cnn-note") == "The image stays: choose a layer to remove."
    press(page, "End", "Delete")
    assert get(page, "layers") == [conv, pool]
    assert page.evaluate(FOCUS).startswith("2 max-pool")
    press(page, "Control+z", "Control+z", "Control+z")
    assert get(page, "layers") == [conv, pool, fc]
    for _ in range(10):
        press(page, "Control+z")
    assert (get(page, "layers"), get(page, "input_shape")) == ([], [32, 32, 3])


def test_what_does_not_fit_says_why_and_what_would(harness):  # noqa: F811
    builder = ArchitectureBuilder(layers=[*SMALL[:2], {"kind": "conv", "f": 5}, SMALL[3]])
    builder.input_shape = (12, 12, 1)
    root = mount(harness, builder)
    assert said(root, ".cnn-fault") == (
        "Row 3 does not fit. A 5×5 window does not fit 2×2 with padding 0: n + 2p − f = "
        "2 + 0 − 5 = −3. Use padding 2 or more, f = 2 or less, or shrink less above."
    )
    ledger = root.evaluate(LEDGER)
    assert [row[1] for row in ledger[1:-1]] == ["12×12×1", "4×4×8", "2×2×8", "–", "–"]
    assert ledger[-1][:3] == ["so far", "", "208"]
    assert root.locator(".cnn-box").count() == 3
    assert said(root, ".cnn-seeing") == "Nothing reaches row 3 yet."
    root.get_by_label("padding p").fill("2")
    assert root.locator(".cnn-fault").count() == 0
    assert root.locator(".cnn-box").count() == 5
    change(harness, layers=[{"kind": "residual", "n_C": 8, "s": 2, "shortcut": "identity"}])
    assert "body gives 6×6×8 and the shortcut hands on 12×12×1" in said(root, ".cnn-fault")
    root.get_by_label("shortcut").select_option("projection")
    assert get(harness, "layers")[0]["shortcut"] == "projection"
    assert root.locator(".cnn-fault").count() == 0
    change(harness, layers=[{"kind": "maxpool", "f": 2, "s": 2, "p": 2}])
    assert "Use padding 1 or less." in said(root, ".cnn-fault")


def test_a_number_that_cannot_be_is_refused_with_a_word(harness):  # noqa: F811
    root = mount(harness, ArchitectureBuilder())
    field = root.get_by_label("size f")
    for typed in ("0", "12", "2.5", ""):
        field.fill(typed)
        assert said(root, ".cnn-note") == "size f must be an integer from 1 to 11."
        assert field.get_attribute("aria-invalid") == "true"
        assert get(harness, "layers")[2]["f"] == 5
    field.blur()
    assert said(root, ".cnn-note") == "size f keeps its value 5."
    assert field.input_value() == "5"


def test_the_receptive_field_is_that_of_cnnlib(harness):  # noqa: F811
    builder = ArchitectureBuilder(layers=SMALL, input_shape=(20, 26, 3))
    root = mount(harness, builder)
    network = builder.network(RNG(0))
    for row, parts in [(0, 0), (1, 2), (2, 3), (3, 5), (4, 7)]:
        seen = follow(network[:parts], start("test", (20, 26, 3)))
        n_H, n_W = seen.grid
        for unit in [(0, 0), (n_H - 1, n_W - 1), (n_H // 2, 0)]:
            change(harness, row=row, unit=list(unit))
            spans = [
                (field.first + k * field.jump, field.last + k * field.jump)
                for field, k in zip(seen.fields, unit, strict=True)
            ]
            size = "×".join(str(b - a + 1) for a, b in spans)
            clipped = [
                (max(a, 0), min(b, n - 1)) for (a, b), n in zip(spans, (20, 26), strict=True)
            ]
            words = [f"{a + 1}–{b + 1}" if a != b else f"{a + 1}" for a, b in clipped]
            line = said(root, ".cnn-seeing")
            assert f"sees {size} pixels: rows {words[0]}, columns {words[1]} of the image" in line
            assert ("the rest is padding" in line) == (clipped != spans)
            style = root.locator(".cnn-seen").get_attribute("style")
            percents = [float(x) for x in re.findall(r"([\d.]+)%", style)]
            (top, bottom), (left, right) = clipped
            expected = [top / 20, (bottom - top + 1) / 20, left / 26, (right - left + 1) / 26]
            np.testing.assert_allclose(percents, 100 * np.array(expected))


def test_the_unit_is_chosen_by_keyboard_and_by_pointing(harness):  # noqa: F811
    root = mount(harness, ArchitectureBuilder(row=3))
    photo = root.get_by_role("application")
    photo.focus()
    press(harness, "ArrowRight", "ArrowDown", "ArrowDown")
    assert get(harness, "unit") == [7, 6]
    press(harness, "Shift+ArrowLeft", "Shift+ArrowDown")
    assert get(harness, "unit") == [9, 0]
    box = photo.bounding_box()
    photo.click(position={"x": box["width"] * 17.5 / 32, "y": box["height"] * 7.5 / 32})
    assert get(harness, "unit") == [0, 5]  # its pixels 10 … 23 have their middle at 16.5
    root.locator(".cnn-box").nth(1).click(position={"x": 4, "y": 80})
    assert (get(harness, "row"), get(harness, "unit")) == (1, [])
    root.get_by_role("button", name="5 FC 120").click()
    assert get(harness, "row") == 5


def test_the_sums_in_words(harness):  # noqa: F811
    root = mount(harness, ArchitectureBuilder(row=3))
    assert said(root) == (
        "n_H = n_W = ⌊(14 + 2·0 − 5)/1⌋ + 1 = 10; n_C = 16, one map for each filter. "
        "Parameters: (5·5·6)·16 + 16 = 2,416. Multiply-adds: 10·10·16 outputs · 5·5·6 = 240,000. "
        "Receptive field: 6 + (5 − 1)·2 = 14; jump 2·1 = 2."
    )
    assert said(root, ".cnn-shares") == (
        "More parameters are not more compute: row 5 (FC 120) has 78 % of the parameters and 12 % "
        "of the multiply-adds; row 3 (CONV 5×5, 16) has 58 % of the multiply-adds and 3.9 % of the "
        "parameters."
    )
    root.locator("select").first.select_option("Inception 3a")
    assert "Without the 1×1 convolutions before 3×3 and 5×5: 308,281,344" in said(root)
    parts = root.locator(".cnn-parts li").all_inner_texts()
    assert len(parts) == 7
    counts = [int(m[1].replace(",", "")) for m in re.finditer(r"([\d,]+) param", " ".join(parts))]
    assert sum(counts) == 163_696
    root.locator("select").first.select_option("ResNet-18")
    change(harness, row=5)
    assert "Receptive field: 43 + (3 − 1)·4 + (3 − 1)·8 = 67; jump 4·2 = 8." in said(root)


def test_the_code_is_copied(harness):  # noqa: F811
    harness.evaluate(
        "() => { navigator.clipboard.writeText = async (text) => (window.copied = text); }"
    )
    builder = ArchitectureBuilder()
    root = mount(harness, builder)
    root.locator("summary").click()
    root.get_by_role("button", name="Copy code").click()
    assert said(root, ".cnn-note") == "The code is on the clipboard."
    space: dict = {}
    exec(harness.evaluate("window.copied"), space)
    assert repr(space["network"]) == repr(builder.network(RNG(0)))
    harness.evaluate("() => { navigator.clipboard.writeText = async () => Promise.reject(); }")
    root.get_by_role("button", name="Copy code").click()
    assert "select the code" in said(root, ".cnn-note")


def test_a_link_may_ask_only_for_what_the_traits_take(harness):  # noqa: F811
    builder = ArchitectureBuilder()
    asked = {
        "good": {},
        "another network": {"layers": ArchitectureBuilder("ResNet-18").layers},
        "nothing": {"layers": []},
        "a unit": {"unit": [3, 4]},
        "kind": {"layers": [{"kind": "dense"}]},
        "prototype": {"layers": [{"kind": "constructor"}]},
        "missing": {"layers": [{"kind": "conv", "f": 3}]},
        "more": {"layers": [{**builder.layers[0], "x": 1}]},
        "large": {"layers": [{**builder.layers[0], "f": 99}]},
        "a word": {"layers": [{**builder.layers[0], "psi": "elu"}]},
        "many": {"layers": builder.layers * 6},
        "image": {"input_shape": [32, 32]},
        "huge": {"input_shape": [32, 4000, 1]},
        "row": {"row": -1},
        "half": {"unit": [1.5, 2]},
        "one": {"unit": [1]},
    }
    state = {k: getattr(builder, k) for k in ("input_shape", "layers", "row", "unit")}
    taken = harness.evaluate(
        """async ([esm, cases]) => {
            const url = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
            const { validate } = (await import(url)).default;
            const ask = (state) => { try { return validate(state); } catch { return false; } };
            return cases.map(ask);
        }""",
        [builder._esm, [{**state, **changes} for changes in asked.values()]],
    )
    assert [name for name, ok in zip(asked, taken, strict=True) if ok] == [
        *("good", "another network", "nothing", "a unit")
    ]
