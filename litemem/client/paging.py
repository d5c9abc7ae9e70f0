"""Paging: remember where each page ended, so that a walk neither skips nor repeats a memory."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

MOST_WALKS = 256  # remembered at once; the one that was used least lately is forgotten first
MOST_ENDS = 1_000  # remembered of a walk, the last ones

Place = tuple[int, str]  # where a memory stands in the order of time: its `created_at` and its id


@dataclass(frozen=True, slots=True)
class Start:
    """Where a page starts: `offset` memories behind `after`, or behind the newest when it is None.

    Behind the end of the page before, `offset` is 0, and what others add or delete moves nothing.
    """

    after: Place | None = None
    offset: int = 0


class Pager:
    """The ends of the pages that were read, by walk: a filter and a page size. Any thread may call.

    Page 1 begins a walk anew, and so does any page for those behind it. A page that is not the
    next one is found by counting from the nearest one before it whose end is known.
    """

    def __init__(self) -> None:
        self._walks: OrderedDict[Hashable, dict[int, Place]] = OrderedDict()
        self._lock = threading.Lock()

    def start(self, walk: Hashable, page: int, page_size: int) -> Start:
        """Say where a page of a walk starts."""
        with self._lock:
            ends = self._walks.get(walk, {})
            known = max((number for number in ends if number < page), default=0)
            return Start(ends.get(known), (page - 1 - known) * page_size)

    def ended(self, walk: Hashable, page: int, end: Place | None) -> None:
        """Note where a page ended; None when nothing was on it."""
        with self._lock:
            known = self._walks.pop(walk, {})
            ends = {number: place for number, place in known.items() if number < page}
            if end is not None:
                ends[page] = end
            if len(ends) > MOST_ENDS:
                del ends[next(iter(ends))]
            self._walks[walk] = ends
            if len(self._walks) > MOST_WALKS:
                self._walks.popitem(last=False)
