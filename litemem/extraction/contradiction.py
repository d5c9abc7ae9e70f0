"""Compare a fact with its clause alone: the subject, the negation, the order, the side.

A small model drops a denial, reverses a preference, or gives the user what is of a flatmate. The
words by which a language says so are data.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from functools import cache

from litemem.core.text import english
from litemem.core.text.clause_borders import clause_pattern, kin_of_speaker
from litemem.core.text.clauses import Clause, count_negations
from litemem.core.text.dates import mentions
from litemem.core.text.language import FUNCTION_WORDS
from litemem.core.text.lexicon import (
    CODES,
    ENGLISH,
    NOT_SPACED_CODES,
    code_of_dates,
    exclusive_in,
    pattern_in,
    section,
    words_in,
)
from litemem.core.text.periods import DAY
from litemem.core.text.phrases import (
    SUBJECT,
    code_for,
    knows_denials,
    names_user,
    phrases,
)
from litemem.core.text.quantities import counts_together
from litemem.core.text.scripts import normal_forms
from litemem.core.text.words import root, words
from litemem.extraction.grounding import (
    openers,
)
from litemem.extraction.paraphrase import (
    DENIED,
    OF_ANOTHER,
    OF_OTHER_THING,
    departure,
)
from litemem.extraction.paraphrase.comparison import Comparison
from litemem.extraction.paraphrase.definitions import is_defined
from litemem.extraction.paraphrase.events import is_told_by_event
from litemem.extraction.paraphrase.subject import is_due
from litemem.extraction.paraphrase.support import affirmed, in_plain_words, in_said_words

SAME_VERB = 5  # letters that an order and its verb share, with the space before them
ANY_DAY = date(2024, 2, 29)  # from which days are counted to see whether there are any
MAX_QUOTED = 300  # characters of a clause that is quoted
ALIKE_CODES = ("da", "nb")  # of languages that count as one
OWNED_BEHIND = ("id", "vi")  # of languages in which "my" is "I", behind what is owned
UNSPACED_DATED = ("th",)  # of languages without rules that join words
MIN_KIN = 3  # letters that two forms of a short word for a relative share
KIN_FORM = 5  # first letters of a word for a relative, which its forms share
MIN_WEEKDAY = 3  # letters of its name; shorter ones are other words too: "do", "sex"
MAX_APPOINTMENT = 7  # words of a note about a day
_LETTER = re.compile(r"(?<=\w )[B-HJ-Z](?![\w.'’&+-])")  # a letter alone: "option D", "gate C"
SUBJECT_OF_FACTS = "user"  # case folded
_OF_USER = re.compile(r"\AUser(?:'s|s) (?P<noun>[^\W\d_]+)\b")


def contradiction(
    fact: str,
    clause: Clause,
    *,
    is_user: bool | None = None,
    then: str = "",
    sentence: str = "",
) -> str | None:
    """Return how a fact contradicts its clause, or None.

    `is_user`: if its first word names the user; by default, if it is "User". `then` is the clause
    behind, which may say that the first is not true. `sentence` has the clause and its neighbours.
    """
    if is_user is None:
        is_user = _names_user(fact)
    if is_defined(fact, clause.text, code_for(fact, clause.text)):
        return None
    if flaw := _flaw(fact, clause, is_user=is_user):
        return flaw
    said = _predicate(fact, clause.text, clause.code)
    code = code_for(fact, clause.text)
    if (
        not knows_denials(code)
        and count_negations(fact, clause.code) % 2 != count_negations(said, clause.code) % 2
    ):
        shared = content_roots(fact) & content_roots(clause.text)
        if len(shared) >= max(1, len(content_roots(fact)) - 1):
            return "it denies the statement, or affirms what was denied"
    if _is_reordered(fact, clause.text) or _is_turned_in_time(fact, clause):
        return "its order is reversed"
    if _has_other_letter(fact, clause.text):
        return "it has another letter than was said"
    if _names_emoji(fact, said):
        return "it puts words in place of an emoji"
    plain = (in_plain_words(text, clause.code) for text in (fact, clause.text))
    if _is_opposite(*(affirmed(text, clause.code) for text in plain)):
        return "it says the opposite"
    return departure(fact, clause.text, code, said, then, sentence)


def exchange(fact: str, said: str, *, is_named: bool) -> str | None:
    """Return how a fact in English gives the speaker a deed of others or of things.

    `is_named`: several people speak, so that "we should" may mean everybody.
    """
    if english.is_shared(said, fact):
        return "it makes one of several"
    is_of_all = is_named and english.is_shared_by_all(said)
    if is_of_all or english.is_of_thing(said, fact) or english.is_of_activity(said, fact):
        return OF_OTHER_THING
    if english.is_done_to_user(said, fact):
        return "its order is reversed"
    is_of_another = english.is_yours(said, fact) or english.is_of_named_part(said, fact)
    return OF_ANOTHER if is_of_another else None


def _flaw(fact: str, clause: Clause, *, is_user: bool) -> str | None:
    """Return if it is of another, or what few languages show: an order made a deed, a place."""
    if _is_of_somebody_else(fact, clause, is_user=is_user):
        return OF_ANOTHER
    if _takes_for_user(fact, clause) or (is_user and _is_listed(clause)):
        return OF_OTHER_THING
    if _leaves_out_share(fact, clause):
        return "it leaves out of how many it is true"
    if clause.code == ENGLISH:
        flaw = _flaw_in_english(fact, clause, is_user=is_user)
    else:
        is_order = is_user and _does_for_itself(fact, clause)
        flaw = "it makes a deed of an order" if is_order else None
    return flaw or (DENIED if _denies_unread(fact, clause) else None)


def _flaw_in_english(fact: str, clause: Clause, *, is_user: bool) -> str | None:
    if english.is_to_come(clause.text, fact):
        return "it is not so yet"
    if not is_user:
        if english.is_of_another_name(clause.text, fact):
            return OF_ANOTHER
        return OF_OTHER_THING if english.is_of_event(clause.text, fact) else None
    if _makes_order_a_deed(fact, clause):
        return "it makes a deed of an order"
    if english.is_reversed(clause.text, fact) or english.is_done_by_thing(clause.text, fact):
        return OF_OTHER_THING
    return "it is said of something else" if english.guesses_place(fact, clause.text) else None


def _leaves_out_share(fact: str, clause: Clause) -> bool:
    """Return True if a fact says of all what is true of a part: "half of the team is in Lagos"."""
    told = words(fact)
    if clause_pattern(clause.code, "shares").search(fact) or _names_some(fact, clause.code):
        return False
    return any(
        match["of"].casefold() in told and words(match["share"])[-1] not in told
        for match in clause_pattern(clause.code, "shares").finditer(clause.text[:MAX_QUOTED])
    )


def _names_some(fact: str, code: str) -> bool:
    """Return True if a fact says of how many it is true in other words: "a few of"."""
    return not words_in(code, "clauses", "some").isdisjoint(words(fact))


def _takes_for_user(fact: str, clause: Clause) -> bool:
    """Return True if a fact makes the user what a word means, or who comes at a time.

    'By "lead" we mean a customer' is no customer, "plumber Friday 7 am" no plumber.
    """
    code = clause.code
    if pattern_in(code, "clauses", "trade").match(fact) is None:
        return False
    if pattern_in(code, "clauses", "defines").search(clause.text):
        return True
    if clause.is_own or len(clause.words) > MAX_APPOINTMENT or clause.is_question:
        return False
    text = clause.text[:MAX_QUOTED]
    is_day = any(each.end - each.start == DAY for each in mentions(text, ANY_DAY))
    return is_day or not _weekdays(code).isdisjoint(clause.words)


def _is_listed(clause: Clause) -> bool:
    """Return True for a list of rules: "Definition of done: tests green"."""
    return not clause.is_own and clause_pattern(clause.code, "lists").match(clause.text) is not None


@cache
def _weekdays(code: str) -> frozenset[str]:
    """Return the folded names of the days of a week in a language."""
    listed = " ".join(section(code, "dates").get("weekdays", ())).casefold()
    return frozenset(name for name in listed.split() if len(name) > MIN_WEEKDAY)


def _is_of_somebody_else(fact: str, clause: Clause, *, is_user: bool) -> bool:
    """Return True if a fact gives the user what the clause says of another, or is another's."""
    if is_due(fact, clause.text, clause.code) or counts_together(fact, clause.text, clause.code):
        return False
    if is_user and _takes_for_speaker(fact, clause):
        return True
    if not is_user and _is_said_of_self(fact, clause):
        return True
    is_of_user = is_user or any(names_user(word, clause.code) for word in words(fact)[:2])
    if is_of_user and _is_of_kin(fact, clause):
        return True
    if clause.code == ENGLISH and _is_of_theirs(fact, clause.text):
        return True
    return _is_of_the_others(fact, clause)


@cache
def _users(code: str) -> tuple[str, ...]:
    return (*phrases(code).users, SUBJECT_OF_FACTS)


def _is_said_of_self(fact: str, clause: Clause) -> bool:
    """Return True if a fact gives somebody named before what the speaker says of themself.

    In scripts without spaces: of "我升总监了", "小郑升总监".
    """
    if clause.code not in ("zh", "ja") or fact.casefold().startswith(_users(clause.code)):
        return False
    own = tuple(words_in(clause.code, "clauses", "speaker"))
    owned = clause_pattern(clause.code, "own_of")
    is_of_speaker = clause.text.startswith(own) and not owned.match(clause.text)
    return is_of_speaker and fact[:2] not in clause.text


def _takes_for_speaker(fact: str, clause: Clause) -> bool:
    """Return True if a fact says of the user what the clause says of their people."""
    spoken = words(fact)
    said = in_plain_words(clause.text, clause.code)
    if is_told_by_event(Comparison(fact, said, clause.code)):
        return False
    first = [word.strip(".,") for word in said.split()[:4]]
    is_owned = clause.code in OWNED_BEHIND and any(is_person(w, clause.code) for w in first[:2])
    if not spoken or (clause.by_speaker and not is_owned):
        return False
    pronouns = words_in(clause.code, "clauses", "others")
    if first and first[0].casefold().replace("’", "'") in pronouns:
        return True  # "she's a vet"
    if clause.code == ENGLISH and _of_another(clause.text):
        return True
    if phrases(clause.code).terse.match(clause.text):  # "got a dog"
        return False
    people = [word for word in first if is_person(word, clause.code)]
    if not people or any(is_person(word, clause.code) for word in spoken[:SUBJECT]):
        return False
    return not any(
        person.strip(".,'s").casefold()[:5] in word for person in people for word in spoken
    )


def _is_of_kin(fact: str, clause: Clause) -> bool:
    """Return True if a clause is about a relative of the speaker alone, and a fact names none."""
    said = in_plain_words(clause.text, clause.code)
    fact = in_said_words(in_plain_words(fact, clause.code), said, clause.code)
    kin = kin_of_speaker(clause.code).match(said)
    if kin is None:
        return False
    behind = words(said[kin.end() :])
    rest = frozenset(behind)
    own = (words_in(clause.code, "clauses", key) for key in ("speaker", "possessives"))
    if not rest.isdisjoint(frozenset().union(*own)):
        return False  # "my wife and I"
    if _is_of_other_kin(fact, behind, clause.code):
        return False
    begun = tuple(_begun(word) for word in words(kin[0]) if len(word) > 1)
    if clause.code in (*NOT_SPACED_CODES, *UNSPACED_DATED):
        return not any(word in fact for word in begun)
    return not any(word.startswith(begun) for word in words(fact))


def _is_of_other_kin(fact: str, behind: Sequence[str], code: str) -> bool:
    """Return True if a fact begins with a relative that a clause has further behind.

    "My daughter paints, and my son swims" has a son of the user's, "my sister and her son" not.
    """
    persons = phrases(code).persons
    people = {word[:KIN_FORM] for word in words(fact)[:SUBJECT] if persons.has(word)}
    theirs = words_in(code, "clauses", "theirs")
    places = [i for i, word in enumerate(behind) if word[:KIN_FORM] in people]
    return bool(places) and all(i == 0 or behind[i - 1] not in theirs for i in places)


def _begun(word: str) -> str:
    """Return the first letters of a word for a relative: "eşim", "eşi"."""
    return word[: max(MIN_KIN, min(len(word) - 1, KIN_FORM))]


def begins_with_pronoun(clause: Clause) -> bool:
    """Return True if a clause begins with "he", "she", "it" or "they"."""
    first = clause.text.split()[:1]
    pronouns = words_in(clause.code, "clauses", "others")
    return bool(first) and first[0].casefold().replace("’", "'") in pronouns


def person_of(fact: str) -> str:
    """Return the folded thing that a fact is about, if it is one of the user: "User's sister"."""
    owned = _OF_USER.match(fact.replace("’", "'"))
    return owned["noun"].casefold() if owned else ""


def _makes_order_a_deed(fact: str, clause: Clause) -> bool:
    """Return True if the user is said to do what they order: "always say that …"."""
    if english.does_what_is_asked(clause.text, fact):
        return True
    told = [word for word in words(fact)[1:5] if word not in _modals()][:1]
    orders = (
        order["verb"].casefold()
        for part in clause_pattern(ENGLISH, "order_joints").split(clause.text)
        for key in ("commands", "orders_plainly")
        if (order := clause_pattern(ENGLISH, key).match(part))
    )
    return bool(told) and any(len(verb) > 1 and told[0].startswith(verb) for verb in orders)


def _does_for_itself(fact: str, clause: Clause) -> bool:
    """Return True if the user does what they order: "recuerda …", of "recuérdame …"."""
    order = clause_pattern(clause.code, "orders_for_me").match(clause.text)
    told = words(fact)[1:2]
    if order is None or not told or phrases(clause.code).outgoing.search(clause.text):
        return False
    said = words(order["order"])[:1]
    return bool(said) and normal_forms(said[0])[:SAME_VERB] == normal_forms(told[0])[:SAME_VERB]


@cache
def _modals() -> frozenset[str]:
    return words_in(ENGLISH, "clauses", "modals")


def is_english(clause: Clause) -> bool:
    """Return False also for languages without rules for clauses: Indonesian."""
    return clause.code == ENGLISH and code_of_dates(clause.text) == ENGLISH


def _denies_unread(fact: str, clause: Clause) -> bool:
    """Return True if only one of both denies, in a language with no more rules than that."""
    if clause.code != ENGLISH and clause.code in CODES.values():
        return False
    code = code_of_dates(clause.text)
    denials = words_in(code, "clauses", "negations") if code != ENGLISH else _unread_denials()
    told, said = (_count_in(text, denials, code) for text in (fact, clause.text))
    return told % 2 != said % 2


@cache
def _unread_denials() -> frozenset[str]:
    """Return the denials of languages that are written so alike that none is recognised."""
    return frozenset[str]().union(*(words_in(c, "clauses", "negations") for c in ALIKE_CODES))


def _count_in(text: str, listed: frozenset[str], code: str) -> int:
    if code in UNSPACED_DATED:
        return sum(text.count(word) for word in listed)
    return sum(word in listed for word in words(text))


def _is_of_the_others(fact: str, clause: Clause) -> bool:
    """Return True if a fact gives the user what is of their people: "el perro de mi vecina"."""
    owned = _OF_USER.match(fact.replace("’", "'")) or _users_last(clause.code).search(fact)
    noun = owned["noun"].casefold() if owned else ""
    heard = words(clause.text)
    possessives = words_in(clause.code, "clauses", "possessives")
    if clause.code in (ENGLISH, *NOT_SPACED_CODES) or noun not in heard:
        return False
    if noun in FUNCTION_WORDS:  # "o usuário" is the user
        return False
    theirs = words_in(clause.code, "clauses", "theirs")
    before = [heard[i - 1] for i, word in enumerate(heard) if word == noun and i]
    if before and theirs.issuperset(before):  # "mi prima y su marido"
        return True
    if not _joint_words(clause.code).isdisjoint(before):  # "моя дочка … , а сын …"
        return False
    behind = {i: heard[i + 1 : i + 2] for i, word in enumerate(heard) if word in possessives}
    owners = {word for words_behind in behind.values() for word in words_behind}
    return bool(owners) and noun not in owners and owners.isdisjoint(words(fact))


def _of_another(said: str) -> bool:
    """Return True if "he", "she" or "they" stands first, after a place: "in the film she says"."""
    return _pattern("placed").match(said) is not None and not _pattern("self").search(said)


def _is_of_theirs(fact: str, said: str) -> bool:
    """Return True if a fact gives the user, or an owner, what is somebody else's.

    "My uncle and his wife" have no wife of the user's; "Ana's boss quit" says nothing of Ana.
    """
    told, heard = words(fact), words(said)
    owned = _pattern("owned").match(fact.casefold().replace("’", "'"))
    if owned:
        noun = owned["noun"]
        before = [heard[max(i - 2, 0) : i] for i, word in enumerate(heard) if word == noun]
        return bool(before) and all(map(_are_theirs, before))
    if not told or _names_user(fact):
        return False
    after = [heard[i + 1 : i + 3] for i, word in enumerate(heard) if word == told[0]]
    owns = [each[:1] == ["s"] and is_person(each[-1], ENGLISH) for each in after]
    return told[1:2] != ["s"] and bool(owns) and all(owns)


def _are_theirs(before: list[str]) -> bool:
    """Return True if the words before a thing say that it is somebody else's."""
    own, theirs = (words_in(ENGLISH, "binding", key) for key in ("own", "theirs"))
    return own.isdisjoint(before[-1:]) and not theirs.isdisjoint(before)


def _names_user(fact: str) -> bool:
    first = fact.split(" ")[0]
    return first == "User" or first.casefold() in english.users()


def is_person(word: str, code: str) -> bool:
    """Return True if a word is one for a relative, a friend or the like."""
    plain = word.casefold()
    exact, begun = people_of(code)
    return plain in exact or any(plain.startswith(start) for start in begun)


@cache
def people_of(code: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the words of a language for relatives and friends, and beginnings of others."""
    listed = str(section(code, "profile").get("people", "")).split()
    begun = tuple(word[:-1] for word in listed if word.endswith("*") and len(word) > 4)
    return frozenset(word for word in listed if not word.endswith("*")), begun


def _predicate(fact: str, said: str, code: str) -> str:
    """Return the part of a clause between "and" or commas that shares most with a fact."""
    joint = _joints(code)
    if joint.search(fact):
        return said
    wanted = set(words(fact.partition(" ")[2]))  # the subject may be a name
    return max(joint.split(said), key=lambda part: len(wanted.intersection(words(part))))


@cache
def _joint_words(code: str) -> frozenset[str]:
    return words_in(code, "clauses", "joints")


@cache
def _joints(code: str) -> re.Pattern[str]:
    """Return the comma, and the words that join parts of a clause: "and", "because"."""
    listed = sorted(words_in(code, "clauses", "joints") | words_in(code, "phrases", "causes"))
    return re.compile(rf",|\b(?:{'|'.join(listed)})\b" if listed else ",")


def _is_reordered(fact: str, said: str) -> bool:
    """Return True if a fact has on one side of "over", "than", "before" what was on the other."""
    ordered, timed = _pattern("ordered"), words_in(ENGLISH, "binding", "timed")
    one, other = ordered.search(said.casefold()), ordered.search(fact.casefold())
    if one is None:
        return False
    asides = frozenset(map(root, phrases(ENGLISH).asides))  # "now"
    before, behind = content_roots(said[: one.start()]), content_roots(said[one.end() :]) - asides
    if one[0] in timed:  # "after lunch on Friday", "on Friday after lunch"
        behind -= content_roots(" ".join(words_in(ENGLISH, "clauses", "days")))
    if other is not None and other[0] == one[0]:
        return bool(content_roots(fact[: other.start()]) & (behind - before))
    if other is not None or one[0] in timed or not _pattern("sided").search(fact):
        return False
    objects = content_roots(fact)
    likes = content_roots(section(ENGLISH, "binding")["likes"])
    return bool(objects & (behind - before)) and not objects & (before - likes)


def _has_other_letter(fact: str, said: str) -> bool:
    """Return True if a fact has "option B" where "option D" was said."""
    told, heard = (frozenset(_LETTER.findall(text[:MAX_QUOTED])) for text in (fact, said))
    return bool(heard) and not told <= heard


def _is_turned_in_time(fact: str, clause: Clause) -> bool:
    """Return True if a fact has "after" of "never after", or 後 behind a length of time without."""
    told, heard = fact[:MAX_QUOTED].casefold(), clause.text[:MAX_QUOTED].casefold()
    later, lengths = (clause_pattern(clause.code, key) for key in ("later", "lengths"))
    if later.search(told) and lengths.search(heard) and not later.search(heard):
        return True
    never = clause_pattern(clause.code, "never_then")
    said = f" {never.sub(' ', heard)} "
    denied = [match[1] for match in never.finditer(heard) if f" {match[1]} " not in said]
    if not denied or words_in(clause.code, "clauses", "negations").intersection(words(told)):
        return False
    return not set(denied).isdisjoint(words(told))


def _names_emoji(fact: str, said: str) -> bool:
    """Return True if a fact has a word for an emoji: "can't stand dogs" of "can't stand 🐈"."""
    return count_emoji(said) > 0 and not content_roots(fact.partition(" ")[2]) <= content_roots(
        said
    )


def count_emoji(text: str) -> int:
    """Return how many emoji a text has."""
    return sum(unicodedata.category(sign) == "So" for sign in text[:MAX_QUOTED])


def _is_opposite(fact: str, said: str) -> bool:
    opposites = exclusive_in(ENGLISH, "binding", "opposites")
    told, heard = (set(words(text)) for text in (fact, said))
    groups = {opposites[word][0] for word in told if word in opposites}
    for group in groups:
        pair = {word for word in told | heard if opposites.get(word, (-1,))[0] == group}
        if heard & pair and not told & heard & pair:
            return True
    return False


def _pattern(key: str) -> re.Pattern[str]:
    return pattern_in(ENGLISH, "binding", key)


@cache
def _users_last(code: str) -> re.Pattern[str]:
    """Return the pattern of what facts in a language name before the user: "el perro de User"."""
    of = "|".join(sorted(words_in(code, "clauses", "of"))) or "(?!)"
    users = "|".join(("user", *phrases(code).users))
    return re.compile(
        rf"\A\W*(?:[^\W\d_]{{1,3}}[ '’])?(?P<noun>[^\W\d_]+) (?:(?:{of})[ '’]){{0,2}}(?:{users})",
        re.IGNORECASE,
    )


def content_roots(text: str) -> frozenset[str]:
    """Return the roots of the words that mean something, or of all words if none does."""
    return frozenset(root(word) for word in words(text) if word not in openers()) or frozenset(
        words(text)
    )
