"""Film reviews made by a program (given): small, and hard enough that training means something.

A review takes a side and then gives two to five opinions, most of them on that side. What a bag
of words has to cope with is in there: words of every frequency, some so rare that a held-out
review is the first to use them; opinions for the other side; negations ("not good"), whose meaning
is in the order of two words; and sentences without any opinion.
"""

import random


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# From frequent to rare.
POSITIVE = _words(
    """
    good great wonderful funny clever moving charming gripping beautiful brilliant enjoyable warm
    memorable fresh delightful honest touching witty thrilling superb stunning tender graceful
    inventive impressive dazzling hopeful playful powerful heartfelt masterful joyful soulful
    lovable admirable tasteful skilful likeable fearless flawless exciting rewarding refreshing
    absorbing satisfying remarkable adorable truthful cheerful thoughtful uplifting inspiring
    """
)
NEGATIVE = _words(
    """
    bad boring dull awful terrible poor weak slow predictable silly clumsy forgettable messy lazy
    shallow annoying lifeless painful stale bland pointless wooden tiresome hollow tedious
    dreadful joyless senseless careless hopeless endless tasteless shameless humourless spineless
    toothless aimless charmless graceless miserable laughable unbearable sluggish sloppy muddled
    irritating disappointing confusing depressing exhausting overrated bloated
    """
)
SINGULAR_ASPECTS = _words(
    """
    story plot acting script ending dialogue music photography cast direction pace humour editing
    opening soundtrack villain hero finale
    """
)
PLURAL_ASPECTS = _words("costumes jokes characters scenes")
ASPECTS = SINGULAR_ASPECTS + PLURAL_ASPECTS
LIKED = _words("loved enjoyed admired liked adored appreciated treasured")
DISLIKED = _words("hated disliked endured regretted resented loathed despised")
PEOPLE = _words("sister brother wife husband friend neighbour father mother daughter colleague")
PLACES = _words("Lisbon Chicago Kyoto Glasgow Nairobi Winnipeg Oslo Havana Naples Dublin")
ROLES = _words("detective teacher captain widow farmer thief pianist lawyer nurse stranger")
SYLLABLES = _words("ba den ki lo mar nes or pel ra sto tu vin wes yor zan")
INTENSIFIERS = ("", "", "", "really ", "very ", "quite ", "rather ", "truly ", "so ")
VERB_INTENSIFIERS = ("", "", "", "really ", "truly ", "rather ")
NEGATIONS = ("not ", "never ", "hardly ", "not very ")

# Share of the opinions that are for the review's own side, and share of those about one aspect
# that are put as a negation of the opposite word.
AGREEMENT = 0.75
NEGATED = 0.2


def make_reviews(count: int = 1600, seed: int = 0) -> tuple[list[str], list[int]]:
    """Make reviews, as many positive as negative (one negative more if count is odd).

    Args:
        count: how many.
        seed: the same count and seed give the same reviews.

    Returns:
        (reviews, labels): texts, and 1 for a positive and 0 for a negative one, in random order.
    """
    rng = random.Random(seed)
    labels = [index % 2 for index in range(count)]
    rng.shuffle(labels)
    return [_review(rng, label) for label in labels], labels


def _review(rng: random.Random, label: int) -> str:
    opinions = rng.randint(2, 5)
    sides = [label if rng.random() < AGREEMENT else 1 - label for _ in range(opinions)]
    # A review whose opinions are mostly for the other side would be labelled wrongly.
    while 2 * sum(side == label for side in sides) <= opinions:
        sides[rng.randrange(opinions)] = label
    sentences = [_opinion(rng, side) for side in sides]
    sentences += [_neutral(rng) for _ in range(rng.randint(0, 3))]
    rng.shuffle(sentences)
    if rng.random() < 0.4:
        sentences.append(_verdict(rng, label))
    return " ".join(sentences)


def _opinion(rng: random.Random, side: int) -> str:
    form = rng.random()
    if form < 0.55:
        return _aspect_opinion(rng, side).capitalize() + rng.choice(".!")
    if form < 0.7:
        verb = rng.choice(LIKED if side else DISLIKED)
        return f"I {rng.choice(VERB_INTENSIFIERS)}{verb} the {rng.choice(ASPECTS)}."
    if form < 0.85:
        performance = f"{_with_article(_word(rng, side))} performance"
        return f"{_name(rng)} gives {performance} as the {rng.choice(ROLES)}."
    return f"What {_with_article(_word(rng, side))} film!"


def _aspect_opinion(rng: random.Random, side: int) -> str:
    aspect = rng.choice(ASPECTS)
    verb = "were" if aspect in PLURAL_ASPECTS else "was"
    if rng.random() < NEGATED:
        if verb == "was" and rng.random() < 0.3:
            return f"the {aspect} wasn't {_word(rng, 1 - side)}"
        return f"the {aspect} {verb} {rng.choice(NEGATIONS)}{_word(rng, 1 - side)}"
    return f"the {aspect} {verb} {rng.choice(INTENSIFIERS)}{_word(rng, side)}"


def _verdict(rng: random.Random, label: int) -> str:
    if label:
        return rng.choice(
            (
                "I would watch it again.",
                "Do not miss it!",
                "I recommend it.",
                "Not a minute too long.",
                "See it with a friend.",
            )
        )
    return rng.choice(
        (
            "I would not watch it again.",
            "Do not see it!",
            "I can't recommend it.",
            "Every minute is too long.",
            "I left with a headache.",
        )
    )


def _neutral(rng: random.Random) -> str:
    return rng.choice(
        (
            f"I saw it with my {rng.choice(PEOPLE)}.",
            f"It is set in {rng.choice(PLACES)} in {rng.randint(1890, 2010)}.",
            f"{_name(rng)} plays a {rng.choice(ROLES)} from {rng.choice(PLACES)}.",
            f"It runs for {rng.randint(80, 170)} minutes.",
            f"My {rng.choice(PEOPLE)} knows the book by {_name(rng)}.",
            f"The {rng.choice(ROLES)} meets a {rng.choice(ROLES)} on a train to "
            f"{rng.choice(PLACES)}.",
        )
    )


def _word(rng: random.Random, side: int) -> str:
    """A word of praise or blame; the first ones are frequent, the last ones rare (Zipf's law)."""
    words = POSITIVE if side else NEGATIVE
    weights = [1 / (rank + 2) for rank in range(len(words))]
    return rng.choices(words, weights)[0]


def _with_article(word: str) -> str:
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def _name(rng: random.Random) -> str:
    return "".join(rng.choices(SYLLABLES, k=rng.randint(2, 3))).capitalize()
