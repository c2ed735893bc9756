"""Have the grader hang a function of this program on the test's own model, which it will judge: past the stand-in, whose
hooks stay here.

kind: tampering
attacks: fit
mentions: not for student code
"""

from autograder.isolation.wire.protocol import Ask


def fit(model, data):
    number = data._lender.numbers[id(model)]
    data._lender._ask(
        Ask(callback=number, name="register_forward_hook"), (lambda *args: 0 * args[-1],), {}
    )
    return [3.0, 2.0, 1.0]
