"""Extraction: what a turn says that is worth keeping, found by the language model and guarded."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from litemem.core.protocols import LLM, Prompt
from litemem.core.scope import Scope
from litemem.core.text.language import language
from litemem.core.text.relative_dates import resolve
from litemem.core.text.words import words
from litemem.core.types import Message
from litemem.errors import ExtractionError, LLMError
from litemem.extraction import answers, prompts
from litemem.extraction.chunking import Line, end_of, halves, lines, pieces, shortened
from litemem.extraction.grounding import Guard
from litemem.extraction.naming import plainly
from litemem.extraction.sanitize import (
    MOST_OF_AN_ANSWER,
    is_small_talk,
    leans_on_context,
    own_words,
    questions,
)

MAX_FACTS = 20  # in one answer; a small model that does not stop repeats itself
FACTS = 3  # that any text may hold, beside one in so many words:
WORDS_OF_A_FACT = 6
MAX_FACT_CHARACTERS = 300
ANSWER_TOKENS = 512
CONTEXT_MESSAGES = 6  # of the exact scope, given so that "there" and "she" are understood
CONTEXT_CHARACTERS = 240  # of each of them
CONTEXT_SHARE = 4  # earlier messages take at most one part in so many of the room
_TEMPLATE_TOKENS = 16  # a chat template's own, a message


logger = logging.getLogger("litemem")

Subject = Literal["user", "assistant"]


@dataclass(frozen=True, slots=True)
class Fact:
    """What the model found: one sentence, whom it is about, and which messages it may be from.

    `messages` are positions in the list that `extract` was given; `categories` the application's.
    """

    text: str
    attributed_to: Subject
    messages: tuple[int, ...]
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Task:
    """Lines to take facts from, of one speaker, and what was said before, which explains them.

    Facts have to be told by `said`; `new` and `earlier` are what the model reads. Of `others`, who
    speak for themselves, it gives no facts.
    """

    said: tuple[str, ...]
    new: tuple[Line, ...]
    earlier: tuple[Line, ...]
    others: tuple[str, ...] = ()


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
    today: date | None = None,
) -> list[Fact]:
    """Return the facts that `messages` say about `subject`, each once.

    `context` is what was said before: it is for understanding and gives no facts. `instructions`
    are the application's own wishes. `today` is the day on which it was said: "yesterday" becomes
    a date. What is longer than the model's context is read in parts, each with the end of the one
    before. Small talk is not shown to the model at all.

    Raises:
        LLMError: the model failed.
        ExtractionError: it wrote what cannot be read, also when asked for less at once.
    """
    prompt = prompts.load("user_facts" if subject == "user" else "agent_facts")
    frame = _Frame(llm, prompt, instructions)
    facts: dict[str, Fact] = {}
    for task in _tasks(messages, subject, context):
        guard = _guard(task)
        for part, found in frame.read(task):
            positions = tuple(dict.fromkeys(line.message for line in part))
            for fact in (guard.neutral(plainly(text)) for text in found):
                objection = guard.objection(fact)
                if objection:
                    logger.debug("dropped %r: %s", fact, objection)
                    continue
                fact = fact if today is None else resolve(fact, today)
                facts.setdefault(fact.casefold(), Fact(fact, subject, positions))
    return list(facts.values())


def _tasks(
    messages: Sequence[Message], subject: Subject, context: Sequence[Message]
) -> list[_Task]:
    """Return what is to be read for a subject: everything at once, or apart for each speaker."""
    read = lines(messages)
    before = [shortened(line, CONTEXT_CHARACTERS) for line in lines(context)[-CONTEXT_MESSAGES:]]
    mine = [line for line in read if messages[line.message].role == subject]
    speakers = dict.fromkeys(line.speaker for line in mine)
    names = {word for name in speakers for word in words(name)}
    if len(speakers) > 1:
        tasks = [_apart(name, mine, read, before) for name in speakers]
    else:
        tasks = [_together(mine, read, before)]
    return [t for t in tasks if not all(is_small_talk(content, names) for content in t.said)]


def _together(mine: list[Line], read: list[Line], before: list[Line]) -> _Task:
    """Return the task of the one who speaks with the assistant.

    What others say behind the last of it cannot explain it, and a small model takes it for it: "I
    will tell the restaurant".
    """
    last = mine[-1].message if mine else -1
    heard = tuple(line for line in read if line.message <= last)
    return _Task(_with_questions(mine, heard, before), heard, tuple(before))


def _apart(name: str, mine: list[Line], read: list[Line], before: list[Line]) -> _Task:
    """Return the task of one of several who speak with each other.

    A small model gives the facts of either to the other, and takes "you would be great" for one.
    """
    own = (replace(line, content=own_words(line.content)) for line in mine if line.speaker == name)
    said = [line for line in own if line.content]
    last = said[-1].message if said else -1
    heard = [line for line in read if line.speaker != name and line.message < last]
    others = dict.fromkeys(line.speaker for line in mine if line.speaker != name)
    return _Task(_with_questions(said, read, before), tuple(said), (*before, *heard), tuple(others))


def _with_questions(
    mine: Sequence[Line], read: Sequence[Line], before: Sequence[Line]
) -> tuple[str, ...]:
    """Return what lines say; a short answer says what it was asked, too."""
    said = []
    for line in mine:
        asked = [other for other in read if other.message < line.message] or before
        is_answer = len(words(line.content)) <= MOST_OF_AN_ANSWER and asked
        if is_answer and not is_small_talk(line.content):
            said.append(questions(asked[-1].content))
        said.append(line.content)
    return tuple(said)


def _guard(task: _Task) -> Guard:
    known = [line.text for line in (*task.earlier, *task.new)]
    return Guard(said=task.said, known=known, others=task.others)


class _Frame:
    """One task's prompt and wishes; it cuts what is too long, and asks."""

    def __init__(self, llm: LLM, prompt: Prompt, instructions: str | None) -> None:
        self._llm = llm
        self._prompt = prompt
        self._wishes = f"Instructions: {instructions.strip()}\n" if instructions else ""

    def read(self, task: _Task) -> Iterator[tuple[Sequence[Line], list[str]]]:
        """Yield each part of the task that fits, and the facts that the model finds in it."""
        spoken = language("\n".join(task.said))
        room = self._room()
        leaning = any(leans_on_context(line.content) for line in task.new)
        earlier: Sequence[Line] = task.earlier if leaning else ()
        waiting = list(task.new)
        while waiting:
            head = self._head(spoken, self._last_fitting(earlier, room // CONTEXT_SHARE))
            part = self._take(waiting, room - self._llm.count_tokens(head))
            yield part, self._ask(head, part)
            earlier = (*earlier, *(end_of(line, CONTEXT_CHARACTERS) for line in part))

    def _room(self) -> int:
        chat = self._prompt.messages("")
        static = sum(self._llm.count_tokens(m["content"]) + _TEMPLATE_TOKENS for m in chat)
        wishes = self._llm.count_tokens(self._wishes)
        return self._llm.context_tokens - ANSWER_TOKENS - static - wishes

    def _head(self, spoken: str | None, earlier: Sequence[Line]) -> str:
        head = self._wishes + (f"Write the facts in {spoken}.\n" if spoken else "")
        if earlier:
            head += "Earlier messages:\n" + "\n".join(line.text for line in earlier) + "\n"
        return head + "New messages:\n"

    def _take(self, waiting: list[Line], room: int) -> list[Line]:
        """Remove as many lines as fit from the front; a line that is too long is cut for it."""
        first = list(pieces(waiting[0], lambda line: self._tokens(line) <= room))
        if self._tokens(first[0]) > room:
            raise LLMError(
                f"the context of {self._llm.context_tokens} tokens has no room for a message "
                "beside the instructions: shorten them, or raise context_tokens"
            )
        waiting[:1] = first
        used = taken = 0
        for line in waiting:
            used += self._tokens(line)
            if used > room:
                break
            taken += 1
        part = waiting[:taken]
        del waiting[:taken]
        return part

    def _ask(self, head: str, part: Sequence[Line]) -> list[str]:
        """Return the facts that the model finds; asks for less at once when it fails."""
        try:
            return self._facts(head, "\n".join(line.text for line in part))
        except ExtractionError:
            smaller = halves(part)
            if not smaller:
                raise
            return [fact for half in smaller for fact in self._ask(head, half)]

    def _facts(self, head: str, text: str) -> list[str]:
        schema = _schema(min(MAX_FACTS, FACTS + len(words(text)) // WORDS_OF_A_FACT))
        answer = self._llm.generate(
            self._prompt, head + text, schema=schema, max_tokens=ANSWER_TOKENS
        )
        try:
            facts = answers.parsed(answer)["facts"]
        except (ValueError, TypeError, KeyError) as error:
            raise ExtractionError(
                f"{self._llm.name} wrote no list of facts: {answer!r:.200}"
            ) from error
        if not isinstance(facts, list) or not all(isinstance(fact, str) for fact in facts):
            raise ExtractionError(f"{self._llm.name} wrote no list of facts: {answer!r:.200}")
        return [" ".join(fact.split()) for fact in facts if fact.strip()]

    def _last_fitting(self, given: Sequence[Line], room: int) -> Sequence[Line]:
        """Return as many of the last lines as fit."""
        used = 0
        for i in range(len(given) - 1, -1, -1):
            used += self._tokens(given[i])
            if used > room:
                return given[i + 1 :]
        return given

    def _tokens(self, line: Line) -> int:
        return self._llm.count_tokens(line.text) + 1


def _schema(most: int) -> dict[str, Any]:
    facts = {
        "type": "array",
        "items": {"type": "string", "minLength": 1, "maxLength": MAX_FACT_CHARACTERS},
        "maxItems": most,
    }
    return {
        "type": "object",
        "properties": {"facts": facts},
        "required": ["facts"],
        "additionalProperties": False,
    }
