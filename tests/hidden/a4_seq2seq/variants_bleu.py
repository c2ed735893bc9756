"""Right BLEUs, written in other ways than the reference."""

import math
from collections import Counter, defaultdict

import numpy as np

from autograder.testing import Variant


def with_zip_and_clipping_loop(hypotheses, references, max_order=4):
    if max_order < 1:
        raise ValueError("max_order")
    if len(hypotheses) != len(references) or any(len(own) == 0 for own in references):
        raise ValueError("sizes")
    precisions = []
    for n in range(1, max_order + 1):
        right = total = 0
        for hypothesis, own in zip(hypotheses, references, strict=True):
            found = Counter(zip(*[hypothesis[i:] for i in range(n)], strict=False))
            counted = [Counter(zip(*[x[i:] for i in range(n)], strict=False)) for x in own]
            right += sum(min(k, max(c[gram] for c in counted)) for gram, k in found.items())
            total += sum(found.values())
        precisions.append(right / total if total else 0)
    c = sum(map(len, hypotheses))
    if c == 0 or min(precisions) == 0:
        return 0.0
    r = 0
    for hypothesis, own in zip(hypotheses, references, strict=True):
        r += sorted(map(len, own), key=lambda n: (abs(n - len(hypothesis)), n))[0]
    penalty = 1 if c >= r else math.exp(1 - r / c)
    return penalty * math.prod(precisions) ** (1 / max_order) * 100


def nested_dicts(hypotheses, references, max_order=4):
    if max_order <= 0:
        raise ValueError("max_order")
    if len(hypotheses) != len(references):
        raise ValueError("sizes")
    right, total, c, r = defaultdict(int), defaultdict(int), 0, 0
    for i in range(len(hypotheses)):
        words, own = list(hypotheses[i]), [list(reference) for reference in references[i]]
        if not own:
            raise ValueError("no reference")
        c += len(words)
        best = None
        for reference in own:
            rank = (abs(len(reference) - len(words)), len(reference))
            if best is None or rank < best:
                best = rank
        r += best[1]
        most = {}
        for reference in own:
            counts = {}
            for n in range(1, max_order + 1):
                for start in range(len(reference) - n + 1):
                    gram = tuple(reference[start : start + n])
                    counts[gram] = counts.get(gram, 0) + 1
            for gram, k in counts.items():
                most[gram] = max(k, most.get(gram, 0))
        for n in range(1, max_order + 1):
            for start in range(len(words) - n + 1):
                gram = tuple(words[start : start + n])
                total[n] += 1
                if most.get(gram, 0) > 0:
                    most[gram] -= 1
                    right[n] += 1
    log = 0.0
    for n in range(1, max_order + 1):
        if right[n] == 0:
            return 0.0
        log += math.log(right[n]) - math.log(total[n])
    return 100.0 * math.exp(min(0.0, 1 - r / c) + log / max_order)


def numpy_counts(hypotheses, references, max_order=4):
    if max_order < 1 or len(hypotheses) != len(references) or not all(map(len, references)):
        raise ValueError("arguments")
    right, total = np.zeros(max_order), np.zeros(max_order)
    lengths = np.zeros(2)
    for hypothesis, own in zip(hypotheses, references, strict=True):
        sizes = np.array(sorted(len(reference) for reference in own))
        lengths += len(hypothesis), sizes[np.abs(sizes - len(hypothesis)).argmin()]
        for n in range(max_order):
            grams = [tuple(hypothesis[i : i + n + 1]) for i in range(len(hypothesis) - n)]
            most = Counter()
            for reference in own:
                most |= Counter(tuple(reference[i : i + n + 1]) for i in range(len(reference) - n))
            right[n] += sum(min(k, most[gram]) for gram, k in Counter(grams).items())
            total[n] += len(grams)
    if not right.all():
        return 0.0
    c, r = lengths
    return float(100 * np.exp(min(0, 1 - r / c)) * np.exp(np.log(right / total).mean()))


VARIANTS = [
    Variant(
        "corpus_bleu",
        "zip",
        says="n-grams by zip, clipped in a loop",
        code=with_zip_and_clipping_loop,
    ),
    Variant(
        "corpus_bleu",
        "dicts",
        says="plain dicts, matches used up one by one, one exponential",
        code=nested_dicts,
    ),
    Variant("corpus_bleu", "numpy", says="numpy arrays of counts", code=numpy_counts),
    Variant(
        "corpus_bleu",
        "root",
        says="a product and a power",
        edits={
            "math.exp(sum(logs) / max_order)": "math.prod(math.exp(x) for x in logs) ** (1 / max_order)"
        },
    ),
]
