"""Scenarios of filters, each passed to `search` and `get_all` over the same memories."""

from collections.abc import Callable
from typing import Any

ROWS: list[tuple[str, dict[str, Any], dict[str, Any] | None]] = [
    ("note one", {"user_id": "alice"}, {"k": "a", "n": 1, "tags": ["Red", "blue"]}),
    ("note two", {"user_id": "alice"}, {"k": "b", "n": 5, "due": "2025-06-01T00:00:00+00:00"}),
    ("note three", {"user_id": "alice", "agent_id": "chef"}, {"k": "Work at home", "ok": True}),
    ("note four", {"user_id": "alice"}, None),
    ("note five", {"user_id": "bob"}, {"k": "a", "n": 1}),
    ("note six", {"agent_id": "chef"}, {"k": "a"}),
]

# Within alice's memories.
FIELDS: dict[str, Any] = {
    "nothing-else": {},
    "bare": {"k": "a"},
    "bare-number": {"n": 1},
    "bare-bool": {"ok": True},
    "number-as-text": {"n": "1"},
    "number-as-float": {"n": 1.0},
    "true-as-one": {"n": True},
    "two-keys": {"k": "a", "n": 1},
    "unknown-key": {"nowhere": "a"},
    "list": {"k": ["a", "b"]},
    "eq": {"k": {"eq": "a"}},
    "ne": {"k": {"ne": "a"}},
    "in": {"k": {"in": ["a", "b"]}},
    "in-empty": {"k": {"in": []}},
    "nin": {"k": {"nin": ["a"]}},
    "gt": {"n": {"gt": 1}},
    "gte-lt": {"n": {"gte": 1, "lt": 5}},
    "gt-text": {"k": {"gt": "a"}},
    "gt-time": {"due": {"gt": "2025-01-01T00:00:00+00:00"}},
    "gte-and-ne": {"n": {"gte": 1, "ne": 5}},
    "eq-and-ne": {"k": {"eq": "a", "ne": "a"}},
    "in-and-nin": {"k": {"in": ["a", "b"], "nin": ["a"]}},
    "contains": {"k": {"contains": "Work"}},
    "contains-other-case": {"k": {"contains": "work"}},
    "icontains": {"k": {"icontains": "WORK"}},
    "contains-element": {"tags": {"contains": "blue"}},
    "equals-element": {"tags": "blue"},
    "star": {"k": "*"},
    "null": {"k": None},
    "unknown-operator": {"k": {"like": "a%"}},
    "empty-dict": {"k": {}},
    "metadata-dot": {"metadata.k": "a"},
    "metadata-dict": {"metadata": {"k": "a"}},
    "and": {"AND": [{"k": "a"}, {"n": 1}]},
    "and-same-key": {"AND": [{"k": "a"}, {"k": "b"}]},
    "and-same-key-range": {"AND": [{"n": {"gte": 1}}, {"n": {"lt": 5}}]},
    "or": {"OR": [{"k": "a"}, {"k": "b"}]},
    "or-keys-in-item": {"OR": [{"k": "a", "n": 5}, {"k": "b"}]},
    "not-list": {"NOT": [{"k": "a"}]},
    "not-two": {"NOT": [{"k": "a"}, {"k": "b"}]},
    "not-keys-in-item": {"NOT": [{"k": "a", "n": 5}]},
    "not-dict": {"NOT": {"k": "a"}},
    "and-beside-or": {"AND": [{"n": {"gte": 1}}], "OR": [{"k": "b"}, {"k": "z"}]},
    "key-beside-or": {"n": 5, "OR": [{"k": "a"}, {"k": "b"}]},
    "or-in-and": {"AND": [{"OR": [{"k": "a"}, {"k": "b"}]}, {"n": 5}]},
    "and-in-or": {"OR": [{"AND": [{"k": "a"}, {"n": 5}]}, {"k": "b"}]},
    "not-in-and": {"AND": [{"NOT": [{"k": "a"}]}, {"n": 5}]},
    "not-dict-in-and": {"AND": [{"NOT": {"k": "a"}}, {"n": 5}]},
    "or-empty": {"OR": []},
    "and-empty": {"AND": []},
    "not-empty": {"NOT": []},
    "and-dict": {"AND": {"k": "a"}},
    "and-lower-case": {"and": [{"k": "a"}]},
    "agent-too": {"agent_id": "chef"},
    "agent-star": {"agent_id": "*"},
    "created-after": {"created_at": {"gt": "2020-01-01T00:00:00+00:00"}},
    "created-before": {"created_at": {"lt": "2020-01-01T00:00:00+00:00"}},
    "created-after-a-day": {"created_at": {"gte": "2020-01-01"}},
    "actor": {"actor_id": "Alice"},
    "role": {"role": "user"},
}

# Filters that bound a scope.
SCOPES: dict[str, Any] = {
    "user": {"user_id": "alice"},
    "agent": {"agent_id": "chef"},
    "user-and-agent": {"user_id": "alice", "agent_id": "chef"},
    "user-padded": {"user_id": " alice "},
    "user-blank": {"user_id": " "},
    "user-none": {"user_id": None},
    "user-number": {"user_id": 7},
    "user-with-space": {"user_id": "alice smith"},
    "user-star": {"user_id": "*"},
    "user-in": {"user_id": {"in": ["alice", "bob"]}},
    "user-list": {"user_id": ["alice", "bob"]},
    "user-list-of-one": {"user_id": ["alice"]},
    "user-ne": {"user_id": {"ne": "alice"}},
    "user-in-and": {"AND": [{"user_id": "alice"}]},
    "user-in-or": {"OR": [{"user_id": "alice"}, {"user_id": "bob"}]},
    "user-in-not": {"NOT": [{"user_id": "alice"}]},
    "no-id": {"k": "a"},
    "empty": {},
    "none": None,
    "text": "alice",
    "list": [{"user_id": "alice"}],
}


def _fill(m: Any) -> None:
    for text, ids, metadata in ROWS:
        m.add(text, **ids, metadata=metadata, infer=False)


def _texts(found: dict[str, Any]) -> str:
    names = sorted(row["memory"].removeprefix("note ") for row in found["results"])
    return "finds " + (", ".join(names) or "nothing")


def _search(given: dict[str, Any]) -> Callable[[Any], str]:
    return lambda m: (_fill(m), _texts(m.search("note", **given, threshold=0)))[1]


def _get_all(given: dict[str, Any]) -> Callable[[Any], str]:
    return lambda m: (_fill(m), _texts(m.get_all(**given)))[1]


def _given(dialect: str) -> dict[str, dict[str, Any]]:
    if dialect == "1.0.11":
        return {f"fields/{n}": {"user_id": "alice", "filters": f} for n, f in FIELDS.items()}
    fields = {f"fields/{n}": {"filters": {"user_id": "alice", **f}} for n, f in FIELDS.items()}
    return fields | {f"scopes/{n}": {"filters": f} for n, f in SCOPES.items()}


def _scenarios(dialect: str) -> dict[str, Callable[[Any], str]]:
    given = _given(dialect)
    searched = {f"filters/{name}/search": _search(g) for name, g in given.items()}
    return searched | {f"filters/{name}/get_all": _get_all(g) for name, g in given.items()}


FILTERS = {dialect: _scenarios(dialect) for dialect in ("2.2.1", "1.0.11")}
