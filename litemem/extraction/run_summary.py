"""Procedural memory: what an agent did in a run, written down with the language model's help.

The model is asked little at a time, and what can be told by rule is. Asked for the summary of a
whole run, the default model went on where the run had ended and took its goal from the examples.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litemem.core.protocols import LLM
from litemem.core.text.words import STOP_WORDS, words
from litemem.core.types import Message
from litemem.errors import ExtractionError, LLMError
from litemem.extraction import answers, passages, prompts, verbatim
from litemem.extraction import run_document as procedure
from litemem.extraction.passages import Passage
from litemem.extraction.run_document import Procedure

ANSWER_TOKENS = 700  # more than an answer has characters: the tiny model writes digit by digit
TEXT_CHARACTERS = 200  # of a step that the model writes
SHORT_CHARACTERS = 150  # of another entry
GOAL_CHARACTERS = 240  # a user's request up to this is the goal as it stands
TELLING_WORDS = 3  # of a message that may be a task; fewer are thanks or "go on"
PART = 8  # passages whose talk is read for open ends at once
MAX_OPEN = 4  # open ends a part
QUOTES = 5  # sentences a part that the model's summary forgot, and that are kept as they stand
LATER_STEPS = 6  # in which the solution of an error is looked for
DOUBTFUL = 0.3  # of an open end's words in a step: then the model says whether it is done
_TEMPLATE_TOKENS = 16  # a chat template's own, a message

_CHOICE = re.compile(
    r"\bdeci(ded?|sion)\b|\binstead\b|\brather than\b|\bso (I|we)\b"
    r"|\bI('ll)? (choose|chose|pick|picked|drop|dropped|take|recommend|prefer|go with)\b",
    re.IGNORECASE,
)
_LEFT_OPEN = re.compile(
    r"\bstill (to do|open|has to|have to)\b|\bnot\b.*\byet\b|\bwaits? for\b|\bto ?do:"
    r"|\b(tomorrow|next (week|month|year))\b",
    re.IGNORECASE,
)
_TEXT = {"type": "string", "maxLength": TEXT_CHARACTERS}
_SHORT = {"type": "string", "maxLength": SHORT_CHARACTERS}
_TRUTH = {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Addition:
    """What a call adds to a run: its procedure, and what it settles of the run before.

    `solutions` are those of errors, `done` the open ends that are done.
    """

    procedure: Procedure
    solutions: Mapping[str, str]
    done: tuple[str, ...]

    def to(self, earlier: Procedure) -> Procedure:
        """Return the run's procedure, extended."""
        settled = procedure.without_open(procedure.solved(earlier, self.solutions), self.done)
        return procedure.merged(settled, self.procedure)


def summarise(
    llm: LLM,
    messages: Sequence[Message],
    instructions: str | None = None,
    earlier: Procedure = Procedure(),  # noqa: B008 - frozen
) -> Addition:
    """Return what `messages` add to a run of which `earlier` is known.

    `instructions` are the application's wishes. With them only the model's words are kept, as no
    rule could tell which of the run's own sentences they would let through.

    Raises:
        LLMError: the model failed, or the instructions leave no room beside them.
        ExtractionError: it wrote what cannot be read, also when asked about less.
    """
    reader = _Reader(llm, instructions)
    run = passages.passages(messages, llm.count_tokens, reader.room())
    if not any(passage.acts for passage in run):
        return Addition(Procedure(goal=reader.goal(run, earlier.goal)), {}, ())
    written = [reader.entries(passage) for passage in run]
    found = Procedure(reader.goal(run, earlier.goal))
    for i in range(0, len(run), PART):
        part = reader.part(run[i : i + PART], written[i : i + PART])
        acted = _acted(run[i : i + PART], written[i : i + PART])  # not the talk that says it
        left = reader.done(part.open, acted + _steps(written[i + PART :]))
        found = procedure.merged(found, procedure.without_open(part, left))
    steps = _steps(written)
    unsolved = [e for e in earlier.errors if procedure.SOLVED not in e][-1:]
    solutions = {
        error: step
        for error in unsolved
        if (step := reader.solution(error, run, written, 0)) and _overlap(error, step)
    }
    solutions |= reader.solutions(run, written)
    found = procedure.solved(found, solutions)
    return Addition(found, solutions, tuple(reader.done(earlier.open, steps)))


class _Reader:
    """Asks the model about passages, and holds its answers to what they say."""

    def __init__(self, llm: LLM, instructions: str | None) -> None:
        self._llm = llm
        self._head = f"Instructions: {instructions.strip()}\n" if instructions else ""

    def room(self) -> int:
        """Return how many tokens a passage may have."""
        chat = prompts.load("procedure").messages(self._head)
        used = sum(self._llm.count_tokens(m["content"]) + _TEMPLATE_TOKENS for m in chat)
        room = min(self._llm.context_tokens - ANSWER_TOKENS - used, passages.PASSAGE_TOKENS)
        if room < passages.LEAST_CHARACTERS:
            raise LLMError(
                f"the context of {self._llm.context_tokens} tokens has no room for a run beside "
                "the instructions: shorten them, or raise context_tokens"
            )
        return room

    def entries(self, passage: Passage) -> Procedure:
        """Return what a passage tells: its step, and what went wrong or was decided in it."""
        if not passage.acts:
            return Procedure()
        try:
            answer = self._ask("procedure", passage.text, did=_TEXT, wrong=_SHORT, chosen=_SHORT)
        except ExtractionError:
            halves = passages.halves(passage)
            if not halves:
                raise
            first, second = map(self.entries, halves)
            return procedure.merged(first, second)
        source = verbatim.Source(said.text for said in passage.said)
        step = _own_words(passage) or _held(answer["did"], source) or _first_words(passage)
        wrong = _failure(passage)
        if passage.is_talk:  # else it is what failed before, and the tools went on from it
            wrong = _held(answer["wrong"], source)
        chosen = _decision(passage) or _held(answer["chosen"], source)
        return Procedure(steps=(step,), decisions=_any(chosen), errors=_any(wrong))

    def part(self, run: Sequence[Passage], written: Sequence[Procedure]) -> Procedure:
        """Return what some passages tell together: with results, and what stays open."""
        found = Procedure()
        for entries in written:
            found = procedure.merged(found, entries)
        said = [said for passage in run for said in passage.said]
        summary = procedure.to_markdown(found)
        quoted = [] if self._head else verbatim.quotes(said, summary, QUOTES)
        results = tuple(map(procedure.entry, quoted))
        return procedure.merged(found, Procedure(results=results, open=self.open_ends(run)))

    def open_ends(self, run: Sequence[Passage]) -> tuple[str, ...]:
        """Return what is still to be done, as the talk says.

        What the agent says before its tools' outputs is a plan that it carries out at once.
        """
        talk = [said for passage in run if passage.is_talk for said in passage.said]
        text = "\n".join(passages.shown(said) for said in talk)
        if not text:
            return ()
        if self._llm.count_tokens(text) > self.room() and len(run) > 1:
            middle = len(run) // 2
            return self.open_ends(run[:middle]) + self.open_ends(run[middle:])
        listed = {"type": "array", "items": _SHORT, "maxItems": MAX_OPEN}
        found = self._ask("procedure_open", text, open=listed)["open"]
        source = verbatim.Source(said.text for said in talk)
        held = [text for text in (_held(text, source) for text in found) if text]
        return tuple(dict.fromkeys(held)) or _left_open(talk)

    def goal(self, run: Sequence[Passage], earlier: str) -> str:
        """Return what the run is for; with an earlier goal, only a further task."""
        asked = [text for passage in run for text in passage.by("user")]
        task = next((t for t in asked if len(_telling(t)) >= TELLING_WORDS), None)
        if earlier and (task is None or not self._is_further(earlier, task)):
            return earlier
        if task is not None and len(task) <= GOAL_CHARACTERS:
            return procedure.entry(task)
        source = task or "\n".join(passage.text for passage in run[:1])
        wish = passages.shown(passages.Said("user", source)) if task else source
        answer = self._ask("procedure_goal", wish, goal=_TEXT)["goal"]
        first = verbatim.clipped(verbatim.sentences(source)[0]) if source else ""
        return _held(answer, verbatim.Source([source])) or procedure.entry(first)

    def done(self, open_ends: Iterable[str], steps: Sequence[str]) -> list[str]:
        """Return the open ends that one of the steps did."""
        return [text for text in open_ends if self._is_done(text, steps)]

    def solutions(self, run: Sequence[Passage], written: Sequence[Procedure]) -> dict[str, str]:
        """Return the errors of these passages that a later one solved, with its step."""
        found: dict[str, str] = {}
        for i, entries in enumerate(written):
            for error in entries.errors:
                solution = self.solution(error, run, written, i + 1)
                if solution:
                    found[error] = solution
        return found

    def solution(
        self, error: str, run: Sequence[Passage], written: Sequence[Procedure], begin: int
    ) -> str | None:
        """Return the step from passage `begin` on that solved an error.

        That is the first success, if there is one soon; else it is looked for among the steps
        that did not fail themselves.
        """
        later = list(zip(run[begin:], written[begin:], strict=True))[:LATER_STEPS]
        steps: list[str] = []
        for passage, entries in later:
            if entries.errors:
                continue
            steps += entries.steps
            if _succeeds(passage):
                return entries.steps[-1]
        if not steps:
            return None
        text = f"Wrong: {error}\nLater steps:\n" + "\n".join(f"- {step}" for step in steps)
        answer = self._ask("procedure_solution", text, solution=_TEXT)["solution"]
        likeliest = max(steps, key=lambda step: _overlap(answer, step))
        return likeliest if _overlap(answer, likeliest) >= DOUBTFUL else None

    def _is_done(self, open_end: str, steps: Sequence[str]) -> bool:
        likeliest = max(steps, key=lambda step: _overlap(open_end, step), default="")
        if _overlap(open_end, likeliest) < DOUBTFUL:
            return False
        text = f"To do: {open_end}\nStep: {likeliest}"
        return bool(self._ask("procedure_done", text, heeding=False, done=_TRUTH)["done"])

    def _is_further(self, goal: str, task: str) -> bool:
        text = f"Goal: {goal}\nUser: {verbatim.clipped(task, GOAL_CHARACTERS)}"
        answer = self._ask("procedure_task", text, heeding=False, new_task=_TRUTH)
        return bool(answer["new_task"])

    def _ask(
        self, prompt: str, text: str, *, heeding: bool = True, **names: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the model's answer: an object of these names, each by its JSON schema."""
        schema = {
            "type": "object",
            "properties": names,
            "required": list(names),
            "additionalProperties": False,
        }
        head = self._head if heeding else ""
        answer = self._llm.generate(
            prompts.load(prompt), head + text, schema=schema, max_tokens=ANSWER_TOKENS
        )
        try:
            found = answers.parsed(answer)
            return {name: _checked(found[name], kind["type"]) for name, kind in names.items()}
        except (ValueError, TypeError, KeyError) as error:
            raise ExtractionError(f"{self._llm.name} wrote no {prompt}: {answer!r:.200}") from error


def _checked(value: Any, kind: str) -> Any:
    """Return a value that is what the schema said; a model without a grammar may not heed it."""
    if kind == "array":
        fits = isinstance(value, list) and all(isinstance(text, str) for text in value)
    else:
        fits = isinstance(value, str if kind == "string" else bool)
    if fits:
        return value
    raise TypeError(f"{value!r} is no {kind}")


def _held(text: str, source: verbatim.Source) -> str | None:
    line = procedure.entry(verbatim.clipped(text, TEXT_CHARACTERS))
    return source.mended(line) if line else None


def _own_words(passage: Passage) -> str | None:
    """Return what the agent says in a passage without tools, as it stands, as far as it fits."""
    if not passage.is_talk:
        return None
    said = ""
    for sentence in (s for text in passage.by("assistant") for s in verbatim.sentences(text)):
        if said and len(said) + len(sentence) >= TEXT_CHARACTERS:
            break
        said = f"{said} {sentence}".strip()
    return procedure.entry(verbatim.clipped(said)) or None


def _first_words(passage: Passage) -> str:
    """Return what stands for a step that the model could not write: the passage's first words."""
    texts = passage.by("assistant") or [said.text for said in passage.said if said.role != "user"]
    return procedure.entry(verbatim.clipped(verbatim.sentences(texts[0])[0])) or "…"


def _failure(passage: Passage) -> str | None:
    """Return the line in which a tool says what went wrong; one with a code says most."""
    lines = [line for text in passage.by("tool") for line in verbatim.sentences(text)]
    wrong = [line for line in lines if passages.fails(line)]
    coded = [line for line in wrong if any(t.kind == "code" for t in verbatim.tokens(line))]
    line = next(iter(coded or wrong), None)
    return procedure.entry(verbatim.clipped(line)) if line else None


def _succeeds(passage: Passage) -> bool:
    return any(
        passages.SUCCESS.search(line) and not passages.fails(line)
        for text in passage.by("tool")
        for line in text.splitlines()
    )


def _decision(passage: Passage) -> str | None:
    """Return the sentence in which the agent or the user decides, where English words say so."""
    said = [s for text in passage.by(*passages.TALK) for s in verbatim.sentences(text)]
    chosen = next((s for s in said if _CHOICE.search(s) and not s.endswith("?")), None)
    return procedure.entry(verbatim.clipped(chosen)) if chosen else None


def _left_open(talk: Sequence[passages.Said]) -> tuple[str, ...]:
    """Return the agent's sentences that speak of what is left, where English words say so."""
    said = [s for m in talk if m.role == "assistant" for s in verbatim.sentences(m.text)]
    left = [procedure.entry(verbatim.clipped(s)) for s in said if _LEFT_OPEN.search(s)]
    return tuple(dict.fromkeys(left[-MAX_OPEN:]))


def _steps(written: Sequence[Procedure]) -> list[str]:
    return [step for entries in written for step in entries.steps]


def _acted(run: Sequence[Passage], written: Sequence[Procedure]) -> list[str]:
    """Return the steps that tools had part in, which are more than words."""
    pairs = zip(run, written, strict=True)
    return _steps([entries for passage, entries in pairs if not passage.is_talk])


def _any(text: str | None) -> tuple[str, ...]:
    return (text,) if text else ()


def _telling(text: str) -> set[str]:
    return {word[: verbatim.STEM] for word in words(text) if word not in STOP_WORDS}


def _overlap(text: str, other: str) -> float:
    """Return how much of a text's telling words another has, from 0 to 1."""
    telling = _telling(text)
    return len(telling & _telling(other)) / len(telling) if telling else 0.0
