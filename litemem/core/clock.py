"""Times and ids: the clock, UUIDs, and parsing and formatting of times and durations."""

import os
import re
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from litemem.errors import ValidationError, quoted

MICROSECONDS = 1_000_000  # in a second; stored times are whole microseconds since 1970, in UTC
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST = datetime.min.replace(tzinfo=UTC) - EPOCH
LAST = datetime.max.replace(tzinfo=UTC) - EPOCH
FIRST_MICROSECOND = FIRST // timedelta(microseconds=1)
LAST_MICROSECOND = LAST // timedelta(microseconds=1)

_DURATION = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)([smhdwy])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800, "y": 365 * 86_400}

_EXAMPLE = "one in ISO 8601, such as 2026-03-01 or 2026-03-01T09:30:00Z"

_tick_lock = threading.Lock()
_last_tick = 0

Time = datetime | date | str | int | float  # as in the arguments of public calls


def now() -> int:
    """Return the current time in microseconds since 1970-01-01 UTC."""
    return time.time_ns() // 1_000


def checked(clock: Callable[[], int]) -> Callable[[], int]:
    """Return `clock` with a check of every time that it returns; checks one time here.

    Raises (also the returned clock):
        ValidationError: the time is not in microseconds, or outside the years 1 to 9999.
    """

    def reading() -> int:
        at = clock()
        if not is_time(at):
            raise ValidationError(
                "now must return microseconds since 1970 as an int, in the years 1 to 9999, as in "
                f"lambda: time.time_ns() // 1_000; it returned {quoted(at)}"
            )
        return at

    if not callable(clock):
        raise ValidationError(
            f"now must be a clock, a function without arguments, got {quoted(clock)}"
        )
    reading()
    return reading


def is_time(value: object) -> bool:
    """Return True for microseconds in the years 1 to 9999."""
    return isinstance(value, int) and FIRST_MICROSECOND <= value <= LAST_MICROSECOND


def new_id() -> str:
    """Return a new UUID, version 7 of RFC 9562; the ids of a process ascend.

    Ascending ids keep the file's index compact, and order memories of the same moment.
    """
    ticks = _next_tick()
    high = ticks >> 12 << 16 | 0x7 << 12 | ticks & 0xFFF  # milliseconds, version, fraction
    low = 0x2 << 62 | int.from_bytes(os.urandom(8), "big") >> 2  # variant, random
    return str(uuid.UUID(int=high << 64 | low))


def _next_tick() -> int:
    """Return a unique time in milliseconds / 4096 (RFC 9562 §6.2, method 3)."""
    global _last_tick
    now_ns = time.time_ns()
    ticks = now_ns // 1_000_000 << 12 | (now_ns % 1_000_000 << 12) // 1_000_000
    with _tick_lock:
        _last_tick = max(ticks, _last_tick + 1)
        return _last_tick


def renew_lock() -> None:
    """Give a forked child a lock of its own: a thread of the parent may have held the old one."""
    global _tick_lock
    _tick_lock = threading.Lock()


def to_iso(microseconds: int) -> str:
    """Return a stored time in ISO 8601 with its offset, as Mem0 does."""
    return (EPOCH + timedelta(microseconds=microseconds)).isoformat()


def last_day(expires_at: int) -> str:
    """Return the last day, in UTC, before an expiry, as an ISO date."""
    return to_iso(max(expires_at - 1, FIRST_MICROSECOND))[:10]


def day(microseconds: int) -> str:
    """Return the day of a time in the local time zone, as an ISO date."""
    return (EPOCH + timedelta(microseconds=microseconds)).astimezone().date().isoformat()


def parse_time(value: Time, name: str = "timestamp") -> int:
    """Return the microseconds of a datetime, an ISO 8601 string or seconds since 1970.

    A time without an offset is in UTC, and a date without a time is midnight.

    Raises:
        ValidationError: it is something else, or outside the years 1 to 9999.
    """
    delta = _datetime(value, name) - EPOCH
    if not FIRST <= delta <= LAST:
        raise ValidationError(f"{name}={quoted(value)} is outside the years 1 to 9999 in UTC")
    return _microseconds(delta)


def day_of(value: Time, name: str = "timestamp") -> str:
    """Return the day of a time where it was written, by its offset, as an ISO date.

    Raises:
        ValidationError: as `parse_time`.
    """
    parse_time(value, name)
    return _datetime(value, name).date().isoformat()


def parse_expiry(value: Time, name: str = "expires_at") -> int:
    """Return the microseconds of an expiry; a date without a time ends with its day, in UTC.

    Raises:
        ValidationError: as `parse_time`.
    """
    bare = isinstance(value, date) and not isinstance(value, datetime)
    if bare or (isinstance(value, str) and _is_bare_date(value)):
        return min(parse_time(value, name) + 86_400 * MICROSECONDS, _microseconds(LAST))
    return parse_time(value, name)


def parse_duration(value: timedelta | str, name: str) -> int:
    """Return the microseconds of a timedelta, or of a text such as "90d" or "1.5h".

    The units are s, m, h, d, w and y (365 days).

    Raises:
        ValidationError: it is something else, is negative, or too long.
    """
    if isinstance(value, str):
        found = _DURATION.fullmatch(value.strip().lower())
        if found is None:
            raise ValidationError(
                f'{name} must be a duration such as "90d", "12h" or "1.5y", got {quoted(value)}'
            )
        seconds = float(found[1]) * _SECONDS[found[2]]
    elif isinstance(value, timedelta):
        seconds = value.total_seconds()
    else:
        raise ValidationError(
            f'{name} must be a timedelta, or text such as "90d", got {quoted(value)}'
        )
    if not 0 <= seconds <= (LAST - FIRST).total_seconds():
        raise ValidationError(f"{name} must be from 0 to 9999 years, got {quoted(value)}")
    return round(seconds * MICROSECONDS)


def _microseconds(delta: timedelta) -> int:
    return (delta.days * 86_400 + delta.seconds) * MICROSECONDS + delta.microseconds


def _datetime(value: Time, name: str) -> datetime:
    meant = "one between the years 1 and 9999"
    try:
        if isinstance(value, datetime):
            return _aware(value)
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day, tzinfo=UTC)
        if isinstance(value, str):
            meant = _EXAMPLE
            return _aware(datetime.fromisoformat(value.strip()))
        if isinstance(value, int | float) and not isinstance(value, bool):
            return EPOCH + timedelta(seconds=value)
    except (ValueError, OverflowError, NotImplementedError) as error:
        raise ValidationError(f"{name}={quoted(value)} is not a time: give {meant}") from error
    raise ValidationError(
        f"{name} must be a datetime, an ISO 8601 string or seconds since 1970, got {quoted(value)}"
    )


def _aware(moment: datetime) -> datetime:
    """Return a datetime with its offset; without one it is in UTC."""
    return moment.replace(tzinfo=UTC) if moment.utcoffset() is None else moment


def _is_bare_date(text: str) -> bool:
    try:
        date.fromisoformat(text.strip())
    except ValueError:
        return False
    return True
