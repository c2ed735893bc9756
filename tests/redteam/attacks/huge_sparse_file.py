"""Make a file of a terabyte of nothing.

kind: exhausting
attacks: cell
mentions: File too large
twin: yes
"""

import os


def attack():
    with open("redteam-sparse", "wb") as file:
        file.truncate(2**40)
    os.unlink("redteam-sparse")
    return True
