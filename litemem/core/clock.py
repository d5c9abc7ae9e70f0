"""Time and ids: where a memory gets either from, and how times are read and shown."""

import os
import re
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from litemem.errors import ValidationError, quoted

MICROSECONDS = 1_000_000  # in a second; every stored time is an integer count of these, in UTC
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST = datetime.min.replace(tzinfo=UTC) - EPOCH
LAST = datetime.max.replace(tzinfo=UTC) - EPOCH
FIRST_MICROSECOND = FIRST // timedelta(microseconds=1)
LAST_MICROSECOND = LAST // timedelta(microseconds=1)

_DURATION = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)([smhdwy])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800, "y": 365 * 86_400}

_tick_lock = threading.Lock()
_last_tick = 0

Time = datetime | date | str | int | float  # what callers may give


def now() -> int:
    """Return the present as microseconds since 1970-01-01 UTC."""
    return time.time_ns() // 1_000


def checked(clock: Callable[[], int]) -> Callable[[], int]:
    """Return a clock that gives what `clock` does, and is read once to see that it is one.

    Raises (as the clock that is returned does):
        ValidationError: it gives something else than microseconds of the years 1 to 9999.
    """

    def reading() -> int:
        at = clock()
        if not is_time(at):
            raise ValidationError(
                "now takes a clock that gives microseconds since 1970 as an int, of the years 1 to "
                f"9999, as litemem.core.clock.now does; this one gives {quoted(at)}"
            )
        return at

    if not callable(clock):
        raise ValidationError(
            f"now takes a clock, a function without arguments: not {quoted(clock)}"
        )
    reading()
    return reading


def is_time(value: object) -> bool:
    """Tell whether this can be a time: microseconds of the years 1 to 9999."""
    return isinstance(value, int) and FIRST_MICROSECOND <= value <= LAST_MICROSECOND


def new_id() -> str:
    """Return a fresh UUID, version 7 of RFC 9562: a later id of this process sorts after it.

    Ids in order of time keep the file's index on them compact, where random ones scatter over it,
    and break ties between memories of one moment in the order in which they were made.
    """
    ticks = _next_tick()
    high = ticks >> 12 << 16 | 0x7 << 12 | ticks & 0xFFF  # milliseconds, version, fraction
    low = 0x2 << 62 | int.from_bytes(os.urandom(8), "big") >> 2  # variant, random
    return str(uuid.UUID(int=high << 64 | low))


def _next_tick() -> int:
    """Return the time in milliseconds / 4096 (RFC 9562 §6.2, method 3), never the same twice."""
    global _last_tick
    now_ns = time.time_ns()
    ticks = now_ns // 1_000_000 << 12 | (now_ns % 1_000_000 << 12) // 1_000_000
    with _tick_lock:
        _last_tick = max(ticks, _last_tick + 1)
        return _last_tick


def to_iso(microseconds: int) -> str:
    """Show a stored time in ISO 8601 with its offset, as Mem0 does."""
    return (EPOCH + timedelta(microseconds=microseconds)).isoformat()


def last_day(expires_at: int) -> str:
    """Return the last day, in UTC, on which what expires then is found, as an ISO date."""
    return to_iso(max(expires_at - 1, FIRST_MICROSECOND))[:10]


def day(microseconds: int) -> str:
    """Return the day of a moment where this machine is, as an ISO date."""
    return (EPOCH + timedelta(microseconds=microseconds)).astimezone().date().isoformat()


def parse_time(value: Time, name: str = "timestamp") -> int:
    """Read a point in time: a datetime, an ISO 8601 string or seconds since 1970.

    A time without an offset is UTC. A date without a time is its first moment.

    Raises:
        ValidationError: it is none of these, or lies outside the years 1 to 9999.
    """
    delta = _datetime(value, name) - EPOCH
    if not FIRST <= delta <= LAST:
        raise ValidationError(f"{name}={quoted(value)} is outside the years 1 to 9999 in UTC")
    return _microseconds(delta)


def parse_expiry(value: Time, name: str = "expires_at") -> int:
    """Read when a memory expires; a bare date lasts until its day has ended, in UTC.

    Raises:
        ValidationError: as `parse_time`.
    """
    bare = isinstance(value, date) and not isinstance(value, datetime)
    if bare or (isinstance(value, str) and _is_bare_date(value)):
        return min(parse_time(value, name) + 86_400 * MICROSECONDS, _microseconds(LAST))
    return parse_time(value, name)


def parse_duration(value: timedelta | str, name: str) -> int:
    """Read how long: a timedelta, or a number with s, m, h, d, w or y (365 days): "90d", "1.5h".

    Return microseconds.

    Raises:
        ValidationError: it is neither, is negative, or longer than all of time.
    """
    if isinstance(value, str):
        found = _DURATION.fullmatch(value.strip().lower())
        if found is None:
            raise ValidationError(
                f'{name}={quoted(value)} is no duration: give "90d", "12h" or "1.5y"'
            )
        seconds = float(found[1]) * _SECONDS[found[2]]
    elif isinstance(value, timedelta):
        seconds = value.total_seconds()
    else:
        raise ValidationError(
            f'{name} takes a timedelta, or text such as "90d", not {quoted(value)}'
        )
    if not 0 <= seconds <= (LAST - FIRST).total_seconds():
        raise ValidationError(f"{name}={quoted(value)} is negative, or longer than all of time")
    return round(seconds * MICROSECONDS)


def _microseconds(delta: timedelta) -> int:
    return (delta.days * 86_400 + delta.seconds) * MICROSECONDS + delta.microseconds


def _datetime(value: Time, name: str) -> datetime:
    try:
        if isinstance(value, datetime):
            return _aware(value)
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day, tzinfo=UTC)
        if isinstance(value, str):
            return _aware(datetime.fromisoformat(value.strip()))
        if isinstance(value, int | float) and not isinstance(value, bool):
            return EPOCH + timedelta(seconds=value)
    except (ValueError, OverflowError, NotImplementedError) as error:
        raise ValidationError(f"{name}={quoted(value)} is not a time: {error}") from error
    raise ValidationError(
        f"{name} takes a datetime, an ISO 8601 string or seconds since 1970, not {quoted(value)}"
    )


def _aware(moment: datetime) -> datetime:
    """Return a moment with its offset; one that has none, or a zone that tells none, is UTC."""
    return moment.replace(tzinfo=UTC) if moment.utcoffset() is None else moment


def _is_bare_date(text: str) -> bool:
    try:
        date.fromisoformat(text.strip())
    except ValueError:
        return False
    return True
