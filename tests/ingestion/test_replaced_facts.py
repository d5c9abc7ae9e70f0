"""A new statement ends what it replaces: a holder, a dose, a length, a value, a pregnancy."""

import json
from pathlib import Path
from typing import Any

import pytest

from litemem import Memory
from litemem.ingestion.compare import compare_facts
from litemem.testing import HashEmbedder, ScriptedLLM

NEAR = 0.6  # of the vectors of two facts about one thing

PAIRS = [
    json.loads(line)
    for line in Path(__file__).with_name("replaced_facts.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair['known']} / {pair['new']}")
def test_a_statement_ends_what_it_replaces_and_nothing_else(pair: dict[str, Any]) -> None:
    verdict = compare_facts(pair["known"], pair["new"], NEAR)
    assert (verdict == "contradicts") == pair["ends"]
    assert verdict not in ("same", "richer")


def told(*said: tuple[str, list[str]]) -> list[str]:
    """Return the memories after messages, each with the facts that the model finds in it."""
    llm = ScriptedLLM([facts for _, facts in said] + [[]] * 4)
    with Memory(":memory:", llm=llm, embedder=HashEmbedder(64)) as memory:
        for text, _ in said:
            memory.add(text, user_id="u")
        return sorted(each["memory"] for each in memory.get_all(user_id="u")["results"])


def test_a_pronoun_stands_for_what_the_message_before_names() -> None:
    memories = told(
        ("Priya runs the standup.", ["Priya runs the standup"]),
        ("Lena runs the book club.", ["Lena runs the book club"]),
        ("Lena has run the book club for years.", []),
        ("Not any more, Tomek took it over.", ["Tomek took it over"]),
    )
    assert "Priya runs the standup" in memories
    assert "Lena runs the book club" not in memories


def test_a_value_alone_corrects_what_the_message_before_says() -> None:
    memories = told(
        ("The dentist is on Tuesday.", ["User's dentist appointment is on Tuesday"]),
        ("The concert is on Tuesday.", ["The concert is on Tuesday"]),
        ("Sorry, not Tuesday but Thursday.", ["User: “Sorry, not Tuesday but Thursday.”"]),
    )
    assert [memory for memory in memories if "dentist" in memory]
    assert not [memory for memory in memories if "concert" in memory]
