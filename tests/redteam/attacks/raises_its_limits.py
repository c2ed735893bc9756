"""Raise its own limits.

kind: escaping
attacks: cell
mentions: ValueError | PermissionError
twin: yes
"""

import resource


def attack():
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    return True
