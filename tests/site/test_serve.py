"""`make serve`: a taken port is said and the next one taken; Ctrl-C ends it cleanly."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

SERVE = Path(__file__).resolve().parents[2] / "tools" / "serve.py"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "index.html").write_text("<title>a site</title>")
    return tmp_path


def start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(SERVE), *arguments]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # tests that run in the background are born deaf to Ctrl-C, and so would be their children
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def address(server: subprocess.Popen[str]) -> tuple[str, list[str]]:
    """The address that the server prints, and the lines before it."""
    before = []
    for line in server.stdout:
        if found := re.search(r"http://127\.0\.0\.1:\d+/", line):
            return found[0], before
        before.append(line.strip())
    pytest.fail(f"no address: {before}")


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_taken_port_is_said_and_the_next_one_serves(folder, stop):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        server = start("--port", str(taken), "--folder", str(folder))
        try:
            url, before = address(server)
            assert before[0] == f"port {taken} is taken, trying {taken + 1}"
            assert int(url.rstrip("/").rpartition(":")[2]) > taken
            with urllib.request.urlopen(url, timeout=10) as answer:
                assert b"a site" in answer.read()
        finally:
            server.send_signal(stop)
            rest, _ = server.communicate(timeout=10)
    assert rest.strip() == "stopped"
    assert server.returncode == 0


def test_a_site_that_is_not_built_is_said(tmp_path):
    server = start("--folder", str(tmp_path))
    said, _ = server.communicate(timeout=10)
    assert said.strip() == "the site is not built: run `make book` first"
    assert server.returncode == 1
