"""What was deleted or replaced does not come back by a message that repeats it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from litemem import Memory
from litemem.testing import HashEmbedder, ScriptedLLM

CAM = {"user_id": "cam"}
SECRET = "4711"
FACT = f"User's door code is {SECRET}"
TURN = [
    {"role": "user", "content": f"By the way, my door code is {SECRET}"},
    {"role": "assistant", "content": f"Noted, your door code is {SECRET}."},
]
LATER = [
    {"role": "user", "content": "What was my door code again?"},
    {"role": "assistant", "content": f"Sure! Your door code is {SECRET}. Anything else?"},
]


def open_memory(path: Path, *answers: list[str]) -> Memory:
    return Memory(path, embedder=HashEmbedder(), llm=ScriptedLLM(list(answers)))


def shown(memory: Memory, query: str = "What is the door code?") -> str:
    """Return all that reads show of a user."""
    found = [
        memory.search(query, top_k=50, **CAM),
        memory.get_all(include_messages=True, top_k=50, **CAM),
        memory.context(query, **CAM),
        memory.context("", **CAM),
    ]
    return str(found)


def add_all(memory: Memory) -> str:
    (added,) = memory.add(TURN, timestamp="2026-01-01", **CAM)["results"]
    memory.add(LATER, timestamp="2026-01-02", **CAM)
    assert SECRET in shown(memory)
    return str(added["id"])


ENDS: dict[str, Callable[[Memory, str], Any]] = {
    "delete": lambda memory, fact: memory.delete(fact),
    "update": lambda memory, fact: memory.update(fact, "User's door code is 8888"),
    "supersede": lambda memory, _: memory.add("Now my door code is 9999", **CAM),
    "forget": lambda memory, _: memory.add("Please forget my door code", **CAM),
    "delete_all": lambda memory, _: memory.delete_all(**CAM),
    "cleanup": lambda memory, _: memory.cleanup(older_than="1d", **CAM),
    "erase": lambda memory, fact: memory.erase(fact),
}


@pytest.mark.parametrize("end", ENDS)
def test_an_answer_that_repeats_a_fact_ends_with_it(tmp_path: Path, end: str) -> None:
    answers = [[FACT], [], ["User's door code is 9999"] if end == "supersede" else []]
    with open_memory(tmp_path / "m.db", *answers) as memory:
        fact = add_all(memory)
        ENDS[end](memory, fact)
        assert SECRET not in shown(memory)
        memory.export_file(tmp_path / "m.jsonl")
        assert memory.verify(full=True)["ok"]
    with open_memory(tmp_path / "n.db") as memory:
        memory.import_file(tmp_path / "m.jsonl")
        memory.reindex()
        assert SECRET not in shown(memory)


def test_an_answer_is_found_as_of_the_time_of_its_fact(tmp_path: Path) -> None:
    with open_memory(tmp_path / "m.db", [FACT], [], ["User's door code is 9999"]) as memory:
        add_all(memory)
        memory.add("Now my door code is 9999", timestamp="2026-02-01", **CAM)
        assert SECRET in str(memory.search("door code", as_of="2026-01-15", **CAM))
        assert SECRET in str(memory.search("door code", show_superseded=True, **CAM))


@pytest.mark.parametrize("deleted", [False, True])
def test_an_erasure_takes_the_answers(tmp_path: Path, deleted: bool) -> None:
    path = tmp_path / "m.db"
    with open_memory(path, [FACT], []) as memory:
        fact = add_all(memory)
        if deleted:
            memory.delete(fact)
        assert memory.erase(fact)["gone"]
    assert SECRET.encode() not in path.read_bytes()


def test_a_deleted_message_takes_its_answers(tmp_path: Path) -> None:
    with open_memory(tmp_path / "m.db", [], []) as memory:
        memory.add(TURN, **CAM)
        memory.add([LATER[0], {"role": "assistant", "content": f"It is {SECRET}."}], **CAM)
        memory.delete(memory.search(TURN[0]["content"], **CAM)["results"][0]["id"])
        assert SECRET not in shown(memory)


def test_a_forgotten_message_takes_its_answers(tmp_path: Path) -> None:
    with open_memory(tmp_path / "m.db", [], [], []) as memory:
        memory.add(TURN, **CAM)
        memory.add(LATER, **CAM)
        memory.add("Please forget my door code", **CAM)
        assert SECRET not in shown(memory)


def test_a_code_alone_is_a_repetition(tmp_path: Path) -> None:
    with open_memory(tmp_path / "m.db", [FACT], []) as memory:
        (added,) = memory.add(TURN, **CAM)["results"]
        memory.add([LATER[0], {"role": "assistant", "content": f"It is {SECRET}."}], **CAM)
        memory.delete(added["id"])
        assert SECRET not in shown(memory)


KEPT = [
    ("User lives in Oslo", "I live in Oslo", ["My sister lives in Oslo too"]),
    ("User lives in Oslo", "I live in Oslo", ["The museum in Oslo opens at nine"]),
    ("User likes tea", "I like tea", ["I like coffee", "Tea grows in Assam"]),
    ("User owns 2 cats", "I own 2 cats", ["The train leaves at 2"]),
    ("User is a nurse", "I am a nurse", ["The nurse at school called"]),
]


@pytest.mark.parametrize(("fact", "said", "others"), KEPT)
def test_what_says_something_else_stays(
    tmp_path: Path, fact: str, said: str, others: list[str]
) -> None:
    facts = [["User's sister lives in Oslo"] if "sister" in each else [] for each in others]
    with open_memory(tmp_path / "m.db", [fact], *facts) as memory:
        (added,) = memory.add(said, **CAM)["results"]
        for other in others:
            memory.add(other, **CAM)
        memory.delete(added["id"])
        found = str(memory.get_all(include_messages=True, **CAM)) + str(
            [memory.context(other, **CAM) for other in others]
        )
        for other in others:
            assert other in found


REPEATED = [
    ("用户住在上海浦东", "我住在上海浦东", "好的，您住在上海浦东。"),
    ("Nutzer wohnt in Köln", "Ich wohne in Köln", "Alles klar, du wohnst in Köln."),
    ("User has a dog called Rex", "My dog is called Rex", "Rex is a lovely name for a dog!"),
    ("User is allergic to peanuts", "I am allergic to peanuts", "No peanuts, you are allergic."),
]


@pytest.mark.parametrize(("fact", "said", "answer"), REPEATED)
def test_an_answer_repeats_in_other_words(
    tmp_path: Path, fact: str, said: str, answer: str
) -> None:
    turn = [{"role": "user", "content": said}, {"role": "assistant", "content": answer}]
    with open_memory(tmp_path / "m.db", [fact]) as memory:
        (added,) = memory.add(turn, **CAM)["results"]
        memory.delete(added["id"])
        assert answer not in shown(memory, answer)


def test_no_other_scope_is_touched(tmp_path: Path) -> None:
    with open_memory(tmp_path / "m.db", [FACT], []) as memory:
        (added,) = memory.add(TURN, **CAM)["results"]
        memory.add(LATER, user_id="dora")
        memory.delete(added["id"])
        assert SECRET in str(memory.search("door code", user_id="dora"))


UPDATES = [
    ("User lives in Bergan", "User lives in Bergen", "I live in Bergen", True),
    ("User lives in Oslo", "User has lived in Oslo since 2020", "I live in Oslo", True),
    ("User lives in Oslo", "User lives in Rome", "I live in Oslo", False),
    ("User owns 2 cats", "User owns 3 cats", "I own two cats", False),
    ("用户住在上海", "用户住在北京", "我现在住在上海", False),
]


@pytest.mark.parametrize(("fact", "text", "said", "stays"), UPDATES)
def test_an_update_hides_the_message_that_says_what_it_replaced(
    tmp_path: Path, fact: str, text: str, said: str, stays: bool
) -> None:
    with open_memory(tmp_path / "m.db", [fact]) as memory:
        (added,) = memory.add(said, **CAM)["results"]
        memory.update(added["id"], text)
        assert (said in shown(memory, said)) is stays
        assert text in str(memory.search(said, **CAM))


TWO = f"By the way, my door code is {SECRET} and my dog is called Rex"


def test_a_hidden_message_is_not_quoted_again(tmp_path: Path) -> None:
    facts = [[FACT, "User has a dog called Rex"], ["User has a dog called Rex"]]
    with open_memory(tmp_path / "m.db", *facts) as memory:
        code, _ = (row["id"] for row in memory.add(TWO, **CAM)["results"])
        memory.delete(code)
        memory.add("I said that I have a dog called Rex", **CAM)  # a repetition
        assert SECRET not in shown(memory, "dog Rex") + shown(memory)
        memory.export_file(tmp_path / "m.jsonl")
        memory.export_file(tmp_path / "v.jsonl", vectors=True)
    for name in ("m", "v"):
        with open_memory(tmp_path / f"{name}2.db") as memory:
            memory.import_file(tmp_path / f"{name}.jsonl")
            assert SECRET not in shown(memory, "dog Rex") + shown(memory)
            memory.import_file(tmp_path / f"{name}.jsonl", on_conflict="overwrite")
            memory.import_file(tmp_path / f"{name}.jsonl", on_conflict="merge")
            memory.reindex(HashEmbedder(16))
        with Memory(tmp_path / f"{name}2.db", embedder=HashEmbedder(16)) as memory:
            assert SECRET not in shown(memory, "dog Rex") + shown(memory)
            assert "Rex" in str(memory.get_all(**CAM))
