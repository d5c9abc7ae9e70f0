"""Guess the language of a text, by its script or by the commonest short words of Latin script.

A small model has to be named the language to answer in; English, the language of the prompts, is
not named.
"""

import re
import unicodedata

from litemem.core.text.words import words

MIN_COMMON = 2  # common words of a language, more than of any other, that decide for it

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
_COMMON = {
    "English": "the a is am are was my i and to of in for with have it that you we she he not me "
    "be",
    "German": "ich der die das ist bin und ein eine mein meine nicht mit in zu auf für wir sie er "
    "den im wohne habe heiße mich seit aus",
    "French": "je le la les est suis et un une mon ma mes pas dans de du des pour avec nous elle "
    "il en à j l d ai",
    "Spanish": "yo el la los las es soy y un una mi mis no en de del para con que me tengo vivo "
    "trabajo su",
    "Italian": "io il la lo gli le è sono e un una mio mia non in di del della per con che mi ho "
    "vivo lavoro",
    "Portuguese": "eu o a os as é sou e um uma meu minha não em de do da para com que me tenho "
    "moro",
    "Dutch": "ik de het een is ben en mijn niet met in op van voor wij zij hij heb woon te",
    "Swedish": "jag det den en ett är och min mitt inte med i på av för vi hon han har bor",
    "Polish": "ja jest jestem i w na nie z do się mój moja mam to że dla mieszkam",
    "Turkish": "ben bir ve bu için ile değil benim çok var da de oturuyorum",
}
COMMON_WORDS = {language: frozenset(listed.split()) for language, listed in _COMMON.items()}
FUNCTION_WORDS = frozenset().union(*COMMON_WORDS.values())
_LETTER = re.compile(r"[^\W\d_]")


def language(text: str) -> str | None:
    """Return the English name of a text's language, or None if it is English or uncertain."""
    script = _by_script(text)
    if script is not None:
        return script
    found = words(text)
    counts = {
        language: sum(word in common for word in found) for language, common in COMMON_WORDS.items()
    }
    best = max(counts, key=lambda language: counts[language])
    second = max(count for language, count in counts.items() if language != best)
    is_clear = counts[best] >= MIN_COMMON and counts[best] > second
    return best if is_clear and best != "English" else None


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
    if "Japanese" in counts:  # Japanese mixes Chinese characters with kana
        return "Japanese"
    return max(counts, key=lambda language: counts[language])
