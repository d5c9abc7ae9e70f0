"""Find a fact that makes a deed of a wish or a duty: "renewed" of "have to renew"."""

import re

from litemem.extraction.paraphrase.comparison import MAX_PARTS, Comparison
from litemem.extraction.paraphrase.support import Heard


def is_wish(pair: Comparison) -> bool:
    """Return True if somebody only wants, plans or hopes for what they do in the fact."""
    table = pair.table
    if table.wishes.search(pair.spoken) is None or _is_marked(pair):
        return False
    if table.ahead.search(pair.fact) or table.followed.search(f"{pair.said}, {pair.then}"):
        return False
    return _is_of_part(pair, table.wishes)


def is_duty(pair: Comparison) -> bool:
    """Return True if the fact states a duty or a plan as done."""
    table = pair.table
    if table.duties.search(pair.spoken) is None or table.finished.search(pair.fact) is None:
        return False
    if table.finished.search(pair.spoken) or table.duties.search(pair.fact):
        return False
    return not _is_marked(pair) and _is_of_part(pair, table.duties)


def is_no_more(pair: Comparison) -> bool:
    """Return True if the fact says "is", behind what somebody is, where the clause says "was"."""
    was, now = (
        [next(filter(None, match.groups())).casefold() for match in pattern.finditer(text)]
        for pattern, text in (
            (pair.table.was_so, pair.said),
            (pair.table.is_so, pair.fact_in_language),
        )
    )
    if pair.table.was_so.search(pair.fact) or pair.table.passed.search(pair.fact):
        return False
    return any(one == other or one.endswith(other) for one in was for other in now)


def _is_marked(pair: Comparison) -> bool:
    """Return True if the fact says that it is wished or supposed."""
    table = pair.table
    return any(sign.search(pair.fact) for sign in (table.wishes, table.marked, table.unreal))


def _is_of_part(pair: Comparison, signs: re.Pattern[str]) -> bool:
    """Return True if most of what the fact has of the clause is in parts with such a sign."""
    cut = pair.table.parts.split(pair.spoken)[:MAX_PARTS]
    within = Heard([part for part in cut if part and signs.search(part)], pair.code)
    held = [word for word in pair.content if pair.by.supports(word)]
    return sum(map(within.supports, held)) * 2 > len(held)
