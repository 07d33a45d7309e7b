"""Write environment.yml (conda, Binder) from pyproject.toml, the one source of truth.

With --check it writes nothing: it says whether environment.yml is what would be written, and
whether requirements.lock satisfies pyproject.toml.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = ROOT / "environment.yml"
LOCK = ROOT / "requirements.lock"
# exactly one minor version: for a range, repo2docker falls back to an older Python
PYTHON = "3.12"


def requirements(project: dict, extra: str) -> list[str]:
    """What an extra needs, with the project's own extras unfolded."""
    found = list(project["dependencies"])
    for text in project["optional-dependencies"][extra]:
        requirement = Requirement(text)
        if requirement.name == project["name"]:
            for inner in sorted(requirement.extras):
                found += requirements(project, inner)
        else:
            found.append(text)
    return list(dict.fromkeys(found))


def environment(project: dict) -> str:
    lines = [
        "# generated from pyproject.toml by tools/environment.py (make lock): do not edit",
        f"name: {project['name']}",
        "channels: [conda-forge]",
        "dependencies:",
        f"  - python={PYTHON}",
        "  - pip",
        "  - pip:",
        *[f"      - {text}" for text in requirements(project, "lab")],
        "      - -e .",
    ]
    return "\n".join(lines) + "\n"


def lock_faults(project: dict) -> list[str]:
    """Requirements that no entry of the lock satisfies."""
    locked: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([a-z0-9_.-]+)==([^ \\;]+)", LOCK.read_text(), re.M):
        locked.setdefault(name, []).append(version)
    faults = []
    for text in requirements(project, "test"):
        requirement = Requirement(text)
        versions = locked.get(re.sub(r"[-_.]+", "-", requirement.name).lower(), [])
        if not any(requirement.specifier.contains(version) for version in versions):
            faults.append(f"requirements.lock has {versions or 'nothing'} for {text}: make lock")
    return faults


def main() -> int:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    text = environment(project)
    if "--check" not in sys.argv[1:]:
        ENVIRONMENT.write_text(text)
        return 0
    faults = lock_faults(project)
    if not ENVIRONMENT.exists() or ENVIRONMENT.read_text() != text:
        faults.append("environment.yml is not what pyproject.toml says: make lock")
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
