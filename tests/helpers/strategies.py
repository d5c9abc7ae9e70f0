"""Hypothesis strategies: memories and filters that often touch each other, and odd characters."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

IDS = ["alice", "bob", "%", "_", "a*b", "'; DROP TABLE memory; --", "Ünï", "null", "al"]
TEXTS = [
    "straße", "STRASSE", "likes tea", "tea", "Likes TEA", "100%", "%", "_", "*", "a*b", "'",
    '"quoted"', "\\", "", "İstanbul", "ﬁne", "日本語", "😀", "'; DROP TABLE memory; --", "1",
    "true", "null", "2025-01-02", "[1]", "nul\0l", "\n",
]  # fmt: skip
KEYS = ["k", "a.b", "$", "", "é", 'quo"te', "x y", "a[0]", "😀", "back\\slash", "#", "\n", "*"]
WORDS = ["eq", "exists", "or", "AND", "$gte", "user_id", "created_at", "metadata"]  # no flat keys
NUMBERS = [0, 1, -1, 1.0, 0.1, 0.5, 2**53, 2**53 + 1, float(2**53), 2**63 - 1, -(2**63), 1e300]
ZONE = timezone(timedelta(hours=5, minutes=30))
MOMENTS = [
    datetime(2025, 1, day, hour, 0, 0, microsecond, tzinfo=UTC)
    for day in (1, 2, 3)
    for hour, microsecond in ((0, 0), (0, 1), (23, 999_999))
]

COMMON = [1, True, "1", "true", 1.0, "tea"]  # likely to meet, unlikely to be equal


@st.composite
def _often(draw: st.DrawFn, common: st.SearchStrategy[Any], rest: st.SearchStrategy[Any]) -> Any:
    """Draw from the first half of the time; `one_of` would weigh its parts by their parts."""
    return draw(common if draw(st.booleans()) else rest)


ids = _often(st.sampled_from(IDS[:2]), st.sampled_from(IDS))
texts = _often(st.sampled_from(TEXTS[:4]), st.sampled_from(TEXTS))
text_in_use = st.one_of(texts, st.text(max_size=4))
keys = _often(st.just("k"), st.sampled_from(KEYS))
any_keys = _often(keys, st.sampled_from(WORDS))
numbers = st.sampled_from(NUMBERS) | st.integers(-2, 2) | st.floats(-2, 2)
scalars = _often(st.sampled_from(COMMON), st.one_of(st.booleans(), numbers, text_in_use))
moments = st.sampled_from(MOMENTS)
days = moments.map(lambda moment: moment.date())
memory_ids = st.integers(0, 5).map("m{}".format)

_trees = st.recursive(
    st.none() | scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_keys, inner, max_size=2),
    max_leaves=4,
)
json_values = _often(scalars, _trees)


def _nullable(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


memories = st.fixed_dictionaries(
    {
        "memory": text_in_use,
        "user_id": _nullable(ids),
        "agent_id": _nullable(ids),
        "app_id": st.sampled_from(["app", "app", "app", "app", "*app", None]),
        "run_id": _nullable(ids),
        "actor_id": _nullable(texts),
        "role": _nullable(st.sampled_from(["user", "assistant"])),
        "attributed_to": _nullable(st.sampled_from(["user", "assistant"])),
        "memory_type": _nullable(st.just("procedural_memory")),
        "metadata": _often(
            st.fixed_dictionaries({"k": json_values, "a.b": scalars}),
            st.dictionaries(any_keys, json_values, max_size=4),
        ),
        "categories": st.lists(texts, max_size=3),
        "created_at": moments,
        "updated_at": moments,
        "valid_from": _nullable(moments),
        "expires_at": _nullable(moments),
    }
).filter(lambda memory: any(memory[key] for key in ("user_id", "agent_id", "app_id", "run_id")))

said = st.fixed_dictionaries(  # a message that is found by itself
    {
        "memory": st.sampled_from(
            ["I have a red bicycle", "my tea is cold", "'; DROP TABLE memory; --", "東京に住む"]
        ),
        "user_id": _nullable(ids),
        "agent_id": _nullable(ids),
        "app_id": st.sampled_from(["app", "app", "app", "*app", None]),
        "run_id": _nullable(ids),
        "actor_id": _nullable(st.sampled_from(["Ana", "tea"])),
        "role": st.sampled_from(["user", "assistant"]),
        "metadata": st.fixed_dictionaries({"k": st.sampled_from(COMMON)}) | st.just({}),
        "categories": st.lists(st.sampled_from(["tea", "likes tea"]), max_size=2, unique=True),
        "created_at": moments,
        "expires_at": _nullable(moments),
    }
).filter(lambda said: any(said[key] for key in ("user_id", "agent_id", "app_id", "run_id")))

scopes = st.just({}) | st.dictionaries(st.sampled_from(["user_id", "run_id"]), ids, max_size=1)


def _conditions(operators: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """Return all that may stand under a field which takes these operators."""
    under = {**operators, "exists": st.booleans()}
    pairs = st.sampled_from(sorted(under)).flatmap(lambda op: st.tuples(st.just(op), under[op]))
    several = st.lists(pairs, min_size=1, max_size=2).map(dict)
    alone = [operators[name] for name in ("in", "eq") if name in operators]
    return _often(several, st.one_of(st.sampled_from(["*", None]), *alone))


def _equality(values: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Any]]:
    one, many = _nullable(values), st.lists(_nullable(values), max_size=3)
    return {"eq": one, "ne": one, "in": many, "nin": many}


def _order(values: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Any]]:
    return dict.fromkeys(("gt", "gte", "lt", "lte"), values)


def _substring(values: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Any]]:
    return {"contains": values, "icontains": values}


times = st.one_of(
    moments,
    days,
    days.map(date.isoformat),
    moments.map(datetime.isoformat),
    moments.map(lambda moment: moment.astimezone(ZONE).isoformat()),
    moments.map(lambda moment: moment.replace(tzinfo=None)),
    moments.map(lambda moment: int(moment.timestamp())),
)
_id_conditions = _conditions(_equality(ids) | _substring(texts))
_text_conditions = _conditions(_equality(texts) | _substring(text_in_use))
_time_conditions = _conditions(_equality(times) | _order(times))
_ordered = scalars.filter(lambda value: not isinstance(value, bool))
_json_conditions = _conditions(
    _equality(scalars | days)
    | _order(_ordered | days)
    | {"contains": scalars, "icontains": text_in_use}
)
_inner_conditions = st.recursive(
    _json_conditions,
    lambda inner: st.dictionaries(keys, inner, min_size=1, max_size=2),
    max_leaves=2,
)


def _entries(keys: list[str], conditions: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(st.sampled_from(keys), conditions)


_plain_days = st.dates(date(2024, 12, 20), date(2025, 2, 10))
_days_again = st.one_of(
    st.dates(date(1, 1, 1), date(1, 1, 7)),
    st.dates(date(2, 1, 1), date(2, 1, 31)),
    st.dates(date(4, 1, 1), date(4, 2, 1)) | st.dates(date(4, 12, 20), date(4, 12, 31)),
)


def _span(first: date, length: int) -> tuple[datetime, datetime]:
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    return start, start + timedelta(days=length)


spans_of_days = st.lists(
    st.builds(_span, _plain_days, st.integers(1, 40)) | st.builds(_span, _days_again, st.just(1)),
    max_size=3,
)
_asked_days = st.one_of(_plain_days, _plain_days.map(date.isoformat), moments)
conditions_of_days = _conditions(_equality(_asked_days) | _order(_asked_days))

ID_KEYS = ["user_id", "agent_id", "app_id", "run_id"]
TEXT_KEYS = ["actor_id", "role", "attributed_to", "memory_type", "text", "memory"]
TIME_KEYS = ["created_at", "updated_at", "timestamp", "expires_at", "expiration_date"]
_entries_of_columns = st.one_of(
    _entries(ID_KEYS, _id_conditions),
    _entries(ID_KEYS, ids | st.just("*") | st.lists(ids, max_size=3)),
    _entries(TEXT_KEYS, _text_conditions),
    _entries(["keywords", "keywords_search"], _conditions(_substring(texts)) | text_in_use),
    _entries(["id", "memory_ids"], _conditions(_equality(memory_ids))),
    _entries(TIME_KEYS, _time_conditions),
    _entries(["categories"], _text_conditions),
)
_entries_of_metadata = st.one_of(
    st.tuples(keys, _json_conditions),
    _entries(["metadata.k", "metadata.k.k", "metadata.é.exists", "metadata."], _json_conditions),
    _entries(["metadata"], st.sampled_from(["*", None])),
    _entries(["metadata"], st.dictionaries(any_keys, _inner_conditions, min_size=1, max_size=2)),
)
entries = _often(_entries_of_metadata, _entries_of_columns)


@st.composite
def filters(draw: st.DrawFn, depth: int = 3) -> dict[str, Any]:
    """Draw one choice after the other, as `one_of` would count each field like AND, OR or NOT."""
    drawn: dict[str, Any] = {}
    for _ in range(draw(st.integers(1, 2))):
        if depth and draw(st.booleans()):
            word = draw(st.sampled_from(["AND", "OR", "NOT"]))
            items = draw(st.lists(filters(depth - 1), min_size=1, max_size=3))
            drawn[word] = items[0] if word == "NOT" and draw(st.booleans()) else items
        else:
            key, value = draw(entries)
            drawn[key] = value
    return drawn


junk = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3), st.just("*"),
        st.sampled_from(IDS), st.binary(max_size=2), st.dates(),
    ),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from([
            "AND", "OR", "NOT", "or", "user_id", "run_id", "created_at", "categories", "metadata",
            "metadata.a", "keywords", "id", "eq", "in", "gt", "contains", "exists", "$in", "k", 1,
        ]),
        inner,
        max_size=3,
    ),
    max_leaves=10,
)  # fmt: skip
