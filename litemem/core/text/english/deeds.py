"""Judge by English rules who does what a clause states: the speaker, another, a thing, everybody.

Small models give the user what a clause says of "it", of somebody named or of the person addressed.
"""

import re

from litemem.core.text.english.facts import fact_words
from litemem.core.text.english.statements import (
    COUNTED,
    MAX_NOTE,
    OF_SEVERAL,
    PAST,
    TOGETHER,
    is_elliptical,
    is_praise,
    is_talk,
    is_telegraphic,
    verbs,
)
from litemem.core.text.lexicon import ENGLISH, pattern_in
from litemem.core.text.words import STOP_WORDS, stem, words

MAX_CHEER = 8  # words of one that only praises: "we make a great team"
MIN_DEED = 2
_YOUR = re.compile(r"\byour (?P<noun>[^\W\d_]{2,30})")
_MINE = re.compile(r"\b(?:my|our) (?P<noun>[^\W\d_]{2,30})")
_THEIR = re.compile(r"(?:\b(?:his|her|their)|[^\W\d_]'s|\bhas(?: an?)?) (?P<noun>[^\W\d_]{2,30})")
_FOR_ALL = re.compile(
    r"\A\W*(?:(?:yes|yeah|yep|sure|and|but|so|also|definitely|really),? ){0,2}"
    r"(?:our [^\W\d_]{2,30} (?:is|are) our\b|we (?:really |all |just )?"
    r"(?:should|must|gotta|need to|can|could|have to|ought to)\b)",
    re.IGNORECASE,
)
_THINGS = frozenset("it this that these those which they he she you".split())
_IS_NUMBER = re.compile(r"\A[^\W\d_]+ is \w+(?: now)?\W*\Z")
_COPULAS = frozenset("is are was were s re".split())
_BEFORE_VERBS = frozenset(
    "is are was were s re has have had ve d ll will would can could should may might must do does "
    "did be been being not don doesn didn isn aren won t".split()
)
_HAVE = frozenset("has have had".split())
_SPEAKS_OF_ME = re.compile(r"\b(?:I|we|my|our|me|mine|ours)\b|(?i:\b(?:my|our|we)\b)")
_SPEAKS_AS_I = re.compile(r"(?i:\b(?:i|we|im|ive|id|ill)\b)")
_PARTS = re.compile(r"[,;]| and | but | while | whereas ")
_USER_AS_OBJECT = frozenset("me us".split())
_AS_SUBJECT = frozenset("i we".split())
_TO = frozenset("to not and or but".split())
_IS_ME = re.compile(r"\b(?P<noun>[a-z]{2,20}) (?:is|are) (?:just |only )?(?:me|us)\b")
_PART_OF_NAME = re.compile(
    r"(?:and |but )?(?P<name>[A-Z][a-z]{1,20}) (?!last |next |in |on |at |for |to |from |with "
    r"|since |and "
    r"|this |every |by |of |as |is |was )[a-z]{3,20}\b"
)
_OPINION = re.compile(
    r"\A[^\W\d_]+ (?:(?:really|also) )?(?:loves?|likes?|enjoys?|finds?|thinks?|believes?|prefers?"
    r"|hates?"
    r"|dislikes?|considers?|calls?|admires?)\b"
)
_NAMED_FIRST = re.compile(
    r"(?!User\b)(?:(?:Dr|Mrs?|Ms)\.? )?[A-Z][\w'’-]{1,20}(?: [A-Z][\w'’-]{1,20})?"
)
_FIRST_PERSON = re.compile(r"(?i:\A\W{0,3}(?:(?:and|but|so|then) )?(?:i|we)\b)")
_HALF = re.compile(
    r"\b(?:half|quarter|third) (?:an? |of an? |the |of the |my )(?P<noun>[a-z]{3,20})\b",
    re.IGNORECASE,
)
_PART_WORD = re.compile(
    r"\b(?:half|halves|quarters?|thirds?|0\.5|½|¼|⅓)|\b1/[234]\b", re.IGNORECASE
)
_NAME = r"(?:(?:Dr|Mrs?|Ms|Miss|Prof)\.? )?[A-Z][\w'’-]{1,20}(?: [A-Z][\w'’-]{1,20})?"
_ROLE = r"[A-Za-z][\w-]{1,20}(?: [a-z][\w-]{1,20})?"
_IS_HOLDER = re.compile(
    rf"(?P<name>{_NAME}) is (?:the |now the )?(?:(?:User['’]s|their) )?(?P<role>{_ROLE}?)"
    r"(?: of User| now)?\W{0,3}\Z"
)
_HAS_HOLDER = re.compile(rf"User['’]s (?P<role>{_ROLE}?) is (?:called |now )?(?P<name>{_NAME})")
_MY_HOLDER = re.compile(
    rf"\b(?:[Mm]y|[Oo]ur) (?:new )?(?P<role>{_ROLE}?) is (?:now )?(?P<name>{_NAME})"
    rf"|(?P<name_>{_NAME}) is (?:now )?(?:my|our|the) (?:new )?(?P<role_>{_ROLE}?)"
    r"(?: now)?(?=[,.;!?]|\Z| (?:and|but|since|from|so)\b)"
)
_WORD = re.compile(r"[\w-]+")
_HAS_ROLE = re.compile(
    r"User (?:is (?:currently |now )?|works as |is (?:currently |now )?(?:working|employed) as )"
    r"(?:an?|the) (?P<role>[a-z][\w-]{2,30})\b"
)
_SEEKS = re.compile(
    r"\b(?:cv|résumé|resume|appl(?:y|ied|ying|ications?)|interview(?:ed|ing|s)?|cover letter"
    r"|hunting|looking|searching|audition(?:ed|ing)?|hoping|studying|retraining|shortlisted|vacancy)\b"
    r"(?: \w{1,20}){0,2}? (?:for|as|to be|to become) (?:an? |the )?(?P<role>[\w -]{3,40})",
    re.IGNORECASE,
)
_VALUE_WRITTEN = (
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may|june|july|august"
    r"|september|october|november|december|\d[\d.,:]{0,9}"
)
_VALUE = re.compile(rf"\b(?:{_VALUE_WRITTEN})\b", re.IGNORECASE)
_TO_VALUE = re.compile(rf"\bto (?:the )?({_VALUE_WRITTEN})\b", re.IGNORECASE)
_SUBJECT_VERBS = _COPULAS | frozenset("must can could would will has does makes gives".split())
_NAME_ACTS = re.compile(
    r"\A(?:\W{0,9}(?:And|But|So|Also|Then),? )?(?P<name>[A-Z][^\W\d_]{1,30}) "
    r"(?:(?:also|just|now|still|already|recently|then|even|finally|has|had|is|was) )?"
    r"(?P<verb>[a-z]{2,20})\b"
)


_DOES_TO_ME = re.compile(
    r"(?:\A|[,;.] |\band )(?P<verb>[a-z]{2,20}s) (?:my|me|us|our)\b", re.IGNORECASE
)
_TIMED = re.compile(  # "the hall is at 7 pm"
    r"\A(?:The )?(?P<what>(?!User\b)[^\W\d_][\w .'’-]{1,40}?) (?:is|starts|begins) (?:at|on) \d"
)
_IS_THEIRS = re.compile(r"\AUser is (?P<name>[A-Z][\w. -]{0,40}?)'s (?P<what>[\w -]{2,40}?)\W*\Z")
_IS_MINE = re.compile(
    r"\b(?P<name>\w[\w. -]{0,40}?)(?:'s| is| was) (?:my|our) (?P<what>\w[\w -]{1,40})"
)
_IS_WHAT = re.compile(r"\b(?:is|are) (?:now )?(?P<what>\d{1,3}|[a-z]{3,20})\b")
_WILL_BE = re.compile(
    r"(?:'ll|\bwill|\bgoing to|\bgonna|\babout to) (?:soon |then |finally )?(?:be|turn|become) "
    r"(?P<what>\d{1,3}|[a-z]{3,20})\b",
    re.IGNORECASE,
)
_IS_NOW = re.compile(
    r"(?:'s|'m|'re|\bis|\bam|\bare)(?: now| already)? (?P<what>\d{1,3}|[a-z]{3,20})\b",
    re.IGNORECASE,
)


def is_shared(clause: str, fact: str) -> bool:
    """Return True if a fact says what a clause says of several, and of none of them alone."""
    if COUNTED.match(clause[:MAX_NOTE]) and _IS_NUMBER.match(fact):
        return True
    is_joint = TOGETHER.search(clause[:MAX_NOTE]) and TOGETHER.search(fact[:MAX_NOTE])
    return bool(is_joint) and OF_SEVERAL.match(clause) is not None and " and " not in fact


def is_shared_by_all(clause: str) -> bool:
    """Return True if "our" or "we" may mean everybody: "our kids are our future", "we should"."""
    return _FOR_ALL.match(clause[:MAX_NOTE].replace("’", "'")) is not None


def is_of_both(clause: str) -> bool:
    """Return True if a clause only says what is true of both who speak: "we make a great team"."""
    text = clause[:MAX_NOTE].replace("’", "'")
    is_cheer = is_praise(text) and len(words(text)) <= MAX_CHEER
    return TOGETHER.search(text) is not None or is_shared_by_all(text) or is_cheer


def is_of_thing(clause: str, fact: str) -> bool:
    """Return True if a fact says of the user what a clause says of "it", "that" or "they".

    "I got a tattoo, it stands for freedom" is no "User stands for freedom".
    """
    said = words(clause[:MAX_NOTE])
    told = [w for w in words(fact[:MAX_NOTE])[1:] if w not in verbs("adverbs")][:3]
    if told[:1] and told[0] in _HAVE and told[1:] and _is_participle(told[1]):
        told = told[1:]
    if not told or not _THINGS.intersection(said):
        return False
    verb, then = stem(told[0]), told[1:2]
    subjects = set()
    for i, word in enumerate(said):
        is_copula = told[0] in _COPULAS and word in _COPULAS and said[i + 1 : i + 2] == then
        if is_copula and said[i - 1 : i] == ["this"]:  # "this is Olga"
            return False
        if is_copula or (told[0] not in _COPULAS and stem(word) == verb):
            before = [w for w in said[:i] if w not in verbs("adverbs") and w not in _BEFORE_VERBS]
            subjects.add(before[-1] if before else "")
    return bool(subjects) and subjects <= _THINGS


def is_of_activity(clause: str, fact: str) -> bool:
    """Return True if the user does in a fact what a clause only calls hard, good or the like.

    "Searching for a studio's a tough job" is no "User is searching for a studio".
    """
    match = pattern_in(ENGLISH, "statements", "doing").match(clause[:MAX_NOTE].replace("’", "'"))
    return match is not None and match["doing"].casefold() in words(fact[:MAX_NOTE])[1:4]


def is_of_others(clause: str, fact: str) -> bool:
    """Return True if a clause says of a thing, or to the other, what is not the speaker's own.

    "The signature is sweet!", "congrats on the team"; not "Got a dog", or an answer: "Rome, in
    May". An opinion of a thing may be the speaker's: "Ana loves tango", of "tango is graceful".
    """
    text = clause[:MAX_NOTE].replace("’", "'")
    if _SPEAKS_OF_ME.search(text) or is_elliptical(text):
        return False
    said = frozenset(words(text))
    if "must" not in said and _OPINION.match(fact):
        return False
    is_told = "been" in said and "must" not in said
    if is_told and text.split()[0].endswith("ing"):  # "looking for a flat has been hard"
        return False
    return not _SUBJECT_VERBS.isdisjoint(said) or is_talk(text) or is_praise(text)


def is_of_another_name(clause: str, fact: str) -> bool:
    """Return True if a clause says of one name what a fact says of another.

    "Mia also started judo" is no "Leo started judo".
    """
    said, told = _NAME_ACTS.match(clause[:MAX_NOTE]), _NAME_ACTS.match(fact[:MAX_NOTE])
    if said is None or told is None or said["name"] == told["name"]:
        return False
    if said["name"].casefold() in STOP_WORDS | fact_words() or said["name"] in fact:
        return False
    verb = said["verb"].casefold()
    is_verb = verb.endswith(("s", "ed")) or verb in verbs("irregular")
    is_same = is_verb and stem(verb) == stem(told["verb"].casefold())
    return is_same and told["name"] not in clause


def is_of_named_part(clause: str, fact: str) -> bool:
    """Return True if a part of a clause says of somebody named what a fact says of the user.

    "The band is me on bass, Petra drums" is no "User plays drums", and no "User is a band".
    """
    if equal := _IS_ME.search(clause[:MAX_NOTE]):
        told = words(fact[:MAX_NOTE])
        if told[1:2] == ["is"] and told[3:4] == [equal["noun"]]:
            return True
    told = [stem(w) for w in words(fact[:MAX_NOTE])[1:] if w not in STOP_WORDS]
    parts = [part.strip() for part in clause[:MAX_NOTE].split(",")]
    heard = [{stem(word) for word in words(part)} for part in parts]
    for i in (*(i for i, said in enumerate(heard) if told and told[0] in said),) or (
        *(i for i, said in enumerate(heard) if told and told[-1] in said),
    ):
        name = _PART_OF_NAME.match(parts[i])
        if i == 0 or name is None or name["name"] in fact or _SPEAKS_OF_ME.search(parts[i]):
            return False
    return bool(told) and any(told[0] in said or told[-1] in said for said in heard)


def knows_unsaid(clause: str, fact: str) -> bool:
    """Return True if a fact tells what the user knows, and a clause says nothing of that.

    "The bus doesn't stop here, just so you know" is no "User doesn't know if the bus stops".
    """
    is_known = pattern_in(ENGLISH, "binding", "knows").match(fact) is not None
    said = pattern_in(ENGLISH, "binding", "of_knowing").search(clause[:MAX_NOTE])
    return is_known and said is None


def is_of_other_subject(clause: str, fact: str) -> bool:
    """Return True if the user does in a fact what something else does in a clause without "I".

    "My wife bought me a car" is no "User bought a car"; "bought a car" is. What "I" do behind the
    verb is another deed.
    """
    text = clause[:MAX_NOTE].replace("’", "'")
    if is_elliptical(text) or is_telegraphic(text):
        return False
    told = [w for w in words(fact[:MAX_NOTE])[1:] if w not in verbs("adverbs")][:1]
    if not told or told[0] in _COPULAS | _HAVE | _BEFORE_VERBS | _TO:
        return False
    if told == ["and"] and _SPEAKS_AS_I.search(text):  # "User and User's wife keep hens"
        return False
    said, verb = words(text), stem(told[0])
    if said[:1] and said[0] in verbs("openers"):  # no subject: "for lunch usually eat soup"
        return False
    found = [i for i, word in enumerate(said) if stem(word) == verb]
    before = said[: found[0]] if found else []
    until = said[: found[-1] + 1] if found else said
    if words(fact[:MAX_NOTE])[0] in before or _SPEAKS_AS_I.search(" ".join(until)):
        return False
    return any(w not in verbs("adverbs") for w in before) and before[-1] not in _TO


def is_sought(clause: str, fact: str) -> bool:
    """Return True if a fact gives the user a role that they only look for: "a CV for a nurse"."""
    role = _HAS_ROLE.match(fact[:MAX_NOTE])
    if role is None:
        return False
    text = clause[:MAX_NOTE]
    sought = [match.span("role") for match in _SEEKS.finditer(text)]
    named = [match.start() for match in _WORD.finditer(text) if match[0].casefold() == role["role"]]
    return bool(named) and all(any(a <= at < b for a, b in sought) for at in named)


def is_done_by_speaker(clause: str, fact: str) -> bool:
    """Return True if a fact gives somebody else a deed of "I": "we've complained twice"."""
    subject = _NAMED_FIRST.match(fact)
    if subject is None or _FIRST_PERSON.match(clause) is None:
        return False
    said, told = (frozenset(map(stem, words(text[:MAX_NOTE]))) for text in (clause, fact))
    named = frozenset(map(stem, words(subject[0])))
    deed = told - named - STOP_WORDS
    return named.isdisjoint(said) and bool(deed) and deed <= said


def halves_are_lost(clause: str, fact: str) -> bool:
    """Return True if a fact has a whole of what is half in its clause: "half a tablet"."""
    halved = {match["noun"].casefold() for match in _HALF.finditer(clause[:MAX_NOTE])}
    told = words(fact[:MAX_NOTE])
    return any(noun in told for noun in halved) and not _PART_WORD.search(fact)


def gives_role_to_other(clause: str, fact: str) -> bool:
    """Return True if a fact gives a role to another than the clause: "so my GP is Dr Berg now"."""
    told = _IS_HOLDER.match(fact[:MAX_NOTE]) or _HAS_HOLDER.match(fact[:MAX_NOTE])
    if told is None:
        return False
    held = {
        (match["role"] or match["role_"]).casefold(): match["name"] or match["name_"]
        for match in _MY_HOLDER.finditer(clause[:MAX_NOTE])
    }
    named = held.get(told["role"].casefold())
    return named is not None and told["name"] not in named and named not in told["name"]


def is_moved_elsewhere(clause: str, fact: str) -> bool:
    """Return True if a fact moves something to the day or time that it had: "it was Wednesday"."""
    new, told = (
        {match[1].casefold() for match in _TO_VALUE.finditer(text[:MAX_NOTE])}
        for text in (clause, fact)
    )
    return bool(new) and bool(told) and new.isdisjoint(told) and told <= _values_in(clause)


def _values_in(text: str) -> set[str]:
    return {match[0].casefold() for match in _VALUE.finditer(text[:MAX_NOTE])}


def is_done_by_thing(clause: str, fact: str) -> bool:
    """Return True if the user does to themself what something does: "swells my throat up"."""
    text = clause[:MAX_NOTE].replace("’", "'")
    verbs_of_things = {match["verb"].casefold() for match in _DOES_TO_ME.finditer(text)}
    return words(fact[:MAX_NOTE])[1:2] != [] and words(fact[:MAX_NOTE])[1] in verbs_of_things


def is_of_event(clause: str, fact: str) -> bool:
    """Return True if a place gets the time of an event there: "dinner is at Lumen, 7 pm"."""
    told = _TIMED.match(fact[:MAX_NOTE])
    if told is None:
        return False
    said, place = f" {clause[:MAX_NOTE].casefold()}", told["what"].casefold()
    is_place = any(f" {word} {place}" in said for word in ("at", "in", "at the", "in the"))
    return is_place and not said.startswith(f" {place}")


def is_reversed(clause: str, fact: str) -> bool:
    """Return True if a fact turns a relation round: "Tom is my boss" as "User is Tom's boss".

    Of friends, neighbours and the like both are true.
    """
    told = _IS_THEIRS.match(fact[:MAX_NOTE].replace("’", "'"))
    if told is None or told["what"].split()[-1].casefold() in verbs("mutual"):
        return False
    name, what = told["name"].casefold(), told["what"].casefold()
    said = _IS_MINE.finditer(clause[:MAX_NOTE].replace("’", "'").casefold())
    return any(each["name"].endswith(name) and what in each["what"] for each in said)


def is_to_come(clause: str, fact: str) -> bool:
    """Return True if a fact says that something is what a clause says that it will be.

    "She'll be 70 in July" is no "Ana is 70 years old".
    """
    text = clause[:MAX_NOTE].replace("’", "'")
    to_come, so, told = (
        {match["what"].casefold() for match in pattern.finditer(said)}
        for pattern, said in ((_WILL_BE, text), (_IS_NOW, text), (_IS_WHAT, fact[:MAX_NOTE]))
    )
    return not told.isdisjoint(to_come - so)


def is_done_to_user(clause: str, fact: str) -> bool:
    """Return True if somebody does to the user what the user does to them in a fact.

    "I owe Ana 200 and Ben owes me 50" is no "User owes Ben 50".
    """
    told = words(fact[:MAX_NOTE])[1:]
    if len(told) < MIN_DEED or told[0] in _COPULAS:
        return False
    verb, others = stem(told[0]), set(told[1:]) - STOP_WORDS
    for part in _PARTS.split(clause[:MAX_NOTE]):
        said = words(part)
        acts = [i for i, word in enumerate(said) if stem(word) == verb and i]
        if not acts or not _USER_AS_OBJECT.intersection(said[acts[0] :]):
            continue
        before = said[: acts[0]]
        if _AS_SUBJECT.isdisjoint(before) and not others.isdisjoint(before):
            return True
    return False


def is_yours(clause: str, fact: str) -> bool:
    """Return True if a fact gives its subject what is the other's: "I believe in your power"."""
    said = clause[:MAX_NOTE].casefold()
    yours = {match["noun"] for match in _YOUR.finditer(said)}
    mine = {match["noun"] for match in _MINE.finditer(said)}
    theirs = {match["noun"] for match in _THEIR.finditer(fact[:MAX_NOTE].casefold())}
    return bool(theirs & (yours - mine))


def _is_participle(word: str) -> bool:
    return PAST.match(word) is not None or word in verbs("irregular")
