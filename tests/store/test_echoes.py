"""An answer that names what a deleted, forgotten or superseded fact is about ends with it."""

import json
from pathlib import Path
from typing import Any

import pytest

from litemem import Memory
from litemem.testing import HashEmbedder, ScriptedLLM

CAM = {"user_id": "cam"}
CASES: list[dict[str, Any]] = [
    json.loads(line)
    for line in Path(__file__).with_name("echoes.jsonl").read_text(encoding="utf-8").splitlines()
]


def shown(memory: Memory, query: str) -> str:
    found = [
        memory.search(query, top_k=50, **CAM),
        memory.get_all(include_messages=True, top_k=100, **CAM),
        memory.context(query, **CAM),
    ]
    return str(found)


@pytest.mark.parametrize("case", CASES, ids=[f"{case['set']}-{case['answer']}" for case in CASES])
def test_an_answer_that_names_what_has_ended_is_found_no_more(
    tmp_path: Path, case: dict[str, Any]
) -> None:
    fillers = [[f"Count to {i}", f"Number {i}.", []] for i in range(case.get("fill", 0))]
    last = [[*case["last"], []]] if "last" in case else []
    turns = [*case["turns"], *fillers, *last]
    for i, (said, answer, facts) in enumerate(turns):
        add(tmp_path, [said, answer], facts, f"2026-01-01T10:{i:02}:00Z")
    if case["end"] != "delete":
        said = [case["of"]] if case["answer"] in str(turns) else [case["of"], case["answer"]]
        done = add(tmp_path, said, case.get("by", []), "2026-01-01T11:00:00Z")
        assert ("DELETE" in str(done)) is (case["end"] == "forget")
    with opened(tmp_path, []) as memory:
        rows = {row["memory"]: row["id"] for row in memory.get_all(**CAM)["results"]}
        if case["end"] == "delete":
            memory.delete(rows[case["of"]])
        elif case["end"] == "supersede" and (old := rows.get(case["turns"][0][2][0])):
            memory.supersede(old, by=rows[case["by"][0]])
        assert (case["answer"] not in shown(memory, case["answer"])) is case["gone"]
        assert memory.verify(full=True)["ok"]


def opened(folder: Path, facts: list[str]) -> Memory:
    return Memory(folder / "m.db", embedder=HashEmbedder(), llm=ScriptedLLM([facts]))


def add(folder: Path, said: list[str], facts: list[str], at: str) -> list[Any]:
    roles = zip(("user", "assistant"), said, strict=False)
    messages = [{"role": role, "content": text} for role, text in roles]
    with opened(folder, facts) as memory:
        done: list[Any] = memory.add(messages, timestamp=at, **CAM)["results"]
        assert not facts or done
    return done
