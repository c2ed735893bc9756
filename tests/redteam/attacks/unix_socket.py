"""Open a Unix socket, to talk to a daemon of the machine.

kind: escaping
attacks: cell
mentions: PermissionError
twin: yes
"""

import socket


def attack():
    with socket.socket(socket.AF_UNIX) as opened:
        return opened.fileno() >= 0
