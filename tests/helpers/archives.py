"""Archives for the tests of import: written by an export, or line by line."""

import hashlib
import io
import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from helpers import START, Clock, OpenMemory, strategies
from litemem import Memory
from litemem.core.arguments import AddOptions
from litemem.core.scope import Scope
from litemem.core.types import MemoryRecord, Message, Relation, SetAside
from litemem.models.indexing import index_waiting
from litemem.store.archive import lines as archive
from litemem.store.sqlite.store import SqliteStore
from litemem.testing import HashEmbedder
from litemem.transfer.export import write
from litemem.transfer.importer import import_file

CAM = {"user_id": "cam"}
EMBEDDER = HashEmbedder(8)


def exported(store: SqliteStore, *, vectors: bool = False) -> bytes:
    out = io.BytesIO()
    write(store, out, vectors=vectors)
    return out.getvalue()


def taken_in(store: SqliteStore, data: bytes, **options: Any) -> dict[str, int]:
    found = asdict(import_file(store, EMBEDDER, io.BytesIO(data), **options))
    return {name: number for name, number in found.items() if number}


def sealed(lines: Sequence[dict[str, Any] | bytes]) -> bytes:
    """Return an archive of these lines, with the header that fits them."""
    raw = [
        line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode() + b"\n"
        for line in lines
    ]
    counts: dict[str, int] = {}
    for line in lines:
        if isinstance(line, dict):
            counts[line["kind"]] = counts.get(line["kind"], 0) + 1
    body = b"".join(raw)
    return archive.Header(counts, hashlib.sha256(body).hexdigest()).line() + body


def memory_line(number: int = 1, **changes: Any) -> dict[str, Any]:
    line = {
        "kind": "memory",
        "number": number,
        "id": f"m{number}",
        "content": f"text {number}",
        "user_id": "cam",
        "created_at": START,
        "updated_at": START,
        **changes,
    }
    return {name: value for name, value in line.items() if value is not ...}


def open_store(path: Path | str = ":memory:") -> Any:
    return closing(SqliteStore(path))


def microseconds(moment: Any) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1e6)


def build(  # noqa: C901 - a branch a step
    store: SqliteStore, steps: Sequence[tuple[Any, ...]]
) -> None:
    """Do what the steps say, each in a transaction; one that finds nothing does nothing."""
    ids: list[str] = []
    for number, (step, one, other) in enumerate(steps):
        at = START + number
        with store.write() as tx:
            tx.settings.bind_embedder(EMBEDDER.identity)
            there = ids[one % len(ids)] if ids and isinstance(one, int) else None
            if step == "add":
                ids.append(f"id{number}")
                add_record(tx, ids[-1], one, other)
            elif step == "wait":
                said = [Message("user", one)] * other
                tx.turns.open(
                    Scope(user_id="alice"), said, asdict(AddOptions()), at, event_id=f"e{at}"
                )
            elif step == "project":
                tx.settings.update_project({"instructions": one})
            elif step == "show":
                shown = [*dict.fromkeys([f"id{one}", *ids[:other]])]
                tx.shown.note(Scope(app_id="app", run_id=f"run {one}"), shown, "user-prompt", at)
            elif step == "set aside":
                last = tx.connection.execute("SELECT coalesce(max(pk), 0) FROM message").get
                noted = SetAside(one, other, 0, replaced_by=one, memory_id=f"m{number}")
                tx.messages.note_set_aside([(last, noted)])
            elif step == "forget message":
                tx.connection.execute(
                    "DELETE FROM message WHERE pk = ? AND turn_pk IS NULL"
                    " AND pk < (SELECT max(pk) FROM message)",  # whose pk is not given again
                    (one,),
                )
            elif there is not None and step == "delete":
                tx.memories.delete(there, at)
                ids.remove(there)
            elif there is not None and step == "feedback":
                tx.memories.set_feedback(there, "NEGATIVE", other, at)
            elif there is not None and step == "supersede":
                supersede(tx, there, ids[other % len(ids)], at)
            elif there is not None:
                update_record(tx, there, other, at)
    index_waiting(store, EMBEDDER, limit=1000)  # an import would do it, and hide what has no words


def supersede(tx: Any, memory_id: str, by: str, at: int) -> None:
    """Supersede a memory by another valid one of its scope, as litemem does."""
    old, new = tx.memories.require(memory_id), tx.memories.require(by)
    if memory_id != by and old.scope == new.scope and new.superseded_by is None:
        tx.known.supersede(old, by, at)


def add_record(tx: Any, memory_id: str, drawn: dict[str, Any], relations: Sequence[Any]) -> None:
    ids = ("user_id", "agent_id", "app_id", "run_id")
    record = MemoryRecord(
        id=memory_id,
        content=drawn["memory"],
        hash=hashlib.md5(drawn["memory"].encode()).digest(),
        scope=Scope(**{key: drawn[key] for key in ids}),
        metadata=drawn["metadata"],
        categories=tuple(drawn["categories"]),
        immutable=len(drawn["categories"]) == 3,
        repeats=len(drawn["categories"]),
        **{n: drawn[n] for n in ("actor_id", "role", "attributed_to", "memory_type")},
        **{
            n: microseconds(drawn[n])
            for n in ("created_at", "updated_at", "valid_from", "expires_at")
        },
    )
    pks = tx.messages.log(record.scope, [Message("user", record.content, drawn["actor_id"])], START)
    blob = EMBEDDER.embed_query(record.content).tobytes()
    tx.memories.insert([record], [blob], [pks])
    named = {name: bytes(32) for s, _, d in relations for name in (s, d)}
    tx.graph.relate(record, [Relation(*relation) for relation in relations], named)


def update_record(tx: Any, memory_id: str, text: str, at: int) -> None:
    record = tx.memories.require(memory_id)
    if not record.immutable:
        digest = hashlib.md5(text.encode()).digest()
        changed = {**{n: getattr(record, n) for n in record.__slots__}}
        changed |= {"content": text, "hash": digest, "updated_at": at}
        tx.memories.update(MemoryRecord(**changed), EMBEDDER.embed_query(text).tobytes())


def two_versions(tmp_path: Path, open_memory: OpenMemory, now: Clock) -> tuple[Memory, bytes]:
    """Return a memory with one text, and an archive in which it has a newer one."""
    one = open_memory()
    one.add("old", **CAM, infer=False, metadata={"a": 1, "b": 1}, categories=["x"])
    (known,) = one.get_all(**CAM)["results"]
    other = open_memory(path=tmp_path / "other.db")
    other.import_file(io.BytesIO(exported(one.store)))
    now.advance(days=1)
    other.update(known["id"], "new", metadata={"b": 2, "c": 2}, categories=["y"])
    return one, exported(other.store)


def memory_values(text: str) -> dict[str, Any]:
    names = "agent_id app_id run_id actor_id role attributed_to memory_type valid_from expires_at"
    moment = strategies.MOMENTS[0]
    return {
        **dict.fromkeys(names.split()),
        "memory": text, "user_id": "alice", "metadata": {}, "categories": [],
        "created_at": moment, "updated_at": moment,
    }  # fmt: skip


TURN = {
    "kind": "turn", "number": 1, **CAM, "options": asdict(AddOptions()), "created_at": START,
    "tries": 0, "killed": 0,
}  # fmt: skip

MESSAGE = {
    "kind": "message", "number": 1, **CAM, "role": "user", "content": "x", "created_at": START,
}  # fmt: skip
ENTITY = {"kind": "entity", "number": 1, "name": "Anna", **CAM}

SHOWN = {"kind": "shown", "memory_id": "m1", "event": "user-prompt", "shown_at": START}
RELATION = {
    "kind": "relation", "number": 1, "source": 1, "relationship": "likes", "destination": 1,
    "memories": [1],
}  # fmt: skip
