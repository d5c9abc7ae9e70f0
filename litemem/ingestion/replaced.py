"""Find that a statement names what is over: "I'm at PureGym now, not at Fit4Less".

Such a statement ends a known fact of the same person about the same thing, even if the verbs are
others, in one kind of relation: a home, a job, a gym, a bank. How languages say that something is
over is data (section "replaced" of `core/text/languages`). A pattern has "…" for the thing that is
over; `moved` has it for a new home. Languages are tried that the two facts may be in; in doubt
nothing ends.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from litemem.core.text import scripts
from litemem.core.text.lexicon import CODES, pattern_in, section, words_in
from litemem.core.text.phrases import Words, names_user, phrases, tokens_of
from litemem.core.text.statements import code_of_pair, read, unquoted, weekdays
from litemem.core.text.words import words as words_of

LONG = 600  # characters of two texts that are no facts
MOST = 60  # characters of what is over
MOST_WORDS = 5  # of it
FIRST = 3  # words of a fact that may name the user
LEAST = 3  # letters that two forms of a name share
SAME = 0.6  # of the longer form, that they share
ENDING = 4  # letters of an ending that a name takes, at most
SHORTEST = 2  # letters of a name behind a preposition that is written with it
MOST_PREFIXES = 2  # letters of such prepositions
OTHERS = 4  # words of a known fact that neither name what is over nor its relation
_KINDS = ("home", "job", "gym", "bank", "care", "school", "insurer", "phone")
# languages without a table of slots; they count as English
BARE = ("cs", "da", "el", "fi", "hu", "nb", "ro", "uk")
_NAMED = frozenset(["home", "job"])  # kinds with verbs of their own
_BEHIND = ("tr", "ko", "hi", "fi", "hu")  # in which what is over stands before the words for it
_UNSPACED = ("zh", "ja")
_UNENDED = frozenset("wish flips past joint born like prefer allergic ill".split())
_PREFIXED = re.compile("[א-ת]")  # letters of a script that joins prepositions to a word
_OTHER_SCRIPT = re.compile(r"[\u0370-\u1fff]")  # than Latin
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_END = r"[,.;:!?…”“\"،؛。，、！？।]"


@dataclass(frozen=True)
class _Replaced:
    """How a language says that something is over, and which words tell a kind of relation."""

    over: Sequence[re.Pattern[str]]
    moved: re.Pattern[str]
    kinds: Mapping[str, Words]
    goes: Words  # verbs that tell no kind: "uses"
    moves: Words  # verbs of a move, of people, schools or things
    light: frozenset[str]  # words that name nothing
    once: Words  # words of a single event: "yesterday"
    kin: re.Pattern[str]
    users: Words
    selves: Words  # for the speaker
    starts: Words  # with which a sentence without a subject begins


def is_replaced(known: str, new: str) -> bool:
    """Return True if a new fact says that what a known one tells is over."""
    if len(known) + len(new) > LONG or new.rstrip('”" ').endswith(("?", "？", "؟")):
        return False
    code = code_of_pair(known, new)
    return any(_is_replaced(known, new, each) for each in dict.fromkeys((code, *BARE)))


def _is_replaced(known: str, new: str, code: str) -> bool:
    over, moved = _named(unquoted(new), code)
    if not (over or moved[0]) or not _is_state(known, code) or not _is_of_one(known, new, code):
        return False
    is_home = "home" in _kinds_of(tokens_of(known), code)
    if moved[0] and is_home and _is_other_home(known, new, *moved, code):
        return True
    if _holders(new, code) and unquoted(new) == new and not _holders(known, code):
        return False
    spelling, naming = (words_in(code, "replaced", key) for key in ("spelling", "naming"))
    if not spelling.isdisjoint(words_of(new)) and naming.isdisjoint(words_of(known)):
        return False  # "spelled Marion, not Marian" ends no "sister Marian is a vet"
    return any(_is_over(thing, clause, known, new, code) for thing, clause in over)


def _is_over(thing: str, clause: str, known: str, new: str, code: str) -> bool:
    """Return True if a thing that is over is the object of a known fact, in one relation."""
    named, words = _things(thing, code), tokens_of(known)
    if code in _BEHIND and not _holds(words, named, code):
        named = named[-1:]  # the words before it are not parted from it
    if not named or len(named) > MOST_WORDS or not _holds(words, named, code):
        return False
    if all(word[:1].isdigit() or _is_day(word, code) for word in named):
        return _shares_topic(words, new, thing, code)
    if not _speaks_of_self(unquoted(new), code) and unquoted(new) != new:
        return False
    if _habits(new, code) - _habits(known, code):  # no longer at work on Fridays
        return False
    is_one_kind = _are_of_one_kind(words, thing, clause, new, code)
    is_one_kind = is_one_kind or _tells_all_else(words, named, thing, new, code)
    return is_one_kind and _is_brief(words, named, code)


def _tells_all_else(
    known: Sequence[str], named: Sequence[str], thing: str, new: str, code: str
) -> bool:
    """Return True if a new fact is about the present, with all other words of a known one.

    "Now plays the violin in the orchestra instead of the viola" has one relation with "plays the
    viola in the orchestra".
    """
    if code in _BEHIND:  # what is over is the last word before the words for it
        named, thing = named[-1:], (tokens_of(thing) or [""])[-1]
    plain = unquoted(new).casefold().replace(thing.casefold(), " ")
    said = tokens_of(plain)
    now = words_in(code, "slots", "now") | words_in(code, "handover", "now")
    if code in _UNSPACED:
        signs = "".join(word for word in known if not names_user(word, code)).replace(thing, "")
        return len(signs) > 1 and signs in plain and any(word in plain for word in now)
    if not now.intersection(said):
        return False
    rest = [
        word
        for word in _things(" ".join(known), code)
        if not (names_user(word, code) or any(_same(word, other) for other in named))
    ]
    return bool(rest) and all(any(_same(word, other) for other in said) for word in rest)


def _speaks_of_self(said: str, code: str) -> bool:
    """Return True if a sentence has a word for its speaker, or begins without a subject.

    Languages that leave such words out list none, and there all sentences do.
    """
    listed, words = _of(code), tokens_of(said)
    is_known = bool(listed.selves.whole)
    return not is_known or listed.selves.count(words) > 0 or listed.starts.has(words[0])


def _are_of_one_kind(known: Sequence[str], thing: str, clause: str, new: str, code: str) -> bool:
    """Return True if what is over may be the relation that a known fact tells."""
    kinds, said = _kinds_of(known, code), tokens_of(unquoted(new))
    named = tokens_of(thing)  # "PureGym" tells no kind of what is over
    told = _kinds_of([w for w in tokens_of(clause) if w not in named], code)
    told = told or _kinds_of([w for w in said if w not in named], code)
    if _of(code).moves.count(tokens_of(clause)):  # a home, or a school: "moved from Leeds to Oslo"
        return bool(kinds - {"job"}) or (not kinds and _of(code).goes.count(known) > 0)
    if not kinds:
        is_used = _of(code).goes.count(known) > 0
        return is_used and (not told or told.isdisjoint(_NAMED))
    is_event = code not in BARE and "past" in read(new, code).concepts  # "bought … instead of Nike"
    return bool(kinds & told) or (not told and not is_event)


def _shares_topic(known: Sequence[str], new: str, thing: str, code: str) -> bool:
    """Return True if a fact with another day or number is about a thing of the known one."""
    rest = unquoted(new).replace(thing, " ")
    topics = [word for word in _things(rest, code) if not (word[:1].isdigit())]
    slots = _relation_words(code)
    return any(
        len(word) > LEAST
        and not names_user(word, code)
        and word not in slots
        and not _is_day(word, code)
        and any(_same(word, other) for other in known)
        for word in topics
    )


def _is_other_home(known: str, new: str, moved: str, clause: str, code: str) -> bool:
    """Return True if a place that somebody moved to is another than the known home."""
    places = _things(moved, code)[-1 if code in _BEHIND else 0 :]
    is_name = code in _UNSPACED or not moved[:1].islower()
    own = "" if code in (*_BEHIND, *_UNSPACED) else clause.casefold()  # there it may name another
    if any(word not in own for word in _holders(new, code)) or _habits(new, code):
        return False
    if not places or not is_name or _YEAR.search(new) or _holds(tokens_of(known), places, code):
        return False
    k, n = read(known, code), read(new, code)
    if "have" in k.concepts and "live" not in k.concepts:  # "a parrot lives with us"
        return False
    is_other_script = _OTHER_SCRIPT.search(known) and not _OTHER_SCRIPT.search(moved)
    if "elsewhere" in n.concepts or is_other_script:  # an office, "на Kubernetes"
        return False
    if bool(k.concepts & {"region", "dwelling"}) != bool(n.concepts & {"region", "dwelling"}):
        return False
    return any(word[:1].isupper() for word in unquoted(known).split()[1:]) or not known.isascii()


def _holders(text: str, code: str) -> frozenset[str]:
    """Return the words for who or what a fact is about; none for the user."""
    if code in BARE:
        return frozenset()
    words = [word for stem in read(text, code).holder for word in tokens_of(stem)]
    return frozenset(word for word in words if not names_user(word, code))


def _habits(text: str, code: str) -> frozenset[str]:
    return read(text, code).habits if code not in BARE else frozenset()


def _is_state(known: str, code: str) -> bool:
    """Return True if a fact tells a state that holds: it denies and ends nothing itself."""
    over, _ = _named(unquoted(known), code)
    statement = read(known, code) if code not in BARE else None
    is_past = phrases(code).past.search(known) or phrases(code).unreal.search(known)
    is_denied = statement is not None and (
        statement.is_denied or not statement.concepts.isdisjoint(_UNENDED)
    )
    return not (over or is_past or is_denied)


def _is_of_one(known: str, new: str, code: str) -> bool:
    """Return True if both facts are about the user, or about the same relative of the user."""
    persons = [frozenset(_of(code).kin.findall(unquoted(text).casefold())) for text in (known, new)]
    return persons[0] == persons[1] and all(_is_of_user(text, code) for text in (known, new))


def _is_of_user(text: str, code: str) -> bool:
    if unquoted(text) != text:
        return True
    words = tokens_of(text)
    first = words if code in _UNSPACED else words[: 2 * FIRST]
    users = _of(code).users
    is_said = users.has(words[0]) if words else False
    return is_said or any(names_user(word, code) or users.has(word) for word in first)


def _holds(words: Sequence[str], named: Sequence[str], code: str) -> bool:
    if code in _UNSPACED:
        return "".join(named) in "".join(words)
    return all(any(_same(word, other) for other in words) for word in named)


def _is_brief(known: Sequence[str], named: Sequence[str], code: str) -> bool:
    """Return True if a fact says little but the relation and its object."""
    if code in _UNSPACED:
        return True
    rest = [word for word in _things(" ".join(known), code) if word not in named]
    return len([word for word in rest if not names_user(word, code)]) <= OTHERS + 1


def _things(text: str, code: str) -> list[str]:
    """Return the words of a text that name something."""
    return [word for word in tokens_of(text) if word not in _of(code).light and _says(word)]


def _says(word: str) -> bool:
    return len(word) > 2 or word[:1].isdigit() or not word.isascii()


def _same(one: str, other: str) -> bool:
    """Return True if two words may be forms of one name: "Brně", "Brno"."""
    one, other = scripts.fold(one), scripts.fold(other)
    if one == other:
        return True
    if one[:1].isdigit() or other[:1].isdigit():
        return False
    shorter, longer = sorted((len(one), len(other)))
    shared = next((i for i in range(shorter) if one[i] != other[i]), shorter)
    if _PREFIXED.match(one):
        whole, part = (one, other) if len(one) > len(other) else (other, one)
        return whole.endswith(part) and shorter >= SHORTEST and longer - shorter <= MOST_PREFIXES
    is_hangul = scripts.is_unspaced(one) or not one[0].isalpha()
    if is_hangul or "가" <= one[0] <= "힣":
        return shared >= 2 and (shared == shorter or shared >= SAME * longer)
    is_ended = shared == shorter > LEAST and longer - shorter <= ENDING
    return is_ended or (shared >= LEAST and shared >= SAME * longer)


def _is_day(word: str, code: str) -> bool:
    return any(_same(word, day) for day in weekdays(code))


@cache
def _relation_words(code: str) -> frozenset[str]:
    keys = ("light", "be", "place", "from", "now", "new", "changed", "moved", "my", "user")
    return frozenset[str]().union(*(words_in(code, "slots", key) for key in keys))


def _kinds_of(words: Sequence[str], code: str) -> set[str]:
    """Return the kinds of relations that words tell, also as parts of names: "Сбербанк"."""
    return {
        kind
        for kind, listed in _of(code).kinds.items()
        if listed.count(words)
        or any(part in word for part in listed.begun if _is_part(part) for word in words)
    }


def _is_part(word: str) -> bool:
    """Return True if a word is long enough to be looked for in names."""
    is_syllables = len(word) > 1 and "가" <= word[0] <= "힣"
    return len(word) > LEAST or is_syllables


# -- what is over


@lru_cache(maxsize=4_096)
def _named(text: str, code: str) -> tuple[tuple[tuple[str, str], ...], tuple[str, str]]:
    """Return the things that are over, each with the words that say so, and a new home."""
    listed = _of(code)
    if listed.once.count(tokens_of(text)) or phrases(code).unreal.search(text):
        return (), ("", "")
    found = tuple(_found(text, listed.over))
    moved = next(_found(text, [listed.moved]), ("", ""))
    return found, moved


def _found(text: str, patterns: Sequence[re.Pattern[str]]) -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        for match in pattern.finditer(text):
            yield _thing(match), match[0]


def _thing(match: re.Match[str]) -> str:
    return next((group for group in match.groups() if group), "").strip()


@cache
def _of(code: str) -> _Replaced:
    table = section(code, "replaced")
    is_joined = code in _UNSPACED

    def words(key: str) -> Words:
        return Words(str(table.get(key, "")), is_joined=is_joined)

    stops = str(table.get("stops", "")).split()
    return _Replaced(
        over=tuple(_pattern(each, stops) for each in table.get("over", ())),
        moved=_pattern(str(table.get("moved", r"(?!)")), stops),
        kinds={kind: words(kind) for kind in _KINDS},
        goes=words("goes"),
        moves=words("moves"),
        light=frozenset(str(table.get("light", "")).split()),
        once=words("once"),
        kin=pattern_in(code, "requests" if code in CODES.values() else "replaced", "kin"),
        users=words("users"),
        selves=words("selves"),
        starts=words("starts"),
    )


def _pattern(written: str, stops: Sequence[str]) -> re.Pattern[str]:
    """Return a pattern; "…" is up to a stop word, a sign or what the pattern has behind it."""
    stop = "|".join(map(re.escape, stops))
    border = rf"(?=\s*(?:{_END}|\Z)" + (rf"|\s+(?:{stop})(?!\w))" if stop else ")")
    thing = rf"([^\s,.;:!?，。、][^,;:!?…”\"，。、]{{0,{MOST - 1}}}?)"

    def either(found: re.Match[str]) -> str:
        return thing if found.string[found.end() :].startswith("(?=") else thing + border

    return re.compile(re.sub("…", either, written), re.IGNORECASE)
