"""Student versions of the exercises (make student), and a demonstration of grading them.

    python tools/teach.py student [folder]     default: _build/student
    python tools/teach.py demo [folder]        default: _build/grade-demo

Both use nbgrader: the notebooks in book/exercises carry its marks, so one source is the page of the
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
from pathlib import Path

import nbformat
from nbgrader.apps import NbGraderAPI
from traitlets.config import Config

ROOT = Path(__file__).resolve().parents[1]
EXERCISES = ROOT / "book" / "exercises"
SECONDS = 60  # for one cell of a submission, when it is graded
STUB = "...  # your code here"  # where the solution was: a name stays `...`, a function gives None
LINK = re.compile(r"\[([^\]]+)\]\(\.\./[^)]+\)")  # the chapters are not beside a student's notebook

DEMO = "1_filters"
NOT_ANSWERED = None
# What the three demonstration submissions hold instead of the solution, by the cell's name. The
# first has every solution.
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
}
SCORES = {"right": 15, "half-right": 7, "broken": 1}  # without the proofs, which a person grades


def assignments() -> list[Path]:
    """The exercise notebooks, one for each section."""
    return sorted(EXERCISES.glob("*.ipynb"))


def course(folder: Path) -> NbGraderAPI:
    """A course of nbgrader in `folder`."""
    config = Config()
    config.CourseDirectory.root = str(folder)
    config.CourseDirectory.course_id = "cnnbook"
    config.ClearSolutions.code_stub = {"python": STUB}
    config.Execute.timeout = SECONDS
    config.NbGrader.logfile = ""
    return NbGraderAPI(config=config)


# nbgrader starts `alembic`, which lies beside this Python, by its name
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


def done(result: dict) -> None:
    """Stop with nbgrader's own words if it failed."""
    if not result["success"]:
        sys.exit(f"nbgrader failed:\n{result.get('error')}\n{result.get('log')}")


def release(folder: Path, notebooks: list[Path]) -> NbGraderAPI:
    """Put notebooks into a course as assignments and make their student versions."""
    for path in notebooks:
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = LINK.sub(r"\1", cell.source)
        target = folder / "source" / path.stem
        target.mkdir(parents=True)
        nbformat.write(notebook, target / path.name)
    api = course(folder)
    for path in notebooks:
        done(api.generate_assignment(path.stem))
    return api


def student(folder: Path) -> None:
    """Write the student versions, and nothing else, into `folder`."""
    with tempfile.TemporaryDirectory() as temporary:
        release(Path(temporary), assignments())
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(Path(temporary) / "release", folder)
    for path in assignments():
        print(folder / path.stem / path.name)


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
    target = folder / "submitted" / name / DEMO
    target.mkdir(parents=True)
    nbformat.write(paper, target / f"{DEMO}.ipynb")


def graded(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if "nbgrader" in cell.metadata]


def demo(folder: Path) -> dict[str, dict]:
    """Autograde the three submissions and write their feedback; return what the database holds."""
    shutil.rmtree(folder, ignore_errors=True)
    api = release(folder, [EXERCISES / f"{DEMO}.ipynb"])
    results = {}
    for name, answers in SUBMISSIONS.items():
        submit(folder, name, answers)
        done(api.autograde(DEMO, name))
        done(api.generate_feedback(DEMO, name))
        with api.gradebook as gradebook:
            submission = gradebook.find_submission(DEMO, name)
            (notebook,) = submission.notebooks
            results[name] = {
                "score": submission.score,
                "of": submission.max_score,
                "by hand": submission.needs_manual_grade,
                "cells": {grade.name: grade.auto_score for grade in notebook.grades},
                "feedback": str(folder / "feedback" / name / DEMO / f"{DEMO}.html"),
            }
    return results


def main() -> int:
    what, *rest = sys.argv[1:] or ["help"]
    warnings.simplefilter("ignore")  # of nbgrader about its own database
    if what == "student":
        student(Path(rest[0] if rest else ROOT / "_build" / "student"))
        return 0
    if what != "demo":
        print(__doc__)
        return 2
    results = demo(Path(rest[0] if rest else ROOT / "_build" / "grade-demo").resolve())
    print(json.dumps(results, indent=1))
    wrong = {name: r["score"] for name, r in results.items() if r["score"] != SCORES[name]}
    if wrong:
        print(f"expected {SCORES}, but got {wrong}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
