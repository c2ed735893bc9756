"""Give a hidden file a second name, in the folder that may be read and written.

kind: reading
attacks: cell
mentions: OSError | PermissionError
twin: yes
"""

import os


def attack():
    os.link("COURSE/tests/hidden/a0_mini/test_cell.py", f"redteam-name-{os.getpid()}")
    return True
