"""Extract facts from messages with a language model, select topics, and assign categories.

Ungrounded facts are dropped. A small model that has to leave topics out while it extracts does not;
asked about one fact at a time, it answers well.
"""

import logging
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Literal

from litemem.core.documents import split_documents
from litemem.core.protocols import LLM, Prompt
from litemem.core.scope import Scope
from litemem.core.text import english
from litemem.core.text.clauses import Clause, count_negations, own_words
from litemem.core.text.dates import resolve, with_days
from litemem.core.text.english import with_plain_name
from litemem.core.text.language import language
from litemem.core.text.lexicon import ENGLISH, code_of, section, words_in
from litemem.core.text.phrases import names_user
from litemem.core.text.reactions import answers_openly, answers_yes_or_no
from litemem.core.text.words import root, sentences, words
from litemem.core.types import Kept, Message, SetAside
from litemem.errors import ExtractionError, LLMError
from litemem.extraction.ask import ask, load_prompt, prompt_tokens
from litemem.extraction.binding import Binding
from litemem.extraction.chunking import (
    Line,
    first_part,
    halve_lines,
    last_part,
    lines,
    split_to_fit,
)
from litemem.extraction.grounding import Grounding, openers
from litemem.extraction.sanitize import (
    MAX_ANSWER,
    first_person_sentences,
    is_small_talk,
    last_question,
    needs_context,
    questions,
    sanitize,
)

MAX_FACTS = 20  # in one answer; a small model that does not stop repeats itself
FACTS = 3  # that any text may hold, and one more for each
WORDS_OF_A_FACT = 6
MAX_FACT_CHARACTERS = 300
ANSWER_TOKENS = 512
SMALL = 4_000_000_000  # parameters; a smaller model misses much of what it reads
CONTEXT_MESSAGES = 6  # earlier ones of the same scope, which explain "there" and "she"
CONTEXT_CHARACTERS = 240  # of each of them
CONTEXT_READ = 4_000  # characters at each end of one that are read; the rest explains nothing
READ = 800_000  # characters of a message from which facts are extracted, as many as have vectors
CONTEXT_SHARE = 4  # earlier messages take at most this fraction (1/4) of the room
DOCUMENT = "it is a document, not the speaker's own words"
NOT_OWN = "it is not a statement of the speaker's own"  # quoted, supposed, for the other person
NONE = "none"  # fits no category; asked for a list, a small model fills it up
VERDICT_TOKENS = 16
CATEGORY_TOKENS = 64

SHORTEST_FORM = 3  # letters
_DENIES = re.compile(r"n['’]t\b")
MAX_NAMED = 5  # words of an answer that says no more than a name, a number or a place
DENIED_ANSWER = "the user just said no to it"
NO_THING = "a pronoun stands for its thing"
_REST = re.compile(r"[^\W\d_]{1,12}[,:;.!–—-]{1,3} {0,3}(?P<rest>[^?\n]{2,60})\Z")

logger = logging.getLogger("litemem")

Subject = Literal["user", "assistant"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One sentence, its subject, and the messages it may come from.

    `messages` are positions in the list given to `extract`; `categories` the application's.
    """

    text: str
    attributed_to: Subject
    messages: tuple[int, ...]
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Task:
    """Lines of one speaker to extract facts from, and earlier ones that explain them.

    Facts have to be grounded in `said`; the model reads `new` and `earlier`. Facts about `others`,
    who speak for themselves, are rejected.
    """

    said: tuple[str, ...]
    new: tuple[Line, ...]
    earlier: tuple[Line, ...]
    others: tuple[str, ...] = ()
    own: tuple[Line, ...] = ()  # the lines of the speaker
    subject: str = "User"  # what facts call the speaker

    def grounding(self, *, is_strict: bool = True) -> Grounding:
        """Return the check of facts against these lines."""
        known = [line.text for line in (*self.earlier, *self.new)]
        return Grounding(self.said, known, self.others, is_strict=is_strict)

    def binding(self, grounding: Grounding, *, trusts_model: bool) -> Binding:
        """Return the clauses of these lines, against which facts are held."""
        said = [(line.content, line.message) for line in self.own]
        return Binding(said, grounding, self.subject, trusts_model=trusts_model)


def subjects(scope: Scope, messages: Sequence[Message]) -> list[Subject]:
    """Return the subjects of the facts to extract from a turn: user, agent, or both.

    The agent if the scope has an agent and it wrote something; the user if the scope has a user,
    or the agent is not a subject.
    """
    about_agent = scope.agent_id is not None and any(m.role == "assistant" for m in messages)
    about_user = scope.user_id is not None or not about_agent
    found: list[Subject] = []
    if about_user and any(m.role == "user" for m in messages):
        found.append("user")
    if about_agent:
        found.append("assistant")
    return found


def readable(messages: Sequence[Message]) -> Kept[Message]:
    """Return messages without documents, of at most `READ` characters; the rest is set aside."""
    kept: list[Message] = []
    rest: list[SetAside] = []
    for i, message in enumerate(messages):
        own, documents = split_documents(message.content)
        rest += (SetAside(each, DOCUMENT, i, is_clause=True) for each in documents)
        message = replace(message, content=own)
        end = len(own)
        if end > READ:
            end = message.content.rfind(" ", READ - CONTEXT_READ, READ) + 1 or READ
            reason = f"it is behind the first {READ:,} characters of a message"
            rest.append(SetAside(message.content[end:], reason, i, is_clause=True))
            message = replace(message, content=message.content[:end])
        kept.append(message)
    return Kept(kept, rest)


def extract(
    llm: LLM,
    messages: Sequence[Message],
    *,
    subject: Subject,
    context: Sequence[Message] = (),
    instructions: str | None = None,
    today: date | None = None,
) -> Kept[Fact]:
    """Return the facts that `messages` state about `subject`, each once, and what was set aside.

    `context` are earlier messages, which explain and give no facts. `instructions` are the
    application's. `today` is the day of the messages: "yesterday" becomes a date. Text longer than
    the model's context is read in parts, each with the end of the part before. Small talk is not
    given to the model.

    Raises:
        LLMError: the model failed.
        ExtractionError: its answer cannot be read, even for smaller parts.
    """
    context = list(map(_ends_of, context))
    prompt = load_prompt("user_facts" if subject == "user" else "agent_facts")
    reader = _Reader(llm, prompt, instructions)
    answers = _answers(messages, context) if subject == "user" else ()
    facts = _Facts(subject, today, answers)
    tasks = _tasks(messages, subject, context)
    size = getattr(llm, "parameters", None)
    is_large = size is not None and size >= SMALL  # its paraphrases can be trusted
    is_small = size is not None and size < SMALL  # its silence means nothing
    trusts_model = not is_small or subject != "user"
    for task in tasks:
        grounding = task.grounding(is_strict=not is_large)
        binding = task.binding(grounding, trusts_model=trusts_model)
        for part, found in reader.read(task):
            positions = tuple(dict.fromkeys(line.message for line in part))
            for fact in binding.as_told(
                [
                    grounding.without_gender(grounding.with_user(with_plain_name(text)))
                    for text in found
                ],
                task.others,
            ):
                if reason := binding.hold(fact, positions[0]):
                    logger.debug("rejected %r: %s", fact, reason)
                    continue
                facts.keep_told(fact, positions)
        for fact, clause in binding.additions():
            if facts.has_question_of(clause):
                continue
            facts.drop(binding.repeated(fact, clause))
            facts.keep(fact, (clause.message,))
        facts.set_aside += binding.set_aside()
    facts.keep_additions(trusts_model=not is_small)
    if subject == "user":
        facts.set_aside += _not_read(messages, tasks)
    return Kept(facts.by_text.values(), facts.set_aside)


def _ends_of(message: Message) -> Message:
    """Return the beginning and the end of a long message, all that is read of an earlier one."""
    text = message.content
    if len(text) <= 2 * CONTEXT_READ:
        return message
    return replace(message, content=f"{text[:CONTEXT_READ]}\n…\n{text[-CONTEXT_READ:]}")


class _Facts:
    """The facts of a turn about one subject, each once, and what was set aside."""

    def __init__(
        self, subject: Subject, today: date | None, answers: "Iterable[_Answer]" = ()
    ) -> None:
        self.by_text: dict[str, Fact] = {}
        self.set_aside: list[SetAside] = []
        self._subject = subject
        self._today = today
        self._answers = list(answers)
        for answer in self._answers:
            if not answer.is_open:
                self.keep(answer.fact, (answer.message,))

    def keep_told(self, text: str, messages: tuple[int, ...]) -> None:
        """Add a fact of the model, unless the user just said no to it."""
        if any(answer.denies(text) for answer in self._answers):
            self.set_aside.append(SetAside(text, DENIED_ANSWER, messages[0]))
        elif self._answers and english.points_only(text):
            self.set_aside.append(SetAside(text, NO_THING, messages[0]))
        else:
            self.keep(text, messages)

    def has_question_of(self, clause: Clause) -> bool:
        """Return True if a clause answers an open question, and is stored with it."""
        answers = (a for a in self._answers if a.is_open and a.message == clause.message)
        return any(words(clause.text) == words(answer.said) for answer in answers)

    def keep_additions(self, *, trusts_model: bool) -> None:
        """Add what stands behind a yes or no, and is in no fact.

        Unless the model is trusted, also what answers an open question.
        """
        for answer in self._answers:
            if answer.is_open and trusts_model:
                continue
            if answer.adds_to(self.by_text):
                self.keep(answer.quoted(), (answer.message,))

    def keep(self, text: str, messages: tuple[int, ...]) -> None:
        """Add a fact, with its dates, unless it is there."""
        text = self._dated(text)
        fact = Fact(text, self._subject, messages)
        if self.by_text.setdefault(text.casefold(), fact) is not fact:
            self.set_aside.append(SetAside(text, "it repeats a fact of this turn", messages[0]))

    def drop(self, repeated: Iterable[str]) -> None:
        """Remove facts that a fuller one repeats."""
        for text in map(self._dated, repeated):
            if fact := self.by_text.pop(text.casefold(), None):
                reason = "a fuller fact of this turn says it"
                self.set_aside.append(SetAside(text, reason, fact.messages[0]))

    def _dated(self, text: str) -> str:
        if self._today is None:
            return text
        dated = resolve(text, self._today)
        if dated != text:
            return dated
        head, quote, said = text.partition("“")
        return (
            f"{head}{quote}{with_days(said, self._today)}"
            if quote
            else with_days(text, self._today)
        )


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a short yes or no says, and the words of it."""

    fact: str
    message: int
    question: str
    said: str
    is_open: bool = False  # the question is not answered with yes or no

    def denies(self, fact: str) -> bool:
        """Return True if the user just said no to a fact: "Are you vegan?", "No, vegetarian"."""
        if self.is_open:
            return False
        code = code_of(self.question)
        if not _says_no(code).match(self.said) or _DENIES.search(fact):
            return False
        if count_negations(fact, code):
            return False
        asked = _words_meant(self.question)
        told = [word for word in _words_meant(fact) if not names_user(word, code)]
        return bool(told) and all(any(_are_forms(w, o) for o in asked) for w in told)

    def adds_to(self, facts: Iterable[str]) -> bool:
        """Return True if what stands behind a yes or no is in no fact: "Yes, low FODMAP"."""
        if self.is_open:
            said = _meant(self.said)
            return not said or not said <= frozenset[str]().union(*map(_meant, facts))
        rest = _REST.match(self.said.strip())
        if rest is None or is_small_talk(rest["rest"]) or self.said in self.fact:
            return False
        told = frozenset[str]().union(*map(_meant, facts))
        return not _meant(rest["rest"]) <= told

    def quoted(self) -> str:
        return f"User answered “{self.said.strip()}” to “{self.question}”"


@cache
def _says_no(code: str) -> re.Pattern[str]:
    listed = section(code, "clauses").get("no", "(?!)")
    return re.compile(rf"\W{{0,9}}(?:{listed})(?!\w)", re.IGNORECASE)


def _are_forms(word: str, other: str) -> bool:
    """Return True if two words differ by their last letters: "live", "lives"."""
    shorter = min(len(word), len(other))
    least = max(SHORTEST_FORM, shorter - 1)
    return word == other or (shorter >= SHORTEST_FORM and word[:least] == other[:least])


def _words_meant(text: str) -> list[str]:
    return [word for word in words(text) if word not in openers()]


def _meant(text: str) -> frozenset[str]:
    """Return the roots of the words that mean something, without denials."""
    denials = words_in(code_of(text), "clauses", "negations")
    kept = (w for w in words(text) if w not in openers() and w not in denials)
    return frozenset(map(root, kept))


def _answers(messages: Sequence[Message], context: Sequence[Message]) -> Iterator[_Answer]:
    """Yield what a short yes or no of the user says, which the question before it tells."""
    asked = context[-1].content if context and context[-1].role == "assistant" else ""
    told = next((m.content for m in reversed(context) if m.role == "user"), "")
    for i, message in enumerate(messages):
        if message.role == "assistant":
            asked = message.content
        elif message.role == "user":
            question, said = last_question(asked), message.content
            question = _with_thing(question, asked, told)
            fact = english.answered(question, said) or english.quoted_answer(question, said)
            fact = None if fact and english.points_only(fact) else fact
            if fact is None and answers_yes_or_no(question, said):
                fact = f"User answered “{said.strip()}” to “{question}”"
            if fact:
                yield _Answer(fact, i, question, said)
            elif _answers_openly(question, said):
                fact = f"User answered “{said.strip()}” to “{question}”"
                yield _Answer(fact, i, question, said, is_open=True)
            asked, told = "", message.content


def _with_thing(question: str, asked: str, said_before: str) -> str:
    """Return a question in English with the thing that it has a pronoun for.

    `asked` is its message, and `said_before` the last message of the user.
    """
    if not question or code_of(question) != ENGLISH:
        return question
    before = asked[: asked.rfind(question)] if question in asked else asked
    found = english.asked_of(question, before)
    return found if found != question else english.asked_of(question, said_before)


def _answers_openly(question: str, said: str) -> bool:
    if not question or is_small_talk(said):
        return False
    is_english = code_of(question) == ENGLISH and english.answers_openly(question, said)
    return is_english or answers_openly(question, said)


def _not_read(messages: Sequence[Message], tasks: Sequence[_Task]) -> Iterator[SetAside]:
    """Yield what users said and no task reads, by sentence, with the reason."""
    read: dict[int, set[tuple[str, ...]]] = {i: set() for i in range(len(messages))}
    for line in (line for task in tasks for line in task.own):
        read[line.message].update(*map(_runs_of_words, sentences(line.content)))
    for i, message in enumerate(messages):
        for sentence in sentences(message.content) if message.role == "user" else ():
            if words(sentence) and not read[i].intersection(_runs_of_words(sentence)):
                reason = "small talk" if is_small_talk(sentence) else NOT_OWN
                yield SetAside(sentence.strip(), reason, i, is_clause=True)


def _runs_of_words(text: str) -> set[tuple[str, ...]]:
    """Return each three words in a row, or all of fewer."""
    said = words(text)
    return set(zip(said, said[1:], said[2:], strict=False)) or ({tuple(said)} if said else set())


def select(
    llm: LLM, facts: Sequence[Fact], *, includes: str | None, excludes: str | None
) -> list[Fact]:
    """Return the facts that are about `includes` and not about `excludes`; None means no limit.

    Raises:
        LLMError, ExtractionError: as `extract`.
    """
    return [
        fact
        for fact in facts
        if (includes is None or _is_about(llm, includes, fact))
        and (excludes is None or not _is_about(llm, excludes, fact))
    ]


def categorised(llm: LLM, facts: Sequence[Fact], categories: Mapping[str, str]) -> list[Fact]:
    """Return the facts, each with the one of `categories` that fits, or none.

    `categories` maps names to descriptions, which may be empty.

    Raises:
        LLMError, ExtractionError: as `extract`.
    """
    if not categories:
        return list(facts)
    listed = "\n".join(
        f"- {name}: {meaning}" if meaning else f"- {name}" for name, meaning in categories.items()
    )
    return [
        replace(fact, categories=_chosen(llm, listed, list(categories), fact)) for fact in facts
    ]


def _tasks(
    messages: Sequence[Message], subject: Subject, context: Sequence[Message]
) -> list[_Task]:
    """Return one task, or one for each speaker if there are several."""
    read = lines(messages)
    before = [first_part(line, CONTEXT_CHARACTERS) for line in lines(context)[-CONTEXT_MESSAGES:]]
    if subject == "user":
        read = _own_lines(messages, read)
    mine = [line for line in read if messages[line.message].role == subject]
    speakers = dict.fromkeys(line.speaker for line in mine)
    present = dict.fromkeys(m.name for m in (*context, *messages) if m.name and m.role == subject)
    names = {word for name in (*speakers, *present) for word in words(name)}
    if len(speakers) > 1 or (len(present) > 1 and present.keys() >= speakers.keys()):
        others = (*speakers, *present)
        tasks = [_one_of_several(name, others, mine, read, before) for name in speakers]
    else:
        tasks = [_only_speaker(mine, read, before)]
    return [t for t in tasks if not all(is_small_talk(content, names) for content in t.said)]


def _own_lines(messages: Sequence[Message], read: Sequence[Line]) -> list[Line]:
    """Return lines without what their speakers hand over, quote or suppose."""
    own = (
        replace(
            line,
            content=own_words(
                sanitize(messages[line.message].content, with_layout=True),
                keep_names=messages[line.message].name is not None,
            ),
        )
        if messages[line.message].role == "user"
        else line
        for line in read
    )
    return [line for line in own if line.content]


def _only_speaker(mine: list[Line], read: list[Line], before: list[Line]) -> _Task:
    """Return the task of the one person who speaks with the assistant.

    What others say after the last line cannot explain it, and a small model attributes it to the
    speaker: "I will tell the restaurant".
    """
    last = mine[-1].message if mine else -1
    heard = tuple(line for line in read if line.message <= last)
    return _Task(_with_questions(mine, heard, before), heard, tuple(before), own=tuple(mine))


def _one_of_several(
    name: str, present: Iterable[str], mine: list[Line], read: list[Line], before: list[Line]
) -> _Task:
    """Return the task of one of several people who speak with each other.

    A small model mixes up their facts, and takes "you would be great" for one.
    """
    own = (
        replace(line, content=first_person_sentences(line.content))
        for line in mine
        if line.speaker == name
    )
    said = [line for line in own if line.content]
    last = said[-1].message if said else -1
    heard = [line for line in read if line.speaker != name and line.message < last]
    others = dict.fromkeys(each for each in present if each != name)
    return _Task(
        _with_questions(said, read, before),
        tuple(said),
        (*before, *heard),
        tuple(others),
        own=tuple(said),
        subject=name,
    )


def _with_questions(
    mine: Sequence[Line], read: Sequence[Line], before: Sequence[Line]
) -> tuple[str, ...]:
    """Return the texts of lines; before a short answer stands the question it answers."""
    said = []
    earlier = iter(read)
    asked = before[-1] if before else None
    following = next(earlier, None)
    for line in mine:
        while following is not None and following.message < line.message:
            asked, following = following, next(earlier, None)
        if asked is not None and _may_answer(line.content):
            said.append(questions(asked.content))
        said.append(line.content)
    return tuple(said)


def _may_answer(text: str) -> bool:
    """Return True for a short text, or one that begins with a few words: "Rome! I can't wait"."""
    first = next(iter(sentences(text)), "")
    is_short = len(words(text)) <= MAX_ANSWER or len(words(first)) <= MAX_NAMED
    return is_short and not is_small_talk(text) and not is_small_talk(first)


class _Reader:
    """Asks the model for the facts of tasks; cuts what is longer than its context."""

    def __init__(self, llm: LLM, prompt: Prompt, instructions: str | None) -> None:
        self._llm = llm
        self._prompt = prompt
        self._wishes = f"Instructions: {instructions.strip()}\n" if instructions else ""

    def read(self, task: _Task) -> Iterator[tuple[Sequence[Line], list[str]]]:
        """Yield each part of the task that fits, and the facts that the model finds in it."""
        spoken = language("\n".join(task.said))
        room = self._room()
        is_open = any(needs_context(line.content) for line in task.new)
        earlier = list(task.earlier) if is_open else []
        waiting = deque(task.new)
        while waiting:
            head = self._head(spoken, self._last_fitting(earlier, room // CONTEXT_SHARE))
            part = self._take(waiting, room - self._llm.count_tokens(head))
            yield part, self._ask(head, part)
            earlier += (last_part(line, CONTEXT_CHARACTERS) for line in part)

    def _room(self) -> int:
        used = prompt_tokens(self._llm, self._prompt, self._wishes)
        return self._llm.context_tokens - ANSWER_TOKENS - used

    def _head(self, spoken: str | None, earlier: Sequence[Line]) -> str:
        head = self._wishes + (f"Write the facts in {spoken}.\n" if spoken else "")
        if earlier:
            head += "Earlier messages:\n" + "\n".join(line.text for line in earlier) + "\n"
        return head + "New messages:\n"

    def _take(self, waiting: deque[Line], room: int) -> list[Line]:
        """Remove as many lines as fit from the front; the first is cut if it is too long."""
        used = self._tokens(waiting[0])
        if used > room:
            cut = split_to_fit(waiting.popleft(), lambda line: self._tokens(line) <= room)
            waiting.extendleft(reversed(list(cut)))
            used = self._tokens(waiting[0])
            if used > room:
                raise LLMError(
                    f"the context of {self._llm.context_tokens} tokens has no room for a message "
                    "and the instructions: shorten them, or raise context_tokens"
                )
        part = [waiting.popleft()]
        while waiting and (used := used + self._tokens(waiting[0])) <= room:
            part.append(waiting.popleft())
        return part

    def _ask(self, head: str, part: Sequence[Line]) -> list[str]:
        """Return the facts that the model finds; asks about halves if it fails."""
        try:
            return self._facts(head, "\n".join(line.text for line in part))
        except ExtractionError:
            smaller = halve_lines(part)
            if not smaller:
                raise
            return [fact for half in smaller for fact in self._ask(head, half)]

    def _facts(self, head: str, text: str) -> list[str]:
        listed = {
            "type": "array",
            "items": {"type": "string", "minLength": 1, "maxLength": MAX_FACT_CHARACTERS},
            "maxItems": min(MAX_FACTS, FACTS + len(words(text)) // WORDS_OF_A_FACT),
        }
        answer = ask(
            self._llm, self._prompt, head + text, {"facts": listed}, max_tokens=ANSWER_TOKENS
        )
        return [" ".join(fact.split()) for fact in answer["facts"] if fact.strip()]

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


def _is_about(llm: LLM, topic: str, fact: Fact) -> bool:
    text = f"{fact.text.rstrip('.')}. Is this about {topic.strip()}?"
    choice = {"about": {"enum": ["yes", "no"]}}
    answer = ask(llm, load_prompt("topic"), text, choice, max_tokens=VERDICT_TOKENS)
    return bool(answer["about"] == "yes")


def _chosen(llm: LLM, listed: str, names: list[str], fact: Fact) -> tuple[str, ...]:
    text = f"Categories:\n{listed}\nFact: {fact.text}"
    choice = {"category": {"enum": [*names, NONE]}}
    answer = ask(llm, load_prompt("categories"), text, choice, max_tokens=CATEGORY_TOKENS)
    chosen = answer["category"]
    return (chosen,) if chosen in names else ()
