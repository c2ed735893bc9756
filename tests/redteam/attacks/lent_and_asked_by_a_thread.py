"""Ask for something of the test between its calls, from a thread that goes on after the call is over.

kind: tampering
attacks: fit
"""

import contextlib
import threading
import time

from autograder.isolation.wire.protocol import Ask


def fit(model, data):
    def ask():
        while True:
            with contextlib.suppress(Exception):
                data._lender._ask(Ask(callback=data._number, name="batch"), (), {})
            time.sleep(0.001)

    threading.Thread(target=ask, daemon=True).start()
    return [3.0, 2.0, 1.0]
