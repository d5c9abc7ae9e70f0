"""The guard: a fact with a name, a number or a date that nobody said is not a memory."""

import re
import unicodedata
from collections.abc import Iterable

from litemem.words import STOP_WORDS

_TOKEN = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_SENTENCE_END = re.compile(r"[.!?]\s+$")

# "one" is left out: it is a pronoun more often than a number
_NUMBERS = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
).split()
_NUMBER_OF = {word: str(i) for i, word in enumerate(_NUMBERS, start=2)}

# What is said to be polite or to ask; small models report it as an act
_POLITE = re.compile(
    r"(the )?[^\W\d_]+ (is |was |has |will )?"
    r"(ask(s|ed|ing)|thank(s|ed|ing)|greet(s|ed|ing)|wonder(s|ed|ing)|curious|wants to know)\b|"
    r"(the )?assistant (is |has |will )?"
    r"(noted|noting|acknowledged?|understood|remember(ed)?|welcom(es|ed)|apologi[sz]ed|said)\b",
    re.IGNORECASE,
)

# What a fact may begin with although nobody said it: whom it is about, and the verbs of facts
# that leave that out.
OPENERS = STOP_WORDS | frozenset(
    """user user's assistant assistant's agent agent's speaker name age likes loves enjoys prefers
    wants needs plans lives works studies plays owns uses speaks hates dislikes avoids moved
    visited started stopped bought went works thinks believes feels knows asked recommended
    suggested promised decided offered""".split()
)


class Guard:
    """Holds what was said, and objects to facts that it does not bear out.

    Args:
        said: the messages that facts are taken from.
        known: all that the model was given, those messages among it.
    """

    def __init__(self, said: Iterable[str], known: Iterable[str]) -> None:
        self._said, _ = _vocabulary(said)
        self._known, self._numbers = _vocabulary(known)

    def objection(self, fact: str) -> str | None:
        """Say what is wrong with a fact, or None."""
        if _POLITE.match(fact):
            return "it is only a question or politeness"
        missing = self.unsupported(fact)
        if missing:
            return f"nobody said {', '.join(missing)}"
        if self._is_repeated(fact):
            return "it was said before, and not now"
        return None

    def unsupported(self, fact: str) -> list[str]:
        """Return the names and numbers of a fact that nobody said.

        A word with a capital letter is a name, also at the beginning of a sentence unless a fact
        commonly begins so. Words are compared without case and endings ("Cam's", "Italians"),
        numbers by their digits, also where one side spells them out ("five").
        """
        return [
            match.group()
            for match in _TOKEN.finditer(fact)
            if not self._bears_out(match.group(), fact, match.start())
        ]

    def _bears_out(self, token: str, fact: str, start: int) -> bool:
        folded = _fold(token)
        if token[0].isdigit():
            return _digits(token) in self._numbers
        if _is_name(token, fact, start):
            return _is_said(folded, self._known)
        if folded in _NUMBER_OF:
            return _NUMBER_OF[folded] in self._numbers
        return True

    def _is_repeated(self, fact: str) -> bool:
        """Tell whether all that a fact tells was known before the messages at hand."""
        telling = [_fold(t) for t in _TOKEN.findall(fact) if t.casefold() not in OPENERS]
        new = any(_is_said(t, self._said) for t in telling)
        old = sum(_is_said(t, self._known) for t in telling)
        return not new and 2 * old >= len(telling) > 0


def _vocabulary(sources: Iterable[str]) -> tuple[set[str], set[str]]:
    said: set[str] = set()
    counted: set[str] = set()
    for source in sources:
        for token in _TOKEN.findall(source):
            if token[0].isdigit():
                counted.add(_digits(token))
            folded = _fold(token)
            said.update((folded, _stem(folded), *re.split(r"['’\-]", folded)))
            if folded in _NUMBER_OF:
                counted.add(_NUMBER_OF[folded])
    return said, counted


def _is_name(token: str, fact: str, start: int) -> bool:
    if not token[0].isupper():
        return False
    begins = start == 0 or _SENTENCE_END.search(fact, 0, start) is not None
    return not (begins and token.casefold() in OPENERS) and token != "I"  # noqa: S105 - the pronoun


def _is_said(folded: str, said: set[str]) -> bool:
    return folded in said or _stem(folded) in said or _all_said(folded, said)


def _all_said(folded: str, said: set[str]) -> bool:
    parts = [part for part in re.split(r"['’\-]", folded) if len(part) > 1]
    return bool(parts) and all(part in said or _stem(part) in said for part in parts)


def _fold(token: str) -> str:
    """Return a word without case and accents: "José" is also said by "Jose"."""
    parts = unicodedata.normalize("NFKD", token.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))


def _stem(word: str) -> str:
    """Return the word without the endings that a name takes in a sentence."""
    for ending in ("'s", "’s", "s'", "s", "n"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def _digits(number: str) -> str:
    """Return a number in one form: "1,000" as "1000", "07" as "7"."""
    plain = re.sub(r"[,.](?=\d{3}\b)", "", number)
    return plain.lstrip("0") or "0"
