"""`Scope`: the four ids that a memory belongs to, and what an id may be."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from litemem.errors import ScopeError, quoted

ID_KEYS = ("user_id", "agent_id", "app_id", "run_id")
MAX_ID_CHARACTERS = 1_024  # every index contains the ids
WILDCARD = "*"  # matches any id in a filter, so no id can be "*"
# the filter that every memory meets: it has an id
EVERYONE: dict[str, Any] = {"OR": [{key: WILDCARD} for key in ID_KEYS]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The ids of a memory or of a call; an absent id is None.

    Raises:
        ScopeError: an id is not text, is blank or too long, or has a character that no id may have.
    """

    user_id: str | None = None
    agent_id: str | None = None
    app_id: str | None = None
    run_id: str | None = None

    def __post_init__(self) -> None:
        for key, value in zip(ID_KEYS, self.key(), strict=True):
            if value is not None:
                check_id(value, key)

    def __bool__(self) -> bool:
        return self.key() != (None, None, None, None)

    @property
    def is_agent_only(self) -> bool:
        """True if the scope has an agent and no user."""
        return self.agent_id is not None and self.user_id is None

    def ids(self) -> dict[str, str]:
        """Return the ids that are set, by name."""
        return {k: v for k, v in zip(ID_KEYS, self.key(), strict=True) if v is not None}

    def key(self) -> tuple[str | None, str | None, str | None, str | None]:
        """Return the four ids in the order of `ID_KEYS`."""
        return (self.user_id, self.agent_id, self.app_id, self.run_id)

    def merged(self, other: Mapping[str, Any]) -> "Scope":
        """Return this scope with the ids of `other` added; other keys are ignored.

        Raises:
            ScopeError: both set an id, to different values.
        """
        if not other:
            return self
        ids = self.ids()
        for key in ID_KEYS:
            value = other.get(key)
            if value is None:
                continue
            if ids.setdefault(key, value) != value:
                raise ScopeError(f"{key} is given twice, as {quoted(ids[key])} and {quoted(value)}")
        return Scope(**ids)

    def require(self, call: str) -> "Scope":
        """Return this scope.

        Raises:
            ScopeError: no id is set.
        """
        if not self:
            raise ScopeError(f"{call} needs a scope: give user_id, agent_id, app_id or run_id")
        return self


def check_id(value: object, key: str) -> str:
    """Return `value`.

    Raises:
        ScopeError: `value` cannot be an id.
    """
    if not isinstance(value, str):
        raise ScopeError(f"{key} must be text, got {quoted(value)} ({type(value).__name__})")
    if not value.strip():
        raise ScopeError(f"{key} is blank: give a name, or omit it")
    if len(value) > MAX_ID_CHARACTERS:
        raise ScopeError(
            f"{key} must have at most {MAX_ID_CHARACTERS} characters, got {len(value)}"
        )
    if value == WILDCARD:
        raise ScopeError(f'{key}="*" matches any id, and is allowed in a filter only')
    if "\0" in value:
        raise ScopeError(f"{key}={quoted(value)} has a NUL character")
    if not _encodable(value):
        raise ScopeError(f"{key}={quoted(value)} has half a surrogate pair, which is not text")
    return value


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
