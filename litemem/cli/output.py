"""What a command writes: data on stdout, messages and progress on stderr."""

import json
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from typing import Any

import click

GAP = "  "  # between the columns of a table
MIN_TEXT = 24  # columns; a text that would get fewer goes below the other cells of its row
MAX_LINES = 3  # of one text in a table; `get` shows all of it
MAX_LABEL = 24  # columns of a progress bar's label; leaves room for the bar and the time left

_CONTROL_PICTURES = 0x2400  # U+2400 to U+241F are pictures of U+0000 to U+001F
_CONTROLS = re.compile(  # C0, C1, line separators, and marks that change the writing direction
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)
_CONTROLS_IN_JSON = re.compile("[\x7f-\x9f]")  # json.dumps leaves these as they are


def show_json(value: object) -> None:
    """Write a value as JSON; characters that stdout cannot encode are escaped."""
    text = json.dumps(value, ensure_ascii="utf" not in encoding(), indent=2)
    click.echo(_CONTROLS_IN_JSON.sub(lambda match: f"\\u{ord(match.group()):04x}", text))


def show_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a table, or nothing if there are no rows."""
    rows = list(rows)
    if rows:
        _show(table(headings, rows, _width()))


def show_card(pairs: Iterable[tuple[str, str]]) -> None:
    """Write names and values."""
    _show(card(pairs, _width()))


def show_lines(lines: Iterable[str]) -> None:
    """Write lines as they are, with pictures or codes for control characters."""
    _show([visible(line) for line in lines])


def echo_err(text: str) -> None:
    """Write a message to stderr."""
    click.echo(visible(text), err=True)


# -- waiting and asking


def echo_damaged(result: Mapping[str, Any]) -> None:
    """Name the memories that a result leaves out because they cannot be read."""
    if damaged := result.get("damaged"):
        echo_err(f"left out, damaged: {', '.join(damaged)}: run `litemem verify --full`")


@contextmanager
def status(text: str) -> Iterator[None]:
    """Show a line on the terminal during a long task, and remove it afterwards."""
    if not is_terminal(sys.stderr):
        yield
        return
    click.echo(f"{text}…", nl=False, err=True)
    try:
        yield
    finally:
        click.echo(f"\r{' ' * (len(text) + 3)}\r", nl=False, err=True)  # 3: "…", and ^C


@contextmanager
def progress(label: str, *, stdout_is_data: bool = False) -> Iterator[Callable[[int, int], None]]:
    """Yield a function of `(done, total)` that shows a progress bar on a terminal.

    The first call creates the bar, so a command that is refused before shows none. With
    `stdout_is_data` there is no bar if data goes to the same terminal.
    """
    shows = is_terminal(sys.stderr) and not (stdout_is_data and is_terminal(sys.stdout))
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
    shown = label if len(label) <= MAX_LABEL else f"{label[: MAX_LABEL - 1]}…"
    return click.progressbar(length=length, label=shown, file=sys.stderr, width=0)


def is_interactive() -> bool:
    """Return True if a person can answer a question."""
    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def is_terminal(stream: Any) -> bool:
    """Return True if a stream is a terminal; a stream that the shell closed is None."""
    return stream is not None and bool(stream.isatty())


# -- text of values


def bytes_text(size: int) -> str:
    """Return a number of bytes for people: "1.1 GB"."""
    if size < 1_000:
        return counted(size, "byte")
    power = 1 if size < 999_950 else 2 if size < 999_950_000 else 3
    return f"{size / 1_000**power:,.1f} {' kMG'[power]}B"


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return "1 memory", "2,000 memories"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def memories_text(number: int) -> str:
    """Return "1 memory", "2,000 memories"."""
    return counted(number, "memory", "memories")


def visible(text: str) -> str:
    """Return the text on one line, with pictures or codes for control characters."""
    return _CONTROLS.sub(_picture, text)


def _picture(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(_CONTROL_PICTURES + code)
    return "␡" if code == 0x7F else f"<U+{code:04X}>"


# -- tables


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], width: int | None) -> list[str]:
    """Return the lines of a table that is at most `width` columns wide.

    The last cell of a row is its text: it is wrapped, and cut after MAX_LINES. If it has too little
    room, it goes below the other cells. Without a width, each row is one line of whole cells,
    separated by tabs, without headings.
    """
    shown = [[visible(cell) for cell in row] for row in rows]
    if width is None:
        return ["\t".join(row) for row in shown]
    sizes = [max(map(columns, column)) for column in zip(headings, *shown, strict=True)]
    room = width - sum(sizes[:-1]) - len(GAP) * (len(sizes) - 1)
    if room < min(MIN_TEXT, sizes[-1]):
        return [line for row in shown for line in _stacked(row, width)]
    return [line for row in (headings, *shown) for line in _aligned(row, sizes[:-1], room)]


def card(pairs: Iterable[tuple[str, str]], width: int | None) -> list[str]:
    """Return the lines of a list of names and whole values.

    Without a width, each pair is one line, separated by a tab.
    """
    pairs = list(pairs)
    if width is None:
        return [f"{name}\t{visible(value)}" for name, value in pairs]
    indent = max(columns(name) for name, _ in pairs) + len(GAP)
    room = max(width - indent, 1)
    lines: list[str] = []
    for name, value in pairs:
        paragraphs = [visible(line) for line in value.split("\n")]
        wrapped = [line for paragraph in paragraphs for line in _wrap(paragraph, room)]
        lines += _hanging(_padded(name, indent), wrapped)
    return lines


def columns(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return len(text) if text.isascii() else sum(size for _, size in _graphemes(text))


def _aligned(row: Sequence[str], sizes: Sequence[int], room: int) -> Iterator[str]:
    """Yield the lines of a row, its text in the last column."""
    *cells, text = row
    head = "".join(_padded(cell, size) + GAP for cell, size in zip(cells, sizes, strict=True))
    return _hanging(head, _limited(text, room))


def _stacked(row: Sequence[str], width: int) -> Iterator[str]:
    """Yield the lines of a row, its text indented below the other cells."""
    *cells, text = row
    yield from _wrap(" ".join(cell for cell in cells if cell), width)
    yield from _hanging(GAP, _limited(text, max(width - len(GAP), 2)))


def _hanging(head: str, lines: Sequence[str]) -> Iterator[str]:
    """Yield the lines, the first behind the head and the others below the first."""
    indent = " " * columns(head)
    for i, line in enumerate(lines):
        yield ((indent if i else head) + line).rstrip()


def _limited(text: str, width: int) -> list[str]:
    lines = list(islice(_wrap(text, width), MAX_LINES + 1))
    if len(lines) <= MAX_LINES:
        return lines
    last = next(_pieces(lines[MAX_LINES - 1], width - 1)).rstrip()
    return [*lines[: MAX_LINES - 1], last + "…"]


def _wrap(text: str, width: int) -> Iterator[str]:
    """Yield lines of whole words; a word longer than a line is broken.

    Linear in the text, unlike `textwrap` and `wcwidth.wrap`, which take minutes for a long word.
    """
    line = ""
    for word in text.split(" "):
        for piece in _pieces(word, width):
            joined = f"{line} {piece}" if line else piece
            if columns(joined) <= width:
                line = joined
                continue
            yield line
            line = piece
    yield line


def _pieces(word: str, width: int) -> Iterator[str]:
    """Yield a word in pieces of at most `width` columns, each of at least one character."""
    piece: list[str] = []
    used = 0
    for grapheme, size in _graphemes(word):
        if used + size > width and piece:
            yield "".join(piece)
            piece, used = [], 0
        piece.append(grapheme)
        used += size
    yield "".join(piece)


def _padded(text: str, size: int) -> str:
    return text + " " * (size - columns(text))


def _graphemes(text: str) -> Iterator[tuple[str, int]]:
    """Yield each character with its combining marks, and the columns that it takes."""
    from wcwidth import iter_graphemes, width  # loads tables of Unicode, only for a terminal

    return ((grapheme, width(grapheme)) for grapheme in iter_graphemes(text))


# -- stdout


def _show(lines: Sequence[str]) -> None:
    text = "\n".join(lines)
    click.echo(text.encode(encoding(), "replace").decode(encoding()))


def encoding() -> str:
    """Return the encoding of stdout; UTF-8 if the shell closed it."""
    return (getattr(sys.stdout, "encoding", None) or "utf-8").lower()


def _width() -> int | None:
    """Return the columns of the terminal, or None if stdout is not a terminal."""
    return shutil.get_terminal_size().columns if is_terminal(sys.stdout) else None
