"""The bar that shows how far one training, or several, are: in a console, in a notebook, or not."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")


def track(runs: Iterable[T]) -> Iterator[T]:
    """Go through runs that take long, with a bar that shows how many are done.

    Parameters
    ----------
    runs : iterable of any length
        What a loop goes through: seeds, networks, learning rates. It is read to its end first.

    Returns
    -------
    iterator
        Each of the runs, in their order.

    Raises
    ------
    TypeError
        The runs are nothing that a loop could go through.

    Examples
    --------
    >>> [seed**2 for seed in track(range(3))]
    [0, 1, 4]
    """
    runs = list(runs)
    bar = Bar(len(runs), True, "run")
    try:
        for run in runs:
            yield run
            bar.tell("", 1)
    finally:
        bar.close()


class Bar:
    """A progress bar over a number of batches, or of other units, or nothing.

    Nothing, if it is not wanted, if tqdm is not installed, or if the console is a file or a pipe,
    where every redrawing would be another line. With TQDM_DISABLE=1 in the environment no notebook
    has one either: the book is built that way.
    """

    def __init__(self, total: int, show: bool, unit: str = "batch") -> None:
        self._tqdm = _tqdm(total, unit) if show else None

    def tell(self, text: str, done: int = 0) -> None:
        """Go on by so many units, and write how it goes."""
        if self._tqdm is not None:
            self._tqdm.set_postfix_str(text, refresh=done == 0)  # else only as often as is seen
            self._tqdm.update(done)

    def close(self) -> None:
        """Leave it as it is."""
        if self._tqdm is not None:
            self._tqdm.close()


def _tqdm(total: int, unit: str) -> Any:
    if os.environ.get("TQDM_DISABLE", "0") not in ("", "0"):  # tqdm looks there only in consoles
        return None
    try:
        from tqdm.auto import tqdm
        from tqdm.notebook import tqdm as in_notebook
    except ModuleNotFoundError:
        return None
    if not issubclass(tqdm, in_notebook) and not sys.stderr.isatty():
        return None

    class WithoutThread(tqdm):  # type: ignore[misc]
        monitor_interval = 0  # a thread would watch over slow bars; the browser's Python has none

    return WithoutThread(total=total, unit=unit)
