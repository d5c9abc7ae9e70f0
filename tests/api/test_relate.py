"""`relate`, `unrelate` and `graph`: entities, observations and relations without a model."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from helpers import OpenMemory, drawn
from helpers.memories import CAM, JANE
from litemem import AsyncMemory, Memory
from litemem.errors import (
    MemoryNotFoundError,
    ScopeError,
    StoreReadOnlyError,
    ValidationError,
)
from litemem.testing import HashEmbedder, ScriptedLLM

ANNA = {"name": "Anna", "type": "person", "observations": ["is allergic to nuts", "likes tea"]}
OSLO = {"name": "Oslo", "type": "city", "observations": []}
LIVES = {"source": "Anna", "relationship": "lives in", "destination": "Oslo"}
GRAPH = {"entities": [ANNA, OSLO], "relations": [LIVES]}


def events(result: dict[str, Any]) -> list[str]:
    return [row["event"] for row in result["results"]]


@pytest.fixture
def filled(memory: Memory) -> Memory:
    memory.relate([ANNA, OSLO], [LIVES], **CAM)
    return memory


class TestRelate:
    def test_what_was_stated_is_returned(self, memory: Memory) -> None:
        done = memory.relate([ANNA, OSLO], [LIVES], **CAM)
        assert [row["memory"] for row in done["results"]] == [
            "Anna (person)",
            "Anna: is allergic to nuts",
            "Anna: likes tea",
            "Oslo (city)",
            "Anna lives in Oslo",
        ]
        assert set(events(done)) == {"ADD"}
        assert {key: done[key] for key in GRAPH} == GRAPH == memory.graph(**CAM)

    def test_a_known_statement_is_not_repeated(self, filled: Memory) -> None:
        anna = ANNA | {"observations": ["likes tea", "plays chess"]}
        done = filled.relate([anna, "Oslo"], [LIVES], **CAM)
        assert events(done) == ["NONE", "NONE", "ADD", "NONE", "NONE"]
        assert done["entities"] == [{"name": "Anna", "type": "", "observations": ["plays chess"]}]
        assert filled.graph(**CAM)["entities"][0]["observations"] == [
            *ANNA["observations"],
            "plays chess",
        ]

    def test_the_first_type_of_an_entity_stays(self, memory: Memory) -> None:
        memory.relate(["Anna"], **CAM)
        memory.relate([{"name": "Anna", "type": "person"}], **CAM)
        memory.relate([{"name": "Anna", "type": "cat"}], **CAM)
        assert [each["type"] for each in memory.graph(**CAM)["entities"]] == ["person"]

    def test_known_entities_can_be_passed_over(self, filled: Memory) -> None:
        done = filled.relate([ANNA | {"observations": ["x"]}, "Bergen"], **CAM, existing="skip")
        assert [each["name"] for each in done["entities"]] == ["Bergen"]
        assert "x" not in str(filled.graph(**CAM))

    def test_known_entities_can_be_required(self, filled: Memory) -> None:
        more = {"name": "Anna", "observations": ["plays chess"]}
        with pytest.raises(MemoryNotFoundError, match="Entity with name Ben not found"):
            filled.relate([more, {"name": "Ben", "observations": ["x"]}], **CAM, existing="require")
        assert filled.graph(**CAM) == GRAPH  # nothing of the call was stored
        filled.relate([more], **CAM, existing="require")
        assert "plays chess" in filled.graph(names=["Anna"], **CAM)["entities"][0]["observations"]

    def test_relations_are_found_by_a_search(self, filled: Memory) -> None:
        found = filled.search("Where does Anna live?", **CAM, enable_graph=True)
        assert found["relations"] == [LIVES | {"relationship": "lives_in"}]
        assert "Anna lives in Oslo" in [row["memory"] for row in found["results"]]

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"entities": "Anna"}, "entities must be a list"),
            ({"entities": [7]}, r"entities\[0\] must be a dict with name, type, observations"),
            ({"entities": [{"name": " "}]}, r"entities\[0\].name must not be blank"),
            ({"entities": [{"name": "A", "kind": "x"}]}, r"entities\[0\] has no field 'kind'"),
            ({"entities": [{"name": "A", "observations": "x"}]}, "observations must be a list"),
            ({"entities": [{"name": "A", "observations": [""]}]}, r"observations\[0\] must not be"),
            ({"entities": [{"name": "A\ud800"}]}, "surrogate"),
            ({"relations": [{"source": "A"}]}, r"relations\[0\].relationship must be text"),
            ({"relations": [{**LIVES, "relationship": "_"}]}, "relationship must have a word"),
            ({"entities": ["A"], "existing": "maybe"}, "existing must be"),
        ],
    )
    def test_wrong_arguments_are_refused(
        self, memory: Memory, arguments: dict[str, Any], message: str
    ) -> None:
        with pytest.raises(ValidationError, match=message):
            memory.relate(**arguments, **CAM)
        assert memory.graph(**CAM) == {"entities": [], "relations": []}

    def test_a_scope_is_needed(self, memory: Memory) -> None:
        for call in (memory.relate, memory.unrelate):
            with pytest.raises(ScopeError):
                call(["Anna"])
        with pytest.raises(ScopeError):
            memory.graph()

    @pytest.mark.parametrize("name", ["*", "Anna (person)", "a: b", "%", "'\"", "名前", "x\ny\0z"])
    def test_any_text_can_be_a_name(self, memory: Memory, name: str) -> None:
        loop = {"source": name, "relationship": name if name != "*" else "is", "destination": name}
        memory.relate([{"name": name, "type": name, "observations": [name, "b: c"]}], [loop], **CAM)
        expected = {"name": name, "type": name, "observations": [name, "b: c"]}
        assert memory.graph(**CAM) == {"entities": [expected], "relations": [loop]}
        assert memory.graph(name, names=[name], **CAM)["entities"] == [expected]
        assert memory.verify(full=True)["ok"]
        memory.unrelate([name], **CAM)
        assert memory.graph(**CAM) == {"entities": [], "relations": []}


class TestUnrelate:
    def test_an_entity_goes_with_all_that_names_it(self, filled: Memory) -> None:
        done = filled.unrelate(["Oslo", "nobody"], **CAM)
        assert [row["memory"] for row in done["results"]] == ["Oslo (city)", "Anna lives in Oslo"]
        assert set(events(done)) == {"DELETE"}
        assert filled.graph(**CAM) == {"entities": [ANNA], "relations": []}
        assert filled.search("Oslo", **CAM, enable_graph=True)["relations"] == []

    def test_observations_and_relations_can_be_removed(self, filled: Memory) -> None:
        filled.unrelate(
            observations=[{"name": "Anna", "observations": ["likes tea", "no such"]}],
            relations=[LIVES, LIVES | {"destination": "Bergen"}],
            **CAM,
        )
        left = ANNA | {"observations": ["is allergic to nuts"]}
        assert filled.graph(**CAM) == {"entities": [left, OSLO], "relations": []}

    def test_the_history_keeps_what_was_removed(self, filled: Memory) -> None:
        (gone,) = filled.unrelate(relations=[LIVES], **CAM)["results"]
        shown = [(each["event"], each["old_memory"]) for each in filled.history(gone["id"])]
        assert shown == [("ADD", None), ("DELETE", "Anna lives in Oslo")]


class TestGraph:
    def test_a_query_is_part_of_a_text_in_any_case(self, filled: Memory) -> None:
        for query, names in (
            ("ANNA", ["Anna"]),
            ("City", ["Oslo"]),
            ("NUTS", ["Anna"]),
            ("o", ["Anna", "Oslo"]),
            ("zzz", []),
        ):
            found = filled.graph(query, **CAM)
            assert [each["name"] for each in found["entities"]] == names
            assert found["relations"] == ([LIVES] if names else [])  # one end is enough

    def test_a_changed_text_counts(self, filled: Memory) -> None:
        ids = {row["memory"]: row["id"] for row in filled.get_all(**CAM)["results"]}
        filled.update(ids["Anna: likes tea"], "Anna: likes coffee")
        filled.update(ids["Anna lives in Oslo"], "Anna lived in Oslo until May")
        found = filled.graph(**CAM)
        assert found["entities"][0]["observations"] == ["is allergic to nuts", "likes coffee"]
        assert found["relations"] == []

    def test_extracted_relations_are_part_of_it(self, open_memory: OpenMemory) -> None:
        fact, answer = "Ben works at Acme", drawn((1, "Ben", "works_at", "Acme"))
        memory = open_memory([fact], answer)
        memory.add(fact, **CAM, enable_graph=True)
        works = {"source": "Ben", "relationship": "works_at", "destination": "Acme"}
        assert memory.graph(**CAM) == {
            "entities": [
                {"name": "Ben", "type": "", "observations": [fact]},
                {"name": "Acme", "type": "", "observations": []},
            ],
            "relations": [works],
        }
        memory.relate([{"name": "Ben", "observations": ["plays chess"]}], **CAM, existing="require")
        assert [row["memory"] for row in memory.unrelate(relations=[works], **CAM)["results"]] == [
            fact
        ]
        assert "works_at" not in str(memory.graph(**CAM))

    def test_extraction_leaves_statements_alone(self, open_memory: OpenMemory) -> None:
        memory = open_memory(["Anna: likes tea"])
        memory.relate([ANNA], **CAM)
        memory.add("Anna likes tea", **CAM)
        assert memory.graph(**CAM)["entities"] == [ANNA]


class TestElsewhere:
    def test_scopes_are_apart(self, filled: Memory) -> None:
        nothing = {"entities": [], "relations": []}
        assert filled.graph(**JANE) == nothing
        assert filled.unrelate(["Anna"], **JANE)["results"] == []
        done = filled.relate([ANNA, OSLO], [LIVES], user_id="cam", run_id="r1")
        assert set(events(done)) == {"ADD"}  # a statement of another scope is not this one's
        assert filled.graph(**CAM) == GRAPH
        filled.erase(user_id="cam", run_id="r1")
        assert filled.graph(**CAM) == GRAPH
        filled.erase(**CAM)
        assert filled.graph(**CAM) == nothing
        assert filled.verify(full=True)["ok"]

    @pytest.mark.parametrize("ids", [{}, CAM])
    def test_an_export_has_it_all(
        self, filled: Memory, tmp_path: Path, ids: dict[str, str], open_memory: OpenMemory
    ) -> None:
        filled.export_file(tmp_path / "all.jsonl", **ids)
        with Memory(tmp_path / "other.db", embedder=HashEmbedder(), llm=ScriptedLLM([])) as other:
            other.import_file(tmp_path / "all.jsonl")
            assert other.graph(**CAM) == GRAPH
            assert set(events(other.relate([ANNA], [LIVES], **CAM))) == {"NONE"}
            assert other.verify(full=True)["ok"]

    def test_statements_with_one_text_are_no_duplicates(self, memory: Memory) -> None:
        relations = [
            {"source": "A", "relationship": "b c", "destination": "d"},
            {"source": "A b", "relationship": "c", "destination": "d"},
        ]
        memory.relate(relations=relations, **CAM)
        memory.cleanup(**CAM, duplicates=True)
        assert memory.graph(**CAM)["relations"] == relations

    def test_threads_lose_nothing_and_repeat_nothing(self, memory: Memory) -> None:
        def work(number: int) -> None:
            for i in range(10):
                memory.relate([f"own {number} {i}", "shared"], **CAM)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert memory.store.path
        found = [row["memory"] for row in memory.get_all(**CAM, top_k=100)["results"]]
        assert len(found) == len(set(found)) == 41

    def test_a_read_only_memory_reads_it(self, filled: Memory, tmp_path: Path) -> None:
        path = filled.store.path
        filled.close()
        with Memory(path, read_only=True, embedder=HashEmbedder()) as reader:
            assert reader.graph(**CAM) == GRAPH
            with pytest.raises(StoreReadOnlyError):
                reader.relate(["Ben"], **CAM)
            with pytest.raises(StoreReadOnlyError):
                reader.unrelate(["Anna"], **CAM)

    def test_the_async_class_has_the_calls(self, tmp_path: Path) -> None:
        import asyncio

        async def use() -> None:
            path = tmp_path / "async.db"
            async with AsyncMemory(path, embedder=HashEmbedder(), llm=ScriptedLLM([])) as memory:
                await memory.relate([ANNA, OSLO], [LIVES], **CAM)
                assert await memory.graph(**CAM) == GRAPH
                await memory.unrelate(["Anna"], **CAM)
                assert (await memory.graph(**CAM))["entities"] == [OSLO]

        asyncio.run(use())


class TestServerMemoryFile:
    LINES = (
        '{"type":"entity","name":"Anna","entityType":"person",'
        '"observations":["is allergic to nuts","likes tea"]}\n'
        '{"type":"entity","name":"Oslo","entityType":"city","observations":[]}\n'
        '{"type":"relation","from":"Anna","to":"Oslo","relationType":"lives in"}\n'
    )

    def test_it_is_written_and_read(self, filled: Memory, tmp_path: Path) -> None:
        path = tmp_path / "memory.jsonl"
        counts = filled.export_file(path, format="server-memory", **CAM)
        assert counts == {"entity": 2, "relation": 1}
        assert path.read_text() == self.LINES
        done = filled.import_graph(path, **JANE)
        assert done == {"entities": 2, "relations": 1, "added": 5, "known": 0, "left_out": []}
        assert filled.graph(**JANE) == GRAPH
        assert filled.import_graph(path, **JANE)["known"] == 5

    def test_a_dry_run_changes_nothing(self, memory: Memory, tmp_path: Path) -> None:
        path = tmp_path / "memory.jsonl"
        path.write_text(self.LINES)
        assert memory.import_graph(path, **CAM, dry_run=True)["added"] == 5
        assert memory.graph(**CAM) == {"entities": [], "relations": []}

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ("{", "line 3 is not JSON"),
            ("[1]", 'line 3 must be an object with the "type"'),
            ('{"type":"entity","name":"A","entityType":"x"}', "line 3 has no 'observations'"),
            ('{"type":"entity","name":"","entityType":"x","observations":[]}', "line 3.name must"),
            ('{"type":"entity","name":"A","entityType":"x","observations":[1]}', "must be text"),
            ('{"type":"relation","from":"A","to":7,"relationType":"x"}', "line 3.destination must"),
            ("\xff", "line 3 is not JSON in UTF-8"),
        ],
    )
    def test_a_wrong_line_is_named_and_imports_nothing(
        self, memory: Memory, tmp_path: Path, line: str, message: str
    ) -> None:
        path = tmp_path / "memory.jsonl"
        good = self.LINES.encode().splitlines(keepends=True)[1]
        path.write_bytes(b"\xef\xbb\xbf" + good + b"\r\n" + line.encode("latin-1"))
        with pytest.raises(ValidationError, match=message):
            memory.import_graph(path, **CAM)
        assert memory.graph(**CAM)["entities"] == []

    def test_blank_observations_are_counted(self, memory: Memory, tmp_path: Path) -> None:
        path = tmp_path / "memory.jsonl"
        item = {"type": "entity", "name": "A", "entityType": "", "observations": ["x", " "]}
        path.write_text(json.dumps(item))
        done = memory.import_graph(path, **CAM)
        assert done["left_out"] == ["blank observations that are left out: 1"]
        assert memory.graph(**CAM)["entities"][0]["observations"] == ["x"]

    def test_the_export_is_of_a_scope(self, filled: Memory, tmp_path: Path) -> None:
        with pytest.raises(ScopeError, match="one scope"):
            filled.export_file(tmp_path / "x", format="server-memory")
        with pytest.raises(ValidationError, match="vectors"):
            filled.export_file(tmp_path / "x", format="server-memory", vectors=True, **CAM)
