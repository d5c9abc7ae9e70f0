"""Reindex: embed every memory anew, for another embedder or another version of its model."""

from collections.abc import Callable, Iterator

from litemem.core.protocols import Embedder, EmbedderIdentity
from litemem.models.embedding import embed
from litemem.store.sqlite import SqliteStore
from litemem.store.sqlite.reindex import UNGATHERED

BATCH = 256  # memories a transaction: about a second of a real embedder's work is lost by a kill

Progress = Callable[[int, int], None]  # memories embedded so far, memories in all


def reindex(store: SqliteStore, embedder: Embedder, *, progress: Progress | None = None) -> int:
    """Give every memory a vector of `embedder`, then put these in use; return how many were made.

    Others read and write meanwhile, with the old embedder; once all have their vector, one
    transaction changes to the new ones, and the old embedder is refused from then on. When it is
    interrupted, even killed, nothing has changed and the next call goes on from there. Run one at
    a time: two to different embedders throw each other's vectors away.

    Raises:
        EmbedderError: a text could not be embedded; what was made before stays.
        StoreError: the file could not be written.
    """
    progress = progress or (lambda *_: None)
    embedded, done = 0, False
    while not done:  # a memory that was added or changed behind us takes another round
        embedded += _embed_lacking(store, embedder, progress)
        with store.transaction() as tx:
            done = tx.switch_embedder(embedder.identity)
    embed_names(store, embedder)
    total = store.overview().memories
    progress(total, total)
    return embedded


def _embed_lacking(store: SqliteStore, embedder: Embedder, progress: Progress) -> int:
    """Go once through the memories that lack a vector; return how many were embedded."""
    identity = embedder.identity
    embedded = total = left = 0
    for rows in _batches(store, identity):
        blobs = embed(embedder, [content for _, content in rows])
        staged = [(*row, blob) for row, blob in zip(rows, blobs, strict=True)]
        with store.transaction() as tx:
            tx.stage_vectors(identity, staged)
        if not embedded:  # only now are the vectors of an embedder before this one gone
            total, left = store.overview().memories, store.count(UNGATHERED) + len(rows)
        embedded, left = embedded + len(rows), left - len(rows)
        progress(total - max(left, 0), total)
    return embedded


def embed_names(store: SqliteStore, embedder: Embedder) -> None:
    """Give the graph's names their vectors; until then they are found by their words alone."""
    while rows := store.unembedded_names(BATCH):
        blobs = embed(embedder, [name for _, name in rows])
        with store.transaction() as tx:
            tx.embed_names((*row, blob) for row, blob in zip(rows, blobs, strict=True))


def _batches(store: SqliteStore, identity: EmbedderIdentity) -> Iterator[list[tuple[int, str]]]:
    after = 0
    while rows := store.unembedded(identity, BATCH, after=after):
        yield rows
        after = rows[-1][0]
