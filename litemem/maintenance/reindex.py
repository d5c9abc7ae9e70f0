"""Embed all memories again, for another embedder or another version of its model."""

from collections.abc import Callable, Iterator

from litemem.core.protocols import Embedder, EmbedderIdentity
from litemem.models.embedding import embed, first_passage
from litemem.models.indexing import index_waiting
from litemem.store.protocol import Store

BATCH = 256  # memories in one transaction: a crash loses about a second of a real embedder's work

Progress = Callable[[int, int], None]  # memories embedded so far, memories in all


def reindex(store: Store, embedder: Embedder, *, progress: Progress | None = None) -> int:
    """Embed every memory with `embedder`, then switch to the new vectors; return the number made.

    Others read and write with the old embedder until one transaction switches to the new one; from
    then on the old embedder is refused. An interruption, even a kill, changes nothing, and the next
    call continues. Run one reindex at a time: two to different embedders delete each other's
    staged vectors.

    Raises:
        EmbedderError: a text could not be embedded; earlier vectors stay staged.
        StoreError: the file could not be written.
    """
    progress = progress or (lambda *_: None)
    embedded, done = 0, False
    while not done:  # memories added or changed during a round take another one
        embedded += _embed_lacking(store, embedder, progress)
        with store.write() as tx:
            done = tx.reindex.switch(embedder.identity)
    grows = True
    while grows:
        with store.write() as tx:
            grows = tx.reindex.grow_index()
    embed_names(store, embedder)
    while index_waiting(store, embedder, BATCH):
        pass
    with store.read() as r:
        total = r.overview().memories
    progress(total, total)
    return embedded


def _embed_lacking(store: Store, embedder: Embedder, progress: Progress) -> int:
    """Stage a vector for each memory that lacks one; return the number."""
    identity = embedder.identity
    embedded = total = left = 0
    for rows in _batches(store, identity):
        blobs = embed(embedder, [first_passage(embedder, content) for _, content in rows])
        staged = [(*row, blob) for row, blob in zip(rows, blobs, strict=True)]
        with store.write() as tx:
            tx.reindex.stage(identity, staged)
        if not embedded:  # staging deletes the vectors of another embedder, so count after it
            with store.read() as r:
                total = r.overview().memories
                left = r.reindex.count_missing() + len(rows)
        embedded, left = embedded + len(rows), left - len(rows)
        progress(total - max(left, 0), total)
    return embedded


def embed_names(store: Store, embedder: Embedder) -> None:
    """Embed the graph's names that have no vector; until then only their words are matched."""
    while rows := _unembedded_names(store):
        blobs = embed(embedder, [name for _, name in rows])
        with store.write() as tx:
            tx.graph.embed((*row, blob) for row, blob in zip(rows, blobs, strict=True))


def _unembedded_names(store: Store) -> list[tuple[int, str]]:
    with store.read() as r:
        return r.graph.unembedded(BATCH)


def _batches(store: Store, identity: EmbedderIdentity) -> Iterator[list[tuple[int, str]]]:
    after = 0
    while True:
        with store.read() as r:
            rows = r.reindex.missing(identity, BATCH, after=after)
        if not rows:
            return
        yield rows
        after = rows[-1][0]
