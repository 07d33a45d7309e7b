"""Student versions of the exercises, a course to grade them in, and a demonstration of it.

    python tools/teach.py student [folder]     the student versions (default: _build/student)
    python tools/teach.py course folder        a folder for a course of your own, for nbgrader
    python tools/teach.py check folder         whom to look at before that course's marks go out
    python tools/teach.py demo [folder]        four submissions, graded (default: _build/grade-demo)

All use nbgrader: the notebooks in book/exercises carry its marks, so one source is the page of the
book, the student version, and the key for grading.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
import warnings
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import own_sockets  # noqa: F401
from traitlets.config import PyFileConfigLoader

if TYPE_CHECKING:  # nbgrader takes seconds to come: not for a help text, or an error
    from nbgrader.apps import NbGraderAPI

ROOT = Path(__file__).resolve().parents[1]
EXERCISES = ROOT / "book" / "exercises"
SETTINGS = ROOT / "tools" / "nbgrader_config.py"
NEXT = "book/exercises/README.md, step 2"
LINK = re.compile(r"\[([^\]]+)\]\(\.\./[^)]+\)")  # the chapters are not beside a student's notebook
HAND_IN = """\
**To hand in.** Answer in the cells that say `your code here` or `YOUR ANSWER HERE`. Leave the names
of the functions, and the name of this file, as they are. New cells are welcome; do not delete, copy
or split those that are here. Read the ✓ and ✗ of the checks (*Validate* says nothing about them).
At the end restart the kernel, run all cells, save, and hand in this one file.

If `import cnnlib` fails, install it from where your teacher says."""

DEMO = "1_filters"
NOT_ANSWERED = None
# What the four demonstration submissions hold instead of the solution, by the cell's name. The
# first has every solution, and so has the last, which has a cell twice.
SUBMISSIONS: dict[str, dict[str, str | None]] = {
    "right": {},
    "half-right": {
        "correlate-answer": (
            "def correlate(I, K):\n"
            "    K = K[::-1, ::-1]\n"
            "    windows = np.lib.stride_tricks.sliding_window_view(I, K.shape)\n"
            "    return np.einsum('xyij,ij->xy', windows, K)"
        ),
        "apart-answer": "def take_apart(K):\n    return K[:, 0], K[0]",
        "reveal-answer": NOT_ANSWERED,
        "step-answer": NOT_ANSWERED,
        "flip-proof": "Both are the same sum if the filter is symmetrical.",
    },
    "broken": {
        "by-hand-answer": "Z = np.array([[5, -6, -1, 5],",
        "diagonal-answer": "K_diagonal = object()",
        "correlate-answer": "def correlate(I, K):\n    while True:\n        pass",
        "correlate-test": "pass  # a test cell that its owner has emptied",
        "flip-answer": "def unchanged_by_flip(K):\n    raise SystemExit",
        "apart-answer": "def take_apart(K):\n    return take_apart(K)",
        "row-answer": "both = 'both'",
        "reveal-answer": NOT_ANSWERED,
        "step-answer": "def learning_step(I, Y, K, eta):\n    I[:] = 0\n    return K",
        "flip-proof": NOT_ANSWERED,
        "row-proof": NOT_ANSWERED,
    },
    "copied-cell": {},
}
# The tests they pass, or None for all. (The proofs are graded by a person.)
PASS = {
    "right": None,
    "half-right": {"by-hand-test", "silent-test", "diagonal-test", "flip-test", "row-test"},
    "broken": {"silent-test"},
    "copied-cell": None,
}


def assignments() -> list[Path]:
    """The exercise notebooks, one for each section."""
    return sorted(EXERCISES.glob("*.ipynb"))


def gradebook(folder: Path) -> NbGraderAPI:
    """The course of nbgrader in `folder`, with the settings of this book."""
    from nbgrader.apps import NbGraderAPI

    config = PyFileConfigLoader(SETTINGS.name, path=str(SETTINGS.parent)).load_config()
    config.CourseDirectory.root = str(folder)
    config.NbGrader.logfile = ""
    return NbGraderAPI(config=config)


# nbgrader starts `alembic`, which lies beside this Python, by its name
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


def done(result: dict) -> None:
    """Stop with nbgrader's own words if it failed."""
    if not result["success"]:
        sys.exit(f"nbgrader failed:\n{result.get('error')}\n{result.get('log')}")


def empty(folder: Path) -> None:
    """Make room in _build; a folder anywhere else is its owner's, and must be empty."""
    if ROOT / "_build" in folder.parents:
        shutil.rmtree(folder, ignore_errors=True)
    elif folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        sys.exit(f"{folder} is not empty: name a new folder")


def course(folder: Path, notebooks: list[Path], introduction: str = "") -> None:
    """Write a course's settings, and the notebooks as its assignments."""
    for path in notebooks:
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = LINK.sub(r"\1", cell.source)
        if introduction:
            notebook.cells.insert(1, nbformat.v4.new_markdown_cell(introduction, id="hand-in"))
        target = folder / "source" / path.stem
        target.mkdir(parents=True)
        nbformat.write(notebook, target / path.name)
    shutil.copy(SETTINGS, folder)


def release(folder: Path, notebooks: list[Path]) -> NbGraderAPI:
    """Make a course and its student versions."""
    course(folder, notebooks)
    api = gradebook(folder)
    for path in notebooks:
        done(api.generate_assignment(path.stem))
    return api


def student(folder: Path) -> None:
    """Write the student versions, and nothing else, into `folder`."""
    empty(folder)
    with tempfile.TemporaryDirectory() as temporary:
        release(Path(temporary), assignments())
        shutil.copytree(Path(temporary) / "release", folder, dirs_exist_ok=True)
    for path in assignments():
        print(folder / path.stem / path.name)


def check(folder: Path) -> list[str]:
    """Whom to look at: in the list of marks, a 0 may mean that nothing was graded."""
    if not (folder / "gradebook.db").exists():
        sys.exit(f"{folder} has no gradebook.db: nothing was graded there yet")
    from nbgrader.api import MissingEntry

    found, unread = [], {}
    for assignment in sorted(path.name for path in (folder / "source").iterdir() if path.is_dir()):
        with gradebook(folder).gradebook as book:
            try:
                submissions = {s.student.id: s for s in book.assignment_submissions(assignment)}
            except MissingEntry:
                submissions = {}
            for place in sorted(folder.glob(f"submitted/*/{assignment}")):
                name = place.parent.name
                if not (place / f"{assignment}.ipynb").exists():
                    files = ", ".join(sorted(path.name for path in place.iterdir())) or "nothing"
                    words = [f"handed in {files}, not {assignment}.ipynb"]
                elif name not in submissions:
                    words = ["not graded"]
                else:
                    grades = [g for paper in submissions[name].notebooks for g in paper.grades]
                    tests = [g for g in grades if g.cell.cell_type == "code"]
                    lost = [g.name for g in tests if g.auto_score is None]
                    words = [f"tests that did not run: {', '.join(lost)}"] if lost else []
                    proofs = sum(g.needs_manual_grade for g in grades if g not in tests)
                    unread[assignment] = unread.get(assignment, 0) + proofs
                found += [f"{assignment}  {name}: {word}" for word in words]
    return found + [f"{name}  {n} proofs to read: formgrader" for name, n in unread.items() if n]


def submit(folder: Path, name: str, answers: dict[str, str | None]) -> None:
    """Fill in the student version as one student would, and put it where nbgrader looks."""
    paper = nbformat.read(folder / "release" / DEMO / f"{DEMO}.ipynb", as_version=4)
    key = nbformat.read(folder / "source" / DEMO / f"{DEMO}.ipynb", as_version=4)
    solutions = {cell.metadata.nbgrader.grade_id: cell.source for cell in graded(key)}
    for cell in graded(paper):
        grade_id, is_solution = cell.metadata.nbgrader.grade_id, cell.metadata.nbgrader.solution
        if grade_id not in answers and is_solution:
            cell.source = solutions[grade_id]
        elif answers.get(grade_id) is not None:
            cell.source = answers[grade_id]
    if name == "copied-cell":
        (at,) = (i for i, cell in enumerate(paper.cells) if cell.id == "correlate-answer")
        paper.cells.insert(at, deepcopy(paper.cells[at]))
        paper.cells[at].id = "a-copy"
    target = folder / "submitted" / name / DEMO
    target.mkdir(parents=True)
    nbformat.write(paper, target / f"{DEMO}.ipynb")


def graded(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if "nbgrader" in cell.metadata]


def demo(folder: Path) -> dict[str, dict]:
    """Autograde the submissions and write their feedback; return what the database holds."""
    empty(folder)
    api = release(folder, [EXERCISES / f"{DEMO}.ipynb"])
    results = {}
    for name, answers in SUBMISSIONS.items():
        submit(folder, name, answers)
        done(api.autograde(DEMO, name))
        done(api.generate_feedback(DEMO, name))
        with api.gradebook as gradebook:
            submission = gradebook.find_submission(DEMO, name)
            (notebook,) = submission.notebooks
            tests = {
                g.name: g.cell.max_score for g in notebook.grades if g.cell.cell_type == "code"
            }
            passed = tests if PASS[name] is None else PASS[name]
            results[name] = {
                "score": submission.score,
                "deserved": sum(points for test, points in tests.items() if test in passed),
                "of": submission.max_score,
                "by hand": submission.needs_manual_grade,
                "cells": {grade.name: grade.auto_score for grade in notebook.grades},
                "feedback": str(folder / "feedback" / name / DEMO / f"{DEMO}.html"),
            }
    return results


def main() -> int:
    what, *rest = sys.argv[1:] or ["help"]
    folders = [Path(folder).resolve() for folder in rest if not folder.startswith("-")]
    warnings.simplefilter("ignore")  # of nbgrader about its own database
    if len(folders) != len(rest) or len(folders) > 1:
        what = "help"
    if what == "student":
        student(*folders or [ROOT / "_build" / "student"])
    elif what == "course" and folders:
        empty(*folders)
        course(*folders, assignments(), HAND_IN)
        print(f"{rest[0]}: settings and {len(assignments())} assignments; next: {NEXT}")
    elif what == "check" and folders:
        print("\n".join(check(*folders)) or "every submission is graded, every proof is read")
    elif what == "demo":
        results = demo(*folders or [ROOT / "_build" / "grade-demo"])
        print(json.dumps(results, indent=1))
        wrong = [name for name, r in results.items() if r["score"] != r["deserved"]]
        if wrong:
            print(f"not what it deserves: {', '.join(wrong)}", file=sys.stderr)
        return 1 if wrong else 0
    else:
        print(__doc__)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
