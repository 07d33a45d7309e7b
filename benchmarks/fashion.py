"""A CNN that learns clothes, in cnnlib and in PyTorch: the same recipe, side by side.

    python benchmarks/fashion.py            all 60,000 images, 2 epochs
    python benchmarks/fashion.py --subset   the 2,000 + 500 that ship: what a chapter can run

The recipes are those that the docstring of `cnnlib.models.small_cnn` gives.

One process after the other, each on one thread and held to AVX2. What counts is processor time: of
the training alone, without reading the images, and once more with the test images measured.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time

import numpy as np

RECIPES = {
    "full": {"epochs": 2, "batch_size": 64, "rate": 0.005},
    "subset": {"epochs": 12, "batch_size": 32, "rate": 0.003},
}


def images(subset: bool):
    from cnnlib.data import fashion_mnist

    return [(X / np.float32(255), y) for X, y in fashion_mnist(subset=subset)]


def schedule(recipe: dict, m: int):
    """The learning rate: half a cosine down to zero."""
    from cnnlib.optim import cosine

    steps = recipe["epochs"] * -(-m // recipe["batch_size"])
    return cosine(recipe["rate"], steps)


def cnnlib(train, test, recipe: dict, seed: int) -> dict:
    from cnnlib.models import small_cnn
    from cnnlib.optim import Adam
    from cnnlib.train import evaluate, fit

    rng = np.random.default_rng(seed)
    model = small_cnn(rng=rng)
    start = time.process_time()
    history = fit(
        model,
        train,
        optimizer=Adam(schedule(recipe, len(train[1]))),
        epochs=recipe["epochs"],
        batch_size=recipe["batch_size"],
        rng=rng,
        progress=False,
    )
    trained = time.process_time()
    score = evaluate(model, test)
    return {
        "train": [s.loss for s in history.train],
        "accuracy": score.accuracy,
        "seconds": trained - start,
        "with test": time.process_time() - start,
    }


def pytorch(train, test, recipe: dict, seed: int) -> dict:
    import torch
    from torch import nn
    from twin import twin

    from cnnlib.models import small_cnn

    torch.set_num_threads(1)
    rng = np.random.default_rng(seed)
    layout = torch.channels_last
    network = twin(small_cnn(rng=rng), (28, 28, 1)).to(memory_format=layout)
    (X, y), (X_test, y_test) = (
        (torch.from_numpy(X).permute(0, 3, 1, 2).contiguous(memory_format=layout), torch.tensor(y))
        for X, y in (train, test)
    )
    loss, size = nn.CrossEntropyLoss(), recipe["batch_size"]
    optimizer = torch.optim.Adam(network.parameters(), recipe["rate"])
    rates = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda t: schedule(recipe, len(y))(t) / recipe["rate"]
    )
    losses, start = [], time.process_time()
    for _ in range(recipe["epochs"]):
        order, total = torch.from_numpy(rng.permutation(len(y))), 0.0
        for B in order.split(size):
            optimizer.zero_grad()
            J = loss(network(X[B]), y[B])
            J.backward()
            optimizer.step()
            rates.step()
            total += float(J.detach()) * len(B)
        losses.append(total / len(y))
    trained = time.process_time()
    with torch.no_grad():
        parts = zip(X_test.split(128), y_test.split(128), strict=True)
        right = sum(int((network(A).argmax(1) == t).sum()) for A, t in parts)
    return {
        "train": losses,
        "accuracy": right / len(y_test),
        "seconds": trained - start,
        "with test": time.process_time() - start,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--subset", action="store_true", help="the part that ships")
    parser.add_argument("--seeds", type=int, default=1, help="how many trainings of each")
    parser.add_argument("--work", choices=("cnnlib", "pytorch"), help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    recipe = RECIPES["subset" if arguments.subset else "full"]
    if arguments.work:
        work = {"cnnlib": cnnlib, "pytorch": pytorch}[arguments.work]
        print(json.dumps(work(*images(arguments.subset), recipe, arguments.seed)))
        return
    from race import EQUAL

    print(f"small_cnn (16 and 32 filters 3×3), Adam, {recipe}")
    print("| | seed | train loss by epoch | test accuracy | training, s | and test, s |")
    print("| --- | --- | --- | --- | --- | --- |")
    for seed in range(arguments.seeds):
        for who in ("cnnlib", "pytorch"):
            command = [sys.executable, __file__, "--work", who, "--seed", str(seed)]
            command += ["--subset"] * arguments.subset
            env = {**os.environ, **EQUAL}
            done = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, check=True)
            r = json.loads(done.stdout)
            losses = ", ".join(f"{loss:.3f}" for loss in r["train"])
            print(
                f"| {who} | {seed} | {losses} | {100 * r['accuracy']:.1f} % "
                f"| {r['seconds']:.1f} | {r['with test']:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
