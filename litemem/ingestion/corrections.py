"""Restate a known fact with the value of a correction that quotes what it takes back.

"Scratch what I said about Deloitte, it's KPMG" names no relation, so a model writes nothing of it.
The known fact does: "User works at Deloitte".
"""

from collections.abc import Sequence
from dataclasses import dataclass

from litemem.core.scope import Scope
from litemem.core.text.lexicon import code_of_speech
from litemem.core.text.statements import unquoted
from litemem.core.types import DOCUMENT, PROCEDURAL, Message
from litemem.ingestion.contrast import restated, takes_back
from litemem.ingestion.naming import named_in
from litemem.store.protocol import Store

SCANNED = 5_000  # newest memories of a scope that a correction may be of


@dataclass(frozen=True)
class Restated:
    """A known fact with the corrected value, the position of its message, and what said so."""

    text: str
    message: int
    said: str
    known: str
    code: str

    def is_told_by(self, fact: str) -> bool:
        """Return True if a fact has the corrected value, and more of the known fact."""
        told, known, new = (_words(t, self.code) for t in (fact, self.known, self.text))
        return new - known <= told and bool(told & new & known)

    def is_said_by(self, fact: str, messages: Sequence[int]) -> bool:
        """Return True if a fact only repeats the correction: "User meant Thursday"."""
        is_of_message = list(messages) == [self.message]
        return is_of_message and _words(fact, self.code) <= _words(self.said, self.code)


def find_restated(store: Store, scope: Scope, messages: Sequence[Message]) -> list[Restated]:
    """Return known facts with the value of a correction; none where it may be of two."""
    corrections = [
        (i, message.content)
        for i, message in enumerate(messages)
        if message.role == "user" and takes_back(message.content, code_of_speech(message.content))
    ]
    if not corrections:
        return []
    with store.read() as r:
        known = [
            record.content
            for record in r.known.of_scope(scope, SCANNED)
            if record.superseded_by is None
            and record.memory_type not in (PROCEDURAL, DOCUMENT)
            and record.attributed_to != "assistant"
            and unquoted(record.content) == record.content
        ]
    found = []
    for at, text in corrections:
        pairs = [(old, new) for old in known if (new := restated(old, text)) is not None]
        if len(pairs) == 1:
            ((old, (corrected, said)),) = pairs
            found.append(Restated(corrected, at, said, old, code_of_speech(text)))
    return found


def _words(text: str, code: str) -> frozenset[str]:
    return frozenset(w.casefold() for w in named_in(unquoted(text), code, with_days=True))
