"""The features by which facts are compared: stems, subject, negation, dates. English, and pure.

In other languages only names, numbers, some negations and equal words are recognised.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby, pairwise, takewhile

from litemem.core.text import lexicon
from litemem.core.text.lexicon import code_of
from litemem.core.text.periods import MONTHS, WEEKDAYS
from litemem.core.text.scripts import fold as fold_text
from litemem.core.text.words import NUMBER_WORDS, STOP_WORDS, digits, tokens
from litemem.core.text.words import stem as stem_word

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
# "user" in other languages: carries no information at any position
_USERS = frozenset(
    "nutzer nutzerin benutzer usuario usuaria utilisateur utilisatrice utente".split()
)
# addresses, paths and numbers, kept unchanged
_EXACT = re.compile(r"(?<!\S)[^\s@/\\_#=\d]*+[@/\\_#=\d]\S*[^\s.,;:!?]|\d")
_CODE = re.compile(r"(?<![\w-])[^\W\d_]+[-_#]?\d[\w-]*")
_MODEL = re.compile(r"(?<=\s)[A-Z]\w+ \d\S*\b")
_DATES = frozenset(  # "may" is a verb more often than a month
    [month.casefold() for month in MONTHS if month != "May"]
    + [*WEEKDAYS, "noon", "midnight", "tomorrow", "today"]
)
_SYNONYMS = {word: digits(word) for word in NUMBER_WORDS} | {
    "one": "1",
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
# verbs of completed events: what happened stays true
_IRREGULAR = frozenset(
    """went saw had ran read took made met found won ate drank wrote came began built taught told
    thought flew drove rode swam sang spent felt was were did heard bought gave lost""".split()
)
# past forms of states that may end
_LASTING = frozenset(
    """moved adopted joined started became relocated hired signed decided planned booked scheduled
    enrolled promised engaged promoted married settled rented called named based retired located
    interested used opened founded launched""".split()
)
# verbs with one object at a time
SINGLE = frozenset("prefer prefers use uses drive drives attend attends study studies wear".split())
# verbs with several objects at a time: another object contradicts none of the others
PLURAL = frozenset(
    """like prefer want have has own owns speak speaks play plays plans read reads reading learn
    learns learning study visits visit collects knows bakes cooks paints watches dislike hate avoid
    dislikes hates avoids planning hopes enjoys volunteers""".split()
)
_ENDS = re.compile(
    r"\b(no longer|any ?more|stopped|quit|quits|gave up|given up|cancell?ed|called off|sold"
    r"|got rid of|broke up|split up|separated|divorced|traded|ended|dropped out|decided against"
    r"|resigned|retired|fired|laid off)\b"
)
_TURNS = re.compile(
    r"\b(moved|changed|switched|postponed|rescheduled|put off|pushed back|brought forward|delayed"
    r"|instead|again|anymore|any more|no longer|now|has come to|replaced|corrected|used to|former"
    r"|formerly|until|left|ex-\w+|mehr|jetzt|früher|gekündigt|verlassen|aufgehört|maintenant|plus"
    r"|quitté|arrêté|gezogen|umgezogen|vuelto|ahora|ya no|dejó|dejado|antes|adesso|smesso|lasciato"
    r"|più)\b"
)


_QUOTED = re.compile(r"\AUser: [\"“](.*)[\"”]\.?\Z", re.DOTALL)
_FIRST_PERSON = frozenset(["i", "i'm", "i've", "i'd", "i'll", "we", "we're"])
_OWN = frozenset(["my", "our"])
_IGNORED = STOP_WORDS | _NEGATIONS | _ARTICLES | _USERS


@dataclass(frozen=True, slots=True)
class FactFeatures:
    """What the rules see of a fact; words are stems unless noted otherwise."""

    text: str  # case folded
    words: tuple[str, ...]
    content: frozenset[str]  # without the subject, negations and words that say little
    subject: frozenset[str]  # the person it is about; empty if unclear
    predicate: tuple[str, ...]  # the words after the subject, not stemmed
    names: frozenset[str]
    dates: frozenset[str]  # numbers, months, days of the week
    codes: frozenset[str]  # numbers that are part of a word and not a count: "A4", "ABC-101"
    models: frozenset[str]  # numbers after a name: "Peugeot 205"
    is_negative: bool
    order: tuple[str, ...]  # the words after the subject that do not say little, in order
    telling: tuple[str, ...]  # those that no two ways to say the same differ by: sides, opposites
    code: str  # of the language
    wishes: frozenset[str]
    verb: str
    is_event: bool  # it is completed
    is_end: bool  # it says that something ended
    is_turn: bool  # it says that something changed

    @property
    def is_change(self) -> bool:
        """Return True if the fact says that something ended or changed."""
        return self.is_end or self.is_turn


@lru_cache(maxsize=4_096)
def features_of(text: str) -> FactFeatures:
    """Return the features of a fact."""
    code = code_of(text)
    telling = _telling(code)
    text = _QUOTED.sub(r"\1", text)
    written = [token.text for token in tokens(text)]
    folded = [fold(token) for token in written]
    subject, start = _subject(written, folded)
    rest = folded[start:]
    kept = [word for word in rest if word not in _FILLERS]
    plain = " ".join(text.casefold().replace("’", "'").split()).rstrip(".")
    dates = frozenset(stem(w) for w in rest if stem(w)[0].isdigit() or w in _DATES)
    dates = (dates - {"1"}) | frozenset(_EXACT.findall(plain))
    clause = list(takewhile(lambda word: word not in _SUBORDINATE, rest))
    content = frozenset(
        stem(word) for word in kept if word not in _IGNORED and not word.endswith("n't")
    ) | frozenset(_EXACT.findall(plain))
    verb, is_event = _verb(rest)
    names = frozenset(
        fold(token) for token in written[max(start, 1) :] if token[0].isupper() and len(token) > 1
    )
    is_end, is_turn = bool(_ENDS.search(plain)), bool(_TURNS.search(plain))
    return FactFeatures(
        text=plain,
        words=tuple(stem(word) for word in folded if word not in STOP_WORDS),
        content=content,
        subject=subject,
        predicate=tuple(rest),
        names=names - _DATES - _USERS,
        dates=dates,
        codes=frozenset(_CODE.findall(plain)),
        models=frozenset(m for m in _MODEL.findall(text) if m.split()[0].casefold() not in _DATES),
        is_negative=any(map(_is_denied, _joined(clause))),
        order=tuple(stem(word) for word in kept if word not in _IGNORED),
        telling=tuple(word for word in _parted(rest) if word in telling),
        code=code,
        wishes=frozenset(stem(word) for word in rest if word in _WISHES),
        verb=verb,
        is_event=is_event and not (is_end or is_turn or "born" in rest),
        is_end=is_end,
        is_turn=is_turn,
    )


@cache
def _telling(code: str) -> frozenset[str]:
    """Return the words of a language that two facts may not differ by if they mean the same."""
    keys = ("flips", "order", "sides")
    listed = [word for key in keys for word in lexicon.words_in(code, "slots", key)]
    return frozenset([*listed, *lexicon.exclusive_in(code, "slots", "opposites")])


def _parted(words: list[str]) -> Iterator[str]:
    """Yield the words, and the parts of those with a hyphen: "left-handed"."""
    for word in words:
        yield from word.split("-")


def _joined(clause: list[str]) -> Iterator[list[str]]:
    """Yield the parts of a clause that a conjunction joins."""
    for is_link, part in groupby(clause, ("and", "or", "nor").__contains__):
        if not is_link:
            yield list(part)


def _is_denied(part: list[str]) -> bool:
    """Return True if a part of a clause is negated; two negations cancel out."""
    negations = sum(word in _NEGATIONS or word.endswith("n't") for word in part)
    return (negations + len(_GIVEN_UP.findall(" ".join(part)))) % 2 == 1


def _subject(tokens: list[str], folded: list[str]) -> tuple[frozenset[str], int]:
    """Return the person a fact is about, and the index of the first token after that."""
    if folded[:1] and folded[0].replace("’", "'") in _FIRST_PERSON:
        return frozenset({"user"}), 1
    if len(folded) > 1 and folded[0] in _OWN:
        is_kin = folded[1] in PEOPLE
        return frozenset({f"user {stem(folded[1])}" if is_kin else "user"}), 1 + is_kin
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
    """Return the first verb-like word after the subject, and whether it is in the past."""
    for word, following in pairwise([*rest[:4], ""]):
        if word in ("has", "have") and not _is_past(following):
            return word, False
        if word not in _FILLERS and word not in ("has", "have", "and"):
            return _SYNONYMS.get(word, word), _is_past(word)
    return "", False


def _is_past(word: str) -> bool:
    return word in _IRREGULAR or (word.endswith("ed") and len(word) > 4 and word not in _LASTING)


def fold(token: str) -> str:
    """Return a word without case, accents and possessive ending."""
    plain = fold_text(token.replace("’", "'"))
    return plain.removesuffix("'s").removesuffix("s'")


def stem(word: str) -> str:
    """Return the word without common English endings; synonyms get one stem."""
    return _SYNONYMS.get(word) or stem_word(word)
