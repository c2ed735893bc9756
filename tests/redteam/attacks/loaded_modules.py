"""Find the hidden tests or the reference among the loaded modules.

kind: reading
attacks: cell
mentions: the attack failed
twin: no: only the usual design, tests and submission in one process, has them there
"""

import sys


def attack():
    secret = ("solutions", "tests.hidden", "test_cell", "_pytest", "hypothesis")
    return [name for name in sys.modules if name.startswith(secret)]
