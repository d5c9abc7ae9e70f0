"""Find a fact that gives the user, or a thing, what the clause says of another."""

import re
from collections.abc import Callable, Sequence
from functools import cache

from litemem.core.text.lexicon import ENGLISH, words_in
from litemem.core.text.phrases import SUBJECT, Words, names_user, phrases, tokens_of
from litemem.core.text.quantities import counts_together, values_of
from litemem.extraction.paraphrase.comparison import (
    MAX_PARTS,
    Comparison,
    are_alike,
    holds,
    owners_in,
    parties_of,
)
from litemem.extraction.paraphrase.events import is_told_by_event
from litemem.extraction.paraphrase.support import (
    MAX_CHARACTERS,
    Heard,
    content_words,
    is_form,
    unmeant,
)

NEAR_SUBJECT = 8  # words at the beginning of a fact that may have two people
BEHIND = 4  # words behind a preposition; the first that names something counts


def is_of_somebody_else(pair: Comparison) -> bool:
    """Return True if the fact says of the user what the clause says of a person of theirs."""
    if counts_together(pair.fact, pair.whole, pair.code) or is_told_by_event(pair):
        return False
    persons = pair.table.persons
    speaker = words_in(pair.code, "clauses", "speaker")
    begins, pets = pair.heard[: _begins(pair)], pair.table.pets
    is_pet = pets.count(begins) > 0
    is_person = persons.count(begins) > 0
    if not pair.is_of_user or not (is_person or is_pet or _begins_with_name(pair)):
        return _exchanges_person(pair)
    if not (speaker | pair.table.selves).isdisjoint(pair.heard[1:]):
        return False
    if is_due(pair.fact, pair.whole, pair.code) or pair.table.terse.match(pair.said):
        return False
    if (is_pet and pets.count(pair.told)) or _names_person(pair):
        return _exchanges_person(pair)
    return bool(pair.held)


def _begins(pair: Comparison) -> int:
    """Return how many words of a clause may name who it is about: "my best friend"."""
    if not pair.spaces:
        return 6
    owned = words_in(pair.code, "phrases", "articles")
    owned |= words_in(pair.code, "clauses", "possessives")
    return 4 if pair.heard[:1] and pair.heard[0] in owned else 3


def _names_person(pair: Comparison) -> bool:
    """Return True if the fact has a person; none that the clause only has further behind.

    Of "my sister married her boyfriend", "User married her boyfriend" has not the sister.
    """
    persons = pair.table.persons
    subject = next((i for i, word in enumerate(pair.heard[:3]) if persons.has(word)), None)
    if not pair.spaces or subject is None or persons.count(pair.told[:3]):
        return persons.count(pair.told) > 0
    behind = pair.heard[subject + 1 :]
    return any(persons.has(word) and word not in behind for word in pair.told)


def is_of_new_relative(pair: Comparison) -> bool:
    """Return True if the fact is about a relative that the clause does not have.

    "My wife and I" have no wife's parents. Who marries has a wife, and who rents a landlord, so
    that only relatives by blood count if the clause has none at all.
    """
    persons, kinds = pair.table.persons, pair.table.kinds
    pets, told = pair.table.pets, pair.told
    places = [i for i, w in enumerate(told[:NEAR_SUBJECT]) if persons.has(w) and not pets.has(w)]
    new = [i for i in places if not pair.by.supports(told[i])]
    if not pair.spaces or counts_together(pair.fact, pair.whole, pair.code):
        return False
    if any(_are_joined(pair, min(i, j), max(i, j)) for i in new for j in places if j not in new):
        return True
    is_known = persons.count(pair.heard) > 0 or pair.names_converse()
    return any(kinds.having(pair.told[i]) for i in new if i < SUBJECT) and not is_known


def _are_joined(pair: Comparison, first: int, last: int) -> bool:
    """Return True if two people of the fact are near and nothing says that one is the other."""
    between = " ".join(pair.told[first + 1 : last])
    return last - first < BEHIND and pair.table.copula.search(between) is None


def is_of_other_origin(pair: Comparison) -> bool:
    """Return True if the user is said to come from where somebody or something else does.

    "I'm married to a Dane" does not make a Dane of the user, nor does "I speak Danish".
    """
    table = pair.table
    told = table.origins.of_words(pair.content)
    if not told:
        return False
    heard = [i for i, w in enumerate(pair.heard) if table.origins.having(w) & told]
    hails = table.hails.search(pair.fact)
    if not heard or hails is None or _is_of_same_noun(pair, heard[0]):
        return False
    if table.tongue.search(pair.fact):
        return False
    if table.tongue.search(pair.said):
        return not any(word in pair.heard for word in pair.told if table.origins.having(word))
    if not pair.is_of_user or table.persons.count(pair.told) or pair.told[1:2] == ["s"]:
        return False
    own = list(table.own_is.finditer(pair.said))
    return not any(
        table.origins.of_words(tokens_of(pair.said[sign.end() :])[:BEHIND]) & told for sign in own
    )


def _is_of_same_noun(pair: Comparison, at: int) -> bool:
    """Return True if an origin stands next to the same thing in both: "academia de inglés"."""
    origins = pair.table.origins
    heard = pair.heard[max(at - BEHIND, 0) : at + BEHIND]
    near = {w for w in heard if not origins.having(w) and not pair.table.persons.has(w)}
    return any(
        not near.isdisjoint(set(pair.told[max(i - BEHIND, 0) : i]).intersection(pair.content))
        for i, word in enumerate(pair.told)
        if origins.having(word)
    )


def _begins_with_name(pair: Comparison) -> bool:
    """Return True if the clause begins as "Carla is …", and the fact has no Carla."""
    begins = pair.table.third.match(pair.said)
    return begins is not None and not pair.by_fact.supports(begins["name"].casefold())


def _exchanges_person(pair: Comparison) -> bool:
    """Return True if the fact begins with another person than the clause: a sister, a dad."""
    persons = pair.table.persons
    told = [word for word in pair.told[:SUBJECT] if persons.has(word)]
    beside = tokens_of(pair.sentence)
    if all(w in beside for w in told) and pair.table.persons.count(pair.told) > len(told):
        return False  # of "since my grandad died, my gran lives with us"
    if pair.table.kinds.opposed(told, pair.heard):  # "figlio", "figlia"
        return True
    if not told or not any(map(persons.has, pair.heard[:SUBJECT])):
        return False
    return not any(map(pair.by.supports, told))


def is_of_other_part(pair: Comparison) -> bool:
    """Return True if a person of one part of the clause has what another part has.

    "Anna is a nurse and Ben is a pilot" does not make Ben a nurse.
    """
    if is_told_by_event(pair):
        return False
    names = parties_of(pair.said) | parties_of(pair.fact)
    parties = [w for w in pair.content if _is_person(pair, w, names)]
    others = [w for w in pair.content if w not in parties]
    cut = [tokens_of(each) for each in pair.table.joint.split(pair.said)[:MAX_PARTS]]
    parts = [[w for w in each if w not in unmeant()] for each in cut]
    if len(parties) != 1 or not others or len(parts) < 2:
        return False
    own = [i for i, part in enumerate(parts) if parties[0] in part]
    own = own or [i for i, p in enumerate(parts) if any(are_alike(parties[0], w) for w in p)]
    if len(own) != 1:
        return False
    has_more = [w for w in parts[own[0]] if not _is_person(pair, w, names)]
    in_part = [{i for i, p in enumerate(parts) if holds(p, w, pair.code)} for w in others]
    known = [places for places in in_part if places]
    if not has_more or not known or any(own[0] in places for places in known):
        return False
    place = set.intersection(*known)
    if len(place) != 1:
        return False
    there = place.pop()
    speaker = words_in(pair.code, "clauses", "speaker")
    if not speaker.isdisjoint(cut[there]):
        return False
    return any(_is_person(pair, w, names) for w in parts[there])


def is_of_their_part(pair: Comparison) -> bool:
    """Return True if the user has what stands only in the part of somebody else, before "so".

    "My flatmate is coeliac so I keep no bread" makes no coeliac of the user.
    """
    if not pair.is_of_user or counts_together(pair.fact, pair.whole, pair.code):
        return False
    if pair.table.persons.count(pair.told) or is_due(pair.fact, pair.whole, pair.code):
        return False
    return any(
        _has_their_part(pair, border, is_theirs)
        for border, is_theirs in (
            (pair.table.therefore, _is_theirs),
            (pair.table.joint, _is_of_pronoun),
        )
    )


def _has_their_part(
    pair: Comparison, border: re.Pattern[str], is_theirs: Callable[[Comparison, str], bool]
) -> bool:
    """Return True if a part of the fact stands only in parts that are of somebody else."""
    text = pair.sentence or pair.said
    cut = [part for part in border.split(text)[:MAX_PARTS] if part and part.strip()]
    theirs = [part for part in cut if is_theirs(pair, part)]
    if not theirs or len(theirs) == len(cut):
        return False
    here = Heard(theirs, pair.code)
    ours = Heard([part for part in cut if part not in theirs], pair.code)
    parts = [content_words(part or "", pair.code) for part in pair.table.joint.split(pair.fact)]
    return any(
        any(map(here.supports, part)) and not any(map(ours.supports, part)) for part in parts
    )


def _is_of_pronoun(pair: Comparison, part: str) -> bool:
    """Return True if a part begins with "he" or "she", and the speaker is not in it."""
    words = tokens_of(part)
    speaker = words_in(pair.code, "clauses", "speaker") | pair.table.selves | pair.table.objects
    first = words[:1] and words[0] in _persons_of(pair.code)
    return bool(first) and speaker.isdisjoint(words)


@cache
def _persons_of(code: str) -> frozenset[str]:
    """Return the pronouns of one person: "he" and "she"."""
    return words_in(code, "phrases", "third_person")


def _is_theirs(pair: Comparison, part: str) -> bool:
    """Return True if a part begins with a person, and the speaker is not in it."""
    words = tokens_of(part)
    speaker = words_in(pair.code, "clauses", "speaker") | pair.table.selves | pair.table.objects
    people = pair.table.persons.count(words[: 3 if pair.spaces else 6])
    return people > 0 and speaker.isdisjoint(words)


def _is_person(pair: Comparison, word: str, names: set[str]) -> bool:
    return pair.table.persons.has(word) or word in names


def is_of_next(pair: Comparison) -> bool:
    """Return True if the fact has the "hates" of the clause behind, and the thing of this."""
    following = tokens_of(pair.then)
    if not following or _ends_alike(pair):
        return False
    if (  # "I like beer, but I can't stand wine"
        pair.says_no(pair.told, pair.fact)
        and pair.says_no(following, pair.then)
        and not pair.denials(pair.heard, pair.said)
        and pair.held
        and not any(is_form(w, o) for w in pair.held for o in following)
    ):
        return True
    return any(
        any(is_form(verb, w) for w in following)
        and not any(is_form(verb, w) for w in pair.heard)
        and not any(is_form(w, o) for w in pair.content if w != verb for o in following)
        for verb in pair.told
        if pair.table.negative.has(verb)
    )


def _ends_alike(pair: Comparison) -> bool:
    """Return True if a fact ends as the clause behind, with the speaker alone: "and I don't"."""
    last = (pair.table.joint.split(pair.fact)[-1] or "").split(", ")[-1]
    texts = ((last, tokens_of(last)), (pair.then, tokens_of(pair.then)))
    if last == pair.fact or not any(names_user(word, pair.code) for word in texts[0][1]):
        return False
    denials = words_in(pair.code, "phrases", "before_verb")
    return all(
        pair.says_no(words, text) and denials.issuperset(content_words(text, pair.code))
        for text, words in texts
    )


def is_in_other_role(pair: Comparison) -> bool:
    """Return True if the fact goes to where the clause comes from, or is with who is near."""
    if pair.table.past.search(pair.fact) and not pair.table.past.search(pair.said):
        return False  # "I left the school", "used to work in the school"
    for kinds, needed in pair.table.roles:
        said = _behind_each(pair, pair.heard, kinds)
        told = _behind_each(pair, pair.told, kinds)
        turned = 0
        for word, roles in told.items():
            others = [found for other, found in said.items() if is_form(word, other)]
            turned += bool(others) and not any(roles & found for found in others)
        if turned >= needed:
            return True
    return False


def _behind_each(
    pair: Comparison, tokens: Sequence[str], kinds: Sequence[Words]
) -> dict[str, set[int]]:
    """Return the first meant word behind each preposition, with the kinds of these."""
    found: dict[str, set[int]] = {}
    for i, word in enumerate(tokens):
        both = " ".join(tokens[max(i - 1, 0) : i + 1])
        kind = next((k for k, w in enumerate(kinds) if w.has(word) or both in w.pairs), None)
        if kind is None:
            continue
        for thing in tokens[i + 1 : i + 1 + BEHIND]:
            if any(listed.has(thing) for listed in kinds):
                break
            if len(thing) > 1 and thing not in unmeant() and not names_user(thing, pair.code):
                found.setdefault(thing, set()).add(kind)
                break
    return found


def is_beside(pair: Comparison) -> bool:
    """Return True if the user is said to be what they work with, or for."""
    table = pair.table
    beside, copula = table.beside.search(pair.said), _copula(pair)
    has = table.has.search(pair.said)
    beside = beside or has
    if beside is None or copula is None or table.copula.search(pair.said):
        return False
    said = content_words(pair.fact[copula.end() :], pair.code)[:1]
    behind = content_words(pair.said[beside.end() :], pair.code)
    behind = [word for word in behind if not values_of(word, pair.code)][:1]
    if not (said and behind and is_form(said[0], behind[0])):
        return False
    is_owned = table.persons.has(said[0]) or table.pets.has(said[0])
    return beside is not has or is_owned  # "have diabetes" is "diabetic"


def _copula(pair: Comparison) -> re.Match[str] | None:
    """Return the first "is" of a fact; the end of "User's" does not count."""
    owned = tuple(words_in(ENGLISH, "phrases", "genitive"))
    return next(
        (
            found
            for found in pair.table.copula.finditer(pair.fact)
            if not (
                found[0].startswith(owned)
                and names_user(pair.fact[: found.start()].rpartition(" ")[2], pair.code)
            )
        ),
        None,
    )


def says_nothing(pair: Comparison) -> bool:
    """Return True if a fact has one thing twice: "User's aunt is the aunt of User"."""
    return len(pair.content) == 1 and pair.told.count(pair.content[0]) > 1


def is_due(fact: str, said: str, code: str) -> bool:
    """Return True if somebody does what touches the user: "my landlord raised the rent"."""
    said = phrases(code).impersonal.sub(" ", said[:MAX_CHARACTERS])
    heard, told = tokens_of(said), tokens_of(fact[:MAX_CHARACTERS])
    if not _of_others(code).isdisjoint(heard):  # "my boss got his holiday approved"
        return False
    for who, acts, things, *permission in phrases(code).dues:
        if not (who.count(heard) and acts.count(heard) and things.count(heard)):
            continue
        if any(words.count(told) for words in permission):
            return True
        if things.count(told) and not (permission or _is_of_user_alone(told, code)):
            return True
    return False


def follows(fact: str, said: str, code: str) -> bool:
    """Return True if a fact has the consequence for the user: "my wife died" makes a widower."""
    told, heard = tokens_of(fact), tokens_of(phrases(code).impersonal.sub(" ", said))
    if not _of_others(code).isdisjoint(heard):
        return False
    return any(
        permission
        and all(words.count(heard) for words in (who, acts, things))
        and any(words.count(told) for words in permission)
        for who, acts, things, *permission in phrases(code).dues
    )


def _is_of_user_alone(told: Sequence[str], code: str) -> bool:
    """Return True if the user is who does it: "User raised the rent", not "User's rent rose"."""
    at = 1 if told[:1] and told[0] in words_in(code, "phrases", "articles") else 0
    datives = tuple(words_in(code, "phrases", "dative"))
    if not told[at:] or not names_user(told[at], code) or told[at].endswith(datives):
        return False
    return told[at + 1 : at + 2] == [] or told[at + 1] not in owners_in(code)


@cache
def _of_others(code: str) -> frozenset[str]:
    """Return the words for somebody else and for what is theirs."""
    own = words_in(ENGLISH, "binding", "theirs") if code == ENGLISH else frozenset[str]()
    return own.union(*(words_in(code, "clauses", key) for key in ("theirs", "others")))
