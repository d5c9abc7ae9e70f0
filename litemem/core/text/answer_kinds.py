"""The kind of answer that a question asks for, and the texts that hold one.

"When did …?" is answered by a text that speaks of a day, "how long?" by one with a length of time,
and "who?", "where?" and "which book?" by one with a name. Many texts share the words of such a
question, and few hold an answer. Days are read when a text is stored (`dates.mentions`).

Questions are known in several languages, those for a name only where nouns are not written as names
are. A question that is not known asks for no kind.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from string import digits
from typing import Literal

from litemem.core.text import vocabulary

READ = 1_000  # characters of a question
SHOWN = 20_000  # characters of a text


@dataclass(frozen=True, slots=True)
class AnswerKind:
    """A kind of answer.

    `units` are those of a length of time, in lower case, in the language of the question. `known`
    are the names in a question for another one.
    """

    name: Literal["day", "length", "name"]
    units: tuple[str, ...] = ()
    known: frozenset[str] = frozenset()


def _either(key: str) -> str:
    return vocabulary.either_of_all("search", key)


def _named(key: str) -> str:
    """Return a pattern with a group for each language, named by its code."""
    listed = vocabulary.texts("search", key).items()
    return "|".join(f"(?P<{code}>{pattern})" for code, pattern in listed)


_DAY = re.compile(
    rf"\b(?:{_either('asks_day')})\b|{_either('asks_day_inside')}"
    # words that also join clauses: only at the start of a question of one clause
    rf"|\A\W*(?:(?:{_either('asks_day_since')}) )?(?:{_either('asks_day_first')})\b[^,]*\Z",
    re.IGNORECASE,
)
_NAME = re.compile(
    rf"{_either('asks_name')}|\A\W*(?:{_either('asks_name_first')})\b", re.IGNORECASE
)
_LENGTH = re.compile(  # of time, an age or how often
    rf"\b(?:{_named('asks_length')})\b|{_named('asks_length_inside')}", re.IGNORECASE
)
_UNITS = vocabulary.texts("search", "lengths")  # of time, as a text has them in lower case
_LOWER, _UPPER = "a-zà-öø-ÿа-яё", "A-ZÀ-ÖØ-ÞА-ЯЁ"
_CAPITALIZED = re.compile(rf"\b[{_UPPER}]\w+")
# a pattern that begins with a space is found twice as fast as one that begins with a letter
_INSIDE = re.compile(rf" (?<=[{_LOWER},;] )(?P<name>[{_UPPER}][{_LOWER}{_UPPER}]{{2}}\w*)")


def asked_kind(question: str) -> AnswerKind | None:
    """Return the kind of answer that a question asks for, or None if it may be any."""
    text = question[:READ]
    if _DAY.search(text):
        return AnswerKind("day")
    if length := _LENGTH.search(text):
        return AnswerKind("length", units=tuple(_UNITS[str(length.lastgroup)].split("|")))
    if _NAME.search(text):
        return AnswerKind("name", known=frozenset(_CAPITALIZED.findall(text)))
    return None


def holding_answers(
    texts: Iterable[str], kind: AnswerKind, names: Iterable[str] = ()
) -> list[bool]:
    """Return for each text whether it holds an answer of a kind, which is not a day.

    `names` are those of the speakers: they address each other, and that answers nothing. Nor do the
    names of the question.
    """
    shown = (text[:SHOWN] for text in texts)
    if kind.name == "length":
        signs = (*kind.units, *digits)  # looked for one by one: a pattern takes four times as long
        return [any(sign in text for sign in signs) for text in map(str.lower, shown)]
    known = kind.known.union(part for name in names for part in name.split())
    return [any(m["name"] not in known for m in _INSIDE.finditer(text)) for text in shown]
