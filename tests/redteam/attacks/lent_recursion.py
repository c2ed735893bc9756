"""Have a method of the test call a function of this program that calls the method.

kind: exhausting
attacks: fit
mentions: nested too deep | did not return within 1 s
"""


def fit(model, data):
    def again(x, y):
        return data.each(again)

    return again(0, 0)
