"""Raise what ends a session of pytest.

kind: tampering
attacks: scale
mentions: Exit
"""

import pytest


def scale(x, factor):
    pytest.exit("all done", returncode=0)
