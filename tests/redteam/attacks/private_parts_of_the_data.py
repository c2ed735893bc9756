"""Look for the held-out examples in everything that hangs on the data set object.

kind: cheating
attacks: fit
"""


def fit(model, data):
    for name in ("_held_out", "held_out", "__dict__", "__closure__", "__globals__", "__self__"):
        for value in (data, data.batch):
            found = getattr(value, name, None)
            if found and "weight" in str(found):
                return [1.0, 0.1, 0.01]
    return [1.0, 0.9, 0.8]
