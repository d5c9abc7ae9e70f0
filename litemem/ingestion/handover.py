"""Find that what one person runs is run by another now: "Tomek took over the standup from Priya".

How languages say so is data (section "handover" of `core/text/languages`): `runs` are the verbs
of the state, `takes` those of who gets a thing, `hands` those of who gives it away, `by` a thing
that is run by somebody. `since` stands for "now": "since my operation"; `helpers` are machines and
people without a name that do a task. A thing has one holder: the known fact is over if the new one
names its thing, and another person. In doubt, as about a plan or another thing of that sort,
nothing ends.
"""

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from litemem.core.text import scripts
from litemem.core.text.lexicon import section, words_in
from litemem.core.text.statements import unquoted
from litemem.ingestion.naming import (
    UNSPACED,
    codes_of,
    has_one,
    is_light,
    is_one,
    is_open,
    matches,
    named_in,
    pattern_of,
)

LONG = 400  # characters of two texts that are no facts
NAMES = 3  # words of who runs a thing, at most
NAMED = 2  # words of a thing with a name, and what it is: "Falcon project"
_TABLE = "handover"
_CASELESS = ("ar", "fa", "hi", "ja", "ko", "zh", "th", "he")
_NAME_FIRST = ("ja", "ko", "hi", "tr", "fa")  # the verb stands last
_GENITIVE_LAST = (
    "es",
    "fr",
    "it",
    "pt",
    "ro",
    "ar",
    "fa",
    "id",
    "vi",
    "pl",
    "cs",
    "ru",
    "uk",
    "el",
)
_VERB = "\n"  # in place of a verb
_CLAUSE = re.compile(r"[.;!。！；؛।]+|,\s|，|،")


def is_handed_over(known: str, new: str, before: str | None = None) -> bool:
    """Return True if a new fact says that another person runs what a known one names.

    `before` is the text before the new fact: "it" is a thing that it names. Without it, "it"
    is the thing of the known fact.
    """
    if len(known) + len(new) > LONG:
        return False
    return any(_is_handed_over(known, new, before, code) for code in codes_of(known, new))


def _is_handed_over(known: str, new: str, before: str | None, code: str) -> bool:
    if not matches(new, code, _TABLE, "takes", "hands", "by", "runs"):
        return False
    state = _state(unquoted(known), code)
    if state is None:
        return False
    if _roles(unquoted(known), code) != _roles(unquoted(new), code):
        return False
    said = unquoted(new)
    is_over = any(pattern_of(code, _TABLE, key).match(said) for key in ("opener", "since"))
    clauses = _clauses(said, code)
    return any(_is_given(state, clause, before, code, is_over=is_over) for clause in clauses)


def _clauses(text: str, code: str) -> list[str]:
    """Return the clauses of a text that tell a change; none of a question."""
    if text.rstrip('”" ').endswith(("?", "？", "؟")):
        return []
    plain = pattern_of(code, _TABLE, "opener").sub("", text, count=1)
    return [clause for clause in _CLAUSE.split(plain) if clause.strip()]


@lru_cache(maxsize=4_096)
def _state(text: str, code: str) -> tuple[Sequence[str], Sequence[str]] | None:
    """Return who runs a thing, and the words of the thing; nobody is the user."""
    verb = pattern_of(code, _TABLE, "runs").search(text)
    held = pattern_of(code, _TABLE, "held").match(text.rstrip(". "))
    if held is not None:  # "the team lead is Carmen"
        return named_in(held["holder"], code), named_in(held["thing"], code)
    by = pattern_of(code, _TABLE, "by").search(text)
    if by is not None:
        thing, holder = named_in(text[: by.start()], code), named_in(text[by.end() :], code)
        return (holder, thing) if thing and len(holder) <= NAMES else None
    if verb is None or is_open(text, code):
        return None
    if code in _NAME_FIRST:
        words = named_in(f"{text[: verb.start()]} {text[verb.end() :]}", code)
        is_users = _is_of_user(text, code)
        holder, thing = ([], words) if is_users else (words[:1], words[1:])
    else:
        holder = named_in(text[: verb.start()], code)
        thing = named_in(text[verb.end() :], code)
    is_person = not holder or len(holder) <= NAMES
    return (holder, thing) if thing and is_person else None


def _is_of_user(text: str, code: str) -> bool:
    first = text.split()[:1] if code not in UNSPACED else [text[:2]]
    return not first or is_light(first[0], code)


def _is_given(
    state: tuple[Sequence[str], Sequence[str]],
    clause: str,
    before: str | None,
    code: str,
    *,
    is_over: bool,
) -> bool:
    """Return True if a clause says that another than the holder has a thing now.

    With `is_over`, the sentence begins with "not any more".
    """
    holder, thing = state
    since = pattern_of(code, _TABLE, "since")
    is_over = is_over or since.search(clause) is not None
    clause = since.sub(" ", clause)
    takes, hands, by = (pattern_of(code, _TABLE, key) for key in ("takes", "hands", "by"))
    is_taken, is_handed, is_by = (each.search(clause) for each in (takes, hands, by))
    is_one_of_many = pattern_of(code, _TABLE, "any").search(clause) is not None
    is_now = is_over or (_is_now(clause, code) and not is_one_of_many)
    runs_now = pattern_of(code, _TABLE, "runs").search(clause) if is_now else None
    verb = is_taken or is_handed or is_by or runs_now
    if verb is None:
        return False
    rest = clause
    for pattern in (takes, hands, by, pattern_of(code, _TABLE, "runs")):
        rest = pattern.sub(lambda found: f" {_VERB} {_kept(found)} {_VERB} ", rest)
    if is_open(rest, code):
        return False
    words = named_in(rest, code)
    of_holder = [w for w in words if has_one(holder, w, code)]
    of_thing = [w for w in words if has_one(thing, w, code)]
    others = [w for w in words if w not in of_holder and w not in of_thing]
    if of_thing and not any(_is_generic(word, code) for word in thing):  # "Falcon" is a project
        others = [word for word in others if not _is_generic(word, code)]
    points = pattern_of(code, _TABLE, "it").search(clause) is not None and not of_thing
    if not _is_thing(of_thing, thing, code) and not (points and _is_named(thing, before, code)):
        return False
    if not _are_persons(others, rest, code, is_users=bool(holder) and _is_of_user(clause, code)):
        return False
    if is_handed and not is_taken:
        return _gives(holder, words, clause, code)
    return not of_holder or _is_source(holder, clause, code)


def _kept(found: re.Match[str]) -> str:
    """Return the words inside of a verb: "took it over"."""
    return next((group for group in found.groups() if group), "")


def _is_now(clause: str, code: str) -> bool:
    listed = words_in(code, "slots", "now") | words_in(code, _TABLE, "now")
    if code in UNSPACED:
        return any(word in clause for word in listed)
    words = f" {scripts.fold(clause)} "
    return any(f" {scripts.fold(word.replace('_', ' '))} " in words for word in listed)


def _is_thing(told: Sequence[str], thing: Sequence[str], code: str) -> bool:
    """Return True if words name a thing: all of them, or the one that says what it is."""
    if not told:
        return False
    head = thing[0] if code in _GENITIVE_LAST else thing[-1]
    is_named = len(thing) == NAMED and _is_generic(head, code) and thing[0][:1].isupper()
    return has_one(told, thing[0] if is_named else head, code)


def _is_generic(word: str, code: str) -> bool:
    """Return True for a word that says what a named thing is: "project" of "Falcon project"."""
    return scripts.fold(word) in words_in(code, _TABLE, "generic")


def _roles(text: str, code: str) -> set[int]:
    """Return the roles in a text that one thing has beside its leader: a coach, a treasurer."""
    return {i for i, role in enumerate(_patterns_of_roles(code)) if role.search(text)}


@cache
def _patterns_of_roles(code: str) -> Sequence[re.Pattern[str]]:
    written = section(code, _TABLE).get("roles", ())
    return [re.compile(each, re.IGNORECASE) for each in written]


def _is_named(thing: Sequence[str], before: str | None, code: str) -> bool:
    if before is None:
        return True
    return any(has_one(named_in(before, code), word, code) for word in thing) or any(
        word in before for word in thing if code in UNSPACED
    )


def _are_persons(others: Sequence[str], rest: str, code: str, *, is_users: bool) -> bool:
    """Return True if words name one person, or if it is the user who runs a thing now."""
    if not others:
        return is_users
    if len(others) > NAMES or any(word[:1].isdigit() for word in others):
        return False
    kin = pattern_of(code, "requests", "kin")
    if code in _CASELESS:
        return True
    helpers = words_in(code, _TABLE, "helpers")
    is_named = all(
        word[:1].isupper() or kin.search(word.casefold()) or scripts.fold(word) in helpers
        for word in others
    )
    parts = (named_in(part, code) for part in rest.split(_VERB))
    return is_named and any(" ".join(others) in " ".join(part) for part in parts)


def _gives(holder: Sequence[str], words: Sequence[str], clause: str, code: str) -> bool:
    """Return True if the holder is who gives a thing away."""
    if not holder:
        return _is_of_user(clause, code)
    if has_one(holder, words[0], code):
        return True
    return not any(has_one(holder, word, code) for word in words) and (
        _is_of_user(clause, code) or pattern_of(code, _TABLE, "to").search(clause) is not None
    )


def _is_source(holder: Sequence[str], clause: str, code: str) -> bool:
    """Return True if a thing is taken over from its holder."""
    found = pattern_of(code, _TABLE, "from").finditer(clause)
    names = [word for match in found for word in named_in(match[0], code)]
    return any(is_one(word, name, code) for word in holder for name in names) or any(
        word in match[0]
        for match in pattern_of(code, _TABLE, "from").finditer(clause)
        for word in holder
    )
