"""Find that what somebody tells in passing leaves a known fact over: "the bangle broke today".

Everyday words name the result, leave out the subject, or put the thing first. A row of a language
(section "outcomes" of `core/text/languages`) has the pattern of a state, and of what ends it, with
"=>" between them, and "||" between patterns of the same. A clause, or one with that before it, has
to match as a whole, apart from times, places and reasons, which the table lists as `light` and
`aside`: another word in it may be another thing. In doubt nothing ends.
The state of `joint_rows` may be one of several that a fact tells: who died has no age and home.

Parts of patterns with a name, such as "{thing}", are compared:
- `thing`, and `name` of a state: the clause names the thing of the state, or a part of its name.
- `value`, `amount` and `age`: the clause gives another one. An amount differs by less than a
  factor, and an age is more. `spelt` is a name that may differ in one letter.
- `doer`: the clause names another person, or the user.
- `tool`: the clause names another program of the same kind (section "programs" of `und.toml`).
- `to`: another person, who gets the thing. Elsewhere both facts have to be of the same persons.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from litemem.core.text import scripts
from litemem.core.text.cjk_numerals import in_digits
from litemem.core.text.lexicon import section, words_in
from litemem.core.text.statements import unquoted

LONG = 400  # characters of two texts that are no facts
MOST = 40  # characters of a thing or a value
CLAUSES = 8  # of a message that are read
PASSES = 2  # in which words are left out of a clause: one may stand behind another
FORM = 3  # letters that two cases of a name share
SAME = 0.6  # of the longer form, that they share
TEN = 10
LEAST = 2  # signs of a part of a name, in a script without spaces
_TABLE = "outcomes"
_UNSPACED = ("zh", "ja", "th")
_HEAD_FIRST = (  # languages in which the first word names the kind
    *("th", "vi", "id"),
    *("ru", "uk", "ar", "fa", "he", "el"),
)
_GROUPS = (
    *(("es", "fr", "it", "pt", "ro"), ("de", "nl"), ("da", "nb", "sv")),
    *(("cs", "pl"), ("ar", "fa")),
)
_RELATED = {code: group for group in _GROUPS for code in group}  # a short text may be in either
_SHORT = ("id", "tr")  # languages with short texts that are taken for others
_NAMES = ("thing", "name", "value", "amount", "age", "spelt", "doer", "to", "tool")
_THOUSAND = 1_000
_FACTOR = 3  # by which an amount changes, at most: a child weighs less than its mother
_ASIDE = ("doer", "to")  # parts with persons who are not those of the fact
_CLAUSE = re.compile(r"\.+(?!\w)|,+(?!\d)|[;!?，。！？；、।،؛؟~～…\n]+")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=\S)")
_QUESTION = re.compile(r"[?？؟]")
_TOKEN = re.compile(r"[^\W\d_]+")
_TOPIC = "\x00"  # in place of what the clause before names
_PART = re.compile(r"\{(\w+)\}")
_ENTRY = re.compile(r"(?<!P)<(\w+)>")
_NUMBER = re.compile(r"(?P<number>\d+(?:[.,]\d+)?)(?P<k>k\b)?", re.IGNORECASE)
_THOUSANDS = re.compile(r"(?<=[1-9])[.,](?=\d{3}(?!\d))|(?<=\d\d)[.,](?=\d{3}(?!\d))")
_AMOUNT = re.compile(r"\A\d+[.,]\d{1,2}(?!\d)|\A\d+(?![.,:\d])")
_CLOCK = re.compile(r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d\d))?(?: ?[ap]m)?")
_SIGNS = re.compile(r"[\s“”\"'()（）「」《》«»]+")


@dataclass(frozen=True)
class _Row:
    states: Sequence[re.Pattern[str]]
    events: Sequence[re.Pattern[str]]
    has_thing: bool
    is_joint: bool  # its state may be one of several that a fact tells


@dataclass(frozen=True)
class _Words:
    """The patterns of a language."""

    rows: Sequence[_Row]
    persons: Sequence[re.Pattern[str]]  # each with the words for one relation
    self: re.Pattern[str]
    user: re.Pattern[str]  # at the beginning of a fact
    owner: re.Pattern[str]  # the user behind what is owned
    open: re.Pattern[str]  # words of a wish, a doubt, a denial or of the past
    doubt: re.Pattern[str]  # words of a text that leave open whether something happened
    unsaid: re.Pattern[str]  # of a clause, that it tells no change: a wish, something long past
    light: re.Pattern[str]
    inverted: re.Pattern[str]  # of a fact that names who is what to the user, and then the user
    present: re.Pattern[str]  # with the value of what is so now
    also: re.Pattern[str]  # that somebody does the same as before
    aside: re.Pattern[str]
    giver: re.Pattern[str]  # who a thing of the user is from
    generic: re.Pattern[str]  # words that a name may leave out
    leaves_service: re.Pattern[str]
    reason: re.Pattern[str]  # of a clause, which may be of somebody else
    half: re.Pattern[str]  # an hour and a half: "half nine"
    endings: re.Pattern[str]  # of a word
    breaks: re.Pattern[str]  # signs between clauses
    parts: re.Pattern[str]  # of a text, as clauses


@dataclass(frozen=True)
class _Told:
    """What a clause tells by one row: its named parts, who it is of, and what stood before it."""

    row: int
    parts: Mapping[str, str]
    persons: frozenset[int]
    before: str = ""


def is_outcome(known: str, new: str, code: str) -> bool:
    """Return True if a new fact tells, in the words of everyday talk, that a known one is over.

    Languages that are easily taken for `code` are tried too.
    """
    hidden = (each for each in _SHORT if _is_told_in(known, each) and _is_told_in(new, each))
    codes = dict.fromkeys((*_RELATED.get(code, (code,)), *hidden))
    return any(_is_outcome(known, new, each) or _is_misspelt(known, new, each) for each in codes)


def _is_told_in(text: str, code: str) -> bool:
    """Return True if a text has a word that is listed for one language alone."""
    return not words_in(code, _TABLE, "telling").isdisjoint(_tokens(text))


def _is_misspelt(known: str, new: str, code: str) -> bool:
    """Return True if a new fact corrects the name in one of several sentences of a known one."""
    sentences = _SENTENCE.split(unquoted(known))
    if len(sentences) == 1 or len(known) + len(new) > LONG or not _may_be_in(known, new, code):
        return False
    return any(
        _is_over(state, told, code)
        for sentence in sentences
        for state in _states(f"User: “{sentence}”", code)
        if "spelt" in state.parts
        for told in _told(new, state.row, code)
    )


def is_said_now(known: str, text: str, code: str) -> bool:
    """Return True if what a known fact names is said to be so: "I'm with Dr Fallon now"."""
    named = (match["value"] for match in _of(code).present.finditer(text))
    return any(_plain(value, code) in _plain(known, code) for value in named)


def _is_outcome(known: str, new: str, code: str) -> bool:
    is_short = len(known) + len(new) <= LONG
    if not section(code, _TABLE) or not is_short or not _may_be_in(known, new, code):
        return False
    states = _states(known, code)
    is_shared = bool(states) and _of(code).also.search(new) is not None  # "she cooks now, too"
    return any(
        _is_over(state, told, code)
        for state in states
        for told in _told(new, state.row, code)
        if not (is_shared and "doer" in told.parts)
    )


def _may_be_in(known: str, new: str, code: str) -> bool:
    """Return True if a fact has one of the words that are frequent in a language of Latin script.

    Other languages do not list them.
    """
    frequent = words_in(code, _TABLE, "frequent")
    return not frequent or not all(frequent.isdisjoint(_tokens(text)) for text in (new, known))


@lru_cache(maxsize=4_096)
def _tokens(text: str) -> frozenset[str]:
    return frozenset(_TOKEN.findall(scripts.composed(text).casefold()))


def _is_over(state: _Told, told: _Told, code: str) -> bool:
    k, n = state.parts, told.parts
    if "doer" in n:
        if _person(k.get("doer", ""), code) == _person(n["doer"], code):
            return False
    elif state.persons != told.persons and (told.persons or not _is_by_name(k, n, code)):
        return False
    of_thing, named = (_persons(each.get("thing", ""), code) for each in (k, n))
    if "thing" in n and not of_thing <= named | told.persons:  # the rent of a sister
        return False
    if not _has_other_values(k, n, code):
        return False
    if "thing" not in n:
        return True
    things = [k[key] for key in ("thing", "name") if key in k]
    if n["thing"] == _TOPIC:
        return any(_begins_with(told.before, thing, code) for thing in things)
    is_part = code not in _UNSPACED and "name" in k and _names(n["thing"], k["name"], code)
    return is_part or any(_is_thing(n["thing"], thing, code) for thing in things)


def _has_other_values(k: Mapping[str, str], n: Mapping[str, str], code: str) -> bool:
    """Return True if each value that a fact and a clause both give differs as it has to."""
    checks = {
        "value": _is_other,
        "spelt": _is_spelt_otherwise,
        "amount": _is_near,
        "age": _is_more,
        "tool": _is_other_tool,
    }
    given = (key for key in checks if key in k and key in n)
    return all(checks[key](k[key], n[key], code) for key in given)


def _is_by_name(k: Mapping[str, str], n: Mapping[str, str], code: str) -> bool:
    """Return True if a clause has the name that a known fact has with a relative: "Chiara"."""
    return "name" in k and "thing" in n and _is_thing(n["thing"], k["name"], code)


# -- things and values


def _is_other(one: str, other: str, code: str) -> bool:
    """Return True if two values differ, and neither is a part of the other."""
    values = [_plain(text, code) for text in (one, other)]
    if not all(values):
        return False
    if all(clocks := [_clock(text, code) for text in (one, other)]):
        return clocks[0] != clocks[1]
    numbers = [_AMOUNT.findall(each) for each in values]
    if all(numbers) and numbers[0] != numbers[1]:  # "5", "5.5"
        return True
    shorter, longer = sorted(values, key=len)
    is_inflected = bool(words_in(code, _TABLE, "frequent"))
    return shorter not in longer and not (is_inflected and _are_forms(shorter, longer))


def _clock(text: str, code: str) -> str:
    """Return a time of day that is a whole text: "7:00" of "7" and of "at 7pm"; or ""."""
    plain = text.casefold().strip()
    if half := _of(code).half.fullmatch(plain):
        hour = _numbers(code).get(half["hour"], half["hour"])
        return f"{hour}:30" if hour.isdigit() else ""
    found = _CLOCK.fullmatch(plain)
    return f"{found['hour']}:{found['minute'] or '00'}" if found else ""


def _is_spelt_otherwise(one: str, other: str, _code: str) -> bool:
    return one.casefold() != other.casefold()


def _are_forms(shorter: str, longer: str) -> bool:
    """Return True if two values may be one in two cases: "Krakowie", "Krakowa"."""
    shared = next((i for i, sign in enumerate(shorter) if sign != longer[i]), len(shorter))
    return longer.isalpha() and shared >= FORM and shared >= SAME * len(longer)


def _is_other_tool(one: str, other: str, _code: str) -> bool:
    """Return True if two texts name one program each, two of a kind: "Jenkins", "GitLab CI"."""
    k, n = _tools_in(one), _tools_in(other)
    return len(k) == len(n) == 1 and k[0][0] == n[0][0] and k != n


@lru_cache(maxsize=4_096)
def _tools_in(text: str) -> Sequence[tuple[int, str]]:
    """Return the programs that a text names, each with the number of its kind."""
    found = [
        (i, match[1].casefold().replace(" ", ""))
        for i, kind in enumerate(_tools())
        for match in kind.finditer(text)
    ]
    return tuple(dict.fromkeys(found))


def leaves_service(text: str, code: str) -> bool:
    """Return True if somebody leaves a bank, a shop, a network or the like: "ditched HSBC"."""
    return _of(code).leaves_service.search(text) is not None


def names_tool(text: str) -> bool:
    """Return True if a text names a program."""
    return bool(_tools_in(text))


@cache
def _tools() -> Sequence[re.Pattern[str]]:
    """Return the patterns of the names of programs, by their kinds."""
    kinds = section("und", "programs").get("kinds", ())
    return [
        re.compile(rf"(?<![A-Za-z])({kind})(?:a|em|ie|u|i[en])?(?![A-Za-z])", re.IGNORECASE)
        for kind in kinds
    ]


def _is_near(one: str, other: str, code: str) -> bool:
    """Return True if two amounts differ, by less than a factor."""
    values = sorted(value for text in (one, other) for value in _amounts(text, code))
    return len(values) > 1 and values[0] < values[1] < _FACTOR * values[0]


def _is_more(one: str, other: str, code: str) -> bool:
    """Return True if the second of two amounts is more."""
    values = [value for text in (one, other) for value in _amounts(text, code)]
    return len(values) > 1 and values[0] < values[1]


def _amounts(text: str, code: str) -> list[float]:
    """Return the first number of a text, which may be in words, or none."""
    found = _NUMBER.search(_THOUSANDS.sub("", _SIGNS.sub("", text)))
    if found:
        return [float(found["number"].replace(",", ".")) * (_THOUSAND if found["k"] else 1)]
    plain = scripts.composed(text).casefold()
    whole = [word for word in plain.split() if word in _numbers(code)]
    for spelt in (_numerals(code).findall(plain), whole):  # "zweiunddreißig"
        values = sorted((float(_numbers(code)[word]) for word in spelt), reverse=True)
        if len(values) == 1 or (len(values) == 2 and _are_tens_and_ones(*values)):
            return [sum(values)]
    return []


def _are_tens_and_ones(tens: float, ones: float) -> bool:
    return tens >= 2 * TEN and tens % TEN == 0 and ones < TEN


@cache
def _numerals(code: str) -> re.Pattern[str]:
    listed = sorted(_numbers(code), key=lambda word: (-len(word), word))
    return re.compile("|".join(map(re.escape, listed)) or "(?!)")


@lru_cache(maxsize=8_192)
def _plain(text: str, code: str) -> str:
    """Return a value without spaces, its numbers in digits."""
    numbers, endings = _numbers(code), _of(code).endings
    words = scripts.composed(text).casefold().split()
    plain = (numbers.get(word) or endings.sub("", word) or word for word in words)
    return _SIGNS.sub("", "".join(plain))


@cache
def _numbers(code: str) -> Mapping[str, str]:
    listed = words_in(code, "slots", "numbers") | words_in(code, _TABLE, "numbers")
    pairs = (each.partition("=") for each in listed)
    return {scripts.composed(word).casefold(): digits for word, _, digits in pairs}


def _names(told: str, name: str, code: str) -> bool:
    """Return True if all words are of a name: "the Accent", of a Hyundai Accent."""
    one, other = _words(told, code), _words(name, code)
    return bool(one) and all(any(_same(word, each, code) for each in other) for word in one)


def _is_thing(told: str, thing: str, code: str) -> bool:
    """Return True if words name a thing: by its name, or by the word for its kind."""
    one, other = _words(told, code), _words(thing, code)
    if not one or not other:
        return False
    if code in _UNSPACED:
        return _is_part(one[0], other[0], code)
    if not all(any(_same(word, each, code) for each in other) for word in one):
        return False
    head = other[0 if code in _HEAD_FIRST else -1]
    names = [word for word in other if not word.isalpha() or word[:1].isupper()]
    return any(_same(word, each, code) for word in one for each in (head, *names))


def _is_part(told: str, thing: str, code: str) -> bool:
    """Return True if a name without spaces is the whole of another, its end or its beginning."""
    if told == thing:
        return True
    if len(told) < LEAST:
        return False
    if code in _HEAD_FIRST:
        is_name = told.isascii() and thing.endswith(told)
        return is_name or thing.startswith(told) or told.startswith(thing)
    rest = thing.removeprefix(told)
    is_begun = rest != thing and (len(rest) == 1 or rest[:1].isascii())
    return thing.endswith(told) or is_begun


def _same(word: str, other: str, code: str) -> bool:
    one, two = word.casefold(), other.casefold()
    is_joined = code == "ko" and min(len(one), len(two)) >= LEAST
    return one == two or (is_joined and two.endswith(one))


def _begins_with(before: str, thing: str, code: str) -> bool:
    """Return True if a clause begins with the name of a thing."""
    words = _words(thing, code)
    if not words:
        return False
    if code not in _UNSPACED:
        first = _words(before, code)[: len(words)]
        names = [word for word in words if not word.isalpha() or word[:1].isupper()]
        is_name = any(_same(first[0], name, code) for name in names) if first else False
        return is_name or _is_thing(" ".join(first), thing, code)
    whole = _SIGNS.sub("", before).casefold()
    name = words[0]
    starts = [name[i:] for i in range(max(len(name) - 1, 1))]
    return any(whole.startswith(each) for each in starts if len(each) >= LEAST or each == name)


@lru_cache(maxsize=8_192)
def _words(text: str, code: str) -> Sequence[str]:
    """Return the words of a name without endings; one for a script without spaces."""
    listed = _of(code)
    plain = listed.light.sub(" ", listed.aside.sub(" ", text))
    if code in _UNSPACED:
        whole = _SIGNS.sub("", plain).casefold()
        short = listed.generic.sub("", whole)
        return [short or whole] if whole else []
    whole_words = _SIGNS.sub(" ", plain).split()
    words = [listed.endings.sub("", word) or word for word in whole_words]
    short_words = [
        word
        for word, whole in zip(words, whole_words, strict=True)
        if not (listed.generic.fullmatch(word) or listed.generic.fullmatch(whole))
    ]
    return short_words or words


# -- clauses


@lru_cache(maxsize=4_096)
def _states(text: str, code: str) -> Sequence[_Told]:
    """Return the states that a fact tells; of several things, only those of rows for them."""
    listed, said = _of(code), unquoted(text)
    plain = in_digits(scripts.composed(said).strip(" .。!！।"), code)
    plain = listed.inverted.sub(_as_user_says, plain)
    is_several = listed.breaks.search(plain) is not None
    user = listed.user.match(plain)
    is_of_user = said != text or user is not None or listed.owner.search(plain) is not None
    own = listed.giver.sub("", plain[user.end() :] if user else plain)
    own = ("" if code in _UNSPACED else " ").join(listed.owner.sub(" ", own).split())
    found = []
    for i, row in enumerate(listed.rows):
        if is_several and not row.is_joint:
            continue
        match = next(filter(None, (each.search(own) for each in row.states)), None)
        if match is None or not (is_of_user or (row.has_thing and match.start() == 0)):
            continue
        rest = f"{own[: match.start()]} {own[match.end() :]}"
        if listed.open.search(rest):
            continue
        parts = _parts(match)
        outside = _without(own, parts.values())
        found.append(_Told(i, parts, _persons(outside, code)))
    return tuple(found)


def _as_user_says(found: re.Match[str]) -> str:
    """Return "User's GP is Dr Ito" for "Dr Ito is the GP of User"."""
    return f"User's {found['role'] or found['kind']} is {found['holder']}"


@lru_cache(maxsize=8_192)
def _told(text: str, row: int, code: str) -> Sequence[_Told]:
    """Return what the clauses of a statement tell by one row."""
    found: list[_Told] = []
    before = earlier = ""
    for clause, plain, holder in _said(text, code):
        if plain is not None:
            found += _told_by(row, plain, clause, before, holder, code)
        if plain is not None and earlier:
            found += _told_by(row, f"{earlier},{before},{plain}", clause, "", holder, code)
        earlier, before = before, _reduced(clause, code) if plain is None else plain
    return tuple(found)


@lru_cache(maxsize=4_096)
def _said(text: str, code: str) -> Sequence[tuple[str, str | None, frozenset[int]]]:
    """Return the clauses of a text, also without times and places, and who the last one was of.

    A clause that asks has None there.
    """
    said = in_digits(scripts.composed(unquoted(text)), code)
    if _of(code).doubt.search(said):
        return ()
    found: list[tuple[str, str | None, frozenset[int]]] = []
    holder = frozenset[int]()
    for clause, is_asked in _clauses(said, code)[:CLAUSES]:
        found.append((clause, None if is_asked else _reduced(clause, code), holder))
        subject = _subject(clause, code)
        holder = holder if subject is None else subject
    return tuple(found)


def _told_by(
    row: int, plain: str, clause: str, before: str, holder: frozenset[int], code: str
) -> list[_Told]:
    """Return what a clause tells; without a person of its own, it is of who the last one was of."""
    if _of(code).unsaid.search(clause):
        return []
    texts = [plain]
    if before:
        joint = "" if code in _UNSPACED else " "
        texts += [f"{_TOPIC}{joint}{plain}", f"{before},{plain}"]
    found = []
    tried = (each.fullmatch(text) for text in texts for each in _of(code).rows[row].events)
    for match in filter(None, tried):
        parts = _parts(match)
        told = _of(code).reason.sub(" ", clause)
        rest = _without(told, [parts[k] for k in _ASIDE if k in parts])
        subject = _subject(rest, code)
        named = _persons(rest, code) or (holder if subject is None else subject)
        found.append(_Told(row, parts, named, before))
    return found


def _parts(match: re.Match[str]) -> Mapping[str, str]:
    return {key: text.strip() for key, text in match.groupdict().items() if text and text.strip()}


def _without(text: str, parts: Iterable[str]) -> str:
    for part in parts:
        text = text.replace(part, " ")
    return text


def _clauses(text: str, code: str) -> list[tuple[str, bool]]:
    """Return the clauses of a text, each with whether it asks."""
    found = []
    start = 0
    for match in _of(code).parts.finditer(text):
        found.append((text[start : match.start()], bool(_QUESTION.search(match[0]))))
        start = match.end()
    found.append((text[start:], False))
    return [(clause, asks) for clause, asks in found if clause.strip()]


def _reduced(clause: str, code: str) -> str:
    """Return a clause without what says when, where and why, in one form."""
    listed = _of(code)
    joint = "" if code in _UNSPACED else " "
    plain = listed.aside.sub(joint, clause)
    for _ in range(PASSES):
        plain = joint.join(listed.light.sub(joint, plain).split())
    return plain


# -- persons


def _subject(clause: str, code: str) -> frozenset[int] | None:
    """Return who a clause begins with: a person, or nobody for the user; None without either."""
    listed = _of(code)
    plain = listed.light.sub(" ", clause).strip()
    own = listed.self.match(plain)
    rest = plain[own.end() :].strip() if own else plain
    for i, person in enumerate(listed.persons):
        if person.match(rest):
            return frozenset([i])
    return frozenset() if own else None


def _persons(text: str, code: str) -> frozenset[int]:
    return frozenset(i for i, each in enumerate(_of(code).persons) if each.search(text))


def _person(text: str, code: str) -> object:
    """Return which person a text names: a relation, the user or a name."""
    listed = _of(code)
    found = _persons(text, code)
    if found:
        return found
    return "" if listed.self.search(text) else _plain(text, code)


# -- the table of a language


@cache
def _of(code: str) -> _Words:
    table = section(code, _TABLE)

    def pattern(key: str) -> re.Pattern[str]:
        return re.compile(_expanded(str(table.get(key, "(?!)")), table), re.IGNORECASE)

    breaks = f"{_expanded(str(table.get('unbroken', '')), table)}(?:{_CLAUSE.pattern})"
    return _Words(
        rows=tuple(_rows(table)),
        persons=tuple(
            re.compile(_expanded(f"(?:{each})", table), re.IGNORECASE)
            for each in table.get("persons", ())
        ),
        self=pattern("self"),
        user=pattern("user"),
        owner=pattern("owner"),
        open=pattern("open"),
        doubt=pattern("doubt"),
        unsaid=pattern("unsaid"),
        light=pattern("light"),
        inverted=pattern("inverted"),
        present=pattern("present"),
        also=pattern("also"),
        aside=pattern("aside"),
        giver=pattern("giver"),
        generic=pattern("generic"),
        leaves_service=pattern("leaves_service"),
        reason=pattern("reason"),
        half=pattern("half"),
        endings=pattern("endings"),
        breaks=re.compile(breaks),
        parts=re.compile(
            rf"{breaks}|{_expanded(str(table.get('joints', '(?!)')), table)}", re.IGNORECASE
        ),
    )


def _rows(table: Mapping[str, object]) -> list[_Row]:
    rows = []
    for key in ("rows", "joint_rows"):
        listed = table.get(key, ())
        for written in listed if isinstance(listed, list) else ():
            state, _, over = str(written).partition("=>")
            has_thing = "{thing}" in over or "(?P<thing>" in over
            patterns = _patterns(state, table), _patterns(over, table)
            rows.append(_Row(*patterns, has_thing, is_joint=key != "rows"))
    return rows


def _patterns(written: str, table: Mapping[str, object]) -> Sequence[re.Pattern[str]]:
    return [
        re.compile(_expanded(each.strip(), table), re.IGNORECASE) for each in written.split("||")
    ]


def _expanded(written: str, table: Mapping[str, object]) -> str:
    """Return a pattern with the entries of its table, and with its named parts.

    A part at the end of a pattern goes as far as the text.
    """
    plain = _ENTRY.sub(
        lambda found: (
            f"(?:{_expanded(str(table[found[1]]), table)})" if found[1] in table else found[0]
        ),
        written,
    )

    def part(found: re.Match[str]) -> str:
        name = found[1]
        if name not in _NAMES:
            return found[0]
        is_last = found.end() == len(plain)
        return rf"(?P<{name}>.{{1,{MOST}}}{'' if is_last else '?'})"

    return scripts.composed(_PART.sub(part, plain))
