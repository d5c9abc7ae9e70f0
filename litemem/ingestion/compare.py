"""Compare two facts: a verdict on the new one.

A new fact about a person is near many known ones that stay true. So two facts are different unless
their words show that they mean the same, or that one ends the other. In every language their slots
decide (`slots`), and what a statement says is over or has another value. English has more rules
(`compare_english`).
"""

import re
from collections.abc import Iterable, Sequence

from litemem.core.text.clauses import begins_as_user, stated_parts
from litemem.core.text.english import with_subject
from litemem.core.text.lexicon import ENGLISH, pattern_in, words_in
from litemem.core.text.phrases import phrases, tokens_of
from litemem.core.text.scripts import normal_forms
from litemem.core.text.statements import code_of_pair, read, unquoted
from litemem.core.text.words import words
from litemem.ingestion.ages import has_aged
from litemem.ingestion.births import is_birth_in_other_family, is_birth_of_several, is_born
from litemem.ingestion.compare_english import compare_english
from litemem.ingestion.conclusions import has_concluded
from litemem.ingestion.contrast import is_contrasted, is_retracted
from litemem.ingestion.doses import is_dosed
from litemem.ingestion.duties import is_done_by_another
from litemem.ingestion.endings import are_two_of_a_kind, ends, is_of_other_habit
from litemem.ingestion.fact_features import features_of
from litemem.ingestion.handover import is_handed_over
from litemem.ingestion.holders import has_other_holder, is_stand_in
from litemem.ingestion.identifiers import is_renumbered
from litemem.ingestion.lasting import lasts_otherwise
from litemem.ingestion.measures import have_changed, have_same_value, keep_both
from litemem.ingestion.moments import is_done_for_another, is_of_moment
from litemem.ingestion.naming import asks, codes_of, is_one, plain_words
from litemem.ingestion.outcomes import is_said_now, leaves_service, names_tool
from litemem.ingestion.partings import has_parted, is_of_other_couple
from litemem.ingestion.persons import by_name, is_of_other_sex, is_of_somebody
from litemem.ingestion.premises import (
    is_of_drink,
    is_of_home,
    is_of_other_employer,
    is_of_other_premises,
)
from litemem.ingestion.renamed import is_renamed
from litemem.ingestion.replaced import is_replaced
from litemem.ingestion.rescheduled import is_of_other_thing, is_rescheduled
from litemem.ingestion.roles import is_given_up, is_role_of_either
from litemem.ingestion.sides import are_on_other_sides
from litemem.ingestion.slots import Verdict, compare_slots, corrects
from litemem.ingestion.updates import is_updated, persons_in

SUBJECT = 4  # words of a fact in which its subject stands
SENTENCE = 200  # characters in one sentence, at most

_FIRST_WORD = re.compile(r"[^\W\d_]+")
_GOES_ON = re.compile(r"[.!?;\n]\s*\S")  # after a sentence
# the day behind a relative date of a quotation: "seit diesem Monat (2026-11)"
_DAY_NOTE = re.compile(r" ?\(\d{4}(?:-\d\d){0,2}(?: – \d{4}(?:-\d\d){0,2})?\)")


def compare_facts(
    known: str,
    new: str,
    cosine: float,
    *,
    one_turn: bool = False,
    before: str | None = None,
    opener: str = "",
    said: Iterable[str] = (),
) -> Verdict | None:
    """Return the verdict on a new fact and a known one, or None if only a model can decide.

    `cosine` is that of their vectors. Without a sign of the contrary they are different: most
    facts about one person are near each other, and are true together. Facts of `one_turn` only
    contradict each other if the new one corrects. `before` is the text before the new fact,
    or None if unknown: a pronoun may stand for a thing in it. `opener` stood before the new fact
    in its message: "Correction, ". `said` are parts of the message that the fact was made of: one
    may say more clearly what is over. "unclear" means that both have to stay.
    """
    known, new = with_subject(known), with_subject(new)
    said = tuple(said)
    verdict = _compare(known, new, cosine, before)
    if not one_turn and _is_over_as_said(verdict, known, new, said, before):
        verdict = "contradicts"
    if opener and verdict != "same" and is_contrasted(known, f"{opener}{new}", before):
        verdict = "contradicts"
    is_same = verdict in ("same", "richer")
    if is_same and (_name_opposites(known, new) or _has_other_name(known, new)):
        verdict = "different"
    if verdict == "richer" and _is_of_another_subject(known, new):
        verdict = "different"
    is_turned = verdict not in (None, "unclear") and _are_exchanged(known, new)
    if is_turned and not _is_of_both(known, new, before):
        verdict = "different"
    if verdict != "different" and _spelt(known) != _spelt(new) and are_on_other_sides(known, new):
        verdict = "different"
    is_kept = asks(new) or _is_of_others(known, new) or _is_so_now(known, before or new)
    if verdict == "contradicts" and (is_kept or is_stand_in(known, new, said)):
        verdict = "different"
    if verdict in (None, "different", "richer") and have_same_value(known, new):
        verdict = "same"
    is_of_turn = one_turn and not (opener or is_correction(new))
    if is_of_turn and verdict in ("contradicts", "unclear", None):
        return "different"
    return verdict


def _compare(known: str, new: str, cosine: float, before: str | None) -> Verdict | None:
    if _spelt(known) == _spelt(new):
        return "same"
    code = code_of_pair(known, new)
    named = by_name(known, new, code)
    if (
        _is_over(*named, code)
        or is_other_now(*named, before)
        or (named != (known, new) and _is_over_by_name(known, new, named))
    ):
        return "contradicts"
    if code != ENGLISH:
        verdict = compare_slots(known, new)
        begin = " ".join(unquoted(new).split()[:SUBJECT])
        is_of_other = verdict == "contradicts" and persons_in(begin, code) - persons_in(known, code)
        return "different" if is_of_other else verdict  # the promotion of a sister
    return compare_english(known, new, cosine)


def _is_over_by_name(known: str, new: str, named: tuple[str, str]) -> bool:
    """Return True if two facts contradict each other as written, or with names."""
    is_over = any(
        each(known, new)
        for each in (has_parted, has_other_holder, is_renamed, is_born, has_concluded)
    )
    is_over = is_over or _is_ended(
        known, new, code_of_pair(known, new)
    )  # "豆豆走了", of a dog 豆豆
    return is_over or compare_slots(*named) == "contradicts"


def _is_of_another_subject(known: str, new: str) -> bool:
    """Return True if a quotation may be of another subject than a known fact.

    "The nurse took my blood" does not say more than "User is a nurse".
    """
    said = unquoted(new)
    if said == new or unquoted(known) != known:
        return False
    first = words(said[:SENTENCE])[:1]
    is_english = code_of_pair(known, new) == ENGLISH
    is_of_user = not words_in(ENGLISH, "clauses", "speaker").isdisjoint(first)
    return (is_english and not is_of_user) or _speaks_of_others(known, new)


def _is_of_both(known: str, new: str, before: str | None) -> bool:
    """Return True if a new fact tells what became of two who are named in a known one."""
    is_over = has_parted(known, new) or _is_ended(known, new, code_of_pair(known, new))
    is_over = is_over or has_other_holder(known, new) or is_done_by_another(known, new)
    is_over = is_over or has_concluded(known, new)
    return is_over or is_handed_over(known, new, before)


def _is_over_as_said(
    verdict: Verdict | None, known: str, new: str, said: Sequence[str], before: str | None
) -> bool:
    """Return True if a message takes back what a known fact tells, or a part of it ends that."""
    if _is_taken_back(known, new, said):
        return True
    is_open = verdict in (None, "different", "unclear")
    return is_open and _is_over_by_a_part(known, new, said, before)


def _is_taken_back(known: str, new: str, said: Sequence[str]) -> bool:
    return any(is_retracted(known, text) for text in (unquoted(new), ", ".join(said)))


def _is_over_by_a_part(known: str, new: str, said: Sequence[str], before: str | None) -> bool:
    """Return True if a part of a new fact, or of its message, says that a known one is over."""
    parts = dict.fromkeys([*stated_parts(unquoted(new)), *said, ", ".join(said)])
    parts |= dict.fromkeys([_DAY_NOTE.sub("", part) for part in (*parts, unquoted(new))])
    if _speaks_of_others(known, new):
        parts = {part: None for part in parts if _is_of_known(known, part)}
    whole = f"{before or ''} {unquoted(new)}"
    return any(is_over_now(known, part, whole) for part in parts if part not in ("", new))


def _speaks_of_others(known: str, new: str) -> bool:
    """Return True if a new statement names a relative, and a known one does not."""
    return not _kin(known, new, new) <= _kin(known, new, known)


def _is_of_known(known: str, part: str) -> bool:
    """Return True if a part is of the user, or names relatives that a known fact names."""
    kin = _kin(known, part, part)
    return begins_as_user(part) if not kin else kin <= _kin(known, part, known)


def _kin(known: str, new: str, text: str) -> frozenset[str]:
    kin = pattern_in(code_of_pair(known, new), "requests", "kin")
    return frozenset(match[0] for match in kin.finditer(text.casefold()))


def is_over_now(known: str, said: str, before: str | None = None) -> bool:
    """Return True if a part of what the user says ends, replaces or changes what a fact tells."""
    said = f"User: “{said}”"
    named = by_name(known, said, code_of_pair(known, said))
    if not (_is_over(*named, code_of_pair(known, said)) or _is_passed_on(*named, before)):
        return False
    return not _is_of_others(known, said)


def _is_so_now(known: str, text: str) -> bool:
    return is_said_now(known, unquoted(text), code_of_pair(known, text))


def _is_of_others(known: str, new: str) -> bool:
    """Return True if two facts are of different things, persons or children, or both stay true."""
    apart = (
        *(keep_both, is_of_other_thing, is_of_other_couple),
        *(is_birth_of_several, is_birth_in_other_family, is_of_other_premises, _is_program),
        *(is_of_other_employer, is_of_drink, is_of_other_habit, is_of_somebody),
        *(is_of_moment, is_done_for_another, is_of_other_sex),
    )
    return any(each(known, new) for each in apart)


def _is_program(known: str, new: str) -> bool:
    """Return True if a new fact is of a program or a bank, and a known one of a home.

    "Moved to GitLab", "ditched HSBC and moved to Starling".
    """
    code = code_of_pair(known, new)
    is_of_program = names_tool(new) and not names_tool(known)
    is_moved = is_of_program or (leaves_service(new, code) and not leaves_service(known, code))
    return is_moved and (is_of_home(known, new) or "live" in read(known, code).relations)


def _is_over(known: str, new: str, code: str) -> bool:
    """Return True if a new fact ends, replaces or changes what a known one tells."""
    return (
        _is_ended(known, new, code)
        or is_replaced(known, new)
        or have_changed(known, new)
        or has_aged(known, new)
        or is_renumbered(known, new)
        or is_rescheduled(known, new)
        or is_given_up(known, new)
    )


def _is_ended(known: str, new: str, code: str) -> bool:
    return any(ends(known, new, each) for each in dict.fromkeys((code, *codes_of(known, new))))


def is_other_now(known: str, new: str, before: str | None = None) -> bool:
    """Return True if a new fact gives what a known one tells another holder or value.

    `before` is the text before the new fact, or None if unknown.
    """
    return is_contrasted(known, new, before) or _is_passed_on(known, new, before)


def _is_passed_on(known: str, new: str, before: str | None) -> bool:
    return (
        is_handed_over(known, new, before)
        or is_born(known, new)
        or lasts_otherwise(known, new)
        or is_dosed(known, new)
        or is_done_by_another(known, new)
        or has_other_holder(known, new)
        or is_renamed(known, new)
        or has_parted(known, new)
        or has_concluded(known, new)
        or is_updated(known, new, before)
    )


def is_one_sentence(text: str) -> bool:
    """Return True if a text is one short sentence, judging by its punctuation."""
    return len(text) <= SENTENCE and not _GOES_ON.search(text.strip())


def user_names(facts: Iterable[str]) -> frozenset[str]:
    """Return the user's names that facts state."""
    called = pattern_in(ENGLISH, "compare", "called")
    return frozenset(match.group(1) for fact in facts if (match := called.match(fact)))


def as_user(text: str, names: frozenset[str]) -> str:
    """Replace the user's name at the start of a fact with "User"."""
    match = _FIRST_WORD.match(text)
    if not match or match.group() not in names:
        return text
    return "User" + text[match.end() :]


def may_mean_another(known: str, others: Sequence[str], new: str, said: Sequence[str] = ()) -> bool:
    """Return True if a new fact ends a known one by a word that another known one has, too.

    It is open which of two is meant: "sold the Seat", where a Seat Ibiza and a Seat Leon are known.
    `said` are parts of the message of the new fact.
    """
    codes = dict.fromkeys((code_of_pair(known, new), *codes_of(known, new)))
    return any(
        is_role_of_either(known, other, new)
        or (_is_taken_back(known, new, said) and _is_taken_back(other, new, said))
        or any(are_two_of_a_kind(known, other, new, code) for code in codes)
        for other in others
        if other != known
    )


def is_correction(text: str) -> bool:
    """Return True if a fact says that it corrects another."""
    return bool(pattern_in(ENGLISH, "compare", "corrects").search(text)) or corrects(text)


def _name_opposites(known: str, new: str) -> bool:
    """Return True if two facts have a word and its opposite: "before dinner", "after dinner"."""
    if len(known) + len(new) > 2 * SENTENCE:
        return False
    code = code_of_pair(known, new)
    listed, one, other = phrases(code), tokens_of(known), tokens_of(new)
    tables = (listed.opposites, listed.converse, listed.last, listed.exclusive)
    return any(groups.opposed(one, other) for groups in tables)


def _has_other_name(known: str, new: str) -> bool:
    """Return True if a name of one fact is another word in the other: "Teams", "the team"."""
    one, other = (set(plain_words(unquoted(text))[1:]) for text in (known, new))
    lost, added = (
        {word for word in each if word[:1].isupper()} for each in (one - other, other - one)
    )
    return any(
        is_one(name, word, ENGLISH)
        for names, words_there, others in ((added, one, lost), (lost, other, added))
        for name in names
        for word in (words_there if others else ())
        if word.islower()
    )


def _are_exchanged(known: str, new: str) -> bool:
    """Return True if the subject of each fact is named in the other: "Ada trains Ben"."""
    k, n = features_of(known), features_of(new)
    is_other = k.subject != n.subject and not k.subject <= n.subject
    return is_other and bool(k.subject & set(n.predicate) and n.subject & set(k.predicate))


def _spelt(text: str) -> str:
    return " ".join(normal_forms(text).split())
