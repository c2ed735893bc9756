"""Make folders inside one another, deeper than a path can be long, so that removing them fails.

kind: exhausting
attacks: cell
mentions: No space left | wrote more files
twin: yes
"""

import os
import time

DEPTH = 5000


def attack():
    for _ in range(DEPTH):
        os.mkdir("redteam-d")
        os.chdir("redteam-d")
    time.sleep(0.3)  # a large folder is noticed within a moment
    for _ in range(DEPTH):
        os.chdir("..")
        os.rmdir("redteam-d")
    return True
