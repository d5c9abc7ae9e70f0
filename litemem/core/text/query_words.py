"""The words of a query that count: those that are not stop words of its own language.

The language is the one with most stop words in the query. A stop word of another language counts,
and so does one that is written as a name: "my job in IT", "what Will said". In scripts without
spaces, a run is cut at particles and question words; if that cuts a word in two, its parts are
looked for.
"""

import re
from collections.abc import Iterator
from functools import cache

from litemem.core.text import scripts, vocabulary
from litemem.core.text.split_verbs import whole_verb
from litemem.core.text.words import MAX_WORDS, STOP_WORDS, words

_WORD = re.compile(rf"[\w{scripts.MARKED}]+")
_CHINESE = vocabulary.pattern_in("zh", "search", "particles")
_HIRAGANA = re.compile("[ぁ-ゖー]+")
_JAPANESE = vocabulary.pattern_in("ja", "search", "pronouns")
_PARTICLE = vocabulary.pattern_in("ja", "search", "particle")
_FIRST_ENDING = vocabulary.pattern_in("ja", "search", "first_ending")
_ENDING = vocabulary.pattern_in("ja", "search", "ending")
_KOREAN = frozenset(vocabulary.words_in("ko", "search", "stop_runs"))
_KOREAN_ENDING = vocabulary.pattern_in("ko", "search", "verb_endings")
_KOREAN_PARTICLE = vocabulary.pattern_in("ko", "search", "particles")
_STACKED = re.compile(  # Thai, Lao, Khmer and Burmese
    vocabulary.either_of(("th", "und"), "search", "particles")
)
LONGEST_ENDING = 12  # letters
_HANGUL = re.compile(f"[{scripts.HANGUL}]")
_NO_NAMES = vocabulary.words_of_all("search", "no_names")
_OWNERS = vocabulary.words_of_all("search", "owners")
_SENTENCE_END = re.compile(r"[.!?:\n][\W_]{0,7}\Z")


def query_words(text: str) -> list[str]:
    """Return the first words of a query that count, each once, in order.

    They are in lower case, but for stop words that are written in capitals. A query of stop words
    alone returns those.
    """
    written = text if text.isascii() else scripts.composed(text)
    is_japanese = _HIRAGANA.search(written) is not None
    stop = stop_words(written)
    names = _names(written) if stop >= STOP_WORDS else {}
    counted: list[str] = []
    every: list[str] = []
    for match in _WORD.finditer(written):
        for part in scripts.runs(match[0]):
            word = part.casefold()
            every.append(word)
            if scripts.is_unspaced(part):
                counted += _cut(word, is_japanese=is_japanese)
            elif _folded(word) not in stop:
                counted.append(word)
            elif match.start() in names:
                counted.append(part if part.isupper() else word)
    if not stop >= STOP_WORDS:
        counted = whole_verb(written, counted)
    return list(dict.fromkeys(counted or every))[:MAX_WORDS]


def asked_words(text: str) -> set[str]:
    """Return all words of a query that may be names, in lower case."""
    stop = stop_words(text)
    found = {word for word in words(text) if _folded(word) not in stop}
    names = _names(text) if stop >= STOP_WORDS else {}
    return found | {name.casefold() for name in names.values()}


def stop_words(text: str) -> frozenset[str]:
    """Return the folded stop words of the language of a query, and those of scripts of their own.

    English if it has as many stop words of English as of another language.
    """
    found = [_folded(word) for word in _WORD.findall(text.casefold())]
    lists = _latin()
    counts = [sum(word in listed for word in found) for listed in lists]
    most = max(counts)
    if not most or counts[0] == most:
        return lists[0] | _others()
    best = [listed for listed, count in zip(lists, counts, strict=True) if count == most]
    return frozenset.intersection(*best) | _others()


def _names(text: str) -> dict[int, str]:
    """Return the English words that are written as names: "IT", "Will" inside a sentence.

    Keys are the places where they begin.
    """
    found = [match for match in _WORD.finditer(text) if match[0] not in _NO_NAMES]
    lower = sum(match[0][0].islower() for match in found)
    names = {}
    for match in found:
        word, start = match[0], match.start()
        if len(word) < 2 or not lower:
            continue
        before = text[max(0, start - 8) : start]
        is_inside = before.strip() and not _SENTENCE_END.search(before) and 2 * lower >= len(found)
        is_possessive = text[match.end() : match.end() + 2] in ("'s", "’s")
        is_owner = is_possessive and word in _OWNERS
        if word.isupper() or (word[0].isupper() and (is_inside or is_owner)):
            names[start] = word
    return names


def _cut(run: str, *, is_japanese: bool) -> Iterator[str]:
    """Yield the parts of a run of a script without spaces between stop words."""
    if _HANGUL.search(run):
        if run not in _KOREAN:
            bare = _KOREAN_PARTICLE.sub("", _KOREAN_ENDING.sub("", run))
            if bare not in _KOREAN:
                yield bare
    elif is_japanese:
        yield from _HIRAGANA.sub(_without_particles, _JAPANESE.sub(" ", run)).split()
    else:
        yield from (_STACKED if run[0] < "\u2000" else _CHINESE).sub(" ", run).split()


def _without_particles(run: re.Match[str]) -> str:
    """Return the hiragana of a query without the particles around it, with spaces for these.

    At the beginning of a run, where a noun may be, one particle is left out at most.
    """
    kana, left, ending = run[0], "", _ENDING
    if not run.start():
        ending = _FIRST_ENDING
    elif not ending.match(kana[:LONGEST_ENDING]) and (particle := _PARTICLE.match(kana)):
        kana, left = kana[particle.end() :], " "
    found = ending.search(kana, max(0, len(kana) - LONGEST_ENDING))
    return f"{left}{kana[: found.start()]} " if found else f"{left}{kana}"


def _folded(word: str) -> str:
    return word if word.isascii() else scripts.normal_forms(word)


@cache
def _latin() -> list[frozenset[str]]:
    """Return the stop words of languages in Latin letters, English first."""
    return [
        frozenset(listed.split()) for listed in vocabulary.texts("search", "stop_words").values()
    ]


@cache
def _others() -> frozenset[str]:
    return frozenset(map(_folded, vocabulary.words_of_all("search", "stop_words_of_script")))
