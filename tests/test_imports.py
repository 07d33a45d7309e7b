"""What may import what: the rules below, read from the source, and what `import cnnlib` loads."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "cnnlib"

# A module of cnnlib may import these others, and all that those may import …
MAY_IMPORT = {
    "_checks": set(),
    "_convolution": {"_checks"},
    "functional": {"_checks", "_convolution"},
    "filters": {"_checks"},
    "__init__": {"functional", "filters"},
    "init": {"_checks"},
    "_memory": set(),
    "layers": {"functional", "init", "_memory"},
    "receptive": {"layers"},
    "summary": {"receptive"},
    "blocks": {"summary"},
    "models": {"blocks"},
    "saving": {"layers"},
    "optim": {"_checks"},
    "train": {"optim", "blocks", "_memory", "plots"},
    "gradcheck": {"layers"},
    "data": {"_checks"},
    "plots": {"functional", "filters"},
    # models: ArchitectureBuilder gives the cnnlib network that it shows; receptive: FeatureMaps;
    # train: TrainingPlayer shows what a Recorder has kept
    "widgets": {"functional", "filters", "data", "models", "optim", "train"},
    "exercises": {"functional", "filters", "data"},
}
# … and beside Python's own library these packages. NumPy may be imported by all.
PACKAGES = {
    "data": {"PIL", "pooch", "scipy"},
    "plots": {"matplotlib"},
    "train": {"tqdm"},
    "widgets": {"anywidget", "ipywidgets", "traitlets", "PIL"},
}


def part(path: Path) -> str:
    """The name in the tables: cnnlib/layers.py → layers, cnnlib/widgets/_base.py → widgets."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path, source: str | None = None) -> set[str]:
    """All modules that a file imports, wherever in it, with their full names."""
    package = ".".join(("cnnlib", *path.relative_to(PACKAGE).parts[:-1]))
    found = set()
    for node in ast.walk(ast.parse(source or path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parents, *([base] if base else [])])
            # from cnnlib import filters: a module or a name, so both are asked for
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return found


def reachable(name: str) -> set[str]:
    direct = MAY_IMPORT[name]
    return direct | {far for near in direct for far in reachable(near)}


def violations(path: Path, source: str | None = None) -> list[str]:
    here = part(path)
    if here not in MAY_IMPORT:
        return [f"{path.name}: no rule for cnnlib.{here}: add it to MAY_IMPORT"]
    wrong = []
    for module in sorted(imports(path, source)):
        top, _, rest = module.partition(".")
        if top == "cnnlib":
            there = rest.partition(".")[0]
            # `import cnnlib` and `from cnnlib import conv2d` are what __init__ re-exports
            there = there if there in MAY_IMPORT else "functional"
            if there != here and there not in reachable(here):
                wrong.append(f"{path.name}: cnnlib.{here} imports {module}")
        elif top not in sys.stdlib_module_names | {"numpy"} | PACKAGES.get(here, set()):
            wrong.append(f"{path.name}: cnnlib.{here} imports {module}")
    return wrong


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.name))
def test_modules_import_what_they_may(path):
    assert violations(path) == []


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("functional.py", "import torch"),
        ("functional.py", "def f():\n    from matplotlib import pyplot"),
        ("functional.py", "import scipy.signal"),
        ("functional.py", "from cnnlib import layers"),
        ("functional.py", "from . import plots"),
        ("functional.py", "from .layers import Conv2D"),
        ("layers.py", "from cnnlib.widgets import FilterLab"),
        ("layers.py", "import cnnlib.blocks"),
        ("plots.py", "from cnnlib import widgets"),
        ("exercises/part_1.py", "from ..widgets import FilterLab"),
        ("exercises/part_1.py", "from .. import widgets"),
        ("__init__.py", "from cnnlib import plots"),
        ("__init__.py", "from . import data"),
        ("new.py", "import numpy"),
    ],
)
def test_the_rules_catch(name, source):
    assert len(violations(PACKAGE / name, source)) == 1


def test_the_rules_have_no_circles():
    for name in MAY_IMPORT:
        assert name not in reachable(name)


def test_nothing_but_widgets_may_import_widgets():
    assert [name for name in MAY_IMPORT if "widgets" in reachable(name)] == []


def modules_after(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*sorted(sys.modules))"
    command = [sys.executable, "-W", "error", "-c", code]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def test_import_cnnlib_loads_numpy_and_nothing_else():
    before, after = modules_after("import numpy"), modules_after("import cnnlib")
    new = {name.partition(".")[0] for name in after - before}
    assert new - sys.stdlib_module_names - {"numpy"} == {"cnnlib"}
    assert not new & {"matplotlib", "ipywidgets", "anywidget", "torch", "PIL", "scipy"}
    parts = {name.split(".")[1] for name in after if name.startswith("cnnlib.")}
    assert parts >= {"filters", "functional"}
    assert not parts & {"plots", "data", "widgets", "exercises"}


def test_version_is_that_of_pyproject():
    import tomllib

    import cnnlib

    pyproject = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    assert cnnlib.__version__ == pyproject["project"]["version"]
