"""Options that several commands share, one decorator for each group."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from litemem.cli.errors import UnconfirmedError
from litemem.cli.output import echo_err, is_interactive
from litemem.core import clock
from litemem.core.scope import EVERYONE, ID_KEYS, check_id
from litemem.errors import ValidationError

Command = TypeVar("Command", bound=Callable[..., Any])

_SCOPE_HELP = {
    "user_id": "Scope: the user.",
    "agent_id": "Scope: the agent.",
    "app_id": "Scope: the application.",
    "run_id": "Scope: the run or session.",
}

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON, with stable keys, instead of text."
)
db_option = click.option(
    "--db",
    metavar="PATH",
    help="Path of the file. [default: LITEMEM_DB, or memory.db in the user's data folder]",
)
everyone_option = click.option(
    "--everyone", is_flag=True, help="Select all memories of the file, in every scope."
)
yes_option = click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
embedder_option = click.option(
    "--embedder",
    envvar="LITEMEM_EMBEDDER",
    metavar="NAME|FOLDER",
    help="Embedder: a name of `litemem models list`, or the folder of a model. "
    '"hash" needs no model and matches words, not meaning: use it for tests.',
)
llm_option = click.option(
    "--llm",
    envvar="LITEMEM_LLM",
    metavar="NAME|PATH|URL",
    help="Language model: a name of `litemem models list`, the path of a GGUF file, or the address "
    "of a server on this machine, as http://127.0.0.1:11434/v1#qwen3:4b.",
)


def confirmation_options(command: Command) -> Command:
    """Add --yes and --dry-run."""
    dry_run = click.option("--dry-run", is_flag=True, help="Only count; change nothing.")
    return yes_option(dry_run(command))


def confirm(question: str, refusal: str, *, may_ask: bool = True) -> None:
    """Ask on the terminal; end the command with 1 unless the answer is yes.

    Raises:
        UnconfirmedError: nobody can be asked; the message is `refusal`.
    """
    if not (may_ask and is_interactive()):
        raise UnconfirmedError(refusal)
    if not click.confirm(question, err=True):
        echo_err("nothing was changed")
        raise click.exceptions.Exit(1)


def file_options(command: Command) -> Command:
    """Add --db and --json."""
    return db_option(json_option(command))


def time_option(
    name: str, *, description: str, word: str | None = None
) -> Callable[[Command], Command]:
    """Return an option that takes a time in ISO 8601, or the given word."""

    def check(_: click.Context, __: click.Parameter, text: str | None) -> str | None:
        return text if text is None or text == word else _checked(clock.parse_time, text, name)

    return click.option(name, callback=check, metavar="TIME", help=description)


def duration_option(name: str, *, description: str) -> Callable[[Command], Command]:
    """Return an option that takes a duration: "90d"."""

    def check(_: click.Context, __: click.Parameter, text: str | None) -> str | None:
        return text if text is None else _checked(clock.parse_duration, text, name)

    return click.option(name, callback=check, metavar="DURATION", help=description)


def number_option(
    name: str, *, default: int, least: int = 0, description: str
) -> Callable[[Command], Command]:
    """Return an option that takes a whole number from `least`."""
    return click.option(
        name,
        type=click.IntRange(min=least),
        default=default,
        show_default=True,
        help=description,
    )


def filter_option(description: str) -> Callable[[Command], Command]:
    """Return --filter; the command gets it as `filters`."""
    return json_object_option("--filter", "filters", description=description)


def json_object_option(name: str, *names: str, description: str) -> Callable[[Command], Command]:
    """Return an option that takes a JSON object."""

    def read(_: click.Context, __: click.Parameter, text: str | None) -> Any:
        if text is None:
            return None
        content = parsed_json(text, name)
        if not isinstance(content, dict):
            raise click.UsageError(f"{name} must be a JSON object, for example '{{\"key\": 1}}'")
        return content

    return click.option(name, *names, callback=read, metavar="JSON", help=description)


def parsed_json(text: str | bytes, source: str) -> Any:
    """Return the value of a JSON text.

    Raises:
        click.UsageError: it is not JSON; the message says where.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise click.UsageError(f"{source} is not JSON: {error.msg} at {place}") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise click.UsageError(f"{source} is not JSON: {error}") from error


def scope_options(command: Command) -> Callable[..., Any]:
    """Add the four ids; the command gets those that are given as one dict, `ids`."""

    @wraps(command)
    def collected(*args: Any, **options: Any) -> Any:
        given = {key: options.pop(key) for key in ID_KEYS}
        ids = {key: value for key, value in given.items() if value is not None}
        for key, value in ids.items():
            _checked(check_id, value, _option(key))
        return command(*args, ids=ids, **options)

    result: Callable[..., Any] = collected
    for key in reversed(ID_KEYS):
        result = click.option(_option(key), metavar="ID", help=_SCOPE_HELP[key])(result)
    return result


def selection_options(command: Command) -> Callable[..., Any]:
    """Add the options that select memories to read; the command gets them as `selection`.

    That is a dict of keyword arguments of `Memory.search` and `Memory.get_all`.
    """

    @scope_options
    @filter_option("Select by a filter (docs/filters.md).")
    @everyone_option
    @click.option("--show-expired", is_flag=True, help="Include expired memories.")
    @click.option("--show-superseded", is_flag=True, help="Include superseded memories.")
    @time_option("--as-of", description="Show what was valid at that time, in ISO 8601.")
    @wraps(command)
    def collected(
        *args: Any,
        ids: dict[str, Any],
        filters: dict[str, Any] | None,
        everyone: bool,
        show_expired: bool,
        show_superseded: bool,
        as_of: str | None,
        **options: Any,
    ) -> Any:
        if not (filters or everyone):
            require_scope(ids, or_everyone=True)
        selection = {
            **ids,
            "filters": with_everyone(filters) if everyone else filters,
            "show_expired": show_expired,
            "show_superseded": show_superseded,
            "as_of": as_of,
        }
        return command(*args, selection=selection, **options)

    return collected


def require_scope(ids: dict[str, Any], *, or_everyone: bool = False) -> None:
    """Check that an id is given; with `or_everyone` the message offers --everyone.

    Raises:
        click.UsageError: no id is given.
    """
    if not ids:
        *others, last = [*map(_option, ID_KEYS), *(["--everyone"] if or_everyone else [])]
        raise click.UsageError(f"A scope is required: give {', '.join(others)} or {last}.")


def with_everyone(condition: dict[str, Any] | None) -> dict[str, Any]:
    """Return a filter over the whole file, narrowed by a condition."""
    return {"AND": [condition, EVERYONE]} if condition else EVERYONE


def _checked(read: Callable[[str, str], object], text: str, name: str) -> str:
    """Return the text of an option if `read` accepts it.

    Raises:
        click.UsageError: `read` refused it; the message says why.
    """
    try:
        read(text, name)
    except ValidationError as error:
        raise click.UsageError(str(error)) from error
    return text


def _option(key: str) -> str:
    return f"--{key.replace('_', '-')}"
