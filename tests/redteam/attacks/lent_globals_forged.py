"""Ask the grader for the globals of a bound method of the test.

kind: cheating
attacks: fit
mentions: not for student code
"""

import torch

from autograder.isolation.wire.protocol import Ask


def fit(model, data):
    x, y = data._lender._ask(Ask(callback=data.batch.args[0], get="__globals__"), (), {})
    solution = torch.linalg.lstsq(x, y).solution
    with torch.no_grad():
        model.weight.copy_(solution.T)
        model.bias.zero_()
    return [3.0, 2.0, 1.0]
