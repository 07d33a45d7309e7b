"""A control that needs a kernel never gets onto the site: the build fails and says which and where.

That the same book builds with widgets that live is the fixture of test_host.py.
"""

from __future__ import annotations

import json

import nbformat
from sitekit import build


def test_a_slider_makes_the_build_fail(tmp_path):
    result = build(tmp_path, "dead.md")
    assert result.returncode != 0
    complaints = [line for line in result.stderr.splitlines() if "dead control" in line]
    assert len(complaints) == 1, result.stderr
    assert "dead.md: WARNING: IntSlider (@jupyter-widgets/controls.IntSliderModel)" in complaints[0]


def test_a_stored_widget_without_its_state_makes_the_build_fail(tmp_path):
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "0" * 32}}
    output = nbformat.v4.new_output("display_data", {**view, "text/plain": "Counter(0)"})
    cell = nbformat.v4.new_code_cell("Counter()", outputs=[output], execution_count=1)
    cells = [nbformat.v4.new_markdown_cell("# Stale"), cell]
    notebook = nbformat.v4.new_notebook(cells=cells)
    stale = tmp_path / "stale.ipynb"
    stale.write_text(json.dumps(notebook))
    result = build(tmp_path, stale, "-D", "nb_execution_mode=off")
    assert result.returncode != 0
    assert "stale.ipynb: WARNING: shows a widget without its state" in result.stderr
