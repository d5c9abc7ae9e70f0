"""Custom models as programs write them: mypy checks the protocols, tests check the behaviour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litemem.core.protocols import LLM, Embedder, EmbedderIdentity, Prompt, Reranker


class ListEmbedder:
    """Takes and gives lists, as most libraries do."""

    identity = EmbedderIdentity("lists", 2, "1")

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return [1.0, float(len(text))]

    def close(self) -> None:
        pass


class ArrayEmbedder:
    """Gives numpy's arrays, one for all documents."""

    @property
    def identity(self) -> EmbedderIdentity:
        return EmbedderIdentity("arrays", 2, "1")

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.array([self.embed_query(text) for text in texts])

    def embed_query(self, text: str) -> NDArray[np.float32]:
        return np.array([1.0, len(text)], dtype=np.float32)

    def close(self) -> None:
        pass


class DictLLM:
    """Takes the schema as the dict that a provider's library wants."""

    name = "mine"
    context_tokens = 4_096

    def count_tokens(self, text: str) -> int:
        return len(text)

    def generate(
        self, prompt: Prompt, text: str, *, schema: dict[str, Any], max_tokens: int
    ) -> str:
        return '{"facts": []}'

    def close(self) -> None:
        pass


@dataclass(frozen=True)
class FrozenLLM:
    """Has its name and its context as fields, and changes nothing of what it is given."""

    name: str = "mine"
    context_tokens: int = 4_096

    def count_tokens(self, text: str) -> int:
        return len(text)

    def generate(
        self, prompt: Prompt, text: str, *, schema: Mapping[str, Any], max_tokens: int
    ) -> str:
        return '{"facts": []}'

    def close(self) -> None:
        pass


class ListReranker:
    """Takes and gives lists."""

    def rerank(self, query: str, documents: list[str]) -> list[float]:
        return [float(len(document)) for document in documents]


class ArrayReranker:
    """Gives numpy's numbers."""

    def rerank(self, query: str, documents: Sequence[str]) -> NDArray[np.float32]:
        return np.array([len(document) for document in documents], dtype=np.float32)


EMBEDDERS: list[Embedder] = [ListEmbedder(), ArrayEmbedder()]
LLMS: list[LLM] = [DictLLM(), FrozenLLM()]
RERANKERS: list[Reranker] = [ListReranker(), ArrayReranker()]
