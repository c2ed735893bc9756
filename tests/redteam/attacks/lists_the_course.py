"""List the folder of the hidden tests.

kind: reading
attacks: cell
mentions: PermissionError
twin: yes
"""

import os


def attack():
    return "test_cell.py" in os.listdir("COURSE/tests/hidden/a0_mini")
