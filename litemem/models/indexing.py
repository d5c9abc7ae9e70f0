"""Texts of memories and messages as they are indexed: vectors, passages, and the days they name."""

from collections.abc import Callable, Sequence
from datetime import date

from litemem.core import clock
from litemem.core.protocols import Embedder
from litemem.core.text.english import reports_failure
from litemem.core.text.passages import MAX_PASSAGES, Span, passages
from litemem.core.text.words import index_words, needs_index_words
from litemem.core.types import Message, Passage, TextIndex, with_canonical_roles
from litemem.extraction.sanitize import is_empty_talk
from litemem.models.embedding import embed, quantized, token_counter
from litemem.store.protocol import Store

FAILURES = 20  # lines of one tool's output that report failures
LINE = 1_000  # characters of such a line, or of a part of a longer one
OVERLAP = 100  # characters that parts of a line share
QUESTION_MARKS = "?？؟"


def index_memories(
    embedder: Embedder, texts: Sequence[str], said_on: date | None = None
) -> tuple[list[bytes], list[TextIndex]]:
    """Return the vector of each text's first passage, as float32, and the rest of its index.

    Days such as "tomorrow" are counted from `said_on`.

    Raises:
        EmbedderError: the embedder failed.
    """
    count = token_counter(None, embedder)
    spans = [passages(text, count) for text in texts]
    vectors = _embed_spans(embedder, texts, spans)
    indexes = []
    for text, parts, found in zip(texts, spans, vectors, strict=True):
        needs_words = needs_index_words(text)
        listed = [
            _passage(text, start, stop, vector if i else None, has_words=needs_words)
            for i, ((start, stop), vector) in enumerate(zip(parts, found, strict=True))
            if i or needs_words
        ]
        indexes.append(TextIndex(tuple(listed), _mentions(text, said_on)))
    return [found[0] or b"" for found in vectors], indexes


def index_messages(
    embedder: Embedder,
    messages: Sequence[Message],
    said_on: date | Sequence[date] | None = None,
) -> list[TextIndex | None]:
    """Return the index of each message, or None for one that searches leave out.

    These are blank ones, instructions of the system, and small talk. Of a tool's output the first
    and the last passage are indexed, and lines that report failures. `said_on` is one day, or one
    for each message.

    Raises:
        EmbedderError: the embedder failed.
    """
    count = token_counter(None, embedder)
    texts = [message.content for message in messages]
    days = said_on if isinstance(said_on, Sequence) else [said_on] * len(messages)
    spans = [_spans(message, count) for message in messages]
    vectors = _embed_spans(embedder, texts, spans)
    return [
        TextIndex(
            tuple(
                _passage(text, start, stop, vector)
                for (start, stop), vector in zip(parts, found, strict=True)
            ),
            _mentions(text, day),
        )
        if parts
        else None
        for text, parts, found, day in zip(texts, spans, vectors, days, strict=True)
    ]


def index_waiting(store: Store, embedder: Embedder, limit: int) -> int:
    """Index some memories and messages that wait for it, the newest first; return how many.

    They wait if an older version stored them, or if there was no embedder.

    Raises:
        EmbedderMismatchError: the file's vectors are another embedder's.
        EmbedderError: the embedder failed.
    """
    with store.read() as r:
        memories, messages = r.memories.waiting(limit), r.messages.waiting(limit)
        if memories or messages:
            r.settings.check_embedder(embedder.identity)
    if not (memories or messages):
        return 0
    indexed = []
    for pk, content, at in memories:
        _, (index,) = index_memories(embedder, [content], _day(at))
        indexed.append((pk, content, index))
    said = []
    for pk, message, day in messages:
        (found,) = index_messages(embedder, with_canonical_roles([message]), day)
        said.append((pk, message.content, found))
    with store.write() as tx:
        tx.settings.bind_embedder(embedder.identity)
        tx.memories.index(indexed)
        tx.messages.index(said)
    return len(memories) + len(messages)


def _day(at: int) -> date:
    return date.fromisoformat(clock.to_iso(at)[:10])


def _spans(message: Message, count: Callable[[str], int]) -> list[Span]:
    text = message.content
    if message.role == "system" or not text.strip():
        return []
    if message.role in ("user", "assistant"):
        return [] if is_empty_talk(text) else passages(text, count)
    found = passages(text, count)
    if len(found) <= 2:
        return found
    return [found[0], *_failures(text, found[0][1], found[-1][0]), found[-1]]


def _failures(text: str, start: int, stop: int) -> list[Span]:
    """Return the lines between two places that report failures; of a long line, the parts."""
    found: list[Span] = []
    for line in text[start:stop].splitlines(keepends=True):
        for begin in range(0, len(line), LINE - OVERLAP):
            part = line[begin : begin + LINE]
            if len(found) < FAILURES and reports_failure(part):
                found.append((start + begin, start + begin + len(part)))
            if begin + LINE >= len(line):
                break
        start += len(line)
    return found


def _embed_spans(
    embedder: Embedder, texts: Sequence[str], spans: Sequence[Sequence[Span]]
) -> list[list[bytes | None]]:
    """Return the vectors of the passages of each text; those beyond the limit have none."""
    parts = [
        text[start:stop]
        for text, listed in zip(texts, spans, strict=True)
        for start, stop in listed[:MAX_PASSAGES]
    ]
    vectors = iter(embed(embedder, parts))
    return [
        [next(vectors) if i < MAX_PASSAGES else None for i in range(len(listed))]
        for listed in spans
    ]


def _passage(
    text: str, start: int, stop: int, vector: bytes | None, *, has_words: bool = True
) -> Passage:
    part = text[start:stop]
    return Passage(
        start,
        stop,
        index_words(part) if has_words else "",
        any(mark in part for mark in QUESTION_MARKS),
        None if vector is None else quantized(vector),
    )


def _mentions(text: str, said_on: date | None) -> tuple[tuple[int, int], ...]:
    if said_on is None:
        return ()
    from litemem.core.text.dates import mentions  # its patterns take 20 ms

    return tuple((period.start, period.end) for period in mentions(text, said_on))
