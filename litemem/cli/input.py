"""What is to be remembered: from the command line, a file or standard input."""

import sys
from collections.abc import Sequence
from typing import IO, Any

import click

from litemem.cli.options import parsed_json
from litemem.cli.output import asks, tell


def said(text: Sequence[str], messages: IO[bytes] | None = None) -> Any:
    """Return the text or the messages that the command line gives."""
    if messages is not None and text:
        raise click.UsageError("give TEXT or --messages, not both")
    if messages is not None:
        return parsed_json(messages.read(), "--messages")
    content = " ".join(text) if text and tuple(text) != ("-",) else _standard_input()
    if not content.strip():
        raise click.UsageError("the text is empty")
    return content


def _standard_input() -> str:
    if sys.stdin is None:  # closed by the shell, as `<&-` does
        return ""
    if asks():
        tell("What is to be remembered? End with Ctrl-D on a line of its own.")
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise click.UsageError(f"standard input is not UTF-8: {error}") from error
