"""Texts as float32 vectors, and the errors of models that a program brings along."""

import math
import sys
from array import array
from collections.abc import Callable, Collection, Sequence
from operator import index
from typing import Any

from litemem.core.protocols import LLM, Embedder, EmbedderIdentity, Prompt, Vector
from litemem.core.text.passages import passages
from litemem.errors import EmbedderError, LitememError, LLMError, ValidationError, quoted


def embed(embedder: Embedder, texts: Sequence[str]) -> list[bytes]:
    """Return the vector of each text as little-endian float32; no texts need no model.

    Raises:
        EmbedderError: the embedder failed, or did not return a vector for each text.
    """
    if not texts:
        return []
    dimensions = embedder.identity.dimensions
    with mapped_errors(EmbedderError, "embedder"):
        vectors = list(embedder.embed_documents(list(texts)))
    if len(vectors) != len(texts):
        raise EmbedderError(f"the embedder returned {len(vectors)} vectors for {len(texts)} texts")
    return [to_blob(vector, dimensions) for vector in vectors]


def embed_query(embedder: Embedder, text: str) -> bytes:
    """Return the vector to search with, as little-endian float32.

    Raises:
        EmbedderError: the embedder failed, or did not return a vector.
    """
    with mapped_errors(EmbedderError, "embedder"):
        vector = embedder.embed_query(text)
    return to_blob(vector, embedder.identity.dimensions)


def embed_first_passage(embedder: Embedder, text: str) -> tuple[bytes, bytes]:
    """Return the vector of the first passage of a query, as float32 and as signed bytes.

    Raises:
        EmbedderError: as `embed_query`.
    """
    vector = embed_query(embedder, first_passage(embedder, text))
    return vector, quantized(vector)


def quantized(vector: bytes) -> bytes:
    """Return a float32 vector as signed bytes: its greatest number becomes 127.

    A cosine does not depend on the length of a vector; that of two 384-dimensional ones changes by
    less than 0.005.
    """
    floats = array("f", vector)
    largest = max(max(floats), -min(floats)) or 1.0
    return array("b", [round(number * 127 / largest) for number in floats]).tobytes()


def to_blob(vector: Vector, dimensions: int) -> bytes:
    """Return the vector as little-endian float32.

    Raises:
        EmbedderError: it has another length, or a number that is not finite.
    """
    floats = _floats(vector)
    if len(floats) != dimensions:
        raise EmbedderError(
            f"the embedder returned {len(floats)} numbers, but its identity says {dimensions}"
        )
    if not math.isfinite(sum(floats)):
        raise EmbedderError("the embedder returned a vector with an infinity or a NaN")
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
        raise EmbedderError(f"the embedder did not return a vector: {error}") from error


class mapped_errors:  # noqa: N801 - reads as a verb, like contextlib.suppress
    """Raise any exception inside as `kind`, unless it is one of litemem's.

    `part` names the failing model in the message.
    """

    def __init__(self, kind: type[LitememError], part: str) -> None:
        self._kind = kind
        self._part = part

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, LitememError):
            text = f"{type(error).__name__}: {error}".removesuffix(": ")
            raise self._kind(f"the {self._part} failed: {text}") from error


def token_counter(count_tokens: object, embedder: Embedder) -> Callable[[str], int]:
    """Return a function that counts the tokens of a text, with a check of every number.

    Without one it is the embedder's `count_tokens`, and without that `estimate_tokens`.

    Raises:
        ValidationError: `count_tokens` is not a function. The counter raises it too if the function
            fails or returns something else than a number, and EmbedderError if the embedder does.
    """
    if count_tokens is not None and not callable(count_tokens):
        raise ValidationError(
            f"count_tokens must be a function from a text to its tokens, got {quoted(count_tokens)}"
        )
    own = getattr(embedder, "count_tokens", None)
    kind = EmbedderError if count_tokens is None else ValidationError
    call = count_tokens if count_tokens is not None else own if callable(own) else estimate_tokens
    mapped = mapped_errors(kind, "function count_tokens")

    def counter(text: str) -> int:
        with mapped:
            number = call(text)
        if isinstance(number, bool) or not hasattr(number, "__index__") or index(number) < 0:
            raise kind(f"count_tokens must return a whole number from 0, it gave {quoted(number)}")
        return index(number)

    return counter


def first_passage(embedder: Embedder, text: str) -> str:
    """Return the part of a text that its vector is of."""
    start, stop = passages(text, token_counter(None, embedder))[0]
    return text[start:stop]


def estimate_tokens(text: str) -> int:
    """Return about the tokens of a text: one for 4 ASCII characters, and one for each other."""
    if text.isascii():
        return -(-len(text) // 4)
    other = sum(not character.isascii() for character in text)
    return other + -(-(len(text) - other) // 4)


_ANSWERING = mapped_errors(LLMError, "language model")


class GuardedLLM:
    """Wraps a user's language model so that every exception it raises becomes an `LLMError`."""

    def __init__(self, llm: LLM) -> None:
        self._llm = llm

    @property
    def name(self) -> str:
        """The model's name, for messages."""
        with _ANSWERING:
            return self._llm.name

    @property
    def context_tokens(self) -> int:
        """The number of tokens that prompt, text and answer may have together."""
        with _ANSWERING:
            return int(self._llm.context_tokens)

    @property
    def parameters(self) -> int | None:
        """The number of the model's parameters, or None if it does not tell."""
        with _ANSWERING:
            return getattr(self._llm, "parameters", None)

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens in `text`."""
        with _ANSWERING:
            return int(self._llm.count_tokens(text))

    def generate(
        self, prompt: Prompt, text: str, *, schema: dict[str, Any], max_tokens: int
    ) -> str:
        """Return the model's answer.

        Raises:
            LLMError: the model failed.
        """
        with _ANSWERING:
            return self._llm.generate(prompt, text, schema=schema, max_tokens=max_tokens)

    def close(self) -> None:
        """Do nothing: the `Memory` closes the model."""


class QueryCache:
    """An embedder that embeds each query once, although memories and graph both ask for it."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._vectors: dict[str, Vector] = {}

    @property
    def identity(self) -> EmbedderIdentity:
        """The identity of the wrapped embedder."""
        return self._embedder.identity

    def embed_documents(self, texts: list[str]) -> Collection[Vector]:
        """Return a vector for each text."""
        return self._embedder.embed_documents(texts)

    def embed_query(self, text: str) -> Vector:
        """Return the query's vector, from the second call on without the model."""
        if text not in self._vectors:
            self._vectors[text] = self._embedder.embed_query(text)
        return self._vectors[text]

    def close(self) -> None:
        """Do nothing: the `Memory` closes the embedder."""


class WordsOnlyEmbedder:
    """Stands for the embedder of a file in a search by words alone, which needs no model.

    `identity` has to be the file's. The cosine with a query's vector of zeros is 0.
    """

    def __init__(self) -> None:
        self.identity = EmbedderIdentity("none", 1, "")  # that of a file without vectors

    def embed_documents(self, texts: Sequence[str]) -> list[Vector]:
        """Refuse.

        Raises:
            EmbedderError: always.
        """
        raise EmbedderError(f"a search by words alone embeds nothing, got {len(texts)} texts")

    def embed_query(self, text: str) -> Vector:  # noqa: ARG002 - the protocol's
        """Return zeros."""
        return [0.0] * self.identity.dimensions

    def close(self) -> None:
        """Do nothing."""
