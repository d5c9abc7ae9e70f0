"""Find a fact with another verb than its clause: "User sells the bass" of "I play the bass"."""

import re
from collections.abc import Callable

from litemem.core.text.lexicon import words_in
from litemem.core.text.phrases import names_user, tokens_of
from litemem.core.text.scripts import fold
from litemem.extraction.paraphrase.comparison import Comparison
from litemem.extraction.paraphrase.support import content_words, without_copula

MAX_SKIPPED = 4  # words between "User" and the verb
_USER = re.compile(r"\A\W*(?:user|用户|用戶)", re.IGNORECASE)
_KANJI = re.compile(r"[\u3400-\u9fff々]+")
_STATE = re.compile(
    r"(?:です|だ|である|でした|だった|たい|がある|がいる)[。.]?\Z"
)  # no verb of its own


def has_other_verb(fact: str, said: str, code: str, is_known: Callable[[str], bool]) -> bool:
    """Return True if the user does something else in a fact, and the verb of the clause is lost.

    A language has to list the verbs that may stand for others (`light_verbs`), such as "wants".
    """
    light = words_in(code, "phrases", "light_verbs")
    if not light:
        return False
    if code == "zh":
        return _has_other_sign(fact, said, light)
    if code == "ja":
        return _ends_otherwise(fact, said, light)
    verb = _verb(fact, code)
    if not verb or verb in light or is_known(verb):
        return False
    pair = Comparison(fact, said, code)
    if (
        pair.by.supports(verb)
        or pair.by.supports(fold(verb))
        or pair.table.negative.has(verb)
        or pair.table.likes.has(verb)
    ):
        return False
    heard = content_words(without_copula(said, code), code)[:1]
    return bool(heard) and heard[0] not in light and not pair.by_fact.supports(heard[0])


def _verb(fact: str, code: str) -> str:
    """Return the verb right behind "User", or an empty text if none stands there."""
    told = tokens_of(fact)
    if not told or not names_user(told[0], code) or fact[len(told[0]) :].startswith(("'", "’")):
        return ""
    skipped = words_in(code, "clauses", "negations") | words_in(code, "phrases", "before_verb")
    verb = next((word for word in told[1 : MAX_SKIPPED + 1] if word not in skipped), "")
    return verb if content_words(verb, code) else ""


def _has_other_sign(fact: str, said: str, light: frozenset[str]) -> bool:
    """Return True if the first sign behind "User" was not said, in Chinese."""
    told = _USER.sub("", fact).strip()
    return (
        bool(told)
        and told[0] not in said
        and _KANJI.match(told) is not None
        and not (told[0] in light or told[:2] in light)
    )


def _ends_otherwise(fact: str, said: str, light: frozenset[str]) -> bool:
    """Return True if the verb at the end of a fact was not said, in Japanese."""
    if _STATE.search(fact):
        return False
    found = _KANJI.findall(fact)
    last = found[-1] if found else ""
    is_end = last != "" and len(fact) - fact.rfind(last) - len(last) <= 6
    return is_end and not set(last) & set(said) and last not in light
