"""Make another folder the root of the file system.

kind: escaping
attacks: cell
mentions: PermissionError
twin: root
"""

import os


def attack():
    os.chroot("/")
    return True
