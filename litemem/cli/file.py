"""The commands about the file as a whole: info, reindex."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from litemem import __version__, model_files
from litemem.cli.models import describe
from litemem.cli.opening import existing, file_path, named_embedder
from litemem.cli.options import embedder_option, file_options
from litemem.cli.output import bytes_text, counted, progress_bar, show_card, show_json, tell
from litemem.model_registry import MODELS
from litemem.models import Overview
from litemem.protocols import EmbedderIdentity
from litemem.reindex import reindex
from litemem.store import SqliteStore


@click.command("info")
@file_options
def about_file(db: str | None, as_json: bool) -> None:
    """Show what the file holds, and which models are here."""
    path = file_path(db)
    overview, embedder = _look(path) if path.exists() else (None, None)
    models = [describe(model) for model in MODELS]
    if as_json:
        return show_json(
            {
                "version": __version__,
                "path": str(path),
                "file": asdict(overview) if overview else None,
                "embedder": asdict(embedder) if embedder else None,
                "models_folder": str(model_files.models_folder()),
                "models": models,
            }
        )
    pairs = [("litemem", __version__), *_file_pairs(path, overview, embedder)]
    pairs += [("model", f"{model['name']}, {model['state']}") for model in models]
    return show_card([*pairs, ("models in", str(model_files.models_folder()))])


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
        with progress_bar(store.overview().memories, "embedding") as bar:
            number = reindex(store, chosen, progress=_following(bar))
    except KeyboardInterrupt:
        tell("interrupted; the next `litemem reindex` goes on from here")
        raise
    finally:
        store.close()
        chosen.close()
    if as_json:
        return show_json({"embedded": number, "embedder": asdict(chosen.identity)})
    return tell(f"embedded {counted(number, 'memory', 'memories')} with {_show(chosen.identity)}")


def _look(path: Path) -> tuple[Overview, EmbedderIdentity | None]:
    store = SqliteStore(path)
    try:
        return store.overview(), store.embedder()
    finally:
        store.close()


def _file_pairs(
    path: Path, overview: Overview | None, embedder: EmbedderIdentity | None
) -> list[tuple[str, str]]:
    if overview is None:
        return [("file", f"{path}, not there yet: `litemem add` makes it")]
    waiting = f"{counted(overview.pending_turns, 'turn')} waiting: `litemem pending`"
    said = counted(overview.messages, "message")
    return [
        ("file", str(path)),
        ("size", f"{bytes_text(overview.bytes)}, schema {overview.schema_version}"),
        ("memories", f"{overview.memories:,}, of {_owners(overview)}"),
        ("said", f"{said}, {waiting}" if overview.pending_turns else said),
        ("embedder", _show(embedder) if embedder else "none yet"),
    ]


def _owners(overview: Overview) -> str:
    numbers = {name: getattr(overview, f"{name}s") for name in ("user", "agent", "app", "run")}
    return (
        ", ".join(counted(number, name) for name, number in numbers.items() if number) or "nobody"
    )


def _show(identity: EmbedderIdentity) -> str:
    return f"{identity.name}, {identity.dimensions} dimensions"


def _following(bar: Any) -> Any:
    """Return what moves the bar to where a reindex is."""

    def show(done: int, total: int) -> None:
        bar.length = total
        bar.update(done - bar.pos)

    return show
