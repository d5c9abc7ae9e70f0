"""Bind each fact to its clause, and hold it against this clause.

A small model drops a denial, reverses a preference, or makes a flatmate's diet the user's. A fact
is compared with its clause alone: the subject, the negation, the order, the side. The replacement
of one that does not hold is in `completion`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property

from litemem.core.text import english
from litemem.core.text.clause_borders import clause_pattern
from litemem.core.text.clauses import Clause, quoted_by_others
from litemem.core.text.date_mentions import dates_in
from litemem.core.text.lexicon import (
    ENGLISH,
    UNKNOWN,
    WITHOUT_RULES,
    code_of,
    code_of_speech,
    pattern_in,
    section,
    words_in,
)
from litemem.core.text.phrases import code_for, phrases, tokens_of
from litemem.core.text.questions import presupposed
from litemem.core.text.reactions import asks_for_manner
from litemem.core.text.words import words
from litemem.core.types import SetAside
from litemem.extraction.completion import Completion, Held, names_relative
from litemem.extraction.contradiction import (
    ANY_DAY,
    MAX_QUOTED,
    begins_with_pronoun,
    content_roots,
    contradiction,
    exchange,
    person_of,
)
from litemem.extraction.grounding import (
    ANOTHER_SPEAKER,
    Grounding,
)
from litemem.extraction.paraphrase import OF_ANOTHER, OF_OTHER_THING
from litemem.extraction.paraphrase.additions import adds_cause, claims_more
from litemem.extraction.paraphrase.comparison import Comparison
from litemem.extraction.paraphrase.questions import is_asked
from litemem.extraction.paraphrase.substitution import exchanges_kind, substitutes
from litemem.extraction.paraphrase.support import (
    Heard,
    content_prefixes,
    content_words,
    in_plain_words,
    in_said_words,
)
from litemem.extraction.paraphrase.verbs import has_other_verb
from litemem.extraction.retelling import (
    is_stub,
    only_greets,
)
from litemem.extraction.sanitize import is_small_talk
from litemem.extraction.turn_clauses import TurnClauses

EXCHANGED = frozenset([OF_ANOTHER, OF_OTHER_THING])
OTHER_WORD = "it has another word than was said"
OWN_WORDS = "it has words of the speaker's own"
OTHER_SCRIPTS = frozenset("ar fa hi ja ko ru zh".split())  # of languages
MAX_SAID = 2_000  # characters by which the language of a turn is judged
MAX_FACTS = 4  # in one sentence
MIN_OWN = 0.6  # of a fact's content words, in what its speaker said of themself

_QUOTED = re.compile(r"“[^“”]{0,400}”|\"[^\"]{0,400}\"")
# "小雨叫小雨", of somebody who tells the own name
_OF_NAME = re.compile(
    r"\A(?P<name>[^\W\d_]{2,20})(?: [^\W\d_]{1,12}){1,2} (?P=name)\W*\Z"
    r"|\A(?P<signs>[\u3400-\u9fff]{2,4})[\u3400-\u9fff]{1,2}(?P=signs)\W*\Z"
)
_DOUBLED = re.compile(r"\AUser (?P<verb>\S{3,30}) .{1,200} (?P=verb)\W{0,9}\Z")
# languages with few rules on exchanged words: a small model has to use most words of the turn
_LITERAL = frozenset(["ko", "ar", "fa", "tr", "vi", "th", "pl", "ru", "uk", "cs", "id"])
_COMMA = re.compile(r"[,;] ?")
_PARTS = re.compile(r" ?[;–—] ?")


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
        self._turn = TurnClauses(said)
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
        self._held = Held()
        self._rejected: list[_Rejected] = []
        self._completion = Completion(
            self._turn,
            self._held,
            subject,
            is_english=self._is_english,
            trusts_model=trusts_model,
        )

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
            if not (is_own and self._held.content.says(changed)):
                yield changed if is_own else fact

    def _is_own(self, fact: str, other: str) -> bool:
        """Return True if the speaker says a fact of themself, and nothing to the other."""
        at = self._turn.nearest(fact)
        if at is None or english.has_gender(fact):
            return False
        clause, told = self._turn.clauses[at], content_roots(fact.partition(" ")[2])
        you = words_in(clause.code, "clauses", "you")
        if not clause.is_own or clause.is_denied or other in clause.text:
            return False
        return clause.words.isdisjoint(you) and len(told & self._turn.content[at]) >= MIN_OWN * len(
            told
        )

    def hold(self, fact: str, message: int = 0) -> str | None:
        """Return why a fact is rejected, or None; `additions` has its clause.

        `message` is the position of a message that it may have come from.
        """
        at = self._turn.nearest(fact)
        reason = self._grounding.rejection_reason(fact)
        if reason is None and (at is None or not self._turn.is_defined(fact, at)):
            reason = self._flaw_in_parts(fact, self._flaw_beside(fact, at))
        if reason is None:
            self._held.content.add(fact)
        is_joint = at is not None and self._tells_of_several(fact, self._turn.clauses[at])
        if at is not None and (reason != ANOTHER_SPEAKER or is_joint):
            kept = self._held.kept if reason is None else self._held.failed
            kept.setdefault(at, []).append(fact)
        if reason is not None:
            clause = None if reason == ANOTHER_SPEAKER and not is_joint else at
            message = message if clause is None else self._turn.clauses[clause].message
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
        places = [self._turn.nearest(part) for part in parts]
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
        if at is not None and not self._trusts_model and asks_for_manner(self._turn.clauses[at]):
            return "it turns a wish round"
        if self._is_translated(fact):
            return "it is not in the language of the turn"
        if pattern_in(ENGLISH, "binding", "of_itself").match(fact) or (
            at is not None and self._takes_relative(fact, at)
        ):
            return "it is about somebody else"
        if self._is_on_other_day(fact):
            return "it has another day than was said"
        if at is not None and self._is_copied(fact, self._turn.clauses[at]):
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
        if _DOUBLED.match(fact) or _OF_NAME.match(fact):
            return "it says a word twice"
        is_quoted = "“" in fact or fact.startswith("User asks")
        if not is_quoted and clause_pattern(code_for(fact, self._said), "begs").search(fact):
            return "it is an order"
        if self._is_english and english.is_nameless(fact):
            return "it names nobody and nothing"
        if self._is_english and self._says_nothing(fact):
            return "it says nothing of anybody"
        if is_stub(fact, code_for(fact, fact[:MAX_QUOTED])):
            return "it leaves out what it says of somebody"
        return None

    def _is_on_other_day(self, fact: str) -> bool:
        """Return True if a fact has other relative days than was said: "next weekend"."""
        said = self._relative_days
        return bool(said) and not _relative_days_in(fact) <= said

    @cached_property
    def _relative_days(self) -> set[tuple[date, date]]:
        return _relative_days_in(self._said)

    def _takes_relative(self, fact: str, at: int) -> bool:
        """Return True if a fact is about a relative, and its clause about the speaker alone."""
        clause = self._turn.clauses[at]
        if clause.code == ENGLISH or not clause.by_speaker:
            return False
        said = in_plain_words(clause.text, clause.code)
        return names_relative(fact, clause.code) and not names_relative(said, clause.code)

    def _is_of_question(self, fact: str) -> bool:
        """Return True if a question that tells nothing has more of a fact than each statement."""
        if not self._only_ask:
            return False
        wanted = content_roots(fact.partition(" ")[2] or fact)
        stated = [i for i, clause in enumerate(self._turn.clauses) if not clause.is_question]
        asked, told = (
            max((len(wanted & self._turn.content[i]) for i in places), default=None)
            for places in (self._only_ask, stated)
        )
        return asked is not None and told is not None and asked > told

    @cached_property
    def _only_ask(self) -> list[int]:
        """The positions of questions in English that tell nothing of who asks."""
        return [
            i
            for i, clause in enumerate(self._turn.clauses)
            if clause.code == ENGLISH and clause.is_question and not presupposed(clause.text)
        ]

    def _is_asked(self, fact: str, at: int | None) -> bool:
        """Return True if a fact asks, or makes a deed of what a question asks."""
        is_open = self._is_english and clause_pattern(ENGLISH, "asks_unmarked").search(fact)
        if is_open or fact.endswith("?") or self._is_of_question(fact):
            return True
        questions = [i for i, clause in enumerate(self._turn.clauses) if clause.is_question]
        if not questions:
            return False
        wanted = content_prefixes(fact, code_for(fact, fact[:MAX_QUOTED]))
        is_told = at is not None and not self._turn.clauses[at].is_question
        shared = 0 if not is_told or at is None else len(wanted & self._turn.prefixes_of(at))
        return any(
            is_asked(fact, text, code_for(fact, text))
            for i in questions
            if len(wanted & self._turn.prefixes_of(i)) > shared
            for text in [self._turn.clauses[i].text]
        )

    def _obeys(self, fact: str) -> bool:
        """Return True if a fact makes a deed of an order to the other: "don't tell anyone"."""
        parts = (
            part for each in self._turn.clauses for part in _PARTS.split(each.text[:MAX_QUOTED])
        )
        orders = filter(english.is_order_not_to, parts)
        return any(english.does_what_is_asked(order, fact) for order in orders)

    def _contradiction(self, fact: str, at: int) -> str | None:
        """Return how a fact contradicts its clause, or None."""
        if only_greets(self._turn.clauses[at]):
            return "it is only a question or politeness"
        clause = self._turn.clauses[at]
        is_user = self._grounding.is_user(fact.split(" ")[0]) or fact.startswith(self._subject)
        if english.NAMES_USER.match(
            fact
        ):  # "Nadia here, mother of Timo": it was given as their name
            return None
        if is_user and (person := person_of(fact)) and begins_with_pronoun(clause):
            before = self._turn.clauses[at - 1].words if at else frozenset[str]()
            return None if person in before else "it is about somebody else"
        if is_user and clause.code == ENGLISH:
            if flaw := exchange(fact, clause.text, is_named=self._subject != "User"):
                return flaw
            if self._praises_the_other(at):
                return OF_ANOTHER
            if self._subject != "User" and english.is_of_others(clause.text, fact):
                return OF_OTHER_THING
        if is_user and (self._was_quoted(fact, clause.code) or self._is_of_third(fact, clause)):
            return "it is about somebody else"
        reason = contradiction(
            fact,
            clause,
            is_user=is_user,
            then=self._turn.behind(at),
            sentence=self._turn.sentence(at),
        )
        if reason is None and clause.code == ENGLISH:
            reason = self._misread(fact, at, is_user=is_user)
        return reason or self._exchanged_word(fact, clause)

    def _misread(self, fact: str, at: int, *, is_user: bool) -> str | None:
        """Return what of a clause in English a fact turns round, or None."""
        clause = self._turn.clauses[at]
        if is_user and english.is_of_other_subject(clause.text, fact):
            return OF_ANOTHER
        if is_user and english.knows_unsaid(clause.text, fact):
            return "it takes a remark for knowledge"
        if is_user and english.is_sought(clause.text, fact):
            return "it states what was sought"
        is_named = fact.split(" ")[0] in self._said  # not the name of the agent
        if not is_user and is_named and english.is_done_by_speaker(clause.text, fact):
            return "it is about somebody else"
        if english.halves_are_lost(clause.text, fact):
            return "it has another amount"
        sentence = self._turn.sentence(at) or clause.text
        if english.gives_role_to_other(sentence, fact):
            return "it gives a role to another"
        is_moved = english.is_moved_elsewhere(sentence, fact)
        return "it has another day or time" if is_moved else None

    def _exchanged_word(self, fact: str, clause: Clause) -> str | None:
        """Return what is wrong if a fact has a word that nobody said instead of one of its clause.

        A large model may write other words, but not another thing of the same kind.
        """
        code = code_for(fact, clause.text)
        written = fact
        fact, text = (in_plain_words(each, code) for each in (fact, clause.text))
        fact, is_known = in_said_words(fact, self._said, code), self._knows_form
        if self._grounding.is_strict and clause.code == code:
            pair = Comparison(fact, text, code)
            is_literal = code not in _LITERAL or self._is_mostly_said(fact, code)
            if not is_literal or substitutes(pair, is_known):
                return OTHER_WORD
            if has_other_verb(pair, is_known):
                return "it has another verb"
        if exchanges_kind(fact, text, code, is_known):
            return OTHER_WORD
        heard = self._grounding.heard
        heard = f"{heard}\n{in_plain_words(heard, code)}"
        if any(claims_more(each, heard, code) for each in {fact, written}):
            return "it says more than was said"
        return "it says more than was said" if adds_cause(fact, heard, code) else None

    def _knows_form(self, word: str) -> bool:
        """Return True if a word was said, now or before, or is the plain one for an idiom."""
        if self._grounding.knows(word) or word in self._plain_words:
            return True
        kinds = phrases(code_of(self._said)).kinds
        wanted = kinds.having(word)
        return any(not wanted.isdisjoint(kinds.having(other)) for other in self._plain_words)

    @cached_property
    def _plain_words(self) -> frozenset[str]:
        """The words of the turn, with plain ones for what people say."""
        return frozenset(tokens_of(in_plain_words(self._said, code_of(self._said))))

    def _is_mostly_said(self, fact: str, code: str) -> bool:
        """Return True if the turn has half of a fact's words in some form, or like ones."""
        heard = Heard([self._said, in_plain_words(self._said, code)], code)
        content = content_words(fact, code)
        count = sum(map(heard.supports, content))
        return 2 * count >= len(content)

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
        said = frozenset(words(self._turn.clauses[at].text))
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
        clause = self._turn.clauses[at]
        if clause.is_own or not english.is_praise(clause.text):
            return False
        you = words_in(ENGLISH, "clauses", "you")
        near = self._turn.clauses[max(at - 1, 0) : at + 2]
        return any(
            not each.words.isdisjoint(you) for each in near if each.message == clause.message
        )

    def _is_of_third(self, fact: str, clause: Clause) -> bool:
        """Return True if a part without a subject has a fact: "sono incinta, è una femmina"."""
        parts = _COMMA.split(clause.text[:MAX_QUOTED])
        begins = clause_pattern(clause.code, "begins_third")
        told = content_prefixes(fact, clause.code)
        others, mine = (
            content_prefixes(" ".join(part for part in parts if is_third(part)), clause.code)
            for is_third in (begins.match, lambda part: not begins.match(part))
        )
        return bool(told) and told <= others and not told & mine

    def _was_quoted(self, fact: str, code: str) -> bool:
        """Return True if only somebody else says a fact, in a quotation."""
        told = content_prefixes(fact, code)
        return bool(told) and any(
            told <= quoted and not told <= rest for quoted, rest in self._quoted
        )

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

    def additions(self) -> Iterator[tuple[str, Clause]]:
        """Yield clauses as facts, as `Completion.additions` does."""
        return self._completion.additions()

    def repeated(self, whole: str, clause: Clause) -> list[str]:
        """Return the kept facts of a clause that the `whole` clause, as a fact, repeats."""
        return self._completion.repeated(whole, clause)

    def set_aside(self) -> Iterator[SetAside]:
        """Yield the rejected facts, and then the clauses without a fact, each with the reason."""
        for each in self._rejected:
            instead = None if each.clause is None else self._completion.retold.get(each.clause)
            yield SetAside(each.fact, each.reason, each.message, replaced_by=instead)
        found = {*self._held.kept, *self._held.failed, *self._completion.retold}
        for i, clause in enumerate(self._turn.clauses):
            if i not in found:
                yield SetAside(clause.text, _why_empty(clause), clause.message, is_clause=True)


def _company(fact: str, said: frozenset[str]) -> list[str]:
    """Return the words of a fact behind "with" and the like, if the clause `said` has no such."""
    spoken = fact.split()
    for i, word in enumerate(spoken):
        if word in words_in(ENGLISH, "binding", "company") and word not in said:
            return spoken[i:]
    return []


def _is_subject(name: str, fact: str) -> bool:
    return fact.startswith(name) and not fact[len(name) : len(name) + 1].isalnum()


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


def _relative_days_in(text: str) -> set[tuple[date, date]]:
    return {(each.first, each.last) for each in dates_in(text, ANY_DAY) if each.is_relative}
