"""A race: each contestant is a process of its own, and they take turns.

What one library does to the memory allocator or to the threads must not help or harm another, so no
two are in one process. The machine may have other things to do, and its clock rate changes: so what
counts is processor time, they take turns of some tens of milliseconds, and of all times the median
counts. All are held to one thread, to one core where the system allows it, and to the same
instruction set. Each does everything once before it is measured, and the results are compared.

Run as a process, this file is one contestant: `python race.py cnnlib`.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import Any

import numpy as np

Task = Callable[[], Any]  # does the work once, and returns an array or a list of arrays

#: one thread, and AVX2 for OpenBLAS, oneDNN, MKL and PyTorch's kernels, whatever the machine has
EQUAL = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_CORETYPE": "Haswell",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "ATEN_CPU_CAPABILITY": "avx2",
}


class Contestant:
    """A process that answers every line of JSON with another one."""

    def __init__(self, name: str, python: str = sys.executable) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [python, "-W", "ignore", __file__, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **EQUAL},
        )

    def ask(self, **order: Any) -> Any:
        print(json.dumps(order), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.name} ended with {self._process.wait()}, asked for {order}")
        return json.loads(answer)

    def __enter__(self) -> Contestant:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.communicate()


def one_core() -> None:
    """Keep this process, and those that it will start, on the core that it may use last."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def race(
    contestants: Iterable[Contestant], work: str, case: Sequence[Any], turns: int, seconds: float
) -> dict[str, dict[str, dict[str, float]]]:
    """Return what each contestant's tasks take: [task][contestant] → {"ms": …, "faults": …}.

    `work` is the module that has the contestants' functions, `case` what they are called with. In a
    turn each does its tasks for some seconds, and at least once.
    """
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for contestant in contestants:
        for task, result in contestant.ask(work=work, case=case).items():
            found.setdefault(task, {})[contestant.name] = {"result": result, "ms": [], "faults": 0}
    for task, entries in found.items():
        first, *others = (entry.pop("result") for entry in entries.values())
        if not all(np.allclose(other, first, rtol=1e-3, atol=1e-3) for other in others):
            raise AssertionError(f"{work} {case}: the results of {task} differ: {first}, {others}")
    for _ in range(turns):
        for contestant in contestants:
            for task, entries in found.items():
                if contestant.name in entries:
                    entry = entries[contestant.name]
                    answer = contestant.ask(task=task, seconds=seconds)
                    entry["ms"] += answer["ms"]
                    entry["faults"] += answer["faults"]
    for entries in found.values():
        for entry in entries.values():
            entry["faults"] = round(entry["faults"] / len(entry["ms"]))
            entry["ms"] = float(f"{statistics.median(entry['ms']):.4g}")
    return found


def work(name: str) -> None:
    """Be a contestant: for each line that comes in, do what it says and write a line."""
    tasks: dict[str, Task] = {}
    for line in sys.stdin:
        order = json.loads(line)
        if "case" in order:
            tasks = {}  # before the new arrays are made
            tasks = getattr(import_module(order["work"]), name, no_tasks)(*order["case"])
            answer = {task: _fingerprint(do()) for task, do in tasks.items()}
        elif "memory" in order:
            answer = _extra_memory(tasks[order["memory"]])
        else:
            answer = _repeat(tasks[order["task"]], order["seconds"])
        print(json.dumps(answer), flush=True)


def no_tasks(*case: Any) -> dict[str, Task]:
    """Take no part."""
    return {}


def _repeat(do: Task, seconds: float) -> dict[str, Any]:
    times, before = [], resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    while sum(times) < 1000 * seconds:
        start = time.process_time()
        do()
        times.append(1000 * (time.process_time() - start))
    return {"ms": times, "faults": resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before}


def _fingerprint(result: Any) -> list[float]:
    """Two numbers for each array: its size, and one that changes if entries change places."""
    numbers = []
    for x in result if isinstance(result, list | tuple) else [result]:
        x = np.asarray(x, np.float64).ravel()
        noise = np.random.default_rng(0).standard_normal(x.size)
        size = np.linalg.norm(x)
        numbers += [size, np.dot(x, noise) / size]
    return [float(n) for n in numbers]


def _extra_memory(do: Task) -> int:
    """Bytes that NumPy has at most during the work, beyond what comes out of it."""
    tracemalloc.start()
    result = do()
    extra = tracemalloc.get_traced_memory()[1] - result.nbytes
    tracemalloc.stop()
    return extra


if __name__ == "__main__":
    work(sys.argv[1])
