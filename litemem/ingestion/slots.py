"""Compare two facts by their slots: holder, relation, object, polarity, quantity and qualifiers.

Which words stand for what is data, one file a language (section "slots" of `core/text/languages`).
Only facts with the same slot and the same object are the same, richer or contradicting. The rules
know no synonyms that the files do not list, and no vectors: what they do not know, they leave.
"""

from typing import Literal

from litemem.core.text import scripts
from litemem.core.text.lexicon import ENGLISH
from litemem.core.text.phrases import phrases
from litemem.core.text.statements import (
    FREQUENCY,
    MANY,
    FactSlots,
    code_of_pair,
    read,
    weekdays,
)

Verdict = Literal["same", "richer", "contradicts", "different", "unclear"]

LONG = 1_000  # characters of two texts that are no facts
FEW = 3  # words that a changed value may have
ADDED = 2  # words that a new state may add

_HARMLESS = frozenset(
    "user my light place be now new again order cost pay attributes hour unit as employer"
    " was pm am workplace dwelling partner".split()
)
_HOME = frozenset(["live", "moved"])
_ADDED = frozenset("name age habit kin role region doctor changer nr from sides".split())


# -- verdicts


def compare_slots(known: str, new: str) -> Verdict:
    """Return the verdict on a new fact and a known one, by their slots alone.

    "unclear" means that the new fact denies something near what the known one affirms.
    """
    if len(known) + len(new) > LONG:
        return "different"
    code = code_of_pair(known, new)
    k, n = read(known, code), read(new, code)
    if _are_apart(k, n) or (k.concepts ^ n.concepts) & {"flips", "wish"}:
        return "different"
    if not _agree(k, n):
        return _by_role(k, n) or "different"
    if _prefers_other(known, new, k, n):
        return "contradicts"
    for rule in _RULES:
        if verdict := rule(k, n):
            return "richer" if verdict == "same" and n.corrected - k.corrected else verdict
    return "different"


def _prefers_other(known: str, new: str, k: FactSlots, n: FactSlots) -> bool:
    """Return True if two facts of the same things put another one behind: "개보다 고양이"."""
    lesser = phrases(k.code).lesser
    one, other = lesser.search(known), lesser.search(new)
    if one is None or other is None or k.is_denied or n.is_denied or k.relations != n.relations:
        return False
    things = tuple(scripts.fold(found["thing"]) for found in (one, other))
    are_named = things[0] in scripts.fold(new) and things[1] in scripts.fold(known)
    rest = [word for word in k.content ^ n.content if not scripts.fold(word).startswith(things)]
    return are_named and things[0] != things[1] and not rest


def are_apart(known: str, new: str) -> bool:
    """Return True if facts are about two numbered things, or about two days of the week."""
    if len(known) + len(new) > LONG:
        return False
    code = code_of_pair(known, new)
    return _are_apart(read(known, code), read(new, code))


def _are_apart(k: FactSlots, n: FactSlots) -> bool:
    is_rank = k.rank != n.rank and not (_is_home(k) and _is_home(n))  # the floor that one lives on
    return k.ids != n.ids or is_rank or (bool(k.habits and n.habits) and k.habits != n.habits)


def _is_home(statement: FactSlots) -> bool:
    """Return True if a statement tells where somebody lives, and not that an office moved."""
    is_home = bool(statement.relations) and statement.relations <= _HOME
    return is_home and "elsewhere" not in statement.concepts


def _agree(k: FactSlots, n: FactSlots) -> bool:
    """Return True if two statements are about the same; a sentence may begin with its verb."""
    if k.holder == n.holder:
        return True
    few, many = sorted((k, n), key=lambda one: len(one.holder))
    is_of_thing = not few.holder and "kin" not in few.concepts ^ many.concepts
    is_by_other = bool(n.holder & n.changers) and "changed" in n.concepts
    return (is_of_thing and many.holder <= few.content) or (is_by_other and k.holder <= n.content)


def _by_correction(k: FactSlots, n: FactSlots) -> Verdict | None:
    """Compare a number or a thing with what takes it back: "in 1978, not 1987"."""
    is_named = bool(n.corrected) and n.corrected <= k.content.union(k.numbers) and not k.is_denied
    is_same = k.content - n.corrected <= n.content and k.relations <= n.relations
    return "contradicts" if is_named and is_same and (k.content or k.relations) else None


def _by_words(k: FactSlots, n: FactSlots) -> Verdict | None:
    """Compare facts that affirm, or deny, with the same words."""
    if k.is_denied != n.is_denied or k.kinds != n.kinds or (k.sides and k.sides != n.sides):
        return None
    shared = k.content & n.content
    if ((k.content or n.content) and not shared) or _in_order(k, n) is False:
        return None
    lost, added = (one - other - _HARMLESS for one, other in _both_ways(k, n))
    is_alike = _are_alike(k, n) and not (lost or added)
    if n.content <= k.content and set(n.numbers) <= set(k.numbers) and n.sides <= k.sides:
        return "same" if is_alike and (n.content or not k.content) and _says(n) else None
    is_more = k.content <= n.content and set(k.numbers) <= set(n.numbers) and _says(k)
    is_added = not (lost or added - _ADDED or _relations(n) - _relations(k) - _ADDED)
    return "richer" if is_more and is_added and _relations(k) <= _relations(n) else None


def _both_ways(
    k: FactSlots, n: FactSlots
) -> tuple[tuple[frozenset[str], frozenset[str]], tuple[frozenset[str], frozenset[str]]]:
    """Return the concepts of two statements, in pairs; a job is what one is."""
    one, other = (s.concepts - ({"work"} if "as" in s.concepts else set()) for s in (k, n))
    return (one, other), (other, one)


def _relations(statement: FactSlots) -> frozenset[str]:
    """Return the relations; "works as a nurse" is "is a nurse"."""
    is_job = "as" in statement.concepts
    return statement.relations - {"work"} if is_job else statement.relations


def _are_alike(k: FactSlots, n: FactSlots) -> bool:
    """Return True if two statements have one relation; "a" is also "à" in a fact about a job."""
    ignored = {"have"} if "as" in k.concepts | n.concepts else set()
    return _relations(k) - ignored == _relations(n) - ignored


def _says(statement: FactSlots) -> bool:
    return bool(statement.order or statement.relations or statement.kinds)


def _by_order(k: FactSlots, n: FactSlots) -> Verdict | None:
    """Compare tea over coffee with coffee over tea."""
    is_alike = (k.content, k.relations, k.numbers) == (n.content, n.relations, n.numbers)
    if not is_alike or _in_order(k, n) is not False:
        return None
    prefers = "prefer" in n.relations or ("like" in n.relations and n.is_turned)
    return "contradicts" if prefers and not n.is_denied else "different"


def _in_order(k: FactSlots, n: FactSlots) -> bool | None:
    """Return False if shared words change places where that counts, or None if it does not."""
    if not (k.is_turned and n.is_turned) and "prefer" not in k.relations & n.relations:
        return None
    shared = k.content & n.content
    return [w for w in k.order if w in shared] == [w for w in n.order if w in shared]


def _by_denial(k: FactSlots, n: FactSlots) -> Verdict | None:
    """Compare a fact with a denial or an end of the same relation; it ends what it names only."""
    if k.is_denied == n.is_denied:
        return None
    if "negation" in n.concepts and n.concepts & {"gone", "died"}:  # has not sold it
        return "different"
    if k.relations != n.relations or k.sides != n.sides or k.kinds != n.kinds or _is_over(k, n):
        return "different"
    if k.content == n.content and set(n.numbers) <= set(k.numbers):
        is_kin = "kin" in k.concepts and not k.holder
        is_lasting = "born" in k.relations or (is_kin and k.relations <= {"have"})
        return "unclear" if is_lasting or _joins(k) or _joins(n) else "contradicts"
    if n.is_denied and n.content < k.content:
        return "contradicts" if _is_object(k, n) and not _joins(k) else "unclear"
    return "unclear" if k.content < n.content and k.content else "different"


def _is_object(k: FactSlots, n: FactSlots) -> bool:
    """Return True if a statement names the object of another, and not what depends on it."""
    objects = [word for word in k.order if word not in k.holder]
    return bool(objects) and objects[0] in n.content


def _by_kind(k: FactSlots, n: FactSlots) -> Verdict | None:
    """Compare states that exclude each other: open and closed."""
    groups = {
        group for group in k.kinds.keys() & n.kinds.keys() if k.kinds[group] != n.kinds[group]
    }
    if not groups or k.is_denied or n.is_denied or _is_over(k, n) or k.sides != n.sides:
        return None
    if _is_home(k) and _is_home(n):
        return None
    relations = k.relations ^ n.relations
    is_of_one = not k.relations & MANY or groups == {FREQUENCY}
    if (
        k.numbers != n.numbers
        or relations - {"have"}
        or not (is_of_one or n.concepts & {"now", "again"})
    ):
        return "different"
    if not n.content and n.kinds.keys() - k.kinds.keys():  # "closed the window, it's cold"
        return "different"
    is_near = k.content <= n.content and len(n.content - k.content) <= ADDED
    return "contradicts" if is_near or n.content == k.content & n.content else "different"


def _by_number(k: FactSlots, n: FactSlots) -> Verdict | None:
    """Compare quantities of the same thing in the same unit."""
    if k.numbers == n.numbers or not k.numbers or not n.numbers or _is_over(k, n):
        return None
    is_changed = bool(n.concepts & {"changed", "moved"}) and "live" not in k.relations
    is_aside = k.sides != n.sides and not (is_changed and not n.sides)  # "leaves at 9"
    if k.is_denied or n.is_denied or is_aside or k.kinds != n.kinds:
        return None
    if k.relations == {"have"} and "place" in k.concepts:  # two appointments
        return "unclear"
    told = n.content - (n.changers & n.holder)
    is_alike = told == k.content or (is_changed and told and told <= k.content)
    is_one = len(k.numbers) == len(n.numbers) or (
        is_changed and n.numbers[: len(k.numbers)] == k.numbers
    )
    is_aged = not k.content and k.relations | n.relations == {"age"}
    is_kept = k.relations == n.relations or is_changed or is_aged
    return "contradicts" if is_alike and is_one and is_kept and not _joins(k) else None


def _by_single(k: FactSlots, n: FactSlots) -> Verdict | None:
    """Compare what a holder has one of: a home, a job, a name, a favourite."""
    values_k, values_n = k.content - k.holder, n.content - n.holder
    is_user = not (k.holder or n.holder)
    is_named = is_user and k.relations == n.relations == {"name"}
    is_aside = k.sides != n.sides and not (_is_home(k) and _is_home(n) and not n.sides)
    if k.is_denied or n.is_denied or _is_over(k, n) or _joins(k) or (is_aside and not is_named):
        return None
    if "cancelled" in n.concepts:  # another flight
        return None
    is_new = bool(n.concepts & {"now", "new", "changed", "moved", "hired"})
    few = 0 < len(values_k) <= FEW and 0 < len(values_n) <= FEW
    shared = values_k & values_n
    if _is_home(k) and _is_home(n) and not _are_in_two_scripts(values_k, values_n):
        left = "from" in n.concepts and values_k < values_n
        is_finer = bool({"region", "dwelling"} & (k.concepts ^ n.concepts))
        is_finer = is_finer or bool(k.numbers) != bool(n.numbers)
        is_other = _differ(k, n) or left or k.numbers != n.numbers or k.kinds != n.kinds
        is_moved = few and is_other and not is_finer and k.habits == n.habits
        is_said = is_new or bool(k.numbers) or n.code != ENGLISH  # of English a model tells more
        is_one = is_moved and is_said and not _many_kin(k, n)
        return "contradicts" if is_one else "unclear" if few else None
    if verdict := _by_attribute(k, n):
        return verdict
    if _are_elsewhere(k, n):
        return "contradicts"
    is_renamed = is_named and (is_new or bool(n.sides)) and _differ(k, n)  # a surname, "since …"
    if not few or (shared and not is_renamed):
        return None
    if k.relations == n.relations == {"name"}:
        is_one = not k.holder or "partner" in k.concepts & n.concepts
        return "contradicts" if is_one else "unclear"
    return _by_habit(k, n, is_new=is_new)


def _are_in_two_scripts(one: frozenset[str], other: frozenset[str]) -> bool:
    """Return True if one value is Latin and the other is not: "moved to Kubernetes" in Russian."""
    return bool(one and other) and any(map(str.isascii, other)) != any(map(str.isascii, one))


def _are_elsewhere(k: FactSlots, n: FactSlots) -> bool:
    """Return True if one named person studies at two places: "Ines studies in Ghent"."""
    is_place = "place" in k.concepts & n.concepts and not (k.habits or n.habits)
    values = k.content - k.holder, n.content - n.holder
    is_one = all(len(each) == 1 for each in values) and values[0] != values[1]
    is_kept = k.relations == n.relations == {"study"} and k.holder == n.holder
    return bool(k.holder) and is_kept and is_place and is_one


def _differ(k: FactSlots, n: FactSlots) -> bool:
    """Return True if each of two statements names what the other does not."""
    return bool(k.content - n.content and n.content - k.content)


def _by_attribute(k: FactSlots, n: FactSlots) -> Verdict | None:
    """Compare "X's favourite colour is A" with "is B"."""
    listed = {"attributes", "favourite"}
    if k.relations != n.relations or not k.relations & listed:
        return None
    if not k.relations <= listed | {"prefer"}:
        return None
    if not k.order or not n.order or k.order[0] != n.order[0]:
        return None
    is_favourite = "favourite" in k.relations and "prefer" not in k.relations
    is_subject = bool(k.holder) or is_favourite or "my" in k.concepts & n.concepts
    if not is_subject:
        return None
    if k.numbers and n.numbers and "kin" in k.concepts ^ n.concepts:  # the rent of a sister
        return None
    values_k, values_n = set(k.order[1:]), set(n.order[1:])
    if not 0 < len(values_k) <= FEW or not 0 < len(values_n) <= FEW or not _differ(k, n):
        return None
    return "contradicts" if ("place" in k.concepts) == ("place" in n.concepts) else "different"


def _by_habit(k: FactSlots, n: FactSlots, *, is_new: bool) -> Verdict | None:
    """Compare jobs, and what one uses, drives or studies."""
    if k.relations != n.relations or len(k.relations) != 1:
        return None
    is_frame = bool({"as", "employer", "workplace"} & k.concepts & n.concepts)
    is_frame = is_frame and not {"as"} & (k.concepts ^ n.concepts) and k.habits == n.habits
    if k.relations == {"work"}:
        is_one = is_new or (is_frame and n.code != ENGLISH)
        return "contradicts" if is_one else "unclear"
    are_tools = k.relations == {"use"} and bool(k.numbers and n.numbers)  # "Python 3", "Node 22"
    if k.relations <= {"drive", "use", "study"} and not are_tools:
        return "contradicts" if is_new else None
    return None


def _by_end(k: FactSlots, n: FactSlots) -> Verdict | None:
    """Compare with an event that ends one relation: resigned, sold, died, finished."""
    if k.is_denied or "negation" in n.concepts or _is_over(k, k) or _joins(k):
        return None
    told = n.content - n.holder
    shared = k.content & told
    ends = n.concepts
    is_place = bool(shared) and len(told - k.content) <= ADDED
    is_bare = n.content <= k.holder and "past" not in ends  # resigned, without a place
    if "work" in k.relations and (is_place or (is_bare and "resigned" in ends)):
        return "contradicts" if ends & {"resigned", "left"} else None
    if set(k.numbers) - set(n.numbers):  # one of two cars
        return None
    named = bool(told) and told <= k.content and _is_object(k, n)
    if "left" in ends and named and k.relations & {"study", "live"}:
        return "contradicts"
    if "finished" in ends and named and k.relations & {"study", "learn", "make"}:
        return "contradicts"
    if "recovered" in ends and named and "ill" in k.relations:
        return "contradicts"
    is_off = "cancelled" in ends and n.content and n.content <= k.content
    is_state = not k.concepts & {"past", "like"}
    return "contradicts" if is_off and is_state else None


def _by_death(k: FactSlots, n: FactSlots) -> Verdict | None:
    """Compare what somebody is or does with the news of the death; a relative stays one."""
    if "died" not in n.concepts or n.is_denied or k.is_denied or n.relations or not k.order:
        return None
    if "kin" in n.concepts or n.numbers:  # only by the name, and not long ago
        return None
    said = [word for word in n.order if not _is_day(word, n.code)]  # not "dead of laughter"
    is_of_one = said == [*k.order[:1]] and k.order[0] in k.holder & n.holder
    is_lasting = bool({"past", "born"} & k.concepts) or (
        "kin" in k.concepts and not (k.relations - {"have", "name"})
    )
    return "contradicts" if is_of_one and not is_lasting else None


def _is_day(word: str, code: str) -> bool:
    return any(day.startswith(word) for day in weekdays(code))


def _by_promotion(k: FactSlots, n: FactSlots) -> Verdict | None:
    """Compare a job with a higher one: a junior engineer was promoted to lead engineer."""
    if "promoted" not in n.concepts or n.is_denied or k.is_denied or _is_over(k, k) or _joins(k):
        return None
    is_job = k.relations <= {"work", "role"} and not (k.numbers or k.sides)
    is_known = bool(k.content & n.content - k.holder) or "as" in k.concepts
    return "contradicts" if is_job and is_known and not n.content <= k.content else None


def _by_role(k: FactSlots, n: FactSlots) -> Verdict | None:
    """Compare who has a role that one holds: Ana is the lead, Sam is now the lead."""
    if not n.concepts & {"now", "new"} or k.is_denied or n.is_denied or _joins(k) or _is_over(k, k):
        return None
    role_k, role_n = _role(k), _role(n)
    persons_k, persons_n = k.content - role_k, n.content - role_n
    is_same = bool(role_n & n.roles) and role_n <= role_k and bool(persons_k and persons_n)
    is_said = bool(k.holder and n.holder) and not persons_k & persons_n
    return "contradicts" if is_same and is_said else None


def _role(statement: FactSlots) -> frozenset[str]:
    """Return the words of a role with one holder, which is the subject or is said of a person."""
    is_subject = bool(statement.holder & statement.roles)
    return statement.holder if is_subject else statement.content - statement.holder


def _is_over(k: FactSlots, n: FactSlots) -> bool:
    """Return True if a statement tells what happened, which stays true."""
    is_past = "past" in k.concepts or "past" in n.concepts
    return is_past and "correction" not in n.concepts


def _joins(statement: FactSlots) -> bool:
    return "joint" in statement.concepts


def _many_kin(k: FactSlots, n: FactSlots) -> bool:
    return any("kin" in one.concepts and not one.holder for one in (k, n))


_RULES = (
    _by_correction,
    _by_words,
    _by_order,
    _by_end,
    _by_death,
    _by_promotion,
    _by_denial,
    _by_kind,
    _by_number,
    _by_single,
)


def corrects(text: str) -> bool:
    """Return True if a fact says that it corrects another."""
    return "correction" in read(text, code_of_pair(text, text)).concepts
