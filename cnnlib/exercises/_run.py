"""Run what a student wrote: it may loop for ever, raise anything, or change what it is given."""

from __future__ import annotations

import contextlib
import io
import linecache
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

import numpy as np

SECONDS = 2.0  # for one case: the right functions need milliseconds
PRINTED = 300  # characters that are kept of what a function prints


class OutOfTime(BaseException):
    """The time is up. No Exception, so that ``except Exception`` in a loop does not stop it."""


def limited(call: Callable[[], Any], seconds: float) -> Any:
    """Return ``call()``, or raise OutOfTime in it when the time is up.

    On the main thread (notebooks, pytest) an alarm does it, again and again, so that a loop with a
    bare ``except`` ends too. Where there is none – other threads, Windows, Python in the
    browser – the clock is read before each line of Python, which is slower but needs nothing; from
    Python 3.12 on that, too, goes on after it has raised. All wait for the end of a single long
    call into C.
    """
    main = threading.current_thread() is threading.main_thread()
    if main and sys.platform != "emscripten" and hasattr(signal, "setitimer"):
        return _with_alarm(call, seconds)
    if sys.version_info >= (3, 12):
        return _with_events(call, seconds)
    return _with_clock(call, seconds)


def _with_alarm(call: Callable[[], Any], seconds: float) -> Any:
    armed, rings, here, tracer = True, 0, sys._getframe(), sys.gettrace()

    def again(frame: FrameType, event: str, arg: Any) -> Any:
        if armed and event == "line":
            raise OutOfTime
        return again

    def ring(number: int, frame: FrameType | None) -> None:
        nonlocal rings
        if not armed:
            return
        rings += 1
        if rings > 1:  # a bare except has caught the first: raise in its own lines, too
            while frame is not None and frame is not here:
                frame.f_trace, frame = again, frame.f_back
            sys.settrace(again)
        raise OutOfTime

    old = signal.signal(signal.SIGALRM, ring)
    before = signal.setitimer(signal.ITIMER_REAL, seconds, 0.02)
    try:
        return call()
    finally:
        armed = False  # first: no alarm may interrupt what follows
        signal.setitimer(signal.ITIMER_REAL, *before)
        signal.signal(signal.SIGALRM, old)
        sys.settrace(tracer)


def _with_clock(call: Callable[[], Any], seconds: float) -> Any:
    end = time.monotonic() + seconds

    def look(frame: FrameType, event: str, arg: Any) -> Any:
        if time.monotonic() > end:
            raise OutOfTime
        return look

    before = sys.gettrace()  # a debugger's, or that of a coverage measurement
    sys.settrace(look)
    try:
        return call()
    finally:
        sys.settrace(before)


def _with_events(call: Callable[[], Any], seconds: float) -> Any:
    watch: Any = sys.monitoring  # type: ignore[attr-defined, unused-ignore]
    tool = next(n for n in range(6) if watch.get_tool(n) is None)  # debuggers have others
    end, thread = time.monotonic() + seconds, threading.get_ident()
    own = sys._getframe().f_code

    def look(code: CodeType, *where: int) -> None:
        if code is not own and time.monotonic() > end and threading.get_ident() == thread:
            raise OutOfTime

    watch.use_tool_id(tool, "cnnlib.exercises")
    for event in (watch.events.LINE, watch.events.JUMP):  # JUMP: a loop that is one line
        watch.register_callback(tool, event, look)
    watch.set_events(tool, watch.events.LINE | watch.events.JUMP)
    try:
        return call()
    finally:
        watch.set_events(tool, 0)
        for event in (watch.events.LINE, watch.events.JUMP):
            watch.register_callback(tool, event, None)
        watch.free_tool_id(tool)


class _Paper(io.TextIOBase):
    """Takes what is printed and keeps the beginning."""

    def __init__(self) -> None:
        self.text = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if len(self.text) < PRINTED:
            self.text = (self.text + text)[:PRINTED]
        return len(text)


@dataclass
class Outcome:
    """What came of one call: a `value`, or the `error` that ended it (both None: no result)."""

    value: Any = None
    error: BaseException | None = None
    line: str = ""  # the student's line that raised
    printed: str = ""
    changed: int | None = None  # the number of the argument that was changed

    @property
    def endless(self) -> bool:
        """Whether the time was up."""
        return isinstance(self.error, OutOfTime)


def run(
    function: Callable[..., Any],
    case: tuple[Any, ...],
    read: Callable[[Any], Any] = lambda value: value,
    seconds: float = SECONDS,
) -> Outcome:
    """Call a function with copies of the arguments; `read` looks at what it returns.

    Both run under the time limit, because looking at a student's object runs its code. Nothing but
    a KeyboardInterrupt, which is the reader's, gets out.
    """
    given, paper = deepcopy(case), _Paper()
    outcome = Outcome()
    try:
        with (
            contextlib.redirect_stdout(paper),
            contextlib.redirect_stderr(paper),
            warnings.catch_warnings(),
            np.errstate(all="ignore"),
        ):
            warnings.simplefilter("ignore")
            outcome.value = limited(lambda: read(function(*given)), seconds)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # also SystemExit and the like
        outcome.error, outcome.line = error, students_line(error, function)
    outcome.printed = paper.text
    differs = (not _unchanged(a, b) for a, b in zip(given, case, strict=True))
    outcome.changed = next((n for n, changed in enumerate(differs) if changed), None)
    return outcome


def _unchanged(after: Any, before: Any) -> bool:
    if isinstance(before, np.ndarray):
        same_kind = isinstance(after, np.ndarray) and after.dtype == before.dtype
        return same_kind and np.array_equal(after, before, equal_nan=before.dtype.kind == "f")
    if isinstance(before, list | tuple):
        return len(after) == len(before) and all(map(_unchanged, after, before))
    if isinstance(before, dict):
        return after.keys() == before.keys() and all(
            _unchanged(after[key], before[key]) for key in before
        )
    return True  # numbers cannot change; objects look after themselves


def students_line(error: BaseException, function: Callable[..., Any]) -> str:
    """Return the line of the student's code in which an error arose: the last one in that file."""
    file = getattr(getattr(function, "__code__", None), "co_filename", None)
    frames = [
        (frame.f_code.co_filename, number)
        for frame, number in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename == file
    ]
    return linecache.getline(*frames[-1]).strip() if frames else ""


def error_text(error: BaseException) -> str:
    """Write an error as Python does, in one line; a student's error may not even be writable."""
    kind = type(error).__name__
    try:
        text = " ".join(str(error).split())[:300]
    except Exception:
        text = ""
    return f"{kind}: {text}" if text else kind
