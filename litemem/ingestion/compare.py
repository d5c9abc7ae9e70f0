"""Compare two facts by their words: same, richer, contradicting or different. English, and pure.

A new fact about a person is near many known ones that stay true. So two facts are different unless
their words show that they mean the same, or that one ends the other. A pair with an unclear sign is
left to the language model.
"""

import re
from collections.abc import Iterable
from typing import Literal

from litemem.ingestion.fact_features import (
    LIGHT,
    PEOPLE,
    PLURAL,
    SINGLE,
    FactFeatures,
    features_of,
    fold,
    stem,
)

Verdict = Literal["same", "richer", "contradicts", "different", "unclear"]

SENTENCE = 200  # characters in one sentence, at most
EXTRA = 3  # words that a new fact may add to a known one that it ends
BRIEF = 6  # content words of a fact that says one thing, at most
NEAR = 0.47  # cosine below which two facts are unrelated, unless a rule applies
AKIN = 0.6  # cosine below which two facts without a shared word are unrelated
LIKELY = 0.8  # cosine above which they may mean the same
ALIKE = 0.92  # cosine above which a different word does not make a different fact
REWORDED = 3  # words by which two facts that near may differ and mean the same
PARAPHRASE = 0.9  # cosine above which they do, unless a word contradicts it

_CALLED = re.compile(r"User(?:[’']s (?:first )?name is| is called| is named) ([^\W\d_]+)")
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_HOME = re.compile(  # the first of the verbs decides, which keeps it linear
    r"\A(?>.*?\b(?:lives?|living|resides?|residing|based|home is|moved|relocated|settled)\b)"
    r".*\b(in|to|into|at)\b"
)
_MOVED = re.compile(r"\b(moved(?! in with)|relocated|settled|now lives?|lives? now)\b")
_JOB = re.compile(
    r"\b(works? (as|at|for|in)|working (as|at|for)|job|employed|unemployed|is an? \w+(er|or|ist|ess"
    r"|ian|man|nurse|chef|cook) (at|for|in)|promoted|hired)\b"
)
_NEW_JOB = re.compile(
    r"\b((?:started|has|got|found|took) a (?:new )?job|got promoted|was promoted|got hired"
    r"|was hired|now works? (?:as|at|for|in)"
    r"|switched jobs?|changed jobs?|started (to work|working))\b"
)
_STATUS = re.compile(
    r"\b(?:is|are|got|been|was) (?:still |now |newly )?"
    r"(single|married|engaged(?! in| with)|divorced|widowed|dating)\b"
    r"(?! (?:mother|father|parent|mom|dad))|\b(broke up|split up)\b"
)
_ATTRIBUTE = re.compile(
    r"^[\w.]+['’]s? (?:new |current |actual )?(.+?) (?:is|are|was) (?:now )?(.+)$"
)
_DENIED = re.compile(r"\bnot (?:an? |the |in |on |at )?([\w-]+)$")
_FROM = re.compile(r"\bfrom (\w+)")
_GOES_ON = re.compile(r"[.!?;\n]\s*\S")  # after a sentence
_MANY = re.compile(r"\b(hobb|interest|friend|goal|dream|one of|pet\b|some)")
_INTENDED = re.compile(
    r"\b(going|will|looks|research\w*|hunt\w*)\b"  # a plan is close to a wish
)
_AGE = re.compile(r"\b(\d+) years? old\b|\bturned (\d+)\b|\baged? (?:is )?(\d+)\b")


def compare_facts(known: str, new: str, cosine: float) -> Verdict | None:
    """Return the verdict on a new fact and a known one, or None if only a model can decide.

    `cosine` is that of their vectors. Without a sign of the contrary they are different: most
    facts about one person are near each other, and are true together.
    """
    k, n = features_of(known), features_of(new)
    if k.text == n.text or (k.words and k.words == n.words and _manner(k) == _manner(n)):
        return "same"
    if k.subject and n.subject and not k.subject & n.subject.union(n.predicate):
        return "different"
    is_intended = bool(k.wishes) or (cosine >= ALIKE and _INTENDED.search(k.text))
    if n.wishes and not is_intended:
        return "different"
    verdict = (
        _by_correction(k, n)
        or _by_coverage(k, n, cosine)
        or _by_event(k, n, cosine)
        or _by_attribute(k, n)
        or _by_polarity(k, n)
        or _by_plurality(k, n)
        or _by_nearness(k, n, cosine)
    )
    is_open = _may_be_same(k, n, cosine) or _may_contradict(k, n, cosine)
    return verdict or (None if is_open else "different")


def confirm_verdict(verdict: Verdict, known: str, new: str, cosine: float) -> Verdict:
    """Return a model's verdict, or "different" if the words contradict it."""
    k, n = features_of(known), features_of(new)
    if verdict == "same" and not _may_be_same(k, n, cosine):
        return "different"
    if verdict == "contradicts" and not _may_contradict(k, n, cosine):
        return "different"
    return verdict


def is_one_sentence(text: str) -> bool:
    """Return True if a text is one short sentence, judging by its punctuation."""
    return len(text) <= SENTENCE and not _GOES_ON.search(text.strip())


def user_names(facts: Iterable[str]) -> frozenset[str]:
    """Return the user's names that facts state."""
    return frozenset(match.group(1) for fact in facts if (match := _CALLED.match(fact)))


def as_user(text: str, names: frozenset[str]) -> str:
    """Replace the user's name at the start of a fact with "User"."""
    match = _FIRST_WORD.match(text)
    if not match or match.group() not in names:
        return text
    return "User" + text[match.end() :]


def _may_be_same(k: FactFeatures, n: FactFeatures, cosine: float) -> bool:
    """Return True if a new fact may be a known one in other words: it adds almost nothing."""
    is_of_other = bool(k.subject and n.subject and not k.subject & n.subject)
    if is_of_other or cosine < LIKELY or not n.names | n.dates <= k.names | k.dates:
        return False
    if (k.is_negative, k.is_event) != (n.is_negative, n.is_event):
        return False
    if cosine >= ALIKE:  # "on the hunt for the ideal spot", "looking for the right place"
        return len(n.content - k.content - LIGHT) <= REWORDED
    is_meant_alike = k.wishes == n.wishes
    return is_meant_alike and len(n.content - k.content - LIGHT) <= (
        2 if cosine >= PARAPHRASE else 1
    )


def _may_contradict(k: FactFeatures, n: FactFeatures, cosine: float) -> bool:
    """Return True if a new fact may end a known one: it has to contain a sign of that."""
    if cosine < NEAR or k.is_event or n.is_event or n.wishes - k.wishes:
        return False
    if k.is_negative and n.is_negative and not n.is_turn:  # two refusals, each of its own thing
        return False
    are_brief = len(k.content) <= BRIEF and len(n.content) <= BRIEF
    shared = len(k.content & n.content)
    if not are_brief and 2 * shared < len(k.content):
        return False
    frames = [frame for frame in (_HOME, _JOB, _STATUS) if frame.search(k.text)]
    is_alike = any(frame.search(n.text) for frame in frames)
    if not shared and (k.is_end or cosine < AKIN or (frames and not is_alike)):
        return False
    has_sign = k.is_negative != n.is_negative or n.is_change or is_alike
    return has_sign or (are_brief and cosine >= PARAPHRASE)


def _by_correction(k: FactFeatures, n: FactFeatures) -> Verdict | None:
    """Find "B, not A", and another name for the same one."""
    denied = _DENIED.findall(n.text)
    is_mentioned = bool(k.content & {stem(fold(word)) for word in denied})
    if is_mentioned and not k.is_negative and len(n.content) > 1:
        return "contradicts"
    is_name = k.content - k.names == n.content - n.names == {"name"}
    return "contradicts" if is_name and not k.names & n.names else None


def _by_coverage(k: FactFeatures, n: FactFeatures, cosine: float) -> Verdict | None:
    if not k.content or not n.content or (k.subject and n.subject and not k.subject & n.subject):
        return None
    if _manner(k) != _manner(n) or k.is_change != n.is_change or not _in_one_order(k, n):
        return None
    if n.content <= k.content:
        return "same"
    if k.content <= n.content:
        return "richer" if n.content - k.content - LIGHT else "same"
    alike = len(k.content & n.content) / len(k.content | n.content)
    if cosine >= PARAPHRASE and k.dates == n.dates and k.names == n.names and alike >= 0.5:
        return "same"
    return None


def _by_nearness(k: FactFeatures, n: FactFeatures, cosine: float) -> Verdict | None:
    """Find the same in other words: "researches agencies" and "looks into agencies"."""
    is_same_detail = k.names == n.names and k.dates == n.dates and k.is_negative == n.is_negative
    if cosine < ALIKE or not is_same_detail or k.is_change != n.is_change:
        return None
    few = len(n.content - k.content - LIGHT) <= 1 and len(k.content - n.content - LIGHT) <= 1
    return "same" if few else None


def _by_event(k: FactFeatures, n: FactFeatures, cosine: float) -> Verdict | None:
    """Keep events: another event, or the same on another day, does not end them."""
    if k.is_event and n.is_event and (k.dates != n.dates or k.names != n.names):
        return "different"
    return "different" if k.is_event and cosine < LIKELY else None


def _by_attribute(k: FactFeatures, n: FactFeatures) -> Verdict | None:
    """Compare what a person has one of: a home, a job, a name, an age, a date."""
    age_k, age_n = _AGE.search(k.text), _AGE.search(n.text)
    if age_k and age_n:
        return "same" if k.dates == n.dates else "contradicts"
    has_moved = _HOME.search(k.text) and _MOVED.search(n.text) and _HOME.search(n.text)
    reached = n.names - set(_FROM.findall(n.text))
    if has_moved and k.names and reached and not k.names & reached:
        return "contradicts"
    if _JOB.search(k.text) and _NEW_JOB.search(n.text):
        return "contradicts"
    status_k, status_n = _STATUS.search(k.text), _STATUS.search(n.text)
    if status_k and status_n and status_k.group() != status_n.group():
        return "contradicts"
    is_counted = any(date[0].isdigit() for date in k.dates ^ n.dates)
    if is_counted and k.content - k.dates == n.content - n.dates and not n.is_event:
        return (_by_possessive(k, n) or "different") if _are_others(k, n) else "contradicts"
    return _by_possessive(k, n)


def _by_possessive(k: FactFeatures, n: FactFeatures) -> Verdict | None:
    """Compare "User's X is A" with "User's X is B"."""
    one, other = _ATTRIBUTE.match(k.text), _ATTRIBUTE.match(n.text)
    if not one or not other or _MANY.search(one.group(1)):
        return None
    if one.group(1) != other.group(1):
        return "different" if "favo" in one.group(1) and "favo" in other.group(1) else None
    is_person = one.group(1).split()[-1] in PEOPLE
    if is_person and not (_is_named(one) and _is_named(other)):
        return None
    return "contradicts"


def _by_polarity(k: FactFeatures, n: FactFeatures) -> Verdict | None:
    """Compare a fact that affirms with one that denies or ends."""
    if k.is_negative == n.is_negative and (k.is_negative or not n.is_end):
        if n.is_turn and k.verb == n.verb and k.verb in SINGLE and _objects(k) & _objects(n):
            return "contradicts"
        is_moved = k.dates and n.dates and k.dates != n.dates and n.is_turn
        return "contradicts" if is_moved and len(k.content & n.content) >= 2 else None
    objects_k, objects_n = _objects(k), _objects(n)
    shared = objects_k & objects_n
    if not shared:
        return "different" if k.verb in PLURAL and n.verb in PLURAL else None
    if objects_n <= objects_k:
        return "contradicts"
    is_brief = len(objects_n - objects_k) <= EXTRA
    return "contradicts" if n.is_change and is_brief and len(shared) * 2 >= len(objects_k) else None


def _by_plurality(k: FactFeatures, n: FactFeatures) -> Verdict | None:
    """Keep likes, possessions and journeys: another one contradicts none of them."""
    if n.is_change:
        return None
    if k.verb and k.verb == n.verb and k.verb in PLURAL:
        return "different" if not _objects(k) <= _objects(n) else None
    return None


def _are_others(k: FactFeatures, n: FactFeatures) -> bool:
    """Return True if facts that differ by a number are about two things, not about two counts."""
    if k.verb in SINGLE:
        return False
    return k.codes != n.codes or (k.verb in PLURAL and k.models != n.models)


def _manner(features: FactFeatures) -> tuple[bool, frozenset[str], bool]:
    """Return whether a fact is denied, what it wishes, and whether it is a past event."""
    return features.is_negative, features.wishes, features.is_event


def _in_one_order(k: FactFeatures, n: FactFeatures) -> bool:
    """Return True if shared names have the same order: Rome to Oslo is not Oslo to Rome."""
    shared = k.names & n.names
    return [w for w in k.predicate if w in shared] == [w for w in n.predicate if w in shared]


def _objects(features: FactFeatures) -> frozenset[str]:
    """Return the content words that are neither a verb of liking or doing nor a date."""
    verbs = {"like", "eat", "drink", "prefer", "stand", "bear", "can't", "decid", "doctor", "found"}
    return features.content - verbs - features.dates - {stem(features.verb)} or features.content


def _is_named(match: re.Match[str]) -> bool:
    return match.group(2).startswith(("called", "named"))
