"""The features by which facts are compared: stems, subject, negation, dates. Pure.

Their words are data, the table `compare` of `core/text/languages/en.toml`. In other languages only
names, numbers and equal words are recognised; there the slots of a fact decide.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from itertools import groupby, pairwise, takewhile

from litemem.core.text import lexicon
from litemem.core.text.lexicon import ENGLISH, code_of, pattern_in, words_in
from litemem.core.text.periods import MONTHS, WEEKDAYS
from litemem.core.text.scripts import fold as fold_text
from litemem.core.text.words import NUMBER_WORDS, STOP_WORDS, digits, tokens
from litemem.core.text.words import stem as stem_word

# addresses, paths and numbers, kept unchanged
_EXACT = re.compile(r"(?<!\S)[^\s@/\\_#=\d]*+[@/\\_#=\d]\S*[^\s.,;:!?]|\d")
_CODE = re.compile(r"(?<![\w-])[^\W\d_]+[-_#]?\d[\w-]*")
_MODEL = re.compile(r"(?<=\s)[A-Z]\w+ \d\S*\b")
_QUOTED = re.compile(r"\AUser: [\"“](.*)[\"”]\.?\Z", re.DOTALL)


listed = partial(words_in, ENGLISH, "compare")  # the words that the table has under a key


@dataclass(frozen=True, slots=True)
class FactFeatures:
    """What the rules see of a fact; words are stems unless noted otherwise."""

    text: str  # case folded
    words: tuple[str, ...]
    content: frozenset[str]  # without the subject, negations and words that say little
    subject: frozenset[str]  # the person it is about; empty if unclear
    predicate: tuple[str, ...]  # the words after the subject, not stemmed
    names: frozenset[str]
    dates: frozenset[str]  # numbers, months, days of the week
    codes: frozenset[str]  # numbers that are part of a word and not a count: "A4", "ABC-101"
    models: frozenset[str]  # numbers after a name: "Peugeot 205"
    is_negative: bool
    order: tuple[str, ...]  # the words after the subject that do not say little, in order
    telling: tuple[str, ...]  # those that no two ways to say the same differ by: sides, opposites
    code: str  # of the language
    wishes: frozenset[str]
    verb: str
    is_event: bool  # it is completed
    is_end: bool  # it says that something ended
    is_turn: bool  # it says that something changed

    @property
    def is_change(self) -> bool:
        """Return True if the fact says that something ended or changed."""
        return self.is_end or self.is_turn


@cache
def _ignored() -> frozenset[str]:
    return STOP_WORDS | listed("negations") | listed("articles")


@cache
def _dates() -> frozenset[str]:
    """Return the words for days; "may" is a verb more often than a month."""
    months = (month.casefold() for month in MONTHS if month != "May")
    return frozenset([*months, *WEEKDAYS]) | listed("dates")


@cache
def _synonyms() -> dict[str, str]:
    """Return words with the stem that they share: numbers their digits."""
    found = {word: digits(word) for word in NUMBER_WORDS}
    for group in lexicon.section(ENGLISH, "compare")["same"]:
        shared, _, words = str(group).partition(" | ")
        found |= dict.fromkeys(words.split(), shared)
    return found


@lru_cache(maxsize=4_096)
def features_of(text: str) -> FactFeatures:
    """Return the features of a fact."""
    code = code_of(text)
    telling = _telling(code)
    text = _QUOTED.sub(r"\1", text)
    written = [token.text for token in tokens(text)]
    folded = [fold(token) for token in written]
    subject, start = _subject(written, folded)
    rest = folded[start:]
    kept = [word for word in rest if word not in listed("fillers")]
    plain = " ".join(text.casefold().replace("’", "'").split()).rstrip(".")
    dates = frozenset(stem(w) for w in rest if stem(w)[0].isdigit() or w in _dates())
    dates = (dates - {"1"}) | frozenset(_EXACT.findall(plain))
    clause = list(takewhile(lambda word: word not in listed("subordinate"), rest))
    content = frozenset(
        stem(word) for word in kept if word not in _ignored() and not word.endswith("n't")
    ) | frozenset(_EXACT.findall(plain))
    verb, is_event = _verb(rest)
    names = frozenset(
        fold(token) for token in written[max(start, 1) :] if token[0].isupper() and len(token) > 1
    )
    is_end, is_turn = (
        bool(pattern_in(ENGLISH, "compare", "ends").search(plain)),
        bool(pattern_in(ENGLISH, "compare", "turns").search(plain)),
    )
    return FactFeatures(
        text=plain,
        words=tuple(stem(word) for word in folded if word not in STOP_WORDS),
        content=content,
        subject=subject,
        predicate=tuple(rest),
        names=names - _dates(),
        dates=dates,
        codes=frozenset(_CODE.findall(plain)),
        models=frozenset(
            m for m in _MODEL.findall(text) if m.split()[0].casefold() not in _dates()
        ),
        is_negative=any(map(_is_denied, _joined(clause))),
        order=tuple(stem(word) for word in kept if word not in _ignored()),
        telling=tuple(word for word in _parted(rest) if word in telling),
        code=code,
        wishes=frozenset(stem(word) for word in rest if word in listed("wishes")),
        verb=verb,
        is_event=is_event and not (is_end or is_turn or "born" in rest),
        is_end=is_end,
        is_turn=is_turn,
    )


@cache
def _telling(code: str) -> frozenset[str]:
    """Return the words of a language that two facts may not differ by if they mean the same."""
    keys = ("flips", "order", "sides")
    listed = [word for key in keys for word in lexicon.words_in(code, "slots", key)]
    return frozenset([*listed, *lexicon.exclusive_in(code, "slots", "opposites")])


def _parted(words: list[str]) -> Iterator[str]:
    """Yield the words, and the parts of those with a hyphen: "left-handed"."""
    for word in words:
        yield from word.split("-")


def _joined(clause: list[str]) -> Iterator[list[str]]:
    """Yield the parts of a clause that a conjunction joins."""
    for is_link, part in groupby(clause, listed("joints").__contains__):
        if not is_link:
            yield list(part)


def _is_denied(part: list[str]) -> bool:
    """Return True if a part of a clause is negated; two negations cancel out."""
    negations = sum(word in listed("negations") or word.endswith("n't") for word in part)
    return (
        negations + len(pattern_in(ENGLISH, "compare", "given_up").findall(" ".join(part)))
    ) % 2 == 1


def _subject(tokens: list[str], folded: list[str]) -> tuple[frozenset[str], int]:
    """Return the person a fact is about, and the index of the first token after that."""
    if folded[:1] and folded[0].replace("’", "'") in listed("first_person"):
        return frozenset({"user"}), 1
    if len(folded) > 1 and folded[0] in listed("own"):
        is_kin = folded[1] in listed("people")
        return frozenset({f"user {stem(folded[1])}" if is_kin else "user"}), 1 + is_kin
    if not tokens or not tokens[0][0].isupper() or folded[0] in listed("articles") | STOP_WORDS:
        return frozenset(), 0
    owner = tokens[0].casefold().replace("’", "'")
    if not owner.endswith(("'s", "s'")) or len(tokens) < 3:
        return frozenset({folded[0]}), 1
    if folded[1] not in listed("people"):
        return frozenset({folded[0]}), 1
    person = f"{folded[0]} {stem(folded[1])}"
    if tokens[2][0].isupper():
        return frozenset({person, folded[2]}), 3
    return frozenset({person}), 2


def _verb(rest: list[str]) -> tuple[str, bool]:
    """Return the first verb-like word after the subject, and whether it is in the past."""
    for word, following in pairwise([*rest[:4], ""]):
        if word in listed("auxiliaries") and not _is_past(following):
            return word, False
        if word not in listed("fillers") | listed("auxiliaries") | listed("joints"):
            return _synonyms().get(word, word), _is_past(word)
    return "", False


def _is_past(word: str) -> bool:
    return word in listed("irregular") or (
        word.endswith("ed") and len(word) > 4 and word not in listed("lasting")
    )


def fold(token: str) -> str:
    """Return a word without case, accents and possessive ending."""
    plain = fold_text(token.replace("’", "'"))
    return plain.removesuffix("'s").removesuffix("s'")


def stem(word: str) -> str:
    """Return the word without common English endings; synonyms get one stem."""
    return _synonyms().get(word) or stem_word(word)
