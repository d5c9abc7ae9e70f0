"""Merge two versions of one memory, as lines of an archive. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, zip_longest
from typing import Any

Item = Mapping[str, Any]

_LISTS = ("categories", "sources")


def merge_versions(one: Item, other: Item) -> dict[str, Any]:
    """Merge the older version into the newer one by `updated_at`, or into `one` in a tie.

    Text, times and names are those of the newer. Metadata, categories, sources and history are
    united. The result is immutable if either is, `repeats` is the greater, and the later feedback
    is kept.
    """
    newer, older = (one, other) if one["updated_at"] >= other["updated_at"] else (other, one)
    result = dict(newer)
    result["metadata"] = {**older.get("metadata", {}), **newer.get("metadata", {})}
    for name in _LISTS:
        result[name] = list(dict.fromkeys([*newer.get(name, ()), *older.get(name, ())]))
    result["sources"].sort()
    result["created_at"] = min(newer["created_at"], older["created_at"])
    result["immutable"] = bool(newer.get("immutable") or older.get("immutable"))
    result["repeats"] = max(newer.get("repeats", 0), older.get("repeats", 0))
    feedbacks = [version["feedback"] for version in (older, newer) if version.get("feedback")]
    if feedbacks:
        result["feedback"] = max(feedbacks, key=lambda feedback: feedback["created_at"])
    result["history"] = _history(newer, older, result)
    return result


def as_added(version: Item) -> dict[str, Any]:
    """Return the ADD event that a memory without history implies."""
    return _with_speaker(
        {
            "event": "ADD",
            "new_memory": version["content"],
            "created_at": version["created_at"],
        },
        version,
    )


def _history(newer: Item, older: Item, result: Item) -> list[Mapping[str, Any]]:
    """Return the events of both in order: one ADD first, and last the text of the newer."""
    both = [*older.get("history", ()), *newer.get("history", ())]
    adds = sorted((e for e in both if e["event"] == "ADD"), key=_sort_key)
    events = adds[:1] or [as_added(min(older, newer, key=_created_at))]
    others = sorted((e for e in both if e["event"] != "ADD"), key=_sort_key)
    distinct: dict[frozenset[tuple[str, Any]], Item] = {}
    for event in [*events, *others]:
        distinct.setdefault(_identity(event), event)
    events = list(distinct.values())
    pairs = [pair for version in (newer, older) for pair in pairwise(version.get("history", ()))]
    events = list(_with_readds(events, pairs, result))
    if newer["content"] not in [event.get("new_memory") for event in events]:
        events.append(_update(events[-1].get("new_memory"), newer))
    if len(events) == 1 and not adds:
        return []  # unchanged since it was added
    return events


def _with_readds(
    events: Sequence[Item], pairs: Sequence[tuple[Item, Item]], version: Item
) -> Iterator[Item]:
    """Yield the events, and behind each DELETE an ADD, because the memory exists.

    `pairs` are consecutive events of a version: an ADD that follows the DELETE there is reused.
    """
    readds: dict[frozenset[tuple[str, Any]], Item] = {}
    for gone, after in pairs:
        if after["event"] == "ADD":
            readds.setdefault(_identity(gone), after)
    none: Item = {}
    for event, following in zip_longest(events, events[1:], fillvalue=none):
        yield event
        if event["event"] == "DELETE":
            text = following.get("old_memory", version["content"])
            yield readds.get(_identity(event)) or as_added({**version, "content": text})


def _update(before: str | None, version: Item) -> dict[str, Any]:
    return _with_speaker(
        {
            "event": "UPDATE",
            "old_memory": before,
            "new_memory": version["content"],
            "created_at": version["created_at"],
            "updated_at": version["updated_at"],
        },
        version,
    )


def _with_speaker(event: dict[str, Any], version: Item) -> dict[str, Any]:
    return event | {k: version[k] for k in ("actor_id", "role") if version.get(k) is not None}


def _identity(event: Item) -> frozenset[tuple[str, Any]]:
    """Return what two events have in common only if they are equal."""
    details = json.dumps(event.get("details"), sort_keys=True)
    return frozenset({**event, "details": details}.items())


def _sort_key(event: Item) -> tuple[int, str, str]:
    """Return a total order of events: by time, then by texts."""
    time = int(event.get("updated_at") or event["created_at"])
    return time, str(event.get("new_memory")), str(event.get("old_memory"))


def _created_at(version: Item) -> int:
    return int(version["created_at"])
