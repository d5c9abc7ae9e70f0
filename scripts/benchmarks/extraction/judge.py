"""The judge of memories: by the embedder and the session's words; no model is asked."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from sessions import Session

from litemem.core.text.dates import resolve
from litemem.core.text.words import STOP_WORDS, words
from litemem.models.embedders import FastEmbedEmbedder

SAME = 0.65  # cosine from which two statements count as one
DUPLICATE = 0.92
MOST = 0.6  # of a memory's telling words
OWN = 0.5  # of those, said by the one whom the memory is about
WINDOW = 4  # turns that may hold them together
VERDICTS = ("recalled", "supported", "invented", "duplicated", "junk")

_JUNK = re.compile(
    r"\?$|\b(asks?|asked|asking|thank|thanks|thanked|greet\w*|says? hello|curious|wonder\w*)\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<!^)\b(?:[A-Z]\w+|\d+)")


class Judge:
    """Judges the memories of one session."""

    def __init__(
        self, session: Session, memories: Sequence[str], embedder: FastEmbedEmbedder
    ) -> None:
        self.memories = memories
        self.session = session
        today = session.at.date()
        self._said = [(who, f"{who} {text} {resolve(text, today)}") for who, text in session.turns]
        self._vectors = _unit(embedder, memories)
        self._observed = _unit(embedder, [text for _, text in session.observations])

    def nearest(self) -> list[tuple[float, str]]:
        """Return for each observation the nearest memory that names its speaker."""
        found = []
        for vector, (speaker, _) in zip(self._observed, self.session.observations, strict=True):
            naming = [
                (float(vector @ other), memory)
                for other, memory in zip(self._vectors, self.memories, strict=True)
                if speaker.casefold() in memory.casefold()
            ]
            found.append(max(naming, default=(0.0, "")))
        return found

    def recalled(self) -> list[bool]:
        """Tell for each observation whether a memory means it."""
        return [cosine >= SAME for cosine, _ in self.nearest()]

    def supported(self) -> list[bool]:
        """Tell for each memory whether a few turns, half of them the subject's own, hold it."""
        return [self._is_supported(memory) for memory in self.memories]

    def _is_supported(self, memory: str) -> bool:
        told = _stems(memory)
        subject = next((w for w, _ in self._said if memory.startswith(w)), None)
        for i in range(len(self._said)):
            window = self._said[i : i + WINDOW]
            held = told & set().union(*(_stems(text) for _, text in window))
            own = told & set().union(
                *(_stems(text) for who, text in window if subject in (None, who))
            )
            if len(held) >= MOST * len(told) and len(own) >= OWN * len(held):
                return True
        return False

    def invented(self) -> list[bool]:
        """Tell for each memory whether it has a name or a number of its own."""
        held = {word for _, text in self._said for word in words(text)}
        return [
            any(word.casefold() not in held for word in _NAME.findall(memory))
            for memory in self.memories
        ]

    def duplicated(self) -> list[bool]:
        """Tell for each memory whether an earlier one is nearly the same."""
        cosines = self._vectors @ self._vectors.T if self.memories else []
        return [bool((row[:i] >= DUPLICATE).any()) for i, row in enumerate(cosines)]

    def junk(self) -> list[bool]:
        """Tell for each memory whether it is a question, a greeting or thanks."""
        return [_JUNK.search(memory) is not None for memory in self.memories]


def _unit(embedder: FastEmbedEmbedder, texts: Sequence[str]) -> Any:
    vectors = np.asarray(embedder.embed_documents(texts), dtype=np.float32).reshape(len(texts), -1)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def _stems(text: str) -> set[str]:
    return {word[:5] for word in words(text) if word not in STOP_WORDS and word != "user"}
