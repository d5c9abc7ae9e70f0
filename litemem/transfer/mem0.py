"""Read a store of mem0ai without mem0ai: an embedded qdrant or faiss folder, and its history.

Its memories become lines of an archive, to be imported. Vectors are not read: the embedder of the
file makes new ones. Both stores hold pickles, which are read without running any code of theirs.
"""

import io
import json
import pickle
import pickletools
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from litemem.core import clock
from litemem.core.arguments import MAX_NESTING
from litemem.core.checks import Item
from litemem.core.config import user_path
from litemem.core.protocols import EmbedderIdentity
from litemem.core.scope import ID_KEYS, Scope
from litemem.core.types import canonical_role
from litemem.errors import StoreError, ValidationError
from litemem.store.archive.lines import validate_line
from litemem.store.sqlite.connection import foreign_rows
from litemem.store.sqlite.open_files import open_bytes

MAX_VALUES = 100_000  # in one memory's payload; a pickle can refer to one list a billion times
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

    `left_out` is complete after all lines were read.
    """

    embedder: EmbedderIdentity | None = None  # mem0ai does not record the model of the vectors

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
        """One sentence for each kind of omission."""
        omissions = [f"left out, {reason}: {n:,}" for reason, n in sorted(self._reasons.items())]
        if not self._has_history:
            omissions.append(f"no {HISTORY} was found: give its path with --history")
        return omissions

    def items(self) -> Iterator[tuple[int, Item]]:
        """Yield the deleted memories, from the history, then the others."""
        self._reasons.clear()
        present = {point_id for point_id, _ in self._points()}
        number = 0
        for memory_id, events in self._events.items():
            if memory_id not in present:
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
        """Yield the id, or None if it is invalid, and the payload of each point."""
        if self._collection.suffix == ".sqlite":
            for (blob,) in foreign_rows(self._collection, "points", ("point",)):
                point = read_pickle(bytes(blob or b""), f"a point of {self._collection}")
                found = getattr(point, "attributes", {}) if isinstance(point, Point) else {}
                yield _id(found.get("id")), found.get("payload")
            return
        for point_id, payload in _faiss_documents(self._collection).items():
            yield _id(point_id), payload

    def _memory(self, memory_id: str | None, payload: Any, number: int) -> Item | None:
        """Return a point as a memory; if it is invalid, count the reason and return None."""
        if memory_id is None:
            self._leave_out("with an id that is neither text nor a number")
            return None
        if not isinstance(payload, dict) or not isinstance(payload.get("data"), str):
            self._leave_out("without a text")
            return None
        found = _plain(payload)
        if found is None:
            self._leave_out("with a value that is not JSON")
            return None
        ids = {key: found.pop(key) for key in ("user_id", "agent_id", "run_id") if found.get(key)}
        if self._app_ids and found.get("app_id"):
            ids["app_id"] = found.pop("app_id")
        ids = ids or self._scope.ids()
        if not ids:
            self._leave_out("without any id (give --user-id, …)")
            return None
        try:
            times = self._times(found)
        except ValidationError:
            self._leave_out("with an invalid time")
            return None
        texts = {n: found.pop(n) for n in _TEXTS if isinstance(found.get(n), str)}
        if "role" in texts:
            texts["role"] = canonical_role(texts["role"])
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
            self._leave_out(f"invalid ({str(error)[:80]})")
            return None

    def _leave_out(self, reason: str) -> None:
        self._reasons[reason] += 1


def open_store(
    path: str | Path,
    *,
    collection: str | None = None,
    history: str | Path | None = None,
    scope: Scope | None = None,
    app_ids: bool = False,
) -> Mem0Store:
    """Find a store of mem0ai in the folder that was its `path`, of qdrant or faiss.

    Args:
        collection: the name of the collection, if the folder has several.
        history: the history database; by default `history.db` in the folder or its parent.
        scope: the ids for memories without ids; if empty, these are left out.
        app_ids: if true, an `app_id` in the metadata becomes an id.

    Raises:
        StoreError: the folder has no such store, or several.
        ValidationError: the store cannot be trusted, or an argument is not a path.
    """
    folder = user_path(path)
    if not folder.is_dir():
        raise StoreError(
            f"{folder} is not a folder: give the folder of mem0ai's qdrant or faiss store"
        )
    found = _collections(folder)
    names = ", ".join(sorted(found))
    if collection is not None and collection not in found:
        raise StoreError(f"{folder} has no collection {collection!r}; it has: {names or 'none'}")
    if not found:
        raise StoreError(
            f"{folder} is not a store of mem0ai: it has neither collection/NAME/storage.sqlite nor"
            " NAME.faiss"
        )
    if collection is None and len(found) > 1:
        raise StoreError(f"{folder} has several collections: {names}. Choose one with --collection")
    chosen = found[collection] if collection is not None else next(iter(found.values()))
    usual = (folder / HISTORY, folder.resolve().parent / HISTORY)
    default = next((place for place in usual if place.is_file()), None)
    path_of_history = default if history is None else user_path(history)
    return Mem0Store(chosen, path_of_history, scope=scope or Scope(), app_ids=app_ids)


def _collections(folder: Path) -> dict[str, Path]:
    """Return the collections by name, without mem0ai's internal ones."""
    found = {
        storage.parent.name: storage
        for place in (folder / "collection", folder / "qdrant" / "collection")
        for storage in place.glob("*/storage.sqlite")
    }
    for place in (folder, folder / "faiss"):
        for index in place.glob("*.faiss"):
            for documents in (
                index.with_suffix(".pkl"),
                index.with_suffix(".json"),
            ):  # the newer format
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
            documents, _ = read_pickle(data, str(file))
    except OSError as error:
        raise StoreError(f"{file} cannot be read: {error}") from error
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise ValidationError(f"{file} is not what mem0ai writes: {error}") from error
    if not isinstance(documents, dict):
        raise ValidationError(f"{file} is not what mem0ai writes: it has no documents")
    return documents


def _events(history: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the events of each memory, oldest first; an event with an invalid time is left out."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in foreign_rows(history, "history", _EVENT_COLUMNS):
        fields = dict(zip(_EVENT_COLUMNS, row, strict=True))
        memory_id = fields.pop("memory_id")
        try:
            created = clock.parse_time(fields["created_at"], "created_at")
            updated = clock.parse_time(fields["updated_at"] or fields["created_at"], "updated_at")
        except ValidationError:
            continue
        event = {n: v for n, v in fields.items() if isinstance(v, str)} | {"created_at": created}
        event.pop("updated_at", None)
        if "role" in event:
            event["role"] = canonical_role(str(event["role"]))
        if event.get("event") != "ADD":
            event["updated_at"] = updated
        found.setdefault(str(memory_id), []).append(event)
    return found


def _with_add(events: list[dict[str, Any]], item: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a memory's history, starting with an ADD; empty if the memory never changed."""
    changes = [event for event in events if event.get("event") != "ADD"]
    if not changes:
        return []
    if len(changes) < len(events):
        return events
    first = {"event": "ADD", "created_at": item["created_at"]}
    before = changes[0].get("old_memory")
    return [first | ({} if before is None else {"new_memory": before}), *events]


def _id(found: Any) -> str | None:
    """Return an id as text, or None; the text of a nested list could exceed any memory."""
    if isinstance(found, int) and 0 <= found < 2**64:  # as qdrant counts
        return str(found)
    return found if isinstance(found, str) else None


def _plain(payload: Mapping[Any, Any]) -> dict[str, Any] | None:
    """Return a copy of a payload as JSON, or None if it is not JSON, or too large."""
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
        raise ValueError("not JSON")

    try:
        found = copied(payload, 0)
        json.dumps(found, allow_nan=False)
    except (ValueError, RecursionError):
        return None
    return dict(found)


# -- pickles

MAX_BYTES = 512 * 1024 * 1024  # of one pickle; a faiss store has all of its texts in one
MAX_MEMO = 100_000_000  # an index in the memo: the unpickler allocates all entries below at once
_POINTS = frozenset(
    ("qdrant_client.http.models.models", name) for name in ("PointStruct", "SparseVector")
)
_PUTS = ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE")
_GETS = ("GET", "BINGET", "LONG_BINGET")
# Hashing a tuple of one tuple twice, and so on, takes exponential time: no second reference.
_HASHED = frozenset(("TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "FROZENSET"))
# The steps behind which a pickler writes a PUT; behind others the top of the stack is unknown.
_MADE = _HASHED | frozenset(
    "UNICODE BINUNICODE SHORT_BINUNICODE BINUNICODE8 BINBYTES SHORT_BINBYTES BINBYTES8 EMPTY_DICT "
    "DICT EMPTY_LIST LIST EMPTY_SET EMPTY_TUPLE GLOBAL STACK_GLOBAL NEWOBJ LONG LONG1 LONG4".split()
)
# All steps but those that call: REDUCE, INST, OBJ, EXT, PERSID. NEWOBJ makes only a `Point`.
_ALLOWED = frozenset((*_MADE, *_PUTS, *_GETS)) | frozenset(
    "PROTO FRAME STOP MARK POP POP_MARK NONE NEWTRUE NEWFALSE INT BININT BININT1 BININT2 FLOAT "
    "BINFLOAT SETITEM SETITEMS APPEND APPENDS ADDITEMS BUILD".split()
)


# what the unpickler raises for invalid data
_INVALID = (
    pickle.UnpicklingError,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)


class Point:
    """Stands in for an object of qdrant: its attributes, without its code."""

    attributes: dict[str, Any]

    def __setstate__(self, state: object) -> None:
        """Keep the attributes, which pydantic nests one level deeper."""
        inner = state.get("__dict__", state) if isinstance(state, dict) else {}
        self.attributes = inner if isinstance(inner, dict) else {}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _POINTS:
            raise pickle.UnpicklingError(f"it names {module}.{name}")
        return type("Point", (Point,), {})  # a pickle may change the class: a new one each time


def read_pickle(data: bytes, place: str) -> Any:
    """Return the content of a pickle: plain values, and a `Point` for each object of qdrant.

    Raises:
        ValidationError: the data is not a pickle, is too long, or would call or name anything else.
    """
    if len(data) > MAX_BYTES:
        raise ValidationError(f"{place} has {len(data):,} bytes; the limit is {MAX_BYTES:,}")
    try:
        _check_steps(data)
        return _Unpickler(io.BytesIO(data)).load()
    except _INVALID as error:
        raise ValidationError(
            f"{place} is not what mem0ai writes, and was not run: {error}"
        ) from error


def _check_steps(data: bytes) -> None:
    """Refuse a pickle with a step that is not allowed, before the first step runs."""
    memo: dict[int, str] = {}  # the step that made each entry
    last = ""
    for step, argument, _ in pickletools.genops(data):
        if step.name not in _ALLOWED:
            raise pickle.UnpicklingError(f"it has the step {step.name}")
        if step.name in _PUTS:
            index = len(memo) if step.name == "MEMOIZE" else int(argument or 0)
            if index > min(len(data), MAX_MEMO) or last not in _MADE:
                raise pickle.UnpicklingError("it stores an entry that no pickler stores")
            memo[index] = last
        elif step.name in _GETS and memo.get(int(argument or 0)) in _HASHED:
            raise pickle.UnpicklingError("it refers to one tuple or frozen set twice")
        if step.name != "FRAME":  # may come before any other step
            last = step.name
