"""The commands that change what is remembered: update, delete."""

from collections.abc import Sequence
from typing import Any

import click

from litemem.cli.context import open_memory, open_without_model
from litemem.cli.input import said
from litemem.cli.options import (
    embedder_option,
    file_options,
    json_object_option,
    moment_option,
    required,
    scope_options,
)
from litemem.cli.output import asks, counted, show_json, status, tell
from litemem.core import clock
from litemem.core.arguments import UNSET
from litemem.core.scope import Scope
from litemem.memory import Memory
from litemem.store.filters import compile_filter

NEVER = "never"  # as an expiry: the memory lasts


@click.command()
@click.argument("memory_id", metavar="ID")
@click.argument("text", nargs=-1)
@json_object_option("--metadata", description="Merged into what the memory has.")
@click.option("--category", "categories", multiple=True, help="In place of those it has.")
@moment_option(
    "--expires-at", description='When it is no longer to be found, or "never".', unless=NEVER
)
@embedder_option
@file_options
def update(
    memory_id: str,
    text: tuple[str, ...],
    metadata: dict[str, Any] | None,
    categories: tuple[str, ...],
    expires_at: str | None,
    embedder: str | None,
    db: str | None,
    as_json: bool,
) -> None:
    """Change a memory: its text, or what it carries.

    TEXT takes the place of what it says; "-" reads it from standard input.
    """
    if not (text or metadata is not None or categories or expires_at):
        raise click.UsageError("nothing to change: give TEXT, --metadata, --category, …")
    expiry: Any = UNSET if expires_at is None else expires_at
    content = said(text) if text else None
    opened = open_memory(db, embedder=embedder, must_exist=True) if text else open_without_model(db)
    with opened as memory, status("updating"):
        result = memory.update(
            memory_id,
            content,
            metadata,
            categories=categories or None,
            expires_at=None if expiry == NEVER else expiry,
        )
    show_json(result) if as_json else tell("updated")


@click.command()
@click.argument("memory_ids", metavar="[ID]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All that the ids and the filter meet.")
@scope_options
@json_object_option("--filter", description="With --all: narrow by a filter.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@file_options
def delete(
    memory_ids: tuple[str, ...],
    everything: bool,
    ids: dict[str, Any],
    filter: dict[str, Any] | None,  # noqa: A002 - the option's name
    yes: bool,
    db: str | None,
    as_json: bool,
) -> None:
    """Delete memories; `history` still tells of them.

    Either those with these IDs, all of them or, if one is unknown, none; or with --all those of a
    user, an agent, an application or a run. That asks first, and without a terminal needs --yes.
    """
    if everything == bool(memory_ids):
        raise click.UsageError("which memories? Give their ids, or --all with --user-id, …")
    if memory_ids and (ids or filter is not None):
        raise click.UsageError("a memory's own id says all: leave out --filter, --user-id, …")
    if everything and not filter:
        required(ids)
    with open_without_model(db) as memory:
        if everything:
            number = _delete_all(memory, ids, filter, yes=yes)
        else:
            number = _delete_each(memory, memory_ids)
    one = number == 1 and not everything
    message = f"{'Memory' if one else 'Memories'} deleted successfully!"
    show_json({"message": message}) if as_json else tell(f"deleted {_memories(number)}")


def _delete_each(memory: Memory, memory_ids: Sequence[str]) -> int:
    chosen = tuple(dict.fromkeys(memory_ids))
    with memory.store.transaction() as tx:
        for memory_id in chosen:
            tx.delete(memory_id, clock.now())
    return len(chosen)


def _delete_all(
    memory: Memory, ids: dict[str, Any], condition: dict[str, Any] | None, *, yes: bool
) -> int:
    number = memory.store.count(compile_filter(condition, Scope(**ids)))
    if not (yes or asks()):
        raise click.UsageError(f"this would delete {_memories(number)}: say --yes")
    if number and not yes and not click.confirm(f"Delete {_memories(number)}?", err=True):
        raise click.exceptions.Exit(1)
    memory.delete_all(**ids, filters=condition)
    return number


def _memories(number: int) -> str:
    return counted(number, "memory", "memories")
