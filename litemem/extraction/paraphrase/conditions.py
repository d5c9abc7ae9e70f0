"""Find a fact that leaves out a condition: "will visit Peru" of "if the bonus comes, we'll …"."""

import re

from litemem.core.text.phrases import tokens_of
from litemem.extraction.paraphrase.comparison import Comparison
from litemem.extraction.paraphrase.support import content_words, is_form


def is_unconditional(pair: Comparison) -> bool:
    """Return True if the fact states what only holds on a condition that it leaves out."""
    text = pair.spoken
    found = pair.table.provided.search(text)
    if found is None:
        text = pair.sentence
        found = pair.table.provided.search(text)
    if found is None or _is_conditional(pair):
        return False
    main = tokens_of(_main_part(found, pair))
    if not any(is_form(word, other) for word in pair.content for other in main):
        return False
    kept = content_words(next(filter(None, found.groups()), ""), pair.code)
    held = [word for word in kept if pair.by_fact.supports(word)]
    if pair.table.certain.search(pair.fact) and not pair.table.certain.search(text):
        return len(held) < len(kept)
    return len(held) * 2 < len(kept)


def _is_conditional(pair: Comparison) -> bool:
    table = pair.table
    signs = (table.provided, table.depends, table.supposing, table.unreal, table.wishes)
    return any(sign.search(pair.fact) for sign in signs)


def _main_part(found: re.Match[str], pair: Comparison) -> str:
    """Return the part of a sentence that a condition is for: before it, or else behind it."""
    text, parts = found.string, pair.table.parts
    before = text[: found.start()]
    *others, near = [part or "" for part in parts.split(before)]
    if tokens_of(near):
        return near
    behind = [part for part in parts.split(text[found.end() :]) if part and tokens_of(part)]
    if behind or not before.rstrip().endswith((",", "،", "，", "、")):  # "…, and if it rains …"
        return behind[0] if behind else ""
    return next((part for part in reversed(others) if tokens_of(part)), "")
