"""Recognise a fact that defines what a clause says: "no brothers or sisters", "an only child"."""

from collections.abc import Iterator

from litemem.core.text.phrases import phrases, tokens_of
from litemem.extraction.paraphrase.support import MAX_CHARACTERS, Heard, content_words


def is_defined(fact: str, said: str, code: str) -> bool:
    """Return True if a fact has the definition of a part of a clause, and nothing else new.

    Who it is about has to be the same: "my wife eats no meat" makes no vegetarian of the user.
    """
    table = phrases(code)
    if table.marked.search(fact):
        return False
    return any(
        not (table.unreal.search(said) or table.past.search(said))
        and table.persons.count(tokens_of(rest_said)) == table.persons.count(tokens_of(rest))
        and all(map(Heard([rest_said], code).supports, content_words(rest, code)))
        for rest, rest_said in _rests(fact, said, code)
    )


def without_definitions(fact: str, said: str, code: str) -> tuple[str, str]:
    """Return a fact and a clause, each without the words that mean the same as in the other."""
    return next(_rests(fact, said, code), (fact, said))


def _rests(fact: str, said: str, code: str) -> Iterator[tuple[str, str]]:
    """Yield a fact and a clause, each without what means the same as in the other."""
    fact, said = fact[:MAX_CHARACTERS], said[:MAX_CHARACTERS]
    if phrases(code).defining.search(fact) is None:
        return
    for definition in phrases(code).definitions:
        for of_said, of_fact in (definition, definition[::-1]):
            heard, found = of_said.search(said), of_fact.search(fact)
            if heard and found:
                yield (
                    f"{fact[: found.start()]} {fact[found.end() :]}",
                    f"{said[: heard.start()]} {said[heard.end() :]}",
                )
