"""Find that a couple parted, or that a lost relative or pet died.

How languages say so is data (section "partings" of `core/text/languages`): `couple` is the known
state, `parted` names both of a couple, `over` one of them; `lost` and `gone` have the name of who
died, and `died` is the plain way to say it. Other persons of those names are not known here: in
doubt, as about another couple or a game lost to somebody, nothing ends.
"""

import re
from functools import cache

from litemem.core.text import scripts
from litemem.core.text.lexicon import section
from litemem.core.text.phrases import names_user
from litemem.core.text.statements import unquoted
from litemem.ingestion.endings import ends
from litemem.ingestion.naming import codes_of, is_open, pattern_of
from litemem.ingestion.persons import by_name

LONG = 400  # characters of two texts that are no facts
_TABLE = "partings"
_NAME = r"[^\W\d_][\w-]{0,29}"


def has_parted(known: str, new: str) -> bool:
    """Return True if the couple of a known fact parted, or the person of it died."""
    if len(known) + len(new) > LONG:
        return False
    return any(
        (bool(couple := _couple(known, code)) and couple == _parted(new, code))
        or _is_lost(known, new, code)
        for code in codes_of(known, new)
    )


def is_of_other_couple(known: str, new: str) -> bool:
    """Return True if a new fact says that another couple parted than that of a known one.

    Also if it says that a couple parted a thing: "split up the bill".
    """
    if len(known) + len(new) > LONG:
        return False
    for code in codes_of(known, new):
        couple, parted = _couple(known, code), _parted(new, code)
        if couple and (_pattern(code, "shared").search(new) or (parted and couple != parted)):
            return True
    return False


def _couple(text: str, code: str) -> frozenset[str]:
    """Return the two of a couple, the user as ""; none if a text tells no couple."""
    found = _pattern(code, "couple").match(unquoted(text))
    if found is None or is_open(text, code):
        return frozenset()
    return frozenset(_plain(found[key], code) for key in ("one", "other"))


def _parted(text: str, code: str) -> frozenset[str]:
    said = unquoted(text)
    if is_open(said, code):
        return frozenset()
    if found := _pattern(code, "parted").search(said):
        return frozenset(_plain(found[key], code) for key in ("one", "other"))
    found = _pattern(code, "over").search(said)
    return frozenset(("", _plain(found["other"], code))) if found else frozenset()


def _is_lost(known: str, new: str, code: str) -> bool:
    said = unquoted(new)
    found = _pattern(code, "lost").search(said) or _pattern(code, "gone").search(said)
    if found is None or not found["one"][:1].isupper() or is_open(said, code):
        return False
    death = f"{found['one']} {section(code, _TABLE)['died']}"
    short, event = by_name(known, death, code)
    return short != known and ends(short, event, code)


def _plain(name: str, code: str) -> str:
    """Return a name without case; "" for the user."""
    is_user = names_user(name, code) or pattern_of(code, _TABLE, "self").fullmatch(name)
    return "" if is_user else scripts.fold(name)


@cache
def _pattern(code: str, key: str) -> re.Pattern[str]:
    """Return a pattern in which "{one}" and "{other}" are names."""
    written = str(section(code, _TABLE).get(key, "(?!)"))
    return re.compile(
        re.sub(r"\{(one|other)\}", lambda found: rf"(?P<{found[1]}>{_NAME})", written),
        re.IGNORECASE,
    )
