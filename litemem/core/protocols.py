"""`Embedder`, `LLM` and `Reranker`: what a model of your own must provide.

If such a model raises an exception that is not a `LitememError`, the call of `Memory` raises an
`EmbedderError`, `LLMError` or `RerankerError` with that exception as its cause.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Protocol

Vector = Collection[float]  # fastest as a buffer of float32, such as array("f") or a numpy array


@dataclass(frozen=True, slots=True)
class EmbedderIdentity:
    """The properties that two embedders must share for their vectors to be comparable.

    `dimensions` is the length of the vectors. `fingerprint` changes when the weights change.
    """

    name: str
    dimensions: int
    fingerprint: str


class Embedder(Protocol):
    """Turns texts into vectors; several threads may call it.

    It may have a method `count_tokens(text: str) -> int`, which `Memory.context` then counts with;
    otherwise four ASCII characters, or one other character, are taken for a token.
    """

    @property
    def identity(self) -> EmbedderIdentity:
        """The identity of the vectors; cheap, and does not load the model."""

    def embed_documents(self, texts: list[str]) -> Collection[Vector]:
        """Return a vector for each memory text, in order."""

    def embed_query(self, text: str) -> Vector:
        """Return the vector of a query."""

    def close(self) -> None:
        """Free the model; the next call loads it again."""


@dataclass(frozen=True, slots=True)
class Usage:
    """The number of tokens that a language model has evaluated and generated so far."""

    evaluated: int = 0
    generated: int = 0

    def plus(self, evaluated: int, generated: int) -> "Usage":
        """Return the sum with the tokens of one more call."""
        return Usage(self.evaluated + evaluated, self.generated + generated)


@dataclass(frozen=True, slots=True)
class Prompt:
    """The constant part of a prompt; its evaluation can be cached.

    `examples` are pairs of a text and the right answer to it.
    """

    name: str
    system: str
    examples: tuple[tuple[str, str], ...] = ()

    def messages(self, text: str) -> list[dict[str, str]]:
        """Return the chat about `text`, as dicts of `role` and `content`."""
        chat = [{"role": "system", "content": self.system}]
        for question, answer in (*self.examples, (text, "")):
            chat.append({"role": "user", "content": question})
            chat.append({"role": "assistant", "content": answer})
        return chat[:-1]


class LLM(Protocol):
    """A language model that answers in JSON; several threads may call it.

    It may have a property `parameters: int | None`, the number of its parameters. Of a model with
    fewer than four billion, statements that it passed over are kept in the speaker's words.
    """

    @property
    def name(self) -> str:
        """The model's name, for messages."""

    @property
    def context_tokens(self) -> int:
        """The limit of tokens for prompt, text and answer together."""

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens in `text`."""

    def generate(
        self, prompt: Prompt, text: str, *, schema: dict[str, Any], max_tokens: int
    ) -> str:
        """Return the model's answer about `text`, as JSON that follows the schema.

        Raises:
            LLMError: the model is not installed, or prompt and text are longer than its context.
            ExtractionError: the answer was not complete after `max_tokens`.
        """

    def close(self) -> None:
        """Free the model; the next call loads it again."""


class Reranker(Protocol):
    """Scores how well texts answer a query, to reorder the results of a search."""

    def rerank(self, query: str, documents: list[str]) -> Collection[float]:
        """Return a finite number for each text, in order; higher is better, on any scale."""
