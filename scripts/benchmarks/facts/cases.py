"""Cases of the sets in this folder, and what a memory made of one.

A line of a set is one case, as JSON:

- id, language, and kind: 1 to 12 in the sets of kinds.
- before: turns that are added first, each a list of messages. messages: the turn that is judged.
  timestamp: when that turn was said.
- keep: the facts that were told. never: what no memory may say. gone: what must not be live after
  the turn. stays: what was live before the turn and must be live after it.

Each entry of these four is a list of terms which one memory has to hold together (an entry of
`never` may be a single term). A term is a part of the memory in lower case, alternatives of it
divided by "|", or a regular expression between slashes. "user: term" holds only for a memory about
the user that does not report a request, a letter or a story.
"""

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Message = dict[str, Any]
Entry = list[str]

_USER = re.compile(
    r"(the )?user\b|(be)?nutzer|usuari[oa]|usuári[oa]|utilisat|l['’]utilisat|l['’]utente|utente"
    r"|gebruiker|de gebruiker|użytkowni|пользовател|kullanıcı|用户|用戶|ユーザー|사용자|المستخدم"
    r"|उपयोगकर्ता|användare|کاربر|i\b|my\b"
)
_OF_OTHERS = re.compile(  # "User's sister …", "User: “my uncle said …"
    r"(?:user's|user: “(?:my|our|meine?r?|mon|ma|mi|mio|mia|minha|meu|mijn|min)) "
    r"(?:\w+ ){0,1}?(?:sister|brother|mother|mum|mom|father|dad|wife|husband|partner|son|daughter|"
    r"uncle|aunt|cousin|friend|room-?mate|flatmate|boss|colleague|neighbou?r|mutter|vater|schwester|bruder|"
    r"freund\w*|ami\w*|mère|père|sœur|frère|hermana|hermano|madre|padre|grand\w+|landlord|landlady|teacher)\b"
)
_REPORTED = re.compile(
    r"\b(ask|request|translat|proofread|correct|e-?mail|mail|letter|quot|receiv|charact|story"
    r"|novel|scenario|summar|article|lyric|song|poem|advert|review|example|said that|according)"
)


@dataclass(frozen=True)
class Case:
    """A line of a set."""

    id: str
    language: str
    messages: list[Message]
    kind: int | None = None
    before: list[list[Message]] = field(default_factory=list)
    timestamp: str | None = None
    keep: list[Entry] = field(default_factory=list)
    never: list[Entry] = field(default_factory=list)
    gone: list[Entry] = field(default_factory=list)
    stays: list[Entry] = field(default_factory=list)

    @property
    def group(self) -> str:
        """Return what the results are grouped by: the kind, else the language."""
        return self.language if self.kind is None else f"kind {self.kind}"


def read(path: Path) -> list[Case]:
    """Return the cases of a set."""
    cases = []
    for line in path.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        case["never"] = [
            [entry] if isinstance(entry, str) else entry for entry in case.get("never", ())
        ]
        cases.append(Case(**case))
    return cases


def found(entry: Entry, memories: Sequence[str]) -> bool:
    """Return True if one memory holds all terms of an entry."""
    return any(all(holds(memory, term) for term in entry) for memory in memories)


def holds(memory: str, term: str) -> bool:
    """Return True if a memory holds a term."""
    folded = fold(memory)
    if term.startswith("user: "):
        is_own = _USER.match(folded) is not None and _REPORTED.search(folded) is None
        is_own = is_own and _OF_OTHERS.match(folded) is None
        return is_own and holds(memory, term.removeprefix("user: "))
    if len(term) > 2 and term.startswith("/") and term.endswith("/"):
        return re.search(term[1:-1], folded) is not None
    return any(fold(part) in folded for part in term.split("|"))


def fold(text: str) -> str:
    """Return a text in lower case, composed, with straight apostrophes and plain spaces."""
    lower = unicodedata.normalize("NFC", text.replace("İ", "i").casefold())
    return " ".join(lower.replace("’", "'").split())
