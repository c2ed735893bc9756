"""Make files without content, which take memory all the same.

kind: exhausting
attacks: cell
mentions: No space left | wrote more files
twin: yes
"""

import time


def attack():
    for number in range(5000):
        open(f"redteam-{number}", "x").close()
    time.sleep(0.3)  # a large folder is noticed within a moment
    return True
