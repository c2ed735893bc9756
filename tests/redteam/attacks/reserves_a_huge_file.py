"""Reserve the room for a large file without writing it.

kind: exhausting
attacks: cell
mentions: File too large
twin: yes
"""

import os


def attack():
    with open("redteam-reserved", "wb") as file:
        os.posix_fallocate(file.fileno(), 0, 2**28)
    os.unlink("redteam-reserved")
    return True
