"""Return a long list that resembles the expected one, for a failing `assert` to explain the difference at length.

kind: exhausting
attacks: scale
mentions: assert [2.0, 4.0, 2
"""


class Long:
    def tolist(self):
        return [2.0, 4.0, *(2.0 + number % 7 / 10 for number in range(300_000))]


def scale(x, factor):
    return Long()
