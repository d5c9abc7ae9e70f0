"""The items of a LangGraph store in the metadata of memories, its filters, and its sweeper."""

import json
import logging
import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from litemem.core import clock
from litemem.core.types import MemoryRecord
from litemem.errors import FilterError, LitememError, ValidationError

logger = logging.getLogger("litemem")

_MINUTE = 60 * clock.MICROSECONDS

_COMPARISONS = {
    "$gt": lambda one, other: one > other,
    "$gte": lambda one, other: one >= other,
    "$lt": lambda one, other: one < other,
    "$lte": lambda one, other: one <= other,
}


@dataclass(frozen=True, slots=True)
class StoredItem:
    """An item with its record; `ttl` is the number of minutes after which it expires."""

    record: MemoryRecord
    namespace: tuple[str, ...]
    key: str
    value: Any
    ttl: float | None

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of LangGraph's `Item`."""
        times = {"created_at": self.record.created_at, "updated_at": self.record.updated_at}
        return {
            **{name: _datetime(at) for name, at in times.items()},
            "namespace": self.namespace,
            "key": self.key,
            "value": self.value,
        }


def item_metadata(op: Any) -> dict[str, Any]:
    """Return the metadata of the item of a `PutOp`, which `stored_item` and `within` read.

    Raises:
        ValidationError: the value cannot be written as JSON.
    """
    namespace = op.namespace
    try:  # as text, to return exactly what was given
        item = json.dumps([namespace, op.key, op.value, op.ttl])
    except (TypeError, ValueError, RecursionError) as error:
        raise ValidationError(f"the value of {op.key!r} must be JSON: {error}") from error
    prefixes = [".".join(namespace[: i + 1]) for i in range(len(namespace))]
    return {"within": prefixes, "item": item}


def stored_item(record: MemoryRecord) -> StoredItem | None:
    """Return the item of a record, or None if another tool made it unreadable."""
    try:
        namespace, key, value, ttl = json.loads(record.metadata["item"])
        return StoredItem(record, tuple(namespace), key, value, ttl)
    except (KeyError, TypeError, ValueError, RecursionError):
        return None


def within(prefix: Sequence[str]) -> dict[str, Any]:
    """Return the filter of the items in the namespaces that begin with a prefix."""
    return {"within": {"contains": ".".join(prefix)}} if prefix else {}


def expiry(minutes: float | None, now: int) -> int | None:
    """Return when an item of this age expires, in microseconds; None for never.

    Raises:
        ValidationError: `minutes` is not a number.
    """
    if minutes is None:
        return None
    if not isinstance(minutes, int | float) or math.isnan(minutes):
        raise ValidationError(f"ttl must be a number of minutes, got {minutes!r}")
    return round(max(0, min(now + minutes * _MINUTE, clock.LAST_MICROSECOND)))


def is_expired(record: MemoryRecord, now: int) -> bool:
    """Return True if an item has expired."""
    return record.expires_at is not None and record.expires_at <= now


def matches(value: Any, wanted: Any) -> bool:
    """Return True if a value has what a filter asks for: a value, operators, or a dict of these."""
    if not isinstance(wanted, Mapping):
        return bool(value == (list(wanted) if isinstance(wanted, tuple) else wanted))
    if any(key.startswith("$") for key in wanted):
        return all(_compare(value, operator, other) for operator, other in wanted.items())
    return isinstance(value, dict) and all(matches(_at(value, k), v) for k, v in wanted.items())


def _at(value: Mapping[str, Any], key: str) -> Any:
    """Return what a value has under a key, or else under a path of keys: `user.name`."""
    if "'" in key or '"' in key:
        raise FilterError(f"Invalid filter key: {key!r}: LangGraph's stores refuse quotes in it")
    if key in value:
        return value[key]
    found: Any = value
    for part in key.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _compare(value: Any, operator: str, other: Any) -> bool:
    if operator in ("$eq", "$ne"):
        return bool(value == other) is (operator == "$eq")
    if operator not in _COMPARISONS:
        raise FilterError(f"unknown operator {operator!r}: use $eq, $ne, $gt, $gte, $lt or $lte")
    alike = all(isinstance(each, str) for each in (value, other))
    numbers = all(isinstance(each, int | float) for each in (value, other))
    return (alike or numbers) and bool(_COMPARISONS[operator](value, other))


def is_like(namespace: Sequence[str], where: str, path: Sequence[str]) -> bool:
    """Return True if a namespace begins or ends with a path, in which `*` is any label.

    `where` is "prefix" or "suffix".
    """
    first = 0 if where == "prefix" else max(len(namespace) - len(path), 0)
    part = namespace[first : first + len(path)]
    return len(part) == len(path) and all(p in ("*", n) for n, p in zip(part, path, strict=True))


def _datetime(at: int) -> datetime:
    return clock.EPOCH + timedelta(microseconds=at)


class Sweeper:
    """Calls a function in a thread at an interval, until it is stopped."""

    def __init__(self, sweep: Callable[[], object]) -> None:
        self._sweep = sweep
        self._running: tuple[threading.Thread, threading.Event] | None = None

    def start(self, minutes: float) -> None:
        """Start the thread, unless it runs."""
        if self._running is None:
            stop = threading.Event()
            thread = threading.Thread(target=self._run, args=(stop, minutes), daemon=True)
            self._running = thread, stop
            thread.start()

    def stop(self, timeout: float | None) -> bool:
        """Stop the thread; return False if it still runs after `timeout` seconds."""
        if self._running is None:
            return True
        thread, stop = self._running
        stop.set()
        thread.join(timeout)
        self._running = self._running if thread.is_alive() else None
        return self._running is None

    def _run(self, stop: threading.Event, minutes: float) -> None:
        while not stop.wait(minutes * 60):
            try:
                self._sweep()
            except LitememError as error:  # such as a locked file; the next time may do
                logger.warning("expired items were not deleted: %s", error)
