"""Call the test's functions for ever without reading what they answer.

kind: exhausting
attacks: fit
mentions: did not return | no answer | ended
"""

import contextlib
import json
import os
import struct


def fit(model, data):
    text = json.dumps({"callback": 0, "args": [], "kwargs": {}}).encode()
    frame = struct.pack("!4sIQ", b"AGW1", len(text), 0) + text
    while True:
        for descriptor in range(3, 8):
            with contextlib.suppress(OSError):
                os.write(descriptor, frame)
