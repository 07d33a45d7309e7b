"""What the browser tests share: one Chromium, a fresh page for each test, and the built site."""

from __future__ import annotations

import functools
import http.server
import os
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import settings

# The same examples on every run, so that a red build is red again on the next machine. To look for
# new ones: pytest --hypothesis-profile=default
settings.register_profile("reproducible", derandomize=True, deadline=None, database=None)
settings.load_profile("reproducible")

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def launch():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = []

        def launch(path: str | None):
            assert path, "no Chromium: run python tools/chromium.py --install"
            started.append(playwright.chromium.launch(executable_path=path, args=FLAGS))
            return started[-1]

        yield launch
        for browser in started:
            browser.close()


@pytest.fixture(scope="session")
def browser(launch):
    """Chromium without a window: tools/chromium.py says why."""
    import chromium

    return launch(chromium.find_shell())


@pytest.fixture(scope="session")
def readers_browser(launch):
    """Chromium as readers have it, for tests of speed."""
    import chromium

    return launch(chromium.find())


def watch(page) -> list[str]:
    """Collect what a good page never does: errors, and requests to another host."""
    faults: list[str] = []
    page.on("console", lambda m: faults.append(f"console: {m.text}") if m.type == "error" else None)
    page.on("pageerror", lambda e: faults.append(f"page error: {e}"))

    def request(r):
        if not r.url.startswith(
            ("http://localhost", "http://127.0.0.1", "data:", "blob:", "file:")
        ):
            faults.append(f"off-host request: {r.url}")

    page.on("request", request)
    return faults


DRAWN = "document.documentElement.dataset.formulas = 'drawn'"


@pytest.fixture
def page(browser, request):
    """A page in a fresh context; the test fails if the page erred or asked another host.

    Where a widget is tried on its page, the formulas around it are not drawn: that takes seconds.
    """
    # what is kept for a time without a network is looked at in tests/site/test_offline.py
    context = browser.new_context(viewport={"width": 1280, "height": 900}, service_workers="block")
    page = context.new_page()
    faults = watch(page)
    if request.path.stem.endswith("_on_page"):
        page.route(
            "**/mathjax.js*", lambda r: r.fulfill(body=DRAWN, content_type="text/javascript")
        )
    yield page
    context.close()
    assert not faults, faults


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # one connection for many files, as on any real host

    def log_message(self, *args):
        pass


def serve(folder: Path, handler: type[Handler] = Handler):
    """Serve a folder on a free port of localhost; returns (server, base URL)."""
    serving = functools.partial(handler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), serving)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"


@pytest.fixture(scope="session")
def site_folder() -> Path:
    folder = ROOT / "_build" / "html"
    assert (folder / "index.html").exists(), "the site is not built: run `make book`"
    return folder


def needs_application(folder: Path) -> None:
    """The Jupyter that runs in the browser. Without it the test is skipped only where Pyodide's
    files cannot be had; with LITE=1, as the published site is tested, never."""
    import pyodide

    if folder.exists():
        return
    try:
        pyodide.ensure()
    except pyodide.Unavailable as error:
        if os.environ.get("LITE") != "1":
            pytest.skip(f"no Python for the browser here: {error}")
    pytest.fail(f"the site has no {folder.name} of its own: make book says why")


@pytest.fixture(scope="session")
def site(site_folder):
    server, url = serve(site_folder)
    yield url
    server.shutdown()
    server.server_close()


@pytest.fixture
def project(tmp_path):
    """An empty folder that is served under a path, as a project's Pages are: put a site there.
    Its ``network`` is "up", "down" (nobody is answered), "ill" (answers with an error) or "hangs"
    until ``go`` is set, as files called late… always do; ``asked`` are the paths asked for.
    """
    go = threading.Event()

    class Switched(Handler):
        def send_head(self):
            project.asked.append(self.path)
            if "/late" in self.path or project.network == "hangs":
                go.wait(30)
            if project.network == "ill":
                return self.send_error(502)
            self.close_connection = project.network == "down"
            return None if self.close_connection else super().send_head()

    folder = tmp_path / "some" / "where"
    folder.parent.mkdir()
    server, url = serve(tmp_path, Switched)
    where = {"folder": folder, "url": f"{url}/some/where"}
    project = SimpleNamespace(**where, network="up", go=go, asked=[])
    yield project
    go.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def no_weights(monkeypatch):
    """Weights that take no memory, one number seen at every place: VGG-16 has 138 million."""
    import numpy as np

    def fake(layer, shape, rng, init, dtype):
        return np.broadcast_to(np.zeros((), dtype), shape)

    for module in ("convolution", "dense"):
        monkeypatch.setattr(f"cnnlib.layers.{module}.weights", fake)


def pytest_terminal_summary(terminalreporter):
    """Print the kill rate of the exercises' checks: wrong solutions caught and named."""
    test = "test_a_wrong_solution_is_caught_and_named"

    def count(*kinds):
        stats = terminalreporter.stats
        return sum(test in report.nodeid for kind in kinds for report in stats.get(kind, []))

    killed, tried = count("passed"), count("passed", "failed", "error")
    if tried:
        rate = f"{killed} of {tried} wrong solutions caught and named ({killed / tried:.0%})"
        terminalreporter.write_line(f"exercises: {rate}")
