"""Find that a statement takes a value back for another: "not mango but pineapple", "wrong city, …".

How languages say so is data (section "contrast" of `core/text/languages`). `pairs` name what is
taken back, as `old`, and what holds, as `right`. `openers` stand before a corrected statement,
`bare` before a value alone, and `retracted` names what the user said before. The known fact ends
if it has the value that is taken back, and all else that the new statement names. In doubt, as
about another person, nothing ends.
"""

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from litemem.core.text import scripts
from litemem.core.text.lexicon import ENGLISH, section
from litemem.core.text.statements import unquoted
from litemem.ingestion.naming import UNSPACED, codes_of, has_one, is_open, named_in, pattern_of

LONG = 400  # characters of two texts that are no facts
MOST = 4  # words of a value
_TABLE = "contrast"
_JOINED = (*UNSPACED, "ko")  # in which words are written together with others
_THING = r"(?:[^,.;:!?…“”\"，。、！？；]|(?<=\d)[:.,](?=\d)){1,40}?"
_END = r"(?=\s*(?:,(?!\d)|[;!?…”\"，。、！？；]|[.:](?!\d)|\Z))"
_DAY = re.compile(r"(?<!\d)(\d{1,2}) (?=[A-ZÀ-Þ])")
_WORD = re.compile(r"[^\W_]+")
_MONEY = "£$€"
_ORDINAL = re.compile(r"\d(?:st|nd|rd|th)\b", re.IGNORECASE)
_ORDINAL_ENDING = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b", re.IGNORECASE)
_QUESTIONS = ("?", "？", "؟")


def is_contrasted(known: str, new: str, before: str | None = None) -> bool:
    """Return True if a new statement takes back a value of a known one.

    `before` is the text before the new statement. Without it, a value that stands alone is
    taken for one of the known fact.
    """
    if len(known) + len(new) > LONG or unquoted(new).rstrip().endswith(_QUESTIONS):
        return False
    return any(
        _is_other_value(known, unquoted(new), before, code)
        or _is_corrected(known, unquoted(new), before, code)
        or _is_answered(known, unquoted(new), before, code)
        or _is_slip(unquoted(known), unquoted(new), code)
        for code in codes_of(known, new)
    )


def _is_slip(known: str, new: str, code: str) -> bool:
    """Return True for "I wrote it wrong: Ana is nine, not eight", of a fact with Ana and eight."""
    slip = pattern_of(code, _TABLE, "slips").search(new)
    taken = pattern_of(code, _TABLE, "not_old").search(new, slip.end()) if slip else None
    if slip is None or taken is None:
        return False
    old, told = taken["old"].strip(), new[slip.end() : taken.start()]
    words = set(_WORD.findall(known))
    has_old = old in words
    names = {word for word in _WORD.findall(told) if len(word) > 1 and _is_name(word)}
    return has_old and old not in _WORD.findall(told) and bool(names) and names <= words


def _is_name(word: str) -> bool:
    return word[:1].isupper()


@lru_cache(maxsize=4_096)
def is_retracted(known: str, said: str) -> bool:
    """Return True if the user takes back what they said: "I said Tuesday, I meant Thursday".

    `said` is all that the message states: what else it names has to be of the known fact.
    """
    if len(known) + len(said) > LONG:
        return False
    return any(_is_taken_back(known, said, code) for code in codes_of(known, said))


def _is_taken_back(known: str, said: str, code: str) -> bool:
    for old, right, taken, rest in _retractions(said, code):
        if any(sign in taken and sign not in known for sign in _MONEY):
            continue
        is_nth = taken.isdigit() and _ORDINAL.search(said) is not None  # "not the 12th"
        if is_nth and not _is_day(known, taken):
            continue
        words = _named(unquoted(known), code)
        named = [w for w in _named(_without_opener(rest, code), code) if _says(w, code)]
        is_of_known = _hold(words, named, code) and _have_one_holder(known, taken + rest, code)
        if is_of_known and _takes_back(words, old, right, code):
            return True
    return False


def takes_back(said: str, code: str) -> bool:
    """Return True if a text takes back what the user said before, and says what holds."""
    return len(said) <= LONG and bool(_retractions(said, code))


def restated(known: str, said: str) -> tuple[str, str] | None:
    """Return a known fact with the value that a text gives for one that it takes back, and how.

    "User works at KPMG", for "scratch what I said about Deloitte, it's KPMG": the second is the
    part of the text that says so.
    """
    if len(known) + len(said) > LONG or is_open(unquoted(known), ENGLISH):
        return None
    for code in codes_of(known, said):
        tail = pattern_of(code, _TABLE, "tail")
        for pattern in _pairs(code, "retracted"):
            for match in pattern.finditer(said):
                right = tail.sub("", match["right"]).strip()
                plain = f"{said[: match.start('right')]}{right}"
                found = _place_of(match["old"], known)
                if found and right and is_retracted(known, plain) and _are_alike(found[0], right):
                    return f"{known[: found.start()]}{right}{known[found.end() :]}", match[0]
    return None


def _place_of(value: str, known: str) -> re.Match[str] | None:
    """Return where a known fact has a value, or the last words of it: "I can't eat gluten"."""
    parts = value.split()
    for i in range(len(parts)):
        written = re.escape(" ".join(parts[i:]).strip(" ,.;:–—-"))
        if written and (found := re.search(rf"(?<!\w){written}(?!\w)", known, re.IGNORECASE)):
            return found
    return None


def _are_alike(one: str, other: str) -> bool:
    """Return True if two values are numbers, names or other words alike."""
    return _kind(one.split()[-1].strip(_MONEY)) == _kind(other.split()[-1].strip(_MONEY))


@lru_cache(maxsize=8_192)
def _retractions(said: str, code: str) -> Sequence[tuple[list[str], list[str], str, str]]:
    """Return the words that are taken back, those that hold, the former as said, and the rest."""
    return [
        (
            _named(match["old"], code),
            _named(match["right"], code),
            match["old"],
            f" {said[: match.start()]} {said[match.end() :]}",
        )
        for pattern in _pairs(code, "retracted")
        for match in pattern.finditer(said)
    ]


def _is_day(known: str, number: str) -> bool:
    """Return True if a number stands before a name, as that of a month: not "£12 a month"."""
    return number in _DAY.findall(known)


def opener_of(said: str, fact: str) -> str:
    """Return what stands before a fact in its message if it marks a correction: "Sorry, ".

    "" if nothing marks it, or if the message says something else than the fact.
    """
    if len(said) > LONG or said.rstrip().endswith(_QUESTIONS):
        return ""
    for code in codes_of(fact, said):
        plain = _without_opener(said, code)
        told = [word for word in _named(fact, code) if _says(word, code)]
        if plain != said and told and _hold(_named(plain, code), told, code):
            return said[: len(said) - len(plain)]
    return ""


def _is_other_value(known: str, new: str, before: str | None, code: str) -> bool:
    """Return True for "not mango but pineapple", of a fact with mango."""
    found = _contrasted(new, code)
    if not found or is_open(unquoted(known), code):
        return False
    words = _named(unquoted(known), code)
    for old, right, rest in found:
        if _takes_back(words, old, right, code) and _is_of(known, old, rest, before, code):
            return True
    return False


@lru_cache(maxsize=8_192)
def _contrasted(new: str, code: str) -> Sequence[tuple[list[str], list[str], str]]:
    """Return the words that a statement takes back, those that hold, and the rest of it."""
    return [
        (
            _named(match["old"], code),
            _named(match["right"], code),
            f"{new[: match.start()]} {new[match.end() :]}",
        )
        for pattern in _pairs(code, "pairs")
        for match in pattern.finditer(new)
    ]


def _takes_back(words: Sequence[str], old: Sequence[str], right: Sequence[str], code: str) -> bool:
    is_value = 0 < len(old) <= MOST and 0 < len(right) <= MOST
    is_of_known = is_value and _hold(words, old, code) and not _hold(words, right, code)
    return is_of_known and not _is_of_other_thing(words, old, right, code)


def _is_of_other_thing(
    words: Sequence[str], old: Sequence[str], right: Sequence[str], code: str
) -> bool:
    """Return True if what holds names a thing or a place, too, that a known fact does not.

    "It's pistachio ice cream, not cashew", of an allergy to cashews.
    """
    if code in _JOINED:
        return False
    told = [word for word in right if _says(word, code) and not _is_letter(word)]
    added = [word for word in told if not has_one(words, word, code)]
    parts = [one for i, one in enumerate(added) if not (i and _joins(added[i - 1], one))]
    return len(parts) > max(len(old), 1)


def _is_letter(word: str) -> bool:
    return len(word) == 1 and word.isalpha()


def _joins(word: str, following: str) -> bool:
    """Return True if two words are one name or one date: "New York", "12 May"."""
    return "word" not in (_kind(word), _kind(following))


def is_contrast_elsewhere(known: str, new: str, code: str) -> bool:
    """Return True if a statement takes a value back of another thing than a known one.

    "It's a viola in the video, not a cello", of somebody who plays the cello.
    """
    words, said = _named(unquoted(known), code), unquoted(new)
    placed = pattern_of(code, _TABLE, "elsewhere").search(said)
    if placed is not None and not _hold(words, _named(placed[0], code), code):
        return True
    return any(
        _hold(words, old, code) and _is_of_other_thing(words, old, right, code)
        for old, right, _ in _contrasted(said, code)
        if old and right
    )


def _is_of(known: str, old: Sequence[str], rest: str, before: str | None, code: str) -> bool:
    """Return True if the rest of a statement names nothing that a known fact lacks.

    If it names nothing, the text before has to name what the known fact is about.
    """
    words = _named(unquoted(known), code)
    said = [word for word in _named(_without_opener(rest, code), code) if _says(word, code)]
    if not _hold(words, said, code) or not _have_one_holder(known, rest, code):
        return False
    if said or before is None:
        return True
    about = [word for word in words if not has_one(old, word, code)]
    return _is_mentioned(about or words, before, code)


def _is_corrected(known: str, new: str, before: str | None, code: str) -> bool:
    """Return True for "wrong city, Ines studies in Ghent": the same with another value."""
    plain = _without_opener(new, code)
    if plain == new or code in UNSPACED or is_open(plain, code):
        return False
    words, said = _named(unquoted(known), code), _named(plain, code)
    lost = [w for w in words if not has_one(said, w, code) and not _is_kin(w, code)]
    added = [w for w in said if not has_one(words, w, code)]
    is_one_value = 0 < len(added) <= MOST and 0 < len(lost) <= MOST and len(lost) < len(words)
    is_one_value = is_one_value and _stand_together(lost, words) and _stand_together(added, said)
    are_alike = all(_kind(word) == _kind(added[0]) for word in (*lost[-1:], *added[:1]))
    is_said = before is None or _is_mentioned(words, before, code)
    return is_one_value and are_alike and is_said and _have_one_holder(known, plain, code)


def _stand_together(value: Sequence[str], words: Sequence[str]) -> bool:
    """Return True if a value is one part of a statement: not a person and a place."""
    return " ".join(value) in " ".join(words)


def _is_answered(known: str, new: str, before: str | None, code: str) -> bool:
    """Return True for "no, it's Ghent", behind a statement with another value."""
    match = pattern_of(code, _TABLE, "bare").match(new)
    if match is None or is_open(unquoted(known), code):
        return False
    words, right = _named(unquoted(known), code), _named(match["right"], code)
    if not words or not 0 < len(right) <= 2 or _hold(words, right, code):
        return False
    if before is not None and not _is_mentioned(words, before, code):
        return False
    return _kind(words[-1]) == _kind(right[-1]) != "word" and len(words) > len(right)


def _named(text: str, code: str) -> list[str]:
    return named_in(_ORDINAL_ENDING.sub("", text), code, with_days=True)


@lru_cache(maxsize=8_192)
def _without_opener(text: str, code: str) -> str:
    return pattern_of(code, _TABLE, "openers").sub("", text, count=1)


def _kind(word: str) -> str:
    """Return what a word is like: a number, a name, or another word."""
    return "number" if word[:1].isdigit() else "name" if word[:1].isupper() else "word"


def _is_mentioned(words: Sequence[str], before: str, code: str) -> bool:
    said = _named(before, code)
    return any(has_one(said, word, code) or (code in UNSPACED and word in before) for word in words)


def _have_one_holder(known: str, new: str, code: str) -> bool:
    """Return True if two texts are about one relative, or if the new one names nobody."""
    kin = pattern_of(code, "requests", "kin")
    one, other = (set(kin.findall(unquoted(text).casefold())) for text in (known, new))
    is_user = pattern_of(code, _TABLE, "self").search(new) is not None
    return one == other or not (other or is_user)


def _is_kin(word: str, code: str) -> bool:
    return pattern_of(code, "requests", "kin").fullmatch(word.casefold()) is not None


def _says(word: str, code: str) -> bool:
    listed = str(section(code, _TABLE).get("light", "")).split()
    return scripts.fold(word) not in set(map(scripts.fold, listed))


def _hold(words: Sequence[str], named: Sequence[str], code: str) -> bool:
    """Return True if a fact has all words of a value."""
    if code in UNSPACED:
        return all(any(part in word or word in part for word in words) for part in named)
    return all(has_one(words, part, code) for part in named)


@cache
def _pairs(code: str, key: str) -> Sequence[re.Pattern[str]]:
    """Return the patterns; "{old}" and "{right}" are values."""
    groups = {name: rf"(?P<{name}>{_THING})" for name in ("old", "right")}
    written = section(code, _TABLE).get(key, ())
    return [
        re.compile(
            re.sub(r"\{(old|right)\}", lambda found: groups[found[1]], each) + _END,
            re.IGNORECASE,
        )
        for each in written
    ]
