"""One step of training, cnnlib beside PyTorch: time, and page faults.

    python benchmarks/step.py [--rounds 20]

Forward, loss, backward and Adam for 64 images, of LeNet-5 and of the book's working example (16 and
32 filters of 3×3). Each contestant is a process of its own (what one does to the allocator must not
help the other), on one thread, held to AVX2; they take turns, a few steps each, and what counts is
processor time, so that the machine may have other things to do. All begin with the same weights and
must arrive at the same loss. PyTorch may use its better memory layout.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack

from race import Contestant, one_core

CONTESTANTS = ("cnnlib", "torch", "torch channels-last")
MODELS = ("lenet5", "small_cnn")
BATCH, STEPS, WARM = 64, 5, 10


def stepper(contestant: str, name: str) -> tuple[list[float], Callable[[], float]]:
    """Take the first steps; return their losses, and a function that takes one step more."""
    import numpy as np

    from cnnlib import models

    rng = np.random.default_rng(0)
    model = getattr(models, name)(rng=rng)
    X = rng.random((BATCH, 28, 28, 1), dtype=np.float32)
    y = rng.integers(0, 10, BATCH)
    if contestant == "cnnlib":
        from cnnlib import functional as F
        from cnnlib.optim import Adam
        from cnnlib.train import fit

        adam = Adam(0.001)
        how = {"optimizer": adam, "epochs": WARM, "batch_size": BATCH, "rng": rng}
        history = fit(model, (X, y), **how, progress=False)

        def step() -> float:
            """What fit does for each batch."""
            Z = model.forward(X, training=True)
            J = F.cross_entropy(Z, y)
            model.backward_params(F.cross_entropy_backward(Z, y))
            adam.step(model.params, model.grads)
            return J

        return [score.loss for score in history.train], step

    import torch
    from torch import nn
    from twin import twin

    torch.set_num_threads(1)
    layout = torch.channels_last if "channels" in contestant else torch.contiguous_format
    network = twin(model, (28, 28, 1)).to(memory_format=layout)
    A = torch.from_numpy(X.transpose(0, 3, 1, 2).copy()).contiguous(memory_format=layout)
    classes, loss = torch.from_numpy(y), nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(network.parameters(), 0.001)

    def torch_step() -> float:
        optimizer.zero_grad()
        J = loss(network(A), classes)
        J.backward()
        optimizer.step()
        return float(J.detach())

    return [torch_step() for _ in range(WARM)], torch_step


def work(contestant: str, name: str) -> None:
    """In the contestant's process: for every line that comes in, some steps and what they took."""
    losses, step = stepper(contestant, name)
    for line in sys.stdin:
        times, before = [], resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(json.loads(line)["steps"]):
            start = time.process_time()
            step()
            times.append(1000 * (time.process_time() - start))
        faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
        print(json.dumps({"losses": losses, "ms": times, "faults": faults}), flush=True)


def measure(name: str, rounds: int) -> dict[str, tuple[float, float]]:
    """Return the median milliseconds, and the page faults, of a step of each contestant."""
    times = {contestant: [] for contestant in CONTESTANTS}
    faults = dict.fromkeys(CONTESTANTS, 0)
    with ExitStack() as stack:
        racers = {}
        for contestant in CONTESTANTS:
            command = [sys.executable, __file__, "--work", contestant, "--model", name]
            racers[contestant] = stack.enter_context(Contestant(command))
        first = {c: racer.ask(steps=1)["losses"] for c, racer in racers.items()}
        for contestant, losses in first.items():
            pairs = zip(losses, first["cnnlib"], strict=True)
            if not all(abs(a - b) < 1e-3 for a, b in pairs):
                raise AssertionError(f"{contestant} computes something else: {first}")
        for _ in range(rounds):
            for contestant, racer in racers.items():
                answer = racer.ask(steps=STEPS)
                times[contestant] += answer["ms"]
                faults[contestant] += answer["faults"]
    return {c: (statistics.median(times[c]), faults[c] / len(times[c])) for c in CONTESTANTS}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=20, help=f"of {STEPS} steps each")
    parser.add_argument("--work", choices=CONTESTANTS, help=argparse.SUPPRESS)
    parser.add_argument("--model", choices=MODELS, help="one only")
    arguments = parser.parse_args()
    if arguments.work:
        work(arguments.work, arguments.model)
        return
    one_core()
    print("| model | contestant | ms a step | page faults a step | cnnlib takes … as long |")
    print("| --- | --- | --- | --- | --- |")
    for name in [arguments.model] if arguments.model else MODELS:
        found = measure(name, arguments.rounds)
        for contestant, (ms, faults) in found.items():
            ratio = "" if contestant == "cnnlib" else f"{found['cnnlib'][0] / ms:.2f} ×"
            print(f"| {name} | {contestant} | {ms:.2f} | {faults:.0f} | {ratio} |", flush=True)


if __name__ == "__main__":
    main()
