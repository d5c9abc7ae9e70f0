"""Find that somebody gave up a role: "handed the captaincy over" ends "is captain of the team".

How languages say so is data (section "roles" of `core/text/languages`): `groups` are the words of
each role, nouns before "|" and verbs behind it; `gives` are the verbs of giving a role up; `holds`
stands before a role that somebody has; `until` stands behind what the role is of. The known fact is
over if both are about one person and one role, and the new one names no other thing. In doubt, as
about a wish or two things of one role, nothing ends.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from litemem.core.text.lexicon import section
from litemem.core.text.phrases import Words, tokens_of
from litemem.core.text.statements import unquoted
from litemem.ingestion.naming import codes_of, has_one, is_open, named_in, pattern_of

LONG = 400  # characters of two texts that are no facts
_TABLE = "roles"
_VERB_LAST = ("de", "nl")
_CLAUSE = re.compile(r"[.;!]+|,\s")


@dataclass(frozen=True)
class _Held:
    """A role that a text tells, its holder and its group; `is_noun` if by the name of the role."""

    group: int
    holder: tuple[str, ...]
    things: tuple[str, ...]
    is_noun: bool


def is_given_up(known: str, new: str) -> bool:
    """Return True if a new fact says that its subject gave up the role that a known one tells."""
    if len(known) + len(new) > LONG or unquoted(new).rstrip().endswith("?"):
        return False
    return any(
        _ends(state, given, code)
        for code in codes_of(known, new)
        for given in _given(unquoted(new), code)
        if (state := _state(unquoted(known), code)) is not None
    )


def is_role_of_either(known: str, other: str, new: str) -> bool:
    """Return True if a new fact gives up a role of two known things, and names neither."""
    for code in codes_of(known, new):
        states = [_state(unquoted(fact), code) for fact in (known, other)]
        for given in _given(unquoted(new), code):
            if not given.things and all(s is not None and _ends(s, given, code) for s in states):
                return True
    return False


def _ends(state: _Held, given: _Held, code: str) -> bool:
    if state.group != given.group or not _are_one(state.holder, given.holder, code):
        return False
    if not given.things:
        return state.is_noun  # "gave up ownership" of one of many things
    return all(has_one(state.things, word, code) for word in given.things)


def _are_one(one: Sequence[str], other: Sequence[str], code: str) -> bool:
    return len(one) == len(other) and all(has_one(other, word, code) for word in one)


@lru_cache(maxsize=4_096)
def _state(text: str, code: str) -> _Held | None:
    """Return the role that a fact says somebody has."""
    if not _groups(code) or is_open(text, code) or pattern_of(code, _TABLE, "gives").search(text):
        return None
    words = tokens_of(text)
    for i, (nouns, verbs) in enumerate(_groups(code)):
        for place in (*nouns.places(words)[:1], *verbs.places(words)[:1]):
            before, role, behind = text.casefold().partition(words[place])
            is_noun = _before_role(code).search(before) is not None
            if not (is_noun or verbs.has(role)):
                continue
            holder = _subject(text, code) if is_noun else named_in(text[: len(before)], code)
            things = named_in(f"{before} {behind}", code)
            rest = [word for word in things if not has_one(holder, word, code)]
            return _Held(i, tuple(map(str.casefold, holder)), tuple(rest), is_noun)
    return None


def _subject(text: str, code: str) -> list[str]:
    """Return the words before the first "is" or "as" that name somebody; none for the user."""
    found = pattern_of(code, _TABLE, "holds").search(text)
    return named_in(text[: found.start()] if found else "", code)


@cache
def _before_role(code: str) -> re.Pattern[str]:
    """Return the pattern of what ends with "is", "as the" and the like."""
    return re.compile(rf"(?:{section(code, _TABLE)['holds']})\Z", re.IGNORECASE)


@lru_cache(maxsize=4_096)
def _given(text: str, code: str) -> Sequence[_Held]:
    """Return the roles that a text says somebody gave up."""
    return list(_given_in(text, code)) if _groups(code) else []


def _given_in(text: str, code: str) -> Iterator[_Held]:
    gives = pattern_of(code, _TABLE, "gives")
    for clause in _CLAUSE.split(text):
        verb = gives.search(clause)
        if verb is None or is_open(clause, code):
            continue
        words = tokens_of(clause)
        for i, role in enumerate(_groups(code)):
            places = sorted(place for kind in role for place in kind.places(words))
            if not places:
                continue
            start = verb.start()
            if code in _VERB_LAST:
                start = min(start, clause.casefold().find(words[places[0]]))
            until = pattern_of(code, _TABLE, "until").search(clause, start + 1)
            told = gives.sub(_kept, clause[start : until.start() if until else len(clause)])
            things = [w for w in named_in(told, code) if not _is_of(w, role)]
            holder = tuple(map(str.casefold, named_in(clause[:start], code)))
            yield _Held(i, holder, tuple(things), is_noun=True)


def _kept(found: re.Match[str]) -> str:
    """Return the words inside of a verb: "handed the bowls captaincy over"."""
    return next((group for group in found.groups() if group), "")


def _is_of(word: str, role: tuple[Words, Words]) -> bool:
    return any(kind.has(word.casefold()) for kind in role)


@cache
def _groups(code: str) -> Sequence[tuple[Words, Words]]:
    """Return the nouns and the verbs of each role."""
    written = (str(group).partition("|") for group in section(code, _TABLE).get("groups", ()))
    return [(Words(nouns), Words(verbs)) for nouns, _, verbs in written]
