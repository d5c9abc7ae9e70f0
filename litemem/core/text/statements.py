"""Read a fact as slots: holder, relation, object, polarity, quantity and qualifiers.

Which words stand for what is data, one file a language (section "slots" of `core/text/languages`).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import pairwise

from litemem.core.text import lexicon, scripts, vocabulary
from litemem.core.text.cjk_numerals import in_digits
from litemem.core.text.language import language
from litemem.core.text.periods import MONTHS, WEEKDAYS
from litemem.core.text.words import stem as english_stem

LONGEST = 8  # characters of a phrase of a script without spaces, words of one in another script
SHORTEST_STEM = 3  # letters of a word without its ending
NOON = 12  # hours
ADJOINING = 3  # words between an hour and its time of day
SAMPLE = 300  # characters of a text by which its language is guessed
PAIR = 2  # numbers of a correction: the right one, and the one that it takes back
VERB_LAST = ("ja", "ko", "tr", "hi")  # languages in which a word is denied behind it
FREQUENCY = -1  # the group of rarely and often

_LATIN = ("en", "de", "es", "fr", "it", "pt", "nl", "pl", "sv", "tr", "id", "vi", "cs", "ro")
_COMPARED = {**lexicon.CODES, "Czech": "cs", "Romanian": "ro"}  # languages with slots
_MARKED = ("cs", "ro")  # that a guess is sure of
_LETTERS_OF = {  # of no other
    code: re.compile(letters) for code, letters in vocabulary.texts("language", "of_facts").items()
}
_ACCENTED = ("vi",)  # in which a word with another accent is another word
_VERB_SECOND = ("de", "nl", "sv")  # in which the subject may stand behind the verb
_ARABIC = ("ar", "fa")
_WITHOUT_SPACES = ("zh", "ja")
_TOKEN = re.compile(
    rf"(?P<code>(?<![^\W_])[A-Za-z]{{1,12}}[-_#]?\d[\w-]*)|(?P<number>\d+(?:[.,:/]\d+)*)"
    rf"|(?P<word>(?:[^\W\d_]|(?!\d)[{scripts.MARKED}])+(?:-[^\W\d_]+)*)|(?P<unit>[%€$£¥₽₹°])"
)
_USER = re.compile(r"\bUser(?:'s)?\b")  # in facts of every language
_WORDS = re.compile(r"[^\W\d_]+")
_LETTERS = str.maketrans("łøđı", "lodi")
_RUN = re.compile(rf"[{scripts.HAN}{scripts.KANA}]+|[^{scripts.HAN}{scripts.KANA}]+")
_FULL_HOUR = re.compile(r"\A0?(\d{1,2})[:.]00\Z")
_HOUR = re.compile(r"\A0?(\d{1,2})(?::(\d\d))?\Z")
_YEAR = re.compile(r"\A(?:19|20)\d\d\Z")
_THOUSANDS = re.compile(r"(?<=\d)[,.](?=\d{3}(?!\d))")
_HAN_OR_KANA = re.compile(rf"[{scripts.HAN}{scripts.KANA}]")
_QUOTED = re.compile(r"\AUser: [\"“](.*)[\"”]\.?\Z", re.DOTALL)

RELATIONS = frozenset(
    "live moved work name age like eat drink prefer favourite allergic ill have drive use take"
    " speak learn play study born role attributes make".split()
)
DOCTOR = "doctor"  # one stem stands for all of them
_CHANGERS = frozenset([DOCTOR, "changer"])  # who may raise a dose, a rent or a salary of the user
_NAMING = frozenset(
    "kin habit attributes role doctor changer region unit dwelling partner pm am workplace"
    " elsewhere".split()
)
_BARE_JOBS = ("ar", "ru")  # in which a job follows the verb: "работает токарем"
_NO_CONCEPTS = frozenset(
    "numbers endings kinds_of counters single dash prefix whole".split()
)  # keys of a table that list other things than words for a concept
_VAGUE = frozenset("habit pm am unit changer".split())
_BEFORE_VERB = frozenset("place light again now wish end negation be".split())
_VERBS = frozenset(
    "live moved work name like eat drink prefer have drive use take speak learn play study be past"
    " cost pay changed promoted place was negation end resigned left gone died finished"
    " cancelled".split()
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
class FactSlots:
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
    roles: frozenset[str]  # the words for what one person is of a group
    changers: frozenset[str]  # who changes a value: the doctor, the landlord
    corrected: frozenset[str]  # what the statement takes back: "in 1978, not 1987"
    code: str
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
def read(text: str, code: str) -> FactSlots:
    """Return a statement's slots, read with the words of a language."""
    told = _clocked([item for item in _items(text, code) if "light" not in item.concepts])
    items, corrected = _corrected(told, code)
    if not corrected and code != lexicon.ENGLISH:  # English has rules of its own
        items, corrected = _contrasted(items, code)
    head = _head(items, code)
    concepts = _concepts(items, code)
    ids, numbers = _numbers(items, head)
    order = [item.stem for item in items if _names(item)]
    relations = concepts & RELATIONS
    if "live" in relations:
        relations -= {"attributes"}
    return FactSlots(
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
        roles=frozenset(item.stem for item in items if "role" in item.concepts),
        changers=frozenset(item.stem for item in items if item.concepts & _CHANGERS),
        corrected=corrected,
        code=code,
        is_turned="order" in concepts,
    )


def _concepts(items: Sequence[Item], code: str) -> frozenset[str]:
    """Return what the words of a statement stand for, and what follows from them together."""
    concepts = frozenset[str]().union(*(item.concepts for item in items))
    if "hate" in concepts:
        concepts |= {"like", "negation"}
    if "hardly" in concepts:
        concepts -= {"negation"}
    if "was" in concepts and not any(item.kinds for item in items):
        concepts |= {"past"}
    if code in _BARE_JOBS:
        following = pairwise(items)
        if any("work" in one.concepts and _names(other) for one, other in following):
            concepts |= {"as"}
    return concepts


def _corrected(items: Sequence[Item], code: str) -> tuple[Sequence[Item], frozenset[str]]:
    """Return a statement without the number that it takes back, and that number.

    "In 1978, not 1987", "at nine instead of ten": nothing else is denied there.
    """
    numbers = [i for i, item in enumerate(items) if item.is_number]
    if len(numbers) != PAIR:
        return items, frozenset()
    for old, new in (numbers, reversed(numbers)):
        denial = _denial_of(items, old, code)
        if denial is not None and _thing_behind(items, old) in (_thing_behind(items, new), ""):
            between = range(old, new)  # "not in 1987 but in 1978"
            gone = {old, denial, *(i for i in between if "flips" in items[i].concepts)}
            rest = [item for i, item in enumerate(items) if i not in gone]
            return rest, frozenset([items[old].stem])
    return items, frozenset()


def _contrasted(items: Sequence[Item], code: str) -> tuple[Sequence[Item], frozenset[str]]:
    """Return a statement without the thing that it takes back, and that: "in Köln, not in Bonn"."""
    denials = [i for i, item in enumerate(items) if "negation" in item.concepts]
    if len(denials) != 1:
        return items, frozenset()
    (at,) = denials
    if code in VERB_LAST:
        users = (i for i, one in enumerate(items) if "user" in one.concepts)
        topic = next((i for i, one in enumerate(items) if "topic" in one.concepts), next(users, -1))
        taken, kept = items[topic + 1 : at], items[at + 1 :]
        rest = [*items[: topic + 1], *kept]
    else:
        taken, kept = items[at + 1 :], items[:at]
        rest = [*kept]
    is_thing = any(map(_names, taken)) and all(
        _names(one) or _is_joining(one, code) for one in taken
    )
    affirms = any(map(_names, kept)) and any(one.concepts & RELATIONS for one in kept)
    if not (is_thing and affirms):
        return items, frozenset()
    return rest, frozenset(item.stem for item in taken if _names(item))


def _denial_of(items: Sequence[Item], number: int, code: str) -> int | None:
    """Return where the word stands that denies a number: before it, or behind it."""
    step = 1 if code in VERB_LAST else -1
    at = number + step
    while 0 <= at < len(items) and _is_joining(items[at], code):
        at += step
    is_denial = 0 <= at < len(items) and bool(items[at].concepts & {"negation", "instead"})
    return at if is_denial else None


def _is_joining(item: Item, code: str) -> bool:
    is_counter = code in VERB_LAST and not (item.concepts or item.is_number or item.kinds)
    return is_counter or bool(item.concepts & {"place", "topic", "my", "unit"})


def _thing_behind(items: Sequence[Item], number: int) -> str:
    """Return the word behind a number, if it names something."""
    behind = items[number + 1 : number + 2]
    return behind[0].stem if behind and _names(behind[0]) else ""


def _names(item: Item) -> bool:
    """Return True if a word names a thing: it stands for nothing else."""
    silent = item.concepts - _NAMING
    return not (silent or item.is_number or item.kinds or "sides" in item.concepts)


@lru_cache(maxsize=4_096)
def objects(text: str, code: str) -> frozenset[str]:
    """Return the stems of the words that tell what a statement is about: names and things.

    Verbs, numbers, days, adverbs and words for a kind of value, such as "colour", are left out, as
    far as a language lists them; so is the word behind the user where the verb stands there. A kind
    of value stays if nothing else is named.
    """
    items = _items(text, code)
    named = [
        item
        for i, item in enumerate(items)
        if item.stem and _names(item) and not (item.concepts & _VAGUE or _is_verb(items, i, code))
    ]
    things = [item for item in named if "attributes" not in item.concepts]
    return frozenset(item.stem for item in things or named) - _days(code)


@cache
def _days(code: str) -> frozenset[str]:
    """Return the stems of the months and the days of the week."""
    dates = lexicon.section(code, "dates")
    listed = [*dates.get("months", MONTHS), *dates.get("weekdays", WEEKDAYS)]
    words = " ".join(str(names) for names in listed).split()
    return frozenset(item.stem for word in words for item in _items(word, code))


@lru_cache(maxsize=4_096)
def named_words(text: str, code: str) -> frozenset[str]:
    """Return the stems of all words that may name a thing."""
    return frozenset(item.stem for item in _items(text, code) if item.stem and _names(item))


def _is_verb(items: Sequence[Item], at: int, code: str) -> bool:
    """Return True if an unlisted word stands behind the user or a wish: "wants to buy"."""
    if code in VERB_LAST or items[at].concepts or at + 1 == len(items):
        return False
    before = at - 1
    while before > 0 and items[before].concepts & _BEFORE_VERB:
        before -= 1
    return before >= 0 and bool(items[before].concepts & {"user", "wish"})


def _head(items: Sequence[Item], code: str) -> Sequence[Item]:
    """Return the items that name the subject of a statement; the user is not an item."""
    if code in ("ja", "ko"):
        end = next((i for i, item in enumerate(items) if "topic" in item.concepts), 0)
    elif code in ("tr", "hi"):
        marked = [i for i, one in enumerate(items) if one.concepts & {"kin", "attributes"}]
        end = marked[0] + 1 if marked and items[0].concepts & {"my", "user", "kin"} else 0
    else:
        verbs = (i for i, one in enumerate(items) if one.concepts & _VERBS or one.kinds)
        now = next((i for i, one in enumerate(items) if "now" in one.concepts), 0)
        end = next(verbs, now)  # "Пётр теперь казначей"
        if items and items[end].kinds:  # "the first floor is …"
            end = next((i for i, one in enumerate(items) if one.concepts & _VERBS), end)
    if code in _VERB_SECOND and items[end + 1 : end + 2] and _is_speaker(items[end + 1], code):
        return ()  # "Netflix hab ich gekündigt"
    head = items[:end]
    is_user = bool(head) and "user" in head[0].concepts and "my" not in head[0].concepts
    owns = len(head) > 1 and bool(head[1].concepts & {"my", "kin", "attributes"})
    return () if is_user and not owns else head


def _is_speaker(item: Item, code: str) -> bool:
    """Return True if a word stands for the speaker as a subject: "ich", not "mich"."""
    return item.stem in lexicon.words_in(code, "clauses", "speaker")


def _clocked(items: Sequence[Item]) -> list[Item]:
    """Return the items with times of day as on a clock of 24 hours."""
    read: list[Item] = []
    at = 0
    while at < len(items):
        item = items[at]
        at += 1
        if "half_to" in item.concepts and at < len(items) and items[at].is_number:
            item, at = replace(items[at], stem=_half_past(items[at].stem, -1)), at + 1
        elif "half_past" in item.concepts and at < len(items) and items[at].is_number:
            item, at = replace(items[at], stem=_half_past(items[at].stem, 0)), at + 1
        elif "hour" in item.concepts:
            if at < len(items) and items[at].is_number:
                item, at = replace(items[at], concepts=frozenset(["hour"])), at + 1
            else:
                continue
        if item.is_number:
            at, half = _after(items, at, "half_past")
            item = replace(item, stem=_half_past(item.stem, 0)) if half else item
            is_late = bool(read) and "pm" in read[-1].concepts and _is_hour(items, at)
            is_early = bool(read) and "am" in read[-1].concepts and _is_hour(items, at)
            if is_late or is_early:
                read.pop()
            at, after = _after(items, at, "pm", "am")
            if is_late or (after and "pm" in after.concepts):
                item = replace(item, stem=_in_the_afternoon(item.stem))
        read.append(item)
    return read


def _is_hour(items: Sequence[Item], at: int) -> bool:
    return at < len(items) and "hour" in items[at].concepts


def _after(items: Sequence[Item], at: int, *concepts: str) -> tuple[int, Item | None]:
    """Return where to read on behind a number, and the word of the day behind it if any."""
    end = at
    while end < len(items) and end - at < ADJOINING and items[end].concepts & {"hour", "place"}:
        end += 1
    if end < len(items) and items[end].concepts.intersection(concepts):
        return end + 1, items[end]
    return at, None


def _half_past(hour: str, difference: int) -> str:
    return f"{int(hour) + difference}:30" if hour.isdecimal() else hour


def _in_the_afternoon(hour: str) -> str:
    found = _HOUR.match(hour)
    if not found or not 0 < int(found[1]) < NOON:
        return hour
    return f"{int(found[1]) + NOON}{':' + found[2] if found[2] else ''}"


def _numbers(
    items: Sequence[Item], head: Sequence[Item]
) -> tuple[frozenset[tuple[str, str]], tuple[str, ...]]:
    """Return the numbered things, and the other numbers."""
    ids, numbers = set(), []
    is_address = any("live" in one.concepts or "moved" in one.concepts for one in items)
    first = next((i for i, one in enumerate(items) if not one.concepts & {"user", "my"}), 0)
    is_one_of_many = any(one.concepts & MANY for one in items)  # "owns a Peugeot 205"
    for i, item in enumerate(items):
        if not item.is_number:
            continue
        before, after = items[i - 1 : i] if i else [], items[i + 1 : i + 2]
        is_marked = any("nr" in one.concepts for one in (*before, *after))
        is_named = any(_names(one) and "habit" not in one.concepts for one in before)
        is_measured = any("attributes" in one.concepts for one in before)
        is_title = i < len(head) or any("attributes" in one.concepts for one in items[:1])
        is_first = i - 1 == first and (not is_measured or (is_title and bool(after)))
        is_named |= is_measured and is_first
        follows = is_named and (i - 1 == first or i < len(head) or is_one_of_many)
        is_counting = any(not (one.concepts or one.kinds) for one in after)
        is_value = (
            "hour" in item.concepts
            or any("unit" in one.concepts for one in (*before, *after))
            or bool(_YEAR.match(item.stem))
        )
        is_value = is_value or (is_address and i >= len(head))
        if not is_value and (is_marked or (follows and (is_first or not is_counting))):
            ids.add((before[0].stem if follows else "", item.stem))
        else:
            numbers.append(item.stem)
    return frozenset(ids), tuple(numbers)


def _items(text: str, code: str) -> tuple[Item, ...]:
    words = _words_of(code)
    plain = scripts.normalized("NFKC", unquoted(text)).replace("’", "'")
    for verb in lexicon.words_in(code, "slots", "dash"):
        plain = plain.replace(" — ", f" {verb} ")
    plain = in_digits(plain, code)
    raw = [form for match in _TOKEN.finditer(plain) for form in _forms(match, code, words)]
    return tuple(_phrased(raw, code, words))


def unquoted(text: str) -> str:
    """Return what the user said, if a fact quotes it."""
    return _QUOTED.sub(r"\1", text)


def _forms(match: re.Match[str], code: str, words: "_Words") -> Iterator[str]:
    written = match[0]
    if match.lastgroup == "number":
        hour = _FULL_HOUR.match(written)
        yield hour[1] if hour else _THOUSANDS.sub("", written)
        return
    for run in _RUN.findall(written) if code in _WITHOUT_SPACES else [written]:
        if _HAN_OR_KANA.match(run):
            yield from _segments(run, words)
        else:
            for form in _normal(run, code):
                yield from _parted(form, words)


def _parted(form: str, words: "_Words") -> Iterator[str]:
    """Yield a word, and the denial before it that is written as one with it: "nekouří"."""
    rest = form.removeprefix(words.prefix)
    is_word = rest in words.listed or len(rest) >= SHORTEST_STEM
    is_whole = rest == form or form in words.listed or form.startswith(words.whole)
    yield from (words.prefix, rest) if is_word and not is_whole else (form,)


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
    if code in _ACCENTED:
        return (word.casefold(),)
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
    prefix: str = ""  # that denies a word
    whole: tuple[str, ...] = ()  # beginnings of words that begin with it by chance


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
    for first, other in _synonyms(lexicon.section(code, "slots")):
        known, forms = phrases[_written_forms(first, code)], _written_forms(other, code)
        phrases[forms] = (_merged(phrases[forms][0], replace(known[0], kinds=())),)
    for general, special in _kinds(lexicon.section(code, "slots")):
        known = phrases.setdefault(_written_forms(general, code), (Item(general),))
        forms = _written_forms(special, code)
        phrases[forms] = (*known, Item(_stem_of_phrase(forms, code)))
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
        prefix=str(lexicon.section(code, "slots").get("prefix", "")),
        whole=tuple(sorted(lexicon.words_in(code, "slots", "whole"))),
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
        elif key not in _NO_CONCEPTS:
            concept = "topic" if key == "topics" else key
            yield from ((word, Item("", frozenset([concept]))) for word in str(value).split())


def _synonyms(table: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield words that stand for the same, each with the first of its group."""
    groups = table.get("same", ())
    for group in groups if isinstance(groups, list) else ():
        first, *others = str(group).split()
        yield from ((first, other) for other in others)


def _kinds(table: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield what a word also names: a dachshund is a dog."""
    groups = table.get("kinds_of", ())
    for group in groups if isinstance(groups, list) else ():
        general, _, special = str(group).partition("|")
        yield from ((general.strip(), word) for word in special.split())


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
    known, new = unquoted(known), unquoted(new)
    guesses = [_guess(known), _guess(new)]
    others = sorted(set(guesses) - {lexicon.ENGLISH})
    guess = others[0] if others else lexicon.ENGLISH  # "ja" before "zh": kana may be missing
    if set(others) == {"ru", "uk"}:  # a letter of Ukrainian may be missing
        return "uk"
    if guess not in (*_LATIN, *_ARABIC) or guess in _MARKED:
        return guess
    counts = [dict(_known_words(text)) for text in (known, new)]
    codes = _LATIN if guess in _LATIN else _ARABIC

    def shown(code: str) -> tuple[int, bool, int, bool]:
        slots, endings = (sum(count[code][i] for count in counts) for i in (0, 1))
        return slots, slots > 0 and code == guess, endings, code == guess

    return max(codes, key=shown)


@lru_cache(maxsize=4_096)
def _guess(text: str) -> str:
    sample = text[:SAMPLE]
    marked = (code for code, letters in _LETTERS_OF.items() if letters.search(sample))
    return next(marked, None) or _COMPARED.get(language(sample) or "", lexicon.ENGLISH)


@lru_cache(maxsize=4_096)
def _known_words(text: str) -> tuple[tuple[str, tuple[int, int]], ...]:
    """Return how many words of a text each language lists in its slots, and in its endings.

    Languages with a script of their own are left out.
    """
    plain = _USER.sub(" ", text[:SAMPLE].replace("’", "'"))
    found = [match[0] for match in _TOKEN.finditer(plain)]
    plain_words = [word for word in found if word[0].islower()]  # "Ben" is not "I am"
    latin = [form for word in plain_words for form in _normal(word, "")]
    german = [form for word in found for form in _normal(word, "")]
    accented = [word.casefold() for word in plain_words]
    arabic = [form for word in found for form in _normal(word, "ar")]
    forms = [(code, accented if code in _ACCENTED else latin) for code in _LATIN]
    forms = [(code, german if code == "de" else one) for code, one in forms]
    forms += [(code, arabic) for code in _ARABIC]
    return tuple(
        (code, (_number(one, _words_of(code).listed), _number(one, _words_of_endings(code))))
        for code, one in forms
    )


def _number(forms: Sequence[str], listed: frozenset[str]) -> int:
    return sum(map(listed.__contains__, forms))


@cache
def _words_of_endings(code: str) -> frozenset[str]:
    rows = (row.partition(":")[2] for row in lexicon.section(code, "endings").get("rows", ()))
    written = {word for row in rows for word in _WORDS.findall(row)}
    return frozenset(form for word in written for form in _normal(word, code))


@cache
def weekdays(code: str) -> frozenset[str]:
    """Return the weekdays of a language, folded; those of English if it lists none."""
    listed = lexicon.section(code, "dates").get("weekdays", WEEKDAYS)
    return frozenset(scripts.fold(word) for names in listed for word in str(names).split())
