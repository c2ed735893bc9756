"""Hold files open that have no name any more, so that no look at the folder counts them and others find no memory.

kind: exhausting
attacks: cell
mentions: No space left | Too many open files
twin: yes
"""

import os


def attack():
    held = []
    while len(held) < 80:
        held.append(open("redteam-held", "xb"))  # noqa: SIM115
        os.unlink("redteam-held")
        os.posix_fallocate(held[-1].fileno(), 0, 2**23)
    return True
