"""Vectors as bytes: little-endian float32, as they are kept and compared."""

import math
import sys
from array import array

from litemem.errors import EmbedderError
from litemem.protocols import Vector


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
    return array("f", view.tobytes() if view.format == "f" else list(vector))


def _converted(vector: Vector) -> "array[float]":
    try:
        return array("f", vector)
    except TypeError as error:
        raise EmbedderError(f"the embedder gave what is no vector: {error}") from error
