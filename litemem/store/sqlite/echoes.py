"""Find answers that name what an ended memory is about: "Your cat sounds lovely".

An assistant says it again in other words, so few of the words of the memory are in its answer. It
counts only near the messages that the memory came from, and only for a name or a thing that nothing
else names: no other valid memory, and no message of the user that is still found.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

import apsw

from litemem.core.scope import ID_KEYS
from litemem.core.text import scripts
from litemem.core.text.lexicon import words_in
from litemem.core.text.query_words import query_words
from litemem.core.text.statements import code_of_pair, named_words, objects
from litemem.core.text.words import sentences, tokens, words
from litemem.store.sqlite.rows import Row

NEXT = 20  # messages behind a source in which an answer may name what it said
SOON = 86_400_000_000  # microseconds; a later message is of another conversation
LIVE = 500  # newest valid memories of a scope that may name the same
SHORT = 3  # letters of a word that others begin with by chance: a car, and care
LENGTH = 100_000  # characters of a message that are looked at
_HEAD_LAST = ("en", "de", "nl", "sv", "pl", "ru")  # in which "short" stands before "answers"

_FOLLOWING = f"""
SELECT pk, role = 'assistant', passages IS NOT 0, CAST(content AS BLOB)
FROM message
WHERE session_pk = ?1 AND pk > ?2 AND created_at BETWEEN ?3 AND ?3 + {SOON}
ORDER BY pk
LIMIT {NEXT}
"""
_SET = f"SELECT {', '.join(f'{key} IS NOT NULL' for key in ID_KEYS)} FROM session WHERE pk = ?"
_VALID = f"""
SELECT m.pk, CAST(m.content AS BLOB)
FROM memory AS m
WHERE {{}} AND m.valid_to IS NULL
ORDER BY m.created_at DESC
LIMIT {LIVE}
"""


class Echoes:
    """The answers that name what memories are about which end together.

    Args:
        ending: the keys of these memories.
    """

    def __init__(self, connection: apsw.Connection, ending: Collection[int]) -> None:
        self._connection = connection
        self._ending = frozenset(ending)
        self._valid: dict[int, list[str]] = {}  # texts, by session

    def of(self, content: str, sources: Sequence[Row]) -> list[int]:
        """Return the answers that name what a text is about, near the messages it came from.

        A source is a row of the message's key, its session and its time.
        """
        subject = _Subject(content)
        known = {pk for pk, *_ in sources}
        found: list[int] = []
        for pk, session, at, *_ in sources if subject.words else ():
            found += self._following(subject, (session, pk, at), known)
        return list(dict.fromkeys(found))

    def _following(self, subject: "_Subject", source: Row, known: Collection[int]) -> Iterator[int]:
        said: set[str] = set()  # by the user since then
        rows: list[Row] = self._connection.execute(_FOLLOWING, source).fetchall()
        for pk, answers, is_found, stored in rows:
            if pk in known or not is_found:
                continue
            named = subject.named_in(_text(stored))
            if not answers:
                said |= named
            elif (left := named - said) and left.difference(self._live(source[0], subject)):
                yield pk

    def _live(self, session: int, subject: "_Subject") -> set[str]:
        """Return what of it other valid memories name."""
        if session not in self._valid:
            self._valid[session] = list(self._texts(session))
        near = (text for text in self._valid[session] if subject.may_be_named_in(text))
        return {word for text in near for word in subject.named_in(text)}

    def _texts(self, session: int) -> Iterator[str]:
        (given,) = self._connection.execute(_SET, (session,)).fetchall()
        exact = " AND ".join(
            f"m.{key} = (SELECT {key} FROM session WHERE pk = ?1)" if is_set else f"m.{key} IS NULL"
            for key, is_set in zip(ID_KEYS, given, strict=True)
        )
        rows: list[Row] = self._connection.execute(_VALID.format(exact), (session,)).fetchall()
        yield from (_text(content) for pk, content in rows if pk not in self._ending)


class _Subject:
    """The names and things that a memory is about."""

    def __init__(self, content: str) -> None:
        self._code = code_of_pair(content, content)
        about = objects(content, self._code)
        telling = set(query_words(content)) - words_in(self._code, "echoes", "vague")
        counted = [(word, named_words(word, self._code) & about) for word in telling]
        self._stems = {word: stems for word, stems in counted if stems}
        if self._code in _HEAD_LAST:
            for word, following in pairwise(token.text for token in tokens(content)):
                if word.islower() and following in self._stems:
                    self._stems.pop(word, None)
        self._stems |= {word: frozenset([word]) for word in about if scripts.is_unspaced(word)}
        self.words = frozenset(self._stems)

    def may_be_named_in(self, text: str) -> bool:
        """Return False if a text surely names none of its words, but for a synonym."""
        written = text.casefold()
        return any(word[:SHORT] in written for word in self.words)

    def named_in(self, text: str) -> set[str]:
        """Return its words, as the memory writes them, that a text names."""
        folded, written = scripts.fold(text), set(words(text))
        found = {word for part in sentences(text) for word in named_words(part, self._code)}
        return {
            word
            for word, stems in self._stems.items()
            if (word in folded if scripts.is_unspaced(word) else not found.isdisjoint(stems))
            and (
                len(word) > SHORT
                or scripts.is_unspaced(word)
                or word in written
                or f"{word}s" in written
            )
        }


def _text(stored: object) -> str:
    text = stored.decode(errors="replace") if isinstance(stored, bytes) else ""
    return text[:LENGTH]
