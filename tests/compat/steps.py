"""Steps that several scenarios share, and their values."""

from collections.abc import Callable
from typing import Any

Scenario = Callable[[Any], Any]

ALICE = {"user_id": "alice"}
EVERYTHING = {"user_id": "alice", "agent_id": "chef", "run_id": "r1"}
UNKNOWN = "00000000-0000-4000-8000-000000000000"
FUTURE, PAST = "2999-12-31", "2020-01-01"
TURN = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "I like tea", "name": "Alice"},
    {"role": "assistant", "content": "Noted."},
]


def one(m: Any, text: str = "I like tea", **more: Any) -> str:
    """Return the id of a new memory of alice's."""
    added = m.add(text, **{**ALICE, **more}, infer=False)
    return str(added["results"][0]["id"])


def add_bare(m: Any, messages: Any, **more: Any) -> Any:
    """Return what `add` gives, of a memory of alice's."""
    return m.add(messages, **{**ALICE, **more}, infer=False)


def kept(m: Any, messages: Any = "I like tea", **more: Any) -> Any:
    """Return what `get` shows of a new memory."""
    added = m.add(messages, **{**ALICE, **more}, infer=False)
    return m.get(added["results"][0]["id"])


def texts(found: dict[str, Any]) -> list[str]:
    """Return the memories' texts in a fixed order."""
    return sorted(row["memory"] for row in found["results"])


def many(m: Any, count: int, text: str = "note {}") -> None:
    """Add as many different memories of alice's."""
    for number in range(count):
        one(m, text.format(number))


def all_of(m: Any, dialect: str, **more: Any) -> Any:
    """Return alice's memories as this Mem0 is asked for them."""
    return m.get_all(**more, filters=ALICE) if dialect == "2.2.1" else m.get_all(**ALICE, **more)


def find(m: Any, dialect: str, query: str = "tea", **more: Any) -> Any:
    """Return what a search finds as this Mem0 is asked."""
    if dialect == "2.2.1":
        return m.search(query, **{"filters": ALICE, **more})
    return m.search(query, **ALICE, **more)


def then(memory_id: str, first: Callable[[str], Any], second: Callable[[str], Any]) -> Any:
    """Return what the second call gives after the first one."""
    first(memory_id)
    return second(memory_id)
