"""A site without Python for the browser: it is built without the button, and says so once."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest
from conftest import ROOT

CONF = f"""import sys
sys.path.insert(0, {str(ROOT / "book" / "_ext")!r})
extensions = ["myst_nb", "run_in_browser"]
nb_execution_mode = "off"
"""
PAGES = {"index": "# A book\n\n```{toctree}\nchapter\n```", "chapter": "# A chapter"}
# the network's sources are closed doors: the CDN, npm (not on the path), and pip
NOWHERE = {"CNNBOOK_CDN": "http://127.0.0.1:9", "PATH": "/nowhere", "PIP_NO_INDEX": "1"}


@pytest.mark.parametrize(
    ("environment", "reason"),
    [({"LITE": "0"}, "LITE=0"), (NOWHERE, "cdn: .*refused.*npm: not installed.*mirror: ")],
    ids=["not wanted", "cannot be had"],
)
def test_the_site_is_built_without_the_button(tmp_path, environment, reason):
    for name, text in PAGES.items():
        cell = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": text}
        notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        (tmp_path / f"{name}.ipynb").write_text(json.dumps(notebook))
    (tmp_path / "conf.py").write_text(CONF)
    clean = {name: value for name, value in os.environ.items() if name != "LITE"}
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-b", "html", "-W", str(tmp_path), str(tmp_path / "html")],
        env=clean | {"CNNBOOK_CACHE": str(tmp_path / "cache")} | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    said = re.findall("no 'Run in the browser' on this site: (.*)", done.stdout + done.stderr)
    assert len(said) == 1, done.stdout
    assert re.search(reason, said[0])
    assert "Run in the browser" not in (tmp_path / "html" / "chapter.html").read_text()
    assert not (tmp_path / "html" / "lite").exists()
