"""Find the words of others in a text: in quotation marks, behind ">", or behind "she wrote:".

The words by which a language introduces them stand in the table `clauses` of its file.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from litemem.core.text.lexicon import ENGLISH, NOT_SPACED_CODES, section, words_in
from litemem.core.text.words import words

MIN_QUOTE = 7  # words of a quotation that is more than a name or a title
MIN_SIGNS = 12  # characters of one without spaces
MAX_HEAD = 100  # characters before the colon of what introduces a text
MAX_REST = 40  # of them, behind the verb: "wrote to us this morning:"
MAX_READ = 2_000  # characters behind it that are read to see whether they say "I"
MAX_ASIDE = 8  # words around a quotation that only name its speaker: ", my boss wrote"

# languages in which a sentence needs no word for "I"
NULL_SUBJECT = frozenset("ar es fa hi it ja ko pl pt ru tr zh".split())

_APOSTROPHE = r"(?<=\w)['’](?=\w)|(?<=\w)['’](?= [a-zà-ÿ\d])"  # "don't", "my parents' house"
QUOTATIONS = re.compile(
    r"“[^“”]*”|„[^„“”\"]*[“”\"]|«[^«»]*»|»[^«»]*«|‹[^‹›]*›|「[^「」]*」|『[^『』]*』|\"[^\"]*\""
    r"|＂[^＂]*＂|‚[^‚‘\n]*‘"
    rf"|(?<=[:：,] )['‘](?=\S)(?:[^'‘’]|{_APOSTROPHE})*+['’](?!\w)"
    rf"|(?<![\w'’])['‘](?=\S)(?:[^'‘’\n]|{_APOSTROPHE})*+['’](?!\w)"
    r"|(?<![\w'’])['‘](?=\S)[^'‘’\n]*(?:\w['’]\w[^'‘’\n]*){0,8}['’](?!\w)"
)
_SPACE = re.compile(r"\s*")
_BLOCK = re.compile(r"^[ \t]*>.*(?:\n|\Z)", re.MULTILINE)
_BLOCK_BEHIND = re.compile(r"\s{0,40}(?:^[ \t]{0,40}>.*+(?:\n|\Z))+", re.MULTILINE)
_HEAD = re.compile(
    rf"^(?P<mail>(?:On|Am|Le|El|Il|Em|Op|Dnia|Den) [^\n:]{{0,40}}\d[^\n]{{2,{MAX_HEAD}}}):[ \t]*$"
    rf"|(?:(?<=[.!?。！？\n])|\A)[ \t]*(?P<head>[^.!?。！？:：\n]{{1,{MAX_HEAD}}})[:：](?=\s|\W|\Z)"
    rf"|(?:(?<=[.!?。！？\n])|\A)[ \t]*(?P<unspaced>[^.!?。！？:：\n]{{1,{MAX_HEAD}}})：",
    re.MULTILINE,
)
_PARAGRAPH = re.compile(r"\n[ \t]*\n|\Z")
_UNSPACED_LETTER = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_BORDER = re.compile(r"[,;，；、.!?。！？\n]")


@dataclass(frozen=True, slots=True)
class _Signs:
    """How a language introduces what others said, and what its speakers say of themselves."""

    introduces: re.Pattern[str]
    own_report: re.Pattern[str]
    addressed: re.Pattern[str]
    reports: frozenset[str]
    persons: frozenset[str]


@cache
def _signs(code: str) -> _Signs:
    table = section(code, "clauses")
    before, behind = (r"(?<!\w)", r"(?!\w)") if code not in NOT_SPACED_CODES else ("", "")

    def listed(key: str) -> str:
        return f"{before}(?:{table.get(key, '(?!)')}){behind}"

    own = ("persons", "speaker", "possessives")
    return _Signs(
        introduces=re.compile(rf"{listed('introduces')}[^:：]{{0,{MAX_REST}}}\Z", re.IGNORECASE),
        own_report=re.compile(listed("own_report"), re.IGNORECASE),
        addressed=re.compile(listed("addressed"), re.IGNORECASE),
        reports=words_in(code, "clauses", "reports"),
        persons=frozenset[str]().union(*(words_in(code, "clauses", key) for key in own)),
    )


def without_introduced(text: str, codes: tuple[str, ...]) -> str:
    """Return a text without what others are quoted with behind a colon or ">", and its heads.

    A quotation ends with its mark, a block with its last ">"; other words end with the paragraph,
    or with the text if they begin on a line of their own. What speaks to "you", and only so, stays.
    """
    paragraphs = [match.start() for match in _PARAGRAPH.finditer(text)]
    kept, at = [], 0
    for match in _HEAD.finditer(text):
        head = match["mail"] or match["head"] or match["unspaced"]
        if match.start() < at or not _introduces(head, codes):
            continue
        end = _end_of(text, match.end(), paragraphs, codes)
        if end > match.end():
            kept.append(text[at : match.start()])
            at = end
    return _BLOCK.sub("", "".join(kept) + text[at:])


def _introduces(head: str, codes: tuple[str, ...]) -> bool:
    return any(
        _signs(code).introduces.search(head) and not _signs(code).own_report.search(head)
        for code in codes
    )


def _end_of(text: str, start: int, paragraphs: Sequence[int], codes: tuple[str, ...]) -> int:
    """Return where the words of others end that begin at a place; the place if there are none."""
    if block := _BLOCK_BEHIND.match(text, start):
        return block.end()
    first = _SPACE.match(text, start).end()  # type: ignore[union-attr]
    if quotation := QUOTATIONS.match(text, first):
        return start if _is_told_of_you(quotation[0], codes) else quotation.end()
    is_block = "\n" in text[start:first]
    end = len(text) if is_block else paragraphs[bisect_left(paragraphs, first)]
    is_speech = not NULL_SUBJECT.isdisjoint(codes) and end > first
    is_speech = is_speech or _speaks_of_self(text[first : min(end, first + MAX_READ)], codes)
    return end if is_speech else start


def _is_told_of_you(said: str, codes: tuple[str, ...]) -> bool:
    """Return True if others speak to the speaker only: "you are promoted"."""
    is_to_you = any(_signs(code).addressed.search(said) for code in codes)
    is_to_you |= not words_in(ENGLISH, "clauses", "you").isdisjoint(words(said))
    return is_to_you and not _speaks_of_self(said, codes)


def _speaks_of_self(said: str, codes: tuple[str, ...]) -> bool:
    if _UNSPACED_LETTER.search(said):
        return True
    found = frozenset(words(said))
    own = frozenset[str]().union(*(_signs(code).persons for code in codes))
    you = words_in(ENGLISH, "clauses", "you")
    return not found.isdisjoint(own - you)


def is_own_report(sentence: str, code: str) -> bool:
    """Return True if the speaker quotes themselves: "I wrote to her: …"."""
    quotation = QUOTATIONS.search(sentence)
    before = sentence[: quotation.start()] if quotation else sentence
    said = before if before.strip() else QUOTATIONS.sub(" ", sentence)
    return _signs(code).own_report.search(said) is not None


def is_speech(quotation: str, persons: frozenset[str], *, is_asked: bool) -> bool:
    """Return True if a quotation is somebody's words, and not a name or a title.

    `persons` are the words "I" and "you" of the language. Next to a question, a short
    sentence is speech too.
    """
    said = words(quotation)
    if is_long(quotation) or (is_asked and quotation[-2:-1] in ".!?。！？"):
        return True
    return len(said) > 2 and not persons.isdisjoint(said)


def is_long(quotation: str) -> bool:
    """Return True if a quotation is longer than a name or a title."""
    signs = len(_UNSPACED_LETTER.findall(quotation))
    return len(words(quotation)) >= MIN_QUOTE or signs >= MIN_SIGNS


def without_speech(sentence: str, code: str, *, is_asked: bool, is_reported: bool) -> str:
    """Return a sentence without the speech that it quotes, and without "she wrote" around it.

    What is quoted of somebody by name stays if it is short.
    """
    signs = _signs(code)
    kept, at = [], 0
    for match in QUOTATIONS.finditer(sentence):
        is_kept = is_reported and not is_asked and not is_long(match[0])
        if is_kept or not is_speech(match[0], signs.persons, is_asked=is_asked):
            continue
        kept.append(sentence[at : match.start()])
        at = match.end()
    if not kept:
        return sentence
    kept.append(sentence[at:])
    return " ".join(part for part in (_without_aside(part, signs) for part in kept) if part)


def _without_aside(part: str, signs: _Signs) -> str:
    """Return what stands next to a quotation without the few words that name its speaker."""
    said = list(_split(part))
    return "".join(
        each
        for each in said
        if signs.reports.isdisjoint(words(each)) or len(words(each)) > MAX_ASIDE
    )


def _split(part: str) -> Iterator[str]:
    at = 0
    for border in _BORDER.finditer(part):
        yield part[at : border.end()]
        at = border.end()
    yield part[at:]
