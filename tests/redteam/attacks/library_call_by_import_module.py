"""Import the library while running.

kind: cheating
attacks: scale
mentions: uses torch.mul | calls torch.mul | called torch.mul
"""

import importlib


def scale(x, factor):
    return importlib.import_module("torch").mul(x, factor)
