"""Random filters over random memories: SQLite and the oracle agree on rows or on refusal."""

from collections.abc import Iterator
from typing import Any

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers import NIGHTLY, strategies, write_line
from helpers import filter_oracle as oracle
from helpers.filter_rows import fill, find, new_database
from litemem.core.scope import Scope
from litemem.errors import FilterError, ScopeError
from litemem.store.filters import compile_filter

EXAMPLES = 2_000 if NIGHTLY else 80
SMALL, LARGE = 25, 8  # filters in an example, against one set of memories
PATIENT = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

Filter = dict[str, Any]


class Tally:
    """How many filters were compared, and how many of those found something or were refused."""

    filters = found = refused = 0


@pytest.fixture(scope="module")
def tally(request: pytest.FixtureRequest) -> Iterator[Tally]:
    count = Tally()
    yield count
    write_line(
        request.config,
        f"filter oracle: {count.filters:,} filters, {count.found:,} of them found rows, "
        f"{count.refused:,} were refused",
    )


@pytest.fixture(scope="module")
def database() -> Iterator[apsw.Connection]:
    connection = new_database()
    yield connection
    connection.close()


@given(
    memories=st.lists(strategies.memories, min_size=4, max_size=7),
    small=st.lists(strategies.entries, min_size=SMALL, max_size=SMALL),
    large=st.lists(strategies.filters(), min_size=LARGE, max_size=LARGE),
    scope=strategies.scopes,
)
@PATIENT
def test_a_filter_finds_what_the_oracle_says(
    database: apsw.Connection,
    tally: Tally,
    memories: list[dict[str, Any]],
    small: list[tuple[str, Any]],
    large: list[Filter],
    scope: dict[str, str],
) -> None:
    named = [{**memory, "id": f"m{index}"} for index, memory in enumerate(memories)]
    fill(database, named)
    asked = [({key: value}, {"app_id": "app"}) for key, value in small]
    asked += [(filters, ids) for filters in large for ids in (scope, {"app_id": "app"})]
    for filters, ids in asked:
        outcome = _outcome(database, filters, ids)
        assert outcome == _expected(named, filters, ids), (filters, ids)
        tally.filters += 1
        tally.found += isinstance(outcome, list) and bool(outcome)
        tally.refused += isinstance(outcome, str)


@given(
    some=strategies.memories,
    days=st.lists(strategies.spans_of_days, min_size=3, max_size=6),
    asked=st.lists(strategies.conditions_of_days, min_size=SMALL, max_size=SMALL),
)
@PATIENT
def test_days_are_found_as_the_oracle_says(
    database: apsw.Connection, some: dict[str, Any], days: list[Any], asked: list[Any]
) -> None:
    named = [
        {**some, "id": f"m{i}", "app_id": "app", "event_date": spans}
        for i, spans in enumerate(days)
    ]
    fill(database, named)
    for each in asked:
        filters = {"event_date": each}
        expected = [memory["id"] for memory in named if oracle.holds(filters, memory)]
        assert _outcome(database, filters, {"app_id": "app"}) == expected, each


def _outcome(database: apsw.Connection, asked: Filter, scope: dict[str, str]) -> list[str] | str:
    try:
        condition = compile_filter(asked, Scope(**scope))
    except ScopeError as error:
        return "contradicts" if "contradicts" in str(error) else "unbounded"
    return find(database, condition)


def _expected(memories: list[dict[str, Any]], asked: Filter, scope: dict[str, str]) -> Any:
    if scope and oracle.contradicts(asked, scope):
        return "contradicts"
    if not scope and oracle.has_open_branch(asked):
        return "unbounded"
    everything = {"AND": [scope, asked]}
    return [memory["id"] for memory in memories if oracle.holds(everything, memory)]


@given(asked=strategies.junk)
@settings(PATIENT, max_examples=EXAMPLES * 5)
def test_any_filter_gives_sql_or_one_of_two_errors(database: apsw.Connection, asked: Any) -> None:
    try:
        condition = compile_filter(asked, Scope(app_id="app"))
    except (FilterError, ScopeError):
        return
    find(database, condition)
