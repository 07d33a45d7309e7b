"""The two kinds of check: of a function (`FunctionCheck`) and of an answer (`AnswerCheck`).

A check has a list of suspects: the mistakes that are made in earnest, each as the function that
makes it. If a student's results are a suspect's results in every case, the mistake has its name.
"""

from __future__ import annotations

import dis
import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnnlib.exercises._compare import Unlike, close, difference, multiple, read, same
from cnnlib.exercises._run import SECONDS, Outcome, error_text, run
from cnnlib.exercises._verdict import Verdict, arguments, named, part_names, several, side_by_side

Case = tuple[Any, ...]


@dataclass(frozen=True)
class Suspect:
    """A mistake: its short name, what to tell who made it, and the function that makes it."""

    name: str
    hint: str
    function: Callable[..., Any]


class FunctionCheck:
    """A check of a function that a student writes.

    `call` is how the exercise writes the call, ``"pad(I, p)"``; `right` does it rightly; `cases`
    makes the argument tuples from a generator of random numbers, the smallest first; `suspects`
    are the mistakes to name, the most likely first. Where several results are right, `view` makes
    of each what is compared: of a column and a row, for instance, their product. `without` names
    the functions that would do the exercise instead of the student. `parts` are the names of
    the results, ``("dA", "dW", "db")``, where a function returns several.
    """

    def __init__(
        self,
        call: str,
        right: Callable[..., Any],
        cases: Callable[[np.random.Generator], Iterable[Case]],
        suspects: Sequence[Suspect],
        view: Callable[[Any], Any] = lambda result: result,
        without: Sequence[str] = (),
        parts: Sequence[str] = (),
        seconds: float = SECONDS,
    ) -> None:
        self.call, self.right, self.cases, self.view = call, right, cases, view
        self.suspects, self.without, self.seconds = tuple(suspects), frozenset(without), seconds
        self.parts = tuple(parts)
        self.name, _, letters = call.rstrip(")").partition("(")
        self.letters = [letter.strip() for letter in letters.split(",")]
        self.__doc__ = f"Check a function ``{call}``, and name the mistake if there is one."

    def __repr__(self) -> str:
        return f"<the check of {self.call}>"

    def __call__(self, function: Any, seed: int = 0) -> Verdict:
        """Check `function`; other seeds give other random cases."""
        refused = self._refuse(function)
        if refused is not None:
            return refused
        cases = list(self.cases(np.random.default_rng(seed)))
        results = [self.right(*case) for case in cases]
        rights = [self.view(read(result, result)) for result in results]
        outcomes: list[Outcome] = []
        for case, result in zip(cases, results, strict=True):
            outcomes.append(self._run(function, case, result))
            if outcomes[-1].endless:
                return self._endless(case)
        wrong = [n for n, o in enumerate(outcomes) if o.error or not same(o.value, rights[n])]
        changed = next((n for n, o in enumerate(outcomes) if o.changed is not None), None)
        if changed is not None:
            return self._changes_its_argument(cases[changed], outcomes[changed])
        first = wrong[0] if wrong else len(cases) - 1
        again = self._run(function, cases[first], results[first])
        if not _alike(again, outcomes[first]):
            return self._is_no_function(cases[first], outcomes[first], again)
        if not wrong:
            used = sorted(self.without & _library(function, set()))
            if used:
                text = f"{self.name} is right, but {used[0]} does the work: write it yourself"
                return Verdict(False, text, "library used")
            return Verdict(True, f"{self.name}: right in all {len(cases)} cases.")
        failing = self._failing_case(cases[first], rights[first], outcomes[first])
        suspect = self._suspect(cases, results, outcomes)
        if suspect:
            text = f"{suspect.name}: {suspect.hint}"
            if outcomes[first].error:
                text += f" ({self.name} {_raises(outcomes[first])})"
            return Verdict(False, text, suspect.name, failing)
        name, message = self._describe(function, outcomes, rights, first)
        share = f" (right in {len(cases) - len(wrong)} of {len(cases)} cases)"
        return Verdict(False, message + (share if len(wrong) < len(cases) else ""), name, failing)

    def _run(self, function: Callable[..., Any], case: Case, result: Any) -> Outcome:
        return run(function, case, lambda value: self.view(read(value, result)), self.seconds)

    def _refuse(self, function: Any) -> Verdict | None:
        """What cannot be called as it is asked for."""
        if not callable(function):
            kind = type(function).__name__
            text = (
                f"{self.name}: hand over the function itself, by its name and without "
                f"parentheses; this is of type {kind}"
            )
            return Verdict(False, text, "not a function")
        try:
            inspect.signature(function).bind(*self.letters)
        except TypeError:
            text = f"{self.name} is called as {self.call}, but yours is {_signature(function)}"
            return Verdict(False, text, "other arguments")
        except Exception:  # a function without a signature, such as NumPy's: let it try
            return None
        return None

    def _endless(self, case: Case) -> Verdict:
        text = (
            f"{self.name} did not end within {self.seconds:g} seconds: is there a loop whose "
            f"condition never changes?"
        )
        return Verdict(False, text, "no end", self._shown(case))

    def _changes_its_argument(self, case: Case, outcome: Outcome) -> Verdict:
        letter = self.letters[outcome.changed or 0]
        text = (
            f"{self.name} changes its argument {letter}, which belongs to the caller: "
            f"work on a copy ({letter}.copy()) or on a new array"
        )
        return Verdict(False, text, "argument changed", self._shown(case))

    def _is_no_function(self, case: Case, first: Outcome, second: Outcome) -> Verdict:
        text = (
            f"{self.name} gives two different results for the same arguments: does it use random "
            f"numbers, or a variable that keeps its value from call to call?"
        )
        details = self._shown(case)
        if first.error is None and second.error is None:
            for when, outcome in (("first", first), ("then", second)):
                details += "\n" + several(when, outcome.value, self.parts)
        return Verdict(False, text, "result changes", details)

    def _suspect(
        self, cases: list[Case], results: list[Any], outcomes: list[Outcome]
    ) -> Suspect | None:
        """The first mistake that would have had all these outcomes."""
        for suspect in self.suspects:
            pairs = zip(cases, results, outcomes, strict=True)
            if all(_alike(self._run(suspect.function, c, r), o) for c, r, o in pairs):
                return suspect
        return None

    def _describe(
        self, function: Any, outcomes: list[Outcome], rights: list[Any], first: int
    ) -> tuple[str | None, str]:
        """Say what is wrong without a suspect: (name, message)."""
        outcome, error = outcomes[first], outcomes[first].error
        if isinstance(error, Unlike):
            return "no such result", f"{self.name} {error}"
        if isinstance(error, NotImplementedError):
            return "not written", f"{self.name} is not written yet"
        if isinstance(error, RecursionError):
            return "no end", f"{self.name} calls itself without end: {outcome.line}"
        if isinstance(error, TypeError) and "to dtype('int" in error_text(error):
            text = (
                f"{self.name} adds fractions to an array of integers (was it made with "
                f"np.zeros_like of an integer array, or with dtype=int?) in the "
                f"line  {outcome.line}"
            )
            return "integers", text
        if error is not None:
            return "raises", f"{self.name} {_raises(outcome)}"
        outside = _data_from_outside(function, self.letters)
        if outside:
            text = (
                f"{self.name} reads {outside} from outside, which is none of its arguments: "
                f"use {', '.join(self.letters)} only"
            )
            return "reads from outside", text
        text = difference(outcome.value, rights[first], self.parts)
        return None, f"{self.name} {text}{multiple([o.value for o in outcomes], rights)}"

    def _shown(self, case: Case) -> str:
        return f"The smallest such case is {self.call} with\n" + arguments(self.letters, case)

    def _failing_case(self, case: Case, right: Any, outcome: Outcome) -> str:
        details = self._shown(case) + "\n\n"
        if outcome.error is None:
            details += side_by_side(outcome.value, right, self.parts)
        else:
            details += several("right", right, self.parts)
        if outcome.printed:
            details += "\n\nIt prints:\n" + outcome.printed.rstrip()
        return details


def _alike(one: Outcome, other: Outcome) -> bool:
    """Whether two calls gave the same; which of two errors a wrong index raises is chance."""
    errors = one.error, other.error
    if errors == (None, None):
        return same(one.value, other.value)
    if any(isinstance(error, Unlike | type(None)) for error in errors):
        return type(one.error) is type(other.error)
    index = all(isinstance(error, IndexError | ValueError) for error in errors)
    return index or type(one.error) is type(other.error)


def _raises(outcome: Outcome) -> str:
    where = f" in the line  {outcome.line}" if outcome.line else ""
    return f"raises {error_text(outcome.error)}{where}" if outcome.error else ""


def _steps(function: Any) -> list[dis.Instruction]:
    """What a function, and the functions inside it, do."""
    todo = [getattr(_itself(function), "__code__", None)]
    steps: list[dis.Instruction] = []
    while todo:
        code = todo.pop()
        if code is not None:
            steps += dis.get_instructions(code)
            todo += [const for const in code.co_consts if hasattr(const, "co_names")]
    return steps


def _itself(function: Any) -> Any:
    """The function; of an object that can be called, what is called then."""
    return function if hasattr(function, "__code__") else type(function).__call__


def _outside(function: Any) -> dict[str, Any]:
    """The names from outside that a function reads, and what they stand for."""
    variables = getattr(_itself(function), "__globals__", {})
    reads = ("LOAD_GLOBAL", "LOAD_NAME")
    names = [step.argval for step in _steps(function) if step.opname in reads]
    return {name: variables[name] for name in names if name in variables}


def _library(function: Any, seen: set[int]) -> set[str]:
    """The names of the library functions that a function uses, also through its own helpers.

    A helper of the student's own may have the name of a library's function. What is reached by a
    dot, ``np.pad``, goes by its name.
    """
    function = getattr(function, "func", function)  # of a functools.partial
    if id(function) in seen:
        return set()
    seen.add(id(function))
    if str(getattr(function, "__module__", "")).partition(".")[0] in ("cnnlib", "numpy", "scipy"):
        return {str(getattr(function, "__name__", ""))}
    dots = ("LOAD_ATTR", "LOAD_METHOD", "IMPORT_FROM")
    used = {str(step.argval) for step in _steps(function) if step.opname in dots}
    helpers = [value for value in _outside(function).values() if callable(value)]
    return used.union(*(_library(helper, seen) for helper in helpers))


def _signature(function: Any) -> str:
    name = getattr(function, "__name__", type(function).__name__)
    return f"{name}{inspect.signature(function)}"


def _data_from_outside(function: Any, letters: Sequence[str]) -> str:
    """The notebook's variables that a function reads: arrays, and names that an argument has."""
    outside = _outside(function)
    data = [n for n, v in outside.items() if n in letters or isinstance(v, np.ndarray | list)]
    return ", ".join(data)


class AnswerCheck:
    """A check of an answer: a number, an array, a list of pairs.

    `right` is the answer, and `mistakes` are wrong ones with their names and hints,
    ``(value, name, hint)``; or `rule` looks at an answer and returns None if it is right, else
    ``(name, hint)``. `like` tells a rule's kind of answer: a value of the same kind. `parts` are
    the names of an answer's parts, ``("k", "v")``, where it has several. `blank` is an answer
    that is none, as an empty set may be.
    """

    def __init__(
        self,
        name: str,
        right: Any = None,
        mistakes: Sequence[tuple[Any, str, str]] = (),
        rule: Callable[[Any], tuple[str, str] | None] | None = None,
        like: Any = None,
        praise: str = "",
        parts: Sequence[str] = (),
        blank: Any = None,
    ) -> None:
        self.name, self.right, self.mistakes, self.rule = name, right, tuple(mistakes), rule
        self.like = right if like is None else like
        self.praise, self.parts, self.blank = praise, tuple(parts), blank
        self.__doc__ = f"Check the answer {name}, and name the mistake if there is one."

    def __repr__(self) -> str:
        return f"<the check of {self.name}>"

    def __call__(self, answer: Any) -> Verdict:
        """Check `answer`."""
        if answer is None or answer is ...:
            return self._not_written()
        outcome = run(lambda: read(answer, self.like), ())
        if outcome.error is not None:
            return self._unreadable(outcome)
        if self.blank is not None and same(outcome.value, self.blank):
            return self._not_written()
        if isinstance(outcome.value, np.ndarray) and not np.all(np.isfinite(outcome.value)):
            text = f"{self.name} holds nan or inf, but finite numbers are asked for"
            return Verdict(False, text, "no number", named("your answer", outcome.value))
        found = self._judge(outcome.value)
        if found is None:
            praise = f"; {self.praise}" if self.praise else ""
            return Verdict(True, f"{self.name}: right{praise}.")
        mistake, hint = found
        shown = (
            several("your", outcome.value, self.parts)
            if self.parts
            else named("your answer", outcome.value)
        )
        return Verdict(False, f"{self.name}: {hint}", mistake, shown)

    def _not_written(self) -> Verdict:
        return Verdict(False, f"{self.name}: no answer yet", "not written")

    def _unreadable(self, outcome: Outcome) -> Verdict:
        text = str(outcome.error) if isinstance(outcome.error, Unlike) else "cannot be read"
        return Verdict(False, f"{self.name} {text.replace('returns', 'is', 1)}", "no such result")

    def _judge(self, value: Any) -> tuple[str | None, str] | None:
        if self.rule is not None:
            return self.rule(value)
        right = read(self.right, self.right)
        if same(value, right):
            return None
        for wrong, name, hint in self.mistakes:
            if same(value, read(wrong, self.right)):
                return name, f"{name}: {hint}"
        return None, "it " + _of_answer(value, right, self.parts)


def _of_answer(value: Any, right: Any, parts: Sequence[str] = ()) -> str:
    """What differs, without giving the right answer away."""
    if isinstance(right, np.ndarray) and value.shape == right.shape:
        wrong = np.argwhere(~close(value, right))
        names = {1: ["place"], 2: ["row", "column"]}.get(right.ndim)
        if names is None:
            place = f"[{', '.join(map(str, wrong[0]))}] (from 0)"
        else:
            pairs = zip(names, wrong[0], strict=True)
            place = ", ".join(f"{n} {i + 1}" for n, i in pairs) + " (from 1)"
        return f"is wrong in {len(wrong)} of {right.size} places, first in {place}"
    if isinstance(right, np.ndarray):
        return f"has the shape {value.shape}, which is not the right one"
    if isinstance(right, frozenset):
        extra = sorted(value - right, key=repr)
        if extra:
            return f"holds {extra[0]}, which does not belong"
        return "is right as far as it goes, but it is not complete"
    if isinstance(right, tuple):
        triples = zip(part_names(len(right), parts), value, right, strict=True)
        return "is not right: " + "; ".join(
            f"{part} {_of_answer(one, other)}"
            for part, one, other in triples
            if not same(one, other)
        )
    return "is not right"
