"""Find what a fact replaces: a son by a daughter, a giver by a taker, a plan by a deed.

Each word of such a fact may have been said; what is wrong is where it stands. The words are data,
in the table `phrases` of each language.
"""

from collections.abc import Callable, Sequence
from functools import cache

from litemem.core.text.lexicon import ENGLISH, words_in
from litemem.core.text.phrases import Phrases, names_user, phrases, tokens_of
from litemem.core.text.scripts import fold

MAX_CHARACTERS = 2_000  # of a clause or a fact that is compared
_ARTICLES = frozenset("der die el la o a le l il lo de het".split())  # before the user
_OWNS = frozenset("s の 的 का के की".split())  # behind the user: what is theirs
_DATIVE = ("телю", "телям", "telowi", "자의")  # ends of the user in the dative
MIN_FORM = 3  # letters that forms of a word share


def exchanges_kind(fact: str, said: str, code: str, is_known: Callable[[str], bool]) -> bool:
    """Return True if a fact has a thing of the same kind as one of the clause, which nobody named.

    "I teach chemistry" is not "teaches physics". A word that `is_known` was said elsewhere.
    """
    groups = phrases(code).kinds
    heard = tokens_of(said[:MAX_CHARACTERS])
    kinds: dict[int, set[int]] = {}
    said_so = set()
    for word, group, kind in groups.named(heard):
        kinds.setdefault(group, set()).add(kind)
        said_so.add(fold(word))  # "avó" is known for "avô"
    return any(
        group in kinds
        and kind not in kinds[group]
        and (fold(word) in said_so or not is_known(word))
        for word, group, kind in groups.named(tokens_of(fact[:MAX_CHARACTERS]))
    )


def is_given_back(fact: str, said: str, code: str) -> bool:
    """Return True if the user gives somebody what these gave them: "小李借给我五百块"."""
    table = phrases(code)
    received, given = table.receives.search(said), table.gives.search(fact)
    if received is None or given is None:
        return False
    giver, taker = (next(filter(None, each.groups()), "") for each in (received, given))
    giver, taker = giver.casefold(), taker.casefold()
    return giver.startswith(taker) or taker.startswith(giver)


def likes_what_is_bad(fact: str, said: str, code: str, *, is_denied: bool) -> bool:
    """Return True if a fact says that somebody likes what the clause calls bad, or `is_denied`."""
    table, told, heard = phrases(code), tokens_of(fact), tokens_of(said)
    is_bad = is_denied or table.bad.search(said) is not None
    if not is_bad or table.likes.count(told) == 0 or table.enthuses.search(said):
        return False
    return table.likes.count(heard) == 0 and table.prefers.search(said) is None


def is_still_ahead(fact: str, said: str, code: str) -> bool:
    """Return True if a fact says that a planned thing is done."""
    table = phrases(code)
    done = table.done.search(fact)
    if done is None or table.ahead.search(said) is None or table.ahead.search(fact):
        return False
    heard = set(tokens_of(said[:MAX_CHARACTERS]))
    return heard.isdisjoint(tokens_of(done[0])[-1:])


def is_due(fact: str, said: str, code: str) -> bool:
    """Return True if somebody does what touches the user: "my landlord raised the rent"."""
    heard, told = tokens_of(said[:MAX_CHARACTERS]), tokens_of(fact[:MAX_CHARACTERS])
    if not _of_others(code).isdisjoint(heard):  # "my boss got his holiday approved"
        return False
    for who, acts, things, *permission in phrases(code).dues:
        if not (who.count(heard) and acts.count(heard) and things.count(heard)):
            continue
        if any(words.count(told) for words in permission):
            return True
        if things.count(told) and not (permission or _is_of_user_alone(told, code)):
            return True
    return False


def _is_of_user_alone(told: Sequence[str], code: str) -> bool:
    """Return True if the user is who does it: "User raised the rent", not "User's rent rose"."""
    at = 1 if told[:1] and told[0] in _ARTICLES else 0
    if not told[at:] or not names_user(told[at], code) or told[at].endswith(_DATIVE):
        return False
    return told[at + 1 : at + 2] == [] or told[at + 1] not in _OWNS


@cache
def _of_others(code: str) -> frozenset[str]:
    """Return the words for somebody else and for what is theirs."""
    own = words_in(ENGLISH, "binding", "theirs") if code == ENGLISH else frozenset[str]()
    return own.union(*(words_in(code, "clauses", key) for key in ("theirs", "others")))


def needs_what_it_lacks(fact: str, said: str, code: str) -> bool:
    """Return True if a fact needs what the clause cannot do without: "without coffee I can't"."""
    table: Phrases = phrases(code)
    found = table.needed.search(said)
    if found is None or table.needs.search(fact) is None:
        return False
    told = [word for word in tokens_of(fact) if not names_user(word, code)]
    without = tokens_of(found["thing"])
    return any(
        len(word) >= MIN_FORM and any(word[:MIN_FORM] == other[:MIN_FORM] for other in without)
        for word in told
    )
