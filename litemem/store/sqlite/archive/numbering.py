"""Numbering: what numbers stand for, in 16 bytes each, so that a million take little room."""

from array import array
from bisect import bisect_left


class Numbering:
    """Numbers from 1 in rising order, each with a whole number of 64 bits that it stands for."""

    def __init__(self) -> None:
        self._numbers = array("q")
        self._meanings = array("q")

    @property
    def last(self) -> int:
        """The greatest number; 0 before the first."""
        return self._numbers[-1] if self._numbers else 0

    def add(self, number: int, meaning: int) -> None:
        """Note what a number stands for.

        Raises:
            ValueError: it is not greater than the last.
        """
        if number <= self.last:
            raise ValueError(f"number {number} stands behind {self.last}: they have to rise")
        self._numbers.append(number)
        self._meanings.append(meaning)

    def get(self, number: int) -> int | None:
        """Return what a number stands for; None: it was not noted."""
        place = bisect_left(self._numbers, number)
        if place == len(self._numbers) or self._numbers[place] != number:
            return None
        return self._meanings[place]
