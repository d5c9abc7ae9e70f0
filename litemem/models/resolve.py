"""Choosing: the parts of a memory that are meant, by a name or by what was given."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from litemem.core.arguments import check_positive
from litemem.core.config import named_model, real_path
from litemem.core.protocols import LLM, Embedder, EmbedderIdentity, Reranker
from litemem.errors import ValidationError, quoted
from litemem.models.brought import ANSWERING, EMBEDDING
from litemem.models.embedders import FastEmbedEmbedder
from litemem.models.llms import LlamaCppLLM

HASH = "hash"  # the embedder that is no model; "hash:64" gives it 64 dimensions

_EMBEDDER = ("identity", "embed_documents", "embed_query", "close")
_LLM = ("name", "context_tokens", "count_tokens", "generate", "close")

_T = TypeVar("_T")


def chosen_embedder(given: Embedder | str | Path | None) -> Embedder:
    """Return an embedder as it was given, or the one that a name means.

    A name is one of `litemem models list`, a folder that holds a model, or "hash". None is what
    `LITEMEM_EMBEDDER` names, else the default one.

    Raises:
        ValidationError: it is no embedder. EmbedderError: it does not say which vectors are its.
    """
    given = _named(given) or named_model("embedder")
    if isinstance(given, str):
        return (
            _hash_embedder(given) if given.partition(":")[0] == HASH else FastEmbedEmbedder(given)
        )
    if given is None:
        return FastEmbedEmbedder()
    takes = 'a name of `litemem models list`, a folder, "hash", or FastEmbedEmbedder(…)'
    with EMBEDDING:
        _check(given, f"embedder takes {takes}", _EMBEDDER)
        _check_identity(given.identity)
    return given


def chosen_llm(given: LLM | str | Path | None) -> LLM:
    """Return a language model as it was given, or the one that a name means.

    A name is one of `litemem models list`, or the path of a GGUF file. None is what `LITEMEM_LLM`
    names, else the default one.

    Raises:
        ValidationError, ModelFileError: it is no language model.
    """
    given = _named(given) or named_model("llm")
    if given is None or isinstance(given, str):
        return LlamaCppLLM(given)
    takes = "a name of `litemem models list`, the path of a GGUF file, or LlamaCppLLM(…)"
    with ANSWERING:
        _check(given, f"llm takes {takes}", _LLM)
    return given


def chosen_reranker(given: Reranker | None) -> Reranker | None:
    """Return a reranker as it was given, or None.

    Raises:
        ValidationError: it is no reranker.
    """
    if given is not None:
        _check(given, "reranker takes an object with rerank(query, documents)", ("rerank",))
    return given


def _named(given: _T | Path) -> _T | str:
    """Return the text that a path stands for; what is none as it is."""
    return str(real_path(given)) if isinstance(given, Path) else given


def _hash_embedder(name: str) -> Embedder:
    from litemem.testing import HashEmbedder  # for trying things out, so rarely wanted

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
