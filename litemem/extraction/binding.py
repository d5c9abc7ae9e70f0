"""Bind each fact to its clause; replace one that contradicts the clause by the clause itself.

A small model drops a denial, reverses a preference, or makes a flatmate's diet the user's. A fact
is compared with its clause alone: the subject, the negation, the order, the side. The clause that
replaces a fact is in the third person where a rule knows how, else quoted.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property

from litemem.core.text import english
from litemem.core.text.clause_borders import clause_pattern, kin_of_speaker
from litemem.core.text.clauses import Clause, clauses_of, quoted_by_others
from litemem.core.text.date_mentions import dates_in
from litemem.core.text.dates import mentions
from litemem.core.text.lexicon import (
    ENGLISH,
    NOT_SPACED_CODES,
    NOUNS_IN_CAPITALS,
    UNKNOWN,
    WITHOUT_RULES,
    code_of,
    code_of_speech,
    pattern_in,
    section,
    words_in,
)
from litemem.core.text.phrases import code_for
from litemem.core.text.questions import presupposed
from litemem.core.text.reactions import asks_for_manner, tells_by_asking
from litemem.core.text.words import words
from litemem.core.types import SetAside
from litemem.extraction.contradiction import (
    ANY_DAY,
    MAX_QUOTED,
    begins_with_pronoun,
    content_roots,
    contradiction,
    exchange,
    is_person,
    people_of,
    person_of,
)
from litemem.extraction.grounding import (
    ANOTHER_SPEAKER,
    Grounding,
    exact_terms,
    forms_of,
)
from litemem.extraction.paraphrase import OF_ANOTHER, OF_OTHER_THING
from litemem.extraction.paraphrase.additions import adds_cause, claims_more
from litemem.extraction.paraphrase.comparison import Comparison
from litemem.extraction.paraphrase.definitions import is_defined
from litemem.extraction.paraphrase.questions import is_asked
from litemem.extraction.paraphrase.substitution import exchanges_kind, substitutes
from litemem.extraction.paraphrase.support import Heard, content_prefixes, content_words
from litemem.extraction.paraphrase.verbs import has_other_verb
from litemem.extraction.retelling import (
    BEFORE_QUOTE,
    is_stub,
    may_replace,
    needs_heading,
    only_greets,
    retold,
    states_something,
)
from litemem.extraction.sanitize import is_small_talk

EXCHANGED = frozenset([OF_ANOTHER, OF_OTHER_THING])
OTHER_WORD = "it has another word than was said"
OWN_WORDS = "it has words of the speaker's own"
OTHER_SCRIPTS = frozenset("ar fa hi ja ko ru zh".split())  # of languages
MY_ENDINGS = {"ar": "ي", "fa": "م"}  # of a word: "my"
MAX_SAID = 2_000  # characters by which the language of a turn is judged
MIN_SHARED = 0.34  # of a fact's content words, in the clause that it comes from
MIN_PART = 3  # content words of a part of a clause that may not be lost
GRANTED = 0.5  # of a wish's content words, the same
COVERED = 0.9  # of a clause's content words, in the facts that were kept of it
MAX_RELATIVE = 6  # characters before the name of a relative, where no spaces are
MAX_NAME = 4  # characters of it
MAX_FACTS = 4  # in one sentence
MAX_TRIED = 40  # clauses of a turn in which a fact is looked for in other words
MIN_OWN = 0.6  # of a fact's content words, in what its speaker said of themself
MIN_PLACE = 4  # first letters of the name of a place, which its forms share
MAX_ASIDE = 3  # words behind the last comma that say when or how

_QUOTED = re.compile(r"“[^“”]{0,400}”|\"[^\"]{0,400}\"")
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_DOUBLED = re.compile(r"\AUser (?P<verb>\S{3,30}) .{1,200} (?P=verb)\W{0,9}\Z")
# languages whose rules see little of an exchanged word: a small model has to keep most words
_LITERAL = frozenset(["ko", "ar", "fa", "tr", "vi", "th"])
_PARTS = re.compile(r" ?[;–—] ?")
_BEHIND_COMMA = re.compile(r"[,;，、،] ?")


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
        self._has_no_rules = code_of_speech(self._said) in WITHOUT_RULES
        self._trusts_model = trusts_model
        self._clauses = [clause for text, i in said for clause in clauses_of(text, i)]
        self._prefixes: dict[int, frozenset[str]] = {}
        self._content = [content_roots(clause.text) for clause in self._clauses]
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

    def as_told(self, facts: Iterable[str], others: Sequence[str]) -> Iterator[str]:
        """Yield facts; those about another speaker at the end, as the speaker's if only "I" did it.

        Of "Hey Jon! I sold my car", a small model makes "Jon sold his car".
        """
        of_others = []
        for fact in facts:
            name = next((other for other in others if _is_subject(other, fact)), None)
            if self._subject == "User":
                yield english.about_user(self._grounding.of_user(fact))
            elif name is None:
                yield fact
            else:
                of_others.append((fact, name))
        for fact, name in of_others:
            changed = english.without_owner(f"{self._subject}{fact[len(name) :]}")
            is_own = self._is_own(changed, name)
            if not (is_own and self._told.says(changed)):
                yield changed if is_own else fact

    def _is_own(self, fact: str, other: str) -> bool:
        """Return True if the speaker says a fact of themself, and nothing to the other."""
        at = self._nearest(fact)
        if at is None or english.has_gender(fact):
            return False
        clause, told = self._clauses[at], content_roots(fact.partition(" ")[2])
        you = words_in(clause.code, "clauses", "you")
        if not clause.is_own or clause.is_denied or other in clause.text:
            return False
        return clause.words.isdisjoint(you) and len(told & self._content[at]) >= MIN_OWN * len(told)

    def hold(self, fact: str, message: int = 0) -> str | None:
        """Return why a fact is rejected, or None; `additions` has its clause.

        `message` is the position of a message that it may have come from.
        """
        at = self._nearest(fact)
        reason = self._grounding.rejection_reason(fact)
        if reason is None and (at is None or not self._is_defined(fact, at)):
            reason = self._flaw_in_parts(fact, self._flaw_beside(fact, at))
        if reason is None:
            self._told.add(fact)
        is_joint = at is not None and self._tells_of_several(fact, self._clauses[at])
        if at is not None and (reason != ANOTHER_SPEAKER or is_joint):
            kept = self._kept if reason is None else self._failed
            kept.setdefault(at, []).append(fact)
        if reason is not None:
            clause = None if reason == ANOTHER_SPEAKER and not is_joint else at
            message = message if clause is None else self._clauses[clause].message
            self._rejected.append(_Rejected(fact, reason, clause, message))
        return reason

    def _flaw_in_parts(self, fact: str, reason: str | None) -> str | None:
        """Return what is wrong with a part of a fact about two people, else the `reason`.

        Of "my wife teaches violin and I teach maths", "User teaches maths and User's wife teaches
        violin" holds, because each part does alone.
        """
        if reason is not None and reason not in EXCHANGED:
            return reason
        code = code_for(fact, self._said)
        parts = clause_pattern(code, "joins_facts").split(fact[:MAX_SAID])[:MAX_FACTS]
        if len(parts) < 2 or not all(content_words(part, code) for part in parts):
            return reason
        places = [self._nearest(part) for part in parts]
        flaws = [self._flaw_beside(p, at) for p, at in zip(parts, places, strict=True)]
        if reason is None:
            return next((flaw for flaw in flaws if flaw in EXCHANGED), None)
        return reason if None in places or any(flaws) else None

    def _tells_of_several(self, fact: str, clause: Clause) -> bool:
        """Return True if "we" did what a fact says of the speaker and another: "we had lunch"."""
        joint = section(ENGLISH, "binding")["joint"]
        if self._subject == "User" or not fact.startswith(f"{self._subject} {joint} "):
            return False
        return clause.by_speaker and not english.is_of_both(clause.text)

    def _flaw_beside(self, fact: str, at: int | None) -> str | None:
        """Return what is wrong with a fact beside its clause and the turn, or None."""
        if at is not None and (reason := self._contradiction(fact, at)):
            return reason
        if self._is_asked(fact, at) or self._obeys(fact):
            return "it states what was asked"
        if at is not None and not self._trusts_model and asks_for_manner(self._clauses[at]):
            return "it turns a wish round"
        if self._is_translated(fact):
            return "it is not in the language of the turn"
        if pattern_in(ENGLISH, "binding", "of_itself").match(fact) or (
            at is not None and self._takes_relative(fact, at)
        ):
            return "it is about somebody else"
        if self._is_on_other_day(fact):
            return "it has another day than was said"
        if at is not None and self._is_copied(fact, self._clauses[at]):
            return OWN_WORDS
        return self._flaw_in_form(fact) or (
            "somebody else said it of another thing"
            if at is not None and self._is_borrowed(fact, at)
            else None
        )

    def _flaw_in_form(self, fact: str) -> str | None:
        """Return what is wrong with how a fact is written, or None."""
        if self._speaks_as_user(fact):
            return OWN_WORDS
        if _DOUBLED.match(fact):
            return "it says a word twice"
        if self._is_english and english.is_nameless(fact):
            return "it names nobody and nothing"
        if self._is_english and self._says_nothing(fact):
            return "it says nothing of anybody"
        if is_stub(fact, code_for(fact, fact[:MAX_QUOTED])):
            return "it leaves out what it says of somebody"
        return None

    def _is_defined(self, fact: str, at: int) -> bool:
        """Return True if a fact defines what its clause says: "no siblings", "an only child"."""
        clause = self._clauses[at]
        return not clause.is_question and is_defined(fact, clause.text, code_for(fact, clause.text))

    def _is_on_other_day(self, fact: str) -> bool:
        """Return True if a fact has other relative days than was said: "next weekend"."""
        said = self._relative_days
        return bool(said) and not _relative_days_in(fact) <= said

    @cached_property
    def _relative_days(self) -> set[tuple[date, date]]:
        return _relative_days_in(self._said)

    def _takes_relative(self, fact: str, at: int) -> bool:
        """Return True if a fact is about a relative, and its clause about the speaker alone."""
        clause = self._clauses[at]
        if clause.code == ENGLISH or not clause.by_speaker:
            return False
        return _names_relative(fact, clause.code) and not _names_relative(clause.text, clause.code)

    def _is_of_question(self, fact: str) -> bool:
        """Return True if a question that tells nothing has more of a fact than each statement."""
        if not self._only_ask:
            return False
        wanted = content_roots(fact.partition(" ")[2] or fact)
        stated = [i for i, clause in enumerate(self._clauses) if not clause.is_question]
        asked, told = (
            max((len(wanted & self._content[i]) for i in places), default=None)
            for places in (self._only_ask, stated)
        )
        return asked is not None and told is not None and asked > told

    @cached_property
    def _only_ask(self) -> list[int]:
        """The positions of questions in English that tell nothing of who asks."""
        return [
            i
            for i, clause in enumerate(self._clauses)
            if clause.code == ENGLISH and clause.is_question and not presupposed(clause.text)
        ]

    def _is_asked(self, fact: str, at: int | None) -> bool:
        """Return True if a fact asks, or makes a deed of what a question asks."""
        is_open = self._is_english and clause_pattern(ENGLISH, "asks_unmarked").search(fact)
        if is_open or fact.endswith("?") or self._is_of_question(fact):
            return True
        questions = [i for i, clause in enumerate(self._clauses) if clause.is_question]
        if not questions:
            return False
        wanted = content_prefixes(fact, code_for(fact, fact[:MAX_QUOTED]))
        is_told = at is not None and not self._clauses[at].is_question
        shared = 0 if not is_told or at is None else len(wanted & self._prefixes_of(at))
        return any(
            is_asked(fact, text, code_for(fact, text))
            for i in questions
            if len(wanted & self._prefixes_of(i)) > shared
            for text in [self._clauses[i].text]
        )

    def _obeys(self, fact: str) -> bool:
        """Return True if a fact makes a deed of an order to the other: "don't tell anyone"."""
        parts = (part for each in self._clauses for part in _PARTS.split(each.text[:MAX_QUOTED]))
        orders = filter(english.is_order_not_to, parts)
        return any(english.does_what_is_asked(order, fact) for order in orders)

    def _contradiction(self, fact: str, at: int) -> str | None:
        """Return how a fact contradicts its clause, or None."""
        if only_greets(self._clauses[at]):
            return "it is only a question or politeness"
        clause = self._clauses[at]
        is_user = self._grounding.is_user(fact.split(" ")[0]) or fact.startswith(self._subject)
        if english.NAMES_USER.match(
            fact
        ):  # "Nadia here, mother of Timo": it was given as their name
            return None
        if is_user and (person := person_of(fact)) and begins_with_pronoun(clause):
            before = self._clauses[at - 1].words if at else frozenset[str]()
            return None if person in before else "it is about somebody else"
        if is_user and clause.code == ENGLISH:
            if flaw := exchange(fact, clause.text, is_named=self._subject != "User"):
                return flaw
            if self._praises_the_other(at):
                return OF_ANOTHER
            if self._subject != "User" and english.is_of_others(clause.text, fact):
                return OF_OTHER_THING
        if is_user and self._was_quoted(fact, clause.code):
            return "it is about somebody else"
        reason = contradiction(
            fact, clause, is_user=is_user, then=self._behind(at), sentence=self._sentence(at)
        )
        if reason is None and clause.code == ENGLISH:
            reason = self._misread(fact, at, is_user=is_user)
        return reason or self._exchanged_word(fact, clause)

    def _misread(self, fact: str, at: int, *, is_user: bool) -> str | None:
        """Return what of a clause in English a fact turns round, or None."""
        clause = self._clauses[at]
        if is_user and english.is_of_other_subject(clause.text, fact):
            return OF_ANOTHER
        if is_user and english.is_sought(clause.text, fact):
            return "it states what was sought"
        sentence = self._sentence(at) or clause.text
        if english.gives_role_to_other(sentence, fact):
            return "it gives a role to another"
        is_moved = english.is_moved_elsewhere(sentence, fact)
        return "it has another day or time" if is_moved else None

    def _exchanged_word(self, fact: str, clause: Clause) -> str | None:
        """Return what is wrong if a fact has a word that nobody said instead of one of its clause.

        A large model may write other words, but not another thing of the same kind.
        """
        code, is_known = code_for(fact, clause.text), self._grounding.knows
        if self._grounding.is_strict and clause.code == code:
            pair = Comparison(fact, clause.text, code)
            is_literal = code not in _LITERAL or self._is_mostly_said(fact, code)
            if not is_literal or substitutes(pair, is_known):
                return OTHER_WORD
            if has_other_verb(pair, is_known):
                return "it has another verb"
        if exchanges_kind(fact, clause.text, code, is_known):
            return OTHER_WORD
        heard = self._grounding.heard
        if claims_more(fact, heard, code) or adds_cause(fact, heard, code):
            return "it says more than was said"
        return None

    def _is_mostly_said(self, fact: str, code: str) -> bool:
        """Return True if half of a fact's words have forms in the turn, or mean nearly one of it."""
        heard, content = Heard([self._said], code), content_words(fact, code)
        return 2 * sum(map(heard.supports, content)) >= len(content)

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
        if not self._is_english:
            return False
        said = frozenset(words(self._clauses[at].text))
        if not said.isdisjoint(words_in(ENGLISH, "sanitize", "pointing")):
            fact = " ".join(_company(fact, said))  # "there" stands for a place, not for this
        return self._grounding.has_borrowed_name(fact)

    def _speaks_as_user(self, fact: str) -> bool:
        """Return True if a fact of the user says "my" or "I do" in another language than English.

        No rule knows how to write "wegen meines Herzens" in the third person, nor "nie palę".
        """
        code = code_of_speech(fact)
        code = code_of_speech(self._said) if code in (ENGLISH, UNKNOWN) else code
        subject = fact.split(" ")[0]
        is_user = self._grounding.is_user(subject) or fact.startswith(self._subject)
        plain = _QUOTED.sub(" ", fact)
        if _first_persons(code).search(plain) and (is_user or self._subject == "User"):
            return True
        if not is_user:
            return False
        found = _first_person_verb(code).search(plain)
        is_noun = found is not None and found["verb"][:1].isupper()  # "Users Miete"
        return found is not None and not is_noun and found["verb"].casefold() in words(self._said)

    def _is_copied(self, fact: str, clause: Clause) -> bool:
        """Return True if a fact says "we have" without a word for "we": "Tenemos ensayo"."""
        if clause.code == ENGLISH or not clause.by_speaker:
            return False
        if fact.startswith((self._subject, "User")):
            return False
        found = _first_person_verb(clause.code).match(f"{self._subject} {fact}")
        is_verb = found is not None and found["verb"].casefold() in clause.words
        return is_verb or clause.code in WITHOUT_RULES

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
            yield from self._wishes()
            yield from self._unread()

    def _replacements(self) -> Iterator[tuple[str, Clause]]:
        for at in sorted(self._failed if self._trusts_model else {*self._failed, *self._kept}):
            clause = self._clauses[at]
            wanted = content_roots(clause.text)
            told = frozenset[str]().union(*(content_roots(fact) for fact in self._kept.get(at, ())))
            is_told = at not in self._failed or len(wanted & told) >= COVERED * len(wanted)
            is_told &= self._trusts_model or not self._is_thinned(at)
            is_short = at in self._failed or len(clause.text) <= MAX_QUOTED
            if may_replace(clause) and not is_told and is_short:
                yield self._retell(at, self._as_said(at)), clause

    def _is_thinned(self, at: int) -> bool:
        """Return True if a number or a name of a clause is lost, or all of its days or people."""
        clause = self._clauses[at]
        if self._told.lacks(clause):
            return True
        facts = self._kept.get(at, ())
        if self._lacks_aside(clause.text, facts):
            return True
        _, *rest = _BEHIND_COMMA.split(clause.text[-MAX_QUOTED:])
        if rest and is_stub(rest[-1], clause.code):  # ", moi pas"
            return True
        if self._names_only(at) or (facts and _lacks_place(clause, facts)):
            return True
        if self._is_english and self._lacks_part(clause.text):
            return True
        if _names_relative(clause.text, clause.code) and not any(
            _names_relative(fact, clause.code) for fact in facts
        ):
            return True
        has_day = bool(mentions(clause.text[:MAX_QUOTED], ANY_DAY))
        return has_day and not any(mentions(fact, ANY_DAY) for fact in facts)

    def _lacks_aside(self, text: str, facts: Sequence[str]) -> bool:
        """Return True if the end of "I'm a midwife in Galway, nights mostly" is in no fact."""
        asides = words_in(ENGLISH, "binding", "asides")
        last = words(text[:MAX_QUOTED].rpartition(", ")[2]) if ", " in text[:MAX_QUOTED] else []
        named = asides.intersection(last)
        if not self._is_english or not named or len(last) > MAX_ASIDE:
            return False
        return bool(facts) and not named & set(words(" ".join(facts)))

    def _lacks_part(self, text: str) -> bool:
        """Return True if no fact has a word of a longer part with a conjunction: "so I need …"."""
        parts = pattern_in(ENGLISH, "binding", "part_borders").split(text[:MAX_QUOTED])
        if len(parts) < 2:
            return False
        told = frozenset[str]().union(
            *(content_roots(fact) for facts in self._kept.values() for fact in facts)
        )
        return any(len(r) >= MIN_PART and r.isdisjoint(told) for r in map(content_roots, parts))

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
        exact, _ = people_of(clause.code)
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
        said = content_roots(whole)
        kept = self._kept.get(self._clauses.index(clause), ())
        names = pattern_in(ENGLISH, "binding", "names")
        return [fact for fact in kept if not names.search(fact) and content_roots(fact) <= said]

    def _is_translated(self, fact: str) -> bool:
        """Return True if a small model wrote a fact in English of a turn in another language.

        Where no rule knows the forms of a language, a fact has the words that were said.
        """
        if self._trusts_model:
            return False
        if self._has_no_rules:
            others = set(words(fact)).difference(words(self._said))
            return not others <= {"user", *words(self._subject)}
        if self._is_english:
            return False
        if not self._is_latin and fact.isascii():
            return True
        return english.is_written_in(fact, self._said)

    def _unread(self) -> Iterator[tuple[str, Clause]]:
        for i, clause in enumerate(self._clauses):
            if i in self._kept or i in self._failed or self._is_answered(i):
                continue
            if clause.code != ENGLISH and clause.is_question and tells_by_asking(clause):
                yield self._retell(i, f"{self._subject} asked: “{clause.text}”"), clause
            if clause.code == ENGLISH and (_asks_or_heads(clause) or not clause.is_own):
                yield from self._presupposed(i)
            if asked := self._asked_before(i):
                yield self._retell(i, f"{self._subject}: “{asked} {clause.text}”"), clause
            elif clause.code == ENGLISH and (wish := english.wish(clause.text)):
                yield self._retell(i, self._named(wish)), clause
            elif needs_heading(clause):
                item = BEFORE_QUOTE.sub("", clause.text).rstrip(" ,;")
                yield self._retell(i, f"{self._subject}: “{clause.heading} {item}”"), clause
            elif states_something(clause) or self._completed(i):
                yield self._retell(i, self._as_said(i)), clause

    def _as_said(self, at: int) -> str:
        """Return a clause as a fact."""
        if whole := self._completed(at):
            return f"{self._subject}: “{whole}”"
        return retold(self._clauses[at], self._subject)

    def _completed(self, at: int) -> str:
        """Return a clause without a verb with the one before it: "…, my wife isn't"; or ""."""
        clause, before = self._clauses[at], self._clauses[at - 1] if at else None
        if before is None or before.message != clause.message:
            return ""
        if not is_stub(clause.text, clause.code):
            return ""
        border = " " if before.is_question else ", "
        return f"{before.text.rstrip(' ,;')}{border}{clause.text}"

    def _is_answered(self, at: int) -> bool:
        """Return True if the facts have what "my dad does" says behind a question."""
        is_short = at > 0 and is_stub(self._clauses[at].text, self._clauses[at].code)
        if not is_short or not self._clauses[at - 1].is_question:
            return False
        told = (content_roots(fact) for facts in self._kept.values() for fact in facts)
        return any(self._content[at] & roots for roots in told)

    def _wishes(self) -> Iterator[tuple[str, Clause]]:
        """Yield wishes, if the facts have less than half of one: "User dislikes coriander"."""
        for at in sorted(self._kept.keys() - self._failed.keys()):
            clause = self._clauses[at]
            wish = english.wish(clause.text) if clause.code == ENGLISH else None
            wanted = content_roots(clause.text) if wish else frozenset[str]()
            told = frozenset[str]().union(*map(content_roots, self._kept[at]))
            if wish and len(wanted & told) < GRANTED * len(wanted):
                yield self._retell(at, self._named(wish)), clause

    def _asked_before(self, at: int) -> str:
        """Return the question with a name that a clause points at: "That's what we drive"."""
        clause, before = self._clauses[at], self._clauses[at - 1] if at else None
        if before is None or not before.is_question or before.message != clause.message:
            return ""
        is_pointing = clause.code == ENGLISH and not clause.is_question
        if not is_pointing or not english.points_back(clause.text) or is_small_talk(clause.text):
            return ""
        is_short = len(before.text) + len(clause.text) <= MAX_QUOTED
        return before.text if is_short and any(exact_terms(before.text, names=True)) else ""

    def _presupposed(self, at: int) -> Iterator[tuple[str, Clause]]:
        """Yield the facts that a question in English states on the way, or else the question."""
        clause = self._clauses[at]
        found = (fact for fact in presupposed(clause.text) if not english.is_praise(fact))
        facts = list(map(self._named, found))
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
        wanted = content_roots(fact.partition(" ")[2] or fact)  # the subject may be a name
        if not wanted:
            return None
        best, score = None, 0.0
        for i, clause in enumerate(self._clauses):
            shared = len(wanted & self._content[i]) / len(wanted)
            if shared > score and not clause.is_question:
                best, score = i, shared
        of_kin = [
            i
            for i, clause in enumerate(self._clauses)
            if clause.code != ENGLISH and clause.is_question and _begins_with_kin(clause)
        ]
        if of_kin and len(of_kin) == len(self._clauses):  # "mon fils a 7 ans, une idée ?"
            return max(of_kin, key=self._shared_with(wanted))
        return best if score >= MIN_SHARED else self._nearest_in_meaning(fact)

    def _shared_with(self, wanted: frozenset[str]) -> Callable[[int], int]:
        return lambda at: len(wanted & self._content[at])

    def _nearest_in_meaning(self, fact: str) -> int | None:
        """Return the position of the clause with most words like a fact's, or of the only one."""
        code = code_for(fact, fact[:MAX_QUOTED])
        is_short = len(self._clauses) <= MAX_TRIED
        for i in range(len(self._clauses) if is_short else 0):
            if self._is_defined(fact, i):
                return i
        wanted = content_prefixes(fact, code)
        stated = [i for i, clause in enumerate(self._clauses) if not clause.is_question]
        best, most = None, 0
        for i in stated:
            shared = len(wanted & self._prefixes_of(i))
            if shared > most:
                best, most = i, shared
        if best is None and is_short and len(stated) > 1:
            best = self._nearest_by_support(fact, code, stated)
        return stated[0] if best is None and len(stated) == 1 else best

    def _nearest_by_support(self, fact: str, code: str, places: Sequence[int]) -> int | None:
        """Return the position of the clause that has most words of a fact in other words."""
        content = content_words(fact, code)
        shared = {
            i: sum(map(Heard([self._clauses[i].text], code).supports, content)) for i in places
        }
        best = max(places, key=lambda i: shared[i])
        return best if shared[best] else None

    def _behind(self, at: int) -> str:
        """Return the clause behind one, if the same message has it: "but I wasn't"."""
        then = self._clauses[at + 1] if at + 1 < len(self._clauses) else None
        is_near = then is not None and then.message == self._clauses[at].message
        return then.text[:MAX_QUOTED] if then is not None and is_near else ""

    def _sentence(self, at: int) -> str:
        """Return a clause with those before and behind it in its sentence, or an empty text."""
        near = range(max(at - 1, 0), min(at + 2, len(self._clauses)))
        message = self._clauses[at].message
        found = [self._clauses[i] for i in near if self._clauses[i].message == message]
        here = found.index(self._clauses[at])
        begins = here - (here > 0 and not _ends(found[here - 1]))
        last = here + (here + 1 < len(found) and not _ends(found[here]))
        if begins == last:
            return ""
        return ", ".join(clause.text[:MAX_QUOTED] for clause in found[begins : last + 1])

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
        return any(content_roots(fact) <= content_roots(kept) for kept in self._facts)

    def lacks(self, clause: Clause) -> bool:
        """Return True if no fact has one of the numbers or names of a clause."""
        exact = list(exact_terms(clause.text, names=clause.code not in NOUNS_IN_CAPITALS))
        return any(forms.isdisjoint(self._tokens) for forms in exact)


def _lacks_place(clause: Clause, facts: Iterable[str]) -> bool:
    """Return True if a place of a clause is in no fact, in a script without capital letters."""
    told = " ".join(facts)
    found = _places(clause.code).finditer(clause.text[:MAX_QUOTED])
    return any(match["place"][:MIN_PLACE] not in told for match in found)


@cache
def _places(code: str) -> re.Pattern[str]:
    return re.compile(section(code, "clauses").get("place", r"(?!)(?P<place>)"))


def _company(fact: str, said: frozenset[str]) -> list[str]:
    """Return the words of a fact behind "with" and the like, if the clause `said` has no such."""
    spoken = fact.split()
    for i, word in enumerate(spoken):
        if word in words_in(ENGLISH, "binding", "company") and word not in said:
            return spoken[i:]
    return []


def _is_subject(name: str, fact: str) -> bool:
    return fact.startswith(name) and not fact[len(name) : len(name) + 1].isalnum()


def _ends(clause: Clause) -> bool:
    """Return True if a clause ends its sentence."""
    return clause.text.rstrip("\"”»' ").endswith((".", "!", "?", "。", "！", "？", "।", "؟"))


def _asks_or_heads(clause: Clause) -> bool:
    return clause.is_question or clause.text.rstrip().endswith(":")


def _why_empty(clause: Clause) -> str:
    """Return why a clause has no fact."""
    if clause.is_question:
        return "it is a question"
    return "small talk" if is_small_talk(clause.text) else "the model wrote no fact of it"


@cache
def _first_persons(code: str) -> re.Pattern[str]:
    """Return the pattern of "my" and the like, which a fact in the third person cannot have."""
    listed = section(code, "clauses").get("first_persons", r"(?!)")
    before, behind = (r"(?<!\w)", r"(?!\w)") if code not in ("ja", "zh") else ("", "")
    return re.compile(rf"{before}(?:{listed}){behind}", re.IGNORECASE)


@cache
def _first_person_verb(code: str) -> re.Pattern[str]:
    """Return the pattern of a fact with its `verb` in the first person: "User nie palę"."""
    listed = section(code, "clauses").get("first_person_verbs", r"(?!)(?P<verb>)")
    return re.compile(listed, re.IGNORECASE)


def _begins_with_kin(clause: Clause) -> bool:
    return kin_of_speaker(clause.code).match(clause.text) is not None


def _relative_days_in(text: str) -> set[tuple[date, date]]:
    return {(each.first, each.last) for each in dates_in(text, ANY_DAY) if each.is_relative}


def _names_relative(text: str, code: str) -> bool:
    """Return True if a text has a word for a relative, a friend or the like."""
    if code in NOT_SPACED_CODES:
        exact, _ = people_of(code)
        return any(word in text for word in exact if len(word) > 1)
    return any(is_person(word, code) for word in words(text))


def _is_relative(word: str, code: str) -> bool:
    """Return True for a person also with "my" as an ending."""
    return is_person(word, code) or is_person(word.removesuffix(MY_ENDINGS.get(code, "")), code)
