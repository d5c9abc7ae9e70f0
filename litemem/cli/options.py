"""The options that several commands share, each group of them one decorator."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from litemem.core import clock
from litemem.core.scope import ID_KEYS, check_id
from litemem.errors import ValidationError

Command = TypeVar("Command", bound=Callable[..., Any])

EVERYONE: dict[str, Any] = {"OR": [{key: "*"} for key in ID_KEYS]}  # every memory carries an id

_OF = {
    "user_id": "The user whose memories are meant.",
    "agent_id": "The agent.",
    "app_id": "The application.",
    "run_id": "The run or session.",
}

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON, whose shape is kept, instead of text."
)
db_option = click.option(
    "--db",
    metavar="PATH",
    help="The file; by default LITEMEM_DB, or memory.db in the user's data folder.",
)
embedder_option = click.option(
    "--embedder",
    envvar="LITEMEM_EMBEDDER",
    metavar="NAME|FOLDER",
    help="The model that turns texts into vectors, of `litemem models list` or in a folder. "
    '"hash" is a deterministic embedder for trying things out: it matches words, not meaning.',
)
llm_option = click.option(
    "--llm",
    envvar="LITEMEM_LLM",
    metavar="NAME|PATH",
    help="The model that finds the facts, of `litemem models list` or a GGUF file.",
)


def sure_options(command: Command) -> Command:
    """Add --yes and --dry-run."""
    yes = click.option("--yes", is_flag=True, help="Do it, without asking.")
    only = click.option("--dry-run", is_flag=True, help="Only count what would go.")
    return yes(only(command))


def file_options(command: Command) -> Command:
    """Add --db and --json."""
    return db_option(json_option(command))


def moment_option(
    name: str, *, description: str, unless: str | None = None
) -> Callable[[Command], Command]:
    """Return an option that takes a time in ISO 8601, or the word `unless`."""

    def check(_: click.Context, __: click.Parameter, text: str | None) -> str | None:
        return text if text is None or text == unless else _used(clock.parse_time, text, name)

    return click.option(name, callback=check, metavar="TIME", help=description)


def duration_option(name: str, *, description: str) -> Callable[[Command], Command]:
    """Return an option that takes how long: "90d"."""

    def check(_: click.Context, __: click.Parameter, text: str | None) -> str | None:
        return text if text is None else _used(clock.parse_duration, text, name)

    return click.option(name, callback=check, metavar="TIME", help=description)


def parsed_json(text: str | bytes, source: str) -> Any:
    """Return what a JSON text says; a usage error tells where it is wrong."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise click.UsageError(f"{source} is not JSON: {error.msg} at {place}") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise click.UsageError(f"{source} is not JSON: {error}") from error


def json_object_option(name: str, *, description: str) -> Callable[[Command], Command]:
    """Return an option that takes a JSON object."""

    def read(_: click.Context, __: click.Parameter, text: str | None) -> Any:
        if text is None:
            return None
        content = parsed_json(text, name)
        if not isinstance(content, dict):
            raise click.UsageError(f"{name} takes a JSON object, such as '{{\"name\": …}}'")
        return content

    return click.option(name, callback=read, metavar="JSON", help=description)


def scope_options(command: Command) -> Callable[..., Any]:
    """Add the four ids; the command gets those that are given as one dict, `ids`."""

    @wraps(command)
    def collected(*args: Any, **options: Any) -> Any:
        given = {key: options.pop(key) for key in ID_KEYS}
        ids = {key: value for key, value in given.items() if value is not None}
        for key, value in ids.items():
            _used(check_id, value, _option(key))
        return command(*args, ids=ids, **options)

    result: Callable[..., Any] = collected
    for key in reversed(ID_KEYS):
        result = click.option(_option(key), metavar="ID", help=_OF[key])(result)
    return result


def reading_options(command: Command) -> Callable[..., Any]:
    """Add what says which memories are looked at; the command gets it as `where`.

    That is a dict of keyword arguments of `Memory.search` and `Memory.get_all`.
    """

    @scope_options
    @json_object_option("--filter", description="Narrow by a filter, as docs/filters.md has it.")
    @click.option("--everyone", is_flag=True, help="Whatever the ids: all that the file holds.")
    @click.option("--show-expired", is_flag=True, help="Also what has expired.")
    @click.option("--show-superseded", is_flag=True, help="Also what newer facts contradict.")
    @moment_option("--as-of", description="What held then, in ISO 8601, instead of now.")
    @wraps(command)
    def collected(
        *args: Any,
        ids: dict[str, Any],
        filter: dict[str, Any] | None,  # noqa: A002 - the option's name
        everyone: bool,
        show_expired: bool,
        show_superseded: bool,
        as_of: str | None,
        **options: Any,
    ) -> Any:
        if not (filter or everyone):
            required(ids, or_everyone=True)
        where = {
            **ids,
            "filters": _with_everyone(filter) if everyone else filter,
            "show_expired": show_expired,
            "show_superseded": show_superseded,
            "as_of": as_of,
        }
        return command(*args, where=where, **options)

    return collected


def required(ids: dict[str, Any], *, or_everyone: bool = False) -> dict[str, Any]:
    """Return the ids, of which there has to be one; the message may offer --everyone."""
    if not ids:
        offer = ", or --everyone" if or_everyone else ""
        raise click.UsageError(f"whose memories? Give {_id_options()}{offer}")
    return ids


def _used(reads: Callable[[str, str], object], text: str, name: str) -> str:
    """Return the text of an option that can be read; a usage error tells why it cannot."""
    try:
        reads(text, name)
    except ValidationError as error:
        raise click.UsageError(str(error)) from error
    return text


def _with_everyone(condition: dict[str, Any] | None) -> dict[str, Any]:
    return {"AND": [condition, EVERYONE]} if condition else EVERYONE


def _id_options() -> str:
    *others, last = map(_option, ID_KEYS)
    return f"{', '.join(others)} or {last}"


def _option(key: str) -> str:
    return f"--{key.replace('_', '-')}"
