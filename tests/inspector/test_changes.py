"""What people change in the inspector, and take back."""

import json
import re
from contextlib import closing
from html import unescape
from pathlib import Path

import apsw
import pytest

from helpers import OpenMemory
from helpers.memories import CAM, JANE, store_text, texts
from helpers.pages import Pages, shown
from litemem import Memory
from litemem.testing import HashEmbedder


@pytest.fixture
def pages(memory: Memory) -> Pages:
    return Pages(memory)


def events(memory: Memory, memory_id: str) -> list[str]:
    return [entry["event"] for entry in memory.history(memory_id)]


def test_a_text_is_corrected_and_taken_back(memory: Memory, pages: Pages) -> None:
    memory_id = store_text(memory, "User likes coffee")
    page = pages.post("memory/update", id=memory_id, text="User likes tea")
    assert "Changed." in shown(page.text)
    assert memory.get(memory_id)["memory"] == "User likes tea"
    page = pages.post("memory/undo", id=memory_id)
    assert "Taken back." in shown(page.text)
    assert memory.get(memory_id)["memory"] == "User likes coffee"
    assert events(memory, memory_id) == ["ADD", "UPDATE", "UPDATE"]


@pytest.mark.parametrize("text", ["one\ntwo", "one\r\ntwo", "nul \0 here", " blanks "])
def test_a_form_that_nobody_changed_changes_nothing(
    memory: Memory, pages: Pages, text: str
) -> None:
    memory_id = store_text(memory, text)
    as_sent = text.replace("\r\n", "\n").replace("\n", "\r\n").replace("\0", "\ufffd")
    pages.post("memory/update", id=memory_id, text=as_sent, categories="", expires="")
    assert memory.get(memory_id)["memory"] == text
    assert events(memory, memory_id) == ["ADD"]


def test_categories_and_expiry_are_changed(memory: Memory, pages: Pages) -> None:
    memory_id = store_text(memory, "User likes tea", categories=["food"])
    pages.post("memory/update", id=memory_id, categories="drinks, home ,", expires="2030-01-02")
    found = memory.get(memory_id)
    assert found["categories"] == ["drinks", "home"]
    assert found["expiration_date"] == "2030-01-02"
    pages.post("memory/update", id=memory_id, categories="", expires="")
    found = memory.get(memory_id)
    assert "categories" not in found
    assert "expires_at" not in found


def test_a_deleted_memory_comes_back_as_it_was(memory: Memory, pages: Pages) -> None:
    memory_id = store_text(
        memory, "User likes tea", categories=["food"], metadata={"a": [1]}, immutable=True
    )
    memory.feedback(memory_id, "POSITIVE", "sure")
    before = memory.get(memory_id)
    page = pages.post("memory/delete", id=memory_id)
    assert "Deleted. Its history stays." in shown(page.text)
    assert memory.get(memory_id) is None
    pages.post("memory/undo", id=memory_id)
    assert memory.get(memory_id) == before
    assert "rated positive" in pages.text("memory", id=memory_id)
    assert events(memory, memory_id) == ["ADD", "DELETE", "ADD"]
    assert memory.verify(full=True)["ok"]


def test_what_was_deleted_comes_back_after_the_server_has_ended(
    memory: Memory, pages: Pages
) -> None:
    memory_id = store_text(memory, "User likes tea", metadata={"a": 1}, categories=["food"])
    before = memory.get(memory_id)
    pages.post("memories/delete", ("id", memory_id))
    Pages(memory).post("memory/undo", id=memory_id)
    assert memory.get(memory_id) == before


def test_a_memory_that_was_deleted_elsewhere_comes_back_from_its_history(
    memory: Memory, pages: Pages
) -> None:
    memory_id = store_text(memory, "User likes tea")
    memory.delete(memory_id)
    pages.post("memory/undo", id=memory_id)
    assert memory.get(memory_id)["memory"] == "User likes tea"


def test_a_deleted_superseded_memory_comes_back_superseded(memory: Memory, pages: Pages) -> None:
    old, new = store_text(memory, "User lives in Bergen"), store_text(memory, "User lives in Oslo")
    memory.supersede(old, by=new)
    pages.post("memory/delete", id=old)
    pages.post("memory/undo", id=old)
    assert texts(memory.get_all(**CAM)) == ["User lives in Oslo"]


def test_a_memory_is_replaced_by_a_new_text_and_taken_back(memory: Memory, pages: Pages) -> None:
    memory_id = store_text(memory, "User lives in Bergen", run_id="r", **CAM)
    page = pages.post("memory/supersede", id=memory_id, text="User lives in Oslo")
    assert "Replaced." in shown(page.text)
    (found,) = memory.get_all(**CAM)["results"]
    assert (found["memory"], found["run_id"]) == ("User lives in Oslo", "r")
    assert found["supersedes"] == [memory_id]
    pages.post("memory/undo", id=memory_id)
    assert len(memory.get_all(**CAM)["results"]) == 2


def test_a_memory_is_replaced_by_another_one(memory: Memory, pages: Pages) -> None:
    old, new = store_text(memory, "User lives in Bergen"), store_text(memory, "User lives in Oslo")
    pages.post("memory/supersede", id=old, by=new)
    assert memory.get(old)["superseded_by"] == new


@pytest.mark.parametrize("by", ["", "unknown", "itself", "another's"])
def test_a_memory_that_cannot_replace_is_refused(memory: Memory, pages: Pages, by: str) -> None:
    memory_id = store_text(memory, "User lives in Bergen")
    others = {"itself": memory_id, "another's": store_text(memory, "x", **JANE)}
    answer = pages.post("memory/supersede", id=memory_id, by=others.get(by, by))
    assert answer.status_code in (400, 404)
    assert "superseded_by" not in memory.get(memory_id)


def test_this_is_wrong_is_feedback(memory: Memory, pages: Pages) -> None:
    memory_id = store_text(memory, "User likes tea")
    page = pages.post("memory/feedback", id=memory_id, feedback="NEGATIVE", reason="never did")
    assert "rated negative: never did" in shown(page.text)
    page = pages.post("memory/feedback", id=memory_id, feedback="")
    assert "rated" not in shown(page.text).split("Rate it")[0]


def test_a_pinned_memory_comes_first_in_a_profile(memory: Memory, pages: Pages) -> None:
    pinned = store_text(memory, "User likes tea", timestamp="2025-01-01")
    for number in range(3):
        store_text(memory, f"User likes film {number}", timestamp="2025-02-01")
    assert memory.profile(max_lines=1, **CAM)["groups"]["preferences"][0]["id"] != pinned
    page = pages.post("memory/pin", id=pinned, pinned="yes")
    assert "pinned" in shown(page.text)
    assert memory.profile(max_lines=1, **CAM)["groups"]["preferences"][0]["id"] == pinned
    pages.post("memory/pin", id=pinned, pinned="no")
    assert memory.get(pinned)["metadata"] == {"pinned": False}


def test_a_memory_is_erased_after_a_confirmation(open_memory: OpenMemory) -> None:
    memory = open_memory(["User likes tea"])
    memory_id = memory.add("I like tea", user_id="cam")["results"][0]["id"]
    pages = Pages(memory)
    page = pages.post("memory/erase", id=memory_id)
    assert "Forget it for good?" in shown(page.text)
    assert memory.get(memory_id) is not None
    page = pages.post("memory/erase", id=memory_id, sure="yes")
    assert "No byte of the text is left" in shown(page.text)
    assert memory.history(memory_id) == []
    assert pages.get("memory", id=memory_id).status_code == 404


def test_an_erased_memory_does_not_come_back(memory: Memory, pages: Pages) -> None:
    memory_id = store_text(memory, "User likes tea")
    pages.post("memory/delete", id=memory_id)
    pages.post("memory/erase", id=memory_id, sure="yes")
    assert pages.post("memory/undo", id=memory_id).status_code == 404


def test_an_immutable_memory_is_not_changed(memory: Memory, pages: Pages) -> None:
    memory_id = store_text(memory, "User likes tea", immutable=True)
    for path, fields in (
        ("memory/update", {"text": "User hates tea"}),
        ("memory/supersede", {"text": "User hates tea"}),
    ):
        assert pages.post(path, id=memory_id, **fields).status_code == 409
    assert memory.get(memory_id)["memory"] == "User likes tea"
    assert len(memory.get_all(**CAM)["results"]) == 1


def test_a_conflict_is_settled(memory: Memory, pages: Pages) -> None:
    one, other = store_text(memory, "User lives in Rome"), store_text(memory, "User lives in Oslo")
    with memory.store.write() as tx:
        tx.conflicts.open(one, other, 1)
    conflict = memory.conflicts(**CAM)["results"][0]["id"]
    pages.post("memory/settle", id=one, conflict=conflict, keep=one)
    assert texts(memory.get_all(**CAM)) == ["User lives in Rome"]


def test_selected_memories_are_deleted_after_a_confirmation_and_come_back(
    memory: Memory, pages: Pages
) -> None:
    ids = [store_text(memory, f"note {n}", categories=["x"]) for n in range(4)]
    chosen = [("id", memory_id) for memory_id in ids[:3]]
    page = pages.post("memories/selected", *chosen, action="delete", user_id="cam")
    assert "Delete 3 memories?" in shown(page.text)
    assert len(memory.get_all(**CAM)["results"]) == 4
    page = pages.post("memories/delete", *chosen, user_id="cam")
    assert "3 memories were deleted." in shown(page.text)
    assert texts(memory.get_all(**CAM)) == ["note 3"]
    assert 'name="id"' in page.text.split("memories/undo")[1].split("</form>")[0]
    page = pages.post("memories/undo", *chosen, user_id="cam")
    assert "3 memories are back." in shown(page.text)
    assert len(memory.get_all(filters={"user_id": "cam", "categories": "x"})["results"]) == 4
    memory.update(ids[0], "note of today")
    page = pages.post("memories/undo", *chosen, user_id="cam")  # the same page, sent again
    assert "0 memories are back." in shown(page.text)
    assert memory.get(ids[0])["memory"] == "note of today"


def test_a_change_that_another_program_holds_up_can_be_sent_again(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    with Memory(path, embedder=HashEmbedder(), busy_timeout=0.2) as memory:
        memory_id = store_text(memory, "User likes coffee")
        pages = Pages(memory)
        with closing(apsw.Connection(str(path))) as other:
            other.execute("BEGIN IMMEDIATE")
            page = pages.post("memory/update", id=memory_id, text='User "likes" tea')
            assert page.status_code == 503
            assert "Not saved yet" in shown(page.text)
            assert memory.get(memory_id)["memory"] == "User likes coffee"
        again = page.text.split("<form")[1].split("</form>")[0]
        assert 'action="/memory/update"' in again
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', again))
        del fields["csrf"]
        pages.post("memory/update", **{key: unescape(value) for key, value in fields.items()})
        assert memory.get(memory_id)["memory"] == 'User "likes" tea'


def test_nothing_selected_is_explained(pages: Pages) -> None:
    answer = pages.post("memories/selected", action="delete")
    assert answer.status_code == 400
    assert "no memory is selected" in answer.text


def test_selected_memories_are_exported(memory: Memory, pages: Pages) -> None:
    chosen, _ = store_text(memory, "User likes tea"), store_text(memory, "User likes coffee")
    answer = pages.post("memories/selected", ("id", chosen), action="export")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line["id"] for line in lines if line["kind"] == "memory"] == [chosen]


def test_a_scope_is_exported(memory: Memory, pages: Pages) -> None:
    store_text(memory, "User likes tea")
    store_text(memory, "Jane likes tea", **JANE)
    lines = pages.get("export", user_id="cam").text.splitlines()
    assert [json.loads(line)["content"] for line in lines if '"memory"' in line[:20]] == [
        "User likes tea"
    ]
