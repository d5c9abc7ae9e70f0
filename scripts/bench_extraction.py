"""Run sessions of LoCoMo through `Memory.add`, and say how good the memories are.

    scripts/bench_extraction.py DATA [--model NAME] [--sessions N] [--conversations N] [--show]

Each pair of turns is one call, as an application would make it: the speakers are named, the
session's date is the timestamp, a pair of speakers is one user. What is printed:

- recall: observations of the data set that a memory means. Decided by the embedder: a cosine of
  at least SAME between them, where the observation's speaker is named in the memory.
- precision: memories that the session supports: MOST of their telling words stand within WINDOW
  turns.
- invented: memories with a capitalised word or a number that the session does not hold.
- duplicates: memories with a cosine of at least DUPLICATE to an earlier one.
- junk: questions, greetings and thanks told as facts.
- memories, seconds, evaluated and written tokens a call.
"""

import argparse
import json
import re
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from litemem import Memory
from litemem.embedders import FastEmbedEmbedder
from litemem.llms import LlamaCppLLM
from litemem.words import STOP_WORDS, words

SAME = 0.65  # cosine from which two statements count as one
DUPLICATE = 0.92
MOST = 0.6  # of a memory's telling words
WINDOW = 4  # turns that may hold them together
JUNK = re.compile(
    r"\?$|\b(asks?|asked|asking|thank|thanks|thanked|greet\w*|says? hello|curious)\b", re.I
)
SPOKEN = "%I:%M %p on %d %B, %Y"  # "1:56 pm on 8 May, 2023"

Turn = dict[str, Any]


@dataclass
class Session:
    """A session of a conversation, and the observations that were annotated for it."""

    name: str
    at: datetime
    turns: list[Turn]
    observations: list[tuple[str, str]]  # speaker, text


@dataclass
class Result:
    """What became of one session."""

    memories: list[str] = field(default_factory=list)
    calls: int = 0
    seconds: float = 0.0
    evaluated: int = 0
    generated: int = 0


def sessions(conversation: dict[str, Any], name: str) -> Iterable[Session]:
    spoken = conversation["conversation"]
    for key in sorted((k for k in spoken if re.fullmatch(r"session_\d+", k)), key=_number):
        observed = conversation["observation"].get(f"{key}_observation", {})
        yield Session(
            f"{name}/{key}",
            datetime.strptime(spoken[f"{key}_date_time"], SPOKEN).replace(tzinfo=UTC),
            spoken[key],
            [(speaker, row[0]) for speaker, rows in observed.items() for row in rows],
        )


def remember(memory: Memory, session: Session, user: str) -> Result:
    llm = memory.llm
    assert isinstance(llm, LlamaCppLLM)
    result, before, start = Result(), llm.usage, time.perf_counter()
    for i in range(0, len(session.turns), 2):
        pair = session.turns[i : i + 2]
        said = [{"role": "user", "name": t["speaker"], "content": t["text"]} for t in pair]
        added = memory.add(said, user_id=user, run_id=session.name, timestamp=session.at)
        result.memories += [row["memory"] for row in added["results"]]
        result.calls += 1
    result.seconds = time.perf_counter() - start
    result.evaluated = llm.usage.evaluated - before.evaluated
    result.generated = llm.usage.generated - before.generated
    return result


class Judge:
    """Decides about memories with the embedder and the session's words; no model is asked."""

    def __init__(self, session: Session, result: Result, embedder: FastEmbedEmbedder) -> None:
        self._session = session
        self._result = result
        self._memories = _unit(embedder, result.memories)
        self._observations = _unit(embedder, [text for _, text in session.observations])

    def recalled(self) -> list[bool]:
        """Tell for each observation whether a memory means it."""
        if not self._result.memories or not self._session.observations:
            return [False] * len(self._session.observations)
        cosines = self._observations @ self._memories.T
        return [
            any(
                cosine >= SAME and speaker.casefold() in memory.casefold()
                for cosine, memory in zip(row, self._result.memories, strict=True)
            )
            for row, (speaker, _) in zip(cosines, self._session.observations, strict=True)
        ]

    def supported(self) -> list[bool]:
        """Tell for each memory whether a few turns together hold its telling words."""
        turns = [_stems(f"{t['speaker']} {t['text']}") for t in self._session.turns]
        windows = [set().union(*turns[i : i + WINDOW]) for i in range(len(turns))]
        return [
            max(len(told & window) for window in windows) >= MOST * len(told)
            for told in map(_stems, self._result.memories)
        ]

    def invented(self) -> list[bool]:
        """Tell for each memory whether it has a name or a number of its own."""
        session = self._session
        held = {w for t in session.turns for w in words(f"{t['speaker']} {t['text']}")}
        return [
            any(w.casefold() not in held for w in re.findall(r"(?<!^)\b(?:[A-Z]\w+|\d+)", memory))
            for memory in self._result.memories
        ]

    def duplicated(self) -> list[bool]:
        """Tell for each memory whether an earlier one is nearly the same."""
        cosines = self._memories @ self._memories.T if self._result.memories else []
        return [bool((row[:i] >= DUPLICATE).any()) for i, row in enumerate(cosines)]

    def junk(self) -> list[bool]:
        """Tell for each memory whether it is a question, a greeting or thanks."""
        return [JUNK.search(memory) is not None for memory in self._result.memories]


def main() -> None:
    options = _options()
    embedder = FastEmbedEmbedder()
    counts: dict[str, list[bool]] = {}
    total = Result()
    with tempfile.TemporaryDirectory() as folder:
        memory = Memory(Path(folder) / "m.db", embedder=embedder, llm=LlamaCppLLM(options.model))
        for session, user in _chosen(options):
            result = remember(memory, session, user)
            judge = Judge(session, result, embedder)
            for name in ("recalled", "supported", "invented", "duplicated", "junk"):
                counts.setdefault(name, []).extend(getattr(judge, name)())
            for name in ("memories", "calls", "seconds", "evaluated", "generated"):
                setattr(total, name, getattr(total, name) + getattr(result, name))
            if options.show:
                _show(session, result, judge)
        memory.close()
    _report(memory.llm.name, counts, total)


def _chosen(options: argparse.Namespace) -> Iterable[tuple[Session, str]]:
    for conversation in json.loads(options.data.read_text())[: options.conversations]:
        name = conversation.get("sample_id", "conversation")
        for session in list(sessions(conversation, name))[: options.sessions]:
            yield session, name


def _report(model: str, counts: dict[str, list[bool]], total: Result) -> None:
    print(f"{model}: {total.calls} calls, {len(total.memories)} memories")
    for name in ("recalled", "supported", "invented", "duplicated", "junk"):
        rows = counts[name]
        print(f"  {name:11} {sum(rows):4} of {len(rows):4}  {sum(rows) / max(len(rows), 1):.2f}")
    calls = max(total.calls, 1)
    print(
        f"  a call: {len(total.memories) / calls:.1f} memories, {total.seconds / calls:.2f} s, "
        f"{total.evaluated / calls:.0f} tokens evaluated, {total.generated / calls:.0f} written"
    )


def _show(session: Session, result: Result, judge: Judge) -> None:
    print(f"{session.name}, {session.at:%Y-%m-%d}")
    for (speaker, text), found in zip(session.observations, judge.recalled(), strict=True):
        print(f"  {'found ' if found else 'MISSED'} {speaker}: {text}")
    verdicts = zip(
        judge.supported(), judge.invented(), judge.duplicated(), judge.junk(), strict=True
    )
    for memory, (supported, *faults) in zip(result.memories, verdicts, strict=True):
        names = ("invented", "duplicate", "junk")
        told = [name for name, is_so in zip(names, faults, strict=True) if is_so]
        print(f"  + {memory}  {' '.join(told if supported else ['UNSUPPORTED', *told])}")


def _unit(embedder: FastEmbedEmbedder, texts: Sequence[str]) -> Any:
    vectors = np.asarray(embedder.embed_documents(texts), dtype=np.float32).reshape(len(texts), -1)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def _stems(text: str) -> set[str]:
    return {word[:5] for word in words(text) if word not in STOP_WORDS and word != "user"}


def _number(key: str) -> int:
    return int(key.rsplit("_", 1)[1])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path, help="LoCoMo's JSON")
    parser.add_argument("--model", help="of the registry, or a GGUF's path")
    parser.add_argument("--sessions", type=int, help="of each conversation")
    parser.add_argument("--conversations", type=int)
    parser.add_argument("--show", action="store_true", help="every observation and memory")
    return parser.parse_args()


if __name__ == "__main__":
    main()
