"""The commands that remove what is no longer wanted: cleanup, erase, vacuum."""

from typing import Any

import click

from litemem.cli.context import open_without_model
from litemem.cli.options import (
    EVERYONE,
    duration_option,
    file_options,
    json_object_option,
    required,
    scope_options,
    sure_options,
)
from litemem.cli.output import asks, bytes_text, show_json, show_table, status, tell

UNSURE = 2  # as of every command line that lacks a --yes
_DONE = {"remove": "removed", "erase": "erased"}


@click.command("cleanup")
@scope_options
@json_object_option("--filter", description="Only memories that the filter meets.")
@click.option("--everyone", is_flag=True, help="Whatever the ids: all that the file holds.")
@click.option("--expired", is_flag=True, help="Memories whose time is over.")
@duration_option("--superseded-older-than", description="Memories that ceased to hold so long ago.")
@click.option("--matching", is_flag=True, help="Every memory that --filter meets.")
@duration_option("--older-than", description="Memories that were made so long ago.")
@click.option(
    "--keep-last",
    type=click.IntRange(min=1),
    metavar="N",
    help="All but the newest N memories of each exact combination of ids.",
)
@click.option("--duplicates", is_flag=True, help="Equal texts in the same scope, but the oldest.")
@duration_option("--messages-older-than", description="What was said so long ago.")
@duration_option(
    "--history-older-than",
    description="The history of memories to which nothing has happened for so long.",
)
@click.option("--orphans", is_flag=True, help="What belongs to nothing.")
@click.option("--vacuum", is_flag=True, help="Then write the file anew, so that it shrinks.")
@sure_options
@file_options
def clean_up_file(
    ids: dict[str, Any],
    filter: dict[str, Any] | None,  # noqa: A002 - the option's name
    everyone: bool,
    yes: bool,
    dry_run: bool,
    db: str | None,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Remove what has had its time, within a scope.

    First it is counted; then it asks. Without a terminal it removes nothing before --yes, and ends
    with 2; with --dry-run it only counts, and ends with 0. All goes in one transaction, and
    `history` still tells of the memories. TIME is a number with s, m, h, d, w or y: 90d. Ends with
    1 when --vacuum could not empty the log, because another program reads the file as it was.
    """
    if everyone:
        filter = {"AND": [filter, EVERYONE]} if filter else EVERYONE  # noqa: A001
    wanted = {name: value for name, value in chosen.items() if value not in (None, False)}
    if not wanted:
        raise click.UsageError("what is to go? Give --expired, --older-than, …, or --vacuum")
    if "matching" in wanted and not filter:
        raise click.UsageError("--matching needs --filter: it says which memories are to go")
    if not filter and set(wanted) != {"vacuum"}:
        required(ids, or_everyone=True)
    with open_without_model(db) as memory:
        call = {**ids, "filters": filter, **wanted}
        with status("counting"):
            done = memory.cleanup(**call, dry_run=True)
        _make_sure("remove", done["removed"], done, yes=yes, dry_run=dry_run, as_json=as_json)
        with status("cleaning up"):
            done = memory.cleanup(**call)
    if as_json:
        show_json(done)
    else:
        _show_counts("REMOVED", done["removed"])
        _tell_bytes(done)
    _end_with_held(done)


@click.command("erase")
@click.argument("memory_ids", metavar="[ID]...", nargs=-1)
@scope_options
@json_object_option("--filter", description="Only memories that the filter meets.")
@sure_options
@file_options
def erase_memories(
    memory_ids: tuple[str, ...],
    ids: dict[str, Any],
    filter: dict[str, Any] | None,  # noqa: A002 - the option's name
    yes: bool,
    dry_run: bool,
    db: str | None,
    as_json: bool,
) -> None:
    """Erase memories without a trace, also their bytes in the file.

    With them go their vectors, history, messages, feedback and what the graph has of them. Either
    those with these IDs, or those of a user, an agent, an application or a run: then with all that
    was said there. First it is counted; then it asks. Without a terminal it erases nothing before
    --yes, and ends with 2; with --dry-run it only counts, and ends with 0. Backups are not
    touched. Ends with 1 when bytes could still be in the file.
    """
    if memory_ids and (ids or filter):
        raise click.UsageError("a memory's own id says all: leave out --filter, --user-id, …")
    if not (memory_ids or filter):
        required(ids)
    call: dict[str, Any] = {**ids, "filters": filter}
    if memory_ids:
        call = {"memory_id": list(memory_ids)}
    with open_without_model(db) as memory:
        with status("counting"):
            done = memory.erase(**call, dry_run=True)
        _make_sure("erase", done["erased"], done, yes=yes, dry_run=dry_run, as_json=as_json)
        with status("erasing"):
            done = memory.erase(**call)
    if as_json:
        show_json(done)
    else:
        _show_counts("ERASED", done["erased"])
        _tell_bytes(done)
    if not done["gone"]:
        raise click.exceptions.Exit(1)


@click.command("vacuum")
@file_options
def vacuum_file(db: str | None, as_json: bool) -> None:
    """Write the file anew, without gaps and without what was deleted.

    Others may read and write before and after, not meanwhile. It needs room for a second copy.
    Ends with 1 when another program still reads the file as it was: its log has the old bytes.
    """
    with open_without_model(db) as memory, status("writing anew"):
        done = memory.cleanup(vacuum=True)
    if as_json:
        show_json({"bytes": done["bytes"], "advice": done["advice"]})
    else:
        _tell_bytes(done)
    _end_with_held(done)


def _make_sure(
    verb: str, counts: dict[str, int], preview: Any, *, yes: bool, dry_run: bool, as_json: bool
) -> None:
    """Show what would go, and ask; end the command unless it is wanted."""
    if yes and not dry_run:
        return
    show_json(preview) if as_json else _show_counts(f"WOULD BE {_DONE[verb].upper()}", counts)
    if dry_run:
        raise click.exceptions.Exit(0)
    if as_json or not asks():
        tell(f"nothing was {_DONE[verb]}: say --yes, or --dry-run for the counts alone")
        raise click.exceptions.Exit(UNSURE)
    if not click.confirm(f"{verb.capitalize()} this for good?", err=True):
        tell(f"nothing was {_DONE[verb]}")
        raise click.exceptions.Exit(1)


def _show_counts(heading: str, counts: dict[str, int]) -> None:
    rows = [(name.replace("_", " "), f"{number:,}") for name, number in counts.items()]
    show_table(("WHAT", heading), rows)


def _end_with_held(done: dict[str, Any]) -> None:
    """End with 1 when the log could not be emptied."""
    if done["advice"]:
        raise click.exceptions.Exit(1)


def _tell_bytes(done: dict[str, Any]) -> None:
    if done["advice"]:
        tell(done["advice"])
    if done["bytes"]:
        before, after = done["bytes"]["before"], done["bytes"]["after"]
        given = f"{bytes_text(max(before - after, 0))} given back"
        tell(f"{given}: {bytes_text(before)} before, {bytes_text(after)} now")
