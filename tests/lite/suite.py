"""In the browser's Python: cnnlib's own tests."""

import contextlib
import io
import json
import sys

import pyodide_js

sys.path[:0] = ["/pure", "/tests"]
await pyodide_js.loadPackage(["cnnlib", "scipy", "pygments"])  # noqa: F704

import pytest  # noqa: E402

said = io.StringIO()
with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
    names = [f"/tests/{name}.py" for name in argument.split()]  # noqa: F821
    options = [
        "-q",
        "-s",
        "--noconftest",
        "-c",
        "/dev/null",
        "--rootdir=/tests",
        "-p",
        "no:cacheprovider",
        "--durations=8",
    ]
    code = pytest.main([*options, *names])
json.dumps({"code": int(code), "said": said.getvalue()})
