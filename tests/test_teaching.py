"""One source, three uses: the page of the book, the student version, the key for grading."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "book" / "_ext")]

from exercise_pages import without_marks  # noqa: E402

SOURCES = sorted((ROOT / "book" / "exercises").glob("*.ipynb"))
every_notebook = pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
pytestmark = pytest.mark.xdist_group("teaching")  # they share one set of student versions
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"


def cells(path):
    return nbformat.read(path, as_version=4).cells


def grader(cell):
    return cell.metadata.get("nbgrader", {})


def teach(*arguments, timeout=120, fails=0):
    """In a process of its own: nbgrader's packages warn, and here a warning is an error."""
    command = [sys.executable, str(ROOT / "tools" / "teach.py"), *map(str, arguments)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    assert run.returncode == fails, run.stdout + run.stderr
    return run.stdout + run.stderr if fails else run.stdout


@pytest.fixture(scope="module")
def students(tmp_path_factory):
    folder = tmp_path_factory.mktemp("student")
    teach("student", folder / "student")
    return folder / "student"


def test_they_share_one_set(request):
    """pytest-xdist 3.8 leaves its groups alone, without a word, under pytest 9.2."""
    if getattr(request.config.option, "loadgroup", False):
        assert request.node.nodeid.endswith("@teaching"), "a group's tests run in many places"


# ---- the source ----------------------------------------------------------------------------------
@every_notebook
def test_six_to_ten_exercises_each_with_a_hint_and_a_solution(path):
    text = "\n".join(c.source for c in cells(path) if c.cell_type == "markdown")
    exercises = re.split(r"^## (?=\d)", text, flags=re.M)[1:]
    assert 6 <= len(exercises) <= 10
    assert [int(e.split()[0]) for e in exercises] == list(range(1, len(exercises) + 1))
    for exercise in exercises:
        assert "<summary>Hint</summary>" in exercise, exercise.splitlines()[0]


@every_notebook
def test_each_answer_has_a_check_to_see_and_a_test_that_counts(path):
    """Folded, locked, hidden as they should be; the points are for nbgrader."""
    answers = [c for c in cells(path) if c.cell_type == "code" and grader(c).get("solution")]
    assert len(answers) >= 5
    named = {grader(c)["grade_id"]: c for c in cells(path) if grader(c)}
    assert len(named) == sum(bool(grader(c)) for c in cells(path))
    for cell in answers:
        assert cell.source.count(BEGIN) == cell.source.count(END) == 1
        assert cell.metadata.tags == ["hide-input"]
        stem = grader(cell)["grade_id"].removesuffix("-answer")
        check, test = named[f"{stem}-check"], named[f"{stem}-test"]
        assert "check" in check.source
        assert grader(check)["locked"]
        assert not grader(check)["grade"]
        assert test.metadata.tags == ["remove-cell"]
        assert grader(test)["points"] > 0
        assert grader(test)["locked"]
        first, *rest = test.source.splitlines()
        assert first.startswith("# graded: ")
        assert (rest[0], rest[-1]) == ("### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS")
        assert "assert " in test.source


@every_notebook
def test_a_check_of_a_function_is_graded_on_other_numbers(path):
    for cell in cells(path):
        if "seed" in cell.source:
            continue
        if cell.metadata.get("tags") == ["remove-cell"]:
            assert not re.search(r"check_\w+\((\w+)\)", cell.source) or "def " not in answer(
                path, grader(cell)["grade_id"]
            )


def answer(path, test):
    name = test.removesuffix("-test") + "-answer"
    return next(c.source for c in cells(path) if grader(c).get("grade_id") == name)


# ---- the page ------------------------------------------------------------------------------------
def test_marks_are_not_shown():
    function = f"def f(x):\n    {BEGIN}\n    return x\n    {END}"
    assert without_marks(function) == "def f(x):\n    return x"
    assert without_marks(f"Z = ...\n{BEGIN}\nZ = 3\n{END}") == "Z = 3"
    assert without_marks("x = ...\ny = 3") == "x = ...\ny = 3"


# ---- the student version -------------------------------------------------------------------------
@every_notebook
def test_a_student_version_holds_no_solution_and_no_hidden_test(path, students):
    paper = students / path.stem / path.name
    text = paper.read_text(encoding="utf8")
    for word in ("SOLUTION", "HIDDEN TESTS", "<summary>Solution</summary>", "assert "):
        assert word not in text
    found = {grader(c)["grade_id"]: c for c in cells(paper) if grader(c)}
    for cell in cells(path):
        if not grader(cell):
            continue
        given = found[grader(cell)["grade_id"]]
        if grader(cell)["solution"]:
            for line in secret_lines(cell):
                assert line not in given.source
        elif grader(cell)["grade"]:
            assert given.source.strip().count("\n") == 0  # only "# graded: 2 points"
        else:
            assert given.source == cell.source
    assert all(not c.get("outputs") for c in cells(paper))
    assert not re.search(r"\]\(\.\./", text), "a link to a chapter that is not there"


def secret_lines(cell):
    """The lines of a solution that say more than a bracket."""
    source = cell.source
    if cell.cell_type == "code":
        source = source.partition(BEGIN)[2].partition(END)[0]
    lines = [line.strip() for line in source.splitlines()]
    return [line for line in lines if len(line) > 8]


@every_notebook
def test_a_student_version_runs_through_before_anything_is_solved(path, students, capsys):
    """Otherwise "Run all" stops at the first exercise that is still open."""
    variables = {"__name__": "student"}
    for cell in cells(students / path.stem / path.name):
        if cell.cell_type == "code":
            exec(compile(cell.source, cell.id, "exec"), variables)


def test_only_student_versions_are_written(students):
    written = sorted(p.relative_to(students) for p in students.rglob("*") if p.is_file())
    assert written == [Path(p.stem) / p.name for p in SOURCES]


def test_what_is_there_is_not_overwritten(tmp_path):
    (tmp_path / "gradebook.db").write_text("marks")
    for what in ("student", "course", "demo"):
        assert "is not empty" in teach(what, tmp_path, fails=1)
        assert [path.name for path in tmp_path.iterdir()] == ["gradebook.db"]


@pytest.mark.parametrize("words", [[], ["student", "--help"], ["course"]])
def test_help(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "tools/teach.py course folder" in teach(*words, fails=2)
    assert not list(tmp_path.iterdir())


# ---- a course ------------------------------------------------------------------------------------
def test_a_course_has_settings_and_assignments_that_say_how_to_hand_in(tmp_path):
    folder = tmp_path / "course"
    assert "5 assignments" in teach("course", folder)
    settings = (folder / "nbgrader_config.py").read_text(encoding="utf8")
    assert settings == (ROOT / "tools" / "nbgrader_config.py").read_text(encoding="utf8")
    for path in SOURCES:
        paper = cells(folder / "source" / path.stem / path.name)
        assert paper[1].source.startswith("**To hand in.**")
        assert len(paper) == len(cells(path)) + 1
    assert "nothing was graded there yet" in teach("check", folder, fails=1)


def test_names_that_a_learning_platform_gives_are_read():
    settings = (ROOT / "tools" / "nbgrader_config.py").read_text(encoding="utf8")
    pattern = re.compile(re.search(r'named_regexp = \(\s*r"(.*)"', settings)[1])
    for name in (
        "Ines Öz_77_assignsubmission_file_1_filters (1).ipynb",
        "Ines Öz_1_filters.ipynb",
        "Ines Öz_1234_assignsubmission_file_1_filters.ipynb",
    ):
        found = pattern.match(f"downloaded/1_filters/extracted/{name}")
        assert found.groupdict() == {"student_id": "Ines Öz", "file_id": "1_filters"}


# ---- grading -------------------------------------------------------------------------------------
def test_the_four_submissions_get_what_they_deserve(tmp_path):
    results = json.loads(teach("demo", tmp_path / "course", timeout=180))
    scores = {name: (r["score"], r["of"], r["by hand"]) for name, r in results.items()}
    assert scores == {
        "right": (15, 18, True),
        "half-right": (7, 18, True),
        "broken": (1, 18, False),
        "copied-cell": (15, 18, True),
    }
    assert all(r["deserved"] == r["score"] for r in results.values())
    for name, words in {
        "right": ["correlate: right"],
        "half-right": ["flipped kernel", "not divided"],
        "broken": ["did not end within 2 seconds", "SyntaxError", "changes its argument I"],
    }.items():
        html = Path(results[name]["feedback"]).read_text(encoding="utf8")
        for word in words:
            assert word in html, f"{name}: {word}"
    passed = Path(results["right"]["feedback"]).read_text(encoding="utf8")
    assert "HIDDEN TESTS" not in passed
    # whom to look at
    folder = tmp_path / "course"
    assert teach("check", folder).splitlines() == ["1_filters  6 proofs to read: formgrader"]
    late = folder / "submitted" / "late" / "1_filters"
    shutil.copytree(folder / "submitted" / "right" / "1_filters", late)
    (folder / "submitted" / "lost" / "1_filters").mkdir(parents=True)
    said = teach("check", folder)
    assert "1_filters  late: not graded\n" in said
    assert "1_filters  lost: handed in nothing, not 1_filters.ipynb\n" in said
    # the emptied test cell was put back, and failed
    assert results["broken"]["cells"]["correlate-test"] == 0
