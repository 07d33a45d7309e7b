"""cnnlib's own tests in the browser's Python: the quick ones, in less than 30 seconds."""

from __future__ import annotations

import json
import shutil
from importlib import metadata
from pathlib import Path

from browser_python import ROOT, python

# Hypothesis is compiled for this machine and has no wheel for the browser: these files do without.
# NumPy is 6 to 16 times slower there, so what takes longest is left to `make unit`.
FILES = (
    "test_errors test_errors_layers test_blocks test_gradcheck test_formulas_padding_stride "
    "test_formulas_volumes test_formulas_pooling test_formulas_backpropagation"
)
PURE = ("pytest", "pluggy", "iniconfig")


def test_the_library_works_in_the_browser(tmp_path):
    for package in PURE:
        for path in metadata.distribution(package).files or []:
            if path.suffix == ".py" or path.name in {"METADATA", "entry_points.txt"}:
                target = tmp_path / path
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(Path(path.locate()), target)
    mounts = [f"{tmp_path}=/pure", f"{ROOT / 'tests'}=/tests"]
    told = json.loads(python("suite", FILES, *mounts))
    print(told["said"])
    assert told["code"] == 0, told["said"]
