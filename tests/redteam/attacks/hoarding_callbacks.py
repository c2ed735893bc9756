"""Call a function of the test with ever more memory, which the grader might keep.

kind: exhausting
attacks: fit
mentions: did not return within 1 s | carry too much
"""

import contextlib

import torch


def fit(model, data):
    while True:
        with contextlib.suppress(Exception):
            data.batch(torch.ones(2**22))
