"""The summary of an agent's run: its goal, steps and results, as a value and as Markdown."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace

from litemem.core.text.words import words

MAX_GOAL_CHARACTERS = 500
KEPT_FIRST = 10  # oldest entries of a full section that stay; the other places hold the newest
LIMITS = {"steps": 60, "decisions": 20, "errors": 20, "results": 50, "open": 20}  # entries
SOLVED = ". Solved: "

_MARKER = "… ({} left out here; the memory's history has them)"
_LEFT_OUT = re.compile(r"… \((\d{1,15}) left out here")
_BULLET = re.compile(r"\A(?:\d+\. |[-*] )")
_FORMAT = re.compile(r"\A(?:(?:#+|[-*>•]|\d+[.)]|Goal:)\s+|[`~]{3,}\s*)*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Procedure:
    """A run in entries of one line each, in the order in which they happened.

    An entry of `errors` ends with `SOLVED` and the solution, if there is one.
    """

    goal: str = ""
    steps: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    results: tuple[str, ...] = ()
    open: tuple[str, ...] = ()


_SECTIONS = tuple(field.name for field in fields(Procedure) if field.name != "goal")


def entry(text: str) -> str:
    """Return a text as one line without the signs of a Markdown heading, bullet or fence."""
    return _FORMAT.sub("", " ".join(text.split()))


def to_markdown(procedure: Procedure) -> str:
    """Return a procedure as Markdown: the goal, then a section for each kind of entry."""
    blocks = [f"Goal: {procedure.goal}"] if procedure.goal else []
    for name in _SECTIONS:
        entries: tuple[str, ...] = getattr(procedure, name)
        if entries:
            lines = _numbered(entries) if name == "steps" else [f"- {text}" for text in entries]
            blocks.append("\n".join([f"## {name.capitalize()}", *lines]))
    return "\n\n".join(blocks)


def from_markdown(text: str) -> Procedure:
    """Return the procedure of a Markdown text, even an edited one; no line is lost."""
    found: dict[str, list[str]] = {name: [] for name in ("goal", *_SECTIONS)}
    section = "goal"
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith("#"):
            heading = line.lstrip("# ").casefold()
            section = heading if heading in _SECTIONS else "results"
            continue
        bullet = _BULLET.match(line)
        found[section].append(line[bullet.end() :] if bullet and section != "goal" else line)
    goal = " ".join(found.pop("goal")).removeprefix("Goal: ")
    return Procedure(goal, **{name: tuple(entries) for name, entries in found.items()})


def merged(earlier: Procedure, later: Procedure) -> Procedure:
    """Return two procedures as one, bounded; entries that both have are kept once."""
    joined = {
        name: _joined(getattr(earlier, name), getattr(later, name), once=name != "steps")
        for name in _SECTIONS
    }
    return bounded(Procedure(_goals(earlier.goal, later.goal), **joined))


def without_open(procedure: Procedure, done: Iterable[str]) -> Procedure:
    """Return the procedure without the open ends that are done."""
    gone = set(map(_key, done))
    return replace(procedure, open=tuple(t for t in procedure.open if _key(t) not in gone))


def solved(procedure: Procedure, solutions: Mapping[str, str]) -> Procedure:
    """Return the procedure with solutions added to its errors."""
    errors = [f"{e}{SOLVED}{solutions[e]}" if e in solutions else e for e in procedure.errors]
    return replace(procedure, errors=tuple(errors))


def bounded(procedure: Procedure) -> Procedure:
    """Return the procedure with a marker instead of the middle of overlong sections."""
    kept = {name: _kept(getattr(procedure, name), limit) for name, limit in LIMITS.items()}
    return replace(procedure, goal=procedure.goal[:MAX_GOAL_CHARACTERS], **kept)


def _numbered(steps: Sequence[str]) -> list[str]:
    lines: list[str] = []
    number = 1
    for step in steps:
        gap = _LEFT_OUT.match(step)
        lines.append(step if gap else f"{number}. {step}")
        number += int(gap[1]) if gap else 1
    return lines


def _goals(earlier: str, later: str) -> str:
    if not earlier or not later or _key(later) in _key(earlier):
        return earlier or later
    joined = f"{earlier.rstrip('.')}; then: {later}"
    return joined if len(joined) <= MAX_GOAL_CHARACTERS else earlier


def _joined(earlier: Sequence[str], later: Sequence[str], *, once: bool) -> tuple[str, ...]:
    """Append entries; a repeated one is dropped if `once`, else only directly after its like.

    An error that is repeated with a solution replaces the one without.
    """
    entries = list(earlier)
    places: dict[str, int] = {}
    for i, text in enumerate(entries):
        places.setdefault(_key(text), i)
    for text in later:
        same = places.get(key := _key(text))
        if not once:
            same = len(entries) - 1 if entries and _key(entries[-1]) == key else None
        if same is None:
            places.setdefault(key, len(entries))
            entries.append(text)
        elif SOLVED in text:
            entries[same] = text
    return tuple(entries)


def _kept(entries: Sequence[str], limit: int) -> tuple[str, ...]:
    gaps = [int(gap[1]) for text in entries if (gap := _LEFT_OUT.match(text))]
    plain = [text for text in entries if not _LEFT_OUT.match(text)]
    left_out = max(len(plain) - limit, 0)
    if left_out + sum(gaps) == 0:
        return tuple(plain)
    marker = _MARKER.format(left_out + sum(gaps))
    return (*plain[:KEPT_FIRST], marker, *plain[KEPT_FIRST + left_out :])


def _key(text: str) -> str:
    """Return a text without case, punctuation and solution."""
    return " ".join(words(text.partition(SOLVED)[0]))
