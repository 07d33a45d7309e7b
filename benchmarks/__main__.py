"""Measure cnnlib beside PyTorch, numpy-ml, SciPy and the bare matrix product: `make bench`.

    .venv/bin/python benchmarks [--turns 10] [--only convolution] [--out benchmarks]

What is measured is listed here; `race.py` says how. It takes some minutes, and writes results.json,
results.md and results.svg (see `report.py`).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path

import numpy as np
from race import Contestant, one_core, race
from report import report

HERE = Path(__file__).parent
NUMPY_ML = HERE.parent / ".venv" / "bench" / "bin" / "python"  # `make bench` puts it there

# m, n_H, n_W, n_C_prev, f, n_C, s, p
CONVOLUTIONS = [
    (32, 28, 28, 1, 5, 6, 1, 0),
    (32, 14, 14, 6, 5, 16, 1, 0),
    (64, 28, 28, 1, 3, 16, 1, 0),
    (64, 14, 14, 16, 3, 32, 1, 0),
    (16, 32, 32, 16, 3, 16, 1, 1),
    (16, 32, 32, 16, 3, 32, 2, 1),
    (8, 56, 56, 64, 3, 64, 1, 1),
    (8, 28, 28, 128, 3, 128, 1, 1),
    (8, 56, 56, 256, 1, 64, 1, 0),
    (4, 224, 224, 3, 7, 64, 2, 3),
    (1, 512, 512, 1, 3, 1, 1, 0),
    (1, 512, 512, 3, 3, 1, 1, 0),
    (1, 512, 512, 3, 3, 8, 1, 0),
]
# m, n_H, n_W, n_C, f, s, p
POOLINGS = [
    (32, 28, 28, 6, 2, 2, 0),
    (64, 26, 26, 16, 2, 2, 0),
    (64, 12, 12, 32, 2, 2, 0),
    (16, 32, 32, 32, 3, 2, 1),
    (8, 56, 56, 64, 2, 2, 0),
    (4, 112, 112, 64, 3, 2, 1),
]
MODELS = ["lenet5", "small_cnn"]

# work → (what it is called with, who takes part, seconds of each in a turn)
TORCH = ["torch", "torch_channels_last"]
WORK = {
    "convolution": (
        [(*shape, dtype) for dtype in ("float32", "float64") for shape in CONVOLUTIONS],
        ["cnnlib", *TORCH, "matmul", "scipy", "scipy_fft"],
        0.01,
    ),
    "pooling": (
        [(kind, *shape) for kind in ("max", "avg") for shape in POOLINGS],
        ["cnnlib", *TORCH],
        0.01,
    ),
    "step": ([(model,) for model in MODELS], ["cnnlib", *TORCH], 0.05),
}


def measure(work: str, turns: int) -> list[dict]:
    cases, names, seconds = WORK[work]
    results = []
    with ExitStack() as stack:
        contestants = [stack.enter_context(Contestant(name)) for name in names]
        slow = stack.enter_context(Contestant("numpy_ml", str(NUMPY_ML)))
        for case in cases:
            found = race(contestants, work, case, turns, seconds)
            if work == "convolution":
                extra = contestants[0].ask(memory="forward")
                found["forward"]["cnnlib"]["extra_bytes"] = extra
                if case[-1] == "float32":  # so slow that a few times are enough
                    cnnlib = contestants[:1]
                    beside = race([*cnnlib, slow], work, case, 3, 1e-6)
                    for task, entries in beside.items():
                        found[task]["numpy_ml"] = entries["numpy_ml"]
            results.append({"case": case, "tasks": found})
            times = "; ".join(
                f"{task} " + ", ".join(f"{name} {entry['ms']:.3g}" for name, entry in of.items())
                for task, of in found.items()
            )
            print(f"{work} {case}, ms: {times}", flush=True)
    return results


def machine() -> dict[str, str | float]:
    """Say what this was measured on, without names that only one machine has."""
    processor = platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        processor = next((x.split(": ")[1] for x in lines if x.startswith("model name")), processor)
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    packages = {name: version(name) for name in ("numpy", "torch", "scipy")}
    return {
        "processor": processor,
        "cores": os.cpu_count() or 0,
        "system": platform.system(),
        "python": platform.python_version(),
        **packages,
        "numpy-ml": "0.1.2",
        "blas": f"{blas['name']} {blas['version']}",
        "instructions": "AVX2 at most, for all",
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else 0,  # 1 is quiet
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__.partition("\n")[0])
    parser.add_argument("--turns", type=int, default=10, help="the more, the surer (10)")
    parser.add_argument("--only", choices=WORK, help="the others stay as they were measured")
    parser.add_argument("--out", type=Path, default=HERE, help="folder for the results")
    arguments = parser.parse_args()
    one_core()
    path = arguments.out / "results.json"
    results = json.loads(path.read_text()) if arguments.only and path.exists() else {}
    results["machine"] = machine()
    for work in [arguments.only] if arguments.only else WORK:
        results[work] = measure(work, arguments.turns)
    rows = [f"{json.dumps(key)}: {_lines(value)}" for key, value in results.items()]
    path.write_text("{\n" + ",\n".join(rows) + "\n}\n")
    print(report(arguments.out))


def _lines(value: object) -> str:
    """JSON with a line for each case."""
    if not isinstance(value, list):
        return json.dumps(value)
    return "[\n  " + ",\n  ".join(json.dumps(case) for case in value) + "\n]"


if __name__ == "__main__":
    main()
