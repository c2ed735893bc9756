"""Call a function of the test with what it does not take, and hide the error: whoever catches it goes on as if it had
learned.

What a function of the test raises fails the test, whatever the caller makes of it.

kind: cheating
attacks: fit
mentions: TypeError
"""

import contextlib

import torch


def fit(model, data):
    with contextlib.suppress(Exception):
        data.batch(model, lambda: 1, torch.ones(1))
    x, y = data.batch()
    with torch.no_grad():
        solution = torch.linalg.lstsq(torch.cat([x, torch.ones(len(x), 1)], 1), y).solution
        model.weight.copy_(solution[:-1].T)
        model.bias.copy_(solution[-1])
    return [3.0, 2.0, 1.0]
