"""The pages that show something; `changes` has those that change it."""

import json
import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from litemem.core import clock
from litemem.core.scope import EVERYONE, ID_KEYS
from litemem.core.types import FEEDBACK, LoggedMessage, MemoryRecord, Shown
from litemem.errors import EmbedderError, LitememError, MemoryNotFoundError, ValidationError
from litemem.inspector import drawing
from litemem.inspector.selection import STATES, Selection
from litemem.inspector.site import Site
from litemem.maintenance.backup import copies_of
from litemem.memory import BUDGET, THRESHOLD, TOP_K
from litemem.models.files import installed
from litemem.models.registry import Model, all_models
from litemem.retrieval.context import LEAST
from litemem.store.filters import Condition, compile_filter, compile_ids
from litemem.store.liveness import programs_with
from litemem.store.protocol import NO_LIMIT, Reading, Standing

PAGE = 50  # memories of a list
NEWEST = 8  # memories on the overview
LISTED = 400  # characters of a text in a list
WHOLE = 20_000  # characters of a text on its own page; the rest has an address of its own
CHAIN = 40  # memories of a chain of supersessions
LISTED_TURNS = 20  # pending ones
SHOWN = 50  # runs that a memory was shown to
MESSAGES = 50  # of a page of a conversation
CONVERSATIONS = 100  # that are listed, those with the latest messages
AFTER = 10  # messages that a link to one message shows behind it
PUT_IN = 400  # memories that a page of a conversation shows as given to the agent
BELOW = 8  # results that were not good enough
MAX_TOP_K = 100
RELATED = 1_000  # newest memories of a scope that a graph is drawn of
PARTS = (  # of a score, as `Memory.search` names them, and what people call them
    ("meaning", "semantic_score"),
    ("words", "bm25_score"),
    ("message", "source_score"),
    ("neighbours", "neighbour_boost"),
    ("run", "run_boost"),
    ("speaker", "speaker_boost"),
    ("date", "date_boost"),
    ("answer", "answer_boost"),
)
_MIN_PART = 0.005  # a smaller part of a score would be shown as 0.00


@dataclass(frozen=True, slots=True)
class Row:
    """A memory of a list."""

    record: MemoryRecord
    standing: Standing
    supersedes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Given:
    """What a hook gave to an agent at one moment: ids, with texts if they are still stored."""

    entry: Shown
    memories: Sequence[tuple[str, str | None]]


def overview(site: Site, request: Request) -> Response:
    """Show who has memories, how many, since when, and the newest ones."""
    census = site.counter.census()
    with site.memory.store.read() as r:
        newest = r.memories.written(limit=NEWEST)
        rows = _rows(r, newest)
        shown = r.shown.latest(limit=NEWEST)
        texts = {each.id: each.content for each in r.memories.get_many([i for i, _ in shown])}
    values: dict[str, Any] = {
        "census": census,
        "is_counting": not (site.counter.is_current() or site.counter.problem),
        "problem": site.counter.problem,
        "rows": rows,
        "damaged": newest.damaged,
        "shown": [(memory_id, texts.get(memory_id), entry) for memory_id, entry in shown],
        "listed": LISTED,
        "growth": drawing.growth(census.growth) if census else None,
        "owners": _owners(census.owners) if census else {},
    }
    return site.page(request, "overview.html", values)


def memories(site: Site, request: Request) -> Response:
    """List the memories of a selection, newest first."""
    selection = Selection.read(request.query_params)
    after = request.query_params.get("after") or None
    with site.memory.store.read() as r:
        found = selection.page(r, clock.now(), limit=PAGE + 1, after=after)
        rows = _rows(r, found[:PAGE])
    values = {
        "selection": selection,
        "rows": rows,
        "damaged": found.damaged,
        "more": rows[-1].record.id if len(found) > PAGE else None,
        "after": after,
        "states": STATES,
        "listed": LISTED,
        "done": request.query_params.get("done", ""),
        "number": request.query_params.get("number", ""),
        "undo": request.query_params.getlist("undo"),
    }
    return site.page(request, "memories.html", values, selection=selection)


def memory(site: Site, request: Request) -> Response:
    """Show one memory: where it came from, what replaced it, what happened to it."""
    memory_id = request.query_params.get("id", "")
    if not memory_id.strip():
        raise ValidationError("the address needs the id of a memory")
    if request.query_params.get("as") == "text":
        return _plain_text(site, memory_id)
    with site.memory.store.read() as r:
        record = r.memories.get(memory_id)
        deleted = r.memories.deleted(memory_id) if record is None else None
        said = r.messages.get(memory_id) if record is None else None
        history = r.memories.history(memory_id)
        shown = record or said or (deleted.record if deleted else None)
        if shown is None and not history:
            raise MemoryNotFoundError(f"no memory, present or deleted, has the id {memory_id!r}")
        logged = r.messages.logged_for(memory_id)
        chain = _chain(r, record) if record else []
        standing = r.memories.standings([memory_id]).get(memory_id, Standing())
        relations = r.graph.of_memories([memory_id])
        doubts = _doubts(r, record) if record else []
        entries = r.shown.of_memory(memory_id, limit=SHOWN)
    values = {
        "id": memory_id,
        "record": shown,
        "metadata": json.dumps(dict(shown.metadata) if shown else {}, ensure_ascii=False, indent=2),
        "exists": record is not None,
        "is_message": said is not None,
        "can_restore": deleted is not None,
        "messages": logged,
        "chain": chain,
        "history": history,
        "standing": standing,
        "relations": relations,
        "doubts": doubts,
        "entries": entries,
        "ratings": FEEDBACK,
        "last_text": next((h.new_memory or h.old_memory for h in reversed(history)), ""),
        "whole": WHOLE,
        "after": AFTER,
        "done": request.query_params.get("done", ""),
    }
    selection = Selection(shown.scope) if shown else None
    return site.page(request, "memory.html", values, selection=selection)


def search(site: Site, request: Request) -> Response:
    """Show a search as an agent gets it, with what was not good enough."""
    given = request.query_params
    selection = Selection.read({key: given[key] for key in ID_KEYS if key in given})
    query = given.get("query", "").strip()
    options = _search_options(given)
    values: dict[str, Any] = {"query": query, **options, "results": None, "error": ""}
    if query:
        try:
            values |= _searched(site, selection, query, options)
        except EmbedderError as error:
            values["error"] = str(error)
    return site.page(request, "search.html", values, selection=selection)


def conversation(site: Site, request: Request) -> Response:
    """Show the messages of a scope in order, with the memories that came from each."""
    selection = Selection.read(request.query_params)
    before = _key(request.query_params.get("before", ""))
    values: dict[str, Any] = {"moments": [], "conversations": [], "damaged": (), "older": None}
    with site.memory.store.read() as r:
        if not selection.scope:
            values["conversations"] = r.messages.conversations(limit=CONVERSATIONS)
        else:
            ids = compile_ids(None, selection.scope)
            found = r.messages.logged(ids, limit=MESSAGES + 1, before=before)
            page = found[-MESSAGES:]
            has_older = len(found) > MESSAGES
            given = _given(r, ids, page, has_older=has_older, has_newer=before is not None)
            values["moments"] = [*_in_order(page, given)]
            values["damaged"] = found.damaged
            values["older"] = page[0].key if has_older else None
    values |= {"before": before, "listed": LISTED}
    return site.page(request, "conversation.html", values, selection=selection)


def _key(given: str) -> int | None:
    """Return the key of a message in an address."""
    if not given:
        return None
    if not given.isascii() or not given.isdigit() or len(given) > len(str(NO_LIMIT)):
        raise ValidationError("before must be the number of a message")
    return min(int(given), NO_LIMIT)


def _given(
    r: Reading, ids: Condition, page: Sequence[LoggedMessage], *, has_older: bool, has_newer: bool
) -> list[Given]:
    """Return what agents were given while they had a page's messages, in order."""
    found: dict[Shown, list[str]] = {}
    for memory_id, entry in r.shown.latest(limit=PUT_IN, ids=ids):
        is_early = has_older and entry.at < page[0].said.created_at
        is_late = has_newer and bool(page) and entry.at > page[-1].said.created_at
        if not is_early and not is_late:
            found.setdefault(entry, []).append(memory_id)
    named = [memory_id for memory_ids in found.values() for memory_id in memory_ids]
    texts = {each.id: each.content for each in r.memories.get_many(named)}
    said = {memory_id: r.messages.get(memory_id) for memory_id in {*named} - texts.keys()}
    texts |= {memory_id: record.content for memory_id, record in said.items() if record}
    return [
        Given(entry, [(memory_id, texts.get(memory_id)) for memory_id in reversed(memory_ids)])
        for entry, memory_ids in sorted(found.items(), key=lambda each: each[0].at)
    ]


def _in_order(
    page: Sequence[LoggedMessage], given: Sequence[Given]
) -> Iterator[LoggedMessage | Given]:
    """Yield messages in their order, and before each what was given until then."""
    waiting = deque(given)
    for message in page:
        while waiting and waiting[0].entry.at <= message.said.created_at:
            yield waiting.popleft()
        yield message
    yield from waiting


def graph(site: Site, request: Request) -> Response:
    """Show the names and relations of a scope as a picture."""
    selection = Selection.read(request.query_params)
    condition = compile_filter(None if selection.scope else EVERYONE, selection.scope)
    with site.memory.store.read() as r:
        if selection.scope:
            found = r.memories.select(condition, limit=RELATED)
        else:
            found = r.memories.written(limit=RELATED)
        relations = r.graph.of_memories([record.id for record in found])
    picture = drawing.graph(relations)
    values = {"picture": picture, "relations": relations, "memories": len(found)}
    return site.page(request, "graph.html", values, selection=selection)


def health(site: Site, request: Request) -> Response:
    """Show the state of the file, of its models, and what `verify` finds."""
    asked = request.query_params.get("check", "")
    found = site.memory.verify(full=asked == "full") if asked in ("quick", "full") else None
    with site.memory.store.read() as r:
        stored = r.settings.embedder()
        overview = r.overview()
        pending = r.turns.pending(LISTED_TURNS)
        unreadable = r.turns.set_aside()
    copies = [(copy, copy.stat()) for copy in copies_of(site.memory.store.path) if copy.exists()]
    values = {
        "census": site.counter.census(),
        "copies": [(copy.name, status.st_size, status.st_mtime) for copy, status in copies],
        "models": [(model, _state(model)) for model in all_models()],
        "programs": programs_with(site.memory.store.path),
        "this_pid": os.getpid(),
        "found": found,
        "stored": stored,
        "embedder": site.memory.embedder.identity,
        "pending": pending,
        "overview": overview,
        "unreadable": unreadable,
    }
    return site.page(request, "health.html", values)


def _state(model: Model) -> str:
    """Return the state of a model's files: the worst one of them."""
    states = [file.state for file in installed(model)]
    return next((each for each in ("missing", "wrong", "untrusted") if each in states), "installed")


def export(site: Site, request: Request) -> Response:
    """Send the memories of a scope as the lines that `Memory.import_file` reads."""
    selection = Selection.read(request.query_params)
    return archive(site.memory.export(**selection.arguments))


def archive(lines: Iterator[str]) -> Response:
    """Return an export as a file."""
    headers = {"content-disposition": 'attachment; filename="memories.jsonl"'}
    return StreamingResponse(_ended(lines), media_type="application/jsonl", headers=headers)


def _ended(lines: Iterator[str]) -> Iterator[str]:
    """Yield the lines of an export; an error is the last one, which no import takes."""
    try:
        yield from lines
    except LitememError as error:
        yield f"This export is not complete: {error}\n"


def _plain_text(site: Site, memory_id: str) -> Response:
    found = site.memory.get(memory_id)
    if found is None:
        raise MemoryNotFoundError(f"no memory has the id {memory_id!r}")
    return Response(found["memory"].encode(), media_type="text/plain; charset=utf-8")


def _rows(r: Reading, records: Sequence[MemoryRecord]) -> list[Row]:
    ids = [record.id for record in records]
    standings, superseded = r.memories.standings(ids), r.memories.annotations(ids).superseded
    return [
        Row(record, standings.get(record.id, Standing()), superseded.get(record.id, ()))
        for record in records
    ]


def _owners(owners: Sequence[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for owner in owners:
        found.setdefault(owner.kind, []).append(owner)
    return found


def _chain(r: Reading, record: MemoryRecord) -> list[MemoryRecord]:
    """Return what a memory replaced and what replaced it, oldest first, if anything did."""
    found = {record.id: record}
    waiting = [record.id]
    while waiting and len(found) < CHAIN:
        superseded = r.memories.annotations(waiting).superseded
        before = [memory_id for ids in superseded.values() for memory_id in ids]
        waiting = [memory_id for memory_id in before if memory_id not in found]
        found |= {each.id: each for each in r.memories.get_many(waiting)}
    last = record
    while last.superseded_by is not None and len(found) < CHAIN:
        following = r.memories.get(last.superseded_by)
        if following is None or following.id in found:
            break
        found[following.id] = last = following
    chain = sorted(found.values(), key=lambda each: (each.since, each.created_at, each.id))
    return chain if len(chain) > 1 else []


def _doubts(r: Reading, record: MemoryRecord) -> list[Any]:
    condition = compile_filter(None, record.scope)
    return list(r.conflicts.select(condition, memory_ids=[record.id]))


def _search_options(given: Mapping[str, str]) -> dict[str, Any]:
    try:
        top_k = min(max(int(given.get("top_k") or TOP_K), 1), MAX_TOP_K)
        threshold = min(max(float(given.get("threshold") or THRESHOLD), 0.0), 1.0)
    except ValueError as error:
        raise ValidationError("top_k and threshold must be numbers") from error
    return {"top_k": top_k, "threshold": threshold, "as_of": given.get("as_of", "").strip()}


def _searched(
    site: Site, selection: Selection, query: str, options: Mapping[str, Any]
) -> dict[str, Any]:
    top_k, threshold = options["top_k"], options["threshold"]
    bounds = {**selection.arguments, "as_of": options["as_of"] or None}
    found = site.memory.search(query, top_k=top_k + BELOW, threshold=0, explain=True, **bounds)
    shown = [each | {"parts": _score_parts(each["score_details"])} for each in found["results"]]
    results = [each for each in shown if each["score"] >= threshold][:top_k]
    below = [
        each | {"reason": _why_below(each["score"], top_k, threshold)}
        for each in shown[len(results) : len(results) + BELOW]
    ]
    least = max(threshold, LEAST)
    context = site.memory.context(query, threshold=least, why=True, **bounds)
    return {"results": results, "below": below, "context": context, "budget": BUDGET}


def _why_below(score: float, top_k: int, threshold: float) -> str:
    if score < threshold:
        return f"its score is less than {threshold:g}"
    return f"{top_k} others are better"


def _score_parts(details: Mapping[str, Any]) -> list[tuple[str, float]]:
    parts = [(name, float(details.get(key, 0.0))) for name, key in PARTS]
    return [(name, min(value, 1.0)) for name, value in parts if value >= _MIN_PART]
