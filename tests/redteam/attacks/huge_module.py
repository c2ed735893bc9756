"""Let the test's model grow until it fills the grader's memory.

kind: exhausting
attacks: fit
"""

import torch


def fit(model, data):
    model.weight.data = torch.ones(2**27)
    return [3.0, 2.0, 1.0]
