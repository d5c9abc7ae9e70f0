"""Apply requests to forget, in exactly the scope of their turn.

The memories are read first, without a lock; the transaction of the turn deletes them, or reads
again if the scope has changed.

Which memories are meant is found in `topics`. In doubt nothing goes, and the result names what may
have been meant.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from litemem.core.text.lexicon import words_in
from litemem.core.text.words import question_share, sentences, words
from litemem.core.types import (
    DOCUMENT,
    PROCEDURAL,
    AddResult,
    MemoryRecord,
    Message,
    SourceMessage,
    Turn,
)
from litemem.extraction.requests import Reading as Requests
from litemem.extraction.requests import Request, read_deletion, read_requests
from litemem.extraction.sanitize import is_empty_talk
from litemem.ingestion.absent import find_jest, find_withdrawal
from litemem.ingestion.claims import ChangedMeanwhileError
from litemem.ingestion.topics import (
    PARTIAL,
    choose,
    is_certain,
    near,
    share_of,
    stems_of,
    topic_of,
    with_earlier,
)
from litemem.store.protocol import Reading, Revision, Store, Transaction

SCANNED = 5_000  # newest memories, and messages, of a scope that are compared with a topic
RECENT = 8  # messages before a turn in which "that" is looked for
MANY = 50  # memories that may go at once; more are in doubt
SHOWN = 20  # candidates
MAX_ROUNDS = 3  # of reading before the transaction; then inside it


class Heard(NamedTuple):
    """A turn without what it asks of the memory.

    `requests` are by the index of their message; `withdrawn` are the messages of the turn that a
    later one takes back; `private` are those that state what should not be known.
    """

    messages: tuple[Message, ...]
    requests: tuple[tuple[int, Request], ...]
    withdrawn: tuple[int, ...]
    private: tuple[int, ...] = ()


def listen(messages: Sequence[Message]) -> Heard:
    """Return what the users of a turn ask of the memory, and the messages without it."""
    kept = list(messages)
    requests: list[tuple[int, Request]] = []
    withdrawn: list[int] = []
    private: list[int] = []
    for i, message in enumerate(messages):
        if message.role != "user":
            continue
        withdrawal = find_withdrawal(message.content)
        if withdrawal is not None:
            requests.append((i, withdrawal.request))
        reading = read_requests(withdrawal.rest if withdrawal else message.content)
        jest = None if reading.requests else find_jest(reading.text)
        if jest is not None:
            reading = Requests((jest.request,), jest.rest)
        kept[i] = replace(message, content=reading.text)
        if reading.is_private:
            private.append(i)
        for request in reading.requests:
            before = _last_said(kept[:i]) if _points(request) else None
            if before is None:
                requests.append((i, request))
            else:
                kept[before] = replace(kept[before], content="")
                withdrawn.append(before)
        if not reading.requests and (deletion := read_deletion(message.content)):
            before = _repeated(kept[:i])
            if before is None:
                requests.append((i, deletion))
            else:
                kept[before] = replace(kept[before], content="")
                withdrawn.append(before)
    return Heard(tuple(kept), tuple(requests), tuple(withdrawn), tuple(private))


def _points(request: Request) -> bool:
    return request.topic is None and not request.is_all


def _last_said(messages: Sequence[Message]) -> int | None:
    """Return the last message of a user that says something."""
    said = (i for i in range(len(messages) - 1, -1, -1) if messages[i].role == "user")
    return next((i for i in said if not is_empty_talk(messages[i].content)), None)


def _repeated(messages: Sequence[Message]) -> int | None:
    """Return the last message of a user if the answer of an assistant repeats most of it."""
    said = _last_said(messages)
    if said is None or messages[-1].role != "assistant":
        return None
    stems = stems_of(messages[said].content)
    shared = stems & stems_of(messages[-1].content)
    return said if len(shared) > PARTIAL * len(stems) else None


@dataclass
class Forgetting:
    """The requests of one turn; `mode` is what becomes of them, one of `Forget`.

    `judge` reads without a lock, `apply` writes inside the transaction.
    """

    turn: Turn
    heard: Heard
    mode: str
    now: int
    _rounds: int = 0
    _judged_at: Revision | None = None
    _deleted: dict[str, tuple[MemoryRecord, bool]] = field(default_factory=dict)
    _outcomes: dict[str, MemoryRecord] = field(default_factory=dict)
    _hidden: set[int] = field(default_factory=set)
    _doubtful: dict[str, MemoryRecord] = field(default_factory=dict)

    def judge(self, store: Store) -> None:
        """Find the memories and messages that are meant."""
        self._rounds += 1
        if self._requests:
            with store.read() as r:
                self._judge(r)

    def apply(self, tx: Transaction) -> list[AddResult]:
        """Delete the memories that are meant, with their messages; return what was done.

        Raises:
            ChangedMeanwhileError: call `judge` again, then `apply` in another transaction. Not
                after `MAX_ROUNDS`: then the transaction reads.
        """
        if self._requests and self._is_outdated(tx):
            if self._rounds < MAX_ROUNDS:
                raise ChangedMeanwhileError
            self._judge(tx)
        if self.mode == "apply":
            for record, restores in self._deleted.values():
                if restores:
                    tx.known.restore_superseded(record, self.now)
                tx.memories.delete(record.id, self.now)
            if hidden := self._hidden | self._own_hidden():
                tx.messages.hide(sorted(hidden), self.now)
        doubtful = [r for r in self._doubtful.values() if r.id not in self._outcomes]
        return [
            *(AddResult(record, "DELETE") for record in self._outcomes.values()),
            *(AddResult(record, "CANDIDATE") for record in doubtful[:SHOWN]),
        ]

    @property
    def _requests(self) -> Sequence[tuple[int, Request]]:
        return self.heard.requests if self.mode != "off" else ()

    def _is_outdated(self, tx: Transaction) -> bool:
        if self._judged_at is None:
            return True
        return tx.known.changed_since(self._judged_at, self.turn.scope) != set()

    def _own_hidden(self) -> set[int]:
        """Return the messages of the turn that should not be found."""
        hidden = {*self.heard.withdrawn, *self.heard.private}
        if self._outcomes:
            asked = {i for i, _ in self.heard.requests}
            hidden |= {i for i in asked if not self._says_more(i)}
            ended = set[str]().union(*(stems_of(r.content) for r in self._outcomes.values()))
            hidden |= {*_echoes(list(enumerate(self.turn.messages)), asked, ended)}
        return {self.turn.message_pks[i] for i in hidden}

    def _says_more(self, index: int) -> bool:
        rest = self.heard.messages[index].content
        return bool(rest.strip()) and not is_empty_talk(rest)

    def _judge(self, r: Reading) -> None:
        self._judged_at = r.known.revision()
        for found in (self._deleted, self._outcomes, self._hidden, self._doubtful):
            found.clear()
        for i, request in self._requests:
            if _points(request):
                self._find_last(r, i, request)
            else:
                self._find(r, request)

    def _find(self, r: Reading, request: Request) -> None:
        known = [
            record
            for record in r.known.of_scope(self.turn.scope, SCANNED)
            if record.memory_type not in (PROCEDURAL, DOCUMENT)
            and record.attributed_to != "assistant"
        ]
        current = [record for record in known if record.superseded_by is None]
        meant = [] if request.is_all else choose(request, current)
        if request.is_all or not (meant or request.sure):
            return self._doubt(current if request.is_all else ())
        if meant and not is_certain(request, meant):
            return self._doubt(meant)
        said = () if len(meant) > MANY else self._messages(r, request)
        if not meant and not said:
            return self._doubt(near(request, current))
        meant = meant or self._made_of(r, request, said)
        if self.mode == "ask" or len(meant) > MANY:
            return self._doubt(meant or said)
        chain = meant if request.kind == "retract" else with_earlier(meant, known)
        ids = [*self._sources(r, chain), *(message.id for message in said)]
        self._delete(chain, restores=request.kind == "retract", alone=() if meant else said)
        self._hide(r, ids)
        return None

    def _find_last(self, r: Reading, index: int, request: Request) -> None:
        """Find what came from the last message of a user before the turn.

        If the assistant's answer to it names known memories, those are meant.
        """
        recent = r.messages.latest(self.turn.scope, limit=RECENT, before=self.turn.message_pks[0])
        before: list[Message | SourceMessage] = [message for _, message in recent]
        before += self.turn.messages[:index]
        answer = before[-1].content if before and before[-1].role == "assistant" else ""
        named = self._named_in(r, answer, request.code)
        if not request.sure:
            self._find_named(r, named)
            return
        said = [
            (key, message)
            for key, message in recent
            if message.role == "user" and not is_empty_talk(message.content)
        ]
        key, last = said[-1] if said else (0, None)
        is_question = last is None or question_share(last.content) == 1.0
        if last is None or is_question or not read_requests(last.content).text.strip():
            self._find_named(r, named)
            return
        made = r.known.made_from(self.turn.scope, [key])
        own = [each for each in made if each.attributed_to != "assistant"]
        meant = [each for each in own if _comes_from(r, each, last)]
        ids = {each.id for each in named}
        if said_of := [each for each in meant if each.id in ids]:
            self._find_named(r, said_of, is_sure=True)
            return
        record = None if last.id is None else r.messages.get(last.id)
        alone = [record] if record is not None and not meant else []
        if self.mode == "ask":
            self._doubt(meant or alone)
            return
        self._delete(meant, restores=True, alone=alone)
        self._hidden |= {key, *_echoes(recent, {key}, stems_of(last.content))}

    def _named_in(self, r: Reading, answer: str, code: str) -> list[MemoryRecord]:
        """Return the current memories of the user with all their words in an assistant's answer.

        None of an answer in English without "you": a draft tells the user nothing.
        """
        you = words_in(code, "clauses", "you")
        is_draft = bool(you) and you.isdisjoint(words(answer))
        if not answer or is_draft or question_share(answer) == 1.0:
            return []
        return [
            record
            for record in r.known.of_scope(self.turn.scope, SCANNED)
            if record.memory_type not in (PROCEDURAL, DOCUMENT)
            and record.attributed_to != "assistant"
            and record.superseded_by is None
            and _names(answer, record.content, code)
        ]

    def _find_named(
        self, r: Reading, named: Sequence[MemoryRecord], *, is_sure: bool = False
    ) -> None:
        """Find the memory that an assistant's answer names; of several, none is sure."""
        if self.mode == "ask" or (len(named) > 1 and not is_sure):
            self._doubt(named)
            return
        self._delete(named, restores=True, alone=())
        self._hide(r, self._sources(r, named))

    def _doubt(self, records: Sequence[MemoryRecord]) -> None:
        self._doubtful |= {record.id: record for record in records}

    def _delete(
        self, records: Sequence[MemoryRecord], *, restores: bool, alone: Sequence[MemoryRecord]
    ) -> None:
        """Note memories to delete, and messages without memories that count as such."""
        for record in records:
            self._deleted.setdefault(record.id, (record, restores))
        self._outcomes |= {record.id: record for record in (*records, *alone)}

    def _messages(self, r: Reading, request: Request) -> list[MemoryRecord]:
        """Return the messages of users with a sentence that states the topic."""
        own = {message.content for message in self.turn.messages}
        found = []
        for message in r.messages.of_scope(self.turn.scope, SCANNED):
            if message.role != "user" or message.content in own:
                continue
            said = [part for part in sentences(message.content) if not question_share(part)]
            parts = [replace(message, content=part) for part in said]
            meant = choose(request, parts)
            if meant and (is_certain(request, meant) or len(meant) == 1):
                found.append(message)
        is_narrow = not (
            request.wide or request.is_clause or topic_of(request.topic or "", request.code).thing
        )
        return [] if is_narrow and len(found) > 1 else found

    def _made_of(
        self, r: Reading, request: Request, said: Sequence[MemoryRecord]
    ) -> list[MemoryRecord]:
        """Return the memories of messages that state a topic, if they have a part of it alone.

        The user's "member number at the rowing club" may be known as their member number.
        """
        if not said:
            return []
        recent = r.messages.latest(self.turn.scope, limit=SCANNED, before=self.turn.message_pks[0])
        ids = {message.id for message in said}
        found: dict[str, MemoryRecord] = {}
        for key, message in recent:
            if message.id not in ids:
                continue
            made = [
                record
                for record in r.known.made_from(self.turn.scope, [key])
                if record.attributed_to != "assistant" and _comes_from(r, record, message)
            ]
            alike = [record for record in made if near(request, [record])]
            is_all = len(made) == 1 and len(sentences(message.content)) == 1
            found |= {record.id: record for record in (alike or made if is_all else alike)}
        return list(found.values())

    def _sources(self, r: Reading, records: Sequence[MemoryRecord]) -> list[str]:
        """Return the ids of those messages of memories that hold their words; else of all."""
        found: list[str] = []
        stems = {record.id: stems_of(record.content) for record in records}
        for memory_id, sources in r.messages.sources_of(list(stems)).items():
            holding = [m for m in sources if stems[memory_id] & stems_of(m.content)]
            found += [m.id for m in holding or sources if m.id is not None]
        return found

    def _hide(self, r: Reading, message_ids: Collection[str]) -> None:
        """Note messages, and the answers to them, to hide."""
        recent = r.messages.latest(self.turn.scope, limit=SCANNED, before=self.turn.message_pks[0])
        chosen = {key: m for key, m in recent if m.id in message_ids}
        stems: set[str] = set()
        for message in chosen.values():
            stems |= stems_of(message.content)
        self._hidden |= {*chosen, *_echoes(recent, chosen, stems)}


def _names(answer: str, fact: str, code: str) -> bool:
    """Return True if an answer has all words of a fact that name something."""
    topic = topic_of(fact, code)
    return bool(topic.words) and share_of(topic, answer) == 1.0


def _comes_from(r: Reading, record: MemoryRecord, last: SourceMessage) -> bool:
    """Return True if no other message of a user has more words of a memory than the last."""
    sources = r.messages.sources_of([record.id]).get(record.id, [])
    stems = stems_of(record.content)
    shares = {m.id: len(stems & stems_of(m.content)) for m in sources if m.role == "user"}
    return shares.get(last.id, 0) >= max(shares.values(), default=0)


def _echoes(
    recent: Sequence[tuple[int, Message | SourceMessage]], chosen: Collection[int], stems: set[str]
) -> list[int]:
    """Return the keys of the assistant's answers to messages, if they repeat their words."""
    found, is_answer = [], False
    for key, message in recent:
        if key in chosen:
            is_answer = True
        elif message.role != "assistant":
            is_answer = False
        elif is_answer and stems & stems_of(message.content):
            found.append(key)
    return found
