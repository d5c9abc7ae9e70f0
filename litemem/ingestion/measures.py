"""Find that two facts give one measured attribute other values: "weighs 88 kg", "weight is 81 kg".

An attribute is a verb or a noun, and a new value may have words of change: "down to". Which
words stand for which attribute is data (section "measures" of `core/text/languages`), and so are
those that name nothing beside one; without them, two facts have to say the same. In doubt, as about
a goal, the weight of another person or another unit, the values are of two things. What a value
changed by is no value: "went up by 60 euros". Languages are tried that two facts may be in.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from litemem.core.text import scripts
from litemem.core.text.cjk_numerals import in_digits
from litemem.core.text.lexicon import pattern_in, section, words_in
from litemem.core.text.phrases import Words, names_user, phrases, tokens_of
from litemem.core.text.statements import FactSlots, code_of_pair, read, unquoted

LONG = 400  # characters of two texts that are no facts
FROM_TO = 2  # numbers of a change: the old value and the new one
_ATTRIBUTES = tuple("weight height income rent cost sleep age pace distance savings length".split())
_SLOTS = ("light", "be", "place", "now", "again", "changed", "my", "user", "from", "unit", "new")
_OPEN = frozenset("wish flips joint".split())
_UNSPACED = ("zh", "ja")
# languages that no guess finds; they count as English
_BARE = ("cs", "da", "el", "fi", "hu", "nb", "ro", "uk")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_KILOS = re.compile(  # an international word
    r"(?<!\w)(?:kg|kilos?|kilo[ag]\w*|kil[oóò]\w{0,4}|кг|кіло\w*|кило\w*|quilos?)(?!\w)"
    r"|\d ?(?:kg|chili)(?!\w)|キロ(?!メ)|키로|킬로(?!미)|公斤|किलो(?!मी)"
    r"|کیلو(?!متر)|كيلو(?!متر)|κιλά",
    re.IGNORECASE,
)
_UNIT = re.compile(r"\d ?([^\W\d_]{1,20})")
_CURRENCY = re.compile("[$€£¥₹₽₺]")
_SIGH = re.compile(r",\s?[a-zß-ÿ]{2,8}[.!…\s]*\Z")  # "to 820 euros, ugh"


@dataclass(frozen=True)
class _Measures:
    """The words of each attribute, and those that name nothing beside one."""

    attributes: dict[str, Words]
    light: Words
    periods: Sequence[re.Pattern[str]]  # of a rate
    changers: Words  # who changes the values of the user


def have_changed(known: str, new: str) -> bool:
    """Return True if a new fact gives another value of the attribute that a known one measures."""
    if len(known) + len(new) > LONG:
        return False
    return any(_has_changed(known, new, code) for code in _codes(known, new))


def have_same_value(known: str, new: str) -> bool:
    """Return True if two facts give one value of one attribute in other words."""
    if len(known) + len(new) > LONG or _are_of_other_periods(known, new):
        return False
    return any(_is_same(known, new, code) for code in _codes(known, new))


def keep_both(known: str, new: str) -> bool:
    """Return True if the number of a new fact does not replace that of a known one.

    It is what a value changed by, a rate in another period (a month, a year), how many people
    there are, or what somebody weighs.
    """
    if len(known) + len(new) > LONG:
        return False
    return (
        _tells_difference(known, new)
        or _are_of_other_periods(known, new)
        or _counts_people(known, new)
        or _weighs(known, new)
    )


def _weighs(known: str, new: str) -> bool:
    """Return True if a new fact tells a weight, and a known one none: "79 kilos now"."""
    if _KILOS.search(unquoted(known)) or not _NUMBER.search(unquoted(known)):
        return False
    codes = dict.fromkeys((code_of_pair(known, new), *_BARE))
    if any(pattern_in(code, "births", "expects").search(known.casefold()) for code in codes):
        return False  # "born yesterday, 3.2 kg"
    return any(_tells_weight(new, code) and not _tells_weight(known, code) for code in codes)


def _tells_weight(text: str, code: str) -> bool:
    said = unquoted(text).casefold()
    pattern = pattern_in(code, "measures", "weighs")
    return _KILOS.search(said) is not None or pattern.search(said) is not None


def _counts_people(known: str, new: str) -> bool:
    """Return True if a new fact tells how many there are, and a known one an age."""
    return any(
        _pattern(code, "people").search(unquoted(new)) is not None
        and _of(code).attributes["age"].count(tokens_of(unquoted(known))) > 0
        for code in _codes(known, new)
        if "age" in _of(code).attributes
    )


def _tells_difference(known: str, new: str) -> bool:
    said = unquoted(new)
    if len(_NUMBER.findall(said)) > 1:
        return False
    codes = _codes(known, new)
    return any(_rises(said, each) and _pattern(each, "by").search(said) for each in codes)


def _are_of_other_periods(known: str, new: str) -> bool:
    for code in _codes(known, new):
        said = [in_digits(unquoted(text), code) for text in (known, new)]
        if not all(map(_NUMBER.search, said)):  # "twice a week" is how often
            return False
        one, other = (periods_of(text, code) for text in said)
        if one and other and one.isdisjoint(other):
            return True
    return False


def periods_of(text: str, code: str) -> set[int]:
    """Return which periods of a rate a text names, as numbers in their list."""
    return {i for i, period in enumerate(_of(code).periods) if period.search(text)}


def _codes(known: str, new: str) -> list[str]:
    """Return the languages that two facts may be in; of those without a guess, as words show."""
    code = code_of_pair(known, new)
    texts = [tokens_of(unquoted(text)) for text in (known, new)]
    likely = [each for each in _BARE if all(_speaks(words, each) for words in texts)]
    return list(dict.fromkeys((code, *likely)))


def _speaks(words: Sequence[str], code: str) -> bool:
    """Return True if a text has words of a language; Spanish has the plain "cena" too."""
    listed = _of(code)
    special = [word for word in words if not word.isascii()]
    is_told = any(attribute.count(special) for attribute in listed.attributes.values())
    return is_told or any(len(word) > 1 and listed.light.has(word) for word in words)


def _rises(text: str, code: str) -> bool:
    return _pattern(code, "rises").search(text) is not None


@cache
def _pattern(code: str, key: str) -> re.Pattern[str]:
    return re.compile(str(section(code, "measures").get(key, "(?!)")), re.IGNORECASE)


def _has_changed(known: str, new: str, code: str) -> bool:
    k, n = read(known, code), read(new, code)
    one, other = _values(k), _values(n)
    most = FROM_TO if "changed" in n.concepts or _rises(new, code) else 1
    if len(one) != 1 or not 0 < len(other) <= most or other[-1] == one[0]:
        return False
    return _are_plain(k, n) and _measure_one(known, new, code)


def _is_same(known: str, new: str, code: str) -> bool:
    k, n = read(known, code), read(new, code)
    if (
        _values(k) != _values(n)
        or len(_values(k)) != 1
        or periods_of(known, code) != periods_of(new, code)
    ):
        return False
    return _are_plain(k, n) and _measure_one(known, new, code)


def _are_plain(k: FactSlots, n: FactSlots) -> bool:
    """Return True if two statements neither deny nor wish, and hold on the same days."""
    is_denied = k.is_denied or n.is_denied
    return not (is_denied or (k.concepts | n.concepts) & _OPEN or k.habits != n.habits)


def _measure_one(known: str, new: str, code: str) -> bool:
    shared = _attributes(known, code) & _attributes(new, code)
    return any(_are_of_one(known, new, each, code) for each in shared)


def _values(statement: FactSlots) -> tuple[str, ...]:
    """Return all numbers; one behind a verb that the slots do not list counts as an id there."""
    return (*(number for _, number in sorted(statement.ids)), *statement.numbers)


def _are_of_one(known: str, new: str, attribute: str, code: str) -> bool:
    """Return True if two facts measure an attribute of one holder in one unit."""
    if not are_in_one_unit(known, new, code):
        return False
    texts = [_without_rate(t, code) for t in (known, new)] if _rises(new, code) else [known, new]
    one, other = (_rest(text, attribute, code) for text in texts)
    if _rises(new, code):  # who changed the value: "the landlord"
        other = [word for word in other if word in one or not _of(code).changers.has(word)]
    if code in _UNSPACED:
        return one == other or (_rises(new, code) and one == _without_changers(other, code))
    return _covers(one, other) and _covers(other, one)


def _without_rate(text: str, code: str) -> str:
    """Return what a text says without its period: what rises is still paid in the same one."""
    plain = _SIGH.sub("", unquoted(text))
    for period in _of(code).periods:
        plain = period.sub(" ", plain)
    return plain


def _without_changers(words: Sequence[str], code: str) -> list[str]:
    plain = "".join(words)
    for changer in _of(code).changers.inside:
        plain = plain.replace(changer, "")
    return tokens_of(plain)


def _covers(one: Sequence[str], other: Sequence[str]) -> bool:
    return all(any(scripts.fold(word) == scripts.fold(each) for each in other) for word in one)


def _attributes(text: str, code: str) -> set[str]:
    words = tokens_of(unquoted(text))
    return {name for name, listed in _of(code).attributes.items() if listed.count(words)}


def _rest(text: str, attribute: str, code: str) -> list[str]:
    """Return the words of a text that name neither the attribute, nor its value or a change."""
    listed, plain = _of(code), unquoted(text).replace("’", "'").casefold()
    plain = in_digits(plain, code)
    plain = _CURRENCY.sub(" ", _NUMBER.sub(" ", plain))
    if code in _UNSPACED:
        gone = (*listed.attributes[attribute].inside, *listed.light.inside, *listed.light.whole)
        for word in sorted({*gone, *listed.attributes[attribute].whole}, key=len, reverse=True):
            plain = plain.replace(word, " ")
        return tokens_of(plain)
    kept = []
    words = tokens_of(plain)
    attributes = listed.attributes[attribute]
    places = set(attributes.places(words))
    for i, word in enumerate(words):
        if i in places or (i and f"{words[i - 1]} {word}" in attributes.pairs):
            continue
        if not (listed.light.has(word) or names_user(word, code) or len(word) == 1):
            kept.append(word)
    return kept


def are_in_one_unit(known: str, new: str, code: str) -> bool:
    """Return True if two facts have the same units, or one of them has none."""
    units = [_units(text, code) for text in (known, new)]
    return units[0] == units[1] or not all(units)


def _units(text: str, code: str) -> set[str]:
    """Return the units of a text, each as its group of words if they are listed."""
    groups, plain = phrases(code).units, words_in(code, "slots", "unit")
    found = set(_CURRENCY.findall(text))
    for match in _UNIT.finditer(unquoted(text).casefold()):
        unit = match[1]
        group = next((str(i) for i, listed in enumerate(groups) if listed.has(unit)), "")
        if group or scripts.fold(unit) in plain:
            found.add(group or scripts.fold(unit))
    return found


@cache
def _of(code: str) -> _Measures:
    table = section(code, "measures")
    is_joined = code in _UNSPACED
    slots = frozenset[str]().union(*(words_in(code, "slots", key) for key in _SLOTS))
    light = f"{table.get('light', '')} {' '.join(slots)}".casefold()
    return _Measures(
        attributes={
            name: Words(str(table[name]).casefold(), is_joined=is_joined)
            for name in _ATTRIBUTES
            if name in table
        },
        light=Words(light, is_joined=is_joined),
        periods=tuple(re.compile(each, re.IGNORECASE) for each in table.get("periods", ())),
        changers=Words(str(table.get("changers", "")).casefold(), is_joined=is_joined),
    )
