"""Python starts quickly in the browser, and nothing that a reader works with got lost for that."""

from __future__ import annotations

import pytest
from browser_python import outputs_of

FIRST = """
import sys
from pathlib import Path

import numpy as np

import cnnlib as cnn
from cnnlib import data, plots
from cnnlib.widgets import ConvolutionExplorer
"""
SLOW = """
from importlib.util import cache_from_source

specs = [getattr(module, "__spec__", None) for module in sys.modules.values()]
origins = [spec.origin for spec in specs if spec and (spec.origin or "").endswith((".py", ".pyc"))]
slow = [o for o in origins if o.endswith(".py") and not Path(cache_from_source(o)).exists()]
print(len(origins) > 800, slow)
"""
CELLS = {
    "first": FIRST,
    "slow": SLOW,
    "source": "import inspect\nprint(inspect.getsource(cnn.output_size).splitlines()[0])",
    "words": 'print(get_ipython().complete("np.linsp"), get_ipython().complete("cnn.conv2d_b")[1])',
    "picture": "plots.show_images([data.photograph()])",
    "error": "np.zeros(3) @ np.zeros(2)",
}


@pytest.fixture(scope="module")
def outputs():
    return outputs_of(CELLS)


def printed(outputs) -> str:
    return "".join(output["text"] for output in outputs)


def test_the_start_compiles_nothing(outputs):
    assert outputs["first"] == []
    assert printed(outputs["slow"]) == "True []\n"


def test_the_librarys_source_can_be_read(outputs):
    assert printed(outputs["source"]).startswith("def output_size(")


def test_tab_completes_words(outputs):
    words = "('np.linsp', ['np.linspace']) ['cnn.conv2d_backward', 'cnn.conv2d_backward_params']\n"
    assert printed(outputs["words"]) == words


def test_a_picture_is_drawn(outputs):
    (picture,) = outputs["picture"]
    assert len(picture["data"]["image/png"]) > 20_000


def test_an_error_says_what_it_is(outputs):
    (error,) = outputs["error"]
    assert error["ename"].count("ValueError") == 1
    assert "mismatch" in error["evalue"]
