"""The filter language, row by row as in docs/filters.md, and its limits."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

import apsw
import pytest

from helpers import ROOT
from helpers.filter_rows import fill, find, new_database, plan
from litemem.core.scope import Scope
from litemem.errors import FilterError, ScopeError
from litemem.store.filters import MAX_PARAMETERS, compile_filter
from litemem.store.filters import parser as filter_tree

PAGE = (ROOT / "docs" / "filters.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(\{.*?\})` \| (.*?) \|", re.MULTILINE)
BOUNDS, BEHAVIOUR = PAGE.split("All rows from here on")
DEMO, NOBODY = Scope(app_id="demo"), Scope()
ROWS = [(row, NOBODY) for row in ROW.findall(BOUNDS)] + [
    (row, DEMO) for row in ROW.findall(BEHAVIOUR)
]


def memories_of_the_page() -> list[dict[str, Any]]:
    memories = [json.loads(line) for line in PAGE.splitlines() if line.startswith('{"id"')]
    for memory in memories:
        memory.setdefault("updated_at", memory["created_at"])
        for key in ("created_at", "updated_at", "valid_from"):
            memory[key] = memory.get(key) and datetime.fromisoformat(memory[key])
        if "expires_at" in memory:  # a day is stored with its end
            day = date.fromisoformat(memory["expires_at"])
            memory["expires_at"] = datetime(day.year, day.month, day.day, tzinfo=UTC)
            memory["expires_at"] += timedelta(days=1)
        memory["event_date"] = [spans_of_the_page(each) for each in memory.get("event_date", [])]
    return memories


def spans_of_the_page(written: str) -> tuple[datetime, datetime]:
    if written == "every 3 June":
        written = "0004-06-03"
    first, _, last = written.partition("/")
    start, end = (datetime.fromisoformat(f"{day}T00:00:00Z") for day in (first, last or first))
    return start, end + timedelta(days=1)


@pytest.fixture(scope="module")
def database() -> Iterator[apsw.Connection]:
    connection = new_database()
    fill(connection, memories_of_the_page())
    yield connection
    connection.close()


@pytest.mark.parametrize(("row", "scope"), ROWS, ids=[row[0] for row, _ in ROWS])
def test_each_row_of_the_page_is_true(
    database: apsw.Connection, row: tuple[str, str], scope: Scope
) -> None:
    filters, finds = json.loads(row[0]), row[1]
    if "Error: " not in finds:
        assert (
            find(database, compile_filter(filters, scope)) == finds.replace("nothing", "").split()
        )
        return
    kind, message = finds.split(": ", 1)
    with pytest.raises(FilterError if kind == "FilterError" else ScopeError) as caught:
        compile_filter(filters, scope)
    assert str(caught.value).startswith(message)


def test_the_page_shows_every_operator_and_field() -> None:
    shown = " ".join(filters for (filters, _), _ in ROWS)
    names = {*filter_tree.OPERATORS, *filter_tree.FIELDS} - {"keywords_search"}
    assert {name for name in names if f'"{name}"' not in shown} == set()


def test_the_page_names_the_limits() -> None:
    limits = {filter_tree.MAX_DEPTH, filter_tree.MAX_NODES, MAX_PARAMETERS}
    assert {limit for limit in limits if f"{limit:,}" not in PAGE} == set()


def test_no_filter_leaves_the_scope_alone(database: apsw.Connection) -> None:
    assert find(database, compile_filter(None, Scope(user_id="bob"))) == ["m4"]


def test_neither_filter_nor_scope_is_an_error_that_names_the_keys() -> None:
    with pytest.raises(ScopeError, match="user_id, agent_id, app_id or run_id"):
        compile_filter(None, NOBODY)


@pytest.mark.parametrize("filters", [[], "user_id", 5, [{"user_id": "alice"}]])
def test_a_filter_that_is_not_a_dict_is_refused(filters: Any) -> None:
    with pytest.raises(FilterError, match="filters must be a dict"):
        compile_filter(filters, DEMO)


@pytest.mark.parametrize("filters", [{5: 5}, {None: 5}, {"metadata": {5: 5}}, {"k": {5: 5}}])
def test_a_key_that_is_not_text_is_refused(filters: Any) -> None:
    with pytest.raises(FilterError, match=r"^filters.*5|None"):
        compile_filter(filters, DEMO)


@pytest.mark.parametrize(
    "filters",
    [
        {"user_id": "bob"},
        {"AND": [{"AND": [{"user_id": {"eq": "bob"}}]}]},
        {"user_id": ["bob", "carol"]},
    ],
)
def test_an_id_that_contradicts_the_keyword_is_refused(filters: dict[str, Any]) -> None:
    with pytest.raises(ScopeError, match=r"^filters\S*user_id\S* contradicts user_id='alice'"):
        compile_filter(filters, Scope(user_id="alice"))


@pytest.mark.parametrize(
    "filters",
    [
        {"user_id": "alice"},
        {"user_id": "*"},
        {"user_id": ["alice", "bob"]},
        {"OR": [{"user_id": "bob"}, {"categories": "food"}]},
        {"NOT": {"user_id": "bob"}, "categories": "food"},
        {"metadata.user_id": None, "categories": "food"},
    ],
)
def test_what_does_not_contradict_the_keyword_is_anded(
    database: apsw.Connection, filters: dict[str, Any]
) -> None:
    assert "m1" in find(database, compile_filter(filters, Scope(user_id="alice")))


def test_two_open_branches_stay_open_when_they_are_multiplied_out() -> None:
    half = {"OR": [{"user_id": "alice"}, {"score": 5}]}
    with pytest.raises(ScopeError, match=r"^filters\.AND\[0\]\.OR\[1\] is not bounded by an id"):
        compile_filter({"AND": [half, half]}, NOBODY)


def test_one_closed_conjunct_closes_the_open_one(database: apsw.Connection) -> None:
    half = {"OR": [{"user_id": "alice"}, {"score": 5}]}
    whole = {"OR": [{"agent_id": "chef"}, {"run_id": "tokyo"}]}
    assert find(database, compile_filter({"AND": [half, whole]}, NOBODY)) == ["m1", "m2"]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (date(2025, 1, 1), ["m1", "m2"]),
        (datetime(2025, 1, 2, tzinfo=UTC), ["m3"]),
        (datetime(2025, 1, 2), ["m3"]),  # without an offset it is UTC
        ({"gt": date(2025, 3, 1)}, ["m6"]),
    ],
)
def test_python_times_are_times(database: apsw.Connection, value: Any, found: list[str]) -> None:
    assert find(database, compile_filter({"created_at": value}, DEMO)) == found


def test_a_python_date_compares_with_metadata_as_iso_text(database: apsw.Connection) -> None:
    assert find(database, compile_filter({"due": date(2025, 6, 1)}, DEMO)) == ["m3"]


class Category(StrEnum):
    """Text that is not exactly `str`."""

    FOOD = "food"


def test_an_enum_of_text_is_text(database: apsw.Connection) -> None:
    condition = compile_filter({"categories": Category.FOOD}, DEMO)
    assert find(database, condition) == ["m1", "m4"]


@pytest.mark.parametrize("value", [b"x", object(), {1}, 1j, "\ud800", float("inf"), 10**400])
def test_a_value_that_json_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises(FilterError, match=r"^filters\.k"):
        compile_filter({"k": value}, DEMO)


def test_half_a_surrogate_pair_in_a_key_is_refused() -> None:
    with pytest.raises(FilterError, match="surrogate"):
        compile_filter({"\ud800": 1}, DEMO)


@pytest.mark.parametrize("value", [True, "2025-13-01", 1e30, float("nan"), "", [None, "x"], b""])
def test_an_invalid_date_is_refused_with_its_path(value: object) -> None:
    with pytest.raises(FilterError, match=r"^filters\.AND\[0\]\.created_at"):
        compile_filter({"AND": [{"created_at": value}]}, DEMO)


def nested(depth: int) -> dict[str, Any]:
    filters: dict[str, Any] = {"k": 1}
    for _ in range((depth - 1) // 2):
        filters = {"NOT": [filters]}
    return filters


def test_a_filter_may_be_as_deep_as_the_limit(database: apsw.Connection) -> None:
    find(database, compile_filter(nested(filter_tree.MAX_DEPTH), DEMO))


def test_a_filter_that_is_too_deep_is_refused() -> None:
    with pytest.raises(FilterError, match="nested deeper than 64 steps"):
        compile_filter(nested(filter_tree.MAX_DEPTH + 2), DEMO)


def test_a_filter_that_holds_itself_is_refused() -> None:
    filters: dict[str, Any] = {}
    filters["AND"] = [filters, filters]
    with pytest.raises(FilterError, match="nested deeper"):
        compile_filter(filters, DEMO)


def test_a_small_dict_that_multiplies_itself_is_refused() -> None:
    filters: dict[str, Any] = {"k": 1}
    for _ in range(20):
        filters = {"AND": [filters] * 4}
    with pytest.raises(FilterError, match="at most 2,000 keys"):
        compile_filter(filters, DEMO)


def test_the_largest_and_deepest_filter_is_within_what_sqlite_takes(
    database: apsw.Connection,
) -> None:
    levels = (filter_tree.MAX_DEPTH - 2) // 2
    wide = (filter_tree.MAX_NODES - 2 * levels) // (levels + 1)
    keys = {f"k{i}": [1, "a", None] for i in range(wide // 2)}
    filters: dict[str, Any] = {"NOT": [keys]}
    for level in range(levels - 1):
        filters = {"OR" if level % 2 else "NOT": [filters], **keys}
    find(database, compile_filter(filters, DEMO))


def test_a_long_list_of_days_is_within_what_sqlite_takes(database: apsw.Connection) -> None:
    days = [date(2024, 1, 1) + timedelta(days=n) for n in range(2_000)]
    condition = compile_filter({"created_at": days}, DEMO)
    assert find(database, condition) == ["m1", "m2", "m3", "m4", "m5", "m6"]


def test_more_values_than_sqlite_binds_are_refused() -> None:
    with pytest.raises(FilterError, match="30,001 values; the limit is 30,000"):
        compile_filter({"id": [f"m{n}" for n in range(MAX_PARAMETERS)]}, DEMO)


@pytest.mark.parametrize(
    ("filters", "indexes"),
    [
        ({"user_id": "alice"}, ["memory_user"]),
        ({"user_id": ["alice", "bob"]}, ["memory_user"]),
        ({"AND": [{"AND": [{"user_id": "alice"}]}], "NOT": {"score": 5}}, ["memory_user"]),
        ({"OR": [{"user_id": "a"}, {"agent_id": "b"}]}, ["memory_user", "memory_agent"]),
        ({"run_id": "tokyo", "score": {"gt": 1}}, ["memory_run"]),
        ({"user_id": "alice", "created_at": {"gte": "2025-01-01"}}, ["memory_user"]),
    ],
)
def test_an_id_is_looked_up_in_its_index(
    database: apsw.Connection, filters: dict[str, Any], indexes: list[str]
) -> None:
    steps = plan(database, compile_filter(filters, NOBODY))
    assert "SCAN m" not in steps
    assert [name for name in indexes if f" INDEX {name} (" not in steps] == []


def test_a_plain_id_is_a_plain_comparison() -> None:
    condition = compile_filter({"agent_id": "chef"}, Scope(user_id="alice"))
    assert condition.sql == "(m.user_id = ? AND m.agent_id = ?)"
    assert condition.parameters == ("alice", "chef")
