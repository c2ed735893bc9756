"""Raise an exception that has the name and the module of pytest's `xfail`, without importing it.

kind: tampering
attacks: scale
mentions: XFailed
"""

XFailed = type("XFailed", (BaseException,), {"__module__": "_pytest.outcomes"})


def scale(x, factor):
    raise XFailed("expected")
