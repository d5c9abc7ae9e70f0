"""The clauses of one speaker's turn, and which of them a fact is of."""

from collections.abc import Callable, Sequence

from litemem.core.text.clause_borders import kin_of_speaker
from litemem.core.text.clauses import Clause, clauses_of
from litemem.core.text.lexicon import ENGLISH
from litemem.core.text.phrases import code_for
from litemem.extraction.contradiction import MAX_QUOTED, content_roots
from litemem.extraction.paraphrase.definitions import is_defined
from litemem.extraction.paraphrase.support import Heard, content_prefixes, content_words

MIN_SHARED = 0.34  # of a fact's content words, in the clause that it comes from
MAX_TRIED = 40  # clauses of a turn in which a fact is looked for in other words


class TurnClauses:
    """The clauses of a speaker's texts, each text with the position of its message.

    `content` are the roots of the words of each clause that mean something.
    """

    def __init__(self, said: Sequence[tuple[str, int]]) -> None:
        self.clauses = [clause for text, i in said for clause in clauses_of(text, i)]
        self.content = [content_roots(clause.text) for clause in self.clauses]
        self._prefixes: dict[int, frozenset[str]] = {}

    def nearest(self, fact: str) -> int | None:
        """Return the position of the clause that shares most with a fact."""
        wanted = content_roots(fact.partition(" ")[2] or fact)  # the subject may be a name
        if not wanted:
            return None
        best, score = None, 0.0
        for i, clause in enumerate(self.clauses):
            shared = len(wanted & self.content[i]) / len(wanted)
            if shared > score and not clause.is_question:
                best, score = i, shared
        of_kin = [
            i
            for i, clause in enumerate(self.clauses)
            if clause.code != ENGLISH and clause.is_question and _begins_with_kin(clause)
        ]
        if of_kin and len(of_kin) == len(self.clauses):  # "mon fils a 7 ans, une idée ?"
            return max(of_kin, key=self._shared_with(wanted))
        return best if score >= MIN_SHARED else self._nearest_in_meaning(fact)

    def _shared_with(self, wanted: frozenset[str]) -> Callable[[int], int]:
        return lambda at: len(wanted & self.content[at])

    def _nearest_in_meaning(self, fact: str) -> int | None:
        """Return the position of the clause with most words like a fact's, or of the only one."""
        code = code_for(fact, fact[:MAX_QUOTED])
        is_short = len(self.clauses) <= MAX_TRIED
        for i in range(len(self.clauses) if is_short else 0):
            if self.is_defined(fact, i):
                return i
        wanted = content_prefixes(fact, code)
        stated = [i for i, clause in enumerate(self.clauses) if not clause.is_question]
        best, most = None, 0
        for i in stated:
            shared = len(wanted & self.prefixes_of(i))
            if shared > most:
                best, most = i, shared
        if best is None and is_short and len(stated) > 1:
            best = self._nearest_by_support(fact, code, stated)
        return stated[0] if best is None and len(stated) == 1 else best

    def _nearest_by_support(self, fact: str, code: str, places: Sequence[int]) -> int | None:
        """Return the position of the clause that has most words of a fact in other words."""
        content = content_words(fact, code)
        shared = {
            i: sum(map(Heard([self.clauses[i].text], code).supports, content)) for i in places
        }
        best = max(places, key=lambda i: shared[i])
        return best if shared[best] else None

    def behind(self, at: int) -> str:
        """Return the clause behind one, if the same message has it: "but I wasn't"."""
        then = self.clauses[at + 1] if at + 1 < len(self.clauses) else None
        is_near = then is not None and then.message == self.clauses[at].message
        return then.text[:MAX_QUOTED] if then is not None and is_near else ""

    def sentence(self, at: int) -> str:
        """Return a clause with those before and behind it in its sentence, or an empty text."""
        near = range(max(at - 1, 0), min(at + 2, len(self.clauses)))
        message = self.clauses[at].message
        found = [self.clauses[i] for i in near if self.clauses[i].message == message]
        here = found.index(self.clauses[at])
        begins = here - (here > 0 and not _ends(found[here - 1]))
        last = here + (here + 1 < len(found) and not _ends(found[here]))
        if begins == last:
            return ""
        return ", ".join(clause.text[:MAX_QUOTED] for clause in found[begins : last + 1])

    def prefixes_of(self, at: int) -> frozenset[str]:
        """Return the beginnings of the words of a clause that mean something."""
        if at not in self._prefixes:
            clause = self.clauses[at]
            self._prefixes[at] = content_prefixes(clause.text, clause.code)
        return self._prefixes[at]

    def is_defined(self, fact: str, at: int) -> bool:
        """Return True if a fact defines what its clause says: "no siblings", "an only child"."""
        clause = self.clauses[at]
        return not clause.is_question and is_defined(fact, clause.text, code_for(fact, clause.text))


def _ends(clause: Clause) -> bool:
    """Return True if a clause ends its sentence."""
    return clause.text.rstrip("\"”»' ").endswith((".", "!", "?", "。", "！", "？", "।", "؟"))


def _begins_with_kin(clause: Clause) -> bool:
    return kin_of_speaker(clause.code).match(clause.text) is not None
