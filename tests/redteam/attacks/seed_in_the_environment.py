"""Read the seed that the hidden inputs are drawn from: Python's hash seed followed from it.

kind: reading
attacks: cell
mentions: the attack failed
twin: no: an ordinary process has no such seed
"""

import os


def attack():
    return int(os.environ["PYTHONHASHSEED"]) == int("SEED")
