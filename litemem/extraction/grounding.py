"""Reject facts that contain names, numbers or dates missing from the source, and politeness."""

import re
from collections.abc import Iterable

from litemem.core.text.language import FUNCTION_WORDS
from litemem.core.text.names import without_ending
from litemem.core.text.words import (
    STOP_WORDS,
    Token,
    digits,
    fold,
    is_number,
    root,
    sentences,
    tokens,
)
from litemem.extraction import english

SHORT_FORM = 3  # letters, at least, of a name by which friends call somebody
MIN_SAID = 0.5  # more than this share of a fact's content words occurs in the source

OPENERS = STOP_WORDS | FUNCTION_WORDS | english.FACT_WORDS  # what a fact may say unsaid

_POSSESSIVE = re.compile(r"\b(?:his|her)\b(?= \w)")
_JOINTS = re.compile(r"['’\-]")
_SENTENCE_END = re.compile(r"[.!?]\s+$")
_NAME = r"[^\W\d_a-z][^\W\d_]*(?: [^\W\d_a-z][^\W\d_]*)*"
# "Ana, Bo and Cy", "Pip and Rex"
_NAMES = re.compile(rf"{_NAME}(?:, {_NAME})*(?:,? and {_NAME})+")
_NAME_AFTER = re.compile(r", and |, | and ")


class Grounding:
    """The source of some facts, which rejects those that it does not support.

    Args:
        said: what the subject of the facts said in the new messages.
        known: everything that the model was given, `said` included.
        others: the other speakers; facts about them are rejected.
    """

    def __init__(
        self, said: Iterable[str], known: Iterable[str], others: Iterable[str] = ()
    ) -> None:
        known = tuple(known)
        parts = [part for text in said for part in sentences(text)]
        self._given = known
        self._known = _Vocabulary(known)
        self._others = {_form(token) for name in others for token in _tokens(name)[:1]}
        self._pairs = _pairs(parts)
        self._personal_pairs = _pairs([p for p in parts if not english.is_impersonal(p)])

    def rejection_reason(self, fact: str) -> str | None:
        """Return why a fact is rejected, or None if it is accepted."""
        if flaw := english.flaw(fact):
            return flaw
        if self._is_about_another(fact):
            return "it is about another speaker"
        if english.guesses_age(fact, self._given):
            return "nobody said how old"
        if english.misnames_user(fact, self._given):
            return "nobody gave that as their name"
        missing = self.ungrounded_terms(fact)
        if missing:
            return f"nobody said {', '.join(missing)}"
        if not self._is_new(fact):
            return "too little of it was said just now"
        return None

    def ungrounded_terms(self, fact: str) -> list[str]:
        """Return the names and numbers of a fact that nobody said.

        A word with a capital letter is a name, also at the beginning of a sentence unless facts
        commonly begin so. Words are compared without case and endings ("Cam's", "Italians"),
        numbers by their digits, even if one side spells them out ("five").
        """
        return [token.text for token in _tokens(fact) if not self._supports(token, fact)]

    def without_gender(self, fact: str) -> str:
        """Return the fact without a gender that nobody said: "User and her sister", "her son Leo".

        Relatives lose theirs only if a more general word was said: "kids".
        """
        fact = english.without_guessed_relatives(fact, self._given)
        is_gendered = any(self._known.has(word) for word in english.GENDERED)
        subject = fact.partition(" ")[0]
        is_user = subject == "User" or english.is_own_name(subject, "\n".join(self._given))
        return _POSSESSIVE.sub("their", fact) if is_user and not is_gendered else fact

    def _is_about_another(self, fact: str) -> bool:
        """Return True if a fact names another speaker, or its own subject as its object."""
        names = [_form(token) for token in _tokens(fact)]
        if not names:
            return False
        subject = names[0]
        is_short_form = len(subject) >= SHORT_FORM and any(
            name.startswith(subject) for name in self._others
        )  # "Mel" of Melanie
        is_own_object = bool(self._others) and subject in names[1:]  # "Ana is here for Ana"
        return is_short_form or is_own_object or any(name in self._others for name in names)

    def _supports(self, token: Token, fact: str) -> bool:
        if is_number(fold(token.text)):
            return self._known.has_number(token.text) or _counts_names(token, fact)
        return not _is_name(token, fact) or self._known.has(token.text)

    def _is_new(self, fact: str) -> bool:
        """Return True if two successive sentences of `said` hold most content words of a fact.

        A name of several words counts once. Names of the context do not count: they replace "I",
        "she" and "there". If several people speak, what somebody says of a thing ("it was
        powerful") does not support facts about themselves.
        """
        content = [word for word in _units(fact) if fold(word) not in OPENERS]
        subject = next(iter(_tokens(fact)), None)
        is_personal = self._others and subject is not None and not subject.text.endswith("s")
        pairs = self._personal_pairs if is_personal else self._pairs
        return any(self._holds(pair, content) for pair in pairs)

    def _holds(self, pair: "_Vocabulary", content: list[str]) -> bool:
        held = [word for word in content if pair.roughly_has(word)]
        resolved = [
            word
            for word in content
            if word[0].isupper() and word not in held and self._known.has(word)
        ]
        return len(held) > MIN_SAID * (len(content) - len(resolved))


class _Vocabulary:
    """The words and numbers of some texts."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._words: set[str] = set()
        self._numbers: set[str] = set()
        for token in (token for text in texts for token in _tokens(text)):
            folded = fold(token.text)
            self._words.update((folded, without_ending(folded), *_JOINTS.split(folded)))
            if is_number(folded):
                self._numbers.add(digits(folded))
        self._roots = {root(word) for word in self._words}

    def has(self, word: str) -> bool:
        """Return True if a word occurs, even with another ending or in parts."""
        folded = fold(word)
        parts = [part for part in _JOINTS.split(folded) if len(part) > 1]
        return self._has(folded) or (bool(parts) and all(map(self._has, parts)))

    def roughly_has(self, word: str) -> bool:
        """Return True if a word occurs, or one that says as much: "danced" for "dancer"."""
        folded = fold(word)
        if is_number(folded):
            return self.has_number(word)
        occurs = self.has(word) or root(folded) in self._roots
        return occurs or any(map(self._has, english.implied_by(folded)))

    def has_number(self, number: str) -> bool:
        """Return True if a number occurs, in digits or as a word."""
        return digits(fold(number)) in self._numbers

    def _has(self, folded: str) -> bool:
        return folded in self._words or without_ending(folded) in self._words


def _tokens(text: str) -> list[Token]:
    return tokens(text, smallest=True)


def _form(token: Token) -> str:
    return without_ending(fold(token.text))


def _counts_names(number: Token, fact: str) -> bool:
    """Return True if a number only counts names that follow it: "two dogs called Pip and Rex"."""
    return any(
        digits(fold(number.text)) == str(len(_NAME_AFTER.split(listed)))
        for listed in _NAMES.findall(fact, number.start)
    )


def _pairs(parts: list[str]) -> list[_Vocabulary]:
    """Return the words of each two successive sentences."""
    return [_Vocabulary(parts[i : i + 2]) for i in range(max(len(parts) - 1, 1))]


def _units(fact: str) -> list[str]:
    """Return the words of a fact, a name of several words as one."""
    units: list[str] = []
    end = -1
    for token in _tokens(fact):
        if units and token.start == end + 1 and token.text[0].isupper() and units[-1][0].isupper():
            units[-1] += f"-{token.text}"
        else:
            units.append(token.text)
        end = token.end
    return units


def _is_name(token: Token, fact: str) -> bool:
    if not token.text[0].isupper():
        return False
    begins = token.start == 0 or _SENTENCE_END.search(fact, 0, token.start) is not None
    return not (begins and fold(token.text) in OPENERS) and token.text != "I"
