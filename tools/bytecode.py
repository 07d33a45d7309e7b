"""In the browser's Python, under Node: compile the modules that a reader's start imports.

Without this, every visit compiles a thousand modules: half of the time from the click to the first
cell. A library's module becomes its bytecode, as in Pyodide's own distribution "pyc"; one of cnnlib
keeps its source beside it, for that is there to be read. What is not imported at the start stays as
it is, which is smaller. What only compilers, type checkers and tests read is left out: each file
costs a moment to unpack.
"""

import importlib.util
import re
import sys
import zipfile
from importlib._bootstrap_external import _code_to_hash_pyc
from pathlib import Path

import pyodide_js

LEFT_OUT = re.compile(r"\.(?:[ach]|pxd|pyi)$|^matplotlib/mpl-data/sample_data/")
ZIP_TIME = (2020, 2, 2, 0, 0, 0)  # the same source gives the same file
CELL = """
import cnnlib, ipywidgets
import cnnlib.data, cnnlib.exercises, cnnlib.gradcheck, cnnlib.models, cnnlib.plots, cnnlib.train
import cnnlib.widgets
cnnlib.plots.show_images([cnnlib.data.photograph()])
"""


async def start():
    """Do what a reader's first minute does; the files of the modules that took part."""
    await pyodide_js.loadPackage(["pyodide_kernel", "piplite", "sqlite3", "numpy"])
    import piplite.piplite  # noqa: F401
    import pyodide_kernel

    kernel = pyodide_kernel.kernel_instance
    shell = kernel.interpreter
    shell.send_comm = shell.displayhook.publish_execution_result = lambda *message: None
    done = await kernel.run(CELL)
    assert done["status"] == "ok", done
    kernel.complete("cnnlib.conv", 11)
    found = [getattr(module, "__spec__", None) for module in list(sys.modules.values())]
    return {spec.origin for spec in found if spec and spec.origin}


def compiled(archive, folder, used):
    """Every file of an archive, (path, bytes), the used modules compiled."""
    for path in sorted(archive.namelist()):
        if LEFT_OUT.search(path):
            continue
        data, origin = archive.read(path), f"{folder}/{path}"
        if not path.endswith(".py") or origin not in used:
            yield path, data
            continue
        code = compile(data, origin, "exec", dont_inherit=True)
        # "unchecked": Python takes it without a look at the source
        bytecode = _code_to_hash_pyc(code, importlib.util.source_hash(data), False)
        if path.startswith("cnnlib/"):
            yield path, data
            yield importlib.util.cache_from_source(path), bytecode
        else:
            yield f"{path}c", bytecode


def compile_archive(path, used):
    ending = "site-packages" if path.suffix == ".whl" else path.suffix
    folder = next(place for place in sys.path if place.endswith(ending))
    with zipfile.ZipFile(path) as archive:
        content = list(compiled(archive, folder, used))
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content:
            information = zipfile.ZipInfo(name, ZIP_TIME)
            information.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(information, data)


wheels = Path(argument)  # noqa: F821
used = await start()  # noqa: F704
for archive in [*sorted(wheels.glob("*.whl")), wheels / "python_stdlib.zip"]:
    compile_archive(archive, used)
"compiled"
