"""Messages, and the turns that they came in."""

from helpers import START
from helpers.records import ALICE, EIGHT, blob, record
from litemem.core.types import AddResult, Message, SetAside
from litemem.store import Store, compile_ids
from litemem.store.liveness import Claimant, Process, this_process
from litemem.store.protocol import MAX_TRIES, TurnFilter
from store.contract.base import BOB, FOUND, HELLO, RUN, Lent, claimant


class TurnsContract(Lent):
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
