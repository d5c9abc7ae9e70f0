"""Find a fact that gives one person the deed of another: "I run the kitchen, Dom runs the bar"."""

import re
from collections.abc import Sequence

from litemem.core.text.lexicon import NOUNS_IN_CAPITALS, words_in
from litemem.core.text.phrases import names_user, tokens_of
from litemem.extraction.paraphrase.comparison import (
    MAX_PARTS,
    Comparison,
    are_alike,
    parties_of,
)
from litemem.extraction.paraphrase.support import Heard, content_words, is_form, unmeant

SPEAKER = "user"  # who says "I", and who the fact calls the user
FIRST = 4  # words of a part that name who acts
VERB_SECOND = frozenset("de nl sv".split())  # languages in which "bake I" is usual
NAME = 2  # signs of a name in a script without spaces

Agents = frozenset[str]

_NAME = re.compile(r"[小老阿][\u4e00-\u9fff]|\w{1,5}(?=さん|くん|君|ちゃん)")


def is_of_other_agent(pair: Comparison) -> bool:
    """Return True if all that is said of somebody in the fact stands in the part of another."""
    parts = _parts(pair)
    if len(parts) < 2:
        return False
    named = _agents(pair.fact, pair, is_fact=True)
    own = [text for agents, text in parts if _are_some(named, agents)]
    others = [text for agents, text in parts if not _are_some(named, agents)]
    if len(named) != 1 or not own or not others:
        return False
    if any(_concerns_speaker(pair, text) for _, text in parts):
        return False
    here, there = Heard(own, pair.code), Heard(others, pair.code)
    persons, who = pair.table.persons, next(iter(named))
    words = [w for w in pair.content if not (persons.has(w) or are_alike(w, who))]
    theirs = [w for w in words if there.supports(w) and not here.supports(w)]
    mine = [w for w in words if here.supports(w) and not there.supports(w)]
    return bool(theirs) and (not mine or _is_of_verb(mine, own[0], who, pair))


def _is_of_verb(mine: Sequence[str], own: str, who: str, pair: Comparison) -> bool:
    """Return True if the fact has the first word of somebody's part, and not the others.

    "Rui looks after the beans and I the lawn": the verb stands for both.
    """
    first, *others = [w for w in content_words(own, pair.code) if not are_alike(w, who)] or [""]
    is_verb = pair.spaces and all(is_form(word, first) for word in mine)
    return is_verb and any(not pair.by_fact.supports(word) for word in others)


def _parts(pair: Comparison) -> list[tuple[Agents, str]]:
    """Return the parts of a sentence, each with who acts in it; without one, who acted before."""
    border = pair.table.joint if pair.table.joint.pattern != "(?!)" else pair.table.parts
    cut = [part for part in border.split(pair.sentence or pair.said)[:MAX_PARTS] if part]
    if len(cut) < 2:
        return []
    found: list[tuple[Agents, str]] = []
    before, waiting = frozenset[str](), frozenset[str]()
    for i, part in enumerate(cut):
        agents = _agents(part, pair)
        if agents and not _has_deed(part, agents, pair):  # "my wife and I"
            waiting |= agents
            continue
        if not agents and not waiting:
            agents = before if i else frozenset([SPEAKER])
        before, waiting = agents | waiting, frozenset[str]()
        found.append((before, part))
    return found


def _agents(text: str, pair: Comparison, *, is_fact: bool = False) -> Agents:
    """Return who acts in a part: the speaker, or the person or the name that it begins with."""
    if not pair.spaces:
        return _agents_unspaced(text, pair)
    begins = tokens_of(text)[:FIRST]
    articles = words_in(pair.code, "phrases", "articles")
    persons = pair.table.persons
    speaker = words_in(pair.code, "clauses", "speaker") - pair.table.objects
    people = [w for w in begins if persons.has(w)]
    names = parties_of(" ".join(text.split()[:FIRST])) - pair.uncapitalised()
    is_owned = bool(people) and not is_fact
    if not speaker.isdisjoint(begins[: 3 if pair.code in VERB_SECOND else 2]) and not is_owned:
        return frozenset([SPEAKER])
    first = begins[1:] if begins[:1] and begins[0] in articles else begins  # "o Rui"
    is_noun = pair.code in NOUNS_IN_CAPITALS and first is not begins  # "das Auto"
    is_name = bool(first) and first[0] in names and first[0] not in unmeant()
    if is_name and not is_noun and not names_user(first[0], pair.code):
        return frozenset(first[:1])
    if people:
        return frozenset(people[-1:])
    is_user = is_fact and any(names_user(w, pair.code) for w in begins[:2])
    return frozenset([SPEAKER] if is_user else ())


def _agents_unspaced(text: str, pair: Comparison) -> Agents:
    """Return the same for a script without spaces, where a name is a part's first signs."""
    text = text.strip()
    for user in pair.table.users:  # "ユーザーの妻"
        text = text.removeprefix(f"{user}の").removeprefix(f"{user}的")
    begins = text[:FIRST]
    speaker = words_in(pair.code, "clauses", "speaker")
    people = [w for w in pair.table.persons.whole if w in begins]
    if people:
        return frozenset([max(people, key=len)])
    is_user = begins.startswith((*speaker, *pair.table.users))
    if is_user:
        return frozenset([SPEAKER])
    name = _NAME.match(begins)
    return frozenset([name[0][:NAME]] if name else ())


def _has_deed(part: str, agents: Agents, pair: Comparison) -> bool:
    words = content_words(part, pair.code)
    if not pair.spaces:
        return any(not any(w in agent for agent in agents) for w in words)
    return agents == {SPEAKER} or any(w not in agents for w in words)


def _concerns_speaker(pair: Comparison, text: str) -> bool:
    """Return True if somebody else does something for or to the speaker: "Anna lent me"."""
    return pair.spaces and not pair.table.objects.isdisjoint(tokens_of(text))


def _are_some(named: Agents, others: Agents) -> bool:
    return any(are_alike(name, other) for name in named for other in others)
