"""Find that a household or team duty has another doer now: "my husband does the school run now".

Both statements name the same work and the same thing, and each its doer: the user, a relative,
somebody with a name, a machine. The new one marks a change. The verbs of duties and their things
are data (section "duties" of `core/text/languages`): one person's skill, habit or liking does not
end another's. In doubt, as about another time or somebody's own things, nothing ends.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from litemem.core.text import scripts
from litemem.core.text.lexicon import NOUNS_IN_CAPITALS, section, words_in
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
from litemem.ingestion.sides import are_on_other_sides
from litemem.ingestion.stated_values import has_form
from litemem.ingestion.updates import is_marked, without_marks

LONG = 400  # characters of two texts that are no facts
LOST = 2  # words behind the thing that a new statement may leave out, at most
DOERS = 3  # words that name a doer, at most
PLAIN = 0  # the group of verbs that any work has: "does"
_TABLE = "duties"
_SENTENCE = re.compile(r"(?<=[.!;。！；])")
_CLAUSE = re.compile(r"[,.;:!，。！；：、](?!\d)|\s[-–—]\s")


@dataclass(frozen=True)
class _Duty:
    """What a clause says of a work: its verb, its things in order, and who does it."""

    verb: int
    things: Sequence[str]
    persons: Sequence[str]  # relatives, names and machines: doers, or cared for
    is_self: bool  # the user does it
    is_other: bool  # "she" does it
    is_named: bool  # by a noun: "does the cooking"


def is_done_by_another(known: str, new: str) -> bool:
    """Return True if a new fact says that another than the known doer does a duty now."""
    if len(known) + len(new) > LONG or asks(new):
        return False
    return any(_is_done_by_another(unquoted(known), unquoted(new), c) for c in codes_of(known, new))


def _is_done_by_another(known: str, new: str, code: str) -> bool:
    if not (_verbs(code) and _has_verb(known, code) and _marks_in(new, code)):
        return False
    k = _duty(known, code)
    if k is None or is_open(known, code) or are_on_other_sides(known, new):
        return False
    return any(_passes(k, duty, is_strong=strong, code=code) for duty, strong in _duties(new, code))


def _passes(k: _Duty, n: _Duty, *, is_strong: bool, code: str) -> bool:
    """Return True if two duties are one, with another doer."""
    if k.verb != n.verb:
        return False
    if code in NOUNS_IN_CAPITALS:
        k, n = _with_name(k, n, code), _with_name(n, k, code)
    shared = [word for word in n.things if has_form(k.things, word, code)]
    cared = [word for word in n.persons if has_form(k.persons, word, code)]
    if len(shared) < len(n.things) or not _keeps_thing(k, shared, code):
        return False
    is_whole = bool(section(code, _TABLE).get("is_whole"))  # "做饭" has its thing
    if not (shared or cared or is_strong or is_whole or k.is_named or n.is_named):
        return False
    one = [word for word in k.persons if not has_form(cared, word, code)]
    other = [word for word in n.persons if not has_form(cared, word, code)]
    if len(one) > DOERS or len(other) > DOERS:
        return False
    if n.is_self or not other:
        return bool(one) and n.is_self and not other if one else n.is_other and not n.is_self
    return True


def _with_name(one: _Duty, other: _Duty, code: str) -> _Duty:
    """Return a duty with the only noun that is no thing of the other as a name: "Mira"."""
    rest = [w for w in one.things if not (has_form(other.things, w, code) or _is_thing(w, code))]
    if len(rest) != 1 or one.persons or not rest[0][:1].isupper():
        return one
    things = tuple(word for word in one.things if word not in rest)
    return replace(one, things=things, persons=(*one.persons, *rest))


def _keeps_thing(k: _Duty, shared: Sequence[str], code: str) -> bool:
    """Return True if all that a new statement leaves out stands behind the thing."""
    lost = [i for i, word in enumerate(k.things) if not has_form(shared, word, code)]
    last = max((i for i, w in enumerate(k.things) if has_form(shared, w, code)), default=-1)
    return len(lost) <= LOST and all(i > last for i in lost) and (last >= 0 or not k.things)


def _duties(text: str, code: str) -> Iterator[tuple[_Duty, bool]]:
    """Yield the duties of the sentences that mark a change, and whether they mark it strongly."""
    for sentence in _SENTENCE.split(text):
        if not _marks_in(sentence, code):
            continue
        strong = pattern_of(code, _TABLE, "strong")
        is_strong = strong.search(sentence) is not None
        plain = pattern_of(code, _TABLE, "introduces").sub(_introduced, sentence)
        plain = pattern_of(code, _TABLE, "aside").sub(" ", plain)
        plain = pattern_of(code, _TABLE, "since").sub(" ", plain)
        for clause in _clauses(without_marks(strong.sub(" ", plain), code), code):
            if not is_open(clause, code) and not pattern_of(code, _TABLE, "also").search(clause):
                duty = _duty(clause, code)
                if duty is not None:
                    yield duty, is_strong


def _introduced(found: re.Match[str]) -> str:
    """Return who does something, in place of a pronoun: "we've got an au pair, she cooks"."""
    return found["doer"]


def _clauses(sentence: str, code: str) -> list[str]:
    parts = _CLAUSE.split(pattern_of(code, _TABLE, "joints").sub(", ", sentence))
    return [part for part in parts if part.strip()]


def _marks_in(text: str, code: str) -> bool:
    return is_marked(text, code) or pattern_of(code, _TABLE, "strong").search(text) is not None


@lru_cache(maxsize=8_192)
def _duty(clause: str, code: str) -> _Duty | None:
    """Return the duty that a clause states, or None."""
    plain = pattern_of(code, _TABLE, "aside").sub(" ", clause)
    plain = pattern_of(code, _TABLE, "since").sub(" ", plain)
    is_mine = pattern_of(code, _TABLE, "mine").search(plain) is not None
    words = _words(plain, code)
    places = [(i, group) for i, word in enumerate(words) if (group := _group(word, code)) >= 0]
    if is_mine:
        places.append((len(words), PLAIN))
    if not places:
        return None
    own = [group for _, group in places if group != PLAIN]
    verb = own[-1] if own else PLAIN
    words = words[_first(words, places[0][0], code) :]
    persons = [word for word in words if _is_person(word, code)]
    things = [
        word
        for word in words
        if not (word in persons or _is_aside(word, code)) and _group(word, code) < 0
    ]
    are_duties = any(_is_thing(word, code) for word in things)
    is_of_person = any(_is_cared_for(word, code) for word in persons)  # "takes mum to dialysis"
    if verb == PLAIN and not (are_duties or is_of_person):
        return None
    found = pattern_of(code, _TABLE, "self").search(plain)
    other = pattern_of(code, _TABLE, "others").search(plain)
    return _Duty(
        verb,
        tuple(things),
        tuple(persons),
        is_self=is_mine or (found is not None and not (persons and code in UNSPACED)),
        is_other=other is not None,
        is_named=bool(own) and len({group for _, group in places}) > 1,
    )


def _first(words: Sequence[str], verb: int, code: str) -> int:
    """Return the position of the doer before a verb, or 0: "since the op my husband cooks"."""
    if code in UNSPACED or not pattern_of(code, _TABLE, "leading").fullmatch(words[0]):
        return 0
    first = min(verb, len(words))
    while first > 0 and (_is_person(words[first - 1], code) or _is_aside(words[first - 1], code)):
        first -= 1
    return first


def _words(text: str, code: str) -> list[str]:
    """Return the words of a text; a script without spaces is parted at the words of the table."""
    if code not in UNSPACED:
        return plain_words(text)
    parts = _parting(code).split(text)
    return [part for part in parts if part and part.strip()]


@cache
def _parting(code: str) -> re.Pattern[str]:
    listed = {word for group in _verbs(code) for word in group} | folded_in(code, _TABLE, "things")
    listed |= (
        folded_in(code, _TABLE, "helpers")
        | folded_in(code, _TABLE, "light")
        | words_in(code, "slots", "user")
    )
    either = "|".join(map(re.escape, sorted(listed, key=lambda word: (-len(word), word))))
    kin = pattern_of(code, "requests", "kin").pattern
    return re.compile(rf"({kin}|{either})", re.IGNORECASE)


def _is_person(word: str, code: str) -> bool:
    """Return True if a word names a relative, somebody, or a machine that works."""
    folded = word.casefold()
    if pattern_of(code, "requests", "kin").fullmatch(folded) is not None:
        return True
    if scripts.fold(word) in folded_in(code, _TABLE, "helpers") | folded_in(code, _TABLE, "cared"):
        return True
    is_listed = _is_aside(word, code) or _group(word, code) >= 0 or _is_thing(word, code)
    is_name = word[:1].isupper() and code not in NOUNS_IN_CAPITALS and not is_listed
    return is_name and len(word) > 1


def _is_cared_for(word: str, code: str) -> bool:
    """Return True if a word names somebody who is taken somewhere: a child, a grandmother."""
    return scripts.fold(word) in folded_in(code, _TABLE, "cared")


def _is_thing(word: str, code: str) -> bool:
    return scripts.fold(word) in folded_in(code, _TABLE, "things")


def _is_aside(word: str, code: str) -> bool:
    """Return True if a word tells neither a doer, a work nor a thing."""
    if _is_thing(word, code) or _group(word, code) >= 0:
        return False
    folded = scripts.fold(word)
    return (
        is_light(word, code) or folded in folded_in(code, _TABLE, "light") or names_user(word, code)
    )


def _has_verb(text: str, code: str) -> bool:
    is_mine = pattern_of(code, _TABLE, "mine").search(text) is not None
    return is_mine or any(_group(word, code) >= 0 for word in _words(text, code))


@lru_cache(maxsize=16_384)
def _group(word: str, code: str) -> int:
    """Return the number of the group of a verb or its noun, or -1."""
    folded = scripts.fold(word)
    return next((i for i, group in enumerate(_verbs(code)) if folded in group), -1)


@cache
def _verbs(code: str) -> Sequence[frozenset[str]]:
    """Return the forms of each verb; the first group is of any work."""
    groups = section(code, _TABLE).get("verbs", ())
    return [frozenset(map(scripts.fold, str(group).split())) for group in groups]
