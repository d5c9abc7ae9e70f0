"""Find that a change is of other premises than the home: "the shop's rent went up to 900".

How languages say so is data (section "premises" of `core/text/languages`): `home` is a known fact
about where the user lives or what that costs, and `others` a clause about a shop, an office, or the
home of parents. A known fact that is itself about one of them is of no home.
"""

import re

from litemem.core.text.statements import unquoted
from litemem.ingestion.naming import codes_of, matches

LONG = 400  # characters of two texts that are no facts
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
