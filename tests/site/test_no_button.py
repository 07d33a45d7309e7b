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


def build(folder, **environment):
    for name, text in PAGES.items():
        cell = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": text}
        notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        (folder / f"{name}.ipynb").write_text(json.dumps(notebook))
    (folder / "conf.py").write_text(CONF)
    clean = {name: value for name, value in os.environ.items() if name != "LITE"}
    return subprocess.run(
        [sys.executable, "-m", "sphinx", "-b", "html", "-W", str(folder), str(folder / "html")],
        env=clean | {"CNNBOOK_CACHE": str(folder / "cache")} | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("environment", "reason"),
    [({"LITE": "0"}, "LITE=0"), (NOWHERE, "cdn: .*refused.*npm: not installed.*mirror: ")],
    ids=["not wanted", "cannot be had"],
)
def test_the_site_is_built_without_the_button(tmp_path, environment, reason):
    done = build(tmp_path, **environment)
    assert done.returncode == 0, done.stderr
    said = re.findall("no 'Run in the browser' on this site: (.*)", done.stdout + done.stderr)
    assert len(said) == 1, done.stdout
    assert re.search(reason, said[0])
    assert "Run in the browser" not in (tmp_path / "html" / "chapter.html").read_text()
    assert not (tmp_path / "html" / "lite").exists()


def test_it_is_not_published_without_the_button(tmp_path):
    done = build(tmp_path, **NOWHERE, LITE="1")
    assert done.returncode != 0
    assert "no Python for the browser, and LITE=1 asks for it: " in done.stderr
    assert not (tmp_path / "html" / "chapter.html").exists()
