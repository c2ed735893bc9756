"""Write to its own source, which can only be read.

kind: tampering
attacks: cell
mentions: PermissionError
twin: yes
"""

import os


def attack():
    if os.environ.get("REDTEAM_TWIN"):
        global __file__
        __file__ = "redteam-own.py"
        open(__file__, "x").close()
    open(__file__, "a").close()
    return True
