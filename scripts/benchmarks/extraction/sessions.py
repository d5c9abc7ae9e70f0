"""LoCoMo's sessions: what was said, when, and the observations that were annotated for it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SPOKEN = "%I:%M %p on %d %B, %Y"  # "1:56 pm on 8 May, 2023"


@dataclass(frozen=True)
class Session:
    """A session of one conversation; `observations` are of a speaker and a text."""

    user: str
    name: str
    at: datetime
    turns: list[tuple[str, str]]  # speaker, text
    observations: list[tuple[str, str]]

    def pairs(self) -> list[list[tuple[str, str]]]:
        """Return the turns two by two, as an application hands them over."""
        return [self.turns[i : i + 2] for i in range(0, len(self.turns), 2)]


def sessions(data: Path, conversations: int | None, each: int | None) -> Iterator[Session]:
    """Yield the first sessions of the first conversations of a LoCoMo file; None: all of them."""
    for conversation in json.loads(data.read_text())[:conversations]:
        spoken = conversation["conversation"]
        keys = sorted((k for k in spoken if re.fullmatch(r"session_\d+", k)), key=_number)
        for key in keys[:each]:
            yield _session(conversation, key)


def _session(conversation: dict[str, Any], key: str) -> Session:
    spoken = conversation["conversation"]
    observed = conversation.get("observation", {}).get(f"{key}_observation", {})
    return Session(
        conversation.get("sample_id", "conversation"),
        key,
        datetime.strptime(spoken[f"{key}_date_time"], SPOKEN).replace(tzinfo=UTC),
        [(turn["speaker"], turn["text"]) for turn in spoken[key]],
        [(speaker, row[0]) for speaker, rows in observed.items() for row in rows],
    )


def _number(key: str) -> int:
    return int(key.rsplit("_", 1)[1])
