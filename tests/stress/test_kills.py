"""kill -9 while a file is written or upgraded; the long run is `tests/stress/kill_rounds.py`."""

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from helpers import LIBRARY, NIGHTLY, TESTS, schema_file
from helpers.stores import reading
from litemem import Memory
from litemem.maintenance.integrity import is_sound, verify
from litemem.store.sqlite.connection import connect
from litemem.store.sqlite.schema import latest_version
from litemem.store.sqlite.store import SqliteStore
from litemem.testing import HashEmbedder, ScriptedLLM

ROUNDS = 200 if NIGHTLY else 3
UPGRADES = 4  # kills
STOPS = 8  # places
ROLES = ("user", "assistant")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(LIBRARY)}

UPGRADING = """
import shutil, sys
from litemem.store.sqlite.store import SqliteStore
source, folder = sys.argv[1:]
for number in range(100_000):
    path = f"{folder}/{number}.db"
    shutil.copyfile(source, f"{path}.new")
    shutil.move(f"{path}.new", path)
    if not number:
        print("begun", flush=True)
    SqliteStore(path).close()
"""

# Does a piece of work on a file, and is stopped by a signal at one of its calls of the store
STOPPING = """
import io, os, signal, sys
from litemem import Memory
from litemem.testing import HashEmbedder, ScriptedLLM

path, work, stop, number = sys.argv[1:]
calls = 0


def profile(frame, event, _):
    global calls
    if event == "call" and "litemem/store/" in frame.f_code.co_filename:
        calls += 1
        if calls == int(stop):
            os.kill(os.getpid(), getattr(signal, number))


with Memory(path, embedder=HashEmbedder(64), llm=ScriptedLLM([])) as memory:
    sys.setprofile(profile)
    try:
        exec(work)
    finally:
        sys.setprofile(None)
print(calls)
"""
FORGETTING = 'memory.add("Forget my address. Also delete what I said about chess.", user_id="u")'
IMPORTING = "memory.import_conversations(io.BytesIO(open({path!r}, 'rb').read()), user_id='u')"


def stopped(source: Path, work: str, count: int, signal: str = "SIGKILL") -> Iterator[Path]:
    """Yield copies of a file on which the work was stopped at different places."""

    def run(path: Path, stop: int) -> bytes:
        shutil.copyfile(source, path)
        command = [sys.executable, "-B", "-c", STOPPING, path, work, str(stop), signal]
        done = subprocess.run(
            command, capture_output=True, check=False, env=ENVIRONMENT, timeout=60
        )
        return done.stdout

    calls = int(run(source.with_name("counted.db"), -1))
    for i in range(count):
        path = source.with_name(f"stopped{i}.db")
        run(path, 1 + i * (calls - 1) // (count - 1))
        yield path


def opened(path: Path) -> Memory:
    return Memory(path, embedder=HashEmbedder(64), llm=ScriptedLLM([]))


def live(memory: Memory) -> list[str]:
    found = memory.get_all(user_id="u", include_messages=True, top_k=1_000)["results"]
    return sorted(each["memory"] for each in found)


def test_a_killed_request_to_forget_is_applied_whole_or_not_at_all(tmp_path: Path) -> None:
    source = tmp_path / "memory.db"
    kept = {"I live in Oslo": "User lives in Oslo", "I play chess": "User plays chess"}
    llm = ScriptedLLM([[fact] for fact in kept.values()])
    with Memory(source, embedder=HashEmbedder(64), llm=llm) as memory:
        for said in kept:
            memory.add(said, user_id="u")
    before = sorted([*kept, *kept.values()])
    outcomes = set()
    for path in stopped(source, FORGETTING, STOPS):
        with opened(path) as memory:
            assert memory.verify(full=True)["ok"]
            left = [text for text in live(memory) if not text.startswith("Forget")]
            memory.process_pending()
            assert live(memory) in ([], before)
            assert left in ([], before)
            outcomes.add((bool(left), bool(live(memory))))
    assert outcomes == {(True, True), (True, False), (False, False)}  # not begun, waits, done


@pytest.mark.parametrize("signal", ["SIGKILL", "SIGINT"])
def test_a_stopped_import_continues_without_duplicates(tmp_path: Path, signal: str) -> None:
    export = tmp_path / "chats.jsonl"
    export.write_text(
        "".join(
            json.dumps({"messages": [{"role": role, "content": f"{i} {role}"} for role in ROLES]})
            + "\n"
            for i in range(300)
        )
    )
    source = tmp_path / "memory.db"
    opened(source).close()
    whole = tmp_path / "whole.db"
    shutil.copyfile(source, whole)
    with opened(whole) as memory:
        wanted = memory.import_conversations(export, user_id="u")
        texts = live(memory)
    parts = set()
    for path in stopped(source, IMPORTING.format(path=str(export)), STOPS // 2, signal):
        with opened(path) as memory:
            before = len(live(memory))
            again = memory.import_conversations(export, user_id="u")
            assert again["messages"] == wanted["messages"] - before
            assert again["known"] == before
            assert live(memory) == texts
            assert memory.verify(full=True)["ok"]
            parts.add(before)
    assert len(parts) > 2  # stopped between two transactions, too


def test_four_writers_that_are_killed_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    script = TESTS / "stress" / "kill_rounds.py"
    done = subprocess.run(
        [sys.executable, "-B", script, "--rounds", str(ROUNDS), "--folder", tmp_path],
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
    )
    assert done.returncode == 0, done.stderr
    assert "nothing acknowledged was lost" in done.stdout


def test_an_upgrade_that_is_killed_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    chance = random.Random(1)
    versions = []
    for number in range(UPGRADES):
        folder = tmp_path / str(number)
        folder.mkdir()
        command = [sys.executable, "-B", "-c", UPGRADING, str(schema_file(1)), str(folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=ENVIRONMENT) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"begun\n"
            time.sleep(chance.uniform(0, 0.1))
            process.kill()
        for path in folder.glob("*.db"):
            assert is_sound(verify(path, full=True))
            with closing(connect(str(path))) as connection:
                versions.append(connection.pragma("user_version"))
            with closing(SqliteStore(path)) as store:
                assert reading(store).overview().memories == 4
    assert set(versions) <= {1, latest_version()}
    assert latest_version() in versions
