"""Find a fact that turns a gift, a loan or a lesson round: who gives, and who gets."""

from litemem.extraction.paraphrase.comparison import Comparison

TO_USER, FROM_USER = "to the user", "from the user"


def is_other_direction(pair: Comparison) -> bool:
    """Return True if the user gives what they got, or got what they gave."""
    told = _told(pair)
    return told is not None and _said(pair) not in (told, None)


def is_same_direction(pair: Comparison) -> bool:
    """Return True if the clause and the fact agree on who gives, also in other words."""
    told = _told(pair)
    return told is not None and told == _said(pair)


def _said(pair: Comparison) -> str | None:
    """Return the direction of a clause, or None if it has none, or both."""
    table = pair.table
    said = table.unreturned.sub(" ", pair.said)
    return _direction(table.incoming.search(said), table.outgoing.search(said))


def _told(pair: Comparison) -> str | None:
    table = pair.table
    fact = pair.fact_in_language
    return _direction(table.got.search(fact), table.gave.search(fact))


def _direction(to_user: object, from_user: object) -> str | None:
    if (to_user is None) == (from_user is None):
        return None
    return TO_USER if to_user else FROM_USER
