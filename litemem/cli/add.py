"""The commands that make memories of what is said: add, pending."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import click

from litemem.cli.context import open_memory
from litemem.cli.errors import killable
from litemem.cli.input import said
from litemem.cli.options import (
    embedder_option,
    file_options,
    json_object_option,
    llm_option,
    moment_option,
    required,
    scope_options,
)
from litemem.cli.output import show_json, show_table, status, tell
from litemem.core.types import PROCEDURAL
from litemem.memory import Memory

GOES_ON = "interrupted; the messages are kept: `litemem pending` goes on"
STORED_OR_NOT = "interrupted; `litemem list` tells what was stored, `litemem info` what waits"


@click.command()
@click.argument("text", nargs=-1)
@click.option(
    "--messages",
    type=click.File("rb"),
    metavar="FILE|-",
    help='Instead of TEXT: a JSON list of messages, [{"role": "user", "content": "…"}, …].',
)
@scope_options
@click.option("--no-infer", is_flag=True, help="Store the text as it stands, without a model.")
@json_object_option("--metadata", description="What every memory of this call carries.")
@click.option("--category", "categories", multiple=True, help="May be given several times.")
@click.option("--prompt", help="What the model should heed when it looks for facts.")
@moment_option("--timestamp", description="When it was said, in ISO 8601.")
@moment_option(
    "--expires-at",
    description="When it is no longer to be found; a date lasts to the end of its day.",
)
@click.option(
    "--type",
    "memory_type",
    type=click.Choice([PROCEDURAL]),
    help="Store one summary of an agent's run; needs --agent-id.",
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
    """Remember what is said.

    The language model finds the facts in TEXT. Each becomes a memory (ADD), unless it says more
    of a known one or contradicts it (UPDATE), or is known already (NONE). If the model
    fails, the text is kept, and `litemem pending` tries again.

    Without TEXT, or with "-", it is read from standard input.
    """
    content = said(text, messages)
    required(ids)
    if memory_type and "agent_id" not in ids:
        raise click.UsageError(f"--type {memory_type} needs --agent-id: it is the agent's")
    with open_memory(db, embedder=embedder, llm=llm) as memory, _kept_on_ctrl_c(memory):
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
    """Try again where the model failed.

    What was said is kept until its facts are found; this looks for them, the oldest first.
    """
    opened = open_memory(db, embedder=embedder, llm=llm, must_exist=True)
    with opened as memory, killable(lambda: GOES_ON), status("thinking"):
        result = memory.process_pending()
    show_added(result, as_json)


@contextmanager
def _kept_on_ctrl_c(memory: Memory) -> Iterator[None]:
    """Say at a Ctrl-C whether what was said is in the file by then."""
    before = memory.store.last_turn()

    def last_words() -> str:
        return GOES_ON if memory.store.last_turn() > before else STORED_OR_NOT

    with killable(last_words), status("thinking"):
        yield


def show_added(result: dict[str, Any], as_json: bool) -> None:
    """Print what `add` returned."""
    if as_json:
        return show_json(result)
    if not result["results"]:
        tell("nothing new to remember")
    return show_table(("EVENT", "ID", "MEMORY"), [_row(added) for added in result["results"]])


def _row(added: dict[str, Any]) -> tuple[str, str, str]:
    texts = [added.get("previous_memory"), added["memory"]]
    return added["event"], added["id"], " → ".join(dict.fromkeys(filter(None, texts)))
