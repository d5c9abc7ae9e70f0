"""The `litemem` command: data on stdout, messages on stderr."""

import click

from litemem import __version__
from litemem.cli.doctor import doctor
from litemem.cli.errors import ErrorHandlingGroup
from litemem.cli.inspect import info, list_scopes, show_log
from litemem.cli.maintenance import (
    backup_file,
    clean_up_file,
    erase_memories,
    reindex_file,
    restore_file,
    salvage_file,
    vacuum_file,
    verify_file,
)
from litemem.cli.memories import (
    add,
    conflicts,
    context,
    delete,
    get,
    history,
    list_memories,
    pending,
    profile,
    search,
    update,
)
from litemem.cli.models import models
from litemem.cli.transfer import export_memories, import_memories

__all__ = ["main"]


@click.group(cls=ErrorHandlingGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="litemem", message="%(prog)s %(version)s")
def main() -> None:
    """A memory for AI agents in one SQLite file, offline.

    Run `litemem models pull` once: `add` and `search` need its two models. Select a scope with
    ids: `litemem search --user-id cam allergies`.

    Environment: LITEMEM_DB is the path of the file, LITEMEM_MODELS the folder of the models.
    LITEMEM_LLM and LITEMEM_EMBEDDER replace the default models.

    `litemem doctor` checks the installation. `litemem --help --json` prints all commands as JSON.

    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted with Ctrl-C.
    """


for _command in (
    *(
        add,
        search,
        context,
        profile,
        list_memories,
        get,
        update,
        delete,
        history,
        conflicts,
        pending,
    ),
    *(show_log, list_scopes, info, doctor, models, reindex_file),
    *(backup_file, restore_file, verify_file, salvage_file),
    *(export_memories, import_memories),
    *(clean_up_file, erase_memories, vacuum_file),
):
    main.add_command(_command)
