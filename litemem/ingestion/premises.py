"""Find that a change is of other premises than the home: "the shop's rent went up to 900".

How languages say so is data (section "premises" of `core/text/languages`): `home` is a known fact
about where the user lives or what that costs, and `others` a clause about a shop, an office, or the
home of parents. A known fact that is itself about one of them is of no home. `rises` is a promotion
and `at` the place of work behind a preposition; `works` is a known job, and `drops` that somebody
gives up a drink that places are called by: a "café".
"""

import re

from litemem.core.text.statements import unquoted
from litemem.ingestion.naming import codes_of, matches, pattern_of

LONG = 400  # characters of two texts that are no facts
STEM = 4  # letters that the cases of a name share
_TABLE = "premises"
_CLAUSE = re.compile(r"[,.;!?，。！？；،؛।]+\s*")


def is_of_home(known: str, new: str) -> bool:
    """Return True if a known fact is of where the user lives, in a language of both facts."""
    return any(matches(unquoted(known), code, _TABLE, "home") for code in codes_of(known, new))


def is_of_other_premises(known: str, new: str) -> bool:
    """Return True if a known fact is of the home of the user, and a new one of other premises."""
    if len(known) + len(new) > LONG:
        return False
    state, said = unquoted(known), unquoted(new)
    return any(
        matches(state, code, _TABLE, "home")
        and not any(matches(each, code, _TABLE, "others") for each in _CLAUSE.split(state))
        and any(matches(each, code, _TABLE, "others") for each in _CLAUSE.split(said))
        for code in codes_of(known, new)
    )


def is_of_other_employer(known: str, new: str) -> bool:
    """Return True if a promotion is at another place of work than the one of a known fact."""
    if len(known) + len(new) > LONG:
        return False
    state, said = unquoted(known), unquoted(new)
    return any(
        matches(said, code, _TABLE, "rises")
        and _are_apart(_places(state, code), _places(said, code))
        for code in codes_of(known, new)
    )


def is_of_drink(known: str, new: str) -> bool:
    """Return True if a known fact is of a job, and a new one tells that a drink is given up."""
    if len(known) + len(new) > LONG:
        return False
    return any(
        matches(unquoted(new), code, _TABLE, "drops")
        and matches(unquoted(known), code, _TABLE, "works")
        for code in codes_of(known, new)
    )


def _places(text: str, code: str) -> set[str]:
    found = pattern_of(code, _TABLE, "at").finditer(text)
    return {match["name"].casefold()[:STEM] for match in found}


def _are_apart(one: set[str], other: set[str]) -> bool:
    return bool(one) and bool(other) and one.isdisjoint(other)
