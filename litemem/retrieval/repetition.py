"""Find the sentences that say only what a fact says already. Pure.

A sentence repeats a fact if most of its words have the stems of words of the fact, and if it has no
name, number or denial that the fact does not have.
"""

import re
from collections.abc import Collection, Iterator, Mapping

from litemem.core.text import vocabulary
from litemem.core.text.scripts import fold
from litemem.core.text.words import STOP_WORDS, question_share, sentences, stem, tokens, words

SAID = 0.6  # share of the words of a sentence that its own facts have, if they say the same
ECHOED = 0.6  # the same of an assistant's sentence and any fact
REPEATED = 0.75  # the same of a user's, who rather says something new
LONGEST = 400  # characters of a text that may only repeat a fact

_INNER = re.compile(r"['’\-]")  # inside a word
# of English words, behind an apostrophe
_ENDINGS = vocabulary.words_of_all("search", "clitics")
ARTICLES = vocabulary.words_of_all("search", "articles")
_DENIALS = vocabulary.words_of_all("search", "denials")


class Facts:
    """Facts by their ids, to find the one that says all that a text says."""

    def __init__(self, facts: Mapping[str, str]) -> None:
        self._facts = facts
        self._words = {key: set(words(text)) for key, text in facts.items()}
        self._stems: dict[str, frozenset[str]] = {}

    def saying(self, text: str) -> str | None:
        """Return the id of a fact that a short text only repeats, unless the text asks."""
        if len(text) > LONGEST or question_share(text):
            return None
        telling = set(words(text)) - STOP_WORDS
        for key, known in self._words.items():
            # inflected words differ, so half of them is enough to look closer
            if 2 * len(telling & known) >= len(telling) > 0 and repeats(text, self._of(key)):
                return key
        return None

    def _of(self, key: str) -> frozenset[str]:
        if key not in self._stems:
            self._stems[key] = stems_of_text(self._facts[key])
        return self._stems[key]


def repeats(text: str, said: Collection[str], share: float = REPEATED) -> bool:
    """Return True if a short text says only what a fact with these stems says."""
    return (
        len(text) <= LONGEST
        and not stems_of_text(text).isdisjoint(said)
        and not unsaid(text, said, share)
    )


def unsaid(text: str, said: Collection[str], share: float = SAID) -> str:
    """Return a text without the sentences that facts with these stems say, or an empty text.

    A sentence with a name or a number that the facts do not have says more than they.
    """
    if not said:
        return text
    parts = [part for part in sentences(text) if part.strip()]
    rest = [part for part in parts if not _is_said(part, said, share)]
    if len(rest) == len(parts):
        return text
    from litemem.extraction.sanitize import is_small_talk  # its patterns take 60 ms

    kept = "".join(rest).strip()
    return "" if is_small_talk(kept) else kept


def meaning_of(text: str) -> tuple[str, ...]:
    """Return the words of a text without articles, or the text itself if it has none."""
    found = tuple(word for word in map(fold, _written(text)) if word not in ARTICLES)
    return found or (text.strip(),)


def stems_of_text(text: str) -> frozenset[str]:
    """Return the stems of the words of a text that are not stop words."""
    return frozenset(stem_of(word) for word in map(fold, _written(text)) if word not in STOP_WORDS)


def stem_of(word: str) -> str:
    """Return the stem of a folded word, "weddings" as "wedding"."""
    return stem(stem(word))


def _is_said(sentence: str, said: Collection[str], share: float) -> bool:
    missing = known = 0
    for i, written in enumerate(_written(sentence)):
        word = fold(written)
        if word in STOP_WORDS:
            continue
        if stem_of(word) in said:
            known += 1
        elif word in _DENIALS or written[0].isdigit() or (i and written[0].isupper()):
            return False
        else:
            missing += 1
    return known > 0 and known >= share * (known + missing)


def _written(text: str) -> Iterator[str]:
    """Yield the words of a text as they are written, "don't" as "don" and "not"."""
    for token in tokens(text, smallest=True):
        for part in _INNER.split(token.text):
            if part == token.text or part not in _ENDINGS:
                yield "not" if part == "t" and part != token.text else part
