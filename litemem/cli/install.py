"""The command that writes litemem into the configuration of agents."""

import difflib
import os
import shlex
from typing import Any, get_args

import click

from litemem.cli.context import file_path
from litemem.cli.options import embedder_option, llm_option
from litemem.cli.output import echo_err, show_json, show_lines
from litemem.core.config import user_path
from litemem.core.scope import Scope
from litemem.errors import ValidationError
from litemem.integrations import clients
from litemem.models.resolve import is_address


@click.command("install")
@click.argument("client", metavar="CLIENT", type=click.Choice(get_args(clients.Client)))
@click.option("--uninstall", is_flag=True, help="Remove the server and the hooks.")
@click.option("--dry-run", is_flag=True, help="Show the changes, and write nothing.")
@click.option("--no-hooks", is_flag=True, help="Add the server only.")
@click.option(
    "--user-id",
    envvar=["LITEMEM_USER_ID", "MEM0_DEFAULT_USER_ID"],
    metavar="ID",
    help="The user of the server and of the hooks. [default: LITEMEM_USER_ID, or the login name]",
)
@click.option(
    "--db",
    envvar="LITEMEM_DB",
    metavar="PATH",
    help="Path of the file that they use. [default: LITEMEM_DB, or memory.db in the user's data "
    "folder]",
)
@embedder_option
@llm_option
@click.option(
    "--command",
    metavar="COMMAND",
    help='The command that the agent runs, for example "uvx litemem". [default: the litemem that '
    "you call, with its whole path]",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def install(
    client: clients.Client,
    uninstall: bool,
    dry_run: bool,
    no_hooks: bool,
    user_id: str | None,
    db: str | None,
    embedder: str | None,
    llm: str | None,
    command: str | None,
    as_json: bool,
) -> None:
    """Connect an agent to the memory: add litemem to its configuration.

    CLIENT is claude-desktop, claude-code, codex, cursor or vscode. It gets the MCP server `litemem
    mcp`, with which the agent searches and changes memories. claude-code and codex also get hooks,
    which give memories to each session and store its messages. Restart the agent afterwards.

    The file, the user and the models of the options, or of the variables of your shell, are written
    as options of the server, because not every agent hands these variables on.

    Other entries stay as they are, and the old file is kept next to the new one. A file that cannot
    be parsed, for example one with comments, is not changed. The same command again changes
    nothing.
    """
    options = [] if uninstall else _options(user_id, db, embedder)
    files = clients.files_of(
        client,
        clients.own_command() if command is None else _words(command),
        environment=os.environ,
        options=options,
        server_options=["--llm", _from_anywhere(llm)] if llm else [],
        hooks=not no_hooks,
        remove=uninstall,
    )
    planned = [_plan(file) for file in files]  # refuse before anything is written
    for change in planned:
        if change.is_change and not dry_run:
            clients.check_writable(change.path)
    done = planned if dry_run else [clients.apply(file) for file in files]
    if as_json:
        return show_json([_change_dict(change) for change in done])
    for change in done:
        _show(change, is_done=not dry_run)
    if not dry_run and any(change.is_change for change in done):
        echo_err(f"restart {client} to use the change")
    return None


def _options(user_id: str | None, db: str | None, embedder: str | None) -> list[str]:
    """Return the options of the server and the hooks.

    Raises:
        ScopeError, StoreError: they would be refused later, where nobody sees it.
    """
    if user_id is not None:
        Scope(user_id=user_id)
    return [
        *(["--user-id", user_id] if user_id else []),
        *(["--db", os.path.realpath(file_path(db))] if db is not None else []),
        *(["--embedder", _from_anywhere(embedder)] if embedder else []),
    ]


def _from_anywhere(model: str) -> str:
    """Return the name of a model for a process in another folder: a path is made absolute."""
    if "/" not in model.replace(os.sep, "/") or is_address(model):
        return model
    return os.path.realpath(user_path(model))


def _words(command: str) -> list[str]:
    """Return the words of a command."""
    try:
        words = shlex.split(command, posix=os.name == "posix")
    except ValueError as error:
        raise click.BadParameter(f"{error}: {command}", param_hint="--command") from error
    if not words:
        raise click.BadParameter("give a command", param_hint="--command")
    return words


def _plan(file: clients.ClientFile) -> clients.Change:
    """Return the change of a file; if it is not edited, show what to add to it by hand."""
    try:
        return clients.plan(file)
    except ValidationError:
        if entry := clients.by_hand(file):
            for line in [f"to add to {file.path} by hand:", *entry.splitlines()]:
                echo_err(line)
        raise


def _change_dict(change: clients.Change) -> dict[str, Any]:
    backup = str(change.backup) if change.backup else None
    return {"path": str(change.path), "changed": change.is_change, "backup": backup}


def _show(change: clients.Change, *, is_done: bool) -> None:
    if not change.is_change:
        show_lines([f"{change.path}: nothing to change"])
    elif is_done:
        kept = f"; the old one is {change.backup.name}" if change.backup else ""
        show_lines([f"{change.path}: written{kept}"])
    else:
        before = (change.before or b"").decode().splitlines()
        after = change.after.decode().splitlines()
        path = str(change.path)
        show_lines(difflib.unified_diff(before, after, path, path, lineterm=""))
