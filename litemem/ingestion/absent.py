"""Find that a message takes back a thing that does not exist: "Ignore that, there's no python".

Such a message asks to forget the thing, not the statement before. How languages say both is data
(section "requests" of `core/text/languages`): `scrap` is the order, and `absent` are the denials,
with "…" for the thing. Without an order, `untrue` says it, and `jests` with a laugh before or
behind, or with a denial (`none`) behind: "Ha, the yacht was a joke, I don't own one".
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import count
from typing import NamedTuple

from litemem.core.text.lexicon import LISTED, section
from litemem.extraction.requests import Request

LONG = 1_000  # characters of a message that does more than that
LONGEST = 30  # characters of a word of a thing
MOST = 4  # words of it; "no way I'm buying a Tesla" names none
_UNSPACED = ("zh", "ja")
_THING = re.compile("…")
_BETWEEN = r"[\s,.!;:…，。、！؛،–—-]"


class Withdrawal(NamedTuple):
    """The request to forget a thing, and the rest of the message."""

    request: Request
    rest: str


def find_withdrawal(text: str) -> Withdrawal | None:
    """Return the thing that a message with an order takes back, as it does not exist, or None."""
    if len(text) > LONG:
        return None
    for code, scrap in _scraps():
        found = _pattern(code).match(text) if scrap.search(text) else None
        if found is not None:
            topic = next(filter(None, found.groupdict().values()))
            request = Request("retract", topic.strip(), code=code)
            return Withdrawal(request, text[found.end() :].lstrip())
    return None


def find_jest(text: str) -> Withdrawal | None:
    """Return the thing that a message says was a joke, or made up, or None."""
    if len(text) > LONG:
        return None
    for code, sign in _jest_signs():
        found = _jest(code).match(text) if sign.search(text) else None
        groups = found.groupdict() if found is not None else {}
        if found is None or not any(groups[key] for key in ("untrue", "laugh", "none", "late")):
            continue
        topic = next(value for key, value in groups.items() if key.startswith("thing") and value)
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
    opener = "" if code in _UNSPACED else rf"(?:{table.get('opener', '(?!)')}){{0,3}}"
    denied = rf"(?:{_with_thing(table['absent'], count())})\s*(?:[.!…。！]|\Z)"
    return re.compile(rf"\s*{opener}(?:{table['scrap']}){_BETWEEN}+{denied}", re.IGNORECASE)


@cache
def _jest_signs() -> Sequence[tuple[str, re.Pattern[str]]]:
    """Return the words without which nothing is taken back as a joke, by language."""
    tables = {code: section(code, "requests") for code in sorted(LISTED.values())}
    return [
        (code, re.compile(table["jest"], re.IGNORECASE))
        for code, table in tables.items()
        if "jest" in table
    ]


@cache
def _jest(code: str) -> re.Pattern[str]:
    """Return the pattern of a sentence by which a thing was a joke, with laughs and a denial."""
    table, things = section(code, "requests"), count()
    jests, untrue = (_with_thing(table[key], things) for key in ("jests", "untrue"))
    opener = r"(?!)" if code in _UNSPACED else table.get("opener", r"(?!)")
    laughs, between = table["laughs"], rf"{_BETWEEN}{{1,4}}"
    return re.compile(
        rf"\s*(?:(?P<laugh>{laughs}){between}|{opener}){{0,4}}"
        rf"(?:(?P<untrue>{untrue})|{jests})"
        rf"(?:{between}(?:{opener})?(?P<none>{table['none']}))?"
        rf"(?:{_BETWEEN}{{0,4}}(?P<late>{laughs}))?\s*(?:[.!…。！]|\Z)",
        re.IGNORECASE,
    )


def _with_thing(patterns: Sequence[str], things: Iterator[int]) -> str:
    """Return patterns as one, with a group for the thing that each of them names."""
    word = rf"[^\s,.!?;:…，。！？、]{{1,{LONGEST}}}?"
    thing = rf"{word}(?: {word}){{0,{MOST - 1}}}?"
    return "|".join(
        _THING.sub(lambda _: f"(?P<thing{next(things)}>{thing})", each) for each in patterns
    )
