"""Every public method of a class, with its parameters and their defaults."""

import inspect
from typing import Any, get_args

MAGIC = {"__init__", "__enter__", "__exit__", "__aenter__", "__aexit__"}


def signatures(kind: type) -> dict[str, Any]:
    """Return name → {"async": …, "parameters": {name: {"kind", "default", "place"}}}."""
    names = [name for name in dir(kind) if name in MAGIC or not name.startswith("_")]
    return {name: _member(getattr(kind, name)) for name in names}


def _member(member: Any) -> dict[str, Any]:
    if not callable(member):
        return {"property": True}
    parameters = [p for p in inspect.signature(member).parameters.values() if p.name != "self"]
    shown = {p.name: _parameter(p, place) for place, p in enumerate(parameters)}
    if "options" in shown:
        shown |= _options(next(p for p in parameters if p.name == "options"))
    # Mem0's client hides its coroutines in a plain wrapper, litemem its functions in a coroutine
    awaited = any(map(inspect.iscoroutinefunction, (member, inspect.unwrap(member))))
    return {"async": awaited, "parameters": shown}


def _parameter(parameter: inspect.Parameter, place: int) -> dict[str, Any]:
    named = parameter.kind is inspect.Parameter.KEYWORD_ONLY
    return {
        "kind": parameter.kind.description,
        "default": _default(parameter.default),
        "place": None if named else place,
    }


def _default(value: Any) -> str:
    if value is inspect.Parameter.empty:
        return "required"
    if type(value) is object:
        return "<unset>"
    simple = value is None or isinstance(value, bool | int | float | str)
    return repr(value) if simple else f"<{type(value).__name__.strip('_').lower()}>"


def _options(parameter: inspect.Parameter) -> dict[str, Any]:
    """Return the fields of Mem0's option models, which its client takes as keywords as well."""
    for model in get_args(parameter.annotation) or (parameter.annotation,):
        if hasattr(model, "model_fields"):
            shown = {"kind": "keyword-only", "place": None}
            return {
                name: shown | {"default": _default(field.default)}
                for name, field in model.model_fields.items()
            }
    return {}
