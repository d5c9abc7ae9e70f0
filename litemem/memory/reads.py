"""Reading: what is in a scope, what answers a query, and what happened to a memory."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from litemem.core import clock
from litemem.core.arguments import check_flag, check_text, check_threshold, check_top_k
from litemem.core.results import (
    explained_match_dict,
    history_dict,
    match_dict,
    memory_dict,
    relation_dict,
)
from litemem.memory.face import (
    THRESHOLD,
    TOP_K,
    ReadingFace,
    Result,
    moment,
    relations_of,
    scope_of,
    wants_graph,
)
from litemem.models.embedding import QueryCache
from litemem.retrieval import search as searching
from litemem.retrieval.graph import search_relations
from litemem.store.filters import compile_filter, compile_ids
from litemem.store.sqlite import visible


def search(
    self: ReadingFace,
    query: str,
    *,
    user_id: str | None = None,
    agent_id: str | None = None,
    app_id: str | None = None,
    run_id: str | None = None,
    filters: Mapping[str, Any] | None = None,
    top_k: int | None = None,
    limit: int | None = None,
    threshold: float | None = THRESHOLD,
    rerank: bool = False,
    explain: bool = False,
    reference_date: clock.Time | None = None,
    show_expired: bool = False,
    show_superseded: bool = False,
    as_of: clock.Time | None = None,
    enable_graph: bool | None = None,
) -> Result:
    """Find what answers `query` in a scope: `{"results": [{"id", "memory", "score", …}, …]}`.

    Best first; scores go from 0 to 1, and mean the same in every search: what a memory scores
    does not depend on what else is found. `limit` is another `top_k`.

    Args:
        threshold: what scores less is left out.
        rerank: the reranker, if there is one, orders what was found by a `rerank_score`.
        explain: each result has `score_details`; `docs/reference/scores.md` tells the parts.
        reference_date: the day on which "last month" or "yesterday" is said in the query, by
            default that of `as_of`, or today. With it, a month without a year is the last one
            before; without it, that of any year.

    With `as_of`, among the memories that held at that time instead of those that hold now.
    With `enable_graph` there are also `relations`, at most `top_k`: those of what the query
    names or means, and those of the memories that were found.

    Raises:
        ScopeError: no id bounds the search. FilterError, ValidationError: an argument is wrong.
        EmbedderError: the query could not be embedded. RerankerError: the reranker failed.
    """
    check_text(query, "query")
    wanted = check_top_k(top_k, limit, TOP_K)
    least = check_threshold(threshold)
    is_explained = check_flag(explain, "explain")
    show = partial(explained_match_dict, threshold=least) if is_explained else match_dict
    held_at = moment(as_of)
    options = searching.SearchOptions(
        top_k=wanted,
        threshold=least,
        now=self._now() if held_at is None else held_at,
        reference=moment(reference_date, "reference_date"),
        reranker=self.reranker if check_flag(rerank, "rerank") else None,
    )
    scope = scope_of(user_id, agent_id, app_id, run_id)
    condition = visible(
        compile_filter(filters, scope),
        self._now(),
        check_flag(show_expired, "show_expired"),
        check_flag(show_superseded, "show_superseded"),
        held_at,
    )
    with_graph = wants_graph(self, enable_graph)
    embedder = QueryCache(self.embedder) if with_graph else self.embedder
    found = searching.search(self.store, embedder, query, condition, options)
    result: Result = {"results": [show(f) for f in found]}
    if with_graph:
        bound = compile_ids(filters, scope)
        reached = search_relations(
            self.store, embedder, query, found, condition=condition, bound=bound, limit=wanted
        )
        result["relations"] = [relation_dict(relation) for relation in reached]
    return result


def get(self: ReadingFace, memory_id: str) -> Result | None:
    """Return one memory, or None."""
    record = self.store.get(check_text(memory_id, "memory_id"))
    return None if record is None else memory_dict(record) | {"score": None}


def get_all(
    self: ReadingFace,
    *,
    user_id: str | None = None,
    agent_id: str | None = None,
    app_id: str | None = None,
    run_id: str | None = None,
    filters: Mapping[str, Any] | None = None,
    top_k: int | None = None,
    limit: int | None = None,
    show_expired: bool = False,
    show_superseded: bool = False,
    as_of: clock.Time | None = None,
    enable_graph: bool | None = None,
) -> Result:
    """Return a scope's memories, newest first: `{"results": [{"id", "memory", …}, …]}`.

    With `as_of`, those that held at that time instead of those that hold now. With
    `enable_graph` there are also the `relations` that these memories tell.

    Raises:
        ScopeError: no id bounds it. FilterError, ValidationError: an argument is wrong.
    """
    wanted = check_top_k(top_k, limit, TOP_K)
    condition = compile_filter(filters, scope_of(user_id, agent_id, app_id, run_id))
    shown = visible(
        condition,
        self._now(),
        check_flag(show_expired, "show_expired"),
        check_flag(show_superseded, "show_superseded"),
        moment(as_of),
    )
    records = self.store.select(shown, limit=wanted)
    result: Result = {"results": [memory_dict(record) for record in records]}
    if wants_graph(self, enable_graph):
        result["relations"] = relations_of(self, records)
    return result


def history(self: ReadingFace, memory_id: str) -> list[Result]:
    """Return what happened to a memory, oldest first; nothing for an unknown id."""
    entries = self.store.history(check_text(memory_id, "memory_id"))
    return [history_dict(entry) for entry in entries]
