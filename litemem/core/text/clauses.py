"""Find what a speaker says in their own name, clause by clause.

A mail to proofread, a text to translate, a part in a game, a log: what such words state is not true
of the speaker. The signs of it stand in `core/text/languages`, in the table `clauses`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from litemem.core.text.clause_borders import (
    COLONS,
    MAX_TAG,
    NOT_SPACED,
    PUNCTUATION,
    clause_pattern,
    cut,
    joining,
    without_preamble,
)
from litemem.core.text.language import FUNCTION_WORDS
from litemem.core.text.lexicon import (
    ENGLISH,
    LISTED,
    NOT_SPACED_CODES,
    code_of_speech,
    either_of_all,
    section,
    words_in,
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
_LOG_LINE = re.compile(r"^\W{0,3}(?:\d{1,2}[:.]\d\d\S{0,12}\W{0,4})?(?P<name>\w{1,20}) ?[:：] ?\S")
_BRACKETS = re.compile(r"[(\[](?P<said>[^()\[\]\n]{3,200})[)\]]")
_START = r"(?:(?<=[.!?。！？\n])|\A)"


@dataclass(frozen=True, slots=True)
class Signs:
    """How a language says that words are not the speaker's own, as patterns."""

    rest: tuple[re.Pattern[str], ...]  # of them, all that follows in the message is not
    sentence: re.Pattern[str]  # a sentence that only supposes something
    greeting: re.Pattern[str]  # a greeting with the name of who is greeted
    letter: re.Pattern[str]  # the line by which a letter begins
    real: re.Pattern[str]  # in brackets in a game, that the speaker does not play
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
    played = next(_handing_over(signs.rest[2], signs, text), None)
    letter = signs.letter.search(text)
    if letter and (text[: letter.start()].strip() or text.count("\n", letter.end()) > 1):
        ends.append(letter.start())
    own = text[: min(ends)] if ends else text
    return "\n".join([own, *_asides(text[len(own) :], signs)]) if played else own


def _asides(played: str, signs: Signs) -> Iterator[str]:
    """Yield what a speaker says in brackets of their own life in a game: "(I have a cat irl)"."""
    for match in _BRACKETS.finditer(played):
        if signs.real.search(match["said"]):
            yield match["said"]


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
        real=re.compile(table.get("real", never), flags),
        own_things=re.compile(rf"{before}(?:{table.get('own_things', never)}){behind}", flags),
        reports=words_in(code, "clauses", "reports"),
    )


# -- clauses

HEDGED = 2  # parts of a sentence that a hope or a doubt before it leaves open
MAX_TITLE = 6  # words of a line that only announces the next
_ITEM = re.compile(r"(?:[-*•–·]|\d{1,2}[.)]|\[[ xX]?\])\s")  # how the item of a list begins
QUESTION_MARKS = ("?", "？", "؟")


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
        if is_question and clause_pattern(code, "reminds").match(sentence[:MAX_OPEN]):
            is_question = False
        is_tagged = _tag().search(sentence[-MAX_TAG:]) is not None
        own = words_in(code, "clauses", "speaker") | words_in(code, "clauses", "possessives")
        is_open = is_question or clause_pattern(code, "asks_unmarked").search(sentence[-MAX_OPEN:])
        if is_open and (stated := stated_before(sentence, code)):
            is_question = True
            said = without_preamble(stated, code)
            found.append(Clause(said, message, code, False, _words_of(said), heading))
            sentence = sentence[len(stated) :].lstrip(" ,;:.،，、…–—-")
        parts = [part for part in cut(sentence, code) if any(map(str.isalnum, part))]
        if not is_question:
            parts = [without_preamble(part, code) for part in parts]
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

    What is only hoped is left out, too: "I hope we sold the car".

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
        hedges = _hedges(code)
        for i, part in enumerate(parts):
            if hedges.fullmatch(part) or (i and hedges.fullmatch(parts[i - 1])):
                continue
            has_subject = i == 0 or is_of_user or bool(own.intersection(words(part)[:1]))
            if part and (has_subject or part[:1].isupper()):
                found.append(part)
    return found


@cache
def _supposed(code: str) -> re.Pattern[str]:
    listed = section(code, "clauses").get("conditions", r"(?!)")
    first, last = (r"(?<!\w)", r"(?!\w)") if code not in NOT_SPACED_CODES else ("", "")
    return re.compile(rf"{first}(?:{listed}){last}", re.IGNORECASE)


def is_hedged(text: str) -> bool:
    """Return True if a sentence of two parts at most begins with a hope or a doubt."""
    code = code_of_speech(text)
    is_open = _hedge_at_start(code).match(text) is not None
    return is_open and len(_joints_of(code).split(text)) <= HEDGED


@cache
def _hedge_at_start(code: str) -> re.Pattern[str]:
    last = "" if code in NOT_SPACED_CODES else r"(?!\w)"
    return re.compile(rf"\W{{0,8}}(?:{_hedges(code).pattern}){last}", re.IGNORECASE)


@cache
def _hedges(code: str) -> re.Pattern[str]:
    """Return the pattern of a part that leaves the next one open: "I hope", "maybe"."""
    return re.compile(str(section(code, "clauses").get("hedges", r"(?!)")), re.IGNORECASE)


@cache
def _joints_of(code: str) -> re.Pattern[str]:
    """Return the pattern of what joins two parts of a sentence: a comma, "and", "because"."""
    words_between = "|".join(sorted(map(re.escape, joining(code, "leads"))))
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


def is_heading(text: str) -> bool:
    """Return True if a text only announces the next: "Short update:", "# Summary"."""
    if text.startswith("# ") and len(words(text)) <= MAX_TITLE:
        return True
    return text.rstrip()[-1:] in COLONS and len(words(text)) <= MAX_TITLE


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


@cache
def _tag() -> re.Pattern[str]:
    """Return the pattern of "…, ok?" and the like, which makes no question of a statement."""
    tags = either_of_all("clauses", "tags")
    return re.compile(rf", ?(?:{tags}) ?[?？]\W*\Z", re.IGNORECASE)


def _has(clause: Clause, key: str) -> bool:
    listed = words_in(clause.code, "clauses", key)
    if clause.words & listed:
        return True
    return bool(NOT_SPACED.search(clause.text)) and any(word in clause.text for word in listed)
