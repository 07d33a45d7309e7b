"""tools/own_sockets.py: no port, so none that another process could take."""

from __future__ import annotations

import tempfile
from pathlib import Path

import own_sockets
import pytest
from jupyter_client.manager import KernelManager, start_new_kernel
from jupyter_client.provisioning import LocalProvisioner

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def folder():
    """Not tmp_path, which is long."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_two_kernels_in_one_folder_have_files_of_their_own(tmp_path, folder):
    started = []
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(tmp_path)
            patch.setattr(tempfile, "tempdir", str(folder))
            started = [start_new_kernel() for _ in range(2)]
        assert len(list(folder.glob("kernel-*"))) == 2 * 5
        assert not list(tmp_path.iterdir())
        for number, (manager, client) in enumerate(started):
            assert manager.transport == "ipc"
            client.execute_interactive(f"mine = {number}", timeout=30)
        for number, (manager, client) in enumerate(started):
            if number == 0:
                manager.restart_kernel(now=True)
                client.wait_for_ready(timeout=30)
            reply = client.execute_interactive("mine", timeout=30)  # its own, gone after a restart
            assert reply["content"]["status"] == ("error" if number == 0 else "ok")
    finally:
        for manager, client in started:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
    assert not list(folder.glob("kernel-*"))


@pytest.mark.parametrize(("depth", "transport"), [(0, "ipc"), (20, "tcp")])
def test_a_path_too_long_for_the_system_keeps_the_ports(monkeypatch, depth, transport):
    """(No kernel is started: this one would have ports that another process could take.)"""

    async def ports(self, **kwargs):
        return self.parent.transport

    monkeypatch.setattr(own_sockets, "pre_launch", ports)
    monkeypatch.setattr(tempfile, "tempdir", "/" + "long" * depth)
    provisioner = LocalProvisioner(parent=KernelManager())
    with pytest.raises(StopIteration) as end:  # (Playwright's loop may run in this process)
        provisioner.pre_launch().send(None)
    assert end.value.value == transport


def test_who_starts_kernels_has_imported_it():
    assert "-p own_sockets" in next(
        line for line in (ROOT / "Makefile").read_text().splitlines() if "--nbval " in line
    )
    files = [p for folder in ("tools", "tests") for p in (ROOT / folder).rglob("*.py")]
    starting = [
        p for p in files if "NotebookClient" in p.read_text() or ".autograde(" in p.read_text()
    ]
    assert len(starting) >= 3
    builds = [ROOT / "book" / "_ext" / "run_in_browser.py", ROOT / "tests/site/fixture/conf.py"]
    for path in [*starting, *builds]:
        assert "import own_sockets" in path.read_text(), path
