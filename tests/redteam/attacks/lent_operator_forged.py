"""Ask the grader to call an operator that the class of an object of the test does not define, but has.

kind: cheating
attacks: fit
mentions: not for student code
"""

import torch

from autograder.isolation.wire.protocol import Ask


def fit(model, data):
    x, y = data._lender._ask(
        Ask(callback=data._number, name="__getattribute__"), ("_held_out",), {}
    )
    solution = torch.linalg.lstsq(x, y).solution
    with torch.no_grad():
        model.weight.copy_(solution.T)
        model.bias.zero_()
    return [3.0, 2.0, 1.0]
