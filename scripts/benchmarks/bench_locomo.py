"""Print how often a search finds the turns that answer LoCoMo's questions.

    bench_locomo.py locomo10.json [--errors errors.json] [--captions] [--through HOW]
        [--only CONVERSATIONS] [--sessions N] [--file FILE]

The conversation is the user, the session the run, the speaker the name, the session's date the
timestamp. What is asked is every question with evidence among the turns; those whose citation a
published audit found wrong (`--errors`) are left out of the second table. With `--captions` a turn
holds the caption of the picture that was shared.

With "verbatim" each turn is a memory (`infer=False`). Otherwise turns go through `add` in pairs,
and a turn is found if it is among the sources of a result: with "model" the language model extracts
facts, with "observations" the facts are those that LoCoMo has of each session, and with "nothing"
there are none.
"""

import argparse
import json
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from litemem import Memory
from litemem.core.protocols import Embedder, EmbedderIdentity, Prompt, Vector
from litemem.core.scope import Scope
from litemem.store.filters import compile_filter
from litemem.testing import ScriptedLLM

CATEGORIES = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop", 5: "adversarial"}
DEPTHS = (1, 5, 10, 20)
DEEPEST = 100  # results that are asked for; MRR counts an answer behind them as none
TURN = re.compile(r"D\d+:\d+")


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the turns that answer it, and whether the audit found these wrong."""

    number: str
    text: str
    evidence: frozenset[str]
    category: int
    is_wrong: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What a search for a question gave: the turns in order, and how long it took."""

    question: Question
    turns: tuple[str, ...]
    milliseconds: float

    def ranks(self) -> list[int]:
        """Return the places of the evidence that was found, from 1."""
        places: dict[str, int] = {}
        for i, turns in enumerate(self.turns, 1):
            for turn in self.question.evidence.intersection(turns.split("+")):
                places.setdefault(turn, i)
        return sorted(places.values())

    def hits_session(self, depth: int) -> bool:
        """Return True if one of the first turns is of a session with evidence."""
        sessions = {turn.split(":")[0] for turn in self.question.evidence}
        found = (turn for turns in self.turns[:depth] for turn in turns.split("+"))
        return any(turn.split(":")[0] in sessions for turn in found)


class Remembering:
    """An embedder that keeps its vectors in a file, for measuring again and again."""

    def __init__(self, embedder: Embedder, path: Path) -> None:
        self._embedder = embedder
        self._path = path
        self._known: dict[str, list[float]] = json.loads(path.read_text()) if path.exists() else {}

    @property
    def identity(self) -> EmbedderIdentity:
        return self._embedder.identity

    def embed_documents(self, texts: Sequence[str]) -> list[Vector]:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        for text, vector in zip(new, self._embedder.embed_documents(new), strict=True):
            self._known[text] = [round(float(number), 7) for number in vector]
        return [self._known[text] for text in texts]

    def embed_query(self, text: str) -> Vector:
        key = f"query: {text}"
        if key not in self._known:
            self._known[key] = [round(float(n), 7) for n in self._embedder.embed_query(text)]
        return self._known[key]

    def count_tokens(self, text: str) -> int:
        return self._embedder.count_tokens(text)

    def close(self) -> None:
        self._path.write_text(json.dumps(self._known))
        self._embedder.close()


def sessions(conversation: dict[str, Any]) -> Iterator[tuple[str, datetime, list[dict[str, Any]]]]:
    """Yield each session's name, its date and its turns, in order."""
    names = [name for name in conversation if re.fullmatch(r"session_\d+", name)]
    for name in sorted(names, key=lambda name: int(name.split("_")[1])):
        date = datetime.strptime(conversation[f"{name}_date_time"], "%I:%M %p on %d %B, %Y")
        yield name, date.replace(tzinfo=UTC), conversation[name]


def remember(memory: Memory, user: str, conversation: dict[str, Any], *, captions: bool) -> int:
    """Add every turn of a conversation; return how many."""
    count = 0
    for name, date, turns in sessions(conversation):
        for turn in turns:
            text = turn["text"]
            if captions and turn.get("blip_caption"):
                text = f"{text} [photo: {turn['blip_caption']}]"
            message = {"role": "user", "name": turn["speaker"], "content": text}
            metadata = {"dia_id": turn["dia_id"]}
            memory.add(
                [message],
                user_id=user,
                run_id=name,
                timestamp=date,
                metadata=metadata,
                infer=False,
            )
            count += 1
    return count


class Observing(ScriptedLLM):
    """A language model that finds the facts that it was given before."""

    def __init__(self) -> None:
        super().__init__([])
        self.facts: list[str] = []

    def generate(self, _prompt: Prompt, _text: str, **_options: Any) -> str:
        return json.dumps({"facts": self.facts})


def remember_pairs(
    memory: Memory, user: str, sample: dict[str, Any], *, captions: bool, llm: Observing | None
) -> dict[str, frozenset[str]]:
    """Add the turns of a conversation in pairs; return the turns of each message, by its id."""
    facts = observations(sample)
    turns_of: dict[str, set[str]] = {}
    for name, date, turns in sessions(sample["conversation"]):
        for start in range(0, len(turns), 2):
            pair = turns[start : start + 2]
            said = []
            for turn in pair:
                text = turn["text"]
                if captions and turn.get("blip_caption"):
                    text = f"{text} [photo: {turn['blip_caption']}]"
                said.append({"role": "user", "name": turn["speaker"], "content": text})
                turns_of.setdefault(text, set()).add(turn["dia_id"])
            if llm is not None:
                llm.facts = [fact for turn in pair for fact in facts.get(turn["dia_id"], ())]
            memory.add(said, user_id=user, run_id=name, timestamp=date)
        print(f"{user}: {name} of {date} is added", file=sys.stderr)
    with memory.store.read() as r:
        logged = r.messages.select(compile_filter({"user_id": user}, Scope()))
    return {each.id: frozenset(turns_of[_said_as(each.content, turns_of)]) for each in logged}


def _said_as(content: str, texts: Iterable[str]) -> str:
    """Return the text that a message was added with: it is read without what is superseded."""
    pieces = content.split(". ")
    return max(texts, key=lambda text: (text == content, sum(piece in text for piece in pieces)))


def observations(sample: dict[str, Any]) -> dict[str, list[str]]:
    """Return the facts that LoCoMo has of each turn."""
    found: dict[str, list[str]] = {}
    for of_session in sample["observation"].values():
        for of_speaker in of_session.values():
            for fact, place in of_speaker:
                for turn in TURN.findall(str(place)):
                    found.setdefault(turn, []).append(fact)
    return found


def ask_for_sources(
    memory: Memory, user: str, question: Question, turns: Mapping[str, frozenset[str]]
) -> Answer:
    """Search; the turns of a result are those of its sources, in the place of the result."""
    start = time.perf_counter()
    results = memory.search(question.text, user_id=user, top_k=DEEPEST)["results"]
    took = (time.perf_counter() - start) * 1_000
    found = []
    for result in results:
        ids = [result["id"], *(source["id"] for source in result.get("sources", ()))]
        found.append("+".join(sorted(set().union(*(turns.get(i, ()) for i in ids)))))
    return Answer(question, tuple(found), took)


def questions(number: int, sample: dict[str, Any], wrong: set[str]) -> Iterator[Question]:
    """Yield the questions of a conversation that have evidence among its turns."""
    turns = {t["dia_id"] for _, _, said in sessions(sample["conversation"]) for t in said}
    for i, asked in enumerate(sample["qa"]):
        cited = {turn for place in asked["evidence"] for turn in TURN.findall(place)} & turns
        if cited:
            key = f"locomo_{number}_qa{i}"
            yield Question(
                key, asked["question"], frozenset(cited), asked["category"], key in wrong
            )


def cut(sample: dict[str, Any], most: int) -> None:
    """Leave the first sessions of a conversation, and the questions that they answer."""
    kept = {name for name, _, _ in list(sessions(sample["conversation"]))[:most]}
    for name, _, _ in list(sessions(sample["conversation"])):
        if name not in kept:
            del sample["conversation"][name]
    said = {t["dia_id"] for _, _, turns in sessions(sample["conversation"]) for t in turns}
    sample["qa"] = [q for q in sample["qa"] if set(TURN.findall(" ".join(q["evidence"]))) <= said]


def ask(memory: Memory, user: str, question: Question) -> Answer:
    start = time.perf_counter()
    results = memory.search(question.text, user_id=user, top_k=DEEPEST)["results"]
    took = (time.perf_counter() - start) * 1_000
    return Answer(question, tuple(r["metadata"]["dia_id"] for r in results), took)


def wrong_citations(path: Path | None) -> set[str]:
    """Return the questions that cite wrong turns, by an audit."""
    if path is None:
        return set()
    found = json.loads(path.read_text(encoding="utf-8"))
    return {each["question_id"] for each in found if each["error_type"] == "WRONG_CITATION"}


def mean(values: Iterable[float]) -> float:
    return statistics.fmean(list(values) or [0.0])


def row(name: str, answers: Sequence[Answer]) -> str:
    """Return a line of the table."""
    ranks = [(answer.ranks(), len(answer.question.evidence)) for answer in answers]
    cells = [mean(any(r <= depth for r in found) for found, _ in ranks) for depth in DEPTHS]
    cells += [mean(sum(r <= depth for r in found) / n for found, n in ranks) for depth in DEPTHS]
    cells += [mean(answer.hits_session(depth) for answer in answers) for depth in (1, 5)]
    cells += [mean(1 / min(found) if found else 0.0 for found, _ in ranks)]
    shown = " | ".join(f"{cell:.3f}" for cell in cells)
    return f"| {name} | {len(answers)} | {shown} |"


def table(answers: Sequence[Answer]) -> None:
    """Print how well all questions were answered, each category and each conversation."""
    depths = [f"{kind}@{depth}" for kind in ("any", "share") for depth in DEPTHS]
    head = ["questions", "n", *depths, "session@1", "session@5", "MRR"]
    print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}")
    print(row("all", answers))
    for category, name in CATEGORIES.items():
        print(row(f"{category} {name}", [a for a in answers if a.question.category == category]))
    for number in dict.fromkeys(a.question.number.split("_")[1] for a in answers):
        of_one = [a for a in answers if a.question.number.split("_")[1] == number]
        print(row(f"conversation {number}", of_one))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("data", type=Path, help="LoCoMo's conversations, as published")
    parser.add_argument("--errors", type=Path, help="an audit of the citations")
    parser.add_argument("--captions", action="store_true", help="turns hold pictures' captions")
    parser.add_argument(
        "--through", default="verbatim", choices=("verbatim", "model", "observations", "nothing")
    )
    parser.add_argument("--only", type=int, help="the number of conversations, from the first")
    parser.add_argument("--sessions", type=int, help="of each conversation, from the first")
    parser.add_argument("--file", type=Path, help="where the memory is kept; a new file")
    parser.add_argument("--cache", type=Path, help="a file that keeps the vectors")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    samples = json.loads(given.data.read_text(encoding="utf-8"))
    wrong = wrong_citations(given.errors)
    answers: list[Answer] = []
    turns = 0
    with tempfile.TemporaryDirectory() as folder:
        llm = None if given.through in ("verbatim", "model") else Observing()
        path = given.file or Path(folder) / "locomo.db"
        memory = Memory(path, durability="normal", llm=llm)
        if given.cache:
            memory.close()
            embedder = Remembering(memory.embedder, given.cache)
            memory = Memory(memory.store.path, embedder=embedder, durability="normal", llm=llm)
        with memory:
            for number, sample in enumerate(samples[: given.only]):
                user = sample["sample_id"]
                if given.sessions:
                    cut(sample, given.sessions)
                if given.through != "verbatim":
                    if given.through == "nothing":
                        sample["observation"] = {}
                    of = remember_pairs(memory, user, sample, captions=given.captions, llm=llm)
                    turns += len(of)
                    for q in questions(number, sample, wrong):
                        answers.append(ask_for_sources(memory, user, q, of))
                    continue
                turns += remember(memory, user, sample["conversation"], captions=given.captions)
                answers += [ask(memory, user, q) for q in questions(number, sample, wrong)]
    right = [answer for answer in answers if not answer.question.is_wrong]
    print(f"{len(samples)} conversations, {turns} turns, {len(answers)} questions with evidence\n")
    table(answers)
    if given.errors:
        print(f"\nWithout {len(answers) - len(right)} questions whose citation is wrong:\n")
        table(right)
    times = sorted(answer.milliseconds for answer in answers)
    print(
        f"\nms a query: {statistics.median(times):.1f} p50, {times[len(times) * 95 // 100]:.1f} p95"
    )


if __name__ == "__main__":
    main()
