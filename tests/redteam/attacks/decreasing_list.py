"""Return losses that fall, and train nothing.

kind: cheating
attacks: fit
"""


def fit(model, data):
    return [2.0**-step for step in range(50)]
