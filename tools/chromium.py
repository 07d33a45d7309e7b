"""Find a Chromium for the browser tests, or say in one line how to get one.

Looks at $CHROME, then at the system's chromium and chrome, then at Playwright's own download.
With --install, and as root on Debian or Ubuntu, it installs the package ``chromium``; elsewhere
it lets Playwright download its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find() -> str | None:
    """The path of a browser that starts, or None."""
    candidates = [os.environ.get("CHROME"), *map(shutil.which, NAMES)]
    candidates += sorted(Path.home().glob(".cache/ms-playwright/chromium-*/chrome-linux*/chrome"))
    candidates.append("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
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
    """Install one: Debian's package as root, else Playwright's own download."""
    if shutil.which("apt-get") and os.geteuid() == 0 and Path("/etc/debian_version").exists():
        print("installing the Debian package chromium …", flush=True)
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], env=env)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
            env=env,
            stdout=subprocess.DEVNULL,
        )
    if find() is None:
        print("letting Playwright download its own Chromium …", flush=True)
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"])


def main() -> int:
    if find() is None and "--install" in sys.argv[1:]:
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
