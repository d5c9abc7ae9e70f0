"""Model answers: invalid JSON, and text that cannot be stored, are refused before a write."""

import json
from pathlib import Path
from typing import Any

import pytest

from helpers import OpenMemory, dump
from helpers.stores import reading
from litemem.errors import ExtractionError
from litemem.extraction.ask import parse
from litemem.testing import HashEmbedder, ScriptedLLM

CAM = {"user_id": "cam"}
HALVES = ['{"facts": ["User lives in Oslo \\ud83d"]}', '{"facts": ["User lives in Oslo \ud83d"]}']


def test_an_answer_is_read_with_its_whole_pairs() -> None:
    assert parse('{"facts": ["\\ud83d\\ude00 \U0001f600"]}') == {"facts": ["\U0001f600 \U0001f600"]}


FENCED = [
    '```json\n{"facts": ["tea"]}\n```',
    '```\n{"facts": ["tea"]}\n```\n',
    '```JSON {"facts": ["tea"]}```',
    '~~~json\n{"facts": ["tea"]}\n~~~',
    'Here are the facts [1]:\n\n```json\n{"facts": ["tea"]}\n```\nIs there more?',
    '```json\n{"facts": ["tea"]}',  # it is not closed
    '  ```json\r\n  {"facts": ["tea"]}\r\n  ```',
    '<think>Is {"facts": []} right? No.</think>\n\n{"facts": ["tea"]}',
    '<think>\n```json\n{}\n```</think>```json\n{"facts": ["tea"]}\n```',
    'Sure: {"facts": ["tea"]}',
    '{"facts": ["tea"]}\n\nIs there more?',
    '`{"facts": ["tea"]}`',
    '\ufeff{"facts": ["tea"]}',
]


@pytest.mark.parametrize("answer", FENCED)
def test_an_answer_with_something_around_it_is_read(answer: str) -> None:
    assert parse(answer) == {"facts": ["tea"]}


def test_a_fence_inside_of_a_text_is_kept() -> None:
    value = {"facts": ["runs ```sh\nmake\n``` daily"]}
    assert parse(json.dumps(value)) == value
    assert parse(f"```json\n{json.dumps(value)}\n```") == value
    assert parse(f"Sure: {json.dumps(value)}") == value


@pytest.mark.parametrize("name", ["fact", "text", "memory", "content"])
def test_facts_that_are_objects_are_read(open_memory: OpenMemory, name: str) -> None:
    memory = open_memory({"facts": [{name: "User lives in Oslo", "category": 5}, "User likes tea"]})
    rows = memory.add("I live in Oslo and I like tea", **CAM)["results"]
    assert [row["memory"] for row in rows] == ["User lives in Oslo", "User likes tea"]


LISTS = [
    '["User lives in Oslo", "User likes tea"]',
    '[{"fact": "User lives in Oslo"}, {"text": "User likes tea"}]',
    '```json\n["User lives in Oslo", "User likes tea"]\n```',
    '{"Facts": ["User lives in Oslo", "User likes tea"]}',
    '{"memory": [{"text": "User lives in Oslo"}, "User likes tea"]}',
]


@pytest.mark.parametrize("answer", LISTS)
def test_a_list_alone_or_under_another_name_is_read(open_memory: OpenMemory, answer: str) -> None:
    rows = open_memory(answer).add("I live in Oslo and I like tea", **CAM)["results"]
    assert [row["memory"] for row in rows] == ["User lives in Oslo", "User likes tea"]


@pytest.mark.parametrize("fact", [{}, {"fact": 5}, {"fact": ["tea"]}, {"likes": "tea"}, 5, None])
def test_an_object_without_a_text_is_not_a_fact(open_memory: OpenMemory, fact: object) -> None:
    with pytest.raises(ExtractionError):
        open_memory({"facts": [fact]}).add("I like tea", **CAM)


@pytest.mark.parametrize(
    "answer",
    [
        "```",
        "```json\n```",
        '```\n{"facts": []} and more\n```',
        "```json\n{\n```",
        "~~~",
        '{"facts": []} {"facts": []}',
        "Not {}: {}",
        "<think>{}",
        "<think>{}</think>",
        "Sure: {",
    ],
)
def test_an_answer_without_one_json_value_is_a_value_error(answer: str) -> None:
    with pytest.raises(ValueError):
        parse(answer)


@pytest.mark.parametrize(
    "answer", ["", "Sure!", "[" * 100_000, '{"\\udc00": 1}', '[["a", "\\ud800"]]', *HALVES]
)
def test_what_cannot_be_read_or_stored_is_a_value_error(answer: str) -> None:
    with pytest.raises(ValueError):
        parse(answer)


@pytest.mark.parametrize("answer", ["[" * 100_000, *HALVES])
def test_a_turn_stays_pending_when_the_model_writes_half_an_emoji_or_nests_without_end(
    open_memory: OpenMemory, answer: str
) -> None:
    memory = open_memory(*[answer] * 9)  # it is asked about less each time
    with pytest.raises(ExtractionError):
        memory.add("I live in Oslo", **CAM)
    assert len(reading(memory.store).turns.pending()) == 1


class HalfLLM(ScriptedLLM):
    """Answers everything with half an emoji."""

    def generate(self, *_: Any, schema: Any, **__: Any) -> str:
        kinds = {name: kind.get("type") for name, kind in schema["properties"].items()}
        values = {"boolean": False, "array": []}
        return json.dumps({n: values.get(kind, "Read the log \ud83d") for n, kind in kinds.items()})


def test_half_an_emoji_of_an_agents_run_is_an_extraction_error(
    open_memory: OpenMemory, tmp_path: Path
) -> None:
    memory = open_memory(llm=HalfLLM([]), embedder=HashEmbedder(64))
    run = [
        {"role": "user", "content": "Find why the build fails."},
        {"role": "assistant", "content": "I read the build log."},
        {"role": "tool", "content": "log: error E1"},
    ]
    with pytest.raises(ExtractionError, match="no valid answer to the prompt procedure"):
        memory.add(run, agent_id="a", run_id="r", memory_type="procedural_memory")
    assert dump(tmp_path / "memory.db")["memory"] == []
