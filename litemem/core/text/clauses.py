"""Find what a speaker says in their own name, clause by clause.

A mail to proofread, a text to translate, a part in a game, a log: what such words state is not true
of the speaker. The signs of it stand in `core/text/languages`, in the table `clauses`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from litemem.core.text.language import FUNCTION_WORDS
from litemem.core.text.lexicon import (
    CODES,
    ENGLISH,
    code_of,
    either_of_all,
    section,
    words_in,
    words_of_all,
)
from litemem.core.text.words import sentences, words

MAX_NAMES = 4  # words of the name behind a greeting
MIN_QUOTE = 7  # words of a quotation that is more than a name or a title
MIN_LOG = 3  # lines "name: text" that make a conversation
SHARE_OF_NOISE = 0.5  # of the lines of a message; then the rest is noise too
MAX_GREETING = 60  # characters of a message that may only greet, in any language
MAX_INTRODUCTION = 60  # characters between "this mail" and its colon

_QUOTATIONS = re.compile(
    r"“[^“”]*”|„[^„“”]*[“”]|«[^«»]*»|「[^「」]*」|『[^『』]*』|\"[^\"]*\""
    r"|(?<![\w'’])['‘](?=\S)[^'‘’\n]*(?:\w['’]\w[^'‘’\n]*){0,8}['’](?!\w)"
)
_QUOTED_LINE = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_LOG_LINE = re.compile(r"^\W{0,3}(?:\d{1,2}[:.]\d\d\S{0,12}\W{0,4})?(?P<name>\w{1,20}) ?[:：] ?\S")
_NOISE = re.compile(  # lines that a program wrote
    r"^\W{0,3}\d{4}-\d\d-\d\d[T ]\d\d:\d\d"
    r"|^\W{0,3}(?:\d\d:\d\d:\d\d\S*\W{0,3})?(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL|CRITICAL)\b"
    r"|^\W{0,3}(?:\w{3} [ \d]?\d|\w{3}, \d\d \w{3} \d{4}) \d\d:\d\d:\d\d\b"
    r"|\b\d\d:\d\d:\d\d (?:warn|info|error)\b"
    r"|^\s*(?:\\t)?(?:Traceback \(most|File \"|at [\w.$<>]+\(|Caused by:|\.\.\. \d+ more)"
    r"|^\s*\w*(?:Error|Exception):"
    r"|^\s*(?:error|warning|note)(?:\[\w+\])?: |^\s*--> \S+:\d+"
    r"|^\s*[\[{}\]],?\s*$|^\s*\"[\w.-]{1,40}\"\s*:"
    r"|^\s*(?:GET|POST|PUT|PATCH|DELETE|HEAD) /|^\s*HTTP/\d"
    r"|^\s*[A-Z]\w*-[\w-]+: \S|^(?:Host|Accept|Author|Date|Content|Server|Via|Cookie): \S"
    r"|^\s*(?:diff --git|@@ -|\+\+\+ |--- |npm |yarn |make(?:\[\d+\])?:|gcc |cc1|ld:|\[\d+/\d+\]"
    r"|\[\s*\d+%\]|Step \d+/\d+|=== |\$ |PASS\b|FAIL\b|ok \d|not ok \d|commit [0-9a-f]{6,40}\b"
    r"|(?:BUILD|Compiling|Downloading|Installing|Collecting|Resolving|Building) \S|kernel: "
    r"|\[(?:ok|fail|tool_result|debug|info)\])"
    r"|^\S.{1,60}? {2,}\S.{1,60}? {2,}\S|\bno action (?:is )?(?:needed|required)\b"
    r"|^\s*Exception in thread|^(?:FAILED|PASSED|ERRORS?|OK|SKIPPED) \S"
    r"|^(?:\w{1,20} ){0,2}(?:Error|Warning|Exception)\b.{0,60}\bat \S{1,80}:\d"
    r"|^\s*\{.{0,200}\"(?:event|level|path|url|ts|timestamp|host|pid|uptime|status|method|msg)\" ?:"
    r"|^\S{1,60}/\S{1,60} {1,9}(?:Running|Pending|Completed|Terminating|CrashLoop\w*|Error)\b"
    r"|\b\d{1,3}/\d{1,3} {1,9}(?:Running|Ready)\b"
    r"|^\w{1,20}: .{0,60}\d(?:[KMGT]i?B?|%|ms)\b.{0,20}\b(?:total|used|free|available)\b"
    r"|^(?i:automated|automatic|scheduled|periodic|routine) [\w-]{1,30}(?: [\w-]{1,30})?:"
    r"|^(?:health|status|smoke) ?-?checks?\b.{0,40}\b(?:ok|passed|green|healthy)\b"
    r"|\b[Nn]othing (?:new )?to report\b"
    r"|\b[Aa]ll (?:systems|services|checks) (?:are )?(?:ok|normal|green|up|operational|healthy)\b"
    r"|\bheart ?beat\b|\bHEARTBEAT|\bkeep-?alive\b"
    r"|^\s*[\w.]{1,40}=\S{1,80}\s+[\w.]{1,40}=\S|\bcron ?job\b"
    r"|\d{1,3}% ?\[|^[|+][-=+| ]|^\| |\bicmp_seq="
    r"|\bexit(?:ed)? (?:with )?(?:code|status) \d|\bwith code \d"
    r"|\b\d+ (?:passed|failed|skipped|packages|warnings?)\b.{0,80}\bin \d|^/dev/\w+\s"
    r"|^[A-Za-z0-9+/]{24,}={0,2}\s*$"
    r"|^\s*<[a-z!/][^>]*>.*</?[a-z][^>]*>\s*$|^\s*SELECT \S.*;\s*$"
    r"|^\S{0,60}[./]\S{0,60}:(?: line | )?\d{1,6}:(?:\d{1,6}:)? \S"
    r"|^\S{1,60}(?: \S{1,40})?: (?:command )?not found\s*$"
    r"|: (?:[Cc]ommand not found|No such file or directory|[Pp]ermission denied)\b.{0,20}$"
    r"|^(?:ba|z|da|k)?sh: |^[\w.-]{1,40}@[\w.-]{1,40}:\S{0,60}[$#] \S|^C:\\\S{0,60}>"
    r"|^(?:Segmentation fault|Killed|Aborted|Bus error)(?: \(.{0,30}\))?$|^PS [A-Z]:\\"
    r"|^(?:bash|fatal|panic|E|W): \S.{0,120}:"
)
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
    persons: frozenset[str]  # "I", "my", "you", "your"


def own_words(text: str, *, keep_names: bool = False) -> str:
    """Return a message without what its speaker hands over, quotes or only supposes.

    A name behind a greeting is left out too, unless `keep_names`. Line ends stay. What remains may
    be empty: then nothing was said in the speaker's own name.
    """
    codes = dict.fromkeys((code_of(text), ENGLISH))
    text = _without_noise(_QUOTED_LINE.sub("", text))
    if _asks_for_work(text[:MAX_INTRODUCTION]):
        return ""
    for code in codes:
        signs = _signs(code)
        text = _until(text, signs)
        text = _without_conversation(text)
        text = "".join(_own_sentences(text, signs))
        if not keep_names and len(text) <= MAX_GREETING:
            for other in CODES.values():
                text = _signs(other).greeting.sub(lambda match: match["greeting"], text)
        if not keep_names:
            text = signs.greeting.sub(lambda match: match["greeting"], text)
    return "\n".join(line.strip() for line in text.splitlines() if any(map(str.isalnum, line)))


def _asks_for_work(head: str) -> bool:
    """Return True if a message begins with a request and a colon, in any language.

    The language of the text that is handed over is often another one, or too short to be known.
    """
    end = max(head.find(colon) for colon in ":：")
    every = map(_signs, CODES.values())
    return end > 0 and any(
        signs.rest[0].match(head, 0, end + 1) and not signs.own_things.search(head, 0, end)
        for signs in every
    )


def _without_noise(text: str) -> str:
    """Return a text without the lines of logs, traces, headers and build output."""
    lines = text.split("\n")
    noise = [_NOISE.search(line[:400]) is not None for line in lines]
    if not any(noise):
        return text
    written = sum(bool(line.strip()) for line in lines)
    if sum(noise) > SHARE_OF_NOISE * written:
        return ""
    return "\n".join(line for line, is_noise in zip(lines, noise, strict=True) if not is_noise)


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


def _own_sentences(text: str, signs: Signs) -> Iterator[str]:
    """Yield the sentences that suppose nothing, without what they quote of nobody by name."""
    is_asked = "?" in text or "？" in text or "؟" in text
    for part in _sentences(text):
        if signs.sentence.search(part):
            continue
        if _is_reported(part, signs):
            yield part
            continue
        yield _QUOTATIONS.sub(lambda m: " " if _is_speech(m[0], is_asked, signs) else m[0], part)


def _sentences(text: str) -> list[str]:
    """Return the sentences of a text; none begins inside a quotation."""
    spans = [match.span() for match in _QUOTATIONS.finditer(text)]
    borders, at, span = [0], 0, 0
    for sentence in sentences(text):
        at = text.find(sentence, at)
        while span < len(spans) and spans[span][1] <= at:
            span += 1
        is_inside = span < len(spans) and spans[span][0] < at
        if at > 0 and not is_inside:
            borders.append(at)
        at += len(sentence)
    return [text[start:end] for start, end in pairwise([*borders, len(text)])]


def _is_reported(sentence: str, signs: Signs) -> bool:
    return not signs.reports.isdisjoint(words(_QUOTATIONS.sub(" ", sentence)))


def _is_speech(quotation: str, is_asked: bool, signs: Signs) -> bool:
    """Return True if a quotation is somebody's words, and not a name or a title."""
    said = words(quotation)
    if len(said) >= MIN_QUOTE or (is_asked and quotation[-2:-1] in ".!?。！？"):
        return True
    return len(said) > 2 and not signs.persons.isdisjoint(said)


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
            r"[^.!?。！？:：\n]{0,120}[:：?？.。\n]",
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
        persons=words_in(code, "clauses", "persons"),
    )


# -- clauses

MAX_REPORT = 60  # characters in which a verb of saying stands, before a colon
MAX_TAG = 40  # characters in which a tag, or a first word, stands
_PUNCTUATION = ".,;:!?।،؛؟\"'“”«»()…"
MAX_ANSWERED = 40  # characters of an answer that says yes or no
_OTHERS = [code for code in CODES.values() if code != ENGLISH]
_QUESTION_MARKS = ("?", "？", "؟")
MIN_SIGNS = 2  # of a statement in a script without spaces
NOT_SPACED_CODES = frozenset(["ja", "zh", "ko"])  # of languages that join words
_NOT_SPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a sentence that has a subject of its own."""

    text: str
    message: int  # the position of the message
    code: str  # of the language
    is_question: bool
    words: frozenset[str]  # case folded

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
    of_text = code_of(text)
    for sentence in _sentences(text):
        code = of_text if sentence.isascii() else code_of(sentence)
        is_question = sentence.rstrip(" \n\"'”’)").endswith(_QUESTION_MARKS)
        is_tagged = _tag().search(sentence[-MAX_TAG:]) is not None
        own = words_in(code, "clauses", "speaker") | words_in(code, "clauses", "possessives")
        parts = [part for part in _parts(sentence, code) if any(map(str.isalnum, part))]
        for i, part in enumerate(parts):
            is_own = not own.isdisjoint(
                words(part[:MAX_TAG])[:1]
            )  # "…, I'm terrified?", "I'm left-handed, ok?"
            asks = is_question and not (is_own and (i > 0 or is_tagged))
            found.append(Clause(part, message, code, asks, _words_of(part)))
    return found


def quoted_by_others(text: str) -> list[tuple[list[str], str]]:
    """Return, of each sentence in which somebody else is quoted, the quotations and the rest."""
    found = []
    for sentence in _sentences(text):
        quotations = _QUOTATIONS.findall(sentence)
        if not quotations:
            continue
        code = code_of(sentence)
        rest = _QUOTATIONS.sub(" ", sentence)
        is_own = not words_in(code, "clauses", "speaker").isdisjoint(words(rest))
        if _is_reported(sentence, _signs(code)) and not is_own:
            found.append((quotations, rest))
    return found


def only_reacts(clause: Clause) -> bool:
    """Return True if a clause thanks, greets, agrees, praises "you" or asks for a piece of work.

    False for English, for which the rules are in `english`.
    """
    reactions = _reactions(clause.code)
    if reactions is None:
        return False
    if asks_for_manner(clause):
        return False
    if reactions.orders.match(clause.text.strip(_PUNCTUATION + " ")):
        return True
    left = reactions.chatter.sub(" ", clause.text)
    told = [word for word in words(left) if word not in FUNCTION_WORDS]
    if not told or (_NOT_SPACED.search(clause.text) and len("".join(told)) < MIN_SIGNS):
        return True
    is_about_you = reactions.addressed.search(clause.text) is not None and not clause.is_own
    return is_about_you and not any(map(str.isdigit, clause.text))


def asks_for_manner(clause: Clause) -> bool:
    """Return True if a clause in another language asks for a way to answer or to write.

    Small models turn such an order round: "Rispondi in italiano" is not "User answers in Italian".
    """
    reactions = _reactions(clause.code)
    if reactions is None:
        return False
    text = clause.text.strip(_PUNCTUATION + " ")
    is_order = reactions.manner.match(text) or reactions.orders.match(text)
    return bool(is_order and (clause.is_denied or reactions.wishes.search(text)))


def tells_by_asking(clause: Clause) -> bool:
    """Return True if a question has a fact of who asks: "… for my wife?", "… while pregnant?"."""
    reactions = _reactions(clause.code)
    return reactions is not None and reactions.tells.search(clause.text) is not None


def answers_yes_or_no(question: str, answer: str) -> bool:
    """Return True if a short answer begins with yes or no, and the question offers nothing.

    False for English, for which the rules are in `english`.
    """
    if max(len(question) // 8, len(answer)) > MAX_ANSWERED or not question.endswith(
        _QUESTION_MARKS
    ):
        return False
    said = answer.strip(_PUNCTUATION + "。！ ")
    code = code_of(question)
    codes = (code,) if code != ENGLISH else _OTHERS
    for reactions in filter(None, map(_reactions, codes)):
        if (found := reactions.yes_or_no.match(said)) and reactions.offers.search(question) is None:
            left = reactions.chatter.sub("", said[found.end() :])
            return code != ENGLISH or not left.strip(_PUNCTUATION + "，、。！ ")
    return False


@dataclass(frozen=True, slots=True)
class _Reactions:
    """How a language reacts, answers, gives orders, offers, and tells something on the way."""

    chatter: re.Pattern[str]
    orders: re.Pattern[str]
    addressed: re.Pattern[str]
    tells: re.Pattern[str]
    offers: re.Pattern[str]
    wishes: re.Pattern[str]
    manner: re.Pattern[str]
    yes_or_no: re.Pattern[str]


@cache
def _reactions(code: str) -> _Reactions | None:
    table = section(code, "clauses")
    if "chatter" not in table:
        return None
    first, last = (r"(?<!\w)", r"(?!\w)") if code not in NOT_SPACED_CODES else ("", "")
    kinds = ("chatter", "orders", "addressed", "tells", "offers", "wishes", "manner")
    written = {key: table[key] for key in kinds}
    written["yes_or_no"] = f"{table['yes']}|{table['no']}"
    written["chatter"] += f"|{written['yes_or_no']}"
    found = {
        key: re.compile(f"{first}(?:{listed}){last}", re.IGNORECASE)
        for key, listed in written.items()
    }
    return _Reactions(**found)


def _words_of(text: str) -> frozenset[str]:
    """Return the words of a text; those of scripts with vowel signs are whole between spaces."""
    found = frozenset(words(text))
    if text.isascii():
        return found
    return found | frozenset(part.strip(_PUNCTUATION) for part in text.casefold().split())


def count_negations(text: str, code: str) -> int:
    """Return how often a text says no, in its language and in English."""
    listed = words_in(code, "clauses", "negations") | words_in(ENGLISH, "clauses", "negations")
    if _NOT_SPACED.search(text):
        return sum(text.count(sign) for sign in words_in(code, "clauses", "negations"))
    plain = text.casefold().replace("’", "'")
    said = (part.strip(_PUNCTUATION) for part in plain.split())
    return sum(word in listed for word in said)


def _parts(sentence: str, code: str) -> Iterator[str]:
    """Cut a sentence before each "and I …", "but my …"."""
    speaker = words_in(code, "clauses", "speaker")
    own = speaker | words_in(code, "clauses", "possessives")
    reports = words_in(code, "clauses", "reports")
    start, leading, subjects = 0, _leading(), _subjects()
    for border in _border().finditer(sentence):
        is_joined = border[0].isspace()  # "Mike and I": one subject
        is_short = is_joined and len(sentence[start : min(border.start(), start + 40)].split()) < 3
        if border.start() <= start or is_short:
            continue
        near = sentence[max(start, border.start() - MAX_REPORT) : border.start()]
        if border[0][0] == ":" and not reports.isdisjoint(words(near)):
            continue  # "my boss wrote: I'm ill"
        rest = leading.sub("", sentence[border.start() : border.end() + 40])
        first = words(rest)[:1]
        if first and first[0] in (speaker if is_joined else own):
            before = sentence[max(start, border.start() - 40) : border.start()].split()
            if is_joined and before[-1][:1].isupper() and first[0] in subjects:
                continue
            yield leading.sub("", sentence[start : border.start()]).strip()
            start = border.start()
    yield leading.sub("", sentence[start:]).strip()


@cache
def _border() -> re.Pattern[str]:
    """Return the pattern of what may stand between two clauses."""
    links = "|".join(sorted(words_of_all("clauses", "links")))
    return re.compile(rf"[;；]|:\s|(?:\s|(?<=\w))[–—-]\s|—|,\s|，|、(?=我)|\s(?=(?:{links})\s)")


@cache
def _leading() -> re.Pattern[str]:
    """Return the pattern of what stands before a clause: "and", a comma."""
    leads = "|".join(sorted(words_of_all("clauses", "leads")))
    return re.compile(rf"\A[\s,;，；–—-]*(?:(?:{leads})\s+)?", re.IGNORECASE)


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
    return bool(_NOT_SPACED.search(clause.text)) and any(word in clause.text for word in listed)
