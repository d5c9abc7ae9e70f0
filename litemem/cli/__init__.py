"""The `litemem` command: data on stdout, messages on stderr."""

from collections.abc import Iterator, MutableMapping
from importlib import import_module

import click

from litemem import __version__
from litemem.cli.errors import ErrorHandlingGroup

__all__ = ["main"]

_COMMANDS = {  # in the order of the help, daily ones first: the module and its function
    "add": "memories:add",
    "search": "memories:search",
    "context": "memories:context",
    "profile": "memories:profile",
    "list": "memories:list_memories",
    "get": "memories:get",
    "update": "memories:update",
    "delete": "memories:delete",
    "history": "memories:history",
    "conflicts": "memories:conflicts",
    "pending": "memories:pending",
    "log": "info:show_log",
    "scopes": "info:list_scopes",
    "info": "info:info",
    "inspect": "inspector:inspect",
    "doctor": "doctor:doctor",
    "models": "models:models",
    "reindex": "maintenance:reindex_file",
    "backup": "maintenance:backup_file",
    "restore": "maintenance:restore_file",
    "verify": "maintenance:verify_file",
    "salvage": "maintenance:salvage_file",
    "export": "transfer:export_memories",
    "import": "transfer:import_memories",
    "cleanup": "maintenance:clean_up_file",
    "erase": "maintenance:erase_memories",
    "vacuum": "maintenance:vacuum_file",
    "install": "install:install",
    "mcp": "mcp:mcp",
    "serve": "serve:serve",
    "hook": "hook:hook",
}


class _LateCommands(MutableMapping[str, click.Command]):
    """The commands by name; the module of a command is imported when the command is used."""

    def __init__(self, places: dict[str, str]) -> None:
        self._places = places
        self._loaded: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._loaded:
            module, function = self._places[name].split(":")
            found: click.Command = getattr(import_module(f"litemem.cli.{module}"), function)
            self._loaded[name] = found
        return self._loaded[name]

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._places[name] = ""
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._places[name]
        self._loaded.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


@click.group(
    cls=ErrorHandlingGroup,
    commands=_LateCommands(_COMMANDS),
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="litemem", message="%(prog)s %(version)s")
def main() -> None:
    """A memory for AI agents in one SQLite file, offline.

    Run `litemem models pull` once: it downloads the models that `add` and `search` need. Select a
    scope with ids: `litemem search --user-id cam allergies`.

    Environment: LITEMEM_DB is the path of the file, LITEMEM_MODELS the folder of the models.
    LITEMEM_LLM and LITEMEM_EMBEDDER replace the default models.

    `litemem doctor` names what is missing. `litemem --help --json` prints all commands as JSON.

    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted with Ctrl-C.
    """
