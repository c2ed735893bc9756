"""Empty a file that it may read, by opening it for reading only.

kind: tampering
attacks: cell
mentions: OSError | PermissionError
twin: yes
"""

import os


def attack():
    path = "OWNED"
    os.close(os.open(path, os.O_RDONLY | os.O_TRUNC))
    return True
