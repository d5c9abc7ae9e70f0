"""Which memories a page shows: scope and filters, as its address has them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from litemem.core.arguments import check_text
from litemem.core.scope import EVERYONE, ID_KEYS, Scope
from litemem.core.text.words import needs_index_words, words
from litemem.core.types import Found, MemoryRecord
from litemem.errors import ValidationError, quoted
from litemem.store.filters import Condition, compile_filter, ended, in_doubt, valid_now
from litemem.store.protocol import Place, Reading

STATES = {
    "": "any",
    "valid": "valid now",
    "superseded": "superseded",
    "expired": "expired",
    "doubtful": "in doubt",
}
FIELDS = ("q", "id", "category", "type", "since", "until", "state")
MAX_WORDS = 16  # of the box for text


@dataclass(frozen=True, slots=True)
class Selection:
    """A scope, and filters by name; each is a field of an address."""

    scope: Scope = field(default_factory=Scope)
    filters: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, given: Mapping[str, str]) -> "Selection":
        """Read the fields of an address; blank ones are left out.

        Raises:
            ScopeError, ValidationError: a value cannot be used.
        """
        values = {key: value for key, value in given.items() if value.strip()}
        scope = Scope(**{key: values[key] for key in ID_KEYS if key in values})
        filters = {name: values[name].strip() for name in FIELDS if name in values}
        for name, value in filters.items():
            check_text(value, name)
        if filters.get("state", "") not in STATES:
            raise ValidationError(f"state is unknown: {quoted(filters['state'])}")
        return cls(scope, filters)

    def __bool__(self) -> bool:
        return bool(self.scope or self.filters)

    @property
    def ids(self) -> dict[str, str]:
        """The ids of the scope that are set, by name."""
        return self.scope.ids()

    @property
    def arguments(self) -> dict[str, Any]:
        """The scope as arguments of `Memory`; without ids, the whole file."""
        return {**self.ids, "filters": None if self.scope else EVERYONE}

    def query(self, **changes: str | None) -> str:
        """Return the fields as an address has them, some of them replaced, or left out by None."""
        pairs = self.pairs(**changes)
        return f"?{urlencode(pairs)}" if pairs else ""

    def pairs(self, **changes: str | None) -> list[tuple[str, str]]:
        """Return the fields as a form has them, some of them replaced, or left out by None."""
        values = {**self.ids, **self.filters, **changes}
        return [(key, value) for key, value in values.items() if value]

    def condition(self, now: int) -> Condition:
        """Return the condition of the memories that are selected, but for the words.

        Raises:
            FilterError: a time cannot be read.
        """
        parts = list(self._parts())
        parts += [] if self.scope else [EVERYONE]
        condition = compile_filter({"AND": parts} if parts else None, self.scope)
        match self.filters.get("state"):
            case "valid":
                return valid_now(condition, now)
            case "superseded":
                return ended(condition, now, "superseded")
            case "expired":
                return ended(condition, now, "expired")
            case "doubtful":
                return in_doubt(condition)
        return condition

    def page(self, r: Reading, now: int, *, limit: int, after: str | None) -> Found[MemoryRecord]:
        """Return a page of the memories that are selected, newest first.

        The whole file and the results of a search for words are in the order of writing.
        """
        condition = self.condition(now)
        asked = self._words()
        if asked or not self.scope:
            plain = condition if self else None
            return r.memories.written(plain, limit=limit, words=asked, before=after)
        last = None if after is None else r.memories.get(after)
        place = None if last is None else Place(last.created_at, last.id)
        return r.memories.select(condition, limit=limit, after=place)

    def _words(self) -> Sequence[str]:
        """Return the words that the index of texts can find."""
        text = self.filters.get("q", "")
        return () if needs_index_words(text) else words(text)[:MAX_WORDS]

    def _parts(self) -> Iterator[dict[str, Any]]:
        given = self.filters
        if "q" in given and not self._words():  # symbols, or a script without spaces
            yield {"text": {"icontains": given["q"]}}
        for name, key in (("id", "id"), ("category", "categories"), ("type", "memory_type")):
            if name in given:
                yield {key: {"eq": given[name]}}
        if "since" in given:
            yield {"created_at": {"gte": given["since"]}}
        if "until" in given:
            yield {"created_at": {"lte": given["until"]}}


def of_ids(memory_ids: Iterable[str]) -> dict[str, Any]:
    """Return the filter for memories by id, in every scope."""
    return {"AND": [EVERYONE, {"id": {"in": list(memory_ids)}}]}
