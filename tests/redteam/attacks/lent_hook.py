"""Hang a function on the test's model that makes its outputs right: the hooks of a stand-in stay in the worker.

kind: tampering
attacks: fit
"""


def fit(model, data):
    y = data.batch()[1]
    model.register_forward_hook(
        lambda module, args, output: y if output.shape == y.shape else output
    )
    model.forward = lambda x: y
    return [3.0, 2.0, 1.0]
