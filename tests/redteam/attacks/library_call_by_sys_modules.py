"""Take the library from the table of loaded modules.

kind: cheating
attacks: scale
mentions: uses torch.mul | calls torch.mul | called torch.mul
"""

import sys


def scale(x, factor):
    return sys.modules["torch"].__dict__["mul"](x, factor)
