"""What the pages of the inspector show."""

import os
import re
import sqlite3
import time
from contextlib import closing
from html import unescape
from pathlib import Path

import psutil
import pytest

from helpers import START, Clock, OpenMemory, drawn
from helpers.browser import served
from helpers.memories import CAM, JANE, store_text
from helpers.pages import Pages, shown
from litemem import Memory, Scope
from litemem.core.types import Message
from litemem.errors import ValidationError
from litemem.inspector import views


@pytest.fixture
def pages(memory: Memory) -> Pages:
    return Pages(memory)


def listed(html: str) -> list[str]:
    """Return the texts of a list of memories, in order."""
    return re.findall(r'<a class="text" dir="auto" href="[^"]*">([^<]*)</a>', html)


def counted(pages: Pages) -> str:
    """Return what the overview says when the file is counted, which a thread does."""
    for _ in range(200):
        html = pages.get().text
        if "data-counting" not in html:
            break
        time.sleep(0.05)
    return shown(html)


# -- overview


def test_an_empty_file_says_how_to_begin(pages: Pages) -> None:
    assert "litemem add" in pages.text()
    assert "litemem add" in pages.text("memories")


def test_the_overview_counts_and_names_owners(memory: Memory, pages: Pages) -> None:
    for number in range(3):
        store_text(memory, f"User note {number}", agent_id="helper", **CAM)
    store_text(memory, "Jane likes tea", **JANE)
    text = counted(pages)
    assert "memories 4" in text
    assert "cam 3" in text
    assert "jane 1" in text
    assert "helper 3" in text
    assert "Jane likes tea" in text


def test_the_overview_knows_what_was_added_since(memory: Memory, pages: Pages) -> None:
    assert "memories 0" in counted(pages)
    store_text(memory, "User likes tea")
    assert "memories 1" in counted(pages)


def test_a_file_that_cannot_be_counted_is_still_shown(memory: Memory) -> None:
    store_text(memory, "User likes tea")
    with closing(sqlite3.connect(memory.store.path)) as connection, connection:
        connection.execute("UPDATE memory SET created_at = 'never'")
    text = counted(Pages(memory))
    assert "Check the file" in text
    assert "Left out because they cannot be read" in text


def test_an_export_that_ends_early_says_so(memory: Memory, tmp_path: Path) -> None:
    """Previously the download just ended, and the terminal showed a traceback."""
    store_text(memory, "User likes tea")
    pages = Pages(memory)
    memory.close()
    sent = pages.get("export", user_id="cam").text
    assert sent.startswith("This export is not complete: ")
    assert "was closed" in sent
    (tmp_path / "sent.jsonl").write_text(sent)
    with Memory(":memory:") as other, pytest.raises(ValidationError, match="line 1"):
        other.import_file(tmp_path / "sent.jsonl")


# -- memories


def test_memories_of_a_scope_are_listed_newest_first(memory: Memory, pages: Pages) -> None:
    store_text(memory, "first", timestamp="2025-01-01")
    store_text(memory, "third", timestamp="2025-03-01")
    store_text(memory, "second", timestamp="2025-02-01")
    store_text(memory, "another", **JANE)
    assert listed(pages.get("memories", user_id="cam").text) == ["third", "second", "first"]


def test_pages_of_a_list_have_each_memory_once(
    memory: Memory, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "PAGE", 3)
    memory.add([{"role": "user", "content": f"note {n}"} for n in range(8)], infer=False, **CAM)
    for query in ({"user_id": "cam"}, {}, {"q": "note"}, {"q": "note", "user_id": "cam"}):
        found, after = [], ""
        while True:
            html = pages.get("memories", **query, **({"after": after} if after else {})).text
            found += listed(html)
            following = re.search(r'rel="next" href="[^"]*after=([^"&]+)"', html)
            if following is None:
                break
            after = following[1]
        assert sorted(found) == [f"note {n}" for n in range(8)], query


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"q": "tea"}, ["User likes tea"]),
        ({"q": "mountain hik"}, ["User hikes in the mountains"]),
        ({"q": "tea", "user_id": "jane"}, []),
        ({"q": "日本"}, ["ユーザーは日本に住んでいる"]),
        ({"q": "!?"}, ["Really!?"]),
        ({"category": "food"}, ["User likes tea"]),
        ({"type": "nothing"}, []),
        ({"since": "2025-06-01", "until": "2025-06-30"}, ["Really!?"]),
        ({"state": "expired"}, ["User has a guest"]),
        ({"state": "superseded"}, []),
    ],
    ids=str,
)
def test_filters_choose(
    memory: Memory, pages: Pages, query: dict[str, str], expected: list[str]
) -> None:
    store_text(memory, "User likes tea", categories=["food"], timestamp="2025-01-01")
    store_text(memory, "User hikes in the mountains", timestamp="2025-01-02")
    store_text(memory, "ユーザーは日本に住んでいる", timestamp="2025-01-03")
    store_text(memory, "Really!?", timestamp="2025-06-14")
    store_text(memory, "User has a guest", timestamp="2025-01-04", expires_at="2025-01-05")
    assert listed(pages.get("memories", **query).text) == expected


@pytest.mark.parametrize(
    "query",
    [
        {"user_id": "*"},
        {"state": "unknown"},
        {"since": "soon"},
        {"user_id": "a\0b"},
        {"user_id": "x" * 2_000},
    ],
    ids=str,
)
def test_a_wrong_filter_is_explained(pages: Pages, query: dict[str, str]) -> None:
    answer = pages.get("memories", **query)
    assert answer.status_code == 400
    assert "That did not work" in answer.text


def test_a_superseded_memory_is_struck_through_and_leads_on(memory: Memory, pages: Pages) -> None:
    old, new = store_text(memory, "User lives in Bergen"), store_text(memory, "User lives in Oslo")
    memory.supersede(old, by=new)
    html = pages.get("memories", user_id="cam").text
    row = html[html.index(f'data-id="{old}"') - 40 :]
    assert "is-ended" in row[:60]
    assert f"memory?id={new}" in row
    assert listed(pages.get("memories", state="superseded").text) == ["User lives in Bergen"]


# -- one memory


def test_a_memory_shows_its_messages_with_its_words_marked(open_memory: OpenMemory) -> None:
    memory = open_memory(["User is vegetarian"])
    added = memory.add("By the way, I am vegetarian now.", user_id="cam", run_id="dinner")
    html = Pages(memory).get("memory", id=added["results"][0]["id"]).text
    assert "<mark>vegetarian</mark>" in html
    assert "conversation?user_id=cam&amp;run_id=dinner" in html


def test_a_memory_shows_the_chain_of_what_held_when(memory: Memory, pages: Pages) -> None:
    ids = [
        store_text(memory, f"User lives in {town}", timestamp=f"2025-0{i}-01")
        for i, town in enumerate(("Bergen", "Oslo", "Rome"), 1)
    ]
    memory.supersede(ids[0], by=ids[1])
    memory.supersede(ids[1], by=ids[2])
    for memory_id in ids:
        text = pages.text("memory", id=memory_id)
        chain = text[text.index("What held when") :]
        assert chain.index("Bergen") < chain.index("Oslo") < chain.index("Rome")


def test_a_memory_shows_all_fields_and_history(memory: Memory, pages: Pages, now: Clock) -> None:
    memory_id = store_text(memory, "User likes tea", metadata={"mood": "calm"})
    now.advance(days=1)
    memory.update(memory_id, "User loves tea")
    memory.feedback(memory_id, "POSITIVE", "said twice")
    text = pages.text("memory", id=memory_id)
    for expected in (
        *("User likes tea", "User loves tea", "Changed 2025-06-16", '"mood": "calm"'),
        *("rated positive", "said twice", memory_id),
    ):
        assert expected in text


def test_a_memory_shows_which_runs_it_was_shown_to(memory: Memory, pages: Pages) -> None:
    memory_id = store_text(memory, "User likes tea")
    with memory.store.write() as tx:
        tx.shown.note(Scope(run_id="session-1"), [memory_id], "user-prompt", START)
    text = pages.text("memory", id=memory_id)
    assert "Shown to agents 2025-06-15 15:06 at user prompt run session-1" in text
    lately = pages.text()
    assert "Shown to agents lately 2025-06-15 15:06 run session-1 User likes tea" in lately


def test_a_long_conversation_has_pages_on_which_every_message_stands_once(
    memory: Memory, pages: Pages
) -> None:
    said = [{"role": "user", "content": f"line {number} of a talk"} for number in range(120)]
    memory.add(said, infer=False, run_id="r", **CAM)
    memory.add("of another talk", infer=False, run_id="other", **CAM)
    seen: list[str] = []
    target = "/conversation?run_id=r"
    for _ in range(3):
        html = pages.client.get(target).text
        seen = re.findall(r">(line [0-9]+ of a talk)</blockquote>", html) + seen
        older = re.search(r'rel="prev" href="([^"]*)"', html)
        target = unescape(older[1]) if older else ""
    assert target == ""
    assert seen == [f"line {number} of a talk" for number in range(120)]


def test_a_memory_leads_to_its_place_in_a_long_conversation(memory: Memory, pages: Pages) -> None:
    said = [{"role": "user", "content": f"line {number} of a talk"} for number in range(200)]
    added = memory.add(said, infer=False, run_id="r", **CAM)["results"]
    html = pages.get("memory", id=added[30]["id"]).text
    link = re.search(r'href="/(conversation[^"#]*)#(m[0-9]+)">In its conversation', html)
    assert link is not None
    there = pages.client.get(f"/{unescape(link[1])}").text
    after = there[there.index(f'id="{link[2]}"') :]
    assert shown(after).index("line 30 of") < shown(after).index("line 31 of")


@pytest.mark.parametrize("before", ["x", "-1", "1.5", "٣", "9" * 30])
def test_a_wrong_place_in_a_conversation_is_refused(pages: Pages, before: str) -> None:
    assert pages.get("conversation", user_id="cam", before=before).status_code == 400


def test_a_conversation_shows_what_the_agent_was_given_before_it_spoke(
    memory: Memory, pages: Pages, now: Clock
) -> None:
    known = store_text(memory, "User likes tea", **CAM)
    memory.add("first question", infer=False, run_id="r", **CAM)
    now.advance(seconds=1)
    with memory.store.write() as tx:
        tx.shown.note(Scope(user_id="cam", run_id="r"), [known, "gone"], "user-prompt", now.at)
    now.advance(seconds=1)
    memory.add("second question", infer=False, run_id="r", **CAM)
    text = pages.text("conversation", run_id="r")
    places = [text.index(each) for each in ("first question", "2 memories given", "second")]
    assert places == sorted(places)
    assert "user prompt" in text
    assert "User likes tea deleted since" in text
    assert "given" not in pages.text("conversation", run_id="r", user_id="jane")


def test_conversations_are_listed_also_those_that_nothing_was_remembered_of(
    memory: Memory, pages: Pages
) -> None:
    assert "litemem add" in pages.text("conversation")
    with memory.store.write() as tx:
        tx.messages.log(Scope(user_id="cam", run_id="r"), [Message("user", "hi")], START)
    store_text(memory, "User likes tea", **JANE)
    text = pages.text("conversation")
    assert text.index("user jane 1 message,") < text.index("user cam run r 1 message,")


def test_what_is_in_doubt_is_listed(memory: Memory, pages: Pages) -> None:
    store_text(memory, "User likes tea")
    wrong, good = store_text(memory, "User likes ink"), store_text(memory, "User likes rain")
    one, other = store_text(memory, "User is 39"), store_text(memory, "User is 40")
    memory.feedback(wrong, "VERY_NEGATIVE")
    memory.feedback(good, "POSITIVE")
    with memory.store.write() as tx:
        tx.conflicts.open(one, other, START)
    html = pages.get("memories", state="doubtful", **CAM).text
    assert listed(html) == ["User is 40", "User is 39", "User likes ink"]
    assert "Health" in shown(html)


def test_a_file_that_was_replaced_is_not_shown_as_if_it_were_the_present_one(
    memory: Memory, pages: Pages
) -> None:
    assert "start it again" not in pages.text()
    path = Path(memory.store.path)
    path.rename(path.with_name("elsewhere.db"))
    path.write_bytes(b"another file")
    assert "moved, replaced or deleted" in pages.text()


def test_a_deleted_memory_shows_its_history(memory: Memory, pages: Pages) -> None:
    memory_id = store_text(memory, "User likes tea")
    memory.delete(memory_id)
    text = pages.text("memory", id=memory_id)
    assert "Deleted memory" in text
    assert "Bring it back" in text


@pytest.mark.parametrize("query", [{}, {"id": ""}, {"id": " "}])
def test_a_memory_without_an_id_is_refused(pages: Pages, query: dict[str, str]) -> None:
    assert pages.get("memory", **query).status_code == 400


def test_an_unknown_memory_is_not_found(pages: Pages) -> None:
    assert pages.get("memory", id="nobody's").status_code == 404


def test_doubtful_memories_are_named_with_each_other(open_memory: OpenMemory) -> None:
    memory = open_memory()
    one, other = store_text(memory, "User lives in Rome"), store_text(memory, "User lives in Oslo")
    with memory.store.write() as tx:
        tx.conflicts.open(one, other, 1)
    text = Pages(memory).text("memory", id=one)
    assert "It may contradict User lives in Oslo" in text


# -- search


def test_a_search_shows_parts_of_scores_and_the_context(memory: Memory, pages: Pages) -> None:
    store_text(memory, "User likes green tea")
    store_text(memory, "User drives a red car")
    text = pages.text("search", query="green tea", user_id="cam")
    assert "meaning" in text
    assert "words" in text
    context = text[text.index("What a prompt would get") :]
    assert "User likes green tea" in context
    assert "tokens" in context


def test_what_was_not_good_enough_has_the_reason(memory: Memory, pages: Pages) -> None:
    store_text(memory, "User likes green tea")
    store_text(memory, "User likes tea")
    few = pages.text("search", query="green tea", top_k="1")
    assert "Just not good enough 1 " in few
    assert "1 others are better" in few
    none = pages.text("search", query="green tea", threshold="1")
    assert "Nothing is good enough" in none
    assert "its score is less than 1" in none


def test_a_search_can_look_into_the_past(memory: Memory, pages: Pages) -> None:
    old = store_text(memory, "User lives in Bergen", timestamp="2024-01-01")
    new = store_text(memory, "User lives in Oslo", timestamp="2025-01-01")
    memory.supersede(old, by=new)
    then = listed(pages.get("search", query="where lives", as_of="2024-06-01").text)
    assert then == ["User lives in Bergen"]
    assert pages.get("search", query="x", as_of="yesterday").status_code == 400


@pytest.mark.parametrize("value", ["many", "1e9999999", "\0"])
def test_a_wrong_number_is_refused(pages: Pages, value: str) -> None:
    assert pages.get("search", query="x", top_k=value).status_code == 400


# -- conversation, graph, health


def test_a_conversation_has_its_messages_and_what_came_of_them(open_memory: OpenMemory) -> None:
    memory = open_memory(["User is vegetarian"])
    memory.add(
        [
            {"role": "user", "content": "I am vegetarian."},
            {"role": "assistant", "content": "Noted."},
        ],
        user_id="cam",
        run_id="dinner",
    )
    pages = Pages(memory)
    assert "dinner" in pages.text("conversation")
    text = pages.text("conversation", run_id="dinner")
    assert text.index("I am vegetarian.") < text.index("User is vegetarian") < text.index("Noted.")


def test_a_graph_draws_names_and_relations(open_memory: OpenMemory) -> None:
    memory = open_memory(["Ida lives in Oslo"], drawn((1, "Ida", "lives_in", "Oslo")))
    memory.add("Ida lives in Oslo", user_id="cam", enable_graph=True)
    text = Pages(memory).text("graph", user_id="cam")
    assert "Ida lives in Oslo" in text


def test_health_shows_checks_and_pending_turns(open_memory: OpenMemory) -> None:
    memory = open_memory(RuntimeError("no model"))
    pages = Pages(memory)
    assert "Every message has been extracted" in pages.text("health")
    with pytest.raises(Exception, match="no model"):
        memory.add("I like tea", user_id="cam")
    assert "I like tea" in pages.text("health")
    assert "failed: RuntimeError: no model" in pages.text("conversation", user_id="cam")
    assert "Everything is sound" in pages.text("health", check="quick")
    assert "Everything is sound" in pages.text("health", check="full")


@pytest.mark.posix
def test_health_names_programs_backups_and_models(memory: Memory, pages: Pages) -> None:
    folder = Path(memory.store.path).parent
    copy = memory.backup(folder, keep=2)
    text = pages.text("health")
    assert f"{os.getpid()} this page, since" in text
    assert copy.name in text
    assert "all-minilm" in text


@pytest.mark.posix
def test_health_names_a_command_of_ours_and_who_started_it(memory: Memory, pages: Pages) -> None:
    memory.get_all(**CAM)  # the file is there
    parent = psutil.Process().name()
    with served(Path(memory.store.path)):
        text = pages.text("health")
    assert re.search(f"litemem inspect [0-9]+ started by {parent} , since", text)
