"""In the browser's Python: cnnlib's own tests."""

import contextlib
import io
import json
import sys
import time

import pyodide_js

# what pytest looks after at each test, and in no need here; rewritten asserts take 3 s
OFF = ("logging", "unraisableexception", "threadexception", "doctest", "junitxml", "cacheprovider")
OPTIONS = ["-q", "-s", "-c", "/dev/null", "--rootdir=/tests", "--assert=plain", "--durations=8"]

sys.path[:0] = ["/pure", "/tests", "/tests/lite"]
start = time.perf_counter()
await pyodide_js.loadPackage(["cnnlib", "pygments"])  # noqa: F704

import few_examples  # noqa: E402
import pytest  # noqa: E402

few_examples.install()


class Few:
    """Of each parametrised test the first case and the last."""

    def pytest_collection_modifyitems(self, items):
        cases = {}
        for item in items:
            cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
        kept = {item for same in cases.values() for item in (same[0], same[-1])}
        items[:] = [item for item in items if item in kept]


files, without = json.loads(argument)  # noqa: F821
said = io.StringIO()
with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
    options = [*OPTIONS, *(f"-pno:{name}" for name in OFF), f"-k{without}"]
    code = pytest.main([*options, *files], plugins=[Few()])
seconds = time.perf_counter() - start
json.dumps({"code": int(code), "said": said.getvalue(), "seconds": seconds})
