"""Answers: what a language model wrote, read as JSON whose text can be stored."""

import json
from typing import Any


def parsed(answer: str) -> Any:
    """Return what the answer says.

    Raises:
        ValueError: it is no JSON, is nested too deeply, or holds half a surrogate pair, which JSON
            can write and UTF-8 cannot.
    """
    try:
        found = json.loads(answer)
        json.dumps(found, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    return found
