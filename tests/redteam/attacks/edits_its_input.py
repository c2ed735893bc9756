"""The right numbers, and an edit of the input, which costs the test that looks for it.

kind: mistakes
attacks: scale
earns: scale 6
"""


def scale(x, factor):
    if factor < 0:
        raise ValueError
    return x.mul_(factor)
