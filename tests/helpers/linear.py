"""Prove from its parse tree that a pattern takes a time in proportion to its text.

A pattern is written as sequences of items: sets of characters that are matched once, bounded parts,
runs (repeats without a limit) and positions. The matcher of Python tries a run in each length, from
each place. The whole is linear if, in every sequence,

- a run ends where it must: between a run and a later one that shares characters with it stands an
  item that no character of the first run matches, or the first run is never shortened again;
- a run begins where it must: before it stands an item, or a position, that none of its characters
  match. So of the places inside one run, only a few next to its beginning start it. Or else
  nothing behind the run can fail, so that the search goes on behind it.

What the rules do not cover is not proven; it may be linear all the same.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from re import _compiler as compiler
from re import _constants as op
from re import _parser as parser
from typing import Any

MAX_SEQUENCES = 400
MAX_WAYS = 1_000_000  # in which the bounded parts of a sequence may match at one place
MAX_SPAN = 2_000  # characters of the bounded parts of a sequence
MAX_STRINGS = 500  # of a part that is repeated
REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)

Chars = frozenset[str]
NONE: Chars = frozenset()


class UnprovenError(Exception):
    """The rules do not cover a pattern; the text says which part."""


@dataclass(frozen=True, slots=True)
class Item:
    """A part of a sequence.

    Args:
        chars: the characters that it may match.
        first: the characters with which it may begin.
        must: sets of which it matches a character in any case, each disjoint sets to runs.
        is_run: it is repeated without a limit.
        excluded: of a position, the characters that are not before it; all of the alphabet, if it
            is the beginning of the text.
        atom: the number of the innermost group that gives nothing back, or 0.
    """

    chars: Chars = NONE
    first: Chars = NONE
    must: tuple[Chars, ...] = ()
    is_run: bool = False
    keeps: bool = False  # a run that is never shortened
    excluded: Chars | None = None
    is_boundary: bool = False
    atom: int = 0
    ways: int = 1
    span: int = 1
    nullable: bool = False


Sequences = list[list[Item]]

_END = Item(span=0)  # of a match, which has then succeeded


def prove(pattern: re.Pattern[str], use: str = "search") -> None:
    """Prove that a pattern is linear in its text, for `search`, `match` or `fullmatch`.

    Raises:
        UnprovenError: the rules do not cover it.
    """
    proof = _Proof(pattern)
    for sequence in proof.sequences():
        proof.check(sequence, has_one_start=use != "search")


class _Proof:
    def __init__(self, pattern: re.Pattern[str]) -> None:
        self._state = parser.State()
        self._state.str = pattern.pattern
        self._flags = pattern.flags & ~re.DEBUG
        self._tree = parser.parse(pattern.pattern, self._flags)
        self._alphabet = "".join(sorted(_alphabet(self._tree)))
        self._all = frozenset(self._alphabet)
        self._atoms = count(1)
        self._ahead: Sequences = []

    def sequences(self) -> Iterator[list[Item]]:
        yield from ([*each, _END] for each in self._expand(self._tree, self._flags, []))
        yield from self._ahead

    # -- the tree as sequences

    def _expand(self, tree: Iterable[Any], flags: int, before: list[Item]) -> Sequences:
        """Return the sequences of a tree; what a lookahead reads is noted as a sequence, too."""
        found: Sequences = [[]]
        for node in tree:
            found = [
                [*start, *rest] for start in found for rest in self._of(node, flags, before + start)
            ]
            if len(found) + len(self._ahead) > MAX_SEQUENCES:
                raise UnprovenError("it has too many sequences")
        return found

    def _of(self, node: Any, flags: int, before: list[Item]) -> Sequences:
        kind, value = node
        if kind in (op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN):
            chars = self._chars(node, flags)
            return [[Item(chars, chars, (chars,))]]
        if kind is op.AT:
            return [self._position(value, flags)]
        if kind in (op.ASSERT, op.ASSERT_NOT):
            return [self._assertion(node, flags, before)]
        if kind is op.SUBPATTERN:
            inner = (flags | value[1]) & ~value[2]
            return self._expand(value[3], inner, before)
        if kind is op.BRANCH:
            if not _has_run([node]) and not _has_position([node]):
                return [[self._bounded(node, flags)]]
            return [each for tree in value[1] for each in self._expand(tree, flags, before)]
        if kind is op.ATOMIC_GROUP:
            atom = next(self._atoms)
            inner_sequences = self._expand(value, flags, before)
            return [[replace(i, atom=i.atom or atom) for i in each] for each in inner_sequences]
        if kind in REPEATS:
            return self._repeat(node, flags, before)
        raise UnprovenError(f"it has {kind}")

    def _repeat(self, node: Any, flags: int, before: list[Item]) -> Sequences:
        kind, (least, most, body) = node
        if most is not op.MAXREPEAT and not _has_run(body):
            if (least, most) == (0, 1) and _has_position(body):
                return [[], *self._expand(body, flags, before)]
            return [[self._bounded(node, flags)]]
        if most is not op.MAXREPEAT and (least, most) in ((0, 1), (1, 1)):
            inner = self._expand(body, flags, before)
            return [[], *inner] if least == 0 else inner
        if not _is_single(body):
            self._check_body(body, flags)
        chars = self._all_chars(body, flags)
        keeps = kind is op.POSSESSIVE_REPEAT
        must = (chars,) if least else ()
        first = self._first(body, flags)
        return [[Item(chars, first, must, True, keeps, nullable=not least)]]

    def _check_body(self, body: Sequence[Any], flags: int) -> None:
        """Check that a text is cut into repetitions of a part in one way only."""
        if _has_position(body):
            raise UnprovenError("a position is repeated")
        sequences = self._expand(body, flags, [])
        for items in sequences:
            if not items:
                raise UnprovenError("nothing is repeated")
            ends = (items[0], items[1:]), (items[-1], items[:-1])
            if not any(
                len(end.must) == 1 and end.span == 1 and not end.is_run and end.chars
                and all(not end.chars & other.chars for other in others)
                for end, others in ends
            ):  # fmt: skip
                raise UnprovenError("a part is repeated that may begin or end in several places")
            if not _is_determined(items):
                raise UnprovenError("a part is repeated that may match in several ways")
        firsts = [self._starts(items) for items in sequences]
        if any(one & other for i, one in enumerate(firsts) for other in firsts[:i]):
            raise UnprovenError("a choice is repeated")

    def _starts(self, items: Sequence[Item]) -> Chars:
        found: set[str] = set()
        for item in items:
            found |= item.first
            if not item.nullable:
                break
        return frozenset(found)

    def _position(self, where: Any, flags: int) -> list[Item]:
        if where is op.AT_BEGINNING_STRING or (
            where is op.AT_BEGINNING and not flags & re.MULTILINE
        ):
            return [Item(excluded=self._all, span=0)]
        if where is op.AT_BEGINNING:
            return [Item(excluded=self._all - {"\n"}, span=0)]
        return [Item(is_boundary=where is op.AT_BOUNDARY, span=0)]

    def _assertion(self, node: Any, flags: int, before: list[Item]) -> list[Item]:
        kind, (direction, tree) = node
        if direction > 0:
            if _has_run(tree):
                self._ahead += [[*before, *each] for each in self._expand(tree, flags, before)]
            return [Item(span=0)]
        last = self._last(tree, flags)
        if kind is op.ASSERT:
            return [Item(excluded=self._all - last if last else NONE, span=0)]
        return [Item(excluded=last if tree.getwidth() == (1, 1) else NONE, span=0)]

    # -- sets of characters

    def _chars(self, node: Any, flags: int) -> Chars:
        tree = parser.SubPattern(self._state, [node])
        return frozenset(compiler.compile(tree, flags).findall(self._alphabet))

    def _all_chars(self, tree: Iterable[Any], flags: int) -> Chars:
        found: set[str] = set()
        for kind, value in tree:
            if kind in (op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN):
                found |= self._chars((kind, value), flags)
            for inner, its in _inner(kind, value, flags):
                found |= self._all_chars(inner, its)
        return frozenset(found)

    def _first(self, tree: Iterable[Any], flags: int) -> Chars:
        """Return the characters with which a match that is not empty may begin."""
        found: set[str] = set()
        for kind, value in tree:
            if kind in (op.ASSERT, op.ASSERT_NOT, op.AT):
                continue
            if kind in (op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN):
                return frozenset(found | self._chars((kind, value), flags))
            for inner, its in _inner(kind, value, flags):
                found |= self._first(inner, its)
            if not _nullable([(kind, value)]):
                break
        return frozenset(found)

    def _last(self, tree: Any, flags: int) -> Chars:
        """Return the characters with which a lookbehind may end, or none if that is not known."""
        kind, value = tree[-1]
        if kind is op.SUBPATTERN:
            return self._last(value[3], (flags | value[1]) & ~value[2])
        if kind is op.BRANCH:
            ends = [self._last(each, flags) if len(each) else NONE for each in value[1]]
            return frozenset().union(*ends) if all(ends) else NONE
        if kind in (op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN):
            return self._chars((kind, value), flags)
        return NONE

    def _must(self, tree: Iterable[Any], flags: int) -> tuple[Chars, ...]:
        """Return sets of which each match has a character."""
        found: list[Chars] = []
        for kind, value in tree:
            if kind in (op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN):
                found.append(self._chars((kind, value), flags))
            elif kind is op.BRANCH:
                each = [self._must(inner, flags) for inner in value[1]]
                if all(each):  # one of each alternative, joined
                    found += [frozenset().union(*sets) for sets in zip(*each, strict=False)]
            elif kind is op.SUBPATTERN or kind is op.ATOMIC_GROUP:
                for inner, its in _inner(kind, value, flags):
                    found += self._must(inner, its)
            elif kind in REPEATS and value[0]:
                found += self._must(value[2], flags)
        return tuple(found)

    def _bounded(self, node: Any, flags: int) -> Item:
        tree = parser.SubPattern(self._state, [node])
        return Item(
            self._all_chars([node], flags),
            self._first([node], flags),
            self._must([node], flags),
            ways=min(self._ways(tree, flags), MAX_WAYS + 1),
            span=int(tree.getwidth()[1]),
            nullable=tree.getwidth()[0] == 0,
        )

    def _ways(self, tree: Iterable[Any], flags: int) -> int:
        """Return in how many ways a bounded part may match at one place, at most."""
        ways = 1
        for kind, value in tree:
            if kind is op.BRANCH:
                ways *= self._ways_of_branch(value[1], flags)
            elif kind in REPEATS:
                inner = self._ways(value[2], flags)
                most, least = int(value[1]), int(value[0])
                ways *= (most - least + 1) * min(inner**most if inner > 1 else 1, MAX_WAYS)
            elif kind in (op.SUBPATTERN, op.ATOMIC_GROUP):
                for part, its in _inner(kind, value, flags):
                    ways *= self._ways(part, its)
            elif kind in (op.GROUPREF, op.GROUPREF_EXISTS):
                raise UnprovenError("it refers to a group")
            ways = min(ways, MAX_WAYS + 1)
        return ways

    def _ways_of_branch(self, trees: Sequence[Any], flags: int) -> int:
        by_first: dict[str, int] = {}
        always = 0
        for tree in trees:
            ways = self._ways(tree, flags)
            if _nullable(tree):
                always += ways
            for character in self._first(tree, flags):
                by_first[character] = by_first.get(character, 0) + ways
        return always + max(by_first.values(), default=0)

    # -- the rules

    def check(self, sequence: Sequence[Item], *, has_one_start: bool) -> None:
        """Check the rules for one sequence."""
        ways = span = 1
        for i, item in enumerate(sequence):
            following = next((x for x in sequence[i + 1 :] if x.span), None)
            is_sure = following is not None and not following.nullable
            if item.ways > 1 and not (is_sure and _is_repeat_of(item, following)):
                ways *= item.ways
            span += item.span
        if ways > MAX_WAYS or span > MAX_SPAN:
            raise UnprovenError("its bounded parts match in too many ways")
        for i, run in enumerate(sequence):
            if run.is_run:
                self._check_run(sequence, i, has_one_start=has_one_start)

    def _check_run(self, sequence: Sequence[Item], i: int, *, has_one_start: bool) -> None:
        run = sequence[i]
        is_last = sequence[-1] is _END and all(each.nullable for each in sequence[i + 1 : -1])
        if is_last:
            return
        if not has_one_start and not any(
            self._begins(run, sequence, k) for k, _ in enumerate(sequence[:i])
        ):
            raise UnprovenError("a run may begin at each of its characters")
        if run.keeps:
            return
        for k in range(i + 1, len(sequence)):
            later = sequence[k]
            if not later.is_run or not later.first & run.chars:
                continue
            if run.atom and later.atom != run.atom:
                continue
            between = sequence[i + 1 : k]
            if not any(not must & run.chars for item in between for must in item.must):
                raise UnprovenError("a run may end at each of its characters, and another begins")

    def _begins(self, run: Item, sequence: Sequence[Item], k: int) -> bool:
        item = sequence[k]
        excluded = item.excluded
        if item.is_boundary:
            following = self._starts([x for x in sequence[k + 1 :] if x.span])
            word = frozenset(re.findall(r"\w", self._alphabet))
            if following and following <= word:
                excluded = word
            elif following and not following & word:
                excluded = self._all - word
        if excluded is not None:
            return run.chars <= excluded
        return any(not must & run.chars for must in item.must)


def _is_repeat_of(item: Item, following: Item) -> bool:
    """Return True if a part of one set is followed by something that the set does not match."""
    return len(set(item.must)) <= 1 and not item.chars & following.first


def _is_determined(items: Sequence[Item]) -> bool:
    """Return True if a text matches items in one way only."""
    for i, item in enumerate(items):
        if item.ways == 1 and not item.is_run and not item.nullable:
            continue
        after: set[str] = set()
        for following in items[i + 1 :]:
            after |= following.first
            if not following.nullable:
                break
        if item.chars & after or (item.ways > 1 and not item.is_run and item.span > 1):
            return False
    return True


def _inner(kind: Any, value: Any, flags: int) -> list[tuple[Any, int]]:
    """Return the trees inside a node that match characters, with their flags."""
    if kind is op.SUBPATTERN:
        return [(value[3], (flags | value[1]) & ~value[2])]
    if kind is op.BRANCH:
        return [(tree, flags) for tree in value[1]]
    if kind in REPEATS:
        return [(value[2], flags)]
    return [(value, flags)] if kind is op.ATOMIC_GROUP else []


def _has_run(tree: Iterable[Any]) -> bool:
    """Return True if something inside is repeated without a limit, also in a lookahead."""
    for kind, value in tree:
        if kind in REPEATS and value[1] is op.MAXREPEAT:
            return True
        if kind in (op.ASSERT, op.ASSERT_NOT) and _has_run(value[1]):
            return True
        if any(_has_run(inner) for inner, _ in _inner(kind, value, 0)):
            return True
    return False


def _has_position(tree: Iterable[Any]) -> bool:
    """Return True if a position inside says something of the character before it."""
    for kind, value in tree:
        if kind is op.AT or (kind in (op.ASSERT, op.ASSERT_NOT) and value[0] < 0):
            return True
        if any(_has_position(inner) for inner, _ in _inner(kind, value, 0)):
            return True
    return False


def _nullable(tree: Iterable[Any]) -> bool:
    return all(_may_be_empty(kind, value) for kind, value in tree)


def _may_be_empty(kind: Any, value: Any) -> bool:
    if kind in (op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN):
        return False
    if kind in REPEATS:
        return value[0] == 0 or _nullable(value[2])
    if kind is op.BRANCH:
        return any(_nullable(tree) for tree in value[1])
    return all(_nullable(inner) for inner, _ in _inner(kind, value, 0))


def _is_single(tree: Any) -> bool:
    if len(tree) != 1:
        return False
    kind, value = tree[0]
    if kind is op.SUBPATTERN:
        return _is_single(value[3])
    return kind in (op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN)


# -- the characters that tell the sets of a pattern apart

_SAMPLES = 16  # characters of a range, besides its ends
_KINDS = tuple(map(re.compile, (r"\d", r"\D", r"\s", r"\S", r"\w", r"\W")))


def _alphabet(tree: Iterable[Any]) -> set[str]:
    """Return characters of every set that a tree names, and of every combination of categories."""
    found = {chr(code) for code in range(256)} | set("éÉßıİſKσςΣ日ぁ가\u0301\u0660\u2028\u3000")
    found.update(_spaces())
    for kind, value in tree:
        if kind in (op.LITERAL, op.NOT_LITERAL):
            found |= _near(value, value)
        elif kind is op.IN:
            for part, its in value:
                if part is op.LITERAL:
                    found |= _near(its, its)
                elif part is op.RANGE:
                    found |= _near(*its)
        elif kind in (op.ASSERT, op.ASSERT_NOT):
            found |= _alphabet(value[1])
        for inner, _ in _inner(kind, value, 0):
            found |= _alphabet(inner)
    return found


@cache
def _near(low: int, high: int) -> frozenset[str]:
    codes = [low - 1, low, high, high + 1, *range(low, high, max((high - low) // _SAMPLES, 1))]
    found = {chr(code) for code in codes if 0 <= code < 0xD800 or 0xE000 <= code < 0x110000}
    if high - low > _SAMPLES:
        inside = "".join(chr(c) for c in range(low, high) if not 0xD800 <= c < 0xE000)
        for pattern in _KINDS:
            found.update(pattern.findall(inside)[:_SAMPLES])
    return frozenset(found | {each for c in found for each in c.swapcase() + c.lower()})


@cache
def _spaces() -> Chars:
    return frozenset(chr(code) for code in range(0x3100) if chr(code).isspace())
