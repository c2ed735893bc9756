"""Given: a text to learn from, made up here, and what a model that has read it should know.

Every sentence is about one word of the `THEMES`: a person, a place, a verb, an animal, a thing. Such a
word has two properties: "queen" is royal and female, "wrote" is writing and past. Around it stand words
that go with the one property and with the other, in any order, and small words between. Nothing else
says what a word means.
"""

from collections import Counter
from collections.abc import Iterable
from itertools import permutations

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

# of each word its two properties, and below what stands around a property
THEMES = {
    "people": {
        "king queen": "crown throne reign realm",
        "father mother": "baby cradle lullaby parents",
        "waiter waitress": "tray menu tip dessert",
        "brother sister": "twin sibling rivalry bunk",
        "uncle aunt": "nephew cousin reunion postcard",
        "actor actress": "stage script applause audience",
        "husband wife": "wedding ring vow honeymoon",
        "prince princess": "tower dragon ball heir",
        "boy girl": "school homework playground marbles",
    },
    "places": {
        "france paris french": "baguette cheese vineyard seine",
        "japan tokyo japanese": "rice temple origami samurai",
        "egypt cairo egyptian": "pyramid nile desert camel",
        "italy rome italian": "pasta opera gondola pope",
        "russia moscow russian": "snow vodka ballet tundra",
        "greece athens greek": "olive myth island marble",
        "norway oslo norwegian": "fjord salmon reindeer ski",
        "peru lima peruvian": "llama inca condor potato",
    },
    "verbs": {
        "walk walked": "street shoes path",
        "sing sang": "choir song microphone",
        "write wrote": "letter pen ink",
        "swim swam": "lake pool goggles",
        "eat ate": "soup spoon fork",
        "drive drove": "car road engine",
        "sleep slept": "bed pillow dream",
        "paint painted": "canvas brush colour",
    },
    "animals": {
        "dog wolf": "bark bone howl",
        "cat lynx": "purr whiskers mouse",
        "pig boar": "mud snout grunt",
        "goose swan": "feather wing nest",
        "horse zebra": "hoof mane gallop",
    },
    "things": {
        "chair stool": "leg seat sit",
        "lamp candle": "light glow flame",
        "kettle pot": "boil steam lid",
        "shelf cupboard": "book dust door",
        "carpet towel": "woven fringe wash",
    },
}
ASPECTS = {
    "people": ("he his him beard", "she her hers gown"),
    "places": ("border flag embassy", "mayor city subway", "language accent fluent"),
    "verbs": ("now today usually", "yesterday once ago"),
    "animals": ("farm tame stable", "forest wild den"),
    "things": ("parlour evening cosy", "kitchen morning cellar"),
}
SMALL = ["the", "a", "of", "and", "in", "with", "to", "is", "was", "at", "on", "for"]


def _analogies() -> list[tuple[str, str, str, str]]:
    """Pairs of pairs that differ in the same way: 240 quadruples (a, b, c, d), a is to b as c is to d."""
    found = []
    for theme in ("people", "places", "verbs"):
        rows = [words.split() for words in THEMES[theme]]
        for aspect in range(1, len(ASPECTS[theme])):
            for one, other in permutations(rows, 2):
                found.append((one[0], one[aspect], other[0], other[aspect]))
    return found


ANALOGIES = _analogies()
KINDS = {word: theme for theme, rows in THEMES.items() for words in rows for word in words.split()}
"""Of each word that sentences are about, what kind of word it is."""


def make_sentences(num_sentences: int = 8000, seed: int = 0, company: int = 3) -> list[list[str]]:
    """Invent sentences, as lists of words.

    Each is about one word of the `THEMES`. Around it stand, in any order, a word for each of its two
    properties and one of its own company: `company` words that are drawn for it, once for all, from
    everything that goes with a property. (So "queen" may often stand near "salmon", for no reason, as
    words of real texts do.) With a company of 0 there is none. The same seed gives the same sentences.
    """
    rng = np.random.default_rng(seed)
    topics = [
        (word, property_.split(), aspect.split())
        for theme, rows in THEMES.items()
        for words, property_ in rows.items()
        for word, aspect in zip(words.split(), ASPECTS[theme], strict=True)
    ]
    around = sorted({word for _, *properties in topics for words in properties for word in words})
    own = [rng.choice(around, company, replace=False) for _ in topics]
    sentences = []
    for number in rng.integers(len(topics), size=num_sentences):
        topic, *properties = topics[number]
        content = [topic, *map(rng.choice, properties)]
        if company:
            content.append(rng.choice(own[number]))
        rng.shuffle(content)
        sentence = []
        for word in content:
            if rng.random() < 0.6:
                sentence.append(SMALL[min(int(rng.exponential(3)), len(SMALL) - 1)])
            sentence.append(str(word))
        sentences.append(sentence)
    return sentences


def vocabulary_of(sentences: Iterable[list[str]]) -> tuple[list[str], Int[Tensor, "v"]]:
    """All words, the most frequent first (equal ones by the alphabet), and int64 (v,), their counts."""
    counts = Counter(word for sentence in sentences for word in sentence)
    words = sorted(counts, key=lambda word: (-counts[word], word))
    return words, torch.tensor([counts[word] for word in words])


def pairs_of(
    sentences: Iterable[Int[Tensor, "n"]],
    window: int,
    keep: Float[Tensor, "v"],
    generator: torch.Generator | None = None,
) -> Int[Tensor, "m 2"]:
    """All pairs (centre, context) of a text, by your `subsample`, `draw_windows` and `skipgram_pairs`.

    Arguments:
        sentences: int (n,), the ids of each sentence.
        window: the largest window.
        keep: (v,), the probability with which an occurrence of each word is kept.
        generator: a `torch.Generator` of the CPU; None means PyTorch's global one.
    """
    from .pairs import draw_windows, skipgram_pairs, subsample  # here: the text does without them

    found = [torch.zeros(0, 2, dtype=torch.int64)]
    for ids in sentences:
        kept = subsample(ids, keep, generator)
        found.append(skipgram_pairs(kept, draw_windows(len(kept), window, generator)))
    return torch.cat(found)
