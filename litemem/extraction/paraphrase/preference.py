"""Find a fact that prefers what the clause puts behind, or turns a comparison of two things."""

import re
from collections.abc import Sequence

from litemem.core.text.lexicon import words_in
from litemem.core.text.phrases import names_user, tokens_of
from litemem.extraction.paraphrase.comparison import MAX_PARTS, Comparison, owners_in
from litemem.extraction.paraphrase.support import MIN_PREFIX, content_words, is_form

NEAR = 3  # words before "better" that name what is

_JOINED_SCRIPT = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")


def prefers_what_was_denied(pair: Comparison) -> bool:
    """Return True if the fact prefers the thing that the clause denies."""
    told = pair.table.prefers.search(pair.fact)
    border = pair.table.order.search(pair.fact, told.end()) if told else None
    cut = pair.table.joint.split(pair.said)[:MAX_PARTS]
    cut = cut if len(cut) > 1 else pair.said.split(",")[:MAX_PARTS]
    if told is None or border is None or len(cut) < 2:
        return False
    chosen = content_words(pair.fact[told.end() : border.start()], pair.code)
    lesser = content_words(pair.fact[border.end() :], pair.code)
    parts = [(tokens_of(part), pair.denials(tokens_of(part), part) % 2) for part in cut]
    is_chosen_denied, is_lesser_denied = (
        [no for part, no in parts if any(is_form(w, o) for w in things for o in part)]
        for things in (chosen, lesser)
    )
    return bool(is_chosen_denied and is_lesser_denied) and (
        all(is_chosen_denied) and not any(is_lesser_denied)
    )


def is_preferred_less(pair: Comparison) -> bool:
    """Return True if the fact prefers what the clause puts behind: "B over A" of "A over B"."""
    table = pair.table
    prefers = table.prefers.search(pair.said)
    told = table.prefers.search(pair.fact)
    border = table.order.search(pair.said, prefers.end()) if prefers else None
    if prefers is None or border is None or told is None:
        return False
    chosen = content_words(pair.said[prefers.end() : border.start()], pair.code)
    before = content_words(pair.said[: border.start()], pair.code)
    if not chosen:  # "Jazz ist mir lieber als Oper"
        before = content_words(pair.said[: prefers.start()], pair.code)
    if not before:
        return False
    behind = set(content_words(pair.said[border.end() :], pair.code)) - set(before)
    end = table.order.search(pair.fact, told.end())
    if end is None and pair.denials(pair.told, pair.fact):
        return False
    named = content_words(pair.fact[told.end() : end.start() if end else None], pair.code)
    preferred = before[-1 if chosen else -NEAR :]
    for word in named or pair.content:
        if any(is_form(word, w) or (len(word) > 5 and word.endswith(w)) for w in preferred):
            return False
        if any(is_form(word, o) for o in behind):
            return True
    return False


def puts_other_behind(pair: Comparison) -> bool:
    """Return True if the fact prefers another thing to what the clause does: "차보다 커피"."""
    lesser = pair.table.lesser
    spans = [each.span("thing") for each in lesser.finditer(pair.said)][:MAX_PARTS]
    said = [pair.said[start:end] for start, end in spans]
    told = [each["thing"] for each in lesser.finditer(pair.fact)][:MAX_PARTS]
    if said and not told:
        return _prefers_any(pair, said)
    if not said or not told or pair.names_converse():
        return False
    ends = [0, *(end for _, end in spans)]
    starts = [*(start for start, _ in spans), None]
    greater = " ".join(pair.said[end:start] for end, start in zip(ends, starts, strict=True))
    return all(_is_of(each, greater) and not any(_is_of(each, o) for o in said) for each in told)


def _prefers_any(pair: Comparison, things: Sequence[str]) -> bool:
    """Return True if a fact without "than" prefers one of these things: "喜欢咖啡"."""
    told = pair.table.prefers.search(pair.fact)
    if told is None or pair.spaces or pair.denials(pair.told, pair.fact):
        return False
    behind = pair.fact[told.end() :]
    return any(_is_of(each, behind[: len(each) + 2]) for each in things)


def is_of_other_thing(pair: Comparison) -> bool:
    """Return True if the fact likes or hates something else: "this song" is not "music"."""
    feels = pair.table.feels
    if not feels.count(pair.told):
        return False
    if not (feels.count(pair.heard) or pair.denials(pair.heard, pair.said)):
        return False
    things = [w for w in pair.content if not feels.has(w)]
    if pair.table.deeds.search(pair.said) and not pair.table.deeds.search(pair.fact):
        return len(things) < 2  # "I hate it when people are late"
    has_thing = any(not feels.has(w) for w in content_words(pair.said, pair.code))
    return bool(things) and has_thing and not any(map(pair.by.supports, things))


def is_compared(pair: Comparison) -> bool:
    """Return True if the first of two things compared is the second in the fact."""
    said, told = (pair.table.compares.search(t) for t in (pair.said, pair.fact))
    if said is None or told is None:
        return False
    before = content_words(pair.said[: said.start()], pair.code)
    behind = set(content_words(pair.said[said.end() :], pair.code)) - set(before)
    first = content_words(pair.fact[: told.start()], pair.code)
    last = content_words(pair.fact[told.end() :], pair.code)
    if _is_compared_with_user(pair, said.span(), told.span(), before, behind):
        return not pair.names_converse()
    is_turned = any(is_form(word, o) for word in first for o in behind)
    is_turned &= any(is_form(word, o) for word in last for o in before)
    return is_turned and not pair.names_converse()


def _is_compared_with_user(
    pair: Comparison,
    said: tuple[int, int],
    told: tuple[int, int],
    before: Sequence[str],
    behind: set[str],
) -> bool:
    """Return True if the user is on the other side: "Rita is older than me"."""
    code = pair.code
    selves = words_in(code, "clauses", "speaker") | pair.table.selves | pair.table.objects
    sides = (pair.said[: said[0]], pair.said[said[1] :])
    speaks = [not selves.isdisjoint(tokens_of(side)) for side in sides]
    sides = (pair.fact[: told[0]], pair.fact[told[1] :])
    is_user = [_has_user(tokens_of(side), code) for side in sides]
    if speaks.count(True) != 1 or is_user.count(True) != 1 or speaks == is_user:
        return False
    others = content_words(sides[1] if is_user[0] else sides[0], code)
    theirs = before if speaks[1] else behind
    return any(is_form(word, other) for word in others for other in theirs)


def _has_user(words: Sequence[str], code: str) -> bool:
    """Return True if words name the user, and not only what is theirs: "User's son"."""
    behind, owners = (*words[1:], ""), owners_in(code)
    return any(names_user(w, code) and o not in owners for w, o in zip(words, behind, strict=True))


def is_measured_round(pair: Comparison) -> bool:
    """Return True if the fact measures the thing that is the measure in the clause.

    "Сын старше племянника": the same word, as "older", has the nephew before it.
    """
    said, told = (pair.table.measured.search(text) for text in (pair.said, pair.fact))
    if said is None or told is None or not _is_same_degree(said, told):
        return False
    measure, of_fact = (each["thing"] or "" for each in (said, told))
    me = words_in(pair.code, "phrases", "measure")
    is_me = not measure or not me.isdisjoint((measure.casefold(), *tokens_of(measure)))
    is_user = any(names_user(word, pair.code) for word in (of_fact, *tokens_of(of_fact)))
    if is_me or is_user:
        return is_me is not is_user
    rest = f"{pair.said[: said.start('thing')]} {pair.said[said.end('thing') :]}"
    things = content_words(of_fact, pair.code) or [of_fact]
    return any(_is_of(each, rest) and not _is_of(each, measure) for each in things)


def is_measured_otherwise(pair: Comparison) -> bool:
    """Return True if the fact has another degree with another measure: "taller", "shorter"."""
    said, told = (pair.table.measured.search(text) for text in (pair.said, pair.fact))
    if said is None or told is None or _is_same_degree(said, told):
        return False
    return (said["thing"] or "") != (told["thing"] or "")


def _is_same_degree(said: re.Match[str], told: re.Match[str]) -> bool:
    one, other = said["degree"].casefold(), told["degree"].casefold()
    return one == other or is_form(one, other)


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
