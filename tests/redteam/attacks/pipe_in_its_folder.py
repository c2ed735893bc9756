"""Make a pipe with a name, for whoever looks into the folder to wait at.

kind: escaping
attacks: cell
mentions: OSError
twin: yes
"""

import os


def attack():
    os.mkfifo(f"redteam-pipe-{os.getpid()}")
    return True
