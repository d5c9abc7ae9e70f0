"""Verbatim: what a run says to the letter. A summary is held to it; what it forgot is quoted."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from litemem.core.text.words import STOP_WORDS, words
from litemem.extraction.grounding import Guard
from litemem.extraction.passages import Said

LIKENESS = 0.8  # of a path or an identifier to the one that is meant
CLEARLY = 0.05  # how much more alike it has to be than the next
QUOTE_CHARACTERS = 200
WORTH = 3  # a quote's least weight
LEAST_SHARED = 0.4  # of a sentence's telling words that its source has to hold
STEM = 4  # letters that forms of a word share

_URL = r"[a-zA-Z][\w+.-]*://[^\s\"'`<>|]+"
_PATH = (
    r"(?:[A-Za-z]:\\|~/|\.{1,2}/|/)[\w.@%+~\\/-]*\w|\w[\w.@-]*(?:/[\w.@%+-]+)*/[\w@%+-]*\.\w{1,8}"
)
_FILE = r"\b[A-Za-z_][\w-]*(?:\.[\w-]+)*\.[A-Za-z]\w{0,7}\b"
_CODE = (
    r"\b\w+(?:::\w+)+\b|\b[A-Za-z]+(?:_[A-Za-z0-9]+)+\b|\b\w*(?:Error|Exception)\b|\bE[A-Z]{4,}\b"
    r"|\b(?=[\w.-]*\d)(?=[\w.-]*[A-Za-z])[\w-]+(?:\.\w+)*\b"
)
_NUMBER = r"\d+(?:[.,:]\d+)*"
_TOKEN = re.compile(
    f"(?P<url>{_URL})|(?P<path>{_PATH})|(?P<code>{_FILE}|{_CODE})|(?P<number>{_NUMBER})"
)
_WEIGHTS = {"url": 3, "path": 3, "code": 2, "number": 1}
_TRAILING = ".,;:!?)]}'\"*"
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[^\W\d_a-z]|[`\"(])|\n")
_APART = re.compile(
    # secrets, and the commands that a shell was given
    r"pass(word|wd|phrase)|secret|credential|bearer|authorization|private[ _-]?key|api[ _-]?key"
    r"|\btoken\b\W*[=:]|^\S*[$#>] ",
    re.IGNORECASE,
)
# The forms of verbs that a sentence begins with; a capital letter makes no name of them
_VERB = re.compile(
    r"\w+(?:ed|ing)$|(?:was|is|got|set|put|ran|run|read|made|found|built|wrote|sent|took|chose|"
    r"kept|left|began|gave|saw|went|cut|let|met|won|lost|held|drew|tried|no|not|all|one|only|"
    r"now|then|after|still|next|ask|use|try|check|wait|file|keep|write|send|move|drop|book)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """An address, a path, an identifier or a figure: what has to be kept to the letter."""

    kind: str
    text: str


def tokens(text: str) -> list[Token]:
    """Return what of a text has to be kept to the letter, in order."""
    return [
        Token(str(match.lastgroup), match.group().rstrip(_TRAILING))
        for match in _TOKEN.finditer(text)
    ]


class Source:
    """What was said, against which a summary's sentences are held."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._text = "\n".join(texts)
        self._tokens = list(dict.fromkeys(tokens(self._text)))
        self._guard = Guard(said=[self._text], known=[self._text])
        self._stems = {word[:STEM] for word in words(self._text)}

    def mended(self, sentence: str) -> str | None:
        """Return a sentence with its addresses, paths, identifiers and figures as they were said.

        None when it holds one that was not, or not so that it is clear which is meant; or a name
        or a number that nobody said; or when most of its words are the model's own.
        """
        mended = sentence
        for token in tokens(sentence):
            if self._holds(token.text):
                continue
            meant = self._meant(token)
            if meant is None:
                return None
            mended = mended.replace(token.text, meant)
        if self._guard.unsupported(_without_opening_verb(mended)):
            return None
        return mended if self._shares(mended) else None

    def _holds(self, token: str) -> bool:
        """Tell whether a token was said, on its own and not as a piece of another."""
        bounded = rf"(?<![\w-]){re.escape(token)}(?![\w-]|\.\w)"
        return re.search(bounded, self._text) is not None

    def _meant(self, token: Token) -> str | None:
        """Return the token of the run that this one is a slip of, if there is only one."""
        if token.kind == "number":
            same = [t.text for t in self._tokens if _plain(t.text) == _plain(token.text)]
            return same[0] if len(same) == 1 else None
        others = [t.text for t in self._tokens if t.kind in (token.kind, "path", "url", "code")]
        likely = sorted(((_likeness(token.text, o), o) for o in set(others)), reverse=True)[:2]
        if not likely or likely[0][0] < LIKENESS:
            return None
        return None if len(likely) > 1 and likely[0][0] - likely[1][0] < CLEARLY else likely[0][1]

    def _shares(self, sentence: str) -> bool:
        telling = [word for word in words(sentence) if word not in STOP_WORDS]
        shared = sum(word[:STEM] in self._stems for word in telling)
        return bool(telling) and shared >= LEAST_SHARED * len(telling)


def quotes(run: Sequence[Said], summary: str, most: int) -> list[str]:
    """Return the sentences that hold what `summary` forgot to keep, in order, at most so many.

    The agent's own count most, then what several messages tell; commands and lines that speak of
    passwords and the like do not count.
    """
    common = Counter(token for said in run for token in set(tokens(said.text)))
    sentences = [(said.role, s) for said in run for s in _sentences(said.text)]
    missing = {t for t in common if not _is_in(t.text, summary)}
    chosen: list[int] = []
    while len(chosen) < most:
        worth, place = max(
            ((_worth(role, s, missing, common), -i) for i, (role, s) in enumerate(sentences)),
            default=(0, 0),
        )
        if worth < WORTH:
            break
        chosen.append(-place)
        missing -= set(tokens(sentences[-place][1]))
    return [sentences[i][1] for i in sorted(chosen)]


def sentences(text: str) -> list[str]:
    """Return the sentences and lines of a text."""
    return [" ".join(s.split()) for s in _SENTENCE.split(text) if s.strip()]


def clipped(text: str, most: int = QUOTE_CHARACTERS) -> str:
    """Return a text as one line of at most so many characters, cut at a word."""
    line = " ".join(text.split())
    if len(line) <= most:
        return line
    return line[: line.rfind(" ", most // 2, most) if " " in line[most // 2 : most] else most] + "…"


def _sentences(text: str) -> list[str]:
    return [s for s in sentences(text) if len(s) <= QUOTE_CHARACTERS and not _APART.search(s)]


def _worth(role: str, sentence: str, missing: set[Token], common: Counter[Token]) -> int:
    if role == "user":
        return 0
    worth = 0
    for token in set(tokens(sentence)) & missing:
        weight = _WEIGHTS[token.kind] if len(token.text) > 1 else 0
        taken_up = role == "assistant" or common[token] > 1
        worth += 3 * weight if role == "assistant" else weight * (1 + taken_up)
    return worth


def _is_in(token: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(token)}(?!\w)", text) is not None


def _likeness(token: str, other: str) -> float:
    """Return how alike two tokens are, from 0 to 1; what is only cut short is very much so."""
    if len(token) > 5 and other.startswith(token):
        return 0.95
    return SequenceMatcher(None, token, other, autojunk=False).ratio()


def _plain(number: str) -> str:
    return re.sub(r"[,.](?=\d{3}\b)", "", number).lstrip("0")


def _without_opening_verb(sentence: str) -> str:
    first, _, rest = sentence.partition(" ")
    return rest if _VERB.match(first) else sentence
