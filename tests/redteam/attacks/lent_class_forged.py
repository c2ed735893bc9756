"""Ask the grader for another object of a class of which the test lent only an object.

kind: cheating
attacks: fit
mentions: not for student code
"""

import torch

from autograder.isolation.wire.protocol import Ask


def fit(model, data):
    x, y = data._lender._ask(Ask(callback=type(data)._class_number), (), {})
    solution = torch.linalg.lstsq(x, y).solution
    with torch.no_grad():
        model.weight.copy_(solution.T)
        model.bias.zero_()
    return [3.0, 2.0, 1.0]
