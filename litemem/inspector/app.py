"""The application of the inspector: addresses, errors, and who may use it."""

import threading
from collections.abc import Callable, Collection
from functools import partial, wraps
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from litemem.errors import (
    CorruptError,
    ImmutableError,
    LitememError,
    MemoryNotFoundError,
    StoreBusyError,
    StoreReadOnlyError,
    ValidationError,
)
from litemem.inspector import changes, views
from litemem.inspector.live import Feed
from litemem.inspector.security import LOOPBACK, BrowserGuard
from litemem.inspector.site import Site
from litemem.memory import Memory

STATUSES: dict[type[Exception], int] = {
    MemoryNotFoundError: 404,
    ImmutableError: 409,
    StoreReadOnlyError: 403,
    StoreBusyError: 503,
    CorruptError: 500,
    ValidationError: 400,
}
View = Callable[[Site, Request], Response]
THREADS = 4  # pages that are made at once, each with a connection and its cache


def app(
    memory: Memory,
    *,
    token: str,
    hosts: Collection[str] = LOOPBACK,
    read_only: bool = False,
    is_ending: Callable[[], bool] = lambda: False,
    prepare: bool = False,
) -> BrowserGuard:
    """Return the inspector of a memory as an ASGI application, which may be mounted.

    Args:
        memory: stays open; the caller closes it.
        token: the secret of the first address, `/?token=…`.
        hosts: names that the header `Host` may have.
        read_only: if true, nothing can be changed.
        is_ending: returns True when the server is to end; the streams of open pages then end.
        prepare: if true, all is ready for the first page when this returns, which takes 0.3 s;
            otherwise a thread prepares it.
    """
    site = Site.of(memory, read_only=read_only)
    warming = threading.Thread(target=site.warm, name="litemem-warm", daemon=True)
    warming.start()
    if prepare:
        warming.join()
    return BrowserGuard(_pages(site, Feed(memory, is_ending)), token=token, hosts=hosts)


def _pages(site: Site, feed: Feed) -> Starlette:
    limiter = CapacityLimiter(THREADS)
    seen = {
        "/": views.overview,
        "/memories": views.memories,
        "/memory": views.memory,
        "/search": views.search,
        "/conversation": views.conversation,
        "/graph": views.graph,
        "/health": views.health,
        "/export": views.export,
    }
    made = {
        "/memory/update": changes.update,
        "/memory/delete": changes.delete,
        "/memory/erase": changes.erase,
        "/memory/undo": changes.undo,
        "/memory/supersede": changes.supersede,
        "/memory/pin": changes.pin,
        "/memory/feedback": changes.feedback,
        "/memory/settle": changes.settle,
        "/memories/selected": changes.selected,
        "/memories/delete": changes.delete_selected,
        "/memories/undo": changes.undo_selected,
    }
    static = StaticFiles(packages=[("litemem.inspector", "static")])

    return Starlette(
        routes=[
            *(Route(path, partial(_call, limiter, site, view)) for path, view in seen.items()),
            *(
                Route(path, partial(_call, limiter, site, _writes(view)), methods=["POST"])
                for path, view in made.items()
            ),
            Route("/events", feed.events),
            Mount("/static", static),
        ],
        exception_handlers={
            LitememError: partial(_failed, site),
            HTTPException: partial(_missing, site),
        },
    )


async def _call(limiter: CapacityLimiter, site: Site, view: View, request: Request) -> Response:
    """Run a view in a thread: it reads the file."""
    return await to_thread.run_sync(view, site, request, limiter=limiter)


def _writes(view: View) -> View:
    @wraps(view)
    def checked(site: Site, request: Request) -> Response:
        if site.read_only:
            raise StoreReadOnlyError("the inspector was started with --read-only")
        return view(site, request)

    return checked


async def _failed(site: Site, request: Request, error: Exception) -> Response:
    """Show an error of the library on a page."""
    status = next((s for kind, s in STATUSES.items() if isinstance(error, kind)), 500)
    values: dict[str, Any] = {"title": "That did not work", "message": str(error), "form": None}
    if isinstance(error, StoreBusyError) and "litemem.form" in request.scope:
        values |= {"title": "Not saved yet", "form": request.scope["litemem.form"]}
    return site.page(request, "error.html", values, status=status)


async def _missing(site: Site, request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    values = {"title": error.detail, "message": "There is no such page.", "form": None}
    return site.page(request, "error.html", values, status=error.status_code)
