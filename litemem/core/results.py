"""Records as dicts in the shapes of Mem0."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from litemem.core import clock
from litemem.core.graph import Graph
from litemem.core.text.passages import snippet
from litemem.core.text.periods import written
from litemem.core.types import (
    AddResult,
    Annotations,
    Disagreement,
    Entity,
    Found,
    HistoryEntry,
    Match,
    MemoryRecord,
    Relation,
    SetAside,
    SourceMessage,
    TurnEvent,
)

_OPTIONAL = ("actor_id", "role", "attributed_to", "memory_type", "superseded_by")
_PLAIN = Annotations()


def with_damaged(result: dict[str, Any], *found: Found[Any]) -> dict[str, Any]:
    """Return a result that names what was left out of it, if anything was: `damaged: [ids]`."""
    damaged = list(dict.fromkeys(name for each in found for name in each.damaged))
    return result | {"damaged": damaged} if damaged else result


def memory_dicts(records: Iterable[MemoryRecord], notes: Annotations) -> list[dict[str, Any]]:
    """Return memories as in `get_all`; `event_date` has the days that they speak of, if any."""
    return _with_days([memory_dict(record, notes) for record in records], notes)


def memory_dict(record: MemoryRecord, notes: Annotations = _PLAIN) -> dict[str, Any]:
    """Return a memory as in `get_all`; optional keys without a value are omitted.

    `expires_at` is the time of the expiry, and `expiration_date` the last day before it.
    """
    shown: dict[str, Any] = {
        "id": record.id,
        "memory": record.content,
        "hash": record.hash.hex(),
        "metadata": dict(record.metadata) or None,
        "created_at": clock.to_iso(record.created_at),
        "updated_at": clock.to_iso(record.updated_at),
        **record.scope.ids(),
    }
    shown |= {n: v for n in _OPTIONAL if (v := getattr(record, n)) is not None}
    if supersedes := notes.superseded.get(record.id):
        shown["supersedes"] = list(supersedes)
    if record.categories:
        shown["categories"] = list(record.categories)
    if record.immutable:
        shown["immutable"] = True
    if record.repeats:
        shown["repeats"] = record.repeats
    if record.valid_from is not None:
        shown["valid_from"] = clock.to_iso(record.valid_from)
    if record.valid_to is not None:
        shown["valid_to"] = clock.to_iso(record.valid_to)
    if record.expires_at is not None:
        shown["expires_at"] = clock.to_iso(record.expires_at)
        shown["expiration_date"] = clock.last_day(record.expires_at)
    return shown


def conflict_dict(pair: Disagreement, notes: Annotations) -> dict[str, Any]:
    """Return an open conflict as in the result of `conflicts`."""
    return {
        "id": pair.id,
        "memories": memory_dicts(pair.memories, notes),
        "created_at": clock.to_iso(pair.created_at),
    }


def _with_days(shown: Iterable[dict[str, Any]], notes: Annotations) -> list[dict[str, Any]]:
    days = notes.days
    return [
        each | {"event_date": [written(period) for period in days[each["id"]]]}
        if each["id"] in days
        else each
        for each in shown
    ]


def add_result_dict(outcome: AddResult, *, inferred: bool) -> dict[str, Any]:
    """Return the outcome for one memory as in the result of `add`."""
    record = outcome.record
    shown: dict[str, Any] = {"id": record.id, "memory": record.content, "event": outcome.event}
    if outcome.previous is not None:
        shown["previous_memory"] = outcome.previous
    if outcome.supersedes:
        shown["supersedes"] = list(outcome.supersedes)
    if record.superseded_by is not None:
        shown["superseded_by"] = record.superseded_by
    if not inferred:
        shown |= {"actor_id": record.actor_id, "role": record.role}
    return shown


def added_dict(
    outcomes: Sequence[AddResult], *, inferred: bool, notes: Annotations = _PLAIN
) -> dict[str, Any]:
    """Return the result of `add`: what may have been meant to be forgotten is in `candidates`."""
    done = [each for each in outcomes if each.event != "CANDIDATE"]
    doubtful = [each.record for each in outcomes if each.event == "CANDIDATE"]
    result: dict[str, Any] = {"results": [add_result_dict(a, inferred=inferred) for a in done]}
    if doubtful:
        result["candidates"] = [memory_dict(record, notes) for record in doubtful]
    return result


def set_aside_dicts(set_aside: Iterable[SetAside]) -> dict[str, list[dict[str, Any]]]:
    """Return what `add` did not keep: facts, and what the messages say without a fact."""
    shown: dict[str, list[dict[str, Any]]] = {"set_aside": [], "without_facts": []}
    for each in set_aside:
        if each.is_clause:
            said = {"text": each.text, "reason": each.reason, "message": each.message}
            shown["without_facts"].append(said)
        else:
            shown["set_aside"].append(set_aside_dict(each))
    return shown


def set_aside_dict(each: SetAside) -> dict[str, Any]:
    """Return a fact that was not kept, as in the result of `add`."""
    shown = {"memory": each.text, "reason": each.reason, "message": each.message}
    if each.replaced_by is not None:
        shown["replaced_by"] = each.replaced_by
    if each.memory_id is not None:
        shown["id"] = each.memory_id
    return shown


def pending_dict(event_id: str) -> dict[str, Any]:
    """Return the result of an `add` in the background, as Mem0's service does."""
    return {
        "results": [],
        "event_id": event_id,
        "status": "PENDING",
        "message": "Memory processing has been queued for background execution",
    }


def turn_event_dict(event: TurnEvent) -> dict[str, Any]:
    """Return the outcome of an `add` in the background."""
    completed_at = event.completed_at
    return {
        "id": event.id,
        "status": event.status,
        **added_dict(event.results, inferred=True),
        "error": event.error,
        "created_at": clock.to_iso(event.created_at),
        "completed_at": None if completed_at is None else clock.to_iso(completed_at),
    }


def match_dicts(
    matches: Iterable[Match], notes: Annotations, explained_from: float | None = None
) -> list[dict[str, Any]]:
    """Return memories as in the result of `search`, with `rerank_score` if they were reranked.

    With a threshold they have the parts of their scores, by Mem0's names where Mem0 has them;
    `docs/reference/scores.md` explains them.
    """
    return _with_days([_match_dict(match, notes, explained_from) for match in matches], notes)


def _match_dict(found: Match, notes: Annotations, explained_from: float | None) -> dict[str, Any]:
    shown = memory_dict(found.record, notes) | {"score": found.score}
    if found.reranked is not None:
        shown["rerank_score"] = found.reranked
    if explained_from is not None and (parts := found.parts):
        shown["score_details"] = {
            "semantic_score": parts.meaning,
            "bm25_score": parts.words,
            "raw_score": parts.own,
            "neighbour_boost": parts.neighbours,
            "run_boost": parts.run,
            "speaker_boost": parts.speaker,
            "date_boost": parts.date,
            "answer_boost": parts.answer,
            "statement_factor": parts.stating,
            "max_possible_score": 1.0,
            "final_score": parts.final,
            "threshold": explained_from,
        }
        if parts.source:
            shown["score_details"]["source_score"] = parts.source
    return shown


def relation_dicts(relations: Iterable[Relation]) -> list[dict[str, Any]]:
    """Return relations as in the `relations` of a result."""
    return [relation_dict(relation) for relation in relations]


def with_sources(
    shown: Sequence[dict[str, Any]],
    sources: Mapping[str, Sequence[SourceMessage]],
    query: str,
) -> list[dict[str, Any]]:
    """Return memories with their source messages, each with what is nearest to a query."""
    return [
        each | {"sources": [_source_dict(source, query) for source in sources[each["id"]]]}
        if each["id"] in sources
        else each
        for each in shown
    ]


def _source_dict(source: SourceMessage, query: str) -> dict[str, Any]:
    return {
        "id": source.id,
        "role": source.role,
        "name": source.name,
        "created_at": clock.to_iso(source.created_at),
        "snippet": snippet(source.content, query),
    }


def relation_dict(relation: Relation) -> dict[str, Any]:
    """Return a relation as in the `relations` of a result."""
    return {
        "source": relation.source,
        "relationship": relation.relationship,
        "destination": relation.destination,
    }


def graph_dict(graph: Graph) -> dict[str, Any]:
    """Return a graph as in the result of `graph`."""
    return {
        "entities": [
            {"name": node.name, "type": node.kind, "observations": node.observations}
            for node in graph.entities.values()
        ],
        "relations": relation_dicts(graph.relations),
    }


def entity_dict(entity: Entity) -> dict[str, Any]:
    """Return a user, agent, app or run as in the result of `users`."""
    return {
        "id": entity.name,
        "name": entity.name,
        "type": entity.kind,
        "owner": None,
        "metadata": {},
        "total_memories": entity.memories,
        "created_at": clock.to_iso(entity.created_at),
        "updated_at": clock.to_iso(entity.updated_at),
    }


def said_dict(message_id: str, said: SourceMessage) -> dict[str, Any]:
    """Return the ADD of a message result, as in the result of `history`."""
    return history_dict(
        HistoryEntry(
            id=message_id,
            memory_id=message_id,
            event="ADD",
            old_memory=None,
            new_memory=said.content,
            created_at=said.created_at,
            updated_at=None,
            actor_id=said.name,
            role=said.role,
        )
    )


def history_dict(entry: HistoryEntry) -> dict[str, Any]:
    """Return an event as in the result of `history`."""
    return {
        "id": entry.id,
        "memory_id": entry.memory_id,
        "old_memory": entry.old_memory,
        "new_memory": entry.new_memory,
        "event": entry.event,
        "created_at": clock.to_iso(entry.created_at),
        "updated_at": None if entry.updated_at is None else clock.to_iso(entry.updated_at),
        "is_deleted": entry.event == "DELETE",
        "actor_id": entry.actor_id,
        "role": entry.role,
    } | _succession(entry)


def _succession(entry: HistoryEntry) -> dict[str, Any]:
    """Return the ids of the memories that replaced this one, or that it replaced."""
    shown: dict[str, Any] = {}
    if entry.superseded_by is not None:
        shown["superseded_by"] = entry.superseded_by
    if entry.supersedes:
        shown["supersedes"] = list(entry.supersedes)
    return shown
