"""Name one person or pet alike in two facts: "User's son Ben" as "Ben".

A fact introduces somebody by a relation and a name; a later one often has the name alone. The words
for relations and pets are data (section "requests" of `core/text/languages`). Only a name at the
beginning of the other fact counts.
"""

import re
from functools import cache
from itertools import islice

from litemem.core.text import scripts
from litemem.core.text.lexicon import ENGLISH, section, words_in
from litemem.core.text.phrases import names_user, phrases
from litemem.core.text.statements import code_of_pair, unquoted

LONG = 400  # characters of two texts that are no facts
MOST = 5  # words before a name, at most
FIRST = 2  # words at the beginning of another fact, where a name may stand
BEHIND = 4  # of them in English, behind "now that"
LEAST = 2  # signs of a name in a script without spaces
ENDING = 2  # letters that a name takes in another case: "Ivan", "Ivana"
_UNSPACED = ("zh", "ja")
_MEASURED = ("weight", "height", "income", "rent", "cost", "sleep", "age")
_SUFFIXED = ("tr",)  # in which an apostrophe parts a case from a name: "Kadıköy'de"
_INFLECTING = ("ru", "uk", "pl", "cs", "fi", "hu", "el")
_SIGN = rf"(?:[^\W\d_]|(?!\d)[{scripts.MARKED}])"
_WORD = re.compile(rf"{_SIGN}+(?:[-'’]{_SIGN}+)*")
_APOSTROPHE = re.compile("['’]")
_POSSESSIVE = re.compile(r"['’]s?\Z")
_AGE = re.compile(r", \d{1,3}(?: [^\W\d_]{1,20}){0,2},")  # "Ben, 19, studies"
_OF_SUBJECTS = tuple("はが")
_OF_THINGS = tuple("をにへで")  # behind what something is done with
_JOINING = "のは的叫"


def is_of_somebody(known: str, new: str) -> bool:
    """Return True if a quotation is of "he" or "she" alone, and a known fact of the user's doings.

    "He started a new job" ends no job of the user. What the user has may be who is meant: a dog.
    """
    code, said = code_of_pair(known, new), unquoted(new)
    if said == new or len(known) + len(new) > LONG:
        return False
    is_of_other = _pattern(code, "somebody").match(said) is not None
    if not is_of_other or _pattern(code, "self").search(said) is not None:
        return False
    state = unquoted(known)
    return _pattern(code, "doings").match(state) is not None and not _pattern(code, "joint").search(
        state
    )


def is_of_other_sex(known: str, new: str) -> bool:
    """Return True if a quotation begins with "he", and a known fact with a woman, or reversed."""
    code, said = code_of_pair(known, new), unquoted(new)
    if said == new or len(known) + len(new) > LONG:
        return False
    state = unquoted(known)
    return any(
        _pattern(code, pronoun).match(said) is not None
        and _pattern(code, persons).match(state) is not None
        for pronoun, persons in (("he", "women"), ("she", "men"))
    )


@cache
def _pattern(code: str, key: str) -> re.Pattern[str]:
    return re.compile(str(section(code, "persons").get(key, "(?!)")), re.IGNORECASE)


def by_name(known: str, new: str, code: str) -> tuple[str, str]:
    """Return two facts about one person by the name alone, or unchanged."""
    if len(known) + len(new) > LONG:
        return known, new
    shorten = _unspaced if code in _UNSPACED else _spaced
    said = unquoted(known), unquoted(new)
    short = shorten(said[0], said[1], code), shorten(said[1], said[0], code)
    return short if short != said else (known, new)


def _spaced(text: str, other: str, code: str) -> str:
    number = BEHIND if code == ENGLISH else FIRST
    first = [word[0] for word in islice(_WORD.finditer(other), number)]
    named = [word for word in first if scripts.fold(word) not in _light(code)][:1]
    if not named or _is_user(first[0], code) or _introduces(named[0], code):
        return text
    is_related = False
    is_bare = named[0][0].lower() == named[0][0].upper()  # any word may be a name
    if is_bare and named[0].startswith(_attributes(code)):
        return text
    for i, word in enumerate(_WORD.finditer(text)):
        if is_bare and is_related and not _introduces(word[0], code) and word[0] != named[0]:
            return text  # "my sister's rent"
        if is_related and _is_name(word[0], named[0], code):
            rest = text[word.end() :]
            age = _AGE.match(rest)
            return word[0] + (rest[age.end() :] if age else rest.removeprefix(","))
        if i == MOST or not (_introduces(word[0], code) or scripts.fold(word[0]) in _light(code)):
            return text
        is_related |= _is_relation(word[0], code)
    return text


def _unspaced(text: str, other: str, code: str) -> str:
    relation = _relation_before(code).match(text)
    if relation is None or _relation_before(code).match(other):
        return text
    rest = text[relation.end() :]
    is_owned = relation[0].endswith("的") or rest.startswith(_attributes(code))
    if is_owned:  # the rent of a sister; no name stands behind "的"
        return text
    is_named = len(rest) >= LEAST and other.startswith(rest[:LEAST])
    shared = next(
        (i for i, pair in enumerate(zip(rest, other, strict=False)) if pair[0] != pair[1]),
        len(other),
    )
    is_subject = any(mark in rest[:shared] for mark in _OF_SUBJECTS)  # "健太は大学を中退した"
    if other[shared : shared + 1] in _OF_THINGS and not is_subject:  # "ビザを待っています"
        return text
    return rest if is_named else text


def _is_name(word: str, named: str, code: str) -> bool:
    """Return True if a word is the name that the other fact begins with."""
    one, other = (_POSSESSIVE.sub("", each) for each in (word, named))
    if code in _SUFFIXED:
        if _APOSTROPHE.search(other):  # a place, and nobody
            return False
        one = _APOSTROPHE.split(one)[0]
    is_cased = one[0].lower() != one[0].upper()
    if is_cased and not (one[0].isupper() and other[0].isupper()):
        return False
    shorter, longer = sorted((one, other), key=len)
    is_form = code in _INFLECTING and len(shorter) > LEAST and longer.startswith(shorter)
    return one == other or (is_form and len(longer) - len(shorter) <= ENDING)


def _is_user(word: str, code: str) -> bool:
    return names_user(word, code) or word in words_in(code, "slots", "user")


def _introduces(word: str, code: str) -> bool:
    return names_user(word, code) or _is_relation(word, code)


def _is_relation(word: str, code: str) -> bool:
    folded = _POSSESSIVE.sub("", word.replace("İ", "i").casefold())
    return any(
        folded in _kin(each) or any(pattern.fullmatch(folded) for pattern in _relations(each))
        for each in (code, ENGLISH)
    )


@cache
def _kin(code: str) -> frozenset[str]:
    return words_in(code, "slots", "kin") | words_in(code, "endings", "kin")


@cache
def _relations(code: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of relatives and friends, and of pets and companies."""
    table = section(code, "requests")
    kin, others = (re.compile(str(table.get(key, "(?!)"))) for key in ("kin", "others"))
    return kin, others


@cache
def _relation_before(code: str) -> re.Pattern[str]:
    """Return the pattern of a relation before a name: "ユーザーの息子の"."""
    own = words_in(code, "slots", "my") | words_in(code, "slots", "user")
    users = "|".join(map(re.escape, sorted({*phrases(code).users, *own}, key=len, reverse=True)))
    kin = "|".join(pattern.pattern for pattern in _relations(code))
    return re.compile(rf"(?:(?:{users})[{_JOINING}]?)?(?:{kin})[{_JOINING}]?")


@cache
def _attributes(code: str) -> tuple[str, ...]:
    """Return the words for what somebody has one of: a rent, a car."""
    listed = words_in(code, "slots", "attributes") | words_in(code, "updates", "singles")
    listed |= words_in(code, "requests", "owned") | words_in(code, "slots", "possessions")
    measured = (words_in(code, "measures", key) for key in _MEASURED)
    return tuple(each for each in listed.union(*measured) if len(each) >= LEAST)


@cache
def _light(code: str) -> frozenset[str]:
    """Return articles, prepositions and the like; not "die" of "kat die Moos heet"."""
    keys = ("light", "my", "from", "place")
    listed = frozenset[str]().union(*(words_in(code, "slots", key) for key in keys))
    marks = words_in(code, "requests", "subject")  # behind who does something to a named thing
    return (
        (listed | words_in(code, "endings", "light")) - marks - words_in(code, "endings", "alias")
    )
