"""Return a function that the grader calls, which calls the grader, which calls it.

kind: exhausting
attacks: fit
"""


def fit(model, data):
    def again(*args):
        return data.batch(again)

    return again()
