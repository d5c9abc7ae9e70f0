"""Entities: whom memories belong to, what is known of each, and what was thought of a memory."""

from collections.abc import Mapping
from typing import Any

from litemem.client.face import ClientFace, Result
from litemem.client.summaries import summaries
from litemem.core.arguments import check_instructions, check_text
from litemem.core.results import entity_dict
from litemem.core.scope import Scope
from litemem.core.types import FEEDBACK
from litemem.errors import ValidationError, quoted
from litemem.store.filters import compile_filter
from litemem.store.sqlite import visible


def users(self: ClientFace) -> Result:
    """Return everyone that memories belong to, and how many there are of each kind.

    `{"count", "next", "previous", "results": [{"id", "name", "type", "total_memories", …}, …],
    "total_users", "total_agents", "total_apps", "total_runs"}`, all on one page.
    """
    found = self.memory.store.entities()
    kinds = [entity.kind for entity in found]
    return {
        "count": len(found),
        "next": None,
        "previous": None,
        "results": [entity_dict(entity) for entity in found],
        **{f"total_{kind}s": kinds.count(kind) for kind in ("user", "agent", "app", "run")},
    }


def delete_users(
    self: ClientFace,
    user_id: str | None = None,
    agent_id: str | None = None,
    app_id: str | None = None,
    run_id: str | None = None,
) -> Result:
    """Remove each of these with all its memories: all of the user, and all of the agent.

    Unlike `delete_all`, which removes what carries all the ids that it is given.

    Raises:
        ScopeError: no id is given; `reset` removes everything.
    """
    scope = Scope(user_id=user_id, agent_id=agent_id, app_id=app_id, run_id=run_id)
    ids = scope.require("delete_users(), unlike reset(), which removes everything,").ids()
    self.memory.delete_all(filters={"OR": [{key: value} for key, value in ids.items()]})
    return {"message": "Entity deleted successfully."}


def get_summary(self: ClientFace, filters: Mapping[str, Any] | None = None) -> list[Result]:
    """Return what is known in each exact scope that a filter reaches, newest first.

    `[{"user_id", …, "summary", "total_memories", "created_at", "updated_at"}, …]`. The summary is
    the memories' own text, a line each, oldest first: no model writes it.

    Raises:
        ScopeError: no id bounds the filter. FilterError: it is wrong.
    """
    shown = visible(compile_filter(filters, Scope()), self.now(), False, False)
    return summaries(self.memory.store.select(shown))


def feedback(
    self: ClientFace,
    memory_id: str,
    feedback: str | None = None,
    feedback_reason: str | None = None,
) -> Result:
    """Note what a memory was worth: POSITIVE, NEGATIVE, VERY_NEGATIVE; None takes it back.

    The last word on a memory counts, and goes when the memory does.

    Raises:
        MemoryNotFoundError: no memory has this id. ValidationError: it is none of these words.
    """
    word = None if feedback is None else check_text(feedback, "feedback").upper()
    if word is not None and word not in FEEDBACK:
        raise ValidationError(f"feedback={quoted(feedback)}: it is {', '.join(FEEDBACK)} or None")
    reason = check_instructions(feedback_reason, "feedback_reason")
    with self.memory.store.transaction() as tx:
        tx.put_feedback(check_text(memory_id, "memory_id"), word, reason, self.now())
    return {"id": memory_id, "feedback": word, "feedback_reason": reason}
