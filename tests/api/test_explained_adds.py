"""`add(explain=True)`: what the model wrote and was not kept, what gave no fact, and why."""

import asyncio
from typing import Any

import pytest

from helpers import OpenMemory
from helpers.memories import CAM, texts
from litemem import AsyncMemory, Memory, MemoryClient
from litemem.errors import ValidationError
from litemem.testing import HashEmbedder, ScriptedLLM


def explained(open_memory: OpenMemory, said: Any, facts: list[str]) -> Any:
    return open_memory(facts).add(said, explain=True, **CAM)


def reasons(result: Any) -> dict[str, str]:
    return {each["memory"]: each["reason"] for each in result["set_aside"]}


def without_facts(result: Any) -> dict[str, str]:
    return {each["text"]: each["reason"] for each in result["without_facts"]}


def test_an_add_without_explain_has_the_shape_of_mem0(open_memory: OpenMemory) -> None:
    added = open_memory(["User lives in Rome"]).add("I live in Oslo.", **CAM)
    assert set(added) == {"results"}


def test_a_name_that_nobody_said_is_set_aside_with_the_name(open_memory: OpenMemory) -> None:
    result = explained(open_memory, "I live in Oslo.", ["User lives in Rome"])
    (row,) = result["set_aside"]
    assert row["memory"] == "User lives in Rome"
    assert "Rome" in row["reason"]
    assert row["message"] == 0


def test_a_fact_that_the_clause_replaced_names_what_was_stored(open_memory: OpenMemory) -> None:
    result = explained(open_memory, "I don't smoke.", ["User smokes"])
    (row,) = result["set_aside"]
    assert row["replaced_by"] in texts(result)


def test_a_fact_that_was_kept_is_not_set_aside(open_memory: OpenMemory) -> None:
    result = explained(open_memory, "I live in Oslo.", ["User lives in Oslo"])
    assert texts(result) == ["User lives in Oslo"]
    assert result["set_aside"] == result["without_facts"] == []


def test_a_fact_that_the_model_wrote_twice_is_set_aside_once(open_memory: OpenMemory) -> None:
    written = ["User lives in Oslo", "User lives in Oslo"]
    result = explained(open_memory, "I live in Oslo.", written)
    assert reasons(result) == {"User lives in Oslo": "it repeats a fact of this turn"}


def test_a_fact_that_a_memory_says_names_the_memory(open_memory: OpenMemory) -> None:
    memory = open_memory(["User lives in Oslo"])
    (known,) = memory.add("I live in Oslo.", **CAM)["results"]
    result = open_memory(["User lives in Oslo"]).add(
        "As I said, I live in Oslo.", explain=True, **CAM
    )
    (row,) = result["set_aside"]
    assert row["reason"] == "it repeats a memory"
    assert row["id"] == known["id"]


def test_a_fact_outside_of_the_topics_is_set_aside(open_memory: OpenMemory) -> None:
    memory = open_memory(["User lives in Oslo"], {"about": "no"})
    result = memory.add("I live in Oslo.", includes="food", explain=True, **CAM)
    assert result["results"] == []
    assert "topics" in reasons(result)["User lives in Oslo"]


@pytest.mark.parametrize(
    ("said", "text", "reason"),
    [
        ("I live in Oslo. Which bus goes to the harbour?", "Which bus", "question"),
        ("I live in Oslo. Thanks so much!", "Thanks so much!", "small talk"),
        ("I live in Oslo. The harbour tram is closed now.", "The harbour", "no fact"),
        ("I live in Oslo. If I won a prize, I would move to Rome.", "If I won", "own"),
        ("I live in Oslo.\n> We met in Bergen last year.", "We met in Bergen", "own"),
        ("Hello there!", "Hello there!", "small talk"),
        ("Translate into French: my cat is called Rex and lives in Rome.", "Translate", "own"),
        ("Ich wohne in Oslo. Wann fährt der Bus zum Hafen?", "Wann fährt", "question"),
        ("Vivo en Oslo. ¿A qué hora sale el autobús?", "qué hora sale", "question"),
        ("我住在奥斯陆。公交车几点开？", "公交车几点开", "question"),
    ],
)
def test_what_gave_no_fact_is_there_with_the_reason(
    open_memory: OpenMemory, said: str, text: str, reason: str
) -> None:
    result = explained(open_memory, said, ["User lives in Oslo"])
    found = {t: why for t, why in without_facts(result).items() if text in t}
    assert found, without_facts(result)
    assert all(reason in why for why in found.values()), found


def test_what_is_set_aside_names_its_message(open_memory: OpenMemory) -> None:
    said = [
        {"role": "user", "content": "I live in Oslo."},
        {"role": "assistant", "content": "A fine town!"},
        {"role": "user", "content": "I don't smoke."},
    ]
    result = explained(open_memory, said, ["User lives in Oslo", "User smokes"])
    assert [row["message"] for row in result["set_aside"]] == [2]


def test_system_messages_that_are_not_stored_are_there(memory: Memory) -> None:
    said = [{"role": "system", "content": "be kind"}, {"role": "user", "content": "tea"}]
    result = memory.add(said, infer=False, explain=True, **CAM)
    assert without_facts(result) == {"be kind": "it is a system message"}


def test_the_async_memory_explains() -> None:
    async def use() -> Any:
        llm = ScriptedLLM([["User lives in Rome"]])
        async with AsyncMemory(":memory:", embedder=HashEmbedder(), llm=llm) as memory:
            return await memory.add("I live in Oslo.", explain=True, **CAM)

    assert list(reasons(asyncio.run(use()))) == ["User lives in Rome"]


def test_the_client_explains() -> None:
    llm = ScriptedLLM([["User lives in Rome"]])
    with MemoryClient(path=":memory:", embedder=HashEmbedder(), llm=llm) as client:
        result = client.add("I live in Oslo.", explain=True, **CAM)
    assert list(reasons(result)) == ["User lives in Rome"]


def test_explain_must_be_true_or_false(memory: Memory) -> None:
    with pytest.raises(ValidationError, match="explain"):
        memory.add("tea", explain="yes", **CAM)  # type: ignore[arg-type]
