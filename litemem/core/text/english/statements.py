"""Write an English clause as a fact about the user: in the third person, an answer or a note."""

import re
from functools import cache

from litemem.core.text.english.facts import ADDRESSING, NUMBER, NUMERAL, fact_words
from litemem.core.text.english.instructions import asks_to_do
from litemem.core.text.lexicon import ENGLISH, pattern_in, section, words_in
from litemem.core.text.periods import MONTHS
from litemem.core.text.words import STOP_WORDS, stem, words

MIN_NOTE_WORDS = 4  # of a statement about a thing
MIN_NAMED = 3  # of one with a name or a number
MAX_VAGUE = 2  # words of a clause about "this" that says little
MAX_NOTE = 300  # characters of a clause that are read
MAX_ANSWERED = 60  # characters of an answer that is quoted; its question has four times as many
MAX_OPEN = 8  # words of an answer to an open question
MAX_OPTION = 3  # words of one of two things

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
COUNTED = re.compile(  # how many "we" are is no age: "so we're 12 now"
    rf"\A(?:\w+ )?we(?:['’]re| are) (?:\w+ )?(?:{NUMBER}"
    r"(?:(?: now| people| of us| in total| strong){0,3}\W*\Z| people\b| of us\b| in total\b)"
    rf"|(?:\w+ )?[a-z]{{4,12}} of {NUMBER}\b)",  # "a team of nine"
    re.IGNORECASE,
)
_BEGUN = re.compile(  # "thinking of a second dog", "been off sugar for a week"
    r"\A(?:(?:also|just|still|currently|now|already) ){0,2}(?P<verb>been|[a-z]{3,12}ing)\b(?=.* )",
    re.IGNORECASE,
)
_CONTRACTED = {"m": "is", "re": "is", "ve": "has", "d": "would", "ll": "will"}
_LATER = re.compile(  # a verb behind another one of the same "I", with what it governs
    r"(?P<before>,? (?:and |but |then |and then )|, )(?P<verb>[a-z]{2,12})"
    r"(?= (?:in|at|for|as|with|on|to|up|off|an?|the|my|our|every|from|about|around|near|by|until"
    r"|till|both|all|some|no|two|three|it|them|home|work|school|training|\d))"
)
_BINDS = re.compile(  # what makes the verbs behind "and" others than those of the present
    r"(?:\b(?:to|can|could|will|would|should|must|may|might|let|did|not|if|when|who|that|which|has"
    r"|have|had|been|helps?|makes?)\b|n['’]t\b)"
)
_MY = re.compile(r"\A(?:my|our)\b", re.IGNORECASE)
PAST = re.compile(r"\A(?!(?:succ|exc|proc|bl|br|sp|n|f|h|s|w)eed\Z|need\Z|feed\Z)\w+ed\Z")
# "me-time" and "do-it-myself" are words of their own
_OBJECTS = re.compile(r"(?<![\w-])(?:me|us)\b(?!-\w| time\b)")
_OWN_WORDS = re.compile(r"(?<![\w-])(?:my|our)\b(?!-)", re.IGNORECASE)
_OWN_SELF = re.compile(r"(?<![\w-])(?:myself|ourselves)\b", re.IGNORECASE)
_INNER = re.compile(r"\b(?:I|i(?!\.)|we)\b")
_BARE_I = re.compile(r"\bi\b(?!\.)")
_JOINED = re.compile(r"\b[Ii](?:m|ve)\b")  # "im", "ive"
_DENIALS = re.compile(
    r"\b(?:will|does|do|don['’]?t|doesn['’]?t|not|never|always|only|ever)\b", re.IGNORECASE
)
_IN_FIRST_PERSON = re.compile(r"(?:I|[Ww]e|[Mm]y|[Oo]ur)\b")
_STUTTER = re.compile(r"\b(I|we|my)(?: \1\b){1,4}")
OF_SEVERAL = re.compile(r"\A(?:[^\W\d]+,? ){0,3}(?:we|our)\b", re.IGNORECASE)
_OF_ALL = re.compile(  # true of people in general, or of several
    r"\A(?:[^\W\d]+,? ){0,3}we(?:'(?:re|ve|ll))? (?:(?:are|have|were|can|will) )?"
    r"(?:all|both|each)\b",
    re.IGNORECASE,
)
TOGETHER = re.compile(
    r"\b(?:together|each other|one another|(?:both|all) of (?:us|them)|"
    r"as a team|(?:great|good|awesome|amazing|dream) team|on the same page)\b",
    re.IGNORECASE,
)


def third_person(clause: str) -> str | None:
    """Return a clause that begins with "I", "we" or "my" about the user, or None if unsure.

    "I don't smoke" becomes "User doesn't smoke", "my dad has gout" "User's dad has gout". "We know
    each other" is true of nobody alone.
    """
    text = spelled_out(clause).strip().rstrip(".!?;, ")
    if _is_of_several(text):
        return None
    if (lead := _LEAD.match(text)) and (fact := third_person(text[lead.end() :])):
        is_of_all = "," not in fact  # not "last year I weighed 96 kg, now 82"
        return f"{fact} {_lowered(lead['when'])}" if is_of_all else None
    if my := _MY.match(text):
        found: str | None = _about_user("User's" + text[my.end() :], "User's")
    elif (first := _FIRST.match(text)) and not COUNTED.match(text):
        verb = first["rest"].lstrip("'")
        then = first["then"]
        if verb:
            predicate = f"{_CONTRACTED[verb.casefold()]} {then}"
            found = _about_user(f"User {_with_later_verbs(predicate)}", "their")
        else:
            is_verb = then[:1].isalpha()  # "I ❤️ pizza" has none
            predicate = _with_later_verbs(_conjugated(then))
            found = _about_user(f"User {predicate}", "their") if is_verb else None
    elif (begun := _BEGUN.match(text)) and is_elliptical(text):
        verb = "has" if begun["verb"].casefold() == "been" else "is"
        found = _about_user(f"User {verb} {begun['verb'].casefold()}{text[begun.end() :]}", "their")
    else:
        return None
    return found if found and not _INNER.search(found) else None


def about_user(fact: str) -> str:
    """Return a fact in the third person if it is in the first: "We use Unleash"."""
    return (third_person(fact) if _IN_FIRST_PERSON.match(fact) else None) or fact


def counts_people(clause: str) -> bool:
    """Return True if a clause counts "us": "so we're 12 now"."""
    return COUNTED.match(clause[:MAX_NOTE]) is not None


def _is_of_several(text: str) -> bool:
    """Return True if a clause is true of nobody alone: "we rock as a team"."""
    is_joint = OF_SEVERAL.match(text) and TOGETHER.search(text[:MAX_NOTE])
    return bool(is_joint) or _OF_ALL.match(text) is not None


def spelled_out(text: str) -> str:
    """Return a text with "I'm" for "im", "I" for "i", and without the fillers of dictation."""
    text = _JOINED.sub(lambda match: f"I'{match[0][1:]}", text.replace("’", "'"))
    text = _pattern("fillers").sub("", _BARE_I.sub("I", text))
    return _STUTTER.sub(r"\1", text)


def _lowered(when: str) -> str:
    """Return when something is, at the end of a sentence: "in May", "every other Friday"."""
    return when[0].casefold() + when[1:]


def with_user(text: str) -> str:
    """Return a part of a sentence with "their" and "them" for "my" and "me"."""
    return _about_user(text, "their")


@cache
def verbs(kind: str) -> frozenset[str]:
    """Return one list of the table `verbs`."""
    return words_in(ENGLISH, "verbs", kind)


def _conjugated(predicate: str) -> str:
    """Return a predicate of "I" as one of "User"."""
    adverbs, in_ly = verbs("adverbs"), verbs("in_ly")
    found = predicate.split(" ")
    for i, word in enumerate(found[:3]):
        plain = word.casefold()
        if plain in adverbs or (plain.endswith("ly") and plain not in in_ly):
            continue
        found[i] = _verb_form(word)
        break
    return " ".join(found)


def _with_later_verbs(predicate: str) -> str:
    """Return a predicate of "User" with the verbs behind "and", too: "is blind and uses a cane"."""

    def conjugated(match: re.Match[str]) -> str:
        is_free = not _BINDS.search(predicate, 0, match.start())
        is_verb = is_free and match["verb"] in verbs("later")
        return f"{match['before']}{_verb_form(match['verb'])}" if is_verb else match[0]

    return _LATER.sub(conjugated, predicate)


def _verb_form(word: str) -> str:
    plain = word.casefold()
    auxiliary = section(ENGLISH, "verbs")["auxiliary"]
    if plain in auxiliary:
        return str(auxiliary[plain])
    if plain in verbs("unchanged") or PAST.match(plain) or plain in verbs("irregular"):
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


# -- answers

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
_ASKS_WHOSE = re.compile(  # "Is Leo your son?"
    r"\A\W*(?:(?i:and|so|oh|ok|okay),? )?(?P<verb>[Ii]s|[Ww]as|[Aa]re|[Ww]ere) "
    r"(?P<who>[A-Z][\w'-]{1,30}(?:(?: and)? [A-Z][\w'-]{1,30})?) your "
    r"(?P<what>(?!.* or )[^?]{2,60})\?\W*\Z"
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


_SURE_OF_YOU = re.compile(  # "So it's two dogs you have, right?"
    r"\byou(?:['’](?:re|ve|d))?\b[^?]{0,120}, (?:right|yes|correct|is that right|don['’]t you|"
    r"aren['’]t you|haven['’]t you|isn['’]t (?:it|that)(?: right)?|no)\?\Z",
    re.IGNORECASE,
)


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
        is_sure = _SURE_OF_YOU.search(question) and not _pattern("asks_now").search(question)
        asks = asks or is_sure
        is_told = bool(is_yes and asks)
    return f"User answered “{answer}” to “{question}”" if is_told else None


def answers_openly(question: str, answer: str) -> bool:
    """Return True if some words answer what is asked about "you": "Where do you live?", "leeds".

    What somebody wants done now, thinks or feels is no such question.
    """
    question, answer = question.strip(), answer.strip()
    is_short = 0 < len(answer) <= MAX_ANSWERED and len(words(answer)) <= MAX_OPEN
    if not is_short or len(question) > 4 * MAX_ANSWERED or "?" in answer:
        return False
    is_sentence = _FIRST.match(spelled_out(answer)) is not None
    asks = _pattern("asks_open").match(question) and not _pattern("asks_now").search(question)
    return bool(asks) and not is_sentence and _pattern("no_answer").match(answer) is None


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
    if named := _ASKS_WHOSE.match(question):
        be = named["verb"].casefold()
        return f"{named['who']} {be}{'' if is_yes else ' not'} User's {named['what'].strip()}"
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


# -- orders and notes


def does_what_is_asked(clause: str, fact: str) -> bool:
    """Return True if a fact makes a deed of a wish: "User keeps it short", of "keep it short"."""
    order = is_order_not_to(clause)
    wanted = order["wish"] if order else asks_to_do(clause)
    if wanted is None:
        return False
    told, asked = (_DENIALS.sub(" ", text) for text in (fact.partition(" ")[2], wanted))
    return list(map(stem, words(told)[:1])) == list(map(stem, words(asked)[:1]))


def is_order_not_to(clause: str) -> re.Match[str] | None:
    """Return a match if whoever is addressed should not do a thing: "don't tell anyone"."""
    return _pattern("order_not_to").match(clause.strip())


_REACTION = re.compile(
    r"\A\W*(?:(?:oh|well|wow|yes|yeah|no|and|but|so|haha|ok|okay|also|honestly) ?,? )*(?:"
    r"(?:I|we)(?:['’](?:m|d|ll|ve))? (?:(?:really|just|do|so|can|could|would|will|also|can't|don't|"
    r"couldn't|totally|completely) )*"
    r"(?:think|guess|hope(?! to (?!see|hear|help|talk|meet|you))|wish|mean|"
    r"wonder|see|know|agree|understand|suppose|bet|get it|hear|"
    r"remember|believe|feel (?:you|that|like you)|glad|happy (?:to|for|you)|sorry|sure|afraid not|"
    r"good|fine|ok|okay|back|here|wondering|thinking|thanks|thank|appreciate (?:it|you|that|your)|"
    r"love (?:it|that|this|how|to hear|your)|like (?:it|that|this|how|your)|wait to|tell you|"
    r"imagine|agree more|ask|question|need (?:your|some) help|want (?:you|to know|to ask)|say|"
    r"said so|try|"
    r"have (?:an?|some|another|one|two|more) (?:\w+ )?(?:questions?|quer(?:y|ies)|requests?)|"
    r"look forward|looking forward|excited to hear|curious)\b"
    r"|my (?:bad|pleasure|god|goodness|point|question|mistake|apologies|condolences)\b)"
    r"|\byou\b|\byour\b",
    re.IGNORECASE,
)


def is_reaction(clause: str) -> bool:
    """Return True if a clause with "I" only answers: "I agree", "I hope so", "I love your idea"."""
    return _REACTION.search(clause) is not None and not speaks_of_anybody(clause)


def names_somebody(clause: str) -> bool:
    """Return True if a clause gives somebody or something a name: "they named him Otto"."""
    return _NAMING.search(clause[:MAX_NOTE]) is not None


def speaks_of_anybody(clause: str) -> bool:
    """Return True if "you" stands for anybody: "our API returns 429 when you send too much"."""
    return _general().search(clause[:MAX_NOTE]) is not None


@cache
def _general() -> re.Pattern[str]:
    return re.compile(section(ENGLISH, "clauses")["general"], re.IGNORECASE)


_NOTE = re.compile(
    r"\A\W*(?!(?:it|that|this|these|those|there|they|he|she|what|how|why|so|such|let|let's|please|"
    r"its|thats|theres|whats|hes|shes|theyre|dont|cant|didnt|isnt|"
    r"by the way|"
    r"thanks?|hi|hello|hey|wow|oh|yes|yeah|no|nope|ok|okay|sure|great|good|nice|cool|awesome|"
    r"congrats|congratulations|happy|have|hope|hoping|sounds?|looks?|seems?|can|could|would|should|"
    r"will|do|does|did|is|are|if|when|maybe|perhaps|i|we|write|tell|give|show|make|help|explain|"
    r"translate|summari[sz]e|list|find|create|generate|draft|compose|suggest|recommend|rewrite|fix|"
    r"convert|calculate|compare|describe|imagine|pretend|act|use|try|add|remove|change|go|keep|be|"
    r"don't|never|always|just|also|and|but|or|plus)\b)"
    r"[^.!?\n]{0,200}?\b(?:is|are|was|were|has|have|had|needs?|\w{2,20}ed|\w{2,20}s|will|must|can|"
    r"can't|won't|isn't|doesn't|don't|left|got|went|came|took|made|gave|began|won|lost|sold|bought|"
    r"met|chose|held|ran|kept|sent|wrote|built|paid|spent|grew|broke|fell|drove|flew|found|lent)\b",
    re.IGNORECASE,
)


# Words of praise and of general truths: "dancing is awesome", "life can be tough"
_GOOD = (
    r"amazing|awesome|great|good|nice|lovely|cool|fun|beautiful|gorgeous|stunning|incredible|"
    r"wonderful|fantastic|perfect|important|vital|necessary|essential|crucial|tough|hard|scary|"
    r"inspiring|powerful|magical|special|worth it|interesting|exciting|relaxing|rewarding|"
    r"therapeutic|calming|fancy|nicely|take a look|sweet|neat|fab|fabulous|brilliant|impressive|"
    r"adorable|cute"
)
_PRAISE = re.compile(rf"\b(?:{_GOOD})\b", re.IGNORECASE)
_GENERAL = re.compile(
    r"\b(?:life|people|everyone|everybody|someone|anyone|things?|moments?|memories|kindness|words|"
    r"can be|can really|makes? (?:me|you|us)|gives? (?:me|you|us)|brings? (?:me|you|us)|blast|"
    r"vibes?|journey|challenges?|success|always|so (?:much|many)|the best|matters?|sure|sorry|"
    rf"love it|joy|must-(?:see|read|have|try)|ourselves|each other|{_GOOD})\b",
    re.IGNORECASE,
)
_NARROW = re.compile(
    r"\d|(?<=\w )[A-Z][a-z]|\A[Tt]he [a-z]{2,20} (?!is |was |has )[a-z]{3,20}s\b"
    r"|\A(?!The |A |An )[A-Z][a-z]+ (?:is|was|has|gets|needs|wants"
    r"|likes|loves|hates|lives|works|plays|speaks|goes|takes|eats|drinks|prefers|owns|suffers|can't"
    r"|cannot|doesn't|isn't|comes|turns|starts|left|got)\b"
)
_SUITS = re.compile(r"\b(?:works|is fine|does it)(?: for (?:me|us))?\W{0,9}\Z", re.IGNORECASE)
_NAMELESS = re.compile(
    r"\A\W*(?!(?-i:[Tt]his is [A-Z]))"
    r"(?:(?:it|he|she|they|its|hes|shes|theyre|thats|theres|everyone|everybody|there|yeah|wow|"
    r"by the way)\b|"
    r"(?:this|that|these|those)(?:'s)? (?:'s|is|are|was|were|has|have|had|will|would|can|could|"
    r"should|must|might|may|takes?|took|brings?|brought|works?|goes|went|depends?|happens?|"
    r"looks?|sounds?|seems?|feels?|felt|makes?|made|means|meant|gives?|gave|helps?|helped"
    r"|\w{2,20}ed)\b|"
    r"(?:this|that)'s\b|(?:looks?|sounds?|seems|feels?) \w)",
    re.IGNORECASE,
)
_FIRST_PERSON = re.compile(r"\b(?:I|we|my|our|me|us)\b")
_OWN_SUBJECT = re.compile(r"\b(?:I|we|my|our|mine|ours)\b", re.IGNORECASE)
_EMPTY = re.compile(  # of a fact
    r"\A[^\W\d_]{1,30}(?:'s [^\W\d_]{1,30})? "
    r"(?:(?:can|could|can't|couldn't|would) (?:imagine|agree)\b|(?:can|could) tell\W*\Z"
    rf"|has (?:an? )?(?:{_GOOD}) (?:idea|point|plan|attitude|time|day|suggestion|question)s?\W*\Z"
    r"|has been (?:ages|forever|too long|so long|an? (?:while|minute|long time))\W*\Z"
    r"|appreciates (?:the|his|her|their|[^\W\d_]+'s) (?:kind )?(?:support|help|words|encouragement"
    r"|offer|advice)\W*\Z"
    r"|(?:is )?hop(?:es|ing) so\W*\Z"
    r"|(?:is|was|feels|felt|looks|are|were) (?:(?:so|very|really|just|super|pretty) )?"
    rf"(?:{_GOOD})\W*\Z)",
    re.IGNORECASE,
)
_OWN_NAMED = re.compile(r"\b(?:my|our) [A-Z]")  # "I run this on my NAS"
_NAMING = re.compile(  # "we named her Iris", "she's called Iris now"
    r"\b(?:nam|call|christen|bapti[sz]|nicknam|renam|dubb)(?:e?d|ing) "
    r"(?:(?:him|her|it|them|the|our|my|both|each) ?)(?:[a-z]+ ){0,2}(?:[A-Z]|[\"“'‘])"
    r"|\b(?:a|an|my|our|his|her|their) [^.!?\n]{2,60} (?:called|named) [A-Z]"  # "a dog called Mo"
    r"|(?:'s|\b(?:is|are|was|were|be|been|being|got|gets)) (?:\w+ )?"
    r"(?:called|named|christened|bapti[sz]ed|renamed) [A-Z]"
)
_POINTS = frozenset("this that it these those them him her".split())
_TABULAR = re.compile(r"[{}\[\]<>|=\\]|\S {2,}\S|\t|\w\(\)|::|\w_\w")  # of code, logs and tables


def is_note(clause: str) -> bool:
    """Return True if a clause states something of a thing or of somebody named.

    "Staging deploys on merge", "Petra is the treasurer now"; not "it was great", "sounds good".
    """
    text = clause[:MAX_NOTE]
    cries = _pattern("cries").match(text.replace("’", "'"))
    text = text[cries.end() :] if cries else text
    said = len(words(text))
    if not text[:1].isalnum() or said < MIN_NAMED or _TABULAR.search(text):
        return False
    if _SUITS.search(text):
        return False
    general = {match.group().casefold() for match in _GENERAL.finditer(text)}
    if general and (general != {"always"} or not _NARROW.search(text)):
        return False
    if is_talk(text):
        return False
    states = _NOTE.match(text) is not None
    return states if said >= MIN_NOTE_WORDS else states and _NARROW.search(text) is not None


def is_nameless(text: str) -> bool:
    """Return True if a text does not say who or what it is about: "It was amazing"."""
    text = text.replace("’", "'")
    cries = _pattern("cries").match(text)
    return _NAMELESS.match(text[cries.end() :] if cries else text) is not None


def is_talk(text: str) -> bool:
    """Return True if a text only thanks, cheers, wishes or encourages: "Don't give up, mate!"."""
    start = text[:MAX_NOTE].replace("’", "'")
    if _pattern("vocative").search(start) and not _FIRST_PERSON.search(start):
        return True
    return _pattern("talk").match(start) is not None and not speaks_of_anybody(start)


def says_nothing(fact: str) -> bool:
    """Return True if a fact is only talk or praise: "Ana couldn't agree more", "Ana is awesome"."""
    told = fact[:MAX_NOTE].replace("’", "'")
    if saying := _pattern("saying").match(told):
        told = told[saying.end() :]
    return is_talk(told) or _EMPTY.match(fact[:MAX_NOTE]) is not None


def is_elliptical(text: str) -> bool:
    """Return True if a text leaves out who it is about: "Got the tattoo years ago"."""
    start = text[:MAX_NOTE].replace("’", "'")
    return _pattern("elliptical").match(start) is not None and _TABULAR.search(start) is None


def tells_of_self(text: str) -> bool:
    """Return True if a clause says something of "I", "we" or "mine", wherever they stand.

    "When my back hurts I sleep on the floor"; not "what can I do", "let me think".
    """
    start = spelled_out(text[:MAX_NOTE])
    if len(words(start)) <= MIN_NOTE_WORDS or _TABULAR.search(start) or is_talk(start):
        return False
    if _is_of_several(start):
        return False
    is_plain = _pattern("telling").match(start) is not None and _OWN_SUBJECT.search(start)
    return bool(is_plain) and not (is_truism(start) and _NARROW.search(start) is None)


def points_back(text: str) -> bool:
    """Return True if a statement means what was just asked about: "that's what I ride"."""
    return _pattern("points_back").search(spelled_out(text[:MAX_NOTE])) is not None


def gives_own_name(text: str) -> bool:
    """Return True if a clause gives the speaker's name: "Call me Bill", "Tariq here, 38"."""
    return _pattern("introducing").match(text[:MAX_NOTE]) is not None


def is_telegraphic(text: str) -> bool:
    """Return True if a text leaves out "I" and "am": "Live in Cork", "allergic to bees"."""
    start = text[:MAX_NOTE].replace("’", "'")
    return _pattern("telegraphic").match(start) is not None and len(words(start)) >= MIN_NAMED


def is_praise(text: str) -> bool:
    """Return True if a text only says how something is: "that looks great"."""
    start = text[:MAX_NOTE]
    return _PRAISE.search(start) is not None and _NARROW.search(start) is None


def is_truism(text: str) -> bool:
    """Return True if a text is praise, or true in general: "kindness is key"."""
    start = text[:MAX_NOTE]
    return _GENERAL.search(start) is not None and _NARROW.search(start) is None


def speaks_of_self(text: str) -> bool:
    """Return True if a text has "me", "my" or "I"."""
    return ADDRESSING.search(NUMERAL.sub(" ", text)) is not None


def is_vague(clause: str) -> bool:
    """Return True if a clause says little beside "this" or "it": "I'm so ready for this"."""
    if names_somebody(clause) or _OWN_NAMED.search(clause[:MAX_NOTE]):
        return False
    said = words(clause[:MAX_NOTE])
    told = [word for word in said if word not in STOP_WORDS and word not in fact_words()]
    return not told or (len(told) <= MAX_VAGUE and not _POINTS.isdisjoint(said))


def _pattern(key: str) -> re.Pattern[str]:
    return pattern_in(ENGLISH, "statements", key)
