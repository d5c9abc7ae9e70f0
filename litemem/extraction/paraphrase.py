"""Judge a fact as a paraphrase of a clause: what supports its words, and what makes it say more.

A paraphrase may use other words. It may not exchange who does what, turn an order or a side round,
give a thing the number of another, state what was supposed, past or excepted, or make somebody
else's life the user's. The words for all this are data, in the table `phrases` of each language.
"""

import re
from collections.abc import Callable, Collection, Sequence
from functools import cache
from itertools import pairwise

from litemem.core.text import english
from litemem.core.text.language import FUNCTION_WORDS
from litemem.core.text.lexicon import ENGLISH, words_in, words_of_all
from litemem.core.text.phrases import (
    SUBJECT,
    Phrases,
    Words,
    names_user,
    phrases,
    tokens_of,
    words_with_case,
)
from litemem.core.text.quantities import changes_half_of_day, counts_another, values_of
from litemem.core.text.words import STOP_WORDS, is_number
from litemem.extraction.substitution import (
    is_due,
    is_given_back,
    is_still_ahead,
    likes_what_is_bad,
    needs_what_it_lacks,
)

MIN_PREFIX = 3  # letters that forms of a word share
PREFIX_SHARE = 0.6  # of the shorter word
MAX_CHARACTERS = 2_000  # of a clause or a fact that is compared
MAX_CONTENT = 64  # words of a fact that are looked for; a sentence has fewer
MAX_TOKENS = 400  # words with the same first letters that are compared with one
OF_ANOTHER = "it is about somebody else"
OF_OTHER_THING = "it is said of something else"
DENIED = "it denies the statement, or affirms what was denied"
MIN_SHARED = 5  # letters anywhere in a word that make it akin to another
SHORT_SCRIPTS = frozenset("ko hi ar fa".split())
BEHIND = 4  # words behind a preposition; the first that names something counts
VERB_BETWEEN = frozenset("en es fr it pt".split())  # languages in which the object is behind it
VERB_LAST = frozenset("ja ko tr hi fa".split())  # languages in which the verb is last
MAX_PARTS = 12  # of a clause, each with a person of its own

_JOINED_SCRIPT = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_VOWEL_SIGNS = re.compile(r"[\u064b-\u0652\u0640]")  # of Arabic, which few write
_PREFIXES = frozenset("أيتنآ")  # of verbs in Arabic: "I", "he", "she", "we"
_HIRAGANA = re.compile(r"[\u3040-\u309f]+")


def support(
    fact: str, said: Sequence[str], code: str, names: Collection[str] = ()
) -> tuple[int, int]:
    """Return how many content words of a fact a text supports, and how many there are.

    `names` do not count.

    A word is supported by another form of it, by one that means nearly the same, or by its number.
    """
    heard = _Heard(said, code)
    content = [w for w in _content(_without_copula(fact, code), code) if w not in names]
    return sum(map(heard.supports, content)), len(content)


def substitutes(fact: str, said: str, code: str, is_known: Callable[[str], bool]) -> bool:
    """Return True if a fact exchanges a word of a clause for one that is not known."""
    return _Compared(fact, said, code).is_substituted(is_known)


class _Heard:
    """The words of a text, to look up whether they support others."""

    def __init__(self, said: Sequence[str], code: str) -> None:
        self._words = list(dict.fromkeys(w for text in said for w in tokens_of(text)))
        self._by_prefix: dict[str, list[str]] = {}
        for word in self._words:
            self._by_prefix.setdefault(word[:MIN_PREFIX], []).append(word)
        self._values = {n for text in said for n in values_of(text, code)}
        self._code = code
        self._groups = phrases(code).same
        self._persons = phrases(code).persons
        self._same = self._groups.of_words(self._words)

    def supports(self, word: str) -> bool:
        near = self._by_prefix.get(word[:MIN_PREFIX], ())
        if any(_is_form(word, other) for other in near[:MAX_TOKENS]):
            return True
        if not self._same.isdisjoint(self._groups.having(word)):
            return True
        if self._persons.has(word) and any(self._persons.are_alike(word, o) for o in self._words):
            return True
        if not self._values.isdisjoint(values_of(word, self._code)):
            return True
        return len(word) > 5 and any(len(o) > 2 and word.endswith(o) for o in self._words)


def _is_form(word: str, other: str) -> bool:
    """Return True if two words share enough letters to be probably forms of one."""
    if word == other:
        return True
    if word[1:] == other[1:] and len(word) > MIN_PREFIX and {word[0], other[0]} <= _PREFIXES:
        return True
    shorter = min(len(word), len(other))
    least = max(MIN_PREFIX, -(-int(shorter * PREFIX_SHARE * 10) // 10))
    return shorter >= MIN_PREFIX and word[:least] == other[:least]


def content_prefixes(text: str, code: str) -> frozenset[str]:
    """Return the first letters of the content words of a text, which most forms of them share."""
    return frozenset(word[:MIN_PREFIX] for word in _content(text, code))


@cache
def _unmeant() -> frozenset[str]:
    """Return the words that mean nothing for themselves."""
    words = STOP_WORDS | FUNCTION_WORDS | english.fact_words() | english.contractions()
    return words - words_in(ENGLISH, "phrases", "meant")


def _content(text: str, code: str) -> list[str]:
    """Return the words of a text that mean something, without those for the user."""
    told, fillers = tokens_of(text[:MAX_CHARACTERS]), phrases(code).fillers
    found = dict.fromkeys(
        w for w in told if w not in _unmeant() and w not in fillers and not names_user(w, code)
    )
    long = [w for w in found if len(w) > 2 or not w.isascii() or w.isdigit()]
    return [w for w in long if not _HIRAGANA.fullmatch(w)][:MAX_CONTENT]


def _without_copula(text: str, code: str) -> str:
    """Return a text without its "is", "was" and "worked as", which stand for each other."""
    table = phrases(code)
    return table.copula.sub(" ", table.was.sub(" ", text[:MAX_CHARACTERS]))


def affirmed(text: str, code: str) -> str:
    """Return a text without a denial that affirms: "ne … que", "not only", "never without"."""
    return phrases(code).affirms.sub(lambda match: match.groupdict().get("verb") or "", text)


def departure(fact: str, said: str, code: str, part: str, then: str = "") -> str | None:
    """Return how a fact says something else than a clause, or None if it may paraphrase it.

    `part` is the part of the clause that has its predicate, `then` the clause behind it.
    """
    if code == "ar":
        fact, said, part, then = (_VOWEL_SIGNS.sub("", text) for text in (fact, said, part, then))
    compared, near = _Compared(fact, said, code), _Compared(fact, part, code)
    for reason, is_so in (
        (OF_ANOTHER, compared.is_of_somebody_else),
        (OF_ANOTHER, compared.is_of_other_part),
        (OF_ANOTHER, near.is_of_somebody_else),
        ("it states what was only supposed", compared.is_supposed),
        ("it states what was only supposed", compared.is_urged),
        ("it states what was only supposed", lambda: compared.is_refuted(then)),
        ("it states a plan as done", compared.is_still_ahead),
        ("it states what is over", compared.is_over),
        ("it states what was excepted", compared.is_excepted),
        ("it says the opposite", compared.is_opposite),
        ("it says the opposite", near.likes_what_is_bad),
        (DENIED, near.is_denied),
        (DENIED, compared.is_contrasted),
        ("its order is reversed", compared.is_exchanged),
        ("its order is reversed", compared.is_given_back),
        ("its order is reversed", compared.prefers_what_was_denied),
        ("its order is reversed", compared.is_turned_round),
        ("its order is reversed", compared.is_preferred_less),
        ("its order is reversed", compared.is_compared),
        ("its order is reversed", compared.puts_other_behind),
        ("it has another number", compared.counts_another),
        ("it has another number", compared.changes_half_of_day),
        (OF_OTHER_THING, lambda: compared.is_of_next(then)),
        (OF_OTHER_THING, compared.is_beside),
        ("it says nothing", compared.says_nothing),
        (OF_OTHER_THING, compared.is_in_other_role),
    ):
        if is_so():
            return reason
    return None


class _Compared:
    """A fact and its clause, with their words."""

    def __init__(self, fact: str, said: str, code: str) -> None:
        fact, said = fact[:MAX_CHARACTERS], said[:MAX_CHARACTERS]
        self._code, self._table = code, phrases(code)
        said, fact = (affirmed(text, code) for text in (said, fact))
        self._fact, self._said = fact, said
        self._told, self._heard = tokens_of(fact), tokens_of(said)
        self._content = _content(fact, code)
        self._by = _Heard([said], code)
        exact = set(self._heard)
        self._by_fact = _Heard([fact], code)
        self._spaces = " " in said
        self._is_spelt = code not in SHORT_SCRIPTS  # a word has more than two letters
        self._held = [w for w in self._content if any(_is_form(w, other) for other in exact)]
        self._is_of_user = any(names_user(word, code) for word in self._told[:2])

    @property
    def _is_all_held(self) -> bool:
        denials = words_in(self._code, "clauses", "negations")
        negative = self._table.negative
        plain = [w for w in self._content if not (negative.has(w) or w in denials)]
        return bool(plain) and set(plain) <= set(self._held)

    def _objects(self) -> list[str]:
        """Return the words of the fact that the clause has, without numbers."""
        return [word for word in self._held if not is_number(word)]

    def is_of_somebody_else(self) -> bool:
        """Return True if the fact says of the user what the clause says of a person of theirs."""
        persons = self._table.persons
        speaker = words_in(self._code, "clauses", "speaker")
        begins, pets = self._heard[: 3 if self._spaces else 6], self._table.pets
        is_pet = pets.count(begins) > 0
        is_person = persons.count(begins) > 0
        if not self._is_of_user or not (is_person or is_pet or self._begins_with_name()):
            return self._exchanges_person()
        if not (speaker | self._table.selves).isdisjoint(self._heard[1:]):
            return False
        if is_due(self._fact, self._said, self._code):
            return False
        if (is_pet and pets.count(self._told)) or self._names_person():
            return self._exchanges_person()
        return bool(self._held)

    def _names_person(self) -> bool:
        """Return True if the fact has a person; none that the clause only has further behind.

        Of "my sister married her boyfriend", "User married her boyfriend" has not the sister.
        """
        persons = self._table.persons
        subject = next((i for i, word in enumerate(self._heard[:3]) if persons.has(word)), None)
        if not self._spaces or subject is None or persons.count(self._told[:3]):
            return persons.count(self._told) > 0
        behind = self._heard[subject + 1 :]
        return any(persons.has(word) and word not in behind for word in self._told)

    def _begins_with_name(self) -> bool:
        """Return True if the clause begins as "Carla is …", and the fact has no Carla."""
        begins = self._table.third.match(self._said)
        return begins is not None and not self._by_fact.supports(begins["name"].casefold())

    def _exchanges_person(self) -> bool:
        """Return True if the fact begins with another person than the clause: a sister, a dad."""
        persons = self._table.persons
        told = [word for word in self._told[:SUBJECT] if persons.has(word)]
        if not told or not any(map(persons.has, self._heard[:SUBJECT])):
            return False
        return not any(map(self._by.supports, told))

    def is_of_other_part(self) -> bool:
        """Return True if a person of one part of the clause has what another part has.

        "Anna is a nurse and Ben is a pilot" does not make Ben a nurse.
        """
        names = _parties(self._said) | _parties(self._fact)
        parties = [w for w in self._content if self._is_person(w, names)]
        others = [w for w in self._content if w not in parties]
        cut = [tokens_of(each) for each in self._table.joint.split(self._said)[:MAX_PARTS]]
        parts = [[w for w in each if w not in _unmeant()] for each in cut]
        if len(parties) != 1 or not others or len(parts) < 2:
            return False
        own = [i for i, part in enumerate(parts) if parties[0] in part]
        own = own or [i for i, p in enumerate(parts) if any(_alike(parties[0], w) for w in p)]
        if len(own) != 1:
            return False
        has_more = [w for w in parts[own[0]] if not self._is_person(w, names)]
        in_part = [{i for i, p in enumerate(parts) if _holds(p, w, self._code)} for w in others]
        known = [places for places in in_part if places]
        if not has_more or not known or any(own[0] in places for places in known):
            return False
        place = set.intersection(*known)
        if len(place) != 1:
            return False
        there = place.pop()
        speaker = words_in(self._code, "clauses", "speaker")
        if not speaker.isdisjoint(cut[there]):
            return False
        return any(self._is_person(w, names) for w in parts[there])

    def _is_person(self, word: str, names: set[str]) -> bool:
        return self._table.persons.has(word) or word in names

    def is_supposed(self) -> bool:
        table = self._table
        return bool(table.unreal.search(self._said)) and not (
            table.marked.search(self._fact) or self._table.unreal.search(self._fact)
        )

    def is_urged(self) -> bool:
        """Return True if the fact states as a plan what somebody else wants of the user."""
        return bool(self._table.urged.search(self._said)) and not (
            self._table.urges.search(self._fact) or self._says_no(self._told, self._fact)
        )

    def is_still_ahead(self) -> bool:
        """Return True if the fact says that a planned thing is done."""
        return is_still_ahead(self._fact, self._said, self._code)

    def likes_what_is_bad(self) -> bool:
        """Return True if the fact likes what the clause denies, avoids or calls bad."""
        if self._denials(self._told, self._fact) or not self._held:
            return False
        is_denied = self._denials(self._heard, self._said) > 0
        return likes_what_is_bad(self._fact, self._said, self._code, is_denied=is_denied)

    def is_given_back(self) -> bool:
        """Return True if the user gives somebody what these gave them."""
        return is_given_back(self._fact, self._said, self._code)

    def prefers_what_was_denied(self) -> bool:
        """Return True if the fact prefers the thing that the clause denies."""
        told = self._table.prefers.search(self._fact)
        border = self._table.order.search(self._fact, told.end()) if told else None
        cut = self._table.joint.split(self._said)[:MAX_PARTS]
        cut = cut if len(cut) > 1 else self._said.split(",")[:MAX_PARTS]
        if told is None or border is None or len(cut) < 2:
            return False
        chosen = _content(self._fact[told.end() : border.start()], self._code)
        lesser = _content(self._fact[border.end() :], self._code)
        parts = [(tokens_of(part), self._denials(tokens_of(part), part) % 2) for part in cut]
        is_chosen_denied, is_lesser_denied = (
            [no for part, no in parts if any(_is_form(w, o) for w in things for o in part)]
            for things in (chosen, lesser)
        )
        return bool(is_chosen_denied and is_lesser_denied) and (
            all(is_chosen_denied) and not any(is_lesser_denied)
        )

    def is_refuted(self, then: str) -> bool:
        """Return True if the speaker says of something reported that it is not so."""
        whole = f"{self._said}, {then}" if then else self._said
        if self._table.refuted.search(whole) is None:
            return False
        return bool(self._held) and not (
            self._table.marked.search(self._fact) or self._says_no(self._told, self._fact)
        )

    def is_over(self) -> bool:
        table = self._table
        if table.passed.search(self._fact) or self._denials(self._told, self._fact):
            return False
        if table.past.search(self._said):
            return bool(self._held)
        return self._was() or self._lived() or self._has_ended()

    def _was(self) -> bool:
        """Return True if the clause says "I was a lifeguard", and the fact "is a lifeguard"."""
        was = self._table.was.search(self._said)
        if was is None:
            return False
        behind = _content(self._said[was.end() :], self._code)[:1]
        copulas = self._table.copula.finditer(self._fact)  # also "'s"
        now = [w for each in copulas for w in _content(self._fact[each.end() :], self._code)[:1]]
        return bool(behind) and any(_is_form(behind[0], word) for word in now)

    def _lived(self) -> bool:
        """Return True if a verb of the clause is in the past, and the same one is not any more."""
        for past, present in self._table.over:
            was = past.count(self._heard) > 0 and present.count(self._heard) == 0
            if was and present.count(self._told) and not past.count(self._told):
                return bool(self._held)
        return False

    def _has_ended(self) -> bool:
        """Return True if the user is said to have the thing that they sold or paid off."""
        ended = self._table.ended.search(self._said)
        if ended is None or not any(p.count(self._told) for _, p in self._table.over):
            return False
        things = _content(self._said[ended.end() :], self._code)[:2]
        return any(_is_form(word, thing) for word in self._content for thing in things)

    def is_excepted(self) -> bool:
        sign = self._table.exception.search(self._said)
        if sign is None or self._table.exception.search(self._fact):
            return False
        before = set(_content(self._said[: sign.start()], self._code))
        behind = set(_content(self._said[sign.end() :], self._code)) - before
        named = {w for w in self._content if any(_is_form(w, o) for o in behind)}
        if not named:
            return False
        is_denied = self._denials(tokens_of(self._said[: sign.start()]), "") % 2
        return self._denials(self._told, self._fact) % 2 == is_denied

    def is_opposite(self) -> bool:
        table, told, heard = self._table, self._told, self._heard
        if self._denials(told, self._fact) == self._denials(heard, self._said):
            if table.opposites.opposed(told, heard):
                return True
            exchanged = table.converse.opposed(told, heard)
            if not all(self._is_converse(table.converse[group]) for group in exchanged):
                return True
        if table.enthuses.search(self._said) and table.negative.count(told):
            return True
        said = table.exclusive.found(heard)
        stated = table.exclusive.found(told)
        if any(not stated.get(group, set()) <= kinds for group, kinds in said.items()):
            return True
        return bool(table.last.opposed(told[-1:], heard[-1:]))

    def _is_converse(self, kinds: tuple[Words, ...]) -> bool:
        """Return True if the first party of the fact stands behind the verb of the clause.

        "Anna lent me 50 euros" is "User borrowed 50 euros from Anna".
        """
        told = [at for kind in kinds for at in kind.places(self._told)]
        heard = [at for kind in kinds for at in kind.places(self._heard)]
        before, behind = self._heard[: heard[0]], self._heard[heard[0] + 1 :]
        for word in self._told[: told[0]]:
            if names_user(word, self._code):
                return not self._table.objects.isdisjoint(behind)
            if word not in _unmeant() and any(_alike(word, other) for other in behind):
                return not any(_alike(word, other) for other in before)
        return False

    def is_denied(self) -> bool:
        """Return True if only one of both says no, of the same thing."""
        sign = self._table.exception.search(self._said)
        heard = tokens_of(self._said[: sign.start()]) if sign else self._heard
        said, told = self._denials(heard, self._said) % 2, self._denials(self._told, self._fact) % 2
        if needs_what_it_lacks(self._fact, self._said, self._code):
            return bool(told)
        if self._table.enthuses.search(self._said) and self._table.likes.count(self._told):
            return bool(told)
        if said == told or not any(map(self._by.supports, self._content)):
            return False
        if told and self._table.ended.search(self._said):
            return False
        if said:  # what was denied is affirmed
            stated = [w for w in self._content if not is_number(w)]
            return len([w for w in stated if self._by.supports(w)]) * 2 >= len(stated)
        is_harm = self._table.harms.count(self._told) > 0
        return self._is_all_held and not is_harm

    def _denials(self, words: Sequence[str], text: str) -> int:
        """Return 1 for a denial, and 1 for a word such as "avoids".

        An allergy and "can't eat" say the same once.
        """
        if self._table.harms.count(words):
            text = self._table.cannot.sub(" ", text)
            words = tokens_of(text) or words
        return self._says_no(words, text) + (self._table.negative.count(words) > 0)

    def _says_no(self, words: Sequence[str], text: str) -> bool:
        """Return True if a text denies something, other than by a word such as "avoids"."""
        listed = words_in(self._code, "clauses", "negations")
        negative = self._table.negative
        plain = text.casefold().replace("’", "'")
        whole = [part.strip(".,;:!?") for part in plain.split()]
        is_denied = any(w in listed and not negative.has(w) for w in (*words, *whole))
        return is_denied or self._table.denied.search(text) is not None

    def is_exchanged(self) -> bool:
        """Return True if the fact has two parties in the other order, with the same words."""
        code, table = self._code, self._table
        names = (_parties(self._said) | _parties(self._fact)) - self._uncapitalised()
        told = [(i, w) for i, w in enumerate(self._told) if _is_party(w, names, code, table)]
        if told and names_user(told[0][1], code) and self._told[told[0][0] + 1 :][:1] == ["s"]:
            told = told[1:]  # "User's brother"
        heard = [(i, w) for i, w in enumerate(self._heard) if _is_party(w, names, code, table)]
        theirs = words_in(code, "clauses", "theirs")
        others = [
            w for w in self._content if not _is_party(w, names, code, table) and w not in theirs
        ]
        if len(told) < 2 or not all(map(self._by.supports, others)) or self._names_converse():
            return False
        (first, one), (second, other) = told[0], told[1]
        between = set(self._told[first + 1 : second])
        is_of_both = not between.isdisjoint(words_in(code, "phrases", "copulas"))  # "is close to"
        goals = frozenset[str]() if is_of_both else words_in(code, "phrases", "goals")
        if second - first < 2 or table.agents & between - goals:
            return False
        if names_user(one, code):
            at = next((i for i, w in heard if _alike(w, other)), None)
            return at is not None and self._is_object_of(at)
        if names_user(other, code):
            return self._is_done_to(one, self._told[first + 1 : second], self._told[second + 1 :])
        order = [next((i for i, w in heard if _alike(w, each)), None) for each in (one, other)]
        return None not in order and order[0] > order[1]  # type: ignore[operator]

    def _uncapitalised(self) -> set[str]:
        """Return the words that both have once without a capital: "desde" is not a name."""
        spelt = (*words_with_case(self._said), *words_with_case(self._fact))
        return {word for word in spelt if word[0].islower()}

    def _is_object_of(self, at: int) -> bool:
        """Return True if the party at a place of the clause acts on the speaker: "Anna lent me"."""
        speaker = words_in(self._code, "clauses", "speaker") - self._table.objects
        if not speaker.isdisjoint(self._heard) or self._is_liked():
            return False
        return at < 2 and not self._table.objects.isdisjoint(self._heard[at + 1 :])

    def _is_liked(self) -> bool:
        """Return True if the clause says what the speaker prefers: "Tee ist mir lieber"."""
        objects, prefers = self._table.objects, self._table.prefers
        return any(one in objects and prefers.fullmatch(w) for one, w in pairwise(self._heard))

    def _is_done_to(self, party: str, verbs: Sequence[str], behind: Sequence[str]) -> bool:
        """Return True if the speaker does to a party what the fact makes the party do.

        `verbs` are the words between the two of the fact, `behind` those where a participle may be.
        """
        heard, objects = self._heard, self._table.objects
        speaker = words_in(self._code, "clauses", "speaker") - objects
        at = next((i for i, w in enumerate(heard) if _alike(w, party)), -1)
        begins = next((i for i, w in enumerate(heard) if w in speaker), at)
        acts = [w for w in verbs if w in self._content] or [w for w in behind if w in self._content]
        is_goal = not words_in(self._code, "phrases", "goals").isdisjoint(
            heard[max(at - 2, 1) : at]
        )
        if not acts or not objects.isdisjoint(heard) or not (begins < at or is_goal):
            return False
        near = (heard[begins + 1 :] if begins < at else heard[:at])[:MAX_CONTENT]
        return all(any(_is_form(act, w) for w in near) for act in acts)

    def is_contrasted(self) -> bool:
        """Return True if the fact gives a thing the "not" or the "hates" of the other part.

        "I don't eat meat, but fish" is not "doesn't eat fish".
        """
        if self._table.contrast.search(self._fact):
            return False
        cut = self._table.contrast.split(self._said)[:MAX_PARTS]
        if len(cut) < 2:
            return False
        parts = [tokens_of(part) for part in cut]
        denied = [self._denials(part, text) % 2 for part, text in zip(parts, cut, strict=True)]
        told = self._denials(self._told, self._fact) % 2
        negative = self._table.negative
        things = [w for w in self._held if not (is_number(w) or negative.has(w))]
        places = {w: [i for i, p in enumerate(parts) if _holds(p, w, self._code)] for w in things}
        known = [places[w][0] for w in things if len(places[w]) == 1]
        if not known:
            return False
        at = known[0] if self._code in VERB_LAST else known[-1]
        verbs = [w for w in self._told if negative.has(w)]
        for verb in verbs:  # "I don't mind dogs, but I hate cats"
            there = [i for i, p in enumerate(parts) if any(_is_form(verb, w) for w in p)]
            if (
                there
                and at not in there
                and all(len(_content(cut[i], self._code)) > 1 for i in there)
            ):
                return True
        if told and not denied[at]:
            return any(denied)
        return not told and bool(denied[at]) and set(known) == {at} and not all(denied)

    def counts_another(self) -> bool:
        """Return True if the fact gives a thing the number of another."""
        return counts_another(self._told, self._heard, self._code)

    def changes_half_of_day(self) -> bool:
        """Return True if the fact has "10 am" where "10 pm" was said."""
        return changes_half_of_day(self._fact, self._said)

    def is_of_next(self, then: str) -> bool:
        """Return True if the fact has the "hates" of the clause behind, and the thing of this."""
        following = tokens_of(then[:MAX_CHARACTERS])
        if not following:
            return False
        if (  # "I like beer, but I can't stand wine"
            self._says_no(self._told, self._fact)
            and self._says_no(following, then)
            and not self._denials(self._heard, self._said)
            and self._held
            and not any(_is_form(w, o) for w in self._held for o in following)
        ):
            return True
        return any(
            any(_is_form(verb, w) for w in following)
            and not any(_is_form(verb, w) for w in self._heard)
            and not any(_is_form(w, o) for w in self._content if w != verb for o in following)
            for verb in self._told
            if self._table.negative.has(verb)
        )

    def is_in_other_role(self) -> bool:
        """Return True if the fact goes to where the clause comes from, or is with who is near."""
        for kinds, needed in self._table.roles:
            said = self._behind_each(self._heard, kinds)
            told = self._behind_each(self._told, kinds)
            turned = 0
            for word, roles in told.items():
                others = [found for other, found in said.items() if _is_form(word, other)]
                turned += bool(others) and not any(roles & found for found in others)
            if turned >= needed:
                return True
        return False

    def _behind_each(self, tokens: Sequence[str], kinds: Sequence[Words]) -> dict[str, set[int]]:
        """Return the first meant word behind each preposition, with the kinds of these."""
        found: dict[str, set[int]] = {}
        for i, word in enumerate(tokens):
            kind = next((k for k, listed in enumerate(kinds) if listed.has(word)), None)
            if kind is None:
                continue
            for thing in tokens[i + 1 : i + 1 + BEHIND]:
                if any(listed.has(thing) for listed in kinds):
                    break
                if len(thing) > 1 and thing not in _unmeant() and not names_user(thing, self._code):
                    found.setdefault(thing, set()).add(kind)
                    break
        return found

    def is_substituted(self, is_known: Callable[[str], bool]) -> bool:
        """Return True if the fact has another word instead of one of the clause.

        "User drinks coffee every morning" of "I drink tea every morning": what stands around it is
        the same.
        """
        if self._code in ("ja", "zh"):
            return False
        heard, told = (
            _content(_without_copula(text, self._code), self._code)
            for text in (self._said, self._fact)
        )
        is_verb_last = self._code in VERB_LAST
        told = told[::-1] if is_verb_last else told
        heard = heard[::-1] if is_verb_last else heard
        at: int | None = None
        is_subject = True  # a verb follows it, which often has another word
        for i, word in enumerate(told):
            if is_number(word) or (len(word) < MIN_PREFIX and self._is_spelt):
                continue
            if not self._by.supports(word):
                may_be_verb = is_subject and i + 1 < len(told) and not self._is_state(word)
                following = heard[at + 1 : at + 2] if at is not None and not may_be_verb else []
                if any(self._is_replaced(w, word, is_known) for w in following):
                    return True
                is_subject = False
            else:
                is_subject = at is None and self._table.persons.has(word)
                places = [j for j, w in enumerate(heard) if self._is_alike(word, w)]
                at = next((j for j in places if heard[j] == word), places[0] if places else at)
        return False

    def _is_state(self, word: str) -> bool:
        """Return True if the fact says that somebody is that: "is a doctor"."""
        found = self._table.copula.finditer(self._fact)
        return any(word in tokens_of(self._fact[copula.end() :])[:1] for copula in found)

    def _is_replaced(self, word: str, other: str, is_known: Callable[[str], bool]) -> bool:
        """Return True if a word of the clause gave way to another that nobody said."""
        if is_number(word) or (len(word) < MIN_PREFIX and self._is_spelt) or is_known(other):
            return False
        start, begun = word[:MIN_SHARED], other[:MIN_SHARED]
        is_akin = start in other or begun in word  # "eingeschult", "Schule"
        return not is_akin and not self._by_fact.supports(word)

    def _is_alike(self, word: str, other: str) -> bool:
        """Return True if two words are forms of one, or are listed as nearly the same."""
        if _is_form(word, other):
            return True
        same = self._table.same
        return not same.having(word).isdisjoint(same.having(other))

    def is_turned_round(self) -> bool:
        """Return True if subject and object change places: "my dog bit him", "he bit the dog"."""
        heard = [w for w in self._heard if w not in _unmeant()][:MAX_CONTENT]
        told = self._content
        by = words_of_all("phrases", "by")
        is_passive = [not by.isdisjoint(words) for words in (self._told, self._heard)]
        if self._code not in VERB_BETWEEN or len(told) < 3 or is_passive[0] != is_passive[1]:
            return False
        for i in range(1, len(told) - 1):
            at = next((j for j, w in enumerate(heard) if _is_form(told[i], w)), None)
            if at is None or is_number(told[i]):
                continue
            before, behind = heard[:at], heard[at + 1 :]
            if any(_is_form(w, o) for w in told[:i] for o in before):
                continue
            is_turned = all(any(_is_form(w, o) for o in behind) for w in told[:i])
            if is_turned and any(_is_form(w, o) for w in told[i + 1 :] for o in before):
                return True
        return False

    def says_nothing(self) -> bool:
        """Return True if a fact has one thing twice: "User's aunt is the aunt of User"."""
        return len(self._content) == 1 and self._told.count(self._content[0]) > 1

    def is_preferred_less(self) -> bool:
        """Return True if the fact prefers what the clause puts behind: "B over A" of "A over B"."""
        table = self._table
        prefers = table.prefers.search(self._said)
        told = table.prefers.search(self._fact)
        border = table.order.search(self._said, prefers.end()) if prefers else None
        if prefers is None or border is None or told is None:
            return False
        chosen = _content(self._said[prefers.end() : border.start()], self._code)
        before = _content(self._said[: border.start()], self._code)
        if not chosen:  # "Jazz ist mir lieber als Oper"
            before = _content(self._said[: prefers.start()], self._code)
        if not before:
            return False
        behind = set(_content(self._said[border.end() :], self._code)) - set(before)
        end = table.order.search(self._fact, told.end())
        if end is None and self._denials(self._told, self._fact):
            return False
        named = _content(self._fact[told.end() : end.start() if end else None], self._code)
        for word in named or self._content:
            if _is_form(word, before[-1]) or (len(word) > 5 and word.endswith(before[-1])):
                return False
            if any(_is_form(word, o) for o in behind):
                return True
        return False

    def puts_other_behind(self) -> bool:
        """Return True if the fact prefers another thing to what the clause does: "차보다 커피"."""
        lesser = self._table.lesser
        spans = [each.span("thing") for each in lesser.finditer(self._said)][:MAX_PARTS]
        said = [self._said[start:end] for start, end in spans]
        told = [each["thing"] for each in lesser.finditer(self._fact)][:MAX_PARTS]
        if said and not told:
            return self._prefers_any(said)
        if not said or not told or self._names_converse():
            return False
        ends = [0, *(end for _, end in spans)]
        starts = [*(start for start, _ in spans), None]
        greater = " ".join(self._said[end:start] for end, start in zip(ends, starts, strict=True))
        return all(
            _is_of(each, greater) and not any(_is_of(each, o) for o in said) for each in told
        )

    def _prefers_any(self, things: Sequence[str]) -> bool:
        """Return True if a fact without "than" prefers one of these things: "喜欢咖啡"."""
        told = self._table.prefers.search(self._fact)
        if told is None or self._spaces or self._denials(self._told, self._fact):
            return False
        behind = self._fact[told.end() :]
        return any(_is_of(each, behind[: len(each) + 2]) for each in things)

    def is_compared(self) -> bool:
        """Return True if the first of two things compared is the second in the fact."""
        said, told = (self._table.compares.search(t) for t in (self._said, self._fact))
        if said is None or told is None:
            return False
        before = _content(self._said[: said.start()], self._code)
        behind = set(_content(self._said[said.end() :], self._code)) - set(before)
        first = _content(self._fact[: told.start()], self._code)
        last = _content(self._fact[told.end() :], self._code)
        if self._is_compared_with_user(said.span(), told.span(), before, behind):
            return not self._names_converse()
        is_turned = any(_is_form(word, o) for word in first for o in behind)
        is_turned &= any(_is_form(word, o) for word in last for o in before)
        return is_turned and not self._names_converse()

    def _is_compared_with_user(
        self, said: tuple[int, int], told: tuple[int, int], before: Sequence[str], behind: set[str]
    ) -> bool:
        """Return True if the user is on the other side: "Rita is older than me"."""
        code = self._code
        selves = words_in(code, "clauses", "speaker") | self._table.selves | self._table.objects
        sides = (self._said[: said[0]], self._said[said[1] :])
        speaks = [not selves.isdisjoint(tokens_of(side)) for side in sides]
        sides = (self._fact[: told[0]], self._fact[told[1] :])
        is_user = [any(names_user(w, code) for w in tokens_of(side)) for side in sides]
        if speaks.count(True) != 1 or is_user.count(True) != 1 or speaks == is_user:
            return False
        others = _content(sides[1] if is_user[0] else sides[0], code)
        theirs = before if speaks[1] else behind
        return any(_is_form(word, other) for word in others for other in theirs)

    def _names_converse(self) -> bool:
        """Return True if the fact has "shorter" where the clause has "taller"."""
        return bool(self._table.converse.opposed(self._told, self._heard))

    def is_beside(self) -> bool:
        """Return True if the user is said to be what they work with, or for."""
        table = self._table
        beside, copula = table.beside.search(self._said), table.copula.search(self._fact)
        if beside is None or copula is None or table.copula.search(self._said):
            return False
        said = _content(self._fact[copula.end() :], self._code)[:1]
        behind = _content(self._said[beside.end() :], self._code)
        behind = [word for word in behind if not values_of(word, self._code)][:1]
        return bool(said and behind and _is_form(said[0], behind[0]))


def _is_of(thing: str, text: str) -> bool:
    """Return True if a text has a thing, perhaps with another ending."""
    folded = thing.casefold()
    is_joined = not folded.isascii() and len(folded) < MIN_PREFIX
    stem = folded if is_joined or len(folded) <= MIN_PREFIX else folded[: len(folded) - 1]
    found = text.casefold()
    return (
        stem in found
        if is_joined
        else any(w.startswith(stem) for w in tokens_of(found))
        or (_JOINED_SCRIPT.search(folded) is not None and stem in found)
    )


def _parties(text: str) -> set[str]:
    """Return the folded words of a text that have a capital, also the first."""
    found = [(i, w.casefold()) for i, w in enumerate(words_with_case(text)) if w[0].isupper()]
    return {w for i, w in found if w not in _unmeant() or (i > 0 and len(w) > 2)}  # "owes Ben"


def _is_party(word: str, names: set[str], code: str, table: Phrases) -> bool:
    return names_user(word, code) or table.persons.has(word) or word in names


def _holds(part: Sequence[str], word: str, code: str) -> bool:
    """Return True if words have a form of a word, or the same number."""
    values = values_of(word, code)
    if values:
        return any(not values.isdisjoint(values_of(other, code)) for other in part)
    return any(_is_form(word, other) for other in part)


def _alike(word: str, other: str) -> bool:
    return word == other or (word[:2] == other[:2] and abs(len(word) - len(other)) < 3)
