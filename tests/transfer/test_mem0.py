"""Importing mem0ai's stores: what mem0ai 1.0.11 and 2.2.1 wrote, and what runs no code of others.

The stores in `files/mem0-*` were made by these versions, with `infer=False`: two messages of cam,
one of them changed; one of an agent; one of jo, which expires in 2.2.1; and one deleted.
"""

import base64
import io
import json
import os
import pickle
import shutil
import struct
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from helpers import FILES, OpenMemory
from litemem.cli import main
from litemem.core.scope import Scope
from litemem.errors import LitememError, StoreError, ValidationError
from litemem.store.sqlite.store import SqliteStore
from litemem.testing import HashEmbedder
from litemem.transfer import mem0
from litemem.transfer.importer import import_source
from litemem.transfer.mem0 import open_store, read_pickle

VERSIONS = ["1.0.11", "2.2.1"]
EMBEDDER = HashEmbedder(8)
PAYLOAD = {"data": "likes tea", "user_id": "cam", "created_at": "2025-01-02T03:04:05+00:00"}


@pytest.fixture
def store(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A store that mem0ai left: a folder with `qdrant` and `history.db`."""
    folder = tmp_path / "mem0"
    shutil.copytree(FILES / f"mem0-{getattr(request, 'param', '2.2.1')}", folder)
    (folder / "history.sqlite").rename(folder / "history.db")  # git ignores *.db
    return folder


def faiss(folder: Path, documents: dict[str, Any], kind: str = "pkl") -> Path:
    """Make a faiss store as mem0ai 1 (pkl) or 2 (json) does."""
    folder.mkdir(exist_ok=True)
    (folder / "mem0.faiss").write_bytes(b"IxF2")
    places = dict(enumerate(documents))
    if kind == "pkl":
        (folder / "mem0.pkl").write_bytes(pickle.dumps((documents, places)))
    else:
        text = json.dumps({"docstore": documents, "index_to_id": places})
        (folder / "mem0.json").write_text(text)
    return folder


def taken(folder: Path, **options: Any) -> tuple[dict[str, Any], list[str]]:
    """Import a folder into a new file; return its memories by text, and what was left out."""
    source = open_store(folder, **options)
    with closing(SqliteStore(":memory:")) as found:
        done = import_source(found, EMBEDDER, source)
        with found.read() as r:
            lines = [json.loads(line) for line in r.archive.snapshot(None, vectors=False).lines()]
        assert not [finding for finding in found.check(full=True) if finding.problems]
    return {line["content"]: line for line in lines if line["kind"] == "memory"}, list(
        done.left_out
    )


@pytest.mark.parametrize("store", VERSIONS, indirect=True)
def test_a_store_of_mem0_becomes_memories(store: Path, open_memory: OpenMemory) -> None:
    memory = open_memory()
    done = import_source(memory.store, memory.embedder, open_store(store / "qdrant"))
    assert (done.added, done.deleted, done.embedded, list(done.left_out)) == (4, 1, 4, [])
    changed, noted = memory.get_all(user_id="cam", run_id="tokyo")["results"][::-1]
    assert changed["memory"] == "I love shellfish now"
    assert (changed["actor_id"], changed["role"]) == ("bob", "user")
    assert noted["metadata"]["tags"] == ["a", "b"]
    assert noted["metadata"]["trip"] == "tokyo"
    told = memory.history(changed["id"])
    assert [(e["event"], e["old_memory"], e["new_memory"]) for e in told] == [
        ("ADD", None, "I avoid shellfish"),
        ("UPDATE", "I avoid shellfish", "I love shellfish now"),
    ]
    assert memory.search("shellfish", user_id="cam")["results"][0]["score"] > 0.5
    assert (
        memory.get_all(agent_id="builder")["results"][0]["memory"] == "The build runs on Tuesdays"
    )
    assert memory.verify(full=True)["ok"]


def test_an_expiry_is_kept(store: Path) -> None:
    found, _ = taken(store / "qdrant")
    assert found["Ticket 7 expires soon"]["expires_at"] == 1_925_164_800_000_000  # 2031-01-03


def test_an_app_id_in_the_metadata_is_an_id_only_when_asked(store: Path) -> None:
    plain, _ = taken(store / "qdrant")
    assert plain["Noted, no shellfish"]["metadata"]["app_id"] == "portal"
    asked, _ = taken(store / "qdrant", app_ids=True)
    assert asked["Noted, no shellfish"]["app_id"] == "portal"
    assert "app_id" not in asked["Noted, no shellfish"]["metadata"]


@pytest.mark.parametrize("place", ["", "qdrant"])
def test_the_folder_may_be_the_store_or_the_one_above(store: Path, place: str) -> None:
    found, left_out = taken(store / place)
    assert (len(found), left_out) == (4, [])


@pytest.mark.parametrize(
    ("given", "role"), [("Human", "user"), ("ai", "assistant"), ("customer", "customer")]
)
def test_a_role_of_mem0_is_imported_under_its_first_name(
    tmp_path: Path, given: str, role: str
) -> None:
    found, _ = taken(faiss(tmp_path / "faiss", {"a1": PAYLOAD | {"role": given}}))
    assert [line["role"] for line in found.values()] == [role]


@pytest.mark.parametrize("kind", ["pkl", "json"])
def test_a_faiss_store_is_read(tmp_path: Path, kind: str) -> None:
    found, left_out = taken(faiss(tmp_path / "faiss", {"a1": PAYLOAD}, kind))
    assert found["likes tea"]["id"] == "a1"
    assert found["likes tea"]["created_at"] == 1_735_787_045_000_000
    assert left_out == ["no history.db was found: give its path with --history"]


def test_what_has_no_id_gets_the_one_that_is_given_or_is_left_out(tmp_path: Path) -> None:
    folder = faiss(tmp_path / "faiss", {"a": {"data": "nobody's"}, "b": PAYLOAD})
    found, left_out = taken(folder)
    assert list(found) == ["likes tea"]
    assert left_out[0] == "left out, without any id (give --user-id, …): 1"
    found, _ = taken(folder, scope=Scope(user_id="jo"))
    assert (found["nobody's"]["user_id"], found["likes tea"]["user_id"]) == ("jo", "cam")


def test_invalid_memories_are_reported_and_the_rest_is_imported(tmp_path: Path) -> None:
    circle: list[Any] = []
    circle.append(circle)
    bad = {
        "1": {**PAYLOAD, "data": None},
        "2": "text",
        "3": {**PAYLOAD, "created_at": "soon"},
        "4": {**PAYLOAD, "user_id": "*"},
        "5": {**PAYLOAD, "x": circle},
        "6": {**PAYLOAD, "x": float("inf")},
        "7": {**PAYLOAD, "x": b"bytes"},
        "8": {**PAYLOAD, "user_id": ["cam"]},
        " ": PAYLOAD,
    }
    found, left_out = taken(faiss(tmp_path / "faiss", {**bad, "good": PAYLOAD}))
    assert [line["id"] for line in found.values()] == ["good"]
    assert sum(int(line.rpartition(" ")[2]) for line in left_out[:-1]) == len(bad)


@pytest.mark.slow
def test_a_list_that_is_named_a_billion_times_takes_no_room(tmp_path: Path) -> None:
    bomb: list[Any] = []
    for _ in range(40):
        bomb = [bomb] * 10
    found, _ = taken(faiss(tmp_path / "faiss", {"a": {**PAYLOAD, "x": bomb}, "b": PAYLOAD}))
    assert len(found) == 1


# -- pickles of others


class Runs:
    """Runs a command when it is unpickled."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.step = (function, arguments)

    def __reduce__(self) -> Any:
        return self.step


def evil(marker: Path) -> dict[str, bytes]:
    command = f"touch {marker}"
    old = f"cos\nsystem\n(S'{command}'\ntR.".encode()
    return {
        "os.system": pickle.dumps(Runs(os.system, command)),
        "eval": pickle.dumps(Runs(eval, f"open({str(marker)!r}, 'w')")),
        "protocol 0": old,
        "inst": f"(S'{command}'\nios\nsystem\n.".encode(),
        "obj": f"(cos\nsystem\nS'{command}'\no.".encode(),
        "getattr": pickle.dumps(Runs(getattr, "x", "upper")),
        "newobj": b"\x80\x04cbuiltins\nbytearray\n(K\x05t\x81.",
        "extension": b"\x80\x02\x82\x01.",
        "persistent": b"Pid\n.",
        "a class of ours": b"clitemem.store\nSqliteStore\n(Vx\nt\x81.",
        "a name with dots": b"\x80\x04\x8c\x20qdrant_client.http.models.models\x8c\x14"
        b"PointStruct.__init__\x93.",
        "state of a class": b"\x80\x04cqdrant_client.http.models.models\nPointStruct\n"
        b"}X\x0c\x00\x00\x00__setstate__NsN\x86b.",
        "a huge memo": b"\x80\x02Nr\xff\xff\xff\x7f.",
        "a huge length": b"\x80\x04\x8d" + struct.pack("<Q", 2**62) + b"x.",
        "deep": b"\x80\x04" + b"(" * 100_000 + b"N" + b"t" * 100_000 + b".",
        "a key that holds itself a billion times": key(b"2" + b"\x86"),
        "the same by the memo": key(b"\x94h%c\x86"),
        "the same with a step between": key(b"N0\x94h%c\x86"),
        "the same with a frame between": key(b"\x95" + bytes(8) + b"\x94h%c\x86"),
        "the same with frozen sets": b"\x80\x04}"
        + b"".join(b"(" + b"K\x01\x91\x94h%c\x86" % place for place in range(60))
        + b"K\x01s.",
        "cut": pickle.dumps({"a": 1})[:-3],
        "nothing": b"",
    }


def key(step: bytes) -> bytes:
    """Return the pickle of a dict whose key is made by a step that is done sixty times."""
    steps = (step % place if b"%" in step else step for place in range(60))
    return b"\x80\x04})" + b"".join(steps) + b"K\x01s."


@pytest.mark.parametrize("what", evil(Path("marker")))
def test_a_pickle_that_would_do_anything_is_refused_and_nothing_runs(
    what: str, tmp_path: Path
) -> None:
    marker = tmp_path / "ran"
    data = evil(marker)[what]
    if what != "deep":  # tuples in tuples are plain values
        with pytest.raises(ValidationError, match="was not run"):
            read_pickle(data, "a point")
    folder = faiss(tmp_path / "faiss", {})
    (folder / "mem0.pkl").write_bytes(data)
    with pytest.raises(ValidationError, match="mem0ai"):
        open_store(folder)
    assert not marker.exists()


def test_a_point_with_an_invalid_id_is_left_out(tmp_path: Path) -> None:
    ids: list[Any] = []
    for _ in range(60):
        ids = [ids, ids]
    good = {"id": "019a", "payload": PAYLOAD}
    points = [good, good | {"id": ids}, good | {"id": 2**100_000}, good | {"id": None}]
    storage = tmp_path / "collection" / "mem0" / "storage.sqlite"
    storage.parent.mkdir(parents=True)
    with closing(apsw.Connection(str(storage))) as connection:
        connection.execute("CREATE TABLE points (id TEXT PRIMARY KEY, point BLOB)")
        for number, point in enumerate(points):
            state = pickle.dumps(point, 4)[2:-1]
            made = b"\x80\x04cqdrant_client.http.models.models\nPointStruct\n)\x81" + state + b"b."
            connection.execute("INSERT INTO points VALUES (?, ?)", (str(number), made))
    found, left_out = taken(tmp_path)
    assert list(found) == ["likes tea"]
    assert "left out, with an id that is neither text nor a number: 3" in left_out


def test_a_malicious_point_is_refused_and_nothing_is_imported(store: Path) -> None:
    marker = store / "ran"
    storage = store / "qdrant" / "collection" / "mem0" / "storage.sqlite"
    with closing(apsw.Connection(str(storage))) as connection:
        name = base64.b64encode(pickle.dumps("z")).decode()
        data = pickle.dumps(Runs(os.system, f"touch {marker}"))
        connection.execute("INSERT INTO points VALUES (?, ?)", (name, data))
    with pytest.raises(ValidationError, match=r"a point of .* was not run"):
        open_store(store)
    assert not marker.exists()


@given(st.data())
def test_flipped_bytes_of_a_point_are_read_or_refused(data: st.DataObject) -> None:
    storage = FILES / "mem0-2.2.1" / "qdrant" / "collection" / "mem0" / "storage.sqlite"
    with closing(apsw.Connection(str(storage), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
        good = bytes(connection.execute("SELECT point FROM points").get[0])
    place = data.draw(st.integers(0, len(good) - 1))
    bad = good[:place] + data.draw(st.binary(min_size=1, max_size=4)) + good[place + 1 :]
    try:
        read_pickle(bad, "a point")
    except LitememError:
        return


def test_a_view_in_the_place_of_the_points_is_not_read(store: Path) -> None:
    storage = store / "qdrant" / "collection" / "mem0" / "storage.sqlite"
    with closing(apsw.Connection(str(storage))) as connection:
        connection.execute("ALTER TABLE points RENAME TO hidden")
        connection.execute("CREATE VIEW points AS SELECT * FROM hidden")
    with pytest.raises(StoreError, match="no table points"):
        open_store(store)


def test_a_folder_that_is_not_a_store_is_reported(tmp_path: Path, store: Path) -> None:
    with pytest.raises(StoreError, match="not a folder"):
        open_store(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(StoreError, match="not a store of mem0ai"):
        open_store(tmp_path / "empty")
    with pytest.raises(StoreError, match="it has: mem0"):
        open_store(store, collection="other")
    shutil.copytree(store / "qdrant/collection/mem0", store / "qdrant/collection/two")
    with pytest.raises(StoreError, match=r"mem0, two.*--collection"):
        open_store(store)
    assert open_store(store, collection="two").total == 5


# -- the command


def test_the_command_reads_a_store_and_says_what_it_left(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LITEMEM_DB", str(tmp_path / "memory.db"))
    monkeypatch.setenv("LITEMEM_EMBEDDER", "hash:8")
    done = CliRunner().invoke(main, ["import", "--from", "mem0", str(store)])
    assert (done.stdout, done.stderr) == ("", "memories: 4 added; embedded: 4\n")
    again = CliRunner().invoke(
        main, ["import", "--from", "mem0", str(store), "--on-conflict", "skip"]
    )
    assert again.stderr == "memories: 4 skipped; embedded: 0\n"
    (store / "history.db").unlink()
    told = CliRunner().invoke(main, ["import", "--from", "mem0", str(store), "--dry-run", "--json",
                                     "--on-conflict", "skip"])  # fmt: skip
    assert "history.db" in json.loads(told.stdout)["left_out"][0]


def test_reading_needs_no_mem0() -> None:
    source = io.StringIO(Path(mem0.__file__).read_text("utf-8"))
    assert "import qdrant" not in source.read()
