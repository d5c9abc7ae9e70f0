"""Import the conversations of another program: messages at once, facts in the background."""

import hashlib
import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import BinaryIO

from litemem.core import clock
from litemem.core.arguments import AddOptions
from litemem.core.protocols import Embedder
from litemem.core.scope import Scope
from litemem.core.types import ChatFormat, DatedMessage, Message, TextIndex
from litemem.errors import ScopeError
from litemem.models.indexing import index_messages
from litemem.store.protocol import Store
from litemem.transfer.chat_files import Progress, Reading, open_parts
from litemem.transfer.chat_formats import Conversation, Notes, Said

BATCH = 256  # messages in a transaction, or one longer conversation
BATCH_CHARACTERS = 1_000_000
EMBEDDED = 64  # messages that are embedded at once
MAX_TITLE = 200  # characters in the metadata
_IDS = uuid.UUID("b7c1c5c6-5f3e-5d0b-9a39-6a1f8f0c3d52")  # the name space of imported messages


@dataclass(slots=True)
class ImportedConversations:
    """What an import of conversations did, or would do.

    `messages` are new, `known` were there before. `turns` wait for the extraction of their facts.
    `left_out` has a sentence for each kind of omission, `problems` for each part that broke off.
    """

    conversations: int = 0
    messages: int = 0
    known: int = 0
    turns: int = 0
    left_out: Sequence[str] = ()
    problems: list[str] = field(default_factory=list)


def import_conversations(
    store: Store,
    embedder: Embedder,
    source: str | Path | BinaryIO,
    *,
    scope: Scope,
    format: ChatFormat,  # noqa: A002 - the usual name
    infer: bool,
    dry_run: bool,
    now: Callable[[], int],
    progress: Progress | None = None,
) -> ImportedConversations:
    """Import conversations into the runs of a user; see `Memory.import_conversations`."""
    if scope.user_id is None:
        raise ScopeError("conversations belong to a user: give user_id (--user-id)")
    if scope.run_id is not None:
        raise ScopeError("each conversation is a run of its own: leave out run_id (--run-id)")
    with store.read() as r:
        r.settings.check_embedder(embedder.identity)
    notes, at = Notes(), now()
    work = _Import(store, embedder, scope, at, infer=infer, dry_run=dry_run, notes=notes)
    with open_parts(source, format) as parts:
        reading = Reading(
            parts, format, scope.user_id, at, notes, progress or (lambda *_: None), []
        )
        for batch in _batches(reading.conversations()):
            work.take(batch)
    work.done.problems, work.done.left_out = reading.problems, notes.sentences()
    return work.done


Prepared = tuple[Conversation, Scope, list[DatedMessage]]


class _Import:
    def __init__(
        self,
        store: Store,
        embedder: Embedder,
        scope: Scope,
        now: int,
        *,
        infer: bool,
        dry_run: bool,
        notes: Notes,
    ) -> None:
        self._store, self._embedder, self._scope, self._now = store, embedder, scope, now
        self._infer, self._dry_run, self._notes = infer, dry_run, notes
        self._runs: set[str] = set()  # with messages
        self.done = ImportedConversations()

    def take(self, conversations: Sequence[Conversation]) -> None:
        """Import some conversations in one transaction."""
        prepared = [self._prepare(each) for each in conversations]
        ids = [message.id for *_, messages in prepared for message in messages]
        with self._store.read() as r:
            known = r.messages.known(ids)
        listed = {m.id: m for *_, messages in prepared for m in messages if m.id not in known}
        new = list(listed.values())  # a conversation may come twice
        self.done.known += len(ids) - len(new)
        self._runs.update(scope.run_id or "" for _, scope, found in prepared if found)
        self.done.conversations = len(self._runs)
        if self._dry_run:
            self.done.messages += len(new)
            starts = sum(1 for m in new if m.message.role == "user")
            self.done.turns += starts * self._infer
            return
        indexes: dict[str, TextIndex | None] = {}
        for i in range(0, len(new), EMBEDDED):
            some = new[i : i + EMBEDDED]
            said = [each.message for each in some]
            found = index_messages(self._embedder, said, [each.said_on for each in some])
            indexes |= {each.id: index for each, index in zip(some, found, strict=True)}
        if not new:
            return
        with self._store.write() as tx:
            tx.settings.bind_embedder(self._embedder.identity)
            late = tx.messages.known(indexes)  # another program imports the same
            for conversation, scope, messages in prepared:
                left = [m for m in messages if m.id in indexes and m.id not in late]
                late.update(m.id for m in left)
                for turn in _turns(left):
                    options = _options(conversation, turn[0])
                    queued_at = self._now if self._infer else None
                    made = [indexes[m.id] for m in turn]
                    tx.messages.log_dated(scope, turn, made, options, queued_at=queued_at)
                    self.done.turns += self._infer
                self.done.messages += len(left)

    def _prepare(self, conversation: Conversation) -> Prepared:
        """Return the messages of a conversation with ids and times."""
        scope = self._scope.merged({"run_id": conversation.run_id})
        found: dict[str, DatedMessage] = {}
        time = conversation.time
        for said in conversation.messages:
            time = said.time or time
            if not said.content.strip():
                self._notes["messages without text were left out"] += 1
                continue
            at = self._now if time is None else clock.parse_time(time)
            day = date.fromisoformat(clock.day(at)) if time is None else time.date()
            message_id = _message_id(scope, said, conversation)
            message = Message(said.role, said.content, said.name)
            found.setdefault(message_id, DatedMessage(message_id, message, at, day))
        return conversation, scope, list(found.values())


def _message_id(scope: Scope, said: Said, conversation: Conversation) -> str:
    """Return the id of a message in the file, the same in every import.

    Where an export has no id, or one id for two texts, the text decides, and how often it came.
    """
    content = hashlib.sha256(said.content.encode()).hexdigest()
    key = [said.id] if said.id else [said.role, content, str(said.time or "")]
    if said.id is None:
        text = json.dumps(key)
        conversation.seen[text] += 1
        key.append(str(conversation.seen[text]))
    else:
        first = f"{said.id} {content}"
        if conversation.seen[said.id] and not conversation.seen[first]:
            key.append(content)
        conversation.seen[said.id] = conversation.seen[first] = 1
    return str(uuid.uuid5(_IDS, json.dumps([scope.key(), key])))


def _turns(messages: Sequence[DatedMessage]) -> Iterator[list[DatedMessage]]:
    """Yield turns: a message of the user and those that follow until the next one."""
    turn: list[DatedMessage] = []
    for message in messages:
        if turn and message.message.role == "user":
            yield turn
            turn = []
        turn.append(message)
    if turn:
        yield turn


def _options(conversation: Conversation, first: DatedMessage) -> dict[str, object]:
    title = conversation.title.replace("\0", "").strip()[:MAX_TITLE]
    options = AddOptions(
        metadata={"conversation": title} if title else {},
        created_at=first.created_at,
        said_on=first.said_on.isoformat(),
        imported=True,
    )
    return asdict(options)


def _batches(conversations: Iterator[Conversation]) -> Iterator[list[Conversation]]:
    batch: list[Conversation] = []
    messages = characters = 0
    for each in conversations:
        batch.append(_copied(each))
        messages += len(each.messages)
        characters += sum(len(said.content) for said in each.messages)
        if messages >= BATCH or characters >= BATCH_CHARACTERS:
            yield batch
            batch, messages, characters = [], 0, 0
    if batch:
        yield batch


def _copied(part: Conversation) -> Conversation:
    """Return the part of a conversation as it is now; its next part has the same counts."""
    return Conversation(part.title, part.time, part.run_id, list(part.messages), part.seen)
