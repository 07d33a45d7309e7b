"""The checks behind the exercises: every wrong solution is caught and its mistake named.

Each section has a file tests/wrong_<section>.py with two lists, WRONG (check, mistake, solution)
and RIGHT (check, solution). conftest.py prints the kill rate.
"""

from __future__ import annotations

import importlib
import re
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from cnnlib import exercises as ex
from cnnlib.exercises._run import OutOfTime, limited
from cnnlib.functional import conv2d_backward

# The alarm that ends a loop may ring while Python tidies up, in hypothesis' clock for that: Python
# ignores it there, and it rings again.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*gc_cumulative_time:pytest.PytestUnraisableExceptionWarning"
)

SECTIONS = sorted(path.stem for path in Path(__file__).parent.glob("wrong_*.py"))
TABLES = [importlib.import_module(section) for section in SECTIONS]
LEAST = 6  # wrong solutions of each exercise in which a function is written


def label(check, thing):
    return f"{check.name}-{getattr(thing, '__name__', 'answer')}"


WRONG = [entry for table in TABLES for entry in table.WRONG]
RIGHT = [entry for table in TABLES for entry in table.RIGHT]
CHECKS = {name: getattr(ex, name) for name in ex.__all__ if name.startswith("check_")}
FUNCTIONS = [check for check in CHECKS.values() if isinstance(check, ex.FunctionCheck)]


# ---- mutation: conftest.py counts this test ------------------------------------------------------
@pytest.mark.parametrize(
    ("check", "mistake", "solution"),
    WRONG,
    ids=[f"{label(check, solution)}-{mistake}" for check, mistake, solution in WRONG],
)
def test_a_wrong_solution_is_caught_and_named(check, mistake, solution):
    verdict = check(solution)
    assert not verdict.passed
    assert verdict.mistake == mistake, verdict.message


@pytest.mark.parametrize(
    ("check", "solution"), RIGHT, ids=[label(check, solution) for check, solution in RIGHT]
)
def test_a_right_solution_passes(check, solution):
    seeds = ({"seed": seed} for seed in range(4))
    for options in seeds if isinstance(check, ex.FunctionCheck) else ({},):
        verdict = check(solution, **options)
        assert verdict.passed, verdict


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_every_check_has_its_wrong_and_right_solutions(check):
    named = [mistake for tried, mistake, _ in WRONG if tried is check]
    assert len(named) >= (LEAST if check in FUNCTIONS else 3)
    assert any(tried is check for tried, _ in RIGHT)


@pytest.mark.parametrize("check", FUNCTIONS, ids=lambda check: check.name)
def test_every_suspect_is_wrong_and_none_hides_another(check):
    """Each suspect fails and gets its own name, so the names are told apart by the cases."""
    for suspect in check.suspects:
        for seed in range(3):
            assert check(suspect.function, seed=seed).mistake == suspect.name
    tried = {mistake for other, mistake, _ in WRONG if other is check}
    assert {suspect.name for suspect in check.suspects} <= tried, "a suspect without a solution"


@pytest.mark.parametrize("check", FUNCTIONS, ids=lambda check: check.name)
def test_the_smallest_case_comes_first(check):
    def size(case):
        if isinstance(case, list | tuple):
            return sum(map(size, case))
        return np.size(case)

    sizes = [size(case) for case in check.cases(np.random.default_rng(0))]
    assert sizes[0] == min(sizes)
    assert sizes[-1] == max(sizes) or sizes[-1] >= 4 * sizes[0]


# ---- what a check says ---------------------------------------------------------------------------
def flip(I, K):
    windows = np.lib.stride_tricks.sliding_window_view(I, K.shape)
    return np.sum(windows * K[::-1, ::-1], axis=(2, 3))


def test_the_whole_text_of_a_verdict():
    assert str(ex.check_correlate(flip)) == (
        "✗ flipped kernel: your result is that of the filter turned by 180°, a convolution in the "
        "strict sense; the book asks for a correlation, which lays K on the image as it is\n\n"
        "The smallest such case is correlate(I, K) with\n"
        "I = [[1 2]\n"
        "     [3 4]]\n"
        "K = [[5 0]\n"
        "     [6 0]]\n\n"
        "yours    right\n"
        "[[32]]   [[23]]"
    )


def conv_backward_but_for(**wrong):
    """The backward of a convolution, with some of dA, dW, db done to."""

    def conv_backward(dZ, A, W, s, p):
        results = zip(("dA", "dW", "db"), conv2d_backward(dZ, A, W, s, p), strict=True)
        return tuple(wrong.get(name, lambda x: x)(x) for name, x in results)

    return conv_backward


def test_of_several_results_only_the_wrong_are_shown_each_by_its_name():
    verdict = ex.check_conv_backward(conv_backward_but_for(dW=lambda dW: dW[::-1]))
    assert verdict.message.startswith(
        "conv_backward returns 3 results, and dW is wrong: it has the right shape (2, 2, 1, 1), "
        "but 4 of 4 numbers are wrong"
    )
    assert verdict.details.endswith(
        "\n\n"
        "your dW[:, :, 0, 0]   right dW[:, :, 0, 0]\n"
        "[[-20 -30]            [[ 20   6]\n"
        " [ 20   6]]            [-20 -30]]"
    )
    for name in ("dA", "db"):
        assert f"your {name}" not in verdict.details


def test_of_several_results_all_that_are_wrong_are_named():
    def double(x):
        return 2 * x

    two = ex.check_conv_backward(conv_backward_but_for(dA=double, db=double))
    assert "3 results, and dA and db are wrong: dA has the right shape" in two.message
    three = ex.check_conv_backward(conv_backward_but_for(dA=double, dW=double, db=double))
    assert "and dA, dW and db are wrong" in three.message


def test_what_is_right_is_named_where_nothing_is_returned():
    details = ex.check_conv_backward(lambda dZ, A, W, s, p: None).details
    assert "right dA[0, :, :, 0] = [[7.5]]\nright dW[0, :, :, 0] = [[2.5]]" in details


def test_results_without_names_are_counted():
    check = ex.FunctionCheck("f(x)", lambda x: (x, -x), lambda rng: [(np.ones(2),)], suspects=[])
    verdict = check(lambda x: (x, x))
    assert "number 2 is wrong" in verdict.message
    assert verdict.details.endswith("your result 2   right result 2\n[1 1]           [-1 -1]")


def test_an_answer_of_two_parts_is_shown_and_judged_by_parts():
    verdict = ex.check_one_step(([0.9, -0.8], [1.2, 3, -1.8]))
    assert "k is wrong in 1 of 2 places, first in place 2" in verdict.message
    assert verdict.details == "your k = [ 0.9 -0.8]\nyour v = [ 1.2  3.  -1.8]"


@pytest.mark.parametrize("answer", [[], set(), (), ...])
def test_an_empty_list_is_no_answer_yet(answer):
    assert str(ex.check_guilty(answer)) == "✗ guilty: no answer yet"


def test_what_is_missing_is_not_counted():
    """Else a first guess would tell how many there are."""
    assert not re.search(r"\d", str(ex.check_guilty(["Ben"])))


def test_a_string_for_a_list_of_strings():
    assert 'a list of them is asked for, as in ["a", "b"]' in ex.check_guilty("Ben").message


def test_assert_says_why(capsys):
    """`assert` alone would raise without a word."""
    with pytest.raises(AssertionError):
        assert ex.check_correlate(flip)
    assert "flipped kernel" in capsys.readouterr().out
    assert ex.check_correlate(lambda I, K: flip(I, K[::-1, ::-1]))
    assert capsys.readouterr().out == ""


def test_a_shown_verdict_is_not_printed_again(capsys):
    verdict = ex.check_correlate(flip)
    verdict._repr_html_()
    assert not verdict
    assert capsys.readouterr().out == ""


def test_html_is_escaped():
    def raises(I, K):
        raise ValueError("<script>alert(1)</script>")

    html = ex.check_correlate(raises)._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


# ---- what a student may do -----------------------------------------------------------------------
class Evil:
    """Everything that is asked of it raises."""

    def boom(self, *args):
        raise RuntimeError("boom")

    __eq__ = __ne__ = __lt__ = __repr__ = __str__ = __len__ = __iter__ = boom
    __array__ = __float__ = __int__ = __bool__ = __getitem__ = boom
    __hash__ = None


class EvilError(Exception):
    def __str__(self):
        raise RuntimeError("boom")


counter = []
K_OUTSIDE = np.ones((2, 2))


def endless(I, K):
    while True:
        pass


def endless_and_deaf(I, K):
    while True:
        try:  # noqa: SIM105
            time.sleep(0.001)
        except:  # noqa: E722
            pass


def endless_and_deaf_inside(I, K):
    def step():
        try:
            return sum(range(100))
        except BaseException:
            return 0

    while True:
        step()


def endless_printing(I, K):
    while True:
        print("again")


def recursive(I, K):
    return recursive(I, K)


def leaves(I, K):
    raise SystemExit("bye")


def raises_evil(I, K):
    raise EvilError


def counts_calls(I, K):
    counter.append(1)
    return flip(I, K[::-1, ::-1]) + len(counter)


def random(I, K):
    return np.random.default_rng().normal(size=(1, 1))


def uses_outside(I, K):
    return flip(I, K_OUTSIDE) if I.size > 100 else K_OUTSIDE


def nothing_yet(I, K):
    raise NotImplementedError


def changes_its_image(I, K):
    Z = flip(I, K[::-1, ::-1])
    I[:] = 0
    return Z


def infinite_generator(I, K):
    while True:
        yield 1


ODD = [
    (lambda I, K: None, "no such result", "returns None"),
    (lambda I, K: ..., "no such result", "not written yet"),
    (lambda I, K: "Z", "no such result", "a str"),
    (lambda I, K: Evil(), "no such result", "an? Evil"),
    (lambda I, K: [[1, 2], [3]], "no such result", "different lengths"),
    (lambda I, K: np.array([[None]]), "no such result", "dtype object"),
    (lambda I, K: np.array([[1j]]), "no such result", "dtype complex128"),
    (lambda I, K: [["1"]], "no such result", "dtype <U1"),
    (lambda I, K: np.broadcast_to(0.0, (10**6, 10**6)), "no such result", "shape"),
    (lambda I, K: np.zeros((10**8, 10**8)), "raises", "MemoryError"),
    (lambda I, K: (row for row in I), "no such result", "a generator"),
    (lambda I, K: flip, "no such result", "a function"),
    (lambda I, K: {"Z": I}, "no such result", "a dict"),
    (lambda I, K: np.full(np.array(I.shape) - K.shape + 1, np.nan), None, "nan"),
    (lambda I, K: I, None, "shape"),
    (lambda I, K: np.array(0.0), None, r"shape \(\)"),
    (lambda I, K: -flip(I, K[::-1, ::-1]), None, "wrong sign"),
    (lambda I, K: 4 * flip(I, K[::-1, ::-1]), None, "4 times what is right"),
    (lambda I, K: flip(I, K[::-1, ::-1]) ** 2, None, r"1 of 1 numbers are wrong$"),
    (lambda I, K: 1 / 0, "raises", "ZeroDivisionError: division by zero"),
    (raises_evil, "raises", "EvilError in the line  raise EvilError"),
    (leaves, "raises", "SystemExit: bye"),
    (recursive, "no end", r"return recursive\(I, K\)"),
    (endless, "no end", "did not end"),
    (endless_and_deaf, "no end", "did not end"),
    (endless_and_deaf_inside, "no end", "did not end"),
    (endless_printing, "no end", "did not end"),
    (infinite_generator, "no such result", "a generator"),
    (nothing_yet, "not written", "not written yet"),
    (counts_calls, "result changes", "from call to call"),
    (random, "result changes", "random"),
    (uses_outside, "reads from outside", "K_OUTSIDE"),
    (changes_its_image, "argument changed", r"I\.copy\(\)"),
    (lambda I: I, "other arguments", r"correlate\(I, K\), but yours is <lambda>\(I\)"),
    (lambda I, K, s, p: I, "other arguments", "yours is"),
    (None, "not a function", "NoneType"),
    (np.ones((2, 2)), "not a function", "ndarray"),
    ("correlate", "not a function", "str"),
    (int, "raises", "TypeError"),
    (np.dot, None, ""),
]


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(ex.check_correlate, "seconds", 0.2)


@pytest.mark.parametrize(
    ("function", "mistake", "words"),
    ODD,
    ids=[f"{n}-{words}" for n, (_, _, words) in enumerate(ODD)],
)
def test_nothing_that_a_student_does_breaks_a_check(quick, capsys, function, mistake, words):
    counter.clear()
    before = signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)
    verdict = ex.check_correlate(function)
    assert not verdict.passed
    if mistake:
        assert verdict.mistake == mistake, verdict
    assert re.search(words, verdict.message), verdict
    assert repr(verdict)
    assert verdict._repr_html_()
    assert capsys.readouterr().out == ""
    assert (signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)) == before


def test_what_a_function_prints_is_shown_with_the_failing_case():
    def chatty(I, K):
        print("window", I.shape)
        return flip(I, K)

    assert "It prints:\nwindow (2, 2)" in ex.check_correlate(chatty).details


def test_keyboard_interrupt_is_the_readers():
    def stopped(I, K):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ex.check_correlate(stopped)


ODD_ANSWERS = [Evil(), "x", None, ..., {}, [[1], [2, 3]], 1j, endless, 3.0, np.zeros((0, 2))]
ODD_ANSWERS += [np.full(shape, np.nan) for shape in ((3, 3), (2, 2), (5, 5), (4, 2))]


@pytest.mark.parametrize("answer", ODD_ANSWERS)
def test_odd_answers(answer):
    for check in CHECKS.values():
        if isinstance(check, ex.AnswerCheck):
            verdict = check(answer)
            assert not verdict.passed
            assert repr(verdict)


def test_whole_numbers_are_exact():
    for check, nearly in (
        (ex.check_resnet18_stages, [147_968 - 64, 525_568, 2_099_712, 8_393_728]),
        (ex.check_multiply_adds, [145_800, 146_016, 69_120, 10_080, 841]),
        (ex.check_parameters_by_hand, [168, 880, 69_240, 10_164, 850.5]),
        (ex.check_uses, [1, 2 + 2.05e-5, 1, 2, 1, 1]),
    ):
        verdict = check(nearly)
        assert not verdict.passed
        assert f"wrong in 1 of {len(nearly)} places" in verdict.message


@pytest.mark.parametrize("large", [10**5000, -(10**30)], ids=["long", "negative"])
def test_an_integer_without_end_is_not_written_out(large):
    assert "more than 30 digits" in ex.check_size(lambda n, f, s, p: large).message
    assert "more than 30 digits" in ex.check_find_all([(large, 3)]).message


def code(source):
    """What a notebook's cells define."""
    names = {"__name__": "__main__"}
    exec(f"import functools\nimport numpy as np\nimport cnnlib as cnn\n{source}", names)
    return names


OWN = [
    # the exercise's own name, and a helper that has the name of a library's function
    "def pad(I, p):\n    return I if p == 0 else np.pad(pad(I, p - 1), 1)",
    "def pad(I, p):\n    return convolve(I, p)\n\ndef convolve(I, p):\n    return np.pad(I, p)",
]
FROM_LIBRARIES = [
    "correlate = cnn.correlate2d",
    "correlate = functools.partial(cnn.correlate2d)",
    "def correlate(I, K):\n    return helper(I, K)\n\nhelper = lambda I, K: cnn.correlate2d(I, K)",
    "from cnnlib import correlate2d as c\ncorrelate = lambda I, K: c(I, K)",
    "def correlate(I, K):\n    from cnnlib import correlate2d as c\n    return c(I, K)",
    "class C:\n    def __call__(_, I, K):\n        return cnn.correlate2d(I, K)\ncorrelate = C()",
    "def correlate(I, K):\n    return [cnn.correlate2d(I, K) for _ in [0]][0]",
]


@pytest.mark.parametrize("source", OWN)
def test_a_name_of_the_students_own_is_no_librarys(source, monkeypatch):
    monkeypatch.setattr(ex.check_pad, "without", ex.check_pad.without - {"pad"} | {"convolve"})
    assert ex.check_pad(code(source)["pad"]).passed


def test_recursion_is_the_students_own_work():
    source = """
def pad(I, p):
    if p == 0:
        return I.copy()
    row = np.zeros((1, I.shape[1]))
    J = np.vstack([row, I, row])
    column = np.zeros((len(J), 1))
    return pad(np.hstack([column, J, column]), p - 1)
"""
    assert ex.check_pad(code(source)["pad"]).passed


@pytest.mark.parametrize("source", FROM_LIBRARIES)
def test_a_librarys_function_is_found_under_any_name(source):
    verdict = ex.check_correlate(code(source)["correlate"])
    assert verdict.mistake == "library used"
    assert "correlate2d does the work" in verdict.message


def test_an_attribute_is_not_read_from_outside():
    source = """
shape = (3, 3)
def pad(I, p):
    return np.zeros(np.add(I.shape, 2 * p)) + 1
"""
    assert "from outside" not in ex.check_pad(code(source)["pad"]).message


def test_only_a_wrong_index_is_alike_another():
    def typo(dZ, A, W, s, p):
        return conv2d_backward(dZ, A, W, s, p) if p == 0 else missing  # noqa: F821

    assert "NameError: name 'missing' is not defined" in ex.check_conv_backward(typo).message
    assert ex.check_conv_backward(typo).mistake == "raises"


def test_without_alarms_the_clock_is_read(monkeypatch):
    """As in the browser, or on a thread."""
    verdicts = []

    def work():
        verdicts.append(ex.check_correlate(endless))
        verdicts.append(ex.check_correlate(lambda I, K: flip(I, K[::-1, ::-1])))

    monkeypatch.setattr(ex.check_correlate, "seconds", 0.2)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join(20)
    assert [verdict.mistake for verdict in verdicts] == ["no end", None]
    assert verdicts[1].passed


def test_an_alarm_of_somebody_else_still_rings():
    rung = []
    old = signal.signal(signal.SIGALRM, lambda number, frame: rung.append(number))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        with pytest.raises(OutOfTime):
            limited(lambda: endless(0, 0), 0.1)
        time.sleep(0.4)
        assert rung == [signal.SIGALRM]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


@pytest.mark.parametrize("check", FUNCTIONS, ids=lambda check: check.name)
def test_a_check_is_quick_and_always_says_the_same(check):
    start = time.perf_counter()
    assert len({str(check(lambda *arguments: None)) for _ in range(2)}) == 1
    assert time.perf_counter() - start < 1
