"""Pass the forbidden function through variables and a container.

kind: cheating
attacks: scale
mentions: uses torch.mul | calls torch.mul | called torch.mul
"""

import torch

library = torch
TABLE = {"times": library.mul}


def scale(x, factor):
    return TABLE["times"](x, factor)
