"""The command that changes which embedder the file is of: reindex."""

from dataclasses import asdict

import click

from litemem.cli.context import existing, named_embedder
from litemem.cli.options import embedder_option, file_options
from litemem.cli.output import counted, progress, show_json, tell
from litemem.core.protocols import EmbedderIdentity
from litemem.maintenance.reindex import reindex
from litemem.store.sqlite import SqliteStore


@click.command("reindex")
@embedder_option
@file_options
def reindex_file(embedder: str | None, db: str | None, as_json: bool) -> None:
    """Embed every memory anew, for another embedder.

    Until it is done the file goes on with the old one. It may be interrupted: the next run goes
    on from there.
    """
    chosen = named_embedder(embedder)
    store = SqliteStore(existing(db))
    try:
        with progress("embedding") as show:
            number = reindex(store, chosen, progress=show)
    except KeyboardInterrupt:
        tell("interrupted; the next `litemem reindex` goes on from here")
        raise
    finally:
        store.close()
        chosen.close()
    if as_json:
        return show_json({"embedded": number, "embedder": asdict(chosen.identity)})
    return tell(f"embedded {counted(number, 'memory', 'memories')} with {_show(chosen.identity)}")


def _show(identity: EmbedderIdentity) -> str:
    return f"{identity.name}, {identity.dimensions} dimensions"
