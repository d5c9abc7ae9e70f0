"""Opening the file: with a model, or for what needs none whichever embedder the file is of."""

from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from litemem.core.config import default_path, sqlite_path
from litemem.core.protocols import Embedder, EmbedderIdentity
from litemem.errors import EmbedderError, SchemaError, StoreError, ValidationError
from litemem.memory import Memory
from litemem.models.resolve import resolve_embedder
from litemem.store.sqlite import EMPTY, SqliteStore, missing_folder


class StoredEmbedder:
    """Passes for the embedder that made a file's vectors, where nothing has to be embedded."""

    def __init__(self, identity: EmbedderIdentity | None) -> None:
        self.identity = identity or EmbedderIdentity("none", 1, "")  # a file without vectors

    def embed_documents(self, texts: Sequence[str]) -> NoReturn:
        """Refuse."""
        raise EmbedderError(f"this command embeds nothing, and was given {len(texts)} texts")

    def embed_query(self, text: str) -> NoReturn:
        """Refuse."""
        self.embed_documents([text])

    def close(self) -> None:
        """Nothing is held."""


def open_to_read(db: str | None, embedder: Embedder | None = None) -> Memory:
    """Open a file that exists, for a command that writes nothing; without an embedder to search."""
    return Memory(existing(db), embedder=embedder or StoredEmbedder(None), read_only=True)


def open_memory(
    db: str | None, *, embedder: str | None, llm: str | None = None, must_exist: bool = False
) -> Memory:
    """Open the file with models; they are loaded when they are first needed."""
    if must_exist:
        existing(db)
    path = None if db is None else file_path(db)
    return Memory(path, embedder=named_embedder(embedder), llm=llm)


def open_without_model(db: str | None) -> Memory:
    """Open a file that exists, for a command that embeds nothing."""
    path = existing(db)
    store = SqliteStore(path)
    try:
        identity = store.embedder()
    finally:
        store.close()
    return Memory(path, embedder=StoredEmbedder(identity))


def named_embedder(name: str | None) -> Embedder:
    """Return the embedder that an option names; None is the default one."""
    try:
        return resolve_embedder(name)
    except ValidationError as error:
        raise click.UsageError(f"--{error}") from error


def existing(db: str | None) -> Path:
    """Return the path of a file that is there; a command that only reads makes none.

    Raises:
        StoreError: there is no such file. SchemaError: it is empty.
    """
    path = file_path(db)
    if not path.exists():
        raise StoreError(f"there is no file {path} yet: `litemem add` makes it")
    if path.is_file() and not path.stat().st_size:
        raise SchemaError(EMPTY.format(path))
    return path


def file_path(db: str | None) -> Path:
    """Return the path of the file that is meant, which need not be there.

    Raises:
        StoreError: not even its folder is there; that of the default file is made when it is.
        ValidationError: it is no path.
    """
    if db is None:
        return default_path()
    path = sqlite_path(db)
    if not path.parent.is_dir():
        raise StoreError(missing_folder(path))
    return path
