"""Make a link to a hidden file in the folder that may be read and written.

kind: reading
attacks: cell
mentions: OSError | PermissionError
twin: yes
"""

import os


def attack():
    link = f"redteam-link-{os.getpid()}"
    os.symlink("COURSE/tests/hidden/a0_mini/test_cell.py", link)
    with open(link) as file:
        return file.read()
