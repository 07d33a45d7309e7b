"""QuickQuestion: predict before you read on, and learn why a wrong answer is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import escape
from typing import Any
from zlib import crc32

import numpy as np
import traitlets as t

from cnnlib.widgets._base import Checked, Choice, Whole, Widget, bundle, styles

Answer = str | int | float
Question = tuple[str, tuple[Answer, str], Mapping[Any, str]]
"""A question, (the right answer, why it is right), {a wrong answer: why it is wrong}."""
Variant = dict[str, Any]

MOST = 8
FEWEST, LARGEST = 3, 5
TRIES = 300
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")
# *n_H* is a letter of a formula, `pad2d` is code; quick_question.js has the same
_MINUS = re.compile(r"(?<![\w)])-(?=\d)")
_MARKS = re.compile(r"\*([^*]+)\*|`([^`]+)`")


def words(answer: Answer) -> str:
    """An answer as it is printed: −3, 0.25, 12,345."""
    if isinstance(answer, str):
        return answer
    value = answer + 0  # −0.0 is 0
    text = f"{value:,.10g}" if abs(value) >= 10_000 else f"{value:.10g}"
    return text.replace("-", "−")


def marked(text: str) -> str:
    """Text of a question as HTML: ``*n_H*`` is a letter with an index, code stands in backticks."""

    def mark(found: re.Match[str]) -> str:
        if found[2]:
            return f"<code>{found[2]}</code>"
        letter, _, index = found[1].partition("_")
        return f"<var>{letter}{index and f'<sub>{index}</sub>'}</var>"

    return _MARKS.sub(mark, escape(text, quote=False))


def _plain(answer: Any) -> Answer:
    """Python's own number: NumPy's are not JSON."""
    value = answer.item() if isinstance(answer, np.generic) else answer
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"must have answers that are texts or numbers, not {value!r}")
    return value


def _written(text: Any) -> str:
    """A text whose marks are closed."""
    if not isinstance(text, str) or len(text.split()) < 3:
        raise ValueError(f"must have a question and reasons in words, not {text!r}")
    if re.search(r"[*`$]", _MARKS.sub("", text)):
        raise ValueError(f"must have *letters* and `code` between two signs each, not {text!r}")
    return _MINUS.sub("−", text)


def _variant(name: str, number: bool, question: Question) -> Variant:
    """One question as the page receives it; the same order of the answers in every run."""
    text, (right, why), wrong = question
    reasons = {_plain(right): _written(why)}
    for answer, reason in wrong.items():
        if _plain(answer) in reasons:
            raise ValueError(f"must have one answer {words(right)!r}, not a wrong one like it")
        reasons[_plain(answer)] = _written(reason)
    numbers = [answer for answer in reasons if not isinstance(answer, str)]
    if number and (len(numbers) < len(reasons) or len(reasons) < 2):
        raise ValueError("must have a right number and at least one wrong number with its reason")
    if not number and not FEWEST <= len(reasons) <= LARGEST:
        raise ValueError(f"must have {FEWEST} to {LARGEST} answers, not {len(reasons)}")
    if len(numbers) == len(reasons):
        order: list[Answer] = [*sorted(numbers)]
    else:  # by chance, but the same in every run
        rng = np.random.default_rng(crc32(f"{name} {text}".encode()))
        order = [list(reasons)[k] for k in rng.permutation(len(reasons))]
    shown = [answer if number else words(answer) for answer in order]
    if len({str(answer) for answer in shown}) < len(shown):
        raise ValueError(f"must have answers that look different, not {shown}")
    return {
        "question": _written(text),
        "answers": shown,
        "reasons": [reasons[answer] for answer in order],
        "right": order.index(_plain(right)),
    }


class Variants(Checked):
    """One to eight questions of one kind, as ``_variant`` makes them."""

    def check(self, value: Any) -> list[Variant]:
        """Return them as they are."""
        variants: list[Variant] = list(value)
        if not 1 <= len(variants) <= MOST:
            raise ValueError(f"must be 1 to {MOST}, not {len(variants)}")
        return variants


class Tried(Checked):
    """None before the first answer, then the answers that were given; "" asked for the right one.

    None is also what no link to a page can say: a link to a figure says nothing of its reader.
    """

    def check(self, value: Any) -> list[str] | None:
        """Return None or a list of texts."""
        if value is None:
            return None
        if not isinstance(value, list | tuple) or not all(isinstance(x, str) for x in value):
            raise ValueError(f"must be None or the answers given, texts, not {value!r}")
        return list(value)


class QuickQuestion(Widget):
    """Ask before telling; say why a wrong answer is wrong and why the right one is right.

    The reader chooses one of three to five answers, or types a number, and may try again. Whether
    the first try was right is kept in the reader's browser and nowhere else.

    Parameters
    ----------
    name : str
        Its own in the whole book, and for ever: the reader's progress is kept under it. The
        chapter's prefix and a word, for example "edges-wall".
    question : str or function
        The question; ``*n_H*`` is a letter of a formula, code stands between backticks. Or a
        function of an ``np.random.Generator`` that returns ``(question, right, wrong)``: it is
        called until it has made ``count`` different ones, and the reader can ask for another one.
    right : tuple
        The right answer, a text or a number, and the reason why it is right.
    wrong : dict
        The wrong answers, each with the reason why it is wrong.
    number : bool
        Whether the reader types a number. Then ``wrong`` has the typical mistakes.
    otherwise : str
        With ``number``: what is said about any other number.
    count : int
        How many variants a function makes, 2 to 8. One in which a wrong answer equals the right
        one, or two wrong ones are equal, is left out.
    variant : int
        Which of the variants is asked, from 0.

    Raises
    ------
    TraitError
        If the answers are not as described here.

    Examples
    --------
    >>> wall = QuickQuestion(
    ...     "doc-wall",
    ...     "What does VEF give where every pixel is 7?",
    ...     (0, "Its weights add up to 0."),
    ...     {7: "That filter copies.", 21: "One column only."},
    ... )
    >>> wall
    QuickQuestion(doc-wall, 3 answers)
    >>> wall.answers
    {'0': 'Its weights add up to 0.', '7': 'That filter copies.', '21': 'One column only.'}
    >>> wall.right
    '0'

    With variants, made when the notebook runs:

    >>> def add(rng):
    ...     a, b = rng.integers(1, 10, 2)
    ...     wrong = {a * b: "This is the product."}
    ...     return f"How much is {a} + {b}?", (a + b, "It is the sum."), wrong
    >>> QuickQuestion("doc-sum", add, number=True, count=4)
    QuickQuestion(doc-sum, a number, 4 variants)
    """

    _esm = bundle("quick_question")
    _css = styles("quick_question")

    name = t.Unicode(read_only=True).tag(sync=True)
    number = Choice(False, True, read_only=True).tag(sync=True)
    otherwise = t.Unicode(read_only=True).tag(sync=True)
    variants = Variants(read_only=True).tag(sync=True)
    variant = Whole().tag(sync=True)
    tried = Tried(None, allow_none=True).tag(sync=True)

    def __init__(
        self,
        name: str,
        question: str | Callable[[np.random.Generator], Question],
        right: tuple[Answer, str] | None = None,
        wrong: Mapping[Any, str] | None = None,
        *,
        number: bool = False,
        otherwise: str = "",
        count: int = 6,
        **kwargs: Any,
    ) -> None:
        """See the class."""
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise t.TraitError(
                f"QuickQuestion: name must be like edges-wall, the chapter's prefix and a word, "
                f"not {name!r}"
            )
        try:
            if callable(question):
                if right is not None or wrong is not None:
                    raise ValueError("must have its answers from the function alone")
                variants = _drawn(name, number, question, count)
            else:
                if right is None or wrong is None:
                    raise ValueError("must have right=(answer, reason) and wrong={answer: reason}")
                variants = [_variant(name, number, (question, right, wrong))]
        except ValueError as error:
            raise t.TraitError(f"QuickQuestion {name}: it {error}") from None
        if number and not otherwise:
            otherwise = "That is not it. Take it apart, and count again."
        for trait, value in [
            ("name", name),
            ("number", number),
            ("otherwise", otherwise),
            ("variants", variants),
        ]:
            self.set_trait(trait, value)  # first: the page's copy is made from it
        super().__init__(**kwargs)

    @property
    def asked(self) -> Variant:
        """The variant that is asked now."""
        found: Variant = self.variants[min(self.variant, len(self.variants) - 1)]
        return found

    @property
    def question(self) -> str:
        """What is asked now."""
        return str(self.asked["question"])

    @property
    def answers(self) -> dict[str, str]:
        """The answers in their order on the page, each with its reason."""
        asked = self.asked
        return dict(zip(map(words, asked["answers"]), asked["reasons"], strict=True))

    @property
    def right(self) -> str:
        """The right one of the answers."""
        return list(self.answers)[self.asked["right"]]

    def describe(self) -> str:
        """Its name and its kind; what the answers are is in the static form."""
        kind = "a number" if self.number else f"{len(self.answers)} answers"
        more = f", {len(self.variants)} variants" if len(self.variants) > 1 else ""
        return f"{self.name}, {kind}{more}"

    def static(self) -> str:
        """The question with its answer folded: for pages without JavaScript, and for printing."""
        answers = [(marked(a.rstrip(".")), marked(reason)) for a, reason in self.answers.items()]
        right, why = answers.pop(self.asked["right"])
        choices = "".join(f"<li>{marked(answer)}</li>" for answer in self.answers)
        listed = "" if self.number else f'<ul class="cnn-quiz-answers">{choices}</ul>'
        others = "".join(f"<li><b>{answer}</b>: {reason}</li>" for answer, reason in answers)
        return (
            '<div class="cnn cnn-quiz"><p class="cnn-quiz-top">Quick question</p>'
            f'<p class="cnn-quiz-ask">{marked(self.question)}</p>{listed}'
            '<details class="cnn-quiz-fold"><summary>The answer</summary>'
            f"<p><strong>{right}</strong>: {why}</p>"
            f"<p>Why not the others:</p><ul>{others}</ul></details></div>"
        )


def _drawn(
    name: str, number: bool, make: Callable[[np.random.Generator], Question], count: int
) -> list[Variant]:
    """So many different variants; always the same ones, because the name is the seed."""
    if isinstance(count, bool) or not isinstance(count, int) or not 2 <= count <= MOST:
        raise ValueError(f"must have a count of 2 to {MOST} variants, not {count!r}")
    rng = np.random.default_rng(crc32(name.encode()))
    drawn = [make(rng) for _ in range(TRIES)]
    # where a mistake gives the right answer, nothing could be learned; where two give the same
    # wrong one, nobody could say which it was
    apart = [each for each in drawn if _plain(each[1][0]) not in map(_plain, each[2])]
    most = max((len(wrong) for _, _, wrong in apart), default=0)
    found: dict[str, Variant] = {}
    for question in apart:
        if len(question[2]) == most:
            found.setdefault(question[0], _variant(name, number, question))
        if len(found) == count:
            return list(found.values())
    raise ValueError(f"must make {count} different variants, not {len(found)} in {TRIES} tries")
