"""Have the test make objects without end, and keep them all.

kind: exhausting
attacks: fit
mentions: did not return within 1 s | objects of the test are in use | carry too much
"""


def fit(model, data):
    kept = []
    while True:
        kept.append(data.other())
