"""The graph as the reference memory server keeps it: JSON Lines of entities and relations."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from litemem.core.graph import Graph, GraphStatement, Node, check_entity, check_relation
from litemem.core.types import Found
from litemem.errors import ValidationError, quoted
from litemem.store.filters import Condition
from litemem.store.protocol import Reading
from litemem.transfer.importer import opened

MAX_LINE = 100_000_000  # bytes
_ENTITY = {"name": "name", "entityType": "type", "observations": "observations"}
_RELATION = {"from": "source", "relationType": "relationship", "to": "destination"}


def read_graph(source: str | Path | BinaryIO) -> tuple[list[Node], list[GraphStatement], list[str]]:
    """Return the entities and relations of a file, and a sentence on each kind of omission.

    Raises:
        ValidationError: a line is something else. StoreError: the file cannot be read.
    """
    nodes: list[Node] = []
    relations: list[GraphStatement] = []
    blank, number = 0, 0
    with opened(source) as file:
        while line := file.readline(MAX_LINE):
            number += 1
            if not line.strip():
                continue
            place = f"line {number}"
            item = _item(line, place)
            if item.get("type") == "relation":
                relations.append(check_relation(_renamed(item, _RELATION, place), place))
            else:
                entity = _renamed(item, _ENTITY, place)
                texts = entity["observations"]
                if isinstance(texts, list):
                    kept = [e for e in texts if not (isinstance(e, str) and not e.strip())]
                    blank += len(texts) - len(kept)
                    entity["observations"] = kept
                nodes.append(check_entity(entity, place))
    omitted = [f"blank observations that are left out: {blank:,}"] if blank else []
    return nodes, relations, omitted


def write_graph(reading: Reading, condition: Condition, out: BinaryIO) -> Found[int]:
    """Write the graph of a condition; return the numbers of entities and relations.

    Memories that cannot be read are left out and named.
    """
    stated, extracted = reading.graph.statements(condition), reading.graph.extracted(condition)
    graph = Graph.of(stated, extracted)
    for node in graph.entities.values():
        _write(out, "entity", (node.name, node.kind, node.observations), _ENTITY)
    for each in graph.relations:
        _write(out, "relation", (each.source, each.relationship, each.destination), _RELATION)
    numbers = [len(graph.entities), len(graph.relations)]
    return Found(numbers, (*stated.damaged, *extracted.damaged))


def _item(line: bytes, place: str) -> Mapping[str, Any]:
    try:
        item = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ValidationError(f"{place} is not JSON in UTF-8: {error}") from error
    if not isinstance(item, dict) or item.get("type") not in ("entity", "relation"):
        raise ValidationError(
            f'{place} must be an object with the "type" "entity" or "relation", got {quoted(item)}'
        )
    return item


def _renamed(item: Mapping[str, Any], names: Mapping[str, str], place: str) -> dict[str, Any]:
    """Return the fields under our names; the reference server ignores others."""
    missing = [key for key in names if key not in item]
    if missing:
        raise ValidationError(f"{place} has no {quoted(missing[0])}")
    return {ours: item[theirs] for theirs, ours in names.items()}


def _write(out: BinaryIO, kind: str, values: tuple[Any, ...], names: Mapping[str, str]) -> None:
    # the order of their fields is from, to, relationType
    item = {"type": kind} | dict(zip(names, values, strict=True))
    if "to" in item:
        item["relationType"] = item.pop("relationType")
    out.write(json.dumps(item, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
