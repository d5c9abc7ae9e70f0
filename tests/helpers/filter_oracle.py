"""A second opinion on filters: the grammar of docs/filters.md in plain Python, over plain dicts.

It shares no code with litemem. A memory has its ids, `id`, `memory`, `actor_id`, `role`, …, a dict
`metadata`, a list `categories`, datetimes `created_at`, `updated_at`, `valid_from`, `expires_at`,
and a list `event_date` of the spans of time that it speaks of, from a datetime to before another:
those of the year 4 come again every year, those of the year 2 every month, those of the year 1
every week. What is null is None.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

IDS = ("user_id", "agent_id", "app_id", "run_id")
CONTENT = ("text", "memory", "keywords", "keywords_search")
TEXTS = (*IDS, *CONTENT, "actor_id", "role", "attributed_to", "memory_type", "id", "memory_ids")
TIMES = ("created_at", "updated_at", "timestamp", "expires_at", "expiration_date")
INSTANT, DAY = timedelta(microseconds=1), timedelta(days=1)

Json = Mapping[str, Any]


def holds(filters: Json, memory: Json) -> bool:
    return all(_entry_holds(key, value, memory) for key, value in filters.items())


def _entry_holds(key: str, value: Any, memory: Json) -> bool:
    if key == "AND":
        return all(holds(item, memory) for item in value)
    if key == "OR":
        return any(holds(item, memory) for item in value)
    if key == "NOT":
        items = [value] if isinstance(value, dict) else value
        return not any(holds(item, memory) for item in items)
    if key in TEXTS:
        bare = "icontains" if key.startswith("keywords") else "eq"
        return _matches(_text_of(key, memory), value, _compare_text, bare)
    if key in TIMES:
        compare = _compare_expiry if key.startswith("expir") else _compare_time
        return _matches(_time_of(key, memory), value, compare)
    if key == "event_date":
        return _days_hold(value, memory.get("event_date") or None)
    if key == "categories":
        return _matches(memory["categories"] or None, value, _compare_categories)
    return _metadata_holds(key, value, memory["metadata"])


def _text_of(key: str, memory: Json) -> str | None:
    if key in CONTENT:
        return memory["memory"]
    return memory["id" if key == "memory_ids" else key]


def _time_of(key: str, memory: Json) -> datetime | None:
    if key == "timestamp":
        return memory["valid_from"] or memory["created_at"]
    return memory["expires_at" if key == "expiration_date" else key]


def _metadata_holds(key: str, value: Any, metadata: Json) -> bool:
    if key == "metadata" and isinstance(value, dict):
        return all(_inner_holds(metadata.get(k), v) for k, v in value.items())
    if key == "metadata":
        return _matches(metadata or None, value, _compare_json)
    if not key.startswith("metadata."):
        return _matches(metadata.get(key), value, _compare_json)
    stored: Any = metadata
    for step in key.split(".")[1:]:
        stored = stored.get(step) if isinstance(stored, dict) else None
    return _matches(stored, value, _compare_json)


def _inner_holds(stored: Any, value: Any) -> bool:
    operators = {"eq", "ne", "in", "nin", "gt", "gte", "lt", "lte", "contains", "icontains"}
    if not isinstance(value, dict) or set(value) <= operators | {"exists"}:
        return _matches(stored, value, _compare_json)
    inner = stored if isinstance(stored, dict) else {}
    return all(_inner_holds(inner.get(k), v) for k, v in value.items())


def _matches(stored: Any, value: Any, compare: Callable[..., bool], bare: str = "eq") -> bool:
    if isinstance(value, dict):
        return all(_operator_holds(stored, op, v, compare) for op, v in value.items())
    if value is None:
        return stored is None
    if value == "*":
        return stored is not None
    operator = "in" if isinstance(value, list) else bare
    return _operator_holds(stored, operator, value, compare)


def _operator_holds(stored: Any, operator: str, given: Any, compare: Callable[..., bool]) -> bool:
    if operator == "exists":
        return (stored is not None) == given
    if operator in ("ne", "nin"):
        opposite = {"ne": "eq", "nin": "in"}[operator]
        return not _operator_holds(stored, opposite, given, compare)
    if operator == "in":
        return any(_operator_holds(stored, "eq", item, compare) for item in given)
    if given is None:
        return stored is None
    return stored is not None and compare(stored, operator, given)


def _compare_text(stored: str, operator: str, given: str) -> bool:
    if operator == "icontains":
        return given.casefold() in stored.casefold()
    return given in stored if operator == "contains" else stored == given


def _compare_categories(stored: list[str], operator: str, given: str) -> bool:
    if operator == "icontains":
        return given.casefold() in [category.casefold() for category in stored]
    return given in stored


def _compare_time(stored: datetime, operator: str, given: Any, shift: timedelta = 0 * DAY) -> bool:
    moment, length = _moment(given)
    start = moment + (shift if length == DAY else 0 * DAY)
    if operator == "eq":
        return start <= stored < start + length
    if operator in ("gt", "lte"):
        return (stored >= start + length) == (operator == "gt")
    return (stored >= start) == (operator == "gte")


def _days_hold(value: Any, spans: list[tuple[datetime, datetime]] | None) -> bool:
    """Bounds in one dict are about one and the same span, and hold for some day of it."""
    bounds = [k for k in value if k in ("gt", "gte", "lt", "lte")] if type(value) is dict else []
    others = {k: v for k, v in value.items() if k not in bounds} if bounds else value
    if bounds and not any(_within(span, {k: value[k] for k in bounds}) for span in spans or ()):
        return False
    return others == {} or _matches(spans, others, _compare_days)


def _compare_days(spans: list[tuple[datetime, datetime]], _: str, given: Any) -> bool:
    start, length = _moment(given)
    return any(_meets(span, start, start + length) for span in spans)


def _within(span: tuple[datetime, datetime], bounds: Json) -> bool:
    first, last = None, None
    for operator, given in bounds.items():
        start, length = _moment(given)
        if operator in ("gt", "gte"):
            at = start + length if operator == "gt" else start
            first = max(first or at, at)
            if span[0].year > 4 and not (span[0] >= at if operator == "gt" else span[1] > at):
                return False
        else:
            at = start + length if operator == "lte" else start
            last = min(last or at, at)
            if span[0].year > 4 and not (span[0] < at if operator == "lte" else span[1] <= at):
                return False
    return span[0].year > 4 or not (first and last) or _meets(span, first, last)


def _meets(span: tuple[datetime, datetime], start: datetime, end: datetime) -> bool:
    """Say whether a span has a moment from `start` to before `end`."""
    if span[0].year > 4:
        return span[0] < end and span[1] > start
    day = datetime(start.year, start.month, start.day, tzinfo=UTC)
    while day < end:
        place = {
            1: datetime(1, 1, 1 + day.weekday(), tzinfo=UTC),
            2: datetime(2, 1, day.day, tzinfo=UTC),
            4: datetime(4, day.month, day.day, tzinfo=UTC),
        }[span[0].year]
        if span[0] <= place < span[1]:
            return True
        day += DAY
    return False


def _compare_expiry(stored: datetime, operator: str, given: Any) -> bool:
    return _compare_time(stored, operator, given, shift=INSTANT)


def _moment(given: Any) -> tuple[datetime, timedelta]:
    if isinstance(given, int | float):
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=given), INSTANT
    if isinstance(given, str) and len(given) > len("2025-01-01"):
        given = datetime.fromisoformat(given)
    if isinstance(given, datetime):
        return given if given.tzinfo else given.replace(tzinfo=UTC), INSTANT
    day = date.fromisoformat(given) if isinstance(given, str) else given
    return datetime(day.year, day.month, day.day, tzinfo=UTC), DAY


def _compare_json(stored: Any, operator: str, given: Any) -> bool:
    if isinstance(given, date):
        given = given.isoformat()
    if operator in ("contains", "icontains"):
        return _json_contains(stored, given, fold=operator == "icontains")
    if _type(stored) != _type(given):
        return False
    orders = {"eq": stored == given, "gt": stored > given, "gte": stored >= given}
    return {**orders, "lt": stored < given, "lte": stored <= given}[operator]


def _json_contains(stored: Any, given: Any, *, fold: bool) -> bool:
    if fold and isinstance(stored, list):
        stored = [item.casefold() if isinstance(item, str) else item for item in stored]
    elif fold and isinstance(stored, str):
        stored = stored.casefold()
    given = given.casefold() if fold else given
    if isinstance(stored, list):
        return any(_type(item) == _type(given) and item == given for item in stored)
    return isinstance(stored, str) and isinstance(given, str) and given in stored


def _type(value: Any) -> type:
    return float if type(value) is int else type(value)


def has_open_branch(filters: Json) -> bool:
    """Multiply the filter out into branches and say whether one of them has no bound."""
    return False in _branches(filters)


def _branches(filters: Json) -> set[bool]:
    """For each branch: whether an id bounds it."""
    return _product(_entry_branches(key, value) for key, value in filters.items())


def _product(factors: Any) -> set[bool]:
    branches = {False}
    for factor in factors:
        branches = {one or other for one in branches for other in factor}
    return branches


def _entry_branches(key: str, value: Any) -> set[bool]:
    if key == "AND":
        return _product(_branches(item) for item in value)
    if key == "OR":
        return set().union(*(_branches(item) for item in value))
    if key not in IDS:
        return {False}
    if isinstance(value, dict):
        return {any(_bounds(operator, given) for operator, given in value.items())}
    return {_bounds("in" if isinstance(value, list) else "eq", value)}


def _bounds(operator: str, given: Any) -> bool:
    if operator == "in":
        return given != [] and None not in given
    return given is True if operator == "exists" else operator == "eq" and given is not None


def contradicts(filters: Json, scope: Mapping[str, str]) -> bool:
    """Say whether a plain condition on an id excludes the one that is given as a keyword."""
    for key, value in filters.items():
        if key == "AND" and any(contradicts(item, scope) for item in value):
            return True
        if key in scope and any(scope[key] not in ids for ids in _plain_ids(value)):
            return True
    return False


def _plain_ids(value: Any) -> list[list[str]]:
    if isinstance(value, dict):
        given = [v if op == "in" else [v] for op, v in value.items() if op in ("eq", "in")]
    else:
        given = [value] if isinstance(value, list) else [[value]] if value != "*" else []
    return [ids for ids in given if None not in ids]
