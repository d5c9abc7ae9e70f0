"""The guard: what a model tells and nobody said is not a memory, nor is a word of politeness."""

import re
import unicodedata
from collections.abc import Iterable

from litemem.core.text.language import FUNCTION_WORDS
from litemem.core.text.numerals import digits, is_number
from litemem.core.text.words import STOP_WORDS
from litemem.extraction import english as ages
from litemem.extraction import kinship
from litemem.extraction.naming import is_own_name, misnames

SHORT_FORM = 3  # letters of a name, at least, by which friends call somebody
LEAST_SAID = 0.5  # of a fact's telling words, more than this share was said in the lines at hand

GENDERED = "he she his her him hers herself himself".split()
_POSSESSIVE = re.compile(r"\b(?:his|her)\b(?= \w)")

# A number, a letter of a script without spaces, or a word
_TOKEN = re.compile(
    r"\d+(?:[.,:]\d+)*|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|"
    r"[^\W\d_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+"
    r"(?:['’\-][^\W\d_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+)*"
)
_SENTENCE_END = re.compile(r"[.!?]\s+$")
_NAME = r"[^\W\d_a-z][^\W\d_]*(?: [^\W\d_a-z][^\W\d_]*)*"
# "Ana, Bo and Cy", "Pip and Rex"
_NAMES = re.compile(rf"{_NAME}(?:, {_NAME})*(?:,? and {_NAME})+")
_NAME_AFTER = re.compile(r", and |, | and ")

# What is said to be polite, to ask or to agree; small models report it as an act
_POLITE = re.compile(
    r"(the )?[^\W\d_]+ (is |was |has |will |would )?((be|been|feels?|felt|very|so|really) )*"
    r"(ask(s|ed|ing)|thank(s|ed|ing|ful to)|greet(s|ed|ing)|wonder(s|ed|ing)|curious|"
    r"wants to know|agree[sd]?|apprecia\w+|congratulat\w+|compliment\w*|encourag(es|ed|ing)|"
    r"wish(es|ed) [^\W\d_]+ (good|luck|well|all|the best)|looking forward to (hear|see)ing|"
    r"(glad|happy|good|great|excited|sorry|proud|amazed|impressed|pleased|delighted|love[sd]?) "
    r"(of|for|by|with|to (see|hear|know|talk|meet|learn))\b)|"
    r"(the )?assistant (is |has |will )?"
    r"(noted|noting|acknowledged?|understood|remember(ed)?|welcom(es|ed)|apologi[sz]ed|said)\b",
    re.IGNORECASE,
)
_UNFINISHED = re.compile(
    r"\b(a|an|the|called|named|to|with|and|or|of|about|for|from|at|in|by|because|that|is|was|are|'s)"
    r"[\s.,:'\"]*$",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?:[^.!?。！？\n]|[.](?=\w))+")
_IMPERSONAL = re.compile(  # of a thing, or of others, and not also of the one who speaks
    r"\W*(?:(?:and|but|so|wow|yeah|yes|oh) )?(?:it|that|this|these|those|they|he|she|there)\b"
    r"(?!.*\b(?:I|me|my|we|us|our)\b)",
    re.IGNORECASE,
)
_ADDRESSING = re.compile(r"\b(?:you|your|yours|me|my|mine|myself|us|our|ours|we|I|I'm)\b")

# What a fact may say although nobody did: whom it is about, and the verbs of facts that leave
# that out.
_VERBS = frozenset(
    """user user's assistant assistant's agent agent's speaker name named called age likes like
    loves love enjoys enjoy prefers prefer wants want needs need plans plan lives live works work
    studies plays owns uses speaks hates dislikes avoids moved visited started stopped bought went
    thinks believes feels knows asked recommended suggested promised decided offered
    going years old""".split()
)
OPENERS = STOP_WORDS | FUNCTION_WORDS | _VERBS


class Guard:
    """Holds what was said, and objects to facts that it does not bear out.

    Args:
        said: what the one whom the facts are about said just now.
        known: all that the model was given, with what was said among it.
        others: who speaks for themselves: nothing is told of them.
    """

    def __init__(
        self, said: Iterable[str], known: Iterable[str], others: Iterable[str] = ()
    ) -> None:
        known = tuple(known)
        sentences = [part for text in said for part in _SENTENCE.findall(text)]
        self._given = known
        self._known = _Vocabulary(known)
        self._others = {
            _stem(_fold(word)) for name in others for word in _TOKEN.findall(name)[:1]
        }  # the first name
        self._passages = _passages(sentences)
        self._own = _passages([part for part in sentences if not _IMPERSONAL.match(part)])

    def objection(self, fact: str) -> str | None:
        """Say what is wrong with a fact, or None."""
        if _POLITE.match(fact):
            return "it is only a question or politeness"
        if self._is_about_another(fact):
            return "it is about another speaker"
        if _UNFINISHED.search(fact):
            return "it breaks off"
        if _ADDRESSING.search(fact):
            return "it speaks of me or to you"
        if ages.is_guessed(fact, self._given):
            return "nobody said how old"
        if misnames(fact, self._given):
            return "nobody gave that as their name"
        missing = self.unsupported(fact)
        if missing:
            return f"nobody said {', '.join(missing)}"
        if not self._is_told_now(fact):
            return "too little of it was said just now"
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

    def neutral(self, fact: str) -> str:
        """Return the fact without a gender that nobody said: "User and her sister", "Leo, her son".

        Of relatives only where a more general word was said: "kids".
        """
        fact = kinship.without_guesses(fact, self._given)
        is_gendered = any(self._known.holds(word) for word in GENDERED)
        subject = fact.partition(" ")[0]
        is_user = subject == "User" or is_own_name(subject, "\n".join(self._given))
        is_theirs = is_user and not is_gendered
        return _POSSESSIVE.sub("their", fact) if is_theirs else fact

    def _is_about_another(self, fact: str) -> bool:
        """Tell whether a fact names another speaker, or does to its subject what that one does."""
        words = [_stem(_fold(word)) for word in _TOKEN.findall(fact)]
        if not words:
            return False
        subject = words[0]
        is_short_form = len(subject) >= SHORT_FORM and any(
            name.startswith(subject) for name in self._others
        )  # "Mel" of Melanie
        is_own_object = bool(self._others) and subject in words[1:]  # "Ana is here for Ana"
        return is_short_form or is_own_object or any(word in self._others for word in words)

    def _bears_out(self, token: str, fact: str, start: int) -> bool:
        if is_number(_fold(token)):
            return self._known.counts(token) or _counts_names(token, fact[start:])
        return not _is_name(token, fact, start) or self._known.holds(token)

    def _is_told_now(self, fact: str) -> bool:
        """Tell whether two sentences of what was said just now hold most of a fact's telling words.

        A name of several words counts once, and names of the context do not count: they stand for
        "I", "she" and "there". What somebody says of a thing ("it was powerful") does not speak of
        themselves, where several speak.
        """
        telling = [word for word in _units(fact) if _fold(word) not in OPENERS]
        subject = _TOKEN.search(fact)
        is_own = self._others and subject is not None and not subject.group().endswith("s")
        return any(
            self._holds(passage, telling) for passage in (self._own if is_own else self._passages)
        )

    def _holds(self, passage: "_Vocabulary", telling: list[str]) -> bool:
        told = [word for word in telling if passage.roughly_holds(word)]
        resolved = [
            word
            for word in telling
            if word[0].isupper() and word not in told and self._known.holds(word)
        ]
        return len(told) > LEAST_SAID * (len(telling) - len(resolved))


class _Vocabulary:
    """The words and numbers of some texts."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._words: set[str] = set()
        self._numbers: set[str] = set()
        for token in (token for text in texts for token in _TOKEN.findall(text)):
            folded = _fold(token)
            self._words.update((folded, _stem(folded), *re.split(r"['’\-]", folded)))
            if is_number(folded):
                self._numbers.add(digits(folded))
        self._roots = {_root(word) for word in self._words}

    def holds(self, token: str) -> bool:
        """Tell whether a word is there, be it with another ending or in parts."""
        folded = _fold(token)
        parts = [part for part in re.split(r"['’\-]", folded) if len(part) > 1]
        return self._has(folded) or (bool(parts) and all(map(self._has, parts)))

    def roughly_holds(self, token: str) -> bool:
        """Tell whether a word is there, or one that says as much: "danced" for "dancer"."""
        folded = _fold(token)
        if is_number(folded):
            return self.counts(token)
        is_there = self.holds(token) or _root(folded) in self._roots
        return is_there or any(map(self._has, kinship.alike(folded)))

    def counts(self, number: str) -> bool:
        """Tell whether a number is there, in digits or as a word."""
        return digits(_fold(number)) in self._numbers

    def _has(self, folded: str) -> bool:
        return folded in self._words or _stem(folded) in self._words


def _counts_names(number: str, fact: str) -> bool:
    """Tell whether a number only counts names that follow it: "two dogs called Pip and Rex"."""
    return any(
        digits(_fold(number)) == str(len(_NAME_AFTER.split(listed)))
        for listed in _NAMES.findall(fact)
    )


def _passages(sentences: list[str]) -> list[_Vocabulary]:
    """Return the words of each two sentences that follow each other."""
    return [_Vocabulary(sentences[i : i + 2]) for i in range(max(len(sentences) - 1, 1))]


def _units(fact: str) -> list[str]:
    """Return the words of a fact, a name of several words as one."""
    units: list[str] = []
    end = -1
    for match in _TOKEN.finditer(fact):
        word = match.group()
        if units and match.start() == end + 1 and word[0].isupper() and units[-1][0].isupper():
            units[-1] += f"-{word}"
        else:
            units.append(word)
        end = match.end()
    return units


def _is_name(token: str, fact: str, start: int) -> bool:
    if not token[0].isupper():
        return False
    begins = start == 0 or _SENTENCE_END.search(fact, 0, start) is not None
    return not (begins and _fold(token) in OPENERS) and token != "I"  # noqa: S105 - the pronoun


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


def _root(word: str) -> str:
    """Return the letters that most forms of a word share: "counselling" and "counselor"."""
    bare = word.removesuffix("ing") if len(word) >= 6 else word
    return bare[: 4 if len(word) < 8 else 5]
