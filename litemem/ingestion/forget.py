"""Apply requests to forget, in exactly the scope of their turn and in its transaction.

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
from litemem.core.text.lexicon import CODES, ENGLISH, code_of, section
from litemem.core.text.words import STOP_WORDS, question_share, sentences, stem
from litemem.core.types import PROCEDURAL, AddResult, MemoryRecord, Message, SourceMessage, Turn
from litemem.extraction.requests import Request, read_requests
from litemem.extraction.sanitize import is_empty_talk
from litemem.store.protocol import Transaction

SCANNED = 5_000  # newest memories, and messages, of a scope that are compared with a topic
RECENT = 8  # messages before a turn in which "that" is looked for
MANY = 50  # memories that may go at once; more are in doubt
SHOWN = 20  # candidates
PARTIAL = 0.5  # share of a topic's words that makes a memory a candidate

_AND = re.compile(r"\s(?:and|und|et|y|e|en|och|i|и|ve|و|और)\s", re.IGNORECASE)
_PREFIX = 0.7  # of the longer word that both have in common
_COMPOUND = 0.8  # of the shorter one


class Heard(NamedTuple):
    """A turn without what it asks of the memory.

    `requests` are by the index of their message; `withdrawn` are the messages of the turn that a
    later one takes back.
    """

    messages: tuple[Message, ...]
    requests: tuple[tuple[int, Request], ...]
    withdrawn: tuple[int, ...]


def listen(messages: Sequence[Message]) -> Heard:
    """Return what the users of a turn ask of the memory, and the messages without it."""
    kept = list(messages)
    requests: list[tuple[int, Request]] = []
    withdrawn: list[int] = []
    for i, message in enumerate(messages):
        if message.role != "user":
            continue
        reading = read_requests(message.content)
        kept[i] = replace(message, content=reading.text)
        for request in reading.requests:
            before = _last_said(kept[:i]) if _points(request) else None
            if before is None:
                requests.append((i, request))
            else:
                kept[before] = replace(kept[before], content="")
                withdrawn.append(before)
    return Heard(tuple(kept), tuple(requests), tuple(withdrawn))


def _points(request: Request) -> bool:
    return request.topic is None and not request.is_all


def _last_said(messages: Sequence[Message]) -> int | None:
    """Return the last message of a user that says something."""
    said = (i for i in range(len(messages) - 1, -1, -1) if messages[i].role == "user")
    return next((i for i in said if not is_empty_talk(messages[i].content)), None)


@dataclass
class Forgetting:
    """The requests of one turn; `mode` is what becomes of them, one of `Forget`."""

    turn: Turn
    heard: Heard
    mode: str
    now: int
    _chosen: dict[str, MemoryRecord] = field(default_factory=dict)
    _doubtful: dict[str, MemoryRecord] = field(default_factory=dict)

    def apply(self, tx: Transaction) -> list[AddResult]:
        """Delete the memories that are meant, with their messages; return what was done."""
        requests = self.heard.requests if self.mode != "off" else ()
        if not requests and not self.heard.withdrawn:
            return []
        self._chosen, self._doubtful = {}, {}
        outcomes: list[AddResult] = []
        hidden: set[int] = {self.turn.message_pks[i] for i in self.heard.withdrawn}
        for index, request in requests:
            gone = self._apply(tx, request)
            if gone:
                hidden.add(self.turn.message_pks[index])
            outcomes += gone
        tx.messages.hide(sorted(hidden) if self.mode == "apply" else (), self.now)
        gone_ids = {outcome.record.id for outcome in outcomes}
        doubtful = [record for record in self._doubtful.values() if record.id not in gone_ids]
        return outcomes + [AddResult(record, "CANDIDATE") for record in doubtful[:SHOWN]]

    def _apply(self, tx: Transaction, request: Request) -> list[AddResult]:
        if _points(request):
            return self._apply_to_last(tx)
        known = [
            record
            for record in tx.known.of_scope(self.turn.scope, SCANNED)
            if record.memory_type != PROCEDURAL and record.attributed_to != "assistant"
        ]
        current = [record for record in known if record.superseded_by is None]
        meant = [] if request.is_all else choose(request, current)
        if request.is_all or not (meant or request.sure):
            return self._in_doubt(current if request.is_all else ())
        if meant and not is_certain(request, meant):
            return self._in_doubt(meant)
        said = () if len(meant) > MANY else self._messages(tx, request)
        if not meant and not said:
            return self._in_doubt(near(request, current))
        if self.mode == "ask" or len(meant) > MANY:
            return self._in_doubt(meant or said)
        chain = meant if request.kind == "retract" else with_earlier(meant, known)
        ids = [*self._sources(tx, chain), *(message.id for message in said)]
        gone = self._delete(tx, chain, restore=request.kind == "retract")
        alone = () if meant else said
        return gone + self._hide(tx, ids, alone)

    def _apply_to_last(self, tx: Transaction) -> list[AddResult]:
        """Delete what came from the last message of a user before the turn."""
        recent = tx.messages.latest(self.turn.scope, limit=RECENT, before=self.turn.message_pks[0])
        said = [
            (key, message)
            for key, message in recent
            if message.role == "user" and not is_empty_talk(message.content)
        ]
        if not said:
            return []
        key, last = said[-1]
        if not read_requests(last.content).text.strip() or question_share(last.content) == 1.0:
            return []
        made = tx.known.made_from(self.turn.scope, [key])
        own = [each for each in made if each.attributed_to != "assistant"]
        meant = [each for each in own if self._comes_from(tx, each, last)]
        record = None if last.id is None else tx.messages.get(last.id)
        if self.mode == "ask":
            return self._in_doubt(meant or [each for each in (record,) if each])
        gone = self._delete(tx, meant, restore=True)
        alone = [record] if record is not None and not meant else []
        echoes = _echoes(recent, {key}, _stems(last.content))
        tx.messages.hide([key, *echoes], self.now)
        return gone + [AddResult(each, "DELETE") for each in alone]

    def _comes_from(self, tx: Transaction, record: MemoryRecord, last: SourceMessage) -> bool:
        """Return True if no other message of a user has more words of a memory than the last."""
        sources = tx.messages.sources_of([record.id]).get(record.id, [])
        stems = _stems(record.content)
        shares = {m.id: len(stems & _stems(m.content)) for m in sources if m.role == "user"}
        return shares.get(last.id, 0) >= max(shares.values(), default=0)

    def _in_doubt(self, records: Sequence[MemoryRecord]) -> list[AddResult]:
        self._doubtful |= {record.id: record for record in records}
        return []

    def _messages(self, tx: Transaction, request: Request) -> list[MemoryRecord]:
        """Return the messages of users with a sentence that states the topic."""
        own = {message.content for message in self.turn.messages}
        found = []
        for message in tx.messages.of_scope(self.turn.scope, SCANNED):
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

    def _sources(self, tx: Transaction, records: Sequence[MemoryRecord]) -> list[str]:
        """Return the ids of those messages of memories that hold their words; else of all."""
        found: list[str] = []
        stems = {record.id: _stems(record.content) for record in records}
        for memory_id, sources in tx.messages.sources_of(list(stems)).items():
            holding = [m for m in sources if stems[memory_id] & _stems(m.content)]
            found += [m.id for m in holding or sources if m.id is not None]
        return found

    def _delete(
        self, tx: Transaction, records: Sequence[MemoryRecord], *, restore: bool
    ) -> list[AddResult]:
        for record in records:
            if restore:
                tx.known.restore_superseded(record, self.now)
            tx.memories.delete(record.id, self.now)
        return [AddResult(record, "DELETE") for record in records]

    def _hide(
        self, tx: Transaction, message_ids: Sequence[str], alone: Sequence[MemoryRecord]
    ) -> list[AddResult]:
        """Hide messages, and the answers to them; return the outcomes of those without memories."""
        recent = tx.messages.latest(self.turn.scope, limit=SCANNED, before=self.turn.message_pks[0])
        chosen = {key: m for key, m in recent if m.id in message_ids}
        stems: set[str] = set()
        for message in chosen.values():
            stems |= _stems(message.content)
        tx.messages.hide([*chosen, *_echoes(recent, chosen, stems)], self.now)
        return [AddResult(record, "DELETE") for record in alone]


def _echoes(
    recent: Sequence[tuple[int, SourceMessage]], chosen: Collection[int], stems: set[str]
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
    """Return the memories that are meant by the words of a request; the others are not."""
    parts = [topic_of(part, request.code) for part in _parts_of(request)]
    found: dict[str, MemoryRecord] = {}
    for topic in parts:
        if not topic.words and topic.thing is None:
            continue
        meant = [r for r in records if _is_meant(request, topic, r.content)]
        names = _names_of(topic, [r.content for r in meant]) if topic.kin else set()
        meant += [r for r in records if names & set(r.content.split(" ", 1)[0:1])]
        found |= {r.id if r.memory_type != "message" else r.content: r for r in meant}
    return list(found.values())


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
    parts = [part for part in _AND.split(topic) if part.strip()]
    return (
        parts
        if len(parts) > 1 and all(topic_of(part, request.code).words for part in parts)
        else [topic]
    )


@cache
def topic_of(text: str, code: str) -> Topic:
    """Return what is looked for of a topic."""
    found = dict.fromkeys(word for word in _forms(text) if word not in _noise())
    lowered = text.casefold()
    for thing, pattern in _asked(code).items():
        if pattern.fullmatch(lowered):
            return Topic(tuple(found), _thing(thing, code), kin=False, code=code)
    kin = any(re.search(section(name, "requests")["kin"], lowered) for name in (code, ENGLISH))
    return Topic(tuple(found), None, kin, code)


@cache
def _asked(code: str) -> dict[str, re.Pattern[str]]:
    """Return how a language asks for each thing of the user."""
    table = section(code, "requests")
    behind = r"(?:[을를은는이가]|\s(?:را|को))?"
    return {
        name: re.compile(rf"(?:\w+\s)?(?:{table['own']})?\W*(?:{asked}){behind}")
        for name, (asked, _) in table["things"].items()
    }


@cache
def _thing(name: str, code: str) -> re.Pattern[str]:
    """Return how facts speak of a thing, in its language and in English."""
    tables = [section(each, "requests")["things"] for each in dict.fromkeys((code, ENGLISH))]
    said = [table[name][1] for table in tables if name in table]
    spaced = code not in ("zh", "ja", "ko", "hi", "ar", "fa")
    border = r"\b" if spaced else ""
    return re.compile("|".join(rf"{border}(?:{each}){border}" for each in said), re.IGNORECASE)


@cache
def _noise() -> frozenset[str]:
    listed = " ".join(section(code, "requests")["noise"] for code in CODES.values())
    return STOP_WORDS | frozenset(scripts.normal_forms(listed).split()) | frozenset(listed.split())


def _is_meant(request: Request, topic: Topic, text: str) -> bool:
    if _is_of_another(topic, text):
        return False
    if topic.thing is not None:
        return _is_of_user(topic, text) and topic.thing.search(text) is not None
    if (request.is_own or request.is_clause) and not topic.kin and not _is_of_user(topic, text):
        return False
    return _share(topic, text) == 1.0


def _is_of_user(topic: Topic, text: str) -> bool:
    codes = dict.fromkeys((topic.code, code_of(text), ENGLISH))
    return any(
        re.search(rf"(?<!\w){section(code, 'requests')['user']}", text, re.IGNORECASE)
        or re.search(section(code, "requests")["own"], text, re.IGNORECASE)
        for code in codes
    )


def _is_of_another(topic: Topic, text: str) -> bool:
    """Return True if a text speaks of a relative or friend that the topic does not name."""
    if topic.kin:
        return False
    codes = dict.fromkeys((topic.code, code_of(text), ENGLISH))
    return any(re.search(section(code, "requests")["kin"], text.casefold()) for code in codes)


def _share(topic: Topic, text: str) -> float:
    """Return the share of a topic's words that a text holds."""
    if not topic.words:
        return 0.0
    forms = _forms(text)
    whole = scripts.normal_forms(text)
    held = sum(
        word in whole if scripts.is_unspaced(word) else any(_same(word, form) for form in forms)
        for word in topic.words
    )
    return held / len(topic.words)


def _names_of(topic: Topic, texts: Sequence[str]) -> set[str]:
    """Return the names that texts give to the person of a topic: "User's sister Ana"."""
    found: set[str] = set()
    for text in texts:
        parts = re.findall(r"\w+", text)
        for word, following in pairwise(parts):
            names = scripts.normal_forms(word).split()
            if names and any(_same(names[0], each) for each in topic.words):
                found |= {following} if following[:1].isupper() else set()
        for name in re.findall(r"\b(?:called|named|name is) ([A-Z]\w+)", text):
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


def _same(one: str, other: str) -> bool:
    """Return True if two words in normal form have one stem."""
    if one == other or (one.isascii() and stem(one) == stem(other)):
        return True
    if one[:1].isdigit() or other[:1].isdigit():
        return False
    shorter, longer = sorted((len(one), len(other)))
    shared = next((i for i in range(shorter) if one[i] != other[i]), shorter)
    least = 4 if one.isascii() else 3
    is_form = shared >= least and shared >= _PREFIX * longer
    return is_form or (shared >= 6 and shared >= _COMPOUND * shorter)
