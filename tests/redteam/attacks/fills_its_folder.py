"""Write more than a disk in memory could hold for many.

kind: exhausting
attacks: cell
mentions: No space left | wrote more files
twin: yes
"""

import time


def attack():
    for number in range(64):
        with open(f"redteam-{number}", "wb") as file:
            file.write(bytes(2**20))
    time.sleep(0.3)  # a full folder is noticed within a moment
    return True
