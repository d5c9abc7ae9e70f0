"""Opening the file: with a model, or for what needs none whichever embedder the file is of."""

from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from litemem.config import default_path
from litemem.embedders import FastEmbedEmbedder
from litemem.errors import EmbedderError, StoreError
from litemem.llms import LlamaCppLLM
from litemem.memory import Memory
from litemem.protocols import Embedder, EmbedderIdentity
from litemem.store import SqliteStore

HASH = "hash"  # the embedder that is no model; "hash:64" gives it 64 dimensions


class StoredEmbedder:
    """Passes for the embedder that made a file's vectors, where nothing has to be embedded."""

    def __init__(self, identity: EmbedderIdentity | None) -> None:
        self.identity = identity or EmbedderIdentity("none", 0, "")  # a file without vectors

    def embed_documents(self, texts: Sequence[str]) -> NoReturn:
        """Refuse."""
        raise EmbedderError(f"this command embeds nothing, and was given {len(texts)} texts")

    def embed_query(self, text: str) -> NoReturn:
        """Refuse."""
        self.embed_documents([text])

    def close(self) -> None:
        """Nothing is held."""


def open_memory(
    db: str | None, *, embedder: str | None, llm: str | None = None, must_exist: bool = False
) -> Memory:
    """Open the file with models; they are loaded when they are first needed."""
    if must_exist:
        existing(db)
    path = None if db is None else file_path(db)
    return Memory(path, embedder=named_embedder(embedder), llm=LlamaCppLLM(llm))


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
    kind, _, dimensions = (name or "").partition(":")
    if kind != HASH:
        return FastEmbedEmbedder(name)
    from litemem.testing import HashEmbedder  # for trying things out, so rarely wanted

    try:
        return HashEmbedder(int(dimensions)) if dimensions else HashEmbedder()
    except ValueError as error:
        raise click.UsageError(f'--embedder {name}: give "hash", or at least "hash:8"') from error


def existing(db: str | None) -> Path:
    """Return the file's path; a command that only reads makes no file.

    Raises:
        StoreError: there is no such file.
    """
    path = file_path(db)
    if not path.exists():
        raise StoreError(f"there is no file {path} yet: `litemem add` makes it")
    return path


def file_path(db: str | None) -> Path:
    """Return the path of the file that is meant."""
    return default_path() if db is None else Path(db).expanduser()
