"""A `Session` of the OpenAI Agents SDK: the items of a conversation, kept in a memory's file.

    session = LitememSession("chat-7", memory, user_id="cam", remember=True)
    await Runner.run(agent, "I avoid shellfish.", session=session)

Needs `pip install 'litemem[openai-agents]'`.
"""

import asyncio
import json
from collections.abc import Awaitable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from litemem.core import clock
from litemem.core.scope import Scope
from litemem.core.types import MemoryRecord
from litemem.errors import ValidationError
from litemem.integrations.documents import Document, Documents, storable
from litemem.memory import Memory

try:
    from agents.memory.session_settings import SessionSettings, resolve_session_limit
except ImportError as error:
    raise ImportError(
        "litemem.integrations.openai_agents needs the OpenAI Agents SDK: "
        "pip install 'litemem[openai-agents]'"
    ) from error

if TYPE_CHECKING:
    from agents import TResponseInputItem

CATEGORY = "openai-agents"
SPOKEN = ("user", "assistant")  # roles of the items that are remembered

_T = TypeVar("_T")


class LitememSession:
    """The history of one conversation, which the SDK's `Runner` reads and extends.

    Every item is a memory with the scope `user_id` and `run_id=session_id`, so `search` finds it,
    and `export` and `erase` include it. Threads and programs may share a session.

    Args:
        session_id: the name of the conversation.
        memory: an open memory, which the caller closes.
        user_id: the user; then `erase(user_id=…)` includes the conversation.
        remember: if true, also extract facts about the user from the messages, in the background;
            they have the scope `user_id`, outlive the conversation, and need a `user_id`.
        session_settings: the SDK's settings, such as the default `limit` of `get_items`; also as a
            dict.

    Raises:
        ScopeError: an id is wrong. ValidationError: `remember` without a `user_id`.
        TypeError: the SDK has no such setting.
    """

    def __init__(
        self,
        session_id: str,
        memory: Memory,
        *,
        user_id: str | None = None,
        remember: bool = False,
        session_settings: SessionSettings | dict[str, Any] | None = None,
    ) -> None:
        if remember and user_id is None:
            raise ValidationError("remember=True needs a user_id: the facts are about this user")
        self.session_id = session_id
        if not isinstance(session_settings, SessionSettings):
            session_settings = SessionSettings().resolve(session_settings)
        self.session_settings = session_settings
        self.memory = memory
        self._user_id = user_id
        self._remember = remember
        self._items = Documents(memory, CATEGORY, Scope(user_id=user_id, run_id=session_id))

    async def get_items(self, limit: int | None = None) -> "list[TResponseInputItem]":
        """Return the latest items, oldest first; all of them without a limit, or a negative one.

        An item that another tool has made unreadable is left out.
        """
        chosen = resolve_session_limit(limit, self.session_settings)
        return await asyncio.to_thread(self._read, chosen)

    async def add_items(self, items: "Sequence[TResponseInputItem]") -> None:
        """Append items, all or none. A cancelled call still stores them before it ends."""
        if items:
            await _finished(asyncio.to_thread(self._append, list(items)))

    async def pop_item(self) -> "TResponseInputItem | None":
        """Remove and return the latest readable item, or return None."""
        return await _finished(asyncio.to_thread(self._pop))

    async def clear_session(self) -> None:
        """Delete the items of the conversation; facts that were extracted stay."""
        await _finished(asyncio.to_thread(self._clear))

    def _read(self, limit: int | None) -> "list[TResponseInputItem]":
        if limit == 0:
            return []
        with self.memory.store.read() as r:
            records = self._items.select(r)
        found = [item for item in map(_item, reversed(records)) if item is not None]
        return found if limit is None or limit < 0 else found[-limit:]

    def _append(self, items: "list[TResponseInputItem]") -> None:
        indexed = self._items.index([self._document(item) for item in items])
        with self.memory.store.write() as tx:
            last = self._items.select(tx, limit=1)
            at = self._items.now()  # later than every item, even if the clock was set back
            at = max([at, *(record.created_at + 1 for record in last)])
            self._items.put(tx, indexed, at)
        if self._remember and (said := [m for item in items if (m := _message(item))]):
            self.memory.add(said, user_id=self._user_id, async_mode=True)

    def _document(self, item: "TResponseInputItem") -> Document:
        role = item.get("role")
        return Document(
            id=clock.new_id(),
            text=_text(item),
            scope=self._items.scope,
            metadata={"item": json.dumps(item)},  # as text, to return exactly what was given
            role=storable(role) if isinstance(role, str) else "tool",
        )

    def _pop(self) -> Any:
        with self.memory.store.write() as tx:
            for record in self._items.select(tx):
                tx.memories.delete(record.id, self._items.now())
                if (item := _item(record)) is not None:
                    return item
        return None

    def _clear(self) -> None:
        with self.memory.store.write() as tx:
            tx.memories.delete_matching(self._items.condition(), self._items.now())


async def _finished(work: Awaitable[_T]) -> _T:
    """Wait until a write has ended, also if the caller is cancelled."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


def _item(record: MemoryRecord) -> Any:
    """Return the item of a record, or None if it cannot be read."""
    try:
        item = json.loads(record.metadata["item"])
    except (KeyError, TypeError, ValueError):
        return None
    return item if isinstance(item, dict) else None


def _text(item: Mapping[str, Any]) -> str:
    """Return what search should find of an item; its JSON if it has no text."""
    found = [item.get("name"), item.get("arguments"), _parts(item.get("output"))]
    text = "\n".join(part for part in (_parts(item.get("content")), *found) if part)
    return storable(text if text.strip() else json.dumps(item))


def _message(item: Mapping[str, Any]) -> dict[str, str] | None:
    """Return what a user or an assistant said, or None for another item."""
    role, text = item.get("role"), storable(_parts(item.get("content")))
    return {"role": role, "content": text} if role in SPOKEN and text.strip() else None


def _parts(content: Any) -> str:
    """Return the text of a content, which is a text or a list of parts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    texts = (part.get("text") for part in content if isinstance(part, dict))
    return "\n".join(text for text in texts if isinstance(text, str))
