"""The tree of commands as JSON, for agents and other programs."""

from collections.abc import Sequence
from typing import Any

import click

HELP = frozenset({"-h", "--help"})
JSON = "--json"


def asked_for(group: click.Group, args: Sequence[str]) -> tuple[click.Command, str] | None:
    """Return the command and its path if `args` are its names with --help and --json, or None."""
    flags = {arg for arg in args if arg.startswith("-")}
    if JSON not in flags or not flags & HELP or flags - HELP - {JSON}:
        return None
    command: click.Command = group
    path = ["litemem"]
    for name in (arg for arg in args if not arg.startswith("-")):
        inner = command.commands.get(name) if isinstance(command, click.Group) else None
        if inner is None:
            return None  # click refuses it with its own message
        command = inner
        path.append(name)
    return command, " ".join(path)


def command_tree(command: click.Command, path: str) -> dict[str, Any]:
    """Return a command with its parameters, and its subcommands in the order of the help."""
    tree: dict[str, Any] = {
        "command": path,
        "help": _plain(command.help),
        "arguments": [_argument(p) for p in command.params if isinstance(p, click.Argument)],
        "options": [
            _option(p) for p in command.params if isinstance(p, click.Option) and not p.hidden
        ],
    }
    if isinstance(command, click.Group):
        tree["commands"] = [
            command_tree(inner, f"{path} {name}") for name, inner in command.commands.items()
        ]
    return tree


def _argument(argument: click.Argument) -> dict[str, Any]:
    return {
        "name": argument.name,
        "type": argument.type.name,
        "required": argument.required,
        "multiple": argument.nargs != 1,
    }


def _option(option: click.Option) -> dict[str, Any]:
    default = option.default
    return {
        "names": [*option.opts, *option.secondary_opts],
        "type": "flag" if option.is_flag else option.type.name,
        "value": None if option.is_flag else option.metavar,
        "choices": list(option.type.choices) if isinstance(option.type, click.Choice) else None,
        "required": option.required,
        "multiple": option.multiple,
        "default": default if isinstance(default, str | int | float | bool) else None,
        "environment": option.envvar if isinstance(option.envvar, str) else None,
        "help": _plain(option.help),
    }


def _plain(text: str | None) -> str:
    """Return a help text with one line for each paragraph."""
    paragraphs = (text or "").replace("\b", "").split("\n\n")
    return "\n".join(" ".join(paragraph.split()) for paragraph in paragraphs).strip()
