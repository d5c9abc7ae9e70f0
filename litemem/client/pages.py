"""Pages of memories, as the hosted service returns them."""

from typing import Any

from litemem.core.arguments import check_flag, check_positive
from litemem.core.results import memory_dict
from litemem.errors import ValidationError
from litemem.store.filters import Condition, valid_now
from litemem.store.protocol import Store

PAGE_SIZE = 100  # the hosted service's


def read_page(
    store: Store,
    condition: Condition,
    *,
    page: int,
    page_size: int,
    now: int,
    expired: bool,
    superseded: bool,
) -> dict[str, Any]:
    """Return `{"count", "next", "previous", "results"}`; no results after the last page."""
    page = check_positive(page, "page")
    shown = valid_now(
        condition, now, expired=check_flag(expired, "show_expired"), superseded=superseded
    )
    with store.read() as r:
        records = r.memories.select(shown, limit=page_size + 1, offset=(page - 1) * page_size)
        count = r.memories.count(shown)
    return {
        "count": count,
        "next": _link(page + 1, page_size) if len(records) > page_size else None,
        "previous": _link(page - 1, page_size) if page > 1 else None,
        "results": [memory_dict(record) for record in records[:page_size]],
    }


def check_page_size(page_size: int | None, top_k: int | None, limit: int | None) -> int:
    """Return how many memories a page has; `top_k` and `limit` are other names for it.

    Raises:
        ValidationError: it is not a whole number from 1, or two are given and differ.
    """
    given = [number for number in (page_size, top_k, limit) if number is not None]
    if any(number != given[0] for number in given):
        raise ValidationError("page_size, top_k and limit differ: give one of them")
    return check_positive(given[0] if given else PAGE_SIZE, "page_size")


def _link(page: int, page_size: int) -> str:
    return f"?page={page}&page_size={page_size}"
