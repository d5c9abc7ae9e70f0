"""`context` of all four classes: what a program gives, and what it gets back."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers import START, Clock, OpenMemory
from helpers.refusals import HALF_A_PAIR, NOT_TEXT
from litemem import AsyncMemory, AsyncMemoryClient, Memory, MemoryClient
from litemem.errors import (
    EmbedderError,
    FilterError,
    LitememError,
    LLMError,
    ScopeError,
    ValidationError,
)
from litemem.retrieval.context import FACTS_HEADING, MOST_LINES, QUOTES_HEADING
from litemem.testing import HashEmbedder, ScriptedLLM

CAM = {"user_id": "cam"}
MEGABYTE = 1_000_000


@pytest.fixture
def talk(open_memory: OpenMemory, now: Clock) -> Memory:
    """A memory of facts and quotes on two days, and of another user."""
    memory = open_memory(["User avoids shellfish"], ["User moved to Lisbon"])
    memory.add("I avoid shellfish. My sister Ana cooks them on Fridays.", **CAM)
    now.advance(days=1)
    memory.add("I moved to Lisbon.", **CAM)
    answer = {"role": "assistant", "content": "Lisbon has trams"}
    memory.add([answer], **CAM, infer=False)
    memory.add("Shellfish is all that I eat", user_id="jane", infer=False)
    return memory


def test_a_context_has_the_facts_and_what_was_said(talk: Memory) -> None:
    assert talk.context("Can we eat shellfish in Lisbon?", **CAM).split("\n") == [
        FACTS_HEADING,
        "2025-06-15: User avoids shellfish",
        "2025-06-16: User moved to Lisbon",
        QUOTES_HEADING,
        "2025-06-15 user: My sister Ana cooks them on Fridays.",
        "2025-06-16 assistant: Lisbon has trams",
    ]


def test_messages_are_ready_for_a_chat(talk: Memory) -> None:
    messages = talk.context("shellfish in Lisbon", **CAM, format="messages")
    assert [message["role"] for message in messages] == ["system", "user", "assistant"]
    assert all(message.keys() == {"role", "content"} for message in messages)


def test_why_tells_what_was_left_out(talk: Memory) -> None:
    budget = HashEmbedder().count_tokens(f"{FACTS_HEADING}\n2025-06-15: User avoids shellfish")
    found = talk.context("shellfish", **CAM, budget=budget, why=True)
    assert found.keys() == {"text", "tokens", "results", "left_out"}
    assert found["text"] == f"{FACTS_HEADING}\n2025-06-15: User avoids shellfish"
    assert found["tokens"] == budget
    (result,) = found["results"]
    assert talk.get(result["id"])["memory"] == "User avoids shellfish"  # type: ignore[index]
    reasons = {each["memory"]: each["reason"] for each in found["left_out"]}
    assert reasons["My sister Ana cooks them on Fridays."] == "no room"
    assert talk.context("x", **CAM, why=True, format="messages").keys() >= {"messages", "tokens"}


def test_a_fact_that_replaces_a_sentence_is_named(talk: Memory) -> None:
    found = talk.context("Lisbon", **CAM, why=True)
    reasons = {each["memory"]: each for each in found["left_out"]}
    assert reasons["I moved to Lisbon."]["reason"] == "a fact says the same"
    assert talk.get(reasons["I moved to Lisbon."]["instead"]) is not None


def test_a_superseded_or_expired_memory_is_not_in_it(open_memory: OpenMemory, now: Clock) -> None:
    memory = open_memory(["User lives in Oslo"], ["User moved to Lisbon"])
    memory.add("I live in Oslo.", **CAM)
    then = now()
    now.advance(days=1)
    memory.add("I moved to Lisbon.", **CAM)
    memory.add("The flat in Oslo is rented", **CAM, infer=False, expires_at="2025-06-01")
    assert "Oslo" not in memory.context("Where does the user live? Oslo?", **CAM)
    assert "Oslo" in memory.context("live", **CAM, as_of=then / 1_000_000)


@pytest.mark.parametrize("blank", ["", " ", "\n\t", "\u3000"])
def test_a_blank_query_gives_the_newest_memories(talk: Memory, blank: str) -> None:
    budget = HashEmbedder().count_tokens(f"{FACTS_HEADING}\n2025-06-16: User moved to Lisbon")
    newest = f"{FACTS_HEADING}\n2025-06-16: User moved to Lisbon"
    assert talk.context(blank, **CAM, budget=budget) == newest
    assert "shellfish" in talk.context(blank, **CAM)


def test_a_query_that_no_memory_bears_on_gives_nothing(talk: Memory) -> None:
    assert talk.context("zebras", **CAM) == ""


def test_a_megabyte_is_a_query(talk: Memory) -> None:
    begin = time.thread_time()  # of the processor: other programs do not count
    assert "shellfish" in talk.context("shellfish " * (MEGABYTE // 10), **CAM)
    assert time.thread_time() - begin < 5


def test_a_megabyte_in_a_memory_is_a_short_line(open_memory: OpenMemory) -> None:
    memory = open_memory()
    for text in ("x" * MEGABYTE, "tea. " * (MEGABYTE // 5), "tea" * (MEGABYTE // 3)):
        memory.add(text, **CAM, infer=False)
    memory.add("tea at five", **CAM, infer=False)
    shown = memory.context("tea", **CAM)
    assert "tea at five" in shown
    assert len(shown) < 10_000


def test_what_no_model_understood_is_in_it(open_memory: OpenMemory, now: Clock) -> None:
    memory = open_memory(LLMError("no model"), [], ["User likes tea"])
    with pytest.raises(LLMError):
        memory.add("The wedding is on the island of Korcula", **CAM)
    now.advance(days=1)
    memory.add("We marry at noon on the island", **CAM)  # gives no fact
    lines = [
        QUOTES_HEADING,
        "2025-06-15 user: The wedding is on the island of Korcula",
        "2025-06-16 user: We marry at noon on the island",
    ]
    assert memory.context("Which island?", **CAM).split("\n")[-3:] == lines
    assert memory.context("Which island?", **CAM, include_messages=False) == ""


def test_without_messages_it_has_only_memories(talk: Memory) -> None:
    assert talk.context("Can we eat shellfish in Lisbon?", **CAM, include_messages=False) == (
        f"{FACTS_HEADING}\n2025-06-15: User avoids shellfish\n2025-06-16: User moved to Lisbon\n"
        f"{QUOTES_HEADING}\n2025-06-16 assistant: Lisbon has trams"
    )


@pytest.mark.parametrize("query", ["Where is the key?", ""])
def test_a_message_is_not_in_it_after_its_memories_are_deleted(
    open_memory: OpenMemory, query: str
) -> None:
    memory = open_memory(["User has a key"])
    memory.add("My key is under the pot of basil in the yard", **CAM)
    assert "basil" in memory.context(query, **CAM)
    memory.delete(memory.get_all(**CAM)["results"][0]["id"])
    assert memory.context(query, **CAM) == ""


# -- the budget


@pytest.mark.parametrize("budget", range(0, 60, 3))
def test_no_budget_is_exceeded(talk: Memory, budget: int) -> None:
    shown = talk.context("shellfish in Lisbon", **CAM, budget=budget)
    assert HashEmbedder().count_tokens(shown) <= budget
    messages = talk.context("shellfish in Lisbon", **CAM, budget=budget, format="messages")
    assert sum(HashEmbedder().count_tokens(each["content"]) for each in messages) <= budget


@pytest.mark.parametrize("budget", [10**6, 2**63, 10**30])
def test_a_huge_budget_takes_all(talk: Memory, budget: int) -> None:
    found = talk.context("shellfish in Lisbon", **CAM, budget=budget, why=True)
    assert len(found["results"]) == 4
    assert {each["reason"] for each in found["left_out"]} == {"a fact says the same"}


def test_of_many_memories_a_limited_number_is_considered(open_memory: OpenMemory) -> None:
    memory = open_memory()
    texts = [{"role": "user", "content": f"tea {i}"} for i in range(MOST_LINES + 5)]
    memory.add(texts, **CAM, infer=False)
    assert len(memory.context("tea", **CAM, budget=10**9).split("\n")) == MOST_LINES + 1


@pytest.mark.parametrize("budget", [-1, True, False, 1.5, float("nan"), "1000", None, [1], b"1"])
def test_a_wrong_budget_is_refused(talk: Memory, budget: Any) -> None:
    with pytest.raises(ValidationError, match="budget must be"):
        talk.context("tea", **CAM, budget=budget)


class Sevens:
    """A number as numpy has it."""

    def __index__(self) -> int:
        return 7


def test_a_counter_of_the_program_is_used_once_a_line(talk: Memory) -> None:
    seen: list[str] = []

    def count(text: str) -> int:
        seen.append(text)
        return len(text)

    shown = talk.context("shellfish in Lisbon", **CAM, budget=150, count_tokens=count)
    assert 0 < len(shown) <= 150
    assert len(seen) <= 20
    assert talk.context("Lisbon", **CAM, count_tokens=lambda _: Sevens()) != ""  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize("number", [-1, 1.0, "5", None, True, [1], float("nan")])
def test_a_counter_that_returns_nonsense_is_refused(talk: Memory, number: Any) -> None:
    with pytest.raises(ValidationError, match="count_tokens must return a whole number"):
        talk.context("shellfish", **CAM, count_tokens=lambda _: number)


@pytest.mark.parametrize("error", [ValueError("no"), KeyError("k"), ZeroDivisionError()])
def test_a_counter_that_fails_is_named(talk: Memory, error: Exception) -> None:
    def count(_: str) -> int:
        raise error

    with pytest.raises(ValidationError, match="count_tokens failed") as caught:
        talk.context("shellfish", **CAM, count_tokens=count)
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("count_tokens", [5, "len", object(), []])
def test_a_counter_that_is_not_a_function_is_refused(talk: Memory, count_tokens: Any) -> None:
    with pytest.raises(ValidationError, match="count_tokens must be a function"):
        talk.context("shellfish", **CAM, count_tokens=count_tokens)


class Mute(HashEmbedder):
    """An embedder of a program, which cannot count."""

    count_tokens = None  # type: ignore[assignment]


class Broken(HashEmbedder):
    def count_tokens(self, text: str) -> int:
        raise OSError(text)


def test_without_a_counter_tokens_are_estimated(open_memory: OpenMemory) -> None:
    memory = open_memory(embedder=Mute(64))
    memory.add("tea", **CAM, infer=False)
    found = memory.context("tea", **CAM, why=True)
    assert found["tokens"] == -(-len(found["text"]) // 4)


def test_an_embedder_that_cannot_count_is_named(open_memory: OpenMemory) -> None:
    memory = open_memory(embedder=Broken(64))
    memory.add("tea", **CAM, infer=False)
    with pytest.raises(EmbedderError, match="count_tokens failed"):
        memory.context("tea", **CAM)


# -- other arguments


WRONG: list[tuple[type[LitememError], dict[str, Any]]] = [
    *((ValidationError, {"query": query}) for query in (*NOT_TEXT, None, HALF_A_PAIR)),
    *((ValidationError, {"format": name}) for name in ("json", "", None, 5, ["text"])),
    *((ValidationError, {"include_messages": flag}) for flag in (1, "yes")),
    *((ValidationError, {"why": flag}) for flag in (1, "yes", None)),
    *((ValidationError, {"threshold": least}) for least in (-1, 2, "high")),
    *((ValidationError, {name: "soon"}) for name in ("as_of", "reference_date")),
    (FilterError, {"filters": {"AND": []}}),
    (ScopeError, {"user_id": None}),
    (ScopeError, {"user_id": 5}),
]


@pytest.mark.parametrize(("error", "wrong"), WRONG, ids=str)
@pytest.mark.parametrize("query", ["tea", ""])
def test_a_wrong_argument_is_refused(
    talk: Memory, query: str, error: type[LitememError], wrong: dict[str, Any]
) -> None:
    arguments: dict[str, Any] = {"query": query, **CAM, "filters": None} | wrong
    with pytest.raises(error) as caught:
        talk.context(**arguments)
    assert type(caught.value) is error


def test_filters_narrow_it(talk: Memory) -> None:
    shown = talk.context("shellfish in Lisbon", filters={"AND": [CAM, {"role": "assistant"}]})
    assert shown == f"{QUOTES_HEADING}\n2025-06-16 assistant: Lisbon has trams"


def test_a_file_on_read_only_media_gives_a_context(talk: Memory, tmp_path: Path) -> None:
    expected = talk.context("shellfish", **CAM)
    with Memory(tmp_path / "memory.db", embedder=HashEmbedder(64), read_only=True) as memory:
        assert memory.context("shellfish", **CAM) == expected
        assert memory.context("", **CAM) != ""


OPEN: list[Callable[..., Any]] = [Memory, MemoryClient, AsyncMemory, AsyncMemoryClient]


@pytest.mark.parametrize("kind", OPEN)
def test_every_class_has_it(kind: Callable[..., Any], tmp_path: Path) -> None:
    memory = kind(
        path=tmp_path / "memory.db", embedder=HashEmbedder(), llm=ScriptedLLM([]), now=lambda: START
    )

    def call(name: str, *given: Any, **named: Any) -> Any:
        result = getattr(memory, name)(*given, **named)
        return asyncio.run(result) if asyncio.iscoroutine(result) else result

    call("add", "I like tea", **CAM, infer=False)
    assert call("context", "tea", **CAM, budget=100, count_tokens=len) == (
        f"{QUOTES_HEADING}\n2025-06-15 user: I like tea"
    )
    memory.close()
