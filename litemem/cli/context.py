"""Open the file for a command: with models, without, or to read only."""

from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from litemem.core.config import database_path, sqlite_path
from litemem.core.protocols import Embedder, EmbedderIdentity
from litemem.errors import EmbedderError, SchemaError, StoreError, ValidationError
from litemem.memory import Memory
from litemem.models.resolve import resolve_embedder
from litemem.store import SqliteStore
from litemem.store.sqlite.connection import EMPTY, missing_folder


class StoredEmbedder:
    """Has the identity of a file's embedder, for commands that embed nothing."""

    def __init__(self, identity: EmbedderIdentity | None) -> None:
        self.identity = identity or EmbedderIdentity("none", 1, "")  # a file without vectors

    def embed_documents(self, texts: Sequence[str]) -> NoReturn:
        """Refuse."""
        raise EmbedderError(f"this command embeds nothing, got {len(texts)} texts")

    def embed_query(self, text: str) -> NoReturn:
        """Refuse."""
        self.embed_documents([text])

    def close(self) -> None:
        """Do nothing: no model is loaded."""


def open_read_only(db: str | None, embedder: Embedder | None = None) -> Memory:
    """Open an existing file for a command that writes nothing; a search needs the embedder."""
    return Memory(existing_file(db), embedder=embedder or StoredEmbedder(None), read_only=True)


def open_memory(
    db: str | None, *, embedder: str | None, llm: str | None = None, must_exist: bool = False
) -> Memory:
    """Open the file with models, which are loaded when they are first needed."""
    if must_exist:
        existing_file(db)
    path = None if db is None else file_path(db)
    return Memory(path, embedder=named_embedder(embedder), llm=llm)


def open_without_model(db: str | None) -> Memory:
    """Open an existing file for a command that embeds nothing."""
    path = existing_file(db)
    store = SqliteStore(path)
    try:
        with store.read() as r:
            identity = r.settings.embedder()
    finally:
        store.close()
    return Memory(path, embedder=StoredEmbedder(identity))


def named_embedder(name: str | None) -> Embedder:
    """Return the embedder that an option names, or the default one if it is None.

    Raises:
        click.UsageError: the name is not known.
    """
    try:
        return resolve_embedder(name)
    except ValidationError as error:
        raise click.UsageError(f"--{error}") from error


def existing_file(db: str | None) -> Path:
    """Return the path of an existing file.

    Raises:
        StoreError: the file does not exist. SchemaError: it is empty.
    """
    path = file_path(db)
    if not path.exists():
        raise StoreError(
            f"{path} does not exist: run `litemem add` to create it, or give another --db"
        )
    if path.is_file() and not path.stat().st_size:
        raise SchemaError(EMPTY.format(path))
    return path


def file_path(db: str | None, *, create: bool = False) -> Path:
    """Return the path of the file, which need not exist.

    With `create`, the folder of the default file is created.

    Raises:
        StoreError: the folder of another file does not exist.
        ValidationError: `db` is not a path.
    """
    if db is None:
        return Path(database_path(None, create=create))
    path = sqlite_path(db)
    if not path.parent.is_dir():
        raise StoreError(missing_folder(path))
    return path
