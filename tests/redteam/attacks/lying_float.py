"""Return losses of a float class that is smaller than anything.

kind: tampering
attacks: fit
"""


class Small(float):
    def __lt__(self, other):
        return True

    __le__ = __gt__ = __ge__ = __eq__ = __lt__
    __hash__ = float.__hash__


def fit(model, data):
    return [Small(1.0), Small(1.0), Small(1.0)]
