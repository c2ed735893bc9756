"""BLEU of a4 against sacrebleu: the reference, and the oracle of the hidden tests."""

import importlib.util
import random
from pathlib import Path

import pytest
from sacrebleu.metrics import BLEU

from solutions.a4_seq2seq.seq2seq.bleu import corpus_bleu

HIDDEN = Path(__file__).parents[1] / "hidden" / "a4_seq2seq" / "test_corpus_bleu.py"


def draw_corpus(rng):
    """Few words, so that n-grams repeat; empty sentences; up to three references."""
    words = "abcd"[: rng.randint(1, 4)]

    def sentence():
        return [rng.choice(words) for _ in range(rng.randint(0, 9))]

    number = rng.randint(1, 6)
    references = [[sentence() for _ in range(rng.randint(1, 3))] for _ in range(number)]
    return [sentence() for _ in range(number)], references, rng.randint(1, 5)


def by_sacrebleu(hypotheses, references, max_order):
    metric = BLEU(max_ngram_order=max_order, smooth_method="none", tokenize="none", force=True)
    streams = [
        [" ".join(own[k]) if k < len(own) else None for own in references]
        for k in range(max(map(len, references)))
    ]
    return metric.corpus_score([" ".join(h) for h in hypotheses], streams).score


def oracle_of_the_hidden_tests(monkeypatch):
    """`by_counting`; what the file imports of the student's package is the reference."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "solutions" / "a4_seq2seq"))
    spec = importlib.util.spec_from_file_location("hidden_test_corpus_bleu", HIDDEN)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.by_counting


def test_2000_corpora_have_the_points_that_sacrebleu_gives_them(monkeypatch):
    rng, by_counting, zeros = random.Random(0), oracle_of_the_hidden_tests(monkeypatch), 0
    for number in range(2000):
        corpus = draw_corpus(rng)
        expected = by_sacrebleu(*corpus)
        assert corpus_bleu(*corpus) == pytest.approx(expected, abs=1e-9)
        if number < 200:
            assert by_counting(*corpus) == pytest.approx(expected, abs=1e-9)
        zeros += expected == 0
    assert 200 < zeros < 1200  # neither all of them nor none
