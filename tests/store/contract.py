"""The contract of a storage backend: what `litemem/store/protocol.py` promises, as tests.

A backend's test class runs all of it in three lines:

    class TestPostgres(StoreContract):
        @pytest.fixture
        def store(self) -> Iterator[Store]: ...  # lend an empty store, and close it
"""

from collections.abc import Callable
from dataclasses import replace

import pytest

from helpers import START
from helpers.records import ALICE, EIGHT, blob, record
from helpers.stores import RankBy
from litemem.core.protocols import EmbedderIdentity
from litemem.core.scope import Scope
from litemem.core.types import (
    PROCEDURAL,
    AddResult,
    Message,
    Passage,
    Relation,
    ScoreParts,
    SetAside,
    TextIndex,
    content_hash,
)
from litemem.errors import (
    EmbedderMismatchError,
    ImmutableError,
    MemoryNotFoundError,
    StoreError,
    ValidationError,
)
from litemem.store import Condition, Store, Transaction, compile_filter, compile_ids, valid_now
from litemem.store.liveness import Claimant, Process, this_process
from litemem.store.protocol import (
    MAX_TRIES,
    ArchiveBatch,
    CandidateQuery,
    CleanupPlan,
    Erasure,
    GraphQuery,
    Place,
    Pool,
    Retention,
    TurnFilter,
)

BOB = Scope(user_id="bob")
RUN = Scope(user_id="alice", run_id="r")
DAY = 86_400_000_000  # microseconds
OTHER = EmbedderIdentity("other", 8, "another fingerprint")
HELLO = (Message("user", "hello"), Message("assistant", "hi", "bot"))
FOUND = TextIndex((Passage(0, 2, "hi", asks=False),))
KNOWS = Relation("Anna", "knows", "Ben")
VECTORS = {"Anna": blob(1), "Ben": blob(0, 1)}


def of(scope: Scope) -> Condition:
    return compile_filter(None, scope)


def newest(pool: Pool) -> list[tuple[int, ScoreParts]]:
    """Rank candidates by their keys."""
    return [(pk, ScoreParts(*[0.0] * 8)) for pk in sorted(pool.pks, reverse=True)]


def claimant(token: str = "mine") -> Claimant:
    return Claimant(token, this_process())


class StoreContract:
    """Every test gets an empty `store`."""

    @pytest.fixture
    def store(self) -> Store:
        raise NotImplementedError("a backend's test class lends an empty store")

    @pytest.fixture
    def filled(self, store: Store) -> Store:
        """Two memories of alice, one of her run and one of bob's."""
        with store.write() as tx:
            tx.settings.bind_embedder(EIGHT)
            tx.memories.insert(
                [
                    record("m1"),
                    replace(record("m2", "avoids nuts"), created_at=START + 1),
                    record("m3", "runs daily", RUN),
                    record("m4", scope=BOB),
                ],
                [blob(1), blob(0, 1), blob(1), blob(1)],
                [[]] * 4,
            )
        return store

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

    # -- messages

    def test_the_last_messages_are_of_exactly_one_scope(self, store: Store) -> None:
        with store.write() as tx:
            keys = tx.messages.log(ALICE, HELLO, START)
            tx.messages.log(RUN, [Message("user", "in a run")], START)
        with store.read() as r:
            assert r.messages.last(ALICE, limit=9) == list(HELLO)
            assert r.messages.last(ALICE, limit=1) == [HELLO[1]]
            assert r.messages.last(ALICE, limit=9, before=keys[1]) == [HELLO[0]]
            assert r.messages.last(BOB, limit=9) == []

    def test_a_memory_knows_its_sources(self, store: Store) -> None:
        with store.write() as tx:
            tx.settings.bind_embedder(EIGHT)
            first, second = tx.messages.log(ALICE, HELLO, START)
            tx.memories.insert([record("m1")], [blob(1)], [[first]])
            tx.memories.add_sources("m1", [second])
            tx.memories.add_sources("m9", [second])
        with store.read() as r:
            assert r.messages.sources("m1") == list(HELLO)
            assert r.messages.sources("m9") == []
            made = r.messages.memories_from(ALICE, HELLO, second, START, START)
            assert [each.id for each in made] == ["m1"]
            assert r.messages.memories_from(ALICE, HELLO[:1], second, START, START) == []
            assert r.messages.memories_from(BOB, HELLO, second, START, START) == []

    def test_the_latest_messages_have_keys_and_are_of_exactly_one_scope(self, store: Store) -> None:
        with store.write() as tx:
            first, second = tx.messages.log(ALICE, HELLO, START)
            tx.messages.log(RUN, HELLO, START)
            tx.messages.log(BOB, HELLO, START)
        with store.read() as r:
            found = r.messages.latest(ALICE, limit=9, before=second + 1)
            assert [(key, each.content) for key, each in found] == [
                (first, "hello"),
                (second, "hi"),
            ]
            assert r.messages.latest(ALICE, limit=1, before=second + 1) == found[1:]
            assert r.messages.latest(ALICE, limit=9, before=second) == found[:1]

    def test_a_hidden_message_is_in_the_log_and_not_found(self, store: Store) -> None:
        with store.write() as tx:
            turns = [
                tx.turns.open(each, HELLO, {}, START, indexes=[FOUND, FOUND])
                for each in (ALICE, RUN)
            ]
            first, second = turns[0].message_pks
            assert [m.content for m in tx.messages.of_scope(ALICE, 9)] == ["hi", "hello"]
            assert tx.messages.hide([first], START) == 1
            assert tx.messages.hide([first], START) == 0
        with store.read() as r:
            assert [m.content for m in r.messages.of_scope(ALICE, 9)] == ["hi"]
            assert len(r.messages.of_scope(RUN, 9)) == 2
            assert len(r.messages.of_scope(RUN, 1)) == 1
            assert [key for key, _ in r.messages.latest(ALICE, limit=9, before=second + 1)] == [
                first,
                second,
            ]

    def test_sources_and_what_was_made_from_them_are_found(self, store: Store) -> None:
        with store.write() as tx:
            tx.settings.bind_embedder(EIGHT)
            first, second = tx.messages.log(ALICE, HELLO, START)
            tx.memories.insert(
                [record("m1"), record("m2", "runs")], [blob(1), blob(0, 1)], [[first, second], []]
            )
        with store.read() as r:
            found = r.messages.sources_of(["m1", "m2", "m9"])
            assert [each.content for each in found["m1"]] == ["hello", "hi"]
            assert not found.get("m2")
            assert [each.id for each in r.known.made_from(ALICE, [second])] == ["m1"]
            assert r.known.made_from(BOB, [second]) == []
            assert r.known.made_from(ALICE, []) == []

    def test_what_was_set_aside_is_logged_with_its_message_in_its_scope(self, store: Store) -> None:
        aside = SetAside("runs", "nobody said it", 0, replaced_by="avoids nuts")
        with store.write() as tx:
            tx.settings.bind_embedder(EIGHT)
            first, second = tx.messages.log(ALICE, HELLO, START)
            tx.messages.log(BOB, HELLO, START)
            tx.memories.insert([record("m1")], [blob(1)], [[first]])
            tx.messages.note_set_aside([(first, aside), (second, aside), (first, aside)])
        with store.read() as r:
            logged = r.messages.logged(compile_ids(None, ALICE), limit=9)
            assert [each.set_aside for each in logged] == [(aside, aside), (aside,)]
            assert [[m.id for m in each.memories] for each in logged] == [["m1"], []]
            assert [each.said.content for each in logged] == [each.content for each in HELLO]
            assert r.messages.logged(compile_ids(None, ALICE), limit=1) == logged[1:]
            assert [
                each.set_aside for each in r.messages.logged(compile_ids(None, BOB), limit=9)
            ] == [(), ()]
            assert r.messages.logged_for("m1") == logged[:1]
            assert r.messages.logged_for(str(logged[1].said.id)) == logged[1:]
            assert r.messages.logged_for("m9") == []
            before = logged[1].key
            assert r.messages.logged(compile_ids(None, ALICE), limit=9, before=before) == logged[:1]
            assert [(c.scope, c.messages, c.at) for c in r.messages.conversations(limit=9)] == [
                (BOB, 2, START),
                (ALICE, 2, START),
            ]
            assert len(r.messages.conversations(limit=1)) == 1

    def test_what_was_shown_is_listed_for_all_runs_or_for_some(self, store: Store) -> None:
        with store.write() as tx:
            tx.shown.note(ALICE, ["m1", "m2"], "user-prompt", START)
            tx.shown.note(BOB, ["m1"], "session-start", START + 1)
        with store.read() as r:
            assert [i for i, _ in r.shown.latest(limit=9)] == ["m1", "m2", "m1"]
            ids = compile_ids(None, ALICE)
            assert [i for i, _ in r.shown.latest(limit=9, ids=ids)] == ["m2", "m1"]
            assert [i for i, _ in r.shown.latest(limit=1, ids=ids)] == ["m2"]

    # -- turns

    def test_a_turn_waits_until_it_is_finished(self, store: Store) -> None:
        with store.write() as tx:
            turn = tx.turns.open(ALICE, HELLO, {"a": 1}, START, event_id="e")
        with store.read() as r:
            assert r.turns.pending() == [turn]
            assert r.turns.last() == turn.pk
            assert (r.turns.waiting(TurnFilter()), r.turns.waiting(TurnFilter(last=0))) == (1, 0)
            event = r.turns.event("e")
            assert event is not None
            assert event.status == "PENDING"
        with store.write() as tx:
            assert tx.turns.finish(turn, START)
            assert not tx.turns.finish(turn, START)
        with store.read() as r:
            assert (r.turns.pending(), r.turns.last()) == ([], 0)
            assert r.turns.event("unknown") is None

    def test_the_results_of_a_turn_are_those_that_are_not_deleted(self, filled: Store) -> None:
        with filled.write() as tx:
            turn = tx.turns.open(ALICE, HELLO, {}, START, event_id="e")
            tx.turns.finish(turn, START)
            tx.turns.note_results(turn, [AddResult(record("m1")), AddResult(record("m2"))])
            tx.memories.delete("m2", START)
        with filled.read() as r:
            event = r.turns.event("e")
            assert event is not None
            assert event.status == "SUCCEEDED"
            assert [result.record.id for result in event.results] == ["m1"]

    def test_a_claimed_turn_and_later_ones_of_its_scope_are_not_free(self, store: Store) -> None:
        with store.write() as tx:
            first = tx.turns.open(ALICE, HELLO, {}, START)
            tx.turns.open(ALICE, HELLO, {}, START)
            other = tx.turns.open(BOB, HELLO, {}, START)
            assert tx.turns.claim_next(claimant(), TurnFilter()) == first
        with store.write() as tx:
            assert tx.turns.claim_next(claimant("yours"), TurnFilter()) == other
            assert tx.turns.claim_next(claimant("yours"), TurnFilter()) is None

    def test_a_claim_that_is_not_renewed_is_released(self, store: Store) -> None:
        with store.write() as tx:
            turn = tx.turns.open(ALICE, HELLO, {}, START, claimant=claimant())
            tx.turns.renew_claims(claimant(), [turn.pk])
            assert tx.turns.claim_next(claimant("yours"), TurnFilter()) is None
            tx.turns.renew_claims(claimant(), [])
            assert tx.turns.claim_next(claimant("yours"), TurnFilter()) == turn

    def test_the_claim_of_a_dead_process_counts_as_a_kill(self, store: Store) -> None:
        here = this_process()
        dead = Claimant("dead", Process(here.boot, here.space, 2**22 + 1, here.started))
        with store.write() as tx:
            turn = tx.turns.open(ALICE, HELLO, {}, START, claimant=dead)
            assert tx.turns.claim_next(claimant(), TurnFilter(kills_below=1)) is None
            assert tx.turns.claim_next(claimant(), TurnFilter(kills_below=2)) == turn

    def test_a_failed_turn_stays_pending_and_fails_at_last(self, store: Store) -> None:
        with store.write() as tx:
            turn = tx.turns.open(ALICE, HELLO, {}, START, event_id="e", claimant=claimant())
        for tries in range(MAX_TRIES):
            with store.write() as tx:
                assert tx.turns.waiting(TurnFilter(min_tries=tries, tries_below=tries + 1)) == 1
                tx.turns.fail(turn, "no model", START + tries)
        with store.read() as r:
            event = r.turns.event("e")
            assert event is not None
            assert (event.status, event.error) == ("FAILED", "no model")
            assert r.turns.waiting(TurnFilter(tries_below=MAX_TRIES)) == 0
            assert r.turns.waiting(TurnFilter(exclude=[turn.pk])) == 0

    def test_a_like_turn_is_claimed_in_exactly_its_scope(self, store: Store) -> None:
        with store.write() as tx:
            turn = tx.turns.open(ALICE, HELLO, {}, START)
            assert tx.turns.claim_like(claimant(), RUN, lambda _: True) is None
            assert tx.turns.claim_like(claimant(), ALICE, lambda _: False) is None
            assert tx.turns.claim_like(claimant(), ALICE, lambda _: True) == turn

    def test_dropped_turns_succeed_without_results(self, store: Store) -> None:
        with store.write() as tx:
            tx.turns.open(ALICE, HELLO, {}, START, event_id="e")
            kept = tx.turns.open(BOB, HELLO, {}, START)
            assert tx.turns.drop(compile_ids(None, ALICE), START) == 1
        with store.read() as r:
            event = r.turns.event("e")
            assert event is not None
            assert (event.status, event.results) == ("SUCCEEDED", ())
            assert r.turns.pending() == [kept]
            assert r.messages.last(ALICE, limit=9) == list(HELLO)

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
            assert r.memories.superseded(["m1", "m2", "m9"]) == {"m2": ["m1"]}
            near = r.known.neighbours(ALICE, blob(1), 9, START)
            assert [match.record.id for match in near] == ["m2"]

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
