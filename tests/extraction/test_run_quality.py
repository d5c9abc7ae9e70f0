"""Run summaries by the real models: findings, figures and sources are kept, none is invented."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers import NIGHTLY
from helpers import agent_runs as procedural_runs
from helpers.agent_runs import Chat, add, chat, section
from litemem import Memory
from litemem.extraction import run_document as procedure
from litemem.models.embedders import FastEmbedEmbedder
from litemem.models.llms import LlamaCppLLM

TINY_RUNS = [procedural_runs.BUILD, procedural_runs.MIGRATION][: 2 if NIGHTLY else 1]


@pytest.fixture
def real(
    tmp_path: Path, default_llm: LlamaCppLLM, default_embedder: FastEmbedEmbedder
) -> Iterator[Memory]:
    with Memory(tmp_path / "real.db", llm=default_llm, embedder=default_embedder) as memory:
        yield memory


def in_order(text: str, *marks: str) -> bool:
    """Return True if steps with these marks follow each other."""
    steps = [step.casefold() for step in section(text, "steps")]
    places = [next((i for i, step in enumerate(steps) if m in step), -1) for m in marks]
    return -1 not in places and places == sorted(places)


def invented(text: str, run: Chat) -> set[str]:
    """Return the figures of a summary that stand nowhere in its run."""
    said = "\n".join(message["content"] for message in run)
    entries = "\n".join(re.sub(r"^\d+\. ", "", line) for line in text.splitlines())
    return set(re.findall(r"\d+", entries)) - set(re.findall(r"\d+", said))


@pytest.mark.model
def test_a_web_research_keeps_its_finding_and_its_sources(real: Memory) -> None:
    text = add(real, procedural_runs.RESEARCH)["memory"]
    assert "heat pump" in text.splitlines()[0]
    assert in_order(text, "database", "dealer", "12,900", "7,500")
    assert all(figure in text for figure in ("11,450", "46 dB", "Norvik A9"))
    assert "https://norvik.example/dealers/graz.pdf" in text
    (error,) = section(text, "errors")
    assert "403" in error.partition(procedure.SOLVED)[0]
    assert "dealer" in error.partition(procedure.SOLVED)[2]
    left = " ".join(section(text, "open")).casefold()
    assert "offer" in left
    assert "application" in left
    assert invented(text, procedural_runs.RESEARCH) == set()


@pytest.mark.model
def test_a_repaired_build_keeps_the_error_and_its_solution(real: Memory) -> None:
    text = add(real, procedural_runs.BUILD)["memory"]
    assert "ledger-api" in text.splitlines()[0]
    assert in_order(text, "log", "9c41e7d", "412", "pull/641")
    errors = {e.partition(procedure.SOLVED)[::2] for e in section(text, "errors")}
    assert any("E0308" in error and solution for error, solution in errors)
    assert "crates/api/src/rates.rs" in text
    assert "https://git.example/bank/ledger-api/pull/641" in text
    left = " ".join(section(text, "open")).casefold()
    assert "fxfeed" in left or "review" in left
    assert invented(text, procedural_runs.BUILD) == set()


@pytest.mark.model
def test_a_migration_keeps_its_figures_and_is_extended(real: Memory) -> None:
    first = add(real, procedural_runs.MIGRATION)
    text = first["memory"]
    assert "Postgres" in text.splitlines()[0]
    assert in_order(text, "count", "reject", "pgloader", "5f2c9e11", "19:30")
    for figure in ("48213", "0xfc", "5f2c9e11", "postgres://pg-01.internal:5432/crm"):
        assert figure in text
    assert any("0xfc" in e and "latin1" in e for e in section(text, "errors"))
    assert any("old table" in text for text in section(text, "open"))
    second = add(real, procedural_runs.MORE_MIGRATION)
    assert (second["event"], second["id"]) == ("UPDATE", first["id"])
    assert second["memory"].startswith(text.partition("\n")[0])
    assert "/backup/crm-2025-11-21.dump" in second["memory"]
    errors = section(second["memory"], "errors")
    assert any("permission denied" in e and procedure.SOLVED in e for e in errors)
    assert any("old table" in text for text in section(second["memory"], "open"))
    whole = procedural_runs.MIGRATION + procedural_runs.MORE_MIGRATION
    assert invented(second["memory"], whole) == set()
    (found,) = real.search("How is the nightly backup made?", agent_id="ops", top_k=1)["results"]
    assert found["id"] == first["id"]


@pytest.mark.model
def test_a_run_of_five_contexts_is_written_down(real: Memory) -> None:
    log = "\n".join(f"[{i:04}] copied block {i * 8192} of shard {i % 16}" for i in range(1, 330))
    run = chat("user: Copy shards 0 to 15 to the new cluster and verify them.")
    for i in range(5):
        run += chat(f"assistant: I copy batch {i}.", f"tool: {log}\nbatch {i} ok, sha ab{i}77c")
    run += chat("assistant: All five batches are verified. The old cluster can go on 3 March.")
    assert sum(real.llm.count_tokens(message["content"]) for message in run) > 20_000
    text = add(real, run)["memory"]
    assert "new cluster" in text.splitlines()[0]
    assert len(section(text, "steps")) == 6
    assert "ab477c" in text
    assert invented(text, run) == set()


@pytest.mark.model
@pytest.mark.parametrize("run", TINY_RUNS)
def test_the_tiny_model_invents_no_figure(
    tmp_path: Path, tiny_llm: LlamaCppLLM, default_embedder: FastEmbedEmbedder, run: Chat
) -> None:
    with Memory(tmp_path / "tiny.db", llm=tiny_llm, embedder=default_embedder) as memory:
        text = add(memory, run)["memory"]
    assert text.startswith("Goal: ")
    assert len(section(text, "steps")) >= 5
    assert procedure.to_markdown(procedure.from_markdown(text)) == text
    assert invented(text, run) == set()
