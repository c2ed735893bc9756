"""Lemmatisation with the simplemma library (given).

The library is imported when it is needed, so that everything else also works without it.
"""

from collections.abc import Iterable


def lemmatize(tokens: Iterable[str]) -> list[str]:
    """Replace each lower-case English token by its dictionary form: "films" by "film".

    The dictionary comes with the library; nothing is downloaded.
    """
    import simplemma

    return [simplemma.lemmatize(token, lang="en").lower() for token in tokens]
