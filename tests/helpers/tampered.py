"""Write hostile values into each column of a real file and use it: only our errors may be raised.

`make` writes a file with a row of every kind, `tamper` one value into a column, and `api_faults`
and `cli_faults` return each call that ends with another exception than a `LitememError`.
"""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import apsw
from click.testing import CliRunner

from helpers.stores import reading
from litemem import Memory
from litemem.cli import main
from litemem.client import MemoryClient
from litemem.core.scope import Scope
from litemem.core.types import Relation
from litemem.errors import LitememError, LLMError
from litemem.maintenance.integrity import salvage
from litemem.store.sqlite import schema, settings
from litemem.testing import HashEmbedder, ScriptedLLM

CAM = {"user_id": "cam"}
DEEP = 20_000
DIGITS = "9" * 5_000
DERIVED = ("memory_vec", "sqlite_")

_JSON = (
    "",
    " ",
    "{",
    "null",
    "5",
    '"text"',
    "[]",
    "[5]",
    "[null]",
    "[1.5,-1,0]",
    f"[{DIGITS}]",
    "[" * DEEP + "]" * DEEP,
    '["\\ud800"]',
    '[{"id":5,"event":"ADD"}]',
    '[{"id":"m","event":"OTHER"}]',
    "{}",
    '{"k":NaN}',
    '{"k":1e999}',
    f'{{"k":{DIGITS}}}',
    '{"k":"\\ud800"}',
    '{"k":' * DEEP + "1" + "}" * DEEP,
    '{"name":5,"dimensions":"8","fingerprint":null}',
    '{"name":"hash","dimensions":-1,"fingerprint":"x"}',
    '{"name":"hash","dimensions":1e9,"fingerprint":"x"}',
    '{"categories":5,"metadata":[],"created_at":"now","immutable":"yes"}',
    '{"categories":[],"said_on":"never","memory_type":"other","custom_categories":[5]}',
    '{"categories":[],"unknown":1}',
    '{"custom_instructions":5,"custom_categories":{"a":1}}',
)
_TEXTS = ("a\0b", "\0", "\x1b[31mred", "*", "x" * 2_000, "abc", "DELETE", "UPDATE")
_BLOBS = (b"", b"\xff\xfe", b"abc")
_NUMBERS = (0, -1, 7, 2**53 + 1, 2**63 - 1, -(2**63), 1.5, float("inf"))
INVALID = object()  # text that is not UTF-8
HOSTILE: tuple[Any, ...] = (None, INVALID, *_NUMBERS, *_BLOBS, *_TEXTS, *_JSON)

Fault = str


def columns() -> list[tuple[str, str, str | None]]:
    """Return each table with each column; a setting is a column of the table of settings."""
    names = (
        settings.EMBEDDER,
        settings.NEXT_EMBEDDER,
        settings.PROJECT,
        settings.FILE_ID,
        settings.ERASING,
    )
    rows = [("setting", "value", name) for name in (*names, settings.INDEXED_TO)]
    return [("setting", "name", None), *rows] + [
        (table, column.name, None)
        for table, its in schema.expected_tables(schema.latest_version()).items()
        if table != "setting"
        for column in its
        if not column.key
    ]


def open_memory(path: Path, **options: Any) -> Memory:
    return Memory(path, embedder=HashEmbedder(), llm=ScriptedLLM([["Likes rum"]] * 3), **options)


def make(path: Path) -> None:
    """Write a file with at least one row in each table."""
    with Memory(path, embedder=HashEmbedder(), llm=ScriptedLLM([["User likes tea"]])) as memory:
        memory.add("I like tea", async_mode=True, **CAM)
        memory.flush()
        for text in ("lives in Oslo", "lives in Rome", "likes gin"):
            memory.add(text, infer=False, metadata={"k": 1}, categories=["food"], **CAM)
        memory.add("runs daily", infer=False, agent_id="guide", app_id="app", run_id="run")
        ids = {row["memory"]: row["id"] for row in memory.get_all(**CAM)["results"]}
        memory.update(ids["likes gin"], "likes gin and rum")
        memory.delete(ids["likes gin"])
        reader = reading(memory.store).memories
        with memory.store.write() as tx:
            old = reader.require(ids["lives in Oslo"])
            tx.known.supersede(old, ids["lives in Rome"], memory._now())
            tx.memories.set_feedback(ids["lives in Rome"], "POSITIVE", "yes", 1)
            vectors = {name: bytes(4 * 384) for name in ("Cam", "Rome")}
            record = reader.require(ids["lives in Rome"])
            tx.graph.relate(record, [Relation("Cam", "lives_in", "Rome")], vectors)
            tx.shown.note(Scope(**CAM, run_id="run"), [record.id], "user-prompt", 1)
            other = HashEmbedder(16)
            (row,) = reading(memory.store).reindex.missing(other.identity, 1)
            tx.reindex.stage(other.identity, [(*row, bytes(64))])
            settings.put(tx.connection, settings.INDEXED_TO, "0")
            settings.put(tx.connection, settings.ERASING, '{"memories":[]}')
        with MemoryClient(path=path, embedder=HashEmbedder()) as client:
            client.project.update(custom_instructions="brief")
        with suppress(LLMError):  # there is no answer, so the turn is pending
            memory.add("I like rum", user_id="dora")
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute("INSERT INTO export VALUES ('e', '{\"filters\":{}}', 1)")
        connection.execute(
            "INSERT INTO claim (turn_pk, token, boot, space, pid, started, uptime, at)"
            " SELECT pk, 't', 'b', 's', 1, 1, 1, 1 FROM turn"
        )
        connection.execute("UPDATE turn SET event_id = 'pending', tried_at = 1")
        connection.execute("UPDATE finished_turn SET event_id = 'finished'")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def tamper(path: Path, table: str, column: str, name: str | None, value: Any) -> bool:
    """Write a value into every row of a column, or one; return False if SQLite takes it nowhere."""
    where = "TRUE" if name is None else f"name = '{name}'"
    shown = "CAST(x'ff41' AS TEXT)" if value is INVALID else "?"
    values = () if value is INVALID else (value,)
    with closing(apsw.Connection(str(path))) as connection:
        connection.pragma("ignore_check_constraints", True)
        connection.pragma("foreign_keys", False)
        triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
        for trigger, _ in (kept := triggers.fetchall()):
            connection.execute(f"DROP TRIGGER {trigger}")
        first = f"{column} = (SELECT {column} FROM {table} ORDER BY 1 LIMIT 1)"
        written = False
        for condition in (where, f"{where} AND {first}"):
            with suppress(apsw.ConstraintError):
                connection.execute(
                    f"UPDATE {table} SET {column} = {shown} WHERE {condition}", values
                )
                written = True
                break
        for _, sql in kept:
            connection.execute(sql)
        return written


def _calls(client: MemoryClient, ids: list[str], folder: Path) -> dict[str, Callable[[], Any]]:
    """Return calls of everything that a program may do, those that change the file last."""
    memory, store = client.memory, client.memory.store
    return {
        "get_all": lambda: memory.get_all(show_superseded=True, enable_graph=True, **CAM),
        "get_all run": lambda: memory.get_all(agent_id="guide"),
        "filter": lambda: memory.get_all(filters={**CAM, "k": {"gte": 1}}),
        "categories": lambda: memory.get_all(filters={**CAM, "categories": {"in": ["food"]}}),
        "search": lambda: memory.search("lives Rome", enable_graph=True, explain=True, **CAM),
        "get": lambda: [memory.get(each) for each in ids],
        "history": lambda: [memory.history(each) for each in ids],
        "sources": lambda: [reading(store).messages.sources(each) for each in ids],
        "shown": lambda: [reading(store).shown.of_memory(each, limit=9) for each in ids],
        "last": lambda: reading(store).messages.last(Scope(**CAM), limit=9),
        "events": lambda: [memory.event(each) for each in ("pending", "finished")],
        "users": client.users,
        "summary": lambda: client.get_summary(CAM),
        "page": lambda: client.get_all(filters=CAM),
        "project": client.project.get,
        "verify": memory.verify,
        "full": lambda: memory.verify(full=True),
        "export": lambda: list(memory.export(vectors=True)),
        "export scope": lambda: list(memory.export(**CAM)),
        "markdown": lambda: memory.export_file(folder / "a.md", format="markdown", force=True),
        "backup": lambda: memory.backup(folder / "copy.db"),
        "salvage": lambda: salvage(folder / "copy.db", folder / "saved.db"),
        "flush": lambda: memory.flush(timeout=0),
        "preview": lambda: memory.erase(dry_run=True, **CAM),
        "client add": lambda: client.add("likes wine", infer=False, user_id="cam"),
        "add": lambda: memory.add("likes wine", infer=False, **CAM),
        "infer": lambda: memory.add("I like rum", **CAM),
        "infer there": lambda: memory.add("I like rum", user_id="dora"),
        "infer run": lambda: memory.add("I like rum", agent_id="guide", app_id="app", run_id="run"),
        "pending": memory.process_pending,
        "update": lambda: memory.update(ids[1], "lives in Nice", metadata={"k": 2}),
        "redate": lambda: memory.update(ids[2], timestamp="2020-01-01"),
        "feedback": lambda: client.feedback(ids[1], "NEGATIVE"),
        "delete": lambda: memory.delete(ids[0]),
        "import": lambda: memory.import_file(folder / "sound.jsonl", on_conflict="merge"),
        "overwrite": lambda: memory.import_file(folder / "sound.jsonl", on_conflict="overwrite"),
        "cleanup": lambda: memory.cleanup(expired=True, duplicates=True, keep_last=9, orphans=True,
                                          history_older_than="0s", messages_older_than="0s", **CAM),
        "reindex": lambda: memory.reindex(HashEmbedder(16)),
        "erase id": lambda: memory.erase(ids[2]),
        "delete_all": lambda: memory.delete_all(agent_id="guide"),
        "delete_all turns": lambda: memory.delete_all(user_id="dora"),
        "erase": lambda: memory.erase(**CAM),
        "reset": memory.reset,
    }  # fmt: skip


def api_faults(path: Path, ids: list[str], folder: Path) -> Iterator[Fault]:
    """Call everything; yield what ends with another exception, here or in a thread."""
    faults: list[Fault] = []
    before = threading.excepthook
    threading.excepthook = lambda args: faults.append(f"thread: {args.exc_type}: {args.exc_value}")
    try:
        with suppress(LitememError):
            open_memory(path, read_only=True).close()
        try:
            client = MemoryClient(
                path=path, embedder=HashEmbedder(), llm=ScriptedLLM([["Likes rum"]] * 3)
            )
        except LitememError:
            return
        for name, call in _calls(client, ids, folder).items():
            try:
                call()
            except LitememError:
                pass
            except Exception as error:  # noqa: BLE001 - this is what is looked for
                yield f"{name}: {type(error).__name__}: {error}"[:300]
        client.close()
        yield from faults
    finally:
        threading.excepthook = before


COMMANDS = (
    "info", "info --json", "scopes", "scopes --json", "list --user-id cam",
    "list --user-id cam --json", "log {id}", "log {id} --json", "get {id}", "get {id} --json",
    "history {id}", "history {id} --json", "verify", "verify --full --json",
    "export -", "export - --vectors", "export - --format markdown",
    "search --embedder hash --user-id cam tea",
    "backup {folder}/b.db", "salvage {folder}/b.db {folder}/s.db",
    "add --embedder hash --no-infer --user-id cam tea", "verify --fix", "verify --fix --json",
    "import {folder}/sound.jsonl --on-conflict merge --embedder hash",
    "cleanup --everyone --orphans --duplicates --yes", "delete {id}", "vacuum",
    "reindex --embedder hash", "erase {id} --yes", "erase --user-id cam --yes",
)  # fmt: skip


def cli_faults(path: Path, ids: list[str], folder: Path) -> Iterator[Fault]:
    """Run every command; yield those that end with a traceback."""
    for name in ("b.db", "s.db"):
        (folder / name).unlink(missing_ok=True)
    for command in COMMANDS:
        arguments = command.format(id=ids[1], folder=folder).split(" ")
        if arguments[0] != "salvage":
            arguments += ["--db", str(path)]
        done = CliRunner().invoke(main, arguments)
        if not isinstance(done.exception, SystemExit | None):
            yield f"{command}: {type(done.exception).__name__}: {done.exception}"[:300]


def copy_of(sound: Path, target: Path) -> None:
    for side in ("-wal", "-shm"):
        target.with_name(target.name + side).unlink(missing_ok=True)
    shutil.copyfile(sound, target)
