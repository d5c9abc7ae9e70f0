"""Judge a fact by English rules: politeness, ages, relatives, the speaker's own name.

Small models guess: "my kids Leo and Ana" become a son and a daughter, "married for 5 years" becomes
somebody's age, a sister's name becomes the user's. Each rule says nothing about other languages.
"""

import re
from collections.abc import Container, Iterable
from functools import cache, cached_property
from itertools import chain

from litemem.core.text.language import TELLTALE, language, languages_of
from litemem.core.text.lexicon import ENGLISH, words_in
from litemem.core.text.words import NUMBER_WORDS, digits, words

MAX_NAME = 100  # characters; what is longer, nobody is called
_OBJECT_FIRST = re.compile(r"(?:Him|Her|Them|Me|Us) (?:is|are|was|were|has|have|had)\b")
_IS_ORDINAL = re.compile(r"\b(?:is|was|are) \d{1,3}(?:st|nd|rd|th)\W*\Z")  # "dad is 70th"
MIN_PLAIN = 4  # letters of a word that tells its language
GENDERED = ("he his him himself".split(), "she her hers herself".split())

# Small models report politeness, questions and agreement as acts
_POLITE = re.compile(
    r"\A(?:the )?[^\W\d_]+ (?:is |was |has |will |would )?"
    r"(?:(?:be|been|feels?|felt|very|so|really) )*"
    r"(?P<act>ask(?:s|ed|ing)|thank(?:s|ed|ing|ful to)|greet(?:s|ed|ing)|wonder(?:s|ed|ing)|"
    r"agree[sd]|"
    r"apprecia\w+|curious|wants to know|congratulat\w+|compliment\w*|encourag(?:es|ed|ing)|"
    r"wish(?:es|ed) [^\W\d_]+ (?:good|luck|well|all|the best)|looking forward to (?:hear|see)ing|"
    r"(?:glad|happy|good|great|excited|sorry|proud|amazed|impressed|pleased|delighted|love[sd]?) "
    r"(?:of|for|by|with)\b|"
    r"(?:glad|happy|good|great|sorry|delighted|pleased) to "
    r"(?:see|hear|know|talk|meet|learn|help)\b)|"
    r"\A(?:the )?assistant (?:is |has |will )?"
    r"(?:noted|noting|acknowledged?|understood|remember(?:ed)?|welcom(?:es|ed)|apologi[sz]ed|"
    r"said)\b",
    re.IGNORECASE,
)
_UNFINISHED = re.compile(
    r"\b(a|an|the|called|named|to|with|and|or|of|about|for|from|at|in|by|because|that|is|was|are|'s)"
    r"[\s.,:'\"]*$",
    re.IGNORECASE,
)
_ENDING = " .,:;!?'\"’”)\n"  # signs behind the last word
_IMPERSONAL = re.compile(
    r"\A\W*(?:(?:and|but|so|wow|yeah|yes|oh) )?(?:it|that|this|these|those|they|he|she|there)\b"
    r"(?!.*\b(?:I|me|my|we|us|our)\b)",
    re.IGNORECASE,
)
ADDRESSING = re.compile(r"\b(?:you|your|yours|me|my|mine|myself|us|our|ours|we|I|I'm)\b")
NUMERAL = re.compile(
    r"\b(?:[A-Z]\w+|type|part|phase|stage|class|grade|world war) I\b(?!')", re.ASCII
)


_OWNED = re.compile(r"\A(?:[^\W\d_]{1,20} ){0,3}(?:is|was|are)\b")  # behind "favorite" or "dog"
_NAME_BEHIND = re.compile(r"\Z|[,.;](?:\s|\Z)|,? (?=[A-Z][a-z])")


@cache
def fact_words() -> frozenset[str]:
    """Return subjects and verbs of facts, which the source need not contain."""
    return words_in(ENGLISH, "facts", "words")


@cache
def contractions() -> frozenset[str]:
    """Return the denials and the like that a fact may write in another way."""
    return words_in(ENGLISH, "facts", "contractions")


@cache
def users() -> frozenset[str]:
    """Return what facts in a language without rules call the user."""
    return words_in(ENGLISH, "facts", "users")


@cache
def _english_only() -> frozenset[str]:
    """Return words of facts that no other language with Latin letters has."""
    shared = "user user's assistant assistant's agent agent's plans".split()
    others = (listed for name, listed in TELLTALE.items() if name != "English")
    return (fact_words() | TELLTALE["English"]).difference(shared, *others)


def flaw(fact: str, said: "Iterable[str] | Heard" = ()) -> str | None:
    """Return why a text is not a fact, judging by its wording, or None.

    Words that were `said` like that are accepted: "I asked for a raise", "I work at Sainsbury's".
    """
    heard = _heard(said)
    if (polite := _POLITE.match(fact)) and not (polite["act"] and heard.states(polite["act"])):
        return "it is only a question or politeness"
    if _SEVERAL.match(fact):
        return "one person is not several"
    if _OBJECT_FIRST.match(fact) or _IS_ORDINAL.search(fact):
        return "it is no sentence"
    if _REMINDER.search(fact):
        return "it makes a deed of an order"
    if _UNFINISHED.search(fact) and not heard.ends_with(fact):
        return "it breaks off"
    if any(not heard.names_with(match) for match in ADDRESSING.finditer(NUMERAL.sub(" ", fact))):
        return "it speaks of me or to you"
    return None


_PLACED = re.compile(r"\A\S+ is (?:in|on|at|near|from|with|under|over|of|by|between|for)\b")
_IN = re.compile(r"\A\S+ is (?:in|on|at|under) (?:(?:the|an?|his|her|their) )?(?P<place>[^\W\d_]+)")
_AT = frozenset(
    "in on at under inside within into onto to near by from off "
    "visit visits visited visiting".split()
)
BEFORE_PLACE = 4  # words in which "in" stands
_IS_SAID = re.compile(
    r"\b(?:am|is|are|was|were|be|been|being|based|located|situated|im)\b|['’](?:m|s|re)\b",
    re.IGNORECASE,
)


def guesses_place(fact: str, said: str) -> bool:
    """Return True if "is in", "is near" of a fact has no "am" or "is" behind it.

    "I grew up in Wales, near Bangor" does not say "User is near Bangor"; "the oven's beeping" does
    not say that the user is in it.
    """
    if placed := _IN.match(fact):
        heard, place = words(said), placed["place"].casefold()
        near = [
            heard[max(i - BEFORE_PLACE, 0) : i] for i, word in enumerate(heard) if word == place
        ]
        if all(map(_AT.isdisjoint, near or [heard])):
            return True
    return bool(_PLACED.match(fact)) and not _IS_SAID.search(said)


def is_written_in(fact: str, said: str) -> bool:
    """Return True if a fact has words of English alone that another language did not say."""
    only = _english_only()
    return any(
        word in only or (len(word) >= MIN_PLAIN and languages_of(word) == {"English"})
        for word in set(words(fact)).difference(words(said))
    )


def is_impersonal(sentence: str) -> bool:
    """Return True if a sentence is about a thing or third persons, and not also the speaker."""
    return _IMPERSONAL.match(sentence) is not None


# -- ages

_AGE_IN_FACT = re.compile(r"\byears? old\b|\baged (?=\d)", re.IGNORECASE)
NUMBER = rf"\b(?:\d{{1,3}}|{'|'.join(NUMBER_WORDS)})\b"
_NUMBERS = re.compile(NUMBER, re.IGNORECASE)
_REMINDER = re.compile(r",? (?:so |and )?(?:please )?remind them (?:to|that|about)\b")
_SEVERAL = re.compile(  # "we're 12 people"
    rf"\A\S+ (?:is|was|will be) {NUMBER} (?:people|persons|of us|in total)\b", re.IGNORECASE
)
_OF_AGE = frozenset("old age aged birthday born turning turned turns".split())
# "I'm 34 and", "who is 91,", "they are 4 and 7."; not "it's 5", "I'm 5 minutes late", "is 3:42"
_AGES = re.compile(
    r"(?<!\bit)(?<!\bthat)(?<!\bthere)(?<!\btime)"
    r"(?:\s(?:am|is|are|was|were)|['’](?:m|s|re))\s(?:(?:only|just|now|already|almost)\s)?"
    rf"(?P<ages>{NUMBER}(?:(?:, | and |, and ){NUMBER})*)"
    r"(?=\s*(?:$|[.,;!?)](?!\d)|(?:and|but|so|now|already|who)\b))",
    re.IGNORECASE | re.MULTILINE,
)


_WRITTEN = re.compile(r"[^\W\d_][\w'’]*")
_MARK = re.compile(r"[.!?,;:\n]")
_ASKED = re.compile(r"(?<![^.!?\n])[^.!?\n]*\?")


class Heard:
    """Texts that were said, and what the rules ask of them, each found once."""

    def __init__(self, said: Iterable[str]) -> None:
        self.text = "\n".join(said)
        self.folded = self.text.casefold()
        self._own_names: dict[str, bool] = {}

    @cached_property
    def names(self) -> frozenset[str]:
        """The words with a capital letter, as they were written."""
        return frozenset(word for word in _WRITTEN.findall(self.text) if word[0].isupper())

    @cached_property
    def statements(self) -> str:
        """The text without its questions, case folded."""
        return _ASKED.sub(" ", self.text).casefold()

    def states(self, act: str) -> bool:
        """Return True if the verb of an act was said, and not only in a question or as thanks."""
        verb = act.split()[0].casefold()
        if verb.startswith(("thank", "greet")) or " to" in act.casefold():
            return "thanked" in self.statements or "thankful to" in self.statements
        return verb[:5].removesuffix("s") in self.statements

    def ends_with(self, fact: str) -> bool:
        """Return True if a sentence or clause ends with the last word of a fact, as written."""
        last = fact.rstrip(_ENDING).rsplit(None, 1)[-1:]
        return bool(last) and last[0].strip(_ENDING) in self.last_words

    def names_with(self, word: re.Match[str]) -> bool:
        """Return True if a word was said as part of a name: "I, Robot", "sector I"."""
        before = word.string[: word.start()].rsplit(None, 1)[-1:]
        behind = _NAME_BEHIND.match(word.string, word.end())
        if not before or behind is None or not word[0][0].isupper():
            return False
        return f"{before[0]} {word[0]}{behind[0]}".casefold() in self.folded

    @cached_property
    def last_words(self) -> frozenset[str]:
        """The words before a mark of punctuation or the end of a line, as they are written."""
        ends = (part.rsplit(None, 1)[-1:] for part in _MARK.split(self.text))
        return frozenset(word[0].strip(_ENDING) for word in ends if word)

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
    "married": "wife husband spouse wedding hubby",
    "spouse": "wife husband married hubby",
    "child": "children kid kids son sons daughter daughters boy boys girl girls baby babies "
    "newborn twin twins triplets toddler teenager firstborn oldest eldest youngest pregnant",
    "son": "sons boy boys",
    "daughter": "daughters girl girls",
    "mother": "mom mum mam mama mommy mummy ma",
    "father": "dad papa daddy pa",
    "parent": "parents folks mother father mom mum mam mama mommy mummy dad papa daddy child "
    "children kid kids son sons daughter daughters baby twins",
    "brother": "brothers bro bros",
    "sister": "sisters sis",
    "sibling": "siblings brother brothers sister sisters bro sis",
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
_OWNER = re.compile(r"\b(?:his|her)\b")
_SUBJECT = re.compile(r"\b(?:he|she)(?P<verb>['’]s| is| was| has)\b")  # forms with one for "they"
_PLURAL_VERBS = {"'s": "'re", " is": " are", " was": " were", " has": " have"}
_IS_RELATIVE = re.compile(
    r"\A(?:User|[A-Z][^\W\d_]+) (?:is|was) (?:[A-Z][\w-]+'s |(?:a|an|the) )"
    rf"(?:\w+ )?(?P<word>{'|'.join(_WITHOUT_GENDER)})\b(?! of (?:pearl|all|invention)\b)"
)
_PLURALS = {"child": "children", "grandchild": "grandchildren"}
_RELATIVE = re.compile(rf"\b(?P<word>{'|'.join(_WITHOUT_GENDER)})(?P<s>s?)\b")


def implied_by(word: str) -> list[str]:
    """Return the words that say as much as a word for a relative: "wife" for "married"."""
    singular = word.removesuffix("s")
    return [singular, *_IMPLIED_BY.get(singular, "").split()] if singular in _IMPLIED_BY else []


def without_owner(fact: str) -> str:
    """Return a fact with "their" instead of "his" or "her", and "they are" instead of "he is"."""

    def plural(match: re.Match[str]) -> str:
        return f"they{_PLURAL_VERBS[match['verb'].replace('’', chr(39))]}"

    return _SUBJECT.sub(plural, _OWNER.sub("their", fact))


def has_gender(fact: str) -> bool:
    """Return True if a fact has "he", "she" or the like."""
    return not set(chain(*GENDERED)).isdisjoint(words(fact))


def guesses_relative(fact: str, said: Iterable[str] | Heard) -> bool:
    """Return True if a fact invents that the user is a relative: "User is Kim's mother".

    False for texts in other languages than English.
    """
    match = _IS_RELATIVE.match(fact.replace("’", "'"))
    if match is None:
        return False
    heard = _heard(said)
    return language(heard.text) is None and heard.words.isdisjoint(implied_by(match["word"]))


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
_USERS = re.compile(r"user", re.IGNORECASE)
_THEIRS = re.compile(r"Their ([\w-]+)")
_MINE = re.compile(r"\b(?:my|our) ([\w-]+)", re.IGNORECASE)
_THE_USER = re.compile(r"\b[Tt]he user\b")
_OF_THEY = {"is": "are", "was": "were", "has": "have", "does": "do"}
_THEY = {
    **{f"{she}{verb}": f"they{verb}" for she in ("he", "she") for verb in ("", "'ll", "'d")},
    **{f"{she} {verb}": f"they {them}" for she in ("he", "she") for verb, them in _OF_THEY.items()},
    "him": "them",
    "herself": "themselves",
    "himself": "themselves",
}
_PRONOUN_END = re.compile(r"[' ]")  # of "he's" and "she was"
_SHE = re.compile(rf"\b(?:{'|'.join(sorted(_THEY, key=len, reverse=True))})\b")
NAMES_USER = re.compile(
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


def with_plain_user(fact: str) -> str:
    """Return a fact with "User" for "the user"."""
    return _THE_USER.sub("User", fact)


def thing_of_theirs(fact: str) -> str | None:
    """Return the thing, case folded, with which a fact begins behind "their", or None."""
    theirs = _THEIRS.match(fact)
    return theirs[1].casefold() if theirs else None


def things_of_mine(said: str) -> list[str]:
    """Return the things that a text calls "my" or "our", case folded."""
    return [match[1].casefold() for match in _MINE.finditer(said)]


def speaks_of_users(said: str) -> bool:
    """Return True if a text speaks of users, who need not be who speaks."""
    return _USERS.search(said) is not None


def with_they(fact: str, pronouns: Container[str]) -> str:
    """Return a fact without some of "she", "him" and the like: "User thinks they are ill"."""
    return _SHE.sub(
        lambda match: _THEY[match[0]] if _PRONOUN_END.split(match[0])[0] in pronouns else match[0],
        fact,
    )


def with_subject(fact: str) -> str:
    """Return a fact that leaves out its subject, as Mem0's do, as one about "User".

    "Loves pizza" is "User loves pizza", "Name is Ana" is "User's name is Ana"; others stay.
    """
    first, _, rest = fact.partition(" ")
    word = first.casefold().replace("’", "'")
    if not rest or not first[:1].isupper() or not fact.isascii():
        return fact
    lowered = f"{first.lower()} {rest}"
    if word in words_in(ENGLISH, "facts", "bare_verbs"):
        return f"User {lowered}"
    if word in words_in(ENGLISH, "facts", "bare_states"):
        return f"User is {lowered}"
    is_owned = word in words_in(ENGLISH, "facts", "bare_nouns") and _OWNED.search(rest)
    return f"User's {lowered}" if is_owned else fact


def misnames_user(fact: str, said: Iterable[str] | Heard) -> bool:
    """Return True if a fact calls the user by a name that nobody gave as their own.

    False for texts in other languages than English.
    """
    match = NAMES_USER.match(fact)
    if match is None:
        return False
    heard = _heard(said)
    return not heard.may_name_user and not heard.is_own_name(match["name"])


def is_own_name(name: str, text: str) -> bool:
    """Return True if somebody gives a name as their own in a text."""
    if len(name) > MAX_NAME or not any(map(str.isalnum, name)):
        return False
    return re.search(_INTRODUCED.replace("{name}", re.escape(name)), text) is not None
