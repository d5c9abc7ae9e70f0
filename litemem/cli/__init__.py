"""The command line: `litemem`. What it prints is on stdout, what it says about that on stderr."""

import click

from litemem import __version__
from litemem.cli.add import add, pending
from litemem.cli.changing import delete, update
from litemem.cli.cleaning import clean_up_file, erase_memories, vacuum_file
from litemem.cli.errors import TellingGroup
from litemem.cli.file import reindex_file
from litemem.cli.inspect import about_file, list_scopes, show_log
from litemem.cli.maintenance import backup_file, restore_file, salvage_file, verify_file
from litemem.cli.memories import get, history, list_memories, search
from litemem.cli.models import models
from litemem.cli.transfer import export_memories, import_memories

__all__ = ["main"]


@click.group(cls=TellingGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="litemem", message="%(prog)s %(version)s")
def main() -> None:
    """A memory for AI agents in one SQLite file, offline.

    The first `add` needs two models on this machine: `litemem models pull` brings them.
    Whose memories are meant is said by ids, as in `litemem search --user-id cam allergies`.

    Set LITEMEM_DB to the path of the file, LITEMEM_MODELS to the folder of the models,
    LITEMEM_LLM and LITEMEM_EMBEDDER to other models than the default ones.
    """


for _command in (add, search, list_memories, get, update, delete, history, pending):
    main.add_command(_command)
for _command in (show_log, list_scopes, about_file, models, reindex_file):
    main.add_command(_command)
for _command in (backup_file, restore_file, verify_file, salvage_file):
    main.add_command(_command)
for _command in (export_memories, import_memories):
    main.add_command(_command)
for _command in (clean_up_file, erase_memories, vacuum_file):
    main.add_command(_command)
