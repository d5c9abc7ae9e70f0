"""Fakes for tests: a memory that starts at once, without models and network.

memory = Memory("test.db", embedder=HashEmbedder(), llm=ScriptedLLM([["User avoids shellfish"]]))
"""

import json
import math
import re
import time
import zlib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from litemem.core.protocols import EmbedderIdentity, Prompt, Vector
from litemem.core.text.words import STOP_WORDS, words
from litemem.errors import LLMError

STEM = 5  # letters: "travels" and "travelling" share one
STOP_WEIGHT = 0.2  # of a stop word

_WORD_OR_SYMBOLS = re.compile(r"\w+|[^\w\s]+")

Answer = str | Sequence[str] | Mapping[str, Any] | Exception


class HashEmbedder:
    """Embeds by hashing words: texts that share words are near, equal texts have equal vectors.

    Args:
        dimensions: of the vectors, at least 8.
    """

    def __init__(self, dimensions: int = 384) -> None:
        if dimensions < 8:
            raise ValueError(
                f"dimensions must be at least 8, got {dimensions}: all texts would collide"
            )
        self._dimensions = dimensions

    @property
    def identity(self) -> EmbedderIdentity:
        """The identity of the vectors, which depends on the dimensions alone."""
        return EmbedderIdentity("hash", self._dimensions, f"hash-{self._dimensions}")

    def embed_documents(self, texts: Sequence[str]) -> list[Vector]:
        """Return a vector of length 1 for each text."""
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> Vector:
        """Return a vector of length 1."""
        counts: dict[int, float] = {}
        for word in words(text) or [text]:
            whole, stem, weight = _features(word)
            for place in (whole % self._dimensions, stem % self._dimensions):
                counts[place] = counts.get(place, 0.0) + weight
        length = math.sqrt(sum(count * count for count in counts.values()))
        vector = array("f", bytes(4 * self._dimensions))
        for place, count in counts.items():
            vector[place] = count / length
        return vector

    def count_tokens(self, text: str) -> int:
        """Return the number of words; symbols side by side count as one."""
        return sum(1 for _ in _WORD_OR_SYMBOLS.finditer(text))

    def close(self) -> None:
        """Do nothing: there is nothing to free."""


@lru_cache(maxsize=65_536)
def _features(word: str) -> tuple[int, int, float]:
    """Return the hashes of a word and of its stem, and its weight."""
    weight = STOP_WEIGHT if word in STOP_WORDS else 1.0
    return zlib.crc32(word.encode()), zlib.crc32(word[:STEM].encode()), weight


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a `ScriptedLLM`: the prompt's name, and the text."""

    prompt: str
    text: str


class ScriptedLLM:
    """Returns its answers in order, for any question, and records the questions in `calls`.

    An answer is a list of facts, a dict, JSON as text, or an exception, which is raised. Other text
    imitates a model that failed to write JSON. Each answer takes `delay` seconds.

    The question whether known facts are still true is asked only if their words leave it open. If
    the next answer is a dict of verdicts, such as {"1": "outdated"}, it is used; otherwise the
    facts are still true, and no answer is consumed.

    Raises (from `generate`):
        LLMError: there are no answers left.
    """

    name = "scripted"

    def __init__(
        self, answers: Iterable[Answer], *, context_tokens: int = 4_096, delay: float = 0
    ) -> None:
        self.context_tokens = context_tokens
        self.delay = delay
        self.calls: list[Call] = []
        self._answers = list(answers)

    def count_tokens(self, text: str) -> int:
        """Return a quarter of the number of characters, rounded up."""
        return -(-len(text) // 4)

    def generate(
        self,
        prompt: Prompt,
        text: str,
        *,
        schema: Mapping[str, Any],
        max_tokens: int,  # noqa: ARG002
    ) -> str:
        """Return the next answer."""
        if prompt.name == "still_true" and not self._has_verdicts():
            return json.dumps(dict.fromkeys(schema["required"], "true"))
        self.calls.append(Call(prompt.name, text))
        time.sleep(self.delay)
        if not self._answers:
            raise LLMError(f"the script has no answer left for {prompt.name}: {text!r}")
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, str):
            return answer
        content = answer if isinstance(answer, Mapping) else {"facts": list(answer)}
        return json.dumps(content, ensure_ascii=False)

    def close(self) -> None:
        """Do nothing: there is nothing to free."""

    def _has_verdicts(self) -> bool:
        first = self._answers[0] if self._answers else None
        return isinstance(first, Mapping) and "1" in first


class WordReranker:
    """Scores a text by the share of the query's words in it, and records queries in `calls`."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def rerank(self, query: str, documents: Sequence[str]) -> list[float]:
        """Return a score from 0 to 1 for each text."""
        self.calls.append(query)
        asked = set(words(query))
        return [len(asked.intersection(words(text))) / max(len(asked), 1) for text in documents]
