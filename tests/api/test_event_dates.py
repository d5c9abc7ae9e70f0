"""The days that memories and messages speak of: stored, shown, filtered and asked for."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from litemem import Memory
from litemem.errors import LLMError
from litemem.testing import ScriptedLLM

CAM: dict[str, Any] = {"user_id": "cam"}
LONG_AGO = "2026-04-01T09:00:00Z"
OTHERS = ("User likes Ethiopian food", "User bought a sofa", "User drives a Toyota")


@pytest.fixture
def memory() -> Iterator[Memory]:
    with Memory(":memory:", embedder="hash", llm=ScriptedLLM([{"facts": []}])) as opened:
        yield opened


def remember(memory: Memory, text: str, said: str = LONG_AGO) -> str:
    (added,) = memory.add(text, **CAM, infer=False, timestamp=said)["results"]
    return str(added["id"])


def first(memory: Memory, query: str, today: str = "2026-04-15") -> str:
    found = memory.search(query, **CAM, reference_date=today)["results"]
    return str(found[0]["memory"])


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("User's interview at Lumen is on 16 April 2026", "what do I have tomorrow?"),
        ("User's interview at Lumen is on 16 April 2026", "April 16th"),
        ("User flies to Oslo on April 24th", "where am I going next Friday?"),
        ("dentist in three weeks", "anything next week?"),
        ("Parcel arrives 17/04", "what comes this Friday?"),
        ("Ana's birthday is on 16 April", "what is on tomorrow?"),
        ("yoga every Thursday at 6 pm", "what do I have tomorrow?"),
        ("User was in Rome in the summer of 2025", "what happened in July 2025?"),
    ],
)
def test_what_speaks_of_the_day_is_found_first(memory: Memory, text: str, query: str) -> None:
    remember(memory, text)
    for hour, other in enumerate(OTHERS):
        remember(memory, other, f"2026-04-14T0{hour}:00:00Z")
    assert first(memory, query) == text


def test_a_birthday_is_found_in_every_year(memory: Memory) -> None:
    remember(memory, "User's birthday is on 3 June", "2021-01-05")
    remember(memory, "User moved on 4 June 2026")
    for year in (2024, 2031):
        assert first(memory, "what is on tomorrow?", f"{year}-06-02").endswith("3 June")


def test_what_happened_on_a_day_and_what_was_said_on_it_are_two_things(memory: Memory) -> None:
    crash = "User crashed the car on 18 March"
    paint = "User wants to repaint the kitchen"
    remember(memory, crash)
    remember(memory, paint, "2026-03-18T10:00:00Z")
    assert first(memory, "What happened on 18 March?") == crash
    assert first(memory, "What did I say on 18 March?") == paint
    assert first(memory, "What did I tell you about 18 March?") == crash


def test_nothing_is_said_on_a_day_to_come(memory: Memory) -> None:
    for hour, other in enumerate(OTHERS):
        remember(memory, other, f"2026-04-14T0{hour}:00:00Z")
    found = memory.search("anything next week?", **CAM, reference_date="2026-04-15", explain=True)
    assert {r["score_details"]["date_boost"] for r in found["results"]} == {0.0}


def test_a_result_lists_the_days(memory: Memory) -> None:
    dentist = remember(memory, "dentist next Tuesday, Rome from 3 to 7 May", "2026-04-13")
    plain = remember(memory, "User likes tea")
    days = ["2026-04-21", "2026-05-03/2026-05-07"]
    shown = memory.get(dentist)
    assert shown is not None
    assert shown["event_date"] == days
    for found in (memory.get_all(**CAM), memory.search("dentist, tea", **CAM)):
        listed = {result["id"]: result.get("event_date") for result in found["results"]}
        assert listed == {dentist: days, plain: None}


@pytest.mark.parametrize(
    ("condition", "is_found"),
    [
        ("2026-04-21", True),
        ("2026-05-05", True),
        ("2026-05-08", False),
        ({"gte": "2026-05-01", "lte": "2026-05-31"}, True),
        ({"gte": "2026-04-22", "lt": "2026-05-03"}, False),
        ("*", True),
        (None, False),
    ],
)
def test_a_filter_takes_the_days(memory: Memory, condition: Any, is_found: bool) -> None:
    dentist = remember(memory, "dentist next Tuesday, Rome from 3 to 7 May", "2026-04-13")
    remember(memory, "User likes tea", "2026-04-21")
    filters = {"event_date": condition}
    for found in (
        memory.get_all(**CAM, filters=filters),
        memory.search("dentist", **CAM, filters=filters),
    ):
        assert (dentist in {result["id"] for result in found["results"]}) == is_found


def test_a_change_of_the_text_or_of_its_time_changes_the_days(memory: Memory) -> None:
    changed = remember(memory, "dentist tomorrow", "2026-04-13")

    def days() -> Any:
        shown = memory.get(changed)
        return shown and shown.get("event_date")

    assert days() == ["2026-04-14"]
    memory.update(changed, timestamp="2026-05-20")
    assert days() == ["2026-05-21"]
    memory.update(changed, text="dentist on 2 June 2026")
    assert days() == ["2026-06-02"]
    memory.update(changed, text="no dentist")
    assert days() is None


def test_a_message_has_days_too(memory: Memory) -> None:

    memory.add("My interview is tomorrow, wish me luck", **CAM, timestamp="2026-04-13")
    found = memory.search("what do I have tomorrow?", **CAM, reference_date="2026-04-13")
    assert found["results"][0]["event_date"] == ["2026-04-14"]
    day = {"event_date": "2026-04-14"}
    assert memory.get_all(**CAM, filters=day, include_messages=True)["results"]


def test_in_a_large_scope_the_day_finds_its_memory(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    from litemem.store.sqlite import candidates

    monkeypatch.setattr(candidates, "SMALL", 10)
    monkeypatch.setattr("litemem.retrieval.ranking.MIN_CANDIDATES", 4)
    text = "User meets the surveyor on 16 April 2026"
    remember(memory, text, "2025-01-01")
    for number in range(40):
        remember(memory, f"User has plan {number}", "2026-04-10")
    found = memory.search("what do I have tomorrow?", **CAM, reference_date="2026-04-15", top_k=1)
    assert [result["memory"] for result in found["results"]] == [text]


def test_days_outlive_export_and_reindex(memory: Memory, tmp_path: Any) -> None:
    remember(memory, "dentist next Tuesday", "2026-04-13")
    memory.export_file(tmp_path / "all.jsonl", **CAM)
    with Memory(tmp_path / "copy.db", embedder="hash") as copy:
        copy.import_file(tmp_path / "all.jsonl")
        copy.reindex()
        (shown,) = copy.get_all(**CAM)["results"]
        assert shown["event_date"] == ["2026-04-21"]


@pytest.mark.parametrize(
    ("timestamp", "day"),
    [
        ("2026-03-02T01:00:00+08:00", "2026-03-01"),
        ("2026-03-01T23:30:00-08:00", "2026-02-28"),
        ("2026-03-01T23:30:00", "2026-02-28"),
        ("2026-03-01", "2026-02-28"),
        (datetime(2026, 5, 4, 7, 10, tzinfo=timezone(timedelta(hours=9))), "2026-05-03"),
        (1_772_409_600, "2026-03-01"),
    ],
)
@pytest.mark.parametrize("infer", [False, True])
def test_yesterday_is_counted_where_the_timestamp_was_written(
    timestamp: Any, day: str, infer: bool
) -> None:
    llm = ScriptedLLM([["User went to the dentist yesterday"]])
    with Memory(":memory:", embedder="hash", llm=llm) as memory:
        memory.add("I went to the dentist yesterday", **CAM, infer=infer, timestamp=timestamp)
        (found,) = memory.get_all(**CAM)["results"]
        assert found["event_date"] == [day]


def test_a_new_timestamp_counts_where_it_was_written(memory: Memory) -> None:
    memory_id = remember(memory, "User went to the dentist yesterday")
    memory.update(memory_id, timestamp="2026-03-02T01:00:00+08:00")
    assert memory.get(memory_id)["event_date"] == ["2026-03-01"]


def test_tomorrow_in_a_query_is_counted_where_the_reference_was_written(memory: Memory) -> None:
    remember(memory, "User's interview is on 16 April 2026")
    for day in (14, 15, 17, 18):
        remember(memory, f"User has an appointment on {day} April 2026")
    assert "16 April" in first(memory, "what is on tomorrow?", "2026-04-15T01:00:00+08:00")
    assert "16 April" in first(memory, "what is on tomorrow?", "2026-04-15T23:00:00-08:00")


@pytest.mark.parametrize(("timestamp", "day"), [("2026-03-02T01:00:00+08:00", "2026-03-01")])
def test_a_pending_message_that_is_imported_keeps_its_day(
    timestamp: str, day: str, tmp_path: Any
) -> None:
    with Memory(tmp_path / "old.db", embedder="hash", llm=ScriptedLLM([])) as memory:
        with pytest.raises(LLMError):
            memory.add("I went to the dentist yesterday", **CAM, timestamp=timestamp)
        (found,) = memory.search("dentist", **CAM)["results"]
        assert found["event_date"] == [day]
        memory.export_file(tmp_path / "all.jsonl")
    with Memory(tmp_path / "new.db", embedder="hash", llm=ScriptedLLM([])) as memory:
        memory.import_file(tmp_path / "all.jsonl")
        (found,) = memory.search("dentist", **CAM)["results"]
        assert found["event_date"] == [day]


@pytest.mark.parametrize(
    "query",
    [
        "Who is the president in 2026?",
        "What is the weather in May 2024?",
        "Is it a holiday on 3 June 2027?",
        "Which moon phase is on 3 June 2027?",
        "Who won the world cup in 2026?",
        "Wie ist das Wetter am 3. Juni 2027?",
    ],
)
def test_a_date_that_a_text_also_names_carries_it_over_no_threshold(
    memory: Memory, query: str
) -> None:
    for text in ("Saw 3 films in 2026", "Moved to Bonn in May 2024", "Passport ends 3 June 2027"):
        remember(memory, text)
    assert memory.search(query, **CAM, threshold=0.35)["results"] == []
    assert first(memory, "3 June 2027") == "Passport ends 3 June 2027"
    assert first(memory, "What happened in 2026?") == "Saw 3 films in 2026"
