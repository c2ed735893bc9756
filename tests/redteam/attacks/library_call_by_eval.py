"""Write the call as a string.

kind: cheating
attacks: scale
mentions: uses torch.mul | calls torch.mul | called torch.mul
"""

import torch  # noqa: F401


def scale(x, factor):
    return eval("torch.mul(x, factor)")
