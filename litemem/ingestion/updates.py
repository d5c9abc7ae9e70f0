"""Find that a statement marks a new value of what a known fact tells: "the host is db2 now".

A mark says that something changed: "now", "down to", "upgraded to". How a language says so is data
(section "updates" of `core/text/languages`); the words for "now" of its slots are marks too. Beside
the mark, both have to name the same thing, and give it other values of one kind: a day, a time, a
number of a unit, how often, a version, a code, a place, a name. In doubt nothing ends: where the
new statement names something more, or the known one much more.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise

from litemem.core.text import scripts
from litemem.core.text.lexicon import ENGLISH, pattern_in, section, words_in
from litemem.core.text.phrases import words_with_case
from litemem.core.text.statements import unquoted
from litemem.ingestion.naming import (
    UNSPACED,
    asks,
    codes_of,
    is_open,
    matches,
    named_in,
    pattern_of,
    plain_words,
)
from litemem.ingestion.stated_values import (
    BARE,
    NAMES,
    OF,
    OFTEN,
    PLACE,
    STEM,
    TABLE,
    UNIT,
    StatedValues,
    are_forms,
    digits_of,
    has_form,
    is_plain,
    named_things,
    read_values,
)

LONG = 400  # characters of two texts that are no facts
EXTRA = 2  # words of a known fact that neither name the thing nor its value
HOLDER = 3  # words in which a person is named: "User's daughter Jo"
_TIMES = frozenset(["day", "clock"])
_VERSION = re.compile(r"(?P<name>[A-Z][A-Za-z.+#]{1,30})[ -]?v?(?P<number>\d+(?:\.\d+)*)(?![\d%])")


def is_updated(known: str, new: str, before: str | None = None) -> bool:
    """Return True if a new fact marks another value of the thing that a known one tells.

    `before` is the text before the new fact, which names the thing if the fact does not: "Two
    people left, so we're 12 now".
    """
    if len(known) + len(new) > LONG or asks(new):
        return False
    return any(
        _is_updated(known, new, before or "", code)
        for code in codes_of(known, new)
        if matches(unquoted(new), code, TABLE, "renewed", "changed", "gets", "holds", "nth")
        or matches(unquoted(new), code, TABLE, "upgrades")
        or _marks(code).search(new) is not None
        or matches(new, code, TABLE, "one")
    )


def _is_updated(known: str, new: str, before: str, code: str) -> bool:
    said = unquoted(known).rstrip(".! ")
    if _are_of_others(said, unquoted(new), code):
        return False
    if _is_other_version(said, unquoted(new), code):
        return True
    one = pattern_of(code, TABLE, "is").match(said)  # "plan" may be a thing
    if _is_unsure(one["value"] if one else said, code):
        return False
    if pattern_in(code, "rescheduled", "past").search(said):
        return False
    k = read_values(said, code)
    whole = f"{before} {unquoted(new)}"
    marked = list(_marked(unquoted(new), code))
    if any(_has_other_value(k, clause, whole, code) for clause in marked):
        return True
    if any(_is_other_post(said, clause, code) for clause in marked):
        return True
    if _is_counted_on(k, unquoted(new), code) or _is_left_out(k, unquoted(new), code):
        return True
    return _is_renewed(said, unquoted(new).rstrip(".! "), code)


def _marked(text: str, code: str) -> Iterator[str]:
    """Yield the clauses of a text that have a mark, without it."""
    text = pattern_in(code, "endings", "is_short").sub(" is ", text)
    text = pattern_of(code, TABLE, "one").sub(lambda one: f" | {one['verb'] or ''}1", text)
    text = pattern_of(code, TABLE, "joint").sub(". ", text)
    text = pattern_of(code, TABLE, "aside").sub("", text)
    for clause in _clause_ends(code).split(text):
        if clause and (" | " in clause or _marks(code).search(clause)):
            plain = pattern_of(code, TABLE, "leading").sub("", clause)
            rest = _marks(code).sub(lambda mark: f" | {_place_word(mark, code)}", plain)
            if not _is_unsure(rest, code):  # a mark may deny: "ne … plus que"
                yield rest


def _place_word(mark: re.Match[str], code: str) -> str:
    """Return a word for a place if a mark stands before one: "has moved to" before "Park Road"."""
    has_moved = pattern_of(code, TABLE, "moved_to").match(mark[0])
    rest = mark.string[mark.end() :].lstrip()
    return f"{has_moved['place']} " if has_moved and rest[:1].isupper() else ""


def _is_unsure(text: str, code: str) -> bool:
    """Return True if a text is open, apart from its times and rates: "om 10", "om dagen"."""
    return is_open(_times_and_rates(code).sub(" ", text), code)


def _has_other_value(k: StatedValues, clause: str, whole: str, code: str) -> bool:
    n = read_values(clause, code)
    changed = [kind for kind in n.values if _is_other(kind, k, n)]
    is_of_other = any(kind.startswith("opposite") for kind in n.values.keys() - k.values.keys())
    if not changed or is_of_other:  # "the second team"
        return False
    if len(changed) > 1 and not _TIMES.issuperset(changed):  # another meeting, with somebody else
        return False
    aside = words_in(code, TABLE, "agents") | words_in(code, TABLE, "generic")
    places = [place for place in n.values.get(PLACE, ()) if _is_place_of(k, place, code)]
    of_values = n.of_values.difference(*map(str.split, places))
    own = [
        word
        for word in n.words
        if scripts.fold(word) not in of_values | aside
        or (scripts.fold(word) in aside and word in k.words)  # "the gym charges 38"
        or _is_modifier(word, n, k, code)
    ]
    shared = [word for word in own if has_form(k.words, word, code)]
    if not own:  # "a fox took two hens, so I have four now"
        if PLACE in changed and pattern_of(code, "contrast", "self").match(clause.strip()):
            return False  # "I'm in Lisbon now" moves no flat that is spoken of
        if _is_of_last_thing(k, whole, code) or _is_of_other_kind(k, whole, code):
            return False
        told = [w for w in named_things(whole, code) if scripts.fold(w) not in n.of_values]
        if PLACE in changed and not _is_of_thing_before(k, n, whole, code):
            return False  # "changed the power company, I'm with Tibber now", of a phone
        shared = [w for w in told if has_form(k.words, w, code) and not digits_of(w, code)]
    is_named = any(word[:1].isupper() for word in shared)
    if k.subject and not (is_named or any(has_form(shared, word, code) for word in k.subject)):
        return False
    verbs = words_in(code, TABLE, "verbs")
    gained = [w for w in own if w not in shared and scripts.fold(w) not in verbs]
    shared = [word for word in shared if scripts.fold(word) not in verbs]
    lost = [
        word
        for word in k.words
        if not has_form(n.words, word, code) and scripts.fold(word) not in k.of_values
    ]
    is_measured = all(kind == OFTEN or kind.startswith(BARE + UNIT) for kind in changed)
    is_of_class = not own and changed == ["code"] and _are_of_one_form(k, n)  # "moved to 6a"
    is_bare = not own and len(lost) <= 1 and (is_measured or is_of_class)  # "I'm at 88 kilos"
    return (bool(shared) or is_bare) and not gained and len(lost) <= EXTRA


def _is_modifier(word: str, n: StatedValues, k: StatedValues, code: str) -> bool:
    """Return True if a word tells which of a known thing is meant: "the session timeout"."""
    if scripts.fold(word) not in words_in(code, TABLE, "modifiers"):
        return False
    pairs = pairwise(n.words)
    return any(one == word and has_form(k.words, other, code) for one, other in pairs)


def _is_of_other_kind(k: StatedValues, whole: str, code: str) -> bool:
    """Return True if a text names another kind of a known thing: "home insurance", not "car"."""
    listed = words_in(code, TABLE, "modifiers")
    return any(
        scripts.fold(kind) in listed
        and not has_form(k.words, kind, code)
        and has_form(k.words, thing, code)
        for kind, thing in pairwise(named_things(whole, code))
    )


def _is_of_thing_before(k: StatedValues, n: StatedValues, whole: str, code: str) -> bool:
    """Return True if a known statement names the last thing before the new values of a text."""
    found = (whole.casefold().find(value) for value in n.of_values)
    start = min((place for place in found if place >= 0), default=0)
    named = [w for w in named_things(whole[:start], code) if scripts.fold(w) not in n.of_values]
    return not named or has_form(k.words, named[-1], code)


def _is_of_last_thing(k: StatedValues, whole: str, code: str) -> bool:
    """Return True if "it" stands for a thing that a known statement does not name."""
    found = list(pattern_of(code, TABLE, "antecedent").finditer(whole))
    return bool(found) and not has_form(k.words, found[-1]["thing"], code)


def _is_other_version(known: str, new: str, code: str) -> bool:
    """Return True if a statement tells another version of what a known one names: "Node 22"."""
    one = _VERSION.search(known)
    told = _upgraded_to(new, code) if one else None
    if one is None or told is None or is_open(new, code):
        return False
    name, number, things = told
    named, said = named_things(known, code), known.casefold()
    is_of_thing = all(word.casefold() in said or has_form(named, word, code) for word in things)
    return name == one["name"] and number != one["number"] and is_of_thing


def _upgraded_to(new: str, code: str) -> tuple[str, str, Sequence[str]] | None:
    """Return the name, the version and the words for the thing of an upgrade that a text tells."""
    if found := pattern_of(code, TABLE, "upgraded").search(new):
        return found["name"], found["number"], named_things(found["thing"] or "", code)
    for clause in _marked(new, code):
        mark, _, behind = clause.partition(" | ")
        found = _VERSION.search(behind)
        if found:
            rest = f"{mark} {behind[: found.start()]} {behind[found.end() :]}"
            things = named_things(rest, code)
            is_one = not any(map(str.isdigit, rest))
            return (found["name"], found["number"], things) if is_one else None
    return None


def _are_of_one_form(k: StatedValues, n: StatedValues) -> bool:
    """Return True if codes have digits and letters at the same places: "5b", "6a"."""
    codes = [
        code for each in (k, n) for code in each.values.get("code", each.values.get(PLACE, ()))
    ]
    forms = {"".join("0" if sign.isdigit() else sign.isalpha() * "a" for sign in c) for c in codes}
    return len(forms) == 1


def _is_other_post(known: str, clause: str, code: str) -> bool:
    """Return True if a clause tells another post at the place of a known one."""
    one = pattern_of(code, TABLE, "post_known").match(known)
    plain = " ".join(clause.replace("|", " ").split()).strip(".! ")
    other = pattern_of(code, TABLE, "post").match(plain) if one else None
    if one is None or other is None:
        return False
    places, posts = ([named_in(m[key], code) for m in (one, other)] for key in ("place", "post"))
    is_one_place = bool(places[0]) and all(has_form(places[0], w, code) for w in places[1])
    return is_one_place and bool(places[1]) and posts[0] != posts[1] and bool(posts[1])


def _is_counted_on(k: StatedValues, new: str, code: str) -> bool:
    """Return True if a statement names one more of what a known one counts: "my third tattoo"."""
    if is_open(new, code):
        return False
    for found in pattern_of(code, TABLE, "nth").finditer(new):
        place, word = (
            next(value for key, value in found.groupdict().items() if value and key[0] == one)
            for one in "nt"
        )
        number = _ordinals(code).get(scripts.fold(place)) or digits_of(place, code)
        for kind, values in k.values.items():
            things = [w for w in k.words if has_form([word], w, code)]
            is_counted = kind.startswith(BARE) and bool(things) and len(values) == 1
            if is_counted and number.isdigit() and all(_is_less(one, number) for one in values):
                return True
    return False


def _is_less(one: str, other: str) -> bool:
    return one.isdigit() and int(one) < int(other)


@cache
def _ordinals(code: str) -> Mapping[str, str]:
    listed = (each.partition("=") for each in words_in(code, TABLE, "ordinals"))
    return {scripts.fold(word): number for word, _, number in listed}


def _is_left_out(k: StatedValues, new: str, code: str) -> bool:
    """Return True if a thing of a known statement is left out now: "coffee without sugar"."""
    if _marks(code).search(new) is None:
        return False
    found = pattern_of(code, TABLE, "without").search(new)
    if found is None or not has_form(k.words, found["thing"], code):
        return False
    rest = named_things(without_marks(new.replace(found[0], " "), code), code)
    verbs = words_in(code, TABLE, "verbs")
    named = [word for word in rest if scripts.fold(word) not in verbs]
    return bool(named) and all(has_form(k.words, word, code) for word in named)


def _is_place_of(k: StatedValues, place: str, code: str) -> bool:
    """Return True if a place is one of a known statement, or names its thing: "in the choir"."""
    is_thing = all(has_form(k.words, word, code) for word in place.split())
    return place in k.values.get(PLACE, ()) or (is_thing and PLACE not in k.values)


def _is_other(kind: str, k: StatedValues, n: StatedValues) -> bool:
    """Return True if two statements have other values of a kind; a bare number has any unit."""
    if kind == BARE:
        numbers = [kind for kind in k.values if kind.startswith(BARE)]
        return len(numbers) == 1 and k.values[numbers[0]].isdisjoint(n.values[kind])
    words = (scripts.fold(word)[:STEM] for word in k.words)
    if kind.startswith(OF) and kind not in k.values and kind[len(OF) :] in words:
        kind_k = BARE  # "locker number is 45", "locker 62"
    elif kind == "code" and kind not in k.values:
        kind_k = PLACE  # "in class 5b", "moved to 6a"
    else:
        kind_k = kind
    values = k.values.get(kind_k, frozenset())
    is_one = bool(values) and (kind in _TIMES or len(values) == 1)  # not "at Nike and at Puma"
    if kind in (PLACE, "code") and not _are_alike(values, n.values[kind]):  # "Maple House", "4b"
        return False
    return is_one and values.isdisjoint(n.values[kind])


def _are_alike(one: Iterable[str], other: Iterable[str]) -> bool:
    """Return True if names of places or codes all have a number, or none has."""
    return len({any(map(str.isdigit, value)) for value in (*one, *other)}) == 1


def _is_renewed(known: str, new: str, code: str) -> bool:
    """Return True if a thing that is one of its kind is another: "the new boss is Amit".

    Also if a verb of change gives it another value: "changed the topic to wasps".
    """
    new = pattern_in(code, "endings", "is_short").sub(" is ", new)
    held, holds = (pattern_of(code, TABLE, "holds").match(text) for text in (known, new))
    one = pattern_of(code, TABLE, "is").match(known)
    if one and holds and _ends_with(one["thing"], holds["role"]) and _holds_now(holds):
        is_single = holds["role"].casefold() in words_in(code, TABLE, "singles")
        return is_single and holds["holder"] not in one["value"]
    if held and holds and held["role"] == holds["role"]:
        is_single = held["role"].casefold() in words_in(code, TABLE, "singles")
        return is_single and held["holder"] != holds["holder"] and _holds_now(holds)
    if one is None:
        return False
    kinds = _singles(code)
    things = _things(one["thing"], code)
    is_single = bool(things) and scripts.fold(things[_head(code)]) in kinds
    renewed = pattern_of(code, TABLE, "renewed").match(new)
    if renewed is None and _marks(code).search(new):
        renewed = pattern_of(code, TABLE, "is").match(" ".join(_marks(code).sub("", new).split()))
    if renewed is not None:
        others = _things(renewed["thing"], code)
        is_same = len(things) == len(others) and all(
            are_forms(*pair, code) for pair in zip(things, others, strict=True)
        )
        is_other = scripts.fold(one["value"]) != scripts.fold(renewed["value"])
        return is_single and is_same and is_other
    if is_single and (got := pattern_of(code, TABLE, "gets").search(new)):
        return _is_newer(one["value"], got["value"])
    changed = pattern_of(code, TABLE, "changed").search(new)
    if changed is None or is_open(new, code):
        return False
    thing = [w for w in things if scripts.fold(w) not in kinds]
    told = [w for w in named_things(changed["thing"], code) if scripts.fold(w) not in kinds]
    value = named_in(changed["value"], code, with_days=True)
    is_of_thing = bool(told or thing) and all(has_form(thing, word, code) for word in told)
    is_other = bool(value) and not all(
        has_form(named_in(one["value"], code, with_days=True), w, code) for w in value
    )
    return is_of_thing and bool(told) and is_other and len(value) <= NAMES


def _things(text: str, code: str) -> Sequence[str]:
    """Return the words that name a thing, with those that elsewhere name none: a doctor."""
    if code in UNSPACED:
        return named_things(text, code)
    words = words_with_case(text)
    return [w for w in words if scripts.fold(w) in _singles(code) or not is_plain(w, code)]


def _holds_now(holds: re.Match[str]) -> bool:
    return any(found for key, found in holds.groupdict().items() if key in ("mark", "over"))


def _ends_with(thing: str, role: str) -> bool:
    return thing.split()[-1].casefold() == role.casefold()


def _is_newer(known: str, new: str) -> bool:
    """Return True if two names differ by a number: "Pixel 6", "Pixel 9"."""
    one, other = known.split(), new.split()
    names = [[word.casefold() for word in each if not word.isdigit()] for each in (one, other)]
    return names[0] == names[1] and one != other and any(map(str.isdigit, new))


def _are_of_others(known: str, new: str, code: str) -> bool:
    """Return True if two texts are about other relatives, and no name is in both."""
    if persons_in(known, code) == persons_in(new, code):
        return False
    own, told = persons_in(known, code), persons_in(new, code)
    if code != ENGLISH and told - own:  # "hija" and "hijo" are no forms of one word
        return True
    if code == ENGLISH:
        words = [*own, *plain_words(known)]  # "three nieces"
        if not all(has_form(words, word, code) for word in told):
            return True
        if told and all(has_form(list(told), word, code) for word in own):
            return False  # "grandchild number five"
    holder = named_in(" ".join(known.split()[:HOLDER]), code)
    names = [
        word for word in holder if word[:1].isupper() and has_form(named_in(new, code), word, code)
    ]
    return not names


def persons_in(text: str, code: str) -> frozenset[str]:
    """Return the relatives of a text; not the boss: there is one."""
    found = (match[0] for match in pattern_of(code, "requests", "kin").finditer(text.casefold()))
    return frozenset(word for word in found if word not in words_in(code, TABLE, "singles"))


@cache
def _singles(code: str) -> frozenset[str]:
    listed = words_in(code, "slots", "attributes") | words_in(code, TABLE, "singles")
    return frozenset(map(scripts.fold, listed))


@cache
def _head(code: str) -> int:
    """Return the position of the noun in a thing: the first word, or the last."""
    return 0 if section(code, TABLE).get("head") == "first" else -1


@cache
def _times_and_rates(code: str) -> re.Pattern[str]:
    places = "|".join(map(re.escape, sorted(words_in(code, "slots", "place"))))
    rates = section(code, "measures").get("periods", ())
    return re.compile(
        "|".join([rf"\b(?:{places or '(?!)'}) (?=\d)", *map("(?:{})".format, rates)]), re.IGNORECASE
    )


@cache
def _clause_ends(code: str) -> re.Pattern[str]:
    """Return the pattern of what ends a clause: a sign, or a conjunction of the language."""
    joints = str(section(code, TABLE).get("joints", "(?!)"))
    return re.compile(rf"[。！；，、،؛।]|(?<!\d)[.;!]\s|,\s|\s(?:{joints})\s", re.IGNORECASE)


def is_marked(text: str, code: str) -> bool:
    """Return True if a text says that something changed, or that it holds now."""
    return _marks(code).search(text) is not None


def without_marks(text: str, code: str) -> str:
    """Return a text without what says that something changed."""
    return _marks(code).sub(" ", text)


@cache
def _marks(code: str) -> re.Pattern[str]:
    """Return the pattern of what marks a change; "now" is a word of the slots."""
    listed = sorted(words_in(code, "slots", "now"), key=len, reverse=True)
    now = "|".join(re.escape(word.replace("_", " ")) for word in listed) or "(?!)"
    border = ("", "") if code in UNSPACED else (r"(?<!\w)", r"(?!\w)")
    own = str(section(code, TABLE).get("marks", "(?!)"))
    return re.compile(rf"{border[0]}(?:{own}|{now}){border[1]}", re.IGNORECASE)
