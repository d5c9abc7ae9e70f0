"""The tools: Mem0's names and arguments, each a schema and a call on a `MemoryClient`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from litemem.core.scope import ID_KEYS
from litemem.errors import MemoryNotFoundError, ScopeError, ValidationError, quoted

if TYPE_CHECKING:  # at run time a call brings the client: its modules take 0.3 s
    from litemem.client import MemoryClient
    from litemem.integrations.mcp.protocol import Request

Result = dict[str, Any]
Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
POLL_SECONDS = 0.2  # between looks at the outcome of an extraction
PAGE_SIZE = 50  # memories; a page of the client would fill much of a context
BUDGET = 500  # tokens of a context
_STORED = "Stored, and can be found at once. The facts are extracted in the background."
_OWNERS = ("user_id", "agent_id", "run_id")  # one of them makes the default user superfluous
_UNINTERESTING = frozenset({"hash", "owner"})  # fields that cost a model tokens only


def object_with(**properties: Schema) -> Schema:
    """Return the schema of an object that has all these properties."""
    return {"type": "object", "properties": properties, "required": list(properties)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """The ids that a call gets if it names none."""

    user_id: str = "default"
    app_id: str | None = None

    def ids(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the ids of a call that writes."""
        ids = {key: arguments[key] for key in ID_KEYS if arguments.get(key) is not None}
        return ids | self._missing(ids.keys())

    def filters(self, filters: Any) -> Any:
        """Return the filter of a call that reads, narrowed to the ids that it does not name."""
        missing = self._missing(set(_names(filters)))
        if not filters or not missing:
            return filters or missing
        return {"AND": [filters, missing]}

    def _missing(self, named: Any) -> dict[str, str]:
        ids = {} if any(key in named for key in _OWNERS) else {"user_id": self.user_id}
        if self.app_id is not None and "app_id" not in named:
            ids["app_id"] = self.app_id
        return ids


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a tool: its checked arguments, and what it runs on."""

    client: MemoryClient
    arguments: Mapping[str, Any]
    defaults: Defaults
    request: Request

    def given(self, *names: str) -> dict[str, Any]:
        """Return those of the arguments that were given."""
        return {key: self.arguments[key] for key in names if self.arguments.get(key) is not None}

    def filters(self) -> Any:
        """Return the filter of the call, within the default ids."""
        return self.defaults.filters(self.arguments.get("filters"))

    def named_ids(self, tool: str) -> dict[str, Any]:
        """Return the ids of a call that deletes, which gets no default ones.

        Raises:
            ScopeError: no id is given.
        """
        ids = self.given(*ID_KEYS)
        if not ids:
            raise ScopeError(f"{tool} needs a scope: give {', '.join(ID_KEYS[:-1])} or run_id")
        return ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool: how it is described, and the function that it calls.

    `required` and `optional` are its arguments. `shown` writes a result as text; by default it is
    JSON, or the `text` of the result.
    """

    name: str
    about: str
    run: Callable[[Call], Result]
    required: Mapping[str, Schema] = field(default_factory=dict)
    optional: Mapping[str, Schema] = field(default_factory=dict)
    output: dict[str, Schema]
    reads: bool = False
    destroys: bool = False
    repeatable: bool = True
    core: bool = False
    shown: Callable[[Result], str] | None = None

    @property
    def properties(self) -> dict[str, Schema]:
        """The schemas of all arguments."""
        return {**self.required, **self.optional}

    def describe(self) -> Result:
        """Return the tool as in the answer to `tools/list`."""
        hints = {"readOnlyHint": self.reads, "openWorldHint": False}
        if not self.reads:
            hints |= {"destructiveHint": self.destroys, "idempotentHint": self.repeatable}
        inputs: Schema = {"type": "object", "properties": self.properties}
        if self.required:
            inputs["required"] = list(self.required)
        return {
            "name": self.name,
            "description": self.about,
            "inputSchema": inputs | {"additionalProperties": False},
            "outputSchema": object_with(**self.output),
            "annotations": hints,
        }

    def checked(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return arguments after checking their names; their values are checked by the call.

        A whole number may be written as 5.0, which JSON Schema takes for an integer.

        Raises:
            ValidationError: an argument is unknown, or a required one is missing.
        """
        properties = self.properties
        known = ", ".join(properties) or "no arguments"
        for key in arguments:
            if key not in properties:
                raise ValidationError(f"{self.name} has no argument {quoted(key)}: give {known}")
        for key in self.required:
            if arguments.get(key) is None:
                raise ValidationError(f"{self.name} needs {key}: give {known}")
        return {
            key: int(value)
            if properties[key].get("type") == "integer" and _is_integral(value)
            else value
            for key, value in arguments.items()
        }


def _is_integral(value: object) -> bool:
    """Return True for a float that is a whole number."""
    return isinstance(value, float) and value.is_integer()


def slim(value: Any) -> Any:
    """Return a result without what is empty, and without fields that only cost tokens."""
    if isinstance(value, Mapping):
        pairs = ((key, slim(each)) for key, each in value.items() if key not in _UNINTERESTING)
        return {key: each for key, each in pairs if each is not None and each not in ({}, [])}
    if isinstance(value, list | tuple):
        return [slim(each) for each in value]
    return value


def _names(filters: Any) -> Iterator[str]:
    """Yield the fields that a filter names, at any depth."""
    waiting = [filters]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Mapping):
            yield from (key for key in part if isinstance(key, str))
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part


def _listed(result: Result) -> Result:
    """Return a result in which `results` stays, even if it is empty."""
    return {"results": [], **slim(result)}


def _add(call: Call) -> Result:
    from litemem.core.arguments import check_flag  # its rules of text take 0.1 s

    waits = check_flag(call.given("wait").get("wait", False), "wait")
    messages = call.arguments.get("messages") or call.arguments.get("text")
    if messages is None:
        raise ValidationError("add_memory needs text, or messages with role and content")
    options = call.given("metadata", "enable_graph", "infer")
    ids = call.defaults.ids(call.arguments)
    added = call.client.add(messages, **ids, **options, async_mode=True)
    if "event_id" not in added:  # stored unchanged, without the language model
        return _listed(added) | {"status": "SUCCEEDED"}
    event_id = added["event_id"]
    if waits:
        return _outcome(call, event_id)
    return {"results": [], "status": "PENDING", "event_id": event_id, "message": _STORED}


def _outcome(call: Call, event_id: str) -> Result:
    """Return the outcome of an extraction, or its state when the request is to stop."""
    looks = 0
    while True:
        event = call.client.event(event_id) or {}
        is_open = event.get("status") in ("PENDING", "RUNNING")
        if not is_open or call.request.stop.wait(POLL_SECONDS):
            shown = _listed(event)
            return shown | {"event_id": shown.pop("id", event_id)}
        looks += 1
        call.request.progress(looks, f"extracting facts ({event['status'].lower()})")


def _search(call: Call) -> Result:
    options = call.given("limit", "enable_graph")
    return _listed(call.client.search(call.arguments["query"], filters=call.filters(), **options))


def _context(call: Call) -> Result:
    query, budget = call.arguments["query"], call.arguments.get("budget") or BUDGET
    found = call.client.context(query, filters=call.filters(), budget=budget, why=True)
    return {"text": found["text"], "tokens": found["tokens"]}


def _list(call: Call) -> Result:
    options = {"page_size": PAGE_SIZE} | call.given("page", "page_size", "enable_graph")
    found = call.client.get_all(filters=call.filters(), **options)
    return {"count": found["count"]} | _listed(found)


def _get(call: Call) -> Result:
    memory_id = call.arguments["memory_id"]
    found = call.client.get(memory_id)
    if found is None:
        raise MemoryNotFoundError(f"no memory has the id {quoted(memory_id)}")
    shown: Result = slim(found)
    return shown


def _update(call: Call) -> Result:
    return call.client.memory.update(call.arguments["memory_id"], call.arguments["text"])


def _delete(call: Call) -> Result:
    return call.client.delete(call.arguments["memory_id"])


def _delete_all(call: Call) -> Result:
    return call.client.delete_all(**call.named_ids("delete_all_memories"))


def _entities(call: Call) -> Result:
    return _listed(call.client.users())


def _delete_entities(call: Call) -> Result:
    return call.client.delete_users(**call.named_ids("delete_entities"))


def _event(call: Call) -> Result:
    event_id = call.arguments["event_id"]
    found = call.client.event(event_id)
    if found is None:
        raise MemoryNotFoundError(f"no add has the event_id {quoted(event_id)}")
    return _listed(found)


_FLAG: Schema = {"type": "boolean"}
_COUNT: Schema = {"type": "integer", "minimum": 1}
_OBJECT: Schema = {"type": "object"}
_ROWS: Schema = {"type": "array", "items": _OBJECT}
_IDS = dict.fromkeys(ID_KEYS, TEXT)
_FILTERS: Schema = {
    "type": "object",
    "description": 'e.g. {"user_id": "ana"}, {"AND": [{"created_at": {"gte": "2026-01-01"}}]}',
}
_MESSAGES: Schema = {
    "type": "array",
    "items": object_with(role=TEXT, content=TEXT),
    "description": "A conversation, instead of text",
}

TOOLS = (
    Tool(
        name="add_memory",
        about="Remember a text. Facts are extracted in the background; wait returns them.",
        run=_add,
        optional={
            "text": TEXT,
            "messages": _MESSAGES,
            **_IDS,
            "metadata": _OBJECT,
            "enable_graph": _FLAG,
            "infer": {"type": "boolean", "description": "false stores the text unchanged"},
            "wait": _FLAG,
        },
        output={"results": _ROWS, "status": TEXT},
        repeatable=False,
        core=True,
    ),
    Tool(
        name="search_memories",
        about="Find memories by meaning and words, best first.",
        run=_search,
        required={"query": TEXT},
        optional={"filters": _FILTERS, "limit": _COUNT, "enable_graph": _FLAG},
        output={"results": _ROWS},
        reads=True,
        core=True,
    ),
    Tool(
        name="get_context",
        about="Get the facts and quotes that bear on a question, as text within a token budget.",
        run=_context,
        required={"query": TEXT},
        optional={"filters": _FILTERS, "budget": _COUNT},
        output={"text": TEXT, "tokens": {"type": "integer"}},
        reads=True,
        core=True,
    ),
    Tool(
        name="get_memories",
        about="List memories, newest first.",
        run=_list,
        optional={
            "filters": _FILTERS,
            "page": _COUNT,
            "page_size": _COUNT,
            "enable_graph": _FLAG,
        },
        output={"count": {"type": "integer"}, "results": _ROWS},
        reads=True,
    ),
    Tool(
        name="get_memory",
        about="Get one memory.",
        run=_get,
        required={"memory_id": TEXT},
        output={"id": TEXT, "memory": TEXT},
        reads=True,
    ),
    Tool(
        name="update_memory",
        about="Replace the text of a memory; its history keeps the old one.",
        run=_update,
        required={"memory_id": TEXT, "text": TEXT},
        output={"message": TEXT},
        core=True,
    ),
    Tool(
        name="delete_memory",
        about="Delete one memory.",
        run=_delete,
        required={"memory_id": TEXT},
        output={"message": TEXT},
        destroys=True,
        core=True,
    ),
    Tool(
        name="delete_all_memories",
        about="Delete the memories that have all the given ids; at least one id.",
        run=_delete_all,
        optional=_IDS,
        output={"message": TEXT},
        destroys=True,
    ),
    Tool(
        name="list_entities",
        about="List the users, agents, apps and runs that have memories.",
        run=_entities,
        output={"results": _ROWS},
        reads=True,
    ),
    Tool(
        name="delete_entities",
        about="Delete each given user, agent, app and run with all their memories.",
        run=_delete_entities,
        optional=_IDS,
        output={"message": TEXT},
        destroys=True,
    ),
    Tool(
        name="get_event_status",
        about="Get the outcome of an add_memory by its event_id.",
        run=_event,
        required={"event_id": TEXT},
        output={"results": _ROWS, "status": TEXT},
        reads=True,
    ),
)
