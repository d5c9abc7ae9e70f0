"""Events: what became of an `add` that did not wait, and waiting for it after all."""

from litemem.client.face import ClientFace, Result


def event(self: ClientFace, event_id: str) -> Result | None:
    """Return what became of an `add(…, async_mode=True)`, as `Memory.event`; None: not known."""
    return self.memory.event(event_id)


def flush(self: ClientFace, timeout: float | None = None) -> Result:
    """Wait until every turn in the file is extracted, as `Memory.flush`: `{"failed": n}`.

    Raises:
        FlushTimeoutError: it takes longer than `timeout` seconds; the work goes on.
    """
    return self.memory.flush(timeout)
