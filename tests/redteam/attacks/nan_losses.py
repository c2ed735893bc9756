"""Fill the model with nan, which no comparison calls worse.

kind: cheating
attacks: fit
"""


def fit(model, data):
    model.weight.data.fill_(float("nan"))
    return [1.0, float("nan"), float("-inf")]
