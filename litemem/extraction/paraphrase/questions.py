"""Find a fact that makes a deed of what the user only asks: "should I learn Dutch?"."""

from litemem.core.text.lexicon import words_in
from litemem.core.text.phrases import Phrases, phrases, tokens_of
from litemem.extraction.paraphrase.comparison import VERB_LAST
from litemem.extraction.paraphrase.support import MAX_CHARACTERS, content_words, is_form, unmeant

OWNED = 2  # words behind "my" that may name what is owned


def is_asked(fact: str, question: str, code: str) -> bool:
    """Return True if a fact states what a question asks advice about.

    What stands behind "my" is stated on the way, and what stands behind "because".
    """
    table = phrases(code)
    asked = _asked(question[:MAX_CHARACTERS], code, table)
    marked = table.marked.search(fact)
    heard = set(tokens_of(question))
    if not asked or table.inquires.search(fact):
        return False
    if marked and heard.isdisjoint(tokens_of(marked[0])):  # not "enfermería"
        return False
    words = content_words(asked, code)
    content = content_words(fact, code)
    held = [w for w in content if any(is_form(w, other) for other in words)]
    if 2 * len(held) < len(content):
        return False
    owned = owned_words(question, code)
    return any(not any(is_form(word, other) for other in owned) for word in held)


def owned_words(text: str, code: str) -> list[str]:
    """Return the words of a text that stand behind "my" and name what is owned."""
    possessives = words_in(code, "clauses", "possessives")
    tokens = tokens_of(text[:MAX_CHARACTERS])
    behind = [i + 1 for i, word in enumerate(tokens) if word in possessives]
    return [w for i in behind for w in tokens[i : i + OWNED] if w not in unmeant()]


def _asked(question: str, code: str, table: Phrases) -> str:
    """Return the part of a question that is asked, or an empty text."""
    advice = table.advice.search(question)
    if advice is None:
        return ""
    if code in VERB_LAST:
        return question[: advice.start()]
    if thing := advice.groupdict().get("thing"):  # "is a greenhouse worth it"
        return thing
    asked = question[advice.end() :]
    given = table.given.search(asked)
    return asked[: given.start()] if given else asked
