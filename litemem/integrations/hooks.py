"""Hooks of coding agents: give memories to a session, and store its messages.

Claude Code and Codex call a command at an event of a session, with a JSON object on standard input,
and add the `additionalContext` of its answer to the prompt. A session is a run of the user, in the
app that is the project's folder.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from litemem.core import clock
from litemem.core.arguments import AddOptions
from litemem.core.config import database_path, sqlite_path
from litemem.core.scope import Scope
from litemem.core.types import Message
from litemem.errors import ValidationError
from litemem.integrations.hook_events import HookInput
from litemem.integrations.transcripts import (
    CONTEXT_TAG,
    Said,
    read_transcript,
    spoken,
    turns,
    unstored,
)
from litemem.memory import Memory
from litemem.models.embedding import WordsOnlyEmbedder
from litemem.store import SqliteStore

RELEVANT = 0.1  # score by words alone; a lower one is of a word that many memories have
RELEVANT_BY_MEANING = 0.2  # score with an embedder: prompts about nothing known had 0.19 at most
MAX_PROMPT = 4_000  # characters of a prompt that are searched; a pasted file says nothing more
BUSY_SECONDS = 5.0  # an agent waits for its hook
OVERLAP = 8  # stored messages that tell where a transcript goes on
INDEXED = 64  # texts at once


@dataclass(frozen=True, slots=True)
class Given:
    """The context of a hook, empty if there is nothing to say, and the ids of its memories."""

    text: str = ""
    ids: tuple[str, ...] = ()


def has_file(path: str | Path | None) -> bool:
    """Return True if there is a file to read; the first turn creates it."""
    found = sqlite_path(database_path(path, create=False))
    return found.is_file() and found.stat().st_size > 0


def session_context(
    path: str | Path | None,
    user: str,
    event: HookInput,
    *,
    budget: int,
    memory: Memory | None = None,
) -> Given:
    """Return a context for the start of a session: the user's profile, in this project.

    After a compaction, the newest memories of the session follow. `memory` is one that is open.
    """
    with _opened(path, memory) as memory:
        filters = _of_project(event)
        profile = memory.profile(user_id=user, filters=filters)
        parts = [profile["text"]]
        ids = [each["id"] for group in profile["groups"].values() for each in group]
        if event.source == "compact" and event.session:
            scope: dict[str, Any] = Scope(
                user_id=user, app_id=str(event.folder), run_id=event.session
            ).ids()
            newest = memory.context("", budget=budget, why=True, **scope)
            parts.append(newest["text"])
            ids += [each["id"] for each in newest["results"]]
    return Given(_tagged("\n".join(filter(None, parts))), tuple(dict.fromkeys(ids)))


def prompt_context(
    path: str | Path | None,
    user: str,
    event: HookInput,
    *,
    budget: int,
    memory: Memory | None = None,
) -> Given:
    """Return a context for a prompt, without the messages of the same session.

    By its words alone; by meaning too with `memory`, one that is open with an embedder.
    """
    prompt = spoken(event.prompt[:MAX_PROMPT])
    if not prompt or is_command(prompt):
        return Given()
    filters: dict[str, Any] = _of_project(event)
    if event.session:
        filters = {"AND": [filters, {"run_id": {"ne": event.session}}]}
    least = RELEVANT if memory is None else RELEVANT_BY_MEANING
    with _opened(path, memory) as memory:
        found = memory.context(
            prompt, user_id=user, filters=filters, budget=budget, threshold=least, why=True
        )
    ids = dict.fromkeys(each["id"] for each in found["results"])
    return Given(_tagged(found["text"]), tuple(ids))


def is_command(prompt: str) -> bool:
    """Return True if a prompt is a command of the client, such as "/clear", not a path."""
    word = prompt.split(maxsplit=1)[0]
    return word.startswith("/") and len(word) > 1 and "/" not in word[1:]


def remember(
    path: str | Path | None,
    user: str,
    event: HookInput,
    *,
    now: Callable[[], int] = clock.now,
) -> int:
    """Store the new messages of a session as pending turns; return their number.

    Nothing is extracted or embedded here: the messages wait for `index` and for
    `litemem pending`, or for a program that has the file open with a language model.

    Raises:
        OSError: the transcript cannot be read. StoreError: the file cannot be written.
    """
    if event.session is None:
        raise ValidationError("the input of this hook must have a session_id")
    scope = Scope(user_id=user, app_id=str(event.folder), run_id=event.session)
    said = read_transcript(event.transcript) if event.transcript else []
    answers = [each.message.content for each in said if each.message.role == "assistant"]
    last = spoken(event.last_answer)
    if last and answers[-1:] != [last]:
        said.append(Said(Message("assistant", last)))
    if not said:
        return 0
    store = SqliteStore(database_path(path), busy_timeout=BUSY_SECONDS)
    try:
        with store.write() as tx:  # the look and the write, as two hooks may run at once
            new = turns(unstored(said, tx.messages.last(scope, limit=OVERLAP)))
            for turn in new:
                at = turn[0].at or now()
                day = datetime.fromtimestamp(at / clock.MICROSECONDS).astimezone().date()
                tx.turns.open(
                    scope,
                    [each.message for each in turn],
                    asdict(AddOptions(created_at=at, said_on=day.isoformat())),
                    at,
                    event_id=clock.new_id(),
                    queued_at=now(),
                )
    finally:
        store.close()
    return len(new)


def index(path: str | Path | None, embedder: str | None = None) -> int:
    """Index the texts that wait for an embedder, so that a search finds them; return their number.

    Raises:
        EmbedderError, ModelFileError: there is no embedder, or it failed.
    """
    from litemem.models.indexing import index_waiting  # an agent does not wait for this
    from litemem.models.resolve import resolve_embedder

    resolved = resolve_embedder(embedder)
    store = SqliteStore(database_path(path))
    done = 0
    try:
        while number := index_waiting(store, resolved, INDEXED):
            done += number
    finally:
        store.close()
        resolved.close()
    return done


def note_shown(
    path: str | Path | None,
    user: str,
    event: HookInput,
    name: str,
    ids: Sequence[str],
    *,
    now: Callable[[], int] = clock.now,
) -> None:
    """Note in the file which memories a session was given, at which of `EVENTS`.

    Raises:
        StoreError: the file cannot be written.
    """
    scope = Scope(user_id=user, app_id=str(event.folder), run_id=event.session)
    store = SqliteStore(database_path(path), busy_timeout=BUSY_SECONDS)
    try:
        with store.write() as tx:
            tx.shown.note(scope, ids, name, now())
    finally:
        store.close()


def _opened(path: str | Path | None, memory: Memory | None) -> AbstractContextManager[Memory]:
    """Lend a memory that is open, or open an existing file to read it.

    A file is searched by words alone: no model is loaded.
    """
    if memory is not None:
        return nullcontext(memory)
    embedder = WordsOnlyEmbedder()
    opened = Memory(path, embedder=embedder, read_only=True, busy_timeout=BUSY_SECONDS)
    with opened.store.read() as r:
        embedder.identity = r.settings.embedder() or embedder.identity
    return opened


def _of_project(event: HookInput) -> dict[str, Any]:
    """Return a filter for memories of this project, and for those of no project."""
    return {"OR": [{"app_id": str(event.folder)}, {"NOT": {"app_id": "*"}}]}


def _tagged(text: str) -> str:
    """Return a context between tags by which `spoken` knows it, or nothing."""
    if not text:
        return ""
    inner = text.replace(f"</{CONTEXT_TAG}>", "")
    return f"<{CONTEXT_TAG}>\n{inner}\n</{CONTEXT_TAG}>"
