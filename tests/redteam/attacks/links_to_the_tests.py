"""Make a link to a hidden file in a folder that may be read.

kind: reading
attacks: cell
mentions: OSError | PermissionError
twin: yes
"""

import os


def attack():
    link = "/tmp/redteam-link"
    os.symlink("COURSE/tests/hidden/a0_mini/test_cell.py", link)
    os.unlink(link)
    return True
