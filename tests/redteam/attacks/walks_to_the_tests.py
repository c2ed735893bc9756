"""Look for files of tests in every folder around the course.

kind: reading
attacks: cell
mentions: the attack failed
twin: yes
"""

import os


def attack():
    return any("test_cell.py" in names for _, _, names in os.walk("COURSE/.."))
