"""List the results of the submissions graded before.

kind: reading
attacks: cell
mentions: PermissionError
twin: yes
"""

import os


def attack():
    return os.listdir("OUTPUT") is not None
