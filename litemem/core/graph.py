"""What a program states of the graph itself: entities, observations and relations.

Each statement is a memory. Its text can be read and searched, and its metadata has the names as
they were given.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from litemem.core.arguments import check_text
from litemem.core.types import MemoryRecord, Relation
from litemem.errors import ValidationError, quoted

ENTITY, OBSERVATION, RELATION = "entity", "observation", "relation"
STATED = (ENTITY, OBSERVATION, RELATION)  # the memory types of statements

Existing = Literal["extend", "skip", "require"]  # what becomes of entities that are known, or not

_ENTITY_KEYS = ("name", "type", "observations")
_RELATION_KEYS = ("source", "relationship", "destination")


@dataclass(frozen=True, slots=True)
class GraphStatement:
    """One statement of an entity.

    `text` is the type of an entity, an observation, or a relationship, with its `destination`.
    """

    kind: str
    entity: str
    text: str
    destination: str = ""

    @classmethod
    def of(cls, record: MemoryRecord) -> Self | None:
        """Return what a memory states; None if it is no statement, or another text by now."""
        data = record.metadata
        match record.memory_type:
            case "entity":
                found = cls(ENTITY, data.get("entity", ""), data.get("entity_type", ""))
            case "observation":
                name = data.get("entity", "")
                text = record.content.removeprefix(f"{name}: ")
                found = cls(OBSERVATION, name, text)
            case "relation":
                found = cls(RELATION, *(data.get(key, "") for key in _RELATION_KEYS))
                if not found._is_text() or found.content != record.content:
                    return None
            case _:
                return None
        return found if found.entity and found._is_text() else None

    @property
    def content(self) -> str:
        """The text of the memory."""
        if self.kind == OBSERVATION:
            return f"{self.entity}: {self.text}"
        if self.kind == RELATION:
            return f"{self.entity} {' '.join(_words(self.text))} {self.destination}"
        return f"{self.entity} ({self.text})" if self.text else self.entity

    @property
    def metadata(self) -> dict[str, Any]:
        """The metadata of the memory."""
        if self.kind == RELATION:
            values = (self.entity, self.text, self.destination)
            return dict(zip(_RELATION_KEYS, values, strict=True))
        return {"entity": self.entity} | (
            {"entity_type": self.text} if self.kind == ENTITY and self.text else {}
        )

    @property
    def relation(self) -> Relation | None:
        """The relation as searches return it, in lower case with underscores."""
        if self.kind != RELATION:
            return None
        return Relation(self.entity, "_".join(_words(self.text)).lower(), self.destination)

    @property
    def names(self) -> tuple[str, ...]:
        """The entities that the statement names."""
        return (self.entity, self.destination) if self.kind == RELATION else (self.entity,)

    def _is_text(self) -> bool:
        """Return True if every value is text; the metadata of a memory may hold anything."""
        return all(isinstance(each, str) for each in (self.entity, self.text, self.destination))


@dataclass(slots=True)
class Node:
    """An entity of a graph: its type, and what is observed of it."""

    name: str
    kind: str = ""
    observations: list[str] = field(default_factory=list)

    def has_text(self, folded: str) -> bool:
        """Return True if a text without case is part of the name, the type or an observation."""
        texts = (self.name, self.kind, *self.observations)
        return any(folded in text.casefold() for text in texts)


@dataclass(slots=True)
class Graph:
    """Entities by name, and relations, both in the order of writing."""

    entities: dict[str, Node] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        records: Iterable[MemoryRecord],
        extracted: Iterable[tuple[MemoryRecord, Relation]] = (),
    ) -> Self:
        """Return the graph that memories state, oldest first, and then what was extracted.

        A relation that was extracted makes both ends entities, and its memory is an observation of
        the source.
        """
        nodes: dict[str, Node] = {}
        seen: dict[str, dict[str, None]] = {}
        relations: dict[Relation, None] = {}

        def node_of(name: str) -> Node:
            return nodes.setdefault(name, Node(name))

        for record in records:
            found = GraphStatement.of(record)
            if found is None:
                continue
            if found.kind == RELATION:
                relations[Relation(found.entity, found.text, found.destination)] = None
                continue
            node = node_of(found.entity)
            if found.kind == ENTITY:
                node.kind = node.kind or found.text
            else:
                seen.setdefault(node.name, {})[found.text] = None
        for record, relation in extracted:
            node_of(relation.source)
            node_of(relation.destination)
            seen.setdefault(relation.source, {})[record.content] = None
            relations[relation] = None
        for name, texts in seen.items():
            nodes[name].observations = list(texts)
        return cls(nodes, list(relations))

    def part(self, is_wanted: Callable[[Node], bool]) -> "Graph":
        """Return the wanted entities, and the relations with a wanted one at an end."""
        chosen = {name: node for name, node in self.entities.items() if is_wanted(node)}
        relations = [r for r in self.relations if r.source in chosen or r.destination in chosen]
        return Graph(chosen, relations)


def check_entities(entities: object, name: str = "entities") -> list[Node]:
    """Return entities that are given as names, or as dicts with name, type and observations.

    Raises:
        ValidationError: one is something else.
    """
    return [check_entity(each, f"{name}[{i}]") for i, each in enumerate(check_list(entities, name))]


def check_names(names: object, place: str) -> list[str]:
    """Return a list of names, or an empty one for None.

    Raises:
        ValidationError: it is something else.
    """
    return [check_text(each, f"{place}[{i}]") for i, each in enumerate(check_list(names, place))]


def check_relations(relations: object, name: str = "relations") -> list[GraphStatement]:
    """Return relations that are given as dicts with source, relationship and destination.

    Raises:
        ValidationError: one is something else.
    """
    listed = check_list(relations, name)
    return [check_relation(each, f"{name}[{i}]") for i, each in enumerate(listed)]


def check_relation(given: object, place: str) -> GraphStatement:
    """Return one relation, as `check_relations`."""
    fields = check_keys(given, _RELATION_KEYS, place)
    values = [check_text(fields.get(key), f"{place}.{key}") for key in _RELATION_KEYS]
    if not _words(values[1]):
        raise ValidationError(f"{place}.relationship must have a word, got {quoted(values[1])}")
    return GraphStatement(RELATION, *values)


def check_list(value: object, name: str) -> list[Any]:
    """Return a list, or an empty one for None.

    Raises:
        ValidationError: it is something else.
    """
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise ValidationError(f"{name} must be a list, got {quoted(value)}")
    return list(value)


def check_keys(value: object, keys: Iterable[str], place: str) -> Mapping[str, Any]:
    """Return a dict with known keys only.

    Raises:
        ValidationError: it is something else.
    """
    known = ", ".join(keys)
    if not isinstance(value, Mapping):
        raise ValidationError(f"{place} must be a dict with {known}, got {quoted(value)}")
    for key in value:
        if key not in keys:
            raise ValidationError(f"{place} has no field {quoted(key)}: give {known}")
    return value


def statements(nodes: Iterable[Node], relations: Iterable[GraphStatement]) -> list[GraphStatement]:
    """Return what entities and relations state, each once, entities first."""
    found: dict[GraphStatement, None] = {}
    for node in nodes:
        found[GraphStatement(ENTITY, node.name, node.kind)] = None
        found |= dict.fromkeys(GraphStatement(OBSERVATION, node.name, o) for o in node.observations)
    return list(found | dict.fromkeys(relations))


def check_entity(given: object, place: str) -> Node:
    """Return one entity, as `check_entities`."""
    if isinstance(given, str):
        return Node(check_text(given, place))
    entity = check_keys(given, _ENTITY_KEYS, place)
    kind = entity.get("type")
    observations = check_list(entity.get("observations"), f"{place}.observations")
    return Node(
        check_text(entity.get("name"), f"{place}.name"),
        check_text(kind, f"{place}.type") if kind else "",
        [check_text(each, f"{place}.observations[{i}]") for i, each in enumerate(observations)],
    )


def _words(relationship: str) -> list[str]:
    return relationship.replace("_", " ").split()
