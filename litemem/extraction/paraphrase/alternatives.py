"""Find a fact that chooses where nobody has chosen yet: "torn between Lille and Nantes"."""

from litemem.extraction.paraphrase.comparison import MAX_PARTS, Comparison
from litemem.extraction.paraphrase.support import Heard


def is_chosen(pair: Comparison) -> bool:
    """Return True if a fact states something of the part of a clause that leaves a choice open."""
    table = pair.table
    found = table.undecided.search(pair.sentence or pair.spoken)
    if found is None or table.undecided.search(pair.fact):
        return False
    signs = (table.marked, table.wishes, table.unreal, table.depends, table.supposing)
    if any(sign.search(pair.fact) for sign in signs) or pair.says_no(pair.told, pair.fact):
        return False
    behind = found.string[found.start() :]
    near = found[0] if len(found[0]) > len(behind) / 2 else behind
    parts = table.joint.split(pair.spoken)[:MAX_PARTS]
    within, others = Heard([near], pair.code), Heard([p or "" for p in parts[:1]], pair.code)
    held = [word for word in pair.content if pair.by.supports(word) or within.supports(word)]
    inside = [word for word in held if within.supports(word)]
    if not inside:
        return False
    is_before = found.start() > 0 and all(map(others.supports, held))
    return not (is_before and table.undecided.search(parts[0] or "") is None)
