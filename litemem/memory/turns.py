"""Turns: what was said and still waits for extraction, in the background or after a failure."""

from litemem.core.arguments import check_seconds, check_text
from litemem.core.results import add_result_dict, turn_event_dict
from litemem.memory.face import Face, Result


def process_pending(self: Face) -> Result:
    """Extract from every turn that waits, oldest first, also where extraction failed before.

    Programs that do so at once share the work; each waits until all of it was tried.

    Raises:
        LLMError, EmbedderError: a model failed again on some turn; the others are done.
    """
    outcomes = self._pipeline.process_pending()
    return {"results": [add_result_dict(outcome, inferred=True) for outcome in outcomes]}


def event(self: Face, event_id: str) -> Result | None:
    """Return what became of an `add` in the background; None for an unknown id.

    `{"id", "status", "results", "error", "created_at", "completed_at"}`: the status is PENDING,
    RUNNING, SUCCEEDED, or FAILED when extraction failed three times and only `process_pending`
    tries again; `error` is why the last try failed. The last 10,000 that succeeded are known,
    and of their memories those that were not deleted since.
    """
    found = self.store.event(check_text(event_id, "event_id"))
    return None if found is None else turn_event_dict(found)


def flush(self: Face, timeout: float | None = None) -> Result:
    """Wait until every turn that is in the file is extracted, here or by another program.

    Returns `{"failed": n}`: so many turns were given up and wait for `process_pending`.

    Args:
        timeout: in seconds; None: as long as it takes.

    Raises:
        FlushTimeoutError (also TimeoutError): it takes longer; the work goes on.
        ValidationError: `timeout` is no number of seconds.
    """
    return {"failed": self._worker.flush(check_seconds(timeout, "timeout"))}
