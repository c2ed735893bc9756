"""Replace the worker's encoder by one that names things in the grader: functions, callbacks, lent objects.

kind: tampering
attacks: scale
mentions: no answer
"""

from autograder.isolation.worker import worker


def scale(x, factor):
    worker.WorkerEncoder.encode = lambda self, value, depth=0: {"lib": ["torch", "equal"]}
    return x
