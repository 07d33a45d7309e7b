"""ArchitectureBuilder: architecture.js against cnnlib, and the exported code when it is run."""

from __future__ import annotations

import json

import numpy as np
import pytest
from conftest import ROOT, serve

from cnnlib.init import zeros
from cnnlib.receptive import Field, follow, receptive_field, start
from cnnlib.widgets import ArchitectureBuilder
from cnnlib.widgets import _architecture as architecture

WIDGETS = ROOT / "cnnlib" / "widgets"
RNG = np.random.default_rng


@pytest.fixture(scope="module")
def js(browser):
    """Calls of architecture.js as it stands: js("ledger", [arguments, …])."""
    server, url = serve(WIDGETS)
    page = browser.new_page()
    page.goto(f"{url}/architecture.js")

    def call_each(name, cases):
        script = """async ([url, name, cases]) => {
            const module = await import(url);
            if (!cases) return module[name];
            return cases.map((args) => module[name](...args));
        }"""
        return page.evaluate(script, [f"{url}/architecture.js", name, cases])

    yield call_each
    page.close()
    server.shutdown()
    server.server_close()


def a_layer(rng, room):
    """Draw a layer; with room for it most of the time."""
    kinds = ["conv", "conv", "conv", "maxpool", "avgpool", "residual", "inception", "fc", "gap"]
    kind = kinds[rng.integers(len(kinds) - (0 if room < 12 else 2))]
    layer = {"kind": kind}
    for name, rule in architecture.RULES[kind].items():
        if isinstance(rule[0], bool | str):
            layer[name] = rule[rng.integers(len(rule))]
        else:
            most = {"f": 5, "s": 3, "p": 2}.get(name, 24)
            layer[name] = int(rng.integers(rule[0], most + 1))
    if layer.get("shortcut") == "identity":
        layer["s"] = 1
    return layer


def networks(seed, count):
    rng = RNG(seed)
    for _ in range(count):
        image = [int(n) for n in (*rng.integers(5, 60, 2), rng.integers(1, 5))]
        layers = [a_layer(rng, min(image[:2])) for _ in range(rng.integers(1, 7))]
        yield image, [architecture.described(layer) for layer in layers]


def expected(image, layers):
    """What cnnlib says of each row up to the first that does not fit; whether one does not."""
    rows = []
    for i in range(len(layers)):
        try:
            model = architecture.build(image, layers[: i + 1], RNG(0), zeros)
        except ValueError:
            return rows, True
        summary, seen = model.summary(tuple(image)), follow(model, start("test", tuple(image)))
        rows.append(
            {
                "shape": list(seen.shape),
                "parameters": summary.parameters,
                "multiplyAdds": summary.multiply_adds,
                "memory": summary.memory,
                "fields": [list(field) for field in seen.fields],
            }
        )
    return rows, False


def test_the_ledger_is_cnnlibs_summary(js):
    cases = [list(case) for case in networks(0, 300)]
    full, faults = 0, 0
    for (image, layers), ours in zip(cases, js("ledger", cases), strict=True):
        rows, fault = expected(image, layers)
        sums = {"parameters": 0, "multiplyAdds": 0, "memory": 0}
        for key in sums:  # cnnlib's are of the network so far
            so_far = np.cumsum([row[key] for row in ours["rows"]]).tolist()
            assert ours["total"][key] == so_far[-1]
            for row, n in zip(ours["rows"], so_far, strict=True):
                row[key] = n
        got = [{key: row[key] for key in rows[0]} for row in ours["rows"][1:]] if rows else []
        assert got == rows, json.dumps([image, layers])
        assert len(ours["rows"]) == len(rows) + 1
        assert (ours["fault"] or {}).get("row") == (len(rows) + 1 if fault else None)
        full, faults = full + (not fault), faults + fault
    assert min(full, faults) > 50


@pytest.mark.parametrize("name", architecture.PRESETS)
def test_the_exported_code_is_the_network(js, name, no_weights):
    """Run it; its network is that of Python, and its summary that of the page."""
    preset = architecture.PRESETS[name]
    image, layers = preset["input_shape"], preset["layers"]
    (code,) = js("code", [[image, layers]])
    (ledger,) = js("ledger", [[image, layers]])
    space: dict = {}
    exec(compile(code, "exported", "exec"), space)
    network = space["network"]
    assert repr(network) == repr(ArchitectureBuilder(name).network(RNG(0)))
    summary = network.summary(tuple(image))
    total = {
        "parameters": summary.parameters,
        "multiplyAdds": summary.multiply_adds,
        "memory": summary.memory,
    }
    assert ledger["total"] == total
    assert ledger["rows"][-1]["shape"] == list(network.output_shape(tuple(image)))
    r = tuple(last - first + 1 for first, last, _ in ledger["rows"][-1]["fields"])
    assert r == receptive_field(network, tuple(image))
    shapes = [line.split("# ")[1] for line in code.splitlines() if "  # " in line]
    assert shapes == ["×".join(map(str, row["shape"])) for row in ledger["rows"][1:]]


def test_the_code_of_any_network_runs(js):
    cases = [list(case) for case in networks(1, 60)]
    ledgers, codes = js("ledger", cases), js("code", cases)
    for (image, layers), ledger, code in zip(cases, ledgers, codes, strict=True):
        space: dict = {}
        exec(compile(code, "exported", "exec"), space)
        kept = len(ledger["rows"]) - 1
        assert repr(space["network"]) == repr(architecture.build(image, layers[:kept], RNG(0)))
        summary = space["network"].summary(tuple(image))
        assert summary.parameters == ledger["total"]["parameters"]
        assert ("does not fit" in code) == bool(ledger["fault"])


def test_the_rules_are_those_of_python(js):
    assert js("RULES", None) == architecture.RULES
    assert js("IMAGE", None) == architecture.IMAGE
    assert js("MOST", None) == architecture.MOST


def test_pixels_of_a_unit(js):
    rng = RNG(3)
    for _ in range(50):
        field = Field()
        for f, s, p in rng.integers(1, 4, (3, 3)).tolist():
            field = field.seen_through(f, s, p)
        n, unit = int(rng.integers(5, 30)), int(rng.integers(0, 9))
        pixels = range(field.first + unit * field.jump, field.last + unit * field.jump + 1)
        inside = [q for q in pixels if 0 <= q < n]
        (got,) = js("pixelsOf", [[list(field), unit, n]])
        assert (got["first"], got["last"]) == (pixels[0], pixels[-1])
        assert list(range(got["from"], got["to"] + 1)) == inside
        centre = field.first + unit * field.jump + (field.size - 1) // 2
        assert js("unitAt", [[list(field), centre, unit + 3]]) == [unit]


def test_memory_is_written_as_summary_writes_it(js):
    from cnnlib.summary import _bytes

    amounts = [0, 5, 1023, 1024, 1600, 18_842, 1_022_000, 1_024_000, 3 * 2**20, 10**8, 2**31]
    assert js("bytes", [[n] for n in amounts]) == [_bytes(n) for n in amounts]
