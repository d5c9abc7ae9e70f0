"""Commands that extract memories from messages: add, pending."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any

import click

from litemem.cli.context import open_memory
from litemem.cli.errors import exit_on_ctrl_c
from litemem.cli.options import (
    embedder_option,
    file_options,
    json_object_option,
    llm_option,
    parsed_json,
    require_scope,
    scope_options,
    time_option,
)
from litemem.cli.output import echo_err, is_interactive, show_json, show_table, status
from litemem.core.types import PROCEDURAL
from litemem.memory import Memory

STORED = "interrupted; the messages are stored: run `litemem pending` to continue"
UNKNOWN = "interrupted; run `litemem list` to see what was stored, `litemem info` what is pending"


@click.command()
@click.argument("text", nargs=-1)
@click.option(
    "--messages",
    type=click.File("rb"),
    metavar="FILE|-",
    help='Read a JSON list of messages instead of TEXT: [{"role": "user", "content": "…"}, …].',
)
@scope_options
@click.option("--no-infer", is_flag=True, help="Store the text unchanged, without a model.")
@json_object_option("--metadata", description="Metadata of every new memory.")
@click.option(
    "--category", "categories", multiple=True, help="Category of every new memory; repeatable."
)
@click.option("--prompt", help="Instructions for the extraction of facts.")
@time_option("--timestamp", description="Time of the messages, in ISO 8601. [default: now]")
@time_option(
    "--expires-at",
    description="Hide the memories from this time on; a date means the end of that day.",
)
@click.option(
    "--type",
    "memory_type",
    type=click.Choice([PROCEDURAL]),
    help="Store one summary of an agent's run; requires --agent-id.",
)
@llm_option
@embedder_option
@file_options
def add(
    text: tuple[str, ...],
    messages: IO[bytes] | None,
    ids: dict[str, Any],
    no_infer: bool,
    memory_type: str | None,
    categories: tuple[str, ...],
    llm: str | None,
    embedder: str | None,
    db: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Extract facts from a text and store them as memories.

    The language model extracts the facts. Each one is added (ADD), unless it extends or
    contradicts a known memory (UPDATE), or is known already (NONE). If the model fails, the text
    stays in the file, and `litemem pending` tries again.

    Without TEXT, or with "-", the text is read from standard input.
    """
    require_scope(ids)
    if memory_type and "agent_id" not in ids:
        raise click.UsageError(f"--type {memory_type} requires --agent-id.")
    content = read_content(text, messages)
    task = "storing" if no_infer else "extracting"
    with open_memory(db, embedder=embedder, llm=llm) as memory, _report_on_ctrl_c(memory, task):
        result = memory.add(
            content,
            **ids,
            infer=not no_infer,
            memory_type=memory_type,
            categories=categories or None,
            **options,
        )
    show_added(result, as_json)


@click.command()
@llm_option
@embedder_option
@file_options
def pending(llm: str | None, embedder: str | None, db: str | None, as_json: bool) -> None:
    """Retry the extraction of pending turns, oldest first.

    A turn is pending if its extraction failed or was interrupted.
    """
    opened = open_memory(db, embedder=embedder, llm=llm, must_exist=True)
    with opened as memory, exit_on_ctrl_c(lambda: STORED), status("extracting"):
        result = memory.process_pending()
    show_added(result, as_json)


def read_content(text: Sequence[str], messages: IO[bytes] | None = None) -> Any:
    """Return the text or the messages that the command line gives.

    Raises:
        click.UsageError: both are given, or neither holds anything.
    """
    if messages is not None and text:
        raise click.UsageError("Give TEXT or --messages, not both.")
    if messages is not None:
        return parsed_json(messages.read(), "--messages")
    content = " ".join(text) if text and tuple(text) != ("-",) else _standard_input()
    if not content.strip():
        raise click.UsageError("TEXT is empty: give a text, or pipe one to standard input.")
    return content


def show_added(result: dict[str, Any], as_json: bool) -> None:
    """Print the result of `Memory.add`."""
    if as_json:
        return show_json(result)
    if not result["results"]:
        echo_err("no new memories")
    return show_table(("EVENT", "ID", "MEMORY"), [_row(added) for added in result["results"]])


def _standard_input() -> str:
    if sys.stdin is None:  # closed by the shell, as `<&-` does
        return ""
    if is_interactive():
        echo_err("Type the text to remember, then press Ctrl-D on an empty line.")
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise click.UsageError(f"standard input is not UTF-8: {error}") from error


def _last_turn(memory: Memory) -> int:
    with memory.store.read() as r:
        return r.turns.last()


@contextmanager
def _report_on_ctrl_c(memory: Memory, task: str) -> Iterator[None]:
    """Show the task; end on Ctrl-C with a message that says whether the messages are stored."""
    before = _last_turn(memory)

    def message() -> str:
        return STORED if _last_turn(memory) > before else UNKNOWN

    with exit_on_ctrl_c(message), status(task):
        yield


def _row(added: dict[str, Any]) -> tuple[str, str, str]:
    texts = [added.get("previous_memory"), added["memory"]]
    return added["event"], added["id"], " → ".join(dict.fromkeys(filter(None, texts)))
