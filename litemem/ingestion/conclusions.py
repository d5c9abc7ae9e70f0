"""Find how a plan, a study, a task, an age, a price or an ownership came to its end or next value.

"Nothing comes of the terrace", "graduated yesterday", "Mr Hale has retired", "Mia had her fifth
birthday", "the train pass went up to €84 a month", "sold the flat and rent now". Each is data
(section "conclusions" of `core/text/languages`): a pattern of the known fact, and patterns of a
clause that ends it, which match the whole clause but for words that it lists as `light`. A "thing"
and a "who" of a clause have to be in the known fact. In doubt nothing ends.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

from litemem.core.text import scripts
from litemem.core.text.cjk_numerals import in_digits
from litemem.core.text.lexicon import pattern_in, section, words_in
from litemem.core.text.statements import unquoted
from litemem.ingestion.ages import number_of
from litemem.ingestion.measures import periods_of
from litemem.ingestion.naming import UNSPACED, asks, codes_of

LONG = 400  # characters of two texts that are no facts
MOST = 12  # years that somebody is older than a known fact says, at most
FORM = 3  # letters that two forms of a name share
SAME = 0.55  # of the longer form, that they share
FACTOR = 3  # by which a price changes, at most
_TABLE = "conclusions"
_CLAUSE = re.compile(r"\.+(?!\w)|,+(?!\d)|[;!?。！？；，、،؛।…\n]+")
_WORD = re.compile(r"[^\s\d_.,;:!?…“”()\"'’`´-]+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_THOUSANDS = re.compile(r"[.,](?=\d{3}(?!\d))")
_PARTS = {
    "{thing}": r"(?P<thing>\S{1,30}(?: \S{1,30}){0,2}?)",
    "{who}": r"(?P<who>\S{1,30}(?: \S{1,30}){0,2}?)",
    "{age}": r"(?P<age>\S{1,30}?)",
}
_UNSPACED_PARTS = {
    "{thing}": r"(?P<thing>\S{2,12}?)",
    "{who}": r"(?P<who>\S{2,8}?)",
    "{age}": r"(?P<age>\d{1,3})",
}


def has_concluded(known: str, new: str) -> bool:
    """Return True if a clause of a new fact tells the end or next value of a known one."""
    if len(known) + len(new) > LONG or asks(new):
        return False
    state, said = unquoted(known), unquoted(new)
    return any(
        _has_concluded(state, said, code) for code in codes_of(known, new) if section(code, _TABLE)
    )


def _has_concluded(known: str, new: str, code: str) -> bool:
    if _pattern(code, "open").search(new):
        return False
    kin = pattern_in(code, "requests", "kin")
    plain = (_pattern(code, "unrelated").sub(" ", text) for text in (known, new))
    theirs = [set(kin.findall(text.casefold())) for text in plain]
    if not theirs[1] <= theirs[0]:
        return False
    return (
        _is_named(known, new, "plans", "dropped", code)
        or _is_named(known, new, "owns", "sold", code)
        or _is_named(known, new, "acts", "stopped", code)
        or (not theirs[0] and _has_graduated(known, new, code))
        or _is_older(known, new, code)
        or _costs_otherwise(known, new, code)
    )


def _is_named(known: str, new: str, state: str, over: str, code: str) -> bool:
    """Return True if a clause ends a state, and names what or who it is of."""
    if not _pattern(code, state).search(known):
        return False
    return any(
        _names(next(filter(None, match.groups()), ""), known, code)
        for match in _matches(new, over, code)
    )


def _has_graduated(known: str, new: str, code: str) -> bool:
    if not _pattern(code, "studies").search(known):
        return False
    keys = ["graduated"] + (["passed"] if _pattern(code, "last").search(known) else [])
    return any(True for key in keys for _ in _matches(new, key, code))


def _is_older(known: str, new: str, code: str) -> bool:
    state = _pattern(code, "aged").search(in_digits(known, code))
    age = _age(next(filter(None, state.groups()), ""), code) if state else 0
    return age > 0 and any(
        age < _age(match["age"], code) <= age + MOST and _names(match["who"], known, code)
        for match in _matches(new, "turned", code)
    )


def _age(text: str, code: str) -> int:
    listed = dict(each.split("=") for each in words_in(code, _TABLE, "numbers"))
    return int(listed.get(text.casefold(), 0)) or number_of(text, code)


def _costs_otherwise(known: str, new: str, code: str) -> bool:
    """Return True if a clause gives the price of a known thing another value in its period."""
    old = _NUMBER.findall(known)
    if len(old) != 1 or not _currencies(known, code):
        return False
    for clause in _CLAUSE.split(new):
        numbers = _NUMBER.findall(clause)
        change = _pattern(code, "changed").search(clause)
        if len(numbers) != 1 or change is None or not _is_near(old[0], numbers[0]):
            continue
        is_same = _currencies(known, code) == _currencies(clause, code)
        if is_same and periods_of(known, code) == periods_of(clause, code):
            rest = _pattern(code, "changed").sub(" ", _NUMBER.sub(" ", clause))
            rest = _pattern(code, "unpriced").sub(" ", rest)
            if _names(_pattern(code, "light").sub(" ", rest), known, code):
                return True
    return False


def _is_near(one: str, other: str) -> bool:
    values = [float(_THOUSANDS.sub("", text).replace(",", ".")) for text in (one, other)]
    return values[0] != values[1] and max(values) < FACTOR * min(values)


def _currencies(text: str, code: str) -> set[int]:
    return {i for i, each in enumerate(_patterns(code, "currencies")) if each.search(text)}


def _names(told: str, known: str, code: str) -> bool:
    """Return True if all words of a clause that name something are in a known fact."""
    if code in UNSPACED:
        plain = "".join(_pattern(code, "small").sub("", told).split())
        return len(plain) > 1 and plain in known
    words = _WORD.findall(scripts.fold(_pattern(code, "small").sub(" ", told).replace("_", " ")))
    there = _WORD.findall(scripts.fold(_pattern(code, "small").sub(" ", known)))
    is_named = any(len(word) >= FORM or not word.isascii() for word in words)
    return is_named and all(any(_are_forms(one, other) for other in there) for one in words)


def _are_forms(one: str, other: str) -> bool:
    """Return True if two words may be one in two forms: "терраса", "террасой"."""
    shorter, longer = sorted((one, other), key=len)
    shared = next((i for i, sign in enumerate(shorter) if sign != longer[i]), len(shorter))
    least = 2 if scripts.HANGUL and "가" <= one[:1] <= "힣" else FORM
    return one == other or (shared >= least and shared >= SAME * len(longer))


@lru_cache(maxsize=8_192)
def _matches(text: str, key: str, code: str) -> Sequence[re.Match[str]]:
    return tuple(_find(text, key, code))


def _find(text: str, key: str, code: str) -> Iterator[re.Match[str]]:
    joint = "" if code in UNSPACED else " "
    patterns = _patterns(code, key)
    if not patterns:
        return
    before = ""
    for clause in _clauses(text, code):
        plain = joint.join(_pattern(code, "light").sub(joint, clause).split())
        texts = [plain, f"{before}{joint}{plain}"] if before else [plain]
        before = plain
        yield from filter(None, (each.fullmatch(one) for one in texts for each in patterns))


@lru_cache(maxsize=4_096)
def _clauses(text: str, code: str) -> Sequence[str]:
    parts = _CLAUSE.split(in_digits(text, code))
    joints = section(code, _TABLE).get("joints")
    if not joints:
        return parts
    return [each for part in parts for each in _pattern(code, "joints").split(part)]


@cache
def _pattern(code: str, key: str) -> re.Pattern[str]:
    return re.compile(str(section(code, _TABLE).get(key, "(?!)")), re.IGNORECASE)


@cache
def _patterns(code: str, key: str) -> Sequence[re.Pattern[str]]:
    parts = _UNSPACED_PARTS if code in UNSPACED else _PARTS
    found = []
    for written in section(code, _TABLE).get(key, ()):
        plain = str(written)
        for name, part in parts.items():
            plain = plain.replace(name, part)
        found.append(re.compile(plain, re.IGNORECASE))
    return found
