"""Choosing: the embedder and the language model that are meant, by a name or by what was given."""

from litemem.config import named_model
from litemem.embedders import FastEmbedEmbedder
from litemem.errors import ValidationError
from litemem.llms import LlamaCppLLM
from litemem.protocols import LLM, Embedder
from litemem.quoting import quoted

HASH = "hash"  # the embedder that is no model; "hash:64" gives it 64 dimensions


def chosen_embedder(given: Embedder | str | None) -> Embedder:
    """Return an embedder as it was given, or the one that a name means.

    A name is one of `litemem models list`, a folder that holds a model, or "hash". None is what
    `LITEMEM_EMBEDDER` names, else the default one.

    Raises:
        ValidationError: it is no embedder.
    """
    given = given or named_model("embedder")
    if isinstance(given, str):
        return (
            _hash_embedder(given) if given.partition(":")[0] == HASH else FastEmbedEmbedder(given)
        )
    if given is None:
        return FastEmbedEmbedder()
    _check(given, "embedder", "embed_documents", 'a folder, "hash", or FastEmbedEmbedder(…)')
    return given


def chosen_llm(given: LLM | str | None) -> LLM:
    """Return a language model as it was given, or the one that a name means.

    A name is one of `litemem models list`, or the path of a GGUF file. None is what `LITEMEM_LLM`
    names, else the default one.

    Raises:
        ValidationError, ModelFileError: it is no language model.
    """
    given = given or named_model("llm")
    if given is None or isinstance(given, str):
        return LlamaCppLLM(given)
    _check(given, "llm", "generate", "the path of a GGUF file, or LlamaCppLLM(…)")
    return given


def _hash_embedder(name: str) -> Embedder:
    from litemem.testing import HashEmbedder  # for trying things out, so rarely wanted

    dimensions = name.partition(":")[2]
    try:
        return HashEmbedder(int(dimensions)) if dimensions else HashEmbedder()
    except ValueError as error:
        raise ValidationError(
            f'embedder {quoted(name)}: give "hash", or at least "hash:8"'
        ) from error


def _check(given: object, name: str, method: str, others: str) -> None:
    if isinstance(given, type) or not callable(getattr(given, method, None)):
        raise ValidationError(
            f"{name} takes a name of `litemem models list`, {others}; not {quoted(given)}"
        )
