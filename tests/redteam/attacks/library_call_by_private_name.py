"""Use the private twin of the forbidden function.

kind: cheating
attacks: scale
mentions: uses torch.mul | calls torch.mul | called torch.mul
"""

import torch


def scale(x, factor):
    return torch._C._VariableFunctions.mul(x, factor)
