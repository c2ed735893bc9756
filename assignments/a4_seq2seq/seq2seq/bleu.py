"""How near translations are to those that people made: BLEU.

A token is anything that can be compared with == and used as a key: a word, an id, a tuple. A
sentence is a sequence (list or tuple) of tokens. Arguments are not changed.

Handout: README.md, section 8.
"""

from collections.abc import Hashable, Sequence


def corpus_bleu(
    hypotheses: Sequence[Sequence[Hashable]],
    references: Sequence[Sequence[Sequence[Hashable]]],
    max_order: int = 4,
) -> float:
    """BLEU of a whole corpus, in points from 0 to 100.

    For each n = 1, ..., max_order, over all sentences together:

        matches_n = the sum, over sentences and their different n-grams, of the smaller of
                    its count in the hypothesis and
                    its largest count in any one of the references of that sentence
        total_n   = the number of n-grams in the hypotheses, repeated ones included

    and with c the number of tokens of all hypotheses, and r the sum over the sentences of the
    length of that reference which is closest in length to the hypothesis (of two that are equally
    close the shorter one):

        BLEU = 100 * min(1, exp(1 - r / c)) * (product of all matches_n / total_n) ** (1 / max_order)

    Arguments:
        hypotheses: a sentence for each source, as a model wrote it. It may be empty.
        references: for each of them one or more sentences that people wrote; not always equally
            many. They may be empty, too.
        max_order: the largest n, 1 or more.

    Returns:
        A Python float, not rounded. There is no smoothing: 0.0 if any matches_n is 0, so also if no
        hypothesis has max_order tokens, and if there are no sentences. An empty hypothesis adds
        nothing to c, but to r like any other.

    Raises:
        ValueError: there are not as many lists of references as hypotheses, a hypothesis has no
            reference, or max_order is below 1.

    Source: handout, section 8; Papineni, Roukos, Ward and Zhu, "BLEU: a Method for Automatic
        Evaluation of Machine Translation" (2002), section 2.
    """
    raise NotImplementedError("corpus_bleu: not started")
