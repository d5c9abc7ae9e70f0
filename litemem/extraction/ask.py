"""Ask a language model for JSON of a given shape, and check its answer.

Each task has a prompt, a Markdown file in `prompts/` with examples for the model.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from litemem.core.protocols import LLM, Prompt
from litemem.errors import ExtractionError

TEMPLATE_TOKENS = 16  # of a chat template, for each message

Schema = Mapping[str, Any]

_TYPES: Mapping[str, Any] = {"string": str, "boolean": bool, "integer": int, "array": list}
_TEXT_NAMES = ("fact", "text", "memory", "content")  # {"fact": "…"} in place of a text
_FENCE = re.compile(r"(```|~~~)[ \t]*\w*")
_HEADING = re.compile(r"^# (System|User|Assistant)\n", re.MULTILINE)


@cache
def load_prompt(task: str) -> Prompt:
    """Read the prompt of a task."""
    file = resources.files("litemem.extraction") / "prompts" / f"{task}.md"
    parts = [part.strip() for part in _HEADING.split(file.read_text(encoding="utf-8"))[1:]]
    roles, bodies = parts[::2], parts[1::2]
    if roles != ["System"] + ["User", "Assistant"] * (len(roles) // 2):
        raise ValueError(f"prompts/{task}.md: headings must be System, then User and Assistant")
    return Prompt(task, bodies[0], tuple(zip(bodies[1::2], bodies[2::2], strict=True)))


def ask(
    llm: LLM, prompt: Prompt, text: str, properties: Mapping[str, Schema], *, max_tokens: int
) -> dict[str, Any]:
    """Return the model's answer about `text`: an object with exactly these properties.

    `properties` are JSON schemas by name. A model without a grammar may ignore them, so the types
    of the answer are checked; bounds and the choices of an `enum` are left to the caller.

    Raises:
        LLMError: the model failed.
        ExtractionError: the answer is unfinished, or does not have these properties.
    """
    schema = {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }
    answer = llm.generate(prompt, text, schema=schema, max_tokens=max_tokens)
    try:
        found = _named(parse(answer), properties)
        return {name: _read(found[name], kind) for name, kind in properties.items()}
    except (ValueError, TypeError, KeyError) as error:
        raise ExtractionError(
            f"{llm.name} gave no valid answer to the prompt {prompt.name}: {answer!r:.200}"
        ) from error


def prompt_tokens(llm: LLM, prompt: Prompt, text: str) -> int:
    """Return how many tokens a prompt takes with `text` behind its examples."""
    chat = prompt.messages(text)
    content = "\n".join(message["content"] for message in chat)
    return llm.count_tokens(content) + TEMPLATE_TOKENS * len(chat)


def parse(answer: str) -> Any:
    """Return the value of a JSON text that can be stored as UTF-8.

    It may be in a Markdown fence, and an object may have sentences around it.

    Raises:
        ValueError: the text is not JSON, is nested too deeply, or holds half a surrogate pair,
            which JSON can write and UTF-8 cannot.
    """
    try:
        found = _loads(answer)
        json.dumps(found, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("the answer is nested too deeply") from error
    return found


def _loads(answer: str) -> Any:
    try:
        return json.loads(answer)
    except ValueError:
        said = answer
        if answer.lstrip().startswith("<think>"):  # a model that reasons before it answers
            _, is_closed, said = answer.rpartition("</think>")
            if not is_closed:
                raise
        fence, brace = _FENCE.search(said), said.find("{")
        if fence is not None and fence.start() > brace > -1:  # inside of a text
            fence = None
        if fence is None and brace < 0:
            raise
    text = said[fence.end() if fence else brace :].lstrip()
    found, end = json.JSONDecoder().raw_decode(text)  # its texts may hold fences
    behind = text[end:].strip()
    if fence and behind and not behind.startswith(fence[1]):
        raise ValueError("the fence holds more than a JSON value")
    if not fence and "{" in behind:
        raise ValueError("the answer holds more than one JSON value")
    return found


def _named(found: Any, properties: Mapping[str, Schema]) -> Any:
    """Return a list, which is alone or has another name, by the only name that was asked for.

    An empty one may mean anything, and is left as it is.
    """
    listed = found
    if isinstance(found, Mapping) and len(found) == 1:
        (listed,) = found.values()
    is_list = isinstance(listed, list) and listed and len(properties) == 1
    return dict.fromkeys(properties, listed) if is_list else found


def _read(value: Any, schema: Schema) -> Any:
    """Return a value of an answer as its schema has it.

    Raises:
        TypeError: it has another type.
    """
    if "type" not in schema:  # an enum
        return value
    if schema["type"] == "string" and isinstance(value, Mapping):
        value = next((value[n] for n in _TEXT_NAMES if isinstance(value.get(n), str)), value)
    if not isinstance(value, _TYPES[schema["type"]]):
        raise TypeError(f"{value!r:.80} does not fit {schema}")
    if "prefixItems" in schema:
        return [_read(item, part) for item, part in zip(value, schema["prefixItems"], strict=True)]
    return [_read(item, schema["items"]) for item in value] if "items" in schema else value
