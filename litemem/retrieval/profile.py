"""Put the facts about a user into groups, by rule, and choose those that fit a few lines. Pure.

The words that lead to a group stand in `core/text/languages/*.toml`, section `[profile]`. A fact
that begins with another person is about people. Otherwise a wish for answers counts first, then
illness, then a plan, and then the first word that leads to a group.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product, zip_longest
from typing import Any, Literal, get_args

from litemem.core.text.language import COMMON_WORDS
from litemem.core.text.lexicon import CODES, ENGLISH, section
from litemem.core.text.periods import FIRST_DAY, Period
from litemem.core.text.scripts import fold
from litemem.core.types import DOCUMENT, PROCEDURAL, Disagreement, MemoryRecord, canonical_role
from litemem.retrieval.context import MAX_NAME, one_line
from litemem.retrieval.repetition import ARTICLES
from litemem.store.protocol import Standing

Group = Literal["identity", "people", "preferences", "health", "work", "plans", "answers", "other"]
GROUPS: tuple[Group, ...] = get_args(Group)
HEADS: Mapping[Group, str] = {"answers": "How to answer"}  # the others are their own
LINES = 20
CONSIDERED = 2_000  # newest memories of a scope
LONGEST = 300  # characters of a memory; a longer one is a document, and half of it may mislead
UNCLEAR = " (unclear)"  # another memory may contradict it

_CORE = ("name", "age", "home", "job")  # the kinds of words that come first in their group
_GROUP_OF: Mapping[str, Group] = {
    **dict.fromkeys(("name", "age", "home", "identity"), "identity"),
    **dict.fromkeys(("job", "work"), "work"),
    **dict.fromkeys(("health", "care"), "health"),
    "people": "people",
    "preferences": "preferences",
    "plans": "plans",
    "manner": "answers",
}
_KINDS = (*_GROUP_OF, "answers", "wishes")
_RATED = {"POSITIVE": 1, "NEGATIVE": -1, "VERY_NEGATIVE": -2}
_WORD = re.compile(r"[^\s.,;:!?()\[\]\"'’“”„«»‹›…/–—।،؛؟、。，；：！？（）「」-]+")
_DOSE = re.compile(
    r"\d ?(?:mg|mcg|µg|μg|iu|мг|мкг|毫克|微克|ミリグラム|밀리그램|मिलीग्राम|ملغ|میلی‌گرم)"
)
# read letter by letter; Japanese mixes Chinese characters with kana
_UNSPACED = {"ja": "぀-ヿ", "ko": "가-힯", "zh": "一-鿿"}
_SPACED = {"ru": "Ѐ-ӿ", "ar": "؀-ۿ", "fa": "؀-ۿ", "hi": "ऀ-ॿ"}
_SCRIPTS = {code: re.compile(f"[{of}]") for code, of in {**_UNSPACED, **_SPACED}.items()}
_LATIN = tuple(sorted({*CODES.values()} - _SCRIPTS.keys(), key=lambda code: code != ENGLISH))

Hit = tuple[int, str]  # where, and the kind


@dataclass(frozen=True, slots=True)
class Fact:
    """A memory with its place in `_CORE`, or the length of that."""

    record: MemoryRecord
    core: int

    def order(self, standing: Standing) -> tuple[Any, ...]:
        """Return the key that sorts the facts of a group, the best first."""
        record = self.record
        return (
            self.core,
            not record.is_pinned,
            not record.immutable,
            -_RATED.get(standing.feedback or "", 0),
            -(record.repeats + standing.sources),
            -record.created_at,
            record.id,
        )


@dataclass(frozen=True, slots=True)
class Profile:
    """The chosen memories by group, each group in its order, and the ids of unclear ones."""

    groups: Mapping[Group, Sequence[MemoryRecord]]
    unclear: frozenset[str]

    @property
    def ids(self) -> list[str]:
        """The ids of the memories."""
        return [record.id for records in self.groups.values() for record in records]

    @property
    def text(self) -> str:
        """One line for each memory, which begins with the name of its group."""
        return "\n".join(
            f"{HEADS.get(group, group.capitalize())}: {one_line(record.content)}"
            f"{UNCLEAR if record.id in self.unclear else ''}"
            for group, records in self.groups.items()
            for record in records
        )


def choose(
    records: Iterable[MemoryRecord],
    *,
    standings: Mapping[str, Standing],
    mentions: Mapping[str, Sequence[Period]],
    doubts: Iterable[Disagreement],
    name: str,
    of_agent: bool,
    now: int,
    max_lines: int,
) -> Profile:
    """Choose at most `max_lines` memories, given newest first.

    Of memories with the same words the newest is taken, and plans of days that are over are left
    out. Facts about health come first; the other groups take turns. `name` is the id of the user,
    or with `of_agent` of the agent.
    """
    taken: dict[Sequence[str], tuple[MemoryRecord, Wording]] = {}
    for record in records:
        if _is_shown(record, of_agent):
            wording = Wording.of(record.content)
            taken.setdefault(wording.words, (record, wording))
    wordings = list(taken.values())
    own = _own_names(wordings, name)
    by_group: dict[Group, list[Fact]] = {group: [] for group in GROUPS}
    for record, wording in wordings:
        group, core = wording.group(own)
        if group != "plans" or not _is_over(mentions.get(record.id, ()), now):
            by_group[group].append(Fact(record, core))
    for listed in by_group.values():
        listed.sort(key=lambda fact: fact.order(standings.get(fact.record.id, Standing())))
    chosen = _shares({group: len(listed) for group, listed in by_group.items()}, max_lines)
    return Profile(
        {
            group: [fact.record for fact in listed[: chosen[group]]]
            for group, listed in by_group.items()
            if chosen[group]
        },
        frozenset(memory.id for pair in doubts for memory in pair.memories),
    )


def _shares(sizes: Mapping[Group, int], room: int) -> dict[Group, int]:
    """Return how many of each group are taken: health first, "other" last, the rest in turn."""
    shares: dict[Group, int] = dict.fromkeys(GROUPS, 0)
    room = min(room, sum(sizes.values()))

    def take(group: Group, number: int) -> None:
        shares[group] += min(number, sizes[group] - shares[group], room - sum(shares.values()))

    take("health", room)
    in_turn = [group for group in GROUPS if group not in ("health", "other")]
    for _ in range(max(sizes[group] for group in in_turn)):
        for group in in_turn:
            take(group, 1)
    take("other", room)
    return shares


def _is_shown(record: MemoryRecord, of_agent: bool) -> bool:
    """Return True if a memory may be a line: a short one about the user, or about the agent."""
    if record.memory_type in (PROCEDURAL, DOCUMENT) or len(record.content) > LONGEST:
        return False
    role = record.role and canonical_role(record.role)
    about = record.attributed_to or role or "user"
    return about == ("assistant" if of_agent else "user") and bool(one_line(record.content))


def _is_over(mentions: Sequence[Period], now: int) -> bool:
    """Return True if a memory speaks of days, and all of them are over and do not come again."""
    return bool(mentions) and all(each.start >= FIRST_DAY and each.end <= now for each in mentions)


# -- groups


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of a text without articles, and where each kind of word is first.

    `words` is the text itself, folded, if there are none. `subject` is the folded name of somebody
    at the beginning, if the text is about an act of theirs.
    """

    words: Sequence[str]
    first: Mapping[str, int]
    subject: str

    @classmethod
    def of(cls, text: str) -> "Wording":
        """Read the first `LONGEST` characters of a text."""
        text = text[:LONGEST]
        folded = fold(text)
        found = _WORD.findall(folded)
        code, hits = _find(folded, found)
        if _DOSE.search(folded):
            hits.append((len(folded), "health"))
        first: dict[str, int] = {}
        for at, kind in hits:
            first.setdefault(kind, at)
        words = tuple(word for word in found if word not in ARTICLES) or (folded.strip(),)
        return cls(words, first, _subject(text, found, code))

    def group(self, names: Collection[str] = ()) -> tuple[Group, int]:
        """Return the group, and its place in `_CORE`; `names` are the user's, folded."""
        is_other = bool(self.subject) and self.subject not in names
        kind = "people" if is_other else _kind(self.first)
        core = _CORE.index(kind) if kind in _CORE else len(_CORE)
        return _GROUP_OF.get(kind, "other"), core


def _kind(first: Mapping[str, int]) -> str:
    """Return the kind that decides, given where each kind is first found; "" if there is none."""
    others = [at for kind, at in first.items() if kind not in ("people", "answers")]
    if "people" in first and first["people"] < min(others, default=LONGEST):
        return "people"
    if "manner" in first or first.keys() >= {"answers", "wishes"}:
        return "manner"
    for kind in ("health", "plans"):
        if kind in first:
            return kind
    grouped = [kind for kind in first if kind in _GROUP_OF]
    return min(grouped, key=lambda kind: first[kind], default="")


def _subject(text: str, found: Sequence[str], code: str) -> str:
    """Return the folded name that a text begins with, if people do what follows: "Priya works"."""
    if len(found) < 2 or found[0] in _listed(code, "user"):
        return ""
    acts, begin = _listed(code, "acts"), _WORD.findall(text[: 2 * MAX_NAME])[:3]
    is_full_name = len(found) > 2 and len(begin) == 3 and begin[1][0].isupper()
    is_name = bool(begin) and begin[0][0].isupper() and found[2 if is_full_name else 1] in acts
    return found[0] if is_name else ""


def _own_names(wordings: Iterable[tuple[MemoryRecord, Wording]], name: str) -> frozenset[str]:
    """Return the folded words of the user's names: the id, and what a memory states as a name."""
    own = set(_WORD.findall(fold(name)))
    for record, wording in wordings:
        if _kind(wording.first) == "name":
            named = _WORD.findall(record.content[:LONGEST])
            own |= {fold(word) for word in named if word[0].isupper()}
    return frozenset(own)


# -- words


def _find(folded: str, found: Sequence[str]) -> tuple[str, list[Hit]]:
    """Return the likely language of a folded text, and the words of a kind in it."""
    codes = _LATIN
    if not folded.isascii():
        for code in _UNSPACED:
            if _SCRIPTS[code].search(folded):
                return code, list(_letter_hits(folded, code))
        codes = tuple(code for code in _SPACED if _SCRIPTS[code].search(folded)) or _LATIN
    return _word_hits(found, codes)


def _word_hits(found: Sequence[str], codes: tuple[str, ...]) -> tuple[str, list[Hit]]:
    """Return the language of most words, and the longest cues of it; none overlaps another."""
    common = _common(codes)
    hits: dict[str, list[Hit]] = {}
    scores: dict[str, int] = {}
    free: dict[str, int] = {}
    for i, (word, following) in enumerate(zip_longest(found, found[1:], fillvalue="")):
        for code in common.get(word, ()):
            scores[code] = scores.get(code, 0) + 1
        cues = _cues(word, following, codes)
        if not cues:
            continue
        fitting = [
            (code, i + 1 + len(cue.rest), cue.kind)
            for code, cue in cues
            if free.get(code, 0) <= i and (len(cue.rest) < 2 or cue.ends(found[i + 1 :]))
        ]
        ends: dict[str, int] = {}
        for code, end, _ in fitting:
            ends[code] = max(end, ends.get(code, 0))
        free.update(ends)
        for code, end, kind in fitting:
            if end == ends[code]:
                hits.setdefault(code, []).append((i, kind))
                scores[code] = scores.get(code, 0) + 1
    best = max(codes, key=lambda code: scores.get(code, 0)) if scores else ENGLISH
    return best, hits.get(best, [])


def _letter_hits(text: str, code: str) -> Iterator[Hit]:
    """Yield the longest cue at each letter of a text without spaces."""
    index = _letter_index(code)
    i = 0
    while i < len(text):
        fitting = [(cue, kind) for cue, kind in index.get(text[i], ()) if text.startswith(cue, i)]
        longest = max((len(cue) for cue, _ in fitting), default=1)
        yield from ((i, kind) for cue, kind in fitting if len(cue) == longest)
        i += longest


@dataclass(frozen=True, slots=True)
class _Cue:
    """Words that lead to a kind, each with "*" behind it if it is the beginning of a word."""

    kind: str
    begin: str  # the first one
    rest: tuple[str, ...]

    def ends(self, found: Sequence[str]) -> bool:
        """Return True if the rest of the cue stands at the beginning of some words."""
        return len(self.rest) <= len(found) and all(map(_is_of, found, self.rest))


def _is_of(word: str, part: str) -> bool:
    return word.startswith(part[:-1]) if part.endswith("*") else word == part


@lru_cache(maxsize=32_768)  # pairs of words; the same ones come again and again
def _cues(word: str, following: str, codes: tuple[str, ...]) -> tuple[tuple[str, _Cue], ...]:
    """Return the cues that begin with these two words, or with the first alone, and languages."""
    index = _index(codes)
    return tuple(
        (code, cue)
        for key in (word, f"{word[:3]}*")
        for code, cue in index.get(key, ())
        if word.startswith(cue.begin) and (not cue.rest or _is_of(following, cue.rest[0]))
    )


@cache
def _index(codes: tuple[str, ...]) -> dict[str, list[tuple[str, _Cue]]]:
    """Return cues with their languages, by the first word, or by three letters and "*"."""
    index: dict[str, list[tuple[str, _Cue]]] = {}
    for code, kind in product(codes, _KINDS):
        for written in _listed(code, kind):
            first, *rest = written.split("_")
            begin = first.removesuffix("*")
            key = begin if begin == first else f"{begin[:3]}*"
            index.setdefault(key, []).append((code, _Cue(kind, begin, tuple(rest))))
    return index


@cache
def _letter_index(code: str) -> dict[str, list[tuple[str, str]]]:
    """Return text and kind of each cue, by its first letter."""
    index: dict[str, list[tuple[str, str]]] = {}
    for kind in _KINDS:
        for written in _listed(code, kind):
            index.setdefault(written[0], []).append((written.replace("_", " "), kind))
    return index


@cache
def _listed(code: str, key: str) -> frozenset[str]:
    """Return the words of a table's key, folded; "_" joins several, "*" ends a beginning."""
    return frozenset(map(fold, str(section(code, "profile").get(key, "")).split()))


@cache
def _common(codes: tuple[str, ...]) -> dict[str, list[str]]:
    """Return the languages of each common word, folded."""
    found: dict[str, list[str]] = {}
    for name, code in CODES.items():
        if code in codes:
            for word in _listed(code, "user").union(map(fold, COMMON_WORDS.get(name, ()))):
                found.setdefault(word, []).append(code)
    return found
