"""Summarise an agent's run with a language model.

The model is asked about one segment at a time, and rules decide what they can. Asked for the
summary of a whole run, the default model continued the run and took its goal from the examples.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litemem.core.protocols import LLM
from litemem.core.text import english
from litemem.core.text.words import written_sentences
from litemem.core.types import Message
from litemem.errors import ExtractionError, LLMError
from litemem.extraction import run_document, verbatim
from litemem.extraction.ask import Schema, ask, load_prompt, prompt_tokens
from litemem.extraction.chunking import (
    MIN_CHARACTERS,
    SEGMENT_TOKENS,
    TALK,
    Entry,
    Segment,
    halve_segment,
    segments,
)
from litemem.extraction.run_document import Procedure

ANSWER_TOKENS = 700  # more than an answer has characters: the tiny model writes digit by digit
TEXT_CHARACTERS = 200  # of a step that the model writes
SHORT_CHARACTERS = 150  # of any other entry
GOAL_CHARACTERS = 240  # a user's request up to this length is the goal, unchanged
TASK_WORDS = 3  # content words of a message that may be a task; fewer are thanks or "go on"
PART = 8  # segments that are read for open ends at once
MAX_OPEN = 4  # open ends of a part
QUOTES = 5  # sentences of a part that are quoted because the summary left them out
LATER_STEPS = 6  # after an error, among which its solution is searched
DOUBTFUL = 0.3  # of an open end's words in a step: the model decides whether it is done

_TEXT = {"type": "string", "maxLength": TEXT_CHARACTERS}
_SHORT = {"type": "string", "maxLength": SHORT_CHARACTERS}
_TRUTH = {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Addition:
    """What a call adds to a run: its procedure, `solutions` of earlier errors, open ends `done`."""

    procedure: Procedure
    solutions: Mapping[str, str]
    done: tuple[str, ...]

    def to(self, earlier: Procedure) -> Procedure:
        """Return the run's procedure, extended."""
        solved = run_document.solved(earlier, self.solutions)
        return run_document.merged(run_document.without_open(solved, self.done), self.procedure)


def summarise(
    llm: LLM,
    messages: Sequence[Message],
    instructions: str | None = None,
    earlier: Procedure = Procedure(),  # noqa: B008 - frozen
) -> Addition:
    """Return what `messages` add to a run; `earlier` is the summary of it so far.

    With the application's `instructions` only the model's words are kept: no rule could decide
    which sentences of the run they allow.

    Raises:
        LLMError: the model failed, or the instructions leave no room for a run.
        ExtractionError: its answer cannot be read, even for smaller parts.
    """
    reader = _Reader(llm, instructions)
    run = segments(messages, llm.count_tokens, reader.room())
    if not any(segment.acts for segment in run):
        return Addition(Procedure(goal=reader.goal(run, earlier.goal)), {}, ())
    written = [reader.entries(segment) for segment in run]
    found = Procedure(reader.goal(run, earlier.goal))
    for i in range(0, len(run), PART):
        part = reader.part(run[i : i + PART], written[i : i + PART])
        acted = _acted(run[i : i + PART], written[i : i + PART])  # not the talk that says it
        done = reader.done(part.open, acted + _steps(written[i + PART :]))
        found = run_document.merged(found, run_document.without_open(part, done))
    steps = _steps(written)
    unsolved = [e for e in earlier.errors if run_document.SOLVED not in e][-1:]
    solutions = {
        error: step
        for error in unsolved
        if (step := reader.solution(error, run, written, 0)) and _overlap(error, step)
    }
    solutions |= reader.solutions(run, written)
    found = run_document.solved(found, solutions)
    return Addition(found, solutions, tuple(reader.done(earlier.open, steps)))


class _Reader:
    """Asks the model about segments, and checks its answers against them."""

    def __init__(self, llm: LLM, instructions: str | None) -> None:
        self._llm = llm
        self._head = f"Instructions: {instructions.strip()}\n" if instructions else ""

    def room(self) -> int:
        """Return how many tokens a segment may have."""
        used = prompt_tokens(self._llm, load_prompt("procedure"), self._head)
        room = min(self._llm.context_tokens - ANSWER_TOKENS - used, SEGMENT_TOKENS)
        if room < MIN_CHARACTERS:
            raise LLMError(
                f"the context of {self._llm.context_tokens} tokens has no room for a run and "
                "the instructions: shorten them, or raise context_tokens"
            )
        return room

    def entries(self, segment: Segment) -> Procedure:
        """Return the step of a segment, and what failed or was decided in it."""
        if not segment.acts:
            return Procedure()
        try:
            answer = self._ask("procedure", segment.text, did=_TEXT, wrong=_SHORT, chosen=_SHORT)
        except ExtractionError:
            halves = halve_segment(segment)
            if not halves:
                raise
            first, second = map(self.entries, halves)
            return run_document.merged(first, second)
        source = verbatim.Source(entry.text for entry in segment.entries)
        step = _own_words(segment) or _grounded(answer["did"], source) or _first_words(segment)
        wrong = _failure(segment)
        if segment.is_talk:  # with tools, the model reports what failed before them
            wrong = _grounded(answer["wrong"], source)
        chosen = _decision(segment) or _grounded(answer["chosen"], source)
        return Procedure(steps=(step,), decisions=_optional(chosen), errors=_optional(wrong))

    def part(self, run: Sequence[Segment], written: Sequence[Procedure]) -> Procedure:
        """Return the procedure of some segments, with results and open ends."""
        found = Procedure()
        for entries in written:
            found = run_document.merged(found, entries)
        said = [entry for segment in run for entry in segment.entries]
        summary = run_document.to_markdown(found)
        quoted = [] if self._head else verbatim.quotes(said, summary, QUOTES)
        results = tuple(map(run_document.entry, quoted))
        return run_document.merged(found, Procedure(results=results, open=self.open_ends(run)))

    def open_ends(self, run: Sequence[Segment]) -> tuple[str, ...]:
        """Return what is still to be done, according to the talk.

        What the agent says before the output of its tools is a plan that it carries out at once.
        """
        talk = [entry for segment in run if segment.is_talk for entry in segment.entries]
        text = "\n".join(entry.shown for entry in talk)
        if not text:
            return ()
        if self._llm.count_tokens(text) > self.room() and len(run) > 1:
            middle = len(run) // 2
            return self.open_ends(run[:middle]) + self.open_ends(run[middle:])
        listed = {"type": "array", "items": _SHORT, "maxItems": MAX_OPEN}
        found = self._ask("procedure_open", text, open=listed)["open"]
        source = verbatim.Source(entry.text for entry in talk)
        grounded = [text for text in (_grounded(text, source) for text in found) if text]
        return tuple(dict.fromkeys(grounded)) or _left_open(talk)

    def goal(self, run: Sequence[Segment], earlier: str) -> str:
        """Return the goal of a run; an `earlier` one changes only with a further task."""
        asked = [text for segment in run for text in segment.by("user")]
        task = next((t for t in asked if len(_stems(t)) >= TASK_WORDS), None)
        if earlier and (task is None or not self._is_further(earlier, task)):
            return earlier
        if task is not None and len(task) <= GOAL_CHARACTERS:
            return run_document.entry(task)
        source = task or "\n".join(segment.text for segment in run[:1])
        wish = Entry("user", source).shown if task else source
        answer = self._ask("procedure_goal", wish, goal=_TEXT)["goal"]
        first = _line(written_sentences(source)[0]) if source else ""
        return _grounded(answer, verbatim.Source([source])) or first

    def done(self, open_ends: Iterable[str], steps: Sequence[str]) -> list[str]:
        """Return the open ends that one of the steps did."""
        return [text for text in open_ends if self._is_done(text, steps)]

    def solutions(self, run: Sequence[Segment], written: Sequence[Procedure]) -> dict[str, str]:
        """Return the errors of these segments that a later one solved, with its step."""
        found: dict[str, str] = {}
        for i, entries in enumerate(written):
            for error in entries.errors:
                solution = self.solution(error, run, written, i + 1)
                if solution:
                    found[error] = solution
        return found

    def solution(
        self, error: str, run: Sequence[Segment], written: Sequence[Procedure], begin: int
    ) -> str | None:
        """Return the step from segment `begin` on that solved an error, or None.

        The first success among the next steps solved it; without one, the model chooses among the
        steps that did not fail.
        """
        later = list(zip(run[begin:], written[begin:], strict=True))[:LATER_STEPS]
        steps: list[str] = []
        for segment, entries in later:
            if entries.errors:
                continue
            steps += entries.steps
            if _succeeds(segment):
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
        self, prompt: str, text: str, *, heeding: bool = True, **properties: Schema
    ) -> dict[str, Any]:
        """Return the model's answer; if `heeding`, it reads the instructions."""
        head = self._head if heeding else ""
        loaded = load_prompt(prompt)
        return ask(self._llm, loaded, head + text, properties, max_tokens=ANSWER_TOKENS)


def _line(text: str) -> str:
    """Return a text as an entry of the document."""
    return run_document.entry(verbatim.clipped(text))


def _grounded(text: str, source: verbatim.Source) -> str | None:
    line = _line(text)
    return source.restore_exact_tokens(line) if line else None


def _own_words(segment: Segment) -> str | None:
    """Return the first sentences that the agent says in a segment without tools."""
    if not segment.is_talk:
        return None
    said = ""
    for sentence in (s for text in segment.by("assistant") for s in written_sentences(text)):
        if said and len(said) + len(sentence) >= TEXT_CHARACTERS:
            break
        said = f"{said} {sentence}".strip()
    return _line(said) or None


def _first_words(segment: Segment) -> str:
    """Return the first words of a segment, for a step that the model could not write."""
    texts = segment.by("assistant") or [e.text for e in segment.entries if e.role != "user"]
    return _line(written_sentences(texts[0])[0]) or "…"


def _failure(segment: Segment) -> str | None:
    """Return the line in which a tool reports a failure, preferably one with a code."""
    lines = [line for text in segment.by("tool") for line in written_sentences(text)]
    wrong = [line for line in lines if english.reports_failure(line)]
    coded = [line for line in wrong if any(t.kind == "code" for t in verbatim.exact_tokens(line))]
    line = next(iter(coded or wrong), None)
    return _line(line) if line else None


def _succeeds(segment: Segment) -> bool:
    lines = (line for text in segment.by("tool") for line in text.splitlines())
    return any(map(english.reports_success, lines))


def _decision(segment: Segment) -> str | None:
    """Return the sentence in which the agent or the user decides something, or None."""
    said = (s for text in segment.by(*TALK) for s in written_sentences(text))
    chosen = next(filter(english.decides, said), None)
    return _line(chosen) if chosen else None


def _left_open(talk: Sequence[Entry]) -> tuple[str, ...]:
    """Return the agent's last sentences about what is still to be done."""
    said = [s for e in talk if e.role == "assistant" for s in written_sentences(e.text)]
    left = [_line(s) for s in said if english.leaves_open(s)]
    return tuple(dict.fromkeys(left[-MAX_OPEN:]))


def _steps(written: Sequence[Procedure]) -> list[str]:
    return [step for entries in written for step in entries.steps]


def _acted(run: Sequence[Segment], written: Sequence[Procedure]) -> list[str]:
    """Return the steps in which tools took part, which are more than words."""
    pairs = zip(run, written, strict=True)
    return _steps([entries for segment, entries in pairs if not segment.is_talk])


def _optional(text: str | None) -> tuple[str, ...]:
    return (text,) if text else ()


def _stems(text: str) -> set[str]:
    return set(verbatim.content_stems(text))


def _overlap(text: str, other: str) -> float:
    """Return the share of a text's content words that another has, from 0 to 1."""
    stems = _stems(text)
    return len(stems & _stems(other)) / len(stems) if stems else 0.0
