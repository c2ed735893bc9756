"""Replace the model by one that is right, in its own process.

kind: cheating
attacks: fit
"""

import torch


def fit(model, data):
    model.forward = lambda x: torch.zeros(len(x), 1)
    model.__class__ = type("Better", (torch.nn.Linear,), {"__call__": model.forward})
    return [1.0, 0.1, 0.01]
