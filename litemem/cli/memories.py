"""Commands on memories: from add, search and context to update, conflicts and delete."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Any, get_args

import click

from litemem.cli.context import named_embedder, open_memory, open_read_only, open_without_model
from litemem.cli.errors import exit_on_ctrl_c
from litemem.cli.options import (
    confirm,
    embedder_option,
    file_options,
    filter_option,
    json_object_option,
    llm_option,
    number_option,
    parsed_json,
    require_scope,
    scope_options,
    selection_options,
    time_option,
    yes_option,
)
from litemem.cli.output import (
    counted,
    echo_damaged,
    echo_err,
    is_interactive,
    memories_text,
    progress,
    show_card,
    show_json,
    show_lines,
    show_table,
    status,
)
from litemem.core import clock
from litemem.core.arguments import UNSET
from litemem.core.scope import Scope
from litemem.core.types import MESSAGE, PROCEDURAL
from litemem.errors import MemoryNotFoundError
from litemem.memory import BUDGET, THRESHOLD, TOP_K, Memory
from litemem.retrieval.context import Layout
from litemem.retrieval.profile import LINES
from litemem.store.filters import compile_filter

STORED = "interrupted; the messages are stored: run `litemem pending` to continue"
UNKNOWN = "interrupted; run `litemem list` to see what was stored, `litemem info` what is pending"
NEVER = "never"  # as an expiry: the memory does not expire
IDS_AND_SCOPE = "Give ids of memories or a scope, not both."

_SCORE_PARTS = {
    "meaning": "semantic_score",
    "words": "bm25_score",
    "neighbours": "neighbour_boost",
    "run": "run_boost",
    "speaker": "speaker_boost",
    "date": "date_boost",
    "answer": "answer_boost",
}
_MIN_SHOWN = 0.005  # smaller parts of a score would be shown as 0.00
_threshold_option = click.option(
    "--threshold",
    type=click.FloatRange(0, 1),
    default=THRESHOLD,
    show_default=True,
    help="Minimum score.",
)
_HIDDEN = ("id", "memory", "hash", "score")  # in `get`: shown first, or of no use to people


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
@click.option("--explain", is_flag=True, help="Show what was not kept, and why.")
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
    explain: bool,
    **options: Any,
) -> None:
    """Extract facts from a text and store them as memories.

    The language model extracts the facts. Each one is added (ADD), unless it extends or
    contradicts a known memory (UPDATE), or is known already (NONE). A request to forget deletes
    memories (DELETE), or in doubt lists those that it may mean (CANDIDATE). If the model fails, the
    text stays in the file, and `litemem pending` tries again.

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
            explain=True,
            **options,
        )
    set_aside = len(result["set_aside"])
    if not explain:
        del result["set_aside"], result["without_facts"]
    show_added(result, as_json)
    if set_aside and not explain:
        echo_err(f"{counted(set_aside, 'fact')} set aside: `litemem log` shows why")


@click.command()
@llm_option
@embedder_option
@file_options
def pending(llm: str | None, embedder: str | None, db: str | None, as_json: bool) -> None:
    """Extract the facts of pending turns, oldest first.

    A turn is pending if its extraction failed or was interrupted, if a hook stored it, or if
    `litemem import` took it from a conversation; these come last. It needs a language model.
    Ctrl-C stops, and the same command continues.
    """
    opened = open_memory(db, embedder=embedder, llm=llm, must_exist=True)
    turns = [0, 0]  # done, and all

    def stopped() -> str:
        if turns[1] <= 1:
            return STORED
        return STORED.replace(
            "interrupted", f"interrupted after {turns[0]:,} of {turns[1]:,} turns"
        )

    with opened as memory, exit_on_ctrl_c(stopped), progress("extracting") as show:

        def shown(done: int, total: int) -> None:
            turns[:] = [done, total]
            show(done, total)

        result = memory.process_pending(progress=shown)
        with memory.store.read() as r:
            set_aside = r.turns.set_aside()
    show_added(result, as_json, nothing="no new memories" if turns[1] else "no pending turns")
    for reason in set_aside.values():
        echo_err(f"set aside until `litemem verify --fix`: {reason}")


@click.command()
@click.argument("query", nargs=-1, required=True)
@selection_options
@number_option("--top-k", default=TOP_K, description="Maximum number of results.")
@_threshold_option
@time_option(
    "--reference-date",
    description='The day from which QUERY counts "yesterday" or "last month". '
    "[default: --as-of, or today]",
)
@click.option(
    "--explain", is_flag=True, help="Show the parts of each score (docs/reference/scores.md)."
)
@click.option("--no-messages", is_flag=True, help="Search memories only.")
@embedder_option
@file_options
def search(
    query: tuple[str, ...],
    selection: dict[str, Any],
    top_k: int,
    threshold: float,
    reference_date: str | None,
    explain: bool,
    no_messages: bool,
    embedder: str | None,
    db: str | None,
    as_json: bool,
) -> None:
    """Search memories, best first."""
    with open_read_only(db, named_embedder(embedder)) as memory, status("searching"):
        result = memory.search(
            " ".join(query),
            top_k=top_k,
            threshold=threshold,
            reference_date=reference_date,
            explain=explain,
            include_messages=not no_messages,
            **selection,
        )
    if as_json:
        return show_json(result)
    echo_damaged(result)
    if not result["results"]:
        echo_err("no memories found")
    why = ("WHY",) if explain else ()
    return show_table(("SCORE", "ID", *why, "MEMORY"), map(_match_row, result["results"]))


@click.command()
@click.argument("query", nargs=-1)
@scope_options
@filter_option("Select by a filter (docs/filters.md).")
@number_option(
    "--budget", default=BUDGET, description="Maximum number of tokens, as the embedder counts them."
)
@click.option(
    "--format",
    type=click.Choice(get_args(Layout)),
    default="text",
    show_default=True,
    help="Print text, or a JSON list of chat messages.",
)
@_threshold_option
@time_option(
    "--reference-date",
    description='The day from which QUERY counts "yesterday". [default: --as-of, or today]',
)
@time_option("--as-of", description="Use what was valid at that time, in ISO 8601.")
@click.option("--why", is_flag=True, help="Also print what was left out, on standard error.")
@embedder_option
@file_options
def context(
    query: tuple[str, ...],
    ids: dict[str, Any],
    filters: dict[str, Any] | None,
    format: Layout,  # noqa: A002 - the option's name
    why: bool,
    embedder: str | None,
    db: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Print the memories that bear on QUERY, for a prompt.

    Facts come first, then quotes, each part in order of time, within a budget of tokens. Without
    QUERY the newest memories are taken. --json prints the text or the messages, what they hold and
    what was left out.
    """
    if not filters:
        require_scope(ids)
    with open_read_only(db, named_embedder(embedder)) as memory, status("searching"):
        found = memory.context(
            " ".join(query), **ids, filters=filters, format=format, why=True, **options
        )
    echo_damaged(found)
    if as_json:
        return show_json(found)
    if why:
        for line in found["left_out"]:
            echo_err(f"left out, {line['reason']}: {line['memory']}")
    if not found["results"]:
        echo_err("nothing fits the budget" if found["left_out"] else "no memories found")
    elif format == "messages":
        show_json(found["messages"])
    else:
        show_lines(found["text"].split("\n"))
    return None


@click.command()
@scope_options
@filter_option("Select by a filter (docs/filters.md).")
@number_option("--max-lines", default=LINES, description="Maximum number of lines.")
@file_options
def profile(
    ids: dict[str, Any],
    filters: dict[str, Any] | None,
    max_lines: int,
    db: str | None,
    as_json: bool,
) -> None:
    """Print the facts about a user that are valid now, by group.

    A line is a memory, and begins with its group: "Health: User is allergic to nuts". The groups
    are identity, people, preferences, health, work, plans, wishes for answers, and others. It is
    for a system prompt, or for the user to read, and needs no model. `litemem context` answers a
    question instead.
    """
    if not filters:
        require_scope(ids)
    with open_read_only(db) as memory:
        found = memory.profile(**ids, filters=filters, max_lines=max_lines)
        pending = 0 if found["text"] else _pending_turns(memory)
    if as_json:
        return show_json(found)
    echo_damaged(found)
    if found["text"]:
        show_lines(found["text"].split("\n"))
    else:
        _echo_none(pending)
    return None


@click.command("list")
@selection_options
@number_option("--limit", default=TOP_K, description="Maximum number of memories.")
@click.option("--messages", is_flag=True, help="List messages, too.")
@file_options
def list_memories(
    selection: dict[str, Any], limit: int, messages: bool, db: str | None, as_json: bool
) -> None:
    """List memories, newest first."""
    with open_read_only(db) as memory:
        result = memory.get_all(limit=limit, include_messages=messages, **selection)
        pending = 0 if result["results"] else _pending_turns(memory)
    if as_json:
        return show_json(result)
    echo_damaged(result)
    rows = [(m["created_at"][:10], m["id"], _shown(m)) for m in result["results"]]
    show_table(("CREATED", "ID", "MEMORY"), rows)
    if not rows:
        _echo_none(pending)
    elif len(rows) == limit:
        echo_err(f"showing the newest {limit:,}; give --limit to see more")
    return None


def _pending_turns(memory: Memory) -> int:
    with memory.store.read() as r:
        return r.overview().pending_turns


def _echo_none(pending: int) -> None:
    """Say that a scope has no memories, and if the file may get some yet."""
    more = f"; {counted(pending, 'pending turn')} in the file: run `litemem pending`"
    echo_err(f"no memories{more if pending else ''}")


@click.command()
@click.argument("memory_id", metavar="ID")
@file_options
def get(memory_id: str, db: str | None, as_json: bool) -> None:
    """Show a memory and the messages it was extracted from."""
    with open_read_only(db) as memory:
        found = memory.get(memory_id)
        with memory.store.read() as r:
            messages = r.messages.sources(memory_id)
    if found is None:
        raise MemoryNotFoundError(f"no memory has the id {memory_id!r}")
    if as_json:
        return show_json(found)
    pairs = [("memory", found["memory"]), ("id", found["id"])]
    pairs += [
        (name.replace("_", " "), _value(value))
        for name, value in found.items()
        if name not in _HIDDEN and value is not None
    ]
    return show_card([*pairs, *(("message", f"{m.name or m.role}: {m.content}") for m in messages)])


@click.command()
@scope_options
@filter_option("Select by a filter (docs/filters.md).")
@click.option("--settle", "conflict_id", metavar="CONFLICT", help="Settle this conflict.")
@click.option(
    "--keep",
    metavar="older|newer|both|ID",
    help="With --settle: which memory holds; the other one is superseded.",
)
@file_options
def conflicts(
    ids: dict[str, Any],
    filters: dict[str, Any] | None,
    conflict_id: str | None,
    keep: str | None,
    db: str | None,
    as_json: bool,
) -> None:
    """List memories that may contradict each other, or settle a pair.

    Both memories of a pair are kept and found until one is superseded or deleted, or the conflict
    is settled: `litemem conflicts --settle CONFLICT --keep newer`.
    """
    if (conflict_id is None) != (keep is None):
        raise click.UsageError("Give --settle and --keep together.")
    if conflict_id is not None and keep is not None:
        if ids or filters is not None:
            raise click.UsageError("Give --settle or a scope, not both.")
        with open_without_model(db) as memory:
            settled = memory.settle(conflict_id, keep=keep)
        return show_json(settled) if as_json else echo_err("settled")
    if not filters:
        require_scope(ids)
    with open_read_only(db) as memory:
        result = memory.conflicts(**ids, filters=filters)
    if as_json:
        return show_json(result)
    echo_damaged(result)
    rows = [
        (pair["id"], each["created_at"][:10], each["id"], _shown(each))
        for pair in result["results"]
        for each in pair["memories"]
    ]
    show_table(("CONFLICT", "CREATED", "ID", "MEMORY"), rows)
    if not rows:
        echo_err("no open conflicts")
    return None


@click.command()
@click.argument("memory_id", metavar="ID")
@file_options
def history(memory_id: str, db: str | None, as_json: bool) -> None:
    """Show the events of a memory, even after its deletion."""
    with open_read_only(db) as memory:
        entries = memory.history(memory_id)
    if not entries:
        raise MemoryNotFoundError(f"no memory, present or deleted, has the id {memory_id!r}")
    if as_json:
        return show_json(entries)
    return show_table(("WHEN (UTC)", "EVENT", "MEMORY"), [_event_row(entry) for entry in entries])


@click.command()
@click.argument("memory_id", metavar="ID")
@click.argument("text", nargs=-1)
@json_object_option("--metadata", description="Merge into the memory's metadata.")
@click.option("--category", "categories", multiple=True, help="Replace the categories; repeatable.")
@time_option(
    "--expires-at", description='Hide the memory from this time on, or "never".', word=NEVER
)
@embedder_option
@file_options
def update(
    memory_id: str,
    text: tuple[str, ...],
    metadata: dict[str, Any] | None,
    categories: tuple[str, ...],
    expires_at: str | None,
    embedder: str | None,
    db: str | None,
    as_json: bool,
) -> None:
    """Change the text, metadata, categories or expiry of a memory.

    TEXT replaces the memory's text; "-" reads it from standard input.
    """
    if not (text or metadata is not None or categories or expires_at):
        raise click.UsageError(
            "Nothing to change: give TEXT, --metadata, --category or --expires-at."
        )
    expiry: Any = UNSET if expires_at is None else expires_at
    content = read_content(text) if text else None
    opened = open_memory(db, embedder=embedder, must_exist=True) if text else open_without_model(db)
    with opened as memory, status("updating"):
        result = memory.update(
            memory_id,
            content,
            metadata,
            categories=categories or None,
            expires_at=None if expiry == NEVER else expiry,
        )
    show_json(result) if as_json else echo_err("updated")


@click.command()
@click.argument("memory_ids", metavar="[ID]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Delete all memories of the scope.")
@scope_options
@filter_option("With --all: only memories that match the filter.")
@yes_option
@file_options
def delete(
    memory_ids: tuple[str, ...],
    everything: bool,
    ids: dict[str, Any],
    filters: dict[str, Any] | None,
    yes: bool,
    db: str | None,
    as_json: bool,
) -> None:
    """Delete memories; `history` keeps their events.

    Give IDs, or --all with a scope. If one of the IDs is unknown, nothing is deleted. --all asks
    for confirmation; without a terminal it requires --yes.
    """
    if everything == bool(memory_ids):
        raise click.UsageError("Give the ids of memories, or --all with a scope.")
    if memory_ids and (ids or filters is not None):
        raise click.UsageError(IDS_AND_SCOPE)
    if everything and not filters:
        require_scope(ids)
    with open_without_model(db) as memory:
        if everything:
            number = _delete_all(memory, ids, filters, yes=yes)
        else:
            number = _delete_each(memory, memory_ids)
    one = number == 1 and not everything
    message = f"{'Memory' if one else 'Memories'} deleted successfully!"
    show_json({"message": message}) if as_json else echo_err(f"deleted {memories_text(number)}")


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


def show_added(result: dict[str, Any], as_json: bool, *, nothing: str = "no new memories") -> None:
    """Print the result of `Memory.add`; `nothing` is what an empty one means."""
    if as_json:
        return show_json(result)
    if not result["results"]:
        echo_err(nothing)
    rows = [
        (added["event"], added["id"], change_text(added.get("previous_memory"), added["memory"]))
        for added in result["results"]
    ]
    rows += [("CANDIDATE", each["id"], each["memory"]) for each in result.get("candidates", ())]
    rows += [
        ("SET ASIDE", each.get("id", ""), f"{each['memory']} ({each['reason']})")
        for each in result.get("set_aside", ())
    ]
    rows += [
        ("NO FACT", "", f"{each['text']} ({each['reason']})")
        for each in result.get("without_facts", ())
    ]
    return show_table(("EVENT", "ID", "MEMORY"), rows)


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


def _delete_each(memory: Memory, memory_ids: Sequence[str]) -> int:
    chosen = tuple(dict.fromkeys(memory_ids))
    with memory.store.write() as tx:
        for memory_id in chosen:
            tx.memories.delete(memory_id, clock.now())
    return len(chosen)


def _delete_all(
    memory: Memory, ids: dict[str, Any], filters: dict[str, Any] | None, *, yes: bool
) -> int:
    with memory.store.read() as r:
        number = r.memories.count(compile_filter(filters, Scope(**ids)))
    if not yes and (number or not is_interactive()):
        text = memories_text(number)
        confirm(f"Delete {text}?", f"this would delete {text}: give --yes to confirm")
    memory.delete_all(**ids, filters=filters)
    return number


def _match_row(match: Mapping[str, Any]) -> tuple[str, ...]:
    details = match.get("score_details")
    why = () if details is None else (_score_text(details),)
    return f"{match['score']:.2f}", match["id"], *why, _shown(match)


def _shown(found: Mapping[str, Any]) -> str:
    """Return the text of a memory, or of a message with its speaker: `user: "…"`."""
    if found.get("memory_type") != MESSAGE:
        return str(found["memory"])
    return f'{found.get("actor_id") or found["role"]}: "{found["memory"]}"'


def _score_text(details: Mapping[str, float]) -> str:
    """Return the parts of a score: "meaning 0.52, words 0.40"."""
    shown = ((name, details[key]) for name, key in _SCORE_PARTS.items())
    return ", ".join(f"{name} {part:.2f}" for name, part in shown if part >= _MIN_SHOWN)


def _event_row(entry: Mapping[str, Any]) -> tuple[str, str, str]:
    when = (entry["updated_at"] or entry["created_at"])[:16].replace("T", " ")
    return when, entry["event"], change_text(entry["old_memory"], entry["new_memory"])


def change_text(old: str | None, new: str | None) -> str:
    """Return the texts of a change: "tea", or "tea → green tea"."""
    return " → ".join(dict.fromkeys(text for text in (old, new) if text is not None))


def _value(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
