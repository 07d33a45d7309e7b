"""What the tests of the site share: small books built on the fly, and a page that has settled."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
EXTENSION = HERE.parents[1] / "book" / "_ext"


def build(folder: Path, page: str | Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Build tests/site/fixture with one page into folder/html, warnings as errors."""
    source = folder / "book"
    source.mkdir()
    for name in ("conf.py", "counter.py", page):
        shutil.copy(HERE / "fixture" / name, source)  # an absolute path stays what it is
    (source / "extension").write_text(str(EXTENSION))
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going", "-n", "-q"]
    command += ["-D", f"root_doc={Path(page).stem}", *options, str(source), str(folder / "html")]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=source)


def settle(page) -> None:
    """Wait until every widget of the page is alive, or says why not, and every formula is drawn."""
    page.wait_for_function(
        """() => [...document.querySelectorAll("[data-model]")]
          .every((el) => el.matches("[data-alive], [data-failed]"))"""
    )
    if page.locator(".math").count():
        page.wait_for_selector("html[data-formulas=drawn]", state="attached")
    page.evaluate("() => document.fonts.ready.then(() => {})")
