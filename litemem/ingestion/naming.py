"""Find the words of a statement that name something: persons, things and values.

Words that name nothing are those that the tables of a language list as such: articles, forms of "to
be", prepositions, words for the user and for a time. Chinese and Japanese are parted by them.
"""

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from litemem.core.text import scripts
from litemem.core.text.lexicon import ENGLISH, section, words_in
from litemem.core.text.periods import MONTHS, WEEKDAYS
from litemem.core.text.phrases import names_user, words_with_case
from litemem.core.text.statements import code_of_pair
from litemem.ingestion.replaced import BARE

UNSPACED = ("zh", "ja")
LEAST = 3  # letters that two forms of a word share
SAME = 0.7  # of the longer form, that they share
_UNSURE = (
    "de",
    "es",
    "fr",
    "id",
    "it",
    "nl",
    "pl",
    "pt",
    "sv",
    "tr",
    "vi",
)  # may look like English
_ALIKE = {"es": ("pt",), "pt": ("es",)}  # a short text may be either
_SCRIPTS = [
    ("ja", re.compile(f"[{scripts.KANA}]")),
    ("ko", re.compile(f"[{scripts.HANGUL}]")),
    ("zh", re.compile(f"[{scripts.HAN}]")),
    ("vi", re.compile("[ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
]
_SLOTS = ("light", "my", "be", "place", "from", "now", "again", "user", "new")
_SIGNS = re.compile(r"[\s,.;:!?…“”\"()，。、！？；：·]+")
_POSSESSIVE = re.compile(r"['’](?:s|ve|re|ll|d|m)?\Z")  # or a verb: "they've"


def codes_of(known: str, new: str) -> Sequence[str]:
    """Return the languages that two facts may be in: short facts are hard to guess."""
    code = code_of_pair(known, new)
    unsure = _UNSURE if code == ENGLISH else _ALIKE.get(code, ())
    hidden = _of_script(f"{known} {new}") if code in (ENGLISH, *BARE, *_UNSURE) else ()
    return tuple(dict.fromkeys((code, *BARE, *unsure, *hidden)))


def _of_script(text: str) -> Sequence[str]:
    """Return the language of a script that few others have: many Latin names hide it."""
    return [code for code, signs in _SCRIPTS if signs.search(text)][:1]


def named_in(text: str, code: str, *, with_days: bool = False) -> list[str]:
    """Return the words of a text that name something, as they are written.

    With `with_days`, the names of weekdays and months count too.
    """
    if code in UNSPACED:
        parts = _SIGNS.split(_parting(code).sub(" ", text))
        return [part for part in parts if part]
    words = plain_words(text)
    days = _days(code) if with_days else frozenset[str]()
    return [w for w in words if w and (not is_light(w, code) or scripts.fold(w) in days)]


def plain_words(text: str) -> list[str]:
    """Return the words of a text as written, without possessives and the verbs joined to them."""
    return [_POSSESSIVE.sub("", word) for word in words_with_case(text)]


@cache
def folded_in(code: str, table: str, key: str) -> frozenset[str]:
    """Return the words that a table of a language has under a key, folded."""
    return frozenset(map(scripts.fold, words_in(code, table, key)))


def is_light(word: str, code: str) -> bool:
    """Return True if a word names nothing, or names the user."""
    folded = scripts.fold(word)
    is_sign = len(word) == 1 and word.isascii() and not word.isdigit()
    return is_sign or folded in _light(code) or names_user(word, code)


def is_one(word: str, other: str, code: str) -> bool:
    """Return True if two words may be forms of one: "Tomek", "Tomka"."""
    one, two = scripts.fold(word), scripts.fold(other)
    if one == two:
        return True
    if one[:1].isdigit() or two[:1].isdigit():
        return False
    if code in UNSPACED:
        return False
    shorter, longer = sorted((one, two), key=len)
    if "가" <= longer[0] <= "힣":  # with a particle
        return len(shorter) > 1 and longer.startswith(shorter)
    shared = next((i for i in range(len(shorter)) if one[i] != two[i]), len(shorter))
    return shared >= LEAST and shared >= SAME * len(longer)


def has_one(words: Sequence[str], word: str, code: str) -> bool:
    """Return True if a word, or a form of it, is among others."""
    return any(is_one(word, other, code) for other in words)


def asks(text: str) -> bool:
    """Return True if a text ends as a question does."""
    return text.rstrip('”"» ').endswith(("?", "？", "؟"))


@lru_cache(maxsize=8_192)
def is_open(text: str, code: str) -> bool:
    """Return True if a text asks, denies, wishes or supposes something."""
    if asks(text):
        return True
    listed = _blocks(code)
    if code in UNSPACED:
        return any(word in text for word in listed)
    return any(
        scripts.fold(word) in listed and not (i and word[:1].isupper())  # "May", "Will"
        for i, word in enumerate(words_with_case(text))
    )


@cache
def _blocks(code: str) -> frozenset[str]:
    own = words_in(code, "handover", "blocks")
    listed = own if code in UNSPACED else own | words_in(code, "endings", "blocks")
    return frozenset(map(scripts.fold, listed)) if code not in UNSPACED else listed


@cache
def _days(code: str) -> frozenset[str]:
    dates = section(code, "dates")
    listed = [*dates.get("weekdays", WEEKDAYS), *dates.get("months", MONTHS)]
    return frozenset(scripts.fold(word) for names in listed for word in str(names).split())


@cache
def _light(code: str) -> frozenset[str]:
    slots = frozenset[str]().union(*(words_in(code, "slots", key) for key in _SLOTS))
    endings = words_in(code, "endings", "light") | words_in(code, "endings", "adjuncts")
    rest = words_in(code, "replaced", "light") | words_in(code, "handover", "light")
    bare = words_in(code, "measures", "light") if code in BARE else frozenset[str]()
    return frozenset(map(scripts.fold, slots | endings | rest | bare))


@cache
def _parting(code: str) -> re.Pattern[str]:
    """Return what parts the names of a text in a script without spaces."""
    listed = words_in(code, "endings", "light") | words_in(code, "handover", "light")
    users = words_in(code, "slots", "user") | words_in(code, "slots", "now")
    signs = sorted(listed | users, key=lambda word: (-len(word), word))
    return re.compile("|".join(map(re.escape, signs)) or "(?!)", re.IGNORECASE)


@cache
def pattern_of(code: str, table: str, key: str) -> re.Pattern[str]:
    """Return the pattern that a table of a language has under a key, without regard to case."""
    return re.compile(str(section(code, table).get(key, "(?!)")), re.IGNORECASE)


@lru_cache(maxsize=65_536)
def matches(text: str, code: str, table: str, *keys: str) -> bool:
    """Return True if a text has one of the patterns of a language; a fact is compared often."""
    return any(pattern_of(code, table, key).search(text) is not None for key in keys)
