"""Find that news is of another time, or of a single moment: it ends nothing that lasts.

"I was made redundant once, in 2009", "my phone died during the call", "the house sold? no". How
languages say so is data (section "moments" of `core/text/languages`): `past` is long ago, `passing`
holds for a moment or some days, `others` is of a couple without a name, and `denied` answers a
question that the text itself asks. `behalf` is done for a relative. `year` is a year in which
something happened.
"""

from litemem.core.text.clauses import is_hedged
from litemem.core.text.lexicon import pattern_in
from litemem.core.text.statements import code_of_pair, unquoted
from litemem.ingestion.naming import matches, pattern_of

LONG = 400  # characters of two texts that are no facts
_TABLE = "moments"


def is_of_moment(known: str, new: str) -> bool:
    """Return True if a new fact is long over, passes soon, is denied at once, or only hoped."""
    if len(known) + len(new) > LONG:
        return False
    code, said = code_of_pair(known, new), unquoted(new)
    keys = ("past", "passing", "others", "denied")
    return is_hedged(said) or any(matches(said, code, _TABLE, key) for key in keys)


def is_done_for_another(known: str, new: str) -> bool:
    """Return True if a new fact was done for a relative, and a known one names none."""
    if len(known) + len(new) > LONG:
        return False
    code = code_of_pair(known, new)
    if not matches(unquoted(new), code, _TABLE, "behalf"):
        return False
    return pattern_in(code, "requests", "kin").search(unquoted(known).casefold()) is None


def year_told(text: str) -> int | None:
    """Return the last year in which a fact says that something happened, or None."""
    found = pattern_of(code_of_pair(text, text), _TABLE, "year").finditer(unquoted(text))
    return max((int(match["year"]) for match in found), default=None)
