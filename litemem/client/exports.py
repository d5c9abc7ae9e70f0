"""Exports: a tenant's memories, asked for now and fetched at once or later."""

from collections.abc import Mapping
from typing import Any

from litemem.client.face import ClientFace, Result
from litemem.core import clock
from litemem.core.arguments import check_instructions, check_json, check_text
from litemem.core.scope import ID_KEYS, Scope
from litemem.errors import ValidationError, quoted
from litemem.store.filters import compile_filter
from litemem.transfer.export import export


def create_memory_export(
    self: ClientFace,
    schema: str | Mapping[str, Any],
    *,
    filters: Mapping[str, Any] | None = None,
    user_id: str | None = None,
    agent_id: str | None = None,
    app_id: str | None = None,
    run_id: str | None = None,
    export_instructions: str | None = None,
    org_id: str | None = None,
    project_id: str | None = None,
) -> Result:
    """Note what is to be exported: `{"message", "id"}`; `get_memory_export` fetches it.

    The memories are read when they are fetched, so that no copy outlives a deletion. The schema is
    kept with the request and shapes nothing: memories are exported whole.

    Raises:
        ScopeError: no id bounds it. FilterError, ValidationError: an argument is wrong.
    """
    scope = Scope(user_id=user_id, agent_id=agent_id, app_id=app_id, run_id=run_id)
    compile_filter(filters, scope)
    if not isinstance(schema, str | Mapping):
        raise ValidationError(f"schema takes a JSON schema, text or dict, not {quoted(schema)}")
    instructions = check_instructions(export_instructions, "export_instructions")
    given = {"schema": schema, "filters": filters, "instructions": instructions}
    request = check_json(given, "the request")
    export_id = clock.new_id()
    with self.memory.store.transaction() as tx:
        tx.put_export(export_id, request | scope.ids(), self.now())
    return {"message": "Memory export is ready to be fetched.", "id": export_id}


def get_memory_export(
    self: ClientFace,
    *,
    memory_export_id: str | None = None,
    filters: Mapping[str, Any] | None = None,
    user_id: str | None = None,
    agent_id: str | None = None,
    app_id: str | None = None,
    run_id: str | None = None,
    org_id: str | None = None,
    project_id: str | None = None,
) -> Result:
    """Return all memories of an export, or of a scope at once: `{"memories": [{…}, …]}`.

    Newest first, also the expired and the superseded.

    Raises:
        ScopeError: no id bounds it. FilterError: the filter is wrong.
        ValidationError: there is no such export, or a scope is given besides.
    """
    scope = Scope(user_id=user_id, agent_id=agent_id, app_id=app_id, run_id=run_id)
    if memory_export_id is not None:
        if scope or filters is not None:
            raise ValidationError("memory_export_id says what to export: give no ids or filters")
        request = _request(self, check_text(memory_export_id, "memory_export_id"))
        filters = request["filters"]
        scope = Scope(**{key: request.get(key) for key in ID_KEYS})
    condition = compile_filter(filters, scope)
    return {"memories": list(export(self.memory.store, condition))}


def _request(client: ClientFace, export_id: str) -> dict[str, Any]:
    request = client.memory.store.export_request(export_id)
    if request is None:
        raise ValidationError(
            f"memory_export_id={quoted(export_id)} is unknown: create_memory_export() returns an id"
        )
    return request
