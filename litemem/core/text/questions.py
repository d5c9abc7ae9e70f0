"""Read the facts of the person who asks in a question or a request.

"As a nurse, how do I sleep better?", "Can I eat sushi while pregnant?" and "a gift for my wife
Leila, she loves pottery?" say who somebody is on the way. The patterns stand in
`core/text/languages/en.toml`, in the table `questions`. Of other languages, questions that give a
reason are known, by the table `clauses`: what they say is left to the model.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from litemem.core.text.english import is_reaction, spelled_out, third_person, with_user
from litemem.core.text.language import ALIKE, COMMON_WORDS
from litemem.core.text.lexicon import (
    CODES,
    ENGLISH,
    LISTED,
    NOT_SPACED_CODES,
    UNKNOWN,
    pattern_in,
    section,
)
from litemem.core.text.words import words

MAX_QUESTION = 400  # characters that are read

_EIGHT = re.compile(r"(?:8\d*|1[18])\b|eight")
_ALIKE_CODES = tuple(sorted(CODES[name] for name in ALIKE))
_VERBS = {"'s": " is", "'re": " are"}


def presupposed(sentence: str) -> list[str]:
    """Return the facts of who asks that a question or a request in English states on the way."""
    text = spelled_out(sentence[:MAX_QUESTION])
    return list(dict.fromkeys(_facts(text)))


def gives_reason(question: str, code: str) -> bool:
    """Return True if a question says why it is asked: "…, since I'm left-handed?".

    What stands behind "if" is supposed, and no reason.
    """
    text = question[:MAX_QUESTION]
    return any(_gives_reason(text, each) for each in _possible_codes(text, code))


def _possible_codes(text: str, code: str) -> Iterable[str]:
    """Return the languages that a text may be in: a short one may be of one like its own."""
    if code in _ALIKE_CODES:
        return _ALIKE_CODES
    if code == UNKNOWN:
        return LISTED.values()
    if code == ENGLISH and COMMON_WORDS["English"].isdisjoint(words(text)):
        return LISTED.values()
    return (code,)


def _gives_reason(text: str, code: str) -> bool:
    reason = _clause_pattern(code, "reasons").search(text)
    supposed = _clause_pattern(code, "conditions").search(text)
    return reason is not None and (supposed is None or reason.start() <= supposed.start())


@cache
def _clause_pattern(code: str, key: str) -> re.Pattern[str]:
    before, behind = (r"(?<!\w)", r"(?!\w)") if code not in NOT_SPACED_CODES else ("", "")
    listed = section(code, "clauses").get(key, r"(?!)")
    return re.compile(rf"{before}(?:{listed}){behind}", re.IGNORECASE)


def _facts(text: str) -> Iterator[str]:
    yield from _of_clauses(text)
    yield from _of_habits(text)
    role, state = _pattern("role").search(text), _pattern("state").search(text)
    if role and (role.start() == 0 or _pattern("first_person").search(text[: role.start() + 1])):
        yield f"User is {role['role'].strip()}"
    if state and (_pattern("first_person").search(text) or _pattern("impersonal").search(text)):
        yield f"User is {state['state']}"
    if how := _pattern("with_me").search(text):
        yield f"User is in {with_user(how['place'])}" if how["place"] else f"User has {how['what']}"
    if like := _pattern("like_me").search(text):
        yield f"User is {_with_article(like['one'] or like['many'])}"
    ill = _pattern("ill").search(text)
    if ill and not _pattern("limb").fullmatch(ill["what"]):
        yield f"User has {ill['what']}"
    yield from _of_relatives(text)
    yield from _of_things(text)
    wanted = _pattern("looking").match(text)
    if wanted and _pattern("narrow").search(wanted["what"]):
        yield f"User is looking for {with_user(wanted['what'].strip())}"


def _of_clauses(text: str) -> Iterator[str]:
    """Yield what subordinate clauses state, such as "since I'm a nurse"; not behind "if"."""
    supposed = _clause_pattern(ENGLISH, "conditions").search(text)
    at = 0
    while match := _pattern("embedded").search(text, at):
        at = match.end()
        if supposed is not None and supposed.start() < match.start("said"):
            continue
        said = _pattern("aside").split(match["said"], maxsplit=1)[0]
        if _pattern("possessive").match(said) and not _pattern("stated").match(said):
            at = (
                match.start("said") + 1
            )  # "for me and my wife?" states nothing, but what follows may
            continue
        if not _pattern("asks").match(said) and not is_reaction(said):
            fact = third_person(said)
            yield from [fact] if fact else []


def _of_habits(text: str) -> Iterator[str]:
    """Yield what somebody plans their day by: "when do I get up if I start at 5 and live far?"."""
    planned = _pattern("planned").search(text)
    if planned is None:
        return
    for part in _pattern("and").split(planned["said"]):
        if _pattern("habit").match(part):
            yield from filter(None, [third_person(f"I {part.strip()}")])


def _of_relatives(text: str) -> Iterator[str]:
    """Yield statements about "my wife Leila, she …", "our twins Lea and Jon", "my 2 year old"."""
    found = [match for match in _pattern("more").finditer(text) if match["who"]]
    more = [match for match in found if not _pattern("hailed").search(text[: match.start()])]
    for match in more:
        who = _pattern("own").sub("User's", match["who"].strip().rstrip(","))
        verb = _VERBS.get(match["verb"], match["verb"])
        yield f"{who}{verb}{with_user(match['rest'].rstrip())}"
    if not any(_pattern("own").match(match["who"]) for match in more):
        for match in _pattern("named").finditer(text):
            be = "are" if match["both"] else "is"
            yield f"User's {match['relative']} {be} called {match['name']}"
    for match in _pattern("lasting").finditer(text):
        be = "are" if match["who"].endswith("s") and match["who"] != "boss" else "is"
        yield f"User's {match['who']} {be} {match['state']}"
    for match in _pattern("aged").finditer(text):
        who = f" {match['who']}" if match["who"] else ""
        yield f"User has {_with_article(match['age'] + match['unit'])}{who}"


def _of_things(text: str) -> Iterator[str]:
    """Yield statements about "my Brompton", or "my hamster" that has no name."""
    if thing := _pattern("owned").search(text):
        yield f"User has {_with_article(thing['thing'])}"
    if pet := _pattern("pet").search(text):
        is_named = any(
            match["relative"] == pet["pet"] for match in _pattern("named").finditer(text)
        )
        yield from [] if is_named else [f"User has {_with_article(pet['pet'])}"]


def _with_article(thing: str) -> str:
    """Return a thing with "a" or "an"; several have none."""
    if thing.endswith("s") and thing.islower():
        return thing
    is_vowel = thing[0].casefold() in "aeiou" or _EIGHT.match(thing)
    return f"{'an' if is_vowel else 'a'} {thing}"


def _pattern(name: str) -> re.Pattern[str]:
    return pattern_in(ENGLISH, "questions", name)
