"""Check the lines of an archive against each other: references, order and duplicate ids."""

from array import array
from bisect import bisect_left
from collections.abc import Collection, Mapping
from itertools import pairwise
from typing import Any

from litemem.core.checks import InvalidValueError
from litemem.core.scope import ID_KEYS
from litemem.store.archive.schema import LINE_TYPES

Item = Mapping[str, Any]

_ORDER = {kind: place for place, kind in enumerate(LINE_TYPES)}


class IntMap:
    """A map from increasing integers to 64-bit integers, in 16 bytes an entry."""

    def __init__(self) -> None:
        self._keys = array("q")
        self._values = array("q")

    @property
    def last(self) -> int:
        """The greatest key, or 0 if the map is empty."""
        return self._keys[-1] if self._keys else 0

    def add(self, key: int, value: int) -> None:
        """Add an entry.

        Raises:
            ValueError: the key is not greater than the last one.
        """
        if key <= self.last:
            raise ValueError(f"number {key} follows {self.last}: numbers must increase")
        self._keys.append(key)
        self._values.append(value)

    def get(self, key: int) -> int | None:
        """Return the value of a key, or None if the key is absent."""
        place = bisect_left(self._keys, key)
        if place == len(self._keys) or self._keys[place] != key:
            return None
        return self._values[place]


class ReferenceCheck:
    """Check each line against the lines before it; a million lines need 50 MB.

    Of ids and scopes only hashes are kept, with the random seed of this process.
    """

    def __init__(self) -> None:
        self._place = 0
        self._aliases: dict[int, int] = {}
        self._turns, self._messages, self._memories = IntMap(), IntMap(), IntMap()
        self._entities, self._relations = IntMap(), IntMap()
        self._ids = array("q")

    def check(self, item: Item) -> None:
        """Check the next line.

        Raises:
            InvalidValueError: the line contradicts the lines before it.
        """
        place = _ORDER[item["kind"]]
        if place < self._place:
            raise InvalidValueError(
                f"a {item['kind']} is out of order; kinds come as {', '.join(LINE_TYPES)}"
            )
        self._place = place
        check = getattr(self, f"_check_{item['kind']}", None)
        if check is not None:
            check(item)

    def duplicates(self) -> set[int]:
        """Return the hashes (of `hash`) that more than one memory id had."""
        ordered = sorted(self._ids)
        return {one for one, other in pairwise(ordered) if one == other}

    def _check_turn(self, item: Item) -> None:
        self._note(self._turns, item)

    def _check_message(self, item: Item) -> None:
        self._note(self._messages, item)
        if "turn" in item and self._turns.get(item["turn"]) != _scope(item):
            raise InvalidValueError(
                f"turn must be the number of an earlier turn with the same ids, got {item['turn']}"
            )

    def _check_deleted(self, item: Item) -> None:
        self._ids.append(hash(item["id"]))
        self._check_sources(item, {_scope(event) for event in item["history"]})

    def _check_memory(self, item: Item) -> None:
        self._note(self._memories, item)
        self._ids.append(hash(item["id"]))
        self._check_sources(item, {_scope(item)})

    def _check_sources(self, item: Item, scopes: Collection[int]) -> None:
        for number in item.get("sources", ()):
            if self._messages.get(number) not in scopes:
                raise InvalidValueError(
                    f"sources must be numbers of earlier messages with the same ids, got {number}"
                )

    def _check_conflict(self, item: Item) -> None:
        numbers = item["memories"]
        scopes = {self._memories.get(number) for number in numbers}
        if len(numbers) != 2 or numbers[0] == numbers[1] or len(scopes) != 1 or None in scopes:
            raise InvalidValueError(
                "memories must be the numbers of two earlier memories with the same ids,"
                f" got {numbers!r:.80}"
            )

    def _check_entity(self, item: Item) -> None:
        self._note(self._entities, item)
        if "same_as" in item:
            self._aliases[item["number"]] = item["same_as"]

    def _check_relation(self, item: Item) -> None:
        scope = self._end(item, "source")
        if self._end(item, "destination") != scope:
            raise InvalidValueError("source and destination must be entities with the same ids")
        self._note(self._relations, item, scope)
        if not item["memories"]:
            raise InvalidValueError("memories must have at least one number, got []")
        for number in item["memories"]:
            if self._memories.get(number) != scope:
                raise InvalidValueError(
                    f"memories must be numbers of earlier memories with the same ids, got {number}"
                )

    def _end(self, item: Item, name: str) -> int:
        """Return the hash of the scope of an entity that a relation refers to by `name`."""
        number: int = item[name]
        scope = self._entities.get(number)
        if scope is None:
            raise InvalidValueError(f"{name} must be the number of an earlier entity, got {number}")
        first = self._aliases.get(number, number)
        if first in self._aliases or self._entities.get(first) != scope:
            raise InvalidValueError(
                f"same_as of entity {number} must be the number of an entity with the same"
                f" ids and without same_as, got {first}"
            )
        return scope

    def _note(self, known: IntMap, item: Item, scope: int | None = None) -> None:
        try:
            known.add(item["number"], _scope(item) if scope is None else scope)
        except ValueError as error:
            raise InvalidValueError(str(error)) from error


def _scope(item: Item) -> int:
    return hash(tuple(item.get(key) for key in ID_KEYS))
