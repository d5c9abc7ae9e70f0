"""Find a fact that makes a brother of a brother-in-law, or a wife of a former one.

A word or a part of a word says that a relative is one by marriage, by half, or not any more.
"""

from litemem.core.text.phrases import tokens_of
from litemem.extraction.paraphrase.comparison import Comparison
from litemem.extraction.paraphrase.support import is_form


def is_of_other_kin(pair: Comparison) -> bool:
    """Return True if only one of both says "in-law", "half" or "former" of a relative."""
    told, heard = _marked(pair.fact, pair), _marked(pair.said, pair)
    plain_told, plain_heard = _plain(pair.fact, pair), _plain(pair.said, pair)
    is_lost = any(
        _has(plain_told, kin, pair) and not _has(plain_heard, kin, pair) for kin in heard - told
    )
    is_added = any(
        _has(plain_heard, kin, pair) and not _has(plain_told, kin, pair) for kin in told - heard
    )
    return is_lost or is_added


def _marked(text: str, pair: Comparison) -> set[str]:
    """Return the words for relatives of a text that are marked: "brother" of "brother-in-law"."""
    groups = (match.groupdict() for match in pair.table.kin_kinds.finditer(text))
    return {
        word.casefold()
        for group in groups
        for name, word in group.items()
        if word and name.startswith("kin") and not name.startswith("kind")
    }


def _plain(text: str, pair: Comparison) -> list[str]:
    """Return the words for people of a text that are not marked, or its signs."""
    rest = pair.table.kin_kinds.sub(" ", text)
    persons = pair.table.persons
    return [word for word in tokens_of(rest) if not pair.spaces or persons.has(word)]


def _has(words: list[str], kin: str, pair: Comparison) -> bool:
    if not pair.spaces:
        return kin in "".join(words)
    return any(word.startswith(kin) or is_form(word, kin) for word in words)
