"""The graph: relations are stored with their memories, found next to them, deleted with them."""

from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import Clock, OpenMemory, drawn
from helpers.processes import Process
from helpers.stores import reading
from litemem import AsyncMemory, Memory, MemoryClient
from litemem.core.scope import Scope
from litemem.core.types import Relation
from litemem.errors import LLMError, ScopeError, ValidationError
from litemem.extraction.relations import MAX_CHARACTERS
from litemem.maintenance.reindex import reindex
from litemem.models.embedders import FastEmbedEmbedder
from litemem.models.llms import LlamaCppLLM
from litemem.store.filters import compile_filter, compile_ids
from litemem.store.sqlite.graph import MAX_SCANNED
from litemem.testing import HashEmbedder, ScriptedLLM

CAM = {"user_id": "cam"}
Triple = tuple[str, str, str]


def shown(result: dict[str, Any]) -> list[Triple]:
    found = result["relations"]
    assert all(list(relation) == ["source", "relationship", "destination"] for relation in found)
    return [(r["source"], r["relationship"], r["destination"]) for r in found]


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
        return connection.execute(sql).fetchall()


def remember(memory: Memory, fact: str, *triples: Triple, **ids: Any) -> dict[str, Any]:
    """Add what a model finds to be one fact with these relations."""
    memory.llm = memory._pipeline._llm = ScriptedLLM([[fact], drawn(*((1, *t) for t in triples))])
    said = {"role": "user", "content": fact}
    return memory.add(said, **(ids or CAM), enable_graph=True)


class TestAdd:
    def test_it_returns_what_its_facts_relate(self, open_memory: OpenMemory) -> None:
        memory = open_memory(
            ["Anna lives in Oslo", "Anna avoids nuts"],
            drawn((1, "Anna", "lives_in", "Oslo"), (2, "Anna", "avoids", "nuts")),
        )
        added = memory.add("My sister Anna lives in Oslo and avoids nuts", **CAM, enable_graph=True)
        assert [row["memory"] for row in added["results"]] == [
            "Anna lives in Oslo",
            "Anna avoids nuts",
        ]
        assert shown(added) == [("Anna", "lives_in", "Oslo"), ("Anna", "avoids", "nuts")]

    def test_without_it_the_model_is_not_asked_and_nothing_is_different(
        self, open_memory: OpenMemory
    ) -> None:
        llm = ScriptedLLM([["Anna lives in Oslo"]])
        memory = open_memory(llm=llm)
        assert list(memory.add("Anna lives in Oslo", **CAM)) == ["results"]
        assert [call.prompt for call in llm.calls] == ["user_facts"]
        assert list(memory.search("Oslo", **CAM)) == ["results"]
        assert list(memory.get_all(**CAM)) == ["results"]

    def test_the_user_is_named_by_the_id(self, memory: Memory) -> None:
        added = remember(memory, "User avoids nuts", ("User", "avoids", "nuts"))
        assert shown(added) == [("cam", "avoids", "nuts")]

    def test_the_users_name_is_the_id_when_they_are_spelt_alike(self, memory: Memory) -> None:
        added = remember(memory, "Cam avoids nuts", ("Cam", "avoids", "nuts"))
        assert shown(added) == [("cam", "avoids", "nuts")]

    def test_the_user_without_an_id_is_called_user(self, memory: Memory) -> None:
        added = remember(memory, "User avoids nuts", ("User", "avoids", "nuts"), run_id="trip")
        assert shown(added) == [("user", "avoids", "nuts")]

    def test_the_agent_is_named_by_the_id(self, open_memory: OpenMemory) -> None:
        memory = open_memory(
            ["Assistant moved the tests to Berlin"], drawn((1, "Assistant", "moved_to", "Berlin"))
        )
        said = [{"role": "assistant", "content": "I moved the tests to Berlin"}]
        added = memory.add(said, agent_id="planner", enable_graph=True)
        assert shown(added) == [("planner", "moved_tests_to", "Berlin")]

    def test_messages_stored_as_they_stand_have_no_relations(self, open_memory: OpenMemory) -> None:
        added = open_memory().add("Anna lives in Oslo", **CAM, infer=False, enable_graph=True)
        assert added["relations"] == []

    def test_no_fact_asks_nothing_more(self, open_memory: OpenMemory) -> None:
        assert open_memory([]).add("I see", **CAM, enable_graph=True) == {
            "results": [],
            "relations": [],
        }

    def test_a_memory_can_do_so_always(self, open_memory: OpenMemory) -> None:
        memory = open_memory(
            ["Anna lives in Oslo"], drawn((1, "Anna", "lives_in", "Oslo")), enable_graph=True
        )
        assert len(memory.add("Anna lives in Oslo", **CAM)["relations"]) == 1
        assert len(memory.search("Oslo", **CAM)["relations"]) == 1
        assert list(memory.search("Oslo", **CAM, enable_graph=False)) == ["results"]

    def test_unreadable_relations_cost_no_memory(self, open_memory: OpenMemory) -> None:
        memory = open_memory(["Anna lives in Oslo"], "no JSON")
        added = memory.add("Anna lives in Oslo", **CAM, enable_graph=True)
        assert len(added["results"]) == 1
        assert added["relations"] == []

    def test_a_failure_between_facts_and_relations_keeps_the_turn(
        self, open_memory: OpenMemory
    ) -> None:
        answer = ["Anna lives in Oslo"]
        memory = open_memory(
            answer, LLMError("gone"), answer, drawn((1, "Anna", "lives_in", "Oslo"))
        )
        with pytest.raises(LLMError):
            memory.add("Anna lives in Oslo", **CAM, enable_graph=True)
        assert memory.get_all(**CAM)["results"] == []
        memory.process_pending()
        assert shown(memory.get_all(**CAM, enable_graph=True)) == [("Anna", "lives_in", "Oslo")]

    def test_saying_it_again_gives_no_second_relation(self, memory: Memory, tmp_path: Path) -> None:
        for _ in range(2):
            added = remember(memory, "Anna lives in Oslo", ("Anna", "lives_in", "Oslo"))
        assert added["relations"] == []
        assert len(rows(tmp_path / "memory.db", "SELECT * FROM relations")) == 1

    def test_a_known_fact_gets_its_relations_when_the_graph_is_wanted_later(
        self, open_memory: OpenMemory
    ) -> None:
        memory = open_memory(["Anna lives in Oslo"])
        memory.add("Anna lives in Oslo", **CAM)
        remember(memory, "Anna lives in Oslo", ("Anna", "lives_in", "Oslo"))
        assert shown(memory.get_all(**CAM, enable_graph=True)) == [("Anna", "lives_in", "Oslo")]

    async def _awaited(self, path: Path) -> list[Triple]:
        llm = ScriptedLLM([["Anna lives in Oslo"], drawn((1, "Anna", "lives_in", "Oslo"))])
        async with AsyncMemory(path, embedder=HashEmbedder(), llm=llm, enable_graph=True) as memory:
            return shown(await memory.add("Anna lives in Oslo", **CAM))

    def test_it_can_be_awaited(self, tmp_path: Path) -> None:
        import asyncio

        assert asyncio.run(self._awaited(tmp_path / "a.db")) == [("Anna", "lives_in", "Oslo")]


class TestSearch:
    @pytest.fixture
    def known(self, memory: Memory) -> Memory:
        remember(memory, "Anna lives in Oslo", ("Anna", "lives_in", "Oslo"))
        remember(memory, "Ben works with Anna", ("Ben", "works_with", "Anna"))
        remember(memory, "Ben plays chess", ("Ben", "plays", "chess"))
        return memory

    def test_it_follows_one_hop_from_what_the_query_names(self, known: Memory) -> None:
        found = known.search("What about Anna?", **CAM, enable_graph=True, threshold=0.99)
        assert found["results"] == []
        assert shown(found) == [("Ben", "works_with", "Anna"), ("Anna", "lives_in", "Oslo")]

    @pytest.mark.parametrize("query", ["ANNA", "anna's home", "Ánná", "the Anna", "does anna's?"])
    def test_a_name_is_found_however_it_is_spelt(self, known: Memory, query: str) -> None:
        found = known.search(query, **CAM, enable_graph=True, threshold=0.99)
        assert len(found["relations"]) == 2

    def test_a_name_of_several_words_is_found(self, memory: Memory) -> None:
        remember(memory, "Anna left New York City", ("Anna", "left", "New York City"))
        found = memory.search("who was in new york city?", **CAM, enable_graph=True, threshold=0.99)
        assert len(found["relations"]) == 1

    def test_what_found_memories_relate_comes_too(self, known: Memory) -> None:
        found = known.search("who plays?", **CAM, enable_graph=True, top_k=1)
        assert shown(found) == [("Ben", "plays", "chess")]

    def test_the_relation_between_two_named_comes_first(self, known: Memory) -> None:
        found = known.search("Ben and Anna", **CAM, enable_graph=True)
        assert shown(found)[0] == ("Ben", "works_with", "Anna")

    def test_there_are_at_most_top_k(self, known: Memory) -> None:
        assert len(known.search("Anna Ben", **CAM, enable_graph=True, top_k=2)["relations"]) == 2
        assert known.search("Anna", **CAM, enable_graph=True, top_k=0)["relations"] == []

    def test_a_filter_on_memories_holds_for_relations(self, known: Memory) -> None:
        nothing = known.search("Anna", **CAM, filters={"mood": "good"}, enable_graph=True)
        assert nothing == {"results": [], "relations": []}

    @pytest.mark.parametrize("ids", [{"user_id": "bob"}, {"run_id": "cam"}, {"agent_id": "cam"}])
    def test_another_scope_sees_nothing(self, known: Memory, ids: dict[str, str]) -> None:
        assert known.search("Anna", **ids, enable_graph=True)["relations"] == []
        assert known.get_all(**ids, enable_graph=True)["relations"] == []

    def test_it_needs_a_scope(self, known: Memory) -> None:
        with pytest.raises(ScopeError):
            known.search("Anna", enable_graph=True)

    def test_the_same_relation_in_two_runs_is_returned_once(self, memory: Memory) -> None:
        for run in ("one", "two"):
            remember(memory, "Anna left", run_id=run, **CAM)
            ids = {**CAM, "run_id": run}
            remember(memory, "Anna lives in Oslo", ("Anna", "lives_in", "Oslo"), **ids)
        found = memory.search("Anna", **CAM, enable_graph=True)
        assert shown(found) == [("Anna", "lives_in", "Oslo")]

    def test_an_outdated_relation_is_hidden_with_its_memory(self, memory: Memory) -> None:
        added = remember(memory, "Anna lives in Oslo", ("Anna", "lives_in", "Oslo"))
        (row,) = added["results"]
        with memory.store.write() as tx:
            tx.connection.execute("UPDATE memory SET valid_to = 1 WHERE id = ?", (row["id"],))
        assert memory.search("Anna", **CAM, enable_graph=True)["relations"] == []
        found = memory.search("Anna", **CAM, enable_graph=True, show_superseded=True)
        assert shown(found) == [("Anna", "lives_in", "Oslo")]

    def test_a_relation_expires_with_its_memory(self, open_memory: OpenMemory, now: Clock) -> None:
        answers = (["Anna lives in Oslo"], drawn((1, "Anna", "lives_in", "Oslo")))
        memory = open_memory(*answers, enable_graph=True)
        memory.add("Anna lives in Oslo", **CAM, expires_at="2025-06-20")
        assert len(memory.search("Anna", **CAM)["relations"]) == 1
        now.advance(days=10)
        assert memory.search("Anna", **CAM)["relations"] == []
        assert len(memory.search("Anna", **CAM, show_expired=True)["relations"]) == 1

    def test_a_contradicted_relation_is_superseded(self, memory: Memory) -> None:
        remember(memory, "Anna lives in Oslo", ("Anna", "lives_in", "Oslo"))
        remember(memory, "Anna moved to Bergen", ("Anna", "moved_to", "Bergen"))
        outdated = memory.get_all(**CAM, show_superseded=True)["results"]
        current = {r["memory"] for r in memory.get_all(**CAM)["results"]}
        told = shown(memory.search("Anna", **CAM, enable_graph=True))
        assert {" ".join(t).replace("_", " ") for t in told} == current
        assert len(outdated) == 2

    @pytest.mark.slow
    def test_more_entities_than_are_compared_are_still_found_by_name(self, memory: Memory) -> None:
        added = remember(memory, "Anna lives in Oslo", ("Anna", "lives_in", "Oslo"))
        record = reading(memory.store).memories.get(added["results"][0]["id"])
        many = [Relation("Anna", "met", f"number {i}") for i in range(MAX_SCANNED)]
        blob = bytes(4 * 64)
        with memory.store.write() as tx:
            tx.graph.relate(
                record, many, {end: blob for r in many for end in (r.source, r.destination)}
            )
        found = memory.search("Oslo", **CAM, enable_graph=True, threshold=0.99)
        assert shown(found) == [("Anna", "lives_in", "Oslo")]


class TestGetAll:
    def test_it_returns_what_its_memories_relate(self, memory: Memory) -> None:
        remember(memory, "Anna lives in Oslo", ("Anna", "lives_in", "Oslo"))
        remember(memory, "Ben plays chess", ("Ben", "plays", "chess"))
        newest = memory.get_all(**CAM, top_k=1, enable_graph=True)
        assert shown(newest) == [("Ben", "plays", "chess")]
        assert len(memory.get_all(**CAM, enable_graph=True)["relations"]) == 2

    def test_a_page_of_the_client_has_its_own(self, tmp_path: Path) -> None:
        llm = ScriptedLLM([["Anna lives in Oslo"], drawn((1, "Anna", "lives_in", "Oslo"))])
        with MemoryClient(path=tmp_path / "c.db", embedder=HashEmbedder(), llm=llm) as client:
            added = client.add("Anna lives in Oslo", **CAM, enable_graph=True)
            assert len(added["relations"]) == 1
            page = client.get_all(filters=CAM, fields=["memory"], enable_graph=True)
            assert shown(page) == [("Anna", "lives_in", "Oslo")]
            assert [row["memory"] for row in page["results"]] == ["Anna lives in Oslo"]
            found = client.search("Anna", filters=CAM, fields=["memory"], enable_graph=True)
            assert shown(found) == [("Anna", "lives_in", "Oslo")]
            assert "relations" not in client.get_all(filters=CAM)


class TestRemoval:
    EMPTY = "SELECT (SELECT count(*) FROM entity) + (SELECT count(*) FROM relation)"

    def test_deleting_a_memory_removes_relations_that_only_it_states(
        self, memory: Memory, tmp_path: Path
    ) -> None:
        added = remember(memory, "Anna lives in Oslo", ("Anna", "lives_in", "Oslo"))
        remember(memory, "Ben works with Anna", ("Ben", "works_with", "Anna"))
        memory.delete(added["results"][0]["id"])
        assert shown(memory.get_all(**CAM, enable_graph=True)) == [("Ben", "works_with", "Anna")]
        left = rows(tmp_path / "memory.db", "SELECT name FROM entity ORDER BY name")
        assert left == [("Anna",), ("Ben",)]

    def test_a_relation_stays_while_one_memory_states_it(self, memory: Memory) -> None:
        first = remember(memory, "Anna lives in Oslo", ("Anna", "lives_in", "Oslo"))
        triple = ("Anna", "lives_in", "Oslo")
        remember(memory, "Anna, a nurse of forty years, lives in Oslo", triple, run_id="r", **CAM)
        memory.delete(first["results"][0]["id"])
        assert shown(memory.get_all(**CAM, enable_graph=True)) == [triple]

    def test_a_spelling_goes_with_the_memory_that_has_it(
        self, memory: Memory, tmp_path: Path
    ) -> None:
        first = remember(memory, "ANNA lives in Oslo", ("ANNA", "lives_in", "Oslo"))
        remember(memory, "Ben works with Anna", ("Ben", "works_with", "Anna"))
        assert shown(memory.get_all(**CAM, enable_graph=True))[1] == ("Ben", "works_with", "ANNA")
        memory.delete(first["results"][0]["id"])
        assert shown(memory.get_all(**CAM, enable_graph=True)) == [("Ben", "works_with", "Anna")]
        assert rows(tmp_path / "memory.db", "SELECT * FROM entity WHERE same_as NOT NULL") == []

    def test_the_second_spelling_replaces_the_first(self, memory: Memory, tmp_path: Path) -> None:
        facts = ["ANNA lives in Oslo", "Ben works with Anna", "Jo saw anna in Rome", "AnnA runs"]
        triples = [("ANNA", "lives_in", "Oslo"), ("Ben", "works_with", "Anna")]
        triples += [("Jo", "saw", "anna")]
        added = [remember(memory, f, t) for f, t in zip(facts, triples, strict=False)]
        memory.delete(added[0]["results"][0]["id"])
        spelt = "SELECT name, same_as IS NULL FROM entity WHERE form = 'anna' ORDER BY pk"
        assert rows(tmp_path / "memory.db", spelt) == [("Anna", 1), ("anna", 0)]

    def test_a_changed_text_loses_its_relations(self, memory: Memory, tmp_path: Path) -> None:
        added = remember(memory, "Anna lives in Oslo", ("Anna", "lives_in", "Oslo"))
        memory.update(added["results"][0]["id"], metadata={"seen": True})
        assert len(memory.get_all(**CAM, enable_graph=True)["relations"]) == 1
        memory.update(added["results"][0]["id"], "Anna lives in Bergen")
        assert memory.get_all(**CAM, enable_graph=True)["relations"] == []
        assert rows(tmp_path / "memory.db", self.EMPTY) == [(0,)]

    @pytest.mark.parametrize("call", [lambda m: m.delete_all(**CAM), lambda m: m.reset()])
    def test_nothing_stays_of_a_scope_that_is_deleted(
        self, memory: Memory, tmp_path: Path, call: Any
    ) -> None:
        remember(memory, "Anna lives in Oslo", ("Anna", "lives_in", "Oslo"))
        call(memory)
        assert rows(tmp_path / "memory.db", self.EMPTY) == [(0,)]

    def test_deleting_one_scope_leaves_the_others(self, memory: Memory) -> None:
        bob = {"user_id": "bob"}
        for ids in (CAM, bob):
            remember(memory, "Anna lives in Oslo", ("Anna", "lives_in", "Oslo"), **ids)
        memory.delete_all(**CAM)
        assert len(memory.search("Anna", **bob, enable_graph=True)["relations"]) == 1

    def test_it_also_goes_when_another_tool_deletes_without_foreign_keys(
        self, memory: Memory, tmp_path: Path
    ) -> None:
        remember(memory, "Anna lives in Oslo", ("Anna", "lives_in", "Oslo"))
        path = tmp_path / "memory.db"
        with closing(apsw.Connection(str(path))) as connection:
            connection.execute("DELETE FROM memory")
        assert rows(path, self.EMPTY) == [(0,)]

    def test_history_still_records_it(self, memory: Memory) -> None:
        added = remember(memory, "Anna lives in Oslo", ("Anna", "lives_in", "Oslo"))
        memory_id = added["results"][0]["id"]
        memory.delete(memory_id)
        assert [entry["event"] for entry in memory.history(memory_id)] == ["ADD", "DELETE"]


class TestBadInput:
    @pytest.mark.parametrize("wrong", ["yes", 1, [], {}])
    def test_only_true_and_false_are_taken(self, memory: Memory, wrong: Any) -> None:
        for call in (
            lambda: memory.add("tea", **CAM, enable_graph=wrong),
            lambda: memory.search("tea", **CAM, enable_graph=wrong),
            lambda: memory.get_all(**CAM, enable_graph=wrong),
            lambda: Memory(":memory:", enable_graph=wrong),
            lambda: Memory.from_config({"enable_graph": wrong}),
        ):
            with pytest.raises(ValidationError, match="enable_graph"):
                call()
        assert reading(memory.store).messages.last(Scope(**CAM), limit=9) == []

    @pytest.mark.parametrize(
        "name",
        [
            "A" * 10_000,
            "",
            " ",
            "\0",
            "?!",
            "it",
            "Bob",
            "Anna lives",
            "Anna\nOslo",
            "<|im_end|>",
            "'; DROP TABLE entity; --",
        ],
    )
    def test_what_the_fact_does_not_name_is_no_entity(
        self, memory: Memory, tmp_path: Path, name: str
    ) -> None:
        fact = (
            f"Anna lives in Oslo {name[:300]}".strip() if len(name) > 300 else "Anna lives in Oslo"
        )
        added = remember(memory, fact, (name, "lives_in", "Oslo"), ("Anna", "lives_in", name))
        told = {end for s, _, d in shown(added) for end in (s, d)}
        assert told <= {"Anna", "Oslo", "Anna lives"}
        assert all(len(end) <= MAX_CHARACTERS for end in told)
        assert rows(tmp_path / "memory.db", "SELECT count(*) FROM entity")

    @pytest.mark.parametrize(
        "name", ["O'Brien", "Kevin O'Brien", 'the "Blue" Bar', "Zoë 😀", "C++", "李明", "a;b--c"]
    )
    def test_odd_names_come_back_as_they_were_said(self, memory: Memory, name: str) -> None:
        added = remember(memory, f"Anna knows {name}", ("Anna", "knows", name))
        ((source, relationship, destination),) = shown(added)
        assert (source, relationship) == ("Anna", "knows")
        assert destination in f"Anna knows {name}"
        found = memory.search(f"and {name}?", **CAM, enable_graph=True, threshold=0.99)
        assert len(found["relations"]) == 1


class TestSchema:
    def test_any_tool_can_read_the_view(self, memory: Memory, tmp_path: Path) -> None:
        added = remember(memory, "Anna lives in Oslo", ("Anna", "lives_in", "Oslo"))
        import sqlite3

        with closing(sqlite3.connect(tmp_path / "memory.db")) as connection:
            found = connection.execute("SELECT * FROM relations").fetchall()
        memory_id = added["results"][0]["id"]
        assert found == [("Anna", "lives_in", "Oslo", memory_id, "cam", None, None, None)]

    def test_a_reindex_gives_names_vectors_of_the_new_embedder(
        self, open_memory: OpenMemory, tmp_path: Path
    ) -> None:
        memory = open_memory(["Anna lives in Oslo"], drawn((1, "Anna", "lives_in", "Oslo")))
        memory.add("Anna lives in Oslo", **CAM, enable_graph=True)
        reindex(memory.store, HashEmbedder(32))
        memory.close()
        sizes = rows(tmp_path / "memory.db", "SELECT length(vector) FROM entity")
        assert sizes == [(128,), (128,)]
        again = open_memory(embedder=HashEmbedder(32))
        assert len(again.search("Oslo", **CAM, enable_graph=True)["relations"]) == 1

    @pytest.mark.slow
    def test_two_processes_that_meet_one_name_make_one_row(self, tmp_path: Path) -> None:
        path = tmp_path / "memory.db"
        Memory(path, embedder=HashEmbedder(64), llm=ScriptedLLM([])).close()
        script = """
fact = "Anna lives in Oslo"
for i in range(20):
    run = f"{arguments[0]}-{i % 5}" if i % 2 else None
    answers = [[fact], {"relations": [[1, "Anna", "lives_in", "Oslo"]]}]
    with Memory(path, embedder=HashEmbedder(64), llm=ScriptedLLM(answers)) as memory:
        memory.add(fact, user_id="cam", run_id=run, enable_graph=True)
"""
        processes = [Process(script, path, name) for name in ("one", "two")]
        for process in processes:
            process.process.stdin.write("\n")
            process.process.stdin.flush()
        for process in processes:
            _, errors = process.process.communicate(timeout=60)
            assert process.process.returncode == 0, errors
        shared = "SELECT name FROM entity WHERE user_id = 'cam' AND run_id IS NULL ORDER BY name"
        assert rows(path, shared) == [("Anna",), ("Oslo",)]
        assert rows(path, "SELECT count(*) FROM entity") == [(2 + 2 * 2 * 5,)]


@given(st.data())
def test_what_a_filter_says_of_ids_holds_wherever_it_does(data: st.DataObject) -> None:
    from helpers import filter_oracle as oracle
    from helpers import strategies

    filters = data.draw(strategies.filters())
    row = data.draw(strategies.memories)
    try:
        compile_filter(filters, Scope())
    except ScopeError:
        return
    with closing(apsw.Connection(":memory:")) as connection:
        ids = ("user_id", "agent_id", "app_id", "run_id")
        connection.create_scalar_function("litemem_casefold", lambda t: t and t.casefold(), 1)
        connection.execute(f"CREATE TABLE entity ({', '.join(ids)})")
        connection.execute("INSERT INTO entity VALUES (?, ?, ?, ?)", [row[key] for key in ids])
        bound = compile_ids(filters, Scope())
        holds = connection.execute(
            f"SELECT count(*) FROM entity AS m WHERE {bound.sql}", bound.parameters
        ).get
    assert holds or not oracle.holds(filters, {**row, "id": "m0"})


@pytest.mark.model
class TestRealModels:
    def test_a_query_that_means_an_entity_reaches_it(
        self, default_embedder: FastEmbedEmbedder, open_memory: OpenMemory
    ) -> None:
        memory = open_memory(embedder=default_embedder)
        remember(memory, "Anna avoids shellfish", ("Anna", "avoids", "shellfish"))
        found = memory.search("seafood", **CAM, enable_graph=True, threshold=0.99)
        assert shown(found) == [("Anna", "avoids", "shellfish")]

    def test_the_whole_way_from_a_message_to_a_hop(
        self,
        default_llm: LlamaCppLLM,
        default_embedder: FastEmbedEmbedder,
        open_memory: OpenMemory,
    ) -> None:
        memory = open_memory(embedder=default_embedder, llm=default_llm, enable_graph=True)
        memory.add("My sister Anna lives in Oslo. She is allergic to nuts.", **CAM)
        found = memory.search("What must I know about Anna?", **CAM)
        assert ("Anna", "lives_in", "Oslo") in shown(found)
        for row in memory.get_all(**CAM)["results"]:
            memory.delete(row["id"])
        assert memory.search("Anna", **CAM)["relations"] == []
