"""Find a function of the hidden tests among all objects of the process.

kind: reading
attacks: cell
mentions: the attack failed
twin: no: only the usual design, tests and submission in one process, has them there
"""

import gc
import types


def attack():
    gc.collect()
    functions = [found for found in gc.get_objects() if isinstance(found, types.FunctionType)]
    secret = ("test_values_and_gradients", "test_refuses_a_negative_factor", "assert_matches")
    return [
        found for found in functions if found.__name__ in secret and found.__module__ != __name__
    ]
