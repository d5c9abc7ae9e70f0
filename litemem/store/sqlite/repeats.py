"""Count messages that repeat a memory among its sources before it ends: "Noted, you live in Oslo".

No memory came from such a message, so it would bring back what was deleted or superseded.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import apsw

from litemem.core.text import scripts
from litemem.core.text.query_words import query_words
from litemem.core.text.words import any_of, sentences, stem, words
from litemem.store.filters import Condition
from litemem.store.sqlite.echoes import Echoes
from litemem.store.sqlite.passages import hide_messages, link_sources
from litemem.store.sqlite.rows import IN_SCOPE_OF_M, Row, read_json

NEWEST = 200  # passages with the words of a memory that are looked at, the newest of its scope
TURN = 50  # messages before and after a source that may be of its turn
LENGTH = 100_000  # characters of a message that are looked at
SENTENCES = 20  # of a deleted message that are looked for in others
CODE = 4  # letters and digits of a word that is a code
SHARE = 0.6  # of the words of a memory that a sentence has which repeats it
_USERS = frozenset(
    "user users nutzer benutzer utilisateur usuario usuária utente gebruiker".split()
)

# some memories, but those of scopes without messages that may be found
_WITH_MESSAGES = """
WITH speaking AS MATERIALIZED (
  SELECT DISTINCT s.user_id, s.agent_id, s.app_id, s.run_id
  FROM message JOIN session AS s ON s.pk = session_pk
  WHERE passages IS NOT 0 AND session_pk IN (
    SELECT s.pk FROM session AS s JOIN memory AS m
      ON s.user_id IS m.user_id AND s.agent_id IS m.agent_id
      AND s.app_id IS m.app_id AND s.run_id IS m.run_id
    WHERE m.pk IN (SELECT value FROM json_each(?1))
  )
)
SELECT m.pk
FROM memory AS m JOIN speaking AS s
  ON s.user_id IS m.user_id AND s.agent_id IS m.agent_id
  AND s.app_id IS m.app_id AND s.run_id IS m.run_id
WHERE m.pk IN (SELECT value FROM json_each(?1))
ORDER BY m.pk
"""
_TEXTS = """
SELECT CAST(content AS BLOB), CAST(user_id AS BLOB) FROM memory WHERE pk = ?
"""
_SOURCES = f"""
SELECT message.pk, message.session_pk, message.created_at, CAST(message.name AS BLOB)
FROM memory AS m
JOIN json_each({read_json("m.sources")}) AS source
JOIN message ON message.pk = source.value
WHERE m.pk = ? AND {IN_SCOPE_OF_M}
"""
_WITH_WORDS = f"""
SELECT DISTINCT message.pk, CAST(message.content AS BLOB)
FROM passage_fts AS f
CROSS JOIN passage AS p ON p.pk = f.rowid
CROSS JOIN message ON message.pk = -p.owner
WHERE f.passage_fts MATCH ? AND message.passages > 0
  AND message.session_pk IN (SELECT value FROM json_each(?))
ORDER BY f.rowid DESC
LIMIT {NEWEST}
"""
_SESSION_OF = """
SELECT s.pk
FROM memory AS m JOIN session AS s
  ON s.user_id IS m.user_id AND s.agent_id IS m.agent_id
  AND s.app_id IS m.app_id AND s.run_id IS m.run_id
WHERE m.pk = ?
"""
_OTHER_RUNS = """
SELECT json_group_array(s.pk)
FROM memory AS m JOIN session AS s
  ON s.user_id IS m.user_id AND s.agent_id IS m.agent_id
  AND s.app_id IS m.app_id AND s.run_id IS NOT m.run_id
WHERE m.pk = ? AND m.user_id IS NOT NULL
"""
_MESSAGE = """
SELECT CAST(content AS BLOB), CAST(name AS BLOB), CAST(user_id AS BLOB), session_pk, created_at
FROM message JOIN session ON session.pk = session_pk
WHERE message.pk = ?
"""
_OF_TURN = f"""
SELECT pk, CAST(content AS BLOB)
FROM message
WHERE session_pk = ? AND created_at = ? AND pk BETWEEN ? - {TURN} AND ? + {TURN}
  AND role = 'assistant' AND passages IS NOT 0
"""
# texts of other memories that came from a message
_OTHERS = """
SELECT CAST(content AS BLOB)
FROM origin JOIN memory ON memory.pk = memory_pk
WHERE message_pk = ? AND memory_pk <> ?
"""
# memories that a newer one superseded and that are not shown, by the messages they came from
_OUTDATED = """
SELECT o.message_pk, o.memory_pk
FROM json_each(?) AS chosen
CROSS JOIN origin AS o ON o.message_pk = chosen.value
CROSS JOIN memory AS m ON m.pk = o.memory_pk
WHERE m.valid_to IS NOT NULL AND m.id NOT IN (SELECT value FROM json_each(?))
  AND ({}) IS NOT TRUE
ORDER BY o.message_pk, o.memory_pk
"""
_ADD_SOURCES = f"""
UPDATE memory AS m
SET sources = (
  SELECT json_group_array(value) FROM (
    SELECT value FROM json_each({read_json("m.sources")}) UNION SELECT value FROM json_each(?)
  )
)
WHERE pk = ?
"""


@dataclass(frozen=True, slots=True)
class _Telling:
    """The words of a memory that a repetition has: all, and its names and numbers."""

    all: tuple[str, ...]
    sure: tuple[str, ...]

    def is_in(self, sentence: str) -> bool:
        """Return True if a sentence says the same: names, numbers and most other words."""
        found = self._found(sentence)
        if any(_is_code(word) for word in found.intersection(self.sure)):
            return True
        if len(self.all) < 2 or not found.issuperset(self.sure):
            return False
        needed = SHARE * len(self.all) if self.sure else len(self.all)
        return len(found) >= max(2, needed)

    def may_be_in(self, text: str) -> bool:
        """Return True if an answer speaks of the same, by a name, a number or half of the words."""
        found = self._found(text)
        if self.sure:
            return not found.isdisjoint(self.sure)
        return len(found) >= max(1, len(self.all) / 2)

    def _found(self, text: str) -> set[str]:
        folded = text.casefold()
        stems = {stem(word) for word in words(text)}
        return {
            word
            for word in self.all
            if (word in folded if scripts.is_unspaced(word) else stem(word) in stems)
        }


def link_repeats(
    connection: apsw.Connection, memory_pks: Iterable[int], *, loosely: bool = False
) -> None:
    """Add the messages that repeat memories to the sources of these: see `repeats_of`."""
    ending = list(memory_pks)
    rows: list[Row] = connection.execute(_WITH_MESSAGES, (json.dumps(ending),)).fetchall()
    echoes = Echoes(connection, ending)
    for (pk,) in rows:
        found = repeats_of(connection, pk, echoes, loosely=loosely)
        if found:
            connection.execute(_ADD_SOURCES, (json.dumps(found), pk))
            link_sources(connection, [pk], found)


def repeats_of(
    connection: apsw.Connection, memory_pk: int, echoes: Echoes, *, loosely: bool = False
) -> list[int]:
    """Return the messages that repeat a memory and are not its sources.

    A message repeats a memory if one of its sentences has the names, the numbers and most words of
    it; not if another memory from the same message has them. An assistant's answer soon after a
    source does so if it names what nothing else names: see `echoes`. With `loosely`, an answer to a
    source does so with one name or number, even if something else names it.
    """
    sources = connection.execute(_SOURCES, (memory_pk,)).fetchall()
    telling = _telling(connection, memory_pk, [_text(name) for *_, name in sources])
    if not telling.all:
        return []
    known = {source for source, *_ in sources}
    session = connection.execute(_SESSION_OF, (memory_pk,)).get
    found = _candidates(connection, [session], telling, sources, loosely)
    repeating = [
        message
        for message in dict.fromkeys(found)
        if message not in known and not _is_of_another(connection, message, memory_pk, telling)
    ]
    answers = [
        pk
        for content, _ in connection.execute(_TEXTS, (memory_pk,))
        for pk in echoes.of(_text(content), sources)
    ]
    return list(dict.fromkeys([*repeating, *answers]))


def repeats_in_other_runs(connection: apsw.Connection, memory_pk: int) -> list[int]:
    """Return the messages of other runs of a memory's user that repeat it: see `repeats_of`.

    They are no sources of it, since a memory and what it came from are of one scope.
    """
    listed: str = connection.execute(_OTHER_RUNS, (memory_pk,)).get
    telling = _telling(connection, memory_pk, [])
    sessions = json.loads(listed)
    if not telling.all or not sessions:
        return []
    return [
        message
        for message in dict.fromkeys(_candidates(connection, sessions, telling, [], False))
        if not _is_of_another(connection, message, memory_pk, telling)
    ]


def repeats_of_messages(connection: apsw.Connection, message_pks: Collection[int]) -> list[int]:
    """Return other messages that repeat a sentence of these, so that they end with them."""
    found: dict[int, None] = {}
    for pk in message_pks:
        row = connection.execute(_MESSAGE, (pk,)).fetchone()
        if row is None:
            continue
        content, name, user_id, session, at = row
        own = _USERS.union(words(_text(user_id)), words(_text(name)))
        for sentence in _sentences(content)[:SENTENCES]:
            telling = _telling_of(sentence, own)
            if len(telling.all) > 1 or telling.sure:
                source = (pk, session, at)
                candidates = _candidates(connection, [session], telling, [source], False)
                found.update(
                    (key, None)
                    for key in candidates
                    if not _is_of_another(connection, key, 0, telling)
                )
    return [key for key in found if key not in message_pks]


def without_outdated(
    connection: apsw.Connection,
    said: Mapping[int, str],
    shown: Iterable[str] = (),
    condition: Condition | None = None,
) -> dict[int, str]:
    """Return the texts of messages without the sentences that superseded memories repeat.

    `said` has them by key, and the result has those that are shorter now. A memory that is `shown`,
    by its id, or that meets the condition is no reason to leave out a sentence.
    """
    condition = condition or Condition("FALSE")
    values = (json.dumps([*said]), json.dumps([*shown]), *condition.parameters)
    rows: list[Row] = connection.execute(_OUTDATED.format(condition.sql), values).fetchall()
    tellings: dict[int, list[_Telling]] = {}
    for message_pk, memory_pk in rows:
        tellings.setdefault(message_pk, []).append(_telling(connection, memory_pk, []))
    shorter = {}
    for pk, outdated in tellings.items():
        parts = sentences(said[pk])
        gone: set[int] = set()
        for telling in outdated:
            repeated = {i for i, part in enumerate(parts) if telling.is_in(part)}
            gone |= repeated or {i for i, part in enumerate(parts) if telling.may_be_in(part)}
        if gone:
            kept = "".join(part for i, part in enumerate(parts) if i not in gone)
            shorter[pk] = kept.strip()
    return shorter


def hide_replaced(connection: apsw.Connection, memory_pk: int) -> None:
    """Hide the messages that a memory came from, and those that repeat them.

    They tell the text that the memory had before another one replaced it.
    """
    sources = [pk for pk, *_ in connection.execute(_SOURCES, (memory_pk,))]
    hide_messages(connection, [*repeats_of_messages(connection, sources), *sources])


def _telling(connection: apsw.Connection, pk: int, speakers: Sequence[str]) -> _Telling:
    row = connection.execute(_TEXTS, (pk,)).fetchone()
    if row is None:
        return _Telling((), ())
    content, user_id = map(_text, row)
    return _telling_of(content, _USERS.union(words(user_id), *map(words, speakers)))


def _telling_of(content: str, own: Collection[str]) -> _Telling:
    told = [word for word in map(str.casefold, query_words(content)) if word not in own]
    written = {
        word.casefold()
        for word in content.split()[1:]
        if word[:1].isupper() or any(letter.isdigit() for letter in word)
    }
    names = {part for word in written for part in words(word)}
    sure = [word for word in told if word in names or any(map(str.isdigit, word))]
    return _Telling(tuple(told), tuple(sure))


def _candidates(
    connection: apsw.Connection,
    sessions: Sequence[int],
    telling: _Telling,
    sources: Sequence[Row],
    loosely: bool,
) -> Iterator[int]:
    codes = [word for word in telling.sure if _is_code(word)]
    needed = " AND ".join(f"({any_of([word])})" for word in telling.sure or telling.all)
    needed = any_of(codes) or needed
    among = json.dumps(sessions)
    found: list[Row] = connection.execute(_WITH_WORDS, (needed, among)).fetchall()
    for message, content in found:
        if any(map(telling.is_in, _sentences(content))):
            yield message
    for source, of, at, *_ in sources:
        turn: list[Row] = connection.execute(_OF_TURN, (of, at, source, source)).fetchall()
        for message, content in turn:
            parts = _sentences(content)
            if any(map(telling.is_in, parts)) or (loosely and any(map(telling.may_be_in, parts))):
                yield message


def _is_code(word: str) -> bool:
    """Return True for a word that nothing else has: "4711zx", a long number, but not a year."""
    return (
        len(word) >= CODE
        and any(map(str.isdigit, word))
        and not (len(word) == 4 and word[:2] in ("19", "20"))
    )


def _sentences(stored: object) -> list[str]:
    return sentences(_text(stored)[:LENGTH])


def _is_of_another(connection: apsw.Connection, message: int, pk: int, telling: _Telling) -> bool:
    """Return True if a message yielded another memory with the same words."""
    others = connection.execute(_OTHERS, (message, pk)).fetchall()
    return any(telling.is_in(_text(content)) for (content,) in others)


def _text(stored: object) -> str:
    """Return a text that may be damaged."""
    return stored.decode(errors="replace") if isinstance(stored, bytes) else ""
