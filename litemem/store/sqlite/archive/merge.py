"""Merging: two versions of one memory, as an archive's lines have them, made into one. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, zip_longest
from typing import Any

Item = Mapping[str, Any]

_LISTS = ("categories", "sources")


def merge_versions(one: Item, other: Item) -> dict[str, Any]:
    """Return the newer of two versions with what the older one has besides.

    The newer by `updated_at` wins, `one` in a tie: its text, times and names stay. Metadata,
    categories, sources and history are united; a memory that either holds immutable is so, and
    `repeats` is the greater. Of feedback the later counts.
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
    said = [version["feedback"] for version in (older, newer) if version.get("feedback")]
    if said:
        result["feedback"] = max(said, key=lambda feedback: feedback["created_at"])
    result["history"] = _history(newer, older, result)
    return result


def as_added(version: Item) -> dict[str, Any]:
    """Return the ADD that a memory without a history is itself."""
    return _with_speaker(
        {
            "event": "ADD",
            "new_memory": version["content"],
            "created_at": version["created_at"],
        },
        version,
    )


def _history(newer: Item, older: Item, result: Item) -> list[Mapping[str, Any]]:
    """Return the events of both in order: one ADD, and a last word that is the newer one's."""
    told = [*older.get("history", ()), *newer.get("history", ())]
    adds = sorted((e for e in told if e["event"] == "ADD"), key=_moment)
    events = adds[:1] or [as_added(min(older, newer, key=_made))]
    for event in sorted((e for e in told if e["event"] != "ADD"), key=_moment):
        if event not in events:
            events.append(event)
    pairs = [pair for version in (newer, older) for pair in pairwise(version.get("history", ()))]
    events = list(_brought_back(events, pairs, result))
    if newer["content"] not in [event.get("new_memory") for event in events]:
        events.append(_update(events[-1].get("new_memory"), newer))
    if len(events) == 1 and not adds:
        return []  # as it was added: it is its own ADD
    return events


def _brought_back(
    events: Sequence[Item], pairs: Sequence[tuple[Item, Item]], version: Item
) -> Iterator[Item]:
    """Yield the events, behind each DELETE the ADD by which the memory is there all the same.

    `pairs` are events that follow each other in a version: an ADD that is told there stays.
    """
    none: Item = {}
    for event, following in zip_longest(events, events[1:], fillvalue=none):
        yield event
        if event["event"] == "DELETE":
            text = following.get("old_memory", version["content"])
            told = (after for gone, after in pairs if gone == event and after["event"] == "ADD")
            yield next(told, as_added({**version, "content": text}))


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


def _moment(event: Mapping[str, Any]) -> tuple[int, str, str]:
    """Return what orders events, also those of one moment."""
    at = int(event.get("updated_at") or event["created_at"])
    return at, str(event.get("new_memory")), str(event.get("old_memory"))


def _made(version: Item) -> int:
    return int(version["created_at"])
