"""Read the table of intended differences in docs/engineering/compatibility.md."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs" / "engineering" / "compatibility.md"
HEADER = ("id", "call", "mem0", "litemem", "why")


@dataclass(frozen=True, slots=True)
class Row:
    """A wanted difference; `patterns` are ids with `*` for any characters.

    What stands as code in `mem0` and `litemem` has to occur in the outcome of that side.
    """

    patterns: tuple[str, ...]
    call: str
    mem0: str
    litemem: str
    why: str

    def pattern_for(self, name: str, mem0: str, litemem: str) -> str | None:
        """Return the pattern that covers a difference, or None if the row covers another one."""
        if not (_holds(mem0, self.mem0) and _holds(litemem, self.litemem)):
            return None
        return next((p for p in self.patterns if matches(p, name)), None)


def read_rows(text: str) -> list[Row]:
    """Return the rows of the one table that has the header.

    Raises:
        ValueError: there is no such table, or a row is not complete.
    """
    lines = iter(text.splitlines())
    if not any(_cells(line) == list(HEADER) for line in lines):
        raise ValueError(f"no table with the columns {', '.join(HEADER)}")
    next(lines)  # |---|
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append(_row(line))
    return rows


def matches(pattern: str, name: str) -> bool:
    """Say whether a pattern covers an id."""
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), name) is not None


def _row(line: str) -> Row:
    cells = _cells(line)
    if len(cells) != len(HEADER) or not cells[-1] or not _code(cells[0]):
        raise ValueError(f"a row takes {len(HEADER)} cells, ids as code and a reason: {line}")
    return Row(tuple(_code(cells[0])), *cells[1:])


def _cells(line: str) -> list[str]:
    return [cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def _code(cell: str) -> Sequence[str]:
    return re.findall(r"`([^`]+)`", cell)


def _holds(shown: str, cell: str) -> bool:
    return all(code in shown for code in _code(cell))
