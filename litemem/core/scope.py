"""Scope: the ids that a memory belongs to, and the rules for what may be an id."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from litemem.errors import ScopeError, quoted

ID_KEYS = ("user_id", "agent_id", "app_id", "run_id")
MAX_ID_CHARACTERS = 1_024  # an id is a name, and every index holds it
WILDCARD = "*"  # in a filter: any id; so it can never be one


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The ids of one memory or one call; those that are absent are None.

    Raises:
        ScopeError: an id is not text, blank, too long, or holds what no id can hold.
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
        """Return the ids that are given, by name."""
        return {k: v for k, v in zip(ID_KEYS, self.key(), strict=True) if v is not None}

    def key(self) -> tuple[str | None, str | None, str | None, str | None]:
        """Return the four ids in the order of `ID_KEYS`."""
        return (self.user_id, self.agent_id, self.app_id, self.run_id)

    def merged(self, other: Mapping[str, Any]) -> "Scope":
        """Return this scope with the ids of `other` added; others' keys are passed over.

        Raises:
            ScopeError: both name an id and do not agree.
        """
        if not other:
            return self
        ids = self.ids()
        for key in ID_KEYS:
            value = other.get(key)
            if value is None:
                continue
            if ids.setdefault(key, value) != value:
                raise ScopeError(f"{key} is given twice: {quoted(ids[key])} and {quoted(value)}")
        return Scope(**ids)

    def require(self, call: str) -> "Scope":
        """Return this scope, which has to hold an id.

        Raises:
            ScopeError: it holds none.
        """
        if not self:
            raise ScopeError(
                f"{call} needs at least one of user_id, agent_id, app_id, run_id: "
                "it says whose memories are meant"
            )
        return self


def check_id(value: object, key: str) -> str:
    """Return `value` when it can be an id.

    Raises:
        ScopeError: it cannot; the message says why.
    """
    if not isinstance(value, str):
        raise ScopeError(f"{key} takes text, not {quoted(value)} ({type(value).__name__})")
    if not value.strip():
        raise ScopeError(f"{key} is blank: give it a name, or leave it out")
    if len(value) > MAX_ID_CHARACTERS:
        raise ScopeError(f"{key} has {len(value)} characters; {MAX_ID_CHARACTERS} is the most")
    if value == WILDCARD:
        raise ScopeError(f'{key}="*" means any id, which only a filter can say')
    if "\0" in value:
        raise ScopeError(f"{key}={quoted(value)} holds a NUL character")
    if not _encodable(value):
        raise ScopeError(f"{key}={quoted(value)} holds half a surrogate pair, which is not text")
    return value


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
