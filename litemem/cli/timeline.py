"""Timeline: numbers by day as a row of bars. Pure."""

from collections.abc import Mapping, Sequence

_BARS = "▁▂▃▄▅▆▇█"
_PLAIN = "_.-:=+*#"  # where the terminal has no others


def buckets(by_day: Mapping[int, int], most: int) -> tuple[list[int], int]:
    """Return the sums of equal spans of days from the first to the last, and a span's days.

    At most `most` spans, as short as that allows.
    """
    first, last = min(by_day), max(by_day)
    days = -(-(last - first + 1) // most)
    sums = [0] * -(-(last - first + 1) // days)
    for day, number in by_day.items():
        sums[(day - first) // days] += number
    return sums, days


def bars(numbers: Sequence[int], fine: bool) -> str:
    """Return a bar for each number, as high as its share of the greatest; a blank for none."""
    levels = _BARS if fine else _PLAIN
    greatest = max(numbers)
    return "".join(
        levels[(number * len(levels) - 1) // greatest] if number else " " for number in numbers
    )
