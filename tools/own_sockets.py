"""Kernels that the book starts talk through files: import this before one is started.

Jupyter looks for free ports and tells the kernel their numbers; half a second later the kernel
takes them. Another process can be quicker, and the kernel dies ("Address already in use"): with two
test workers and the book's build side by side one start in a thousand, so one whole run in twenty.
Files named by this very kernel are nobody else's. Jupyter can do that ("ipc"), but calls them
kernel-ipc-1 to 5, in the folder of the notebook, whichever kernel it is: so they are named here.
"""

from __future__ import annotations

import os
import tempfile
import uuid

from jupyter_client.provisioning import LocalProvisioner

pre_launch = LocalProvisioner.pre_launch


async def with_files(self, **kwargs):
    manager = self.parent
    if manager.transport == "tcp":  # not yet: a restarted kernel keeps its files
        path = os.path.join(tempfile.gettempdir(), f"kernel-{uuid.uuid4().hex}")
        if os.name == "posix" and len(os.fsencode(path + "-1")) < 104:  # the system's limit
            manager.transport, manager.ip = "ipc", path
    return await pre_launch(self, **kwargs)


LocalProvisioner.pre_launch = with_files
