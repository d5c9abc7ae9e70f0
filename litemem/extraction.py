"""Extraction: what a turn says that is worth keeping, found by the language model and guarded."""

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from litemem import prompts
from litemem.errors import ExtractionError, LLMError
from litemem.guard import Guard
from litemem.models import Message
from litemem.protocols import LLM
from litemem.scope import Scope

MAX_FACTS = 20  # in one answer; a small model that does not stop repeats itself
MAX_FACT_CHARACTERS = 300
ANSWER_TOKENS = 512
CONTEXT_MESSAGES = 10  # of the exact scope, given so that "there" and "she" are understood
CONTEXT_SHARE = 4  # earlier messages take at most one part in so many of the room
_TEMPLATE_TOKENS = 16  # a chat template's own, a message

_SCHEMA = {
    "type": "object",
    "properties": {
        "facts": {
            "type": "array",
            "items": {"type": "string", "minLength": 1, "maxLength": MAX_FACT_CHARACTERS},
            "maxItems": MAX_FACTS,
        }
    },
    "required": ["facts"],
    "additionalProperties": False,
}
_SOURCES = ("user", "assistant")  # the roles that facts are taken from

logger = logging.getLogger("litemem")

Subject = Literal["user", "assistant"]


@dataclass(frozen=True, slots=True)
class Fact:
    """What the model found: one sentence, whom it is about, and which messages it may be from.

    `messages` are positions in the list that `extract` was given.
    """

    text: str
    attributed_to: Subject
    messages: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """A message as the model reads it, or a piece of a long one, with its message's position."""

    text: str
    message: int


def subjects(scope: Scope, messages: Sequence[Message]) -> list[Subject]:
    """Say whose facts a turn is searched for: the user's, the agent's, or both.

    The agent's when there is an agent and it said something; the user's when there is a user, and
    always when the agent's are not.
    """
    about_agent = scope.agent_id is not None and any(m.role == "assistant" for m in messages)
    about_user = scope.user_id is not None or not about_agent
    found: list[Subject] = []
    if about_user and any(m.role == "user" for m in messages):
        found.append("user")
    if about_agent:
        found.append("assistant")
    return found


def extract(
    llm: LLM,
    messages: Sequence[Message],
    *,
    subject: Subject,
    context: Sequence[Message] = (),
    instructions: str | None = None,
) -> list[Fact]:
    """Return the facts that `messages` say about `subject`, each once.

    `context` is what was said before: it is for understanding and gives no facts. `instructions`
    are the application's own wishes. What is longer than the model's context is read in parts.

    Raises:
        LLMError: the model failed.
        ExtractionError: it wrote what cannot be read, also when asked for less at once.
    """
    prompt = prompts.load("user_facts" if subject == "user" else "agent_facts")
    frame = _Frame(llm, prompt, context, instructions)
    guard = Guard(
        said=[_line(m) for m in messages if m.role == subject],
        known=[_line(m) for m in (*context, *messages)],
    )
    facts: dict[str, Fact] = {}
    for lines in frame.parts(_lines(_up_to_last(messages, subject))):
        positions = tuple(dict.fromkeys(line.message for line in lines))
        for text in frame.ask(lines):
            objection = guard.objection(text)
            if objection:
                logger.debug("dropped %r: %s", text, objection)
            else:
                facts.setdefault(text.casefold(), Fact(text, subject, positions))
    return list(facts.values())


class _Frame:
    """One task's prompt and context; it cuts what is too long, and asks."""

    def __init__(
        self,
        llm: LLM,
        prompt: prompts.Prompt,
        context: Sequence[Message],
        instructions: str | None,
    ) -> None:
        self._llm = llm
        self._prompt = prompt
        room = llm.context_tokens - ANSWER_TOKENS - self._static_tokens()
        head = f"Instructions: {instructions.strip()}\n" if instructions else ""
        earlier = list(self._fitting(_lines(context), room // CONTEXT_SHARE))
        if earlier:
            head += "Earlier messages:\n" + "\n".join(line.text for line in earlier) + "\n"
        self._head = head + "New messages:\n"
        self._room = room - llm.count_tokens(self._head)

    def parts(self, lines: Sequence[_Line]) -> Iterator[list[_Line]]:
        """Cut the messages where turns end, so that each part fits; a long message is cut too."""
        part: list[_Line] = []
        used = 0
        for line in self._pieces(lines):
            tokens = self._llm.count_tokens(line.text) + 1
            if part and used + tokens > self._room:
                yield part
                part, used = [], 0
            part.append(line)
            used += tokens
        if part:
            yield part

    def ask(self, lines: Sequence[_Line]) -> list[str]:
        """Return the facts that the model finds; asks for less at once when it fails."""
        text = self._head + "\n".join(line.text for line in lines)
        try:
            return self._facts(text)
        except ExtractionError:
            halves = _halves(lines)
            if not halves:
                raise
            return [fact for half in halves for fact in self.ask(half)]

    def _facts(self, text: str) -> list[str]:
        answer = self._llm.generate(self._prompt, text, schema=_SCHEMA, max_tokens=ANSWER_TOKENS)
        try:
            facts = json.loads(answer)["facts"]
        except (ValueError, TypeError, KeyError) as error:
            raise ExtractionError(
                f"{self._llm.name} wrote no list of facts: {answer!r:.200}"
            ) from error
        if not isinstance(facts, list) or not all(isinstance(fact, str) for fact in facts):
            raise ExtractionError(f"{self._llm.name} wrote no list of facts: {answer!r:.200}")
        return [" ".join(fact.split()) for fact in facts if fact.strip()]

    def _static_tokens(self) -> int:
        chat = self._prompt.messages("")
        return sum(self._llm.count_tokens(m["content"]) + _TEMPLATE_TOKENS for m in chat)

    def _fitting(self, lines: Sequence[_Line], room: int) -> Sequence[_Line]:
        """Return as many of the last lines as fit."""
        used = 0
        for i in range(len(lines) - 1, -1, -1):
            used += self._llm.count_tokens(lines[i].text) + 1
            if used > room:
                return lines[i + 1 :]
        return lines

    def _pieces(self, lines: Sequence[_Line]) -> Iterator[_Line]:
        for line in lines:
            if self._llm.count_tokens(line.text) <= self._room:
                yield line
                continue
            pieces = _cut(line)
            if len(pieces) < 2:
                raise LLMError(
                    f"the context of {self._llm.context_tokens} tokens has no room for a message "
                    "beside the instructions: shorten them, or raise context_tokens"
                )
            yield from self._pieces(pieces)


def _lines(messages: Sequence[Message]) -> list[_Line]:
    """Write messages as the model reads them; system messages and empty ones are left out."""
    return [
        _Line(_line(message), i)
        for i, message in enumerate(messages)
        if message.role != "system" and message.content.strip()
    ]


def _up_to_last(messages: Sequence[Message], role: str) -> Sequence[Message]:
    """Return the messages without those after the last of a role, which cannot explain it.

    A small model takes the assistant's closing words for the user's: "I will tell the restaurant".
    """
    last = max((i for i, message in enumerate(messages) if message.role == role), default=-1)
    return messages[: last + 1]


def _line(message: Message) -> str:
    speaker = f"{message.role} ({message.name})" if message.name else message.role
    return f"{speaker}: " + message.content.strip().replace("\n", "\n  ")


def _halves(lines: Sequence[_Line]) -> list[Sequence[_Line]]:
    """Return the lines in two parts; none when there is nothing to part."""
    if len(lines) > 1:
        return [lines[: len(lines) // 2], lines[len(lines) // 2 :]]
    pieces = _cut(lines[0])
    return [[piece] for piece in pieces] if len(pieces) > 1 else []


def _cut(line: _Line) -> list[_Line]:
    """Cut a line in two near its middle: where a paragraph, a sentence or a word ends."""
    speaker, _, content = line.text.partition(": ")
    middle = len(content) // 2
    for border in ("\n", ". ", " ", ""):
        at = content.rfind(border, 1, middle) + len(border)
        if at > middle // 2:
            break
    parts = (content[:at].strip(), content[at:].strip())
    return [_Line(f"{speaker}: {part}", line.message) for part in parts if part]
