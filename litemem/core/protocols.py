"""What a part has to do to take the place of one of ours: `Embedder`, `LLM`, `Reranker`.

What a part raises that is no `LitememError` comes out of a call of `Memory` as an `EmbedderError`,
`LLMError` or `RerankerError`, with the part's own as its cause.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Protocol

Vector = Collection[float]  # fast when it is also a buffer of float32, like array("f") or numpy's


@dataclass(frozen=True, slots=True)
class EmbedderIdentity:
    """What has to agree between two embedders for their vectors to be comparable.

    `fingerprint` changes whenever the model's weights do; `dimensions` is the vectors' length.
    """

    name: str
    dimensions: int
    fingerprint: str


class Embedder(Protocol):
    """Turns texts into vectors. Called from several threads."""

    @property
    def identity(self) -> EmbedderIdentity:
        """Say which vectors these are; cheap, and does not load the model."""
        ...

    def embed_documents(self, texts: list[str]) -> Collection[Vector]:
        """Return a vector for each text that is to be found, in order."""
        ...

    def embed_query(self, text: str) -> Vector:
        """Return the vector that finds what answers `text`."""
        ...

    def close(self) -> None:
        """Free the model; the next call loads it again."""
        ...


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that a language model has evaluated and written since it was made."""

    evaluated: int = 0
    generated: int = 0

    def plus(self, evaluated: int, generated: int) -> "Usage":
        """Return the sum with one more call's tokens."""
        return Usage(self.evaluated + evaluated, self.generated + generated)


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model reads before the text at hand: it never changes, so its evaluation can be kept.

    `examples` are pairs of a text and the answer that it should have been given.
    """

    name: str
    system: str
    examples: tuple[tuple[str, str], ...] = ()

    def messages(self, text: str) -> list[dict[str, str]]:
        """Return the chat that asks about `text`, as `role` and `content`."""
        chat = [{"role": "system", "content": self.system}]
        for question, answer in (*self.examples, (text, "")):
            chat.append({"role": "user", "content": question})
            chat.append({"role": "assistant", "content": answer})
        return chat[:-1]


class LLM(Protocol):
    """A language model that answers in JSON. Called from several threads."""

    @property
    def name(self) -> str:
        """The model's name, for messages."""
        ...

    @property
    def context_tokens(self) -> int:
        """How many tokens prompt, text and answer may have together."""
        ...

    def count_tokens(self, text: str) -> int:
        """Return how many tokens `text` is."""
        ...

    def generate(
        self, prompt: Prompt, text: str, *, schema: dict[str, Any], max_tokens: int
    ) -> str:
        """Return the model's answer about `text`: JSON that the JSON schema allows.

        Raises:
            LLMError: the model is not there, or prompt and text are longer than its context.
            ExtractionError: the answer was not finished within `max_tokens`.
        """
        ...

    def close(self) -> None:
        """Free the model; the next call loads it again."""
        ...


class Reranker(Protocol):
    """Judges how well texts answer a query; the second look at what a search found."""

    def rerank(self, query: str, documents: list[str]) -> Collection[float]:
        """Return a finite number for each text, in order; higher answers better, on any scale."""
        ...
