"""Options: what a call of `add` says of all the memories that come of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from litemem import clock
from litemem.scope import Scope
from litemem.validation import (
    check_categories,
    check_expiry,
    check_flag,
    check_instructions,
    check_memory_type,
    check_metadata,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Checked options. Times in microseconds; None: now, or never.

    `instructions` are the application's wishes for extraction, in words.
    """

    metadata: Mapping[str, Any] = field(default_factory=dict)
    categories: tuple[str, ...] = ()
    created_at: int | None = None
    expires_at: int | None = None
    memory_type: str | None = None
    instructions: str | None = None
    immutable: bool = False


def check_options(
    scope: Scope,
    *,
    metadata: Mapping[str, Any] | None,
    categories: Iterable[str] | None,
    timestamp: clock.Time | None,
    expiries: Iterable[clock.Time | None],
    memory_type: str | None,
    instructions: str | None,
    includes: str | None,
    excludes: str | None,
    immutable: bool,
) -> Options:
    """Return the options as callers give them, checked.

    Raises:
        ValidationError: one is wrong.
    """
    return Options(
        metadata=check_metadata(metadata),
        categories=check_categories(categories),
        created_at=None if timestamp is None else clock.parse_time(timestamp),
        expires_at=check_expiry(time for time in expiries if time is not None),
        memory_type=check_memory_type(memory_type, scope),
        instructions=_wishes(
            instructions,
            check_instructions(includes, "includes"),
            check_instructions(excludes, "excludes"),
        ),
        immutable=check_flag(immutable, "immutable"),
    )


def _wishes(instructions: str | None, includes: str | None, excludes: str | None) -> str | None:
    """Return what extraction should heed, with what to keep to and what to leave out."""
    parts = [instructions] if instructions else []
    if includes:
        parts.append(f"Take only what is about: {includes}")
    if excludes:
        parts.append(f"Leave out what is about: {excludes}")
    return "\n".join(parts) or None
