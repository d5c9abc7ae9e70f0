"""Options: what a call of `add` says of all the memories that come of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from litemem.core import clock
from litemem.core.arguments import (
    Category,
    check_categories,
    check_custom_categories,
    check_expiry,
    check_flag,
    check_instructions,
    check_memory_type,
    check_metadata,
)
from litemem.core.scope import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Checked options. Times in microseconds; None: now, or never.

    `instructions`, `includes` and `excludes` are the application's wishes for extraction, in words;
    `custom_categories` names what memories may be sorted under, each with what it means.
    `said_on` is the day that "yesterday" is seen from.
    """

    metadata: Mapping[str, Any] = field(default_factory=dict)
    categories: tuple[str, ...] = ()
    created_at: int | None = None
    expires_at: int | None = None
    memory_type: str | None = None
    instructions: str | None = None
    includes: str | None = None
    excludes: str | None = None
    custom_categories: Mapping[str, str] = field(default_factory=dict)
    said_on: str | None = None
    immutable: bool = False
    enable_graph: bool = False

    def at(self, now: int) -> int:
        """Return when it was said: `now`, unless the call dates it."""
        return now if self.created_at is None else self.created_at

    @property
    def wishes(self) -> str | None:
        """All wishes in one text, for a task that has no topics of its own."""
        parts = [self.instructions] if self.instructions else []
        if self.includes:
            parts.append(f"Take only what is about: {self.includes}")
        if self.excludes:
            parts.append(f"Leave out what is about: {self.excludes}")
        return "\n".join(parts) or None


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
    custom_categories: Sequence[Category] | None,
    immutable: bool,
    enable_graph: bool,
) -> Options:
    """Return the options as callers give them, checked.

    Raises:
        ValidationError: one is wrong.
    """
    created_at = None if timestamp is None else clock.parse_time(timestamp)
    return Options(
        metadata=check_metadata(metadata),
        categories=check_categories(categories),
        created_at=created_at,
        said_on=None if created_at is None else clock.to_iso(created_at)[:10],
        expires_at=check_expiry(time for time in expiries if time is not None),
        memory_type=check_memory_type(memory_type, scope),
        instructions=instructions,
        includes=check_instructions(includes, "includes"),
        excludes=check_instructions(excludes, "excludes"),
        custom_categories=_meanings(check_custom_categories(custom_categories)),
        immutable=check_flag(immutable, "immutable"),
        enable_graph=enable_graph,
    )


def _meanings(categories: Sequence[Category] | None) -> dict[str, str]:
    """Return what each category means, by name; nothing where that was not said."""
    found: dict[str, str] = {}
    for category in categories or ():
        found |= {category: ""} if isinstance(category, str) else category
    return found
