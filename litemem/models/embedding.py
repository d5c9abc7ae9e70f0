"""Vectors as bytes: little-endian float32, as they are kept and compared."""

import math
import sys
from array import array
from collections.abc import Sequence

from litemem.core.protocols import Embedder, Vector
from litemem.errors import EmbedderError
from litemem.models.brought import EMBEDDING


def embed(embedder: Embedder, texts: Sequence[str]) -> list[bytes]:
    """Return a blob for each text, in order; none for no text, without the model.

    Raises:
        EmbedderError: the embedder failed, or gave something else than a vector for each text.
    """
    if not texts:
        return []
    dimensions = embedder.identity.dimensions
    with EMBEDDING:
        vectors = list(embedder.embed_documents(list(texts)))
    if len(vectors) != len(texts):
        raise EmbedderError(f"the embedder gave {len(vectors)} vectors for {len(texts)} texts")
    return [to_blob(vector, dimensions) for vector in vectors]


def embed_query(embedder: Embedder, text: str) -> bytes:
    """Return the blob of the vector that finds what answers `text`.

    Raises:
        EmbedderError: the embedder failed, or gave something else than a vector.
    """
    with EMBEDDING:
        vector = embedder.embed_query(text)
    return to_blob(vector, embedder.identity.dimensions)


def to_blob(vector: Vector, dimensions: int) -> bytes:
    """Return the vector as float32, little-endian.

    Raises:
        EmbedderError: it has another length, or holds an infinity or no number.
    """
    floats = _floats(vector)
    if len(floats) != dimensions:
        raise EmbedderError(
            f"the embedder gave {len(floats)} numbers and calls itself {dimensions}-dimensional"
        )
    if not math.isfinite(sum(floats)):
        raise EmbedderError("the embedder gave a vector that holds an infinity or no number")
    if sys.byteorder == "big":
        floats.byteswap()
    return floats.tobytes()


def _floats(vector: Vector) -> "array[float]":
    try:
        view = memoryview(vector)  # type: ignore[arg-type]
    except TypeError:
        return _converted(vector)
    return array("f", view.tobytes()) if view.format == "f" else _converted(vector)


def _converted(vector: Vector) -> "array[float]":
    try:
        return array("f", list(vector))
    except (TypeError, ValueError, OverflowError) as error:
        raise EmbedderError(f"the embedder gave what is no vector: {error}") from error
