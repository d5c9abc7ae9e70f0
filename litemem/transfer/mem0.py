"""A store of mem0ai, read without mem0ai: an embedded qdrant or faiss folder, with its history.

What it has becomes lines of an archive, which an import takes in. Vectors are left: they are made
anew by the embedder of the file.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from litemem.core import clock
from litemem.core.arguments import MAX_NESTING
from litemem.core.config import user_path
from litemem.core.protocols import EmbedderIdentity
from litemem.core.scope import ID_KEYS, Scope
from litemem.errors import StoreError, ValidationError
from litemem.store.sqlite.archive.lines import validate_line
from litemem.store.sqlite.archive.schema import Item
from litemem.store.sqlite.connection import foreign_rows
from litemem.store.sqlite.open_files import open_bytes
from litemem.transfer import mem0_pickles
from litemem.transfer.mem0_pickles import Value

MAX_VALUES = 100_000  # in one memory's payload; a pickle can name one list a billion times
HISTORY = "history.db"

_TIMES = ("created_at", "updated_at", "expiration_date")
_TEXTS = ("actor_id", "role", "attributed_to", "memory_type")
_DERIVED = ("data", "hash", "text_lemmatized")
_EVENT_COLUMNS = (
    "memory_id",
    "old_memory",
    "new_memory",
    "event",
    "created_at",
    "updated_at",
    "actor_id",
    "role",
)


class Mem0Store:
    """The memories of one collection, as lines of an archive.

    `left_out` says what could not be taken, once all lines were read.
    """

    embedder: EmbedderIdentity | None = None  # which model made the vectors is not written down

    def __init__(
        self, collection: Path, history: Path | None, *, scope: Scope, app_ids: bool
    ) -> None:
        self._collection = collection
        self._scope = scope
        self._app_ids = app_ids
        self._written_at = int(collection.stat().st_mtime * clock.MICROSECONDS)
        self._events = {} if history is None else _events(history)
        self._reasons: Counter[str] = Counter()
        self._has_history = history is not None
        self.total = sum(1 for _ in self.items())

    @property
    def left_out(self) -> list[str]:
        """Sentences on what was not taken."""
        told = [f"left out, {reason}: {n:,}" for reason, n in sorted(self._reasons.items())]
        if not self._has_history:
            told.append(f"no {HISTORY} was found: --history says where it is")
        return told

    def items(self) -> Iterator[tuple[int, Item]]:
        """Yield what was deleted, from the history, then the memories."""
        self._reasons.clear()
        there = {point_id for point_id, _ in self._points()}
        number = 0
        for memory_id, events in self._events.items():
            if memory_id not in there:
                item = self._checked({"kind": "deleted", "id": memory_id, "history": events})
                if item is not None:
                    number += 1
                    yield number, item
        for count, (point_id, payload) in enumerate(self._points(), start=1):
            item = self._memory(point_id, payload, count)
            if item is not None:
                number += 1
                yield number, item

    def _points(self) -> Iterator[tuple[str | None, Any]]:
        """Yield the id, if it is one, and the payload of each point."""
        if self._collection.suffix == ".sqlite":
            for (blob,) in foreign_rows(self._collection, "points", ("point",)):
                point = mem0_pickles.read(bytes(blob or b""), f"a point of {self._collection}")
                found = getattr(point, "attributes", {}) if isinstance(point, Value) else {}
                yield _id(found.get("id")), found.get("payload")
            return
        for point_id, payload in _faiss_documents(self._collection).items():
            yield _id(point_id), payload

    def _memory(self, memory_id: str | None, payload: Any, number: int) -> Item | None:
        """Return a point as a memory; None, and a reason, when it is none."""
        if memory_id is None:
            self._leave("with an id that is neither text nor a number")
            return None
        if not isinstance(payload, dict) or not isinstance(payload.get("data"), str):
            self._leave("without a text")
            return None
        found = _plain(payload)
        if found is None:
            self._leave("with what is no JSON")
            return None
        ids = {key: found.pop(key) for key in ("user_id", "agent_id", "run_id") if found.get(key)}
        if self._app_ids and found.get("app_id"):
            ids["app_id"] = found.pop("app_id")
        ids = ids or self._scope.ids()
        if not ids:
            self._leave("without any id (give --user-id, …)")
            return None
        try:
            times = self._times(found)
        except ValidationError:
            self._leave("with a time that is none")
            return None
        texts = {n: found.pop(n) for n in _TEXTS if isinstance(found.get(n), str)}
        content = found["data"]
        metadata = {
            name: value
            for name, value in found.items()
            if name not in (*_DERIVED, *_TIMES, *_TEXTS) and not (name in ID_KEYS and not value)
        }
        item = {"kind": "memory", "number": number, "id": memory_id, "content": content}
        item |= {**ids, **texts, **times, "metadata": metadata}
        history = _with_add(self._events.get(memory_id, []), item)
        return self._checked(item | ({"history": history} if history else {}))

    def _times(self, found: Mapping[str, Any]) -> dict[str, int]:
        created = found.get("created_at") or found.get("updated_at")
        at = self._written_at if created is None else clock.parse_time(created, "created_at")
        updated = found.get("updated_at")
        times = {
            "created_at": at,
            "updated_at": at if updated is None else clock.parse_time(updated, "updated_at"),
        }
        if found.get("expiration_date"):
            times["expires_at"] = clock.parse_expiry(found["expiration_date"])
        return times

    def _checked(self, item: Item) -> Item | None:
        try:
            json.dumps(item, ensure_ascii=False).encode()  # refuses half a surrogate pair
            return validate_line(item, None)
        except ValueError as error:
            self._leave(f"not to be stored ({str(error)[:80]})")
            return None

    def _leave(self, reason: str) -> None:
        self._reasons[reason] += 1


def open_store(
    path: str | Path,
    *,
    collection: str | None = None,
    history: str | Path | None = None,
    scope: Scope | None = None,
    app_ids: bool = False,
) -> Mem0Store:
    """Find a store of mem0ai in a folder: what its `path` was, for qdrant or for faiss.

    Args:
        collection: which, when the folder has several.
        history: the history database; by default `history.db` in the folder or the one above.
        scope: the ids of what has none of its own; without them that is left out.
        app_ids: whether an `app_id` in the metadata becomes an id.

    Raises:
        StoreError: there is no such store, or several.
        ValidationError: it is not to be trusted, or what is given is no path.
    """
    folder = user_path(path)
    if not folder.is_dir():
        raise StoreError(f"{folder} is not a folder: give that of mem0ai's qdrant or faiss store")
    found = _collections(folder)
    names = ", ".join(sorted(found))
    if collection is not None and collection not in found:
        raise StoreError(f"{folder} has no collection {collection!r}; it has: {names or 'none'}")
    if not found:
        raise StoreError(
            f"{folder} is no store of mem0ai: neither collection/NAME/storage.sqlite nor NAME.faiss"
        )
    if collection is None and len(found) > 1:
        raise StoreError(f"{folder} has several collections: {names}. Say which with --collection")
    chosen = found[collection] if collection is not None else next(iter(found.values()))
    beside = (folder / HISTORY, folder.resolve().parent / HISTORY)
    found_beside = next((place for place in beside if place.is_file()), None)
    told = found_beside if history is None else user_path(history)
    return Mem0Store(chosen, told, scope=scope or Scope(), app_ids=app_ids)


def _collections(folder: Path) -> dict[str, Path]:
    """Return the collections by name; mem0ai's own notes are none of them."""
    found = {
        storage.parent.name: storage
        for place in (folder / "collection", folder / "qdrant" / "collection")
        for storage in place.glob("*/storage.sqlite")
    }
    for place in (folder, folder / "faiss"):
        for index in place.glob("*.faiss"):
            for documents in (index.with_suffix(".pkl"), index.with_suffix(".json")):  # the newer
                if documents.is_file():
                    found[index.stem] = documents
    return {n: f for n, f in found.items() if n != "mem0migrations" and not n.endswith("_entities")}


def _faiss_documents(file: Path) -> dict[Any, Any]:
    try:
        with open_bytes(file) as opened:
            data = opened.read()
        if file.suffix == ".json":
            documents = json.loads(data)["docstore"]
        else:
            documents, _ = mem0_pickles.read(data, str(file))
    except OSError as error:
        raise StoreError(f"{file} cannot be read: {error}") from error
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise ValidationError(f"{file} is not what mem0ai writes: {error}") from error
    if not isinstance(documents, dict):
        raise ValidationError(f"{file} is not what mem0ai writes: it has no documents")
    return documents


def _events(history: Path) -> dict[str, list[dict[str, Any]]]:
    """Return what happened to each memory, oldest first; what cannot be read as a time is left."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in foreign_rows(history, "history", _EVENT_COLUMNS):
        told = dict(zip(_EVENT_COLUMNS, row, strict=True))
        memory_id = told.pop("memory_id")
        try:
            created = clock.parse_time(told["created_at"], "created_at")
            updated = clock.parse_time(told["updated_at"] or told["created_at"], "updated_at")
        except ValidationError:
            continue
        event = {n: v for n, v in told.items() if isinstance(v, str)} | {"created_at": created}
        event.pop("updated_at", None)
        if event.get("event") != "ADD":
            event["updated_at"] = updated
        found.setdefault(str(memory_id), []).append(event)
    return found


def _with_add(events: list[dict[str, Any]], item: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a memory's history; nothing for one that is as it was added."""
    changes = [event for event in events if event.get("event") != "ADD"]
    if not changes:
        return []
    if len(changes) < len(events):
        return events
    first = {"event": "ADD", "created_at": item["created_at"]}
    before = changes[0].get("old_memory")
    return [first | ({} if before is None else {"new_memory": before}), *events]


def _id(found: Any) -> str | None:
    """Return an id as text; that of a list could take more room than any machine has."""
    if isinstance(found, int) and 0 <= found < 2**64:  # as qdrant counts
        return str(found)
    return found if isinstance(found, str) else None


def _plain(payload: Mapping[Any, Any]) -> dict[str, Any] | None:
    """Return a payload as JSON has it, a copy; None when it is none, or too much."""
    left = MAX_VALUES

    def copied(value: Any, depth: int) -> Any:
        nonlocal left
        left -= 1
        if left < 0 or depth > MAX_NESTING:
            raise ValueError("too much")
        if isinstance(value, dict):
            return {str(name): copied(inner, depth + 1) for name, inner in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [copied(inner, depth + 1) for inner in value]
        if value is None or isinstance(value, str | int | float):
            return value
        raise ValueError("no JSON")

    try:
        found = copied(payload, 0)
        json.dumps(found, allow_nan=False)
    except (ValueError, RecursionError):
        return None
    return dict(found)
