"""Texts for people that quote a submission: nothing in them can steer a terminal, a browser's
layout or a log.
"""

from autograder.submission.limits import PROBLEMS


def clean(text: str, limit: int = 80) -> str:
    """`text` on one line, with every unprintable character (controls, direction marks, lone
    surrogates) replaced.

    What is longer than `limit` characters keeps its beginning and its end, because a path's end
    names the file.
    """
    if len(text) > limit:
        half = (limit - 1) // 2
        text = text[: limit - 1 - half] + "…" + text[-half:]
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


class Problems:
    """The problems of one submission in the order found, each once."""

    def __init__(self) -> None:
        self._texts: dict[str, None] = {}

    def add(self, text: str) -> None:
        self._texts[clean(text, 500)] = None

    def texts(self) -> list[str]:
        """The first `PROBLEMS` texts, and how many more there are."""
        texts = list(self._texts)
        more = len(texts) - PROBLEMS
        return [*texts[:PROBLEMS], *([f"... and {more} more problems."] if more > 0 else [])]
