"""Open a library's file again for writing, through the descriptor with which it may be read.

kind: escaping
attacks: cell
mentions: OSError | PermissionError
twin: yes
"""

import os


def attack():
    path = os.__file__
    if os.environ.get("REDTEAM_TWIN"):
        path = f"redteam-library-{os.getpid()}"
        open(path, "x").close()
    descriptor = os.open(path, os.O_RDONLY)
    os.close(os.open(f"/proc/self/fd/{descriptor}", os.O_RDWR))
    return True
