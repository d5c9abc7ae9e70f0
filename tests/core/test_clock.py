"""Times and ids: order, formats, limits."""

import threading
import uuid
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litemem import Memory, MemoryClient
from litemem.core import clock
from litemem.errors import ValidationError
from litemem.testing import HashEmbedder, ScriptedLLM

DAY = 86_400_000_000  # microseconds
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))


def test_an_id_is_a_uuid_of_version_seven() -> None:
    made = uuid.UUID(clock.new_id())
    assert (made.version, made.variant) == (7, uuid.RFC_4122)


def test_an_id_holds_the_millisecond_of_its_creation() -> None:
    before = clock.now() // 1_000
    made = uuid.UUID(clock.new_id()).int >> 80
    assert before <= made <= clock.now() // 1_000 + 1


def test_a_later_id_sorts_after_an_earlier_one() -> None:
    ids = [clock.new_id() for _ in range(10_000)]
    assert ids == sorted(set(ids))


def test_ids_of_many_threads_differ() -> None:
    made: list[str] = []
    threads = [
        threading.Thread(target=lambda: made.extend(clock.new_id() for _ in range(1_000)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 8_000


def test_now_is_the_present_in_microseconds() -> None:
    assert abs(clock.now() - datetime.now(UTC).timestamp() * 1e6) < 5e6


@given(st.datetimes(timezones=ZONES, min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 31)))
def test_a_time_is_read_to_the_microsecond_and_shown_as_the_same_moment(moment: datetime) -> None:
    shown = clock.to_iso(clock.parse_time(moment))
    assert datetime.fromisoformat(shown) == moment
    assert shown.endswith("+00:00")


@given(st.datetimes(timezones=ZONES, min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 31)))
def test_a_time_as_text_is_the_same_time(moment: datetime) -> None:
    assert clock.parse_time(moment.isoformat()) == clock.parse_time(moment)


@given(st.datetimes(timezones=st.none() | ZONES))
def test_any_time_that_is_read_can_be_shown(moment: datetime) -> None:
    try:
        read = clock.parse_time(moment)
    except ValidationError:
        assert moment.year in (1, 9999)
    else:
        clock.to_iso(read)


@given(st.dates())
def test_any_expiry_can_be_shown(day: date) -> None:
    clock.to_iso(clock.parse_expiry(day))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime(1970, 1, 1), 0),
        (datetime(1970, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))), 0),
        (date(1970, 1, 2), DAY),
        ("1970-01-01", 0),
        (" 1970-01-02T00:00:00Z ", DAY),
        ("1970-01-01T00:00:00.000001", 1),
        ("1969-12-31T23:59:59", -1_000_000),
        (0, 0),
        (1.5, 1_500_000),
        (-1, -1_000_000),
    ],
)
def test_a_time_without_an_offset_is_utc(value: clock.Time, expected: int) -> None:
    assert clock.parse_time(value) == expected


@pytest.mark.parametrize("value", ["1970-01-01", " 1970-01-01 ", date(1970, 1, 1), "19700101"])
def test_a_bare_date_expires_when_its_day_has_ended(value: clock.Time) -> None:
    assert clock.parse_expiry(value) == DAY


@pytest.mark.parametrize("value", ["1970-01-01T00:00", datetime(1970, 1, 1), 0])
def test_a_time_expires_at_that_moment(value: clock.Time) -> None:
    assert clock.parse_expiry(value) == 0


@pytest.mark.parametrize("value", ["soon", "", "1970-02-30", None, True, [], float("nan"), 1e20])
def test_an_invalid_time_is_refused_by_name(value: clock.Time) -> None:
    with pytest.raises(ValidationError, match=r"^deadline"):
        clock.parse_time(value, "deadline")


@pytest.mark.parametrize(
    "at", [1_750_000_000.5, None, "now", clock.LAST_MICROSECOND + 1, -(10**18)]
)
@pytest.mark.parametrize("face", [Memory, MemoryClient])
def test_a_clock_that_gives_no_microseconds_is_refused_before_a_file_is_made(
    tmp_path: Path, face: type[Memory] | type[MemoryClient], at: Any
) -> None:
    path = tmp_path / "memory.db"
    with pytest.raises(ValidationError, match="microseconds since 1970 as an int"):
        face(path=path, embedder=HashEmbedder(), llm=ScriptedLLM([]), now=lambda: at)
    assert not path.exists()


def test_a_clock_that_cannot_be_called_is_refused() -> None:
    with pytest.raises(ValidationError, match="a function without arguments, got 1"):
        Memory(":memory:", embedder=HashEmbedder(), llm=ScriptedLLM([]), now=1)  # type: ignore[arg-type]


def test_a_clock_that_goes_wrong_later_stores_nothing() -> None:
    readings: list[Any] = [clock.now()]
    parts = {"embedder": HashEmbedder(), "llm": ScriptedLLM([]), "now": lambda: readings[-1]}
    with MemoryClient(path=":memory:", **parts) as client:
        readings.append(1_750_000_000.5)
        with pytest.raises(ValidationError, match="as an int"):
            client.add("likes tea", user_id="cam", infer=False)
        readings.append(clock.now())
        assert client.get_all(user_id="cam")["count"] == 0
