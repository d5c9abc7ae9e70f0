"""Resolve a name, a path or an object to an embedder, a language model or a reranker."""

import re
from collections.abc import Sequence
from inspect import getattr_static
from pathlib import Path
from typing import TypeVar, cast

from litemem.core.arguments import check_positive
from litemem.core.config import idle_seconds, named_model, real_path, server_settings
from litemem.core.protocols import LLM, Embedder, EmbedderIdentity, Reranker
from litemem.errors import (
    EmbedderError,
    LitememError,
    LLMError,
    RerankerError,
    ValidationError,
    quoted,
)
from litemem.models.embedders import FastEmbedEmbedder
from litemem.models.embedding import mapped_errors
from litemem.models.llms import LlamaCppLLM
from litemem.models.registry import all_models

HASH = "hash"  # HashEmbedder; "hash:64" gives it 64 dimensions

_EMBEDDER = ("identity", "embed_documents", "embed_query", "close")
_LLM = ("name", "context_tokens", "count_tokens", "generate", "close")

_PART = re.compile(r"[\w.-]+")  # the name of an entry point; a path has a slash

_T = TypeVar("_T")


def resolve_embedder(given: Embedder | str | Path | None) -> Embedder:
    """Return the given embedder, or the one with the given name.

    A name is one of `litemem models list`, a folder with a model, "hash", or the name of an entry
    point in the group `litemem.embedders`. None means the value of `LITEMEM_EMBEDDER`, or the
    default.

    Raises:
        ValidationError: it is not an embedder. EmbedderError: its identity could not be read.
    """
    given = _named(given) or named_model("embedder")
    if isinstance(given, str) and given.partition(":")[0] == HASH:
        return _hash_embedder(given)
    if isinstance(given, str):
        offered = _offered("embedders", given, EmbedderError)
        if offered is None:
            return FastEmbedEmbedder(given)
        given = cast(Embedder, offered)
    if given is None:
        return FastEmbedEmbedder()
    takes = 'a name of `litemem models list`, a folder, "hash", or FastEmbedEmbedder(…)'
    with mapped_errors(EmbedderError, "embedder"):
        _check(given, f"embedder takes {takes}", _EMBEDDER)
        _check_identity(given.identity)
    return given


def resolve_llm(given: LLM | str | Path | None, *, unload_after: float | None = None) -> LLM:
    """Return the given language model, or the one with the given name.

    A name is one of `litemem models list`, the path of a GGUF file, the address of a server such as
    `http://127.0.0.1:11434/v1#qwen3:4b`, or the name of an entry point in the group `litemem.llms`.
    None means the value of `LITEMEM_LLM`, or the default. `unload_after` is for a model that
    litemem loads; None means the value of `LITEMEM_UNLOAD_AFTER`.

    Raises:
        ValidationError, ModelFileError: it is not a language model, or not seconds.
    """
    given = _named(given) or named_model("llm")
    found = _server_or_offered(given) if isinstance(given, str) else given
    if found is None:
        name = given if isinstance(given, str) else None
        return LlamaCppLLM(
            name, unload_after=idle_seconds() if unload_after is None else unload_after
        )
    if unload_after is not None:
        raise ValidationError(
            "unload_after is for an llm that litemem loads by its name: give it to the object "
            "itself, as in LlamaCppLLM(unload_after=600), or to the server"
        )
    takes = (
        "a name of `litemem models list`, the path of a GGUF file, an address, or LlamaCppLLM(…)"
    )
    with mapped_errors(LLMError, "language model"):
        _check(found, f"llm takes {takes}", _LLM)
    return cast(LLM, found)


def resolve_reranker(given: Reranker | str | None) -> Reranker | None:
    """Return the given reranker, the one of an entry point in `litemem.rerankers`, or None.

    Raises:
        ValidationError: it is not a reranker.
    """
    if isinstance(given, str):
        offered = _offered("rerankers", given, RerankerError)
        if offered is None:
            raise ValidationError(
                f"no installed package has the reranker {quoted(given)}: reranker takes an object "
                "with rerank(query, documents), or the name of an entry point in litemem.rerankers"
            )
        given = cast(Reranker, offered)
    if given is not None:
        _check(given, "reranker takes an object with rerank(query, documents)", ("rerank",))
    return given


def is_address(given: object) -> bool:
    """Return True if a language model is given by the address of a server."""
    return isinstance(given, str) and given.lower().startswith(("http://", "https://"))


def _server_or_offered(given: str) -> object:
    """Return the language model of a server or of another package, or None for one of ours."""
    if not is_address(given):
        return _offered("llms", given, LLMError)
    from litemem.models.openai_server import OpenAIServerLLM  # rarely used

    remote, key = server_settings()
    return OpenAIServerLLM(given, remote=remote, api_key=key)


def _offered(group: str, given: str, error: type[LitememError]) -> object:
    """Return the part that an installed package offers by an entry point, or None.

    The entry point is a function of the text behind the first ":" of the name. Names of the
    registry and paths are never looked up.

    Raises:
        ValidationError: several packages offer the name. `error`: the package failed.
    """
    name, _, rest = given.partition(":")
    if not _PART.fullmatch(name) or any(model.name == given for model in all_models()):
        return None
    from importlib.metadata import entry_points  # 20 ms, only for a name that is not ours

    found = {point.value: point for point in entry_points(group=f"litemem.{group}", name=name)}
    if len(found) > 1:
        raise ValidationError(f"several packages offer {name!r}: {', '.join(sorted(found))}")
    for point in found.values():
        with mapped_errors(error, f"entry point {name!r} of litemem.{group}"):
            return point.load()(rest)
    return None


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
    lacking = [name for name in members if not _has(given, name)]
    if isinstance(given, type) or lacking:
        lacks = f", which has no {', '.join(lacking)}" if lacking else ", which is a class"
        raise ValidationError(f"{takes}; not {quoted(given)}{lacks}")


def _has(given: object, name: str) -> bool:
    """Return True if an object has a member; a property is not asked for its value."""
    return getattr_static(given, name, None) is not None or getattr(given, name, None) is not None


def _check_identity(identity: object) -> None:
    if not isinstance(identity, EmbedderIdentity):
        raise ValidationError(f"embedder.identity is an EmbedderIdentity, not {quoted(identity)}")
    check_positive(identity.dimensions, "embedder.identity.dimensions")
