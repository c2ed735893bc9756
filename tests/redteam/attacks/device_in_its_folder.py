"""Make a device of its own, through which to read the machine's memory.

kind: escaping
attacks: cell
mentions: OSError
twin: root
"""

import os
import stat


def attack():
    os.mknod(f"redteam-device-{os.getpid()}", stat.S_IFCHR | 0o600, os.makedev(1, 1))
    return True
