"""Raise an error whose text steers a terminal, a browser and a log.

kind: tampering
attacks: scale
mentions: ValueError
"""


def scale(x, factor):
    raise ValueError(
        "\x1b[2J\x1b]0;owned\x07 <script>alert(1)</script> [bold]\u202e \ud800 \0 %s {0}"
    )
