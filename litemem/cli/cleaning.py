"""The commands that remove what is no longer wanted: cleanup, erase, vacuum."""

from typing import Any

import click

from litemem.cli.opening import open_without_model
from litemem.cli.options import EVERYONE, file_options, json_object_option, required, scope_options
from litemem.cli.output import asks, bytes_text, show_json, show_table, status, tell


@click.command("cleanup")
@scope_options
@json_object_option("--filter", description="Only memories that the filter meets.")
@click.option("--everyone", is_flag=True, help="Whatever the ids: all that the file holds.")
@click.option("--expired", is_flag=True, help="Memories whose time is over.")
@click.option(
    "--superseded-older-than", metavar="TIME", help="Memories that ceased to hold so long ago."
)
@click.option("--matching", is_flag=True, help="Every memory that --filter meets.")
@click.option("--older-than", metavar="TIME", help="Memories that were made so long ago.")
@click.option(
    "--keep-last",
    type=int,
    metavar="N",
    help="All but the newest N memories of each exact combination of ids.",
)
@click.option("--duplicates", is_flag=True, help="Equal texts in the same scope, but the oldest.")
@click.option("--messages-older-than", metavar="TIME", help="What was said so long ago.")
@click.option(
    "--history-older-than",
    metavar="TIME",
    help="The history of memories to which nothing has happened for so long.",
)
@click.option("--orphans", is_flag=True, help="What belongs to nothing.")
@click.option("--vacuum", is_flag=True, help="Then write the file anew, so that it shrinks.")
@click.option("--yes", is_flag=True, help="Do it, without asking.")
@file_options
def clean_up_file(
    ids: dict[str, Any],
    filter: dict[str, Any] | None,  # noqa: A002 - the option's name
    everyone: bool,
    yes: bool,
    db: str | None,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Remove what has had its time, within a scope.

    First it is counted; then it asks, and without a terminal nothing is removed before --yes. All
    goes in one transaction, and `history` still tells of the memories. TIME is a number with s, m,
    h, d, w or y: 90d.
    """
    if everyone:
        filter = {"AND": [filter, EVERYONE]} if filter else EVERYONE  # noqa: A001
    wanted = {name: value for name, value in chosen.items() if value not in (None, False)}
    if not filter and set(wanted) != {"vacuum"}:
        required(ids, or_everyone=True)
    with open_without_model(db) as memory:
        call = {**ids, "filters": filter, **wanted}
        with status("counting"):
            done = memory.cleanup(**call, dry_run=True)
        sure = yes or _sure("REMOVED", done["removed"], as_json, "Remove this?")
        if sure:
            with status("cleaning up"):
                done = memory.cleanup(**call)
    if as_json:
        return show_json(done)
    if sure:
        _show_counts("REMOVED", done["removed"])
        return _tell_bytes(done)
    return tell("nothing was removed: say --yes")


@click.command("erase")
@click.argument("memory_ids", metavar="[ID]...", nargs=-1)
@scope_options
@json_object_option("--filter", description="Only memories that the filter meets.")
@click.option("--yes", is_flag=True, help="Do it, without asking.")
@file_options
def erase_memories(
    memory_ids: tuple[str, ...],
    ids: dict[str, Any],
    filter: dict[str, Any] | None,  # noqa: A002 - the option's name
    yes: bool,
    db: str | None,
    as_json: bool,
) -> None:
    """Erase memories without a trace, also their bytes in the file.

    With them go their vectors, history, messages, feedback and what the graph has of them. Either
    those with these IDs, or those of a user, an agent, an application or a run: then with all that
    was said there. First it is counted; then it asks, and without a terminal nothing is erased
    before --yes. Backups are not touched. Ends with 1 when bytes could still be in the file.
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
        sure = yes or _sure("ERASED", done["erased"], as_json, "Erase this for good?")
        if sure:
            with status("erasing"):
                done = memory.erase(**call)
    if as_json:
        show_json(done)
    elif sure:
        _show_counts("ERASED", done["erased"])
        _tell_bytes(done)
    else:
        tell("nothing was erased: say --yes")
    if sure and not done["gone"]:
        raise click.exceptions.Exit(1)


@click.command("vacuum")
@file_options
def vacuum_file(db: str | None, as_json: bool) -> None:
    """Write the file anew, without gaps and without what was deleted.

    Others may read and write before and after, not meanwhile. It needs room for a second copy.
    """
    with open_without_model(db) as memory, status("writing anew"):
        done = memory.cleanup(vacuum=True)
    if as_json:
        return show_json({"bytes": done["bytes"], "advice": done["advice"]})
    return _tell_bytes(done)


def _sure(heading: str, counts: dict[str, int], as_json: bool, question: str) -> bool:
    """Show what would go, and ask; without somebody to answer: no."""
    if as_json:
        return False
    _show_counts(f"WOULD BE {heading}", counts)
    return asks() and click.confirm(question, err=True)


def _show_counts(heading: str, counts: dict[str, int]) -> None:
    rows = [(name.replace("_", " "), f"{number:,}") for name, number in counts.items()]
    show_table(("WHAT", heading), rows)


def _tell_bytes(done: dict[str, Any]) -> None:
    if done["advice"]:
        tell(done["advice"])
    if done["bytes"]:
        before, after = done["bytes"]["before"], done["bytes"]["after"]
        given = f"{bytes_text(max(before - after, 0))} given back"
        tell(f"{given}: {bytes_text(before)} before, {bytes_text(after)} now")
