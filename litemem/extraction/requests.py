"""Find what a user asks of the memory itself: to forget, to take back, to remember.

What `read_requests` finds is an order and never a fact; the rest of the text is what facts are
extracted from. The words are in `[requests]` of each language's file. A pattern is matched against
a whole clause of at most `MAX_CLAUSE` characters, so the time grows with the text only.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal, NamedTuple

from litemem.core.text.clauses import count_negations
from litemem.core.text.lexicon import ENGLISH, LISTED, either_of_all, section
from litemem.core.text.words import sentence_borders, words
from litemem.extraction.sanitize import is_empty_talk

Kind = Literal["forget", "retract"]

MAX_CLAUSE = 240  # characters
MAX_CLOSER = 40  # characters of "please" and the like
MAX_IT = 60  # characters of "and delete it, please"
MAX_ABOUT = 2  # times that a topic says "about", before and behind it
MAX_BARE = 6  # words of a topic without "about", "that" or "my"
SHORT = 3  # letters of a word that may name nothing: "the"
_TOPIC = "…"  # in the patterns of a language: the thing that should be forgotten
_ENDING = " \t\r\n.!?。！？؟।…)"
_ASKS = "?？؟"
_QUOTED = re.compile(
    r'"[^"\n]{1,400}"|“[^”\n]{1,400}”|«[^»\n]{1,400}»|„[^“”\n]{1,400}[“”]|「[^」\n]{1,400}」'
    r"|(?<!\w)['‘][^'’\n]{1,400}['’](?!\w)|`[^`\n]{1,400}`"
)
_HANDED_LINE = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_CODE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)", re.DOTALL)
_HEAD = re.compile(r"(?<![^.!?\n])[^.!?:：\n]{1,80}[:：]")
_UNSPACED = ("zh", "ja", "ko")
_MASK = "\ue000"  # for what others said


@dataclass(frozen=True, slots=True)
class Request:
    """One request to forget.

    Without a `topic` it points to the statement just before. If `is_all`, it is about everything.
    A `wide` one is about all that has to do with its topic; a clause states the fact that is meant.
    `is_own` is a thing of the user; `code` is the language. One that is not `sure` may not speak of
    the memory.
    """

    kind: Kind
    topic: str | None = None
    wide: bool = False
    is_clause: bool = False
    is_own: bool = False
    is_all: bool = False
    sure: bool = True
    code: str = ENGLISH


class Reading(NamedTuple):
    """The requests of a message, and its text without them.

    `is_private`: the message itself states what should not be known.
    """

    requests: tuple[Request, ...]
    text: str
    is_private: bool = False


def read_requests(text: str) -> Reading:
    """Return the requests of a message to the memory, and the text without them.

    A statement that the same message takes back is left out, and "remember that" before another.
    """
    known = [_patterns_of(code) for code, signs in _every("signs") if signs.search(text)]
    if not known:
        return Reading((), text)
    seen = _masked(text, known)
    requests: list[Request] = []
    kept: list[str] = []
    is_private = False
    pointing: Request | None = None  # to an earlier statement, of the sentence before
    for start, end in _spans(seen):
        raw = text[start:end]
        part = _read(raw, seen[start:end], known)
        part = part or _deletion_of_last(seen[start:end], kept, known)
        if part is None:
            kept.append(raw)
            pointing = None
            continue
        if pointing is not None and any(not _points(request) for request in part.requests):
            requests.pop()  # "scrap that. I was kidding about the python": the python alone
        before = len(requests)
        is_private |= part.takes_rest | part.is_private | _take(part, requests, kept)
        pointing = next((each for each in requests[before:] if _points(each)), None)
        if part.takes_rest:
            break
    rest = "".join(kept)
    return Reading(tuple(requests), rest if rest.strip() else "", is_private)


def read_deletion(text: str) -> Request | None:
    """Return the request of a message that says no more than "delete that", or None.

    It may mean a text as well as a memory: the request is not `sure`.
    """
    known = [_patterns_of(code) for code, signs in _every("signs") if signs.search(text[:MAX_IT])]
    words_of = _asks_to_delete_it(text.strip(), known)
    return words_of and Request("forget", code=words_of.code, sure=False)


def _take(part: "_Part", requests: list[Request], kept: list[str]) -> bool:
    """Add the requests of a sentence and the rest of it; return True if it is private."""
    is_private = False
    for request in part.requests:
        if request.kind == "retract" and request.topic is not None:
            _drop(kept, request.topic)
        said = _take_back(kept) if _points(request) else ""
        about = said and _spoken_of(said, _patterns_of(request.code))
        if about:
            requests.append(about)
        elif said:
            is_private = True
            known = _about_it(said.strip(_ENDING), _patterns_of(request.code))
            if known and request.kind == "forget":  # it may be stored already
                requests.append(replace(known, sure=False))
        else:
            is_private |= request.is_clause
            requests.append(request)
    kept.append(part.kept)
    return is_private


def _points(request: Request) -> bool:
    return request.topic is None and not request.is_all


def _deletion_of_last(seen: str, kept: list[str], known: Sequence["_Patterns"]) -> "_Part | None":
    """Return the request to delete the last statement, which is then not kept."""
    words_of = _asks_to_delete_it(seen, known)
    request = words_of and _about_it(_last_of(kept), words_of)
    return _Part((request,), "\n") if request and _take_back(kept) else None


class _Part(NamedTuple):
    """What a sentence asks, and the text that is kept of it; `takes_rest`: and nothing after it.

    `is_private`: it states itself what should not be known.
    """

    requests: tuple[Request, ...]
    kept: str
    takes_rest: bool = False
    is_private: bool = False


class _Patterns(NamedTuple):
    """The patterns of one language."""

    code: str
    opener: re.Pattern[str]
    closer: re.Pattern[str]
    forget: Sequence[re.Pattern[str]]
    erase: Sequence[re.Pattern[str]]
    asks: Sequence[re.Pattern[str]]
    last: re.Pattern[str]
    it: re.Pattern[str]
    idle: re.Pattern[str]
    joke: re.Pattern[str]
    none: re.Pattern[str]
    joking: Sequence[re.Pattern[str]]
    ahead: re.Pattern[str]
    that: re.Pattern[str]
    nothing: re.Pattern[str]
    everything: re.Pattern[str]
    about: re.Pattern[str]
    clause: re.Pattern[str]
    every: re.Pattern[str]
    own: re.Pattern[str]
    named: re.Pattern[str]
    owned: re.Pattern[str]
    things: re.Pattern[str]
    recorded: re.Pattern[str]
    onward: re.Pattern[str]
    remember: re.Pattern[str]
    correct: re.Pattern[str]
    order: re.Pattern[str]


@cache
def _every(name: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return a pattern of each language with its code; compiling all of all takes 0.3 seconds."""
    tables = {code: section(code, "requests") for code in sorted(LISTED.values())}
    return tuple(
        (code, re.compile(table.get(name) or r"(?!)", re.IGNORECASE))
        for code, table in tables.items()
    )


@cache
def _borders() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of what stands between two clauses, and before the last one."""
    goes_on, links = (either_of_all("requests", key) for key in ("goes_on", "link"))
    dash = r"[ \t][-–—][ \t]|—"
    border = rf"[,;，；、；،؛](?![ \t]*(?:{goes_on})\b)[ \t]*|{dash}"
    last = rf"[,;:，、；：،؛][ \t]*|{dash}|[ \t](?=(?:{links})[ \t])"
    return re.compile(border, re.IGNORECASE), re.compile(last)


@cache
def _soft_border() -> re.Pattern[str]:
    """Return the pattern of what may stand before "please forget it" instead of a comma."""
    polite = either_of_all("requests", "please")
    return re.compile(rf"[ \t](?:\(|(?=(?:{polite})[ \t]))", re.IGNORECASE)


@cache
def _polite() -> re.Pattern[str]:
    """Return the pattern of "please" in any language, and of a preposition behind it."""
    polite, of = (either_of_all("requests", key) for key in ("please", "please_of"))
    return re.compile(
        rf"[\s,،]{{0,4}}(?:{polite})(?!\w)[\s,،]{{1,4}}(?:(?:{of})\s)?", re.IGNORECASE
    )


@cache
def _patterns_of(code: str) -> _Patterns:
    return _compiled(code)


def _compiled(code: str) -> _Patterns:
    """Return the patterns of a language; one that it lacks matches nothing."""
    table = section(code, "requests")
    several = ("forget", "erase", "asks", "joking")
    between = rf"[\s,،]+(?P<topic>.{{1,{MAX_CLAUSE}}}?)"
    topic = rf"(?P<topic>.{{1,{MAX_CLAUSE}}}?)"
    before, behind = ("", "") if code in _UNSPACED else (r"(?<!\w)", r"(?!\w)")
    asked = "|".join(asked for asked, _ in table["things"].values())
    things = f"{before}(?:{asked}){behind}"
    if verbs := table.get("verbs"):  # "my passport number is": up to the verb
        owned = (
            rf"(?:{table['own']})(?:\s+(?!(?:{verbs})(?!\w))\w+){{1,4}}(?=\s+(?:{verbs})(?!\w)|\Z)"
        )
        table = {**table, "owned": owned}
    table = {
        **table,
        "things": things,
        "named": rf"(?:{table['own']})\W*{things}",
    }
    patterns: dict[str, Any] = {
        name: tuple(
            re.compile(each.replace(f" {_TOPIC}", between).replace(_TOPIC, topic), re.IGNORECASE)
            for each in table.get(name, ())
        )
        if name in several
        else re.compile(table.get(name) or r"(?!)", re.IGNORECASE)
        for name in _Patterns._fields[1:]
    }
    return _Patterns(code, **patterns)


def _masked(text: str, known: Sequence[_Patterns]) -> str:
    """Return a text of the same length without quotations, code and what is handed over."""
    for pattern in (_CODE, _HANDED_LINE, _QUOTED):
        text = pattern.sub(lambda found: _MASK * len(found[0]), text)
    for head in _HEAD.finditer(text):
        handed = any(pattern.search(head[0]) for _, pattern in _every("handed"))
        if handed and not _asks_to_delete_it(text[head.end() :].lstrip(), known):
            return text[: head.end()] + _MASK * (len(text) - head.end())
    return text


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the sentences of a text begin and end, with the space behind them."""
    start = 0
    for border in (*sentence_borders(text), len(text)):
        end = border
        while end < len(text) and text[end].isspace():
            end += 1
        if end > start:
            yield start, end
            start = end


def _read(raw: str, seen: str, known: Sequence[_Patterns]) -> _Part | None:
    """Return what a sentence asks, or None if nothing."""
    for words_of in known:
        if words_of.order.match(seen):
            return _Part((), "\n")
        if found := words_of.remember.match(seen):
            behind = found.end()
            if words_of.order.match(seen, behind):
                return _Part((), "\n")
            return _Part((), raw[behind : behind + 1].upper() + raw[behind + 1 :])
        if (found := words_of.correct.match(seen)) and found.end() < len(raw.rstrip()):
            return _Part((), raw[found.end() :])
        if words_of.ahead.match(seen):
            return _Part((), "", takes_rest=True)
        part = _asked(raw, seen, words_of)
        if part is not None:
            return part
    return None


def _asked(raw: str, seen: str, words_of: _Patterns) -> _Part | None:
    """Return the request in the first or in the last clause of a sentence."""
    end, is_polite = _before_closer(seen, words_of)
    is_question = not is_polite and seen.rstrip(_ENDING.replace("?", "")).endswith(tuple(_ASKS))
    start = _behind_opener(seen, 0, end, words_of)
    borders = [(b.start(), b.end()) for b in _borders()[0].finditer(seen, start, end)]
    first = borders[0][0] if borders else end
    onward = any(words_of.onward.match(seen, behind) for _, behind in borders)
    request = _request(raw, seen, (start, first), words_of, is_question=is_question)
    if borders and (_points(request) if request else words_of.idle.fullmatch(seen, start, first)):
        behind = (_behind_opener(seen, borders[0][1], end, words_of), end)
        told = _request(raw, seen, behind, words_of, is_question=is_question)
        if told is not None and told.topic is not None:  # "scrap that, I lied about the python"
            return _Part((told,), "\n")
    if request:
        if onward:
            return None
        if borders and request.kind == "retract" and request.topic is None:
            rest = raw[borders[0][1] :]
            if count_negations(rest, words_of.code):
                return _Part((_stated(raw[borders[0][1] : end], words_of),), "\n")
            return _Part((), rest)  # a joke about the rest, or what came before
        is_joke = bool(borders) and _is_joke(seen, (borders[-1][1], end), words_of)
        request = replace(request, sure=request.sure or is_joke)
        return _Part((request,), raw[borders[0][1] :] if borders and not is_joke else "\n")
    if not is_question and (about := _last_about_it(raw, seen, end, words_of)):
        return _Part((about,), "\n", is_private=True)
    whole = (start, end)
    if borders and (request := _request(raw, seen, whole, words_of, is_question=is_question)):
        return _Part((request,), "\n")
    return _asked_last(raw, seen, borders, end, words_of, is_question=is_question)


def _asked_last(
    raw: str,
    seen: str,
    borders: Sequence[tuple[int, int]],
    end: int,
    words_of: _Patterns,
    *,
    is_question: bool,
) -> _Part | None:
    """Return the request in the last clause of a sentence.

    Without a sign before it, "please forget it" only points.
    """
    softer = [(b.start(), b.end()) for b in _soft_border().finditer(seen, 0, end)]
    for before, behind in borders[-1:] or softer[-1:]:
        last = (_behind_opener(seen, behind, end, words_of), end)
        request = _request(raw, seen, last, words_of, is_question=is_question)
        if request is None or not (borders or _points(request)):
            return None
        if request.topic is not None or request.is_all:
            return _Part((request,), raw[:before] + "\n")
        clause = raw[_behind_opener(seen, 0, before, words_of) : before]
        if not clause.strip() or words_of.idle.fullmatch(clause.strip()):
            return _Part((request,), "\n")
        return _Part((_spoken_of(clause, words_of) or _stated(clause, words_of),), "\n")
    return None


def _last_about_it(raw: str, seen: str, end: int, words_of: _Patterns) -> Request | None:
    """Return the request in the last clause of a sentence to delete what the others are about."""
    begin = max(0, end - MAX_IT)
    patterns = (_borders()[1], _soft_border())
    borders = [border for each in patterns for border in each.finditer(seen, begin, end)]
    for border in sorted(borders, key=re.Match.end)[-1:]:
        start = _behind_opener(seen, border.end(), end, words_of)
        asked = words_of.about.sub("", seen[start:end]) if start < end else ""
        if words_of.it.fullmatch(asked.strip()):
            clause = raw[: border.start()].strip()
            about = _about_it(clause, words_of)
            if about or border[0].strip() not in tuple(":：-–—") or len(words(clause)) > MAX_BARE:
                return about
            return Request("forget", clause, code=words_of.code, sure=asked != seen[start:end])
    return None


def _asks_to_delete_it(seen: str, known: Sequence[_Patterns]) -> _Patterns | None:
    """Return the language in which a sentence asks to delete what the one before is about."""
    if len(seen) > MAX_IT:
        return None
    for words_of in known:
        end, _ = _before_closer(seen, words_of)
        start = _behind_opener(seen, 0, end, words_of)
        if start < end and words_of.it.fullmatch(seen, start, end):
            return words_of
    return None


def _about_it(clause: str, words_of: _Patterns) -> Request | None:
    """Return the request to forget what a clause is about: "my number is private, delete it"."""
    if request := _spoken_of(clause, words_of):
        return request
    named = words_of.named.search(clause)
    if named is None and (own := words_of.owned.search(clause)):
        return Request("forget", own[0].strip(), is_own=True, code=words_of.code)
    if named is None:
        things = words_of.things.finditer(clause)
        named = next((each for each in things if words_of.own.search(each[0])), None)
    return named and Request("forget", named[0], is_own=True, code=words_of.code)


def _spoken_of(clause: str, words_of: _Patterns) -> Request | None:
    """Return the request to forget the topic of a clause that is no more: "that about the boat"."""
    said = clause.strip(_ENDING + ",;:" + _ASKS)
    topic = words_of.about.sub(" ", said, count=MAX_ABOUT).strip()
    if topic == said or not 0 < len(words(topic)) <= MAX_BARE:
        return None
    is_own = words_of.own.search(topic) is not None
    return Request("forget", topic, wide=True, is_own=is_own, code=words_of.code)


def _is_joke(seen: str, span: tuple[int, int], words_of: _Patterns) -> bool:
    """Return True for "that was a joke", and "I don't have one"."""
    start = _behind_opener(seen, *span, words_of)
    signs = (words_of.joke, words_of.none)
    return any(sign.fullmatch(seen, start, span[1]) for sign in signs)


def _stated(clause: str, words_of: _Patterns) -> Request:
    """Return the request to take back a clause: "I don't keep a guesthouse, that was a joke"."""
    return Request("retract", clause.strip(), is_clause=True, code=words_of.code)


def _before_closer(seen: str, words_of: _Patterns) -> tuple[int, bool]:
    """Return where a sentence ends without "please" and the like, and True if it has such words."""
    end, is_polite = len(seen.rstrip(_ENDING)), False
    while closed := words_of.closer.search(seen, max(0, end - MAX_CLOSER), end):
        end, is_polite = closed.start(), True
    return len(seen[:end].rstrip(_ENDING + ",")), is_polite


def _behind_opener(seen: str, start: int, end: int, words_of: _Patterns) -> int:
    """Return where a clause begins behind "please", "ok" and the like."""
    while (
        start < end and (found := words_of.opener.match(seen, start, end)) and found.end() > start
    ):
        start = found.end()
    return start


def _request(
    raw: str, seen: str, span: tuple[int, int], words_of: _Patterns, *, is_question: bool
) -> Request | None:
    """Return the request that a clause is."""
    start, end = span
    if not 0 < end - start <= MAX_CLAUSE or seen[start] == _MASK:
        return None
    if not is_question:
        if words_of.joke.fullmatch(seen, start, end):
            return Request("retract", code=words_of.code)
        if words_of.last.fullmatch(seen, start, end):
            return Request("forget", code=words_of.code)
    imperatives = () if is_question else (*words_of.forget, *words_of.joking)
    for pattern in (*imperatives, *words_of.asks):
        if found := pattern.fullmatch(seen, start, end):
            kind: Kind = "retract" if pattern in words_of.joking else "forget"
            return _of_topic(raw, seen, found, words_of, kind)
    for pattern in () if is_question else words_of.erase:
        if found := pattern.fullmatch(seen, start, end):
            request = _of_topic(raw, seen, found, words_of, "forget")
            if request is None or (request.topic is None and not request.is_all):
                return None
            sure = words_of.recorded.search(found["topic"]) is not None
            return replace(request, sure=sure or request.is_own)
    return None


def _of_topic(
    raw: str, seen: str, found: re.Match[str], words_of: _Patterns, kind: Kind
) -> Request | None:
    """Return a request on a topic, or None if the topic is not one."""
    start, end = found.span("topic")
    if polite := _polite().match(seen, start, end):  # "forget, please, my address"
        start = polite.end()
    if words_of.nothing.fullmatch(seen, start, end):
        return None
    if words_of.that.fullmatch(seen, start, end):
        return Request(kind, code=words_of.code)
    if words_of.everything.fullmatch(seen, start, end):
        return Request(kind, is_all=True, code=words_of.code)
    topic = words_of.about.sub(" ", raw[start:end], count=MAX_ABOUT).strip()
    wide = topic != raw[start:end].strip()
    if not wide:
        clause = words_of.clause.match(seen, start, end)
        topic = raw[clause.end() if clause else start : end]
        if clause is not None:
            return Request(kind, topic.strip(), is_clause=True, code=words_of.code)
    if several := words_of.every.match(topic):
        wide, topic = True, topic[several.end() :]
    topic = topic.strip()
    is_own = words_of.own.search(topic) is not None
    is_long = not wide and not is_own and len(words(topic)) > MAX_BARE
    if not topic or is_long or words_of.nothing.fullmatch(topic):
        return None
    return Request(kind, topic, wide=wide, is_own=is_own, code=words_of.code)


def _last_of(kept: Sequence[str]) -> str:
    """Return the last statement of those kept, or an empty one."""
    return next((said for said in reversed(kept) if said.strip() and not is_empty_talk(said)), "")


def _take_back(kept: list[str]) -> str:
    """Remove the last statement of those kept and return it, or return an empty one."""
    for i in range(len(kept) - 1, -1, -1):
        if kept[i].strip() and not is_empty_talk(kept[i]):
            said, kept[i] = kept[i], "\n"
            return said
    return ""


def _drop(kept: list[str], topic: str) -> None:
    """Remove the statements of those kept that have all long words of a topic."""
    named = [word for word in words(topic) if len(word) > SHORT]
    for i, said in enumerate(kept):
        if named and set(named) <= set(words(said)):
            kept[i] = "\n"
