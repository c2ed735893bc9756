"""Write a file in every folder where anybody may, but its own.

kind: escaping
attacks: cell
mentions: the attack failed
twin: yes
"""

import contextlib
import os


def attack():
    written = []
    for folder in (
        "..",
        "/tmp",
        "/var/tmp",
        "/dev/shm",
        "/run/lock",
        os.path.expanduser("~/.."),
    ):
        with contextlib.suppress(OSError):
            path = f"{folder}/redteam-{os.getpid()}"
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
            os.unlink(path)
            written.append(path)
    return written
