"""Settings, reindex, cleanup and erasure, archives."""

import pytest

from helpers import START
from helpers.records import ALICE, EIGHT, blob
from litemem.errors import EmbedderMismatchError, MemoryNotFoundError, ValidationError
from litemem.store import Store, compile_ids
from litemem.store.protocol import ArchiveBatch, CleanupPlan, Erasure, Retention
from store.contract.base import BOB, OTHER, Lent, of


class UpkeepContract(Lent):
    # -- settings

    def test_the_first_embedder_is_bound_and_another_refused(self, store: Store) -> None:
        with store.write() as tx:
            assert tx.settings.embedder() is None
            assert tx.settings.check_embedder(OTHER) is None
            tx.settings.bind_embedder(EIGHT)
        with store.read() as r:
            assert r.settings.check_embedder(EIGHT) == EIGHT
            with pytest.raises(EmbedderMismatchError):
                r.settings.check_embedder(OTHER)

    def test_settings_of_the_project_add_up_and_survive_a_clear(self, filled: Store) -> None:
        with filled.write() as tx:
            assert tx.settings.project() == {}
            tx.settings.update_project({"a": 1, "b": 2})
            tx.settings.update_project({"b": 3})
            tx.clear()
        with filled.read() as r:
            assert r.settings.project() == {"a": 1, "b": 3}
            assert r.settings.embedder() is None
            assert r.memories.get("m1") is None

    def test_entities_and_counts_cover_every_scope(self, filled: Store) -> None:
        with filled.read() as r:
            found = [(each.kind, each.name, each.memories) for each in r.entities()]
            overview = r.overview()
        assert found == [("user", "alice", 3), ("user", "bob", 1), ("run", "r", 1)]
        assert (overview.memories, overview.users, overview.runs) == (4, 2, 1)

    # -- reindex

    def test_an_embedder_is_switched_when_each_memory_has_a_vector(self, filled: Store) -> None:
        with filled.write() as tx:
            rows = tx.reindex.missing(OTHER, 9)
            assert [content for _, content in rows][:2] == ["likes tea", "avoids nuts"]
            tx.reindex.stage(OTHER, [(*row, blob(0, 0, 1)) for row in rows[1:]])
            assert not tx.reindex.switch(OTHER)
            assert tx.reindex.missing(OTHER, 9) == rows[:1]
            assert tx.reindex.missing(OTHER, 9, after=rows[0][0]) == []
            assert tx.reindex.count_missing() == 1
            tx.reindex.stage(OTHER, [(rows[0][0], "another text", blob(1))])
            assert not tx.reindex.switch(OTHER)
            tx.reindex.stage(OTHER, [(*rows[0], blob(0, 0, 1))])
            assert tx.reindex.switch(OTHER)
        with filled.read() as r:
            assert r.settings.embedder() == OTHER

    # -- cleanup and erasure

    def test_a_cleanup_counts_what_it_deletes_in_its_scope(self, filled: Store) -> None:
        plan = CleanupPlan(
            condition=of(BOB),
            ids=compile_ids(None, BOB),
            now=START,
            retention=Retention(created=START),
        )
        with filled.write() as tx:
            assert tx.cleanup(plan) == {"older": 1}
        with filled.read() as r:
            assert (r.memories.count(of(BOB)), r.memories.count(of(ALICE))) == (0, 3)

    def test_an_erasure_takes_the_history_along(self, filled: Store) -> None:
        with filled.write(secure_delete=True) as tx:
            assert tx.erase(Erasure(memory_ids=("m1",)))["memories"] == 1
        with filled.read() as r:
            assert r.memories.history("m1") == []
        with pytest.raises(MemoryNotFoundError), filled.write() as tx:
            tx.erase(Erasure(memory_ids=("m9",)))

    def test_an_interrupted_erasure_can_be_repeated(self, filled: Store) -> None:
        for number in (1, 0):
            with filled.write(secure_delete=True) as tx:
                assert tx.erase(Erasure(memory_ids=("m1",)))["memories"] == number

    def test_an_erasure_of_a_slice_leaves_the_rest(self, filled: Store) -> None:
        whole = Erasure(condition=of(ALICE), whole=of(ALICE))
        with filled.read() as r:
            chosen = r.memories_to_erase(whole)
        with filled.write(secure_delete=True) as tx:
            assert tx.erase(whole, chosen[:1])["memories"] == 1
        with filled.read() as r:
            assert r.memories_to_erase(whole) == chosen[1:]

    def test_a_slice_of_a_cleanup_deletes_what_the_plan_still_selects(self, filled: Store) -> None:
        plan = CleanupPlan(
            condition=of(ALICE),
            ids=compile_ids(None, ALICE),
            now=START,
            retention=Retention(matching=True),
        )
        with filled.read() as r:
            keys = [key for (key,) in r.rows_to_clean_up(plan, "matching")]
        with filled.write() as tx:
            assert tx.clean_up_rows(plan, "matching", keys[:2]) == 2
        with filled.write() as tx:
            assert tx.clean_up_rows(plan, "matching", keys) == len(keys) - 2

    # -- archive

    def test_a_snapshot_has_the_lines_of_one_scope_twice_the_same(self, filled: Store) -> None:
        with filled.read() as r:
            snapshot = r.archive.snapshot(of(BOB), vectors=False)
            lines = list(snapshot.lines())
            assert (snapshot.counts["memory"], snapshot.embedder) == (1, None)
            assert lines == list(snapshot.lines())
            assert [each.id for each in snapshot.rows()] == ["m4"]
            assert r.archive.snapshot(None, vectors=True).embedder == EIGHT

    def test_an_import_adds_memories_and_refuses_conflicts(self, filled: Store) -> None:
        item = {
            "kind": "memory",
            "number": 1,
            "id": "m7",
            "content": "likes gin",
            "user_id": "bob",
            "created_at": START,
            "updated_at": START,
        }
        with filled.read() as r:
            assert r.archive.would_change(item)
        work = filled.new_import("error")
        work.take_in(ArchiveBatch("begin"))
        work.take_in(ArchiveBatch(items=[item], vectors={0: blob(1)}, identity=EIGHT))
        with pytest.raises(ValidationError):
            work.take_in(ArchiveBatch(items=[item], vectors={0: blob(1)}, identity=EIGHT))
        work.take_in(ArchiveBatch("end"))
        assert work.counts["added"] == 1
        with filled.read() as r:
            assert r.memories.require("m7").scope == BOB
            assert not r.archive.would_change(item)
