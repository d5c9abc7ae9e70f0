"""Compare two facts in English by their words: stems, subject, negation, dates and amounts.

The slots of a fact decide in every language (`slots`). English has rules for the many other ways to
say the same, and there a pair with an unclear sign is left to the language model.
"""

import re
from functools import cache
from itertools import pairwise

from litemem.core.text.lexicon import ENGLISH, exclusive_in, pattern_in, words_in
from litemem.core.text.periods import MONTHS, WEEKDAYS
from litemem.core.text.scripts import english_share
from litemem.core.text.words import STOP_WORDS
from litemem.ingestion.contrast import is_contrast_elsewhere
from litemem.ingestion.endings import is_of_other_name
from litemem.ingestion.fact_features import FactFeatures, features_of, fold, listed, stem
from litemem.ingestion.slots import Verdict, are_apart, compare_slots

YEARS = 3  # by which somebody without a name is older than a known age, at most
EXTRA = 3  # words that a new fact may add to a known one that it ends
BRIEF = 6  # content words of a fact that says one thing, at most
NEAR = 0.47  # cosine below which two facts are unrelated, unless a rule applies
AKIN = 0.6  # cosine below which two facts without a shared word are unrelated
LIKELY = 0.8  # cosine above which they may mean the same
ALIKE = 0.92  # cosine above which a different word does not make a different fact
SAME_VERB = 2  # letters that "leads" and "led" share
REWORDED = 3  # words by which two facts that near may differ and mean the same
EXCHANGED = 0.97  # cosine above which one other word does not make another fact
PARAPHRASE = 0.9  # cosine above which they do, unless a word contradicts it
READ = 0.9  # share of a text that the embedder reads, below which only equal words count

_WORD = re.compile(r"[^\W\d_][\w'-]*")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_COUNT = re.compile(r"([$€£¥]?)(\d[\d.,]*) ?([a-z%€$]*)")
_OF_NAMED = re.compile(r"\A(?!User:)[^\W\d_][^:\n“]{0,60}: “")  # a quotation of somebody named
_MONTHS = frozenset(map(str.casefold, MONTHS))
_DAYS = frozenset(map(str.casefold, WEEKDAYS))
_MONTH_STEMS = frozenset(map(stem, _MONTHS))


def compare_english(known: str, new: str, cosine: float) -> Verdict | None:
    """Return the verdict on a new fact and a known one in English, or None if a model decides.

    `cosine` is that of their vectors.
    """
    if not _are_read(known, new) or any(map(_OF_NAMED.match, (known, new))):
        return "different"
    is_of_other = features_of(new).is_end and is_of_other_name(known, new, ENGLISH)
    if is_of_other or are_apart(known, new):
        return "different"
    return _with_slots(_compare_words(known, new, cosine), known, new)


def _compare_words(known: str, new: str, cosine: float) -> Verdict | None:
    k, n = features_of(known), features_of(new)
    if k.text == n.text:
        return "same"
    if _has_other_holder(k, n):
        return "contradicts"
    if k.words and k.words == n.words and _manner(k) == _manner(n) and k.telling == n.telling:
        return "same"
    if k.subject and n.subject and not k.subject & n.subject.union(n.predicate):
        return "different"
    if len(k.subject) == len(n.subject) == 2 and k.subject != n.subject:  # two sons with names
        return "different"
    is_intended = bool(k.wishes) or (cosine >= ALIKE and _pattern("intended").search(k.text))
    if n.wishes and not is_intended:
        return "different"
    verdict = (
        _by_correction(k, n)
        or _by_update(k, n)
        or _by_opposites(k, n)
        or _by_coverage(k, n, cosine)
        or _by_event(k, n, cosine)
        or _by_attribute(k, n)
        or _by_polarity(k, n)
        or _by_plurality(k, n)
    )
    is_open = _may_be_same(k, n, cosine) or _may_contradict(k, n, cosine)
    return verdict or (None if is_open else "different")


def _with_slots(verdict: Verdict | None, known: str, new: str) -> Verdict | None:
    """Return the verdict of the slots on facts in English, where the words leave it open."""
    by_slots = compare_slots(known, new)
    if by_slots == "contradicts" and _pattern("moves_thing").search(new):
        return verdict
    if by_slots == "contradicts":
        return verdict if verdict in ("same", "richer") else by_slots
    k, n = features_of(known), features_of(new)
    if by_slots == "richer" and verdict in (None, "different"):
        is_more = k.dates <= n.dates and not _differ_tellingly(k, n)
        return by_slots if is_more else verdict
    is_clock = by_slots == "same" and k.dates != n.dates and _has_digit(known) and _has_digit(new)
    return "same" if is_clock and verdict != "richer" else verdict


def confirm_verdict(verdict: Verdict, known: str, new: str, cosine: float) -> Verdict:
    """Return a model's verdict, or "different" if the words contradict it."""
    if not _are_read(known, new):
        return "different"
    k, n = features_of(known), features_of(new)
    if verdict == "same" and not _may_be_same(k, n, cosine):
        return "different"
    if verdict == "contradicts" and not _may_contradict(k, n, cosine):
        return "different"
    past = _pattern("used_to").search(new)
    if verdict == "contradicts" and past and stem(past["verb"]) not in {k.verb, *k.content}:
        return "different"
    return verdict


def _are_read(known: str, new: str) -> bool:
    """Return True if the rules for words, and the embedder, read the scripts of two facts."""
    return english_share(known) > READ and english_share(new) > READ


def _has_digit(text: str) -> bool:
    return any(sign.isdigit() for sign in text)


def _pattern(key: str) -> re.Pattern[str]:
    return pattern_in(ENGLISH, "compare", key)


@cache
def _stems(key: str) -> frozenset[str]:
    return frozenset(map(stem, listed(key)))


@cache
def _weekdays() -> frozenset[str]:
    return frozenset(stem(day.casefold()) for day in WEEKDAYS)


def _differ_tellingly(k: FactFeatures, n: FactFeatures) -> bool:
    """Return True if one fact has a word that the same fact in other words would have too."""
    if _flips(k) != _flips(n):
        return True
    few, many = sorted((k.telling, n.telling), key=len)
    rest = iter(many)
    if not all(word in rest for word in few):
        return True
    sides = words_in(k.code, "slots", "order").intersection(k.telling, n.telling)
    common = set(k.order) & set(n.order)
    orders = [[w for w in one.order if w in common] for one in (k, n)]
    return bool(sides) and orders[0] != orders[1]


def _is_place(features: FactFeatures) -> bool:
    """Return True if a fact says where or with what a thing is, and not which one."""
    match = _pattern("attribute").match(features.text)
    is_dated = any(date[0].isdigit() for date in features.dates)
    return match is not None and not is_dated and match.group(2).split(" ")[0] in listed("place")


def _flips(features: FactFeatures) -> list[str]:
    """Return the words of exception and doubt."""
    return [w for w in features.telling if w in words_in(features.code, "slots", "flips")]


def _sides(features: FactFeatures) -> list[str]:
    return [w for w in features.telling if w in words_in(features.code, "slots", "sides")]


def _by_opposites(k: FactFeatures, n: FactFeatures) -> Verdict | None:
    """Compare facts that differ by one word and its opposite, or by the order of their words."""
    if _manner(k) != _manner(n) or k.is_event or n.is_event:
        return None
    opposites = exclusive_in(k.code, "slots", "opposites")
    one = [w for w in k.telling if w not in n.telling]
    other = [w for w in n.telling if w not in k.telling]
    added = n.content - k.content - listed("light") - n.names
    rest = {word for word in added if word.split("-")[0] not in {*other, *map(stem, other)}}
    if len(one) == len(other) == 1 and one[0] in opposites and other[0] in opposites:
        (group, kind), (group_n, kind_n) = opposites[one[0]], opposites[other[0]]
        lost = k.content - n.content - listed("light")
        gone = {word for word in lost if word.split("-")[0] not in {*one, *map(stem, one)}}
        if group == group_n and kind != kind_n and not rest and (n.is_turn or not gone):
            return "different" if k.verb in listed("plural") else "contradicts"
    is_turned = sorted(k.order) == sorted(n.order) and k.order != n.order
    if is_turned and k.telling == n.telling and words_in(k.code, "slots", "order") & set(k.telling):
        return "contradicts" if listed("compared") & set(k.telling) else "different"
    return None


def _by_update(k: FactFeatures, n: FactFeatures) -> Verdict | None:
    """Find changes that name no state but what happened: promoted, born, raised to 20 mg."""
    if k.is_event and not _pattern("job").search(k.text):
        return None
    left = _pattern("left").search(n.text)
    is_open = n.is_negative or not words_in(ENGLISH, "endings", "blocks").isdisjoint(n.predicate)
    if left and not is_open and _pattern("job").search(k.text):
        if not _is_done_by_known(k, n, left.start()):
            return None
        place = left.group(1)
        return "contradicts" if not place or place in k.text else None
    return _by_amount(k, n)


def _has_other_holder(k: FactFeatures, n: FactFeatures) -> bool:
    """Return True if a thing has another owner or leader now: "is now owned by Lee"."""
    one = _pattern("holds").match(k.text)
    other = _pattern("held").match(n.text) or _pattern("now_holds").match(n.text)
    if one is None or other is None or one["holder"] == other["holder"]:
        return False
    return one["thing"] == other["thing"] and one["verb"][:SAME_VERB] == other["verb"][:SAME_VERB]


def _by_amount(k: FactFeatures, n: FactFeatures) -> Verdict | None:
    """Compare an amount with what it was raised or lowered to."""
    raised = _pattern("raised").search(n.text)
    is_raised = raised and _pattern("to").search(n.text, raised.end()) and _counts(k) and _counts(n)
    if is_raised and _counts(k)[0][1] == _counts(n)[0][1]:
        told = n.content - n.dates - _stems("raising")
        return (
            "contradicts"
            if told - listed("light") and told <= k.content | listed("doctor")
            else None
        )
    return None


def _counts(features: FactFeatures) -> list[tuple[str, str]]:
    """Return the numbers of a fact with their units; none is one of two."""
    return [(m[2], m[1] or m[3]) for m in _COUNT.finditer(features.text)]


def _may_be_same(k: FactFeatures, n: FactFeatures, cosine: float) -> bool:
    """Return True if a new fact may be a known one in other words: it adds almost nothing."""
    is_of_other = bool(k.subject and n.subject and not k.subject & n.subject)
    if _differ_tellingly(k, n) or k.dates != n.dates or _are_attributes_of_others(k, n):
        return False
    if is_of_other or cosine < LIKELY or not n.names | n.dates <= k.names | k.dates:
        return False
    if (k.is_negative, k.is_event) != (n.is_negative, n.is_event):
        return False
    if cosine >= ALIKE:  # "on the hunt for the ideal spot", "looking for the right place"
        return len(n.content - k.content - listed("light")) <= REWORDED
    is_meant_alike = k.wishes == n.wishes
    return is_meant_alike and len(n.content - k.content - listed("light")) <= (
        2 if cosine >= PARAPHRASE else 1
    )


def _are_attributes_of_others(k: FactFeatures, n: FactFeatures) -> bool:
    """Return True if each of two attributes has a word of its own: quiz night, chess night."""
    one, other = _pattern("attribute").match(k.text), _pattern("attribute").match(n.text)
    if one is None or other is None:
        return False
    things = [set(map(stem, match.group(1).split())) - _stems("people") for match in (one, other)]
    return bool(things[0] - things[1] and things[1] - things[0])


def _may_contradict(k: FactFeatures, n: FactFeatures, cosine: float) -> bool:
    """Return True if a new fact may end a known one: it has to contain a sign of that."""
    if cosine < NEAR or k.is_event or n.is_event or n.wishes - k.wishes:
        return False
    if _are_attributes_of_others(k, n):
        return False
    if _flips(k) != _flips(n) or _sides(k) != _sides(n) or _is_place(k) != _is_place(n):
        return False
    denied = n.content - n.dates - _stems("ending")
    if n.is_negative and not k.is_negative and not (n.names <= k.names if n.is_turn else False):
        return denied <= k.content
    if k.is_negative and n.is_negative and not n.is_turn:  # two refusals, each of its own thing
        return False
    are_brief = len(k.content) <= BRIEF and len(n.content) <= BRIEF
    shared = len(k.content & n.content)
    if not are_brief and 2 * shared < len(k.content):
        return False
    frames = [
        frame
        for frame in (_pattern("home"), _pattern("job"), _pattern("status"))
        if frame.search(k.text)
    ]
    is_alike = any(frame.search(n.text) for frame in frames)
    if not shared and (k.is_end or cosine < AKIN or not is_alike):
        return False
    has_sign = k.is_negative != n.is_negative or n.is_change or is_alike
    return has_sign or (are_brief and cosine >= PARAPHRASE)


def _by_correction(k: FactFeatures, n: FactFeatures) -> Verdict | None:
    """Find "B, not A", and another name for the same one."""
    denied = _pattern("denied").findall(n.text)
    is_mentioned = bool(k.content & {stem(fold(word)) for word in denied})
    is_mentioned = is_mentioned and not _is_of_another_or_ordered(k, n)
    if is_mentioned and not k.is_negative and len(n.content) > 1:
        if is_contrast_elsewhere(k.text, n.text, ENGLISH):
            return "different"
        is_part = "and" in k.predicate  # "works at Nike and at Puma"
        return "different" if is_part or _tell_other_frames(k, n) else "contradicts"
    is_name = k.content - k.names == n.content - n.names == listed("called_so")
    return "contradicts" if is_name and not k.names & n.names else None


def _is_of_another_or_ordered(k: FactFeatures, n: FactFeatures) -> bool:
    """Return True for "it's peanuts Tom is allergic to, not A", and for "buy B, not A"."""
    of_another = _pattern("of_another").search(n.text)
    is_of_another = of_another is not None and stem(fold(of_another["holder"])) not in k.content
    return is_of_another or _pattern("orders").match(n.text) is not None


def _tell_other_frames(k: FactFeatures, n: FactFeatures) -> bool:
    """Return True if a fact tells a home or a job that a known one does not tell."""
    frames = [_pattern("home"), _pattern("job")]
    one, other = ([bool(frame.search(each.text)) for frame in frames] for each in (k, n))
    return any(other) and one != other and k.verb not in listed("being")


def _by_coverage(k: FactFeatures, n: FactFeatures, cosine: float) -> Verdict | None:
    if not k.content or not n.content or (k.subject and n.subject and not k.subject & n.subject):
        return None
    if _manner(k) != _manner(n) or k.is_change != n.is_change or not _in_one_order(k, n):
        return None
    if _differ_tellingly(k, n):
        return None
    if n.content <= k.content:
        return "same"
    if k.content <= n.content:
        return "richer" if n.content - k.content - listed("light") else "same"
    alike = len(k.content & n.content) / len(k.content | n.content)
    is_one_word = len(k.content - n.content) == 1 == len(n.content - k.content)
    may_be = not is_one_word or cosine >= EXCHANGED  # "spicy food", "mild food"
    is_near = cosine >= PARAPHRASE and k.dates == n.dates and k.names == n.names
    if is_near and may_be and alike >= 0.5:
        return "same"
    return None


def _by_event(k: FactFeatures, n: FactFeatures, cosine: float) -> Verdict | None:
    """Keep events: another event, or the same on another day, does not end them."""
    if k.is_event and n.is_event and (k.dates != n.dates or k.names != n.names):
        return "different"
    return "different" if k.is_event and cosine < LIKELY else None


def _by_attribute(k: FactFeatures, n: FactFeatures) -> Verdict | None:
    """Compare what a person has one of: a home, a job, a name, an age, a date."""
    age_k, age_n = _pattern("age").search(k.text), _pattern("age").search(n.text)
    if age_k and age_n:
        return _by_age(k, n, age_k, age_n)
    has_moved = (
        _pattern("home").search(k.text)
        and _pattern("moved").search(n.text)
        and not _pattern("thing_moved").match(n.text)
        and not _pattern("moves_thing").search(n.text)
        and _pattern("home").search(n.text)
    )
    moved = _pattern("moved").search(n.text) if has_moved else None
    reached = n.names - set(_pattern("from").findall(n.text))
    if (
        moved
        and _is_done_by_known(k, n, moved.start())
        and k.names
        and reached
        and not k.names & reached
    ):
        return "contradicts"
    if _pattern("job").search(k.text):
        is_elsewhere = n.is_turn and bool(k.names & n.names) and _pattern("job_at").search(n.text)
        told = (_pattern(key).search(n.text) for key in ("occupation", "new_job"))
        if is_elsewhere or any(_is_done_by_known(k, n, each.start()) for each in told if each):
            return "contradicts"
    status_k, status_n = _pattern("status").search(k.text), _pattern("status").search(n.text)
    if status_k and status_n and _state(status_k) != _state(status_n):
        return "contradicts" if _is_done_by_known(k, n, status_n.start()) else None
    is_counted = any(date[0].isdigit() for date in k.dates ^ n.dates)
    if is_counted and (not n.dates or _is_of_nobody(k, n)):
        return "different"
    if _are_on_other_days(k, n):
        return "different"
    if is_counted and k.content - k.dates == n.content - n.dates and not n.is_event:
        return (_by_possessive(k, n) or "different") if _are_others(k, n) else "contradicts"
    return _by_possessive(k, n)


def _by_age(
    k: FactFeatures, n: FactFeatures, age_k: re.Match[str], age_n: re.Match[str]
) -> Verdict:
    is_of_user = k.subject == {"user"}
    if not n.subject and k.subject and not (is_of_user or _pattern("pronoun").search(n.text)):
        return "different"  # "turned 34", of the user
    if is_of_user and age_n.start() and not _is_done_by_known(k, n, age_n.start()):
        return "different"  # "grandad turned 90"
    if _age(age_n) < _age(age_k) and _YEAR.search(n.text):  # "turned 18 in 2019"
        return "different"
    return "same" if k.dates == n.dates else "contradicts"


def _is_of_nobody(k: FactFeatures, n: FactFeatures) -> bool:
    """Return True if a number alone is said of "she", and it is no age that she may have by now."""
    numbers = [[int(day) for day in each.dates if day.isdigit()] for each in (k, n)]
    is_alone = n.content == n.dates and not n.subject and k.subject != {"user"}
    if not is_alone or not all(numbers):
        return False
    return not 0 < numbers[1][0] - numbers[0][0] <= YEARS


def _is_done_by_known(k: FactFeatures, n: FactFeatures, at: int) -> bool:
    """Return True if a clause with an event is about the person of a known fact.

    Names may be written small: "rob got promoted". A clause without a subject is of the user.
    """
    clause = _pattern("clause_end").split(n.text[:at])[-1]
    light = listed("fillers") | listed("auxiliaries") | listed("joints") | STOP_WORDS
    who = [
        word
        for word in _WORD.findall(clause)
        if fold(word) not in light or word in listed("selves")
    ]
    is_of_user = not who or who[0] in listed("selves")
    known = {part for one in k.subject for part in one.split()}
    if known <= {"user"}:
        return is_of_user
    named = {stem(fold(word)) for word in who} | {fold(word) for word in who}
    return (
        bool(known & (named - {"user"}))
        or _pattern("pronoun").search(clause) is not None
        or (bool(n.subject) and n.subject == k.subject)
    )


def _state(status: re.Match[str]) -> str:
    return next(filter(None, status.groups()), "")


def _age(match: re.Match[str]) -> int:
    return int(next(filter(None, match.groups())))


def _by_possessive(k: FactFeatures, n: FactFeatures) -> Verdict | None:
    """Compare "User's X is A" with "User's X is B"."""
    one, other = _pattern("attribute").match(k.text), _pattern("attribute").match(n.text)
    if not one or not other or _pattern("many").search(one.group(1)):
        return None
    if one.group(1) != other.group(1):
        return "different" if _is_favourite(one) and _is_favourite(other) else None
    is_place = [_is_place(k), _is_place(n)]
    last = one.group(1).split()[-1]
    has_one = last in words_in(k.code, "slots", "attributes") or _is_favourite(one)
    is_said = n.is_turn or _pattern("new").match(n.text) is not None
    if is_place[0] != is_place[1] or not (has_one or is_said or (k.dates and n.dates)):
        return None if is_place[0] == is_place[1] else "different"
    states = exclusive_in(k.code, "slots", "opposites")
    if (one.group(2) in states) != (other.group(2) in states):  # a Pixel, and broken
        return "different"
    if not has_one and not _may_exclude(one.group(2), other.group(2)):
        return "different"
    is_person = last in listed("people")
    if is_person and not (_is_named(one) and _is_named(other)):
        return None
    return "contradicts"


def _may_exclude(one: str, other: str) -> bool:
    """Return False for two states that are true together: a red car may be clean."""
    state = _pattern("bare_state")
    return not (state.fullmatch(one) and state.fullmatch(other))


def _is_favourite(attribute: re.Match[str]) -> bool:
    return not listed("favourite").isdisjoint(attribute.group(1).split())


def _by_polarity(k: FactFeatures, n: FactFeatures) -> Verdict | None:
    """Compare a fact that affirms with one that denies or ends."""
    if k.is_negative == n.is_negative and (k.is_negative or not n.is_end):
        return _by_turn(k, n) if n.is_turn else None
    if k.verb in listed("tastes") and n.verb in listed("gone"):  # who sold a red car may like red
        return "different"
    objects_k, objects_n = _objects(k), _objects(n)
    shared = (objects_k & objects_n) - listed("particles")
    is_open = not words_in(ENGLISH, "endings", "blocks").isdisjoint(n.predicate)
    if objects_n <= _DAYS or (n.is_end and is_open and not n.is_negative):
        return None  # "I hate Mondays", "I nearly sold my car"
    if shared and n.is_end and not n.is_negative and _is_of_other(k, n):
        return "different"
    if not shared:
        return "different" if k.verb in listed("plural") and n.verb in listed("plural") else None
    if n.is_negative:
        return _by_denial(k, n)
    if n.is_end and (_is_partial(n) or objects_n < objects_k):  # by its head: `ends`
        return "unclear" if _is_partial(n) else "different"
    if objects_n <= objects_k:
        return "contradicts" if objects_n == objects_k or n.is_turn else "unclear"
    if n.is_end and _is_of_kind(n, shared, objects_n - objects_k - k.content - listed("light")):
        return "unclear"
    is_brief = len(objects_n - objects_k) <= EXTRA
    return "contradicts" if n.is_change and is_brief and len(shared) * 2 >= len(objects_k) else None


def _by_turn(k: FactFeatures, n: FactFeatures) -> Verdict | None:
    """Compare a fact with one about the present."""
    if _are_values_of_others(k, n):
        return "different"
    if k.verb == n.verb and k.verb in listed("single") and _objects(k) & _objects(n):
        return "contradicts"
    is_moved = k.dates and n.dates and k.dates != n.dates
    shared = k.content & n.content - k.dates - _MONTH_STEMS
    added = n.content - k.content - n.dates  # "the sales team"
    first, second = [*n.order[:2], "", ""][:2]
    is_of_other = bool(added & listed("rest")) or (first in added and second in k.content)
    return "contradicts" if is_moved and len(shared) >= 2 and not is_of_other else None


def _are_values_of_others(k: FactFeatures, n: FactFeatures) -> bool:
    """Return True if both facts have numbers, and the new one names another thing: the pool."""
    if k.verb != n.verb or not (_has_digit(k.text) and _has_digit(n.text)):
        return False
    return any(not _has_digit(word) for word in _objects(n) - k.content - listed("light"))


def _is_partial(n: FactFeatures) -> bool:
    """Return True if a fact ends a part of many: "sold some stamps"."""
    return not words_in(n.code, "slots", "partial").isdisjoint(n.predicate)


def _is_of_kind(n: FactFeatures, shared: frozenset[str], added: frozenset[str]) -> bool:
    """Return True if a fact ends one kind of a thing only: "sold tree nuts" of nuts."""
    harmless = words_in(n.code, "slots", "old")
    return any(
        word in added and word not in harmless and following in shared
        for word, following in pairwise(n.order)
        if word not in _stems("ending")
    ) or any(
        word in shared and following in added - n.names - n.dates - harmless
        for word, following in pairwise(map(stem, n.predicate))
    )


def _is_of_other(k: FactFeatures, n: FactFeatures) -> bool:
    """Return True if a fact ends something else: "sold tree nuts" ends no allergy to nuts."""
    named = [word for word in n.order if word not in _stems("ending") and word not in n.dates]
    first = next((word for word in named if word in n.predicate), "")
    return bool(_stems("ill") & (k.content - n.content)) or (bool(first) and first not in k.content)


def _by_denial(k: FactFeatures, n: FactFeatures) -> Verdict:
    """Compare with a denial or an end: it ends what it names, and no other relation."""
    denied = n.content - n.dates - _stems("ending") - k.subject
    added = {day for day in n.dates - k.dates if not day[0].isdigit() and day not in _MONTHS}
    is_other = bool(_pattern("have").search(n.text)) and not _pattern("have").search(k.text)
    if _pattern("given_up").search(n.text) and _is_part_of_name(denied, k):
        return "different"
    if (
        denied
        and denied <= k.content | {stem(k.verb)}
        and not (added - listed("times") or is_other)
    ):
        return "contradicts"
    return "unclear"


def _is_part_of_name(denied: frozenset[str], k: FactFeatures) -> bool:
    """Return True if what was denied only tells the kind of a thing: "the car", of a car seat."""
    return any(
        stem(word) in denied and stem(following) in k.content - denied - k.dates
        for word, following in pairwise(k.predicate)
    )


def _by_plurality(k: FactFeatures, n: FactFeatures) -> Verdict | None:
    """Keep likes, possessions and journeys: another one contradicts none of them."""
    if n.is_change:
        return None
    if k.verb and k.verb == n.verb and k.verb in listed("plural"):
        return "different" if not _objects(k) <= _objects(n) else None
    return None


def _are_others(k: FactFeatures, n: FactFeatures) -> bool:
    """Return True if facts that differ by a number are about two things, not about two counts."""
    if k.verb in listed("single"):
        return False
    return k.codes != n.codes or (k.verb in listed("plural") and k.models != n.models)


def _are_on_other_days(k: FactFeatures, n: FactFeatures) -> bool:
    """Return True if someone has one thing on one weekday, and one like it on another."""
    days = [{day for day in one.dates if day in _weekdays()} for one in (k, n)]
    return k.verb == n.verb and k.verb in listed("plural") and all(days) and days[0] != days[1]


def _manner(features: FactFeatures) -> tuple[bool, frozenset[str], bool]:
    """Return whether a fact is denied, what it wishes, and whether it is a past event."""
    return features.is_negative, features.wishes, features.is_event


def _in_one_order(k: FactFeatures, n: FactFeatures) -> bool:
    """Return True if shared names have the same order: Rome to Oslo is not Oslo to Rome."""
    shared = k.names & n.names
    return [w for w in k.predicate if w in shared] == [w for w in n.predicate if w in shared]


def _objects(features: FactFeatures) -> frozenset[str]:
    """Return the content words that are neither a verb of liking or doing nor a date."""
    return (
        features.content - listed("acts") - features.dates - {stem(features.verb)}
        or features.content
    )


def _is_named(match: re.Match[str]) -> bool:
    return match.group(2).startswith(tuple(listed("names")))
