"""Look for the course among the installed packages, where an instructor may have installed it.

kind: reading
attacks: cell
mentions: the attack failed
twin: no: whether it is there depends on the machine
"""

import os
import sys


def attack():
    found = []
    for folder in sys.path:
        try:
            found += [
                name
                for name in os.listdir(folder)
                if name in ("solutions", "grading.yml", "assignments")
            ]
        except OSError:
            continue
    return found
