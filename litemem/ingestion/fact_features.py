"""Wording: a fact as the rules of likeness see it: its stems, its subject, its dates. Pure.

The words are English; of other languages it sees names, numbers, some negations and equal words.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise, takewhile

from litemem.core.text.words import STOP_WORDS

_TOKEN = re.compile(r"\d+(?:[.,:/-]\d+)*|[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_ARTICLES = frozenset(
    "the a an my his her our der die das el la los las le les il lo un une".split()
)
PEOPLE = frozenset(
    """sister brother son daughter mother father mom mum dad parent parents wife husband partner
    boyfriend girlfriend fiance fiancee friend friends child children kid kids boss colleague
    coworker neighbor neighbour aunt uncle cousin niece nephew grandmother grandfather grandma
    grandpa teacher doctor roommate flatmate family dog cat pet""".split()
)
_NEGATIONS = frozenset(
    """not no never without cannot nobody nothing neither nor avoid avoids avoided dislike dislikes
    disliked hate hates hated detest detests refuse refuses refused stop stops stopped quit quits
    cancel cancels cancelled canceled nicht kein keine keinen nie nunca ya pas jamais""".split()
)
_GIVEN_UP = re.compile(r"\bg[ai]ven? up\b|\bdecided against\b")
_SUBORDINATE = frozenset(
    "when if because while although though despite unless who which so".split()
)
_FILLERS = frozenset(
    """now again also really currently very any anymore more longer still already recently
    actually always often usually would will going get gets got gotten much lot quite own
    pm""".split()
)
_WISHES = frozenset(
    """want wants wanted wish wishes plan plans planned planning hope hopes hoped dream dreams
    consider considers considering thinks thinking might could try tries trying almost intends
    intend need needs looking considered""".split()
)
LIGHT = frozenset(("eat", "drink", "follow", "diet", "hav", "has", "like", "person", "kind", "do"))
# Whom other languages call the user: it says nothing, wherever it stands
_USERS = frozenset(
    "nutzer nutzerin benutzer usuario usuaria utilisateur utilisatrice utente".split()
)
# Addresses, paths, numbers: as they stand
_EXACT = re.compile(r"(?<!\S)\S*[@/\\_#=\d]\S*[^\s.,;:!?]|\d")
_CODE = re.compile(r"(?<![\w-])[^\W\d_]+[-_#]?\d[\w-]*")
_MODEL = re.compile(r"(?<=\s)[A-Z]\w+ \d\S*\b")
_NUMBERS = "one two three four five six seven eight nine ten eleven twelve".split()
_DATES = frozenset(
    """january february march april june july august september october november december monday
    tuesday wednesday thursday friday saturday sunday noon midnight tomorrow today""".split()
)
_ALIKE = {word: str(i) for i, word in enumerate(_NUMBERS, start=1)} | {
    **dict.fromkeys(("zwei", "dos", "deux"), "2"),
    **dict.fromkeys(("drei", "tres", "trois", "tre"), "3"),
    **dict.fromkeys(("vier", "cuatro", "quatre", "quattro"), "4"),
    **dict.fromkeys(("birthday", "born"), "birth"),
    **dict.fromkeys(("called", "named", "names", "name"), "name"),
    **dict.fromkeys(("kid", "kids", "children"), "child"),
    **dict.fromkeys(("loves", "love", "enjoys", "enjoy", "adores", "likes", "like"), "like"),
    **dict.fromkeys(("eats", "eat", "eating", "ate"), "eat"),
    **dict.fromkeys(("drinks", "drink", "drinking"), "drink"),
}
# Said of what is over: what happened stays so, whatever comes later
_IRREGULAR = frozenset(
    """went saw had ran read took made met found won ate drank wrote came began built taught told
    thought flew drove rode swam sang spent felt was were did heard bought gave lost""".split()
)
# What happened and goes on: it may come to an end
_LASTING = frozenset(
    """moved adopted joined started became relocated hired signed decided planned booked scheduled
    enrolled promised engaged promoted married settled rented called named based retired located
    interested used opened founded launched""".split()
)
# Verbs that have one object at a time
SINGLE = frozenset("prefer prefers use uses drive drives attend attends study studies wear".split())
# Verbs that have many objects at a time: one more says nothing against the others
PLURAL = frozenset(
    """like prefer want have has own owns speak speaks play plays plans read reads reading learn
    learns learning study visits visit collects knows bakes cooks paints watches dislike hate avoid
    dislikes hates avoids planning hopes enjoys volunteers""".split()
)
_ENDS = re.compile(
    r"\b(no longer|any ?more|stopped|quit|quits|gave up|given up|cancell?ed|called off|sold"
    r"|got rid of|broke up|split up|separated|divorced|traded|ended|dropped out|decided against"
    r"|resigned|retired|fired|laid off|won't|will not|is not|isn't|are not|does not|doesn't)\b"
)
_TURNS = re.compile(
    r"\b(moved|changed|switched|postponed|rescheduled|put off|pushed back|brought forward|delayed"
    r"|instead|again|anymore|any more|no longer|now|has come to|replaced|corrected|used to|former"
    r"|formerly|until|left|ex-\w+|mehr|jetzt|früher|gekündigt|verlassen|aufgehört|maintenant|plus"
    r"|quitté|arrêté|gezogen|umgezogen|vuelto|ahora|ya no|dejó|dejado|antes|adesso|smesso|lasciato"
    r"|più)\b"
)


_SILENT = STOP_WORDS | _NEGATIONS | _ARTICLES | _USERS


@dataclass(frozen=True, slots=True)
class Reading:
    """A fact as the rules see it; words are stems where nothing else is said."""

    text: str  # case folded
    words: tuple[str, ...]
    telling: frozenset[str]  # words beside the subject, negations and what says little
    whom: frozenset[str]  # whom it is about; empty when that is not plain
    others: tuple[str, ...]  # words behind the subject, as they stand
    names: frozenset[str]
    dates: frozenset[str]  # numbers, months, days of the week
    codes: frozenset[str]  # numbers that are part of a word, and count nothing: "A4", "ABC-101"
    models: frozenset[str]  # numbers behind a name: "Peugeot 205"
    negative: bool
    wishes: frozenset[str]
    verb: str
    is_event: bool  # it happened, and is over
    is_end: bool  # it says that something ended
    is_turn: bool  # it says that something changed

    @property
    def is_change(self) -> bool:
        """Tell whether it says that something is not as it was."""
        return self.is_end or self.is_turn


@lru_cache(maxsize=4_096)
def read(text: str) -> Reading:
    """Return what the words of a fact say."""
    tokens = _TOKEN.findall(text)
    folded = [fold(token) for token in tokens]
    whom, start = _subject(tokens, folded)
    rest = folded[start:]
    said = [word for word in rest if word not in _FILLERS]
    plain = " ".join(text.casefold().replace("’", "'").split()).rstrip(".")
    dates = frozenset(stem(w) for w in rest if stem(w)[0].isdigit() or w in _DATES)
    dates = (dates - {"1"}) | frozenset(_EXACT.findall(plain))
    clause = list(takewhile(lambda word: word not in _SUBORDINATE, rest))
    telling = frozenset(
        stem(word) for word in said if word not in _SILENT and not word.endswith("n't")
    ) | frozenset(_EXACT.findall(plain))
    verb, is_event = _verb(rest)
    names = frozenset(
        fold(token) for token in tokens[max(start, 1) :] if token[0].isupper() and len(token) > 1
    )
    is_end, is_turn = bool(_ENDS.search(plain)), bool(_TURNS.search(plain))
    return Reading(
        text=plain,
        words=tuple(stem(word) for word in folded if word not in STOP_WORDS),
        telling=telling,
        whom=whom,
        others=tuple(rest),
        names=names - _DATES - _USERS,
        dates=dates,
        codes=frozenset(_CODE.findall(plain)),
        models=frozenset(m for m in _MODEL.findall(text) if m.split()[0].casefold() not in _DATES),
        negative=any(map(_is_denied, _joined(clause))),
        wishes=frozenset(stem(word) for word in rest if word in _WISHES),
        verb=verb,
        is_event=is_event and not (is_end or is_turn or "born" in rest),
        is_end=is_end,
        is_turn=is_turn,
    )


def _joined(clause: list[str]) -> Iterator[list[str]]:
    """Yield the parts of a clause that "and" joins."""
    for is_link, words in groupby(clause, ("and", "or", "nor").__contains__):
        if not is_link:
            yield list(words)


def _is_denied(part: list[str]) -> bool:
    """Tell whether a part of a clause denies something; what is denied twice is affirmed."""
    negations = sum(word in _NEGATIONS or word.endswith("n't") for word in part)
    return (negations + len(_GIVEN_UP.findall(" ".join(part)))) % 2 == 1


def _subject(tokens: list[str], folded: list[str]) -> tuple[frozenset[str], int]:
    """Return whom a fact is about, and at which token it goes on."""
    if not tokens or not tokens[0][0].isupper() or folded[0] in _ARTICLES | STOP_WORDS:
        return frozenset(), 0
    owner = tokens[0].casefold().replace("’", "'")
    if not owner.endswith(("'s", "s'")) or len(tokens) < 3:
        return frozenset({folded[0]}), 1
    if folded[1] not in PEOPLE:
        return frozenset({folded[0]}), 1
    person = f"{folded[0]} {stem(folded[1])}"
    if tokens[2][0].isupper():
        return frozenset({person, folded[2]}), 3
    return frozenset({person}), 2


def _verb(rest: list[str]) -> tuple[str, bool]:
    """Return the first verb-like word behind the subject, and whether it tells of the past."""
    for word, following in pairwise([*rest[:4], ""]):
        if word in ("has", "have") and not _is_past(following):
            return word, False
        if word not in _FILLERS and word not in ("has", "have", "and"):
            return _ALIKE.get(word, word), _is_past(word)
    return "", False


def _is_past(word: str) -> bool:
    return word in _IRREGULAR or (word.endswith("ed") and len(word) > 4 and word not in _LASTING)


def fold(token: str) -> str:
    """Return a word without case, accents and a possessive ending."""
    parts = unicodedata.normalize("NFKD", token.casefold().replace("’", "'"))
    plain = "".join(part for part in parts if not unicodedata.combining(part))
    return plain.removesuffix("'s").removesuffix("s'")


def stem(word: str) -> str:
    """Return the word without common English endings; words that mean the same become one."""
    if word in _ALIKE:
        return _ALIKE[word]
    for ending in ("ing", "ied", "ies", "ed", "es", "s", "e", "y"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            stem = word[: -len(ending)]
            return (
                stem[:-1]
                if len(stem) > 3 and stem[-1] == stem[-2] and ending in ("ing", "ed")
                else stem
            )
    return word
