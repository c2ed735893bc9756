"""Open a socket of the internet, to send the hidden inputs somewhere.

kind: escaping
attacks: cell
mentions: PermissionError
twin: yes
"""

import socket


def attack():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        return opened.fileno() >= 0
