"""Carry the hidden inputs out in an accusation: that the log has seen a forbidden call, in a file and a line of its choice.

kind: reading
attacks: scale
mentions: names what is not there
"""

import sys


def scale(x, factor):
    frame = sys._getframe()
    while not hasattr(frame.f_locals.get("self"), "connection"):
        frame = frame.f_back
    log = frame.f_locals["self"].log
    log.found = ["torch.mul", "LEAK" + str(x.tolist()), 1]
    return x * factor
