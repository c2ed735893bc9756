"""Wrong BLEUs that students really write, each with a hint for whoever wrote it."""

from autograder.testing import Misconception
from solutions.a4_seq2seq.seq2seq.bleu import corpus_bleu as corpus_score

MATCHES = "matches[order] += (found & allowed).total()"
TOTALS = "totals[order] += found.total()"
ALLOWED = "allowed |= count_ngrams(reference, order + 1)"
LENGTH = "r += min(lengths, key=lambda length: (abs(length - len(hypothesis)), length))"
LOGS = "logs = [math.log(m / total) for m, total in zip(matches, totals, strict=True)]"
RESULT = "return 100 * min(1.0, math.exp(1 - r / c)) * math.exp(sum(logs) / max_order)"
NOTHING = "    if 0 in matches:\n        return 0.0\n"
SIZES = """    if len(hypotheses) != len(references):
        raise ValueError(f"{len(hypotheses)} hypotheses, but {len(references)} with references")
"""
ORPHANS = """    if not all(len(own) for own in references):
        raise ValueError("a hypothesis has no reference")
"""
ORDER = """    if max_order < 1:
        raise ValueError(f"max_order is {max_order}; it must be 1 or more")
"""


def mean_of_sentences(hypotheses, references, max_order=4):
    if max_order < 1 or len(hypotheses) != len(references):
        raise ValueError("arguments")
    scores = [
        corpus_score([hypothesis], [own], max_order)
        for hypothesis, own in zip(hypotheses, references, strict=True)
    ]
    return sum(scores) / len(scores) if scores else 0.0


def bleu(name, edits, says, hint):
    hint = f"{hint} (Handout, section 8.)"
    return Misconception("corpus_bleu", name, says=says, hint=hint, edits=edits)


MISCONCEPTIONS = [
    Misconception(
        "corpus_bleu",
        "mean-of-sentences",
        says="each sentence has a BLEU of its own, and these are averaged",
        hint="What is added up over the corpus before anything is divided? (Handout, section 8.)",
        code=(mean_of_sentences,),
        replaces="corpus_bleu",
    ),
    bleu(
        "not-clipped",
        {MATCHES: "matches[order] += sum(k for gram, k in found.items() if gram in allowed)"},
        "counts are not clipped",
        'How many points has "the the the the"?',
    ),
    bleu(
        "clipped-by-the-sum",
        {ALLOWED: "allowed += count_ngrams(reference, order + 1)"},
        "counts are clipped by the sum over all references",
        "Two references with one `the` each: how often may the hypothesis say it?",
    ),
    bleu(
        "clipped-by-the-first",
        {ALLOWED: "allowed = allowed or count_ngrams(reference, order + 1)"},
        "only the first reference counts",
        "What are the other references for?",
    ),
    bleu(
        "different-only",
        {MATCHES: "matches[order] += len(found & allowed)"},
        "an n-gram that matches several times counts once",
        "A reference says `the` twice, and so does the hypothesis: how many matches?",
    ),
    bleu(
        "no-brevity",
        {RESULT: RESULT.replace("min(1.0, math.exp(1 - r / c)) * ", "")},
        "the penalty for short output is missing",
        'How many points has the hypothesis "the"?',
    ),
    bleu(
        "brevity-inverted",
        {
            RESULT: RESULT.replace("1 - r / c", "1 - c / r").replace(
                "min(1.0, math.exp(1 - c / r))", "(min(1.0, math.exp(1 - c / r)) if r else 1.0)"
            )
        },
        "c and r are exchanged in the penalty",
        "Which output is punished: the short or the long one?",
    ),
    bleu(
        "long-punished",
        {RESULT: RESULT.replace("min(1.0, math.exp(1 - r / c))", "math.exp(-abs(1 - r / c))")},
        "long output is punished, too",
        "What does the minimum with 1 say about output that is longer than the reference?",
    ),
    bleu(
        "shortest",
        {LENGTH: "r += min(lengths)"},
        "the shortest reference says how long the output should be",
        "Which of several references is the one whose length counts?",
    ),
    bleu(
        "first-length",
        {LENGTH: "r += lengths[0]"},
        "the first reference says how long the output should be",
        "Which of several references is the one whose length counts?",
    ),
    bleu(
        "mean-length",
        {LENGTH: "r += sum(lengths) / len(lengths)"},
        "the references' mean length says how long the output should be",
        "Which of several references is the one whose length counts?",
    ),
    bleu(
        "ties-longer",
        {LENGTH: LENGTH.replace(", length))", ", -length))")},
        "of two references that are equally close in length the longer one counts",
        "Which one does the docstring take?",
    ),
    bleu(
        "arithmetic",
        {
            RESULT: RESULT.replace(
                "math.exp(sum(logs) / max_order)", "sum(math.exp(x) for x in logs) / max_order"
            )
        },
        "the precisions have an arithmetic mean",
        "What is a geometric mean of 1 and 0?",
    ),
    bleu(
        "fraction",
        {RESULT: RESULT.replace("100 * ", "")},
        "the result is a fraction of 1, not points",
        "How many points has a perfect corpus?",
    ),
    bleu(
        "no-root",
        {RESULT: RESULT.replace(" / max_order", "")},
        "the product of the precisions has no root",
        "What is the exponent 1/N for?",
    ),
    bleu(
        "smoothed",
        {
            NOTHING: "    if 0 in totals or c == 0:\n        return 0.0\n",
            LOGS: LOGS.replace("m / total", "max(m, 1e-9) / total"),
        },
        "a count of 0 is replaced by a small number",
        "What does the docstring say about smoothing?",
    ),
    bleu(
        "plus-one",
        {
            NOTHING: "    if 0 in matches[:1]:\n        return 0.0\n",
            LOGS: LOGS.replace("m / total", "(m + 1) / (total + 1)"),
        },
        "1 is added to all counts",
        "What does the docstring say about smoothing?",
    ),
    bleu(
        "fails-without-matches",
        {NOTHING: ""},
        "the logarithm of 0 is taken",
        "What is the result when nothing matches?",
    ),
    bleu(
        "recall",
        {TOTALS: "totals[order] += max(allowed.total(), 1)"},
        "matches are divided by the n-grams of the references",
        "A precision asks: how many of *whose* n-grams are right?",
    ),
    bleu(
        "always-four",
        {ORDER: f"{ORDER}    max_order = 4\n"},
        "max_order is not used",
        "What is the largest n?",
    ),
    bleu(
        "short-orders-skipped",
        {
            NOTHING: "    pairs = [(m, total) for m, total in zip(matches, totals, strict=True) if total]\n"
            "    if not pairs or 0 in [m for m, _ in pairs]:\n        return 0.0\n"
            "    matches, totals = zip(*pairs, strict=True)\n    max_order = len(matches)\n",
        },
        "orders that no hypothesis reaches are left out",
        "Which precision has a corpus without any run of four?",
    ),
    bleu(
        "joined-by-blanks",
        {
            "return Counter(tuple(sentence[i : i + n])": 'return Counter(" ".join(map(str, sentence[i : i + n]))'
        },
        "tokens are joined to a text",
        "Are the tokens `a b` and `c` the same as `a` and `b c`?",
    ),
    bleu(
        "empty-skipped",
        {
            "        c += len(hypothesis)\n": "        if not len(hypothesis):\n            continue\n        c += len(hypothesis)\n"
        },
        "empty hypotheses are left out",
        "A model that says nothing to half of the sentences: how long should its output be?",
    ),
    bleu(
        "sizes-accepted",
        {SIZES: "", "zip(hypotheses, references, strict=True)": "zip(hypotheses, references)"},
        "different numbers of hypotheses and references are accepted",
        "What does Raises say?",
    ),
    bleu(
        "orphans-accepted",
        {
            ORPHANS: "",
            "own in zip(hypotheses": "own in ((h, o or [[]]) for h, o in zip(hypotheses",
            "references, strict=True):": "references, strict=True)):",
        },
        "a hypothesis without references is accepted",
        "What does Raises say?",
    ),
    bleu(
        "order-accepted",
        {ORDER: "    if max_order < 1:\n        return 100.0\n"},
        "a max_order below 1 is accepted",
        "What does Raises say?",
    ),
]
