"""Exactly a scope: all four ids, an absent one too; said in two ways, for two kinds of indexes."""

from litemem.core.scope import ID_KEYS, Scope
from litemem.store.filters import Condition


def exactly(scope: Scope) -> Condition:
    """Return the condition that a row `m` has these ids and no others.

    Of `memory` it is led by one of the indexes memory_user, …: `= ?` says that the id is not null,
    which `IS ?` would not.
    """
    ids = scope.ids()
    parts = [f"m.{key} = ?" if key in ids else f"m.{key} IS NULL" for key in ID_KEYS]
    return Condition(" AND ".join(parts), tuple(ids.values()))


def keyed(scope: Scope) -> Condition:
    """Return the same for `session` and `entity`, whose unique indexes hold '' for an absent id.

    In a unique index one NULL is unlike another, so these are of `coalesce(user_id, '')`, ….
    """
    parts = [f"coalesce(m.{key}, '') = ?" for key in ID_KEYS]
    return Condition(" AND ".join(parts), tuple(value or "" for value in scope.key()))
