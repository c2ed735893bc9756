"""Start a thread that goes on answering after the call has returned.

kind: tampering
attacks: scale
"""

import contextlib
import json
import os
import struct
import threading


def answer():
    text = json.dumps({"value": [2.0, 4.0]}).encode()
    while True:
        for descriptor in range(3, 8):
            with contextlib.suppress(OSError):
                os.write(descriptor, struct.pack("!4sIQ", b"AGW1", len(text), 0) + text)


def scale(x, factor):
    threading.Thread(target=answer, daemon=True).start()
    return x
