"""What the measurements say: results.json → results.md (tables) and results.svg (a plot).

python benchmarks/report.py
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from math import isnan
from pathlib import Path
from statistics import geometric_mean

HERE = Path(__file__).parent
TORCH = ("torch", "torch_channels_last")


def best(entries: dict, names: Iterable[str]) -> float:
    """Milliseconds of the quickest of these contestants; NaN if none took part."""
    return min((entries[name]["ms"] for name in names if name in entries), default=float("nan"))


def ratio(entries: dict, *names: str) -> float:
    """How many times as long as the best of these cnnlib takes."""
    return entries["cnnlib"]["ms"] / best(entries, names)


def convolution_name(case: list) -> str:
    m, n_H, n_W, n_C_prev, f, n_C, s, p, dtype = case
    name = f"{m}×{n_H}×{n_W}×{n_C_prev} → {f}×{f}×{n_C}"
    return name + f" s{s}" * (s > 1) + f" p{p}" * (p > 0) + " float64" * (dtype == "float64")


def pooling_name(case: list) -> str:
    kind, m, n_H, n_W, n_C, f, s, p = case
    return f"{kind}, {m}×{n_H}×{n_W}×{n_C}, {f}×{f} s{s}" + f" p{p}" * (p > 0)


def spread(ratios: list[float]) -> str:
    return f"{geometric_mean(ratios):.2f} (from {min(ratios):.2f} to {max(ratios):.2f})"


def extra_bytes(result: dict) -> int:
    """Most memory during a convolution, without what comes out and without the padded copy of A."""
    m, n_H, n_W, n_C_prev, _, _, _, p, dtype = result["case"]
    pixels = (n_H + 2 * p) * (n_W + 2 * p) if p else 0
    padded = m * pixels * n_C_prev * int(dtype[-2:]) // 8
    return result["tasks"]["forward"]["cnnlib"]["extra_bytes"] - padded


def summary(results: dict) -> list[tuple[str, str, str]]:
    """What; at most or at least; what was found: the numbers that the project asks for."""
    conv = {
        dtype: [r for r in results["convolution"] if r["case"][-1] == dtype]
        for dtype in ("float32", "float64")
    }
    pool = {
        kind: [r for r in results["pooling"] if r["case"][0] == kind] for kind in ("max", "avg")
    }

    def against(cases: list, task: str, *names: str) -> list[float]:
        return [ratio(r["tasks"][task], *names) for r in cases]

    one_by_one = [r for r in conv["float32"] if r["case"][4] == 1]
    single = [r for r in conv["float32"] if r["case"][0] == 1]
    both = "forward and backward"
    rows = [
        (f"{what} / PyTorch", wanted, spread(against(cases, task, *TORCH)))
        for what, wanted, cases, task in (
            ("conv forward", "≤ 1.10, none > 1.6", conv["float32"], "forward"),
            ("conv backward", "≤ 1.15, none > 1.6", conv["float32"], "backward"),
            ("1×1 forward", "≤ 1.0", one_by_one, "forward"),
            ("single-image filters forward", "≤ 1.0", single, "forward"),
            ("float64 forward", "≤ 0.7", conv["float64"], "forward"),
            ("max-pool forward", "≤ 0.7", pool["max"], "forward"),
            ("max-pool forward and backward", "≤ 1.5", pool["max"], both),
            ("average-pool forward", "", pool["avg"], "forward"),
            ("average-pool forward and backward", "", pool["avg"], both),
        )
    ]
    for r in results["step"]:
        step, name = r["tasks"]["step"], r["case"][0]
        found = f"{ratio(step, *TORCH):.2f}; {step['cnnlib']['faults']}"
        rows.append((f"training step of {name} / PyTorch; page faults", "≤ 0.9; < 50", found))
    deep = [r["tasks"] for r in conv["float32"] if r["case"][3] >= 64]
    products = [t["forward"]["cnnlib"]["ms"] / t["product"]["matmul"]["ms"] for t in deep]
    rows.append(("conv forward / bare matrix product, C ≥ 64", "≤ 1.05", spread(products)))
    memory = max(extra_bytes(r) for r in results["convolution"]) / 2**20
    rows.append(("extra memory of conv beyond the padded copy", "≤ 1 MiB", f"{memory:.2f} MiB"))
    for what, wanted, cases, task, names in (
        ("numpy-ml / cnnlib, forward", "≥ 1.5", conv["float32"], "forward", ["numpy_ml"]),
        ("numpy-ml / cnnlib, backward", "≥ 5", conv["float32"], "backward", ["numpy_ml"]),
        ("SciPy / cnnlib, single-image filters", "", single, "forward", ["scipy", "scipy_fft"]),
    ):
        rows.append((what, wanted, spread([1 / x for x in against(cases, task, *names)])))
    return rows


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(head), ["---"] * len(list(head)), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def tables(results: dict) -> str:
    """All tables, as Markdown."""
    machine = ", ".join(f"{key} {value}" for key, value in results["machine"].items())
    parts = [
        "Written by `make bench`. Ratios of processor time, one thread; PyTorch with the better of "
        f"its two layouts.\n\nMachine: {machine}.",
        table(("what", "wanted", "found"), summary(results)),
    ]
    rows = []
    for r in results["convolution"]:
        forward, backward = r["tasks"]["forward"], r["tasks"].get("backward")
        numbers = [
            ratio(forward, *TORCH),
            forward["cnnlib"]["ms"] / r["tasks"]["product"]["matmul"]["ms"],
            1 / ratio(forward, "numpy_ml"),
            1 / ratio(forward, "scipy", "scipy_fft"),
        ]
        if backward:
            numbers += [ratio(backward, *TORCH), 1 / ratio(backward, "numpy_ml")]
        cells = [convolution_name(r["case"]), f"{forward['cnnlib']['ms']:.3g}"]
        cells += ["" if isnan(x) else f"{x:.2f}" for x in numbers]
        rows.append(cells + [""] * (8 - len(cells)))
    head = ["convolution", "forward, ms", "/ PyTorch", "/ matrix product", "numpy-ml /", "SciPy /"]
    parts.append(table([*head, "backward / PyTorch", "numpy-ml /"], rows))
    rows = [
        [pooling_name(r["case"]), f"{r['tasks']['forward']['cnnlib']['ms']:.3g}"]
        + [f"{ratio(r['tasks'][task], *TORCH):.2f}" for task in ("forward", "forward and backward")]
        for r in results["pooling"]
    ]
    parts.append(
        table(("pooling", "forward, ms", "/ PyTorch", "forward and backward / PyTorch"), rows)
    )
    rows = [
        [r["case"][0], name, f"{entry['ms']:.2f}", str(entry["faults"])]
        for r in results["step"]
        for name, entry in r["tasks"]["step"].items()
    ]
    parts.append(table(("step of 64 images", "by", "ms", "page faults"), rows))
    return "\n\n".join(parts) + "\n"


def plot(results: dict):
    """A bar for each convolution, forward and backward: how many times as long as PyTorch."""
    from matplotlib.figure import Figure

    cases = [r for r in results["convolution"] if r["case"][-1] == "float32"]
    figure = Figure(figsize=(7, 5), layout="constrained")
    axes = figure.subplots()
    for k, task in enumerate(("forward", "backward")):
        ratios = [ratio(r["tasks"][task], *TORCH) for r in cases]
        axes.barh([x + 0.4 * k for x in range(len(cases))], ratios, 0.4, label=task)
    axes.axvline(1, color="black", linewidth=1)
    axes.set_yticks([x + 0.2 for x in range(len(cases))])
    axes.set_yticklabels([convolution_name(r["case"]) for r in cases])
    axes.invert_yaxis()
    axes.set_xlabel("time of cnnlib / time of PyTorch (shorter is better)")
    axes.legend()
    return figure


def report(folder: Path = HERE) -> str:
    """Write the tables and the plot beside results.json; return the tables."""
    import matplotlib

    results = json.loads((folder / "results.json").read_text())
    text = tables(results)
    (folder / "results.md").write_text(text)
    matplotlib.rcParams["svg.hashsalt"] = "cnnlib"
    plot(results).savefig(folder / "results.svg", metadata={"Date": None})
    return text


if __name__ == "__main__":
    print(report())
