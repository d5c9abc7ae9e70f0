"""Find a fact that denies what was affirmed, affirms what was denied, or says the opposite."""

from collections.abc import Sequence

from litemem.core.text.phrases import names_user, tokens_of
from litemem.core.text.words import is_number
from litemem.extraction.paraphrase.comparison import (
    MAX_PARTS,
    VERB_LAST,
    Comparison,
    holds,
)
from litemem.extraction.paraphrase.definitions import without_definitions
from litemem.extraction.paraphrase.parties import is_converse
from litemem.extraction.paraphrase.preference import is_measured_otherwise
from litemem.extraction.paraphrase.support import MIN_PREFIX, Heard, content_words, is_form
from litemem.extraction.paraphrase.transfers import is_same_direction

MIN_REVERSED = 7  # letters of "unhappy", which turns "happy" round


def is_excepted(pair: Comparison) -> bool:
    """Return True if the fact says of an exception what the clause says of the rest."""
    sign = pair.table.exception.search(pair.said)
    if sign is None or pair.table.exception.search(pair.fact):
        return False
    if _excepts_speaker(pair, pair.said[sign.end() :]):
        return not pair.denials(pair.told, pair.fact) and bool(pair.held)
    before = set(content_words(pair.said[: sign.start()], pair.code))
    behind = set(content_words(pair.said[sign.end() :], pair.code)) - before
    named = {w for w in pair.content if any(is_form(w, o) for o in behind)}
    if not named:
        return False
    is_denied = pair.denials(tokens_of(pair.said[: sign.start()]), "") % 2
    return pair.denials(pair.told, pair.fact) % 2 == is_denied


def _excepts_speaker(pair: Comparison, behind: str) -> bool:
    """Return True if the exception is the speaker, and the fact is about them: "except me"."""
    selves = pair.table.selves | pair.table.objects
    return pair.is_of_user and not selves.isdisjoint(tokens_of(behind)[:1])


def is_opposite(pair: Comparison) -> bool:
    """Return True if the fact has an opposite of a word of the clause: "closes" for "opens"."""
    table, fact, said = pair.table, *without_definitions(pair.fact, pair.said, pair.code)
    told, heard = tokens_of(fact), tokens_of(said)
    is_alike = _denials_apart(pair, told, fact) == _denials_apart(pair, heard, said)
    if is_alike and table.opposites.opposed(told, heard) and not is_measured_otherwise(pair):
        return True  # "refused" denies, and is opposed to "accepted"
    if pair.denials(told, fact) == pair.denials(heard, said):
        is_opposed = table.opposites.opposed(told, heard) and not is_measured_otherwise(pair)
        if is_opposed or _is_turned(pair):
            return True
        exchanged = table.converse.opposed(told, heard)
        is_kept = all(is_converse(pair, table.converse[group]) for group in exchanged)
        if not is_kept and not is_same_direction(pair):
            return True
    if table.enthuses.search(pair.said) and table.negative.count(told):
        return True
    stated = table.exclusive.found(told)
    if any(
        not stated.get(group, set()) <= kinds
        for group, kinds in table.exclusive.found(heard).items()
    ):
        return True
    return bool(table.last.opposed(told[-1:], heard[-1:]))


def _denials_apart(pair: Comparison, words: list[str], text: str) -> int:
    """Return the denials of a text without those that have an opposite: "refuses"."""
    return pair.denials([w for w in words if not pair.table.opposites.having(w)], text)


def _is_turned(pair: Comparison) -> bool:
    return _is_reversed_word(pair) or _is_opposite_beside(pair)


def _is_reversed_word(pair: Comparison) -> bool:
    """Return True if only one of both turns a word round: "patient", "impatient"."""
    starts = tuple(pair.table.reverses)
    turned = [w for w in (*pair.told, *pair.heard) if w.startswith(starts)] if starts else []
    if not any(len(word) >= MIN_REVERSED for word in turned):
        return False
    told, heard = pair.content, content_words(pair.said, pair.code)
    return any(
        len(one) >= MIN_REVERSED and one.startswith(start) and is_form(one[len(start) :], other)
        for ones, others in ((told, heard), (heard, told))
        for start in pair.table.reverses
        for one in ones
        if not (pair.table.negative.has(one) or any(is_form(one, other) for other in others))
        for other in others
        if len(other) >= MIN_REVERSED - len(start)
    )


def _is_opposite_beside(pair: Comparison) -> bool:
    """Return True if the fact has an opposite of a word of the next clause: "it was cheap"."""
    beside = tokens_of(pair.sentence)
    if not beside or pair.denials(beside, pair.sentence) or pair.denials(pair.told, pair.fact):
        return False
    return bool(pair.table.opposites.opposed(pair.told, beside))


def is_denied(pair: Comparison) -> bool:
    """Return True if only one of both says no, of the same thing."""
    sign = pair.table.exception.search(pair.said)
    near = _without_others(pair)
    heard = tokens_of(pair.said[: sign.start()]) if sign else tokens_of(near)
    said, told = pair.denials(heard, near) % 2, pair.denials(pair.told, pair.fact) % 2
    said = said or _is_under_denial(pair)
    if _needs_what_it_lacks(pair):
        return bool(told)
    if pair.table.enthuses.search(pair.said) and pair.table.likes.count(pair.told):
        return bool(told)
    if pair.table.hardly.search(pair.said) and pair.table.softens.search(pair.fact):
        return False
    if said == told or not any(map(pair.by.supports, pair.content)):
        return False
    if said and (_denies_opposite(pair, near) or pair.table.annoys.count(pair.told)):
        return False
    if told and pair.table.ended.search(pair.said):
        return False
    if told and not pair.spaces and pair.table.negative.count(tokens_of(pair.whole)):
        return False  # "昔は吸っていたが、やめた"
    if said:  # what was denied is affirmed
        stated = [w for w in pair.content if not is_number(w)]
        return len([w for w in stated if pair.by.supports(w)]) * 2 >= len(stated)
    is_harm = pair.table.harms.count(pair.told) > 0
    return pair.is_all_held and not is_harm


def _is_under_denial(pair: Comparison) -> bool:
    """Return True if another part denies the verb of the only thing here: "no meat and fish"."""
    whole, here = pair.whole, Heard([pair.said], pair.code)
    if not pair.spaces or whole == pair.said or pair.denials(tokens_of(whole), whole) % 2 == 0:
        return False
    there, same = Heard([whole], pair.code), pair.table.same
    is_thing = len(content_words(pair.said, pair.code)) == 1
    verbs = [w for w in pair.told if w in pair.content or same.having(w)]
    return is_thing and any(there.supports(w) and not here.supports(w) for w in verbs)


def _without_others(pair: Comparison) -> str:
    """Return the clause without the last parts, if they state something that the fact has not."""
    cut = pair.table.parts.split(pair.said)[:MAX_PARTS]
    held = [any(holds(tokens_of(part), w, pair.code) for w in pair.content) for part in cut]
    negative = pair.table.negative
    while len(cut) > 1 and any(held[:-1]) and not held[-1] and content_words(cut[-1], pair.code):
        if negative.count(tokens_of(cut[-1])) and negative.count(pair.told):
            break  # "I smoked, now I have stopped"
        cut, held = cut[:-1], held[:-1]
    is_whole = len(cut) == len(pair.table.parts.split(pair.said)[:MAX_PARTS])
    return pair.said if is_whole else ", ".join(cut)


def _denies_opposite(pair: Comparison, near: str) -> bool:
    """Return True if a part denies the opposite of the fact: "does not open" of "is closed"."""
    for part in pair.table.parts.split(near)[:MAX_PARTS]:
        tokens = tokens_of(part)
        if not _denials_apart(pair, tokens, part) or pair.table.times.count(tokens):
            continue
        for told in pair.table.parts.split(pair.fact)[:MAX_PARTS]:
            if pair.table.opposites.opposed(tokens_of(told), tokens):
                return True
    return False


def _needs_what_it_lacks(pair: Comparison) -> bool:
    """Return True if a fact needs what the clause cannot do without: "without coffee I can't"."""
    table = pair.table
    found = table.needed.search(pair.said)
    if found is None or table.needs.search(pair.fact) is None:
        return False
    told = [word for word in pair.told if not names_user(word, pair.code)]
    without = tokens_of(next(filter(None, found.groups()), ""))
    return any(
        len(word) >= MIN_PREFIX
        and any(word[:MIN_PREFIX] == other[:MIN_PREFIX] for other in without)
        for word in told
    )


def is_contrasted(pair: Comparison) -> bool:
    """Return True if the fact gives a thing the "not" or the "hates" of the other part.

    "I don't eat meat, but fish" is not "doesn't eat fish".
    """
    if pair.table.contrast.search(pair.fact):
        return False
    cut = pair.table.contrast.split(pair.said)[:MAX_PARTS]
    if len(cut) < 2:
        return False
    parts = [tokens_of(part) for part in cut]
    denied = [pair.denials(part, text) % 2 for part, text in zip(parts, cut, strict=True)]
    told = pair.denials(pair.told, pair.fact) % 2
    negative = pair.table.negative
    things = [w for w in pair.held if not (is_number(w) or negative.has(w))]
    places = {w: [i for i, p in enumerate(parts) if holds(p, w, pair.code)] for w in things}
    known = [places[w][0] for w in things if len(places[w]) == 1]
    if not known:
        return False
    at = known[0] if pair.code in VERB_LAST else known[-1]
    verbs = [w for w in pair.told if negative.has(w)]
    for verb in verbs:  # "I don't mind dogs, but I hate cats"
        there = [i for i, p in enumerate(parts) if any(is_form(verb, w) for w in p)]
        if (
            there
            and at not in there
            and all(len(content_words(cut[i], pair.code)) > 1 for i in there)
        ):
            return True
    if told and not denied[at]:
        return any(denied)
    return not told and bool(denied[at]) and set(known) == {at} and not all(denied)


def is_crossed(pair: Comparison) -> bool:
    """Return True if a fact denies of one thing what is denied of the other: "Monday, not Tuesday".

    Each of the two stands in one part of the clause and in one of the fact.
    """
    turned = set[bool]()
    said, told = _denied_parts(pair, pair.sentence or pair.said), _denied_parts(pair, pair.fact)
    if len(said) < 2 or len(told) < 2 or pair.table.restricts.search(pair.fact):
        return False
    for word in pair.content:
        ours, theirs = (_denied_of(word, parts) for parts in (told, said))
        if len(ours) == len(theirs) == 1 and ours != theirs:
            turned.add(ours[0])
    return len(turned) == 2


def _denied_of(word: str, parts: Sequence[tuple[Heard, bool]]) -> list[bool]:
    """Return of each part that has a word, or else one that means nearly it, whether it denies."""
    exact = [no for part, no in parts if part.has(word)]
    return exact or [no for part, no in parts if part.supports(word)]


def _denied_parts(pair: Comparison, text: str) -> list[tuple[Heard, bool]]:
    """Return the words of the parts of a text, and whether each denies."""
    cut = [part for part in pair.table.parts.split(text)[:MAX_PARTS] if part and part.strip()]
    denied = [pair.denials(tokens_of(part), part) % 2 == 1 for part in cut]
    return [(Heard([part], pair.code), no) for part, no in zip(cut, denied, strict=True)]


def is_tolerated(pair: Comparison) -> bool:
    """Return True if the fact gives a harm to what does none: "I'm fine with nuts, not sesame"."""
    fine = pair.table.tolerates.search(pair.said)
    if fine is None or pair.table.tolerates.search(pair.fact):
        return False
    thing = next(filter(None, fine.groupdict().values()), "")
    things = content_words(thing, pair.code)
    others = [w for w in pair.content if not any(is_form(w, thing) for thing in things)]
    if len(others) == len(pair.content):
        return False
    rest = tokens_of(f"{pair.said[: fine.start()]} {pair.said[fine.end() :]} {pair.then}")
    is_bad = pair.table.harms.count(pair.told) + pair.table.negative.count(pair.told) > 0
    return is_bad or any(is_form(word, other) for word in others for other in rest)


def is_without_exception(pair: Comparison) -> bool:
    """Return True if the fact says "never" or "vegan" of what is done now and then."""
    table = pair.table
    if _makes_none_of_little(pair):
        return True
    told = table.absolute.search(pair.fact)
    if told is None or table.restricts.search(pair.spoken) is None:
        return False
    return told[0] not in pair.said.casefold() and table.restricts.search(pair.fact) is None


def _makes_none_of_little(pair: Comparison) -> bool:
    """Return True if the fact says "no" of what there is hardly any: "hardly eats meat"."""
    table = pair.table
    hardly = table.hardly.search(pair.spoken)
    if hardly is None or table.softens.search(pair.fact) or not pair.denials(pair.told, pair.fact):
        return False
    behind = pair.spoken[hardly.start() :]
    near = content_words(behind if pair.code not in VERB_LAST else pair.spoken, pair.code)
    return any(is_form(word, other) for word in pair.content for other in near)


def likes_what_is_bad(pair: Comparison) -> bool:
    """Return True if the fact likes what the clause denies, avoids or calls bad."""
    table, told, heard = pair.table, pair.told, pair.heard
    if pair.denials(told, pair.fact) or not pair.held:
        return False
    is_bad = pair.denials(heard, pair.said) > 0 or table.bad.search(pair.said) is not None
    if not is_bad or table.likes.count(told) == 0 or table.enthuses.search(pair.said):
        return False
    return table.likes.count(heard) == 0 and table.prefers.search(pair.said) is None
