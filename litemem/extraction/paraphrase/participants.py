"""Find a fact that gives the user the deed of somebody else, and makes that person its object.

The subject of "Mum can't stand my boyfriend" is Mum. A fact about the user that names her has the
same two people, but holds only if it says that the user has such a mum, or turns the deed round as
the grammar does: "My parents raised me", "User was raised by User's parents".
"""

from collections.abc import Sequence

from litemem.core.text.lexicon import ENGLISH, words_in
from litemem.core.text.phrases import names_user
from litemem.core.text.quantities import counts_together
from litemem.extraction.paraphrase.comparison import VERB_LAST, Comparison, are_alike, owners_in
from litemem.extraction.paraphrase.events import is_told_by_event
from litemem.extraction.paraphrase.subject import is_due
from litemem.extraction.paraphrase.transfers import is_same_direction

SUBJECT_WORDS = 3  # at the beginning of a clause, which may name who acts: "my older sister"
NEAR = 3  # words before a person, which may have "from" or "by"
CASE_BEHIND = frozenset(["hi"])  # languages in which a word behind has the case
FIRST = {"tr": 2}  # words that name a person without "my": "kız kardeşim"


def is_of_participant(pair: Comparison) -> bool:
    """Return True if the user does in the fact what a person that it names does in the clause."""
    if pair.table.measured.search(pair.said) and pair.table.measured.search(pair.fact):
        return False  # "older than": see `preference`
    if is_told_by_event(pair) or is_same_direction(pair):
        return False
    if not pair.spaces:
        return _is_of_participant_unspaced(pair)
    person, start = _subject(pair), _end_of_user(pair)
    if person is None or start is None:
        return False
    told = pair.told[start:]
    at = next((i for i, word in enumerate(told) if _are_one(pair, word, person)), None)
    if at is None or (at == 0 and pair.code not in VERB_LAST):
        return False
    if counts_together(pair.fact, pair.whole, pair.code):
        return False
    if is_due(pair.fact, pair.whole, pair.code) or _are_joined(pair, told[:at]):
        return False
    return not (_has_person(pair, told[:at]) or _is_converse(pair, told[:at]))


def _subject(pair: Comparison) -> str | None:
    """Return the person that is the subject of a clause, or None if the speaker may act."""
    table, heard = pair.table, pair.heard
    articles = words_in(pair.code, "phrases", "articles")
    owned = words_in(pair.code, "clauses", "possessives") | articles
    if pair.code != "pt":  # where "a" is an article too
        owned -= words_in(pair.code, "phrases", "goals")  # "a mi hermana"
    first = heard[:1]
    begins = SUBJECT_WORDS if first and first[0] in owned else FIRST.get(pair.code, 1)
    named = [word for word in heard[:begins] if table.persons.has(word)][:1]
    owner = heard.index(named[0]) if named else 0
    if named and heard[owner + 1 : owner + 2] == ["s"]:  # "my sister's boyfriend"
        named = [word for word in heard[owner + 2 : owner + 3] if table.persons.has(word)]
    if not named or table.pets.has(named[0]) or _speaks(pair) or table.terse.match(pair.said):
        return None
    behind = heard[heard.index(named[0]) + 1 :][:1] if pair.code in CASE_BEHIND else []
    is_object = table.oblique.search(" ".join([named[0], *behind, ""]))
    return None if is_object else named[0]


def _are_one(pair: Comparison, word: str, other: str) -> bool:
    return are_alike(word, other) or pair.table.persons.are_alike(word, other)


def _speaks(pair: Comparison) -> bool:
    """Return True if the speaker is in the clause, other than as an object: "lives with us"."""
    speaker = words_in(pair.code, "clauses", "speaker") - pair.table.objects
    articles = words_in(pair.code, "phrases", "articles")
    before = pair.table.agents | articles | words_in(pair.code, "clauses", "possessives")
    return any(
        word in speaker and not (i and pair.heard[i - 1] in before)  # "con noi", "il lavoro"
        for i, word in enumerate(pair.heard)
    )


def _end_of_user(pair: Comparison) -> int | None:
    """Return how many words of the fact name the user alone, or None if its subject is another."""
    at = next((i for i, word in enumerate(pair.told[:2]) if names_user(word, pair.code)), None)
    if at is None or not owners_in(pair.code).isdisjoint(pair.told[at + 1 : at + 2]):
        return None
    if pair.told[at].endswith(_genitives(pair.code)):
        return None
    if any(map(pair.table.persons.has, pair.told[:at])):  # "Кот пользователя"
        return None
    return at + 1


def _genitives(code: str) -> tuple[str, ...]:
    """Return the ends of a word for the user, before what is theirs: "User's", "kullanıcının"."""
    own = words_in(code, "phrases", "genitive")
    return tuple(own or words_in(ENGLISH, "phrases", "genitive"))


def _are_joined(pair: Comparison, before: Sequence[str]) -> bool:
    """Return True if the person has a deed of its own, or shares one: "User and User's wife"."""
    joints = words_in(pair.code, "clauses", "joints")
    names = [w for w in before[-NEAR:] if w in joints or not _is_owner(pair, w)]
    return bool(names) and names[-1] in joints


def _is_owner(pair: Comparison, word: str) -> bool:
    articles = words_in(pair.code, "phrases", "articles")
    owned = words_in(pair.code, "clauses", "theirs") | articles | owners_in(pair.code)
    return word in owned or names_user(word, pair.code)


def _has_person(pair: Comparison, before: Sequence[str]) -> bool:
    """Return True if the fact says that the user has such a person: "has an older sister"."""
    owns = pair.table.owns.match(" ".join(before))
    if owns is None:
        return False
    return pair.table.agents.isdisjoint(" ".join(before)[owns.end() :].split())


def _is_converse(pair: Comparison, before: Sequence[str]) -> bool:
    """Return True if the deed touches the speaker, and the fact has "by", "from" or "with"."""
    speaker = words_in(pair.code, "clauses", "speaker") | pair.table.objects | pair.table.selves
    heard = {part for word in pair.heard for part in (word, *word.split("-")[1:])}
    if speaker.isdisjoint(heard) and not _has_object_ending(pair):
        return False
    if is_same_direction(pair):
        return True
    agents, joints = pair.table.agents, words_in(pair.code, "clauses", "joints")
    if not joints.isdisjoint(before):  # "lost the job and lives with User's brother"
        return False
    return not agents or not agents.isdisjoint(before[-NEAR:])


def _has_object_ending(pair: Comparison) -> bool:
    """Return True if a verb ends with "me": "أعطاني"."""
    endings = tuple(word for word in pair.table.objects if pair.code == "ar")
    return any(word.endswith(endings) for word in pair.heard[:NEAR]) if endings else False


def _is_of_participant_unspaced(pair: Comparison) -> bool:
    """Return the same for a script without spaces: "姉は車を買った", "Userは姉に車を買った"."""
    owned = words_in(pair.code, "clauses", "possessives")
    speaker = words_in(pair.code, "clauses", "speaker")
    text = pair.said.strip()
    for word in sorted((*owned, *(speaker if pair.code == "zh" else ())), key=len, reverse=True):
        text = text.removeprefix(word)
    people = [w for w in pair.table.persons.whole if text.startswith(w)]
    person = max(people, key=len, default="")
    behind = text[len(person) :]
    is_subject = pair.table.acts.match(behind) is not None
    user = next((w for w in ("User", "user", *pair.table.users) if pair.fact.startswith(w)), "")
    told = pair.fact[len(user) :].strip()
    at = told.find(person) if person else -1
    if not (user and person and is_subject) or at < 1 or told.startswith(("の", "的")):
        return False
    if is_same_direction(pair) or pair.table.owns.match(told):
        return False
    touches = any(word in behind for word in speaker) or pair.table.incoming.search(behind)
    return not (touches and pair.table.turns.search(told))
