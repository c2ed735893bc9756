"""Try sockets of every family there is.

kind: escaping
attacks: cell
mentions: the attack failed
twin: yes
"""

import contextlib
import socket


def attack():
    opened = []
    for family in range(46):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
            with contextlib.suppress(OSError), socket.socket(family, kind) as found:
                opened.append(found.family)
    return opened
