"""Scenarios of `get`, `search` and `get_all`."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from steps import (
    ALICE,
    EVERYTHING,
    PAST,
    TURN,
    UNKNOWN,
    Scenario,
    add_bare,
    all_of,
    find,
    many,
    one,
    texts,
)

GET: dict[str, Scenario] = {
    "unknown": lambda m: m.get(UNKNOWN),
    "not-a-uuid": lambda m: m.get("nonsense"),
    "none": lambda m: m.get(None),
    "empty": lambda m: m.get(""),
}


def reading(dialect: str) -> dict[str, Scenario]:
    """Return the scenarios of `search` and `get_all` that both dialects can say."""
    top_k = "top_k" if dialect == "2.2.1" else "limit"

    def counted(m: Any, call: Callable[..., Any], **more: Any) -> int:
        many(m, 130)
        return len(call(m, dialect, **more)["results"])

    def search(**more: Any) -> Scenario:
        return lambda m: (one(m), find(m, dialect, **more))[1]

    def get_all(**more: Any) -> Scenario:
        return lambda m: (one(m), all_of(m, dialect, **more))[1]

    return {
        "search/plain": search(),
        "search/metadata": lambda m: (one(m, metadata={"mood": "calm"}), find(m, dialect))[1],
        "search/every-id": lambda m: (one(m, **EVERYTHING), find(m, dialect))[1],
        "search/nothing-there": lambda m: find(m, dialect),
        "search/other-user": lambda m: (one(m, user_id="bob"), find(m, dialect))[1],
        "search/order": lambda m: _order(m, dialect),
        "search/unrelated": search(query="zebra"),
        "search/padded-query": search(query=" tea \n"),
        "search/rerank-off": search(rerank=False),
        "search/rerank-on": search(rerank=True),
        "search/threshold-none": search(threshold=None),
        "search/threshold-0": search(threshold=0),
        "search/threshold-1": search(threshold=1),
        "search/threshold-negative": search(threshold=-0.1),
        "search/threshold-2": search(threshold=2),
        "search/threshold-text": search(threshold="high"),
        "search/default-count": lambda m: counted(m, find, query="note"),
        "search/count-3": lambda m: counted(m, find, query="note", **{top_k: 3}),
        "search/count-0": search(**{top_k: 0}),
        "search/count-negative": search(**{top_k: -1}),
        "search/count-text": search(**{top_k: "3"}),
        "search/count-bool": search(**{top_k: True}),
        "search/count-none": lambda m: counted(m, find, query="note", **{top_k: None}),
        "search/count-float": search(**{top_k: 3.0}),
        "search/blank": search(query=""),
        "search/spaces": search(query="  "),
        "search/query-none": search(query=None),
        "search/query-number": search(query=7),
        "search/unknown-keyword": search(colour="red"),
        "get_all/plain": get_all(),
        "get_all/named": lambda m: (add_bare(m, TURN[1:2]), all_of(m, dialect))[1],
        "get_all/nothing-there": lambda m: all_of(m, dialect),
        "get_all/other-user": lambda m: (one(m, user_id="bob"), all_of(m, dialect))[1],
        "get_all/newest-first": lambda m: _newest_first(m, dialect),
        "get_all/default-count": lambda m: counted(m, all_of),
        "get_all/count-3": lambda m: counted(m, all_of, **{top_k: 3}),
        "get_all/count-0": get_all(**{top_k: 0}),
        "get_all/count-negative": get_all(**{top_k: -1}),
        "get_all/count-text": get_all(**{top_k: "3"}),
        "get_all/unknown-keyword": get_all(colour="red"),
        "get_all/positional": lambda m: m.get_all(ALICE),
    }


NEWER_READS: dict[str, Scenario] = {
    "search/expired": lambda m: (one(m, expiration_date=PAST), find(m, "2.2.1"))[1],
    "search/show-expired": lambda m: (
        one(m, expiration_date=PAST),
        find(m, "2.2.1", show_expired=True),
    )[1],
    "search/many-expired": lambda m: _many_expired(m),
    "search/expires-today": lambda m: (
        one(m, expiration_date=datetime.now(UTC).date()),
        texts(find(m, "2.2.1")),
    )[1],
    "search/expired-yesterday": lambda m: (
        one(m, expiration_date=datetime.now(UTC).date() - timedelta(days=1)),
        texts(find(m, "2.2.1")),
    )[1],
    "search/explain": lambda m: (one(m), find(m, "2.2.1", explain=True))[1],
    "search/reference-date": lambda m: find(m, "2.2.1", reference_date="2025-01-01"),
    "search/top-level-id": lambda m: (one(m), m.search("tea", **ALICE))[1],
    "search/both-ids": lambda m: m.search("tea", **ALICE, filters=ALICE),
    "search/limit": lambda m: (many(m, 3), len(find(m, "2.2.1", "note", limit=1)["results"]))[1],
    "search/no-filters": lambda m: m.search("tea"),
    "search/positional-filters": lambda m: m.search("tea", ALICE),
    "get_all/expired": lambda m: (one(m, expiration_date=PAST), all_of(m, "2.2.1"))[1],
    "get_all/show-expired": lambda m: (
        one(m, expiration_date=PAST),
        all_of(m, "2.2.1", show_expired=True),
    )[1],
    "get_all/top-level-id": lambda m: (one(m), m.get_all(**ALICE))[1],
    "get_all/limit": lambda m: (many(m, 3), len(all_of(m, "2.2.1", limit=1)["results"]))[1],
    "get_all/no-filters": lambda m: m.get_all(),
}

OLDER_READS: dict[str, Scenario] = {
    "search/no-ids": lambda m: m.search("tea"),
    "search/positional-id": lambda m: m.search("tea", "alice"),
    "search/id-in-filters": lambda m: (one(m), m.search("tea", filters=ALICE))[1],
    "search/both-ids": lambda m: (one(m), m.search("tea", **ALICE, filters=ALICE))[1],
    "search/other-id-in-filters": lambda m: m.search("tea", **ALICE, filters={"user_id": "bob"}),
    "search/metadata-filter": lambda m: (
        one(m, metadata={"mood": "calm"}),
        texts(m.search("tea", **ALICE, filters={"mood": "calm"})),
    )[1],
    "get_all/no-ids": lambda m: m.get_all(),
    "get_all/metadata-filter": lambda m: (
        one(m, metadata={"mood": "calm"}),
        one(m, "I like cake"),
        texts(m.get_all(**ALICE, filters={"mood": "calm"})),
    )[2],
}


def _order(m: Any, dialect: str) -> list[str]:
    for text in ("the weather is fine", "green tea in the morning", "green tea"):
        one(m, text)
    found = find(m, dialect, "green tea", threshold=0)
    return [row["memory"] for row in found["results"]]


def _newest_first(m: Any, dialect: str) -> bool:
    many(m, 12)
    shown = [row["memory"] for row in all_of(m, dialect)["results"]]
    return shown == [f"note {number}" for number in reversed(range(12))]


def _many_expired(m: Any) -> list[str]:
    for number in range(70):
        one(m, "tea", expiration_date=PAST, metadata={"n": number})
    one(m, "tea with a lot of milk, lemon and sugar")
    return texts(find(m, "2.2.1", top_k=5))
