"""Rules for English: politeness, ages, relatives, the speaker's own name, signs in an agent's run.

Small models guess: "my kids Leo and Ana" become a son and a daughter, "married for 5 years" becomes
somebody's age, a sister's name becomes the user's. Each rule says nothing about other languages.
"""

import re
from collections.abc import Iterable
from functools import cached_property

from litemem.core.text.language import TELLTALE, language
from litemem.core.text.periods import MONTHS
from litemem.core.text.words import NUMBER_WORDS, STOP_WORDS, digits, words

MAX_NAME = 100  # characters; what is longer, nobody is called
MIN_NOTE_WORDS = 4  # of a statement about a thing
MIN_NAMED = 3  # of one with a name or a number
MAX_VAGUE = 2  # words of a clause about "this" that says little
MAX_NOTE = 300  # characters of a clause that are read
GENDERED = "he she his her him hers herself himself".split()
FACT_WORDS = frozenset(  # subjects and verbs of facts, which the source need not contain
    """user user's assistant assistant's agent agent's speaker name named called age likes like
    loves love enjoys enjoy prefers prefer wants want needs need plans plan lives live works work
    studies plays owns uses speaks hates dislikes avoids moved visited started stopped bought went
    thinks believes feels knows asked recommended suggested promised decided offered
    going years old""".split()
)

# English words of facts that no other language with Latin letters has
_ENGLISH_ONLY = (FACT_WORDS | TELLTALE["English"]).difference(
    "user user's assistant assistant's agent agent's plans".split(),
    *(listed for name, listed in TELLTALE.items() if name != "English"),
)
CONTRACTIONS = frozenset(
    """don't doesn't didn't isn't aren't wasn't weren't haven't hasn't hadn't won't wouldn't can't
    cannot couldn't shouldn't not no never any anymore more longer goes go""".split()
)
USERS = frozenset(  # "user" in other languages
    """nutzer nutzerin benutzer benutzerin usuario usuaria usuário usuária utilisateur utilisatrice
    utente gebruiker użytkownik uzytkownik użytkowniczka пользователь пользователя пользовательница
    kullanıcı kullanici kullanıcının användaren anvandaren användare χρήστης ο η користувач
    користувачка uživatel uživatelka felhasználó utilizatorul utilizatoarea käyttäjä bruger brugeren
    bruker brukeren pengguna người потребителят המשתמש המשתמשת ผู้ใช้ ব্যবহারকারী""".split()
)

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
_ADDRESSING = re.compile(r"\b(?:you|your|yours|me|my|mine|myself|us|our|ours|we|I|I'm)\b")
_NUMERAL = re.compile(
    r"\b(?:[A-Z]\w+|type|part|phase|stage|class|grade|world war) I\b(?!')", re.ASCII
)


_NAME_BEHIND = re.compile(r"\Z|[,.;](?:\s|\Z)|,? (?=[A-Z][a-z])")


def flaw(fact: str, said: "Iterable[str] | Heard" = ()) -> str | None:
    """Return why a text is not a fact, judging by its wording, or None.

    Words that were `said` like that are accepted: "I asked for a raise", "I work at Sainsbury's".
    """
    heard = _heard(said)
    if (polite := _POLITE.match(fact)) and not (polite["act"] and heard.states(polite["act"])):
        return "it is only a question or politeness"
    if _UNFINISHED.search(fact) and not heard.ends_with(fact):
        return "it breaks off"
    if any(not heard.names_with(match) for match in _ADDRESSING.finditer(_NUMERAL.sub(" ", fact))):
        return "it speaks of me or to you"
    return None


_PLACED = re.compile(r"\A\S+ is (?:in|on|at|near|from|with|under|over|of|by|between|for)\b")
_IS_SAID = re.compile(
    r"\b(?:am|is|are|was|were|be|been|being|based|located|situated|im)\b|['’](?:m|s|re)\b",
    re.IGNORECASE,
)


def guesses_place(fact: str, said: str) -> bool:
    """Return True if "is in", "is near" of a fact has no "am" or "is" behind it.

    "I grew up in Wales, near Bangor" does not say "User is near Bangor".
    """
    return bool(_PLACED.match(fact)) and not _IS_SAID.search(said)


def is_written_in(fact: str, said: str) -> bool:
    """Return True if a fact has English verbs or small words that another language did not say."""
    heard = set(words(said))
    return any(word in _ENGLISH_ONLY and word not in heard for word in words(fact))


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


# -- the third person

_FIRST = re.compile(
    r"\A(?:well |ok |okay |so |also |and |but |btw |yes |no |actually |honestly |by the way )*"
    r"(?P<subject>I|we)(?P<rest>['’](?:m|ve|d|ll|re)\b|\b) ?(?P<then>.*)\Z",
    re.IGNORECASE | re.DOTALL,
)
_LEAD = re.compile(  # when something is: "in September we fly to Antalya"
    r"\A(?:(?:and|so|also|then|but|btw),? )?(?P<when>(?:(?:in|on|at|since|from|by|until|till|for|"
    r"every|each|next|last|this|during|after|before|around|about|the|past|coming|following|other|"
    r"first|second|third|early|late|mid|end|beginning|of|and|to|a|an|one|two|three|four|five|six|"
    r"ten|few|couple|now) ){0,5}(?:\d{1,4}(?:st|nd|rd|th)?(?::\d\d)?(?: ?[ap]\.?m\.?)?|"
    rf"{'|'.join(MONTHS)}|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|weekends?|weekdays?|"
    r"mornings?|afternoons?|evenings?|nights?|noon|midnight|spring|summers?|autumn|fall|winters?|"
    r"weeks?|months?|years?|days?|today|tomorrow|yesterday|tonight|nowadays|currently|lately|"
    r"recently|easter|christmas|moment)(?: (?:\d{1,4}(?:st|nd|rd|th)?|ago|now|"
    rf"{'|'.join(MONTHS)}|mornings?|afternoons?|evenings?|nights?))*),? (?=(?:I|we|my|our)\b)",
    re.IGNORECASE,
)
_MY = re.compile(r"\A(?:my|our)\b", re.IGNORECASE)
_CONTRACTED = {"m": "is", "re": "is", "ve": "has", "d": "would", "ll": "will"}
_AUXILIARY = {
    "am": "is",
    "are": "is",
    "have": "has",
    "do": "does",
    "don't": "doesn't",
    "dont": "doesn't",
    "haven't": "hasn't",
    "aren't": "isn't",
    "was": "was",
    "were": "was",
    "go": "goes",
}
_ADVERBS = frozenset(
    """never always usually often rarely sometimes just really only also still already recently
    currently now absolutely definitely barely hardly mostly mainly generally normally occasionally
    probably finally even both all ever once then soon kind sort""".split()
)
_VERBS_IN_LY = frozenset("reply apply rely supply fly multiply imply comply bully rally".split())
_UNCHANGED = frozenset(
    """was were will would can could should must may might did had didn't won't can't cannot
    couldn't wouldn't shouldn't hadn't wasn't weren't isn't is has does doesn't hasn't used
    ought""".split()
)
_PAST = re.compile(r"\A(?!(?:succ|exc|proc|bl|br|sp|n|f|h|s|w)eed\Z|need\Z|feed\Z)\w+ed\Z")
_IRREGULAR = frozenset(
    """went saw ran read took made met found won ate drank wrote came began built taught told
    thought flew drove rode swam sang spent felt heard bought gave lost got left put kept grew broke
    sold said knew became chose hurt quit cut set fell caught held paid sent slept stood understood
    woke wore moved""".split()
)
_OBJECTS = re.compile(r"\b(?:me|us)\b")
_OWN_WORDS = re.compile(r"\b(?:my|our)\b", re.IGNORECASE)
_OWN_SELF = re.compile(r"\bmyself\b|\bourselves\b", re.IGNORECASE)
_INNER = re.compile(r"\b(?:I|we)\b")


_ASSENT = re.compile(
    r"\A\W*(?:yes|yep|yeah|yup|ya|sure|correct|right|exactly|i am|i do|i have|i did|i can|i was|"
    r"that's right|indeed|of course|absolutely|definitely|true|always)\b[^?]{0,20}\Z",
    re.IGNORECASE,
)
_DENIAL = re.compile(
    r"\A\W*(?:no|nope|nah|not really|never|i'm not|i am not|i don't|i do not|i haven't|i didn't|"
    r"i can't|not at all|negative|not yet)\b[^?]{0,12}\Z",
    re.IGNORECASE,
)
_ASKS_YOU = re.compile(
    r"\A\W*(?:(?:and|so|oh|ok|okay|great|nice|thanks|just to be sure|also|by the way),? )*"
    r"(?P<verb>are|do|have|did|can|were|will|would) (?:you|u) (?P<what>[^?]{2,160})\?\W*\Z",
    re.IGNORECASE,
)
_OFFER = re.compile(r"(?:like|want|need) (?:me|to|some|any|a|help)\b|(?:sure|ready|ok|there)\b")
_YOURS = re.compile(r"\byour\b", re.IGNORECASE)
_SAID_YES = {"are": "is", "have": "has", "were": "was"}
_SAID_NO = {
    "are": "is not",
    "do": "doesn't",
    "have": "hasn't",
    "did": "didn't",
    "can": "can't",
    "were": "wasn't",
    "will": "won't",
    "would": "wouldn't",
}


MAX_ANSWERED = 60  # characters of an answer that is quoted; its question has four times as many
MAX_OPTION = 3  # words of one of two things
_NO = frozenset("neither no not none don't nor".split())
_ASKS_OF_YOURS = re.compile(
    r"\A\W*(?:is|was|were|are|does|did|has|have) "
    r"(?!(?:that|this|it|there|these|those|anything|everything) (?:\w+ )?(?:ok|okay|help|right|"
    r"fine|all|anything|clear|good|enough|work|sound|make|correct)\b)[^?]*\b(?:you|your)\b[^?]*\?\Z",
    re.IGNORECASE,
)
_ADDED = re.compile(
    r"(?P<yes>[^,.!?]{2,24})[,.!–—-]{1,3} ?"
    r"(?P<rest>(?:since|for|until|till|from|in|at|with|on|but|only|every|both|to|by|near|as)\b"
    r"[^.!?\n]{1,60}[.!]?)",
    re.IGNORECASE,
)


def answered(question: str, answer: str) -> str | None:
    """Return what a short yes or no says in answer to a question, or None.

    "Are you vegetarian?", "No" is "User is not vegetarian"; "Do you smoke?", "yep, since May" is
    "User smokes since May".
    """
    answer = answer.replace("’", "'")
    if (added := _ADDED.fullmatch(answer.strip())) and (fact := _affirmed(question, added["yes"])):
        return f"{fact} {added['rest'].rstrip(' .!')}"
    return _affirmed(question, answer)


def quoted_answer(question: str, answer: str) -> str | None:
    """Return an answer with its question, if it chooses one of two or affirms what "your" asks.

    "Shall I write in French or English?", "English please"; "Is Hull where you live?", "yes".
    """
    answer, question = answer.strip(), question.strip()
    if not answer or max(len(answer), len(question) // 4) > MAX_ANSWERED:
        return None
    if not question.endswith("?"):
        return None
    before, chooses, behind = question.rpartition(" or ")
    said = set(words(answer))
    if chooses:
        one, other = set(words(before)[-2:]), set(words(behind)[:2])
        is_first = bool(said & (one - other))
        is_told = is_first != bool(said & (other - one)) and not said & _NO
        question = _narrowed(before, behind, is_first=is_first) if is_told else question
        if is_told and (fact := _affirmed(question, "yes")):
            return fact
    else:
        is_yes = _ASSENT.match(answer) or _DENIAL.match(answer) or _ADDED.fullmatch(answer)
        asks = _ASKS_OF_YOURS.match(question) and not _ASKS_YOU.match(question)
        is_told = bool(is_yes and asks)
    return f"User answered “{answer}” to “{question}”" if is_told else None


def _narrowed(before: str, behind: str, *, is_first: bool) -> str:
    """Return a question for one of two things: "in English?" of "in French or English?"."""
    other = behind.split()
    if is_first:
        return f"{before}?"
    if len(other) > MAX_OPTION:
        return f"{before} or {behind}"
    return " ".join([*before.split()[: -len(other)], *other])


def _affirmed(question: str, answer: str) -> str | None:
    """Return what a yes or no alone says."""
    is_yes = _ASSENT.match(answer) is not None
    if not is_yes and _DENIAL.match(answer) is None:
        return None
    asked = _ASKS_YOU.match(question)
    if asked is None or " or " in asked["what"]:
        return None
    verb, what = asked["verb"].casefold(), _YOURS.sub("their", asked["what"].strip())
    if _OFFER.match(what):
        return None
    if not is_yes:
        return f"User {_SAID_NO[verb]} {what}"
    if verb == "do":
        return f"User {_conjugated(what)}"
    return f"User {_SAID_YES.get(verb, verb)} {what}"


_WISHED = re.compile(
    r"\A\W*(?:(?:please|pls|plz|btw|by the way|also|and|from now on|in future|can you|could you|"
    r"just),? )*(?P<wish>(?:keep|write|answer|reply|respond|use|don't|dont|do not|never|always|no|"
    r"stop|call me|speak|talk|give me|avoid|be|address me|refer to me|remind me|limit|format|skip|"
    r"send|explain)\b"
    r"(?=.{0,120}?\b(?:answers?|repl(?:y|ies)|respon\w+|english|spanish|french|german|language|"
    r"bullets?|bullet points?|tables?|emojis?|short|brief|concise|formal|informal|e-?mails?|calls?|"
    r"messages?|texts?|meetings?|sentences?|words|units?|metric|celsius|call me|markdown|jargon|"
    r"headings?|"
    r"slang|jokes?|links?|sources?|notifications?|reminders?|small talk|per cent|euros|dollars|"
    r"pronouns?|polite|blunt|direct|simple|details?|summar\w+|code)\b).*)\Z",
    re.IGNORECASE | re.DOTALL,
)


def wish(clause: str) -> str | None:
    """Return a lasting wish about answers and messages as a fact, or None."""
    match = _WISHED.match(clause.strip())
    is_lasting = match is not None and _ONCE.search(clause) is None
    return f"User asks: {match['wish'].rstrip('.! ')}" if match and is_lasting else None


_ONCE = re.compile(r"\b(?:this|these|that|below|above|following|now|today|here)\b", re.IGNORECASE)
_REACTION = re.compile(
    r"\A\W*(?:(?:oh|well|wow|yes|yeah|no|and|but|so|haha|ok|okay|also|honestly) ?,? )*(?:"
    r"(?:I|we)(?:['’](?:m|d|ll|ve))? (?:(?:really|just|do|so|can|could|would|will|also|can't|don't|"
    r"totally|completely) )*"
    r"(?:think|guess|hope|wish|mean|wonder|see|know|agree|understand|suppose|bet|get it|hear|"
    r"remember|believe|feel (?:you|that|like you)|glad|happy (?:to|for|you)|sorry|sure|afraid not|"
    r"good|fine|ok|okay|back|here|wondering|thinking|thanks|thank|appreciate (?:it|you|that|your)|"
    r"love (?:it|that|this|how|to hear|your)|like (?:it|that|this|how|your)|wait to|tell you|"
    r"ask|question|need (?:your|some) help|want (?:you|to know|to ask)|say|said so|try|"
    r"look forward|looking forward|excited to hear|curious)\b"
    r"|my (?:bad|pleasure|god|goodness|point|question|mistake|apologies|condolences)\b)"
    r"|\byou\b|\byour\b",
    re.IGNORECASE,
)


def is_reaction(clause: str) -> bool:
    """Return True if a clause with "I" only answers: "I agree", "I hope so", "I love your idea"."""
    return _REACTION.search(clause) is not None


_NOTE = re.compile(
    r"\A\W*(?!(?:it|that|this|these|those|there|they|he|she|what|how|why|so|such|let|let's|please|"
    r"thanks?|hi|hello|hey|wow|oh|yes|yeah|no|nope|ok|okay|sure|great|good|nice|cool|awesome|"
    r"congrats|congratulations|happy|have|hope|hoping|sounds?|looks?|seems?|can|could|would|should|"
    r"will|do|does|did|is|are|if|when|maybe|perhaps|i|we|write|tell|give|show|make|help|explain|"
    r"translate|summari[sz]e|list|find|create|generate|draft|compose|suggest|recommend|rewrite|fix|"
    r"convert|calculate|compare|describe|imagine|pretend|act|use|try|add|remove|change|go|keep|be|"
    r"don't|never|always|just|also|and|but|or)\b)"
    r"[^.!?\n]{0,200}?\b(?:is|are|was|were|has|have|had|needs?|\w{2,20}ed|\w{2,20}s|will|must|can|"
    r"can't|won't|isn't|doesn't|don't|left|got|went|came|took|made|gave|began|won|lost|sold|bought|"
    r"met)\b",
    re.IGNORECASE,
)


# Words of praise and of general truths: "dancing is awesome", "life can be tough"
_GENERAL = re.compile(
    r"\b(?:life|people|everyone|everybody|someone|anyone|things?|moments?|memories|kindness|words|"
    r"can be|can really|makes? (?:me|you|us)|gives? (?:me|you|us)|brings? (?:me|you|us)|amazing|"
    r"awesome|great|good|nice|lovely|cool|fun|beautiful|gorgeous|stunning|incredible|wonderful|"
    r"fantastic|perfect|important|tough|hard|scary|inspiring|powerful|magical|special|worth it|"
    r"interesting|exciting|relaxing|rewarding|therapeutic|calming|blast|vibes?|journey|challenges?|"
    r"success|always|so (?:much|many)|the best|matters?|sure|sorry|love it)\b",
    re.IGNORECASE,
)
_NARROW = re.compile(
    r"\d|(?<=\w )[A-Z][a-z]|\A(?!The |A |An )[A-Z][a-z]+ (?:is|was|has|gets|needs|wants"
    r"|likes|loves|hates|lives|works|plays|speaks|goes|takes|eats|drinks|prefers|owns|suffers|can't"
    r"|cannot|doesn't|isn't|comes|turns|starts|left|got)\b"
)
_POINTS = frozenset("this that it these those them him her".split())
_TABULAR = re.compile(r"[{}\[\]<>|=\\]|\S {2,}\S|\t|\w\(\)|::|\w_\w")  # of code, logs and tables


def is_note(clause: str) -> bool:
    """Return True if a clause states something of a thing or of somebody named.

    "Staging deploys on merge", "Petra is the treasurer now"; not "it was great", "sounds good".
    """
    text = clause[:MAX_NOTE]
    said = len(words(text))
    if not text[:1].isalnum() or said < MIN_NAMED or _TABULAR.search(text) or _GENERAL.search(text):
        return False
    states = _NOTE.match(text) is not None
    return states if said >= MIN_NOTE_WORDS else states and _NARROW.search(text) is not None


def speaks_of_self(text: str) -> bool:
    """Return True if a text has "me", "my" or "I"."""
    return _ADDRESSING.search(_NUMERAL.sub(" ", text)) is not None


def is_vague(clause: str) -> bool:
    """Return True if a clause says little beside "this" or "it": "I'm so ready for this"."""
    said = words(clause[:MAX_NOTE])
    told = [word for word in said if word not in STOP_WORDS and word not in FACT_WORDS]
    return not told or (len(told) <= MAX_VAGUE and not _POINTS.isdisjoint(said))


def third_person(clause: str) -> str | None:
    """Return a clause that begins with "I", "we" or "my" about the user, or None if unsure.

    "I don't smoke" becomes "User doesn't smoke", "my dad has gout" "User's dad has gout".
    """
    text = clause.strip().rstrip(".!?;, ").replace("’", "'")
    if (lead := _LEAD.match(text)) and (told := third_person(text[lead.end() :])):
        return f"{told} {_lowered(lead['when'])}"
    if my := _MY.match(text):
        found: str | None = _about_user("User's" + text[my.end() :], "User's")
    elif first := _FIRST.match(text):
        verb = first["rest"].lstrip("'")
        then = first["then"]
        if verb:
            found = _about_user(f"User {_CONTRACTED[verb.casefold()]} {then}", "their")
        else:
            is_verb = then[:1].isalpha()  # "I ❤️ pizza" has none
            found = _about_user(f"User {_conjugated(then)}", "their") if is_verb else None
    else:
        return None
    return found if found and not _INNER.search(found) else None


def _lowered(when: str) -> str:
    """Return when something is, at the end of a sentence: "in May", "every other Friday"."""
    return when[0].casefold() + when[1:]


def with_user(text: str) -> str:
    """Return a part of a sentence with "their" and "them" for "my" and "me"."""
    return _about_user(text, "their")


def _conjugated(predicate: str) -> str:
    """Return a predicate of "I" as one of "User"."""
    found = predicate.split(" ")
    for i, word in enumerate(found[:3]):
        plain = word.casefold()
        if plain in _ADVERBS or (plain.endswith("ly") and plain not in _VERBS_IN_LY):
            continue
        found[i] = _verb_form(word)
        break
    return " ".join(found)


def _verb_form(word: str) -> str:
    plain = word.casefold()
    if plain in _AUXILIARY:
        return _AUXILIARY[plain]
    if plain in _UNCHANGED or _PAST.match(plain) or plain in _IRREGULAR:
        return word
    if plain.endswith(("s", "sh", "ch", "x", "z", "o")):
        return word + "es"
    if plain.endswith("y") and plain[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"


def _about_user(text: str, possessive: str) -> str:
    text = _OWN_WORDS.sub(possessive, text)
    text = _OWN_SELF.sub("themselves", text)
    return _OBJECTS.sub("them" if possessive == "their" else "User", text)


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
