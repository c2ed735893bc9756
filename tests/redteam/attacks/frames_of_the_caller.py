"""Look through the callers' variables for what is expected.

kind: reading
attacks: cell
mentions: the attack failed
twin: no: only the usual design, tests and submission in one process, has them there
"""

import sys


def attack():
    frame = sys._getframe().f_back
    while frame is not None:
        if any("expected" in name or "reference" in name.lower() for name in frame.f_locals):
            return True
        frame = frame.f_back
    return False
