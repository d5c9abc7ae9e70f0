"""The kind of answer that a question asks for, and the texts that hold one.

"When did …?" is answered by a text that speaks of a day, "how long?" by one with a length of time,
and "who?", "where?" and "which book?" by one with a name. Many texts share the words of such a
question, and few hold an answer. Days are read when a text is stored (`dates.mentions`).

Questions are known in several languages, those for a name only where nouns are not written as names
are. A question that is not known asks for no kind. The words stand here because every search reads
them, and the tables of all languages take 50 ms.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from string import digits
from typing import Literal

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


_DAY = re.compile(
    r"\bwhen(?:['’]?s| (?:did|does|do|was|were|is|are|am|will|has|have|had|can|should|would))\b"
    r"|\b(?:what|which) (?:day|date|weekday|week|month|year|season)\b"
    r"|\bhow long ago\b|\bknow when\b"
    r"|\b(?:wann|cuándo|hvornår|milloin|kiedy|πότε|mikor|kapan|kdy|khi nào|bao giờ|ne zaman)\b"
    "|什么时候|什麼時候|何时|何時|哪天|哪一天|哪年|いつ(?!も|か|でも)|언제|เมื่อไหร่|เมื่อไร|متى|מתי|कब"
    # words that also join clauses: only at the start of a question of one clause
    r"|\A\W*(?:(?:depuis|da|desde|a|sinds|vanaf) )?"
    r"(?:quand|quando|wanneer|när|når|când|когда|коли)\b[^,]*\Z",
    re.IGNORECASE,
)
_PLACES = "countr(?:y|ies)|cit(?:y|ies)|states?|towns?|villages?|places?|areas?|islands?"
_NAMED = (
    "books?|novels?|movies?|films?|songs?|games?|series|shows?|bands?|albums?|artists?|authors?|"
    "compan(?:y|ies)|schools?|universit(?:y|ies)|brands?|restaurants?|teams?|colleagues?|friends?"
)
_NAME = re.compile(
    r"\A\W*(?:(?:and|so|with|from|to|in|for) )?(?:who(?:se|m)?|where)\b"
    rf"|\b(?:what|which)(?: [\w'’-]+){{0,2}} (?:{_PLACES}|{_NAMED})\b"
    r"|\bwhat(?:['’]s| is| are| was| were) .{0,60}\b(?:names?|called)\b"
    r"|\A\W*(?:où|qui|dónde|quién|quiénes|dove|chi|onde|quem|где|куда|кто|кого|с кем)\b",
    re.IGNORECASE,
)
_LENGTH = re.compile(  # of time, an age or how often; a group for each language
    r"\b(?:(?P<en>how (?:long|often|old))|(?P<de>wie (?:lange|oft|alt))"
    r"|(?P<fr>combien de (?:temps|fois)|quel âge)|(?P<nl>hoe (?:lang|vaak|oud))"
    r"|(?P<es>cuánto tiempo|cuántos años|qué edad|con qué frecuencia)"
    r"|(?P<it>quanto tempo|quanti anni|ogni quanto)"
    r"|(?P<pt>quantos anos|que idade|com que frequência)"
    r"|(?P<ru>как (?:долго|давно|часто)|сколько (?:лет|времени)))\b"
    "|(?P<zh>多久|多长时间|多長時間|几岁|幾歲)|(?P<ja>どのくらい|どれくらい|何年|何歳)"
    "|(?P<ko>얼마나 (?:오래|자주)|몇 (?:년|살))",
    re.IGNORECASE,
)
_UNITS = {  # of time, as a text has them in lower case
    "en": "year|month|week| day|hour|minute",
    "de": "jahr|monat|woche| tag|stunde|minute",
    "fr": " an | ans|année| mois|semaine| jour|heure|minute",
    "nl": " jaar|maand| week| weken| dag| uur| uren|minu",
    "es": " año| mes|semana| día| hora|minuto",
    "it": " anni| anno| mes|settiman|giorn| ora| ore|minut",
    "pt": " ano| mês| meses|semana| dia| hora|minuto",
    "ru": " год| лет|месяц|недел| день| дн| час|минут",
    "zh": "年|月|周|週|天|岁|歲|星期|小时|小時|分钟|分鐘",
    "ja": "年|月|週|日|時間|分|歳",
    "ko": "년|개월|주|일|시간|분|살",
}
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
