"""Find that a role with one holder has another: "Aisha is our team lead now".

Both statements name the same role, and each who has it: somebody by name, or the user. The new one
marks a change, says "new", or tells an election. Roles and the words of
elections are data (section "holders" of `core/text/languages`).
In doubt, as about the role of a relative or in another team, nothing ends.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise

from litemem.core.text import scripts
from litemem.core.text.lexicon import NOUNS_IN_CAPITALS, pattern_in, words_in
from litemem.core.text.phrases import names_user
from litemem.core.text.statements import unquoted
from litemem.ingestion.naming import (
    UNSPACED,
    asks,
    codes_of,
    folded_in,
    is_light,
    is_open,
    pattern_of,
    plain_words,
)
from litemem.ingestion.rescheduled import day_of
from litemem.ingestion.stated_values import has_form
from litemem.ingestion.updates import is_marked, persons_in, without_marks

LONG = 400  # characters of two texts that are no facts
NAMES = 3  # words of a name, at most
LOST = 3  # words for what a role is of, that a new statement may leave out, at most
_TABLE = "holders"
_SENTENCE = re.compile(r"(?<=[!;])\s|(?<=[a-zа-я]{3}\.)\s")  # not behind "Dr."
_CLAUSE = re.compile(r"[,;:!]\s|\s[-–—]\s")


@dataclass(frozen=True)
class _Holding:
    """The words of a statement about roles: names by their place, and the others."""

    roles: Sequence[str]
    names: Sequence[tuple[int, str]]
    others: Sequence[str]
    before: Sequence[str]  # those that tell what sort of a role it is: "piano teacher"


def has_other_holder(known: str, new: str) -> bool:
    """Return True if a new fact says that another than the known holder has a role."""
    if len(known) + len(new) > LONG or asks(new):
        return False
    return any(_has_other_holder(unquoted(known), unquoted(new), c) for c in codes_of(known, new))


def is_stand_in(known: str, new: str, said: Iterable[str] = ()) -> bool:
    """Return True if a new fact, or a part of its message, tells who does a task for a time.

    "This week that's Bjorn" replaces nobody else.
    """
    return any(
        _named_of(match) not in plain_words(known)
        for code in codes_of(known, new)
        for text in (unquoted(new), *said)
        for match in pattern_in(code, _TABLE, "fills_in").finditer(text)
        if _named_of(match) in plain_words(unquoted(new))
    )


def _named_of(match: re.Match[str]) -> str:
    return next(filter(None, match.groups()), "")


def _has_other_holder(known: str, new: str, code: str) -> bool:
    if code in UNSPACED or not _names_role(known, code):
        return False
    known, new = (pattern_of(code, _TABLE, "titled").sub("", text) for text in (known, new))
    k = _read(known.rstrip(".! "), code)
    if not k.roles or is_open(known, code) or _kin(known, code) != _kin(new, code):
        return False
    return any(_is_given(known, k, clause, code) for clause in _changes(new, code))


def _kin(text: str, code: str) -> frozenset[str]:
    """Return the relatives of a text; a boss has a role."""
    return frozenset(word for word in persons_in(text, code) if not _is_role(word, code))


def _is_given(known: str, k: _Holding, clause: str, code: str) -> bool:
    """Return True if a clause gives the role of a known statement to somebody else."""
    n = _read(clause, code)
    role = k.roles[-1]
    if not has_form(n.roles, role, code) or _is_of_any(clause, n.roles[-1], code):
        return False
    rest = [*k.others, *k.roles, *_words_of(k.names)]
    if not all(has_form(rest, word, code) for word in (*n.others, *n.roles)):
        return False
    held = pattern_of(code, _TABLE, "held").match(known)
    old = [(i, name) for i, name in k.names if not has_form(_words_of(n.names), name, code)]
    old = [] if held else old  # "User is a manager at Tesco"
    new = [(i, name) for i, name in n.names if not has_form(_words_of(k.names), name, code)]
    is_self = pattern_of(code, _TABLE, "self").search(clause) is not None
    is_users = held is not None and held["many"] is None
    if not (old or is_users) or not (new or (is_self and not is_users)):
        return False
    if not (_are_one_name(old) and _are_one_name(new)):
        return False
    of = [*k.others, *_words_of(k.names if held else ())]
    lost = [word for word in of if not has_form(n.others, word, code)]
    if any(word in k.before for word in lost):  # "piano teacher"
        return False
    is_ours = pattern_of(code, _TABLE, "possessive").search(clause) is not None
    return not lost or (len(lost) <= LOST and (is_ours or bool(n.others)))


def _words_of(names: Sequence[tuple[int, str]]) -> list[str]:
    return [name for _, name in names]


def _are_one_name(names: Sequence[tuple[int, str]]) -> bool:
    """Return True if names stand together; none is the user."""
    if not names:
        return True
    return len(names) <= NAMES and names[-1][0] - names[0][0] == len(names) - 1


def _is_of_any(clause: str, role: str, code: str) -> bool:
    """Return True if a role is one of many, or of somebody else: "a boss", "her boss"."""
    if _kin(clause, code):  # "my son has Mr Ahmed as his teacher"
        return False
    return any(
        has_form([found["role"]], role, code)
        for found in pattern_of(code, _TABLE, "any").finditer(clause)
    )


def _changes(text: str, code: str) -> Iterator[str]:
    """Yield the sentences with a change, and their clauses, without the words for it."""
    event = pattern_of(code, _TABLE, "events")
    for sentence in _SENTENCE.split(text):
        if not (is_marked(sentence, code) or event.search(sentence)):
            continue
        plain = pattern_of(code, _TABLE, "agents").sub("", without_marks(sentence, code))
        plain = pattern_of(code, _TABLE, "joints").sub(", ", plain)
        parts = [part for part in _CLAUSE.split(plain) if part.strip()]
        for clause in dict.fromkeys((*parts, plain)):
            if not is_open(clause, code):
                yield clause.strip(" .!")


def _names_role(text: str, code: str) -> bool:
    return any(_is_role(word, code) for word in plain_words(text))


@lru_cache(maxsize=8_192)
def _read(text: str, code: str) -> _Holding:
    roles: list[str] = []
    names: list[tuple[int, str]] = []
    others: list[str] = []
    before: list[str] = []
    place = 0
    words = plain_words(text)
    for i, (word, following) in enumerate(pairwise([*words, ""])):
        folded = scripts.fold(word)
        if role := _verbs(code).get(folded):
            roles.append(role)
        elif _is_role(word, code) and not _says(following, code):
            roles.append(word)
            before = before or [w for w in others if w not in words[i:]]
        elif _names_nobody(word, code):
            continue
        elif _is_name(word, i, code):
            names.append((place, word))
        elif not is_light(word, code):
            others.append(word)
        else:
            continue
        place += 1
    return _Holding(tuple(roles), tuple(names), tuple(others), tuple(before))


def _names_nobody(word: str, code: str) -> bool:
    """Return True if a word names the user, nothing, or is a title before a name."""
    folded = scripts.fold(word)
    is_title = word[:1].isupper() and folded in folded_in(code, _TABLE, "titles")
    is_user = names_user(word, code) and not _is_role(word, code)
    return is_title or is_user or folded in folded_in(code, _TABLE, "light")


def _says(word: str, code: str) -> bool:
    """Return True if a word behind a role makes it a part of a thing: "GP surgery"."""
    is_said = word[:1].islower() and not is_light(word, code) and not _is_role(word, code)
    return (
        is_said and scripts.fold(word) not in folded_in(code, _TABLE, "light") | _verbs(code).keys()
    )


def _is_name(word: str, place: int, code: str) -> bool:
    """Return True if a word may be a name: a capital letter, and no article or day."""
    if not word[:1].isupper() or day_of(word.casefold(), code):
        return False
    if code in NOUNS_IN_CAPITALS and scripts.fold(word) in folded_in(code, _TABLE, "nouns"):
        return False
    is_first_light = place == 0 and is_light(word, code)
    return not is_first_light and len(word) > 1 and not (is_light(word, code) and word.istitle())


@lru_cache(maxsize=16_384)
def _is_role(word: str, code: str) -> bool:
    return scripts.fold(word) in folded_in(code, _TABLE, "roles")


@cache
def _verbs(code: str) -> Mapping[str, str]:
    """Return verbs and things that tell a role: "coaches", "on drums"."""
    listed = (each.partition("=") for each in words_in(code, _TABLE, "verbs"))
    return {scripts.fold(verb): role for verb, _, role in listed}
