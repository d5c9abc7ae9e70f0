"""What a command writes: data on stdout, everything about it on stderr."""

import json
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import click

from litemem.cli.tables import card, columns, table, visible

MAX_LABEL = 24  # columns of a progress bar; beside it the bar and the time left find room
_OBEYED = re.compile("[\x7f-\x9f]")  # control characters that JSON leaves as they are


def show_json(value: object) -> None:
    """Write a value as JSON, its characters as they are if the terminal or pipe can have them."""
    text = json.dumps(value, ensure_ascii="utf" not in _encoding(), indent=2)
    click.echo(_OBEYED.sub(lambda match: f"\\u{ord(match.group()):04x}", text))


def show_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a table; without a row, nothing."""
    rows = list(rows)
    if rows:
        _show(table(headings, rows, _width()))


def show_card(pairs: Iterable[tuple[str, str]]) -> None:
    """Write names and values."""
    _show(card(pairs, _width()))


def tell(text: str) -> None:
    """Write a message to stderr."""
    click.echo(visible(text), err=True)


@contextmanager
def status(text: str) -> Iterator[None]:
    """Say on the terminal what takes its time, and take it back when that is done."""
    if not is_terminal(sys.stderr):
        yield
        return
    click.echo(f"{text}…", nl=False, err=True)
    try:
        yield
    finally:
        click.echo(f"\r{' ' * (len(text) + 3)}\r", nl=False, err=True)  # 3: "…", and ^C


@contextmanager
def progress(label: str, *, beside_data: bool = False) -> Iterator[Callable[[int, int], None]]:
    """Lend what is told how much of how much is done, and shows it on a terminal.

    The bar comes with the first news, so what is refused before shows none. With `beside_data` it
    does not come between lines of data on the same terminal.
    """
    shows = is_terminal(sys.stderr) and not (beside_data and is_terminal(sys.stdout))
    with ExitStack() as stack:
        bars: list[Any] = []

        def show(done: int, total: int) -> None:
            if not shows:
                return
            if not bars:
                bars.append(stack.enter_context(progress_bar(max(total, 1), label)))
            bars[0].length = max(total, 1)
            bars[0].update(done - bars[0].pos)

        yield show


def progress_bar(length: int, label: str) -> Any:
    """Return click's progress bar, on stderr and as wide as the terminal allows."""
    shown = label if columns(label) <= MAX_LABEL else f"{label[: MAX_LABEL - 1]}…"
    return click.progressbar(length=length, label=shown, file=sys.stderr, width=0)


def asks() -> bool:
    """Tell whether there is somebody to answer a question."""
    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def bytes_text(size: int) -> str:
    """Return a number of bytes as people read it: "1.1 GB"."""
    if size < 1_000:
        return counted(size, "byte")
    power = 1 if size < 999_950 else 2 if size < 999_950_000 else 3
    return f"{size / 1_000**power:,.1f} {' kMG'[power]}B"


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return "1 memory", "2,000 memories"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _show(lines: Sequence[str]) -> None:
    text = "\n".join(lines)
    click.echo(text.encode(_encoding(), "replace").decode(_encoding()))


def _encoding() -> str:
    """Return what stdout can show; there is none when the shell closed it."""
    return (getattr(sys.stdout, "encoding", None) or "utf-8").lower()


def _width() -> int | None:
    """Return the terminal's columns; None when stdout is none."""
    return shutil.get_terminal_size().columns if is_terminal(sys.stdout) else None


def is_terminal(stream: Any) -> bool:
    """Tell whether a stream is one that a person looks at; a closed one is None."""
    return stream is not None and bool(stream.isatty())
