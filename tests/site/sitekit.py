"""What the tests of the site share: small books built on the fly, and a page that has settled."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

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
        """() => document.readyState === "complete"
          && [...document.querySelectorAll("[data-model]")].every(
            (el) => el.matches("[data-alive], [data-failed]"))"""
    )
    if page.locator(".math").count():
        page.wait_for_selector("html[data-formulas=drawn]", state="attached")
    page.evaluate("() => document.fonts.ready.then(() => {})")


def follow(page, link: str) -> None:
    """Open a link as who comes from another page, also where only what stands after # differs."""
    page.goto("about:blank")
    page.goto(link)
    settle(page)


def eventually(page, question: str) -> None:
    """Ask the page, where the answer is a promise, until it says true.

    (Playwright's wait_for_function takes the promise itself for a yes.)
    """
    until = time.monotonic() + 30
    while (answer := page.evaluate(question)) is not True:
        assert time.monotonic() < until, f"still {answer}: {question}"
        page.wait_for_timeout(50)


# the names by which a reader may know the thing that has the focus
NAMES = """() => {
  const node = document.activeElement;
  return [
    node.closest("[role=grid]")?.ariaLabel, node.closest("form")?.innerText,
    node.closest("fieldset")?.querySelector("legend").textContent,
    node.closest("label")?.innerText, node.ariaLabel, node.textContent,
  ].filter((name) => name != null);
}"""


def tab_to(place, name: str, key: str = "Tab", role: str = "*") -> None:
    """Press Tab until something inside the widget whose name starts so has the focus."""
    selector = "*" if role == "*" else f"[role={role}]"
    inside = f"(el) => el.contains(document.activeElement?.closest('{selector}'))"
    for _ in range(250):
        place.page.keyboard.press(key)
        if not place.evaluate(inside):
            continue
        if any(found.startswith(name) for found in place.page.evaluate(NAMES)):
            return
    pytest.fail(f"{key} never came to {name}")
