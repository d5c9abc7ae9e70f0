"""Messages are found, whatever extraction made of them, until they are deleted or outdated."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import Clock, OpenMemory
from litemem import Memory
from litemem.core import clock
from litemem.errors import LitememError, MemoryNotFoundError
from litemem.testing import HashEmbedder, ScriptedLLM

Scope = dict[str, str | None]


class Silent(ScriptedLLM):
    """A language model that finds no facts."""

    def generate(self, *_args: Any, **_options: Any) -> str:
        return '{"facts": []}'


CAM, BOB = {"user_id": "cam"}, {"user_id": "bob"}
CAR = "Yesterday I parked the car on level 4 of the Zenith garage."


def texts(found: dict[str, Any]) -> list[str]:
    return [row["memory"] for row in found["results"]]


def test_a_message_without_a_memory_is_a_result(open_memory: OpenMemory) -> None:
    memory = open_memory([])
    memory.add([{"role": "user", "content": CAR, "name": "Cam"}], metadata={"n": 1}, **CAM)
    (found,) = memory.search("Where did I park the car?", filters={"n": 1}, **CAM)["results"]
    assert (found["memory"], found["memory_type"]) == (CAR, "message")
    assert (found["role"], found["actor_id"], found["user_id"]) == ("user", "Cam", "cam")
    assert found["metadata"] == {"n": 1}
    shown = memory.get(found["id"])
    assert shown is not None
    assert shown["memory"] == CAR
    assert [event["event"] for event in memory.history(found["id"])] == ["ADD"]
    assert memory.search("Where did I park the car?", **BOB)["results"] == []
    assert memory.get_all(**CAM)["results"] == []
    assert texts(memory.get_all(include_messages=True, **CAM)) == [CAR]


def test_a_memory_is_as_good_as_the_message_that_it_came_from(open_memory: OpenMemory) -> None:
    memory = open_memory(["User has a car"])
    memory.add(CAR, **CAM)
    (found,) = memory.search("Zenith garage", explain=True, **CAM)["results"]
    assert found["memory"] == "User has a car"
    assert [source["snippet"] for source in found["sources"]] == [CAR]
    assert found["score"] == found["score_details"]["source_score"] > 0.4
    (alone,) = memory.search("Zenith garage", include_messages=False, **CAM)["results"]
    assert alone["score"] < 0.1


def test_no_words_are_found_twice(open_memory: OpenMemory) -> None:
    memory = open_memory([])
    memory.add(CAR, infer=False, **CAM)
    memory.add(CAR, **CAM)
    assert texts(memory.search("Zenith garage", **CAM)) == [CAR]


@pytest.mark.parametrize(
    ("said", "is_repeated"),
    [
        ("The door code is 4711, as you know.", True),
        ("My door code is still 4711!", True),
        ("The door code is 4712, as you know.", False),
        ("The door code isn't 4711.", False),
        ("The door code is 4711 and the keys are with Ola.", False),
        ("Is the door code 4711?", False),
    ],
)
def test_a_message_that_repeats_a_fact_of_another_turn_is_no_result(
    open_memory: OpenMemory, said: str, is_repeated: bool
) -> None:
    memory = open_memory(["User's door code is 4711"], [])
    memory.add("My door code is 4711.", **CAM)
    memory.add(said, **CAM)
    found = texts(memory.search("door code", **CAM))
    assert found[:1] == ["User's door code is 4711"]
    assert (said not in found) == is_repeated
    if is_repeated:
        assert said not in memory.context("door code", **CAM)
        assert said in texts(memory.get_all(include_messages=True, **CAM))


@pytest.mark.parametrize("change", ["delete", "update", "erase"])
def test_what_an_assistant_repeated_in_another_run_does_not_come_back(
    open_memory: OpenMemory, change: str
) -> None:
    """Previously only the run of the memory was looked at."""
    memory = open_memory(["User's door code is 4711"], [], [])
    (added,) = memory.add("My door code is 4711.", run_id="1", **CAM)["results"]
    memory.add([{"role": "assistant", "content": "Your door code is 4711."}], run_id="2", **CAM)
    memory.add([{"role": "assistant", "content": "Your door code is 4711."}], **BOB)
    memory.update(added["id"], "User's door code is 9") if change == "update" else getattr(
        memory, change
    )(added["id"])
    assert "4711" not in str(memory.search("door code 4711", **CAM))
    assert "4711" in str(memory.search("door code 4711", **BOB))


def test_a_run_without_a_user_loses_nothing_to_another_run(open_memory: OpenMemory) -> None:
    memory = open_memory(["User's door code is 4711"], [])
    (added,) = memory.add("My door code is 4711.", agent_id="bot", run_id="1")["results"]
    memory.add([{"role": "assistant", "content": "Your code is 4711."}], agent_id="bot", run_id="2")
    memory.delete(added["id"])
    assert "4711" in str(memory.search("code 4711", agent_id="bot", run_id="2"))


def test_a_deleted_message_has_its_text_in_the_history(open_memory: OpenMemory) -> None:
    memory = open_memory([])
    memory.add(CAR, **CAM)
    (found,) = memory.search("car", **CAM)["results"]
    memory.delete(found["id"])
    added, deleted = memory.history(found["id"])
    assert (added["event"], added["new_memory"]) == ("ADD", CAR)
    assert (deleted["event"], deleted["old_memory"], deleted["new_memory"]) == ("DELETE", CAR, None)
    memory.erase(found["id"])
    assert memory.history(found["id"]) == []


@pytest.mark.parametrize("how", ["delete", "delete_all", "expire", "supersede", "erase", "forget"])
def test_what_is_deleted_or_outdated_does_not_come_back_by_its_message(
    tmp_path: Path, how: str
) -> None:
    clock = [1_750_000_000_000_000]
    llm = ScriptedLLM([["User lives in Oslo"], ["User no longer lives in Oslo"]])
    with Memory(
        tmp_path / "a.db", embedder=HashEmbedder(), llm=llm, now=lambda: clock[0]
    ) as memory:
        options = {"expiration_date": "2025-06-20"} if how in ("expire", "forget") else {}
        said = "I live in Oslo near the Zenith garage"
        (added,) = memory.add(said, **CAM, **options)["results"]
        assert "User lives in Oslo" in texts(memory.search("Zenith garage", **CAM))
        if how == "delete":
            memory.delete(added["id"])
        elif how == "delete_all":
            memory.delete_all(**CAM)
        elif how == "erase":
            assert memory.erase(added["id"])["gone"]
        elif how == "supersede":
            clock[0] += 10**9
            memory.add("I no longer live in Oslo", **CAM)
        else:
            clock[0] += 30 * 86_400 * 10**6
            if how == "forget":
                memory.cleanup(expired=True, **CAM)
        found = texts(memory.search("Zenith garage in Oslo", **CAM))
        assert not any(text == "User lives in Oslo" or "Zenith" in text for text in found)
        assert memory.verify(full=True)["ok"]
        listed = texts(memory.get_all(include_messages=True, **CAM))
        assert not any("Zenith" in text for text in listed)
        if how == "supersede":
            shown = texts(memory.search("Zenith garage", show_superseded=True, **CAM))
            assert shown[0] == "User lives in Oslo"


def test_a_message_is_deleted_erased_and_expires_as_a_memory_does(open_memory: OpenMemory) -> None:
    memory = open_memory([], [], [])
    memory.add(CAR, **CAM)
    (found,) = memory.search("car", **CAM)["results"]
    memory.delete(found["id"])
    assert memory.search("car", **CAM)["results"] == []
    assert memory.get(found["id"]) is None
    assert memory.history(found["id"])[-1]["event"] == "DELETE"
    with pytest.raises(MemoryNotFoundError):
        memory.delete(found["id"])
    assert memory.erase(found["id"])["gone"]
    assert memory.history(found["id"]) == []
    memory.add("The bike is in the Omega shed.", expiration_date="2000-01-01", **CAM)
    assert memory.search("bike", **CAM)["results"] == []
    assert texts(memory.search("bike", show_expired=True, **CAM)) != []
    memory.add(CAR, **CAM)
    memory.delete_all(**CAM)
    assert memory.search("car bike", show_expired=True, **CAM)["results"] == []


def test_words_of_an_erased_message_are_gone_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with Memory(path, embedder=HashEmbedder(), llm=ScriptedLLM([[]])) as memory:
        memory.add("My password is Xylophonia99 and my cat is Rex", **CAM)
        assert b"Xylophonia99" in path.read_bytes() + Path(f"{path}-wal").read_bytes()
        assert memory.erase(**CAM)["gone"]
    assert b"xylophonia99" not in path.read_bytes().lower()


@pytest.mark.parametrize("background", [False, True])
def test_a_turn_that_waits_for_a_model_is_found(tmp_path: Path, background: bool) -> None:
    class NoModel(ScriptedLLM):
        def generate(self, *_args: Any, **_kwargs: Any) -> str:
            raise LookupError("not installed")

    with Memory(tmp_path / "a.db", embedder=HashEmbedder(), llm=NoModel([])) as memory:
        if background:
            memory.add(CAR, async_mode=True, **CAM)
        else:
            with pytest.raises(LitememError):
                memory.add(CAR, **CAM)
        assert texts(memory.search("Where is my car?", **CAM)) == [CAR]


def test_small_talk_and_instructions_are_not_found(open_memory: OpenMemory) -> None:
    memory = open_memory([])
    memory.add(
        [
            {"role": "system", "content": "You are a parrot that squawks."},
            {"role": "user", "content": "Hello! How are you?"},
            {"role": "assistant", "content": "Thanks, fine!"},
        ],
        **CAM,
    )
    assert memory.get_all(include_messages=True, **CAM)["results"] == []


def test_a_failure_in_the_middle_of_a_long_line_of_output_is_found(
    open_memory: OpenMemory,
) -> None:
    """Previously only the beginning of a line was read."""
    memory = open_memory([])
    rows = "data row. " * 3_000
    log = f"start {rows} Error: disk zeta failed {rows} end"
    memory.add([{"role": "user", "content": "Go."}, {"role": "tool", "content": log}], **CAM)
    assert "disk zeta failed" in texts(memory.search("Which disk failed?", **CAM))[0]


def test_the_last_sentence_of_a_long_note_is_found_first(open_memory: OpenMemory) -> None:
    memory = open_memory()
    filler = "The committee met again and nothing of interest was decided that afternoon. "
    for i in range(30):
        memory.add(f"{filler * 55}Topic {i} was closed.", infer=False, **CAM)
    answer = memory.add(f"{filler * 59}The zebra ate the harpsichord.", infer=False, **CAM)
    first = memory.search("What did the zebra eat?", **CAM)["results"][0]
    assert first["id"] == answer["results"][0]["id"]


def test_messages_survive_an_export_and_an_import(tmp_path: Path) -> None:
    one = Memory(
        tmp_path / "a.db", embedder=HashEmbedder(), llm=ScriptedLLM([[], ["User has Rex"]])
    )
    one.add(CAR, metadata={"n": 1}, **CAM)
    one.add("My dog Rex barks at the Omega shed", **CAM)
    said = one.search("car", **CAM)["results"][0]
    one.export_file(tmp_path / "e.jsonl")
    other = Memory(tmp_path / "b.db", embedder=HashEmbedder(), llm=ScriptedLLM([]))
    other.import_file(tmp_path / "e.jsonl")
    for query in ("Zenith car", "Omega shed"):
        assert texts(other.search(query, **CAM)) == texts(one.search(query, **CAM))
    assert other.get(said["id"]) == one.get(said["id"])
    assert other.verify(full=True)["ok"]
    one.close()
    other.close()


def test_an_export_of_a_scope_has_the_messages_that_are_found_in_it(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    """Previously it had only those from which memories came."""
    memory = open_memory([], [], [])
    memory.add(CAR, metadata={"n": 1}, **CAM)
    memory.add("The bicycle is in the cellar.", metadata={"n": 2}, **CAM)
    memory.add("The boat is at the lake.", **BOB)
    gone = memory.search("bicycle", **CAM)["results"][0]["id"]
    memory.delete(gone)
    for options in (CAM, {**CAM, "filters": {"n": 1}}):
        target = tmp_path / f"{len(options)}.jsonl"
        memory.export_file(target, **options)
        with Memory(tmp_path / f"{len(options)}.db", embedder=HashEmbedder(64)) as other:
            other.import_file(target)
            assert texts(other.get_all(include_messages=True, **CAM)) == [CAR]
            assert texts(other.search("Where is the car?", **CAM)) == [CAR]
            assert other.get_all(include_messages=True, **BOB)["results"] == []


def test_an_export_by_a_filter_has_no_message_that_tells_of_another_memory(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    memory = open_memory(["User has a car", "User has a boat"])
    memory.add("I have a car and a boat.", **CAM)
    boat = next(m for m in memory.get_all(**CAM)["results"] if "boat" in m["memory"])
    memory.update(boat["id"], metadata={"kind": "boat"})
    counts = memory.export_file(tmp_path / "e.jsonl", filters={"kind": "boat"}, **CAM)
    assert counts["message"] == 1, "its source"
    counts = memory.export_file(tmp_path / "f.jsonl", filters={"kind": "tent"}, **CAM)
    assert "message" not in counts


def test_a_reindex_keeps_messages_findable(tmp_path: Path) -> None:
    with Memory(tmp_path / "a.db", embedder=HashEmbedder(), llm=ScriptedLLM([[]])) as memory:
        memory.add(CAR, **CAM)
        memory.reindex(HashEmbedder(64))
        assert texts(memory.search("Zenith garage", **CAM)) == [CAR]
        assert memory.verify(full=True)["ok"]


ids = st.fixed_dictionaries(
    {key: st.sampled_from([None, "a", "b"]) for key in ("user_id", "agent_id", "run_id")}
).filter(lambda scope: any(scope.values()))


@given(st.lists(ids, min_size=1, max_size=8), st.lists(ids, min_size=1, max_size=4))
@settings(max_examples=40, deadline=None)
def test_messages_stay_in_their_scope(added: list[Scope], asked: list[Scope]) -> None:
    with Memory(":memory:", embedder=HashEmbedder(8), llm=Silent([])) as memory:
        for i, scope in enumerate(added):
            memory.add(f"The zebra number {i} sleeps.", **scope)
        for scope in asked:
            bound = {key: name for key, name in scope.items() if name}
            right = {
                f"The zebra number {i} sleeps."
                for i, of in enumerate(added)
                if all(of[key] == name for key, name in bound.items())
            }
            found = memory.search("zebra number", top_k=100, **bound)
            assert set(texts(found)) == right
            listed = memory.get_all(include_messages=True, limit=100, **bound)
            assert sorted(texts(listed)) == sorted(right)
        memory.delete_all(**{key: name for key, name in asked[0].items() if name})
        kept = {
            f"The zebra number {i} sleeps."
            for i, of in enumerate(added)
            if not all(of[key] == name for key, name in asked[0].items() if name)
        }
        for i, scope in enumerate(added):
            found = texts(memory.search(f"zebra number {i}", top_k=100, **scope))
            assert (f"The zebra number {i} sleeps." in found) == (
                f"The zebra number {i} sleeps." in kept
            )
        assert memory.verify(full=True)["ok"]


def test_a_message_is_not_quoted_once_one_of_its_memories_is_deleted() -> None:
    facts = ["User's passport number is ZX998", "User lives in Leeds"]
    with Memory(":memory:", embedder="hash", llm=ScriptedLLM([facts])) as memory:
        said = "My passport number is ZX998 and I live in Leeds"
        secret, home = (each["id"] for each in memory.add(said, user_id="cam")["results"])
        assert "ZX998" in memory.context("Where does Cam live?", user_id="cam")
        memory.delete(secret)
        found = memory.search("passport number, Leeds", user_id="cam")["results"]
        assert [each["id"] for each in found] == [home]
        assert "ZX998" not in f"{found} {memory.context('passport number', user_id='cam')}"
        listed = memory.get_all(user_id="cam", include_messages=True)["results"]
        assert [each["id"] for each in listed] == [home]


@pytest.mark.parametrize(
    ("said", "quoted"),
    [
        ("I live in Oslo near the Zenith garage. I have a dog called Rex.", "called Rex."),
        ("I have a dog called Rex! I live in Oslo.", "called Rex!"),
        ("I live in Oslo with a dog called Rex.", None),
        ("- I live in Oslo\n- I have a dog called Rex", "called Rex"),
    ],
)
def test_only_what_still_holds_is_quoted_of_a_message(
    open_memory: OpenMemory, now: Clock, said: str, quoted: str | None
) -> None:
    memory = open_memory(
        ["User lives in Oslo", "User has a dog called Rex"], ["User no longer lives in Oslo"]
    )
    memory.add(said, **CAM)
    before = clock.to_iso(now.at)
    now.at += 10**9
    added = memory.add("I no longer live in Oslo", **CAM)["results"]
    assert [each["event"] for each in added] == ["UPDATE"]
    found = memory.search("dog Rex", **CAM)["results"]
    sources = next(each for each in found if "Rex" in each["memory"]).get("sources", [])
    assert [each["snippet"][-len(quoted or "") :] for each in sources] == (
        [quoted] if quoted else []
    )
    shown = [
        memory.context("Oslo dog Rex", **CAM),
        str(memory.search("Oslo dog", **CAM)),
        str(texts(memory.get_all(include_messages=True, **CAM))),
    ]
    assert not any("I live in Oslo" in text or "Zenith" in text for text in shown)
    for options in ({"as_of": before}, {"show_superseded": True}):
        found = memory.search("dog Oslo", **CAM, **options)["results"]
        assert said in [source["snippet"] for each in found for source in each["sources"]]
        assert said in texts(memory.get_all(include_messages=True, **CAM, **options))
