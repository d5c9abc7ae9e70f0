"""The days that a text speaks of survive an export, an import and a reindex, in any time zone."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from litemem import Memory
from litemem.cli import main
from litemem.errors import ValidationError
from litemem.testing import HashEmbedder, ScriptedLLM

CAM = {"user_id": "cam"}
LATE = "2026-03-01T23:30:00-08:00"  # 2 March in UTC
MESSAGE, FACT = "The dentist comes tomorrow", "The plumber comes tomorrow"


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Memory]:
    with Memory(tmp_path / "a.db", embedder=HashEmbedder(), llm=ScriptedLLM([[]])) as memory:
        memory.add(MESSAGE, timestamp=LATE, **CAM)
        memory.add(FACT, timestamp=LATE, infer=False, **CAM)
        yield memory


def days(memory: Memory) -> dict[str, Any]:
    shown = memory.get_all(include_messages=True, **CAM)["results"]
    return {row["memory"]: row.get("event_dates") or row.get("mentions") for row in shown}


def found_on(memory: Memory, day: str) -> set[str]:
    filters = {**CAM, "event_date": {"gte": day, "lte": day}}
    shown = memory.get_all(include_messages=True, filters=filters)["results"]
    return {row["memory"] for row in shown}


def test_an_import_keeps_the_days(told: Memory, tmp_path: Path) -> None:
    assert found_on(told, "2026-03-02") == {MESSAGE, FACT}
    told.export_file(tmp_path / "a.jsonl")
    with Memory(tmp_path / "b.db", embedder=HashEmbedder()) as new:
        new.import_file(tmp_path / "a.jsonl")
        assert found_on(new, "2026-03-02") == {MESSAGE, FACT}
        assert found_on(new, "2026-03-03") == set()
        assert days(new) == days(told)
        new.export_file(tmp_path / "b.jsonl")
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()


def test_an_overwrite_adopts_the_days(told: Memory, tmp_path: Path) -> None:
    told.export_file(tmp_path / "a.jsonl")
    (memory_id,) = (row["id"] for row in told.get_all(**CAM)["results"])
    told.update(memory_id, timestamp="2026-05-05")
    assert found_on(told, "2026-05-06") == {FACT}
    told.import_file(tmp_path / "a.jsonl", on_conflict="overwrite")
    assert found_on(told, "2026-03-02") == {MESSAGE, FACT}
    assert found_on(told, "2026-05-06") == set()


def test_a_reindex_keeps_the_days(told: Memory) -> None:
    told.reindex(HashEmbedder(16))
    assert found_on(told, "2026-03-02") == {MESSAGE, FACT}
    assert found_on(told, "2026-03-03") == set()


def test_an_edited_text_has_days_of_its_own(told: Memory, tmp_path: Path) -> None:
    told.export_file(tmp_path / "a.jsonl")
    text = (tmp_path / "a.jsonl").read_text("utf-8")
    (tmp_path / "a.jsonl").write_text(text.replace("comes tomorrow", "comes on 9 May 2026"))
    with Memory(tmp_path / "b.db", embedder=HashEmbedder()) as new:
        new.import_file(tmp_path / "a.jsonl", accept_edited=True)
        assert len(found_on(new, "2026-05-09")) == 2
        assert found_on(new, "2026-03-02") == set()


@pytest.mark.parametrize("wrong", [5, [5], [[5]], [[5, 5]], [[9, 5]], [["a", "b"]], [[1, 2, 3]]])
def test_wrong_days_are_refused(told: Memory, tmp_path: Path, wrong: Any) -> None:
    told.export_file(tmp_path / "a.jsonl")
    header, *lines = (tmp_path / "a.jsonl").read_text("utf-8").splitlines()
    changed = [json.dumps({**json.loads(line), "days": wrong}) for line in lines]
    (tmp_path / "a.jsonl").write_text("\n".join([header, *changed, ""]))
    with (
        Memory(tmp_path / "b.db", embedder=HashEmbedder()) as new,
        pytest.raises(ValidationError, match="days"),
    ):
        new.import_file(tmp_path / "a.jsonl", accept_edited=True)


def test_a_repair_does_not_show_what_was_deleted(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with Memory(path, embedder=HashEmbedder(), llm=ScriptedLLM([["The code is 4711"], []])) as m:
        m.add("By the way, the code is 4711", **CAM)
        m.add("The cello teacher lives in Bergen", **CAM)
        m.delete(m.get_all(**CAM)["results"][0]["id"])
        with m.store.write() as tx:
            tx.connection.execute("UPDATE message SET passages = 'x'")
    assert CliRunner().invoke(main, ["verify", "--fix", "--db", str(path)]).exit_code == 0
    with Memory(path, embedder=HashEmbedder()) as m:
        m.reindex()
        assert m.verify(full=True)["ok"]
        assert "4711" not in str(m.search("code 4711", **CAM))
        assert "cello" in str(m.search("cello teacher", **CAM))
