"""Pages: a scope's memories some at a time, in the shape that the hosted service gives them."""

from litemem.client.face import Result
from litemem.client.paging import Pager
from litemem.core.arguments import check_flag, check_positive
from litemem.core.results import memory_dict
from litemem.errors import ValidationError
from litemem.store.filters import Condition
from litemem.store.sqlite import SqliteStore, visible

PAGE_SIZE = 100  # the hosted service's


class PageReader:
    """Reads pages of one store, newest first, and remembers where each ended."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self._pager = Pager()

    def read(
        self,
        condition: Condition,
        *,
        page: int,
        page_size: int,
        now: int,
        expired: bool,
        superseded: bool,
    ) -> Result:
        """Return `{"count", "next", "previous", "results"}`; beyond the last page, no results."""
        page = check_positive(page, "page")
        # not the narrowed condition: it holds the time, and would be another one on every page
        walk = (condition, page_size, check_flag(expired, "show_expired"), superseded)
        shown = visible(condition, now, expired, superseded)
        start = self._pager.start(walk, page, page_size)
        records = self._store.select(
            shown, limit=page_size + 1, offset=start.offset, after=start.after
        )
        on_page, more = records[:page_size], len(records) > page_size
        end = (on_page[-1].created_at, on_page[-1].id) if on_page else None
        self._pager.ended(walk, page, end)
        return {
            "count": self._store.count(shown),
            "next": _link(page + 1, page_size) if more else None,
            "previous": _link(page - 1, page_size) if page > 1 else None,
            "results": [memory_dict(record) for record in on_page],
        }


def check_page_size(page_size: int | None, top_k: int | None, limit: int | None) -> int:
    """Return how many memories a page has; `top_k` and `limit` are other names for it.

    Raises:
        ValidationError: it is no whole number from 1, or two are given and differ.
    """
    given = [number for number in (page_size, top_k, limit) if number is not None]
    if any(number != given[0] for number in given):
        raise ValidationError("page_size, top_k and limit say different things: give one")
    return check_positive(given[0] if given else PAGE_SIZE, "page_size")


def _link(page: int, page_size: int) -> str:
    return f"?page={page}&page_size={page_size}"
