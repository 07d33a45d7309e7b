"""Widgets in a real JupyterLab: the keyboard reaches them, and Python sees every change."""

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

pytestmark = pytest.mark.xdist_group("lab")  # they share one JupyterLab
NOTEBOOKS = {
    "explore": [
        "from cnnlib.widgets import ConvolutionExplorer\nexplorer = ConvolutionExplorer()",
        "explorer",
        "import json\n"
        "print(json.dumps([explorer.image, explorer.kernel, explorer.padding, explorer.step]))\n"
        "print(json.dumps(explorer.output.tolist()))",
    ],
    "pool": [
        "from cnnlib.widgets import PoolingExplorer\nexplorer = PoolingExplorer(backward=True)",
        "explorer",
        "import json\n"
        "print(json.dumps([explorer.image, explorer.kind, explorer.stride, explorer.step]))\n"
        "print(json.dumps(explorer.gradient.tolist()))",
    ],
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A JupyterLab of its own: its port, token, settings and runtime files; returns its address."""
    folder = tmp_path_factory.mktemp("lab")
    work = folder / "work"
    work.mkdir()
    for name, sources in NOTEBOOKS.items():
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        notebook = nbformat.v4.new_notebook(cells=cells)
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
        nbformat.write(notebook, work / f"{name}.ipynb")
    folders = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    environment = {**os.environ, **{name: str(folder / name) for name in folders}}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += ["--ServerApp.port=0", "--ServerApp.ip=127.0.0.1", f"--ServerApp.root_dir={work}"]
    command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    command += ["--LabApp.extension_manager=readonly", "--LabApp.news_url=None"]
    log = (folder / "log").open("w")
    server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        yield ready(server, folder)
    finally:
        server.terminate()
        try:
            server.wait(timeout=15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        log.close()


def ready(server, folder) -> str:
    """Wait for the server's own note of its address, and for its answer; {} is a notebook."""
    until = time.monotonic() + 90
    while time.monotonic() < until and server.poll() is None:
        for note in (folder / "JUPYTER_RUNTIME_DIR").glob("jpserver-*.json"):
            try:
                info = json.loads(note.read_text())
                url = f"{info['url']}lab/tree/{{}}.ipynb?reset&token={info['token']}"
                with urllib.request.urlopen(f"{info['url']}api", timeout=5):
                    return url
            except (ValueError, OSError):
                pass  # not yet written to the end, or not yet listening
        time.sleep(0.1)
    raise AssertionError(f"JupyterLab did not start:\n{(folder / 'log').read_text()[-2000:]}")


def run_all(page, address):
    """Open a notebook and run it; the widget, which has an image."""
    page.goto(address)
    page.get_by_text(re.compile(r"Python 3 \(ipykernel\) \| Idle")).wait_for(timeout=90_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    widget = page.locator(".jp-OutputArea-output", has=page.get_by_role("grid", name="Image"))
    widget.first.wait_for(timeout=60_000)
    # the last cell, too: a number that comes later would be taken for that of the next run
    prompt = page.locator(".jp-CodeCell").last.locator(".jp-InputArea-prompt")
    prompt.filter(has_text=re.compile(r"\d")).wait_for(timeout=60_000)
    return widget


def cell(widget, grid, row, column):
    rows = widget.get_by_role("grid", name=grid, exact=True).get_by_role("row")
    return rows.nth(row).get_by_role("gridcell").nth(column)


def shown(widget, grid, shape):
    cells = widget.get_by_role("grid", name=grid, exact=True).get_by_role("gridcell")
    numbers = [float(text.replace("−", "-")) for text in cells.all_inner_texts()]
    return np.reshape(numbers, shape)


def active_cell(page):
    return page.locator(".jp-Notebook .jp-mod-active").first.get_attribute(
        "data-windowed-list-index"
    )


def python_says(page):
    """Run the last cell through the UI; what it prints."""
    last = page.locator(".jp-CodeCell").nth(2)
    last.locator(".cm-content").click()
    before = last.locator(".jp-InputArea-prompt").inner_text()
    page.keyboard.press("Control+Enter")
    page.wait_for_function(
        """([cell, before]) => {
          const now = cell.querySelector(".jp-InputArea-prompt").innerText;
          return now !== before && /\\d/.test(now);
        }""",
        arg=[last.element_handle(), before],
    )
    lines = last.locator(".jp-OutputArea-output pre").inner_text().strip().splitlines()
    return [json.loads(line) for line in lines]


def test_keyboard_mouse_and_python_see_one_widget(browser, lab):
    context = browser.new_context(viewport={"width": 1400, "height": 1200})
    page = context.new_page()
    faults = watch(page)
    widget = run_all(page, lab.format("explore"))

    # the keyboard: arrow keys move inside the grid, not from cell to cell of the notebook
    cell(widget, "Kernel", 0, 0).click()
    notebook_cell = active_cell(page)
    for key in ("ArrowDown", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    assert active_cell(page) == notebook_cell
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    assert cell(widget, "Kernel", 1, 2).inner_text() == "5"
    kernel = filters.VEF.copy()
    kernel[1, 2] = 5
    # a slider leaves the arrow keys to the browser: there JupyterLab would take them
    widget.get_by_role("slider", name="Output").focus()
    page.keyboard.press("ArrowRight")
    assert active_cell(page) == notebook_cell

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
    np.testing.assert_array_equal(shown(widget, "Output", expected.shape), expected)
    context.close()
    assert not [fault for fault in faults if "off-host" in fault or "page error" in fault]


def test_gradients_of_pooling_in_a_notebook(browser, lab):
    """PoolingExplorer: a pixel typed, a choice made by keyboard, a step; dA as Python has it."""
    context = browser.new_context(viewport={"width": 1400, "height": 1200})
    page = context.new_page()
    faults = watch(page)
    widget = run_all(page, lab.format("pool"))
    cell(widget, "Image", 0, 0).click()
    notebook_cell = active_cell(page)
    for key in ("ArrowDown", "ArrowRight", "9", "9", "Enter"):
        page.keyboard.press(key)
    stride = widget.get_by_role("group", name="Stride s", exact=True)
    stride.get_by_role("radio", name="2", exact=True).focus()
    page.keyboard.press("ArrowLeft")
    assert active_cell(page) == notebook_cell
    widget.get_by_role("button", name="Step forward").click()

    (image, kind, s, step), gradient = python_says(page)
    assert (image[1][1], kind, s, step) == (99, "max", 1, 1)
    A = np.array(image, float)[np.newaxis, :, :, np.newaxis]
    dZ = np.arange(1.0, 26).reshape(1, 5, 5, 1)
    expected = cnn.max_pool2d_backward(dZ, A, 2, 1)[0, :, :, 0]
    assert expected[1, 1] == 1 + 2 + 6 + 7
    np.testing.assert_array_equal(gradient, expected)
    np.testing.assert_array_equal(shown(widget, "Gradient at the image", A.shape[1:3]), expected)
    context.close()
    assert not [fault for fault in faults if "off-host" in fault or "page error" in fault]
