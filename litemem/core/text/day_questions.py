"""Questions about a day as a whole: for all its events, or for its messages.

"What do I have tomorrow?" has no other words than those of events, "what did I tell you on Monday?"
none but those of saying. The words of all languages count together, as none of them is a subject in
another.
"""

import re
from collections.abc import Collection

from litemem.core.text import scripts, vocabulary
from litemem.core.text.query_words import query_words
from litemem.core.text.words import words

_OF_EVENTS = vocabulary.words_of_all("search", "day_events")
_OF_SAYING = vocabulary.words_of_all("search", "day_saying")
# The same in scripts without spaces, with the particles and question words around them
_JOINED = ("zh", "ja", "th")  # the order counts: they share words
_JOINED_OF_EVENTS = re.compile(  # possessive: nothing is tried again
    f"(?:{vocabulary.either_of(_JOINED, 'search', 'day_events_joined')})++"
)
_JOINED_OF_SAYING = re.compile(
    f"(?:{vocabulary.either_of(_JOINED, 'search', 'day_saying_joined')})"
    f"(?:{vocabulary.either_of(_JOINED, 'search', 'day_saying_behind')}){{0,4}}"
)
_MARKED = re.compile("[ऀ-෿]")  # scripts of India
_ABOUT_IT = vocabulary.pattern_in("en", "search", "day_about")
_TALKS_ABOUT = vocabulary.pattern_in("en", "search", "day_talks_about")


def words_beside_day(asked: Collection[str], rest: str) -> set[str]:
    """Return the words of a question that ask for more than what is on a day.

    `asked` are its words in lower case, `rest` is its text without days and names. A run of a
    script without spaces that asks for messages is the word "said".
    """
    spaced = {word for word in asked if not scripts.is_unspaced(word)}
    counted = query_words(rest)
    if _MARKED.search(rest):  # words of Hindi have marks, which part them for `words`
        spaced_in_rest = {word for word in counted if not scripts.is_unspaced(word)}
    else:
        spaced_in_rest = spaced.intersection(words(rest))
    found = spaced_in_rest - _OF_EVENTS
    for word in filter(scripts.is_unspaced, counted):
        if _JOINED_OF_SAYING.fullmatch(word):
            found.add("said")
        elif word not in _OF_EVENTS and not _JOINED_OF_EVENTS.fullmatch(word):
            found.add(word)
    return found


def asks_more(beside: Collection[str]) -> bool:
    """Return True if there are words that ask for something else than messages."""
    return not _OF_SAYING.issuperset(beside)


def asks_for_messages(beside: Collection[str], rest: str, *, has_begun: bool) -> bool:
    """Return True if the messages of a day are asked for, not those about it.

    "What did we talk about on 18 March?" is about that day's conversation, if it `has_begun`.
    """
    if _OF_SAYING.isdisjoint(beside):
        return False
    is_about_day = _ABOUT_IT.search(rest) and not (has_begun and _TALKS_ABOUT.search(rest))
    return not is_about_day
