"""Bind each fact to its clause; replace one that contradicts the clause by the clause itself.

A small model drops a denial, reverses a preference, or makes a flatmate's diet the user's. A fact
is compared with its clause alone: the subject, the negation, the order, the side. The clause that
replaces a fact is in the third person where a rule knows how, else quoted.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from litemem.core.text import english
from litemem.core.text.clauses import (
    Clause,
    asks_for_manner,
    clauses_of,
    count_negations,
    is_heading,
    only_reacts,
    quoted_by_others,
    tells_by_asking,
)
from litemem.core.text.dates import mentions
from litemem.core.text.lexicon import (
    ENGLISH,
    NOT_SPACED_CODES,
    code_of,
    code_of_dates,
    exclusive_in,
    pattern_in,
    section,
    words_in,
)
from litemem.core.text.periods import DAY
from litemem.core.text.phrases import SUBJECT, code_for, knows_denials, phrases
from litemem.core.text.questions import presupposed
from litemem.core.text.words import root, words
from litemem.core.types import SetAside
from litemem.extraction.grounding import (
    ANOTHER_SPEAKER,
    NOUNS_IN_CAPITALS,
    Grounding,
    exact_terms,
    forms_of,
    openers,
)
from litemem.extraction.paraphrase import (
    DENIED,
    OF_ANOTHER,
    OF_OTHER_THING,
    affirmed,
    content_prefixes,
    departure,
    substitutes,
)
from litemem.extraction.sanitize import is_small_talk

ANY_DAY = date(2024, 2, 29)  # from which days are counted to see whether there are any
OTHER_SCRIPTS = frozenset("ar fa hi ja ko ru zh".split())  # of languages
ALIKE_CODES = ("da", "nb")  # of languages that count as one
OWNED_BEHIND = ("id", "vi")  # of languages in which "my" is "I", behind what is owned
MY_ENDINGS = {"ar": "ي", "fa": "م"}  # of a word: "my"
UNSPACED_DATED = ("th",)  # of languages without rules that join words
MAX_SAID = 2_000  # characters by which the language of a turn is judged
MAX_QUOTED = 300  # characters of a clause that is quoted
MIN_NOTE = 4  # words of a statement about other things
MIN_WEEKDAY = 3  # letters of its name; shorter ones are other words too: "do", "sex"
MAX_APPOINTMENT = 7  # words of a note about one
MIN_SHARED = 0.34  # of a fact's content words, in the clause that it comes from
COVERED = 0.9  # of a clause's content words, in the facts that were kept of it
MAX_RELATIVE = 6  # characters before the name of a relative, where no spaces are
MAX_NAME = 4  # characters of it
MIN_WORDS = 2  # of a clause that states something

_BEFORE_QUOTE = re.compile(r"\A(?:[\s:;,.!?)\]–—•*·…]|-(?!\d))+")
_QUOTED = re.compile(r"“[^“”]{0,400}”|\"[^\"]{0,400}\"")
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_OF_USER = re.compile(r"\AUser(?:'s|s) (?P<noun>[^\W\d_]+)\b")


@dataclass(frozen=True, slots=True)
class _Rejected:
    """A fact that does not hold, why, and the position of its clause, if it has one."""

    fact: str
    reason: str
    clause: int | None
    message: int


class Binding:
    """The clauses of one speaker's turn, against which facts are held.

    Args:
        said: the speaker's texts, each with the position of its message.
        grounding: of the whole turn.
        subject: what the facts call the speaker: "User", or a name.
        trusts_model: if false, what the model passed over, thinned or translated is kept as said.
    """

    def __init__(
        self,
        said: Sequence[tuple[str, int]],
        grounding: Grounding,
        subject: str = "User",
        *,
        trusts_model: bool = True,
    ) -> None:
        self._said = "\n".join(text for text, _ in said)[:MAX_SAID]
        code = code_of(self._said)
        self._is_english, self._is_latin = code == ENGLISH, code not in OTHER_SCRIPTS
        self._trusts_model = trusts_model
        self._clauses = [clause for text, i in said for clause in clauses_of(text, i)]
        self._prefixes: dict[int, frozenset[str]] = {}
        self._content = [_content(clause.text) for clause in self._clauses]
        self._quoted = [
            (
                frozenset().union(*(content_prefixes(q, code) for q in quotes)),
                content_prefixes(rest, code),
            )
            for text, _ in said
            for quotes, rest in quoted_by_others(text)
        ]
        self._grounding = grounding
        self._subject = subject
        self._kept: dict[int, list[str]] = {}  # by the clause's position, its facts
        self._failed: dict[int, list[str]] = {}
        self._rejected: list[_Rejected] = []
        self._retold: dict[int, str] = {}  # by the clause's position, what was stored of it
        self._told = _Told()  # what the kept facts say

    def hold(self, fact: str, message: int = 0) -> str | None:
        """Return why a fact is rejected, or None; `additions` has its clause.

        `message` is the position of a message that it may have come from.
        """
        at = self._nearest(fact)
        reason = self._grounding.rejection_reason(fact) or self._flaw_beside(fact, at)
        if reason is None:
            self._told.add(fact)
        if at is not None and reason != ANOTHER_SPEAKER:
            kept = self._kept if reason is None else self._failed
            kept.setdefault(at, []).append(fact)
        if reason is not None:
            clause = None if reason == ANOTHER_SPEAKER else at
            message = message if clause is None else self._clauses[clause].message
            self._rejected.append(_Rejected(fact, reason, clause, message))
        return reason

    def _flaw_beside(self, fact: str, at: int | None) -> str | None:
        """Return what is wrong with a fact beside its clause and the turn, or None."""
        if at is not None and (reason := self._contradiction(fact, at)):
            return reason
        if at is not None and not self._trusts_model and asks_for_manner(self._clauses[at]):
            return "it turns a wish round"
        if self._is_translated(fact):
            return "it is not in the language of the turn"
        if self._speaks_as_user(fact):
            return "it has words of the speaker's own"
        if self._is_english and english.is_nameless(fact):
            return "it names nobody and nothing"
        if self._is_english and self._says_nothing(fact):
            return "it says nothing of anybody"
        is_borrowed = at is not None and self._is_borrowed(fact, at)
        return "somebody else said it of another thing" if is_borrowed else None

    def _contradiction(self, fact: str, at: int) -> str | None:
        """Return how a fact contradicts its clause, or None."""
        clause = self._clauses[at]
        is_user = self._grounding.is_user(fact.split(" ")[0]) or fact.startswith(self._subject)
        if english.NAMES_USER.match(
            fact
        ):  # "Nadia here, mother of Timo": it was given as their name
            return None
        if is_user and (person := _person_of(fact)) and _begins_with_pronoun(clause):
            before = self._clauses[at - 1].words if at else frozenset[str]()
            return None if person in before else "it is about somebody else"
        if is_user and clause.code == ENGLISH:
            if flaw := _exchange(fact, clause.text, is_named=self._subject != "User"):
                return flaw
            if self._praises_the_other(at):
                return OF_ANOTHER
        if is_user and self._was_quoted(fact, clause.code):
            return "it is about somebody else"
        reason = contradiction(fact, clause, is_user=is_user, then=self._behind(at))
        if (
            reason is None
            and self._grounding.is_strict
            and clause.code == code_for(fact, clause.text)
        ):
            is_exchanged = substitutes(fact, clause.text, clause.code, self._grounding.knows)
            reason = "it has another word than was said" if is_exchanged else None
        return reason

    def _says_nothing(self, fact: str) -> bool:
        """Return True if a fact is talk, or has no subject where people speak with each other."""
        if english.says_nothing(fact):
            return True
        begins = fact.startswith((self._subject, "User"))
        return self._subject != "User" and not begins and not english.is_note(fact)

    def _is_borrowed(self, fact: str, at: int) -> bool:
        """Return True if a fact has a name that only others said, and its clause points at nothing.

        Of "been to Rome once" and "we need a good floor", a small model makes a floor in Rome. What
        they asked may be answered without the name: "Rome?", "I'd love to".
        """
        pointing = words_in(ENGLISH, "sanitize", "pointing")
        if not self._is_english or not pointing.isdisjoint(words(self._clauses[at].text)):
            return False
        return self._grounding.has_borrowed_name(fact)

    def _speaks_as_user(self, fact: str) -> bool:
        """Return True if a fact of the user says "my" in another language than English.

        No rule knows how to write "wegen meines Herzens" in the third person.
        """
        code = code_of(fact)
        code = code_of(self._said) if code == ENGLISH else code
        subject = fact.split(" ")[0]
        is_user = self._grounding.is_user(subject) or fact.startswith(self._subject)
        return is_user and _first_persons(code).search(_QUOTED.sub(" ", fact)) is not None

    def _praises_the_other(self, at: int) -> bool:
        """Return True for praise beside "you": "You're amazing! Taking them in is so lovely"."""
        clause = self._clauses[at]
        if clause.is_own or not english.is_praise(clause.text):
            return False
        you = words_in(ENGLISH, "clauses", "you")
        near = self._clauses[max(at - 1, 0) : at + 2]
        return any(
            not each.words.isdisjoint(you) for each in near if each.message == clause.message
        )

    def _was_quoted(self, fact: str, code: str) -> bool:
        """Return True if only somebody else says a fact, in a quotation."""
        told = content_prefixes(fact, code)
        return bool(told) and any(
            told <= quoted and not told <= rest for quoted, rest in self._quoted
        )

    def additions(self) -> Iterator[tuple[str, Clause]]:
        """Yield clauses as facts: those of rejected facts, and those that the model passed over.

        Unless the model is trusted, a clause also counts if no fact was made of it, or if it was
        thinned: no fact has a number or a name of it, as "20 mg" of "20 mg of lisinopril".
        """
        yield from self._replacements()
        if not self._trusts_model:
            yield from self._unread()

    def _replacements(self) -> Iterator[tuple[str, Clause]]:
        for at in sorted(self._failed if self._trusts_model else {*self._failed, *self._kept}):
            clause = self._clauses[at]
            wanted = _content(clause.text)
            told = frozenset[str]().union(*(_content(fact) for fact in self._kept.get(at, ())))
            is_told = at not in self._failed or len(wanted & told) >= COVERED * len(wanted)
            is_told &= self._trusts_model or not self._is_thinned(at)
            is_short = at in self._failed or len(clause.text) <= MAX_QUOTED
            if stands_alone(clause) and not is_told and is_short:
                yield self._retell(at, retold(clause, self._subject)), clause

    def _is_thinned(self, at: int) -> bool:
        """Return True if a number or a name of a clause is lost, or all of its days or people."""
        clause = self._clauses[at]
        if self._told.lacks(clause):
            return True
        facts = self._kept.get(at, ())
        if self._names_only(at):
            return True
        if _names_relative(clause.text, clause.code) and not any(
            _names_relative(fact, clause.code) for fact in facts
        ):
            return True
        has_day = bool(mentions(clause.text[:MAX_QUOTED], ANY_DAY))
        return has_day and not any(mentions(fact, ANY_DAY) for fact in facts)

    def _names_only(self, at: int) -> bool:
        """Return True if of "my husband Karl drives a bus" the facts have the name alone."""
        clause = self._clauses[at]
        found = _WORD.findall(clause.text[:MAX_QUOTED])
        people = [i for i, word in enumerate(found[:3]) if _is_relative(word, clause.code)]
        if clause.code in NOT_SPACED_CODES:
            return self._names_only_unspaced(at)
        if not people:
            return False
        behind = found[people[-1] + 1 :]
        if not behind or not (behind[0][0].isupper() or not behind[0][0].islower()):
            return False
        is_cased = behind[0][0].isupper()
        names = [word for word in behind[: 2 if is_cased else 1] if not word[0].islower()]
        said = content_prefixes(" ".join(behind[len(names) :]), clause.code)
        told = frozenset[str]().union(
            *(content_prefixes(fact, clause.code) for fact in self._kept.get(at, ()))
        )
        return bool(said) and said.isdisjoint(told)

    def _names_only_unspaced(self, at: int) -> bool:
        clause = self._clauses[at]
        exact, _ = _people(clause.code)
        ends = [
            clause.text.find(one) + len(one) for one in exact if one in clause.text[:MAX_QUOTED]
        ]
        if not ends or min(ends) > MAX_RELATIVE:
            return False
        said = clause.text[max(end for end in ends if end <= MAX_RELATIVE) :][:MAX_QUOTED]
        told = "".join(self._kept.get(at, ()))
        pairs = {
            said[i : i + 2] for i in range(MAX_NAME, len(said) - 1) if said[i : i + 2].isalpha()
        }
        return bool(pairs) and not any(pair in told for pair in pairs)

    def repeated(self, whole: str, clause: Clause) -> list[str]:
        """Return the kept facts of a clause that the `whole` clause, as a fact, repeats."""
        said = _content(whole)
        kept = self._kept.get(self._clauses.index(clause), ())
        names = _pattern("names")
        return [fact for fact in kept if not names.search(fact) and _content(fact) <= said]

    def _is_translated(self, fact: str) -> bool:
        """Return True if a small model wrote a fact in English of a turn in another language."""
        if self._trusts_model or self._is_english:
            return False
        if not self._is_latin and fact.isascii():
            return True
        return english.is_written_in(fact, self._said)

    def _unread(self) -> Iterator[tuple[str, Clause]]:
        for i, clause in enumerate(self._clauses):
            if i in self._kept or i in self._failed:
                continue
            if clause.code != ENGLISH and clause.is_question and tells_by_asking(clause):
                yield self._retell(i, f"{self._subject} asked: “{clause.text}”"), clause
            if clause.code == ENGLISH and (_asks_or_heads(clause) or not clause.is_own):
                yield from self._presupposed(i)
            if clause.code == ENGLISH and (wish := english.wish(clause.text)):
                yield self._retell(i, self._named(wish)), clause
            elif states_something(clause):
                yield self._retell(i, retold(clause, self._subject)), clause

    def _presupposed(self, at: int) -> Iterator[tuple[str, Clause]]:
        """Yield the facts that a question in English states on the way, or else the question."""
        clause = self._clauses[at]
        facts = list(map(self._named, presupposed(clause.text)))
        if not facts and clause.is_question and tells_by_asking(clause):
            facts = [f"{self._subject} asked: “{clause.text}”"]
        for fact in facts:
            if not self._told.says(fact):
                yield self._retell(at, fact), clause

    def set_aside(self) -> Iterator[SetAside]:
        """Yield the rejected facts, and then the clauses without a fact, each with the reason."""
        for each in self._rejected:
            instead = None if each.clause is None else self._retold.get(each.clause)
            yield SetAside(each.fact, each.reason, each.message, replaced_by=instead)
        for i, clause in enumerate(self._clauses):
            if i not in self._kept and i not in self._failed and i not in self._retold:
                yield SetAside(clause.text, _why_empty(clause), clause.message, is_clause=True)

    def _named(self, fact: str) -> str:
        """Return a fact about "User" with the name of the speaker."""
        return fact if self._subject == "User" else fact.replace("User", self._subject)

    def _retell(self, at: int, text: str) -> str:
        self._retold[at] = text
        return text

    def _nearest(self, fact: str) -> int | None:
        """Return the position of the clause that shares most with a fact."""
        wanted = _content(fact.partition(" ")[2] or fact)  # the subject may be a name
        if not wanted:
            return None
        best, score = None, 0.0
        for i, clause in enumerate(self._clauses):
            shared = len(wanted & self._content[i]) / len(wanted)
            if shared > score and not clause.is_question:
                best, score = i, shared
        return best if score >= MIN_SHARED else self._nearest_in_meaning(fact)

    def _nearest_in_meaning(self, fact: str) -> int | None:
        """Return the position of the clause with most words like a fact's, or of the only one."""
        code = code_for(fact, fact[:MAX_QUOTED])
        wanted = content_prefixes(fact, code)
        stated = [i for i, clause in enumerate(self._clauses) if not clause.is_question]
        best, most = None, 0
        for i in stated:
            shared = len(wanted & self._prefixes_of(i))
            if shared > most:
                best, most = i, shared
        return stated[0] if best is None and len(stated) == 1 else best

    def _behind(self, at: int) -> str:
        """Return the clause behind one, if the same message has it: "but I wasn't"."""
        then = self._clauses[at + 1] if at + 1 < len(self._clauses) else None
        is_near = then is not None and then.message == self._clauses[at].message
        return then.text[:MAX_QUOTED] if then is not None and is_near else ""

    def _prefixes_of(self, at: int) -> frozenset[str]:
        if at not in self._prefixes:
            clause = self._clauses[at]
            self._prefixes[at] = content_prefixes(clause.text, clause.code)
        return self._prefixes[at]


class _Told:
    """What the kept facts of a turn say: their words, numbers and names."""

    def __init__(self) -> None:
        self._facts: list[str] = []
        self._tokens: set[str] = set()

    def add(self, fact: str) -> None:
        self._facts.append(fact)
        self._tokens |= forms_of(fact)

    def says(self, fact: str) -> bool:
        """Return True if one fact has the words of another."""
        return any(_content(fact) <= _content(kept) for kept in self._facts)

    def lacks(self, clause: Clause) -> bool:
        """Return True if no fact has one of the numbers or names of a clause."""
        exact = list(exact_terms(clause.text, names=clause.code not in NOUNS_IN_CAPITALS))
        return any(forms.isdisjoint(self._tokens) for forms in exact)


def contradiction(
    fact: str, clause: Clause, *, is_user: bool | None = None, then: str = ""
) -> str | None:
    """Return how a fact contradicts its clause, or None.

    `is_user`: if its first word names the user; by default, if it is "User". `then` is the clause
    behind, which may say that the first is not true.
    """
    if is_user is None:
        is_user = _names_user(fact)
    if _is_of_somebody_else(fact, clause, is_user=is_user):
        return OF_ANOTHER
    if flaw := _flaw(fact, clause, is_user=is_user):
        return flaw
    said = _predicate(fact, clause.text, clause.code)
    code = code_for(fact, clause.text)
    if (
        not knows_denials(code)
        and count_negations(fact, clause.code) % 2 != count_negations(said, clause.code) % 2
    ):
        shared = _content(fact) & _content(clause.text)
        if len(shared) >= max(1, len(_content(fact)) - 1):
            return "it denies the statement, or affirms what was denied"
    if _is_reordered(fact, clause.text):
        return "its order is reversed"
    if _names_emoji(fact, said):
        return "it puts words in place of an emoji"
    if _is_opposite(*(affirmed(text, clause.code) for text in (fact, clause.text))):
        return "it says the opposite"
    return departure(fact, clause.text, code, said, then)


def _exchange(fact: str, said: str, *, is_named: bool) -> str | None:
    """Return how a fact in English gives the speaker a deed of others or of things.

    `is_named`: several people speak, so that "we should" may mean everybody.
    """
    if english.is_shared(said, fact):
        return "it makes one of several"
    is_of_all = is_named and english.is_shared_by_all(said)
    if is_of_all or english.is_of_thing(said, fact) or english.is_of_activity(said, fact):
        return OF_OTHER_THING
    return OF_ANOTHER if english.is_yours(said, fact) else None


def _flaw(fact: str, clause: Clause, *, is_user: bool) -> str | None:
    """Return what only some languages show: an order made a deed, a place, a denial."""
    if _takes_for_user(fact, clause):
        return OF_OTHER_THING
    if clause.code == ENGLISH and is_user:
        if _makes_order_a_deed(fact, clause):
            return "it makes a deed of an order"
        if english.guesses_place(fact, clause.text):
            return "it is said of something else"
    return DENIED if _denies_unread(fact, clause) else None


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


@cache
def _weekdays(code: str) -> frozenset[str]:
    """Return the folded names of the days of a week in a language."""
    listed = " ".join(section(code, "dates").get("weekdays", ())).casefold()
    return frozenset(name for name in listed.split() if len(name) > MIN_WEEKDAY)


def _is_of_somebody_else(fact: str, clause: Clause, *, is_user: bool) -> bool:
    """Return True if a fact gives the user what the clause says of another, or is another's."""
    if is_user and _takes_for_speaker(fact, clause):
        return True
    if clause.code == ENGLISH and _is_of_theirs(fact, clause.text):
        return True
    return _is_of_the_others(fact, clause)


def stands_alone(clause: Clause) -> bool:
    """Return True if a clause may replace a fact: a statement of some words."""
    if clause.is_question or is_heading(clause.text):
        return False
    if not _is_english(clause) or not clause.text.isascii():
        return len(clause.text) >= MIN_NOTE
    if english.is_vague(clause.text) or english.is_talk(clause.text):
        return False
    is_general = not clause.is_own and english.is_truism(clause.text)
    if is_general and not english.speaks_of_anybody(clause.text):
        return False
    is_remark = not clause.is_own or english.is_nameless(clause.text)
    if is_remark and english.is_praise(clause.text):
        return False
    least = MIN_WORDS if clause.is_own else MIN_NOTE
    return len(clause.words) + _emoji(clause.text) >= least and not english.is_reaction(clause.text)


def states_something(clause: Clause) -> bool:
    """Return True if a clause states something of the speaker that is worth keeping."""
    if not stands_alone(clause) or len(clause.text) > MAX_QUOTED:
        return False
    if not clause.text[0].isalnum() and clause.text[0] in "[{<":
        return False
    if clause.code != ENGLISH:
        return not only_reacts(clause)
    if english.is_reaction(clause.text):
        return False
    is_drawn = clause.is_own and _emoji(clause.text) > 0  # "I ❤️ pizza" has no verb
    if is_drawn or english.speaks_of_anybody(clause.text) or english.names_somebody(clause.text):
        return True
    if english.third_person(clause.text) is not None or english.is_note(clause.text):
        return True
    return len(clause.words) >= MIN_NOTE and english.is_elliptical(clause.text)


def retold(clause: Clause, subject: str) -> str:
    """Return a clause as a fact: in the third person, or quoted."""
    told = english.third_person(clause.text) if clause.code == ENGLISH else None
    is_of_all = subject != "User" and english.is_shared_by_all(clause.text)
    if told is not None and not is_of_all:
        return told if subject == "User" else told.replace("User", subject)
    text = _BEFORE_QUOTE.sub("", clause.text).rstrip(" ,;")
    text = text if len(text) <= MAX_QUOTED else text[: text.rfind(" ", 0, MAX_QUOTED)] + " …"
    if (
        _is_english(clause)
        and not clause.is_own
        and text.isascii()
        and not english.speaks_of_self(text)
        and not english.is_nameless(text)
        and not english.is_elliptical(text)
        and not english.speaks_of_anybody(text)
    ):
        return text.rstrip(".")
    return f"{subject}: “{text}”"


def _asks_or_heads(clause: Clause) -> bool:
    return clause.is_question or clause.text.rstrip().endswith(":")


def _why_empty(clause: Clause) -> str:
    """Return why a clause has no fact."""
    if clause.is_question:
        return "it is a question"
    return "small talk" if is_small_talk(clause.text) else "the model wrote no fact of it"


def _takes_for_speaker(fact: str, clause: Clause) -> bool:
    """Return True if a fact says of the user what the clause says of their people."""
    spoken = words(fact)
    first = [word.strip(".,") for word in clause.text.split()[:4]]
    is_owned = clause.code in OWNED_BEHIND and any(_is_person(w, clause.code) for w in first[:2])
    if not spoken or (clause.by_speaker and not is_owned):
        return False
    pronouns = words_in(clause.code, "clauses", "others")
    if first and first[0].casefold().replace("’", "'") in pronouns:
        return True  # "she's a vet"
    if clause.code == ENGLISH and _of_another(clause.text):
        return True
    people = [word for word in first if _is_person(word, clause.code)]
    if not people or any(_is_person(word, clause.code) for word in spoken[:SUBJECT]):
        return False
    return not any(
        person.strip(".,'s").casefold()[:5] in word for person in people for word in spoken
    )


def _begins_with_pronoun(clause: Clause) -> bool:
    first = clause.text.split()[:1]
    pronouns = words_in(clause.code, "clauses", "others")
    return bool(first) and first[0].casefold().replace("’", "'") in pronouns


def _person_of(fact: str) -> str:
    """Return the folded thing that a fact is about, if it is one of the user: "User's sister"."""
    owned = _OF_USER.match(fact.replace("’", "'"))
    return owned["noun"].casefold() if owned else ""


def _makes_order_a_deed(fact: str, clause: Clause) -> bool:
    """Return True if the user is said to do what they order: "always say that …"."""
    order = _commands().match(clause.text)
    told = words(fact)[1:2]
    if order is None or not told or clause.by_speaker:
        return False
    return told[0].startswith(order["verb"].casefold())


@cache
def _commands() -> re.Pattern[str]:
    return re.compile(section(ENGLISH, "clauses")["commands"], re.IGNORECASE)


@cache
def _first_persons(code: str) -> re.Pattern[str]:
    """Return the pattern of "my" and the like, which a fact in the third person cannot have."""
    listed = section(code, "clauses").get("first_persons", r"(?!)")
    before, behind = (r"(?<!\w)", r"(?!\w)") if code not in ("ja", "zh") else ("", "")
    return re.compile(rf"{before}(?:{listed}){behind}", re.IGNORECASE)


def _is_english(clause: Clause) -> bool:
    """Return False also for languages without rules for clauses: Indonesian."""
    return clause.code == ENGLISH and code_of_dates(clause.text) == ENGLISH


def _denies_unread(fact: str, clause: Clause) -> bool:
    """Return True if only one of both denies, in a language with no more rules than that."""
    if clause.code != ENGLISH:
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
    theirs = words_in(clause.code, "clauses", "theirs")
    before = [heard[i - 1] for i, word in enumerate(heard) if word == noun and i]
    if before and theirs.issuperset(before):  # "mi prima y su marido"
        return True
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
    owns = [each[:1] == ["s"] and _is_person(each[-1], ENGLISH) for each in after]
    return told[1:2] != ["s"] and bool(owns) and all(owns)


def _are_theirs(before: list[str]) -> bool:
    """Return True if the words before a thing say that it is somebody else's."""
    own, theirs = (words_in(ENGLISH, "binding", key) for key in ("own", "theirs"))
    return own.isdisjoint(before[-1:]) and not theirs.isdisjoint(before)


def _names_relative(text: str, code: str) -> bool:
    """Return True if a text has a word for a relative, a friend or the like."""
    if code in NOT_SPACED_CODES:
        exact, _ = _people(code)
        return any(word in text for word in exact if len(word) > 1)
    return any(_is_person(word, code) for word in words(text))


def _names_user(fact: str) -> bool:
    first = fact.split(" ")[0]
    return first == "User" or first.casefold() in english.users()


def _is_person(word: str, code: str) -> bool:
    plain = word.casefold()
    exact, begun = _people(code)
    return plain in exact or any(plain.startswith(start) for start in begun)


def _is_relative(word: str, code: str) -> bool:
    """Return True for a person also with "my" as an ending."""
    return _is_person(word, code) or _is_person(word.removesuffix(MY_ENDINGS.get(code, "")), code)


@cache
def _people(code: str) -> tuple[frozenset[str], tuple[str, ...]]:
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
def _joints(code: str) -> re.Pattern[str]:
    """Return the comma, and the words of a language that join parts of a clause."""
    listed = sorted(words_in(code, "clauses", "joints"))
    return re.compile(rf",|\b(?:{'|'.join(listed)})\b" if listed else ",")


def _is_reordered(fact: str, said: str) -> bool:
    """Return True if a fact has on one side of "over", "than", "before" what was on the other."""
    ordered, timed = _pattern("ordered"), words_in(ENGLISH, "binding", "timed")
    one, other = ordered.search(said.casefold()), ordered.search(fact.casefold())
    if one is None:
        return False
    before, behind = _content(said[: one.start()]), _content(said[one.end() :])
    if other is not None and other[0] == one[0]:
        return bool(_content(fact[: other.start()]) & (behind - before))
    if other is not None or one[0] in timed or not _pattern("sided").search(fact):
        return False
    objects = _content(fact)
    likes = _content(section(ENGLISH, "binding")["likes"])
    return bool(objects & (behind - before)) and not objects & (before - likes)


def _names_emoji(fact: str, said: str) -> bool:
    """Return True if a fact has a word for an emoji: "can't stand dogs" of "can't stand 🐈"."""
    return _emoji(said) > 0 and not _content(fact.partition(" ")[2]) <= _content(said)


def _emoji(text: str) -> int:
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


def _content(text: str) -> frozenset[str]:
    return frozenset(root(word) for word in words(text) if word not in openers()) or frozenset(
        words(text)
    )
