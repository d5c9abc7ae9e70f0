"""Differences between two libraries in the same scenario, leaf by leaf."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not alike; `kind` is signature, default, result or error."""

    name: str
    kind: str
    mem0: str
    litemem: str


def differences(mem0: Mapping[str, Any], litemem: Mapping[str, Any]) -> Iterator[Difference]:
    """Yield what differs between the outcomes of all scenarios, each name once."""
    for name in sorted({*mem0, *litemem}):
        one, other = mem0.get(name), litemem.get(name)
        if "/signature/" not in name:
            yield from _outcomes(name, one or {}, other or {})
        elif one is None or other is None:
            yield Difference(name, "signature", _member(one), _member(other))
        else:
            yield from _signatures(name, one, other)


def _outcomes(name: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[Difference]:
    if "value" in one and "value" in other:
        found = dict(_leaves(one["value"], other["value"], ""))
        for path, (left, right) in found.items():
            yield Difference(name + (path and f":{path}"), "result", left, right)
    elif not ("error" in one and "error" in other and {*one["is"]} <= {*other["is"]}):
        yield Difference(name, "error", _outcome(one), _outcome(other))


def _leaves(one: Any, other: Any, path: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield path → both sides; the items of a list are one path, for they are of one shape."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in [*one, *(key for key in other if key not in one)]:
            inner = f"{path}.{key}" if path else key
            if key in one and key in other:
                yield from _leaves(one[key], other[key], inner)
            else:
                yield inner, (_shown(one, key), _shown(other, key))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for left, right in zip(one, other, strict=True):
            yield from _leaves(left, right, f"{path}[]")
    elif one != other or isinstance(one, bool) != isinstance(other, bool):
        yield path, (_json(one), _json(other))


def _signatures(name: str, one: dict[str, Any], other: dict[str, Any]) -> Iterator[Difference]:
    if one.get("async") != other.get("async"):
        yield Difference(f"{name}:async", "signature", _member(one), _member(other))
    ours, theirs = one.get("parameters", {}), other.get("parameters", {})
    for key in [*ours, *(key for key in theirs if key not in ours)]:
        left, right = ours.get(key), theirs.get(key)
        if left is None or right is None:
            if not _swallowed(left or right, ours if left is None else theirs):
                yield Difference(f"{name}({key})", "signature", _parameter(left), _parameter(right))
            continue
        for aspect in ("kind", "place", "default"):
            if _differs(left, right, aspect):
                kind = "default" if aspect == "default" else "signature"
                yield Difference(
                    f"{name}({key}):{aspect}", kind, str(left[aspect]), str(right[aspect])
                )


def _swallowed(parameter: dict[str, Any], others: dict[str, Any]) -> bool:
    """Say whether the other side takes a name that it does not list, with its `**kwargs`."""
    named = "variadic" not in parameter["kind"]
    return named and any(other["kind"] == "variadic keyword" for other in others.values())


def _differs(one: dict[str, Any], other: dict[str, Any], aspect: str) -> bool:
    if aspect == "place" and None in (one["place"], other["place"]):
        return False  # then the kind differs, and says more
    return bool(one[aspect] != other[aspect])


def _member(member: dict[str, Any] | None) -> str:
    if member is None:
        return ABSENT
    if "property" in member:
        return "property"
    return ("async " if member["async"] else "") + f"({', '.join(member['parameters'])})"


def _parameter(parameter: dict[str, Any] | None) -> str:
    return ABSENT if parameter is None else f"{parameter['kind']}, {parameter['default']}"


def _outcome(found: Mapping[str, Any]) -> str:
    if not found:
        return ABSENT
    return _json(found["value"]) if "value" in found else f"{found['error']}: {found['says']}"


def _shown(holder: dict[str, Any], key: str) -> str:
    return _json(holder[key]) if key in holder else ABSENT


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
