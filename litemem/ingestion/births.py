"""Find that the child is born that the user expects: "he's here! Otis, 3.4 kg, born at 4am".

How languages say so is data (section "births" of `core/text/languages`): `expects` is the known
state, `born` the event, `came` a possible one, and `others` the child of somebody else. The child
of a relative or a friend (`relatives`) ends no pregnancy of the user or a partner. That of anybody
else is ended by a birth that names the same relation or name (`possessed` finds "my hairdresser"
before what is expected). `several` children, as twins,
are those of who expects several, unless `mine` says that they are the user's, or of a single child.
"""

import re

from litemem.core.text.lexicon import ENGLISH, NOUNS_IN_CAPITALS, words_in
from litemem.core.text.statements import unquoted
from litemem.ingestion.naming import codes_of, is_light, is_open, matches, pattern_of

LONG = 500  # characters of two texts that are no facts
_TABLE = "births"
_BORN = ("born", "had")
_WEIGHT = re.compile(r"\d ?(?:kg|kilos?|g|gramm?|lbs?|pounds|кг)\b", re.IGNORECASE)
_TIME = re.compile(r"[^\W\d_]{1,4} \d{1,2}(?:[:.h]\d\d)?(?!\d)")
_CLAUSE = re.compile(r"[,.;!?，。！？；،؛।]+")
_NAME = re.compile(r"[^\W\d_]+")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


def is_born(known: str, new: str) -> bool:
    """Return True if a new fact tells the birth of the child that a known one expects."""
    if len(known) + len(new) > LONG:
        return False
    codes = dict.fromkeys((*codes_of(known, new), *codes_of(new, new)))
    return any(_is_born(known, unquoted(new), code) for code in codes)


def _is_born(known: str, new: str, code: str) -> bool:
    if not matches(new, code, _TABLE, *_BORN) and not _has_come(new, code):
        return False
    state = unquoted(known)
    if not any(matches(state, each, _TABLE, "expects") for each in (code, ENGLISH)):
        return False
    if _YEAR.search(new):
        return False
    bearer = _other_bearer_in(state, code)
    if bearer:
        return not is_open(new, code) and _is_birth_of(bearer, new, code)
    if pattern_of(code, _TABLE, "relatives").search(new):
        return False
    kin = _others_in(state, code) | _others_in(state, ENGLISH)
    told = _others_in(pattern_of(code, _TABLE, "had").sub(" ", new), code)
    if matches(new, code, _TABLE, "born"):
        is_of_other = _is_own(state, code) and _names_somebody(new, code, "bears")
    else:
        is_of_other = _names_somebody(new, code, "had")
    if is_of_other:
        return False
    if (kin or told) and not _are_twins_of(kin, told, state, new, code):
        return False
    plain = _TIME.sub(" ", new)  # "om" may begin a wish in Dutch
    return not is_open(plain, code) and not pattern_of(code, _TABLE, "others").search(new)


def is_birth_in_other_family(known: str, new: str) -> bool:
    """Return True if the child that a known fact expects is not of the family of a new fact."""
    if len(known) + len(new) > LONG:
        return False
    return any(_is_in_other_family(unquoted(known), unquoted(new), c) for c in codes_of(known, new))


def _is_in_other_family(state: str, new: str, code: str) -> bool:
    if not matches(state, code, _TABLE, "expects"):
        return False
    bearer = _other_bearer_in(state, code)
    if bearer:
        return not _names_bearer(bearer, new, code)
    clauses = (each for each in _CLAUSE.split(new) if matches(each, code, _TABLE, *_BORN))
    return any(pattern_of(code, _TABLE, "relatives").search(each) for each in clauses)


def _other_bearer_in(state: str, code: str) -> str:
    """Return the words before what is expected, if they name neither the user nor a partner."""
    expected = pattern_of(code, _TABLE, "expects").search(state)
    before = state[: expected.start()] if expected else ""
    keys = ("relatives", "possessed")
    is_of_other = any(pattern_of(code, _TABLE, key).search(before) for key in keys)
    return before if is_of_other else ""


def _is_birth_of(bearer: str, new: str, code: str) -> bool:
    """Return True if the clause of a birth has a name or the relation of who expects a child."""
    clauses = (each for each in _CLAUSE.split(new) if matches(each, code, _TABLE, *_BORN))
    return _names_bearer(bearer, " ".join(clauses), code)


def _names_bearer(bearer: str, told: str, code: str) -> bool:
    """Return True if a text has the relation or a name of who expects a child."""
    relation = pattern_of(code, _TABLE, "relatives").search(bearer)
    own = words_in(code, _TABLE, "own")
    names = {word for word in _NAME.findall(bearer)[1:] if word[0].isupper()}
    names = {name for name in names if name.casefold() not in own}
    is_related = relation is not None and relation[0].casefold() in told.casefold()
    if not is_related and bearer.upper() == bearer.lower():
        return _names_without_case(bearer, told, code)
    return is_related or not names.isdisjoint(_NAME.findall(told))


def _is_own(state: str, code: str) -> bool:
    """Return True if the user is pregnant, and not a partner."""
    partners = words_in(code, "endings", "partners") | words_in(code, "slots", "partner")
    return not any(word in state.casefold() for word in partners)


def _names_somebody(new: str, code: str, key: str) -> bool:
    """Return True if a name, or a word of a script without capitals, is who has had a child."""
    for clause in _CLAUSE.split(new):
        if had := pattern_of(code, _TABLE, key).search(clause):
            own = words_in(code, _TABLE, "own")
            told = clause[: had.start() if code in NOUNS_IN_CAPITALS else had.end()].strip()
            if not clause[: had.start()].strip(" ¡¿"):
                told = told.partition(" ")[2]  # without the verb that begins the clause
            names = (word for word in _NAME.findall(told) if word[0].isupper())
            return any(
                not (is_light(word, code) or word.casefold() in own) for word in names
            ) or _is_named_without_case(clause[: had.start()], code)
    return False


def _is_named_without_case(text: str, code: str) -> bool:
    if text.upper() != text.lower():
        return False
    rest = pattern_of(code, _TABLE, "particles").sub(" ", text)
    own = words_in(code, _TABLE, "own")
    return any(not is_light(word, code) and word not in own for word in rest.split())


def _names_without_case(bearer: str, told: str, code: str) -> bool:
    """Return True if a text has the name in a script without capitals: what names no relation."""
    rest = bearer
    for key in ("relatives", "possessed", "particles"):
        rest = pattern_of(code, _TABLE, key).sub(" ", rest)
    named = [word for word in rest.split() if len(word) > 1]
    return bool(named) and named[-1] in told


def _has_come(text: str, code: str) -> bool:
    """Return True if somebody has come, and a weight or another sign shows that it is a child."""
    is_child = _WEIGHT.search(text) is not None or matches(text, code, _TABLE, "signs")
    return is_child and matches(text, code, _TABLE, "came")


def is_birth_of_several(known: str, new: str) -> bool:
    """Return True if several children are born, and a known pregnancy is not said to be of several.

    "The twins are here" may be of anybody; "our twins" are the user's.
    """
    if len(known) + len(new) > LONG:
        return False
    state, said = unquoted(known), unquoted(new)
    return any(
        matches(state, code, _TABLE, "expects")
        and _has_several(said, code)
        and not (_has_several(state, code) or matches(said, code, _TABLE, "mine"))
        for code in codes_of(known, new)
    )


def _are_twins_of(
    kin: frozenset[str], told: frozenset[str], state: str, new: str, code: str
) -> bool:
    """Return True if a relative expects several children, and a new fact is of their birth."""
    is_of_several = _has_several(state, code) and _has_several(new, code)
    is_of_user = not told and matches(new, code, _TABLE, "mine")
    return is_of_several and told <= kin and not is_of_user


def _has_several(text: str, code: str) -> bool:
    return matches(text, code, _TABLE, "several")


def _others_in(text: str, code: str) -> frozenset[str]:
    """Return the relatives in a text who are neither the child nor a partner."""
    own = words_in(code, _TABLE, "own") | words_in(code, "endings", "partners")
    return frozenset(pattern_of(code, "requests", "kin").findall(text.casefold())) - own
