"""Find that a message takes back a thing that does not exist: "Ignore that, there's no python".

Such a message asks to forget the thing, not the statement before. How languages say both is data
(section "requests" of `core/text/languages`): `scrap` is the order, and `absent` are the denials,
with "…" for the thing.
"""

import re
from collections.abc import Sequence
from functools import cache
from itertools import count
from typing import NamedTuple

from litemem.core.text.lexicon import LISTED, section
from litemem.extraction.requests import Request

LONG = 1_000  # characters of a message that does more than that
LONGEST = 30  # characters of a word of a thing
MOST = 4  # words of it; "no way I'm buying a Tesla" names none
_UNSPACED = ("zh", "ja")
_BETWEEN = r"[\s,.!;:…，。、！؛،–—-]"


class Withdrawal(NamedTuple):
    """The request to forget a thing, and the rest of the message."""

    request: Request
    rest: str


def find_withdrawal(text: str) -> Withdrawal | None:
    """Return the thing that a message takes back, because it does not exist, or None."""
    if len(text) > LONG:
        return None
    for code, scrap in _scraps():
        found = _pattern(code).match(text) if scrap.search(text) else None
        if found is not None:
            topic = next(filter(None, found.groupdict().values()))
            request = Request("retract", topic.strip(), code=code)
            return Withdrawal(request, text[found.end() :].lstrip())
    return None


@cache
def _scraps() -> Sequence[tuple[str, re.Pattern[str]]]:
    """Return the orders of each language by its code; the longer patterns are seldom needed."""
    tables = {code: section(code, "requests") for code in sorted(LISTED.values())}
    return [
        (code, re.compile(table["scrap"], re.IGNORECASE))
        for code, table in tables.items()
        if "scrap" in table
    ]


@cache
def _pattern(code: str) -> re.Pattern[str]:
    """Return the pattern of an order and a denial behind it, in one sentence or two."""
    table = section(code, "requests")
    word = rf"[^\s,.!?;:…，。！？、]{{1,{LONGEST}}}?"
    thing = rf"{word}(?: {word}){{0,{MOST - 1}}}?"
    things = count()
    denials = [
        re.sub("…", lambda _: f"(?P<thing{next(things)}>{thing})", each) for each in table["absent"]
    ]
    opener = "" if code in _UNSPACED else rf"(?:{table.get('opener', '(?!)')}){{0,3}}"
    denied = rf"(?:{'|'.join(denials)})\s*(?:[.!…。！]|\Z)"
    return re.compile(rf"\s*{opener}(?:{table['scrap']}){_BETWEEN}+{denied}", re.IGNORECASE)
