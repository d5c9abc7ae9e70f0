"""The command that coding agents call at an event of a session."""

import json
import os
import subprocess
import sys
from types import TracebackType
from typing import Any

import click

from litemem.cli.errors import system_error_text
from litemem.cli.options import db_option, embedder_option, number_option
from litemem.cli.output import echo_err
from litemem.core.config import default_user
from litemem.integrations import hook_events

SERVER_SECONDS = 5.0  # an agent waits for its hook; without an answer the hook works alone


class _NeverFails:
    """Report any error in one line: a client takes other exit codes as a word on the session."""

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> bool:
        if isinstance(error, click.exceptions.Exit):
            return False  # --help
        if isinstance(error, Exception):
            echo_err(f"litemem hook: {_text(error) or type(error).__name__}")
        return isinstance(error, Exception | KeyboardInterrupt)


def _text(error: Exception) -> str:
    if isinstance(error, OSError):
        return system_error_text(error)
    text = error.format_message() if isinstance(error, click.ClickException) else str(error)
    return " ".join(text.split())  # click lists choices in lines


class _HookCommand(click.Command):
    """A command that ends with 0, also after wrong usage: 2 would block the user's prompt."""

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        with _NeverFails():
            return super().make_context(*args, **options)
        raise click.exceptions.Exit(0)

    def invoke(self, ctx: click.Context) -> None:
        with _NeverFails():
            super().invoke(ctx)


@click.command("hook", cls=_HookCommand)
@click.argument("event", metavar="EVENT", type=click.Choice(hook_events.EVENTS))
@click.option(
    "--user-id", metavar="ID", help="Scope: the user. [default: LITEMEM_USER_ID, or the login name]"
)
@number_option(
    "--budget",
    default=hook_events.BUDGET,
    description="Maximum number of tokens of a context, estimated from its characters.",
)
@click.option("--index", "only_index", is_flag=True, hidden=True, help="Only index messages.")
@embedder_option
@db_option
def hook(
    event: str,
    user_id: str | None,
    budget: int,
    only_index: bool,
    embedder: str | None,
    db: str | None,
) -> None:
    """Answer an event of a coding agent's session.

    EVENT is session-start, user-prompt, stop or pre-compact. Its JSON is read from standard input.
    session-start and user-prompt print memories as `additionalContext`. stop and pre-compact store
    the new messages of the session, and index them in another process. The exit code is
    always 0, so that a session goes on without its memory. docs/hooks.md shows the set-up.
    """
    if only_index:
        from litemem.integrations import hooks

        if hasattr(os, "nice"):
            os.nice(10)
        hooks.index(db, embedder)
        return
    data = sys.stdin.buffer.read(hook_events.MAX_INPUT)
    user = user_id or default_user()
    output = _ask_server(event, data, user, budget, db, embedder)
    if output is None:
        _answer_alone(event, data, user, budget, db, embedder)
    elif output:
        click.echo(output)


def _ask_server(
    event: str, data: bytes, user: str, budget: int, db: str | None, embedder: str | None
) -> str | None:
    """Return the answer of the server that runs for the file, or None without one."""
    from litemem.integrations.http.discovery import NoServerError, find

    running = find(db, embedder=embedder)
    if running is None:
        return None
    asked = {"input": hook_events.resolved(data, os.environ), "user": user, "budget": budget}
    try:
        status, answer = running.post(
            f"/litemem/hook/{event}", json.dumps(asked).encode(), seconds=SERVER_SECONDS
        )
        found = json.loads(answer)
    except NoServerError:
        return None
    except (OSError, ValueError):
        return None  # a turn that is stored twice is stored once
    if status != 200:
        raise click.ClickException(str(found.get("detail")))
    output: str = found.get("output", "")
    return output


def _answer_alone(
    event: str, data: bytes, user: str, budget: int, db: str | None, embedder: str | None
) -> None:
    from litemem.integrations import hooks  # 0.3 s, which a hook with a server need not wait for

    given = hook_events.read_input(data, os.environ)
    if event in ("stop", "pre-compact"):
        if hooks.remember(db, user, given):
            _index_later(db, embedder)
        return
    choose = hooks.session_context if event == "session-start" else hooks.prompt_context
    if not hooks.has_file(db):
        return
    found = choose(db, user, given, budget=budget)
    if found.text:
        click.echo(hook_events.answer(event, found.text))
        sys.stdout.flush()
        hooks.note_shown(db, user, given, event, found.ids)


def _index_later(db: str | None, embedder: str | None) -> None:
    """Index the new messages in a process of its own, which loads the embedder."""
    options = [*(["--db", db] if db else []), *(["--embedder", embedder] if embedder else [])]
    subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "litemem", "hook", "stop", "--index", *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
