"""`profile` of all classes and of the command: what a program gives, and what it gets back."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from helpers import Clock, OpenMemory
from helpers.memories import CAM, JANE, store_text
from litemem import AsyncMemory, Memory, MemoryClient
from litemem.cli import main
from litemem.errors import ScopeError, ValidationError
from litemem.testing import HashEmbedder


@pytest.fixture
def told(memory: Memory) -> Memory:
    for text in ("User lives in Oslo", "User has asthma", "User likes tea", "User likes tea"):
        store_text(memory, text)
    store_text(memory, "User likes gin", user_id="jane")
    return memory


def test_a_profile_has_text_groups_and_tokens(told: Memory) -> None:
    found = told.profile(**CAM)
    assert found.keys() == {"text", "groups", "tokens"}
    assert found["text"].split("\n") == [
        *("Identity: User lives in Oslo", "Preferences: User likes tea", "Health: User has asthma")
    ]
    assert found["tokens"] == HashEmbedder().count_tokens(found["text"])
    listed = {each["id"]: each for each in told.get_all(**CAM)["results"]}
    for memories in found["groups"].values():
        assert all(each == listed[each["id"]] for each in memories)


def test_a_scope_has_a_profile_of_its_own(told: Memory) -> None:
    assert told.profile(**JANE)["text"] == "Preferences: User likes gin"
    assert told.profile(user_id="ben") == {"text": "", "groups": {}, "tokens": 0}
    assert told.profile(**CAM, filters={"memory": {"contains": "tea"}})["groups"].keys() == {
        "preferences"
    }
    with pytest.raises(ScopeError):
        told.profile()


@pytest.mark.parametrize("wrong", [-1, 1.5, "3", None, True])
def test_a_wrong_number_of_lines_is_refused(told: Memory, wrong: Any) -> None:
    with pytest.raises(ValidationError, match="max_lines"):
        told.profile(**CAM, max_lines=wrong)


def test_the_number_of_lines_is_kept_and_tokens_are_counted(told: Memory) -> None:
    found = told.profile(**CAM, max_lines=1, count_tokens=len)
    assert found["text"] == "Health: User has asthma"
    assert found["tokens"] == len(found["text"])
    assert told.profile(**CAM, max_lines=0)["text"] == ""
    with pytest.raises(ValidationError):
        told.profile(**CAM, count_tokens=3)  # type: ignore[arg-type]


def test_superseded_and_expired_memories_are_left_out(open_memory: OpenMemory, now: Clock) -> None:
    memory = open_memory(["User lives in Oslo"], ["User moved to Lisbon"])
    memory.add("I live in Oslo.", **CAM)
    memory.add("I moved to Lisbon.", **CAM)
    store_text(memory, "User likes tea", expires_at="2025-06-16")
    now.advance(days=9)
    assert memory.profile(**CAM)["text"] == "Identity: User moved to Lisbon"


def test_feedback_and_repetitions_decide_what_has_room(tmp_path: Path) -> None:
    with MemoryClient(path=tmp_path / "a.db", embedder=HashEmbedder(64)) as client:
        ids = [store_text(client.memory, f"User likes {what}") for what in ("tea", "rum", "gin")]
        assert client.profile(**CAM, max_lines=1)["text"] == "Preferences: User likes gin"
        client.feedback(ids[0], "POSITIVE")
        assert client.profile(**CAM, max_lines=1)["text"] == "Preferences: User likes tea"


def test_a_plan_that_is_over_is_left_out(memory: Memory, now: Clock) -> None:
    store_text(memory, "User plans to sail to Crete on 20 June 2025")
    assert memory.profile(**CAM)["text"]
    now.advance(days=30)
    assert memory.profile(**CAM)["text"] == ""


def test_the_command_prints_the_lines(told: Memory, tmp_path: Path) -> None:
    db = ["--db", str(tmp_path / "memory.db")]
    run = CliRunner().invoke
    shown = run(main, ["profile", "--user-id", "cam", *db])
    assert shown.stdout.splitlines() == told.profile(**CAM)["text"].splitlines()
    as_json = json.loads(run(main, ["profile", "--user-id", "cam", "--json", *db]).stdout)
    assert as_json["groups"] == told.profile(**CAM)["groups"]
    assert run(main, ["profile", *db]).exit_code == 2
    assert run(main, ["profile", "--user-id", "ben", *db]).exit_code == 0


def test_a_profile_is_awaited(tmp_path: Path) -> None:
    async def ask() -> Any:
        async with AsyncMemory(tmp_path / "a.db", embedder=HashEmbedder(64)) as memory:
            await memory.add("User has asthma", **CAM, infer=False)
            return await memory.profile(**CAM)

    assert asyncio.run(ask())["text"] == "Health: User has asthma"


def test_a_damaged_memory_is_named(told: Memory) -> None:
    with told.store.write() as tx:
        (first,) = tx.connection.execute("SELECT id FROM memory LIMIT 1").fetchone()  # type: ignore[attr-defined,misc]
        tx.connection.execute("UPDATE memory SET hash = x'00' WHERE id = ?", (first,))  # type: ignore[attr-defined]
    assert told.profile(**CAM)["damaged"] == [first]
