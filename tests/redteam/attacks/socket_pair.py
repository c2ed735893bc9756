"""Make a pair of sockets, to pass messages to the next submission.

kind: escaping
attacks: cell
mentions: PermissionError
twin: yes
"""

import socket


def attack():
    for end in socket.socketpair():
        end.close()
    return True
