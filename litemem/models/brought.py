"""Brought: a program's own models and reranker, whose errors come out as litemem's."""

from typing import Any

from litemem.core.protocols import LLM, Prompt
from litemem.errors import EmbedderError, LitememError, LLMError, RerankerError


class _ToldAs:
    """Raises what is raised inside as one kind of litemem's errors, unless it is one of them."""

    def __init__(self, kind: type[LitememError], part: str) -> None:
        self._kind = kind
        self._part = part

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, LitememError):
            text = f"{type(error).__name__}: {error}".removesuffix(": ")
            raise self._kind(f"the {self._part} failed: {text}") from error


EMBEDDING = _ToldAs(EmbedderError, "embedder")
ANSWERING = _ToldAs(LLMError, "language model")
RERANKING = _ToldAs(RerankerError, "reranker")


class BroughtLLM:
    """A language model that raises LLMErrors, whatever the one that it asks may raise."""

    def __init__(self, llm: LLM) -> None:
        self._llm = llm

    @property
    def name(self) -> str:
        """The model's name, for messages."""
        with ANSWERING:
            return self._llm.name

    @property
    def context_tokens(self) -> int:
        """How many tokens prompt, text and answer may have together."""
        with ANSWERING:
            return int(self._llm.context_tokens)

    def count_tokens(self, text: str) -> int:
        """Return how many tokens `text` is."""
        with ANSWERING:
            return int(self._llm.count_tokens(text))

    def generate(
        self, prompt: Prompt, text: str, *, schema: dict[str, Any], max_tokens: int
    ) -> str:
        """Return the model's answer.

        Raises:
            LLMError: the model failed.
        """
        with ANSWERING:
            return self._llm.generate(prompt, text, schema=schema, max_tokens=max_tokens)

    def close(self) -> None:
        """Leave the model to whom it belongs."""
