"""Hidden tests of corpus_bleu.

The oracle counts every n-gram in plain lists; `tests/course/test_bleu_a4.py` compares it and the
reference with sacrebleu. Corpora have few different words, so that n-grams repeat, and
most hypotheses are made of a reference, so that BLEU is not 0. There are no tensors here, and so no
memory layouts.
"""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seq2seq.bleu import corpus_bleu

from autograder.testing import assert_matches

SEEDS = st.integers(0, 2**32)
SCORES = "the scores of several corpora"
# Right programs differ by 1e-13 points, wrong ones by 4.9 and more.
EXACT = {"atol": 1e-9}


def by_counting(hypotheses, references, max_order=4):
    """BLEU by the definition, with a search through lists for every n-gram."""
    product = 1.0
    for n in range(1, max_order + 1):
        matches = total = 0
        for hypothesis, own in zip(hypotheses, references, strict=True):
            grams = pieces(hypothesis, n)
            total += len(grams)
            different = [gram for i, gram in enumerate(grams) if gram not in grams[:i]]
            for gram in different:
                most = max(pieces(reference, n).count(gram) for reference in own)
                matches += min(grams.count(gram), most)
        if matches == 0:
            return 0.0
        product *= matches / total
    c = sum(len(hypothesis) for hypothesis in hypotheses)
    r = 0
    for hypothesis, own in zip(hypotheses, references, strict=True):
        distance = min(abs(len(reference) - len(hypothesis)) for reference in own)
        r += min(len(x) for x in own if abs(len(x) - len(hypothesis)) == distance)
    return 100 * min(1.0, math.exp(1 - r / c)) * product ** (1 / max_order)


def pieces(sentence, n):
    return [list(sentence[i : i + n]) for i in range(len(sentence) - n + 1)]


def corpus(rng, shortest=4, most_references=3, sentences=None):
    """Hypotheses with 1 to `most_references` references each, of 2 to 4 different words."""
    words = rng.choice(["ab", "abc", "abcd"])
    hypotheses, references = [], []
    for _ in range(sentences or rng.randint(2, 5)):
        own = [
            [rng.choice(words) for _ in range(rng.randint(shortest, 9))]
            for _ in range(rng.randint(1, most_references))
        ]
        hypothesis = [rng.choice(words) if rng.random() < 0.2 else word for word in own[-1]]
        cut = rng.choice([0, 0, 0, 1, 2])
        hypotheses.append(hypothesis[: len(hypothesis) - cut] + hypothesis[: rng.choice([0, 0, 2])])
        references.append(own)
    return hypotheses, references


def corpora(seed, number=4, **options):
    """Several corpora, the first of which has neither 0 points nor 100."""
    rng = random.Random(seed)
    found = [corpus(rng, **options) for _ in range(number)]
    found[0] = ([list("abcab"), list("abdcd")], [[list("abcabc")], [list("bcd"), list("abcdda")]])
    return found


def compare(found, *order, what=SCORES):
    actual = [corpus_bleu(*one, *order) for one in found]
    expected = [by_counting(*one, *order) for one in found]
    assert_matches(actual, expected, what=what, **EXACT)


@given(SEEDS)
def test_corpora(seed):
    compare(corpora(seed))


@given(SEEDS)
def test_one_reference(seed):
    compare(corpora(seed, most_references=1), what="the scores with one reference each")


@given(SEEDS)
def test_any_order(seed):
    found = corpora(seed)
    actual = [corpus_bleu(*one, order) for one in found for order in (1, 2, 3, 5)]
    expected = [by_counting(*one, order) for one in found for order in (1, 2, 3, 5)]
    assert_matches(actual, expected, what="the scores up to order 1, 2, 3 and 5", **EXACT)


@given(SEEDS)
def test_short_and_empty_sentences(seed):
    """Hypotheses and references of 0 to 9 tokens; some scores are 0."""
    found = corpora(seed, shortest=0)
    hypotheses, references = found[0]
    found.append(([*hypotheses, []], [*references, [["a", "b"]]]))
    found.append(([*hypotheses, ["a"]], [*references, [[]]]))
    found.append(([*hypotheses, ["a"]], [*references, [[], ["a", "a", "a"]]]))
    compare(found, 2, what="the scores where sentences are short or empty")
    compare(found, what="the scores where sentences are short or empty")


@given(SEEDS)
def test_repeated_words(seed):
    """The references have them once and twice, the best one for each word is another one."""
    n = 4 + seed % 3
    found = [
        (["a"] * n, [list("abcde"), list("aabcd")]),
        (["a"] * n + ["b"] * n, [list("aaab"), list("abbb"), list("cccc")]),
        (list("ab") * n, [list("abab"), list("baba"), list("abcabc")]),
    ]
    found = [([hypothesis], [own]) for hypothesis, own in found]
    what = "the scores of hypotheses that repeat themselves"
    compare(found, 1, what=what)
    compare(found, 2, what=what)


@given(SEEDS)
def test_closest_reference(seed):
    """Each reference begins with the hypothesis, so that only lengths make a difference."""
    rng = random.Random(seed)
    found = []
    for longer in ([2], [9, 1, 3], [3, 9], [1, 8], [7, 2, 12]):
        hypothesis = [rng.choice("ab") for _ in range(5)]
        own = [hypothesis + ["c"] * more for more in longer]
        rng.shuffle(own)
        found.append(([hypothesis], [own]))
    compare(found, 2, what="the scores when every reference is longer")
    # Sentences of different lengths: that the nearest ones are added up matters.
    together = [one[0][0] for one in found], [one[1][0] for one in found]
    compare([together, found[0]], 2, what="the scores when every reference is longer")


@given(SEEDS)
def test_equally_close_references(seed):
    rng = random.Random(seed)
    found = []
    for more in (1, 2, 3):
        hypothesis = [rng.choice("ab") for _ in range(5)]
        own = [hypothesis + ["c"] * more, hypothesis[: 5 - more]]
        if rng.random() < 0.5:
            own.reverse()
        found.append(([hypothesis, ["a"] * 4], [own, [["a"] * (5 + 2 * more)]]))
    compare(found, 1, what="the scores when a shorter and a longer reference are equally close")


@given(SEEDS)
def test_long_hypotheses_have_no_other_penalty(seed):
    found = [
        ([own[0] + ["x"] * (2 + seed % 3) for own in references], references)
        for _, references in corpora(seed, most_references=1)
    ]
    compare(found, 2, what="the scores of hypotheses that are too long")


@given(SEEDS)
def test_the_corpus_is_one(seed):
    """Sentences change places or come twice, and the score stays; that of each alone differs."""
    found = corpora(seed)
    expected = [by_counting(*one) for one in found]
    turned = [(one[0][::-1], [own[::-1] for own in one[1][::-1]]) for one in found]
    actual = [corpus_bleu(*one) for one in turned]
    assert_matches(actual, expected, what="the scores with everything in reverse order", **EXACT)
    actual = [corpus_bleu(one[0] * 3, one[1] * 3) for one in found]
    assert_matches(actual, expected, what="the scores of corpora that come three times", **EXACT)


@given(SEEDS)
def test_no_match_of_some_order(seed):
    hypotheses, references = corpora(seed)[0]
    backwards = [hypothesis[:3][::-1] for hypothesis in hypotheses]
    strange = [["x"] * 6 for _ in hypotheses]
    actual = [corpus_bleu(hypotheses, references), corpus_bleu(strange, references)]
    actual += [corpus_bleu(backwards, references), corpus_bleu([[]] * 2, references, 1)]
    actual += [corpus_bleu(hypotheses, references, 9), corpus_bleu([[]] * 2, [[[]]] * 2)]
    expected = [by_counting(hypotheses, references), 0.0, 0.0, 0.0, 0.0, 0.0]
    assert_matches(actual, expected, what="the scores where some order has no match", **EXACT)


@given(SEEDS)
def test_no_sentences(seed):
    one = corpora(seed)[0]
    actual = [corpus_bleu([], []), corpus_bleu([], [], 1), corpus_bleu(*one)]
    expected = [0.0, 0.0, by_counting(*one)]
    assert_matches(actual, expected, what="the scores of no sentences, and of some", **EXACT)


@given(SEEDS)
def test_tokens_of_any_kind(seed):
    """Ids, 0 among them; words that contain blanks, or are empty; pairs; and tuples of them."""
    found, kinds = corpora(seed), []
    for names in (
        [0, 1, 2, 11],
        ["a b", "a", "b", ""],
        [(0, 1), (0,), (1,), ()],
        [1, "1", 12, "2"],
    ):
        named = dict(zip("abcd", names, strict=True))
        for hypotheses, references in found[:2]:
            sentences = [tuple(named[word] for word in sentence) for sentence in hypotheses]
            own = [tuple(tuple(named[w] for w in x) for x in many) for many in references]
            kinds.append((tuple(sentences), tuple(own)))
    compare(kinds, what="the scores of tokens that are no words")


@given(SEEDS)
def test_a_python_float(seed):
    found = [*corpora(seed), ([], []), ([["a"]], [[["b"]]])]
    scores = [corpus_bleu(*one) for one in found]
    expected = [by_counting(*one) for one in found]
    assert all(isinstance(score, float) for score in scores), "the score is no Python float"
    assert_matches(scores, expected, what=SCORES, **EXACT)


@given(SEEDS)
def test_refuses_what_does_not_fit(seed):
    hypotheses, references = corpora(seed)[0]
    compare([(hypotheses, references), (hypotheses[:1], references[:1])])
    wrong = [
        (hypotheses, references[:1]),
        (hypotheses[:1], references),
        (hypotheses, []),
        ([], references),
        (hypotheses, [references[0], []]),
        (hypotheses, [[], references[1]]),
        ([[], hypotheses[0]], [[], references[0]]),
        (hypotheses, references, 0),
        (hypotheses, references, -1 - seed % 3),
    ]
    for arguments in wrong:
        with pytest.raises(ValueError):
            corpus_bleu(*arguments)


@given(SEEDS)
def test_one_call_after_another(seed):
    found = corpora(seed)
    hypotheses, references = (
        [list(h) for h in found[0][0]],
        [[list(x) for x in own] for own in found[0][1]],
    )
    first = [corpus_bleu(hypotheses, references), corpus_bleu(*found[1], 2)]
    again = [corpus_bleu(hypotheses, references), corpus_bleu(*found[1], 2)]
    assert_matches([hypotheses, references], list(found[0]), what="the arguments afterwards")
    expected = [by_counting(*found[0]), by_counting(*found[1], 2)]
    assert_matches(first + again, expected * 2, what="the scores of four calls", **EXACT)
