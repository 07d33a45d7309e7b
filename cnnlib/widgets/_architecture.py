"""Networks as plain lists of layers: what ``ArchitectureBuilder`` takes, and cnnlib's objects."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np

from cnnlib.blocks import Concat, Sequential
from cnnlib.init import Initialiser, he_normal
from cnnlib.layers import (
    AvgPool2D,
    BatchNorm2D,
    Conv2D,
    Dense,
    Flatten,
    GlobalAvgPool2D,
    Layer,
    MaxPool2D,
    ReLU,
    Sigmoid,
    Tanh,
)
from cnnlib.models import inception_block, project_shortcut, residual_block

Entry: TypeAlias = bool | int | str
Description: TypeAlias = dict[str, Entry]
Rule: TypeAlias = list[int] | list[str] | list[bool]

_POOL: dict[str, Rule] = {"f": [1, 11, 2], "s": [1, 8, 2], "p": [0, 5, 0]}

#: what an entry of a layer may be: [least, largest, default], or the choices, the first by default;
#: architecture.js has the same table
RULES: dict[str, dict[str, Rule]] = {
    "conv": {
        "n_C": [1, 2048, 16],
        "f": [1, 11, 3],
        "s": [1, 8, 1],
        "p": [0, 7, 0],
        "psi": ["relu", "tanh", "sigmoid", "none"],
        "bn": [False, True],
    },
    "maxpool": _POOL,
    "avgpool": _POOL,
    "gap": {},
    "fc": {"n": [1, 10000, 10], "psi": ["none", "relu", "tanh", "sigmoid"]},
    "residual": {
        "n_C": [1, 2048, 64],
        "s": [1, 4, 1],
        "shortcut": ["identity", "projection"],
    },
    "inception": {
        **{
            name: [1, 1024, n]
            for name, n in {"c1": 64, "r3": 96, "c3": 128, "r5": 16, "c5": 32, "pool": 32}.items()
        },
        "reduce": [True, False],
    },
}
IMAGE: dict[str, Rule] = {"n_H": [1, 384, 32], "n_W": [1, 384, 32], "n_C": [1, 2048, 1]}
MOST = 40
"""Layers of a network at most."""


def entry(name: str, value: Any, rule: Rule) -> Entry:
    """Return an entry if the rule allows it, as a plain bool, int or str."""
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(rule[0], bool | str):
        if not any(type(plain) is type(known) and plain == known for known in rule):
            raise ValueError(f"{name} must be {' or '.join(map(repr, rule))}, not {value!r:.40}")
        return plain  # type: ignore[no-any-return]
    low, high, _ = rule
    if type(plain) is not int or not low <= plain <= high:
        raise ValueError(f"{name} must be an integer from {low} to {high}, not {value!r:.40}")
    return plain


def described(value: Any) -> Description:
    """Return one layer with all its entries; what is not given is as the rules say."""
    if not isinstance(value, dict) or value.get("kind") not in list(RULES):
        kinds = ", ".join(map(repr, RULES))
        raise ValueError(f"must be a dict with a kind, one of {kinds}, not {value!r:.60}")
    rules = RULES[value["kind"]]
    unknown = [name for name in value if name != "kind" and name not in rules]
    if unknown:
        known = ", ".join(rules) or "nothing else"
        raise ValueError(f"({value['kind']}) has no {unknown[0]!r:.30}: it has {known}")
    layer: Description = {"kind": value["kind"]}
    for name, rule in rules.items():
        default = rule[0] if isinstance(rule[0], bool | str) else rule[2]
        layer[name] = entry(f"({value['kind']}) {name}", value.get(name, default), rule)
    return layer


def build(
    image: Iterable[int],
    layers: Iterable[Description],
    rng: np.random.Generator,
    init: Initialiser = he_normal,
) -> Sequential:
    """Build the network; where a layer does not fit, cnnlib's error has a note that says which."""
    shape, parts = tuple(image), list[Layer]()
    for i, layer in enumerate(layers):
        try:
            for part in _parts(layer, shape, rng, init):
                shape = part.output_shape(shape)
                parts.append(part)
        except ValueError as error:
            error.add_note(f"in layers[{i}]: {layer['kind']}")
            raise
    return Sequential(*parts)


_PSI: dict[Any, list[type[Layer]]] = {
    "relu": [ReLU],
    "tanh": [Tanh],
    "sigmoid": [Sigmoid],
    "none": [],
}


def _parts(
    layer: Description, shape: tuple[int, ...], rng: np.random.Generator, init: Initialiser
) -> list[Layer]:
    """Return the layers of cnnlib that make one layer of the list."""
    at: Any = layer
    kind, n_C_prev = at["kind"], shape[-1]
    if kind == "fc":
        flatten = [Flatten()] if len(shape) > 1 else []
        n = int(np.prod(shape))
        dense = Dense(n, at["n"], rng=rng, init=init)
        return [*flatten, dense, *(psi() for psi in _PSI[at["psi"]])]
    if len(shape) != 3:
        raise ValueError(f"{kind}: it takes an image (n_H, n_W, n_C), not a vector of {n_C_prev}")
    if kind == "conv":
        f, s, p = at["f"], at["s"], at["p"]
        conv = Conv2D(n_C_prev, at["n_C"], f, s, p, bias=not at["bn"], rng=rng, init=init)
        norm = [BatchNorm2D(at["n_C"])] if at["bn"] else []
        return [conv, *norm, *(psi() for psi in _PSI[at["psi"]])]
    if kind == "residual":
        if at["shortcut"] == "projection":
            block = residual_block(n_C_prev, at["n_C"], at["s"], project_shortcut, rng=rng)
            return [block]
        if (n_C_prev, 1) != (at["n_C"], at["s"]):
            raise ValueError(
                f"residual: the body changes the shape of {shape}, and an identity does not, but "
                f"only equal shapes can be added: use shortcut='projection'"
            )
        return [residual_block(n_C_prev, n_C_prev, rng=rng)]
    if kind == "inception":
        c1, r3, c3, r5, c5, pool = (at[name] for name in ("c1", "r3", "c3", "r5", "c5", "pool"))
        if at["reduce"]:
            return [inception_block(n_C_prev, c1, (r3, c3), (r5, c5), pool, rng=rng)]

        def same(n_C: int, f: int) -> list[Layer]:
            return [Conv2D(n_C_prev, n_C, f, padding=(f - 1) // 2, rng=rng), ReLU()]

        pooled = [MaxPool2D(3, stride=1, padding=1), *same(pool, 1)]
        branches = same(c1, 1), same(c3, 3), same(c5, 5), pooled
        return [Concat(*(Sequential(*branch) for branch in branches))]
    if kind == "gap":
        return [GlobalAvgPool2D()]
    pooling = MaxPool2D if kind == "maxpool" else AvgPool2D
    return [pooling(at["f"], at["s"], at["p"])]


def _conv(n_C: int, f: int, s: int = 1, p: int = 0, **more: Entry) -> Description:
    return described({"kind": "conv", "n_C": n_C, "f": f, "s": s, "p": p, **more})


def _pool(kind: str, f: int, s: int, p: int = 0) -> Description:
    return described({"kind": kind, "f": f, "s": s, "p": p})


def _fc(n: int, psi: str = "none") -> Description:
    return described({"kind": "fc", "n": n, "psi": psi})


def _residual(n_C: int, s: int = 1) -> Description:
    shortcut = "identity" if s == 1 else "projection"
    return described({"kind": "residual", "n_C": n_C, "s": s, "shortcut": shortcut})


#: name → the image, the layers, and where they come from; tests/test_published_counts.py checks
#: each against the publication
PRESETS: dict[str, dict[str, Any]] = {
    "LeNet-5": {
        "input_shape": [32, 32, 1],
        "layers": [
            _conv(6, 5, psi="tanh"),
            _pool("avgpool", 2, 2),
            _conv(16, 5, psi="tanh"),
            _pool("avgpool", 2, 2),
            _fc(120, "tanh"),
            _fc(84, "tanh"),
            _fc(10),
        ],
        "source": (
            "After LeCun et al., Gradient-based learning applied to document recognition, 1998. "
            "The usual variant: each of the 16 filters sees all 6 maps, pooling learns nothing, "
            "the outputs are FC: 61,706 parameters. In LeCun's own, the 16 see 3, 4 or 6 maps, "
            "pooling learns two numbers for each map, and the outputs are fixed: 60,000."
        ),
    },
    "AlexNet": {
        "input_shape": [224, 224, 3],
        "layers": [
            _conv(64, 11, 4, 2),
            _pool("maxpool", 3, 2),
            _conv(192, 5, 1, 2),
            _pool("maxpool", 3, 2),
            _conv(384, 3, 1, 1),
            _conv(256, 3, 1, 1),
            _conv(256, 3, 1, 1),
            _pool("maxpool", 3, 2),
            _fc(4096, "relu"),
            _fc(4096, "relu"),
            _fc(1000),
        ],
        "source": (
            "The single tower of Krizhevsky, arXiv 1404.5997, as torchvision builds it: 61,100,840 "
            "parameters. The two towers of Krizhevsky, Sutskever and Hinton, 2012, have "
            "60,965,224, as there half of the filters see half of the maps. Dropout is left out: "
            "it learns nothing."
        ),
    },
    "VGG-16": {
        "input_shape": [224, 224, 3],
        "layers": [
            *(
                layer
                for n_C, times in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]
                for layer in (*(_conv(n_C, 3, 1, 1) for _ in range(times)), _pool("maxpool", 2, 2))
            ),
            _fc(4096, "relu"),
            _fc(4096, "relu"),
            _fc(1000),
        ],
        "source": (
            "Configuration D of Simonyan and Zisserman, arXiv 1409.1556: 138 million parameters in "
            "their table 2, 138,357,544 counted. Dropout is left out here: it learns nothing."
        ),
    },
    "ResNet-18": {
        "input_shape": [224, 224, 3],
        "layers": [
            _conv(64, 7, 2, 3, bn=True),
            _pool("maxpool", 3, 2, 1),
            *(_residual(n_C, s) for n_C, s in [(64, 1), (64, 1), (128, 2), (128, 1)]),
            *(_residual(n_C, s) for n_C, s in [(256, 2), (256, 1), (512, 2), (512, 1)]),
            described({"kind": "gap"}),
            _fc(1000),
        ],
        "source": (
            "He et al., arXiv 1512.03385, table 1: 1.8 billion multiply-adds. With batch norm, and "
            "a projection where the shape changes, 11,689,512 parameters, as torchvision counts."
        ),
    },
    "Inception 3a": {
        "input_shape": [28, 28, 192],
        "layers": [described({"kind": "inception"})],
        "source": (
            "Block 3a of GoogLeNet, Szegedy et al., arXiv 1409.4842, table 1: from 192 to 256 "
            "channels, 128 million multiply-adds. Switch the reduction off to see what the 1×1 "
            "convolutions save."
        ),
    },
    "an image alone": {
        "input_shape": [32, 32, 3],
        "layers": [],
        "source": "Add layers below it, one by one.",
    },
}
