"""The bar that shows how far a training is: in a console, in a notebook, or not at all."""

from __future__ import annotations

import os
import sys
from typing import Any


class Bar:
    """A progress bar over a number of batches, or nothing.

    Nothing, if it is not wanted, if tqdm is not installed, or if the console is a file or a pipe,
    where every redrawing would be another line. With TQDM_DISABLE=1 in the environment no notebook
    has one either: the book is built that way.
    """

    def __init__(self, batches: int, show: bool) -> None:
        self._tqdm = _tqdm(batches) if show else None

    def tell(self, text: str, batches: int = 0) -> None:
        """Go on by so many batches, and write how it goes."""
        if self._tqdm is not None:
            self._tqdm.set_postfix_str(text, refresh=batches == 0)  # else only as often as is seen
            self._tqdm.update(batches)

    def close(self) -> None:
        """Leave it as it is."""
        if self._tqdm is not None:
            self._tqdm.close()


def _tqdm(batches: int) -> Any:
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

    return WithoutThread(total=batches, unit="batch")
