"""Rules for English: politeness, ages, relatives, the speaker's own name, signs in an agent's run.

Small models guess: "my kids Leo and Ana" become a son and a daughter, "married for 5 years" becomes
somebody's age, a sister's name becomes the user's. Each rule says nothing about other languages.
"""

import re
from collections.abc import Iterable
from functools import cached_property

from litemem.core.text.language import language
from litemem.core.text.words import NUMBER_WORDS, digits, words

MAX_NAME = 100  # characters; what is longer, nobody is called
GENDERED = "he she his her him hers herself himself".split()
FACT_WORDS = frozenset(  # subjects and verbs of facts, which the source need not contain
    """user user's assistant assistant's agent agent's speaker name named called age likes like
    loves love enjoys enjoy prefers prefer wants want needs need plans plan lives live works work
    studies plays owns uses speaks hates dislikes avoids moved visited started stopped bought went
    thinks believes feels knows asked recommended suggested promised decided offered
    going years old""".split()
)

# Small models report politeness, questions and agreement as acts
_POLITE = re.compile(
    r"\A(the )?[^\W\d_]+ (is |was |has |will |would )?((be|been|feels?|felt|very|so|really) )*"
    r"(ask(s|ed|ing)|thank(s|ed|ing|ful to)|greet(s|ed|ing)|wonder(s|ed|ing)|curious|"
    r"wants to know|agree[sd]?|apprecia\w+|congratulat\w+|compliment\w*|encourag(es|ed|ing)|"
    r"wish(es|ed) [^\W\d_]+ (good|luck|well|all|the best)|looking forward to (hear|see)ing|"
    r"(glad|happy|good|great|excited|sorry|proud|amazed|impressed|pleased|delighted|love[sd]?) "
    r"(of|for|by|with|to (see|hear|know|talk|meet|learn))\b)|"
    r"\A(the )?assistant (is |has |will )?"
    r"(noted|noting|acknowledged?|understood|remember(ed)?|welcom(es|ed)|apologi[sz]ed|said)\b",
    re.IGNORECASE,
)
_UNFINISHED = re.compile(
    r"\b(a|an|the|called|named|to|with|and|or|of|about|for|from|at|in|by|because|that|is|was|are|'s)"
    r"[\s.,:'\"]*$",
    re.IGNORECASE,
)
_IMPERSONAL = re.compile(
    r"\A\W*(?:(?:and|but|so|wow|yeah|yes|oh) )?(?:it|that|this|these|those|they|he|she|there)\b"
    r"(?!.*\b(?:I|me|my|we|us|our)\b)",
    re.IGNORECASE,
)
_ADDRESSING = re.compile(r"\b(?:you|your|yours|me|my|mine|myself|us|our|ours|we|I|I'm)\b")
_FLAWS = (
    (_POLITE.match, "it is only a question or politeness"),
    (_UNFINISHED.search, "it breaks off"),
    (_ADDRESSING.search, "it speaks of me or to you"),
)


def flaw(fact: str) -> str | None:
    """Return why a text is not a fact, judging by its wording, or None."""
    return next((reason for is_found, reason in _FLAWS if is_found(fact)), None)


def is_impersonal(sentence: str) -> bool:
    """Return True if a sentence is about a thing or third persons, and not also the speaker."""
    return _IMPERSONAL.match(sentence) is not None


# -- ages

_AGE_IN_FACT = re.compile(r"\byears? old\b|\baged (?=\d)", re.IGNORECASE)
_NUMBER = rf"\b(?:\d{{1,3}}|{'|'.join(NUMBER_WORDS)})\b"
_NUMBERS = re.compile(_NUMBER, re.IGNORECASE)
_OF_AGE = frozenset("old age aged birthday born turning turned turns".split())
# "I'm 34 and", "who is 91,", "they are 4 and 7."; not "it's 5", "I'm 5 minutes late", "is 3:42"
_AGES = re.compile(
    r"(?<!\bit)(?<!\bthat)(?<!\bthere)(?<!\btime)"
    r"(?:\s(?:am|is|are|was|were)|['’](?:m|s|re))\s(?:(?:only|just|now|already|almost)\s)?"
    rf"(?P<ages>{_NUMBER}(?:(?:, | and |, and ){_NUMBER})*)"
    r"(?=\s*(?:$|[.,;!?)](?!\d)|(?:and|but|so|now|already|who)\b))",
    re.IGNORECASE | re.MULTILINE,
)


class Heard:
    """Texts that were said, and what the rules ask of them, each found once."""

    def __init__(self, said: Iterable[str]) -> None:
        self.text = "\n".join(said)
        self._own_names: dict[str, bool] = {}

    @cached_property
    def words(self) -> frozenset[str]:
        """The words, case folded."""
        return frozenset(words(self.text))

    @cached_property
    def ages(self) -> frozenset[str]:
        """The numbers that are somebody's age: "I'm 34 and"."""
        return frozenset(
            digits(age.casefold())
            for match in _AGES.finditer(self.text)
            for age in _NUMBERS.findall(match["ages"])
        )

    @cached_property
    def may_name_user(self) -> bool:
        """True if any name may be the user's: asked for, or said in another language."""
        return language(self.text) is not None or _ASKS_NAME.search(self.text) is not None

    def is_own_name(self, name: str) -> bool:
        """Return True if somebody gives a name as their own."""
        if name not in self._own_names:
            self._own_names[name] = is_own_name(name, self.text)
        return self._own_names[name]


def _heard(said: Iterable[str] | Heard) -> Heard:
    return said if isinstance(said, Heard) else Heard(said)


def guesses_age(fact: str, said: Iterable[str] | Heard) -> bool:
    """Return True if a fact gives an age where nobody spoke of one.

    "A nurse for ten years" is not an age. The number itself is checked elsewhere.
    """
    if _AGE_IN_FACT.search(fact) is None:
        return False
    heard = _heard(said)
    if not _OF_AGE.isdisjoint(heard.words):
        return False
    return heard.ages.isdisjoint(digits(number.casefold()) for number in _NUMBERS.findall(fact))


# -- relatives

_IMPLIED_BY = {  # a word: others that say as much
    "married": "wife husband spouse",
    "spouse": "wife husband married",
    "child": "children kid kids son sons daughter daughters boy boys girl girls",
    "son": "sons boy boys",
    "daughter": "daughters girl girls",
    "mother": "mom mum mam mama mommy mummy",
    "father": "dad papa daddy",
    "parent": "parents mother father mom mum mam mama mommy mummy dad papa daddy",
    "brother": "brothers",
    "sister": "sisters",
    "sibling": "siblings brother brothers sister sisters",
    "grandmother": "grandma gran granny nana",
    "grandfather": "grandpa grandad granddad",
    "grandchild": "grandchildren grandkid grandkids grandson granddaughter",
    "partner": "boyfriend girlfriend fiance fiancee fiancé fiancée",
}
_WITHOUT_GENDER = {
    "son": "child",
    "daughter": "child",
    "wife": "spouse",
    "husband": "spouse",
    "mother": "parent",
    "father": "parent",
    "brother": "sibling",
    "sister": "sibling",
    "grandson": "grandchild",
    "granddaughter": "grandchild",
    "boyfriend": "partner",
    "girlfriend": "partner",
}
_PLURALS = {"child": "children", "grandchild": "grandchildren"}
_RELATIVE = re.compile(rf"\b(?P<word>{'|'.join(_WITHOUT_GENDER)})(?P<s>s?)\b")


def implied_by(word: str) -> list[str]:
    """Return the words that say as much as a word for a relative: "wife" for "married"."""
    singular = word.removesuffix("s")
    return [singular, *_IMPLIED_BY.get(singular, "").split()] if singular in _IMPLIED_BY else []


def without_guessed_relatives(fact: str, said: Iterable[str] | Heard) -> str:
    """Return a fact with "child" instead of "son" if only "kids" was said, and the like.

    If no more general word was said either, the fact is returned unchanged.
    """
    heard = _heard(said).words

    def general(match: re.Match[str]) -> str:
        word, neutral = match["word"], _WITHOUT_GENDER[match["word"]]
        is_guess = heard.isdisjoint((word, *implied_by(word)))
        if not (is_guess and heard.intersection((neutral, *implied_by(neutral)))):
            return match.group()
        return _PLURALS.get(neutral, f"{neutral}s") if match["s"] else neutral

    return _RELATIVE.sub(general, fact)


# -- the speaker's own name

_NAMES_SPEAKER = re.compile(r"\A(?P<name>\w+) is the (?:speaker|user)\.?", re.IGNORECASE)
_NAMES_USER = re.compile(
    r"User(?:['’]s (?:first |full )?name is| is called| is named) (?:Dr\.? |Mrs?\.? |Ms\.? )?"
    r"(?P<name>\w+)"
)
_OWN = (  # what comes before one's own name
    r"i['’ ]?\s*a?m|call me|this is|it['’]s|known as|user is|"
    r"(?:my|the|user['’]s) (?:(?:first|full|last|real|given) )?(?:nick)?name(?:['’]s| is|:)"
)
_BETWEEN = r"(?:called|named|just|actually|still|really|dr|mrs?|ms)[\s.]+"
_INTRODUCED = (
    # "I'm Cam", "my name is actually Cam", "this is Dr. Cam", "I'm Jane Cam"
    rf"(?i:\b(?:{_OWN}))[\s,]+(?i:{_BETWEEN})*(?:[A-Z]\w*[ -])?(?i:{{name}})\b"
    # "All well. Cam here"; tried only at the first sign behind a word, which keeps it linear
    r"|(?:\A|(?<=\w)[^\w.!?:\n]*[.!?:\n])\W*{name} (?i:here|speaking)\b"
    r"|(?m:^[^\w\n]*{name}\W*$)"  # alone in its line: a signature, or an answer
)
_ASKS_NAME = re.compile(r"\byour (?:\w+ )?name\b", re.IGNORECASE)


def with_plain_name(fact: str) -> str:
    """Return "Ana is the speaker" as "User is called Ana"; any other fact unchanged."""
    match = _NAMES_SPEAKER.fullmatch(fact)
    return f"User is called {match['name']}" if match else fact


def misnames_user(fact: str, said: Iterable[str] | Heard) -> bool:
    """Return True if a fact calls the user by a name that nobody gave as their own.

    False for texts in other languages than English.
    """
    match = _NAMES_USER.match(fact)
    if match is None:
        return False
    heard = _heard(said)
    return not heard.may_name_user and not heard.is_own_name(match["name"])


def is_own_name(name: str, text: str) -> bool:
    """Return True if somebody gives a name as their own in a text."""
    if len(name) > MAX_NAME or not any(map(str.isalnum, name)):
        return False
    return re.search(_INTRODUCED.replace("{name}", re.escape(name)), text) is not None


# -- signs in an agent's run

_FAILURE = re.compile(
    r"\berrors?\b|\berr!|\bfail(s|ed|ure)?\b|(^|\s)[\w.]+(Error|Exception)(:|\s|$)|\bdenied\b|\brefused\b"
    r"|\bforbidden\b|\bnot found\b|\bcannot\b|\btime[ds]? ?out\b|\bfatal\b|\bpanic|\brejected\b"
    r"|(->|HTTP/?[\d.]*|status:?) [45]\d\d\b|\bexit(ed)?( with)? (code|status) [1-9]",
    re.IGNORECASE,
)
_NO_FAILURE = re.compile(
    r"\b(0|no|without) (errors?|failed|failures?|rejected)\b|\berrors?[ :=]+(0|none)\b"
    r"|\bfail(ed|ures)?[ :=]+0\b",
    re.IGNORECASE,
)
_SUCCESS = re.compile(
    r"\bok\b|\bpass(ed|es)?\b|\bsucce(ss|eded)|\bdone\b|(->|HTTP/?[\d.]*|status:?) 2\d\d\b"
    r"|\b(0|no) (errors?|failed|failures?)\b|\berrors?[ :=]+0\b",
    re.IGNORECASE,
)
_DECISION = re.compile(
    r"\bdeci(ded?|sion)\b|\binstead\b|\brather than\b|\bso (I|we)\b"
    r"|\bI('ll)? (choose|chose|pick|picked|drop|dropped|take|recommend|prefer|go with)\b",
    re.IGNORECASE,
)
_LEFT_OPEN = re.compile(
    r"\bstill (to do|open|has to|have to)\b|^(?>.*?\bnot\b).*\byet\b|\bwaits? for\b|\bto ?do:"
    r"|\b(tomorrow|next (week|month|year))\b",
    re.IGNORECASE | re.MULTILINE,
)


def reports_failure(line: str) -> bool:
    """Return True if a line of a tool's output says that something went wrong."""
    return bool(_FAILURE.search(line)) and not _NO_FAILURE.search(line)


def reports_success(line: str) -> bool:
    """Return True if a line of a tool's output says that something went well."""
    return bool(_SUCCESS.search(line)) and not reports_failure(line)


def decides(sentence: str) -> bool:
    """Return True if a sentence states a decision."""
    return _DECISION.search(sentence) is not None and not sentence.endswith("?")


def leaves_open(sentence: str) -> bool:
    """Return True if a sentence speaks of something that is still to be done."""
    return _LEFT_OPEN.search(sentence) is not None
