"""From raw text to tokens, and from tokens to ids."""

from collections.abc import Callable, Collection, Iterable, Sequence


def tokenize(text: str) -> list[str]:
    """Split a text into lower-case tokens.

    The text is turned into lower case. A token is then one or more of the letters a to z and the
    digits 0 to 9, as many as there are in a row. An apostrophe (') that stands between a token and
    a letter belongs to that token, together with the letters that follow, as often as this happens;
    a digit after them begins a new token. Whatever else is there is dropped.

    Args:
        text: any text, possibly empty.

    Returns:
        The tokens in order, repeats included: "Don't stop, DON'T!" gives
        ["don't", "stop", "don't"], and "'Rock'n'roll' is 50's music" gives
        ["rock'n'roll", "is", "50's", "music"].
    """
    raise NotImplementedError("tokenize: not started")


def remove_stop_words(tokens: Sequence[str], stop_words: Collection[str]) -> list[str]:
    """Drop the tokens that are stop words: frequent words that say little about the topic.

    Args:
        tokens: the tokens of one text, in lower case; not changed.
        stop_words: the words to drop, in lower case.

    Returns:
        The remaining tokens, in their order, repeats included.
    """
    raise NotImplementedError("remove_stop_words: not started")


def mask_rare_words(tokens: Sequence[str], keep: set[str], suffixes: Collection[str]) -> list[str]:
    """Replace every token outside `keep` by a mask that remembers how the word ended.

    A rare word becomes <unk-SUFFIX>, where SUFFIX is the longest of the listed suffixes that it
    ends in: with the suffixes "s", "ness" and "y", "sadness" becomes "<unk-ness>" and "sneaky"
    becomes "<unk-y>". A token equal to a suffix counts as ending in it. A rare word that ends in
    none of them becomes "<unk>".

    Args:
        tokens: the tokens of one text; not changed.
        keep: the words that are frequent enough to stay as they are.
        suffixes: non-empty suffixes without a hyphen, in any order, possibly none.

    Returns:
        As many tokens as came in, in the same order.

    Source: handout, section 4; the idea of treating an unknown word by its suffix is in Brants,
    TnT: A Statistical Part-of-Speech Tagger, 2000, section 2.3.
    """
    raise NotImplementedError("mask_rare_words: not started")


def prepare(
    text: str,
    stop_words: Collection[str],
    keep: set[str],
    suffixes: Collection[str],
    *,
    tokenizer: Callable[[str], list[str]] = tokenize,
    remove: Callable[[list[str], Collection[str]], list[str]] = remove_stop_words,
    mask: Callable[[list[str], set[str], Collection[str]], list[str]] = mask_rare_words,
) -> list[str]:
    """Turn a raw text into clean tokens: the steps above, in the order that makes sense.

    The steps are arguments, so that one can be exchanged (a tokenizer that also lemmatises, say).
    Use the arguments, not the functions above. No stop word comes out, neither as itself nor as a
    mask; every other token of the text comes out, as itself or as a mask.

    Args:
        text: a raw text.
        stop_words: words to drop, in the form in which the tokenizer writes them.
        keep: words that stay as they are; stop words are not necessarily among them.
        suffixes: see mask_rare_words.
        tokenizer: called as tokenizer(text).
        remove: called as remove(tokens, stop_words).
        mask: called as mask(tokens, keep, suffixes).

    Returns:
        The tokens in their order.
    """
    raise NotImplementedError("prepare: not started")


class Vocabulary:
    """A two-way table between tokens and the ids 0, 1, 2, ...

    The special tokens have the first ids, in the order in which they are given. The other tokens
    follow: the most frequent first (all occurrences in all documents count), and among equally
    frequent ones in alphabetical order, so that the ids depend on nothing else. A special token
    that also occurs in the documents keeps its place among the specials and has one id.

    Source: handout, section 5.
    """

    def __init__(
        self,
        documents: Iterable[Iterable[str]],
        min_count: int = 1,
        max_size: int | None = None,
        specials: Sequence[str] = ("<pad>", "<unk>"),
    ) -> None:
        """Count the tokens and give out the ids.

        Args:
            documents: the tokens of each document.
            min_count: a token needs at least this many occurrences; specials need none.
            max_size: the largest size of the whole vocabulary, specials included; the last tokens
                in the order above are left out. None: no limit.
            specials: different tokens that are always in the vocabulary.

        Raises:
            ValueError: max_size is smaller than the number of specials.
        """
        raise NotImplementedError("vocabulary: not started")

    def __len__(self) -> int:
        """How many tokens there are, specials included."""
        raise NotImplementedError("vocabulary: not started")

    def __contains__(self, token: str) -> bool:
        """Whether the token has an id of its own; specials have."""
        raise NotImplementedError("vocabulary: not started")

    def encode(self, tokens: Iterable[str]) -> list[int]:
        """Give the id of each token; a token outside the vocabulary gets the id of "<unk>".

        Returns:
            As many ids as tokens, Python ints, in the same order.

        Raises:
            ValueError: a token is outside the vocabulary and "<unk>" is not one of the specials.
        """
        raise NotImplementedError("vocabulary: not started")

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Give the token of each id, Python ints.

        Raises:
            IndexError: an id is below 0 or at least len(self).
        """
        raise NotImplementedError("vocabulary: not started")
