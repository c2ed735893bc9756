"""Lemmatisation with the simplemma library (given).

In a module of its own, so that everything else also works where simplemma is not installed.
"""

from collections.abc import Iterable

import simplemma


def lemmatize(tokens: Iterable[str]) -> list[str]:
    """Replace each lower-case English token by its dictionary form: "films" by "film".

    The dictionary comes with the library; nothing is downloaded.
    """
    return [simplemma.lemmatize(token, lang="en").lower() for token in tokens]
