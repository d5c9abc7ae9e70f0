"""Find a fact that joins one part of a clause with a thing of another part.

"I live in Lyon but work in Bern" is not "lives in Bern", and "I quit the gym because I joined a
choir" is not "quit the choir".
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from litemem.core.text.phrases import phrases, tokens_of
from litemem.core.text.quantities import spoken_times, values_of
from litemem.core.text.words import is_number
from litemem.extraction.paraphrase.comparison import MAX_PARTS, VERB_LAST, Comparison
from litemem.extraction.paraphrase.support import Heard, content_words

NOON = 12
PLACE_FORM = 4  # first letters of a place, which its forms share

_CLOCK = re.compile(r"\d{1,2}[:.h]\d{2}")
_ONES = frozenset("eine einen eins una uno um uma une одну одно один एक".split())

Slot = tuple[str, int]  # a kind of thing, such as a time of the day
Thing = tuple[Slot, str]


def is_crossed(pair: Comparison) -> bool:
    """Return True if the fact has a time, place or number of a part, and the deed of another.

    Only if the part of the deed has a thing of that kind too.
    """
    said = pair.sentence or pair.said
    cut = [part for part in pair.table.parts.split(said)[:MAX_PARTS] if part.strip()]
    if len(cut) < 2:
        return False
    told = [part for part in pair.table.parts.split(pair.fact)[:MAX_PARTS] if part.strip()]
    told = [part for part in told if not pair.denials(tokens_of(part), part)]
    facts = [part for each in told if (part := _read(each, pair.code)).things]
    if not facts:
        return False
    parts = [_denied(_read(each, pair.code), each, pair) for each in cut]
    return any(_is_joined(fact, parts) for fact in facts)


def _denied(part: "_Part", text: str, pair: Comparison) -> "_Part":
    """Return a part with both of two opposites, if it denies: "does not open" is "closed"."""
    if not pair.denials(tokens_of(text), text):
        return part
    slots = {slot for slot, _ in part.things if slot[0] == "opposite"}
    both = {(slot, str(i)) for slot in slots for i in range(len(pair.table.opposites[slot[1]]))}
    return replace(part, things=part.things | both)


def is_of_reason(pair: Comparison) -> bool:
    """Return True if the fact has the verb of a deed with the thing of its reason, or reversed."""
    if pair.table.reasons.search(pair.fact):
        return False
    cut = pair.table.reasons.split(pair.said, maxsplit=1)
    if len(cut) < 2:
        return False
    content, negative = set(pair.content), pair.table.negative
    order = [w for w in pair.told if w in content or negative.has(w)]
    order = order[::-1] if pair.code in VERB_LAST else order
    heard = [Heard([part], pair.code) for part in cut]
    places = [(w, [i for i, part in enumerate(heard) if part.supports(w)]) for w in order]
    placed = [(word, found) for word, found in places if found]
    if len(placed) < 2 or any(len(found) > 1 for _, found in placed):
        return False
    (verb, (at,)), rest = placed[0], placed[1:]
    if order[0] != verb or any(found == [at] for _, found in rest):
        return False
    return any(not pair.by_fact.supports(w) for w in content_words(cut[at], pair.code))


@dataclass(frozen=True, slots=True)
class _Part:
    """The things of a part of a sentence by their kinds, and its other words."""

    things: frozenset[Thing]
    words: tuple[str, ...]
    heard: Heard

    def of_kind(self, slot: Slot) -> set[str]:
        return {thing for kind, thing in self.things if kind == slot}


def _read(text: str, code: str) -> _Part:
    table = phrases(code)
    things: set[Thing] = set()
    named: set[str] = set()
    rest = text
    for match in table.located.finditer(text):
        for name, place in match.groupdict().items():
            if place:
                things.add(((name, 0), place.casefold()[:PLACE_FORM]))
                rest = rest.replace(place, " ")
    tokens = tokens_of(rest)
    for kind, groups in (
        ("kind", table.kinds),
        ("time", table.times),
        ("day", table.exclusive),
        ("opposite", table.opposites),
    ):
        found = set[str]()
        plain = [w for w in tokens if w not in named] if kind == "opposite" else tokens
        for word, group, value in groups.named(plain):
            things.add(((kind, group), str(value)))
            found.add(word)
        named |= found
    things |= {(("number", 0), each) for each in _numbers(rest, tokens, code)}
    joined = "".join(named) if code in ("ja", "zh") else ""
    content = set(content_words(rest, code))
    words = [w for w in tokens if w in content or table.same.having(w)]  # also "lives"
    words = [w for w in words if w not in named and w not in joined]
    kept = tuple(w for w in words if not is_number(w) and not values_of(w, code))
    return _Part(frozenset(things), kept, Heard([rest], code))


def _numbers(text: str, tokens: Collection[str], code: str) -> set[str]:
    """Return the numbers and times of a text, with a pronoun as 1: "und abends eine"."""
    found = {str(value) for value in values_of(text, code)}
    found |= set(_CLOCK.findall(text)) | spoken_times(text, code)
    hours = [next(filter(None, match.groups())) for match in phrases(code).hour.finditer(text)]
    found |= {str(int(hour) - NOON) for hour in hours if int(hour) > NOON}  # "18 Uhr", "sechs"
    return found | {"1" for word in tokens if word in _ONES}


def _is_joined(told: _Part, parts: list[_Part]) -> bool:
    """Return True if one thing of a fact is of another part than all that is placed."""
    placed: dict[int, list[Thing | str]] = {}
    items: list[Thing | str] = [*told.things, *told.words]
    for item in items:
        found = [i for i, part in enumerate(parts) if _has(part, item)]
        if len(found) == 1:
            placed.setdefault(found[0], []).append(item)
    if len(placed) != 2:
        return False
    return any(
        _is_exchanged(told, parts, at, things, other, placed[other])
        for at, other in (tuple(placed), tuple(placed)[::-1])
        for things in [placed[at]]
    )


def _is_exchanged(
    told: _Part,
    parts: list[_Part],
    at: int,
    things: list[Thing | str],
    other: int,
    others: list[Thing | str],
) -> bool:
    """Return True if a thing of one part stands in the fact for that of the other part."""
    slots, said = _parted(things)
    if len(slots) != 1:
        return False
    here, there, slot = parts[at], parts[other], slots[0]
    if not there.of_kind(slot) or there.of_kind(slot) & told.of_kind(slot):
        return False
    is_all_told = all(map(told.heard.supports, there.words))
    if said:  # "20 mg of X at night and 50 mg of Y in the morning": both have the first verb
        return at == 0 and len(said) == 1 and is_all_told
    if any(here.of_kind(kind) - told.of_kind(kind) for kind in _parted(others)[0]):
        return True
    return bool(here.things - told.things) or not all(map(told.heard.supports, here.words))


def _parted(items: list[Thing | str]) -> tuple[list[Slot], list[str]]:
    """Return the kinds of the things, and the words."""
    kinds = [item[0] for item in items if isinstance(item, tuple)]
    return kinds, [item for item in items if isinstance(item, str)]


def _has(part: _Part, item: Thing | str) -> bool:
    return item in part.things if isinstance(item, tuple) else part.heard.supports(item)
