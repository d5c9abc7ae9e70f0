"""Cut a sentence into clauses: where its subject changes, and where it turns to somebody else.

What stands between two clauses, before them and around them is data (table `clauses` of
`core/text/languages`).
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from litemem.core.text.lexicon import (
    ENGLISH,
    NOT_SPACED_CODES,
    NOUNS_IN_CAPITALS,
    UNKNOWN,
    either_of_all,
    section,
    words_in,
    words_of_all,
)
from litemem.core.text.quotations import (
    QUOTATIONS,
    is_own_report,
)
from litemem.core.text.words import words

_COMMAS = frozenset("，、")
# languages so alike that a short text may be in each of them
ALIKE = {
    **dict.fromkeys(("da", "nb", "sv"), ("da", "nb", "sv")),
    "ru": ("ru", "uk"),
    "uk": ("ru", "uk"),
}
MAX_REPORT = 60  # characters in which a verb of saying stands, before a colon
MAX_APPOSITION = 4  # words
MAX_TAG = 40  # characters in which a tag, or a first word, stands
PUNCTUATION = ".,;:!?।،؛؟\"'“”«»()…"
MAX_HEADING = 4  # words before a colon that go: "short update: I …"
MAX_PLAIN_HEADING = 7  # of them, if no name is among them
COLONS = (":", "：")
MIN_LINK = 3  # letters of a word that joins clauses in any language
NOT_SPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def speaks_of_anybody(text: str, code: str) -> bool:
    """Return True if "you" stands for anybody: "you can only park there after six"."""
    return clause_pattern(code, "general").search(text) is not None


def cut(sentence: str, code: str) -> Iterator[str]:
    """Cut a sentence before each "and I …", "but my …"."""
    for part in _until_kin(sentence, code):
        for turned in _until_turn(part, code):
            yield from _cut_at_subjects(turned, code)


def _until_kin(sentence: str, code: str) -> Iterator[str]:
    """Cut a sentence where it turns to a relative: "I farm shrimp, but | my wife teaches"."""
    start, turning = 0, _turning_to_kin(code)
    for border in _borders(sentence, code):
        turn = turning.match(sentence, border.end())
        if turn and border.start() > start:
            yield sentence[start : border.start()]
            start = turn.end()
    yield sentence[start:]


def _cut_at_subjects(sentence: str, code: str) -> Iterator[str]:
    """Cut a sentence where its subject changes."""
    speaker = words_in(code, "clauses", "speaker")
    own = speaker | words_in(code, "clauses", "possessives")
    reports = words_in(code, "clauses", "reports")
    start, last, leading = 0, 0, _leading(code)
    turns = clause_pattern(code, "turns")
    for border in _borders(sentence, code):
        is_joined = border[0].isspace()  # "Mike and I": one subject
        turn = turns.match(sentence, border.end())
        before, last = last, border.start()
        if _holds_for_next(sentence, (start, before), border, code):
            continue
        if turn and not any(speaks_of_anybody(sentence[i:], code) for i in (start, turn.start())):
            yield leading.sub("", sentence[start : border.start()]).strip()
            start = border.start()  # "I play the drums, and | you should hear us"
            continue
        said = sentence[start : min(border.start(), start + MAX_TAG)]
        is_short = border.start() <= start or (is_joined and len(said.split()) < 3)
        near = sentence[max(start, border.start() - MAX_REPORT) : border.start()]
        is_colon = border[0].strip() in COLONS
        is_report = is_colon and not reports.isdisjoint(words(near))
        if is_short or (is_report and not is_own_report(near, code)):
            continue  # "my boss wrote: I'm ill"
        rest = leading.sub("", sentence[border.start() : border.end() + 40])
        first = words(rest)[:1]
        if first and code in NOT_SPACED_CODES and is_colon:
            first = [next((word for word in own if first[0].startswith(word)), first[0])]
        if first and first[0] in (speaker if is_joined else own):
            head = sentence[start : border.start()]
            is_joint = is_joined and _is_joint_subject(head, first[0], speaker)
            is_beside = first[0] not in speaker and _is_apposition(head, sentence[last:], own, code)
            if is_joint or is_beside:
                continue
            if is_colon and _says_nothing_of(head, own):
                start = border.start() if _is_short_heading(head) else start
                continue  # a longer one belongs to what follows
            yield leading.sub("", sentence[start : border.start()]).strip()
            start = border.start()
    yield leading.sub("", sentence[start:]).strip()


def _until_turn(sentence: str, code: str) -> Iterator[str]:
    """Cut Chinese or Japanese at commas where it turns to another person."""
    start = 0
    for border in _borders(sentence, code) if code in NOT_SPACED_CODES else ():
        head, rest = sentence[start : border.start()], sentence[border.end() :]
        if border[0] in _COMMAS and _turns_unspaced(head, rest, code):
            yield head
            start = border.end()
    yield sentence[start:]


def _turns_unspaced(head: str, rest: str, code: str) -> bool:
    """Return True if Chinese or Japanese turns to the speaker, or to a relative of theirs."""
    kin, speaker = _kin_unspaced(code), tuple(words_in(code, "clauses", "speaker"))
    before, behind = kin.match(head), kin.match(rest)
    if before and behind:
        return before[0] != behind[0]
    return bool(behind) or (before is not None and rest.startswith(speaker))


@cache
def _kin_unspaced(code: str) -> re.Pattern[str]:
    """Return the pattern of a relative of the speaker before other words: "我妹妹", "妹は"."""
    listed = "|".join(sorted(words_in(code, "slots", "kin"), key=len, reverse=True))
    own = "|".join(
        [*words_in(code, "clauses", "possessives"), *words_in(code, "clauses", "speaker")]
    )
    return re.compile(rf"(?:{own})?(?:{listed})(?!的|の)")


def _holds_for_next(
    sentence: str, places: tuple[int, int], border: re.Match[str], code: str
) -> bool:
    """Return True if what stands before a comma is a condition of what stands behind it.

    "When I ask for code, I mean Python". `places` are where the clause, and its last part, begin.
    """
    if border[0][0] not in ",，":
        return False
    leading, bound, at = _leading(code), _bound(code), border.start()
    then = leading.match(sentence[at : at + MAX_TAG])
    is_led = then is not None and any(map(str.isalpha, then[0]))  # ", and I …" is another clause
    return any(
        bound.match(leading.sub("", sentence[i : i + MAX_TAG])) for i in places[int(is_led) :]
    )


def _is_joint_subject(before: str, first: str, speaker: frozenset[str]) -> bool:
    """Return True for "I" behind a name and "and": "Mike and I"."""
    last = (before[-40:].split() or [""])[-1]
    is_first = speaker.isdisjoint(words(before))
    return is_first and last[:1].isupper() and first in _subjects()


def _is_apposition(before: str, behind: str, own: frozenset[str], code: str) -> bool:
    """Return True if "our agronomist" says who a name is: "Hamid, our agronomist, is leaving".

    `behind` begins with the comma.
    """
    name = (before.split() or [""])[-1]
    is_name = len(name) > 1 and name[0].isupper() and code not in NOUNS_IN_CAPITALS
    what, comma, then = behind[1 : MAX_TAG + 1].strip().partition(", ")
    following = words(then)[:1]
    is_open = bool(following) and following[0] not in own | joining(code, "leads")
    return is_name and bool(comma) and len(what.split()) <= MAX_APPOSITION and is_open


@cache
def _bound(code: str) -> re.Pattern[str]:
    """Return the pattern of what binds a clause to the next one: "when", "according to"."""
    listed = section(code, "clauses").get("bound", r"(?!)")
    return re.compile(rf"\A\W{{0,5}}(?:{listed})(?!\w)", re.IGNORECASE)


def without_preamble(part: str, code: str) -> str:
    """Return a clause without what only leads to it: "you should know that I'm deaf".

    Also without what only closes it: "…, just so you know".
    """
    part = clause_pattern(code, "closes").sub("", part)
    announced = clause_pattern(code, "announces").match(part)
    part = part[announced.end() :] if announced else part  # "the good news is that …"
    preamble = _preamble(code).match(part)
    return part[preamble.end() :] if preamble else part


@cache
def _preamble(code: str) -> re.Pattern[str]:
    """Return the pattern of what leads to a clause of the speaker's own."""
    table = section(code, "clauses")
    own = words_in(code, "clauses", "speaker") | words_in(code, "clauses", "possessives")
    first = "|".join(sorted(map(re.escape, own))) or "(?!)"
    listed, asked = (table.get(key, "(?!)") for key in ("preambles", "asked_about"))
    return re.compile(
        rf"\A\W{{0,5}}(?:(?:{listed})[,:–—-]{{0,3}}\s{{1,5}}(?=(?:{first})\b)|(?:{asked}):\s)",
        re.IGNORECASE,
    )


@cache
def clause_pattern(code: str, key: str) -> re.Pattern[str]:
    """Return the pattern that the table `clauses` has under a key."""
    return re.compile(section(code, "clauses").get(key, r"(?!)"), re.IGNORECASE)


def _borders(sentence: str, code: str) -> Iterator[re.Match[str]]:
    """Yield what may stand between two clauses; nothing inside the words of others.

    Nor before a comparison that has its subject in the clause before: "私よりは低い".
    """
    leans = clause_pattern(code, "leans")
    quotations = QUOTATIONS.finditer(sentence)
    quotation = next(quotations, None)
    for border in _border(code).finditer(sentence):
        while quotation is not None and quotation.end() <= border.start():
            quotation = next(quotations, None)
        is_said = quotation is None or border.start() <= quotation.start()
        if is_said and not leans.match(sentence, border.end()):
            yield border


def _says_nothing_of(text: str, own: frozenset[str]) -> bool:
    """Return True if what stands before a colon says nothing of the speaker: "in short"."""
    return own.isdisjoint(words(text)) and not any(map(str.isdigit, text))


def _is_short_heading(text: str) -> bool:
    """Return True for "one thing to know about me", not for "our weekend in Kent with Leo"."""
    said = len(words(text))
    return said <= MAX_HEADING or (said <= MAX_PLAIN_HEADING and text.strip()[1:].islower())


@cache
def _border(code: str) -> re.Pattern[str]:
    """Return the pattern of what may stand between two clauses."""
    links = "|".join(sorted(joining(code, "links")))
    leads = "|".join(sorted(joining(code, "leads")))
    turns = section(code, "clauses").get("turns", r"(?!)")
    speaker = "|".join(words_in(code, "clauses", "speaker")) or r"(?!)"
    turned = f"{speaker}|{_kin_unspaced(code).pattern}" if code in NOT_SPACED_CODES else speaker
    return re.compile(
        rf"[;；]|[ \u00a0]?:\s|：|(?:\s|(?<=\w))[–—-]\s|—|,\s|，|、(?={turned})|\s(?=(?:{links})\s)"
        rf"|\s(?=(?:{leads})\s)(?={turns})|[\s、](?={_turning_to_kin(code).pattern})",
        re.IGNORECASE,
    )


@cache
def _turning_to_kin(code: str) -> re.Pattern[str]:
    """Return the pattern of what turns to a relative of the speaker: "but" before "my wife"."""
    found = [
        rf"(?:{table['but']})\s?(?={table['my_kin']})"
        rf"|(?=(?:{table['my_kin']})\s(?:{table['but']})(?!\w))"
        for table in _tables_of_kin(code)
    ]
    return re.compile("|".join(found), re.IGNORECASE)


@cache
def kin_of_speaker(code: str) -> re.Pattern[str]:
    """Return the pattern of a relative of the speaker at the beginning of a clause: "my wife"."""
    listed = "|".join(str(table["my_kin"]) for table in _tables_of_kin(code))
    return re.compile(rf"\A\W{{0,9}}(?:{listed})", re.IGNORECASE)


def _tables_of_kin(code: str) -> list[Mapping[str, Any]]:
    """Return the tables with relatives: that of a language, and that of those without a file."""
    codes = (*ALIKE.get(code, (code,)), UNKNOWN)
    tables = [section(each, "clauses") for each in dict.fromkeys(codes)]
    return [table for table in tables if "my_kin" in table]


@cache
def _leading(code: str) -> re.Pattern[str]:
    """Return the pattern of what stands before a clause: "and", a comma."""
    leads = "|".join(sorted(joining(code, "leads")))
    return re.compile(rf"\A[\s,;:，；：–—-]*(?:(?:{leads})\s+)?", re.IGNORECASE)


def joining(code: str, key: str) -> frozenset[str]:
    """Return the words of a language that join clauses, and the longer ones of all others.

    People mix languages; but the Polish "i" is the "I" of who writes English without capitals.
    """
    others = (word for word in words_of_all("clauses", key) if len(word) >= MIN_LINK)
    return words_in(code, "clauses", key) | words_in(ENGLISH, "clauses", key) | frozenset(others)


@cache
def _subjects() -> frozenset[str]:
    """Return "I" in all languages: in "Mike and I" it is a part of the subject."""
    return frozenset(either_of_all("clauses", "first_person").casefold().split("|"))
