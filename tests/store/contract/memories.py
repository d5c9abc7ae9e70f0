"""Transactions, memories, their neighbours and successors, search, graph."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from helpers import START
from helpers.records import ALICE, EIGHT, blob, record
from helpers.stores import RankBy
from litemem.core.scope import Scope
from litemem.core.text.periods import Period
from litemem.core.types import PROCEDURAL, Relation, TextIndex, content_hash
from litemem.errors import (
    EmbedderMismatchError,
    ImmutableError,
    MemoryNotFoundError,
    StoreError,
)
from litemem.store import Store, Transaction, compile_ids, valid_now
from litemem.store.protocol import CandidateQuery, GraphQuery, Place
from store.contract.base import BOB, DAY, HELLO, KNOWS, OTHER, RUN, VECTORS, Lent, newest, of


class MemoriesContract(Lent):
    # -- transactions

    def test_a_write_is_seen_by_the_next_read(self, filled: Store) -> None:
        with filled.read() as r:
            assert r.memories.get("m1") == record("m1")

    def test_an_error_takes_back_every_write_of_the_transaction(self, filled: Store) -> None:
        with pytest.raises(KeyError), filled.write() as tx:  # noqa: PT012 - the error is ours
            tx.memories.delete("m1", START)
            tx.turns.open(BOB, HELLO, {}, START)
            raise KeyError
        with filled.read() as r:
            assert r.memories.get("m1") is not None
            assert r.turns.pending() == []

    def test_a_transaction_sees_its_own_writes(self, filled: Store) -> None:
        with filled.write() as tx:
            tx.memories.delete("m1", START)
            assert tx.memories.get("m1") is None

    def test_a_dry_run_counts_and_changes_nothing(self, filled: Store) -> None:
        with filled.dry_run() as tx:
            assert tx.memories.delete_matching(of(ALICE), START) == 3
        with filled.read() as r:
            assert r.memories.count(of(ALICE)) == 3

    def test_a_closed_store_refuses_both(self, store: Store) -> None:
        store.close()
        with pytest.raises(StoreError), store.read():
            pass
        with pytest.raises(StoreError), store.write():
            pass

    # -- memories

    def test_an_unknown_memory_is_none_or_an_error(self, filled: Store) -> None:
        with filled.read() as r:
            assert r.memories.get("m9") is None
            assert r.memories.history("m9") == []
            assert [each.id for each in r.memories.get_many(["m9", "m1"])] == ["m1"]
            with pytest.raises(MemoryNotFoundError):
                r.memories.require("m9")

    def test_memories_are_selected_newest_first(self, filled: Store) -> None:
        with filled.read() as r:
            found = r.memories.select(of(ALICE))
            assert [each.id for each in found] == ["m2", "m3", "m1"]
            assert r.memories.select(of(ALICE), limit=1, offset=1) == found[1:2]

    def test_a_selection_goes_on_after_a_place(self, filled: Store) -> None:
        with filled.read() as r:
            rest = r.memories.select(of(ALICE), after=Place(START + 1, "m2"))
            assert [m.id for m in rest] == ["m3", "m1"]
            assert r.memories.select(of(ALICE), after=Place(START, "m1")) == []

    def test_memories_are_read_in_the_order_of_writing(self, filled: Store) -> None:
        with filled.read() as r:
            assert [m.id for m in r.memories.written(limit=3)] == ["m4", "m3", "m2"]
            assert [m.id for m in r.memories.written(limit=3, before="m2")] == ["m1"]
            of_alice = r.memories.written(of(ALICE), limit=3)
            assert [m.id for m in of_alice] == ["m3", "m2", "m1"]

    @pytest.mark.parametrize(
        ("words", "found"),
        [(["nuts"], ["m2"]), (["dai", "run"], ["m3"]), (["nuts", "daily"], []), (["u"], [])],
    )
    def test_words_are_found_by_their_beginnings(
        self, filled: Store, words: list[str], found: list[str]
    ) -> None:
        with filled.read() as r:
            assert [m.id for m in r.memories.written(of(ALICE), limit=9, words=words)] == found

    def test_a_deleted_memory_is_known_until_it_exists_again(self, filled: Store) -> None:
        with filled.write() as tx:
            keys = tx.messages.log(ALICE, HELLO, START)
            tx.memories.add_sources("m1", keys)
            assert tx.memories.deleted("m1") is None
            tx.memories.delete("m1", START + 5)
            known = tx.memories.deleted("m1")
        assert known is not None
        assert known.record == replace(record("m1"), updated_at=START + 5)
        assert known.sources == tuple(keys)
        with filled.read() as r:
            assert r.memories.deleted("unknown") is None

    def test_a_deleted_memory_is_restored_with_all_that_it_had(self, store: Store) -> None:
        had = replace(
            record("m1"),
            metadata={"n": [1, None]},
            categories=("food", "ä,"),
            memory_type=PROCEDURAL,
            attributed_to="user",
            valid_from=START - 9,
            expires_at=START + DAY,
            immutable=True,
            repeats=2,
        )
        with store.write() as tx:
            tx.settings.bind_embedder(EIGHT)
            tx.memories.insert([had], [blob(1)], [[]])
            tx.memories.set_feedback("m1", "NEGATIVE", "wrong", START + 3)
            tx.graph.relate(had, [KNOWS], VECTORS)
            tx.memories.delete("m1", START + 5)
        with store.write() as tx:
            known = tx.memories.deleted("m1")
            assert known is not None
            assert known.record == replace(had, updated_at=START + 5)
            assert known.feedback == ("NEGATIVE", "wrong", START + 3)
            assert known.relations == (KNOWS,)
            tx.memories.restore(known, blob(1), None, START + 7)
        with store.read() as r:
            assert r.memories.get("m1") == replace(had, updated_at=START + 7)
            assert [e.event for e in r.memories.history("m1")] == ["ADD", "DELETE", "ADD"]
            assert r.memories.standings(["m1"])["m1"].reason == "wrong"
            assert r.memories.deleted("m1") is None

    def test_the_last_change_of_a_memory_is_known_with_its_old_values(self, filled: Store) -> None:
        with filled.write() as tx:
            tx.memories.update(replace(record("m1"), categories=("a",)), None)
            assert tx.memories.replaced("m1") == {"categories": ()}
            tx.memories.update(replace(record("m1", "x"), categories=("a",)), blob(1))
        with filled.read() as r:
            assert r.memories.replaced("m1") == r.memories.replaced("unknown") == {}

    def test_a_census_counts_the_owners_of_most_memories_first(self, filled: Store) -> None:
        with filled.read() as r:
            census = r.census(5)
            assert [(o.kind, o.name, o.memories) for o in census.owners] == [
                ("user", "alice", 3),
                ("user", "bob", 1),
                ("run", "r", 1),
            ]
            assert census.growth == {START // DAY: 4}
            assert (census.overview.memories, census.superseded) == (4, 0)
            assert [o.name for o in r.census(1).owners] == ["alice", "r"]

    def test_each_commit_is_another_change(self, filled: Store) -> None:
        before = filled.changes()
        assert filled.changes() == before
        with filled.read() as r:
            r.memories.get("m1")
        assert filled.changes() == before
        with filled.write() as tx:
            tx.memories.delete("m1", START)
        assert filled.changes() != before

    def test_an_update_replaces_the_memory_and_is_in_its_history(self, filled: Store) -> None:
        new = replace(record("m1", "likes coffee"), updated_at=START + 5)
        with filled.write() as tx:
            tx.memories.update(new, blob(0, 0, 1))
        with filled.read() as r:
            assert r.memories.get("m1") == new
            events = [(e.event, e.old_memory, e.new_memory) for e in r.memories.history("m1")]
        assert events == [
            ("ADD", None, "likes tea"),
            ("UPDATE", "likes tea", "likes coffee"),
        ]

    def test_an_immutable_memory_is_not_updated(self, store: Store) -> None:
        with store.write() as tx:
            tx.settings.bind_embedder(EIGHT)
            tx.memories.insert([replace(record("m1"), immutable=True)], [blob(1)], [[]])
        with pytest.raises(ImmutableError), store.write() as tx:
            tx.memories.update(record("m1", "x"), blob(1))

    def test_a_deleted_memory_keeps_its_history(self, filled: Store) -> None:
        with filled.write() as tx:
            tx.memories.delete("m1", START + 9)
        with filled.read() as r:
            assert r.memories.get("m1") is None
            assert [entry.event for entry in r.memories.history("m1")] == ["ADD", "DELETE"]
            assert r.archive.owners_of_deleted(["m1", "m2"]) == {"m1": ALICE}

    @pytest.mark.parametrize(
        "write",
        [
            lambda tx: tx.memories.update(record("m9"), blob(1)),
            lambda tx: tx.memories.delete("m9", START),
            lambda tx: tx.memories.set_feedback("m9", "POSITIVE", None, START),
        ],
        ids=["update", "delete", "feedback"],
    )
    def test_a_write_to_an_unknown_memory_is_an_error(
        self, filled: Store, write: Callable[[Transaction], None]
    ) -> None:
        with pytest.raises(MemoryNotFoundError), filled.write() as tx:
            write(tx)

    def test_a_delete_by_condition_leaves_other_scopes_alone(self, filled: Store) -> None:
        with filled.write() as tx:
            assert tx.memories.delete_matching(of(ALICE), START) == 3
        with filled.read() as r:
            assert r.memories.count(of(ALICE)) == 0
            assert r.memories.count(of(BOB)) == 1

    def test_a_hash_is_found_in_exactly_its_scope(self, filled: Store) -> None:
        value = content_hash("runs daily")
        with filled.read() as r:
            assert r.memories.has_hash(RUN, value, START)
            assert not r.memories.has_hash(ALICE, value, START)

    def test_only_a_run_has_a_memory_to_extend(self, filled: Store) -> None:
        with filled.write() as tx:
            summary = replace(record("m5", "a run", RUN), memory_type=PROCEDURAL)
            tx.memories.insert([summary], [blob(1)], [[]])
        with filled.read() as r:
            assert r.memories.run_memory(RUN, START) == summary
            assert r.memories.run_memory(ALICE, START) is None
            assert r.memories.run_memory(Scope(run_id="r"), START) is None

    def test_expired_memories_are_not_valid_now(self, filled: Store) -> None:
        with filled.write() as tx:
            ends = replace(record("m6", scope=BOB), expires_at=START + 10)
            tx.memories.insert([ends], [blob(1)], [[]])
        with filled.read() as r:
            assert r.memories.count(valid_now(of(BOB), START)) == 2
            assert r.memories.count(valid_now(of(BOB), START + 10)) == 1
            assert r.memories.count(valid_now(of(BOB), START + 10, expired=True)) == 2

    # -- known memories

    def test_neighbours_are_of_exactly_one_scope(self, filled: Store) -> None:
        with filled.read() as r:
            near = r.known.neighbours(ALICE, blob(1), 9, START)
            assert [match.record.id for match in near] == ["m1", "m2"]
            assert near[0].semantic == pytest.approx(1)
            among = r.known.neighbours(ALICE, blob(1), 9, START, among={"m2", "m3"})
            assert [match.record.id for match in among] == ["m2"]

    def test_a_superseded_memory_ends_and_is_no_neighbour(self, filled: Store) -> None:
        with filled.write() as tx:
            tx.known.supersede(record("m1"), "m2", START + 1)
            tx.known.supersede(record("m9"), "m2", START + 1)
        with filled.read() as r:
            old = r.memories.require("m1")
            assert (old.valid_from, old.valid_to, old.superseded_by) == (START, START + 1, "m2")
            assert r.memories.history("m1")[-1].superseded_by == "m2"
            assert r.memories.history("m2")[0].supersedes == ("m1",)
            assert r.memories.annotations(["m1", "m2", "m9"]).superseded == {"m2": ["m1"]}
            near = r.known.neighbours(ALICE, blob(1), 9, START)
            assert [match.record.id for match in near] == ["m2"]

    def test_the_days_that_texts_speak_of_are_in_order(self, filled: Store) -> None:
        days = ((START, START + DAY), (START + DAY, START + 2 * DAY))
        with filled.write() as tx:
            index = TextIndex(mentions=days[::-1])
            tx.memories.insert([record("m5")], [blob(1)], [[]], [index])
        with filled.read() as r:
            notes = r.memories.annotations(["m1", "m5", "m9"])
        assert notes.days == {"m5": [Period(*span) for span in days]}

    def test_what_a_memory_superseded_can_be_restored(self, filled: Store) -> None:
        with filled.write() as tx:
            old, new = tx.memories.require("m1"), tx.memories.require("m2")
            tx.known.supersede(old, new.id, START + 1)
            both = tx.known.of_scope(ALICE, 9)
            assert {each.id: each.superseded_by for each in both} == {"m1": "m2", "m2": None}
            assert [each.id for each in tx.known.of_scope(ALICE, 1)] == ["m2"]
            tx.known.restore_superseded(new, START + 2)
            tx.memories.delete(new.id, START + 2)
        with filled.read() as r:
            (restored,) = r.known.of_scope(ALICE, 9)
            assert (restored.id, restored.superseded_by, restored.valid_to) == ("m1", None, None)
            assert [each.id for each in r.known.of_scope(RUN, 9)] == ["m3"]

    def test_a_pair_that_may_contradict_is_open_until_it_is_settled(self, filled: Store) -> None:
        now = valid_now(of(ALICE), START + 9)
        with filled.write() as tx:
            tx.conflicts.open("m2", "m1", START + 1)
            tx.conflicts.open("m1", "m2", START + 2)
            tx.conflicts.open("m1", "m3", START + 1)  # of another scope
            tx.conflicts.open("m1", "m9", START + 1)
        with filled.read() as r:
            (pair,) = r.conflicts.select(now)
            assert {memory.id for memory in pair.memories} == {"m1", "m2"}
            assert pair.created_at == START + 1
            assert r.conflicts.get(pair.id, START + 9) == pair
            assert r.conflicts.select(now, memory_ids=["m2"]) == [pair]
            assert r.conflicts.select(now, memory_ids=["m3"]) == []
            assert r.conflicts.select(valid_now(of(BOB), START + 9)) == []
        with filled.write() as tx:
            tx.conflicts.settle(pair.id, START + 3)
            tx.conflicts.settle("unknown", START + 3)
            tx.conflicts.open("m1", "m2", START + 4)
        with filled.read() as r:
            assert r.conflicts.select(now) == []
            assert r.conflicts.get(pair.id, START + 9) is None

    def test_a_supersession_ends_an_open_pair(self, filled: Store) -> None:
        with filled.write() as tx:
            tx.conflicts.open("m1", "m2", START + 1)
            tx.known.supersede(record("m1"), "m2", START + 1, START + 5)
        with filled.read() as r:
            assert r.conflicts.select(of(ALICE)) == []
            assert r.memories.history("m1")[-1].updated_at == START + 5
            assert r.memories.require("m1").valid_to == START + 1

    def test_an_earlier_date_moves_the_end_of_what_was_superseded(self, filled: Store) -> None:
        with filled.write() as tx:
            tx.known.supersede(record("m1"), "m2", START + 1)
            new = tx.memories.require("m2")
            tx.memories.update(replace(new, created_at=START + 7), None)
        with filled.read() as r:
            assert r.memories.require("m1").valid_to == START + 7

    def test_a_repeated_memory_lasts_as_long_as_either(self, filled: Store) -> None:
        ends = replace(record("m5"), expires_at=START + 9, immutable=True)
        with filled.write() as tx:
            tx.memories.insert([replace(ends, immutable=False)], [blob(1)], [[]])
            tx.known.repeat("m5", replace(ends, expires_at=START + 99))
            tx.known.repeat("m9", ends)
        with filled.read() as r:
            found = r.memories.require("m5")
            assert (found.repeats, found.expires_at, found.immutable) == (1, START + 99, True)

    def test_changes_since_a_revision_are_known_until_one_is_a_deletion(
        self, filled: Store
    ) -> None:
        with filled.read() as r:
            revision = r.known.revision()
        with filled.write() as tx:
            tx.memories.update(record("m1", "likes coffee"), blob(1))
            tx.memories.insert(
                [record("m5", scope=BOB), record("m6")], [blob(1), blob(1)], [[], []]
            )
            assert tx.known.changed_since(revision, ALICE) == {"m1", "m6"}
            tx.memories.delete("m6", START)
            assert tx.known.changed_since(revision, ALICE) is None

    def test_only_statements_of_a_name_are_naming(self, filled: Store) -> None:
        with filled.write() as tx:
            named = record("m5", "User is called Cam")
            tx.memories.insert([named], [blob(1)], [[]])
            assert tx.known.naming(ALICE) == ["User is called Cam"]
            assert tx.known.naming(BOB) == []

    # -- search

    @pytest.mark.parametrize("limit", [None, 5])
    def test_a_search_ranks_what_matches_and_nothing_else(
        self, filled: Store, limit: int | None
    ) -> None:
        query = CandidateQuery(blob(1), ("tea",), (), limit, EIGHT)
        with filled.read() as r:
            assert r.candidates.scope_stats(of(ALICE)).is_small
            found = r.candidates.search(of(ALICE), query, RankBy(newest))
        assert [match.record.id for match in found] == ["m3", "m2", "m1"]
        assert found[2].semantic == pytest.approx(1)

    def test_a_search_with_another_embedder_is_refused(self, filled: Store) -> None:
        query = CandidateQuery(blob(1), (), (), None, OTHER)
        with filled.read() as r, pytest.raises(EmbedderMismatchError):
            r.candidates.search(of(ALICE), query, RankBy(newest))

    # -- graph

    def graph_query(self, scope: Scope) -> GraphQuery:
        ids = compile_ids(None, scope)
        return GraphQuery(of(scope), ids, ["anna"], blob(1), EIGHT, {}, 9)

    def test_a_relation_is_found_in_its_scope_only(self, filled: Store) -> None:
        with filled.write() as tx:
            tx.graph.relate(record("m1"), [KNOWS, Relation("Ben", "is", "Ben")], VECTORS)
        with filled.read() as r:
            assert r.graph.search(self.graph_query(ALICE)) == [KNOWS]
            assert r.graph.search(self.graph_query(BOB)) == []
            assert r.graph.of_memories(["m1", "m2"]) == [KNOWS]

    def test_a_relation_goes_with_its_memory(self, filled: Store) -> None:
        with filled.write() as tx:
            tx.graph.relate(record("m1"), [KNOWS], VECTORS)
            tx.graph.relate(record("m2", "another text"), [KNOWS], VECTORS)
            tx.memories.delete("m1", START)
            assert tx.graph.search(self.graph_query(ALICE)) == []

    def test_statements_are_read_by_the_names_in_them(self, filled: Store) -> None:
        stated = replace(record("s1"), memory_type="entity", metadata={"entity": "Anna"})
        other = replace(record("s2"), memory_type="relation", metadata={"destination": "*"})
        with filled.write() as tx:
            tx.memories.insert([stated, other], [blob(1), blob(2)], [(), ()])
            tx.graph.relate(stated, [KNOWS], VECTORS)
            tx.graph.relate(record("m1"), [KNOWS], VECTORS)
        with filled.read() as r:
            assert [each.id for each in r.graph.statements(of(ALICE))] == ["s1", "s2"]
            assert [each.id for each in r.graph.statements(of(ALICE), ["Anna"])] == ["s1"]
            assert [each.id for each in r.graph.statements(of(ALICE), ["*"])] == ["s2"]
            assert r.graph.statements(of(BOB)) == []
            extracted = [(memory.id, relation) for memory, relation in r.graph.extracted(of(ALICE))]
            assert extracted == [("m1", KNOWS)]
            assert r.graph.extracted(of(BOB)) == []
