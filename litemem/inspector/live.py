"""Server-sent events: a page learns within a second that the file has changed.

One task looks at the file's change counter, and reads no table. It runs only while a page listens.
"""

import asyncio
from collections.abc import AsyncIterator, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import StreamingResponse

from litemem.errors import LitememError
from litemem.memory import Memory

INTERVAL = 0.5  # seconds between two looks
KEEP_ALIVE = 15.0  # seconds until a comment, by which a connection that is gone is noticed
RETRY_MS = 2_000  # after which a browser connects again


class Feed:
    """The events of one memory, for any number of pages; they end when the server is ending."""

    def __init__(self, memory: Memory, is_ending: Callable[[], bool]) -> None:
        self._memory = memory
        self._is_ending = is_ending
        self._pages: set[asyncio.Queue[int | None]] = set()
        self._task: asyncio.Task[None] | None = None

    async def events(self, _: Request) -> StreamingResponse:
        """Answer with an event for each change."""
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(self._stream(), media_type="text/event-stream", headers=headers)

    async def _stream(self) -> AsyncIterator[str]:
        page: asyncio.Queue[int | None] = asyncio.Queue()
        self._pages.add(page)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._watch())
        try:
            yield f"retry: {RETRY_MS}\n\n"
            while True:
                try:
                    change = await asyncio.wait_for(page.get(), KEEP_ALIVE)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                if change is None:
                    return
                yield f"event: change\ndata: {change}\n\n"
        finally:
            self._pages.discard(page)

    async def _watch(self) -> None:
        try:
            await self._follow()
        except LitememError:  # the stream of each page ends, and its browser asks again
            self._send(None)

    async def _follow(self) -> None:
        last = await run_in_threadpool(self._memory.store.changes)
        while self._pages:
            await asyncio.sleep(INTERVAL)
            if self._is_ending():
                self._send(None)
                return
            found = await run_in_threadpool(self._memory.store.changes)
            if found != last:
                last = found
                self._send(found)

    def _send(self, change: int | None) -> None:
        for page in self._pages:
            page.put_nowait(change)
