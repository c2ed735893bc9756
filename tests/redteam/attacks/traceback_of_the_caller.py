"""Look for files of tests in the stack.

kind: reading
attacks: cell
mentions: the attack failed
twin: no: only the usual design, tests and submission in one process, has them there
"""

import traceback


def attack():
    return [
        frame
        for frame in traceback.extract_stack()
        if "test_" in frame.filename or "pytest" in frame.filename
    ]
