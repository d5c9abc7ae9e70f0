"""Find a fact that states what was only supposed, wished, planned, denied later, or is over."""

import re

from litemem.core.text.lexicon import words_in
from litemem.core.text.phrases import tokens_of
from litemem.extraction.paraphrase.comparison import MAX_PARTS, Comparison
from litemem.extraction.paraphrase.questions import owned_words
from litemem.extraction.paraphrase.support import content_words, is_form


def is_supposed(pair: Comparison) -> bool:
    """Return True if the fact states what the clause only wishes, plans or supposes."""
    table = pair.table
    if _is_begun_by_maybe(pair):
        return not (table.marked.search(pair.fact) or table.unreal.search(pair.fact))
    if table.unreal.search(pair.said) is None or _is_followed(pair) or _is_habit(pair):
        return False
    if _is_of_certain_part(pair) or table.failed.search(pair.fact):
        return False
    if table.marked.search(pair.fact):
        return False
    told = (sign[0] for sign in table.unreal.finditer(pair.fact))
    return all(  # "might apply", but "applied"
        sign.casefold() not in pair.said.casefold() and (table.done.search(sign) or not pair.spaces)
        for sign in told
    )


def _is_begun_by_maybe(pair: Comparison) -> bool:
    """Return True if only "maybe" stands before the clause in its sentence."""
    before, border, _ = pair.sentence.partition(",")
    is_alone = bool(border) and len(tokens_of(before)) < 3 and pair.said not in before
    return is_alone and pair.table.unreal.search(before) is not None


def _is_of_certain_part(pair: Comparison) -> bool:
    """Return True if a part of the clause states all that the fact has: "I'm a nurse and hope …".

    A part that begins with "I" counts, or the first.
    """
    cut = pair.table.parts.split(pair.said)[:MAX_PARTS]
    speaker = words_in(pair.code, "clauses", "speaker") - pair.table.objects
    for i, part in enumerate(cut if pair.held and len(cut) > 1 else ()):
        if pair.table.unreal.search(part) or pair.table.supposing.search(part):
            if len(content_words(part, pair.code)) < 2:
                return False  # "maybe, I move"
            continue
        is_own = i == 0 or not speaker.isdisjoint(tokens_of(part)[:2])
        if is_own and all(any(is_form(w, o) for o in tokens_of(part)) for w in pair.content):
            return True
    return False


def _is_habit(pair: Comparison) -> bool:
    """Return True if the fact joins a condition with what follows: "if I eat nuts, I get hives"."""
    table = pair.table
    signs = list(table.unreal.finditer(pair.said))
    if not all(table.supposing.search(sign[0]) for sign in signs):
        return False
    condition, border, rest = pair.said[signs[0].end() :].partition(",")
    parts = [tokens_of(part) for part in (condition, pair.said[: signs[0].start()] + rest)]
    is_of_both = all(any(is_form(w, o) for w in pair.held for o in part) for part in parts)
    return bool(border) and is_of_both and table.happened.search(pair.fact) is None


def is_conditional(pair: Comparison) -> bool:
    """Return True if the fact states as done what depends on a condition: "if I pass, I move"."""
    table = pair.table
    if table.supposing.search(pair.said) is None or table.supposing.search(pair.fact):
        return False
    marked = table.marked.search(pair.fact)
    is_marked = marked is not None and set(pair.heard).isdisjoint(tokens_of(marked[0]))
    owned = owned_words(pair.said, pair.code)
    is_owned = all(any(is_form(w, o) for o in owned) for w in pair.held)
    return not is_marked and not (pair.held and is_owned) and _has_come_about(pair)


def has_failed(pair: Comparison) -> bool:
    """Return True if the fact states as done what failed: "our offer fell through"."""
    failed = pair.table.failed
    if failed.search(pair.said) is None or failed.search(pair.fact):
        return False
    return not pair.denials(pair.told, pair.fact) and _has_come_about(pair)


def _has_come_about(pair: Comparison) -> bool:
    """Return True if the fact says that something happened, which the clause does not say."""
    happened = pair.table.happened.search(pair.fact)
    if happened is None:
        return False
    if not pair.spaces and happened[0] in pair.said:
        return False
    return not pair.spaces or set(pair.heard).isdisjoint(tokens_of(happened[0])[-1:])


def _is_followed(pair: Comparison) -> bool:
    """Return True if the speaker did what was urged: "so I have", "and I said yes"."""
    whole = f"{pair.said}, {pair.then}" if pair.then else pair.said
    return pair.table.followed.search(whole) is not None


def is_urged(pair: Comparison) -> bool:
    """Return True if the fact states as a plan what somebody else wants of the user."""
    if pair.table.urged.search(pair.said) is None or _is_followed(pair):
        return False
    urged = pair.table.wishes.sub(" ", pair.fact)  # not "wants to", of "thinks I should"
    return not (pair.table.urges.search(urged) or pair.says_no(pair.told, pair.fact))


def loses_condition(pair: Comparison) -> bool:
    """Return True if the fact says of all times what is only so at some: "only for weddings"."""
    table = pair.table
    limits = table.limited.search(pair.spoken) or table.limited.search(pair.sentence)
    if limits is None or table.restricts.search(pair.fact) or table.supposing.search(pair.fact):
        return False
    if table.limited.search(pair.fact) or pair.says_no(pair.told, pair.fact):
        return False
    condition = next(filter(None, limits.groups()), "")
    kept = content_words(condition, pair.code)
    held = [word for word in kept if pair.by_fact.supports(word)]
    if not kept or (len(held) * 2 >= len(kept) if not pair.spaces else held):
        return False
    part = _limited_part(pair, limits)
    return any(is_form(w, other) for w in pair.content for other in part)


def _limited_part(pair: Comparison, limits: re.Match[str]) -> list[str]:
    """Return the words of the part of a sentence that a condition limits."""
    text, condition = limits.string, next(filter(None, limits.groups()), "")
    *before, near = pair.table.parts.split(text[: limits.start()])
    inside = limits[0].replace(condition, " ")  # "only go to church for weddings"
    if not tokens_of(near) and len(tokens_of(inside)) < 2 and before:  # "…, only when I drive"
        near = next((part for part in reversed(before) if part and tokens_of(part)), "")
    return tokens_of(f"{near} {inside} {text[limits.end() :]}")


def is_refuted(pair: Comparison) -> bool:
    """Return True if the speaker says of something reported that it is not so."""
    whole = f"{pair.said}, {pair.then}" if pair.then else pair.said
    if pair.table.refuted.search(whole) is None:
        return False
    return bool(pair.held) and not (
        pair.table.marked.search(pair.fact) or pair.says_no(pair.told, pair.fact)
    )


def is_still_ahead(pair: Comparison) -> bool:
    """Return True if a fact says that a planned thing is done."""
    table = pair.table
    done = table.done.search(pair.fact)
    if done is None or table.ahead.search(pair.said) is None or table.ahead.search(pair.fact):
        return False
    return set(pair.heard).isdisjoint(tokens_of(done[0])[-1:])


def is_over(pair: Comparison) -> bool:
    """Return True if the fact says in the present what the clause says of the past."""
    table = pair.table
    if _goes_on(pair):
        return bool(pair.held)
    if table.passed.search(pair.fact) or pair.says_no(pair.told, pair.fact):
        return False
    negative = [word for word in pair.told if table.negative.has(word)]
    if any(not any(is_form(word, other) for other in pair.heard) for word in negative):
        return False
    if _is_put_into_present(pair):
        return bool(pair.held)
    if _is_of_present(pair):
        return False
    if table.past.search(pair.said):
        return bool(pair.held)
    return _was(pair) or _lived(pair) or _has_ended(pair)


def _goes_on(pair: Comparison) -> bool:
    """Return True if the fact goes on with what came to its end: "for ten years before I"."""
    table = pair.table
    lasts = [table.lasting.search(text) is not None for text in (pair.said, pair.fact)]
    return lasts == [False, True] and table.closed.search(pair.spoken) is not None


def _is_of_present(pair: Comparison) -> bool:
    """Return True if a part of the clause that is not of the past has all that the fact says."""
    cut = pair.table.parts.split(pair.said)[:MAX_PARTS]
    if len(cut) < 2 or not pair.held:
        return False
    signs = (pair.table.past, pair.table.was, pair.table.ended)
    return any(
        all(any(is_form(w, other) for other in tokens_of(part)) for w in pair.held)
        for part in cut
        if not any(sign.search(part) for sign in signs)
    )


def _was(pair: Comparison) -> bool:
    """Return True if the clause says "I was a lifeguard", and the fact "is a lifeguard"."""
    was = pair.table.was.search(pair.said)
    if was is None:
        return False
    behind = content_words(pair.said[was.end() :], pair.code)[:1]
    copulas = pair.table.copula.finditer(pair.fact)  # also "'s"
    now = [w for each in copulas for w in content_words(pair.fact[each.end() :], pair.code)[:1]]
    return bool(behind) and any(is_form(behind[0], word) for word in now)


def _lived(pair: Comparison) -> bool:
    """Return True if a verb of the clause is in the past, and the same one is not any more."""
    for past, present in pair.table.over:
        was = past.count(pair.heard) > 0 and present.count(pair.heard) == 0
        if was and present.count(pair.told) and not past.count(pair.told):
            return bool(pair.held)
    return False


def _is_put_into_present(pair: Comparison) -> bool:
    """Return True if a verb in the past has the ending of the present: "fumaba", "fuma"."""
    table = pair.table
    past = _stems(table.imperfect, pair.said) & _stems(table.present, pair.fact)
    still = _stems(table.present, pair.said)
    return any(
        not (table.likes.has(word) or table.feels.has(word))
        for stem in past - still
        for word in pair.told
        if word.startswith(stem)
    )


def _stems(verbs: re.Pattern[str], text: str) -> set[str]:
    return {next(filter(None, m.groups()), "").casefold() for m in verbs.finditer(text)}


def _has_ended(pair: Comparison) -> bool:
    """Return True if the user is said to have the thing that they sold or paid off."""
    ended = pair.table.ended.search(pair.said)
    if (
        ended is None
        or pair.table.ended.search(pair.fact)
        or not any(p.count(pair.told) for _, p in pair.table.over)
    ):
        return False
    things = content_words(pair.said[ended.end() :], pair.code)[:2]
    return any(is_form(word, thing) for word in pair.content for thing in things)
