"""Guess the language of a text, by its script or by the commonest short words of Latin script.

A small model has to be named the language to answer in; English, the language of the prompts, is
not named.
"""

import re
import unicodedata
from functools import cache

from litemem.core.text import vocabulary
from litemem.core.text.scripts import fold
from litemem.core.text.words import STOP_WORDS, words

MIN_COMMON = 2  # common words of a language, more than of any other, that decide for it
SHORT = 12  # words of a text that is judged by more signs
CLOSE = 4  # words by which English has to lead: other languages have many of its short words
MAX_SHORT = 300  # characters of it
MARK = 1.5  # words that letters of one language count for
ALIKE = frozenset(["Spanish", "Portuguese", "Italian"])  # one of them is better than none
_NORDIC = frozenset(["Danish", "Norwegian"])  # the same
MIN_TOLD = 0.4  # words that decide for a language
DEFAULT = 0.3  # words that stand for English in a text without any
NEAR = 0.1  # words by which another language may be the right one as well
_ACCENTED = ("Vietnamese",)  # languages in which a word with another accent is another word
_OF_ALL = frozenset(["user"])  # what facts call the speaker, in any language

_SCRIPTS = {
    "HIRAGANA": "Japanese",
    "KATAKANA": "Japanese",
    "HANGUL": "Korean",
    "CJK": "Chinese",
    "CYRILLIC": "Russian",
    "GREEK": "Greek",
    "ARABIC": "Arabic",
    "HEBREW": "Hebrew",
    "THAI": "Thai",
    "DEVANAGARI": "Hindi",
}
# languages without a script of their own; of those that are as likely, the first one is taken
_ORDER = (
    *("English", "German", "French", "Spanish", "Italian", "Portuguese", "Dutch", "Swedish"),
    *("Polish", "Turkish", "Romanian", "Czech", "Finnish", "Vietnamese", "Indonesian", "Danish"),
    *("Norwegian", "Hungarian"),
)


def _in_order(key: str) -> dict[str, str]:
    listed = vocabulary.texts_by_name("language", key)
    return {name: listed[name] for name in _ORDER if name in listed}


def _words_in_order(key: str) -> dict[str, frozenset[str]]:
    return {name: frozenset(text.split()) for name, text in _in_order(key).items()}


COMMON_WORDS = _words_in_order("common")
# words that hardly another of these languages has: first persons, pronouns, negations
TELLTALE = _words_in_order("telltale")
_LETTERS = {name: re.compile(pattern) for name, pattern in _in_order("letters").items()}
FUNCTION_WORDS = frozenset().union(*COMMON_WORDS.values())
_LETTER = re.compile(r"[^\W\d_]")
_UKRAINIAN = vocabulary.pattern_in("uk", "language", "of_script")
_RUSSIAN = vocabulary.pattern_in("ru", "language", "of_script")
_PERSIAN = vocabulary.pattern_in("fa", "language", "of_script")
_OF_CODE = re.compile(r"[<>{}=|\[\]\\]|\w\(\)|::|\w_\w|\w[/\\]\w|^\w+: \w+:", re.MULTILINE)
_ONLY_ENGLISH = vocabulary.words_of_all("language", "only")
MAX_ENGLISH = 0.25  # of the words of a text that is not English
MIN_FOREIGN = 4  # words of a text without accents that may be in a language without a file


def language(text: str) -> str | None:
    """Return the English name of a text's language, or None if it is English or uncertain."""
    script = _by_script(text)
    if script is not None:
        return script
    found = words(text)
    counts = {
        language: sum(word in common for word in found) for language, common in _counted().items()
    }
    best = max(counts, key=lambda language: counts[language])
    second = max(count for language, count in counts.items() if language != best)
    is_close = best == "English" and counts[best] - second < CLOSE  # "we", "in" and "was" are Dutch
    if len(found) <= SHORT or counts[best] < MIN_COMMON or is_close:
        return _of_short_text(text, found)
    is_clear = counts[best] >= MIN_COMMON and counts[best] > second
    return best if is_clear and best != "English" else None


def is_foreign(text: str) -> bool:
    """Return True if a text of some words has hardly one of English: it is in another language.

    A text in plain letters has to be longer, as it may be a list of names. Other languages have
    words that are written like English ones: "i" and "a" above all.
    """
    found = [word for word in words(text) if word.isalpha() or not word.isascii()]
    least = MIN_FOREIGN if text.isascii() else MIN_FOREIGN - 1
    if len(found) < least and not _is_of_other_script(text):
        return False
    if not _ONLY_ENGLISH.isdisjoint(found) or _OF_CODE.search(text[:MAX_SHORT]):
        return False
    english = COMMON_WORDS["English"] | TELLTALE["English"] | STOP_WORDS
    known = _languages_by_word()
    count = sum(word in english or "English" in known.get(word, ()) for word in found)
    return bool(found) and count < MAX_ENGLISH * len(found)


def _is_of_other_script(text: str) -> bool:
    """Return True if most letters of a text are not Latin ones."""
    letters = _LETTER.findall(text[:MAX_SHORT])
    others = sum("LATIN" not in unicodedata.name(letter, "LATIN") for letter in letters)
    return others > len(letters) / 2


@cache
def _counted() -> dict[str, frozenset[str]]:
    """Return the words by which the language of a longer text is known."""
    return {**COMMON_WORDS, **_words_in_order("counted")}


def _of_short_text(text: str, found: list[str]) -> str | None:
    """Return the language of a few words, by words and letters that hardly another one has.

    A word of several languages counts for each by its share. "Tomo té" is Spanish or Portuguese.
    """
    scores = dict.fromkeys(TELLTALE, 0.0) | {"English": DEFAULT}
    known = _languages_by_word()
    for word in found:
        names = known.get(fold(word), frozenset()) | known.get(word, frozenset())
        for name in names:
            scores[name] += 1 / len(names)
    plain = text[:MAX_SHORT]
    for name, letters in _LETTERS.items():
        scores[name] += MARK * (letters.search(plain) is not None)
    best = max(scores, key=lambda name: scores[name])
    tied = {name for name, score in scores.items() if score >= scores[best] - NEAR}
    if (
        "English" in tied
        or scores[best] < MIN_TOLD
        or (len(tied) > 1 and not tied <= ALIKE and not tied <= _NORDIC)
    ):
        return None
    return best


def languages_of(word: str) -> frozenset[str]:
    """Return the languages that have a word in lower case, of those with plain words to tell."""
    known = _languages_by_word()
    return known.get(word, frozenset()) | known.get(fold(word), frozenset())


@cache
def _languages_by_word() -> dict[str, frozenset[str]]:
    """Return the languages of each word, folded but for accents that make another; 10 ms."""
    listed = vocabulary.plain_words()
    found: dict[str, set[str]] = {}
    for name in TELLTALE:
        others = listed.get(name, "").split()
        for word in {*TELLTALE[name], *COMMON_WORDS.get(name, ()), *others} - _OF_ALL:
            found.setdefault(word if name in _ACCENTED else fold(word), set()).add(name)
    return {word: frozenset(names) for word, names in found.items()}


def _by_script(text: str) -> str | None:
    """Return the language of the script that most letters have, even if mixed with Latin ones."""
    counts: dict[str, int] = {}
    letters = _LETTER.findall(text)
    for letter in letters:
        script = unicodedata.name(letter, "").split(" ")[0].split("-")[0]
        found = _SCRIPTS.get(script)
        if found:
            counts[found] = counts.get(found, 0) + 1
    if not counts or sum(counts.values()) < len(letters) / 2:
        return None
    if "Arabic" in counts and _PERSIAN.search(text):
        return "Persian"
    if "Japanese" in counts:  # Japanese mixes Chinese characters with kana
        return "Japanese"
    if "Russian" in counts and _UKRAINIAN.search(text) and not _RUSSIAN.search(text):
        return "Ukrainian"
    return max(counts, key=lambda language: counts[language])
