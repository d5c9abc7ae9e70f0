"""Tell thanks, greetings, assent, orders and short answers of any language from statements.

False for English, which has rules of its own in `english`.
"""

import re
from dataclasses import dataclass
from functools import cache

from litemem.core.text.clause_borders import (
    ALIKE,
    NOT_SPACED,
    PUNCTUATION,
    clause_pattern,
    speaks_of_anybody,
)
from litemem.core.text.clauses import QUESTION_MARKS, Clause, clauses_of
from litemem.core.text.language import FUNCTION_WORDS
from litemem.core.text.lexicon import (
    ENGLISH,
    LISTED,
    NOT_SPACED_CODES,
    UNKNOWN,
    code_of_speech,
    section,
)
from litemem.core.text.questions import gives_reason
from litemem.core.text.words import words

MAX_ANSWERED = 40  # characters of an answer that says yes or no
_OTHERS = [code for code in LISTED.values() if code != ENGLISH]
MIN_ECHO = 2  # words of an answer that only repeats the verb: "Sou."
MAX_REACTION = 1_000  # characters of a clause that only reacts
MAX_LEAVE = 60  # characters of thanks and a goodbye
_CHATTER = ("chatter", "shrugs", "yes", "no")
_PLAIN = re.compile(r"[\w '’-]*")
_ESCAPE = re.compile(r"\\[a-z]|[?*+|()\[\]{}]")
MIN_SIGNS = 2  # of a statement in a script without spaces


def only_reacts(clause: Clause) -> bool:
    """Return True if a clause thanks, greets, agrees, praises "you" or asks for a piece of work.

    False for English, for which the rules are in `english`. One in an unknown language reacts if
    it does so in any.
    """
    if asks_for_manner(clause) or len(clause.text) > MAX_REACTION:
        return False
    if clause_pattern(clause.code, "reminds").match(clause.text):
        return False
    return any(_only_reacts(clause, reactions) for reactions in _possible_reactions(clause.code))


def _only_reacts(clause: Clause, reactions: "_Reactions") -> bool:
    has_name = any(word[:1].isupper() for word in clause.text.split()[1:])
    may_order = clause.code != UNKNOWN or not has_name  # "anna" is an order in Finnish
    if may_order and reactions.orders.match(clause.text.strip(PUNCTUATION + " ")):
        return True
    left = reactions.chatter.sub(" ", clause.text)
    told = [word for word in words(left) if word not in FUNCTION_WORDS]
    if not told or (NOT_SPACED.search(clause.text) and len("".join(told)) < MIN_SIGNS):
        return True
    is_about_you = reactions.addressed.search(clause.text) is not None and not clause.is_own
    if clause.code == UNKNOWN or not is_about_you or any(map(str.isdigit, clause.text)):
        return False
    codes = ALIKE.get(clause.code, (clause.code,))
    return not any(speaks_of_anybody(clause.text, code) for code in codes)


def only_takes_leave(text: str) -> bool:
    """Return True if a short text has only thanks and goodbyes of one language: "Tak, vi ses!".

    The language of such a text is hard to guess. "No" alone is an answer.
    """
    if len(text) > MAX_LEAVE or not _chatter_words().issuperset(words(text)):
        return False
    return any(_only_takes_leave(text, each) for each in _possible_reactions(UNKNOWN))


def _only_takes_leave(text: str, reactions: "_Reactions") -> bool:
    found = [match[0] for match in reactions.chatter.finditer(text)]
    if all(map(reactions.yes_or_no.fullmatch, found)):
        return False
    return not any(map(str.isalnum, reactions.chatter.sub(" ", text)))


@cache
def _chatter_words() -> frozenset[str]:
    """Return all words of chatter of all languages; most texts have others."""
    listed = (str(section(code, "clauses").get(key, "")) for code in _OTHERS for key in _CHATTER)
    return frozenset(word for each in listed for word in words(_ESCAPE.sub(" ", each)))


def asks_for_manner(clause: Clause) -> bool:
    """Return True if a clause in another language asks for a way to answer or to write.

    Small models turn such an order round: "Rispondi in italiano" is not "User answers in Italian".
    """
    reactions = _reactions(clause.code)
    if reactions is None:
        return False
    text = clause.text.strip(PUNCTUATION + " ")
    is_order = reactions.manner.match(text) or reactions.orders.match(text)
    if clause_pattern(clause.code, "once").search(text):
        return False
    return bool(is_order and (clause.is_denied or reactions.wishes.search(text)))


def tells_by_asking(clause: Clause) -> bool:
    """Return True if a question has a fact of who asks: "… for my wife?", "…, as I'm ill?"."""
    if any(each.tells.search(clause.text) for each in _possible_reactions(clause.code)):
        return True
    return gives_reason(clause.text, clause.code)


def answers_openly(question: str, answer: str) -> bool:
    """Return True if some words answer a question of another language about "you".

    They are no sentence of their own: "depuis 2019" behind "Depuis quand habitez-vous ici ?".
    """
    code = code_of_speech(question)
    reactions = _reactions(code)
    if reactions is None or len(answer) > MAX_ANSWERED or answer.rstrip()[-1:] in QUESTION_MARKS:
        return False
    said = [clause for clause in clauses_of(answer) if not only_reacts(clause)]
    is_sentence = any(clause.by_speaker and len(clause.words) > MIN_ECHO for clause in said)
    is_for_now = clause_pattern(code, "asks_now").search(question) is not None
    is_offer = is_for_now or reactions.offers.search(question) is not None
    return bool(said) and not is_sentence and not is_offer


def answers_yes_or_no(question: str, answer: str) -> bool:
    """Return True if a short answer begins with yes or no, and the question offers nothing.

    False for English, for which the rules are in `english`.
    """
    if max(len(question) // 8, len(answer)) > MAX_ANSWERED or not question.endswith(QUESTION_MARKS):
        return False
    said = answer.strip(PUNCTUATION + "。！ ")
    code = code_of_speech(question)
    codes = (code,) if code != ENGLISH else _OTHERS
    for reactions in filter(None, map(_reactions, codes)):
        if (found := reactions.yes_or_no.match(said)) and reactions.offers.search(question) is None:
            left = reactions.chatter.sub("", said[found.end() :])
            return code != ENGLISH or not left.strip(PUNCTUATION + "，、。！ ")
    return False


@dataclass(frozen=True, slots=True)
class _Reactions:
    """How a language reacts, answers, gives orders, offers, and tells something on the way."""

    chatter: re.Pattern[str]
    orders: re.Pattern[str]
    addressed: re.Pattern[str]
    tells: re.Pattern[str]
    offers: re.Pattern[str]
    wishes: re.Pattern[str]
    manner: re.Pattern[str]
    yes_or_no: re.Pattern[str]


@cache
def _possible_reactions(code: str) -> tuple["_Reactions", ...]:
    """Return the reactions of a language; of every one, if it is not known."""
    codes = _OTHERS if code == UNKNOWN else ALIKE.get(code, (code,))
    return tuple(filter(None, map(_reactions, codes)))


@cache
def _reactions(code: str) -> _Reactions | None:
    table = section(code, "clauses")
    if "chatter" not in table:
        return None
    first, last = (r"(?<!\w)", r"(?!\w)") if code not in NOT_SPACED_CODES else ("", "")
    kinds = ("chatter", "orders", "addressed", "tells", "offers", "wishes", "manner")
    written = {key: table[key] for key in kinds}
    written["yes_or_no"] = f"{table['yes']}|{table['no']}"
    written["chatter"] += f"|{table['shrugs']}|{written['yes_or_no']}"
    written["chatter"] = _plain_last(written["chatter"])
    found = {
        key: re.compile(f"{first}(?:{listed}){last}", re.IGNORECASE)
        for key, listed in written.items()
    }
    return _Reactions(**found)


def _plain_last(alternatives: str) -> str:
    """Return alternatives of a pattern with plain words last, longer ones first.

    So "thanks a lot" and "thanks(?: a lot)?" are tried before "thanks".
    """
    parts, depth, is_set, is_escaped = [""], 0, False, False
    for sign in alternatives:
        if sign == "|" and depth == 0 and not (is_set or is_escaped):
            parts.append("")
            continue
        parts[-1] += sign
        if is_escaped or sign == "\\":
            is_escaped = not is_escaped
        elif is_set:
            is_set = sign != "]"
        else:
            is_set = sign == "["
            depth += (sign == "(") - (sign == ")")
    plain = sorted((part for part in parts if _PLAIN.fullmatch(part)), key=len, reverse=True)
    return "|".join(dict.fromkeys([*(part for part in parts if part not in plain), *plain]))
