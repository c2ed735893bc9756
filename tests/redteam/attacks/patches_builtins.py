"""Replace the built-in functions that a comparison could use.

kind: tampering
attacks: scale
"""

import builtins

import torch


def scale(x, factor):
    builtins.abs = builtins.max = lambda *args, **kwargs: 0
    builtins.all = builtins.isinstance = lambda *args, **kwargs: True
    builtins.AssertionError = KeyError
    return torch.zeros(1)
