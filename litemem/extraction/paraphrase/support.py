"""Find the content words of a fact, and which of them a text supports: in another form or word."""

import re
from collections.abc import Collection, Sequence
from functools import cache, lru_cache

from litemem.core.text import english
from litemem.core.text.language import FUNCTION_WORDS
from litemem.core.text.lexicon import ENGLISH, words_in
from litemem.core.text.phrases import names_user, phrases, tokens_of
from litemem.core.text.quantities import values_of
from litemem.core.text.words import STOP_WORDS

MIN_PREFIX = 3  # letters that forms of a word share
PREFIX_SHARE = 0.6  # of the shorter word
JOINED_CODES = frozenset(["ja", "zh"])  # languages without spaces
MAX_CHARACTERS = 2_000  # of a clause or a fact that is compared
MAX_CONTENT = 64  # words of a fact that are looked for; a sentence has fewer
MAX_TOKENS = 400  # words with the same first letters that are compared with one

_PREFIXES = frozenset("أيتنآم")  # of verbs in Arabic: "I", "he", "she", "we"; of participles
_FUTURE = "س"  # before these, of verbs: "I will"
_ARABIC = re.compile(
    r"\A[وفبل]?(?:ال|لل)?(?P<core>[\u0621-\u064a]{3,}?)(?:ها|هم|ني|نا|ي|ه|ة)?\Z"
)  # a word with the article, and with who owns it
_CAPITALS = re.compile(r"\b[A-Z]{2}\b")  # "TV"
_HIRAGANA = re.compile(r"[\u3040-\u309f]+")


def support(
    fact: str, said: Sequence[str], code: str, names: Collection[str] = ()
) -> tuple[int, int]:
    """Return how many content words of a fact a text supports, and how many there are.

    `names` do not count.

    A word is supported by another form of it, by one that means nearly the same, or by its number.
    """
    heard = Heard(said, code)
    content = [w for w in content_words(without_copula(fact, code), code) if w not in names]
    return sum(map(heard.supports, content)), len(content)


class Heard:
    """The words of a text, to look up whether they support others."""

    def __init__(self, said: Sequence[str], code: str) -> None:
        self._words = list(dict.fromkeys(w for text in said for w in tokens_of(text)))
        self._by_prefix: dict[str, list[str]] = {}
        for word in self._words:
            for start in _starts(word):
                self._by_prefix.setdefault(start, []).append(word)
        self._values = {n for text in said for n in values_of(text, code)}
        self._code = code
        self._groups = phrases(code).same
        self._persons = phrases(code).persons
        self._same = self._groups.of_words(self._words)

    def has(self, word: str) -> bool:
        """Return True if the text has a form of a word."""
        near = [other for start in _starts(word) for other in self._by_prefix.get(start, ())]
        return any(is_form(word, other) for other in near[:MAX_TOKENS])

    def supports(self, word: str) -> bool:
        """Return True if the text has a form of a word, one that means nearly it, or its number."""
        if self.has(word):
            return True
        if not self._same.isdisjoint(self._groups.having(word)):
            return True
        if self._persons.has(word) and any(self._persons.are_alike(word, o) for o in self._words):
            return True
        if not self._values.isdisjoint(values_of(word, self._code)):
            return True
        return len(word) > 5 and any(len(o) > 2 and word.endswith(o) for o in self._words)


def is_form(word: str, other: str) -> bool:
    """Return True if two words share enough letters to be probably forms of one."""
    if word == other:
        return True
    if "\u0621" <= word[:1] <= "\u064a":
        return _is_arabic_form(word, other)
    if "-" in word and "-" in other:  # "levanto-me", "levanta-se"
        word, other = word.partition("-")[0], other.partition("-")[0]
    shorter = min(len(word), len(other))
    least = max(MIN_PREFIX, -(-int(shorter * PREFIX_SHARE * 10) // 10))
    return shorter >= MIN_PREFIX and word[:least] == other[:least]


def _is_arabic_form(word: str, other: str) -> bool:
    """Return True for forms of one verb, and with the article or an owner: "جاري", "الجار"."""
    word, other = (_without_future(each) for each in (word, other))
    if word[1:] == other[1:] and len(word) > MIN_PREFIX and {word[0], other[0]} <= _PREFIXES:
        return True
    core, of_other = _core(word), _core(other)
    shorter = min(len(core), len(of_other))
    if shorter < MIN_PREFIX:
        return core == of_other
    least = max(MIN_PREFIX, round(shorter * PREFIX_SHARE + 0.4))
    return core[:least] == of_other[:least]


def _without_future(word: str) -> str:
    is_future = len(word) > MIN_PREFIX + 1 and word[0] == _FUTURE and word[1] in _PREFIXES
    return word[1:] if is_future else word


def _core(word: str) -> str:
    """Return an Arabic word without the article, what is joined to it, and a verb's person."""
    found = _ARABIC.match(word)
    core = found["core"] if found else word
    core = core[1:] if len(core) > MIN_PREFIX and core[0] in _PREFIXES else core
    return core[:-1] + "ت" if core.endswith("ة") else core


def _starts(word: str) -> set[str]:
    """Return the first letters under which the forms of a word are found."""
    if "\u0621" <= word[:1] <= "\u064a":
        plain = _without_future(word)
        return {word[:MIN_PREFIX], plain[:MIN_PREFIX], _core(word)[:MIN_PREFIX], plain[1:4]}
    return {word[:MIN_PREFIX]}


def content_prefixes(text: str, code: str) -> frozenset[str]:
    """Return the first letters of the content words of a text, which most forms of them share."""
    return frozenset(word[:MIN_PREFIX] for word in content_words(text, code))


@cache
def unmeant() -> frozenset[str]:
    """Return the words that mean nothing for themselves."""
    words = STOP_WORDS | FUNCTION_WORDS | english.fact_words() | english.contractions()
    return words - words_in(ENGLISH, "phrases", "meant")


def content_words(text: str, code: str) -> list[str]:
    """Return the words of a text that mean something, without those for the user."""
    told, fillers = tokens_of(text[:MAX_CHARACTERS]), phrases(code).fillers
    found = dict.fromkeys(
        w for w in told if w not in unmeant() and w not in fillers and not names_user(w, code)
    )
    named = {w.casefold() for w in _CAPITALS.findall(text[:MAX_CHARACTERS])}
    long = [w for w in found if len(w) > 2 or not w.isascii() or w.isdigit() or w in named]
    return [w for w in long if not _HIRAGANA.fullmatch(w)][:MAX_CONTENT]


def without_copula(text: str, code: str) -> str:
    """Return a text without its "is", "was" and "worked as", which stand for each other."""
    table = phrases(code)
    return table.copula.sub(" ", table.was.sub(" ", text[:MAX_CHARACTERS]))


@lru_cache(maxsize=64)  # one clause is compared with several facts
def in_plain_words(text: str, code: str) -> str:
    """Return a text with plain words for what people say: "stopped" for "packed in"."""
    text = text[:MAX_CHARACTERS]
    for said, plain in phrases(code).plainly:
        text = said.sub(plain, text)
    return text


def in_said_words(fact: str, said: str, code: str) -> str:
    """Return a fact with words of the clause for those that mean the same, in a joined script.

    "通勤" becomes "上班" if that was said. The signs are then compared one by one.
    """
    if code not in JOINED_CODES:
        return fact
    for group in phrases(code).same_words:
        heard = next((word for word in group if word in said), None)
        if heard is None or heard in fact:
            continue
        for word in group:
            if word not in said and not phrases(code).negative.count([word]):
                fact = fact.replace(word, heard)
    return fact


def affirmed(text: str, code: str) -> str:
    """Return a text without a denial that affirms: "ne … que", "not only", "never without"."""
    return phrases(code).affirms.sub(lambda match: next(filter(None, match.groups()), ""), text)
