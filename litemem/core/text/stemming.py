"""Stems of words, and which of many texts contain the stemmed words of a query.

`stem` and `root` compare English words of facts. The rest follows the index for full-text search:
the words of a text are those of FTS5's tokenizer `unicode61`, and two words are the same if FTS5's
Porter stemmer says so. Texts are not split: the first letters of a stem are searched in all texts
at once, which takes 0.1 ms a word for a thousand texts, where splitting them would take 10 ms.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import accumulate

_ENDINGS = ("ing", "ied", "ies", "ed", "es", "s", "e", "y")
_MARKS = re.compile(r"[\u0300-\u036f]")  # accents; not the vowel signs of Indian scripts
_NO_WORD = re.compile(r"[\W_]+")
_PLAIN = {i: chr(i).lower() if chr(i).isalnum() else " " for i in range(128)}
_CHANGED = "iel"  # last letters of a stem that its word may not have there: happi, hope, sensibl
_LETTERS = re.compile(r"[^\W_]+")

Stem = Callable[[str], str]  # the Porter stem of a folded word


def stem(word: str) -> str:
    """Return a case-folded word without common English endings: "planned" as "plan"."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            bare = word[: -len(ending)]
            is_doubled = len(bare) > 3 and bare[-1] == bare[-2] and ending in ("ing", "ed")
            return bare[:-1] if is_doubled else bare
    return word


def root(word: str) -> str:
    """Return the letters that most forms of a word share: "counselling" and "counselor"."""
    bare = word.removesuffix("ing") if len(word) >= 6 else word
    return bare[: 4 if len(word) < 8 else 5]


def stems_of(words: Iterable[str], porter: Stem) -> dict[str, str]:
    """Return the stems of words, in order, each with the first word that has it."""
    stems: dict[str, str] = {}
    for part in (part for word in words for part in _LETTERS.findall(fts_fold(word))):
        stems.setdefault(fts_fold(porter(part)).strip(), part)
    stems.pop("", None)
    return stems


def holding(texts: Sequence[str], stems: Iterable[str], porter: Stem) -> list[list[int]]:
    """Return for each stem the positions of the texts that contain a word with it, ascending."""
    starts, whole = _joined(texts)
    stemmed = cache(lambda word: fts_fold(porter(word)).strip())
    return [
        list(dict.fromkeys(bisect_right(starts, at) - 1 for at in _places(whole, each, stemmed)))
        for each in stems
    ]


def fts_fold(text: str) -> str:
    """Return a text without case and accents as FTS5 does, with spaces instead of symbols."""
    if text.isascii():
        return text.translate(_PLAIN)
    plain = _MARKS.sub("", unicodedata.normalize("NFD", text.casefold()))
    return _NO_WORD.sub(" ", unicodedata.normalize("NFC", plain))


def _joined(texts: Sequence[str]) -> tuple[list[int], str]:
    """Return where each text starts in all texts joined, and those folded, words between spaces."""
    plain = texts
    whole = f" {' '.join(plain)} "
    if not whole.isascii():
        plain = [text if text.isascii() else fts_fold(text) for text in texts]
        whole = f" {' '.join(plain)} "
    if whole.isascii():  # folding all texts at once is five times faster
        whole = whole.translate(_PLAIN)
    else:
        plain = [fts_fold(text) for text in plain]
        whole = f" {' '.join(plain)} "
    return list(accumulate([len(text) + 1 for text in plain], initial=0)), whole


def _places(whole: str, stem: str, stemmed: Stem) -> Iterator[int]:
    """Yield the position of the space before each word with a stem."""
    is_whole = len(stem) == 1 or stem[-1] not in _CHANGED
    beginning = f" {stem if is_whole else stem[:-1]}"
    at = whole.find(beginning)
    while at >= 0:
        end = whole.find(" ", at + 1)
        if stemmed(whole[at + 1 : end]) == stem:
            yield at
        at = whole.find(beginning, end)
