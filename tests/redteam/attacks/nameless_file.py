"""Write a file without a name.

kind: escaping
attacks: cell
mentions: OSError
twin: yes
"""

import os


def attack():
    os.close(os.open("/tmp", os.O_TMPFILE | os.O_RDWR))
    return True
