"""The browser's Python under Node: the very files of the built site, without the browser."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT, needs_application

HERE = Path(__file__).parent
FILES = Path(os.environ.get("LITE_SITE", ROOT / "_build" / "html")) / "lite" / "static" / "pyodide"


def python(program: str, argument: str, *mounts: str, seconds: float = 600) -> str:
    """Run tests/lite/<program>.py in the browser's Python; what it returns."""
    needs_application(FILES)
    if not shutil.which("node"):
        pytest.skip("no Node: install the package nodejs")
    command = ["node", ROOT / "tools" / "python.mjs", FILES, HERE / f"{program}.py", argument]
    done = subprocess.run([*command, *mounts], capture_output=True, text=True, timeout=seconds)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def outputs_of(cells: dict[str, str]) -> dict[str, list]:
    """Run named cells one after another in one kernel; the outputs of each."""
    given = {"sources": list(cells.values())}
    told = json.loads(python("cells", json.dumps(given), seconds=120))
    assert len(told) == len(cells), told[-1]["outputs"]
    return dict(zip(cells, (cell["outputs"] for cell in told), strict=True))
