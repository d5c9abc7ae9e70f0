"""Read a fact as slots: holder, relation, object, polarity, quantity and qualifiers.

Which words stand for what is data, one file a language (section "slots" of `core/text/languages`).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from litemem.core.text import lexicon, scripts
from litemem.core.text.language import language
from litemem.core.text.words import stem as english_stem

LONGEST = 8  # characters of a phrase of a script without spaces, words of one in another script
SHORTEST_STEM = 3  # letters of a word without its ending
SAMPLE = 300  # characters of a text by which its language is guessed
FREQUENCY = -1  # the group of rarely and often

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
DOCTOR = "doctor"  # may change a dose of the user
_VERBS = frozenset(
    "live moved work name like eat drink prefer have drive use take speak learn play study be past"
    " cost changed place negation end state resigned left gone died finished cancelled".split()
)
MANY = frozenset(["like", "have", "speak", "learn", "play", "eat", "drink", "allergic", "ill"])


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
    is_one_of_many = any(one.concepts & MANY for one in items)  # "owns a Peugeot 205"
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
            stem = DOCTOR if DOCTOR in item.concepts else item.stem
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
