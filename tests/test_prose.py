"""Rules for prose: plain technical English in docstrings, comments, messages, help and docs."""

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers import ROOT

# Phrases that stop a reader, with what to write instead.
PHRASES = {
    r"tells? whether|tells? of|told": "return, report or raise",
    r"anew": "again",
    r"beside (?:it|them|the|a)|besides": "next to, also",
    r"whatever": "any, even if",
    r"be it": "even if",
    r"of which|of whom|by whom|whom": "two sentences",
    r"whose": "of, with",
    r"(?:in )?so many": "several, how many",
    r"stands? for itself|such as stands?|as (?:it|they) stands?": "unchanged",
    r"(?<!there )(?:is|are|was|were) (?-i:none)": "is not a",
    r"(?:is|are) no (?:id|path|number|date|name|text|model|file|scope|time|question|filter|list"
    r"|vector)": "is not a",
    r"at hand": "available",
    r"in vain": "without a result",
    r"in (?:the|its) place of|takes? the place|gives? way": "replace",
    r"ha[sd] had its": "expired",
    r"what is to|as what|what has|what (?:is|was) (?:there|said|found|known|meant|kept)": (
        "a noun"
    ),
    r"who(?:ever)? (?:is|are) at|is at it": "the process that",
    r"by itself|had better|wants to be|comes? of it": "say it directly",
    r"meanwhile": "while, in the meantime, or nothing",
    r"mended?": "repair",
    r"let (?:no|it|them)": "an imperative",
}
LOOK = re.compile("|".join(rf"\b({phrase})\b" for phrase in PHRASES), re.IGNORECASE)
USES = list(PHRASES.values())
# Files that may hold a phrase, and why.
EXCEPTIONS = {
    ("litemem/core/text/english/day_names.py", "told"): "a verb behind a name",
    (
        "litemem/core/text/english/tense.py",
        "told",
    ): "an irregular verb of the past",
}

TEXT_TOKENS = (tokenize.COMMENT, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", -1))
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
MODULES = sorted((ROOT / "litemem").rglob("*.py"))
FILES = [*MODULES, *PAGES]


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the prose of a file with its line numbers: of a module, its strings and comments."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield from enumerate(text.splitlines(), 1)
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in TEXT_TOKENS:
            yield from enumerate(token.string.splitlines(), token.start[0])


def findings(path: Path) -> list[str]:
    """Return each phrase to avoid in a file, with its place and what to write instead."""
    place = path.relative_to(ROOT).as_posix()
    return [
        f"{place}:{number}: {match[0]!r}; write: {USES[(match.lastindex or 1) - 1]}"
        for number, line in lines(path)
        for match in LOOK.finditer(line)
        if (place, match[0].lower()) not in EXCEPTIONS
    ]


@pytest.mark.parametrize("path", FILES, ids=[path.relative_to(ROOT).as_posix() for path in FILES])
def test_the_prose_uses_plain_phrases(path: Path) -> None:
    assert findings(path) == []


@pytest.mark.parametrize(("place", "phrase"), EXCEPTIONS)
def test_an_exception_is_still_needed(place: str, phrase: str) -> None:
    text = "\n".join(line for _, line in lines(ROOT / place)).lower()
    assert phrase in text


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Return True if it is valid.", 0),
        ("Tell whether they are none.", 2),
        ("Make it anew, whatever it is.", 2),
    ],
)
def test_the_phrases_are_found(text: str, number: int) -> None:
    assert len(LOOK.findall(text)) == number
