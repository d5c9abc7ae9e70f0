"""References: whether the lines of an archive, each right by itself, are right together."""

from array import array
from bisect import bisect_left
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from litemem.core.scope import ID_KEYS
from litemem.store.sqlite.archive.schema import LINE_TYPES, LineError

Item = Mapping[str, Any]

_ORDER = {kind: place for place, kind in enumerate(LINE_TYPES)}


class IntMap:
    """Numbers from 1 in rising order, each with a whole number of 64 bits that it stands for."""

    def __init__(self) -> None:
        self._numbers = array("q")
        self._meanings = array("q")

    @property
    def last(self) -> int:
        """The greatest number; 0 before the first."""
        return self._numbers[-1] if self._numbers else 0

    def add(self, number: int, meaning: int) -> None:
        """Note what a number stands for.

        Raises:
            ValueError: it is not greater than the last.
        """
        if number <= self.last:
            raise ValueError(f"number {number} stands behind {self.last}: they have to rise")
        self._numbers.append(number)
        self._meanings.append(meaning)

    def get(self, number: int) -> int | None:
        """Return what a number stands for; None: it was not noted."""
        place = bisect_left(self._numbers, number)
        if place == len(self._numbers) or self._numbers[place] != number:
            return None
        return self._meanings[place]


class ReferenceCheck:
    """What the lines before say that later ones refer to; of a million lines in 50 MB.

    Of ids and scopes only hashes are kept, which Python salts anew in each process.
    """

    def __init__(self) -> None:
        self._place = 0
        self._aliases: dict[int, int] = {}
        self._turns, self._messages, self._memories = IntMap(), IntMap(), IntMap()
        self._entities, self._relations = IntMap(), IntMap()
        self._ids = array("q")

    def check(self, item: Item) -> None:
        """Look at the next line.

        Raises:
            ShapeError: it does not fit those before; the text says why.
        """
        place = _ORDER[item["kind"]]
        if place < self._place:
            raise LineError(f"a {item['kind']} stands behind other kinds: {', '.join(LINE_TYPES)}")
        self._place = place
        look = getattr(self, f"_check_{item['kind']}", None)
        if look is not None:
            look(item)

    def duplicates(self) -> set[int]:
        """Return the hashes, of `hash`, of memory ids that came more than once."""
        ordered = sorted(self._ids)
        return {one for one, other in pairwise(ordered) if one == other}

    def _check_turn(self, item: Item) -> None:
        self._note(self._turns, item)

    def _check_message(self, item: Item) -> None:
        self._note(self._messages, item)
        if "turn" in item and self._turns.get(item["turn"]) != _scope(item):
            raise LineError(f"turn {item['turn']} does not stand before it with the same ids")

    def _check_deleted(self, item: Item) -> None:
        self._ids.append(hash(item["id"]))

    def _check_memory(self, item: Item) -> None:
        self._note(self._memories, item)
        self._ids.append(hash(item["id"]))
        scope = _scope(item)
        for number in item.get("sources", ()):
            if self._messages.get(number) != scope:
                raise LineError(f"message {number} does not stand before it with the same ids")

    def _check_entity(self, item: Item) -> None:
        self._note(self._entities, item)
        if "same_as" in item:
            self._aliases[item["number"]] = item["same_as"]

    def _check_relation(self, item: Item) -> None:
        scope = self._end(item["source"])
        if self._end(item["destination"]) != scope:
            raise LineError("its names have different ids")
        self._note(self._relations, item, scope)
        if not item["memories"]:
            raise LineError("no memory says it")
        for number in item["memories"]:
            if self._memories.get(number) != scope:
                raise LineError(f"memory {number} does not stand before it with the same ids")

    def _end(self, number: int) -> int:
        """Return the scope of a name that a relation has."""
        scope = self._entities.get(number)
        if scope is None:
            raise LineError(f"entity {number} does not stand before it")
        first = self._aliases.get(number, number)
        if first in self._aliases or self._entities.get(first) != scope:
            raise LineError(f"entity {number} is the same as {first}, which is no first name")
        return scope

    def _note(self, known: IntMap, item: Item, scope: int | None = None) -> None:
        try:
            known.add(item["number"], _scope(item) if scope is None else scope)
        except ValueError as error:
            raise LineError(str(error)) from error


def _scope(item: Item) -> int:
    return hash(tuple(item.get(key) for key in ID_KEYS))
