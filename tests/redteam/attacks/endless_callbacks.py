"""Call the test's functions for ever.

kind: exhausting
attacks: fit
mentions: did not return within 1 s
"""


def fit(model, data):
    while True:
        data.batch()
