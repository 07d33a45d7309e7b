"""Build the in-browser Jupyter: JupyterLite, Pyodide, cnnlib of this very commit, the notebooks.

`book/_ext/run_in_browser.py` calls it when the site is built.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Collection
from importlib import metadata
from pathlib import Path
from posixpath import dirname, join, normpath

import cited
import pyodide

from cnnlib.widgets.progress import chapters

ROOT = Path(__file__).resolve().parents[1]
LABEXTENSIONS = Path(sys.prefix, "share", "jupyter", "labextensions")
KERNEL = "@jupyterlite/pyodide-kernel-extension"
# front ends that the notebooks need; others that are installed here (nbgrader's …) stay out
EXTENSIONS = (KERNEL, "@jupyter-widgets/jupyterlab-manager", "anywidget", "jupyterlab_pygments")
APPS = ("notebooks", "edit")

# Packages of this environment that are Python alone, with what they need in the browser. They come
# from requirements.lock as everything here does, and Pyodide does not have them.
OWN = {
    "anywidget": ["ipywidgets", "psygnal", "typing-extensions"],
    "comm": [],
    "ipywidgets": ["comm", "ipython", "jupyterlab-widgets", "traitlets", "widgetsnbextension"],
    "jupyterlab-widgets": [],
    "psygnal": [],
    "tqdm": [],
    "typing-extensions": [],
}
# wheels that the kernel brings along
OF_KERNEL = {
    "ipykernel": [],
    "piplite": ["micropip"],
    "pyodide-kernel": ["comm", "ipython", "ipykernel"],
    "widgetsnbextension": [],
}
# An empty one stands in: the kernel asks for ssl (with OpenSSL, 2 MB), matplotlib's entry for pytz
# (600 files to unpack), and neither is used. Without jedi (900 files) IPython completes words from
# what is there.
EMPTY = ("jedi", "pytz", "ssl")
# Pyodide's matplotlib looks for its list of fonts among its modules. The list in its wheel is of
# another machine, and to make one takes seconds and says so in red. This one was written by
# `matplotlib.font_manager.json_dump(fontManager, …)` of that version in Pyodide.
FONTS = Path(__file__).with_name("fontlist.json")
FONTLIST = "matplotlib/fontlist.json"
# The kernel asks IPython to complete words with jedi, whether it is there or not.
WITHOUT_JEDI = (
    "pyodide_kernel/interpreter.py",
    lambda source: source.replace(b"use_jedi = True", b"use_jedi = False"),
)
# Nor does it expect a line that is indented wrongly: such a cell had no error, and Python was lost.
EARLY = b"""\
        code = await self.lite_transform_manager.transform_cell(code)
        exec_code = self.interpreter.transform_cell(code)

        results = {}

        try:
"""
GUARDED = b"""\
        results = {}

        try:
            code = await self.lite_transform_manager.transform_cell(code)
            exec_code = self.interpreter.transform_cell(code)
"""
MISINDENTED = ("pyodide_kernel/kernel.py", lambda source: source.replace(EARLY, GUARDED))
QUESTIONS = "cnnlib/widgets/chapters.json"
# a cell that imports cnnlib brings all of these: the kernel looks no deeper than the cell
CNNLIB = ["anywidget", "ipywidgets", "matplotlib", "numpy", "pillow", "tqdm"]
# what the kernel asks for before it answers; the rest comes with the first cell that imports it
AT_START = (
    *("ssl", "sqlite3", "ipykernel", "comm", "pyodide_kernel", "jedi", "ipython"),
    *("micropip", "piplite", "numpy"),
)
SETTINGS = {
    "jupyter-lite-schema-version": 0,
    "jupyter-config-data": {
        "appName": "Convolutional networks, number by number",
        "disabledExtensions": [
            "@jupyterlab/extensionmanager-extension",
            # It would lay the application's files under Python's working folder, where each import
            # looks first (120 questions to this page before the first cell has run: seconds), and
            # it unregisters every other service worker of the host, ours among them. input() is
            # the price: it returns None.
            "@jupyterlite/application-extension:service-worker-manager",
        ],
        "litePluginSettings": {
            f"{KERNEL}:kernel": {
                "disablePyPIFallback": True,
                "loadPyodideOptions": {"packages": AT_START},
            }
        },
    },
}
# light or dark, as the reader's system is
LOOK = {"@jupyterlab/apputils-extension:themes": {"adaptive-theme": True}}
BUILD = {
    "apps": APPS,
    "contents": ["files"],
    "federated_extensions": [str(LABEXTENSIONS / name) for name in EXTENSIONS],
    "ignore_sys_prefix": ["federated_extensions"],
    "no_sourcemaps": True,
    "no_unused_shared_packages": True,
}
# compiled for this machine; traces of pip; tests
LEFT_OUT = re.compile(
    r"^\.\.|__pycache__|/tests/|\.(?:so|pyd)$|/(?:RECORD|INSTALLER|REQUESTED|direct_url\.json)$"
)
PAGES = ROOT / "book" / "_ext" / "lite"  # the application's pages and programs that are ours
LINK = re.compile(r"\[([^\]]+)\]\(([^():#]+\.(?:ipynb|md))(?:#[^)]*)?\)")  # to a page of the book
ZIP_TIME = (2020, 2, 2, 0, 0, 0)  # the same source gives the same file


def packages(source: Path, target: Path) -> None:
    """Pyodide's core and packages, ours, and the lock that lists just these; quick to start."""
    target.mkdir(parents=True)
    lock = json.loads((source / pyodide.LOCK).read_text(encoding="utf8"))
    chosen = pyodide.with_dependencies(lock["packages"], pyodide.PACKAGES)
    entries = {name: lock["packages"][name] for name in chosen if name not in EMPTY}
    hashes = pyodide.CORE | {entry["file_name"]: entry["sha256"] for entry in entries.values()}
    for name, digest in hashes.items():
        if name != pyodide.LOCK:
            shutil.copyfile(source / name, target / name)
            if not pyodide.agrees(target / name, digest):  # others may use the cache, too
                raise RuntimeError(f"{source / name} has changed since it was checked")
    for name in EMPTY:
        entries[name] = entry(wheel_of(name, "0", {}, target), [])
    for name, depends in OWN.items():
        entries[name] = entry(repack(name, target), depends)
    for name, depends in OF_KERNEL.items():
        wheels = (LABEXTENSIONS / KERNEL / "static" / "pypi").glob(f"{name.replace('-', '_')}-*")
        newest = max(wheels, key=lambda path: [int(n) for n in re.findall(r"\d+", path.name)])
        entries[name] = entry(Path(shutil.copy(newest, target)), depends)
    change(target / entries["matplotlib"]["file_name"], FONTLIST, lambda _: FONTS.read_bytes())
    for repair in (WITHOUT_JEDI, MISINDENTED):
        change(target / entries["pyodide-kernel"]["file_name"], *repair)
    entries["cnnlib"] = entry(wheel_of_cnnlib(target), CNNLIB)
    questions = json.dumps(chapters(ROOT / "book")).encode()  # recap counts them
    change(target / entries["cnnlib"]["file_name"], QUESTIONS, lambda _: questions)
    lock["packages"] = dict(sorted(entries.items()))
    write_lock(lock, target)
    if shutil.which("node"):  # else the modules stay as they are: each start takes twice as long
        program = ROOT / "tools" / "bytecode.py"
        command = ["node", ROOT / "tools" / "python.mjs", target, program, "/wheels"]
        run([str(part) for part in [*command, f"{target}=/wheels"]])
    for package in lock["packages"].values():
        # its content's hash in its name, where a wheel may have a build number: the lock that an
        # open page has never meets another build's wheel (Pyodide would say: no cnnlib)
        wheel = target / package["file_name"]
        name, version, tags = wheel.name.split("-", 2)
        package["file_name"] = f"{name}-{version}-0{sha256(wheel)[:10]}-{tags}"
        wheel.rename(target / package["file_name"])
    write_lock(lock, target)


def write_lock(lock: dict, target: Path) -> None:
    for package in lock["packages"].values():
        package["sha256"] = sha256(target / package["file_name"])
    write(target / pyodide.LOCK, lock)


def entry(wheel: Path, depends: list[str]) -> dict:
    """What Pyodide's lock says of a package."""
    name, version = wheel.name.split("-")[:2]
    with zipfile.ZipFile(wheel) as files:
        tops = {path.partition("/")[0].removesuffix(".py") for path in files.namelist()}
    return {
        "depends": sorted(depends),
        "file_name": wheel.name,
        "imports": sorted(top for top in tops if top.isidentifier()),
        "install_dir": "site",
        "name": pyodide.key(name),
        "package_type": "package",
        "unvendored_tests": False,
        "version": version,
    }


def repack(name: str, target: Path) -> Path:
    """A wheel of a package as it is installed here, without what is compiled for this machine."""
    package = metadata.distribution(name)
    paths = {path.as_posix(): path for path in package.files or []}
    kept = {name: path for name, path in paths.items() if not LEFT_OUT.search(name)}
    content = {name: Path(package.locate_file(path)).read_bytes() for name, path in kept.items()}
    return wheel_of(name, package.version, content, target)


def wheel_of(name: str, version: str, content: dict[str, bytes], target: Path) -> Path:
    stem = f"{re.sub(r'[-_.]+', '_', name)}-{version}"
    wheel = target / f"{stem}-py3-none-any.whl"
    about = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    content.setdefault(f"{stem}.dist-info/METADATA", about.encode())
    write_zip(wheel, content)
    return wheel


def change(wheel: Path, path: str, how: Callable[[bytes], bytes]) -> None:
    """Put another file in the place of one of a wheel's (b"", where it has none)."""
    with zipfile.ZipFile(wheel) as files:
        content = {name: files.read(name) for name in files.namelist()}
    before = content.get(path, b"")
    content[path] = how(before)
    assert content[path] != before, f"{wheel.name}: {path} is another file than it was"
    write_zip(wheel, content)


def write_zip(path: Path, content: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as files:
        for name, data in sorted(content.items()):
            information = zipfile.ZipInfo(name, ZIP_TIME)
            information.compress_type = zipfile.ZIP_DEFLATED
            files.writestr(information, data)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def wheel_of_cnnlib(target: Path) -> Path:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
        run(command, cwd=ROOT)
        (wheel,) = Path(folder).glob("cnnlib-*.whl")
        return Path(shutil.copy(wheel, target))


def run(command: list[str], **options) -> None:
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:6])} … failed:\n{done.stdout}{done.stderr}")


def build(source: Path, notebooks: dict[str, Path], out: Path) -> None:
    """Write the application into ``out``; {path in the application: notebook} are its documents."""
    with tempfile.TemporaryDirectory() as folder:
        lite = Path(folder)
        packages(source, lite / "static" / "pyodide")
        handed_out = lite / "student"
        if any(name.startswith("exercises/") for name in notebooks):
            run([sys.executable, str(ROOT / "tools" / "teach.py"), "student", str(handed_out)])
        for name, path in notebooks.items():
            (lite / "files" / name).parent.mkdir(parents=True, exist_ok=True)
            if name.startswith("exercises/"):
                path = handed_out / path.stem / path.name
            (lite / "files" / name).write_text(as_begun(path, name, notebooks), encoding="utf8")
        write(lite / "jupyter-lite.json", SETTINGS)
        write(lite / "overrides.json", LOOK)
        write(
            lite / "jupyter_lite_config.json", {"LiteBuildConfig": BUILD | {"output_dir": str(out)}}
        )
        clean = {n: v for n, v in os.environ.items() if not n.startswith("JUPYTER")}
        run([sys.executable, "-m", "jupyterlite_core", "build"], cwd=lite, env=clean)
    shutil.copytree(PAGES, out, dirs_exist_ok=True)
    start_early(out / "notebooks" / "index.html")


def start_early(page: Path) -> None:
    """Let a page of JupyterLite start Python before JupyterLab."""
    before = page.read_text(encoding="utf8")
    after = before.replace("<head>", '<head>\n    <script src="../early.js"></script>', 1)
    assert after != before, f"{page.name} is another page than it was"
    page.write_text(after, encoding="utf8")


def write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1), encoding="utf8")


def as_begun(path: Path, name: str, notebooks: Collection[str]) -> str:
    """A notebook as its reader begins: nothing has run, no markup is left that is Sphinx's, and no
    link to a page that is not in the application.
    """

    def link(found: re.Match[str]) -> str:
        return found[0] if normpath(join(dirname(name), found[2])) in notebooks else found[1]

    notebook = json.loads(path.read_text(encoding="utf8"))
    texts = [cell for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    words = cited.in_words(["".join(cell["source"]) for cell in texts])
    for cell, text in zip(texts, words, strict=True):
        cell["source"] = LINK.sub(link, text)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
    return json.dumps(notebook, ensure_ascii=False, indent=1)
