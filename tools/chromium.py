"""Find a Chromium for the browser tests, or say in one line how to get one.

There are two: the browser that readers have, and its headless shell, the same engine without a
window. With a window every page has an address bar and tabs laid out that no test looks at: half
of the processor time of a page of the book. So the shell does for all tests but those of speed.

The browser: $CHROME, the system's chromium or chrome, or Playwright's own download. With --install,
and as root on Debian or Ubuntu, it installs the packages of both; elsewhere, if there is none, it
lets Playwright download its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SHELL = "chromium-headless-shell"
DOWNLOADS = Path.home() / ".cache" / "ms-playwright"


def find() -> str | None:
    """The path of a browser that starts, or None."""
    candidates = [os.environ.get("CHROME"), *map(shutil.which, NAMES)]
    candidates += sorted(DOWNLOADS.glob("chromium-*/chrome-linux*/chrome"))
    candidates.append("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
    return _first(candidates)


def find_shell() -> str | None:
    """The path of a headless shell; of a browser, if there is none or $CHROME names one."""
    if os.environ.get("CHROME"):
        return find()
    downloads = sorted(DOWNLOADS.glob("chromium_headless_shell-*/*linux*/*headless*shell"))
    return _first([shutil.which(SHELL), *downloads]) or find()


def _first(candidates: list) -> str | None:
    for path in candidates:
        # Ubuntu's chromium-browser is a stub that asks for snap: believe only what starts
        if path and Path(path).exists() and _starts(str(path)):
            return str(path)
    return None


def _starts(path: str) -> bool:
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def install() -> None:
    """Install both: Debian's packages as root, else Playwright's own download."""
    if os.environ.get("CHROME"):
        return
    if shutil.which("apt-get") and os.geteuid() == 0 and Path("/etc/debian_version").exists():
        print("installing the Debian packages chromium and its headless shell …", flush=True)
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], env=env)
        for package in ("chromium", SHELL):  # Ubuntu has no shell
            command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
            subprocess.run(command, env=env, stdout=subprocess.DEVNULL)
    if find() is None:
        print("letting Playwright download its own Chromium …", flush=True)
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"])


def main() -> int:
    path = find()
    if "--install" in sys.argv[1:] and (path is None or find_shell() == path):
        install()
        path = find()
    if path is None:
        print(
            "no Chromium found, and the browser tests need one: install the package 'chromium' "
            "(Debian: sudo apt install chromium) or set CHROME=/path/to/chrome",
            file=sys.stderr,
        )
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
