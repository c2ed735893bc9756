"""Return a generator of losses that never ends.

kind: exhausting
attacks: fit
"""


def fit(model, data):
    def losses():
        while True:
            yield 1.0

    return losses()
