"""Compare two facts by their slots: holder, relation, object, polarity, quantity and qualifiers.

Which words stand for what is data, one file a language (section "slots" of `core/text/languages`).
Only facts with the same slot and the same object are the same, richer or contradicting. The rules
know no synonyms that the files do not list, and no vectors: what they do not know, they leave.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Literal

from litemem.core.text import lexicon, scripts
from litemem.core.text.language import language
from litemem.core.text.words import stem as english_stem

Verdict = Literal["same", "richer", "contradicts", "different", "unclear"]

LONGEST = 8  # characters of a phrase of a script without spaces, words of one in another script
SHORTEST_STEM = 3  # letters of a word without its ending
LONG = 1_000  # characters of two texts that are no facts
SAMPLE = 300  # characters of a text by which its language is guessed
FEW = 3  # words that a changed value may have
FREQUENCY = -1  # the group of rarely and often
ADDED = 2  # words that a new state may add

_LATIN = ("en", "de", "es", "fr", "it", "pt", "nl", "pl", "sv", "tr")
_ARABIC = ("ar", "fa")
_WITHOUT_SPACES = ("zh", "ja")
_TOKEN = re.compile(
    rf"(?P<code>(?<![^\W_])[A-Za-z]{{1,12}}[-_#]?\d[\w-]*)|(?P<number>\d+(?:[.,:/]\d+)*)"
    rf"|(?P<word>(?:[^\W\d_]|(?!\d)[{scripts.MARKED}])+(?:-[^\W\d_]+)*)|(?P<unit>[%€$£¥₽₹°])"
)
_LETTERS = str.maketrans("łøđı", "lodi")
_RUN = re.compile(rf"[{scripts.HAN}{scripts.KANA}]+|[^{scripts.HAN}{scripts.KANA}]+")
_THOUSANDS = re.compile(r"(?<=\d)[,.](?=\d{3}(?!\d))")
_HAN_OR_KANA = re.compile(rf"[{scripts.HAN}{scripts.KANA}]")
_QUOTED = re.compile(r"\AUser: [\"“](.*)[\"”]\.?\Z", re.DOTALL)

RELATIONS = frozenset(
    "live moved work name age like eat drink prefer favourite allergic ill have drive use take"
    " speak learn play study born role attributes make".split()
)
_DOCTOR = "doctor"  # may change a dose of the user
_VERBS = frozenset(
    "live moved work name like eat drink prefer have drive use take speak learn play study be past"
    " cost changed place negation end state resigned left gone died finished cancelled".split()
)
_HARMLESS = frozenset("user my light place be now new again order cost attributes".split())
_ADDED = frozenset("name age habit kin role region doctor nr from sides".split())
_MANY = frozenset(["like", "have", "speak", "learn", "play", "eat", "drink", "allergic", "ill"])


@dataclass(frozen=True, slots=True)
class Item:
    """A word or number of a statement, and what it stands for."""

    stem: str
    concepts: frozenset[str] = frozenset()
    is_number: bool = False
    kinds: tuple[tuple[int, int], ...] = ()  # its groups of opposites, and which of each it is


@dataclass(frozen=True, slots=True)
class Statement:
    """A fact as slots."""

    holder: frozenset[str]  # the subject; empty for the user
    relations: frozenset[str]
    order: tuple[str, ...]  # the words that name things, the holder included
    ids: frozenset[tuple[str, str]]  # numbered things: room 12
    numbers: tuple[str, ...]
    habits: frozenset[str]  # days and seasons at which it holds
    kinds: Mapping[int, int]  # which of a group of opposites
    rank: frozenset[tuple[int, int]]  # opposites in the subject: the first floor
    sides: frozenset[str]
    concepts: frozenset[str]
    is_turned: bool  # the order of its words counts: tea over coffee

    @property
    def content(self) -> frozenset[str]:
        """The words that name things."""
        return frozenset(self.order)

    @property
    def is_denied(self) -> bool:
        """Return True if the statement denies or ends something."""
        return bool(self.concepts & {"negation", "end"})


# -- verdicts


def compare_slots(known: str, new: str) -> Verdict:
    """Return the verdict on a new fact and a known one, by their slots alone.

    "unclear" means that the new fact denies something near what the known one affirms.
    """
    if len(known) + len(new) > LONG:
        return "different"
    code = code_of_pair(known, new)
    k, n = read(known, code), read(new, code)
    if _are_apart(k, n) or (k.concepts ^ n.concepts) & {"flips", "wish"}:
        return "different"
    if not _agree(k, n):
        return _by_role(k, n) or _by_birth(k, n) or "different"
    for rule in _RULES:
        if verdict := rule(k, n):
            return verdict
    return "different"


def are_apart(known: str, new: str) -> bool:
    """Return True if facts are about two numbered things, or about two days of the week."""
    if len(known) + len(new) > LONG:
        return False
    code = code_of_pair(known, new)
    return _are_apart(read(known, code), read(new, code))


def _are_apart(k: Statement, n: Statement) -> bool:
    return (
        k.ids != n.ids or k.rank != n.rank or (bool(k.habits and n.habits) and k.habits != n.habits)
    )


def _agree(k: Statement, n: Statement) -> bool:
    """Return True if two statements are about the same; a sentence may begin with its verb."""
    if k.holder == n.holder:
        return True
    few, many = sorted((k, n), key=lambda one: len(one.holder))
    is_of_thing = not few.holder and "kin" not in few.concepts ^ many.concepts
    is_doctor = _DOCTOR in n.concepts and "changed" in n.concepts
    return (is_of_thing and many.holder <= few.content) or is_doctor


def _by_words(k: Statement, n: Statement) -> Verdict | None:
    """Compare facts that affirm, or deny, with the same words."""
    if k.is_denied != n.is_denied or k.kinds != n.kinds or (k.sides and k.sides != n.sides):
        return None
    shared = k.content & n.content
    if ((k.content or n.content) and not shared) or _in_order(k, n) is False:
        return None
    lost, added = k.concepts - n.concepts - _HARMLESS, n.concepts - k.concepts - _HARMLESS
    is_alike = k.relations == n.relations and not (lost or added)
    if n.content <= k.content and set(n.numbers) <= set(k.numbers) and n.sides <= k.sides:
        return "same" if is_alike and (n.content or not k.content) and _says(n) else None
    is_more = k.content <= n.content and set(k.numbers) <= set(n.numbers) and bool(k.content)
    is_added = not (lost or added - _ADDED or n.relations - k.relations - _ADDED)
    return "richer" if is_more and is_added and k.relations <= n.relations else None


def _says(statement: Statement) -> bool:
    return bool(statement.order or statement.relations or statement.kinds)


def _by_order(k: Statement, n: Statement) -> Verdict | None:
    """Compare tea over coffee with coffee over tea."""
    is_alike = (k.content, k.relations, k.numbers) == (n.content, n.relations, n.numbers)
    if not is_alike or _in_order(k, n) is not False:
        return None
    return "contradicts" if "prefer" in n.relations and not n.is_denied else "different"


def _in_order(k: Statement, n: Statement) -> bool | None:
    """Return False if shared words change places where that counts, or None if it does not."""
    if not (k.is_turned and n.is_turned) and "prefer" not in k.relations & n.relations:
        return None
    shared = k.content & n.content
    return [w for w in k.order if w in shared] == [w for w in n.order if w in shared]


def _by_denial(k: Statement, n: Statement) -> Verdict | None:
    """Compare a fact with a denial or an end of the same relation; it ends what it names only."""
    if k.is_denied == n.is_denied:
        return None
    if k.relations != n.relations or k.sides != n.sides or k.kinds != n.kinds or _is_over(k, n):
        return "different"
    if k.content == n.content and set(n.numbers) <= set(k.numbers):
        is_kin = "kin" in k.concepts and not k.holder
        is_lasting = "born" in k.relations or (is_kin and k.relations <= {"have"})
        return "unclear" if is_lasting or _joins(k) or _joins(n) else "contradicts"
    if n.is_denied and n.content < k.content:
        return "contradicts" if _is_object(k, n) and not _joins(k) else "unclear"
    return "unclear" if k.content < n.content and k.content else "different"


def _is_object(k: Statement, n: Statement) -> bool:
    """Return True if a statement names the object of another, and not what depends on it."""
    objects = [word for word in k.order if word not in k.holder]
    return bool(objects) and objects[0] in n.content


def _by_kind(k: Statement, n: Statement) -> Verdict | None:
    """Compare states that exclude each other: open and closed."""
    groups = {
        group for group in k.kinds.keys() & n.kinds.keys() if k.kinds[group] != n.kinds[group]
    }
    if not groups or k.is_denied or n.is_denied or _is_over(k, n) or k.sides != n.sides:
        return None
    relations = k.relations ^ n.relations
    is_of_one = not k.relations & _MANY or groups == {FREQUENCY}
    if (
        k.numbers != n.numbers
        or relations - {"have"}
        or not (is_of_one or n.concepts & {"now", "again"})
    ):
        return "different"
    is_near = k.content <= n.content and len(n.content - k.content) <= ADDED
    return "contradicts" if is_near or n.content == k.content & n.content else "different"


def _by_number(k: Statement, n: Statement) -> Verdict | None:
    """Compare quantities of the same thing in the same unit."""
    if k.numbers == n.numbers or not k.numbers or not n.numbers or _is_over(k, n):
        return None
    if k.is_denied or n.is_denied or k.sides != n.sides or k.kinds != n.kinds:
        return None
    if k.relations == {"have"} and "place" in k.concepts:  # two appointments
        return "unclear"
    is_changed = bool(n.concepts & {"changed", "moved"}) and "live" not in k.relations
    told = n.content - {_DOCTOR}
    is_alike = told == k.content or (is_changed and told and told <= k.content)
    is_one = len(k.numbers) == len(n.numbers) or (
        is_changed and n.numbers[: len(k.numbers)] == k.numbers
    )
    is_aged = not k.content and k.relations | n.relations == {"age"}
    is_kept = k.relations == n.relations or is_changed or is_aged
    return "contradicts" if is_alike and is_one and is_kept and not _joins(k) else None


def _by_single(k: Statement, n: Statement) -> Verdict | None:
    """Compare what a holder has one of: a home, a job, a name, a favourite."""
    values_k, values_n = k.content - k.holder, n.content - n.holder
    if k.is_denied or n.is_denied or _is_over(k, n) or _joins(k) or k.sides != n.sides:
        return None
    is_new = bool(n.concepts & {"now", "new", "changed", "moved", "hired"})
    few = 0 < len(values_k) <= FEW and 0 < len(values_n) <= FEW
    shared = values_k & values_n
    homes = {"live", "moved"}
    if k.relations & homes and k.relations <= homes and n.relations <= homes and n.relations:
        left = "from" in n.concepts and values_k < values_n
        is_region = bool({"region"} & (k.concepts ^ n.concepts))
        is_moved = few and (_differ(k, n) or left) and not is_region
        is_plain = not is_moved or not is_new or _many_kin(k, n)
        return "contradicts" if not is_plain else "unclear" if few else None
    if verdict := _by_attribute(k, n):
        return verdict
    if not few or shared:
        return None
    if k.relations == n.relations == {"name"}:
        return "unclear" if k.holder else "contradicts"
    return _by_habit(k, n, is_new=is_new)


def _differ(k: Statement, n: Statement) -> bool:
    """Return True if each of two statements names what the other does not."""
    return bool(k.content - n.content and n.content - k.content)


def _by_attribute(k: Statement, n: Statement) -> Verdict | None:
    """Compare "X's favourite colour is A" with "is B"."""
    listed = {"attributes", "favourite"}
    if k.relations != n.relations or not k.relations & listed:
        return None
    if not k.relations <= listed | {"prefer"}:
        return None
    if not k.order or not n.order or k.order[0] != n.order[0]:
        return None
    is_favourite = "favourite" in k.relations and "prefer" not in k.relations
    is_subject = bool(k.holder) or is_favourite or "my" in k.concepts & n.concepts
    if not is_subject:
        return None
    values_k, values_n = set(k.order[1:]), set(n.order[1:])
    if not 0 < len(values_k) <= FEW or not 0 < len(values_n) <= FEW or not _differ(k, n):
        return None
    return "contradicts" if ("place" in k.concepts) == ("place" in n.concepts) else "different"


def _by_habit(k: Statement, n: Statement, *, is_new: bool) -> Verdict | None:
    """Compare jobs, and what one uses, drives or studies."""
    if k.relations != n.relations or len(k.relations) != 1:
        return None
    if k.relations <= {"work", "drive", "use", "study"}:
        return "contradicts" if is_new else "unclear" if k.relations == {"work"} else None
    return None


def _by_end(k: Statement, n: Statement) -> Verdict | None:
    """Compare with an event that ends one relation: resigned, sold, died, finished."""
    if k.is_denied or _is_over(k, k) or _joins(k):
        return None
    told = n.content - n.holder
    shared = k.content & told
    ends = n.concepts
    is_place = bool(shared) and len(told - k.content) <= ADDED
    if "work" in k.relations and (is_place or (not told and "resigned" in ends)):
        return "contradicts" if ends & {"resigned", "left"} else None
    if set(k.numbers) - set(n.numbers):  # one of two cars
        return None
    named = bool(told) and told <= k.content and _is_object(k, n)
    if "gone" in ends and named and k.relations & {"have", "drive", "use"}:
        return "contradicts"
    if "left" in ends and named and k.relations & {"study", "live"}:
        return "contradicts"
    if "finished" in ends and named and k.relations & {"study", "learn", "make"}:
        return "contradicts"
    if "recovered" in ends and named and "ill" in k.relations:
        return "contradicts"
    is_dead = "died" in ends and n.content and n.content <= k.content
    if is_dead and k.relations & {"have", "live", "work"} and len(n.content) >= len(k.content) / 2:
        return "contradicts"
    is_off = "cancelled" in ends and n.content and n.content <= k.content
    return "contradicts" if is_off and "past" not in k.concepts else None


def _by_role(k: Statement, n: Statement) -> Verdict | None:
    """Compare who has a role that one holds: Ana is the lead, Sam is now the lead."""
    is_role = "role" in k.relations and "role" in n.relations and bool(n.concepts & {"now", "new"})
    is_same = k.content - k.holder == n.content - n.holder != frozenset()
    is_said = bool(k.holder and n.holder) and not k.is_denied | n.is_denied | _joins(k)
    return "contradicts" if is_role and is_same and is_said else None


def _by_birth(k: Statement, n: Statement) -> Verdict | None:
    is_born = "pregnant" in k.concepts and {"born", "kin"} <= n.concepts and not k.holder
    return "contradicts" if is_born and not n.is_denied and not k.is_denied else None


def _is_over(k: Statement, n: Statement) -> bool:
    """Return True if a statement tells what happened, which stays true."""
    is_past = "past" in k.concepts or "past" in n.concepts
    return is_past and "correction" not in n.concepts


def _joins(statement: Statement) -> bool:
    return "joint" in statement.concepts


def _many_kin(k: Statement, n: Statement) -> bool:
    return any("kin" in one.concepts and not one.holder for one in (k, n))


_RULES = (_by_words, _by_order, _by_birth, _by_end, _by_denial, _by_kind, _by_number, _by_single)


# -- the reader


@lru_cache(maxsize=4_096)
def read(text: str, code: str) -> Statement:
    """Return a statement's slots, read with the words of a language."""
    items = [item for item in _items(text, code) if "light" not in item.concepts]
    head = _head(items, code)
    concepts = frozenset[str]().union(*(item.concepts for item in items))
    if "hate" in concepts:
        concepts |= {"like", "negation"}
    ids, numbers = _numbers(items, head)
    order = [item.stem for item in items if _names(item)]
    relations = concepts & RELATIONS
    return Statement(
        holder=frozenset(item.stem for item in head if _names(item)),
        relations=relations - {"have"} if relations - {"have", "name", "age"} else relations,
        order=tuple(order),
        ids=ids,
        numbers=numbers,
        habits=frozenset(item.stem for item in items if "habit" in item.concepts),
        kinds={group: kind for item in items for group, kind in item.kinds},
        rank=frozenset(kind for item in head for kind in item.kinds),
        sides=frozenset(item.stem for item in items if "sides" in item.concepts),
        concepts=concepts,
        is_turned="order" in concepts,
    )


def _names(item: Item) -> bool:
    """Return True if a word names a thing: it stands for nothing else."""
    silent = item.concepts - {"kin", "habit", "attributes", "role", "doctor", "region"}
    return not (silent or item.is_number or item.kinds or "sides" in item.concepts)


def _head(items: Sequence[Item], code: str) -> Sequence[Item]:
    """Return the items that say what a statement is about; none if that is the user."""
    if code in ("ja", "ko"):
        end = next((i for i, item in enumerate(items) if "topic" in item.concepts), 0)
    elif code in ("tr", "hi"):
        marked = [i for i, one in enumerate(items) if one.concepts & {"kin", "attributes"}]
        end = marked[0] + 1 if marked and items[0].concepts & {"my", "user"} else 0
    else:
        verbs = (i for i, one in enumerate(items) if one.concepts & _VERBS or one.kinds)
        end = next(verbs, 0)
        if items and items[end].kinds:  # "the first floor is …"
            end = next((i for i, one in enumerate(items) if one.concepts & _VERBS), end)
    head = items[:end]
    is_user = bool(head) and "user" in head[0].concepts and "my" not in head[0].concepts
    owns = len(head) > 1 and bool(head[1].concepts & {"my", "kin", "attributes"})
    return () if is_user and not owns else head


def _numbers(
    items: Sequence[Item], head: Sequence[Item]
) -> tuple[frozenset[tuple[str, str]], tuple[str, ...]]:
    """Return the numbered things, and the other numbers."""
    ids, numbers = set(), []
    first = next((i for i, one in enumerate(items) if not one.concepts & {"user", "my"}), 0)
    is_one_of_many = any(one.concepts & _MANY for one in items)  # "owns a Peugeot 205"
    for i, item in enumerate(items):
        if not item.is_number:
            continue
        before, after = items[i - 1 : i], items[i + 1 : i + 2]
        is_marked = any("nr" in one.concepts for one in (*before, *after))
        is_named = any(_names(one) and "habit" not in one.concepts for one in before)
        is_measured = any("attributes" in one.concepts for one in before)
        is_first = i - 1 == first and not is_measured
        follows = is_named and (i - 1 == first or i < len(head) or is_one_of_many)
        is_counting = any(not (one.concepts or one.kinds) for one in after)
        if is_marked or (follows and (is_first or not is_counting)):
            ids.add((before[0].stem if follows else "", item.stem))
        else:
            numbers.append(item.stem)
    return frozenset(ids), tuple(numbers)


def _items(text: str, code: str) -> tuple[Item, ...]:
    words = _words_of(code)
    plain = scripts.normalized("NFKC", _QUOTED.sub(r"\1", text)).replace("’", "'")
    raw = [form for match in _TOKEN.finditer(plain) for form in _forms(match, code, words)]
    return tuple(_phrased(raw, code, words))


def _forms(match: re.Match[str], code: str, words: "_Words") -> Iterator[str]:
    written = match[0]
    if match.lastgroup == "number":
        yield _THOUSANDS.sub("", written)
        return
    for run in _RUN.findall(written) if code in _WITHOUT_SPACES else [written]:
        if _HAN_OR_KANA.match(run):
            yield from _segments(run, words)
        else:
            yield from _normal(run, code)


def _segments(run: str, words: "_Words") -> Iterator[str]:
    """Yield the listed phrases of a run without spaces, and what is between them."""
    start = at = 0
    while at < len(run):
        lengths = range(min(LONGEST, len(run) - at), 0, -1)
        length = next((m for m in lengths if (run[at : at + m],) in words.phrases), 0)
        if length:
            yield from [run[start:at]] if start < at else ()
            yield run[at : at + length]
            start = at + length
        at += length or 1
    if start < at:
        yield run[start:at]


@lru_cache(maxsize=65_536)
def _normal(word: str, code: str) -> tuple[str, ...]:
    """Return the forms of a word as a language's file is read."""
    if code in (*_ARABIC, "hi") and not word.isascii():
        return tuple(scripts.normal_forms(word).split())
    return (scripts.fold(word).translate(_LETTERS),)


def _phrased(forms: Sequence[str], code: str, words: "_Words") -> Iterator[Item]:
    """Yield the items; the longest phrase counts."""
    at = 0
    while at < len(forms):
        lengths = range(min(words.longest, len(forms) - at), 0, -1)
        found = ((m, words.phrases.get(tuple(forms[at : at + m]))) for m in lengths)
        length, listed = next(((m, items) for m, items in found if items), (1, None))
        yield from listed or _single(forms[at], code, words)
        at += length


def _single(form: str, code: str, words: "_Words") -> Iterator[Item]:
    """Yield an unlisted form: by a listed beginning, else as its own stem."""
    if form[0].isdigit():
        yield Item(form, is_number=True)
        return
    stem, ending = _stem(form, code, words)
    listed = words.phrases.get((stem,)) if ending else None
    begins = (form[:length] for length in range(min(len(form), 2 * LONGEST), 1, -1))
    beginning = next((words.beginnings[one] for one in begins if one in words.beginnings), None)
    yield from listed or ([beginning] if beginning else [Item(stem)])
    if ending in words.topics:
        yield Item("", frozenset(["topic"]))


def _stem(form: str, code: str, words: "_Words") -> tuple[str, str]:
    """Return a word without its ending, and that."""
    if code == lexicon.ENGLISH:
        return english_stem(form), "s"
    shortest = 1 if code == "ko" else SHORTEST_STEM
    for ending in words.endings:
        if form.endswith(ending) and len(form) - len(ending) >= shortest:
            return form[: -len(ending)], ending
    return form, ""


# -- the words of a language


@dataclass(frozen=True)
class _Words:
    phrases: Mapping[tuple[str, ...], tuple[Item, ...]]
    beginnings: Mapping[str, Item]  # of words
    endings: Sequence[str]  # the longest first
    topics: frozenset[str]  # endings that mark what a statement is about
    longest: int  # words of a phrase
    listed: frozenset[str]  # words by themselves


@cache
def _words_of(code: str) -> _Words:
    phrases: dict[tuple[str, ...], tuple[Item, ...]] = {}
    beginnings: dict[str, Item] = {}
    for written, item in _listed(lexicon.section(code, "slots")):
        forms = _written_forms(written, code)
        if written.endswith("*"):
            beginnings[forms[0]] = _merged(beginnings.get(forms[0]), replace(item, stem=forms[0]))
        elif forms:
            stem = _DOCTOR if _DOCTOR in item.concepts else item.stem
            stem = stem or _stem_of_phrase(forms, code)
            known = phrases.get(forms)
            phrases[forms] = (_merged(known[0] if known else None, replace(item, stem=stem)),)
    for written, number, thing in _dual(lexicon.section(code, "slots")):
        rest = (Item(thing),) if thing else ()
        phrases[_written_forms(written, code)] = (Item(number, is_number=True), *rest)
    endings = [_normal(one, "")[0] for one in lexicon.words_in(code, "slots", "endings")]
    return _Words(
        phrases=phrases,
        beginnings=beginnings,
        endings=sorted(endings, key=lambda ending: (-len(ending), ending)),
        topics=lexicon.words_in(code, "slots", "topics"),
        longest=max(map(len, phrases), default=1),
        listed=frozenset(forms[0] for forms in phrases if len(forms) == 1),
    )


def _written_forms(written: str, code: str) -> tuple[str, ...]:
    plain = written.removesuffix("*").replace("_", " ").replace("'", " ")
    if code in _WITHOUT_SPACES:
        return (scripts.fold(plain.replace(" ", "")),)
    return tuple(form for word in plain.split() for form in _normal(word, code))


def _stem_of_phrase(forms: tuple[str, ...], code: str) -> str:
    return english_stem(forms[0]) if code == lexicon.ENGLISH else " ".join(forms)


def _listed(table: Mapping[str, object]) -> Iterator[tuple[str, Item]]:
    """Yield the phrases of a table with what they stand for."""
    for key, value in table.items():
        if key == "same" and isinstance(value, list):
            for group in value:
                words = str(group).split()
                yield from ((word, Item(words[0])) for word in words)
        elif key == "opposites" and isinstance(value, list):
            for i, group in enumerate(value):
                for j, kind in enumerate(str(group).split("|")):
                    yield from ((word, Item("", kinds=((i, j),))) for word in kind.split())
        elif key == "frequency":
            for j, kind in enumerate(str(value).split("|")):
                yield from ((word, Item("", kinds=((FREQUENCY, j),))) for word in kind.split())
        elif key not in ("numbers", "endings"):
            concept = "topic" if key == "topics" else key
            yield from ((word, Item("", frozenset([concept]))) for word in str(value).split())


def _dual(table: Mapping[str, object]) -> Iterator[tuple[str, str, str]]:
    """Yield words for numbers, the number, and what an inflected noun also names."""
    for entry in str(table.get("numbers", "")).split():
        written, _, value = entry.partition("=")
        number, _, thing = value.partition("_")
        yield written, number, thing


def _merged(one: Item | None, other: Item) -> Item:
    if one is None:
        return other
    stem = one.stem if one.concepts == frozenset() else other.stem
    return replace(
        one, stem=stem, concepts=one.concepts | other.concepts, kinds=one.kinds + other.kinds
    )


# -- the language of a pair


def corrects(text: str) -> bool:
    """Return True if a fact says that it corrects another."""
    return "correction" in read(text, code_of_pair(text, text)).concepts


def code_of_pair(known: str, new: str) -> str:
    """Return the language that lists most words of two facts; in doubt English."""
    guesses = [_guess(known), _guess(new)]
    others = sorted(code for code in guesses if code != lexicon.ENGLISH)
    guess = others[0] if others else lexicon.ENGLISH  # "ja" before "zh": kana may be missing
    if guess not in (*_LATIN, *_ARABIC):
        return guess
    counts = [dict(_known_words(text)) for text in (known, new)]
    codes = _LATIN if guess in _LATIN else _ARABIC
    return max(codes, key=lambda code: (sum(count[code] for count in counts), code == guess))


@lru_cache(maxsize=4_096)
def _guess(text: str) -> str:
    return lexicon.CODES.get(language(text[:SAMPLE]) or "", lexicon.ENGLISH)


@lru_cache(maxsize=4_096)
def _known_words(text: str) -> tuple[tuple[str, int], ...]:
    """Return how many words of a text each language lists that has no script of its own."""
    found = [match[0] for match in _TOKEN.finditer(text[:SAMPLE].replace("’", "'"))]
    latin = [form for word in found for form in _normal(word, "")]
    arabic = [form for word in found for form in _normal(word, "ar")]
    counted = [(code, latin) for code in _LATIN] + [(code, arabic) for code in _ARABIC]
    return tuple(
        (code, sum(map(_words_of(code).listed.__contains__, one))) for code, one in counted
    )
