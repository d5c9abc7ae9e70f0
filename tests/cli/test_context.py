"""`litemem context`: what it prints, and how it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from litemem import Memory
from litemem.cli import main
from litemem.retrieval.context import FACTS_HEADING, QUOTES_HEADING
from litemem.testing import HashEmbedder, ScriptedLLM

CAM = ("context", "--user-id", "cam")


@pytest.fixture(autouse=True)
def db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "memory.db"
    monkeypatch.setenv("LITEMEM_DB", str(path))
    monkeypatch.setenv("LITEMEM_EMBEDDER", "hash")
    llm = ScriptedLLM([["User avoids shellfish"]])
    with Memory(path, embedder=HashEmbedder(), llm=llm) as memory:
        memory.add("I avoid shellfish.", user_id="cam", timestamp="2025-06-15")
        memory.add("\x1b[31mred\nshellfish", user_id="cam", infer=False, timestamp="2025-06-16")
    return path


def run(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == code, result.output
    assert not isinstance(result.exception, Exception), "a traceback would be shown"
    return result


def run_json(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json").stdout)


def test_it_prints_the_text() -> None:
    lines = [
        FACTS_HEADING,
        "2025-06-15: User avoids shellfish",
        QUOTES_HEADING,
        "2025-06-16 user: [31mred shellfish",
    ]
    assert run(*CAM, "eat", "shellfish").stdout.splitlines() == lines
    assert run(*CAM, "--format", "messages", "shellfish").stdout.startswith("[\n  {")


def test_json_has_the_text_and_what_was_left_out() -> None:
    found = run_json(*CAM, "who avoids shellfish", "--budget", "20")
    assert found["text"] == f"{FACTS_HEADING}\n2025-06-15: User avoids shellfish"
    assert [each["reason"] for each in found["left_out"]] == ["a fact says the same", "no room"]
    assert run_json(*CAM, "shellfish", "--format", "messages")["messages"][0]["role"] == "system"


def test_why_is_a_message() -> None:
    result = run(*CAM, "shellfish", "--why")
    assert "left out, a fact says the same: I avoid shellfish." in result.stderr
    assert "left out" not in result.stdout


def test_without_a_query_the_newest_memories_are_printed() -> None:
    assert run(*CAM).stdout == run(*CAM, "shellfish").stdout
    assert run("context", "--filter", '{"user_id": "cam"}').stdout == run(*CAM).stdout


def test_nothing_is_said_on_stderr() -> None:
    assert run(*CAM, "quantum").stderr == "no memories found\n"
    result = run(*CAM, "shellfish", "--budget", "1")
    assert (result.stdout, result.stderr) == ("", "nothing fits the budget\n")
    assert run_json(*CAM, "shellfish", "--budget", "0")["text"] == ""


@pytest.mark.parametrize(
    "arguments",
    [
        "context tea",
        "context --user-id cam tea --budget -1",
        "context --user-id cam tea --budget x",
        "context --user-id cam tea --format xml",
        "context --user-id cam tea --as-of soon",
        "context --user-id cam tea --threshold 2",
    ],
)
def test_wrong_usage_is_refused(arguments: str) -> None:
    run(*arguments.split(), code=2)
