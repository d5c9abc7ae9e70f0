"""Find that two facts are about things on different sides: the left knee, and the right one.

Such things end each other never, however near the facts are. The words for sides, lines of a
family, ranks and times of day are data (section "apart" of `core/text/languages`). Also next to the
lines stand words with a plural that is another thing: a brace at the knee, and braces.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from operator import ne

from litemem.core.text import scripts
from litemem.core.text.lexicon import section, words_in
from litemem.core.text.phrases import Groups, Words, names_user, tokens_of
from litemem.core.text.statements import code_of_pair, read, unquoted
from litemem.ingestion.replaced import BARE

LONG = 600  # characters of two texts that are no facts
NEAR = 2  # words between a side and the thing that has it
SUBJECT = 5  # words at the beginning of a fact that may name its subject
LEAST = 2  # letters of a word that names something
FORM = 0.7  # of the longer of two forms of a word, that they share
_UNSPACED = ("zh", "ja")
_JOINING = "のの的边侧側がはを"
_CHANGES = frozenset("now changed moved instead correction again new end".split())


@dataclass(frozen=True)
class _Apart:
    sides: Groups  # of things that come in pairs
    lines: Groups  # of a family, or other things of one word
    ranks: Groups
    times: Groups
    hands: Words  # that have a side, of the hand that somebody uses


def are_on_other_sides(known: str, new: str) -> bool:
    """Return True if two facts are about two things that a side, rank or time tells apart."""
    if len(known) + len(new) > LONG:
        return False
    codes = dict.fromkeys((code_of_pair(known, new), *BARE))
    return any(_are_told_apart(known, new, code) for code in codes)


def _are_told_apart(known: str, new: str, code: str) -> bool:
    if "promoted" in read(new, code).concepts:  # from junior to senior
        return False
    listed = _of(code)
    one, other = (_words(text) for text in (known, new))
    if listed.lines.opposed(one, other):
        return True
    is_hand = _is_one_word(one, other) and listed.hands.count(one) > 0  # "is left-handed"
    if not is_hand and _are_apart(listed.sides, one, other, code):
        return True
    subjects = _subject(one, code), _subject(other, code)
    if _are_apart(listed.ranks, *subjects, code) or _are_apart(listed.times, *subjects, code):
        return True
    if code in BARE or not listed.times.opposed(one, other):
        return False
    k, n = read(known, code), read(new, code)
    if _is_one_word(one, other) and k.numbers != n.numbers:  # "at 6 in the evening"
        return False
    return n.concepts.isdisjoint(_CHANGES) and "prefer" not in n.relations


def _is_one_word(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return True if two facts differ by one word, or sign."""
    return len(one) == len(other) and sum(map(ne, one, other)) == 1


def _subject(words: Sequence[str], code: str) -> Sequence[str]:
    """Return the first words of a fact, up to a preposition or verb."""
    listed = _verbs(code)
    end = next((i for i, word in enumerate(words[:SUBJECT]) if word in listed and i), SUBJECT)
    return words[:end]


@cache
def _verbs(code: str) -> frozenset[str]:
    keys = ("be", "place", "live", "work", "prefer", "have", "take", "from")
    return frozenset[str]().union(*(words_in(code, "slots", key) for key in keys))


def _words(text: str) -> list[str]:
    return tokens_of(unquoted(text).replace("’s", "").replace("'s", ""))


def _are_apart(groups: Groups, one: Sequence[str], other: Sequence[str], code: str) -> bool:
    """Return True if opposite words stand beside one thing."""
    for group in groups.opposed(one, other):
        near = [set(_beside(groups, group, words, code)) for words in (one, other)]
        if any(_are_forms(a, b) for a in near[0] for b in near[1]):
            return True
    return False


def _beside(groups: Groups, group: int, words: Sequence[str], code: str) -> Iterator[str]:
    """Yield the words beside those of a group that may name the thing that has it."""
    if code in _UNSPACED:
        yield from _behind(groups, group, "".join(words))
        return
    places = {place for kind in groups[group] for place in kind.places(words)}
    for place in places:
        for i in range(max(0, place - NEAR), min(len(words), place + NEAR + 1)):
            is_thing = i not in places and len(words[i]) > LEAST and words[i] not in _verbs(code)
            if is_thing and not names_user(words[i], code):
                yield words[i]


def _behind(groups: Groups, group: int, text: str) -> Iterator[str]:
    """Yield the sign behind each word of a group, in a script without spaces."""
    for kind in groups[group]:
        for listed in (*kind.inside, *kind.whole):
            at = text.find(listed)
            if at >= 0 and (rest := text[at + len(listed) :].lstrip(_JOINING)):
                yield rest[0]


def _are_forms(one: str, other: str) -> bool:
    one, other = scripts.fold(one), scripts.fold(other)
    shorter, longer = sorted((len(one), len(other)))
    shared = next((i for i in range(shorter) if one[i] != other[i]), shorter)
    return one == other or (shared >= LEAST and shared >= FORM * longer)


@cache
def _of(code: str) -> _Apart:
    table = section(code, "apart")

    def groups(key: str) -> Groups:
        return Groups(
            tuple(Words(kind, is_joined=code in _UNSPACED) for kind in str(group).split("|"))
            for group in table.get(key, ())
        )

    hands = Words(str(table.get("hands", "")), is_joined=code in _UNSPACED)
    return _Apart(groups("sides"), groups("lines"), groups("ranks"), groups("times"), hands)
