"""Two users, and short ways to store and to list memories."""

from typing import Any

from litemem import Memory

CAM = {"user_id": "cam"}
JANE = {"user_id": "jane"}
ISO = "2025-06-15T15:06:40+00:00"  # where the tests' clock stands


def texts(result: dict[str, Any]) -> list[str]:
    return [row["memory"] for row in result["results"]]


def store_text(memory: Memory, text: str, **arguments: Any) -> str:
    """Store a text verbatim; return its id."""
    added: str = memory.add(
        text, infer=False, **({} if "user_id" in arguments else CAM), **arguments
    )["results"][0]["id"]
    return added
