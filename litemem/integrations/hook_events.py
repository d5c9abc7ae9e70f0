"""The contract of hooks: what a client says at an event of a session, and how it is answered.

Apart from `hooks`, so that a hook that goes through a server need not import the library.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from litemem.errors import ValidationError, quoted

BUDGET = 800  # tokens of a context; Claude Code keeps 10,000 characters
MAX_INPUT = 16_000_000  # bytes

# The events and their names in Claude Code and Codex
EVENTS = {
    "session-start": "SessionStart",
    "user-prompt": "UserPromptSubmit",
    "stop": "Stop",
    "pre-compact": "PreCompact",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HookInput:
    """What a client says about an event; absent parts are empty."""

    session: str | None = None
    folder: Path
    prompt: str = ""
    source: str = ""  # of a session: "startup", "resume", "clear" or "compact"
    transcript: Path | None = None
    last_answer: str = ""  # a client may call before the transcript has it


def read_input(data: bytes, environment: Mapping[str, str]) -> HookInput:
    """Read the JSON object on a hook's standard input.

    Raises:
        ValidationError: it is not one, or a part of it has another type than text.
    """
    try:
        given = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ValidationError(f"the input of a hook must be a JSON object: {error}") from error
    return input_of(given, environment)


def input_of(given: object, environment: Mapping[str, str]) -> HookInput:
    """Read the value of the JSON on a hook's standard input.

    Raises:
        ValidationError: as `read_input`.
    """
    if not isinstance(given, dict):
        raise ValidationError(f"the input of a hook must be a JSON object, got {quoted(given)}")

    def text(name: str) -> str:
        value = given.get(name)
        if value is not None and not isinstance(value, str):
            raise ValidationError(
                f"{name} in the input of a hook must be text, got {quoted(value)}"
            )
        return value or ""

    transcript = os.path.expanduser(text("transcript_path"))  # noqa: PTH111 - never raises
    return HookInput(
        session=text("session_id") or None,
        folder=project_folder(text("cwd"), environment),
        prompt=text("prompt"),
        source=text("source"),
        transcript=Path(transcript) if transcript and "\0" not in transcript else None,
        last_answer=text("last_assistant_message"),
    )


def project_folder(folder: str, environment: Mapping[str, str]) -> Path:
    """Return the folder of the project that an agent works in.

    That is `CLAUDE_PROJECT_DIR`, the nearest folder above with a repository, or the folder itself.
    """
    named = environment.get("CLAUDE_PROJECT_DIR")
    if "\0" in folder:
        raise ValidationError(f"cwd in the input of a hook must be a path, got {quoted(folder)}")
    try:
        start = Path(os.path.realpath(named or folder or "."))
    except ValueError as error:  # half a surrogate pair
        raise ValidationError(
            f"cwd in the input of a hook must be a path, got {quoted(folder)}"
        ) from error
    if named:
        return start
    return next((each for each in (start, *start.parents) if _has_repository(each)), start)


def _has_repository(folder: Path) -> bool:
    try:
        return (folder / ".git").exists()
    except OSError:  # the path is too long, or leads through a folder of another user
        return False


def resolved(data: bytes, environment: Mapping[str, str]) -> dict[str, object]:
    """Return the object on a hook's standard input with full paths, for another process.

    Raises:
        ValidationError: as `read_input`.
    """
    read = read_input(data, environment)
    given: dict[str, object] = json.loads(data)
    given["cwd"] = str(read.folder)
    if read.transcript is not None:
        given["transcript_path"] = os.path.abspath(read.transcript)  # noqa: PTH100 - keeps links
    return given


def answer(event: str, context: str) -> str:
    """Return the answer of a hook: a JSON object with the context, or nothing without one."""
    if not context:
        return ""
    output = {"hookEventName": EVENTS[event], "additionalContext": context}
    return json.dumps({"hookSpecificOutput": output})
