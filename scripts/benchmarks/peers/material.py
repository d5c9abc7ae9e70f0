"""What every library is given: the same sentences, vectors, scopes and questions.

Only the standard library is used, as each library runs in an environment of its own.
"""

import random
from array import array
from functools import cache
from itertools import accumulate
from pathlib import Path

DIMENSIONS = 384
SCOPE = 1_000  # memories of each user; every memory is also of the agent EVERYONE
EVERYONE = "everyone"
CHARACTERS = 100
WORDS = 20_000  # of the vocabulary; the n-th is used in proportion to 1/n, as in any language
ASKED = 5  # words of a question
EMPTY = 100  # the commonest words, such as "the" and "of" would be; nobody asks for these

_SYLLABLES = [c + v for c in "b d f g k l m n p r s t v z ch sh th br st".split() for v in "aeiou"]


def user(number: int) -> str:
    """Return the user of a memory: a thousand in a row have the same."""
    return f"u{number // SCOPE}"


def text(number: int) -> str:
    """Return a sentence of 100 characters; it says which one it is, so that it has its vector."""
    chance = random.Random(number)
    said = ""
    while len(said) < CHARACTERS:
        said += " ".join(_choose(chance, 8, 0)) + " "
    tag = f" n{number}"
    return said[: CHARACTERS - len(tag)].rstrip() + tag


def question(number: int) -> str:
    """Return words as they are used, but for the commonest, and which vector they have."""
    return " ".join(_choose(random.Random(-1 - number), ASKED, EMPTY)) + f" n{number}"


def number_of(said: str) -> int:
    """Return which sentence or question it is."""
    return int(said.rpartition(" n")[2])


class Vectors:
    """Random vectors of length 1 from a file of float32; the n-th is always the same."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._count = path.stat().st_size // (4 * DIMENSIONS)

    def of(self, said: str) -> array:
        """Return the vector of a sentence or a question."""
        self._file.seek(number_of(said) % self._count * 4 * DIMENSIONS)
        vector = array("f")
        vector.fromfile(self._file, DIMENSIONS)
        return vector


def _choose(chance: random.Random, count: int, first: int) -> list[str]:
    words, weights = _vocabulary(first)
    return chance.choices(words, cum_weights=weights, k=count)


@cache
def _vocabulary(first: int) -> tuple[list[str], list[float]]:
    chance = random.Random(7)
    words = ["".join(chance.choices(_SYLLABLES, k=1 + len(str(i)) // 2)) for i in range(WORDS)]
    return words[first:], list(accumulate(1 / (i + 1) for i in range(first, WORDS)))
