"""Write answers of the wire format to every descriptor, then go on as if nothing had been.

A forged answer is a claim like any other: it says True where a tensor is expected.

kind: tampering
attacks: scale
"""

import contextlib
import json
import os
import struct

CLAIMS = ({"value": True}, {"passed": True}, {"score": 1000}, {"value": {"d": []}})


def scale(x, factor):
    for claim in CLAIMS:
        text = json.dumps(claim).encode()
        for descriptor in range(64):
            with contextlib.suppress(OSError):
                os.write(descriptor, struct.pack("!4sIQ", b"AGW1", len(text), 0) + text)
    return x
