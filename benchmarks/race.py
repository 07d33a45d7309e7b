"""Contestants that take turns: each is a process of its own, and what counts is processor time.

What one library does to the memory allocator or to the threads must not help or harm another, so no
two are in one process. The machine may have other things to do, and its clock rate changes: so they
take turns, some tens of milliseconds each, and of many turns the median counts. All are held to one
thread, to one core where the system allows it, and to the same instruction set.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType

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

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] = EQUAL) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )

    def ask(self, **order: object) -> object:
        print(json.dumps(order), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self._process.args} ended with {self._process.wait()}")
        return json.loads(answer)

    def __enter__(self) -> Contestant:
        return self

    def __exit__(self, *error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._process.communicate()


def one_core() -> None:
    """Keep this process, and those that it will start, on the core that it may use last."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def race(
    tasks: Mapping[tuple[str, str], Contestant], turns: Iterable[int], seconds: float
) -> dict[tuple[str, str], float]:
    """Return the median of the seconds that each (contestant, task) takes."""
    times: dict[tuple[str, str], list[float]] = {task: [] for task in tasks}
    for _ in turns:
        for task, contestant in tasks.items():
            times[task] += contestant.ask(task=task[1], seconds=seconds)
    return {task: statistics.median(found) for task, found in times.items()}
