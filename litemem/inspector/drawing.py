"""Pictures of a page as plain numbers, which the templates write as SVG."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from litemem.core.types import Relation

BARS = 60  # of the growth, at most
PLOT_WIDTH, PLOT_HEIGHT = 600, 96
NAMES = 80  # of a graph, at most; more of them could not be read
GRAPH_WIDTH, GRAPH_HEIGHT = 900, 600


class Bar(NamedTuple):
    """A bar of the growth, in the units of the picture, and the text of its tooltip."""

    x: float
    y: float
    width: float
    height: float
    label: str


@dataclass(frozen=True, slots=True)
class Growth:
    """Memories by time of creation."""

    bars: Sequence[Bar]
    first: str
    last: str
    most: str


class Name(NamedTuple):
    """A name in a graph, with its place and the number of its relations."""

    text: str
    x: float
    y: float
    weight: int


class Line(NamedTuple):
    """A relation in a graph, between names by position."""

    source: int
    destination: int
    text: str


@dataclass(frozen=True, slots=True)
class Graph:
    """Names and relations; `left_out` names had fewer relations than these."""

    names: Sequence[Name]
    lines: Sequence[Line]
    left_out: int


def growth(by_day: Mapping[int, int]) -> Growth | None:
    """Return the bars of a plot of memories by day, several days in a bar if there are many."""
    if not by_day:
        return None
    first, last = min(by_day), max(by_day)
    days = (last - first) // BARS + 1  # in a bar
    sums: Counter[int] = Counter()
    for day, number in by_day.items():
        sums[(day - first) // days] += number
    count = max((last - first) // days + 1, 12)
    top, step = max(sums.values()), PLOT_WIDTH / count
    bars = []
    for i, number in sorted(sums.items()):
        height = max(PLOT_HEIGHT * number / top, 1.5)
        start, end = first + i * days, min(first + (i + 1) * days - 1, last)
        span = _date(start) if start == end else f"{_date(start)} to {_date(end)}"
        label = f"{span}: {number:,}"
        x, width = round(i * step, 2), round(step * 0.8, 2)
        bars.append(Bar(x, round(PLOT_HEIGHT - height, 2), width, round(height, 2), label))
    span = "a day" if days == 1 else f"{days} days"
    return Growth(bars, _date(first), _date(last), f"at most {top:,} in {span}")


def graph(relations: Iterable[Relation]) -> Graph | None:
    """Return the names with most relations on a circle, and the relations between them.

    A browser with scripts moves the names apart; a circle can be read without.
    """
    found = list(dict.fromkeys(relations))
    weights: Counter[str] = Counter()
    for each in found:
        weights.update((each.source, each.destination))
    if not weights:
        return None
    chosen = [name for name, _ in weights.most_common(NAMES)]
    place = {name: i for i, name in enumerate(chosen)}
    names = [
        Name(name, *_on_circle(i, len(chosen)), weights[name]) for i, name in enumerate(chosen)
    ]
    lines = [
        Line(place[each.source], place[each.destination], each.relationship)
        for each in found
        if each.source in place and each.destination in place
    ]
    return Graph(names, lines, len(weights) - len(chosen))


def _on_circle(i: int, number: int) -> tuple[float, float]:
    angle = 2 * math.pi * i / number - math.pi / 2
    return (
        round(GRAPH_WIDTH / 2 + GRAPH_WIDTH * 0.36 * math.cos(angle), 1),
        round(GRAPH_HEIGHT / 2 + GRAPH_HEIGHT * 0.42 * math.sin(angle), 1),
    )


def _date(day: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()
