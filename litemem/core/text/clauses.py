"""Find what a speaker says in their own name, clause by clause.

A mail to proofread, a text to translate, a part in a game, a log: what such words state is not true
of the speaker. The signs of it stand in `core/text/languages`, in the table `clauses`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

from litemem.core.text.language import FUNCTION_WORDS
from litemem.core.text.lexicon import (
    ENGLISH,
    LISTED,
    NOT_SPACED_CODES,
    NOUNS_IN_CAPITALS,
    UNKNOWN,
    code_of_speech,
    either_of_all,
    section,
    words_in,
    words_of_all,
)
from litemem.core.text.machine_text import without_machine_text
from litemem.core.text.quotations import (
    QUOTATIONS,
    is_own_report,
    without_introduced,
    without_speech,
)
from litemem.core.text.words import is_full_stop, sentences, words

MAX_NAMES = 4  # words of the name behind a greeting
MIN_LOG = 3  # lines "name: text" that make a conversation
MAX_GREETING = 60  # characters of a message that may only greet, in any language
MAX_STATED = 400  # characters in which a question behind a statement begins
MAX_OPEN = 120  # characters of a question behind a statement that has no mark
MIN_STATED = 3  # words of the statement
UNSPACED_WORD = 2  # signs of a word of a script without spaces, about
MAX_SPACE = 8  # characters between a colon and a quotation
MAX_INTRODUCTION = 60  # characters between "this mail" and its colon

# languages in which a statement before a comma has its verb at the end, or verbs without forms
_VERB_BEFORE_COMMA = ("ar", "hi", "ja", "ko", "tr", "zh")
_COMMAS = frozenset("，、")
_LOG_LINE = re.compile(r"^\W{0,3}(?:\d{1,2}[:.]\d\d\S{0,12}\W{0,4})?(?P<name>\w{1,20}) ?[:：] ?\S")
_START = r"(?:(?<=[.!?。！？\n])|\A)"


@dataclass(frozen=True, slots=True)
class Signs:
    """How a language says that words are not the speaker's own, as patterns."""

    rest: tuple[re.Pattern[str], ...]  # of them, all that follows in the message is not
    sentence: re.Pattern[str]  # a sentence that only supposes something
    greeting: re.Pattern[str]  # a greeting with the name of who is greeted
    letter: re.Pattern[str]  # the line by which a letter begins
    own_things: re.Pattern[str]  # "my menu": no text, so that what follows is said of it
    reports: frozenset[str]  # words by which somebody else is quoted


def own_words(text: str, *, keep_names: bool = False) -> str:
    """Return a message without what its speaker hands over, quotes or only supposes.

    A name behind a greeting is left out too, unless `keep_names`. Line ends stay. What remains may
    be empty: then nothing was said in the speaker's own name.
    """
    codes = dict.fromkeys((code_of_speech(text), ENGLISH))
    text = without_introduced(without_machine_text(text), tuple(codes))
    if _asks_for_work(text[:MAX_INTRODUCTION]):
        return ""
    for code in codes:
        signs = _signs(code)
        text = _until(_without_quoted(text, signs), signs)
        text = _without_conversation(text)
        text = "".join(_own_sentences(text, signs, code))
        if not keep_names and len(text) <= MAX_GREETING:
            for other in LISTED.values():
                text = _signs(other).greeting.sub(lambda match: match["greeting"], text)
        if not keep_names:
            text = signs.greeting.sub(lambda match: match["greeting"], text)
    return "\n".join(line.strip() for line in text.splitlines() if any(map(str.isalnum, line)))


def _asks_for_work(head: str) -> bool:
    """Return True if a message begins with a request and a colon, in any language.

    The language of the text that is handed over is often another one, or too short to be known.
    """
    end = max(head.find(colon) for colon in ":：")
    every = map(_signs, LISTED.values())
    return end > 0 and any(
        signs.rest[0].match(head, 0, end + 1) and not signs.own_things.search(head, 0, end)
        for signs in every
    )


def _without_conversation(text: str) -> str:
    """Return a text without lines "name: text" of several people."""
    lines = text.split("\n")
    matches = [_LOG_LINE.match(line[:80]) for line in lines]
    names = [match["name"].casefold() for match in matches if match]
    is_talk = len(names) >= MIN_LOG or (
        len(names) > 1 and any(m and m[0][0] == "[" for m in matches)
    )
    if not is_talk or len(set(names)) == len(names):  # each name once: a form, or a list
        return text
    return "\n".join(line for line, match in zip(lines, matches, strict=True) if not match)


def _without_quoted(text: str, signs: Signs) -> str:
    """Return a text without what is handed over in quotation marks, if more stands behind it."""
    kept, at = [], 0
    for match in signs.rest[1].finditer(text):
        quotation = QUOTATIONS.match(text, _end_of_space(text, match.end()))
        if match.start() < at or quotation is None or not text[quotation.end() :].strip():
            continue
        kept.append(text[at : match.start()])
        at = quotation.end()
    return "".join(kept) + text[at:]


def _end_of_space(text: str, at: int) -> int:
    return at + len(text[at : at + MAX_SPACE]) - len(text[at : at + MAX_SPACE].lstrip())


def _until(text: str, signs: Signs) -> str:
    """Return what stands before a text that is handed over, and the questions behind it."""
    found = (next(_handing_over(sign, signs, text), None) for sign in signs.rest)
    ends = [match.start() for match in found if match]
    letter = signs.letter.search(text)
    if letter and (text[: letter.start()].strip() or text.count("\n", letter.end()) > 1):
        ends.append(letter.start())
    return text[: min(ends)] if ends else text


def _handing_over(sign: re.Pattern[str], signs: Signs, text: str) -> Iterator[re.Match[str]]:
    """Yield the requests behind which somebody else's text is handed over: not "my menu"."""
    for match in sign.finditer(text):
        if not signs.own_things.search(match[0]):
            yield match


def _own_sentences(text: str, signs: Signs, code: str) -> Iterator[str]:
    """Yield the sentences that suppose nothing, without the speech of others that they quote."""
    is_asked = "?" in text or "？" in text or "؟" in text
    for part in _sentences(text):
        if signs.sentence.search(part):
            continue
        is_reported = _is_reported(part, signs)
        if is_reported and is_own_report(part, code):
            yield part  # "I wrote to her: “I'm vegan”"
            continue
        yield without_speech(part, code, is_asked=is_asked, is_reported=is_reported)


def _sentences(text: str) -> list[str]:
    """Return the sentences of a text; none begins inside a quotation."""
    spans = [match.span() for match in QUOTATIONS.finditer(text)]
    borders, at, span = [0], 0, 0
    for sentence in sentences(text):
        at = text.find(sentence, at)
        while span < len(spans) and spans[span][1] <= at:
            span += 1
        is_inside = span < len(spans) and spans[span][0] < at
        before = text[max(0, at - 4) : at].rstrip()
        stop = at - len(text[max(0, at - 4) : at]) + len(before) - 1
        is_inside_sentence = before.endswith(".") and not is_full_stop(text, stop)
        if at > 0 and not is_inside and not is_inside_sentence:
            borders.append(at)
        elif is_inside and _ends_sentence(text, spans[span][1]):  # "… mad.' What now?"
            borders.append(spans[span][1])
        at += len(sentence)
    borders = sorted(set(borders))
    return [text[start:end] for start, end in pairwise([*borders, len(text)])]


def _ends_sentence(text: str, end: int) -> bool:
    """Return True if a quotation that ends at a place ends its sentence too."""
    behind = text[end : end + 3].lstrip()[:1]
    return text[end - 2 : end - 1] in ".!?。！？" and behind != "" and not behind.islower()


def _is_reported(sentence: str, signs: Signs) -> bool:
    return not signs.reports.isdisjoint(words(QUOTATIONS.sub(" ", sentence)))


@cache
def _signs(code: str) -> Signs:
    table = section(code, "clauses")
    never = r"(?!)"
    asks = table.get("asks", never)
    works = table.get("works", never)
    texts = table.get("texts", never)
    plays = table.get("plays", never)
    flags = re.IGNORECASE
    rest = (
        # "Translate into French: …", "Can you proofread this? …"
        re.compile(
            rf"{_START}\W{{0,3}}(?:(?:{asks})[ ,]*){{0,3}}(?:{works})(?!\w)"
            r"[^.!?。！？:：\n]{0,120}(?:[:：?？.。\n]|(?<=[^\W\d]) [-–—] )",
            flags,
        ),
        # "Here is the mail I got: …"
        re.compile(
            rf"(?<!\w)(?:{texts})(?!\w)[^.!?。！？:：\n]{{0,{MAX_INTRODUCTION}}}[:：]", flags
        ),
        # "Let's play: I am a pirate"
        re.compile(rf"{_START}\W{{0,3}}(?:(?:{asks})[ ,]*){{0,3}}(?:{plays})(?!\w)", flags),
    )
    greets = table.get("greetings", never)
    before, behind = (r"(?<!\w)", r"(?!\w)") if code not in NOT_SPACED_CODES else ("", "")
    titles, persons = (either_of_all("clauses", key) for key in ("titles", "first_person"))
    name = rf"(?!(?:{persons})\b)[^\W\d_a-z][\w.'’-]*"
    return Signs(
        rest=rest,
        sentence=re.compile(table.get("supposes", never), flags),
        greeting=re.compile(
            rf"{_START}(?P<greeting>\W{{0,3}}(?i:{greets}))[ ,]+(?:(?i:{titles})\.? )?{name}"
            rf"(?: [\w.'’-]+){{0,{MAX_NAMES - 1}}}?"
            r"(?=\s*(?:[,.!?\n]|\Z))"
        ),
        letter=re.compile(
            rf"^[ \t]*(?:{table.get('letters', never)})[^.!?\n]{{0,60}},?[ \t]*$",
            flags | re.MULTILINE,
        ),
        own_things=re.compile(rf"{before}(?:{table.get('own_things', never)}){behind}", flags),
        reports=words_in(code, "clauses", "reports"),
    )


# -- clauses

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
MAX_TITLE = 6  # words of a line that only announces the next
_COLONS = (":", "：")
_ITEM = re.compile(r"(?:[-*•–·]|\d{1,2}[.)]|\[[ xX]?\])\s")  # how the item of a list begins
QUESTION_MARKS = ("?", "？", "؟")
MIN_LINK = 3  # letters of a word that joins clauses in any language
NOT_SPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a sentence that has a subject of its own."""

    text: str
    message: int  # the position of the message
    code: str  # of the language
    is_question: bool
    words: frozenset[str]  # case folded
    heading: str = ""  # of the list in which it is an item, such as "Decisions:"

    @property
    def by_speaker(self) -> bool:
        """True if its subject is "I" or "we", judging by its words."""
        return _has(self, "speaker")

    @property
    def is_own(self) -> bool:
        """True if it speaks of the speaker, or of what is theirs."""
        return self.by_speaker or _has(self, "possessives")

    @property
    def is_denied(self) -> bool:
        """True if it says no an odd number of times."""
        return count_negations(self.text, self.code) % 2 == 1


def clauses_of(text: str, message: int = 0) -> list[Clause]:
    """Return the clauses of a text, in order."""
    found = []
    of_text = code_of_speech(text)
    for sentence, heading in _under_headings(_sentences(text)):
        code = of_text if sentence.isascii() else code_of_speech(sentence)
        is_question = sentence.rstrip(" \n\"'”’)").endswith(QUESTION_MARKS)
        is_tagged = _tag().search(sentence[-MAX_TAG:]) is not None
        own = words_in(code, "clauses", "speaker") | words_in(code, "clauses", "possessives")
        is_open = is_question or clause_pattern(code, "asks_unmarked").search(sentence[-MAX_OPEN:])
        if is_open and (stated := stated_before(sentence, code)):
            is_question = True
            said = _without_preamble(stated, code)
            found.append(Clause(said, message, code, False, _words_of(said), heading))
            sentence = sentence[len(stated) :].lstrip(" ,;:.،，、…–—-")
        parts = [part for part in _parts(sentence, code) if any(map(str.isalnum, part))]
        if not is_question:
            parts = [_without_preamble(part, code) for part in parts]
        for i, part in enumerate(parts):
            is_own = not own.isdisjoint(
                words(part[:MAX_TAG])[:1]
            )  # "…, I'm terrified?", "I'm left-handed, ok?"
            asks = is_question and not (is_own and (i > 0 or is_tagged))
            found.append(Clause(part, message, code, asks, _words_of(part), heading))
    return found


def stated_before(sentence: str, code: str) -> str:
    """Return what a sentence states before it asks: "we move in May, where do we find a flat?"."""
    text = sentence[:MAX_STATED]
    is_loose = code in _VERB_BEFORE_COMMA
    pattern = (_interrogative if is_loose else _asking)(code)
    starts = (asks.start() for asks in pattern.finditer(text))
    if is_loose:
        starts = (max(text.rfind(comma, 0, at) for comma in ",，、،") for at in starts)
    said = text[: next((at for at in starts if at > 0), 0)]
    few = len(words(said)) < MIN_STATED and len(said) < MIN_STATED * UNSPACED_WORD
    if few or _supposed(code).search(said) or clause_pattern(code, "wonders").search(said):
        return ""
    own = words_in(code, "clauses", "speaker") | words_in(code, "clauses", "possessives")
    begins = words(said)[:2]
    asks_already = clause_pattern(code, "interrogatives").match(said.lstrip(" \"'“«¿"))
    states = not own.isdisjoint(begins) or clause_pattern(code, "states").search(said)
    return said if (states or is_loose) and not asks_already else ""


@cache
def _interrogative(code: str) -> re.Pattern[str]:
    """Return the pattern of a word that asks, in a language where it may stand anywhere."""
    first, last = ("", "") if code in NOT_SPACED_CODES else (r"(?<!\w)", r"(?!\w)")
    listed = section(code, "clauses").get("interrogatives", r"(?!)")
    return re.compile(rf"{first}(?:{listed}){last}", re.IGNORECASE)


@cache
def _asking(code: str) -> re.Pattern[str]:
    """Return the pattern of what stands between a statement and the question behind it."""
    listed = section(code, "clauses").get("interrogatives", r"(?!)")
    link = section(code, "requests").get("link", r"(?!)")
    return re.compile(
        rf"(?:[,;:，،]|\s[–—-]|\.{{3}}|…)\s{{1,3}}(?:(?:{link})\s)?(?=(?:{listed})(?!\w))|\s(?=¿)",
        re.IGNORECASE,
    )


def _under_headings(parts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield sentences, each with the line above the list in which it stands, or ""."""
    heading, begins_line = "", True
    for part in parts:
        said = part.strip()
        if is_heading(said):
            yield part, ""
            heading = said
        else:
            if begins_line and not _ITEM.match(said):
                heading = ""
            yield part, heading
        begins_line = part.endswith("\n")


def begins_as_user(text: str) -> bool:
    """Return True if a text begins with "I", "my" or the like."""
    code = code_of_speech(text)
    own = words_in(code, "clauses", "speaker") | words_in(code, "clauses", "possessives")
    return not own.isdisjoint(words(text[:MAX_TAG])[:1])


def stated_parts(text: str) -> list[str]:
    """Return what a text states, parted at commas and joining words; nothing asked or supposed.

    A part without a subject is left out where the sentence begins with somebody: "Lena moved to
    York and sold the flat".
    """
    code = code_of_speech(text)
    own = words_in(code, "clauses", "speaker") | words_in(code, "clauses", "possessives")
    supposed, joining = _supposed(code), _joints_of(code)
    found: list[str] = []
    for sentence in _sentences(text):
        if sentence.rstrip(" \"'”’)").endswith(QUESTION_MARKS) or supposed.search(sentence):
            continue
        parts = [part.strip(PUNCTUATION + " –—-") for part in joining.split(sentence)]
        first = (words(parts[0]) or [""])[0]
        is_of_user = not parts[0][:1].isupper() or first in own | FUNCTION_WORDS or first == "user"
        for i, part in enumerate(parts):
            has_subject = i == 0 or is_of_user or bool(own.intersection(words(part)[:1]))
            if part and (has_subject or part[:1].isupper()):
                found.append(part)
    return found


@cache
def _supposed(code: str) -> re.Pattern[str]:
    listed = section(code, "clauses").get("conditions", r"(?!)")
    first, last = (r"(?<!\w)", r"(?!\w)") if code not in NOT_SPACED_CODES else ("", "")
    return re.compile(rf"{first}(?:{listed}){last}", re.IGNORECASE)


@cache
def _joints_of(code: str) -> re.Pattern[str]:
    """Return the pattern of what joins two parts of a sentence: a comma, "and", "because"."""
    words_between = "|".join(sorted(map(re.escape, _joining(code, "leads"))))
    table = section(code, "clauses")  # "since | we sold the car | I ride a bike"
    begins, again = (table.get(key, r"(?!)") for key in ("since", "subject_again"))
    return re.compile(
        rf"[,:](?=\s)|[，、，：]|\s[–—-]\s|\s(?:{words_between})\s|(?:\A|(?<=\s))(?:{begins})\s"
        rf"|(?<=\w)\s(?=(?:{again})\s)",
        re.IGNORECASE,
    )


def quoted_by_others(text: str) -> list[tuple[list[str], str]]:
    """Return, of each sentence in which somebody else is quoted, the quotations and the rest."""
    found = []
    for sentence in _sentences(text):
        quotations = QUOTATIONS.findall(sentence)
        if not quotations:
            continue
        code = code_of_speech(sentence)
        rest = QUOTATIONS.sub(" ", sentence)
        is_own = not words_in(code, "clauses", "speaker").isdisjoint(words(rest))
        if _is_reported(sentence, _signs(code)) and not is_own:
            found.append((quotations, rest))
    return found


def speaks_of_anybody(text: str, code: str) -> bool:
    """Return True if "you" stands for anybody: "you can only park there after six"."""
    return clause_pattern(code, "general").search(text) is not None


def is_heading(text: str) -> bool:
    """Return True if a text only announces the next: "Short update:", "# Summary"."""
    if text.startswith("# ") and len(words(text)) <= MAX_TITLE:
        return True
    return text.rstrip()[-1:] in _COLONS and len(words(text)) <= MAX_TITLE


def is_recorded(clause: Clause) -> bool:
    """Return True for an item of a list that its heading makes a record: "Decisions:"."""
    if not clause.heading or clause.is_question:
        return False
    own = words_in(clause.code, "clauses", "speaker") | words_in(
        clause.code, "clauses", "possessives"
    )
    heading = words(clause.heading)
    is_own = not own.isdisjoint(heading) and heading[0] not in own
    return is_own or is_record_heading(clause.heading, clause.code)


def is_record_heading(heading: str, code: str = ENGLISH) -> bool:
    """Return True for words before a colon that say that a record follows: "note to self"."""
    codes = dict.fromkeys((code, code_of_speech(heading), ENGLISH))
    return any(clause_pattern(each, "records").search(heading) for each in codes)


def _words_of(text: str) -> frozenset[str]:
    """Return the words of a text; those of scripts with vowel signs are whole between spaces."""
    found = frozenset(words(text))
    if text.isascii():
        return found
    return found | frozenset(part.strip(PUNCTUATION) for part in text.casefold().split())


def count_negations(text: str, code: str) -> int:
    """Return how often a text says no, in its language and in English."""
    listed = words_in(code, "clauses", "negations") | words_in(ENGLISH, "clauses", "negations")
    if NOT_SPACED.search(text):
        return sum(text.count(sign) for sign in words_in(code, "clauses", "negations"))
    plain = text.casefold().replace("’", "'")
    said = (part.strip(PUNCTUATION) for part in plain.split())
    return sum(word in listed for word in said)


def _parts(sentence: str, code: str) -> Iterator[str]:
    """Cut a sentence before each "and I …", "but my …"."""
    for part in _until_kin(sentence, code):
        for turned in _until_turn(part, code):
            yield from _cut(turned, code)


def _until_kin(sentence: str, code: str) -> Iterator[str]:
    """Cut a sentence where it turns to a relative: "I farm shrimp, but | my wife teaches"."""
    start, turning = 0, _turning_to_kin(code)
    for border in _borders(sentence, code):
        turn = turning.match(sentence, border.end())
        if turn and border.start() > start:
            yield sentence[start : border.start()]
            start = turn.end()
    yield sentence[start:]


def _cut(sentence: str, code: str) -> Iterator[str]:
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
        is_colon = border[0].strip() in _COLONS
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
    is_open = bool(following) and following[0] not in own | _joining(code, "leads")
    return is_name and bool(comma) and len(what.split()) <= MAX_APPOSITION and is_open


@cache
def _bound(code: str) -> re.Pattern[str]:
    """Return the pattern of what binds a clause to the next one: "when", "according to"."""
    listed = section(code, "clauses").get("bound", r"(?!)")
    return re.compile(rf"\A\W{{0,5}}(?:{listed})(?!\w)", re.IGNORECASE)


def _without_preamble(part: str, code: str) -> str:
    """Return a clause without what only leads to it: "you should know that I'm deaf"."""
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
    listed = table.get("preambles", "(?!)")
    return re.compile(
        rf"\A\W{{0,5}}(?:{listed})[,:–—-]{{0,3}}\s{{1,5}}(?=(?:{first})\b)", re.IGNORECASE
    )


@cache
def clause_pattern(code: str, key: str) -> re.Pattern[str]:
    """Return the pattern that the table `clauses` has under a key."""
    return re.compile(section(code, "clauses").get(key, r"(?!)"), re.IGNORECASE)


def _borders(sentence: str, code: str) -> Iterator[re.Match[str]]:
    """Yield what may stand between two clauses; nothing inside the words of others."""
    quotations = QUOTATIONS.finditer(sentence)
    quotation = next(quotations, None)
    for border in _border(code).finditer(sentence):
        while quotation is not None and quotation.end() <= border.start():
            quotation = next(quotations, None)
        if quotation is None or border.start() <= quotation.start():
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
    links = "|".join(sorted(_joining(code, "links")))
    leads = "|".join(sorted(_joining(code, "leads")))
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
    leads = "|".join(sorted(_joining(code, "leads")))
    return re.compile(rf"\A[\s,;:，；：–—-]*(?:(?:{leads})\s+)?", re.IGNORECASE)


def _joining(code: str, key: str) -> frozenset[str]:
    """Return the words of a language that join clauses, and the longer ones of all others.

    People mix languages; but the Polish "i" is the "I" of who writes English without capitals.
    """
    others = (word for word in words_of_all("clauses", key) if len(word) >= MIN_LINK)
    return words_in(code, "clauses", key) | words_in(ENGLISH, "clauses", key) | frozenset(others)


@cache
def _tag() -> re.Pattern[str]:
    """Return the pattern of "…, ok?" and the like, which makes no question of a statement."""
    tags = either_of_all("clauses", "tags")
    return re.compile(rf", ?(?:{tags}) ?[?？]\W*\Z", re.IGNORECASE)


@cache
def _subjects() -> frozenset[str]:
    """Return "I" in all languages: in "Mike and I" it is a part of the subject."""
    return frozenset(either_of_all("clauses", "first_person").casefold().split("|"))


def _has(clause: Clause, key: str) -> bool:
    listed = words_in(clause.code, "clauses", key)
    if clause.words & listed:
        return True
    return bool(NOT_SPACED.search(clause.text)) and any(word in clause.text for word in listed)
