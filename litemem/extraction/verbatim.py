"""Keep the addresses, paths, identifiers and figures of a run exact in its summary.

Sentences of the summary are corrected or rejected against the run; sentences with exact tokens that
the summary left out are quoted.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from litemem.core.text.lexicon import ENGLISH, pattern_in
from litemem.core.text.words import STOP_WORDS, digits, words, written_sentences
from litemem.extraction.chunking import Entry
from litemem.extraction.grounding import Grounding

MIN_LIKENESS = 0.8  # of a path or an identifier to the one meant
MIN_MARGIN = 0.05  # of its likeness over the next best
QUOTE_CHARACTERS = 200
MAX_TOKEN = 200  # characters of a token that may be a slip of another
MIN_WEIGHT = 3  # of a quote
MIN_SHARED = 0.4  # of a sentence's content words that occur in its source
STEM = 4  # letters that forms of a word share

# What is tried at every letter is bounded, more than names need: a text may have no other sign.
_URL = r"[a-zA-Z][\w+.-]{0,30}+://[^\s\"'`<>|]+"
_PATH = (
    r"(?:[A-Za-z]:\\|~/|\.{1,2}/|/)(?:[.@%+~\\/-]{0,64}\w++)++"
    r"|(?<![^\W\d])\w[\w.@-]{0,128}+(?:/[\w.@%+-]++)*/[\w@%+-]*+\.\w{1,8}"
)
_FILE = r"\b[A-Za-z_][\w-]{0,128}+(?:\.[\w-]{1,128}+){0,16}\.[A-Za-z]\w{0,7}\b"
_CODE = (
    r"\b\w+(?:::\w+)+\b|\b[A-Za-z]+(?:_[A-Za-z0-9]+)+\b|\b\w*(?:Error|Exception)\b|\bE[A-Z]{4,}\b"
    r"|\b(?=[\w.-]{0,128}\d)(?=[\w.-]{0,128}[A-Za-z])[\w-]+(?:\.\w+)*\b"
)
_NUMBER = r"\d+(?:[.,:]\d+)*"
_TOKEN = re.compile(
    f"(?P<url>{_URL})|(?P<path>{_PATH})|(?P<code>{_FILE}|{_CODE})|(?P<number>{_NUMBER})"
)
_WEIGHTS = {"url": 3, "path": 3, "code": 2, "number": 1}
_TRAILING = ".,;:!?)]}'\"*"
_NOT_QUOTED = re.compile(
    # secrets and shell commands
    r"pass(word|wd|phrase)|secret|credential|bearer|authorization|private[ _-]?key|api[ _-]?key"
    r"|\btoken\b\W*[=:]|^\S*[$#>] ",
    re.IGNORECASE,
)
# The borders of a token in the source, and of one in a summary
_BEGINS, _ENDS = re.compile(r"(?<![\w-])"), re.compile(r"(?![\w-]|\.\w)")
_WORD_BEGINS, _WORD_ENDS = re.compile(r"(?<!\w)"), re.compile(r"(?!\w)")


@dataclass(frozen=True, slots=True)
class Token:
    """An address, a path, an identifier or a figure, which has to be kept exactly."""

    kind: str
    text: str


def exact_tokens(text: str) -> list[Token]:
    """Return the parts of a text that have to be kept exactly, in order."""
    return [
        Token(str(match.lastgroup), match.group().rstrip(_TRAILING))
        for match in _TOKEN.finditer(text)
    ]


class Source:
    """Texts of a run, against which the sentences of a summary are checked."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._text = "\n".join(texts)
        self._tokens = list(dict.fromkeys(exact_tokens(self._text)))
        self._grounding = Grounding(said=[self._text], known=[self._text])
        self._stems = {word[:STEM] for word in words(self._text)}

    def restore_exact_tokens(self, sentence: str) -> str | None:
        """Return a sentence with its addresses, paths, identifiers and figures as in the source.

        None if one of them is not in the source and the one meant is unclear, if a name or a number
        is not in the source, or if most content words are the model's own.
        """
        restored = sentence
        for token in exact_tokens(sentence):
            if self._has(token.text):
                continue
            meant = self._meant(token)
            if meant is None:
                return None
            restored = restored.replace(token.text, meant)
        if self._grounding.ungrounded_terms(_without_opening_verb(restored)):
            return None
        return restored if self._shares(restored) else None

    def _has(self, token: str) -> bool:
        """Return True if a token occurs, and not only as a part of another."""
        return _occurs(token, self._text, _BEGINS, _ENDS)

    def _meant(self, token: Token) -> str | None:
        """Return the only token of the source that this one may be a slip of, or None."""
        if len(token.text) > MAX_TOKEN:
            return None
        if token.kind == "number":
            same = [t.text for t in self._tokens if digits(t.text) == digits(token.text)]
            return same[0] if len(same) == 1 else None
        others = [t.text for t in self._tokens if t.kind in (token.kind, "path", "url", "code")]
        likely = sorted(((_likeness(token.text, o), o) for o in set(others)), reverse=True)[:2]
        if not likely or likely[0][0] < MIN_LIKENESS:
            return None
        is_clear = len(likely) == 1 or likely[0][0] - likely[1][0] >= MIN_MARGIN
        return likely[0][1] if is_clear else None

    def _shares(self, sentence: str) -> bool:
        stems = content_stems(sentence)
        shared = sum(stem in self._stems for stem in stems)
        return bool(stems) and shared >= MIN_SHARED * len(stems)


def quotes(run: Sequence[Entry], summary: str, limit: int) -> list[str]:
    """Return up to `limit` sentences with exact tokens that are not in `summary`, in order.

    The agent's sentences weigh most, then tokens of several messages; commands and lines about
    passwords and the like are never quoted.
    """
    common = Counter(token for entry in run for token in set(exact_tokens(entry.text)))
    sentences = [(entry.role, s) for entry in run for s in _quotable(entry.text)]
    missing = {t for t in common if not _is_in(t.text, summary)}
    chosen: list[int] = []
    while len(chosen) < limit:
        weight, place = max(
            ((_weight(role, s, missing, common), -i) for i, (role, s) in enumerate(sentences)),
            default=(0, 0),
        )
        if weight < MIN_WEIGHT:
            break
        chosen.append(-place)
        missing -= set(exact_tokens(sentences[-place][1]))
    return [sentences[i][1] for i in sorted(chosen)]


def content_stems(text: str) -> list[str]:
    """Return the first letters of the content words of a text."""
    return [word[:STEM] for word in words(text) if word not in STOP_WORDS]


def clipped(text: str, limit: int = QUOTE_CHARACTERS) -> str:
    """Return a text as one line of at most `limit` characters, cut at a word."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    cut = line.rfind(" ", limit // 2, limit) if " " in line[limit // 2 : limit] else limit
    return line[:cut] + "…"


def _quotable(text: str) -> list[str]:
    return [
        s
        for s in written_sentences(text)
        if len(s) <= QUOTE_CHARACTERS and not _NOT_QUOTED.search(s)
    ]


def _weight(role: str, sentence: str, missing: set[Token], common: Counter[Token]) -> int:
    if role == "user":
        return 0
    total = 0
    for token in set(exact_tokens(sentence)) & missing:
        weight = _WEIGHTS[token.kind] if len(token.text) > 1 else 0
        total += weight * (3 if role == "assistant" else 2 if common[token] > 1 else 1)
    return total


def _is_in(token: str, text: str) -> bool:
    return _occurs(token, text, _WORD_BEGINS, _WORD_ENDS)


def _occurs(token: str, text: str, begins: re.Pattern[str], ends: re.Pattern[str]) -> bool:
    """Return True if a token occurs between these borders; a long one, anywhere."""
    start = text.find(token)
    if len(token) > MAX_TOKEN:
        return start >= 0
    while start >= 0:
        if begins.match(text, start) and ends.match(text, start + len(token)):
            return True
        start = text.find(token, start + 1)
    return False


def _likeness(token: str, other: str) -> float:
    """Return how alike two tokens are, from 0 to 1; a token that is only cut short scores 0.95.

    0 also where the lengths alone make them too different to matter.
    """
    if len(token) > 5 and other.startswith(token):
        return 0.95
    letters = SequenceMatcher(None, token, other, autojunk=False)
    is_near = letters.real_quick_ratio() >= MIN_LIKENESS - MIN_MARGIN
    return letters.ratio() if is_near else 0.0


def _without_opening_verb(sentence: str) -> str:
    first, _, rest = sentence.partition(" ")
    return rest if pattern_in(ENGLISH, "runs", "verb").match(first) else sentence
