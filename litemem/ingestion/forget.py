"""Apply requests to forget, in exactly the scope of their turn.

The memories are read first, without a lock; the transaction of the turn deletes them, or reads
again if the scope has changed.

A memory is meant if it holds every word of the topic, or states the thing of the user that is asked
for. In doubt nothing goes, and the result names what may have been meant.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from litemem.core.text import scripts
from litemem.core.text.english import with_subject
from litemem.core.text.lexicon import CODES, ENGLISH, code_of, pattern_in, section, words_in
from litemem.core.text.phrases import names_user
from litemem.core.text.words import STOP_WORDS, question_share, sentences, stem, words
from litemem.core.types import (
    DOCUMENT,
    PROCEDURAL,
    AddResult,
    MemoryRecord,
    Message,
    SourceMessage,
    Turn,
)
from litemem.extraction.requests import Reading as Requests
from litemem.extraction.requests import Request, read_deletion, read_requests
from litemem.extraction.sanitize import is_empty_talk
from litemem.ingestion.absent import find_jest, find_withdrawal
from litemem.ingestion.claims import ChangedMeanwhileError
from litemem.store.protocol import Reading, Revision, Store, Transaction

SCANNED = 5_000  # newest memories, and messages, of a scope that are compared with a topic
RECENT = 8  # messages before a turn in which "that" is looked for
MANY = 50  # memories that may go at once; more are in doubt
MIN_ENDED = 3  # letters of a word before an ending that its language lists
LEAST_PART = 3  # letters of a part of a compound
NEAR = 8  # characters before a name, in scripts without spaces
SHOWN = 20  # candidates
MAX_ROUNDS = 3  # of reading before the transaction; then inside it
PARTIAL = 0.5  # share of a topic's words that makes a memory a candidate

_SPACED = re.compile(r"[^\s,.;:!?()\"،؛؟।]+")
_UNSPACED = ("zh", "ja", "ko", "hi", "ar", "fa")  # where "\b" is no border of a word
_ALIKE = {"ru": ("uk",), "da": ("nb",)}
_COMPOUNDING = ("de", "nl", "sv", "da", "nb", "fi", "hu")  # that write compounds as one word
_PREFIX = 0.7  # of the longer word that both have in common
_COMPOUND = 0.8  # of the shorter one


class Heard(NamedTuple):
    """A turn without what it asks of the memory.

    `requests` are by the index of their message; `withdrawn` are the messages of the turn that a
    later one takes back; `private` are those that state what should not be known.
    """

    messages: tuple[Message, ...]
    requests: tuple[tuple[int, Request], ...]
    withdrawn: tuple[int, ...]
    private: tuple[int, ...] = ()


def listen(messages: Sequence[Message]) -> Heard:
    """Return what the users of a turn ask of the memory, and the messages without it."""
    kept = list(messages)
    requests: list[tuple[int, Request]] = []
    withdrawn: list[int] = []
    private: list[int] = []
    for i, message in enumerate(messages):
        if message.role != "user":
            continue
        withdrawal = find_withdrawal(message.content)
        if withdrawal is not None:
            requests.append((i, withdrawal.request))
        reading = read_requests(withdrawal.rest if withdrawal else message.content)
        jest = None if reading.requests else find_jest(reading.text)
        if jest is not None:
            reading = Requests((jest.request,), jest.rest)
        kept[i] = replace(message, content=reading.text)
        if reading.is_private:
            private.append(i)
        for request in reading.requests:
            before = _last_said(kept[:i]) if _points(request) else None
            if before is None:
                requests.append((i, request))
            else:
                kept[before] = replace(kept[before], content="")
                withdrawn.append(before)
        if not reading.requests and (deletion := read_deletion(message.content)):
            before = _repeated(kept[:i])
            if before is None:
                requests.append((i, deletion))
            else:
                kept[before] = replace(kept[before], content="")
                withdrawn.append(before)
    return Heard(tuple(kept), tuple(requests), tuple(withdrawn), tuple(private))


def _points(request: Request) -> bool:
    return request.topic is None and not request.is_all


def _last_said(messages: Sequence[Message]) -> int | None:
    """Return the last message of a user that says something."""
    said = (i for i in range(len(messages) - 1, -1, -1) if messages[i].role == "user")
    return next((i for i in said if not is_empty_talk(messages[i].content)), None)


def _repeated(messages: Sequence[Message]) -> int | None:
    """Return the last message of a user if the answer of an assistant repeats most of it."""
    said = _last_said(messages)
    if said is None or messages[-1].role != "assistant":
        return None
    stems = _stems(messages[said].content)
    shared = stems & _stems(messages[-1].content)
    return said if len(shared) > PARTIAL * len(stems) else None


@dataclass
class Forgetting:
    """The requests of one turn; `mode` is what becomes of them, one of `Forget`.

    `judge` reads without a lock, `apply` writes inside the transaction.
    """

    turn: Turn
    heard: Heard
    mode: str
    now: int
    _rounds: int = 0
    _judged_at: Revision | None = None
    _deleted: dict[str, tuple[MemoryRecord, bool]] = field(default_factory=dict)
    _outcomes: dict[str, MemoryRecord] = field(default_factory=dict)
    _hidden: set[int] = field(default_factory=set)
    _doubtful: dict[str, MemoryRecord] = field(default_factory=dict)

    def judge(self, store: Store) -> None:
        """Find the memories and messages that are meant."""
        self._rounds += 1
        if self._requests:
            with store.read() as r:
                self._judge(r)

    def apply(self, tx: Transaction) -> list[AddResult]:
        """Delete the memories that are meant, with their messages; return what was done.

        Raises:
            ChangedMeanwhileError: call `judge` again, then `apply` in another transaction. Not
                after `MAX_ROUNDS`: then the transaction reads.
        """
        if self._requests and self._is_outdated(tx):
            if self._rounds < MAX_ROUNDS:
                raise ChangedMeanwhileError
            self._judge(tx)
        if self.mode == "apply":
            for record, restores in self._deleted.values():
                if restores:
                    tx.known.restore_superseded(record, self.now)
                tx.memories.delete(record.id, self.now)
            if hidden := self._hidden | self._own_hidden():
                tx.messages.hide(sorted(hidden), self.now)
        doubtful = [r for r in self._doubtful.values() if r.id not in self._outcomes]
        return [
            *(AddResult(record, "DELETE") for record in self._outcomes.values()),
            *(AddResult(record, "CANDIDATE") for record in doubtful[:SHOWN]),
        ]

    @property
    def _requests(self) -> Sequence[tuple[int, Request]]:
        return self.heard.requests if self.mode != "off" else ()

    def _is_outdated(self, tx: Transaction) -> bool:
        if self._judged_at is None:
            return True
        return tx.known.changed_since(self._judged_at, self.turn.scope) != set()

    def _own_hidden(self) -> set[int]:
        """Return the messages of the turn that should not be found."""
        hidden = {*self.heard.withdrawn, *self.heard.private}
        if self._outcomes:
            asked = {i for i, _ in self.heard.requests}
            hidden |= {i for i in asked if not self._says_more(i)}
            ended = set[str]().union(*(_stems(r.content) for r in self._outcomes.values()))
            hidden |= {*_echoes(list(enumerate(self.turn.messages)), asked, ended)}
        return {self.turn.message_pks[i] for i in hidden}

    def _says_more(self, index: int) -> bool:
        rest = self.heard.messages[index].content
        return bool(rest.strip()) and not is_empty_talk(rest)

    def _judge(self, r: Reading) -> None:
        self._judged_at = r.known.revision()
        for found in (self._deleted, self._outcomes, self._hidden, self._doubtful):
            found.clear()
        for i, request in self._requests:
            if _points(request):
                self._find_last(r, i, request)
            else:
                self._find(r, request)

    def _find(self, r: Reading, request: Request) -> None:
        known = [
            record
            for record in r.known.of_scope(self.turn.scope, SCANNED)
            if record.memory_type not in (PROCEDURAL, DOCUMENT)
            and record.attributed_to != "assistant"
        ]
        current = [record for record in known if record.superseded_by is None]
        meant = [] if request.is_all else choose(request, current)
        if request.is_all or not (meant or request.sure):
            return self._doubt(current if request.is_all else ())
        if meant and not is_certain(request, meant):
            return self._doubt(meant)
        said = () if len(meant) > MANY else self._messages(r, request)
        if not meant and not said:
            return self._doubt(near(request, current))
        meant = meant or self._made_of(r, request, said)
        if self.mode == "ask" or len(meant) > MANY:
            return self._doubt(meant or said)
        chain = meant if request.kind == "retract" else with_earlier(meant, known)
        ids = [*self._sources(r, chain), *(message.id for message in said)]
        self._delete(chain, restores=request.kind == "retract", alone=() if meant else said)
        self._hide(r, ids)
        return None

    def _find_last(self, r: Reading, index: int, request: Request) -> None:
        """Find what came from the last message of a user before the turn.

        If the assistant's answer to it names known memories, those are meant.
        """
        recent = r.messages.latest(self.turn.scope, limit=RECENT, before=self.turn.message_pks[0])
        before: list[Message | SourceMessage] = [message for _, message in recent]
        before += self.turn.messages[:index]
        answer = before[-1].content if before and before[-1].role == "assistant" else ""
        named = self._named_in(r, answer, request.code)
        if not request.sure:
            self._find_named(r, named)
            return
        said = [
            (key, message)
            for key, message in recent
            if message.role == "user" and not is_empty_talk(message.content)
        ]
        key, last = said[-1] if said else (0, None)
        is_question = last is None or question_share(last.content) == 1.0
        if last is None or is_question or not read_requests(last.content).text.strip():
            self._find_named(r, named)
            return
        made = r.known.made_from(self.turn.scope, [key])
        own = [each for each in made if each.attributed_to != "assistant"]
        meant = [each for each in own if _comes_from(r, each, last)]
        ids = {each.id for each in named}
        if said_of := [each for each in meant if each.id in ids]:
            self._find_named(r, said_of, is_sure=True)
            return
        record = None if last.id is None else r.messages.get(last.id)
        alone = [record] if record is not None and not meant else []
        if self.mode == "ask":
            self._doubt(meant or alone)
            return
        self._delete(meant, restores=True, alone=alone)
        self._hidden |= {key, *_echoes(recent, {key}, _stems(last.content))}

    def _named_in(self, r: Reading, answer: str, code: str) -> list[MemoryRecord]:
        """Return the current memories of the user with all their words in an assistant's answer.

        None of an answer in English without "you": a draft tells the user nothing.
        """
        you = words_in(code, "clauses", "you")
        is_draft = bool(you) and you.isdisjoint(words(answer))
        if not answer or is_draft or question_share(answer) == 1.0:
            return []
        return [
            record
            for record in r.known.of_scope(self.turn.scope, SCANNED)
            if record.memory_type not in (PROCEDURAL, DOCUMENT)
            and record.attributed_to != "assistant"
            and record.superseded_by is None
            and _names(answer, record.content, code)
        ]

    def _find_named(
        self, r: Reading, named: Sequence[MemoryRecord], *, is_sure: bool = False
    ) -> None:
        """Find the memory that an assistant's answer names; of several, none is sure."""
        if self.mode == "ask" or (len(named) > 1 and not is_sure):
            self._doubt(named)
            return
        self._delete(named, restores=True, alone=())
        self._hide(r, self._sources(r, named))

    def _doubt(self, records: Sequence[MemoryRecord]) -> None:
        self._doubtful |= {record.id: record for record in records}

    def _delete(
        self, records: Sequence[MemoryRecord], *, restores: bool, alone: Sequence[MemoryRecord]
    ) -> None:
        """Note memories to delete, and messages without memories that count as such."""
        for record in records:
            self._deleted.setdefault(record.id, (record, restores))
        self._outcomes |= {record.id: record for record in (*records, *alone)}

    def _messages(self, r: Reading, request: Request) -> list[MemoryRecord]:
        """Return the messages of users with a sentence that states the topic."""
        own = {message.content for message in self.turn.messages}
        found = []
        for message in r.messages.of_scope(self.turn.scope, SCANNED):
            if message.role != "user" or message.content in own:
                continue
            said = [part for part in sentences(message.content) if not question_share(part)]
            parts = [replace(message, content=part) for part in said]
            meant = choose(request, parts)
            if meant and (is_certain(request, meant) or len(meant) == 1):
                found.append(message)
        is_narrow = not (
            request.wide or request.is_clause or topic_of(request.topic or "", request.code).thing
        )
        return [] if is_narrow and len(found) > 1 else found

    def _made_of(
        self, r: Reading, request: Request, said: Sequence[MemoryRecord]
    ) -> list[MemoryRecord]:
        """Return the memories of messages that state a topic, if they have a part of it alone.

        The user's "member number at the rowing club" may be known as their member number.
        """
        if not said:
            return []
        recent = r.messages.latest(self.turn.scope, limit=SCANNED, before=self.turn.message_pks[0])
        ids = {message.id for message in said}
        found: dict[str, MemoryRecord] = {}
        for key, message in recent:
            if message.id not in ids:
                continue
            made = [
                record
                for record in r.known.made_from(self.turn.scope, [key])
                if record.attributed_to != "assistant" and _comes_from(r, record, message)
            ]
            alike = [record for record in made if near(request, [record])]
            is_all = len(made) == 1 and len(sentences(message.content)) == 1
            found |= {record.id: record for record in (alike or made if is_all else alike)}
        return list(found.values())

    def _sources(self, r: Reading, records: Sequence[MemoryRecord]) -> list[str]:
        """Return the ids of those messages of memories that hold their words; else of all."""
        found: list[str] = []
        stems = {record.id: _stems(record.content) for record in records}
        for memory_id, sources in r.messages.sources_of(list(stems)).items():
            holding = [m for m in sources if stems[memory_id] & _stems(m.content)]
            found += [m.id for m in holding or sources if m.id is not None]
        return found

    def _hide(self, r: Reading, message_ids: Collection[str]) -> None:
        """Note messages, and the answers to them, to hide."""
        recent = r.messages.latest(self.turn.scope, limit=SCANNED, before=self.turn.message_pks[0])
        chosen = {key: m for key, m in recent if m.id in message_ids}
        stems: set[str] = set()
        for message in chosen.values():
            stems |= _stems(message.content)
        self._hidden |= {*chosen, *_echoes(recent, chosen, stems)}


def _names(answer: str, fact: str, code: str) -> bool:
    """Return True if an answer has all words of a fact that name something."""
    topic = topic_of(fact, code)
    return bool(topic.words) and _share(topic, answer) == 1.0


def _comes_from(r: Reading, record: MemoryRecord, last: SourceMessage) -> bool:
    """Return True if no other message of a user has more words of a memory than the last."""
    sources = r.messages.sources_of([record.id]).get(record.id, [])
    stems = _stems(record.content)
    shares = {m.id: len(stems & _stems(m.content)) for m in sources if m.role == "user"}
    return shares.get(last.id, 0) >= max(shares.values(), default=0)


def _echoes(
    recent: Sequence[tuple[int, Message | SourceMessage]], chosen: Collection[int], stems: set[str]
) -> list[int]:
    """Return the keys of the assistant's answers to messages, if they repeat their words."""
    found, is_answer = [], False
    for key, message in recent:
        if key in chosen:
            is_answer = True
        elif message.role != "assistant":
            is_answer = False
        elif is_answer and stems & _stems(message.content):
            found.append(key)
    return found


# -- which memories are meant


class Topic(NamedTuple):
    """The words of a topic in normal form, and the thing of the user that it names, if one."""

    words: tuple[str, ...]
    thing: re.Pattern[str] | None
    kin: bool
    code: str


def choose(request: Request, records: Sequence[MemoryRecord]) -> list[MemoryRecord]:
    """Return the memories that are meant by the words of a request; the others are not.

    A short request may be in either of two languages that are written alike.
    """
    codes = (request.code, *_ALIKE.get(request.code, ()))
    found = (_choose(replace(request, code=code), records) for code in codes)
    return next(filter(None, found), [])


def _choose(request: Request, records: Sequence[MemoryRecord]) -> list[MemoryRecord]:
    parts = [topic_of(part, request.code) for part in _parts_of(request)]
    found: dict[str, MemoryRecord] = {}
    if request.is_clause and (several := _joined(request, records)):
        return several
    for topic in parts:
        if not topic.words and topic.thing is None:
            continue
        meant = [r for r in records if _is_meant(request, topic, r.content)]
        names = _names_of(topic, [r.content for r in meant]) if topic.kin else set()
        meant += [r for r in records if names & set(r.content.split(" ", 1)[0:1])]
        found |= {r.id if r.memory_type != "message" else r.content: r for r in meant}
    return list(found.values())


def _joined(request: Request, records: Sequence[MemoryRecord]) -> list[MemoryRecord]:
    """Return what each of two clauses in one means: "I like jazz and opera"; none if one is not."""
    first, link, last = (request.topic or "").rpartition(f" {section(ENGLISH, 'requests')['and']} ")
    if not link or request.code != ENGLISH or any(_states_all(request, r) for r in records):
        return []
    begun = first.rpartition(" ")[0]
    is_whole = pattern_in(ENGLISH, "requests", "begins").match(last)
    clauses = (first, last if is_whole else f"{begun} {last}")
    meant = [_choose(replace(request, topic=clause), records) for clause in clauses]
    if not all(len(found) == 1 for found in meant):
        return []
    return list({record.id: record for found in meant for record in found}.values())


def _states_all(request: Request, record: MemoryRecord) -> bool:
    return _is_meant(request, topic_of(request.topic or "", request.code), record.content)


def is_certain(request: Request, meant: Sequence[MemoryRecord]) -> bool:
    """Return True if the memories that are meant may go without asking."""
    parts = [topic_of(part, request.code) for part in _parts_of(request)]
    is_thing = all(topic.thing is not None for topic in parts)
    if not request.sure and not is_thing:
        return False
    several_fit = request.wide or request.is_clause or all(t.thing or t.kin for t in parts)
    return several_fit or len(meant) <= len(parts)


def near(request: Request, records: Sequence[MemoryRecord]) -> list[MemoryRecord]:
    """Return the memories that hold at least half of a topic's words, the most first."""
    parts = [topic_of(part, request.code) for part in _parts_of(request)]
    shares = {r.id: max((_share(t, r.content) for t in parts), default=0.0) for r in records}
    chosen = [record for record in records if shares[record.id] >= PARTIAL]
    return sorted(chosen, key=lambda record: -shares[record.id])


def with_earlier(
    meant: Sequence[MemoryRecord], known: Sequence[MemoryRecord]
) -> list[MemoryRecord]:
    """Return memories, and those that they superseded."""
    chain = {record.id: record for record in meant}
    by_successor: dict[str, list[MemoryRecord]] = {}
    for record in known:
        if record.superseded_by is not None:
            by_successor.setdefault(record.superseded_by, []).append(record)
    waiting = list(chain)
    while waiting:
        for record in by_successor.get(waiting.pop(), ()):
            if record.id not in chain:
                chain[record.id] = record
                waiting.append(record.id)
    return list(chain.values())


def _parts_of(request: Request) -> list[str]:
    """Return the things of a topic: "my address and my phone number" has two."""
    topic = request.topic or ""
    if request.is_clause:
        return [topic]
    parts = [part for part in _and(request.code).split(topic) if part.strip()]
    return (
        parts
        if len(parts) > 1 and all(topic_of(part, request.code).words for part in parts)
        else [topic]
    )


@cache
def _and(code: str) -> re.Pattern[str]:
    tables = [section(each, "requests") for each in dict.fromkeys((code, ENGLISH))]
    either = "|".join(table["and"] for table in tables if "and" in table)
    return re.compile(rf"\s(?:{either})\s", re.IGNORECASE)


@cache
def topic_of(text: str, code: str) -> Topic:
    """Return what is looked for of a topic."""
    found = dict.fromkeys(word for word in _forms(text) if word not in _noise_of(code))
    lowered = text.replace("İ", "i").casefold()
    kin = any(re.search(section(name, "requests")["kin"], lowered) for name in (code, ENGLISH))
    for thing, (pattern, part) in reversed(_asked(code).items()):
        if pattern.fullmatch(lowered):
            return Topic(tuple(found), _thing(thing, code), kin=False, code=code)
        if kin and (named := part.search(lowered)):  # "my sister's phone number"
            rest = lowered[: named.start()] + lowered[named.end() :]
            person = dict.fromkeys(word for word in _forms(rest) if word not in _noise_of(code))
            if person and any(
                re.search(section(c, "requests")["kin"], rest) for c in (code, ENGLISH)
            ):
                return Topic(tuple(person), _thing(thing, code), kin=True, code=code)
    return Topic(tuple(found), None, kin, code)


@cache
def _asked(code: str) -> dict[str, tuple[re.Pattern[str], re.Pattern[str]]]:
    """Return how a language asks for each thing of the user, and for that of another."""
    table = section(code, "requests")
    behind = r"(?:[을를은는이가]|\s(?:را|को))?"
    before = rf"(?:(?:{table.get('of', '(?!)')})\s*)?"
    edges = ("", "") if code in _UNSPACED else (r"(?<!\w)", r"(?!\w)")
    return {
        name: (
            re.compile(rf"{before}(?:\w+\s)?(?:{table['own']})?\W*(?:{asked}){behind}"),
            re.compile(rf"{edges[0]}(?:{asked}){behind}{edges[1]}"),
        )
        for name, (asked, _) in table["things"].items()
    }


@cache
def _thing(name: str, code: str) -> re.Pattern[str]:
    """Return how facts speak of a thing, in its language and in English."""
    tables = [section(each, "requests")["things"] for each in dict.fromkeys((code, ENGLISH))]
    said = [table[name][1] for table in tables if name in table]
    border = "" if code in _UNSPACED else r"\b"
    return re.compile("|".join(rf"{border}(?:{each}){border}" for each in said), re.IGNORECASE)


def _noise() -> frozenset[str]:
    return _noise_of(*CODES.values())


@cache
def _noise_of(*codes: str) -> frozenset[str]:
    """Return the words of languages and of English that name nothing."""
    listed = " ".join(section(code, "requests")["noise"] for code in (*codes, ENGLISH))
    return STOP_WORDS | frozenset(scripts.normal_forms(listed).split()) | frozenset(listed.split())


def _is_meant(request: Request, topic: Topic, text: str) -> bool:
    if _is_of_another(topic, text) and not (request.wide and _is_named(topic, text)):
        return False
    if topic.thing is not None and topic.kin:
        return _share(topic, text) == 1.0 and topic.thing.search(text) is not None
    if topic.thing is not None:
        return _is_of_user(topic, text) and topic.thing.search(text) is not None
    if (request.is_own or request.is_clause) and not topic.kin and not _is_of_user(topic, text):
        return False
    return _share(topic, text) == 1.0


def _is_of_user(topic: Topic, text: str) -> bool:
    text = with_subject(text)
    codes = dict.fromkeys((topic.code, code_of(text), ENGLISH))
    return any(
        re.search(rf"(?<!\w){section(code, 'requests')['user']}", text, re.IGNORECASE)
        or re.search(section(code, "requests")["own"], text, re.IGNORECASE)
        for code in codes
    )


def _is_of_another(topic: Topic, text: str) -> bool:
    """Return True if a text speaks first of a relative or friend that the topic does not name.

    For a thing of the user, also if it speaks of a pet or a company.
    """
    codes = dict.fromkeys((topic.code, code_of(text), ENGLISH))
    lowered = text.casefold()
    if topic.thing is not None and not topic.kin:
        of_others = (section(code, "requests").get("others", "(?!)") for code in codes)
        if any(re.search(rf"(?<!\w)(?:{others})(?!\w)", lowered) for others in of_others):
            return True
    found = [re.search(section(code, "requests")["kin"], lowered) for code in codes]
    first = min((each for each in found if each), key=lambda each: each.start(), default=None)
    if first is None:
        return False
    if not topic.kin:  # "the hint for the PIN is the year Dad bought the boat"
        is_first = len(topic.words) > 1 and topic.thing is None
        return not (is_first and _share(topic, text[: first.start()]) == 1.0)
    forms = _forms(first[0])
    return not any(_same(word, form, topic.code) for word in topic.words for form in forms) and (
        not any(scripts.is_unspaced(word) for word in topic.words)
    )


def _is_named(topic: Topic, text: str) -> bool:
    """Return True if a text holds the first word of a topic as a name: "User's ex Marco"."""
    code, name = code_of(text), topic.words[0] if topic.words else ""
    if not name or topic.kin or topic.thing is not None:
        return False
    if scripts.is_unspaced(name):
        return scripts.normal_forms(text).strip().startswith(name) or any(
            name in scripts.normal_forms(text[kin.end() : kin.end() + NEAR])
            for code in dict.fromkeys((topic.code, code))
            for kin in re.finditer(section(code, "requests")["kin"], text)
        )
    found = [word for word in _SPACED.findall(text) if word.casefold() not in _noise_of(code)]
    for i, word in enumerate(found):
        forms = scripts.normal_forms(word).split()
        if forms and _same(forms[0], name, code):
            near = found[max(0, i - 2) : i + 2]
            is_proper = word[:1].isupper() and code != "de"
            if i == 0 or is_proper or any(_is_kin(each, topic) for each in near):
                return True
    return False


def _is_kin(text: str, topic: Topic) -> bool:
    codes = dict.fromkeys((topic.code, code_of(text), ENGLISH))
    return any(re.search(section(each, "requests")["kin"], text.casefold()) for each in codes)


def _share(topic: Topic, text: str) -> float:
    """Return the share of a topic's words that a text holds."""
    if not topic.words:
        return 0.0
    forms = _forms(text)
    whole = f"{scripts.normal_forms(text)} {''.join(forms)}"
    if any(_is_compound(form, topic.words, topic.code) for form in forms):
        return 1.0
    held = sum(
        word in whole
        if scripts.is_unspaced(word)
        else any(_same(word, form, topic.code) for form in forms)
        or _is_compound(word, forms, topic.code)
        for word in topic.words
    )
    return held / len(topic.words)


def _is_compound(word: str, parts: Sequence[str], code: str) -> bool:
    """Return True if two words make one: "Schuhgröße" is the "Größe der Schuhe"."""
    if code not in _COMPOUNDING or len(word) < 2 * LEAST_PART:
        return False
    heads = [part for part in parts if len(part) >= LEAST_PART and word.endswith(part)]
    return any(
        _begins(word, part, len(word) - len(head))
        for head in heads
        for part in parts
        if part != head
    )


def _begins(word: str, part: str, length: int) -> bool:
    """Return True if the first letters of a compound are a word, perhaps with another ending."""
    first = word[:length]
    shorter, longer = sorted((first, part), key=len)
    return (
        len(shorter) >= LEAST_PART
        and longer.startswith(shorter)
        and len(longer) - len(shorter) <= 2
    )


def _names_of(topic: Topic, texts: Sequence[str]) -> set[str]:
    """Return the names that texts give to the person of a topic: "User's sister Ana"."""
    found: set[str] = set()
    for text in texts:
        parts = re.findall(r"\w+", text)
        for word, following in pairwise(parts):
            names = scripts.normal_forms(word).split()
            if names and any(_same(names[0], each) for each in topic.words):
                is_name = following[:1].isupper() and not names_user(following, topic.code)
                found |= {following} if is_name else set()
        for name in pattern_in(ENGLISH, "requests", "given").findall(text):
            found.add(name)
    return found


def _forms(text: str) -> list[str]:
    forms = scripts.normal_forms(text).split()
    return [part for form in forms for part in _split(form)]


def _split(form: str) -> list[str]:
    """Return a word without the particles of scripts without spaces."""
    if not scripts.is_unspaced(form):
        return [form]
    pieces = _particles().split(form)
    return [piece for piece in pieces if piece]


@cache
def _particles() -> re.Pattern[str]:
    listed = [word for code in ("zh", "ja") for word in section(code, "requests")["noise"].split()]
    korean = r"(?:에 대해|에서|으로|은|는|이|가|을|를|의|에|도)$"
    chosen = sorted((w for w in listed if not w.isascii()), key=len, reverse=True)
    return re.compile(f"{'|'.join(map(re.escape, chosen))}|{korean}")


def _stems(text: str) -> set[str]:
    """Return the words of a text that say something, without endings."""
    return {stem(form)[:6] for form in _forms(text) if form not in _noise()}


def _same(one: str, other: str, code: str = ENGLISH) -> bool:
    """Return True if two words in normal form have one stem."""
    if one == other or (one.isascii() and stem(one) == stem(other)):
        return True
    if one[:1].isdigit() or other[:1].isdigit():
        return False
    if _endings(code) and _unended(one, code) & _unended(other, code):
        return True
    shorter, longer = sorted((len(one), len(other)))
    shared = next((i for i in range(shorter) if one[i] != other[i]), shorter)
    if code in _COMPOUNDING and shared == len(other) and len(one) - len(other) > LEAST_PART:
        return False  # a cellar is no key of a cellar
    least = 4 if one.isascii() else 3
    is_form = shared >= least and shared >= _PREFIX * longer
    return is_form or (shared >= 6 and shared >= _COMPOUND * shorter)


def _unended(word: str, code: str) -> set[str]:
    """Return a word, and what is left of it without an ending of its language."""
    ended = (word.removesuffix(each) for each in _endings(code) if word.endswith(each))
    return {word, *(left for left in ended if len(left) >= MIN_ENDED)}


@cache
def _endings(code: str) -> tuple[str, ...]:
    listed = section(code, "requests").get("endings", "")
    return tuple(dict.fromkeys(scripts.normal_forms(listed).split()))
