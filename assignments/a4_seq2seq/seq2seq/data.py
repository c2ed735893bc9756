"""Given: something to decode. A table small enough to check by hand, and dates to normalise."""

import datetime
import random
from collections.abc import Iterable

import torch
from jaxtyping import Float, Int
from torch import Tensor

PAD, BOS, EOS = range(3)

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
FIRST_YEAR, LAST_YEAR = 1990, 2029


class Table:
    """A language model that looks at the last token only: row t rates what follows token t.

    Arguments:
        probabilities: (v, v); row t sums to 1 for each token t that may occur.

    Its state counts the tokens read, (b, 1), so that there is something to hand on.
    """

    def __init__(self, probabilities: list[list[float]]):
        self.log_probs = torch.tensor(probabilities).log()

    def start(self) -> Int[Tensor, "1 1"]:
        return torch.zeros(1, 1, dtype=torch.int64)

    def step(
        self, tokens: Int[Tensor, "b"], state: Int[Tensor, "b 1"]
    ) -> tuple[Float[Tensor, "b v"], Int[Tensor, "b 1"]]:
        return self.log_probs[tokens], state + 1


# The example of the handout: tokens 0 <s>, 1 </s>, 2 a, 3 b.
EXAMPLE = Table(
    [
        [0, 0.1, 0.5, 0.4],
        [0, 1, 0, 0],
        [0, 0.4, 0.35, 0.25],
        [0, 0.9, 0.05, 0.05],
    ]
)


def make_dates(number: int, seed: int = 0) -> list[tuple[str, str]]:
    """Invent pairs of a date as people write it and the same date as YYYY-MM-DD (ISO 8601).

    Dates lie in the years 1990 to 2029. Those of the form 03/04/21 are ambiguous on purpose: seven
    writers in ten put the day first, the others the month. The same seed gives the same pairs.
    """
    rng = random.Random(seed)
    first = datetime.date(FIRST_YEAR, 1, 1).toordinal()
    last = datetime.date(LAST_YEAR, 12, 31).toordinal()
    pairs = []
    for _ in range(number):
        date = datetime.date.fromordinal(rng.randint(first, last))
        pairs.append((_write(date, rng), date.isoformat()))
    return pairs


def _write(date: datetime.date, rng: random.Random) -> str:
    day, month, year, name = date.day, date.month, date.year % 100, MONTHS[date.month - 1]
    style = rng.randrange(4)
    if style == 0:
        return f"{day} {name} {year:02}"
    if style == 1:
        return f"{name} {day} '{year:02}"
    if style == 2:
        return f"{day}.{month}.{year:02}"
    a, b = (month, day) if rng.random() < 0.3 else (day, month)
    return f"{a:02}/{b:02}/{year:02}"


class Characters:
    """Characters as ids: 0 is padding, 1 starts a text (bos), 2 ends it (eos)."""

    def __init__(self, texts: Iterable[str]):
        self.characters = sorted(set("".join(texts)))
        self.id_of = {character: i for i, character in enumerate(self.characters, start=3)}

    def __len__(self) -> int:
        return 3 + len(self.characters)

    def encode(self, text: str) -> list[int]:
        """The ids of a text. ValueError for a character that none of the first texts had."""
        unknown = sorted(set(text) - set(self.id_of))
        if unknown:
            raise ValueError(f"{text!r} has characters without an id: {' '.join(unknown)}")
        return [self.id_of[character] for character in text]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids; the three special ones are left out."""
        return "".join(self.characters[i - 3] for i in ids if i >= 3)
