"""The same widget in a real JupyterLab: the keyboard reaches it, and Python sees every change."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.request

import nbformat
import numpy as np
import pytest
from conftest import watch

import cnnlib as cnn
from cnnlib import filters

CELLS = [
    "from cnnlib.widgets import ConvolutionExplorer\nexplorer = ConvolutionExplorer()",
    "explorer",
    "import json\n"
    "print(json.dumps([explorer.image, explorer.kernel, explorer.padding, explorer.step]))\n"
    "print(json.dumps(explorer.output.tolist()))",
]


@pytest.fixture
def lab(tmp_path):
    """A JupyterLab of its own: its port, token, settings and runtime files; returns its address."""
    work = tmp_path / "work"
    work.mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
    nbformat.write(notebook, work / "explore.ipynb")
    folders = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    environment = {**os.environ, **{name: str(tmp_path / name) for name in folders}}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += ["--ServerApp.port=0", "--ServerApp.ip=127.0.0.1", f"--ServerApp.root_dir={work}"]
    command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    command += ["--LabApp.extension_manager=readonly", "--LabApp.news_url=None"]
    log = (tmp_path / "log").open("w")
    server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        yield ready(server, tmp_path)
    finally:
        server.terminate()
        try:
            server.wait(timeout=15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        log.close()


def ready(server, folder) -> str:
    """Wait for the server's own note of its address, and for its answer."""
    until = time.monotonic() + 90
    while time.monotonic() < until and server.poll() is None:
        for note in (folder / "JUPYTER_RUNTIME_DIR").glob("jpserver-*.json"):
            try:
                info = json.loads(note.read_text())
                url = f"{info['url']}lab/tree/explore.ipynb?token={info['token']}"
                with urllib.request.urlopen(f"{info['url']}api", timeout=5):
                    return url
            except (ValueError, OSError):
                pass  # not yet written to the end, or not yet listening
        time.sleep(0.1)
    raise AssertionError(f"JupyterLab did not start:\n{(folder / 'log').read_text()[-2000:]}")


def python_says(page):
    """Run the last cell through the UI; what it prints."""
    cell = page.locator(".jp-CodeCell").nth(2)
    cell.locator(".cm-content").click()
    before = cell.locator(".jp-InputArea-prompt").inner_text()
    page.keyboard.press("Control+Enter")
    page.wait_for_function(
        """([cell, before]) => {
          const now = cell.querySelector(".jp-InputArea-prompt").innerText;
          return now !== before && /\\d/.test(now);
        }""",
        arg=[cell.element_handle(), before],
    )
    lines = cell.locator(".jp-OutputArea-output pre").inner_text().strip().splitlines()
    return [json.loads(line) for line in lines]


def test_keyboard_mouse_and_python_see_one_widget(browser, lab):
    context = browser.new_context(viewport={"width": 1400, "height": 1200})
    page = context.new_page()
    faults = watch(page)
    page.goto(lab)
    page.get_by_text(re.compile(r"Python 3 \(ipykernel\) \| Idle")).wait_for(timeout=90_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    widget = page.locator(".jp-OutputArea-output", has=page.get_by_role("grid", name="Image"))
    widget.wait_for(timeout=60_000)

    def cell(grid, row, column):
        rows = widget.get_by_role("grid", name=grid, exact=True).get_by_role("row")
        return rows.nth(row).get_by_role("gridcell").nth(column)

    # the keyboard: arrow keys move inside the grid, not from cell to cell of the notebook
    cell("Kernel", 0, 0).click()
    active = page.locator(".jp-Notebook .jp-mod-active").first
    notebook_cell = active.get_attribute("data-windowed-list-index")
    for key in ("ArrowDown", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    assert active.get_attribute("data-windowed-list-index") == notebook_cell
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    assert cell("Kernel", 1, 2).inner_text() == "5"
    kernel = filters.VEF.copy()
    kernel[1, 2] = 5
    # a slider leaves the arrow keys to the browser: there JupyterLab would take them
    widget.get_by_role("slider", name="Output").focus()
    page.keyboard.press("ArrowRight")
    assert active.get_attribute("data-windowed-list-index") == notebook_cell

    # the mouse
    padding = widget.get_by_role("group", name="Padding p", exact=True)
    padding.get_by_role("radio", name="1", exact=True).check()
    widget.get_by_role("button", name="Step forward").click()

    # Python
    (image, seen, p, step), output = python_says(page)
    np.testing.assert_array_equal(seen, kernel)
    assert (p, step) == (1, 2)
    expected = cnn.correlate2d(np.array(image), kernel, 1, 1)
    np.testing.assert_array_equal(output, expected)
    shown = widget.get_by_role("grid", name="Output", exact=True).get_by_role("gridcell")
    numbers = [float(text.replace("−", "-")) for text in shown.all_inner_texts()]
    np.testing.assert_array_equal(np.reshape(numbers, expected.shape), expected)
    context.close()
    assert not [fault for fault in faults if "off-host" in fault or "page error" in fault]
