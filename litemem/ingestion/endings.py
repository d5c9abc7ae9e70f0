"""Find that an event ends a state: "gave the piano away" ends "has a piano".

Which events end which states is data, one file a language (section "endings" of
`core/text/languages`). A row has a name for what both facts have to share, the phrases of the
state, and those of the event; "…" in a phrase stands for up to four
words, and "#" for a number. Without a row, or with
a doubt about who or what is meant, nothing ends.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from litemem.core.text import lexicon, scripts
from litemem.core.text.words import stem as english_stem
from litemem.ingestion.statements import unquoted

LONG = 400  # characters of two texts that are no facts
GAP = 4  # words that "…" stands for
_WORD = re.compile(r"[^\W_]+(?:[-.][^\W_]+)*")
_AGE = re.compile(r"[1-9]\d{0,2}(?:st|nd|rd|th|\.)?")
_POSSESSIVE = re.compile(r"['’](?:s|re|ve|m|d)?(?!\w)")

Span = tuple[int, int]  # of words


@dataclass(frozen=True)
class _Row:
    shares: str  # thing, person, holder, subject, birth, age or source
    states: tuple[tuple[str, ...], ...]
    events: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class _Words:
    light: frozenset[str]  # words that name nothing
    blocks: frozenset[str]  # words of a wish, a doubt, a denial or of the past
    adjuncts: frozenset[str]  # words behind which stands how, where, when or for whom
    kin: frozenset[str]
    children: frozenset[str]
    partners: frozenset[str]
    alias: frozenset[str]  # words before a name
    joint: frozenset[str]
    counts: frozenset[str]
    head: str  # whether the first or the last word of an object says what it is
    rows: tuple[_Row, ...]


@dataclass(frozen=True)
class _Fact:
    """The words of a fact as it is written, without case, and as stems."""

    written: tuple[str, ...]
    words: tuple[str, ...]
    stems: tuple[str, ...]


def ends(known: str, new: str, code: str) -> bool:
    """Return True if a new fact tells an event that ends the state which a known one tells."""
    listed = _words_of(code)
    if not listed.rows or len(known) + len(new) > LONG:
        return False
    k, n = _fact(known, code), _fact(new, code)
    return any(_ends(row, k, n, listed) for row in listed.rows)


def _ends(row: _Row, k: _Fact, n: _Fact, listed: _Words) -> bool:
    state = _find(row.states, k.words)
    event = _find(row.events, n.words) if state else None
    if not state or not event or _is_open(k, state, listed) or _is_open(n, event, listed):
        return False
    if row.shares == "age":
        return _is_older(k, state, n, event, listed)
    if row.shares == "source":
        return _is_source(k, state, n, event, listed)
    if row.shares == "birth":
        return _is_birth(k, state, n, event, listed)
    if row.shares in ("holder", "subject"):
        subjects = [_subject(one, min(found), listed) for one, found in ((k, state), (n, event))]
        is_same = subjects[0] == subjects[1]
        return is_same and (row.shares == "holder" or bool(subjects[0]))
    return _is_shared(k, state, n, event, listed, row.shares)


def _is_open(fact: _Fact, phrase: set[int], listed: _Words) -> bool:
    """Return True if a fact is a wish or a doubt, or denies what a phrase says."""
    return any(word in listed.blocks for i, word in enumerate(fact.words) if i not in phrase)


def _is_shared(
    k: _Fact, state: set[int], n: _Fact, event: set[int], listed: _Words, shares: str
) -> bool:
    """Return True if an event is of the thing that a state is of, and of nothing else."""
    things_k, rest_k = _things(k, state, listed)
    things_n, rest_n = _things(n, event, listed)
    names_k, names_n = _aliases(k, listed), {k.stems[i] for i in things_k}
    told = {n.stems[i] for i in things_n}
    if not told or not things_k or not told <= names_n | names_k:
        return False
    if rest_k - names_k - told and rest_n - names_n - names_k:  # a flight to Rome, and one to Oslo
        return False
    persons = {k.stems[i] for i in things_k if _is_person(k, i, listed)}
    if not persons <= told | names_k:
        return False
    if shares == "person":
        return bool(persons & told)
    if told <= names_k:
        return True
    objects = [i for i in things_k if k.stems[i] not in names_k]
    if not objects:
        return False
    head = objects[0] if listed.head == "first" else objects[-1]
    is_one = k.stems[head] in told and not _are_many(k, head, listed)
    return is_one and not listed.joint.intersection(k.words)


def _things(fact: _Fact, phrase: set[int], listed: _Words) -> tuple[list[int], set[str]]:
    """Return where a fact names things, and the stems of what stands behind an adjunct."""
    things: list[int] = []
    rest: set[str] = set()
    is_behind = False
    for i, word in enumerate(fact.words):
        if i in phrase:
            is_behind = False
        elif word in listed.adjuncts and things:
            is_behind = True
        elif word in listed.light or word in listed.adjuncts or word.isdigit():
            continue
        elif is_behind:
            rest.add(fact.stems[i])
        else:
            things.append(i)
    return things, rest


def _aliases(fact: _Fact, listed: _Words) -> set[str]:
    """Return the stems of the names that a fact gives to a thing: "a cat called Misse"."""
    at = next((i for i, word in enumerate(fact.words) if word in listed.alias), len(fact.words))
    return set(fact.stems[at + 1 :])


def _is_person(fact: _Fact, at: int, listed: _Words) -> bool:
    is_name = fact.written[at][:1].isupper() and at > 0
    return fact.words[at] in listed.kin or is_name


def _are_many(fact: _Fact, at: int, listed: _Words) -> bool:
    """Return True if a number stands before a thing: two cats."""
    before = fact.words[max(0, at - 2) : at]
    return any(word.isdigit() or word in listed.counts for word in before)


def _subject(fact: _Fact, stop: int, listed: _Words) -> frozenset[str]:
    """Return the stems of whom a fact is about; none for the user."""
    words = range(stop)
    return frozenset(
        fact.stems[i]
        for i in words
        if fact.words[i] not in listed.light and fact.words[i] not in listed.adjuncts
    )


def _is_birth(k: _Fact, state: set[int], n: _Fact, event: set[int], listed: _Words) -> bool:
    """Return True if the user's child is born, whom the user or a partner expects."""
    expecting = _subject(k, min(state), listed)
    is_own = not expecting or expecting <= {_stem(one, "") for one in listed.partners}
    born = [word for word in n.words[: min(event)] if word not in listed.light]
    others = [w for w in born if w in listed.kin and w not in listed.children | listed.partners]
    is_child = any(word in listed.children for word in born) and not others
    behind = n.words[max(event) + 1 :][:2]
    is_year = any(word.isdigit() and len(word) == 4 for word in behind)  # "born in 1990"
    return is_own and is_child and not is_year


def _is_older(k: _Fact, state: set[int], n: _Fact, event: set[int], listed: _Words) -> bool:
    """Return True if somebody is older than a known fact says."""
    subjects = [_subject(one, min(found), listed) for one, found in ((k, state), (n, event))]
    ages = [
        int("".join(filter(str.isdigit, one.words[i])))
        for one, found in ((k, state), (n, event))
        for i in sorted(found)
        if one.words[i][0].isdigit()
    ]
    return subjects[0] == subjects[1] and len(ages) == len(subjects) and ages[0] < ages[1]


def _is_source(k: _Fact, state: set[int], n: _Fact, event: set[int], listed: _Words) -> bool:
    """Return True if the event names what it leaves: "switched from Vim to Emacs"."""
    things, _ = _things(k, state, listed)
    left: list[str] = []
    for i in range(max(event) + 1, len(n.words)):
        if n.words[i] in listed.adjuncts:
            break
        left += [n.stems[i]] if n.words[i] not in listed.light else []
    subjects = [_subject(one, min(found), listed) for one, found in ((k, state), (n, event))]
    told = {k.stems[i] for i in things} - subjects[0]
    return bool(left) and set(left) <= told and subjects[0] == subjects[1] and told <= set(left)


# -- phrases


def _find(phrases: Sequence[tuple[str, ...]], words: Sequence[str]) -> set[int] | None:
    """Return where the words of the first phrase stand that is found."""
    for phrase in phrases:
        for start, word in enumerate(words):
            if _is_word(phrase[0], word):
                found = _match(phrase, words, start)
                if found:
                    return found
    return None


def _match(phrase: tuple[str, ...], words: Sequence[str], start: int) -> set[int] | None:
    """Return where a phrase's words stand from a place on; after "…", the first place counts."""
    found: set[int] = set()
    at, is_open = start, False
    for part in phrase:
        if part == "…":
            is_open = True
            continue
        stop = at + GAP + 1 if is_open else at + 1
        place = next(
            (i for i in range(at, min(stop, len(words))) if _is_word(part, words[i])), None
        )
        if place is None:
            return None
        found.add(place)
        at, is_open = place + 1, False
    return found


def _is_word(part: str, word: str) -> bool:
    return bool(_AGE.fullmatch(word)) if part == "#" else word == part


@lru_cache(maxsize=4_096)
def _fact(text: str, code: str) -> _Fact:
    plain = _POSSESSIVE.sub(" ", unquoted(text))
    written = tuple(_WORD.findall(plain))
    words = tuple(scripts.fold(word) for word in written)
    return _Fact(written, words, tuple(_stem(word, code) for word in words))


def _stem(word: str, code: str) -> str:
    return english_stem(word) if code in (lexicon.ENGLISH, "") else word


@cache
def _words_of(code: str) -> _Words:
    table = lexicon.section(code, "endings")

    def listed(key: str) -> frozenset[str]:
        return frozenset(scripts.fold(word) for word in str(table.get(key, "")).split())

    return _Words(
        **{
            key: listed(key)
            for key in "light blocks adjuncts kin children partners alias joint counts".split()
        },
        head=str(table.get("head", "last")),
        rows=tuple(_rows(table.get("rows", ()))),
    )


def _rows(written: Sequence[str]) -> Iterator[_Row]:
    for row in written:
        shares, states, events = (part.strip() for part in row.split(":"))
        yield _Row(shares, _phrases(states), _phrases(events))


def _phrases(written: str) -> tuple[tuple[str, ...], ...]:
    """Return phrases as words, the longest first."""
    phrases = [
        tuple(word if word in "…#" else scripts.fold(word) for word in one.split())
        for one in written.split("|")
    ]
    return tuple(sorted(phrases, key=len, reverse=True))
