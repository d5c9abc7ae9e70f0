"""Find a fact with another verb than its clause: "User sells the bass" of "I play the bass"."""

import re
import unicodedata
from collections.abc import Callable
from functools import cache

from litemem.core.text.lexicon import section, words_in
from litemem.core.text.phrases import Words, names_user, tokens_of
from litemem.core.text.scripts import fold
from litemem.extraction.paraphrase.comparison import VERB_LAST, Comparison
from litemem.extraction.paraphrase.support import content_words, is_form, without_copula

SAME_VERB = 2  # first letters, or sounds, that forms of a verb share
MAX_SKIPPED = 4  # words between "User" and the verb
VERB_FIRST = frozenset(["ar"])  # languages in which the user may stand behind the verb
_USER = re.compile(r"\A\W*(?:user|用户|用戶)", re.IGNORECASE)
_KANJI = re.compile(r"[\u3400-\u9fff々]+")
_STATE = re.compile(
    r"(?:です|だ|である|でした|だった|たい|がある|がいる)[。.]?\Z"
)  # no verb of its own


def has_other_verb(pair: Comparison, is_known: Callable[[str], bool]) -> bool:
    """Return True if the user does something else in a fact, and the verb of the clause is lost.

    A language has to list the verbs that may stand for others (`light_verbs`), such as "wants".
    """
    code = pair.code
    light = words_in(code, "phrases", "light_verbs")
    if not light:
        return False
    if code == "zh":
        return _has_other_sign(pair.written, pair.spoken, light)
    if code == "ja":
        return _ends_otherwise(pair.written, pair.spoken, light)
    if code in VERB_LAST:
        return _ends_in_other_verb(pair, is_known)
    verb = _verb(pair.written, code)
    if not verb or verb in light or is_known(verb):
        return False
    if (
        pair.by.supports(verb)
        or _is_participle(verb, pair)
        or pair.by.supports(fold(verb))
        or pair.table.negative.has(verb)
        or pair.table.likes.has(verb)
    ):
        return False
    heard = content_words(without_copula(pair.spoken, code), code)[:1]
    return bool(heard) and heard[0] not in light and not pair.by_fact.supports(heard[0])


def _ends_in_other_verb(pair: Comparison, is_known: Callable[[str], bool]) -> bool:
    """Return True if fact and clause end in verbs, and neither has a form of the other's."""
    told, heard = (_last_verb(text, pair.code) for text in (pair.written, pair.spoken))
    if not told or not heard or is_known(told) or _are_of_one_verb(told, heard):
        return False
    negative = pair.table.negative
    if pair.by.supports(told) or pair.by_fact.supports(heard):
        return False
    return not (negative.has(told) or negative.has(heard) or pair.table.likes.has(told))


def _last_verb(text: str, code: str) -> str:
    """Return the last word of a text without what helps a verb, or an empty text if it is light."""
    helps = _listed(code, "behind_verb")
    verb = next((word for word in reversed(tokens_of(text)) if not helps.has(word)), "")
    ends = words_in(code, "phrases", "verb_ends")
    if _listed(code, "light_verbs").has(verb) or (ends and not verb.endswith(tuple(ends))):
        return ""
    return verb.removeprefix(str(section(code, "phrases").get("verb_begins", "")))


@cache
def _listed(code: str, key: str) -> Words:
    return Words(str(section(code, "phrases").get(key, "")))


def _are_of_one_verb(word: str, other: str) -> bool:
    """Return True if two words begin with the same sounds: "살아요", "산다"."""
    one, two = (unicodedata.normalize("NFD", each)[:SAME_VERB] for each in (word, other))
    return one == two


def _is_participle(verb: str, pair: Comparison) -> bool:
    """Return True if a clause has the participle of a verb: "gespielt" of "spielt"."""
    start = section(pair.code, "phrases").get("participle", "")
    heard = [word.removeprefix(start) for word in pair.heard if start and word.startswith(start)]
    return any(is_form(verb, word) for word in heard)


def _verb(fact: str, code: str) -> str:
    """Return the verb right behind "User", or an empty text if none stands there."""
    told = tokens_of(fact)
    if code in VERB_FIRST and told and not names_user(told[0], code):
        return told[0] if content_words(told[0], code) else ""
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
