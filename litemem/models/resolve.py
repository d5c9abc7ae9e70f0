"""Resolve a name, a path or an object to an embedder, a language model or a reranker."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from litemem.core.arguments import check_positive
from litemem.core.config import idle_seconds, named_model, real_path
from litemem.core.protocols import LLM, Embedder, EmbedderIdentity, Reranker
from litemem.errors import EmbedderError, LLMError, ValidationError, quoted
from litemem.models.embedders import FastEmbedEmbedder
from litemem.models.embedding import mapped_errors
from litemem.models.llms import LlamaCppLLM

HASH = "hash"  # HashEmbedder; "hash:64" gives it 64 dimensions

_EMBEDDER = ("identity", "embed_documents", "embed_query", "close")
_LLM = ("name", "context_tokens", "count_tokens", "generate", "close")

_T = TypeVar("_T")


def resolve_embedder(given: Embedder | str | Path | None) -> Embedder:
    """Return the given embedder, or the one with the given name.

    A name is one of `litemem models list`, a folder with a model, or "hash". None means the value
    of `LITEMEM_EMBEDDER`, or the default.

    Raises:
        ValidationError: it is not an embedder. EmbedderError: its identity could not be read.
    """
    given = _named(given) or named_model("embedder")
    if isinstance(given, str):
        return (
            _hash_embedder(given) if given.partition(":")[0] == HASH else FastEmbedEmbedder(given)
        )
    if given is None:
        return FastEmbedEmbedder()
    takes = 'a name of `litemem models list`, a folder, "hash", or FastEmbedEmbedder(…)'
    with mapped_errors(EmbedderError, "embedder"):
        _check(given, f"embedder takes {takes}", _EMBEDDER)
        _check_identity(given.identity)
    return given


def resolve_llm(given: LLM | str | Path | None, *, unload_after: float | None = None) -> LLM:
    """Return the given language model, or the one with the given name.

    A name is one of `litemem models list`, or the path of a GGUF file. None means the value of
    `LITEMEM_LLM`, or the default. `unload_after` is for a model that is given by name; None means
    the value of `LITEMEM_UNLOAD_AFTER`.

    Raises:
        ValidationError, ModelFileError: it is not a language model, or not seconds.
    """
    given = _named(given) or named_model("llm")
    if given is None or isinstance(given, str):
        return LlamaCppLLM(
            given, unload_after=idle_seconds() if unload_after is None else unload_after
        )
    if unload_after is not None:
        raise ValidationError(
            "unload_after is for an llm that is given by name: give it to the object itself, as in "
            "LlamaCppLLM(unload_after=600)"
        )
    takes = "a name of `litemem models list`, the path of a GGUF file, or LlamaCppLLM(…)"
    with mapped_errors(LLMError, "language model"):
        _check(given, f"llm takes {takes}", _LLM)
    return given


def resolve_reranker(given: Reranker | None) -> Reranker | None:
    """Return the given reranker, or None.

    Raises:
        ValidationError: it is not a reranker.
    """
    if given is not None:
        _check(given, "reranker takes an object with rerank(query, documents)", ("rerank",))
    return given


def _named(given: _T | Path) -> _T | str:
    """Convert a `Path` to `str`; return anything else unchanged."""
    return str(real_path(given)) if isinstance(given, Path) else given


def _hash_embedder(name: str) -> Embedder:
    from litemem.testing import HashEmbedder  # rarely used, only to try things out

    dimensions = name.partition(":")[2]
    try:
        return HashEmbedder(int(dimensions)) if dimensions else HashEmbedder()
    except ValueError as error:
        raise ValidationError(
            f'embedder {quoted(name)}: give "hash", or at least "hash:8"'
        ) from error


def _check(given: object, takes: str, members: Sequence[str]) -> None:
    lacking = [name for name in members if getattr(given, name, None) is None]
    if isinstance(given, type) or lacking:
        lacks = f", which has no {', '.join(lacking)}" if lacking else ", which is a class"
        raise ValidationError(f"{takes}; not {quoted(given)}{lacks}")


def _check_identity(identity: object) -> None:
    if not isinstance(identity, EmbedderIdentity):
        raise ValidationError(f"embedder.identity is an EmbedderIdentity, not {quoted(identity)}")
    check_positive(identity.dimensions, "embedder.identity.dimensions")
