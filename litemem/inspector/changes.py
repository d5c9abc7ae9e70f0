"""What a page changes: forms, each answered with the page that shows the change."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from litemem.core.types import PINNED
from litemem.errors import ImmutableError, ValidationError
from litemem.inspector.selection import Selection, of_ids
from litemem.inspector.site import Site
from litemem.inspector.views import archive

UNDONE = 200  # memories of a bulk delete that one undo brings back: their ids are in an address


def update(site: Site, request: Request) -> Response:
    """Change the text, the categories or the expiry of a memory."""
    form, memory_id = _form(request)
    found = site.memory.get(memory_id)
    changes: dict[str, Any] = {}
    if "text" in form:
        text = form["text"].replace("\r\n", "\n")  # as a form sends each line feed
        if found is None or _plain(text) != _plain(found["memory"]):
            changes["text"] = text
    if "categories" in form:
        wanted = [part.strip() for part in form["categories"].split(",") if part.strip()]
        if found is None or wanted != found.get("categories", []):
            changes["categories"] = wanted
    if "expires" in form:
        given = form["expires"].strip() or None
        if found is None or given != found.get("expiration_date"):
            changes["expires_at"] = given
    if changes:
        site.memory.update(memory_id, **changes)
    return _to_memory(request, memory_id, "changed" if changes else "same")


def delete(site: Site, request: Request) -> Response:
    """Delete a memory; its history stays."""
    _, memory_id = _form(request)
    site.memory.delete(memory_id)
    return _to_memory(request, memory_id, "deleted")


def erase(site: Site, request: Request) -> Response:
    """Erase a memory with its history and messages, or ask whether that is meant."""
    form, memory_id = _form(request)
    if form.get("sure") != "yes":
        counts = site.memory.erase(memory_id, dry_run=True)["erased"]
        values = {"id": memory_id, "counts": {k: n for k, n in counts.items() if n}}
        return site.page(request, "erase.html", values)
    done = site.memory.erase(memory_id)
    return site.page(request, "erased.html", {"done": done})


def undo(site: Site, request: Request) -> Response:
    """Take back the last change of a memory."""
    _, memory_id = _form(request)
    site.memory.undo(memory_id)
    return _to_memory(request, memory_id, "undone")


def supersede(site: Site, request: Request) -> Response:
    """End a memory in favour of another one, by its id or by a new text."""
    form, memory_id = _form(request)
    successor, text = form.get("by", "").strip(), form.get("text", "").strip()
    if not successor and text:
        with site.memory.store.read() as r:
            old = r.memories.require(memory_id)
        if old.immutable:
            raise ImmutableError("the memory is immutable: it can be deleted, and not replaced")
        ids: dict[str, Any] = old.scope.ids()
        added = site.memory.add(text, infer=False, **ids)
        successor = added["results"][0]["id"]
    if not successor:
        raise ValidationError("give the id of the memory that holds now, or a new text")
    site.memory.supersede(memory_id, by=successor)
    return _to_memory(request, memory_id, "superseded")


def pin(site: Site, request: Request) -> Response:
    """Pin a memory, or no longer."""
    form, memory_id = _form(request)
    is_pinned = form.get("pinned") == "yes"
    site.memory.update(memory_id, metadata={PINNED: is_pinned})
    return _to_memory(request, memory_id, "pinned" if is_pinned else "unpinned")


def feedback(site: Site, request: Request) -> Response:
    """Rate a memory, or remove the rating."""
    form, memory_id = _form(request)
    reason = form.get("reason", "").strip() or None
    site.memory.feedback(memory_id, form.get("feedback") or None, reason)
    return _to_memory(request, memory_id, "rated")


def settle(site: Site, request: Request) -> Response:
    """Settle a conflict."""
    form, memory_id = _form(request)
    site.memory.settle(form.get("conflict", ""), keep=form.get("keep", ""))
    return _to_memory(request, memory_id, "settled")


def selected(site: Site, request: Request) -> Response:
    """Export the selected memories, or ask whether they are to be deleted."""
    pairs = request.scope["litemem.form"]
    ids = _ids(pairs)
    form = dict(pairs)
    if not ids:
        raise ValidationError("no memory is selected: tick the boxes of those that you mean")
    if form.get("action") == "export":
        return archive(site.memory.export(filters=of_ids(ids)))
    with site.memory.store.read() as r:
        records = r.memories.get_many(ids)
    back = {key: value for key, value in form.items() if key not in ("id", "action")}
    values = {"ids": ids, "records": records, "back": back}
    return site.page(request, "delete.html", values, selection=Selection.read(back))


def delete_selected(site: Site, request: Request) -> Response:
    """Delete the memories that were confirmed."""
    pairs = request.scope["litemem.form"]
    ids = _ids(pairs)
    site.memory.delete_all(filters=of_ids(ids))
    back = Selection.read({key: value for key, value in pairs if key != "id"})
    undo = [("undo", memory_id) for memory_id in ids] if len(ids) <= UNDONE else []
    return _to(request, "memories", done="deleted", number=len(ids), also=[*back.pairs(), *undo])


def undo_selected(site: Site, request: Request) -> Response:
    """Bring the memories of the last bulk delete back, those that are still deleted."""
    pairs = request.scope["litemem.form"]
    deleted = [each for each in _ids(pairs) if site.memory.get(each) is None]
    for memory_id in deleted:
        site.memory.undo(memory_id)
    back = Selection.read({key: value for key, value in pairs if key != "id"})
    return _to(request, "memories", done="undone", number=len(deleted), also=back.pairs())


def _form(request: Request) -> tuple[dict[str, str], str]:
    """Return the fields of a form, and the id of the memory that it is about."""
    form = dict(request.scope["litemem.form"])
    memory_id = form.get("id", "")
    if not memory_id.strip():
        raise ValidationError("the form needs the id of a memory")
    return form, memory_id


def _ids(pairs: list[tuple[str, str]]) -> list[str]:
    return list(dict.fromkeys(value for key, value in pairs if key == "id"))


def _to_memory(request: Request, memory_id: str, done: str) -> Response:
    return _to(request, "memory", id=memory_id, done=done)


def _to(
    request: Request, page: str, *, also: Sequence[tuple[str, str]] = (), **fields: object
) -> Response:
    address = urlencode([*fields.items(), *also])
    return RedirectResponse(f"{request.scope.get('root_path', '')}/{page}?{address}", 303)


def _plain(text: str) -> str:
    """Return a text as a form gives it back if nobody changed it."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
