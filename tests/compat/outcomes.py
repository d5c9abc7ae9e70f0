"""Outcomes of calls, with every value that differs from run to run replaced by its form."""

import re
from collections.abc import Callable
from typing import Any

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(?P<zone>Z|[+-]\d\d:\d\d)?")
HASH = re.compile(r"[0-9a-f]{32,128}")
EVERY_ERROR = {"Exception", "BaseException", "object"}
ROOTS = {"MemoryError": "LitememError"}  # each library's own root says the same


def outcome(call: Callable[[], Any]) -> dict[str, Any]:
    """Return `{"value": …}`, or `{"error", "is", "says"}`: what it can be caught as, its text."""
    try:
        return {"value": normal(call())}
    except Exception as error:  # noqa: BLE001 - any exception of a library is an outcome
        caught = [_public(kind) for kind in type(error).__mro__]
        name = f"{type(error).__module__}.{type(error).__name__}"
        return {
            "error": name.removeprefix("builtins.").removeprefix("mem0.exceptions."),
            "is": [name for name in caught if name],
            "says": UUID.sub("<uuid>", str(error).split("\n")[0])[:200],
        }


def normal(value: Any, key: str = "") -> Any:
    """Return a value with ids, times, hashes and scores as their forms."""
    if isinstance(value, dict):
        return {name: normal(inner, name) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [normal(inner) for inner in value]
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float) and key == "score":
        return "<score>" if 0 <= value <= 1 else "<number>"
    return value


def _text(value: str) -> str:
    if UUID.fullmatch(value):
        return "<uuid>"
    if time := TIME.fullmatch(value):
        return f"<time {time['zone'] or 'without zone'}>"
    return f"<{len(value)} hex digits>" if HASH.fullmatch(value) else value


def _public(kind: type) -> str | None:
    """Return the name by which a program could catch this class; None for a third library's."""
    if kind.__name__ in EVERY_ERROR:
        return None
    if kind.__module__ == "builtins":
        return kind.__name__
    ours = kind.__module__ in ("mem0.exceptions", "litemem.errors")
    return f"our {ROOTS.get(kind.__name__, kind.__name__)}" if ours else None
