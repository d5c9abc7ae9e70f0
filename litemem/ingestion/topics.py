"""Find the memories that a request to forget means, by the words of its topic.

A memory is meant if it holds every word of the topic, or states the thing of the user that is asked
for.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from litemem.core.text import scripts
from litemem.core.text.english import with_subject
from litemem.core.text.inflections import other_verb_forms
from litemem.core.text.lexicon import CODES, ENGLISH, code_of, pattern_in, section
from litemem.core.text.phrases import names_user
from litemem.core.text.words import STOP_WORDS, stem
from litemem.core.types import (
    MemoryRecord,
)
from litemem.extraction.requests import Request

MIN_ENDED = 3  # letters of a word before an ending that its language lists
LEAST_PART = 3  # letters of a part of a compound
NEAR = 8  # characters before a name, in scripts without spaces
PARTIAL = 0.5  # share of a topic's words that makes a memory a candidate
_OF_USER = re.compile(r"User [a-z]+s\b")
_HAS = re.compile(r"['’]s?(?!\w)|\w{0,20}['’]")  # "mother's", "parents'"
_SHORT_ENDING = re.compile(r"(?<=\w\w)(?:ing|ed|es|e|s)\Z")
_SPACED = re.compile(r"[^\s,.;:!?()\"،؛؟।]+")
_UNSPACED = ("zh", "ja", "ko", "hi", "ar", "fa")  # where "\b" is no border of a word
_ALIKE = {"ru": ("uk",), "da": ("nb",)}
_COMPOUNDING = ("de", "nl", "sv", "da", "nb", "fi", "hu")  # that write compounds as one word
_PREFIX = 0.7  # of the longer word that both have in common
_COMPOUND = 0.8  # of the shorter one


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
    shares = {r.id: max((share_of(t, r.content) for t in parts), default=0.0) for r in records}
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
        return share_of(topic, text) == 1.0 and topic.thing.search(text) is not None
    if topic.thing is not None:
        is_told = topic.thing.search(text) is not None or _is_in_its_words(topic, text)
        return is_told and _is_of_user(topic, text)
    if (request.is_own or request.is_clause) and not topic.kin and not _is_of_user(topic, text):
        return False
    return share_of(topic, text) == 1.0


def _is_in_its_words(topic: Topic, text: str) -> bool:
    """Return True if a text is of the user's own thing by the very word: "User's surname is"."""
    if len(topic.words) != 1:
        return False
    return any(
        _same(topic.words[0], form, topic.code)
        for code in dict.fromkeys((topic.code, code_of(text), ENGLISH))
        for match in _own_thing(code).finditer(text)
        for form in _forms(match[match.lastindex or 0])
    )


@cache
def _own_thing(code: str) -> re.Pattern[str]:
    """Return the pattern of a word behind "my" or "User's"."""
    own = section(code, "requests")["own"]
    return re.compile(rf"(?:\bUser['’]s|{own})\s+(\w+)", re.IGNORECASE)


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
    forms = _forms(text)
    if any(_is_former(word, form, topic.code) for word in topic.words for form in forms):
        return False
    if topic.thing is not None and not topic.kin:
        of_others = (section(code, "requests").get("others", "(?!)") for code in codes)
        if any(re.search(rf"(?<!\w)(?:{others})(?!\w)", lowered) for others in of_others):
            return True
    found = [re.search(section(code, "requests")["kin"], lowered) for code in codes]
    first = min((each for each in found if each), key=lambda each: each.start(), default=None)
    if first is None:
        return False
    if not topic.kin and _is_deed_of_user(topic, text, first.end()):
        return False
    if not topic.kin:  # "the hint for the PIN is the year Dad bought the boat"
        is_first = len(topic.words) > 1 and topic.thing is None
        return not (is_first and share_of(topic, text[: first.start()]) == 1.0)
    forms = _forms(first[0])
    return not any(_same(word, form, topic.code) for word in topic.words for form in forms) and (
        not any(scripts.is_unspaced(word) for word in topic.words)
    )


def _is_deed_of_user(topic: Topic, text: str, at: int) -> bool:
    """Return True if the user does something to another: "User owes their landlord rent".

    Not if the other has it: "User feeds their mother's cat". `at` is the place behind the other.
    """
    is_user = topic.code == ENGLISH and _OF_USER.match(with_subject(text)) is not None
    return is_user and _HAS.match(text, at) is None and share_of(topic, text) == 1.0


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


def share_of(topic: Topic, text: str) -> float:
    """Return the share of a topic's words that a text holds."""
    if not topic.words:
        return 0.0
    forms = _forms(text)
    whole = f"{scripts.normal_forms(text)} {''.join(forms)}"
    if any(_is_compound(form, topic.words, topic.code) for form in forms):
        return 1.0
    held = sum(
        word in whole or any(_is_former(word, form, topic.code) for form in forms)
        if scripts.is_unspaced(word)
        else any(_same(word, form, topic.code) for form in forms)
        or _is_compound(word, forms, topic.code)
        or any(_is_former(word, form, topic.code) for form in forms)
        for word in topic.words
    )
    return held / len(topic.words)


def _is_former(word: str, form: str, code: str) -> bool:
    """Return True if a word for any former partner is asked for: "ex", of "exnovio"."""
    is_asked = pattern_in(code, "requests", "former").fullmatch(word) is not None
    return is_asked and pattern_in(code, "requests", "former_one").fullmatch(form) is not None


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


def stems_of(text: str) -> set[str]:
    """Return the words of a text that say something, without endings."""
    return {stem(form)[:6] for form in _forms(text) if form not in _noise()}


def _same(one: str, other: str, code: str = ENGLISH) -> bool:
    """Return True if two words in normal form have one stem."""
    if one == other or (one.isascii() and stem(one) == stem(other)):
        return True
    if code == ENGLISH and (_bare(one) == _bare(other) or other in other_verb_forms(_bare(one))):
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


def _bare(word: str) -> str:
    """Return a short English word without its ending: "owing" and "owes" as "ow"."""
    return _SHORT_ENDING.sub("", word)


def _unended(word: str, code: str) -> set[str]:
    """Return a word, and what is left of it without an ending of its language."""
    ended = (word.removesuffix(each) for each in _endings(code) if word.endswith(each))
    return {word, *(left for left in ended if len(left) >= MIN_ENDED)}


@cache
def _endings(code: str) -> tuple[str, ...]:
    listed = section(code, "requests").get("endings", "")
    return tuple(dict.fromkeys(scripts.normal_forms(listed).split()))
