"""Words of a text: how they are split, which carry no meaning, and how FTS5 is asked for them."""

import re
from collections.abc import Iterable

MAX_WORDS = 64  # of a query; FTS5 takes more, but a query as long as a book finds nothing better

_WORD = re.compile(r"\w+")

STOP_WORDS = frozenset(
    """a about am an and any are as at be been but by can could did do does doing for from had has
    have having he her hers him his how i if in into is it its just me my of on or our ours s she
    should so some t than that the their theirs them then there these they this those to too us
    was we were what when where which who whom whose why will with would you your yours""".split()
)


def words(text: str) -> list[str]:
    """Return the words of a text in order, case folded; punctuation and symbols fall away."""
    return _WORD.findall(text.casefold())


def telling_words(text: str) -> list[str]:
    """Return the first words of a text that say something, each once, in order.

    Stop words count only if there are no others.
    """
    found = list(dict.fromkeys(words(text)))
    return ([word for word in found if word not in STOP_WORDS] or found)[:MAX_WORDS]


def any_of(found: Iterable[str]) -> str | None:
    """Return an FTS5 query for what holds any of these words, each quoted; None when none is."""
    return " OR ".join(f'"{word}"' for word in found) or None
