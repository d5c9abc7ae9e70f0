"""Retell a clause as a fact: which clauses state something worth keeping, and how it is written.

A clause is kept instead of a fact that does not hold, or that the model passed over. It is in the
third person where a rule knows how, else quoted.
"""

import re

from litemem.core.text import english
from litemem.core.text.clause_borders import clause_pattern
from litemem.core.text.clauses import Clause, is_heading, is_record_heading, is_recorded
from litemem.core.text.dates import read_dates
from litemem.core.text.lexicon import (
    ENGLISH,
    pattern_in,
    words_in,
)
from litemem.core.text.reactions import only_reacts
from litemem.core.text.words import words
from litemem.extraction.contradiction import (
    ANY_DAY,
    MAX_APPOINTMENT,
    MAX_QUOTED,
    count_emoji,
    is_english,
)
from litemem.extraction.sanitize import is_small_talk

MAX_GREETING = 3  # words
MAX_STUB = 80  # characters of a clause that may be without a verb
MAX_LABEL = 4  # words before a colon that say what follows: "note to self"
MIN_NOTE = 4  # words of a statement about other things
MIN_STORY = 8  # words of a statement with "I" that no rule can retell
MIN_WORDS = 2  # of a clause that states something
BEFORE_QUOTE = re.compile(r"\A(?:[\s:;,.!?)\]–—•*·…]|\((?![^()]*\))|-(?!\d))+")
MAX_NOUN = 2  # words of an answer that only names a thing


def is_stub(text: str, code: str) -> bool:
    """Return True if a clause or a fact leaves out what it says of somebody: "my wife isn't"."""
    return clause_pattern(code, "stub").match(text[:MAX_STUB]) is not None


def stands_alone(clause: Clause) -> bool:
    """Return True if a clause may replace a fact: a statement of some words."""
    if clause.is_question or is_heading(clause.text):
        return False
    if not is_english(clause) or not clause.text.isascii():
        return len(clause.text) >= MIN_NOTE
    if english.is_vague(clause.text) or english.is_talk(clause.text):
        return False
    if clause_pattern(ENGLISH, "asks_for_work").match(clause.text):
        return False
    if english.is_order_not_to(clause.text):
        return False
    is_general = not clause.is_own and english.is_truism(clause.text)
    if is_general and not english.speaks_of_anybody(clause.text):
        return False
    is_remark = not clause.is_own or english.is_nameless(clause.text)
    if is_remark and english.is_praise(clause.text):
        return False
    is_own = clause.is_own or english.is_telegraphic(clause.text) or _is_short_note(clause)
    least = MIN_WORDS if is_own else MIN_NOTE
    return len(clause.words) + count_emoji(clause.text) >= least and not english.is_reaction(
        clause.text
    )


def may_replace(clause: Clause) -> bool:
    """Return True if a clause may stand for a fact that does not hold."""
    if only_greets(clause):
        return False
    is_wish = clause.code == ENGLISH and english.wish(clause.text) is not None
    return is_wish or stands_alone(clause)


def only_greets(clause: Clause) -> bool:
    """Return True for a few words in another language that say nothing: "Guten Morgen!"."""
    is_short = clause.code != ENGLISH and len(words(clause.text)) <= MAX_GREETING
    return is_short and only_reacts(clause)


def needs_heading(clause: Clause) -> bool:
    """Return True for an item of a record that has few words: "RA since 2017"."""
    if not is_recorded(clause) or clause.is_own or len(clause.text) > MAX_QUOTED:
        return False
    return not english.is_note(clause.text) and not is_small_talk(clause.text)


def _is_short_note(clause: Clause) -> bool:
    """Return True for a few words with a day, a name or a label: "vet Friday 2 pm"."""
    text = clause.text[:MAX_QUOTED]
    if english.is_note(text) or english.gives_own_name(text) or _is_labelled(text):
        return True
    if english.is_talk(text) or clause.is_question or len(clause.words) > MAX_APPOINTMENT:
        return False
    found = read_dates(text, ANY_DAY)
    if not found.periods:
        return False
    rest = [word for word in words(found.text) if len(word) > 1]
    suits = words_in(ENGLISH, "binding", "suits")  # "next Friday works"
    return not suits.issuperset(rest) and not is_small_talk(found.text)


def _is_labelled(text: str) -> bool:
    """Return True for a note behind its label: "Note to self: …", "FYI: …"."""
    label, colon, rest = text.partition(": ")
    is_short = 0 < len(words(label)) <= MAX_LABEL
    return bool(colon and rest and is_short) and is_record_heading(label)


def _only_names(clause: Clause) -> bool:
    """Return True for an article and a noun alone: "Le printemps"."""
    said = words(clause.text)
    return len(said) <= MAX_NOUN and said[0] in words_in(clause.code, "clauses", "articles")


def states_something(clause: Clause) -> bool:
    """Return True if a clause states something of the speaker that is worth keeping."""
    if not stands_alone(clause) or len(clause.text) > MAX_QUOTED:
        return False
    if not clause.text[0].isalnum() and clause.text[0] in "[{<":
        return False
    if clause.code != ENGLISH:
        return not only_reacts(clause) and not _only_names(clause)
    if english.is_reaction(clause.text):
        return False
    is_mine = clause.is_own or english.speaks_of_self(clause.text)
    is_drawn = is_mine and count_emoji(clause.text) > 0  # "I ❤️ pizza" has no verb
    if is_drawn or english.speaks_of_anybody(clause.text) or english.names_somebody(clause.text):
        return True
    if pattern_in(ENGLISH, "clauses", "defines").search(clause.text):
        return True
    told = english.third_person(clause.text) or ""
    if len(told.split()) > MIN_WORDS or english.is_note(clause.text):  # not "my rule"
        return True
    is_story = "i" in clause.words and len(clause.words) >= MIN_STORY
    is_told = english.is_telegraphic(clause.text) or english.tells_of_self(clause.text)
    is_told = is_told or english.counts_people(clause.text)
    if is_story or is_told or _is_short_note(clause):
        return True
    return len(clause.words) >= MIN_NOTE and english.is_elliptical(clause.text)


def retold(clause: Clause, subject: str) -> str:
    """Return a clause as a fact: in the third person, or quoted."""
    told = None
    if clause.code == ENGLISH:
        told = english.third_person(clause.text) or english.wish(clause.text)
    is_of_all = subject != "User" and english.is_shared_by_all(clause.text)
    if told is not None and not is_of_all:
        return told if subject == "User" else told.replace("User", subject)
    text = BEFORE_QUOTE.sub("", clause.text).rstrip(" ,;")
    text = text if len(text) <= MAX_QUOTED else text[: text.rfind(" ", 0, MAX_QUOTED)] + " …"
    is_opinion = subject != "User" and english.is_praise(text)
    if (
        is_english(clause)
        and not is_opinion
        and not clause.is_own
        and text.isascii()
        and not english.speaks_of_self(text)
        and not english.is_nameless(text)
        and not english.is_elliptical(text)
        and not english.is_telegraphic(text)
        and not clause_pattern(ENGLISH, "bare_wish").match(text)
        and not english.gives_own_name(text)
        and not english.speaks_of_anybody(text)
    ):
        return text.rstrip(".")
    return f"{subject}: “{text}”"
